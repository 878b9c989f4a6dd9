/* numeric_core.h: exact building blocks of the numeric headers: bit casts, fused multiply-add,
 * rounding to integers, remainders, scaling and double-double arithmetic. Invariant: every function
 * gives the same bits on every processor and compiler; a hardware instruction is used only where
 * IEEE 754 fixes its result. */
#ifndef PE_NUMERIC_CORE_H
#define PE_NUMERIC_CORE_H

#include "value.h"

PE_INLINE uint64_t pen_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}
PE_INLINE double pen_from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}
PE_INLINE double pen_infinity(void)
{
    return pen_from_bits(0x7FF0000000000000ull);
}
PE_INLINE double pen_nan(void)
{
    return pen_from_bits(0x7FF8000000000000ull);
}
#define PEN_INF pen_infinity()
#define PEN_NAN pen_nan()
#define PEN_SIGN_BIT 0x8000000000000000ull
#define PEN_MAGIC                                                                                  \
    6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer, kept in the low bits */

PE_INLINE double pen_select(bool condition, double yes, double no)
{
    return condition ? yes : no;
}
PE_INLINE bool pen_is_nan(double x)
{
    return x != x;
}
PE_INLINE bool pen_is_finite(double x)
{
    return (pen_bits(x) & 0x7FF0000000000000ull) != 0x7FF0000000000000ull;
}
PE_INLINE double pen_abs(double x)
{
    return pen_from_bits(pen_bits(x) & ~PEN_SIGN_BIT);
}
PE_INLINE double pen_copysign(double magnitude, double sign)
{
    return pen_from_bits((pen_bits(magnitude) & ~PEN_SIGN_BIT) | (pen_bits(sign) & PEN_SIGN_BIT));
}

/* Correctly rounded by IEEE 754 on every processor, so the compiler's own is used. */
PE_INLINE double pen_sqrt(double x)
{
#if defined(__CUDA_ARCH__)
    return __dsqrt_rn(x);
#else
    return __builtin_sqrt(x);
#endif
}

/* ---- fused multiply-add ------------------------------------------------------------------ */

typedef struct pen_u128 {
    uint64_t high, low;
} pen_u128;

