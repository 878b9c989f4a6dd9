/* workbook_ods_lists.c: what stands around the sheets of an OpenDocument file: calculation
 * settings, names, database ranges, cached tables of other documents. Invariant: an address that
 * is not understood is passed over with a warning, never guessed. */
#include "workbook_ods.h"

#include <stdio.h>

#define WORD_MAX 1024u /* bytes of a sheet's or range's name that an address can name */

/* ---- settings
 * ------------------------------------------------------------------------------------------ */

void pei_ods_calculation(pei_ods *o, const char **attributes)
{
    pe_calc_options *calc = &o->book->calc;
    calc->case_sensitive = pei_attribute_true(attributes, "table:case-sensitive", true);
    calc->whole_cell =
        pei_attribute_true(attributes, "table:search-criteria-must-apply-to-whole-cell", true);
    calc->wildcards = pei_attribute_true(attributes, "table:use-wildcards", false);
    calc->regex =
        !calc->wildcards && pei_attribute_true(attributes, "table:use-regular-expressions", true);
    o->book->precision_as_displayed =
        pei_attribute_true(attributes, "table:precision-as-shown", false);
    uint32_t null_year = pei_attribute_number(attributes, "table:null-year", 1930);
    if (null_year != 1930)
        pei_reader_warn(o->reader,
                        "years of two digits begin at %u in this workbook; texts with such dates "
                        "are read as from 1930",
                        null_year);
}

void pei_ods_null_date(pei_ods *o, const char **attributes)
{
    const char *text = PEI_ODS(attributes, "table:date-value");
    double day;
    if (text == NULL) return;
    if (!pei_ods_date_parse(text, 0, &day) || day != (double)(int64_t)day || strlen(text) < 10 ||
        text[0] == '-' || text[4] != '-') {
        pei_xml_fail(&o->xml, PE_E_FORMAT, "the null date '%.40s' is not a date", text);
        return;
    }
    o->null_day = day;
    pe_calc_options *calc = &o->book->calc;
    calc->null_year = (int)(pe_decimal_parse(text, 4, &(size_t){0}));
    calc->null_month = (int)(pe_decimal_parse(text + 5, 2, &(size_t){0}));
    calc->null_day = (int)(pe_decimal_parse(text + 8, 2, &(size_t){0}));
    o->book->date1904 = strncmp(text, "1904-01-01", 10) == 0;
}

void pei_ods_iteration(pei_ods *o, const char **attributes)
{
    const char *on = PEI_ODS(attributes, "table:status");
    const char *delta = PEI_ODS(attributes, "table:maximum-difference");
    o->book->iterate = on != NULL && strcmp(on, "enable") == 0;
    o->book->iterate_count = pei_attribute_number(attributes, "table:steps", 100);
    size_t used = 0;
    double number = delta != NULL ? pe_decimal_parse(delta, strlen(delta), &used) : 0;
    if (used > 0 && number >= 0) o->book->iterate_delta = number;
}

/* ---- addresses
 * ----------------------------------------------------------------------------------------- */

/* "$Sheet1.$A$5" at *text: the length of the sheet's part (as written, without the point) and the
 * cell. False: something else. The sheet's part may be empty. */
static bool address_parse(const char **text, size_t *sheet_length, uint32_t *row, uint32_t *column)
{
    const char *at = *text + (**text == '$');
    if (*at == '\'') {
        for (at++; *at != '\0' && !(*at == '\'' && at[1] != '\''); at++)
            if (*at == '\'') at++;
        if (*at != '\'') return false;
        at++;
    } else {
        at += strcspn(at, ".: ");
    }
    if (*at != '.') return false;
    *sheet_length = (size_t)(at - *text);
    at++;
    size_t used = pe_cell_parse(at, strlen(at), row, column);
    if (used == 0) return false;
    *text = at + used;
    return true;
}

/* A word without case in one of the families 's' (sheets) and 'n' (names). Returns its length; 0:
 * longer than any that is looked for. */
