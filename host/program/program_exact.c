/* program_exact.c: the meaning of every opcode that has a scalar form, one lane at a time. It picks
 * the left-most erroneous operand in formula order; where there is none it calls the bodies that
 * the vector loops call, so that a redone instruction gives the bits that the loop would have
 * given. */
#include "functions_arithmetic.h"
#include "functions_cashflow.h"
#include "program_internal.h"

static bool is_bad(pe_value v)
{
    return !pe_is_number(v);
}
/* One operation of arithmetic: the left-most error, else the body's result. */
static pe_value binary(pe_value a, pe_value b, double (*body)(double, double))
{
    if (is_bad(a)) return a;
    if (is_bad(b)) return b;
    return pe_number_checked(body(pe_as_number(a), pe_as_number(b)));
}
static double body_add(double x, double y)
{
    return pe_arith_add(x, y);
}
static double body_sub(double x, double y)
{
    return pe_arith_sub(x, y);
}
static double body_mul(double x, double y)
{
    return pe_arith_mul(x, y);
}
static double body_div(double x, double y)
{
    return pe_arith_div(x, y);
}
static double body_pow(double x, double y)
{
    return pe_arith_pow(x, y);
}
static double body_mod(double x, double y)
{
    return pe_arith_mod(x, y);
}
static double body_max(double x, double y)
{
    return pe_arith_max(x, y);
}
static double body_min(double x, double y)
{
    return pe_arith_min(x, y);
}
static double body_add_final(double x, double y)
{
    return pe_arith_add_final(x, y);
}
static double body_sub_final(double x, double y)
{
    return pe_arith_sub_final(x, y);
}
static double body_add_calc(double x, double y)
{
    return pe_calc_add(x, y);
}
static double body_sub_calc(double x, double y)
{
    return pe_calc_sub(x, y);
}
static double body_pow_calc(double x, double y)
{
    return pe_calc_pow(x, y);
}
static double body_eq_calc(double x, double y)
{
    return pe_calc_equal(x, y) ? 1.0 : 0.0;
}
static double body_ne_calc(double x, double y)
{
    return pe_calc_equal(x, y) ? 0.0 : 1.0;
}
static double body_lt_calc(double x, double y)
{
    return pe_calc_less(x, y) ? 1.0 : 0.0;
}
static double body_le_calc(double x, double y)
{
    return pe_calc_less(y, x) ? 0.0 : 1.0;
}
static double body_eq(double x, double y)
{
    return pe_arith_equal(x, y) ? 1.0 : 0.0;
}
static double body_ne(double x, double y)
{
    return pe_arith_equal(x, y) ? 0.0 : 1.0;
}
static double body_lt(double x, double y)
{
    return pe_arith_less(x, y) ? 1.0 : 0.0;
}
static double body_le(double x, double y)
{
    return pe_arith_less_equal(x, y) ? 1.0 : 0.0;
}
static double body_or(double x, double y)
{
    return x != 0 || y != 0 ? 1.0 : 0.0;
}

static pe_value negated(pe_value a)
{
    return is_bad(a) ? a : pe_number_checked(pe_arith_neg(pe_as_number(a)));
}
/* constants[k] is the scale, constants[k + 1] whether it divides */
static pe_value rounded(pe_value a, const double *k, double (*body)(double, double, int))
{
    return is_bad(a) ? a : pe_number_checked(body(pe_as_number(a), k[0], k[1] != 0));
}
static double body_round(double x, double scale, int left)
{
    return pe_round_nearest(x, scale, left);
}
static double body_round_up(double x, double scale, int left)
{
    return pe_round_up(x, scale, left);
}
static double body_round_down(double x, double scale, int left)
{
    return pe_round_down(x, scale, left);
}

