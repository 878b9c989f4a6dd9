/* simulation_names.c: what a person would call a cell: its defined name; else the nearest text with
 * a letter to the left and the nearest text, date or row of years above; else its address. */
#include "simulation_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL_BYTES_MAX 120
#define HEADING_BYTES_MAX 60  /* a longer text above is a remark and names no column */
#define LABEL_ROWS_MAX 20000u /* a label further up is none */

typedef struct column_memo { /* the nearest label above a row, and down to where it was searched */
    uint32_t sheet, column;
    uint32_t searched_row; /* rows below this one (smaller numbers) are searched */
    uint32_t label_cell;   /* PE_NO_CELL: none */
} column_memo;

struct pei_namer {
    const pe_workbook *workbook;
    pe_arena *arena;
    uint32_t *named_cells; /* ascending, with names */
    const char **names;
    size_t named_count;
    column_memo *memo; /* of the current sheet, by column */
};

typedef struct named {
    uint32_t cell;
    const char *name;
} named;

static int by_cell(const void *a, const void *b)
{
    const named *x = a, *y = b;
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

static bool is_builtin(const pe_name *name)
{
    return name->hidden || name->is_macro || strncmp(name->name, "_xlnm.", 6) == 0;
}

pei_namer *pei_namer_new(const pe_workbook *workbook, pe_arena *arena)
{
    pei_namer *namer = PE_PUSH(arena, pei_namer, 1);
    named *list = PE_PUSH(arena, named, workbook->name_count);
    if (namer == NULL || list == NULL) return NULL;
    namer->workbook = workbook;
    namer->arena = arena;
    namer->memo = calloc(PE_COLUMNS_MAX, sizeof *namer->memo);
    size_t n = 0;
    for (uint32_t i = 0; i < workbook->name_count; i++) {
        pe_area area;
        if (is_builtin(&workbook->names[i]) ||
            pe_settings_area(workbook, workbook->names[i].text, &area, NULL) != PE_OK)
            continue;
        uint32_t cell =
            pe_area_cells(&area) == 1
                ? pe_workbook_cell(
                      workbook, (pe_cell_ref){area.sheet_first, area.row_first, area.column_first})
                : PE_NO_CELL;
        if (cell != PE_NO_CELL) list[n++] = (named){cell, workbook->names[i].name};
    }
    qsort(list, n, sizeof *list, by_cell);
    namer->named_cells = PE_PUSH(arena, uint32_t, n);
    namer->names = PE_PUSH(arena, const char *, n);
    if (namer->memo == NULL || namer->named_cells == NULL || namer->names == NULL) {
        pei_namer_free(namer);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        namer->named_cells[i] = list[i].cell;
        namer->names[i] = list[i].name;
    }
    namer->named_count = n;
    for (uint32_t c = 0; c < PE_COLUMNS_MAX; c++) namer->memo[c].sheet = UINT32_MAX;
    return namer;
}

void pei_namer_free(pei_namer *namer)
{
    if (namer == NULL) return;
    free(namer->memo);
    namer->memo = NULL;
}

const char *pei_namer_defined(const pei_namer *namer, uint32_t cell)
{
    size_t low = 0, high = namer->named_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (namer->named_cells[middle] < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low < namer->named_count && namer->named_cells[low] == cell ? namer->names[low] : NULL;
}

static bool has_letter(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if ((*p | 32) >= 'a' && (*p | 32) <= 'z')
            return true;
        else if (*p >= 0xC3)
            return true; /* letters beyond ASCII */
    return false;
}

static bool is_text_label(const pe_cell *cell)
{
    const char *text = pei_text_of(cell->stored);
    return text != NULL && has_letter(text);
}

static bool is_date_format(const char *format)
{
    bool quoted = false;
    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '[') {
            while (*p != '\0' && *p != ']') p++;
            if (*p == '\0') break;
        } else if (!quoted &&
                   (strchr("yYdD", *p) != NULL ||
                    ((*p | 32) == 'm' && strchr("mMyYdD/-", p[1]) != NULL && p[1] != '\0')))
            return true;
    }
    return false;
}