static size_t key_of(char family, const char *text, size_t length, char key[WORD_MAX])
{
    if (length + 1 > WORD_MAX) return 0;
    key[0] = family;
    for (size_t i = 0; i < length; i++)
        key[i + 1] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    return length + 1;
}

/* The first of a word counts. False: it was there, or the reading has been stopped. */
static bool add_word(pei_ods *o, char family, const char *text, uint32_t index)
{
    char key[WORD_MAX];
    uint32_t *slot;
    bool added = false;
    size_t length = key_of(family, text, strlen(text), key);
    if (length > 0 && pe_map_put(o->words, key, length, index, &slot, &added) != PE_OK)
        pei_xml_fail(&o->xml, PE_E_MEMORY, "no memory for its names");
    return added;
}

void pei_ods_index_sheet(pei_ods *o, uint32_t sheet)
{
    add_word(o, 's', o->sheets[sheet].name, sheet);
}

/* The sheet that a part of an address names ("$Sheet1", "'It''s'"), or PE_NO_CELL. */
static uint32_t sheet_named(const pei_ods *o, const char *text, size_t length)
{
    char name[WORD_MAX], key[WORD_MAX];
    size_t count = 0, at = length > 0 && text[0] == '$';
    bool quoted = at < length && text[at] == '\'';
    if (quoted) {
        at++;
        length--;
    }
    for (; at < length && count < sizeof name; at++) {
        if (quoted && text[at] == '\'') at++;
        name[count++] = text[at];
    }
    uint32_t sheet;
    size_t size = key_of('s', name, count, key);
    return size > 0 && pe_map_get(o->words, key, size, &sheet) ? sheet : PE_NO_CELL;
}

/* ---- names
 * --------------------------------------------------------------------------------------------- */

static const char *without_prefix(const char *text)
{
    if (strncmp(text, "of:=", 4) == 0) return text + 4;
    if (strncmp(text, "oooc:=", 6) == 0) return text + 6;
    if (strncmp(text, "of:", 3) == 0) return text + 3;
    return text[0] == '=' ? text + 1 : text;
}

/* "[" address "]": a reference as formulas write it. */
static const char *bracketed(pei_ods *o, const char *address)
{
    size_t length = strlen(address);
    char *out = pei_texts_push(o->texts, length + 3, 1, o->xml.diag);
    if (out == NULL) {
        pei_xml_stop(&o->xml, o->xml.diag->status);
        return "";
    }
    out[0] = '[';
    memcpy(out + 1, address, length);
    memcpy(out + 1 + length, "]", 2);
    return out;
}

static void add_name(pei_ods *o, const char *name, const char *text, const char *base,
                     uint32_t scope)
{
    if (!PEI_ODS_ROOM(o, &o->names, &o->name_capacity, o->name_count) ||
        !PEI_ODS_ROOM(o, &o->name_bases, &o->name_base_capacity, o->name_count))
        return;
    o->name_bases[o->name_count] = base != NULL ? pei_ods_keep(o, base, strlen(base)) : NULL;
    o->names[o->name_count++] = (pe_name){.name = pei_ods_keep(o, name, strlen(name)),
                                          .text = text,
                                          .text_length = (uint32_t)strlen(text),
                                          .sheet = scope};
}

void pei_ods_named(pei_ods *o, const char *element, const char **attributes)
{
    const char *name = PEI_ODS(attributes, "table:name");
    const char *area = PEI_ODS(attributes, "table:cell-range-address");
    const char *text = PEI_ODS(attributes, "table:expression");
    bool range = strcmp(element, "table:named-range") == 0;
    if (name == NULL || (range ? area : text) == NULL) return;
    bool in_table = o->sheet_count > 0 && o->stack[o->top - 2] == PEI_TABLE;
    if (in_table && o->external != NULL) return;
    if (range)
        text = bracketed(o, area);
    else
        text = pei_ods_keep(o, without_prefix(text), strlen(without_prefix(text)));
    add_name(o, name, text, PEI_ODS(attributes, "table:base-cell-address"),
             in_table ? (uint32_t)o->sheet_count - 1 : PE_SCOPE_WORKBOOK);
}

