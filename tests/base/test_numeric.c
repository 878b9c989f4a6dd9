/* test_numeric.c: the elementary functions of numeric.h against MPFR: largest error in ulp over
 * random arguments and edges of each row's range, special values, exact rounding bodies against
 * integers, the software fma. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <mpfr.h>

#include "base.h"
#include "numeric.h"

#define BITS 200
#define SAMPLES 3000

typedef int (*reference)(mpfr_ptr y, mpfr_srcptr x, mpfr_rnd_t round);

typedef struct row {
    const char *name;
    double (*body)(double);
    reference exact;
    double low, high;
    enum { LINEAR, SCALES, BOTH_SIGNS } spread; /* SCALES: uniform in the logarithm */
    double ulp_max;
} row;

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double random_unit(uint64_t *state)
{
    return (double)(random_bits(state) >> 11) * 0x1p-53;
}

/* |got - exact| in units of the last place of the exact value (of the smallest subnormal at least).
 */
static double error_in_ulp(double got, mpfr_srcptr exact)
{
    double nearest = mpfr_get_d(exact, MPFR_RNDN);
    if (isnan(nearest) || isnan(got)) return isnan(nearest) && isnan(got) ? 0 : 1e30;
    if (isinf(nearest) || isinf(got)) {
        double finite = isinf(nearest) ? got : nearest;
        return nearest == got ? 0 : fabs(finite) > 1.7976931348623155e308 ? 0.5 : 1e30;
    }
    int exponent = -1073;
    if (nearest != 0) frexp(nearest, &exponent);
    int unit = exponent - 53 < -1074 ? -1074 : exponent - 53;
    mpfr_t d;
    mpfr_init2(d, BITS);
    mpfr_sub_d(d, exact, got, MPFR_RNDN);
    mpfr_mul_2si(d, d, -unit, MPFR_RNDN);
    double error = fabs(mpfr_get_d(d, MPFR_RNDN));
    mpfr_clear(d);
    return error;
}

static int exact_norm_cdf(mpfr_ptr y, mpfr_srcptr x, mpfr_rnd_t round)
{
    mpfr_t t;
    mpfr_init2(t, 300);
    mpfr_sqrt_ui(t, 2, round);
    mpfr_div(t, x, t, round);
    mpfr_neg(t, t, round);
    mpfr_erfc(y, t, round);
    mpfr_clear(t);
    return mpfr_div_2ui(y, y, 1, round);
}

static int exact_norm_pdf(mpfr_ptr y, mpfr_srcptr x, mpfr_rnd_t round)
{
    mpfr_t t, c;
    mpfr_inits2(300, t, c, (mpfr_ptr)NULL);
    mpfr_sqr(t, x, round);
    mpfr_div_si(t, t, -2, round);
    mpfr_exp(t, t, round);
    mpfr_const_pi(c, round);
    mpfr_mul_ui(c, c, 2, round);
    mpfr_sqrt(c, c, round);
    mpfr_div(y, t, c, round);
    mpfr_clears(t, c, (mpfr_ptr)NULL);
    return 0;
}

/* Newton's method on the exact cdf: the start is good to 40 bits, two steps leave over 150. */
static int exact_norm_inv(mpfr_ptr y, mpfr_srcptr p, mpfr_rnd_t round)
{
    mpfr_t c, f;
    mpfr_inits2(300, c, f, (mpfr_ptr)NULL);
    mpfr_set_d(y, pen_norm_inv(mpfr_get_d(p, round)), round);
    for (int i = 0; i < 2; i++) {
        exact_norm_cdf(c, y, round);
        mpfr_sub(c, c, p, round);
        exact_norm_pdf(f, y, round);
        mpfr_div(c, c, f, round);
        mpfr_sub(y, y, c, round);
    }
    mpfr_clears(c, f, (mpfr_ptr)NULL);
    return 0;
}

