/* report_internal.h: the state of a layout, shared by the files that lay pages out. They fill the
 * page that is open; when memory runs out they set l->failed and go on, and the page is given up.
 */
#ifndef PE_REPORT_INTERNAL_H
#define PE_REPORT_INTERNAL_H

#include "pages.h"
#include "report.h"

/* Okabe and Ito's palette: told apart by colour-blind readers and in grey. */
#define PEI_BLUE 0x0072B2
#define PEI_ORANGE 0xD55E00
#define PEI_GREEN 0x009E73
#define PEI_SKY 0x9CC9E6
#define PEI_GREY 0xB0B0B0

#define PEI_ROW_POINTS 13.5
#define PEI_ROWS_MAX 1048576u /* of a sheet, in every application of interest */
#define PEI_COLUMNS_MAX 16384u

typedef enum pei_look {
    PEI_PLAIN,
    PEI_TITLE,
    PEI_SUBTITLE,
    PEI_SECTION,       /* heads a part of a sheet */
    PEI_HEADING,       /* of a table: bold, filled, bottom border, wrapped */
    PEI_HEADING_RIGHT, /* over numbers */
    PEI_HEADING_NOTE,  /* over text right of a number */
    PEI_HEADING_GROUP, /* over several columns */
    PEI_NUMBER,        /* right-aligned */
    PEI_LABEL,
    PEI_WARNING,      /* highlighted */
    PEI_WARNING_NOTE, /* the same, text right of a number */
    PEI_WARNING_LINE, /* the same, on one line */
    PEI_WARNING_LINK,
    PEI_ENTRY, /* a cell for the user to type in */
    PEI_LINK,
    PEI_LINK_WRAPPED,
    PEI_WRAPPED,
    PEI_NOTE, /* text right of a number */
    PEI_LOOKS
} pei_look;

typedef struct pei_list { /* grows on the heap, copied to the arena when its page is closed */
    void *items;
    size_t count, capacity;
} pei_list;

typedef struct pei_layout {
    const pe_report *report;
    const pe_report_options *options;
    const pe_control *control;
    pe_arena *arena;
    pe_map *style_keys;    /* look and number format code to position in styles */
    pei_list styles;       /* of pe_page_style */
    pe_page *pages, *page; /* page: the one that is open */
    uint32_t page_count;
    pei_list cells, merges, widths, heights; /* of the open page */
    const char *summary_name, *trends_name, *sensitivity_name, *inputs_name,
        *trials_name;          /* of sheets */
    const char **detail_names; /* of the outputs with a detail sheet; NULL for the others */
    bool failed;               /* out of memory */
} pei_layout;

/* ---- pages and cells (report_layout.c); texts live in the arena or in the report */
void pei_page_open(pei_layout *l, const char *name, const char *key);
void pei_page_close(pei_layout *l);
/* The style's number; code NULL: General. */
uint16_t pei_style(pei_layout *l, pei_look look, const char *code);
/* Numbers that are not finite become "-". */
void pei_put_number(pei_layout *l, uint32_t row, uint32_t column, double x, pei_look look,
                    const char *code);
/* NULL: memory ran out where the text was made. */
void pei_put_text(pei_layout *l, uint32_t row, uint32_t column, const char *text, pei_look look);
/* The name of a model's cell, where it can be followed as a link. */
void pei_put_cell_name(pei_layout *l, uint32_t row, uint32_t column, const char *cell);
void pei_put_link(pei_layout *l, uint32_t row, uint32_t column, const char *text,
                  const char *target, pei_look look);
void pei_put_formula(pei_layout *l, uint32_t row, uint32_t column, const char *formula,
                     double value, const char *code);
void pei_merge(pei_layout *l, uint32_t row, uint32_t column_first, uint32_t column_last);
void pei_set_height(pei_layout *l, uint32_t row, double points);
void pei_set_width(pei_layout *l, uint32_t column, double characters); /* at least that */
/* Wide enough for these numbers. */
void pei_fit_width(pei_layout *l, uint32_t column, double x, const char *format, double most);
/* "'Bob''s sheet'!A1" */
const char *pei_target(pe_arena *arena, const char *sheet, uint32_t row, uint32_t column);
/* Header rows repeated, the area that is printed. */
void pei_set_print(pei_layout *l, uint32_t header_first, uint32_t header_last, uint32_t last_column,
                   uint32_t last_row);

/* ---- sheet names (report_names.c) */
void pei_name_sheets(pei_layout *l);

/* ---- texts and formats (report_format.c) */
/* "12,345". In arena. */
const char *pei_count_text(pe_arena *arena, uint64_t n);
/* The format in which an output's numbers are shown: its cell's own, with decimals added where P5
 * and P95 would look alike, or made from the spread where the cell says General. In arena. */
