/* workbook_builder.c: the calls that put cells and all else into a builder. One mechanism: the
 * calls that take addresses as text end in those that take rectangles. Invariant: bad arguments
 * change nothing; in the calls by address the first failure sticks and finish reports it. */
#include "workbook_live.h"

#include <stdlib.h>

/* Room for one more item of a list; false after a failure. */
static bool room(pe_workbook_builder *b, void **items, size_t *capacity, size_t count, size_t size)
{
    if (b->status != PE_OK) return false;
    if (count < *capacity) return true;
    size_t before = *capacity;
    if (count >= PEI_AREAS_MAX) {
        pei_live_fail(b, PE_E_LIMIT, "it has too many names, tables or format areas");
    } else if (pe_grow(items, capacity, count + 1, size) != PE_OK) {
        pei_live_fail(b, PE_E_MEMORY, "no memory for its names, tables or formats");
    } else {
        pei_live_take(b, (*capacity - before) * size);
    }
    return b->status == PE_OK;
}
#define ROOM(b, owner, items, item)                                                                \
    room((b), (void **)&(owner)->items, &(owner)->item##_capacity, (owner)->item##_count,          \
         sizeof *(owner)->items)

static const char *keep(pe_workbook_builder *b, const char *text)
{
    size_t length = strlen(text);
    if (pei_live_take(b, length + 1) != PE_OK) return "";
    const char *copy = pe_arena_text(b->arena, text, length);
    if (copy == NULL) pei_live_fail(b, PE_E_MEMORY, "no memory for a text");
    return copy != NULL ? copy : "";
}

/* Index of a number format; false: the builder has failed. */
static bool format_of(pe_workbook_builder *b, const char *code, uint32_t *index)
{
    uint32_t *slot;
    bool added;
    if (b->status != PE_OK) return false;
    *index = (uint32_t)b->format_count;
    if (pe_map_put(b->format_index, code, strlen(code), *index, &slot, &added) != PE_OK)
        return pei_live_fail(b, PE_E_MEMORY, "no memory for its number formats") == PE_OK;
    if (!added) {
        *index = *slot;
        return true;
    }
    if (*index > UINT16_MAX)
        return pei_live_fail(b, PE_E_LIMIT, "it has more than 65,536 number formats") == PE_OK;
    if (ROOM(b, b, formats, format)) b->formats[b->format_count++] = keep(b, code);
    return b->status == PE_OK;
}

pe_workbook_builder *pe_builder_new(void)
{
    pe_workbook_builder *b = calloc(1, sizeof *b);
    if (b == NULL) return NULL;
    b->settings = (pe_builder_settings){.iterate_count = 100,
                                        .iterate_delta = 0.001,
                                        .application = "",
                                        .app_version = "",
                                        .path = ""};
    b->arena = pe_arena_new(SIZE_MAX);
    b->format_index = pe_map_new();
    uint32_t general;
    if (b->arena != NULL && b->format_index != NULL && format_of(b, "General", &general)) return b;
    pe_builder_free(b);
    return NULL;
}

void pe_builder_free(pe_workbook_builder *b)
{
    if (b == NULL) return;
    for (size_t s = 0; s < b->sheet_count; s++) {
        pei_grid_free(&b->sheets[s].grid);
        free(b->sheets[s].formats);
        free(b->sheets[s].hidden);
    }
    for (size_t i = 0; i < b->block_count; i++) free((char *)(uintptr_t)b->blocks[i].source.text);
    free(b->sheets);
    free(b->blocks);
    free(b->names);
    free(b->formats);
    free(b->lists);
    pe_map_free(b->format_index);
    pe_arena_free(b->arena);
    free(b);
}

uint64_t pe_builder_bytes(const pe_workbook_builder *b)
{
    return b->bytes;
}

/* ---- cells
 * -------------------------------------------------------------------------------------------- */

/* What a call says when it ends: the builder's own failure, if any. */
static pe_status result(const pe_workbook_builder *b, pe_diag *diag)
{
    if (b->status != PE_OK && diag != NULL) *diag = b->diag;
    return b->status;
}

static pe_status check_area(const pe_workbook_builder *b, uint32_t sheet, const pe_area *area,
                            pe_diag *diag)
{
    if (b->status != PE_OK) return result(b, diag);
    if (sheet >= b->sheet_count)
        return pe_fail(diag, PE_E_ARGUMENT, "workbook", "there is no sheet number %u", sheet);
    if (area->row_first > area->row_last || area->column_first > area->column_last ||
        area->row_last >= PE_ROWS_MAX || area->column_last >= PE_COLUMNS_MAX)
        return pe_fail(diag, PE_E_ARGUMENT, b->sheets[sheet].name,
                       "rows %u to %u, columns %u to %u are not on the grid", area->row_first,
                       area->row_last, area->column_first, area->column_last);
    return PE_OK;
}

