/* functions_complex.c: complex numbers written as texts, "3+4i". The suffix (i or j) of the
 * arguments is the result's; two different ones are #VALUE!. Results show 15 digits, as everywhere
 * else. What is no complex number is #NUM!. */
#include "functions_internal.h"

typedef struct complex_number {
    double re, im;
    char suffix; /* i, j or 0: not seen */
} complex_number;

/* ---- reading and writing ------------------------------------------------------------- */

/* A signed decimal at *at, as far as it goes; an empty coefficient ("+", "") counts as 1 where
 * `unit` allows. */
static bool read_part(const char *s, size_t n, size_t *at, double *x, bool *bare)
{
    size_t i = *at, used = 0;
    double sign = 1;
    if (i < n && (s[i] == '+' || s[i] == '-')) sign = s[i++] == '-' ? -1 : 1;
    *bare = i >= n || !((s[i] >= '0' && s[i] <= '9') || s[i] == '.');
    double magnitude = 1;
    if (!*bare) {
        magnitude = pe_decimal_parse(s + i, n - i, &used);
        if (used == 0 || !pen_is_finite(magnitude)) return false;
    }
    *at = i + used;
    *x = sign * magnitude;
    return true;
}

static bool parse_complex(const char *s, size_t n, complex_number *z)
{
    size_t at = 0;
    bool bare;
    z->re = z->im = 0;
    z->suffix = 0;
    if (n == 0) return false;
    for (int part = 0; part < 2 && at < n; part++) {
        double x;
        if (part == 1 && s[at] != '+' && s[at] != '-') return false;
        if (!read_part(s, n, &at, &x, &bare)) return false;
        if (at < n && (s[at] == 'i' || s[at] == 'j')) {
            z->im = x;
            z->suffix = s[at++];
            return at == n;
        }
        if (bare || part == 1) return false;
        z->re = x;
    }
    return at == n;
}

static bool read_complex(pe_call *call, pe_value v, complex_number *z, pe_value *error)
{
    if (pe_is(v, PE_KIND_NUMBER) || pe_is(v, PE_KIND_BLANK) || pe_is(v, PE_KIND_OMITTED)) {
        z->re = pe_is(v, PE_KIND_NUMBER) ? pe_as_number(v) : 0;
        z->im = 0;
        z->suffix = 0;
        return true;
    }
    PE_UNUSED(call);
    if (pe_is(v, PE_KIND_TEXT) && parse_complex(pe_as_text(v)->bytes, pe_as_text(v)->length, z))
        return true;
    *error =
        pe_is_error(v) ? v : pe_error(pe_is(v, PE_KIND_BOOLEAN) ? PE_ERROR_VALUE : PE_ERROR_NUM);
    return false;
}

static pe_value complex_value(pe_call *call, double re, double im, char suffix)
{
    char text[2 * PEI_NUMBER_TEXT_BYTES + 4];
    int n = 0;
    if (!pen_is_finite(re) || !pen_is_finite(im)) return pe_error(PE_ERROR_NUM);
    if (re != 0 || im == 0) n = pei_number_text(re, text);
    if (im != 0) {
        if (n > 0 && im > 0) text[n++] = '+';
        if (im == -1) text[n++] = '-';
        if (im != 1 && im != -1) n += pei_number_text(im, text + n);
        /* 0.9999999999999999 shows as 1 and then as nothing */
        if (n > 0 && text[n - 1] == '1' && im != 1 && im != -1 &&
            pen_abs(pen_abs(im) - 1) < 1e-14 &&
            (n == 1 || text[n - 2] == '+' || text[n - 2] == '-'))
            n--;
        text[n++] = suffix == 'j' ? 'j' : 'i';
    }
    return pe_make_text(call, text, (size_t)n);
}

