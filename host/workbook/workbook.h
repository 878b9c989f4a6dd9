/* workbook.h: a saved workbook as an immutable model: cells with the values that the file stores,
 * formula texts, names, tables, number formats, settings. Knows nothing of formulas' meaning.
 * Readers turn bytes into it. */
#ifndef PE_WORKBOOK_H
#define PE_WORKBOOK_H

#include "base.h"

#define PE_NO_FORMULA 0xFFFFFFFFu

typedef enum pe_formula_kind {
    PE_FORMULA_NORMAL,
    PE_FORMULA_ARRAY, /* classic {=...}: area is its block, the formula stands in the block's first
                         cell */
    PE_FORMULA_DYNAMIC, /* dynamic array: area is its stored spill block (one cell where it does not
                           spill) */
    PE_FORMULA_TABLE, /* data table (what-if): area is its block; every cell of the block refers to
                         this entry */
} pe_formula_kind;

/* Where a data table of one cell has its formula and values, if not above and left of it. */
typedef struct pe_table_cells {
    pe_cell_ref formula;
    pe_cell_ref values[2]; /* what replaces input1 and, with two_inputs, input2 */
} pe_table_cells;

/* One formula. Shared formulas: each cell has its own entry whose text is the master's and home is
 * the master's cell; the text is relative to home. */
typedef struct pe_formula_source {
    const char *text; /* UTF-8 without '='; as saved (Excel A1, English, comma) */
    uint32_t length;
    uint8_t kind;                   /* pe_formula_kind */
    bool two_inputs;                /* TABLE: row and column input */
    bool row_input;                 /* TABLE with one input: it is the row input cell */
    bool excel_text;                /* the text is in Excel's dialect, not in the workbook's */
    uint32_t home_row, home_column; /* the cell that text is written for */
    pe_area area;                   /* ARRAY, DYNAMIC, TABLE */
    pe_cell_ref input1, input2;     /* TABLE: row input (or the only one) and column input */
    bool input1_deleted, input2_deleted;
    const pe_table_cells *cells; /* TABLE: NULL where they stand as in Excel */
} pe_formula_source;

/* All cells of a workbook stand in one array, sorted by sheet, row, column; an index into it is a
 * cell id. Every cell of an array, spill or data-table block has a cell, blank or not. */
typedef struct pe_cell {
    pe_value stored; /* constant, or what the application stored for the formula; text lives in the
                        workbook */
    uint32_t row;
    uint32_t formula; /* index into formulas, or PE_NO_FORMULA */
    uint16_t column;
    uint16_t format; /* index into formats */
    bool has_stored; /* false: a formula, or a cell of its block, without a cached value */
} pe_cell;

typedef enum pe_visibility { PE_VISIBLE, PE_HIDDEN, PE_VERY_HIDDEN } pe_visibility;

typedef struct pe_sheet {
    const char *name;
    uint32_t cell_first, cell_end; /* cell ids */
    pe_visibility visibility;
    const uint32_t
        *row_start; /* cell id of the first cell of rows_used[i]; row_count + 1 entries */
    const uint32_t *rows_used; /* ascending rows that have cells */
    uint32_t row_count;
    pe_area used;                /* smallest rectangle that holds all cells; one cell A1 if empty */
    const uint32_t *rows_hidden; /* ascending */
    uint32_t rows_hidden_count;
    bool has_filter; /* an autofilter is on: hidden rows count as filtered, under Calc's rules
                        inside its area, under Excel's on the whole sheet */
    pe_area filter;
    const uint32_t *rows_filtered; /* where rows_known: which hidden rows a filter hides; the area
                                      is not asked */
    uint32_t rows_filtered_count;
    bool rows_known;
    bool is_chart; /* chart or macro sheet: no cells */
} pe_sheet;

typedef struct pe_name {
    const char *name;
    const char *text; /* its formula, without '='; what is relative in it is relative to home */
    uint32_t text_length;
    uint32_t sheet; /* scope; PE_SCOPE_WORKBOOK for the workbook */
    uint32_t home_sheet, home_row,
        home_column; /* A1 of the first sheet but in OpenDocument files */
    bool hidden;
    bool is_macro; /* function or VBA names: unsupported when used */
} pe_name;
#define PE_SCOPE_WORKBOOK 0xFFFFFFFFu

