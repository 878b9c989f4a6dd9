/* workbook_lists.c: parts that are lists beside the sheets: shared strings, tables, links to other
 * workbooks with the values cached from them. Invariant: what they give lives in the texts of their
 * task. */
#include "workbook_internal.h"

#include <stdlib.h>

static bool room(pei_xml *xml, void **items, size_t *capacity, size_t count, size_t size)
{
    if (pe_grow(items, capacity, count + 1, size) == PE_OK) return true;
    pei_xml_fail(xml, PE_E_MEMORY, "no memory for one more item");
    return false;
}

static const char *keep(pei_xml *xml, pei_texts *texts, const char *text)
{
    const char *copy = pei_texts_copy(texts, text, strlen(text), xml->diag);
    if (copy == NULL) pei_xml_stop(xml, xml->diag->status);
    return copy != NULL ? copy : "";
}

static void collect(pei_xml *xml, pei_buffer *buffer)
{
    buffer->length = 0;
    xml->collect = buffer;
}

/* ---- shared strings
 * ----------------------------------------------------------------------------------- */

typedef struct strings_reader {
    pei_xml xml;
    pei_texts *texts;
    pei_buffer text;  /* of the current item: its runs one after the other */
    uint32_t ignored; /* depth of a phonetic run that is passed over, or 0 */
    pe_value *values;
    size_t count, capacity;
} strings_reader;

static void strings_start(pei_xml *xml, const char *name, const char **attributes)
{
    strings_reader *r = (strings_reader *)xml;
    PE_UNUSED(attributes);
    if (xml->depth == 2 && strcmp(name, "si") == 0)
        r->text.length = 0;
    else if (r->ignored == 0 && strcmp(name, "rPh") == 0)
        r->ignored = xml->depth;
    else if (r->ignored == 0 && strcmp(name, "t") == 0)
        xml->collect = &r->text;
}

static void strings_end(pei_xml *xml, const char *name)
{
    strings_reader *r = (strings_reader *)xml;
    xml->collect = NULL;
    if (r->ignored == xml->depth) r->ignored = 0;
    if (xml->depth != 2 || strcmp(name, "si") != 0) return;
    if (!room(xml, (void **)&r->values, &r->capacity, r->count, sizeof *r->values)) return;
    size_t length = pei_unescape(r->text.bytes, r->text.length);
    pe_status status =
        length > PE_TEXT_BYTES_MAX
            ? pe_fail(xml->diag, PE_E_LIMIT, xml->part,
                      "text %zu is longer than 32,767 "
                      "characters",
                      r->count)
            : pei_texts_value(r->texts, r->text.bytes, length, &r->values[r->count], xml->diag);
    if (status != PE_OK)
        pei_xml_stop(xml, status);
    else
        r->count++;
}

pe_status pei_strings_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                           pe_diag *diag)
{
    strings_reader r = {.xml = {.start = strings_start,
                                .end = strings_end,
                                .root = "sst",
                                .part = part,
                                .diag = diag},
                        .texts = texts};
    pe_status status = pei_xml_read(reader, worker, pei_package_find(reader, worker, part), &r.xml);
    pe_value *values = NULL;
    if (status == PE_OK) {
        values = pei_texts_push(texts, (r.count + 1) * sizeof *values, 8, diag);
        if (values == NULL) status = diag->status;
    }
    if (status == PE_OK) {
        if (r.count > 0) memcpy(values, r.values, r.count * sizeof *values);
        reader->strings = values;
        reader->string_count = (uint32_t)r.count;
    }
    free(r.values);
    free(r.text.bytes);
    return status;
}

/* ---- tables
 * ------------------------------------------------------------------------------------------- */

typedef struct table_reader {
    pei_xml xml;
    pei_texts *texts;
    pe_table *table;
    uint32_t sheet;
    bool filtered, in_filter;
    const char **columns;
    size_t count, capacity;
} table_reader;

static const char *keep_unescaped(pei_xml *xml, pei_texts *texts, const char *text)
{
    char *copy = (char *)(uintptr_t)keep(xml, texts, text);
    if (copy[0] == '\0') return copy;
    copy[pei_unescape(copy, strlen(copy))] = '\0';
    return copy;
}

