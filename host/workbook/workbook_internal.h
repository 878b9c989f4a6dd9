/* workbook_internal.h: what the files of this module share: the workbook with what it owns, the
 * reader's state, and the passes of a reading in their order (package, parts, sheets, join). */
#ifndef PE_WORKBOOK_INTERNAL_H
#define PE_WORKBOOK_INTERNAL_H

#include "workbook.h"

#include <pthread.h>

/* ---- limits of this module
 * ---------------------------------------------------------------------------- */

/* Cells that array, spill and data-table blocks may add to those written: four whole columns. */
#define PEI_BLOCK_CELLS_MAX (4u << 20)
/* A tag, or a text between two entities, that makes the parser hold more than this is an attack. */
#define PEI_XML_TOKEN_BYTES_MAX (1u << 20)
/* Sheets carry addresses, so real ones deflate some 50 to 1 at most. Beyond this ratio and size: a
 * bomb. */
#define PEI_BOMB_RATIO 250u
#define PEI_BOMB_BYTES (64ull << 20)
#define PEI_WARNINGS_MAX 64u

/* ---- the workbook and what it owns
 * -------------------------------------------------------------------- */

/* What pe_workbook_free frees. The book stands first, so a pe_workbook * is a pei_book *. */
typedef struct pei_book {
    pe_workbook book;
    pe_arena *arena;   /* names, formats, index */
    pe_arena **arenas; /* texts that the tasks of a reading pushed */
    size_t arena_count, arena_capacity;
} pei_book;

/* A cached value of another workbook. */
typedef struct pei_external_cell {
    uint32_t sheet, row, column;
    pe_value value;
} pei_external_cell;

struct pe_external_cells {
    uint32_t count;
    const pei_external_cell *items; /* sorted by sheet, row, column; the last of equals counts */
};

/* An empty workbook with defaults and formats[0]. NULL: out of memory. bytes_max 0: no limit. */
pei_book *pei_book_new(uint64_t bytes_max);
/* From cells sorted and cell_first, cell_end of each sheet: the row index and the used area. */
pe_status pei_book_index(pei_book *owner, pe_diag *diag);
/* A new arena that the workbook owns. Not thread-safe. NULL: out of memory. */
pe_arena *pei_book_arena(pei_book *owner);
/* "B2:C4", "B2", "$B$2" to a rectangle on sheet; corners in any order. False: no area, or off the
 * grid. */
bool pei_area_parse(const char *text, size_t length, uint32_t sheet, pe_area *area);

/* ---- the reader
 * --------------------------------------------------------------------------------------- */

typedef struct zip pei_zip; /* libzip's zip_t */

/* One reading. Tasks write only to what is theirs, and to the atomics. */
typedef struct pei_reader {
    const uint8_t *bytes;
    size_t length;
    const pe_control *control;
    uint64_t memory_max;     /* 0: none */
    atomic_ullong memory;    /* bytes taken for the model */
    atomic_ullong inflated;  /* bytes of parts read */
    uint64_t inflated_total; /* as the directory declares: for progress only */
    atomic_uint block_cells; /* fillers of blocks */
    pei_zip **zips;          /* one handle per worker, over the same bytes */
    unsigned zip_count;
    pthread_mutex_t opening; /* of handles: libzip asks for the time zone, which threads share */
    pei_book *owner;
    uint16_t *styles; /* cell style to index of formats */
    uint32_t style_count;
    const pe_value *strings; /* shared strings */
    uint32_t string_count;
    uint32_t *dynamic; /* per cell metadata (cm - 1): 1 if a dynamic array */
    uint32_t dynamic_count;
    uint32_t *rich;      /* per value metadata (vm - 1): its rich value; with has_rich_errors */
    uint32_t rich_count; /* its pe_error_code, or 0 */
    bool has_rich_errors;
    const char **warnings; /* in the owner's arena */
    size_t warning_count, warning_capacity;
} pei_reader;

