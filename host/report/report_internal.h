/* report_internal.h: the .xlsx writer's state, shared by its files. */
#ifndef PE_REPORT_INTERNAL_H
#define PE_REPORT_INTERNAL_H

#include <xlsxwriter.h>

#include "report.h"

/* Okabe and Ito's palette: told apart by colour-blind readers and in grey. */
#define PEI_BLUE 0x0072B2
#define PEI_ORANGE 0xD55E00
#define PEI_GREEN 0x009E73
#define PEI_SKY 0x9CC9E6
#define PEI_GREY 0xB0B0B0
#define PEI_INK 0x333333

#define PEI_FONT "Arial" /* the same widths everywhere: Liberation Sans has its metrics */

typedef enum pei_look {
    PEI_PLAIN,
    PEI_TITLE,
    PEI_SUBTITLE,
    PEI_HEADING,       /* of a table: bold, filled, bottom border, wrapped */
    PEI_HEADING_RIGHT, /* over numbers */
    PEI_HEADING_NOTE,  /* over text right of a number */
    PEI_NUMBER,        /* right-aligned */
    PEI_LABEL,
    PEI_WARNING,      /* highlighted */
    PEI_WARNING_NOTE, /* the same, text right of a number */
    PEI_ENTRY,        /* a cell for the user to type in */
    PEI_LINK,
    PEI_WRAPPED,
    PEI_NOTE, /* text right of a number */
    PEI_LOOKS
} pei_look;

typedef struct pei_writer {
    const pe_report *report;
    const pe_report_options *options;
    const pe_control *control;
    lxw_workbook *workbook;
    pe_arena *arena;
    pe_map *formats; /* look and number format code to position in list */
    lxw_format **list;
    size_t list_capacity;
    const char **sheet_names; /* of the outputs with a detail sheet; NULL for the others */
    bool failed;              /* out of memory */
} pei_writer;

/* A cell format; code NULL: General. Never NULL unless w->failed. */
lxw_format *pei_format(pei_writer *w, pei_look look, const char *code);
/* Numbers that are not finite become "-". */
void pei_put_number(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, double x,
                    pei_look look, const char *code);
void pei_put_text(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                  const char *text, pei_look look);
/* "12,345". In arena. */
const char *pei_count_text(pe_arena *arena, uint64_t n);
/* Landscape, one page wide, header rows repeated, page number below. */
void pei_page(lxw_worksheet *sheet, lxw_row_t header_first, lxw_row_t header_last,
              lxw_col_t last_column, lxw_row_t last_row);

/* report_format.c: the format in which an output's numbers are shown: its cell's own, with decimals
 * added where P5 and P95 would look alike, or made from the spread where the cell says General. In
 * arena. */
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
double pei_percentile(const pe_summary *summary, double percent);

/* One per sheet; they set w->failed when memory runs out. */
void pei_write_summary(pei_writer *w);
void pei_write_detail(pei_writer *w, uint32_t output);
void pei_write_inputs(pei_writer *w);
void pei_write_trials(pei_writer *w, const char *note);

/* ---- charts of a detail sheet, from data that stands from column AA on, outside the print area */
#define PEI_DATA_COLUMN 26
#define PEI_BAR_COLUMN 36 /* the histogram's table: AK on */
#define PEI_DATA_ROW 2u
#define PEI_CHART_WIDTH 640
#define PEI_HISTOGRAM_HEIGHT 378
#define PEI_CURVE_HEIGHT 324

typedef struct pei_chart_data { /* both columns' rows [first, last] */
    lxw_col_t x, y;
    lxw_row_t first, last;
} pei_chart_data;

typedef struct pei_mark { /* a vertical line: base case, mean, P5, P95 */
    const char *label;
    double x;
    lxw_color_t color;
    lxw_chart_line_dash_type dash;
} pei_mark;

/* Common parts; NULL where memory ran out (w->failed). */
void pei_chart_heading(pei_writer *w, lxw_worksheet *sheet, lxw_col_t column, const char *text);
lxw_chart *pei_chart_new(pei_writer *w, uint8_t type);
lxw_chart_series *pei_chart_series(pei_writer *w, lxw_chart *chart, uint32_t output,
                                   const char *name, const pei_chart_data *data);
void pei_chart_dress(lxw_chart *chart, const char *title);
void pei_chart_place(pei_writer *w, lxw_worksheet *sheet, lxw_chart *chart, lxw_row_t row,
                     lxw_col_t column, double height);
double pei_round_step(double least); /* the smallest of 1, 2, 5 times a power of ten, >= least */
/* Up to 4 marks; those at the same value share one. */
uint32_t pei_marks(pei_writer *w, uint32_t output, pei_mark marks[4]);
const char *pei_mark_text(pei_writer *w, uint32_t output, const pei_mark *mark);
bool pei_has_base_case(const pe_report_output *output);

/* report_cumulative.c: exact points (x, P(X <= x)) of the cumulative curve, x ascending. Where a
 * value holds more than one trial, a row (x, P(X < x)) stands before it: between rows the curve is
 * a straight line. */
typedef struct pei_cumulative {
    uint32_t count;
    double *x, *p;
} pei_cumulative;
/* In w's arena; count 0: out of memory. */
pei_cumulative pei_cumulative_of(pei_writer *w, const pe_report_output *output);
/* What the live formula on the sheet shows for x: the same rule. */
double pei_probability(const pei_cumulative *c, double x);

void pei_add_histogram(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                       lxw_col_t column);
void pei_add_curve(pei_writer *w, lxw_worksheet *sheet, uint32_t output,
                   const pei_cumulative *curve, lxw_row_t row, lxw_col_t column);
void pei_add_tornado(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                     lxw_col_t column);
double pei_tornado_height(const pe_report_output *output); /* pixels */

#endif
