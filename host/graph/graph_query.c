/* graph_query.c: what others ask of a finished graph. */
#include "graph_internal.h"

#include <stdio.h>
#include <stdlib.h>

const pe_workbook *pe_graph_workbook(const pe_graph *g)
{
    return g->workbook;
}

const pe_formula_set *pe_graph_formulas(const pe_graph *g)
{
    return g->set;
}

const pe_scope *pe_graph_scope(const pe_graph *g)
{
    return &g->scope;
}

const pe_printer *pe_graph_printer(const pe_graph *g)
{
    return &g->printer;
}

double pe_graph_parse_seconds(const pe_graph *g)
{
    return g->parse_seconds;
}

const pe_formula *pe_graph_formula(const pe_graph *g, uint32_t cell)
{
    uint32_t shape = g->shape[cell];
    return shape != PEI_NONE ? pe_formula_set_get(g->set, shape) : NULL;
}

uint32_t pe_graph_shape(const pe_graph *g, uint32_t cell)
{
    return g->shape[cell];
}

uint32_t pe_graph_shape_count(const pe_graph *g)
{
    return g->shape_count;
}

uint32_t pe_graph_master(const pe_graph *g, uint32_t cell)
{
    return pei_master(g, cell);
}

bool pe_graph_overridden(const pe_graph *g, uint32_t cell)
{
    return g->overridden != NULL && pe_bit(g->overridden, cell);
}

bool pe_graph_is_xlrisk(const pe_graph *g)
{
    return g->is_xlrisk;
}

const char *pe_graph_distribution(const pe_graph *g, const pe_risk_call *call)
{
    if (!g->is_xlrisk) return call->distribution;
    if (strcmp(call->distribution, "LOGNORM") == 0) return "LOGNORM2";
    if (strcmp(call->distribution, "BETA") == 0 && call->parameter_count > 2) return "BETAGENERAL";
    return call->distribution;
}

const pe_formula *pe_graph_name(const pe_graph *g, uint32_t name)
{
    uint32_t shape = name < g->workbook->name_count ? g->name_shape[name] : PEI_NONE;
    return shape != PEI_NONE ? pe_formula_set_get(g->set, shape) : NULL;
}

uint32_t pe_graph_flags(const pe_graph *g, uint32_t cell)
{
    uint32_t shape = g->shape[cell];
    return shape != PEI_NONE ? g->shapes[shape].flags : 0;
}

const pe_formula_error *pe_graph_errors(const pe_graph *g, uint32_t *count)
{
    *count = (uint32_t)g->error_count;
    return g->errors;
}

bool pe_graph_block(const pe_graph *g, uint32_t master, pe_area *block)
{
    if (g->master == NULL || g->master[master] != master) return false;
    uint32_t formula = g->workbook->cells[master].formula;
    if (formula == PE_NO_FORMULA) return false;
    const pe_formula_source *s = &g->workbook->formulas[formula];
    if (s->kind == PE_FORMULA_NORMAL || pe_graph_overridden(g, master)) return false;
    *block = s->area;
    return true;
}

const uint32_t *pe_graph_order(const pe_graph *g, uint32_t *count)
{
    *count = g->order_count;
    return g->order;
}

uint32_t pe_graph_component(const pe_graph *g, uint32_t cell)
{
    return g->component != NULL ? g->component[pei_master(g, cell)] : 0;
}

uint32_t pe_graph_component_count(const pe_graph *g)
{
    return g->component_count;
}

const uint32_t *pe_graph_component_cells(const pe_graph *g, uint32_t component, uint32_t *count)
{
    uint32_t first = g->component_start[2 * (component - 1)];
    *count = g->component_start[2 * (component - 1) + 1] - first;
    return g->order + first;
}

void pe_graph_precedents(const pe_graph *g, uint32_t cell,
                         bool (*visit)(void *context, const pe_area *area), void *context)
{
    pei_graph_areas(g, cell, visit, context);
}

pe_status pe_graph_add_dependency(pe_graph *g, uint32_t cell, uint32_t precedent)
{
    for (size_t i = g->dynamic_count; i > 0 && i + 64 > g->dynamic_count; i--)
        if (g->dynamic[i - 1].cell == cell && g->dynamic[i - 1].precedent == precedent)
            return PE_OK;
    pe_status status = PE_GROW(&g->dynamic, &g->dynamic_capacity, g->dynamic_count + 1);
    if (status == PE_OK) g->dynamic[g->dynamic_count++] = (pe_dependency){cell, precedent};
    return status;
}

const pe_dependency *pe_graph_dependencies(const pe_graph *g, size_t *count)
{
    *count = g->dynamic_count;
    return g->dynamic;
}

void pe_graph_forget_dependencies(pe_graph *g)
{
    g->dynamic_count = 0;
}

/* ---- a cycle's path
 * ----------------------------------------------------------------------------------- */

typedef struct next_member {
    const pe_graph *graph;
    uint32_t component, found;
} next_member;

static bool member_in_span(void *context, pei_span span)
{
    next_member *n = context;
    const pe_graph *g = n->graph;
    for (uint32_t i = span.first; i < span.end; i++) {
        uint32_t cell = pei_master(g, span.by_column ? g->column_cells[i] : i);
        if (g->component[cell] != n->component) continue;
        n->found = cell;
        return false;
    }
    return true;
}

static bool member_in_area(void *context, const pe_area *area)
{
    next_member *n = context;
    return pei_graph_spans(n->graph, area, member_in_span, n);
}

/* Follows first precedents within the component until one comes twice; what lies between is a
 * cycle. */
static uint32_t find_cycle(const pe_graph *g, uint32_t component, uint32_t *path, uint32_t limit,
                           uint32_t *start)
{
    uint64_t *seen = calloc(g->workbook->cell_count / 64 + 1, sizeof *seen);
    uint32_t count = 0, cell = g->order[g->component_start[2 * (component - 1)]];
    while (seen != NULL && count < limit && !pe_bit(seen, cell)) {
        next_member next = {g, component, PEI_NONE};
        pe_bit_set(seen, cell);
        path[count++] = cell;
        pei_graph_areas(g, cell, member_in_area, &next);
        if (next.found == PEI_NONE) break;
        cell = next.found;
    }
    *start = 0;
    for (uint32_t i = 0; i < count; i++)
        if (path[i] == cell) *start = i;
    free(seen);
    return count;
}

size_t pe_graph_cycle_text(const pe_graph *g, uint32_t component, char *out, size_t size)
{
    enum { SHOWN = 12 };
    uint32_t member_count, start = 0;
    if (size > 0) out[0] = 0;
    if (component == 0 || component > g->component_count || size == 0) return 0;
    pe_graph_component_cells(g, component, &member_count);
    uint32_t *path = malloc(((size_t)member_count + 1) * sizeof *path);
    if (path == NULL) return 0;
    uint32_t count = find_cycle(g, component, path, member_count, &start);
    size_t used = 0;
    for (uint32_t i = start; i <= count && count > 0; i++) {
        char cell[300];
        if (i == start + SHOWN && i + 1 < count) {
            used += (size_t)snprintf(out + used, size - used, " -> ...");
            i = count;
            if (used >= size) break;
        }
        pe_cell_ref ref = pe_workbook_ref(g->workbook, path[i < count ? i : start]);
        pe_workbook_cell_text(g->workbook, ref, cell, sizeof cell);
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > start ? " -> " : "", cell);
        if (used >= size) break;
    }
    free(path);
    return used < size ? used : size - 1;
}