/* The cells that names are written for; sheets may stand after the names. */
static void place_names(pei_ods *o)
{
    for (size_t i = 0; i < o->name_count; i++) {
        const char *base = o->name_bases[i], *at = base;
        size_t length;
        pe_name *n = &o->names[i];
        if (n->sheet == PE_SCOPE_WORKBOOK) add_word(o, 'n', n->name, 0);
        if (base == NULL) continue;
        if (!address_parse(&at, &length, &n->home_row, &n->home_column) || *at != '\0') {
            pei_reader_warn(o->reader, "name %.60s: its base cell '%.60s' is not an address",
                            n->name, base);
            continue;
        }
        uint32_t sheet = sheet_named(o, base, length);
        n->home_sheet = sheet != PE_NO_CELL ? sheet : 0;
    }
}

/* ---- database ranges
 * -------------------------------------------------------------------------------- */

void pei_ods_range_start(pei_ods *o, const char **attributes)
{
    const char *address = PEI_ODS(attributes, "table:target-range-address");
    const char *name = PEI_ODS(attributes, "table:name");
    if (address == NULL) address = "";
    if (!PEI_ODS_ROOM(o, &o->ranges, &o->range_capacity, o->range_count)) return;
    o->ranges[o->range_count++] =
        (pei_ods_range){.address = pei_ods_keep(o, address, strlen(address)),
                        .name = name != NULL ? pei_ods_keep(o, name, strlen(name)) : "",
                        .headed = pei_attribute_true(attributes, "table:contains-header", true)};
}

void pei_ods_range_filter(pei_ods *o)
{
    o->ranges[o->range_count - 1].filtered = true;
}

static bool range_area(const pei_ods *o, const char *address, pe_area *area)
{
    const char *at = address;
    size_t first, last;
    uint32_t row1, column1, row2, column2;
    if (!address_parse(&at, &first, &row1, &column1)) return false;
    row2 = row1;
    column2 = column1;
    if (*at == ':' && (at++, !address_parse(&at, &last, &row2, &column2))) return false;
    uint32_t sheet = sheet_named(o, address, first);
    if (*at != '\0' || sheet == PE_NO_CELL || row2 < row1 || column2 < column1) return false;
    *area = (pe_area){sheet, sheet, row1, row2, column1, column2};
    return true;
}

/* "[$'It''s'.$A$1:.$B$9]" */
static const char *range_text(pei_ods *o, const pe_area *area)
{
    char text[2200] = "[$'", first[12], last[12];
    size_t at = 3, row1 = area->row_first + 1, row2 = area->row_last + 1;
    for (const char *c = o->sheets[area->sheet_first].name; *c != '\0' && at < 2100; c++) {
        if (*c == '\'') text[at++] = '\'';
        text[at++] = *c;
    }
    pe_column_text(area->column_first, first);
    pe_column_text(area->column_last, last);
    int length =
        snprintf(text + at, sizeof text - at, "'.$%s$%zu:.$%s$%zu]", first, row1, last, row2);
    return pei_ods_keep(o, text, at + (size_t)length);
}

static void add_table(pei_ods *o, const char *name, const pe_area *area)
{
    if (PEI_ODS_ROOM(o, &o->tables, &o->table_capacity, o->table_count))
        o->tables[o->table_count++] = (pe_table){.name = name, .area = *area, .header_rows = 1};
}

/* Filters of sheets; and formulas can call a range by its name, and its columns by theirs. */
static void place_ranges(pei_ods *o)
{
    for (size_t i = 0; i < o->range_count && o->xml.status == PE_OK; i++) {
        const pei_ods_range *range = &o->ranges[i];
        pe_area area;
        if (!range_area(o, range->address, &area)) continue;
        if (range->filtered) {
            o->data[area.sheet_first].has_filter = true;
            o->data[area.sheet_first].filter = area;
        }
        if (range->name[0] == '\0' || strncmp(range->name, "__Anonymous", 11) == 0) continue;
        if (range->headed) add_table(o, range->name, &area);
        if (add_word(o, 'n', range->name, 0))
            add_name(o, range->name, range_text(o, &area), NULL, PE_SCOPE_WORKBOOK);
    }
}

