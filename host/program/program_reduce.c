/* program_reduce.c: SUM and its kin over areas. A reduction's value is a function of its own area
 * and cells only: up to 32 cells, or several columns, or a row, fold left to right; a longer column
 * goes by blocks of 64 rows aligned to the sheet (the end of the first block folded upwards, whole
 * blocks and the start of the last downwards, their sums in order). So overlapping windows share
 * the ends of blocks and whole blocks, running totals share everything, and F of them cost O(F). */
#include <stdlib.h>

#include "program_internal.h"

#define BLOCK 64u
#define SHORT_MAX 32u

typedef enum reduce_kind { REDUCE_SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_COUNT_IF } reduce_kind;

/* What is reduced: equal keys share. */
typedef struct reduce_key {
    uint32_t kind, op;                              /* COUNT_IF: the accumulating opcode */
    uint32_t constant;                              /* COUNT_IF */
    uint32_t sheet, column, row_first, column_last; /* columns: row_first and column_last 0 */
    uint32_t horizontal;
} reduce_key;

typedef struct block {
    pei_ref down[BLOCK],
        up[BLOCK]; /* partial results; PEI_NONE - 1: not made yet; PEI_NONE: nothing counts */
    bool has_down, has_up;
} block;
typedef struct chain { /* first block's end, then whole blocks, from one starting row */
    uint32_t row_first;
    pei_ref *sums; /* sums[i]: up to and with block first + i */
    size_t count, capacity;
} chain;

struct pei_column {
    reduce_key key;
    block **blocks;
    size_t block_capacity;
    chain *chains;
    size_t chain_count, chain_capacity;
    pe_map *chain_map;
    uint32_t running_end; /* areas that fold left to right: the last cell folded, and the result */
    pei_ref running;
};

#define NOT_MADE (PEI_NONE - 1u)

static pei_column *column_of(pei_builder *b, const reduce_key *key)
{
    uint32_t *slot;
    bool added;
    if (pe_map_put(b->reduce_map, key, sizeof *key, (uint32_t)b->column_count, &slot, &added) !=
        PE_OK)
        goto memory;
    if (!added) return b->columns[*slot];
    if (PE_GROW(&b->columns, &b->column_capacity, b->column_count + 1) != PE_OK) goto memory;
    pei_column *column = calloc(1, sizeof *column);
    if (column == NULL) goto memory;
    column->key = *key;
    column->running_end = PEI_NONE;
    column->running = PEI_NONE;
    b->columns[b->column_count++] = column;
    return column;
memory:
    pei_fail(b, PE_E_MEMORY, "no memory for shared sums");
    return NULL;
}
void pei_columns_free(pei_builder *b)
{
    for (size_t i = 0; i < b->column_count; i++) {
        pei_column *c = b->columns[i];
        for (size_t j = 0; j < c->block_capacity; j++) free(c->blocks[j]);
        for (size_t j = 0; j < c->chain_count; j++) free(c->chains[j].sums);
        free(c->blocks);
        free(c->chains);
        pe_map_free(c->chain_map);
        free(c);
    }
    free(b->columns);
}

/* ---- steps
 * -------------------------------------------------------------------------------------------- */

static const double identity_of_count = 0;

/* Two numbers added, or the larger or smaller of both; step: as an accumulation, else as a part of
 * the formula at hand. */
static pei_ref combine_as(pei_builder *b, reduce_kind kind, pei_ref x, pei_ref y, bool step)
{
    const bool calc = b->calc != NULL;
    const int add = calc ? PE_I_ADD_CALC : PE_I_ADD, add_k = calc ? PE_I_ADD_CALC_K : PE_I_ADD_K;
    const int pairs[] = {add, PE_I_MAX, PE_I_MIN, add};
    const int constants[] = {add_k, PE_I_MAX_K, PE_I_MIN_K, add_k};
    if (x == PEI_NONE) return y;
    if (y == PEI_NONE) return x;
    bool cx = (x & PE_LIST_CONSTANT) != 0, cy = (y & PE_LIST_CONSTANT) != 0;
    if (cx && cy) {
        pe_instruction i = {.op = (uint16_t)pairs[kind]};
        pe_program none = {.is_calc = b->calc != NULL};
        pe_value v =
            pe_instruction_exact(&none, &i, pe_number(b->constants[x & ~PE_LIST_CONSTANT]),
                                 pe_number(b->constants[y & ~PE_LIST_CONSTANT]), pe_number(0));
        return pei_constant_ref(b, pe_as_number(v));
    }
    pei_node n = {.type = PE_TYPE_NUMBER, .b = PEI_NONE, .c = PEI_NONE};
    if (cx || cy) {
        n.op = (uint16_t)constants[kind];
        n.a = cx ? y : x;
        n.k = (cx ? x : y) & ~PE_LIST_CONSTANT;
    } else {
        n.op = (uint16_t)pairs[kind];
        n.a = x;
        n.b = y;
    }
    return step ? pei_make_step(b, &n) : pei_make_node(b, &n);
}
static pei_ref combine(pei_builder *b, reduce_kind kind, pei_ref x, pei_ref y)
{
    return combine_as(b, kind, x, y, true);
}