typedef struct pe_table {
    const char *name; /* displayName */
    pe_area area;     /* with header and totals rows */
    uint32_t header_rows, totals_rows;
    const char **columns;
    uint32_t column_count;
} pe_table;

/* Another workbook that formulas refer to as [1], [2] ...: index + 1 is the number. */
typedef struct pe_external {
    const char *target; /* as saved; "" if unknown */
    const char **sheets;
    uint32_t sheet_count;
    const char **names;      /* defined names that the link part lists */
    const char **name_texts; /* what they refer to, without '='; "" if unknown */
    uint32_t name_count;
    bool is_dde; /* or OLE: names are its items, their values cached in row 0 ff. of the item's
                    sheet */
    struct pe_external_cells *cells; /* cached values; ask pe_external_cell */
} pe_external;

typedef struct pe_workbook {
    pe_sheet *sheets;
    uint32_t sheet_count;
    pe_cell *cells;
    uint32_t cell_count;
    pe_formula_source *formulas;
    uint32_t formula_count;
    pe_name *names;
    uint32_t name_count;
    pe_table *tables;
    uint32_t table_count;
    pe_external *externals;
    uint32_t external_count;
    const char **formats; /* number format codes; formats[0] is "General" */
    uint32_t format_count;
    pe_dialect dialect;     /* of formula and name texts */
    pe_semantics semantics; /* whose rules the formulas follow */
    pe_calc_options calc;   /* PE_SEMANTICS_CALC only */
    bool date1904;
    bool iterate;           /* calcPr */
    uint32_t iterate_count; /* default 100 */
    double iterate_delta;   /* default 0.001 */
    bool manual;            /* calculation mode is manual */
    bool precision_as_displayed;
    bool calc_on_load;       /* fullCalcOnLoad: the writer did not calculate */
    const char *application; /* docProps/app.xml: "Microsoft Excel", "LibreOffice/7.4.7.2$Linux...";
                                "" if absent */
    const char *app_version;
    const char *path; /* as given, "" from memory */
    uint8_t sha256[32];
    uint64_t file_bytes;
    bool has_macros;
    const char *const *warnings; /* for the user: what was odd but harmless */
    uint32_t warning_count;
} pe_workbook;

typedef struct pe_read_options {
    uint64_t bytes_max; /* memory limit for the model; 0: none */
} pe_read_options;

/* Reads an .xlsx, .xlsm, .ods or .fods, known by its content, from a file or from bytes (which must
 * stay unchanged only during the call). Sheets of the first two are read in parallel on pool (NULL:
 * one after the other). PE_E_FORMAT (where: the part), PE_E_ENCRYPTED, PE_E_LIMIT (bomb, too many
 * cells), PE_E_IO, PE_E_MEMORY, PE_E_CANCELLED. Free with pe_workbook_free. */
pe_status pe_workbook_read_file(const char *path, const pe_read_options *options, pe_pool *pool,
                                const pe_control *control, pe_workbook **workbook, pe_diag *diag);
pe_status pe_workbook_read_bytes(const void *bytes, size_t length, const pe_read_options *options,
                                 pe_pool *pool, const pe_control *control, pe_workbook **workbook,
                                 pe_diag *diag);
void pe_workbook_free(pe_workbook *workbook);          /* NULL is allowed */
size_t pe_workbook_bytes(const pe_workbook *workbook); /* that it holds; NULL: 0 */
/* sha256 becomes that of the content, as pe_builder_build makes it: after constants changed. */
void pe_workbook_hash(pe_workbook *workbook);

