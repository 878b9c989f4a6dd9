/* report_histogram.c: the histogram as a column chart, one category per bar, so that every bar has
 * its label and resizing keeps the shape. Base case, mean, P5 and P95 are lines through the bar
 * that holds them: columns without a fill whose error bar reaches down to the axis. */
#include "report_internal.h"

#include <math.h>

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
    pei_layout *l;
    pe_page_chart *chart;
    const pe_report_output *output;
    const pe_summary *summary;
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

static const char *bar_label(const histogram *h, const pe_bar *bar)
{
    char value[64];
    double x = bar->kind == PE_BAR_BELOW ? bar->high : bar->low;
    pe_report_value_text(x, h->format, h->l->report->date1904, value, sizeof value);
    const char *sign = bar->kind == PE_BAR_BELOW   ? "< "
                       : bar->kind == PE_BAR_ABOVE ? (h->summary->integers ? ">= " : "> ")
                       : bar->spike                ? "= "
                                                   : "";
    return pe_arena_printf(h->l->arena, "%s%s", sign, value);
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
    for (uint32_t i = 0; i < PE_COUNT(headings); i++)
        pei_chart_heading(h->l, COLUMN_FROM + i, headings[i]);
    for (uint32_t i = 0; i < s->bar_count; i++) {
        const pe_bar *bar = &s->bars[i];
        uint32_t row = PEI_DATA_ROW + i, group = (uint32_t)group_of(bar);
        double share = (double)bar->count / (double)s->n;
        const char *label = bar_label(h, bar);
        pei_chart_number(h->l, row, COLUMN_FROM, bar->low);
        pei_chart_number(h->l, row, COLUMN_TO, bar->high);
        pei_chart_number(h->l, row, COLUMN_TRIALS, (double)bar->count);
        pei_put_text(h->l, row, COLUMN_LABEL, is_labelled(h, i) ? label : "", PEI_PLAIN);
        pei_chart_number(h->l, row, COLUMN_SHARE + group, share);
        h->has[group] = true;
        h->ranges = h->ranges || bar->kind == PE_BAR_RANGE;
        h->top = fmax(h->top, share);
        if (label != NULL && strlen(label) > h->label_characters)
            h->label_characters = strlen(label);
    }
}

static pei_chart_data bar_data(const histogram *h, uint32_t column)
{
    return (pei_chart_data){COLUMN_LABEL, column, PEI_DATA_ROW,
                            PEI_DATA_ROW + h->summary->bar_count - 1};
}

static void add_bars(histogram *h)
{
    static const char *const names[] = {"share of trials", "beyond", "one value"};
    static const uint32_t colors[] = {PEI_SKY, PEI_GREY, PEI_BLUE};
    for (uint32_t group = 0; group < GROUPS && !h->l->failed; group++) {
        if (!h->has[group]) continue;
        pei_chart_data data = bar_data(h, COLUMN_SHARE + group);
        pe_chart_series *s = pei_chart_series(h->l, h->chart, names[group], &data, colors[group]);
        if (s == NULL || group != GROUP_VALUE) continue;
        s->label_format = "0.0%";
        s->label_color = PEI_BLUE;
        s->label_bold = true;
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
    uint32_t column = COLUMN_MARK + index;
    const char *name = pei_mark_text(h->l, h->output, mark);
    pei_chart_data data = bar_data(h, column);
    pe_chart_series *s = pei_chart_series(h->l, h->chart, name, &data, mark->color);
    pei_chart_heading(h->l, column, mark->label);
    pei_chart_number(h->l, PEI_DATA_ROW + at, column, height);
    if (s == NULL) return;
    s->drop_line = true;
    s->width_points = 1.75;
    s->dash = (uint8_t)mark->dash;
    s->label_format = quoted(h->l->arena, name); /* a number format that is all text: the one */
    s->label_color = mark->color;                /* label that every reader shows alike */
    s->label_bold = s->label_white = true;
    if (s->label_format == NULL) h->l->failed = true;
}

/* Returns the highest mark's height. */
static double add_marks(histogram *h)
{
    pei_mark marks[4];
    uint32_t n = pei_marks(h->l, h->output, marks), at[4];
    double height[4], highest = h->top;
    for (uint32_t i = 0; i < n; i++) at[i] = bar_at(h->summary, marks[i].x);
    mark_heights(h, n, at, height);
    for (uint32_t i = 0; i < n && !h->l->failed; i++) {
        add_mark(h, &marks[i], i, at[i], height[i]);
        highest = fmax(highest, height[i]);
    }
    return highest;
}

static void dress(histogram *h, double highest)
{
    pe_page_chart *chart = h->chart;
    double unit = pei_round_step(h->top / 5),
           room = PLOT_PIXELS / (double)h->summary->bar_count; /* pixels per bar */
    bool flat = !h->ranges && room >= 6.0 * (double)h->label_characters + 8;
    chart->overlap_percent = 100;
    chart->gap_percent = h->ranges ? 4 : 30;
    chart->y.number_format = unit < 0.01 ? "0.0%" : "0%";
    chart->y.min = 0;
    chart->y.max = ceil((highest + 0.1 * h->top) / unit - 1e-9) * unit;
    chart->y.major = unit;
    chart->x.label_degrees = flat ? 0 : -45;
    chart->x.label_every = 1;
    chart->x.ticks = false;
    if (h->ranges)
        chart->x.title = h->has[GROUP_TAIL]
                             ? "lower end of each bar; grey: all trials below or above"
                             : "lower end of each bar";
}

void pei_add_histogram(pei_layout *l, const pe_report_output *o, uint32_t row, uint32_t column)
{
    const pe_summary *s = &o->summary;
    histogram h = {.l = l, .summary = s, .output = o};
    h.chart = pei_chart_new(l, PE_CHART_COLUMNS, "Histogram", row, column, PEI_HISTOGRAM_HEIGHT);
    h.format = s->integers && strcmp(o->format, "General") == 0
                   ? "#,##0"
                   : pei_number_format(l->arena, l->report, o);
    for (uint32_t i = 1; i < s->bar_count && h.format != NULL; i++)
        h.format = pei_format_apart(l->arena, h.format, s->bars[i - 1].low, s->bars[i].low,
                                    l->report->date1904);
    if (h.chart == NULL || h.format == NULL) {
        l->failed = true;
        return;
    }
    put_bars(&h);
    add_bars(&h);
    dress(&h, add_marks(&h));
}