/* Counts bytes of the model against the memory limit. */
pe_status pei_reader_take(pei_reader *reader, uint64_t bytes, pe_diag *diag);
/* Adds a warning; only outside of tasks. Beyond PEI_WARNINGS_MAX they are dropped. */
void pei_reader_warn(pei_reader *reader, const char *format, ...) PE_PRINTF(2, 3);

/* Texts of one task, packed into blocks of its arena. */
typedef struct pei_texts {
    pei_reader *reader;
    pe_arena *arena;
    char *at;
    size_t left;
} pei_texts;

/* bytes with alignment 1 or 4. NULL: out of memory or over the limit, and diag says which. */
void *pei_texts_push(pei_texts *texts, size_t bytes, size_t alignment, pe_diag *diag);
/* A copy with a final NUL. */
const char *pei_texts_copy(pei_texts *texts, const char *text, size_t length, pe_diag *diag);
/* A text value. */
pe_status pei_texts_value(pei_texts *texts, const char *text, size_t length, pe_value *value,
                          pe_diag *diag);

/* ---- package
 * ------------------------------------------------------------------------------------------ */

typedef enum pei_package_kind {
    PEI_OPEN_XML,
    PEI_OPEN_DOCUMENT,
    PEI_FLAT_OPEN_DOCUMENT
} pei_package_kind;

/* What the bytes are, by their content. Refuses what is not a workbook that can be read, saying
 * what it is instead. Opens the first handle of a package. */
pe_status pei_package_open(pei_reader *reader, pei_package_kind *kind, pe_diag *diag);
void pei_package_close(pei_reader *reader);
/* Index of a part; -1 if absent. name without leading '/'; case does not matter. */
int64_t pei_package_find(pei_reader *reader, unsigned worker, const char *name);
/* Declared inflated size of a part; 0 if unknown. Outside of tasks. */
uint64_t pei_package_size(pei_reader *reader, int64_t index);
pe_status pei_package_handle(pei_reader *reader, unsigned worker, pei_zip **zip, pe_diag *diag);

/* ---- XML
 * ---------------------------------------------------------------------------------------------- */

typedef struct pei_buffer {
    char *bytes;
    size_t length, capacity;
    size_t bytes_max; /* 0: PE_TEXT_BYTES_MAX with room for escapes */
} pei_buffer;

typedef struct pei_xml pei_xml;
/* Handlers get names without prefix, unless prefixed. depth of the root is 1, and in end it is that
 * of the element.
 */
struct pei_xml {
    void (*start)(pei_xml *xml, const char *name, const char **attributes);
    void (*end)(pei_xml *xml, const char *name);
    const char *root; /* expected name of the root element; NULL: any */
    bool prefixed;
    pei_buffer *collect; /* where character data goes; NULL: nowhere */
    uint32_t depth;
    const char *part;
    pe_status status; /* first failure */
    pe_diag *diag;
    void *parser; /* expat's */
};

/* Reads the part through the handlers. PE_E_FORMAT, PE_E_LIMIT, PE_E_MEMORY, PE_E_CANCELLED,
 * PE_E_ENCRYPTED. */
pe_status pei_xml_read(pei_reader *reader, unsigned worker, int64_t index, pei_xml *xml);
/* The same of the whole file, which is XML itself. */
pe_status pei_xml_read_file(pei_reader *reader, pei_xml *xml);
/* Stops the reading with a failure, which diag already describes. */
void pei_xml_stop(pei_xml *xml, pe_status status);
/* The same with a message; where is the part. */
void pei_xml_fail(pei_xml *xml, pe_status status, const char *format, ...) PE_PRINTF(3, 4);

