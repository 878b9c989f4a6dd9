/* job_report.c: what the stages found, as the report's model. */
#include "job_internal.h"

#include <math.h>
#include <stdio.h>

static pe_status no_memory(pe_diag *diag)
{
    return pe_fail(diag, PE_E_MEMORY, "report", "out of memory");
}

/* ---- the self-check
 * ----------------------------------------------------------------------------------- */

static const char *formula_text(pe_job *job, uint32_t cell)
{
    char text[2048];
    const pe_formula *formula = pe_graph_formula(job->graph, cell);
    if (formula == NULL) {
        uint32_t source = job->workbook->cells[cell].formula;
        return source != PE_NO_FORMULA
                   ? pe_arena_printf(job->arena, "=%.2000s", job->workbook->formulas[source].text)
                   : "";
    }
    text[0] = '=';
    size_t n = 1 + pe_formula_print(formula->root, pe_workbook_ref(job->workbook, cell),
                                    pe_graph_printer(job->graph), text + 1, sizeof text - 1);
    return pe_arena_text(job->arena, text, n < sizeof text ? n : sizeof text - 1);
}

/* A value whose text outlives the evaluator. */
static pe_value keep_value(pe_job *job, pe_value value)
{
    if (!pe_is(value, PE_KIND_TEXT)) return value;
    return pe_arena_text_value(job->arena, pe_as_text(value)->bytes, pe_as_text(value)->length);
}

static const char *with_thousands(pe_arena *arena, uint32_t n)
{
    char digits[16];
    int length = snprintf(digits, sizeof digits, "%u", n), at = 0;
    char *out = PE_PUSH(arena, char, 24);
    for (int i = 0; out != NULL && i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) out[at++] = ',';
        out[at++] = digits[i];
    }
    return out;
}

static const char *whose_values(const pe_workbook *workbook)
{
    if (strncmp(workbook->application, "Microsoft Excel", 15) == 0) return "Excel's stored values";
    if (strncmp(workbook->application, "LibreOffice", 11) == 0)
        return "LibreOffice's stored values";
    return "the stored values";
}

static pe_status check_line(pe_job *job, pe_report_check *r, pe_diag *diag)
{
    const char *agree = with_thousands(job->arena, r->agree),
               *compared = with_thousands(job->arena, r->compared);
    if (agree == NULL || compared == NULL) return no_memory(diag);
    r->line = r->compared == 0 ? "no formula could be compared with a stored value"
                               : pe_arena_printf(job->arena, "%s of %s formulas agree with %s",
                                                 agree, compared, whose_values(job->workbook));
    return r->line != NULL ? PE_OK : no_memory(diag);
}

/* Lists of a million cells take long. */
static pe_status watch(const pe_job *job, uint32_t i, pe_diag *diag)
{
    if (i % 1024 != 0 || !pe_cancelled(job->control)) return PE_OK;
    return pe_fail(diag, PE_E_CANCELLED, "check", "cancelled");
}

static pe_status list_differences(pe_job *job, pe_report_check *r, pe_diag *diag)
{
    const pe_check *c = job->check;
    r->differ = PE_PUSH(job->arena, pe_report_difference, c->differ_count);
    if (r->differ == NULL) return no_memory(diag);
    for (uint32_t i = 0; i < c->differ_count; i++) {
        const pe_difference *d = &c->differ[i];
        if (watch(job, i, diag) != PE_OK) return PE_E_CANCELLED;
        pe_value actual = keep_value(job, d->actual);
        r->differ[r->differ_count++] = (pe_report_difference){
            pei_job_cell(job, d->cell), formula_text(job, d->cell), d->expected, actual, d->root};
    }
    return PE_OK;
}

