/* report_detail.c: one output's sheet: statistics, percentiles with their confidence intervals, a
 * probability that recalculates as the user types, charts. Text outputs have a frequency table
 * instead. The statistics stand in the same rows whatever the run found; what one run has and
 * another has not (kinds of errors, targets, texts) stands below them. */
#include "report_internal.h"

#include <math.h>

#define TABLE_ROW 4
#define CHART_COLUMN 8
#define ROW_PIXELS 18
#define CURVE_ROW (3 + PEI_HISTOGRAM_HEIGHT / ROW_PIXELS)
#define TORNADO_ROW (CURVE_ROW + 1 + PEI_CURVE_HEIGHT / ROW_PIXELS)

typedef struct detail {
    pei_layout *l;
    const pe_report_output *output;
    const char *format, *spread;
    uint32_t row;
} detail;

static void line_number(detail *d, const char *label, double x, const char *format)
{
    pei_put_text(d->l, d->row, 0, label, PEI_LABEL);
    pei_put_number(d->l, d->row++, 1, x, PEI_PLAIN, format);
}

static void line_count(detail *d, const char *label, uint64_t n, pei_look look)
{
    pei_put_text(d->l, d->row, 0, label, PEI_LABEL);
    pei_put_number(d->l, d->row++, 1, (double)n, look, "#,##0");
}

static bool many_errors(const pe_summary *s)
{
    return (double)s->error_count > 0.01 * (double)s->trials;
}

static void put_counts(detail *d)
{
    const pe_summary *s = &d->output->summary;
    line_count(d, "Trials", s->trials, PEI_PLAIN);
    line_count(d, "Trials with a number", s->n, PEI_PLAIN);
    line_count(d, "Errors", s->error_count, many_errors(s) ? PEI_WARNING : PEI_PLAIN);
}

static void put_statistics(detail *d)
{
    const pe_report_output *o = d->output;
    const pe_summary *s = &o->summary;
    const char *mean_format = pei_mean_format(d->l->arena, d->l->report, o);
    bool stored = o->base_label != NULL && !pei_has_base_case(o);
    line_number(d, "Mean", s->mean, mean_format);
    line_number(d, "   95% interval from", s->mean_low, mean_format);
    line_number(d, "   to", s->mean_high, mean_format);
    line_number(d, "Standard error of the mean", s->standard_error,
                pei_error_format(d->l->arena, d->l->report, o));
    line_number(d, "Standard deviation", s->sd, d->spread);
    line_number(d, "Variance", s->variance, "0.0000E+00");
    line_number(d, "Skewness", s->skewness, "0.000");
    line_number(d, "Kurtosis (normal = 3)", s->kurtosis, "0.000");
    line_number(d, "Mode", s->mode, d->format);
    line_number(d, "Minimum", s->min, d->format);
    line_number(d, "Maximum", s->max, d->format);
    line_number(d, "P(X < 0)", s->probability_negative, "0.0%");
    line_number(d, stored ? "Stored value (one random draw)" : "Base case",
                pe_is_number(o->base) ? pe_as_number(o->base) : NAN, d->format);
    line_number(d, "P(X <= that)", s->probability_base, "0.0%");
}

static void put_targets(detail *d)
{
    for (uint32_t i = 0; i < d->output->target_count; i++) {
        char operand[64];
        const pe_target *t = &d->output->targets[i];
        pe_report_value_text(t->operand, d->format, d->l->report->date1904, operand,
                             sizeof operand);
        line_number(d, pe_arena_printf(d->l->arena, "P(X %s %s)", t->op, operand), t->probability,
                    "0.0%");
        line_number(d, "   95% interval from", t->low, "0.0%");
        line_number(d, "   to", t->high, "0.0%");
    }
}

/* What varies in number from run to run. */
static void put_variable_lines(detail *d)
{
    const pe_summary *s = &d->output->summary;
    bool mixed = s->kind == PE_SUMMARY_MIXED;
    put_targets(d);
    for (int code = 1; code < PE_ERROR_COUNT; code++)
        if (s->error_counts[code] > 0)
            line_count(
                d, pe_arena_printf(d->l->arena, "Errors: %s", pe_error_text((pe_error_code)code)),
                s->error_counts[code], PEI_PLAIN);
    if (s->text_count + s->boolean_count > 0)
        line_count(d, "Trials with text or TRUE/FALSE", s->text_count + s->boolean_count,
                   PEI_PLAIN);
    for (uint32_t i = 0; mixed && i < s->frequency_count && i < 20; i++)
        line_count(d, pe_arena_printf(d->l->arena, "   %s", s->frequencies[i].label),
                   s->frequencies[i].count, PEI_PLAIN);
    if (d->l->report->sampling == PE_LATIN_HYPERCUBE && s->n > 0)
        pei_put_text(d->l, d->row++, 0,
                     "Intervals are conservative under Latin hypercube sampling.", PEI_SUBTITLE);
}

