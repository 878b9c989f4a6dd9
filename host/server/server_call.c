/* server_call.c: worksheet functions called by value, as a spreadsheet's cells call them. The calls
 * of a batch become formulas of a small workbook, which the general evaluator computes: the same
 * functions, the same values. Distributions give their static value. Property functions (RiskName,
 * RiskTruncate ...) give a text that says what they were given; a distribution understands it among
 * its arguments. */
#include "server_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "evaluate.h"

/* ---- formulas of a small workbook
 * ----------------------------------------------------------------------- */

static pe_status put_blocks(pe_workbook_builder *builder, const pei_block *blocks, uint32_t count,
                            pe_arena *arena, pe_diag *diag)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < count && status == PE_OK; i++) {
        const pe_wire_array *a = blocks[i].array;
        uint64_t size = (uint64_t)a->rows * a->columns;
        pe_builder_cell *cells = pe_arena_push(arena, size, sizeof *cells);
        if (cells == NULL) return pei_out_of_memory(diag);
        for (uint64_t k = 0; k < size; k++) cells[k].value = pei_value_in(&a->values[k], arena);
        status = pe_builder_cells(builder, 1, blocks[i].row, 0, a->rows, a->columns, cells, diag);
    }
    return status;
}

/* first: the cell of the first formula, the others below it. */
static pe_status put_formulas(pe_workbook_builder *builder, pe_cell_ref first,
                              const pei_cell_formula *formulas, uint32_t count, pe_diag *diag)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < count && status == PE_OK; i++) {
        if (formulas[i].text == NULL) continue;
        const pe_builder_cell cell = {pe_omitted(), formulas[i].text,
                                      (uint32_t)strlen(formulas[i].text)};
        status =
            pe_builder_cells(builder, first.sheet, first.row + i, first.column, 1, 1, &cell, diag);
    }
    return status;
}

/* The evaluator's texts go with it. */
static pe_value kept_value(pe_value value, pe_arena *arena)
{
    if (!pe_is(value, PE_KIND_TEXT)) return value;
    return pe_arena_text_value(arena, pe_as_text(value)->bytes, pe_as_text(value)->length);
}

static pe_status read_values(const pe_workbook *workbook, const pe_graph *graph, double now,
                             pe_cell_ref first, pei_cell_formula *formulas, uint32_t count,
                             pe_arena *arena, pe_diag *diag)
{
    const pe_evaluate_options options = {.now = now};
    pe_evaluator *evaluator = NULL;
    pe_status status = pe_evaluator_new(graph, &options, &evaluator, diag);
    if (status == PE_OK) status = pe_evaluator_run(evaluator, PE_EVALUATE_BASE, NULL, NULL, diag);
    for (uint32_t i = 0; i < count && status == PE_OK; i++) {
        if (formulas[i].text == NULL) continue;
        uint32_t cell =
            pe_workbook_cell(workbook, (pe_cell_ref){first.sheet, first.row + i, first.column});
        bool known = cell != PE_NO_CELL && pe_graph_formula(graph, cell) != NULL &&
                     pe_evaluator_unsupported(evaluator, cell, &(const char *){NULL}) == NULL;
        formulas[i].value = known ? kept_value(pe_evaluator_value(evaluator, cell), arena)
                                  : pe_error(PE_ERROR_NAME);
    }
    pe_evaluator_free(evaluator);
    return status;
}

pe_status pei_evaluate_in(pe_workbook_builder *builder, uint32_t sheet, pei_cell_formula *formulas,
                          uint32_t count, double now, pe_arena *arena, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_workbook *workbook = NULL;
    pe_graph *graph = NULL;
    const pe_cell_ref first = {sheet, PE_ROWS_MAX - count, PE_COLUMNS_MAX - 1};
    PE_TRY(put_formulas(builder, first, formulas, count, diag));
    PE_TRY(pe_builder_build(builder, &workbook, diag));
    PE_TRY(pe_graph_build(workbook, NULL, 0, NULL, NULL, &graph, diag));
    PE_TRY(read_values(workbook, graph, now, first, formulas, count, arena, diag));
fail:
    pe_graph_free(graph);
    pe_workbook_free(workbook);
    return status;
}

