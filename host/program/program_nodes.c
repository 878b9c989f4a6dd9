/* program_nodes.c: values and constants of a program under construction, each once: equal
 * operations on equal operands are one value (draws, general units and recordings excepted). */
#include <stdio.h>
#include <stdlib.h>

#include "program_internal.h"

bool pei_fail(pei_builder *b, pe_status status, const char *format, ...)
{
    if (b->status != PE_OK) return false;
    b->status = status;
    char where[256] = "program", what[768];
    if (b->cell != PE_NO_CELL) pe_workbook_cell_text(b->workbook, b->home, where, sizeof where);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    pe_fail(b->diag, status, where, "%s", what);
    return false;
}

pe_status pei_index_reserve(pei_index *index, size_t count)
{
    if (index->slots != NULL && count * 2 <= (size_t)index->mask + 1) return PE_OK;
    size_t size = index->slots == NULL ? 1024 : ((size_t)index->mask + 1) * 2;
    while (size < count * 2) size *= 2;
    uint32_t *slots = malloc(size * sizeof *slots);
    if (slots == NULL) return PE_E_MEMORY;
    memset(slots, 0xFF, size * sizeof *slots);
    free(index->slots);
    index->slots = slots;
    index->mask = (uint32_t)(size - 1);
    return PE_OK;
}

static uint64_t bits_of(double x)
{
    return pe_number(x).bits;
}
static uint32_t mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b * 0x9E3779B97F4A7C15ull)) * 0xBF58476D1CE4E5B9ull;
    h ^= h >> 29;
    h *= 0x94D049BB133111EBull;
    return (uint32_t)(h >> 32);
}

