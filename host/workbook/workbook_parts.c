/* workbook_parts.c: the parts that all sheets need: workbook.xml, styles, metadata, document
 * properties. Invariant: an unknown element or attribute is passed over; what is known is read by
 * its place, not by its prefix. */
#include "workbook_internal.h"

#include <stdlib.h>

static void no_end(pei_xml *xml, const char *name)
{
    PE_UNUSED(xml);
    PE_UNUSED(name);
}

static const char *keep(pei_xml *xml, pei_texts *texts, const char *text, size_t length)
{
    const char *copy = pei_texts_copy(texts, text, length, xml->diag);
    if (copy == NULL) pei_xml_stop(xml, xml->diag->status);
    return copy != NULL ? copy : "";
}

/* Room for one more; false: the reading has been stopped. */
static bool room(pei_xml *xml, void **items, size_t *capacity, size_t count, size_t size)
{
    if (pe_grow(items, capacity, count + 1, size) == PE_OK) return true;
    pei_xml_fail(xml, PE_E_MEMORY, "no memory for one more item");
    return false;
}

/* ---- workbook.xml
 * ------------------------------------------------------------------------------------- */

typedef struct main_reader {
    pei_xml xml;
    pe_workbook *book;
    pei_main *out;
    pei_texts *texts;
    pei_buffer text;
} main_reader;

static void add_sheet(main_reader *r, const char **attributes)
{
    pei_main *out = r->out;
    const char *name = pei_attribute(attributes, "name"),
               *id = pei_attribute_prefixed(attributes, "id");
    if (name == NULL || id == NULL) {
        pei_xml_fail(&r->xml, PE_E_FORMAT, "a sheet without name or relationship id");
        return;
    }
    if (out->sheet_count >= PE_SHEETS_MAX) {
        pei_xml_fail(&r->xml, PE_E_LIMIT, "more than %u sheets", PE_SHEETS_MAX);
        return;
    }
    if (!room(&r->xml, (void **)&out->sheets, &out->sheet_capacity, out->sheet_count,
              sizeof *out->sheets))
        return;
    const char *state = pei_attribute(attributes, "state");
    pe_visibility visibility = PE_VISIBLE;
    if (state != NULL && strcmp(state, "hidden") == 0) visibility = PE_HIDDEN;
    if (state != NULL && strcmp(state, "veryHidden") == 0) visibility = PE_VERY_HIDDEN;
    out->sheets[out->sheet_count++] =
        (pei_sheet_entry){keep(&r->xml, r->texts, name, strlen(name)),
                          keep(&r->xml, r->texts, id, strlen(id)), visibility};
}

static void add_link(main_reader *r, const char **attributes)
{
    pei_main *out = r->out;
    const char *id = pei_attribute_prefixed(attributes, "id");
    if (room(&r->xml, (void **)&out->links, &out->link_capacity, out->link_count,
             sizeof *out->links))
        out->links[out->link_count++] = id != NULL ? keep(&r->xml, r->texts, id, strlen(id)) : "";
}

static void add_name(main_reader *r, const char **attributes)
{
    pei_main *out = r->out;
    const char *name = pei_attribute(attributes, "name");
    if (!room(&r->xml, (void **)&out->names, &out->name_capacity, out->name_count,
              sizeof *out->names))
        return;
    pe_name *n = &out->names[out->name_count++];
    *n = (pe_name){.name = name != NULL ? keep(&r->xml, r->texts, name, strlen(name)) : "",
                   .text = "",
                   .sheet = pei_attribute_number(attributes, "localSheetId", PE_SCOPE_WORKBOOK),
                   .hidden = pei_attribute_true(attributes, "hidden", false),
                   .is_macro = pei_attribute_true(attributes, "function", false) ||
                               pei_attribute_true(attributes, "vbProcedure", false) ||
                               pei_attribute_true(attributes, "xlm", false)};
    r->text.length = 0;
    r->xml.collect = &r->text;
}

static void read_calculation(main_reader *r, const char **attributes)
{
    pe_workbook *w = r->book;
    const char *mode = pei_attribute(attributes, "calcMode");
    const char *delta = pei_attribute(attributes, "iterateDelta");
    w->manual = mode != NULL && strcmp(mode, "manual") == 0;
    w->iterate = pei_attribute_true(attributes, "iterate", false);
    w->iterate_count = pei_attribute_number(attributes, "iterateCount", 100);
    w->precision_as_displayed = !pei_attribute_true(attributes, "fullPrecision", true);
    w->calc_on_load = pei_attribute_true(attributes, "fullCalcOnLoad", false);
    if (delta == NULL) return;
    size_t used;
    double value = pe_decimal_parse(delta, strlen(delta), &used);
    if (used > 0 && used == strlen(delta) && value >= 0 && value < 1e300) w->iterate_delta = value;
}