#define ROW(f, low, high, spread, ulp)                                                             \
    {                                                                                              \
#f, pen_##f, mpfr_##f, low, high, spread, ulp                                              \
    }
static const row rows[] = {
    ROW(exp, -1, 1, LINEAR, 1),
    ROW(exp, -750, 710, LINEAR, 1),
    ROW(exp, -745.2, -708, LINEAR, 1),
    ROW(exp, 5e-324, 1, BOTH_SIGNS, 1),
    ROW(exp2, -1080, 1025, LINEAR, 1),
    ROW(expm1, -1, 1, LINEAR, 1),
    ROW(expm1, -60, 711, LINEAR, 1),
    ROW(expm1, 5e-324, 1, BOTH_SIGNS, 1),
    ROW(log, 5e-324, 1.7e308, SCALES, 1),
    ROW(log, 0.5, 2, LINEAR, 1),
    ROW(log, 0.99, 1.01, LINEAR, 1),
    ROW(log1p, -1, 2, LINEAR, 1),
    ROW(log1p, 5e-324, 1.7e308, SCALES, 1),
    ROW(log1p, 5e-324, 0.9999999, BOTH_SIGNS, 1),
    ROW(log2, 5e-324, 1.7e308, SCALES, 1),
    ROW(log2, 0.99, 1.01, LINEAR, 1),
    ROW(log10, 5e-324, 1.7e308, SCALES, 1),
    ROW(log10, 0.5, 2, LINEAR, 1),
    ROW(cbrt, 5e-324, 1.7e308, BOTH_SIGNS, 1),
    ROW(sin, -10, 10, LINEAR, 1),
    ROW(sin, 5e-324, 1.7e308, BOTH_SIGNS, 1),
    ROW(sin, 1e-5, 1e7, BOTH_SIGNS, 1),
    ROW(cos, -10, 10, LINEAR, 1),
    ROW(cos, 5e-324, 1.7e308, BOTH_SIGNS, 1),
    ROW(tan, -10, 10, LINEAR, 1),
    ROW(tan, 5e-324, 1.7e308, BOTH_SIGNS, 1),
    ROW(asin, -1, 1, LINEAR, 1),
    ROW(asin, 5e-324, 1, BOTH_SIGNS, 1),
    ROW(acos, -1, 1, LINEAR, 1),
    ROW(acos, 0.99999, 1, LINEAR, 1),
    ROW(atan, -3, 3, LINEAR, 1),
    ROW(atan, 5e-324, 1.7e308, BOTH_SIGNS, 1),
    ROW(sinh, -2, 2, LINEAR, 2),
    ROW(sinh, 5e-324, 711, BOTH_SIGNS, 2),
    ROW(cosh, -711, 711, LINEAR, 2),
    ROW(cosh, -1, 1, LINEAR, 2),
    ROW(tanh, -2, 2, LINEAR, 2),
    ROW(tanh, 5e-324, 30, BOTH_SIGNS, 2),
    ROW(asinh, -3, 3, LINEAR, 2),
    ROW(asinh, 5e-324, 1.7e308, BOTH_SIGNS, 2),
    ROW(acosh, 1, 3, LINEAR, 2),
    ROW(acosh, 1, 1.7e308, SCALES, 2),
    ROW(atanh, -1, 1, LINEAR, 2),
    ROW(atanh, 5e-324, 1, BOTH_SIGNS, 2),
    ROW(erf, -1.2, 1.2, LINEAR, 1),
    ROW(erf, 5e-324, 7, BOTH_SIGNS, 1),
    ROW(erfc, -7, 7, LINEAR, 2),
    ROW(erfc, 0.4, 1.1, LINEAR, 2),
    ROW(erfc, 1, 27.3, LINEAR, 2),
    {"norm_cdf", pen_norm_cdf, exact_norm_cdf, -1.2, 1.2, LINEAR, 3},
    {"norm_cdf", pen_norm_cdf, exact_norm_cdf, -38.6, 9, LINEAR, 3},
    {"norm_pdf", pen_norm_pdf, exact_norm_pdf, -3, 3, LINEAR, 2},
    {"norm_pdf", pen_norm_pdf, exact_norm_pdf, -38.7, 38.7, LINEAR, 2},
    {"norm_inv", pen_norm_inv, exact_norm_inv, 1e-9, 0.999999999, LINEAR, 3},
    {"norm_inv", pen_norm_inv, exact_norm_inv, 0.49999, 0.50001, LINEAR, 3},
    {"norm_inv", pen_norm_inv, exact_norm_inv, 0.06, 0.2, LINEAR, 3},
    {"norm_inv", pen_norm_inv, exact_norm_inv, 5e-324, 0.2, SCALES, 3},
};

