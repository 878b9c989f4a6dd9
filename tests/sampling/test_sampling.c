/* test_sampling.c: streams: Philox against the vectors of Random123, uniforms as the counter's
 * layout says, the same bits on every instruction set and for any part of the trials, Latin
 * hypercube's strata, independence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base.h"
#include "sampling.h"
#include "sampling_internal.h"

#define TRIALS 100000

/* Random123 1.14, kat_vectors, philox4x32 10. */
static const struct {
    uint32_t counter[4], key[2], out[4];
} vectors[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_philox(void **state)
{
    (void)state;
    for (size_t i = 0; i < PE_COUNT(vectors); i++) {
        uint32_t out[4];
        pe_philox4x32(vectors[i].counter, vectors[i].key, out);
        assert_memory_equal(out, vectors[i].out, sizeof out);
    }
}

/* The layout that sampling.h documents, by the scalar generator. */
static void test_layout(void **state)
{
    (void)state;
    const uint64_t stream = 0x0123456789abcdefull, trials[] = {0, 5, 8, 13, 4095, (1ull << 40) - 1};
    pe_sampler s = {.seed = 0xfedcba9876543210ull, .method = PE_MONTE_CARLO};
    for (size_t i = 0; i < PE_COUNT(trials); i++) {
        uint64_t t = trials[i], half = (t >> 3 & 1) * 2, clear = t & ~8ull;
        uint32_t index = 0xabcdef, out[4];
        uint32_t counter[4] = {(uint32_t)clear, (uint32_t)(clear >> 32) << 24 | index,
                               (uint32_t)stream, (uint32_t)(stream >> 32)};
        uint32_t key[2] = {(uint32_t)s.seed, (uint32_t)(s.seed >> 32)};
        pe_philox4x32(counter, key, out);
        uint64_t k = ((uint64_t)out[half + 1] << 32 | out[half]) >> 12;
        double u = ((double)k + 0.5) * 0x1p-52;
        assert_true(pe_sampler_uniform(&s, stream, index, t) == u);
    }
}

static void test_any_part(void **state)
{
    (void)state;
    double whole[300], part[300];
    for (int method = 0; method < 2; method++) {
        pe_sampler s = {
            .seed = 3, .method = (pe_sampling_method)method, .trial_count = 250, .replicate = 100};
        pe_sampler_uniforms(&s, 99, 1, 0, 250, whole);
        for (size_t first = 0; first < 40; first++)
            for (size_t count = 1; first + count <= 250; count += 13) {
                pe_sampler_uniforms(&s, 99, 1, first, count, part);
                assert_memory_equal(part, whole + first, count * sizeof *part);
            }
    }
}

static const pei_sampling_isa *const isas[] = {&pei_sampling_base, &pei_sampling_v3,
                                               &pei_sampling_v4};

static size_t isa_count(void)
{
    const pei_sampling_isa *best = pei_sampling_best();
    return best == &pei_sampling_v4 ? 3 : best == &pei_sampling_v3 ? 2 : 1;
}

static void test_instruction_sets(void **state)
{
    (void)state;
    double expected[1000], got[1000];
    for (int method = 0; method < 2; method++) {
        pe_sampler s = {.seed = 77, .method = (pe_sampling_method)method, .trial_count = 1000};
        isas[0]->uniforms(&s, 5, 0, 3, 990, expected);
        for (size_t i = 1; i < isa_count(); i++) {
            isas[i]->uniforms(&s, 5, 0, 3, 990, got);
            assert_memory_equal(got, expected, 990 * sizeof *got);
        }
    }
}

/* Inverse CDFs and tails: the same bits from every table. */
static const struct {
    pe_distribution_id id;
    double p[3];
    int count;
} bodies[] = {
    {PE_DIST_NORMAL, {1, 2}, 2},       {PE_DIST_LOGNORM, {3, 2}, 2},
    {PE_DIST_TRIANG, {1, 2, 5}, 3},    {PE_DIST_PERT, {1, 2, 5}, 3},
    {PE_DIST_UNIFORM, {1, 3}, 2},      {PE_DIST_BETA, {0.5, 3}, 2},
    {PE_DIST_GAMMA, {0.7, 2}, 2},      {PE_DIST_GAMMA, {300, 2}, 2},
    {PE_DIST_EXPON, {2}, 1},           {PE_DIST_WEIBULL, {2.5, 1}, 2},
    {PE_DIST_WEIBULL, {0.25, 1}, 2},   {PE_DIST_LOGISTIC, {1, 2}, 2},
    {PE_DIST_STUDENT, {3.5}, 1},       {PE_DIST_PARETO, {3, 1}, 2},
    {PE_DIST_INTUNIFORM, {1, 9}, 2},   {PE_DIST_BINOMIAL, {20, 0.3}, 2},
    {PE_DIST_BINOMIAL, {900, 0.3}, 2}, {PE_DIST_POISSON, {4}, 1},
    {PE_DIST_POISSON, {400}, 1},       {PE_DIST_GEOMET, {0.3}, 1},
    {PE_DIST_NEGBIN, {70, 0.3}, 2},
};

static void test_inverse_instruction_sets(void **state)
{
    (void)state;
    enum { N = 500 };
    double u[N], expected[N], got[N];
    pe_sampler s = {.seed = 5, .method = PE_MONTE_CARLO};
    pe_sampler_uniforms(&s, 1, 0, 0, N, u);
    u[0] = 0x1p-53;
    u[1] = 1 - 0x1p-53;
    for (size_t k = 0; k < PE_COUNT(bodies); k++) {
        pe_parameter p[3];
        pe_distribution d;
        const char *what;
        for (int i = 0; i < bodies[k].count; i++) p[i] = (pe_parameter){&bodies[k].p[i], 1};
        assert_int_equal(
            pe_distribution_prepare(&d, bodies[k].id, p, bodies[k].count, NULL, NULL, &what), 0);
        isas[0]->inverse(&d, u, expected, N);
        for (size_t i = 1; i < isa_count(); i++) {
            double below[2], above[2];
            isas[i]->inverse(&d, u, got, N);
            assert_memory_equal(got, expected, sizeof got);
            for (size_t j = 0; j < N; j += 17) {
                isas[0]->tails(&d, got[j], &below[0], &above[0]);
                isas[i]->tails(&d, got[j], &below[1], &above[1]);
                assert_true(below[0] == below[1] && above[0] == above[1]);
            }
        }
    }
}

/* ---- Latin hypercube --------------------------------------------------------------------- */

/* Every stratum of every complete replicate holds one trial; a last, shorter one has its own
 * strata. */
static void check_strata(uint64_t trials, uint64_t replicate)
{
    pe_sampler s = {
        .seed = 11, .method = PE_LATIN_HYPERCUBE, .trial_count = trials, .replicate = replicate};
    double *u = malloc(trials * sizeof *u);
    unsigned char *seen = malloc(trials);
    assert_non_null(u);
    assert_non_null(seen);
    pe_sampler_uniforms(&s, 123, 0, 0, trials, u);
    uint64_t whole = replicate > 0 ? replicate : trials;
    for (uint64_t start = 0; start < trials; start += whole) {
        uint64_t n = trials - start < whole ? trials - start : whole;
        memset(seen, 0, n);
        for (uint64_t i = 0; i < n; i++) {
            double x = u[start + i];
            assert_true(x > 0 && x < 1);
            uint64_t stratum = (uint64_t)(x * (double)n);
            assert_true(stratum < n && !seen[stratum]);
            seen[stratum] = 1;
        }
    }
    free(u);
    free(seen);
}

static void test_strata(void **state)
{
    (void)state;
    static const uint64_t sizes[][2] = {{1, 0},    {2, 0},      {3, 0},         {5, 0},
                                        {10, 0},   {1000, 0},   {1000, 100},    {1001, 100},
                                        {4096, 0}, {100003, 0}, {TRIALS, 4096}, {1000000, 0}};
    for (size_t i = 0; i < PE_COUNT(sizes); i++) check_strata(sizes[i][0], sizes[i][1]);
}

/* ---- independence ------------------------------------------------------------------------ */

static double correlation(const double *a, const double *b, size_t n)
{
    double sab = 0, saa = 0, sbb = 0;
    for (size_t i = 0; i < n; i++) {
        sab += (a[i] - 0.5) * (b[i] - 0.5);
        saa += (a[i] - 0.5) * (a[i] - 0.5);
        sbb += (b[i] - 0.5) * (b[i] - 0.5);
    }
    return sab / sqrt(saa * sbb);
}

/* |r| sqrt(n) is nearly normal: 3.9 is significance 1e-4. */
static void check_independent(const double *a, const double *b, size_t n)
{
    assert_true(fabs(correlation(a, b, n)) * sqrt((double)n) < 3.9);
}

static void test_independence(void **state)
{
    (void)state;
    double *a = malloc(TRIALS * sizeof *a), *b = malloc(TRIALS * sizeof *b);
    assert_non_null(a);
    assert_non_null(b);
    for (int method = 0; method < 2; method++) {
        pe_sampler s = {.seed = 1, .method = (pe_sampling_method)method, .trial_count = TRIALS};
        pe_sampler other = s;
        other.seed = 2;
        pe_sampler_uniforms(&s, 1, 0, 0, TRIALS, a);
        pe_sampler_uniforms(&s, 2, 0, 0, TRIALS, b); /* streams */
        check_independent(a, b, TRIALS);
        pe_sampler_uniforms(&s, 1ull << 63 | 1, 0, 0, TRIALS, b);
        check_independent(a, b, TRIALS);
        pe_sampler_uniforms(&s, 1, 1, 0, TRIALS, b); /* indices */
        check_independent(a, b, TRIALS);
        pe_sampler_uniforms(&other, 1, 0, 0, TRIALS, b); /* seeds */
        check_independent(a, b, TRIALS);
        check_independent(a, a + 1, TRIALS - 1); /* neighbours, and t with t xor 8 */
        for (size_t i = 0; i < TRIALS; i++) b[i] = a[(i ^ 8) < TRIALS ? i ^ 8 : i - 8];
        check_independent(a, b, TRIALS - 16);
    }
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_any_part),
        cmocka_unit_test(test_instruction_sets),
        cmocka_unit_test(test_inverse_instruction_sets),
        cmocka_unit_test(test_strata),
        cmocka_unit_test(test_independence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
