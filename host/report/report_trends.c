/* report_trends.c: the sheet "Trends": outputs that stand side by side in the model (the years of a
 * plan) as one table and one chart of mean, median and bands. Which outputs form a trend follows
 * from the model alone, so that each has the same place in every run. */
#include "report_internal.h"

#include <math.h>
#include <stdlib.h>

#define TREND_MIN 3u /* two points show no trend */
#define FIRST_ROW 3u
#define CHART_COLUMN 1
#define CHART_HEIGHT 324
#define CHART_ROWS (CHART_HEIGHT / 18 + 2)

enum {
    COLUMN_NAME,
    COLUMN_CELL,
    COLUMN_POINT,
    COLUMN_MEAN,
    COLUMN_SD,
    COLUMN_P5,
    COLUMN_P25,
    COLUMN_P50,
    COLUMN_P75,
    COLUMN_P95,
    COLUMN_BASE,
    COLUMNS
};

/* ---- which outputs form trends */

typedef struct placed {
    uint32_t sheet, line, place, output; /* line: row or column; place: along it */
} placed;

typedef struct trend {
    uint32_t first, count; /* of members */
} trend;

typedef struct trends {
    uint32_t *members; /* outputs, trend by trend */
    uint32_t member_count;
    trend list[PEI_TRENDS_MAX];
    uint32_t count, found;
} trends;

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->sheet != y->sheet) return x->sheet < y->sheet ? -1 : 1;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return (x->output > y->output) - (x->output < y->output);
}

/* The name without the address that tells it from another of the same name. */
static size_t plain_length(const pe_report_output *o)
{
    size_t name = strlen(o->name), cell = strlen(o->cell);
    bool added = name > cell + 3 && memcmp(o->name + name - cell - 3, " (", 2) == 0 &&
                 memcmp(o->name + name - cell - 1, o->cell, cell) == 0;
    return added ? name - cell - 3 : name;
}

static bool same_name(const pe_report_output *a, const pe_report_output *b)
{
    size_t length = plain_length(a);
    return length == plain_length(b) && memcmp(a->name, b->name, length) == 0;
}

/* Neighbours of one kind: with the same number format, and one below the other only where they have
 * one name, since what a list has in its rows (revenue, cost, profit) is no series. */
static bool are_neighbours(const pe_report *r, bool columns, const placed *x, const placed *y)
{
    const pe_report_output *a = &r->outputs[x->output], *b = &r->outputs[y->output];
    return x->sheet == y->sheet && x->line == y->line && x->place + 1 == y->place &&
           strcmp(a->format, b->format) == 0 && (!columns || same_name(a, b));
}

static void add_trend(trends *t, const placed *run, uint32_t count, bool *used)
{
    if (t->found++ < PEI_TRENDS_MAX) t->list[t->count++] = (trend){t->member_count, count};
    for (uint32_t i = 0; i < count; i++) {
        used[run[i].output] = true;
        t->members[t->member_count++] = run[i].output;
    }
}

/* Outputs that no trend has yet, in lines along rows or along columns. */
static void find_along(const pe_report *r, bool columns, placed *list, bool *used, trends *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->output_count; i++) {
        const pe_cell_ref *at = &r->outputs[i].at;
        if (!used[i])
            list[n++] = columns ? (placed){at->sheet, at->column, at->row, i}
                                : (placed){at->sheet, at->row, at->column, i};
    }
    if (n > 1) qsort(list, n, sizeof *list, by_place);
    for (uint32_t first = 0, end; first < n; first = end) {
        end = first + 1;
        while (end < n && are_neighbours(r, columns, &list[end - 1], &list[end])) end++;
        if (end - first >= TREND_MIN) add_trend(t, list + first, end - first, used);
    }
}

/* false: out of memory. members is the caller's to free. */
static bool find_trends(const pe_report *r, trends *t)
{
    placed *list = malloc((r->output_count + 1) * sizeof *list);
    bool *used = calloc(r->output_count + 1, sizeof *used);
    *t = (trends){.members = malloc((r->output_count + 1) * sizeof *t->members)};
    bool good = list != NULL && used != NULL && t->members != NULL;
    for (int columns = 0; good && columns < 2; columns++)
        find_along(r, columns != 0, list, used, t);
    free(list);
    free(used);
    return good;
}

