/* workbook_ods_sheet.c: tables, rows and cells of an OpenDocument file into the sheets' chunks. A
 * row is gathered first and then written as often as it repeats. Invariant: what repeats without
 * content costs nothing, what repeats with content is counted. */
#include "workbook_ods.h"

#define SPACES_MAX 65536u

static void fail_cell(pei_ods *o, pe_status status, const char *what, const char *text)
{
    char cell[12] = "";
    const char *sheet = o->sheet_count > 0 ? o->sheets[o->sheet_count - 1].name : "";
    if (o->row < PE_ROWS_MAX && o->column < PE_COLUMNS_MAX) pe_cell_text(o->row, o->column, cell);
    pei_xml_fail(&o->xml, status, "sheet %.60s, cell %s: %s '%.60s'", sheet, cell, what, text);
}

/* ---- tables, columns, rows
 * ---------------------------------------------------------------------------- */

void pei_ods_table_start(pei_ods *o, const char **attributes)
{
    const char *name = PEI_ODS(attributes, "table:name");
    const char *style = PEI_ODS(attributes, "table:style-name");
    o->row = o->column = 0;
    o->column_count = 0;
    if (name == NULL) name = "";
    if (pei_ods_external_start(o, name)) return;
    if (o->sheet_count >= PE_SHEETS_MAX) {
        pei_xml_fail(&o->xml, PE_E_LIMIT, "more than %u sheets", PE_SHEETS_MAX);
        return;
    }
    if (!PEI_ODS_ROOM(o, &o->sheets, &o->sheet_capacity, o->sheet_count) ||
        !PEI_ODS_ROOM(o, &o->data, &o->data_capacity, o->sheet_count))
        return;
    bool hides = style != NULL && pei_ods_style_hides(o, style);
    o->sheets[o->sheet_count] = (pe_sheet){.name = pei_ods_keep(o, name, strlen(name)),
                                           .visibility = hides ? PE_HIDDEN : PE_VISIBLE};
    o->data[o->sheet_count] = (pei_sheet_data){
        .index = (uint32_t)o->sheet_count, .part = o->xml.part, .sorted = true, .part_index = -1};
    pei_ods_index_sheet(o, (uint32_t)o->sheet_count++);
}

void pei_ods_table_end(pei_ods *o)
{
    if (o->external != NULL) {
        o->external = NULL;
        return;
    }
    pei_sheet_data *data = &o->data[o->sheet_count - 1];
    pe_status status = pei_cells_fill(o->reader, data);
    if (status == PE_OK) return;
    *o->xml.diag = data->diag;
    pei_xml_stop(&o->xml, status);
}

void pei_ods_column_start(pei_ods *o, const char **attributes)
{
    uint32_t repeated = pei_attribute_number(attributes, "table:number-columns-repeated", 1);
    uint32_t first = o->column_count > 0 ? o->columns[o->column_count - 1].last + 1 : 0;
    const char *style = PEI_ODS(attributes, "table:default-cell-style-name");
    if (repeated == 0 || first >= PE_COLUMNS_MAX) return;
    if (repeated > PE_COLUMNS_MAX - first) repeated = PE_COLUMNS_MAX - first;
    if (!PEI_ODS_ROOM(o, &o->columns, &o->column_capacity, o->column_count)) return;
    uint16_t format = style != NULL ? pei_ods_style_format(o, style) : 0;
    o->columns[o->column_count++] = (pei_ods_column){first + repeated - 1, format};
}

void pei_ods_row_start(pei_ods *o, const char **attributes)
{
    const char *visibility = PEI_ODS(attributes, "table:visibility");
    const char *style = PEI_ODS(attributes, "table:default-cell-style-name");
    o->rows_repeated = pei_attribute_number(attributes, "table:number-rows-repeated", 1);
    if (o->rows_repeated == 0) o->rows_repeated = 1;
    o->row_filtered = visibility != NULL && strcmp(visibility, "filter") == 0;
    o->row_hidden = o->row_filtered || (visibility != NULL && strcmp(visibility, "collapse") == 0);
    o->row_styled = style != NULL;
    o->row_format = style != NULL ? pei_ods_style_format(o, style) : 0;
    o->column = 0;
    o->row_count = o->row_formula_count = 0;
}

static bool hide_row(pei_ods *o, pei_sheet_data *data, uint32_t row)
{
    if (o->row_hidden) {
        if (!PEI_ODS_ROOM(o, &data->hidden, &data->hidden_capacity, data->hidden_count))
            return false;
        data->hidden[data->hidden_count++] = row;
    }
    if (o->row_filtered) {
        if (!PEI_ODS_ROOM(o, &data->filtered, &data->filtered_capacity, data->filtered_count))
            return false;
        data->filtered[data->filtered_count++] = row;
    }
    return true;
}