pe_value pei_fn_complex(pe_call *call, const pe_value *args, int n)
{
    double re, im;
    pe_value error;
    char suffix = 'i';
    if (!pei_toolpak_number(call, args[0], &re, &error) ||
        !pei_toolpak_number(call, args[1], &im, &error))
        return error;
    if (n > 2 && pe_is(args[2], PE_KIND_TEXT) && pe_as_text(args[2])->length > 0) {
        const pe_text *t = pe_as_text(args[2]);
        if (t->length != 1 || (t->bytes[0] != 'i' && t->bytes[0] != 'j'))
            return pe_error(PE_ERROR_VALUE);
        suffix = t->bytes[0];
    }
    return complex_value(call, re, im, suffix);
}

/* ---- arithmetic ---------------------------------------------------------------------- */

static complex_number make(double re, double im, char suffix)
{
    complex_number z = {re, im, suffix};
    return z;
}

static complex_number times(complex_number a, complex_number b)
{
    return make(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re,
                a.suffix != 0 ? a.suffix : b.suffix);
}

/* a / b by Smith's method, as Excel's last digits show. */
static complex_number quotient(complex_number a, complex_number b)
{
    char suffix = a.suffix != 0 ? a.suffix : b.suffix;
    if (pen_abs(b.re) >= pen_abs(b.im)) {
        double ratio = b.im / b.re, d = b.re + b.im * ratio;
        return make((a.re + a.im * ratio) / d, (a.im - a.re * ratio) / d, suffix);
    }
    double ratio = b.re / b.im, d = b.re * ratio + b.im;
    return make((a.re * ratio + a.im) / d, (a.im * ratio - a.re) / d, suffix);
}

static complex_number sine(complex_number z)
{
    return make(pen_sin(z.re) * pen_cosh(z.im), pen_cos(z.re) * pen_sinh(z.im), z.suffix);
}

static complex_number cosine(complex_number z)
{
    return make(pen_cos(z.re) * pen_cosh(z.im), -(pen_sin(z.re) * pen_sinh(z.im)), z.suffix);
}

static complex_number hyperbolic_sine(complex_number z)
{
    return make(pen_sinh(z.re) * pen_cos(z.im), pen_cosh(z.re) * pen_sin(z.im), z.suffix);
}

static complex_number hyperbolic_cosine(complex_number z)
{
    return make(pen_cosh(z.re) * pen_cos(z.im), pen_sinh(z.re) * pen_sin(z.im), z.suffix);
}

/* tan z = (sin 2x + i sinh 2y) / (cos 2x + cosh 2y) */
static complex_number tangent(complex_number z)
{
    if (pen_abs(z.im) > 350) return make(0, z.im < 0 ? -1 : 1, z.suffix);
    double d = pen_cos(2 * z.re) + pen_cosh(2 * z.im);
    return make(pen_sin(2 * z.re) / d, pen_sinh(2 * z.im) / d, z.suffix);
}

static complex_number cotangent(complex_number z)
{
    if (pen_abs(z.im) > 350) return make(0, z.im < 0 ? 1 : -1, z.suffix);
    double d = pen_cosh(2 * z.im) - pen_cos(2 * z.re);
    return make(pen_sin(2 * z.re) / d, -pen_sinh(2 * z.im) / d, z.suffix);
}

static complex_number one_over(complex_number z)
{
    return quotient(make(1, 0, 0), z);
}

static double modulus(complex_number z)
{
    return pen_hypot(z.re, z.im);
}

static complex_number exponential(complex_number z)
{
    double e = pen_exp(z.re);
    return make(e * pen_cos(z.im), e * pen_sin(z.im), z.suffix);
}

static complex_number logarithm(complex_number z)
{
    return make(pen_log(modulus(z)), pen_atan2(z.im, z.re), z.suffix);
}

static complex_number square_root(complex_number z)
{
    double m = modulus(z);
    if (m == 0) return make(0, 0, z.suffix);
    double half = pen_sqrt((m + pen_abs(z.re)) / 2), other = pen_abs(z.im) / (2 * half);
    double re = z.re >= 0 ? half : other, im = z.re >= 0 ? other : half;
    return make(re, z.im < 0 ? -im : im, z.suffix);
}