static bool matches_constant(const reduce_key *key, double k, pe_value v)
{
    pe_instruction i = {.op = (uint16_t)key->op, .k = 0};
    pe_program p = {.constants = &k, .constant_count = 1};
    return pe_as_number(pe_instruction_exact(&p, &i, pe_number(0), v, pe_number(0))) != 0;
}

/* sum with one cell more; false: this cell is not for the program. */
static bool step_cell(pei_builder *b, const reduce_key *key, pei_ref *sum, uint32_t cell)
{
    pei_operand o;
    if (!pei_cell_operand(b, cell, &o)) return false;
    if (key->kind == REDUCE_COUNT_IF) {
        double k = b->constants[key->constant];
        if (*sum == PEI_NONE) *sum = pei_constant_ref(b, identity_of_count);
        if (o.uniform) {
            if (!pe_is_number(o.value))
                return !pe_is(o.value, PE_KIND_TEXT); /* blanks match no comparison with a number */
            pei_ref one = pei_constant_ref(b, 1);
            if (matches_constant(key, k, o.value)) *sum = combine(b, REDUCE_SUM, *sum, one);
            return b->status == PE_OK;
        }
        if (pei_type_of(b, o.node) != PE_TYPE_NUMBER) return false;
        if (*sum & PE_LIST_CONSTANT) { /* accumulation starts from a value */
            pei_node start = {.op = PE_I_CONSTANT,
                              .type = PE_TYPE_NUMBER,
                              .a = PEI_NONE,
                              .b = PEI_NONE,
                              .c = PEI_NONE,
                              .k = *sum & ~PE_LIST_CONSTANT};
            *sum = pei_make_step(b, &start);
        }
        pei_node n = {.op = (uint16_t)key->op,
                      .type = PE_TYPE_NUMBER,
                      .a = *sum,
                      .b = o.node,
                      .c = PEI_NONE,
                      .k = key->constant};
        *sum = pei_make_step(b, &n);
        return *sum != PEI_NONE;
    }
    if (o.uniform) {
        if (pe_is_error(o.value)) return false;
        if (pe_is_number(o.value))
            *sum = combine(b, (reduce_kind)key->kind, *sum,
                           pei_constant_ref(b, pe_as_number(o.value)));
        return b->status == PE_OK;
    }
    if (pei_type_of(b, o.node) != PE_TYPE_NUMBER) return false;
    *sum = combine(b, (reduce_kind)key->kind, *sum, o.node);
    return b->status == PE_OK;
}

static bool step_at(pei_builder *b, const reduce_key *key, pei_ref *sum, uint32_t row)
{
    uint32_t cell = pei_find_cell(b, key->sheet, row, key->column);
    return cell == PE_NO_CELL || step_cell(b, key, sum, cell);
}

/* ---- blocks
 * ------------------------------------------------------------------------------------------- */