/* 2031, as a whole number without decimals or separators. */
static bool is_year(const pe_workbook *workbook, uint32_t cell)
{
    if (cell == PE_NO_CELL || !pe_is_number(workbook->cells[cell].stored)) return false;
    double x = pe_as_number(workbook->cells[cell].stored);
    const char *format = workbook->formats[workbook->cells[cell].format];
    return x >= 1900 && x <= 2200 && x == floor(x) && strpbrk(format, ".,") == NULL;
}

/* Years that head columns stand side by side; a number alone that looks like one may be anything.
 */
static bool is_year_heading(const pe_workbook *workbook, uint32_t cell, pe_cell_ref at)
{
    if (!is_year(workbook, cell)) return false;
    for (int side = 0; side < 2; side++) {
        if (side == 0 && at.column == 0) continue;
        uint32_t column = side == 0 ? at.column - 1 : at.column + 1;
        uint32_t beside = pe_workbook_cell(workbook, (pe_cell_ref){at.sheet, at.row, column});
        if (!is_year(workbook, beside)) continue;
        double step = fabs(pe_as_number(workbook->cells[beside].stored) -
                           pe_as_number(workbook->cells[cell].stored));
        if (step >= 1 && step <= 10) return true;
    }
    return false;
}

static bool is_heading(const pe_workbook *workbook, uint32_t cell, pe_cell_ref at)
{
    const pe_cell *c = &workbook->cells[cell];
    if (is_text_label(c)) return strlen(pei_text_of(c->stored)) <= HEADING_BYTES_MAX;
    if (!pe_is_number(c->stored)) return false;
    return is_date_format(workbook->formats[c->format]) || is_year_heading(workbook, cell, at);
}

static uint32_t label_left(const pe_workbook *workbook, pe_cell_ref at)
{
    uint32_t first, end;
    if (at.column == 0) return PE_NO_CELL;
    pe_workbook_row(workbook, at.sheet, at.row, 0, at.column - 1, &first, &end);
    while (end > first)
        if (is_text_label(&workbook->cells[--end])) return end;
    return PE_NO_CELL;
}

/* Cells are asked in ascending order, so each column is walked down once per sheet. */
static uint32_t label_above(pei_namer *namer, pe_cell_ref at)
{
    const pe_workbook *w = namer->workbook;
    column_memo *memo = &namer->memo[at.column];
    if (memo->sheet != at.sheet || memo->searched_row > at.row)
        *memo = (column_memo){at.sheet, at.column,
                              at.row > LABEL_ROWS_MAX ? at.row - LABEL_ROWS_MAX : 0, PE_NO_CELL};
    const pe_sheet *sheet = &w->sheets[at.sheet];
    for (uint32_t i = pe_workbook_row_lower(sheet, memo->searched_row);
         i < sheet->row_count && sheet->rows_used[i] < at.row; i++) {
        pe_cell_ref above = {at.sheet, sheet->rows_used[i], at.column};
        uint32_t cell = pe_workbook_cell(w, above);
        if (cell != PE_NO_CELL && is_heading(w, cell, above)) memo->label_cell = cell;
    }
    memo->searched_row = at.row;
    return memo->label_cell;
}

