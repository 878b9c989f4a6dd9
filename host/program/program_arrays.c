/* program_arrays.c: which subtrees may evaluate to an array or to a reference of several cells. A
 * slot holds one value a lane, so such a subtree is never cut out of its formula: whatever encloses
 * it is computed as a whole. In doubt, yes. */
#include "program_internal.h"

/* One value whatever arrays and areas the arguments of kind r and a hold. */
static bool gathers(pe_function_id function)
{
    switch (function) {
    case PE_FN_SUM:
    case PE_FN_SUMSQ:
    case PE_FN_PRODUCT:
    case PE_FN_AVERAGE:
    case PE_FN_AVERAGEA:
    case PE_FN_COUNT:
    case PE_FN_COUNTA:
    case PE_FN_COUNTBLANK:
    case PE_FN_MAX:
    case PE_FN_MAXA:
    case PE_FN_MIN:
    case PE_FN_MINA:
    case PE_FN_MEDIAN:
    case PE_FN_STDEV:
    case PE_FN_STDEV_S:
    case PE_FN_STDEVP:
    case PE_FN_STDEV_P:
    case PE_FN_VAR:
    case PE_FN_VAR_S:
    case PE_FN_VARP:
    case PE_FN_VAR_P:
    case PE_FN_SKEW:
    case PE_FN_KURT:
    case PE_FN_GEOMEAN:
    case PE_FN_HARMEAN:
    case PE_FN_DEVSQ:
    case PE_FN_AVEDEV:
    case PE_FN_CONCAT:
    case PE_FN_TEXTJOIN:
    case PE_FN_AND:
    case PE_FN_OR:
    case PE_FN_XOR:
    case PE_FN_SUMPRODUCT:
    case PE_FN_SUMX2MY2:
    case PE_FN_SUMX2PY2:
    case PE_FN_SUMXMY2:
    case PE_FN_NPV:
    case PE_FN_XNPV:
    case PE_FN_IRR:
    case PE_FN_XIRR:
    case PE_FN_MIRR:
    case PE_FN_SUBTOTAL:
    case PE_FN_LARGE:
    case PE_FN_SMALL:
    case PE_FN_RANK:
    case PE_FN_RANK_EQ:
    case PE_FN_RANK_AVG:
    case PE_FN_PERCENTILE:
    case PE_FN_PERCENTILE_INC:
    case PE_FN_PERCENTILE_EXC:
    case PE_FN_QUARTILE:
    case PE_FN_QUARTILE_INC:
    case PE_FN_PERCENTRANK:
    case PE_FN_TRIMMEAN:
    case PE_FN_MODE:
    case PE_FN_MODE_SNGL:
    case PE_FN_CORREL:
    case PE_FN_PEARSON:
    case PE_FN_RSQ:
    case PE_FN_COVAR:
    case PE_FN_COVARIANCE_P:
    case PE_FN_COVARIANCE_S:
    case PE_FN_SLOPE:
    case PE_FN_INTERCEPT:
    case PE_FN_STEYX:
    case PE_FN_FORECAST:
    case PE_FN_FORECAST_LINEAR:
    case PE_FN_MDETERM:
    case PE_FN_ROWS:
    case PE_FN_COLUMNS:
    case PE_FN_SUMIF:
    case PE_FN_AVERAGEIF:
    case PE_FN_COUNTIF:
    case PE_FN_COUNTIFS:
    case PE_FN_SUMIFS:
    case PE_FN_AVERAGEIFS:
    case PE_FN_MAXIFS:
    case PE_FN_MINIFS:
    case PE_FN_MATCH:
    case PE_FN_XMATCH:
    case PE_FN_VLOOKUP:
    case PE_FN_HLOOKUP:
    case PE_FN_LOOKUP:
    case PE_FN_N:
    case PE_FN_T:
    case PE_FN_NETWORKDAYS:
    case PE_FN_WORKDAY:
    case PE_FN_DSUM:
    case PE_FN_DAVERAGE:
    case PE_FN_DCOUNT:
    case PE_FN_DGET:
    case PE_FN_DMAX:
    case PE_FN_DMIN:
    case PE_FN_FVSCHEDULE:
        return true;
    default:
        return false;
    }
}

static bool may_be(const pei_builder *b, const pe_node *node, bool array, int depth);

static bool any_argument(const pei_builder *b, const pe_node *node, uint32_t first, bool array,
                         int depth)
{
    for (uint32_t i = first; i < node->arg_count; i++)
        if (may_be(b, node->args[i], array, depth)) return true;
    return false;
}

static bool is_cell(const pe_node *node)
{
    return node->kind == PE_NODE_REFERENCE && !node->ref.is_area &&
           node->ref.sheet_first == node->ref.sheet_last;
}

static bool function_may_be(const pei_builder *b, const pe_node *node, bool array, int depth)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    switch ((pe_function_id)node->function) {
    case PE_FN_IF:
    case PE_FN_IFS:
    case PE_FN_IFERROR:
    case PE_FN_IFNA:
    case PE_FN_SWITCH:
    case PE_FN_CHOOSE:
        return any_argument(b, node, 0, array, depth);
    case PE_FN_LET:
        return may_be(b, node->args[node->arg_count - 1], array, depth);
    case PE_FN_OFFSET: /* one cell, moved */
        return node->arg_count != 3 || !is_cell(node->args[0]) ||
               any_argument(b, node, 1, array, depth);
    default:
        break;
    }
    if (row->flags & PE_FN_RISK) return false; /* its tables are parameters */
    if (row->flags & (PE_FN_REFERENCE | PE_FN_SPECIAL)) return true;
    bool one_value = gathers((pe_function_id)node->function);
    for (uint32_t i = 0; i < node->arg_count; i++) {
        char kind = pe_function_kind(row, (int)i);
        bool whole = kind == 'r' || kind == 'a';
        if (whole && !one_value) return true;
        if (!whole && may_be(b, node->args[i], array, depth)) return true;
    }
    return node->arg_count == 0 && node->function == PE_FN_RANDARRAY;
}

static bool name_may_be(const pei_builder *b, const pe_node *node, int depth)
{
    const pe_formula *formula = pe_graph_name(b->graph, node->index);
    return formula == NULL || depth > 16 || may_be(b, formula->root, true, depth + 1);
}

static bool may_be(const pei_builder *b, const pe_node *node, bool array, int depth)
{
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
    case PE_NODE_OMITTED:
        return false;
    case PE_NODE_REFERENCE:
        return array && !is_cell(node); /* else the home cell intersects it */
    case PE_NODE_TABLE:
        return array;
    case PE_NODE_NAME:
        return name_may_be(b, node, depth);
    case PE_NODE_UNARY:
        return node->op == PE_OP_SPILL ||
               (node->op != PE_OP_SINGLE && any_argument(b, node, 0, array, depth));
    case PE_NODE_BINARY:
        return (node->op >= PE_OP_RANGE && node->op <= PE_OP_INTERSECT) ||
               any_argument(b, node, 0, array, depth);
    case PE_NODE_FUNCTION:
        return function_may_be(b, node, array, depth);
    default:
        return true;
    }
}

bool pei_may_be_array(const pei_builder *b, const pe_node *node)
{
    return may_be(b, node, b->array_mode, 0);
}
