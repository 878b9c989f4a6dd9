/* report_histogram.c: the histogram as a column chart, one category per bar, so that every bar has
 * its label and resizing keeps the shape. Base case, mean, P5 and P95 are lines through the bar
 * that holds them: columns without a fill whose error bar reaches down to the axis. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#define PLOT_PIXELS 560.0 /* the category axis of such a chart */
#define LABEL_PIXELS 16.0 /* the height of a slanted label's line */
#define LEVEL 0.13        /* from one row of marks' labels to the next, in parts of the top */

enum {
    COLUMN_FROM = PEI_BAR_COLUMN,
    COLUMN_TO,
    COLUMN_TRIALS,
    COLUMN_LABEL,
    COLUMN_SHARE, /* three columns: plain bars, tails, single values */
    COLUMN_MARK = COLUMN_SHARE + 3
};

enum { GROUP_PLAIN, GROUP_TAIL, GROUP_VALUE, GROUPS };

typedef struct histogram {
    pei_writer *w;
    lxw_worksheet *sheet;
    lxw_chart *chart;
    const pe_summary *summary;
    uint32_t output;
    const char *format;
    double top; /* largest share */
    size_t label_characters;
    bool ranges, has[GROUPS];
} histogram;

static int group_of(const pe_bar *bar)
{
    if (bar->spike) return GROUP_VALUE;
    return bar->kind == PE_BAR_BELOW || bar->kind == PE_BAR_ABOVE ? GROUP_TAIL : GROUP_PLAIN;
}

static void bar_label(const histogram *h, const pe_bar *bar, char *out, size_t size)
{
    char value[64];
    double x = bar->kind == PE_BAR_BELOW ? bar->high : bar->low;
    pe_report_value_text(x, h->format, h->w->report->date1904, value, sizeof value);
    const char *sign = bar->kind == PE_BAR_BELOW   ? "< "
                       : bar->kind == PE_BAR_ABOVE ? (h->summary->integers ? ">= " : "> ")
                       : bar->spike                ? "= "
                                                   : "";
    snprintf(out, size, "%s%s", sign, value);
}

/* Whether the bar's label is shown: as many as there is room for, at multiples of a round step.
 * Tails and single values always are, and keep their neighbours' labels away. */
static bool is_labelled(const histogram *h, uint32_t i)
{
    static const uint32_t strides[] = {1, 2, 4, 5, 10, 20};
    const pe_summary *s = h->summary;
    const pe_bar *bar = &s->bars[i];
    uint32_t least = (uint32_t)ceil(LABEL_PIXELS * s->bar_count / PLOT_PIXELS), k = 0;
    if (group_of(bar) != GROUP_PLAIN) return true;
    while (k + 1 < PE_COUNT(strides) && strides[k] < least) k++;
    for (uint32_t j = i >= least ? i - least + 1 : 0; j < i + least && j < s->bar_count; j++)
        if (group_of(&s->bars[j]) != GROUP_PLAIN) return false;
    if (bar->kind == PE_BAR_VALUE) return i % strides[k] == 0;
    double step = (bar->high - bar->low) * strides[k], at = bar->low / step;
    return fabs(at - round(at)) < 1e-6;
}

static void put_bars(histogram *h)
{
    static const char *const headings[] = {"from",  "to",   "trials",      "bar",
                                           "share", "tail", "single value"};
    const pe_summary *s = h->summary;
    for (size_t i = 0; i < PE_COUNT(headings); i++)
        pei_chart_heading(h->w, h->sheet, (lxw_col_t)(COLUMN_FROM + i), headings[i]);
    for (uint32_t i = 0; i < s->bar_count; i++) {
        const pe_bar *bar = &s->bars[i];
        lxw_row_t row = PEI_DATA_ROW + i;
        char label[80];
        int group = group_of(bar);
        double share = (double)bar->count / (double)s->n;
        bar_label(h, bar, label, sizeof label);
        worksheet_write_number(h->sheet, row, COLUMN_FROM, bar->low, NULL);
        worksheet_write_number(h->sheet, row, COLUMN_TO, bar->high, NULL);
        worksheet_write_number(h->sheet, row, COLUMN_TRIALS, (double)bar->count, NULL);
        pei_put_text(h->w, h->sheet, row, COLUMN_LABEL, is_labelled(h, i) ? label : "", PEI_PLAIN);
        worksheet_write_number(h->sheet, row, (lxw_col_t)(COLUMN_SHARE + group), share, NULL);
        h->has[group] = true;
        h->ranges = h->ranges || bar->kind == PE_BAR_RANGE;
        h->top = fmax(h->top, share);
        if (strlen(label) > h->label_characters) h->label_characters = strlen(label);
    }
}

