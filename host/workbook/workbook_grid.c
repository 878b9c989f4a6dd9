/* workbook_grid.c: the cells of a live sheet: pages of rows, each row an ascending array of items.
 * Invariant: the builder's bytes and counts of cells and formulas are those of the items held. */
#include "workbook_live.h"

#include <stdlib.h>

#define OVERHEAD 16u /* what malloc adds to a piece, about */

pe_status pei_live_fail(pe_workbook_builder *b, pe_status status, const char *what)
{
    if (b->status == PE_OK) b->status = pe_fail(&b->diag, status, "workbook", "%s", what);
    return b->status;
}

pe_status pei_live_take(pe_workbook_builder *b, uint64_t bytes)
{
    if (b->status != PE_OK) return b->status;
    uint64_t limit = b->settings.bytes_max;
    if (limit != 0 && (bytes > limit || b->bytes > limit - bytes))
        return b->status = pe_fail(&b->diag, PE_E_LIMIT, "workbook",
                                   "it needs more than the %llu MiB of memory that one workbook "
                                   "may take; allow more or send less",
                                   (unsigned long long)(limit >> 20));
    b->bytes += bytes;
    return PE_OK;
}

void *pei_live_allocate(pe_workbook_builder *b, size_t bytes)
{
    if (pei_live_take(b, bytes + OVERHEAD) != PE_OK) return NULL;
    void *memory = malloc(bytes);
    if (memory == NULL) {
        b->bytes -= bytes + OVERHEAD;
        pei_live_fail(b, PE_E_MEMORY, "no memory for its cells");
    }
    return memory;
}

void pei_live_release(pe_workbook_builder *b, void *memory, size_t bytes)
{
    if (memory == NULL) return;
    free(memory);
    b->bytes -= bytes + OVERHEAD;
}

/* ---- rows
 * --------------------------------------------------------------------------------------------- */

pei_row *pei_grid_look(const pei_grid *grid, uint32_t row)
{
    size_t page = row / PEI_PAGE_ROWS;
    if (page >= grid->page_capacity || grid->pages[page] == NULL) return NULL;
    return &grid->pages[page][row % PEI_PAGE_ROWS];
}

static bool add_page(pe_workbook_builder *b, pei_grid *grid, size_t page)
{
    if (page >= grid->page_capacity) {
        size_t capacity = grid->page_capacity * 2 > page + 1 ? grid->page_capacity * 2 : page + 1;
        pei_row **pages = pei_live_allocate(b, capacity * sizeof *pages);
        if (pages == NULL) return false;
        memset(pages, 0, capacity * sizeof *pages);
        if (grid->page_capacity > 0)
            memcpy(pages, grid->pages, grid->page_capacity * sizeof *pages);
        pei_live_release(b, grid->pages, grid->page_capacity * sizeof *pages);
        grid->pages = pages;
        grid->page_capacity = capacity;
    }
    pei_row *rows = pei_live_allocate(b, PEI_PAGE_ROWS * sizeof *rows);
    if (rows == NULL) return false;
    memset(rows, 0, PEI_PAGE_ROWS * sizeof *rows);
    grid->pages[page] = rows;
    return true;
}

pei_row *pei_grid_row(pe_workbook_builder *b, pei_grid *grid, uint32_t row)
{
    pei_row *found = pei_grid_look(grid, row);
    if (found == NULL && add_page(b, grid, row / PEI_PAGE_ROWS)) found = pei_grid_look(grid, row);
    return found;
}

