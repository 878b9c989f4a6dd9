/* report_charts.c: native charts from data that stands on the sheet: the cumulative curve and the
 * tornado, and what the charts share. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

enum {
    COLUMN_X = PEI_DATA_COLUMN,
    COLUMN_P,
    COLUMN_MARK_X,
    COLUMN_MARK_P,
    COLUMN_NAME,
    COLUMN_SIGNAL,
    COLUMN_NOISE
};

void pei_chart_heading(pei_writer *w, lxw_worksheet *sheet, lxw_col_t column, const char *text)
{
    pei_put_text(w, sheet, PEI_DATA_ROW - 1, column, text, PEI_LABEL);
}

lxw_chart *pei_chart_new(pei_writer *w, uint8_t type)
{
    lxw_chart *chart = workbook_add_chart(w->workbook, type);
    if (chart == NULL) w->failed = true;
    return chart;
}

lxw_chart_series *pei_chart_series(pei_writer *w, lxw_chart *chart, uint32_t output,
                                   const char *name, const pei_chart_data *data)
{
    const char *sheet = w->sheet_names[output];
    lxw_chart_series *s = chart_add_series(chart, NULL, NULL);
    if (s == NULL) {
        w->failed = true;
        return NULL;
    }
    chart_series_set_categories(s, sheet, data->first, data->x, data->last, data->x);
    chart_series_set_values(s, sheet, data->first, data->y, data->last, data->y);
    chart_series_set_name(s, name);
    return s;
}

void pei_chart_dress(lxw_chart *chart, const char *title)
{
    lxw_chart_font title_font = {.name = PEI_FONT, .size = 11, .bold = LXW_TRUE, .color = PEI_INK},
                   axis_font = {.name = PEI_FONT, .size = 9, .color = PEI_INK};
    lxw_chart_line light = {.color = 0xE0E0E0, .width = 0.75f},
                   axis = {.color = PEI_GREY, .width = 0.75f}, none = {.none = LXW_TRUE};
    chart_title_set_name(chart, title);
    chart_title_set_name_font(chart, &title_font);
    chart_axis_set_num_font(chart->x_axis, &axis_font);
    chart_axis_set_num_font(chart->y_axis, &axis_font);
    chart_axis_set_line(chart->x_axis, &axis);
    chart_axis_set_line(chart->y_axis, &axis);
    chart_axis_major_gridlines_set_line(chart->y_axis, &light);
    chart_axis_major_gridlines_set_visible(chart->x_axis, LXW_FALSE);
    chart_chartarea_set_line(chart, &none);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
}

void pei_chart_place(pei_writer *w, lxw_worksheet *sheet, lxw_chart *chart, lxw_row_t row,
                     lxw_col_t column, double height)
{
    lxw_chart_options options = {.x_scale = PEI_CHART_WIDTH / 480.0,
                                 .y_scale = height / 288.0,
                                 .object_position = LXW_OBJECT_MOVE_DONT_SIZE};
    if (w->failed) return; /* a chart without series makes the library print */
    if (worksheet_insert_chart_opt(sheet, row, column, chart, &options) != LXW_NO_ERROR)
        w->failed = true;
}

double pei_round_step(double least)
{
    static const double steps[] = {1, 2, 5};
    double power = pow(10, floor(log10(least)));
    for (size_t i = 0; i < PE_COUNT(steps); i++)
        if (steps[i] * power >= least * (1 - 1e-9)) return steps[i] * power;
    return 10 * power;
}

/* An axis over [low, high] that starts, ends and ticks at round values. */
static void round_axis(lxw_chart_axis *axis, double low, double high, double *start)
{
    double unit = high > low ? pei_round_step((high - low) / 6) : pei_round_step(fabs(low) + 1);
    *start = floor(low / unit + 1e-9) * unit;
    chart_axis_set_min(axis, *start);
    chart_axis_set_max(axis, fmax(ceil(high / unit - 1e-9) * unit, *start + unit));
    chart_axis_set_major_unit(axis, unit);
}

/* ---- markers
 * ------------------------------------------------------------------------------------------- */

uint32_t pei_marks(pei_writer *w, uint32_t output, pei_mark marks[4])
{
    const pe_report_output *o = &w->report->outputs[output];
    const pe_summary *s = &o->summary;
    const pei_mark all[] = {{"P5", pei_percentile(s, 5), PEI_INK, LXW_CHART_LINE_DASH_DASH},
                            {"P95", pei_percentile(s, 95), PEI_INK, LXW_CHART_LINE_DASH_DASH},
                            {"mean", s->mean, PEI_ORANGE, LXW_CHART_LINE_DASH_SOLID},
                            {pei_has_base_case(o) ? "base" : "stored",
                             pe_is_number(o->base) ? pe_as_number(o->base) : NAN, PEI_GREEN,
                             LXW_CHART_LINE_DASH_LONG_DASH}};
    uint32_t n = 0;
    for (size_t i = 0; i < PE_COUNT(all); i++) {
        uint32_t same = 0;
        while (same < n && marks[same].x != all[i].x) same++;
        if (!isfinite(all[i].x)) continue;
        if (same == n)
            marks[n++] = all[i];
        else
            marks[same].label =
                pe_arena_printf(w->arena, "%s, %s", marks[same].label, all[i].label);
        if (marks[same].label == NULL) w->failed = true;
    }
    return w->failed ? 0 : n;
}

