/* functions_lookup.c: VLOOKUP, HLOOKUP, LOOKUP, MATCH, XLOOKUP, XMATCH, and the functions that make
 * or take apart references. A position found is shared by whatever then gathers from it; a blank
 * key is 0 for the classic ones. */
#include "functions_internal.h"
#include "functions_match.h"

/* Excel's default of an argument that is not there at all; one that is there but empty counts as 0.
 */
static double number_or(const pe_value *args, int n, int index, double absent)
{
    if (index >= n) return absent;
    return pe_arg_number(args, n, index, 0);
}

static pe_value classic_key(pe_value key)
{
    pe_kind k = pe_kind_of(key);
    return k == PE_KIND_BLANK || k == PE_KIND_OMITTED ? pe_number(0) : key;
}

/* A text where a table belongs is #VALUE!; other scalars are tables of one cell. */
static bool classic_table(pe_call *call, pe_value v, pei_table *table, pe_value *error)
{
    if (pe_kind_of(v) == PE_KIND_TEXT) {
        *error = pe_error(PE_ERROR_VALUE);
        return false;
    }
    return pei_table_of(call, v, table, error);
}

/* Position by MATCH's match_type: > 0, 0, < 0. A text with wildcards is a pattern in all three. */
static uint32_t classic_position(const pei_vector *vector, pe_value key, double match_type)
{
    bool calc = vector->call->calc != NULL; /* whose approximate search knows no patterns */
    bool pattern = !calc && pe_kind_of(key) == PE_KIND_TEXT && pei_wildcard_has(pe_as_text(key));
    if (pattern || match_type == 0) return pei_match_linear(vector, key, PEI_MATCH_WILDCARD, false);
    if (match_type > 0) return pei_match_ascending(vector, key);
    return pei_match_descending(vector, key);
}

pe_value pei_fn_MATCH(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pei_vector vector;
    pe_value error;
    if (!classic_table(call, args[1], &table, &error)) return error;
    if (!pei_table_vector(&table, &vector)) return pe_error(PE_ERROR_NA);
    uint32_t at = classic_position(&vector, classic_key(args[0]), number_or(args, n, 2, 1));
    return at == PEI_NOT_FOUND ? pe_error(PE_ERROR_NA) : pe_number((double)at + 1);
}

static pe_value lookup_in_table(pe_call *call, const pe_value *args, int n, bool vertical)
{
    pei_table table;
    pe_value error;
    if (!classic_table(call, args[1], &table, &error)) return error;
    double index = pen_trunc(number_or(args, n, 2, 1));
    bool approximate = n < 4 || pe_arg_boolean(args, n, 3, false);
    if (!(index >= 1)) return pe_error(PE_ERROR_VALUE);
    if (index > (vertical ? table.columns : table.rows)) return pe_error(PE_ERROR_REF);
    pei_vector vector = vertical ? pei_table_column(&table, 0) : pei_table_row(&table, 0);
    uint32_t at = classic_position(&vector, classic_key(args[0]), approximate ? 1 : 0);
    if (at == PEI_NOT_FOUND) return pe_error(PE_ERROR_NA);
    uint32_t other = (uint32_t)index - 1;
    return vertical ? pei_table_at(&table, at, other) : pei_table_at(&table, other, at);
}

pe_value pei_fn_VLOOKUP(pe_call *call, const pe_value *args, int n)
{
    return lookup_in_table(call, args, n, true);
}

pe_value pei_fn_HLOOKUP(pe_call *call, const pe_value *args, int n)
{
    return lookup_in_table(call, args, n, false);
}

/* The result vector's element; a reference goes on beyond its end, as Excel's does. */
static pe_value result_at(const pei_vector *result, uint32_t at)
{
    if (at < result->count) return pei_vector_at(result, at);
    if (!result->is_area) return pe_error(PE_ERROR_NA);
    uint32_t limit = result->vertical ? PE_ROWS_MAX - result->area.row_first
                                      : PE_COLUMNS_MAX - result->area.column_first;
    return at < limit ? pei_vector_at(result, at) : pe_error(PE_ERROR_REF);
}

pe_value pei_fn_LOOKUP(pe_call *call, const pe_value *args, int n)
{
    pei_table table, results;
    pei_vector result;
    pe_value error;
    if (!classic_table(call, args[1], &table, &error)) return error;
    pei_vector vector = pei_table_edge(&table, false);
    if (n > 2) {
        if (!classic_table(call, args[2], &results, &error)) return error;
        if (!pei_table_vector(&results, &result)) return pe_error(PE_ERROR_NA);
        if (results.rows == 1 && results.columns == 1 && !vector.vertical)
            result = pei_table_row(&results, 0);
    } else {
        result = pei_table_edge(&table, true);
    }
    uint32_t at = pei_match_ascending(&vector, classic_key(args[0]));
    return at == PEI_NOT_FOUND ? pe_error(PE_ERROR_NA) : result_at(&result, at);
}

