/* workbook_ods.c: one walk over an OpenDocument spreadsheet, packed (.ods) or flat (.fods): which
 * element may stand in which, and who deals with it. Invariant: an element counts only in its own
 * place; whatever is not in the table below is passed over with all that it holds, so that notes,
 * drawings and the tables inside of charts are never cells. */
#include "workbook_ods.h"

#include <stdlib.h>
#include <zip.h>

/* ---- what may stand where
 * ----------------------------------------------------------------------------- */

typedef struct child {
    const char *name;
    uint8_t place;
} child;

static const child in_top[] = {
    {"office:document", PEI_DOCUMENT},          {"office:document-content", PEI_DOCUMENT},
    {"office:document-styles", PEI_DOCUMENT},   {"office:document-meta", PEI_DOCUMENT},
    {"office:document-settings", PEI_DOCUMENT}, {NULL, 0}};
static const child in_document[] = {
    {"office:meta", PEI_META},     {"office:settings", PEI_CONFIG},
    {"office:styles", PEI_STYLES}, {"office:automatic-styles", PEI_STYLES},
    {"office:body", PEI_BODY},     {NULL, 0}};
static const child in_meta[] = {{"meta:generator", PEI_GENERATOR}, {NULL, 0}};
static const child in_config[] = {
    {"config:config-item-set", PEI_CONFIG}, {"config:config-item", PEI_CONFIG_ITEM}, {NULL, 0}};
static const child in_styles[] = {{"style:style", PEI_STYLE},
                                  {"number:number-style", PEI_FORMAT},
                                  {"number:currency-style", PEI_FORMAT},
                                  {"number:percentage-style", PEI_FORMAT},
                                  {"number:date-style", PEI_FORMAT},
                                  {"number:time-style", PEI_FORMAT},
                                  {"number:boolean-style", PEI_FORMAT},
                                  {"number:text-style", PEI_FORMAT},
                                  {NULL, 0}};
static const child in_style[] = {{"style:table-properties", PEI_STYLE_TABLE}, {NULL, 0}};
static const child in_format[] = {{"number:number", PEI_FORMAT_NUMBER},
                                  {"number:text", PEI_FORMAT_TEXT},
                                  {"number:currency-symbol", PEI_FORMAT_CURRENCY},
                                  {"number:fill-character", PEI_FORMAT_FILL},
                                  {"style:text-properties", PEI_FORMAT_COLOR},
                                  {"style:map", PEI_FORMAT_MAP},
                                  {"number:scientific-number", PEI_FORMAT_PIECE},
                                  {"number:fraction", PEI_FORMAT_PIECE},
                                  {"number:day", PEI_FORMAT_PIECE},
                                  {"number:month", PEI_FORMAT_PIECE},
                                  {"number:year", PEI_FORMAT_PIECE},
                                  {"number:era", PEI_FORMAT_PIECE},
                                  {"number:day-of-week", PEI_FORMAT_PIECE},
                                  {"number:week-of-year", PEI_FORMAT_PIECE},
                                  {"number:quarter", PEI_FORMAT_PIECE},
                                  {"number:hours", PEI_FORMAT_PIECE},
                                  {"number:minutes", PEI_FORMAT_PIECE},
                                  {"number:seconds", PEI_FORMAT_PIECE},
                                  {"number:am-pm", PEI_FORMAT_PIECE},
                                  {"number:boolean", PEI_FORMAT_PIECE},
                                  {"number:text-content", PEI_FORMAT_PIECE},
                                  {NULL, 0}};
static const child in_format_number[] = {{"number:embedded-text", PEI_FORMAT_EMBEDDED}, {NULL, 0}};
static const child in_body[] = {{"office:spreadsheet", PEI_SHEETS}, {NULL, 0}};
static const child in_sheets[] = {{"table:table", PEI_TABLE},
                                  {"table:calculation-settings", PEI_CALCULATION},
                                  {"table:named-expressions", PEI_NAMES},
                                  {"table:database-ranges", PEI_RANGES},
                                  {"table:dde-links", PEI_DDE},
                                  {NULL, 0}};
static const child in_calculation[] = {
    {"table:null-date", PEI_NULL_DATE}, {"table:iteration", PEI_ITERATION}, {NULL, 0}};
