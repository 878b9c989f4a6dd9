/* report_layout.c: pages under construction. Cells may be put in any order; when a page is closed
 * they are sorted and copied to the arena. What is on which page: the other report_*.c. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define INK_LABEL 0x444444u
#define INK_SUBTITLE 0x666666u
#define GROUND_HEADING 0xE8EEF4u
#define GROUND_WARNING 0xFFE9B8u
#define GROUND_ENTRY 0xFFFDE0u
#define STYLES_MAX 60000u /* Excel: 65,490 */

/* ---- styles */

static pe_page_style style_of(pei_look look, const char *code)
{
    pe_page_style s = {.number_format = code != NULL ? code : "General",
                       .color = PE_PAGE_COLOR_NONE,
                       .background = PE_PAGE_COLOR_NONE};
    bool heading = look >= PEI_HEADING && look <= PEI_HEADING_GROUP;
    bool link = look == PEI_LINK || look == PEI_LINK_WRAPPED || look == PEI_WARNING_LINK;
    bool warning = look >= PEI_WARNING && look <= PEI_WARNING_LINK;
    bool note = look == PEI_NOTE || look == PEI_HEADING_NOTE || look == PEI_WARNING_NOTE;
    s.bold = heading || look == PEI_TITLE || look == PEI_SECTION;
    s.size = look == PEI_TITLE ? 16 : look == PEI_SECTION ? 11 : 0;
    s.bottom = s.border_bottom = heading;
    s.underline = link;
    s.entry = s.border_all = look == PEI_ENTRY;
    s.indent = note ? 1 : 0;
    s.wrap = (heading && look != PEI_HEADING_GROUP) || look == PEI_WARNING ||
             look == PEI_WARNING_NOTE || look == PEI_WRAPPED || look == PEI_NOTE ||
             look == PEI_LINK_WRAPPED;
    if (look == PEI_NUMBER || look == PEI_HEADING_RIGHT) s.align = PE_ALIGN_RIGHT;
    if (look == PEI_SUBTITLE) s.color = INK_SUBTITLE;
    if (look == PEI_LABEL) s.color = INK_LABEL;
    if (link) s.color = PEI_BLUE;
    if (heading) s.background = GROUND_HEADING;
    if (warning) s.background = GROUND_WARNING;
    if (look == PEI_ENTRY) s.background = GROUND_ENTRY;
    return s;
}

/* One more item at the list's end; NULL: no memory. */
static void *push(pei_layout *l, pei_list *list, size_t size)
{
    if (l->failed || pe_grow(&list->items, &list->capacity, list->count + 1, size) != PE_OK) {
        l->failed = true;
        return NULL;
    }
    return (char *)list->items + size * list->count++;
}

/* The list's items in the arena; the list is empty afterwards. */
static void *keep(pei_layout *l, pei_list *list, size_t size)
{
    void *out = pe_arena_push_raw(l->arena, list->count + 1, size);
    if (out == NULL)
        l->failed = true;
    else if (list->count > 0)
        memcpy(out, list->items, list->count * size);
    list->count = 0;
    return out;
}

uint16_t pei_style(pei_layout *l, pei_look look, const char *code)
{
    char key[300];
    uint32_t *slot, next = (uint32_t)l->styles.count;
    bool added;
    if (next >= STYLES_MAX) code = NULL; /* beyond what a workbook can hold: the look alone */
    int n = snprintf(key, sizeof key, "%d|%s", (int)look, code != NULL ? code : "");
    size_t length = n < 0 ? 0 : (size_t)n < sizeof key ? (size_t)n : sizeof key - 1;
    if (l->failed || pe_map_put(l->style_keys, key, length, next, &slot, &added) != PE_OK) {
        l->failed = true;
        return 0;
    }
    uint32_t at = *slot;
    if (!added) return (uint16_t)at;
    pe_page_style *style = push(l, &l->styles, sizeof *style);
    if (style != NULL) *style = style_of(look, code);
    return (uint16_t)at;
}

/* ---- cells */

