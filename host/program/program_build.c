/* program_build.c: from graph and BASE values to a verified program: slice, lower, fuse, schedule,
 * emit, verify. */
#include <stdlib.h>

#include "program_internal.h"

#define PROGRAM_BYTES_MAX ((size_t)16 << 30)
#define SCRATCH_BYTES_MAX ((size_t)4 << 30)
#define CANCEL_STRIDE 64u

static void builder_free(pei_builder *b)
{
    pei_columns_free(b);
    pei_replaced_free(b->room);
    pe_lane_free(b->lane);
    pe_map_free(b->texts);
    pe_map_free(b->domain_map);
    pe_map_free(b->table_map);
    pe_map_free(b->reduce_map);
    pe_arena_free(b->scratch);
    free(b->nodes);
    free(b->lists);
    free(b->constants);
    free(b->entries);
    free(b->constant_index.slots);
    free(b->pair_index.slots);
    free(b->tables);
    free(b->draws);
    free(b->inverses);
    free(b->generals);
    free(b->reads);
    free(b->domains);
    free(b->text_values);
    free(b->cell_node);
    free(b->slice);
    free(b->dynamic);
    free(b->entered);
}

static pe_status builder_init(pei_builder *b, const pe_graph *graph, const pe_evaluator *evaluator,
                              const pe_program_request *request, pe_diag *diag)
{
    b->graph = graph;
    b->workbook = pe_graph_workbook(graph);
    if (b->workbook->semantics == PE_SEMANTICS_CALC) b->calc = &b->workbook->calc;
    b->formulas = pe_graph_formulas(graph);
    b->evaluator = evaluator;
    b->request = request;
    b->diag = diag;
    b->cell = PE_NO_CELL;
    size_t cells = b->workbook->cell_count, words = (cells + 63) / 64 + 1;
    b->scratch = pe_arena_new(SCRATCH_BYTES_MAX);
    b->texts = pe_map_new();
    b->domain_map = pe_map_new();
    b->table_map = pe_map_new();
    b->reduce_map = pe_map_new();
    b->cell_node = malloc((cells + 1) * sizeof *b->cell_node);
    b->slice = calloc(words, sizeof *b->slice);
    pei_shapes_init(b);
    if (b->scratch == NULL || b->texts == NULL || b->domain_map == NULL || b->table_map == NULL ||
        b->reduce_map == NULL || b->cell_node == NULL || b->slice == NULL)
        return pe_fail(diag, PE_E_MEMORY, "program", "no memory to compile the model");
    memset(b->cell_node, 0xFF, (cells + 1) * sizeof *b->cell_node);
    return pei_dynamic_init(b);
}

/* Varying cells that the recorded ones depend on. */
static pe_status mark_slice(pei_builder *b)
{
    const pe_program_request *r = b->request;
    for (uint32_t i = 0; i < r->recorded_count; i++)
        if (r->recorded[i] < b->workbook->cell_count && pei_is_varying(b, r->recorded[i]))
            pe_bit_set(b->slice, r->recorded[i]);
    pe_status status = pe_graph_mark_precedents(b->graph, b->slice);
    if (status != PE_OK)
        return pe_fail(b->diag, status, "program",
                       "the model's dependencies could not be followed");
    size_t words = (b->workbook->cell_count + 63) / 64;
    for (size_t w = 0; w < words; w++) b->slice[w] &= r->varying[w];
    return PE_OK;
}

static pe_status lower_slice(pei_builder *b)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(b->graph, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (i % CANCEL_STRIDE == 0 && pe_cancelled(b->control))
            return pe_fail(b->diag, PE_E_CANCELLED, "compile", "cancelled");
        if (!pe_bit(b->slice, order[i])) continue;
        b->program->info.cells++;
        if (!pei_lower_in_order(b, order[i])) return b->status;
    }
    b->cell = PE_NO_CELL;
    return PE_OK;
}