uint32_t pei_row_lower(const pei_row *row, uint32_t column, uint32_t hint)
{
    uint32_t low = 0, high = row->count;
    if (high == 0 || row->items[high - 1].column < column) return high;
    if (hint < high && row->items[hint].column == column) return hint;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (row->items[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

pei_item *pei_row_insert(pe_workbook_builder *b, pei_row *row, uint32_t index, uint32_t column,
                         uint32_t hint)
{
    if (row->count == row->capacity) {
        uint32_t capacity = row->capacity * 2 > 2 ? row->capacity * 2 : 2;
        if (capacity < hint) capacity = hint;
        pei_item *items = pei_live_allocate(b, capacity * sizeof *items);
        if (items == NULL) return NULL;
        if (row->count > 0) memcpy(items, row->items, row->count * sizeof *items);
        pei_live_release(b, row->items, row->capacity * sizeof *items);
        row->items = items;
        row->capacity = capacity;
    }
    pei_item *item = &row->items[index];
    memmove(item + 1, item, (row->count - index) * sizeof *item);
    row->count++;
    *item = (pei_item){.value = pe_blank(), .column = (uint16_t)column};
    return item;
}

void pei_row_tidy(pei_row *row)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->count; i++)
        if (pei_item_exists(&row->items[i])) row->items[kept++] = row->items[i];
    row->count = kept;
}

/* ---- items
 * -------------------------------------------------------------------------------------------- */

static size_t text_bytes(pe_value value)
{
    return sizeof(pe_text) + pe_as_text(value)->length + 1;
}

static void take_value(pe_workbook_builder *b, pei_item *item)
{
    if (pe_is(item->value, PE_KIND_TEXT))
        pei_live_release(b, pe_as_pointer(item->value), text_bytes(item->value));
    item->value = pe_blank();
}

static void take_formula(pe_workbook_builder *b, pei_item *item)
{
    if (item->formula == NULL) return;
    pei_live_release(b, item->formula, (size_t)item->formula_length + 1);
    item->formula = NULL;
    b->formula_count--;
}

static pe_status give_value(pe_workbook_builder *b, pei_item *item, pe_value value)
{
    if (pe_is(value, PE_KIND_TEXT)) {
        pe_text *copy = pei_live_allocate(b, text_bytes(value));
        if (copy == NULL) return b->status;
        memcpy(copy, pe_as_text(value), text_bytes(value));
        value = pe_box_pointer(PE_KIND_TEXT, copy);
    } else if (pe_is(value, PE_KIND_ERROR)) {
        value = pe_error(pe_as_error(value)); /* arithmetic's own NaNs have no defined bits */
    }
    take_value(b, item);
    item->value = value;
    return PE_OK;
}

static pe_status give_formula(pe_workbook_builder *b, pei_item *item, const char *text,
                              uint32_t length)
{
    if (length > 0 && text[0] == '=') {
        text++;
        length--;
    }
    char *copy = pei_live_allocate(b, (size_t)length + 1);
    if (copy == NULL) return b->status;
    memcpy(copy, text, length);
    copy[length] = '\0';
    take_formula(b, item);
    item->formula = copy;
    item->formula_length = length;
    b->formula_count++;
    return PE_OK;
}

pe_status pei_item_give(pe_workbook_builder *b, pei_item *item, const pe_builder_cell *cell)
{
    bool existed = pei_item_exists(item);
    pe_status status = PE_OK;
    item->given = cell != NULL;
    if (cell == NULL) {
        take_value(b, item);
        take_formula(b, item);
    } else {
        status = give_value(b, item, cell->value);
        if (cell->formula == NULL)
            take_formula(b, item);
        else if (status == PE_OK)
            status = give_formula(b, item, cell->formula, cell->formula_length);
    }
    b->cell_count += (uint64_t)pei_item_exists(item) - existed;
    return status;
}

static void free_items(pei_row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        free(row->items[i].formula);
        if (pe_is(row->items[i].value, PE_KIND_TEXT)) free(pe_as_pointer(row->items[i].value));
    }
    free(row->items);
}

void pei_grid_free(pei_grid *grid)
{
    for (size_t page = 0; page < grid->page_capacity; page++) {
        if (grid->pages[page] == NULL) continue;
        for (uint32_t row = 0; row < PEI_PAGE_ROWS; row++) free_items(&grid->pages[page][row]);
        free(grid->pages[page]);
    }
    free(grid->pages);
}
