/* functions_arithmetic.h: Excel's operator arithmetic on numbers, and rounding, for C and CUDA
 * alike. These bodies define the program's opcodes: the vector loops, the general evaluator and the
 * worksheet functions call the very same code. Operands are numbers (the caller has dealt with
 * errors and kinds); a result is a number, a boxed error (pe_error_double) or, for overflow, an
 * infinity or NaN that the caller stores as #NUM!. Bodies are selects, so that loops over them
 * vectorise; those with a rare slow path say how to keep a loop branch-free (test all lanes first,
 * redo the tile). */
#ifndef PE_FUNCTIONS_ARITHMETIC_H
#define PE_FUNCTIONS_ARITHMETIC_H

#include "numeric.h"
#include "value.h"

/* A formula's final + or - whose result is this small relative to its operands becomes an exact 0.
 * Excel's stored values show zeros up to 2^-49.86 of the operand. */
#define PE_ARITH_SNAP 0x1p-49
/* ROUND and its kin take a scaled value this close (relative) below a tie or an integer for the tie
 * or integer itself. */
#define PE_ARITH_ROUND_SLACK 0x1p-50

/* ---- operators ------------------------------------------------------------- */

PE_INLINE double pe_arith_add(double a, double b)
{
    return a + b;
}
PE_INLINE double pe_arith_sub(double a, double b)
{
    return a - b;
}
/* Where |result| is tiny, |a| and |b| are nearly equal: comparing with a alone is enough. */
PE_INLINE double pe_arith_snap(double result, double a)
{
    return pen_abs(result) < pen_abs(a) * PE_ARITH_SNAP ? 0.0 : result;
}
PE_INLINE double pe_arith_add_final(double a, double b)
{
    return pe_arith_snap(a + b, a);
}
PE_INLINE double pe_arith_sub_final(double a, double b)
{
    return pe_arith_snap(a - b, a);
}
PE_INLINE double pe_arith_mul(double a, double b)
{
    return a * b;
}
PE_INLINE double pe_arith_div(double a, double b)
{
    return b == 0 ? pe_error_double(PE_ERROR_DIV0) : a / b;
}
PE_INLINE double pe_arith_neg(double a)
{
    return 0.0 - a;
}
PE_INLINE double pe_arith_percent(double a)
{
    return a / 100.0;
}
/* 0^0 is #NUM!, 0 to a negative power #DIV/0!, a negative base to a fractional power #NUM! (a NaN
 * from pen_pow)
 * . */
PE_INLINE double pe_arith_pow(double a, double b)
{
    double zero = b > 0   ? 0.0
                  : b < 0 ? pe_error_double(PE_ERROR_DIV0)
                          : pe_error_double(PE_ERROR_NUM);
    double power = pen_pow(a, b);
    return a == 0 ? zero : power;
}
PE_INLINE double pe_arith_max(double a, double b)
{
    return a > b ? a : b;
}
PE_INLINE double pe_arith_min(double a, double b)
{
    return a < b ? a : b;
}

/* ---- comparison at 15 significant digits ----------------------------------- */

/* Different, yet so close that both may be the same at 15 significant digits. A vectorised
 * comparison uses the plain operators and accumulates this test; if it fires, the tile is redone
 * with the functions below. */
PE_INLINE int pe_arith_near(double a, double b)
{
    return (a != b) & (pen_abs(a - b) <= pen_abs(a) * 1.1e-14);
}

typedef struct pe_dd {
    double hi, lo;
} pe_dd;

/* x * 10^k to about 100 bits, while 10^|k| itself stays in range. */
PE_INLINE pe_dd pe_dd_scale10(double x, int k)
{
    pe_dd r = {x, 0.0}, p = {10.0, 0.0};
    int m = k < 0 ? -k : k;
    while (m != 0) {
        if (m & 1) {
            if (k > 0) {
                double h = r.hi * p.hi, e = pen_fma(r.hi, p.hi, -h) + (r.hi * p.lo + r.lo * p.hi);
                r.hi = h + e;
                r.lo = e - (r.hi - h);
            } else {
                double q = r.hi / p.hi;
                double e = (pen_fma(-q, p.hi, r.hi) + (r.lo - q * p.lo)) / p.hi;
                r.hi = q + e;
                r.lo = e - (r.hi - q);
            }
        }
        m >>= 1;
        if (m != 0) {
            double h = p.hi * p.hi, e = pen_fma(p.hi, p.hi, -h) + 2.0 * p.hi * p.lo;
            p.hi = h + e;
            p.lo = e - (p.hi - h);
        }
    }
    return r;
}

/* |x| rounded to 15 significant digits: an integer in [1e14, 1e15) and the decimal exponent of its
 * last digit. */