PE_INLINE pen_u128 pen_mul_64(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
    uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
    uint64_t middle = (p00 >> 32) + (p01 & 0xFFFFFFFFu) + (p10 & 0xFFFFFFFFu);
    pen_u128 r;
    r.low = (p00 & 0xFFFFFFFFu) | (middle << 32);
    r.high = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
    return r;
}
PE_INLINE pen_u128 pen_shift_left_128(pen_u128 a, int n) /* 0 <= n < 128 */
{
    pen_u128 r = a;
    if (n >= 64) {
        r.high = a.low << (n - 64);
        r.low = 0;
    } else if (n > 0) {
        r.high = (a.high << n) | (a.low >> (64 - n));
        r.low = a.low << n;
    }
    return r;
}
/* Bits shifted out stay visible as the lowest bit ("sticky"), so that a later rounding is right. */
PE_INLINE pen_u128 pen_shift_right_sticky(pen_u128 a, int n)
{
    pen_u128 r = a;
    if (n >= 128) {
        r.high = 0;
        r.low = (a.high | a.low) != 0;
    } else if (n >= 64) {
        uint64_t out = a.low | (n > 64 ? a.high << (128 - n) : 0);
        r.low = (a.high >> (n - 64)) | (out != 0);
        r.high = 0;
    } else if (n > 0) {
        uint64_t out = a.low << (64 - n);
        r.low = (a.low >> n) | (a.high << (64 - n)) | (out != 0);
        r.high = a.high >> n;
    }
    return r;
}
PE_INLINE int pen_leading_zeros_128(pen_u128 a) /* a not 0 */
{
    uint64_t w = a.high != 0 ? a.high : a.low;
    int n = a.high != 0 ? 0 : 64;
    for (int step = 32; step > 0; step >>= 1)
        if ((w >> (64 - step)) == 0) {
            w <<= step;
            n += step;
        }
    return n;
}
/* The significand (with hidden bit) and exponent of a finite x: |x| = significand 2^exponent. */
PE_INLINE uint64_t pen_split(double x, int *exponent)
{
    uint64_t u = pen_bits(x) & ~PEN_SIGN_BIT;
    int e = (int)(u >> 52);
    uint64_t m = u & 0xFFFFFFFFFFFFFull;
    *exponent = e == 0 ? -1074 : e - 1075;
    return e == 0 ? m : m | 0x10000000000000ull;
}
/* Rounds significand 2^exponent (lowest bit sticky) to nearest even. */
PE_INLINE double pen_round_128(pen_u128 m, int exponent, bool negative)
{
    if ((m.high | m.low) == 0) return 0.0;
    int zeros = pen_leading_zeros_128(m);
    m = pen_shift_left_128(m, zeros);
    exponent -= zeros;
    int top = exponent + 127; /* 2^top <= value < 2^(top+1) */
    int drop = top >= -1022 ? 75 : 75 + (-1022 - top);
    if (drop > 131) drop = 131;
    pen_u128 kept = pen_shift_right_sticky(m, drop - 2); /* two extra bits: round and sticky */
    uint64_t q = kept.low >> 2, rest = kept.low & 3;
    q += rest == 3 || (rest == 2 && (q & 1) != 0);
    uint64_t biased = top >= -1022 ? (uint64_t)(top + 1022) : 0; /* the hidden bit adds one */
    uint64_t bits = top > 1023 ? 0x7FF0000000000000ull : q + (biased << 52);
    if (bits > 0x7FF0000000000000ull) bits = 0x7FF0000000000000ull;
    return pen_from_bits(bits | (negative ? PEN_SIGN_BIT : 0));
}
/* a b + c in integers: slow, for every finite operand. */
PE_INLINE double pen_fma_exact(double a, double b, double c)
{
    bool finite = pen_is_finite(a) && pen_is_finite(b);
    if (finite && !pen_is_finite(c)) return c;
    if (!finite || a == 0 || b == 0) return a * b + c;
    int ea, eb, ec;
    uint64_t ma = pen_split(a, &ea), mb = pen_split(b, &eb), mc = pen_split(c, &ec);
    bool product_negative = ((pen_bits(a) ^ pen_bits(b)) & PEN_SIGN_BIT) != 0;
    bool c_negative = (pen_bits(c) & PEN_SIGN_BIT) != 0;
    pen_u128 p = pen_mul_64(ma, mb), q = {0, mc};
    int ep = ea + eb;
    /* Both to bit 125 at the top, then the smaller one down to the larger one's exponent. */
    int zp = pen_leading_zeros_128(p) - 2;
    p = pen_shift_left_128(p, zp);
    ep -= zp;
    if (mc == 0) return pen_round_128(p, ep, product_negative);
    int zq = pen_leading_zeros_128(q) - 2;
    q = pen_shift_left_128(q, zq);
    ec -= zq;
    if (ep >= ec)
        q = pen_shift_right_sticky(q, ep - ec > 200 ? 200 : ep - ec);
    else
        p = pen_shift_right_sticky(p, ec - ep > 200 ? 200 : ec - ep);
    int e = ep >= ec ? ep : ec;
    pen_u128 s;
    bool negative = product_negative;
    if (product_negative == c_negative) {
        s.low = p.low + q.low;
        s.high = p.high + q.high + (s.low < p.low);
    } else {
        bool p_larger = p.high > q.high || (p.high == q.high && p.low >= q.low);
        pen_u128 x = p_larger ? p : q, y = p_larger ? q : p;
        negative = p_larger ? product_negative : c_negative;
        s.low = x.low - y.low;
        s.high = x.high - y.high - (x.low < y.low);
    }
    return pen_round_128(s, e, negative);
}
/* Without the instruction: Boldo and Melquiond 2008 (the last addition but one rounds to odd),
 * exact where no intermediate leaves the middle of the exponent range; integers otherwise. */
