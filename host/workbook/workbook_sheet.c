/* workbook_sheet.c: one worksheet part into chunks of cells and raw formulas. Runs as a task.
 * Invariant: cells come in the order of the file; `sorted` says whether that is row, column order
 * without duplicates. */
#include "workbook_internal.h"

#include <stdlib.h>

typedef enum cell_type {
    TYPE_NUMBER,
    TYPE_SHARED,
    TYPE_TEXT,
    TYPE_BOOLEAN,
    TYPE_ERROR,
    TYPE_INLINE,
    TYPE_DATE
} cell_type;

typedef enum formula_type {
    FORMULA_NONE,
    FORMULA_NORMAL,
    FORMULA_SHARED,
    FORMULA_ARRAY,
    FORMULA_TABLE
} formula_type;

typedef struct sheet_reader {
    pei_xml xml;
    pei_reader *reader;
    pei_sheet_data *sheet;
    pe_map *shared;       /* si to index of masters */
    uint32_t row, column; /* of the current cell */
    bool any_row, in_data, in_filter;
    uint32_t next_row, next_column;
    uint64_t last_key; /* row, column of the cell before, plus one */
    cell_type type;
    uint16_t format;
    bool dynamic;
    uint32_t rich_error; /* a newer error in place of the one that <v> holds, or 0 */
    bool has_value;      /* a <v> or <is> */
    formula_type formula;
    bool formula_ref; /* the <f> has a valid ref, which is in special.area */
    uint32_t si;
    pe_formula_source special;
    pei_buffer value_text, formula_text;
    uint32_t ignored; /* depth of a phonetic run, or 0 */
} sheet_reader;

static void fail_cell(sheet_reader *r, pe_status status, const char *what, const char *text)
{
    char cell[12];
    pe_cell_text(r->row, r->column, cell);
    pei_xml_fail(&r->xml, status, "cell %s: %s '%.60s'", cell, what, text);
}

/* ---- rows and cells: start
 * ---------------------------------------------------------------------------- */

static void row_start(sheet_reader *r, const char **attributes)
{
    pei_sheet_data *s = r->sheet;
    const char *number = pei_attribute(attributes, "r");
    uint32_t row = r->next_row;
    if (number != NULL) {
        if (!pei_number_parse(number, &row) || row == 0)
            row = UINT32_MAX;
        else
            row--;
    }
    if (row >= PE_ROWS_MAX) {
        pei_xml_fail(&r->xml, PE_E_FORMAT, "row '%.20s' is not on a sheet",
                     number != NULL ? number : "");
        return;
    }
    r->row = row;
    r->next_row = row + 1;
    r->next_column = 0;
    if (!pei_attribute_true(attributes, "hidden", false)) return;
    if (PE_GROW(&s->hidden, &s->hidden_capacity, s->hidden_count + 1) != PE_OK)
        pei_xml_fail(&r->xml, PE_E_MEMORY, "no memory for its rows");
    else
        s->hidden[s->hidden_count++] = row;
}

static cell_type type_of(const char *t)
{
    switch (t[0]) {
    case 's':
        return t[1] == 't' ? TYPE_TEXT : TYPE_SHARED;
    case 'b':
        return TYPE_BOOLEAN;
    case 'e':
        return TYPE_ERROR;
    case 'i':
        return TYPE_INLINE;
    case 'd':
        return TYPE_DATE;
    default:
        return TYPE_NUMBER;
    }
}

