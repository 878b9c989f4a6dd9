/* cpu_backend.c: the reference backend. A run is cut into blocks of PE_BLOCK_TRIALS aligned to
 * trial number and these into tiles; workers take tiles, in any order, and run the whole program
 * over each. Nothing that a lane computes depends on its tile. prepare reserves everything; run
 * allocates nothing but in the tiles' bounded arenas. */
#include <stdlib.h>

#include "cpu_internal.h"
#include "processor.h"

#define TILE_LANES_MIN 64u
#define TILE_LANES_MAX 512u
/* A little over a usual L2 of 1 MiB: the slots are not all live all the time, and wider tiles
 * spread an instruction's dispatch over more lanes. Measured on cashflow 100k (541 slots): 256
 * lanes take 0.83 to 0.96 of the time of 128. */
#define TILE_BYTES (1152u << 10)
#define TILE_ARENA_BYTES (256u << 20) /* texts of one tile */
#define BLOCKS_PER_ROUND 256u         /* block counters kept at a time */

typedef struct worker {
    pei_frame frame;
    void *memory;
} worker;

struct pe_plan {
    const pe_program *program;
    pe_pool *pool;
    pe_engine_general general;
    bool has_general;
    const pei_isa *isa;
    pei_kernel kernels[PE_OPCODE_COUNT];
    bool has_list[PE_OPCODE_COUNT];
    uint32_t tile_lanes; /* at most */
    bool tile_fixed;
    worker *workers;
    unsigned worker_count;
    size_t bytes;
};

typedef struct run_state {
    pe_plan *plan;
    const pe_engine_sink *sink;
    const pe_control *control;
    uint64_t first, end; /* trials */
    uint64_t total;
    uint64_t before, of;  /* for progress */
    uint64_t block_first; /* number of this round's first block */
    uint32_t tile_lanes, tiles_per_block;
    atomic_uint left[BLOCKS_PER_ROUND]; /* tiles of a block still to do */
    atomic_ullong done;
    bool stoppable;
    atomic_ullong stopped; /* tiles of the run from this one on were not begun; UINT64_MAX: none */
    uint64_t tile_first;   /* number of this round's first tile */
    atomic_flag block_lock;
} run_state;

/* ---- instruction sets
 * --------------------------------------------------------------------------------- */

static bool isa_available(const pei_isa *isa)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == &pei_isa_v4) return pe_processor_v4();
    if (isa == &pei_isa_v3) return pe_processor_v3();
#endif
    return isa == &pei_isa_base;
}
const pei_isa *pei_isa_choose(const char *name)
{
    const pei_isa *all[] = {&pei_isa_v4, &pei_isa_v3, &pei_isa_base};
    for (size_t i = 0; i < PE_COUNT(all); i++)
        if ((name == NULL || strcmp(name, all[i]->name) == 0) && isa_available(all[i]))
            return all[i];
    return NULL;
}

/* ---- tiles
 * -------------------------------------------------------------------------------------------- */

void pei_draw_uniforms(const pei_frame *f, uint32_t draw, double *u)
{
    const pe_draw *d = &f->program->draws[draw];
    pe_sampler_uniforms(&f->program->sampler, d->stream, d->index, f->trial, f->lanes, u);
}

void pei_redo_lane(pei_frame *f, const pe_instruction *i, uint32_t lane)
{
    pe_arena_mark mark = pe_arena_save(f->arena);
    pe_value *values = pe_arena_push_raw(f->arena, i->c + 1u, sizeof *values);
    if (values == NULL) {
        f->status = pe_fail(&f->diag, PE_E_MEMORY, "simulate", "no memory to redo an instruction");
        return;
    }
    for (uint32_t j = 0; j < i->c; j++) {
        uint32_t entry = f->lists[i->k + j];
        values[j] = entry & PE_LIST_CONSTANT ? pe_number(f->constants[entry & ~PE_LIST_CONSTANT])
                                             : pei_lane(pei_slot(f, entry), lane);
    }
    pe_value result =
        pe_instruction_exact_list(f->program, i, pei_lane(pei_slot(f, i->a), lane), values);
    pei_slot(f, i->d)[lane] = pe_as_number(result);
    pe_arena_restore(f->arena, mark);
}

