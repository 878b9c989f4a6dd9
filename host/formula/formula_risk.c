/* formula_risk.c: takes a risk distribution call apart into parameters and properties. Property
 * functions are recognised in the tree, never by value. */
#include "formula_internal.h"

static bool is_property(const pe_node *node)
{
    return node->kind == PE_NODE_FUNCTION &&
           (pe_function_row((pe_function_id)node->function)->flags & PE_FN_RISK_PROPERTY);
}

static const pe_node *argument(const pe_node *node, uint32_t index)
{
    return index < node->arg_count ? node->args[index] : NULL;
}

static void read_property(const pe_node *node, pe_risk_call *call)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    bool known = !(row->flags & PE_FN_UNSUPPORTED);
    if (known && strcmp(row->aux, "NAME") == 0) {
        call->name = argument(node, 0);
    } else if (known && strcmp(row->aux, "TRUNCATE") == 0 && node->arg_count <= 2) {
        call->truncate_low = argument(node, 0);
        call->truncate_high = argument(node, 1);
    } else if (known && strcmp(row->aux, "SHIFT") == 0) {
        call->shift = argument(node, 0);
    } else if (known && strcmp(row->aux, "STATIC") == 0) {
        call->static_value = argument(node, 0);
    } else if (call->unsupported == NULL) {
        call->unsupported =
            node; /* also PsiTruncate's third argument, which changes what the limits mean */
    }
}

bool pe_formula_risk_call(const pe_node *node, pe_risk_call *call)
{
    if (node->kind != PE_NODE_FUNCTION) return false;
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    if (!(row->flags & PE_FN_RISK)) return false;
    uint32_t count = 0;
    while (count < node->arg_count && !is_property(node->args[count])) count++;
    pe_risk_call result = {
        .distribution = row->aux, .parameters = node->args, .parameter_count = count};
    for (uint32_t i = count; i < node->arg_count; i++)
        if (is_property(node->args[i])) read_property(node->args[i], &result);
    while (result.parameter_count > 0 &&
           node->args[result.parameter_count - 1]->kind == PE_NODE_OMITTED)
        result.parameter_count--; /* Vose: the argument U stands, empty, between parameters and
                                     properties, or last */
    *call = result;
    return true;
}
