/* functions_call.c: what bodies ask of their arguments: defaults, coercion to scalar or array, and
 * the walk over the values of a range or array. Nothing here decides what text or a boolean means
 * inside a range: that is the rule of each function (functions_aggregate.c). */
#include "functions_internal.h"

bool pe_arg_given(const pe_value *args, int n, int index)
{
    return index < n && pe_kind_of(args[index]) != PE_KIND_OMITTED;
}

double pe_arg_number(const pe_value *args, int n, int index, double otherwise)
{
    if (!pe_arg_given(args, n, index)) return otherwise;
    pe_value v = args[index];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return pe_as_number(v);
    case PE_KIND_BOOLEAN:
        return pe_as_boolean(v) ? 1.0 : 0.0;
    default:
        return 0.0;
    }
}

bool pe_arg_boolean(const pe_value *args, int n, int index, bool otherwise)
{
    if (!pe_arg_given(args, n, index)) return otherwise;
    pe_value v = args[index];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return pe_as_number(v) != 0;
    case PE_KIND_BOOLEAN:
        return pe_as_boolean(v);
    default:
        return false;
    }
}

pe_value pe_to_scalar(pe_call *call, pe_value v)
{
    pe_kind kind = pe_kind_of(v);
    if (kind == PE_KIND_ARRAY) return pe_as_array(v)->cells[0];
    if (kind != PE_KIND_REFERENCE) return v;
    const pe_reference *reference = pe_as_pointer(v);
    const pe_area *area = &reference->areas[0];
    pe_cell_ref at = {area->sheet_first, area->row_first, area->column_first};
    return call->ops->cell(call, at);
}

pe_array *pe_new_array(pe_call *call, uint32_t rows, uint32_t columns)
{
    if (rows == 0 || columns == 0 || (uint64_t)rows * columns > PE_ARRAY_CELLS_MAX) return NULL;
    return pe_arena_array(call->arena, rows, columns);
}

pe_value pe_array_value(const pe_array *array)
{
    if (array->rows == 1 && array->columns == 1) return array->cells[0];
    return pe_box_pointer(PE_KIND_ARRAY, array);
}

pe_value pe_area_value(pe_call *call, pe_area area)
{
    pe_reference *reference = pe_arena_push(call->arena, 1, sizeof(pe_reference) + sizeof(pe_area));
    if (reference == NULL) return pe_error(PE_ERROR_NUM);
    reference->area_count = 1;
    reference->areas[0] = area;
    return pe_box_pointer(PE_KIND_REFERENCE, reference);
}

static const pe_array *array_of_area(pe_call *call, pe_area area, pe_value *error)
{
    bool whole = area.row_first == 0 && area.row_last == PE_ROWS_MAX - 1;
    whole = whole || (area.column_first == 0 && area.column_last == PE_COLUMNS_MAX - 1);
    if (whole || pe_area_cells(&area) > PE_ARRAY_CELLS_MAX) {
        /* the end is clipped, never the start: positions keep their meaning */
        pe_area used = call->ops->used(call, area);
        area.row_last = used.row_last;
        area.column_last = used.column_last;
    }
    pe_array *array = pe_new_array(call, area.row_last - area.row_first + 1,
                                   area.column_last - area.column_first + 1);
    if (array == NULL) {
        *error = pe_error(PE_ERROR_NUM);
        return NULL;
    }
    pe_cursor cursor = pe_cursor_of(area);
    while (call->ops->next(call, &cursor)) {
        size_t row = cursor.at.row - area.row_first, column = cursor.at.column - area.column_first;
        array->cells[row * array->columns + column] = cursor.value;
    }
    return array;
}

const pe_array *pe_to_array(pe_call *call, pe_value v, pe_value *error)
{
    pe_kind kind = pe_kind_of(v);
    if (kind == PE_KIND_ARRAY) return pe_as_array(v);
    if (kind == PE_KIND_REFERENCE) {
        const pe_reference *reference = pe_as_pointer(v);
        if (reference->area_count != 1 ||
            reference->areas[0].sheet_first != reference->areas[0].sheet_last) {
            *error = pe_error(PE_ERROR_VALUE);
            return NULL;
        }
        return array_of_area(call, reference->areas[0], error);
    }
    if (pe_is_error(v)) {
        *error = v;
        return NULL;
    }
    pe_array *array = pe_new_array(call, 1, 1);
    if (array == NULL) {
        *error = pe_error(PE_ERROR_NUM);
        return NULL;
    }
    array->cells[0] = kind == PE_KIND_OMITTED ? pe_blank() : v;
    return array;
}

void pe_each_value(pe_call *call, pe_value argument,
                   bool (*visit)(void *context, pe_value value, bool direct), void *context)
{
    pe_kind kind = pe_kind_of(argument);
    if (kind == PE_KIND_ARRAY) {
        const pe_array *array = pe_as_array(argument);
        size_t count = (size_t)array->rows * array->columns;
        for (size_t i = 0; i < count; i++) {
            if (pe_is(array->cells[i], PE_KIND_BLANK)) continue;
            if (!visit(context, array->cells[i], false)) return;
        }
    } else if (kind == PE_KIND_REFERENCE) {
        const pe_reference *reference = pe_as_pointer(argument);
        for (uint32_t i = 0; i < reference->area_count; i++) {
            pe_cursor cursor = pe_cursor_of(reference->areas[i]);
            while (call->ops->next(call, &cursor))
                if (!visit(context, cursor.value, false)) return;
        }
    } else {
        visit(context, argument, true);
    }
}
