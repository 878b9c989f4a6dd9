/* test_distributions.c: every distribution at a million draws against its moments and its cdf
 * (significance 1e-4, fixed seed); the inverse against values computed with 40 digits (mpmath);
 * truncation, shift, static values, extreme parameters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base.h"
#include "sampling.h"

#define DRAWS 1000000

typedef struct parameters {
    double values[4];
    int count;
} parameters;

#define P(...)                                                                                     \
    {                                                                                              \
        {__VA_ARGS__}, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double))                     \
    }

static const double list_x[] = {2, 3, 5, 9}, list_p[] = {1, 4, 3, 2},
                    list_c[] = {0.1, 0.2, 0.7, 0.9};

/* Scalars first; the distributions with arrays take list_x, list_p or list_c after them. */
static pe_error_code prepare(pe_distribution *d, pe_distribution_id id, const parameters *given,
                             const pe_distribution_options *options, pe_arena *arena)
{
    pe_parameter p[4];
    int n = given->count;
    const char *what = NULL;
    for (int i = 0; i < n; i++) p[i] = (pe_parameter){&given->values[i], 1};
    if (id == PE_DIST_DISCRETE || id == PE_DIST_DUNIFORM || id == PE_DIST_CUMUL ||
        id == PE_DIST_GENERAL)
        p[n++] = (pe_parameter){list_x, 4};
    if (id == PE_DIST_DISCRETE || id == PE_DIST_GENERAL || id == PE_DIST_HISTOGRM)
        p[n++] = (pe_parameter){list_p, 4};
    if (id == PE_DIST_CUMUL) p[n++] = (pe_parameter){list_c, 4};
    pe_error_code error = pe_distribution_prepare(d, id, p, n, options, arena, &what);
    if (error != PE_ERROR_NONE) assert_non_null(what);
    return error;
}

/* ---- a million draws --------------------------------------------------------------------- */

