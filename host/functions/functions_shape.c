/* functions_shape.c: functions that only rearrange values: TAKE, DROP, CHOOSEROWS, CHOOSECOLS,
 * EXPAND, HSTACK, VSTACK, TOROW, TOCOL, WRAPROWS, WRAPCOLS, TRIMRANGE. Parts of references stay
 * references where Excel keeps them. */
#include "functions_internal.h"
#include "functions_match.h"

/* What TAKE (or DROP) by `count` leaves of a side of `size` cells; negative counts from the end.
 * False: nothing. */
static bool take_side(double count, uint32_t size, bool drop, uint32_t *first, uint32_t *left)
{
    double magnitude = count < 0 ? -count : count;
    double kept = drop ? size - magnitude : magnitude;
    if (kept > size) kept = size;
    if (!(kept >= 1)) return false;
    *left = (uint32_t)kept;
    *first = (drop ? count > 0 : count < 0) ? size - *left : 0;
    return true;
}

static pe_value take_or_drop(pe_call *call, const pe_value *args, int n, bool drop)
{
    pei_table table;
    pe_value error;
    uint32_t row = 0, column = 0;
    if (!pei_table_of(call, args[0], &table, &error)) return error;
    uint32_t rows = table.rows, columns = table.columns;
    if (pe_arg_given(args, n, 1) &&
        !take_side(pen_trunc(pe_arg_number(args, n, 1, 0)), table.rows, drop, &row, &rows))
        return pe_error(PE_ERROR_CALC);
    if (pe_arg_given(args, n, 2) &&
        !take_side(pen_trunc(pe_arg_number(args, n, 2, 0)), table.columns, drop, &column, &columns))
        return pe_error(PE_ERROR_CALC);
    return pei_table_part(&table, row, column, rows, columns);
}

pe_value pei_fn_TAKE(pe_call *call, const pe_value *args, int n)
{
    return take_or_drop(call, args, n, false);
}

pe_value pei_fn_DROP(pe_call *call, const pe_value *args, int n)
{
    return take_or_drop(call, args, n, true);
}

static const pe_array *array_of(pe_call *call, pe_value v, pe_value *error)
{
    if (pe_is_error(v)) {
        *error = v;
        return NULL;
    }
    return pe_to_array(call, v, error);
}

/* The lines named by args[1] ..., each a number or an array of numbers, one-based, negative from
 * the end. */
static pe_value choose_lines(pe_call *call, const pe_value *args, int n, bool columns)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    uint32_t size = columns ? from->columns : from->rows;
    size_t count = 0, capacity = 0;
    for (int i = 1; i < n; i++) {
        const pe_array *wanted = array_of(call, args[i], &error);
        if (wanted == NULL) return error;
        capacity += (size_t)wanted->rows * wanted->columns;
    }
    if (capacity > PE_ROWS_MAX) return pe_error(PE_ERROR_VALUE);
    uint32_t *picked = PE_PUSH(call->arena, uint32_t, capacity + 1);
    if (picked == NULL) return pe_error(PE_ERROR_NUM);
    for (int i = 1; i < n; i++) {
        const pe_array *wanted = array_of(call, args[i], &error);
        if (wanted == NULL) return error;
        for (size_t k = 0; k < (size_t)wanted->rows * wanted->columns && count < capacity; k++) {
            pe_value v = pe_to_number(call, wanted->cells[k]);
            if (!pe_is_number(v)) return v;
            double at = pen_trunc(pe_as_number(v));
            if (at < 0) at += (double)size + 1;
            if (!(at >= 1 && at <= size)) return pe_error(PE_ERROR_VALUE);
            picked[count++] = (uint32_t)at - 1;
        }
    }
    uint32_t lines = (uint32_t)count;
    pe_array *to =
        pe_new_array(call, columns ? from->rows : lines, columns ? lines : from->columns);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < to->rows; r++)
        for (uint32_t c = 0; c < to->columns; c++) {
            size_t row = columns ? r : picked[r], column = columns ? picked[c] : c;
            to->cells[(size_t)r * to->columns + c] = from->cells[row * from->columns + column];
        }
    return pe_array_value(to);
}

pe_value pei_fn_CHOOSEROWS(pe_call *call, const pe_value *args, int n)
{
    return choose_lines(call, args, n, false);
}

