/* server_inspect.c: what the run dialog shows: the check, inputs, outputs, problems, how long a
 * trial takes. A model that cannot run is no failure: its reason is among the problems. */
#include "server_model.h"

typedef struct problems {
    pe_wire_problem *items;
    uint32_t count, capacity;
} problems;

static uint32_t at_most(uint32_t count)
{
    return count < PE_LIMIT_list_items ? count : PE_LIMIT_list_items;
}

static void add_problem(problems *list, const char *cell, const char *text, bool stops)
{
    if (list->count == list->capacity) return;
    list->items[list->count++] = (pe_wire_problem){
        .cell = pe_wire_text_of(cell), .text = pe_wire_text_of(text), .stops = stops};
}

/* ---- the check
 * ----------------------------------------------------------------------------------------- */

static bool fill_check(const pe_report_check *check, pe_arena *arena, pe_wire_check *to)
{
    *to = (pe_wire_check){.line = pe_wire_text_of(check->line),
                          .header = pe_wire_text_of(check->header),
                          .compared = check->compared,
                          .agree = check->agree,
                          .pinned = check->pinned,
                          .roots = check->root_count};
    to->differences.count = at_most(check->differ_count);
    to->differences.items = PE_PUSH(arena, pe_wire_difference, to->differences.count);
    for (uint32_t i = 0; to->differences.items != NULL && i < to->differences.count; i++) {
        const pe_report_difference *d = &check->differ[i];
        to->differences.items[i] = (pe_wire_difference){.cell = pe_wire_text_of(d->cell),
                                                        .formula = pe_wire_text_of(d->formula),
                                                        .expected = pei_value_out(d->expected),
                                                        .actual = pei_value_out(d->actual),
                                                        .root = d->root};
    }
    return to->differences.items != NULL;
}

/* ---- inputs and outputs
 * --------------------------------------------------------------------------------- */

/* The distribution's figures, or what trials of the cell show. */
static void fill_figures(const pe_report_input *input, const pe_job_sample *sample,
                         pe_wire_input *to)
{
    const double unknown = pe_as_number(pe_error(PE_ERROR_NA));
    bool sampled = !input->described && sample != NULL && sample->known;
    to->mean = input->described ? input->mean : sampled ? sample->mean : unknown;
    to->p5 = input->described ? input->p5 : sampled ? sample->p5 : unknown;
    to->p50 = input->described ? input->p50 : sampled ? sample->p50 : unknown;
    to->p95 = input->described ? input->p95 : sampled ? sample->p95 : unknown;
    to->has_sampled = to->sampled = sampled;
}

/* samples: one per input; NULL: none. */
static bool fill_inputs(const pe_report *report, const pe_job_sample *samples, pe_arena *arena,
                        pe_wire_inspect_reply *to)
{
    to->input_count = report->input_count;
    to->inputs.count = at_most(report->input_count);
    to->inputs.items = PE_PUSH(arena, pe_wire_input, to->inputs.count);
    for (uint32_t i = 0; to->inputs.items != NULL && i < to->inputs.count; i++) {
        const pe_report_input *input = &report->inputs[i];
        pe_wire_input *item = &to->inputs.items[i];
        *item = (pe_wire_input){.name = pe_wire_text_of(input->name),
                                .cell = pe_wire_text_of(input->cell),
                                .distribution = pe_wire_text_of(input->distribution),
                                .formula = pe_wire_text_of(input->formula),
                                .set = input->set};
        fill_figures(input, samples != NULL ? &samples[i] : NULL, item);
    }
    return to->inputs.items != NULL;
}

static bool is_chosen(const pe_simulation *simulation, uint32_t cell)
{
    for (uint32_t i = 0; i < simulation->output_count; i++)
        if (simulation->outputs[i].cell == cell) return true;
    return false;
}

/* The outputs of a run, then what else could be one. */
static pe_status fill_outputs(pei_task *task, const pei_book *book, pe_wire_inspect_reply *to)
{
    const pe_simulation *simulation = pe_job_simulation(book->kept.job);
    pe_output *candidates = NULL;
    uint32_t candidate_count = 0;
    pe_status status = pe_job_candidates(book->kept.job, &candidates, &candidate_count, task->diag);
    if (status != PE_OK) return status;
    uint32_t most = at_most(simulation->output_count + candidate_count);
    to->outputs.items = PE_PUSH(task->arena, pe_wire_output_cell, most);
    if (to->outputs.items == NULL) return pei_out_of_memory(task->diag);
    for (uint32_t i = 0; i < simulation->output_count + candidate_count; i++) {
        bool chosen = i < simulation->output_count;
        const pe_output *o =
            chosen ? &simulation->outputs[i] : &candidates[i - simulation->output_count];
        if (to->outputs.count == most || (!chosen && is_chosen(simulation, o->cell))) continue;
        const char *cell = pe_workbook_cell_new_text(book->kept.workbook, o->cell, task->arena);
        if (cell == NULL) return pei_out_of_memory(task->diag);
        to->outputs.items[to->outputs.count++] =
            (pe_wire_output_cell){.name = pe_wire_text_of(o->name),
                                  .cell = pe_wire_text_of(cell),
                                  .declared = o->declared,
                                  .chosen = chosen};
    }
    return PE_OK;
}

