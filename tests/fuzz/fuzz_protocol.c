/* fuzz_protocol.c: bytes of a connection. They are fed in pieces; each frame is split, and its body
 * decoded as its method says (and, so that all records are reached, as one that the first byte
 * chooses). What decodes must encode, decode again and encode to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(pe_wire_record record, const void *from, msgpack_sbuffer *bytes)
{
    msgpack_packer packer;
    pe_wire_diag diag;
    msgpack_sbuffer_init(bytes);
    msgpack_packer_init(&packer, bytes, msgpack_sbuffer_write);
    if (pe_wire_encode(&packer, record, from, &diag) != PE_WIRE_OK) abort();
}

static void round_trip(pe_wire_record record, const void *decoded)
{
    msgpack_sbuffer first, second;
    msgpack_zone zone;
    pe_wire_diag diag;
    size_t used;
    void *again = malloc(pe_wire_record_bytes(record));
    if (again == NULL || !msgpack_zone_init(&zone, 4096)) abort();
    encode(record, decoded, &first);
    const uint8_t *bytes = (const uint8_t *)first.data;
    if (pe_wire_scan(bytes, first.size, PE_LIMIT_depth, PE_LIMIT_elements, &used, &diag) !=
            PE_WIRE_OK ||
        used != first.size ||
        pe_wire_decode_bytes(record, bytes, first.size, &zone, again, &diag) != PE_WIRE_OK)
        abort();
    encode(record, again, &second);
    if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) abort();
    msgpack_sbuffer_destroy(&first);
    msgpack_sbuffer_destroy(&second);
    msgpack_zone_destroy(&zone);
    free(again);
}

static void decode(pe_wire_record record, const uint8_t *bytes, size_t length)
{
    msgpack_zone zone;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    void *into = malloc(pe_wire_record_bytes(record));
    if (into == NULL || !msgpack_zone_init(&zone, 4096)) abort();
    pe_wire_code code = pe_wire_decode_bytes(record, bytes, length, &zone, into, &diag);
    if (code == PE_WIRE_OK)
        round_trip(record, into);
    else if (diag.what[0] == '\0' || strlen(diag.what) >= sizeof diag.what)
        abort();
    msgpack_zone_destroy(&zone);
    free(into);
}

static void one_frame(const uint8_t *frame, size_t length, pe_wire_record chosen)
{
    pe_wire_head head;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    if (pe_wire_head_read(frame, length, &head, &diag) != PE_WIRE_OK) {
        if (diag.what[0] == '\0') abort();
        return;
    }
    decode(chosen, head.body, head.body_length);
    if (head.kind == PE_WIRE_RESPONSE) {
        if (head.error_length > 0) decode(PE_WIRE_failure, head.error, head.error_length);
        return;
    }
    const pe_wire_method *method = pe_wire_method_find(head.method);
    const pe_wire_note *note = pe_wire_note_find(head.method);
    if (method != NULL) decode(method->params, head.body, head.body_length);
    if (note != NULL) decode(note->params, head.body, head.body_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pe_frame_reader reader;
    const uint8_t *frame;
    size_t length;
    if (size < 2) return 0;
    pe_wire_record chosen = (pe_wire_record)(data[0] % PE_WIRE_RECORD_COUNT);
    size_t piece = 1 + data[1];
    /* Small inputs seldom have a frame's length right: the rest as one frame, and as a stream. */
    one_frame(data + 2, size - 2, chosen);
    pe_frame_reader_init(&reader, 1 << 16);
    for (size_t at = 2; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        int got;
        if (pe_frame_reader_feed(&reader, data + at, n, NULL) != PE_WIRE_OK) abort();
        while ((got = pe_frame_reader_next(&reader, &frame, &length, NULL)) > 0)
            one_frame(frame, length, chosen);
        if (got < 0) break;
    }
    pe_frame_reader_free(&reader);
    if (size < PE_ENDPOINT_FILE_BYTES) {
        pe_endpoint_content content;
        pe_endpoint_parse((const char *)data + 2, size - 2, &content, NULL);
    }
    return 0;
}
