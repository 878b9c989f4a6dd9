/* workbook_build.c: a workbook from a builder's content, which stays as it is. Invariant: what is
 * built shares nothing with the builder, and equal content gives equal cells and an equal hash. */
#include "workbook_live.h"

#include <stdlib.h>

typedef struct build {
    const pe_workbook_builder *builder;
    pei_book *owner;
    pe_diag *diag;
} build;

static pe_status out_of_memory(const build *x)
{
    uint64_t limit = x->builder->settings.bytes_max;
    if (limit != 0)
        return pe_fail(x->diag, PE_E_LIMIT, "workbook",
                       "it needs more than the %llu MiB of memory that one workbook may take; "
                       "allow more or send less",
                       (unsigned long long)(limit >> 20));
    return pe_fail(x->diag, PE_E_MEMORY, "workbook", "no memory for the workbook");
}

/* ---- cells
 * -------------------------------------------------------------------------------------------- */

static pe_status build_item(build *x, uint32_t row, const pei_item *item)
{
    pe_workbook *w = &x->owner->book;
    pe_cell *cell = &w->cells[w->cell_count++];
    *cell = (pe_cell){.stored = pe_blank(),
                      .row = row,
                      .formula = PE_NO_FORMULA,
                      .column = item->column,
                      .has_stored = item->given && !pe_is(item->value, PE_KIND_OMITTED)};
    if (cell->has_stored) cell->stored = item->value;
    if (pe_is(item->value, PE_KIND_TEXT)) {
        const pe_text *text = pe_as_text(item->value);
        cell->stored = pe_arena_text_value(x->owner->arena, text->bytes, text->length);
        if (!pe_is(cell->stored, PE_KIND_TEXT)) return out_of_memory(x);
    }
    if (item->formula == NULL) return PE_OK;
    const char *text = pe_arena_text(x->owner->arena, item->formula, item->formula_length);
    if (text == NULL) return out_of_memory(x);
    cell->formula = w->formula_count++;
    w->formulas[cell->formula] = (pe_formula_source){.text = text,
                                                     .length = item->formula_length,
                                                     .kind = PE_FORMULA_NORMAL,
                                                     .home_row = row,
                                                     .home_column = item->column};
    return PE_OK;
}

static pe_status build_sheet(build *x, uint32_t index)
{
    const pei_grid *grid = &x->builder->sheets[index].grid;
    pe_workbook *w = &x->owner->book;
    w->sheets[index].cell_first = w->cell_count;
    for (size_t page = 0; page < grid->page_capacity; page++) {
        const pei_row *rows = grid->pages[page];
        for (uint32_t r = 0; rows != NULL && r < PEI_PAGE_ROWS; r++)
            for (uint32_t i = 0; i < rows[r].count; i++) {
                uint32_t row = (uint32_t)page * PEI_PAGE_ROWS + r;
                pe_status status = build_item(x, row, &rows[r].items[i]);
                if (status != PE_OK) return status;
            }
    }
    w->sheets[index].cell_end = w->cell_count;
    return PE_OK;
}

/* The blocks' formulas, over what their cells had. */
static pe_status build_blocks(build *x)
{
    pe_workbook *w = &x->owner->book;
    bool covered = false;
    for (size_t i = 0; i < x->builder->block_count; i++) {
        const pe_formula_source *s = &x->builder->blocks[i].source;
        if (s->text == NULL) continue;
        uint32_t index = w->formula_count++;
        w->formulas[index] = *s;
        w->formulas[index].text = pe_arena_text(x->owner->arena, s->text, s->length);
        if (w->formulas[index].text == NULL) return out_of_memory(x);
        bool all = s->kind == PE_FORMULA_TABLE;
        uint32_t row_last = all ? s->area.row_last : s->area.row_first;
        uint32_t column_last = all ? s->area.column_last : s->area.column_first;
        for (uint32_t row = s->area.row_first; row <= row_last; row++) {
            uint32_t first, end;
            pe_workbook_row(w, s->area.sheet_first, row, s->area.column_first, column_last, &first,
                            &end);
            for (uint32_t c = first; c < end; c++) {
                uint32_t old = w->cells[c].formula;
                if (old != PE_NO_FORMULA && w->formulas[old].kind == PE_FORMULA_NORMAL) {
                    w->formulas[old].text = NULL;
                    covered = true;
                }
                w->cells[c].formula = index;
            }
        }
    }
    return covered ? pei_formulas_compact(w, x->diag) : PE_OK;
}

/* The next cell from c on that has no format yet. */
static uint32_t next_plain(uint32_t *next, uint32_t c)
{
    while (next[c] != c) c = next[c] = next[next[c]];
    return c;
}