static block *block_of(pei_builder *b, pei_column *column, uint32_t index)
{
    if (index >= column->block_capacity) {
        size_t had = column->block_capacity;
        if (PE_GROW(&column->blocks, &column->block_capacity, (size_t)index + 1) != PE_OK)
            return pei_fail(b, PE_E_MEMORY, "no memory for shared sums"), NULL;
        memset(column->blocks + had, 0, (column->block_capacity - had) * sizeof *column->blocks);
    }
    if (column->blocks[index] == NULL) {
        block *made = malloc(sizeof *made);
        if (made == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for shared sums"), NULL;
        for (uint32_t i = 0; i < BLOCK; i++) made->down[i] = made->up[i] = NOT_MADE;
        column->blocks[index] = made;
    }
    return column->blocks[index];
}

/* Rows [first of the block, row], downwards. */
static bool fold_down(pei_builder *b, pei_column *column, uint32_t row, pei_ref *sum)
{
    block *at = block_of(b, column, row / BLOCK);
    if (at == NULL) return false;
    uint32_t end = row % BLOCK, from = end;
    while (from > 0 && at->down[from] == NOT_MADE) from--;
    for (uint32_t i = from; i <= end; i++) {
        if (at->down[i] != NOT_MADE) continue;
        pei_ref s = i > 0 ? at->down[i - 1] : PEI_NONE;
        if (!step_at(b, &column->key, &s, row - end + i)) return false;
        at->down[i] = s;
    }
    *sum = at->down[end];
    return true;
}
/* Rows [row, last of the block], upwards from the last. */
static bool fold_up(pei_builder *b, pei_column *column, uint32_t row, pei_ref *sum)
{
    block *at = block_of(b, column, row / BLOCK);
    if (at == NULL) return false;
    uint32_t start = row % BLOCK, from = start;
    while (from < BLOCK - 1 && at->up[from] == NOT_MADE) from++;
    for (uint32_t i = from + 1; i-- > start;) {
        if (at->up[i] != NOT_MADE) continue;
        pei_ref s = i < BLOCK - 1 ? at->up[i + 1] : PEI_NONE;
        if (!step_at(b, &column->key, &s, row - start + i)) return false;
        at->up[i] = s;
    }
    *sum = at->up[start];
    return true;
}

/* The sum from row_first to the end of block `last`. */
static bool chain_to(pei_builder *b, pei_column *column, uint32_t row_first, uint32_t last,
                     pei_ref *sum)
{
    uint32_t *slot;
    bool added;
    if (column->chain_map == NULL) column->chain_map = pe_map_new();
    if (column->chain_map == NULL ||
        pe_map_put(column->chain_map, &row_first, sizeof row_first, (uint32_t)column->chain_count,
                   &slot, &added) != PE_OK ||
        PE_GROW(&column->chains, &column->chain_capacity, column->chain_count + 1) != PE_OK)
        return pei_fail(b, PE_E_MEMORY, "no memory for shared sums");
    uint32_t index = *slot, first = row_first / BLOCK;
    if (added) column->chains[column->chain_count++] = (chain){.row_first = row_first};
    while (column->chains[index].count <= last - first) {
        chain *c = &column->chains[index];
        uint32_t at = first + (uint32_t)c->count;
        pei_ref part, s = c->count > 0 ? c->sums[c->count - 1] : PEI_NONE;
        bool whole = c->count > 0 || row_first % BLOCK == 0;
        if (!(whole ? fold_down(b, column, at * BLOCK + BLOCK - 1, &part)
                    : fold_up(b, column, row_first, &part)))
            return false;
        s = combine(b, (reduce_kind)column->key.kind, s, part);
        if (PE_GROW(&c->sums, &c->capacity, c->count + 1) != PE_OK)
            return pei_fail(b, PE_E_MEMORY, "no memory for shared sums");
        c->sums[c->count++] = s;
    }
    *sum = column->chains[index].sums[last - first];
    return true;
}

/* A window's chain would be made for each of its starts: few blocks are combined one by one. */
static bool combine_blocks(pei_builder *b, pei_column *column, uint32_t row_first, uint32_t last,
                           pei_ref *sum)
{
    uint32_t first = row_first / BLOCK;
    if (last - first > 8) return chain_to(b, column, row_first, last, sum);
    *sum = PEI_NONE;
    for (uint32_t at = first; at <= last; at++) {
        pei_ref part;
        bool whole = at > first || row_first % BLOCK == 0;
        if (!(whole ? fold_down(b, column, at * BLOCK + BLOCK - 1, &part)
                    : fold_up(b, column, row_first, &part)))
            return false;
        *sum = combine(b, (reduce_kind)column->key.kind, *sum, part);
    }
    return b->status == PE_OK;
}

/* A column of more than SHORT_MAX rows. */
static bool reduce_column(pei_builder *b, const reduce_key *key, const pe_area *area, pei_ref *sum)
{
    pei_column *column = column_of(b, key);
    if (column == NULL) return false;
    uint32_t first = area->row_first / BLOCK, last = area->row_last / BLOCK;
    if (first == last) { /* inside one block: downwards from its own first row */
        *sum = PEI_NONE;
        if (area->row_first % BLOCK == 0) return fold_down(b, column, area->row_last, sum);
        for (uint32_t row = area->row_first; row <= area->row_last; row++)
            if (!step_at(b, key, sum, row)) return false;
        return b->status == PE_OK;
    }
    pei_ref rest;
    if (!combine_blocks(b, column, area->row_first, last - 1, sum) ||
        !fold_down(b, column, area->row_last, &rest))
        return false;
    *sum = combine(b, (reduce_kind)key->kind, *sum, rest);
    return b->status == PE_OK;
}

typedef struct walk {
    pei_builder *b;
    const reduce_key *key;
    pei_ref *sum;
} walk;
static bool walk_cell(void *context, uint32_t cell)
{
    walk *w = context;
    return step_cell(w->b, w->key, w->sum, cell);
}

/* Left to right. A row or rectangle that starts where an earlier one did goes on from it. */
static bool reduce_rows(pei_builder *b, reduce_key *key, const pe_area *area, pei_ref *sum)
{
    bool horizontal = area->row_first == area->row_last;
    pe_area rest = *area;
    key->row_first = area->row_first + 1;
    key->horizontal = horizontal;
    key->column_last = horizontal ? 0 : area->column_last;
    pei_column *column = column_of(b, key);
    if (column == NULL) return false;
    uint32_t end = horizontal ? area->column_last : area->row_last;
    *sum = PEI_NONE;
    if (column->running_end != PEI_NONE && column->running_end <= end) {
        *sum = column->running;
        if (horizontal)
            rest.column_first = column->running_end + 1;
        else
            rest.row_first = column->running_end + 1;
    }
    walk w = {b, key, sum};
    bool empty = column->running_end == end;
    if (!empty && !pei_each_cell(b, &rest, walk_cell, &w)) return false;
    column->running_end = end;
    column->running = *sum;
    return b->status == PE_OK;
}

/* Sum, maximum, minimum or count over an area of more than SHORT_MAX cells, or any count. */
static bool reduce_area(pei_builder *b, reduce_kind kind, int op, uint32_t constant,
                        const pe_area *area, pei_ref *sum)
{
    if (area->sheet_first != area->sheet_last || area->sheet_first >= b->workbook->sheet_count)
        return false;
    reduce_key key;
    memset(&key, 0, sizeof key);
    key.kind = kind;
    key.op = (uint32_t)op;
    key.constant = constant;
    key.sheet = area->sheet_first;
    key.column = area->column_first;
    pe_area a = *area;
    const pe_area *used =
        &b->workbook->sheets[a.sheet_first].used; /* whole columns end where the sheet does */
    if (a.row_last > used->row_last) a.row_last = used->row_last;
    if (a.column_last > used->column_last) a.column_last = used->column_last;
    *sum = PEI_NONE;
    if (a.row_first > a.row_last || a.column_first > a.column_last) return true;
    if (area->column_first == area->column_last && area->row_last - area->row_first >= SHORT_MAX) {
        if (a.row_last != area->row_last && a.row_last / BLOCK == a.row_first / BLOCK &&
            area->row_last / BLOCK != a.row_first / BLOCK && a.row_first % BLOCK != 0) {
            pei_column *column = column_of(
                b, &key); /* beyond the used rows there is nothing: the first block's end */
            return column != NULL && fold_up(b, column, a.row_first, sum);
        }
        return reduce_column(b, &key, &a, sum);
    }
    return reduce_rows(b, &key, &a, sum);
}

/* ---- lists
 * -------------------------------------------------------------------------------------------- */

static bool list_add(pei_listing *l, pei_ref ref)
{
    if (PE_GROW(&l->refs, &l->capacity, l->count + 1) != PE_OK)
        return pei_fail(l->b, PE_E_MEMORY, "no memory for a list");
    l->refs[l->count++] = ref;
    return ref != PEI_NONE;
}
/* Cells of a range that count: numbers. */
static bool list_cell(void *context, uint32_t cell)
{
    pei_listing *l = context;
    pei_operand o;
    l->refused = true;
    if (!pei_cell_operand(l->b, cell, &o)) return false;
    if (o.uniform ? pe_is_error(o.value) : pei_type_of(l->b, o.node) != PE_TYPE_NUMBER)
        return false;
    l->refused = false;
    return (o.uniform && !pe_is_number(o.value)) || list_add(l, pei_ref_of(l->b, &o));
}
bool pei_list_argument(pei_builder *b, const pe_node *node, pei_listing *l)
{
    pe_area area;
    pei_operand o;
    if (pei_node_is_area(b, node, &area)) return pei_each_cell(b, &area, list_cell, l);
    if (node->kind == PE_NODE_OMITTED || node->kind == PE_NODE_ARRAY) return false;
    if (!pei_lower_argument(b, node, &o)) return false;
    bool text = o.uniform ? pe_is(o.value, PE_KIND_TEXT) : pei_type_of(b, o.node) >= PE_TYPE_CODE;
    if (text && b->calc != NULL) return false; /* Calc's sums convert no text */
    if (!pei_to_number(b, &o)) return false;
    if (o.uniform && !pe_is_number(o.value)) return false;
    if (!o.uniform && pei_type_of(b, o.node) == PE_TYPE_BOOLEAN) /* SUM(TRUE) alone is 1 */
        o.node = pei_condition_as_number(b, o.node);
    return list_add(l, pei_ref_of(b, &o));
}

/* A list's reduction, shortest form: one value, a pair, three, or a list. */
static bool reduce_list(pei_builder *b, reduce_kind kind, const pei_listing *l, pei_operand *o)
{
    const int lists[] = {b->calc != NULL ? PE_I_SUM_CALC : PE_I_SUM, PE_I_MAXIMUM, PE_I_MINIMUM};
    bool varies = false;
    for (size_t i = 0; i < l->count; i++) varies |= (l->refs[i] & PE_LIST_CONSTANT) == 0;
    if (!varies || l->count <= 2) {
        pei_ref sum = PEI_NONE;
        for (size_t i = 0; i < l->count; i++) sum = combine_as(b, kind, sum, l->refs[i], false);
        if (b->status != PE_OK) return false;
        if (sum == PEI_NONE)
            *o = pei_uniform(pe_number(0));
        else if (sum & PE_LIST_CONSTANT)
            *o = pei_uniform(pe_number(b->constants[sum & ~PE_LIST_CONSTANT]));
        else
            *o = pei_varying(sum);
        return true;
    }
    if (kind == REDUCE_SUM && b->calc == NULL && l->count == 3 &&
        ((l->refs[0] | l->refs[1] | l->refs[2]) & PE_LIST_CONSTANT) == 0) {
        *o = pei_varying(
            pei_make(b, PE_I_ADD3, PE_TYPE_NUMBER, l->refs[0], l->refs[1], l->refs[2], 0));
        return o->node != PEI_NONE;
    }
    *o = pei_varying(
        pei_make_list(b, lists[kind], PE_TYPE_NUMBER, PEI_NONE, l->refs, (uint32_t)l->count, 0));
    return o->node != PEI_NONE;
}

/* ---- SUM, AVERAGE, MAX, MIN, COUNT
 * -------------------------------------------------------------------- */

typedef struct counting {
    pei_builder *b;
    uint64_t numbers;
    bool refused;
} counting;
static bool count_cell(void *context, uint32_t cell)
{
    counting *c = context;
    pei_operand o;
    c->refused = true;
    if (!pei_cell_operand(c->b, cell, &o)) return false;
    if (o.uniform ? pe_is_error(o.value) : pei_type_of(c->b, o.node) != PE_TYPE_NUMBER)
        return false;
    c->refused = false;
    c->numbers += !o.uniform || pe_is_number(o.value);
    return true;
}
/* Numbers of an area, all its varying cells being NUMBER. Remembered for areas that grow downwards.
 */
static bool count_numbers(pei_builder *b, const pe_area *area, uint64_t *numbers)
{
    reduce_key key;
    memset(&key, 0, sizeof key);
    key.kind = 100;
    key.sheet = area->sheet_first;
    key.column = area->column_first;
    key.column_last = area->column_last;
    key.row_first = area->row_first + 1;
    pei_column *column = column_of(b, &key);
    if (column == NULL) return false;
    counting c = {.b = b};
    pe_area rest = *area;
    if (column->running_end != PEI_NONE && column->running_end <= area->row_last) {
        c.numbers = column->running;
        rest.row_first = column->running_end + 1;
    }
    if (rest.row_first <= rest.row_last) pei_each_cell(b, &rest, count_cell, &c);
    if (c.refused) return false;
    column->running_end = area->row_last;
    column->running = (uint32_t)c.numbers;
    *numbers = c.numbers;
    return true;
}

/* One argument's part of SUM, MAX or MIN, appended as one entry (short areas: as many as they are
 * in MAX and MIN; a SUM's argument is summed on its own). */
static bool add_part(pei_builder *b, reduce_kind kind, const pe_node *node, bool alone,
                     pei_listing *parts)
{
    pe_area area;
    if (!pei_node_is_area(b, node, &area)) return pei_list_argument(b, node, parts);
    uint64_t cells = pe_area_cells(&area);
    if (cells <= SHORT_MAX && (alone || kind != REDUCE_SUM))
        return pei_list_argument(b, node, parts);
    if (cells <= SHORT_MAX) {
        pei_listing own = {.b = b};
        pei_operand o;
        bool ok =
            pei_list_argument(b, node, &own) && (own.count == 0 || reduce_list(b, kind, &own, &o));
        bool empty = own.count == 0;
        free(own.refs);
        return ok && (empty || list_add(parts, pei_ref_of(b, &o)));
    }
    pei_ref sum;
    if (!reduce_area(b, kind, 0, 0, &area, &sum)) return false;
    return sum == PEI_NONE || list_add(parts, sum);
}

static bool lower_fold(pei_builder *b, const pe_node *node, reduce_kind kind, pei_operand *o)
{
    pei_listing parts = {.b = b};
    bool ok = true;
    for (uint32_t i = 0; i < node->arg_count && ok; i++)
        ok = add_part(b, kind, node->args[i], node->arg_count == 1, &parts);
    ok = ok && reduce_list(b, kind, &parts, o);
    free(parts.refs);
    return ok;
}

/* How many numbers the arguments hold: the same in all trials, as errors take the whole result. */
static bool count_arguments(pei_builder *b, const pe_node *node, uint64_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        pe_area area;
        uint64_t numbers = 1;
        if (pei_node_is_area(b, node->args[i], &area) && !count_numbers(b, &area, &numbers))
            return false;
        *count += numbers;
    }
    return true;
}

