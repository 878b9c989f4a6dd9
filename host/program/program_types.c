/* program_types.c: coercions between the types of lanes, domains of CODE lanes, and lookup tables,
 * each once. */
#include <stdlib.h>

#include "program_internal.h"

static const pe_call_ops no_ops;

pe_call pei_conversion_call(pei_builder *b)
{
    pe_call call;
    memset(&call, 0, sizeof call);
    call.ops = &no_ops;
    call.arena = b->scratch;
    call.home = b->home;
    call.sheet_count = b->workbook->sheet_count;
    call.date1904 = b->workbook->date1904;
    call.calc = b->calc;
    call.now = pe_evaluator_now(b->evaluator);
    return call;
}

static pe_value number_of_value(pei_builder *b, pe_value v)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_number(0);
    case PE_KIND_BOOLEAN:
        return pe_number(pe_as_boolean(v) ? 1.0 : 0.0);
    case PE_KIND_TEXT: {
        pe_call call = pei_conversion_call(b);
        return pe_to_number(&call, v);
    }
    default:
        return v;
    }
}
static pe_value condition_of_value(pei_builder *b, pe_value v)
{
    if (pe_is_error(v)) return v;
    if (pe_is_number(v)) return pe_number(pe_as_number(v) != 0 ? 1.0 : 0.0);
    pe_call call = pei_conversion_call(b);
    pe_value t = pe_is(v, PE_KIND_OMITTED) ? pe_boolean(false) : pe_to_boolean(&call, v);
    return pe_is(t, PE_KIND_BOOLEAN) ? pe_number(pe_as_boolean(t) ? 1.0 : 0.0) : t;
}

/* ---- tables and domains
 * ------------------------------------------------------------------------------- */

const pe_domain *pei_domain(const pei_builder *b, uint16_t domain)
{
    return &b->domains[domain];
}