static void cell_start(sheet_reader *r, const char **attributes)
{
    pei_reader *reader = r->reader;
    const char *address = NULL;
    uint32_t number;
    r->type = TYPE_NUMBER;
    r->format = 0;
    r->dynamic = r->has_value = r->formula_ref = false;
    r->rich_error = 0;
    r->formula = FORMULA_NONE;
    r->value_text.length = r->formula_text.length = 0;
    r->ignored = 0;
    for (; attributes[0] != NULL; attributes += 2) {
        const char *name = attributes[0], *text = attributes[1];
        if (name[0] == 'r' && name[1] == '\0')
            address = text;
        else if (name[0] == 't' && name[1] == '\0')
            r->type = type_of(text);
        else if (name[0] == 's' && name[1] == '\0') {
            if (pei_number_parse(text, &number) && number < reader->style_count)
                r->format = reader->styles[number];
        } else if (strcmp(name, "cm") == 0) {
            if (pei_number_parse(text, &number) && number > 0 && number <= reader->dynamic_count)
                r->dynamic = reader->dynamic[number - 1] != 0;
        } else if (reader->has_rich_errors && strcmp(name, "vm") == 0) {
            if (pei_number_parse(text, &number) && number > 0 && number <= reader->rich_count)
                r->rich_error = reader->rich[number - 1];
        }
    }
    r->column = r->next_column;
    if (address != NULL) {
        size_t length = strlen(address);
        if (pe_cell_parse(address, length, &r->row, &r->column) != length) {
            pei_xml_fail(&r->xml, PE_E_FORMAT, "'%.40s' is not the address of a cell", address);
            return;
        }
        r->next_row = r->row + 1;
    }
    if (r->column >= PE_COLUMNS_MAX) pei_xml_fail(&r->xml, PE_E_FORMAT, "a row has too many cells");
    r->next_column = r->column + 1;
}

/* ---- formula attributes
 * ------------------------------------------------------------------------------- */

static bool read_input(sheet_reader *r, const char **attributes, const char *name,
                       pe_cell_ref *input)
{
    const char *text = pei_attribute(attributes, name);
    input->sheet = r->sheet->index;
    return text != NULL &&
           pe_cell_parse(text, strlen(text), &input->row, &input->column) == strlen(text);
}

static void table_start(sheet_reader *r, const char **attributes)
{
    pe_formula_source *f = &r->special;
    f->two_inputs = pei_attribute_true(attributes, "dt2D", false);
    f->row_input = !f->two_inputs && pei_attribute_true(attributes, "dtr", false);
    f->input1_deleted = pei_attribute_true(attributes, "del1", false);
    f->input2_deleted = pei_attribute_true(attributes, "del2", false);
    if (!read_input(r, attributes, "r1", &f->input1)) f->input1_deleted = true;
    if (f->two_inputs && !read_input(r, attributes, "r2", &f->input2)) f->input2_deleted = true;
}

static void formula_start(sheet_reader *r, const char **attributes)
{
    if (attributes[0] == NULL) { /* most formulas */
        r->formula = FORMULA_NORMAL;
        return;
    }
    const char *type = pei_attribute(attributes, "t"), *ref = pei_attribute(attributes, "ref");
    r->formula = FORMULA_NORMAL;
    if (type == NULL) return;
    if (strcmp(type, "shared") == 0) {
        r->si = pei_attribute_number(attributes, "si", UINT32_MAX);
        r->formula = r->si != UINT32_MAX ? FORMULA_SHARED : FORMULA_NORMAL;
        r->formula_ref = ref != NULL;
        return;
    }
    bool table = strcmp(type, "dataTable") == 0;
    if (!table && strcmp(type, "array") != 0) return;
    r->formula = table ? FORMULA_TABLE : FORMULA_ARRAY;
    r->special = (pe_formula_source){.text = "", .home_row = r->row, .home_column = r->column};
    r->special.area = pe_area_of_cell((pe_cell_ref){r->sheet->index, r->row, r->column});
    if (ref != NULL && !pei_area_parse(ref, strlen(ref), r->sheet->index, &r->special.area)) {
        fail_cell(r, PE_E_FORMAT, "its formula's block is not on the sheet:", ref);
        return;
    }
    /* The formula stands in its block's first cell; anything else is one writer's mistake. */
    if (r->special.area.row_first != r->row || r->special.area.column_first != r->column)
        r->special.area = pe_area_of_cell((pe_cell_ref){r->sheet->index, r->row, r->column});
    r->special.kind = table ? PE_FORMULA_TABLE : r->dynamic ? PE_FORMULA_DYNAMIC : PE_FORMULA_ARRAY;
    if (table) table_start(r, attributes);
}

