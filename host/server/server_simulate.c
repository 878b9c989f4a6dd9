/* server_simulate.c: a run: simulated, summarised, kept. Invariant: a run holds everything that is
 * asked of it later; its job may be restarted or gone. */
#include "server_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what a run keeps
 * -------------------------------------------------------------------------------- */

void pei_run_free(pei_run *run)
{
    if (run == NULL) return;
    for (uint32_t i = 0; i < run->page_count; i++) {
        for (size_t p = 0; p < run->pages[i].part_count; p++) free(run->pages[i].parts[p].bytes);
        free(run->pages[i].parts);
    }
    pe_arena_free(run->arena);
    free(run);
}

pe_status pei_run_find(const pei_model *model, uint32_t number, pei_run **run, pe_diag *diag)
{
    for (size_t i = 0; i < PE_COUNT(model->runs); i++)
        if (model->runs[i] != NULL && model->runs[i]->number == number) {
            *run = model->runs[i];
            return PE_OK;
        }
    return pe_fail(diag, PE_E_NOT_FOUND, "run",
                   "there is no run %u any more: the last %d are kept; run again", number,
                   PE_LIMIT_session_runs);
}

static const char *copy(pe_arena *arena, const char *text)
{
    return pe_arena_text(arena, text, strlen(text));
}

/* Copies a column; texts once each. */
static pe_status copy_trials(pei_run *run, const pe_value *from, pe_value **to, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_map *texts = NULL;
    pe_value *kept = NULL; /* of texts, by the map's numbers */
    size_t capacity = 0;
    *to = pe_arena_push_raw(run->arena, run->trials, sizeof **to);
    if (*to == NULL) return pei_out_of_memory(diag);
    for (uint64_t i = 0; i < run->trials; i++) {
        (*to)[i] = from[i];
        if (!pe_is(from[i], PE_KIND_TEXT)) continue;
        if (texts == NULL) texts = pe_map_new();
        if (texts == NULL) PE_TRY(pei_out_of_memory(diag));
        uint32_t count = (uint32_t)pe_map_count(texts), *slot;
        bool added;
        PE_TRY(pe_map_put(texts, &from[i].bits, sizeof from[i].bits, count, &slot, &added));
        if (added) {
            PE_TRY(PE_GROW(&kept, &capacity, count + 1));
            const pe_text *text = pe_as_text(from[i]);
            kept[count] = pe_arena_text_value(run->arena, text->bytes, text->length);
            if (pe_arena_failed(run->arena)) PE_TRY(pei_out_of_memory(diag));
        }
        (*to)[i] = kept[*slot];
    }
fail:
    pe_map_free(texts);
    free(kept);
    return status;
}

static pe_status keep_output(pei_run *run, uint32_t i, const pe_report_output *o, bool trials,
                             pe_diag *diag)
{
    const pe_summary *s = &o->summary;
    pei_run_output *r = &run->outputs[i];
    bool none = s->n == 0;
    *r = (pei_run_output){.name = copy(run->arena, o->name),
                          .cell = copy(run->arena, o->cell),
                          .mean = none ? NAN : s->mean,
                          .sd = none ? NAN : s->sd,
                          .standard_error = none ? NAN : s->standard_error,
                          .min = none ? NAN : s->min,
                          .max = none ? NAN : s->max,
                          .p5 = none ? NAN : pe_summary_percentile(s, 5),
                          .p50 = none ? NAN : pe_summary_percentile(s, 50),
                          .p95 = none ? NAN : pe_summary_percentile(s, 95),
                          .errors = s->error_count};
    if (pe_arena_failed(run->arena)) return pei_out_of_memory(diag);
    return trials ? copy_trials(run, o->trials, &r->trials, diag) : PE_OK;
}

