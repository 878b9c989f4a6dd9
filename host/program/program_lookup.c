/* program_lookup.c: lookups as a position and a gather. Positions are shared by key and key column;
 * a uniform key column becomes a table once. What is found may be uniform (a table of results,
 * texts as codes) or vary (a pick among slots). */
#include <math.h>
#include <stdlib.h>

#include "functions_arithmetic.h"
#include "program_internal.h"

typedef struct vector { /* one row or column on one sheet */
    uint32_t sheet, row, column, count;
    bool vertical;
} vector;

static vector vector_of(const pe_area *area, bool vertical, uint32_t index)
{
    vector v = {area->sheet_first, area->row_first, area->column_first, 0, vertical};
    if (vertical) {
        v.column += index;
        v.count = area->row_last - area->row_first + 1;
    } else {
        v.row += index;
        v.count = area->column_last - area->column_first + 1;
    }
    return v;
}
static bool single_vector(const pe_area *area, vector *v)
{
    if (area->sheet_first != area->sheet_last) return false;
    if (area->column_first == area->column_last) {
        *v = vector_of(area, true, 0);
        return true;
    }
    *v = vector_of(area, false, 0);
    return area->row_first == area->row_last;
}
/* Elements that may hold something: the rest are blank. */
static uint32_t used_count(const pei_builder *b, const vector *v)
{
    const pe_area *used = &b->workbook->sheets[v->sheet].used;
    uint32_t first = v->vertical ? v->row : v->column,
             last = v->vertical ? used->row_last : used->column_last;
    if (last < first) return 0;
    return last - first + 1 < v->count ? last - first + 1 : v->count;
}
static uint32_t cell_at(const pei_builder *b, const vector *v, uint32_t i)
{
    return pei_find_cell(b, v->sheet, v->vertical ? v->row + i : v->row,
                         v->vertical ? v->column : v->column + i);
}

typedef struct vector_key {
    uint32_t sheet, row, column, count, vertical, tag;
    uint64_t table_row; /* where a data table's replacement can change an element */
    uint64_t table;
} vector_key;
static vector_key key_of(const pei_builder *b, const vector *v, uint32_t tag)
{
    pe_area area = {v->sheet, v->sheet, v->row, v->row, v->column, v->column};
    *(v->vertical ? &area.row_last : &area.column_last) += v->count - 1;
    bool reached = pei_replaced_reaches(b, &area);
    return (vector_key){v->sheet,
                        v->row,
                        v->column,
                        v->count,
                        v->vertical,
                        tag,
                        reached ? pei_replaced_row(b) : 0,
                        reached ? pei_replaced_table(b) : 0};
}

/* ---- key tables
 * --------------------------------------------------------------------------------------- */

typedef struct key_row {
    double key;
    uint32_t row;
} key_row;

static int compare_keys(const void *x, const void *y)
{
    const key_row *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Whole numbers with one step, one per row: position by arithmetic. */
static bool is_affine(const key_row *rows, uint32_t count, pe_lookup_table *t)
{
    if (count < 2) return false;
    double step = rows[1].key - rows[0].key;
    if (step == 0 || pen_abs(rows[0].key) > 0x1p40 || pen_abs(step) > 0x1p30) return false;
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].row != i || rows[i].key != rows[0].key + i * step ||
            pen_floor(rows[i].key) != rows[i].key)
            return false;
    *t = (pe_lookup_table){
        .kind = PE_LOOKUP_AFFINE, .count = count, .first = rows[0].key, .step = step};
    return true;
}

/* Keys ascending and different at 15 digits, the row of each: for equal keys the first (exact) or
 * last (approximate). */