const char *pei_number_format(pe_arena *arena, const pe_report *report,
                              const pe_report_output *output);
/* For standard deviations: days for dates. */
const char *pei_spread_format(pe_arena *arena, const pe_report *report,
                              const pe_report_output *output);
/* Of the mean: its interval's ends look different. */
const char *pei_mean_format(pe_arena *arena, const pe_report *report,
                            const pe_report_output *output);
const char *pei_error_format(pe_arena *arena, const pe_report *report,
                             const pe_report_output *output); /* of the standard error */
/* The format with as many more decimals as tell a from b. In arena; NULL: no memory. */
const char *pei_format_apart(pe_arena *arena, const char *format, double a, double b,
                             bool date1904);
/* "92.7%": the share of trials that have no error; never 100% where one has. */
const char *pei_share_text(pe_arena *arena, const pe_summary *summary);
bool pei_is_incomplete(const pe_report *report);

/* ---- one per sheet */
void pei_lay_summary(pei_layout *l);
void pei_lay_detail(pei_layout *l, uint32_t output);
void pei_lay_trends(pei_layout *l); /* only where there are trends */
bool pei_has_trends(const pe_report *report);
void pei_lay_sensitivity(pei_layout *l);
void pei_lay_inputs(pei_layout *l);
void pei_lay_trials(pei_layout *l);
/* report_runs.c: the part of the summary with the earlier runs, from `row` on: as many rows
 * whatever their number, none where there can be no earlier run. Returns the row below;
 * *last_column grows to what is used. */
uint32_t pei_put_runs(pei_layout *l, uint32_t row, uint32_t *last_column);

/* ---- charts of a detail sheet, from data that stands from column AA on, outside the print area */
#define PEI_DATA_COLUMN 26
#define PEI_BAR_COLUMN 36 /* the histogram's table: AK on */
#define PEI_DATA_ROW 2u
#define PEI_TRENDS_MAX 20u
#define PEI_CHARTS_MAX PEI_TRENDS_MAX /* of a page; a detail sheet has 3 */
#define PEI_CHART_WIDTH 640
#define PEI_HISTOGRAM_HEIGHT 378
#define PEI_CURVE_HEIGHT 324

typedef struct pei_chart_data { /* both columns' rows [first, last] */
    uint32_t x, y, first, last;
} pei_chart_data;

typedef struct pei_mark { /* a vertical line: base case, mean, P5, P95 */
    const char *label;
    double x;
    uint32_t color;
    pe_chart_dash dash;
} pei_mark;

/* Common parts; NULL where memory ran out (l->failed). */
void pei_chart_heading(pei_layout *l, uint32_t column, const char *text);
void pei_chart_number(pei_layout *l, uint32_t row, uint32_t column, double x);
pe_page_chart *pei_chart_new(pei_layout *l, pe_chart_kind kind, const char *title, uint32_t row,
                             uint32_t column, double height);
pe_chart_series *pei_chart_series(pei_layout *l, pe_page_chart *chart, const char *name,
                                  const pei_chart_data *data, uint32_t color);
double pei_round_step(double least); /* the smallest of 1, 2, 5 times a power of ten, >= least */
/* An axis over [low, high] that starts, ends and ticks at round values. */
void pei_round_axis(pe_chart_axis *axis, double low, double high);
/* Up to 4 marks; those at the same value share one. */
uint32_t pei_marks(pei_layout *l, const pe_report_output *output, pei_mark marks[4]);
const char *pei_mark_text(pei_layout *l, const pe_report_output *output, const pei_mark *mark);
bool pei_has_base_case(const pe_report_output *output);

/* report_cumulative.c: exact points (x, P(X <= x)) of the cumulative curve, x ascending. Where a
 * value holds more than one trial, a row (x, P(X < x)) stands before it: between rows the curve is
 * a straight line. */
typedef struct pei_cumulative {
    uint32_t count;
    double *x, *p;
} pei_cumulative;
/* In l's arena; count 0: out of memory. */
pei_cumulative pei_cumulative_of(pei_layout *l, const pe_report_output *output);
/* What the live formula on the sheet shows for x: the same rule. */
double pei_probability(const pei_cumulative *c, double x);

void pei_add_histogram(pei_layout *l, const pe_report_output *output, uint32_t row,
                       uint32_t column);
void pei_add_curve(pei_layout *l, const pe_report_output *output, const pei_cumulative *curve,
                   uint32_t row, uint32_t column);
void pei_add_tornado(pei_layout *l, const pe_report_output *output, uint32_t row, uint32_t column);
double pei_tornado_height(const pe_report_output *output); /* pixels */

#endif
