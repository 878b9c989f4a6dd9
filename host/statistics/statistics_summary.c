/* statistics_summary.c: one column of trials summarised. Moments are formed per block of 4,096
 * trials aligned to trial number and merged in a fixed binary tree over block numbers, so they do
 * not depend on threads or on how a run is split. */
#include "statistics_internal.h"

#include <math.h>
#include <stdlib.h>

const double pe_percentile_list[PE_PERCENTILES] = {
    1, 2.5, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 97.5, 99};

#define Z95 1.959963984540054 /* the 97.5th percentile of the normal distribution */

typedef struct moments {
    double n, mean, m2, m3, m4;
} moments;

static moments block_moments(const pe_value *values, uint64_t count)
{
    moments m = {0, 0, 0, 0, 0};
    double sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (!pe_is_number(values[i])) continue;
        sum += pe_as_number(values[i]);
        m.n += 1;
    }
    if (m.n == 0) return m;
    m.mean = sum / m.n;
    for (uint64_t i = 0; i < count; i++) {
        if (!pe_is_number(values[i])) continue;
        double d = pe_as_number(values[i]) - m.mean, d2 = d * d;
        m.m2 += d2;
        m.m3 += d2 * d;
        m.m4 += d2 * d2;
    }
    return m;
}

/* Pairwise update of central moments: Chan, Golub and LeVeque 1979; third and fourth: Pebay 2008.
 */
static moments merge(moments a, moments b)
{
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    moments m;
    double n = a.n + b.n, d = b.mean - a.mean, dn = d / n, dn2 = dn * dn;
    m.n = n;
    m.mean = a.mean + dn * b.n;
    m.m2 = a.m2 + b.m2 + d * dn * a.n * b.n;
    m.m3 = a.m3 + b.m3 + d * dn2 * a.n * b.n * (a.n - b.n) + 3 * dn * (a.n * b.m2 - b.n * a.m2);
    m.m4 = a.m4 + b.m4 + d * dn2 * dn * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) +
           6 * dn2 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) + 4 * dn * (a.n * b.m3 - b.n * a.m3);
    return m;
}

static pe_status column_moments(const pe_value *values, uint64_t trials, const pe_control *control,
                                moments *result)
{
    uint64_t blocks = (trials + PE_BLOCK_TRIALS - 1) / PE_BLOCK_TRIALS;
    moments *m = calloc((size_t)(blocks > 0 ? blocks : 1), sizeof *m);
    if (m == NULL) return PE_E_MEMORY;
    for (uint64_t b = 0; b < blocks; b++) {
        if (b % 256 == 0 && pe_cancelled(control)) {
            free(m);
            return PE_E_CANCELLED;
        }
        uint64_t first = b * PE_BLOCK_TRIALS, left = trials - first;
        m[b] = block_moments(values + first, left < PE_BLOCK_TRIALS ? left : PE_BLOCK_TRIALS);
    }
    for (; blocks > 1; blocks = (blocks + 1) / 2)
        for (uint64_t i = 0; i < (blocks + 1) / 2; i++)
            m[i] = 2 * i + 1 < blocks ? merge(m[2 * i], m[2 * i + 1]) : m[2 * i];
    *result = m[0];
    free(m);
    return PE_OK;
}

/* The 97.5th percentile of Student's t with v degrees of freedom: Cornish-Fisher expansion
 * (Abramowitz and Stegun 26.7.5), within 1e-3 for v >= 4; the exact first ones. */
static double t95(double v)
{
    static const double exact[] = {0, 12.706204736432095, 4.302652729696142, 3.182446305284263};
    if (v < 4) return exact[(int)v];
    double z = Z95, z2 = z * z;
    double g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
    return z + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v;
}

static void moment_statistics(const moments *m, pe_summary *s)
{
    s->mean = m->mean;
    s->variance = m->n >= 2 ? m->m2 / (m->n - 1) : NAN;
    s->sd = sqrt(s->variance);
    s->standard_error = s->sd / sqrt(m->n);
    double half = m->n >= 2 ? t95(m->n - 1) * s->standard_error : NAN;
    s->mean_low = s->mean - half;
    s->mean_high = s->mean + half;
    double spread = m->m2 / m->n;
    bool flat = !(spread > 0);
    s->skewness = flat ? NAN : m->m3 / m->n / (spread * sqrt(spread));
    s->kurtosis = flat ? NAN : m->m4 / m->n / (spread * spread);
}

