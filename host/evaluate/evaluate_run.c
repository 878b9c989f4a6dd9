/* evaluate_run.c: computes cells on demand. A formula that reads a cell without a value is set
 * aside on an explicit stack and evaluated again when the cell has one. Invariant: the cells marked
 * active are exactly the chain of formulas set aside; a cell that asks for an active one closes a
 * true cycle. */
#include "evaluate_internal.h"

#include <stdlib.h>

/* ---- where values stand
 * ------------------------------------------------------------------------------- */

static pei_state state_of(const pei_context *x, uint32_t cell)
{
    for (const pei_layer *l = x->layer; l != NULL; l = l->below) {
        uint32_t slot = pei_layer_slot(l, cell);
        if (slot != PEI_NONE) return (pei_state)l->state[slot];
    }
    return (pei_state)x->evaluator->state[cell];
}

static void set_state(pei_context *x, uint32_t cell, pei_state state)
{
    for (pei_layer *l = x->layer; l != NULL; l = l->below) {
        uint32_t slot = pei_layer_slot(l, cell);
        if (slot == PEI_NONE) continue;
        l->state[slot] = (uint8_t)state;
        return;
    }
    if (x->writer != NULL) x->writer->state[cell] = (uint8_t)state;
}

bool pei_is_done(const pei_context *x, uint32_t cell)
{
    return state_of(x, cell) == PEI_DONE;
}

void pei_store(pei_context *x, uint32_t cell, pe_value v)
{
    for (pei_layer *l = x->layer; l != NULL; l = l->below) {
        uint32_t slot = pei_layer_slot(l, cell);
        if (slot == PEI_NONE) continue;
        l->values[slot] = pei_keep(l->texts, v);
        l->state[slot] = PEI_DONE;
        return;
    }
    if (x->writer == NULL) return;
    x->writer->values[cell] = pei_keep(x->writer->texts, v);
    x->writer->state[cell] = PEI_DONE;
}

/* ---- blocks
 * ------------------------------------------------------------------------------------------- */

static void store_block(pei_context *x, uint32_t master, const pe_area *b, pe_value v)
{
    const pe_formula_source *source = &x->workbook->formulas[x->workbook->cells[master].formula];
    for (uint32_t r = b->row_first; r <= b->row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(x->workbook, b->sheet_first, r, b->column_first, b->column_last, &first,
                        &end);
        for (uint32_t i = first; i < end; i++) {
            if (pe_graph_master(x->graph, i) != master) continue;
            uint32_t column = x->workbook->cells[i].column - b->column_first;
            pe_value e = pei_block_value(source, v, r - b->row_first, column);
            bool beyond =
                source->kind == PE_FORMULA_DYNAMIC && pe_is(e, PE_KIND_BLANK) && i != master;
            pei_store(x, i, beyond ? e : pei_cell_value(x, e));
        }
    }
}

static pe_status store_table(pei_context *x, uint32_t master, const pe_area *b)
{
    uint32_t columns = b->column_last - b->column_first + 1;
    size_t count = (size_t)(b->row_last - b->row_first + 1) * columns;
    pe_arena *texts = x->writer != NULL ? x->writer->texts : x->layer->texts;
    pe_value *outputs = malloc(count * sizeof *outputs);
    if (outputs == NULL) return PE_E_MEMORY;
    pe_status status = pei_table(x, master, outputs, texts);
    for (size_t i = 0; status == PE_OK && !x->unresolved && i < count; i++) {
        pe_cell_ref ref = {b->sheet_first, b->row_first + (uint32_t)(i / columns),
                           b->column_first + (uint32_t)(i % columns)};
        uint32_t cell = pe_graph_cell(x->graph, ref);
        if (cell != PE_NO_CELL) pei_store(x, cell, outputs[i]);
    }
    free(outputs);
    return status;
}

/* ---- one attempt
 * -------------------------------------------------------------------------------------- */

/* Evaluates a formula cell or block once: stored and done, or x->unresolved with x->missing filled.
 */
static pe_status attempt(pei_context *x, uint32_t cell)
{
    pe_area block;
    pe_arena_mark mark = pe_arena_save(x->call.arena);
    pe_status status = PE_OK;
    x->missing.count = 0;
    x->unresolved = false;
    if (pe_graph_formula(x->graph, cell) == NULL) {
        if (!pe_graph_block(x->graph, cell, &block)) return PE_E_INTERNAL;
        status = store_table(x, cell, &block);
    } else {
        pe_value v = pei_formula(x, cell);
        if (!x->unresolved) {
            if (pe_graph_block(x->graph, cell, &block))
                store_block(x, cell, &block, v);
            else
                pei_store(x, cell, pei_cell_value(x, v));
        }
    }
    pe_arena_restore(x->call.arena, mark);
    return status != PE_OK ? status : x->status;
}

