/* program_dynamic.c: dependencies that only evaluation showed (OFFSET, INDIRECT, INDEX as a
 * reference). The graph's order does not know them: a cell that has some is lowered after them and
 * after whatever they need. */
#include <stdlib.h>

#include "program_internal.h"

typedef struct pulling { /* a depth-first walk without recursion */
    pei_builder *b;
    uint32_t *stack;
    size_t count, capacity;
    bool failed;
} pulling;

static int by_cell(const void *x, const void *y)
{
    const pe_dependency *a = x, *b = y;
    if (a->cell != b->cell) return a->cell < b->cell ? -1 : 1;
    return (a->precedent > b->precedent) - (a->precedent < b->precedent);
}

pe_status pei_dynamic_init(pei_builder *b)
{
    size_t count = 0;
    const pe_dependency *given = pe_graph_dependencies(b->graph, &count);
    if (count == 0) return PE_OK;
    b->dynamic = malloc(count * sizeof *b->dynamic);
    b->entered = calloc((size_t)b->workbook->cell_count / 64 + 1, sizeof *b->entered);
    if (b->dynamic == NULL || b->entered == NULL)
        return pe_fail(b->diag, PE_E_MEMORY, "program", "no memory for dependencies");
    for (size_t i = 0; i < count; i++)
        b->dynamic[i] =
            (pe_dependency){pe_graph_master(b->graph, given[i].cell), given[i].precedent};
    qsort(b->dynamic, count, sizeof *b->dynamic, by_cell);
    b->dynamic_count = count;
    return PE_OK;
}

static size_t first_of(const pei_builder *b, uint32_t cell)
{
    size_t low = 0, high = b->dynamic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->dynamic[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool pei_dynamic_each(pei_builder *b, uint32_t cell, bool (*visit)(void *context, uint32_t cell),
                      void *context)
{
    if (b->dynamic_count == 0) return true;
    cell = pe_graph_master(b->graph, cell);
    for (size_t i = first_of(b, cell); i < b->dynamic_count && b->dynamic[i].cell == cell; i++)
        if (!visit(context, b->dynamic[i].precedent)) return false;
    return true;
}

static bool push_cell(void *context, uint32_t cell)
{
    pulling *p = context;
    pei_builder *b = p->b;
    if (!pe_bit(b->slice, cell) || b->cell_node[cell] != PEI_NONE) return true;
    cell = pe_graph_master(b->graph, cell);
    if (pe_bit(b->entered, cell))
        return true; /* waiting further down: a cycle in some trials, not in all */
    if (PE_GROW(&p->stack, &p->capacity, p->count + 1) != PE_OK) {
        p->failed = true;
        return false;
    }
    p->stack[p->count++] = cell;
    return true;
}
static bool push_area(void *context, const pe_area *area)
{
    pulling *p = context;
    return pei_each_cell(p->b, area, push_cell, p);
}

bool pei_lower_in_order(pei_builder *b, uint32_t cell)
{
    size_t at = first_of(b, cell);
    if (at == b->dynamic_count || b->dynamic[at].cell != cell) return pei_lower_cell(b, cell);
    pulling p = {.b = b};
    bool good = push_cell(&p, cell);
    while (p.count > 0 && good && !p.failed) {
        uint32_t top = p.stack[p.count - 1];
        if (!pe_bit(b->entered, top)) {
            pe_bit_set(b->entered, top);
            pe_graph_precedents(b->graph, top, push_area, &p);
            pei_dynamic_each(b, top, push_cell, &p);
        } else {
            p.count--;
            good = pei_lower_cell(b, top);
        }
    }
    free(p.stack);
    return p.failed ? pei_fail(b, PE_E_MEMORY, "no memory for dependencies") : good;
}
