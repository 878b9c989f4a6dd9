/* numeric_exp.h: exponentials, logarithms, powers. Invariant: pen_exp ... pen_pow_full have no
 * branches, tables, signed shifts or conversions between 64-bit integers and doubles, so that loops
 * over them vectorise. The coefficients are Chebyshev interpolants computed with 50 digits. */
#ifndef PE_NUMERIC_EXP_H
#define PE_NUMERIC_EXP_H

#include "numeric_core.h"

#define PEN_LN2_HIGH 0.6931471803691238 /* 32 bits: k times it is exact */
#define PEN_LN2_MIDDLE 1.9082149292705877e-10
#define PEN_LN2_LOW 1.162622587490616e-26

/* 2^k for integral k as a double in [-1022, 1023]. */
PE_INLINE double pen_pow2(double k)
{
    return pen_from_bits((pen_bits(k + PEN_MAGIC) + 1023u) << 52);
}
/* x 2^k for integral |k| <= 2044, rounded once (in two steps, the first of which is exact for
 * 2^-1000 < |x|). */
PE_INLINE double pen_scale(double x, double k)
{
    double half = (k * 0.5 + PEN_MAGIC) - PEN_MAGIC;
    return x * pen_pow2(half) * pen_pow2(k - half);
}
/* (e^r - 1 - r) / r^2 for |r| <= 0.347. */
PE_INLINE double pen_exp_tail(double r)
{
    double p = 2.091477283224809e-09;
    p = pen_fma(p, r, 2.510533724466521e-08);
    p = pen_fma(p, r, 2.755727343657049e-07);
    p = pen_fma(p, r, 2.755725511097889e-06);
    p = pen_fma(p, r, 2.480158732571076e-05);
    p = pen_fma(p, r, 0.00019841269875048905);
    p = pen_fma(p, r, 0.0013888888888883703);
    p = pen_fma(p, r, 0.00833333333332607);
    p = pen_fma(p, r, 0.04166666666666667);
    p = pen_fma(p, r, 0.1666666666666667);
    return pen_fma(p, r, 0.5);
}
/* e^(x + low) as (hi + lo) 2^k, for |x| < 1100 and |low| <= ulp(x). */
PE_INLINE pen_dd pen_exp_parts(double x, double low, double *k)
{
    double n = pen_fma(x, 1.4426950408889634, PEN_MAGIC) - PEN_MAGIC;
    double a = pen_fma(-n, PEN_LN2_HIGH, x); /* exact */
    pen_dd r = pen_two_sum(a, pen_fma(-n, PEN_LN2_MIDDLE, low));
    double tail = pen_fma(r.hi * r.hi, pen_exp_tail(r.hi), pen_fma(r.lo, r.hi, r.lo));
    pen_dd s = pen_fast_two_sum(1.0, r.hi);
    *k = n;
    return pen_fast_two_sum(s.hi, s.lo + tail);
}
/* e^(x + low) 2^k_extra. */
PE_INLINE double pen_exp_scaled(double x, double low, double k_extra)
{
    double k;
    x = x > 1090.0 ? 1090.0 : x;
    x = x < -1090.0 ? -1090.0 : x;
    pen_dd e = pen_exp_parts(x, low, &k);
    return pen_scale(e.hi, k + k_extra);
}
PE_INLINE double pen_exp(double x)
{
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double n = pen_fma(x, 1.4426950408889634, PEN_MAGIC) - PEN_MAGIC;
    double a = pen_fma(-n, PEN_LN2_HIGH, x);
    double r = pen_fma(-n, PEN_LN2_MIDDLE, a);
    double e = 1.0 + pen_fma(r * r, pen_exp_tail(r), r);
    return pen_scale(e, n);
}
PE_INLINE double pen_exp2(double x)
{
    x = x > 1030.0 ? 1030.0 : x;
    x = x < -1080.0 ? -1080.0 : x;
    double n = pen_rint(x), f = x - n;
    pen_dd r = pen_two_prod(f, 0.6931471805599453);
    r.lo = pen_fma(f, 2.3190468138462996e-17, r.lo);
    double tail = pen_fma(r.hi * r.hi, pen_exp_tail(r.hi), r.lo);
    return pen_scale(1.0 + (r.hi + tail), n);
}
/* e^x - 1, for -60 <= x <= 710, halved (the largest result needs 2^1024). */
PE_INLINE pen_dd pen_expm1_half(double x)
{
    double n = pen_fma(x, 1.4426950408889634, PEN_MAGIC) - PEN_MAGIC;
    double a = pen_fma(-n, PEN_LN2_HIGH, x);
    pen_dd r = pen_two_sum(a, -n * PEN_LN2_MIDDLE);
    double tail = pen_fma(r.hi * r.hi, pen_exp_tail(r.hi), pen_fma(r.lo, r.hi, r.lo));
    pen_dd q = pen_fast_two_sum(r.hi, tail); /* e^r - 1 */
    double half = pen_pow2(n - 1.0);
    pen_dd s = pen_two_sum(half - 0.5, half * q.hi);
    return pen_fast_two_sum(s.hi, s.lo + half * q.lo);
}
PE_INLINE double pen_expm1(double x)
{
    double c = x > 710.0 ? 710.0 : x;
    c = c < -60.0 ? -60.0 : c;
    double y = 2.0 * pen_expm1_half(c).hi;
    return pen_abs(x) < 1e-290 ? x : y; /* halving would lose bits of subnormals */
}