/* Moments by the distributions' textbook formulas, worked out for these parameters; NaN: none. */
static const struct {
    pe_distribution_id id;
    parameters given;
    double mean, variance;
} drawn[] = {
    {PE_DIST_NORMAL, P(10, 2), 10, 4},
    {PE_DIST_LOGNORM, P(10, 4), 10, 16},
    {PE_DIST_LOGNORM2, P(0, 0.5), 1.1331484530668263, 0.3646958540123865},
    {PE_DIST_TRIANG, P(1, 2, 5), 8.0 / 3, 13.0 / 18},
    {PE_DIST_TRIANG, P(1, 1, 5), 7.0 / 3, 16.0 / 18},
    {PE_DIST_PERT, P(10, 20, 50), 70.0 / 3, 1600.0 * 8 / (36 * 7)},
    {PE_DIST_UNIFORM, P(-3, 5), 1, 64.0 / 12},
    {PE_DIST_BETA, P(2, 3), 0.4, 0.04},
    {PE_DIST_BETA, P(0.5, 0.5), 0.5, 0.125},
    {PE_DIST_BETA, P(2, 3, 10, 20), 14, 4},
    {PE_DIST_BETAGENERAL, P(2, 3, -10, 10), -2, 16},
    {PE_DIST_GAMMA, P(2.5, 2), 5, 10},
    {PE_DIST_GAMMA, P(0.3, 2), 0.6, 1.2},
    {PE_DIST_GAMMA, P(200, 0.5), 100, 50},
    {PE_DIST_ERLANG, P(3, 2), 6, 12},
    {PE_DIST_EXPON, P(3), 3, 9},
    {PE_DIST_WEIBULL, P(2, 3), 2.6586807763582737, 1.9314165294122965},
    {PE_DIST_LOGISTIC, P(1, 2), 1, 13.159472534785812},
    {PE_DIST_STUDENT, P(6), 0, 1.5},
    {PE_DIST_STUDENT, P(1), NAN, NAN},
    {PE_DIST_CHISQ, P(5), 5, 10},
    {PE_DIST_PARETO, P(5, 2), 2.5, 5.0 / 12},
    {PE_DIST_PARETO, P(1, 2), NAN, NAN},
    {PE_DIST_DISCRETE, P(), 4.7, 5.61},
    {PE_DIST_DUNIFORM, P(), 4.75, 7.1875},
    {PE_DIST_INTUNIFORM, P(1, 6), 3.5, 35.0 / 12},
    {PE_DIST_BERNOULLI, P(0.3), 0.3, 0.21},
    {PE_DIST_BINOMIAL, P(10, 0.3), 3, 2.1},
    {PE_DIST_BINOMIAL, P(1000, 0.4), 400, 240},
    {PE_DIST_POISSON, P(3.5), 3.5, 3.5},
    {PE_DIST_POISSON, P(150), 150, 150},
    {PE_DIST_GEOMET, P(0.2), 4, 20},
    {PE_DIST_NEGBIN, P(3, 0.3), 7, 70.0 / 3},
    {PE_DIST_CUMUL, P(0, 10), 4.7, 5.943333333333333},
    {PE_DIST_GENERAL, P(0, 10), NAN, NAN}, /* moments: test_moments */
    {PE_DIST_HISTOGRM, P(0, 10), 5.25, 5.770833333333333},
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov and Smirnov: sqrt(n) D above 2.225 has probability 1e-4. */
static void check_continuous(const pe_distribution *d, double *x)
{
    double worst = 0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (int i = 0; i < DRAWS; i++) {
        if (i % 100 != 0) continue; /* each 100th: a bound from below, and much faster */
        double c = pe_distribution_cdf(d, x[i]), low = c - (double)i / DRAWS;
        worst = fmax(worst, fmax(low, (double)(i + 1) / DRAWS - c));
    }
    if (!(worst * sqrt(DRAWS) < 2.225)) fail_msg("KS %g", worst * sqrt(DRAWS));
}

/* Chi-square over the values with 20 expected draws and more (the rest together); the limit by
 * Wilson and Hilferty at 3.72 standard deviations. */
static void check_discrete(const pe_distribution *d, double *x)
{
    qsort(x, DRAWS, sizeof *x, ascending);
    double statistic = 0, before = 0, pending = 0;
    int cells = 0, seen = 0, at = 0;
    while (at < DRAWS) {
        int end = at;
        while (end < DRAWS && x[end] == x[at]) end++;
        double c = pe_distribution_cdf(d, x[at]);
        pending += (c - before) * DRAWS;
        seen += end - at;
        before = c;
        at = end;
        if (pending >= 20 && (1 - c) * DRAWS >= 20) {
            statistic += (seen - pending) * (seen - pending) / pending;
            cells++;
            pending = 0;
            seen = 0;
        }
    }
    pending += (1 - before) * DRAWS;
    statistic += (seen - pending) * (seen - pending) / pending;
    double third = 2.0 / (9.0 * cells), root = 1 - third + 3.72 * sqrt(third);
    if (!(statistic < cells * root * root * root))
        fail_msg("chi-square %g with %d degrees of freedom", statistic, cells);
}

static void check_moments(const pe_distribution *d, const double *x, double mean, double variance)
{
    double sum = 0, second = 0, fourth = 0;
    if (isnan(mean)) return;
    for (int i = 0; i < DRAWS; i++) sum += x[i] - mean;
    for (int i = 0; i < DRAWS; i++) {
        double t = (x[i] - mean) * (x[i] - mean);
        second += t;
        fourth += t * t;
    }
    double error = sqrt(fmax(fourth / DRAWS - variance * variance, 1e-12) / DRAWS);
    assert_true(fabs(sum / DRAWS) < 3.9 * sqrt(variance / DRAWS));
    assert_true(fabs(second / DRAWS - variance) < 3.9 * error);
    assert_true(fabs(pe_distribution_mean(d) - mean) <= 1e-12 * fabs(mean) + 1e-14);
    assert_true(fabs(pe_distribution_sd(d) - sqrt(variance)) <= 1e-10 * sqrt(variance));
}

static void test_draws(void **state)
{
    int i = (int)(intptr_t)*state;
    pe_arena *arena = pe_arena_new(1 << 20);
    double *u = malloc(DRAWS * sizeof *u), *x = malloc(DRAWS * sizeof *x);
    assert_true(arena != NULL && u != NULL && x != NULL);
    pe_distribution d;
    pe_sampler s = {.seed = 2024, .method = PE_MONTE_CARLO};
    assert_int_equal(prepare(&d, drawn[i].id, &drawn[i].given, NULL, arena), PE_ERROR_NONE);
    pe_sampler_uniforms(&s, 1000 + (uint64_t)i, 0, 0, DRAWS, u);
    pe_distribution_inverse_many(&d, u, x, DRAWS);
    for (int k = 0; k < 100; k++) {
        double one = pe_distribution_inverse(&d, u[k]);
        assert_memory_equal(&one, &x[k], sizeof one);
    }
    check_moments(&d, x, drawn[i].mean, drawn[i].variance);
    if (pe_distribution_row_of(d.id)->discrete)
        check_discrete(&d, x);
    else
        check_continuous(&d, x);
    free(u);
    free(x);
    pe_arena_free(arena);
}

/* ---- the inverse against 40 digits ------------------------------------------------------- */

#define ROW(id, given, u, x)                                                                       \
    {                                                                                              \
        PE_DIST_##id, given, u, x                                                                  \
    }
static const struct {
    pe_distribution_id id;
    parameters given;
    double u, x;
} golden[] = {
#include "distributions_golden.def"
};

static void test_golden(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < PE_COUNT(golden); i++) {
        pe_distribution d;
        assert_int_equal(prepare(&d, golden[i].id, &golden[i].given, NULL, NULL), PE_ERROR_NONE);
        double x = pe_distribution_inverse(&d, golden[i].u), expected = golden[i].x;
        if (fabs(x - expected) <= 1e-12 * fabs(expected) + 1e-15) continue;
        print_message("%s(%g, %g) at %.17g: %.17g, not %.17g (%.2g)\n",
                      pe_distribution_row_of(d.id)->name, golden[i].given.values[0],
                      golden[i].given.values[1], golden[i].u, x, expected, x / expected - 1);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* The inverse of a counting distribution is the smallest k with cdf(k) >= u, tried on both sides of
 * jumps. */
static void test_jumps(void **state)
{
    (void)state;
    static const struct {
        pe_distribution_id id;
        parameters given;
    } rows[] = {{PE_DIST_BINOMIAL, P(10, 0.3)},
                {PE_DIST_BINOMIAL, P(1000, 0.4)},
                {PE_DIST_BINOMIAL, P(1000000, 1e-6)},
                {PE_DIST_BINOMIAL, P(30, 0.999)},
                {PE_DIST_POISSON, P(0.01)},
                {PE_DIST_POISSON, P(3.5)},
                {PE_DIST_POISSON, P(29)},
                {PE_DIST_POISSON, P(500)},
                {PE_DIST_POISSON, P(1e6)},
                {PE_DIST_NEGBIN, P(3, 0.3)},
                {PE_DIST_NEGBIN, P(40, 0.02)},
                {PE_DIST_GEOMET, P(0.2)},
                {PE_DIST_GEOMET, P(0.001)},
                {PE_DIST_INTUNIFORM, P(-3, 12)}};
    static const double around[] = {1e-6, 0.001, 0.03, 0.2, 0.5, 0.7, 0.95, 0.999, 0.999999};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_distribution d;
        assert_int_equal(prepare(&d, rows[i].id, &rows[i].given, NULL, NULL), PE_ERROR_NONE);
        for (size_t k = 0; k < PE_COUNT(around); k++) {
            double x = pe_distribution_inverse(&d, around[k]), c = pe_distribution_cdf(&d, x);
            assert_true(c >= around[k] && pe_distribution_cdf(&d, x - 1) < around[k]);
            double gap = 2e-13;
            if (c - gap > 0 && c - gap > pe_distribution_cdf(&d, x - 1))
                assert_true(pe_distribution_inverse(&d, c - gap) == x);
            if (c + gap < 1 && c + gap < pe_distribution_cdf(&d, x + 1))
                assert_true(pe_distribution_inverse(&d, c + gap) == x + 1);
        }
    }
}

/* ---- truncation, shift, static values ---------------------------------------------------- */

static void test_truncation(void **state)
{
    (void)state;
    pe_distribution d;
    pe_distribution_options o = {5, HUGE_VAL,
                                 3}; /* RiskGamma(2,10,RiskTruncate(5,),RiskShift(3)) */
    assert_int_equal(prepare(&d, PE_DIST_GAMMA, &(parameters)P(2, 10), &o, NULL), PE_ERROR_NONE);
    assert_true(fabs(pe_distribution_inverse(&d, 1e-12) - 8) < 1e-9);
    assert_true(pe_distribution_inverse(&d, 0x1p-53) >= 8);
    /* the upper half of a normal: mean sqrt(2 / pi), variance 1 - 2 / pi */
    o = (pe_distribution_options){0, HUGE_VAL, 0};
    assert_int_equal(prepare(&d, PE_DIST_NORMAL, &(parameters)P(0, 1), &o, NULL), PE_ERROR_NONE);
    assert_true(fabs(pe_distribution_mean(&d) - 0.7978845608028654) < 1e-10);
    assert_true(fabs(pe_distribution_sd(&d) - 0.6028102749890869) < 1e-9);
    /* far out, where 1 - cdf is 2.3e-23 (tail) and 4e-89: medians by mpmath */
    o = (pe_distribution_options){10, HUGE_VAL, 0};
    assert_int_equal(prepare(&d, PE_DIST_NORMAL, &(parameters)P(0, 1), &o, NULL), PE_ERROR_NONE);
    assert_true(fabs(pe_distribution_inverse(&d, 0.5) - 10.068411836081429) < 1e-12);
    assert_true(pe_distribution_inverse(&d, 0x1p-53) >= 10);
    o = (pe_distribution_options){-HUGE_VAL, -20, 0};
    assert_int_equal(prepare(&d, PE_DIST_NORMAL, &(parameters)P(0, 1), &o, NULL), PE_ERROR_NONE);
    assert_true(fabs(pe_distribution_inverse(&d, 0.5) + 20.034541676514022) < 1e-11);
    assert_true(pe_distribution_inverse(&d, 1 - 0x1p-53) <= -20);
    /* a die without 1 and 6 */
    o = (pe_distribution_options){1.5, 5.5, 0};
    assert_int_equal(prepare(&d, PE_DIST_INTUNIFORM, &(parameters)P(1, 6), &o, NULL),
                     PE_ERROR_NONE);
    assert_true(pe_distribution_inverse(&d, 0.2) == 2 && pe_distribution_inverse(&d, 0.99) == 5);
    assert_true(fabs(pe_distribution_mean(&d) - 3.5) < 1e-12);
    assert_true(fabs(pe_distribution_cdf(&d, 3) - 0.5) < 1e-12);
    /* nothing left */
    o = (pe_distribution_options){7, 8, 0};
    assert_int_equal(prepare(&d, PE_DIST_UNIFORM, &(parameters)P(0, 1), &o, NULL), PE_ERROR_VALUE);
    o = (pe_distribution_options){2.2, 2.8, 0};
    assert_int_equal(prepare(&d, PE_DIST_POISSON, &(parameters)P(3), &o, NULL), PE_ERROR_VALUE);
}

/* Means and standard deviations of piecewise densities, by hand: General over {0,2,3,5,9,10} with
 * densities {0,1,4,3,2,0} has area 21.5. */
static void test_moments(void **state)
{
    (void)state;
    pe_arena *arena = pe_arena_new(1 << 16);
    pe_distribution d;
    assert_int_equal(prepare(&d, PE_DIST_GENERAL, &(parameters)P(0, 10), NULL, arena),
                     PE_ERROR_NONE);
    double mean = 0, area = 0, second = 0; /* the midpoint rule, finely */
    static const double x[] = {0, 2, 3, 5, 9, 10}, f[] = {0, 1, 4, 3, 2, 0};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 20000; k++) {
            double t = (k + 0.5) / 20000, h = (x[i + 1] - x[i]) / 20000;
            double at = x[i] + t * (x[i + 1] - x[i]), w = (f[i] + t * (f[i + 1] - f[i])) * h;
            area += w;
            mean += w * at;
            second += w * at * at;
        }
    mean /= area;
    assert_true(fabs(pe_distribution_mean(&d) - mean) < 1e-7);
    assert_true(fabs(pe_distribution_sd(&d) - sqrt(second / area - mean * mean)) < 1e-7);
    pe_arena_free(arena);
}