/* Redoes one instruction: where some lane holds an error, or a comparison is close. */
static void redo(pei_frame *f, const pe_instruction *i, bool has_list)
{
    if (has_list) {
        for (uint32_t l = 0; l < f->lanes; l++) pei_redo_lane(f, i, l);
        return;
    }
    double *d = pei_slot(f, i->d);
    const double *a = pei_slot(f, i->a), *b = pei_slot(f, i->b), *c = pei_slot(f, i->c);
    for (uint32_t l = 0; l < f->lanes; l++)
        d[l] = pe_as_number(
            pe_instruction_exact(f->program, i, pei_lane(a, l), pei_lane(b, l), pei_lane(c, l)));
}

static void give_uniform_columns(const pe_program *p, pei_frame *f)
{
    for (uint32_t column = 0; column < p->column_count; column++) {
        if (!p->column_uniform[column]) continue;
        pe_value *lanes = (pe_value *)(void *)f->scratch;
        uint32_t count = f->valid_end - f->valid_first;
        for (uint32_t l = 0; l < count; l++) lanes[l] = p->column_values[column];
        f->sink->lanes(f->sink->context, column, f->trial + f->valid_first, count, lanes);
    }
}

#define CANCEL_STRIDE                                                                              \
    16384u /* instructions between looks at the cancel flag: well below a millisecond */

static pe_status run_program(pe_plan *plan, pei_frame *f, const pe_control *control)
{
    const pe_program *p = plan->program;
    const pe_instruction *i = p->instructions, *end = i + p->instruction_count;
    while (i < end) {
        const pe_instruction *stop = (size_t)(end - i) > CANCEL_STRIDE ? i + CANCEL_STRIDE : end;
        for (; i < stop; i++) {
            uint64_t bad = plan->kernels[i->op](f, i);
            if (__builtin_expect((int64_t)bad < 0, 0)) redo(f, i, plan->has_list[i->op]);
            if (__builtin_expect(f->status != PE_OK, 0)) return f->status;
        }
        if (pe_cancelled(control)) return PE_E_CANCELLED;
    }
    return PE_OK;
}

static void finish_block(run_state *r, uint32_t block, uint64_t first, uint64_t end)
{
    if (atomic_fetch_sub(&r->left[block], 1) != 1 || r->sink->block == NULL) return;
    while (atomic_flag_test_and_set(&r->block_lock)) {
    }
    r->sink->block(r->sink->context, first, (uint32_t)(end - first));
    atomic_flag_clear(&r->block_lock);
}

static uint64_t max64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}
static uint64_t min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Tiles are begun in order: once one is left out, all before it are done or being done, and what
 * comes after it is left out as well or counts for nothing. */
static bool is_stopped(run_state *r, uint64_t tile)
{
    if (!r->stoppable || r->control == NULL || !atomic_load(&r->control->stop)) return false;
    unsigned long long first = atomic_load(&r->stopped);
    while (tile < first && !atomic_compare_exchange_weak(&r->stopped, &first, tile)) continue;
    return true;
}

