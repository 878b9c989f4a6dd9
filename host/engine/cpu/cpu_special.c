/* cpu_special.c: instructions that are no vector loops: draws through sampling, worksheet bodies
 * lane by lane, cash flows, conversions of type, the general evaluator, and the recording of
 * columns. */
#include "cpu_internal.h"
#include "functions_arithmetic.h"

static double *scratch_row(const pei_frame *f, uint32_t row)
{
    return f->scratch + (size_t)row * f->stride;
}
/* Lane l of a list entry. */
static pe_value entry_lane(const pei_frame *f, uint32_t entry, uint32_t lane)
{
    if (entry & PE_LIST_CONSTANT) return pe_number(f->constants[entry & ~PE_LIST_CONSTANT]);
    return pei_lane(pei_slot(f, entry), lane);
}

/* ---- draws
 * -------------------------------------------------------------------------------------------- */

static uint64_t uniform(pei_frame *f, const pe_instruction *i)
{
    pei_draw_uniforms(f, i->k, pei_slot(f, i->d));
    return 0;
}

static void check_lanes(double *d, uint32_t lanes)
{
    for (uint32_t l = 0; l < lanes; l++)
        if (!pen_is_finite(d[l])) d[l] = pe_as_number(pe_number_checked(d[l]));
}

/* A lane's own parameters: the left-most error, or the prepared distribution's inverse. */
static double inverse_lane(const pei_frame *f, const pe_draw_inverse *x, double u, uint32_t lane)
{
    double p[8];
    pe_parameter parameters[8];
    for (uint32_t j = 0; j < x->parameter_count; j++) {
        pe_value v = entry_lane(f, f->lists[x->parameter_list + j], lane);
        if (!pe_is_number(v)) return pe_as_number(v);
        p[j] = pe_as_number(v);
        parameters[j] = (pe_parameter){&p[j], 1};
    }
    pe_distribution distribution;
    const char *what;
    pe_error_code code =
        pe_distribution_prepare(&distribution, x->id, parameters, (int)x->parameter_count,
                                x->has_options ? &x->options : NULL, NULL, &what);
    if (code != PE_ERROR_NONE) return pe_error_double(code);
    return pe_as_number(pe_number_checked(pe_distribution_inverse(&distribution, u)));
}
static uint64_t inverse(pei_frame *f, const pe_instruction *i)
{
    const pe_draw_inverse *x = &f->program->inverses[i->k];
    const double *u = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    if (!x->varying) {
        pe_distribution_inverse_many(&x->distribution, u, d, f->lanes);
        check_lanes(d, f->lanes);
        return 0;
    }
    for (uint32_t l = 0; l < f->lanes; l++) d[l] = inverse_lane(f, x, u[l], l);
    return 0;
}

/* ---- bodies and cash flows
 * ---------------------------------------------------------------------------- */

static uint64_t call_body(pei_frame *f, const pe_instruction *i)
{
    double *d = pei_slot(f, i->d);
    pe_value values[PE_FORMULA_ARGUMENTS_MAX];
    for (uint32_t l = 0; l < f->lanes; l++) {
        for (uint32_t j = 0; j < i->c; j++) values[j] = entry_lane(f, f->lists[i->k + j], l);
        d[l] = pe_as_number(pe_instruction_exact_list(f->program, i, pe_number(0), values));
    }
    return 0;
}
static uint64_t pick(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++) {
        if (!(a[l] >= 0))
            d[l] = a[l];
        else
            d[l] = a[l] < i->c ? pe_as_number(entry_lane(f, f->lists[i->k + (uint32_t)a[l]], l))
                               : pe_error_double(PE_ERROR_REF);
    }
    return 0;
}

/* What depends on a lane's own order is done lane by lane. */
static uint64_t by_lane(pei_frame *f, const pe_instruction *i)
{
    for (uint32_t l = 0; l < f->lanes && f->status == PE_OK; l++) pei_redo_lane(f, i, l);
    return 0;
}

/* ---- types
 * -------------------------------------------------------------------------------------------- */

