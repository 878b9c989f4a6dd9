/* numeric_special.h: gamma, incomplete gamma and beta functions and their inverses. Invariant:
 * every loop has a fixed limit; densities are formed from deviances (Loader 2000), so that no large
 * logarithms cancel, whatever the parameters. */
#ifndef PE_NUMERIC_SPECIAL_H
#define PE_NUMERIC_SPECIAL_H

#include "numeric_erf.h"
#include "numeric_trig.h"

#define PEN_SQRT_2PI 2.5066282746310002

/* ---- gamma ------------------------------------------------------------------------------- */

/* log Gamma(2 + v) for |v| <= 1/2. */
PE_INLINE double pen_lgamma_middle(double v)
{
    double p = 1.4963573191192003e-08;
    p = pen_fma(p, v, -3.1314285360886705e-08);
    p = pen_fma(p, v, 4.509983567521808e-08);
    p = pen_fma(p, v, -9.501416425423385e-08);
    p = pen_fma(p, v, 2.129692727315228e-07);
    p = pen_fma(p, v, -4.511181191016309e-07);
    p = pen_fma(p, v, 9.549510392959532e-07);
    p = pen_fma(p, v, -2.0388192484564222e-06);
    p = pen_fma(p, v, 4.374892520636031e-06);
    p = pen_fma(p, v, -9.439541921024715e-06);
    p = pen_fma(p, v, 2.05072105479096e-05);
    p = pen_fma(p, v, -4.492623209360517e-05);
    p = pen_fma(p, v, 9.945751290176889e-05);
    p = pen_fma(p, v, -0.00022315475870367355);
    p = pen_fma(p, v, 0.0005096695247392805);
    p = pen_fma(p, v, -0.0011927539116954181);
    p = pen_fma(p, v, 0.0028905103307415836);
    p = pen_fma(p, v, -0.0073855510286741114);
    p = pen_fma(p, v, 0.020580808427784546);
    p = pen_fma(p, v, -0.06735230105319809);
    p = pen_fma(p, v, 0.3224670334241132);
    p = pen_fma(p, v, 0.42278433509846713);
    return p * v;
}
/* log Gamma*(x), the correction to Stirling's formula, for x >= 10: B(2k) / (2k (2k - 1) x^(2k -
 * 1)). */
PE_INLINE double pen_stirling_tail(double x)
{
    double r = 1.0 / x, w = r * r, p = -0.029550653594771242;
    p = pen_fma(p, w, 0.00641025641025641);
    p = pen_fma(p, w, -0.0019175269175269176);
    p = pen_fma(p, w, 0.0008417508417508417);
    p = pen_fma(p, w, -0.0005952380952380953);
    p = pen_fma(p, w, 0.0007936507936507937);
    p = pen_fma(p, w, -0.002777777777777778);
    p = pen_fma(p, w, 0.08333333333333333);
    return p * r;
}
/* sin(pi x), exact at multiples of 1/2. */
PE_INLINE double pen_sin_pi(double x)
{
    double r = pen_fmod(x, 2.0);
    if (r > 1.0) r -= 2.0;
    if (r < -1.0) r += 2.0;
    if (r > 0.5) r = 1.0 - r;
    if (r < -0.5) r = -1.0 - r;
    return r == 0.5 ? 1.0 : r == -0.5 ? -1.0 : pen_sin(r * PEN_PI);
}
PE_INLINE double pen_lgamma_positive(double x)
{
    if (x >= 10.0) {
        if (x > 1e17) return x * (pen_log(x) - 1.0);
        return (x - 0.5) * (pen_log(x) - 1.0) + (pen_stirling_tail(x) + 0.4189385332046727);
    }
    double product = 1.0;
    while (x > 2.5) {
        x -= 1.0;
        product *= x;
    }
    if (x >= 1.5) return pen_log(product) + pen_lgamma_middle(x - 2.0);
    if (x >= 0.5) return pen_lgamma_middle(x - 1.0) - pen_log(x);
    return pen_lgamma_middle(x) - pen_log(x) - pen_log1p(x);
}
/* log |Gamma(x)|; infinite at 0, -1, -2 ... */
PE_INLINE double pen_lgamma(double x)
{
    if (pen_is_nan(x)) return x;
    if (!pen_is_finite(x)) return PEN_INF;
    if (x > 0) return pen_lgamma_positive(x);
    if (x == pen_trunc(x)) return PEN_INF;
    double s = pen_abs(pen_sin_pi(x));
    return pen_log(PEN_PI / (s * -x)) - pen_lgamma_positive(-x);
}
/* Gamma(x) for 0 < x < 172 by the recurrence from [1.5, 2.5], in double-double: exact for
 * factorials that fit. */
