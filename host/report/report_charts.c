/* report_charts.c: native charts from data on the sheet. Histograms are scatter charts whose bars
 * are thick error bars: so bars stand at their true place on a number axis, next to vertical lines
 * for base case, mean, P5 and P95. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#define CHART_WIDTH 700
#define CHART_HEIGHT 340
#define PLOT_POINTS 455.0 /* width of the plot area of such a chart */
#define FIRST_ROW 2

enum {
    COLUMN_X = PEI_DATA_COLUMN,
    COLUMN_P,
    COLUMN_BAR_X,
    COLUMN_BAR_SHARE,
    COLUMN_TAIL_X,
    COLUMN_TAIL_SHARE,
    COLUMN_SPIKE_X,
    COLUMN_SPIKE_SHARE,
    COLUMN_MARK_X,
    COLUMN_MARK_Y,
    COLUMN_MARK_P,
    COLUMN_NAME,
    COLUMN_SIGNAL,
    COLUMN_NOISE
};

static const char *sheet_name(const pei_writer *w, uint32_t output)
{
    return w->sheet_names[output];
}

static void heading(pei_writer *w, lxw_worksheet *sheet, lxw_col_t column, const char *text)
{
    pei_put_text(w, sheet, 1, column, text, PEI_LABEL);
}

static lxw_chart_series *add_series(pei_writer *w, lxw_chart *chart, uint32_t output,
                                    const char *name, lxw_col_t x, lxw_col_t y, lxw_row_t first,
                                    lxw_row_t last)
{
    lxw_chart_series *s = chart_add_series(chart, NULL, NULL);
    if (s == NULL) {
        w->failed = true;
        return NULL;
    }
    chart_series_set_categories(s, sheet_name(w, output), first, x, last, x);
    chart_series_set_values(s, sheet_name(w, output), first, y, last, y);
    chart_series_set_name(s, name);
    return s;
}

/* ---- the cumulative table
 * ------------------------------------------------------------------------------ */

static bool only_values(const pe_summary *s)
{
    for (uint32_t i = 0; i < s->bar_count; i++)
        if (s->bars[i].kind != PE_BAR_VALUE) return false;
    return s->bar_count > 0;
}

void pei_put_curve_data(pei_writer *w, lxw_worksheet *sheet, uint32_t output, uint32_t *count,
                        bool *steps)
{
    const pe_summary *s = &w->report->outputs[output].summary;
    uint64_t running = 0;
    *steps = only_values(s);
    *count = *steps ? s->bar_count : 101;
    heading(w, sheet, COLUMN_X, "x");
    heading(w, sheet, COLUMN_P, "P(X<=x)");
    for (uint32_t i = 0; i < *count; i++) {
        if (*steps) running += s->bars[i].count;
        double x = *steps ? s->bars[i].low : s->curve[i],
               p = *steps ? (double)running / (double)s->n : i / 100.0;
        worksheet_write_number(sheet, FIRST_ROW + i, COLUMN_X, x, NULL);
        worksheet_write_number(sheet, FIRST_ROW + i, COLUMN_P, p, NULL);
    }
}

/* ---- markers
 * ------------------------------------------------------------------------------------------- */

typedef struct mark {
    const char *label;
    double x;
    lxw_color_t color;
    lxw_chart_line_dash_type dash;
} mark;

static uint32_t marks_of(const pe_report_output *o, mark marks[4])
{
    const pe_summary *s = &o->summary;
    uint32_t n = 0;
    marks[n++] = (mark){"P5", pei_percentile(s, 5), PEI_INK, LXW_CHART_LINE_DASH_DASH};
    marks[n++] = (mark){"mean", s->mean, PEI_ORANGE, LXW_CHART_LINE_DASH_SOLID};
    marks[n++] = (mark){"P95", pei_percentile(s, 95), PEI_INK, LXW_CHART_LINE_DASH_DASH};
    if (pe_is_number(o->base))
        marks[n++] = (mark){strncmp(o->base_label, "base", 4) == 0 ? "base case" : "stored value",
                            pe_as_number(o->base), PEI_GREEN, LXW_CHART_LINE_DASH_LONG_DASH};
    return n;
}

