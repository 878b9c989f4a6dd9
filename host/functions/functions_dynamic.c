/* functions_dynamic.c: FILTER, SORT, SORTBY, UNIQUE and SEQUENCE. Sorts are stable; what comes out
 * empty is #CALC!. */
#include "functions_internal.h"
#include "functions_order.h"

static int kind_rank(pe_kind kind)
{
    switch (kind) {
    case PE_KIND_NUMBER:
        return 0;
    case PE_KIND_TEXT:
        return 1;
    case PE_KIND_BOOLEAN:
        return 2;
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return 3;
    default:
        return 4;
    }
}

int pei_order_compare(pe_value a, pe_value b)
{
    int x = kind_rank(pe_kind_of(a)), y = kind_rank(pe_kind_of(b));
    if (x != y) return x < y ? -1 : 1;
    if (x == 3) return (int)pe_as_error(a) - (int)pe_as_error(b);
    return x == 4 ? 0 : pe_compare(a, b);
}

static int compare_lines(const pei_order_key *keys, int key_count, uint32_t a, uint32_t b)
{
    for (int k = 0; k < key_count; k++) {
        const pei_order_key *key = &keys[k];
        pe_value x = key->cells[key->offset + a * key->stride];
        pe_value y = key->cells[key->offset + b * key->stride];
        int side = pei_order_compare(x, y);
        bool blank = kind_rank(pe_kind_of(x)) == 4 || kind_rank(pe_kind_of(y)) == 4;
        if (side != 0) return key->descending && !blank ? -side : side;
    }
    return 0;
}

bool pei_order_equal(const pei_order_key *keys, int key_count, uint32_t a, uint32_t b)
{
    return compare_lines(keys, key_count, a, b) == 0;
}

uint32_t *pei_order_lines(pe_arena *arena, const pei_order_key *keys, int key_count, uint32_t count)
{
    uint32_t *from = PE_PUSH(arena, uint32_t, (size_t)count + 1);
    uint32_t *to = PE_PUSH(arena, uint32_t, (size_t)count + 1);
    if (from == NULL || to == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) from[i] = i;
    for (size_t width = 1; width < count; width *= 2) { /* merges runs of `width` */
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t a = start, b = middle;
            for (size_t at = start; at < end; at++) {
                bool second = a == middle ||
                              (b < end && compare_lines(keys, key_count, from[b], from[a]) < 0);
                to[at] = second ? from[b++] : from[a++];
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static const pe_array *array_of(pe_call *call, pe_value v, pe_value *error)
{
    if (pe_is_error(v)) {
        *error = v;
        return NULL;
    }
    return pe_to_array(call, v, error);
}

/* The lines picked[0, count) of `from`: rows, or columns. */
static pe_value pick_lines(pe_call *call, const pe_array *from, const uint32_t *picked,
                           uint32_t count, bool columns)
{
    if (count == 0) return pe_error(PE_ERROR_CALC);
    pe_array *to =
        pe_new_array(call, columns ? from->rows : count, columns ? count : from->columns);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < to->rows; r++)
        for (uint32_t c = 0; c < to->columns; c++) {
            size_t source_row = columns ? r : picked[r], source_column = columns ? picked[c] : c;
            to->cells[(size_t)r * to->columns + c] =
                from->cells[source_row * from->columns + source_column];
        }
    return pe_array_value(to);
}

/* ---- FILTER
 * ------------------------------------------------------------------------------------------- */

/* A condition's element: 1 keep, 0 drop, -1 an error in *error. */
static int keeps(pe_value v, pe_value *error)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return pe_as_number(v) != 0;
    case PE_KIND_BOOLEAN:
        return pe_as_boolean(v);
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return 0;
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        *error = v;
        return -1;
    default:
        *error = pe_error(PE_ERROR_VALUE);
        return -1;
    }
}

/* Whole columns are clipped to what is used, each by itself: their lengths may differ. */
static bool is_whole_columns(pe_value v)
{
    if (pe_kind_of(v) != PE_KIND_REFERENCE) return false;
    const pe_reference *reference = pe_as_pointer(v);
    return reference->areas[0].row_first == 0 && reference->areas[0].row_last == PE_ROWS_MAX - 1;
}

pe_value pei_fn_FILTER(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    const pe_array *include = from != NULL ? array_of(call, args[1], &error) : NULL;
    if (include == NULL) return error;
    bool whole = is_whole_columns(args[0]);
    bool by_row = include->columns == 1 && (include->rows == from->rows || whole);
    bool by_column = !by_row && include->rows == 1 && include->columns == from->columns;
    if (!by_row && !by_column) return pe_error(PE_ERROR_VALUE);
    uint32_t lines = by_row ? from->rows : from->columns, given = include->rows * include->columns,
             count = 0;
    if (given < lines) lines = given;
    uint32_t *picked = PE_PUSH(call->arena, uint32_t, (size_t)lines + 1);
    if (picked == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < lines; i++) {
        int keep = keeps(include->cells[i], &error);
        if (keep < 0) return error;
        if (keep) picked[count++] = i;
    }
    if (count == 0 && pe_arg_given(args, n, 2)) return args[2];
    return pick_lines(call, from, picked, count, by_column);
}

/* ---- SORT, SORTBY, UNIQUE
 * ----------------------------------------------------------------------------- */

/* Element i of an argument that is one number or a row or column of them. False: *error. */
static bool number_element(pe_call *call, const pe_array *a, uint32_t i, double *out,
                           pe_value *error)
{
    pe_value v = pe_to_number(call, a->cells[i]);
    if (!pe_is_number(v)) {
        *error = v;
        return false;
    }
    *out = pen_trunc(pe_as_number(v));
    return true;
}

