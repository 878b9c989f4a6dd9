/* package_build.c: see package_build.h. */
#include "package_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/relationships"

static const package_part standard[] = {
    {"[Content_Types].xml",
     HEAD "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default "
          "Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+"
          "xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override "
          "PartName=\"/xl/workbook.xml\" ContentType=\"application/"
          "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>",
     0},
    {"_rels/.rels",
     HEAD "<Relationships xmlns=\"" PACKAGE "\"><Relationship Id=\"rId1\" Type=\"" OFFICE
          "/officeDocument\" Target=\"xl/workbook.xml\"/><Relationship Id=\"rId2\" Type=\"" OFFICE
          "/extended-properties\" Target=\"docProps/app.xml\"/></Relationships>",
     0},
    {"docProps/app.xml",
     HEAD "<Properties "
          "xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">"
          "<Application>Microsoft Excel</Application><AppVersion>16.0300</AppVersion></Properties>",
     0},
    {"xl/workbook.xml",
     HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE
          "\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
     0},
    {"xl/_rels/workbook.xml.rels",
     HEAD "<Relationships xmlns=\"" PACKAGE "\"><Relationship Id=\"rId1\" Type=\"" OFFICE
          "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"" OFFICE
          "/sharedStrings\" Target=\"sharedStrings.xml\"/><Relationship Id=\"rId3\" Type=\"" OFFICE
          "/styles\" Target=\"/xl/styles.xml\"/><Relationship Id=\"rId4\" Type=\"" OFFICE
          "/sheetMetadata\" Target=\"metadata.xml\"/></Relationships>",
     0},
    {"xl/sharedStrings.xml",
     HEAD "<sst xmlns=\"" MAIN
          "\"><si><t>zero</t></si><si><r><rPr><b/></rPr><t>rich </t></r><r><t>text</t></r>"
          "<rPh sb=\"0\" eb=\"1\"><t>ignored</t></rPh></si><si><t xml:space=\"preserve\"> "
          "a_x000B_b_x005F_x000B_ </t></si>"
          "<si><t>&lt;\xC3\xA4&gt;&#10;</t></si><si/></sst>",
     0},
    {"xl/styles.xml",
     HEAD "<styleSheet xmlns=\"" MAIN
          "\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"0.0&quot;x&quot;\"/>"
          "</numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs><xf "
          "numFmtId=\"0\"/><xf numFmtId=\"10\"/>"
          "<xf numFmtId=\"164\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
     0},
    {"xl/metadata.xml",
     HEAD
     "<metadata xmlns=\"" MAIN "\"><metadataTypes count=\"2\"><metadataType name=\"XLRICHVALUE\"/>"
     "<metadataType name=\"XLDAPR\"/></metadataTypes><futureMetadata name=\"XLDAPR\" count=\"2\">"
     "<bk><extLst><ext uri=\"{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}\">"
     "<xda:dynamicArrayProperties "
     "xmlns:xda=\"http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray\" "
     "fDynamic=\"1\" fCollapsed=\"0\"/></ext></extLst></bk></futureMetadata>"
     "<cellMetadata count=\"2\"><bk><rc t=\"1\" v=\"0\"/></bk><bk><rc t=\"2\" "
     "v=\"0\"/></bk></cellMetadata></metadata>",
     0},
};

static int add(zip_t *zip, const char *name, const char *text, size_t length)
{
    zip_source_t *source = zip_source_buffer(zip, text, length, 0);
    return source != NULL &&
           zip_file_add(zip, name, source, ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8) >= 0;
}

static const package_part *find(const package_part *changed, const char *name)
{
    for (; changed != NULL && changed->name != NULL; changed++)
        if (strcmp(changed->name, name) == 0) return changed;
    return NULL;
}

typedef struct package {
    zip_source_t *source;
    zip_t *zip;
} package;

static package begin(void)
{
    package p = {.source = zip_source_buffer_create(NULL, 0, 0, NULL)};
    if (p.source == NULL) abort();
    zip_source_keep(p.source);
    p.zip = zip_open_from_source(p.source, ZIP_TRUNCATE, NULL);
    if (p.zip == NULL) abort();
    return p;
}

static unsigned char *end(package *p, size_t *length)
{
    zip_stat_t stat;
    if (zip_close(p->zip) != 0 || zip_source_stat(p->source, &stat) != 0 ||
        zip_source_open(p->source) != 0)
        abort();
    unsigned char *bytes = malloc(stat.size + 1);
    if (bytes == NULL || zip_source_read(p->source, bytes, stat.size) != (zip_int64_t)stat.size)
        abort();
    zip_source_close(p->source);
    zip_source_free(p->source);
    *length = (size_t)stat.size;
    return bytes;
}

static void add_all(package *p, const package_part *parts)
{
    for (; parts != NULL && parts->name != NULL; parts++)
        if (parts->text != NULL)
            add(p->zip, parts->name, parts->text,
                parts->length != 0 ? parts->length : strlen(parts->text));
}

unsigned char *package_build(const char *rows, const package_part *changed, size_t *length)
{
    const char *before = HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData>",
               *after = "</sheetData></worksheet>";
    if (rows == NULL) rows = "";
    size_t sheet_size = strlen(before) + strlen(rows) + strlen(after) + 1;
    char *sheet = malloc(sheet_size);
    if (sheet == NULL) abort();
    snprintf(sheet, sheet_size, "%s%s%s", before, rows, after);
    package p = begin();
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        if (find(changed, standard[i].name) == NULL)
            add(p.zip, standard[i].name, standard[i].text, strlen(standard[i].text));
    if (find(changed, "xl/worksheets/sheet1.xml") == NULL)
        add(p.zip, "xl/worksheets/sheet1.xml", sheet, strlen(sheet));
    add_all(&p, changed);
    unsigned char *bytes = end(&p, length);
    free(sheet);
    return bytes;
}

unsigned char *package_build_parts(const package_part *parts, size_t *length)
{
    package p = begin();
    add_all(&p, parts);
    return end(&p, length);
}
