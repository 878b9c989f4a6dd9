/* frame.c: length-prefixed frames from byte pieces, and the buffer that frames are built in.
 * Invariant: a declared length alone never makes anything grow; only bytes that came do. */
#include "protocol_internal.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 4
#define KEEP_BYTES 65536 /* a buffer larger than this is given back when it runs empty */

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void pe_frame_reader_init(pe_frame_reader *reader, size_t frame_bytes_max)
{
    memset(reader, 0, sizeof *reader);
    reader->frame_bytes_max = frame_bytes_max;
}

void pe_frame_reader_free(pe_frame_reader *reader)
{
    free(reader->bytes);
    pe_frame_reader_init(reader, reader->frame_bytes_max);
}

size_t pe_frame_reader_waiting(const pe_frame_reader *reader)
{
    return reader->end - reader->first;
}

static void drop_taken(pe_frame_reader *reader)
{
    size_t waiting = pe_frame_reader_waiting(reader);
    if (waiting == 0 && reader->capacity > KEEP_BYTES) {
        pe_frame_reader_free(reader);
        return;
    }
    if (waiting > 0 && reader->first > 0)
        memmove(reader->bytes, reader->bytes + reader->first, waiting);
    reader->first = 0;
    reader->end = waiting;
}

pe_wire_code pe_frame_reader_feed(pe_frame_reader *reader, const void *bytes, size_t length,
                                  pe_wire_diag *diag)
{
    if (length == 0) return PE_WIRE_OK;
    if (length > reader->capacity - reader->end) drop_taken(reader);
    if (length > reader->capacity - reader->end) {
        size_t needed = reader->end + length;
        size_t capacity = reader->capacity * 2 > needed ? reader->capacity * 2 : needed;
        uint8_t *grown = needed < length ? NULL : realloc(reader->bytes, capacity);
        if (grown == NULL)
            return pe_wire_fail(diag, PE_WIRE_E_MEMORY, "frame", "out of memory for a message");
        reader->bytes = grown;
        reader->capacity = capacity;
    }
    memcpy(reader->bytes + reader->end, bytes, length);
    reader->end += length;
    return PE_WIRE_OK;
}

int pe_frame_reader_next(pe_frame_reader *reader, const uint8_t **frame, size_t *length,
                         pe_wire_diag *diag)
{
    size_t waiting = pe_frame_reader_waiting(reader);
    if (waiting == 0) drop_taken(reader);
    if (waiting < LENGTH_BYTES) return 0;
    uint32_t declared = big_endian(reader->bytes + reader->first);
    if (declared == 0) {
        pe_wire_fail(diag, PE_WIRE_E_PROTOCOL, "frame", "a frame of no bytes");
        return -1;
    }
    if (declared > reader->frame_bytes_max) {
        pe_wire_fail(diag, PE_WIRE_E_LIMIT, "frame", "a frame of %lu bytes; the limit is %zu",
                     (unsigned long)declared, reader->frame_bytes_max);
        return -1;
    }
    if (waiting - LENGTH_BYTES < declared) return 0;
    *frame = reader->bytes + reader->first + LENGTH_BYTES;
    *length = declared;
    reader->first += LENGTH_BYTES + (size_t)declared;
    return 1;
}

/* ---- out ---- */

