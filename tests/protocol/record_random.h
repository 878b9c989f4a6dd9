/* record_random.h: the MessagePack of a record with random content in its fields' types, in the
 * form that encoding gives (order of fields, double for numbers). */
#ifndef PE_TEST_RECORD_RANDOM_H
#define PE_TEST_RECORD_RANDOM_H

#include "protocol_internal.h"

static void record_random(msgpack_packer *packer, const pei_record *record, uint32_t *random);

static uint32_t random_below(uint32_t *random, uint32_t below)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 8) % below;
}

static void random_text(msgpack_packer *packer, uint32_t *random)
{
    static const char *const texts[] = {"", "a", "Sheet1!B7", "\xe2\x82\xac \xc3\xa4",
                                        "a text of more than thirty-one bytes, as str 8"};
    const char *text = texts[random_below(random, 5)];
    pei_pack_text(packer, text, strlen(text));
}

static void random_value(msgpack_packer *packer, uint32_t *random, bool nested)
{
    pe_wire_value cells[2] = {{.kind = PE_WIRE_NUMBER, .number = 1.5},
                              {.kind = PE_WIRE_ERROR, .code = 7}};
    pe_wire_array array = {1, 2, cells};
    pe_wire_reference reference = {1, 2, 3, 4, 5};
    pe_wire_value value = {.kind = (uint8_t)random_below(random, nested ? 8 : 6)};
    value.code = value.kind == PE_WIRE_ERROR     ? (uint8_t)(1 + random_below(random, 16))
                 : value.kind == PE_WIRE_BOOLEAN ? (uint8_t)random_below(random, 2)
                                                 : 0;
    if (value.kind == PE_WIRE_TEXT) {
        random_text(packer, random);
        return;
    }
    if (value.kind == PE_WIRE_NUMBER) value.number = (double)random_below(random, 1000) / 8;
    if (value.kind == PE_WIRE_ARRAY) value.array = &array;
    if (value.kind == PE_WIRE_REFERENCE) value.reference = &reference;
    pe_wire_value_pack(packer, &value);
}

static void random_integers(msgpack_packer *packer, uint32_t count)
{
    msgpack_pack_array(packer, count);
    for (uint32_t i = 0; i < count; i++) msgpack_pack_uint32(packer, 1000 * i);
}

static void random_item(msgpack_packer *packer, const pei_field *field, pei_field_type type,
                        uint32_t *random)
{
    switch (type) {
    case PEI_TYPE_U32:
    case PEI_TYPE_U64:
        msgpack_pack_uint64(packer,
                            (uint64_t)random_below(random, 1 << 20) >> random_below(random, 20));
        break;
    case PEI_TYPE_INTEGER:
    case PEI_TYPE_INTEGERS:
        msgpack_pack_int64(packer, (int64_t)random_below(random, 4000) - 2000);
        break;
    case PEI_TYPE_QUANTITY:
        if (random_below(random, 3) == 0) {
            msgpack_pack_nil(packer);
            break;
        } /* fall through */
    case PEI_TYPE_NUMBER:
    case PEI_TYPE_NUMBERS:
        msgpack_pack_double(packer, (double)random_below(random, 4000) / 16 - 100);
        break;
    case PEI_TYPE_BOOL:
        random_below(random, 2) ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        break;
    case PEI_TYPE_FORMULAS:
        if (random_below(random, 2) == 0) {
            msgpack_pack_nil(packer);
            break;
        } /* fall through */
    case PEI_TYPE_TEXT:
    case PEI_TYPE_TEXTS:
        random_text(packer, random);
        break;
    case PEI_TYPE_VALUE:
    case PEI_TYPE_VALUES:
        random_value(packer, random, true);
        break;
    case PEI_TYPE_AREA:
    case PEI_TYPE_AREAS:
        random_integers(packer, 4);
        break;
    case PEI_TYPE_RANGE:
    case PEI_TYPE_RANGES:
        random_integers(packer, 2);
        break;
    case PEI_TYPE_SEED:
        random_below(random, 2) ? pei_pack_text(packer, "new", 3)
                                : msgpack_pack_uint64(packer, 12345);
        break;
    default:
        record_random(packer, pei_record_get((pe_wire_record)field->of), random);
    }
}

static void random_field(msgpack_packer *packer, const pei_field *field, uint32_t *random)
{
    uint32_t count = random_below(random, 4) * random_below(random, 7);
    if (field->type < PEI_TYPE_LIST) {
        random_item(packer, field, (pei_field_type)field->type, random);
    } else if (field->type == PEI_TYPE_NUMBER_MAP) {
        msgpack_pack_map(packer, 1);
        pei_pack_text(packer, "depth", 5);
        msgpack_pack_double(packer, 32);
    } else {
        msgpack_pack_array(packer, count);
        for (uint32_t i = 0; i < count; i++)
            random_item(packer, field, (pei_field_type)field->type, random);
    }
}

static void record_random(msgpack_packer *packer, const pei_record *record, uint32_t *random)
{
    uint32_t there = 0, count = 0;
    for (uint32_t i = 0; i < record->field_count; i++) {
        if (record->fields[i].has_offset != PEI_REQUIRED && random_below(random, 2)) continue;
        there |= 1u << i;
        count++;
    }
    if (record->tuple)
        msgpack_pack_array(packer, record->field_count);
    else
        msgpack_pack_map(packer, count);
    for (uint32_t i = 0; i < record->field_count; i++) {
        if ((there >> i & 1) == 0) continue;
        if (!record->tuple)
            pei_pack_text(packer, record->fields[i].name, strlen(record->fields[i].name));
        random_field(packer, &record->fields[i], random);
    }
}

#endif
