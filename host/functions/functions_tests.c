/* functions_tests.c: tests of hypotheses over samples (T.TEST, F.TEST, CHISQ.TEST, Z.TEST) and the
 * error function, which refuses booleans. */
#include "functions_aggregate.h"
#include "functions_distributions.h"

static pe_value plain_number(pe_call *call, pe_value v)
{
    if (pe_is(v, PE_KIND_BOOLEAN)) return pe_error(PE_ERROR_VALUE);
    if (pe_is(v, PE_KIND_BLANK) || pe_is(v, PE_KIND_OMITTED)) return pe_number(0);
    return pe_to_number(call, v);
}

pe_value pei_fn_erf(pe_call *call, const pe_value *args, int n)
{
    pe_value low = plain_number(call, args[0]);
    if (!pe_is_number(low)) return low;
    if (n < 2) return pe_number_checked(pen_erf(pe_as_number(low)));
    pe_value high = plain_number(call, args[1]);
    if (!pe_is_number(high)) return high;
    return pe_number_checked(pen_erf(pe_as_number(high)) - pen_erf(pe_as_number(low)));
}

pe_value pei_fn_erfc(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pe_value x = plain_number(call, args[0]);
    return pe_is_number(x) ? pe_number_checked(pen_erfc(pe_as_number(x))) : x;
}

pe_value pei_fn_z_test(pe_call *call, const pe_value *args, int n)
{
    pei_spread s;
    pe_value error;
    if (!pei_spread_of(call, args, 1, PEI_NUMBERS, &s, &error)) return error;
    if (s.count == 0) return pe_error(PE_ERROR_NA);
    double sigma = 0;
    if (pe_arg_given(args, n, 2))
        sigma = pe_arg_number(args, n, 2, 0);
    else if (s.count > 1)
        sigma = pen_sqrt(s.squares / (s.count - 1));
    if (sigma < 0) return pe_error(PE_ERROR_NUM);
    if (sigma == 0) return pe_error(PE_ERROR_DIV0);
    double z = (s.mean - pe_arg_number(args, n, 1, 0)) / (sigma / pen_sqrt(s.count));
    return pe_number_checked(pen_norm_cdf(-z));
}

/* Paired: t of the differences. */
static pe_value paired_t(pe_call *call, const pe_value *args, double tails)
{
    pei_pairs p;
    pe_value error;
    if (!pei_pairs_of(call, args[0], args[1], &p, &error)) return error;
    double n = (double)p.count, mean = 0, squares = 0;
    if (p.count < 2) return pe_error(PE_ERROR_DIV0);
    for (size_t i = 0; i < p.count; i++) mean += p.x[i] - p.y[i];
    mean /= n;
    for (size_t i = 0; i < p.count; i++) {
        double d = p.x[i] - p.y[i] - mean;
        squares += d * d;
    }
    if (squares == 0) return pe_error(PE_ERROR_DIV0);
    double t = mean / pen_sqrt(squares / (n - 1) / n);
    return pe_number_checked(pei_t_two_tails(t, n - 1) * tails / 2);
}

static pe_value unpaired_t(pe_call *call, const pe_value *args, double tails, bool equal)
{
    pei_spread a, b;
    pe_value error;
    if (!pei_spread_of(call, args, 1, PEI_NUMBERS, &a, &error)) return error;
    if (!pei_spread_of(call, args + 1, 1, PEI_NUMBERS, &b, &error)) return error;
    if (a.count < 2 || b.count < 2) return pe_error(PE_ERROR_DIV0);
    double va = a.squares / (a.count - 1) / a.count, vb = b.squares / (b.count - 1) / b.count;
    double df = a.count + b.count - 2, variance = va + vb;
    if (equal)
        variance = (a.squares + b.squares) / df * (1 / a.count + 1 / b.count);
    else
        df = variance * variance / (va * va / (a.count - 1) + vb * vb / (b.count - 1));
    if (variance == 0) return pe_error(PE_ERROR_DIV0);
    double t = (a.mean - b.mean) / pen_sqrt(variance);
    return pe_number_checked(pei_t_two_tails(t, df) * tails / 2);
}

pe_value pei_fn_t_test(pe_call *call, const pe_value *args, int n)
{
    double tails = pen_trunc(pe_arg_number(args, n, 2, 0));
    double type = pen_trunc(pe_arg_number(args, n, 3, 0));
    if (tails != 1 && tails != 2) return pe_error(PE_ERROR_NUM);
    if (type < 1 || type > 3) return pe_error(PE_ERROR_NUM);
    return type == 1 ? paired_t(call, args, tails) : unpaired_t(call, args, tails, type == 2);
}

pe_value pei_fn_f_test(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_spread a, b;
    pe_value error;
    if (!pei_spread_of(call, args, 1, PEI_NUMBERS, &a, &error)) return error;
    if (!pei_spread_of(call, args + 1, 1, PEI_NUMBERS, &b, &error)) return error;
    if (a.count < 2 || b.count < 2 || a.squares == 0 || b.squares == 0)
        return pe_error(PE_ERROR_DIV0);
    double va = a.squares / (a.count - 1), vb = b.squares / (b.count - 1);
    double upper = pei_f_upper(va / vb, a.count - 1, b.count - 1);
    double lower = pei_f_upper(vb / va, b.count - 1, a.count - 1);
    return pe_number_checked(2 * (upper < lower ? upper : lower));
}

pe_value pei_fn_chisq_test(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_pairs p;
    pe_value error;
    uint32_t rows, columns, other_rows, other_columns;
    pei_shape_of(args[0], &rows, &columns);
    pei_shape_of(args[1], &other_rows, &other_columns);
    if (!pei_pairs_of(call, args[0], args[1], &p, &error)) return error;
    if (rows != other_rows || columns != other_columns) return pe_error(PE_ERROR_NA);
    if ((uint64_t)rows * columns < 2) return pe_error(PE_ERROR_NA);
    double sum = 0, df = ((double)rows - 1) * ((double)columns - 1);
    if (df == 0) df = (double)rows * columns - 1;
    for (size_t i = 0; i < p.count; i++) {
        if (p.y[i] == 0) return pe_error(PE_ERROR_DIV0);
        if (p.y[i] < 0) return pe_error(PE_ERROR_NUM);
        sum += (p.x[i] - p.y[i]) * (p.x[i] - p.y[i]) / p.y[i];
    }
    return pe_number_checked(pen_gamma_q(df / 2, sum / 2));
}