/* A cell asked for an active one: everything active above it on the stack is the cycle, and shows
 * 0. */
static pe_status close_cycle(pei_context *x, size_t base, uint32_t asked)
{
    pei_stack *work = &x->work;
    size_t from = work->count;
    while (from > base && !(work->items[from - 1] == asked)) from--;
    for (size_t i = from > base ? from - 1 : base; i < work->count; i++) {
        uint32_t cell = work->items[i];
        pe_area block;
        if (state_of(x, cell) != PEI_ACTIVE) continue;
        if (pe_graph_block(x->graph, cell, &block)) store_block(x, cell, &block, pe_number(0));
        pei_store(x, cell, pe_number(0));
        if (x->writer != NULL && x->layer == NULL &&
            pei_stack_push(&x->writer->cycles, cell) != PE_OK)
            return PE_E_MEMORY;
        if (x->layer != NULL) x->cycle = true;
    }
    return PE_OK;
}

/* Notes that a cell needed another that the graph does not order before it. */
static pe_status push_missing(pei_context *x, size_t base)
{
    for (size_t i = 0; i < x->missing.count; i++) {
        uint32_t cell = x->missing.items[i];
        pei_state state = state_of(x, cell);
        if (state == PEI_DONE) continue;
        pe_status status =
            state == PEI_ACTIVE ? close_cycle(x, base, cell) : pei_stack_push(&x->work, cell);
        if (status != PE_OK || state == PEI_ACTIVE) return status;
    }
    return PE_OK;
}

/* In a layer, what keeps its stored value in the base case keeps it there too, except that random
 * cells draw. */
static bool keeps_below(pei_context *x, uint32_t cell)
{
    if (x->layer == NULL) return false;
    const char *why = pei_pin(x->evaluator, cell, PE_EVALUATE_BASE);
    if (why == NULL || (x->drawing && (why[0] == 'r' || why[0] == 's'))) return false;
    pei_store(x, cell, x->evaluator->values[cell]);
    return true;
}

static bool iterates(const pei_context *x, uint32_t cell)
{
    return x->workbook->iterate && !x->iterating && pe_graph_component(x->graph, cell) != 0;
}

pe_status pei_compute(pei_context *x, uint32_t cell)
{
    size_t base = x->work.count;
    pe_status status = pei_stack_push(&x->work, pe_graph_master(x->graph, cell));
    while (status == PE_OK && x->work.count > base) {
        uint32_t top = x->work.items[x->work.count - 1];
        if (state_of(x, top) == PEI_DONE) {
            x->work.count--;
            continue;
        }
        if (iterates(x, top)) {
            status = pei_iterate(x, pe_graph_component(x->graph, top));
            continue;
        }
        if (keeps_below(x, top)) continue;
        set_state(x, top, PEI_ACTIVE);
        status = attempt(x, top);
        if (status == PE_OK && state_of(x, top) != PEI_DONE) {
            if (x->missing.count == 0)
                return x->not_found != PE_NO_CELL ? PE_E_NOT_FOUND : PE_E_INTERNAL;
            status = push_missing(x, base);
        }
    }
    if (status != PE_OK) x->work.count = base;
    return status;
}

/* ---- the whole workbook
 * ------------------------------------------------------------------------------- */

static bool keeps_stored(const pe_evaluator *e, uint32_t cell)
{
    return pei_pin(e, cell, e->mode) != NULL;
}

static void pin_block(pe_evaluator *e, uint32_t master)
{
    pe_area b;
    e->values[master] = pei_stored(e, master);
    e->state[master] = PEI_DONE;
    if (!pe_graph_block(e->graph, master, &b)) return;
    for (uint32_t r = b.row_first; r <= b.row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(e->workbook, b.sheet_first, r, b.column_first, b.column_last, &first, &end);
        for (uint32_t i = first; i < end; i++) {
            if (pe_graph_master(e->graph, i) != master) continue;
            e->values[i] = pei_stored(e, i);
            e->state[i] = PEI_DONE;
        }
    }
}

/* Constants and pinned cells have their values from the start. */
static void prepare(pe_evaluator *e)
{
    uint32_t order_count;
    const uint32_t *order = pe_graph_order(e->graph, &order_count);
    for (uint32_t i = 0; i < e->workbook->cell_count; i++) {
        e->values[i] = pei_stored(e, i);
        e->state[i] =
            e->workbook->cells[i].formula == PE_NO_FORMULA && pe_graph_master(e->graph, i) == i
                ? PEI_DONE
                : PEI_PENDING;
    }
    for (uint32_t i = 0; i < order_count; i++)
        if (keeps_stored(e, order[i]))
            pin_block(e, order[i]);
        else
            e->state[order[i]] = PEI_PENDING;
}