PE_INLINE double pen_fma_software(double a, double b, double c)
{
    double product = a * b, size_a = pen_abs(a), size_b = pen_abs(b), size_c = pen_abs(c);
    bool plain = c != 0 && size_a < 1e140 && size_b < 1e140 && size_c < 1e280 && size_a > 1e-140 &&
                 size_b > 1e-140 && size_c > 1e-220 && pen_abs(product) > 1e-220;
    if (!plain) return pen_fma_exact(a, b, c);
    double ta = 134217729.0 * a, tb = 134217729.0 * b; /* Veltkamp's splitting, Dekker's product */
    double ah = ta - (ta - a), bh = tb - (tb - b);
    double al = a - ah, bl = b - bh;
    double error = ((ah * bh - product) + ah * bl + al * bh) + al * bl;
    double th = c + error, t = th - c, tl = (c - (th - t)) + (error - t);
    double vh = product + th, v = vh - product, vl = (product - (vh - v)) + (th - v);
    double odd = tl + vl, o = odd - tl, rest = (tl - (odd - o)) + (vl - o);
    uint64_t bits = pen_bits(odd);
    bool inexact = rest != 0 && (bits & 1) == 0;
    bool away = ((pen_bits(rest) ^ bits) & PEN_SIGN_BIT) == 0;
    bits = inexact ? (away ? bits + 1 : bits - 1) : bits;
    return vh + pen_from_bits(bits);
}
PE_INLINE double pen_fma(double a, double b, double c)
{
#if defined(__CUDA_ARCH__)
    return __fma_rn(a, b, c);
#elif defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__aarch64__)
    return __builtin_fma(a, b, c);
#else
    return pen_fma_software(a, b, c);
#endif
}

/* ---- integers ---------------------------------------------------------------------------- */

/* To the nearest integer, ties to even; the sign of zero is kept. */
PE_INLINE double pen_rint(double x)
{
    double size = pen_abs(x);
    double r = (size + 4503599627370496.0) - 4503599627370496.0;
    return size < 4503599627370496.0 ? pen_copysign(r, x) : x;
}
PE_INLINE double pen_floor(double x)
{
    double r = pen_rint(x);
    return r > x ? r - 1.0 : r;
}
PE_INLINE double pen_ceil(double x)
{
    double r = pen_rint(x);
    return r < x ? pen_copysign(r + 1.0, x) : r;
}
PE_INLINE double pen_trunc(double x)
{
    double size = pen_abs(x), r = pen_rint(size);
    return pen_copysign(r > size ? r - 1.0 : r, x);
}
/* To the nearest integer, ties away from zero. */
PE_INLINE double pen_round(double x)
{
    double size = pen_abs(x), t = pen_trunc(size);
    return pen_copysign(size - t >= 0.5 ? t + 1.0 : t, x);
}
/* x 2^n, rounded once. */
PE_INLINE double pen_ldexp(double x, int n)
{
    if (n > 1023) {
        x *= 8.98846567431158e307; /* 2^1023 */
        n = n - 1023 > 2046 ? 2046 : n - 1023;
        if (n > 1023) {
            x *= 8.98846567431158e307;
            n -= 1023;
        }
    } else if (n < -1022) { /* 2^-969 leaves 53 bits above the subnormals, so that only one step
                               rounds */
        x *= 2.004168360008973e-292;
        n = n + 969 < -1991 ? -1991 : n + 969;
        if (n < -1022) {
            x *= 2.004168360008973e-292;
            n += 969;
        }
    }
    return x * pen_from_bits((uint64_t)(n + 1023) << 52);
}
/* x = m 2^n with 0.5 <= |m| < 1; zero, infinities and NaN as they are with n = 0. */
PE_INLINE double pen_frexp(double x, int *n)
{
    *n = 0;
    if (x == 0 || !pen_is_finite(x)) return x;
    int extra = 0;
    if (pen_abs(x) < 2.2250738585072014e-308) {
        x *= 18014398509481984.0;
        extra = 54;
    }
    uint64_t u = pen_bits(x);
    *n = (int)((u >> 52) & 0x7FF) - 1022 - extra;
    return pen_from_bits((u & 0x800FFFFFFFFFFFFFull) | 0x3FE0000000000000ull);
}
/* The exact remainder of x / y with the sign of x, as C's fmod. */
PE_INLINE double pen_fmod(double x, double y)
{
    if (pen_is_nan(x) || pen_is_nan(y) || !pen_is_finite(x) || y == 0) return PEN_NAN;
    if (pen_abs(x) < pen_abs(y)) return x;
    int ex, ey;
    uint64_t mx = pen_split(x, &ex), my = pen_split(y, &ey);
    if (ex == ey) mx %= my; /* also every case of two subnormals */
    int left = ex - ey;
    if (left > 0) mx %= my;
    while (left > 0) {
        int step = left > 11 ? 11 : left;
        mx = (mx << step) % my;
        left -= step;
    }
    pen_u128 m = {0, mx};
    bool negative = (pen_bits(x) & PEN_SIGN_BIT) != 0;
    return mx == 0 ? pen_copysign(0.0, x) : pen_round_128(m, ey, negative);
}