static void table_start(pei_xml *xml, const char *name, const char **attributes)
{
    table_reader *r = (table_reader *)xml;
    const char *ref = pei_attribute(attributes, "ref"), *text = pei_attribute(attributes, "name");
    const char *shown = pei_attribute(attributes, "displayName");
    if (xml->depth == 1) {
        if (ref == NULL || !pei_area_parse(ref, strlen(ref), r->sheet, &r->table->area))
            pei_xml_fail(xml, PE_E_FORMAT, "the table's area '%.40s' is not on the sheet",
                         ref != NULL ? ref : "");
        if (shown == NULL) shown = text != NULL ? text : "";
        r->table->name = keep_unescaped(xml, r->texts, shown);
        r->table->header_rows = pei_attribute_number(attributes, "headerRowCount", 1);
        r->table->totals_rows = pei_attribute_number(attributes, "totalsRowCount", 0);
    } else if (xml->depth == 2) {
        r->in_filter = strcmp(name, "autoFilter") == 0;
    } else if (xml->depth == 3 && r->in_filter && strcmp(name, "filterColumn") == 0) {
        r->filtered = true;
    } else if (xml->depth == 3 && strcmp(name, "tableColumn") == 0) {
        if (!room(xml, (void **)&r->columns, &r->capacity, r->count, sizeof *r->columns)) return;
        r->columns[r->count++] = keep_unescaped(xml, r->texts, text != NULL ? text : "");
    }
}

static void nothing(pei_xml *xml, const char *name)
{
    PE_UNUSED(xml);
    PE_UNUSED(name);
}

pe_status pei_table_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                         uint32_t sheet, pe_table *table, bool *filtered, pe_diag *diag)
{
    table_reader r = {
        .xml = {.start = table_start, .end = nothing, .root = "table", .part = part, .diag = diag},
        .texts = texts,
        .table = table,
        .sheet = sheet};
    pe_status status = pei_xml_read(reader, worker, pei_package_find(reader, worker, part), &r.xml);
    if (status == PE_OK && r.count != table->area.column_last - table->area.column_first + 1)
        status = pe_fail(diag, PE_E_FORMAT, part, "the table names %zu columns but its area has %u",
                         r.count, table->area.column_last - table->area.column_first + 1);
    uint32_t rows = table->area.row_last - table->area.row_first + 1;
    if (status == PE_OK &&
        (table->header_rows > rows || table->totals_rows > rows - table->header_rows))
        status =
            pe_fail(diag, PE_E_FORMAT, part, "the table has more header and totals rows than rows");
    if (status == PE_OK) {
        table->columns = pei_texts_push(texts, r.count * sizeof *table->columns, 8, diag);
        if (table->columns == NULL) status = diag->status;
    }
    if (status == PE_OK) {
        memcpy(table->columns, r.columns, r.count * sizeof *table->columns);
        table->column_count = (uint32_t)r.count;
        *filtered = r.filtered;
    }
    free(r.columns);
    return status;
}

/* ---- external links
 * ----------------------------------------------------------------------------------- */

typedef struct external_reader {
    pei_xml xml;
    pei_texts *texts;
    pe_external *external;
    const char *target_id;
    const char **sheets;
    size_t sheet_count, sheet_capacity;
    const char **names, **name_texts;
    size_t name_count, name_capacity, name_text_capacity;
    pei_external_cell *cells;
    size_t cell_count, cell_capacity;
    pei_buffer text;
    pei_external_cell cell;                    /* the one being read */
    char type;                                 /* its t: 'n', 's' for str, 'b', 'e' */
    uint32_t dde_column, dde_columns, dde_row; /* place in the item's block of values */
} external_reader;

static char cell_type(const char **attributes)
{
    const char *type = pei_attribute(attributes, "t");
    if (type == NULL) return 'n';
    if (strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0) return 's';
    return type[0] == 'b' || type[0] == 'e' ? type[0] : 'n';
}

