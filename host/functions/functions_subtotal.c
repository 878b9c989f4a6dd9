/* functions_subtotal.c: SUBTOTAL and AGGREGATE: a function chosen by number over the cells that are
 * not hidden and are not themselves subtotals. */
#include "functions_aggregate.h"

typedef struct skip_rules {
    bool nested, filtered, hidden, errors;
} skip_rules;

typedef struct visible {
    pe_call *call;
    skip_rules skip;
    bool count_all; /* COUNTA: any value counts */
    bool no_errors; /* COUNT: errors do not count, and do no harm */
    pei_list list;
    uint64_t any;
    pe_value error;
    bool failed;
} visible;

static bool keep_value(visible *v, pe_value value, bool direct)
{
    if (pe_is_error(value) && v->skip.errors) return true;
    v->any++;
    if (v->count_all || (v->no_errors && pe_is_error(value))) return true;
    double x;
    int state = pei_number_of(v->call, value, direct, PEI_NUMBERS, &x, &v->error);
    if (state > 0 && !pei_list_add(v->call, &v->list, x)) {
        v->error = pe_error(PE_ERROR_NUM);
        state = -1;
    }
    v->failed = state < 0;
    return !v->failed;
}

static bool keep_element(void *context, pe_value value, bool direct)
{
    return keep_value(context, value, direct);
}

static bool is_skipped(const visible *v, pe_cell_ref at)
{
    if (v->skip.filtered || v->skip.hidden) {
        bool by_filter = false;
        bool hidden = v->call->ops->row_hidden(v->call, at.sheet, at.row, &by_filter);
        if (hidden && (v->skip.hidden || by_filter)) return true;
    }
    return v->skip.nested && v->call->ops->is_subtotal(v->call, at);
}

static bool keep_area(visible *v, const pe_area *area)
{
    pe_cursor cursor = pe_cursor_of(*area);
    while (v->call->ops->next(v->call, &cursor)) {
        if (is_skipped(v, cursor.at)) continue;
        if (!keep_value(v, cursor.value, false)) return false;
    }
    return true;
}

static pe_value over_visible(visible *v, int function, const pe_value *args, int n, double k)
{
    v->count_all = function == 3;
    v->no_errors = function == 2;
    for (int i = 0; i < n && !v->failed; i++) {
        if (!pe_is(args[i], PE_KIND_REFERENCE)) {
            pe_each_value(v->call, args[i], keep_element, v);
            continue;
        }
        const pe_reference *reference = pe_as_pointer(args[i]);
        for (uint32_t j = 0; j < reference->area_count && !v->failed; j++)
            keep_area(v, &reference->areas[j]);
    }
    if (v->failed) return v->error;
    if (function == 3) return pe_number((double)v->any);
    return pei_list_function(v->call, function, &v->list, k);
}

pe_value pei_fn_subtotal(pe_call *call, const pe_value *args, int n)
{
    double code = pen_trunc(pe_arg_number(args, n, 0, 0));
    bool plain = code >= 1 && code <= 11, strict = code >= 101 && code <= 111;
    if (!plain && !strict) return pe_error(PE_ERROR_VALUE);
    for (int i = 1; i < n; i++) {
        if (pe_is_error(args[i])) return args[i];
        if (!pe_is(args[i], PE_KIND_REFERENCE)) return pe_error(PE_ERROR_VALUE);
    }
    visible v = {.call = call, .skip = {.nested = true, .filtered = true, .hidden = strict}};
    return over_visible(&v, (int)code - (strict ? 100 : 0), args + 1, n - 1, 0);
}

pe_value pei_fn_aggregate(pe_call *call, const pe_value *args, int n)
{
    double code = pen_trunc(pe_arg_number(args, n, 0, 0));
    double option = pen_trunc(pe_arg_number(args, n, 1, 0));
    if (code < 1 || code > 19 || option < 0 || option > 7) return pe_error(PE_ERROR_VALUE);
    int rule = (int)option;
    visible v = {.call = call};
    v.skip.nested = rule < 4;
    v.skip.hidden = v.skip.filtered = (rule & 1) != 0;
    v.skip.errors = (rule & 2) != 0;
    if (code < 14) return over_visible(&v, (int)code, args + 2, n - 2, 0);
    if (n != 4) return pe_error(PE_ERROR_VALUE);
    pe_value k = pe_to_scalar(call, args[3]);
    if (!pe_is_error(k)) k = pe_to_number(call, k);
    if (!pe_is_number(k)) return k;
    return over_visible(&v, (int)code, args + 2, 1, pe_as_number(k));
}