/* The first or last text that the regular expression `key` finds something in. False: *error. */
static bool regex_position(const pei_vector *v, pe_value key, bool backward, uint32_t *at,
                           pe_value *error)
{
    pe_value pattern = pe_to_text(v->call, key);
    *at = PEI_NOT_FOUND;
    for (uint32_t k = 0; k < v->used; k++) {
        uint32_t i = backward ? v->used - 1 - k : k;
        pe_value pair[2] = {pei_vector_at(v, i), pattern};
        if (pe_kind_of(pair[0]) != PE_KIND_TEXT) continue;
        pe_value found = pei_fn_regextest(v->call, pair, 2);
        if (pe_is_error(found)) {
            *error = found;
            return false;
        }
        if (!pe_as_boolean(found)) continue;
        *at = i;
        break;
    }
    return true;
}

/* Position by XLOOKUP's modes. False: *error. */
static bool modern_position(const pei_vector *vector, pe_value key, double match_mode,
                            double search_mode, uint32_t *at, pe_value *error)
{
    static const pei_match_kind kinds[] = {PEI_MATCH_SMALLER, PEI_MATCH_EXACT, PEI_MATCH_LARGER,
                                           PEI_MATCH_WILDCARD};
    double match = pen_trunc(match_mode), search = pen_trunc(search_mode);
    bool binary = search == 2 || search == -2;
    *error = pe_error(PE_ERROR_VALUE);
    if (match < -1 || match > 3 || (!binary && search != 1 && search != -1)) return false;
    if (binary && match >= 2) return false;
    if (match == 3) return regex_position(vector, key, search < 0, at, error);
    pei_match_kind kind = kinds[(int)match + 1];
    *at = binary ? pei_match_binary(vector, key, kind, search < 0)
                 : pei_match_linear(vector, key, kind, search < 0);
    return true;
}

pe_value pei_fn_XMATCH(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pei_vector vector;
    pe_value error;
    uint32_t at;
    if (!pei_table_of(call, args[1], &table, &error)) return error;
    if (!pei_table_vector(&table, &vector)) return pe_error(PE_ERROR_VALUE);
    if (!modern_position(&vector, args[0], pe_arg_number(args, n, 2, 0),
                         pe_arg_number(args, n, 3, 1), &at, &error))
        return error;
    return at == PEI_NOT_FOUND ? pe_error(PE_ERROR_NA) : pe_number((double)at + 1);
}

pe_value pei_fn_XLOOKUP(pe_call *call, const pe_value *args, int n)
{
    pei_table table, results;
    pei_vector vector;
    pe_value error;
    uint32_t at;
    if (!pei_table_of(call, args[1], &table, &error)) return error;
    if (!pei_table_of(call, args[2], &results, &error)) return error;
    if (!pei_table_vector(&table, &vector)) return pe_error(PE_ERROR_VALUE);
    bool by_row = table.columns == 1 && results.rows == table.rows;
    bool by_column = table.rows == 1 && results.columns == table.columns;
    if (!by_row && !by_column) return pe_error(PE_ERROR_VALUE);
    if (!modern_position(&vector, args[0], pe_arg_number(args, n, 4, 0),
                         pe_arg_number(args, n, 5, 1), &at, &error))
        return error;
    if (at == PEI_NOT_FOUND) return pe_arg_given(args, n, 3) ? args[3] : pe_error(PE_ERROR_NA);
    return by_row ? pei_table_part(&results, at, 0, 1, results.columns)
                  : pei_table_part(&results, 0, at, results.rows, 1);
}

/* ---- references
 * --------------------------------------------------------------------------------------- */

/* The area_number-th area (one-based) of a reference, or the array, as a table. */
static bool index_table(pe_call *call, pe_value v, double area_number, pei_table *table,
                        pe_value *error)
{
    *error = pe_error(PE_ERROR_REF);
    if (pe_kind_of(v) != PE_KIND_REFERENCE) {
        if (area_number != 1) return false;
        return pei_table_of(call, v, table, error);
    }
    const pe_reference *reference = pe_as_pointer(v);
    if (!(area_number >= 1 && area_number <= reference->area_count)) return false;
    return pei_table_of(call, pe_area_value(call, reference->areas[(uint32_t)area_number - 1]),
                        table, error);
}