static pei_chart_data bar_data(const histogram *h, lxw_col_t column)
{
    return (pei_chart_data){COLUMN_LABEL, column, PEI_DATA_ROW,
                            PEI_DATA_ROW + h->summary->bar_count - 1};
}

static void add_bars(histogram *h)
{
    static const char *const names[] = {"share of trials", "beyond", "one value"};
    static const lxw_color_t colors[] = {PEI_SKY, PEI_GREY, PEI_BLUE};
    for (int group = 0; group < GROUPS && !h->w->failed; group++) {
        if (!h->has[group]) continue;
        pei_chart_data data = bar_data(h, (lxw_col_t)(COLUMN_SHARE + group));
        lxw_chart_series *s = pei_chart_series(h->w, h->chart, h->output, names[group], &data);
        if (s == NULL) return;
        lxw_chart_fill fill = {.color = colors[group]};
        chart_series_set_fill(s, &fill);
        if (group == GROUP_VALUE) {
            lxw_chart_font font = {
                .name = PEI_FONT, .size = 9, .bold = LXW_TRUE, .color = PEI_BLUE};
            chart_series_set_labels(s);
            chart_series_set_labels_num_format(s, "0.0%");
            chart_series_set_labels_font(s, &font);
        }
    }
}

/* The bar that x falls in. */
static uint32_t bar_at(const pe_summary *s, double x)
{
    uint32_t nearest = 0;
    double distance = INFINITY;
    for (uint32_t i = 0; i < s->bar_count; i++) {
        const pe_bar *bar = &s->bars[i];
        if (bar->kind == PE_BAR_VALUE && bar->low == x) return i;
        if (bar->kind == PE_BAR_BELOW && x < bar->high) return i;
        if (bar->kind == PE_BAR_RANGE && x >= bar->low && x < bar->high) nearest = i, distance = 0;
        double away = fmin(fabs(bar->low - x), fabs(bar->high - x));
        if (away < distance) nearest = i, distance = away;
    }
    return nearest;
}

/* Labels stand at heights of their own where they would meet. */
static void mark_heights(const histogram *h, uint32_t n, const uint32_t at[4], double height[4])
{
    double apart = 0.26 * (double)h->summary->bar_count; /* a label's width, in bars */
    uint32_t level[4] = {0};
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t b = 0; b < h->summary->bar_count; b++) /* above a single value's own label */
            if (h->summary->bars[b].spike && fabs((double)at[i] - (double)b) < apart) level[i] = 1;
        for (uint32_t k = 0; k < i; k++)
            if (fabs((double)at[i] - (double)at[k]) < apart && level[k] >= level[i])
                level[i] = level[k] + 1;
        height[i] = h->top * (1.03 + LEVEL * level[i]);
    }
}

static const char *quoted(pe_arena *arena, const char *text)
{
    char *out = pe_arena_printf(arena, "\"%s\"", text);
    for (char *p = out; p != NULL && *p != '\0'; p++)
        if (*p == '"' && p != out && p[1] != '\0') *p = '\'';
    return out;
}