/* From the last area to the first, so that each cell is visited once however areas overlap. */
static void format_sheet(build *x, uint32_t index, uint32_t *next)
{
    pe_workbook *w = &x->owner->book;
    const pei_live_sheet *live = &x->builder->sheets[index];
    const pe_sheet *sheet = &w->sheets[index];
    for (size_t i = live->format_count; i-- > 0;) {
        const pe_area *area = &live->formats[i].area;
        uint32_t r = pe_workbook_row_lower(sheet, area->row_first);
        while (r < sheet->row_count && sheet->rows_used[r] <= area->row_last) {
            uint32_t first, end;
            pe_workbook_row(w, index, sheet->rows_used[r], area->column_first, area->column_last,
                            &first, &end);
            uint32_t c = next_plain(next, first);
            for (; c < end; c = next_plain(next, c)) {
                w->cells[c].format = (uint16_t)live->formats[i].format;
                next[c] = c + 1;
            }
            r++;
            if (r < sheet->row_count && c < sheet->cell_end && c >= sheet->row_start[r])
                r = pe_workbook_row_lower(sheet, w->cells[c].row);
            else if (c >= sheet->cell_end)
                break;
        }
    }
}

static pe_status build_formats(build *x)
{
    pe_workbook *w = &x->owner->book;
    uint32_t *next = NULL;
    for (uint32_t s = 0; s < w->sheet_count; s++) {
        if (x->builder->sheets[s].format_count == 0) continue;
        if (next == NULL) {
            next = malloc(((size_t)w->cell_count + 1) * sizeof *next);
            if (next == NULL) return out_of_memory(x);
            for (uint32_t c = 0; c <= w->cell_count; c++) next[c] = c;
        }
        format_sheet(x, s, next);
    }
    free(next);
    return PE_OK;
}

static pe_status build_cells(build *x)
{
    const pe_workbook_builder *b = x->builder;
    pe_workbook *w = &x->owner->book;
    w->cells = malloc((size_t)(b->cell_count + 1) * sizeof *w->cells);
    w->formulas = malloc((size_t)(b->formula_count + b->block_count + 1) * sizeof *w->formulas);
    if (w->cells == NULL || w->formulas == NULL) return out_of_memory(x);
    pe_status status = PE_OK;
    for (uint32_t s = 0; s < w->sheet_count; s++) PE_TRY(build_sheet(x, s));
    PE_TRY(pei_book_index(x->owner, x->diag));
    PE_TRY(build_blocks(x));
    PE_TRY(build_formats(x));
fail:
    return status;
}

/* ---- all else
 * ------------------------------------------------------------------------------------------- */

static const char *copy_text(build *x, const char *text)
{
    return pe_arena_text(x->owner->arena, text, strlen(text));
}

static pe_status build_hidden(build *x, uint32_t index)
{
    const uint64_t *hidden = x->builder->sheets[index].hidden;
    if (hidden == NULL) return PE_OK;
    uint32_t count = 0;
    for (uint32_t row = 0; row < PE_ROWS_MAX; row++) count += hidden[row / 64] >> (row % 64) & 1;
    uint32_t *rows = PE_PUSH(x->owner->arena, uint32_t, count);
    if (rows == NULL) return out_of_memory(x);
    x->owner->book.sheets[index].rows_hidden = rows;
    x->owner->book.sheets[index].rows_hidden_count = count;
    for (uint32_t row = 0; row < PE_ROWS_MAX; row++)
        if ((hidden[row / 64] >> (row % 64) & 1) != 0) *rows++ = row;
    return PE_OK;
}

