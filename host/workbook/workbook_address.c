/* workbook_address.c: the builder's calls by address as text, which tests write: each ends in a
 * call by rectangle. Invariant: the first failure of any kind sticks, and finish reports it. */
#include "workbook_live.h"

static bool stick(pe_workbook_builder *b, pe_status status, const pe_diag *diag)
{
    if (status != PE_OK && b->status == PE_OK) {
        b->status = status;
        b->diag = *diag;
    }
    return status == PE_OK;
}

static bool area_of(pe_workbook_builder *b, uint32_t sheet, const char *block, pe_area *area)
{
    pe_diag diag;
    if (b == NULL || b->status != PE_OK) return false;
    if (sheet < b->sheet_count && block != NULL &&
        pei_area_parse(block, strlen(block), sheet, area))
        return true;
    return stick(b,
                 pe_fail(&diag, PE_E_ARGUMENT, block,
                         "not a cell or block of a sheet that was added; write B7 or B2:C4"),
                 &diag);
}

static bool cell_of(pe_workbook_builder *b, uint32_t sheet, const char *address, pe_area *area)
{
    pe_diag diag;
    if (!area_of(b, sheet, address, area)) return false;
    if (pe_area_cells(area) == 1) return true;
    return stick(b,
                 pe_fail(&diag, PE_E_ARGUMENT, address, "one cell was expected here, not a block"),
                 &diag);
}

static void put(pe_workbook_builder *b, uint32_t sheet, const char *address,
                const pe_builder_cell *cell)
{
    pe_area area;
    pe_diag diag;
    if (cell_of(b, sheet, address, &area)) stick(b, pei_builder_put(b, &area, cell, &diag), &diag);
}

void pe_builder_value(pe_workbook_builder *b, uint32_t sheet, const char *address, pe_value value)
{
    put(b, sheet, address, &(pe_builder_cell){.value = value});
}

void pe_builder_text(pe_workbook_builder *b, uint32_t sheet, const char *address, const char *text)
{
    pe_arena *arena = b != NULL ? pe_arena_new(SIZE_MAX) : NULL;
    pe_value value = arena != NULL ? pe_arena_text_value(arena, text, strlen(text)) : pe_blank();
    if (pe_is(value, PE_KIND_TEXT))
        put(b, sheet, address, &(pe_builder_cell){.value = value});
    else if (b != NULL)
        pei_live_fail(b, PE_E_MEMORY, "no memory for a text");
    pe_arena_free(arena);
}

void pe_builder_formula(pe_workbook_builder *b, uint32_t sheet, const char *address,
                        const char *formula, pe_value stored)
{
    put(b, sheet, address, &(pe_builder_cell){stored, formula, (uint32_t)strlen(formula)});
}

void pe_builder_array(pe_workbook_builder *b, uint32_t sheet, const char *block,
                      const char *formula, pe_formula_kind kind)
{
    pe_area area;
    pe_diag diag;
    if (area_of(b, sheet, block, &area))
        stick(b, pe_builder_block(b, sheet, &area, kind, formula, NULL, NULL, &diag), &diag);
}

void pe_builder_table(pe_workbook_builder *b, uint32_t sheet, const char *block,
                      const char *row_input, const char *column_input)
{
    pe_area area, row, column;
    pe_diag diag;
    if (!area_of(b, sheet, block, &area)) return;
    if (row_input != NULL && !cell_of(b, sheet, row_input, &row)) return;
    if (column_input != NULL && !cell_of(b, sheet, column_input, &column)) return;
    pe_cell_ref row_ref = {sheet, 0, 0}, column_ref = {sheet, 0, 0};
    if (row_input != NULL) row_ref = (pe_cell_ref){sheet, row.row_first, row.column_first};
    if (column_input != NULL)
        column_ref = (pe_cell_ref){sheet, column.row_first, column.column_first};
    stick(b,
          pe_builder_block(b, sheet, &area, PE_FORMULA_TABLE, NULL,
                           row_input != NULL ? &row_ref : NULL,
                           column_input != NULL ? &column_ref : NULL, &diag),
          &diag);
}

void pe_builder_format(pe_workbook_builder *b, uint32_t sheet, const char *address,
                       const char *format)
{
    pe_area area;
    pe_diag diag;
    if (cell_of(b, sheet, address, &area))
        stick(b, pe_builder_format_area(b, sheet, &area, format, &diag), &diag);
}

void pe_builder_name(pe_workbook_builder *b, const char *name, const char *text)
{
    pe_diag diag;
    if (b == NULL) return;
    uint32_t scope = PE_SCOPE_WORKBOOK;
    const char *mark = strchr(name, '!');
    if (mark != NULL) {
        size_t length = (size_t)(mark - name);
        for (uint32_t s = 0; s < b->sheet_count; s++)
            if (strlen(b->sheets[s].name) == length && memcmp(b->sheets[s].name, name, length) == 0)
                scope = s;
        if (scope == PE_SCOPE_WORKBOOK)
            stick(b, pe_fail(&diag, PE_E_ARGUMENT, name, "no sheet of that name was added"), &diag);
        name = mark + 1;
    }
    stick(b, pe_builder_name_text(b, name, text, scope, false, &diag), &diag);
}

void pe_builder_date1904(pe_workbook_builder *b, bool on)
{
    if (b != NULL) b->settings.date1904 = on;
}

void pe_builder_iterate(pe_workbook_builder *b, uint32_t count, double delta)
{
    if (b == NULL) return;
    b->settings.iterate = true;
    b->settings.iterate_count = count;
    b->settings.iterate_delta = delta;
}

void pe_builder_hide_rows(pe_workbook_builder *b, uint32_t sheet, uint32_t row_first,
                          uint32_t row_last)
{
    pe_diag diag;
    if (b != NULL) stick(b, pe_builder_rows(b, sheet, row_first, row_last, true, &diag), &diag);
}

void pe_builder_filter(pe_workbook_builder *b, uint32_t sheet, const char *block)
{
    pe_area area;
    pe_diag diag;
    if (area_of(b, sheet, block, &area))
        stick(b, pe_builder_filter_area(b, sheet, &area, &diag), &diag);
}

void pe_builder_list(pe_workbook_builder *b, uint32_t sheet, const char *name, const char *block,
                     uint32_t totals_rows)
{
    pe_area area;
    pe_diag diag;
    if (area_of(b, sheet, block, &area))
        stick(b, pe_builder_list_area(b, sheet, name, &area, 1, totals_rows, NULL, 0, &diag),
              &diag);
}

pe_status pe_builder_finish(pe_workbook_builder *b, pe_workbook **workbook, pe_diag *diag)
{
    if (b == NULL) return pe_fail(diag, PE_E_MEMORY, "builder", "no memory for a workbook");
    pe_status status = pe_builder_build(b, workbook, diag);
    pe_builder_free(b);
    return status;
}