static bool is_cell_value(pe_value value)
{
    switch (pe_kind_of(value)) {
    case PE_KIND_NUMBER:
        return pe_as_number(value) - pe_as_number(value) == 0; /* finite */
    case PE_KIND_ERROR:
    case PE_KIND_BLANK:
    case PE_KIND_BOOLEAN:
    case PE_KIND_TEXT:
    case PE_KIND_OMITTED:
        return true;
    default:
        return false;
    }
}

/* The item at a place, made if need be. NULL: the builder has failed. */
static pei_item *item_at(pe_workbook_builder *b, pei_row *row, uint32_t column, uint32_t *at,
                         uint32_t hint)
{
    *at = pei_row_lower(row, column, *at);
    if (*at < row->count && row->items[*at].column == column) return &row->items[*at];
    if (b->cell_count >= PE_CELLS_MAX) {
        pei_live_fail(b, PE_E_LIMIT, "it has too many cells");
        return NULL;
    }
    return pei_row_insert(b, row, *at, column, row->count + hint);
}

/* Counts a block in or out of its cells; those that are in none any more, and empty, go. */
static void cover_area(pe_workbook_builder *b, const pe_area *area, bool on)
{
    pei_live_sheet *sheet = &b->sheets[area->sheet_first];
    uint32_t columns = area->column_last - area->column_first + 1;
    for (uint32_t r = area->row_first; r <= area->row_last; r++) {
        pei_row *row = on ? pei_grid_row(b, &sheet->grid, r) : pei_grid_look(&sheet->grid, r);
        if (row == NULL) return;
        uint32_t at = 0;
        for (uint32_t c = area->column_first; c <= area->column_last; c++, at++) {
            pei_item *item = item_at(b, row, c, &at, columns);
            if (item == NULL) return;
            bool existed = pei_item_exists(item);
            if (on && item->cover == UINT16_MAX) {
                pei_live_fail(b, PE_E_LIMIT, "too many blocks share a cell");
                return;
            }
            item->cover = (uint16_t)(on ? item->cover + 1 : item->cover - 1);
            b->cell_count += (uint64_t)pei_item_exists(item) - existed;
        }
        if (!on) pei_row_tidy(row);
    }
}

static void drop_block(pe_workbook_builder *b, uint32_t index)
{
    pei_live_block *block = &b->blocks[index];
    pe_formula_source *s = &block->source;
    pei_row *row = pei_grid_look(&b->sheets[s->area.sheet_first].grid, s->area.row_first);
    row->items[pei_row_lower(row, s->area.column_first, 0)].block = 0;
    cover_area(b, &s->area, false);
    b->block_cells -= pe_area_cells(&s->area);
    pei_live_release(b, (char *)(uintptr_t)s->text, (size_t)s->length + 1);
    s->text = NULL;
    block->next_free = b->block_free;
    b->block_free = index + 1;
}

/* Blocks that begin in the rectangle. */
static void drop_blocks(pe_workbook_builder *b, const pe_area *area)
{
    if (b->block_cells == 0) return;
    for (uint32_t r = area->row_first; r <= area->row_last; r++) {
        pei_row *row = pei_grid_look(&b->sheets[area->sheet_first].grid, r);
        uint32_t at = row != NULL ? pei_row_lower(row, area->column_first, 0) : 0;
        while (row != NULL && at < row->count && row->items[at].column <= area->column_last) {
            if (row->items[at].block == 0) {
                at++;
                continue;
            }
            uint32_t column = row->items[at].column;
            drop_block(b, row->items[at].block - 1);
            at = pei_row_lower(row, column, at); /* its cells may be gone */
        }
    }
}

static pe_status put_row(pe_workbook_builder *b, pei_row *row, uint32_t column, uint32_t columns,
                         const pe_builder_cell *cells)
{
    bool removed = false;
    uint32_t at = 0;
    pe_status status = PE_OK;
    for (uint32_t c = 0; c < columns && status == PE_OK; c++) {
        const pe_builder_cell *cell = &cells[c];
        bool empty = cell->formula == NULL && pe_is(cell->value, PE_KIND_BLANK);
        if (empty) {
            at = pei_row_lower(row, column + c, at);
            if (at >= row->count || row->items[at].column != column + c) continue;
        }
        pei_item *item = item_at(b, row, column + c, &at, columns - c);
        if (item == NULL) return b->status;
        status = pei_item_give(b, item, empty ? NULL : cell);
        removed |= !pei_item_exists(item);
        at++;
    }
    if (removed) pei_row_tidy(row);
    return status;
}

