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

/* A dependency that the program had and could not use: the cell depends on itself in some trials
 * and not in others. */
static bool is_known(const pe_job *job, const pe_engine_missing *missing)
{
    size_t count = 0;
    const pe_dependency *known = pe_graph_dependencies(job->graph, &count);
    for (size_t i = 0; i < count; i++)
        if (known[i].cell == missing->cell && known[i].precedent == missing->precedent) return true;
    return false;
}

/* Varying cells above and below, left and right of the one that was missing, as far as they stand
 * side by side: a reference that moves mostly moves there. More dependencies than needed change no
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
            if (pe_graph_add_dependency(job->graph, missing->cell, cell) != PE_OK) return false;
        }
    }
    return true;
}

static pe_status add_missing(pe_job *job, const pe_engine_missing *missing, pe_diag *diag)
{
    if (is_known(job, missing))
        return pe_fail(diag, PE_E_CYCLE, pei_job_cell(job, missing->cell),
                       "in some trials it refers to %s, which depends on it: a circular reference; "
                       "--freeze \"%s\" keeps its stored value",
                       pei_job_cell(job, missing->precedent), pei_job_cell(job, missing->cell));
    if (job->missing_streak == 0 || job->missing_cell != missing->cell) job->missing_streak = 0;
    job->missing_cell = missing->cell;
    job->missing_streak++;
    uint32_t beyond = job->missing_streak / 4; /* a wide target: take its neighbours at one go */
    uint32_t reach = beyond == 0 ? 0 : beyond < 16 ? 8u << beyond : PE_ROWS_MAX;
    if (pe_graph_add_dependency(job->graph, missing->cell, missing->precedent) != PE_OK ||
        !add_neighbours(job, missing, reach))
        return pe_fail(diag, PE_E_MEMORY, "graph", "out of memory");
    return pe_simulation_mark(job->graph, &job->simulation, diag);
}

static pe_status stopped_early(pe_diag *diag)
{
    return pe_fail(diag, PE_E_CANCELLED, "simulate",
                   "stopped before the first trials were done: there is nothing to show");
}

/* Runs trials [0, trials), compiling again as often as it takes. */
static pe_status run_trials(pe_job *job, const uint32_t *cells, uint32_t count, uint64_t trials,
                            pe_program **program, pe_plan **plan, const pe_engine_sink *sink,
                            uint64_t *done, pe_diag *diag)
{
    pe_status status = PE_OK;
    if (*plan == NULL) PE_TRY(pei_job_build(job, cells, count, program, plan, diag));
    for (uint32_t rebuilds = 0;; rebuilds++) {
        pe_engine_missing missing = {0, 0};
        status =
            job->options.backend->run(*plan, 0, trials, sink, job->control, done, &missing, diag);
        if (status != PE_E_NOT_FOUND) break;
        if (done != NULL && job->control != NULL && atomic_load(&job->control->stop)) break;
        if (rebuilds == PEI_REBUILDS_MAX)
            PE_TRY(pe_fail(diag, PE_E_LIMIT, pei_job_cell(job, missing.cell),
                           "its references change from trial to trial over more than %u cells; "
                           "--freeze \"%s\" keeps its stored value",
                           PEI_REBUILDS_MAX, pei_job_cell(job, missing.cell)));
        PE_TRY(add_missing(job, &missing, diag));
        PE_TRY(pei_job_build(job, cells, count, program, plan, diag));
    }
    if (status == PE_E_NOT_FOUND || (status == PE_OK && done != NULL && *done == 0))
        PE_TRY(stopped_early(diag));
fail:
    return status;
}

pe_status pei_job_record(pe_job *job, const uint32_t *cells, uint32_t count, uint64_t trials,
                         pe_program **program, pe_plan **plan, pe_results **results, uint64_t *done,
                         pe_diag *diag)
{
    pe_status status = PE_OK;
    recording r = {.out_of_memory = false};
    const pe_engine_sink sink = {&r, put_lanes, NULL};
    PE_TRY(
        pe_results_new(count, trials, PEI_RESULTS_MEMORY, job->options.folder, &r.results, diag));
    status = run_trials(job, cells, count, trials, program, plan, &sink, done, diag);
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
    const pe_engine_sink sink = {NULL, drop_lanes, NULL};
    const uint32_t *cells = pei_job_outputs(job);
    double seconds = 0;
    uint64_t trials = (uint64_t)PACE_TRIALS_WORKER * pe_pool_threads(job->pool);
    if (job->plan == NULL) return pe_fail(diag, PE_E_ARGUMENT, "job", "nothing was compiled");
    if (cells == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (bool more = true; more; trials *= 4) {
        if (trials > job->settings.trials) trials = job->settings.trials;
        double start = pe_clock_seconds();
        pe_status status = run_trials(job, cells, job->simulation.output_count, trials,
                                      &job->program, &job->plan, &sink, NULL, diag);
        if (status != PE_OK) return pei_job_said(status, diag);
        seconds = (pe_clock_seconds() - start) / (double)trials;
        more = seconds * (double)trials < PACE_SECONDS && trials < job->settings.trials &&
               trials < PACE_TRIALS_MAX;
    }
    *seconds_per_trial = seconds;
    return PE_OK;
}