bool pei_has_base_case(const pe_report_output *output)
{
    return output->base_label != NULL && strncmp(output->base_label, "base", 4) == 0;
}

const char *pei_mark_text(pei_writer *w, uint32_t output, const pei_mark *mark)
{
    char value[64];
    const pe_report_output *o = &w->report->outputs[output];
    const char *format = mark->x == o->summary.mean ? pei_mean_format(w->arena, w->report, o)
                                                    : pei_number_format(w->arena, w->report, o);
    if (format == NULL) return NULL;
    pe_report_value_text(mark->x, format, w->report->date1904, value, sizeof value);
    return pe_arena_printf(w->arena, "%s %s", mark->label, value);
}

/* Vertical lines at the marks' true places. */
static void add_lines(pei_writer *w, lxw_worksheet *sheet, lxw_chart *chart, uint32_t output)
{
    pei_mark marks[4];
    uint32_t n = pei_marks(w, output, marks);
    pei_chart_heading(w, sheet, COLUMN_MARK_X, "marks");
    for (uint32_t i = 0; i < n && !w->failed; i++) {
        lxw_row_t row = PEI_DATA_ROW + 2 * i;
        const char *name = pei_mark_text(w, output, &marks[i]);
        for (lxw_row_t k = 0; k < 2; k++) {
            worksheet_write_number(sheet, row + k, COLUMN_MARK_X, marks[i].x, NULL);
            worksheet_write_number(sheet, row + k, COLUMN_MARK_P, k, NULL);
        }
        pei_chart_data data = {COLUMN_MARK_X, COLUMN_MARK_P, row, row + 1};
        lxw_chart_series *s = name != NULL ? pei_chart_series(w, chart, output, name, &data) : NULL;
        if (s == NULL) {
            w->failed = true;
            return;
        }
        lxw_chart_line line = {.color = marks[i].color, .width = 1.75f, .dash_type = marks[i].dash};
        chart_series_set_line(s, &line);
        chart_series_set_marker_type(s, LXW_CHART_MARKER_NONE);
    }
}

/* ---- cumulative curve
 * ---------------------------------------------------------------------------------- */

static void put_curve(pei_writer *w, lxw_worksheet *sheet, const pei_cumulative *curve)
{
    pei_chart_heading(w, sheet, COLUMN_X, "x");
    pei_chart_heading(w, sheet, COLUMN_P, "P(X<=x)");
    for (uint32_t i = 0; i < curve->count; i++) {
        worksheet_write_number(sheet, PEI_DATA_ROW + i, COLUMN_X, curve->x[i], NULL);
        worksheet_write_number(sheet, PEI_DATA_ROW + i, COLUMN_P, curve->p[i], NULL);
    }
}

/* The outermost per cent is left out where it would squeeze the rest. */
static void curve_range(const pe_report_output *o, double *low, double *high)
{
    const pe_summary *s = &o->summary;
    const double *c = s->curve;
    *low = c[0];
    *high = c[100];
    if (s->distinct > 50) {
        if (c[0] < c[1] - (c[50] - c[1])) *low = c[1];
        if (c[100] > c[99] + (c[99] - c[50])) *high = c[99];
    }
    if (pe_is_number(o->base)) { /* it stays in view, however far out */
        *low = fmin(*low, pe_as_number(o->base));
        *high = fmax(*high, pe_as_number(o->base));
    }
}

void pei_add_curve(pei_writer *w, lxw_worksheet *sheet, uint32_t output,
                   const pei_cumulative *curve, lxw_row_t row, lxw_col_t column)
{
    const pe_report_output *o = &w->report->outputs[output];
    lxw_chart *chart = pei_chart_new(w, LXW_CHART_SCATTER_STRAIGHT);
    pei_chart_data data = {COLUMN_X, COLUMN_P, PEI_DATA_ROW, PEI_DATA_ROW + curve->count - 1};
    if (chart == NULL) return;
    put_curve(w, sheet, curve);
    lxw_chart_series *s = pei_chart_series(w, chart, output, "P(X<=x)", &data);
    const char *format = pei_number_format(w->arena, w->report, o);
    if (s == NULL || format == NULL) {
        w->failed = true;
        return;
    }
    lxw_chart_line line = {.color = PEI_BLUE, .width = 2.25f};
    lxw_chart_font font = {.name = PEI_FONT, .size = 9, .color = PEI_INK};
    chart_series_set_line(s, &line);
    chart_series_set_marker_type(s, LXW_CHART_MARKER_NONE);
    add_lines(w, sheet, chart, output);
    pei_chart_dress(chart, "How likely is it that X stays at or below a value?");
    chart_axis_set_num_format(chart->x_axis, format);
    chart_axis_set_num_format(chart->y_axis, "0%");
    chart_axis_set_min(chart->y_axis, 0);
    chart_axis_set_max(chart->y_axis, 1);
    chart_axis_set_major_unit(chart->y_axis, 0.25);
    double low, high, start;
    curve_range(o, &low, &high);
    round_axis(chart->x_axis, low, high, &start);
    chart_axis_set_crossing(chart->x_axis, start);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    chart_legend_set_font(chart, &font);
    pei_chart_place(w, sheet, chart, row, column, PEI_CURVE_HEIGHT);
}