static void add_marks(pei_writer *w, lxw_worksheet *sheet, lxw_chart *chart, uint32_t output,
                      lxw_col_t y_column, double top)
{
    const pe_report_output *o = &w->report->outputs[output];
    const char *format = pei_number_format(w->arena, w->report, o);
    mark marks[4];
    uint32_t n = marks_of(o, marks);
    for (uint32_t i = 0; i < n && format != NULL && !w->failed; i++) {
        char value[64], name[96];
        lxw_row_t row = FIRST_ROW + 2 * i;
        pe_report_value_text(marks[i].x, format, w->report->date1904, value, sizeof value);
        snprintf(name, sizeof name, "%s %s", marks[i].label, value);
        for (lxw_row_t k = 0; k < 2; k++) {
            worksheet_write_number(sheet, row + k, COLUMN_MARK_X, marks[i].x, NULL);
            worksheet_write_number(sheet, row + k, y_column, k == 0 ? 0 : top, NULL);
        }
        lxw_chart_series *s =
            add_series(w, chart, output, name, COLUMN_MARK_X, y_column, row, row + 1);
        if (s == NULL) return;
        lxw_chart_line line = {.color = marks[i].color, .width = 1.75f, .dash_type = marks[i].dash};
        chart_series_set_line(s, &line);
        chart_series_set_marker_type(s, LXW_CHART_MARKER_NONE);
    }
}

static void dress(lxw_chart *chart, const char *title, const char *x_format, const char *y_format)
{
    lxw_chart_font title_font = {.size = 12, .bold = LXW_TRUE, .color = PEI_INK},
                   axis_font = {.size = 9, .color = PEI_INK};
    lxw_chart_line light = {.color = 0xE0E0E0, .width = 0.75f};
    chart_title_set_name(chart, title);
    chart_title_set_name_font(chart, &title_font);
    chart_axis_set_num_font(chart->x_axis, &axis_font);
    chart_axis_set_num_font(chart->y_axis, &axis_font);
    if (x_format != NULL) chart_axis_set_num_format(chart->x_axis, x_format);
    if (y_format != NULL) chart_axis_set_num_format(chart->y_axis, y_format);
    chart_axis_major_gridlines_set_line(chart->y_axis, &light);
    chart_axis_major_gridlines_set_visible(chart->x_axis, LXW_FALSE);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
}

static void place(pei_writer *w, lxw_worksheet *sheet, lxw_chart *chart, lxw_row_t row,
                  lxw_col_t column, double height)
{
    lxw_chart_options options = {.x_scale = CHART_WIDTH / 480.0,
                                 .y_scale = height / 288.0,
                                 .object_position = LXW_OBJECT_MOVE_DONT_SIZE};
    if (worksheet_insert_chart_opt(sheet, row, column, chart, &options) != LXW_NO_ERROR)
        w->failed = true;
}

/* ---- histogram
 * ----------------------------------------------------------------------------------------- */

static void bars_as_error_bars(lxw_chart_series *s, lxw_color_t color, double width)
{
    lxw_chart_line none = {.none = LXW_TRUE}, thick = {.color = color, .width = (float)width};
    chart_series_set_line(s, &none);
    chart_series_set_marker_type(s, LXW_CHART_MARKER_NONE);
    chart_series_set_error_bars(s->y_error_bars, LXW_CHART_ERROR_BAR_TYPE_PERCENTAGE, 100);
    chart_series_set_error_bars_direction(s->y_error_bars, LXW_CHART_ERROR_BAR_DIR_MINUS);
    chart_series_set_error_bars_endcap(s->y_error_bars, LXW_CHART_ERROR_BAR_NO_CAP);
    chart_series_set_error_bars_line(s->y_error_bars, &thick);
}

