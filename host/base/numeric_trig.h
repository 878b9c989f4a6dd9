/* numeric_trig.h: circular and hyperbolic functions and their inverses. Invariant: angles are
 * reduced with enough bits of 2/pi (Cody and Waite for moderate ones, Payne and Hanek otherwise),
 * so that the bounds hold for every finite double. */
#ifndef PE_NUMERIC_TRIG_H
#define PE_NUMERIC_TRIG_H

#include "numeric_exp.h"

#define PEN_PI 3.141592653589793
#define PEN_PI_LOW 1.2246467991473532e-16
#define PEN_HALF_PI 1.5707963267948966
#define PEN_HALF_PI_LOW 6.123233995736766e-17

/* 64 bits of the binary fraction of 2/pi from bit 64 * index on. */
PE_INLINE uint64_t pen_two_over_pi(int index)
{
    const uint64_t words[20] = {
        0xa2f9836e4e441529ull, 0xfc2757d1f534ddc0ull, 0xdb6295993c439041ull, 0xfe5163abdebbc561ull,
        0xb7246e3a424dd2e0ull, 0x06492eea09d1921cull, 0xfe1deb1cb129a73eull, 0xe88235f52ebb4484ull,
        0xe99c7026b45f7e41ull, 0x3991d639835339f4ull, 0x9c845f8bbdf9283bull, 0x1ff897ffde05980full,
        0xef2f118b5a0a6d1full, 0x6d367ecf27cb09b7ull, 0x4f463f669e5fea2dull, 0x7527bac7ebe5f17bull,
        0x3d0739f78a5292eaull, 0x6bfb5fb11f8d5d08ull, 0x56033046fc7b6babull, 0xf0cfbc209af4361dull};
    return index >= 0 && index < 20 ? words[index] : 0;
}
/* The 64 bits of 2/pi's fraction from bit `at` on; bits before the point are 0. */
PE_INLINE uint64_t pen_two_over_pi_bits(int at)
{
    int index = at >= 0 ? at / 64 : -((63 - at) / 64), shift = at - 64 * index;
    uint64_t high = pen_two_over_pi(index), low = pen_two_over_pi(index + 1);
    return shift == 0 ? high : (high << shift) | (low >> (64 - shift));
}
/* x - quadrant pi/2 for any finite x > 0.5: |x| = m 2^e, of m 2^e 2/pi only the bits below 4 count.
 */