/* Groups and headers of rows and columns are as if they were not there. */
static const child in_table[] = {
    {"table:table-row", PEI_ROW},           {"table:table-column", PEI_COLUMN},
    {"table:table-row-group", PEI_GROUP},   {"table:table-rows", PEI_GROUP},
    {"table:table-header-rows", PEI_GROUP}, {"table:table-column-group", PEI_GROUP},
    {"table:table-columns", PEI_GROUP},     {"table:table-header-columns", PEI_GROUP},
    {"table:named-expressions", PEI_NAMES}, {NULL, 0}};
static const child in_group[] = {{"table:table-row", PEI_ROW},
                                 {"table:table-column", PEI_COLUMN},
                                 {"table:table-row-group", PEI_GROUP},
                                 {"table:table-rows", PEI_GROUP},
                                 {"table:table-header-rows", PEI_GROUP},
                                 {"table:table-column-group", PEI_GROUP},
                                 {"table:table-columns", PEI_GROUP},
                                 {"table:table-header-columns", PEI_GROUP},
                                 {NULL, 0}};
static const child in_row[] = {
    {"table:table-cell", PEI_CELL}, {"table:covered-table-cell", PEI_CELL}, {NULL, 0}};
static const child in_cell[] = {{"text:p", PEI_TEXT}, {"text:h", PEI_TEXT}, {NULL, 0}};
static const child in_text[] = {{"text:s", PEI_TEXT_SPACE},
                                {"text:span", PEI_TEXT_PART},
                                {"text:a", PEI_TEXT_PART},
                                {"text:tab", PEI_TEXT_TAB},
                                {"text:line-break", PEI_TEXT_BREAK},
                                {"text:sheet-name", PEI_TEXT_PART},
                                {"text:date", PEI_TEXT_PART},
                                {"text:time", PEI_TEXT_PART},
                                {"text:title", PEI_TEXT_PART},
                                {"text:file-name", PEI_TEXT_PART},
                                {"text:ruby", PEI_TEXT_PART},
                                {"text:ruby-base", PEI_TEXT_PART},
                                {NULL, 0}};
static const child in_names[] = {
    {"table:named-range", PEI_NAMED}, {"table:named-expression", PEI_NAMED}, {NULL, 0}};
static const child in_ranges[] = {{"table:database-range", PEI_RANGE}, {NULL, 0}};
static const child in_range[] = {{"table:filter", PEI_FILTER}, {NULL, 0}};

static const child *const children[PEI_PLACES] = {[PEI_TOP] = in_top,
                                                  [PEI_DOCUMENT] = in_document,
                                                  [PEI_META] = in_meta,
                                                  [PEI_CONFIG] = in_config,
                                                  [PEI_STYLES] = in_styles,
                                                  [PEI_STYLE] = in_style,
                                                  [PEI_FORMAT] = in_format,
                                                  [PEI_FORMAT_NUMBER] = in_format_number,
                                                  [PEI_BODY] = in_body,
                                                  [PEI_SHEETS] = in_sheets,
                                                  [PEI_CALCULATION] = in_calculation,
                                                  [PEI_TABLE] = in_table,
                                                  [PEI_GROUP] = in_group,
                                                  [PEI_ROW] = in_row,
                                                  [PEI_CELL] = in_cell,
                                                  [PEI_TEXT] = in_text,
                                                  [PEI_TEXT_PART] = in_text,
                                                  [PEI_NAMES] = in_names,
                                                  [PEI_RANGES] = in_ranges,
                                                  [PEI_RANGE] = in_range};

/* ---- the walk
 * ----------------------------------------------------------------------------------------- */

bool pei_ods_room(pei_ods *o, void **items, size_t *capacity, size_t count, size_t size)
{
    if (o->xml.status == PE_OK && pe_grow(items, capacity, count + 1, size) == PE_OK) return true;
    pei_xml_fail(&o->xml, PE_E_MEMORY, "no memory for one more item");
    return false;
}

const char *pei_ods_keep(pei_ods *o, const char *text, size_t length)
{
    const char *copy = pei_texts_copy(o->texts, text, length, o->xml.diag);
    if (copy == NULL) pei_xml_stop(&o->xml, o->xml.diag->status);
    return copy != NULL ? copy : "";
}

