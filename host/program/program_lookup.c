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

static pe_area area_of(const vector *v)
{
    pe_area area = {v->sheet, v->sheet, v->row, v->row, v->column, v->column};
    *(v->vertical ? &area.row_last : &area.column_last) += v->count - 1;
    return area;
}

typedef struct vector_key {
    uint32_t sheet, row, column, count, vertical, tag;
    uint64_t table_row; /* where a data table's replacement can change an element */
    uint64_t table;
} vector_key;
static vector_key key_of(const pei_builder *b, const vector *v, uint32_t tag)
{
    pe_area area = area_of(v);
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

#define LIST_MAX 4096u /* entries that are looked through or picked from, lane by lane */

/* As MATCH's third argument. */
typedef enum search { SEARCH_DESCENDING = -1, SEARCH_EXACT, SEARCH_ASCENDING } search;

/* A cell that a search for a number passes over. */
static bool holds_no_number(const pei_builder *b, const pei_operand *o)
{
    if (o->uniform) return !pe_is_number(o->value);
    if (pei_type_of(b, o->node) == PE_TYPE_BOOLEAN) return true;
    if (pei_type_of(b, o->node) != PE_TYPE_CODE) return false;
    const pe_domain *domain = pei_domain(b, b->nodes[o->node].domain);
    for (uint32_t i = 0; i < domain->count; i++)
        if (pe_is_number(domain->values[i])) return false;
    return true;
}

/* The position of a key among elements that vary or are in no order. */
static bool find_position(pei_builder *b, uint32_t key, const vector *v, search how,
                          pei_operand *position)
{
    /* halving starts from the length that the evaluator sees */
    uint32_t count = how == SEARCH_ASCENDING && v->count <= 64 ? v->count : used_count(b, v);
    if (count == 0 || count > LIST_MAX || !pei_list_fits(b, count)) return false;
    pei_ref *refs = pe_arena_push_raw(b->scratch, count, sizeof *refs);
    if (refs == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    for (uint32_t i = 0; i < count; i++) {
        pei_operand x;
        if (!pei_cell_operand(b, cell_at(b, v, i), &x)) return false;
        if (holds_no_number(b, &x)) x = pei_uniform(pe_error(PE_ERROR_NA));
        if (!x.uniform && pei_type_of(b, x.node) != PE_TYPE_NUMBER) return false;
        refs[i] = pei_ref_of(b, &x);
    }
    *position =
        pei_varying(pei_make_list(b, how == SEARCH_EXACT ? PE_I_FIND : PE_I_FIND_SORTED,
                                  PE_TYPE_NUMBER, key, refs, count, how == SEARCH_DESCENDING));
    return position->node != PEI_NONE;
}

static bool table_position(pei_builder *b, uint32_t key, uint32_t table, search how,
                           pei_operand *position)
{
    pei_node n = {.op = how == SEARCH_ASCENDING ? PE_I_POSITION_SORTED : PE_I_POSITION,
                  .type = PE_TYPE_NUMBER,
                  .a = key,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = table,
                  .flags = how == SEARCH_ASCENDING ? 0 : PE_ERROR_NA};
    *position = pei_varying(pei_make_node(b, &n));
    return position->node != PEI_NONE;
}

/* A position from 0 or from 1 as the other. */
static bool moved(pei_builder *b, pei_operand *position, double by)
{
    if (position->uniform) {
        if (pe_is_number(position->value))
            position->value = pe_number(pe_as_number(position->value) + by);
        return true;
    }
    position->node = pei_make(b, PE_I_ADD_K, PE_TYPE_NUMBER, position->node, PEI_NONE, PEI_NONE,
                              pei_constant(b, by));
    return position->node != PEI_NONE;
}

/* The evaluator's own search: MATCH, or XMATCH, of each member of a key's domain. */
static bool known_position(pei_builder *b, pei_operand key, const vector *v, search how,
                           bool classic, pei_operand *position)
{
    pe_area area = area_of(v);
    pe_node keys = {.kind = PE_NODE_REFERENCE, .draw_site = PE_NO_SITE};
    pe_node type = {.kind = PE_NODE_VALUE, .draw_site = PE_NO_SITE};
    const pe_node *args[3] = {NULL, &keys, &type};
    pe_node match = {.kind = PE_NODE_FUNCTION,
                     .function = classic ? PE_FN_MATCH : PE_FN_XMATCH,
                     .arg_count = classic ? 3 : 2,
                     .draw_site = PE_NO_SITE,
                     .args = args};
    pei_operand operands[3] = {key};
    if (pei_area_varies(b, &area)) return false;
    keys.ref = pei_absolute(&area);
    type.value = pe_number(how);
    if (!pei_tabulate(b, &match, operands, position)) return false;
    return moved(b, position, -1);
}

/* The position (from 0) of a key among a vector's elements, or #N/A. */
static bool lower_position(pei_builder *b, pei_operand key, const vector *v, search how,
                           bool classic, pei_operand *position)
{
    uint32_t table = PEI_NONE, node;
    if (key.uniform || pei_type_of(b, key.node) != PE_TYPE_NUMBER) {
        if (known_position(b, key, v, how, classic, position)) return true;
        if (b->status != PE_OK || !key.uniform || !pe_is_number(key.value)) return false;
    } else if (how != SEARCH_DESCENDING) {
        table = key_table(b, v, how == SEARCH_ASCENDING);
    }
    if (table != PEI_NONE) return table_position(b, key.node, table, how, position);
    return b->status == PE_OK && pei_number_node(b, key, &node) &&
           find_position(b, node, v, how, position);
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

/* One of several slots per lane: all must be numbers. */
static bool pick(pei_builder *b, uint32_t position, const vector *v, pei_operand *o)
{
    if (v->count > LIST_MAX) return false;
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

/* The same element in all trials. */
static bool gather_known(pei_builder *b, pe_value position, const vector *v, bool zero,
                         pei_operand *o)
{
    *o = pei_uniform(position);
    if (!pe_is_number(position)) return true;
    if (!pei_cell_operand(b, cell_at(b, v, (uint32_t)pe_as_number(position)), o)) return false;
    if (!o->uniform || !pe_is(o->value, PE_KIND_BLANK)) return true;
    o->value = pe_number(0);
    return zero;
}

/* Positions are below `end`. zero: whoever reads the result takes a blank as 0. */
static bool gather(pei_builder *b, pei_operand at, const vector *whole, uint32_t end, bool zero,
                   pei_operand *o)
{
    vector clipped = *whole, *v = &clipped;
    const uint32_t position = at.node;
    if (at.uniform) return gather_known(b, at.value, whole, zero, o);
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
    pei_operand key, position;
    double index, approximate;
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
    search how = approximate != 0 ? SEARCH_ASCENDING : SEARCH_EXACT;
    return lower_position(b, key, &keys, how, true, &position) &&
           gather(b, position, &results, used_count(b, &keys), zero, o);
}

/* MATCH, or XMATCH as it is without modes. */
static bool lower_match(pei_builder *b, const pe_node *node, bool classic, pei_operand *o)
{
    pe_area area;
    vector keys;
    pei_operand key, position;
    double type = 0;
    if (!pei_node_is_area(b, node->args[1], &area) || !single_vector(&area, &keys)) return false;
    if (classic ? !uniform_number(b, node, 2, 1, &type) : node->arg_count != 2) return false;
    if (!pei_lower_or_general(b, node->args[0], &key)) return false;
    search how = type > 0 ? SEARCH_ASCENDING : type < 0 ? SEARCH_DESCENDING : SEARCH_EXACT;
    if (!lower_position(b, key, &keys, how, classic, &position)) return false;
    *o = position;
    return moved(b, o, 1);
}

/* A row or column number (from 1) as a position (from 0), #REF! outside: straight from MATCH where
 * it comes from there. */
static uint32_t position_of_number(pei_builder *b, uint32_t number, uint32_t count)
{
    const pei_node *n = &b->nodes[number];
    if (n->op == PE_I_ADD_K && b->constants[n->k] == 1) {
        const pei_node *p = &b->nodes[n->a];
        if ((p->op == PE_I_FIND || p->op == PE_I_FIND_SORTED) && p->c <= count) return n->a;
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

static double least_of(const pe_lookup_table *t)
{
    double x = PEN_INF;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->values[i] < x) x = t->values[i];
    return x;
}

/* No lane of a number is below this; errors aside. */
static double least(const pei_builder *b, uint32_t node, int depth)
{
    const pei_node *n = &b->nodes[node];
    const double k = n->k < b->constant_count ? b->constants[n->k] : 0;
    if (depth > 8) return -PEN_INF;
    switch (n->op) {
    case PE_I_UNIFORM:
    case PE_I_POSITION:
    case PE_I_POSITION_SORTED:
    case PE_I_FIND:
    case PE_I_FIND_SORTED:
        return 0;
    case PE_I_RANK:
        return 1;
    case PE_I_GATHER:
        return least_of(&b->tables[n->k]);
    case PE_I_CONSTANT:
    case PE_I_BETWEEN:
        return k;
    case PE_I_ADD_K:
        return least(b, n->a, depth + 1) + k;
    case PE_I_MUL_K:
        return k > 0 ? least(b, n->a, depth + 1) * k : -PEN_INF;
    case PE_I_INT:
        return pen_floor(least(b, n->a, depth + 1));
    case PE_I_MAX_K:
        return pe_arith_max(least(b, n->a, depth + 1), k);
    default:
        return -PEN_INF;
    }
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
    if (!(least(b, at[vertical ? 0 : 1].node, 0) >= 1)) return false;
    uint32_t position = position_of_number(b, at[vertical ? 0 : 1].node, v.count);
    return position != PEI_NONE && v.count <= 65536 &&
           gather(b, pei_varying(position), &v, v.count, zero, o);
}

/* LOOKUP and XLOOKUP, with keys and results in vectors of equal length. */
static bool lower_vectors(pei_builder *b, const pe_node *node, const vector *keys,
                          const vector *results, search how, bool zero, pei_operand *o)
{
    pei_operand key, position;
    const bool classic = node->function == PE_FN_LOOKUP;
    if (keys->count != results->count) return false;
    if (!pei_lower_or_general(b, node->args[0], &key) ||
        !lower_position(b, key, keys, how, classic, &position))
        return false;
    return gather(b, position, results, used_count(b, keys), zero, o);
}

static bool lower_lookup_vector(pei_builder *b, const pe_node *node, search how, bool zero,
                                pei_operand *o)
{
    pe_area keys_area, results_area;
    vector keys, results;
    return node->arg_count == 3 && pei_node_is_area(b, node->args[1], &keys_area) &&
           pei_node_is_area(b, node->args[2], &results_area) && single_vector(&keys_area, &keys) &&
           single_vector(&results_area, &results) &&
           lower_vectors(b, node, &keys, &results, how, zero, o);
}

/* LOOKUP(key, table): along the table's longer side, from its near to its far edge. */
static bool lower_lookup_table(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pe_area area;
    if (!pei_node_is_area(b, node->args[1], &area) || area.sheet_first != area.sheet_last)
        return false;
    uint32_t down = area.row_last - area.row_first, across = area.column_last - area.column_first;
    bool vertical = down >= across;
    vector keys = vector_of(&area, vertical, 0),
           results = vector_of(&area, vertical, vertical ? across : down);
    return lower_vectors(b, node, &keys, &results, SEARCH_ASCENDING, zero, o);
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
        return lower_match(b, node, true, o);
    case PE_FN_XMATCH:
        return lower_match(b, node, false, o);
    case PE_FN_INDEX:
        return lower_index(b, node, zero, o);
    case PE_FN_LOOKUP:
        return node->arg_count == 2 ? lower_lookup_table(b, node, zero, o)
                                    : lower_lookup_vector(b, node, SEARCH_ASCENDING, zero, o);
    case PE_FN_XLOOKUP:
        return lower_lookup_vector(b, node, SEARCH_EXACT, zero, o);
    default:
        *handled = false;
        return false;
    }
}