static int append(void *context, const char *bytes, size_t length)
{
    pe_wire_out *out = context;
    if (out->code != PE_WIRE_OK) return -1;
    if (length > (size_t)PE_LIMIT_frame_bytes + LENGTH_BYTES - (out->length - out->frame)) {
        out->code = PE_WIRE_E_LIMIT;
        return -1;
    }
    if (length > out->capacity - out->length) {
        size_t capacity = out->capacity < 512 ? 1024 : out->capacity * 2;
        if (capacity < out->length + length) capacity = out->length + length;
        uint8_t *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            out->code = PE_WIRE_E_MEMORY;
            return -1;
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
    return 0;
}

void pe_wire_out_init(pe_wire_out *out)
{
    memset(out, 0, sizeof *out);
}

void pe_wire_out_free(pe_wire_out *out)
{
    free(out->bytes);
    pe_wire_out_init(out);
}

void pe_wire_append(pe_wire_out *out, const void *msgpack, size_t length)
{
    append(out, msgpack, length);
}

static void frame_begin(pe_wire_out *out)
{
    out->frame = out->length;
    out->code = PE_WIRE_OK;
    msgpack_packer_init(&out->packer, out, append);
    append(out, "\0\0\0", LENGTH_BYTES);
}

static void pack_method(pe_wire_out *out, const char *method)
{
    pei_pack_text(&out->packer, method, strlen(method));
    msgpack_pack_array(&out->packer, 1);
}

void pe_wire_request_begin(pe_wire_out *out, uint32_t id, const char *method)
{
    frame_begin(out);
    msgpack_pack_array(&out->packer, 4);
    msgpack_pack_int(&out->packer, PE_WIRE_REQUEST);
    msgpack_pack_uint32(&out->packer, id);
    pack_method(out, method);
}

void pe_wire_note_begin(pe_wire_out *out, const char *method)
{
    frame_begin(out);
    msgpack_pack_array(&out->packer, 3);
    msgpack_pack_int(&out->packer, PE_WIRE_NOTIFICATION);
    pack_method(out, method);
}

static void response_begin(pe_wire_out *out, uint32_t id)
{
    frame_begin(out);
    msgpack_pack_array(&out->packer, 4);
    msgpack_pack_int(&out->packer, PE_WIRE_RESPONSE);
    msgpack_pack_uint32(&out->packer, id);
}

void pe_wire_reply_begin(pe_wire_out *out, uint32_t id)
{
    response_begin(out, id);
    msgpack_pack_nil(&out->packer);
}

static pe_wire_code frame_drop(pe_wire_out *out, pe_wire_code code)
{
    out->length = out->frame;
    out->code = PE_WIRE_OK;
    return code;
}

pe_wire_code pe_wire_frame_end(pe_wire_out *out, pe_wire_diag *diag)
{
    if (out->code == PE_WIRE_E_MEMORY)
        return frame_drop(
            out, pe_wire_fail(diag, PE_WIRE_E_MEMORY, "frame", "out of memory for a message"));
    if (out->code != PE_WIRE_OK)
        return frame_drop(out,
                          pe_wire_fail(diag, out->code, "frame", "a message of more than %d bytes",
                                       PE_LIMIT_frame_bytes));
    size_t length = out->length - out->frame - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++)
        out->bytes[out->frame + (size_t)i] = (uint8_t)(length >> (24 - 8 * i));
    return PE_WIRE_OK;
}

/* Ends a frame whose body was encoded with this result. */
static pe_wire_code body_end(pe_wire_out *out, pe_wire_code encoded, pe_wire_diag *diag)
{
    if (out->code == PE_WIRE_OK && encoded != PE_WIRE_OK) return frame_drop(out, encoded);
    return pe_wire_frame_end(out, diag);
}

pe_wire_code pe_wire_put_request(pe_wire_out *out, uint32_t id, const char *method,
                                 pe_wire_record record, const void *params, pe_wire_diag *diag)
{
    pe_wire_request_begin(out, id, method);
    return body_end(out, pe_wire_encode(&out->packer, record, params, diag), diag);
}

pe_wire_code pe_wire_put_reply(pe_wire_out *out, uint32_t id, pe_wire_record record,
                               const void *result, pe_wire_diag *diag)
{
    pe_wire_reply_begin(out, id);
    return body_end(out, pe_wire_encode(&out->packer, record, result, diag), diag);
}

pe_wire_code pe_wire_put_note(pe_wire_out *out, const char *method, pe_wire_record record,
                              const void *params, pe_wire_diag *diag)
{
    pe_wire_note_begin(out, method);
    return body_end(out, pe_wire_encode(&out->packer, record, params, diag), diag);
}

pe_wire_code pe_wire_put_failure(pe_wire_out *out, uint32_t id, const pe_wire_diag *failure,
                                 pe_wire_diag *diag)
{
    pe_wire_failure record = {.code = pe_wire_text_of(pe_wire_code_text(failure->code)),
                              .where = pe_wire_text_of(failure->where),
                              .what = pe_wire_text_of(failure->what)};
    response_begin(out, id);
    pe_wire_code encoded = pe_wire_encode(&out->packer, PE_WIRE_failure, &record, diag);
    msgpack_pack_nil(&out->packer);
    return body_end(out, encoded, diag);
}