PE_INLINE pen_dd pen_gamma_positive(double x)
{
    pen_dd product = {1.0, 0.0};
    double y = x;
    while (y > 2.5) {
        y -= 1.0;
        product = pen_dd_mul(product, pen_two_sum(y, 0.0));
    }
    pen_dd divisor = {1.0, 0.0};
    while (y < 1.5) {
        divisor = pen_dd_mul(divisor, pen_dd_of(y, 0.0));
        if (y < 0.5) { /* y + 1 is not exact */
            divisor = pen_dd_mul(divisor, pen_two_sum(1.0, y));
            product = pen_dd_mul(product, pen_dd_of(pen_exp(pen_lgamma_middle(y)), 0.0));
            return pen_dd_div(product, divisor);
        }
        y += 1.0;
    }
    double m = pen_lgamma_middle(y - 2.0);
    product = pen_dd_mul(product, pen_dd_of(m == 0 ? 1.0 : pen_exp(m), 0.0));
    return divisor.hi == 1.0 ? product : pen_dd_div(product, divisor);
}
/* Gamma(x); NaN at 0, -1, -2 ..., infinite above 171.62. */
PE_INLINE double pen_gamma(double x)
{
    if (pen_is_nan(x) || x == -PEN_INF) return PEN_NAN;
    if (x <= 0 && x == pen_trunc(x)) return PEN_NAN;
    if (x > 171.7) return PEN_INF;
    if (x > 0) return x < 1e-300 ? 1.0 / x : pen_gamma_positive(x).hi;
    if (x < -184.0) return pen_fmod(pen_trunc(x), 2.0) == 0 ? -0.0 : 0.0;
    double s = -x * pen_sin_pi(x); /* Gamma(x) Gamma(-x) = -pi / (x sin(pi x)) */
    if (x > -1e-300) return 1.0 / x;
    if (x > -170.0) return PEN_PI / s / pen_gamma_positive(-x).hi;
    double y = pen_gamma_positive(-x - 20.0).hi;
    for (int i = 20; i >= 1; i--) s *= -x - (double)i; /* in two factors: Gamma(-x) may overflow */
    return PEN_PI / s / y;
}
PE_INLINE double pen_digamma(double x)
{
    if (!(x == x) || x == -PEN_INF) return PEN_NAN;
    if (x == PEN_INF) return x;
    double extra = 0.0;
    if (x <= 0) {
        if (x == pen_trunc(x)) return PEN_NAN;
        double f = x - pen_rint(x); /* pi cot(pi x) has period 1 */
        extra = -PEN_PI * (pen_abs(f) == 0.5 ? 0.0 : 1.0 / pen_tan(PEN_PI * f));
        x = 1.0 - x;
    }
    pen_dd s = {0.0, 0.0};
    while (x < 12.0) {
        s = pen_dd_add(s, pen_dd_div(pen_dd_of(-1.0, 0.0), pen_dd_of(x, 0.0)));
        x += 1.0;
    }
    double r = 1.0 / x, w = r * r, p = 0.08333333333333333;
    p = pen_fma(p, w, -0.021092796092796094);
    p = pen_fma(p, w, 0.007575757575757576);
    p = pen_fma(p, w, -0.004166666666666667);
    p = pen_fma(p, w, 0.003968253968253968);
    p = pen_fma(p, w, -0.008333333333333333);
    p = pen_fma(p, w, 0.08333333333333333);
    pen_dd l = pen_dd_add(pen_log_dd(x), pen_dd_of(-0.5 * r, 0.0));
    l = pen_dd_add(pen_dd_add(l, s), pen_dd_of(-p * w, 0.0));
    return pen_dd_add(l, pen_dd_of(extra, 0.0)).hi;
}
/* Gamma*(a) = Gamma(a) / (sqrt(2 pi / a) (a / e)^a). */
PE_INLINE double pen_gamma_star(double a)
{
    if (a >= 10.0) return pen_exp(pen_stirling_tail(a));
    if (a < 1e-20) return 1.0 / (PEN_SQRT_2PI * pen_sqrt(a));
    double power = pen_exp(pen_fma(0.5 - a, pen_log(a), a));
    return pen_gamma_positive(a).hi * power / PEN_SQRT_2PI;
}
PE_INLINE double pen_lbeta(double a, double b)
{
    double small = a < b ? a : b, large = a < b ? b : a;
    if (!(small > 0)) return PEN_NAN;
    if (large < 10.0) return pen_lgamma(a) + pen_lgamma(b) - pen_lgamma(a + b);
    double ratio = small / large,
           shift = pen_stirling_tail(large) - pen_stirling_tail(small + large);
    double power = -(large - 0.5) * pen_log1p(ratio) - small * (pen_log(small + large) - 1.0);
    return pen_lgamma(small) + power + shift; /* log Gamma(large) - log Gamma(small + large) */
}

