/* protocol.h: the messages between add-ins and the host (PROTOCOL.md), shared by both sides. Frames
 * from byte pieces and back; what came is bounded and checked before anything is built from it;
 * structs, decoders and encoders of every message come from messages.def. Knows nothing of host.
 * All functions are safe from any thread on distinct objects. */
#ifndef PE_PROTOCOL_H
#define PE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <msgpack.h>

#if defined(__MINGW32__) /* where plain printf is Microsoft's old one */
#define PE_WIRE_PRINTF(format_index, first) __attribute__((format(gnu_printf, format_index, first)))
#elif defined(__GNUC__)
#define PE_WIRE_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define PE_WIRE_PRINTF(format_index, first)
#endif

#define PE_WIRE_VERSION 1

/* ---- errors
 * ------------------------------------------------------------------------------------------- */

/* X(NAME, text on the wire, meaning). */
#define PE_WIRE_CODES(X)                                                                           \
    X(VERSION, "version", "the two sides speak different versions of the protocol")                \
    X(TOKEN, "token", "the token of hello is wrong, or hello did not come first")                  \
    X(UNKNOWN_METHOD, "unknown_method", "the host does not know the method")                       \
    X(PROTOCOL, "protocol", "the message is not as this page says")                                \
    X(LIMIT, "limit", "more than the table of limits allows")                                      \
    X(BUSY, "busy", "too many sessions or requests; try again")                                    \
    X(ARGUMENT, "argument", "a field or setting has a wrong value")                                \
    X(NOT_FOUND, "not_found", "no such book, run, page, cell, output or file")                     \
    X(SYNTAX, "syntax", "a formula cannot be read")                                                \
    X(UNSUPPORTED, "unsupported", "the model needs something that the host does not have")         \
    X(CYCLE, "cycle", "a circular reference")                                                      \
    X(FORMAT, "format", "the file is not a valid workbook")                                        \
    X(ENCRYPTED, "encrypted", "the workbook is encrypted")                                         \
    X(IO, "io", "reading or writing failed")                                                       \
    X(MEMORY, "memory", "out of memory, or over the session's share")                              \
    X(CANCELLED, "cancelled", "by the client, or because the host ends")                           \
    X(INTERNAL, "internal", "a fault of the host")

typedef enum pe_wire_code {
    PE_WIRE_OK,
#define PE_WIRE_CODE_ENUM(name, text, meaning) PE_WIRE_E_##name,
    PE_WIRE_CODES(PE_WIRE_CODE_ENUM)
#undef PE_WIRE_CODE_ENUM
        PE_WIRE_CODE_COUNT
} pe_wire_code;

/* The reason of a failure, for a person: where and what, with what to do about it. */
typedef struct pe_wire_diag {
    pe_wire_code code;
    char where[256];
    char what[768];
} pe_wire_diag;

const char *pe_wire_code_text(pe_wire_code code); /* "" for PE_WIRE_OK */
/* PE_WIRE_E_INTERNAL for a text that is none of the codes. */
pe_wire_code pe_wire_code_find(const char *text, size_t length);
/* Fills diag (NULL is allowed) and returns code. where may be NULL. Whole characters only. */
pe_wire_code pe_wire_fail(pe_wire_diag *diag, pe_wire_code code, const char *where,
                          const char *format, ...) PE_WIRE_PRINTF(4, 5);

/* ---- limits
 * ------------------------------------------------------------------------------------------- */

enum {
#define PE_LIMIT(name, value, reason) PE_LIMIT_##name = (value),
#include "limits.def"
#undef PE_LIMIT
};

typedef struct pe_wire_limit {
    const char *name;
    int value;
    const char *reason;
} pe_wire_limit;
const pe_wire_limit *pe_wire_limits(size_t *count);

/* ---- frames in
 * ------------------------------------------------------------------------------------------- */

/* Collects bytes and gives complete frames. Holds at most what arrived and was not taken, twice. */
typedef struct pe_frame_reader {
    uint8_t *bytes;
    size_t first, end, capacity; /* bytes [first, end) are not taken yet */
    size_t frame_bytes_max;
} pe_frame_reader;

void pe_frame_reader_init(pe_frame_reader *reader, size_t frame_bytes_max);
void pe_frame_reader_free(pe_frame_reader *reader);
/* Adds what arrived. Take all frames before feeding again, and memory stays within one frame and
 * one piece. PE_WIRE_E_MEMORY. */
