/* program_emit.c: slots and instructions. A slot is free again after its value's last reader, whose
 * own result never takes the slot of one of its operands: an instruction can be redone exactly from
 * them. */
#include <stdlib.h>

#include "program_internal.h"

typedef struct emission {
    pei_builder *b;
    uint32_t *slot; /* by node */
    uint32_t *left; /* by node: uses not emitted */
    uint32_t *free_slots;
    size_t free_count, free_capacity;
    uint32_t slot_count;
    pe_instruction *instructions;
    uint32_t count;
    bool failed;
} emission;

static uint32_t take_slot(emission *e)
{
    return e->free_count > 0 ? e->free_slots[--e->free_count] : e->slot_count++;
}
static void give_slot(emission *e, uint32_t slot)
{
    if (PE_GROW(&e->free_slots, &e->free_capacity, e->free_count + 1) != PE_OK) {
        e->failed = true;
        return;
    }
    e->free_slots[e->free_count++] = slot;
}

static void use(void *context, uint32_t node)
{
    emission *e = context;
    if (--e->left[node] == 0 && e->slot[node] != PEI_NONE) give_slot(e, e->slot[node]);
}

/* Node references of a list become slots, in place: a list belongs to one node. */
static void rewrite_list(emission *e, uint32_t first, uint32_t count)
{
    uint32_t *lists = e->b->lists;
    for (uint32_t i = 0; i < count; i++)
        if (!(lists[first + i] & PE_LIST_CONSTANT)) lists[first + i] = e->slot[lists[first + i]];
}

/* ---- instructions with several outputs
 * ------------------------------------------------------------------ */

static bool has_outputs(const pei_node *n)
{
    return n->op == PE_I_GENERAL || n->op == PE_I_SORT;
}
static uint32_t output_count(const pei_builder *b, const pei_node *n)
{
    return n->op == PE_I_GENERAL ? b->generals[n->k].unit.output_count : n->c;
}

/* All outputs get slots at once: a list. outputs: their nodes, PEI_NONE where nobody reads. */
static uint32_t take_outputs(emission *e, uint32_t count, const uint32_t *outputs)
{
    uint32_t first = (uint32_t)e->b->list_count;
    for (uint32_t o = 0; o < count; o++) {
        uint32_t slot = take_slot(e);
        if (outputs[o] != PEI_NONE) e->slot[outputs[o]] = slot;
        pei_add_list(e->b, &slot, 1);
    }
    return first;
}
/* Those that nobody reads are free again after it. */
static void give_outputs(emission *e, uint32_t first, uint32_t count, const uint32_t *outputs)
{
    pei_builder *b = e->b;
    for (uint32_t o = 0; o < count && b->status == PE_OK; o++)
        if (outputs[o] == PEI_NONE) give_slot(e, b->lists[first + o]);
}

static void emit_with_outputs(emission *e, uint32_t node, const uint32_t *outputs)
{
    pei_builder *b = e->b;
    const pei_node n = b->nodes[node];
    uint32_t count = output_count(b, &n), first = take_outputs(e, count, outputs);
    e->instructions[e->count++] = (pe_instruction){.op = n.op, .k = n.k};
    pei_operands(b, node, use, e);
    if (n.op == PE_I_SORT) {
        e->instructions[e->count - 1].d = first;
        e->instructions[e->count - 1].c = n.c;
        rewrite_list(e, n.k, n.c);
    } else {
        pe_general *g = &b->generals[n.k];
        g->output_first = first;
        for (uint32_t i = 0; i < g->read_count; i++) {
            pe_unit_read *r = &b->reads[g->read_first + i];
            r->slot = e->slot[r->slot];
        }
    }
    give_outputs(e, first, count, outputs);
}

static void emit_node(emission *e, uint32_t node)
{
    pei_builder *b = e->b;
    const pei_node *n = &b->nodes[node];
    uint8_t shape = b->shapes[n->op];
    pe_instruction *i = &e->instructions[e->count++];
    bool recording = n->eager == 2;
    memset(i, 0, sizeof *i);
    i->op = n->op;
    i->flags = n->flags;
    i->k = n->k;
    i->a = shape & PEI_SHAPE_A ? e->slot[n->a] : 0;
    i->b = shape & PEI_SHAPE_B ? e->slot[n->b] : n->b == PEI_NONE ? 0 : n->b;
    i->c = shape & PEI_SHAPE_C ? e->slot[n->c] : n->c == PEI_NONE ? 0 : n->c;
    if (!recording) i->d = e->slot[node] = take_slot(e);
    pei_operands(b, node, use, e);
    if (shape & PEI_SHAPE_LIST) rewrite_list(e, n->k, n->c);
    if (n->op == PE_I_INVERSE && b->inverses[n->k].varying)
        rewrite_list(e, b->inverses[n->k].parameter_list, b->inverses[n->k].parameter_count);
}

