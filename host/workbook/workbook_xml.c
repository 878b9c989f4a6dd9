/* workbook_xml.c: one part through expat, in pieces, without namespaces: elements are known by
 * their place, so a prefix is dropped. Invariant: nothing of a part is trusted: depth, token size,
 * inflated size and document types are bounded here, for every part alike. */
#include "workbook_internal.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#define FEED_BYTES (64 << 10)

void pei_xml_stop(pei_xml *xml, pe_status status)
{
    if (xml->status == PE_OK) xml->status = status;
    xml->collect = NULL;
    XML_StopParser(xml->parser, XML_FALSE);
}

void pei_xml_fail(pei_xml *xml, pe_status status, const char *format, ...)
{
    if (xml->status != PE_OK) return;
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    pe_fail(xml->diag, status, xml->part, "%s", what);
    pei_xml_stop(xml, status);
}

static const char *local_name(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    pei_xml *xml = user;
    if (xml->status != PE_OK) return;
    if (++xml->depth > PE_XML_DEPTH_MAX) {
        pei_xml_fail(xml, PE_E_LIMIT, "elements are nested deeper than %u levels",
                     PE_XML_DEPTH_MAX);
        return;
    }
    if (!xml->prefixed) name = local_name(name);
    if (xml->depth == 1 && xml->root != NULL && strcmp(name, xml->root) != 0) {
        pei_xml_fail(xml, PE_E_FORMAT, "holds <%.40s> where <%s> is expected", name, xml->root);
        return;
    }
    xml->start(xml, name, attributes);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    pei_xml *xml = user;
    if (xml->status != PE_OK) return;
    xml->end(xml, xml->prefixed ? name : local_name(name));
    xml->depth--;
}

static void XMLCALL on_text(void *user, const XML_Char *text, int length)
{
    pei_xml *xml = user;
    pei_buffer *b = xml->collect;
    if (b == NULL || xml->status != PE_OK) return;
    size_t needed = b->length + (size_t)length;
    size_t limit = b->bytes_max != 0 ? b->bytes_max : 2 * PE_TEXT_BYTES_MAX;
    if (needed > limit) {
        pei_xml_fail(xml, PE_E_LIMIT, "a text or formula is longer than %zu bytes", limit);
        return;
    }
    if (needed > b->capacity) {
        size_t capacity = b->capacity == 0 ? 256 : b->capacity * 2;
        while (capacity < needed) capacity *= 2;
        if (pe_grow((void **)&b->bytes, &b->capacity, capacity, 1) != PE_OK) {
            pei_xml_fail(xml, PE_E_MEMORY, "no memory for a text");
            return;
        }
    }
    memcpy(b->bytes + b->length, text, (size_t)length);
    b->length = needed;
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public_id, int internal)
{
    PE_UNUSED(name);
    PE_UNUSED(system);
    PE_UNUSED(public_id);
    PE_UNUSED(internal);
    pei_xml_fail(user, PE_E_FORMAT,
                 "declares a document type, which spreadsheets never write: it is not read, as "
                 "entities could be used to attack this program");
}

/* ---- feeding
 * ------------------------------------------------------------------------------------------ */

static pe_status zip_failure(pei_xml *xml, zip_error_t *error)
{
    int code = zip_error_code_zip(error);
    pe_status status = PE_E_FORMAT;
    const char *what = "is damaged; open the file in its application and save it again";
    if (code == ZIP_ER_MEMORY) {
        status = PE_E_MEMORY;
        what = "no memory to inflate it";
    } else if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_ENCRNOTSUPP) {
        status = PE_E_ENCRYPTED;
        what = "is encrypted; save the workbook without a password";
    } else if (code == ZIP_ER_COMPNOTSUPP) {
        what = "is compressed in a way that spreadsheets do not use";
    }
    return pe_fail(xml->diag, status, xml->part, "%s (%s)", what, zip_error_strerror(error));
}

static pe_status expat_failure(pei_xml *xml)
{
    if (xml->status != PE_OK) return xml->status;
    enum XML_Error code = XML_GetErrorCode(xml->parser);
    if (code == XML_ERROR_NO_MEMORY)
        return pe_fail(xml->diag, PE_E_MEMORY, xml->part, "no memory to read it");
    return pe_fail(xml->diag, PE_E_FORMAT, xml->part,
                   "not well-formed XML: %s at line %lu, column %lu", XML_ErrorString(code),
                   (unsigned long)XML_GetCurrentLineNumber(xml->parser),
                   (unsigned long)XML_GetCurrentColumnNumber(xml->parser));
}

/* Counts what came out of the package; total of this part so far. */
static pe_status count(pei_reader *reader, pei_xml *xml, uint64_t total, uint64_t packed,
                       uint64_t piece)
{
    uint64_t all = atomic_fetch_add(&reader->inflated, piece) + piece;
    if (total > PE_PART_BYTES_MAX || total / PE_PART_RATIO_MAX > packed + 64 ||
        all > PE_PACKAGE_BYTES_MAX ||
        (all > PEI_BOMB_BYTES && all / PEI_BOMB_RATIO > reader->length))
        return pe_fail(
            xml->diag, PE_E_LIMIT, xml->part,
            "inflates to more than a workbook can hold (%llu bytes so far from a file of %zu): "
            "it looks like a zip bomb and is not read",
            (unsigned long long)all, reader->length);
    if (pe_cancelled(reader->control))
        return pe_fail(xml->diag, PE_E_CANCELLED, xml->part, "cancelled");
    if (all >> 20 != (all - piece) >> 20)
        pe_progress(reader->control, "read", all,
                    reader->inflated_total > all ? reader->inflated_total : all);
    return PE_OK;
}