pe_wire_code pe_frame_reader_feed(pe_frame_reader *reader, const void *bytes, size_t length,
                                  pe_wire_diag *diag);
/* 1: a frame, valid until the next call on reader; 0: more is needed; -1: a length of 0 or over the
 * limit: close the connection. */
int pe_frame_reader_next(pe_frame_reader *reader, const uint8_t **frame, size_t *length,
                         pe_wire_diag *diag);
size_t pe_frame_reader_waiting(const pe_frame_reader *reader); /* bytes not taken */

/* ---- what a frame says
 * ------------------------------------------------------------------------------------------- */

typedef struct pe_wire_text {
    const char *bytes; /* UTF-8; NULL: nil (in lists that may hold nil) */
    uint32_t length;
} pe_wire_text;

enum { PE_WIRE_REQUEST = 0, PE_WIRE_RESPONSE = 1, PE_WIRE_NOTIFICATION = 2 };

/* The parts of a message, still as bytes in the frame. body: params (request, notification) or
 * result; error: length 0 where the response is a success. */
typedef struct pe_wire_head {
    int kind;
    uint32_t id;         /* request, response */
    pe_wire_text method; /* request, notification */
    const uint8_t *body, *error;
    size_t body_length, error_length;
} pe_wire_head;

/* Walks one MessagePack object at bytes: its length in *used. Everything declared is there, within
 * depth and elements; nothing is allocated. PE_WIRE_E_PROTOCOL, PE_WIRE_E_LIMIT. */
pe_wire_code pe_wire_scan(const uint8_t *bytes, size_t length, uint32_t depth_max,
                          uint32_t elements_max, size_t *used, pe_wire_diag *diag);
/* Scans a whole frame within the table of limits and splits it. A failure whose head has an id (not
 * 0) can be answered; any other closes the connection. */
pe_wire_code pe_wire_head_read(const uint8_t *frame, size_t length, pe_wire_head *head,
                               pe_wire_diag *diag);
/* Objects of scanned bytes, in zone; texts point into the bytes. PE_WIRE_E_MEMORY. */
pe_wire_code pe_wire_unpack(const uint8_t *bytes, size_t length, msgpack_zone *zone,
                            msgpack_object *object, pe_wire_diag *diag);

/* ---- values
 * ------------------------------------------------------------------------------------------- */

typedef enum pe_wire_kind {
    PE_WIRE_BLANK,
    PE_WIRE_NUMBER,
    PE_WIRE_TEXT,
    PE_WIRE_BOOLEAN,
    PE_WIRE_ERROR,
    PE_WIRE_OMITTED,
    PE_WIRE_ARRAY,
    PE_WIRE_REFERENCE
} pe_wire_kind;

enum { PE_WIRE_EXT_ERROR = 1, PE_WIRE_EXT_OMITTED = 2 };
#define PE_WIRE_ERROR_MAX 19 /* spreadsheet errors are numbered as by ERROR.TYPE */

typedef struct pe_wire_array pe_wire_array;
typedef struct pe_wire_reference {
    uint32_t sheet, row, column, rows, columns;
} pe_wire_reference;

typedef struct pe_wire_value {
    uint8_t kind;    /* pe_wire_kind */
    uint8_t code;    /* BOOLEAN: 0 or 1; ERROR: 1 to PE_WIRE_ERROR_MAX */
    uint32_t length; /* TEXT: bytes */
    union {
        double number;    /* finite */
        const char *text; /* no final NUL where it was decoded */
        const pe_wire_array *array;
        const pe_wire_reference *reference;
    };
} pe_wire_value;

struct pe_wire_array {
    uint32_t rows, columns; /* both >= 1 */
    const pe_wire_value *values;
};

/* where: what the value is, for diag. What it holds is in zone or in the bytes of the object. */
pe_wire_code pe_wire_value_read(const msgpack_object *object, const char *where, msgpack_zone *zone,
                                pe_wire_value *value, pe_wire_diag *diag);
/* A number that is not finite is #NUM!; bytes of a text that are not UTF-8 are left out. */
void pe_wire_value_pack(msgpack_packer *packer, const pe_wire_value *value);

/* ---- messages
 * ------------------------------------------------------------------------------------------- */

typedef struct pe_wire_range {
    uint32_t first, last;
} pe_wire_range;
typedef struct pe_wire_area {
    uint32_t row, column, rows, columns; /* on the wire an array in this order */
} pe_wire_area;
typedef struct pe_wire_seed {
    bool fresh; /* "new" */
    uint64_t number;
} pe_wire_seed;
typedef struct pe_wire_pair {
    pe_wire_text name;
    double number;
} pe_wire_pair;

