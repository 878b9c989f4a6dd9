/* evaluate_blocks.c: SUM, AVERAGE, COUNT, MAX, MIN (and COUNTIF) over one long column, from partial
 * results of whole 64-row blocks that all formulas share: F running totals cost F * rows / 64.
 * Invariant: the same bits as the functions' own walk: a range's numbers are added block by block,
 * the end of the first block bottom up, whole blocks and the start of the last top down. */
#include "evaluate_internal.h"

#include "functions_arithmetic.h"

#include <stdlib.h>

#define BLOCK_ROWS 64u
#define ROWS_MIN 128u /* shorter ranges are as quick cell by cell */
#define KEPT 256u     /* running ranges remembered, a power of two */

typedef struct partial {
    double sum, least, most;
    uint32_t count;
    pe_value error; /* the first; else blank */
} partial;

/* How far a range that starts at one cell has been taken: a running total goes on from there. */
typedef struct running {
    pe_cell_ref start;
    uint32_t next; /* the next block, or for COUNTIF the next of the column's cells; 0: free */
    pe_value criterion;
    char op[2];
    double largest;
    partial sums; /* COUNTIF: count alone */
    bool any;
} running;

struct pei_blocks {
    pe_arena *arena;
    struct pei_index *indexes;
    running kept[KEPT];
    uint64_t *keys; /* 0: free */
    partial *values;
    size_t size, used; /* size: a power of two */
};

static void take(partial *p, double x, bool calc)
{
    p->sum = p->count == 0 ? x : calc ? pe_calc_add(p->sum, x) : p->sum + x;
    p->least = p->count == 0 || x < p->least ? x : p->least;
    p->most = p->count == 0 || x > p->most ? x : p->most;
    p->count++;
}

/* The numbers of rows [first, last] of a column. False: some cell has no value yet. */
static bool scan(pei_context *x, pe_cell_ref column, uint32_t first, uint32_t last, bool backward,
                 partial *p)
{
    uint32_t count;
    const uint32_t *ids =
        pe_graph_column(x->graph, column.sheet, column.column, first, last, &count);
    *p = (partial){.error = pe_blank()};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t cell = ids[backward ? count - 1 - i : i];
        if (x->fast_state[cell] != PEI_DONE) return false;
        pe_value v = x->fast_values[cell];
        if (pe_is_number(v))
            take(p, pe_as_number(v), x->call.calc != NULL);
        else if (pe_is_error(v) && (backward || pe_is(p->error, PE_KIND_BLANK)))
            p->error = v;
    }
    return true;
}

static bool grow(struct pei_blocks *b)
{
    size_t size = b->size == 0 ? 1024 : b->size * 2;
    uint64_t *keys = PE_PUSH(b->arena, uint64_t, size);
    partial *values = PE_PUSH(b->arena, partial, size);
    if (keys == NULL || values == NULL) return false;
    for (size_t i = 0; i < b->size; i++) {
        if (b->keys[i] == 0) continue;
        size_t at = pe_hash_mix(b->keys[i], 0) & (size - 1);
        while (keys[at] != 0) at = (at + 1) & (size - 1);
        keys[at] = b->keys[i];
        values[at] = b->values[i];
    }
    b->keys = keys;
    b->values = values;
    b->size = size;
    return true;
}

/* A whole block's partial result, computed when first asked for. */
static bool whole(pei_context *x, pe_cell_ref column, uint32_t block, partial *p)
{
    struct pei_blocks *b = x->blocks;
    uint64_t key = (((uint64_t)column.sheet << 32) | ((uint64_t)column.column << 16) | block) + 1;
    if (b->used * 2 >= b->size && !grow(b)) return false;
    size_t at = pe_hash_mix(key, 0) & (b->size - 1);
    while (b->keys[at] != 0 && b->keys[at] != key) at = (at + 1) & (b->size - 1);
    if (b->keys[at] == 0) {
        uint32_t first = block * BLOCK_ROWS;
        if (!scan(x, column, first, first + BLOCK_ROWS - 1, false, p)) return false;
        b->keys[at] = key;
        b->values[at] = *p;
        b->used++;
    }
    *p = b->values[at];
    return true;
}