/* In a sample without many repeats the density's peak: the narrowest of 100 equal-count bins. */
static double narrowest_bin_mean(const double *sorted, uint64_t n)
{
    uint64_t bins = n < 200 ? (n + 1) / 2 : 100, best_first = 0, best_end = n;
    double best = INFINITY;
    for (uint64_t b = 0; b < bins; b++) {
        uint64_t first = b * n / bins, end = (b + 1) * n / bins;
        double width = sorted[end - 1] - sorted[first];
        if (end - first > 1 && width < best) {
            best = width;
            best_first = first;
            best_end = end;
        }
    }
    double sum = 0;
    for (uint64_t i = best_first; i < best_end; i++) sum += sorted[i];
    return sum / (double)(best_end - best_first);
}

static double mode_of(const double *sorted, uint64_t n, uint64_t distinct)
{
    if (distinct * 2 > n) return narrowest_bin_mean(sorted, n);
    double mode = sorted[0];
    uint64_t most = 0;
    for (uint64_t i = 0; i < n;) {
        uint64_t j = i + 1;
        while (j < n && sorted[j] == sorted[i]) j++;
        if (j - i > most) {
            most = j - i;
            mode = sorted[i];
        }
        i = j;
    }
    return mode;
}

/* Order statistics whose ranks bracket the quantile with probability 95% (normal approximation of
 * the binomial). */
static void quantile_interval(const double *sorted, uint64_t n, pe_percentile *q)
{
    double p = q->percent / 100, centre = p * (double)n, half = Z95 * sqrt(centre * (1 - p));
    double low = floor(centre - half), high = ceil(centre + half) + 1;
    q->low = sorted[low < 1 ? 0 : (uint64_t)low - 1];
    q->high = sorted[high > (double)n ? n - 1 : (uint64_t)high - 1];
}

static void order_statistics(const double *sorted, double base, pe_summary *s)
{
    uint64_t n = s->n, negative = 0, at_most_base = 0;
    s->distinct = 1;
    s->integers = true;
    for (uint64_t i = 0; i < n; i++) {
        if (i > 0 && sorted[i] != sorted[i - 1]) s->distinct++;
        s->integers = s->integers && sorted[i] == floor(sorted[i]) && fabs(sorted[i]) < 0x1p53;
        negative += sorted[i] < 0;
        at_most_base += sorted[i] <= base;
    }
    s->repeats = s->distinct < n;
    s->min = sorted[0];
    s->max = sorted[n - 1];
    s->probability_negative = (double)negative / (double)n;
    s->probability_base = isnan(base) ? NAN : (double)at_most_base / (double)n;
    for (int i = 0; i < PE_PERCENTILES; i++) {
        s->percentiles[i].percent = pe_percentile_list[i];
        s->percentiles[i].value = pe_quantile(sorted, n, pe_percentile_list[i] / 100, s->repeats);
        quantile_interval(sorted, n, &s->percentiles[i]);
    }
    for (int i = 0; i <= 100; i++) s->curve[i] = pe_quantile(sorted, n, i / 100.0, s->repeats);
    s->mode = mode_of(sorted, n, s->distinct);
}

