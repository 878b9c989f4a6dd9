/* server_book.c: the books of a session: begun, filled, edited, closed. Invariant: a book's builder
 * is what the client sent so far; the kept job, if any, is of that state less the edits listed. */
#include "server_model.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the model
 * --------------------------------------------------------------------------------------- */

pei_model *pei_model_new(const pe_server *server, pe_control *control)
{
    pei_model *model = calloc(1, sizeof *model);
    if (model == NULL) return NULL;
    model->server = server;
    model->control = control;
    return model;
}

void pei_model_free(pei_model *model)
{
    if (model == NULL) return;
    for (size_t i = 0; i < PE_COUNT(model->books); i++) pei_book_free(model->books[i]);
    for (size_t i = 0; i < PE_COUNT(model->runs); i++) pei_run_free(model->runs[i]);
    free(model);
}

static uint64_t book_bytes(const pei_book *book)
{
    uint64_t bytes = pe_workbook_bytes(book->built) + pe_job_bytes(book->kept.job);
    if (book->builder != NULL) bytes += pe_builder_bytes(book->builder);
    if (book->kept.arena != NULL) bytes += pe_arena_bytes(book->kept.arena);
    return bytes;
}

uint64_t pei_model_bytes(const pei_model *model)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < PE_COUNT(model->books); i++)
        if (model->books[i] != NULL) bytes += book_bytes(model->books[i]);
    for (size_t i = 0; i < PE_COUNT(model->runs); i++)
        if (model->runs[i] != NULL) bytes += model->runs[i]->bytes;
    return bytes;
}

uint64_t pei_model_most(const pei_model *model)
{
    uint64_t most = model->server->options.session_bytes_max;
    return most > 0 ? most : (uint64_t)PE_LIMIT_session_memory_mib << 20;
}

pe_status pei_model_room(const pei_model *model, uint64_t bytes, pe_diag *diag)
{
    uint64_t most = pei_model_most(model);
    if (bytes <= most && pei_model_bytes(model) <= most - bytes) return PE_OK;
    return pe_fail(diag, PE_E_MEMORY, "",
                   "the open workbooks, what is computed of them and their results would need more "
                   "than %llu MiB: close other workbooks, or use a smaller model, fewer trials or "
                   "fewer outputs",
                   (unsigned long long)(most >> 20));
}

pe_status pei_model_fit(pei_model *model, const pei_book *book, uint64_t bytes, pe_diag *diag)
{
    for (size_t i = 0; i < PE_COUNT(model->books); i++) {
        if (pei_model_room(model, bytes, NULL) == PE_OK) return PE_OK;
        if (model->books[i] != NULL && model->books[i] != book)
            pei_kept_free(&model->books[i]->kept);
    }
    for (size_t i = PE_COUNT(model->runs); i-- > 0;) {
        if (pei_model_room(model, bytes, NULL) == PE_OK) return PE_OK;
        pei_run_free(model->runs[i]);
        model->runs[i] = NULL;
    }
    return pei_model_room(model, bytes, diag);
}

void pei_book_free(pei_book *book)
{
    if (book == NULL) return;
    pei_kept_free(&book->kept);
    pe_workbook_free(book->built);
    pe_builder_free(book->builder);
    free(book->edits);
    free(book->name);
    free(book->path);
    free(book);
}

pe_status pei_book_find(pei_model *model, uint32_t number, pei_book **book, pe_diag *diag)
{
    for (size_t i = 0; i < PE_COUNT(model->books); i++)
        if (model->books[i] != NULL && model->books[i]->number == number) {
            *book = model->books[i];
            return PE_OK;
        }
    return pe_fail(diag, PE_E_NOT_FOUND, "book", "there is no book %u: send the workbook again",
                   number);
}

pe_status pei_complete(const pei_book *book, pe_diag *diag)
{
    if (book->ended) return PE_OK;
    return pe_fail(diag, PE_E_ARGUMENT, "book",
                   "the workbook is not complete: send workbook.end first");
}

/* A free place for one more book. */
static pe_status place_for(pei_model *model, pei_book ***place, pe_diag *diag)
{
    for (size_t i = 0; i < PE_COUNT(model->books); i++)
        if (model->books[i] == NULL) {
            *place = &model->books[i];
            return pei_model_fit(model, NULL, 0, diag);
        }
    return pe_fail(diag, PE_E_LIMIT, "book", "this connection holds %d workbooks: close one",
                   PE_LIMIT_session_books);
}