/* Types of fields: X(TYPE, C type, words of PROTOCOL.md). Lists are {items, count}. */
#define PE_WIRE_LIST_OF(type)                                                                      \
    struct {                                                                                       \
        type *items;                                                                               \
        uint32_t count;                                                                            \
    }
#define PE_WIRE_C_U32(of) uint32_t
#define PE_WIRE_C_U64(of) uint64_t
#define PE_WIRE_C_INTEGER(of) int64_t
#define PE_WIRE_C_NUMBER(of) double
#define PE_WIRE_C_QUANTITY(of) double /* nil: NAN */
#define PE_WIRE_C_BOOL(of) bool
#define PE_WIRE_C_TEXT(of) pe_wire_text /* decoded: ends in NUL and holds none */
#define PE_WIRE_C_VALUE(of) pe_wire_value
#define PE_WIRE_C_AREA(of) pe_wire_area
#define PE_WIRE_C_RANGE(of) pe_wire_range
#define PE_WIRE_C_SEED(of) pe_wire_seed
#define PE_WIRE_C_RECORD(of) struct pe_wire_##of
#define PE_WIRE_C_LIST(of) PE_WIRE_LIST_OF(struct pe_wire_##of)
#define PE_WIRE_C_INTEGERS(of) PE_WIRE_LIST_OF(int64_t)
#define PE_WIRE_C_NUMBERS(of) PE_WIRE_LIST_OF(double)
#define PE_WIRE_C_TEXTS(of) PE_WIRE_LIST_OF(pe_wire_text)
#define PE_WIRE_C_FORMULAS(of) PE_WIRE_LIST_OF(pe_wire_text) /* nil: bytes NULL; no final NUL */
#define PE_WIRE_C_VALUES(of) PE_WIRE_LIST_OF(pe_wire_value)
#define PE_WIRE_C_AREAS(of) PE_WIRE_LIST_OF(pe_wire_area)
#define PE_WIRE_C_RANGES(of) PE_WIRE_LIST_OF(pe_wire_range)
#define PE_WIRE_C_NUMBER_MAP(of) PE_WIRE_LIST_OF(pe_wire_pair)

/* struct pe_wire_<record> for each row of messages.def; `record` is its number, set by decoding. */
#define PE_RECORD(id, kind, doc)                                                                   \
    typedef struct pe_wire_##id {                                                                  \
        uint16_t record;
#define PE_NEED(id, field, type, of, doc) PE_WIRE_C_##type(of) field;
#define PE_MAY(id, field, type, of, doc)                                                           \
    PE_WIRE_C_##type(of) field;                                                                    \
    bool has_##field;
#define PE_END(id)                                                                                 \
    }                                                                                              \
    pe_wire_##id;
#include "messages.def"

typedef enum pe_wire_record {
#define PE_RECORD(id, kind, doc) PE_WIRE_##id,
#include "messages.def"
    PE_WIRE_RECORD_COUNT
} pe_wire_record;

enum { PE_WIRE_FIRST = 1, PE_WIRE_ORDERED = 2, PE_WIRE_OVERTAKES = 4 };
typedef enum pe_wire_method_id {
#define PE_METHOD(id, name, flags, doc) PE_WIRE_METHOD_##id,
#include "messages.def"
    PE_WIRE_METHOD_COUNT
} pe_wire_method_id;

typedef struct pe_wire_method {
    const char *name;
    pe_wire_method_id id;
    pe_wire_record params, result;
    int flags;
    const char *doc;
} pe_wire_method;
const pe_wire_method *pe_wire_method_get(pe_wire_method_id id);
const pe_wire_method *pe_wire_method_find(pe_wire_text name); /* NULL: unknown */

typedef struct pe_wire_note {
    const char *name;
    pe_wire_record params;
    bool from_host;
    const char *doc;
} pe_wire_note;
const pe_wire_note *pe_wire_note_find(pe_wire_text name); /* NULL: unknown */
const pe_wire_note *pe_wire_note_list(size_t *count);

size_t pe_wire_record_bytes(pe_wire_record record); /* of its struct */

/* Decodes a map (or a tuple's array) into the struct of record, zeroed before. Lists and texts are
 * in zone; values' and formulas' texts point into the bytes that object came from. Unknown fields
 * are ignored; nil counts as left out. PE_WIRE_E_ARGUMENT: "workbook.begin" in where, "field
 * `sheets[3].name` must be text" in what. PE_WIRE_E_MEMORY. */
