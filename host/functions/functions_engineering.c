/* functions_engineering.c: number bases, bits, DELTA and GESTEP. A text in a base is at most ten
 * digits in two's complement, as in Excel. */
#include "functions_internal.h"

#define DIGITS_MAX 10

/* ---- bases --------------------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return 99;
}

static int64_t power_of(int base, int digits)
{
    int64_t p = 1;
    while (digits-- > 0) p *= base;
    return p;
}

/* Reads a number written in `base`; false with *error set. */
static bool read_base(pe_call *call, pe_value v, int base, int64_t *value, pe_value *error)
{
    pe_value text = pe_is(v, PE_KIND_BOOLEAN) ? pe_error(PE_ERROR_VALUE) : pe_to_text(call, v);
    if (pe_is_error(text)) {
        *error = text;
        return false;
    }
    const pe_text *t = pe_as_text(text);
    int64_t x = 0;
    *error = pe_error(PE_ERROR_NUM);
    if (t->length > DIGITS_MAX) return false;
    for (uint32_t i = 0; i < t->length; i++) {
        int d = digit_of(t->bytes[i]);
        if (d >= base) return false;
        x = x * base + d;
    }
    int64_t span = power_of(base, DIGITS_MAX);
    *value = x >= span / 2 ? x - span : x; /* the highest bit of the tenth digit is the sign */
    return true;
}

/* Writes a number in `base`; args[1], where given, is the number of places. */
static pe_value write_base(pe_call *call, int64_t value, int base, const pe_value *args, int n)
{
    char digits[DIGITS_MAX + 1];
    double places = 0;
    pe_value error;
    int64_t span = power_of(base, DIGITS_MAX);
    bool padded = n > 1 && !pe_is(args[1], PE_KIND_OMITTED);
    if (padded && !pei_toolpak_number(call, args[1], &places, &error)) return error;
    places = pen_trunc(places);
    if (padded && !(places > 0 && places <= DIGITS_MAX)) return pe_error(PE_ERROR_NUM);
    if (value < -span / 2 || value >= span / 2) return pe_error(PE_ERROR_NUM);
    bool negative = value < 0;
    if (negative) value += span;
    int count = 0;
    do {
        digits[DIGITS_MAX - ++count] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value > 0);
    if (padded && !negative) {
        if (count > (int)places) return pe_error(PE_ERROR_NUM);
        while (count < (int)places) digits[DIGITS_MAX - ++count] = '0';
    }
    return pe_make_text(call, digits + DIGITS_MAX - count, (size_t)count);
}

static pe_value to_decimal(pe_call *call, const pe_value *args, int base)
{
    int64_t value;
    pe_value error;
    return read_base(call, args[0], base, &value, &error) ? pe_number((double)value) : error;
}

static pe_value from_decimal(pe_call *call, const pe_value *args, int n, int base)
{
    double x;
    pe_value error;
    if (!pei_toolpak_number(call, args[0], &x, &error)) return error;
    if (!(pen_abs(x) < 1e13)) return pe_error(PE_ERROR_NUM);
    return write_base(call, (int64_t)pen_trunc(x), base, args, n);
}

static pe_value between(pe_call *call, const pe_value *args, int n, int from, int to)
{
    int64_t value;
    pe_value error;
    return read_base(call, args[0], from, &value, &error) ? write_base(call, value, to, args, n)
                                                          : error;
}

pe_value pei_fn_bin2dec(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return to_decimal(call, args, 2);
}

pe_value pei_fn_oct2dec(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return to_decimal(call, args, 8);
}

pe_value pei_fn_hex2dec(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return to_decimal(call, args, 16);
}

pe_value pei_fn_dec2bin(pe_call *call, const pe_value *args, int n)
{
    return from_decimal(call, args, n, 2);
}

pe_value pei_fn_dec2oct(pe_call *call, const pe_value *args, int n)
{
    return from_decimal(call, args, n, 8);
}

pe_value pei_fn_dec2hex(pe_call *call, const pe_value *args, int n)
{
    return from_decimal(call, args, n, 16);
}

pe_value pei_fn_bin2hex(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 2, 16);
}

pe_value pei_fn_bin2oct(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 2, 8);
}

pe_value pei_fn_hex2bin(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 16, 2);
}

pe_value pei_fn_hex2oct(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 16, 8);
}

pe_value pei_fn_oct2bin(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 8, 2);
}

pe_value pei_fn_oct2hex(pe_call *call, const pe_value *args, int n)
{
    return between(call, args, n, 8, 16);
}

/* ---- bits ---------------------------------------------------------------------------- */

#define BITS_END 281474976710656.0 /* 2^48 */

static bool are_bits(const double *x)
{
    return x[0] >= 0 && x[0] < BITS_END && x[1] >= 0 && x[1] < BITS_END &&
           x[0] == pen_trunc(x[0]) && x[1] == pen_trunc(x[1]);
}

double pei_fn_bitand(const double *x, int n)
{
    PE_UNUSED(n);
    return are_bits(x) ? (double)((uint64_t)x[0] & (uint64_t)x[1]) : pe_error_double(PE_ERROR_NUM);
}

double pei_fn_bitor(const double *x, int n)
{
    PE_UNUSED(n);
    return are_bits(x) ? (double)((uint64_t)x[0] | (uint64_t)x[1]) : pe_error_double(PE_ERROR_NUM);
}

double pei_fn_bitxor(const double *x, int n)
{
    PE_UNUSED(n);
    return are_bits(x) ? (double)((uint64_t)x[0] ^ (uint64_t)x[1]) : pe_error_double(PE_ERROR_NUM);
}

static double shifted(double x, double places)
{
    places = pen_trunc(places);
    bool valid = x >= 0 && x < BITS_END && x == pen_trunc(x) && pen_abs(places) <= 53;
    if (!valid) return pe_error_double(PE_ERROR_NUM);
    double y = pen_floor(pen_ldexp(x, (int)places));
    return y < BITS_END ? y : pe_error_double(PE_ERROR_NUM);
}

double pei_fn_bitlshift(const double *x, int n)
{
    PE_UNUSED(n);
    return shifted(x[0], x[1]);
}

double pei_fn_bitrshift(const double *x, int n)
{
    PE_UNUSED(n);
    return shifted(x[0], -x[1]);
}

/* ---- steps --------------------------------------------------------------------------- */

/* Two numbers, the second 0 where absent. */
static bool read_pair(pe_call *call, const pe_value *args, int n, double *a, double *b,
                      pe_value *error)
{
    *b = 0;
    if (!pei_toolpak_number(call, args[0], a, error)) return false;
    return n < 2 || pei_toolpak_number(call, args[1], b, error);
}

pe_value pei_fn_delta(pe_call *call, const pe_value *args, int n)
{
    double a, b;
    pe_value error;
    return read_pair(call, args, n, &a, &b, &error) ? pe_number(a == b ? 1 : 0) : error;
}

pe_value pei_fn_gestep(pe_call *call, const pe_value *args, int n)
{
    double a, b;
    pe_value error;
    return read_pair(call, args, n, &a, &b, &error) ? pe_number(a >= b ? 1 : 0) : error;
}