static pei_book *book_new(pe_wire_text name, const pe_wire_text *path)
{
    pei_book *book = calloc(1, sizeof *book);
    if (book == NULL) return NULL;
    book->name = strdup(name.bytes);
    book->path = path != NULL ? strdup(path->bytes) : NULL;
    if (book->name != NULL && (path == NULL || book->path != NULL)) return book;
    pei_book_free(book);
    return NULL;
}

/* ---- open
 * -------------------------------------------------------------------------------------------- */

pe_status pei_do_workbook_open(pei_task *task, const pe_wire_workbook_open *params)
{
    pei_book **place = NULL, *book = NULL;
    pe_pool *pool = NULL;
    const pe_read_options options = {.bytes_max = (uint64_t)PE_LIMIT_session_memory_mib << 20};
    pe_status status = PE_OK;
    PE_TRY(place_for(task->model, &place, task->diag));
    book = book_new(params->path, &params->path);
    if (book == NULL) PE_TRY(pei_out_of_memory(task->diag));
    PE_TRY(pe_pool_new(task->model->server->options.threads, &pool, task->diag));
    PE_TRY(pe_workbook_read_file(book->path, &options, pool, task->model->control, &book->built,
                                 task->diag));
    pe_pool_free(pool);
    book->ended = true;
    book->sheet_count = book->built->sheet_count;
    book->number = ++task->model->book_last;
    *place = book;
    const pe_wire_workbook_open_reply reply = {.book = book->number};
    return pei_reply(task, PE_WIRE_workbook_open_reply, &reply);
fail:
    pe_pool_free(pool);
    pei_book_free(book);
    return status;
}

/* ---- begin
 * ------------------------------------------------------------------------------------------- */

static bool is_text(pe_wire_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

static pe_status one_of(pe_wire_text text, const char *const *words, int count, const char *field,
                        int *index, pe_diag *diag)
{
    for (*index = 0; *index < count; ++*index)
        if (is_text(text, words[*index])) return PE_OK;
    return pe_fail(diag, PE_E_ARGUMENT, field, "\"%.40s\" is none of the words for %s", text.bytes,
                   field);
}

/* Calc's defaults, then what the document says. */
static pe_calc_options calc_options(const pe_wire_workbook_begin *p)
{
    pe_calc_options o = {.wildcards = false,
                         .whole_cell = true,
                         .null_year = 1899,
                         .null_month = 12,
                         .null_day = 30};
    const pe_wire_calc_options *c = &p->calc;
    if (!p->has_calc) return o;
    if (c->has_wildcards) o.wildcards = c->wildcards;
    if (c->has_regex) o.regex = c->regex;
    if (c->has_whole_cell) o.whole_cell = c->whole_cell;
    if (c->has_case_sensitive) o.case_sensitive = c->case_sensitive;
    if (c->has_empty_text_is_zero) o.empty_text_is_zero = c->empty_text_is_zero;
    if (c->has_text_is_zero) o.text_is_zero = c->text_is_zero;
    if (c->has_text_is_error) o.text_is_error = c->text_is_error;
    if (c->has_null_date && c->null_date.count == 3) {
        o.null_year = (int)c->null_date.items[0];
        o.null_month = (int)c->null_date.items[1];
        o.null_day = (int)c->null_date.items[2];
    }
    return o;
}

static pe_status configure(pei_book *book, const pe_wire_workbook_begin *p, pe_diag *diag)
{
    static const char *const dialects[] = {"excel", "calc", "openformula"};
    static const char *const semantics[] = {"excel", "calc"};
    int dialect = 0, rules = 0;
    pe_status status = one_of(p->dialect, dialects, 3, "dialect", &dialect, diag);
    if (status == PE_OK) status = one_of(p->semantics, semantics, 2, "semantics", &rules, diag);
    if (status != PE_OK) return status;
    if (p->has_calc && p->calc.has_null_date && p->calc.null_date.count != 3)
        return pe_fail(diag, PE_E_ARGUMENT, "null_date", "a date is [year, month, day]");
    const pe_builder_settings settings = {
        .dialect = (pe_dialect)dialect,
        .semantics = (pe_semantics)rules,
        .calc = calc_options(p),
        .date1904 = p->has_date1904 && p->date1904,
        .iterate = p->has_iterate && p->iterate,
        .manual = p->has_manual && p->manual,
        .precision_as_displayed = p->has_precision_as_displayed && p->precision_as_displayed,
        .iterate_count = p->has_iterate_count ? p->iterate_count : 100,
        .iterate_delta = p->has_iterate_delta ? p->iterate_delta : 0.001,
        .application = p->application.bytes,
        .app_version = "",
        .path = p->has_path ? p->path.bytes : "",
        .bytes_max = (uint64_t)PE_LIMIT_session_memory_mib << 20};
    return pe_builder_configure(book->builder, &settings, diag);
}

static pe_status add_sheets(pei_book *book, const pe_wire_workbook_begin *p, pe_diag *diag)
{
    static const char *const states[] = {"visible", "hidden", "very_hidden"};
    pe_status status = PE_OK;
    if (p->sheets.count == 0 || p->sheets.count > PE_LIMIT_book_sheets)
        return pe_fail(diag, PE_E_ARGUMENT, "sheets", "a workbook has 1 to %d sheets",
                       PE_LIMIT_book_sheets);
    for (uint32_t i = 0; i < p->sheets.count && status == PE_OK; i++) {
        const pe_wire_sheet *sheet = &p->sheets.items[i];
        int state = 0;
        if (pe_builder_sheet(book->builder, sheet->name.bytes) != i) return pei_out_of_memory(diag);
        if (sheet->has_state) status = one_of(sheet->state, states, 3, "state", &state, diag);
        if (status == PE_OK && state > 0)
            status = pe_builder_sheet_state(book->builder, i, (pe_visibility)state, diag);
    }
    book->sheet_count = p->sheets.count;
    return status;
}

static pe_area area_of(uint32_t sheet, const pe_wire_area *a)
{
    return (pe_area){sheet,
                     sheet,
                     a->row,
                     a->rows > 0 && a->row + a->rows > a->row ? a->row + a->rows - 1 : UINT32_MAX,
                     a->column,
                     a->columns > 0 && a->column + a->columns > a->column
                         ? a->column + a->columns - 1
                         : UINT32_MAX};
}

static pe_status add_names(pei_book *book, const pe_wire_workbook_begin *p, pe_diag *diag)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; p->has_names && i < p->names.count && status == PE_OK; i++) {
        const pe_wire_name *name = &p->names.items[i];
        if (name->has_sheet && name->sheet >= book->sheet_count)
            return pe_fail(diag, PE_E_ARGUMENT, name->name.bytes, "there is no sheet number %u",
                           name->sheet);
        status =
            pe_builder_name_text(book->builder, name->name.bytes, name->formula.bytes,
                                 name->has_sheet ? name->sheet : PE_SCOPE_WORKBOOK, false, diag);
    }
    return status;
}

