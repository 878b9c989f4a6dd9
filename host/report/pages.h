/* pages.h: a report laid out as sheets, independent of who shows them: the .xlsx writer, the pipe
 * to a live spreadsheet. The layout decides everything (texts, addresses, number formats, charts);
 * whoever shows it decides nothing. A later run of the same model has the same pages with the same
 * things at the same addresses: what can grow stands last. */
#ifndef PE_PAGES_H
#define PE_PAGES_H

#include "report.h"

typedef struct pe_page_style {
    const char *number_format;  /* Excel's code; "General" */
    uint32_t color, background; /* 0xRRGGBB; PE_PAGE_COLOR_NONE: automatic */
    uint8_t size;               /* points; 0: the default */
    uint8_t align;              /* 0 by kind of value, 1 left, 2 centre, 3 right */
    bool bold, italic, underline, wrap;
    bool border_bottom, border_all, entry; /* entry: a cell for the user to type in: a rewrite keeps
                                              what was typed */
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

typedef enum pe_chart_kind {
    PE_CHART_COLUMNS, /* categories and vertical bars */
    PE_CHART_BARS,    /* categories and horizontal bars, first on top where reversed */
    PE_CHART_LINES    /* x and y values, straight lines without markers */
} pe_chart_kind;

typedef enum pe_chart_dash { PE_DASH_SOLID, PE_DASH_DASH, PE_DASH_LONG } pe_chart_dash;

typedef struct pe_chart_series {
    const char *name;
    pe_area x, y;       /* on this page (sheet 0): categories or x values; values */
    pe_chart_kind kind; /* a series may differ from the chart: lines over columns */
    uint32_t color;
    double width_points; /* of a line; 0: none */
    uint8_t dash;        /* pe_chart_dash */
    bool in_legend;
    const char *label_format; /* data labels; NULL: none */
    /* label_text: one per point in place of the value; NULL entries: no label. NULL: none. */
    const char *const *label_text;
    uint32_t label_count;
} pe_chart_series;

typedef struct pe_chart_axis {
    bool visible, reverse, gridlines, labels_low;
    double min, max, major, crossing; /* NAN: automatic */
    const char *number_format;        /* NULL: of the source */
    int16_t label_degrees;
    uint16_t label_every; /* of categories; 0: automatic */
} pe_chart_axis;

typedef struct pe_page_chart {
    pe_chart_kind kind;
    const char *title;
    uint32_t row, column; /* its upper left corner stands in this cell's */
    double width, height; /* pixels of 1/96 inch */
    pe_chart_axis x, y;   /* x: categories or x values (BARS: the vertical one) */
    bool legend_bottom;
    int gap_percent, overlap_percent;
    pe_chart_series *series;
    uint32_t series_count;
} pe_page_chart;

typedef struct pe_page {
    const char *name; /* a legal sheet name, unique in the report */
    const char *key;  /* what the page shows, the same in each run: "summary", "inputs", "trials",
                         "output:Sheet1!B7" */
    pe_page_cell *cells; /* in row order */
    uint32_t cell_count;
    pe_area *merges;
    uint32_t merge_count;
    double *widths; /* of columns 0 ff. in characters; 0: default */
    uint32_t width_count;
    double *heights; /* of rows 0 ff. in points; 0: default */
    uint32_t height_count;
    pe_page_chart *charts;
    uint32_t chart_count;
    uint32_t freeze_row; /* rows above it stay in view */
    pe_area print_area;
    uint32_t repeat_first, repeat_last; /* rows repeated on each printed page */
    uint16_t pages_high;                /* fit: pages down; 0: as many as it takes. 1 across. */
} pe_page;

typedef struct pe_pages {
    pe_page *pages;
    uint32_t page_count;
    pe_page_style *styles;
    uint32_t style_count;
} pe_pages;

/* Lays the report out. Everything lives in arena or in the report. PE_E_MEMORY, PE_E_CANCELLED. */
pe_status pe_report_layout(const pe_report *report, const pe_report_options *options,
                           pe_arena *arena, const pe_control *control, pe_pages *pages,
                           pe_diag *diag);

#endif
