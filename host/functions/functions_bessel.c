/* functions_bessel.c: Bessel functions of integral order. J by Miller's backward recurrence (Hankel's expansion for large x), Y by
 * Neumann's series and forward recurrence, I by its series of positive terms, K by the trapezoidal rule on its integral, which
 * converges exponentially. All to about 1e-13 relative away from zeros. */
#include "functions_internal.h"

#define PI 3.14159265358979323846
#define EULER_GAMMA 0.57721566490153286061
#define HANKEL_FROM 25.0
#define ORDER_MAX 100000.0 /* more steps than a cell is worth */

/* Hankel's expansion of J and Y of order 0 or 1 for x >= 25. */
static void hankel(int order, double x, double *j, double *y)
{
    double mu = 4.0 * order * order, p = 1, q = 0, term = 1;
    for (int k = 1; k < 60; k++) {
        double odd = 2.0 * k - 1, next = term * (mu - odd * odd) / (k * 8.0 * x);
        if (pen_abs(next) >= pen_abs(term) || pen_abs(next) < 1e-18) break;
        term = next;
        double sign = (k / 2) % 2 == 0 ? 1 : -1;
        if (k % 2 == 1)
            q += sign * term;
        else
            p += sign * term;
    }
    /* cos and sin of x - order pi/2 - pi/4, from those of x: no cancellation in the argument */
    double c = pen_cos(x), s = pen_sin(x), root = 0.70710678118654752440;
    double cos_chi = order == 0 ? (c + s) * root : (s - c) * root;
    double sin_chi = order == 0 ? (s - c) * root : -(s + c) * root;
    double scale = pen_sqrt(2 / (PI * x));
    *j = scale * (p * cos_chi - q * sin_chi);
    *y = scale * (p * sin_chi + q * cos_chi);
}

/* J of orders 0 and 1 and of order n by recurrence from far above, and the two sums that Y needs. */
typedef struct miller {
    double j0, j1, jn;
    double y0_sum, y1_sum; /* sum of (-1)^k J2k / k, and of (-1)^k (1 + 2k) J(2k+1) / (k (k + 1)) */
} miller;

static miller run_miller(double x, int n)
{
    miller m = {0, 0, 0, 0, 0};
    double above = n > x ? n : x;
    int start = 2 * (int)((above + 20 + 6 * pen_sqrt(above + 10)) / 2);
    double next = 0, now = 1e-250, sum = 0;
    for (int k = start; k >= 0; k--) {
        /* `now` is J_k, unscaled */
        if (k == n) m.jn = now;
        if (k == 1) m.j1 = now;
        if (k == 0) m.j0 = now;
        if (k % 2 == 0) sum += k == 0 ? now : 2 * now;
        if (k % 2 == 0 && k > 0) m.y0_sum += (k / 2 % 2 == 0 ? now : -now) / (k / 2);
        if (k % 2 == 1 && k > 1) {
            double h = (k - 1) / 2;
            m.y1_sum += ((k - 1) / 2 % 2 == 0 ? now : -now) * k / (h * (h + 1));
        }
        double below = k > 0 ? 2.0 * k / x * now - next : 0;
        next = now;
        now = below;
        if (pen_abs(now) > 1e250) {
            double f = 1e-250;
            now *= f, next *= f, sum *= f;
            m.jn *= f, m.j1 *= f, m.y0_sum *= f, m.y1_sum *= f;
        }
    }
    double f = 1 / sum;
    m.j0 *= f, m.j1 *= f, m.jn *= f, m.y0_sum *= f, m.y1_sum *= f;
    return m;
}

/* (x/2)^n / n! summed with its factors in turn, for x small against n. */
static double j_series(double x, int n)
{
    double h = x / 2, term = 1, sum;
    for (int i = 1; i <= n; i++) term *= h / i;
    sum = term;
    for (int k = 1; k < 200 && pen_abs(term) > pen_abs(sum) * 1e-18; k++) {
        term *= -h * h / (k * (double)(n + k));
        sum += term;
    }
    return sum;
}