/* ---- deviances --------------------------------------------------------------------------- */

/* m - log(1 + m), where 1 + m = x / y and m = difference / y. */
PE_INLINE double pen_deviance(double x, double y, double difference)
{
    double m = difference / y;
    if (m > -0.29 && m < 0.41) {
        double s = m / (2.0 + m), w = s * s;
        return s * (m - w * pen_log_series(w));
    }
    double ratio = x / y;
    if (!(ratio > 1e-290)) return ratio > 0 ? m - pen_log(ratio) : PEN_INF;
    if (!(ratio < 1e290)) return m;
    double ratio_low = pen_fma(-ratio, y, x) / y, m_low = pen_fma(-m, y, difference) / y;
    pen_dd l = pen_log_dd(ratio);
    return (m - l.hi) + (m_low - l.lo - ratio_low / ratio);
}

/* ---- incomplete gamma -------------------------------------------------------------------- */

/* P, Q = 1 - P and x times the density of a gamma or beta distribution at one point. */
typedef struct pen_tails {
    double p, q, density;
} pen_tails;

#define PEN_SERIES_MAX                                                                             \
    20000 /* terms: enough for shapes up to 1e8, a few milliseconds at the very worst */

/* sum c[i] t^i, count terms. */
PE_INLINE double pen_polynomial(const double *c, int count, double t)
{
    double p = 0.0;
    for (int i = count - 1; i >= 0; i--) p = pen_fma(p, t, c[i]);
    return p;
}
/* Temme 1979: P(a, x) = erfc(-eta sqrt(a / 2)) / 2 - e^(-a eta^2 / 2) / sqrt(2 pi a) sum C_k(eta)
 * a^-k, here the sum, C_k by Taylor series (Temme's recursion in 60 digits); for a >= 100 and |eta|
 * <= 0.9. */
