/* formula.h: worksheet formula text (Excel A1 as saved) to syntax tree, and back. One tree per
 * shape: references are kept relative to the home cell, so that formulas copied down share one tree
 * and are parsed once. Pure: a formula set is used by one thread while it grows and by any thread
 * afterwards. */
#ifndef PE_FORMULA_H
#define PE_FORMULA_H

#include "base.h"
#include "functions.h"

typedef enum pe_node_kind {
    PE_NODE_VALUE,     /* number, text, boolean, error literal: value */
    PE_NODE_OMITTED,   /* an argument left empty */
    PE_NODE_ARRAY,     /* {1,2;3,4}: value is a pe_array */
    PE_NODE_REFERENCE, /* a cell, an area, whole rows or columns, 3-D: ref */
    PE_NODE_NAME,      /* a defined name: index (into scope's names) */
    PE_NODE_VARIABLE,  /* a LET or LAMBDA parameter: index is its slot (see variable_count) */
    PE_NODE_TABLE,     /* a structured reference: table */
    PE_NODE_FUNCTION,  /* function, args */
    PE_NODE_CALL, /* args[0] is the callee expression: LAMBDA(...)(...), name(...) where the name is
                     a LAMBDA */
    PE_NODE_UNARY,    /* op */
    PE_NODE_BINARY,   /* op */
    PE_NODE_EXTERNAL, /* [1]Sheet!A1, [1]!Name: external */
    PE_NODE_UNKNOWN,  /* an unknown name or function (text): evaluates to #NAME?, listed as
                         unsupported; args kept */
} pe_node_kind;

typedef enum pe_operator {
    PE_OP_ADD,
    PE_OP_SUB,
    PE_OP_MUL,
    PE_OP_DIV,
    PE_OP_POW,
    PE_OP_CONCAT,
    PE_OP_EQ,
    PE_OP_NE,
    PE_OP_LT,
    PE_OP_LE,
    PE_OP_GT,
    PE_OP_GE,
    PE_OP_RANGE,
    PE_OP_UNION,
    PE_OP_INTERSECT, /* reference operators whose operands are not plain areas */
    PE_OP_NEGATE,
    PE_OP_PLUS,
    PE_OP_PERCENT,
    PE_OP_SINGLE, /* @x and _xlfn.SINGLE(x) */
    PE_OP_SPILL,  /* x# and _xlfn.ANCHORARRAY(x) */
} pe_operator;

/* A row or column: absolute, or an offset from the home cell. */
typedef struct pe_relative {
    int32_t row, column;
    bool row_absolute, column_absolute;
} pe_relative;

/* No sheet written: the home cell's sheet (a name's: that of the using cell). */
#define PE_SHEET_HOME 0xFFFFFFFFu
#define PE_SHEET_DELETED 0xFFFFFFFEu /* #REF! in place of the sheet */

typedef struct pe_node_reference {
    pe_relative first, last; /* equal for a cell */
    uint32_t sheet_first, sheet_last;
    bool is_area; /* written as an area, even of one cell */
    bool whole_rows, whole_columns;
} pe_node_reference;

typedef enum pe_table_part {
    PE_TABLE_DATA = 1,
    PE_TABLE_HEADERS = 2,
    PE_TABLE_TOTALS = 4,
    PE_TABLE_THIS_ROW = 8,
    PE_TABLE_ALL = 7
} pe_table_part;