PE_INLINE pen_dd pen_reduce_large(double x, int *quadrant)
{
    int e;
    uint64_t m = pen_split(x, &e);
    int at = e - 2; /* fraction bits before this one make multiples of 4 */
    uint64_t w0 = pen_two_over_pi_bits(at), w1 = pen_two_over_pi_bits(at + 64),
             w2 = pen_two_over_pi_bits(at + 128);
    pen_u128 p1 = pen_mul_64(m, w1), p2 = pen_mul_64(m, w2);
    uint64_t low = p1.low + p2.high;
    uint64_t high =
        m * w0 + p1.high + (low < p1.low); /* high: 2 integer bits, then 62 of the fraction */
    uint64_t q = high >> 62;
    bool up = (high & 0x2000000000000000ull) != 0; /* fraction of a half or more */
    high <<= 2;
    high |= low >> 62;
    low = (low << 2) | (p2.low >> 62);
    if (up) { /* the fraction less one: negate in two's complement */
        q++;
        low = ~low + 1;
        high = ~high + (low == 0);
    }
    pen_u128 f = {high, low};
    if ((high | low) == 0) f.low = 1;
    int zeros = pen_leading_zeros_128(f);
    f = pen_shift_left_128(f, zeros);
    double hi = (double)(f.high >> 11), mid = (double)(((f.high & 0x7FF) << 42) | (f.low >> 22));
    pen_dd t = pen_fast_two_sum(pen_ldexp(hi, -53 - zeros), pen_ldexp(mid, -106 - zeros));
    pen_dd r = pen_dd_mul(t, pen_dd_of(PEN_HALF_PI, PEN_HALF_PI_LOW));
    *quadrant = (int)(q & 3);
    return up ? pen_dd_of(-r.hi, -r.lo) : r;
}
/* x - quadrant pi/2, in [-pi/4, pi/4] and a little more. */
PE_INLINE pen_dd pen_reduce_angle(double x, int *quadrant)
{
    double size = pen_abs(x);
    *quadrant = 0;
    if (size <= 0.7853981633974483) return pen_dd_of(x, 0.0);
    pen_dd r = pen_dd_of(0.0, 0.0);
    if (size < 1000000.0) {
        double n = pen_rint(size * 0.6366197723675814);
        double a =
            size - n * 1.570796326734125614166; /* 33 bits of pi/2: exact, as is the next product */
        pen_dd b = pen_two_sum(a, -n * 6.077100506303965976596e-11);
        pen_dd c = pen_two_prod(n, 2.0222662487959506e-21);
        pen_dd d = pen_two_sum(b.hi, -c.hi);
        r = pen_fast_two_sum(d.hi, d.lo + (b.lo - c.lo));
        *quadrant = (int)n & 3;
    }
    if (pen_abs(r.hi) < 1e-6) r = pen_reduce_large(size, quadrant);
    if (x < 0) {
        r = pen_dd_of(-r.hi, -r.lo);
        *quadrant = -*quadrant & 3;
    }
    return r;
}
/* Sine and cosine of |r| <= pi/4 in double-double, to about 2^-58. */
PE_INLINE pen_dd pen_sin_kernel(pen_dd r)
{
    double w = r.hi * r.hi;
    double p = -7.586094789672621e-13;
    p = pen_fma(p, w, 1.6058521349954986e-10);
    p = pen_fma(p, w, -2.5052106167335705e-08);
    p = pen_fma(p, w, 2.7557319219150783e-06);
    p = pen_fma(p, w, -0.00019841269841264821);
    p = pen_fma(p, w, 0.008333333333333331);
    p = pen_fma(p, w, -0.16666666666666666);
    double tail = pen_fma(w * r.hi, p, pen_fma(-0.5 * w, r.lo, r.lo));
    return pen_fast_two_sum(r.hi, tail);
}
PE_INLINE pen_dd pen_cos_kernel(pen_dd r)
{
    pen_dd w = pen_two_prod(r.hi, r.hi);
    double p = 4.745537017319258e-14;
    p = pen_fma(p, w.hi, -1.1470455178216906e-11);
    p = pen_fma(p, w.hi, 2.0876755754879594e-09);
    p = pen_fma(p, w.hi, -2.755731922129809e-07);
    p = pen_fma(p, w.hi, 2.480158730158451e-05);
    p = pen_fma(p, w.hi, -0.0013888888888888887);
    p = pen_fma(p, w.hi, 0.041666666666666664);
    pen_dd c = pen_fast_two_sum(1.0, -0.5 * w.hi);
    double tail = pen_fma(w.hi * w.hi, p, pen_fma(-r.hi, r.lo, -0.5 * w.lo));
    return pen_fast_two_sum(c.hi, c.lo + tail);
}
PE_INLINE double pen_sin(double x)
{
    if (!pen_is_finite(x)) return PEN_NAN;
    int q;
    pen_dd r = pen_reduce_angle(x, &q);
    if (pen_abs(x) < 1e-150) return x;
    double y = (q & 1) != 0 ? pen_cos_kernel(r).hi : pen_sin_kernel(r).hi;
    return (q & 2) != 0 ? -y : y;
}
PE_INLINE double pen_cos(double x)
{
    if (!pen_is_finite(x)) return PEN_NAN;
    int q;
    pen_dd r = pen_reduce_angle(x, &q);
    double y = (q & 1) != 0 ? pen_sin_kernel(r).hi : pen_cos_kernel(r).hi;
    return q == 1 || q == 2 ? -y : y;
}
PE_INLINE double pen_tan(double x)
{
    if (!pen_is_finite(x)) return PEN_NAN;
    if (pen_abs(x) < 1e-150) return x;
    int q;
    pen_dd r = pen_reduce_angle(x, &q), s = pen_sin_kernel(r), c = pen_cos_kernel(r);
    return (q & 1) != 0 ? -pen_dd_div(c, s).hi : pen_dd_div(s, c).hi;
}

/* ---- inverse circular functions ---------------------------------------------------------- */