/* Prefixes are taken as all writers write them; one that means something else is refused. */
static void document_start(pei_ods *o, const char **attributes)
{
    static const char *const prefixes[] = {"office", "table", "text", "number", "style"};
    static const char space[] = "urn:oasis:names:tc:opendocument:xmlns:";
    const char *type = PEI_ODS(attributes, "office:mimetype");
    if (type != NULL && strncmp(type, PEI_ODS_TYPE, strlen(PEI_ODS_TYPE)) != 0)
        pei_xml_fail(&o->xml, PE_E_FORMAT,
                     "this is an OpenDocument file of another kind (%.80s), not a spreadsheet",
                     type);
    for (size_t i = 0; i < PE_COUNT(prefixes); i++) {
        char name[16] = "xmlns:";
        memcpy(name + 6, prefixes[i], strlen(prefixes[i]) + 1);
        const char *uri = PEI_ODS(attributes, name);
        if (uri != NULL && strncmp(uri, space, sizeof space - 1) != 0)
            pei_xml_fail(&o->xml, PE_E_FORMAT,
                         "the prefix '%s' stands for '%.80s'; save the file "
                         "again with LibreOffice",
                         prefixes[i], uri);
    }
}

static void start_format_part(pei_ods *o, pei_place place, const char *name,
                              const char **attributes)
{
    switch (place) {
    case PEI_FORMAT:
        pei_ods_format_start(o, name, attributes);
        break;
    case PEI_FORMAT_NUMBER:
    case PEI_FORMAT_PIECE:
        pei_ods_format_piece(o, name, attributes);
        break;
    case PEI_FORMAT_EMBEDDED:
        pei_ods_format_embedded(o, attributes);
        break;
    case PEI_FORMAT_COLOR:
        pei_ods_format_color(o, attributes);
        break;
    case PEI_FORMAT_MAP:
        pei_ods_format_map(o, attributes);
        break;
    default: /* texts, which count when they end */
        o->text.length = 0;
    }
}

static void start_other(pei_ods *o, pei_place place, const char *name, const char **attributes)
{
    const char *text;
    switch (place) {
    case PEI_DOCUMENT:
        document_start(o, attributes);
        break;
    case PEI_GENERATOR:
        o->text.length = 0;
        break;
    case PEI_CONFIG_ITEM:
        o->text.length = 0;
        text = PEI_ODS(attributes, "config:name");
        o->in_mode = text != NULL && strcmp(text, "AutoCalculate") == 0;
        break;
    case PEI_STYLE:
        pei_ods_style_start(o, attributes);
        break;
    case PEI_STYLE_TABLE:
        pei_ods_style_table(o, attributes);
        break;
    case PEI_SHEETS:
        o->has_sheets = true;
        break;
    case PEI_CALCULATION:
        pei_ods_calculation(o, attributes);
        break;
    case PEI_NULL_DATE:
        pei_ods_null_date(o, attributes);
        break;
    case PEI_ITERATION:
        pei_ods_iteration(o, attributes);
        break;
    case PEI_NAMED:
        pei_ods_named(o, name, attributes);
        break;
    case PEI_RANGE:
        pei_ods_range_start(o, attributes);
        break;
    case PEI_FILTER:
        pei_ods_range_filter(o);
        break;
    case PEI_DDE:
        o->has_dde = true;
        break;
    default:
        if (place >= PEI_FORMAT && place <= PEI_FORMAT_MAP)
            start_format_part(o, place, name, attributes);
    }
}

static void start_in_table(pei_ods *o, pei_place place, const char *name, const char **attributes)
{
    switch (place) {
    case PEI_TABLE:
        pei_ods_table_start(o, attributes);
        break;
    case PEI_COLUMN:
        pei_ods_column_start(o, attributes);
        break;
    case PEI_ROW:
        pei_ods_row_start(o, attributes);
        break;
    case PEI_CELL:
        pei_ods_cell_start(o, attributes);
        break;
    case PEI_TEXT:
        pei_ods_text_start(o);
        break;
    case PEI_TEXT_SPACE:
        pei_ods_text_space(o, attributes);
        break;
    case PEI_TEXT_TAB:
        if (pei_ods_wants_text(o)) pei_ods_text_add(o, '\t', 1);
        break;
    case PEI_TEXT_BREAK:
        if (pei_ods_wants_text(o)) pei_ods_text_add(o, '\n', 1);
        break;
    default:
        start_other(o, place, name, attributes);
    }
}

