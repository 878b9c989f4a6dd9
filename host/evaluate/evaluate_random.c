/* evaluate_random.c: RAND, RANDBETWEEN, RANDARRAY and the risk distributions: draws in a trial,
 * their static value otherwise. Invariant: a draw depends on its stream (cell, position in the
 * formula, element, data-table row), index and trial alone, the same here and in the program. */
#include "evaluate_internal.h"

#include <math.h>

#include "functions_arithmetic.h"

uint64_t pe_stream_of(const pe_graph *graph, uint32_t cell, const uint32_t *path, uint32_t depth,
                      uint64_t element, uint64_t table_row)
{
    const pe_workbook *w = pe_graph_workbook(graph);
    pe_cell_ref ref = pe_workbook_ref(w, cell);
    const char *sheet = w->sheets[ref.sheet].name;
    uint64_t h = pe_hash_bytes(sheet, strlen(sheet), 0);
    h = pe_hash_mix(h, ((uint64_t)ref.row << 16) | ref.column);
    h = pe_hash_mix(h, depth);
    for (uint32_t i = 0; i < depth; i++) h = pe_hash_mix(h, path[i]);
    h = pe_hash_mix(h, element);
    return pe_hash_mix(h, table_row);
}

/* The uniform of this node in this trial; outside trials the middle. */
static double uniform(pei_context *x, const pe_node *node, uint32_t index)
{
    const pe_sampler *sampler = x->evaluator->options.sampler;
    if (!x->drawing || sampler == NULL || x->path_depth >= PEI_PATH_MAX) return 0.5;
    x->path[x->path_depth] = node->draw_site;
    uint64_t stream =
        pe_stream_of(x->graph, x->cell, x->path, x->path_depth + 1, x->element, x->table_row);
    return pe_sampler_uniform(sampler, stream, index, x->trial);
}

static pe_value between(double low, double high, double u)
{
    double first = pen_ceil(low), last = pen_floor(high);
    if (last < first) return pe_error(PE_ERROR_NUM);
    return pe_number_checked(pen_floor(u * (last - first + 1)) + first);
}

static pe_value random_between(pei_context *x, const pe_node *node)
{
    pe_value low = pei_operand(x, node->args[0]), high = pei_operand(x, node->args[1]);
    if (x->unresolved) return pe_unresolved();
    pei_shape s = {1, 1};
    pei_shape_grow(&s, low);
    pei_shape_grow(&s, high);
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++) {
            uint32_t index = r * s.columns + c;
            pe_value a = pei_number_of_value(x, pei_element(low, r, c));
            pe_value b = pei_number_of_value(x, pei_element(high, r, c));
            result->cells[index] = pe_is_error(a)   ? a
                                   : pe_is_error(b) ? b
                                                    : between(pe_as_number(a), pe_as_number(b),
                                                              uniform(x, node, index));
        }
    return pe_array_value(result);
}

static pe_value number_argument(pei_context *x, const pe_node *node, uint32_t i, double otherwise)
{
    if (i >= node->arg_count || node->args[i]->kind == PE_NODE_OMITTED) return pe_number(otherwise);
    return pei_number_of_value(x, pei_single(x, pei_operand(x, node->args[i])));
}

static pe_value random_array(pei_context *x, const pe_node *node)
{
    static const double defaults[5] = {1, 1, 0, 1, 0};
    double a[5];
    for (uint32_t i = 0; i < 5; i++) {
        pe_value v = number_argument(x, node, i, defaults[i]);
        if (pe_is_error(v)) return v;
        a[i] = pe_as_number(v);
    }
    if (!(a[0] >= 1 && a[1] >= 1 && a[0] <= PE_ROWS_MAX && a[1] <= PE_COLUMNS_MAX && a[2] <= a[3]))
        return pe_error(PE_ERROR_VALUE);
    pe_array *result = pe_new_array(&x->call, (uint32_t)a[0], (uint32_t)a[1]);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < result->rows * result->columns; i++) {
        double u = uniform(x, node, i);
        result->cells[i] =
            a[4] != 0 ? between(a[2], a[3], u) : pe_number_checked(a[2] + u * (a[3] - a[2]));
    }
    return pe_array_value(result);
}

/* ---- risk distributions
 * ------------------------------------------------------------------------------- */

typedef struct numbers {
    pei_context *x;
    double *values;
    size_t count, capacity;
    pe_value error;
} numbers;

