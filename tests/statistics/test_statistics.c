/* test_statistics.c: summaries, quantiles, histograms, rank correlations. References: hand
 * computation in exact fractions, NumPy 1.24 and SciPy 1.10 (noted), the percentile example of
 * @RISK's documentation. */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "statistics.h"

#define CLOSE(a, b)                                                                                \
    assert_true(fabs((double)(a) - (double)(b)) <= 1e-12 * fmax(1, fabs((double)(b))))

static pe_summary summarise(pe_arena *arena, const double *x, uint64_t n, double base)
{
    pe_value *values = calloc(n > 0 ? n : 1, sizeof *values);
    for (uint64_t i = 0; i < n; i++) values[i] = pe_number(x[i]);
    pe_summary s;
    assert_int_equal(pe_summary_make(values, n, base, arena, &s, NULL), PE_OK);
    free(values);
    return s;
}

static void moments_of_a_small_sample(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 24);
    /* 2 4 4 4 5 5 7 9: mean 5, sum of squares 32; m3 = 42/8, m4 = 356/8 */
    const double x[] = {9, 2, 4, 5, 4, 7, 4, 5};
    pe_summary s = summarise(arena, x, 8, 5);
    assert_int_equal(s.kind, PE_SUMMARY_NUMBERS);
    CLOSE(s.mean, 5);
    CLOSE(s.variance, 32.0 / 7);
    CLOSE(s.sd, sqrt(32.0 / 7));
    CLOSE(s.standard_error, sqrt(32.0 / 7 / 8));
    CLOSE(s.skewness, 42.0 / 8 / 8); /* (m2 = 4)^1.5 = 8 */
    CLOSE(s.kurtosis, 356.0 / 8 / 16);
    CLOSE(s.mode, 4);
    assert_true(s.min == 2 && s.max == 9 && s.integers && s.repeats && s.distinct == 5);
    CLOSE(s.probability_base, 6.0 / 8);
    CLOSE(s.probability_negative, 0);
    /* t(7) at 97.5%: 2.364624 (tables) */
    assert_true(fabs((s.mean_high - s.mean) / s.standard_error - 2.364624) < 1e-3);
    assert_int_equal(s.bar_count, 5);
    assert_true(s.bars[1].kind == PE_BAR_VALUE && s.bars[1].low == 4 && s.bars[1].count == 3);
    pe_arena_free(arena);
}

static void percentiles_follow_the_rule_for_repeats(void **state)
{
    PE_UNUSED(state);
    /* @RISK's documented example: the 68th percentile of ten values in the discrete mode is the
     * 7th. */
    const double risk[] = {4, 7, 9, 13, 15, 19, 21, 25, 28, 30};
    assert_true(pe_quantile(risk, 10, 0.68, true) == 21);
    /* PERCENTILE.INC of 1..10 at 0.35: 1 + 9 * 0.35 */
    const double ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    CLOSE(pe_quantile(ten, 10, 0.35, false), 4.15);
    assert_true(pe_quantile(ten, 10, 0, false) == 1 && pe_quantile(ten, 10, 1, false) == 10);
    double twenty[20];
    for (int i = 0; i < 20; i++) twenty[i] = i + 1;
    for (int k = 1; k <= 20; k++) assert_true(pe_quantile(twenty, 20, k / 20.0, true) == k);
}

static void blocks_merge_to_the_whole(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 28);
    enum { N = 30001 };
    static double x[N];
    long double sum = 0, m2 = 0, m3 = 0, m4 = 0;
    for (int i = 0; i < N; i++) {
        x[i] = 1e6 + (double)(pe_hash_mix(3, (uint64_t)i) >> 40) / 1000;
        sum += x[i];
    }
    long double mean = sum / N;
    for (int i = 0; i < N; i++) {
        long double d = x[i] - mean;
        m2 += d * d;
        m3 += d * d * d;
        m4 += d * d * d * d;
    }
    pe_summary s = summarise(arena, x, N, NAN);
    assert_true(fabs((double)(s.mean / mean - 1)) < 1e-14);
    assert_true(fabs((double)(s.variance / (m2 / (N - 1)) - 1)) < 1e-12);
    assert_true(fabs((double)(s.skewness - (m3 / N) / powl(m2 / N, 1.5L))) < 1e-12);
    assert_true(fabs((double)(s.kurtosis - (m4 / N) / ((m2 / N) * (m2 / N)))) < 1e-11);
    assert_true(isnan(s.probability_base));
    pe_arena_free(arena);
}

