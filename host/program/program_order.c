/* program_order.c: order statistics. A list of numbers is sorted once for all that ask for a place
 * in it: LARGE(r,1) and LARGE(r,2) are outputs of one instruction, PERCENTILE(r,0.9) lies between
 * two of them. Invariant: a list sorted is all numbers, or in a lane one error throughout. */
#include <stdlib.h>

#include "functions_arithmetic.h"
#include "functions_sorted.h"
#include "program_internal.h"

#define SORT_MAX 16384u /* entries: a slot each */

/* A list in ascending order: the outputs of a SORT, or constants where nothing varies. */
typedef struct ascending {
    pei_listing *l;
    uint32_t sort; /* PEI_NONE: l's own entries */
} ascending;

static double constant_of(const pei_builder *b, pei_ref ref)
{
    return b->constants[ref & ~PE_LIST_CONSTANT];
}

static int compare_numbers(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static bool sort_constants(pei_builder *b, pei_listing *l)
{
    double *x = pe_arena_push_raw(b->scratch, l->count, sizeof *x);
    if (x == NULL) return pei_fail(b, PE_E_MEMORY, "no memory to sort a list");
    for (size_t i = 0; i < l->count; i++) x[i] = constant_of(b, l->refs[i]);
    qsort(x, l->count, sizeof *x, compare_numbers);
    for (size_t i = 0; i < l->count; i++) l->refs[i] = pei_constant_ref(b, x[i]);
    return b->status == PE_OK;
}

static bool sort_list(pei_builder *b, pei_listing *l, ascending *s)
{
    bool varies = false;
    if (l->count == 0 || l->count > SORT_MAX) return false;
    *s = (ascending){l, PEI_NONE};
    for (size_t i = 0; i < l->count; i++) varies |= (l->refs[i] & PE_LIST_CONSTANT) == 0;
    if (!varies) return sort_constants(b, l);
    s->sort = pei_make_list(b, PE_I_SORT, PE_TYPE_NUMBER, PEI_NONE, l->refs, (uint32_t)l->count, 0);
    return s->sort != PEI_NONE;
}

static pei_ref entry_of(pei_builder *b, const ascending *s, size_t index)
{
    if (s->sort == PEI_NONE) return s->l->refs[index];
    return pei_make(b, PEI_OUTPUT, PE_TYPE_NUMBER, s->sort, PEI_NONE, PEI_NONE, (uint32_t)index);
}

/* All entries from first on, in l's own place. */
static bool take_entries(pei_builder *b, ascending *s, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s->l->refs[i] = entry_of(b, s, first + i);
        if (s->l->refs[i] == PEI_NONE) return false;
    }
    return true;
}

/* The statistic at a known place. */
static bool lower_place(pei_builder *b, const ascending *s, const pei_place *place, pei_operand *o)
{
    pei_ref x = entry_of(b, s, place->index), next = x;
    if (place->part != 0) next = entry_of(b, s, place->index + 1);
    if (x == PEI_NONE || next == PEI_NONE) return false;
    if (s->sort == PEI_NONE) {
        double value = constant_of(b, x);
        if (place->part != 0) value = pei_between(value, constant_of(b, next), place->part);
        *o = pei_uniform(pe_number(value));
        return pen_is_finite(value);
    }
    *o = pei_varying(x);
    if (place->part != 0)
        o->node = pei_make(b, PE_I_BETWEEN_PLACES, PE_TYPE_NUMBER, x, next, PEI_NONE,
                           pei_constant(b, place->part));
    return o->node != PEI_NONE;
}

static bool lower_statistic(pei_builder *b, pei_statistic statistic, pei_operand k, ascending *s,
                            pei_operand *o)
{
    const uint32_t count = (uint32_t)s->l->count;
    pei_place place;
    if (k.uniform)
        return pe_is_number(k.value) &&
               pei_place_of(statistic, pe_as_number(k.value), count, &place) &&
               lower_place(b, s, &place, o);
    if (!pei_list_fits(b, count) || !take_entries(b, s, 0, count)) return false;
    *o = pei_varying(pei_make_list(b, PE_I_ORDERED, PE_TYPE_NUMBER, k.node, s->l->refs, count,
                                   (uint16_t)statistic));
    return o->node != PEI_NONE;
}