/* As @RISK shows them when no simulation runs. */
static const struct {
    pe_distribution_id id;
    parameters given;
    double value;
} statics[] = {
    {PE_DIST_BINOMIAL, P(9, 0.7), 6},
    {PE_DIST_BINOMIAL, P(3, 0.44), 1},
    {PE_DIST_NORMAL, P(10, 2), 10},
    {PE_DIST_BERNOULLI, P(0.5), 0},
    {PE_DIST_BERNOULLI, P(0.6), 1},
    {PE_DIST_INTUNIFORM, P(1, 6), 3},
    {PE_DIST_LOGNORM2, P(0, 1), 1.6487212707001282},
    {PE_DIST_PARETO, P(1, 2), 4},
    {PE_DIST_STUDENT, P(1), 0},
    {PE_DIST_DISCRETE, P(), 5},
    {PE_DIST_TRIANG, P(3, 3, 3), 3},
    {PE_DIST_POISSON, P(0), 0},
};

static void test_statics(void **state)
{
    (void)state;
    pe_arena *arena = pe_arena_new(1 << 16);
    for (size_t i = 0; i < PE_COUNT(statics); i++) {
        pe_distribution d;
        assert_int_equal(prepare(&d, statics[i].id, &statics[i].given, NULL, arena), PE_ERROR_NONE);
        double v = pe_distribution_static(&d);
        if (!(fabs(v - statics[i].value) <= 1e-14 * fabs(v)))
            fail_msg("%s: %.17g", pe_distribution_row_of(d.id)->name, v);
    }
    pe_arena_free(arena);
}