static pe_status list_unsupported(pe_job *job, pe_report_check *r, pe_diag *diag)
{
    const pe_check *c = job->check;
    r->unsupported = PE_PUSH(job->arena, pe_report_cell, c->unsupported_count);
    if (r->unsupported == NULL) return no_memory(diag);
    for (uint32_t i = 0; i < c->unsupported_count; i++) {
        const char *function = NULL,
                   *why = pe_evaluator_unsupported(job->evaluator, c->unsupported[i], &function);
        if (watch(job, i, diag) != PE_OK) return PE_E_CANCELLED;
        if (function == NULL || function[0] == '\0') function = why != NULL ? why : "";
        function = pe_arena_text(job->arena, function, strlen(function));
        if (function == NULL) return no_memory(diag);
        r->unsupported[r->unsupported_count++] =
            (pe_report_cell){pei_job_cell(job, c->unsupported[i]), function};
    }
    return PE_OK;
}

static pe_status list_skipped(pe_job *job, pe_report_check *r, pe_diag *diag)
{
    const pe_check *c = job->check;
    r->skipped = PE_PUSH(job->arena, pe_report_cell, c->skipped_count);
    if (r->skipped == NULL) return no_memory(diag);
    for (uint32_t i = 0; i < c->skipped_count; i++) {
        if (watch(job, i, diag) != PE_OK) return PE_E_CANCELLED;
        r->skipped[r->skipped_count++] =
            (pe_report_cell){pei_job_cell(job, c->skipped[i].cell), c->skipped[i].reason};
    }
    return PE_OK;
}

pe_status pei_job_report_check(pe_job *job, pe_diag *diag)
{
    const pe_check *c = job->check;
    pe_report_check *r = &job->report.check;
    *r = (pe_report_check){.formulas = c->formulas,
                           .compared = c->compared,
                           .agree = c->agree,
                           .pinned = c->pinned,
                           .root_count = c->root_count,
                           .header = c->header,
                           .downstream_compared = c->downstream_compared,
                           .downstream_agree = c->downstream_agree};
    pe_status status = list_differences(job, r, diag);
    if (status == PE_OK) status = list_unsupported(job, r, diag);
    if (status == PE_OK) status = list_skipped(job, r, diag);
    return status == PE_OK ? check_line(job, r, diag) : status;
}

/* ---- outputs
 * ------------------------------------------------------------------------------------------ */

/* What a number format says of the unit: "%", "date", "time", a currency sign; NULL: nothing. */
static const char *unit_of(pe_arena *arena, const char *format)
{
    static const char *const signs[] = {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5",
                                        "\xE2\x82\xB9"};
    bool quoted = false, date = false, clock = false;
    for (const char *p = format; *p != '\0' && *p != ';'; p++) {
        if (p[0] == '[' && p[1] == '$' && p[2] != '-') {
            size_t n = strcspn(p + 2, "-]");
            return pe_arena_text(arena, p + 2, n);
        }
        for (size_t i = 0; i < PE_COUNT(signs); i++)
            if (strncmp(p, signs[i], strlen(signs[i])) == 0) return signs[i];
        if (*p == '"') quoted = !quoted;
        if (quoted) continue;
        if (*p == '[') p += strcspn(p, "]");
        if (*p == '\0') break;
        if (*p == '%') return "%";
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (strchr("yYdD", *p) != NULL)
            date = true;
        else if (strchr("hHsS", *p) != NULL)
            clock = true;
    }
    bool general = strncmp(format, "General", 7) == 0;
    return general ? NULL : date ? "date" : clock ? "time" : NULL;
}

static bool slice_has_plain_random(const pe_simulation *s)
{
    for (uint32_t i = 0; i < s->input_count; i++)
        if (strncmp(s->inputs[i].distribution, "RAND", 4) == 0 &&
            pe_bit(s->needed, s->inputs[i].cell))
            return true;
    return false;
}

static bool is_target_of(pe_job *job, const pe_target_setting *target, const pe_output *output)
{
    pe_area area;
    if (pe_text_equal_nocase(target->output, strlen(target->output), output->name,
                             strlen(output->name)))
        return true;
    return pe_settings_area(job->workbook, target->output, &area, NULL) == PE_OK &&
           pe_area_has(&area, pe_workbook_ref(job->workbook, output->cell));
}