static void kinds_are_counted(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 24);
    pe_value a = pe_arena_text_value(arena, "go", 2), b = pe_arena_text_value(arena, "stop", 4);
    const pe_value labels[] = {a, b, a, pe_boolean(true), a};
    pe_summary s;
    assert_int_equal(pe_summary_make(labels, 5, NAN, arena, &s, NULL), PE_OK);
    assert_int_equal(s.kind, PE_SUMMARY_LABELS);
    assert_int_equal(s.frequency_count, 3);
    assert_string_equal(s.frequencies[0].label, "go");
    assert_int_equal(s.frequencies[0].count, 3);
    assert_string_equal(s.frequencies[1].label, "TRUE");
    assert_true(isnan(s.mean) && s.n == 0 && s.text_count == 4 && s.boolean_count == 1);
    const pe_value mixed[] = {a,
                              pe_number(2),
                              pe_error(PE_ERROR_DIV0),
                              pe_error(PE_ERROR_NA),
                              pe_number(4),
                              pe_error(PE_ERROR_DIV0)};
    assert_int_equal(pe_summary_make(mixed, 6, NAN, arena, &s, NULL), PE_OK);
    assert_int_equal(s.kind, PE_SUMMARY_MIXED);
    assert_true(s.n == 2 && s.mean == 3 && s.error_count == 3 &&
                s.error_counts[PE_ERROR_DIV0] == 2 && s.error_counts[PE_ERROR_NA] == 1);
    const pe_value errors[] = {pe_error(PE_ERROR_NUM), pe_error(PE_ERROR_NUM)};
    assert_int_equal(pe_summary_make(errors, 2, NAN, arena, &s, NULL), PE_OK);
    assert_int_equal(s.kind, PE_SUMMARY_ERRORS);
    const double same[] = {0.1, 0.1, 0.1};
    s = summarise(arena, same, 3, 0.1);
    assert_true(s.kind == PE_SUMMARY_CONSTANT && s.mean == 0.1 && s.sd == 0 && s.bar_count == 1);
    s = summarise(arena, same, 1, NAN);
    assert_true(s.mean == 0.1 && isnan(s.sd));
    pe_arena_free(arena);
}

static uint64_t bar_total(const pe_summary *s)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < s->bar_count; i++) total += s->bars[i].count;
    return total;
}

static void histograms_follow_the_rules(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 28);
    enum { N = 20000 };
    static double x[N];
    for (int i = 0; i < N; i++) x[i] = (double)(pe_hash_mix(5, (uint64_t)i) >> 11) * 0x1p-53;
    pe_summary s = summarise(arena, x, N, NAN);
    assert_int_equal(bar_total(&s), N);
    assert_true(s.bar_count >= 20 && s.bar_count <= 66);
    for (int i = 0; i < N; i += 10) x[i] = 0; /* a tenth of the trials: a spike */
    s = summarise(arena, x, N, NAN);
    assert_int_equal(bar_total(&s), N);
    uint32_t spikes = 0;
    for (uint32_t i = 0; i < s.bar_count; i++) {
        spikes += s.bars[i].spike;
        if (s.bars[i].spike) assert_true(s.bars[i].low == 0 && s.bars[i].count == N / 10);
        if (i > 0) assert_true(s.bars[i].low >= s.bars[i - 1].low);
    }
    assert_int_equal(spikes, 1);
    for (int i = 0; i < N; i++)
        x[i] = (double)(pe_hash_mix(6, (uint64_t)i) % 1000); /* integers: integer edges */
    s = summarise(arena, x, N, NAN);
    assert_int_equal(bar_total(&s), N);
    for (uint32_t i = 0; i < s.bar_count; i++)
        assert_true(s.bars[i].low == floor(s.bars[i].low) &&
                    s.bars[i].high == floor(s.bars[i].high));
    for (int i = 0; i < N; i++) x[i] = i % 7; /* few values: one bar each */
    s = summarise(arena, x, N, NAN);
    assert_int_equal(s.bar_count, 7);
    for (int i = 0; i < N; i++)
        x[i] = i == 0   ? 1e300
               : i == 1 ? -1e300
                        : (double)(pe_hash_mix(5, (uint64_t)i) >> 11) * 0x1p-53;
    s = summarise(arena, x, N, NAN);
    assert_int_equal(bar_total(&s), N);
    assert_true(s.bars[0].kind == PE_BAR_BELOW && s.bars[s.bar_count - 1].kind == PE_BAR_ABOVE);
    pe_arena_free(arena);
}