static double argument(const row *r, int i, uint64_t *state)
{
    if (i == 0) return r->low;
    if (i == 1) return r->high;
    double t = random_unit(state);
    if (r->spread == LINEAR) return r->low + (r->high - r->low) * t;
    double x = exp(log(r->low) + (log(r->high) - log(r->low)) * t);
    return r->spread == BOTH_SIGNS && (random_bits(state) & 1) != 0 ? -x : x;
}

static void test_row(void **state)
{
    const row *r = *state;
    bool slow = r->exact == exact_norm_inv || strncmp(r->name, "erf", 3) == 0 || r->name[0] == 'n';
    uint64_t random = 88172645463325252ull;
    double worst = 0, worst_x = 0;
    mpfr_t x, y;
    mpfr_init2(x, 53);
    mpfr_init2(y, BITS);
    for (int i = 0; i < (slow ? SAMPLES / 4 : SAMPLES); i++) {
        double a = argument(r, i, &random);
        mpfr_set_d(x, a, MPFR_RNDN);
        r->exact(y, x, MPFR_RNDN);
        double e = error_in_ulp(r->body(a), y);
        if (e > worst) {
            worst = e;
            worst_x = a;
        }
    }
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    if (!(worst <= r->ulp_max))
        fail_msg("%s(%.17g): %.4g ulp, the bound is %g", r->name, worst_x, worst, r->ulp_max);
}

/* ---- powers ------------------------------------------------------------------------------ */

static void test_pow(void **state)
{
    (void)state;
    uint64_t random = 42;
    mpfr_t a, b, y;
    mpfr_inits2(53, a, b, (mpfr_ptr)NULL);
    mpfr_init2(y, BITS);
    for (int i = 0; i < 20000; i++) {
        double x = 0.5 + random_unit(&random), e = (random_unit(&random) - 0.5) * 2000;
        if (i % 3 == 0) {
            x = exp(1400 * (random_unit(&random) - 0.5));
            e = (random_unit(&random) - 0.5) * 1500 / log(x);
        } else if (i % 3 == 1) {
            x = 1 + (random_unit(&random) - 0.5) * 1e-5;
            e = (random_unit(&random) - 0.5) * 1e8;
        }
        mpfr_set_d(a, x, MPFR_RNDN);
        mpfr_set_d(b, e, MPFR_RNDN);
        mpfr_pow(y, a, b, MPFR_RNDN);
        double p = pen_pow(x, e), many;
        assert_true(error_in_ulp(p, y) <= 1);
        pen_pow_many(&x, &e, &many, 1);
        assert_memory_equal(&p, &many, sizeof p);
    }
    mpfr_clears(a, b, y, (mpfr_ptr)NULL);
}