/* ---- logarithms -------------------------------------------------------------------------- */

/* x = m 2^k with sqrt(1/2) <= m < sqrt(2), for finite x > 0. */
PE_INLINE double pen_log_reduce(double x, double *k)
{
    bool tiny = x < 2.2250738585072014e-308;
    x = tiny ? x * 18014398509481984.0 : x;
    uint64_t u = pen_bits(x);
    uint64_t e = (u + (0x3FF0000000000000ull - 0x3FE6A09E667F3BCDull)) >> 52; /* k + 1023 */
    *k = (pen_from_bits(0x4330000000000000ull | e) - 4503599627371519.0) - (tiny ? 54.0 : 0.0);
    return pen_from_bits(u - (e << 52) + 0x3FF0000000000000ull);
}
/* The logarithm's value at 0, below 0, at infinity and NaN, where y is its value elsewhere. */
PE_INLINE double pen_log_edges(double x, double y)
{
    y = x == 0 ? -PEN_INF : y;
    y = x == PEN_INF ? x : y;
    return x >= 0 ? y : PEN_NAN;
}
/* log((1 + s) / (1 - s)) / s - 2 over s^2, for s^2 <= 0.0295. */
PE_INLINE double pen_log_series(double w)
{
    double p = 0.1461703754879165;
    p = pen_fma(p, w, 0.1533167403016786);
    p = pen_fma(p, w, 0.18182890556695602);
    p = pen_fma(p, w, 0.2222221111514416);
    p = pen_fma(p, w, 0.2857142862609589);
    p = pen_fma(p, w, 0.3999999999989924);
    return pen_fma(p, w, 0.666666666666667);
}
/* log(1 + f) + low + k log 2, where 1 + f lies in [sqrt(1/2), sqrt(2)):
 * with s = f / (2 + f), log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + w series(w)), w = s^2. */