pe_value pei_fn_CHOOSECOLS(pe_call *call, const pe_value *args, int n)
{
    return choose_lines(call, args, n, true);
}

static void fill(pe_array *a, pe_value v)
{
    for (size_t i = 0; i < (size_t)a->rows * a->columns; i++) a->cells[i] = v;
}

static void paste(pe_array *to, uint32_t row, uint32_t column, const pe_array *from)
{
    for (uint32_t r = 0; r < from->rows; r++)
        memcpy(&to->cells[(size_t)(row + r) * to->columns + column],
               &from->cells[(size_t)r * from->columns], from->columns * sizeof(pe_value));
}

pe_value pei_fn_EXPAND(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    double rows = pen_trunc(pe_arg_number(args, n, 1, from->rows));
    double columns = pen_trunc(pe_arg_number(args, n, 2, from->columns));
    if (!(rows >= from->rows && columns >= from->columns)) return pe_error(PE_ERROR_VALUE);
    if (rows > PE_ROWS_MAX || columns > PE_COLUMNS_MAX) return pe_error(PE_ERROR_NUM);
    pe_array *to = pe_new_array(call, (uint32_t)rows, (uint32_t)columns);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    fill(to, pe_arg_given(args, n, 3) ? args[3] : pe_error(PE_ERROR_NA));
    paste(to, 0, 0, from);
    return pe_array_value(to);
}

static pe_value stack(pe_call *call, const pe_value *args, int n, bool beside)
{
    uint64_t along = 0;
    uint32_t across = 0;
    pe_value error;
    const pe_array *parts[PE_FORMULA_ARGUMENTS_MAX];
    for (int i = 0; i < n && i < (int)PE_FORMULA_ARGUMENTS_MAX; i++) {
        if (pe_is_error(args[i])) { /* one cell that holds the error */
            pe_array *single = pe_new_array(call, 1, 1);
            if (single == NULL) return pe_error(PE_ERROR_NUM);
            single->cells[0] = args[i];
            parts[i] = single;
        } else {
            parts[i] = pe_to_array(call, args[i], &error);
        }
        if (parts[i] == NULL) return error;
        along += beside ? parts[i]->columns : parts[i]->rows;
        uint32_t side = beside ? parts[i]->rows : parts[i]->columns;
        if (side > across) across = side;
    }
    if (along > (beside ? PE_COLUMNS_MAX : PE_ROWS_MAX)) return pe_error(PE_ERROR_NUM);
    pe_array *to =
        pe_new_array(call, beside ? across : (uint32_t)along, beside ? (uint32_t)along : across);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    fill(to, pe_error(PE_ERROR_NA));
    uint32_t at = 0;
    for (int i = 0; i < n; i++) {
        paste(to, beside ? 0 : at, beside ? at : 0, parts[i]);
        at += beside ? parts[i]->columns : parts[i]->rows;
    }
    return pe_array_value(to);
}

pe_value pei_fn_HSTACK(pe_call *call, const pe_value *args, int n)
{
    return stack(call, args, n, true);
}

pe_value pei_fn_VSTACK(pe_call *call, const pe_value *args, int n)
{
    return stack(call, args, n, false);
}

/* TOROW and TOCOL: all values in one line; ignore 1: no blanks, 2: no errors, 3: neither. */
static pe_value to_line(pe_call *call, const pe_value *args, int n, bool row)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    double ignore = pen_trunc(pe_arg_number(args, n, 1, 0));
    bool by_column = pe_arg_boolean(args, n, 2, false);
    if (!(ignore >= 0 && ignore <= 3)) return pe_error(PE_ERROR_VALUE);
    int skip = (int)ignore;
    uint32_t outer = by_column ? from->columns : from->rows,
             inner = by_column ? from->rows : from->columns;
    size_t count = 0;
    pe_value *kept = PE_PUSH(call->arena, pe_value, (size_t)outer * inner);
    if (kept == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t o = 0; o < outer; o++)
        for (uint32_t i = 0; i < inner; i++) {
            pe_value v = from->cells[by_column ? (size_t)i * from->columns + o
                                               : (size_t)o * from->columns + i];
            if ((skip & 1) != 0 && pe_kind_of(v) == PE_KIND_BLANK) continue;
            if ((skip & 2) != 0 && pe_is_error(v)) continue;
            kept[count++] = v;
        }
    if (count == 0) return pe_error(PE_ERROR_CALC);
    if (count > (row ? PE_COLUMNS_MAX : PE_ROWS_MAX)) return pe_error(PE_ERROR_NUM);
    pe_array *to = pe_new_array(call, row ? 1 : (uint32_t)count, row ? (uint32_t)count : 1);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    memcpy(to->cells, kept, count * sizeof *kept);
    return pe_array_value(to);
}