static bool sorted_table(pei_builder *b, key_row *rows, uint32_t count, bool approximate,
                         pe_lookup_table *t)
{
    for (uint32_t i = 1; approximate && i < count; i++)
        if (!pe_arith_less_equal(rows[i - 1].key, rows[i].key)) return false;
    if (!approximate) qsort(rows, count, sizeof *rows, compare_keys);
    double *keys = PE_PUSH(b->arena, double, count), *positions = PE_PUSH(b->arena, double, count);
    if (keys == NULL || positions == NULL)
        return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    uint32_t distinct = 0;
    bool identity = true;
    for (uint32_t i = 0; i < count; i++) {
        if (distinct > 0 && keys[distinct - 1] == rows[i].key) {
            if (approximate) positions[distinct - 1] = rows[i].row;
            continue;
        }
        if (distinct > 0 && pe_arith_equal(keys[distinct - 1], rows[i].key)) return false;
        keys[distinct] = rows[i].key;
        positions[distinct++] = rows[i].row;
    }
    for (uint32_t i = 0; i < distinct; i++) identity = identity && positions[i] == i;
    *t = (pe_lookup_table){.kind = PE_LOOKUP_SORTED,
                           .count = distinct,
                           .values = keys,
                           .positions = positions,
                           .first = identity ? 1 : 0};
    return true;
}