static pe_value sort_lines(pe_call *call, const pe_array *from, const pe_array *index,
                           const pe_array *order, bool columns)
{
    uint32_t keys_used = index != NULL ? index->rows * index->columns : 1;
    uint32_t orders = order != NULL ? order->rows * order->columns : 1,
             limit = columns ? from->rows : from->columns;
    pe_value error = pe_error(PE_ERROR_VALUE);
    if (keys_used > 255 || (orders != 1 && orders != keys_used)) return error;
    pei_order_key *keys = PE_PUSH(call->arena, pei_order_key, keys_used);
    if (keys == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t k = 0; k < keys_used; k++) {
        double at = 1, direction = 1;
        if (index != NULL && !number_element(call, index, k, &at, &error)) return error;
        if (order != NULL && !number_element(call, order, orders == 1 ? 0 : k, &direction, &error))
            return error;
        if (!(at >= 1 && at <= limit) || (direction != 1 && direction != -1))
            return pe_error(PE_ERROR_VALUE);
        keys[k].cells = from->cells;
        keys[k].offset = ((size_t)at - 1) * (columns ? from->columns : 1);
        keys[k].stride = columns ? 1 : from->columns;
        keys[k].descending = direction < 0;
    }
    uint32_t count = columns ? from->columns : from->rows;
    uint32_t *picked = pei_order_lines(call->arena, keys, (int)keys_used, count);
    return picked != NULL ? pick_lines(call, from, picked, count, columns) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_SORT(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error), *index = NULL, *order = NULL;
    if (from == NULL) return error;
    if (pe_arg_given(args, n, 1) && (index = array_of(call, args[1], &error)) == NULL) return error;
    if (pe_arg_given(args, n, 2) && (order = array_of(call, args[2], &error)) == NULL) return error;
    return sort_lines(call, from, index, order, pe_arg_boolean(args, n, 3, false));
}

pe_value pei_fn_SORTBY(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    pei_order_key keys[128];
    int key_count = 0;
    bool columns = false;
    for (int i = 1; i < n && key_count < 128; i += 2, key_count++) {
        const pe_array *by = array_of(call, args[i], &error);
        if (by == NULL) return error;
        bool is_column = by->columns == 1 && by->rows == from->rows;
        bool is_row = by->rows == 1 && by->columns == from->columns;
        if (!is_column && !is_row) return pe_error(PE_ERROR_VALUE);
        if (i == 1) columns = !is_column;
        if (columns ? !is_row : !is_column) return pe_error(PE_ERROR_VALUE);
        double direction = 1;
        if (pe_arg_given(args, n, i + 1)) {
            pe_value v = pe_to_number(call, pe_to_scalar(call, args[i + 1]));
            if (!pe_is_number(v)) return v;
            direction = pen_trunc(pe_as_number(v));
        }
        if (direction != 1 && direction != -1) return pe_error(PE_ERROR_VALUE);
        keys[key_count] = (pei_order_key){by->cells, 0, 1, direction < 0};
    }
    uint32_t count = columns ? from->columns : from->rows;
    uint32_t *picked = pei_order_lines(call->arena, keys, key_count, count);
    return picked != NULL ? pick_lines(call, from, picked, count, columns) : pe_error(PE_ERROR_NUM);
}

/* Marks the first line of each group of equal ones, or (once) those that stand alone. */
static pe_value unique_lines(pe_call *call, const pe_array *from, bool columns, bool once)
{
    uint32_t count = columns ? from->columns : from->rows,
             width = columns ? from->rows : from->columns;
    pei_order_key *keys = PE_PUSH(call->arena, pei_order_key, width);
    bool *chosen = PE_PUSH(call->arena, bool, count);
    if (keys == NULL || chosen == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t k = 0; k < width; k++)
        keys[k] = (pei_order_key){from->cells, columns ? (size_t)k * from->columns : k,
                                  columns ? 1 : from->columns, false};
    uint32_t *sorted = pei_order_lines(call->arena, keys, (int)width, count);
    if (sorted == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t start = 0, end; start < count; start = end) {
        end = start + 1;
        while (end < count && pei_order_equal(keys, (int)width, sorted[start], sorted[end])) end++;
        chosen[sorted[start]] = !once || end - start == 1;
    }
    uint32_t picked = 0;
    for (uint32_t i = 0; i < count; i++)
        if (chosen[i]) sorted[picked++] = i;
    return pick_lines(call, from, sorted, picked, columns);
}

pe_value pei_fn_UNIQUE(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    return unique_lines(call, from, pe_arg_boolean(args, n, 1, false),
                        pe_arg_boolean(args, n, 2, false));
}

pe_value pei_fn_SEQUENCE(pe_call *call, const pe_value *args, int n)
{
    double rows = pen_trunc(pe_arg_number(args, n, 0, 1)),
           columns = pen_trunc(pe_arg_number(args, n, 1, 1));
    double start = pe_arg_number(args, n, 2, 1), step = pe_arg_number(args, n, 3, 1);
    if (!(rows >= 0 && columns >= 0)) return pe_error(PE_ERROR_VALUE);
    if (rows == 0 || columns == 0) return pe_error(PE_ERROR_CALC);
    if (rows > PE_ROWS_MAX || columns > PE_COLUMNS_MAX) return pe_error(PE_ERROR_VALUE);
    pe_array *to = pe_new_array(call, (uint32_t)rows, (uint32_t)columns);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    size_t count = (size_t)to->rows * to->columns;
    for (size_t i = 0; i < count; i++) to->cells[i] = pe_number_checked(start + (double)i * step);
    return pe_array_value(to);
}