PE_INLINE double pen_temme_sum(double a, double eta)
{
    const double c0[26] = {-0.3333333333333333,     0.08333333333333333,     -0.014814814814814815,
                           0.0011574074074074073,   0.0003527336860670194,   -0.0001787551440329218,
                           3.919263178522438e-05,   -2.185448510679992e-06,  -1.85406221071516e-06,
                           8.296711340953087e-07,   -1.7665952736826078e-07, 6.707853543401498e-09,
                           1.0261809784240309e-08,  -4.382036018453353e-09,  9.14769958223679e-10,
                           -2.5514193994946248e-11, -5.830772132550426e-11,  2.4361948020667415e-11,
                           -5.0276692801141755e-12, 1.1004392031956135e-13,  3.371763262400985e-13,
                           -1.392388722418162e-13,  2.8534893807047445e-14,  -5.139111834242572e-16,
                           -1.9752288294349442e-15, 8.099521156704561e-16};
    const double c1[22] = {
        -0.001851851851851852,   -0.003472222222222222,   0.0026455026455026454,
        -0.0009902263374485596,  0.00020576131687242798,  -4.018775720164609e-07,
        -1.8098550334489977e-05, 7.64916091608111e-06,    -1.6120900894563446e-06,
        4.647127802807434e-09,   1.378633446915721e-07,   -5.752545603517705e-08,
        1.1951628599778148e-08,  -1.7543241719747647e-11, -1.0091543710600413e-09,
        4.162792991842583e-10,   -8.56390702649298e-11,   6.067215101604758e-14,
        7.1624989648114856e-12,  -2.933186643771437e-12,  5.996696365683689e-13,
        -2.1671786527323313e-16};
    const double c2[18] = {
        0.004133597883597883,    -0.0026813271604938273, 0.0007716049382716049,
        2.0093878600823047e-06,  -0.0001073665322636516, 5.2923448829120125e-05,
        -1.2760635188618728e-05, 3.423578734096138e-08,  1.3721957309062934e-06,
        -6.298992138380055e-07,  1.4280614206064242e-07, -2.0477098421990866e-10,
        -1.409252991086752e-08,  6.228974084922022e-09,  -1.3670488396617114e-09,
        9.428356159014678e-13,   1.2872252400089318e-10, -5.5645956134363323e-11};
    const double c3[15] = {
        0.0006494341563786008,   0.00022947209362139917,  -0.0004691894943952557,
        0.00026772063206283885,  -7.561801671883977e-05,  -2.396505113867297e-07,
        1.1082654115347302e-05,  -5.6749528269915965e-06, 1.4230900732435883e-06,
        -2.7861080291528143e-11, -1.6958404091930278e-07, 8.099464905388083e-08,
        -1.9111168485973655e-08, 2.3928620439808118e-12,  2.0620131815488797e-09};
    const double c4[12] = {-0.0008618882909167117,  0.0007840392217200666,  -0.0002990724803031902,
                           -1.4638452578843418e-06, 6.641498215465122e-05,  -3.968365047179435e-05,
                           1.1375726970678419e-05,  2.507497226237533e-10,  -1.6954149536558305e-06,
                           8.907507532205309e-07,   -2.292934834000805e-07, 2.956794137544049e-11};
    const double c5[10] = {-0.00033679855336635813, -6.972813758365857e-05, 0.0002772753244959392,
                           -0.00019932570516188847, 6.797780477937208e-05,  1.419062920643967e-07,
                           -1.3594048189768693e-05, 8.018470256334202e-06,  -2.291481176508095e-06,
                           -3.252473551298454e-10};
    const double c6[4] = {0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045,
                          7.902353232660328e-07};
    double r = 1.0 / a, sum = 0.0003443676068923777;
    sum = pen_fma(sum, r, pen_polynomial(c6, 4, eta));
    sum = pen_fma(sum, r, pen_polynomial(c5, 10, eta));
    sum = pen_fma(sum, r, pen_polynomial(c4, 12, eta));
    sum = pen_fma(sum, r, pen_polynomial(c3, 15, eta));
    sum = pen_fma(sum, r, pen_polynomial(c2, 18, eta));
    sum = pen_fma(sum, r, pen_polynomial(c1, 22, eta));
    return pen_fma(sum, r, pen_polynomial(c0, 26, eta));
}
/* Q for a < 1 and small x, where 1 - P would cancel: 1 - x^a / Gamma(1 + a) (1 + a sum (-x)^n / ((a
 * + n) n!)). */
