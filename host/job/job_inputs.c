/* job_inputs.c: what is known of the inputs before a trial is run: a cell that is nothing but a
 * distribution with parameters that do not vary has its distribution's own figures. Invariant: a
 * figure given here is exact; what cannot be known so is left out. */
#include "job_internal.h"

#include <math.h>

#define PARAMETERS_MAX 8
#define VALUES_MAX 65536u /* of one parameter: a long table of members tells no more */

/* Whether a draw stands in a tree: then its value is not one number. */
static bool draws(const pe_graph *graph, const pe_node *node)
{
    if (node->kind == PE_NODE_FUNCTION) {
        const pe_function *row = pe_function_row((pe_function_id)node->function);
        if ((row->flags & (PE_FN_RANDOM | PE_FN_RISK)) != 0) return true;
    }
    if (node->kind == PE_NODE_NAME) {
        const pe_formula *name = pe_graph_name(graph, node->index);
        if (name == NULL || (name->flags & (PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK)) != 0)
            return true;
    }
    for (uint32_t i = 0; i < node->arg_count; i++)
        if (draws(graph, node->args[i])) return true;
    return false;
}

static bool nothing_at_hand(void *context, uint32_t cell, pe_value *value)
{
    PE_UNUSED(context);
    PE_UNUSED(cell);
    PE_UNUSED(value);
    return false;
}

/* A tree of the cell as one number that is the same in all trials. */
static bool one_number(pe_job *job, uint32_t cell, const pe_node *node, double *number)
{
    uint32_t missing;
    pe_value value;
    const pe_unit unit = {.kind = PE_UNIT_NODE, .cell = cell, .node = node, .output_count = 1};
    const pe_lane_source source = {job->simulation.varying, NULL, nothing_at_hand};
    if (draws(job->graph, node)) return false;
    pe_status status = pe_lane_evaluate(job->lanes.lanes[0], &unit, &source, 0, &value, &missing);
    bool good = status == PE_OK && pe_is_number(value);
    if (good) *number = pe_as_number(value);
    pe_lane_reset(job->lanes.lanes[0]);
    return good;
}

/* The numbers of an area none of whose cells varies or is an error. */
static bool numbers_of_area(pe_job *job, const pe_area *area, pe_arena *scratch,
                            pe_parameter *parameter)
{
    uint64_t cells = pe_area_cells(area);
    if (cells > VALUES_MAX) return false;
    double *values = PE_PUSH(scratch, double, cells);
    uint32_t count = 0;
    for (uint32_t r = area->row_first; values != NULL && r <= area->row_last; r++)
        for (uint32_t c = area->column_first; c <= area->column_last; c++) {
            uint32_t cell = pe_graph_cell(job->graph, (pe_cell_ref){area->sheet_first, r, c});
            if (cell == PE_NO_CELL) continue;
            pe_value value = pe_evaluator_value(job->evaluator, cell);
            if (pe_bit(job->simulation.varying, cell) || pe_is_error(value)) return false;
            if (pe_is_number(value)) values[count++] = pe_as_number(value);
        }
    *parameter = (pe_parameter){values, count};
    return count > 0;
}

static bool parameter_of(pe_job *job, uint32_t cell, const pe_node *node, pe_arena *scratch,
                         pe_parameter *parameter)
{
    pe_area area;
    if (node->kind == PE_NODE_REFERENCE &&
        pe_node_area(&node->ref, pe_workbook_ref(job->workbook, cell), &area) &&
        area.sheet_first == area.sheet_last && pe_area_cells(&area) > 1)
        return numbers_of_area(job, &area, scratch, parameter);
    uint32_t count = 1;
    const pe_array *array = node->kind == PE_NODE_ARRAY ? pe_as_array(node->value) : NULL;
    if (array != NULL) count = array->rows * array->columns;
    double *values = PE_PUSH(scratch, double, count);
    if (values == NULL) return false;
    *parameter = (pe_parameter){values, count};
    if (array == NULL) return one_number(job, cell, node, values);
    for (uint32_t i = 0; i < count; i++) {
        if (!pe_is_number(array->cells[i])) return false;
        values[i] = pe_as_number(array->cells[i]);
    }
    return true;
}

static bool option_of(pe_job *job, uint32_t cell, const pe_node *node, double *value)
{
    return node == NULL || node->kind == PE_NODE_OMITTED || one_number(job, cell, node, value);
}

