/* evaluate_lane.c: the evaluator for one trial at a time: subtrees, arrays, components and data
 * tables that the program hands over. Invariant: a lane's outputs depend on the trial and on the
 * cells it reads, not on earlier calls. */
#include "evaluate_internal.h"

#include <stdlib.h>

typedef struct lane_component { /* a component's cells as a layer; made when first asked for */
    uint64_t *bits;
    uint32_t *rank;
    uint32_t slot_count;
} lane_component;

struct pe_lane {
    pei_context context;
    const pe_evaluator *evaluator;
    pe_arena *arena; /* layers' bit sets */
    pe_arena *texts; /* of the outputs */
    lane_component *components;
    pei_layer replaced; /* between pe_lane_replace and pe_lane_restore */
};

double pe_evaluator_now(const pe_evaluator *evaluator)
{
    return evaluator->options.now;
}

pe_status pe_lane_new(const pe_evaluator *evaluator, pe_lane **lane, pe_diag *diag)
{
    pe_lane *l = calloc(1, sizeof *l);
    if (l == NULL) goto fail;
    l->evaluator = evaluator;
    l->arena = pe_arena_new(PEI_ARENA_MAX);
    l->texts = pe_arena_new(PEI_SCRATCH_MAX);
    if (l->arena == NULL || l->texts == NULL) goto fail;
    l->components =
        PE_PUSH(l->arena, lane_component, pe_graph_component_count(evaluator->graph) + 1);
    if (l->components == NULL || pei_context_init(&l->context, evaluator, NULL) != PE_OK) goto fail;
    l->context.drawing = true;
    *lane = l;
    return PE_OK;
fail:
    pe_lane_free(l);
    return pe_fail(diag, PE_E_MEMORY, "lane", "out of memory");
}

void pe_lane_free(pe_lane *lane)
{
    if (lane == NULL) return;
    pei_context_end(&lane->context);
    pe_arena_free(lane->arena);
    pe_arena_free(lane->texts);
    free(lane);
}

void pe_lane_reset(pe_lane *lane)
{
    pe_arena_mark empty = {0};
    pe_arena_restore(lane->texts, empty);
    pe_arena_restore(lane->context.call.arena, empty);
}

/* ---- one formula
 * -------------------------------------------------------------------------------------- */

static pe_status node_unit(pe_lane *l, const pe_unit *unit, pe_value *outputs)
{
    pei_context *x = &l->context;
    pe_value v = pei_formula_node(x, unit->cell, unit->node);
    while (x->unresolved && x->layer != NULL && x->missing.count > 0) {
        pe_status status = pei_compute(x, x->missing.items[0]);
        if (status != PE_OK) return status;
        x->missing.count = 0;
        x->unresolved = false;
        v = pei_formula_node(x, unit->cell, unit->node);
    }
    if (x->unresolved) return PE_E_NOT_FOUND;
    if (unit->node == x->root)
        v = pei_cell_value(x, v);
    else if (pe_is(v, PE_KIND_ARRAY))
        v = pe_as_array(v)->cells[0];
    else if (pe_is(v, PE_KIND_LAMBDA))
        v = pe_error(PE_ERROR_CALC);
    outputs[0] = pei_keep(l->texts, v);
    return PE_OK;
}

static pe_status array_unit(pe_lane *l, const pe_unit *unit, pe_value *outputs)
{
    pei_context *x = &l->context;
    pe_area b;
    pe_value v = pei_formula(x, unit->cell);
    if (x->unresolved) return PE_E_NOT_FOUND;
    if (!pe_graph_block(x->graph, unit->cell, &b)) {
        outputs[0] = pei_keep(l->texts, pei_cell_value(x, v));
        return PE_OK;
    }
    const pe_formula_source *source =
        &x->workbook->formulas[x->workbook->cells[unit->cell].formula];
    uint32_t columns = b.column_last - b.column_first + 1;
    for (uint32_t i = 0; i < unit->output_count; i++) {
        pe_value e = pei_block_value(source, v, i / columns, i % columns);
        bool beyond = source->kind == PE_FORMULA_DYNAMIC && pe_is(e, PE_KIND_BLANK) && i > 0;
        outputs[i] = beyond ? e : pei_keep(l->texts, pei_cell_value(x, e));
    }
    return PE_OK;
}

/* ---- components
 * --------------------------------------------------------------------------------------- */

static void add_block(const pe_graph *g, uint32_t master, uint64_t *bits)
{
    const pe_workbook *w = pe_graph_workbook(g);
    pe_area b;
    pe_bit_set(bits, master);
    if (!pe_graph_block(g, master, &b)) return;
    for (uint32_t r = b.row_first; r <= b.row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(w, b.sheet_first, r, b.column_first, b.column_last, &first, &end);
        for (uint32_t i = first; i < end; i++)
            if (pe_graph_master(g, i) == master) pe_bit_set(bits, i);
    }
}