static bool lower_average(pei_builder *b, const pe_node *node, pei_operand *o)
{
    uint64_t count;
    pei_operand sum;
    if (!lower_fold(b, node, REDUCE_SUM, &sum) || !count_arguments(b, node, &count) || count == 0)
        return false;
    return pei_lower_binary(b, PE_OP_DIV, sum, pei_uniform(pe_number((double)count)), false, o);
}

/* ---- STDEV and VAR
 * ------------------------------------------------------------------------------------ */

/* Squared deviations over rows [first, last] of an area's column, in the block's direction. */
static bool squares_part(pei_builder *b, const pe_area *area, uint32_t first, uint32_t last,
                         bool upwards, uint32_t mean, pei_operand *sum)
{
    pei_listing l = {.b = b};
    pe_area part = *area;
    pei_operand o;
    part.row_first = first;
    part.row_last = last;
    bool ok = pei_each_cell(b, &part, list_cell, &l);
    for (size_t i = 0; ok && upwards && i < l.count / 2; i++) {
        pei_ref t = l.refs[i];
        l.refs[i] = l.refs[l.count - 1 - i];
        l.refs[l.count - 1 - i] = t;
    }
    if (ok && l.count > 0) {
        o = pei_varying(
            pei_make_list(b, PE_I_SUM_SQUARES, PE_TYPE_NUMBER, mean, l.refs, (uint32_t)l.count, 0));
        ok = o.node != PEI_NONE;
        if (ok) *sum = sum->uniform ? o : pei_binary_number(b, PE_OP_ADD, *sum, o);
    }
    free(l.refs);
    return ok && b->status == PE_OK;
}