static pe_status add_tables(pei_task *task, pei_book *book, const pe_wire_workbook_begin *p)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; p->has_tables && i < p->tables.count && status == PE_OK; i++) {
        const pe_wire_table *table = &p->tables.items[i];
        const pe_area area = area_of(table->sheet, &table->area);
        const char **columns = PE_PUSH(task->arena, const char *, table->columns.count);
        if (columns == NULL) return pei_out_of_memory(task->diag);
        for (uint32_t c = 0; c < table->columns.count; c++)
            columns[c] = table->columns.items[c].bytes;
        status = pe_builder_list_area(book->builder, table->sheet, table->name.bytes, &area,
                                      table->header_rows, table->totals_rows, columns,
                                      table->columns.count, task->diag);
    }
    return status;
}

/* The book that the new one takes the place of: closed, and its runs go over. */
static void take_over(pei_model *model, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < PE_COUNT(model->runs); i++)
        if (model->runs[i] != NULL && model->runs[i]->book == from) model->runs[i]->book = to;
    for (size_t i = 0; i < PE_COUNT(model->books); i++)
        if (model->books[i] != NULL && model->books[i]->number == from) {
            pei_book_free(model->books[i]);
            model->books[i] = NULL;
        }
}

pe_status pei_do_workbook_begin(pei_task *task, const pe_wire_workbook_begin *params)
{
    pei_book **place = NULL, *book = NULL;
    pe_status status = PE_OK;
    PE_TRY(place_for(task->model, &place, task->diag));
    book = book_new(params->name, NULL);
    if (book != NULL) book->builder = pe_builder_new();
    if (book == NULL || book->builder == NULL) PE_TRY(pei_out_of_memory(task->diag));
    PE_TRY(configure(book, params, task->diag));
    PE_TRY(add_sheets(book, params, task->diag));
    PE_TRY(add_names(book, params, task->diag));
    PE_TRY(add_tables(task, book, params));
    book->number = ++task->model->book_last;
    if (params->has_replaces) take_over(task->model, params->replaces, book->number);
    *place = book;
    const pe_wire_workbook_begin_reply reply = {.book = book->number};
    return pei_reply(task, PE_WIRE_workbook_begin_reply, &reply);
fail:
    pei_book_free(book);
    return status;
}

