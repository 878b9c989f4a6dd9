/* workbook_builder.c: a workbook from cells in memory. Each call is kept as an entry with its
 * sequence number; finish sorts the entries and merges those of one address in order. Invariant:
 * the first failure sticks and finish reports it. */
#include "workbook_internal.h"

#include <stdlib.h>

typedef enum entry_kind {
    ENTRY_BLOCK, /* a cell of a block exists: before everything else */
    ENTRY_VALUE,
    ENTRY_FORMULA,
    ENTRY_FORMAT,
    ENTRY_ANCHOR, /* the block's formula: after everything else */
} entry_kind;

typedef struct entry {
    pe_cell_ref ref;
    uint32_t sequence;
    uint32_t index; /* of the formula or format */
    entry_kind kind;
    pe_value value;
} entry;

typedef struct list {
    const char *name;
    pe_area area;
    uint32_t totals_rows;
} list;

struct pe_workbook_builder {
    pei_book *owner;
    pe_status status;
    pe_diag diag;
    entry *entries;
    size_t entry_count, entry_capacity;
    pe_formula_source *formulas;
    size_t formula_count, formula_capacity;
    pe_sheet *sheets;
    size_t sheet_count, sheet_capacity;
    pe_name *names;
    size_t name_count, name_capacity;
    const char **formats;
    size_t format_count, format_capacity;
    list *lists;
    size_t list_count, list_capacity;
    pe_cell_ref *hidden; /* rows */
    size_t hidden_count, hidden_capacity;
    uint64_t block_cells;
};

static void fail(pe_workbook_builder *b, pe_status status, const char *where, const char *what)
{
    if (b->status == PE_OK) b->status = pe_fail(&b->diag, status, where, "%s", what);
}