/* ---- tornado
 * ------------------------------------------------------------------------------------------- */

static void put_bars(pei_writer *w, lxw_worksheet *sheet, const pe_report_output *o)
{
    pei_chart_heading(w, sheet, COLUMN_NAME, "input");
    pei_chart_heading(w, sheet, COLUMN_SIGNAL, "rank correlation");
    pei_chart_heading(w, sheet, COLUMN_NOISE, "within noise");
    for (uint32_t i = 0; i < o->tornado_count; i++) {
        const pe_report_bar *bar = &o->tornado[i];
        pei_put_text(w, sheet, PEI_DATA_ROW + i, COLUMN_NAME, bar->name, PEI_PLAIN);
        worksheet_write_number(sheet, PEI_DATA_ROW + i, bar->noise ? COLUMN_NOISE : COLUMN_SIGNAL,
                               bar->correlation, NULL);
    }
}

/* The values' axis of a bar chart is libxlsxwriter's x axis. */
static void dress_tornado(lxw_chart *chart, const pe_report_output *o, bool noise)
{
    double limit = 0.2; /* symmetric, so that the middle is 0 */
    for (uint32_t i = 0; i < o->tornado_count; i++)
        while (limit < 1 && fabs(o->tornado[i].correlation) > 0.9 * limit) limit += 0.2;
    limit = limit > 0.5 ? 1 : limit;
    lxw_chart_line light = {.color = 0xE0E0E0, .width = 0.75f};
    chart_set_series_overlap(chart, 100);
    chart_set_series_gap(chart, 40);
    pei_chart_dress(chart, noise ? "What drives it: rank correlation (grey: within noise)"
                                 : "What drives it: rank correlation");
    chart_axis_set_num_format(chart->x_axis, "0.0");
    chart_axis_set_major_unit(chart->x_axis, limit / 2);
    chart_axis_major_gridlines_set_visible(chart->y_axis, LXW_FALSE);
    chart_axis_major_gridlines_set_visible(chart->x_axis, LXW_TRUE);
    chart_axis_major_gridlines_set_line(chart->x_axis, &light);
    chart_axis_set_min(chart->x_axis, -limit);
    chart_axis_set_max(chart->x_axis, limit);
    chart_axis_set_reverse(chart->y_axis);
    chart_axis_set_label_position(chart->y_axis, LXW_CHART_AXIS_LABEL_POSITION_LOW);
    chart_axis_set_interval_unit(chart->y_axis, 1);
}

void pei_add_tornado(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                     lxw_col_t column)
{
    static const lxw_color_t colors[] = {PEI_BLUE, PEI_GREY};
    static const char *const names[] = {"rank correlation", "within noise"};
    const pe_report_output *o = &w->report->outputs[output];
    lxw_chart *chart = pei_chart_new(w, LXW_CHART_BAR);
    lxw_chart_font font = {.name = PEI_FONT, .size = 9, .color = PEI_INK};
    bool noise = false;
    if (chart == NULL) return;
    put_bars(w, sheet, o);
    for (uint32_t i = 0; i < o->tornado_count; i++) noise = noise || o->tornado[i].noise;
    for (int k = 0; k < (noise ? 2 : 1); k++) {
        pei_chart_data data = {COLUMN_NAME, k == 0 ? COLUMN_SIGNAL : COLUMN_NOISE, PEI_DATA_ROW,
                               PEI_DATA_ROW + o->tornado_count - 1};
        lxw_chart_series *s = pei_chart_series(w, chart, output, names[k], &data);
        if (s == NULL) return;
        lxw_chart_fill fill = {.color = colors[k]};
        chart_series_set_fill(s, &fill);
        chart_series_set_labels(s);
        chart_series_set_labels_num_format(s, "0.00");
        chart_series_set_labels_font(s, &font);
    }
    dress_tornado(chart, o, noise);
    pei_chart_place(w, sheet, chart, row, column, pei_tornado_height(o));
}

double pei_tornado_height(const pe_report_output *output)
{
    return 80 + 22.0 * output->tornado_count;
}
