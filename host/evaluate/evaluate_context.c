/* evaluate_context.c: how an evaluation reads cells, and what worksheet functions may ask
 * (pe_call_ops). Invariant: a cell that has no value yet is noted as missing and reads as
 * unresolved; the formula that read it is evaluated again. */
#include "evaluate_internal.h"

#include <stdlib.h>

pe_status pei_stack_push(pei_stack *stack, uint32_t item)
{
    pe_status status = PE_GROW(&stack->items, &stack->capacity, stack->count + 1);
    if (status == PE_OK) stack->items[stack->count++] = item;
    return status;
}

static pe_value miss(pei_context *x, uint32_t cell)
{
    uint32_t master = pe_graph_master(x->graph, cell);
    x->unresolved = true;
    if (x->missing.count < PEI_MISSING_MAX &&
        (x->missing.count == 0 || x->missing.items[x->missing.count - 1] != master) &&
        pei_stack_push(&x->missing, master) != PE_OK)
        x->status = PE_E_MEMORY;
    return pe_unresolved();
}

static pe_value read_lane(pei_context *x, uint32_t cell)
{
    pe_value v;
    if (!pe_bit(x->source->varying, cell)) {
        bool found = x->source_first && x->source->read(x->source->context, cell, &v);
        return found ? v : x->evaluator->values[cell];
    }
    if (x->source->read(x->source->context, cell, &v)) return v;
    if (x->not_found == PE_NO_CELL) x->not_found = cell;
    x->unresolved = true;
    return pe_unresolved();
}

static void note_edge(pei_context *x, uint32_t cell)
{
    pe_evaluator *e = x->writer;
    if (e->workbook->cells[cell].formula == PE_NO_FORMULA &&
        pe_graph_master(x->graph, cell) == cell && !pe_graph_overridden(x->graph, cell))
        return;
    if (PE_GROW(&e->edges, &e->edge_capacity, e->edge_count + 1) != PE_OK)
        x->status = PE_E_MEMORY;
    else
        e->edges[e->edge_count++] = (pe_edge){x->cell, cell};
}

pe_value pei_read_slow(pei_context *x, uint32_t cell)
{
    if (x->noting) note_edge(x, cell);
    if (x->stored_mode) {
        pe_value v = pei_stored(x->evaluator, cell);
        if (x->tracking) pei_track(x, v);
        return v;
    }
    for (pei_layer *l = x->layer; l != NULL; l = l->below) {
        for (uint32_t i = 0; i < l->substitute_count; i++)
            if (l->substitute_cell[i] == cell) return l->substitute_value[i];
        uint32_t slot = pei_layer_slot(l, cell);
        if (slot == PEI_NONE) continue;
        return l->state[slot] == PEI_DONE ? l->values[slot] : miss(x, cell);
    }
    if (x->source != NULL) return read_lane(x, cell);
    const pe_evaluator *e = x->evaluator;
    if (e->state[cell] != PEI_DONE) return miss(x, cell);
    if (x->tracking) pei_track(x, e->values[cell]);
    return e->values[cell];
}

pe_value pei_read_empty(pei_context *x, pe_cell_ref ref)
{
    for (pei_layer *l = x->layer; l != NULL; l = l->below)
        for (uint32_t i = 0; i < l->substitute_count; i++)
            if (l->substitute_cell[i] == PE_NO_CELL && l->substitute[i].row == ref.row &&
                l->substitute[i].column == ref.column && l->substitute[i].sheet == ref.sheet)
                return l->substitute_value[i];
    return pe_blank();
}

pe_value pei_make_reference(pei_context *x, const pe_area *areas, uint32_t count)
{
    pe_reference *r =
        pe_arena_push_raw(x->call.arena, 1, sizeof *r + (size_t)count * sizeof *areas);
    if (r == NULL) return pe_error(PE_ERROR_NUM);
    r->area_count = count;
    memcpy(r->areas, areas, count * sizeof *areas);
    return pe_box_pointer(PE_KIND_REFERENCE, r);
}

/* ---- what functions ask
 * ------------------------------------------------------------------------------- */

static pe_value op_cell(pe_call *call, pe_cell_ref ref)
{
    return pei_read_at(pei_context_of(call), ref);
}

enum {
    NOW = 0,
    END = 1,
    ROW = 2,
    SHEET = 3
}; /* a cursor's state: next cell, end of its row, next row, sheet + 1 */

#define DOWN_COLUMN UINT64_MAX /* in ROW: the area is one column; see next_in_column */

