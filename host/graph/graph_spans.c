/* graph_spans.c: areas as spans of consecutive cells. Cells stand row by row in the workbook; a
 * second order, column by column, makes a tall area a few spans as well. Invariant: the spans of an
 * area hold exactly its cells, each once. */
#include "graph_internal.h"

#include <stdlib.h>

/* Counts the cells of each used column of a sheet, as offsets: start[c] for column c -
 * column_first. */
static void count_columns(const pe_workbook *w, const pe_sheet *sheet, uint32_t *start)
{
    uint32_t base = sheet->used.column_first;
    for (uint32_t i = sheet->cell_first; i < sheet->cell_end; i++)
        start[w->cells[i].column - base + 1]++;
}

static void place_columns(pe_graph *g, const pe_sheet *sheet, const uint32_t *start, uint32_t *next)
{
    const pe_workbook *w = g->workbook;
    uint32_t base = sheet->used.column_first;
    uint32_t width = sheet->used.column_last - base + 1;
    memcpy(next, start, width * sizeof *next);
    for (uint32_t i = sheet->cell_first; i < sheet->cell_end; i++) {
        uint32_t place = next[w->cells[i].column - base]++;
        g->column_cells[place] = i;
        g->column_position[i] = place;
    }
}

pe_status pei_graph_columns(pe_graph *g)
{
    const pe_workbook *w = g->workbook;
    g->column_cells = PE_PUSH(g->arena, uint32_t, w->cell_count + 1);
    g->column_position = PE_PUSH(g->arena, uint32_t, w->cell_count + 1);
    g->column_start = PE_PUSH(g->arena, uint32_t *, w->sheet_count + 1);
    uint32_t *next = calloc(PE_COLUMNS_MAX + 1, sizeof *next);
    if (!g->column_cells || !g->column_position || !g->column_start || !next) {
        free(next);
        return PE_E_MEMORY;
    }
    for (uint32_t s = 0; s < w->sheet_count; s++) {
        const pe_sheet *sheet = &w->sheets[s];
        uint32_t width = sheet->used.column_last - sheet->used.column_first + 1;
        uint32_t *start = PE_PUSH(g->arena, uint32_t, width + 1);
        if (start == NULL) {
            free(next);
            return PE_E_MEMORY;
        }
        count_columns(w, sheet, start);
        start[0] = sheet->cell_first;
        for (uint32_t c = 0; c < width; c++) start[c + 1] += start[c];
        place_columns(g, sheet, start, next);
        g->column_start[s] = start;
    }
    free(next);
    return PE_OK;
}

/* Row tables: where rows are not much sparser than used, a lookup is one read. */
pe_status pei_graph_rows(pe_graph *g)
{
    const pe_workbook *w = g->workbook;
    g->rows = PE_PUSH(g->arena, uint32_t *, w->sheet_count + 1);
    if (g->rows == NULL) return PE_E_MEMORY;
    for (uint32_t s = 0; s < w->sheet_count; s++) {
        const pe_sheet *sheet = &w->sheets[s];
        if (sheet->row_count == 0) continue;
        uint32_t first = sheet->rows_used[0], last = sheet->rows_used[sheet->row_count - 1];
        if (last - first > 16u * sheet->row_count + 4096u) continue;
        uint32_t *table = PE_PUSH(g->arena, uint32_t, last - first + 1);
        if (table == NULL) return PE_E_MEMORY;
        for (uint32_t row = first, i = 0; row <= last; row++) {
            table[row - first] = i;
            if (sheet->rows_used[i] == row) i++;
        }
        g->rows[s] = table;
    }
    return PE_OK;
}

uint32_t pe_graph_row_lower(const pe_graph *g, uint32_t s, uint32_t row)
{
    const pe_sheet *sheet = &g->workbook->sheets[s];
    const uint32_t *table = g->rows[s];
    if (table == NULL) return pe_workbook_row_lower(sheet, row);
    if (row <= sheet->rows_used[0]) return 0;
    uint32_t offset = row - sheet->rows_used[0];
    uint32_t span = sheet->rows_used[sheet->row_count - 1] - sheet->rows_used[0];
    return offset <= span ? table[offset] : sheet->row_count;
}

uint32_t pe_graph_cell(const pe_graph *g, pe_cell_ref ref)
{
    const pe_workbook *w = g->workbook;
    if (ref.sheet >= w->sheet_count) return PE_NO_CELL;
    const pe_sheet *sheet = &w->sheets[ref.sheet];
    uint32_t i = pe_graph_row_lower(g, ref.sheet, ref.row);
    if (i >= sheet->row_count || sheet->rows_used[i] != ref.row) return PE_NO_CELL;
    uint32_t end = sheet->row_start[i + 1];
    uint32_t at = pe_graph_column_lower(w->cells, sheet->row_start[i], end, ref.column);
    return at < end && w->cells[at].column == ref.column ? at : PE_NO_CELL;
}