static void targets_have_wilson_intervals(void **state)
{
    PE_UNUSED(state);
    pe_value values[10];
    for (int i = 0; i < 10; i++) values[i] = i == 9 ? pe_error(PE_ERROR_NUM) : pe_number(i);
    pe_target t = pe_summary_target(values, 10, "<", 3);
    CLOSE(t.probability, 3.0 / 9);
    /* Wilson for 3 of 9 at 95%: 0.120577 to 0.645798 (statsmodels proportion_confint) */
    assert_true(fabs(t.low - 0.12057) < 1e-4 && fabs(t.high - 0.64580) < 1e-4);
    CLOSE(pe_summary_target(values, 10, ">=", 3).probability, 6.0 / 9);
    CLOSE(pe_summary_target(values, 10, "=", 3).probability, 1.0 / 9);
    assert_true(pe_summary_target(values, 10, "<", 0).low == 0 &&
                pe_summary_target(values, 10, "<=", 8).high == 1);
}

/* ---- sensitivity
 * -------------------------------------------------------------------------------------- */

enum { TRIALS = 5000, INPUTS = 200 };

static double input_value(uint32_t input, uint64_t trial)
{
    return (double)(pe_hash_mix(input + 100, trial) >> 11) * 0x1p-53;
}

static pe_status fetch_uniform(void *context, uint32_t input, uint64_t trials, double *values)
{
    PE_UNUSED(context);
    for (uint64_t t = 0; t < trials; t++) values[t] = input_value(input, t);
    return PE_OK;
}

static pe_status fetch_skewed(void *context, uint32_t input, uint64_t trials, double *values)
{
    PE_UNUSED(context);
    for (uint64_t t = 0; t < trials; t++)
        values[t] = exp(10 * input_value(input, t)); /* the same ranks */
    return PE_OK;
}

static bool all_but_input_3(void *context, uint32_t output, uint32_t input)
{
    PE_UNUSED(context);
    return output == 0 || input != 3;
}

static void sensitivity_finds_the_drivers(void **state)
{
    PE_UNUSED(state);
    static pe_value y[TRIALS];
    uint32_t inputs[INPUTS], candidates[2 * 8], counts[2];
    for (uint32_t i = 0; i < INPUTS; i++) inputs[i] = i;
    for (uint64_t t = 0; t < TRIALS; t++)
        y[t] =
            t % 50 == 3
                ? pe_error(PE_ERROR_DIV0)
                : pe_number(5 * input_value(17, t) - 3 * input_value(120, t) + input_value(3, t));
    pe_sensitivity plain[12], skewed[12];
    uint32_t count = 0, again = 0;
    assert_int_equal(pe_sensitivity_make(y, TRIALS, inputs, INPUTS, fetch_uniform, NULL, 12, NULL,
                                         NULL, plain, &count, NULL),
                     PE_OK);
    assert_int_equal(pe_sensitivity_make(y, TRIALS, inputs, INPUTS, fetch_skewed, NULL, 12, NULL,
                                         NULL, skewed, &again, NULL),
                     PE_OK);
    assert_int_equal(count, 12);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(plain[i].input, skewed[i].input);
        CLOSE(plain[i].correlation, skewed[i].correlation);
    }
    assert_true(plain[0].input == 17 && plain[0].correlation > 0.8 && !plain[0].noise);
    assert_true(plain[1].input == 120 && plain[1].correlation < -0.4);
    assert_int_equal(plain[0].n, TRIALS - TRIALS / 50);
    const pe_value *outputs[2] = {y, y};
    assert_int_equal(pe_sensitivity_screen(outputs, 2, TRIALS, INPUTS, all_but_input_3,
                                           fetch_uniform, NULL, 8, NULL, NULL, candidates, counts,
                                           NULL),
                     PE_OK);
    assert_true(counts[0] == 8 && counts[1] == 8);
    assert_true(candidates[0] == 17 && candidates[1] == 120 && candidates[2] == 3);
    for (int i = 8; i < 16; i++) assert_int_not_equal(candidates[i], 3);
}

static const double table_x[5] = {1, 2, 2, 3, 5}, table_y[5] = {3, 1, 4, 4, 9};

static pe_status fetch_table(void *context, uint32_t input, uint64_t trials, double *values)
{
    PE_UNUSED(context);
    PE_UNUSED(input);
    PE_UNUSED(trials);
    memcpy(values, table_x, sizeof table_x);
    return PE_OK;
}

