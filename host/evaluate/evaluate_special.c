/* evaluate_special.c: functions that choose what to evaluate: IF, IFERROR, IFNA, IFS, SWITCH,
 * CHOOSE, and LET. With one value as the condition only the branch taken is evaluated (and may be a
 * reference); an array condition chooses per element. Invariant: a branch that no element takes is
 * never evaluated. */
#include "evaluate_internal.h"

/* An optional argument: absent is OMITTED. */
static pe_value branch(pei_context *x, const pe_node *node, uint32_t index)
{
    if (index >= node->arg_count || node->args[index]->kind == PE_NODE_OMITTED)
        return pe_number(0); /* IF(x,,1) gives 0 */
    return pei_any(x, node->args[index]);
}

static pe_value truth(pei_context *x, pe_value v)
{
    pe_kind k = pe_kind_of(v);
    if (k == PE_KIND_OMITTED || k == PE_KIND_BLANK) return pe_boolean(false);
    if (k == PE_KIND_NUMBER) return pe_boolean(pe_as_number(v) != 0);
    if (k == PE_KIND_BOOLEAN || k == PE_KIND_ERROR || k == PE_KIND_UNRESOLVED) return v;
    if (k == PE_KIND_TEXT) return pe_to_boolean(&x->call, v);
    return pe_error(PE_ERROR_VALUE);
}

/* ---- choice per element
 * ------------------------------------------------------------------------------- */

/* Elements of choice: a boxed error, or the number of the argument to take. Each argument is
 * evaluated at most once. */
static pe_value choose_elements(pei_context *x, const pe_node *node, const pe_array *choice)
{
    size_t count = (size_t)choice->rows * choice->columns;
    uint32_t n = node->arg_count + 1; /* the last: an IF without a value for FALSE */
    pe_value *values = pe_arena_push_raw(x->call.arena, n, sizeof *values);
    bool *known = pe_arena_push(x->call.arena, n, sizeof *known);
    pei_shape s = {choice->rows, choice->columns};
    if (values == NULL || known == NULL) return pe_error(PE_ERROR_NUM);
    bool array = x->array;
    x->array = true;
    for (size_t i = 0; i < count; i++) {
        if (!pe_is_number(choice->cells[i])) continue;
        uint32_t taken = (uint32_t)pe_as_number(choice->cells[i]);
        if (known[taken]) continue;
        known[taken] = true;
        if (taken < node->arg_count)
            values[taken] = pei_dereference(x, branch(x, node, taken));
        else /* Calc's MIN and the like leave it out as Excel's leave FALSE out */
            values[taken] = x->call.calc != NULL ? pe_blank() : pe_boolean(false);
        pei_shape_grow(&s, values[taken]);
    }
    x->array = array;
    if (x->unresolved) return pe_unresolved();
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++) {
            pe_value which = pei_element(pe_box_pointer(PE_KIND_ARRAY, choice), r, c);
            if (pe_is_number(which))
                which = pei_element(values[(uint32_t)pe_as_number(which)], r, c);
            result->cells[(size_t)r * s.columns + c] = which;
        }
    return pe_array_value(result);
}

static pe_array *choice_of(pei_context *x, pe_value v)
{
    const pe_array *a = pe_as_array(v);
    return pe_new_array(&x->call, a->rows, a->columns);
}

/* ---- IF
 * -----------------------------------------------------------------------------------------------
 */

static pe_value special_if(pei_context *x, const pe_node *node)
{
    pe_value v = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    if (!pe_is(v, PE_KIND_ARRAY)) {
        v = truth(x, v);
        if (pe_is_error(v)) return v;
        if (pe_as_boolean(v)) return branch(x, node, 1);
        return node->arg_count > 2 ? branch(x, node, 2) : pe_boolean(false);
    }
    pe_array *choice = choice_of(x, v);
    if (choice == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < (size_t)choice->rows * choice->columns; i++) {
        pe_value t = truth(x, pe_as_array(v)->cells[i]);
        choice->cells[i] = pe_is_error(t) ? t : pe_number(pe_as_boolean(t) ? 1 : 2);
    }
    return choose_elements(x, node, choice);
}

static bool catches(pe_value v, bool only_na)
{
    if (!pe_is(v, PE_KIND_ERROR)) return false;
    return !only_na || pe_as_error(v) == PE_ERROR_NA;
}

