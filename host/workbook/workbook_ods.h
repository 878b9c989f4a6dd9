/* workbook_ods.h: what the files of the OpenDocument reader share. A document is one walk over its
 * parts (meta, settings, styles, content; a flat file holds them all): workbook_ods.c knows which
 * element may stand in which, the other files do what the elements mean. */
#ifndef PE_WORKBOOK_ODS_H
#define PE_WORKBOOK_ODS_H

#include "workbook_internal.h"

/* Cells that repeat counts may add to those written: four whole columns. */
#define PEI_REPEAT_CELLS_MAX (4u << 20)
#define PEI_FORMAT_BYTES 1024u      /* of one format code; longer ones are General */
#define PEI_ODS_SECTIONS 3u         /* conditions of a number style */
#define PEI_ODS_NULL_DAY (-25569.0) /* 1899-12-30, in days from 1970-01-01 */
#define PEI_ODS_TYPE                                                                               \
    "application/vnd.oasis.opendocument.spreadsheet" /* templates: more follows                    \
                                                      */

/* Elements that mean something, by their place. */
typedef enum pei_place {
    PEI_TOP,
    PEI_DOCUMENT,
    PEI_META,
    PEI_GENERATOR,
    PEI_CONFIG,
    PEI_CONFIG_ITEM,
    PEI_STYLES,
    PEI_STYLE,
    PEI_STYLE_TABLE,
    PEI_FORMAT,
    PEI_FORMAT_PIECE,
    PEI_FORMAT_NUMBER,
    PEI_FORMAT_EMBEDDED,
    PEI_FORMAT_TEXT,
    PEI_FORMAT_CURRENCY,
    PEI_FORMAT_FILL,
    PEI_FORMAT_COLOR,
    PEI_FORMAT_MAP,
    PEI_BODY,
    PEI_SHEETS,
    PEI_CALCULATION,
    PEI_NULL_DATE,
    PEI_ITERATION,
    PEI_TABLE,
    PEI_GROUP,
    PEI_COLUMN,
    PEI_ROW,
    PEI_CELL,
    PEI_TEXT,
    PEI_TEXT_PART,
    PEI_TEXT_SPACE,
    PEI_TEXT_TAB,
    PEI_TEXT_BREAK,
    PEI_NAMES,
    PEI_NAMED,
    PEI_RANGES,
    PEI_RANGE,
    PEI_FILTER,
    PEI_DDE,
    PEI_PLACES
} pei_place;

/* A number style on its way to an Excel format code. */
typedef struct pei_ods_format {
    const char *name;
    const char *code; /* this style's own section */
    const char *conditions[PEI_ODS_SECTIONS], *applied[PEI_ODS_SECTIONS];
    unsigned sections;
} pei_ods_format;

/* A cell or table style. */
typedef struct pei_ods_style {
    const char *name, *parent, *format; /* NULL: none */
    uint16_t index;                     /* of the workbook's formats, once resolved */
    bool hides, resolved;
} pei_ods_style;

typedef struct pei_ods_book { /* another document whose cells are cached */
    const char *target;
    const char **sheets;
    size_t sheet_count, sheet_capacity;
    pei_external_cell *cells;
    size_t cell_count, cell_capacity;
} pei_ods_book;

typedef enum pei_ods_type { PEI_ODS_NONE, PEI_ODS_VALUE, PEI_ODS_TEXT } pei_ods_type;

/* The cell being read. */
typedef struct pei_ods_cell {
    pei_ods_type type;
    pe_value value; /* VALUE */
    bool error;     /* its text is the name of an error */
    bool has_text;  /* an attribute gave the text */
    bool has_formula, excel_text, styled;
    const char *formula;
    uint32_t formula_length;
    uint32_t matrix_rows, matrix_columns;
    uint32_t repeated;
    uint32_t paragraphs;
    uint16_t format;
} pei_ods_cell;

typedef struct pei_ods_column {
    uint32_t last; /* the run's last column */
    uint16_t format;
} pei_ods_column;

typedef struct pei_ods_range { /* a database range; its sheet may come later */
    const char *name, *address;
    bool filtered, headed;
} pei_ods_range;

typedef struct pei_ods {
    pei_xml xml;
    pei_reader *reader;
    pei_texts *texts;
    pe_workbook *book;
    uint8_t stack[PE_XML_DEPTH_MAX + 1]; /* pei_place of each open element */
    uint32_t top;
    uint32_t skipped; /* open elements inside one that means nothing */
    bool has_sheets;  /* an office:spreadsheet was there */
    bool in_mode;     /* the setting being read is the calculation mode */

    pei_ods_format *formats;
    size_t format_count, format_capacity;
    pei_ods_style *styles;
    size_t style_count, style_capacity;
    pe_map *style_names;
    pe_map *codes; /* format code to index */
    const char **book_formats;
    size_t book_format_count, book_format_capacity;
    bool in_style; /* the style being read is the last of styles */
    struct {       /* the number style being read, which is the last of formats */
        char code[PEI_FORMAT_BYTES];
        size_t length;
        bool odd;           /* too long, or with a piece that Excel has not */
        bool elapsed;       /* hours beyond 24: [h] */
        bool percent, date; /* what the style is */
        char integer[64];   /* the digits before the point, and what follows them */
        char fraction[64];
        bool has_number;
        uint32_t embedded; /* place of a text inside the digits */
    } section;

    pe_sheet *sheets;
    pei_sheet_data *data;
    size_t sheet_count, sheet_capacity, data_capacity;
    pei_ods_book *books;
    size_t book_count, book_capacity;
    size_t external_count;  /* cached tables so far */
    pei_ods_book *external; /* the cached table being read, or NULL */
    pei_ods_column *columns;
    size_t column_count, column_capacity;
    uint32_t row, column, rows_repeated;
    bool row_hidden, row_filtered, row_styled;
    uint16_t row_format;
    pe_cell *row_cells; /* of the row being read; formula: index into row_formulas */
    size_t row_count, row_capacity;
    pe_formula_source *row_formulas;
    size_t row_formula_count, row_formula_capacity;
    uint64_t repeated; /* cells that counts have added so far */
    pei_ods_cell cell;
    pei_buffer text;

    pe_name *names;
    size_t name_count, name_capacity;
    pe_map *words;           /* sheets and names, without case */
    const char **name_bases; /* base cell addresses, as written */
    size_t name_base_capacity;
    pei_ods_range *ranges;
    size_t range_count, range_capacity;
    pe_table *tables;
    size_t table_count, table_capacity;
    bool has_dde;
    double null_day; /* days from 1970-01-01 to serial 0 */
} pei_ods;