static void spearman_of_a_known_table(void **state)
{
    PE_UNUSED(state);
    /* average ranks 1, 2.5, 2.5, 4, 5 and 2, 1, 3.5, 3.5, 5: products of deviations 7.25,
     * squares 9.5 each */
    pe_value y[5];
    for (int i = 0; i < 5; i++) y[i] = pe_number(table_y[i]);
    const uint32_t inputs[1] = {0};
    pe_sensitivity bar;
    uint32_t count;
    assert_int_equal(
        pe_sensitivity_make(y, 5, inputs, 1, fetch_table, NULL, 12, NULL, NULL, &bar, &count, NULL),
        PE_OK);
    assert_int_equal(count, 1);
    CLOSE(bar.correlation, 7.25 / 9.5);
}

static const double tied_x[2][25] = {
    {6, 3, 7, 1, 2, 9, 2, 6, 1, 9, 4, 1, 2, 7, 7, 2, 4, 2, 9, 7, 1, 2, 4, 1, 7},
    {12.0, 10.7, 8.5, 9.4, 6.7,  11.8, 6.5, 8.3,  9.4, 8.7,  8.3,  9.2, 13.9,
     12.7, 6.2,  8.4, 6.3, 10.1, 10.6, 6.7, 12.5, 8.7, 10.0, 11.9, 10.2}};
static const double tied_y[25] = {11, 3,  19, -3, 4, 20, 2,  13, -2, 20, 12, -6, 1,
                                  17, 19, 3,  5,  0, 23, 14, -3, 2,  7,  -3, 19};

static pe_status fetch_tied(void *context, uint32_t input, uint64_t trials, double *values)
{
    PE_UNUSED(context);
    PE_UNUSED(trials);
    memcpy(values, tied_x[input], sizeof tied_x[input]);
    return PE_OK;
}

/* Expected: the definitions in statistics.h written down in Python (statistics.mean, median). */
static void tenths_of_a_table_with_ties(void **state)
{
    static const pe_sensitivity expected[2] = {{.correlation = 0.97972798915966686,
                                                .contribution = 0.97615206808551169,
                                                .mean_low = -3.4,
                                                .mean_high = 21,
                                                .input_low = 1,
                                                .input_high = 9},
                                               {.correlation = -0.15313418005499957,
                                                .contribution = 0.023847931914488318,
                                                .mean_low = 26.0 / 3,
                                                .mean_high = 5,
                                                .input_low = 10.65,
                                                .input_high = 10.6}};
    PE_UNUSED(state);
    pe_value y[25];
    pe_sensitivity bars[2];
    uint32_t count;
    const uint32_t inputs[2] = {1, 0};
    for (int i = 0; i < 25; i++) y[i] = pe_number(tied_y[i]);
    assert_int_equal(
        pe_sensitivity_make(y, 25, inputs, 2, fetch_tied, NULL, 12, NULL, NULL, bars, &count, NULL),
        PE_OK);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(bars[i].input, i);
        CLOSE(bars[i].correlation, expected[i].correlation);
        CLOSE(bars[i].contribution, expected[i].contribution);
        CLOSE(bars[i].mean_low, expected[i].mean_low);
        CLOSE(bars[i].mean_high, expected[i].mean_high);
        CLOSE(bars[i].input_low, expected[i].input_low);
        CLOSE(bars[i].input_high, expected[i].input_high);
    }
}

/* The compiler rounds the literals correctly. */
static void powers_of_ten_are_exact(void **state)
{
    static const struct {
        double value, power;
        int exponent;
    } rows[] = {
        {1, 1, 0},
        {0.01, 1e-2, -2},
        {0.0099999999999999985, 1e-3, -3},
        {0.03, 1e-2, -2},
        {999.99999999999989, 100, 2},
        {1000, 1000, 3},
        {7e-7, 1e-7, -7},
        {3e22, 1e22, 22},
        {1e23, 1e23, 23},
        {9.9e-300, 1e-300, -300},
        {1.7976931348623157e308, 1e308, 308},
    };
    PE_UNUSED(state);
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        int exponent = 0;
        assert_true(pe_power_of_ten(rows[i].value, &exponent) == rows[i].power);
        assert_int_equal(exponent, rows[i].exponent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_ten_are_exact),
        cmocka_unit_test(moments_of_a_small_sample),
        cmocka_unit_test(percentiles_follow_the_rule_for_repeats),
        cmocka_unit_test(blocks_merge_to_the_whole),
        cmocka_unit_test(kinds_are_counted),
        cmocka_unit_test(histograms_follow_the_rules),
        cmocka_unit_test(targets_have_wilson_intervals),
        cmocka_unit_test(sensitivity_finds_the_drivers),
        cmocka_unit_test(spearman_of_a_known_table),
        cmocka_unit_test(tenths_of_a_table_with_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
