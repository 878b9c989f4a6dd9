/* wire_decode.c: objects to the structs of messages.def, driven by the table of fields. Whatever is
 * wrong is said with the path of the field. Nothing here trusts a count that was not walked. */
#include "protocol_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct decoder {
    msgpack_zone *zone;
    pe_wire_diag *diag;
    char path[128]; /* of the field at hand: "sheets[3].name" */
} decoder;

static pe_wire_code decode_record(decoder *d, const pei_record *record,
                                  const msgpack_object *object, uint8_t *into);

static pe_wire_code wrong(decoder *d, const char *what)
{
    return pe_wire_fail(d->diag, PE_WIRE_E_ARGUMENT, NULL, "field `%s` %s", d->path, what);
}

static pe_wire_code no_memory(decoder *d)
{
    return pe_wire_fail(d->diag, PE_WIRE_E_MEMORY, NULL, "out of memory for field `%s`", d->path);
}

/* ---- the path; what does not fit is cut, the length stays right ---- */

static size_t path_push(decoder *d, const char *name)
{
    size_t length = strlen(d->path);
    snprintf(d->path + length, sizeof d->path - length, "%s%s", length > 0 ? "." : "", name);
    return length;
}

static size_t path_index(decoder *d, uint32_t index)
{
    size_t length = strlen(d->path);
    snprintf(d->path + length, sizeof d->path - length, "[%lu]", (unsigned long)index);
    return length;
}

static void path_pop(decoder *d, size_t length)
{
    d->path[length] = '\0';
}

/* ---- scalars ---- */

static bool is_number(const msgpack_object *object)
{
    return object->type == MSGPACK_OBJECT_FLOAT64 || object->type == MSGPACK_OBJECT_FLOAT32 ||
           object->type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
           object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
}

static double number_of(const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER) return (double)object->via.u64;
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) return (double)object->via.i64;
    return object->via.f64;
}

/* Floats that hold an integer count as integers: some languages have no other numbers. */
static bool unsigned_of(const msgpack_object *object, uint64_t max, uint64_t *number)
{
    if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        *number = object->via.u64;
        return *number <= max;
    }
    if (!is_number(object)) return false;
    double value = number_of(object);
    if (!(value >= 0 && value <= 9007199254740992.0) || value != floor(value)) return false;
    *number = (uint64_t)value;
    return *number <= max;
}

static pe_wire_code decode_u32(decoder *d, const msgpack_object *object, uint32_t *into)
{
    uint64_t number;
    if (!unsigned_of(object, UINT32_MAX, &number))
        return wrong(d, "must be an integer from 0 to 4294967295");
    *into = (uint32_t)number;
    return PE_WIRE_OK;
}

static pe_wire_code decode_u64(decoder *d, const msgpack_object *object, uint64_t *into)
{
    return unsigned_of(object, UINT64_MAX, into) ? PE_WIRE_OK
                                                 : wrong(d, "must be an integer, 0 or more");
}

static pe_wire_code decode_integer(decoder *d, const msgpack_object *object, int64_t *into)
{
    uint64_t number;
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *into = object->via.i64;
        return PE_WIRE_OK;
    }
    if (unsigned_of(object, INT64_MAX, &number)) {
        *into = (int64_t)number;
        return PE_WIRE_OK;
    }
    double value = is_number(object) ? number_of(object) : 0.5;
    if (value < 0 && value >= -9007199254740992.0 && value == floor(value)) {
        *into = (int64_t)value;
        return PE_WIRE_OK;
    }
    return wrong(d, "must be an integer");
}

static pe_wire_code decode_number(decoder *d, const msgpack_object *object, double *into)
{
    if (!is_number(object) || !isfinite(number_of(object)))
        return wrong(d, "must be a finite number");
    *into = number_of(object);
    return PE_WIRE_OK;
}

static pe_wire_code decode_quantity(decoder *d, const msgpack_object *object, double *into)
{
    *into = NAN;
    if (object->type == MSGPACK_OBJECT_NIL) return PE_WIRE_OK;
    if (!is_number(object) || !isfinite(number_of(object)))
        return wrong(d, "must be a finite number or nil");
    *into = number_of(object);
    return PE_WIRE_OK;
}

