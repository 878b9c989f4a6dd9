/* statistics_sensitivity.c: rank correlations of one output with many inputs. Inputs are fetched one at a time per worker. Where an
 * input comes as uniforms, its correlation with the output's ranks is within O(1/n) of the rank correlation and picks the
 * candidates; the bars reported are always exact. */
#include "statistics_internal.h"

#include <math.h>
#include <stdlib.h>

#define CANDIDATES_PER_BAR 4

typedef struct column_scratch {
    double *raw;       /* one input, all trials */
    double *x, *y;     /* the trials where both are numbers */
    double *rank_x, *rank_y;
    uint64_t *keys;
    uint32_t *order;   /* two arrays of n */
} column_scratch;

typedef struct job {
    const pe_value *output;
    uint64_t trials;
    pe_fetch_input fetch;
    void *context;
    const pe_control *control;
    const double *output_rank; /* of the trials with a number */
    bool exact;
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

/* Leaves out the trials where either side is no number. Returns whether only the output's own gaps are left out. */
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

static pe_status correlate(void *context, size_t index, unsigned worker)
{
    job *j = context;
    column_scratch *c = &j->scratch[worker];
    pe_sensitivity *bar = &j->bars[index];
    bool uniform = false;
    if (pe_cancelled(j->control)) return PE_E_CANCELLED;
    pe_status status = j->fetch(j->context, bar->input, c->raw, &uniform);
    if (status != PE_OK) return status;
    bool only_output = pair(j, c, &bar->n);
    bar->correlation = NAN;
    bar->noise = true;
    if (bar->n < 3) return PE_OK;
    const double *rank_y = j->output_rank, *rank_x = c->x;
    if (!only_output) {
        pei_rank(c->y, bar->n, c->rank_y, c->keys, c->order);
        rank_y = c->rank_y;
    }
    if (!uniform || j->exact) {
        pei_rank(c->x, bar->n, c->rank_x, c->keys, c->order);
        rank_x = c->rank_x;
    }
    bar->correlation = correlation(rank_x, rank_y, bar->n);
    bar->noise = !(fabs(bar->correlation) > 1.96 / sqrt((double)bar->n - 1));
    return PE_OK;
}

static int by_strength(const void *a, const void *b)
{
    const pe_sensitivity *x = a, *y = b;
    double u = isnan(x->correlation) ? -1 : fabs(x->correlation), v = isnan(y->correlation) ? -1 : fabs(y->correlation);
    if (u != v) return u > v ? -1 : 1;
    return x->input < y->input ? -1 : x->input > y->input;
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
    pei_rank(c->y, n, ranks, c->keys, c->order);
    j->output_rank = ranks;
    return PE_OK;
}

pe_status pe_sensitivity_make(const pe_value *output, uint64_t trials, const uint32_t *inputs, uint32_t input_count,
                              pe_fetch_input fetch, void *context, uint32_t top, pe_pool *pool, const pe_control *control,
                              pe_sensitivity *bars, uint32_t *count, pe_diag *diag)
{
    pe_status status = PE_OK;
    unsigned workers = pe_pool_threads(pool);
    job j = {.output = output, .trials = trials, .fetch = fetch, .context = context, .control = control};
    double *ranks = NULL;
    *count = 0;
    if (input_count == 0 || trials < 3) return PE_OK;
    if (trials >= UINT32_MAX) return pe_fail(diag, PE_E_LIMIT, "tornado", "rank correlations need fewer than 2^32 trials");
    j.scratch = calloc(workers, sizeof *j.scratch);
    j.bars = calloc(input_count, sizeof *j.bars);
    ranks = malloc((size_t)trials * sizeof *ranks);
    if (j.scratch == NULL || j.bars == NULL || ranks == NULL) PE_TRY(PE_E_MEMORY);
    for (unsigned w = 0; w < workers; w++) PE_TRY(scratch_make(&j.scratch[w], trials));
    PE_TRY(rank_output(&j, ranks));
    for (uint32_t i = 0; i < input_count; i++) j.bars[i].input = inputs[i];
    uint32_t candidates = input_count;
    if (input_count > top * CANDIDATES_PER_BAR) {
        PE_TRY(pe_pool_run(pool, input_count, correlate, &j));
        qsort(j.bars, input_count, sizeof *j.bars, by_strength);
        candidates = top * CANDIDATES_PER_BAR;
    }
    j.exact = true;
    PE_TRY(pe_pool_run(pool, candidates, correlate, &j));
    qsort(j.bars, candidates, sizeof *j.bars, by_strength);
    for (uint32_t i = 0; i < candidates && *count < top; i++)
        if (!isnan(j.bars[i].correlation)) bars[(*count)++] = j.bars[i];
fail:
    for (unsigned w = 0; j.scratch != NULL && w < workers; w++) scratch_free(&j.scratch[w]);
    free(j.scratch);
    free(j.bars);
    free(ranks);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "tornado", "%s", pe_status_text(status));
}