static void add_mark(histogram *h, const pei_mark *mark, uint32_t index, uint32_t at, double height)
{
    lxw_col_t column = (lxw_col_t)(COLUMN_MARK + index);
    const char *name = pei_mark_text(h->w, h->output, mark),
               *label = name != NULL ? quoted(h->w->arena, name) : NULL;
    pei_chart_data data = bar_data(h, column);
    lxw_chart_series *s =
        label != NULL ? pei_chart_series(h->w, h->chart, h->output, name, &data) : NULL;
    if (s == NULL) {
        h->w->failed = true;
        return;
    }
    lxw_chart_line none = {.none = LXW_TRUE},
                   line = {.color = mark->color, .width = 1.75f, .dash_type = mark->dash};
    lxw_chart_fill clear = {.none = LXW_TRUE}, white = {.color = LXW_COLOR_WHITE};
    lxw_chart_font font = {.name = PEI_FONT, .size = 9, .bold = LXW_TRUE, .color = mark->color};
    pei_chart_heading(h->w, h->sheet, column, mark->label);
    worksheet_write_number(h->sheet, PEI_DATA_ROW + at, column, height, NULL);
    chart_series_set_fill(s, &clear);
    chart_series_set_line(s, &none);
    chart_series_set_error_bars(s->y_error_bars, LXW_CHART_ERROR_BAR_TYPE_PERCENTAGE, 100);
    chart_series_set_error_bars_direction(s->y_error_bars, LXW_CHART_ERROR_BAR_DIR_MINUS);
    chart_series_set_error_bars_endcap(s->y_error_bars, LXW_CHART_ERROR_BAR_NO_CAP);
    chart_series_set_error_bars_line(s->y_error_bars, &line);
    chart_series_set_labels(s); /* a number format that is all text: the one label that every */
    chart_series_set_labels_num_format(s, label); /* reader shows alike */
    chart_series_set_labels_position(s, LXW_CHART_LABEL_POSITION_OUTSIDE_END);
    chart_series_set_labels_font(s, &font);
    chart_series_set_labels_fill(s, &white);
}

/* Returns the highest mark's height. */
static double add_marks(histogram *h)
{
    pei_mark marks[4];
    uint32_t n = pei_marks(h->w, h->output, marks), at[4];
    double height[4], highest = h->top;
    for (uint32_t i = 0; i < n; i++) at[i] = bar_at(h->summary, marks[i].x);
    mark_heights(h, n, at, height);
    for (uint32_t i = 0; i < n && !h->w->failed; i++) {
        add_mark(h, &marks[i], i, at[i], height[i]);
        highest = fmax(highest, height[i]);
    }
    return highest;
}

static void dress(histogram *h, double highest)
{
    double unit = pei_round_step(h->top / 5),
           room = PLOT_PIXELS / (double)h->summary->bar_count; /* pixels per bar */
    bool flat = !h->ranges && room >= 6.0 * (double)h->label_characters + 8;
    lxw_chart_font font = {.name = PEI_FONT,
                           .size = 9,
                           .bold = LXW_EXPLICIT_FALSE,
                           .color = PEI_INK},
                   labels = {
                       .name = PEI_FONT, .size = 9, .rotation = flat ? 360 : -45, .color = PEI_INK};
    pei_chart_dress(h->chart, "Histogram");
    chart_set_series_overlap(h->chart, 100);
    chart_set_series_gap(h->chart, h->ranges ? 4 : 30);
    chart_axis_set_num_format(h->chart->y_axis, unit < 0.01 ? "0.0%" : "0%");
    chart_axis_set_min(h->chart->y_axis, 0);
    chart_axis_set_max(h->chart->y_axis, ceil((highest + 0.1 * h->top) / unit - 1e-9) * unit);
    chart_axis_set_major_unit(h->chart->y_axis, unit);
    chart_axis_set_num_font(h->chart->x_axis, &labels);
    chart_axis_set_interval_unit(h->chart->x_axis, 1);
    chart_axis_set_major_tick_mark(h->chart->x_axis, LXW_CHART_AXIS_TICK_MARK_NONE);
    if (h->ranges) {
        chart_axis_set_name(h->chart->x_axis,
                            h->has[GROUP_TAIL]
                                ? "lower end of each bar; grey: all trials below or above"
                                : "lower end of each bar");
        chart_axis_set_name_font(h->chart->x_axis, &font);
    }
}

void pei_add_histogram(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                       lxw_col_t column)
{
    const pe_report_output *o = &w->report->outputs[output];
    const pe_summary *s = &o->summary;
    histogram h = {.w = w, .sheet = sheet, .summary = s, .output = output};
    h.chart = pei_chart_new(w, LXW_CHART_COLUMN);
    h.format = s->integers && strcmp(o->format, "General") == 0
                   ? "#,##0"
                   : pei_number_format(w->arena, w->report, o);
    for (uint32_t i = 1; i < s->bar_count && h.format != NULL; i++)
        h.format = pei_format_apart(w->arena, h.format, s->bars[i - 1].low, s->bars[i].low,
                                    w->report->date1904);
    if (h.chart == NULL || h.format == NULL) {
        w->failed = true;
        return;
    }
    put_bars(&h);
    add_bars(&h);
    double highest = add_marks(&h);
    dress(&h, highest);
    pei_chart_place(w, sheet, h.chart, row, column, PEI_HISTOGRAM_HEIGHT);
}