/* atan(t) for t >= 0: atan(c) + atan((t - c) / (1 + t c)) with c of 0, 1/2, 1, 3/2 or infinity. */
PE_INLINE pen_dd pen_atan_dd(pen_dd t)
{
    pen_dd base = {0.0, 0.0}, u = t;
    if (t.hi >= 2.4375) {
        base = pen_dd_of(PEN_HALF_PI, PEN_HALF_PI_LOW);
        u = pen_dd_div(pen_dd_of(-1.0, 0.0), t);
    } else if (t.hi >= 0.4375) {
        double c = t.hi < 0.6875 ? 0.5 : t.hi < 1.1875 ? 1.0 : 1.5;
        base = c == 0.5   ? pen_dd_of(0.4636476090008061, 2.2698777452961687e-17)
               : c == 1.0 ? pen_dd_of(0.7853981633974483, 3.061616997868383e-17)
                          : pen_dd_of(0.982793723247329, 1.3903311031230998e-17);
        pen_dd numerator = pen_two_sum(t.hi, -c), denominator = pen_two_prod(t.hi, c);
        numerator.lo += t.lo;
        denominator = pen_dd_add(pen_dd_of(1.0, 0.0), denominator);
        denominator.lo += c * t.lo;
        u = pen_dd_div(numerator, denominator);
    }
    double w = u.hi * u.hi, p = -0.017376879820460895;
    p = pen_fma(p, w, 0.037669115063902844);
    p = pen_fma(p, w, -0.05027878698405039);
    p = pen_fma(p, w, 0.05846424173887886);
    p = pen_fma(p, w, -0.0666307126944738);
    p = pen_fma(p, w, 0.07692073959648069);
    p = pen_fma(p, w, -0.0909089954862804);
    p = pen_fma(p, w, 0.11111110882687174);
    p = pen_fma(p, w, -0.14285714282899165);
    p = pen_fma(p, w, 0.19999999999986426);
    p = pen_fma(p, w, -0.3333333333333332);
    double tail = pen_fma(w * u.hi, p, u.lo);
    pen_dd s = pen_two_sum(base.hi, u.hi);
    return pen_fast_two_sum(s.hi, s.lo + (base.lo + tail));
}
PE_INLINE double pen_atan(double x)
{
    double size = pen_abs(x);
    if (size < 1e-150 || pen_is_nan(x)) return x;
    if (size > 1e300) size = 1e300;
    return pen_copysign(pen_atan_dd(pen_dd_of(size, 0.0)).hi, x);
}
/* The angle of (x, y), both in double-double, finite, of moderate exponent. */
PE_INLINE double pen_angle(pen_dd y, pen_dd x)
{
    pen_dd ax = x.hi < 0 ? pen_dd_of(-x.hi, -x.lo) : x, ay = y.hi < 0 ? pen_dd_of(-y.hi, -y.lo) : y;
    pen_dd a = {PEN_HALF_PI, PEN_HALF_PI_LOW};
    if (ax.hi > 0) a = pen_atan_dd(pen_dd_div(ay, ax));
    if (x.hi < 0) a = pen_dd_add(pen_dd_of(PEN_PI, PEN_PI_LOW), pen_dd_of(-a.hi, -a.lo));
    return pen_copysign(a.hi, y.hi);
}
PE_INLINE double pen_atan2(double y, double x)
{
    if (pen_is_nan(x) || pen_is_nan(y)) return PEN_NAN;
    bool left = (pen_bits(x) & PEN_SIGN_BIT) != 0;
    if (y == 0) return left ? pen_copysign(PEN_PI, y) : y;
    if (x == 0) return pen_copysign(PEN_HALF_PI, y);
    if (!pen_is_finite(x) || !pen_is_finite(y)) {
        double sx = pen_is_finite(x) ? 0.0 : 1.0, sy = pen_is_finite(y) ? 0.0 : 1.0;
        if (sy == 0) return left ? pen_copysign(PEN_PI, y) : pen_copysign(0.0, y);
        return pen_copysign(sx == 0 ? PEN_HALF_PI
                            : left  ? 2.356194490192345
                                    : 0.7853981633974483,
                            y);
    }
    int nx, ny;
    double mx = pen_frexp(x, &nx), my = pen_frexp(y, &ny);
    int d = ny - nx;
    if (d < -500 && !left) return pen_ldexp(my / mx, d);
    d = d > 500 ? 500 : d < -500 ? -500 : d;
    return pen_angle(pen_dd_of(pen_ldexp(my, d), 0.0), pen_dd_of(mx, 0.0));
}
/* sqrt(1 - x^2) for |x| < 1. */
PE_INLINE pen_dd pen_cosine_of(double x)
{
    pen_dd w = pen_two_prod(x, x);
    pen_dd d = pen_dd_add(pen_dd_of(1.0, 0.0), pen_dd_of(-w.hi, -w.lo));
    return d.hi > 0 ? pen_dd_sqrt(d) : pen_dd_of(0.0, 0.0);
}
PE_INLINE double pen_asin(double x)
{
    double size = pen_abs(x);
    if (!(size <= 1.0)) return PEN_NAN;
    return size < 1e-100 ? x : pen_angle(pen_dd_of(x, 0.0), pen_cosine_of(x));
}
PE_INLINE double pen_acos(double x)
{
    if (!(pen_abs(x) <= 1.0)) return PEN_NAN;
    if (pen_abs(x) < 1e-100) return PEN_HALF_PI;
    return pen_angle(pen_cosine_of(x), pen_dd_of(x, 0.0));
}

