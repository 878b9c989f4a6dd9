/* program_exactorder.c: the exact forms of opcodes that order and search a list or select from it,
 * one lane at a time. In a sorted list an error stands everywhere or nowhere; a search passes over
 * errors, which also stand for what is no number at all. */
#include "functions_arithmetic.h"
#include "functions_sorted.h"
#include "program_internal.h"

static pe_value statistic(const pe_program *p, const pe_instruction *i, pe_value a,
                          const pe_value *values)
{
    pei_place place;
    if (!pe_is_number(a)) return a;
    if (!pe_is_number(values[0])) return values[0];
    if (!pei_place_of((pei_statistic)i->flags, pe_as_number(a), i->c, &place))
        return pe_error(p->is_calc ? PE_ERROR_VALUE : PE_ERROR_NUM);
    if (place.part == 0) return values[place.index];
    return pei_exact_between(p, values[place.index], values[place.index + 1], place.part);
}

pe_value pei_exact_between(const pe_program *p, pe_value a, pe_value b, double part)
{
    if (!pe_is_number(a)) return a;
    if (!pe_is_number(b)) return b;
    pe_value v = pe_number_checked(pei_between(pe_as_number(a), pe_as_number(b), part));
    return pe_is_error(v) && p->is_calc ? pe_error(PE_ERROR_VALUE) : v;
}

static pe_value rank(const pe_instruction *i, pe_value a, const pe_value *values)
{
    double x = pe_as_number(a), before = 0, equal = 0;
    if (!pe_is_number(a)) return a;
    for (uint32_t j = 0; j < i->c; j++) {
        double y = pe_as_number(values[j]);
        if (!pe_is_number(values[j])) return values[j];
        if (y == x) equal++;
        if ((i->flags & 1) != 0 ? y < x : y > x) before++;
    }
    if (equal == 0) return pe_error(PE_ERROR_NA);
    return pe_number(before + 1 + ((i->flags & 2) != 0 ? (equal - 1) / 2 : 0));
}

/* ---- searches
 * ----------------------------------------------------------------------------------------- */

static bool is_key(pe_value v, double key)
{
    return pe_is_number(v) && pe_arith_equal(key, pe_as_number(v));
}
static pe_value place_of(uint32_t index)
{
    return pe_number((double)index);
}
static pe_value last_equal(const pe_value *values, double key, uint32_t index, uint32_t last)
{
    while (index < last && is_key(values[index + 1], key)) index++;
    return place_of(index);
}

static pe_value find(const pe_value *values, uint32_t count, double key)
{
    for (uint32_t j = 0; j < count; j++)
        if (is_key(values[j], key)) return place_of(j);
    return pe_error(PE_ERROR_NA);
}

/* Halves, from the middle on to the next number; on equality to the last of the equal neighbours.
 */
static pe_value find_ascending(const pe_value *values, uint32_t count, double key)
{
    int64_t low = 0, high = (int64_t)count - 1;
    pe_value found = pe_error(PE_ERROR_NA);
    while (low <= high) {
        int64_t middle = (low + high) / 2, probe = middle;
        while (probe <= high && !pe_is_number(values[probe])) probe++;
        if (probe > high) {
            high = middle - 1;
            continue;
        }
        if (is_key(values[probe], key))
            return last_equal(values, key, (uint32_t)probe, (uint32_t)high);
        if (pe_arith_less(pe_as_number(values[probe]), key)) {
            found = place_of((uint32_t)probe);
            low = probe + 1;
        } else {
            high = middle - 1;
        }
    }
    return found;
}

/* Down to the last number that is not below the key. */
static pe_value find_descending(const pe_value *values, uint32_t count, double key)
{
    pe_value found = pe_error(PE_ERROR_NA);
    for (uint32_t j = 0; j < count; j++) {
        if (!pe_is_number(values[j])) continue;
        if (is_key(values[j], key)) return last_equal(values, key, j, count - 1);
        if (pe_arith_less(pe_as_number(values[j]), key)) break;
        found = place_of(j);
    }
    return found;
}

/* ---- criteria
 * ----------------------------------------------------------------------------------------- */

/* A criterion that is an error matches the same error. */
static bool selects(pe_opcode op, pe_value v, pe_value q)
{
    if (pe_is_number(q)) return pei_exact_matches(op, v, pe_as_number(q));
    return pe_is_error(v) && pe_as_error(v) == pe_as_error(q);
}

/* The result so far with one more value. */
static pe_value take_value(pei_kind kind, pe_value so_far, bool first, pe_value x)
{
    if (!pe_is_number(so_far)) return so_far;
    if (!pe_is_number(x)) return x;
    double s = pe_as_number(so_far), y = pe_as_number(x);
    if (kind <= PEI_SUM) return pe_number_checked(s + y);
    return first || (kind == PEI_MOST ? y > s : y < s) ? x : so_far;
}

static pe_value criteria(const pe_instruction *i, pe_value a, const pe_value *values)
{
    const pei_kind kind = (pei_kind)(i->flags & 3);
    uint32_t lanes = 0;
    pe_opcode ops[PEI_LANES_MAX];
    for (uint32_t f = i->flags >> 2; f != 0; f >>= 3)
        ops[lanes++] = (pe_opcode)(PE_I_SUMIF_CODE + (f & 7) - 1);
    const uint32_t width = lanes + (kind == PEI_COUNT ? 0 : 1);
    bool first = true;
    for (uint32_t j = lanes; j + width <= i->c; j += width) {
        bool all = true;
        for (uint32_t l = 0; l < lanes; l++) all = all && selects(ops[l], values[j + l], values[l]);
        if (!all) continue;
        a = take_value(kind, a, first, kind == PEI_COUNT ? pe_number(1) : values[j + lanes]);
        first = false;
    }
    return a;
}

pe_value pei_exact_order(const pe_program *p, const pe_instruction *i, pe_value a,
                         const pe_value *values)
{
    if (i->op == PE_I_ORDERED) return statistic(p, i, a, values);
    if (i->op == PE_I_RANK) return rank(i, a, values);
    if (i->op == PE_I_CRITERIA) return criteria(i, a, values);
    if (!pe_is_number(a)) return a;
    if (i->op == PE_I_FIND) return find(values, i->c, pe_as_number(a));
    return i->flags == 0 ? find_ascending(values, i->c, pe_as_number(a))
                         : find_descending(values, i->c, pe_as_number(a));
}
