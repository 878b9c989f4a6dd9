/* program_arrays.c: which subtrees may evaluate to an array or to a reference of several cells. A
 * slot holds one value a lane, so such a subtree is never cut out of its formula: whatever encloses
 * it is computed as a whole. In doubt, yes. */
#include "program_internal.h"

/* One value whatever arrays and areas the arguments of kind r and a hold. */
static const bool gathering[PE_FUNCTION_COUNT] = {[PE_FN_SUM] = true,
                                                  [PE_FN_SUMSQ] = true,
                                                  [PE_FN_PRODUCT] = true,
                                                  [PE_FN_AVERAGE] = true,
                                                  [PE_FN_AVERAGEA] = true,
                                                  [PE_FN_COUNT] = true,
                                                  [PE_FN_COUNTA] = true,
                                                  [PE_FN_COUNTBLANK] = true,
                                                  [PE_FN_MAX] = true,
                                                  [PE_FN_MAXA] = true,
                                                  [PE_FN_MIN] = true,
                                                  [PE_FN_MINA] = true,
                                                  [PE_FN_MEDIAN] = true,
                                                  [PE_FN_STDEV] = true,
                                                  [PE_FN_STDEV_S] = true,
                                                  [PE_FN_STDEVP] = true,
                                                  [PE_FN_STDEV_P] = true,
                                                  [PE_FN_VAR] = true,
                                                  [PE_FN_VAR_S] = true,
                                                  [PE_FN_VARP] = true,
                                                  [PE_FN_VAR_P] = true,
                                                  [PE_FN_SKEW] = true,
                                                  [PE_FN_KURT] = true,
                                                  [PE_FN_GEOMEAN] = true,
                                                  [PE_FN_HARMEAN] = true,
                                                  [PE_FN_DEVSQ] = true,
                                                  [PE_FN_AVEDEV] = true,
                                                  [PE_FN_CONCAT] = true,
                                                  [PE_FN_TEXTJOIN] = true,
                                                  [PE_FN_AND] = true,
                                                  [PE_FN_OR] = true,
                                                  [PE_FN_XOR] = true,
                                                  [PE_FN_SUMPRODUCT] = true,
                                                  [PE_FN_SUMX2MY2] = true,
                                                  [PE_FN_SUMX2PY2] = true,
                                                  [PE_FN_SUMXMY2] = true,
                                                  [PE_FN_NPV] = true,
                                                  [PE_FN_XNPV] = true,
                                                  [PE_FN_IRR] = true,
                                                  [PE_FN_XIRR] = true,
                                                  [PE_FN_MIRR] = true,
                                                  [PE_FN_SUBTOTAL] = true,
                                                  [PE_FN_LARGE] = true,
                                                  [PE_FN_SMALL] = true,
                                                  [PE_FN_RANK] = true,
                                                  [PE_FN_RANK_EQ] = true,
                                                  [PE_FN_RANK_AVG] = true,
                                                  [PE_FN_PERCENTILE] = true,
                                                  [PE_FN_PERCENTILE_INC] = true,
                                                  [PE_FN_PERCENTILE_EXC] = true,
                                                  [PE_FN_QUARTILE] = true,
                                                  [PE_FN_QUARTILE_INC] = true,
                                                  [PE_FN_PERCENTRANK] = true,
                                                  [PE_FN_TRIMMEAN] = true,
                                                  [PE_FN_MODE] = true,
                                                  [PE_FN_MODE_SNGL] = true,
                                                  [PE_FN_CORREL] = true,
                                                  [PE_FN_PEARSON] = true,
                                                  [PE_FN_RSQ] = true,
                                                  [PE_FN_COVAR] = true,
                                                  [PE_FN_COVARIANCE_P] = true,
                                                  [PE_FN_COVARIANCE_S] = true,
                                                  [PE_FN_SLOPE] = true,
                                                  [PE_FN_INTERCEPT] = true,
                                                  [PE_FN_STEYX] = true,
                                                  [PE_FN_FORECAST] = true,
                                                  [PE_FN_FORECAST_LINEAR] = true,
                                                  [PE_FN_MDETERM] = true,
                                                  [PE_FN_ROWS] = true,
                                                  [PE_FN_COLUMNS] = true,
                                                  [PE_FN_SUMIF] = true,
                                                  [PE_FN_AVERAGEIF] = true,
                                                  [PE_FN_COUNTIF] = true,
                                                  [PE_FN_COUNTIFS] = true,
                                                  [PE_FN_SUMIFS] = true,
                                                  [PE_FN_AVERAGEIFS] = true,
                                                  [PE_FN_MAXIFS] = true,
                                                  [PE_FN_MINIFS] = true,
                                                  [PE_FN_MATCH] = true,
                                                  [PE_FN_XMATCH] = true,
                                                  [PE_FN_VLOOKUP] = true,
                                                  [PE_FN_HLOOKUP] = true,
                                                  [PE_FN_LOOKUP] = true,
                                                  [PE_FN_N] = true,
                                                  [PE_FN_T] = true,
                                                  [PE_FN_NETWORKDAYS] = true,
                                                  [PE_FN_WORKDAY] = true,
                                                  [PE_FN_DSUM] = true,
                                                  [PE_FN_DAVERAGE] = true,
                                                  [PE_FN_DCOUNT] = true,
                                                  [PE_FN_DGET] = true,
                                                  [PE_FN_DMAX] = true,
                                                  [PE_FN_DMIN] = true,
                                                  [PE_FN_FVSCHEDULE] = true};

static bool gathers(pe_function_id function)
{
    return function < PE_FUNCTION_COUNT && gathering[function];
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
    case PE_FN_ROW:
    case PE_FN_COLUMN:
        return node->arg_count == 1 && !is_cell(node->args[0]);
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
