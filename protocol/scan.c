/* scan.c: walks MessagePack bytes before anything is built from them, and splits a message.
 * msgpack-c's unpacker allocates what an array declares; after this walk everything declared is
 * there. The walk allocates nothing and its stack is bounded by the limit on depth. */
#include "protocol_internal.h"

#include <string.h>

#define DEPTH_LIMIT PE_LIMIT_depth

/* What one object's first byte says. */
typedef struct object_head {
    uint32_t bytes;    /* of the head: first byte and length field */
    uint64_t payload;  /* bytes that follow and are no objects */
    uint64_t children; /* objects that follow */
    bool container, valid;
} object_head;

static uint64_t big_endian(const uint8_t *bytes, uint32_t count)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

/* X(first byte, width of the length field, fixed payload, bytes per counted byte, children per
 * counted object) for 0xc0 to 0xdf. */
static const struct {
    uint8_t width, fixed, counted, children;
} heads[32] = {
    /* c0 nil, c1 none, c2 false, c3 true */
    {0, 0, 0, 0},
    {0, 0, 0, 0},
    {0, 0, 0, 0},
    {0, 0, 0, 0},
    /* c4 bin 8, 16, 32 */
    {1, 0, 1, 0},
    {2, 0, 1, 0},
    {4, 0, 1, 0},
    /* c7 ext 8, 16, 32: a type byte and the counted bytes */
    {1, 1, 1, 0},
    {2, 1, 1, 0},
    {4, 1, 1, 0},
    /* ca float 32, float 64 */
    {0, 4, 0, 0},
    {0, 8, 0, 0},
    /* cc uint 8, 16, 32, 64, int 8, 16, 32, 64 */
    {0, 1, 0, 0},
    {0, 2, 0, 0},
    {0, 4, 0, 0},
    {0, 8, 0, 0},
    {0, 1, 0, 0},
    {0, 2, 0, 0},
    {0, 4, 0, 0},
    {0, 8, 0, 0},
    /* d4 fixext 1, 2, 4, 8, 16 */
    {0, 2, 0, 0},
    {0, 3, 0, 0},
    {0, 5, 0, 0},
    {0, 9, 0, 0},
    {0, 17, 0, 0},
    /* d9 str 8, 16, 32 */
    {1, 0, 1, 0},
    {2, 0, 1, 0},
    {4, 0, 1, 0},
    /* dc array 16, 32, de map 16, 32 */
    {2, 0, 0, 1},
    {4, 0, 0, 1},
    {2, 0, 0, 2},
    {4, 0, 0, 2},
};

static object_head read_head(const uint8_t *at, size_t left)
{
    object_head head = {.bytes = 1, .valid = left > 0};
    if (!head.valid) return head;
    uint8_t first = at[0];
    if (first < 0x80 || first >= 0xe0) return head; /* a small integer */
    if (first < 0xa0) {
        head.container = true;
        head.children = (uint64_t)(first & 15) << (first < 0x90);
        return head;
    }
    if (first < 0xc0) {
        head.payload = first & 31;
        return head;
    }
    uint32_t width = heads[first - 0xc0].width;
    if (first == 0xc1 || left - 1 < width) {
        head.valid = false;
        return head;
    }
    uint64_t count = big_endian(at + 1, width);
    head.bytes += width;
    head.payload = heads[first - 0xc0].fixed + heads[first - 0xc0].counted * count;
    head.children = heads[first - 0xc0].children * count;
    head.container = heads[first - 0xc0].children > 0;
    return head;
}

static pe_wire_code cut_off(pe_wire_diag *diag)
{
    return pe_wire_fail(diag, PE_WIRE_E_PROTOCOL, "message",
                        "not MessagePack, or it declares more than it holds");
}

pe_wire_code pe_wire_scan(const uint8_t *bytes, size_t length, uint32_t depth_max,
                          uint32_t elements_max, size_t *used, pe_wire_diag *diag)
{
    uint64_t open[DEPTH_LIMIT]; /* children to come, per container around */
    uint32_t depth = 0;
    uint64_t elements = 1; /* seen or declared: a declared one takes at least one byte */
    size_t at = 0;
    if (depth_max > DEPTH_LIMIT) depth_max = DEPTH_LIMIT;
    do {
        object_head head = read_head(bytes + at, length - at);
        if (!head.valid) return cut_off(diag);
        at += head.bytes;
        if (head.payload > length - at || head.children > length - at) return cut_off(diag);
        at += (size_t)head.payload;
        elements += head.children;
        if (elements > elements_max)
            return pe_wire_fail(diag, PE_WIRE_E_LIMIT, "message",
                                "more than %lu values in one message; send it in parts",
                                (unsigned long)elements_max);
        if (head.container && depth == depth_max)
            return pe_wire_fail(diag, PE_WIRE_E_LIMIT, "message", "nested deeper than %lu levels",
                                (unsigned long)depth_max);
        if (head.children > 0) {
            open[depth++] = head.children;
            continue;
        }
        while (depth > 0 && --open[depth - 1] == 0) depth--;
    } while (depth > 0);
    *used = at;
    return PE_WIRE_OK;
}