PE_INLINE double pen_gamma_q_small(double a, double x)
{
    double sum = 0.0, term = 1.0;
    for (int n = 1; n < 60; n++) {
        term *= -x / n;
        sum += term / (a + n);
        if (pen_abs(term) < 1e-18) break;
    }
    double e = pen_expm1(a * pen_log(x) - (a < 0.5 ? pen_lgamma_middle(a) - pen_log1p(a)
                                                   : pen_lgamma_positive(1.0 + a)));
    return -e - (1.0 + e) * a * sum;
}
/* A continued fraction's last two convergents, as numerators and denominators. */
typedef struct pen_convergents {
    double a0, b0, a1, b1;
} pen_convergents;

/* The next one, for the term numerator / denominator. */
PE_INLINE void pen_convergents_next(pen_convergents *c, double numerator, double denominator)
{
    double a = pen_fma(denominator, c->a1, numerator * c->a0);
    double b = pen_fma(denominator, c->b1, numerator * c->b0);
    c->a0 = c->a1;
    c->b0 = c->b1;
    c->a1 = a;
    c->b1 = b;
}
/* Whether the last two agree; keeps all four in range. */
PE_INLINE bool pen_convergents_done(pen_convergents *c)
{
    double now = c->a1 * c->b0, before = c->a0 * c->b1;
    double size = pen_abs(c->b1);
    if (size > 1e100 || size < 1e-100) {
        double scale = 1.0 / c->b1;
        c->a0 *= scale;
        c->b0 *= scale;
        c->a1 *= scale;
        c->b1 = 1.0;
    }
    return pen_abs(now - before) <= 2e-16 * pen_abs(now);
}
/* Gamma(a, x) e^x x^-a = 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)), for x >= a + 1. */
PE_INLINE double pen_gamma_fraction(double a, double x)
{
    double b = x + 1.0 - a;
    pen_convergents c = {0.0, 1.0, 1.0, b};
    for (int n = 1; n < PEN_SERIES_MAX; n++) {
        b += 2.0;
        pen_convergents_next(&c, -n * (n - a), b);
        if (pen_convergents_done(&c)) break;
    }
    return c.a1 / c.b1;
}
/* star: pen_gamma_star(a), for callers that keep it. a > 0, x >= 0. */
PE_INLINE pen_tails pen_gamma_tails(double a, double star, double x)
{
    pen_tails t = {0.0, 1.0, 0.0};
    if (x <= 0) return t;
    double deviance = pen_deviance(x, a, x - a), exponent = a * deviance;
    if (!(exponent < 800.0)) { /* out of range: no density left */
        t.p = x > a ? 1.0 : 0.0;
        t.q = 1.0 - t.p;
        if (exponent > 800.0 && (a > 1.0 || x > a)) return t;
    }
    double e = pen_exp(-exponent);
    t.density = pen_sqrt(a) * e / (PEN_SQRT_2PI * star);
    double eta = pen_sqrt(2.0 * deviance);
    if (a >= 100.0 && eta < 0.9) {
        if (x < a) eta = -eta;
        double rest = e / (PEN_SQRT_2PI * pen_sqrt(a)) * pen_temme_sum(a, eta);
        double z = eta * pen_sqrt(a);
        t.p = pen_norm_cdf(z) - rest;
        t.q = pen_norm_cdf(-z) + rest;
        return t;
    }
    if (x < a + 1.0) {
        double sum = 1.0, term = 1.0;
        for (int n = 1; n < PEN_SERIES_MAX && term > sum * 1e-17; n++) {
            term *= x / (a + n);
            sum += term;
        }
        t.p = t.density * sum / a;
        if (t.p > 1.0) t.p = 1.0;
        t.q = a < 1.0 && x < 1.5 ? pen_gamma_q_small(a, x) : 1.0 - t.p;
        return t;
    }
    t.q = t.density * pen_gamma_fraction(a, x);
    t.p = 1.0 - t.q;
    return t;
}
PE_INLINE bool pen_gamma_domain(double a, double x)
{
    return a > 0 && a < 1e300 && x >= 0;
}
PE_INLINE double pen_gamma_p(double a, double x)
{
    if (!pen_gamma_domain(a, x)) return PEN_NAN;
    return x == PEN_INF ? 1.0 : pen_gamma_tails(a, pen_gamma_star(a), x).p;
}
PE_INLINE double pen_gamma_q(double a, double x)
{
    if (!pen_gamma_domain(a, x)) return PEN_NAN;
    return x == PEN_INF ? 0.0 : pen_gamma_tails(a, pen_gamma_star(a), x).q;
}