typedef struct pe_node pe_node;
struct pe_node {
    uint8_t kind; /* pe_node_kind */
    uint8_t op; /* pe_operator; UNKNOWN: 1 where it is called, name(...); VARIABLE: 1 in LAMBDA([x],
                   ...) */
    uint16_t function; /* pe_function_id */
    uint32_t arg_count;
    uint32_t offset;    /* byte offset in the text, for messages */
    uint32_t draw_site; /* RANDOM functions, NAME and CALL nodes: position in evaluation
                           (post-)order among such nodes of this tree, from 0; else PE_NO_SITE */
    union {
        pe_value value;
        pe_node_reference ref;
        uint32_t index;
        struct {
            uint32_t slot;
            const char *name;
        } variable; /* slot is index; name as written, without _xlpm. */
        struct {
            uint32_t table;
            uint32_t parts;
            uint32_t column_first, column_last;
        } table; /* columns PE_TABLE_WHOLE: all */
        struct {
            uint32_t book;
            uint32_t sheet_first, sheet_last;
            const char *name;
            pe_node_reference ref;
            bool is_name;
            const char *prefix;
        } external; /* book: index into externals ([1] is 0) or PE_BOOK_UNKNOWN; prefix: what stands
                       before the '!', as written */
        struct {
            const char *text;
            uint32_t length;
        } unknown; /* as written, prefixes kept */
    };
    const pe_node **args;
};
#define PE_NO_SITE 0xFFFFFFFFu
/* No tree is higher: 1+1+1+... is left-deep, one level per operator. Whoever walks trees by
 * recursion keeps his frames small enough for that (1 KiB: 8 MiB of stack), or walks down the left
 * side by a loop. */
#define PE_FORMULA_HEIGHT_MAX 8192u
#define PE_BOOK_UNKNOWN 0xFFFFFFFFu
#define PE_TABLE_WHOLE 0xFFFFFFFFu
/* Table index in [@Col] without a name: the table that holds the home cell. */
#define PE_TABLE_IMPLICIT 0xFFFFFFFEu

typedef enum pe_formula_flags {
    PE_FORMULA_HAS_VOLATILE = 1,
    PE_FORMULA_HAS_RANDOM = 2,
    PE_FORMULA_HAS_DYNAMIC = 4,
    PE_FORMULA_HAS_NAME = 8,
    PE_FORMULA_HAS_EXTERNAL = 16,
    PE_FORMULA_HAS_UNKNOWN = 32,
    PE_FORMULA_HAS_UNSUPPORTED = 64,
    PE_FORMULA_HAS_RISK = 128,
    PE_FORMULA_HAS_OUTPUT = 256,
    PE_FORMULA_HAS_CALL = 512,
    PE_FORMULA_HAS_TABLE_REF = 1024,
    PE_FORMULA_HAS_SPECIAL = 2048,
    PE_FORMULA_IS_SUBTOTAL = 4096, /* calls SUBTOTAL or AGGREGATE */
} pe_formula_flags;

typedef struct pe_formula { /* a shape; immutable */
    const pe_node *root;
    uint32_t flags; /* pe_formula_flags, of this tree alone (names not expanded) */
    uint32_t node_count;
    uint32_t site_count;     /* draw sites */
    uint32_t variable_count; /* LET and LAMBDA slots */
} pe_formula;

/* How names in the text become indices; supplied by whoever knows the workbook. All
 * case-insensitive. */
typedef struct pe_scope {
    void *context;
    pe_dialect dialect; /* how the texts are written */
    /* How references in texts are written (INDIRECT): that of the semantics, EXCEL or CALC; with
     * CALC, what is none is tried as Excel's. */
    pe_dialect reference_dialect;
    /* PE_SHEET_DELETED: unknown. */
    uint32_t (*sheet)(void *context, const char *name, size_t length);
    /* Sheet scope first, then workbook. Where the text gives no sheet, sheet is the home cell's.
     * 0xFFFFFFFF: unknown (so the two below). */
    uint32_t (*name)(void *context, const char *name, size_t length, uint32_t sheet);
    uint32_t (*table)(void *context, const char *name, size_t length);
    uint32_t (*column)(void *context, uint32_t table, const char *name, size_t length);
    uint32_t (*external_sheet)(void *context, uint32_t book, const char *name, size_t length);
    /* The book of 'file:///a.ods'#$Sheet1.A1, by its URL; 0xFFFFFFFF: unknown. May be NULL. */
    uint32_t (*external_book)(void *context, const char *url, size_t length);
    /* The table that holds a cell, 0xFFFFFFFF: none. May be NULL: then [@Col] keeps
     * PE_TABLE_IMPLICIT. */
    uint32_t (*table_at)(void *context, pe_cell_ref home);
} pe_scope;