/* what: set where the parameters are known and wrong: no trial will have a value. */
static bool risk_of(pe_job *job, const pe_input *input, pe_arena *scratch, pe_distribution *d,
                    const char **what)
{
    pe_risk_call call;
    pe_parameter parameters[PARAMETERS_MAX];
    pe_distribution_options options = {-HUGE_VAL, HUGE_VAL, 0};
    if (!pe_formula_risk_call(input->node, &call) || call.parameter_count > PARAMETERS_MAX)
        return false;
    const char *name = pe_graph_distribution(job->graph, &call);
    pe_distribution_id id = pe_distribution_find(name, strlen(name));
    if (id == PE_DISTRIBUTION_NONE) return false;
    for (uint32_t i = 0; i < call.parameter_count; i++)
        if (!parameter_of(job, input->cell, call.parameters[i], scratch, &parameters[i]))
            return false;
    if (!option_of(job, input->cell, call.truncate_low, &options.truncate_low) ||
        !option_of(job, input->cell, call.truncate_high, &options.truncate_high) ||
        !option_of(job, input->cell, call.shift, &options.shift))
        return false;
    return pe_distribution_prepare(d, id, parameters, (int)call.parameter_count, &options, scratch,
                                   what) == PE_ERROR_NONE;
}

/* A setting that can never give a number is a mistake of whoever made it; a formula of the workbook
 * is an error as in the spreadsheet, and that is said. */
static pe_status judge_parameters(pe_job *job, const pe_input *input, const char *cell,
                                  const char *what, pe_diag *diag)
{
    if (input->set)
        return pe_fail(diag, PE_E_ARGUMENT, cell, "%s has no values: %s", input->formula, what);
    pe_status status = pei_job_warn(job, cell, "%s: %s is an error in every trial: %s", cell,
                                    input->formula, what);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "job", "out of memory");
}

/* RAND() and RANDBETWEEN(a, b) as distributions. */
static bool plain_of(pe_job *job, const pe_input *input, pe_arena *scratch, pe_distribution *d)
{
    double ends[2] = {0, 1};
    const char *what;
    const pe_node *node = input->node;
    if (node->function != PE_FN_RAND && node->function != PE_FN_RANDBETWEEN) return false;
    bool whole = node->function == PE_FN_RANDBETWEEN;
    for (uint32_t i = 0; whole && i < 2; i++)
        if (!one_number(job, input->cell, node->args[i], &ends[i])) return false;
    if (whole) {
        ends[0] = ceil(ends[0]);
        ends[1] = floor(ends[1]);
        if (ends[1] < ends[0]) return false;
    }
    pe_parameter parameters[] = {{&ends[0], 1}, {&ends[1], 1}};
    pe_distribution_id id = whole ? PE_DIST_INTUNIFORM : PE_DIST_UNIFORM;
    return pe_distribution_prepare(d, id, parameters, 2, NULL, scratch, &what) == PE_ERROR_NONE;
}

static void describe(const pe_distribution *d, pe_report_input *r)
{
    r->mean = pe_distribution_mean(d);
    r->sd = pe_distribution_sd(d);
    r->p5 = pe_distribution_inverse(d, 0.05);
    r->p50 = pe_distribution_inverse(d, 0.5);
    r->p95 = pe_distribution_inverse(d, 0.95);
    r->described = isfinite(r->mean) && isfinite(r->sd) && isfinite(r->p5) && isfinite(r->p50) &&
                   isfinite(r->p95);
}

pe_status pei_job_describe_inputs(pe_job *job, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_arena *scratch = pe_arena_new(SIZE_MAX / 2);
    if (scratch == NULL) return pe_fail(diag, PE_E_MEMORY, "job", "out of memory");
    for (uint32_t i = 0; i < job->simulation.input_count && status == PE_OK; i++) {
        const pe_input *input = &job->simulation.inputs[i];
        const pe_formula *formula = pe_graph_formula(job->graph, input->cell);
        pe_report_input *r = &job->report.inputs[i];
        pe_distribution d;
        const char *what = NULL;
        if (formula == NULL || formula->root != input->node) continue; /* more than a draw */
        pe_arena_mark mark = pe_arena_save(scratch);
        if (risk_of(job, input, scratch, &d, &what) || plain_of(job, input, scratch, &d))
            describe(&d, r);
        else if (what != NULL)
            status = judge_parameters(job, input, r->cell, what, diag);
        pe_arena_restore(scratch, mark);
    }
    pe_arena_free(scratch);
    return status;
}