/* The width that one bar has on the x axis: of a range, or the smallest gap between single values.
 */
static double bar_width(const pe_summary *s)
{
    double width = INFINITY;
    for (uint32_t i = 0; i < s->bar_count; i++)
        if (s->bars[i].kind == PE_BAR_RANGE) return s->bars[i].high - s->bars[i].low;
    for (uint32_t i = 1; i < s->bar_count; i++)
        width = fmin(width, s->bars[i].low - s->bars[i - 1].low);
    return isfinite(width) && width > 0 ? width : fmax(fabs(s->min), 1);
}

typedef struct bar_columns {
    lxw_row_t next[3]; /* plain, tail, spike */
    double low, high, top;
} bar_columns;

static void put_bar(lxw_worksheet *sheet, const pe_bar *bar, const pe_summary *s, double width,
                    bar_columns *c)
{
    int group = bar->spike ? 2 : bar->kind == PE_BAR_BELOW || bar->kind == PE_BAR_ABOVE ? 1 : 0;
    double x = bar->kind == PE_BAR_VALUE   ? bar->low
               : bar->kind == PE_BAR_RANGE ? 0.5 * (bar->low + bar->high)
               : bar->kind == PE_BAR_BELOW ? bar->high - width
                                           : bar->low + width;
    double share = (double)bar->count / (double)s->n;
    worksheet_write_number(sheet, c->next[group], (lxw_col_t)(COLUMN_BAR_X + 2 * group), x, NULL);
    worksheet_write_number(sheet, c->next[group], (lxw_col_t)(COLUMN_BAR_SHARE + 2 * group), share,
                           NULL);
    c->next[group]++;
    c->low = fmin(c->low, x - width);
    c->high = fmax(c->high, x + width);
    c->top = fmax(c->top, share);
}

void pei_add_histogram(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                       lxw_col_t column)
{
    const pe_report_output *o = &w->report->outputs[output];
    const pe_summary *s = &o->summary;
    lxw_chart *chart = workbook_add_chart(w->workbook, LXW_CHART_SCATTER);
    static const char *const names[] = {"share of trials", "beyond the axis", "one value"};
    static const lxw_color_t colors[] = {PEI_SKY, PEI_GREY, PEI_BLUE};
    double width = bar_width(s);
    bar_columns c = {{FIRST_ROW, FIRST_ROW, FIRST_ROW}, INFINITY, -INFINITY, 0};
    if (chart == NULL) {
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < s->bar_count; i++) put_bar(sheet, &s->bars[i], s, width, &c);
    double points = fmin(fmax(PLOT_POINTS * width / (c.high - c.low) * 0.9, 1.5), 60);
    for (int group = 0; group < 3 && !w->failed; group++) {
        heading(w, sheet, (lxw_col_t)(COLUMN_BAR_X + 2 * group), names[group]);
        if (c.next[group] == FIRST_ROW) continue;
        lxw_chart_series *series =
            add_series(w, chart, output, names[group], (lxw_col_t)(COLUMN_BAR_X + 2 * group),
                       (lxw_col_t)(COLUMN_BAR_SHARE + 2 * group), FIRST_ROW, c.next[group] - 1);
        if (series != NULL) bars_as_error_bars(series, colors[group], points);
    }
    heading(w, sheet, COLUMN_MARK_X, "marks");
    add_marks(w, sheet, chart, output, COLUMN_MARK_Y, c.top * 1.04);
    dress(chart, "Histogram", pei_number_format(w->arena, w->report, o), "0%");
    chart_axis_set_min(chart->x_axis, c.low);
    chart_axis_set_max(chart->x_axis, c.high);
    chart_axis_set_min(chart->y_axis, 0);
    if (c.top < 0.1) chart_axis_set_num_format(chart->y_axis, "0.0%");
    place(w, sheet, chart, row, column, CHART_HEIGHT);
}

/* ---- cumulative curve
 * ---------------------------------------------------------------------------------- */