static uint32_t write_formula(pei_ods *o, pei_sheet_data *data, const pe_formula_source *source,
                              uint32_t row, uint32_t column)
{
    if (source->kind == PE_FORMULA_NORMAL)
        return pei_cells_raw(
            o->reader, data, &o->xml,
            (pei_raw_formula){source->text, source->length,
                              PEI_RAW(source->excel_text ? PEI_RAW_EXCEL : PEI_RAW_TEXT, 0)});
    pe_formula_source f = *source;
    uint32_t rows = f.area.row_last, columns = f.area.column_last; /* so far: less one */
    if (rows >= PE_ROWS_MAX - row || columns >= PE_COLUMNS_MAX - column) {
        fail_cell(o, PE_E_FORMAT, "its array formula's block is not on the sheet", "");
        return PE_NO_FORMULA;
    }
    f.home_row = row;
    f.home_column = column;
    f.area = (pe_area){data->index, data->index, row, row + rows, column, column + columns};
    return pei_cells_special(o->reader, data, &f, &o->xml);
}

/* The gathered row as one row of the sheet. */
static void write_row(pei_ods *o, uint32_t row)
{
    if (o->external != NULL) {
        for (size_t i = 0; i < o->row_count && o->xml.status == PE_OK; i++)
            pei_ods_external_cell(o, row, o->row_cells[i].column, o->row_cells[i].stored);
        return;
    }
    pei_sheet_data *data = &o->data[o->sheet_count - 1];
    if (!hide_row(o, data, row)) return;
    for (size_t i = 0; i < o->row_count; i++) {
        pe_cell cell = o->row_cells[i];
        cell.row = row;
        if (cell.formula != PE_NO_FORMULA) {
            cell.formula = write_formula(o, data, &o->row_formulas[cell.formula], row, cell.column);
            if (cell.formula == PE_NO_FORMULA) return;
        }
        pe_cell *out = pei_cells_add(o->reader, data, &o->xml);
        if (out == NULL) return;
        *out = cell;
    }
}

/* Counts cells that stand for more than was written. False: the reading has been stopped. */
static bool count_repeated(pei_ods *o, uint64_t cells)
{
    o->repeated += cells;
    if (o->repeated <= PEI_REPEAT_CELLS_MAX) return true;
    fail_cell(o, PE_E_LIMIT,
              "repeated cells stand for more than 4,194,304 cells; it looks like a "
              "bomb and is not read",
              "");
    return false;
}

void pei_ods_row_end(pei_ods *o)
{
    uint32_t left = o->row < PE_ROWS_MAX ? PE_ROWS_MAX - o->row : 0;
    uint32_t rows = o->rows_repeated < left ? o->rows_repeated : left;
    if (o->row_count > 0) {
        if (left == 0) {
            fail_cell(o, PE_E_FORMAT, "a row is not on the sheet, which has 1,048,576", "");
            return;
        }
        if (!count_repeated(o, (uint64_t)(rows - 1) * o->row_count)) return;
        for (uint32_t i = 0; i < rows && o->xml.status == PE_OK; i++) write_row(o, o->row + i);
    }
    o->row += rows;
}

/* ---- cells: start
 * ---------------------------------------------------------------------------- */

/* Without the prefix that says which language it is. A prefix that is not known stays, so that the
 * formula is reported by its cell. */
static void read_formula(pei_ods *o, const char *text)
{
    static const char *const prefixes[] = {"of:=", "oooc:=", "of:", "=", "msoxl:="};
    pei_ods_cell *c = &o->cell;
    for (size_t i = 0; i < PE_COUNT(prefixes); i++) {
        size_t length = strlen(prefixes[i]);
        if (strncmp(text, prefixes[i], length) != 0) continue;
        text += length;
        c->excel_text = prefixes[i][0] == 'm';
        break;
    }
    size_t length = strlen(text);
    if (length > PE_FORMULA_BYTES_MAX) {
        fail_cell(o, PE_E_LIMIT, "its formula is longer than 65,536 bytes", "");
        return;
    }
    c->has_formula = true;
    c->formula = pei_ods_keep(o, text, length);
    c->formula_length = (uint32_t)length;
}

static void read_number(pei_ods *o, const char *text)
{
    size_t used = 0, length;
    double number = 0;
    if (text != NULL) {
        length = pei_trim(&text, strlen(text));
        number = pe_decimal_parse(text, length, &used);
        if (used != length || length == 0) fail_cell(o, PE_E_FORMAT, "not a number:", text);
    }
    o->cell.value = pe_number_checked(number);
}

