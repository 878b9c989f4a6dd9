/* statistics_sensitivity.c: rank correlations of outputs with inputs, and the screening of very
 * many inputs. Inputs are fetched one at a time per worker, so memory does not grow with their
 * number. */
#include "statistics_internal.h"

#include <math.h>
#include <stdlib.h>

typedef struct column_scratch {
    double *raw;   /* one input, all trials */
    double *x, *y; /* the trials where both are numbers */
    double *rank_x, *rank_y;
    uint64_t *keys;
    uint32_t *order; /* two arrays of n */
} column_scratch;

typedef struct job {
    const pe_value *output;
    uint64_t trials;
    pe_fetch_input fetch;
    void *context;
    const pe_control *control;
    const double *output_rank; /* of the trials with a number */
    pe_sensitivity *bars;
    column_scratch *scratch; /* per worker */
} job;

static double correlation(const double *x, const double *y, uint64_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (uint64_t i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= (double)n;
    my /= (double)n;
    for (uint64_t i = 0; i < n; i++) {
        double a = x[i] - mx, b = y[i] - my;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* Leaves out the trials where either side is no number. Returns whether only the output's own gaps
 * are left out. */
static bool pair(const job *j, column_scratch *c, uint64_t *n)
{
    bool only_output = true;
    *n = 0;
    for (uint64_t i = 0; i < j->trials; i++) {
        if (!pe_is_number(j->output[i])) continue;
        if (isnan(c->raw[i])) {
            only_output = false;
            continue;
        }
        c->x[*n] = c->raw[i];
        c->y[*n] = pe_as_number(j->output[i]);
        *n += 1;
    }
    return only_output;
}

/* ---- what a tenth of the trials says */

/* The rank that the k-th smallest (1-based) has: of all that are equal to it, the average. */
static double rank_at(const double *rank, uint64_t n, uint64_t k)
{
    double at = 0, next = (double)n;
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        if (rank[i] <= (double)k && rank[i] > at) at = rank[i];
    for (uint64_t i = 0; i < n; i++) count += rank[i] <= at;
    if (count >= k) return at;
    for (uint64_t i = 0; i < n; i++)
        if (rank[i] > at && rank[i] < next) next = rank[i];
    return next;
}

/* Mean of y over the trials with low <= rank <= high. */
static double mean_between(const double *y, const double *rank, uint64_t n, double low, double high)
{
    double sum = 0;
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        if (rank[i] >= low && rank[i] <= high) {
            sum += y[i];
            count++;
        }
    return sum / (double)count;
}

/* Median of c->x over the trials with low <= rank <= high. */
static double median_between(column_scratch *c, const double *rank, uint64_t n, double low,
                             double high)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        if (rank[i] >= low && rank[i] <= high) c->raw[count++] = c->x[i];
    if (pei_sort(c->raw, (double *)c->keys, count, NULL) != PE_OK) return NAN;
    return pe_quantile(c->raw, count, 0.5, false);
}

static void describe_tenths(column_scratch *c, const double *rank_y, pe_sensitivity *bar)
{
    uint64_t n = bar->n, tenth = (n + 9) / 10;
    double end = (double)n;
    bar->mean_low = mean_between(c->y, c->rank_x, n, 0, rank_at(c->rank_x, n, tenth));
    bar->mean_high = mean_between(c->y, c->rank_x, n, rank_at(c->rank_x, n, n + 1 - tenth), end);
    bar->input_low = median_between(c, rank_y, n, 0, rank_at(rank_y, n, tenth));
    bar->input_high = median_between(c, rank_y, n, rank_at(rank_y, n, n + 1 - tenth), end);
}

static pe_status correlate(void *context, size_t index, unsigned worker)
{
    job *j = context;
    column_scratch *c = &j->scratch[worker];
    pe_sensitivity *bar = &j->bars[index];
    if (pe_cancelled(j->control)) return PE_E_CANCELLED;
    pe_status status = j->fetch(j->context, bar->input, j->trials, c->raw);
    if (status != PE_OK) return status;
    bool only_output = pair(j, c, &bar->n);
    bar->correlation = NAN;
    bar->noise = true;
    if (bar->n < 3) return PE_OK;
    const double *rank_y = j->output_rank;
    if (!only_output) {
        pei_average_ranks(c->y, bar->n, c->rank_y, c->keys, c->order);
        rank_y = c->rank_y;
    }
    pei_average_ranks(c->x, bar->n, c->rank_x, c->keys, c->order);
    bar->correlation = correlation(c->rank_x, rank_y, bar->n);
    bar->noise = !(fabs(bar->correlation) > 1.96 / sqrt((double)bar->n - 1));
    describe_tenths(c, rank_y, bar);
    return PE_OK;
}

static int by_strength(const void *a, const void *b)
{
    const pe_sensitivity *x = a, *y = b;
    double u = isnan(x->correlation) ? -1 : fabs(x->correlation),
           v = isnan(y->correlation) ? -1 : fabs(y->correlation);
    if (u != v) return u > v ? -1 : 1;
    return x->input < y->input ? -1 : x->input > y->input;
}

static void share_out(pe_sensitivity *bars, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!isnan(bars[i].correlation)) sum += bars[i].correlation * bars[i].correlation;
    for (uint32_t i = 0; i < count; i++)
        bars[i].contribution = sum > 0 ? bars[i].correlation * bars[i].correlation / sum : NAN;
}

static pe_status scratch_make(column_scratch *c, uint64_t n)
{
    c->raw = malloc((size_t)n * 5 * sizeof(double));
    c->keys = malloc((size_t)n * sizeof(uint64_t));
    c->order = malloc((size_t)n * 2 * sizeof(uint32_t));
    if (c->raw == NULL || c->keys == NULL || c->order == NULL) return PE_E_MEMORY;
    c->x = c->raw + n;
    c->y = c->raw + 2 * n;
    c->rank_x = c->raw + 3 * n;
    c->rank_y = c->raw + 4 * n;
    return PE_OK;
}

static void scratch_free(column_scratch *c)
{
    free(c->raw);
    free(c->keys);
    free(c->order);
}

/* Ranks of the output's numbers, in trial order. */
static pe_status rank_output(job *j, double *ranks)
{
    column_scratch *c = &j->scratch[0];
    uint64_t n = 0;
    for (uint64_t i = 0; i < j->trials; i++)
        if (pe_is_number(j->output[i])) c->y[n++] = pe_as_number(j->output[i]);
    pei_average_ranks(c->y, n, ranks, c->keys, c->order);
    j->output_rank = ranks;
    return PE_OK;
}

pe_status pe_sensitivity_make(const pe_value *output, uint64_t trials, const uint32_t *inputs,
                              uint32_t input_count, pe_fetch_input fetch, void *context,
                              uint32_t top, pe_pool *pool, const pe_control *control,
                              pe_sensitivity *bars, uint32_t *count, pe_diag *diag)
{
    pe_status status = PE_OK;
    unsigned workers = pe_pool_threads(pool);
    job j = {
        .output = output, .trials = trials, .fetch = fetch, .context = context, .control = control};
    double *ranks = NULL;
    *count = 0;
    if (input_count == 0 || trials < 3) return PE_OK;
    if (trials >= UINT32_MAX)
        return pe_fail(diag, PE_E_LIMIT, "tornado",
                       "rank correlations need fewer than 2^32 trials");
    j.scratch = calloc(workers, sizeof *j.scratch);
    j.bars = calloc(input_count, sizeof *j.bars);
    ranks = malloc((size_t)trials * sizeof *ranks);
    if (j.scratch == NULL || j.bars == NULL || ranks == NULL) PE_TRY(PE_E_MEMORY);
    for (unsigned w = 0; w < workers; w++) PE_TRY(scratch_make(&j.scratch[w], trials));
    PE_TRY(rank_output(&j, ranks));
    for (uint32_t i = 0; i < input_count; i++) j.bars[i].input = inputs[i];
    PE_TRY(pe_pool_run(pool, input_count, correlate, &j));
    qsort(j.bars, input_count, sizeof *j.bars, by_strength);
    share_out(j.bars, input_count);
    for (uint32_t i = 0; i < input_count && *count < top; i++)
        if (!isnan(j.bars[i].correlation)) bars[(*count)++] = j.bars[i];
fail:
    for (unsigned w = 0; j.scratch != NULL && w < workers; w++) scratch_free(&j.scratch[w]);
    free(j.scratch);
    free(j.bars);
    free(ranks);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "tornado", "%s", pe_status_text(status));
}