static pe_wire_code decode_bool(decoder *d, const msgpack_object *object, bool *into)
{
    if (object->type != MSGPACK_OBJECT_BOOLEAN) return wrong(d, "must be true or false");
    *into = object->via.boolean;
    return PE_WIRE_OK;
}

static pe_wire_code check_text(decoder *d, const msgpack_object *object)
{
    if (object->type != MSGPACK_OBJECT_STR) return wrong(d, "must be text");
    if (object->via.str.size > PE_LIMIT_text_bytes)
        return pe_wire_fail(d->diag, PE_WIRE_E_LIMIT, NULL,
                            "field `%s` must be text of at most %d bytes", d->path,
                            PE_LIMIT_text_bytes);
    const char *bytes = pei_text_bytes(object);
    if (!pei_utf8_valid(bytes, object->via.str.size) ||
        memchr(bytes, '\0', object->via.str.size) != NULL)
        return wrong(d, "must be text in UTF-8 without NUL");
    return PE_WIRE_OK;
}

static pe_wire_code decode_text(decoder *d, const msgpack_object *object, pe_wire_text *into)
{
    pe_wire_code code = check_text(d, object);
    if (code != PE_WIRE_OK) return code;
    uint32_t length = object->via.str.size;
    char *copy = msgpack_zone_malloc_no_align(d->zone, (size_t)length + 1);
    if (copy == NULL) return no_memory(d);
    memcpy(copy, pei_text_bytes(object), length);
    copy[length] = '\0';
    *into = (pe_wire_text){copy, length};
    return PE_WIRE_OK;
}

/* A formula or nil; stays where it is, for there can be very many. */
static pe_wire_code decode_formula(decoder *d, const msgpack_object *object, pe_wire_text *into)
{
    *into = (pe_wire_text){NULL, 0};
    if (object->type == MSGPACK_OBJECT_NIL) return PE_WIRE_OK;
    pe_wire_code code = check_text(d, object);
    if (code == PE_WIRE_OK) *into = (pe_wire_text){pei_text_bytes(object), object->via.str.size};
    return code;
}

static pe_wire_code decode_value(decoder *d, const msgpack_object *object, pe_wire_value *into)
{
    char what[768];
    pe_wire_diag diag;
    pe_wire_code code = pe_wire_value_read(object, NULL, d->zone, into, &diag);
    if (code == PE_WIRE_OK) return code;
    memcpy(what, diag.what, sizeof what);
    return pe_wire_fail(d->diag, code, NULL, "field `%s`: %s", d->path, what);
}

/* An array of exactly `count` integers. */
static bool integers_of(const msgpack_object *object, uint32_t count, uint32_t *numbers)
{
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != count) return false;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        if (!unsigned_of(&object->via.array.ptr[i], UINT32_MAX, &number)) return false;
        numbers[i] = (uint32_t)number;
    }
    return true;
}

static pe_wire_code decode_area(decoder *d, const msgpack_object *object, pe_wire_area *into)
{
    uint32_t numbers[4];
    if (!integers_of(object, 4, numbers))
        return wrong(d, "must be an area [row, column, rows, columns]");
    *into = (pe_wire_area){numbers[0], numbers[1], numbers[2], numbers[3]};
    return PE_WIRE_OK;
}

static pe_wire_code decode_range(decoder *d, const msgpack_object *object, pe_wire_range *into)
{
    uint32_t numbers[2];
    if (!integers_of(object, 2, numbers) || numbers[0] > numbers[1])
        return wrong(d, "must be [first, last], first not after last");
    *into = (pe_wire_range){numbers[0], numbers[1]};
    return PE_WIRE_OK;
}

static pe_wire_code decode_seed(decoder *d, const msgpack_object *object, pe_wire_seed *into)
{
    if (object->type == MSGPACK_OBJECT_STR && object->via.str.size == 3 &&
        memcmp(object->via.str.ptr, "new", 3) == 0) {
        into->fresh = true;
        return PE_WIRE_OK;
    }
    return unsigned_of(object, UINT64_MAX, &into->number)
               ? PE_WIRE_OK
               : wrong(d, "must be an integer, 0 or more, or \"new\"");
}

/* ---- lists ---- */

