/* evaluate_table.c: data tables: the model re-evaluated with its inputs replaced, in a layer over
 * the cells that the inputs (and random cells) reach. Invariant: nothing below the layer changes.
 */
#include "evaluate_internal.h"

#include <stdlib.h>

#define TABLE_DEPTH_MAX 8u /* a table whose formula reads a table, and so on */

uint32_t pei_rank(const uint64_t *bits, uint32_t cell_count, uint32_t *rank)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i <= cell_count / 64; i++) {
        rank[i] = total;
        total += (uint32_t)__builtin_popcountll(bits[i]);
    }
    return total;
}

pe_status pei_layer_push(pei_context *x, pei_layer *l, const uint64_t *bits, const uint32_t *rank,
                         uint32_t slot_count)
{
    memset(l, 0, sizeof *l);
    l->bits = bits;
    l->rank = rank;
    l->values = malloc(((size_t)slot_count + 1) * sizeof *l->values);
    l->state = calloc((size_t)slot_count + 1, sizeof *l->state);
    l->texts = pe_arena_new(PEI_SCRATCH_MAX);
    l->below = x->layer;
    x->layer = l;
    if (l->values && l->state && l->texts) return PE_OK;
    pei_layer_pop(x);
    return PE_E_MEMORY;
}

void pei_layer_clear(pei_layer *l, uint32_t slot_count)
{
    pe_arena_mark empty = {0};
    memset(l->state, PEI_PENDING, slot_count);
    pe_arena_restore(l->texts, empty);
}

void pei_layer_pop(pei_context *x)
{
    pei_layer *l = x->layer;
    x->layer = l->below;
    free(l->values);
    free(l->state);
    pe_arena_free(l->texts);
}

/* ---- plans
 * -------------------------------------------------------------------------------------------- */

typedef struct reader {
    pe_cell_ref ref;
    bool found;
} reader;

static bool reads(void *context, const pe_area *area)
{
    reader *r = context;
    r->found = pe_area_has(area, r->ref);
    return !r->found;
}

/* The cell, or where it is empty and so has no id, the formulas that read it. */
static void seed(pe_evaluator *e, pe_cell_ref ref, pei_table_plan *plan)
{
    uint64_t *bits = plan->bits;
    uint32_t count, cell = pe_graph_cell(e->graph, ref);
    if (cell != PE_NO_CELL) {
        pe_bit_set(bits, cell);
        return;
    }
    const uint32_t *order = pe_graph_order(e->graph, &count);
    for (uint32_t i = 0; i < count; i++) {
        reader r = {ref, false};
        pe_graph_precedents(e->graph, order[i], reads, &r);
        if (r.found) pe_bit_set(bits, order[i]);
        plan->empty_read = plan->empty_read || r.found;
    }
}

static void seed_random(pe_evaluator *e, uint64_t *bits)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    for (uint32_t i = 0; i < count; i++) {
        const pei_fact *fact = pei_fact_of(e, order[i]);
        if (fact != NULL && fact->random) pe_bit_set(bits, order[i]);
    }
}

static bool same_cell(pe_cell_ref a, pe_cell_ref b)
{
    return a.sheet == b.sheet && a.row == b.row && a.column == b.column;
}

/* Tables that replace the same cells reach the same cells. */
static bool same_inputs(const pe_formula_source *a, const pe_formula_source *b)
{
    if (a->two_inputs != b->two_inputs || a->input1_deleted != b->input1_deleted ||
        a->input2_deleted != b->input2_deleted || !same_cell(a->input1, b->input1))
        return false;
    return !a->two_inputs || same_cell(a->input2, b->input2);
}