typedef struct pe_decimal15 {
    double digits;
    int exponent;
} pe_decimal15;

PE_INLINE pe_decimal15 pe_arith_decimal15(double x)
{
    pe_decimal15 d = {0.0, 0};
    double a = pen_abs(x);
    if (a == 0) return d;
    int down = 0;
    if (a < 1e-290) { /* keeps the scale below 10^309 */
        a *= 0x1p200;
        down = 200;
    }
    int e2 = (int)(pen_bits(a) >> 52) - 1023 - down;
    int k = 14 - (int)pen_floor((double)e2 * 0.30102999566398120);
    for (int again = 0; again < 3; again++) {
        pe_dd s = down != 0 ? pe_dd_scale10(a * 0x1p-100, k - 60) : pe_dd_scale10(a, k);
        if (down != 0) { /* a * 2^-200 * 10^k in steps that stay normal */
            s.hi *= 0x1p-100;
            s.lo *= 0x1p-100;
            pe_dd t = pe_dd_scale10(s.hi, 60);
            t.lo += s.lo * 1e60;
            s = t;
        }
        double f = pen_floor(s.hi), part = (s.hi - f) + s.lo;
        if (part < 0) {
            f -= 1;
            part += 1;
        }
        double n = part >= 0.5 ? f + 1 : f;
        d.digits = n;
        d.exponent = -k;
        if (n >= 1e15) {
            if (s.hi < 999999999999999.5) {
                d.digits = 1e14;
                d.exponent = 1 - k;
                return d;
            }
            k -= 1;
        } else if (n < 1e14) {
            k += 1;
        } else {
            return d;
        }
    }
    return d;
}
PE_INLINE int pe_arith_same15(double a, double b)
{
    if ((a < 0) != (b < 0)) return 0;
    pe_decimal15 x = pe_arith_decimal15(a), y = pe_arith_decimal15(b);
    return x.digits == y.digits && x.exponent == y.exponent;
}
PE_INLINE int pe_arith_equal(double a, double b)
{
    return a == b || (pe_arith_near(a, b) && pe_arith_same15(a, b));
}
PE_INLINE int pe_arith_less(double a, double b)
{
    return a < b && !(pe_arith_near(a, b) && pe_arith_same15(a, b));
}
PE_INLINE int pe_arith_less_equal(double a, double b)
{
    return !pe_arith_less(b, a);
}
PE_INLINE int pe_arith_compare(double a, double b) /* <0, 0, >0 */
{
    return pe_arith_less(b, a) - pe_arith_less(a, b);
}

/* ---- Calc's arithmetic -------------------------------------------------------- */

/* Calc's numbers are equal where they differ by less than 2^-48 of either, unless both are integers
 * that a double holds exactly; its every + and - gives 0 where that says that the operands cancel.
 */
#define PE_CALC_SNAP 0x1p-48

PE_INLINE int pe_calc_is_integer(double x)
{
    int whole = pen_floor(x) == x, held = pen_abs(x) < 0x1p53;
    return whole & held;
}
/* Both halves of the test, for a difference (or the sum of opposite numbers) d of a and b. */
PE_INLINE int pe_calc_is_zero(double d, double a, double b)
{
    double t = pen_abs(d);
    int below_a = t < pen_abs(a) * PE_CALC_SNAP, below_b = t < pen_abs(b) * PE_CALC_SNAP;
    int whole = pe_calc_is_integer(d) & pe_calc_is_integer(a) & pe_calc_is_integer(b);
    return below_a & below_b & !whole;
}
PE_INLINE double pe_calc_add(double a, double b)
{
    double r = a + b;
    return pe_calc_is_zero(r, a, b) ? 0.0 : r;
}
PE_INLINE double pe_calc_sub(double a, double b)
{
    double r = a - b;
    return pe_calc_is_zero(r, a, b) ? 0.0 : r;
}
PE_INLINE int pe_calc_equal(double a, double b)
{
    return a == b || pe_calc_is_zero(a - b, a, b);
}
PE_INLINE int pe_calc_less(double a, double b)
{
    return a < b && !pe_calc_is_zero(a - b, a, b);
}
/* 0^0 is 1; a negative base has odd roots; what is no number is #NUM!. */
PE_INLINE double pe_calc_pow(double a, double b)
{
    double odd = pen_trunc(1.0 / b + (b < 0 ? -0.5 : 0.5));
    int root = a < 0 && b != 0 && pen_floor(b) != b && pen_abs(odd) < 0x1p31 &&
               odd - 2.0 * pen_trunc(odd * 0.5) != 0 && pe_calc_equal(1.0 / odd, b);
    if (a == 0) return b > 0 ? 0.0 : b == 0 ? 1.0 : pe_error_double(PE_ERROR_NUM);
    return root ? 0.0 - pen_pow(0.0 - a, b) : pen_pow(a, b);
}