/* ---- cells
 * ------------------------------------------------------------------------------------------- */

static pe_status part_cells(pei_task *task, const pe_wire_sheet_part *p, pe_builder_cell **cells)
{
    uint64_t count = (uint64_t)p->rows * p->columns;
    if (count > PE_LIMIT_sheet_cells)
        return pe_fail(task->diag, PE_E_LIMIT, "workbook.sheet",
                       "one part holds at most %d cells: send more parts", PE_LIMIT_sheet_cells);
    if (p->values.count != count || (p->has_formulas && p->formulas.count != count))
        return pe_fail(task->diag, PE_E_ARGUMENT, "workbook.sheet",
                       "values and formulas must have rows * columns items");
    *cells = pe_arena_push(task->arena, count, sizeof **cells);
    for (uint64_t i = 0; i < count && *cells != NULL; i++) {
        (*cells)[i].value = pei_value_in(&p->values.items[i], task->arena);
        if (!p->has_formulas || p->formulas.items[i].bytes == NULL) continue;
        (*cells)[i].formula = p->formulas.items[i].bytes;
        (*cells)[i].formula_length = p->formulas.items[i].length;
    }
    if (*cells == NULL || pe_arena_failed(task->arena)) return pei_out_of_memory(task->diag);
    return PE_OK;
}

static pe_status put_blocks(pei_task *task, pei_book *book, const pe_wire_sheet_part *p)
{
    static const char *const kinds[] = {"array", "dynamic"};
    pe_status status = PE_OK;
    for (uint32_t i = 0; p->has_arrays && i < p->arrays.count && status == PE_OK; i++) {
        const pe_wire_array_formula *a = &p->arrays.items[i];
        const pe_area area = area_of(p->sheet, &a->area);
        int kind = 0;
        status = one_of(a->kind, kinds, 2, "kind", &kind, task->diag);
        if (status == PE_OK)
            status = pe_builder_block(book->builder, p->sheet, &area,
                                      kind == 0 ? PE_FORMULA_ARRAY : PE_FORMULA_DYNAMIC,
                                      a->formula.bytes, NULL, NULL, task->diag);
    }
    for (uint32_t i = 0; p->has_data_tables && i < p->data_tables.count && status == PE_OK; i++) {
        const pe_wire_data_table *t = &p->data_tables.items[i];
        const pe_area area = area_of(p->sheet, &t->area);
        const pe_cell_ref row = {t->row_input.sheet, t->row_input.row, t->row_input.column};
        const pe_cell_ref column = {t->column_input.sheet, t->column_input.row,
                                    t->column_input.column};
        status = pe_builder_block(book->builder, p->sheet, &area, PE_FORMULA_TABLE, NULL,
                                  t->has_row_input ? &row : NULL,
                                  t->has_column_input ? &column : NULL, task->diag);
    }
    return status;
}

static pe_status put_looks(pei_task *task, pei_book *book, const pe_wire_sheet_part *p)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; p->has_formats && i < p->formats.count && status == PE_OK; i++) {
        const pe_area area = area_of(p->sheet, &p->formats.items[i].area);
        status = pe_builder_format_area(book->builder, p->sheet, &area,
                                        p->formats.items[i].code.bytes, task->diag);
    }
    for (uint32_t i = 0; p->has_hidden_rows && i < p->hidden_rows.count && status == PE_OK; i++)
        status = pe_builder_rows(book->builder, p->sheet, p->hidden_rows.items[i].first,
                                 p->hidden_rows.items[i].last, true, task->diag);
    if (p->has_filter && status == PE_OK) {
        const pe_area area = area_of(p->sheet, &p->filter);
        status = pe_builder_filter_area(book->builder, p->sheet, &area, task->diag);
    }
    return status;
}