uint32_t pei_make_table(pei_builder *b, const void *key, size_t length, bool *fresh)
{
    uint32_t *slot;
    *fresh = false;
    if (pe_map_put(b->table_map, key, length, (uint32_t)b->table_count, &slot, fresh) != PE_OK ||
        PE_GROW(&b->tables, &b->table_capacity, b->table_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
        return PEI_NONE;
    }
    if (*fresh) memset(&b->tables[b->table_count++], 0, sizeof *b->tables);
    return *slot;
}

/* The code of a value among all values of domains: equal texts are one. */
static uint32_t intern(pei_builder *b, pe_value v)
{
    char kind = (char)pe_kind_of(v);
    const void *bytes = &v;
    size_t length = sizeof v;
    if (kind == PE_KIND_TEXT) {
        bytes = pe_as_text(v)->bytes;
        length = pe_as_text(v)->length;
    }
    char *key = pe_arena_push_raw(b->scratch, length + 1, 1);
    uint32_t *slot;
    bool added;
    if (key == NULL || PE_GROW(&b->text_values, &b->text_capacity, b->text_count + 1) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for texts");
        return PEI_NONE;
    }
    key[0] = kind;
    memcpy(key + 1, bytes, length);
    if (pe_map_put(b->texts, key, length + 1, (uint32_t)b->text_count, &slot, &added) != PE_OK) {
        pei_fail(b, PE_E_MEMORY, "no memory for texts");
        return PEI_NONE;
    }
    if (added) b->text_values[b->text_count++] = v;
    return *slot;
}

/* The domain of these values, without duplicates, in order of first appearance; codes[i] is the
 * code of values[i]. Too many: 0xFFFF. */
uint16_t pei_domain_of(pei_builder *b, const pe_value *values, uint32_t count, uint32_t *codes)
{
    uint32_t *members = pe_arena_push_raw(b->scratch, count + 1, sizeof *members), distinct = 0;
    uint32_t *of_text = NULL;
    size_t of_capacity = 0;
    if (members == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for texts"), 0xFFFF;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t text = intern(b, values[i]);
        size_t had = of_capacity;
        if (text == PEI_NONE || PE_GROW(&of_text, &of_capacity, (size_t)text + 1) != PE_OK) {
            free(of_text);
            return pei_fail(b, PE_E_MEMORY, "no memory for texts"), 0xFFFF;
        }
        if (of_capacity > had) memset(of_text + had, 0xFF, (of_capacity - had) * sizeof *of_text);
        if (of_text[text] == PEI_NONE) {
            of_text[text] = distinct;
            members[distinct++] = text;
        }
        codes[i] = of_text[text];
    }
    free(of_text);
    uint32_t *slot;
    bool added;
    if (b->domain_count >= 0xFFF0) return 0xFFFF;
    if (pe_map_put(b->domain_map, members, distinct * sizeof *members, (uint32_t)b->domain_count,
                   &slot, &added) != PE_OK ||
        PE_GROW(&b->domains, &b->domain_capacity, b->domain_count + 1) != PE_OK)
        return pei_fail(b, PE_E_MEMORY, "no memory for texts"), 0xFFFF;
    uint16_t domain = (uint16_t)*slot;
    if (!added) return domain;
    pe_value *copies = PE_PUSH(b->arena, pe_value, distinct + 1);
    if (copies == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for texts"), 0xFFFF;
    for (uint32_t i = 0; i < distinct; i++) copies[i] = b->text_values[members[i]];
    b->domains[b->domain_count++] = (pe_domain){copies, distinct};
    return domain;
}

uint32_t pei_map_values(pei_builder *b, uint32_t node, const double *values, uint32_t count,
                        pe_type type, uint16_t domain)
{
    uint32_t ones = 0, zeros = 0, one = 0, zero = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (values[i] == 1.0) ones++, one = i;
        if (values[i] == 0.0) zeros++, zero = i;
    }
    if (type == PE_TYPE_BOOLEAN && ones + zeros == count && (ones == 1 || zeros == 1)) {
        uint32_t k = pei_constant(b, ones == 1 ? one : zero);
        return pei_make(b, ones == 1 ? PE_I_CODE_EQ : PE_I_CODE_NE, PE_TYPE_BOOLEAN, node, PEI_NONE,
                        PEI_NONE, k);
    }
    double *key = pe_arena_push_raw(b->scratch, count + 1, sizeof *key);
    if (key == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables"), PEI_NONE;
    key[0] = pe_as_number(pe_box(PE_KIND_OMITTED, 1));
    memcpy(key + 1, values, count * sizeof *key);
    bool fresh;
    uint32_t table = pei_make_table(b, key, (count + 1) * sizeof *key, &fresh);
    if (table == PEI_NONE) return PEI_NONE;
    if (fresh) {
        double *copy = PE_PUSH(b->arena, double, count + 1);
        if (copy == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables"), PEI_NONE;
        memcpy(copy, values, count * sizeof *copy);
        b->tables[table] =
            (pe_lookup_table){.kind = PE_LOOKUP_GATHER, .count = count, .values = copy};
    }
    pei_node n = {.op = PE_I_GATHER,
                  .type = (uint8_t)type,
                  .domain = domain,
                  .a = node,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = table};
    return pei_make_node(b, &n);
}

uint32_t pei_map_code(pei_builder *b, uint32_t node, const double *values, pe_type type)
{
    return pei_map_values(b, node, values, pei_domain(b, b->nodes[node].domain)->count, type, 0);
}

static bool map_domain(pei_builder *b, pei_operand *o, pe_value (*map)(pei_builder *, pe_value),
                       pe_type type)
{
    const pe_domain *domain = pei_domain(b, b->nodes[o->node].domain);
    double *values = pe_arena_push_raw(b->scratch, domain->count + 1, sizeof *values);
    if (values == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    for (uint32_t i = 0; i < domain->count; i++)
        values[i] = pe_as_number(map(b, domain->values[i]));
    o->node = pei_map_code(b, o->node, values, type);
    return o->node != PEI_NONE;
}

/* ---- coercions
 * ---------------------------------------------------------------------------------------- */

bool pei_to_number(pei_builder *b, pei_operand *o)
{
    if (o->uniform) {
        o->value = number_of_value(b, o->value);
        return true;
    }
    switch (pei_type_of(b, o->node)) {
    case PE_TYPE_NUMBER:
    case PE_TYPE_BOOLEAN:
        return true;
    case PE_TYPE_CODE:
        return map_domain(b, o, number_of_value, PE_TYPE_NUMBER);
    default:
        o->node = pei_make(b, PE_I_TO_NUMBER, PE_TYPE_NUMBER, o->node, PEI_NONE, PEI_NONE, 0);
    }
    return o->node != PEI_NONE;
}

bool pei_number_node(pei_builder *b, pei_operand o, uint32_t *node)
{
    if (!pei_to_number(b, &o) || (o.uniform && !pe_is_number(o.value))) return false;
    *node = o.uniform ? pei_make(b, PE_I_CONSTANT, PE_TYPE_NUMBER, PEI_NONE, PEI_NONE, PEI_NONE,
                                 pei_constant(b, pe_as_number(o.value)))
                      : o.node;
    return *node != PEI_NONE;
}

/* Instructions that give 1, 0 or an error. */
static bool is_truth(int op)
{
    return (op >= PE_I_EQ && op <= PE_I_CODE_NE) || (op >= PE_I_ISERROR && op <= PE_I_ISNUMBER);
}

/* The same instruction, called a number or a truth value. The one that nothing reads goes. */
static uint32_t retyped(pei_builder *b, uint32_t node, pe_type type)
{
    pei_node n = b->nodes[node];
    n.type = (uint8_t)type;
    return pei_make_node(b, &n);
}

bool pei_plain_truth(pei_builder *b, pei_operand *o)
{
    if (b->calc == NULL) return true;
    if (o->uniform) {
        if (pe_is(o->value, PE_KIND_BOOLEAN))
            o->value = pe_number(pe_as_boolean(o->value) ? 1.0 : 0.0);
        return true;
    }
    if (pei_type_of(b, o->node) == PE_TYPE_BOOLEAN) o->node = retyped(b, o->node, PE_TYPE_NUMBER);
    return o->node != PEI_NONE;
}

bool pei_to_condition(pei_builder *b, pei_operand *o)
{
    if (o->uniform) {
        o->value = condition_of_value(b, o->value);
        return true;
    }
    switch (pei_type_of(b, o->node)) {
    case PE_TYPE_BOOLEAN:
        return true;
    case PE_TYPE_CODE:
        return map_domain(b, o, condition_of_value, PE_TYPE_BOOLEAN);
    case PE_TYPE_NUMBER:
        if (b->calc != NULL && is_truth(b->nodes[o->node].op)) {
            o->node = retyped(b, o->node, PE_TYPE_BOOLEAN);
            break;
        }
        o->node = pei_make(b, PE_I_TRUTH, PE_TYPE_BOOLEAN, o->node, PEI_NONE, PEI_NONE, 0);
        break;
    default:
        o->node = pei_make(b, PE_I_TO_BOOLEAN, PE_TYPE_BOOLEAN, o->node, PEI_NONE, PEI_NONE, 0);
    }
    return o->node != PEI_NONE;
}

uint32_t pei_condition_as_number(pei_builder *b, uint32_t condition)
{
    pei_node n = b->nodes[condition];
    n.type = PE_TYPE_NUMBER;
    return pei_make_node(b, &n);
}

uint32_t pei_to_any(pei_builder *b, uint32_t node)
{
    switch (pei_type_of(b, node)) {
    case PE_TYPE_BOOLEAN:
        return pei_make(b, PE_I_BOX_BOOLEAN, PE_TYPE_ANY, node, PEI_NONE, PEI_NONE, 0);
    case PE_TYPE_CODE:
        return pei_make(b, PE_I_BOX_CODE, PE_TYPE_ANY, node, PEI_NONE, b->nodes[node].domain, 0);
    default:
        return node;
    }
}

/* ---- one type for two branches
 * ------------------------------------------------------------------------ */

static bool is_plain_number(const pei_builder *b, const pei_operand *o)
{
    if (o->uniform)
        return pe_is_number(o->value) || pe_is_error(o->value) || pe_is(o->value, PE_KIND_BLANK);
    return pei_type_of(b, o->node) == PE_TYPE_NUMBER;
}
static bool is_plain_boolean(const pei_builder *b, const pei_operand *o)
{
    return o->uniform ? pe_is(o->value, PE_KIND_BOOLEAN)
                      : pei_type_of(b, o->node) == PE_TYPE_BOOLEAN;
}
static bool is_text_like(const pei_builder *b, const pei_operand *o)
{
    return o->uniform ? pe_is(o->value, PE_KIND_TEXT) : pei_type_of(b, o->node) == PE_TYPE_CODE;
}

/* Texts: the union of both domains, provided that a varying operand keeps its codes (its domain
 * comes first). */
static bool unify_codes(pei_builder *b, pei_operand *x, pei_operand *y, uint16_t *domain)
{
    if (!x->uniform && !y->uniform) {
        *domain = b->nodes[x->node].domain;
        return *domain == b->nodes[y->node].domain;
    }
    pei_operand *first = x->uniform ? y : x, *second = x->uniform ? x : y;
    const pe_domain *have = first->uniform ? NULL : pei_domain(b, b->nodes[first->node].domain);
    uint32_t count = have != NULL ? have->count : 1;
    pe_value *values = pe_arena_push_raw(b->scratch, count + 1, sizeof *values);
    uint32_t *codes = pe_arena_push_raw(b->scratch, count + 1, sizeof *codes);
    if (values == NULL || codes == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for texts");
    for (uint32_t i = 0; i < count; i++) values[i] = have != NULL ? have->values[i] : first->value;
    values[count] = second->value;
    *domain = pei_domain_of(b, values, count + 1, codes);
    if (*domain == 0xFFFF) return false;
    if (first->uniform) first->value = pe_number(codes[0]);
    second->value = pe_number(codes[count]);
    return true;
}

static bool box(pei_builder *b, pei_operand *o)
{
    if (o->uniform) return true;
    o->node = pei_to_any(b, o->node);
    return o->node != PEI_NONE;
}

bool pei_unify(pei_builder *b, pei_operand *x, pei_operand *y, bool blank_is_zero, pe_type *type,
               uint16_t *domain)
{
    *domain = 0;
    bool blank_x = x->uniform && pe_is(x->value, PE_KIND_BLANK),
         blank_y = y->uniform && pe_is(y->value, PE_KIND_BLANK);
    if ((blank_x || blank_y) && !blank_is_zero) return false; /* its meaning is the reader's */
    if (is_plain_number(b, x) && is_plain_number(b, y)) {
        if (blank_x) x->value = pe_number(0);
        if (blank_y) y->value = pe_number(0);
        *type = PE_TYPE_NUMBER;
        return true;
    }
    if (is_plain_boolean(b, x) && is_plain_boolean(b, y)) {
        if (x->uniform) x->value = pe_number(pe_as_boolean(x->value) ? 1.0 : 0.0);
        if (y->uniform) y->value = pe_number(pe_as_boolean(y->value) ? 1.0 : 0.0);
        *type = PE_TYPE_BOOLEAN;
        return true;
    }
    if (is_text_like(b, x) && is_text_like(b, y) && unify_codes(b, x, y, domain)) {
        *type = PE_TYPE_CODE;
        return true;
    }
    if (b->status != PE_OK || blank_x || blank_y)
        return false; /* a blank's meaning depends on who reads it */
    *type = PE_TYPE_ANY;
    return box(b, x) && box(b, y);
}