static pe_status run_new(const pei_model *model, const pei_book *book, const pe_report *report,
                         const char *name, pei_run **out, pe_diag *diag)
{
    pe_status status = PE_OK;
    uint64_t bytes = report->trials * report->output_count * sizeof(pe_value);
    pei_run *run = calloc(1, sizeof *run);
    if (run == NULL) return pei_out_of_memory(diag);
    run->arena = pe_arena_new(SIZE_MAX / 2);
    if (run->arena == NULL) PE_TRY(pei_out_of_memory(diag));
    *run = (pei_run){.book = book->number,
                     .arena = run->arena,
                     .name = copy(run->arena, name),
                     .trials = report->trials,
                     .trials_asked = report->trials_asked,
                     .seed = report->seed,
                     .sampling = report->sampling,
                     .outputs = PE_PUSH(run->arena, pei_run_output, report->output_count),
                     .output_count = report->output_count};
    if (run->outputs == NULL) PE_TRY(pei_out_of_memory(diag));
    /* Trials that the session cannot hold are left out: everything else is there. */
    bool trials = report->output_count == 0 ||
                  report->trials < UINT64_MAX / sizeof(pe_value) / report->output_count;
    trials = trials && pei_model_room(model, bytes, NULL) == PE_OK;
    for (uint32_t i = 0; i < report->output_count; i++)
        PE_TRY(keep_output(run, i, &report->outputs[i], trials, diag));
    *out = run;
    return PE_OK;
fail:
    pei_run_free(run);
    return status;
}

/* ---- earlier runs beside this one
 * --------------------------------------------------------------------- */

static const pei_run_output *output_of(const pei_run *run, const char *cell)
{
    for (uint32_t i = 0; i < run->output_count; i++)
        if (strcmp(run->outputs[i].cell, cell) == 0) return &run->outputs[i];
    return NULL;
}

static bool comparable(const pei_run *a, const pei_run *b)
{
    return a->seed == b->seed && a->sampling == b->sampling && a->trials == b->trials &&
           a->trials_asked == b->trials_asked;
}

static pe_status earlier_run(const pei_run *run, const pei_run *earlier, pe_arena *arena,
                             pe_report_run *r, pe_diag *diag)
{
    *r = (pe_report_run){.name = earlier->name,
                         .trials = earlier->trials,
                         .seed = earlier->seed,
                         .sampling = earlier->sampling,
                         .incomplete = earlier->trials < earlier->trials_asked,
                         .outputs = PE_PUSH(arena, pe_report_run_output, earlier->output_count)};
    if (r->outputs == NULL) return pei_out_of_memory(diag);
    for (uint32_t i = 0; i < earlier->output_count; i++) {
        const pei_run_output *o = &earlier->outputs[i], *own = output_of(run, o->cell);
        pe_report_run_output *to = &r->outputs[r->output_count++];
        *to = (pe_report_run_output){.cell = o->cell,
                                     .name = o->name,
                                     .mean = o->mean,
                                     .sd = o->sd,
                                     .p5 = o->p5,
                                     .p50 = o->p50,
                                     .p95 = o->p95};
        if (own == NULL || own->trials == NULL || o->trials == NULL || !comparable(run, earlier))
            continue;
        pe_status status =
            pe_difference_make(own->trials, o->trials, run->trials, &to->difference, diag);
        if (status != PE_OK) return status;
        to->compared = true;
    }
    return PE_OK;
}

/* The report's list of earlier runs of the book, the latest first. */
static pe_status earlier_runs(const pei_model *model, const pei_run *run, pe_arena *arena,
                              pe_report *report, pe_diag *diag)
{
    pe_status status = PE_OK;
    report->runs = PE_PUSH(arena, pe_report_run, PE_COUNT(model->runs));
    report->run_count = 0;
    if (report->runs == NULL) return pei_out_of_memory(diag);
    for (size_t i = 0; i < PE_COUNT(model->runs) && status == PE_OK; i++)
        if (model->runs[i] != NULL && model->runs[i]->book == run->book)
            status =
                earlier_run(run, model->runs[i], arena, &report->runs[report->run_count++], diag);
    return status;
}

/* ---- the reply
 * ---------------------------------------------------------------------------------------- */

/* "1,000 trials of 3 outputs in 0.21 s; 120 of 120 formulas agree with ..." */
static const char *line_of(const pe_report *report, double seconds, pe_arena *arena)
{
    char done[48];
    snprintf(done, sizeof done, "%llu", (unsigned long long)report->trials);
    const char *check = report->check.line != NULL ? report->check.line : "";
    if (report->trials < report->trials_asked)
        return pe_arena_printf(arena, "Stopped after %s of %llu trials (%.2f s); %s", done,
                               (unsigned long long)report->trials_asked, seconds, check);
    return pe_arena_printf(arena, "%s trials of %u output%s in %.2f s; %s", done,
                           report->output_count, report->output_count == 1 ? "" : "s", seconds,
                           check);
}