static pe_status put_part(pei_task *task, pei_book *book, const pe_wire_sheet_part *p,
                          const pe_builder_cell *cells)
{
    pe_status status = PE_OK;
    if (p->sheet >= book->sheet_count)
        return pe_fail(task->diag, PE_E_ARGUMENT, "sheet", "there is no sheet number %u", p->sheet);
    if ((uint64_t)p->rows * p->columns > 0)
        PE_TRY(pe_builder_cells(book->builder, p->sheet, p->row, p->column, p->rows, p->columns,
                                cells, task->diag));
    PE_TRY(put_blocks(task, book, p));
    PE_TRY(put_looks(task, book, p));
    PE_TRY(pei_model_fit(task->model, book, 0, task->diag));
fail:
    return status;
}

/* A book whose cells can be given and changed. */
static pe_status book_to_fill(pei_task *task, uint32_t number, bool ended, pei_book **book)
{
    pe_status status = pei_book_find(task->model, number, book, task->diag);
    if (status != PE_OK) return status;
    if ((*book)->builder == NULL)
        return pe_fail(task->diag, PE_E_ARGUMENT, "book",
                       "a workbook that was opened as a file cannot be changed: open it again");
    if (ended) return pei_complete(*book, task->diag);
    if ((*book)->ended)
        return pe_fail(task->diag, PE_E_ARGUMENT, "book",
                       "the workbook is complete: send workbook.update");
    return PE_OK;
}

pe_status pei_do_workbook_sheet(pei_task *task, const pe_wire_workbook_sheet *params)
{
    pei_book *book = NULL;
    pe_builder_cell *cells = NULL;
    pe_status status = PE_OK;
    const pe_wire_sheet_part part = {
        .sheet = params->sheet,
        .row = params->row,
        .column = params->column,
        .rows = params->rows,
        .columns = params->columns,
        .values = {params->values.items, params->values.count},
        .formulas = {params->formulas.items, params->formulas.count},
        .has_formulas = params->has_formulas,
        .arrays = {params->arrays.items, params->arrays.count},
        .has_arrays = params->has_arrays,
        .data_tables = {params->data_tables.items, params->data_tables.count},
        .has_data_tables = params->has_data_tables,
        .formats = {params->formats.items, params->formats.count},
        .has_formats = params->has_formats,
        .hidden_rows = {params->hidden_rows.items, params->hidden_rows.count},
        .has_hidden_rows = params->has_hidden_rows,
        .filter = params->filter,
        .has_filter = params->has_filter};
    const pe_wire_workbook_sheet_reply reply = {0};
    PE_TRY(book_to_fill(task, params->book, false, &book));
    PE_TRY(part_cells(task, &part, &cells));
    PE_TRY(put_part(task, book, &part, cells));
    PE_TRY(pei_reply(task, PE_WIRE_workbook_sheet_reply, &reply));
fail:
    return status;
}

pe_status pei_do_workbook_end(pei_task *task, const pe_wire_workbook_end *params)
{
    pei_book *book = NULL;
    pe_status status = PE_OK;
    pe_wire_workbook_end_reply reply = {0};
    PE_TRY(book_to_fill(task, params->book, false, &book));
    double start = pe_clock_seconds();
    PE_TRY(pe_builder_build(book->builder, &book->built, task->diag));
    book->kept.build_s = pe_clock_seconds() - start;
    book->ended = true;
    reply.cells = book->built->cell_count;
    for (uint32_t i = 0; i < book->built->cell_count; i++)
        reply.formulas += book->built->cells[i].formula != PE_NO_FORMULA;
    PE_TRY(pei_reply(task, PE_WIRE_workbook_end_reply, &reply));
fail:
    return status;
}

pe_status pei_do_workbook_close(pei_task *task, const pe_wire_workbook_close *params)
{
    pei_book *book = NULL;
    const pe_wire_workbook_close_reply reply = {0};
    pe_status status = pei_book_find(task->model, params->book, &book, task->diag);
    if (status != PE_OK) return status;
    for (size_t i = 0; i < PE_COUNT(task->model->books); i++)
        if (task->model->books[i] == book) task->model->books[i] = NULL;
    pei_book_free(book);
    return pei_reply(task, PE_WIRE_workbook_close_reply, &reply);
}

/* ---- update
 * ------------------------------------------------------------------------------------------ */

/* Whether the cell in the kept job's workbook has this formula: then only its shown value is new,
 * which the host computes itself. */