static void main_start(pei_xml *xml, const char *name, const char **attributes)
{
    main_reader *r = (main_reader *)xml;
    if (xml->depth == 2 && strcmp(name, "workbookPr") == 0)
        r->book->date1904 = pei_attribute_true(attributes, "date1904", false);
    else if (xml->depth == 2 && strcmp(name, "calcPr") == 0)
        read_calculation(r, attributes);
    else if (xml->depth == 3 && strcmp(name, "sheet") == 0)
        add_sheet(r, attributes);
    else if (xml->depth == 3 && strcmp(name, "externalReference") == 0)
        add_link(r, attributes);
    else if (xml->depth == 3 && strcmp(name, "definedName") == 0)
        add_name(r, attributes);
}

static void main_end(pei_xml *xml, const char *name)
{
    main_reader *r = (main_reader *)xml;
    if (xml->depth != 3 || strcmp(name, "definedName") != 0 || r->out->name_count == 0) return;
    pe_name *n = &r->out->names[r->out->name_count - 1];
    const char *text = r->text.bytes;
    size_t length = pei_trim(&text, pei_unescape(r->text.bytes, r->text.length));
    if (length > 0 && text[0] == '=') {
        text++;
        length--;
    }
    n->text = keep(xml, r->texts, text, length);
    n->text_length = (uint32_t)length;
    xml->collect = NULL;
}

pe_status pei_main_read(pei_reader *reader, const char *part, pei_texts *texts, pei_main *main_part,
                        pe_diag *diag)
{
    main_reader r = {.xml = {.start = main_start,
                             .end = main_end,
                             .root = "workbook",
                             .part = part,
                             .diag = diag},
                     .book = &reader->owner->book,
                     .out = main_part,
                     .texts = texts,
                     .text = {.bytes_max = PE_FORMULA_BYTES_MAX}};
    pe_status status = pei_xml_read(reader, 0, pei_package_find(reader, 0, part), &r.xml);
    free(r.text.bytes);
    return status;
}

/* ---- styles.xml
 * --------------------------------------------------------------------------------------- */

/* Formats that files refer to by number only; en-US, as Excel shows them. */
static const struct {
    uint16_t id;
    const char *code;
} builtin[] = {
    {0, "General"},
    {1, "0"},
    {2, "0.00"},
    {3, "#,##0"},
    {4, "#,##0.00"},
    {5, "\"$\"#,##0_);\\(\"$\"#,##0\\)"},
    {6, "\"$\"#,##0_);[Red]\\(\"$\"#,##0\\)"},
    {7, "\"$\"#,##0.00_);\\(\"$\"#,##0.00\\)"},
    {8, "\"$\"#,##0.00_);[Red]\\(\"$\"#,##0.00\\)"},
    {9, "0%"},
    {10, "0.00%"},
    {11, "0.00E+00"},
    {12, "# ?/?"},
    {13, "# ?"
         "?/?"
         "?"},
    {14, "m/d/yyyy"},
    {15, "d-mmm-yy"},
    {16, "d-mmm"},
    {17, "mmm-yy"},
    {18, "h:mm AM/PM"},
    {19, "h:mm:ss AM/PM"},
    {20, "h:mm"},
    {21, "h:mm:ss"},
    {22, "m/d/yyyy h:mm"},
    {37, "#,##0_);\\(#,##0\\)"},
    {38, "#,##0_);[Red]\\(#,##0\\)"},
    {39, "#,##0.00_);\\(#,##0.00\\)"},
    {40, "#,##0.00_);[Red]\\(#,##0.00\\)"},
    {41, "_(* #,##0_);_(* \\(#,##0\\);_(* \"-\"_);_(@_)"},
    {42, "_(\"$\"* #,##0_);_(\"$\"* \\(#,##0\\);_(\"$\"* \"-\"_);_(@_)"},
    {43, "_(* #,##0.00_);_(* \\(#,##0.00\\);_(* \"-\"??_);_(@_)"},
    {44, "_(\"$\"* #,##0.00_);_(\"$\"* \\(#,##0.00\\);_(\"$\"* \"-\"??_);_(@_)"},
    {45, "mm:ss"},
    {46, "[h]:mm:ss"},
    {47, "mmss.0"},
    {48, "##0.0E+0"},
    {49, "@"},
};

typedef struct styles_reader {
    pei_xml xml;
    pei_reader *reader;
    pe_map *codes; /* code to index of formats */
    pe_map *ids;   /* numFmtId to index of formats */
    const char **formats;
    size_t format_count, format_capacity;
    size_t style_count, style_capacity;
    bool in_cell_styles;
} styles_reader;

/* Index of a format code, added if new. */
static uint32_t format_index(styles_reader *r, const char *code)
{
    uint32_t *slot;
    bool added;
    if (pe_map_put(r->codes, code, strlen(code), (uint32_t)r->format_count, &slot, &added) !=
        PE_OK) {
        pei_xml_fail(&r->xml, PE_E_MEMORY, "no memory for a number format");
        return 0;
    }
    uint32_t index = *slot;
    if (!added) return index;
    if (index > UINT16_MAX) {
        pei_xml_fail(&r->xml, PE_E_LIMIT, "more than %u number formats", UINT16_MAX);
        return 0;
    }
    if (!room(&r->xml, (void **)&r->formats, &r->format_capacity, r->format_count,
              sizeof *r->formats))
        return 0;
    const char *copy = pe_arena_text(r->reader->owner->arena, code, strlen(code));
    if (copy == NULL) pei_xml_fail(&r->xml, PE_E_MEMORY, "no memory for a number format");
    r->formats[r->format_count++] = copy != NULL ? copy : "General";
    return index;
}