static const char *label_text(pei_namer *namer, uint32_t cell)
{
    char text[LABEL_BYTES_MAX + 1];
    const pe_cell *c = &namer->workbook->cells[cell];
    const char *stored = pei_text_of(c->stored);
    size_t n = 0;
    if (stored == NULL) {
        const char *format = namer->workbook->formats[c->format];
        n = pe_format_number(pe_as_number(c->stored), format, namer->workbook->date1904, text,
                             sizeof text);
        return pe_arena_text(namer->arena, text, n);
    }
    bool space = false; /* line breaks and runs of blanks become one blank */
    for (size_t at = 0, length = strlen(stored), before = 0; at < length; before = at) {
        pe_utf8_next(stored, length, &at); /* a label ends at a whole character */
        if (at - before == 1 && (unsigned char)stored[before] <= ' ') {
            space = n > 0;
            continue;
        }
        if (n + space + (at - before) > LABEL_BYTES_MAX) break;
        if (space) text[n++] = ' ';
        space = false;
        memcpy(text + n, stored + before, at - before);
        n += at - before;
    }
    while (n > 1 && (text[n - 1] == ':' || text[n - 1] == ' ')) n--;
    return pe_arena_text(namer->arena, text, n);
}

const char *pei_namer_name(pei_namer *namer, uint32_t cell)
{
    const char *defined = pei_namer_defined(namer, cell);
    if (defined != NULL) return defined;
    pe_cell_ref at = pe_workbook_ref(namer->workbook, cell);
    uint32_t left = label_left(namer->workbook, at), above = label_above(namer, at);
    const char *left_text = left != PE_NO_CELL ? label_text(namer, left) : NULL;
    const char *above_text = above != PE_NO_CELL ? label_text(namer, above) : NULL;
    if (above_text != NULL && above_text[0] == '\0') above_text = NULL; /* its format hides it */
    if (left_text != NULL && above_text != NULL)
        return pe_arena_printf(namer->arena, "%s / %s", left_text, above_text);
    if (left_text != NULL || above_text != NULL) return left_text != NULL ? left_text : above_text;
    return pe_workbook_cell_new_text(namer->workbook, cell, namer->arena);
}

const char *pe_risk_name(pe_arena *arena, const char *name)
{
    static const char *const vendors[] = {"Risk", "Psi", "Vose"};
    for (size_t i = 0; i < PE_COUNT(vendors); i++) {
        size_t n = strlen(vendors[i]), length = strlen(name);
        if (length <= n || !pe_text_equal_nocase(name, n, vendors[i], n)) continue;
        pe_distribution_id id = pe_distribution_find(name + n, length - n);
        if (id != PE_DISTRIBUTION_NONE)
            return pe_arena_printf(arena, "%s%s", vendors[i], pe_distribution_row_of(id)->name);
        char *text = pe_arena_text(arena, name, length);
        for (size_t k = 0; text != NULL && k < length; k++) {
            if (k < n)
                text[k] = vendors[i][k];
            else if (k > n && text[k] >= 'A' && text[k] <= 'Z')
                text[k] = (char)(text[k] - 'A' + 'a');
        }
        return text;
    }
    return name;
}

pe_status pei_names_unique(const pe_workbook *workbook, pe_arena *arena, void *records,
                           uint32_t count, size_t stride, size_t name_offset, size_t cell_offset)
{
    pe_status status = PE_OK;
    pe_map *seen = pe_map_new();
    char *base = records;
    if (seen == NULL) return PE_E_MEMORY;
    for (int pass = 0; pass < 2;
         pass++) { /* first count each name, then change those that occur twice */
        for (uint32_t i = 0; i < count; i++) {
            const char **name = (const char **)(void *)(base + i * stride + name_offset);
            uint32_t cell = *(const uint32_t *)(const void *)(base + i * stride + cell_offset),
                     *slot, times = 0;
            bool added;
            if (pass == 0) {
                PE_TRY(pe_map_put(seen, *name, strlen(*name), 0, &slot, &added));
                *slot += 1;
            } else if (pe_map_get(seen, *name, strlen(*name), &times) && times > 1) {
                char address[300];
                pe_workbook_cell_text(workbook, pe_workbook_ref(workbook, cell), address,
                                      sizeof address);
                *name = pe_arena_printf(arena, "%s (%s)", *name, address);
                if (*name == NULL) PE_TRY(PE_E_MEMORY);
            }
        }
    }
fail:
    pe_map_free(seen);
    return status;
}