/* ---- incomplete beta --------------------------------------------------------------------- */

/* Gamma*(a) Gamma*(b) / Gamma*(a + b). */
PE_INLINE double pen_beta_star(double a, double b)
{
    return pen_gamma_star(a) / pen_gamma_star(a + b) * pen_gamma_star(b);
}
/* The continued fraction of I_x(a, b) (Gauss), for x below about the mean, without its leading
 * factor. */
PE_INLINE double pen_beta_fraction(double a, double b, double x)
{
    pen_convergents c = {0.0, 1.0, 1.0, 1.0};
    pen_convergents_next(&c, -(a + b) * x / (a + 1.0), 1.0);
    for (int n = 1; n < PEN_SERIES_MAX; n++) {
        double m = (double)n, a2 = a + 2.0 * m;
        pen_convergents_next(&c, m * (b - m) * x / ((a2 - 1.0) * a2), 1.0);
        pen_convergents_next(&c, -(a + m) * (a + b + m) * x / (a2 * (a2 + 1.0)), 1.0);
        if (pen_convergents_done(&c)) break;
    }
    return c.a1 / c.b1;
}
/* Both parameters of 1e8 and more: the normal approximation and the first term of Temme's
 * expansion. */
PE_INLINE pen_tails pen_beta_normal(double a, double b, double exponent, double e, double distance)
{
    double c = a + b, x0 = a / c, s = pen_sqrt(x0 * (b / c));
    double eta = pen_copysign(pen_sqrt(2.0 * exponent / c), distance);
    double term = pen_abs(eta) > 3e-8 ? 1.0 / eta - s / distance : (b - a) / c / (3.0 * s);
    double rest = e / (PEN_SQRT_2PI * pen_sqrt(c)) * term, z = eta * pen_sqrt(c);
    pen_tails t = {pen_norm_cdf(z) + rest, pen_norm_cdf(-z) - rest, 0.0};
    return t;
}
/* I_x(a, b) and its complement; y = 1 - x given apart, so that neither tail loses bits; density: x
 * (1 - x) f(x). */
PE_INLINE pen_tails pen_beta_tails(double a, double b, double star, double x, double y)
{
    pen_tails t = {0.0, 1.0, 0.0};
    if (x <= 0) return t;
    if (y <= 0) {
        t.p = 1.0;
        t.q = 0.0;
        return t;
    }
    double c = a + b, distance = x <= 0.5 ? x * b - a * y : b * x - y * a; /* c (x - a / c) */
    distance = pen_fma(x, b, -a * y);
    double exponent = a * pen_deviance(x * c, a, distance) + b * pen_deviance(y * c, b, -distance);
    double e = pen_exp(-exponent);
    t.density = pen_sqrt(a / c * b) * e / (PEN_SQRT_2PI * star);
    if (a >= 1e8 && b >= 1e8) {
        pen_tails n = pen_beta_normal(a, b, exponent, e, distance / c);
        n.density = t.density;
        return n;
    }
    if (x * (c + 2.0) < a + 1.0) {
        t.p = t.density > 0 ? t.density * pen_beta_fraction(a, b, x) / a : 0.0;
        if (t.p > 1.0) t.p = 1.0;
        t.q = 1.0 - t.p;
    } else {
        t.q = t.density > 0 ? t.density * pen_beta_fraction(b, a, y) / b : 0.0;
        if (t.q > 1.0) t.q = 1.0;
        t.p = 1.0 - t.q;
    }
    return t;
}
PE_INLINE bool pen_beta_domain(double a, double b, double x)
{
    return a > 0 && b > 0 && a < 1e150 && b < 1e150 && x >= 0 && x <= 1.0;
}
/* I_x(a, b). */
PE_INLINE double pen_beta_inc(double a, double b, double x)
{
    if (!pen_beta_domain(a, b, x)) return PEN_NAN;
    return pen_beta_tails(a, b, pen_beta_star(a, b), x, 1.0 - x).p;
}
/* 1 - I_x(a, b), accurate where it is small. */
PE_INLINE double pen_beta_inc_upper(double a, double b, double x)
{
    if (!pen_beta_domain(a, b, x)) return PEN_NAN;
    return pen_beta_tails(a, b, pen_beta_star(a, b), x, 1.0 - x).q;
}

