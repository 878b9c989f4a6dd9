/* fuzz_workbook_zip.c: any bytes through the whole reader (zip, XML, sheets). Seeds: small real
 * workbooks. To get past the zip's checksums, an input that does not begin with PK is taken as
 * parts instead, separated by bytes 0xFF: the sheet, then shared strings, styles, workbook.xml, a
 * table, an external link, metadata, rich values, their structures; they are packed without
 * compression. */
#include <stdlib.h>

#include "fuzz_parts.h"
#include "workbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REL(id, type, target)                                                                      \
    "<Relationship Id=\"" id "\" Type=\"o/" type "\" Target=\"" target "\"/>"

static const fuzz_part parts[] = {
    {"xl/worksheets/sheet1.xml", true, NULL},
    {"xl/sharedStrings.xml", true, NULL},
    {"xl/styles.xml", true, NULL},
    {"xl/workbook.xml", true,
     "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"rId1\"/></sheets>"
     "<externalReferences><externalReference r:id=\"rId4\"/></externalReferences></workbook>"},
    {"xl/t.xml", true,
     "<table displayName=\"T\" ref=\"A1:A2\"><tableColumns><tableColumn "
     "name=\"k\"/></tableColumns></table>"},
    {"xl/e.xml", true, NULL},
    {"xl/m.xml", true, NULL},
    {"xl/v.xml", true, NULL},
    {"xl/k.xml", true, NULL},
    {"_rels/.rels", false,
     "<Relationships>" REL("a", "officeDocument", "xl/workbook.xml") "</Relationships>"},
    {"xl/worksheets/_rels/sheet1.xml.rels", false,
     "<Relationships>" REL("a", "table", "/xl/t.xml") "</Relationships>"},
    {"xl/_rels/workbook.xml.rels", false,
     "<Relationships>" REL("rId1", "worksheet", "worksheets/sheet1.xml")
         REL("rId2", "sharedStrings", "sharedStrings.xml") REL("rId3", "styles", "styles.xml")
             REL("rId4", "externalLink", "e.xml") REL("rId5", "sheetMetadata", "m.xml")
                 REL("rId6", "rdRichValue", "v.xml")
                     REL("rId7", "rdRichValueStructure", "k.xml") "</Relationships>"},
};
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

static void read_parts(const uint8_t *data, size_t size)
{
    size_t length;
    void *bytes = fuzz_package(parts, PE_COUNT(parts), data, size, &length);
    read_bytes(bytes, length);
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
