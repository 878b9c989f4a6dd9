/* bench_simulate.c: seconds of each stage and formula evaluations per second for one workbook.
 *
 *   bench_simulate WORKBOOK TRIALS [--threads N] [--isa NAME] [--tile LANES] [--reps N] [--list]
 * [--values] [--bits]
 *
 * Every varying cell that no formula reads is recorded, so that every varying formula is evaluated
 * in each trial. An evaluation is one formula in one trial. --bits hashes all recorded values
 * (equal for any threads, isa and tile), --list prints the program, --values the first trial of the
 * recorded columns. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "engine.h"

typedef struct model {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
    uint64_t *varying, *read;
    uint32_t *recorded;
    uint32_t recorded_count, formulas;
} model;

static int fail(const pe_diag *diag)
{
    fprintf(stderr, "%s: %s\n", diag->where, diag->what);
    return 1;
}

/* ---- which cells
 * -------------------------------------------------------------------------------------- */

static bool mark_read(void *context, const pe_area *area)
{
    model *m = context;
    pe_area a = *area;
    /* running ranges: their upper rows have been marked by the ranges above */
    if (a.row_last - a.row_first > 2000 && m->formulas == 0) a.row_first = a.row_last - 600;
    for (uint32_t row = a.row_first; row <= a.row_last; row++) {
        uint32_t first, end;
        pe_workbook_row(m->workbook, a.sheet_first, row, a.column_first, a.column_last, &first,
                        &end);
        for (uint32_t c = first; c < end; c++) pe_bit_set(m->read, c);
    }
    return true;
}

static int choose_cells(model *m)
{
    uint32_t count = m->workbook->cell_count, order_count;
    size_t words = count / 64 + 1;
    m->varying = calloc(words, sizeof *m->varying);
    m->read = calloc(words, sizeof *m->read);
    m->recorded = calloc((size_t)count + 1, sizeof *m->recorded);
    const uint32_t *order = pe_graph_order(m->graph, &order_count);
    for (uint32_t i = 0; i < order_count; i++)
        if (pe_graph_flags(m->graph, order[i]) & (PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK))
            pe_bit_set(m->varying, order[i]);
    if (pe_graph_mark_dependents(m->graph, m->varying) != PE_OK) return 1;
    for (uint32_t i = 0; i < order_count; i++) {
        if (!pe_bit(m->varying, order[i])) continue;
        pe_cell_ref at = pe_workbook_ref(m->workbook, order[i]);
        m->formulas = at.sheet + 1 == m->workbook->sheet_count; /* summaries: whole ranges */
        pe_graph_precedents(m->graph, order[i], mark_read, m);
    }
    m->formulas = 0;
    for (uint32_t c = 0; c < count; c++) {
        if (!pe_bit(m->varying, c)) continue;
        m->formulas++;
        pe_cell_ref at = pe_workbook_ref(m->workbook, c);
        bool total = at.column == 1 && strcmp(m->workbook->sheets[at.sheet].name, "Model") ==
                                           0; /* read by SUMIF, not used */
        if (!pe_bit(m->read, c) || total) m->recorded[m->recorded_count++] = c;
    }
    return 0;
}

/* ---- lanes of the general evaluator
 * ------------------------------------------------------------------- */

typedef struct lanes {
    model *m;
    pe_lane *lane[64];
} lanes;
typedef struct at {
    const pe_engine_view *view;
    uint32_t lane;
} at;
static bool read_lane(void *context, uint32_t cell, pe_value *value)
{
    const at *a = context;
    return a->view->read(a->view->state, cell, a->lane, value);
}
static pe_status evaluate(void *context, unsigned worker, const pe_unit *unit,
                          const pe_engine_view *view, uint64_t trial_first, uint32_t count,
                          pe_value *const *outputs, uint32_t *missing)
{
    lanes *l = context;
    at a = {view, 0};
    pe_lane_source source = {l->m->varying, &a, read_lane};
    pe_value *row = malloc((unit->output_count + 1) * sizeof *row);
    pe_status status = row != NULL ? PE_OK : PE_E_MEMORY;
    for (; a.lane < count && status == PE_OK; a.lane++) {
        status =
            pe_lane_evaluate(l->lane[worker], unit, &source, trial_first + a.lane, row, missing);
        for (uint32_t o = 0; o < unit->output_count; o++) outputs[o][a.lane] = row[o];
    }
    free(row);
    return status;
}
static void reset(void *context, unsigned worker)
{
    pe_lane_reset(((lanes *)context)->lane[worker]);
}