/* The type and size of a list's items. */
static pei_field_type item_type(pei_field_type type)
{
    switch (type) {
    case PEI_TYPE_INTEGERS:
        return PEI_TYPE_INTEGER;
    case PEI_TYPE_NUMBERS:
        return PEI_TYPE_NUMBER;
    case PEI_TYPE_TEXTS:
        return PEI_TYPE_TEXT;
    case PEI_TYPE_VALUES:
        return PEI_TYPE_VALUE;
    case PEI_TYPE_AREAS:
        return PEI_TYPE_AREA;
    case PEI_TYPE_RANGES:
        return PEI_TYPE_RANGE;
    default:
        return PEI_TYPE_RECORD;
    }
}

static size_t item_bytes(pei_field_type type, uint16_t of)
{
    switch (type) {
    case PEI_TYPE_INTEGERS:
        return sizeof(int64_t);
    case PEI_TYPE_NUMBERS:
        return sizeof(double);
    case PEI_TYPE_TEXTS:
    case PEI_TYPE_FORMULAS:
        return sizeof(pe_wire_text);
    case PEI_TYPE_VALUES:
        return sizeof(pe_wire_value);
    case PEI_TYPE_AREAS:
        return sizeof(pe_wire_area);
    case PEI_TYPE_RANGES:
        return sizeof(pe_wire_range);
    case PEI_TYPE_NUMBER_MAP:
        return sizeof(pe_wire_pair);
    default:
        return pei_record_get((pe_wire_record)of)->bytes;
    }
}

static pe_wire_code decode_one(decoder *d, pei_field_type type, uint16_t of,
                               const msgpack_object *object, void *into)
{
    switch (type) {
    case PEI_TYPE_U32:
        return decode_u32(d, object, into);
    case PEI_TYPE_U64:
        return decode_u64(d, object, into);
    case PEI_TYPE_INTEGER:
        return decode_integer(d, object, into);
    case PEI_TYPE_NUMBER:
        return decode_number(d, object, into);
    case PEI_TYPE_QUANTITY:
        return decode_quantity(d, object, into);
    case PEI_TYPE_BOOL:
        return decode_bool(d, object, into);
    case PEI_TYPE_TEXT:
        return decode_text(d, object, into);
    case PEI_TYPE_VALUE:
        return decode_value(d, object, into);
    case PEI_TYPE_AREA:
        return decode_area(d, object, into);
    case PEI_TYPE_RANGE:
        return decode_range(d, object, into);
    case PEI_TYPE_SEED:
        return decode_seed(d, object, into);
    default:
        return decode_record(d, pei_record_get((pe_wire_record)of), object, into);
    }
}

static pe_wire_code list_new(decoder *d, size_t count, size_t bytes, pei_list *list)
{
    void *items = msgpack_zone_malloc(d->zone, count * bytes + 1);
    if (items == NULL) return no_memory(d);
    memset(items, 0, count * bytes);
    *list = (pei_list){items, (uint32_t)count};
    return PE_WIRE_OK;
}

static pe_wire_code decode_number_map(decoder *d, const msgpack_object *object, pei_list *list)
{
    if (object->type != MSGPACK_OBJECT_MAP) return wrong(d, "must be a map of numbers");
    uint32_t count = object->via.map.size;
    pe_wire_code code = list_new(d, count, sizeof(pe_wire_pair), list);
    pe_wire_pair *pairs = list->items;
    for (uint32_t i = 0; i < count && code == PE_WIRE_OK; i++) {
        code = decode_text(d, &object->via.map.ptr[i].key, &pairs[i].name);
        if (code == PE_WIRE_OK)
            code = decode_number(d, &object->via.map.ptr[i].val, &pairs[i].number);
    }
    return code;
}

static pe_wire_code decode_list(decoder *d, const pei_field *field, const msgpack_object *object,
                                pei_list *list)
{
    pei_field_type type = (pei_field_type)field->type;
    size_t bytes = item_bytes(type, field->of);
    if (type == PEI_TYPE_NUMBER_MAP) return decode_number_map(d, object, list);
    if (object->type != MSGPACK_OBJECT_ARRAY) return wrong(d, "must be an array");
    uint32_t count = object->via.array.size;
    pe_wire_code code = list_new(d, count, bytes, list);
    for (uint32_t i = 0; i < count && code == PE_WIRE_OK; i++) {
        void *item = (uint8_t *)list->items + i * bytes;
        const msgpack_object *from = &object->via.array.ptr[i];
        if (type == PEI_TYPE_FORMULAS && from->type == MSGPACK_OBJECT_NIL) continue;
        size_t length = path_index(d, i);
        code = type == PEI_TYPE_FORMULAS ? decode_formula(d, from, item)
                                         : decode_one(d, item_type(type), field->of, from, item);
        path_pop(d, length);
    }
    return code;
}

