/* functions_calcbessel.c: Bessel functions of integral order to about 15 digits: I by its power
 * series, J down from where it vanishes (Miller), Y by Neumann's series in J (Abramowitz and Stegun
 * 9.1.88). */
#include "functions_internal.h"
#include "functions_bessel.h"

#define BIG 1e100
#define EULER 0.57721566490153286061
#define TWO_OVER_PI 0.63661977236758134308

double pei_bessel_i(double x, int n)
{
    double term = 1, sum = 0, square = x * x / 4;
    for (int k = 1; k <= n && term > 0; k++) term *= x / 2 / k;
    for (double k = 1; term > sum * 1e-18 && pen_is_finite(term); k++) {
        sum += term;
        term *= square / k / (n + k);
    }
    return pen_is_finite(term) ? sum : term;
}

/* What one way down collects, in units of its own until it is normalised. */
typedef struct descent {
    double j0, j1, wanted; /* J_0, J_1 and J_n */
    double even, neumann0; /* sums over k of J_2k and of (-1)^k J_2k / k */
    double neumann1;       /* of (-1)^k (J_2k-1 - J_2k+1) / k */
} descent;

static void scale(descent *d, double by)
{
    d->wanted *= by;
    d->even *= by;
    d->neumann0 *= by;
    d->neumann1 *= by;
}

static descent descend(double x, int n)
{
    descent d = {0};
    double top = n > x ? n : x, above = 0, now = 1;
    for (int m = 2 * (int)((top + 60 + pen_sqrt(60 * top)) / 2); m > 0; m--) {
        double below = 2.0 * m / x * now - above;
        if (m % 2 == 0) {
            double sign = m % 4 == 0 ? 1 : -1, k = m / 2;
            d.even += now;
            d.neumann0 += sign * now / k;
            d.neumann1 += sign * (below - above) / k;
        }
        if (m == n) d.wanted = now;
        above = now;
        now = below;
        if (pen_abs(now) > BIG) {
            above /= BIG;
            now /= BIG;
            scale(&d, 1 / BIG);
        }
    }
    double norm = 2 * d.even + now; /* J_0 + 2 J_2 + 2 J_4 ... = 1 */
    if (n == 0) d.wanted = now;
    scale(&d, 1 / norm);
    d.j0 = now / norm;
    d.j1 = above / norm;
    return d;
}

double pei_bessel_j(double x, int n)
{
    if (x == 0) return n == 0 ? 1 : 0;
    return descend(x, n).wanted;
}

void pei_bessel_y01(double x, double *y0, double *y1)
{
    descent d = descend(x, 0);
    double log = pen_log(x / 2) + EULER;
    *y0 = TWO_OVER_PI * (log * d.j0 - 2 * d.neumann0);
    *y1 = TWO_OVER_PI * (log * d.j1 - d.j0 / x + d.neumann1);
}