static pe_page_cell *new_cell(pei_layout *l, uint32_t row, uint32_t column, pe_page_kind kind,
                              uint16_t style)
{
    pe_page_cell *cell = push(l, &l->cells, sizeof *cell);
    if (cell == NULL) return NULL;
    *cell = (pe_page_cell){
        .row = row, .column = (uint16_t)column, .style = style, .kind = (uint8_t)kind};
    return cell;
}

void pei_put_number(pei_layout *l, uint32_t row, uint32_t column, double x, pei_look look,
                    const char *code)
{
    if (!isfinite(x)) {
        pei_put_text(l, row, column, "-", look == PEI_PLAIN ? PEI_NUMBER : look);
        return;
    }
    pe_page_cell *cell = new_cell(l, row, column, PE_PAGE_NUMBER, pei_style(l, look, code));
    if (cell != NULL) cell->number = x;
}

void pei_put_text(pei_layout *l, uint32_t row, uint32_t column, const char *text, pei_look look)
{
    if (text == NULL) l->failed = true;
    pe_page_cell *cell = new_cell(l, row, column, PE_PAGE_TEXT, pei_style(l, look, NULL));
    if (cell != NULL) cell->text = text;
}

void pei_put_link(pei_layout *l, uint32_t row, uint32_t column, const char *text,
                  const char *target, pei_look look)
{
    if (text == NULL || target == NULL) l->failed = true;
    pe_page_cell *cell = new_cell(l, row, column, PE_PAGE_LINK, pei_style(l, look, NULL));
    if (cell == NULL) return;
    cell->text = text;
    cell->link = target;
}

void pei_put_cell_name(pei_layout *l, uint32_t row, uint32_t column, const char *cell)
{
    if (l->options->in_document && strchr(cell, '!') != NULL)
        pei_put_link(l, row, column, cell, cell, PEI_LINK);
    else
        pei_put_text(l, row, column, cell, PEI_PLAIN);
}

void pei_put_formula(pei_layout *l, uint32_t row, uint32_t column, const char *formula,
                     double value, const char *code)
{
    if (formula == NULL) l->failed = true;
    pe_page_cell *cell = new_cell(l, row, column, PE_PAGE_FORMULA, pei_style(l, PEI_PLAIN, code));
    if (cell == NULL) return;
    cell->text = formula;
    cell->number = value;
}

void pei_merge(pei_layout *l, uint32_t row, uint32_t column_first, uint32_t column_last)
{
    pe_area *area = push(l, &l->merges, sizeof *area);
    if (area != NULL) *area = (pe_area){0, 0, row, row, column_first, column_last};
}

/* The list's value at `at`, zeros added where it is shorter. */
static double *value_at(pei_layout *l, pei_list *list, uint32_t at)
{
    while (list->count <= at) {
        double *fresh = push(l, list, sizeof *fresh);
        if (fresh == NULL) return NULL;
        *fresh = 0;
    }
    return (double *)list->items + at;
}

void pei_set_height(pei_layout *l, uint32_t row, double points)
{
    double *height = value_at(l, &l->heights, row);
    if (height != NULL) *height = points;
}

void pei_set_width(pei_layout *l, uint32_t column, double characters)
{
    double *width = value_at(l, &l->widths, column);
    if (width != NULL && characters > *width) *width = characters;
}

void pei_fit_width(pei_layout *l, uint32_t column, double x, const char *format, double most)
{
    char text[128];
    if (!isfinite(x) || format == NULL) return;
    size_t n = pe_report_value_text(x, format, l->report->date1904, text, sizeof text);
    pei_set_width(l, column, fmin((double)n + 2.5, most));
}

const char *pei_target(pe_arena *arena, const char *sheet, uint32_t row, uint32_t column)
{
    char name[300], letters[4], *to = name;
    for (const char *p = sheet; *p != '\0' && to < name + sizeof name - 3; p++) {
        if (*p == '\'') *to++ = '\'';
        *to++ = *p;
    }
    *to = '\0';
    pe_column_text(column, letters);
    return pe_arena_printf(arena, "'%s'!%s%u", name, letters, row + 1);
}