/* ---- inverses ---------------------------------------------------------------------------- */

#define PEN_INVERSE_MAX 100 /* steps; bisection alone needs about 60 */

/* A search for x in (low, high). */
typedef struct pen_search {
    double x, low, high;
    bool done;
} pen_search;

/* The next estimate, where P and Q at s->x are t, p and q = 1 - p are wanted, slope is the density
 * at x and bend its logarithmic derivative: Halley's step on log P as a function of log x, or on
 * log Q, whichever side is the smaller; outside the bracket, its middle. Halley's step triples the
 * digits, so a change of 1e-5 of the scale is the last one needed. */
PE_INLINE void pen_search_step(pen_search *s, pen_tails t, double p, double q, double slope,
                               double bend)
{
    bool lower = p <= q;
    double x = s->x, tail = lower ? t.p : t.q, ratio = lower ? t.p / p : q / t.q, next = -1.0;
    double scale = tail / slope; /* the distance in which the tail changes by a factor e */
    if (lower ? t.p < p : t.q > q)
        s->low = x;
    else
        s->high = x;
    if (slope > 0 && ratio > 0 && pen_is_finite(ratio)) {
        double g = pen_log(ratio), step = g * scale;
        double curve = lower ? step * (1.0 / x + bend - 1.0 / scale) : step * (bend + 1.0 / scale);
        double divisor = 1.0 - 0.5 * curve;
        divisor = divisor < 0.5 ? 0.5 : divisor > 2.0 ? 2.0 : divisor;
        next = lower ? x * pen_exp(-step / x / divisor) : x - step / divisor;
    }
    bool inside = next >= s->low && next <= s->high && next > 0;
    if (!inside) next = 0.5 * (s->low + s->high);
    double change = pen_abs(next - x);
    s->x = next;
    s->done =
        (inside && change <= 1e-5 * (scale < x ? scale : x)) || s->high - s->low <= 4e-16 * s->high;
}
/* x with P(a, x) = p and Q(a, x) = q = 1 - p. */
PE_INLINE double pen_gamma_inverse(double a, double star, double p, double q)
{
    double z = p < q ? pen_norm_inv(p) : -pen_norm_inv(q);
    double third = 1.0 / (9.0 * a), root = 1.0 - third + z * pen_sqrt(third);
    double x = a * root * root * root; /* Wilson and Hilferty */
    if (a < 1.0 || root < 0.4) {       /* P is about x^a / Gamma(a + 1) */
        double power = pen_exp((pen_log(p) + pen_lgamma(a + 1.0)) / a);
        if (power < 0.7 * a || root <= 0.0) x = power;
        if (a < 1.0 && x > a && q < 0.5) x = -pen_log(q) + (a < 0.5 ? -1.0 : 0.0);
        if (x < 1e-290) return x;
    }
    pen_search s = {x, 0.0, a + 800.0 + 40.0 * pen_sqrt(a), false};
    if (!(x > 0 && x < s.high)) s.x = 0.5 * s.high;
    for (int i = 0; i < PEN_INVERSE_MAX && !s.done; i++) {
        pen_tails t = pen_gamma_tails(a, star, s.x);
        pen_search_step(&s, t, p, q, t.density / s.x, (a - 1.0) / s.x - 1.0);
    }
    return s.x;
}
/* x with P(a, x) = p. */
PE_INLINE double pen_gamma_p_inv(double a, double p)
{
    if (!pen_gamma_domain(a, 0.0) || !(p >= 0 && p <= 1.0)) return PEN_NAN;
    if (p == 0 || p == 1.0) return p == 0 ? 0.0 : PEN_INF;
    return pen_gamma_inverse(a, pen_gamma_star(a), p, 1.0 - p);
}
/* x with Q(a, x) = q. */
PE_INLINE double pen_gamma_q_inv(double a, double q)
{
    if (!pen_gamma_domain(a, 0.0) || !(q >= 0 && q <= 1.0)) return PEN_NAN;
    if (q == 0 || q == 1.0) return q == 1.0 ? 0.0 : PEN_INF;
    return pen_gamma_inverse(a, pen_gamma_star(a), 1.0 - q, q);
}
/* A starting point for I_x(a, b) = p (Abramowitz and Stegun 26.5.22; powers for small parameters).
 */