/* Moves the cursor to the next row that has cells in the area. */
static bool next_row(const pei_context *x, pe_cursor *c)
{
    const pe_workbook *w = x->workbook;
    const pe_area *a = &c->area;
    while (c->state[SHEET] != 0 && c->state[SHEET] - 1 <= a->sheet_last &&
           c->state[SHEET] - 1 < w->sheet_count) {
        const pe_sheet *sheet = &w->sheets[c->state[SHEET] - 1];
        uint32_t i = (uint32_t)c->state[ROW];
        if (i < sheet->row_count && sheet->rows_used[i] <= a->row_last) {
            uint32_t end = sheet->row_start[i + 1];
            c->state[ROW] = i + 1;
            c->state[NOW] =
                pe_graph_column_lower(w->cells, sheet->row_start[i], end, a->column_first);
            c->state[END] = a->column_last >= sheet->used.column_last
                                ? end
                                : pe_graph_column_lower(w->cells, (uint32_t)c->state[NOW], end,
                                                        a->column_last + 1);
            if (c->state[NOW] < c->state[END]) return true;
            continue;
        }
        c->state[SHEET]++;
        if (c->state[SHEET] - 1 < w->sheet_count)
            c->state[ROW] =
                pe_graph_row_lower(x->graph, (uint32_t)c->state[SHEET] - 1, a->row_first);
    }
    return false;
}

/* The first of the substituted empty cells in the area: a data table's input may be a cell that
 * does not exist. */
static bool first_empty(pei_context *x, pe_cursor *c)
{
    for (pei_layer *l = x->layer; l != NULL; l = l->below)
        for (uint32_t i = 0; i < l->substitute_count; i++) {
            if (l->substitute_cell[i] != PE_NO_CELL || !pe_area_has(&c->area, l->substitute[i]))
                continue;
            c->at = l->substitute[i];
            c->value = l->substitute_value[i];
            return !pe_is(c->value, PE_KIND_BLANK);
        }
    return false;
}

/* Down one column: NOW and END hold the addresses of the next id and of the end of the ids. */
static bool next_in_column(pei_context *x, pe_cursor *c)
{
    const uint32_t *at = (const uint32_t *)(uintptr_t)c->state[NOW];
    const uint32_t *end = (const uint32_t *)(uintptr_t)c->state[END];
    bool found = false;
    while (at < end && !found) {
        uint32_t cell = *at++;
        c->value = pei_read(x, cell);
        pe_kind kind = pe_kind_of(c->value);
        if (kind == PE_KIND_BLANK) continue;
        if (kind == PE_KIND_UNRESOLVED) {
            if (x->missing.count >= PEI_MISSING_MAX) at = end;
            continue;
        }
        c->at.row = x->workbook->cells[cell].row;
        found = true;
    }
    c->state[NOW] = (uint64_t)(uintptr_t)at;
    return found;
}

static void start_column(pei_context *x, pe_cursor *c)
{
    const pe_area *a = &c->area;
    uint32_t count;
    const uint32_t *ids = pe_graph_column(x->graph, a->sheet_first, a->column_first, a->row_first,
                                          a->row_last, &count);
    c->state[ROW] = DOWN_COLUMN;
    c->state[NOW] = (uint64_t)(uintptr_t)ids;
    c->state[END] = (uint64_t)(uintptr_t)(ids + count);
    c->at.sheet = a->sheet_first;
    c->at.column = a->column_first;
}

static bool op_next(pe_call *call, pe_cursor *c)
{
    pei_context *x = pei_context_of(call);
    if (c->state[ROW] == DOWN_COLUMN) return next_in_column(x, c);
    if (c->state[SHEET] == 0) {
        if (c->area.sheet_first >= x->workbook->sheet_count) return false;
        c->state[SHEET] = c->area.sheet_first + 1;
        c->state[ROW] = pe_graph_row_lower(x->graph, c->area.sheet_first, c->area.row_first);
        bool column = c->area.column_first == c->area.column_last &&
                      c->area.sheet_first == c->area.sheet_last &&
                      c->area.row_last > c->area.row_first;
        if (column) start_column(x, c);
        if (x->layer != NULL && first_empty(x, c)) return true;
        if (column) return next_in_column(x, c);
    }
    for (;;) {
        while (c->state[NOW] < c->state[END]) {
            uint32_t cell = (uint32_t)c->state[NOW]++;
            c->value = pei_read(x, cell);
            pe_kind kind = pe_kind_of(c->value);
            if (kind == PE_KIND_BLANK || kind == PE_KIND_UNRESOLVED) continue;
            c->at.sheet = (uint32_t)c->state[SHEET] - 1;
            c->at.row = x->workbook->cells[cell].row;
            c->at.column = x->workbook->cells[cell].column;
            return true;
        }
        if (x->missing.count >= PEI_MISSING_MAX || !next_row(x, c)) return false;
    }
}

static pe_area op_used(pe_call *call, pe_area area)
{
    const pe_workbook *w = pei_context_of(call)->workbook;
    pe_area a = area;
    uint32_t row_last = 0, column_last = 0, row_first = PE_ROWS_MAX, column_first = PE_COLUMNS_MAX;
    for (uint32_t s = a.sheet_first; s <= a.sheet_last && s < w->sheet_count; s++) {
        const pe_area *used = &w->sheets[s].used;
        if (used->row_last > row_last) row_last = used->row_last;
        if (used->column_last > column_last) column_last = used->column_last;
        if (used->row_first < row_first) row_first = used->row_first;
        if (used->column_first < column_first) column_first = used->column_first;
    }
    if (a.row_last > row_last) a.row_last = row_last;
    if (a.column_last > column_last) a.column_last = column_last;
    if (a.row_first < row_first) a.row_first = row_first;
    if (a.column_first < column_first) a.column_first = column_first;
    if (a.row_first > a.row_last) a.row_first = a.row_last = area.row_first;
    if (a.column_first > a.column_last) a.column_first = a.column_last = area.column_first;
    return a;
}

