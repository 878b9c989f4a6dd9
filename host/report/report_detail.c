/* report_detail.c: one output's sheet: statistics, percentiles with their confidence intervals, a
 * probability that recalculates as the user types, charts. Text outputs have a frequency table
 * instead. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#define TABLE_ROW 4
#define CHART_COLUMN 8
#define ROW_PIXELS 18
#define ROW_POINTS 13.5
#define CURVE_ROW (3 + PEI_HISTOGRAM_HEIGHT / ROW_PIXELS)
#define TORNADO_ROW (CURVE_ROW + 1 + PEI_CURVE_HEIGHT / ROW_PIXELS)

typedef struct detail {
    pei_writer *w;
    lxw_worksheet *sheet;
    const pe_report_output *output;
    uint32_t index;
    const char *format, *spread;
    lxw_row_t row;
} detail;

static void line_number(detail *d, const char *label, double x, const char *format)
{
    pei_put_text(d->w, d->sheet, d->row, 0, label, PEI_LABEL);
    pei_put_number(d->w, d->sheet, d->row, 1, x, PEI_PLAIN, format);
    d->row++;
}

static void line_count(detail *d, const char *label, uint64_t n, pei_look look)
{
    pei_put_text(d->w, d->sheet, d->row, 0, label, PEI_LABEL);
    pei_put_number(d->w, d->sheet, d->row, 1, (double)n, look, "#,##0");
    d->row++;
}

static void put_counts(detail *d)
{
    const pe_summary *s = &d->output->summary;
    char label[64];
    line_count(d, "Trials", s->trials, PEI_PLAIN);
    line_count(d, "Trials with a number", s->n, PEI_PLAIN);
    if (s->text_count + s->boolean_count > 0)
        line_count(d, "Trials with text or TRUE/FALSE", s->text_count + s->boolean_count,
                   PEI_PLAIN);
    line_count(d, "Errors", s->error_count,
               (double)s->error_count > 0.01 * (double)s->trials ? PEI_WARNING : PEI_PLAIN);
    for (int code = 1; code < PE_ERROR_COUNT; code++) {
        if (s->error_counts[code] == 0) continue;
        snprintf(label, sizeof label, "   %s", pe_error_text((pe_error_code)code));
        line_count(d, label, s->error_counts[code], PEI_PLAIN);
    }
}

static void put_base(detail *d)
{
    const pe_report_output *o = d->output;
    char label[64];
    if (pe_is_number(o->base)) {
        snprintf(label, sizeof label, "%.60s",
                 strncmp(o->base_label, "base", 4) == 0 ? "Base case"
                                                        : "Stored value (one random draw)");
        line_number(d, label, pe_as_number(o->base), d->format);
        line_number(d, "P(X <= that)", o->summary.probability_base, "0.0%");
    }
}

static void put_statistics(detail *d)
{
    const pe_summary *s = &d->output->summary;
    const char *mean_format = pei_mean_format(d->w->arena, d->w->report, d->output);
    line_number(d, "Mean", s->mean, mean_format);
    line_number(d, "   95% interval from", s->mean_low, mean_format);
    line_number(d, "   to", s->mean_high, mean_format);
    line_number(d, "Standard error of the mean", s->standard_error,
                pei_error_format(d->w->arena, d->w->report, d->output));
    line_number(d, "Standard deviation", s->sd, d->spread);
    line_number(d, "Variance", s->variance, "0.0000E+00");
    line_number(d, "Skewness", s->skewness, "0.000");
    line_number(d, "Kurtosis (normal = 3)", s->kurtosis, "0.000");
    line_number(d, "Mode", s->mode, d->format);
    line_number(d, "Minimum", s->min, d->format);
    line_number(d, "Maximum", s->max, d->format);
    line_number(d, "P(X < 0)", s->probability_negative, "0.0%");
    put_base(d);
    for (uint32_t i = 0; i < d->output->target_count; i++) {
        char label[96], operand[64];
        const pe_target *t = &d->output->targets[i];
        pe_report_value_text(t->operand, d->format, d->w->report->date1904, operand,
                             sizeof operand);
        snprintf(label, sizeof label, "P(X %s %s)", t->op, operand);
        line_number(d, label, t->probability, "0.0%");
        line_number(d, "   95% interval from", t->low, "0.0%");
        line_number(d, "   to", t->high, "0.0%");
    }
    if (d->w->report->sampling == PE_LATIN_HYPERCUBE) {
        pei_put_text(d->w, d->sheet, d->row, 0,
                     "Intervals are conservative under Latin hypercube sampling.", PEI_SUBTITLE);
        d->row++;
    }
}

static lxw_row_t put_percentiles(detail *d)
{
    static const char *const headings[] = {"Percentile", "Value", "95% from", "95% to"};
    lxw_row_t row = TABLE_ROW;
    for (lxw_col_t c = 0; c < 4; c++)
        pei_put_text(d->w, d->sheet, row - 1, (lxw_col_t)(3 + c), headings[c], PEI_HEADING_RIGHT);
    for (int i = 0; i < PE_PERCENTILES; i++, row++) {
        const pe_percentile *p = &d->output->summary.percentiles[i];
        pei_put_number(d->w, d->sheet, row, 3, p->percent / 100, PEI_LABEL,
                       p->percent == floor(p->percent) ? "0%" : "0.0%");
        pei_put_number(d->w, d->sheet, row, 4, p->value, PEI_PLAIN, d->format);
        pei_put_number(d->w, d->sheet, row, 5, p->low, PEI_PLAIN, d->format);
        pei_put_number(d->w, d->sheet, row, 6, p->high, PEI_PLAIN, d->format);
    }
    return row;
}

/* The user types a value; a live formula looks it up in the cumulative table (AA: x, AB: P). */
static void put_probability(detail *d, const pei_cumulative *curve, lxw_row_t row)
{
    char formula[512];
    double x =
        pe_is_number(d->output->base) ? pe_as_number(d->output->base) : d->output->summary.mean;
    unsigned e = row + 2, first = PEI_DATA_ROW + 1, last = PEI_DATA_ROW + curve->count;
    pei_put_text(d->w, d->sheet, row, 3,
                 "Type a value: how likely is it that X stays at or below it?", PEI_SUBTITLE);
    pei_put_text(d->w, d->sheet, row + 1, 3, "Value", PEI_LABEL);
    pei_put_number(d->w, d->sheet, row + 1, 4, x, PEI_ENTRY, d->format);
    pei_put_text(d->w, d->sheet, row + 2, 3, "P(X <= value)", PEI_LABEL);
    snprintf(formula, sizeof formula,
             "=IF(E%u<AA%u,0,IF(E%u>=AA%u,1,INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1))+"
             "(E%u-INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)))*"
             "(INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1)+1)-INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1)))/"
             "(INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)+1)-"
             "INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)))))",
             e, first, e, last, first, last, e, first, last, e, first, last, e, first, last, first,
             last, e, first, last, first, last, e, first, last, first, last, e, first, last, first,
             last, e, first, last);
    worksheet_write_formula_num(d->sheet, row + 2, 4, formula, pei_format(d->w, PEI_PLAIN, "0.0%"),
                                pei_probability(curve, x));
}

