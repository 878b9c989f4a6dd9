/* program_argument.c: arguments of SUM, MAX, AND and the like that are no areas. Such a function
 * leaves out the texts, booleans and blanks of cells but takes those that are values, and
 * SUM(IF(c,A1,A2)) gets a reference. In a lane the two look alike, so an argument that may be a
 * reference is taken only where its cells hold numbers in every trial. */
#include "program_internal.h"

#define PLAIN_CELLS_MAX 4096u

static bool may_be_reference(const pei_builder *b, const pe_node *node, int depth)
{
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
    case PE_NODE_OMITTED:
    case PE_NODE_ARRAY:
    case PE_NODE_UNKNOWN:
        return false;
    case PE_NODE_FUNCTION:
        return (pe_function_row((pe_function_id)node->function)->flags & PE_FN_REFERENCE) != 0;
    case PE_NODE_UNARY:
        return node->op == PE_OP_PLUS || node->op >= PE_OP_SINGLE;
    case PE_NODE_BINARY:
        return node->op >= PE_OP_RANGE && node->op <= PE_OP_INTERSECT;
    case PE_NODE_NAME: {
        const pe_formula *formula = pe_graph_name(b->graph, node->index);
        return formula == NULL || depth > 16 || may_be_reference(b, formula->root, depth + 1);
    }
    default:
        return true;
    }
}

static bool visit_plain(void *context, uint32_t cell)
{
    pei_operand o;
    if (!pei_cell_operand(context, cell, &o)) return false;
    return o.uniform ? pe_is_number(o.value) : pei_type_of(context, o.node) == PE_TYPE_NUMBER;
}

/* Every cell of an area exists and holds a number (or an error) in every trial. */
static bool plain_area(pei_builder *b, const pe_area *area)
{
    uint64_t count = pe_area_cells(area), found = 0;
    if (count > PLAIN_CELLS_MAX || area->sheet_first != area->sheet_last) return false;
    for (uint32_t r = area->row_first; r <= area->row_last; r++)
        for (uint32_t c = area->column_first; c <= area->column_last; c++)
            found += pei_find_cell(b, area->sheet_first, r, c) != PE_NO_CELL;
    return found == count && pei_each_cell(b, area, visit_plain, b);
}

/* Branches are the arguments first, first + step ...; all of them must be plain. */
static bool plain(pei_builder *b, const pe_node *node);
static bool plain_branches(pei_builder *b, const pe_node *node, uint32_t first, uint32_t step)
{
    for (uint32_t i = first; i < node->arg_count; i += step)
        if (!plain(b, node->args[i])) return false;
    return true;
}

static bool plain(pei_builder *b, const pe_node *node)
{
    pe_area area;
    if (pei_node_is_area(b, node, &area)) return pe_area_cells(&area) == 1 && plain_area(b, &area);
    if (!may_be_reference(b, node, 0))
        return node->kind != PE_NODE_FUNCTION || !pei_may_be_blank(node);
    if (node->kind == PE_NODE_UNARY) return node->op == PE_OP_PLUS && plain(b, node->args[0]);
    if (node->kind != PE_NODE_FUNCTION) return false;
    switch ((pe_function_id)node->function) {
    case PE_FN_IF:
    case PE_FN_CHOOSE:
        return plain_branches(b, node, 1, 1);
    case PE_FN_IFS:
        return plain_branches(b, node, 1, 2);
    case PE_FN_INDEX: /* a whole row or column is refused: it may be an array */
        return pei_node_is_area(b, node->args[0], &area) && plain_area(b, &area);
    default:
        return false;
    }
}

bool pei_may_be_blank(const pe_node *node)
{
    if (node->kind != PE_NODE_FUNCTION) return true;
    switch ((pe_function_id)node->function) {
    case PE_FN_VLOOKUP:
    case PE_FN_HLOOKUP:
    case PE_FN_LOOKUP:
        return true;
    case PE_FN_IFERROR:
    case PE_FN_IFNA:
        return node->args[1]->kind != PE_NODE_VALUE;
    default:
        return (pe_function_row((pe_function_id)node->function)->flags & PE_FN_REFERENCE) != 0;
    }
}

/* In a lane a blank is 0, and AVERAGE would count it: what a lookup finds must be known. */
bool pei_lower_argument(pei_builder *b, const pe_node *node, pei_operand *o)
{
    bool lookup = node->kind == PE_NODE_FUNCTION && pei_may_be_blank(node);
    if (!lookup) return plain(b, node) && pei_lower_or_general(b, node, o);
    if (may_be_reference(b, node, 0) && !plain(b, node)) return false;
    return pei_lower(b, node, o) && !(o->uniform && pe_is(o->value, PE_KIND_BLANK));
}

/* ---- array mode
 * ------------------------------------------------------------------------------------------ */

bool pei_mode_matters(pei_builder *b, const pe_node *node)
{
    pe_area area;
    if (pei_node_is_area(b, node, &area)) return pe_area_cells(&area) > 1;
    if (node->kind == PE_NODE_NAME) return false; /* always in array mode */
    const pe_function *row =
        node->kind == PE_NODE_FUNCTION ? pe_function_row((pe_function_id)node->function) : NULL;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        bool special = row == NULL || (row->flags & PE_FN_SPECIAL) != 0;
        char kind = special ? 'e' : pe_function_kind(row, (int)i);
        if (kind == 'a' || (kind == 'r' && pei_node_is_area(b, node->args[i], &area))) continue;
        if (pei_mode_matters(b, node->args[i])) return true;
    }
    return false;
}