static pe_status make_plan(pe_evaluator *e, uint32_t master, pei_table_plan *plan)
{
    const pe_workbook *w = e->workbook;
    size_t words = w->cell_count / 64 + 1;
    plan->master = master;
    plan->source = &w->formulas[w->cells[master].formula];
    for (const pei_table_plan *other = e->tables; other < plan; other++) {
        if (!same_inputs(plan->source, other->source)) continue;
        plan->bits = other->bits;
        plan->rank = other->rank;
        plan->slot_count = other->slot_count;
        plan->empty_read = other->empty_read;
        return PE_OK;
    }
    plan->bits = PE_PUSH(e->arena, uint64_t, words);
    plan->rank = PE_PUSH(e->arena, uint32_t, words);
    if (plan->bits == NULL || plan->rank == NULL) return PE_E_MEMORY;
    if (!plan->source->input1_deleted) seed(e, plan->source->input1, plan);
    if (plan->source->two_inputs && !plan->source->input2_deleted)
        seed(e, plan->source->input2, plan);
    seed_random(e, plan->bits);
    pe_status status = pe_graph_mark_dependents(e->graph, plan->bits);
    plan->slot_count = pei_rank(plan->bits, w->cell_count, plan->rank);
    return status;
}

static int compare_plans(const void *left, const void *right)
{
    const pei_table_plan *a = left, *b = right;
    return (a->master > b->master) - (a->master < b->master);
}

pe_status pei_tables(pe_evaluator *e)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    pe_area block;
    for (uint32_t i = 0; i < count; i++)
        if (pe_graph_formula(e->graph, order[i]) == NULL &&
            pe_graph_block(e->graph, order[i], &block))
            e->table_count++;
    e->tables = PE_PUSH(e->arena, pei_table_plan, e->table_count + 1);
    if (e->tables == NULL) return PE_E_MEMORY;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (pe_graph_formula(e->graph, order[i]) != NULL ||
            !pe_graph_block(e->graph, order[i], &block))
            continue;
        pe_status status = make_plan(e, order[i], &e->tables[at++]);
        if (status != PE_OK) return status;
    }
    if (at > 1) qsort(e->tables, at, sizeof *e->tables, compare_plans);
    return PE_OK;
}

/* ---- evaluation
 * --------------------------------------------------------------------------------------- */

pe_status pei_value_at(pei_context *x, pe_cell_ref ref, pe_value *v)
{
    uint32_t cell = pe_graph_cell(x->graph, ref);
    if (cell == PE_NO_CELL) {
        *v = pei_read_empty(x, ref);
        return PE_OK;
    }
    x->missing.count = 0;
    x->unresolved = false;
    *v = pei_read_slow(x, cell);
    if (!x->unresolved) return PE_OK;
    if (x->missing.count == 0) return PE_E_NOT_FOUND;
    pe_status status = pei_compute(x, x->missing.items[0]);
    x->unresolved = false;
    if (status == PE_OK) *v = pei_read_slow(x, cell);
    return status;
}

void pei_substitute(pei_context *x, pei_layer *l, pe_cell_ref ref, pe_value v)
{
    uint32_t i = l->substitute_count++;
    l->substitute[i] = ref;
    l->substitute_cell[i] = pe_graph_cell(x->graph, ref);
    l->substitute_value[i] = v;
}

static bool is_broken(const pe_formula_source *s)
{
    bool edge = s->area.row_first == 0 || s->area.column_first == 0;
    return s->input1_deleted || (edge && s->cells == NULL) || (s->two_inputs && s->input2_deleted);
}

static uint64_t mix_cell(uint64_t hash, pe_cell_ref ref)
{
    return pe_hash_mix(pe_hash_mix(hash, ref.sheet), (uint64_t)ref.row << 14 | ref.column);
}

/* As in Excel: with one input, the formula stands at the head of each row or column; with two, in
 * the corner. */
static void take_apart(const pe_formula_source *s, uint32_t i, uint32_t j, pe_table_cell *cell)
{
    const pe_area *a = &s->area;
    uint64_t columns = a->column_last - a->column_first + 1;
    pe_cell_ref left = {a->sheet_first, a->row_first + i, a->column_first - 1};
    pe_cell_ref top = {a->sheet_first, a->row_first - 1, a->column_first + j};
    cell->heading[0] = s->two_inputs || s->row_input ? top : left;
    cell->heading[1] = left;
    cell->target = s->row_input ? left : top;
    if (s->two_inputs) cell->target = (pe_cell_ref){left.sheet, top.row, left.column};
    cell->table_row = 1 + (s->two_inputs ? i * columns + j : s->row_input ? j : i);
}