static bool fill_outputs(const pei_run *run, pe_arena *arena, pe_wire_simulate_reply *reply)
{
    reply->outputs.items = PE_PUSH(arena, pe_wire_output_result, run->output_count);
    reply->outputs.count = run->output_count;
    for (uint32_t i = 0; reply->outputs.items != NULL && i < run->output_count; i++) {
        const pei_run_output *o = &run->outputs[i];
        reply->outputs.items[i] =
            (pe_wire_output_result){.name = pe_wire_text_of(o->name),
                                    .cell = pe_wire_text_of(o->cell),
                                    .statistics = {.mean = o->mean,
                                                   .sd = o->sd,
                                                   .standard_error = o->standard_error,
                                                   .min = o->min,
                                                   .max = o->max,
                                                   .p5 = o->p5,
                                                   .p50 = o->p50,
                                                   .p95 = o->p95,
                                                   .errors = o->errors}};
    }
    return reply->outputs.items != NULL;
}

static bool fill_pages(const pei_run *run, pe_arena *arena, pe_wire_simulate_reply *reply)
{
    reply->pages.items = PE_PUSH(arena, pe_wire_page_head, run->page_count);
    reply->pages.count = run->page_count;
    for (uint32_t i = 0; reply->pages.items != NULL && i < run->page_count; i++)
        reply->pages.items[i] = (pe_wire_page_head){.page = i,
                                                    .name = pe_wire_text_of(run->pages[i].name),
                                                    .key = pe_wire_text_of(run->pages[i].key),
                                                    .cells = run->pages[i].cells,
                                                    .charts = run->pages[i].charts};
    return reply->pages.items != NULL;
}

static bool fill_warnings(const pe_report *report, pe_arena *arena, pe_wire_simulate_reply *reply)
{
    uint32_t count =
        report->warning_count < PE_LIMIT_list_items ? report->warning_count : PE_LIMIT_list_items;
    reply->warnings.items = PE_PUSH(arena, pe_wire_warning, count);
    reply->warnings.count = count;
    for (uint32_t i = 0; reply->warnings.items != NULL && i < count; i++)
        reply->warnings.items[i] =
            (pe_wire_warning){.cell = pe_wire_text_of(report->warnings[i].cell),
                              .text = pe_wire_text_of(report->warnings[i].text)};
    return reply->warnings.items != NULL;
}

static pe_status answer(pei_task *task, const pei_run *run, const pe_report *report, double seconds,
                        const pe_wire_timings *timings)
{
    pe_wire_simulate_reply reply = {.run = run->number,
                                    .trials = run->trials,
                                    .trials_asked = run->trials_asked,
                                    .seed = run->seed,
                                    .incomplete = run->trials < run->trials_asked,
                                    .seconds = seconds,
                                    .timings = *timings};
    const char *line = line_of(report, seconds, task->arena);
    if (line == NULL || !fill_outputs(run, task->arena, &reply) ||
        !fill_pages(run, task->arena, &reply) || !fill_warnings(report, task->arena, &reply))
        return pei_out_of_memory(task->diag);
    reply.line = pe_wire_text_of(line);
    return pei_reply(task, PE_WIRE_simulate_reply, &reply);
}

/* ---- simulate
 * ----------------------------------------------------------------------------------------- */

static void keep_run(pei_model *model, pei_run *run)
{
    size_t last = PE_COUNT(model->runs) - 1;
    pei_run_free(model->runs[last]);
    memmove(model->runs + 1, model->runs, last * sizeof model->runs[0]);
    model->runs[0] = run;
}

static pe_status lay_out(pei_task *task, const pei_book *book, pe_report *report, pei_run *run)
{
    pe_pages pages = {.page_count = 0};
    const pe_report_options options = {.in_document = true,
                                       .sheet_names = book->kept.sheet_names,
                                       .sheet_name_count = book->kept.sheet_name_count};
    pe_status status = earlier_runs(task->model, run, task->arena, report, task->diag);
    if (status == PE_OK)
        status = pe_report_layout(report, &options, task->arena, task->model->control, &pages,
                                  task->diag);
    return status == PE_OK ? pei_run_pages(run, &pages, task->diag) : status;
}