static bool lower_spread(pei_builder *b, const pe_node *node, bool population, bool root,
                         pei_operand *o)
{
    pe_area area;
    pei_operand mean, squares = pei_uniform(pe_number(0));
    uint64_t count;
    if (node->arg_count != 1 || !pei_node_is_area(b, node->args[0], &area)) return false;
    if (area.sheet_first != area.sheet_last || !count_numbers(b, &area, &count) ||
        count < (population ? 1u : 2u))
        return false;
    if (!lower_average(b, node, &mean) || mean.uniform) return false;
    bool blocked =
        area.column_first == area.column_last && area.row_last - area.row_first >= SHORT_MAX;
    if (!blocked &&
        !squares_part(b, &area, area.row_first, area.row_last, false, mean.node, &squares))
        return false;
    for (uint32_t row = area.row_first; blocked && row <= area.row_last;) {
        uint32_t end = row / BLOCK * BLOCK + BLOCK - 1;
        bool first = row == area.row_first && row % BLOCK != 0 && area.row_last > end;
        if (end > area.row_last) end = area.row_last;
        if (!squares_part(b, &area, row, end, first, mean.node, &squares)) return false;
        row = end + 1;
    }
    if (squares.uniform) return false;
    double n = (double)count - (population ? 0.0 : 1.0);
    if (!pei_lower_binary(b, PE_OP_DIV, squares, pei_uniform(pe_number(n)), false, o) || o->uniform)
        return false;
    if (root) o->node = pei_make(b, PE_I_SQRT, PE_TYPE_NUMBER, o->node, PEI_NONE, PEI_NONE, 0);
    return o->node != PEI_NONE;
}