/* The cell's id, or PE_NO_CELL. */
#define PE_NO_CELL 0xFFFFFFFFu
uint32_t pe_workbook_cell(const pe_workbook *workbook, pe_cell_ref ref);
pe_cell_ref pe_workbook_ref(const pe_workbook *workbook, uint32_t cell); /* O(log sheets) */
/* Ids of the cells of one sheet's row within [column_first, column_last]: [*first, *end). */
void pe_workbook_row(const pe_workbook *workbook, uint32_t sheet, uint32_t row,
                     uint32_t column_first, uint32_t column_last, uint32_t *first, uint32_t *end);
/* Index into rows_used of the first used row >= row. */
uint32_t pe_workbook_row_lower(const pe_sheet *sheet, uint32_t row);
/* Case-insensitive (Unicode simple folding is not needed: ASCII and equal bytes). PE_NO_CELL if
 * absent. */
uint32_t pe_workbook_sheet(const pe_workbook *workbook, const char *name, size_t length);
bool pe_workbook_row_hidden(const pe_workbook *workbook, uint32_t sheet, uint32_t row,
                            bool *by_filter);
/* The cached value of a cell of another workbook; blank if it caches none there, false if sheet is
 * unknown. */
bool pe_external_cell(const pe_external *external, uint32_t sheet, uint32_t row, uint32_t column,
                      pe_value *value);
/* "Sheet1!B7", "'My Sheet'!B7": quotes where needed. Cut at a whole character where it does
 * not fit; returns the length written. */
size_t pe_workbook_cell_text(const pe_workbook *workbook, pe_cell_ref ref, char *out, size_t size);
size_t pe_workbook_area_text(const pe_workbook *workbook, const pe_area *area, char *out,
                             size_t size);
/* The same in the arena; NULL: out of memory. */
const char *pe_workbook_cell_new_text(const pe_workbook *workbook, uint32_t cell, pe_arena *arena);
const char *pe_workbook_area_new_text(const pe_workbook *workbook, const pe_area *area,
                                      pe_arena *arena);

/* Builds a workbook from cells in memory: what tests and the pipe use. Cells in any order; a
 * later one for the same address replaces the earlier. Formula text with leading '='. */
typedef struct pe_workbook_builder pe_workbook_builder;
pe_workbook_builder *pe_builder_new(void);
uint32_t pe_builder_sheet(pe_workbook_builder *builder, const char *name);
void pe_builder_value(pe_workbook_builder *builder, uint32_t sheet, const char *address,
                      pe_value value);
void pe_builder_text(pe_workbook_builder *builder, uint32_t sheet, const char *address,
                     const char *text);
void pe_builder_formula(pe_workbook_builder *builder, uint32_t sheet, const char *address,
                        const char *formula, pe_value stored);
/* stored pe_omitted(): no cached value. Values given for cells of a block (array, spill, data
 * table), before or after, are their stored values; the block's formula stays. */
/* kind ARRAY or DYNAMIC; block "B2:C4" */
void pe_builder_array(pe_workbook_builder *builder, uint32_t sheet, const char *block,
                      const char *formula, pe_formula_kind kind);
/* data table over block; inputs NULL where absent */
void pe_builder_table(pe_workbook_builder *builder, uint32_t sheet, const char *block,
                      const char *row_input, const char *column_input);
void pe_builder_format(pe_workbook_builder *builder, uint32_t sheet, const char *address,
                       const char *format);
/* name in workbook scope; "Sheet1!rate": in that sheet's. text with or without '='. */
void pe_builder_name(pe_workbook_builder *builder, const char *name, const char *text);
void pe_builder_date1904(pe_workbook_builder *builder, bool on);
void pe_builder_iterate(pe_workbook_builder *builder, uint32_t count, double delta);
void pe_builder_hide_rows(pe_workbook_builder *builder, uint32_t sheet, uint32_t row_first,
                          uint32_t row_last);
void pe_builder_filter(pe_workbook_builder *builder, uint32_t sheet, const char *block);
/* A table with one header row, whose text cells name the columns. */
void pe_builder_list(pe_workbook_builder *builder, uint32_t sheet, const char *name,
                     const char *block, uint32_t totals_rows);
/* Ends the builder, whatever the result. Earlier failures are reported here. */
pe_status pe_builder_finish(pe_workbook_builder *builder, pe_workbook **workbook, pe_diag *diag);

