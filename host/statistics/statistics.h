/* statistics.h: what is known of a column of trials: moments, quantiles with confidence intervals,
 * histogram, frequencies, rank correlations. Knows no cells and no files. Every result is a
 * function of the column alone, whatever the number of threads. */
#ifndef PE_STATISTICS_H
#define PE_STATISTICS_H

#include "base.h"

#define PE_PERCENTILES 23                               /* 1, 2.5, 5, 10, ... 95, 97.5, 99 */
extern const double pe_percentile_list[PE_PERCENTILES]; /* in percent, ascending */

typedef enum pe_summary_kind {
    PE_SUMMARY_NUMBERS,
    PE_SUMMARY_CONSTANT, /* all trials the same number */
    PE_SUMMARY_LABELS,   /* texts and booleans only: see frequencies */
    PE_SUMMARY_MIXED,    /* both; the statistics describe the numbers */
    PE_SUMMARY_ERRORS,   /* no trial has a value */
} pe_summary_kind;

typedef struct pe_frequency {
    const char *label; /* the text; TRUE or FALSE */
    uint64_t count;
} pe_frequency;

typedef enum pe_bar_kind { PE_BAR_RANGE, PE_BAR_VALUE, PE_BAR_BELOW, PE_BAR_ABOVE } pe_bar_kind;

/* The largest power of ten that is not above value, and its exponent (NULL: not asked for). value:
 * positive, finite, normal. Powers are correctly rounded, which pow() of a C library need not be.
 */
double pe_power_of_ten(double value, int *exponent);

/* One bar of the histogram: low <= x < high (the last range: x <= high), or x = low = high. */
typedef struct pe_bar {
    pe_bar_kind kind;
    double low, high;
    uint64_t count;
    bool spike; /* one value that holds over 5% of the trials among ranges */
} pe_bar;

typedef struct pe_percentile {
    double percent, value;
    double low, high; /* 95% confidence interval from order statistics (conservative under Latin
                         hypercube) */
} pe_percentile;

typedef struct pe_target {
    char op[3]; /* "<", "<=", ">", ">=", "=" */
    double operand;
    double probability, low, high; /* of the trials with a number; 95% Wilson interval */
} pe_target;

typedef struct pe_summary {
    pe_summary_kind kind;
    uint64_t trials;
    uint64_t n; /* trials with a number: what the statistics describe */
    uint64_t error_count, text_count, boolean_count;
    uint64_t error_counts[PE_ERROR_COUNT]; /* by pe_error_code */
    pe_frequency *frequencies; /* texts and booleans, most frequent first, ties in text order */
    uint32_t frequency_count;
    bool integers; /* every number is an integer */
    bool repeats;  /* some value occurs twice */
    uint64_t distinct;
    double mean, standard_error, mean_low, mean_high; /* 95%, Student's t */
    double sd, variance;                              /* n - 1; NaN for n < 2 */
    double skewness,
        kurtosis; /* moment ratios m3/m2^1.5 and m4/m2^2 (normal: 0 and 3); NaN for sd 0 */
    double mode;  /* repeats in earnest: most frequent (ties: lowest); else mean of the narrowest of
                     100 equal-count bins */
    double min, max;
    pe_percentile percentiles[PE_PERCENTILES];
    double probability_negative; /* P(X < 0) */
    double probability_base;     /* P(X <= base); NaN without a base case */
    pe_bar *bars;
    uint32_t bar_count;
    double
        curve[101]; /* percentiles 0, 1, ... 100: the cumulative curve; 0 and 100 are min and max */
} pe_summary;

/* values[0, trials), texts as interned pointers. base NaN: none. The summary's arrays live in
 * arena. */
pe_status pe_summary_make(const pe_value *values, uint64_t trials, double base, pe_arena *arena,
                          pe_summary *summary, pe_diag *diag);
/* The same; PE_E_CANCELLED soon after the flag, however many trials there are. */
pe_status pe_summary_watch(const pe_value *values, uint64_t trials, double base, pe_arena *arena,
                           const pe_control *control, pe_summary *summary, pe_diag *diag);
/* One of the summary's percentiles, by its percent; NaN: it has no such one. */
double pe_summary_percentile(const pe_summary *summary, double percent);
/* P(X op operand) of the same column. */
pe_target pe_summary_target(const pe_value *values, uint64_t trials, const char *op,
                            double operand);
/* Two columns of the same trials compared trial by trial: the draws are common to both, so that the
 * difference is known far better than the difference of two separate means. */
typedef struct pe_paired_difference {
    uint64_t n; /* trials in which both are numbers and so is a - b: described below */
    double mean, sd, standard_error; /* of a - b; sd and standard_error NaN for n < 2 */
    double p_greater, p_equal;       /* P(a > b), P(a = b); NaN for n = 0 */
} pe_paired_difference;
pe_status pe_difference_make(const pe_value *a, const pe_value *b, uint64_t trials,
                             pe_paired_difference *difference, pe_diag *diag);
/* Linear between order statistics as PERCENTILE.INC; where values repeat, the k = ceil(p n)-th
 * smallest. sorted ascending, n >= 1. */
double pe_quantile(const double *sorted, uint64_t n, double p, bool repeats);

/* Rank correlation of one output with many inputs. */
typedef struct pe_sensitivity {
    uint32_t input;
    double correlation; /* Spearman, average ranks on ties; trials where either is no number are
                           left out */
    uint64_t n;
    bool noise; /* within 1.96 / sqrt(n - 1) of zero */
    /* The share that correlation^2 has in the sum of it over all inputs: of the output's variance
     * where inputs are independent and the output is nearly monotone in them. */
    double contribution;
    /* The lowest tenth: the ceil(n / 10) smallest of the n trials, and those equal to the largest
     * of them; the highest likewise. */
    double mean_low, mean_high;   /* the output's mean where the input is in its lowest, highest
                                     tenth */
    double input_low, input_high; /* the input's median where the output is in its lowest, highest
                                     tenth */
} pe_sensitivity;

/* Fills values[0, trials) with input's values, NaN where it has no number. Called from any worker.
 */
typedef pe_status (*pe_fetch_input)(void *context, uint32_t input, uint64_t trials, double *values);

/* The `top` inputs of largest |correlation|, largest first (ties by input number), into bars;
 * *count how many. Memory: a few columns per worker, whatever the number of inputs. */
pe_status pe_sensitivity_make(const pe_value *output, uint64_t trials, const uint32_t *inputs,
                              uint32_t input_count, pe_fetch_input fetch, void *context,
                              uint32_t top, pe_pool *pool, const pe_control *control,
                              pe_sensitivity *bars, uint32_t *count, pe_diag *diag);

/* Where inputs are too many to rank: for each output the `top` inputs most correlated with the
 * output's ranks, when fetch gives uniforms that have the input's ranks (their linear correlation
 * is within O(1/n) of the rank correlation). member(context, output, input) tells whether the
 * output depends on the input. candidates[output * top ...], counts[output]. Trials in which an
 * output is no number weigh nothing. */
pe_status pe_sensitivity_screen(const pe_value *const *outputs, uint32_t output_count,
                                uint64_t trials, uint32_t input_count,
                                bool (*member)(void *context, uint32_t output, uint32_t input),
                                pe_fetch_input fetch, void *context, uint32_t top, pe_pool *pool,
                                const pe_control *control, uint32_t *candidates, uint32_t *counts,
                                pe_diag *diag);

#endif
