/* workbook_package.c: the zip around a workbook: what kind of file the bytes are, its parts by
 * name, its relationships. Invariant: each worker has its own libzip handle over the same unchanged
 * bytes. */
#include "workbook_internal.h"

#include <stdlib.h>
#include <zip.h>

/* ---- what the bytes are
 * ------------------------------------------------------------------------------- */

static bool has_bytes(const uint8_t *bytes, size_t length, const char *text, size_t text_length)
{
    return length >= text_length && memcmp(bytes, text, text_length) == 0;
}

/* An OLE compound file whose directory names the stream, in UTF-16. */
static bool has_stream(const uint8_t *bytes, size_t length, const char *name)
{
    uint8_t wide[64];
    size_t count = strlen(name) * 2;
    for (size_t i = 0; i < count; i++) wide[i] = i % 2 == 0 ? (uint8_t)name[i / 2] : 0;
    return pe_bytes_find(bytes, length, wide, count) != NULL;
}

static pe_status refuse_compound(const pei_reader *reader, pe_diag *diag)
{
    if (has_stream(reader->bytes, reader->length, "EncryptedPackage"))
        return pe_fail(
            diag, PE_E_ENCRYPTED, "file",
            "the workbook is protected by a password; open it in Excel, remove the password "
            "(File, Info, Protect Workbook) and save it");
    return pe_fail(diag, PE_E_FORMAT, "file",
                   "this is an .xls (Excel 97-2003) or another compound file; save it as .xlsx");
}

static pe_status refuse_other(const pei_reader *reader, pe_diag *diag)
{
    const uint8_t *b = reader->bytes;
    size_t n = reader->length;
    if (n == 0) return pe_fail(diag, PE_E_FORMAT, "file", "the file is empty");
    if (has_bytes(b, n, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8))
        return refuse_compound(reader, diag);
    const char *what = "this is not a workbook; give an .xlsx, .xlsm, .ods or .fods file";
    size_t head = n < 4096 ? n : 4096;
    if (has_bytes(b, n, "%PDF", 4))
        what = "this is a PDF, not a workbook; give the .xlsx or .ods file";
    else if (pe_bytes_find(b, head, "urn:schemas-microsoft-com:office:spreadsheet", 44) != NULL)
        what = "this is an XML Spreadsheet 2003; save it as .xlsx";
    else if (b[0] == '<')
        what = "this is XML or HTML, not a workbook; save it as .xlsx";
    return pe_fail(diag, PE_E_FORMAT, "file", "%s", what);
}

static pe_status refuse_zip(const pei_reader *reader, int code, pe_diag *diag)
{
    PE_UNUSED(reader);
    if (code == ZIP_ER_MEMORY) return pe_fail(diag, PE_E_MEMORY, "file", "no memory to open it");
    return pe_fail(
        diag, PE_E_FORMAT, "file",
        "the zip archive of the workbook is cut short or damaged; copy or download it again, or "
        "open it in its application and save it");
}

/* ---- handles
 * ------------------------------------------------------------------------------------------ */

static pe_status open_zip(pei_reader *reader, pei_zip **zip, pe_diag *diag)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(reader->bytes, reader->length, 0, &error);
    pei_zip *opened = source != NULL ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    pe_status status = PE_OK;
    if (opened == NULL) {
        if (source != NULL) zip_source_free(source);
        status = refuse_zip(reader, zip_error_code_zip(&error), diag);
    } else {
        *zip = opened;
    }
    zip_error_fini(&error);
    return status;
}

pe_status pei_package_handle(pei_reader *reader, unsigned worker, pei_zip **zip, pe_diag *diag)
{
    PE_ASSERT(worker < reader->zip_count);
    if (reader->zips[worker] == NULL) {
        pthread_mutex_lock(&reader->opening);
        pe_status status = open_zip(reader, &reader->zips[worker], diag);
        pthread_mutex_unlock(&reader->opening);
        if (status != PE_OK) return status;
    }
    *zip = reader->zips[worker];
    return PE_OK;
}

void pei_package_close(pei_reader *reader)
{
    for (unsigned i = 0; reader->zips != NULL && i < reader->zip_count; i++)
        if (reader->zips[i] != NULL) zip_discard(reader->zips[i]);
    free(reader->zips);
    reader->zips = NULL;
}

int64_t pei_package_find(pei_reader *reader, unsigned worker, const char *name)
{
    pei_zip *zip;
    pe_diag diag;
    if (pei_package_handle(reader, worker, &zip, &diag) != PE_OK) return -1;
    zip_int64_t index = zip_name_locate(zip, name, 0);
    return index >= 0 ? index : zip_name_locate(zip, name, ZIP_FL_NOCASE);
}

uint64_t pei_package_size(pei_reader *reader, int64_t index)
{
    zip_stat_t stat;
    if (index < 0 || zip_stat_index(reader->zips[0], (zip_uint64_t)index, 0, &stat) != 0) return 0;
    return (stat.valid & ZIP_STAT_SIZE) != 0 ? stat.size : 0;
}

/* ---- opening
 * ------------------------------------------------------------------------------------------ */