static uint32_t put_percentiles(detail *d)
{
    static const char *const headings[] = {"Percentile", "Value", "95% from", "95% to"};
    uint32_t row = TABLE_ROW;
    for (uint32_t c = 0; c < 4; c++)
        pei_put_text(d->l, row - 1, 3 + c, headings[c], PEI_HEADING_RIGHT);
    for (int i = 0; i < PE_PERCENTILES; i++, row++) {
        const pe_percentile *p = &d->output->summary.percentiles[i];
        pei_put_number(d->l, row, 3, p->percent / 100, PEI_LABEL,
                       p->percent == floor(p->percent) ? "0%" : "0.0%");
        pei_put_number(d->l, row, 4, p->value, PEI_PLAIN, d->format);
        pei_put_number(d->l, row, 5, p->low, PEI_PLAIN, d->format);
        pei_put_number(d->l, row, 6, p->high, PEI_PLAIN, d->format);
    }
    return row;
}

/* The user types a value; a live formula looks it up in the cumulative table (AA: x, AB: P). */
static void put_probability(detail *d, const pei_cumulative *curve, uint32_t row)
{
    pei_layout *l = d->l;
    double x =
        pe_is_number(d->output->base) ? pe_as_number(d->output->base) : d->output->summary.mean;
    unsigned e = row + 2, first = PEI_DATA_ROW + 1, last = PEI_DATA_ROW + curve->count;
    pei_put_text(l, row, 3, "Type a value: how likely is it that X stays at or below it?",
                 PEI_SUBTITLE);
    pei_put_text(l, row + 1, 3, "Value", PEI_LABEL);
    pei_put_number(l, row + 1, 4, x, PEI_ENTRY, d->format);
    pei_put_text(l, row + 2, 3, "P(X <= value)", PEI_LABEL);
    const char *formula = pe_arena_printf(
        l->arena,
        "=IF(E%u<AA%u,0,IF(E%u>=AA%u,1,INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1))+"
        "(E%u-INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)))*"
        "(INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1)+1)-INDEX(AB%u:AB%u,MATCH(E%u,AA%u:AA%u,1)))/"
        "(INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)+1)-"
        "INDEX(AA%u:AA%u,MATCH(E%u,AA%u:AA%u,1)))))",
        e, first, e, last, first, last, e, first, last, e, first, last, e, first, last, first, last,
        e, first, last, first, last, e, first, last, first, last, e, first, last, first, last, e,
        first, last);
    pei_put_formula(l, row + 2, 4, formula, pei_probability(curve, x), "0.0%");
}

/* Bars lie, so that long texts can be read; the most frequent on top. */
static void add_frequency_chart(detail *d, uint32_t shown)
{
    pei_chart_data data = {3, 5, TABLE_ROW, TABLE_ROW + shown - 1};
    pe_page_chart *chart =
        pei_chart_new(d->l, PE_CHART_BARS, "Share of trials", 2, CHART_COLUMN, 90 + 26.0 * shown);
    pe_chart_series *series =
        chart != NULL ? pei_chart_series(d->l, chart, "share of trials", &data, PEI_BLUE) : NULL;
    if (series == NULL) return;
    series->label_format = "0.0%";
    chart->y.number_format = "0%";
    chart->y.min = 0;
    chart->y.max = 1;
    chart->x.reverse = true;
    chart->x.label_every = 1;
    chart->gap_percent = 40;
}

static void put_frequencies(detail *d)
{
    const pe_summary *s = &d->output->summary;
    pei_layout *l = d->l;
    uint32_t shown = s->frequency_count < 40 ? s->frequency_count : 40;
    pei_put_text(l, TABLE_ROW - 1, 3, "Value", PEI_HEADING);
    pei_put_text(l, TABLE_ROW - 1, 4, "Trials", PEI_HEADING_RIGHT);
    pei_put_text(l, TABLE_ROW - 1, 5, "Share", PEI_HEADING_RIGHT);
    for (uint32_t i = 0; i < shown; i++) {
        double count = (double)s->frequencies[i].count;
        pei_put_text(l, TABLE_ROW + i, 3, s->frequencies[i].label, PEI_PLAIN);
        pei_put_number(l, TABLE_ROW + i, 4, count, PEI_PLAIN, "#,##0");
        pei_put_number(l, TABLE_ROW + i, 5, count / (double)s->trials, PEI_PLAIN, "0.0%");
    }
    if (shown < s->frequency_count)
        pei_put_text(l, TABLE_ROW + shown, 3, "further values are rarer", PEI_SUBTITLE);
    add_frequency_chart(d, shown < 20 ? shown : 20);
}

