/* job_tornado.c: which inputs drive each output. Bars are rank correlations of the input cells' own
 * values, from a second run that records just those cells (draws are pure functions of the trial,
 * so the values are those of the first run). Very many inputs are screened by their uniforms first.
 * An input cell that also reads other varying cells is represented by its own draw. */
#include "job_internal.h"

#include <math.h>
#include <stdlib.h>

typedef struct tornado {
    pe_job *job;
    uint32_t *first; /* unique input cell -> index of its first input */
    uint32_t unique;
    uint32_t outputs;
    uint64_t **needs;     /* per output: bit set over cells that it depends on */
    uint32_t *candidates; /* per output PEI_SCREEN_TOP unique inputs */
    uint32_t *counts;
    uint64_t trials; /* that are ranked */
} tornado;

static pe_status fetch_uniforms(void *context, uint32_t index, uint64_t trials, double *values)
{
    const tornado *t = context;
    const pe_input *input = &t->job->simulation.inputs[t->first[index]];
    uint64_t stream = pe_stream_of(t->job->graph, input->cell, input->path, input->depth, 0, 0);
    pe_sampler_uniforms(&t->job->sampler, stream, 0, 0, trials, values);
    return PE_OK;
}

static pe_status fetch_values(void *context, uint32_t index, uint64_t trials, double *values)
{
    const tornado *t = context;
    uint32_t column = t->job->input_column[t->first[index]];
    if (column == UINT32_MAX) return fetch_uniforms(context, index, trials, values);
    const pe_value *lanes = pe_results_column(t->job->input_results, column);
    for (uint64_t i = 0; i < trials; i++)
        values[i] = pe_as_number(lanes[i]); /* what is no number is a NaN */
    return PE_OK;
}

static bool is_member(void *context, uint32_t output, uint32_t index)
{
    const tornado *t = context;
    return pe_bit(t->needs[output], t->job->simulation.inputs[t->first[index]].cell);
}

static pe_status find_needs(void *context, size_t output, unsigned worker)
{
    tornado *t = context;
    const pe_job *job = t->job;
    PE_UNUSED(worker);
    if (pe_cancelled(job->control)) return PE_E_CANCELLED;
    uint64_t *bits = calloc((size_t)job->workbook->cell_count / 64 + 1, sizeof *bits);
    if (bits == NULL) return PE_E_MEMORY;
    t->needs[output] = bits;
    pe_bit_set(bits, job->simulation.outputs[output].cell);
    return pe_graph_mark_precedents(job->graph, bits);
}

static pe_status find_members(tornado *t)
{
    t->needs = calloc(t->outputs + 1, sizeof *t->needs);
    if (t->needs == NULL) return PE_E_MEMORY;
    return pe_pool_run(t->job->pool, t->outputs, find_needs, t);
}

static uint32_t list_members(const tornado *t, uint32_t output, uint32_t *list, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->unique; i++)
        if (is_member((void *)t, output, i)) {
            if (n < max) list[n] = i;
            n++;
        }
    return n;
}

static pe_status find_candidates(tornado *t, pe_diag *diag)
{
    pe_job *job = t->job;
    bool many = false;
    t->candidates = calloc((size_t)t->outputs * PEI_SCREEN_TOP + 1, sizeof *t->candidates);
    t->counts = calloc(t->outputs + 1, sizeof *t->counts);
    const pe_value **columns = calloc(t->outputs + 1, sizeof *columns);
    pe_status status =
        t->candidates == NULL || t->counts == NULL || columns == NULL ? PE_E_MEMORY : PE_OK;
    for (uint32_t o = 0; o < t->outputs && status == PE_OK; o++) {
        columns[o] = pe_results_column(job->results, o);
        t->counts[o] =
            list_members(t, o, t->candidates + (size_t)o * PEI_SCREEN_TOP, PEI_SCREEN_TOP);
        many = many || t->counts[o] > PEI_SCREEN_TOP;
    }
    if (status == PE_OK && many) {
        uint64_t trials = t->trials < PEI_SCREEN_TRIALS ? t->trials : PEI_SCREEN_TRIALS;
        status = pe_sensitivity_screen(columns, t->outputs, trials, t->unique, is_member,
                                       fetch_uniforms, t, PEI_SCREEN_TOP, job->pool, job->control,
                                       t->candidates, t->counts, diag);
    }
    free(columns);
    return status;
}

