/* workbook_live.h: the builder's state, which its files share: the grid of cells (workbook_grid.c),
 * the calls that change it (workbook_builder.c), and what makes a workbook of it
 * (workbook_build.c). Everything here is the builder's own copy. */
#ifndef PE_WORKBOOK_LIVE_H
#define PE_WORKBOOK_LIVE_H

#include "workbook_internal.h"

/* Format areas and tables of a builder: far above any seen, and small in memory. */
#define PEI_AREAS_MAX (1u << 22)

/* A cell. Without a value or formula given, and in no block, it does not exist. */
typedef struct pei_item {
    pe_value value; /* a text is the item's own */
    char *formula;  /* without '='; NULL: none */
    uint32_t formula_length;
    uint32_t block; /* 1 + index of the block that begins here; 0: none */
    uint16_t column;
    uint16_t cover; /* blocks that hold this cell */
    bool given;     /* a value or formula was given; pe_omitted() is one */
} pei_item;

typedef struct pei_row {
    pei_item *items; /* ascending columns */
    uint32_t count, capacity;
} pei_row;

#define PEI_PAGE_ROWS 256u

/* Rows in pages that are made when a cell needs them. */
typedef struct pei_grid {
    pei_row **pages;
    size_t page_capacity; /* those beyond what was asked for are NULL */
} pei_grid;

typedef struct pei_format_area {
    pe_area area;
    uint32_t format, sequence;
} pei_format_area;

typedef struct pei_live_sheet {
    const char *name;
    pe_visibility visibility;
    pei_grid grid;
    pei_format_area *formats; /* in the order given */
    size_t format_count, format_capacity;
    size_t format_tidied; /* format_count after the last removal of covered areas */
    uint64_t *hidden;     /* a bit per row; NULL: none was hidden */
    bool has_filter;
    pe_area filter;
} pei_live_sheet;

typedef struct pei_live_block {
    pe_formula_source source; /* text: malloc'ed; NULL: the place is free */
    uint32_t next_free;       /* 1 + index */
} pei_live_block;

typedef struct pei_live_list {
    const char *name;
    pe_area area;
    uint32_t header_rows, totals_rows;
    const char **columns; /* NULL: from the cells */
} pei_live_list;

struct pe_workbook_builder {
    pe_status status; /* the first failure that lasts */
    pe_diag diag;
    pe_arena *arena; /* texts of what is not per cell */
    pei_live_sheet *sheets;
    size_t sheet_count, sheet_capacity;
    pei_live_block *blocks;
    size_t block_count, block_capacity;
    uint32_t block_free; /* 1 + index of the first free place */
    pe_name *names;
    size_t name_count, name_capacity;
    const char **formats;
    size_t format_count, format_capacity;
    pe_map *format_index;
    pei_live_list *lists;
    size_t list_count, list_capacity;
    pe_builder_settings settings;
    uint64_t bytes;
    uint64_t block_cells;
    uint64_t cell_count, formula_count; /* items that exist; items with a formula */
};

/* A failure that lasts: the builder's content is no longer what was asked for. */
pe_status pei_live_fail(pe_workbook_builder *builder, pe_status status, const char *what);
/* Counts bytes against the limit. */
pe_status pei_live_take(pe_workbook_builder *builder, uint64_t bytes);
/* malloc, counted. NULL: the builder has failed. Free with pei_live_release. */
void *pei_live_allocate(pe_workbook_builder *builder, size_t bytes);
void pei_live_release(pe_workbook_builder *builder, void *memory, size_t bytes);

/* The row, made if need be. NULL: the builder has failed. */
pei_row *pei_grid_row(pe_workbook_builder *builder, pei_grid *grid, uint32_t row);
/* The row, or NULL if it has no page. */
pei_row *pei_grid_look(const pei_grid *grid, uint32_t row);
/* Index of the first item with this column or a greater one; hint: a guess of it. */
uint32_t pei_row_lower(const pei_row *row, uint32_t column, uint32_t hint);
/* Makes an item at index, which does not count yet. hint: items that the row will want. */
pei_item *pei_row_insert(pe_workbook_builder *builder, pei_row *row, uint32_t index,
                         uint32_t column, uint32_t hint);
/* Removes the items that do not exist. */
void pei_row_tidy(pei_row *row);
/* Gives the item a value and a formula; both NULL: takes them. */
pe_status pei_item_give(pe_workbook_builder *builder, pei_item *item, const pe_builder_cell *cell);
void pei_grid_free(pei_grid *grid);

/* One cell, as pe_builder_cells, but the block that begins there stays: its stored value. */
pe_status pei_builder_put(pe_workbook_builder *builder, const pe_area *area,
                          const pe_builder_cell *cell, pe_diag *diag);

static inline bool pei_item_exists(const pei_item *item)
{
    return item->given || item->cover > 0;
}

#endif