/* Integral exponents by squaring, others through the polar form. */
static complex_number power(complex_number z, double exponent)
{
    if (exponent == pen_trunc(exponent) && pen_abs(exponent) <= 1024) {
        complex_number result = make(1, 0, z.suffix), square = z;
        for (int e = (int)pen_abs(exponent); e > 0; e /= 2) {
            if (e % 2 == 1) result = times(result, square);
            square = times(square, square);
        }
        return exponent < 0 ? quotient(make(1, 0, z.suffix), result) : result;
    }
    double r = pen_pow(modulus(z), exponent), angle = exponent * pen_atan2(z.im, z.re);
    return make(r * pen_cos(angle), r * pen_sin(angle), z.suffix);
}

/* ---- functions of one number --------------------------------------------------------- */

static pe_value apply(pe_call *call, const pe_value *args, complex_number (*body)(complex_number))
{
    complex_number z;
    pe_value error;
    if (!read_complex(call, args[0], &z, &error)) return error;
    complex_number w = body(z);
    return complex_value(call, w.re, w.im, z.suffix);
}

#define COMPLEX_FUNCTION(name, body)                                                               \
    pe_value pei_fn_##name(pe_call *call, const pe_value *args, int n)                             \
    {                                                                                              \
        PE_UNUSED(n);                                                                              \
        return apply(call, args, body);                                                            \
    }

static complex_number conjugate(complex_number z)
{
    return make(z.re, z.im == 0 ? 0 : -z.im, z.suffix);
}

static complex_number cosecant(complex_number z)
{
    return one_over(sine(z));
}

static complex_number secant(complex_number z)
{
    return one_over(cosine(z));
}

static complex_number hyperbolic_cosecant(complex_number z)
{
    return one_over(hyperbolic_sine(z));
}

static complex_number hyperbolic_secant(complex_number z)
{
    return one_over(hyperbolic_cosine(z));
}

static complex_number scaled(complex_number z, double factor)
{
    return make(z.re * factor, z.im * factor, z.suffix);
}

static complex_number logarithm_10(complex_number z)
{
    return scaled(logarithm(z), 0.43429448190325182765);
}

static complex_number logarithm_2(complex_number z)
{
    return scaled(logarithm(z), 1.44269504088896340736);
}

COMPLEX_FUNCTION(imconjugate, conjugate)
COMPLEX_FUNCTION(imsin, sine)
COMPLEX_FUNCTION(imcos, cosine)
COMPLEX_FUNCTION(imtan, tangent)
COMPLEX_FUNCTION(imcot, cotangent)
COMPLEX_FUNCTION(imcsc, cosecant)
COMPLEX_FUNCTION(imsec, secant)
COMPLEX_FUNCTION(imsinh, hyperbolic_sine)
COMPLEX_FUNCTION(imcosh, hyperbolic_cosine)
COMPLEX_FUNCTION(imcsch, hyperbolic_cosecant)
COMPLEX_FUNCTION(imsech, hyperbolic_secant)
COMPLEX_FUNCTION(imexp, exponential)
COMPLEX_FUNCTION(imln, logarithm)
COMPLEX_FUNCTION(imlog10, logarithm_10)
COMPLEX_FUNCTION(imlog2, logarithm_2)
COMPLEX_FUNCTION(imsqrt, square_root)

pe_value pei_fn_imabs(pe_call *call, const pe_value *args, int n)
{
    complex_number z;
    pe_value error;
    PE_UNUSED(n);
    return read_complex(call, args[0], &z, &error) ? pe_number_checked(modulus(z)) : error;
}

pe_value pei_fn_imreal(pe_call *call, const pe_value *args, int n)
{
    complex_number z;
    pe_value error;
    PE_UNUSED(n);
    return read_complex(call, args[0], &z, &error) ? pe_number_checked(z.re) : error;
}

pe_value pei_fn_imaginary(pe_call *call, const pe_value *args, int n)
{
    complex_number z;
    pe_value error;
    PE_UNUSED(n);
    return read_complex(call, args[0], &z, &error) ? pe_number_checked(z.im) : error;
}

