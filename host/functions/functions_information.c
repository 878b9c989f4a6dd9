/* functions_information.c: what kind of value or cell something is. An error is a value here, never
 * an accident. */
#include "functions_internal.h"

/* ---- kinds of values ----------------------------------------------------------------- */

pe_value pei_fn_isblank(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is(args[0], PE_KIND_BLANK) || pe_is(args[0], PE_KIND_OMITTED));
}

static bool is_na(pe_value v)
{
    return pe_is(v, PE_KIND_ERROR) && pe_as_error(v) == PE_ERROR_NA;
}

pe_value pei_fn_iserr(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is_error(args[0]) && !is_na(args[0]));
}

pe_value pei_fn_iserror(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is_error(args[0]));
}

pe_value pei_fn_isna(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(is_na(args[0]));
}

pe_value pei_fn_istext(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is(args[0], PE_KIND_TEXT));
}

pe_value pei_fn_isnontext(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(!pe_is(args[0], PE_KIND_TEXT));
}

pe_value pei_fn_isnumber(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is(args[0], PE_KIND_NUMBER));
}

pe_value pei_fn_islogical(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is(args[0], PE_KIND_BOOLEAN));
}

pe_value pei_fn_isref(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    return pe_boolean(pe_is(args[0], PE_KIND_REFERENCE));
}

static pe_value parity(pe_call *call, pe_value v, bool odd)
{
    double x;
    pe_value error;
    if (!pei_toolpak_number(call, v, &x, &error)) return error;
    double whole = pen_trunc(pen_abs(x)), half = pen_floor(whole / 2);
    return pe_boolean((whole - 2 * half != 0) == odd);
}

pe_value pei_fn_iseven(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return parity(call, args[0], false);
}

pe_value pei_fn_isodd(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return parity(call, args[0], true);
}

pe_value pei_fn_n(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pe_value v = pe_to_scalar(call, args[0]);
    if (pe_is(v, PE_KIND_NUMBER) || pe_is_error(v)) return v;
    return pe_number(pe_is(v, PE_KIND_BOOLEAN) && pe_as_boolean(v) ? 1 : 0);
}

pe_value pei_fn_na(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(args);
    PE_UNUSED(n);
    return pe_error(PE_ERROR_NA);
}

static bool is_one_cell(const pe_reference *reference)
{
    return reference->area_count == 1 && pe_area_cells(&reference->areas[0]) == 1;
}

pe_value pei_fn_type(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pe_value v = args[0];
    if (pe_is(v, PE_KIND_REFERENCE)) {
        if (!is_one_cell(pe_as_pointer(v))) return pe_number(64);
        v = pe_to_scalar(call, v);
    }
    switch (pe_kind_of(v)) {
    case PE_KIND_TEXT:
        return pe_number(2);
    case PE_KIND_BOOLEAN:
        return pe_number(4);
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return pe_number(16);
    case PE_KIND_ARRAY:
        return pe_number(64);
    case PE_KIND_LAMBDA:
        return pe_number(128);
    default:
        return pe_number(1);
    }
}

pe_value pei_fn_error_type(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    if (!pe_is(args[0], PE_KIND_ERROR)) return pe_error(PE_ERROR_NA);
    return pe_number((double)pe_as_error(args[0]));
}

/* ---- cells and formulas -------------------------------------------------------------- */

/* Applies `of` to each cell of a one-area reference; several cells give an array. */
static pe_value each_cell(pe_call *call, pe_value argument,
                          pe_value (*of)(pe_call *call, pe_cell_ref cell))
{
    if (pe_is_error(argument)) return argument;
    if (!pe_is(argument, PE_KIND_REFERENCE)) return pe_error(PE_ERROR_NA);
    const pe_reference *reference = pe_as_pointer(argument);
    pe_area area = reference->areas[0];
    if (reference->area_count != 1 || area.sheet_first != area.sheet_last)
        return pe_error(PE_ERROR_VALUE);
    pe_array *array = pe_new_array(call, area.row_last - area.row_first + 1,
                                   area.column_last - area.column_first + 1);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t row = 0; row < array->rows; row++)
        for (uint32_t column = 0; column < array->columns; column++) {
            pe_cell_ref cell = {area.sheet_first, area.row_first + row, area.column_first + column};
            array->cells[(size_t)row * array->columns + column] = of(call, cell);
        }
    return pe_array_value(array);
}

static pe_value is_formula(pe_call *call, pe_cell_ref cell)
{
    return pe_boolean(!pe_is(call->ops->formula_text(call, cell), PE_KIND_BLANK));
}

static pe_value formula_text(pe_call *call, pe_cell_ref cell)
{
    pe_value text = call->ops->formula_text(call, cell);
    return pe_is(text, PE_KIND_BLANK) ? pe_error(PE_ERROR_NA) : text;
}

pe_value pei_fn_isformula(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return each_cell(call, args[0], is_formula);
}

pe_value pei_fn_formulatext(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return each_cell(call, args[0], formula_text);
}

pe_value pei_fn_sheet(pe_call *call, const pe_value *args, int n)
{
    if (n == 0) return pe_number(call->home.sheet + 1);
    if (pe_is_error(args[0])) return args[0];
    if (pe_is(args[0], PE_KIND_REFERENCE)) {
        const pe_reference *reference = pe_as_pointer(args[0]);
        return pe_number(reference->areas[0].sheet_first + 1);
    }
    if (!pe_is(args[0], PE_KIND_TEXT)) return pe_error(PE_ERROR_NA);
    for (uint32_t i = 0; i < call->sheet_count; i++) {
        const char *name = call->ops->sheet_name(call, i);
        if (name == NULL) continue;
        pe_value text = pe_make_text(call, name, strlen(name));
        if (pe_is(text, PE_KIND_TEXT) &&
            pe_compare_text(pe_as_text(text), pe_as_text(args[0])) == 0)
            return pe_number(i + 1);
    }
    return pe_error(PE_ERROR_NA);
}

