/* report_xlsx.c: pages as a results workbook. Written under a temporary name and renamed, so that
 * an interrupted run leaves nothing half-written. */
#include "pages.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define PAPER_A4 9
#define CANCEL_ROWS 256u /* written between two looks at the cancel flag */
#define CANCEL_CELLS 4096u
#define VALUES_KEPT_MAX 1000000u /* of trials: 130 MB */

typedef struct writer {
    const pe_pages *pages;
    const pe_control *control;
    lxw_workbook *workbook;
    lxw_worksheet *sheet; /* of the page that is being written */
    const pe_page *page;
    lxw_format **formats; /* one per style */
    bool failed;          /* out of memory */
} writer;

/* ---- styles */

static void apply_style(lxw_format *f, const pe_page_style *s)
{
    static const uint8_t aligns[] = {LXW_ALIGN_NONE, LXW_ALIGN_LEFT, LXW_ALIGN_CENTER,
                                     LXW_ALIGN_RIGHT};
    format_set_font_name(f, PE_PAGE_FONT);
    format_set_font_size(f, s->size > 0 ? s->size : PE_PAGE_POINTS);
    format_set_align(f, s->bottom ? LXW_ALIGN_VERTICAL_BOTTOM : LXW_ALIGN_VERTICAL_CENTER);
    if (s->align != PE_ALIGN_BY_KIND) format_set_align(f, aligns[s->align]);
    if (s->indent > 0) format_set_indent(f, s->indent);
    if (s->bold) format_set_bold(f);
    if (s->italic) format_set_italic(f);
    if (s->underline) format_set_underline(f, LXW_UNDERLINE_SINGLE);
    if (s->wrap) format_set_text_wrap(f);
    if (s->color != PE_PAGE_COLOR_NONE) format_set_font_color(f, s->color);
    if (s->background != PE_PAGE_COLOR_NONE) format_set_bg_color(f, s->background);
    if (s->border_all)
        format_set_border(f, LXW_BORDER_THIN);
    else if (s->border_bottom)
        format_set_bottom(f, LXW_BORDER_THIN);
    if (strcmp(s->number_format, "General") != 0 && strlen(s->number_format) < LXW_FORMAT_FIELD_LEN)
        format_set_num_format(f, s->number_format);
}

static pe_status make_formats(writer *w)
{
    w->formats = calloc((size_t)w->pages->style_count + 1, sizeof *w->formats);
    if (w->formats == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < w->pages->style_count; i++) {
        w->formats[i] = workbook_add_format(w->workbook);
        if (w->formats[i] == NULL) return PE_E_MEMORY;
        apply_style(w->formats[i], &w->pages->styles[i]);
    }
    return PE_OK;
}

/* ---- cells */

static lxw_error write_link(writer *w, const pe_page_cell *c)
{
    char link[LXW_MAX_ATTRIBUTE_LENGTH];
    int n = snprintf(link, sizeof link, "internal:%s", c->link);
    if (n < 0 || (size_t)n >= sizeof link)
        return worksheet_write_string(w->sheet, c->row, c->column, c->text, w->formats[c->style]);
    return worksheet_write_url_opt(w->sheet, c->row, c->column, link, w->formats[c->style], c->text,
                                   NULL);
}

static lxw_error write_cell(writer *w, const pe_page_cell *c)
{
    lxw_format *format = w->formats[c->style];
    switch ((pe_page_kind)c->kind) {
    case PE_PAGE_NUMBER:
        return worksheet_write_number(w->sheet, c->row, c->column, c->number, format);
    case PE_PAGE_TEXT:
        return worksheet_write_string(w->sheet, c->row, c->column, c->text, format);
    case PE_PAGE_FORMULA:
        return worksheet_write_formula_num(w->sheet, c->row, c->column, c->text, format, c->number);
    case PE_PAGE_LINK:
        return write_link(w, c);
    }
    return LXW_NO_ERROR;
}

