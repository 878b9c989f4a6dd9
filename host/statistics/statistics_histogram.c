/* statistics_histogram.c: bars that show the shape. Up to 50 distinct values: one bar each.
 * Integers: integer bins. A value that holds over 5% of the trials gets its own bar. Else bins on
 * round edges over P0.5 to P99.5, with a bar below and a bar above. */
#include "statistics_internal.h"

#include <math.h>
#include <stdio.h>

#define DISTINCT_MAX 50
#define SPIKES_MAX 19 /* each holds over 5% */
#define BINS_WANTED 40
#define BINS_MAX 64

static pe_status one_bar_each(const double *sorted, uint64_t n, pe_summary *s, pe_arena *arena)
{
    s->bars = PE_PUSH(arena, pe_bar, (size_t)s->distinct);
    if (s->bars == NULL) return PE_E_MEMORY;
    for (uint64_t i = 0; i < n;) {
        uint64_t j = i + 1;
        while (j < n && sorted[j] == sorted[i]) j++;
        s->bars[s->bar_count++] = (pe_bar){PE_BAR_VALUE, sorted[i], sorted[i], j - i, false};
        i = j;
    }
    return PE_OK;
}

static uint32_t find_spikes(const double *sorted, uint64_t n, pe_bar *spikes)
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < n;) {
        uint64_t j = i + 1;
        while (j < n && sorted[j] == sorted[i]) j++;
        if ((double)(j - i) > 0.05 * (double)n && count < SPIKES_MAX)
            spikes[count++] = (pe_bar){PE_BAR_VALUE, sorted[i], sorted[i], j - i, true};
        i = j;
    }
    return count;
}

static double ten_to(int exponent)
{
    char text[16];
    size_t used;
    int length = snprintf(text, sizeof text, "1e%d", exponent);
    return pe_decimal_parse(text, (size_t)length, &used);
}

double pe_power_of_ten(double value, int *exponent)
{
    int guess = (int)floor(log10(value)); /* off by one at worst */
    double power = ten_to(guess), above = ten_to(guess + 1);
    if (power > value)
        power = ten_to(--guess);
    else if (above <= value) {
        power = above;
        guess++;
    }
    if (exponent != NULL) *exponent = guess;
    return power;
}

/* The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`; whole numbers only
 * for integers. */
static double round_step(double least, bool integers)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = pe_power_of_ten(least, NULL);
    if (integers && power < 1) return 1;
    for (size_t i = 0; i < PE_COUNT(steps); i++) {
        double step = steps[i] * power;
        if (step >= least * (1 - 1e-12) && !(integers && step != floor(step))) return step;
    }
    return 10 * power;
}

static bool is_spike(double x, const pe_bar *spikes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (spikes[i].low == x) return true;
    return false;
}

/* Puts the spikes among the ranges in ascending order: a spike stands before the range that holds
 * its value. */
static void merge_spikes(pe_summary *s, const pe_bar *ranges, uint32_t range_count,
                         const pe_bar *spikes, uint32_t spike_count)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        while (next < spike_count && ranges[i].kind != PE_BAR_BELOW &&
               (spikes[next].low < ranges[i].high || ranges[i].kind == PE_BAR_ABOVE))
            s->bars[s->bar_count++] = spikes[next++];
        s->bars[s->bar_count++] = ranges[i];
    }
    while (next < spike_count) s->bars[s->bar_count++] = spikes[next++];
}

pe_status pei_histogram(const double *sorted, uint64_t n, pe_summary *s, pe_arena *arena)
{
    if (s->distinct <= DISTINCT_MAX) return one_bar_each(sorted, n, s, arena);
    pe_bar spikes[SPIKES_MAX], ranges[BINS_MAX + 2];
    uint32_t spike_count = find_spikes(sorted, n, spikes), range_count = 0;
    /* The range of what is left without the spikes, cut at its own 0.5% tails. */
    double *rest = PE_PUSH(arena, double, (size_t)n);
    if (rest == NULL) return PE_E_MEMORY;
    uint64_t rest_count = 0;
    for (uint64_t i = 0; i < n; i++)
        if (!is_spike(sorted[i], spikes, spike_count)) rest[rest_count++] = sorted[i];
    double low = pe_quantile(rest, rest_count, 0.005, true),
           high = pe_quantile(rest, rest_count, 0.995, true);
    if (!(high > low)) {
        low = rest[0];
        high = rest[rest_count - 1];
    }
    double step = round_step((high - low) / BINS_WANTED, s->integers);
    double first = floor(low / step) * step;
    uint32_t bins = (uint32_t)fmin(fmax(ceil((high - first) / step), 1), BINS_MAX);
    if (s->integers && first + bins * step <= high && bins < BINS_MAX) bins++;
    uint64_t at = 0;
    while (at < rest_count && rest[at] < first) at++;
    if (at > 0) ranges[range_count++] = (pe_bar){PE_BAR_BELOW, rest[0], first, at, false};
    for (uint32_t b = 0; b < bins; b++) {
        double from = first + b * step, to = first + (b + 1) * step;
        uint64_t begin = at;
        while (at < rest_count &&
               (rest[at] < to || (b + 1 == bins && !s->integers && rest[at] == to)))
            at++;
        ranges[range_count++] = (pe_bar){PE_BAR_RANGE, from, to, at - begin, false};
    }
    if (at < rest_count)
        ranges[range_count++] = (pe_bar){PE_BAR_ABOVE, first + bins * step, rest[rest_count - 1],
                                         rest_count - at, false};
    s->bars = PE_PUSH(arena, pe_bar, range_count + spike_count);
    if (s->bars == NULL) return PE_E_MEMORY;
    merge_spikes(s, ranges, range_count, spikes, spike_count);
    return PE_OK;
}