static pe_status fill_pages(pei_task *task, const pei_book *book, const pe_report *report,
                            pe_wire_inspect_reply *to)
{
    const pe_report_options options = {.in_document = true,
                                       .sheet_names = book->kept.sheet_names,
                                       .sheet_name_count = book->kept.sheet_name_count};
    const char **names = NULL;
    pe_status status =
        pe_report_page_names(report, &options, task->arena, &names, &to->pages.count, task->diag);
    if (status != PE_OK) return status;
    to->pages.items = PE_PUSH(task->arena, pe_wire_text, to->pages.count);
    for (uint32_t i = 0; to->pages.items != NULL && i < to->pages.count; i++)
        to->pages.items[i] = pe_wire_text_of(names[i]);
    return to->pages.items != NULL ? PE_OK : pei_out_of_memory(task->diag);
}

/* ---- problems
 * ------------------------------------------------------------------------------------------ */

static bool fill_problems(const pe_report *report, const pe_diag *reason, pe_arena *arena,
                          problems *list)
{
    const pe_report_check *check = &report->check;
    list->capacity = PE_LIMIT_list_items;
    list->items = PE_PUSH(arena, pe_wire_problem, list->capacity);
    if (list->items == NULL) return false;
    if (reason != NULL) add_problem(list, reason->where, reason->what, true);
    for (uint32_t i = 0; i < report->warning_count; i++)
        add_problem(list, report->warnings[i].cell, report->warnings[i].text, false);
    for (uint32_t i = 0; i < check->unsupported_count && list->count < list->capacity; i++) {
        const char *text = pe_arena_printf(arena,
                                           "%s uses %s, which is not supported; its stored "
                                           "value is used where it does not vary",
                                           check->unsupported[i].cell, check->unsupported[i].what);
        if (text == NULL) return false;
        add_problem(list, check->unsupported[i].cell, text, false);
    }
    return true;
}

/* Failures that are the model's, and for its user to mend. */
static bool is_reason(pe_status status)
{
    return status == PE_E_NOT_FOUND || status == PE_E_UNSUPPORTED || status == PE_E_ARGUMENT ||
           status == PE_E_CYCLE || status == PE_E_SYNTAX || status == PE_E_LIMIT;
}

/* Made ready and compiled. A reason that is the model's goes to why. */
static pe_status prepare(pei_task *task, pei_book *book, const pe_wire_inspect *params,
                         pe_diag *why)
{
    pe_diag *diag = task->diag;
    pe_status status = pei_complete(book, diag);
    if (status != PE_OK) return status;
    task->diag = why;
    status = pei_job_ready(task, book, &params->settings, params->has_settings);
    if (status == PE_OK) status = pei_job_compiled(task, book);
    task->diag = diag;
    if (status == PE_OK || is_reason(status)) {
        why->status = status;
        return PE_OK;
    }
    *diag = *why;
    return status;
}

pe_status pei_do_inspect(pei_task *task, const pe_wire_inspect *params)
{
    static const pe_report none = {.check = {.line = "", .header = ""}};
    pei_book *book = NULL;
    pe_wire_inspect_reply reply = {0};
    problems list = {NULL, 0, 0};
    pe_diag why = {.status = PE_OK};
    pe_status status = PE_OK;
    PE_TRY(pei_book_find(task->model, params->book, &book, task->diag));
    PE_TRY(prepare(task, book, params, &why));
    const pe_job_sample *samples = NULL;
    if (why.status == PE_OK)
        PE_TRY(pe_job_sample_inputs(book->kept.job, task->arena, &samples, task->diag));
    const pe_report *report = book->kept.job != NULL ? pe_job_report(book->kept.job) : &none;
    reply.formulas = report->check.formulas;
    reply.trials = report->trials_asked;
    reply.seed = report->seed;
    if (!fill_check(&report->check, task->arena, &reply.check) ||
        !fill_inputs(report, samples, task->arena, &reply) ||
        !fill_problems(report, why.status != PE_OK ? &why : NULL, task->arena, &list))
        PE_TRY(pei_out_of_memory(task->diag));
    reply.problems.items = list.items;
    reply.problems.count = list.count;
    if (why.status == PE_OK) {
        PE_TRY(fill_outputs(task, book, &reply));
        PE_TRY(fill_pages(task, book, report, &reply));
        PE_TRY(pe_job_pace(book->kept.job, &reply.seconds_per_trial, task->diag));
    }
    PE_TRY(pei_reply(task, PE_WIRE_inspect_reply, &reply));
fail:
    return status;
}