/* Bars lie, so that long texts can be read; the most frequent on top. */
static void add_frequency_chart(detail *d, uint32_t shown)
{
    lxw_chart *chart = pei_chart_new(d->w, LXW_CHART_BAR);
    pei_chart_data data = {3, 5, TABLE_ROW, TABLE_ROW + shown - 1};
    lxw_chart_series *series =
        chart != NULL ? pei_chart_series(d->w, chart, d->index, "share of trials", &data) : NULL;
    if (series == NULL) return;
    lxw_chart_fill fill = {.color = PEI_BLUE};
    lxw_chart_font font = {.name = PEI_FONT, .size = 9, .color = PEI_INK};
    chart_series_set_fill(series, &fill);
    chart_series_set_labels(series);
    chart_series_set_labels_num_format(series, "0.0%");
    chart_series_set_labels_font(series, &font);
    pei_chart_dress(chart, "Share of trials");
    chart_axis_major_gridlines_set_visible(chart->y_axis, LXW_FALSE);
    chart_axis_set_num_format(chart->x_axis, "0%");
    chart_axis_set_min(chart->x_axis, 0);
    chart_axis_set_max(chart->x_axis, 1);
    chart_axis_set_reverse(chart->y_axis);
    chart_axis_set_interval_unit(chart->y_axis, 1);
    chart_set_series_gap(chart, 40);
    pei_chart_place(d->w, d->sheet, chart, 2, CHART_COLUMN, 90 + 26.0 * shown);
}