/* ---- parameters -------------------------------------------------------------------------- */

static const struct {
    pe_distribution_id id;
    parameters given;
} refused[] = {
    {PE_DIST_NORMAL, P(0, -1)},      {PE_DIST_NORMAL, P(0, NAN)},     {PE_DIST_NORMAL, P(1)},
    {PE_DIST_LOGNORM, P(0, 1)},      {PE_DIST_TRIANG, P(2, 1, 3)},    {PE_DIST_PERT, P(1, 4, 3)},
    {PE_DIST_UNIFORM, P(2, 1)},      {PE_DIST_BETA, P(0, 1)},         {PE_DIST_GAMMA, P(-1, 1)},
    {PE_DIST_GAMMA, P(0, 1)},        {PE_DIST_EXPON, P(0)},           {PE_DIST_WEIBULL, P(1, 0)},
    {PE_DIST_STUDENT, P(0)},         {PE_DIST_INTUNIFORM, P(1.5, 3)}, {PE_DIST_BERNOULLI, P(1.1)},
    {PE_DIST_BINOMIAL, P(2.5, 0.5)}, {PE_DIST_POISSON, P(-1)},        {PE_DIST_GEOMET, P(0)},
    {PE_DIST_NEGBIN, P(0, 0.5)},     {PE_DIST_ERLANG, P(1.5, 1)},     {PE_DIST_CUMUL, P(3, 10)},
    {PE_DIST_GENERAL, P(0, 5)},      {PE_DIST_HISTOGRM, P(10, 0)},
};