bool pei_has_trends(const pe_report *report)
{
    trends t;
    bool any = find_trends(report, &t) && t.count > 0;
    free(t.members);
    return any;
}

/* ---- the page */

/* What stands behind the last " / " of an output's name: its column's heading. */
static const char *heading_of(const char *name)
{
    const char *heading = NULL;
    for (const char *p = strstr(name, " / "); p != NULL; p = strstr(p + 1, " / ")) heading = p + 3;
    return heading;
}

/* Where the points are on the chart's axis: at the years that head them, else 1, 2, 3 ... */
static void place_points(const pe_report *r, const uint32_t *members, uint32_t count,
                         double *points)
{
    bool years = true;
    for (uint32_t i = 0; i < count && years; i++) {
        size_t used = 0;
        const char *heading = heading_of(r->outputs[members[i]].name);
        if (heading != NULL) points[i] = pe_decimal_parse(heading, strlen(heading), &used);
        years = heading != NULL && used > 0 && used + 1 >= strlen(heading) && /* 2031, 2031E */
                (i == 0 || points[i] > points[i - 1]);
    }
    for (uint32_t i = 0; i < count && !years; i++) points[i] = i + 1;
}

static const char *title_of(pei_layout *l, const uint32_t *members, uint32_t count)
{
    const pe_report_output *a = &l->report->outputs[members[0]],
                           *b = &l->report->outputs[members[count - 1]];
    const char *first = a->name, *last = b->name;
    const char *heading = heading_of(first), *end = heading_of(last);
    if (same_name(a, b)) return pe_arena_text(l->arena, first, plain_length(a));
    if (heading != NULL && end != NULL && heading - first == end - last &&
        strncmp(first, last, (size_t)(heading - first)) == 0)
        return pe_arena_text(l->arena, first, (size_t)(heading - first) - 3);
    return pe_arena_printf(l->arena, "%s to %s", first, last);
}

static void put_member(pei_layout *l, uint32_t row, const pe_report_output *o, double point)
{
    static const double percents[] = {5, 25, 50, 75, 95};
    const pe_summary *s = &o->summary;
    const char *format = pei_number_format(l->arena, l->report, o),
               *spread = pei_spread_format(l->arena, l->report, o);
    if (format == NULL || spread == NULL) l->failed = true;
    pei_put_text(l, row, COLUMN_NAME, o->name, PEI_PLAIN);
    pei_put_cell_name(l, row, COLUMN_CELL, o->cell);
    pei_put_number(l, row, COLUMN_POINT, point, PEI_PLAIN, "General");
    pei_put_number(l, row, COLUMN_MEAN, s->mean, PEI_PLAIN, format);
    pei_put_number(l, row, COLUMN_SD, s->sd, PEI_PLAIN, spread);
    for (uint32_t k = 0; k < PE_COUNT(percents); k++)
        pei_put_number(l, row, COLUMN_P5 + k, pe_summary_percentile(s, percents[k]), PEI_PLAIN,
                       format);
    pei_put_number(l, row, COLUMN_BASE, pe_is_number(o->base) ? pe_as_number(o->base) : NAN,
                   PEI_PLAIN, format);
    for (uint32_t c = COLUMN_MEAN; c < COLUMNS; c++)
        pei_fit_width(l, c, c == COLUMN_SD ? s->sd : s->max, c == COLUMN_SD ? spread : format, 40);
}