static pe_status run_tile(void *context, size_t index, unsigned worker_index)
{
    run_state *r = context;
    pe_plan *plan = r->plan;
    if (is_stopped(r, r->tile_first + index)) return PE_OK;
    pei_frame *f = &plan->workers[worker_index].frame;
    uint32_t block = (uint32_t)(index / r->tiles_per_block);
    uint64_t block_trial = (r->block_first + block) * PE_BLOCK_TRIALS;
    uint64_t block_end = block_trial + PE_BLOCK_TRIALS;
    uint64_t first = block_trial + (uint64_t)(index % r->tiles_per_block) * r->tile_lanes;
    uint64_t end = min64(first + r->tile_lanes, block_end);
    uint64_t from = max64(first, r->first), to = min64(end, r->end);
    if (from < to) {
        f->trial = from & ~(uint64_t)15;
        f->lanes = (uint32_t)(((to + 15) & ~(uint64_t)15) - f->trial);
        f->valid_first = (uint32_t)(from - f->trial);
        f->valid_end = (uint32_t)(to - f->trial);
        f->sink = r->sink;
        f->status = PE_OK;
        if (f->any_lost) memset(f->lost, 0, plan->tile_lanes + 16u);
        f->any_lost = false;
        pe_arena_mark mark = pe_arena_save(f->arena);
        give_uniform_columns(plan->program, f);
        pe_status status = run_program(plan, f, r->control);
        pe_arena_restore(f->arena, mark);
        if (plan->has_general && plan->general.reset != NULL)
            plan->general.reset(plan->general.context, worker_index);
        if (status != PE_OK) return status;
        uint64_t done = atomic_fetch_add(&r->done, to - from) + (to - from);
        pe_progress(r->control, "simulate", r->before + done, r->of);
    }
    finish_block(r, block, max64(block_trial, r->first), min64(block_end, r->end));
    return PE_OK;
}

/* ---- the table
 * ---------------------------------------------------------------------------------------- */

/* Wide enough to amortise dispatch, narrow enough for the tile's live slots to stay in cache. */
static uint32_t choose_lanes(const pe_program *p, const pe_engine_options *options)
{
    if (options->tile_lanes != 0) return options->tile_lanes;
    size_t lanes = TILE_BYTES / sizeof(double) / (p->slot_count + 1u);
    lanes -= lanes % (lanes < 256 ? 32 : 64);
    if (lanes < TILE_LANES_MIN) lanes = TILE_LANES_MIN;
    if (lanes > TILE_LANES_MAX) lanes = TILE_LANES_MAX;
    return (uint32_t)lanes;
}

static void plan_free(pe_plan *plan)
{
    if (plan == NULL) return;
    for (unsigned w = 0; plan->workers != NULL && w < plan->worker_count; w++) {
        free(plan->workers[w].memory);
        free(plan->workers[w].frame.lost);
        pei_missing_free(&plan->workers[w].frame.missing);
        pe_arena_free(plan->workers[w].frame.arena);
    }
    free(plan->workers);
    free(plan);
}

static pe_status prepare_worker(pe_plan *plan, unsigned index, pe_diag *diag)
{
    const pe_program *p = plan->program;
    worker *w = &plan->workers[index];
    pei_frame *f = &w->frame;
    f->stride = ((size_t)plan->tile_lanes + 15) / 16 * 16 +
                8; /* not a power of two: neighbours fall into other sets */
    size_t rows = (size_t)p->slot_count + PEI_SCRATCH_ROWS + 1;
    if (rows > SIZE_MAX / sizeof(double) / f->stride)
        return pe_fail(diag, PE_E_LIMIT, "simulate",
                       "the model's live values are too many for this machine");
    size_t bytes = rows * f->stride * sizeof(double);
    w->memory = malloc(bytes + 64);
    f->arena = pe_arena_new(TILE_ARENA_BYTES);
    f->lost = calloc((size_t)plan->tile_lanes + 16, 1);
    if (w->memory == NULL || f->arena == NULL || f->lost == NULL)
        return pe_fail(diag, PE_E_MEMORY, "simulate",
                       "no memory for the %u live values of the model (%zu bytes per worker): "
                       "fewer outputs or threads need less",
                       p->slot_count, bytes);
    plan->bytes += bytes;
    f->scratch = (double *)(((uintptr_t)w->memory + 63) / 64 * 64); /* a cache line's start */
    memset(f->scratch, 0, bytes);
    f->slots = f->scratch + PEI_SCRATCH_ROWS * f->stride;
    f->constants = p->constants;
    f->lists = p->lists;
    f->program = p;
    f->worker = index;
    f->general = &plan->general;
    return PE_OK;
}