static pe_status prepare_component(pe_lane *l, uint32_t component, lane_component *c)
{
    const pe_graph *g = l->evaluator->graph;
    uint32_t count, cell_count = l->evaluator->workbook->cell_count;
    const uint32_t *cells = pe_graph_component_cells(g, component, &count);
    uint64_t *bits = PE_PUSH(l->arena, uint64_t, cell_count / 64 + 1);
    c->rank = PE_PUSH(l->arena, uint32_t, cell_count / 64 + 1);
    if (bits == NULL || c->rank == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < count; i++) add_block(g, cells[i], bits);
    c->slot_count = pei_rank(bits, cell_count, c->rank);
    c->bits = bits;
    return PE_OK;
}

static pe_status component_unit(pe_lane *l, const pe_unit *unit, pe_value *outputs)
{
    pei_context *x = &l->context;
    pei_layer layer;
    lane_component *c = &l->components[unit->component];
    uint32_t count;
    const uint32_t *cells = pe_graph_component_cells(x->graph, unit->component, &count);
    pe_status status = c->bits == NULL ? prepare_component(l, unit->component, c) : PE_OK;
    if (status != PE_OK) return status;
    status = pei_layer_push(x, &layer, c->bits, c->rank, c->slot_count);
    if (status != PE_OK) return status;
    for (uint32_t i = 0; i < count && status == PE_OK; i++) status = pei_compute(x, cells[i]);
    for (uint32_t i = 0; i < count && i < unit->output_count && status == PE_OK; i++)
        outputs[i] = pei_keep(l->texts, pei_read_slow(x, cells[i]));
    pei_layer_pop(x);
    return status == PE_OK && x->cycle ? PE_E_CYCLE : status;
}

/* ---- a data table's replacements */

pe_status pe_lane_replace(pe_lane *lane, uint32_t master, const pe_table_cell *cell,
                          const pe_value values[2], const pe_lane_source *source)
{
    const pei_table_plan *plan = pei_table_plan_of(lane->evaluator, master);
    if (plan == NULL) return PE_E_NOT_FOUND;
    lane->context.source = source;
    lane->context.source_first = false;
    pe_status status =
        pei_layer_push(&lane->context, &lane->replaced, plan->bits, plan->rank, plan->slot_count);
    for (uint32_t k = 0; k < cell->input_count && status == PE_OK; k++)
        pei_substitute(&lane->context, &lane->replaced, cell->input[k], values[k]);
    return status;
}

void pe_lane_restore(pe_lane *lane)
{
    if (lane->context.layer != NULL) pei_layer_pop(&lane->context);
}

pe_status pe_lane_cell(pe_lane *lane, uint32_t cell, pe_value *value)
{
    pei_context *x = &lane->context;
    x->not_found = PE_NO_CELL;
    x->status = PE_OK;
    x->missing.count = x->work.count = 0;
    return pei_value_at(x, pe_workbook_ref(lane->evaluator->workbook, cell), value);
}

/* ---- */

pe_status pe_lane_evaluate(pe_lane *lane, const pe_unit *unit, const pe_lane_source *source,
                           uint64_t trial, pe_value *outputs, uint32_t *missing)
{
    pei_context *x = &lane->context;
    pe_arena_mark mark = pe_arena_save(x->call.arena);
    pe_status status = PE_E_ARGUMENT;
    const pe_lane_source *of_replacement = x->source; /* pe_lane_cell goes on with it */
    x->source = source;
    x->trial = trial;
    x->not_found = PE_NO_CELL;
    x->cycle = x->unresolved = x->iterating = false;
    x->status = PE_OK;
    x->table_row = unit->table_row;
    x->source_first = unit->table_row != 0;
    x->table_depth = 0;
    x->missing.count = x->work.count = 0;
    switch (unit->kind) {
    case PE_UNIT_NODE:
        status = node_unit(lane, unit, outputs);
        break;
    case PE_UNIT_ARRAY:
        status = array_unit(lane, unit, outputs);
        break;
    case PE_UNIT_COMPONENT:
        status = component_unit(lane, unit, outputs);
        break;
    case PE_UNIT_TABLE:
        status = pei_table(x, unit->cell, outputs, lane->texts);
        break;
    }
    pe_arena_restore(x->call.arena, mark);
    x->source = of_replacement;
    if (status == PE_E_NOT_FOUND && x->not_found == PE_NO_CELL) status = PE_E_INTERNAL;
    if (status == PE_E_NOT_FOUND && unit->kind == PE_UNIT_NODE && x->not_found == unit->cell) {
        outputs[0] = pe_number(0); /* OFFSET or INDIRECT led back to the formula's own cell */
        return PE_E_CYCLE;
    }
    if (status == PE_E_NOT_FOUND) *missing = x->not_found;
    return x->status != PE_OK ? x->status : status;
}