void pei_add_curve(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                   lxw_col_t column)
{
    const pe_report_output *o = &w->report->outputs[output];
    lxw_chart *chart = workbook_add_chart(w->workbook, LXW_CHART_SCATTER_STRAIGHT);
    uint32_t count = only_values(&o->summary) ? o->summary.bar_count : 101;
    if (chart == NULL) {
        w->failed = true;
        return;
    }
    lxw_chart_series *s = add_series(w, chart, output, "P(X<=x)", COLUMN_X, COLUMN_P, FIRST_ROW,
                                     FIRST_ROW + count - 1);
    if (s == NULL) return;
    lxw_chart_line line = {.color = PEI_BLUE, .width = 2.25f};
    chart_series_set_line(s, &line);
    chart_series_set_marker_type(s, LXW_CHART_MARKER_NONE);
    add_marks(w, sheet, chart, output, COLUMN_MARK_P, 1);
    dress(chart, "Cumulative probability", pei_number_format(w->arena, w->report, o), "0%");
    chart_axis_set_min(chart->y_axis, 0);
    chart_axis_set_max(chart->y_axis, 1);
    if (count == 101) { /* the outermost half per cent would squeeze the rest */
        chart_axis_set_min(chart->x_axis,
                           o->summary.curve[0] < o->summary.curve[1] - 3 * (o->summary.curve[50] -
                                                                            o->summary.curve[1])
                               ? o->summary.curve[1]
                               : o->summary.curve[0]);
        chart_axis_set_max(chart->x_axis, o->summary.curve[100] >
                                                  o->summary.curve[99] + 3 * (o->summary.curve[99] -
                                                                              o->summary.curve[50])
                                              ? o->summary.curve[99]
                                              : o->summary.curve[100]);
    }
    place(w, sheet, chart, row, column, CHART_HEIGHT);
}

/* ---- tornado
 * ------------------------------------------------------------------------------------------- */

void pei_add_tornado(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                     lxw_col_t column)
{
    static const char *const names[] = {"rank correlation", "within noise"};
    static const lxw_color_t colors[] = {PEI_BLUE, PEI_GREY};
    const pe_report_output *o = &w->report->outputs[output];
    lxw_chart *chart = workbook_add_chart(w->workbook, LXW_CHART_BAR);
    if (chart == NULL) {
        w->failed = true;
        return;
    }
    heading(w, sheet, COLUMN_NAME, "input");
    for (uint32_t i = 0; i < o->tornado_count; i++) {
        const pe_report_bar *bar = &o->tornado[i];
        pei_put_text(w, sheet, FIRST_ROW + i, COLUMN_NAME, bar->name, PEI_PLAIN);
        worksheet_write_number(sheet, FIRST_ROW + i, bar->noise ? COLUMN_NOISE : COLUMN_SIGNAL,
                               bar->correlation, NULL);
    }
    for (int k = 0; k < 2 && !w->failed; k++) {
        lxw_col_t values = k == 0 ? COLUMN_SIGNAL : COLUMN_NOISE;
        heading(w, sheet, values, names[k]);
        lxw_chart_series *s = add_series(w, chart, output, names[k], COLUMN_NAME, values, FIRST_ROW,
                                         FIRST_ROW + o->tornado_count - 1);
        if (s == NULL) return;
        lxw_chart_fill fill = {.color = colors[k]};
        chart_series_set_fill(s, &fill);
    }
    chart_set_series_overlap(chart, 100);
    chart_set_series_gap(chart, 40);
    dress(chart, "What drives it: rank correlation with the inputs", NULL, "0.0");
    chart_axis_set_reverse(chart->x_axis);
    chart_axis_set_label_position(chart->x_axis, LXW_CHART_AXIS_LABEL_POSITION_LOW);
    chart_axis_set_min(chart->y_axis, -1);
    chart_axis_set_max(chart->y_axis, 1);
    place(w, sheet, chart, row, column, 110 + 24.0 * o->tornado_count);
}