static void write_value(writer *w, uint32_t row, const pe_page_column *c, pe_value v)
{
    lxw_format *format = w->formats[c->style];
    if (pe_is_number(v))
        worksheet_write_number(w->sheet, row, c->column, pe_as_number(v), format);
    else if (pe_is(v, PE_KIND_TEXT))
        worksheet_write_string(w->sheet, row, c->column, pe_as_text(v)->bytes, format);
    else if (pe_is(v, PE_KIND_BOOLEAN))
        worksheet_write_boolean(w->sheet, row, c->column, pe_as_boolean(v), format);
    else if (pe_is(v, PE_KIND_ERROR))
        worksheet_write_string(w->sheet, row, c->column, pe_error_text(pe_as_error(v)), format);
}

static pe_status write_columns(writer *w)
{
    const pe_page *p = w->page;
    uint32_t end = 0, since = 0;
    for (uint32_t i = 0; i < p->column_count; i++)
        if (p->columns[i].row + p->columns[i].count > end)
            end = p->columns[i].row + p->columns[i].count;
    for (uint32_t row = 0; row < end; row++) {
        for (uint32_t i = 0; i < p->column_count; i++) {
            const pe_page_column *c = &p->columns[i];
            if (row < c->row || row - c->row >= c->count) continue;
            write_value(w, row, c,
                        c->values != NULL ? c->values[row - c->row]
                                          : pe_number((double)(row - c->row) + 1));
        }
        since += p->column_count;
        if (since >= CANCEL_CELLS) {
            if (pe_cancelled(w->control)) return PE_E_CANCELLED;
            since = 0;
        }
    }
    return PE_OK;
}

static const pe_page_cell *cell_at(const pe_page *page, uint32_t row, uint32_t column)
{
    uint32_t low = 0, high = page->cell_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const pe_page_cell *c = &page->cells[middle];
        if (c->row < row || (c->row == row && c->column < column))
            low = middle + 1;
        else
            high = middle;
    }
    return &page->cells[low];
}

/* The cells of a merged area are all formatted as its first one, which is written afterwards. */
static void merge_cells(writer *w, const pe_area *a)
{
    const pe_page_cell *first = cell_at(w->page, a->row_first, a->column_first);
    if (worksheet_merge_range(w->sheet, a->row_first, (lxw_col_t)a->column_first, a->row_last,
                              (lxw_col_t)a->column_last, "",
                              w->formats[first->style]) != LXW_NO_ERROR)
        w->failed = true;
}

/* Row by row, as the library wants it where it keeps no rows: height, merged cells, cells. */
static pe_status write_cells(writer *w)
{
    const pe_page *p = w->page;
    uint32_t i = 0, merge = 0;
    for (uint32_t row = 0; !w->failed && (row < p->height_count || i < p->cell_count); row++) {
        if (row % CANCEL_ROWS == 0 && pe_cancelled(w->control)) return PE_E_CANCELLED;
        if (row < p->height_count && p->heights[row] > 0)
            worksheet_set_row(w->sheet, row, p->heights[row], NULL);
        for (; merge < p->merge_count && p->merges[merge].row_first == row; merge++)
            merge_cells(w, &p->merges[merge]);
        for (; i < p->cell_count && p->cells[i].row == row; i++)
            if (write_cell(w, &p->cells[i]) == LXW_ERROR_MEMORY_MALLOC_FAILED) w->failed = true;
    }
    return w->failed ? PE_E_MEMORY : PE_OK;
}

/* ---- charts */

static lxw_chart_font font_of(double size, uint32_t color, bool bold)
{
    return (lxw_chart_font){.name = PE_PAGE_FONT, .size = size, .bold = bold, .color = color};
}

static lxw_chart_line line_of(const pe_chart_series *s)
{
    static const uint8_t dashes[] = {LXW_CHART_LINE_DASH_SOLID, LXW_CHART_LINE_DASH_DASH,
                                     LXW_CHART_LINE_DASH_LONG_DASH};
    return (lxw_chart_line){
        .color = s->color, .width = (float)s->width_points, .dash_type = dashes[s->dash]};
}