static pe_status check_targets(pe_job *job, pe_diag *diag)
{
    for (uint32_t t = 0; t < job->settings.target_count; t++) {
        bool found = false;
        for (uint32_t i = 0; i < job->simulation.output_count && !found; i++)
            found = is_target_of(job, &job->settings.targets[t], &job->simulation.outputs[i]);
        if (!found && job->settings.targets[t].saved) {
            if (pei_job_warn(
                    job, "",
                    "the workbook's target for %s is left out: that output was not asked for",
                    job->settings.targets[t].output) != PE_OK)
                return no_memory(diag);
        } else if (!found)
            return pe_fail(diag, PE_E_ARGUMENT, job->settings.targets[t].output,
                           "the target names no output; the first output is \"%s\"",
                           job->simulation.outputs[0].name);
    }
    return PE_OK;
}

static pe_status add_targets(pe_job *job, const pe_output *output, pe_report_output *r)
{
    r->targets = PE_PUSH(job->arena, pe_target, job->settings.target_count);
    if (r->targets == NULL) return PE_E_MEMORY;
    for (uint32_t t = 0; t < job->settings.target_count; t++) {
        const pe_target_setting *target = &job->settings.targets[t];
        if (is_target_of(job, target, output))
            r->targets[r->target_count++] =
                pe_summary_target(r->trials, job->report.trials, target->op, target->operand);
    }
    return PE_OK;
}

/* "92.7%": with as many decimals as it takes not to say 100%. */
static void share_text(uint64_t part, uint64_t whole, char out[32])
{
    double percent = 100 * ((double)part / (double)whole);
    for (int digits = 1; digits <= 10; digits++) {
        snprintf(out, 32, "%.*f%%", digits, percent);
        if (part == whole || strncmp(out, "100", 3) != 0) return;
    }
}

/* "#DIV/0! 12, #N/A 3" */
static const char *errors_text(pe_arena *arena, const pe_summary *s)
{
    const char *text = "";
    for (int code = 0; code < PE_ERROR_COUNT && text != NULL; code++)
        if (s->error_counts[code] > 0)
            text = pe_arena_printf(arena, "%s%s%s %llu", text, text[0] != '\0' ? ", " : "",
                                   pe_error_text((pe_error_code)code),
                                   (unsigned long long)s->error_counts[code]);
    return text;
}

static pe_status warn_errors(pe_job *job, const pe_report_output *r)
{
    const pe_summary *s = &r->summary;
    const char *errors = errors_text(job->arena, s);
    char share[32] = "";
    if (errors == NULL) return PE_E_MEMORY;
    if (s->error_count == s->trials)
        return pei_job_warn(job, r->cell,
                            "output %s: every trial is an error (%s), so it has no statistics",
                            r->name, errors);
    share_text(s->trials - s->error_count, s->trials, share);
    return pei_job_warn(job, r->cell,
                        "output %s: %llu of %llu trials are errors (%s); its statistics describe "
                        "the other %s of trials",
                        r->name, (unsigned long long)s->error_count, (unsigned long long)s->trials,
                        errors, share);
}

static pe_status summarise_output(pe_job *job, uint32_t i, const char *base_label, pe_diag *diag)
{
    const pe_output *output = &job->simulation.outputs[i];
    pe_report_output *r = &job->report.outputs[i];
    r->base = pe_evaluator_value(job->evaluator, output->cell);
    r->base_label = base_label;
    r->trials = pe_results_column(job->results, i);
    double base = pe_is_number(r->base) ? pe_as_number(r->base) : NAN;
    pe_status status = pe_summary_watch(r->trials, job->report.trials, base, job->arena,
                                        job->control, &r->summary, diag);
    if (status == PE_OK) status = add_targets(job, output, r);
    if (status != PE_OK || r->summary.error_count == 0) return status;
    return warn_errors(job, r);
}