static int ascending(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return p < q ? -1 : p > q;
}

static pe_status run(pei_context *x, pe_evaluator *e, const pe_control *control)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    for (uint32_t i = 0; i < count; i++) {
        if ((i & 0x3FFF) == 0) {
            if (pe_cancelled(control)) return PE_E_CANCELLED;
            pe_progress(control, "evaluate", i, count);
        }
        if (e->state[order[i]] == PEI_DONE) continue;
        pe_status status = pei_compute(x, order[i]);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

/* ---- edges found on the way
 * --------------------------------------------------------------------------- */

typedef struct covered {
    pe_cell_ref ref;
    bool found;
} covered;

static bool covers(void *context, const pe_area *area)
{
    covered *c = context;
    c->found = pe_area_has(area, c->ref);
    return !c->found;
}

static int by_edge(const void *a, const void *b)
{
    const pe_edge *p = a, *q = b;
    if (p->cell != q->cell) return p->cell < q->cell ? -1 : 1;
    return p->precedent < q->precedent ? -1 : p->precedent > q->precedent;
}

/* Drops edges that come twice or that the graph has already. */
static void keep_new_edges(pe_evaluator *e)
{
    size_t kept = 0;
    if (e->edge_count == 0) return;
    qsort(e->edges, e->edge_count, sizeof *e->edges, by_edge);
    for (size_t i = 0; i < e->edge_count; i++) {
        if (kept > 0 && by_edge(&e->edges[kept - 1], &e->edges[i]) == 0) continue;
        covered c = {pe_workbook_ref(e->workbook, e->edges[i].precedent), false};
        pe_graph_precedents(e->graph, e->edges[i].cell, covers, &c);
        if (!c.found) e->edges[kept++] = e->edges[i];
    }
    e->edge_count = kept;
}

/* Whether a mode pins a cell that the latest run's mode does not, or the other way round. */
static bool pin_differs(const pe_evaluator *e, uint32_t cell, pe_evaluate_mode mode)
{
    return (pei_pin(e, cell, e->mode) != NULL) != (pei_pin(e, cell, mode) != NULL);
}

/* Cells that cannot have the value that they have: those pinned in one mode only, and what depends
 * on them. NULL bits: none. */
static pe_status changed_cells(const pe_evaluator *e, pe_evaluate_mode mode, uint64_t **bits)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    bool any = false;
    *bits = NULL;
    for (uint32_t i = 0; i < count && !any; i++) any = pin_differs(e, order[i], mode);
    if (!any) return PE_OK;
    *bits = calloc(e->workbook->cell_count / 64 + 1, sizeof **bits);
    if (*bits == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < e->workbook->cell_count; i++)
        if (pin_differs(e, i, mode)) pe_bit_set(*bits, i);
    return pe_graph_mark_dependents(e->graph, *bits);
}

/* From a run in another mode to what this mode has still to compute. */
static void prepare_changed(pe_evaluator *e, const uint64_t *bits)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    for (uint32_t i = 0; i < e->workbook->cell_count; i++)
        if (pe_bit(bits, i)) e->state[i] = PEI_PENDING;
    for (uint32_t i = 0; i < count; i++)
        if (pe_bit(bits, order[i]) && keeps_stored(e, order[i])) pin_block(e, order[i]);
}

/* Texts of values that were replaced stay: beyond this a run starts anew. */
#define TEXTS_MAX ((size_t)256 << 20)

/* What both modes, or this run and the last, compute has the same value in both, unless iteration
 * starts from elsewhere or a reference found on the way is not in the graph. */
static bool values_last(const pe_evaluator *e)
{
    return e->ran && !e->workbook->iterate && e->cycles.count == 0 && e->edge_count == 0 &&
           pe_arena_bytes(e->texts) < TEXTS_MAX;
}

pe_status pe_evaluator_edited(pe_evaluator *e, const uint32_t *cells, uint32_t count)
{
    bool last = values_last(e);
    e->ran = false;
    if (!last) return PE_OK;
    uint64_t *bits = calloc(e->workbook->cell_count / 64 + 1, sizeof *bits);
    if (bits == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < count; i++) pe_bit_set(bits, cells[i]);
    uint32_t order_count;
    const uint32_t *order = pe_graph_order(e->graph, &order_count);
    for (uint32_t i = 0; i < order_count; i++) /* which constants these read, nobody noted */
        if (pe_graph_flags(e->graph, order[i]) & PE_FORMULA_HAS_DYNAMIC) pe_bit_set(bits, order[i]);
    pe_status status = pe_graph_mark_dependents(e->graph, bits);
    if (status == PE_OK) {
        prepare_changed(e, bits);
        for (uint32_t i = 0; i < count; i++) {
            e->values[cells[i]] = pei_stored(e, cells[i]);
            e->state[cells[i]] = PEI_DONE;
        }
        e->ran = e->edited = true;
    }
    free(bits);
    return status;
}