pe_value pei_fn_TOROW(pe_call *call, const pe_value *args, int n)
{
    return to_line(call, args, n, true);
}

pe_value pei_fn_TOCOL(pe_call *call, const pe_value *args, int n)
{
    return to_line(call, args, n, false);
}

static pe_value wrap(pe_call *call, const pe_value *args, int n, bool rows)
{
    pe_value error;
    const pe_array *from = array_of(call, args[0], &error);
    if (from == NULL) return error;
    double wanted = pen_trunc(pe_arg_number(args, n, 1, 0));
    if (from->rows != 1 && from->columns != 1) return pe_error(PE_ERROR_VALUE);
    if (!(wanted >= 1)) return pe_error(PE_ERROR_NUM);
    uint32_t size = from->rows * from->columns, per = wanted < size ? (uint32_t)wanted : size;
    uint32_t lines = (size + per - 1) / per;
    pe_array *to = pe_new_array(call, rows ? lines : per, rows ? per : lines);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    fill(to, pe_arg_given(args, n, 2) ? args[2] : pe_error(PE_ERROR_NA));
    for (uint32_t i = 0; i < size; i++)
        to->cells[rows ? i : (size_t)(i % per) * to->columns + i / per] = from->cells[i];
    return pe_array_value(to);
}

pe_value pei_fn_WRAPROWS(pe_call *call, const pe_value *args, int n)
{
    return wrap(call, args, n, true);
}

pe_value pei_fn_WRAPCOLS(pe_call *call, const pe_value *args, int n)
{
    return wrap(call, args, n, false);
}

/* ---- TRIMRANGE
 * ---------------------------------------------------------------------------------------- */

typedef struct extent {
    uint32_t row_first, row_last, column_first, column_last;
    bool any;
} extent;

static void extend(extent *e, uint32_t row, uint32_t column)
{
    if (!e->any || row < e->row_first) e->row_first = row;
    if (!e->any || row > e->row_last) e->row_last = row;
    if (!e->any || column < e->column_first) e->column_first = column;
    if (!e->any || column > e->column_last) e->column_last = column;
    e->any = true;
}

static extent extent_of(const pei_table *table)
{
    extent e = {0};
    if (table->is_area) {
        pe_cursor cursor = pe_cursor_of(table->area);
        while (table->call->ops->next(table->call, &cursor))
            extend(&e, cursor.at.row - table->area.row_first,
                   cursor.at.column - table->area.column_first);
        return e;
    }
    for (uint32_t r = 0; r < table->rows; r++)
        for (uint32_t c = 0; c < table->columns; c++)
            if (pe_kind_of(pei_table_at(table, r, c)) != PE_KIND_BLANK) extend(&e, r, c);
    return e;
}

pe_value pei_fn_TRIMRANGE(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pe_value error;
    if (!pei_table_of(call, args[0], &table, &error)) return error;
    double rows = pen_trunc(pe_arg_number(args, n, 1, 3)),
           columns = pen_trunc(pe_arg_number(args, n, 2, 3));
    if (!(rows >= 0 && rows <= 3 && columns >= 0 && columns <= 3)) return pe_error(PE_ERROR_VALUE);
    extent e = extent_of(&table);
    if (!e.any) return pe_error(PE_ERROR_REF);
    int r = (int)rows, c = (int)columns; /* 1: what leads, 2: what trails */
    if ((r & 1) == 0) e.row_first = 0;
    if ((r & 2) == 0) e.row_last = table.rows - 1;
    if ((c & 1) == 0) e.column_first = 0;
    if ((c & 2) == 0) e.column_last = table.columns - 1;
    return pei_table_part(&table, e.row_first, e.column_first, e.row_last - e.row_first + 1,
                          e.column_last - e.column_first + 1);
}
