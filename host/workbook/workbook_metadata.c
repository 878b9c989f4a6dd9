/* workbook_metadata.c: what a cell's cm and vm attributes point to: whether its formula is a
 * dynamic array, and which of the newer errors it holds (older readers see #VALUE!). Invariant: an
 * index that leads nowhere means nothing special. */
#include "workbook_internal.h"

#include <stdlib.h>

#define NOWHERE UINT32_MAX

/* A growing list of numbers. */
typedef struct list {
    uint32_t *items;
    size_t count, capacity;
} list;

static void add(pei_xml *xml, list *l, uint32_t item)
{
    if (PE_GROW(&l->items, &l->capacity, l->count + 1) != PE_OK)
        pei_xml_fail(xml, PE_E_MEMORY, "no memory for its items");
    else
        l->items[l->count++] = item;
}

static void set_last(list *l, uint32_t item)
{
    if (l->count > 0) l->items[l->count - 1] = item;
}

static void no_end(pei_xml *xml, const char *name)
{
    PE_UNUSED(xml);
    PE_UNUSED(name);
}

static bool equal(const char *text, const char *other)
{
    return text != NULL && strcmp(text, other) == 0;
}

/* ---- metadata.xml ------------------------------------------------------------------------------
 */

typedef enum section {
    SECTION_OTHER,
    SECTION_TYPES,
    SECTION_FUTURE,
    SECTION_CELLS,
    SECTION_VALUES
} section;

typedef struct metadata_reader {
    pei_xml xml;
    section section;
    uint32_t type_count, dynamic_type, rich_type; /* types are 1-based; 0: none */
    list dynamic; /* per block of XLDAPR: 1 if it is a dynamic array */
    list rich;    /* per block of XLRICHVALUE: its rich value */
    list cells;   /* per cm - 1: 1 if dynamic */
    list values;  /* per vm - 1: its rich value */
    list *future; /* the one that futureMetadata fills */
} metadata_reader;

static void start_section(metadata_reader *r, const char *name, const char **attributes)
{
    r->section = SECTION_OTHER;
    if (strcmp(name, "metadataTypes") == 0) r->section = SECTION_TYPES;
    if (strcmp(name, "cellMetadata") == 0) r->section = SECTION_CELLS;
    if (strcmp(name, "valueMetadata") == 0) r->section = SECTION_VALUES;
    if (strcmp(name, "futureMetadata") != 0) return;
    const char *type = pei_attribute(attributes, "name");
    r->future = equal(type, "XLDAPR") ? &r->dynamic : equal(type, "XLRICHVALUE") ? &r->rich : NULL;
    if (r->future != NULL) r->section = SECTION_FUTURE;
}

static void start_block(metadata_reader *r, const char *name, const char **attributes)
{
    if (r->section == SECTION_TYPES) {
        const char *type = pei_attribute(attributes, "name");
        r->type_count++;
        if (equal(type, "XLDAPR")) r->dynamic_type = r->type_count;
        if (equal(type, "XLRICHVALUE")) r->rich_type = r->type_count;
    } else if (strcmp(name, "bk") == 0) {
        if (r->section == SECTION_FUTURE)
            add(&r->xml, r->future, r->future == &r->dynamic ? 1 : NOWHERE);
        if (r->section == SECTION_CELLS) add(&r->xml, &r->cells, 0);
        if (r->section == SECTION_VALUES) add(&r->xml, &r->values, NOWHERE);
    }
}

static void start_record(metadata_reader *r, const char **attributes)
{
    uint32_t type = pei_attribute_number(attributes, "t", 0);
    uint32_t block = pei_attribute_number(attributes, "v", 0);
    if (type == 0) return;
    if (r->section == SECTION_CELLS && type == r->dynamic_type)
        set_last(&r->cells, block >= r->dynamic.count || r->dynamic.items[block] != 0);
    if (r->section == SECTION_VALUES && type == r->rich_type && block < r->rich.count)
        set_last(&r->values, r->rich.items[block]);
}

