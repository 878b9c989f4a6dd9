/* functions_match.h: looking a value up in one row or column, of a reference or of an array; shared
 * by the lookup functions. Cells of references are read as they are needed: a whole column costs
 * what it holds. */
#ifndef PE_FUNCTIONS_MATCH_H
#define PE_FUNCTIONS_MATCH_H

#include "functions.h"

/* One row or column. count is the length as written (a whole column has 1,048,576); elements from
 * used on are blank. */
typedef struct pei_vector {
    pe_call *call;
    bool is_area;
    bool vertical;
    pe_area area;            /* where is_area: one row or one column of one sheet, as written */
    const pe_array *array;   /* otherwise */
    uint32_t offset, stride; /* element i is array->cells[offset + i * stride] */
    uint32_t count, used;
} pei_vector;

#define PEI_NOT_FOUND UINT32_MAX

/* A table of cells: a reference to one area on one sheet, or an array (a scalar is 1 x 1). */
typedef struct pei_table {
    pe_call *call;
    bool is_area;
    pe_area area;
    const pe_array *array;
    uint32_t rows, columns;
} pei_table;

/* False: *error says why (multi-area or 3-D references are #VALUE!; an error value is returned as
 * it is). */
bool pei_table_of(pe_call *call, pe_value v, pei_table *table, pe_value *error);
pei_vector pei_table_column(const pei_table *table, uint32_t column);
pei_vector pei_table_row(const pei_table *table, uint32_t row);
/* The column of a table that is taller than wide or square, else the row; index from the near or
 * the far side. */
pei_vector pei_table_edge(const pei_table *table, bool far_side);
pe_value pei_table_at(const pei_table *table, uint32_t row, uint32_t column);
/* A part of the table: a reference where the table is one, else an array. */
pe_value pei_table_part(const pei_table *table, uint32_t row, uint32_t column, uint32_t rows,
                        uint32_t columns);

pe_value pei_vector_at(const pei_vector *vector, uint32_t index);
/* The single row or column of a table; false where it has several of both. */
bool pei_table_vector(const pei_table *table, pei_vector *vector);

/* Case-insensitive match of a pattern with * ? and ~ escapes against the whole text. */
bool pei_wildcard_match(const pe_text *pattern, const pe_text *text);
bool pei_wildcard_has(const pe_text *pattern); /* holds *, ? or ~ */

typedef enum pei_match_kind {
    PEI_MATCH_EXACT,    /* same type and equal; a blank key equals a blank element (XLOOKUP only) */
    PEI_MATCH_WILDCARD, /* the same; a text key is a pattern */
    PEI_MATCH_SMALLER,  /* equal, or else the largest below, in the order of all types */
    PEI_MATCH_LARGER,   /* equal, or else the smallest above */
} pei_match_kind;

/* Linear, from the first or (backward) from the last element. PEI_NOT_FOUND if there is none. */
uint32_t pei_match_linear(const pei_vector *vector, pe_value key, pei_match_kind kind,
                          bool backward);
/* Binary, as XLOOKUP and XMATCH with search modes 2 and -2 (descending) do it. */
uint32_t pei_match_binary(const pei_vector *vector, pe_value key, pei_match_kind kind,
                          bool descending);
/* As MATCH(.., 1), LOOKUP and approximate VLOOKUP and HLOOKUP do it: elements of other types are
 * skipped; on equality the search stops and goes to the last of the equal neighbours. */
uint32_t pei_match_ascending(const pei_vector *vector, pe_value key);
/* As MATCH(.., -1): scans down to the last element that is not below the key, stopping at an equal
 * one. */
uint32_t pei_match_descending(const pei_vector *vector, pe_value key);

#endif
