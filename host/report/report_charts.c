/* report_charts.c: native charts from data that stands on the sheet: the cumulative curve and the
 * tornado, and what the charts share. */
#include "report_internal.h"

#include <math.h>

#define SERIES_MAX 8u /* of a chart: curve or bars, and marks */

enum {
    COLUMN_X = PEI_DATA_COLUMN,
    COLUMN_P,
    COLUMN_MARK_X,
    COLUMN_MARK_P,
    COLUMN_NAME,
    COLUMN_SIGNAL,
    COLUMN_NOISE
};

void pei_chart_heading(pei_layout *l, uint32_t column, const char *text)
{
    pei_put_text(l, PEI_DATA_ROW - 1, column, text, PEI_LABEL);
}

void pei_chart_number(pei_layout *l, uint32_t row, uint32_t column, double x)
{
    pei_put_number(l, row, column, x, PEI_PLAIN, NULL);
}

pe_page_chart *pei_chart_new(pei_layout *l, pe_chart_kind kind, const char *title, uint32_t row,
                             uint32_t column, double height)
{
    pe_page *page = l->page;
    if (page->charts == NULL) page->charts = PE_PUSH(l->arena, pe_page_chart, PEI_CHARTS_MAX);
    pe_chart_series *series = PE_PUSH(l->arena, pe_chart_series, SERIES_MAX);
    if (page->charts == NULL || series == NULL) {
        l->failed = true;
        return NULL;
    }
    PE_ASSERT(page->chart_count < PEI_CHARTS_MAX);
    const pe_chart_axis axis = {.ticks = true,
                                .min = NAN,
                                .max = NAN,
                                .major = NAN,
                                .crossing = NAN,
                                .label_degrees = PE_AXIS_DEGREES_AUTO};
    pe_page_chart *chart = &page->charts[page->chart_count++];
    *chart = (pe_page_chart){.kind = kind,
                             .title = title,
                             .row = row,
                             .column = column,
                             .width = PEI_CHART_WIDTH,
                             .height = height,
                             .x = axis,
                             .y = axis,
                             .series = series};
    chart->y.gridlines = kind != PE_CHART_BARS;
    return chart;
}

pe_chart_series *pei_chart_series(pei_layout *l, pe_page_chart *chart, const char *name,
                                  const pei_chart_data *data, uint32_t color)
{
    if (name == NULL) l->failed = true;
    if (l->failed) return NULL;
    PE_ASSERT(chart->series_count < SERIES_MAX);
    pe_chart_series *s = &chart->series[chart->series_count++];
    *s = (pe_chart_series){.name = name,
                           .x = {0, 0, data->first, data->last, data->x, data->x},
                           .y = {0, 0, data->first, data->last, data->y, data->y},
                           .color = color,
                           .label_color = PE_PAGE_INK};
    return s;
}

double pei_round_step(double least)
{
    static const double steps[] = {1, 2, 5};
    double power = pe_power_of_ten(least, NULL);
    for (size_t i = 0; i < PE_COUNT(steps); i++)
        if (steps[i] * power >= least * (1 - 1e-9)) return steps[i] * power;
    return 10 * power;
}

void pei_round_axis(pe_chart_axis *axis, double low, double high)
{
    double unit = high > low ? pei_round_step((high - low) / 6) : pei_round_step(fabs(low) + 1);
    axis->min = axis->crossing = floor(low / unit + 1e-9) * unit;
    axis->max = fmax(ceil(high / unit - 1e-9) * unit, axis->min + unit);
    axis->major = unit;
}

/* ---- markers */

uint32_t pei_marks(pei_layout *l, const pe_report_output *o, pei_mark marks[4])
{
    const pe_summary *s = &o->summary;
    const pei_mark all[] = {{"P5", pe_summary_percentile(s, 5), PE_PAGE_INK, PE_DASH_DASH},
                            {"P95", pe_summary_percentile(s, 95), PE_PAGE_INK, PE_DASH_DASH},
                            {"mean", s->mean, PEI_ORANGE, PE_DASH_SOLID},
                            {pei_has_base_case(o) ? "base" : "stored",
                             pe_is_number(o->base) ? pe_as_number(o->base) : NAN, PEI_GREEN,
                             PE_DASH_LONG}};
    uint32_t n = 0;
    for (size_t i = 0; i < PE_COUNT(all); i++) {
        uint32_t same = 0;
        while (same < n && marks[same].x != all[i].x) same++;
        if (!isfinite(all[i].x)) continue;
        if (same == n)
            marks[n++] = all[i];
        else
            marks[same].label =
                pe_arena_printf(l->arena, "%s, %s", marks[same].label, all[i].label);
        if (marks[same].label == NULL) l->failed = true;
    }
    return l->failed ? 0 : n;
}

bool pei_has_base_case(const pe_report_output *output)
{
    return output->base_label != NULL && strncmp(output->base_label, "base", 4) == 0;
}

const char *pei_mark_text(pei_layout *l, const pe_report_output *o, const pei_mark *mark)
{
    char value[64];
    const char *format = mark->x == o->summary.mean ? pei_mean_format(l->arena, l->report, o)
                                                    : pei_number_format(l->arena, l->report, o);
    if (format == NULL) return NULL;
    pe_report_value_text(mark->x, format, l->report->date1904, value, sizeof value);
    return pe_arena_printf(l->arena, "%s %s", mark->label, value);
}

static void line_style(pe_chart_series *s, double width, pe_chart_dash dash)
{
    s->width_points = width;
    s->dash = (uint8_t)dash;
}