/* ---- screening
 * ---------------------------------------------------------------------------------------- */

#define SUMS 8 /* partial sums, so that the loop can be vectorised without reordering a sum */

typedef struct screening {
    uint32_t output_count, input_count;
    uint64_t trials;
    double *ranks; /* output_count columns: rank minus mean rank, 0 where the output is no number */
    double
        *strength; /* input_count rows of output_count: |correlation|, up to a factor per output */
    double *columns; /* one per worker */
    pe_fetch_input fetch;
    bool (*member)(void *context, uint32_t output, uint32_t input);
    void *context;
    const pe_control *control;
} screening;

static double dot(const double *x, const double *y, uint64_t n)
{
    double sum[SUMS] = {0};
    uint64_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (int k = 0; k < SUMS; k++) sum[k] += x[i + (uint64_t)k] * y[i + (uint64_t)k];
    for (; i < n; i++) sum[0] += x[i] * y[i];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static pe_status screen_input(void *context, size_t input, unsigned worker)
{
    screening *s = context;
    double *u = s->columns + (size_t)worker * s->trials;
    if (pe_cancelled(s->control)) return PE_E_CANCELLED;
    pe_status status = s->fetch(s->context, (uint32_t)input, s->trials, u);
    for (uint32_t o = 0; o < s->output_count && status == PE_OK; o++) {
        double *strength = &s->strength[input * s->output_count + o];
        *strength = s->member(s->context, o, (uint32_t)input)
                        ? fabs(dot(u, s->ranks + (size_t)o * s->trials, s->trials))
                        : -1;
    }
    return status;
}

/* Centred ranks: subtracting the mean makes the input's own mean irrelevant to the product. */
static pe_status centred_ranks(const pe_value *output, uint64_t trials, double *out)
{
    column_scratch c = {NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    pe_status status = scratch_make(&c, trials);
    if (status == PE_OK) {
        uint64_t n = 0;
        for (uint64_t i = 0; i < trials; i++)
            if (pe_is_number(output[i])) c.y[n++] = pe_as_number(output[i]);
        pei_average_ranks(c.y, n, c.rank_y, c.keys, c.order);
        double mean = 0.5 * ((double)n + 1);
        n = 0;
        for (uint64_t i = 0; i < trials; i++)
            out[i] = pe_is_number(output[i]) ? c.rank_y[n++] - mean : 0;
    }
    scratch_free(&c);
    return status;
}

/* Keeps the `top` strongest inputs of one output, by insertion into a short sorted list. */
static uint32_t strongest(const screening *s, uint32_t output, uint32_t top, uint32_t *list)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->input_count; i++) {
        double x = s->strength[(size_t)i * s->output_count + output];
        if (x < 0 ||
            (n == top && !(x > s->strength[(size_t)list[n - 1] * s->output_count + output])))
            continue;
        uint32_t at = n < top ? n++ : n - 1;
        for (; at > 0 && x > s->strength[(size_t)list[at - 1] * s->output_count + output]; at--)
            list[at] = list[at - 1];
        list[at] = i;
    }
    return n;
}