/* Output nodes of each live node that has several: outputs[first[node] + o]. */
static uint32_t *collect_outputs(const pei_builder *b, uint32_t **first)
{
    size_t total = 0;
    *first = malloc((b->node_count + 1) * sizeof **first);
    if (*first == NULL) return NULL;
    for (size_t i = 0; i < b->node_count; i++) {
        const pei_node *n = &b->nodes[i];
        (*first)[i] = (uint32_t)total;
        if (n->next > 0 && has_outputs(n)) total += output_count(b, n);
    }
    uint32_t *outputs = malloc((total + 1) * sizeof *outputs);
    if (outputs == NULL) return NULL;
    memset(outputs, 0xFF, (total + 1) * sizeof *outputs);
    for (size_t i = 0; i < b->node_count; i++)
        if (b->nodes[i].op == PEI_OUTPUT && b->nodes[i].next > 0)
            outputs[(*first)[b->nodes[i].a] + b->nodes[i].k] = (uint32_t)i;
    return outputs;
}

/* The program's arrays, in its arena. */
static void *kept(pei_builder *b, const void *items, size_t count, size_t size)
{
    void *copy = pe_arena_push_raw(b->arena, count + 1, size);
    if (copy != NULL && count > 0) memcpy(copy, items, count * size);
    return copy;
}
static pe_status fill_program(emission *e)
{
    pei_builder *b = e->b;
    pe_program *p = b->program;
    p->instruction_count = e->count;
    p->slot_count = e->slot_count;
    p->constants = kept(b, b->constants, b->constant_count, sizeof *p->constants);
    p->lists = kept(b, b->lists, b->list_count, sizeof *p->lists);
    p->tables = kept(b, b->tables, b->table_count, sizeof *p->tables);
    p->draws = kept(b, b->draws, b->draw_count, sizeof *p->draws);
    p->inverses = kept(b, b->inverses, b->inverse_count, sizeof *p->inverses);
    p->generals = kept(b, b->generals, b->general_count, sizeof *p->generals);
    p->reads = kept(b, b->reads, b->read_count, sizeof *p->reads);
    p->domains = kept(b, b->domains, b->domain_count, sizeof *p->domains);
    if (p->constants == NULL || p->lists == NULL || p->tables == NULL || p->draws == NULL ||
        p->inverses == NULL || p->generals == NULL || p->reads == NULL || p->domains == NULL)
        return PE_E_MEMORY;
    p->constant_count = (uint32_t)b->constant_count;
    p->list_count = (uint32_t)b->list_count;
    p->table_count = (uint32_t)b->table_count;
    p->draw_count = (uint32_t)b->draw_count;
    p->inverse_count = (uint32_t)b->inverse_count;
    p->general_count = (uint32_t)b->general_count;
    p->read_count = (uint32_t)b->read_count;
    p->domain_count = (uint32_t)b->domain_count;
    return PE_OK;
}

pe_status pei_emit(pei_builder *b, const uint32_t *order, uint32_t count)
{
    emission e = {.b = b};
    uint32_t *first = NULL, *outputs = collect_outputs(b, &first);
    e.slot = malloc((b->node_count + 1) * sizeof *e.slot);
    e.left = malloc((b->node_count + 1) * sizeof *e.left);
    e.instructions = pe_arena_push_raw(b->arena, (size_t)count + 1, sizeof *e.instructions);
    pe_status status = PE_E_MEMORY;
    if (outputs != NULL && e.slot != NULL && e.left != NULL && e.instructions != NULL) {
        for (size_t i = 0; i < b->node_count; i++) {
            e.slot[i] = PEI_NONE;
            e.left[i] = b->nodes[i].next;
        }
        for (uint32_t i = 0; i < count && !e.failed; i++) {
            const pei_node *n = &b->nodes[order[i]];
            if (pei_interrupted(b)) break;
            if (has_outputs(n))
                emit_with_outputs(&e, order[i], outputs + first[order[i]]);
            else if (n->op != PEI_OUTPUT)
                emit_node(&e, order[i]);
        }
        status = e.failed || b->status != PE_OK ? PE_E_MEMORY : PE_OK;
        if (b->interrupted) status = PE_E_CANCELLED;
    }
    b->program->instructions = e.instructions;
    if (status == PE_OK) status = fill_program(&e);
    free(first);
    free(outputs);
    free(e.slot);
    free(e.left);
    free(e.free_slots);
    if (status == PE_E_CANCELLED) return pe_fail(b->diag, status, "compile", "cancelled");
    return status == PE_OK ? PE_OK
                           : pe_fail(b->diag, status, "program", "no memory for the program");
}
