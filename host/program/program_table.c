/* program_table.c: data tables as vector code: for each row of substituted inputs the part of the
 * model between the inputs, the draws and the table's formula is lowered again, with draws of its
 * own. Where that is not possible (cycles, arrays, dynamic references), the whole table is one
 * general instruction instead. Invariant: outside pei_lower_table b->replaced is NULL and nothing
 * that depends on replaced inputs is found by sharing. */
#include <stdlib.h>

#include "program_internal.h"

#define VALUES_MAX (1u << 24) /* of all rows of one table: about 1 GiB while building */
#define GENERALS_MAX                                                                               \
    8u /* of one row: with more, one general instruction for the table is as fast */

struct pei_replaced {
    uint32_t master;
    uint64_t table_row;             /* of the draws */
    uint32_t input[2], input_count; /* PE_NO_CELL: empty and read by nothing */
    pe_value value[2];
    pe_table_reach reach;     /* what inputs or draws reach */
    pei_operand *operands;    /* by rank: of varying cells, where done */
    uint32_t *entered, *done; /* by rank: the row's number in which that happened */
    uint32_t row;             /* its number, from 1, over all tables of this reach */
    size_t generals;          /* instructions that the program had when the row began */
    uint32_t *stack;
    size_t stack_count, stack_capacity;
    bool failed;
    pe_lane_source source;
    pe_map *reduce_map; /* of the model itself */
    pei_column **columns;
    size_t column_count, column_capacity;
};

static uint32_t rank_of(const pei_replaced *r, uint32_t cell)
{
    return pe_reach_rank(r->reach.cells, r->reach.rank, cell);
}

bool pei_is_replaced(const pei_replaced *r, uint32_t cell)
{
    return cell == r->input[0] || (r->input_count > 1 && cell == r->input[1]);
}

bool pei_replaced_has(const pei_builder *b, uint32_t cell)
{
    const pei_replaced *r = b->replaced;
    return r != NULL && (pe_bit(r->reach.cells, cell) || pei_is_replaced(r, cell));
}

pe_value pei_replaced_value(const pei_builder *b, uint32_t cell)
{
    pei_replaced *r = b->replaced;
    pe_value value = pe_number(0);
    if (cell == r->input[0]) return r->value[0];
    if (pei_is_replaced(r, cell)) return r->value[1];
    if (!pe_bit(r->reach.cells, cell)) return pe_evaluator_value(b->evaluator, cell);
    if (pe_lane_cell(b->lane, cell, &value) != PE_OK) {
        r->failed = true;
        return pe_number(0);
    }
    if (!pe_is(value, PE_KIND_TEXT)) return value;
    const pe_text *text = pe_as_text(value); /* the lane forgets it */
    value = pe_arena_text_value(b->arena, text->bytes, text->length);
    r->failed = r->failed || !pe_is(value, PE_KIND_TEXT);
    return value;
}

bool pei_replaced_operand(pei_builder *b, uint32_t cell, pei_operand *o)
{
    uint32_t rank = rank_of(b->replaced, cell);
    if (b->replaced->done[rank] != b->replaced->row) return false;
    *o = b->replaced->operands[rank];
    return true;
}

uint64_t pei_replaced_row(const pei_builder *b)
{
    return b->replaced != NULL ? b->replaced->table_row : 0;
}

uint32_t pei_replaced_table(const pei_builder *b)
{
    return b->replaced != NULL ? b->replaced->master : 0;
}

static bool not_reached(void *context, uint32_t cell)
{
    const pei_replaced *r = context;
    return !pe_bit(r->reach.cells, cell) && !pei_is_replaced(r, cell);
}

bool pei_replaced_reaches(const pei_builder *b, const pe_area *area)
{
    return b->replaced != NULL && !pei_each_cell((pei_builder *)b, area, not_reached, b->replaced);
}

/* ---- one cell of the model
 * ----------------------------------------------------------------------------- */

static bool any(void *context, uint32_t cell)
{
    PE_UNUSED(context);
    PE_UNUSED(cell);
    return false;
}

/* References that depend on values: what they read in a replaced model is not known. */
static bool has_dynamic(pei_builder *b, const pe_node *node, uint32_t depth)
{
    if (depth > 16) return true;
    if (node->kind == PE_NODE_FUNCTION &&
        (pe_function_row((pe_function_id)node->function)->flags & PE_FN_DYNAMIC) != 0)
        return true;
    if (node->kind == PE_NODE_NAME) {
        const pe_formula *formula = pe_graph_name(b->graph, node->index);
        if (formula == NULL || has_dynamic(b, formula->root, depth + 1)) return true;
    }
    for (uint32_t i = 0; i < node->arg_count; i++)
        if (has_dynamic(b, node->args[i], depth)) return true;
    return false;
}

