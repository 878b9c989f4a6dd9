/* statistics_order.c: sorting, ranks and quantiles. A double's bits, with the sign folded, are a
 * monotone 64-bit key. */
#include "statistics_internal.h"

#include <math.h>
#include <stdlib.h>

#define DIGIT_BITS 11
#define BUCKETS (1u << DIGIT_BITS)
#define PASSES 6

static uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((0 - (bits >> 63)) | 0x8000000000000000ull);
}

static double value_of(uint64_t key)
{
    uint64_t bits = key ^ (((key >> 63) - 1) | 0x8000000000000000ull);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static unsigned digit(uint64_t key, int pass)
{
    return (unsigned)(key >> (pass * DIGIT_BITS)) & (BUCKETS - 1);
}

#define WATCH (1u << 20) /* keys moved between two looks at the cancel flag: some milliseconds */

pe_status pei_sort(double *x, double *scratch, uint64_t n, const pe_control *control)
{
    uint64_t *from = (uint64_t *)x, *to = (uint64_t *)scratch;
    for (uint64_t i = 0; i < n; i++) from[i] = key_of(x[i]);
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t start[BUCKETS] = {0}, sum = 0;
        if (pe_cancelled(control)) return PE_E_CANCELLED;
        for (uint64_t i = 0; i < n; i++) start[digit(from[i], pass)]++;
        if (n > 0 && start[digit(from[0], pass)] == n) continue; /* all alike: nothing to move */
        for (unsigned b = 0; b < BUCKETS; b++) {
            uint64_t count = start[b];
            start[b] = sum;
            sum += count;
        }
        for (uint64_t first = 0; first < n; first += WATCH) {
            uint64_t end = n - first > WATCH ? first + WATCH : n;
            for (uint64_t i = first; i < end; i++) to[start[digit(from[i], pass)]++] = from[i];
            if (pe_cancelled(control)) return PE_E_CANCELLED;
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    for (uint64_t i = 0; i < n; i++) {
        double v = value_of(from[i]);
        memcpy(&x[i], &v, sizeof v);
    }
    return PE_OK;
}

/* Sorts order[0, n) by keys with the same radix passes; order2 is scratch. Returns the array that
 * holds the result. */
static uint32_t *sort_order(const uint64_t *keys, uint64_t n, uint32_t *order, uint32_t *order2)
{
    for (uint64_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (int pass = 0; pass < PASSES; pass++) {
        uint32_t start[BUCKETS] = {0}, sum = 0;
        for (uint64_t i = 0; i < n; i++) start[digit(keys[i], pass)]++;
        if (n > 0 && start[digit(keys[0], pass)] == n) continue;
        for (unsigned b = 0; b < BUCKETS; b++) {
            uint32_t count = start[b];
            start[b] = sum;
            sum += count;
        }
        for (uint64_t i = 0; i < n; i++) order2[start[digit(keys[order[i]], pass)]++] = order[i];
        uint32_t *swap = order;
        order = order2;
        order2 = swap;
    }
    return order;
}

void pei_average_ranks(const double *x, uint64_t n, double *rank, uint64_t *keys, uint32_t *order)
{
    for (uint64_t i = 0; i < n; i++) keys[i] = key_of(x[i] == 0 ? 0.0 : x[i]);
    const uint32_t *sorted = sort_order(keys, n, order, order + n);
    for (uint64_t i = 0; i < n;) {
        uint64_t j = i + 1;
        while (j < n && keys[sorted[j]] == keys[sorted[i]]) j++;
        double average = 0.5 * (double)(i + 1 + j);
        for (; i < j; i++) rank[sorted[i]] = average;
    }
}

double pe_quantile(const double *sorted, uint64_t n, double p, bool repeats)
{
    if (p <= 0) return sorted[0];
    if (p >= 1) return sorted[n - 1];
    if (repeats) {
        /* p n is meant as a real number: 0.35 * 20 must be 7, not 7.000000000000001 */
        double k = ceil(p * (double)n * (1 - 1e-14));
        uint64_t index = k < 1 ? 0 : (uint64_t)k - 1;
        return sorted[index < n ? index : n - 1];
    }
    double position = p * (double)(n - 1);
    uint64_t index = (uint64_t)position;
    double fraction = position - (double)index;
    if (index + 1 >= n) return sorted[n - 1];
    return sorted[index] + fraction * (sorted[index + 1] - sorted[index]);
}
