/* workbook_join.c: the sheets' chunks into the workbook's two arrays, sheets in parallel.
 * Invariant: afterwards cells are sorted and unique, shared texts are resolved, and each formula
 * belongs to at least one cell. */
#include "workbook_internal.h"

#include <stdlib.h>

typedef struct joiner {
    pei_reader *reader;
    pei_sheet_data *sheets;
} joiner;

/* One sheet on its way into the arrays. */
typedef struct sheet_join {
    pei_reader *reader;
    pei_sheet_data *sheet;
    uint32_t next_cell, next_formula;
    size_t next_filler;
    pei_raw_chunk *raw_chunk; /* the chunk that holds raw index raw_base ff. */
    uint32_t raw_base;
} sheet_join;

/* Raw formulas are asked for in nearly ascending order. */
static const pei_raw_formula *raw_at(sheet_join *j, uint32_t index)
{
    if (j->raw_chunk == NULL || index < j->raw_base) {
        j->raw_chunk = j->sheet->raw_first;
        j->raw_base = 0;
    }
    while (index - j->raw_base >= j->raw_chunk->count) {
        j->raw_base += j->raw_chunk->count;
        j->raw_chunk = j->raw_chunk->next;
    }
    return &j->raw_chunk->formulas[index - j->raw_base];
}

static void put_formula(sheet_join *j, const pe_cell *cell, pe_formula_source *out)
{
    const pei_raw_formula *raw = raw_at(j, cell->formula);
    uint32_t index = raw->extra & 0x3FFFFFFFu;
    memset(out, 0, sizeof *out);
    out->home_row = cell->row;
    out->home_column = cell->column;
    switch ((pei_raw_kind)(raw->extra >> 30)) {
    case PEI_RAW_SHARED: {
        const pei_master *master = &j->sheet->masters[index];
        out->text = master->text;
        out->length = master->length;
        out->home_row = master->row;
        out->home_column = master->column;
        break;
    }
    case PEI_RAW_SPECIAL:
        *out = j->sheet->specials[index];
        break;
    default:
        out->excel_text = raw->extra >> 30 == PEI_RAW_EXCEL;
        out->text = raw->text;
        out->length = raw->length;
        break;
    }
}

static pe_status put_cell(sheet_join *j, const pe_cell *cell)
{
    pe_workbook *w = &j->reader->owner->book;
    pe_cell *out = &w->cells[j->next_cell++];
    *out = *cell;
    if (cell->formula != PE_NO_FORMULA) {
        put_formula(j, cell, &w->formulas[j->next_formula]);
        out->formula = j->next_formula++;
    }
    if (!pe_is(cell->stored, PE_KIND_UNRESOLVED)) return PE_OK;
    uint64_t index = cell->stored.bits & PE_PAYLOAD;
    if (index >= j->reader->string_count) {
        char text[12];
        pe_cell_text(cell->row, cell->column, text);
        return pe_fail(&j->sheet->diag, PE_E_FORMAT, j->sheet->part,
                       "cell %s: shared text %llu of %u does not exist", text,
                       (unsigned long long)index, j->reader->string_count);
    }
    out->stored = j->reader->strings[index];
    return PE_OK;
}

