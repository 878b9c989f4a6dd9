/* workbook_dump.c: a workbook's cells as text, for tests of readers. */
#include "workbook_dump.h"

#include <stdio.h>

static size_t print(char *out, size_t at, size_t size, const char *format, ...) PE_PRINTF(4, 5);
static size_t print(char *out, size_t at, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(out + at, size - at, format, arguments);
    va_end(arguments);
    return n > 0 && at + (size_t)n < size ? at + (size_t)n : size - 1;
}

static const char *place(const pe_cell_ref *ref, bool deleted, char text[12])
{
    if (deleted) return "deleted";
    pe_cell_text(ref->row, ref->column, text);
    return text;
}

static size_t print_formula(char *out, size_t at, size_t size, const pe_formula_source *f,
                            const pe_cell *c)
{
    char first[12], last[12], formula[12], value[12];
    pe_cell_text(f->area.row_first, f->area.column_first, first);
    pe_cell_text(f->area.row_last, f->area.column_last, last);
    switch ((pe_formula_kind)f->kind) {
    case PE_FORMULA_ARRAY:
        return print(out, at, size, "{=%s}%s:%s ", f->text, first, last);
    case PE_FORMULA_DYNAMIC:
        return print(out, at, size, "[=%s]%s:%s ", f->text, first, last);
    case PE_FORMULA_TABLE: {
        char a[12], b[12];
        at = print(out, at, size, "TABLE(%s%s",
                   f->two_inputs  ? ""
                   : f->row_input ? "row "
                                  : "column ",
                   place(&f->input1, f->input1_deleted, a));
        if (f->two_inputs)
            at = print(out, at, size, ",%s", place(&f->input2, f->input2_deleted, b));
        if (f->cells != NULL)
            at = print(out, at, size, " of %s by %s", place(&f->cells->formula, false, formula),
                       place(&f->cells->values[0], false, value));
        return print(out, at, size, ")%s:%s ", first, last);
    }
    default:
        break;
    }
    at = print(out, at, size, "%s=%s", f->excel_text ? "excel:" : "", f->text);
    if (f->home_row != c->row || f->home_column != c->column) {
        pe_cell_text(f->home_row, f->home_column, first);
        at = print(out, at, size, "@%s", first);
    }
    return print(out, at, size, " ");
}

static size_t print_value(char *out, size_t at, size_t size, pe_value v)
{
    char number[PE_DECIMAL_BYTES];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pe_decimal_shortest(pe_as_number(v), number);
        return print(out, at, size, "%s", number);
    case PE_KIND_TEXT:
        return print(out, at, size, "\"%s\"", pe_as_text(v)->bytes);
    case PE_KIND_BOOLEAN:
        return print(out, at, size, "%s", pe_as_boolean(v) ? "TRUE" : "FALSE");
    case PE_KIND_BLANK:
        return print(out, at, size, "-");
    default:
        return print(out, at, size, "%s", pe_error_text(pe_as_error(v)));
    }
}

void workbook_dump(const pe_workbook *w, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < w->cell_count; i++) {
        const pe_cell *c = &w->cells[i];
        char address[12];
        pe_cell_ref ref = pe_workbook_ref(w, i);
        pe_cell_text(c->row, c->column, address);
        if (i > 0) at = print(out, at, size, "; ");
        if (ref.sheet > 0) at = print(out, at, size, "%s!", w->sheets[ref.sheet].name);
        at = print(out, at, size, "%s ", address);
        if (c->formula != PE_NO_FORMULA)
            at = print_formula(out, at, size, &w->formulas[c->formula], c);
        at = c->has_stored ? print_value(out, at, size, c->stored) : print(out, at, size, "?");
        if (c->format != 0) at = print(out, at, size, "|%s", w->formats[c->format]);
    }
}