static pe_value choose(pe_value condition, pe_value yes, pe_value no)
{
    if (is_bad(condition)) return condition;
    return pe_as_number(condition) != 0 ? yes : no;
}
bool pei_exact_matches(pe_opcode op, pe_value v, double k)
{
    double x = pe_as_number(v);
    if (is_bad(v)) return op == PE_I_SUMIF_NE;
    switch (op) {
    case PE_I_SUMIF_CODE:
        return x == k;
    case PE_I_SUMIF_EQ:
    case PE_I_COUNTIF_EQ:
        return pe_arith_equal(x, k);
    case PE_I_SUMIF_LT:
    case PE_I_COUNTIF_LT:
        return pe_arith_less(x, k);
    case PE_I_SUMIF_LE:
    case PE_I_COUNTIF_LE:
        return pe_arith_less_equal(x, k);
    case PE_I_SUMIF_GT:
    case PE_I_COUNTIF_GT:
        return pe_arith_less(k, x);
    case PE_I_SUMIF_GE:
    case PE_I_COUNTIF_GE:
        return pe_arith_less_equal(k, x);
    default:
        return !pe_arith_equal(x, k);
    }
}
/* What has no logarithm or root is Calc's argument error. */
static pe_value no_number(const pe_program *p)
{
    return pe_error(p->is_calc ? PE_ERROR_VALUE : PE_ERROR_NUM);
}
static pe_value unary(const pe_program *p, pe_opcode op, pe_value a)
{
    if (is_bad(a)) return a;
    double x = pe_as_number(a);
    switch (op) {
    case PE_I_ABS:
        return pe_number_checked(pen_abs(x));
    case PE_I_SQRT:
        return x < 0 ? no_number(p) : pe_number_checked(pe_arith_sqrt(x));
    case PE_I_EXP:
        return pe_number_checked(pen_exp(x));
    case PE_I_LN:
        return x > 0 ? pe_number_checked(pen_log(x)) : no_number(p);
    case PE_I_INT:
        return pe_number_checked(pe_arith_int(x));
    case PE_I_NOT:
        return pe_number(1.0 - x);
    default:
        return pe_number(x != 0 ? 1.0 : 0.0); /* TRUTH */
    }
}
static pe_value is_error_code(pe_value a, bool na_only)
{
    bool yes = pe_is_error(a) && (!na_only || pe_as_error(a) == PE_ERROR_NA);
    return pe_number(yes ? 1.0 : 0.0);
}
/* Keys up to and with x, at 15 digits: the index after the last of them. */
static uint32_t keys_up_to(const pe_lookup_table *t, double x)
{
    uint32_t low = 0, high = t->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pe_arith_less_equal(t->values[middle], x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
static pe_value position(const pe_lookup_table *t, pe_value a, pe_error_code missing)
{
    if (is_bad(a)) return a;
    double x = pe_as_number(a);
    if (t->kind == PE_LOOKUP_AFFINE) {
        double row = pen_rint((x - t->first) / t->step), last = (double)t->count - 1;
        bool found = row >= 0 && row <= last && pe_arith_equal(t->first + row * t->step, x);
        return found ? pe_number(row + 0.0) : pe_error(missing);
    }
    uint32_t end = keys_up_to(t, x);
    if (end == 0 || !pe_arith_equal(t->values[end - 1], x)) return pe_error(missing);
    return pe_number(t->positions[end - 1]);
}
static pe_value position_sorted(const pe_lookup_table *t, pe_value a)
{
    if (is_bad(a)) return a;
    uint32_t end = keys_up_to(t, pe_as_number(a));
    return end == 0 ? pe_error(PE_ERROR_NA) : pe_number(t->positions[end - 1]);
}

typedef double (*body_two)(double x, double y);

/* Operations on a and b, a and the constant, the constant and a. */
static const body_two of_a_b[PE_OPCODE_COUNT] = {
    [PE_I_ADD] = body_add,
    [PE_I_SUB] = body_sub,
    [PE_I_MUL] = body_mul,
    [PE_I_DIV] = body_div,
    [PE_I_POW] = body_pow,
    [PE_I_ADD_FINAL] = body_add_final,
    [PE_I_ADD_CALC] = body_add_calc,
    [PE_I_SUB_CALC] = body_sub_calc,
    [PE_I_SUB_FINAL] = body_sub_final,
    [PE_I_MAX] = body_max,
    [PE_I_MIN] = body_min,
    [PE_I_AND] = body_mul,
    [PE_I_OR] = body_or,
    [PE_I_EQ] = body_eq,
    [PE_I_NE] = body_ne,
    [PE_I_LT] = body_lt,
    [PE_I_LE] = body_le,
};
static const body_two of_a_k[PE_OPCODE_COUNT] = {
    [PE_I_ADD_K] = body_add,
    [PE_I_SUB_K] = body_sub,
    [PE_I_MUL_K] = body_mul,
    [PE_I_DIV_K] = body_div,
    [PE_I_POW_K] = body_pow,
    [PE_I_POW_INT] = body_pow,
    [PE_I_ADD_FINAL_K] = body_add_final,
    [PE_I_ADD_CALC_K] = body_add_calc,
    [PE_I_SUB_CALC_K] = body_sub_calc,
    [PE_I_SUB_FINAL_K] = body_sub_final,
    [PE_I_MAX_K] = body_max,
    [PE_I_MIN_K] = body_min,
    [PE_I_MOD_K] = body_mod,
    [PE_I_EQ_K] = body_eq,
    [PE_I_NE_K] = body_ne,
    [PE_I_LT_K] = body_lt,
    [PE_I_LE_K] = body_le,
};
static const body_two of_k_a[PE_OPCODE_COUNT] = {
    [PE_I_K_SUB] = body_sub,
    [PE_I_K_DIV] = body_div,
    [PE_I_K_POW] = body_pow,
    [PE_I_K_ADD_FINAL] = body_add_final,
    [PE_I_K_SUB_CALC] = body_sub_calc,
    [PE_I_K_SUB_FINAL] = body_sub_final,
    [PE_I_GT_K] = body_lt,
    [PE_I_GE_K] = body_le,
};

/* Calc's body of an operation that has one opcode for both rules. */
static body_two by_rules(const pe_program *p, body_two body)
{
    if (!p->is_calc) return body;
    return body == body_eq    ? body_eq_calc
           : body == body_ne  ? body_ne_calc
           : body == body_lt  ? body_lt_calc
           : body == body_le  ? body_le_calc
           : body == body_pow ? body_pow_calc
                              : body;
}

/* Two instructions in one. flags: the operand that is not part of the first stands on the left. */
static pe_value exact_pair(pe_opcode op, bool turned, pe_value a, pe_value b, pe_value c,
                           const double *k)
{
    pe_value k1 = pe_number(k[0]), k2 = pe_number(k[1]);
    switch (op) {
    case PE_I_NEG_MUL:
        return binary(negated(a), b, body_mul);
    case PE_I_MUL_ADD:
        return turned && is_bad(c) ? c : binary(binary(a, b, body_mul), c, body_add);
    case PE_I_MUL_K_ADD_K:
        return binary(binary(a, k1, body_mul), k2, body_add);
    case PE_I_ADD_K_MUL:
        return turned && is_bad(b) ? b : binary(binary(a, k1, body_add), b, body_mul);
    case PE_I_SUB_MAX_K:
        return binary(binary(a, b, body_sub), k1, body_max);
    case PE_I_K_SUB_MAX_K:
        return binary(binary(k1, a, body_sub), k2, body_max);
    case PE_I_MUL_K_MAX_K:
        return binary(binary(a, k1, body_mul), k2, body_max);
    case PE_I_MUL_DIV_K:
        return binary(binary(a, b, body_mul), k1, body_div);
    case PE_I_MUL_ROUND:
        return rounded(binary(a, b, body_mul), k, body_round);
    case PE_I_NEG_ROUND:
        return negated(rounded(a, k, body_round));
    case PE_I_NEG_MUL_ROUND:
        return negated(rounded(binary(a, b, body_mul), k, body_round));
    case PE_I_NEG_MIN:
        return negated(binary(a, b, body_min));
    case PE_I_ADD3:
        return binary(binary(a, b, body_add), c, body_add);
    case PE_I_ADD3_FINAL:
        return binary(binary(a, b, body_add), c, body_add_final);
    default:
        return binary(binary(a, b, body_sub), c, body_sub_final); /* SUB_SUB_FINAL */
    }
}

static pe_value exact_choice(const pe_program *p, pe_opcode op, pe_value a, pe_value b, pe_value c,
                             const double *k)
{
    pe_value k1 = pe_number(k[0]), k2 = pe_number(k[1]);
    switch (op) {
    case PE_I_SELECT:
        return choose(a, b, c);
    case PE_I_SELECT_K:
        return choose(a, b, k1);
    case PE_I_K_SELECT:
        return choose(a, k1, b);
    case PE_I_SELECT_KK:
        return choose(a, k1, k2);
    case PE_I_GT_K_SELECT:
        return choose(binary(k1, a, by_rules(p, body_lt)), b, c);
    case PE_I_NEG_GT_K_SELECT:
        return negated(choose(binary(k1, a, by_rules(p, body_lt)), b, c));
    case PE_I_GE_K_SELECT:
        return choose(binary(k1, a, by_rules(p, body_le)), b, c);
    case PE_I_EQ_K_SELECT:
        return choose(binary(a, k1, by_rules(p, body_eq)), b, c);
    case PE_I_GT_K_K_SELECT:
        return choose(binary(k1, a, by_rules(p, body_lt)), k2, b);
    case PE_I_IFERROR:
        return pe_is_error(a) ? b : a;
    case PE_I_IFERROR_K:
        return pe_is_error(a) ? k1 : a;
    case PE_I_IFNA:
        return pe_is_error(a) && pe_as_error(a) == PE_ERROR_NA ? b : a;
    case PE_I_ISERROR:
        return is_error_code(a, false);
    case PE_I_ISNA:
        return is_error_code(a, true);
    default:
        return pe_number(pe_is_number(a) ? 1.0 : 0.0); /* ISNUMBER */
    }
}

static pe_value exact_other(const pe_program *p, const pe_instruction *i, pe_value a, pe_value b,
                            const double *k)
{
    const pe_opcode op = (pe_opcode)i->op;
    switch (op) {
    case PE_I_NEG:
        return negated(a);
    case PE_I_BETWEEN:
        return is_bad(a) ? a : pe_number_checked(pen_floor(pe_as_number(a) * k[1]) + k[0]);
    case PE_I_ROUND:
        return rounded(a, k, body_round);
    case PE_I_ROUND_UP:
        return rounded(a, k, body_round_up);
    case PE_I_ROUND_DOWN:
        return rounded(a, k, body_round_down);
    case PE_I_CODE_EQ:
        return is_bad(a) ? a : pe_number(pe_as_number(a) == k[0] ? 1.0 : 0.0);
    case PE_I_CODE_NE:
        return is_bad(a) ? a : pe_number(pe_as_number(a) != k[0] ? 1.0 : 0.0);
    case PE_I_COUNTIF_EQ:
    case PE_I_COUNTIF_LT:
    case PE_I_COUNTIF_LE:
    case PE_I_COUNTIF_GT:
    case PE_I_COUNTIF_GE:
        return is_bad(a) || !pei_exact_matches(op, b, k[0]) ? a : pe_number(pe_as_number(a) + 1.0);
    case PE_I_BETWEEN_PLACES:
        return pei_exact_between(p, a, b, k[0]);
    case PE_I_POSITION:
        return position(&p->tables[i->k], a, (pe_error_code)i->flags);
    case PE_I_POSITION_SORTED:
        return position_sorted(&p->tables[i->k], a);
    case PE_I_GATHER:
        return is_bad(a) ? a : pe_number(p->tables[i->k].values[(uint32_t)pe_as_number(a)]);
    default:
        return unary(p, op, a);
    }
}

pe_value pe_instruction_exact(const pe_program *p, const pe_instruction *i, pe_value a, pe_value b,
                              pe_value c)
{
    const pe_opcode op = (pe_opcode)i->op;
    const double *at = i->k < p->constant_count ? p->constants + i->k : NULL;
    const double k[2] = {at != NULL ? at[0] : 0, i->k + 1 < p->constant_count ? at[1] : 0};
    if (of_a_b[op] != NULL) {
        if (i->flags != 0 && is_bad(b)) return b; /* b stands on the left */
        return binary(a, b, by_rules(p, of_a_b[op]));
    }
    if (of_a_k[op] != NULL) return binary(a, pe_number(k[0]), by_rules(p, of_a_k[op]));
    if (of_k_a[op] != NULL) return binary(pe_number(k[0]), a, by_rules(p, of_k_a[op]));
    if (op >= PE_I_NEG_MUL && op <= PE_I_SUB_SUB_FINAL)
        return exact_pair(op, i->flags != 0, a, b, c, k);
    if (op >= PE_I_SELECT && op <= PE_I_ISNUMBER) return exact_choice(p, op, a, b, c, k);
    return exact_other(p, i, a, b, k);
}

static pe_value fold(const pe_value *values, uint32_t count, pe_value start,
                     double (*body)(double, double))
{
    pe_value s = start;
    for (uint32_t j = 0; j < count; j++) s = binary(s, values[j], body);
    return s;
}
static pe_value exact_call(const pe_program *p, const pe_instruction *i, const pe_value *values)
{
    double x[PE_FORMULA_ARGUMENTS_MAX];
    for (uint32_t j = 0; j < i->c; j++) {
        if (is_bad(values[j])) return values[j];
        x[j] = pe_as_number(values[j]);
    }
    pe_function_id id = (pe_function_id)i->flags;
    if (p->is_calc) return pe_calc_call(id, x, (int)i->c);
    return pe_number_checked(pe_function_row(id)->num(x, (int)i->c));
}

/* The left-most error of a rate and its flows, else a number. */
static pe_value flows_error(pe_value a, const pe_value *values, uint32_t count)
{
    if (is_bad(a)) return a;
    for (uint32_t j = 0; j < count; j++)
        if (is_bad(values[j])) return values[j];
    return pe_number(0);
}
static pe_value excel_flows(const pe_instruction *i, pe_value a, const pe_value *values)
{
    pe_value error = flows_error(a, values, i->c);
    if (is_bad(error)) return error;
    const double *flows =
        (const double *)(const void *)values; /* numbers: their bits are doubles */
    if ((pe_opcode)i->op == PE_I_NPV) {
        if (pe_as_number(a) == -1.0) return pe_error(PE_ERROR_DIV0);
        return pe_number_checked(pei_npv(pe_as_number(a), flows, i->c, 1));
    }
    if (pe_as_number(a) <= -1.0) return pe_error(PE_ERROR_VALUE);
    return pe_number_checked(pei_irr(flows, i->c, 1, pe_as_number(a)));
}

/* Calc has its own errors where there is no rate. */
static pe_value exact_flows(const pe_program *p, const pe_instruction *i, pe_value a,
                            const pe_value *values)
{
    pe_value v = excel_flows(i, a, values);
    bool passed = is_bad(flows_error(a, values, i->c));
    if (!p->is_calc || passed) return v;
    return pe_calc_result((pe_opcode)i->op == PE_I_NPV ? PE_FN_NPV : PE_FN_IRR, v);
}

pe_value pe_instruction_exact_list(const pe_program *p, const pe_instruction *i, pe_value a,
                                   const pe_value *values)
{
    pe_value s = pe_number(0);
    switch ((pe_opcode)i->op) {
    case PE_I_SUM:
        return fold(values, i->c, s, body_add);
    case PE_I_SUM_CALC:
        return fold(values, i->c, s, body_add_calc);
    case PE_I_PRODUCT:
        return fold(values, i->c, pe_number(1), body_mul);
    case PE_I_MAXIMUM:
        return fold(values + 1, i->c - 1, values[0], body_max);
    case PE_I_MINIMUM:
        return fold(values + 1, i->c - 1, values[0], body_min);
    case PE_I_COUNT:
        for (uint32_t j = 0; j < i->c; j++)
            s = pe_number(pe_as_number(s) + (pe_is_number(values[j]) ? 1.0 : 0.0));
        return s;
    case PE_I_SUM_SQUARES:
        if (is_bad(a)) return a;
        for (uint32_t j = 0; j < i->c; j++) {
            pe_value x = binary(values[j], a, body_sub);
            s = binary(s, binary(x, x, body_mul), body_add);
        }
        return s;
    case PE_I_SUM_PRODUCTS:
        for (uint32_t j = 0; j < i->c; j += 2) /* an error anywhere counts, left-most range first */
            if (is_bad(values[j])) return values[j];
        for (uint32_t j = 1; j < i->c; j += 2)
            if (is_bad(values[j])) return values[j];
        for (uint32_t j = 0; j + 1 < i->c; j += 2)
            s = binary(s, binary(values[j], values[j + 1], body_mul), body_add);
        return s;
    case PE_I_PICK:
        if (is_bad(a)) return a;
        return pe_as_number(a) >= 0 && pe_as_number(a) < i->c ? values[(uint32_t)pe_as_number(a)]
                                                              : pe_error(PE_ERROR_REF);
    case PE_I_SUMIF_CODE:
    case PE_I_SUMIF_EQ:
    case PE_I_SUMIF_NE:
    case PE_I_SUMIF_LT:
    case PE_I_SUMIF_LE:
    case PE_I_SUMIF_GT:
    case PE_I_SUMIF_GE:
        s = a;
        for (uint32_t j = 0; j + 1 < i->c; j += 2)
            if (pei_exact_matches((pe_opcode)i->op, values[j], p->constants[i->b]))
                s = binary(s, values[j + 1], body_add);
        return s;
    case PE_I_NPV:
    case PE_I_IRR:
        return exact_flows(p, i, a, values);
    case PE_I_ORDERED:
    case PE_I_RANK:
    case PE_I_CRITERIA:
    case PE_I_FIND:
    case PE_I_FIND_SORTED:
        return pei_exact_order(p, i, a, values);
    case PE_I_CALL:
        return exact_call(p, i, values);
    default:
        PE_ASSERT(!"an opcode without a list");
        return pe_error(PE_ERROR_VALUE);
    }
}