static void test_refused(void **state)
{
    (void)state;
    pe_arena *arena = pe_arena_new(1 << 16);
    for (size_t i = 0; i < PE_COUNT(refused); i++) {
        pe_distribution d;
        assert_int_equal(prepare(&d, refused[i].id, &refused[i].given, NULL, arena),
                         PE_ERROR_VALUE);
    }
    pe_arena_free(arena);
}

/* No hanging and no NaN: draws ascend with u and stay within the support. */
static const struct {
    pe_distribution_id id;
    parameters given;
} extreme[] = {
    {PE_DIST_GAMMA, P(1e-8, 1)},
    {PE_DIST_GAMMA, P(1e-3, 1)},
    {PE_DIST_GAMMA, P(1e9, 1)},
    {PE_DIST_GAMMA, P(1e14, 1e-14)},
    {PE_DIST_GAMMA, P(99.9, 1)},
    {PE_DIST_BETA, P(1e-6, 1e-6)},
    {PE_DIST_BETA, P(1e-3, 1e4)},
    {PE_DIST_BETA, P(1e9, 1e9)},
    {PE_DIST_BETA, P(1e12, 2)},
    {PE_DIST_BETA, P(0.9, 900)},
    {PE_DIST_BETA, P(1e5, 1e5)},
    {PE_DIST_BETA, P(1, 1)},
    {PE_DIST_STUDENT, P(0.01)},
    {PE_DIST_STUDENT, P(1e10)},
    {PE_DIST_POISSON, P(1e-9)},
    {PE_DIST_POISSON, P(1e12)},
    {PE_DIST_BINOMIAL, P(1e12, 0.5)},
    {PE_DIST_BINOMIAL, P(1e12, 1e-12)},
    {PE_DIST_BINOMIAL, P(0, 0.5)},
    {PE_DIST_BINOMIAL, P(10, 0)},
    {PE_DIST_BINOMIAL, P(10, 1)},
    {PE_DIST_BINOMIAL, P(1e6, 1 - 1e-9)},
    {PE_DIST_NEGBIN, P(1, 1e-12)},
    {PE_DIST_NEGBIN, P(1e9, 0.5)},
    {PE_DIST_NEGBIN, P(5, 1)},
    {PE_DIST_GEOMET, P(1e-15)},
    {PE_DIST_GEOMET, P(1)},
    {PE_DIST_WEIBULL, P(0.01, 1)},
    {PE_DIST_WEIBULL, P(1e6, 1)},
    {PE_DIST_PARETO, P(0.01, 1)},
    {PE_DIST_LOGNORM, P(1e-300, 1e-300)},
    {PE_DIST_LOGNORM, P(1, 1e8)},
    {PE_DIST_PERT, P(0, 0, 1)},
    {PE_DIST_PERT, P(1, 1, 1)},
    {PE_DIST_TRIANG, P(0, 1, 1)},
    {PE_DIST_UNIFORM, P(2, 2)},
    {PE_DIST_NORMAL, P(1, 0)},
    {PE_DIST_INTUNIFORM, P(-1e15, 1e15)},
};