/* Vertical lines at the marks' true places. */
static void add_lines(pei_layout *l, pe_page_chart *chart, const pe_report_output *o)
{
    pei_mark marks[4];
    uint32_t n = pei_marks(l, o, marks);
    pei_chart_heading(l, COLUMN_MARK_X, "marks");
    for (uint32_t i = 0; i < n && !l->failed; i++) {
        uint32_t row = PEI_DATA_ROW + 2 * i;
        for (uint32_t k = 0; k < 2; k++) {
            pei_chart_number(l, row + k, COLUMN_MARK_X, marks[i].x);
            pei_chart_number(l, row + k, COLUMN_MARK_P, k);
        }
        pei_chart_data data = {COLUMN_MARK_X, COLUMN_MARK_P, row, row + 1};
        pe_chart_series *s =
            pei_chart_series(l, chart, pei_mark_text(l, o, &marks[i]), &data, marks[i].color);
        if (s != NULL) line_style(s, 1.75, marks[i].dash);
    }
}

/* ---- cumulative curve */

static void put_curve(pei_layout *l, const pei_cumulative *curve)
{
    pei_chart_heading(l, COLUMN_X, "x");
    pei_chart_heading(l, COLUMN_P, "P(X<=x)");
    for (uint32_t i = 0; i < curve->count; i++) {
        pei_chart_number(l, PEI_DATA_ROW + i, COLUMN_X, curve->x[i]);
        pei_chart_number(l, PEI_DATA_ROW + i, COLUMN_P, curve->p[i]);
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

void pei_add_curve(pei_layout *l, const pe_report_output *o, const pei_cumulative *curve,
                   uint32_t row, uint32_t column)
{
    pe_page_chart *chart =
        pei_chart_new(l, PE_CHART_LINES, "How likely is it that X stays at or below a value?", row,
                      column, PEI_CURVE_HEIGHT);
    pei_chart_data data = {COLUMN_X, COLUMN_P, PEI_DATA_ROW, PEI_DATA_ROW + curve->count - 1};
    if (chart == NULL) return;
    put_curve(l, curve);
    pe_chart_series *s = pei_chart_series(l, chart, "P(X<=x)", &data, PEI_BLUE);
    if (s != NULL) line_style(s, 2.25, PE_DASH_SOLID);
    add_lines(l, chart, o);
    double low, high;
    curve_range(o, &low, &high);
    pei_round_axis(&chart->x, low, high);
    chart->x.number_format = pei_number_format(l->arena, l->report, o);
    if (chart->x.number_format == NULL) l->failed = true;
    chart->y.number_format = "0%";
    chart->y.min = 0;
    chart->y.max = 1;
    chart->y.major = 0.25;
    chart->legend = true;
}

/* ---- tornado */

static void put_bars(pei_layout *l, const pe_report_output *o)
{
    pei_chart_heading(l, COLUMN_NAME, "input");
    pei_chart_heading(l, COLUMN_SIGNAL, "rank correlation");
    pei_chart_heading(l, COLUMN_NOISE, "within noise");
    for (uint32_t i = 0; i < o->tornado_count; i++) {
        const pe_report_bar *bar = &o->tornado[i];
        pei_put_text(l, PEI_DATA_ROW + i, COLUMN_NAME, bar->name, PEI_PLAIN);
        pei_chart_number(l, PEI_DATA_ROW + i, bar->noise ? COLUMN_NOISE : COLUMN_SIGNAL,
                         bar->correlation);
    }
}

static void dress_tornado(pe_page_chart *chart, const pe_report_output *o)
{
    double limit = 0.2; /* symmetric, so that the middle is 0 */
    for (uint32_t i = 0; i < o->tornado_count; i++)
        while (limit < 1 && fabs(o->tornado[i].correlation) > 0.9 * limit) limit += 0.2;
    limit = limit > 0.5 ? 1 : limit;
    chart->overlap_percent = 100;
    chart->gap_percent = 40;
    chart->y.number_format = "0.0";
    chart->y.major = limit / 2;
    chart->y.min = -limit;
    chart->y.max = limit;
    chart->y.gridlines = true;
    chart->x.reverse = true;
    chart->x.labels_low = true;
    chart->x.label_every = 1;
}

void pei_add_tornado(pei_layout *l, const pe_report_output *o, uint32_t row, uint32_t column)
{
    static const uint32_t colors[] = {PEI_BLUE, PEI_GREY};
    static const char *const names[] = {"rank correlation", "within noise"};
    bool noise = false;
    for (uint32_t i = 0; i < o->tornado_count; i++) noise = noise || o->tornado[i].noise;
    pe_page_chart *chart =
        pei_chart_new(l, PE_CHART_BARS,
                      noise ? "What drives it: rank correlation (grey: within noise)"
                            : "What drives it: rank correlation",
                      row, column, pei_tornado_height(o));
    if (chart == NULL) return;
    put_bars(l, o);
    for (int k = 0; k < (noise ? 2 : 1); k++) {
        pei_chart_data data = {COLUMN_NAME, k == 0 ? COLUMN_SIGNAL : COLUMN_NOISE, PEI_DATA_ROW,
                               PEI_DATA_ROW + o->tornado_count - 1};
        pe_chart_series *s = pei_chart_series(l, chart, names[k], &data, colors[k]);
        if (s != NULL) s->label_format = "0.00";
    }
    dress_tornado(chart, o);
}

double pei_tornado_height(const pe_report_output *output)
{
    return 80 + 22.0 * output->tornado_count;
}