pe_value pei_fn_INDEX(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pe_value error;
    double area = n > 3 ? pen_trunc(pe_arg_number(args, n, 3, 1)) : 1;
    if (!index_table(call, args[0], area, &table, &error)) return error;
    double row = pen_trunc(pe_arg_number(args, n, 1, 0)),
           column = pen_trunc(number_or(args, n, 2, 0));
    if (n == 2 && table.rows == 1) {
        column = row;
        row = 1;
    } else if (n == 2 && table.columns == 1) {
        column = 1;
    } else if (n == 2 && table.is_area) {
        return pe_error(PE_ERROR_REF); /* which column? */
    }
    if (!(row >= 0 && column >= 0)) return pe_error(PE_ERROR_VALUE);
    if (row > table.rows || column > table.columns) return pe_error(PE_ERROR_REF);
    uint32_t r = (uint32_t)row, c = (uint32_t)column;
    return pei_table_part(&table, r == 0 ? 0 : r - 1, c == 0 ? 0 : c - 1, r == 0 ? table.rows : 1,
                          c == 0 ? table.columns : 1);
}

/* Moves [first, last] by `by` and gives it `size` cells (negative: towards the start). False: off
 * the grid. */
static bool offset_side(uint32_t *first, uint32_t *last, double by, double size, uint32_t limit)
{
    double start = (double)*first + by, end = start + size - 1;
    if (size < 0) {
        end = start;
        start = end + size + 1;
    }
    if (!(size != 0 && start >= 0 && end < limit)) return false;
    *first = (uint32_t)start;
    *last = (uint32_t)end;
    return true;
}

pe_value pei_fn_OFFSET(pe_call *call, const pe_value *args, int n)
{
    if (pe_is_error(args[0])) return args[0];
    if (pe_kind_of(args[0]) != PE_KIND_REFERENCE) return pe_error(PE_ERROR_VALUE);
    const pe_reference *reference = pe_as_pointer(args[0]);
    if (reference->area_count != 1) return pe_error(PE_ERROR_VALUE);
    pe_area area = reference->areas[0];
    double rows = pen_trunc(pe_arg_number(args, n, 1, 0)),
           columns = pen_trunc(pe_arg_number(args, n, 2, 0));
    double height =
        pen_trunc(pe_arg_number(args, n, 3, (double)area.row_last - area.row_first + 1));
    double width =
        pen_trunc(pe_arg_number(args, n, 4, (double)area.column_last - area.column_first + 1));
    if (!offset_side(&area.row_first, &area.row_last, rows, height, PE_ROWS_MAX) ||
        !offset_side(&area.column_first, &area.column_last, columns, width, PE_COLUMNS_MAX))
        return pe_error(PE_ERROR_REF);
    return pe_area_value(call, area);
}

pe_value pei_fn_INDIRECT(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pe_as_text(args[0]);
    bool a1 = n < 2 || pe_arg_boolean(args, n, 1, false);
    if (pe_kind_of(args[0]) != PE_KIND_TEXT || text->length == 0) return pe_error(PE_ERROR_REF);
    pe_value found = call->ops->parse_reference(call, text->bytes, text->length, a1);
    bool unknown = pe_kind_of(found) == PE_KIND_ERROR && pe_as_error(found) == PE_ERROR_NAME;
    return unknown ? pe_error(PE_ERROR_REF) : found;
}

/* Whether a sheet's name needs quotes in a reference: anything but letters, digits, '_' and '.', or
 * a start that could be read as a number or a cell. */
static bool name_needs_quotes(const pe_text *name)
{
    uint32_t row, column;
    if (name->length == 0) return false;
    if (name->bytes[0] >= '0' && name->bytes[0] <= '9') return true;
    for (uint32_t i = 0; i < name->length; i++) {
        unsigned char c = (unsigned char)name->bytes[i];
        bool plain = c >= 128 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
                     strchr("_.[]", c) != NULL;
        if (!plain) return true;
    }
    return pe_cell_parse(name->bytes, name->length, &row, &column) == name->length;
}

static pe_value address_text(pe_call *call, const pe_text *sheet, const char *address, bool dot)
{
    size_t length = strlen(address), used = 0;
    char *out =
        pe_arena_push(call->arena, (sheet != NULL ? 2 * (size_t)sheet->length : 0) + length + 8, 1);
    if (out == NULL) return pe_error(PE_ERROR_NUM);
    if (sheet != NULL) {
        bool quotes =
            name_needs_quotes(sheet) || (dot && memchr(sheet->bytes, '.', sheet->length) != NULL);
        if (quotes) out[used++] = '\'';
        for (uint32_t i = 0; i < sheet->length; i++) {
            if (quotes && sheet->bytes[i] == '\'') out[used++] = '\'';
            out[used++] = sheet->bytes[i];
        }
        if (quotes) out[used++] = '\'';
        out[used++] = dot ? '.' : '!';
    }
    memcpy(out + used, address, length);
    return pe_make_text(call, out, used + length);
}