static pe_value special_iferror(pei_context *x, const pe_node *node, bool only_na)
{
    pe_value v = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    if (pe_is(v, PE_KIND_BLANK)) v = pe_number(0);
    if (!pe_is(v, PE_KIND_ARRAY))
        return catches(v, only_na) ? pei_dereference(x, branch(x, node, 1)) : v;
    const pe_array *a = pe_as_array(v);
    bool any = false;
    for (size_t i = 0; i < (size_t)a->rows * a->columns; i++)
        any = any || catches(a->cells[i], only_na);
    if (!any) return v;
    pe_value other = pei_dereference(x, branch(x, node, 1));
    if (x->unresolved) return pe_unresolved();
    pei_shape s = {1, 1};
    pei_shape_grow(&s, v);
    pei_shape_grow(&s, other);
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++) {
            pe_value e = pei_element(v, r, c);
            result->cells[(size_t)r * s.columns + c] =
                catches(e, only_na) ? pei_element(other, r, c) : e;
        }
    return pe_box_pointer(PE_KIND_ARRAY, result);
}

/* ---- IFS, SWITCH, CHOOSE
 * ------------------------------------------------------------------------------ */

/* Fills what is still undecided in choice (blank) where test[i] holds; errors decide too. True: all
 * decided. */
static bool decide(pei_context *x, pe_array *choice, pe_value test, uint32_t taken)
{
    bool all = true;
    for (uint32_t r = 0; r < choice->rows; r++)
        for (uint32_t c = 0; c < choice->columns; c++) {
            pe_value *at = &choice->cells[(size_t)r * choice->columns + c];
            if (!pe_is(*at, PE_KIND_BLANK)) continue;
            pe_value t = truth(x, pei_element(test, r, c));
            if (pe_is_error(t))
                *at = t;
            else if (pe_as_boolean(t))
                *at = pe_number(taken);
            else
                all = false;
        }
    return all;
}

static void finish_choice(pe_array *choice, pe_value otherwise)
{
    for (size_t i = 0; i < (size_t)choice->rows * choice->columns; i++)
        if (pe_is(choice->cells[i], PE_KIND_BLANK)) choice->cells[i] = otherwise;
}

/* The rest of IFS from argument `at`, whose test is an array. */
static pe_value ifs_elements(pei_context *x, const pe_node *node, uint32_t at, pe_value test)
{
    pe_array *choice = choice_of(x, test);
    if (choice == NULL) return pe_error(PE_ERROR_NUM);
    for (bool all = decide(x, choice, test, at + 1); !all && at + 3 < node->arg_count;) {
        at += 2;
        test = pei_operand(x, node->args[at]);
        if (x->unresolved) return pe_unresolved();
        all = decide(x, choice, test, at + 1);
    }
    finish_choice(choice, pe_error(PE_ERROR_NA));
    return choose_elements(x, node, choice);
}

static pe_value special_ifs(pei_context *x, const pe_node *node)
{
    for (uint32_t i = 0; i + 1 < node->arg_count; i += 2) {
        pe_value v = pei_operand(x, node->args[i]);
        if (x->unresolved) return pe_unresolved();
        if (pe_is(v, PE_KIND_ARRAY)) return ifs_elements(x, node, i, v);
        v = truth(x, v);
        if (pe_is_error(v)) return v;
        if (pe_as_boolean(v)) return branch(x, node, i + 1);
    }
    return pe_error(PE_ERROR_NA);
}

/* SWITCH's equality: an empty cell is 0, neither "" nor FALSE. */
static pe_value same(const pei_context *x, pe_value a, pe_value b)
{
    if (pe_is(a, PE_KIND_BLANK)) a = pe_number(0);
    if (pe_is(b, PE_KIND_BLANK)) b = pe_number(0);
    if (pe_is_error(a)) return a;
    if (pe_is_error(b)) return b;
    if (pe_is(a, PE_KIND_TEXT) && pe_is(b, PE_KIND_TEXT)) /* whatever Calc's option says */
        return pe_boolean(pe_compare(a, b) == 0);
    return pei_equal(x, a, b);
}

/* Of pei_equal: a boolean, or under Calc's rules a number. */
static bool is_true(pe_value v)
{
    return pe_is_number(v) ? pe_as_number(v) != 0 : pe_as_boolean(v);
}