/* A flat OpenDocument file: XML whose first kilobytes hold its root. */
static bool is_flat(const pei_reader *reader)
{
    const uint8_t *b = reader->bytes;
    size_t n = reader->length < 4096 ? reader->length : 4096;
    return memchr(b, '<', n < 64 ? n : 64) != NULL &&
           pe_bytes_find(b, n, "<office:document", 16) != NULL;
}

/* The type that an OpenDocument package declares; returns its length. */
static size_t read_mimetype(pei_reader *reader, char type[128])
{
    int64_t index = pei_package_find(reader, 0, "mimetype");
    zip_file_t *file = index >= 0 ? zip_fopen_index(reader->zips[0], (zip_uint64_t)index, 0) : NULL;
    zip_int64_t length = file != NULL ? zip_fread(file, type, 127) : 0;
    type[length > 0 ? length : 0] = '\0';
    if (file != NULL) zip_fclose(file);
    return length > 0 ? (size_t)length : 0;
}

typedef struct manifest_reader {
    pei_xml xml;
    bool encrypted;
} manifest_reader;

static void manifest_start(pei_xml *xml, const char *name, const char **attributes)
{
    PE_UNUSED(attributes);
    if (strcmp(name, "encryption-data") == 0) ((manifest_reader *)xml)->encrypted = true;
}

static void manifest_end(pei_xml *xml, const char *name)
{
    PE_UNUSED(xml);
    PE_UNUSED(name);
}

/* A password makes all parts unreadable, and the manifest says so. */
static pe_status check_manifest(pei_reader *reader, pe_diag *diag)
{
    static const char part[] = "META-INF/manifest.xml";
    manifest_reader r = {
        .xml = {.start = manifest_start, .end = manifest_end, .part = part, .diag = diag}};
    int64_t index = pei_package_find(reader, 0, part);
    pe_status status = index >= 0 ? pei_xml_read(reader, 0, index, &r.xml) : PE_OK;
    if (status != PE_OK || !r.encrypted) return status;
    return pe_fail(diag, PE_E_ENCRYPTED, "file",
                   "the workbook is protected by a password; open it in LibreOffice and save it "
                   "without (File, Save As, untick 'Save with password')");
}

/* Whether the package is an OpenDocument spreadsheet; a relative of another kind is refused. */
static pe_status find_open_document(pei_reader *reader, bool *found, pe_diag *diag)
{
    static const char family[] = "application/vnd.oasis.opendocument.";
    const size_t length = sizeof family - 1;
    char type[128];
    size_t type_length = read_mimetype(reader, type);
    *found = false;
    if (type_length < length || memcmp(type, family, length) != 0) {
        if (type_length > 0 || pei_package_find(reader, 0, "META-INF/manifest.xml") < 0 ||
            pei_package_find(reader, 0, "content.xml") < 0)
            return PE_OK;
    } else if (strncmp(type + length, "spreadsheet", 11) != 0) {
        return pe_fail(diag, PE_E_FORMAT, "file",
                       "this is an OpenDocument file of another kind (%.80s), not a spreadsheet; "
                       "give an .ods, .fods, .xlsx or .xlsm file",
                       type + length);
    }
    *found = true;
    return check_manifest(reader, diag);
}

/* Packages of other applications, and workbooks in binary form. */
static pe_status refuse_relatives(pei_reader *reader, pe_diag *diag)
{
    static const struct {
        const char *part, *what;
    } relatives[] = {
        {"xl/workbook.bin", "this is a binary workbook (.xlsb); save it as .xlsx or .xlsm"},
        {"word/document.xml",
         "this is a text document (.docx), not a workbook; give an .xlsx, .xlsm or .ods"},
        {"ppt/presentation.xml",
         "this is a presentation (.pptx), not a workbook; give an .xlsx, .xlsm or .ods"},
        {"Index/Document.iwa", "this is an Apple Numbers file; export it as .xlsx"},
    };
    bool has_relations = pei_package_find(reader, 0, "_rels/.rels") >= 0;
    for (size_t i = 0; i < PE_COUNT(relatives); i++)
        if (pei_package_find(reader, 0, relatives[i].part) >= 0 &&
            pei_package_find(reader, 0, "xl/workbook.xml") < 0)
            return pe_fail(diag, PE_E_FORMAT, "file", "%s", relatives[i].what);
    if (!has_relations)
        return pe_fail(diag, PE_E_FORMAT, "file",
                       "this is a zip archive but not a workbook (no _rels/.rels, no mimetype); "
                       "give an .xlsx, .xlsm or .ods");
    return PE_OK;
}

pe_status pei_package_open(pei_reader *reader, pei_package_kind *kind, pe_diag *diag)
{
    bool found;
    *kind = PEI_FLAT_OPEN_DOCUMENT;
    if (!has_bytes(reader->bytes, reader->length, "PK", 2))
        return is_flat(reader) ? PE_OK : refuse_other(reader, diag);
    pei_zip *zip;
    pe_status status = pei_package_handle(reader, 0, &zip, diag);
    if (status != PE_OK) return status;
    zip_int64_t count = zip_get_num_entries(zip, 0);
    for (zip_int64_t i = 0; i < count; i++) {
        uint64_t size = pei_package_size(reader, i);
        reader->inflated_total += size < PE_PART_BYTES_MAX ? size : 0;
    }
    status = find_open_document(reader, &found, diag);
    if (status != PE_OK) return status;
    *kind = found ? PEI_OPEN_DOCUMENT : PEI_OPEN_XML;
    return found ? PE_OK : refuse_relatives(reader, diag);
}