/* Attributes: NULL if absent. prefixed: with any prefix ("r:id"). */
const char *pei_attribute(const char **attributes, const char *name);
const char *pei_attribute_prefixed(const char **attributes, const char *name);
/* xsd:boolean; fallback if absent or odd. */
bool pei_attribute_true(const char **attributes, const char *name, bool fallback);
/* Decimal digits only, up to 4294967295; fallback if absent or odd. */
uint32_t pei_attribute_number(const char **attributes, const char *name, uint32_t fallback);
bool pei_number_parse(const char *text, uint32_t *number);

/* Undoes _xHHHH_ in place and returns the new length. */
size_t pei_unescape(char *text, size_t length);
/* Spaces, tabs and line ends at both ends; *text moves. Returns the new length. */
size_t pei_trim(const char **text, size_t length);
/* An error literal; what is none of Excel's reads as #UNKNOWN!. */
pe_value pei_error_parse(const char *text, size_t length);
/* An ISO 8601 date, time or both to a serial number. False: it is none. */
bool pei_date_parse(const char *text, size_t length, bool date1904, double *serial);

/* ---- relationships
 * ------------------------------------------------------------------------------------ */

typedef struct pei_relation {
    const char *id;
    const char *type;   /* the last step of its URI: "worksheet" in both transitional and strict */
    const char *target; /* part name, or as written if external */
    bool external;
} pei_relation;

typedef struct pei_relations {
    pei_relation *items;
    size_t count, capacity;
} pei_relations;

/* Relationships of a part ("" is the package); none if it has no such part. Free items with free().
 */
pe_status pei_relations_read(pei_reader *reader, unsigned worker, const char *part,
                             pei_texts *texts, pei_relations *relations, pe_diag *diag);
const pei_relation *pei_relations_id(const pei_relations *relations, const char *id);
const pei_relation *pei_relations_type(const pei_relations *relations, const char *type);

/* ---- parts that all sheets need
 * ----------------------------------------------------------------------- */

typedef struct pei_sheet_entry {
    const char *name;
    const char *id;
    pe_visibility visibility;
} pei_sheet_entry;

/* workbook.xml: settings and names go to the owner; sheets and links are listed for the caller. */
typedef struct pei_main {
    pei_sheet_entry *sheets;
    size_t sheet_count, sheet_capacity;
    const char **links; /* relationship ids of external references, in order */
    size_t link_count, link_capacity;
    pe_name *names;
    size_t name_count, name_capacity;
} pei_main;

pe_status pei_main_read(pei_reader *reader, const char *part, pei_texts *texts, pei_main *main_part,
                        pe_diag *diag);
pe_status pei_styles_read(pei_reader *reader, const char *part, pe_diag *diag);
pe_status pei_metadata_read(pei_reader *reader, const char *part, pe_diag *diag);
/* After the metadata: which values are errors that older readers do not know. */
pe_status pei_rich_values_read(pei_reader *reader, const char *structures, const char *values,
                               pe_diag *diag);
pe_status pei_properties_read(pei_reader *reader, const char *part, pe_diag *diag);
pe_status pei_strings_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                           pe_diag *diag);
pe_status pei_external_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                            pe_external *external, pe_diag *diag);
/* area's sheet is given. *filtered: the table's own filter is on. */
pe_status pei_table_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                         uint32_t sheet, pe_table *table, bool *filtered, pe_diag *diag);

/* ---- sheets
 * ------------------------------------------------------------------------------------------- */

/* While a sheet is read, cells hold: stored, where a shared string is pe_box(PE_KIND_UNRESOLVED,
 * index); formula, an index into the sheet's own raw formulas. */
#define PEI_CHUNK_FIRST 128u
#define PEI_CHUNK_LARGEST 16384u

typedef struct pei_cell_chunk {
    struct pei_cell_chunk *next;
    uint32_t count, capacity;
    pe_cell cells[];
} pei_cell_chunk;

typedef enum pei_raw_kind {
    PEI_RAW_TEXT,
    PEI_RAW_SHARED,
    PEI_RAW_SPECIAL,
    PEI_RAW_EXCEL /* a text in Excel's dialect, in a workbook of another */
} pei_raw_kind;