static void set_columns(detail *d)
{
    const pe_report_output *o = d->output;
    const pe_summary *s = &o->summary;
    static const double least[] = {29, 12, 2, 14, 12, 12, 12, 2};
    for (uint32_t c = 0; c < PE_COUNT(least); c++) pei_set_width(d->l, c, least[c]);
    if (s->kind == PE_SUMMARY_LABELS) pei_set_width(d->l, 3, 28);
    double base = pe_is_number(o->base) ? pe_as_number(o->base) : NAN;
    const double others[] = {s->min, s->max, s->mode, base};
    const double spreads[] = {s->sd, s->standard_error};
    for (size_t i = 0; i < PE_COUNT(others); i++) pei_fit_width(d->l, 1, others[i], d->format, 40);
    for (size_t i = 0; i < PE_COUNT(spreads); i++)
        pei_fit_width(d->l, 1, spreads[i], d->spread, 40);
    for (uint32_t c = 4; c < 7; c++) { /* equally wide */
        pei_fit_width(d->l, c, base, d->format, 40);
        for (int i = 0; i < PE_PERCENTILES; i++) {
            pei_fit_width(d->l, c, s->percentiles[i].value, d->format, 40);
            pei_fit_width(d->l, c, s->percentiles[i].low, d->format, 40);
            pei_fit_width(d->l, c, s->percentiles[i].high, d->format, 40);
        }
    }
}

/* The line below the subtitle: what the numbers do not say; "": nothing. */
static const char *remark(const detail *d)
{
    const pe_summary *s = &d->output->summary;
    if (s->kind == PE_SUMMARY_CONSTANT) return "the same in every trial";
    if (s->kind == PE_SUMMARY_ERRORS) return "an error in every trial";
    if (s->error_count == 0 || s->n == 0) return "";
    const char *share = pei_share_text(d->l->arena, s);
    return share != NULL ? pe_arena_printf(d->l->arena, "describes the other %s of trials", share)
                         : NULL;
}

/* Over the tables' width where it is a warning. */
static void put_head_line(detail *d, uint32_t row, const char *text, bool warning)
{
    pei_put_text(d->l, row, 0, text, warning ? PEI_WARNING_LINE : PEI_SUBTITLE);
    if (warning) pei_merge(d->l, row, 0, CHART_COLUMN - 2);
}

static void put_head(detail *d)
{
    const pe_report_output *o = d->output;
    pei_layout *l = d->l;
    bool incomplete = pei_is_incomplete(l->report);
    const char *trials = pei_count_text(l->arena, o->summary.trials), *text = remark(d);
    pei_put_text(l, 0, 0, pe_arena_printf(l->arena, "Power Engine: %.200s", o->name), PEI_TITLE);
    put_head_line(d, 1,
                  pe_arena_printf(l->arena, "%s, %s trials%s", o->cell,
                                  trials != NULL ? trials : "",
                                  incomplete ? ": stopped before the end, incomplete" : ""),
                  incomplete);
    if (text == NULL || text[0] != '\0') put_head_line(d, 2, text, many_errors(&o->summary));
    pei_set_height(l, 0, 24);
    set_columns(d);
}

/* Returns the row below the lowest chart. */
static uint32_t add_charts(detail *d, const pei_cumulative *curve)
{
    const pe_report_output *o = d->output;
    pei_add_histogram(d->l, o, 2, CHART_COLUMN);
    pei_add_curve(d->l, o, curve, CURVE_ROW, CHART_COLUMN);
    if (o->tornado_count == 0) return TORNADO_ROW;
    pei_add_tornado(d->l, o, TORNADO_ROW, CHART_COLUMN);
    return TORNADO_ROW + (uint32_t)(pei_tornado_height(o) / ROW_PIXELS) + 1;
}

/* Returns the last row that is to be printed. */
static uint32_t put_parts(detail *d)
{
    const pe_summary *s = &d->output->summary;
    pei_put_text(d->l, TABLE_ROW - 1, 0, "Statistic", PEI_HEADING);
    pei_put_text(d->l, TABLE_ROW - 1, 1, "Value", PEI_HEADING_RIGHT);
    put_counts(d);
    uint32_t last = 50; /* room for the longest table and chart of frequencies */
    if (s->kind == PE_SUMMARY_LABELS) {
        put_frequencies(d);
    } else {
        put_statistics(d);
        last = put_percentiles(d);
    }
    if (s->kind == PE_SUMMARY_NUMBERS || s->kind == PE_SUMMARY_MIXED) {
        pei_cumulative curve = pei_cumulative_of(d->l, d->output);
        if (d->l->failed) return last;
        put_probability(d, &curve, last + 1);
        last = add_charts(d, &curve);
    }
    put_variable_lines(d);
    return last > d->row ? last : d->row;
}

void pei_lay_detail(pei_layout *l, uint32_t output)
{
    const pe_report_output *o = &l->report->outputs[output];
    detail d = {.l = l,
                .output = o,
                .format = pei_number_format(l->arena, l->report, o),
                .spread = pei_spread_format(l->arena, l->report, o),
                .row = TABLE_ROW};
    if (d.format == NULL || d.spread == NULL) l->failed = true;
    pei_page_open(l, l->detail_names[output], pe_arena_printf(l->arena, "output:%s", o->cell));
    if (l->failed) return;
    put_head(&d);
    uint32_t last = put_parts(&d);
    for (uint32_t row = 1; row <= last; row++) pei_set_height(l, row, PEI_ROW_POINTS);
    l->page->freeze_row = TABLE_ROW;
    l->page->pages_high = 1;
    pei_set_print(l, 0, 1, CHART_COLUMN + 9, last);
    pei_page_close(l);
}