/* ---- records ---- */

static pe_wire_code decode_field(decoder *d, const pei_field *field, const msgpack_object *object,
                                 uint8_t *into)
{
    size_t length = path_push(d, field->name);
    pe_wire_code code =
        field->type >= PEI_TYPE_LIST
            ? decode_list(d, field, object, (pei_list *)(into + field->offset))
            : decode_one(d, (pei_field_type)field->type, field->of, object, into + field->offset);
    path_pop(d, length);
    return code;
}

static bool may_be_nil(const pei_field *field)
{
    return field->type == PEI_TYPE_QUANTITY || field->type == PEI_TYPE_VALUE;
}

/* The value for a field, nil counting as left out. NULL: there is none. */
static const msgpack_object *find(const msgpack_object *object, const pei_record *record,
                                  uint32_t index, bool *twice)
{
    const pei_field *field = &record->fields[index];
    const msgpack_object *found = NULL;
    if (record->tuple) {
        found = index < object->via.array.size ? &object->via.array.ptr[index] : NULL;
    } else {
        size_t length = strlen(field->name);
        for (uint32_t i = 0; i < object->via.map.size; i++) {
            const msgpack_object *key = &object->via.map.ptr[i].key;
            if (key->type != MSGPACK_OBJECT_STR || key->via.str.size != length ||
                memcmp(key->via.str.ptr, field->name, length) != 0)
                continue;
            *twice = found != NULL;
            if (*twice) return found;
            found = &object->via.map.ptr[i].val;
        }
    }
    if (found != NULL && found->type == MSGPACK_OBJECT_NIL && !may_be_nil(field)) return NULL;
    return found;
}

static pe_wire_code decode_record(decoder *d, const pei_record *record,
                                  const msgpack_object *object, uint8_t *into)
{
    if (object->type != (record->tuple ? MSGPACK_OBJECT_ARRAY : MSGPACK_OBJECT_MAP))
        return wrong(d, record->tuple ? "must be an array" : "must be a map of fields");
    uint16_t number = pei_record_number(record);
    memcpy(into, &number, sizeof number);
    for (uint32_t i = 0; i < record->field_count; i++) {
        const pei_field *field = &record->fields[i];
        bool twice = false;
        const msgpack_object *from = find(object, record, i, &twice);
        pe_wire_code code = PE_WIRE_OK;
        if (from != NULL && !twice) {
            code = decode_field(d, field, from, into);
            if (field->has_offset != PEI_REQUIRED) *(bool *)(into + field->has_offset) = true;
        } else if (twice || field->has_offset == PEI_REQUIRED) {
            path_push(d, field->name);
            code = wrong(d, twice ? "is there twice" : "is missing");
        }
        if (code != PE_WIRE_OK) return code;
    }
    return PE_WIRE_OK;
}

pe_wire_code pe_wire_decode(pe_wire_record record, const msgpack_object *object, msgpack_zone *zone,
                            void *into, pe_wire_diag *diag)
{
    pe_wire_diag local;
    decoder d = {.zone = zone, .diag = diag != NULL ? diag : &local};
    memset(into, 0, pe_wire_record_bytes(record));
    pe_wire_code code = decode_record(&d, pei_record_get(record), object, into);
    if (code != PE_WIRE_OK) pei_record_title(record, d.diag->where, sizeof d.diag->where);
    return code;
}

pe_wire_code pe_wire_decode_bytes(pe_wire_record record, const uint8_t *bytes, size_t length,
                                  msgpack_zone *zone, void *into, pe_wire_diag *diag)
{
    msgpack_object object;
    pe_wire_code code = pe_wire_unpack(bytes, length, zone, &object, diag);
    return code == PE_WIRE_OK ? pe_wire_decode(record, &object, zone, into, diag) : code;
}
