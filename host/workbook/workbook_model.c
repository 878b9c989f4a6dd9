/* workbook_model.c: the finished workbook: who owns its memory, its row index, and the questions
 * that it answers. Invariant: cells are sorted by sheet, row, column without duplicates; rows_used
 * lists exactly the rows with cells. */
#include "workbook_internal.h"

#include <stdlib.h>

#define ADDRESS_BYTES 400 /* room for two sheet names of 31 characters, quoted, and an area */

static const char *const general_format[] = {"General"};

pei_book *pei_book_new(uint64_t bytes_max)
{
    pei_book *owner = calloc(1, sizeof *owner);
    if (owner == NULL) return NULL;
    owner->arena =
        pe_arena_new(bytes_max != 0 && bytes_max < SIZE_MAX ? (size_t)bytes_max : SIZE_MAX);
    if (owner->arena == NULL) {
        free(owner);
        return NULL;
    }
    pe_workbook *w = &owner->book;
    w->formats = (const char **)(uintptr_t)general_format;
    w->format_count = 1;
    w->iterate_count = 100;
    w->iterate_delta = 0.001;
    w->application = w->app_version = w->path = "";
    return owner;
}

pe_arena *pei_book_arena(pei_book *owner)
{
    if (PE_GROW(&owner->arenas, &owner->arena_capacity, owner->arena_count + 1) != PE_OK)
        return NULL;
    pe_arena *arena = pe_arena_new(SIZE_MAX);
    if (arena != NULL) owner->arenas[owner->arena_count++] = arena;
    return arena;
}

void pe_workbook_free(pe_workbook *workbook)
{
    if (workbook == NULL) return;
    pei_book *owner = (pei_book *)workbook;
    for (size_t i = 0; i < owner->arena_count; i++) pe_arena_free(owner->arenas[i]);
    free(owner->arenas);
    free(workbook->cells);
    free(workbook->formulas);
    pe_arena_free(owner->arena);
    free(owner);
}

size_t pe_workbook_bytes(const pe_workbook *workbook)
{
    const pei_book *owner = (const pei_book *)workbook;
    if (owner == NULL) return 0;
    size_t bytes = pe_arena_bytes(owner->arena) + workbook->cell_count * sizeof(pe_cell) +
                   workbook->formula_count * sizeof(pe_formula_source);
    for (size_t i = 0; i < owner->arena_count; i++)
        if (owner->arenas[i] != NULL) bytes += pe_arena_bytes(owner->arenas[i]);
    return bytes;
}

/* ---- index
 * -------------------------------------------------------------------------------------------- */

static uint32_t row_count_of(const pe_workbook *w, const pe_sheet *sheet)
{
    uint32_t rows = 0;
    for (uint32_t i = sheet->cell_first; i < sheet->cell_end; i++)
        rows += i == sheet->cell_first || w->cells[i].row != w->cells[i - 1].row;
    return rows;
}

static pe_status index_sheet(pei_book *owner, uint32_t index, pe_diag *diag)
{
    pe_workbook *w = &owner->book;
    pe_sheet *sheet = &w->sheets[index];
    uint32_t rows = row_count_of(w, sheet);
    uint32_t *start = pe_arena_push_raw(owner->arena, (size_t)rows + 1, sizeof *start);
    uint32_t *used = pe_arena_push_raw(owner->arena, (size_t)rows + 1, sizeof *used);
    if (start == NULL || used == NULL)
        return pe_fail(diag, PE_E_MEMORY, sheet->name, "no memory for the index of %u rows", rows);
    uint32_t at = 0, column_first = UINT32_MAX, column_last = 0;
    for (uint32_t i = sheet->cell_first; i < sheet->cell_end; i++) {
        const pe_cell *c = &w->cells[i];
        if (i == sheet->cell_first || c->row != c[-1].row) {
            start[at] = i;
            used[at++] = c->row;
        }
        if (c->column < column_first) column_first = c->column;
        if (c->column > column_last) column_last = c->column;
    }
    start[at] = sheet->cell_end;
    sheet->row_start = start;
    sheet->rows_used = used;
    sheet->row_count = rows;
    sheet->used = (pe_area){index, index, 0, 0, 0, 0};
    if (rows > 0)
        sheet->used = (pe_area){index, index, used[0], used[rows - 1], column_first, column_last};
    return PE_OK;
}