PE_INLINE double pen_log_sum(double f, double low, double k)
{
    double s = f / (2.0 + f), w = s * s, half = 0.5 * f * f;
    double inner = pen_fma(s, pen_fma(w, pen_log_series(w), half), pen_fma(k, PEN_LN2_MIDDLE, low));
    pen_dd h = pen_fast_two_sum(k * PEN_LN2_HIGH, f);
    pen_dd t = pen_two_sum(h.hi, -half);
    return t.hi + (t.lo + h.lo + inner);
}
PE_INLINE double pen_log(double x)
{
    double k, m = pen_log_reduce(x, &k);
    return pen_log_edges(x, pen_log_sum(m - 1.0, 0.0, k));
}
/* log(1 + x + low). */
PE_INLINE double pen_log1p_dd(double x, double low)
{
    pen_dd u = pen_two_sum(1.0, x);
    double k, m = pen_log_reduce(u.hi, &k);
    double y = pen_log_sum(m - 1.0, (u.lo + low) / u.hi, k);
    y = pen_abs(x) < 1e-290 ? x : y; /* also keeps the sign of zero */
    return x >= -1.0 ? (x == PEN_INF ? x : (x == -1.0 ? -PEN_INF : y)) : PEN_NAN;
}
PE_INLINE double pen_log1p(double x)
{
    return pen_log1p_dd(x, 0.0);
}
/* log(x) for finite x > 0 to about 2^-68 of its value. */
PE_INLINE pen_dd pen_log_mantissa(double m) /* log(m), sqrt(1/2) <= m < sqrt(2) */
{
    double f = m - 1.0, d = 2.0 + f, dlow = f - (d - 2.0);
    double s = f / d;
    double slow = pen_fma(-s, dlow, pen_fma(-s, d, f)) / d;
    pen_dd w = pen_two_prod(s, s);
    w.lo = pen_fma(s + s, slow, w.lo);
    double p = 0.10617532765504996;
    p = pen_fma(p, w.hi, 0.10472858263128923);
    p = pen_fma(p, w.hi, 0.11766051672505168);
    p = pen_fma(p, w.hi, 0.13333314647056682);
    p = pen_fma(p, w.hi, 0.15384615525187234);
    p = pen_fma(p, w.hi, 0.18181818181299614);
    p = pen_fma(p, w.hi, 0.2222222222222295);
    p = pen_fma(p, w.hi, 0.2857142857142857);
    /* series = 2/3 + w (2/5 + w p), its first two terms in double-double */
    pen_dd q = pen_fast_two_sum(0.4, w.hi * p);
    q.lo -= 2.2204460492503132e-17;
    pen_dd c = pen_two_prod(w.hi, q.hi);
    c.lo = pen_fma(w.hi, q.lo, pen_fma(w.lo, q.hi, c.lo));
    pen_dd t = pen_fast_two_sum(0.6666666666666666, c.hi);
    t.lo += c.lo + 3.700743415417188e-17;
    /* log = 2 s + s w series */
    pen_dd v = pen_two_prod(w.hi, t.hi);
    v.lo = pen_fma(w.hi, t.lo, pen_fma(w.lo, t.hi, v.lo));
    pen_dd g = pen_two_prod(s, v.hi);
    g.lo = pen_fma(s, v.lo, pen_fma(slow, v.hi, g.lo));
    pen_dd r = pen_fast_two_sum(s + s, g.hi);
    return pen_fast_two_sum(r.hi, r.lo + (g.lo + (slow + slow)));
}
PE_INLINE pen_dd pen_log_dd(double x)
{
    double k, m = pen_log_reduce(x, &k);
    pen_dd l = pen_log_mantissa(m);
    pen_dd h = pen_fast_two_sum(k * PEN_LN2_HIGH, l.hi);
    pen_dd c = pen_two_prod(k, PEN_LN2_MIDDLE);
    pen_dd s = pen_two_sum(h.hi, c.hi);
    return pen_fast_two_sum(s.hi, s.lo + (h.lo + (c.lo + (l.lo + k * PEN_LN2_LOW))));
}
PE_INLINE double pen_log2(double x)
{
    double k, m = pen_log_reduce(x, &k);
    pen_dd l = pen_log_mantissa(m), p = pen_two_prod(l.hi, 1.4426950408889634);
    p.lo = pen_fma(l.hi, 2.0355273740931033e-17, pen_fma(l.lo, 1.4426950408889634, p.lo));
    pen_dd s = pen_two_sum(k, p.hi);
    return pen_log_edges(x, s.hi + (s.lo + p.lo));
}
PE_INLINE double pen_log10(double x)
{
    double k, m = pen_log_reduce(x, &k);
    pen_dd l = pen_log_mantissa(m), p = pen_two_prod(l.hi, 0.4342944819032518);
    p.lo = pen_fma(l.hi, 1.098319650216765e-17, pen_fma(l.lo, 0.4342944819032518, p.lo));
    pen_dd c = pen_two_prod(k, 0.3010299956639812);
    c.lo = pen_fma(k, -2.8037281277851704e-18, c.lo);
    pen_dd s = pen_two_sum(c.hi, p.hi);
    return pen_log_edges(x, s.hi + (s.lo + (c.lo + p.lo)));
}