/* Where character data goes while `place` is the innermost element. */
static void collect(pei_ods *o, pei_place place)
{
    bool text = place == PEI_TEXT || place == PEI_TEXT_PART;
    bool other = place == PEI_GENERATOR || place == PEI_FORMAT_TEXT ||
                 place == PEI_FORMAT_CURRENCY || place == PEI_FORMAT_FILL ||
                 place == PEI_FORMAT_EMBEDDED || (place == PEI_CONFIG_ITEM && o->in_mode);
    if (o->xml.status != PE_OK) return;
    o->xml.collect = other || (text && pei_ods_wants_text(o)) ? &o->text : NULL;
}

static void ods_start(pei_xml *xml, const char *name, const char **attributes)
{
    pei_ods *o = (pei_ods *)xml;
    if (o->skipped > 0) {
        o->skipped++;
        return;
    }
    const child *c = children[o->stack[o->top]];
    while (c != NULL && c->name != NULL && strcmp(c->name, name) != 0) c++;
    if (c == NULL || c->name == NULL) {
        if (o->top == 0)
            pei_xml_fail(xml, PE_E_FORMAT, "holds <%.40s>, which is not an OpenDocument file",
                         name);
        o->skipped = 1;
        xml->collect = NULL;
        return;
    }
    o->stack[++o->top] = c->place;
    start_in_table(o, (pei_place)c->place, name, attributes);
    collect(o, (pei_place)c->place);
}

static void end_generator(pei_ods *o)
{
    const char *text = o->text.bytes;
    size_t length = pei_trim(&text, o->text.length);
    o->book->application = pei_ods_keep(o, text, length);
}

static void ods_end(pei_xml *xml, const char *name)
{
    pei_ods *o = (pei_ods *)xml;
    PE_UNUSED(name);
    if (o->skipped > 0) {
        if (--o->skipped == 0) collect(o, (pei_place)o->stack[o->top]);
        return;
    }
    switch ((pei_place)o->stack[o->top]) {
    case PEI_CELL:
        pei_ods_cell_end(o);
        break;
    case PEI_ROW:
        pei_ods_row_end(o);
        break;
    case PEI_TABLE:
        pei_ods_table_end(o);
        break;
    case PEI_GENERATOR:
        end_generator(o);
        break;
    case PEI_CONFIG_ITEM:
        if (o->in_mode)
            o->book->manual = o->text.length == 5 && memcmp(o->text.bytes, "false", 5) == 0;
        break;
    case PEI_FORMAT:
        pei_ods_format_end(o);
        break;
    case PEI_FORMAT_NUMBER:
        pei_ods_format_number_end(o);
        break;
    case PEI_FORMAT_EMBEDDED:
        pei_ods_format_embedded_end(o);
        break;
    case PEI_FORMAT_TEXT:
        pei_ods_format_text_end(o);
        break;
    case PEI_FORMAT_CURRENCY:
        pei_ods_format_currency_end(o);
        break;
    case PEI_FORMAT_FILL:
        pei_ods_format_fill_end(o);
        break;
    default:
        break;
    }
    collect(o, (pei_place)o->stack[--o->top]);
}

/* ---- parts
 * -------------------------------------------------------------------------------------------- */

static pe_status read_part(pei_ods *o, const char *part, bool needed)
{
    int64_t index = pei_package_find(o->reader, 0, part);
    o->xml.part = part;
    o->top = o->skipped = 0;
    if (index < 0 && !needed) return PE_OK;
    return pei_xml_read(o->reader, 0, index, &o->xml);
}