static void put_frequencies(detail *d)
{
    const pe_summary *s = &d->output->summary;
    uint32_t shown = s->frequency_count < 40 ? s->frequency_count : 40;
    pei_put_text(d->w, d->sheet, TABLE_ROW - 1, 3, "Value", PEI_HEADING);
    pei_put_text(d->w, d->sheet, TABLE_ROW - 1, 4, "Trials", PEI_HEADING_RIGHT);
    pei_put_text(d->w, d->sheet, TABLE_ROW - 1, 5, "Share", PEI_HEADING_RIGHT);
    for (uint32_t i = 0; i < shown; i++) {
        pei_put_text(d->w, d->sheet, TABLE_ROW + i, 3, s->frequencies[i].label, PEI_PLAIN);
        pei_put_number(d->w, d->sheet, TABLE_ROW + i, 4, (double)s->frequencies[i].count, PEI_PLAIN,
                       "#,##0");
        pei_put_number(d->w, d->sheet, TABLE_ROW + i, 5,
                       (double)s->frequencies[i].count / (double)s->trials, PEI_PLAIN, "0.0%");
    }
    if (shown < s->frequency_count)
        pei_put_text(d->w, d->sheet, TABLE_ROW + shown, 3, "further values are rarer",
                     PEI_SUBTITLE);
    add_frequency_chart(d, shown < 20 ? shown : 20);
}

/* A column as wide as the longest of these numbers in this format. */
static double column_width(const detail *d, const double *values, size_t count, const char *format)
{
    size_t longest = 9;
    for (size_t i = 0; i < count; i++) {
        char text[128];
        if (!isfinite(values[i])) continue;
        size_t n =
            pe_report_value_text(values[i], format, d->w->report->date1904, text, sizeof text);
        if (n > longest) longest = n;
    }
    return fmin((double)longest + 2.5, 40);
}

static void set_columns(detail *d)
{
    const pe_summary *s = &d->output->summary;
    double values[3 * PE_PERCENTILES + 8], spreads[] = {s->sd, s->standard_error};
    size_t n = 0;
    bool numbers = s->kind == PE_SUMMARY_NUMBERS || s->kind == PE_SUMMARY_MIXED ||
                   s->kind == PE_SUMMARY_CONSTANT;
    double width = 12, value_width = 12;
    if (numbers) {
        for (int i = 0; i < PE_PERCENTILES; i++) {
            values[n++] = s->percentiles[i].value;
            values[n++] = s->percentiles[i].low;
            values[n++] = s->percentiles[i].high;
        }
        if (pe_is_number(d->output->base)) values[n++] = pe_as_number(d->output->base);
        width = column_width(d, values, n, d->format);
        values[n++] = s->min;
        values[n++] = s->max;
        values[n++] = s->mode;
        value_width = fmax(column_width(d, values, n, d->format),
                           column_width(d, spreads, PE_COUNT(spreads), d->spread));
    }
    worksheet_set_column(d->sheet, 0, 0, 29, NULL);
    worksheet_set_column(d->sheet, 1, 1, value_width, NULL);
    worksheet_set_column(d->sheet, 2, 2, 2, NULL);
    worksheet_set_column(d->sheet, 3, 3, s->kind == PE_SUMMARY_LABELS ? 28 : 14, NULL);
    worksheet_set_column(d->sheet, 4, 6, width, NULL);
    worksheet_set_column(d->sheet, 7, 7, 2, NULL);
}

