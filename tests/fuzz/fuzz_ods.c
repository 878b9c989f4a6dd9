/* fuzz_ods.c: any bytes through the reader of OpenDocument spreadsheets. Seeds: small real files,
 * flat and packed. To get past the zip's checksums, an input that begins with neither PK nor '<' is
 * taken as parts instead, separated by bytes 0xFF: its first byte is dropped, then content, styles,
 * meta, manifest; they are packed without compression. */
#include <stdlib.h>

#include "fuzz_parts.h"
#include "workbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const fuzz_part parts[] = {
    {"mimetype", false, "application/vnd.oasis.opendocument.spreadsheet"},
    {"content.xml", true, NULL},
    {"styles.xml", true, NULL},
    {"meta.xml", true, NULL},
    {"META-INF/manifest.xml", true, NULL},
};

static void check_cells(const pe_workbook *w)
{
    for (uint32_t i = 0; i < w->cell_count; i++) {
        const pe_cell *cell = &w->cells[i];
        if (pe_workbook_cell(w, pe_workbook_ref(w, i)) != i) abort();
        if (cell->formula != PE_NO_FORMULA && cell->formula >= w->formula_count) abort();
        if (cell->format >= w->format_count || pe_is(cell->stored, PE_KIND_UNRESOLVED)) abort();
        if (cell->row >= PE_ROWS_MAX || cell->column >= PE_COLUMNS_MAX) abort();
        if (pe_is(cell->stored, PE_KIND_TEXT) &&
            strlen(pe_as_text(cell->stored)->bytes) > pe_as_text(cell->stored)->length)
            abort();
    }
}

static void check_rest(const pe_workbook *w)
{
    for (uint32_t i = 0; i < w->formula_count; i++) {
        const pe_formula_source *f = &w->formulas[i];
        if (f->text == NULL || strlen(f->text) > f->length) abort();
        if (f->kind != PE_FORMULA_NORMAL &&
            (f->area.sheet_first >= w->sheet_count || f->area.row_last >= PE_ROWS_MAX ||
             f->area.column_last >= PE_COLUMNS_MAX))
            abort();
        if (f->kind == PE_FORMULA_TABLE && f->input1.sheet >= w->sheet_count) abort();
    }
    for (uint32_t i = 0; i < w->name_count; i++)
        if (strlen(w->names[i].text) != w->names[i].text_length ||
            w->names[i].home_sheet >= w->sheet_count)
            abort();
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        const pe_sheet *s = &w->sheets[i];
        for (uint32_t r = 1; r < s->rows_hidden_count; r++)
            if (s->rows_hidden[r - 1] >= s->rows_hidden[r]) abort();
    }
    for (uint32_t i = 0; i < w->external_count; i++) {
        pe_value value;
        for (uint32_t s = 0; s < w->externals[i].sheet_count; s++)
            if (!pe_external_cell(&w->externals[i], s, 0, 0, &value)) abort();
    }
}

static void read_bytes(const void *bytes, size_t size)
{
    pe_workbook *w = NULL;
    pe_read_options options = {256u << 20};
    if (pe_workbook_read_bytes(bytes, size, &options, NULL, NULL, &w, NULL) != PE_OK) return;
    check_cells(w);
    check_rest(w);
    pe_workbook_free(w);
}

static void read_parts(const uint8_t *data, size_t size)
{
    size_t length;
    void *bytes = fuzz_package(parts, PE_COUNT(parts), data, size, &length);
    read_bytes(bytes, length);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if ((size >= 2 && data[0] == 'P' && data[1] == 'K') || (size >= 1 && data[0] == '<'))
        read_bytes(data, size);
    else if (size > 1)
        read_parts(data + 1, size - 1);
    return 0;
}
