/* server_results.c: what a kept run is asked for: trials, its figures beside other runs', its end.
 */
#include "server_model.h"

pe_status pei_do_trials(pei_task *task, const pe_wire_trials *params)
{
    pei_run *run = NULL;
    pe_wire_trials_reply reply = {0};
    pe_status status = pei_run_find(task->model, params->run, &run, task->diag);
    if (status != PE_OK) return status;
    if (params->output >= run->output_count)
        return pe_fail(task->diag, PE_E_NOT_FOUND, "output", "the run has %u outputs",
                       run->output_count);
    if (params->count > PE_LIMIT_trials_part)
        return pe_fail(task->diag, PE_E_LIMIT, "count", "at most %d trials at once",
                       PE_LIMIT_trials_part);
    const pei_run_output *output = &run->outputs[params->output];
    if (output->trials == NULL)
        return pe_fail(task->diag, PE_E_LIMIT, "trials",
                       "the run has more trials than this connection can hold: use fewer");
    uint64_t rest = params->first < run->trials ? run->trials - params->first : 0;
    reply.values.count = rest < params->count ? (uint32_t)rest : params->count;
    reply.values.items = PE_PUSH(task->arena, pe_wire_value, reply.values.count);
    if (reply.values.items == NULL) return pei_out_of_memory(task->diag);
    for (uint32_t i = 0; i < reply.values.count; i++)
        reply.values.items[i] = pei_value_out(output->trials[params->first + i]);
    return pei_reply(task, PE_WIRE_trials_reply, &reply);
}

static const pei_run_output *output_of(const pei_run *run, const char *cell)
{
    for (uint32_t i = 0; i < run->output_count; i++)
        if (strcmp(run->outputs[i].cell, cell) == 0) return &run->outputs[i];
    return NULL;
}

/* The other run minus this one. */
static pe_status compare(const pei_run *run, const pei_run *other, const pei_run_output *output,
                         pe_wire_run_output *to, pe_diag *diag)
{
    const pei_run_output *own = output_of(run, output->cell);
    pe_paired_difference d;
    if (run == other || own == NULL || own->trials == NULL || output->trials == NULL ||
        run->seed != other->seed || run->sampling != other->sampling ||
        run->trials != other->trials || run->trials_asked != other->trials_asked)
        return PE_OK;
    pe_status status = pe_difference_make(output->trials, own->trials, run->trials, &d, diag);
    if (status != PE_OK) return status;
    to->has_difference = true;
    to->difference = (pe_wire_run_difference){
        .mean = d.mean, .sd = d.sd, .standard_error = d.standard_error, .p_greater = d.p_greater};
    return PE_OK;
}

static pe_status one_run(pei_task *task, const pei_run *run, const pei_run *other, pe_wire_run *to)
{
    pe_status status = PE_OK;
    *to = (pe_wire_run){.run = other->number,
                        .name = pe_wire_text_of(other->name),
                        .trials = other->trials,
                        .seed = other->seed};
    to->outputs.items = PE_PUSH(task->arena, pe_wire_run_output, other->output_count);
    to->outputs.count = other->output_count;
    if (to->outputs.items == NULL) return pei_out_of_memory(task->diag);
    for (uint32_t i = 0; i < other->output_count && status == PE_OK; i++) {
        const pei_run_output *o = &other->outputs[i];
        to->outputs.items[i] = (pe_wire_run_output){.cell = pe_wire_text_of(o->cell),
                                                    .name = pe_wire_text_of(o->name),
                                                    .mean = o->mean,
                                                    .sd = o->sd,
                                                    .p5 = o->p5,
                                                    .p50 = o->p50,
                                                    .p95 = o->p95};
        status = compare(run, other, o, &to->outputs.items[i], task->diag);
    }
    return status;
}

pe_status pei_do_results(pei_task *task, const pe_wire_results *params)
{
    pei_run *run = NULL;
    const pei_model *model = task->model;
    pe_wire_results_reply reply = {0};
    pe_status status = pei_run_find(model, params->run, &run, task->diag);
    if (status != PE_OK) return status;
    reply.runs.items = PE_PUSH(task->arena, pe_wire_run, PE_COUNT(model->runs));
    if (reply.runs.items == NULL) return pei_out_of_memory(task->diag);
    for (size_t i = 0; i < PE_COUNT(model->runs) && status == PE_OK; i++)
        if (model->runs[i] != NULL && model->runs[i]->book == run->book)
            status = one_run(task, run, model->runs[i], &reply.runs.items[reply.runs.count++]);
    return status == PE_OK ? pei_reply(task, PE_WIRE_results_reply, &reply) : status;
}

pe_status pei_do_run_close(pei_task *task, const pe_wire_run_close *params)
{
    pei_model *model = task->model;
    const pe_wire_run_close_reply reply = {0};
    for (size_t i = 0; i < PE_COUNT(model->runs); i++) {
        if (model->runs[i] == NULL || model->runs[i]->number != params->run) continue;
        pei_run_free(model->runs[i]);
        memmove(&model->runs[i], &model->runs[i + 1],
                (PE_COUNT(model->runs) - 1 - i) * sizeof model->runs[0]);
        model->runs[PE_COUNT(model->runs) - 1] = NULL;
        return pei_reply(task, PE_WIRE_run_close_reply, &reply);
    }
    return pe_fail(task->diag, PE_E_NOT_FOUND, "run", "there is no run %u", params->run);
}