/* Bytes that are held but not yet parsed are one tag or one text: not more than it may be long. */
static pe_status check_token(pei_xml *xml, uint64_t total)
{
    XML_Index done = XML_GetCurrentByteIndex(xml->parser);
    if (done < 0 || total - (uint64_t)done <= PEI_XML_TOKEN_BYTES_MAX + FEED_BYTES) return PE_OK;
    return pe_fail(xml->diag, PE_E_LIMIT, xml->part, "a tag is longer than %u bytes",
                   PEI_XML_TOKEN_BYTES_MAX);
}

static pe_status feed(pei_reader *reader, pei_xml *xml, zip_file_t *file, uint64_t packed)
{
    for (uint64_t total = 0;;) {
        void *buffer = XML_GetBuffer(xml->parser, FEED_BYTES);
        if (buffer == NULL) return expat_failure(xml);
        zip_int64_t got = zip_fread(file, buffer, FEED_BYTES);
        if (got < 0) return zip_failure(xml, zip_file_get_error(file));
        total += (uint64_t)got;
        pe_status status = count(reader, xml, total, packed, (uint64_t)got);
        if (status != PE_OK) return status;
        if (XML_ParseBuffer(xml->parser, (int)got, got == 0) != XML_STATUS_OK)
            return expat_failure(xml);
        if (got == 0) return PE_OK;
        status = check_token(xml, total);
        if (status != PE_OK) return status;
    }
}

static pe_status feed_bytes(pei_reader *reader, pei_xml *xml)
{
    for (size_t at = 0;;) {
        size_t left = reader->length - at, piece = left < FEED_BYTES ? left : FEED_BYTES;
        bool last = piece == left;
        if (XML_Parse(xml->parser, (const char *)reader->bytes + at, (int)piece, last) !=
            XML_STATUS_OK)
            return expat_failure(xml);
        at += piece;
        if (last) return PE_OK;
        pe_status status = check_token(xml, at);
        if (status != PE_OK) return status;
        if (pe_cancelled(reader->control))
            return pe_fail(xml->diag, PE_E_CANCELLED, xml->part, "cancelled");
        if (at >> 20 != (at - piece) >> 20)
            pe_progress(reader->control, "read", at, reader->length);
    }
}

static pe_status open_parser(pei_xml *xml)
{
    xml->parser = XML_ParserCreate(NULL);
    if (xml->parser == NULL)
        return pe_fail(xml->diag, PE_E_MEMORY, xml->part, "no memory to read it");
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return PE_OK;
}

static void close_parser(pei_xml *xml)
{
    if (xml->parser != NULL) XML_ParserFree(xml->parser);
    xml->parser = NULL;
}

pe_status pei_xml_read(pei_reader *reader, unsigned worker, int64_t index, pei_xml *xml)
{
    pei_zip *zip = NULL;
    zip_file_t *file = NULL;
    zip_stat_t stat;
    pe_status status = PE_OK;
    xml->status = PE_OK;
    xml->depth = 0;
    PE_TRY(pei_package_handle(reader, worker, &zip, xml->diag));
    if (index < 0) return pe_fail(xml->diag, PE_E_FORMAT, xml->part, "is missing from the package");
    if (zip_stat_index(zip, (zip_uint64_t)index, 0, &stat) != 0)
        return zip_failure(xml, zip_get_error(zip));
    file = zip_fopen_index(zip, (zip_uint64_t)index, 0);
    if (file == NULL) return zip_failure(xml, zip_get_error(zip));
    PE_TRY(open_parser(xml));
    uint64_t packed = (stat.valid & ZIP_STAT_COMP_SIZE) != 0 ? stat.comp_size : reader->length;
    status = feed(reader, xml, file, packed);
fail:
    close_parser(xml);
    if (file != NULL) zip_fclose(file);
    return status;
}

pe_status pei_xml_read_file(pei_reader *reader, pei_xml *xml)
{
    xml->status = PE_OK;
    xml->depth = 0;
    pe_status status = open_parser(xml);
    if (status == PE_OK) status = feed_bytes(reader, xml);
    close_parser(xml);
    return status;
}

/* ---- attributes
 * --------------------------------------------------------------------------------------- */

const char *pei_attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0) return attributes[1];
    return NULL;
}

const char *pei_attribute_prefixed(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2) {
        const char *colon = strchr(attributes[0], ':');
        if (colon != NULL && strcmp(colon + 1, name) == 0) return attributes[1];
    }
    return NULL;
}

bool pei_attribute_true(const char **attributes, const char *name, bool fallback)
{
    const char *text = pei_attribute(attributes, name);
    if (text == NULL) return fallback;
    if (strcmp(text, "1") == 0 || strcmp(text, "true") == 0) return true;
    if (strcmp(text, "0") == 0 || strcmp(text, "false") == 0) return false;
    return fallback;
}

bool pei_number_parse(const char *text, uint32_t *number)
{
    uint64_t n = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && n <= UINT32_MAX; at++) n = n * 10 + (uint64_t)(*at - '0');
    if (at == text || *at != '\0' || n > UINT32_MAX) return false;
    *number = (uint32_t)n;
    return true;
}

uint32_t pei_attribute_number(const char **attributes, const char *name, uint32_t fallback)
{
    const char *text = pei_attribute(attributes, name);
    uint32_t number;
    return text != NULL && pei_number_parse(text, &number) ? number : fallback;
}