static void metadata_start(pei_xml *xml, const char *name, const char **attributes)
{
    metadata_reader *r = (metadata_reader *)xml;
    if (xml->depth == 2)
        start_section(r, name, attributes);
    else if (xml->depth == 3)
        start_block(r, name, attributes);
    else if (xml->depth == 4 && strcmp(name, "rc") == 0)
        start_record(r, attributes);
    else if (r->section == SECTION_FUTURE && strcmp(name, "dynamicArrayProperties") == 0)
        set_last(&r->dynamic, pei_attribute_true(attributes, "fDynamic", false));
    else if (r->section == SECTION_FUTURE && strcmp(name, "rvb") == 0)
        set_last(&r->rich, pei_attribute_number(attributes, "i", NOWHERE));
}

pe_status pei_metadata_read(pei_reader *reader, const char *part, pe_diag *diag)
{
    metadata_reader r = {.xml = {.start = metadata_start,
                                 .end = no_end,
                                 .root = "metadata",
                                 .part = part,
                                 .diag = diag}};
    pe_status status = pei_xml_read(reader, 0, pei_package_find(reader, 0, part), &r.xml);
    free(r.dynamic.items);
    free(r.rich.items);
    reader->dynamic = r.cells.items;
    reader->dynamic_count = (uint32_t)r.cells.count;
    reader->rich = r.values.items;
    reader->rich_count = (uint32_t)r.values.count;
    return status;
}

/* ---- rich values -------------------------------------------------------------------------------
 */

typedef struct structures_reader {
    pei_xml xml;
    list places; /* per structure: which of its values is errorType, or NOWHERE */
    bool is_error;
    uint32_t key;
} structures_reader;

static void structures_start(pei_xml *xml, const char *name, const char **attributes)
{
    structures_reader *r = (structures_reader *)xml;
    if (xml->depth == 2 && strcmp(name, "s") == 0) {
        r->is_error = equal(pei_attribute(attributes, "t"), "_error");
        r->key = 0;
        add(xml, &r->places, NOWHERE);
    } else if (xml->depth == 3 && strcmp(name, "k") == 0) {
        if (r->is_error && equal(pei_attribute(attributes, "n"), "errorType"))
            set_last(&r->places, r->key);
        r->key++;
    }
}

typedef struct values_reader {
    pei_xml xml;
    const list *places;
    list errors;        /* per rich value: its pe_error_code, or 0 */
    uint32_t place, at; /* in the current rich value */
    pei_buffer text;
} values_reader;

static void values_start(pei_xml *xml, const char *name, const char **attributes)
{
    values_reader *r = (values_reader *)xml;
    if (xml->depth == 2 && strcmp(name, "rv") == 0) {
        uint32_t structure = pei_attribute_number(attributes, "s", NOWHERE);
        r->place = structure < r->places->count ? r->places->items[structure] : NOWHERE;
        r->at = 0;
        add(xml, &r->errors, 0);
    } else if (xml->depth == 3 && strcmp(name, "v") == 0 && r->at++ == r->place) {
        r->text.length = 0;
        xml->collect = &r->text;
    }
}

static void values_end(pei_xml *xml, const char *name)
{
    values_reader *r = (values_reader *)xml;
    PE_UNUSED(name);
    if (xml->collect == NULL) return;
    xml->collect = NULL;
    size_t used;
    double type = pe_decimal_parse(r->text.bytes, r->text.length, &used);
    /* MS-XLSX numbers #SPILL! 8 to #BUSY! 14: one less than ERROR.TYPE. */
    if (used > 0 && type >= PE_ERROR_SPILL - 1 && type <= PE_ERROR_BUSY - 1)
        set_last(&r->errors, (uint32_t)type + 1);
}

pe_status pei_rich_values_read(pei_reader *reader, const char *structures, const char *values,
                               pe_diag *diag)
{
    structures_reader s = {
        .xml = {.start = structures_start, .end = no_end, .part = structures, .diag = diag}};
    values_reader v = {
        .xml = {.start = values_start, .end = values_end, .part = values, .diag = diag},
        .places = &s.places};
    pe_status status = PE_OK;
    PE_TRY(pei_xml_read(reader, 0, pei_package_find(reader, 0, structures), &s.xml));
    PE_TRY(pei_xml_read(reader, 0, pei_package_find(reader, 0, values), &v.xml));
    for (uint32_t i = 0; i < reader->rich_count; i++)
        reader->rich[i] = reader->rich[i] < v.errors.count ? v.errors.items[reader->rich[i]] : 0;
    reader->has_rich_errors = true;
fail:
    free(s.places.items);
    free(v.errors.items);
    free(v.text.bytes);
    return status;
}