/* ---- results
 * ------------------------------------------------------------------------------------------ */

typedef struct results {
    double *sums;     /* by column and block: deterministic */
    pe_value *first;  /* by column: trial 0 */
    uint64_t *hash;   /* by column: of all bits, order-free */
    uint64_t *errors; /* by column */
    bool check;       /* hash the values: costs as much as the shorter simulations */
} results;
static void take(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                 const pe_value *values)
{
    results *r = context;
    uint64_t h = 0, errors = 0;
    if (!r->check) return;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = pe_is_number(values[i])
                            ? values[i].bits
                            : (uint64_t)pe_kind_of(values[i]) << 8 | (values[i].bits & 0xFF);
        h += pe_hash_mix(bits, trial_first + i);
        errors += pe_is_error(values[i]);
    }
    __atomic_fetch_add(&r->errors[column], errors, __ATOMIC_RELAXED);
    __atomic_fetch_add(&r->hash[column], h, __ATOMIC_RELAXED);
    if (trial_first == 0) r->first[column] = values[0];
}

/* Of all threads: other work on the machine does not count. */
static double process_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

typedef struct arguments {
    const char *path, *isa;
    uint64_t trials;
    unsigned threads, reps;
    uint32_t tile;
    bool list, values, bits;
} arguments;

static int simulate(model *m, const arguments *a, pe_program *program, pe_pool *pool)
{
    pe_diag diag;
    lanes l = {.m = m};
    for (unsigned w = 0; w < pe_pool_threads(pool); w++)
        if (pe_lane_new(m->evaluator, &l.lane[w], &diag) != PE_OK) return fail(&diag);
    pe_engine_general general = {&l, evaluate, reset};
    pe_engine_options options = {pool, &general, a->tile, a->isa};
    const pe_backend *cpu = pe_backend_cpu();
    pe_plan *plan;
    pe_plan_info info;
    if (cpu->prepare(program, &options, &plan, &diag) != PE_OK) return fail(&diag);
    cpu->describe(plan, &info);
    results r = {.check = a->values || a->bits,
                 .first = calloc(m->recorded_count + 1u, sizeof(pe_value)),
                 .hash = calloc(m->recorded_count + 1u, 8),
                 .errors = calloc(m->recorded_count + 1u, 8)};
    pe_engine_sink sink = {.context = &r, .lanes = take};
    double seconds[64], busy[64];
    for (unsigned rep = 0; rep < a->reps; rep++) {
        memset(r.hash, 0, m->recorded_count * 8u);
        pe_engine_missing missing;
        double start = pe_clock_seconds(), start_busy = process_seconds();
        if (cpu->run(plan, 0, a->trials, &sink, NULL, NULL, &missing, &diag) != PE_OK)
            return fail(&diag);
        seconds[rep] = pe_clock_seconds() - start;
        busy[rep] = (process_seconds() - start_busy) / info.workers;
    }
    qsort(seconds, a->reps, sizeof *seconds, compare_doubles);
    qsort(busy, a->reps, sizeof *busy, compare_doubles);
    uint64_t all = 0;
    for (uint32_t c = 0; c < m->recorded_count; c++) all = pe_hash_mix(all, r.hash[c]);
    printf("simulate %.4f s, per worker %.4f s of processor  %.3g evaluations/s of those  isa %s "
           "workers %u tile %u lanes, %.2f MB  bits %016llx\n",
           seconds[a->reps / 2], busy[a->reps / 2],
           (double)m->formulas * (double)a->trials / busy[a->reps / 2], info.isa, info.workers,
           info.tile_lanes, (double)info.tile_bytes / 1e6, (unsigned long long)all);
    for (uint32_t c = 0; a->values && c < m->recorded_count; c++) {
        char name[256];
        pe_workbook_cell_text(m->workbook, pe_workbook_ref(m->workbook, m->recorded[c]), name,
                              sizeof name);
        printf("%s %.17g errors %llu\n", name, pe_as_number(r.first[c]),
               (unsigned long long)(r.errors[c] / a->reps));
    }
    cpu->free(plan);
    for (unsigned w = 0; w < pe_pool_threads(pool); w++) pe_lane_free(l.lane[w]);
    free(r.first);
    free(r.hash);
    free(r.errors);
    return 0;
}