/* ---- counts of what is no number
 * ---------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const pe_frequency *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->label, y->label);
}

static pe_status count_label(pe_map *map, const pe_text *text, const char *word,
                             pe_frequency **list, size_t *capacity)
{
    uint32_t *slot;
    bool added;
    const char *label = text != NULL ? text->bytes : word;
    pe_status status = pe_map_put(map, label, text != NULL ? text->length : strlen(word),
                                  (uint32_t)pe_map_count(map), &slot, &added);
    if (status != PE_OK) return status;
    uint32_t index = *slot;
    status = PE_GROW(list, capacity, index + 1);
    if (status != PE_OK) return status;
    if (added) (*list)[index] = (pe_frequency){label, 0};
    (*list)[index].count++;
    return PE_OK;
}

static pe_status count_kinds(const pe_value *values, uint64_t trials, pe_arena *arena,
                             pe_summary *s)
{
    pe_status status = PE_OK;
    pe_map *map = NULL;
    pe_frequency *list = NULL;
    size_t capacity = 0;
    for (uint64_t i = 0; i < trials; i++) {
        pe_value v = values[i];
        pe_kind kind = pe_kind_of(v);
        if (kind == PE_KIND_NUMBER) {
            s->n++;
        } else if (kind == PE_KIND_TEXT || kind == PE_KIND_BOOLEAN) {
            bool text = kind == PE_KIND_TEXT;
            *(text ? &s->text_count : &s->boolean_count) += 1;
            if (map == NULL && (map = pe_map_new()) == NULL) PE_TRY(PE_E_MEMORY);
            PE_TRY(count_label(map, text ? pe_as_text(v) : NULL,
                               pe_as_boolean(v) ? "TRUE" : "FALSE", &list, &capacity));
        } else {
            s->error_count++;
            s->error_counts[kind == PE_KIND_ERROR ? pe_as_error(v) : PE_ERROR_VALUE]++;
        }
    }
    s->frequency_count = map != NULL ? (uint32_t)pe_map_count(map) : 0;
    s->frequencies = PE_PUSH(arena, pe_frequency, s->frequency_count);
    if (s->frequencies == NULL) PE_TRY(PE_E_MEMORY);
    for (uint32_t i = 0; i < s->frequency_count; i++) {
        s->frequencies[i] = (pe_frequency){
            pe_arena_text(arena, list[i].label, strlen(list[i].label)), list[i].count};
        if (s->frequencies[i].label == NULL) PE_TRY(PE_E_MEMORY);
    }
    qsort(s->frequencies, s->frequency_count, sizeof *s->frequencies, by_count);
fail:
    pe_map_free(map);
    free(list);
    return status;
}

static void undefine(pe_summary *s)
{
    s->mean = s->standard_error = s->mean_low = s->mean_high = s->sd = s->variance = NAN;
    s->skewness = s->kurtosis = s->mode = s->min = s->max = NAN;
    s->probability_negative = s->probability_base = NAN;
    for (int i = 0; i < PE_PERCENTILES; i++)
        s->percentiles[i] = (pe_percentile){pe_percentile_list[i], NAN, NAN, NAN};
    for (int i = 0; i <= 100; i++) s->curve[i] = NAN;
}

pe_status pe_summary_make(const pe_value *values, uint64_t trials, double base, pe_arena *arena,
                          pe_summary *summary, pe_diag *diag)
{
    return pe_summary_watch(values, trials, base, arena, NULL, summary, diag);
}

pe_status pe_summary_watch(const pe_value *values, uint64_t trials, double base, pe_arena *arena,
                           const pe_control *control, pe_summary *summary, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_summary s;
    double *sorted = NULL;
    moments m;
    memset(&s, 0, sizeof s);
    s.trials = trials;
    undefine(&s);
    PE_TRY(count_kinds(values, trials, arena, &s));
    s.kind = s.n == 0 ? (s.frequency_count > 0 ? PE_SUMMARY_LABELS : PE_SUMMARY_ERRORS)
                      : (s.frequency_count > 0 ? PE_SUMMARY_MIXED : PE_SUMMARY_NUMBERS);
    if (s.n > 0) {
        sorted = malloc((size_t)s.n * 2 * sizeof *sorted);
        if (sorted == NULL) PE_TRY(PE_E_MEMORY);
        uint64_t n = 0;
        for (uint64_t i = 0; i < trials; i++)
            if (pe_is_number(values[i])) sorted[n++] = pe_as_number(values[i]);
        PE_TRY(pei_sort(sorted, sorted + n, n, control));
        PE_TRY(column_moments(values, trials, control, &m));
        moment_statistics(&m, &s);
        order_statistics(sorted, base, &s);
        if (pe_cancelled(control)) PE_TRY(PE_E_CANCELLED);
        if (s.min == s.max) {
            s.mean = s.mean_low = s.mean_high =
                s.min; /* the sum of n equal numbers, divided, need not be that number */
            s.sd = s.variance = s.standard_error = s.n >= 2 ? 0 : NAN;
            s.skewness = s.kurtosis = NAN;
            if (s.kind == PE_SUMMARY_NUMBERS && s.n == trials) s.kind = PE_SUMMARY_CONSTANT;
        }
        PE_TRY(pei_histogram(sorted, n, &s, arena));
    }
    *summary = s;