/* The input cells whose own values are wanted: candidates, and all where they are few. */
static pe_status record_inputs(tornado *t, pe_diag *diag)
{
    pe_job *job = t->job;
    uint32_t n = 0;
    bool all = t->unique <= PEI_INPUTS_RECORDED_MAX &&
               t->trials * t->unique <= PEI_RESULTS_MEMORY / sizeof(pe_value);
    uint8_t *wanted = calloc(t->unique + 1, 1);
    uint32_t *cells = calloc(t->unique + 1, sizeof *cells);
    pe_program *program = NULL;
    pe_plan *plan = NULL;
    pe_status status = wanted == NULL || cells == NULL ? PE_E_MEMORY : PE_OK;
    for (uint32_t o = 0; o < t->outputs && status == PE_OK; o++)
        for (uint32_t k = 0; k < t->counts[o]; k++)
            wanted[t->candidates[(size_t)o * PEI_SCREEN_TOP + k]] = 1;
    for (uint32_t i = 0; i < t->unique && status == PE_OK; i++) {
        const pe_input *input = &job->simulation.inputs[t->first[i]];
        if ((!wanted[i] && !all) || !input->own_value_only) continue;
        job->input_column[t->first[i]] = n;
        cells[n++] = input->cell;
    }
    if (n > 0 && status == PE_OK)
        status = pei_job_record(job, cells, n, t->trials, &program, &plan, &job->input_results,
                                NULL, diag);
    job->options.backend->free(plan);
    pe_program_free(program);
    free(wanted);
    free(cells);
    return status;
}

static pe_status rank_output(tornado *t, uint32_t o, pe_diag *diag)
{
    pe_job *job = t->job;
    pe_report_output *output = &job->report.outputs[o];
    pe_sensitivity bars[PE_TORNADO_BARS];
    uint32_t count = 0;
    pe_status status = pe_sensitivity_make(
        output->trials, t->trials, t->candidates + (size_t)o * PEI_SCREEN_TOP, t->counts[o],
        fetch_values, t, PE_TORNADO_BARS, job->pool, job->control, bars, &count, diag);
    if (status != PE_OK) return status;
    output->tornado = PE_PUSH(job->arena, pe_report_bar, count);
    if (output->tornado == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const pe_sensitivity *bar = &bars[i];
        uint32_t input = t->first[bar->input];
        bool known = job->input_column[input] != UINT32_MAX;
        output->tornado[output->tornado_count++] =
            (pe_report_bar){.name = job->report.inputs[input].name,
                            .cell = job->report.inputs[input].cell,
                            .format = job->report.inputs[input].format,
                            .correlation = bar->correlation,
                            .n = bar->n,
                            .noise = bar->noise,
                            .contribution = bar->contribution,
                            .mean_low = bar->mean_low,
                            .mean_high = bar->mean_high,
                            .input_low = known ? bar->input_low : NAN,
                            .input_high = known ? bar->input_high : NAN};
    }
    return PE_OK;
}

pe_status pei_job_tornado(pe_job *job, pe_diag *diag)
{
    pe_status status = PE_OK;
    const pe_simulation *s = &job->simulation;
    tornado t = {.job = job};
    t.trials = job->report.trials < PEI_TORNADO_TRIALS ? job->report.trials : PEI_TORNADO_TRIALS;
    t.outputs =
        s->output_count < PEI_TORNADO_OUTPUTS_MAX ? s->output_count : PEI_TORNADO_OUTPUTS_MAX;
    t.first = calloc(s->input_count + 1, sizeof *t.first);
    job->input_column = malloc((s->input_count + 1) * sizeof *job->input_column);
    if (t.first == NULL || job->input_column == NULL) PE_TRY(PE_E_MEMORY);
    for (uint32_t i = 0; i < s->input_count; i++) {
        job->input_column[i] = UINT32_MAX;
        if (i == 0 || s->inputs[i].cell != s->inputs[i - 1].cell) t.first[t.unique++] = i;
    }
    PE_TRY(find_members(&t));
    PE_TRY(find_candidates(&t, diag));
    PE_TRY(record_inputs(&t, diag));
    for (uint32_t o = 0; o < t.outputs; o++) PE_TRY(rank_output(&t, o, diag));
    if (s->output_count > t.outputs)
        PE_TRY(pei_job_warn(job, "", "tornado charts were made for the first %u of %u outputs",
                            t.outputs, s->output_count));
fail:
    for (uint32_t o = 0; t.needs != NULL && o < t.outputs; o++) free(t.needs[o]);
    free(t.needs);
    free(t.first);
    free(t.candidates);
    free(t.counts);
    return status;
}
