/* wire_value.c: spreadsheet values on the wire, and the rules for text. */
#include "protocol_internal.h"

#include <math.h>
#include <string.h>

/* The length of the UTF-8 sequence at bytes, 0 where it is malformed (overlong, surrogate, beyond
 * U+10FFFF or cut off). */
static size_t sequence_length(const uint8_t *bytes, size_t left)
{
    uint8_t first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || length > left || first > 0xf4) return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
        (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
        return 0;
    return length;
}

bool pei_utf8_valid(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint64_t eight;
        if (length - at >= 8) {
            memcpy(&eight, bytes + at, 8);
            if ((eight & 0x8080808080808080ull) == 0) {
                at += 8;
                continue;
            }
        }
        size_t step = sequence_length((const uint8_t *)bytes + at, length - at);
        if (step == 0) return false;
        at += step;
    }
    return true;
}

/* The next run of whole characters from *at on: its length, *at its start; 0: there is no more. */
static size_t next_run(const char *bytes, size_t length, size_t *at)
{
    while (*at < length && sequence_length((const uint8_t *)bytes + *at, length - *at) == 0) ++*at;
    size_t end = *at, step = 1;
    while (end < length && step > 0) {
        step = sequence_length((const uint8_t *)bytes + end, length - end);
        end += step;
    }
    return end - *at;
}

void pei_utf8_mend(char *text)
{
    size_t length = strlen(text), used = 0, run;
    for (size_t at = 0; (run = next_run(text, length, &at)) > 0; at += run) {
        memmove(text + used, text + at, run);
        used += run;
    }
    text[used] = '\0';
}

/* Text that is not UTF-8 (a message cut inside a character) goes without its malformed bytes. */
static void pack_whole(msgpack_packer *packer, const char *bytes, size_t length)
{
    size_t kept = 0, run;
    for (size_t at = 0; (run = next_run(bytes, length, &at)) > 0; at += run) kept += run;
    msgpack_pack_str(packer, kept);
    for (size_t at = 0; (run = next_run(bytes, length, &at)) > 0; at += run)
        msgpack_pack_str_body(packer, bytes + at, run);
}

void pei_pack_text(msgpack_packer *packer, const char *bytes, size_t length)
{
    if (!pei_utf8_valid(bytes, length)) {
        pack_whole(packer, bytes, length);
        return;
    }
    msgpack_pack_str(packer, length);
    msgpack_pack_str_body(packer, bytes, length);
}

static pe_wire_code wrong(pe_wire_diag *diag, const char *where, const char *what)
{
    return pe_wire_fail(diag, PE_WIRE_E_ARGUMENT, where, "%s", what);
}

static pe_wire_code read_text(const msgpack_object *object, const char *where, pe_wire_value *value,
                              pe_wire_diag *diag)
{
    const msgpack_object_str *text = &object->via.str;
    if (text->size > PE_LIMIT_text_bytes)
        return pe_wire_fail(diag, PE_WIRE_E_LIMIT, where, "must be text of at most %d bytes",
                            PE_LIMIT_text_bytes);
    if (!pei_utf8_valid(pei_text_bytes(object), text->size))
        return wrong(diag, where, "must be text in UTF-8");
    value->kind = PE_WIRE_TEXT;
    value->length = text->size;
    value->text = pei_text_bytes(object);
    return PE_WIRE_OK;
}

static pe_wire_code read_ext(const msgpack_object *object, const char *where, pe_wire_value *value,
                             pe_wire_diag *diag)
{
    const msgpack_object_ext *ext = &object->via.ext;
    if (ext->type == PE_WIRE_EXT_OMITTED && ext->size == 0) {
        value->kind = PE_WIRE_OMITTED;
        return PE_WIRE_OK;
    }
    uint8_t code = ext->size == 1 ? (uint8_t)ext->ptr[0] : 0;
    if (ext->type != PE_WIRE_EXT_ERROR || code == 0 || code > PE_WIRE_ERROR_MAX)
        return wrong(diag, where, "must be a value: this extension is not one of the table Values");
    value->kind = PE_WIRE_ERROR;
    value->code = code;
    return PE_WIRE_OK;
}

/* The member of a map, NULL where it is not there. */
static const msgpack_object *member(const msgpack_object_map *map, const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *key = &map->ptr[i].key;
        if (key->type == MSGPACK_OBJECT_STR && key->via.str.size == length &&
            memcmp(key->via.str.ptr, name, length) == 0)
            return &map->ptr[i].val;
    }
    return NULL;
}

static bool member_u32(const msgpack_object_map *map, const char *name, uint32_t *number)
{
    const msgpack_object *object = member(map, name);
    if (object == NULL || object->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
        object->via.u64 > UINT32_MAX)
        return false;
    *number = (uint32_t)object->via.u64;
    return true;
}

static pe_wire_code read_scalar(const msgpack_object *object, const char *where,
                                pe_wire_value *value, pe_wire_diag *diag)
{
    memset(value, 0, sizeof *value);
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        return PE_WIRE_OK;
    case MSGPACK_OBJECT_BOOLEAN:
        value->kind = PE_WIRE_BOOLEAN;
        value->code = object->via.boolean;
        return PE_WIRE_OK;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        value->number = (double)object->via.u64;
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        value->number = (double)object->via.i64;
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        value->number = object->via.f64;
        break;
    case MSGPACK_OBJECT_STR:
        return read_text(object, where, value, diag);
    case MSGPACK_OBJECT_EXT:
        return read_ext(object, where, value, diag);
    default:
        return wrong(diag, where, "must be a value: nil, number, text, boolean or error");
    }
    value->kind = PE_WIRE_NUMBER;
    return isfinite(value->number) ? PE_WIRE_OK : wrong(diag, where, "must be a finite number");
}