static bool record_column(pei_builder *b, uint32_t column, pe_value *values, uint8_t *uniform)
{
    uint32_t cell = b->request->recorded[column];
    uniform[column] = cell >= b->workbook->cell_count || !pei_is_varying(b, cell);
    if (uniform[column]) {
        values[column] =
            cell < b->workbook->cell_count ? pe_evaluator_value(b->evaluator, cell) : pe_blank();
        return true;
    }
    uint32_t node = b->cell_node[cell];
    if (node == PEI_NONE) return pei_fail(b, PE_E_INTERNAL, "an output cell was not compiled");
    pei_node n = {.op = PE_I_RECORD,
                  .type = PE_TYPE_ANY,
                  .eager = 2,
                  .a = node,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = column};
    if (pei_type_of(b, node) == PE_TYPE_BOOLEAN) n.op = PE_I_RECORD_BOOLEAN;
    if (pei_type_of(b, node) == PE_TYPE_CODE) {
        n.op = PE_I_RECORD_CODE;
        n.c = b->nodes[node].domain;
    }
    n.group = pei_new_group(b);
    return pei_make_unique(b, &n) != PEI_NONE;
}

static pe_status record_columns(pei_builder *b)
{
    uint32_t count = b->request->recorded_count;
    pe_value *values = PE_PUSH(b->arena, pe_value, count + 1);
    uint8_t *uniform = PE_PUSH(b->arena, uint8_t, count + 1);
    if (values == NULL || uniform == NULL)
        return pe_fail(b->diag, PE_E_MEMORY, "program", "no memory for columns");
    for (uint32_t i = 0; i < count; i++)
        if (!record_column(b, i, values, uniform)) return b->status;
    b->program->column_count = count;
    b->program->column_values = values;
    b->program->column_uniform = uniform;
    return PE_OK;
}

static void count_info(pei_builder *b, uint32_t values)
{
    pe_program_info *info = &b->program->info;
    info->values = values;
    info->draws = (uint32_t)b->draw_count;
    for (size_t i = 0; i < b->node_count; i++) {
        const pei_node *n = &b->nodes[i];
        if (n->next == 0) continue;
        info->general_units += n->op == PE_I_GENERAL;
        info->lookups +=
            n->op == PE_I_POSITION || n->op == PE_I_POSITION_SORTED || n->op == PE_I_PICK;
        info->reductions +=
            (b->shapes[n->op] & PEI_SHAPE_LIST) != 0 && n->op != PE_I_CALL && n->op != PE_I_PICK;
    }
}

static pe_status compile(pei_builder *b)
{
    pe_status status = PE_OK;
    pe_program_info *info = &b->program->info;
    uint32_t *order = NULL, count = 0;
    double start = pe_clock_seconds();
    PE_TRY(mark_slice(b));
    PE_TRY(lower_slice(b));
    PE_TRY(record_columns(b));
    PE_TRY(pei_fuse(b));
    double lowered = pe_clock_seconds();
    PE_TRY(pei_order(b, &order, &count));
    double scheduled = pe_clock_seconds();
    PE_TRY(pei_emit(b, order, count));
    count_info(b, count);
    info->lower_seconds = lowered - start;
    info->schedule_seconds = scheduled - lowered;
    info->slot_seconds = pe_clock_seconds() - scheduled;
    free(order);
    return pe_program_verify(b->program, b->diag);
fail:
    free(order);
    return status;
}

pe_status pe_program_build(const pe_graph *graph, const pe_evaluator *evaluator,
                           const pe_program_request *request, pe_pool *pool,
                           const pe_control *control, pe_program **program, pe_diag *diag)
{
    pe_status status = PE_OK;
    PE_UNUSED(pool);
    pe_arena *arena = pe_arena_new(PROGRAM_BYTES_MAX);
    pei_builder *b = calloc(1, sizeof *b);
    pe_program *p = arena != NULL ? PE_PUSH(arena, pe_program, 1) : NULL;
    if (p == NULL || b == NULL) {
        status = pe_fail(diag, PE_E_MEMORY, "program", "no memory to compile the model");
        goto fail;
    }
    p->arena = arena;
    p->sampler = *request->sampler;
    p->date1904 = pe_graph_workbook(graph)->date1904;
    p->is_calc = pe_graph_workbook(graph)->semantics == PE_SEMANTICS_CALC;
    p->calc = pe_graph_workbook(graph)->calc;
    p->now = pe_evaluator_now(evaluator);
    b->program = p;
    b->arena = arena;
    b->control = control;
    PE_TRY(builder_init(b, graph, evaluator, request, diag));
    PE_TRY(compile(b));
    builder_free(b);
    free(b);
    *program = p;
    return PE_OK;
fail:
    if (b != NULL) builder_free(b);
    free(b);
    pe_arena_free(arena);
    return status;
}

void pe_program_free(pe_program *program)
{
    if (program != NULL) pe_arena_free(program->arena);
}