/* Room for one more item; false after any failure. */
static bool room(pe_workbook_builder *b, void **items, size_t *capacity, size_t count, size_t size)
{
    if (b->status == PE_OK &&
        (count >= PE_CELLS_MAX || pe_grow(items, capacity, count + 1, size) != PE_OK))
        fail(b, PE_E_MEMORY, "builder", "no memory for one more item");
    return b->status == PE_OK;
}
#define ROOM(b, items, item)                                                                       \
    room((b), (void **)&(b)->items, &(b)->item##_capacity, (b)->item##_count, sizeof *(b)->items)

static const char *keep(pe_workbook_builder *b, const char *text, size_t length)
{
    const char *copy = pe_arena_text(b->owner->arena, text, length);
    if (copy == NULL) fail(b, PE_E_MEMORY, "builder", "no memory for a text");
    return copy != NULL ? copy : "";
}

pe_workbook_builder *pe_builder_new(void)
{
    pe_workbook_builder *b = calloc(1, sizeof *b);
    if (b == NULL) return NULL;
    b->owner = pei_book_new(0);
    if (b->owner == NULL) {
        free(b);
        return NULL;
    }
    if (ROOM(b, formats, format)) b->formats[b->format_count++] = "General";
    return b;
}

uint32_t pe_builder_sheet(pe_workbook_builder *b, const char *name)
{
    if (b == NULL) return 0;
    for (size_t s = 0; s < b->sheet_count; s++)
        if (pe_text_equal_nocase(name, strlen(name), b->sheets[s].name, strlen(b->sheets[s].name)))
            return (uint32_t)s;
    if (!ROOM(b, sheets, sheet)) return 0;
    b->sheets[b->sheet_count] = (pe_sheet){.name = keep(b, name, strlen(name))};
    return (uint32_t)b->sheet_count++;
}

static bool area_of(pe_workbook_builder *b, uint32_t sheet, const char *block, pe_area *area)
{
    if (b == NULL || b->status != PE_OK) return false;
    if (sheet < b->sheet_count && block != NULL &&
        pei_area_parse(block, strlen(block), sheet, area))
        return true;
    fail(b, PE_E_ARGUMENT, block,
         "not a cell or block of a sheet that was added; write B7 or B2:C4");
    return false;
}

static bool cell_of(pe_workbook_builder *b, uint32_t sheet, const char *address, pe_cell_ref *ref)
{
    pe_area area;
    if (!area_of(b, sheet, address, &area)) return false;
    *ref = (pe_cell_ref){sheet, area.row_first, area.column_first};
    if (pe_area_cells(&area) == 1) return true;
    fail(b, PE_E_ARGUMENT, address, "one cell was expected here, not a block");
    return false;
}

static void add(pe_workbook_builder *b, pe_cell_ref ref, entry_kind kind, uint32_t index,
                pe_value value)
{
    if (!ROOM(b, entries, entry)) return;
    uint32_t sequence = (uint32_t)b->entry_count;
    b->entries[b->entry_count++] = (entry){ref, sequence, index, kind, value};
}

static pe_value keep_value(pe_workbook_builder *b, pe_value value)
{
    if (!pe_is(value, PE_KIND_TEXT)) return value;
    const pe_text *text = pe_as_text(value);
    pe_value copy = pe_arena_text_value(b->owner->arena, text->bytes, text->length);
    if (!pe_is(copy, PE_KIND_TEXT)) fail(b, PE_E_MEMORY, "builder", "no memory for a text");
    return copy;
}

void pe_builder_value(pe_workbook_builder *b, uint32_t sheet, const char *address, pe_value value)
{
    pe_cell_ref ref;
    if (cell_of(b, sheet, address, &ref)) add(b, ref, ENTRY_VALUE, 0, keep_value(b, value));
}

void pe_builder_text(pe_workbook_builder *b, uint32_t sheet, const char *address, const char *text)
{
    pe_cell_ref ref;
    if (!cell_of(b, sheet, address, &ref)) return;
    pe_value value = pe_arena_text_value(b->owner->arena, text, strlen(text));
    if (!pe_is(value, PE_KIND_TEXT)) fail(b, PE_E_MEMORY, "builder", "no memory for a text");
    add(b, ref, ENTRY_VALUE, 0, value);
}

static uint32_t add_formula(pe_workbook_builder *b, const char *text, const pe_area *area,
                            pe_formula_kind kind)
{
    if (text[0] == '=') text++;
    if (!ROOM(b, formulas, formula)) return 0;
    pe_formula_source *f = &b->formulas[b->formula_count];
    *f = (pe_formula_source){.length = (uint32_t)strlen(text),
                             .kind = (uint8_t)kind,
                             .home_row = area->row_first,
                             .home_column = area->column_first,
                             .area = *area};
    f->text = keep(b, text, f->length);
    return (uint32_t)b->formula_count++;
}

void pe_builder_formula(pe_workbook_builder *b, uint32_t sheet, const char *address,
                        const char *formula, pe_value stored)
{
    pe_cell_ref ref;
    if (!cell_of(b, sheet, address, &ref)) return;
    pe_area area = pe_area_of_cell(ref);
    uint32_t index = add_formula(b, formula, &area, PE_FORMULA_NORMAL);
    add(b, ref, ENTRY_FORMULA, index, keep_value(b, stored));
}

/* The block's cells, and its formula in the first cell or in all. */
static void add_block(pe_workbook_builder *b, const pe_area *area, uint32_t formula, bool in_all)
{
    b->block_cells += pe_area_cells(area);
    if (b->block_cells > PEI_BLOCK_CELLS_MAX) {
        fail(b, PE_E_LIMIT, "builder",
             "the blocks of array formulas and data tables are too large");
        return;
    }
    for (uint32_t row = area->row_first; row <= area->row_last; row++)
        for (uint32_t column = area->column_first; column <= area->column_last; column++) {
            pe_cell_ref ref = {area->sheet_first, row, column};
            bool first = row == area->row_first && column == area->column_first;
            add(b, ref, ENTRY_BLOCK, 0, pe_blank());
            if (first || in_all) add(b, ref, ENTRY_ANCHOR, formula, pe_blank());
        }
}

void pe_builder_array(pe_workbook_builder *b, uint32_t sheet, const char *block,
                      const char *formula, pe_formula_kind kind)
{
    pe_area area;
    if (area_of(b, sheet, block, &area))
        add_block(b, &area, add_formula(b, formula, &area, kind), false);
}

void pe_builder_table(pe_workbook_builder *b, uint32_t sheet, const char *block,
                      const char *row_input, const char *column_input)
{
    pe_area area;
    pe_cell_ref input1 = {0}, input2 = {0};
    const char *only = row_input != NULL ? row_input : column_input;
    if (!area_of(b, sheet, block, &area) || !cell_of(b, sheet, only, &input1)) return;
    if (row_input != NULL && column_input != NULL && !cell_of(b, sheet, column_input, &input2))
        return;
    uint32_t index = add_formula(b, "", &area, PE_FORMULA_TABLE);
    if (b->status != PE_OK) return;
    pe_formula_source *f = &b->formulas[index];
    f->input1 = input1;
    f->input2 = input2;
    f->two_inputs = row_input != NULL && column_input != NULL;
    f->row_input = row_input != NULL && column_input == NULL;
    add_block(b, &area, index, true);
}

void pe_builder_format(pe_workbook_builder *b, uint32_t sheet, const char *address,
                       const char *format)
{
    pe_cell_ref ref;
    if (!cell_of(b, sheet, address, &ref)) return;
    uint32_t index = 0;
    while (index < b->format_count && strcmp(b->formats[index], format) != 0) index++;
    if (index == b->format_count) {
        if (index > UINT16_MAX) fail(b, PE_E_LIMIT, address, "too many number formats");
        if (!ROOM(b, formats, format)) return;
        b->formats[b->format_count++] = keep(b, format, strlen(format));
    }
    add(b, ref, ENTRY_FORMAT, index, pe_blank());
}

void pe_builder_name(pe_workbook_builder *b, const char *name, const char *text)
{
    if (b == NULL || !ROOM(b, names, name)) return;
    uint32_t scope = PE_SCOPE_WORKBOOK;
    const char *mark = strchr(name, '!');
    if (mark != NULL) {
        for (size_t s = 0; s < b->sheet_count; s++)
            if (strlen(b->sheets[s].name) == (size_t)(mark - name) &&
                memcmp(b->sheets[s].name, name, (size_t)(mark - name)) == 0)
                scope = (uint32_t)s;
        if (scope == PE_SCOPE_WORKBOOK)
            fail(b, PE_E_ARGUMENT, name, "no sheet of that name was added");
        name = mark + 1;
    }
    if (text[0] == '=') text++;
    b->names[b->name_count++] = (pe_name){.name = keep(b, name, strlen(name)),
                                          .text = keep(b, text, strlen(text)),
                                          .text_length = (uint32_t)strlen(text),
                                          .sheet = scope};
}

void pe_builder_date1904(pe_workbook_builder *b, bool on)
{
    if (b != NULL) b->owner->book.date1904 = on;
}

void pe_builder_iterate(pe_workbook_builder *b, uint32_t count, double delta)
{
    if (b == NULL) return;
    b->owner->book.iterate = true;
    b->owner->book.iterate_count = count;
    b->owner->book.iterate_delta = delta;
}

void pe_builder_hide_rows(pe_workbook_builder *b, uint32_t sheet, uint32_t row_first,
                          uint32_t row_last)
{
    if (b == NULL) return;
    if (sheet >= b->sheet_count || row_last >= PE_ROWS_MAX)
        fail(b, PE_E_ARGUMENT, "builder", "rows to hide that are not on a sheet that was added");
    for (uint32_t row = row_first; row <= row_last && ROOM(b, hidden, hidden); row++)
        b->hidden[b->hidden_count++] = (pe_cell_ref){sheet, row, 0};
}

void pe_builder_filter(pe_workbook_builder *b, uint32_t sheet, const char *block)
{
    pe_area area;
    if (!area_of(b, sheet, block, &area)) return;
    b->sheets[sheet].has_filter = true;
    b->sheets[sheet].filter = area;
}

void pe_builder_list(pe_workbook_builder *b, uint32_t sheet, const char *name, const char *block,
                     uint32_t totals_rows)
{
    pe_area area;
    if (!area_of(b, sheet, block, &area) || !ROOM(b, lists, list)) return;
    b->lists[b->list_count++] = (list){keep(b, name, strlen(name)), area, totals_rows};
}

/* ---- finish
 * ------------------------------------------------------------------------------------------- */

static int compare_refs(const pe_cell_ref *a, const pe_cell_ref *b)
{
    if (a->sheet != b->sheet) return a->sheet < b->sheet ? -1 : 1;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

static unsigned phase(entry_kind kind)
{
    return kind == ENTRY_BLOCK ? 0 : kind == ENTRY_ANCHOR ? 2 : 1;
}

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order = compare_refs(&a->ref, &b->ref);
    if (order != 0) return order;
    if (phase(a->kind) != phase(b->kind)) return phase(a->kind) < phase(b->kind) ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int compare_hidden(const void *left, const void *right)
{
    return compare_refs(left, right);
}

static void merge(pe_cell *cell, const entry *e)
{
    switch (e->kind) {
    case ENTRY_BLOCK:
        cell->has_stored = false;
        break;
    case ENTRY_VALUE:
    case ENTRY_FORMULA:
        cell->has_stored = !pe_is(e->value, PE_KIND_OMITTED);
        cell->stored = cell->has_stored ? e->value : pe_blank();
        cell->formula = e->kind == ENTRY_FORMULA ? e->index : PE_NO_FORMULA;
        break;
    case ENTRY_FORMAT:
        cell->format = (uint16_t)e->index;
        break;
    case ENTRY_ANCHOR:
        cell->formula = e->index;
        break;
    }
}

static pe_status finish_cells(pe_workbook_builder *b)
{
    pe_workbook *w = &b->owner->book;
    if (b->entry_count > 0) qsort(b->entries, b->entry_count, sizeof *b->entries, compare_entries);
    w->cells = malloc((b->entry_count + 1) * sizeof *w->cells);
    if (w->cells == NULL) return PE_E_MEMORY;
    uint32_t count = 0;
    for (size_t i = 0; i < b->entry_count; i++) {
        const entry *e = &b->entries[i];
        if (i == 0 || compare_refs(&e->ref, &e[-1].ref) != 0) {
            w->cells[count++] = (pe_cell){.stored = pe_blank(),
                                          .row = e->ref.row,
                                          .formula = PE_NO_FORMULA,
                                          .column = (uint16_t)e->ref.column,
                                          .has_stored = true};
            b->sheets[e->ref.sheet].cell_end = count;
        }
        merge(&w->cells[count - 1], e);
        b->sheets[e->ref.sheet].cell_end = count;
    }
    w->cell_count = count;
    uint32_t end = 0;
    for (size_t s = 0; s < b->sheet_count; s++) {
        b->sheets[s].cell_first = end;
        if (b->sheets[s].cell_end < end) b->sheets[s].cell_end = end;
        end = b->sheets[s].cell_end;
    }
    w->formulas = b->formulas;
    w->formula_count = (uint32_t)b->formula_count;
    b->formulas = NULL;
    return PE_OK;
}

/* Copies items into the workbook's arena. NULL: out of memory. */
static void *settle(pe_workbook_builder *b, const void *items, size_t count, size_t size)
{
    void *copy = pe_arena_push(b->owner->arena, count + 1, size);
    if (copy != NULL && count > 0) memcpy(copy, items, count * size);
    return copy;
}

static pe_status finish_tables(pe_workbook_builder *b)
{
    pe_workbook *w = &b->owner->book;
    w->tables = PE_PUSH(b->owner->arena, pe_table, b->list_count + 1);
    if (w->tables == NULL) return PE_E_MEMORY;
    for (size_t i = 0; i < b->list_count; i++) {
        const list *l = &b->lists[i];
        uint32_t columns = l->area.column_last - l->area.column_first + 1;
        pe_table *t = &w->tables[w->table_count++];
        *t = (pe_table){
            .name = l->name, .area = l->area, .header_rows = 1, .totals_rows = l->totals_rows};
        t->columns = PE_PUSH(b->owner->arena, const char *, columns);
        if (t->columns == NULL) return PE_E_MEMORY;
        t->column_count = columns;
        for (uint32_t c = 0; c < columns; c++) {
            pe_cell_ref ref = {l->area.sheet_first, l->area.row_first, l->area.column_first + c};
            uint32_t cell = pe_workbook_cell(w, ref);
            bool text = cell != PE_NO_CELL && pe_is(w->cells[cell].stored, PE_KIND_TEXT);
            t->columns[c] = text ? pe_as_text(w->cells[cell].stored)->bytes : "";
        }
    }
    return PE_OK;
}

static pe_status finish_hidden(pe_workbook_builder *b)
{
    if (b->hidden_count == 0) return PE_OK;
    qsort(b->hidden, b->hidden_count, sizeof *b->hidden, compare_hidden);
    uint32_t *rows = PE_PUSH(b->owner->arena, uint32_t, b->hidden_count);
    if (rows == NULL) return PE_E_MEMORY;
    for (size_t i = 0; i < b->hidden_count; i++) {
        pe_sheet *sheet = &b->owner->book.sheets[b->hidden[i].sheet];
        rows[i] = b->hidden[i].row;
        if (sheet->rows_hidden == NULL) sheet->rows_hidden = &rows[i];
        sheet->rows_hidden_count++;
    }
    return PE_OK;
}

static pe_status finish(pe_workbook_builder *b)
{
    pe_workbook *w = &b->owner->book;
    pe_status status = b->status;
    if (status != PE_OK) return status;
    PE_TRY(finish_cells(b));
    w->sheets = settle(b, b->sheets, b->sheet_count, sizeof *b->sheets);
    w->names = settle(b, b->names, b->name_count, sizeof *b->names);
    w->formats = settle(b, b->formats, b->format_count, sizeof *b->formats);
    if (w->sheets == NULL || w->names == NULL || w->formats == NULL) return PE_E_MEMORY;
    w->sheet_count = (uint32_t)b->sheet_count;
    w->name_count = (uint32_t)b->name_count;
    w->format_count = (uint32_t)b->format_count;
    PE_TRY(pei_book_index(b->owner, &b->diag));
    PE_TRY(finish_tables(b));
    PE_TRY(finish_hidden(b));
    return PE_OK;
fail:
    return status;
}

pe_status pe_builder_finish(pe_workbook_builder *b, pe_workbook **workbook, pe_diag *diag)
{
    if (b == NULL) return pe_fail(diag, PE_E_MEMORY, "builder", "no memory for a workbook");
    pe_status status = finish(b);
    if (status == PE_E_MEMORY && b->diag.status == PE_OK)
        pe_fail(&b->diag, status, "builder", "no memory for the workbook");
    if (status == PE_OK)
        *workbook = &b->owner->book;
    else
        pe_workbook_free(&b->owner->book);
    if (status != PE_OK && diag != NULL) *diag = b->diag;
    free(b->entries);
    free(b->formulas);
    free(b->sheets);
    free(b->names);
    free(b->formats);
    free(b->lists);
    free(b->hidden);
    free(b);
    return status;
}