static pe_status build_sheets(build *x)
{
    const pe_workbook_builder *b = x->builder;
    pe_workbook *w = &x->owner->book;
    w->sheets = PE_PUSH(x->owner->arena, pe_sheet, b->sheet_count + 1);
    if (w->sheets == NULL) return out_of_memory(x);
    w->sheet_count = (uint32_t)b->sheet_count;
    for (uint32_t s = 0; s < w->sheet_count; s++) {
        const pei_live_sheet *live = &b->sheets[s];
        w->sheets[s] = (pe_sheet){.name = copy_text(x, live->name),
                                  .visibility = live->visibility,
                                  .has_filter = live->has_filter,
                                  .filter = live->filter};
        if (w->sheets[s].name == NULL) return out_of_memory(x);
        pe_status status = build_hidden(x, s);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

static pe_status build_lists(build *x)
{
    const pe_workbook_builder *b = x->builder;
    pe_workbook *w = &x->owner->book;
    w->names = PE_PUSH(x->owner->arena, pe_name, b->name_count + 1);
    w->formats = PE_PUSH(x->owner->arena, const char *, b->format_count);
    if (w->names == NULL || w->formats == NULL) return out_of_memory(x);
    w->name_count = (uint32_t)b->name_count;
    w->format_count = (uint32_t)b->format_count;
    for (size_t i = 0; i < b->name_count; i++) {
        w->names[i] = b->names[i];
        w->names[i].name = copy_text(x, b->names[i].name);
        w->names[i].text = copy_text(x, b->names[i].text);
        if (w->names[i].name == NULL || w->names[i].text == NULL) return out_of_memory(x);
    }
    for (size_t i = 0; i < b->format_count; i++)
        if ((w->formats[i] = copy_text(x, b->formats[i])) == NULL) return out_of_memory(x);
    return PE_OK;
}

static pe_status build_table(build *x, const pei_live_list *list, pe_table *table)
{
    pe_workbook *w = &x->owner->book;
    uint32_t columns = list->area.column_last - list->area.column_first + 1;
    *table = (pe_table){.name = copy_text(x, list->name),
                        .area = list->area,
                        .header_rows = list->header_rows,
                        .totals_rows = list->totals_rows,
                        .columns = PE_PUSH(x->owner->arena, const char *, columns),
                        .column_count = columns};
    if (table->name == NULL || table->columns == NULL) return out_of_memory(x);
    for (uint32_t c = 0; c < columns; c++) {
        pe_cell_ref ref = {list->area.sheet_first, list->area.row_first,
                           list->area.column_first + c};
        uint32_t cell = pe_workbook_cell(w, ref);
        bool text = cell != PE_NO_CELL && pe_is(w->cells[cell].stored, PE_KIND_TEXT);
        if (list->columns != NULL)
            table->columns[c] = copy_text(x, list->columns[c]);
        else
            table->columns[c] = text ? pe_as_text(w->cells[cell].stored)->bytes : "";
        if (table->columns[c] == NULL) return out_of_memory(x);
    }
    return PE_OK;
}

static pe_status build_tables(build *x)
{
    const pe_workbook_builder *b = x->builder;
    pe_workbook *w = &x->owner->book;
    w->tables = PE_PUSH(x->owner->arena, pe_table, b->list_count + 1);
    if (w->tables == NULL) return out_of_memory(x);
    for (size_t i = 0; i < b->list_count; i++) {
        pe_status status = build_table(x, &b->lists[i], &w->tables[i]);
        if (status != PE_OK) return status;
        w->table_count++;
    }
    return PE_OK;
}

static pe_status build_settings(build *x)
{
    const pe_builder_settings *s = &x->builder->settings;
    pe_workbook *w = &x->owner->book;
    w->dialect = s->dialect;
    w->semantics = s->semantics;
    w->calc = s->calc;
    w->date1904 = s->date1904;
    w->iterate = s->iterate;
    w->iterate_count = s->iterate_count;
    w->iterate_delta = s->iterate_delta;
    w->manual = s->manual;
    w->precision_as_displayed = s->precision_as_displayed;
    w->application = copy_text(x, s->application);
    w->app_version = copy_text(x, s->app_version);
    w->path = copy_text(x, s->path);
    return w->application != NULL && w->app_version != NULL && w->path != NULL ? PE_OK
                                                                               : out_of_memory(x);
}

/* ---- hash
 * --------------------------------------------------------------------------------------------- */

/* Two independent hashes, which SHA-256 then joins: many cells are hashed often, and nobody gains
 * from two contents that look the same. */
typedef struct digest {
    uint64_t a, b;
} digest;

static void mix(digest *d, uint64_t x)
{
    d->a = pe_hash_mix(d->a, x);
    d->b = pe_hash_mix(d->b ^ 0x5851F42D4C957F2Dull, x);
}

static void mix_bytes(digest *d, const char *bytes, size_t length)
{
    d->a = pe_hash_bytes(bytes, length, d->a);
    d->b = pe_hash_bytes(bytes, length, d->b ^ 0x5851F42D4C957F2Dull);
}

static void mix_text(digest *d, const char *text)
{
    mix_bytes(d, text, strlen(text));
}

static void mix_area(digest *d, const pe_area *area)
{
    mix(d, (uint64_t)area->sheet_first << 32 | area->row_first);
    mix(d, (uint64_t)area->row_last << 32 | area->column_first << 16 | area->column_last);
}

static void mix_formula(digest *d, const pe_formula_source *f)
{
    mix_bytes(d, f->text, f->length);
    if (f->kind == PE_FORMULA_NORMAL) return;
    mix(d, (uint64_t)f->kind << 2 | (uint64_t)f->two_inputs << 1 | f->row_input);
    mix_area(d, &f->area);
    mix(d, (uint64_t)f->input1.sheet << 36 | (uint64_t)f->input1.row << 16 | f->input1.column);
    mix(d, (uint64_t)f->input2.sheet << 36 | (uint64_t)f->input2.row << 16 | f->input2.column);
}

static void mix_cell(digest *d, const pe_workbook *w, const pe_cell *c)
{
    mix(d, (uint64_t)c->row << 32 | (uint64_t)c->column << 16 | c->has_stored);
    if (pe_is(c->stored, PE_KIND_TEXT))
        mix_bytes(d, pe_as_text(c->stored)->bytes, pe_as_text(c->stored)->length);
    else
        mix(d, c->stored.bits);
    if (c->formula != PE_NO_FORMULA) mix_formula(d, &w->formulas[c->formula]);
    if (c->format != 0) mix_text(d, w->formats[c->format]);
}

static void mix_settings(digest *d, const pe_workbook *w)
{
    const pe_calc_options *c = &w->calc;
    uint64_t delta;
    memcpy(&delta, &w->iterate_delta, sizeof delta);
    mix(d, (uint64_t)w->dialect << 8 | (uint64_t)w->semantics);
    mix(d, (uint64_t)w->date1904 | (uint64_t)w->iterate << 1 | (uint64_t)w->manual << 2 |
               (uint64_t)w->precision_as_displayed << 3 | (uint64_t)c->wildcards << 4 |
               (uint64_t)c->regex << 5 | (uint64_t)c->whole_cell << 6 |
               (uint64_t)c->case_sensitive << 7 | (uint64_t)c->empty_text_is_zero << 8 |
               (uint64_t)c->text_is_zero << 9 | (uint64_t)c->text_is_error << 10);
    mix(d, (uint64_t)(uint32_t)c->null_year << 32 | (uint32_t)c->null_month << 8 |
               (uint32_t)c->null_day);
    mix(d, w->iterate_count);
    mix(d, delta);
}

void pe_workbook_hash(pe_workbook *w)
{
    digest d = {1, 2};
    mix_settings(&d, w);
    for (uint32_t s = 0; s < w->sheet_count; s++) {
        const pe_sheet *sheet = &w->sheets[s];
        mix_text(&d, sheet->name);
        mix(&d, (uint64_t)sheet->visibility << 1 | sheet->has_filter);
        mix_area(&d, &sheet->filter);
        for (uint32_t i = 0; i < sheet->rows_hidden_count; i++) mix(&d, sheet->rows_hidden[i]);
        for (uint32_t c = sheet->cell_first; c < sheet->cell_end; c++)
            mix_cell(&d, w, &w->cells[c]);
    }
    for (uint32_t i = 0; i < w->name_count; i++) {
        mix_text(&d, w->names[i].name);
        mix_bytes(&d, w->names[i].text, w->names[i].text_length);
        mix(&d, (uint64_t)w->names[i].sheet << 1 | w->names[i].hidden);
    }
    for (uint32_t i = 0; i < w->table_count; i++) {
        const pe_table *t = &w->tables[i];
        mix_text(&d, t->name);
        mix_area(&d, &t->area);
        mix(&d, (uint64_t)t->header_rows << 32 | t->totals_rows);
        for (uint32_t c = 0; c < t->column_count; c++) mix_text(&d, t->columns[c]);
    }
    pe_sha256 sha;
    uint8_t bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(d.a >> 8 * i);
        bytes[8 + i] = (uint8_t)(d.b >> 8 * i);
    }
    pe_sha256_init(&sha);
    pe_sha256_update(&sha, bytes, sizeof bytes);
    pe_sha256_final(&sha, w->sha256);
}

pe_status pe_builder_build(const pe_workbook_builder *b, pe_workbook **workbook, pe_diag *diag)
{
    if (b->status != PE_OK) {
        if (diag != NULL) *diag = b->diag;
        return b->status;
    }
    build x = {b, NULL, diag};
    uint64_t limit = b->settings.bytes_max;
    uint64_t arrays = (b->cell_count + 1) * sizeof(pe_cell) +
                      (b->formula_count + b->block_count + 1) * sizeof(pe_formula_source);
    if (limit != 0 && arrays >= limit) return out_of_memory(&x);
    x.owner = pei_book_new(limit != 0 ? limit - arrays : 0);
    if (x.owner == NULL) return out_of_memory(&x);
    pe_status status = PE_OK;
    PE_TRY(build_sheets(&x));
    PE_TRY(build_lists(&x));
    PE_TRY(build_settings(&x));
    PE_TRY(build_cells(&x));
    PE_TRY(build_tables(&x));
    if (x.owner->book.dialect == PE_DIALECT_CALC)
        PE_TRY(pei_calc_tables_apply(&x.owner->book, diag));
    pe_workbook_hash(&x.owner->book);
    *workbook = &x.owner->book;
    return PE_OK;
fail:
    pe_workbook_free(&x.owner->book);
    return status;
}