static void test_pow_integral(void **state)
{
    (void)state;
    uint64_t random = 43;
    mpfr_t a, y;
    mpfr_init2(a, 53);
    mpfr_init2(y, BITS);
    for (int i = 0; i < 20000; i++) {
        int n = (int)(random_bits(&random) % 2049) - 1024;
        double x = exp(1480.0 / (abs(n) + 1) * (random_unit(&random) - 0.5));
        if (random_bits(&random) & 1) x = -x;
        mpfr_set_d(a, x, MPFR_RNDN);
        mpfr_pow_si(y, a, n, MPFR_RNDN);
        double p = pen_pow(x, n), many, bound = fabs(p) < 2.3e-308 ? 0.7501 : 0.50001;
        assert_true(error_in_ulp(p, y) <= bound);
        pen_powi_many(&x, n, &many, 1);
        assert_memory_equal(&p, &many, sizeof p);
    }
    mpfr_clears(a, y, (mpfr_ptr)NULL);
}

/* C's rules for every pair of these (7.12.7.4 and annex F), with the C library as the reference. */
static const double specials[] = {0.0, -0.0, 1,     -1,     0.5,    -0.5,    2,        -2,
                                  3,   -3,   1e308, -1e308, 5e-324, -5e-324, INFINITY, -INFINITY,
                                  NAN, 1024, 1025,  1e300,  2.5,    -2.5};

static bool alike(double got, double expected)
{
    if (isnan(got) || isnan(expected)) return isnan(got) && isnan(expected);
    if (signbit(got) != signbit(expected)) return false;
    return got == expected || fabs(got - expected) <= 1e-15 * fabs(expected);
}

static void test_special_values(void **state)
{
    (void)state;
#define UNARY(f)                                                                                   \
    {                                                                                              \
#f, pen_##f, f                                                                             \
    }
    static const struct {
        const char *name;
        double (*ours)(double), (*c)(double);
    } unary[] = {UNARY(exp),   UNARY(expm1), UNARY(log),  UNARY(log1p), UNARY(log2),  UNARY(log10),
                 UNARY(cbrt),  UNARY(sin),   UNARY(cos),  UNARY(tan),   UNARY(asin),  UNARY(acos),
                 UNARY(atan),  UNARY(sinh),  UNARY(cosh), UNARY(tanh),  UNARY(asinh), UNARY(acosh),
                 UNARY(atanh), UNARY(erf),   UNARY(erfc), UNARY(floor), UNARY(ceil),  UNARY(trunc),
                 UNARY(rint),  UNARY(round)};
#undef UNARY
    for (size_t i = 0; i < PE_COUNT(specials); i++) {
        double x = specials[i];
        for (size_t k = 0; k < PE_COUNT(unary); k++)
            if (!alike(unary[k].ours(x), unary[k].c(x)))
                fail_msg("%s(%g) is %g", unary[k].name, x, unary[k].ours(x));
        for (size_t k = 0; k < PE_COUNT(specials); k++) {
            double y = specials[k];
            if (!alike(pen_pow(x, y), pow(x, y)))
                fail_msg("pow(%g, %g) is %g", x, y, pen_pow(x, y));
            if (!alike(pen_atan2(x, y), atan2(x, y))) fail_msg("atan2(%g, %g)", x, y);
            if (!alike(pen_fmod(x, y), fmod(x, y))) fail_msg("fmod(%g, %g)", x, y);
            if (!alike(pen_hypot(x, y), hypot(x, y))) fail_msg("hypot(%g, %g)", x, y);
        }
    }
    assert_true(pen_norm_inv(0) == -INFINITY && pen_norm_inv(1) == INFINITY);
    assert_true(isnan(pen_norm_inv(NAN)) && isnan(pen_norm_inv(-0.1)) && isnan(pen_norm_inv(1.1)));
    assert_true(pen_norm_cdf(-INFINITY) == 0 && pen_norm_cdf(INFINITY) == 1);
    assert_true(isnan(pen_norm_cdf(NAN)) && isnan(pen_norm_pdf(NAN)) &&
                pen_norm_pdf(INFINITY) == 0);
}

/* ---- exact bodies ------------------------------------------------------------------------ */

