/* evaluate_rules.c: what differs under Calc's rules where values are read and made. Truth is a
 * number there: nothing that is evaluated holds a boolean, and only ISLOGICAL asks how a number
 * came about.
 */
#include "evaluate_internal.h"

static pe_value number_of_boolean(pe_value v)
{
    return pe_is(v, PE_KIND_BOOLEAN) ? pe_number(pe_as_boolean(v) ? 1.0 : 0.0) : v;
}

pe_value pei_plain(pei_context *x, pe_value v)
{
    if (x->call.calc == NULL) return v;
    if (!pe_is(v, PE_KIND_ARRAY)) return number_of_boolean(v);
    const pe_array *a = pe_as_array(v);
    size_t count = (size_t)a->rows * a->columns, i = 0;
    while (i < count && !pe_is(a->cells[i], PE_KIND_BOOLEAN)) i++;
    if (i == count) return v;
    pe_array *plain = pe_new_array(&x->call, a->rows, a->columns);
    if (plain == NULL) return pe_error(PE_ERROR_NUM);
    for (i = 0; i < count; i++) plain->cells[i] = number_of_boolean(a->cells[i]);
    return pe_box_pointer(PE_KIND_ARRAY, plain);
}

pe_value pei_stored(const pe_evaluator *e, uint32_t cell)
{
    pe_value v = e->workbook->cells[cell].stored;
    return e->workbook->semantics == PE_SEMANTICS_CALC ? number_of_boolean(v) : v;
}

pe_value pei_shown(const pe_evaluator *e, pe_value v)
{
    const pe_workbook *w = e->workbook;
    bool calc = w->semantics == PE_SEMANTICS_CALC || w->dialect != PE_DIALECT_EXCEL;
    return calc ? number_of_boolean(v) : v;
}

/* Whether a node's number is a truth value: what Calc shows as TRUE and FALSE. */
static bool is_truth(pei_context *x, const pe_node *node, unsigned depth)
{
    pe_area a;
    if (depth > 16) return false;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
        return pe_is(node->value, PE_KIND_BOOLEAN);
    case PE_NODE_BINARY:
        return node->op >= PE_OP_EQ && node->op <= PE_OP_GE;
    case PE_NODE_FUNCTION:
        switch ((pe_function_id)node->function) {
        case PE_FN_AND:
        case PE_FN_OR:
        case PE_FN_XOR:
        case PE_FN_NOT:
        case PE_FN_EXACT:
        case PE_FN_TRUE:
        case PE_FN_FALSE:
            return true;
        default: {
            const char *name = pe_function_row((pe_function_id)node->function)->name;
            return name[0] == 'I' && name[1] == 'S' && strcmp(name, "ISPMT") != 0;
        }
        }
    case PE_NODE_REFERENCE: {
        if (!pei_node_place(x, node, &a)) return false;
        uint32_t cell =
            pe_graph_cell(x->graph, (pe_cell_ref){a.sheet_first, a.row_first, a.column_first});
        if (cell == PE_NO_CELL) return false;
        const pe_formula *formula = pe_graph_formula(x->graph, cell);
        if (formula == NULL) return pe_is(x->workbook->cells[cell].stored, PE_KIND_BOOLEAN);
        return formula->root->kind != PE_NODE_REFERENCE && is_truth(x, formula->root, depth + 1);
    }
    default:
        return false;
    }
}

pe_value pei_is_logical(pei_context *x, const pe_node *node)
{
    pe_value v = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    return pe_number(pe_is_number(v) && is_truth(x, node->args[0], 0) ? 1.0 : 0.0);
}