/* ---- SUMPRODUCT, NPV, IRR
 * ----------------------------------------------------------------------------- */

/* A cell of a product: what is no number is 0. */
static bool product_ref(pei_builder *b, uint32_t sheet, uint32_t row, uint32_t column, pei_ref *ref)
{
    pei_operand o;
    uint32_t cell = pei_find_cell(b, sheet, row, column);
    if (!pei_cell_operand(b, cell, &o)) return false;
    if (o.uniform ? pe_is_error(o.value) : pei_type_of(b, o.node) != PE_TYPE_NUMBER) return false;
    if (o.uniform && !pe_is_number(o.value)) o.value = pe_number(0);
    *ref = pei_ref_of(b, &o);
    return *ref != PEI_NONE;
}

static bool is_number_cell(pei_builder *b, const pe_area *a)
{
    pei_operand o;
    uint32_t cell = pei_find_cell(b, a->sheet_first, a->row_first, a->column_first);
    if (!pei_cell_operand(b, cell, &o)) return false;
    return o.uniform ? pe_is_number(o.value) : pei_type_of(b, o.node) == PE_TYPE_NUMBER;
}

static bool lower_sumproduct(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pe_area x, y;
    pei_listing l = {.b = b};
    if (node->arg_count == 1 && pei_node_is_area(b, node->args[0], &x) &&
        pe_area_cells(&x) <= SHORT_MAX)
        return lower_fold(b, node, REDUCE_SUM, o);
    if (node->arg_count != 2 || !pei_node_is_area(b, node->args[0], &x) ||
        !pei_node_is_area(b, node->args[1], &y))
        return false;
    uint32_t rows = x.row_last - x.row_first, columns = x.column_last - x.column_first;
    if (y.row_last - y.row_first != rows || y.column_last - y.column_first != columns ||
        pe_area_cells(&x) > 65536)
        return false;
    if (x.sheet_first != x.sheet_last || y.sheet_first != y.sheet_last) return false;
    /* single cells are values: a text is #VALUE! */
    if (pe_area_cells(&x) == 1 && (!is_number_cell(b, &x) || !is_number_cell(b, &y))) return false;
    bool ok = true;
    for (uint32_t r = 0; r <= rows && ok; r++) {
        for (uint32_t c = 0; c <= columns && ok; c++) {
            pei_ref p, q;
            ok = product_ref(b, x.sheet_first, x.row_first + r, x.column_first + c, &p) &&
                 product_ref(b, y.sheet_first, y.row_first + r, y.column_first + c, &q);
            ok = ok && list_add(&l, p) && list_add(&l, q);
        }
    }
    if (ok)
        *o = pei_varying(pei_make_list(b, PE_I_SUM_PRODUCTS, PE_TYPE_NUMBER, PEI_NONE, l.refs,
                                       (uint32_t)l.count, 0));
    free(l.refs);
    return ok && o->node != PEI_NONE;
}

