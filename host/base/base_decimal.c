/* base_decimal.c: decimal text to double and back, correctly rounded, whatever the locale. Most
 * numbers take a double-double path that knows when it cannot decide; the rest, exact integers of
 * any length. */
#include "base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_KEPT                                                                                \
    800           /* 767 significant digits decide any double; more only matter as "not zero" */
#define LIMBS 160 /* 5,120 bits: 10^800 times 10^308 and the 64 quotient bits */

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

typedef struct decimal {
    char digits[DIGITS_KEPT + 1];
    int count;         /* digits kept, without leading zeros */
    uint64_t mantissa; /* the first 19 */
    int64_t exponent;  /* of the last digit kept */
    bool negative;
} decimal;

typedef struct big {
    uint32_t limb[LIMBS];
    int count;
} big;

static void big_multiply_add(big *b, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (int i = 0; i < b->count; i++) {
        carry += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && b->count < LIMBS) b->limb[b->count++] = (uint32_t)carry;
}

static void big_power10(big *b, int64_t n)
{
    for (; n >= 9; n -= 9) big_multiply_add(b, 1000000000u, 0);
    for (; n > 0; n--) big_multiply_add(b, 10, 0);
}

static int big_bits(const big *b)
{
    if (b->count == 0) return 0;
    int bits = (b->count - 1) * 32;
    for (uint32_t top = b->limb[b->count - 1]; top != 0; top >>= 1) bits++;
    return bits;
}

static void big_shift_left(big *b, int bits)
{
    int limbs = bits / 32, rest = bits % 32;
    if (b->count == 0 || bits == 0) return;
    int count = b->count + limbs + 1 < LIMBS ? b->count + limbs + 1 : LIMBS;
    for (int i = count - 1; i >= 0; i--) {
        int from = i - limbs;
        uint32_t high = from >= 0 && from < b->count ? b->limb[from] : 0;
        uint32_t low = from >= 1 && from - 1 < b->count ? b->limb[from - 1] : 0;
        b->limb[i] = rest == 0 ? high : high << rest | low >> (32 - rest);
    }
    b->count = count;
    while (b->count > 0 && b->limb[b->count - 1] == 0) b->count--;
}

static int big_compare(const big *a, const big *b)
{
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

static void big_subtract(big *a, const big *b)
{
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        int64_t x = (int64_t)a->limb[i] - (i < b->count ? (int64_t)b->limb[i] : 0) + borrow;
        a->limb[i] = (uint32_t)x;
        borrow = x < 0 ? -1 : 0;
    }
    while (a->count > 0 && a->limb[a->count - 1] == 0) a->count--;
}

/* quotient (64 bits, the top one set) times 2^exponent, plus a little if sticky, rounded to nearest
 * even. */
static double assemble(uint64_t quotient, int exponent, bool sticky)
{
    int drop = 11;
    if (exponent + 64 < -1021) drop += -1021 - (exponent + 64);
    if (drop > 64) return 0;
    uint64_t kept = drop == 64 ? 0 : quotient >> drop;
    uint64_t rest = drop == 64 ? quotient : quotient << (64 - drop);
    bool up = rest > 1ull << 63 || (rest == 1ull << 63 && (sticky || (kept & 1) != 0));
    kept += up ? 1 : 0;
    return ldexp((double)kept,
                 exponent + drop); /* exact: kept has at most 53 bits and the exponent fits */
}

static double exact(const decimal *d)
{
    if (d->exponent + d->count > 310) return INFINITY;
    if (d->exponent + d->count < -326) return 0;
    big numerator = {.count = 0}, denominator = {.limb = {1}, .count = 1};
    for (int i = 0; i < d->count; i++) {
        uint32_t digit = (uint32_t)(d->digits[i] - '0');
        if (numerator.count == 0 && digit != 0)
            numerator = (big){.limb = {digit}, .count = 1};
        else
            big_multiply_add(&numerator, 10, digit);
    }
    big_power10(d->exponent >= 0 ? &numerator : &denominator, llabs(d->exponent));
    /* Scale so that the quotient has 64 bits, then divide bit by bit. */
    int exponent = big_bits(&numerator) - big_bits(&denominator) - 63;
    big_shift_left(exponent > 0 ? &denominator : &numerator, abs(exponent));
    big unit = denominator;
    big_shift_left(&unit, 63);
    if (big_compare(&numerator, &unit) < 0) {
        big_shift_left(&numerator, 1);
        exponent--;
    }
    /* Halving the divisor from 2^63 down would need right shifts: double the remainder instead. */
    uint64_t quotient = 0;
    for (int i = 0; i < 64; i++) {
        quotient <<= 1;
        if (big_compare(&numerator, &unit) >= 0) {
            big_subtract(&numerator, &unit);
            quotient |= 1;
        }
        big_shift_left(&numerator, 1);
    }
    return assemble(quotient, exponent, numerator.count > 0);
}

