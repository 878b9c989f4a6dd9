/* workbook_cells.c: the cells and formulas of one sheet while it is read, in chunks, whatever the
 * format of the file. Invariant: memory is counted before it is taken; a chunk never moves. */
#include "workbook_internal.h"

#include <stdlib.h>

static uint32_t chunk_capacity(uint32_t count)
{
    if (count < PEI_CHUNK_FIRST) return PEI_CHUNK_FIRST;
    return count < PEI_CHUNK_LARGEST ? count : PEI_CHUNK_LARGEST;
}

/* Memory for a chunk whose items will take final_bytes in the workbook. NULL after a failure. */
static void *new_chunk(pei_reader *reader, pei_xml *xml, size_t bytes, size_t final_bytes)
{
    if (pei_reader_take(reader, final_bytes, xml->diag) != PE_OK) {
        pei_xml_stop(xml, xml->diag->status);
        return NULL;
    }
    void *chunk = malloc(bytes);
    if (chunk == NULL) pei_xml_fail(xml, PE_E_MEMORY, "no memory for its cells");
    return chunk;
}

/* The index of a new raw formula, or PE_NO_FORMULA after a failure. */
uint32_t pei_cells_raw(pei_reader *reader, pei_sheet_data *s, pei_xml *xml, pei_raw_formula raw)
{
    if (s->raw_last == NULL || s->raw_last->count == s->raw_last->capacity) {
        uint32_t capacity = chunk_capacity(s->raw_count);
        pei_raw_chunk *chunk =
            new_chunk(reader, xml, sizeof *chunk + capacity * sizeof *chunk->formulas,
                      capacity * sizeof(pe_formula_source));
        if (chunk == NULL) return PE_NO_FORMULA;
        chunk->next = NULL;
        chunk->count = 0;
        chunk->capacity = capacity;
        if (s->raw_last != NULL)
            s->raw_last->next = chunk;
        else
            s->raw_first = chunk;
        s->raw_last = chunk;
    }
    s->raw_last->formulas[s->raw_last->count++] = raw;
    return s->raw_count++;
}

uint32_t pei_cells_special(pei_reader *reader, pei_sheet_data *s, const pe_formula_source *f,
                           pei_xml *xml)
{
    uint64_t cells = pe_area_cells(&f->area);
    if (cells > PEI_BLOCK_CELLS_MAX ||
        atomic_fetch_add(&reader->block_cells, (unsigned)cells) + cells > PEI_BLOCK_CELLS_MAX) {
        char cell[12];
        pe_cell_text(f->home_row, f->home_column, cell);
        pei_xml_fail(xml, PE_E_LIMIT,
                     "cell %s: the blocks of array formulas and data tables are too large", cell);
        return PE_NO_FORMULA;
    }
    if (PE_GROW(&s->specials, &s->special_capacity, s->special_count + 1) != PE_OK) {
        pei_xml_fail(xml, PE_E_MEMORY, "no memory for its formulas");
        return PE_NO_FORMULA;
    }
    s->specials[s->special_count] = *f;
    uint32_t index = (uint32_t)s->special_count++;
    return pei_cells_raw(reader, s, xml,
                         (pei_raw_formula){NULL, 0, PEI_RAW(PEI_RAW_SPECIAL, index)});
}

pe_cell *pei_cells_add(pei_reader *reader, pei_sheet_data *s, pei_xml *xml)
{
    if (s->cells_last == NULL || s->cells_last->count == s->cells_last->capacity) {
        uint32_t capacity = chunk_capacity(s->cell_count);
        if (s->cell_count >= PE_CELLS_MAX - capacity) {
            pei_xml_fail(xml, PE_E_LIMIT, "more than %u cells", PE_CELLS_MAX);
            return NULL;
        }
        pei_cell_chunk *chunk =
            new_chunk(reader, xml, sizeof *chunk + capacity * sizeof *chunk->cells,
                      capacity * sizeof *chunk->cells);
        if (chunk == NULL) return NULL;
        chunk->next = NULL;
        chunk->count = 0;
        chunk->capacity = capacity;
        if (s->cells_last != NULL)
            s->cells_last->next = chunk;
        else
            s->cells_first = chunk;
        s->cells_last = chunk;
    }
    s->cell_count++;
    return &s->cells_last->cells[s->cells_last->count++];
}

/* ---- blocks
 * ------------------------------------------------------------------------------------------- */

static int compare_fillers(const void *left, const void *right)
{
    const pe_cell *a = left, *b = right;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* Every cell of a block has a cell: fillers for all, of which the join drops those that the file
 * has. */
pe_status pei_cells_fill(pei_reader *reader, pei_sheet_data *s)
{
    for (size_t i = 0; i < s->special_count; i++) {
        const pe_area *a = &s->specials[i].area;
        size_t cells = (size_t)pe_area_cells(a);
        if (cells == 1) continue;
        if (PE_GROW(&s->fillers, &s->filler_capacity, s->filler_count + cells) != PE_OK)
            return pe_fail(&s->diag, PE_E_MEMORY, s->part, "no memory for its blocks");
        for (uint32_t row = a->row_first; row <= a->row_last; row++)
            for (uint32_t column = a->column_first; column <= a->column_last; column++)
                s->fillers[s->filler_count++] = (pe_cell){.stored = pe_blank(),
                                                          .row = row,
                                                          .formula = PE_NO_FORMULA,
                                                          .column = (uint16_t)column};
    }
    if (s->filler_count > 1)
        qsort(s->fillers, s->filler_count, sizeof *s->fillers, compare_fillers);
    size_t kept = 0;
    for (size_t i = 0; i < s->filler_count; i++)
        if (i == 0 || compare_fillers(&s->fillers[i], &s->fillers[i - 1]) != 0)
            s->fillers[kept++] = s->fillers[i];
    s->filler_count = kept;
    return pei_reader_take(reader, kept * sizeof *s->fillers, &s->diag);
}

void pei_sheet_clear(pei_sheet_data *s)
{
    for (pei_cell_chunk *chunk = s->cells_first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    for (pei_raw_chunk *chunk = s->raw_first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(s->masters);
    free(s->specials);
    free(s->fillers);
    free(s->hidden);
    free(s->filtered);
    free(s->tables);
    s->cells_first = s->cells_last = NULL;
    s->raw_first = s->raw_last = NULL;
    s->masters = NULL;
    s->specials = NULL;
    s->fillers = NULL;
    s->hidden = s->filtered = NULL;
    s->tables = NULL;
}
