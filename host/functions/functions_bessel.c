/* functions_bessel.c: Bessel functions of integral order with Excel's numbers: the rational and
 * polynomial approximations of orders 0 and 1 (Hart; Abramowitz and Stegun 9.4 and 9.8, about 8
 * digits) and recurrence in the order, up where it is stable and down (Miller) elsewhere. More
 * exact values would differ from Excel's in the eighth digit. */
#include "functions_internal.h"
#include "functions_bessel.h"

#define TWO_OVER_PI 0.636619772
#define QUARTER_PI 0.785398164
#define THREE_QUARTERS_PI 2.356194491
#define ORDER_MAX 100000.0 /* more steps than a cell is worth */

/* c[0] + c[1] y + ... */
static double polynomial(double y, const double *c, int count)
{
    double sum = 0;
    while (count > 0) sum = sum * y + c[--count];
    return sum;
}

#define POLYNOMIAL(y, coefficients) polynomial((y), (coefficients), (int)PE_COUNT(coefficients))

/* ---- orders 0 and 1 ------------------------------------------------------------------ */

static const double P0[] = {1.0, -0.1098628627e-2, 0.2734510407e-4, -0.2073370639e-5,
                            0.2093887211e-6};
static const double Q0[] = {-0.1562499995e-1, 0.1430488765e-3, -0.6911147651e-5, 0.7621095161e-6,
                            -0.934935152e-7};
static const double P1[] = {1.0, 0.183105e-2, -0.3516396496e-4, 0.2457520174e-5, -0.240337019e-6};
static const double Q1[] = {0.04687499995, -0.2002690873e-3, 0.8449199096e-5, -0.88228987e-6,
                            0.105787412e-6};
/* Excel's J1 for x >= 8 has the third coefficient twice */
static const double P1_OF_J[] = {
    1.0, 0.183105e-2, -0.3516396496e-4, -0.3516396496e-4, 0.2457520174e-5, -0.240337019e-6};

static double order0_j(double x)
{
    static const double above[] = {57568490574.0, -13362590354.0, 651619640.7,
                                   -11214424.18,  77392.33017,    -184.9052456};
    static const double below[] = {57568490411.0, 1029532985.0, 9494680.718,
                                   59272.64853,   267.8532712,  1.0};
    if (x < 8) return POLYNOMIAL(x * x, above) / POLYNOMIAL(x * x, below);
    double z = 8 / x, y = z * z, phase = x - QUARTER_PI;
    return pen_sqrt(TWO_OVER_PI / x) *
           (pen_cos(phase) * POLYNOMIAL(y, P0) - z * pen_sin(phase) * POLYNOMIAL(y, Q0));
}

static double order1_j(double x)
{
    static const double above[] = {72362614232.0, -7895059235.0, 242396853.1,
                                   -2972611.439,  15704.48260,   -30.16036606};
    static const double below[] = {144725228442.0, 2300535178.0, 18583304.74,
                                   99447.43394,    376.9991397,  1.0};
    if (x < 8) return x * POLYNOMIAL(x * x, above) / POLYNOMIAL(x * x, below);
    double z = 8 / x, y = z * z, phase = x - THREE_QUARTERS_PI;
    return pen_sqrt(TWO_OVER_PI / x) *
           (pen_cos(phase) * POLYNOMIAL(y, P1_OF_J) - z * pen_sin(phase) * POLYNOMIAL(y, Q1));
}

static double order0_y(double x)
{
    static const double above[] = {-2957821389.0, 7062834065.0, -512359803.6,
                                   10879881.29,   -86327.92757, 228.4622733};
    static const double below[] = {40076544269.0, 745249964.8, 7189466.438,
                                   47447.26470,   226.1030244, 1.0};
    if (x < 8)
        return POLYNOMIAL(x * x, above) / POLYNOMIAL(x * x, below) +
               TWO_OVER_PI * order0_j(x) * pen_log(x);
    double z = 8 / x, y = z * z, phase = x - QUARTER_PI;
    return pen_sqrt(TWO_OVER_PI / x) *
           (pen_sin(phase) * POLYNOMIAL(y, P0) + z * pen_cos(phase) * POLYNOMIAL(y, Q0));
}