static pe_value op_apply(pe_call *call, pe_value lambda, const pe_value *args, int n)
{
    return pei_lambda_apply(pei_context_of(call), lambda, args, (uint32_t)n);
}

static const char *op_sheet_name(pe_call *call, uint32_t sheet)
{
    const pe_workbook *w = pei_context_of(call)->workbook;
    return sheet < w->sheet_count ? w->sheets[sheet].name : NULL;
}

/* INDIRECT: a reference, or a name that means one. */
static pe_value op_parse_reference(pe_call *call, const char *text, size_t length, bool a1)
{
    pei_context *x = pei_context_of(call);
    const pe_node *node = NULL;
    pe_status status = pe_formula_parse_reference(call->arena, pe_graph_scope(x->graph), text,
                                                  length, a1, call->home, &node, NULL);
    if (status != PE_OK || node == NULL) return pe_error(PE_ERROR_REF);
    pe_value v = pei_any(x, node);
    if (pe_is(v, PE_KIND_REFERENCE) || pe_is_error(v)) return v;
    return pe_error(PE_ERROR_REF);
}

static pe_value op_formula_text(pe_call *call, pe_cell_ref ref)
{
    pei_context *x = pei_context_of(call);
    uint32_t cell = pe_graph_cell(x->graph, ref);
    if (cell == PE_NO_CELL) return pe_blank();
    const pe_formula *formula = pe_graph_formula(x->graph, pe_graph_master(x->graph, cell));
    if (formula == NULL || pe_graph_overridden(x->graph, cell)) return pe_blank();
    char small[512], *text = small;
    const pe_printer *printer = pe_graph_printer(x->graph);
    size_t n = pe_formula_print(formula->root, ref, printer, small + 1, sizeof small - 1);
    if (n + 2 > sizeof small) {
        text = pe_arena_push_raw(call->arena, n + 2, 1);
        if (text == NULL) return pe_error(PE_ERROR_NUM);
        pe_formula_print(formula->root, ref, printer, text + 1, n + 1);
    }
    text[0] = '=';
    return pe_make_text(call, text, n + 1);
}

static const char *op_number_format(pe_call *call, pe_cell_ref ref)
{
    const pe_workbook *w = pei_context_of(call)->workbook;
    uint32_t cell = pe_graph_cell(pei_context_of(call)->graph, ref);
    if (cell == PE_NO_CELL || w->cells[cell].format >= w->format_count) return "General";
    return w->formats[w->cells[cell].format];
}

static bool op_row_hidden(pe_call *call, uint32_t sheet, uint32_t row, bool *by_filter)
{
    return pe_workbook_row_hidden(pei_context_of(call)->workbook, sheet, row, by_filter);
}

static bool op_is_subtotal(pe_call *call, pe_cell_ref ref)
{
    pei_context *x = pei_context_of(call);
    uint32_t cell = pe_graph_cell(x->graph, ref);
    if (cell == PE_NO_CELL) return false;
    return (pe_graph_flags(x->graph, cell) & PE_FORMULA_IS_SUBTOTAL) != 0;
}

static bool op_find(pe_call *call, const pe_area *column, pe_value key, uint32_t *index)
{
    return pei_index_find(pei_context_of(call), column, key, index);
}

static const pe_call_ops ops = {
    .cell = op_cell,
    .next = op_next,
    .used = op_used,
    .apply = op_apply,
    .sheet_name = op_sheet_name,
    .parse_reference = op_parse_reference,
    .formula_text = op_formula_text,
    .number_format = op_number_format,
    .row_hidden = op_row_hidden,
    .is_subtotal = op_is_subtotal,
    .find = op_find,
};

pe_status pei_context_init(pei_context *x, const pe_evaluator *e, pe_evaluator *writer)
{
    memset(x, 0, sizeof *x);
    x->call.ops = &ops;
    x->call.arena = pe_arena_new(PEI_SCRATCH_MAX);
    if (x->call.arena == NULL) return PE_E_MEMORY;
    x->call.sheet_count = e->workbook->sheet_count;
    x->call.date1904 = e->workbook->date1904;
    x->call.calc = e->workbook->semantics == PE_SEMANTICS_CALC ? &e->workbook->calc : NULL;
    x->call.now = e->options.now;
    x->call.file_name = e->workbook->path;
    x->call.evaluator = x;
    x->writer = writer;
    x->evaluator = e;
    x->graph = e->graph;
    x->workbook = e->workbook;
    x->not_found = PE_NO_CELL;
    return PE_OK;
}

void pei_context_end(pei_context *x)
{
    pe_arena_free(x->call.arena);
    free(x->missing.items);
    free(x->work.items);
}
