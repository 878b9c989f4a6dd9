/* evaluate_external.c: references to other workbooks: the values that the file caches for them.
 * Invariant: nothing outside the file is ever read. */
#include "evaluate_internal.h"

static pe_value one(const pe_external *e, uint32_t sheet, uint32_t row, uint32_t column)
{
    pe_value v;
    return pe_external_cell(e, sheet, row, column, &v) ? v : pe_error(PE_ERROR_REF);
}

pe_value pei_external(pei_context *x, const pe_node *node)
{
    const pe_workbook *w = x->workbook;
    if (node->external.is_name || node->external.book >= w->external_count)
        return pe_error(node->external.is_name ? PE_ERROR_NAME : PE_ERROR_REF);
    const pe_external *e = &w->externals[node->external.book];
    uint32_t sheet = node->external.sheet_first;
    if (sheet >= e->sheet_count || sheet != node->external.sheet_last)
        return pe_error(PE_ERROR_REF);
    pe_node_reference ref = node->external.ref;
    ref.sheet_first = ref.sheet_last = PE_SHEET_HOME;
    pe_area a;
    bool found = x->name_depth > 0 ? pe_graph_name_area(&ref, x->call.home, &a)
                                   : pe_node_area(&ref, x->call.home, &a);
    if (!found) return pe_error(PE_ERROR_REF);
    if (a.row_first == a.row_last && a.column_first == a.column_last)
        return one(e, sheet, a.row_first, a.column_first);
    uint64_t cells =
        (uint64_t)(a.row_last - a.row_first + 1) * (a.column_last - a.column_first + 1);
    if (cells > PE_ARRAY_CELLS_MAX / 4) return pe_error(PE_ERROR_REF);
    pe_array *array =
        pe_new_array(&x->call, a.row_last - a.row_first + 1, a.column_last - a.column_first + 1);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < array->rows; r++)
        for (uint32_t c = 0; c < array->columns; c++)
            array->cells[(size_t)r * array->columns + c] =
                one(e, sheet, a.row_first + r, a.column_first + c);
    return pe_box_pointer(PE_KIND_ARRAY, array);
}