/* ---- double-double: an unevaluated sum hi + lo, |lo| <= ulp(hi) / 2 ---------------------- */

typedef struct pen_dd {
    double hi, lo;
} pen_dd;

PE_INLINE pen_dd pen_dd_of(double hi, double lo)
{
    pen_dd r;
    r.hi = hi;
    r.lo = lo;
    return r;
}
PE_INLINE pen_dd pen_fast_two_sum(double a, double b) /* |a| >= |b| or a == 0 */
{
    double s = a + b;
    return pen_dd_of(s, b - (s - a));
}
PE_INLINE pen_dd pen_two_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return pen_dd_of(s, (a - (s - t)) + (b - t));
}
PE_INLINE pen_dd pen_two_prod(double a, double b)
{
    double p = a * b;
    return pen_dd_of(p, pen_fma(a, b, -p));
}
PE_INLINE pen_dd pen_dd_add(pen_dd a, pen_dd b)
{
    pen_dd s = pen_two_sum(a.hi, b.hi), t = pen_two_sum(a.lo, b.lo);
    s = pen_fast_two_sum(s.hi, s.lo + t.hi);
    return pen_fast_two_sum(s.hi, s.lo + t.lo);
}
PE_INLINE pen_dd pen_dd_mul(pen_dd a, pen_dd b)
{
    pen_dd p = pen_two_prod(a.hi, b.hi);
    return pen_fast_two_sum(p.hi, p.lo + pen_fma(a.hi, b.lo, a.lo * b.hi));
}
PE_INLINE pen_dd pen_dd_div(pen_dd a, pen_dd b)
{
    double q = a.hi / b.hi;
    double rest = (pen_fma(-q, b.hi, a.hi) + a.lo) - q * b.lo;
    return pen_fast_two_sum(q, rest / b.hi);
}
PE_INLINE pen_dd pen_dd_sqrt(pen_dd a) /* a > 0 */
{
    double s = pen_sqrt(a.hi);
    return pen_fast_two_sum(s, (pen_fma(-s, s, a.hi) + a.lo) / (s + s));
}

/* sqrt(x^2 + y^2) without overflow on the way. */
PE_INLINE double pen_hypot(double x, double y)
{
    x = pen_abs(x);
    y = pen_abs(y);
    if (x == PEN_INF || y == PEN_INF) return PEN_INF;
    if (pen_is_nan(x) || pen_is_nan(y)) return PEN_NAN;
    double big = x > y ? x : y, small = x > y ? y : x;
    if (small == 0) return big;
    int n;
    big = pen_frexp(big, &n);
    small = pen_ldexp(small, -n);
    pen_dd b = pen_two_prod(big, big), s = pen_two_prod(small, small);
    pen_dd root = pen_dd_sqrt(pen_dd_add(b, s));
    return pen_ldexp(root.hi, n);
}

#endif