typedef struct pei_raw_formula {
    const char *text; /* TEXT, EXCEL */
    uint32_t length;
    uint32_t
        extra; /* pei_raw_kind in the top two bits; index of the master or special formula below */
} pei_raw_formula;
#define PEI_RAW(kind, index) ((uint32_t)(kind) << 30 | (index))

typedef struct pei_raw_chunk {
    struct pei_raw_chunk *next;
    uint32_t count, capacity;
    pei_raw_formula formulas[];
} pei_raw_chunk;

typedef struct pei_master { /* of shared formulas */
    const char *text;       /* NULL: not seen yet */
    uint32_t length, row, column;
} pei_master;

typedef struct pei_sheet_data {
    uint32_t index;   /* of the sheet */
    const char *part; /* NULL: no cells (chart sheets) */
    int64_t part_index;
    pe_diag diag;
    pei_texts texts;
    pei_cell_chunk *cells_first, *cells_last;
    pei_raw_chunk *raw_first, *raw_last;
    uint32_t cell_count, raw_count, string_cells;
    bool sorted;          /* so far, strictly */
    bool has_calc_tables; /* formulas TABLE(...) or MULTIPLE.OPERATIONS(...) */
    pei_master *masters;
    size_t master_count, master_capacity;
    pe_formula_source *specials;
    size_t special_count, special_capacity;
    pe_cell *fillers; /* cells of blocks, has_stored false; sorted and unique */
    size_t filler_count, filler_capacity;
    uint32_t *hidden;
    size_t hidden_count, hidden_capacity;
    uint32_t *filtered; /* those of the hidden rows that a filter hides, where the file says so */
    size_t filtered_count, filtered_capacity;
    bool has_filter;
    pe_area filter;
    pe_table *tables;
    size_t table_count, table_capacity;
    uint32_t duplicates;              /* cells written twice */
    uint32_t cell_base, formula_base; /* where the join puts them */
    uint32_t cell_end, formula_end;
} pei_sheet_data;

/* Room for one more cell, which the caller fills. NULL: xml has been stopped. */
pe_cell *pei_cells_add(pei_reader *reader, pei_sheet_data *sheet, pei_xml *xml);
/* The index of a new raw formula, or PE_NO_FORMULA: xml has been stopped. */
uint32_t pei_cells_raw(pei_reader *reader, pei_sheet_data *sheet, pei_xml *xml,
                       pei_raw_formula raw);
/* The same for an array formula or data table, whose block must not be too large. */
uint32_t pei_cells_special(pei_reader *reader, pei_sheet_data *sheet,
                           const pe_formula_source *formula, pei_xml *xml);
/* Every cell of a block has a cell: fillers for all, of which the join drops those that the file
 * has. */
pe_status pei_cells_fill(pei_reader *reader, pei_sheet_data *sheet);
pe_status pei_sheet_read(pei_reader *reader, unsigned worker, pei_sheet_data *sheet);
void pei_sheet_clear(pei_sheet_data *sheet);
/* Moves all sheets' cells into the workbook, in order, and frees them as it goes. */
pe_status pei_join(pei_reader *reader, pe_pool *pool, pei_sheet_data *sheets, pe_diag *diag);
/* Data tables of one sheet: every cell of a block gets its formula. */
void pei_tables_apply(pe_workbook *book, uint32_t sheet);
/* Calc's MULTIPLE.OPERATIONS(formula; input; value ...), also as TABLE(...): cells that hold
 * nothing else become data tables. For any finished workbook whose rows are indexed. */
pe_status pei_calc_tables_apply(pe_workbook *book, pe_diag *diag);
/* Drops the formulas whose text is NULL. */
pe_status pei_formulas_compact(pe_workbook *book, pe_diag *diag);
/* Whether a formula's text begins with such a call. */
bool pei_is_table_call(const char *text, size_t length);

#endif
