/* job.c: the stages in order. Each stage leaves the job in a state that pe_job_free can end,
 * whatever failed. */
#include "job_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

pe_status pe_job_new(const pe_job_options *options, const pe_control *control, pe_job **out,
                     pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_job *job = calloc(1, sizeof *job);
    if (job == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    job->options = *options;
    job->control = control;
    job->kept = pe_arena_new(SIZE_MAX / 2);
    job->run = pe_arena_new(SIZE_MAX / 2);
    job->arena = job->kept;
    if (job->kept == NULL || job->run == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "job", "out of memory"));
    PE_TRY(pe_pool_new(options->threads, &job->pool, diag));
    job->report.version = PE_VERSION;
    job->report.command = options->command;
    job->report.threads = pe_pool_threads(job->pool);
    job->report.backend = options->backend->name;
    job->report.isa = "";
    job->report.settings_source = "";
    *out = job;
    return PE_OK;
fail:
    pe_job_free(job);
    return status;
}

void pei_job_end_run(pe_job *job)
{
    if (job->options.backend != NULL) job->options.backend->free(job->plan);
    pe_program_free(job->program);
    pei_lanes_free(&job->lanes);
    pe_results_free(job->results);
    pe_results_free(job->input_results);
    free(job->input_column);
    job->plan = NULL;
    job->program = NULL;
    job->results = job->input_results = NULL;
    job->input_column = NULL;
}

void pe_job_free(pe_job *job)
{
    if (job == NULL) return;
    pei_job_end_run(job);
    free(job->report.warnings);
    pe_check_free(job->check);
    pe_evaluator_free(job->evaluator);
    pe_graph_free(job->graph);
    pe_workbook_free(job->workbook);
    pe_pool_free(job->pool);
    free(job->frozen);
    pe_program_memo_free(job->memo);
    pe_map_free(job->found);
    pe_arena_free(job->kept);
    pe_arena_free(job->run);
    free(job);
}

pe_report *pe_job_report(pe_job *job)
{
    job->report.memory_peak_bytes = pe_memory_peak();
    return &job->report;
}

pe_status pei_job_warn(pe_job *job, const char *cell, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (PE_GROW(&job->report.warnings, &job->warning_capacity, job->report.warning_count + 1) !=
        PE_OK)
        return PE_E_MEMORY;
    const char *copy = pe_arena_text(job->arena, text, strlen(text));
    if (copy == NULL) return PE_E_MEMORY;
    job->report.warnings[job->report.warning_count++] = (pe_report_warning){cell, copy};
    return PE_OK;
}

const char *pei_job_cell(pe_job *job, uint32_t cell)
{
    const char *text = pe_workbook_cell_new_text(job->workbook, cell, job->arena);
    return text != NULL ? text : "?";
}