/* Only a formula of one cell, outside cycles, whose references are known. */
static bool lower_here(pei_builder *b, uint32_t cell, pei_operand *o)
{
    const pe_formula *formula = pe_graph_formula(b->graph, cell);
    uint32_t index = b->workbook->cells[cell].formula;
    const pe_formula_source *source = index != PE_NO_FORMULA && !pe_graph_overridden(b->graph, cell)
                                          ? &b->workbook->formulas[index]
                                          : NULL;
    if (formula == NULL || pe_graph_master(b->graph, cell) != cell ||
        pe_graph_component(b->graph, cell) != 0 || !pei_dynamic_each(b, cell, any, NULL))
        return false;
    if (source != NULL && source->kind != PE_FORMULA_NORMAL && pe_area_cells(&source->area) > 1)
        return false;
    pe_arena_mark mark = pe_arena_save(b->scratch);
    pei_enter_cell(b, cell);
    b->array_mode = source != NULL && source->kind != PE_FORMULA_NORMAL;
    size_t generals = b->general_count;
    bool lowered = pei_lower_formula(b, formula, o) && !b->replaced->failed &&
                   (b->general_count == generals || !has_dynamic(b, formula->root, 0)) &&
                   b->general_count - b->replaced->generals <= GENERALS_MAX;
    pe_arena_restore(b->scratch, mark);
    return lowered;
}

static bool push_cell(void *context, uint32_t cell)
{
    pei_builder *b = context;
    pei_replaced *r = b->replaced;
    if (!pei_is_varying(b, cell)) return true;
    if (!pe_bit(r->reach.cells, cell)) { /* varies, yet no draw reaches it: not understood */
        r->failed = true;
        return false;
    }
    if (r->entered[rank_of(r, cell)] == r->row) return true;
    if (PE_GROW(&r->stack, &r->stack_capacity, r->stack_count + 1) != PE_OK)
        return pei_fail(b, PE_E_MEMORY, "no memory for a data table");
    r->stack[r->stack_count++] = cell;
    return true;
}
static bool push_area(void *context, const pe_area *area)
{
    return pei_each_cell(context, area, push_cell, context);
}

/* A cell's operand in the replaced model, after those it depends on. */
static bool lower_with_precedents(pei_builder *b, uint32_t cell, pei_operand *o)
{
    pei_replaced *r = b->replaced;
    r->stack_count = 0;
    if (cell == PE_NO_CELL) {
        *o = pei_uniform(pe_blank());
        return true;
    }
    push_cell(b, cell);
    while (r->stack_count > 0 && !r->failed && b->status == PE_OK) {
        uint32_t top = r->stack[r->stack_count - 1], rank = rank_of(r, top);
        if (r->entered[rank] != r->row) {
            r->entered[rank] = r->row;
            pe_graph_precedents(b->graph, top, push_area, b);
        } else {
            r->stack_count--;
            if (r->done[rank] == r->row) continue;
            r->failed = !lower_here(b, top, &r->operands[rank]);
            r->done[rank] = r->row;
        }
    }
    return !r->failed && b->status == PE_OK && pei_cell_operand(b, cell, o) && !r->failed;
}

/* ---- the rows of the table
 * ----------------------------------------------------------------------------- */

static bool heading_value(pei_builder *b, pe_cell_ref ref, pe_value *value)
{
    uint32_t cell = pei_find_cell(b, ref.sheet, ref.row, ref.column);
    if (cell != PE_NO_CELL && pe_bit(b->request->varying, cell)) return false;
    *value = cell != PE_NO_CELL ? pe_evaluator_value(b->evaluator, cell) : pe_blank();
    return true;
}

static void close_row(pei_builder *b, pei_replaced *r)
{
    if (b->replaced == NULL) return;
    b->replaced = NULL;
    pe_lane_restore(b->lane);
    pei_columns_free(b);
    pe_map_free(b->reduce_map);
    b->reduce_map = r->reduce_map;
    b->columns = r->columns;
    b->column_count = r->column_count;
    b->column_capacity = r->column_capacity;
}