static running *kept_at(pei_context *x, pe_cell_ref start, uint64_t more)
{
    uint64_t key = ((uint64_t)start.sheet << 40) ^ ((uint64_t)start.column << 20) ^ start.row;
    return &x->blocks->kept[pe_hash_mix(key, more) & (KEPT - 1)];
}

static bool same_cell(pe_cell_ref a, pe_cell_ref b)
{
    return a.sheet == b.sheet && a.row == b.row && a.column == b.column;
}

static void add_block(running *r, const partial *p, bool calc)
{
    partial *sums = &r->sums;
    if (pe_is(sums->error, PE_KIND_BLANK)) sums->error = p->error;
    if (p->count == 0) return;
    sums->sum = !r->any ? p->sum : calc ? pe_calc_add(sums->sum, p->sum) : sums->sum + p->sum;
    sums->least = !r->any || p->least < sums->least ? p->least : sums->least;
    sums->most = !r->any || p->most > sums->most ? p->most : sums->most;
    sums->count += p->count;
    r->any = true;
}

static bool reduce(pei_context *x, const pe_area *a, partial *total)
{
    pe_cell_ref column = {a->sheet_first, 0, a->column_first};
    pe_cell_ref start = {a->sheet_first, a->row_first, a->column_first};
    running r = {.start = start, .sums.error = pe_blank()}, *kept = kept_at(x, start, 0);
    uint32_t last_used = x->workbook->sheets[a->sheet_first].used.row_last;
    uint32_t last = a->row_last < last_used ? a->row_last : last_used;
    uint32_t k = a->row_first / BLOCK_ROWS, last_block = last / BLOCK_ROWS;
    if (kept->next > k && kept->next <= last_block && same_cell(kept->start, start)) {
        r = *kept;
        k = r.next;
    }
    for (; k <= last_block; k++) {
        uint32_t first = k * BLOCK_ROWS, end = first + BLOCK_ROWS - 1;
        partial p;
        bool from_start = a->row_first <= first, to_end = a->row_last >= end;
        bool backward = !from_start && a->row_last / BLOCK_ROWS != k;
        bool known = from_start && to_end ? whole(x, column, k, &p)
                                          : scan(x, column, from_start ? first : a->row_first,
                                                 to_end ? end : a->row_last, backward, &p);
        if (!known) return false;
        add_block(&r, &p, x->call.calc != NULL);
        r.next = k + 1;
        if (k + 1 == last_block) *kept = r;
    }
    *total = r.sums;
    if (x->tracking && r.any) {
        pei_track(x, pe_number(total->least));
        pei_track(x, pe_number(total->most));
    }
    return true;
}

/* ---- COUNTIF
 * ------------------------------------------------------------------------------------------ */

/* -1, 0, 1: below, as good as equal to, above the operand. */
static int side(double x, double operand)
{
    if (pe_arith_near(x, operand) || x == operand) return 0;
    return x < operand ? -1 : 1;
}

/* COUNTIF with an inequality: numbers clearly on one side are decided here, the rest by the
 * criterion. */