static pe_value same_elements(pei_context *x, pe_value a, pe_value b)
{
    pei_shape s = {1, 1};
    pei_shape_grow(&s, a);
    pei_shape_grow(&s, b);
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++)
            result->cells[(size_t)r * s.columns + c] =
                same(x, pei_element(a, r, c), pei_element(b, r, c));
    return pe_box_pointer(PE_KIND_ARRAY, result);
}

static pe_value switch_elements(pei_context *x, const pe_node *node, pe_value key)
{
    pe_array *choice = choice_of(x, key);
    if (choice == NULL) return pe_error(PE_ERROR_NUM);
    uint32_t i = 1;
    for (; i + 1 < node->arg_count; i += 2) {
        pe_value v = pei_operand(x, node->args[i]);
        if (x->unresolved) return pe_unresolved();
        decide(x, choice, same_elements(x, key, v), i + 1);
    }
    finish_choice(choice, i < node->arg_count ? pe_number(i) : pe_error(PE_ERROR_NA));
    return choose_elements(x, node, choice);
}

static pe_value special_switch(pei_context *x, const pe_node *node)
{
    pe_value key = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    if (pe_is(key, PE_KIND_ARRAY)) return switch_elements(x, node, key);
    if (pe_is_error(key)) return key;
    uint32_t i = 1;
    for (; i + 1 < node->arg_count; i += 2) {
        pe_value v = pei_operand(x, node->args[i]);
        if (x->unresolved) return pe_unresolved();
        v = same(x, key, pei_single(x, v));
        if (pe_is_error(v)) return v;
        if (is_true(v)) return branch(x, node, i + 1);
    }
    return i < node->arg_count ? branch(x, node, i) : pe_error(PE_ERROR_NA);
}

static pe_value choice_index(pei_context *x, const pe_node *node, pe_value v)
{
    v = pei_number_of_value(x, v);
    if (pe_is_error(v)) return v;
    double index = pe_as_number(v);
    if (!(index >= 1 && index < (double)node->arg_count)) return pe_error(PE_ERROR_VALUE);
    return pe_number((double)(uint32_t)index);
}

static pe_value special_choose(pei_context *x, const pe_node *node)
{
    pe_value v = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    if (!pe_is(v, PE_KIND_ARRAY)) {
        v = choice_index(x, node, v);
        return pe_is_error(v) ? v : branch(x, node, (uint32_t)pe_as_number(v));
    }
    pe_array *choice = choice_of(x, v);
    if (choice == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < (size_t)choice->rows * choice->columns; i++)
        choice->cells[i] = choice_index(x, node, pe_as_array(v)->cells[i]);
    return choose_elements(x, node, choice);
}

/* ---- LET
 * ---------------------------------------------------------------------------------------------- */

static pe_value special_let(pei_context *x, const pe_node *node)
{
    uint32_t i = 0;
    for (; i + 2 < node->arg_count; i += 2) {
        if (node->args[i]->kind != PE_NODE_VARIABLE || node->args[i]->index >= x->frame_count)
            return pe_error(PE_ERROR_NAME);
        pe_value v = pei_any(x, node->args[i + 1]);
        if (x->unresolved) return pe_unresolved();
        x->frame[node->args[i]->index] = v;
    }
    return i < node->arg_count ? pei_any(x, node->args[i]) : pe_error(PE_ERROR_VALUE);
}

pe_value pei_special(pei_context *x, const pe_node *node)
{
    switch (node->function) {
    case PE_FN_IF:
        return special_if(x, node);
    case PE_FN_IFERROR:
        return special_iferror(x, node, false);
    case PE_FN_IFNA:
        return special_iferror(x, node, true);
    case PE_FN_IFS:
        return special_ifs(x, node);
    case PE_FN_SWITCH:
        return special_switch(x, node);
    case PE_FN_CHOOSE:
        return special_choose(x, node);
    case PE_FN_LET:
        return special_let(x, node);
    case PE_FN_STYLE: /* dresses the cell and adds nothing */
        return pe_number(0);
    case PE_FN_SINGLE:
        return pei_single(x, pei_any(x, node->args[0]));
    default:
        return pei_lambda_function(x, node);
    }
}
