/* functions_grid.c: see functions_grid.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_grid.h"

static grid *grid_of(pe_call *call)
{
    return call->evaluator;
}

static pe_value read_cell(pe_call *call, pe_cell_ref ref)
{
    grid *g = grid_of(call);
    uint32_t low = 0, high = g->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const grid_cell *c = &g->cells[middle];
        bool before = c->row < ref.row || (c->row == ref.row && c->column < ref.column);
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    g->reads++;
    bool found =
        low < g->count && g->cells[low].row == ref.row && g->cells[low].column == ref.column;
    return found ? g->cells[low].value : pe_blank();
}

static bool next_cell(pe_call *call, pe_cursor *cursor)
{
    grid *g = grid_of(call);
    while (cursor->state[0] < g->count) {
        const grid_cell *c = &g->cells[cursor->state[0]++];
        cursor->at = (pe_cell_ref){0, c->row, c->column};
        cursor->value = c->value;
        if (!pe_area_has(&cursor->area, cursor->at)) continue;
        g->reads++;
        return true;
    }
    return false;
}

static pe_area used_area(pe_call *call, pe_area area)
{
    grid *g = grid_of(call);
    uint32_t row = area.row_first, column = area.column_first;
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->cells[i].row > row) row = g->cells[i].row;
        if (g->cells[i].column > column) column = g->cells[i].column;
    }
    if (row < area.row_last) area.row_last = row;
    if (column < area.column_last) area.column_last = column;
    return area;
}

void grid_open(grid *g)
{
    memset(g, 0, sizeof *g);
    g->ops = (pe_call_ops){.cell = read_cell, .next = next_cell, .used = used_area};
    g->call.ops = &g->ops;
    g->call.arena = pe_arena_new(1u << 28);
    assert_non_null(g->call.arena);
    g->call.sheet_count = 1;
    g->call.file_name = "";
    g->call.evaluator = g;
}

void grid_close(grid *g)
{
    pe_arena_free(g->call.arena);
}

void grid_put(grid *g, uint32_t row, uint32_t column, pe_value v)
{
    assert_true(g->count < GRID_CELLS_MAX);
    g->cells[g->count++] = (grid_cell){row, column, v};
}

pe_value grid_text(grid *g, const char *text)
{
    return pe_arena_text_value(g->call.arena, text, strlen(text));
}

pe_value grid_area(grid *g, uint32_t row, uint32_t column, uint32_t row_last, uint32_t column_last)
{
    pe_area area = {0, 0, row, row_last, column, column_last};
    return pe_area_value(&g->call, area);
}

pe_value grid_numbers(grid *g, const double *x, uint32_t count, bool column)
{
    pe_array *a = pe_new_array(&g->call, column ? count : 1, column ? 1 : count);
    assert_non_null(a);
    for (uint32_t i = 0; i < count; i++) a->cells[i] = pe_number(x[i]);
    return pe_box_pointer(PE_KIND_ARRAY, a);
}
