/* evaluate_call.c: calls a worksheet function: its arguments as the row's kinds say, lifted over
 * arrays, errors left to right. Invariant: a body never sees an argument that its kind rules out.
 */
#include "evaluate_internal.h"

#define SMALL 8u

static bool lifts(char kind)
{
    return kind != 'r' && kind != 'a';
}

static pe_value coerce(pei_context *x, char kind, pe_value v)
{
    pe_kind k = pe_kind_of(v);
    if (kind == 'e') return v;
    if (k == PE_KIND_ERROR || k == PE_KIND_UNRESOLVED || k == PE_KIND_OMITTED) return v;
    if (k == PE_KIND_LAMBDA || k == PE_KIND_REFERENCE || k == PE_KIND_ARRAY)
        return k == PE_KIND_LAMBDA ? pe_error(PE_ERROR_CALC) : pe_error(PE_ERROR_VALUE);
    if (kind == 'n') return pei_number_of_value(x, v);
    if (kind == 't') return pe_to_text(&x->call, v);
    if (kind == 'b') return pe_to_boolean(&x->call, v);
    return v;
}

static pe_function_id id_of(const pe_function *row)
{
    return (pe_function_id)(row - pe_function_row((pe_function_id)0));
}

/* Whether a body may have found the error in an argument. */
static bool holds_error(pei_context *x, pe_value v)
{
    if (pe_is(v, PE_KIND_REFERENCE)) {
        const pe_reference *r = pe_as_pointer(v);
        for (uint32_t i = 0; i < r->area_count; i++) {
            pe_cursor cursor = pe_cursor_of(r->areas[i]);
            while (x->call.ops->next(&x->call, &cursor))
                if (pe_is_error(cursor.value)) return true;
        }
        return false;
    }
    if (!pe_is(v, PE_KIND_ARRAY)) return pe_is_error(v);
    const pe_array *a = pe_as_array(v);
    for (size_t i = 0; i < (size_t)a->rows * a->columns; i++)
        if (pe_is_error(a->cells[i])) return true;
    return false;
}

/* A body's result under Calc's rules. An error that may be an argument's is left as it is. */
static pe_value calc_value(pei_context *x, const pe_function *row, const pe_value *args, uint32_t n,
                           pe_value v)
{
    bool passed = false;
    if (!pe_is_error(v)) return pei_plain(x, v);
    if (pe_as_error(v) != PE_ERROR_VALUE)
        for (uint32_t i = 0; i < n && !passed; i++) passed = holds_error(x, args[i]);
    return passed ? v : pe_calc_result(id_of(row), v);
}

/* ---- numeric bodies
 * ----------------------------------------------------------------------------------- */

static pe_value call_numbers(pei_context *x, const pe_function *row, const pe_value *args,
                             uint32_t n)
{
    double small[SMALL], *numbers = small;
    if (n > SMALL) {
        numbers = pe_arena_push_raw(x->call.arena, n, sizeof *numbers);
        if (numbers == NULL) return pe_error(PE_ERROR_NUM);
    }
    for (uint32_t i = 0; i < n; i++) {
        pe_value v = args[i];
        if (!pe_is_number(v)) {
            bool flag = pe_is(v, PE_KIND_TEXT) && pe_function_kind(row, (int)i) == 'b';
            if (flag) v = pe_to_boolean(&x->call, v); /* the text "TRUE" */
            v = pei_number_of_value(x, v);
            if (pe_is_error(v)) return v;
        }
        numbers[i] = pe_as_number(v);
    }
    if (x->call.calc != NULL) return pe_calc_call(id_of(row), numbers, (int)n);
    return pe_number_checked(row->num(numbers, (int)n));
}

/* ---- general bodies
 * ----------------------------------------------------------------------------------- */

static pe_value call_general(pei_context *x, const pe_function *row, const char *kinds,
                             pe_value *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!lifts(kinds[i]) || kinds[i] == 'e') continue;
        args[i] = coerce(x, kinds[i], args[i]);
        if (pe_is_error(args[i])) return args[i];
    }
    x->call.array_mode = x->array;
    pe_value v = row->gen(&x->call, args, (int)n);
    if (x->call.calc != NULL) v = calc_value(x, row, args, n, v);
    if (pe_is_number(v)) return pe_number_checked(pe_as_number(v));
    return v;
}