/* The first place in [first, end) of one column whose cell's row is >= row. */
static uint32_t column_lower(const pe_graph *g, uint32_t first, uint32_t end, uint32_t row)
{
    const pe_cell *cells = g->workbook->cells;
    if (first == end || cells[g->column_cells[first]].row >= row) return first;
    uint32_t guess =
        row - cells[g->column_cells[first]].row; /* right where the column has no gaps */
    if (guess < end - first) {
        uint32_t at = cells[g->column_cells[first + guess]].row;
        if (at == row) return first + guess;
        end = first + guess + 1; /* rows ascend, so the place is not beyond the guess */
    }
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (cells[g->column_cells[middle]].row < row)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

const uint32_t *pe_graph_column(const pe_graph *g, uint32_t s, uint32_t column, uint32_t row_first,
                                uint32_t row_last, uint32_t *count)
{
    const pe_sheet *sheet = &g->workbook->sheets[s];
    *count = 0;
    if (sheet->cell_first == sheet->cell_end || column < sheet->used.column_first ||
        column > sheet->used.column_last)
        return g->column_cells;
    uint32_t at = column - sheet->used.column_first;
    uint32_t end = g->column_start[s][at + 1];
    uint32_t first = column_lower(g, g->column_start[s][at], end, row_first);
    end = column_lower(g, first, end, row_last + 1);
    *count = end - first;
    return g->column_cells + first;
}

static bool spans_by_cell(const pe_graph *g, uint32_t s, const pe_area *a, pei_span_visit visit,
                          void *context)
{
    for (uint32_t r = a->row_first; r <= a->row_last; r++)
        for (uint32_t c = a->column_first; c <= a->column_last; c++) {
            uint32_t id = pe_graph_cell(g, (pe_cell_ref){s, r, c});
            if (id != PE_NO_CELL && !visit(context, (pei_span){id, id + 1, false})) return false;
        }
    return true;
}

static bool spans_by_row(const pe_graph *g, uint32_t s, const pe_area *a, uint32_t row_begin,
                         uint32_t row_end, pei_span_visit visit, void *context)
{
    const pe_sheet *sheet = &g->workbook->sheets[s];
    const pe_cell *cells = g->workbook->cells;
    for (uint32_t i = row_begin; i < row_end; i++) {
        uint32_t end = sheet->row_start[i + 1];
        uint32_t first = pe_graph_column_lower(cells, sheet->row_start[i], end, a->column_first);
        end = pe_graph_column_lower(cells, first, end, a->column_last + 1);
        if (first < end && !visit(context, (pei_span){first, end, false})) return false;
    }
    return true;
}

static bool spans_by_column(const pe_graph *g, uint32_t s, const pe_area *a, pei_span_visit visit,
                            void *context)
{
    uint32_t base = g->workbook->sheets[s].used.column_first;
    for (uint32_t c = a->column_first; c <= a->column_last; c++) {
        uint32_t first = g->column_start[s][c - base], end = g->column_start[s][c - base + 1];
        first = column_lower(g, first, end, a->row_first);
        end = column_lower(g, first, end, a->row_last + 1);
        if (first < end && !visit(context, (pei_span){first, end, true})) return false;
    }
    return true;
}

static bool clip(uint32_t *first, uint32_t *last, uint32_t used_first, uint32_t used_last)
{
    if (*first < used_first) *first = used_first;
    if (*last > used_last) *last = used_last;
    return *first <= *last;
}

static bool sheet_spans(const pe_graph *g, uint32_t s, pe_area a, pei_span_visit visit,
                        void *context)
{
    const pe_sheet *sheet = &g->workbook->sheets[s];
    const pe_area *used = &sheet->used;
    if (sheet->cell_first == sheet->cell_end ||
        !clip(&a.row_first, &a.row_last, used->row_first, used->row_last) ||
        !clip(&a.column_first, &a.column_last, used->column_first, used->column_last))
        return true;
    uint64_t rows = a.row_last - a.row_first + 1, columns = a.column_last - a.column_first + 1;
    if (rows * columns <= 8) return spans_by_cell(g, s, &a, visit, context);
    uint32_t row_begin = pe_graph_row_lower(g, s, a.row_first);
    uint32_t row_end = pe_graph_row_lower(g, s, a.row_last + 1);
    if (row_begin == row_end) return true;
    if (a.column_first == used->column_first && a.column_last == used->column_last) {
        pei_span all = {sheet->row_start[row_begin], sheet->row_start[row_end], false};
        return visit(context, all);
    }
    if (row_end - row_begin <= columns)
        return spans_by_row(g, s, &a, row_begin, row_end, visit, context);
    return spans_by_column(g, s, &a, visit, context);
}

bool pei_graph_spans(const pe_graph *g, const pe_area *area, pei_span_visit visit, void *context)
{
    if (area->row_first == area->row_last && area->column_first == area->column_last &&
        area->sheet_first == area->sheet_last) {
        pe_cell_ref ref = {area->sheet_first, area->row_first, area->column_first};
        uint32_t id = pe_graph_cell(g, ref);
        return id == PE_NO_CELL || visit(context, (pei_span){id, id + 1, false});
    }
    for (uint32_t s = area->sheet_first; s <= area->sheet_last && s < g->workbook->sheet_count; s++)
        if (!sheet_spans(g, s, *area, visit, context)) return false;
    return true;
}