static bool lower_cash_flow(pei_builder *b, const pe_node *node, bool irr, pei_operand *o)
{
    pei_operand rate = pei_uniform(pe_number(0.1));
    uint32_t a;
    pei_listing l = {.b = b};
    uint32_t at = irr ? 1 : 0, from = irr ? 0 : 1, to = irr ? 1 : node->arg_count;
    if (at < node->arg_count && node->args[at]->kind != PE_NODE_OMITTED &&
        !pei_lower_number(b, node->args[at], &rate))
        return false;
    if (!pei_number_node(b, rate, &a)) return false;
    bool ok = true;
    for (uint32_t i = from; i < to && ok; i++) ok = pei_list_argument(b, node->args[i], &l);
    ok = ok && l.count >= (irr ? 2u : 1u);
    if (ok)
        *o = pei_varying(pei_make_list(b, irr ? PE_I_IRR : PE_I_NPV, PE_TYPE_NUMBER, a, l.refs,
                                       (uint32_t)l.count, 0));
    free(l.refs);
    return ok && o->node != PEI_NONE;
}

/* ---- COUNTIF with a numeric criterion over one column: shared like a running count
 * --------------------- */

static int count_opcode(const char *op)
{
    if (strcmp(op, "=") == 0) return PE_I_COUNTIF_EQ;
    if (strcmp(op, "<") == 0) return PE_I_COUNTIF_LT;
    if (strcmp(op, "<=") == 0) return PE_I_COUNTIF_LE;
    if (strcmp(op, ">") == 0) return PE_I_COUNTIF_GT;
    return strcmp(op, ">=") == 0 ? PE_I_COUNTIF_GE : -1;
}
static bool lower_countif(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pe_area area;
    pei_operand criterion;
    const char *op;
    double k;
    if (!pei_node_is_area(b, node->args[0], &area) ||
        !pei_lower_or_general(b, node->args[1], &criterion))
        return false;
    if (!criterion.uniform) return false;
    pe_call call = pei_conversion_call(b);
    const pe_criterion *test = pe_criterion_new(&call, criterion.value);
    if (test == NULL || !pe_criterion_numeric(test, &op, &k) || count_opcode(op) < 0) return false;
    pei_ref sum;
    if (!reduce_area(b, REDUCE_COUNT_IF, count_opcode(op), pei_constant(b, k), &area, &sum))
        return false;
    if (sum == PEI_NONE || (sum & PE_LIST_CONSTANT)) return false;
    *o = pei_varying(sum);
    return true;
}