PE_INLINE double pen_beta_guess(double a, double b, double p, double q)
{
    if (a >= 1.0 && b >= 1.0) {
        double z = p < q ? -pen_norm_inv(p) : pen_norm_inv(q);
        double ra = 1.0 / (2.0 * a - 1.0), rb = 1.0 / (2.0 * b - 1.0);
        double h = 2.0 / (ra + rb), l = (z * z - 3.0) / 6.0;
        double w = z * pen_sqrt(h + l > 0 ? h + l : 0.0) / h -
                   (rb - ra) * (l + 5.0 / 6.0 - 2.0 / (3.0 * h));
        return a / (a + b * pen_exp(2.0 * w));
    }
    double l = pen_lbeta(a, b);
    double x = pen_exp((pen_log(p * a) + l) / a);
    if (x < 0.5) return x;
    x = pen_exp((pen_log(q * b) + l) / b);
    return x < 0.5 ? 1.0 - x : 0.5;
}
/* x with I_x(a, b) = p, 1 - I_x(a, b) = q = 1 - p; *complement: 1 - x. half: I_1/2(a, b), from
 * pen_beta_half. */
PE_INLINE double pen_beta_inverse(double a, double b, double star, double half, double p, double q,
                                  double *complement)
{
    /* Solved for the smaller of x and 1 - x, so that both have all their bits. */
    bool swap = half < p;
    double c = swap ? b : a, d = swap ? a : b, u = swap ? q : p, v = swap ? p : q;
    pen_search s = {pen_beta_guess(c, d, u, v), 0.0, 0.5, false};
    if (s.x >= 1e-290) {
        if (!(s.x < 0.5)) s.x = 0.4999;
        for (int i = 0; i < PEN_INVERSE_MAX && !s.done; i++) {
            double x = s.x, y = 1.0 - x;
            pen_tails t = pen_beta_tails(c, d, star, x, y);
            pen_search_step(&s, t, u, v, t.density / (x * y), (c - 1.0) / x - (d - 1.0) / y);
        }
    }
    *complement = swap ? s.x : 1.0 - s.x;
    return swap ? 1.0 - s.x : s.x;
}
PE_INLINE double pen_beta_half(double a, double b, double star)
{
    return pen_beta_tails(a, b, star, 0.5, 0.5).p;
}
/* x with I_x(a, b) = p. */
PE_INLINE double pen_beta_inv(double a, double b, double p)
{
    if (!pen_beta_domain(a, b, p)) return PEN_NAN;
    if (p == 0 || p == 1.0) return p;
    double complement;
    double star = pen_beta_star(a, b);
    return pen_beta_inverse(a, b, star, pen_beta_half(a, b, star), p, 1.0 - p, &complement);
}

#endif
