/* formula_fit.c: Calc leaves out arguments that Excel must have, and gives some that Excel's
 * function of the same name does not take. The tree is that of the Excel function: what is left out
 * is written, and a longer call becomes the function that takes it. */
#include "formula_internal.h"

typedef enum filler { OMITTED, ZERO, ONE, TRUTH } filler;

static const struct {
    uint16_t id;
    uint8_t count; /* arguments given */
    uint8_t filler;
} fillers[] = {
    {PE_FN_ROUND, 1, OMITTED},    {PE_FN_ROUNDUP, 1, OMITTED}, {PE_FN_ROUNDDOWN, 1, OMITTED},
    {PE_FN_INDEX, 1, OMITTED},    {PE_FN_IF, 1, TRUTH},        {PE_FN_NORMDIST, 3, TRUTH},
    {PE_FN_POISSON, 2, TRUTH},    {PE_FN_F_DIST, 3, TRUTH},    {PE_FN_GAMMADIST, 3, TRUTH},
    {PE_FN_LOGNORMDIST, 1, ZERO}, {PE_FN_LOGNORMDIST, 2, ONE}, {PE_FN_LOGINV, 1, ZERO},
    {PE_FN_LOGINV, 2, ONE},
};

static pe_status fill(pei_parser *p, uint32_t offset, filler f)
{
    pei_expression e = {.height = 1};
    pe_status status =
        pei_new_node(p, f == OMITTED ? PE_NODE_OMITTED : PE_NODE_VALUE, offset, &e.node);
    if (status != PE_OK) return status;
    if (f == TRUTH) e.node->value = pe_boolean(true);
    if (f == ZERO || f == ONE) e.node->value = pe_number(f == ONE ? 1 : 0);
    return pei_push_argument(p, e);
}

/* BETADIST's flag stands last, BETA.DIST's after the two shapes. */
static void move_flag(pei_parser *p, size_t first)
{
    pei_expression flag = p->stack[first + 5];
    p->stack[first + 5] = p->stack[first + 4];
    p->stack[first + 4] = p->stack[first + 3];
    p->stack[first + 3] = flag;
}

pe_status pei_fit_arguments(pei_parser *p, uint32_t offset, size_t first, pe_function_id *id)
{
    if (p->dialect == PE_DIALECT_EXCEL) return PE_OK;
    for (size_t i = 0; i < PE_COUNT(fillers); i++) {
        if (fillers[i].id != *id || p->stack_count - first != fillers[i].count) continue;
        pe_status status = fill(p, offset, (filler)fillers[i].filler);
        if (status != PE_OK) return status;
    }
    size_t count = p->stack_count - first;
    if (*id == PE_FN_LOGNORMDIST && count == 4) *id = PE_FN_LOGNORM_DIST;
    if (*id == PE_FN_HYPGEOMDIST && count == 5) *id = PE_FN_HYPGEOM_DIST;
    if (*id == PE_FN_BETADIST && count == 6) {
        move_flag(p, first);
        *id = PE_FN_BETA_DIST;
    }
    return PE_OK;
}