/* The table of a vector's numbers; PEI_NONE: not for the program. */
static uint32_t key_table(pei_builder *b, const vector *v, bool approximate)
{
    vector_key key = key_of(b, v, 0x6B657973 + approximate);
    bool fresh;
    uint32_t table = pei_make_table(b, &key, sizeof key, &fresh);
    if (table == PEI_NONE) return table;
    if (!fresh) return b->tables[table].count > 0 ? table : PEI_NONE;
    uint32_t used = used_count(b, v), count = 0;
    key_row *rows = pe_arena_push_raw(b->scratch, used + 1, sizeof *rows);
    if (rows == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables"), PEI_NONE;
    for (uint32_t i = 0; i < used; i++) {
        uint32_t cell = cell_at(b, v, i);
        if (cell == PE_NO_CELL) {
            if (approximate) return PEI_NONE;
            continue;
        }
        if (pei_is_varying(b, cell)) return PEI_NONE;
        pe_value value = pei_uniform_value(b, cell);
        if (!pe_is_number(value)) {
            if (approximate)
                return PEI_NONE; /* its binary search steps over other types in its own way */
            continue;
        }
        rows[count++] = (key_row){pe_as_number(value) + 0.0, i};
    }
    pe_lookup_table t;
    if (count == 0) return PEI_NONE;
    if (!(!approximate && is_affine(rows, count, &t)) &&
        !sorted_table(b, rows, count, approximate, &t))
        return PEI_NONE;
    b->tables[table] = t;
    return table;
}

/* The position (from 0) of a key among a vector's elements, or #N/A. */
static bool lower_position(pei_builder *b, pei_operand key, const vector *v, bool approximate,
                           uint32_t *position)
{
    if (key.uniform) return false;
    pe_type type = pei_type_of(b, key.node);
    if (type != PE_TYPE_NUMBER) return false;
    uint32_t table = key_table(b, v, approximate);
    if (table == PEI_NONE) return false;
    pei_node n = {.op = approximate ? PE_I_POSITION_SORTED : PE_I_POSITION,
                  .type = PE_TYPE_NUMBER,
                  .a = key.node,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = table,
                  .flags = approximate ? 0 : PE_ERROR_NA};
    *position = pei_make_node(b, &n);
    return *position != PEI_NONE;
}

/* ---- results
 * ------------------------------------------------------------------------------------------ */

static bool make_gather(pei_builder *b, uint32_t position, uint32_t table, pei_operand *o)
{
    pei_node n = {.op = PE_I_GATHER,
                  .type = b->tables[table].type,
                  .domain = b->tables[table].domain,
                  .a = position,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = table};
    *o = pei_varying(pei_make_node(b, &n));
    return o->node != PEI_NONE;
}

/* A table of a vector's uniform values: numbers, or codes of their domain. */
static bool gather_uniform(pei_builder *b, uint32_t position, const vector *v, pei_operand *o)
{
    vector_key key = key_of(b, v, 0x67617468);
    pe_value *values = pe_arena_push_raw(b->scratch, v->count, sizeof *values);
    uint32_t *codes = pe_arena_push_raw(b->scratch, v->count, sizeof *codes);
    if (values == NULL || codes == NULL)
        return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    bool numbers = true;
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t cell = cell_at(b, v, i);
        values[i] = cell != PE_NO_CELL ? pei_uniform_value(b, cell) : pe_blank();
        if (pe_is(values[i], PE_KIND_BLANK))
            values[i] = pe_number(0); /* what a formula shows for it */
        numbers = numbers && (pe_is_number(values[i]) || pe_is_error(values[i]));
    }
    uint16_t domain = 0;
    if (!numbers) {
        domain = pei_domain_of(b, values, v->count, codes);
        if (domain == 0xFFFF) return false;
    }
    bool fresh;
    uint32_t table = pei_make_table(b, &key, sizeof key, &fresh);
    double *copy = table != PEI_NONE ? PE_PUSH(b->arena, double, v->count) : NULL;
    if (copy == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    for (uint32_t i = 0; i < v->count; i++)
        copy[i] = numbers ? pe_as_number(values[i]) : (double)codes[i];
    b->tables[table] = (pe_lookup_table){.kind = PE_LOOKUP_GATHER,
                                         .count = v->count,
                                         .values = copy,
                                         .domain = domain,
                                         .type = numbers ? PE_TYPE_NUMBER : PE_TYPE_CODE};
    return make_gather(b, position, table, o);
}

#define PICK_MAX 4096u

/* One of several slots per lane: all must be numbers. */
static bool pick(pei_builder *b, uint32_t position, const vector *v, pei_operand *o)
{
    if (v->count > PICK_MAX) return false;
    pei_ref *refs = pe_arena_push_raw(b->scratch, v->count, sizeof *refs);
    if (refs == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    for (uint32_t i = 0; i < v->count; i++) {
        pei_operand x;
        if (!pei_cell_operand(b, cell_at(b, v, i), &x)) return false;
        if (x.uniform && pe_is(x.value, PE_KIND_BLANK)) x.value = pe_number(0);
        if (x.uniform ? !pe_is_number(x.value) : pei_type_of(b, x.node) != PE_TYPE_NUMBER)
            return false;
        refs[i] = pei_ref_of(b, &x);
    }
    *o = pei_varying(pei_make_list(b, PE_I_PICK, PE_TYPE_NUMBER, position, refs, v->count, 0));
    return o->node != PEI_NONE;
}

static bool has_blank(const pei_builder *b, const vector *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t cell = cell_at(b, v, i);
        if (cell == PE_NO_CELL) return true;
        if (!pei_is_varying(b, cell) && pe_is(pei_uniform_value(b, cell), PE_KIND_BLANK))
            return true;
    }
    return false;
}

/* Positions are below `end`. zero: whoever reads the result takes a blank as 0. */
static bool gather(pei_builder *b, uint32_t position, const vector *whole, uint32_t end, bool zero,
                   pei_operand *o)
{
    vector clipped = *whole, *v = &clipped;
    if (end < v->count) v->count = end;
    if (v->count == 0 || (!zero && has_blank(b, v))) return false;
    vector_key key = key_of(b, v, 0x67617468);
    uint32_t table;
    if (pe_map_get(b->table_map, &key, sizeof key, &table))
        return make_gather(b, position, table, o);
    for (uint32_t i = 0, used = used_count(b, v); i < used; i++) {
        uint32_t cell = cell_at(b, v, i);
        if (cell != PE_NO_CELL && pei_is_varying(b, cell)) return pick(b, position, v, o);
    }
    return gather_uniform(b, position, v, o);
}

/* ---- functions
 * ---------------------------------------------------------------------------------------- */

static bool uniform_number(pei_builder *b, const pe_node *node, uint32_t index, double otherwise,
                           double *x)
{
    pei_operand o;
    *x = otherwise;
    if (index >= node->arg_count) return true;
    if (!pei_lower_number(b, node->args[index], &o) || !o.uniform || !pe_is_number(o.value))
        return false;
    *x = pe_as_number(o.value);
    return true;
}

static bool lower_table_lookup(pei_builder *b, const pe_node *node, bool vertical, bool zero,
                               pei_operand *o)
{
    pe_area area;
    pei_operand key;
    double index, approximate;
    uint32_t position;
    if (!pei_node_is_area(b, node->args[1], &area) || area.sheet_first != area.sheet_last)
        return false;
    if (!uniform_number(b, node, 2, 1, &index) || !uniform_number(b, node, 3, 1, &approximate))
        return false;
    uint32_t across =
        vertical ? area.column_last - area.column_first : area.row_last - area.row_first;
    index = pen_trunc(index);
    if (!(index >= 1 && index <= (double)across + 1)) return false;
    if (!pei_lower_or_general(b, node->args[0], &key)) return false;
    vector keys = vector_of(&area, vertical, 0),
           results = vector_of(&area, vertical, (uint32_t)index - 1);
    return lower_position(b, key, &keys, approximate != 0, &position) &&
           gather(b, position, &results, used_count(b, &keys), zero, o);
}

static bool lower_match(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pe_area area;
    vector keys;
    pei_operand key;
    double type;
    uint32_t position;
    if (!pei_node_is_area(b, node->args[1], &area) || !single_vector(&area, &keys)) return false;
    if (!uniform_number(b, node, 2, 1, &type) || type < 0 ||
        !pei_lower_or_general(b, node->args[0], &key))
        return false;
    if (!lower_position(b, key, &keys, type > 0, &position)) return false;
    *o = pei_varying(
        pei_make(b, PE_I_ADD_K, PE_TYPE_NUMBER, position, PEI_NONE, PEI_NONE, pei_constant(b, 1)));
    return o->node != PEI_NONE;
}

/* A row or column number (from 1) as a position (from 0), #REF! outside: straight from MATCH where
 * it comes from there. */
static uint32_t position_of_number(pei_builder *b, uint32_t number, uint32_t count)
{
    const pei_node *n = &b->nodes[number];
    if (n->op == PE_I_ADD_K && b->constants[n->k] == 1) {
        const pei_node *p = &b->nodes[n->a];
        if ((p->op == PE_I_POSITION || p->op == PE_I_POSITION_SORTED) &&
            b->tables[p->k].kind == PE_LOOKUP_AFFINE && b->tables[p->k].count <= count)
            return n->a;
    }
    double key[3] = {pe_as_number(pe_box(PE_KIND_OMITTED, 2)), 1, count};
    bool fresh;
    uint32_t table = pei_make_table(b, key, sizeof key, &fresh);
    if (table == PEI_NONE) return PEI_NONE;
    if (fresh)
        b->tables[table] =
            (pe_lookup_table){.kind = PE_LOOKUP_AFFINE, .count = count, .first = 1, .step = 1};
    uint32_t whole = pei_make(b, PE_I_ROUND_DOWN, PE_TYPE_NUMBER, number, PEI_NONE, PEI_NONE,
                              pei_constant_pair(b, 1, 0));
    pei_node position = {.op = PE_I_POSITION,
                         .type = PE_TYPE_NUMBER,
                         .a = whole,
                         .b = PEI_NONE,
                         .c = PEI_NONE,
                         .k = table,
                         .flags = PE_ERROR_REF};
    return whole != PEI_NONE ? pei_make_node(b, &position) : PEI_NONE;
}

/* INDEX(area, row, column): at most one of them varies. A varying 0 would mean a whole column: left
 * to the general evaluator. */
static bool lower_index(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pe_area area;
    pei_operand at[2] = {pei_uniform(pe_number(1)), pei_uniform(pe_number(1))};
    if (node->arg_count > 3 || !pei_node_is_area(b, node->args[0], &area) ||
        area.sheet_first != area.sheet_last)
        return false;
    for (uint32_t i = 1; i < node->arg_count; i++) {
        if (node->args[i]->kind == PE_NODE_OMITTED ||
            !pei_lower_number(b, node->args[i], &at[i - 1]))
            return false;
        if (at[i - 1].uniform && !pe_is_number(at[i - 1].value)) return false;
    }
    uint32_t rows = area.row_last - area.row_first + 1,
             columns = area.column_last - area.column_first + 1;
    if (node->arg_count == 2 && rows == 1) { /* one number along a row */
        at[1] = at[0];
        at[0] = pei_uniform(pe_number(1));
    } else if (node->arg_count == 2 && columns > 1) {
        return false;
    }
    double row = at[0].uniform ? pen_trunc(pe_as_number(at[0].value)) : 1;
    double column = at[1].uniform ? pen_trunc(pe_as_number(at[1].value)) : 1;
    if (!(row >= 1 && row <= rows && column >= 1 && column <= columns)) return false;
    if (at[0].uniform && at[1].uniform)
        return pei_cell_operand(b,
                                pei_find_cell(b, area.sheet_first,
                                              area.row_first + (uint32_t)row - 1,
                                              area.column_first + (uint32_t)column - 1),
                                o);
    if (!at[0].uniform && !at[1].uniform) return false;
    bool vertical = !at[0].uniform;
    vector v = vector_of(&area, vertical, vertical ? (uint32_t)column - 1 : (uint32_t)row - 1);
    const pei_node *n = &b->nodes[at[vertical ? 0 : 1].node];
    bool never_zero =
        n->op == PE_I_ADD_K && b->constants[n->k] == 1 &&
        (b->nodes[n->a].op == PE_I_POSITION || b->nodes[n->a].op == PE_I_POSITION_SORTED);
    if (!never_zero && !(n->op == PE_I_BETWEEN && b->constants[n->k] >= 1)) return false;
    uint32_t position = position_of_number(b, at[vertical ? 0 : 1].node, v.count);
    return position != PEI_NONE && v.count <= 65536 && gather(b, position, &v, v.count, zero, o);
}

static bool lower_lookup_vector(pei_builder *b, const pe_node *node, bool approximate, bool zero,
                                pei_operand *o)
{
    pe_area keys_area, results_area;
    vector keys, results;
    pei_operand key;
    uint32_t position;
    if (node->arg_count != 3) return false;
    if (!pei_node_is_area(b, node->args[1], &keys_area) ||
        !pei_node_is_area(b, node->args[2], &results_area))
        return false;
    if (!single_vector(&keys_area, &keys) || !single_vector(&results_area, &results) ||
        keys.count != results.count)
        return false;
    if (!pei_lower_or_general(b, node->args[0], &key) ||
        !lower_position(b, key, &keys, approximate, &position))
        return false;
    return gather(b, position, &results, used_count(b, &keys), zero, o);
}

bool pei_lower_lookup(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled)
{
    bool zero = b->blank_is_zero;
    b->blank_is_zero = false;
    *handled = true;
    switch ((pe_function_id)node->function) {
    case PE_FN_VLOOKUP:
        return lower_table_lookup(b, node, true, zero, o);
    case PE_FN_HLOOKUP:
        return lower_table_lookup(b, node, false, zero, o);
    case PE_FN_MATCH:
        return lower_match(b, node, o);
    case PE_FN_INDEX:
        return lower_index(b, node, zero, o);
    case PE_FN_LOOKUP:
        return lower_lookup_vector(b, node, true, zero, o);
    case PE_FN_XLOOKUP:
        return lower_lookup_vector(b, node, false, zero, o);
    default:
        *handled = false;
        return false;
    }
}