static void add_sheet(external_reader *r, const char *name)
{
    if (name == NULL) name = "";
    if (room(&r->xml, (void **)&r->sheets, &r->sheet_capacity, r->sheet_count, sizeof *r->sheets))
        r->sheets[r->sheet_count++] = keep(&r->xml, r->texts, name);
}

static void add_name(external_reader *r, const char **attributes, const char *key)
{
    const char *name = pei_attribute(attributes, key),
               *text = pei_attribute(attributes, "refersTo");
    if (!room(&r->xml, (void **)&r->names, &r->name_capacity, r->name_count, sizeof *r->names) ||
        !room(&r->xml, (void **)&r->name_texts, &r->name_text_capacity, r->name_count,
              sizeof *r->names))
        return;
    if (text != NULL && text[0] == '=') text++;
    r->names[r->name_count] = keep(&r->xml, r->texts, name != NULL ? name : "");
    r->name_texts[r->name_count++] = keep(&r->xml, r->texts, text != NULL ? text : "");
}

/* DDE and OLE: each item is kept as a sheet of its own, its values from A1 on. */
static void dde_start(external_reader *r, const char *name, const char **attributes)
{
    if (strcmp(name, "ddeLink") == 0 || strcmp(name, "oleLink") == 0) {
        r->external->is_dde = true;
        const char *service = pei_attribute(attributes, "ddeService");
        const char *topic = pei_attribute(attributes, "ddeTopic");
        char target[512] = "";
        size_t a = service != NULL ? strnlen(service, 200) : 0,
               b = topic != NULL ? strnlen(topic, 200) : 0;
        if (a > 0) memcpy(target, service, a);
        if (a > 0) target[a++] = '|';
        if (b > 0) memcpy(target + a, topic, b);
        r->external->target = keep(&r->xml, r->texts, target);
    } else if (strcmp(name, "ddeItem") == 0 || strcmp(name, "oleItem") == 0) {
        add_name(r, attributes, "name");
        add_sheet(r, pei_attribute(attributes, "name"));
        r->dde_column = r->dde_row = 0;
        r->dde_columns = 1;
    } else if (strcmp(name, "values") == 0) {
        r->dde_columns = pei_attribute_number(attributes, "cols", 1);
    } else if (strcmp(name, "value") == 0) {
        r->type = cell_type(attributes);
        if (r->dde_column >= r->dde_columns) {
            r->dde_column = 0;
            r->dde_row++;
        }
        r->cell = (pei_external_cell){(uint32_t)r->sheet_count - 1, r->dde_row, r->dde_column++,
                                      pe_blank()};
        r->text.length = 0;
    } else if (strcmp(name, "val") == 0) {
        collect(&r->xml, &r->text);
    }
}

static void external_start(pei_xml *xml, const char *name, const char **attributes)
{
    external_reader *r = (external_reader *)xml;
    if (r->external->is_dde || strcmp(name, "ddeLink") == 0 || strcmp(name, "oleLink") == 0) {
        dde_start(r, name, attributes);
    } else if (strcmp(name, "externalBook") == 0) {
        const char *id = pei_attribute_prefixed(attributes, "id");
        if (id != NULL) r->target_id = keep(xml, r->texts, id);
    } else if (strcmp(name, "sheetName") == 0) {
        add_sheet(r, pei_attribute(attributes, "val"));
    } else if (strcmp(name, "definedName") == 0) {
        add_name(r, attributes, "name");
    } else if (strcmp(name, "sheetData") == 0) {
        r->cell.sheet = pei_attribute_number(attributes, "sheetId", 0);
    } else if (strcmp(name, "cell") == 0) {
        const char *ref = pei_attribute(attributes, "r");
        r->type = cell_type(attributes);
        r->text.length = 0;
        if (ref == NULL ||
            pe_cell_parse(ref, strlen(ref), &r->cell.row, &r->cell.column) != strlen(ref))
            pei_xml_fail(xml, PE_E_FORMAT, "'%.40s' is not a cell address", ref != NULL ? ref : "");
    } else if (strcmp(name, "v") == 0) {
        collect(xml, &r->text);
    }
}