static pe_status put_cells(pe_workbook_builder *b, const pe_area *area,
                           const pe_builder_cell *cells)
{
    pei_grid *grid = &b->sheets[area->sheet_first].grid;
    uint32_t columns = area->column_last - area->column_first + 1;
    for (uint32_t r = area->row_first; r <= area->row_last; r++) {
        pei_row *row = pei_grid_row(b, grid, r);
        if (row == NULL) return b->status;
        size_t first = (size_t)(r - area->row_first) * columns;
        pe_status status = put_row(b, row, area->column_first, columns, cells + first);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

static pe_status check_values(const pe_workbook_builder *b, const pe_area *area,
                              const pe_builder_cell *cells, pe_diag *diag)
{
    uint32_t columns = area->column_last - area->column_first + 1;
    uint64_t count = pe_area_cells(area);
    for (uint64_t i = 0; i < count; i++) {
        if (is_cell_value(cells[i].value)) continue;
        char text[12];
        pe_cell_text(area->row_first + (uint32_t)(i / columns),
                     area->column_first + (uint32_t)(i % columns), text);
        return pe_fail(diag, PE_E_ARGUMENT, b->sheets[area->sheet_first].name,
                       "cell %s: not a finite number, text, boolean or error", text);
    }
    return PE_OK;
}

pe_status pei_builder_put(pe_workbook_builder *b, const pe_area *area, const pe_builder_cell *cell,
                          pe_diag *diag)
{
    pe_status status = check_values(b, area, cell, diag);
    if (status != PE_OK) return status;
    put_cells(b, area, cell);
    return result(b, diag);
}

pe_status pe_builder_cells(pe_workbook_builder *b, uint32_t sheet, uint32_t row, uint32_t column,
                           uint32_t rows, uint32_t columns, const pe_builder_cell *cells,
                           pe_diag *diag)
{
    if (rows == 0 || columns == 0 || rows > PE_ROWS_MAX || columns > PE_COLUMNS_MAX ||
        row >= PE_ROWS_MAX || column >= PE_COLUMNS_MAX)
        return pe_fail(diag, PE_E_ARGUMENT, "workbook",
                       "%u rows from %u and %u columns from %u are not on the grid", rows, row,
                       columns, column);
    pe_area area = {sheet, sheet, row, row + rows - 1, column, column + columns - 1};
    pe_status status = check_area(b, sheet, &area, diag);
    if (status == PE_OK) status = check_values(b, &area, cells, diag);
    if (status != PE_OK) return status;
    drop_blocks(b, &area);
    put_cells(b, &area, cells);
    return result(b, diag);
}

/* ---- blocks
 * ------------------------------------------------------------------------------------------- */

static uint32_t place_of_block(pe_workbook_builder *b)
{
    if (b->block_free == 0) {
        if (!ROOM(b, b, blocks, block)) return 0;
        b->blocks[b->block_count] = (pei_live_block){.next_free = 0};
        return (uint32_t)b->block_count++;
    }
    uint32_t index = b->block_free - 1;
    b->block_free = b->blocks[index].next_free;
    return index;
}

static pe_status add_block(pe_workbook_builder *b, const pe_formula_source *source)
{
    char *text = pei_live_allocate(b, (size_t)source->length + 1);
    if (text == NULL) return b->status;
    memcpy(text, source->text, source->length);
    text[source->length] = '\0';
    uint32_t index = place_of_block(b);
    if (b->status != PE_OK) {
        pei_live_release(b, text, (size_t)source->length + 1);
        return b->status;
    }
    b->blocks[index].source = *source;
    b->blocks[index].source.text = text;
    b->block_cells += pe_area_cells(&source->area);
    cover_area(b, &source->area, true);
    if (b->status != PE_OK) return b->status;
    pei_row *row = pei_grid_look(&b->sheets[source->area.sheet_first].grid, source->home_row);
    row->items[pei_row_lower(row, source->home_column, 0)].block = index + 1;
    return PE_OK;
}

static bool is_cell(const pe_workbook_builder *b, const pe_cell_ref *ref)
{
    return ref == NULL ||
           (ref->sheet < b->sheet_count && ref->row < PE_ROWS_MAX && ref->column < PE_COLUMNS_MAX);
}

pe_status pe_builder_block(pe_workbook_builder *b, uint32_t sheet, const pe_area *area,
                           pe_formula_kind kind, const char *formula, const pe_cell_ref *row_input,
                           const pe_cell_ref *column_input, pe_diag *diag)
{
    pe_area here = *area;
    here.sheet_first = here.sheet_last = sheet;
    pe_status status = check_area(b, sheet, &here, diag);
    if (status != PE_OK) return status;
    bool table = kind == PE_FORMULA_TABLE;
    if (table && ((row_input == NULL && column_input == NULL) || !is_cell(b, row_input) ||
                  !is_cell(b, column_input)))
        return pe_fail(diag, PE_E_ARGUMENT, b->sheets[sheet].name,
                       "a data table needs a row or a column input cell on a sheet of the book");
    if (!table && (formula == NULL || kind == PE_FORMULA_NORMAL))
        return pe_fail(diag, PE_E_ARGUMENT, b->sheets[sheet].name,
                       "an array needs a formula, and a block is an array or a data table");
    if (pe_area_cells(&here) > PEI_BLOCK_CELLS_MAX - b->block_cells)
        return pei_live_fail(b, PE_E_LIMIT,
                             "the blocks of array formulas and data tables are too large"),
               result(b, diag);
    const char *text = table ? "" : formula[0] == '=' ? formula + 1 : formula;
    pe_formula_source source = {.text = text,
                                .length = (uint32_t)strlen(text),
                                .kind = (uint8_t)kind,
                                .home_row = here.row_first,
                                .home_column = here.column_first,
                                .area = here};
    if (table) {
        source.two_inputs = row_input != NULL && column_input != NULL;
        source.row_input = column_input == NULL;
        source.input1 = row_input != NULL ? *row_input : *column_input;
        if (source.two_inputs) source.input2 = *column_input;
    }
    pe_area first = {
        sheet, sheet, here.row_first, here.row_first, here.column_first, here.column_first};
    drop_blocks(b, &first);
    add_block(b, &source);
    return result(b, diag);
}

/* ---- what is not per cell
 * ----------------------------------------------------------------------------- */

uint32_t pe_builder_sheet(pe_workbook_builder *b, const char *name)
{
    if (b == NULL) return 0;
    for (size_t s = 0; s < b->sheet_count; s++)
        if (pe_text_equal_nocase(name, strlen(name), b->sheets[s].name, strlen(b->sheets[s].name)))
            return (uint32_t)s;
    if (b->sheet_count >= PE_SHEETS_MAX) pei_live_fail(b, PE_E_LIMIT, "it has too many sheets");
    if (!ROOM(b, b, sheets, sheet)) return 0;
    b->sheets[b->sheet_count] = (pei_live_sheet){.name = keep(b, name)};
    return (uint32_t)b->sheet_count++;
}

pe_status pe_builder_sheet_state(pe_workbook_builder *b, uint32_t sheet, pe_visibility visibility,
                                 pe_diag *diag)
{
    pe_area any = {sheet, sheet, 0, 0, 0, 0};
    pe_status status = check_area(b, sheet, &any, diag);
    if (status == PE_OK) b->sheets[sheet].visibility = visibility;
    return status;
}

static int compare_areas(const void *left, const void *right)
{
    const pei_format_area *a = left, *b = right;
    int order = memcmp(&a->area, &b->area, sizeof a->area);
    return order != 0 ? order : (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int compare_sequences(const void *left, const void *right)
{
    const pei_format_area *a = left, *b = right;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Of equal areas only the last counts. */
static void tidy_formats(pei_live_sheet *sheet)
{
    pei_format_area *f = sheet->formats;
    size_t kept = 0;
    qsort(f, sheet->format_count, sizeof *f, compare_areas);
    for (size_t i = 0; i < sheet->format_count; i++)
        if (i + 1 == sheet->format_count || memcmp(&f[i].area, &f[i + 1].area, sizeof f->area) != 0)
            f[kept++] = f[i];
    qsort(f, kept, sizeof *f, compare_sequences);
    for (size_t i = 0; i < kept; i++) f[i].sequence = (uint32_t)i;
    sheet->format_count = sheet->format_tidied = kept;
}

pe_status pe_builder_format_area(pe_workbook_builder *b, uint32_t sheet, const pe_area *area,
                                 const char *code, pe_diag *diag)
{
    pe_area here = *area;
    here.sheet_first = here.sheet_last = sheet;
    pe_status status = check_area(b, sheet, &here, diag);
    if (status != PE_OK) return status;
    pei_live_sheet *s = &b->sheets[sheet];
    uint32_t format;
    if (s->format_count >= 1024 && s->format_count >= 2 * s->format_tidied) tidy_formats(s);
    if (format_of(b, code, &format) && ROOM(b, s, formats, format)) {
        s->formats[s->format_count] = (pei_format_area){here, format, (uint32_t)s->format_count};
        s->format_count++;
    }
    return result(b, diag);
}

pe_status pe_builder_rows(pe_workbook_builder *b, uint32_t sheet, uint32_t row_first,
                          uint32_t row_last, bool hidden, pe_diag *diag)
{
    pe_area rows = {sheet, sheet, row_first, row_last, 0, 0};
    pe_status status = check_area(b, sheet, &rows, diag);
    if (status != PE_OK) return status;
    pei_live_sheet *s = &b->sheets[sheet];
    if (s->hidden == NULL && !hidden) return PE_OK;
    if (s->hidden == NULL) {
        s->hidden = pei_live_allocate(b, PE_ROWS_MAX / 8);
        if (s->hidden == NULL) return result(b, diag);
        memset(s->hidden, 0, PE_ROWS_MAX / 8);
    }
    for (uint32_t row = row_first; row <= row_last; row++) {
        uint64_t bit = 1ull << (row % 64);
        s->hidden[row / 64] = hidden ? s->hidden[row / 64] | bit : s->hidden[row / 64] & ~bit;
    }
    return PE_OK;
}

pe_status pe_builder_filter_area(pe_workbook_builder *b, uint32_t sheet, const pe_area *area,
                                 pe_diag *diag)
{
    pe_area here = area != NULL ? *area : (pe_area){0, 0, 0, 0, 0, 0};
    here.sheet_first = here.sheet_last = sheet;
    pe_status status = check_area(b, sheet, &here, diag);
    if (status != PE_OK) return status;
    b->sheets[sheet].has_filter = area != NULL;
    b->sheets[sheet].filter = here;
    return PE_OK;
}

pe_status pe_builder_name_text(pe_workbook_builder *b, const char *name, const char *text,
                               uint32_t sheet, bool hidden, pe_diag *diag)
{
    if (b->status != PE_OK) return result(b, diag);
    if (sheet != PE_SCOPE_WORKBOOK && sheet >= b->sheet_count)
        return pe_fail(diag, PE_E_ARGUMENT, name, "its scope, sheet number %u, does not exist",
                       sheet);
    if (text[0] == '=') text++;
    if (ROOM(b, b, names, name))
        b->names[b->name_count++] = (pe_name){.name = keep(b, name),
                                              .text = keep(b, text),
                                              .text_length = (uint32_t)strlen(text),
                                              .sheet = sheet,
                                              .hidden = hidden};
    return result(b, diag);
}

pe_status pe_builder_list_area(pe_workbook_builder *b, uint32_t sheet, const char *name,
                               const pe_area *area, uint32_t header_rows, uint32_t totals_rows,
                               const char *const *columns, uint32_t column_count, pe_diag *diag)
{
    pe_area here = *area;
    here.sheet_first = here.sheet_last = sheet;
    pe_status status = check_area(b, sheet, &here, diag);
    if (status != PE_OK) return status;
    if (columns != NULL && column_count != here.column_last - here.column_first + 1)
        return pe_fail(diag, PE_E_ARGUMENT, name, "the table has %u columns and %u column names",
                       here.column_last - here.column_first + 1, column_count);
    const char **copies = NULL;
    if (columns != NULL && pei_live_take(b, column_count * sizeof *copies) == PE_OK) {
        copies = PE_PUSH(b->arena, const char *, column_count);
        if (copies == NULL) pei_live_fail(b, PE_E_MEMORY, "no memory for a table");
        for (uint32_t c = 0; copies != NULL && c < column_count; c++)
            copies[c] = keep(b, columns[c]);
    }
    if (ROOM(b, b, lists, list))
        b->lists[b->list_count++] =
            (pei_live_list){keep(b, name), here, header_rows, totals_rows, copies};
    return result(b, diag);
}

pe_status pe_builder_configure(pe_workbook_builder *b, const pe_builder_settings *settings,
                               pe_diag *diag)
{
    if (b->status != PE_OK) return result(b, diag);
    b->settings = *settings;
    pe_builder_settings *s = &b->settings;
    s->application = keep(b, settings->application != NULL ? settings->application : "");
    s->app_version = keep(b, settings->app_version != NULL ? settings->app_version : "");
    s->path = keep(b, settings->path != NULL ? settings->path : "");
    return result(b, diag);
}