pe_wire_code pe_wire_decode(pe_wire_record record, const msgpack_object *object, msgpack_zone *zone,
                            void *into, pe_wire_diag *diag);
/* The same from the bytes of a head's body, all in zone (but for what points into the bytes). */
pe_wire_code pe_wire_decode_bytes(pe_wire_record record, const uint8_t *bytes, size_t length,
                                  msgpack_zone *zone, void *into, pe_wire_diag *diag);

/* ---- frames out
 * ------------------------------------------------------------------------------------------- */

/* Bytes to send; frames are appended whole or not at all. Free to be reused: set length to 0. */
typedef struct pe_wire_out {
    uint8_t *bytes;
    size_t length, capacity;
    size_t frame;      /* where the open frame begins */
    pe_wire_code code; /* of the open frame: first failure */
    msgpack_packer packer;
} pe_wire_out;

void pe_wire_out_init(pe_wire_out *out);
void pe_wire_out_free(pe_wire_out *out);

/* A message with the struct of record. PE_WIRE_E_MEMORY, PE_WIRE_E_LIMIT (frame_bytes), or
 * PE_WIRE_E_INTERNAL where a number is not finite: nothing was appended. */
pe_wire_code pe_wire_put_request(pe_wire_out *out, uint32_t id, const char *method,
                                 pe_wire_record record, const void *params, pe_wire_diag *diag);
pe_wire_code pe_wire_put_reply(pe_wire_out *out, uint32_t id, pe_wire_record record,
                               const void *result, pe_wire_diag *diag);
pe_wire_code pe_wire_put_failure(pe_wire_out *out, uint32_t id, const pe_wire_diag *failure,
                                 pe_wire_diag *diag);
pe_wire_code pe_wire_put_note(pe_wire_out *out, const char *method, pe_wire_record record,
                              const void *params, pe_wire_diag *diag);

/* In parts: begin, then exactly one map packed with &out->packer or appended as MessagePack, then
 * end. */
void pe_wire_request_begin(pe_wire_out *out, uint32_t id, const char *method);
void pe_wire_note_begin(pe_wire_out *out, const char *method);
void pe_wire_reply_begin(pe_wire_out *out, uint32_t id);
void pe_wire_append(pe_wire_out *out, const void *msgpack, size_t length);
pe_wire_code pe_wire_frame_end(pe_wire_out *out, pe_wire_diag *diag);

/* Packs the struct of record as a map (a tuple as an array), without a frame. */
pe_wire_code pe_wire_encode(msgpack_packer *packer, pe_wire_record record, const void *from,
                            pe_wire_diag *diag);
pe_wire_text pe_wire_text_of(const char *text); /* with its strlen; NULL: an empty text */

/* ---- where the two sides meet
 * ------------------------------------------------------------------------------------------- */

typedef struct pe_endpoint {
    char folder[160]; /* mode 0700 */
    char socket[192]; /* Unix: mode 0600; Windows: empty, the pipe's name stands in the file */
    char file[192];   /* endpoint file, mode 0600 */
} pe_endpoint;

/* Unix: runtime_folder is the value of XDG_RUNTIME_DIR or NULL. PE_WIRE_E_LIMIT: too long for a
 * socket's address. */
pe_wire_code pe_endpoint_locate(const char *runtime_folder, uint64_t user, pe_endpoint *endpoint,
                                pe_wire_diag *diag);
/* Windows: local_folder is the value of LOCALAPPDATA. */
pe_wire_code pe_endpoint_locate_windows(const char *local_folder, pe_endpoint *endpoint,
                                        pe_wire_diag *diag);

#define PE_TOKEN_DIGITS 32
#define PE_ENDPOINT_FILE_BYTES 2048
typedef struct pe_endpoint_content {
    char endpoint[256];
    char token[PE_TOKEN_DIGITS + 1];
    char version[32];
    uint64_t pid;
} pe_endpoint_content;
/* The endpoint file's text, a line of JSON. Returns its length. */
int pe_endpoint_print(const pe_endpoint_content *content, char text[PE_ENDPOINT_FILE_BYTES]);
/* Unknown members are ignored. PE_WIRE_E_FORMAT. */
pe_wire_code pe_endpoint_parse(const char *text, size_t length, pe_endpoint_content *content,
                               pe_wire_diag *diag);
/* In a time that does not depend on where they differ. */
bool pe_token_equal(const char *token, pe_wire_text given);

#endif