static void external_end(pei_xml *xml, const char *name)
{
    external_reader *r = (external_reader *)xml;
    xml->collect = NULL;
    if (strcmp(name, "cell") != 0 && strcmp(name, "value") != 0) return;
    const char *text = r->text.bytes;
    size_t length = r->text.length, used = 0;
    if (r->type == 's') {
        length = pei_unescape(r->text.bytes, length);
        pe_status status = pei_texts_value(r->texts, text, length, &r->cell.value, xml->diag);
        if (status != PE_OK) pei_xml_stop(xml, status);
    } else {
        length = pei_trim(&text, length);
        if (length == 0) return;
        double number = r->type == 'n' ? pe_decimal_parse(text, length, &used) : 0;
        if (r->type == 'b')
            r->cell.value = pe_boolean(text[0] == '1' || text[0] == 't');
        else if (r->type == 'e')
            r->cell.value = pei_error_parse(text, length);
        else
            r->cell.value = used == length ? pe_number_checked(number) : pe_error(PE_ERROR_VALUE);
    }
    if (!room(xml, (void **)&r->cells, &r->cell_capacity, r->cell_count, sizeof *r->cells)) return;
    if (pei_reader_take(r->texts->reader, sizeof *r->cells, xml->diag) != PE_OK)
        pei_xml_stop(xml, xml->diag->status);
    else
        r->cells[r->cell_count++] = r->cell;
}

static int compare_cells(const void *left, const void *right)
{
    const pei_external_cell *a = left, *b = right;
    if (a->sheet != b->sheet) return a->sheet < b->sheet ? -1 : 1;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

static void *settle(pei_texts *texts, const void *items, size_t count, size_t size, pe_diag *diag)
{
    void *copy = pei_texts_push(texts, count * size + 1, 8, diag);
    if (copy != NULL && count > 0) memcpy(copy, items, count * size);
    return copy;
}

static pe_status external_finish(external_reader *r, const pei_relations *relations, pe_diag *diag)
{
    pe_external *e = r->external;
    if (r->target_id != NULL) {
        const pei_relation *relation = pei_relations_id(relations, r->target_id);
        if (relation != NULL) e->target = relation->target;
    }
    if (r->cell_count > 1) qsort(r->cells, r->cell_count, sizeof *r->cells, compare_cells);
    e->sheets = settle(r->texts, r->sheets, r->sheet_count, sizeof *r->sheets, diag);
    e->names = settle(r->texts, r->names, r->name_count, sizeof *r->names, diag);
    e->name_texts = settle(r->texts, r->name_texts, r->name_count, sizeof *r->names, diag);
    e->cells = pei_texts_push(r->texts, sizeof *e->cells, 8, diag);
    pei_external_cell *items = settle(r->texts, r->cells, r->cell_count, sizeof *r->cells, diag);
    if (e->sheets == NULL || e->names == NULL || e->name_texts == NULL || e->cells == NULL ||
        items == NULL)
        return diag->status;
    e->sheet_count = (uint32_t)r->sheet_count;
    e->name_count = (uint32_t)r->name_count;
    *e->cells = (struct pe_external_cells){(uint32_t)r->cell_count, items};
    return PE_OK;
}

pe_status pei_external_read(pei_reader *reader, unsigned worker, const char *part, pei_texts *texts,
                            pe_external *external, pe_diag *diag)
{
    pei_relations relations = {0};
    external_reader r = {.xml = {.start = external_start,
                                 .end = external_end,
                                 .root = "externalLink",
                                 .part = part,
                                 .diag = diag},
                         .texts = texts,
                         .external = external};
    pe_status status = PE_OK;
    PE_TRY(pei_relations_read(reader, worker, part, texts, &relations, diag));
    PE_TRY(pei_xml_read(reader, worker, pei_package_find(reader, worker, part), &r.xml));
    PE_TRY(external_finish(&r, &relations, diag));
fail:
    free(relations.items);
    free(r.sheets);
    free(r.names);
    free(r.name_texts);
    free(r.cells);
    free(r.text.bytes);
    return status;
}