static bool count_if(pei_context *x, const pe_node *node, const pe_area *a, pe_value *result)
{
    const char *op;
    double operand;
    uint32_t count;
    pe_cell_ref start = {a->sheet_first, a->row_first, a->column_first};
    pe_value v = pei_operand(x, node->args[1]);
    if (x->unresolved || (!pe_is_number(v) && !pe_is(v, PE_KIND_TEXT))) return false;
    const pe_criterion *criterion = pe_criterion_new(&x->call, v);
    if (criterion == NULL || !pe_criterion_numeric(criterion, &op, &operand)) return false;
    if (op[0] == '=' || op[1] == '>') return false; /* texts that look like the number match too */
    const uint32_t *ids = pe_graph_column(x->graph, a->sheet_first, a->column_first, a->row_first,
                                          a->row_last, &count);
    running r = {.start = start, .criterion = pe_number(operand), .op = {op[0], op[1]}};
    running *kept = kept_at(x, start, r.criterion.bits ^ (uint64_t)(op[0] + 256 * op[1]));
    bool goes_on = kept->next > 0 && kept->next <= count && same_cell(kept->start, start) &&
                   kept->criterion.bits == r.criterion.bits && memcmp(kept->op, r.op, 2) == 0;
    if (goes_on) r = *kept;
    int wanted = op[0] == '<' ? -1 : 1;
    for (uint32_t i = r.next; i < count; i++) {
        if (x->fast_state[ids[i]] != PEI_DONE) return false;
        pe_value e = x->fast_values[ids[i]];
        if (!pe_is_number(e)) continue;
        double number = pe_as_number(e), size = number < 0 ? -number : number;
        int s = side(number, operand);
        r.sums.count += s == 0 ? pe_criterion_match(criterion, e) : s == wanted;
        r.largest = size > r.largest ? size : r.largest;
    }
    r.next = count;
    *kept = r;
    if (x->tracking) pei_track(x, pe_number(r.largest));
    *result = pe_number(r.sums.count);
    return true;
}

/* True: *result is the call's value. Only where a value once there stays. */
bool pei_block_call(pei_context *x, const pe_node *node, pe_value *result)
{
    pe_area a;
    partial total;
    bool counting = node->function == PE_FN_COUNTIF;
    if (x->fast_state == NULL || x->blocks == NULL || x->iterating ||
        node->arg_count != (counting ? 2 : 1) || node->args[0]->kind != PE_NODE_REFERENCE ||
        !pei_node_place(x, node->args[0], &a))
        return false;
    if (a.column_first != a.column_last || a.sheet_first != a.sheet_last ||
        a.row_last - a.row_first < ROWS_MIN || a.sheet_first >= x->workbook->sheet_count)
        return false;
    if (counting) return count_if(x, node, &a, result);
    if (!reduce(x, &a, &total)) return false;
    if (node->function == PE_FN_COUNT)
        *result = pe_number(total.count);
    else if (!pe_is(total.error, PE_KIND_BLANK))
        *result = total.error;
    else if (node->function == PE_FN_SUM)
        *result = pe_number_checked(total.sum);
    else if (node->function == PE_FN_MAX)
        *result = pe_number_checked(total.most);
    else if (node->function == PE_FN_MIN)
        *result = pe_number_checked(total.least);
    else if (total.count == 0)
        *result = pe_error(PE_ERROR_DIV0);
    else
        *result = pe_number_checked(total.sum / total.count);
    return true;
}

struct pei_blocks *pei_blocks_new(void)
{
    struct pei_blocks *b = calloc(1, sizeof *b);
    if (b == NULL) return NULL;
    b->arena = pe_arena_new(PEI_ARENA_MAX);
    if (b->arena != NULL) return b;
    free(b);
    return NULL;
}

void pei_blocks_clear(struct pei_blocks *b)
{
    pe_arena_mark empty = {0};
    pe_arena_restore(b->arena, empty);
    b->indexes = NULL;
    b->keys = NULL;
    b->values = NULL;
    b->size = b->used = 0;
    memset(b->kept, 0, sizeof b->kept);
}

pe_arena *pei_blocks_arena(struct pei_blocks *b)
{
    return b->arena;
}

struct pei_index **pei_blocks_indexes(struct pei_blocks *b)
{
    return &b->indexes;
}

void pei_blocks_free(struct pei_blocks *b)
{
    if (b == NULL) return;
    pe_arena_free(b->arena);
    free(b);
}