static pe_status prepare(const pe_program *program, const pe_engine_options *options,
                         pe_plan **result, pe_diag *diag)
{
    if (options->tile_lanes % 16 != 0 || options->tile_lanes > PE_BLOCK_TRIALS)
        return pe_fail(diag, PE_E_ARGUMENT, "simulate",
                       "a tile has a multiple of 16 lanes, at most 4096");
    if (program->general_count > 0 && options->general == NULL)
        return pe_fail(diag, PE_E_UNSUPPORTED, "simulate",
                       "the program needs the general evaluator");
    const pei_isa *isa = pei_isa_choose(options->isa);
    if (isa == NULL)
        return pe_fail(diag, PE_E_UNSUPPORTED, "simulate",
                       "this processor has no instruction set %s", options->isa);
    pe_status status = PE_OK;
    pe_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return pe_fail(diag, PE_E_MEMORY, "simulate", "no memory for the plan");
    plan->program = program;
    plan->pool = options->pool;
    plan->isa = isa;
    if (options->general != NULL) plan->general = *options->general;
    plan->has_general = options->general != NULL && program->general_count > 0;
    for (int op = 0; op < PE_OPCODE_COUNT; op++) {
        plan->kernels[op] = isa->kernels[op] != NULL ? isa->kernels[op] : pei_special_kernels[op];
        plan->has_list[op] = strchr(pe_opcode_operands((pe_opcode)op), 'N') != NULL;
    }
    plan->tile_fixed = options->tile_lanes != 0;
    plan->tile_lanes = choose_lanes(program, options);
    plan->worker_count = pe_pool_threads(options->pool);
    plan->workers = calloc(plan->worker_count, sizeof *plan->workers);
    if (plan->workers == NULL) {
        status = pe_fail(diag, PE_E_MEMORY, "simulate", "no memory for the plan");
        goto fail;
    }
    for (unsigned w = 0; w < plan->worker_count; w++) PE_TRY(prepare_worker(plan, w, diag));
    *result = plan;
    return PE_OK;
fail:
    plan_free(plan);
    return status;
}

/* Few trials: narrower tiles, so that every worker has some. */
static uint32_t run_lanes(const pe_plan *plan, uint64_t trial_count)
{
    uint32_t lanes = plan->tile_lanes;
    if (plan->tile_fixed) return lanes;
    while (lanes > TILE_LANES_MIN && trial_count < (uint64_t)lanes * plan->worker_count * 4)
        lanes /= 2;
    lanes -= lanes % 16;
    return lanes < TILE_LANES_MIN ? TILE_LANES_MIN : lanes;
}

/* Reports the failure of the worker that met it. */
static pe_status report(pe_plan *plan, pe_status status, pe_diag *diag)
{
    if (status == PE_E_CANCELLED) return pe_fail(diag, status, "simulate", "cancelled");
    for (unsigned w = 0; w < plan->worker_count; w++) {
        const pei_frame *f = &plan->workers[w].frame;
        if (f->status != status) continue;
        if (diag != NULL) *diag = f->diag;
        return status;
    }
    return pe_fail(diag, status, "simulate", "%s", pe_status_text(status));
}

static int compare_missing(const void *left, const void *right)
{
    const pe_engine_missing *a = left, *b = right;
    if (a->cell != b->cell) return a->cell < b->cell ? -1 : 1;
    return (a->precedent > b->precedent) - (a->precedent < b->precedent);
}

/* What all workers' trials lacked, in the first worker's set. */
static pe_status gather_missing(pe_plan *plan, pe_engine_missing *missing, pe_diag *diag)
{
    pei_missing_set *all = &plan->workers[0].frame.missing;
    for (unsigned w = 1; w < plan->worker_count; w++) {
        const pei_missing_set *set = &plan->workers[w].frame.missing;
        for (size_t i = 0; i < set->count; i++)
            if (!pei_missing_add(all, set->items[i]))
                return pe_fail(diag, PE_E_MEMORY, "simulate", "no memory for dependencies");
    }
    if (all->count == 0) return PE_OK;
    qsort(all->items, all->count, sizeof *all->items, compare_missing);
    if (missing != NULL) *missing = all->items[0];
    return pe_fail(diag, PE_E_NOT_FOUND, "simulate",
                   "a formula reads a cell that was not among its precedents");
}