static uint64_t constant(pei_frame *f, const pe_instruction *i)
{
    double *d = pei_slot(f, i->d), k = f->constants[i->k];
    for (uint32_t l = 0; l < f->lanes; l++) d[l] = k;
    return 0;
}
static pe_call conversion_call(pei_frame *f)
{
    pe_call call;
    memset(&call, 0, sizeof call);
    call.arena = f->arena;
    call.date1904 = f->program->date1904;
    call.calc = f->program->is_calc ? &f->program->calc : NULL;
    call.now = f->program->now;
    return call;
}
static uint64_t to_number(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    pe_call call = conversion_call(f);
    for (uint32_t l = 0; l < f->lanes; l++) {
        pe_value v = pe_number(a[l]);
        d[l] = pe_as_number(pe_is_number(v) || pe_is_error(v) ? v : pe_to_number(&call, v));
    }
    return 0;
}
static uint64_t to_boolean(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    pe_call call = conversion_call(f);
    for (uint32_t l = 0; l < f->lanes; l++) {
        pe_value v = pe_number(a[l]);
        if (!pe_is_error(v)) v = pe_to_boolean(&call, v);
        if (pe_is(v, PE_KIND_BOOLEAN)) v = pe_number(pe_as_boolean(v) ? 1.0 : 0.0);
        d[l] = pe_as_number(v);
    }
    return 0;
}
static uint64_t range_number(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++) {
        pe_value v = pe_number(a[l]);
        d[l] = pe_is_number(v) || pe_is_error(v) ? a[l] : 0.0;
    }
    return 0;
}
static pe_value boxed_boolean(double x)
{
    return pe_is_number(pe_number(x)) ? pe_boolean(x != 0) : pe_number(x);
}
static uint64_t box_boolean(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++) d[l] = pe_as_number(boxed_boolean(a[l]));
    return 0;
}
static pe_value boxed_code(const pe_domain *domain, double x)
{
    return pe_is_number(pe_number(x)) ? domain->values[(uint32_t)x] : pe_number(x);
}
static uint64_t box_code(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++)
        d[l] = pe_as_number(boxed_code(&f->program->domains[i->c], a[l]));
    return 0;
}
static uint64_t if_na(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a), *b = pei_slot(f, i->b);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++)
        d[l] = pe_as_number(
            pe_instruction_exact(f->program, i, pe_number(a[l]), pe_number(b[l]), pe_number(0)));
    return 0;
}
static uint64_t is_na(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = pei_slot(f, i->d);
    for (uint32_t l = 0; l < f->lanes; l++)
        d[l] = pe_as_number(
            pe_instruction_exact(f->program, i, pe_number(a[l]), pe_number(0), pe_number(0)));
    return 0;
}

/* ---- the general evaluator
 * ---------------------------------------------------------------------------- */

#define ASKED_MAX 256u /* of one evaluation: a range is asked for whole */

typedef struct general_state {
    const pei_frame *frame;
    const pe_general *general;
    uint32_t first;  /* lane 0 of the view */
    uint32_t *asked; /* cells that are not at hand; NULL: nobody wants to know */
    uint32_t *asked_count;
} general_state;