/* ---- the same builder in bulk and by index: a live workbook, updated and built again and again.
 * One thread drives a builder. What a call gives is copied. PE_E_ARGUMENT changes nothing; after
 * PE_E_MEMORY or PE_E_LIMIT the builder says the same to every later call, and is only freed. */

/* One cell of a rectangle: blank without a formula removes what was there. */
typedef struct pe_builder_cell {
    pe_value value;      /* constant, or what the application shows for the formula; pe_omitted():
                            no value known */
    const char *formula; /* NULL: a constant; with or without '=' */
    uint32_t formula_length;
} pe_builder_cell;
/* rows * columns cells in row order. A block (array, spill, data table) whose first cell lies in
 * the rectangle is gone: give it again afterwards. PE_E_ARGUMENT: off the grid, unknown sheet, a
 * value that no cell can hold. PE_E_LIMIT. */
pe_status pe_builder_cells(pe_workbook_builder *builder, uint32_t sheet, uint32_t row,
                           uint32_t column, uint32_t rows, uint32_t columns,
                           const pe_builder_cell *cells, pe_diag *diag);
pe_status pe_builder_sheet_state(pe_workbook_builder *builder, uint32_t sheet,
                                 pe_visibility visibility, pe_diag *diag);
/* kind ARRAY, DYNAMIC: the formula stands in the area's first cell; TABLE: inputs, NULL where
 * absent. Replaces the block that begins in the same cell. */
pe_status pe_builder_block(pe_workbook_builder *builder, uint32_t sheet, const pe_area *area,
                           pe_formula_kind kind, const char *formula, const pe_cell_ref *row_input,
                           const pe_cell_ref *column_input, pe_diag *diag);
/* Cells of the area, now and later, have this number format; a later area covers an earlier one.
 * Cells that do not exist are not made. */
pe_status pe_builder_format_area(pe_workbook_builder *builder, uint32_t sheet, const pe_area *area,
                                 const char *code, pe_diag *diag);
/* Rows [row_first, row_last], hidden or shown. */
pe_status pe_builder_rows(pe_workbook_builder *builder, uint32_t sheet, uint32_t row_first,
                          uint32_t row_last, bool hidden, pe_diag *diag);
/* The sheet's autofilter; area NULL: none. */
pe_status pe_builder_filter_area(pe_workbook_builder *builder, uint32_t sheet, const pe_area *area,
                                 pe_diag *diag);
/* A defined name. sheet: its scope, or PE_SCOPE_WORKBOOK. text with or without '='. */
pe_status pe_builder_name_text(pe_workbook_builder *builder, const char *name, const char *text,
                               uint32_t sheet, bool hidden, pe_diag *diag);
/* A table; columns NULL: the cells of its first row name them. */
pe_status pe_builder_list_area(pe_workbook_builder *builder, uint32_t sheet, const char *name,
                               const pe_area *area, uint32_t header_rows, uint32_t totals_rows,
                               const char *const *columns, uint32_t column_count, pe_diag *diag);
/* Everything that is not per cell; NULL texts are "". */
typedef struct pe_builder_settings {
    pe_dialect dialect;
    pe_semantics semantics;
    pe_calc_options calc;
    bool date1904, iterate, manual, precision_as_displayed;
    uint32_t iterate_count;
    double iterate_delta;
    const char *application, *app_version, *path;
    uint64_t bytes_max; /* memory limit of the builder and of each model built; 0: none */
} pe_builder_settings;
pe_status pe_builder_configure(pe_workbook_builder *builder, const pe_builder_settings *settings,
                               pe_diag *diag);
/* Builds a workbook and keeps the builder, for updates and another build. O(cells). sha256 is that
 * of the content: equal content gives an equal one, in whatever order it came. */
pe_status pe_builder_build(const pe_workbook_builder *builder, pe_workbook **workbook,
                           pe_diag *diag);
uint64_t pe_builder_bytes(const pe_workbook_builder *builder); /* memory that it holds */
void pe_builder_free(pe_workbook_builder *builder);            /* NULL is allowed */

#endif
