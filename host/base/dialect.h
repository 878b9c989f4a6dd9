/* dialect.h: how a workbook's formula texts are written, and whose rules they follow. The two are
 * independent: an .xlsx that is open in Calc has Calc's texts and Excel's rules. */
#ifndef PE_DIALECT_H
#define PE_DIALECT_H

#include <stdbool.h>

typedef enum pe_dialect {
    PE_DIALECT_EXCEL,      /* Excel A1 as saved in .xlsx: SUM(Sheet1!A1:B2,3) */
    PE_DIALECT_CALC,       /* Calc A1 as its API gives it: SUM($Sheet1.A1:B2;3) */
    PE_DIALECT_OPENFORMULA /* as saved in .ods: of:=SUM([$Sheet1.A1:.B2];3) */
} pe_dialect;

typedef enum pe_semantics { PE_SEMANTICS_EXCEL, PE_SEMANTICS_CALC } pe_semantics;

/* Calc's per-document calculation options (Tools > Options > Calc > Calculate, Formula). Only read
 * with PE_SEMANTICS_CALC. */
typedef struct pe_calc_options {
    bool wildcards, regex;   /* in criteria and lookups; at most one is on */
    bool whole_cell;         /* search criteria must match whole cells */
    bool case_sensitive;     /* = < > and lookups on text */
    bool empty_text_is_zero; /* "" in arithmetic is 0, else #VALUE! */
    bool text_is_zero;       /* other text in arithmetic is 0 ... */
    bool text_is_error;      /* ... or always #VALUE!; neither: converted where unambiguous */
    int null_year, null_month, null_day; /* the day with serial 0; 1899-12-30 by default */
} pe_calc_options;

#endif
