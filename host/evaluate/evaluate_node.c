/* evaluate_node.c: a node of a formula's tree to a value: literals, references, names, variables.
 * Invariant: once a cell was missing (x->unresolved) the value is void and evaluation only has to
 * end soon. */
#include "evaluate_internal.h"

static pe_value tracked(pei_context *x, pe_value v)
{
    if (x->tracking) pei_track(x, v);
    return v;
}

/* Where a REFERENCE or TABLE node stands for the current home cell. */
bool pei_node_place(pei_context *x, const pe_node *node, pe_area *area)
{
    if (node->kind == PE_NODE_TABLE) return pe_graph_table_area(x->graph, node, x->call.home, area);
    if (x->name_depth > 0) return pe_graph_name_area(&node->ref, x->call.home, area);
    return pe_node_area(&node->ref, x->call.home, area);
}

static pe_value place_error(const pe_node *node)
{
    bool this_row = node->kind == PE_NODE_TABLE && (node->table.parts & PE_TABLE_THIS_ROW) != 0;
    return pe_error(this_row ? PE_ERROR_VALUE : PE_ERROR_REF);
}

static bool is_one_cell(const pe_area *a)
{
    return a->row_first == a->row_last && a->column_first == a->column_last &&
           a->sheet_first == a->sheet_last;
}

static pe_value read_top_left(pei_context *x, const pe_area *a)
{
    return pei_read_at(x, (pe_cell_ref){a->sheet_first, a->row_first, a->column_first});
}

/* Implicit intersection: the cell of a row or column that stands beside the home cell. */
static pe_value intersect(pei_context *x, const pe_area *a)
{
    pe_cell_ref home = x->call.home;
    if (is_one_cell(a)) return read_top_left(x, a);
    if (a->sheet_first != a->sheet_last) return pe_error(PE_ERROR_VALUE);
    pe_cell_ref at = {a->sheet_first, a->row_first, a->column_first};
    bool row_in = home.row >= a->row_first && home.row <= a->row_last;
    bool column_in = home.column >= a->column_first && home.column <= a->column_last;
    if (a->column_first == a->column_last && row_in)
        at.row = home.row;
    else if (a->row_first == a->row_last && column_in)
        at.column = home.column;
    else
        return pe_error(PE_ERROR_VALUE);
    return pei_read_at(x, at);
}

static pe_value read_area(pei_context *x, const pe_area *a)
{
    if (is_one_cell(a)) return read_top_left(x, a);
    if (!x->array) return intersect(x, a);
    pe_value reference = pei_make_reference(x, a, 1), error = pe_error(PE_ERROR_NUM);
    if (pe_is_error(reference)) return reference;
    const pe_array *array = pe_to_array(&x->call, reference, &error);
    return array != NULL ? pe_box_pointer(PE_KIND_ARRAY, array) : error;
}

pe_value pei_dereference(pei_context *x, pe_value v)
{
    if (!pe_is(v, PE_KIND_REFERENCE)) return v;
    const pe_reference *r = pe_as_pointer(v);
    if (r->area_count != 1) return pe_error(PE_ERROR_VALUE);
    return read_area(x, &r->areas[0]);
}

pe_value pei_single(pei_context *x, pe_value v)
{
    pe_kind kind = pe_kind_of(v);
    if (kind == PE_KIND_ARRAY) return pe_as_array(v)->cells[0];
    if (kind != PE_KIND_REFERENCE) return v;
    const pe_reference *r = pe_as_pointer(v);
    return r->area_count == 1 ? intersect(x, &r->areas[0]) : pe_error(PE_ERROR_VALUE);
}

/* ---- names
 * -------------------------------------------------------------------------------------------- */

/* A name's formula is evaluated in the using cell's place and, as in Excel, in array mode. */
pe_value pei_name(pei_context *x, const pe_node *node)
{
    const pe_formula *formula = pe_graph_name(x->graph, node->index);
    if (formula == NULL) return pe_error(PE_ERROR_NAME);
    if (x->path_depth >= PEI_PATH_MAX) return pe_error(PE_ERROR_NUM);
    pe_value *frame = x->frame;
    uint32_t frame_count = x->frame_count, name_depth = x->name_depth;
    const pe_node *root = x->root;
    bool array = x->array;
    x->frame = NULL;
    x->frame_count = formula->variable_count;
    if (formula->variable_count > 0) {
        x->frame = pe_arena_push(x->call.arena, formula->variable_count, sizeof(pe_value));
        if (x->frame == NULL) return x->frame = frame, pe_error(PE_ERROR_NUM);
    }
    x->path[x->path_depth++] = node->draw_site;
    x->name_depth = name_depth + 1;
    x->array = true;
    x->root = NULL;
    pe_value v = pei_any(x, formula->root);
    x->path_depth--;
    x->name_depth = name_depth;
    x->array = array;
    x->root = root;
    x->frame = frame;
    x->frame_count = frame_count;
    return v;
}

/* ---- nodes
 * -------------------------------------------------------------------------------------------- */

static pe_value variable(pei_context *x, const pe_node *node)
{
    return node->index < x->frame_count ? x->frame[node->index] : pe_error(PE_ERROR_NAME);
}

static pe_value node_value(pei_context *x, const pe_node *node)
{
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
        return tracked(x, pei_plain(x, node->value));
    case PE_NODE_ARRAY:
        return pei_plain(x, pe_box_pointer(PE_KIND_ARRAY, pe_as_pointer(node->value)));
    case PE_NODE_OMITTED:
        return pe_omitted();
    case PE_NODE_NAME:
        return pei_name(x, node);
    case PE_NODE_VARIABLE:
        return variable(x, node);
    case PE_NODE_FUNCTION:
        return pei_function(x, node);
    case PE_NODE_CALL:
        return pei_call_node(x, node);
    case PE_NODE_UNARY:
        return pei_unary(x, node);
    case PE_NODE_BINARY:
        return pei_binary(x, node);
    case PE_NODE_EXTERNAL:
        return pei_plain(x, pei_external(x, node));
    default:
        return pe_error(PE_ERROR_NAME);
    }
}

pe_value pei_any(pei_context *x, const pe_node *node)
{
    if (node->kind == PE_NODE_REFERENCE || node->kind == PE_NODE_TABLE) {
        pe_area area;
        if (!pei_node_place(x, node, &area)) return place_error(node);
        return pei_make_reference(x, &area, 1);
    }
    if (x->depth >= PEI_DEPTH_MAX) return pe_error(PE_ERROR_NUM);
    x->depth++;
    pe_value v = node_value(x, node);
    x->depth--;
    return v;
}

pe_value pei_operand(pei_context *x, const pe_node *node)
{
    if (node->kind == PE_NODE_VALUE) return tracked(x, pei_plain(x, node->value));
    if (node->kind == PE_NODE_REFERENCE || node->kind == PE_NODE_TABLE) {
        pe_area area;
        if (!pei_node_place(x, node, &area)) return place_error(node);
        return read_area(x, &area);
    }
    return tracked(x, pei_dereference(x, pei_any(x, node)));
}