pe_status pei_evaluate(pei_cell_formula *formulas, uint32_t count, const pei_block *blocks,
                       uint32_t block_count, double now, pe_arena *arena, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_workbook_builder *builder = pe_builder_new();
    if (builder == NULL) return pei_out_of_memory(diag);
    pe_builder_sheet(builder, "F");
    pe_builder_sheet(builder, "D");
    PE_TRY(put_blocks(builder, blocks, block_count, arena, diag));
    PE_TRY(pei_evaluate_in(builder, 0, formulas, count, now, arena, diag));
fail:
    pe_builder_free(builder);
    return status;
}

/* ---- texts
 * -------------------------------------------------------------------------------------------- */

typedef struct writer {
    char *text;
    size_t length, capacity;
    bool failed;
} writer;

static void put(writer *w, const char *text, size_t length)
{
    if (w->failed || PE_GROW(&w->text, &w->capacity, w->length + length + 1) != PE_OK) {
        w->failed = true;
        return;
    }
    memcpy(w->text + w->length, text, length);
    w->length += length;
    w->text[w->length] = '\0';
}

static void put_words(writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_number(writer *w, double x)
{
    char digits[PE_DECIMAL_BYTES];
    put(w, digits, (size_t)pe_decimal_shortest(x, digits));
}

static void put_quoted(writer *w, const char *text, size_t length)
{
    put_words(w, "\"");
    for (size_t i = 0; i < length; i++)
        put(w, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    put_words(w, "\"");
}

/* ---- property functions as texts
 * ------------------------------------------------------------------------ */

static const pe_function *property_row(const char *name, size_t length)
{
    pe_function_id id = pe_function_find(name, length);
    const pe_function *row = id != PE_FUNCTION_NONE ? pe_function_row(id) : NULL;
    bool known =
        row != NULL && (row->flags & PE_FN_RISK_PROPERTY) && !(row->flags & PE_FN_UNSUPPORTED);
    return known ? row : NULL;
}

/* One argument of a property's text: a number, a quoted text, or nothing. */
static bool is_plain_argument(const char *text, size_t length, size_t *at)
{
    size_t used = 0;
    if (*at < length && text[*at] == '"') {
        for (++*at; *at < length; ++*at) {
            if (text[*at] != '"') continue;
            if (*at + 1 == length || text[*at + 1] != '"') break;
            ++*at;
        }
        if (*at == length) return false;
        ++*at;
        return true;
    }
    if (*at < length && text[*at] != ',' && text[*at] != ')') {
        pe_decimal_parse(text + *at, length - *at, &used);
        *at += used;
        return used > 0;
    }
    return true;
}

/* RiskTruncate(5,8): what a property function gave, and nothing else, so that it can stand in a
 * formula as it is. */
static bool is_property_text(const char *text, size_t length)
{
    const char *bracket = memchr(text, '(', length);
    if (bracket == NULL || property_row(text, (size_t)(bracket - text)) == NULL) return false;
    size_t at = (size_t)(bracket - text) + 1;
    for (;;) {
        if (!is_plain_argument(text, length, &at) || at >= length) return false;
        if (text[at] == ')') return at + 1 == length;
        if (text[at++] != ',') return false;
    }
}

/* ---- one call
 * ------------------------------------------------------------------------------------------ */

typedef struct batch {
    pei_task *task;
    pei_cell_formula *formulas;
    pei_block *blocks;
    uint32_t block_count;
    size_t block_capacity;
    uint32_t rows; /* used on the sheet of blocks */
} batch;

static pe_status put_array(batch *b, writer *w, const pe_wire_array *array)
{
    char text[64], last[12];
    if (array->columns > PE_COLUMNS_MAX || array->rows > PE_ROWS_MAX - b->rows)
        return pe_fail(b->task->diag, PE_E_LIMIT, "call",
                       "the arrays of one request are too large");
    if (PE_GROW(&b->blocks, &b->block_capacity, b->block_count + 1) != PE_OK)
        return pei_out_of_memory(b->task->diag);
    b->blocks[b->block_count++] = (pei_block){b->rows, array};
    pe_cell_text(b->rows + array->rows - 1, array->columns - 1, last);
    snprintf(text, sizeof text, "D!A%u:%s", b->rows + 1, last);
    put_words(w, text);
    b->rows += array->rows;
    return PE_OK;
}

/* False: an argument that cannot be one. */
static bool put_argument(batch *b, writer *w, const pe_wire_value *v, bool risk, pe_status *status)
{
    switch ((pe_wire_kind)v->kind) {
    case PE_WIRE_NUMBER:
        put_number(w, v->number);
        return true;
    case PE_WIRE_TEXT:
        if (risk && is_property_text(v->text, v->length))
            put(w, v->text, v->length);
        else
            put_quoted(w, v->text, v->length);
        return true;
    case PE_WIRE_BOOLEAN:
        put_words(w, v->code ? "TRUE" : "FALSE");
        return true;
    case PE_WIRE_ERROR:
        put_words(
            w, pe_error_text(v->code < PE_ERROR_COUNT ? (pe_error_code)v->code : PE_ERROR_VALUE));
        return true;
    case PE_WIRE_BLANK:
        put_words(w, "F!B1"); /* a cell that is always empty */
        return true;
    case PE_WIRE_OMITTED:
        return true;
    case PE_WIRE_ARRAY:
        *status = put_array(b, w, v->array);
        return true;
    default:
        return false;
    }
}

static pe_status write_call(batch *b, const pe_wire_call_item *call, const pe_function *row,
                            const char *name, writer *w, bool *good)
{
    pe_status status = PE_OK;
    bool risk = (row->flags & (PE_FN_RISK | PE_FN_RISK_OUTPUT)) != 0;
    put_words(w, name);
    put_words(w, "(");
    for (uint32_t i = 0; i < call->arguments.count && *good && status == PE_OK; i++) {
        if (i > 0) put_words(w, ",");
        *good = put_argument(b, w, &call->arguments.items[i], risk, &status);
    }
    put_words(w, ")");
    if (w->length > PE_FORMULA_BYTES_MAX) *good = false;
    return status == PE_OK && w->failed ? pei_out_of_memory(b->task->diag) : status;
}

static pe_status prepare_call(batch *b, const pe_wire_call_item *call, pei_cell_formula *to)
{
    writer w = {NULL, 0, 0, false};
    bool good = true;
    pe_function_id id = pe_function_find(call->name.bytes, call->name.length);
    const pe_function *row = id != PE_FUNCTION_NONE ? pe_function_row(id) : NULL;
    to->value = pe_error(PE_ERROR_NAME);
    if (row == NULL || (row->flags & PE_FN_UNSUPPORTED) ||
        ((row->flags & PE_FN_RANDOM) && !(row->flags & PE_FN_RISK)))
        return PE_OK;
    to->value = pe_error(PE_ERROR_VALUE);
    const char *name = pe_risk_name(b->task->arena, row->name);
    if (name == NULL) return pei_out_of_memory(b->task->diag);
    pe_status status = write_call(b, call, row, name, &w, &good);
    if (status == PE_OK && good) {
        bool property = (row->flags & PE_FN_RISK_PROPERTY) != 0;
        const char *text = pe_arena_text(b->task->arena, w.text, w.length);
        if (text == NULL) status = pei_out_of_memory(b->task->diag);
        if (!property)
            to->text = text;
        else if (is_property_text(w.text, w.length))
            to->value = pe_arena_text_value(b->task->arena, w.text, w.length);
    }
    free(w.text);
    return status;
}

pe_status pei_do_call(pei_task *task, const pe_wire_call *params)
{
    pe_wire_call_reply reply = {0};
    batch b = {.task = task};
    pe_status status = PE_OK;
    const pe_server_options *options = &task->model->server->options;
    uint32_t count = params->calls.count;
    if (count > PE_LIMIT_call_batch)
        return pe_fail(task->diag, PE_E_LIMIT, "calls", "at most %d calls in one request",
                       PE_LIMIT_call_batch);
    b.formulas = PE_PUSH(task->arena, pei_cell_formula, count);
    reply.values.items = PE_PUSH(task->arena, pe_wire_value, count);
    if (b.formulas == NULL || reply.values.items == NULL) return pei_out_of_memory(task->diag);
    for (uint32_t i = 0; i < count; i++)
        PE_TRY(prepare_call(&b, &params->calls.items[i], &b.formulas[i]));
    PE_TRY(pei_evaluate(b.formulas, count, b.blocks, b.block_count,
                        options->now != NULL ? options->now() : 0, task->arena, task->diag));
    for (uint32_t i = 0; i < count; i++) reply.values.items[i] = pei_value_out(b.formulas[i].value);
    reply.values.count = count;
    PE_TRY(pei_reply(task, PE_WIRE_call_reply, &reply));
fail:
    free(b.blocks);
    return status;
}
