/* fuzz_workbook_zip.c: any bytes through the whole reader (zip, XML, sheets). Seeds: small real
 * workbooks. To get past the zip's checksums, an input that does not begin with PK is taken as
 * parts instead, separated by bytes 0xFF: the sheet, then shared strings, styles, workbook.xml, a
 * table, an external link, metadata, rich values, their structures; they are packed without
 * compression. */
#include <stdlib.h>
#include <zip.h>

#include "workbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REL(id, type, target)                                                                      \
    "<Relationship Id=\"" id "\" Type=\"o/" type "\" Target=\"" target "\"/>"

static const struct {
    const char *name, *text; /* text NULL: from the input */
} parts[] = {
    {"xl/worksheets/sheet1.xml", NULL},
    {"xl/sharedStrings.xml", NULL},
    {"xl/styles.xml", NULL},
    {"xl/workbook.xml", NULL},
    {"xl/t.xml", NULL},
    {"xl/e.xml", NULL},
    {"xl/m.xml", NULL},
    {"xl/v.xml", NULL},
    {"xl/k.xml", NULL},
    {"_rels/.rels",
     "<Relationships>" REL("a", "officeDocument", "xl/workbook.xml") "</Relationships>"},
    {"xl/worksheets/_rels/sheet1.xml.rels",
     "<Relationships>" REL("a", "table", "/xl/t.xml") "</Relationships>"},
    {"xl/_rels/workbook.xml.rels",
     "<Relationships>" REL("rId1", "worksheet", "worksheets/sheet1.xml")
         REL("rId2", "sharedStrings", "sharedStrings.xml") REL("rId3", "styles", "styles.xml")
             REL("rId4", "externalLink", "e.xml") REL("rId5", "sheetMetadata", "m.xml")
                 REL("rId6", "rdRichValue", "v.xml")
                     REL("rId7", "rdRichValueStructure", "k.xml") "</Relationships>"},
};
static const char standard_workbook[] =
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"rId1\"/></sheets><externalReferences>"
    "<externalReference r:id=\"rId4\"/></externalReferences></workbook>";
static const char standard_table[] =
    "<table displayName=\"T\" ref=\"A1:A2\"><tableColumns><tableColumn "
    "name=\"k\"/></tableColumns></table>";

static void read_bytes(const void *bytes, size_t size)
{
    pe_workbook *w = NULL;
    pe_read_options options = {256u << 20};
    if (pe_workbook_read_bytes(bytes, size, &options, NULL, NULL, &w, NULL) != PE_OK) return;
    for (uint32_t i = 0; i < w->cell_count; i++) {
        uint32_t found = pe_workbook_cell(w, pe_workbook_ref(w, i));
        if (found != i ||
            (w->cells[i].formula != PE_NO_FORMULA && w->cells[i].formula >= w->formula_count))
            abort();
        if (w->cells[i].format >= w->format_count || pe_is(w->cells[i].stored, PE_KIND_UNRESOLVED))
            abort();
    }
    for (uint32_t i = 0; i < w->formula_count; i++)
        if (w->formulas[i].text == NULL || strlen(w->formulas[i].text) > w->formulas[i].length)
            abort();
    pe_workbook_free(w);
}

static void add(zip_t *zip, const char *name, const void *bytes, size_t size)
{
    zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);
    zip_int64_t index = zip_file_add(zip, name, source, 0);
    if (index >= 0) zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
}

static void read_parts(const uint8_t *data, size_t size)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(source);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].text != NULL) {
            add(zip, parts[i].name, parts[i].text, strlen(parts[i].text));
            continue;
        }
        const uint8_t *end = size > 0 ? memchr(data, 0xFF, size) : NULL;
        size_t length = end != NULL ? (size_t)(end - data) : size;
        if (length > 0)
            add(zip, parts[i].name, data, length);
        else if (i == 3)
            add(zip, parts[i].name, standard_workbook, sizeof standard_workbook - 1);
        else if (i == 4)
            add(zip, parts[i].name, standard_table, sizeof standard_table - 1);
        data += length + (end != NULL);
        size -= length + (end != NULL);
    }
    zip_stat_t stat;
    if (zip_close(zip) != 0 || zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        abort();
    void *bytes = malloc(stat.size + 1);
    zip_source_read(source, bytes, stat.size);
    zip_source_close(source);
    zip_source_free(source);
    read_bytes(bytes, stat.size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 2 && data[0] == 'P' && data[1] == 'K')
        read_bytes(data, size);
    else if (size > 0)
        read_parts(data, size);
    return 0;
}