/* ---- cells: end
 * --------------------------------------------------------------------------------------- */

static bool read_number(sheet_reader *r, const char *text, size_t length, pe_value *value)
{
    size_t used;
    double number = pe_decimal_parse(text, length, &used);
    if (used != length) {
        char copy[64];
        size_t kept = length < sizeof copy - 1 ? length : sizeof copy - 1;
        memcpy(copy, text, kept);
        copy[kept] = '\0';
        fail_cell(r, PE_E_FORMAT, "not a number:", copy);
        return false;
    }
    *value = pe_number_checked(number);
    return true;
}

static bool read_text(sheet_reader *r, pe_value *value)
{
    size_t length = pei_unescape(r->value_text.bytes, r->value_text.length);
    if (length > PE_TEXT_BYTES_MAX) {
        fail_cell(r, PE_E_LIMIT, "its text is longer than 32,767 characters", "");
        return false;
    }
    pe_status status =
        pei_texts_value(&r->sheet->texts, r->value_text.bytes, length, value, r->xml.diag);
    if (status != PE_OK) pei_xml_stop(&r->xml, status);
    return status == PE_OK;
}

/* The stored value; *has false where there is none. False: the reading has been stopped. */
static bool read_value(sheet_reader *r, pe_value *value, bool *has)
{
    const char *text = r->value_text.bytes;
    size_t length = r->value_text.length;
    *value = pe_blank();
    *has = r->has_value;
    if (!r->has_value) return true;
    if (r->type == TYPE_TEXT || r->type == TYPE_INLINE) return read_text(r, value);
    length = pei_trim(&text, length);
    *has = length > 0;
    if (length == 0) return true;
    switch (r->type) {
    case TYPE_SHARED: {
        uint64_t index = 0;
        for (size_t i = 0; i < length; i++) {
            if (text[i] < '0' || text[i] > '9' || index > UINT32_MAX) {
                fail_cell(r, PE_E_FORMAT, "not the number of a shared text", "");
                return false;
            }
            index = index * 10 + (uint64_t)(text[i] - '0');
        }
        *value = pe_box(PE_KIND_UNRESOLVED, index);
        r->sheet->string_cells++;
        return true;
    }
    case TYPE_BOOLEAN:
        *value = pe_boolean(text[0] == '1' || text[0] == 't' || text[0] == 'T');
        return true;
    case TYPE_ERROR:
        *value = r->rich_error != 0 ? pe_error((pe_error_code)r->rich_error)
                                    : pei_error_parse(text, length);
        return true;
    case TYPE_DATE: {
        double serial;
        if (!pei_date_parse(text, length, r->reader->owner->book.date1904, &serial))
            return read_number(r, text, length, value);
        *value = pe_number_checked(serial);
        return true;
    }
    default:
        return read_number(r, text, length, value);
    }
}

/* Text of the current <f>, without '=', kept. NULL after a failure. */
static const char *keep_formula(sheet_reader *r, uint32_t *length)
{
    char *text = r->formula_text.bytes;
    size_t n = pei_unescape(text, r->formula_text.length);
    if (n > 0 && text[0] == '=') {
        text++;
        n--;
    }
    const char *copy = pei_texts_copy(&r->sheet->texts, text, n, r->xml.diag);
    if (copy == NULL) pei_xml_stop(&r->xml, r->xml.diag->status);
    *length = (uint32_t)n;
    return copy;
}

/* The master of the current si, made if it is new or written anew. */
static pei_master *find_master(sheet_reader *r, bool fresh, uint32_t *index)
{
    pei_sheet_data *s = r->sheet;
    uint32_t *slot;
    bool added;
    if (PE_GROW(&s->masters, &s->master_capacity, s->master_count + 1) != PE_OK ||
        pe_map_put(r->shared, &r->si, sizeof r->si, (uint32_t)s->master_count, &slot, &added) !=
            PE_OK) {
        pei_xml_fail(&r->xml, PE_E_MEMORY, "no memory for its shared formulas");
        return NULL;
    }
    if (!added && fresh && s->masters[*slot].text != NULL) {
        *slot = (uint32_t)s->master_count;
        added = true;
    }
    if (added) s->masters[s->master_count++] = (pei_master){0};
    *index = *slot;
    return &s->masters[*slot];
}