/* row: the first member's */
static void add_chart(pei_layout *l, const char *title, const uint32_t *members,
                      const double *points, uint32_t count, uint32_t row)
{
    static const struct {
        const char *name;
        uint32_t column, color, dash;
        double width;
    } lines[] = {{"P5", COLUMN_P5, PEI_SKY, PE_DASH_DASH, 1.5},
                 {"P25", COLUMN_P25, PEI_SKY, PE_DASH_SOLID, 1.5},
                 {"median", COLUMN_P50, PEI_BLUE, PE_DASH_SOLID, 2.25},
                 {"mean", COLUMN_MEAN, PEI_ORANGE, PE_DASH_SOLID, 1.75},
                 {"P75", COLUMN_P75, PEI_SKY, PE_DASH_SOLID, 1.5},
                 {"P95", COLUMN_P95, PEI_SKY, PE_DASH_DASH, 1.5},
                 {"base", COLUMN_BASE, PEI_GREEN, PE_DASH_LONG, 1.5}};
    pe_page_chart *chart =
        pei_chart_new(l, PE_CHART_LINES, title, row + count + 1, CHART_COLUMN, CHART_HEIGHT);
    if (chart == NULL) return;
    for (size_t i = 0; i < PE_COUNT(lines); i++) {
        const pei_chart_data data = {COLUMN_POINT, lines[i].column, row, row + count - 1};
        pe_chart_series *s = pei_chart_series(l, chart, lines[i].name, &data, lines[i].color);
        if (s == NULL) return;
        s->width_points = lines[i].width;
        s->dash = (uint8_t)lines[i].dash;
    }
    double low = NAN, high = NAN; /* fmin and fmax pass over what is no number */
    for (uint32_t i = 0; i < count; i++) {
        const pe_report_output *o = &l->report->outputs[members[i]];
        double base = pe_is_number(o->base) ? pe_as_number(o->base) : NAN;
        low = fmin(low, fmin(pe_summary_percentile(&o->summary, 5), base));
        high = fmax(high, fmax(pe_summary_percentile(&o->summary, 95), base));
    }
    if (isfinite(low) && isfinite(high)) pei_round_axis(&chart->y, low, high);
    chart->x.min = points[0];
    chart->x.max = points[count - 1];
    chart->x.major = pei_round_step(fmax(1, (points[count - 1] - points[0]) / 12));
    chart->x.number_format = "0";
    chart->x.labels_low = true;
    chart->y.number_format =
        pei_number_format(l->arena, l->report, &l->report->outputs[members[0]]);
    chart->legend = true;
}

/* Returns the row below. */
static uint32_t put_trend(pei_layout *l, uint32_t row, const uint32_t *members, uint32_t count)
{
    static const char *const headings[COLUMNS] = {
        "Output", "Cell", "Point", "Mean", "Standard deviation", "P5", "P25",
        "P50",    "P75",  "P95",   "Base"};
    const char *title = title_of(l, members, count);
    double *points = PE_PUSH(l->arena, double, count);
    if (title == NULL || points == NULL) {
        l->failed = true;
        return row;
    }
    place_points(l->report, members, count, points);
    pei_put_text(l, row, 0, title, PEI_SECTION);
    for (uint32_t c = 0; c < COLUMNS; c++)
        pei_put_text(l, row + 1, c, headings[c], c < 2 ? PEI_HEADING : PEI_HEADING_RIGHT);
    for (uint32_t i = 0; i < count && !l->failed; i++)
        put_member(l, row + 2 + i, &l->report->outputs[members[i]], points[i]);
    if (l->failed) return row;
    add_chart(l, title, members, points, count, row + 2);
    return row + 2 + count + 1 + CHART_ROWS;
}

void pei_lay_trends(pei_layout *l)
{
    static const double widths[COLUMNS] = {32, 20, 8, 14, 18, 14, 14, 14, 14, 14, 14};
    trends t;
    uint32_t row = FIRST_ROW;
    pei_page_open(l, l->trends_name, "trends");
    if (!find_trends(l->report, &t)) l->failed = true;
    pei_put_text(l, 0, 0, "Power Engine: trends", PEI_TITLE);
    pei_put_text(l, 1, 0,
                 t.found > t.count
                     ? "Outputs that stand side by side in the model; the first 20 such groups."
                     : "Outputs that stand side by side in the model. Half of the trials lie "
                       "between P25 and P75, nine tenths between P5 and P95.",
                 PEI_SUBTITLE);
    pei_set_height(l, 0, 24);
    for (uint32_t c = 0; c < COLUMNS; c++) pei_set_width(l, c, widths[c]);
    for (uint32_t i = 0; i < t.count && !l->failed; i++)
        row = put_trend(l, row, t.members + t.list[i].first, t.list[i].count);
    free(t.members);
    for (uint32_t i = 1; i < row && !l->failed; i++) pei_set_height(l, i, PEI_ROW_POINTS);
    l->page->freeze_row = 2;
    pei_set_print(l, 0, 1, COLUMNS - 1, row);
    pei_page_close(l);
}
