/* functions_math.c: scalar mathematics: each body maps numbers to a number; a NaN or an infinity
 * means #NUM!. */
#include "functions_internal.h"
#include "functions_arithmetic.h"

#define PI_VALUE 3.14159265358979323846
/* Excel refuses larger angles */
#define ANGLE_MAX 134217728.0

static double num_error(void)
{
    return pe_error_double(PE_ERROR_NUM);
}
static double div0_error(void)
{
    return pe_error_double(PE_ERROR_DIV0);
}

/* ---- rounding --------------------------------------------------------------- */

double pei_fn_abs(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_abs(x[0]);
}

double pei_fn_sign(const double *x, int n)
{
    PE_UNUSED(n);
    return (double)((x[0] > 0) - (x[0] < 0));
}

double pei_fn_int(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_arith_int(x[0]);
}

double pei_fn_trunc(const double *x, int n)
{
    return pe_round_decimal_down(x[0], n > 1 ? x[1] : 0.0);
}

double pei_fn_round(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_round_decimal(x[0], x[1]);
}

double pei_fn_roundup(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_round_decimal_up(x[0], x[1]);
}

double pei_fn_rounddown(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_round_decimal_down(x[0], x[1]);
}

/* How many whole steps are in x, towards plus or minus infinity; a quotient within rounding error
 * of an integer is that integer. */
static double steps_up(double x, double step)
{
    double q = x / step, r = pen_rint(q);
    return pen_abs(q - r) <= pen_abs(q) * PE_ARITH_ROUND_SLACK ? r : pen_ceil(q);
}
static double steps_down(double x, double step)
{
    double q = x / step, r = pen_rint(q);
    return pen_abs(q - r) <= pen_abs(q) * PE_ARITH_ROUND_SLACK ? r : pen_floor(q);
}
/* A step below the resolution of x leaves x as it is; one so small that the quotient overflows is
 * #NUM!. */
static double multiple(double x, double count, double step)
{
    if (!pen_is_finite(count)) return num_error();
    return pen_abs(count) >= 0x1p53 ? x : count * step;
}

double pei_fn_mround(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] == 0 || x[1] == 0) return 0;
    if ((x[0] < 0) != (x[1] < 0)) return num_error();
    /* no tolerance at the tie: Excel's MROUND(6.05, 0.1) is 6 */
    double q = x[0] / x[1], f = pen_floor(q);
    return multiple(x[0], q - f >= 0.5 ? f + 1 : f, x[1]);
}

double pei_fn_ceiling(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] == 0 || x[1] == 0) return 0;
    if (x[0] > 0 && x[1] < 0) return num_error();
    return multiple(x[0], steps_up(x[0], x[1]), x[1]);
}

double pei_fn_floor(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] == 0) return 0;
    if (x[1] == 0) return div0_error();
    if (x[0] > 0 && x[1] < 0) return num_error();
    return multiple(x[0], steps_down(x[0], x[1]), x[1]);
}

double pei_fn_ceiling_math(const double *x, int n)
{
    double step = n > 1 ? pen_abs(x[1]) : 1.0;
    if (step == 0) return 0;
    bool away = x[0] < 0 && n > 2 && x[2] != 0;
    return multiple(x[0], away ? steps_down(x[0], step) : steps_up(x[0], step), step);
}

double pei_fn_floor_math(const double *x, int n)
{
    double step = n > 1 ? pen_abs(x[1]) : 1.0;
    if (step == 0) return 0;
    bool toward = x[0] < 0 && n > 2 && x[2] != 0;
    return multiple(x[0], toward ? steps_up(x[0], step) : steps_down(x[0], step), step);
}

double pei_fn_ceiling_precise(const double *x, int n)
{
    return pei_fn_ceiling_math(x, n > 2 ? 2 : n);
}

double pei_fn_floor_precise(const double *x, int n)
{
    return pei_fn_floor_math(x, n > 2 ? 2 : n);
}

double pei_fn_mod(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_arith_mod(x[0], x[1]);
}

double pei_fn_even(const double *x, int n)
{
    PE_UNUSED(n);
    double half = steps_up(pen_abs(x[0]), 2.0) * 2.0;
    return x[0] < 0 ? -half : half;
}

double pei_fn_odd(const double *x, int n)
{
    PE_UNUSED(n);
    double a = pen_abs(x[0]);
    double odd = a <= 1 ? 1.0 : steps_up(a - 1.0, 2.0) * 2.0 + 1.0;
    return x[0] < 0 ? -odd : odd;
}

/* ---- powers and logarithms -------------------------------------------------- */

double pei_fn_sqrt(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_arith_sqrt(x[0]);
}

double pei_fn_sqrtpi(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_arith_sqrt(x[0] * PI_VALUE);
}

double pei_fn_exp(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_exp(x[0]);
}

double pei_fn_ln(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] > 0 ? pen_log(x[0]) : num_error();
}

double pei_fn_log10(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] > 0 ? pen_log10(x[0]) : num_error();
}

double pei_fn_log(const double *x, int n)
{
    double base = n > 1 ? x[1] : 10.0;
    if (!(x[0] > 0) || !(base > 0)) return num_error();
    if (base == 1) return div0_error();
    if (base == 10) return pen_log10(x[0]);
    if (base == 2) return pen_log2(x[0]);
    return pen_log(x[0]) / pen_log(base);
}

double pei_fn_power(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_arith_pow(x[0], x[1]);
}

/* ---- trigonometry ----------------------------------------------------------- */

double pei_fn_pi(const double *x, int n)
{
    PE_UNUSED(x);
    PE_UNUSED(n);
    return PI_VALUE;
}