static double random_double(uint64_t *state, int kind)
{
    if (kind == 0) return pen_from_bits(random_bits(state)); /* any bits at all */
    if (kind == 1) return ldexp((double)(random_bits(state) >> 40), -12);
    return ldexp(random_unit(state) - 0.5, -(int)(random_bits(state) % 1100));
}

static void check_fma(double x, double y, double z)
{
    double exact = fma(x, y, z), soft = pen_fma_software(x, y, z),
           integers = pen_fma_exact(x, y, z);
    if (isnan(exact)) return;
    assert_memory_equal(&exact, &soft, sizeof exact);
    assert_memory_equal(&exact, &integers, sizeof exact);
}

/* The C library's fma, floor ... are exact on the test machine; ours must have the same bits. */
static void test_exact_bodies(void **state)
{
    (void)state;
    uint64_t random = 7;
#define SAME(ours, theirs)                                                                         \
    do {                                                                                           \
        double a_ = (ours), b_ = (theirs);                                                         \
        if (!isnan(b_)) assert_memory_equal(&a_, &b_, sizeof a_);                                  \
    } while (0)
    for (int i = 0; i < 300000; i++) {
        double x = random_double(&random, i % 3), y = random_double(&random, i % 3),
               z = i % 4 == 0 ? -x * y * (1 + ldexp(random_unit(&random), -(i % 60)))
                              : random_double(&random, i % 3);
        check_fma(x, y, z);
        SAME(pen_fmod(x, y), fmod(x, y));
        SAME(pen_floor(x), floor(x));
        SAME(pen_ceil(x), ceil(x));
        SAME(pen_trunc(x), trunc(x));
        SAME(pen_rint(x), rint(x));
        SAME(pen_round(x), round(x));
        int n = (int)(random_bits(&random) % 4400) - 2200;
        SAME(pen_ldexp(x, n), ldexp(x, n));
    }
#undef SAME
}

/* ---- gamma and its integrals ------------------------------------------------------------ */

/* |got / exact - 1| at most `bound`. */
static void check_relative(const char *name, double a, double x, double got, mpfr_srcptr exact,
                           double bound)
{
    mpfr_t d;
    mpfr_init2(d, BITS);
    mpfr_sub_d(d, exact, got, MPFR_RNDN);
    mpfr_div(d, d, exact, MPFR_RNDN);
    double error = fabs(mpfr_get_d(d, MPFR_RNDN));
    mpfr_clear(d);
    if (!(error <= bound)) fail_msg("%s(%.17g, %.17g): relative error %.3g", name, a, x, error);
}

static void test_gamma(void **state)
{
    (void)state;
    uint64_t random = 99;
    mpfr_t a, y;
    mpfr_init2(a, 53);
    mpfr_init2(y, BITS);
    for (int i = 0; i < 3000; i++) {
        double x = exp(log(1e-5) + random_unit(&random) * log(1e12));
        mpfr_set_d(a, x, MPFR_RNDN);
        mpfr_lngamma(y, a, MPFR_RNDN);
        check_relative("lgamma", x, 0, pen_lgamma(x), y, 1e-15);
        x = -170 + random_unit(&random) * 341;
        mpfr_set_d(a, x, MPFR_RNDN);
        mpfr_gamma(y, a, MPFR_RNDN);
        if (fabs(mpfr_get_d(y, MPFR_RNDN)) > 1e-300)
            check_relative("gamma", x, 0, pen_gamma(x), y, 1e-15);
        x = 2 + random_unit(&random) * 50;
        mpfr_set_d(a, x, MPFR_RNDN);
        mpfr_digamma(y, a, MPFR_RNDN);
        check_relative("digamma", x, 0, pen_digamma(x), y, 1e-15);
    }
    for (double x = 1, factorial = 1; x <= 22; x += 1) { /* factorials that fit are exact */
        assert_true(pen_gamma(x) == factorial);
        factorial *= x;
    }
    mpfr_clears(a, y, (mpfr_ptr)NULL);
}