static double order1_y(double x)
{
    static const double above[] = {-0.4900604943e13, 0.1275274390e13, -0.5153438139e11,
                                   0.7349264551e9,   -0.4237922726e7, 0.8511937935e4};
    static const double below[] = {0.2499580570e14,
                                   0.4244419664e12,
                                   0.3733650367e10,
                                   0.2245904002e8,
                                   0.1020426050e6,
                                   0.3549632885e3,
                                   1.0};
    if (x < 8)
        return x * POLYNOMIAL(x * x, above) / POLYNOMIAL(x * x, below) +
               TWO_OVER_PI * (order1_j(x) * pen_log(x) - 1 / x);
    double z = 8 / x, y = z * z, phase = x - THREE_QUARTERS_PI;
    return pen_sqrt(TWO_OVER_PI / x) *
           (pen_sin(phase) * POLYNOMIAL(y, P1) + z * pen_cos(phase) * POLYNOMIAL(y, Q1));
}

static double i0(double x)
{
    static const double small[] = {1.0,       3.5156229,   3.0899424, 1.2067492,
                                   0.2659732, 0.360768e-1, 0.45813e-2};
    static const double large[] = {0.39894228,   0.1328592e-1,  0.225319e-2,
                                   -0.157565e-2, 0.916281e-2,   -0.2057706e-1,
                                   0.2635537e-1, -0.1647633e-1, 0.392377e-2};
    double y = x / 3.75;
    if (x < 3.75) return POLYNOMIAL(y * y, small);
    return pen_exp(x) / pen_sqrt(x) * POLYNOMIAL(3.75 / x, large);
}

static double i1(double x)
{
    static const double small[] = {0.5,          0.87890594,  0.51498869, 0.15084934,
                                   0.2658733e-1, 0.301532e-2, 0.32411e-3};
    static const double large[] = {0.39894228,    -0.3988024e-1, -0.362018e-2,
                                   0.163801e-2,   -0.1031555e-1, 0.2282967e-1,
                                   -0.2895312e-1, 0.1787654e-1,  -0.420059e-2};
    double y = x / 3.75;
    if (x < 3.75) return x * POLYNOMIAL(y * y, small);
    return pen_exp(x) / pen_sqrt(x) * POLYNOMIAL(3.75 / x, large);
}

/* i: of the same order and x; K is no better in Calc, but for its I. */
static double k0(double x, double i)
{
    static const double small[] = {-0.57721566, 0.42278420, 0.23069756, 0.3488590e-1,
                                   0.262698e-2, 0.10750e-3, 0.74e-5};
    static const double large[] = {1.25331414,  -0.7832358e-1, 0.2189568e-1, -0.1062446e-1,
                                   0.587872e-2, -0.251540e-2,  0.53208e-3};
    if (x <= 2) return -pen_log(x / 2) * i + POLYNOMIAL(x * x / 4, small);
    return pen_exp(-x) / pen_sqrt(x) * POLYNOMIAL(2 / x, large);
}

static double k1(double x, double i)
{
    static const double small[] = {1.0,           0.15443144,   -0.67278579, -0.18156897,
                                   -0.1919402e-1, -0.110404e-2, -0.4686e-4};
    static const double large[] = {1.25331414,   0.23498619,  -0.3655620e-1, 0.1504268e-1,
                                   -0.780353e-2, 0.325614e-2, -0.68245e-3};
    if (x <= 2) return pen_log(x / 2) * i + 1 / x * POLYNOMIAL(x * x / 4, small);
    return pen_exp(-x) / pen_sqrt(x) * POLYNOMIAL(2 / x, large);
}

/* ---- other orders -------------------------------------------------------------------- */