static bool open_row(pei_builder *b, pei_replaced *r, const pe_table_cell *cell)
{
    r->input_count = cell->input_count;
    for (uint32_t k = 0; k < cell->input_count; k++) {
        pe_cell_ref ref = cell->input[k];
        r->input[k] = pei_find_cell(b, ref.sheet, ref.row, ref.column);
        if (!heading_value(b, cell->heading[k], &r->value[k])) return false;
    }
    r->table_row = cell->table_row;
    r->row++;
    r->generals = b->general_count;
    pe_map *fresh = pe_map_new();
    if (fresh == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a data table");
    if (pe_lane_replace(b->lane, r->master, cell, r->value, &r->source) != PE_OK) {
        pe_map_free(fresh);
        return pei_fail(b, PE_E_MEMORY, "no memory for a data table");
    }
    r->reduce_map = b->reduce_map;
    r->columns = b->columns;
    r->column_count = b->column_count;
    r->column_capacity = b->column_capacity;
    b->reduce_map = fresh;
    b->columns = NULL;
    b->column_count = b->column_capacity = 0;
    b->replaced = r;
    return true;
}

static bool lower_cell_of(pei_builder *b, pei_replaced *r, uint32_t i, uint32_t j, uint32_t *node)
{
    pe_table_cell cell;
    pei_operand o;
    if (!pe_evaluator_table_cell(b->evaluator, r->master, i, j, &cell)) return false;
    if (b->replaced == NULL || r->table_row != cell.table_row) {
        close_row(b, r);
        if (pe_cancelled(b->control)) return pei_fail(b, PE_E_CANCELLED, "cancelled");
        if (!open_row(b, r, &cell)) return false;
    }
    uint32_t target = pei_find_cell(b, cell.target.sheet, cell.target.row, cell.target.column);
    if (!lower_with_precedents(b, target, &o)) return false;
    *node = o.uniform ? pei_constant_node(b, o.value) : o.node;
    return *node != PEI_NONE;
}

static bool lower_rows(pei_builder *b, pei_replaced *r, const pe_formula_source *source,
                       uint32_t *nodes)
{
    const pe_area *a = &source->area;
    uint32_t rows = a->row_last - a->row_first + 1, columns = a->column_last - a->column_first + 1;
    bool by_column = !source->two_inputs && source->row_input; /* cells of a column share draws */
    uint32_t outer = by_column ? columns : rows, inner = by_column ? rows : columns;
    size_t first = b->node_count;
    bool good = true;
    for (uint32_t m = 0; m < outer && good; m++)
        for (uint32_t n = 0; n < inner && good; n++) {
            uint32_t i = by_column ? n : m, j = by_column ? m : n;
            good = lower_cell_of(b, r, i, j, &nodes[(size_t)i * columns + j]) &&
                   b->node_count - first <= VALUES_MAX;
        }
    close_row(b, r);
    return good;
}

void pei_replaced_free(pei_replaced *r)
{
    if (r == NULL) return;
    free(r->operands);
    free(r->entered);
    free(r->done);
    free(r->stack);
    free(r);
}

/* The room for a table's rows: that of the table before, if it replaces the same cells. */
static pei_replaced *prepare(pei_builder *b, uint32_t master)
{
    pe_table_reach reach;
    if (!pe_evaluator_table_reach(b->evaluator, master, &reach) || reach.empty_read ||
        !pei_make_lane(b))
        return NULL;
    pei_replaced *r = b->room;
    if (r == NULL || r->reach.cells != reach.cells) {
        pei_replaced_free(r);
        b->room = r = calloc(1, sizeof *r);
        if (r == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a data table"), NULL;
        r->reach = reach;
        r->operands = malloc(((size_t)reach.count + 1) * sizeof *r->operands);
        r->entered = calloc((size_t)reach.count + 1, sizeof *r->entered);
        r->done = calloc((size_t)reach.count + 1, sizeof *r->done);
    }
    if (r->operands == NULL || r->entered == NULL || r->done == NULL)
        return pei_fail(b, PE_E_MEMORY, "no memory for a data table"), NULL;
    r->master = master;
    r->failed = false;
    r->source = (pe_lane_source){b->request->varying, NULL, pei_read_none};
    return r;
}

bool pei_lower_table(pei_builder *b, uint32_t master)
{
    const pe_formula_source *source = &b->workbook->formulas[b->workbook->cells[master].formula];
    const pe_area *a = &source->area;
    uint32_t columns = a->column_last - a->column_first + 1;
    uint64_t count = pe_area_cells(a);
    size_t draws = b->draw_count, inverses = b->inverse_count, generals = b->general_count,
           reads = b->read_count;
    if (b->replaced != NULL) return false; /* a table in a table's model */
    uint32_t *nodes = malloc((size_t)count * sizeof *nodes);
    pei_replaced *r = nodes != NULL ? prepare(b, master) : NULL;
    bool good = r != NULL && lower_rows(b, r, source, nodes);
    for (uint64_t k = 0; good && k < count; k++) {
        uint32_t cell = pei_find_cell(b, a->sheet_first, a->row_first + (uint32_t)(k / columns),
                                      a->column_first + (uint32_t)(k % columns));
        if (cell != PE_NO_CELL) b->cell_node[cell] = nodes[k];
    }
    if (!good) { /* what was made is used by nothing */
        b->draw_count = draws;
        b->inverse_count = inverses;
        b->general_count = generals;
        b->read_count = reads;
    }
    free(nodes);
    return good;
}