static pe_status run_all(pe_evaluator *e, const pe_control *control)
{
    pei_context *x = malloc(sizeof *x);
    if (x == NULL || pei_context_init(x, e, e) != PE_OK) {
        free(x);
        return PE_E_MEMORY;
    }
    x->fast_values = e->values;
    x->all_state = e->state;
    x->blocks = e->blocks;
    pei_blocks_clear(e->blocks);
    pe_status status = run(x, e, control);
    if (status == PE_OK) keep_new_edges(e);
    if (e->cycles.count > 0)
        qsort(e->cycles.items, e->cycles.count, sizeof *e->cycles.items, ascending);
    pei_context_end(x);
    free(x);
    return status;
}

pe_status pe_evaluator_run(pe_evaluator *e, pe_evaluate_mode mode, pe_pool *pool,
                           const pe_control *control, pe_diag *diag)
{
    uint64_t *changed = NULL;
    pe_arena_mark empty = {0};
    pe_status status = PE_OK;
    bool again = values_last(e);
    PE_UNUSED(pool);
    e->ran = false;
    if (again) status = changed_cells(e, mode, &changed);
    e->mode = mode;
    if (again && changed != NULL) {
        prepare_changed(e, changed);
    } else if (!again) {
        pe_arena_restore(e->texts, empty);
        e->cycles.count = 0;
        e->edge_count = 0;
        prepare(e);
    }
    if (status == PE_OK && (!again || changed != NULL || e->edited)) status = run_all(e, control);
    free(changed);
    e->ran = status == PE_OK;
    e->edited = false;
    if (status == PE_OK) return PE_OK;
    return pe_fail(diag, status, "evaluator", "%s", pe_status_text(status));
}

pe_status pe_evaluator_new(const pe_graph *graph, const pe_evaluate_options *options,
                           pe_evaluator **evaluator, pe_diag *diag)
{
    pe_arena *arena = pe_arena_new(PEI_ARENA_MAX);
    pe_evaluator *e = arena != NULL ? PE_PUSH(arena, pe_evaluator, 1) : NULL;
    pe_status status = PE_E_MEMORY;
    if (e == NULL) goto fail;
    e->arena = arena;
    e->graph = graph;
    e->workbook = pe_graph_workbook(graph);
    if (options != NULL) e->options = *options;
    e->texts = pe_arena_new(PEI_ARENA_MAX);
    e->values = PE_PUSH(arena, pe_value, e->workbook->cell_count + 1);
    e->state = PE_PUSH(arena, uint8_t, e->workbook->cell_count + 1);
    e->blocks = pei_blocks_new();
    if (!e->texts || !e->values || !e->state || !e->blocks) goto fail;
    PE_TRY(pei_facts(e, diag));
    PE_TRY(pei_tables(e));
    *evaluator = e;
    return PE_OK;
fail:
    if (e != NULL) {
        pei_blocks_free(e->blocks);
        pe_arena_free(e->texts);
    }
    pe_arena_free(arena);
    return pe_fail(diag, status, "evaluator", "out of memory");
}

void pe_evaluator_free(pe_evaluator *e)
{
    if (e == NULL) return;
    free(e->cycles.items);
    free(e->edges);
    pei_blocks_free(e->blocks);
    pe_arena_free(e->texts);
    pe_arena_free(e->arena);
}

size_t pe_evaluator_bytes(const pe_evaluator *e)
{
    return pe_arena_bytes(e->arena) + pe_arena_bytes(e->texts) +
           (e->blocks != NULL ? pe_arena_bytes(pei_blocks_arena(e->blocks)) : 0) +
           e->edge_capacity * sizeof *e->edges;
}

pe_value pe_evaluator_value(const pe_evaluator *e, uint32_t cell)
{
    return e->values[cell];
}

const uint32_t *pe_evaluator_cycles(const pe_evaluator *e, uint32_t *count)
{
    *count = (uint32_t)e->cycles.count;
    return e->cycles.items;
}

const pe_edge *pe_evaluator_dynamic_edges(const pe_evaluator *e, uint32_t *count)
{
    *count = (uint32_t)e->edge_count;
    return e->edges;
}