static bool general_read(const void *state, uint32_t cell, uint32_t lane, pe_value *value)
{
    const general_state *s = state;
    const pe_unit_read *reads = s->frame->program->reads + s->general->read_first;
    uint32_t low = 0, high = s->general->read_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (reads[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->general->read_count || reads[low].cell != cell) {
        if (s->asked != NULL && *s->asked_count < ASKED_MAX) s->asked[(*s->asked_count)++] = cell;
        return false;
    }
    const pe_unit_read *r = &reads[low];
    double x = pei_slot(s->frame, r->slot)[lane + s->first];
    switch ((pe_type)r->type) {
    case PE_TYPE_BOOLEAN:
        *value = boxed_boolean(x);
        break;
    case PE_TYPE_CODE:
        *value = boxed_code(&s->frame->program->domains[r->domain], x);
        break;
    default:
        *value = pe_number(x == 0 ? 0.0 : x);
        break;
    }
    return true;
}

static pe_status evaluate_view(pei_frame *f, const pe_general *g, const general_state *state,
                               uint32_t count, pe_value *const *lanes, uint32_t *missing)
{
    pe_engine_view view = {state, general_read};
    return f->general->evaluate(f->general->context, f->worker, &g->unit, &view,
                                f->trial + state->first, count, lanes, missing);
}

/* One valid lane. What it lacks goes to the frame's set. */
static pe_status evaluate_one(pei_frame *f, const pe_general *g, pe_value *const *lanes,
                              uint32_t lane)
{
    uint32_t asked[ASKED_MAX], asked_count = 0, missing = PE_NO_CELL;
    const general_state state = {f, g, f->valid_first + lane, asked, &asked_count};
    pe_status status = evaluate_view(f, g, &state, 1, lanes, &missing);
    if (status != PE_E_NOT_FOUND) return status;
    if (g->unit.table_row != 0) asked_count = 0; /* it asks for what need not vary, too */
    if (!pei_missing_add(&f->missing, (pe_engine_missing){g->unit.cell, missing}))
        return PE_E_MEMORY;
    for (uint32_t i = 0; i < asked_count; i++)
        if (asked[i] != g->unit.cell &&
            !pei_missing_add(&f->missing, (pe_engine_missing){g->unit.cell, asked[i]}))
            return PE_E_MEMORY;
    return PE_E_NOT_FOUND;
}

/* Lane by lane: each that is not lost already may be. */
static pe_status evaluate_each(pei_frame *f, const pe_general *g, pe_value **lanes)
{
    const uint32_t outputs = g->unit.output_count, count = f->valid_end - f->valid_first;
    pe_value **at = pe_arena_push_raw(f->arena, outputs, sizeof *at);
    if (at == NULL) return PE_E_MEMORY;
    for (uint32_t l = 0; l < count; l++) {
        if (f->lost[l]) continue;
        for (uint32_t o = 0; o < outputs; o++) at[o] = lanes[o] + l;
        pe_status status = evaluate_one(f, g, at, l);
        if (status == PE_OK) continue;
        if (status != PE_E_NOT_FOUND) return status;
        f->lost[l] = 1;
        f->any_lost = true;
        for (uint32_t o = 0; o < outputs; o++) *at[o] = pe_number(0);
    }
    return PE_OK;
}

static pe_status evaluate_lanes(pei_frame *f, const pe_general *g, pe_value **lanes)
{
    uint32_t missing = PE_NO_CELL, count = f->valid_end - f->valid_first;
    pe_status status = PE_E_NOT_FOUND;
    const general_state state = {f, g, f->valid_first, NULL, NULL};
    if (!f->any_lost) status = evaluate_view(f, g, &state, count, lanes, &missing);
    if (status == PE_E_NOT_FOUND) status = evaluate_each(f, g, lanes);
    if (status == PE_OK) return PE_OK;
    return pe_fail(&f->diag, status, "simulate", "the general evaluator failed: %s",
                   pe_status_text(status));
}

static uint64_t general(pei_frame *f, const pe_instruction *i)
{
    const pe_general *g = &f->program->generals[i->k];
    const uint32_t outputs = g->unit.output_count;
    const uint32_t *slots = f->lists + g->output_first;
    pe_value **lanes = pe_arena_push_raw(f->arena, outputs, sizeof *lanes);
    if (lanes == NULL) {
        f->status =
            pe_fail(&f->diag, PE_E_MEMORY, "simulate", "no memory for a general instruction");
        return 0;
    }
    for (uint32_t o = 0; o < outputs; o++) {
        double *d = pei_slot(f, slots[o]);
        for (uint32_t l = 0; l < f->lanes; l++) d[l] = 0;
        lanes[o] = (pe_value *)(void *)(d + f->valid_first);
    }
    f->status = evaluate_lanes(f, g, lanes);
    return 0;
}

/* ---- recording
 * ---------------------------------------------------------------------------------------- */

static void give(pei_frame *f, uint32_t column, const double *lanes)
{
    f->sink->lanes(f->sink->context, column, f->trial + f->valid_first,
                   f->valid_end - f->valid_first,
                   (const pe_value *)(const void *)(lanes + f->valid_first));
}
static uint64_t record(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = scratch_row(f, 0);
    for (uint32_t l = 0; l < f->lanes; l++) d[l] = a[l] == 0 ? 0.0 : a[l];
    give(f, i->k, d);
    return 0;
}
static uint64_t record_boolean(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = scratch_row(f, 0);
    for (uint32_t l = 0; l < f->lanes; l++) d[l] = pe_as_number(boxed_boolean(a[l]));
    give(f, i->k, d);
    return 0;
}
static uint64_t record_code(pei_frame *f, const pe_instruction *i)
{
    const double *a = pei_slot(f, i->a);
    double *d = scratch_row(f, 0);
    for (uint32_t l = 0; l < f->lanes; l++)
        d[l] = pe_as_number(boxed_code(&f->program->domains[i->c], a[l]));
    give(f, i->k, d);
    return 0;
}

const pei_kernel pei_special_kernels[PE_OPCODE_COUNT] = {
    [PE_I_UNIFORM] = uniform,
    [PE_I_INVERSE] = inverse,
    [PE_I_CALL] = call_body,
    [PE_I_PICK] = pick,
    [PE_I_ORDERED] = by_lane,
    [PE_I_FIND_SORTED] = by_lane,
    [PE_I_CONSTANT] = constant,
    [PE_I_TO_NUMBER] = to_number,
    [PE_I_TO_BOOLEAN] = to_boolean,
    [PE_I_RANGE_NUMBER] = range_number,
    [PE_I_BOX_BOOLEAN] = box_boolean,
    [PE_I_BOX_CODE] = box_code,
    [PE_I_IFNA] = if_na,
    [PE_I_ISNA] = is_na,
    [PE_I_GENERAL] = general,
    [PE_I_RECORD] = record,
    [PE_I_RECORD_BOOLEAN] = record_boolean,
    [PE_I_RECORD_CODE] = record_code,
};