static uint32_t shared_formula(sheet_reader *r)
{
    uint32_t index;
    bool has_text = r->formula_text.length > 0;
    pei_master *master = find_master(r, has_text && r->formula_ref, &index);
    if (master == NULL) return PE_NO_FORMULA;
    if (!has_text)
        return pei_cells_raw(r->reader, r->sheet, &r->xml,
                             (pei_raw_formula){NULL, 0, PEI_RAW(PEI_RAW_SHARED, index)});
    uint32_t length;
    const char *text = keep_formula(r, &length);
    if (text == NULL) return PE_NO_FORMULA;
    if (master->text == NULL) *master = (pei_master){text, length, r->row, r->column};
    return pei_cells_raw(r->reader, r->sheet, &r->xml,
                         (pei_raw_formula){text, length, PEI_RAW(PEI_RAW_TEXT, 0)});
}

static uint32_t special_formula(sheet_reader *r)
{
    pe_formula_source *f = &r->special;
    if (r->formula == FORMULA_ARRAY) {
        f->text = keep_formula(r, &f->length);
        if (f->text == NULL) return PE_NO_FORMULA;
    }
    return pei_cells_special(r->reader, r->sheet, f, &r->xml);
}

static uint32_t read_formula(sheet_reader *r)
{
    if (r->formula == FORMULA_SHARED) return shared_formula(r);
    if (r->formula == FORMULA_TABLE) return special_formula(r);
    /* An empty <f> marks a spilled cell that is recalculated always; it is no formula. */
    if (r->formula_text.length == 0) return PE_NO_FORMULA;
    if (r->formula == FORMULA_ARRAY) return special_formula(r);
    uint32_t length;
    const char *text = keep_formula(r, &length);
    if (text == NULL) return PE_NO_FORMULA;
    if (pei_is_table_call(text, length)) r->sheet->has_calc_tables = true;
    return pei_cells_raw(r->reader, r->sheet, &r->xml,
                         (pei_raw_formula){text, length, PEI_RAW(PEI_RAW_TEXT, 0)});
}

static void cell_end(sheet_reader *r)
{
    pe_value value;
    bool has;
    if (!read_value(r, &value, &has)) return;
    uint32_t formula = PE_NO_FORMULA;
    if (r->formula != FORMULA_NONE) formula = read_formula(r);
    if (r->xml.status != PE_OK) return;
    bool empty = !has && formula == PE_NO_FORMULA;
    if (empty && r->format == 0) return;
    pe_cell *cell = pei_cells_add(r->reader, r->sheet, &r->xml);
    if (cell == NULL) return;
    *cell = (pe_cell){.stored = value,
                      .row = r->row,
                      .formula = formula,
                      .column = (uint16_t)r->column,
                      .format = r->format,
                      .has_stored = has || formula == PE_NO_FORMULA};
    uint64_t key = ((uint64_t)r->row << 14 | r->column) + 1;
    if (key <= r->last_key) r->sheet->sorted = false;
    r->last_key = key;
}

/* ---- handlers
 * ----------------------------------------------------------------------------------------- */

static void start_in_cell(sheet_reader *r, const char *name, const char **attributes)
{
    if (r->xml.depth == 5) {
        if (name[0] == 'v' && name[1] == '\0') {
            r->has_value = true;
            r->value_text.length = 0;
            r->xml.collect = &r->value_text;
        } else if (name[0] == 'f' && name[1] == '\0') {
            formula_start(r, attributes);
            if (r->xml.status == PE_OK) r->xml.collect = &r->formula_text;
        } else if (strcmp(name, "is") == 0) {
            r->has_value = true;
            r->value_text.length = 0;
        }
    } else if (r->ignored == 0 && strcmp(name, "rPh") == 0) {
        r->ignored = r->xml.depth;
    } else if (r->ignored == 0 && name[0] == 't' && name[1] == '\0' && r->type == TYPE_INLINE) {
        r->xml.collect = &r->value_text;
    }
}