static void put_head(detail *d)
{
    const pe_report_output *o = d->output;
    const pe_summary *s = &o->summary;
    char text[256];
    snprintf(text, sizeof text, "Power Engine: %.200s", o->name);
    pei_put_text(d->w, d->sheet, 0, 0, text, PEI_TITLE);
    const char *trials = pei_count_text(d->w->arena, s->trials);
    snprintf(text, sizeof text, "%.120s, %s trials", o->cell, trials != NULL ? trials : "");
    pei_put_text(d->w, d->sheet, 1, 0, text, PEI_SUBTITLE);
    if (s->error_count > 0 && s->n > 0) {
        const char *share = pei_share_text(d->w->arena, s);
        snprintf(text, sizeof text, "describes the other %s of trials", share != NULL ? share : "");
        pei_put_text(d->w, d->sheet, 2, 0, text,
                     (double)s->error_count > 0.01 * (double)s->trials ? PEI_WARNING
                                                                       : PEI_SUBTITLE);
    }
    worksheet_set_row(d->sheet, 0, 24, NULL);
    set_columns(d);
}

static void put_number_parts(detail *d)
{
    pei_writer *w = d->w;
    put_statistics(d);
    lxw_row_t end = put_percentiles(d);
    pei_cumulative curve = pei_cumulative_of(w, d->output);
    if (w->failed) return;
    put_probability(d, &curve, end + 1);
    pei_add_histogram(w, d->sheet, d->index, 2, CHART_COLUMN);
    pei_add_curve(w, d->sheet, d->index, &curve, CURVE_ROW, CHART_COLUMN);
    if (d->output->tornado_count > 0)
        pei_add_tornado(w, d->sheet, d->index, TORNADO_ROW, CHART_COLUMN);
}

/* The row below the lowest chart. */
static lxw_row_t charts_end(const pe_report_output *o)
{
    switch (o->summary.kind) {
    case PE_SUMMARY_NUMBERS:
    case PE_SUMMARY_MIXED:
        return o->tornado_count > 0
                   ? TORNADO_ROW + (lxw_row_t)(pei_tornado_height(o) / ROW_PIXELS) + 1
                   : TORNADO_ROW;
    case PE_SUMMARY_LABELS:
        return 50; /* room for the longest table and chart of frequencies */
    default:
        return 0;
    }
}

void pei_write_detail(pei_writer *w, uint32_t output)
{
    const pe_report_output *o = &w->report->outputs[output];
    const pe_summary *s = &o->summary;
    detail d = {.w = w, .output = o, .index = output, .row = TABLE_ROW};
    d.sheet = workbook_add_worksheet(w->workbook, w->sheet_names[output]);
    d.format = pei_number_format(w->arena, w->report, o);
    d.spread = pei_spread_format(w->arena, w->report, o);
    if (d.sheet == NULL || d.format == NULL || d.spread == NULL) {
        w->failed = true;
        return;
    }
    put_head(&d);
    pei_put_text(w, d.sheet, TABLE_ROW - 1, 0, "Statistic", PEI_HEADING);
    pei_put_text(w, d.sheet, TABLE_ROW - 1, 1, "Value", PEI_HEADING_RIGHT);
    put_counts(&d);
    if (s->kind == PE_SUMMARY_CONSTANT)
        line_number(&d, "The same in every trial", s->mean, d.format);
    else if (s->kind == PE_SUMMARY_NUMBERS || s->kind == PE_SUMMARY_MIXED)
        put_number_parts(&d);
    if (s->kind == PE_SUMMARY_LABELS) put_frequencies(&d);
    if (s->kind == PE_SUMMARY_MIXED) /* below the statistics: the other kinds */
        for (uint32_t i = 0; i < s->frequency_count && i < 20; i++)
            line_count(&d, s->frequencies[i].label, s->frequencies[i].count, PEI_PLAIN);
    lxw_row_t last = charts_end(o) > d.row ? charts_end(o) : d.row;
    for (lxw_row_t row = 1; row <= last; row++) worksheet_set_row(d.sheet, row, ROW_POINTS, NULL);
    worksheet_freeze_panes(d.sheet, TABLE_ROW, 0);
    pei_page(d.sheet, 0, 1, CHART_COLUMN + 9, last);
    worksheet_fit_to_pages(d.sheet, 1, 1);
}
