/* program_draw.c: draws. Each appearance of RAND or of a distribution is its own draw with its own
 * stream, the same that the general evaluator uses; none is ever merged, folded or shared. */
#include <math.h>

#include "functions_arithmetic.h"
#include "program_internal.h"

static uint32_t make_draw(pei_builder *b, const pe_node *node)
{
    if (b->path_depth >= PE_COUNT(b->path)) return PEI_NONE;
    b->path[b->path_depth] = node->draw_site;
    uint64_t stream =
        pe_stream_of(b->graph, b->cell, b->path, b->path_depth + 1, 0, pei_replaced_row(b));
    if (PE_GROW(&b->draws, &b->draw_capacity, b->draw_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for draws");
        return PEI_NONE;
    }
    b->draws[b->draw_count] = (pe_draw){stream, 0};
    pei_node n = {.op = PE_I_UNIFORM,
                  .type = PE_TYPE_NUMBER,
                  .a = PEI_NONE,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = (uint32_t)b->draw_count++};
    return pei_make_unique(b, &n);
}

static bool lower_randbetween(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand low, high;
    if (!pei_lower_number(b, node->args[0], &low) || !pei_lower_number(b, node->args[1], &high))
        return false;
    if (!low.uniform || !high.uniform || !pe_is_number(low.value) || !pe_is_number(high.value))
        return false;
    double first = pen_ceil(pe_as_number(low.value)), last = pen_floor(pe_as_number(high.value));
    if (last < first) {
        *o = pei_uniform(pe_error(PE_ERROR_NUM));
        return true;
    }
    uint32_t u = make_draw(b, node);
    if (u == PEI_NONE) return false;
    *o = pei_varying(pei_make(b, PE_I_BETWEEN, PE_TYPE_NUMBER, u, PEI_NONE, PEI_NONE,
                              pei_constant_pair(b, first, last - first + 1)));
    return o->node != PEI_NONE;
}

/* z of NORM.INV(p, ...): straight from the draw where p is one. */
static bool standard_normal(pei_builder *b, const pe_node *p, pei_operand *z)
{
    pei_operand u;
    if (p->kind != PE_NODE_FUNCTION || p->function != PE_FN_RAND || !pei_lower(b, p, &u))
        return false;
    pei_node n = {.op = PE_I_NORMAL,
                  .type = PE_TYPE_NUMBER,
                  .a = PEI_NONE,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = b->nodes[u.node].k};
    *z = pei_varying(pei_make_unique(b, &n));
    return z->node != PEI_NONE;
}

/* mean + sd * z with uniform sd > 0: the body of NORM.INV. */
static bool lower_normal(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand z, mean = pei_uniform(pe_number(0)), sd = pei_uniform(pe_number(1));
    bool standard = node->function == PE_FN_NORM_S_INV || node->function == PE_FN_NORMSINV;
    if (node->args[0]->kind != PE_NODE_FUNCTION || node->args[0]->function != PE_FN_RAND)
        return false;
    if (!standard &&
        (!pei_lower_number(b, node->args[1], &mean) || !pei_lower_number(b, node->args[2], &sd)))
        return false;
    if (!sd.uniform || !pe_is_number(sd.value) || !(pe_as_number(sd.value) > 0)) return false;
    if (mean.uniform && !pe_is_number(mean.value)) return false;
    if (!standard_normal(b, node->args[0], &z)) return false;
    if (standard) {
        *o = z;
        return true;
    }
    pei_operand scaled = pei_binary_number(b, PE_OP_MUL, sd, z);
    *o = pei_binary_number(b, PE_OP_ADD, mean, scaled);
    return b->status == PE_OK;
}

/* ---- risk distributions
 * ------------------------------------------------------------------------------- */

typedef struct values {
    pei_builder *b;
    double *x;
    size_t count, capacity;
    bool failed;
} values;

static bool take_cell(void *context, uint32_t cell)
{
    values *v = context;
    pe_value value = pei_uniform_value(v->b, cell);
    if (pei_is_varying(v->b, cell) || pe_is_error(value)) {
        v->failed = true;
        return false;
    }
    if (!pe_is_number(value)) return true;
    if (v->count == v->capacity) {
        size_t capacity = v->capacity * 2 + 16;
        double *grown = pe_arena_push_raw(v->b->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            v->failed = true;
            return false;
        }
        if (v->count > 0) memcpy(grown, v->x, v->count * sizeof *grown);
        v->x = grown;
        v->capacity = capacity;
    }
    v->x[v->count++] = pe_as_number(value);
    return true;
}

/* A parameter: a number, or the numbers of an area or array constant. */
static bool take_parameter(pei_builder *b, const pe_node *node, pe_parameter *parameter,
                           pei_operand *o)
{
    pe_area area;
    values v = {.b = b};
    if (node->kind == PE_NODE_ARRAY) {
        const pe_array *array = pe_as_pointer(node->value);
        uint32_t count = array->rows * array->columns;
        double *x = PE_PUSH(b->arena, double, count);
        if (x == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a distribution");
        for (uint32_t i = 0; i < count; i++) {
            if (!pe_is_number(array->cells[i])) return false;
            x[i] = pe_as_number(array->cells[i]);
        }
        *parameter = (pe_parameter){x, count};
        *o = pei_uniform(pe_number(x[0]));
        return true;
    }
    if (pei_node_is_area(b, node, &area) && pe_area_cells(&area) > 1) {
        pei_each_cell(b, &area, take_cell, &v);
        if (v.failed || v.count == 0) return false;
        *parameter = (pe_parameter){v.x, (uint32_t)v.count};
        *o = pei_uniform(pe_number(v.x[0]));
        return true;
    }
    bool array_mode = b->array_mode;
    b->array_mode = true;
    bool lowered = pei_lower_number(b, node, o);
    b->array_mode = array_mode;
    if (!lowered) return false;
    if (!o->uniform) return true;
    if (!pe_is_number(o->value)) return false;
    double *x = PE_PUSH(b->arena, double, 1);
    if (x == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a distribution");
    *x = pe_as_number(o->value);
    *parameter = (pe_parameter){x, 1};
    return true;
}

static bool take_option(pei_builder *b, const pe_node *node, double *value)
{
    pei_operand o;
    if (node == NULL || node->kind == PE_NODE_OMITTED) return true;
    if (!pei_lower_number(b, node, &o) || !o.uniform || !pe_is_number(o.value)) return false;
    *value = pe_as_number(o.value);
    return true;
}

static bool make_inverse(pei_builder *b, const pe_node *node, const pe_draw_inverse *inverse,
                         pei_operand *o)
{
    uint32_t u = make_draw(b, node);
    if (u == PEI_NONE) return false;
    if (PE_GROW(&b->inverses, &b->inverse_capacity, b->inverse_count + 1) != PE_OK)
        return pei_fail(b, PE_E_MEMORY, "no memory for distributions");
    b->inverses[b->inverse_count] = *inverse;
    pei_node n = {.op = PE_I_INVERSE,
                  .type = PE_TYPE_NUMBER,
                  .a = u,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = (uint32_t)b->inverse_count++};
    *o = pei_varying(pei_make_unique(b, &n));
    return o->node != PEI_NONE;
}

static bool lower_risk(pei_builder *b, const pe_node *node, const pe_risk_call *call,
                       pei_operand *o)
{
    const char *name = pe_graph_distribution(b->graph, call);
    pe_draw_inverse inverse = {.id = pe_distribution_find(name, strlen(name)),
                               .options = {-HUGE_VAL, HUGE_VAL, 0},
                               .has_options = true};
    pe_parameter parameters[8];
    pei_ref refs[8];
    if (inverse.id == PE_DISTRIBUTION_NONE || call->parameter_count > 8) return false;
    if (!take_option(b, call->truncate_low, &inverse.options.truncate_low) ||
        !take_option(b, call->truncate_high, &inverse.options.truncate_high) ||
        !take_option(b, call->shift, &inverse.options.shift))
        return false;
    for (uint32_t i = 0; i < call->parameter_count; i++) {
        pei_operand p;
        if (!take_parameter(b, call->parameters[i], &parameters[i], &p)) return false;
        inverse.varying |= !p.uniform;
        if (p.uniform && parameters[i].count > 1)
            refs[i] = PEI_NONE;
        else
            refs[i] = pei_ref_of(b, &p);
    }
    if (inverse.varying) {
        for (uint32_t i = 0; i < call->parameter_count; i++)
            if (refs[i] == PEI_NONE) return false;
        inverse.parameter_list = pei_add_list(b, refs, call->parameter_count);
        inverse.parameter_count = call->parameter_count;
        return inverse.parameter_list != PEI_NONE && make_inverse(b, node, &inverse, o);
    }
    const char *what = NULL;
    pe_error_code code =
        pe_distribution_prepare(&inverse.distribution, inverse.id, parameters,
                                (int)call->parameter_count, &inverse.options, b->arena, &what);
    if (code != PE_ERROR_NONE) {
        *o = pei_uniform(pe_error(code));
        return true;
    }
    return make_inverse(b, node, &inverse, o);
}

bool pei_lower_draw(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled)
{
    pe_risk_call call;
    switch ((pe_function_id)node->function) {
    case PE_FN_RAND:
        *handled = true;
        *o = pei_varying(make_draw(b, node));
        return o->node != PEI_NONE;
    case PE_FN_RANDBETWEEN:
        *handled = true;
        return lower_randbetween(b, node, o);
    case PE_FN_NORM_INV:
    case PE_FN_NORMINV:
    case PE_FN_NORM_S_INV:
    case PE_FN_NORMSINV:
        return lower_normal(b, node, o);
    default:
        break;
    }
    if (!pe_formula_risk_call(node, &call)) return false;
    *handled = true;
    return lower_risk(b, node, &call, o);
}
