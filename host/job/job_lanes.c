/* job_lanes.c: the engine's way back to the general evaluator: a unit for each lane of a tile. */
#include "job_internal.h"

#include <stdlib.h>

typedef struct lane_view {
    const pe_engine_view *view;
    uint32_t lane;
} lane_view;

static bool read_lane(void *context, uint32_t cell, pe_value *value)
{
    const lane_view *v = context;
    return v->view->read(v->view->state, cell, v->lane, value);
}

static pe_status evaluate(void *context, unsigned worker, const pe_unit *unit,
                          const pe_engine_view *view, uint64_t trial_first, uint32_t count,
                          pe_value *const *outputs, uint32_t *missing)
{
    pei_lanes *lanes = context;
    lane_view at = {view, 0};
    const pe_lane_source source = {lanes->job->simulation.varying, &at, read_lane};
    pe_value few[64], *row = few;
    pe_status status = PE_OK;
    if (unit->output_count > PE_COUNT(few) &&
        (row = malloc(unit->output_count * sizeof *row)) == NULL)
        return PE_E_MEMORY;
    for (; at.lane < count && status == PE_OK; at.lane++) {
        status = pe_lane_evaluate(lanes->lanes[worker], unit, &source, trial_first + at.lane, row,
                                  missing);
        if (status == PE_E_CYCLE) {
            atomic_fetch_add(&lanes->cycles, 1);
            status = PE_OK;
        }
        for (uint32_t o = 0; o < unit->output_count && status == PE_OK; o++)
            outputs[o][at.lane] = row[o];
    }
    if (row != few) free(row);
    return status;
}

static void reset(void *context, unsigned worker)
{
    pei_lanes *lanes = context;
    pe_lane_reset(lanes->lanes[worker]);
}

pe_status pei_lanes_new(pe_job *job, pe_diag *diag)
{
    pei_lanes *lanes = &job->lanes;
    lanes->job = job;
    lanes->count = pe_pool_threads(job->pool);
    atomic_store(&lanes->cycles, 0);
    lanes->lanes = calloc(lanes->count, sizeof *lanes->lanes);
    if (lanes->lanes == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (unsigned i = 0; i < lanes->count; i++) {
        pe_status status = pe_lane_new(job->evaluator, &lanes->lanes[i], diag);
        if (status != PE_OK) return status;
    }
    job->general = (pe_engine_general){lanes, evaluate, reset};
    return PE_OK;
}

void pei_lanes_free(pei_lanes *lanes)
{
    for (unsigned i = 0; lanes->lanes != NULL && i < lanes->count; i++)
        pe_lane_free(lanes->lanes[i]);
    free(lanes->lanes);
    lanes->lanes = NULL;
}
