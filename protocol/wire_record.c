/* wire_record.c: the tables that messages.def, limits.def and PE_WIRE_CODES make, and look-ups. */
#include "protocol_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors and limits ---- */

static const char *const codes[] = {"",
#define CODE_ROW(name, text, meaning) text,
                                    PE_WIRE_CODES(CODE_ROW)
#undef CODE_ROW
};

const char *pe_wire_code_text(pe_wire_code code)
{
    return (unsigned)code < PE_WIRE_CODE_COUNT ? codes[code] : codes[PE_WIRE_E_INTERNAL];
}

pe_wire_code pe_wire_code_find(const char *text, size_t length)
{
    for (int i = 1; i < PE_WIRE_CODE_COUNT; i++)
        if (strlen(codes[i]) == length && memcmp(codes[i], text, length) == 0)
            return (pe_wire_code)i;
    return PE_WIRE_E_INTERNAL;
}

pe_wire_code pe_wire_fail(pe_wire_diag *diag, pe_wire_code code, const char *where,
                          const char *format, ...)
{
    va_list arguments;
    if (diag == NULL) return code;
    diag->code = code;
    snprintf(diag->where, sizeof diag->where, "%s", where != NULL ? where : "");
    va_start(arguments, format);
    vsnprintf(diag->what, sizeof diag->what, format, arguments);
    va_end(arguments);
    pei_utf8_mend(diag->where); /* what is quoted may have been cut */
    pei_utf8_mend(diag->what);
    return code;
}

static const pe_wire_limit limits[] = {
#define PE_LIMIT(name, value, reason) {#name, value, reason},
#include "limits.def"
#undef PE_LIMIT
};

const pe_wire_limit *pe_wire_limits(size_t *count)
{
    *count = sizeof limits / sizeof limits[0];
    return limits;
}

pe_wire_text pe_wire_text_of(const char *text)
{
    if (text == NULL) text = "";
    return (pe_wire_text){text, (uint32_t)strlen(text)};
}

static bool text_is(pe_wire_text text, const char *name)
{
    return text.length == strlen(name) && memcmp(text.bytes, name, text.length) == 0;
}

/* ---- records ---- */

/* One table of fields per record; a record without fields has only the last, empty row. */
#define PE_RECORD(id, kind, doc) static const pei_field fields_##id[] = {
#define PE_NEED(id, field, type, of, doc)                                                          \
    {#field, PEI_TYPE_##type, PE_WIRE_##of, offsetof(pe_wire_##id, field), PEI_REQUIRED, doc},
#define PE_MAY(id, field, type, of, doc)                                                           \
    {#field,                                                                                       \
     PEI_TYPE_##type,                                                                              \
     PE_WIRE_##of,                                                                                 \
     offsetof(pe_wire_##id, field),                                                                \
     offsetof(pe_wire_##id, has_##field),                                                          \
     doc},
#define PE_END(id)                                                                                 \
    {                                                                                              \
        NULL, 0, 0, 0, 0, NULL                                                                     \
    }                                                                                              \
    }                                                                                              \
    ;
enum { PE_WIRE__ = PE_WIRE_RECORD_COUNT }; /* "_": of no record */
#include "messages.def"

enum { KIND_MAP, KIND_TUPLE };
static const pei_record records[] = {
#define PE_RECORD(id, kind, doc)                                                                   \
    {#id,                                                                                          \
     KIND_##kind == KIND_TUPLE,                                                                    \
     sizeof(pe_wire_##id),                                                                         \
     sizeof fields_##id / sizeof fields_##id[0] - 1,                                               \
     fields_##id,                                                                                  \
     doc},
#include "messages.def"
};

const pei_record *pei_record_get(pe_wire_record record)
{
    return &records[record];
}

uint16_t pei_record_number(const pei_record *record)
{
    return (uint16_t)(record - records);
}

size_t pe_wire_record_bytes(pe_wire_record record)
{
    return records[record].bytes;
}

/* ---- methods and notifications ---- */

static const pe_wire_method methods[] = {
#define PE_METHOD(id, name, flags, doc)                                                            \
    {name, PE_WIRE_METHOD_##id, PE_WIRE_##id, PE_WIRE_##id##_reply, PE_WIRE_##flags, doc},
#include "messages.def"
};

const pe_wire_method *pe_wire_method_get(pe_wire_method_id id)
{
    return &methods[id];
}

const pe_wire_method *pe_wire_method_find(pe_wire_text name)
{
    for (size_t i = 0; i < PE_WIRE_METHOD_COUNT; i++)
        if (text_is(name, methods[i].name)) return &methods[i];
    return NULL;
}

enum { FROM_CLIENT, FROM_HOST };
static const pe_wire_note notes[] = {
#define PE_NOTE(id, name, from, doc) {name, PE_WIRE_##id, FROM_##from == FROM_HOST, doc},
#include "messages.def"
};

const pe_wire_note *pe_wire_note_list(size_t *count)
{
    *count = sizeof notes / sizeof notes[0];
    return notes;
}

const pe_wire_note *pe_wire_note_find(pe_wire_text name)
{
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (text_is(name, notes[i].name)) return &notes[i];
    return NULL;
}

void pei_record_title(pe_wire_record record, char *title, size_t size)
{
    for (size_t i = 0; i < PE_WIRE_METHOD_COUNT; i++) {
        if (methods[i].params != record && methods[i].result != record) continue;
        snprintf(title, size, "%s%s", methods[i].result == record ? "reply of " : "",
                 methods[i].name);
        return;
    }
    snprintf(title, size, "%s", records[record].name);
}