bool pei_lower_reduction(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled)
{
    *handled = true;
    switch ((pe_function_id)node->function) {
    case PE_FN_SUM:
        return lower_fold(b, node, REDUCE_SUM, o);
    case PE_FN_MAX:
        return lower_fold(b, node, REDUCE_MAX, o);
    case PE_FN_MIN:
        return lower_fold(b, node, REDUCE_MIN, o);
    case PE_FN_AVERAGE:
        return lower_average(b, node, o);
    case PE_FN_STDEV:
    case PE_FN_STDEV_S:
        return lower_spread(b, node, false, true, o);
    case PE_FN_STDEVP:
    case PE_FN_STDEV_P:
        return lower_spread(b, node, true, true, o);
    case PE_FN_VAR:
    case PE_FN_VAR_S:
        return lower_spread(b, node, false, false, o);
    case PE_FN_VARP:
    case PE_FN_VAR_P:
        return lower_spread(b, node, true, false, o);
    case PE_FN_SUMPRODUCT:
        return lower_sumproduct(b, node, o);
    case PE_FN_NPV:
        return lower_cash_flow(b, node, false, o);
    case PE_FN_IRR:
        return lower_cash_flow(b, node, true, o);
    case PE_FN_COUNTIF:
        if (lower_countif(b, node, o)) return true;
        *handled = false;
        return false;
    default:
        *handled = false;
        return false;
    }
}