static pe_wire_code read_array(const msgpack_object_map *map, const char *where, msgpack_zone *zone,
                               pe_wire_value *value, pe_wire_diag *diag)
{
    const msgpack_object *list = member(map, "values");
    uint32_t rows, columns;
    if (list == NULL || list->type != MSGPACK_OBJECT_ARRAY || !member_u32(map, "rows", &rows) ||
        !member_u32(map, "columns", &columns) || rows == 0 || columns == 0 ||
        (uint64_t)rows * columns != list->via.array.size)
        return wrong(diag, where,
                     "must be an array {rows, columns, values: rows * columns values}");
    uint32_t count = list->via.array.size;
    pe_wire_value *values = msgpack_zone_malloc(zone, count * sizeof *values);
    pe_wire_array *array = msgpack_zone_malloc(zone, sizeof *array);
    if (values == NULL || array == NULL)
        return pe_wire_fail(diag, PE_WIRE_E_MEMORY, where, "out of memory for an array");
    for (uint32_t i = 0; i < count; i++) {
        pe_wire_code code = read_scalar(&list->via.array.ptr[i], where, &values[i], diag);
        if (code != PE_WIRE_OK) return code;
    }
    *array = (pe_wire_array){rows, columns, values};
    value->kind = PE_WIRE_ARRAY;
    value->array = array;
    return PE_WIRE_OK;
}

static pe_wire_code read_reference(const msgpack_object_map *map, const char *where,
                                   msgpack_zone *zone, pe_wire_value *value, pe_wire_diag *diag)
{
    pe_wire_reference *reference = msgpack_zone_malloc(zone, sizeof *reference);
    if (reference == NULL)
        return pe_wire_fail(diag, PE_WIRE_E_MEMORY, where, "out of memory for a reference");
    if (!member_u32(map, "sheet", &reference->sheet) || !member_u32(map, "row", &reference->row) ||
        !member_u32(map, "column", &reference->column) ||
        !member_u32(map, "rows", &reference->rows) ||
        !member_u32(map, "columns", &reference->columns) || reference->rows == 0 ||
        reference->columns == 0)
        return wrong(diag, where, "must be a reference {sheet, row, column, rows, columns}");
    value->kind = PE_WIRE_REFERENCE;
    value->reference = reference;
    return PE_WIRE_OK;
}

pe_wire_code pe_wire_value_read(const msgpack_object *object, const char *where, msgpack_zone *zone,
                                pe_wire_value *value, pe_wire_diag *diag)
{
    if (object->type != MSGPACK_OBJECT_MAP) return read_scalar(object, where, value, diag);
    memset(value, 0, sizeof *value);
    if (member(&object->via.map, "values") != NULL)
        return read_array(&object->via.map, where, zone, value, diag);
    return read_reference(&object->via.map, where, zone, value, diag);
}

/* ---- packing ---- */

static void pack_member(msgpack_packer *packer, const char *name, uint32_t number)
{
    pei_pack_text(packer, name, strlen(name));
    msgpack_pack_uint32(packer, number);
}

static void pack_array(msgpack_packer *packer, const pe_wire_array *array)
{
    uint32_t count = array->rows * array->columns;
    msgpack_pack_map(packer, 3);
    pack_member(packer, "rows", array->rows);
    pack_member(packer, "columns", array->columns);
    pei_pack_text(packer, "values", 6);
    msgpack_pack_array(packer, count);
    for (uint32_t i = 0; i < count; i++) pe_wire_value_pack(packer, &array->values[i]);
}

static void pack_reference(msgpack_packer *packer, const pe_wire_reference *reference)
{
    msgpack_pack_map(packer, 5);
    pack_member(packer, "sheet", reference->sheet);
    pack_member(packer, "row", reference->row);
    pack_member(packer, "column", reference->column);
    pack_member(packer, "rows", reference->rows);
    pack_member(packer, "columns", reference->columns);
}

static void pack_error(msgpack_packer *packer, uint8_t code)
{
    msgpack_pack_ext(packer, 1, PE_WIRE_EXT_ERROR);
    msgpack_pack_ext_body(packer, &code, 1);
}

void pe_wire_value_pack(msgpack_packer *packer, const pe_wire_value *value)
{
    switch ((pe_wire_kind)value->kind) {
    case PE_WIRE_BLANK:
        msgpack_pack_nil(packer);
        break;
    case PE_WIRE_NUMBER:
        if (isfinite(value->number))
            msgpack_pack_double(packer, value->number);
        else
            pack_error(packer, 6);
        break;
    case PE_WIRE_TEXT:
        pei_pack_text(packer, value->text, value->length);
        break;
    case PE_WIRE_BOOLEAN:
        value->code ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        break;
    case PE_WIRE_ERROR:
        pack_error(packer, value->code);
        break;
    case PE_WIRE_OMITTED:
        msgpack_pack_ext(packer, 0, PE_WIRE_EXT_OMITTED);
        break;
    case PE_WIRE_ARRAY:
        pack_array(packer, value->array);
        break;
    case PE_WIRE_REFERENCE:
        pack_reference(packer, value->reference);
        break;
    }
}