static uint32_t format_of_id(styles_reader *r, uint32_t id)
{
    uint32_t index;
    if (pe_map_get(r->ids, &id, sizeof id, &index)) return index;
    for (size_t i = 0; i < PE_COUNT(builtin); i++)
        if (builtin[i].id == id) return format_index(r, builtin[i].code);
    /* Dates of East Asian locales. */
    if ((id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return format_index(r, "m/d/yyyy");
    return 0;
}

static void styles_start(pei_xml *xml, const char *name, const char **attributes)
{
    styles_reader *r = (styles_reader *)xml;
    if (xml->depth == 2) r->in_cell_styles = strcmp(name, "cellXfs") == 0;
    if (xml->depth != 3) return;
    uint32_t id = pei_attribute_number(attributes, "numFmtId", 0);
    if (r->in_cell_styles && strcmp(name, "xf") == 0) {
        pei_reader *reader = r->reader;
        if (!room(xml, (void **)&reader->styles, &r->style_capacity, r->style_count,
                  sizeof *reader->styles))
            return;
        reader->styles[r->style_count++] = (uint16_t)format_of_id(r, id);
    } else if (strcmp(name, "numFmt") == 0) {
        const char *code = pei_attribute(attributes, "formatCode");
        uint32_t index = code != NULL ? format_index(r, code) : 0, *slot;
        bool added;
        if (pe_map_put(r->ids, &id, sizeof id, index, &slot, &added) != PE_OK)
            pei_xml_fail(xml, PE_E_MEMORY, "no memory for a number format");
        else
            *slot = index;
    }
}

pe_status pei_styles_read(pei_reader *reader, const char *part, pe_diag *diag)
{
    pe_workbook *w = &reader->owner->book;
    styles_reader r = {.xml = {.start = styles_start,
                               .end = no_end,
                               .root = "styleSheet",
                               .part = part,
                               .diag = diag},
                       .reader = reader,
                       .codes = pe_map_new(),
                       .ids = pe_map_new()};
    pe_status status = PE_E_MEMORY;
    if (r.codes == NULL || r.ids == NULL)
        pe_fail(diag, status, part, "no memory to read it");
    else {
        format_index(&r, "General"); /* formats[0] whatever the styles use */
        status = r.xml.status;
    }
    if (status == PE_OK)
        status = pei_xml_read(reader, 0, pei_package_find(reader, 0, part), &r.xml);
    const char **formats = NULL;
    if (status == PE_OK) {
        formats = PE_PUSH(reader->owner->arena, const char *, r.format_count + 1);
        if (formats == NULL) status = pe_fail(diag, PE_E_MEMORY, part, "no memory for its formats");
    }
    if (status == PE_OK) {
        memcpy(formats, r.formats, r.format_count * sizeof *formats);
        w->formats = formats;
        w->format_count = (uint32_t)r.format_count;
        reader->style_count = (uint32_t)r.style_count;
    }
    free(r.formats);
    pe_map_free(r.codes);
    pe_map_free(r.ids);
    return status;
}

/* ---- docProps/app.xml
 * --------------------------------------------------------------------------------- */

typedef struct properties_reader {
    pei_xml xml;
    pei_reader *reader;
    pei_buffer text;
} properties_reader;

static void properties_start(pei_xml *xml, const char *name, const char **attributes)
{
    properties_reader *r = (properties_reader *)xml;
    PE_UNUSED(attributes);
    if (xml->depth != 2 || (strcmp(name, "Application") != 0 && strcmp(name, "AppVersion") != 0))
        return;
    r->text.length = 0;
    xml->collect = &r->text;
}

static void properties_end(pei_xml *xml, const char *name)
{
    properties_reader *r = (properties_reader *)xml;
    if (xml->depth != 2 || xml->collect == NULL) return;
    xml->collect = NULL;
    const char *bytes = r->text.bytes != NULL ? r->text.bytes : "";
    const char *text = pe_arena_text(r->reader->owner->arena, bytes, r->text.length);
    if (text == NULL) {
        pei_xml_fail(xml, PE_E_MEMORY, "no memory for a text");
        return;
    }
    if (strcmp(name, "Application") == 0)
        r->reader->owner->book.application = text;
    else
        r->reader->owner->book.app_version = text;
}

pe_status pei_properties_read(pei_reader *reader, const char *part, pe_diag *diag)
{
    properties_reader r = {
        .xml = {.start = properties_start, .end = properties_end, .part = part, .diag = diag},
        .reader = reader};
    pe_status status = pei_xml_read(reader, 0, pei_package_find(reader, 0, part), &r.xml);
    free(r.text.bytes);
    return status;
}