double pei_fn_degrees(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] * 180.0 / PI_VALUE;
}

double pei_fn_radians(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] * PI_VALUE / 180.0;
}

/* name, expression in a; angles out of Excel's range are #NUM! */
#define ANGLE_BODY(name, expression)                                                               \
    double pei_fn_##name(const double *x, int n)                                                   \
    {                                                                                              \
        PE_UNUSED(n);                                                                              \
        double a = x[0];                                                                           \
        return pen_abs(a) >= ANGLE_MAX ? num_error() : (expression);                               \
    }
#define PLAIN_BODY(name, expression)                                                               \
    double pei_fn_##name(const double *x, int n)                                                   \
    {                                                                                              \
        PE_UNUSED(n);                                                                              \
        double a = x[0];                                                                           \
        return expression;                                                                         \
    }

ANGLE_BODY(sin, pen_sin(a))
ANGLE_BODY(cos, pen_cos(a))
ANGLE_BODY(tan, pen_tan(a))
ANGLE_BODY(sec, 1.0 / pen_cos(a))
ANGLE_BODY(csc, a == 0 ? div0_error() : 1.0 / pen_sin(a))
ANGLE_BODY(cot, a == 0 ? div0_error() : 1.0 / pen_tan(a))
PLAIN_BODY(asin, pen_abs(a) > 1 ? num_error() : pen_asin(a))
PLAIN_BODY(acos, pen_abs(a) > 1 ? num_error() : pen_acos(a))
PLAIN_BODY(atan, pen_atan(a))
PLAIN_BODY(acot, a > 1    ? pen_atan(1 / a)
                 : a < -1 ? PI_VALUE + pen_atan(1 / a)
                          : PI_VALUE / 2 - pen_atan(a))
PLAIN_BODY(sinh, pen_sinh(a))
PLAIN_BODY(cosh, pen_cosh(a))
PLAIN_BODY(tanh, pen_tanh(a))
PLAIN_BODY(sech, pen_abs(a) > 709.0 ? 2.0 * pen_exp(-pen_abs(a)) : 1.0 / pen_cosh(a))
PLAIN_BODY(csch, a == 0               ? div0_error()
                 : pen_abs(a) > 709.0 ? (a < 0 ? -2.0 : 2.0) * pen_exp(-pen_abs(a))
                                      : 1.0 / pen_sinh(a))
PLAIN_BODY(coth, a == 0 ? div0_error() : 1.0 / pen_tanh(a))
PLAIN_BODY(asinh, pen_asinh(a))
PLAIN_BODY(acosh, a < 1 ? num_error() : pen_acosh(a))
PLAIN_BODY(atanh, pen_abs(a) >= 1 ? num_error() : pen_atanh(a))
PLAIN_BODY(acoth, pen_abs(a) <= 1 ? num_error() : pen_atanh(1.0 / a))

double pei_fn_atan2(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] == 0 && x[1] == 0 ? div0_error() : pen_atan2(x[1], x[0]);
}

/* ---- counting --------------------------------------------------------------- */

/* first * (first + step) * ... * last in double-double: correctly rounded but for rare ties. */
static double product_of_range(double first, double last, double step)
{
    double hi = 1.0, lo = 0.0;
    for (double i = first; i <= last && pen_is_finite(hi); i += step) {
        double h = hi * i, e = pen_fma(hi, i, -h) + lo * i;
        hi = h + e;
        lo = e - (hi - h);
    }
    return pen_is_finite(hi) ? hi : num_error();
}

double pei_fn_fact(const double *x, int n)
{
    PE_UNUSED(n);
    double k = pen_trunc(x[0]);
    return x[0] < 0 || k > 170 ? num_error() : product_of_range(2, k, 1);
}

double pei_fn_factdouble(const double *x, int n)
{
    PE_UNUSED(n);
    double k = pen_trunc(x[0]);
    if (k < -1 || k > 300) return num_error();
    return product_of_range(k - 2.0 * pen_floor(k / 2.0) == 0 ? 2 : 1, k, 2);
}

/* n over k for integers 0 <= k <= n. */
static double choose(double n, double k)
{
    if (k > n - k) k = n - k;
    double hi = 1.0, lo = 0.0;
    for (double i = 1; i <= k; i++) {
        double m = n - k + i, h = hi * m, e = pen_fma(hi, m, -h) + lo * m;
        double q = h / i, r = (pen_fma(-q, i, h) + e) / i;
        hi = q + r;
        lo = r - (hi - q);
        if (!pen_is_finite(hi)) return num_error();
    }
    return hi;
}

double pei_fn_combin(const double *x, int n)
{
    PE_UNUSED(n);
    double total = pen_trunc(x[0]), k = pen_trunc(x[1]);
    if (total < 0 || k < 0 || k > total) return num_error();
    return choose(total, k);
}

double pei_fn_combina(const double *x, int n)
{
    PE_UNUSED(n);
    double total = pen_trunc(x[0]), k = pen_trunc(x[1]);
    if (total < 0 || k < 0 || (total == 0 && k > 0)) return num_error();
    return k == 0 ? 1.0 : choose(total + k - 1, k);
}

double pei_fn_permut(const double *x, int n)
{
    PE_UNUSED(n);
    double total = pen_trunc(x[0]), k = pen_trunc(x[1]);
    if (total < 0 || k < 0 || k > total) return num_error();
    return product_of_range(total - k + 1, total, 1);
}

double pei_fn_permutationa(const double *x, int n)
{
    PE_UNUSED(n);
    double total = pen_trunc(x[0]), k = pen_trunc(x[1]);
    if (total < 0 || k < 0) return num_error();
    return k == 0 ? 1.0 : pen_pow(total, k);
}
