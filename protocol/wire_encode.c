/* wire_encode.c: the structs of messages.def to MessagePack, driven by the table of fields. A field
 * that may be left out is packed where has_<field> says so. */
#include "protocol_internal.h"

#include <math.h>
#include <string.h>

static pe_wire_code encode_record(msgpack_packer *packer, const pei_record *record,
                                  const uint8_t *from, pe_wire_diag *diag);

static pe_wire_code encode_number(msgpack_packer *packer, double number, pe_wire_diag *diag)
{
    if (!isfinite(number))
        return pe_wire_fail(diag, PE_WIRE_E_INTERNAL, NULL, "a number that is not finite");
    msgpack_pack_double(packer, number);
    return PE_WIRE_OK;
}

static void encode_text(msgpack_packer *packer, const pe_wire_text *text, bool may_be_nil)
{
    if (text->bytes == NULL && may_be_nil)
        msgpack_pack_nil(packer);
    else
        pei_pack_text(packer, text->bytes != NULL ? text->bytes : "", text->length);
}

static void encode_area(msgpack_packer *packer, const pe_wire_area *area)
{
    msgpack_pack_array(packer, 4);
    msgpack_pack_uint32(packer, area->row);
    msgpack_pack_uint32(packer, area->column);
    msgpack_pack_uint32(packer, area->rows);
    msgpack_pack_uint32(packer, area->columns);
}

static void encode_range(msgpack_packer *packer, const pe_wire_range *range)
{
    msgpack_pack_array(packer, 2);
    msgpack_pack_uint32(packer, range->first);
    msgpack_pack_uint32(packer, range->last);
}

static pe_wire_code encode_list(msgpack_packer *packer, const pei_field *field,
                                const pei_list *list, pe_wire_diag *diag)
{
    const pei_record *record = field->type == PEI_TYPE_LIST ? pei_record_get(field->of) : NULL;
    pe_wire_code code = PE_WIRE_OK;
    if (field->type == PEI_TYPE_NUMBER_MAP)
        msgpack_pack_map(packer, list->count);
    else
        msgpack_pack_array(packer, list->count);
    for (uint32_t i = 0; i < list->count && code == PE_WIRE_OK; i++) {
        switch ((pei_field_type)field->type) {
        case PEI_TYPE_INTEGERS:
            msgpack_pack_int64(packer, ((const int64_t *)list->items)[i]);
            break;
        case PEI_TYPE_NUMBERS:
            code = encode_number(packer, ((const double *)list->items)[i], diag);
            break;
        case PEI_TYPE_TEXTS:
        case PEI_TYPE_FORMULAS:
            encode_text(packer, &((const pe_wire_text *)list->items)[i],
                        field->type == PEI_TYPE_FORMULAS);
            break;
        case PEI_TYPE_VALUES:
            pe_wire_value_pack(packer, &((const pe_wire_value *)list->items)[i]);
            break;
        case PEI_TYPE_AREAS:
            encode_area(packer, &((const pe_wire_area *)list->items)[i]);
            break;
        case PEI_TYPE_RANGES:
            encode_range(packer, &((const pe_wire_range *)list->items)[i]);
            break;
        case PEI_TYPE_NUMBER_MAP:
            encode_text(packer, &((const pe_wire_pair *)list->items)[i].name, false);
            code = encode_number(packer, ((const pe_wire_pair *)list->items)[i].number, diag);
            break;
        default:
            code = encode_record(packer, record, (const uint8_t *)list->items + i * record->bytes,
                                 diag);
        }
    }
    return code;
}

static pe_wire_code encode_scalar(msgpack_packer *packer, const pei_field *field, const void *from,
                                  pe_wire_diag *diag)
{
    const pe_wire_seed *seed = from;
    switch ((pei_field_type)field->type) {
    case PEI_TYPE_U32:
        msgpack_pack_uint32(packer, *(const uint32_t *)from);
        break;
    case PEI_TYPE_U64:
        msgpack_pack_uint64(packer, *(const uint64_t *)from);
        break;
    case PEI_TYPE_INTEGER:
        msgpack_pack_int64(packer, *(const int64_t *)from);
        break;
    case PEI_TYPE_NUMBER:
        return encode_number(packer, *(const double *)from, diag);
    case PEI_TYPE_QUANTITY:
        if (isfinite(*(const double *)from))
            msgpack_pack_double(packer, *(const double *)from);
        else
            msgpack_pack_nil(packer);
        break;
    case PEI_TYPE_BOOL:
        *(const bool *)from ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        break;
    case PEI_TYPE_TEXT:
        encode_text(packer, from, false);
        break;
    case PEI_TYPE_VALUE:
        pe_wire_value_pack(packer, from);
        break;
    case PEI_TYPE_AREA:
        encode_area(packer, from);
        break;
    case PEI_TYPE_RANGE:
        encode_range(packer, from);
        break;
    case PEI_TYPE_SEED:
        if (seed->fresh)
            pei_pack_text(packer, "new", 3);
        else
            msgpack_pack_uint64(packer, seed->number);
        break;
    default:
        return encode_record(packer, pei_record_get(field->of), from, diag);
    }
    return PE_WIRE_OK;
}

static bool is_there(const pei_field *field, const uint8_t *from)
{
    return field->has_offset == PEI_REQUIRED || *(const bool *)(from + field->has_offset);
}

static pe_wire_code encode_record(msgpack_packer *packer, const pei_record *record,
                                  const uint8_t *from, pe_wire_diag *diag)
{
    size_t count = 0;
    for (uint32_t i = 0; i < record->field_count; i++) count += is_there(&record->fields[i], from);
    if (record->tuple)
        msgpack_pack_array(packer, record->field_count);
    else
        msgpack_pack_map(packer, count);
    for (uint32_t i = 0; i < record->field_count; i++) {
        const pei_field *field = &record->fields[i];
        if (!record->tuple) {
            if (!is_there(field, from)) continue;
            pei_pack_text(packer, field->name, strlen(field->name));
        }
        const void *at = from + field->offset;
        pe_wire_code code = field->type >= PEI_TYPE_LIST ? encode_list(packer, field, at, diag)
                                                         : encode_scalar(packer, field, at, diag);
        if (code == PE_WIRE_OK) continue;
        if (diag != NULL && diag->where[0] == '\0')
            pe_wire_fail(diag, code, field->name, "a number that is not finite");
        return code;
    }
    return PE_WIRE_OK;
}

pe_wire_code pe_wire_encode(msgpack_packer *packer, pe_wire_record record, const void *from,
                            pe_wire_diag *diag)
{
    if (diag != NULL) diag->where[0] = '\0';
    return encode_record(packer, pei_record_get(record), from, diag);
}