/* ---- powers ------------------------------------------------------------------------------ */

/* x^y by e^(y log x), as C's pow: x^0 = 1^y = 1, a negative x needs an integral y. */
PE_INLINE double pen_pow_full(double x, double y)
{
    double size = pen_abs(x), size_y = pen_abs(y);
    pen_dd l = pen_log_dd(size);
    double clamped = size_y > 1e300 ? pen_copysign(1e300, y) : y;
    pen_dd p = pen_two_prod(clamped, l.hi);
    p.lo = pen_fma(clamped, l.lo, p.lo);
    double low = pen_abs(p.hi) < 1090.0 ? p.lo : 0.0;
    double r = pen_exp_scaled(p.hi, low, 0.0);
    double half = 0.5 * y; /* & and |, not && and ||: those are branches */
    bool integral = pen_rint(y) == y, odd = integral & (pen_rint(half) != half);
    double at_zero = y > 0 ? 0.0 : PEN_INF, at_infinity = y > 0 ? PEN_INF : 0.0;
    r = size == 1.0 ? 1.0 : r;
    r = size == 0 ? at_zero : r;
    r = size == PEN_INF ? at_infinity : r;
    double flipped = pen_from_bits(pen_bits(r) ^ (pen_bits(x) & PEN_SIGN_BIT));
    r = odd ? flipped : r;
    r = ((x < 0) & !integral & (size != PEN_INF)) ? PEN_NAN : r;
    r = ((x != x) | (y != y)) ? PEN_NAN : r;
    r = y == 0 ? 1.0 : r;
    return x == 1.0 ? 1.0 : r;
}

#define PEN_POWI_MAX 1024
#define PEN_POWI_PART 128 /* lanes at a time: five arrays of them stay in the first-level cache */

/* x^n for |n| <= 1024 within 0.5 ulp: repeated squaring of the significand in double-double. */
PE_INLINE double pen_powi(double x, int n)
{
    if (n == 0) return 1.0;
    if (x == 0 || !pen_is_finite(x)) return pen_pow_full(x, (double)n);
    unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n;
    double k, m = pen_log_reduce(pen_abs(x), &k);
    pen_dd power = pen_dd_of(1.0, 0.0), square = pen_dd_of(m, 0.0);
    for (; left != 0; left >>= 1) {
        if (left & 1) power = pen_dd_mul(power, square);
        square = pen_dd_mul(square, square);
    }
    if (n < 0) power = pen_dd_div(pen_dd_of(1.0, 0.0), power);
    double exponent = k * n;
    exponent = exponent > 2000.0 ? 2000.0 : exponent;
    exponent = exponent < -2000.0 ? -2000.0 : exponent;
    double half = (exponent * 0.5 + PEN_MAGIC) - PEN_MAGIC;
    double r = power.hi * pen_pow2(half) * pen_pow2(exponent - half);
    return x < 0 && (n & 1) != 0 ? -r : r;
}
/* Whether x^y is computed by pen_powi(x, (int)y): a property of y alone. */
PE_INLINE bool pen_pow_is_powi(double y)
{
    return pen_abs(y) <= (double)PEN_POWI_MAX && pen_rint(y) == y;
}
PE_INLINE double pen_pow(double x, double y)
{
    return pen_pow_is_powi(y) ? pen_powi(x, (int)y) : pen_pow_full(x, y);
}
/* The loops of pen_powi_many over one part: the significands' powers, their reciprocals, the
 * scaling. */