static bool take(void *context, pe_value value, bool direct)
{
    numbers *n = context;
    if (pe_is_error(value)) {
        n->error = value;
        return false;
    }
    if (direct) value = pei_number_of_value(n->x, value);
    if (pe_is_error(value)) n->error = value;
    if (!pe_is_number(value)) return !pe_is_error(value);
    if (n->count == n->capacity) {
        size_t capacity = n->capacity * 2 + 8;
        double *grown = pe_arena_push_raw(n->x->call.arena, capacity, sizeof *grown);
        if (grown == NULL) return false;
        if (n->count > 0) memcpy(grown, n->values, n->count * sizeof *grown);
        n->values = grown;
        n->capacity = capacity;
    }
    n->values[n->count++] = pe_as_number(value);
    return true;
}

/* A parameter: a number, or the numbers of a range or array. */
static pe_value parameter_of(pei_context *x, const pe_node *node, pe_parameter *parameter)
{
    numbers n = {.x = x, .error = pe_blank()};
    bool array = x->array;
    x->array = true;
    pe_value v = pei_any(x, node);
    x->array = array;
    if (x->unresolved) return pe_unresolved();
    bool blank = pe_is(v, PE_KIND_OMITTED);
    if (pe_is(v, PE_KIND_REFERENCE)) {
        const pe_reference *r = pe_as_pointer(v);
        bool one = r->area_count == 1 && pe_area_cells(&r->areas[0]) == 1;
        if (one) v = pei_dereference(x, v);
        if (x->unresolved) return pe_unresolved();
    }
    if (blank || pe_is(v, PE_KIND_BLANK)) v = pe_number(0);
    pe_each_value(&x->call, v, take, &n);
    if (x->unresolved) return pe_unresolved();
    if (pe_is_error(n.error)) return n.error;
    if (n.count == 0) return pe_error(PE_ERROR_VALUE);
    *parameter = (pe_parameter){n.values, (uint32_t)n.count};
    return pe_blank();
}

static pe_value option_of(pei_context *x, const pe_node *node, double *value)
{
    if (node == NULL || node->kind == PE_NODE_OMITTED) return pe_blank();
    pe_value v = pei_number_of_value(x, pei_single(x, pei_operand(x, node)));
    if (pe_is_number(v)) *value = pe_as_number(v);
    return v;
}

static pe_value options_of(pei_context *x, const pe_risk_call *call, pe_distribution_options *o)
{
    *o = (pe_distribution_options){-HUGE_VAL, HUGE_VAL, 0};
    pe_value v = option_of(x, call->truncate_low, &o->truncate_low);
    if (!pe_is_error(v)) v = option_of(x, call->truncate_high, &o->truncate_high);
    return pe_is_error(v) ? v : option_of(x, call->shift, &o->shift);
}

static pe_value risk(pei_context *x, const pe_node *node, const pe_risk_call *call)
{
    enum { PARAMETERS_MAX = 8 };
    pe_parameter parameters[PARAMETERS_MAX];
    pe_distribution_options options;
    pe_distribution distribution;
    const char *name = pe_graph_distribution(x->graph, call), *what;
    pe_distribution_id id = pe_distribution_find(name, strlen(name));
    bool fixed = call->static_value != NULL && call->static_value->kind != PE_NODE_OMITTED;
    if (!x->drawing && fixed) return pei_operand(x, call->static_value);
    if (id == PE_DISTRIBUTION_NONE) return pe_error(PE_ERROR_NAME);
    if (call->parameter_count > PARAMETERS_MAX) return pe_error(PE_ERROR_VALUE);
    for (uint32_t i = 0; i < call->parameter_count; i++) {
        pe_value v = parameter_of(x, call->parameters[i], &parameters[i]);
        if (pe_is_error(v)) return v;
    }
    pe_value v = options_of(x, call, &options);
    if (x->unresolved) return pe_unresolved();
    if (pe_is_error(v)) return v;
    pe_error_code code = pe_distribution_prepare(
        &distribution, id, parameters, (int)call->parameter_count, &options, x->call.arena, &what);
    if (code != PE_ERROR_NONE) return pe_error(code);
    if (!x->drawing) return pe_number_checked(pe_distribution_static(&distribution));
    return pe_number_checked(pe_distribution_inverse(&distribution, uniform(x, node, 0)));
}

pe_value pei_random(pei_context *x, const pe_node *node)
{
    pe_risk_call call;
    if (pe_formula_risk_call(node, &call)) return risk(x, node, &call);
    if (node->function == PE_FN_RAND) return pe_number(uniform(x, node, 0));
    if (node->function == PE_FN_RANDBETWEEN) return random_between(x, node);
    if (node->function == PE_FN_RANDARRAY) return random_array(x, node);
    return pe_error(PE_ERROR_NAME);
}
