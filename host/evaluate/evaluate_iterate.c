/* evaluate_iterate.c: components of a workbook that iterates (calcPr): sweeps over their cells in
 * sheet, row, column order, from the stored values, until no cell moves by more than the workbook's
 * delta. Invariant: at most iterate_count sweeps. */
#include "evaluate_internal.h"

/* Evaluates one cell; what it needs outside the component is computed first. */
static pe_status sweep_cell(pei_context *x, uint32_t cell)
{
    for (;;) {
        pe_arena_mark mark = pe_arena_save(x->call.arena);
        x->missing.count = 0;
        pe_value v = pei_formula(x, cell);
        bool done = !x->unresolved;
        if (done) pei_store(x, cell, pei_cell_value(x, v));
        pe_arena_restore(x->call.arena, mark);
        if (x->status != PE_OK) return x->status;
        if (done) return PE_OK;
        if (x->missing.count == 0) return PE_E_NOT_FOUND;
        uint32_t first = x->missing.items[0];
        pe_status status = pei_compute(x, first);
        if (status != PE_OK) return status;
    }
}

static double change(pe_value before, pe_value after)
{
    if (!pe_is_number(before) || !pe_is_number(after)) return before.bits == after.bits ? 0 : 1e300;
    double d = pe_as_number(after) - pe_as_number(before);
    return d < 0 ? -d : d;
}

static bool can_sweep(const pei_context *x, uint32_t cell)
{
    pe_area block;
    return pe_graph_formula(x->graph, cell) != NULL && !pe_graph_block(x->graph, cell, &block) &&
           (x->drawing || pei_pin(x->evaluator, cell, x->evaluator->mode) == NULL);
}

pe_status pei_iterate(pei_context *x, uint32_t component)
{
    uint32_t count;
    const uint32_t *cells = pe_graph_component_cells(x->graph, component, &count);
    const pe_workbook *w = x->workbook;
    for (uint32_t i = 0; i < count; i++) pei_store(x, cells[i], pei_stored(x->evaluator, cells[i]));
    bool outer = x->iterating;
    x->iterating = true;
    pe_status status = PE_OK;
    for (uint32_t sweep = 0; sweep < w->iterate_count && status == PE_OK; sweep++) {
        double largest = 0;
        for (uint32_t i = 0; i < count && status == PE_OK; i++) {
            if (!can_sweep(x, cells[i])) continue;
            pe_value before = pei_read(x, cells[i]);
            status = sweep_cell(x, cells[i]);
            double d = change(before, pei_read(x, cells[i]));
            if (d > largest) largest = d;
        }
        if (largest <= w->iterate_delta) break;
    }
    x->iterating = outer;
    return status;
}