/* ---- other documents
 * ----------------------------------------------------------------------------------- */

static pei_ods_book *book_named(pei_ods *o, const char *target, size_t length)
{
    for (size_t i = 0; i < o->book_count; i++)
        if (strlen(o->books[i].target) == length && memcmp(o->books[i].target, target, length) == 0)
            return &o->books[i];
    if (!PEI_ODS_ROOM(o, &o->books, &o->book_capacity, o->book_count)) return NULL;
    o->books[o->book_count] = (pei_ods_book){.target = pei_ods_keep(o, target, length)};
    return &o->books[o->book_count++];
}

bool pei_ods_external_start(pei_ods *o, const char *name)
{
    if (name[0] != '\'') return false;
    const char *end = strstr(name + 1, "'#");
    if (end == NULL) return false;
    if (++o->external_count > PE_SHEETS_MAX) {
        pei_xml_fail(&o->xml, PE_E_LIMIT, "more than %u cached tables", PE_SHEETS_MAX);
        return true;
    }
    o->external = book_named(o, name + 1, (size_t)(end - name - 1));
    if (o->external == NULL) return true;
    const char *sheet = end + 2;
    if (*sheet == '$') sheet++;
    pei_ods_book *book = o->external;
    if (PEI_ODS_ROOM(o, &book->sheets, &book->sheet_capacity, book->sheet_count))
        book->sheets[book->sheet_count++] = pei_ods_keep(o, sheet, strlen(sheet));
    return true;
}

void pei_ods_external_cell(pei_ods *o, uint32_t row, uint32_t column, pe_value value)
{
    pei_ods_book *book = o->external;
    if (!PEI_ODS_ROOM(o, &book->cells, &book->cell_capacity, book->cell_count)) return;
    if (pei_reader_take(o->reader, sizeof *book->cells, o->xml.diag) != PE_OK) {
        pei_xml_stop(&o->xml, o->xml.diag->status);
        return;
    }
    book->cells[book->cell_count++] =
        (pei_external_cell){(uint32_t)book->sheet_count - 1, row, column, value};
}

static void *settle(pei_ods *o, const void *items, size_t count, size_t size)
{
    void *copy = pei_texts_push(o->texts, count * size + 1, 8, o->xml.diag);
    if (copy != NULL && count > 0) memcpy(copy, items, count * size);
    return copy;
}

/* Cells come sorted: sheets in order, each by row and column. */
static pe_status settle_books(pei_ods *o)
{
    pe_workbook *w = o->book;
    w->externals = PE_PUSH(o->reader->owner->arena, pe_external, o->book_count + 1);
    if (w->externals == NULL)
        return pe_fail(o->xml.diag, PE_E_MEMORY, "workbook", "no memory for its links");
    for (size_t i = 0; i < o->book_count; i++) {
        const pei_ods_book *book = &o->books[i];
        pe_external *e = &w->externals[i];
        e->target = book->target;
        e->sheets = settle(o, book->sheets, book->sheet_count, sizeof *book->sheets);
        e->sheet_count = (uint32_t)book->sheet_count;
        e->cells = pei_texts_push(o->texts, sizeof *e->cells, 8, o->xml.diag);
        pei_external_cell *cells = settle(o, book->cells, book->cell_count, sizeof *book->cells);
        if (e->sheets == NULL || e->cells == NULL || cells == NULL) return o->xml.diag->status;
        *e->cells = (struct pe_external_cells){(uint32_t)book->cell_count, cells};
    }
    w->external_count = (uint32_t)o->book_count;
    return PE_OK;
}

pe_status pei_ods_lists_finish(pei_ods *o)
{
    place_names(o);
    place_ranges(o);
    if (o->xml.status != PE_OK) return o->xml.status;
    if (o->has_dde)
        pei_reader_warn(o->reader, "links to other programs (DDE) are not followed; stored values "
                                   "are used");
    return settle_books(o);
}