static void dress_drop_line(lxw_chart_series *out, const pe_chart_series *s)
{
    lxw_chart_line none = {.none = LXW_TRUE}, line = line_of(s);
    lxw_chart_fill clear = {.none = LXW_TRUE};
    chart_series_set_fill(out, &clear);
    chart_series_set_line(out, &none);
    chart_series_set_error_bars(out->y_error_bars, LXW_CHART_ERROR_BAR_TYPE_PERCENTAGE, 100);
    chart_series_set_error_bars_direction(out->y_error_bars, LXW_CHART_ERROR_BAR_DIR_MINUS);
    chart_series_set_error_bars_endcap(out->y_error_bars, LXW_CHART_ERROR_BAR_NO_CAP);
    chart_series_set_error_bars_line(out->y_error_bars, &line);
}

static void dress_labels(lxw_chart_series *out, const pe_chart_series *s)
{
    lxw_chart_font font = font_of(PE_CHART_POINTS, s->label_color, s->label_bold);
    lxw_chart_fill white = {.color = LXW_COLOR_WHITE};
    chart_series_set_labels(out);
    chart_series_set_labels_num_format(out, s->label_format);
    chart_series_set_labels_font(out, &font);
    if (!s->label_white) return;
    chart_series_set_labels_position(out, LXW_CHART_LABEL_POSITION_OUTSIDE_END);
    chart_series_set_labels_fill(out, &white);
}

static void add_series(writer *w, lxw_chart *chart, pe_chart_kind kind, const pe_chart_series *s)
{
    const char *sheet = w->page->name;
    lxw_chart_series *out = chart_add_series(chart, NULL, NULL);
    if (out == NULL) {
        w->failed = true;
        return;
    }
    chart_series_set_categories(out, sheet, s->x.row_first, (lxw_col_t)s->x.column_first,
                                s->x.row_last, (lxw_col_t)s->x.column_last);
    chart_series_set_values(out, sheet, s->y.row_first, (lxw_col_t)s->y.column_first, s->y.row_last,
                            (lxw_col_t)s->y.column_last);
    chart_series_set_name(out, s->name);
    lxw_chart_fill fill = {.color = s->color};
    lxw_chart_line line = line_of(s);
    if (s->drop_line) {
        dress_drop_line(out, s);
    } else if (kind == PE_CHART_LINES) {
        chart_series_set_line(out, &line);
        chart_series_set_marker_type(out, LXW_CHART_MARKER_NONE);
    } else {
        chart_series_set_fill(out, &fill);
    }
    if (s->label_format != NULL) dress_labels(out, s);
}

static void dress_axis(lxw_chart_axis *out, const pe_chart_axis *a)
{
    lxw_chart_font numbers = font_of(PE_CHART_POINTS, PE_PAGE_INK, false), title = numbers;
    lxw_chart_line line = {.color = PE_CHART_AXIS_COLOR, .width = 0.75f},
                   grid = {.color = PE_CHART_GRID_COLOR, .width = 0.75f};
    if (a->label_degrees != PE_AXIS_DEGREES_AUTO) /* the library's word for level is 360 */
        numbers.rotation = a->label_degrees == 0 ? 360 : a->label_degrees;
    chart_axis_set_num_font(out, &numbers);
    chart_axis_set_line(out, &line);
    chart_axis_major_gridlines_set_visible(out, a->gridlines);
    if (a->gridlines) chart_axis_major_gridlines_set_line(out, &grid);
    if (a->number_format != NULL) chart_axis_set_num_format(out, a->number_format);
    if (!isnan(a->min)) chart_axis_set_min(out, a->min);
    if (!isnan(a->max)) chart_axis_set_max(out, a->max);
    if (!isnan(a->major)) chart_axis_set_major_unit(out, a->major);
    if (!isnan(a->crossing)) chart_axis_set_crossing(out, a->crossing);
    if (a->reverse) chart_axis_set_reverse(out);
    if (a->labels_low) chart_axis_set_label_position(out, LXW_CHART_AXIS_LABEL_POSITION_LOW);
    if (a->label_every > 0) chart_axis_set_interval_unit(out, a->label_every);
    if (!a->ticks) chart_axis_set_major_tick_mark(out, LXW_CHART_AXIS_TICK_MARK_NONE);
    if (a->title == NULL) return;
    title.bold = LXW_EXPLICIT_FALSE; /* else it is bold by default */
    chart_axis_set_name(out, a->title);
    chart_axis_set_name_font(out, &title);
}

