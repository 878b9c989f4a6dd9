/* job_sample.c: what a few trials show of inputs whose figures no distribution tells, because their
 * cell is a draw and more. Invariant: the run that follows has the bits that it has without: cells
 * that may lack dependencies in some trials, which would be added to the graph, are left out. */
#include "job_internal.h"

#include <math.h>

#define SAMPLE_TRIALS 4096u
#define SAMPLE_INPUTS_MAX 1000u

/* Of a cell's draws the first stands for the cell. */
static bool is_wanted(const pe_job *job, uint32_t i)
{
    const pe_input *inputs = job->simulation.inputs;
    return !job->report.inputs[i].described && inputs[i].own_value_only &&
           (i == 0 || inputs[i - 1].cell != inputs[i].cell);
}

static pe_status summarise(pe_job *job, const pe_results *results, uint32_t column,
                           pe_arena *scratch, pe_job_sample *sample, pe_diag *diag)
{
    pe_summary s;
    pe_status status =
        pe_summary_watch(pe_results_column(results, column), pe_results_trials(results), NAN,
                         scratch, job->control, &s, diag);
    if (status != PE_OK || s.n == 0) return status;
    *sample = (pe_job_sample){.known = true,
                              .mean = s.mean,
                              .p5 = pe_summary_percentile(&s, 5),
                              .p50 = pe_summary_percentile(&s, 50),
                              .p95 = pe_summary_percentile(&s, 95)};
    return PE_OK;
}

static pe_status sample_cells(pe_job *job, const uint32_t *cells, const uint32_t *inputs,
                              uint32_t count, pe_job_sample *samples, pe_arena *scratch,
                              pe_diag *diag)
{
    pe_program *program = NULL;
    pe_plan *plan = NULL;
    pe_results *results = NULL;
    uint64_t trials = job->settings.trials < SAMPLE_TRIALS ? job->settings.trials : SAMPLE_TRIALS;
    pe_status status = pei_job_build(job, cells, count, &program, &plan, diag);
    if (status == PE_OK && program->general_count == 0) {
        status = pei_job_record(job, cells, count, trials, &program, &plan, &results, NULL, diag);
        for (uint32_t i = 0; i < count && status == PE_OK; i++)
            status = summarise(job, results, i, scratch, &samples[inputs[i]], diag);
    }
    pe_results_free(results);
    job->options.backend->free(plan);
    pe_program_free(program);
    return status;
}

pe_status pe_job_sample_inputs(pe_job *job, pe_arena *arena, const pe_job_sample **samples,
                               pe_diag *diag)
{
    uint32_t total = job->simulation.input_count, count = 0;
    pe_arena *scratch = pe_arena_new(SIZE_MAX / 2);
    pe_job_sample *all = PE_PUSH(arena, pe_job_sample, total);
    uint32_t *cells = scratch != NULL ? PE_PUSH(scratch, uint32_t, total) : NULL;
    uint32_t *inputs = scratch != NULL ? PE_PUSH(scratch, uint32_t, total) : NULL;
    pe_diag why = {.status = PE_OK};
    pe_status status = all == NULL || cells == NULL || inputs == NULL ? PE_E_MEMORY : PE_OK;
    for (uint32_t i = 0; i < total && count < SAMPLE_INPUTS_MAX && status == PE_OK; i++) {
        if (!is_wanted(job, i)) continue;
        cells[count] = job->simulation.inputs[i].cell;
        inputs[count++] = i;
    }
    if (count > 0 && status == PE_OK)
        status = sample_cells(job, cells, inputs, count, all, scratch, &why);
    pe_arena_free(scratch);
    if (status == PE_E_MEMORY || status == PE_E_CANCELLED) {
        if (diag != NULL) *diag = why;
        return pei_job_said(status, diag);
    }
    *samples = all; /* a cell that cannot be computed shows so in the run, if it is needed */
    return PE_OK;
}