/* a * b as head + tail, exactly (Dekker 1971); no overflow for the magnitudes used here. */
static double two_product(double a, double b, double *tail)
{
    double p = a * b;
    double ca = 134217729.0 * a, cb = 134217729.0 * b;
    double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
    *tail = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    return p;
}

/* mantissa * 10^exponent where that can be decided in double-double; false otherwise. |exponent|
 * <= 22. */
static bool quick(uint64_t mantissa, int exponent, double *result)
{
    double high = (double)(mantissa >> 11 << 11), low = (double)(mantissa & 2047), head, tail;
    double sum = high + low;
    low -= sum - high;
    high = sum;
    if (exponent >= 0) {
        double t;
        head = two_product(high, powers[exponent], &t);
        t += low * powers[exponent];
        sum = head + t;
        tail = t - (sum - head);
    } else {
        double power = powers[-exponent], t, q = high / power;
        double p = two_product(q, power, &t);
        double r = ((high - p) - t + low) / power;
        sum = q + r;
        tail = r - (sum - q);
    }
    *result = sum;
    return sum + tail * (1 + 0x1p-30) ==
           sum; /* the error, below 2^-100, cannot change the rounding */
}

static size_t scan(const char *text, size_t length, decimal *d)
{
    size_t i = 0;
    bool point = false, any = false;
    d->count = 0;
    d->mantissa = 0;
    d->exponent = 0;
    d->negative = length > 0 && text[0] == '-';
    if (length > 0 && (text[0] == '-' || text[0] == '+')) i++;
    for (; i < length; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') break;
        any = true;
        if (d->count < DIGITS_KEPT && (d->count > 0 || text[i] != '0')) {
            if (d->count < 19) d->mantissa = d->mantissa * 10 + (uint64_t)(text[i] - '0');
            d->digits[d->count++] = text[i];
            d->exponent -= point ? 1 : 0;
        } else if (d->count == DIGITS_KEPT) {
            if (text[i] != '0') d->digits[DIGITS_KEPT - 1] |= 1; /* sticky: never a tie */
            d->exponent += point ? 0 : 1;
        } else {
            d->exponent -= point ? 1 : 0; /* a leading zero */
        }
    }
    if (!any) return 0;
    if (i + 1 < length && (text[i] | 32) == 'e') {
        size_t j = i + 1;
        bool minus = text[j] == '-';
        if (text[j] == '-' || text[j] == '+') j++;
        int64_t e = 0;
        size_t start = j;
        for (; j < length && text[j] >= '0' && text[j] <= '9'; j++)
            if (e < 1000000) e = e * 10 + (text[j] - '0');
        if (j > start) {
            d->exponent += minus ? -e : e;
            i = j;
        }
    }
    return i;
}

double pe_decimal_parse(const char *text, size_t length, size_t *used)
{
    decimal d;
    *used = scan(text, length, &d);
    double x = 0;
    if (*used > 0 && d.count > 0) {
        int64_t e = d.exponent;
        if (d.count <= 15 && e >= -22 && e <= 22)
            x = e < 0 ? (double)d.mantissa / powers[-e] : (double)d.mantissa * powers[e];
        else if (d.count > 19 || e < -22 || e > 22 || !quick(d.mantissa, (int)e, &x))
            x = exact(&d);
    }
    return d.negative ? -x : x;
}

int pe_decimal_format(double value, int digits, char out[PE_DECIMAL_BYTES])
{
    char text[48], mantissa[24];
    int count = 0, n = 0;
    if (!isfinite(value)) {
        const char *word = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
        return snprintf(out, PE_DECIMAL_BYTES, "%s", word);
    }
    digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
    snprintf(text, sizeof text, "%.*e", digits - 1, fabs(value));
    const char *p = text;
    for (; *p != '\0' && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') mantissa[count++] = *p; /* whatever separator the locale puts */
    int exponent = 0;
    bool minus = p[0] == 'e' && p[1] == '-';
    for (p += 2; *p >= '0' && *p <= '9'; p++) exponent = exponent * 10 + (*p - '0');
    exponent = minus ? -exponent : exponent;
    while (count > 1 && mantissa[count - 1] == '0') count--;
    if (value < 0) out[n++] = '-';
    if (exponent < -5 || exponent >= digits) {
        out[n++] = mantissa[0];
        if (count > 1) out[n++] = '.';
        for (int i = 1; i < count; i++) out[n++] = mantissa[i];
        n += snprintf(out + n, (size_t)(PE_DECIMAL_BYTES - n), "e%c%02d", exponent < 0 ? '-' : '+',
                      abs(exponent));
        return n;
    }
    if (exponent < 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = -1; i > exponent; i--) out[n++] = '0';
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i == exponent + 1 && exponent >= 0) out[n++] = '.';
        out[n++] = i < count ? mantissa[i] : '0';
    }
    out[n] = '\0';
    return n;
}

int pe_decimal_shortest(double value, char out[PE_DECIMAL_BYTES])
{
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        size_t used;
        n = pe_decimal_format(value, digits, out);
        if (!isfinite(value) || pe_decimal_parse(out, (size_t)n, &used) == value) break;
    }
    return n;
}
