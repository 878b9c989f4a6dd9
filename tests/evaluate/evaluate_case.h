/* evaluate_case.h: one formula with the cells it reads, evaluated in a workbook of its own: what
 * the golden rows and the conformance cases share. */
#ifndef PE_EVALUATE_CASE_H
#define PE_EVALUATE_CASE_H

#include "evaluate.h"

typedef struct case_cell {
    char where[96]; /* "A1" or "Sheet!A1" */
    pe_value value; /* text: in the case's arena */
} case_cell;

typedef struct case_input {
    const char *formula; /* with '=' */
    const char *at;      /* "Sheet1!B2" */
    const char *mode;    /* "", "array", "dyn", "array-topleft" */
    bool date1904;
    const char
        *calc; /* Calc's dialect and rules: the mode, see case_calc_settings; NULL: Excel's */
    const case_cell *cells;
    size_t cell_count;
} case_input;

typedef struct case_result {
    pe_status status;
    pe_value value;          /* text: in the arena given */
    const char *unsupported; /* in the arena; NULL: evaluated */
} case_result;

/* Those of a new document, but for what the mode says: "regex" or "plain" in place of wildcards,
 * "part" of cells in place of whole ones, "nocase". */
pe_builder_settings case_calc_settings(const char *mode);
case_result case_evaluate(const case_input *input, pe_arena *arena);
/* type n, s, b, e; tolerance "" (relative 1e-9), "x abs", or relative. */
bool case_agrees(pe_value v, const char *expected, char type, const char *tolerance);

#endif