static int compare_place(const pe_cell *a, const pe_cell *b)
{
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* The next cell of the file, after those fillers that come before it; a filler under it is dropped.
 */
static pe_status put_merged(sheet_join *j, const pe_cell *cell)
{
    pei_sheet_data *s = j->sheet;
    while (j->next_filler < s->filler_count) {
        const pe_cell *filler = &s->fillers[j->next_filler];
        int order = cell != NULL ? compare_place(filler, cell) : -1;
        if (order > 0) break;
        j->next_filler++;
        if (order == 0) break;
        pe_status status = put_cell(j, filler);
        if (status != PE_OK) return status;
    }
    return cell != NULL ? put_cell(j, cell) : PE_OK;
}

static pe_status put_sorted(sheet_join *j)
{
    pei_sheet_data *s = j->sheet;
    for (pei_cell_chunk *chunk = s->cells_first; chunk != NULL; chunk = s->cells_first) {
        for (uint32_t i = 0; i < chunk->count; i++) {
            pe_status status = j->next_filler < s->filler_count ? put_merged(j, &chunk->cells[i])
                                                                : put_cell(j, &chunk->cells[i]);
            if (status != PE_OK) return status;
        }
        s->cells_first = chunk->next;
        free(chunk);
    }
    return PE_OK;
}

static int compare_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Cells out of order, or twice: sorted by place, then by order in the file, of which the last
 * counts. */
static pe_status put_unsorted(sheet_join *j)
{
    pei_sheet_data *s = j->sheet;
    pe_status status = PE_OK;
    pe_cell *flat = malloc(s->cell_count * sizeof *flat);
    uint64_t *keys = malloc(s->cell_count * sizeof *keys);
    if (flat == NULL || keys == NULL)
        PE_TRY(pe_fail(&s->diag, PE_E_MEMORY, s->part, "no memory to sort it"));
    uint32_t count = 0;
    for (pei_cell_chunk *chunk = s->cells_first; chunk != NULL; chunk = chunk->next) {
        memcpy(flat + count, chunk->cells, chunk->count * sizeof *flat);
        count += chunk->count;
    }
    for (uint32_t i = 0; i < count; i++) /* 20 bits, 14 bits, 28 bits */
        keys[i] = ((uint64_t)flat[i].row << 14 | flat[i].column) << 28 | i;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 < count && keys[i] >> 28 == keys[i + 1] >> 28) {
            s->duplicates++;
            continue;
        }
        PE_TRY(put_merged(j, &flat[keys[i] & PE_CELLS_MAX]));
    }
fail:
    free(flat);
    free(keys);
    return status;
}

static pe_status join_sheet(void *context, size_t index, unsigned worker)
{
    PE_UNUSED(worker);
    joiner *all = context;
    pei_sheet_data *s = &all->sheets[index];
    sheet_join j = {.reader = all->reader,
                    .sheet = s,
                    .next_cell = s->cell_base,
                    .next_formula = s->formula_base};
    pe_status status = s->sorted ? put_sorted(&j) : put_unsorted(&j);
    if (status == PE_OK) status = put_merged(&j, NULL);
    s->cell_end = j.next_cell;
    s->formula_end = j.next_formula;
    return status;
}

/* Closes the gaps that cells written twice have left. */
static void close_gaps(pe_workbook *w, pei_sheet_data *sheets)
{
    uint32_t cell = 0, formula = 0;
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        pei_sheet_data *s = &sheets[i];
        uint32_t cells = s->cell_end - s->cell_base, formulas = s->formula_end - s->formula_base;
        if (cell != s->cell_base)
            memmove(w->cells + cell, w->cells + s->cell_base, cells * sizeof *w->cells);
        if (formula != s->formula_base) {
            memmove(w->formulas + formula, w->formulas + s->formula_base,
                    formulas * sizeof *w->formulas);
            for (uint32_t c = cell; c < cell + cells; c++)
                if (w->cells[c].formula != PE_NO_FORMULA)
                    w->cells[c].formula -= s->formula_base - formula;
        }
        w->sheets[i].cell_first = cell;
        w->sheets[i].cell_end = cell += cells;
        formula += formulas;
    }
    w->cell_count = cell;
    w->formula_count = formula;
}

pe_status pei_join(pei_reader *reader, pe_pool *pool, pei_sheet_data *sheets, pe_diag *diag)
{
    pe_workbook *w = &reader->owner->book;
    uint64_t cells = 0, formulas = 0;
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        sheets[i].cell_base = (uint32_t)cells;
        sheets[i].formula_base = (uint32_t)formulas;
        cells += sheets[i].cell_count + sheets[i].filler_count;
        formulas += sheets[i].raw_count;
        if (cells > PE_CELLS_MAX)
            return pe_fail(diag, PE_E_LIMIT, "workbook", "more than %u cells", PE_CELLS_MAX);
    }
    w->cells = malloc((size_t)(cells + 1) * sizeof *w->cells);
    w->formulas = malloc((size_t)(formulas + 1) * sizeof *w->formulas);
    if (w->cells == NULL || w->formulas == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for %llu cells",
                       (unsigned long long)cells);
    joiner all = {reader, sheets};
    pe_status status = pe_pool_run(pool, w->sheet_count, join_sheet, &all);
    for (uint32_t i = 0; status != PE_OK && i < w->sheet_count; i++)
        if (sheets[i].diag.status != PE_OK) {
            if (diag != NULL) *diag = sheets[i].diag;
            return sheets[i].diag.status;
        }
    if (status != PE_OK) return pe_fail(diag, status, "workbook", "%s", pe_status_text(status));
    close_gaps(w, sheets);
    return PE_OK;
}