static pe_value one_value(pei_context *x, pe_value v)
{
    pe_kind kind = pe_kind_of(v);
    if (kind == PE_KIND_ARRAY) return pe_as_array(v)->cells[0];
    return kind == PE_KIND_REFERENCE ? pe_to_scalar(&x->call, v) : v;
}

/* The body once per element; arguments that the row takes whole stay whole. */
static pe_value call_lifted(pei_context *x, const pe_function *row, const char *kinds,
                            const pe_value *args, uint32_t n)
{
    pei_shape s = {1, 1};
    for (uint32_t i = 0; i < n; i++)
        if (lifts(kinds[i])) pei_shape_grow(&s, args[i]);
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    pe_value *element = pe_arena_push_raw(x->call.arena, n + 1, sizeof *element);
    if (result == NULL || element == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++) {
            for (uint32_t i = 0; i < n; i++)
                element[i] = lifts(kinds[i]) ? pei_element(args[i], r, c) : args[i];
            pe_value v = row->num != NULL ? call_numbers(x, row, element, n)
                                          : call_general(x, row, kinds, element, n);
            result->cells[(size_t)r * s.columns + c] = one_value(x, v);
        }
    return pe_box_pointer(PE_KIND_ARRAY, result);
}

static pe_value argument(pei_context *x, const pe_node *node, char kind)
{
    if (node->kind == PE_NODE_OMITTED) return pe_omitted();
    if (kind == 'r') return pei_any(x, node);
    if (kind != 'a') return pei_operand(x, node);
    bool array = x->array;
    x->array = true;
    pe_value v = pei_any(x, node);
    x->array = array;
    return v;
}

/* pe_function_kind of each argument; the first ones without a call each. */
static void kinds_of(const pe_function *row, uint32_t n, char *kinds)
{
    for (uint32_t i = 0; i < n; i++) kinds[i] = pe_function_kind(row, (int)i);
}

static pe_value call(pei_context *x, const pe_node *node, const pe_function *row)
{
    char few_kinds[SMALL], *kinds = few_kinds;
    pe_value few[SMALL], *args = few;
    uint32_t n = node->arg_count;
    if (n > SMALL) {
        args = pe_arena_push_raw(x->call.arena, n, sizeof *args);
        kinds = pe_arena_push_raw(x->call.arena, n, 1);
        if (args == NULL || kinds == NULL) return pe_error(PE_ERROR_NUM);
    }
    kinds_of(row, n, kinds);
    bool lifted = false;
    for (uint32_t i = 0; i < n; i++) {
        args[i] = argument(x, node->args[i], kinds[i]);
        if (x->unresolved) return pe_unresolved();
        lifted = lifted || (lifts(kinds[i]) && pe_is(args[i], PE_KIND_ARRAY));
    }
    if (lifted) return call_lifted(x, row, kinds, args, n);
    if (row->num != NULL) return call_numbers(x, row, args, n);
    return call_general(x, row, kinds, args, n);
}

static bool shares_blocks(uint16_t function)
{
    return function == PE_FN_SUM || function == PE_FN_AVERAGE || function == PE_FN_COUNT ||
           function == PE_FN_MAX || function == PE_FN_MIN || function == PE_FN_COUNTIF;
}

pe_value pei_function(pei_context *x, const pe_node *node)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    if (row == NULL) return pe_error(PE_ERROR_NAME);
    if (row->flags & PE_FN_SPECIAL) return pei_plain(x, pei_special(x, node));
    if (row->flags & PE_FN_RANDOM) return pei_random(x, node);
    if (row->flags & (PE_FN_RISK_OUTPUT | PE_FN_RISK_PROPERTY)) return pe_number(0);
    if (row->num == NULL && row->gen == NULL) return pe_error(PE_ERROR_NAME);
    pe_value v;
    if (node->function == PE_FN_ISLOGICAL && x->call.calc != NULL) return pei_is_logical(x, node);
    if (shares_blocks(node->function) && pei_block_call(x, node, &v)) return v;
    return call(x, node, row);
}