pe_status pei_book_index(pei_book *owner, pe_diag *diag)
{
    for (uint32_t s = 0; s < owner->book.sheet_count; s++) {
        pe_status status = index_sheet(owner, s, diag);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

/* ---- questions
 * ---------------------------------------------------------------------------------------- */

uint32_t pe_workbook_row_lower(const pe_sheet *sheet, uint32_t row)
{
    uint32_t low = 0, high = sheet->row_count;
    if (high == 0 || row <= sheet->rows_used[0]) return 0;
    /* Rows are mostly without gaps: then the answer is a subtraction. */
    uint32_t guess = row - sheet->rows_used[0];
    if (guess < high && sheet->rows_used[guess] == row) return guess;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sheet->rows_used[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t column_lower(const pe_cell *cells, uint32_t first, uint32_t end, uint32_t column)
{
    if (first == end || column <= cells[first].column) return first;
    uint32_t guess = column - cells[first].column;
    if (guess < end - first && cells[first + guess].column == column) return first + guess;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (cells[middle].column < column)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

void pe_workbook_row(const pe_workbook *workbook, uint32_t sheet, uint32_t row,
                     uint32_t column_first, uint32_t column_last, uint32_t *first, uint32_t *end)
{
    *first = *end = 0;
    if (sheet >= workbook->sheet_count || column_first > column_last) return;
    const pe_sheet *s = &workbook->sheets[sheet];
    uint32_t r = pe_workbook_row_lower(s, row);
    if (r >= s->row_count || s->rows_used[r] != row) return;
    uint32_t row_end = s->row_start[r + 1];
    *first = column_lower(workbook->cells, s->row_start[r], row_end, column_first);
    *end = column_lower(workbook->cells, *first, row_end, column_last + 1);
}

uint32_t pe_workbook_cell(const pe_workbook *workbook, pe_cell_ref ref)
{
    uint32_t first, end;
    pe_workbook_row(workbook, ref.sheet, ref.row, ref.column, ref.column, &first, &end);
    return first < end ? first : PE_NO_CELL;
}

pe_cell_ref pe_workbook_ref(const pe_workbook *workbook, uint32_t cell)
{
    PE_ASSERT(cell < workbook->cell_count);
    uint32_t low = 0, high = workbook->sheet_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (workbook->sheets[middle].cell_first <= cell)
            low = middle;
        else
            high = middle;
    }
    return (pe_cell_ref){low, workbook->cells[cell].row, workbook->cells[cell].column};
}

uint32_t pe_workbook_sheet(const pe_workbook *workbook, const char *name, size_t length)
{
    for (uint32_t s = 0; s < workbook->sheet_count; s++) {
        const char *other = workbook->sheets[s].name;
        if (pe_text_equal_nocase(name, length, other, strlen(other))) return s;
    }
    return PE_NO_CELL;
}

static bool has_row(const uint32_t *rows, uint32_t count, uint32_t row)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && rows[low] == row;
}

bool pe_workbook_row_hidden(const pe_workbook *workbook, uint32_t sheet, uint32_t row,
                            bool *by_filter)
{
    *by_filter = false;
    if (sheet >= workbook->sheet_count) return false;
    const pe_sheet *s = &workbook->sheets[sheet];
    if (!has_row(s->rows_hidden, s->rows_hidden_count, row)) return false;
    if (s->rows_known)
        *by_filter = has_row(s->rows_filtered, s->rows_filtered_count, row);
    else if (workbook->semantics == PE_SEMANTICS_EXCEL) /* every hidden row, once a filter is on */
        *by_filter = s->has_filter;
    else
        *by_filter = s->has_filter && row >= s->filter.row_first && row <= s->filter.row_last;
    return true;
}

bool pe_external_cell(const pe_external *external, uint32_t sheet, uint32_t row, uint32_t column,
                      pe_value *value)
{
    if (sheet >= external->sheet_count) return false;
    *value = pe_blank();
    const struct pe_external_cells *cells = external->cells;
    uint32_t low = 0, high = cells != NULL ? cells->count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const pei_external_cell *c = &cells->items[middle];
        bool after = c->sheet != sheet ? c->sheet > sheet
                     : c->row != row   ? c->row > row
                                       : c->column > column;
        if (after)
            high = middle;
        else
            low = middle + 1;
    }
    if (low > 0) {
        const pei_external_cell *c = &cells->items[low - 1];
        if (c->sheet == sheet && c->row == row && c->column == column) *value = c->value;
    }
    return true;
}

/* ---- addresses as text
 * -------------------------------------------------------------------------------- */

bool pei_area_parse(const char *text, size_t length, uint32_t sheet, pe_area *area)
{
    uint32_t row1, column1, row2, column2;
    size_t used = pe_cell_parse(text, length, &row1, &column1);
    if (used == 0) return false;
    row2 = row1;
    column2 = column1;
    if (used < length) {
        if (text[used] != ':') return false;
        size_t second = pe_cell_parse(text + used + 1, length - used - 1, &row2, &column2);
        if (second == 0 || used + 1 + second != length) return false;
    }
    *area = (pe_area){sheet,
                      sheet,
                      row1 < row2 ? row1 : row2,
                      row1 < row2 ? row2 : row1,
                      column1 < column2 ? column1 : column2,
                      column1 < column2 ? column2 : column1};
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* R, C, RC, R1C1 ...: a sheet of that name would read as a reference in R1C1 form. */
static bool is_r1c1(const char *name)
{
    size_t at = 0;
    if ((name[at] | 0x20) == 'r') {
        at++;
        while (is_digit(name[at])) at++;
    }
    if ((name[at] | 0x20) == 'c') {
        at++;
        while (is_digit(name[at])) at++;
    }
    return at > 0 && name[at] == '\0';
}

static bool needs_quotes(const char *name)
{
    if (!is_letter(name[0]) && name[0] != '_' && (unsigned char)name[0] < 0x80) return true;
    for (const char *c = name; *c != '\0'; c++)
        if (!is_letter(*c) && !is_digit(*c) && *c != '_' && *c != '.' && (unsigned char)*c < 0x80)
            return true;
    size_t length = strlen(name);
    uint32_t row, column;
    return pe_cell_parse(name, length, &row, &column) == length || is_r1c1(name) ||
           pe_text_equal_nocase(name, length, "TRUE", 4) ||
           pe_text_equal_nocase(name, length, "FALSE", 5);
}

/* Text that is cut at the end of its buffer, but whose whole length is counted. */
typedef struct writer {
    char *out;
    size_t size, length;
} writer;

static void put(writer *w, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++, w->length++)
        if (w->length < w->size) w->out[w->length] = text[i];
}

/* What was cut ends at a whole character. */
static size_t put_end(writer *w)
{
    if (w->size == 0) return 0;
    size_t length = w->length;
    if (length >= w->size) {
        length = w->size - 1;
        while (length > 0 && ((unsigned char)w->out[length] & 0xC0) == 0x80) length--;
    }
    w->out[length] = '\0';
    return length;
}

static void put_quoted(writer *w, const char *name)
{
    for (const char *c = name; *c != '\0'; c++) put(w, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
}

static void put_sheets(writer *w, const pe_workbook *workbook, uint32_t first, uint32_t last)
{
    const char *a = first < workbook->sheet_count ? workbook->sheets[first].name : "#REF";
    const char *b = last < workbook->sheet_count ? workbook->sheets[last].name : "#REF";
    bool quotes = needs_quotes(a) || (last != first && needs_quotes(b));
    if (quotes) put(w, "'", 1);
    put_quoted(w, a);
    if (last != first) {
        put(w, ":", 1);
        put_quoted(w, b);
    }
    put(w, quotes ? "'!" : "!", quotes ? 2 : 1);
}

size_t pe_workbook_cell_text(const pe_workbook *workbook, pe_cell_ref ref, char *out, size_t size)
{
    writer w = {out, size, 0};
    char cell[12];
    put_sheets(&w, workbook, ref.sheet, ref.sheet);
    put(&w, cell, (size_t)pe_cell_text(ref.row, ref.column, cell));
    return put_end(&w);
}

size_t pe_workbook_area_text(const pe_workbook *workbook, const pe_area *area, char *out,
                             size_t size)
{
    writer w = {out, size, 0};
    char cell[12];
    put_sheets(&w, workbook, area->sheet_first, area->sheet_last);
    put(&w, cell, (size_t)pe_cell_text(area->row_first, area->column_first, cell));
    if (area->row_last != area->row_first || area->column_last != area->column_first) {
        put(&w, ":", 1);
        put(&w, cell, (size_t)pe_cell_text(area->row_last, area->column_last, cell));
    }
    return put_end(&w);
}

const char *pe_workbook_area_new_text(const pe_workbook *workbook, const pe_area *area,
                                      pe_arena *arena)
{
    char text[ADDRESS_BYTES];
    size_t length = pe_workbook_area_text(workbook, area, text, sizeof text);
    return pe_arena_text(arena, text, length);
}

const char *pe_workbook_cell_new_text(const pe_workbook *workbook, uint32_t cell, pe_arena *arena)
{
    pe_cell_ref at = pe_workbook_ref(workbook, cell);
    const pe_area area = {at.sheet, at.sheet, at.row, at.row, at.column, at.column};
    return pe_workbook_area_new_text(workbook, &area, arena);
}