/* ---- relationships
 * ------------------------------------------------------------------------------------ */

typedef struct relations_reader {
    pei_xml xml;
    pei_relations *relations;
    pei_texts *texts;
    const char *base; /* the part whose relationships they are */
} relations_reader;

/* Target relative to base, as a part name: "../a/b.xml" from "xl/worksheets/sheet1.xml" is
 * "xl/a/b.xml". */
static const char *resolve(relations_reader *r, const char *target)
{
    const char *slash = strrchr(r->base, '/');
    size_t base_length = slash != NULL && target[0] != '/' ? (size_t)(slash + 1 - r->base) : 0;
    if (target[0] == '/') target++;
    size_t length = strlen(target);
    char *out = pei_texts_push(r->texts, base_length + length + 1, 1, r->xml.diag);
    if (out == NULL) {
        pei_xml_stop(&r->xml, r->xml.diag->status);
        return "";
    }
    memcpy(out, r->base, base_length);
    size_t at = base_length;
    while (*target != '\0') {
        size_t step = strcspn(target, "/");
        if (step == 2 && target[0] == '.' && target[1] == '.') {
            if (at > 0) at--;
            while (at > 0 && out[at - 1] != '/') at--;
        } else if (!(step == 1 && target[0] == '.')) {
            memcpy(out + at, target, step);
            at += step;
            if (target[step] == '/') out[at++] = '/';
        }
        target += step + (target[step] == '/');
    }
    out[at] = '\0';
    return out;
}

static const char *keep(relations_reader *r, const char *text)
{
    const char *copy = pei_texts_copy(r->texts, text, strlen(text), r->xml.diag);
    if (copy == NULL) pei_xml_stop(&r->xml, r->xml.diag->status);
    return copy != NULL ? copy : "";
}

static void relation_start(pei_xml *xml, const char *name, const char **attributes)
{
    relations_reader *r = (relations_reader *)xml;
    if (xml->depth != 2 || strcmp(name, "Relationship") != 0) return;
    const char *id = pei_attribute(attributes, "Id"), *type = pei_attribute(attributes, "Type");
    const char *target = pei_attribute(attributes, "Target"),
               *mode = pei_attribute(attributes, "TargetMode");
    if (id == NULL || type == NULL || target == NULL) return;
    pei_relations *all = r->relations;
    if (PE_GROW(&all->items, &all->capacity, all->count + 1) != PE_OK) {
        pei_xml_fail(xml, PE_E_MEMORY, "no memory for its relationships");
        return;
    }
    const char *slash = strrchr(type, '/');
    pei_relation *relation = &all->items[all->count];
    relation->external = mode != NULL && strcmp(mode, "External") == 0;
    relation->id = keep(r, id);
    relation->type = keep(r, slash != NULL ? slash + 1 : type);
    relation->target = relation->external ? keep(r, target) : resolve(r, target);
    all->count++;
}

static void relation_end(pei_xml *xml, const char *name)
{
    PE_UNUSED(xml);
    PE_UNUSED(name);
}

pe_status pei_relations_read(pei_reader *reader, unsigned worker, const char *part,
                             pei_texts *texts, pei_relations *relations, pe_diag *diag)
{
    const char *slash = strrchr(part, '/');
    int folder = slash != NULL ? (int)(slash + 1 - part) : 0;
    size_t size = strlen(part) + sizeof "_rels/.rels";
    char *name = pei_texts_push(texts, size, 1, diag);
    if (name == NULL) return diag->status;
    memcpy(name, part, (size_t)folder);
    memcpy(name + folder, "_rels/", 6);
    memcpy(name + folder + 6, part + folder, strlen(part + folder));
    memcpy(name + size - sizeof ".rels", ".rels", sizeof ".rels");
    int64_t index = pei_package_find(reader, worker, name);
    if (index < 0) return PE_OK;
    relations_reader r = {.xml = {.start = relation_start,
                                  .end = relation_end,
                                  .root = "Relationships",
                                  .part = name,
                                  .diag = diag},
                          .relations = relations,
                          .texts = texts,
                          .base = part};
    return pei_xml_read(reader, worker, index, &r.xml);
}

const pei_relation *pei_relations_id(const pei_relations *relations, const char *id)
{
    for (size_t i = 0; i < relations->count; i++)
        if (strcmp(relations->items[i].id, id) == 0) return &relations->items[i];
    return NULL;
}

const pei_relation *pei_relations_type(const pei_relations *relations, const char *type)
{
    for (size_t i = 0; i < relations->count; i++)
        if (strcmp(relations->items[i].type, type) == 0) return &relations->items[i];
    return NULL;
}
