/* protocol_internal.h: shared by the files of protocol only: the table of records, and text. */
#ifndef PE_PROTOCOL_INTERNAL_H
#define PE_PROTOCOL_INTERNAL_H

#include "protocol.h"

/* X(TYPE): every type of field, in the order of pei_field_type. */
#define PEI_FIELD_TYPES(X)                                                                         \
    X(U32)                                                                                         \
    X(U64)                                                                                         \
    X(INTEGER)                                                                                     \
    X(NUMBER)                                                                                      \
    X(QUANTITY)                                                                                    \
    X(BOOL)                                                                                        \
    X(TEXT)                                                                                        \
    X(VALUE)                                                                                       \
    X(AREA)                                                                                        \
    X(RANGE)                                                                                       \
    X(SEED)                                                                                        \
    X(RECORD)                                                                                      \
    X(LIST)                                                                                        \
    X(INTEGERS)                                                                                    \
    X(NUMBERS)                                                                                     \
    X(TEXTS)                                                                                       \
    X(FORMULAS)                                                                                    \
    X(VALUES)                                                                                      \
    X(AREAS)                                                                                       \
    X(RANGES)                                                                                      \
    X(NUMBER_MAP)

typedef enum pei_field_type {
#define PEI_TYPE_ENUM(type) PEI_TYPE_##type,
    PEI_FIELD_TYPES(PEI_TYPE_ENUM)
#undef PEI_TYPE_ENUM
} pei_field_type;

#define PEI_REQUIRED 0xFFFFu /* as has_offset: the field has no has_ */

typedef struct pei_field {
    const char *name;
    uint16_t type;       /* pei_field_type */
    uint16_t of;         /* LIST, RECORD: pe_wire_record */
    uint16_t offset;     /* in the record's struct */
    uint16_t has_offset; /* of has_<name>, or PEI_REQUIRED */
    const char *doc;
} pei_field;

typedef struct pei_record {
    const char *name;
    bool tuple;
    uint16_t bytes; /* of the struct */
    uint16_t field_count;
    const pei_field *fields;
    const char *doc;
} pei_record;

/* Every list field's struct has this layout. */
typedef struct pei_list {
    void *items;
    uint32_t count;
} pei_list;

const pei_record *pei_record_get(pe_wire_record record);
uint16_t pei_record_number(const pei_record *record);
/* For a person: "workbook.begin", "reply of inspect". */
void pei_record_title(pe_wire_record record, char *title, size_t size);
/* The bytes of a text object; msgpack-c leaves those of an empty one undefined. */
static inline const char *pei_text_bytes(const msgpack_object *object)
{
    return object->via.str.size > 0 ? object->via.str.ptr : "";
}
bool pei_utf8_valid(const char *bytes, size_t length);
void pei_utf8_mend(char *text); /* malformed bytes go */
void pei_pack_text(msgpack_packer *packer, const char *bytes, size_t length);

#endif