fail:
    free(sorted);
    return status == PE_OK ? PE_OK
                           : pe_fail(diag, status, "statistics", "%s while summarising %llu trials",
                                     pe_status_text(status), (unsigned long long)trials);
}

double pe_summary_percentile(const pe_summary *summary, double percent)
{
    for (int i = 0; i < PE_PERCENTILES; i++)
        if (summary->percentiles[i].percent == percent) return summary->percentiles[i].value;
    return NAN;
}

pe_target pe_summary_target(const pe_value *values, uint64_t trials, const char *op, double operand)
{
    pe_target t = {{0}, operand, NAN, NAN, NAN};
    t.op[0] = op[0];
    t.op[1] = op[0] != '\0' ? op[1] : '\0';
    bool less = op[0] == '<', more = op[0] == '>', equal = op[0] == '=' || op[1] == '=';
    double n = 0, hits = 0;
    for (uint64_t i = 0; i < trials; i++) {
        if (!pe_is_number(values[i])) continue;
        double x = pe_as_number(values[i]);
        n += 1;
        hits += (less && x < operand) || (more && x > operand) || (equal && x == operand);
    }
    if (n == 0) return t;
    /* Wilson's score interval: sensible at 0 and 1 too. */
    double p = hits / n, z2 = Z95 * Z95, centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    t.probability = p;
    t.low = hits == 0 ? 0 : centre - half;
    t.high = hits == n ? 1 : centre + half;
    return t;
}

/* a - b where both are numbers, an error elsewhere; a difference that overflows is no number. */
static void subtract(const pe_value *a, const pe_value *b, uint64_t trials, pe_value *out)
{
    for (uint64_t i = 0; i < trials; i++) {
        double d = pe_is_number(a[i]) && pe_is_number(b[i])
                       ? pe_as_number(a[i]) - pe_as_number(b[i])
                       : NAN;
        out[i] = isfinite(d) ? pe_number(d) : pe_error(PE_ERROR_NUM);
    }
}

pe_status pe_difference_make(const pe_value *a, const pe_value *b, uint64_t trials,
                             pe_paired_difference *difference, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_paired_difference r = {0, NAN, NAN, NAN, NAN, NAN};
    pe_summary s;
    moments m;
    uint64_t greater = 0, equal = 0;
    double low = INFINITY, high = -INFINITY;
    pe_value *d = malloc((size_t)(trials > 0 ? trials : 1) * sizeof *d);
    if (d == NULL) PE_TRY(PE_E_MEMORY);
    subtract(a, b, trials, d);
    for (uint64_t i = 0; i < trials; i++) {
        if (!pe_is_number(d[i])) continue;
        double x = pe_as_number(d[i]);
        r.n++;
        greater += x > 0;
        equal += x == 0;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (r.n > 0) {
        PE_TRY(column_moments(d, trials, NULL, &m));
        moment_statistics(&m, &s);
        bool same = low == high; /* exactly that, and no spread made of rounding */
        r.mean = same ? low : s.mean;
        r.sd = same && r.n >= 2 ? 0 : s.sd;
        r.standard_error = same && r.n >= 2 ? 0 : s.standard_error;
        r.p_greater = (double)greater / (double)r.n;
        r.p_equal = (double)equal / (double)r.n;
    }
    *difference = r;
fail:
    free(d);
    return status == PE_OK ? PE_OK
                           : pe_fail(diag, status, "statistics", "%s while comparing %llu trials",
                                     pe_status_text(status), (unsigned long long)trials);
}
