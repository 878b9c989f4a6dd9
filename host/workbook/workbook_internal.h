/* workbook_internal.h: what the files of this module share: the workbook with what it owns, and its index. */
#ifndef PE_WORKBOOK_INTERNAL_H
#define PE_WORKBOOK_INTERNAL_H

#include "workbook.h"

/* Cells that array, spill and data-table blocks may add to those that are written: four whole columns. */
#define PEI_BLOCK_CELLS_MAX (4u << 20)

/* What pe_workbook_free frees. The book stands first, so a pe_workbook * is a pei_book *. */
typedef struct pei_book {
    pe_workbook book;
    pe_arena *arena;          /* names, formats, index */
    pe_arena **arenas;        /* texts that sheet tasks pushed */
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
/* "B2:C4", "B2", "$B$2" to a rectangle on sheet; corners in any order. False: not an area, or off the grid. */
bool pei_area_parse(const char *text, size_t length, uint32_t sheet, pe_area *area);

#endif
