/* address.h: cell addresses. Zero-based rows, columns and sheet indices everywhere; text is Excel's
 * A1. */
#ifndef PE_ADDRESS_H
#define PE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PE_ROWS_MAX 1048576u
#define PE_COLUMNS_MAX 16384u

typedef struct pe_cell_ref {
    uint32_t sheet;
    uint32_t row;
    uint32_t column;
} pe_cell_ref;

/* A rectangle on one sheet or, where sheet_last > sheet_first, on consecutive sheets (3-D). All
 * inclusive. */
typedef struct pe_area {
    uint32_t sheet_first, sheet_last;
    uint32_t row_first, row_last;
    uint32_t column_first, column_last;
} pe_area;

/* A reference value: one or more areas, in the order written. area_count 0 is not used (#NULL!
 * instead). */
typedef struct pe_reference {
    uint32_t area_count;
    pe_area areas[];
} pe_reference;

static inline pe_area pe_area_of_cell(pe_cell_ref c)
{
    pe_area a = {c.sheet, c.sheet, c.row, c.row, c.column, c.column};
    return a;
}
static inline uint64_t pe_area_cells(const pe_area *a)
{
    return (uint64_t)(a->row_last - a->row_first + 1) * (a->column_last - a->column_first + 1) *
           (a->sheet_last - a->sheet_first + 1);
}
static inline bool pe_area_has(const pe_area *a, pe_cell_ref c)
{
    return c.sheet >= a->sheet_first && c.sheet <= a->sheet_last && c.row >= a->row_first &&
           c.row <= a->row_last && c.column >= a->column_first && c.column <= a->column_last;
}

/* "A", "XFD": letters of a zero-based column, NUL-terminated; returns the length. */
int pe_column_text(uint32_t column, char out[4]);
/* "B7"; returns the length. */
int pe_cell_text(uint32_t row, uint32_t column, char out[12]);
/* Reads "B7" or "$B$7" at the start of text; returns bytes used, 0 if none or out of the grid. */
size_t pe_cell_parse(const char *text, size_t length, uint32_t *row, uint32_t *column);

#endif