static void add_chart(writer *w, const pe_page_chart *c)
{
    static const uint8_t types[] = {LXW_CHART_COLUMN, LXW_CHART_BAR, LXW_CHART_SCATTER_STRAIGHT};
    lxw_chart *chart = workbook_add_chart(w->workbook, types[c->kind]);
    lxw_chart_font title = font_of(PE_CHART_TITLE_POINTS, PE_PAGE_INK, true),
                   legend = font_of(PE_CHART_POINTS, PE_PAGE_INK, false);
    lxw_chart_line none = {.none = LXW_TRUE};
    lxw_chart_options place = {.x_scale = c->width / 480.0, /* of the library's default size */
                               .y_scale = c->height / 288.0,
                               .object_position = LXW_OBJECT_MOVE_DONT_SIZE};
    if (chart == NULL) w->failed = true;
    for (uint32_t i = 0; i < c->series_count && !w->failed; i++)
        add_series(w, chart, c->kind, &c->series[i]);
    if (w->failed) return;                /* a chart without series makes the library print */
    bool bars = c->kind == PE_CHART_BARS; /* the library's x axis is the level one */
    dress_axis(bars ? chart->y_axis : chart->x_axis, &c->x);
    dress_axis(bars ? chart->x_axis : chart->y_axis, &c->y);
    chart_title_set_name(chart, c->title);
    chart_title_set_name_font(chart, &title);
    chart_chartarea_set_line(chart, &none);
    chart_legend_set_position(chart, c->legend ? LXW_CHART_LEGEND_BOTTOM : LXW_CHART_LEGEND_NONE);
    if (c->legend) chart_legend_set_font(chart, &legend);
    if (c->overlap_percent != 0) chart_set_series_overlap(chart, (int8_t)c->overlap_percent);
    if (c->gap_percent > 0) chart_set_series_gap(chart, (uint16_t)c->gap_percent);
    if (worksheet_insert_chart_opt(w->sheet, c->row, (lxw_col_t)c->column, chart, &place) !=
        LXW_NO_ERROR)
        w->failed = true;
}

/* ---- sheets */

static void set_up_sheet(writer *w)
{
    const pe_page *p = w->page;
    lxw_worksheet *sheet = w->sheet;
    const pe_area *print = &p->print_area;
    worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
    for (uint32_t c = 0; c < p->width_count; c++)
        if (p->widths[c] > 0)
            worksheet_set_column(sheet, (lxw_col_t)c, (lxw_col_t)c, p->widths[c], NULL);
    if (p->freeze_row > 0 || p->freeze_column > 0)
        worksheet_freeze_panes(sheet, p->freeze_row, (lxw_col_t)p->freeze_column);
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, PAPER_A4);
    worksheet_fit_to_pages(sheet, 1, p->pages_high);
    worksheet_set_margins(sheet, 0.4, 0.4, 0.5, 0.6);
    worksheet_repeat_rows(sheet, p->repeat_first, p->repeat_last);
    worksheet_print_area(sheet, print->row_first, (lxw_col_t)print->column_first, print->row_last,
                         (lxw_col_t)print->column_last);
    worksheet_set_footer(sheet, "&L&8Power Engine&C&8&A&R&8&P of &N");
}

static pe_status write_page(writer *w, const pe_page *page)
{
    pe_status status = PE_OK;
    w->page = page;
    w->sheet = workbook_add_worksheet(w->workbook, page->name);
    if (w->sheet == NULL) return PE_E_MEMORY;
    set_up_sheet(w);
    PE_TRY(write_cells(w));
    PE_TRY(write_columns(w));
    for (uint32_t i = 0; i < page->chart_count && !w->failed; i++) add_chart(w, &page->charts[i]);
    if (w->failed) status = PE_E_MEMORY;
fail:
    return status;
}

static pe_status write_pages(writer *w)
{
    pe_status status = make_formats(w);
    for (uint32_t i = 0; i < w->pages->page_count && status == PE_OK; i++) {
        status = write_page(w, &w->pages->pages[i]);
        pe_progress(w->control, "write", i + 1, w->pages->page_count);
    }
    if (status == PE_OK && pe_cancelled(w->control)) status = PE_E_CANCELLED;
    return status;
}