static int run(model *m, const arguments *a)
{
    pe_diag diag;
    pe_pool *pool;
    pe_program *program;
    double t0 = pe_clock_seconds();
    pe_sampler sampler = {.seed = 1, .method = PE_MONTE_CARLO, .trial_count = a->trials};
    pe_evaluate_options options = {.now = 45000, .sampler = &sampler};
    if (pe_pool_new(a->threads, &pool, &diag) != PE_OK) return fail(&diag);
    if (pe_workbook_read_file(a->path, NULL, pool, NULL, &m->workbook, &diag) != PE_OK)
        return fail(&diag);
    double t1 = pe_clock_seconds();
    if (pe_graph_build(m->workbook, NULL, 0, pool, NULL, &m->graph, &diag) != PE_OK)
        return fail(&diag);
    double t2 = pe_clock_seconds();
    if (pe_evaluator_new(m->graph, &options, &m->evaluator, &diag) != PE_OK) return fail(&diag);
    if (pe_evaluator_run(m->evaluator, PE_EVALUATE_BASE, pool, NULL, &diag) != PE_OK)
        return fail(&diag);
    double t3 = pe_clock_seconds();
    if (choose_cells(m) != 0) return 1;
    double t4 = pe_clock_seconds(), busy_compile = process_seconds();
    pe_program_request request = {m->varying, m->recorded, m->recorded_count, &sampler, NULL};
    if (pe_program_build(m->graph, m->evaluator, &request, pool, NULL, &program, &diag) != PE_OK)
        return fail(&diag);
    double t5 = pe_clock_seconds();
    busy_compile = process_seconds() - busy_compile;
    const pe_program_info *i = &program->info;
    printf("%s: %u varying formulas, %u recorded; read %.3f graph %.3f base %.3f compile %.3f s, "
           "%.3f of processor (lower %.3f schedule %.3f slots %.3f)\n",
           a->path, m->formulas, m->recorded_count, t1 - t0, t2 - t1, t3 - t2, t5 - t4,
           busy_compile, i->lower_seconds, i->schedule_seconds, i->slot_seconds);
    printf("  %u instructions (%.2f per formula), %u slots, order %s (sheet %u, depth %u, "
           "component %u), %u draws, %u general, %u shared\n",
           program->instruction_count, (double)program->instruction_count / m->formulas,
           program->slot_count, i->schedule, i->live_candidates[0], i->live_candidates[1],
           i->live_candidates[2], i->draws, i->general_units, i->shared);
    if (a->list) {
        char *text = pe_program_disassemble(program);
        fputs(text != NULL ? text : "", stdout);
        free(text);
    }
    int result = simulate(m, a, program, pool);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("  peak memory %.0f MB\n", (double)usage.ru_maxrss / 1024);
    pe_program_free(program);
    pe_evaluator_free(m->evaluator);
    pe_graph_free(m->graph);
    pe_workbook_free(m->workbook);
    pe_pool_free(pool);
    return result;
}

int main(int count, char **words)
{
    arguments a = {.reps = 5, .trials = 10000};
    model m = {0};
    if (count < 3) {
        fprintf(stderr, "usage: bench_simulate WORKBOOK TRIALS [--threads N] [--isa NAME] [--tile "
                        "LANES] [--reps N] [--list] [--values] [--bits]\n");
        return 2;
    }
    a.path = words[1];
    a.trials = strtoull(words[2], NULL, 10);
    for (int i = 3; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "0";
        if (strcmp(words[i], "--list") == 0)
            a.list = true;
        else if (strcmp(words[i], "--values") == 0)
            a.values = true;
        else if (strcmp(words[i], "--bits") == 0)
            a.bits = true;
        else if (strcmp(words[i], "--threads") == 0)
            a.threads = (unsigned)strtoul(value, NULL, 10), i++;
        else if (strcmp(words[i], "--tile") == 0)
            a.tile = (uint32_t)strtoul(value, NULL, 10), i++;
        else if (strcmp(words[i], "--reps") == 0)
            a.reps = (unsigned)strtoul(value, NULL, 10), i++;
        else if (strcmp(words[i], "--isa") == 0)
            a.isa = value, i++;
    }
    if (a.reps < 1 || a.reps > 64) a.reps = 5;
    return run(&m, &a);
}
