/* job_restart.c: another run of a job whose workbook changed in constants, or in nothing: what was
 * parsed, ordered and evaluated is kept where it still holds. Invariant: the run that follows has
 * the bits of a new job's run of the same content; edits are refused before anything has changed.
 */
#include "job_internal.h"

#include <stdlib.h>

static pe_status refuse(pe_job *job, const pe_job_edit *edit, const char *why, pe_diag *diag)
{
    char cell[400];
    pe_workbook_cell_text(job->workbook, edit->ref, cell, sizeof cell);
    return pe_fail(diag, PE_E_UNSUPPORTED, cell, "%s: the workbook has to be read again", why);
}

/* Tables' column names were taken from their header cells. */
static bool is_header(const pe_workbook *w, pe_cell_ref ref)
{
    for (uint32_t t = 0; t < w->table_count; t++) {
        const pe_table *table = &w->tables[t];
        if (pe_area_has(&table->area, ref) && ref.row < table->area.row_first + table->header_rows)
            return true;
    }
    return false;
}

static pe_status find_edited(pe_job *job, const pe_job_edit *edit, uint32_t *cell, pe_diag *diag)
{
    const pe_workbook *w = job->workbook;
    pe_kind kind = pe_kind_of(edit->value);
    bool finite =
        kind == PE_KIND_NUMBER && pe_as_number(edit->value) - pe_as_number(edit->value) == 0;
    *cell = pe_workbook_cell(w, edit->ref);
    if (*cell == PE_NO_CELL) return refuse(job, edit, "the cell was empty", diag);
    if (w->cells[*cell].formula != PE_NO_FORMULA || pe_graph_master(job->graph, *cell) != *cell)
        return refuse(job, edit, "the cell holds a formula", diag);
    if (!w->cells[*cell].has_stored || pe_is(w->cells[*cell].stored, PE_KIND_BLANK))
        return refuse(job, edit, "the cell was empty", diag);
    if (!finite && kind != PE_KIND_TEXT && kind != PE_KIND_BOOLEAN)
        return refuse(job, edit, "the new content is no number, text or boolean", diag);
    if (is_header(w, edit->ref)) return refuse(job, edit, "the cell names a table's column", diag);
    return PE_OK;
}

/* Takes the edits over into the workbook and tells the evaluator. */
static pe_status apply(pe_job *job, const pe_job_edit *edits, const uint32_t *cells, uint32_t count,
                       pe_diag *diag)
{
    pe_value *values = PE_PUSH(job->run, pe_value, count);
    if (values == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        const pe_text *text =
            pe_is(edits[i].value, PE_KIND_TEXT) ? pe_as_text(edits[i].value) : NULL;
        values[i] = text == NULL ? edits[i].value
                                 : pe_arena_text_value(job->kept, text->bytes, text->length);
        if (text != NULL && !pe_is(values[i], PE_KIND_TEXT))
            return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    }
    for (uint32_t i = 0; i < count; i++) job->workbook->cells[cells[i]].stored = values[i];
    if (count == 0) return PE_OK;
    pe_workbook_hash(job->workbook);
    pei_job_hash_text(job);
    if (pe_evaluator_edited(job->evaluator, cells, count) != PE_OK)
        return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    return PE_OK;
}

void pe_job_end_run(pe_job *job)
{
    pe_report *r = &job->report;
    pei_job_end_run(job);
    pe_arena_restore(job->run, (pe_arena_mark){0});
    memset(&job->simulation, 0, sizeof job->simulation);
    pe_map_free(job->found);
    job->found = NULL;
    r->warning_count = job->warnings_kept;
    r->trials = 0;
    r->outputs = NULL;
    r->inputs = NULL;
    r->output_count = r->input_count = 0;
    r->isa = "";
    r->timings = (pe_timings){0};
}

static bool same_overrides(const pe_job *job, const pe_override *overrides, uint32_t count)
{
    if (count != job->override_count) return false;
    for (uint32_t i = 0; i < count; i++) {
        const pe_override *a = &overrides[i], *b = &job->overrides[i];
        if (a->cell != b->cell || a->length != b->length ||
            memcmp(a->text, b->text, a->length) != 0)
            return false;
    }
    return true;
}

static pe_status restart(pe_job *job, const pe_settings *settings, const pe_job_edit *edits,
                         const uint32_t *cells, uint32_t count, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_override *overrides = NULL;
    uint32_t override_count = 0;
    double start = pe_clock_seconds();
    pe_job_end_run(job);
    if (job->memo == NULL) job->memo = pe_program_memo_new();
    pe_graph_forget_dependencies(job->graph);
    PE_TRY(apply(job, edits, cells, count, diag));
    job->options.settings = *settings;
    job->options.settings.now = job->report.now;
    PE_TRY(pei_job_settings(job, &overrides, &override_count, diag));
    if (same_overrides(job, overrides, override_count))
        PE_TRY(pei_job_freeze(job, diag));
    else
        PE_TRY(pei_job_prepare(job, overrides, override_count, diag));
    job->report.timings.compile = pe_clock_seconds() - start - job->report.timings.parse;
fail:
    return status;
}

pe_status pe_job_restart(pe_job *job, const pe_settings *settings, const pe_job_edit *edits,
                         uint32_t edit_count, pe_diag *diag)
{
    pe_status status = PE_OK;
    if (job->check == NULL)
        return pe_fail(diag, PE_E_ARGUMENT, "job", "the workbook was not checked");
    uint32_t *cells = malloc(((size_t)edit_count + 1) * sizeof *cells);
    if (cells == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (uint32_t i = 0; i < edit_count; i++) PE_TRY(find_edited(job, &edits[i], &cells[i], diag));
    status = pei_job_said(restart(job, settings, edits, cells, edit_count, diag), diag);
fail:
    free(cells);
    return status;
}

size_t pe_job_bytes(const pe_job *job)
{
    pe_plan_info plan = {.bytes = 0};
    if (job == NULL) return 0;
    size_t bytes =
        pe_arena_bytes(job->kept) + pe_arena_bytes(job->run) + pe_workbook_bytes(job->workbook);
    if (job->graph != NULL) bytes += pe_graph_bytes(job->graph);
    if (job->evaluator != NULL) bytes += pe_evaluator_bytes(job->evaluator);
    if (job->program != NULL) bytes += pe_arena_bytes(job->program->arena);
    if (job->plan != NULL) job->options.backend->describe(job->plan, &plan);
    return bytes + plan.bytes;
}