/* The cell's number format; one that hides numbers would hide what was found. */
static const char *format_of(const char *format)
{
    static const double numbers[] = {1234.5, -1234.5, 0};
    char text[64];
    if (strcmp(format, "@") == 0) return format;
    for (size_t i = 0; i < PE_COUNT(numbers); i++)
        if (pe_format_number(numbers[i], format, false, text, sizeof text) == 0) return "General";
    return format;
}

pe_status pei_job_report_names(pe_job *job, pe_diag *diag)
{
    const pe_simulation *s = &job->simulation;
    job->report.outputs = PE_PUSH(job->arena, pe_report_output, s->output_count);
    job->report.inputs = PE_PUSH(job->arena, pe_report_input, s->input_count);
    if (job->report.outputs == NULL || job->report.inputs == NULL) return no_memory(diag);
    for (uint32_t i = 0; i < s->output_count; i++) {
        const pe_output *output = &s->outputs[i];
        job->report.outputs[i] = (pe_report_output){
            .name = output->name,
            .cell = pei_job_cell(job, output->cell),
            .format = format_of(output->format),
            .sheet = job->workbook->sheets[pe_workbook_ref(job->workbook, output->cell).sheet].name,
            .at = pe_workbook_ref(job->workbook, output->cell),
            .unit = unit_of(job->arena, format_of(output->format)),
            .detail =
                i < PE_DETAIL_SHEETS_MAX || (output->declared && job->settings.output_count > 0),
            .base = pe_blank()};
    }
    for (uint32_t i = 0; i < s->input_count; i++) {
        const pe_input *input = &s->inputs[i];
        job->report.inputs[i] = (pe_report_input){
            .name = input->name,
            .cell = pei_job_cell(job, input->cell),
            .distribution = input->function,
            .formula = input->formula,
            .format = format_of(job->workbook->formats[job->workbook->cells[input->cell].format]),
            .set = input->set};
    }
    job->report.output_count = s->output_count;
    job->report.input_count = s->input_count;
    return check_targets(job, diag);
}

pe_status pei_job_report_outputs(pe_job *job, pe_diag *diag)
{
    uint32_t count = job->simulation.output_count;
    const char *label =
        slice_has_plain_random(&job->simulation) ? "stored value (one random draw)" : "base case";
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < count && status == PE_OK; i++) {
        status = summarise_output(job, i, label, diag);
        if (status == PE_OK && pe_cancelled(job->control))
            status = pe_fail(diag, PE_E_CANCELLED, "statistics", "cancelled");
        pe_progress(job->control, "statistics", i + 1, count);
    }
    return status;
}

/* ---- inputs
 * ------------------------------------------------------------------------------------------- */

/* Where the input's trials were recorded, what they show. */
static pe_status describe(pe_job *job, uint32_t index, pe_report_input *r, pe_diag *diag)
{
    uint32_t column = job->input_column[index];
    if (column == UINT32_MAX) return PE_OK;
    pe_arena *scratch = pe_arena_new(SIZE_MAX / 2);
    if (scratch == NULL) return no_memory(diag);
    pe_summary s;
    pe_status status = pe_summary_watch(pe_results_column(job->input_results, column),
                                        pe_results_trials(job->input_results), NAN, scratch,
                                        job->control, &s, diag);
    pe_arena_free(scratch);
    if (status != PE_OK || s.n == 0) return status;
    r->described = true;
    r->mean = s.mean;
    r->sd = s.sd;
    r->p5 = pe_summary_percentile(&s, 5);
    r->p50 = pe_summary_percentile(&s, 50);
    r->p95 = pe_summary_percentile(&s, 95);
    return PE_OK;
}

pe_status pei_job_report_inputs(pe_job *job, pe_diag *diag)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < job->report.input_count && status == PE_OK; i++)
        status = describe(job, i, &job->report.inputs[i], diag);
    return status;
}