static double bessel_j(double x, int n)
{
    if (x == 0) return n == 0 ? 1 : 0;
    if (x * x < 4.0 * (n + 1)) return j_series(x, n);
    if (x < HANKEL_FROM || n >= x) return run_miller(x, n).jn;
    double j0, j1, unused;
    hankel(0, x, &j0, &unused);
    hankel(1, x, &j1, &unused);
    if (n == 0) return j0;
    for (int k = 1; k < n; k++) {
        double j2 = 2.0 * k / x * j1 - j0;
        j0 = j1;
        j1 = j2;
    }
    return j1;
}

static double bessel_y(double x, int n)
{
    double y0, y1, unused;
    if (x >= HANKEL_FROM) {
        hankel(0, x, &unused, &y0);
        hankel(1, x, &unused, &y1);
    } else {
        miller m = run_miller(x, 0);
        double l = pen_log(x / 2) + EULER_GAMMA;
        y0 = 2 / PI * (l * m.j0 - 2 * m.y0_sum);
        y1 = -2 / (PI * x) * m.j0 + 2 / PI * ((l - 1) * m.j1 - m.y1_sum);
    }
    if (n == 0) return y0;
    for (int k = 1; k < n && pen_is_finite(y1); k++) {
        double y2 = 2.0 * k / x * y1 - y0;
        y0 = y1;
        y1 = y2;
    }
    return y1;
}

static double bessel_i(double x, int n)
{
    double h = x / 2, term = 1, sum;
    if (x > 1500) return PEN_INF; /* beyond the largest double for every order that the limit below leaves above 0 */
    for (int i = 1; i <= n; i++) term *= h / i;
    sum = term;
    for (double k = 1; term > sum * 1e-18; k++) {
        term *= h * h / (k * (n + k));
        sum += term;
    }
    return sum;
}

/* The integral of exp(-x cosh t) cosh(order t) over t >= 0. */
static double k_integral(double x, int order)
{
    double step = 0.5 / pen_sqrt(x) < 0.125 ? 0.5 / pen_sqrt(x) : 0.125, sum = 0.5;
    for (int i = 1; i < 20000; i++) {
        double t = i * step, half = pen_sinh(t / 2), exponent = 2 * x * half * half;
        if (exponent - order * t > 45) break;
        sum += pen_exp(-exponent) * (order == 0 ? 1 : pen_cosh(t));
    }
    return sum * step * pen_exp(-x);
}

static double bessel_k(double x, int n)
{
    double k0 = k_integral(x, 0), k1 = k_integral(x, 1);
    if (n == 0) return k0;
    for (int k = 1; k < n && pen_is_finite(k1); k++) {
        double k2 = 2.0 * k / x * k1 + k0;
        k0 = k1;
        k1 = k2;
    }
    return k1;
}

/* Reads x and the order; false with *error set. */
static bool read_arguments(pe_call *call, const pe_value *args, double *x, int *order, pe_value *error)
{
    double n;
    if (!pei_toolpak_number(call, args[0], x, error) || !pei_toolpak_number(call, args[1], &n, error)) return false;
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
    return pe_number_checked(odd_sign(x, order) * bessel_j(pen_abs(x), order));
}

pe_value pei_fn_besseli(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    return pe_number_checked(odd_sign(x, order) * bessel_i(pen_abs(x), order));
}

pe_value pei_fn_bessely(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    return x > 0 ? pe_number_checked(bessel_y(x, order)) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_besselk(pe_call *call, const pe_value *args, int n)
{
    double x;
    int order;
    pe_value error;
    PE_UNUSED(n);
    if (!read_arguments(call, args, &x, &order, &error)) return error;
    return x > 0 ? pe_number_checked(bessel_k(x, order)) : pe_error(PE_ERROR_NUM);
}