pe_value pei_fn_imargument(pe_call *call, const pe_value *args, int n)
{
    complex_number z;
    pe_value error;
    PE_UNUSED(n);
    if (!read_complex(call, args[0], &z, &error)) return error;
    if (z.re == 0 && z.im == 0) return pe_error(PE_ERROR_DIV0);
    return pe_number_checked(pen_atan2(z.im, z.re));
}

/* ---- functions of several ------------------------------------------------------------ */

static bool same_suffix(complex_number a, complex_number b)
{
    return a.suffix == 0 || b.suffix == 0 || a.suffix == b.suffix;
}

pe_value pei_fn_impower(pe_call *call, const pe_value *args, int n)
{
    complex_number z;
    double exponent;
    pe_value error;
    PE_UNUSED(n);
    if (!read_complex(call, args[0], &z, &error) ||
        !pei_toolpak_number(call, args[1], &exponent, &error))
        return error;
    if (z.re == 0 && z.im == 0)
        return exponent > 0 ? complex_value(call, 0, 0, z.suffix) : pe_error(PE_ERROR_NUM);
    complex_number w = power(z, exponent);
    return complex_value(call, w.re, w.im, z.suffix);
}

/* Reads two numbers of one suffix; false with *error set. */
static bool read_two(pe_call *call, const pe_value *args, complex_number *a, complex_number *b,
                     pe_value *error)
{
    if (!read_complex(call, args[0], a, error) || !read_complex(call, args[1], b, error))
        return false;
    *error = pe_error(PE_ERROR_VALUE);
    return same_suffix(*a, *b);
}

pe_value pei_fn_imdiv(pe_call *call, const pe_value *args, int n)
{
    complex_number a, b;
    pe_value error;
    PE_UNUSED(n);
    if (!read_two(call, args, &a, &b, &error)) return error;
    if (b.re == 0 && b.im == 0) return pe_error(PE_ERROR_NUM);
    complex_number w = quotient(a, b);
    return complex_value(call, w.re, w.im, w.suffix);
}

pe_value pei_fn_imsub(pe_call *call, const pe_value *args, int n)
{
    complex_number a, b;
    pe_value error;
    PE_UNUSED(n);
    if (!read_two(call, args, &a, &b, &error)) return error;
    return complex_value(call, a.re - b.re, a.im - b.im, a.suffix != 0 ? a.suffix : b.suffix);
}

typedef struct folding {
    pe_call *call;
    complex_number total;
    bool product;
    pe_value error; /* blank: none */
} folding;

static bool fold_value(void *context, pe_value v, bool direct)
{
    folding *f = context;
    complex_number z;
    PE_UNUSED(direct);
    if (pe_is(v, PE_KIND_OMITTED) || pe_is(v, PE_KIND_BLANK)) return true;
    if (pe_is(v, PE_KIND_TEXT) && pe_as_text(v)->length == 0) return true;
    if (!read_complex(f->call, v, &z, &f->error)) return false;
    if (!same_suffix(f->total, z)) {
        f->error = pe_error(PE_ERROR_VALUE);
        return false;
    }
    char suffix = f->total.suffix != 0 ? f->total.suffix : z.suffix;
    f->total =
        f->product ? times(f->total, z) : make(f->total.re + z.re, f->total.im + z.im, suffix);
    return true;
}

static pe_value fold_all(pe_call *call, const pe_value *args, int n, bool product)
{
    folding f = {call, make(product ? 1 : 0, 0, 0), product, pe_blank()};
    for (int i = 0; i < n && !pe_is_error(f.error); i++)
        pe_each_value(call, args[i], fold_value, &f);
    return pe_is_error(f.error) ? f.error
                                : complex_value(call, f.total.re, f.total.im, f.total.suffix);
}

pe_value pei_fn_imsum(pe_call *call, const pe_value *args, int n)
{
    return fold_all(call, args, n, false);
}

pe_value pei_fn_improduct(pe_call *call, const pe_value *args, int n)
{
    return fold_all(call, args, n, true);
}