static bool lower_median(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_listing l = {.b = b};
    ascending s;
    bool ok = true;
    for (uint32_t i = 0; i < node->arg_count && ok; i++)
        ok = pei_list_argument(b, node->args[i], &l);
    ok = ok && sort_list(b, &l, &s) &&
         lower_statistic(b, PEI_MEDIAN, pei_uniform(pe_number(0)), &s, o);
    free(l.refs);
    return ok;
}

/* F(list, k). */
static bool lower_ordered(pei_builder *b, const pe_node *node, pei_statistic statistic,
                          pei_operand *o)
{
    pei_listing l = {.b = b};
    pei_operand k;
    ascending s;
    bool ok = pei_list_argument(b, node->args[0], &l) && sort_list(b, &l, &s) &&
              pei_lower_number(b, node->args[1], &k) && lower_statistic(b, statistic, k, &s, o);
    free(l.refs);
    return ok;
}

/* The mean of what is left after a share is cut off both ends. */
static bool lower_trimmed(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_listing l = {.b = b};
    pei_operand k, sum;
    ascending s;
    if (b->calc != NULL || !pei_lower_number(b, node->args[1], &k) || !k.uniform) return false;
    double share = pe_is_number(k.value) ? pe_as_number(k.value) : -1;
    bool ok = share >= 0 && share < 1 && pei_list_argument(b, node->args[0], &l) &&
              sort_list(b, &l, &s) && s.sort != PEI_NONE;
    if (ok) {
        size_t cut = (size_t)pe_arith_int((double)l.count * share / 2), left = l.count - 2 * cut;
        ok = take_entries(b, &s, cut, left);
        if (ok)
            sum = pei_varying(
                pei_make_list(b, PE_I_SUM, PE_TYPE_NUMBER, PEI_NONE, l.refs, (uint32_t)left, 0));
        ok = ok && sum.node != PEI_NONE &&
             pei_lower_binary(b, PE_OP_DIV, sum, pei_uniform(pe_number((double)left)), false, o);
    }
    free(l.refs);
    return ok;
}

static bool lower_rank(pei_builder *b, const pe_node *node, bool average, pei_operand *o)
{
    pe_area area;
    pei_operand x, order = pei_uniform(pe_number(0));
    uint32_t a;
    pei_listing l = {.b = b};
    if (b->calc != NULL) return false; /* it finds a place for what is not in the list */
    if (!pei_node_is_area(b, node->args[1], &area) || !pei_lower_number(b, node->args[0], &x))
        return false;
    if (node->arg_count > 2 && !pei_lower_number(b, node->args[2], &order)) return false;
    if (!order.uniform || !pe_is_number(order.value) || !pei_number_node(b, x, &a)) return false;
    bool ok = pei_list_argument(b, node->args[1], &l) && l.count > 0 && l.count <= SORT_MAX &&
              pei_list_fits(b, l.count);
    int flags = (pe_as_number(order.value) != 0 ? 1 : 0) | (average ? 2 : 0);
    if (ok)
        *o = pei_varying(pei_make_list(b, PE_I_RANK, PE_TYPE_NUMBER, a, l.refs, (uint32_t)l.count,
                                       (uint16_t)flags));
    free(l.refs);
    return ok && o->node != PEI_NONE;
}

bool pei_lower_order(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled)
{
    *handled = true;
    switch ((pe_function_id)node->function) {
    case PE_FN_MEDIAN:
        return lower_median(b, node, o);
    case PE_FN_LARGE:
        return lower_ordered(b, node, PEI_LARGE, o);
    case PE_FN_SMALL:
        return lower_ordered(b, node, PEI_SMALL, o);
    case PE_FN_PERCENTILE:
    case PE_FN_PERCENTILE_INC:
        return lower_ordered(b, node, PEI_PERCENTILE_INC, o);
    case PE_FN_PERCENTILE_EXC:
        return lower_ordered(b, node, PEI_PERCENTILE_EXC, o);
    case PE_FN_QUARTILE:
    case PE_FN_QUARTILE_INC:
        return lower_ordered(b, node, PEI_QUARTILE_INC, o);
    case PE_FN_QUARTILE_EXC:
        return lower_ordered(b, node, PEI_QUARTILE_EXC, o);
    case PE_FN_TRIMMEAN:
        return lower_trimmed(b, node, o);
    case PE_FN_RANK:
    case PE_FN_RANK_EQ:
        return lower_rank(b, node, false, o);
    case PE_FN_RANK_AVG:
        return lower_rank(b, node, true, o);
    default:
        *handled = false;
        return false;
    }
}