PE_INLINE void pen_powi_part(const double *x, int n, double *out, int count)
{
    double ph[PEN_POWI_PART], pl[PEN_POWI_PART], sh[PEN_POWI_PART], sl[PEN_POWI_PART];
    double k[PEN_POWI_PART];
    unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n;
    for (int i = 0; i < count; i++) {
        sh[i] = pen_log_reduce(pen_abs(x[i]), &k[i]);
        sl[i] = 0.0;
        ph[i] = 1.0;
        pl[i] = 0.0;
    }
    for (; left != 0; left >>= 1) {
        for (int i = 0; (left & 1) != 0 && i < count; i++) {
            pen_dd p = pen_dd_mul(pen_dd_of(ph[i], pl[i]), pen_dd_of(sh[i], sl[i]));
            ph[i] = p.hi;
            pl[i] = p.lo;
        }
        for (int i = 0; left > 1 && i < count; i++) {
            pen_dd s = pen_dd_mul(pen_dd_of(sh[i], sl[i]), pen_dd_of(sh[i], sl[i]));
            sh[i] = s.hi;
            sl[i] = s.lo;
        }
    }
    if (n < 0)
        for (int i = 0; i < count; i++)
            ph[i] = pen_dd_div(pen_dd_of(1.0, 0.0), pen_dd_of(ph[i], pl[i])).hi;
    for (int i = 0; i < count; i++) {
        double exponent = k[i] * n;
        exponent = exponent > 2000.0 ? 2000.0 : exponent;
        exponent = exponent < -2000.0 ? -2000.0 : exponent;
        double half = (exponent * 0.5 + PEN_MAGIC) - PEN_MAGIC;
        double r = ph[i] * pen_pow2(half) * pen_pow2(exponent - half);
        out[i] = (n & 1) != 0 ? pen_copysign(r, x[i]) : r;
    }
}
/* out[i] = pen_powi(x[i], n), the same bits, vectorised; out may be x. */
PE_INLINE void pen_powi_many(const double *x, int n, double *out, uint64_t count)
{
    for (uint64_t first = 0; first < count; first += PEN_POWI_PART) {
        int width = count - first < PEN_POWI_PART ? (int)(count - first) : PEN_POWI_PART;
        const double *in = x + first;
        double powers[PEN_POWI_PART];
        uint64_t special = n == 0;
        pen_powi_part(in, n, powers, width);
        for (int i = 0; i < width; i++) {
            uint64_t size = pen_bits(in[i]) & ~PEN_SIGN_BIT;
            special |= size - 1 >= 0x7FEFFFFFFFFFFFFFull ? 1u : 0u; /* zero, infinite or NaN */
        }
        if (special != 0)
            for (int i = 0; i < width; i++) powers[i] = pen_powi(in[i], n);
        for (int i = 0; i < width; i++) out[first + (unsigned)i] = powers[i];
    }
}
/* out[i] = pen_pow(x[i], y[i]), the same bits; out may be x or y. */
PE_INLINE void pen_pow_many(const double *x, const double *y, double *out, uint64_t count)
{
    for (uint64_t first = 0; first < count; first += 64) {
        int width = count - first < 64 ? (int)(count - first) : 64;
        double r[64];
        const double *a = x + first, *b = y + first;
        for (int i = 0; i < width; i++) r[i] = pen_pow_full(a[i], b[i]);
        for (int i = 0; i < width; i++)
            if (pen_pow_is_powi(b[i])) r[i] = pen_powi(a[i], (int)b[i]);
        for (int i = 0; i < width; i++) out[first + (unsigned)i] = r[i];
    }
}

/* The real cube root. */
PE_INLINE double pen_cbrt(double x)
{
    if (x == 0 || !pen_is_finite(x)) return x;
    double r = pen_pow_full(pen_abs(x), 0.3333333333333333);
    int n;
    double size = pen_frexp(pen_abs(x), &n);
    int third = n >= 0 ? n / 3 : -((2 - n) / 3);
    r = pen_ldexp(r, -third); /* around 1, so that the cube neither overflows nor loses bits */
    size = pen_ldexp(size, n - 3 * third);
    pen_dd square = pen_two_prod(r, r), cube = pen_dd_mul(square, pen_dd_of(r, 0.0));
    r = r - ((cube.hi - size) + cube.lo) / (3.0 * square.hi);
    return pen_copysign(pen_ldexp(r, third), x);
}

#endif