typedef struct pe_formula_set pe_formula_set;
pe_status pe_formula_set_new(const pe_scope *scope, pe_formula_set **set, pe_diag *diag);
void pe_formula_set_free(pe_formula_set *set);
size_t pe_formula_set_bytes(const pe_formula_set *set); /* that it holds */
/* Adds text[0, length) (leading '=' optional), written for the cell home, and gives the index of
 * its shape. Equal shapes are parsed once: the lexer makes the canonical relative form and looks it
 * up. Names with a sheet scope make the home sheet part of the shape. PE_E_SYNTAX: diag->where is
 * "offset N", diag->what says what is wrong there and how to mend it. PE_E_LIMIT: nested deeper
 * than PE_FORMULA_DEPTH_MAX. */
pe_status pe_formula_set_add(pe_formula_set *set, const char *text, size_t length, pe_cell_ref home,
                             uint32_t *shape, pe_diag *diag);
/* The same for a text in a dialect that may not be the set's: a setting of the user's. */
pe_status pe_formula_set_add_as(pe_formula_set *set, pe_dialect dialect, const char *text,
                                size_t length, pe_cell_ref home, uint32_t *shape, pe_diag *diag);
uint32_t pe_formula_set_count(const pe_formula_set *set);
const pe_formula *pe_formula_set_get(const pe_formula_set *set, uint32_t shape);

/* The area that a REFERENCE node means for a formula at home. False: off the grid (#REF!). Whole
 * columns: all rows. */
bool pe_node_area(const pe_node_reference *ref, pe_cell_ref home, pe_area *area);

/* Prints a tree as Excel shows it in home ("SUM(A1:A3)*2", no '='); names come from the printer's
 * callbacks. Returns the length; cut at size - 1. Round trip: parsing the result gives the same
 * tree. */
typedef struct pe_printer {
    void *context;
    const char *(*sheet)(void *context, uint32_t sheet);
    const char *(*name)(void *context, uint32_t name);
    const char *(*table)(void *context, uint32_t table);
    const char *(*column)(void *context, uint32_t table, uint32_t column);
    bool saved_form; /* with _xlfn. prefixes, as in a file */
} pe_printer;
size_t pe_formula_print(const pe_node *root, pe_cell_ref home, const pe_printer *printer, char *out,
                        size_t size);

/* INDIRECT's text: a reference in A1 or R1C1 form, parsed on its own. The node lives in arena. */
pe_status pe_formula_parse_reference(pe_arena *arena, const pe_scope *scope, const char *text,
                                     size_t length, bool a1, pe_cell_ref home, const pe_node **node,
                                     pe_diag *diag);

/* A risk distribution call taken apart:
 * RiskNormal(10,2,RiskName("x"),RiskTruncate(5,),RiskShift(3)). Property functions are recognised
 * in the tree, never by value; an OMITTED argument between the parameters and the properties
 * (Vose's U) is skipped. */
typedef struct pe_risk_call {
    const char *distribution; /* the row's aux: "NORMAL" ... */
    const pe_node *const *parameters;
    uint32_t parameter_count;
    const pe_node *name, *truncate_low, *truncate_high, *shift,
        *static_value;          /* NULL or OMITTED: not given */
    const pe_node *unsupported; /* the first property function that is not implemented, or NULL */
} pe_risk_call;
/* False: node is not a FUNCTION node whose row has PE_FN_RISK. */
bool pe_formula_risk_call(const pe_node *node, pe_risk_call *call);

#endif