/* Days to a civil date (Howard Hinnant's algorithm), from 1 March 0000. */
static void civil(int64_t days, int *year, int *month, int *day)
{
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
            doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

void pe_job_now_text(double serial, bool date1904, char out[32])
{
    int year, month, day;
    if (date1904) serial += 1462;
    int64_t seconds = (int64_t)floor(serial * 86400 + 0.5);
    int64_t days = seconds / 86400, rest = seconds % 86400;
    civil(days + 693899, &year, &month,
          &day); /* serial 1 March 1900 = 61; day 0 of the algorithm = 1 March 0000 */
    snprintf(out, 32, "%04d-%02d-%02d %02d:%02d:%02d", year % 10000, month % 100, day % 100,
             (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}

static pe_status read_workbook(pe_job *job, const char *path, pe_diag *diag)
{
    const pe_read_options read_options = {.bytes_max = 0};
    double start = pe_clock_seconds();
    pe_status status =
        pe_workbook_read_file(path, &read_options, job->pool, job->control, &job->workbook, diag);
    job->report.timings.read = pe_clock_seconds() - start;
    return status;
}

void pei_job_hash_text(pe_job *job)
{
    for (int i = 0; i < 32; i++) snprintf(job->hash + 2 * i, 3, "%02x", job->workbook->sha256[i]);
}

/* What the report says of the workbook. */
static pe_status open_workbook(pe_job *job, const char *path, pe_diag *diag)
{
    char *now = PE_PUSH(job->arena, char, 32);
    if (now == NULL) return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    pei_job_hash_text(job);
    job->report.workbook = path;
    job->report.sha256 = job->hash;
    job->report.date1904 = job->workbook->date1904;
    job->options.settings.now = job->options.now_1900 - (job->workbook->date1904 ? 1462 : 0);
    job->report.now = job->options.settings.now;
    pe_job_now_text(job->report.now, job->workbook->date1904, now);
    job->report.now_text = now;
    for (uint32_t i = 0; i < job->workbook->warning_count; i++)
        if (pei_job_warn(job, "", "%s", job->workbook->warnings[i]) != PE_OK)
            return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    return PE_OK;
}

pe_status pei_job_settings(pe_job *job, pe_override **overrides, uint32_t *count, pe_diag *diag)
{
    pe_status status = pe_settings_complete(job->workbook, &job->options.settings, job->arena,
                                            &job->settings, diag);
    if (status == PE_OK)
        status = pe_settings_overrides(job->workbook, &job->settings, job->arena, overrides, count,
                                       diag);
    job->report.trials_asked = job->settings.trials;
    job->report.seed = job->settings.seed;
    job->report.sampling = job->settings.sampling;
    job->report.settings_source = job->settings.source;
    job->sampler = (pe_sampler){.seed = job->settings.seed,
                                .method = job->settings.sampling,
                                .trial_count = job->settings.trials};
    return status;
}

static size_t frozen_words(const pe_job *job)
{
    return (size_t)job->workbook->cell_count / 64 + 1;
}

/* An evaluator of graph with the settings' frozen cells. */
static pe_status new_evaluator(pe_job *job, const pe_graph *graph, uint64_t **frozen,
                               pe_evaluator **evaluator, pe_diag *diag)
{
    *frozen = calloc(frozen_words(job), sizeof **frozen);
    if (*frozen == NULL) return pe_fail(diag, PE_E_MEMORY, "freeze", "out of memory");
    pe_evaluate_options options = {
        .now = job->report.now, .frozen = *frozen, .sampler = &job->sampler};
    pe_status status = pe_settings_frozen(job->workbook, &job->settings, *frozen, diag);
    if (status == PE_OK) status = pe_evaluator_new(graph, &options, evaluator, diag);
    if (status == PE_OK) return status;
    free(*frozen);
    return status;
}

static void take_evaluator(pe_job *job, uint64_t *frozen, pe_evaluator *evaluator)
{
    pe_evaluator_free(job->evaluator);
    free(job->frozen);
    job->evaluator = evaluator;
    job->frozen = frozen;
}

static pe_status keep_overrides(pe_job *job, const pe_override *overrides, uint32_t count,
                                pe_override **kept)
{
    *kept = PE_PUSH(job->kept, pe_override, count);
    if (*kept == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        (*kept)[i] = overrides[i];
        (*kept)[i].text = pe_arena_text(job->kept, overrides[i].text, overrides[i].length);
        if ((*kept)[i].text == NULL) return PE_E_MEMORY;
    }
    return PE_OK;
}

pe_status pei_job_prepare(pe_job *job, const pe_override *overrides, uint32_t count, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_graph *graph = NULL;
    pe_override *kept = NULL;
    uint64_t *frozen = NULL;
    pe_evaluator *evaluator = NULL;
    double start = pe_clock_seconds();
    PE_TRY(pe_graph_build(job->workbook, overrides, count, job->pool, job->control, &graph, diag));
    job->report.timings.parse = pe_graph_parse_seconds(graph);
    PE_TRY(keep_overrides(job, overrides, count, &kept));
    PE_TRY(new_evaluator(job, graph, &frozen, &evaluator, diag));
    take_evaluator(job, frozen, evaluator);
    pe_graph_free(job->graph);
    job->graph = graph;
    job->overrides = kept;
    job->override_count = count;
    job->report.timings.compile += pe_clock_seconds() - start - job->report.timings.parse;
    return PE_OK;
fail:
    pe_graph_free(graph);
    return status;
}

pe_status pei_job_freeze(pe_job *job, pe_diag *diag)
{
    uint64_t *frozen = calloc(frozen_words(job), sizeof *frozen);
    if (frozen == NULL) return pe_fail(diag, PE_E_MEMORY, "freeze", "out of memory");
    pe_status status = pe_settings_frozen(job->workbook, &job->settings, frozen, diag);
    bool same =
        status == PE_OK && memcmp(frozen, job->frozen, frozen_words(job) * sizeof *frozen) == 0;
    free(frozen);
    if (status != PE_OK || same) return status;
    pe_evaluator *evaluator = NULL;
    status = new_evaluator(job, job->graph, &frozen, &evaluator, diag);
    if (status == PE_OK) take_evaluator(job, frozen, evaluator);
    return status;
}

static pe_status check_workbook(pe_job *job, const char *path, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_override *overrides = NULL;
    uint32_t count = 0;
    PE_TRY(open_workbook(job, path, diag));
    PE_TRY(pei_job_settings(job, &overrides, &count, diag));
    PE_TRY(pei_job_prepare(job, overrides, count, diag));
    double start = pe_clock_seconds();
    PE_TRY(pe_evaluator_check(job->evaluator, job->pool, job->control, &job->check, diag));
    PE_TRY(pei_job_report_check(job, diag));
    job->report.timings.check = pe_clock_seconds() - start;
    job->warnings_kept = job->report.warning_count;
    job->arena = job->run;
fail:
    return status;
}

pe_status pei_job_said(pe_status status, pe_diag *diag)
{
    if (status == PE_OK || diag == NULL || diag->what[0] != '\0') return status;
    return pe_fail(diag, status, "job", "%s", pe_status_text(status));
}

pe_status pe_job_check(pe_job *job, const char *path, pe_diag *diag)
{
    pe_status status = read_workbook(job, path, diag);
    return pei_job_said(status == PE_OK ? check_workbook(job, path, diag) : status, diag);
}

pe_status pe_job_check_workbook(pe_job *job, pe_workbook *workbook, const char *name, pe_diag *diag)
{
    job->workbook = workbook;
    return pei_job_said(check_workbook(job, name, diag), diag);
}

/* RiskSimtable(...) and the like as a cell of its own: changes the results unless --ignore names
 * it.
 */
static bool is_unwanted_property(const pe_job *job, const char *function)
{
    if (function == NULL) return false;
    pe_function_id id = pe_function_find(function, strlen(function));
    if (id == PE_FUNCTION_NONE || !(pe_function_row(id)->flags & PE_FN_RISK_PROPERTY)) return false;
    for (uint32_t i = 0; i < job->settings.ignore_count; i++) {
        const char *ignored = job->settings.ignore[i];
        if (pe_text_equal_nocase(ignored, strlen(ignored), function, strlen(function)))
            return false;
    }
    return true;
}

static pe_status refuse(pe_job *job, uint32_t c, const char *why, const char *function,
                        pe_diag *diag)
{
    const char *cell = pei_job_cell(job, c);
    if (is_unwanted_property(job, function)) {
        const char *name = pe_risk_name(job->arena, function);
        if (name == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
        return pe_fail(diag, PE_E_UNSUPPORTED, cell,
                       "%s is not implemented and would change the results; ignoring %s uses "
                       "the cell's stored value",
                       name, name);
    }
    return pe_fail(diag, PE_E_UNSUPPORTED, cell,
                   "%s is not supported, and its value would change from trial to trial; "
                   "freezing \"%s\" keeps the stored value",
                   why, cell);
}

/* Unsupported cells that an output needs: varying ones refuse the run, others use their stored
 * value and say so. */
static pe_status judge_unsupported(pe_job *job, pe_diag *diag)
{
    uint32_t shown = 0, more = 0;
    for (uint32_t c = 0; c < job->workbook->cell_count; c++) {
        const char *function = NULL;
        if (!pe_bit(job->simulation.needed, c) || pe_bit(job->simulation.frozen, c) ||
            job->workbook->cells[c].formula == PE_NO_FORMULA)
            continue;
        const char *why = pe_evaluator_unsupported(job->evaluator, c, &function);
        if (why == NULL) continue;
        if (pe_bit(job->simulation.varying, c) || is_unwanted_property(job, function))
            return refuse(job, c, why, function, diag);
        const char *cell = pei_job_cell(job, c);
        if (shown < 20) {
            if (pei_job_warn(job, cell,
                             "%s: %s is not supported; its stored value is used in every trial",
                             cell, why) != PE_OK)
                return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
            shown++;
        } else {
            more++;
        }
    }
    if (more > 0 &&
        pei_job_warn(job, "",
                     "%u more unsupported cells use their stored value; the check lists them",
                     more) != PE_OK)
        return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    return PE_OK;
}

static pe_status warn_frozen(pe_job *job, pe_diag *diag)
{
    for (uint32_t i = 0; i < job->settings.freeze_count; i++)
        if (pei_job_warn(job, job->settings.freeze[i],
                         "%s is frozen: its stored value is used in every trial",
                         job->settings.freeze[i]) != PE_OK)
            return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (uint32_t i = 0; i < job->simulation.warning_count; i++) {
        uint32_t cell = job->simulation.warning_cells[i];
        if (pei_job_warn(job, cell != PE_NO_CELL ? pei_job_cell(job, cell) : "", "%s",
                         job->simulation.warnings[i]) != PE_OK)
            return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    }
    return PE_OK;
}

/* Reads that only the evaluation showed (OFFSET, INDIRECT) become dependencies, so that varying and
 * slice know them. */
static pe_status add_dynamic_edges(pe_job *job, pe_diag *diag)
{
    uint32_t count = 0;
    const pe_edge *edges = pe_evaluator_dynamic_edges(job->evaluator, &count);
    for (uint32_t i = 0; i < count; i++)
        if (pe_graph_add_dependency(job->graph, edges[i].cell, edges[i].precedent) != PE_OK)
            return pe_fail(diag, PE_E_MEMORY, "graph", "out of memory");
    return PE_OK;
}

uint32_t *pei_job_outputs(pe_job *job)
{
    uint32_t *cells = PE_PUSH(job->arena, uint32_t, job->simulation.output_count);
    for (uint32_t i = 0; cells != NULL && i < job->simulation.output_count; i++)
        cells[i] = job->simulation.outputs[i].cell;
    return cells;
}

pe_status pe_job_compile(pe_job *job, pe_diag *diag)
{
    pe_status status = PE_OK;
    double start = pe_clock_seconds();
    if (job->check == NULL)
        return pe_fail(diag, PE_E_ARGUMENT, "job", "the workbook was not checked");
    PE_TRY(pe_evaluator_run(job->evaluator, PE_EVALUATE_BASE, job->pool, job->control, diag));
    PE_TRY(add_dynamic_edges(job, diag));
    PE_TRY(pe_simulation_find(job->graph, &job->settings, job->arena, job->control,
                              &job->simulation, diag));
    PE_TRY(pei_job_report_names(job, diag));
    PE_TRY(warn_frozen(job, diag));
    PE_TRY(judge_unsupported(job, diag));
    PE_TRY(pei_lanes_new(job, diag));
    PE_TRY(pei_job_describe_inputs(job, diag));
    const uint32_t *cells = pei_job_outputs(job);
    if (cells == NULL) PE_TRY(pe_fail(diag, PE_E_MEMORY, "job", "out of memory"));
    PE_TRY(
        pei_job_build(job, cells, job->simulation.output_count, &job->program, &job->plan, diag));
    job->report.timings.compile += pe_clock_seconds() - start;
fail:
    return pei_job_said(status, diag);
}

static pe_status warn_constant_outputs(pe_job *job)
{
    for (uint32_t i = 0; i < job->simulation.output_count; i++) {
        const pe_output *output = &job->simulation.outputs[i];
        if (!pe_bit(job->simulation.varying, output->cell) &&
            pei_job_warn(job, pei_job_cell(job, output->cell),
                         "output %s (%s) depends on no random cell: it is the same in every trial",
                         output->name, pei_job_cell(job, output->cell)) != PE_OK)
            return PE_E_MEMORY;
    }
    uint64_t cycles = atomic_load(&job->lanes.cycles);
    if (cycles > 0 && pei_job_warn(job, "",
                                   "in %llu evaluations a circular reference could not be "
                                   "resolved; those values are 0, as Excel shows them",
                                   (unsigned long long)cycles) != PE_OK)
        return PE_E_MEMORY;
    return PE_OK;
}

pe_status pe_job_simulate(pe_job *job, pe_diag *diag)
{
    pe_status status = PE_OK;
    double start = pe_clock_seconds();
    const uint32_t *cells = pei_job_outputs(job);
    if (cells == NULL) PE_TRY(pe_fail(diag, PE_E_MEMORY, "job", "out of memory"));
    PE_TRY(pei_job_record(job, cells, job->simulation.output_count, job->settings.trials,
                          &job->program, &job->plan, &job->results, &job->report.trials, diag));
    job->report.timings.simulate = pe_clock_seconds() - start;
    pe_plan_info plan;
    job->options.backend->describe(job->plan, &plan);
    job->report.isa = plan.isa;
    start = pe_clock_seconds();
    PE_TRY(warn_constant_outputs(job));
    PE_TRY(pei_job_report_outputs(job, diag));
    PE_TRY(pei_job_tornado(job, diag));
    PE_TRY(pei_job_report_inputs(job, diag));
    job->report.timings.statistics = pe_clock_seconds() - start;
fail:
    return pei_job_said(status, diag);
}

pe_status pe_job_candidates(pe_job *job, pe_output **outputs, uint32_t *count, pe_diag *diag)
{
    if (job->plan == NULL) return pe_fail(diag, PE_E_ARGUMENT, "job", "nothing was compiled");
    return pe_simulation_candidates(job->graph, &job->simulation, job->arena, outputs, count, diag);
}

const pe_simulation *pe_job_simulation(const pe_job *job)
{
    return &job->simulation;
}

void pe_job_categorise(const pe_job *job, pe_job_categories *categories)
{
    pe_job_categories c;
    memset(&c, 0, sizeof c);
    for (uint32_t i = 0; i < job->workbook->cell_count; i++) {
        if (job->workbook->cells[i].formula == PE_NO_FORMULA) continue;
        c.formulas++;
        if (job->simulation.varying == NULL) continue;
        c.varying += pe_bit(job->simulation.varying, i);
        c.slice += pe_bit(job->simulation.slice, i);
    }
    c.uniform = c.formulas - c.varying;
    c.shapes = pe_graph_shape_count(job->graph);
    if (job->program != NULL) c.program = job->program->info;
    if (job->plan != NULL) job->options.backend->describe(job->plan, &c.plan);
    *categories = c;
}
