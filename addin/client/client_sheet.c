/* client_sheet.c: a rectangle of cells as workbook.sheet requests of about PART_BYTES each. Cells
 * are packed as they come; a part ends with a row where it can, within a very long row where not.
 */
#include "client_internal.h"

#include <math.h>
#include <string.h>

#define PART_BYTES ((size_t)2 << 20)
#define PART_BYTES_MAX ((size_t)8 << 20) /* with one more text of the longest within a frame */
#define CELLS_MAX (PE_LIMIT_sheet_cells / 2)

typedef struct sheet_work {
    pe_client *client;
    const pe_client_cells *cells;
    int64_t deadline;
    pe_client_error *error;
    const char *formula, *text; /* of the cell at hand */
    size_t number;              /* of cells done */
    uint32_t row, column;       /* where the part begins, within cells */
    uint32_t count;             /* cells in the part */
    bool has_formulas;
    size_t values_mark, formulas_mark; /* ends of the part's last whole row */
    int sent;
} sheet_work;

static int wrong(pe_client_error *error, const char *where, const char *what)
{
    return pei_fail(error, "argument", where, "%s", what);
}

/* Exactly `count` texts, each ending in NUL. */
static bool holds_texts(const char *texts, size_t bytes, size_t count)
{
    size_t seen = 0;
    const char *at = texts, *end = texts + bytes;
    if (bytes == 0) return count == 0;
    while (at < end) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        if (nul == NULL) return false;
        seen++;
        at = nul + 1;
    }
    return seen == count;
}

static int check(const pe_client_cells *cells, pe_client_error *error)
{
    uint64_t count = (uint64_t)cells->rows * cells->columns;
    size_t texts = 0;
    if (cells->rows == 0 || cells->columns == 0 || count > SIZE_MAX / sizeof(double))
        return wrong(error, "cells", "must have at least one row and column");
    for (size_t i = 0; i < count; i++) {
        uint8_t kind = cells->kinds[i];
        double number = cells->numbers[i];
        texts += kind == PE_WIRE_TEXT;
        if (kind > PE_WIRE_ERROR) return wrong(error, "kinds", "must be 0 to 4");
        if (kind == PE_WIRE_NUMBER && !isfinite(number))
            return wrong(error, "numbers", "must be finite");
        if (kind == PE_WIRE_ERROR && !(number >= 1 && number <= PE_WIRE_ERROR_MAX))
            return wrong(error, "numbers", "must hold an error's code where the kind is 4");
    }
    if (!holds_texts(cells->formulas, cells->formulas_bytes, (size_t)count))
        return wrong(error, "formulas", "must hold rows * columns texts, each ending in NUL");
    if (!holds_texts(cells->texts, cells->texts_bytes, texts))
        return wrong(error, "texts", "must hold a text for each cell of kind 2, ending in NUL");
    return 0;
}

static void pack_text(msgpack_packer *packer, const char *text, size_t length)
{
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, text, length);
}

static void pack_member(msgpack_packer *packer, const char *name, uint32_t number)
{
    pack_text(packer, name, strlen(name));
    msgpack_pack_uint32(packer, number);
}

/* Only the bytes are wanted of these: no frame is ever ended. */
static void part_begin(sheet_work *work)
{
    work->count = 0;
    work->has_formulas = false;
    work->values_mark = work->formulas_mark = 0;
    work->client->values.length = work->client->formulas.length = 0;
}

/* Sends `rows` times `columns` cells, whose bytes are the first ones of the two buffers. */
static int part_send(sheet_work *work, uint32_t rows, uint32_t columns, size_t values_bytes,
                     size_t formulas_bytes)
{
    pe_client *client = work->client;
    const pe_client_cells *cells = work->cells;
    pe_wire_out *out = &client->out;
    pe_wire_diag diag;
    if (client->values.code != PE_WIRE_OK || client->formulas.code != PE_WIRE_OK)
        return pei_no_memory(work->error);
    out->length = 0;
    pe_wire_request_begin(out, pei_next_id(client), "workbook.sheet");
    msgpack_pack_map(&out->packer, work->has_formulas ? 8 : 7);
    pack_member(&out->packer, "book", cells->book);
    pack_member(&out->packer, "sheet", cells->sheet);
    pack_member(&out->packer, "row", cells->row + work->row);
    pack_member(&out->packer, "column", cells->column + work->column);
    pack_member(&out->packer, "rows", rows);
    pack_member(&out->packer, "columns", columns);
    pack_text(&out->packer, "values", 6);
    msgpack_pack_array(&out->packer, (size_t)rows * columns);
    pe_wire_append(out, client->values.bytes, values_bytes);
    if (work->has_formulas) {
        pack_text(&out->packer, "formulas", 8);
        msgpack_pack_array(&out->packer, (size_t)rows * columns);
        pe_wire_append(out, client->formulas.bytes, formulas_bytes);
    }
    if (pe_wire_frame_end(out, &diag) != PE_WIRE_OK) return pei_fail_diag(work->error, &diag);
    if (pei_send_request(client, work->deadline, work->error) < 0) return -1;
    work->sent++;
    return 0;
}