static void test_incomplete_gamma(void **state)
{
    (void)state;
    uint64_t random = 101;
    mpfr_t a, b, q, p;
    mpfr_inits2(BITS, a, b, q, p, (mpfr_ptr)NULL);
    for (int i = 0; i < 600; i++) {
        double shape = exp(log(1e-3) + random_unit(&random) * log(5e6));
        double x = shape * exp((random_unit(&random) - 0.5) * 6 / (1 + sqrt(shape) / 3));
        mpfr_set_d(a, shape, MPFR_RNDN);
        mpfr_set_d(b, x, MPFR_RNDN);
        mpfr_gamma_inc(q, a, b, MPFR_RNDN);
        mpfr_gamma(p, a, MPFR_RNDN);
        mpfr_div(q, q, p, MPFR_RNDN);
        mpfr_ui_sub(p, 1, q, MPFR_RNDN);
        double upper = mpfr_get_d(q, MPFR_RNDN), lower = mpfr_get_d(p, MPFR_RNDN);
        if (!(upper > 1e-290 && lower > 1e-30)) continue;
        check_relative("gamma_q", shape, x, pen_gamma_q(shape, x), q, 1e-13);
        check_relative("gamma_p", shape, x, pen_gamma_p(shape, x), p, 1e-13);
        double back = lower < upper ? pen_gamma_p_inv(shape, lower) : pen_gamma_q_inv(shape, upper);
        assert_true(fabs(back / x - 1) < 1e-12);
    }
    mpfr_clears(a, b, q, p, (mpfr_ptr)NULL);
}

/* For integral a and b, I_x(a, b) is a binomial sum, here in 200 bits. */
static void test_incomplete_beta(void **state)
{
    (void)state;
    uint64_t random = 103;
    mpfr_t x, y, term, sum;
    mpfr_inits2(400, x, y, term, sum, (mpfr_ptr)NULL);
    for (int i = 0; i < 300; i++) {
        unsigned long a = 1 + random_bits(&random) % 60, b = 1 + random_bits(&random) % 60;
        double at = random_unit(&random), n = (double)(a + b - 1);
        mpfr_set_d(x, at, MPFR_RNDN);
        mpfr_ui_sub(y, 1, x, MPFR_RNDN);
        mpfr_set_ui(sum, 0, MPFR_RNDN);
        mpfr_pow_ui(term, y, a + b - 1, MPFR_RNDN);
        for (unsigned long k = 0; k < a + b; k++) { /* term: C(n, k) x^k y^(n - k) */
            if (k >= a) mpfr_add(sum, sum, term, MPFR_RNDN);
            mpfr_mul(term, term, x, MPFR_RNDN);
            mpfr_div(term, term, y, MPFR_RNDN);
            mpfr_mul_ui(term, term, (unsigned long)n - k, MPFR_RNDN);
            mpfr_div_ui(term, term, k + 1, MPFR_RNDN);
        }
        double p = mpfr_get_d(sum, MPFR_RNDN);
        check_relative("beta_inc", (double)a, at, pen_beta_inc((double)a, (double)b, at), sum,
                       1e-13);
        if (p < 0.9 && p > 1e-280)
            assert_true(fabs(pen_beta_inv((double)a, (double)b, p) / at - 1) < 1e-12);
    }
    mpfr_clears(x, y, term, sum, (mpfr_ptr)NULL);
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(rows) + 7];
    static char names[PE_COUNT(rows)][64];
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        snprintf(names[i], sizeof names[i], "%s on [%g, %g]", rows[i].name, rows[i].low,
                 rows[i].high);
        tests[i] = (struct CMUnitTest){names[i], test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    size_t n = PE_COUNT(rows);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_pow);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_pow_integral);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_special_values);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_exact_bodies);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_gamma);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_incomplete_gamma);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_incomplete_beta);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