/* True unless the reading has been stopped. */
bool pei_ods_room(pei_ods *o, void **items, size_t *capacity, size_t count, size_t size);
#define PEI_ODS_ROOM(o, items, capacity, count)                                                    \
    pei_ods_room((o), (void **)(items), (capacity), (count), sizeof(**(items)))
/* A copy; "" if the reading has been stopped. */
const char *pei_ods_keep(pei_ods *o, const char *text, size_t length);
/* Attribute by its whole name; NULL if absent. */
#define PEI_ODS(attributes, name) pei_attribute((attributes), (name))

/* ---- formats: workbook_ods_formats.c
 * -------------------------------------------------------------------------------- */

void pei_ods_style_start(pei_ods *o, const char **attributes);
void pei_ods_style_table(pei_ods *o, const char **attributes);
void pei_ods_format_start(pei_ods *o, const char *name, const char **attributes);
void pei_ods_format_end(pei_ods *o);
void pei_ods_format_piece(pei_ods *o, const char *name, const char **attributes);
void pei_ods_format_number_end(pei_ods *o);
void pei_ods_format_embedded(pei_ods *o, const char **attributes);
void pei_ods_format_embedded_end(pei_ods *o);
void pei_ods_format_text_end(pei_ods *o);
void pei_ods_format_currency_end(pei_ods *o);
void pei_ods_format_fill_end(pei_ods *o);
void pei_ods_format_color(pei_ods *o, const char **attributes);
void pei_ods_format_map(pei_ods *o, const char **attributes);
/* The workbook's format of a cell style; 0 if there is no such style. */
uint16_t pei_ods_style_format(pei_ods *o, const char *name);
bool pei_ods_style_hides(pei_ods *o, const char *name);

/* ---- sheets: workbook_ods_sheet.c
 * ---------------------------------------------------------------------------------- */

void pei_ods_table_start(pei_ods *o, const char **attributes);
void pei_ods_table_end(pei_ods *o);
void pei_ods_column_start(pei_ods *o, const char **attributes);
void pei_ods_row_start(pei_ods *o, const char **attributes);
void pei_ods_row_end(pei_ods *o);
void pei_ods_cell_start(pei_ods *o, const char **attributes);
void pei_ods_cell_end(pei_ods *o);
void pei_ods_text_start(pei_ods *o);
void pei_ods_text_space(pei_ods *o, const char **attributes);
void pei_ods_text_add(pei_ods *o, char c, uint32_t count);
/* Whether texts of the present cell are of interest. */
bool pei_ods_wants_text(const pei_ods *o);

/* ---- values: workbook_ods_values.c
 * --------------------------------------------------------------------------------- */

/* An ISO 8601 date or date and time to days from origin, itself in days from 1970-01-01. */
bool pei_ods_date_parse(const char *text, double origin, double *days);
/* A duration (PT12H30M00S, -P1DT2H) in days. */
bool pei_ods_duration_parse(const char *text, double *days);
/* "#DIV/0!", "Err:502" to Excel's errors as LibreOffice's own .xlsx export maps them. any_language:
 * numbered errors are translated ("Chyba:502"). False: the text is none. */
bool pei_ods_error_parse(const char *text, size_t length, bool any_language, pe_value *value);

/* ---- settings, names, ranges: workbook_ods_lists.c
 * ----------------------------------------------------------------- */

void pei_ods_calculation(pei_ods *o, const char **attributes);
void pei_ods_null_date(pei_ods *o, const char **attributes);
void pei_ods_iteration(pei_ods *o, const char **attributes);
void pei_ods_named(pei_ods *o, const char *name, const char **attributes);
void pei_ods_range_start(pei_ods *o, const char **attributes);
void pei_ods_range_filter(pei_ods *o);
/* The cached table of another document: "'file:///a.ods'#Sheet1". False: name is a plain sheet's.
 */
bool pei_ods_external_start(pei_ods *o, const char *name);
/* So that addresses find the sheet by its name. */
void pei_ods_index_sheet(pei_ods *o, uint32_t sheet);
void pei_ods_external_cell(pei_ods *o, uint32_t row, uint32_t column, pe_value value);
/* After the walk: names' homes and filters, which may name later sheets, and links. */
pe_status pei_ods_lists_finish(pei_ods *o);

/* ---- the whole: workbook_ods.c
 * ------------------------------------------------------------------------------------- */

/* For the caller to join and free, also after a failure. */
typedef struct pei_ods_result {
    pei_sheet_data *sheets;
    size_t sheet_count;
    pe_name *names;
    size_t name_count;
    pe_table *tables; /* database ranges with a header row; columns NULL: the header names them */
    size_t table_count;
} pei_ods_result;
pe_status pei_ods_read(pei_reader *reader, bool flat, pei_texts *texts, pei_ods_result *result,
                       pe_diag *diag);

#endif