/* ---- pages */

void pei_page_open(pei_layout *l, const char *name, const char *key)
{
    l->page = &l->pages[l->page_count];
    *l->page = (pe_page){.name = name, .key = key};
    if (name == NULL || key == NULL) l->failed = true;
}

static int by_address(const void *a, const void *b)
{
    const pe_page_cell *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

static int by_row(const void *a, const void *b)
{
    const pe_area *x = a, *y = b;
    return (x->row_first > y->row_first) - (x->row_first < y->row_first);
}

void pei_page_close(pei_layout *l)
{
    pe_page *page = l->page;
    if (l->failed) return;
    const pe_page_cell *cells = l->cells.items;
    if (l->cells.count > 1) qsort(l->cells.items, l->cells.count, sizeof *cells, by_address);
    if (l->merges.count > 1) qsort(l->merges.items, l->merges.count, sizeof(pe_area), by_row);
    for (size_t i = 1; i < l->cells.count; i++) PE_ASSERT(by_address(cells + i - 1, cells + i) < 0);
    page->cell_count = (uint32_t)l->cells.count;
    page->merge_count = (uint32_t)l->merges.count;
    page->width_count = (uint32_t)l->widths.count;
    page->height_count = (uint32_t)l->heights.count;
    page->cells = keep(l, &l->cells, sizeof *page->cells);
    page->merges = keep(l, &l->merges, sizeof *page->merges);
    page->widths = keep(l, &l->widths, sizeof *page->widths);
    page->heights = keep(l, &l->heights, sizeof *page->heights);
    l->page_count++;
}

void pei_set_print(pei_layout *l, uint32_t header_first, uint32_t header_last, uint32_t last_column,
                   uint32_t last_row)
{
    l->page->repeat_first = header_first;
    l->page->repeat_last = header_last;
    l->page->print_area = (pe_area){0, 0, 0, last_row, 0, last_column};
}

/* ---- the report */

static pe_status lay_pages(pei_layout *l)
{
    const pe_report *r = l->report;
    pei_style(l, PEI_PLAIN, NULL); /* style 0 */
    pei_name_sheets(l);
    if (!l->failed) pei_lay_summary(l);
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++) {
        if (pe_cancelled(l->control)) return PE_E_CANCELLED;
        if (l->detail_names[i] != NULL) pei_lay_detail(l, i);
        pe_progress(l->control, "report", i + 1, r->output_count);
    }
    if (!l->failed && pei_has_trends(r)) pei_lay_trends(l);
    if (!l->failed) pei_lay_sensitivity(l);
    if (!l->failed) pei_lay_inputs(l);
    if (!l->failed && l->options->trials_sheet) pei_lay_trials(l);
    return l->failed ? PE_E_MEMORY : pe_cancelled(l->control) ? PE_E_CANCELLED : PE_OK;
}

pe_status pe_report_layout(const pe_report *report, const pe_report_options *options,
                           pe_arena *arena, const pe_control *control, pe_pages *pages,
                           pe_diag *diag)
{
    pei_layout l = {.report = report,
                    .options = options,
                    .control = control,
                    .arena = arena,
                    .style_keys = pe_map_new(),
                    .pages = PE_PUSH(arena, pe_page, (size_t)report->output_count + 5)};
    pe_status status = l.style_keys != NULL && l.pages != NULL ? lay_pages(&l) : PE_E_MEMORY;
    pe_pages out = {l.pages, l.page_count, NULL, (uint32_t)l.styles.count};
    out.styles = keep(&l, &l.styles, sizeof(pe_page_style));
    if (status == PE_OK && l.failed) status = PE_E_MEMORY;
    if (status == PE_OK) *pages = out;
    pe_map_free(l.style_keys);
    pei_list *lists[] = {&l.styles, &l.cells, &l.merges, &l.widths, &l.heights};
    for (size_t i = 0; i < PE_COUNT(lists); i++) free(lists[i]->items);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "report", "%s", pe_status_text(status));
}
