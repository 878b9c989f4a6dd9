/* job_run.c: compiling and running for a list of recorded cells. Where a trial reads a varying cell
 * that the program does not have at hand (OFFSET, INDIRECT, INDEX as a reference), the dependency
 * is added, the program compiled again, the run redone: the values are the same. */
#include "job_internal.h"

#include <stdlib.h>

typedef struct recording {
    pe_results *results;
    atomic_bool out_of_memory;
} recording;

static void put_lanes(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                      const pe_value *lanes)
{
    recording *r = context;
    if (!pe_results_put(r->results, column, trial_first, count, lanes))
        atomic_store(&r->out_of_memory, true);
}

pe_status pei_job_build(pe_job *job, const uint32_t *cells, uint32_t count, pe_program **program,
                        pe_plan **plan, pe_diag *diag)
{
    const pe_backend *backend = job->options.backend;
    const pe_program_request request = {.varying = job->simulation.varying,
                                        .recorded = cells,
                                        .recorded_count = count,
                                        .sampler = &job->sampler,
                                        .memo = program == &job->program ? job->memo : NULL};
    const pe_engine_options options = {.pool = job->pool,
                                       .general = &job->general,
                                       .isa = job->options.isa,
                                       .tile_lanes = job->options.tile_lanes};
    pe_program *fresh = NULL;
    backend->free(*plan);
    *plan = NULL;
    pe_program_free(*program);
    *program = NULL;
    pe_status status = pe_program_build(job->graph, job->evaluator, &request, job->pool,
                                        job->control, &fresh, diag);
    if (status != PE_OK) return status;
    *program = fresh;
    return backend->prepare(fresh, &options, plan, diag);
}

/* ---- dependencies that only trials show
 * ------------------------------------------------------------------- */

static bool is_new(pe_job *job, uint32_t cell, uint32_t precedent, bool *out_of_memory)
{
    uint32_t key[2] = {cell, precedent}, *slot;
    bool added = false;
    if (pe_map_put(job->found, key, sizeof key, 0, &slot, &added) != PE_OK) *out_of_memory = true;
    return added;
}

static bool add(pe_job *job, uint32_t cell, uint32_t precedent)
{
    bool out_of_memory = false;
    if (!is_new(job, cell, precedent, &out_of_memory)) return !out_of_memory;
    return pe_graph_add_dependency(job->graph, cell, precedent) == PE_OK;
}

/* Varying cells above and below, left and right of one that was missing, as far as they stand side
 * by side: a reference that moves mostly moves there. More dependencies than needed change no
 * result. */