static pe_status read_parts(pei_ods *o, bool flat)
{
    pe_status status = PE_OK;
    if (flat) {
        o->xml.part = "file";
        PE_TRY(pei_xml_read_file(o->reader, &o->xml));
    } else {
        PE_TRY(read_part(o, "meta.xml", false));
        PE_TRY(read_part(o, "settings.xml", false));
        PE_TRY(read_part(o, "styles.xml", false));
        PE_TRY(read_part(o, "content.xml", true));
    }
    if (!o->has_sheets)
        PE_TRY(pe_fail(o->xml.diag, PE_E_FORMAT, o->xml.part,
                       "this is an OpenDocument file, but not a spreadsheet; give an .ods, .fods, "
                       ".xlsx or .xlsm file"));
    if (o->sheet_count == 0)
        PE_TRY(pe_fail(o->xml.diag, PE_E_FORMAT, o->xml.part, "the workbook has no sheets"));
    PE_TRY(pei_ods_lists_finish(o));
fail:
    return status;
}

/* What was gathered on the heap, into the workbook. */
static pe_status settle(pei_ods *o, pe_diag *diag)
{
    pe_workbook *w = o->book;
    pe_arena *arena = o->reader->owner->arena;
    w->sheets = PE_PUSH(arena, pe_sheet, o->sheet_count);
    w->formats = PE_PUSH(arena, const char *, o->book_format_count);
    if (w->sheets == NULL || w->formats == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for %zu sheets", o->sheet_count);
    memcpy(w->sheets, o->sheets, o->sheet_count * sizeof *w->sheets);
    memcpy(w->formats, o->book_formats, o->book_format_count * sizeof *w->formats);
    w->sheet_count = (uint32_t)o->sheet_count;
    w->format_count = (uint32_t)o->book_format_count;
    w->dialect = PE_DIALECT_OPENFORMULA;
    w->semantics = PE_SEMANTICS_CALC;
    return PE_OK;
}

static void clear(pei_ods *o)
{
    for (size_t i = 0; i < o->book_count; i++) {
        free(o->books[i].sheets);
        free(o->books[i].cells);
    }
    free(o->books);
    free(o->formats);
    free(o->styles);
    free(o->book_formats);
    free(o->sheets);
    free(o->columns);
    free(o->row_cells);
    free(o->row_formulas);
    free(o->text.bytes);
    free(o->name_bases);
    free(o->ranges);
    pe_map_free(o->style_names);
    pe_map_free(o->codes);
    pe_map_free(o->words);
    free(o);
}

static pe_status prepare(pei_ods *o, pe_diag *diag)
{
    uint32_t *slot;
    bool added;
    o->style_names = pe_map_new();
    o->codes = pe_map_new();
    o->words = pe_map_new();
    if (o->style_names == NULL || o->codes == NULL || o->words == NULL ||
        PE_GROW(&o->text.bytes, &o->text.capacity, 256) != PE_OK ||
        PE_GROW(&o->book_formats, &o->book_format_capacity, 16) != PE_OK ||
        pe_map_put(o->codes, "General", 7, 0, &slot, &added) != PE_OK)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory to read it");
    o->book_formats[o->book_format_count++] = "General";
    /* OpenDocument's own defaults, where the file is silent. */
    o->null_day = PEI_ODS_NULL_DAY;
    o->book->calc = (pe_calc_options){.regex = true,
                                      .whole_cell = true,
                                      .case_sensitive = true,
                                      .null_year = 1899,
                                      .null_month = 12,
                                      .null_day = 30};
    return PE_OK;
}

pe_status pei_ods_read(pei_reader *reader, bool flat, pei_texts *texts, pei_ods_result *result,
                       pe_diag *diag)
{
    pe_status status = PE_OK;
    pei_ods *o = calloc(1, sizeof *o);
    if (o == NULL) return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory to read it");
    o->xml = (pei_xml){.start = ods_start, .end = ods_end, .prefixed = true, .diag = diag};
    o->reader = reader;
    o->texts = texts;
    o->book = &reader->owner->book;
    PE_TRY(prepare(o, diag));
    PE_TRY(read_parts(o, flat));
    PE_TRY(settle(o, diag));
fail:
    result->sheets = o->data; /* also after a failure: the caller frees them */
    result->sheet_count = o->sheet_count;
    result->names = o->names;
    result->name_count = o->name_count;
    result->tables = o->tables;
    result->table_count = o->table_count;
    clear(o);
    return status;
}