static void read_value(pei_ods *o, const char *type, const char **attributes)
{
    pei_ods_cell *c = &o->cell;
    double number;
    const char *text;
    c->type = PEI_ODS_VALUE;
    switch (type[0]) {
    case 'f': /* float */
    case 'p': /* percentage */
    case 'c': /* currency */
        read_number(o, PEI_ODS(attributes, "office:value"));
        return;
    case 'b': /* boolean: a number with a format of its own, as in Calc */
        text = PEI_ODS(attributes, "office:boolean-value");
        if (text != NULL && (text[0] == 't' || text[0] == 'f'))
            c->value = pe_number(strcmp(text, "true") == 0 ? 1 : 0);
        else
            read_number(o, text); /* any number can be shown as TRUE */
        return;
    case 'd':
        text = PEI_ODS(attributes, "office:date-value");
        if (text == NULL || !pei_ods_date_parse(text, o->null_day, &number))
            fail_cell(o, PE_E_FORMAT, "not a date:", text != NULL ? text : "");
        else
            c->value = pe_number_checked(number);
        return;
    case 't':
        text = PEI_ODS(attributes, "office:time-value");
        if (text == NULL || !pei_ods_duration_parse(text, &number))
            fail_cell(o, PE_E_FORMAT, "not a time:", text != NULL ? text : "");
        else
            c->value = pe_number_checked(number);
        return;
    case 's':
        c->type = PEI_ODS_TEXT;
        text = PEI_ODS(attributes, "office:string-value");
        if (text == NULL) return;
        c->has_text = true;
        for (; *text != '\0' && o->xml.status == PE_OK; text++) pei_ods_text_add(o, *text, 1);
        return;
    default:
        c->type = PEI_ODS_NONE;
    }
}

void pei_ods_cell_start(pei_ods *o, const char **attributes)
{
    pei_ods_cell *c = &o->cell;
    const char *type = NULL, *style = NULL;
    *c = (pei_ods_cell){.repeated = 1, .value = pe_blank()};
    o->text.length = 0;
    for (const char **a = attributes; a[0] != NULL; a += 2) {
        const char *name = a[0], *text = a[1];
        uint32_t number;
        if (strcmp(name, "office:value-type") == 0)
            type = text;
        else if (strcmp(name, "table:style-name") == 0)
            style = text;
        else if (strcmp(name, "table:formula") == 0)
            read_formula(o, text);
        else if (strcmp(name, "calcext:value-type") == 0)
            c->error = strcmp(text, "error") == 0;
        else if (strncmp(name, "table:number-", 13) == 0 && pei_number_parse(text, &number)) {
            if (strcmp(name + 13, "columns-repeated") == 0 && number > 0) c->repeated = number;
            if (strcmp(name + 13, "matrix-columns-spanned") == 0) c->matrix_columns = number;
            if (strcmp(name + 13, "matrix-rows-spanned") == 0) c->matrix_rows = number;
        }
    }
    c->styled = style != NULL;
    if (type == NULL && !c->has_formula && style == NULL) return;
    if (style != NULL) c->format = pei_ods_style_format(o, style);
    if (type != NULL && o->xml.status == PE_OK) read_value(o, type, attributes);
}

/* ---- texts
 * ------------------------------------------------------------------------------------------ */

bool pei_ods_wants_text(const pei_ods *o)
{
    const pei_ods_cell *c = &o->cell;
    if (c->error || c->type == PEI_ODS_NONE) return true;
    if (c->type == PEI_ODS_TEXT) return !c->has_text;
    /* Older writers stored 0 for an error, and its name only in the text. */
    return c->has_formula && c->value.bits == 0;
}

void pei_ods_text_add(pei_ods *o, char c, uint32_t count)
{
    if (o->xml.status != PE_OK) return;
    if (count > SPACES_MAX || o->text.length + count > 2 * PE_TEXT_BYTES_MAX) {
        fail_cell(o, PE_E_LIMIT, "its text is longer than 32,767 characters", "");
        return;
    }
    size_t needed = o->text.length + count;
    if (needed > o->text.capacity &&
        PE_GROW(&o->text.bytes, &o->text.capacity, needed * 2) != PE_OK) {
        pei_xml_fail(&o->xml, PE_E_MEMORY, "no memory for a text");
        return;
    }
    memset(o->text.bytes + o->text.length, c, count);
    o->text.length = needed;
}