static void test_extreme(void **state)
{
    (void)state;
    for (size_t i = 0; i < PE_COUNT(extreme); i++) {
        pe_distribution d;
        assert_int_equal(prepare(&d, extreme[i].id, &extreme[i].given, NULL, NULL), PE_ERROR_NONE);
        double before = -HUGE_VAL;
        for (int k = 0; k <= 40; k++) {
            double u = k <= 20 ? ldexp(1, k - 21 - (k == 0 ? 32 : 0))
                               : 1 - ldexp(1, 20 - k - (k == 40 ? 33 : 1));
            double x = pe_distribution_inverse(&d, u);
            if (isnan(x) || x < before * (before > 0 ? 1 - 1e-13 : 1 + 1e-13))
                fail_msg("%s(%g, %g) at %.17g: %.17g after %.17g",
                         pe_distribution_row_of(d.id)->name, extreme[i].given.values[0],
                         extreme[i].given.values[1], u, x, before);
            double c = pe_distribution_cdf(&d, x);
            if (!(c >= 0 && c <= 1)) fail_msg("cdf %g", c);
            before = x;
        }
        (void)pe_distribution_mean(&d);
        (void)pe_distribution_sd(&d);
        (void)pe_distribution_static(&d);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(pe_distribution_find("lognorm2", 8), PE_DIST_LOGNORM2);
    assert_int_equal(pe_distribution_find("Histogrm", 8), PE_DIST_HISTOGRM);
    assert_int_equal(pe_distribution_find("Norm", 4), PE_DISTRIBUTION_NONE);
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(drawn) + 8];
    static char names[PE_COUNT(drawn)][48];
    size_t n = 0;
    for (; n < PE_COUNT(drawn); n++) {
        snprintf(names[n], sizeof names[n], "%s(%g, %g)", pe_distribution_row_of(drawn[n].id)->name,
                 drawn[n].given.values[0], drawn[n].given.values[1]);
        tests[n] = (struct CMUnitTest){names[n], test_draws, NULL, NULL, (void *)(intptr_t)n};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_golden);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_jumps);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_truncation);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_moments);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_statics);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_refused);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_extreme);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_names);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