/* ---- decimal rounding ------------------------------------------------------ */

/* 10^|digits|, exact up to 10^22: the scale for the bodies below. digits outside [-308, 308] are
 * clamped. */
PE_INLINE double pe_round_scale(double digits)
{
    double d = pen_trunc(digits);
    int m = (int)(d < 0 ? (d < -308 ? 308 : -d) : (d > 308 ? 308 : d));
    double r = 1.0, p = 10.0;
    for (; m != 0; m >>= 1) {
        r = m & 1 ? r * p : r;
        p = m > 1 ? p * p : p;
    }
    return r;
}
typedef enum pe_round_mode { PE_ROUND_NEAREST, PE_ROUND_UP, PE_ROUND_DOWN } pe_round_mode;

/* |x| scaled so that the wanted digit is the unit; left (digits < 0) means that the scale divides.
 */
PE_INLINE double pe_round_apply(double x, double scale, int left, pe_round_mode mode)
{
    double a = pen_abs(x);
    double t = left ? a / scale : a * scale;
    double f = pen_floor(t);
    double part = t - f, slack = t * PE_ARITH_ROUND_SLACK;
    /* away from zero at a tie; what is a rounding error short of a tie (2.675, 1.005) is one */
    double up = 0.0;
    if (mode == PE_ROUND_NEAREST) up = part >= 0.5 - slack ? 1.0 : 0.0;
    if (mode == PE_ROUND_UP) up = part > slack ? 1.0 : 0.0;
    if (mode == PE_ROUND_DOWN) up = part >= 1.0 - slack ? 1.0 : 0.0;
    double r = left ? (f + up) * scale : (f + up) / scale;
    /* ROUNDUP adds one unit to the rounded-down value: 1.6 + 0.1 = 1.7000000000000002 is what Excel
     * stores */
    r = mode == PE_ROUND_UP && !left ? f / scale + up / scale : r;
    r = t < 0x1p50 ? r : a; /* no digits left to round; also an overflow of the scaling */
    return x < 0 ? 0.0 - r : r;
}
/* Loops with one digits argument for all lanes compute scale and left once; all four vectorise. */
PE_INLINE double pe_round_nearest(double x, double scale, int left)
{
    return pe_round_apply(x, scale, left, PE_ROUND_NEAREST);
}
PE_INLINE double pe_round_up(double x, double scale, int left)
{
    return pe_round_apply(x, scale, left, PE_ROUND_UP);
}
PE_INLINE double pe_round_down(double x, double scale, int left)
{
    return pe_round_apply(x, scale, left, PE_ROUND_DOWN);
}
/* ROUND(x, digits); digits is truncated. */
PE_INLINE double pe_round_decimal(double x, double digits)
{
    return pe_round_nearest(x, pe_round_scale(digits), digits <= -1);
}
PE_INLINE double pe_round_decimal_up(double x, double digits)
{
    return pe_round_up(x, pe_round_scale(digits), digits <= -1);
}
PE_INLINE double pe_round_decimal_down(double x, double digits) /* ROUNDDOWN, TRUNC */
{
    return pe_round_down(x, pe_round_scale(digits), digits <= -1);
}
/* INT: towards minus infinity; a value within rounding error below an integer is that integer. */
PE_INLINE double pe_arith_int(double x)
{
    double f = pen_floor(x);
    return x - f >= 1.0 - pen_abs(x) * 0x1p-51 && pen_abs(x) < 0x1p50 ? f + 1.0 : f;
}
/* MOD: the exact remainder, with the sign of the divisor. The quotient is off by at most one, so
 * each fma is exact. */
PE_INLINE double pe_arith_mod(double a, double b)
{
    double x = pen_abs(a), y = pen_abs(b), q = x / y;
    double r = pen_fma(-pen_floor(q), y, x);
    r = r < 0 ? r + y : r;
    r = r >= y ? r - y : r;
    double flipped = r == 0 ? 0.0 : y - r;
    r = (a < 0) != (b < 0) ? flipped : r;
    r = b < 0 ? 0.0 - r : r;
    double bad = b == 0 ? pe_error_double(PE_ERROR_DIV0) : pe_error_double(PE_ERROR_NUM);
    return b == 0 || q >= 1125900000000.0 ? bad : r;
}
PE_INLINE double pe_arith_sqrt(double a)
{
    return a < 0 ? pe_error_double(PE_ERROR_NUM) : pen_sqrt(a);
}

#endif