pe_status pe_sensitivity_screen(const pe_value *const *outputs, uint32_t output_count,
                                uint64_t trials, uint32_t input_count,
                                bool (*member)(void *context, uint32_t output, uint32_t input),
                                pe_fetch_input fetch, void *context, uint32_t top, pe_pool *pool,
                                const pe_control *control, uint32_t *candidates, uint32_t *counts,
                                pe_diag *diag)
{
    pe_status status = PE_OK;
    screening s = {.output_count = output_count,
                   .input_count = input_count,
                   .trials = trials,
                   .fetch = fetch,
                   .member = member,
                   .context = context,
                   .control = control};
    s.ranks = malloc(((size_t)output_count * trials + 1) * sizeof *s.ranks);
    s.strength = malloc(((size_t)output_count * input_count + 1) * sizeof *s.strength);
    s.columns = malloc(((size_t)pe_pool_threads(pool) * trials + 1) * sizeof *s.columns);
    if (s.ranks == NULL || s.strength == NULL || s.columns == NULL) PE_TRY(PE_E_MEMORY);
    for (uint32_t o = 0; o < output_count; o++)
        PE_TRY(centred_ranks(outputs[o], trials, s.ranks + (size_t)o * trials));
    PE_TRY(pe_pool_run(pool, input_count, screen_input, &s));
    for (uint32_t o = 0; o < output_count; o++)
        counts[o] = strongest(&s, o, top, candidates + (size_t)o * top);
fail:
    free(s.ranks);
    free(s.strength);
    free(s.columns);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "tornado", "%s", pe_status_text(status));
}