/* ---- the parts of a message ---- */

/* The integer at *at, at most max. */
static bool take_integer(const uint8_t *bytes, size_t length, size_t *at, uint64_t max,
                         uint64_t *value)
{
    object_head head = read_head(bytes + *at, length - *at);
    uint8_t first = *at < length ? bytes[*at] : 0xc1;
    if (!head.valid || head.payload > length - *at - head.bytes) return false;
    if (first < 0x80)
        *value = first;
    else if (first >= 0xcc && first <= 0xcf)
        *value = big_endian(bytes + *at + 1, (uint32_t)head.payload);
    else
        return false;
    *at += head.bytes + (size_t)head.payload;
    return *value <= max;
}

static bool take_text(const uint8_t *bytes, size_t length, size_t *at, pe_wire_text *text)
{
    object_head head = read_head(bytes + *at, length - *at);
    uint8_t first = *at < length ? bytes[*at] : 0xc1;
    bool is_text = (first >= 0xa0 && first < 0xc0) || (first >= 0xd9 && first <= 0xdb);
    if (!head.valid || !is_text || head.payload > length - *at - head.bytes) return false;
    text->bytes = (const char *)bytes + *at + head.bytes;
    text->length = (uint32_t)head.payload;
    *at += head.bytes + (size_t)head.payload;
    return true;
}

static bool is_map(uint8_t first)
{
    return (first >= 0x80 && first < 0x90) || first == 0xde || first == 0xdf;
}

/* The bytes of one object; the frame was scanned. */
static bool take_object(const uint8_t *bytes, size_t length, size_t *at, const uint8_t **object,
                        size_t *object_length)
{
    size_t used = 0;
    if (pe_wire_scan(bytes + *at, length - *at, DEPTH_LIMIT, UINT32_MAX, &used, NULL) != PE_WIRE_OK)
        return false;
    *object = bytes + *at;
    *object_length = used;
    *at += used;
    return true;
}

/* params: an array of exactly one map. */
static bool take_params(const uint8_t *bytes, size_t length, size_t *at, pe_wire_head *head)
{
    if (*at + 1 >= length || bytes[*at] != 0x91 || !is_map(bytes[*at + 1])) return false;
    *at += 1;
    return take_object(bytes, length, at, &head->body, &head->body_length);
}

static bool take_response(const uint8_t *bytes, size_t length, size_t *at, pe_wire_head *head)
{
    if (!take_object(bytes, length, at, &head->error, &head->error_length) ||
        !take_object(bytes, length, at, &head->body, &head->body_length))
        return false;
    if (head->error[0] == 0xc0) {
        head->error = NULL;
        head->error_length = 0;
    }
    return true;
}

/* 0x93, 0x94: arrays of three and four. */
static bool split(const uint8_t *frame, size_t length, pe_wire_head *head)
{
    size_t at = 1;
    uint64_t kind = 0, id = 0;
    if (!take_integer(frame, length, &at, PE_WIRE_NOTIFICATION, &kind)) return false;
    if (frame[0] != (kind == PE_WIRE_NOTIFICATION ? 0x93 : 0x94)) return false;
    head->kind = (int)kind;
    if (kind != PE_WIRE_NOTIFICATION) {
        if (!take_integer(frame, length, &at, UINT32_MAX, &id) || id == 0) return false;
        head->id = (uint32_t)id;
    }
    if (kind == PE_WIRE_RESPONSE) return take_response(frame, length, &at, head);
    return take_text(frame, length, &at, &head->method) && take_params(frame, length, &at, head);
}

pe_wire_code pe_wire_head_read(const uint8_t *frame, size_t length, pe_wire_head *head,
                               pe_wire_diag *diag)
{
    size_t used = 0;
    memset(head, 0, sizeof *head);
    pe_wire_code code = pe_wire_scan(frame, length, PE_LIMIT_depth, PE_LIMIT_elements, &used, diag);
    if (code != PE_WIRE_OK) return code;
    if (used != length)
        return pe_wire_fail(diag, PE_WIRE_E_PROTOCOL, "message",
                            "a frame holds exactly one MessagePack object");
    if (!split(frame, length, head))
        return pe_wire_fail(diag, PE_WIRE_E_PROTOCOL, "message",
                            "not a request [0, id, method, [map]], response [1, id, error, result] "
                            "or notification [2, method, [map]]");
    return PE_WIRE_OK;
}

pe_wire_code pe_wire_unpack(const uint8_t *bytes, size_t length, msgpack_zone *zone,
                            msgpack_object *object, pe_wire_diag *diag)
{
    size_t offset = 0;
    msgpack_unpack_return result =
        msgpack_unpack((const char *)bytes, length, &offset, zone, object);
    if (result == MSGPACK_UNPACK_SUCCESS || result == MSGPACK_UNPACK_EXTRA_BYTES) return PE_WIRE_OK;
    if (result == MSGPACK_UNPACK_NOMEM_ERROR)
        return pe_wire_fail(diag, PE_WIRE_E_MEMORY, "message", "out of memory for a message");
    return cut_off(diag);
}