static const pe_engine_missing *list_missing(const pe_plan *plan, uint32_t *count)
{
    *count = (uint32_t)plan->workers[0].frame.missing.count;
    return plan->workers[0].frame.missing.items;
}

/* Trials done: all, or those before the first tile that was left out. */
static uint64_t trials_done(run_state *r)
{
    uint64_t tile = atomic_load(&r->stopped);
    if (tile == UINT64_MAX) return r->total;
    uint64_t block = tile / r->tiles_per_block, within = tile % r->tiles_per_block;
    uint64_t trial = (r->first / PE_BLOCK_TRIALS + block) * PE_BLOCK_TRIALS;
    trial += min64(within * r->tile_lanes, PE_BLOCK_TRIALS);
    return min64(max64(trial, r->first), r->end) - r->first;
}

static void start_run(run_state *r, pe_plan *plan, uint64_t first, uint64_t count)
{
    r->plan = plan;
    r->first = first;
    r->end = first + count;
    r->total = count;
    r->tile_lanes = run_lanes(plan, count);
    r->tiles_per_block = (PE_BLOCK_TRIALS + r->tile_lanes - 1) / r->tile_lanes;
    atomic_store(&r->stopped, UINT64_MAX);
    atomic_flag_clear(&r->block_lock);
    for (unsigned w = 0; w < plan->worker_count; w++) {
        plan->workers[w].frame.status = PE_OK;
        pei_missing_clear(&plan->workers[w].frame.missing);
    }
}

static pe_status run(pe_plan *plan, uint64_t trial_first, uint64_t trial_count,
                     const pe_engine_sink *sink, const pe_control *control, uint64_t *done,
                     pe_engine_missing *missing, pe_diag *diag)
{
    if (done != NULL) *done = 0;
    if (trial_count == 0) return PE_OK;
    if (trial_first > PE_TRIALS_MAX || trial_count > PE_TRIALS_MAX - trial_first)
        return pe_fail(diag, PE_E_LIMIT, "simulate", "at most 2^40 trials can be told apart");
    run_state *r = calloc(1, sizeof *r);
    if (r == NULL) return pe_fail(diag, PE_E_MEMORY, "simulate", "no memory for the run");
    start_run(r, plan, trial_first, trial_count);
    r->sink = sink;
    r->control = control;
    r->stoppable = done != NULL;
    r->before = sink->progress_before;
    r->of = sink->progress_total > 0 ? sink->progress_total : trial_count;
    uint64_t block = trial_first / PE_BLOCK_TRIALS,
             blocks_end = (r->end + PE_BLOCK_TRIALS - 1) / PE_BLOCK_TRIALS;
    pe_status status = PE_OK;
    while (block < blocks_end && status == PE_OK && atomic_load(&r->stopped) == UINT64_MAX) {
        uint32_t count = (uint32_t)min64(blocks_end - block, BLOCKS_PER_ROUND);
        r->block_first = block;
        for (uint32_t b = 0; b < count; b++) atomic_store(&r->left[b], r->tiles_per_block);
        status = pe_pool_run(plan->pool, (size_t)count * r->tiles_per_block, run_tile, r);
        block += count;
        r->tile_first += (uint64_t)count * r->tiles_per_block;
    }
    if (done != NULL && status == PE_OK) *done = trials_done(r);
    free(r);
    return status == PE_OK ? gather_missing(plan, missing, diag) : report(plan, status, diag);
}

static void describe(const pe_plan *plan, pe_plan_info *info)
{
    info->backend = "cpu";
    info->isa = plan->isa->name;
    info->tile_lanes = plan->tile_lanes;
    info->workers = plan->worker_count;
    info->tile_bytes = (size_t)plan->program->slot_count * plan->tile_lanes * sizeof(double);
    info->bytes = plan->bytes;
}

const pe_backend *pe_backend_cpu(void)
{
    static const pe_backend cpu = {PE_BACKEND_ABI, "cpu",    prepare,  run,
                                   list_missing,   describe, plan_free};
    return &cpu;
}