/* ---- hyperbolic functions ---------------------------------------------------------------- */

PE_INLINE double pen_sinh(double x)
{
    double size = pen_abs(x);
    if (size < 1e-150 || pen_is_nan(x)) return x;
    if (size > 40.0) return pen_copysign(pen_exp_scaled(size, 0.0, -1.0), x);
    pen_dd t = pen_expm1_half(size); /* with e^x - 1 = 2 t: sinh x = t + t / (2 t + 1) */
    pen_dd d = pen_dd_add(pen_dd_of(1.0, 0.0), pen_dd_of(2.0 * t.hi, 2.0 * t.lo));
    return pen_copysign(pen_dd_add(t, pen_dd_div(t, d)).hi, x);
}
PE_INLINE double pen_cosh(double x)
{
    double size = pen_abs(x);
    double half = pen_exp_scaled(size, 0.0, -1.0);
    return size > 40.0 ? half : half + 0.25 / half;
}
PE_INLINE double pen_tanh(double x)
{
    double size = pen_abs(x);
    if (size < 1e-150 || pen_is_nan(x)) return x;
    pen_dd t = pen_expm1_half(size > 25.0 ? -50.0 : -2.0 * size);
    return pen_copysign(pen_dd_div(t, pen_dd_add(t, pen_dd_of(1.0, 0.0))).hi, x);
}
PE_INLINE double pen_asinh(double x)
{
    double size = pen_abs(x);
    if (size < 1e-150 || !pen_is_finite(x)) return x;
    double y;
    if (size > 1e9) {
        pen_dd l =
            pen_dd_add(pen_log_dd(size), pen_dd_of(0.6931471805599453, 2.3190468138462996e-17));
        y = l.hi;
    } else { /* log(1 + x + x^2 / (1 + sqrt(1 + x^2))) */
        pen_dd w = pen_two_prod(size, size), one = {1.0, 0.0};
        pen_dd root = pen_dd_sqrt(pen_dd_add(one, w));
        pen_dd a = pen_dd_add(pen_dd_div(w, pen_dd_add(one, root)), pen_dd_of(size, 0.0));
        y = pen_log1p_dd(a.hi, a.lo);
    }
    return pen_copysign(y, x);
}
PE_INLINE double pen_acosh(double x)
{
    if (!(x >= 1.0)) return PEN_NAN;
    if (x == PEN_INF) return x;
    if (x > 1e9)
        return pen_dd_add(pen_log_dd(x), pen_dd_of(0.6931471805599453, 2.3190468138462996e-17)).hi;
    pen_dd t = pen_two_sum(x, -1.0); /* log(1 + t + sqrt(t (x + 1))) */
    if (t.hi == 0) return 0.0;
    pen_dd a = pen_dd_add(t, pen_dd_sqrt(pen_dd_mul(t, pen_two_sum(x, 1.0))));
    return pen_log1p_dd(a.hi, a.lo);
}
PE_INLINE double pen_atanh(double x)
{
    double size = pen_abs(x);
    if (size < 1e-150) return x;
    if (!(size < 1.0)) return size == 1.0 ? pen_copysign(PEN_INF, x) : PEN_NAN;
    pen_dd a = pen_dd_div(pen_dd_of(2.0 * size, 0.0), pen_two_sum(1.0, -size));
    return pen_copysign(0.5 * pen_log1p_dd(a.hi, a.lo), x);
}

#endif