static uint64_t value_count(const pe_pages *pages)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < pages->page_count; i++)
        for (uint32_t k = 0; k < pages->pages[i].column_count; k++)
            count += pages->pages[i].columns[k].count;
    return count;
}

static pe_status write_workbook(const pe_pages *pages, const char *path, const pe_control *control,
                                const char *shown_path, pe_diag *diag)
{
    /* Very many trials are not kept in memory: they go to disk while they are written, where it can
     * be cancelled, and not at the end, where it cannot. (Charts then have no copy of their data.)
     */
    lxw_workbook_options how = {.constant_memory = value_count(pages) > VALUES_KEPT_MAX};
    writer w = {.pages = pages, .control = control, .workbook = workbook_new_opt(path, &how)};
    lxw_error error = LXW_NO_ERROR;
    if (w.workbook == NULL) return pe_fail(diag, PE_E_MEMORY, shown_path, "out of memory");
    lxw_doc_properties properties = {
        .title = "Simulation results", .comments = "Created by Power Engine", .company = ""};
    workbook_set_properties(w.workbook, &properties);
    pe_status status = write_pages(&w);
    errno = 0;
    if (status == PE_OK) /* the one step that cannot be left half-way */
        error = workbook_close(w.workbook);
    else
        lxw_workbook_free(w.workbook);
    int reason = errno; /* the system's, where it is known, says more than the library's */
    free(w.formats);
    if (error != LXW_NO_ERROR)
        return pe_fail(diag, PE_E_IO, shown_path, "cannot write: %s",
                       reason != 0 ? strerror(reason) : lxw_strerror(error));
    if (status == PE_OK && pe_cancelled(control)) status = PE_E_CANCELLED;
    return status == PE_OK ? PE_OK
                           : pe_fail(diag, status, shown_path, "%s", pe_status_text(status));
}

/* ---- trials that no sheet can hold */

/* Beyond this a spreadsheet that opens the file needs gigabytes, and so do we to write it. */
#define TRIALS_CELLS_MAX 8000000u

static bool fits_a_sheet(const pe_report *report)
{
    return report->trials < LXW_ROW_MAX && report->output_count < LXW_COL_MAX &&
           report->trials * report->output_count <= TRIALS_CELLS_MAX;
}

/* They go beside the workbook as CSV. */
static pe_status write_trials_csv(const pe_report *report, const char *path, pe_arena *arena,
                                  const char **note, const pe_control *control, pe_diag *diag)
{
    const char *csv = pe_arena_printf(arena, "%s.trials.csv", path);
    if (csv == NULL) return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    *note =
        pe_arena_printf(arena, "%llu trials of %u outputs are too many for a sheet; they are in %s",
                        (unsigned long long)report->trials, report->output_count, csv);
    if (*note == NULL) return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    return pe_report_write_csv(report, csv, control, diag);
}

pe_status pe_report_write_xlsx(const pe_report *report, const pe_report_options *options,
                               const char *path, const pe_control *control, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_report_options how = *options;
    pe_pages pages;
    pe_arena *arena = pe_arena_new(SIZE_MAX / 2);
    const char *temporary = arena != NULL ? pe_arena_printf(arena, "%s.part", path) : NULL;
    if (temporary == NULL) PE_TRY(pe_fail(diag, PE_E_MEMORY, path, "out of memory"));
    FILE *probe = fopen(
        temporary,
        "wb"); /* an unwritable place is found before the work is done, with the system's reason */
    if (probe == NULL) PE_TRY(pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno)));
    fclose(probe);
    if (options->trials_sheet && options->trials_note == NULL && !fits_a_sheet(report))
        PE_TRY(write_trials_csv(report, path, arena, &how.trials_note, control, diag));
    PE_TRY(pe_report_layout(report, &how, arena, control, &pages, diag));
    PE_TRY(write_workbook(&pages, temporary, control, path, diag));
    if (!pe_file_replace(temporary, path))
        PE_TRY(pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno)));
fail:
    if (status != PE_OK && temporary != NULL) unlink(temporary);
    pe_arena_free(arena);
    return status;
}
