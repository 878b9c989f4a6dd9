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

typedef enum pei_look {
    PEI_PLAIN,
    PEI_TITLE,
    PEI_SUBTITLE,
    PEI_HEADING, /* of a table: bold, filled, bottom border, wrapped */
    PEI_LABEL,
    PEI_WARNING, /* highlighted */
    PEI_ENTRY,   /* a cell for the user to type in */
    PEI_LINK,
    PEI_WRAPPED,
    PEI_LOOKS
} pei_look;

typedef struct pei_writer {
    const pe_report *report;
    const pe_report_options *options;
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
double pei_percentile(const pe_summary *summary, double percent);

/* One per sheet; they set w->failed when memory runs out. */
void pei_write_summary(pei_writer *w);
void pei_write_detail(pei_writer *w, uint32_t output);
void pei_write_inputs(pei_writer *w);
void pei_write_trials(pei_writer *w, const char *note);

/* report_charts.c: charts of a detail sheet, from data that they put at column 26 (AA) on. */
#define PEI_DATA_COLUMN 26
void pei_add_histogram(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                       lxw_col_t column);
void pei_add_curve(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                   lxw_col_t column);
void pei_add_tornado(pei_writer *w, lxw_worksheet *sheet, uint32_t output, lxw_row_t row,
                     lxw_col_t column);
/* Columns of the cumulative table that the live formula reads: x and P(X <= x), rows 2 .. 1 +
 * *count (zero-based from row 2). */
void pei_put_curve_data(pei_writer *w, lxw_worksheet *sheet, uint32_t output, uint32_t *count,
                        bool *steps);

#endif
