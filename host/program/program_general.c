/* program_general.c: general instructions: a subtree, an array block, a data table or a cycle that
 * the general evaluator computes lane by lane from the varying cells that it may read. */
#include <stdlib.h>

#include "program_internal.h"

typedef struct gathering {
    pei_builder *b;
    uint32_t *cells;
    size_t count, capacity;
    uint64_t *seen;     /* data tables: cells whose own precedents were visited */
    uint32_t component; /* its own cells are not read */
    bool failed;
} gathering;

static bool gather_cell(void *context, uint32_t cell)
{
    gathering *g = context;
    if (!pei_is_varying(g->b, cell) && !pei_replaced_has(g->b, cell)) return true;
    if (g->component != 0 && pe_graph_component(g->b->graph, cell) == g->component) return true;
    if (g->seen != NULL) {
        if (pe_bit(g->seen, cell)) return true;
        pe_bit_set(g->seen, cell);
    }
    if (PE_GROW(&g->cells, &g->capacity, g->count + 1) != PE_OK) {
        g->failed = true;
        return false;
    }
    g->cells[g->count++] = cell;
    return true;
}
static bool gather_area(void *context, const pe_area *area)
{
    gathering *g = context;
    return pei_each_cell(g->b, area, gather_cell, g);
}

static void gather_precedents(gathering *g, uint32_t cell)
{
    pe_graph_precedents(g->b->graph, cell, gather_area, g);
    pei_dynamic_each(g->b, cell, gather_cell, g);
}