/* f(k+1) = 2k/x f(k) + sign f(k-1), from orders 0 and 1 up to n. */
static double recur_up(double f0, double f1, double x, int n, double sign)
{
    if (n == 0) return f0;
    for (int k = 1; k < n && pen_is_finite(f1); k++) {
        double f2 = 2.0 * k / x * f1 + sign * f0;
        f0 = f1;
        f1 = f2;
    }
    return f1;
}

#define BIG 1e10

/* J_n for n >= 2 and x <= n, down from an even order above n, normalised by J0 + 2 J2 + 2 J4 + ...
 * = 1. */
static double j_down(double x, int n)
{
    int start = 2 * ((n + (int)pen_sqrt(40.0 * n)) / 2);
    double above = 0, now = 1, wanted = 0, sum = 0;
    bool even = false;
    for (int k = start; k > 0; k--) {
        double below = 2.0 * k / x * now - above;
        above = now;
        now = below;
        if (pen_abs(now) > BIG) now /= BIG, above /= BIG, wanted /= BIG, sum /= BIG;
        if (even) sum += now;
        even = !even;
        if (k == n) wanted = above;
    }
    return wanted / (2 * sum - now);
}

/* I_n for n >= 2, down from above n, normalised by I0. */
static double i_down(double x, int n)
{
    double above = 0, now = 1, wanted = 0;
    for (int k = 2 * (n + (int)pen_sqrt(40.0 * n)); k > 0; k--) {
        double below = above + 2.0 * k / x * now;
        above = now;
        now = below;
        if (pen_abs(now) > BIG) now /= BIG, above /= BIG, wanted /= BIG;
        if (k == n) wanted = above;
    }
    return wanted / now * i0(x);
}

static double bessel_j(double x, int n)
{
    if (n < 2) return n == 0 ? order0_j(x) : order1_j(x);
    if (x == 0) return 0;
    return x > n ? recur_up(order0_j(x), order1_j(x), x, n, -1) : j_down(x, n);
}

static double bessel_i(double x, int n)
{
    if (n < 2) return n == 0 ? i0(x) : i1(x);
    return x == 0 ? 0 : i_down(x, n);
}

/* ---- the functions ------------------------------------------------------------------- */

/* Reads x and the order; false with *error set. */
static bool read_arguments(pe_call *call, const pe_value *args, double *x, int *order,
                           pe_value *error)
{
    double n;
    if (!pei_toolpak_number(call, args[0], x, error) ||
        !pei_toolpak_number(call, args[1], &n, error))
        return false;
    *error = pe_error(PE_ERROR_NUM);
    n = pen_trunc(n);
    if (!(n >= 0 && n <= ORDER_MAX)) return false;
    *order = (int)n;
    return true;
}

static double odd_sign(double x, int order)
{
    return x < 0 && order % 2 == 1 ? -1 : 1;
}

pe_value pei_fn_besselj(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    double a = pen_abs(x);
    bool exact = call->calc != NULL && a <= PEI_BESSEL_X_MAX;
    double j = exact ? pei_bessel_j(a, order) : bessel_j(a, order);
    return pe_number_checked(odd_sign(x, order) * j);
}

pe_value pei_fn_besseli(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    double a = pen_abs(x), i = call->calc != NULL ? pei_bessel_i(a, order) : bessel_i(a, order);
    return pe_number_checked(odd_sign(x, order) * i);
}

pe_value pei_fn_bessely(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    if (!(x > 0)) return pe_error(PE_ERROR_NUM);
    double y0 = order0_y(x), y1 = order1_y(x);
    if (call->calc != NULL && x <= PEI_BESSEL_X_MAX) pei_bessel_y01(x, &y0, &y1);
    return pe_number_checked(recur_up(y0, y1, x, order, -1));
}

pe_value pei_fn_besselk(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    if (!(x > 0)) return pe_error(PE_ERROR_NUM);
    bool exact = call->calc != NULL;
    double first = k0(x, exact ? pei_bessel_i(x, 0) : i0(x));
    double second = k1(x, exact ? pei_bessel_i(x, 1) : i1(x));
    return pe_number_checked(recur_up(first, second, x, order, 1));
}