static bool same_formula(const pei_book *book, pe_cell_ref ref, const pe_builder_cell *cell)
{
    const pe_workbook *w = book->kept.workbook;
    uint32_t id = pe_workbook_cell(w, ref);
    if (id == PE_NO_CELL || w->cells[id].formula == PE_NO_FORMULA) return false;
    const pe_formula_source *f = &w->formulas[w->cells[id].formula];
    const char *text = cell->formula;
    uint32_t length = cell->formula_length;
    if (length > 0 && text[0] == '=') text++, length--;
    return f->kind == PE_FORMULA_NORMAL && f->home_row == ref.row && f->home_column == ref.column &&
           f->length == length && memcmp(f->text, text, length) == 0;
}

static bool is_constant(const pe_builder_cell *cell)
{
    pe_kind kind = pe_kind_of(cell->value);
    return cell->formula == NULL &&
           (kind == PE_KIND_NUMBER || kind == PE_KIND_TEXT || kind == PE_KIND_BOOLEAN);
}

static pe_status list_edit(pei_book *book, pe_cell_ref ref, pe_value value, pe_diag *diag)
{
    if (pe_is(value, PE_KIND_TEXT)) {
        const pe_text *text = pe_as_text(value);
        value = pe_arena_text_value(book->kept.arena, text->bytes, text->length);
        if (pe_arena_failed(book->kept.arena)) return pei_out_of_memory(diag);
    }
    for (size_t i = book->edit_count; i-- > 0 && book->edit_count - i <= 64;)
        if (book->edits[i].ref.row == ref.row && book->edits[i].ref.column == ref.column &&
            book->edits[i].ref.sheet == ref.sheet) {
            book->edits[i].value = value; /* typed again */
            return PE_OK;
        }
    if (PE_GROW(&book->edits, &book->edit_capacity, book->edit_count + 1) != PE_OK)
        return pei_out_of_memory(diag);
    book->edits[book->edit_count++] = (pe_job_edit){ref, value};
    return PE_OK;
}

/* What the kept job must learn of this part: constants, or that it is of no use any more. */
static pe_status note_edits(pei_task *task, pei_book *book, const pe_wire_sheet_part *p,
                            const pe_builder_cell *cells)
{
    pe_status status = PE_OK;
    if (book->kept.job == NULL || book->stale) return PE_OK;
    if ((p->has_arrays && p->arrays.count > 0) ||
        (p->has_data_tables && p->data_tables.count > 0) ||
        (p->has_formats && p->formats.count > 0) ||
        (p->has_hidden_rows && p->hidden_rows.count > 0) || p->has_filter ||
        !pe_sheet_is_model(book->kept.workbook, p->sheet)) /* settings may stand there */
        book->stale = true;
    /* A cell whose stored value stands for what the host cannot compute: its new value counts. */
    bool pinned = pe_job_report(book->kept.job)->check.unsupported_count > 0;
    for (uint64_t i = 0; i < (uint64_t)p->rows * p->columns && !book->stale; i++) {
        const pe_cell_ref ref = {p->sheet, p->row + (uint32_t)(i / p->columns),
                                 p->column + (uint32_t)(i % p->columns)};
        if (is_constant(&cells[i])) {
            PE_TRY(list_edit(book, ref, cells[i].value, task->diag));
            continue;
        }
        bool blank = cells[i].formula == NULL && pe_is(cells[i].value, PE_KIND_BLANK) &&
                     pe_workbook_cell(book->kept.workbook, ref) == PE_NO_CELL;
        bool same = cells[i].formula != NULL && !pinned && same_formula(book, ref, &cells[i]);
        if (!blank && !same) book->stale = true;
    }
fail:
    return status;
}

pe_status pei_do_workbook_update(pei_task *task, const pe_wire_workbook_update *params)
{
    pei_book *book = NULL;
    pe_status status = PE_OK;
    const pe_wire_workbook_update_reply reply = {0};
    PE_TRY(book_to_fill(task, params->book, true, &book));
    pe_workbook_free(book->built);
    book->built = NULL;
    for (uint32_t i = 0; i < params->sheets.count; i++) {
        const pe_wire_sheet_part *part = &params->sheets.items[i];
        pe_builder_cell *cells = NULL;
        PE_TRY(part_cells(task, part, &cells));
        status = put_part(task, book, part, cells);
        if (status == PE_OK) status = note_edits(task, book, part, cells);
        if (status != PE_OK) book->stale = true; /* of the part, some may be there */
        PE_TRY(status);
    }
    PE_TRY(pei_reply(task, PE_WIRE_workbook_update_reply, &reply));
fail:
    return status;
}
