/* pages.h: a report laid out as sheets, independent of who shows them: the .xlsx writer, the pipe
 * to a live spreadsheet. The layout decides everything (texts, addresses, number formats, charts);
 * whoever shows it decides nothing. A later run of the same model has the same pages with the same
 * things at the same addresses: what can grow stands last.
 *
 * Common to all: no grid lines; A4, landscape, one page across; texts and numbers in PE_PAGE_FONT,
 * PE_PAGE_POINTS, vertically centred. Charts: the same font in PE_PAGE_INK, title bold
 * PE_CHART_TITLE_POINTS, the rest PE_CHART_POINTS; axis lines PE_CHART_AXIS_COLOR and grid lines
 * PE_CHART_GRID_COLOR, 0.75 points; no frame; no markers; blank cells leave gaps. */
#ifndef PE_PAGES_H
#define PE_PAGES_H

#include "report.h"

#define PE_PAGE_FONT "Arial" /* the same widths everywhere: Liberation Sans has its metrics */
#define PE_PAGE_POINTS 10
#define PE_PAGE_INK 0x333333u
#define PE_CHART_TITLE_POINTS 11
#define PE_CHART_POINTS 9
#define PE_CHART_AXIS_COLOR 0xB0B0B0u
#define PE_CHART_GRID_COLOR 0xE0E0E0u

typedef enum pe_page_align {
    PE_ALIGN_BY_KIND,
    PE_ALIGN_LEFT,
    PE_ALIGN_CENTRE,
    PE_ALIGN_RIGHT
} pe_page_align;

typedef struct pe_page_style {
    const char *number_format;  /* Excel's code; "General" */
    uint32_t color, background; /* 0xRRGGBB; PE_PAGE_COLOR_NONE: automatic */
    uint8_t size;               /* points; 0: the default */
    uint8_t align;              /* pe_page_align */
    uint8_t indent;             /* steps from the left */
    bool bold, italic, underline, wrap;
    bool bottom; /* stands at the bottom of its row */
    bool border_bottom, border_all;
    bool entry; /* a cell for the user to type in: a rewrite keeps what was typed */
} pe_page_style;
#define PE_PAGE_COLOR_NONE 0xFFFFFFFFu

typedef enum pe_page_kind {
    PE_PAGE_NUMBER,
    PE_PAGE_TEXT,
    PE_PAGE_FORMULA,
    PE_PAGE_LINK
} pe_page_kind;

typedef struct pe_page_cell {
    uint32_t row;
    uint16_t column;
    uint16_t style;   /* index into styles */
    uint8_t kind;     /* pe_page_kind */
    double number;    /* NUMBER; FORMULA: its value */
    const char *text; /* TEXT; FORMULA: Excel A1 English with '='; LINK: what is shown */
    const char *link; /* LINK: "Sheet1!B7", "'Simulation Summary'!A1" in this document */
} pe_page_cell;

/* A long column of values, one per row; only a Trials page (options.trials_sheet) has them. */
typedef struct pe_page_column {
    uint16_t column, style;
    uint32_t row, count;    /* its first row, how many */
    const pe_value *values; /* numbers, texts, booleans, errors; NULL: 1, 2, 3 ... */
} pe_page_column;

typedef enum pe_chart_kind {
    PE_CHART_COLUMNS, /* categories and vertical bars */
    PE_CHART_BARS,    /* categories and horizontal bars */
    PE_CHART_LINES    /* x and y values, straight lines */
} pe_chart_kind;

typedef enum pe_chart_dash { PE_DASH_SOLID, PE_DASH_DASH, PE_DASH_LONG } pe_chart_dash;

typedef struct pe_chart_series {
    const char *name;
    pe_area x, y;   /* on this page (sheet 0), one column each: categories or x values; values */
    uint32_t color; /* of bars or of the line */
    double width_points; /* of a line */
    uint8_t dash;        /* pe_chart_dash, of a line */
    /* COLUMNS: the column itself cannot be seen; a line of color, width and dash goes from its top
     * down to the axis (an error bar: minus 100 per cent of the value, without an end cap). */
    bool drop_line;
    const char *label_format; /* data labels in this number format, which may be all text; NULL:
                                 none */
    uint32_t label_color;
    bool label_bold, label_white; /* white: on white ground, outside the bar's end */
} pe_chart_series;

#define PE_AXIS_DEGREES_AUTO INT16_MAX

typedef struct pe_chart_axis {
    const char *title; /* NULL: none */
    bool reverse, gridlines;
    bool labels_low;                  /* labels at the plot's edge, not at the axis */
    bool ticks;                       /* tick marks */
    double min, max, major, crossing; /* NAN: automatic. crossing: where the other axis meets it */
    const char *number_format;        /* NULL: of the source */
    int16_t label_degrees;            /* clockwise: -45 rises to the right; 0 level;
                                         PE_AXIS_DEGREES_AUTO */
    uint16_t label_every;             /* of categories; 0: automatic */
} pe_chart_axis;

typedef struct pe_page_chart {
    pe_chart_kind kind;
    const char *title;
    uint32_t row, column; /* its upper left corner is this cell's */
    double width, height; /* pixels of 1/96 inch */
    pe_chart_axis x, y;   /* x: categories or x values; y: values. BARS: x is the vertical one */
    bool legend;          /* below the plot */
    int gap_percent, overlap_percent; /* of bars */
    pe_chart_series *series;
    uint32_t series_count;
} pe_page_chart;

typedef struct pe_page {
    const char *name;    /* a legal sheet name, unique in the report and in the document */
    const char *key;     /* what the page shows, the same in each run: "summary", "trends",
                            "sensitivity",     "inputs", "trials", "output:Sheet1!B7" */
    pe_page_cell *cells; /* by row, then column; one per address */
    uint32_t cell_count;
    pe_page_column *columns;
    uint32_t column_count;
    pe_area *merges; /* sheet 0; by row, one row each; the left cell is among the cells */
    uint32_t merge_count;
    double *widths; /* of columns 0 ff. in characters; 0: default */
    uint32_t width_count;
    double *heights; /* of rows 0 ff. in points; 0: default */
    uint32_t height_count;
    pe_page_chart *charts;
    uint32_t chart_count;
    uint32_t freeze_row, freeze_column; /* what is above, and left, stays in view */
    pe_area print_area;
    uint32_t repeat_first, repeat_last; /* rows repeated on each printed page */
    uint16_t pages_high;                /* fit: pages down; 0: as many as it takes. 1 across. */
} pe_page;

typedef struct pe_pages {
    pe_page *pages; /* in the order of the sheets */
    uint32_t page_count;
    pe_page_style *styles; /* 0: the default */
    uint32_t style_count;
} pe_pages;

/* Lays the report out. Everything lives in arena or in the report. PE_E_MEMORY, PE_E_CANCELLED. */
pe_status pe_report_layout(const pe_report *report, const pe_report_options *options,
                           pe_arena *arena, const pe_control *control, pe_pages *pages,
                           pe_diag *diag);

/* The names that its pages will have, before there is anything to lay out: the report's outputs are
 * named. *names: *count of them, in the order of the sheets, in arena. */
pe_status pe_report_page_names(const pe_report *report, const pe_report_options *options,
                               pe_arena *arena, const char ***names, uint32_t *count,
                               pe_diag *diag);

#endif