void pei_ods_text_start(pei_ods *o)
{
    if (o->cell.paragraphs++ == 0) {
        if (o->cell.error) o->text.length = 0; /* its attribute says "" */
        return;
    }
    if (pei_ods_wants_text(o)) pei_ods_text_add(o, '\n', 1);
}

void pei_ods_text_space(pei_ods *o, const char **attributes)
{
    if (pei_ods_wants_text(o))
        pei_ods_text_add(o, ' ', pei_attribute_number(attributes, "text:c", 1));
}

/* ---- cells: end
 * --------------------------------------------------------------------------------------- */

static bool text_value(pei_ods *o, pe_value *value)
{
    if (o->text.length > PE_TEXT_BYTES_MAX) {
        fail_cell(o, PE_E_LIMIT, "its text is longer than 32,767 characters", "");
        return false;
    }
    pe_status status = pei_texts_value(o->texts, o->text.bytes, o->text.length, value, o->xml.diag);
    if (status != PE_OK) pei_xml_stop(&o->xml, status);
    return status == PE_OK;
}

/* The stored value; *has false where there is none. False: the reading has been stopped. */
static bool cell_value(pei_ods *o, pe_value *value, bool *has)
{
    const pei_ods_cell *c = &o->cell;
    *value = c->value;
    *has = true;
    if (c->error) {
        if (!pei_ods_error_parse(o->text.bytes, o->text.length, true, value))
            *value = pe_error(PE_ERROR_UNKNOWN); /* a name in another language */
        return true;
    }
    if (c->type == PEI_ODS_VALUE) {
        if (pei_ods_wants_text(o)) pei_ods_error_parse(o->text.bytes, o->text.length, false, value);
        return true;
    }
    if (c->type == PEI_ODS_TEXT && (c->has_formula || c->paragraphs > 0 || o->text.length > 0))
        return text_value(o, value);
    *has = c->type == PEI_ODS_NONE && c->paragraphs > 0;
    return *has ? text_value(o, value) : true;
}

/* The formula's place in row_formulas, or PE_NO_FORMULA. */
static uint32_t row_formula(pei_ods *o)
{
    const pei_ods_cell *c = &o->cell;
    if (!c->has_formula || c->formula_length == 0) return PE_NO_FORMULA;
    if (!PEI_ODS_ROOM(o, &o->row_formulas, &o->row_formula_capacity, o->row_formula_count))
        return PE_NO_FORMULA;
    bool array = c->matrix_rows > 0 && c->matrix_columns > 0;
    pe_formula_source *f = &o->row_formulas[o->row_formula_count];
    *f = (pe_formula_source){
        .text = c->formula, .length = c->formula_length, .excel_text = c->excel_text};
    if (array) {
        f->kind = PE_FORMULA_ARRAY;
        f->area.row_last = c->matrix_rows - 1;
        f->area.column_last = c->matrix_columns - 1;
    }
    if (!array && o->external == NULL && pei_is_table_call(c->formula, c->formula_length))
        o->data[o->sheet_count - 1].has_calc_tables = true;
    return (uint32_t)o->row_formula_count++;
}

static uint16_t format_at(const pei_ods *o, uint32_t column)
{
    if (o->cell.styled) return o->cell.format;
    if (o->row_styled) return o->row_format;
    size_t low = 0, high = o->column_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (o->columns[middle].last < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < o->column_count ? o->columns[low].format : 0;
}

void pei_ods_cell_end(pei_ods *o)
{
    pei_ods_cell *c = &o->cell;
    uint32_t first = o->column;
    uint32_t left = first < PE_COLUMNS_MAX ? PE_COLUMNS_MAX - first : 0;
    uint32_t count = c->repeated < left ? c->repeated : left;
    pe_value value;
    bool has;
    if (!cell_value(o, &value, &has)) return;
    uint32_t formula = row_formula(o);
    if (o->xml.status != PE_OK) return;
    o->column += count;
    if (!has && formula == PE_NO_FORMULA) return;
    if (left == 0) {
        pei_xml_fail(&o->xml, PE_E_FORMAT, "row %u has more than 16,384 cells", o->row + 1);
        return;
    }
    if (!count_repeated(o, count - 1)) return;
    for (uint32_t i = 0; i < count; i++) {
        if (!PEI_ODS_ROOM(o, &o->row_cells, &o->row_capacity, o->row_count)) return;
        o->row_cells[o->row_count++] = (pe_cell){.stored = value,
                                                 .formula = formula,
                                                 .column = (uint16_t)(first + i),
                                                 .format = format_at(o, first + i),
                                                 .has_stored = has || formula == PE_NO_FORMULA};
    }
}