static uint32_t append_constant(pei_builder *b, double value)
{
    if (PE_GROW(&b->constants, &b->constant_capacity, b->constant_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for the program's constants");
        return PEI_NONE;
    }
    b->constants[b->constant_count] = value;
    return (uint32_t)b->constant_count++;
}

/* Finds `width` constants side by side; first is their first value's bits, second the other's. */
static uint32_t find_constant(pei_builder *b, pei_index *index, double first, double second,
                              bool pair)
{
    for (;;) {
        uint64_t p = bits_of(first), q = pair ? bits_of(second) : 0;
        if (index->slots == NULL || ((size_t)index->count + 1) * 2 > index->mask) {
            pei_index grown = {0};
            if (pei_index_reserve(&grown, ((size_t)index->count + 1) * 4) != PE_OK) {
                pei_fail(b, PE_E_MEMORY, "no memory for the program's constants");
                return PEI_NONE;
            }
            for (uint32_t i = 0; index->slots != NULL && i <= index->mask; i++) {
                uint32_t k = index->slots[i];
                if (k == PEI_NONE) continue;
                uint32_t at =
                    mix(bits_of(b->constants[k]), pair ? bits_of(b->constants[k + 1]) : 0) &
                    grown.mask;
                while (grown.slots[at] != PEI_NONE) at = (at + 1) & grown.mask;
                grown.slots[at] = k;
            }
            grown.count = index->count;
            free(index->slots);
            *index = grown;
        }
        uint32_t at = mix(p, q) & index->mask;
        for (; index->slots[at] != PEI_NONE; at = (at + 1) & index->mask) {
            uint32_t k = index->slots[at];
            if (bits_of(b->constants[k]) == p && (!pair || bits_of(b->constants[k + 1]) == q))
                return k;
        }
        uint32_t k = append_constant(b, first);
        if (k == PEI_NONE || (pair && append_constant(b, second) == PEI_NONE)) return PEI_NONE;
        index->slots[at] = k;
        index->count++;
        return k;
    }
}
uint32_t pei_constant(pei_builder *b, double value)
{
    return find_constant(b, &b->constant_index, value, 0, false);
}
uint32_t pei_constant_pair(pei_builder *b, double first, double second)
{
    return find_constant(b, &b->pair_index, first, second, true);
}

void pei_shapes_init(pei_builder *b)
{
    for (int op = 0; op < PE_OPCODE_COUNT; op++) {
        const char *operands = pe_opcode_operands((pe_opcode)op);
        b->shapes[op] = (uint8_t)((strchr(operands, 'a') != NULL ? PEI_SHAPE_A : 0) |
                                  (strchr(operands, 'b') != NULL ? PEI_SHAPE_B : 0) |
                                  (strchr(operands, 'c') != NULL ? PEI_SHAPE_C : 0) |
                                  (strchr(operands, 'N') != NULL ? PEI_SHAPE_LIST : 0));
    }
    b->shapes[PEI_OUTPUT] = PEI_SHAPE_A;
}

/* ---- nodes
 * -------------------------------------------------------------------------------------------- */

static uint32_t node_hash(const pei_builder *b, const pei_node *n)
{
    uint64_t h = mix((uint64_t)n->op | (uint64_t)n->flags << 16 | (uint64_t)n->a << 32, n->b);
    if (b->shapes[n->op] & PEI_SHAPE_LIST) {
        for (uint32_t i = 0; i < n->c; i++) h = mix(h << 32 | b->lists[n->k + i], i);
        return (uint32_t)h;
    }
    return mix(h << 32 | n->c, n->k);
}
static bool node_equal(const pei_builder *b, const pei_node *x, const pei_node *y)
{
    if (x->op != y->op || x->flags != y->flags || x->a != y->a || x->b != y->b || x->c != y->c ||
        x->type != y->type || x->domain != y->domain)
        return false;
    if (!(b->shapes[x->op] & PEI_SHAPE_LIST)) return x->k == y->k;
    return x->k == y->k || memcmp(b->lists + x->k, b->lists + y->k, x->c * sizeof *b->lists) == 0;
}

uint32_t pei_make_unique(pei_builder *b, const pei_node *node)
{
    if (b->status != PE_OK) return PEI_NONE;
    if (b->node_count >= PE_LIST_CONSTANT / 2) {
        pei_fail(b, PE_E_LIMIT, "the model has too many operations");
        return PEI_NONE;
    }
    if (PE_GROW(&b->nodes, &b->node_capacity, b->node_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for the program's operations");
        return PEI_NONE;
    }
    b->nodes[b->node_count] = *node;
    if (node->eager == 0) b->nodes[b->node_count].group = b->group;
    return (uint32_t)b->node_count++;
}

/* ---- finding equal nodes -----------------------------------------------------------------------
 */

/* Entries are hash << 32 | node. A node's place is near that of its latest operand, so that nodes
 * made one after the other lie together and large models stay in cache; where that neighbourhood is
 * full (a value with many readers), its hash decides. */
#define NEIGHBOURS 16u
#define NO_ENTRY (~0ull)

typedef struct probe {
    uint32_t at, left; /* left: of the neighbourhood */
    uint32_t hash;
} probe;

static uint32_t latest_operand(const pei_builder *b, const pei_node *n)
{
    uint8_t shape = b->shapes[n->op];
    uint32_t latest = 0;
    if ((shape & PEI_SHAPE_A) && n->a > latest) latest = n->a;
    if ((shape & PEI_SHAPE_B) && n->b > latest) latest = n->b;
    if ((shape & PEI_SHAPE_C) && n->c > latest) latest = n->c;
    if ((shape & PEI_SHAPE_LIST) && n->c > 0 && !(b->lists[n->k + n->c - 1] & PE_LIST_CONSTANT) &&
        b->lists[n->k + n->c - 1] > latest)
        latest = b->lists[n->k + n->c - 1];
    return latest;
}
static probe probe_of(const pei_builder *b, const pei_node *n, uint32_t hash)
{
    return (probe){latest_operand(b, n) * 4 + (hash & 3), NEIGHBOURS, hash};
}
static void probe_next(probe *p)
{
    p->at++;
    if (p->left == 0) return;
    if (--p->left == 0) p->at = p->hash * 0x9E3779B9u;
}

static void insert_entry(pei_builder *b, uint64_t *entries, uint32_t mask, uint32_t node,
                         uint32_t hash)
{
    probe p = probe_of(b, &b->nodes[node], hash);
    while (entries[p.at & mask] != NO_ENTRY) probe_next(&p);
    entries[p.at & mask] = (uint64_t)hash << 32 | node;
}

static bool grow_node_index(pei_builder *b)
{
    size_t size = b->entries == NULL ? 0 : (size_t)b->entry_mask + 1;
    if (size != 0 && b->node_count * 4 <= size) return true;
    size_t grown = size == 0 ? 4096 : size * 2;
    uint64_t *entries = malloc(grown * sizeof *entries);
    if (entries == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for the program's operations");
    memset(entries, 0xFF, grown * sizeof *entries);
    for (size_t i = 0; i < size; i++)
        if (b->entries[i] != NO_ENTRY)
            insert_entry(b, entries, (uint32_t)(grown - 1), (uint32_t)b->entries[i],
                         (uint32_t)(b->entries[i] >> 32));
    free(b->entries);
    b->entries = entries;
    b->entry_mask = (uint32_t)(grown - 1);
    return true;
}

uint32_t pei_make_node(pei_builder *b, const pei_node *node)
{
    if (b->status != PE_OK || !grow_node_index(b)) return PEI_NONE;
    uint32_t hash = node_hash(b, node);
    probe p = probe_of(b, node, hash);
    for (; b->entries[p.at & b->entry_mask] != NO_ENTRY; probe_next(&p)) {
        uint64_t entry = b->entries[p.at & b->entry_mask];
        if (entry >> 32 == hash && node_equal(b, &b->nodes[(uint32_t)entry], node)) {
            b->program->info.shared++;
            return (uint32_t)entry;
        }
    }
    uint32_t made = pei_make_unique(b, node);
    if (made != PEI_NONE) b->entries[p.at & b->entry_mask] = (uint64_t)hash << 32 | made;
    return made;
}

uint32_t pei_make(pei_builder *b, int op, pe_type type, uint32_t a, uint32_t operand_b, uint32_t c,
                  uint32_t k)
{
    pei_node n = {
        .op = (uint16_t)op, .type = (uint8_t)type, .a = a, .b = operand_b, .c = c, .k = k};
    return pei_make_node(b, &n);
}

#define LISTS_MAX ((size_t)1 << 26) /* entries, of all lists: 256 MiB */

bool pei_list_fits(const pei_builder *b, size_t count)
{
    return b->list_count <= LISTS_MAX && count <= LISTS_MAX - b->list_count;
}

uint32_t pei_add_list(pei_builder *b, const pei_ref *entries, uint32_t count)
{
    if (PE_GROW(&b->lists, &b->list_capacity, b->list_count + count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for the program's lists");
        return PEI_NONE;
    }
    memcpy(b->lists + b->list_count, entries, count * sizeof *entries);
    uint32_t first = (uint32_t)b->list_count;
    b->list_count += count;
    return first;
}

uint32_t pei_make_list(pei_builder *b, int op, pe_type type, uint32_t a, const pei_ref *entries,
                       uint32_t count, uint16_t flags)
{
    uint32_t list = pei_add_list(b, entries, count);
    if (list == PEI_NONE) return PEI_NONE;
    pei_node n = {.op = (uint16_t)op,
                  .flags = flags,
                  .type = (uint8_t)type,
                  .a = a,
                  .b = PEI_NONE,
                  .c = count,
                  .k = list};
    uint32_t before = (uint32_t)b->node_count, made = pei_make_node(b, &n);
    if (b->node_count == before) b->list_count = list; /* an equal one exists: its list serves */
    return made;
}

uint32_t pei_new_group(pei_builder *b)
{
    return b->group_count++;
}

pei_ref pei_constant_ref(pei_builder *b, double value)
{
    return PE_LIST_CONSTANT | pei_constant(b, value); /* PEI_NONE stays what it is */
}

pei_ref pei_ref_of(pei_builder *b, const pei_operand *o)
{
    return o->uniform ? pei_constant_ref(b, pe_as_number(o->value)) : o->node;
}

uint32_t pei_make_step(pei_builder *b, pei_node *n)
{
    size_t before = b->node_count;
    n->eager = 1;
    n->group = b->group_count;
    n->type = PE_TYPE_NUMBER;
    uint32_t node = pei_make_node(b, n);
    if (b->node_count > before) b->group_count++;
    return node;
}

/* ---- operands
 * ----------------------------------------------------------------------------------------- */

static void visit_list(const pei_builder *b, uint32_t first, uint32_t count,
                       pei_visit_operand visit, void *context)
{
    for (uint32_t i = 0; i < count; i++)
        if (!(b->lists[first + i] & PE_LIST_CONSTANT)) visit(context, b->lists[first + i]);
}
void pei_operands(const pei_builder *b, uint32_t node, pei_visit_operand visit, void *context)
{
    const pei_node *n = &b->nodes[node];
    if (n->op == PE_I_GENERAL) {
        const pe_general *g = &b->generals[n->k];
        for (uint32_t i = 0; i < g->read_count; i++)
            visit(context, b->reads[g->read_first + i].slot);
        return;
    }
    uint8_t shape = b->shapes[n->op];
    if (shape & PEI_SHAPE_A) visit(context, n->a);
    if (shape & PEI_SHAPE_B) visit(context, n->b);
    if (shape & PEI_SHAPE_C) visit(context, n->c);
    if (shape & PEI_SHAPE_LIST) visit_list(b, n->k, n->c, visit, context);
    if (n->op == PE_I_INVERSE && b->inverses[n->k].varying)
        visit_list(b, b->inverses[n->k].parameter_list, b->inverses[n->k].parameter_count, visit,
                   context);
}