static bool add_neighbours(pe_job *job, const pe_engine_missing *missing, uint32_t reach)
{
    static const int steps[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    for (int s = 0; s < 4; s++) {
        pe_cell_ref at = pe_workbook_ref(job->workbook, missing->precedent);
        for (uint32_t i = 0; i < reach; i++) {
            at.row += (uint32_t)steps[s][0]; /* off the grid: no cell is found there */
            at.column += (uint32_t)steps[s][1];
            uint32_t cell = pe_graph_cell(job->graph, at);
            if (cell == PE_NO_CELL || cell == missing->cell) break;
            if (!pe_bit(job->simulation.varying, cell)) break;
            if (!add(job, missing->cell, cell)) return false;
        }
    }
    return true;
}

static pe_status is_cycle(pe_job *job, const pe_engine_missing *missing, pe_diag *diag)
{
    return pe_fail(diag, PE_E_CYCLE, pei_job_cell(job, missing->cell),
                   "in some trials it refers to %s, which depends on it: a circular reference; "
                   "freezing \"%s\" keeps its stored value",
                   pei_job_cell(job, missing->precedent), pei_job_cell(job, missing->cell));
}

/* Everything that the trials lacked, which may be one cell of a wide target in each: a cell that
 * lacks some again and again gets ever more of their neighbours. */
static pe_status add_missing(pe_job *job, const pe_plan *plan, uint32_t pass, pe_diag *diag)
{
    uint32_t count, reach = pass < 2 ? 0 : pass < 6 ? 8u << 3 * (pass - 2) : PE_ROWS_MAX;
    const pe_engine_missing *missing = job->options.backend->missing(plan, &count);
    bool good = true, out_of_memory = false;
    for (uint32_t i = 0; i < count && !out_of_memory; i++) {
        if (is_new(job, missing[i].cell, missing[i].precedent, &out_of_memory))
            good = good && pe_graph_add_dependency(job->graph, missing[i].cell,
                                                   missing[i].precedent) == PE_OK;
        else if (!out_of_memory) /* the program had it and could not use it */
            return is_cycle(job, &missing[i], diag);
    }
    for (uint32_t i = 0; i < count && reach > 0 && good; i++)
        good = add_neighbours(job, &missing[i], reach);
    if (!good || out_of_memory) return pe_fail(diag, PE_E_MEMORY, "graph", "out of memory");
    return pe_simulation_mark(job->graph, &job->simulation, diag);
}

/* Where the graph's dependencies of the base case are known already. */
static pe_status know_found(pe_job *job)
{
    size_t count;
    const pe_dependency *known = pe_graph_dependencies(job->graph, &count);
    bool out_of_memory = false;
    if (job->found != NULL) return PE_OK;
    job->found = pe_map_new();
    if (job->found == NULL) return PE_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        is_new(job, known[i].cell, known[i].precedent, &out_of_memory);
    return out_of_memory ? PE_E_MEMORY : PE_OK;
}

static pe_status stopped_early(pe_diag *diag)
{
    return pe_fail(diag, PE_E_CANCELLED, "simulate",
                   "stopped before the first trials were done: there is nothing to show");
}

typedef struct trials_run {
    const uint32_t *cells; /* recorded */
    uint32_t count;
    pe_program **program;
    pe_plan **plan;
    uint32_t pass; /* rebuilds so far */
} trials_run;

/* Where the part of a run ends that begins at first: dependencies are mostly found in few trials,
 * and what they change is then compiled before the many. */
static uint64_t part_end(const pe_program *program, uint64_t first, uint64_t trials)
{
    uint64_t end = first == 0 ? PEI_PART_FIRST : first < PEI_PART_SECOND ? PEI_PART_SECOND : trials;
    return program->general_count > 0 && end < trials ? end : trials;
}

/* One part; *done of its trials are there (NULL: all). A part that lacks dependencies is run as a
 * whole before they are added: which they are is a function of its trials alone. One that is
 * stopped and lacks some is run again for the trials that it came to. */
static pe_status run_part(pe_job *job, trials_run *r, uint64_t first, uint64_t count,
                          const pe_engine_sink *sink, uint64_t *done, pe_diag *diag)
{
    uint64_t *stoppable = done;
    for (;;) {
        pe_engine_missing missing = {0, 0};
        atomic_store(&job->lanes.cycles, 0);
        pe_status status = job->options.backend->run(*r->plan, first, count, sink, job->control,
                                                     stoppable, &missing, diag);
        if (status == PE_OK && done != NULL && stoppable == NULL) *done = count;
        if (status != PE_E_NOT_FOUND) return status;
        if (stoppable != NULL && job->control != NULL && atomic_load(&job->control->stop)) {
            count = *done;
            stoppable = NULL;
        }
        if (r->pass == PEI_REBUILDS_MAX)
            return pe_fail(diag, PE_E_LIMIT, pei_job_cell(job, missing.cell),
                           "its references change from trial to trial over too many cells; "
                           "freezing \"%s\" keeps its stored value",
                           pei_job_cell(job, missing.cell));
        status = add_missing(job, *r->plan, r->pass++, diag);
        if (status == PE_OK)
            status = pei_job_build(job, r->cells, r->count, r->program, r->plan, diag);
        if (status != PE_OK) return status;
    }
}

/* Runs trials [0, trials), compiling again as often as it takes. */
static pe_status run_trials(pe_job *job, trials_run *r, uint64_t trials, const pe_engine_sink *sink,
                            uint64_t *done, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_engine_sink parts = *sink;
    uint64_t first = 0, part = 0, cycles = 0;
    if (*r->plan == NULL) PE_TRY(pei_job_build(job, r->cells, r->count, r->program, r->plan, diag));
    if (know_found(job) != PE_OK) PE_TRY(pe_fail(diag, PE_E_MEMORY, "job", "out of memory"));
    parts.progress_total = trials;
    while (first < trials) {
        uint64_t count = part_end(*r->program, first, trials) - first;
        parts.progress_before = first;
        part = count;
        PE_TRY(run_part(job, r, first, count, &parts, done != NULL ? &part : NULL, diag));
        cycles += atomic_load(&job->lanes.cycles);
        first += part;
        if (part < count) break;
    }
    atomic_store(&job->lanes.cycles, cycles);
    if (first == 0) PE_TRY(stopped_early(diag));
    if (done != NULL) *done = first;
fail:
    return status;
}

pe_status pei_job_record(pe_job *job, const uint32_t *cells, uint32_t count, uint64_t trials,
                         pe_program **program, pe_plan **plan, pe_results **results, uint64_t *done,
                         pe_diag *diag)
{
    pe_status status = PE_OK;
    recording r = {.out_of_memory = false};
    const pe_engine_sink sink = {.context = &r, .lanes = put_lanes};
    PE_TRY(
        pe_results_new(count, trials, PEI_RESULTS_MEMORY, job->options.folder, &r.results, diag));
    trials_run run = {cells, count, program, plan, 0};
    status = run_trials(job, &run, trials, &sink, done, diag);
    if (status == PE_OK && atomic_load(&r.out_of_memory))
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "results", "out of memory for the texts of the trials"));
    PE_TRY(status);
    *results = r.results;
    return PE_OK;
fail:
    pe_results_free(r.results);
    return status;
}

/* ---- pace
 * --------------------------------------------------------------------------------------------- */

#define PACE_SECONDS 0.01 /* long enough to tell */
#define PACE_TRIALS_MAX 65536u
#define PACE_TRIALS_WORKER 64u /* a tile for each worker */

static void drop_lanes(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                       const pe_value *lanes)
{
    PE_UNUSED(context);
    PE_UNUSED(column);
    PE_UNUSED(trial_first);
    PE_UNUSED(count);
    PE_UNUSED(lanes);
}

pe_status pe_job_pace(pe_job *job, double *seconds_per_trial, pe_diag *diag)
{
    const pe_engine_sink sink = {.lanes = drop_lanes};
    const uint32_t *cells = pei_job_outputs(job);
    trials_run run = {cells, job->simulation.output_count, &job->program, &job->plan, 0};
    double seconds = 0;
    uint64_t trials = (uint64_t)PACE_TRIALS_WORKER * pe_pool_threads(job->pool);
    if (job->plan == NULL) return pe_fail(diag, PE_E_ARGUMENT, "job", "nothing was compiled");
    if (cells == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (bool more = true; more; trials *= 4) {
        if (trials > job->settings.trials) trials = job->settings.trials;
        double start = pe_clock_seconds();
        pe_status status = run_trials(job, &run, trials, &sink, NULL, diag);
        if (status != PE_OK) return pei_job_said(status, diag);
        seconds = (pe_clock_seconds() - start) / (double)trials;
        more = seconds * (double)trials < PACE_SECONDS && trials < job->settings.trials &&
               trials < PACE_TRIALS_MAX;
    }
    *seconds_per_trial = seconds;
    return PE_OK;
}