static void sheet_start(pei_xml *xml, const char *name, const char **attributes)
{
    sheet_reader *r = (sheet_reader *)xml;
    if (r->in_data) {
        if (xml->depth == 4 && name[0] == 'c' && name[1] == '\0')
            cell_start(r, attributes);
        else if (xml->depth >= 5)
            start_in_cell(r, name, attributes);
        else if (xml->depth == 3 && strcmp(name, "row") == 0)
            row_start(r, attributes);
        return;
    }
    if (xml->depth == 2) {
        r->in_data = strcmp(name, "sheetData") == 0;
        r->in_filter = strcmp(name, "autoFilter") == 0;
        const char *ref = pei_attribute(attributes, "ref");
        if (r->in_filter &&
            (ref == NULL || !pei_area_parse(ref, strlen(ref), r->sheet->index, &r->sheet->filter)))
            r->in_filter = false;
    } else if (xml->depth == 3 && r->in_filter && strcmp(name, "filterColumn") == 0) {
        r->sheet->has_filter = true;
    }
}

static void sheet_end(pei_xml *xml, const char *name)
{
    sheet_reader *r = (sheet_reader *)xml;
    xml->collect = NULL;
    if (!r->in_data) return;
    if (xml->depth == 4 && name[0] == 'c' && name[1] == '\0')
        cell_end(r);
    else if (xml->depth == 2)
        r->in_data = false;
    else if (r->ignored == xml->depth)
        r->ignored = 0;
}

static int compare_rows(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The tables that the sheet's relationships name. */
static pe_status read_tables(pei_reader *reader, unsigned worker, pei_sheet_data *s)
{
    pei_relations relations = {0};
    pe_status status = PE_OK;
    PE_TRY(pei_relations_read(reader, worker, s->part, &s->texts, &relations, &s->diag));
    for (size_t i = 0; i < relations.count; i++) {
        const pei_relation *relation = &relations.items[i];
        if (relation->external || strcmp(relation->type, "table") != 0) continue;
        if (PE_GROW(&s->tables, &s->table_capacity, s->table_count + 1) != PE_OK)
            PE_TRY(pe_fail(&s->diag, PE_E_MEMORY, s->part, "no memory for its tables"));
        pe_table table = {0};
        bool filtered = false;
        PE_TRY(pei_table_read(reader, worker, relation->target, &s->texts, s->index, &table,
                              &filtered, &s->diag));
        s->tables[s->table_count++] = table;
        if (filtered && !s->has_filter) {
            s->has_filter = true;
            s->filter = table.area;
        }
    }
fail:
    free(relations.items);
    return status;
}

pe_status pei_sheet_read(pei_reader *reader, unsigned worker, pei_sheet_data *s)
{
    sheet_reader r = {.xml = {.start = sheet_start,
                              .end = sheet_end,
                              .root = "worksheet",
                              .part = s->part,
                              .diag = &s->diag},
                      .reader = reader,
                      .sheet = s,
                      .shared = pe_map_new(),
                      .formula_text = {.bytes_max = PE_FORMULA_BYTES_MAX}};
    pe_status status = PE_OK;
    s->sorted = true;
    if (r.shared == NULL) PE_TRY(pe_fail(&s->diag, PE_E_MEMORY, s->part, "no memory to read it"));
    PE_TRY(pei_xml_read(reader, worker, s->part_index, &r.xml));
    PE_TRY(pei_cells_fill(reader, s));
    PE_TRY(read_tables(reader, worker, s));
    for (size_t i = 0; i < s->master_count; i++)
        if (s->masters[i].text == NULL)
            PE_TRY(pe_fail(&s->diag, PE_E_FORMAT, s->part,
                           "a shared formula has no text in any of its cells"));
    if (s->hidden_count > 1) qsort(s->hidden, s->hidden_count, sizeof *s->hidden, compare_rows);
fail:
    pe_map_free(r.shared);
    free(r.value_text.bytes);
    free(r.formula_text.bytes);
    return status;
}