pe_value pei_fn_sheets(pe_call *call, const pe_value *args, int n)
{
    if (n == 0) return pe_number(call->sheet_count);
    if (pe_is_error(args[0])) return args[0];
    if (!pe_is(args[0], PE_KIND_REFERENCE)) return pe_error(PE_ERROR_NA);
    const pe_reference *reference = pe_as_pointer(args[0]);
    double sheets = 0;
    for (uint32_t i = 0; i < reference->area_count; i++)
        sheets += reference->areas[i].sheet_last - reference->areas[i].sheet_first + 1;
    return pe_number(sheets);
}

/* ---- CELL ---------------------------------------------------------------------------- */

static pe_value text_value(pe_call *call, const char *text)
{
    return text == NULL ? pe_error(PE_ERROR_NUM) : pe_make_text(call, text, strlen(text));
}

static pe_value cell_address(pe_call *call, pe_cell_ref at, bool other_sheet)
{
    char column[4];
    const char *sheet = other_sheet ? call->ops->sheet_name(call, at.sheet) : NULL;
    pe_column_text(at.column, column);
    return text_value(call, pe_arena_printf(call->arena, "%s%s%s$%s$%u", sheet != NULL ? "'" : "",
                                            sheet != NULL ? sheet : "", sheet != NULL ? "'!" : "",
                                            column, at.row + 1));
}

/* The path with the file's name in brackets and the sheet behind it. */
static pe_value cell_filename(pe_call *call, pe_cell_ref at)
{
    const char *name = call->file_name != NULL ? call->file_name : "",
               *sheet = call->ops->sheet_name(call, at.sheet);
    const char *base = strrchr(name, '/'), *windows = strrchr(name, '\\');
    if (windows != NULL && (base == NULL || windows > base)) base = windows;
    int path = base == NULL ? 0 : (int)(base + 1 - name);
    if (name[0] == '\0') return text_value(call, "");
    return text_value(call, pe_arena_printf(call->arena, "%.*s[%s]%s", path, name, name + path,
                                            sheet != NULL ? sheet : ""));
}

/* The code of CELL("format") for the formats that have one. */
static const char *format_code(const char *format)
{
    static const char *const codes[][2] = {{"General", "G"},
                                           {"0", "F0"},
                                           {"#,##0", ",0"},
                                           {"0.00", "F2"},
                                           {"#,##0.00", ",2"},
                                           {"0%", "P0"},
                                           {"0.00%", "P2"},
                                           {"0.00E+00", "S2"},
                                           {"m/d/yyyy", "D4"},
                                           {"m/d/yy", "D4"},
                                           {"mm-dd-yy", "D4"},
                                           {"d-mmm-yy", "D1"},
                                           {"d-mmm", "D2"},
                                           {"mmm-yy", "D3"},
                                           {"h:mm", "D9"},
                                           {"h:mm:ss", "D8"},
                                           {"h:mm AM/PM", "D7"},
                                           {"h:mm:ss AM/PM", "D6"},
                                           {"m/d/yy h:mm", "D4"},
                                           {"# ?/?", "G"},
                                           {"# ?\?/?\?", "G"},
                                           {"@", "G"},
                                           {"#,##0_);(#,##0)", ",0()"},
                                           {"$#,##0_);($#,##0)", "C0"},
                                           {"$#,##0.00_);($#,##0.00)", "C2"}};
    for (size_t i = 0; i < PE_COUNT(codes); i++)
        if (strcmp(format, codes[i][0]) == 0) return codes[i][1];
    return NULL;
}

/* What needs the sheet's layout (width, colour, protection, alignment) is not known here: #N/A
 * rather than a guess. */
pe_value pei_fn_cell(pe_call *call, const pe_value *args, int n)
{
    if (!pe_is(args[0], PE_KIND_TEXT)) return pe_error(PE_ERROR_VALUE);
    const pe_text *what = pe_as_text(args[0]);
    pe_cell_ref at = call->home;
    if (pe_arg_given(args, n, 1)) {
        if (pe_is_error(args[1])) return args[1];
        if (!pe_is(args[1], PE_KIND_REFERENCE)) return pe_error(PE_ERROR_VALUE);
        const pe_area *area = &((const pe_reference *)pe_as_pointer(args[1]))->areas[0];
        at = (pe_cell_ref){area->sheet_first, area->row_first, area->column_first};
    }
#define IS(name) pe_text_equal_nocase(what->bytes, what->length, name, sizeof(name) - 1)
    if (IS("row")) return pe_number(at.row + 1);
    if (IS("col")) return pe_number(at.column + 1);
    if (IS("address")) return cell_address(call, at, at.sheet != call->home.sheet);
    if (IS("filename")) return cell_filename(call, at);
    pe_value v = IS("contents") || IS("type") ? call->ops->cell(call, at) : pe_blank();
    if (IS("contents")) return pe_is(v, PE_KIND_BLANK) ? pe_number(0) : v;
    if (IS("type"))
        return text_value(call, pe_is(v, PE_KIND_BLANK) ? "b" : pe_is(v, PE_KIND_TEXT) ? "l" : "v");
    if (IS("format")) {
        const char *format = call->ops->number_format(call, at),
                   *code = format != NULL ? format_code(format) : NULL;
        return code != NULL ? text_value(call, code) : pe_error(PE_ERROR_NA);
    }
    if (IS("width") || IS("color") || IS("parentheses") || IS("prefix") || IS("protect"))
        return pe_error(PE_ERROR_NA);
#undef IS
    return pe_error(PE_ERROR_VALUE);
}