bool pe_evaluator_table_cell(const pe_evaluator *evaluator, uint32_t master, uint32_t i, uint32_t j,
                             pe_table_cell *cell)
{
    const pei_table_plan *plan = pei_table_plan_of(evaluator, master);
    if (plan == NULL || is_broken(plan->source)) return false;
    const pe_formula_source *s = plan->source;
    cell->input_count = s->two_inputs ? 2 : 1;
    cell->input[0] = s->input1;
    cell->input[1] = s->input2;
    if (s->cells == NULL) {
        take_apart(s, i, j, cell);
        return true;
    }
    cell->heading[0] = s->cells->values[0];
    cell->heading[1] = s->cells->values[1];
    cell->target = s->cells->formula;
    cell->table_row = 1 + mix_cell(mix_cell(0, cell->heading[0]), cell->heading[1]);
    return true;
}

bool pe_evaluator_table_reach(const pe_evaluator *evaluator, uint32_t master, pe_table_reach *reach)
{
    const pei_table_plan *plan = pei_table_plan_of(evaluator, master);
    if (plan == NULL) return false;
    *reach = (pe_table_reach){plan->bits, plan->rank, plan->slot_count, plan->empty_read};
    return true;
}

/* One cell of the block. Draws belong to the substitution: cells with the same inputs share them.
 */
static pe_status table_cell(pei_context *x, const pei_table_plan *plan, uint32_t i, uint32_t j,
                            pe_value *output, pe_arena *texts)
{
    pe_table_cell cell;
    pe_value input[2];
    pei_layer layer;
    pe_status status = PE_OK;
    if (!pe_evaluator_table_cell(x->evaluator, plan->master, i, j, &cell)) return PE_OK;
    for (uint32_t k = 0; k < cell.input_count && status == PE_OK; k++)
        status = pei_value_at(x, cell.heading[k], &input[k]);
    if (status != PE_OK) return status;
    status = pei_layer_push(x, &layer, plan->bits, plan->rank, plan->slot_count);
    if (status != PE_OK) return status;
    uint64_t outer = x->table_row;
    x->table_row = outer == 0 ? cell.table_row : pe_hash_mix(outer, cell.table_row);
    for (uint32_t k = 0; k < cell.input_count; k++)
        pei_substitute(x, &layer, cell.input[k], input[k]);
    status = pei_value_at(x, cell.target, output);
    if (status == PE_OK) *output = pei_keep(texts, pei_cell_value(x, *output));
    x->table_row = outer;
    pei_layer_pop(x);
    return status;
}

const pei_table_plan *pei_table_plan_of(const pe_evaluator *e, uint32_t master)
{
    uint32_t low = 0, high = e->table_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (e->tables[middle].master == master) return &e->tables[middle];
        if (e->tables[middle].master < master)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

pe_status pei_table(pei_context *x, uint32_t master, pe_value *outputs, pe_arena *texts)
{
    const pei_table_plan *plan = pei_table_plan_of(x->evaluator, master);
    if (plan == NULL) return PE_E_INTERNAL;
    const pe_area *b = &plan->source->area;
    uint32_t rows = b->row_last - b->row_first + 1, columns = b->column_last - b->column_first + 1;
    for (size_t i = 0; i < (size_t)rows * columns; i++) outputs[i] = pe_error(PE_ERROR_REF);
    if (is_broken(plan->source) || x->table_depth >= TABLE_DEPTH_MAX) return PE_OK;
    pe_status status = PE_OK;
    x->table_depth++;
    for (uint32_t i = 0; i < rows && status == PE_OK; i++)
        for (uint32_t j = 0; j < columns && status == PE_OK; j++)
            status = table_cell(x, plan, i, j, &outputs[(size_t)i * columns + j], texts);
    x->table_depth--;
    x->unresolved = false;
    return status;
}