static pe_wire_timings timings_of(const pei_task *task, pei_kept *kept, const pe_report *report,
                                  double report_s)
{
    const pe_timings *t = &report->timings;
    bool fresh = kept->fresh;
    pe_wire_timings result = {.decode = task->decode_s,
                              .build = kept->build_s,
                              .parse = fresh ? t->parse : 0,
                              .check = fresh ? t->check : 0,
                              .compile = t->compile,
                              .simulate = t->simulate,
                              .statistics = t->statistics,
                              .report = report_s};
    kept->build_s = 0;
    kept->fresh = false;
    return result;
}

/* A run's trials have to fit into what the session may hold. */
static pe_status fits(const pei_model *model, const pe_report *report, pe_diag *diag)
{
    uint64_t bytes = pei_model_most(model), most = bytes / sizeof(pe_value);
    uint32_t outputs = report->output_count > 0 ? report->output_count : 1;
    if (report->trials_asked <= most / outputs) return PE_OK;
    return pe_fail(
        diag, PE_E_MEMORY, "trials",
        "%llu trials of %u outputs would need more than %llu MiB: use at most %llu trials, "
        "or fewer outputs",
        (unsigned long long)report->trials_asked, outputs, (unsigned long long)(bytes >> 20),
        (unsigned long long)(most / outputs));
}

/* How to get the same numbers again. */
static const char *again(const pei_book *book, const pe_report *report)
{
    const char *sampling = report->sampling == PE_LATIN_HYPERCUBE ? ", Latin hypercube" : "";
    const char *text = pe_arena_printf(
        book->kept.arena, "Run Simulation with %llu trials and seed %llu%s",
        (unsigned long long)report->trials_asked, (unsigned long long)report->seed, sampling);
    return text != NULL ? text : "";
}

pe_status pei_do_simulate(pei_task *task, const pe_wire_simulate *params)
{
    double start = pe_clock_seconds();
    pei_book *book = NULL;
    pei_run *run = NULL;
    pe_status status = PE_OK;
    PE_TRY(pei_book_find(task->model, params->book, &book, task->diag));
    PE_TRY(pei_job_ready(task, book, &params->settings, params->has_settings));
    PE_TRY(pei_job_compiled(task, book));
    pe_report *report = pe_job_report(book->kept.job);
    PE_TRY(fits(task->model, report, task->diag));
    atomic_store(&task->request->claims, pei_model_bytes(task->model) + report->trials_asked *
                                                                            report->output_count *
                                                                            sizeof(pe_value));
    book->kept.stage = PEI_STAGE_USED;
    PE_TRY(pe_job_simulate(book->kept.job, task->diag));
    report = pe_job_report(book->kept.job);
    report->run_name = params->has_name ? params->name.bytes : "";
    report->command = again(book, report);
    double before = pe_clock_seconds();
    report->timings.total = before - start;
    pei_model_fit(task->model, book, report->trials * report->output_count * sizeof(pe_value),
                  NULL);
    PE_TRY(run_new(task->model, book, report, report->run_name, &run, task->diag));
    status = lay_out(task, book, report, run);
    double now = pe_clock_seconds();
    pe_wire_timings timings = timings_of(task, &book->kept, report, now - before);
    if (status == PE_OK) {
        run->number = task->model->run_last + 1;
        status = answer(task, run, report, now - start, &timings);
    }
    report->run_name = ""; /* what the task held goes */
    report->runs = NULL;
    report->run_count = 0;
    pe_job_end_run(book->kept.job);
    if (status == PE_OK && pe_cancelled(task->model->control))
        status = pe_fail(task->diag, PE_E_CANCELLED, "", "cancelled"); /* nothing is kept */
    PE_TRY(status);
    task->model->run_last++;
    run->bytes += pe_arena_bytes(run->arena);
    keep_run(task->model, run);
    return PE_OK;
fail:
    pei_run_free(run);
    return status;
}