pe_value pei_fn_ADDRESS(pe_call *call, const pe_value *args, int n)
{
    double row = pen_trunc(pe_arg_number(args, n, 0, 0)),
           column = pen_trunc(pe_arg_number(args, n, 1, 0));
    double kind = pen_trunc(pe_arg_number(args, n, 2, 1));
    bool a1 = n < 4 || pe_arg_boolean(args, n, 3, true);
    if (!(kind >= 1 && kind <= 4)) return pe_error(PE_ERROR_VALUE);
    bool row_fixed = kind == 1 || kind == 2, column_fixed = kind == 1 || kind == 3;
    double least_row = a1 || row_fixed ? 1 : -(double)PE_ROWS_MAX;
    double least_column = a1 || column_fixed ? 1 : -(double)PE_COLUMNS_MAX;
    if (!(row >= least_row && row <= PE_ROWS_MAX && column >= least_column &&
          column <= PE_COLUMNS_MAX))
        return pe_error(PE_ERROR_VALUE);
    const char *text;
    if (a1) {
        char letters[4];
        pe_column_text((uint32_t)column - 1, letters);
        text = pe_arena_printf(call->arena, "%s%s%s%d", column_fixed ? "$" : "", letters,
                               row_fixed ? "$" : "", (int)row);
    } else {
        text = pe_arena_printf(call->arena, row_fixed ? "R%d%s%d%s" : "R[%d]%s%d%s", (int)row,
                               column_fixed ? "C" : "C[", (int)column, column_fixed ? "" : "]");
    }
    if (text == NULL) return pe_error(PE_ERROR_NUM);
    const pe_text *sheet = pe_arg_given(args, n, 4) ? pe_as_text(args[4]) : NULL;
    return address_text(call, sheet, text, a1 && call->calc != NULL);
}

/* ROW and COLUMN: numbers of the reference's rows as a column, or of its columns as a row. */
static pe_value line_numbers(pe_call *call, const pe_value *args, int n, bool rows)
{
    if (!pe_arg_given(args, n, 0))
        return pe_number((double)(rows ? call->home.row : call->home.column) + 1);
    if (pe_is_error(args[0])) return args[0];
    if (pe_kind_of(args[0]) != PE_KIND_REFERENCE) return pe_error(PE_ERROR_VALUE);
    const pe_reference *reference = pe_as_pointer(args[0]);
    if (reference->area_count != 1) return pe_error(PE_ERROR_REF);
    const pe_area *a = &reference->areas[0];
    uint32_t first = rows ? a->row_first : a->column_first,
             last = rows ? a->row_last : a->column_last;
    uint32_t count = last - first + 1;
    if (count == 1) return pe_number((double)first + 1);
    pe_array *array = pe_new_array(call, rows ? count : 1, rows ? 1 : count);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < count; i++) array->cells[i] = pe_number((double)first + i + 1);
    return pe_array_value(array);
}

pe_value pei_fn_ROW(pe_call *call, const pe_value *args, int n)
{
    return line_numbers(call, args, n, true);
}

pe_value pei_fn_COLUMN(pe_call *call, const pe_value *args, int n)
{
    return line_numbers(call, args, n, false);
}

pe_value pei_fn_ROWS(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pe_value error;
    PE_UNUSED(n);
    return pei_table_of(call, args[0], &table, &error) ? pe_number(table.rows) : error;
}

pe_value pei_fn_COLUMNS(pe_call *call, const pe_value *args, int n)
{
    pei_table table;
    pe_value error;
    PE_UNUSED(n);
    return pei_table_of(call, args[0], &table, &error) ? pe_number(table.columns) : error;
}

pe_value pei_fn_AREAS(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    if (pe_is_error(args[0])) return args[0];
    if (pe_kind_of(args[0]) != PE_KIND_REFERENCE) return pe_error(PE_ERROR_VALUE);
    return pe_number(((const pe_reference *)pe_as_pointer(args[0]))->area_count);
}

pe_value pei_fn_TRANSPOSE(pe_call *call, const pe_value *args, int n)
{
    pe_value error;
    PE_UNUSED(n);
    const pe_array *from = pe_to_array(call, args[0], &error);
    if (from == NULL) return error;
    pe_array *to = pe_new_array(call, from->columns, from->rows);
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < from->rows; r++)
        for (uint32_t c = 0; c < from->columns; c++)
            to->cells[(size_t)c * from->rows + r] = from->cells[(size_t)r * from->columns + c];
    return pe_array_value(to);
}