static void drop_front(pe_wire_out *out, size_t bytes)
{
    memmove(out->bytes, out->bytes + bytes, out->length - bytes);
    out->length -= bytes;
}

static int pack_cell(sheet_work *work, bool *is_formula)
{
    const pe_client_cells *cells = work->cells;
    msgpack_packer *values = &work->client->values.packer;
    uint8_t kind = cells->kinds[work->number];
    pe_wire_value value = {.kind = kind};
    size_t formula_length = strlen(work->formula);
    if (kind == PE_WIRE_TEXT) {
        value.text = work->text;
        value.length = (uint32_t)strlen(work->text);
    } else if (kind == PE_WIRE_NUMBER) {
        value.number = cells->numbers[work->number];
    } else if (kind != PE_WIRE_BLANK) {
        value.code = (uint8_t)cells->numbers[work->number];
    }
    if (formula_length > PE_LIMIT_text_bytes || value.length > PE_LIMIT_text_bytes)
        return pei_fail(work->error, "limit", "cells",
                        "row %lu, column %lu of the sheet has a text of more than %d bytes",
                        (unsigned long)(cells->row + work->number / cells->columns + 1),
                        (unsigned long)(cells->column + work->number % cells->columns + 1),
                        PE_LIMIT_text_bytes);
    pe_wire_value_pack(values, &value);
    /* A text constant "=abc" is given as the formula "=abc" too. */
    *is_formula = work->formula[0] == '=' &&
                  !(kind == PE_WIRE_TEXT && strcmp(work->formula, work->text) == 0);
    if (*is_formula)
        pack_text(&work->client->formulas.packer, work->formula, formula_length);
    else
        msgpack_pack_nil(&work->client->formulas.packer);
    work->formula += formula_length + 1;
    if (kind == PE_WIRE_TEXT) work->text += value.length + 1;
    work->number++;
    work->count++;
    return 0;
}

static size_t part_bytes(const sheet_work *work)
{
    return work->client->values.length + work->client->formulas.length;
}

/* The part is very long within a row: its whole rows go, or else this row up to here. Afterwards
 * the part begins within or at the start of the row at hand. */
static int part_cut(sheet_work *work, uint32_t row, uint32_t columns_done)
{
    uint32_t rows = row - work->row;
    pe_client *client = work->client;
    if (rows == 0) {
        if (part_send(work, 1, columns_done - work->column, client->values.length,
                      client->formulas.length) < 0)
            return -1;
        part_begin(work);
        work->column = columns_done;
        return 0;
    }
    if (part_send(work, rows, work->cells->columns, work->values_mark, work->formulas_mark) < 0)
        return -1;
    drop_front(&client->values, work->values_mark);
    drop_front(&client->formulas, work->formulas_mark);
    work->values_mark = work->formulas_mark = 0;
    work->count = columns_done;
    work->row = row;
    return 0;
}

static bool is_full(const sheet_work *work, uint32_t next_row_cells)
{
    return part_bytes(work) >= PART_BYTES || work->count + (uint64_t)next_row_cells > CELLS_MAX;
}

static int send_row(sheet_work *work, uint32_t row)
{
    const pe_client_cells *cells = work->cells;
    for (uint32_t column = 0; column < cells->columns; column++) {
        bool is_formula = false;
        if (pack_cell(work, &is_formula) < 0) return -1;
        work->has_formulas |= is_formula;
        if ((part_bytes(work) > PART_BYTES_MAX || work->count >= CELLS_MAX) &&
            column + 1 < cells->columns && part_cut(work, row, column + 1) < 0)
            return -1;
    }
    bool last = row + 1 == cells->rows;
    if (work->column == 0 && !last && !is_full(work, cells->columns)) {
        work->values_mark = work->client->values.length;
        work->formulas_mark = work->client->formulas.length;
        return 0;
    }
    if (part_send(work, row + 1 - work->row, cells->columns - work->column,
                  work->client->values.length, work->client->formulas.length) < 0)
        return -1;
    part_begin(work);
    work->row = row + 1;
    work->column = 0;
    return 0;
}

/* A buffer that packs without a frame. */
static void buffer_begin(pe_wire_out *out)
{
    out->length = 0;
    pe_wire_note_begin(out, "");
    out->length = 0;
}

int pe_client_sheet(pe_client *client, const pe_client_cells *cells, uint32_t timeout_ms,
                    pe_client_error *error)
{
    sheet_work work = {.client = client,
                       .cells = cells,
                       .deadline = pei_clock_ms() + timeout_ms,
                       .error = error,
                       .formula = cells->formulas,
                       .text = cells->texts};
    if (check(cells, error) < 0) return -1;
    buffer_begin(&client->values);
    buffer_begin(&client->formulas);
    part_begin(&work);
    for (uint32_t row = 0; row < cells->rows; row++)
        if (send_row(&work, row) < 0) return -1;
    return work.sent;
}