static int compare_cells(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static uint32_t read_node(pei_builder *b, uint32_t cell)
{
    pei_operand o;
    if (b->replaced == NULL) return b->cell_node[cell];
    if (!pei_cell_operand(b, cell, &o)) return PEI_NONE;
    return o.uniform ? pei_constant_node(b, o.value) : o.node;
}

/* Appends the reads of a unit: the gathered cells, ascending, each once. A cell that has no node
 * yet (it depends on the unit in some lanes only, or is found dynamically) is left out: a lane that
 * needs it says so. */
static bool add_reads(pei_builder *b, gathering *g, pe_general *general)
{
    if (g->failed) return pei_fail(b, PE_E_MEMORY, "no memory for a general instruction");
    if (g->count > 0) qsort(g->cells, g->count, sizeof *g->cells, compare_cells);
    general->read_first = (uint32_t)b->read_count;
    for (size_t i = 0; i < g->count; i++) {
        uint32_t cell = g->cells[i], node = PEI_NONE;
        if (i == 0 || cell != g->cells[i - 1]) node = read_node(b, cell);
        if (node == PEI_NONE) continue;
        if (PE_GROW(&b->reads, &b->read_capacity, b->read_count + 1) != PE_OK)
            return pei_fail(b, PE_E_MEMORY, "no memory for a general instruction");
        const pei_node *n = &b->nodes[node];
        b->reads[b->read_count++] = (pe_unit_read){cell, node, n->type, n->domain};
    }
    general->read_count = (uint32_t)b->read_count - general->read_first;
    return true;
}

/* The GENERAL node of a unit; PEI_NONE after a failure. */
static uint32_t make_general(pei_builder *b, gathering *g, const pe_unit *unit)
{
    pe_general general = {.unit = *unit};
    bool ok = add_reads(b, g, &general);
    free(g->cells);
    free(g->seen);
    if (!ok) return PEI_NONE;
    if (PE_GROW(&b->generals, &b->general_capacity, b->general_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for a general instruction");
        return PEI_NONE;
    }
    b->generals[b->general_count] = general;
    pei_node n = {.op = PE_I_GENERAL,
                  .type = PE_TYPE_ANY,
                  .a = PEI_NONE,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = (uint32_t)b->general_count++};
    return pei_make_unique(b, &n);
}
static uint32_t make_output(pei_builder *b, uint32_t general, uint32_t index)
{
    pei_node n = {.op = PEI_OUTPUT,
                  .type = PE_TYPE_ANY,
                  .a = general,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = index};
    return pei_make_unique(b, &n);
}

/* What no evaluator can compute, by name; NULL: it can. */
static const char *unsupported_in(const pe_node *node)
{
    if (node->kind == PE_NODE_UNKNOWN) return node->unknown.text;
    if (node->kind == PE_NODE_FUNCTION) {
        const pe_function *row = pe_function_row((pe_function_id)node->function);
        if (row->flags & PE_FN_UNSUPPORTED) return row->name;
        if (node->function == PE_FN_STYLE) return NULL; /* its arguments are never read */
    }
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const char *found = unsupported_in(node->args[i]);
        if (found != NULL) return found;
    }
    return NULL;
}

bool pei_general_node(pei_builder *b, const pe_node *node, pei_operand *o)
{
    const char *function = unsupported_in(node);
    if (function != NULL)
        return pei_fail(
            b, PE_E_UNSUPPORTED,
            "%s is not supported where its value varies; freeze the cell to use its stored value",
            function);
    gathering g = {.b = b};
    gather_precedents(&g, b->cell);
    pe_unit unit = {.kind = PE_UNIT_NODE,
                    .cell = b->cell,
                    .node = node,
                    .output_count = 1,
                    .table_row = pei_replaced_row(b)};
    uint32_t general = make_general(b, &g, &unit);
    if (general == PEI_NONE) return false;
    *o = pei_varying(make_output(b, general, 0));
    return o->node != PEI_NONE;
}

static uint32_t block_cell(const pei_builder *b, const pe_area *area, uint64_t index)
{
    uint32_t columns = area->column_last - area->column_first + 1;
    return pei_find_cell(b, area->sheet_first, area->row_first + (uint32_t)(index / columns),
                         area->column_first + (uint32_t)(index % columns));
}

/* The whole array, spill or data-table block whose first cell is `cell`. */
bool pei_general_block(pei_builder *b, uint32_t cell)
{
    uint32_t formula = b->workbook->cells[cell].formula;
    if (formula == PE_NO_FORMULA) return false;
    const pe_formula_source *source = &b->workbook->formulas[formula];
    pe_area area = source->area;
    bool table = source->kind == PE_FORMULA_TABLE;
    if (source->kind == PE_FORMULA_NORMAL) {
        pe_cell_ref home = pe_workbook_ref(b->workbook, cell);
        area = pe_area_of_cell(home);
    }
    gathering g = {.b = b};
    if (table) {
        g.seen = calloc((b->workbook->cell_count + 63) / 64, sizeof *g.seen);
        if (g.seen == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a data table");
    }
    gather_precedents(&g, cell);
    for (size_t i = 0; table && i < g.count && !g.failed;
         i++) /* the whole model behind the table */
        gather_precedents(&g, g.cells[i]);
    uint64_t count = pe_area_cells(&area);
    pe_unit unit = {.kind = table ? PE_UNIT_TABLE : PE_UNIT_ARRAY,
                    .cell = cell,
                    .output_count = (uint32_t)count};
    uint32_t general = make_general(b, &g, &unit);
    if (general == PEI_NONE) return false;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t output = make_output(b, general, (uint32_t)i), at = block_cell(b, &area, i);
        if (output == PEI_NONE) return false;
        if (at != PE_NO_CELL) b->cell_node[at] = output;
    }
    return true;
}

/* All cells of a cycle, in sheet, row, column order. */
bool pei_general_component(pei_builder *b, uint32_t component)
{
    uint32_t order_count, count = 0;
    const uint32_t *order = pe_graph_order(b->graph, &order_count);
    gathering g = {.b = b, .component = component};
    uint32_t *cells = NULL;
    size_t capacity = 0;
    for (uint32_t i = 0; i < order_count; i++) {
        if (pe_graph_component(b->graph, order[i]) != component) continue;
        if (PE_GROW(&cells, &capacity, count + 1) != PE_OK) {
            free(cells);
            free(g.cells);
            return pei_fail(b, PE_E_MEMORY, "no memory for a cycle");
        }
        cells[count++] = order[i];
        gather_precedents(&g, order[i]);
    }
    if (count > 1) qsort(cells, count, sizeof *cells, compare_cells);
    pe_unit unit = {
        .kind = PE_UNIT_COMPONENT, .cell = cells[0], .component = component, .output_count = count};
    uint32_t general = make_general(b, &g, &unit);
    for (uint32_t i = 0; general != PEI_NONE && i < count; i++)
        b->cell_node[cells[i]] = make_output(b, general, i);
    free(cells);
    return general != PEI_NONE && b->status == PE_OK;
}
