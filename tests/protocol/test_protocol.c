/* test_protocol.c: frames cut anywhere, hostile bytes, values, records and their messages to a
 * person, the endpoint. Expected bytes are the MessagePack specification's and PROTOCOL.md's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "protocol_internal.h"
#include "record_random.h"
#include "wire_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- frames ---- */

/* The example of PROTOCOL.md, byte by byte. */
static void hello_page(void **state)
{
    (void)state;
    pe_wire_out out;
    pe_wire_hello hello = {.version = 1,
                           .token = pe_wire_text_of("0123456789abcdef0123456789abcdef"),
                           .client = pe_wire_text_of("mine")};
    static const char expected[] = "\0\0\0\x48\x94\x00\x01\xa5hello\x91\x83\xa7version\x01\xa5token"
                                   "\xd9\x20"
                                   "0123456789abcdef0123456789abcdef\xa6"
                                   "client\xa4mine";
    pe_wire_out_init(&out);
    assert_int_equal(pe_wire_put_request(&out, 1, "hello", PE_WIRE_hello, &hello, NULL), 0);
    assert_int_equal(out.length, sizeof expected - 1);
    assert_memory_equal(out.bytes, expected, sizeof expected - 1);
    pe_wire_out_free(&out);
}

/* Three frames of 1, 300 and 5 bytes. */
static size_t three_frames(uint8_t *bytes)
{
    static const uint32_t lengths[] = {1, 300, 5};
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        bytes[at] = bytes[at + 1] = 0;
        bytes[at + 2] = (uint8_t)(lengths[i] >> 8);
        bytes[at + 3] = (uint8_t)lengths[i];
        memset(bytes + at + 4, (int)('a' + i), lengths[i]);
        at += 4 + lengths[i];
    }
    return at;
}

static void take_all(pe_frame_reader *reader, char *seen)
{
    const uint8_t *frame;
    size_t length;
    while (pe_frame_reader_next(reader, &frame, &length, NULL) > 0) {
        for (size_t i = 0; i < length; i++) assert_int_equal(frame[i], frame[0]);
        sprintf(seen + strlen(seen), "%c%zu ", frame[0], length);
    }
}

static void frames_cut_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[400];
    size_t total = three_frames(bytes);
    for (size_t first = 0; first <= total; first++) {
        for (size_t piece = 1; piece <= total; piece += piece < 8 ? 1 : 61) {
            pe_frame_reader reader;
            char seen[64] = "";
            pe_frame_reader_init(&reader, 300);
            assert_int_equal(pe_frame_reader_feed(&reader, bytes, first, NULL), PE_WIRE_OK);
            take_all(&reader, seen);
            for (size_t at = first; at < total; at += piece) {
                size_t n = total - at < piece ? total - at : piece;
                assert_int_equal(pe_frame_reader_feed(&reader, bytes + at, n, NULL), PE_WIRE_OK);
                take_all(&reader, seen);
            }
            assert_string_equal(seen, "a1 b300 c5 ");
            assert_int_equal(pe_frame_reader_waiting(&reader), 0);
            pe_frame_reader_free(&reader);
        }
    }
}

static void frame_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int result;
        pe_wire_code code;
    } rows[] = {{"\0\0\0\0", -1, PE_WIRE_E_PROTOCOL}, {"\0\0\1\0", 0, PE_WIRE_OK},
                {"\0\0\1\1", -1, PE_WIRE_E_LIMIT},    {"\xff\xff\xff\xff", -1, PE_WIRE_E_LIMIT},
                {"\x80\0\0\0", -1, PE_WIRE_E_LIMIT},  {"\x7f\xff\xff\xff", -1, PE_WIRE_E_LIMIT}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        pe_frame_reader reader;
        pe_wire_diag diag = {.code = PE_WIRE_OK};
        const uint8_t *frame;
        size_t length;
        pe_frame_reader_init(&reader, 256);
        pe_frame_reader_feed(&reader, rows[i].bytes, 4, NULL);
        assert_int_equal(pe_frame_reader_next(&reader, &frame, &length, &diag), rows[i].result);
        assert_int_equal(diag.code, rows[i].code);
        assert_true(reader.capacity <= 8); /* nothing is allocated for what was only declared */
        pe_frame_reader_free(&reader);
    }
}

static void frame_memory(void **state)
{
    (void)state;
    uint8_t piece[1000] = {0, 0x10, 0, 0}; /* a megabyte declared */
    pe_frame_reader reader;
    const uint8_t *frame;
    size_t length;
    pe_frame_reader_init(&reader, 1 << 20);
    for (size_t fed = 0; fed < 100000; fed += sizeof piece) {
        pe_frame_reader_feed(&reader, piece, sizeof piece, NULL);
        assert_int_equal(pe_frame_reader_next(&reader, &frame, &length, NULL), 0);
        assert_true(reader.capacity <= 2 * (fed + sizeof piece));
    }
    pe_frame_reader_free(&reader);
}

static void frame_too_long(void **state)
{
    (void)state;
    pe_wire_out out;
    pe_wire_diag diag;
    char *text = calloc(1, 1 << 20);
    pe_wire_out_init(&out);
    pe_wire_note_begin(&out, "x");
    pe_wire_append(&out, "\x80", 1);
    assert_int_equal(pe_wire_frame_end(&out, &diag), PE_WIRE_OK);
    size_t length = out.length;
    pe_wire_note_begin(&out, "x");
    for (int i = 0; i < 17; i++) pe_wire_append(&out, text, 1 << 20);
    assert_int_equal(pe_wire_frame_end(&out, &diag), PE_WIRE_E_LIMIT);
    assert_int_equal(out.length, length); /* all or nothing */
    pe_wire_out_free(&out);
    free(text);
}

/* ---- scan ---- */

static void hostile_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        pe_wire_code code;
    } rows[] = {
        {"", 0, PE_WIRE_E_PROTOCOL},
        {"\xc1", 1, PE_WIRE_E_PROTOCOL},
        {"\xdd\xff\xff\xff\xff", 5, PE_WIRE_E_PROTOCOL},     /* array of 4 thousand million */
        {"\xdf\xff\xff\xff\xff", 5, PE_WIRE_E_PROTOCOL},     /* map */
        {"\xdd\x00\x00\x00\x02\x01", 6, PE_WIRE_E_PROTOCOL}, /* one missing */
        {"\xdb\xff\xff\xff\xff", 5, PE_WIRE_E_PROTOCOL},     /* text */
        {"\xc6\xff\xff\xff\xff", 5, PE_WIRE_E_PROTOCOL},     /* bytes */
        {"\xc9\xff\xff\xff\xff\x01", 6, PE_WIRE_E_PROTOCOL}, /* extension */
        {"\xdc\x00", 2, PE_WIRE_E_PROTOCOL},                 /* its length cut off */
        {"\xcb\0\0\0\0\0\0\0", 8, PE_WIRE_E_PROTOCOL},       /* a double cut off */
        {"\x9f\x01", 2, PE_WIRE_E_PROTOCOL},
        {"\x81\x01", 2, PE_WIRE_E_PROTOCOL}, /* a key without a value */
        {"\xd4\x01", 2, PE_WIRE_E_PROTOCOL},
        {"\x01\x02", 1, PE_WIRE_OK},
        {"\x93\x01\x02\x03", 4, PE_WIRE_OK},
        {"\x9a\1\1\1\1\1\1\1\1\1\1", 11, PE_WIRE_E_LIMIT}, /* 11 elements of at most 10 */
        {"\x99\1\1\1\1\1\1\1\1\1", 10, PE_WIRE_OK},
        {"\x91\x91\x91\x91\x90", 5, PE_WIRE_E_LIMIT}, /* depth 5 of at most 4 */
        {"\x91\x91\x91\x90", 4, PE_WIRE_OK},
        {"\x91\x91\x91\x91\x01", 5, PE_WIRE_OK},
        {"\x82\x81\x01\x02\x03\xa1x\x90", 8, PE_WIRE_OK}, /* a map as a key */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t used = 0;
        /* A copy of exactly that length: a read beyond it is seen by the sanitizer. */
        uint8_t *copy = malloc(rows[i].length + 1);
        memcpy(copy, rows[i].bytes, rows[i].length);
        copy = realloc(copy, rows[i].length > 0 ? rows[i].length : 1);
        pe_wire_code code = pe_wire_scan(copy, rows[i].length, 4, 10, &used, NULL);
        if (code != rows[i].code) fail_msg("row %zu: %s", i, pe_wire_code_text(code));
        free(copy);
    }
}

static void depth_bomb(void **state)
{
    (void)state;
    size_t used, length = 1 << 20;
    uint8_t *bomb = malloc(length);
    pe_wire_head head;
    pe_wire_diag diag;
    for (int byte = 0x81; byte <= 0x91; byte += 0x10) {
        memset(bomb, byte, length);
        assert_int_equal(pe_wire_head_read(bomb, length, &head, &diag), PE_WIRE_E_LIMIT);
    }
    /* What the limit allows, the unpacker takes. */
    memset(bomb, 0x91, PE_LIMIT_depth);
    bomb[PE_LIMIT_depth] = 0x01;
    assert_int_equal(pe_wire_scan(bomb, PE_LIMIT_depth + 1, PE_LIMIT_depth, 100, &used, &diag), 0);
    msgpack_zone zone;
    msgpack_object object;
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(pe_wire_unpack(bomb, used, &zone, &object, &diag), PE_WIRE_OK);
    msgpack_zone_destroy(&zone);
    free(bomb);
}

/* Every beginning of a message fails, and none is read beyond its end. */
static void cut_messages(void **state)
{
    (void)state;
    msgpack_sbuffer whole = wire_text_pack(
        "[0, 70000, \"workbook.sheet\", [{\"values\": [1, 300, -5, 1.5, \"abc\", null, true, !2, ?,"
        "[[], {}], 4294967296, \"0123456789012345678901234567890123456789\"]}]]");
    pe_wire_head head;
    assert_int_equal(pe_wire_head_read((uint8_t *)whole.data, whole.size, &head, NULL), PE_WIRE_OK);
    assert_int_equal(head.id, 70000);
    for (size_t length = 0; length < whole.size; length++) {
        uint8_t *copy = malloc(length + 1);
        memcpy(copy, whole.data, length);
        copy = realloc(copy, length > 0 ? length : 1);
        assert_int_equal(pe_wire_head_read(copy, length, &head, NULL), PE_WIRE_E_PROTOCOL);
        free(copy);
    }
    msgpack_sbuffer_destroy(&whole);
}

static void heads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int kind; /* -1: not a message */
        uint32_t id;
    } rows[] = {
        {"[0, 1, \"status\", [{}]]", PE_WIRE_REQUEST, 1},
        {"[0, 4294967295, \"status\", [{}]]", PE_WIRE_REQUEST, UINT32_MAX},
        {"[1, 7, null, {}]", PE_WIRE_RESPONSE, 7},
        {"[1, 7, {\"code\": \"io\"}, null]", PE_WIRE_RESPONSE, 7},
        {"[2, \"cancel\", [{\"request\": 1}]]", PE_WIRE_NOTIFICATION, 0},
        {"[0, 0, \"status\", [{}]]", -1, 0},
        {"[0, 4294967296, \"status\", [{}]]", -1, 0},
        {"[0, -1, \"status\", [{}]]", -1, 0},
        {"[0, 1.0, \"status\", [{}]]", -1, 0},
        {"[0, 1, 5, [{}]]", -1, 1},
        {"[0, 1, \"status\", {}]", -1, 1},
        {"[0, 1, \"status\", []]", -1, 1},
        {"[0, 1, \"status\", [{}, {}]]", -1, 1},
        {"[0, 1, \"status\", [5]]", -1, 1},
        {"[0, 1, \"status\"]", -1, 0},
        {"[0, 1, \"status\", [{}], 5]", -1, 0},
        {"[3, \"x\", [{}]]", -1, 0},
        {"[2, 1, \"x\", [{}]]", -1, 0},
        {"[]", -1, 0},
        {"{}", -1, 0},
        {"\"abc\"", -1, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        msgpack_sbuffer bytes = wire_text_pack(rows[i].text);
        pe_wire_head head;
        pe_wire_code code = pe_wire_head_read((uint8_t *)bytes.data, bytes.size, &head, NULL);
        assert_int_equal(code == PE_WIRE_OK ? head.kind : -1, rows[i].kind);
        if (head.id != rows[i].id) fail_msg("%s: id %lu", rows[i].text, (unsigned long)head.id);
        msgpack_sbuffer_destroy(&bytes);
    }
}

/* ---- records ---- */

typedef struct decode_row {
    pe_wire_record record;
    const char *text;
    const char *what; /* NULL: it decodes */
} decode_row;

#define SHEET_HEAD "\"book\":1,\"sheet\":0,\"row\":0,\"column\":0,\"rows\":1,\"columns\":1"
static const decode_row decode_rows[] = {
    {PE_WIRE_cancel, "{\"request\": 5}", NULL},
    {PE_WIRE_cancel, "{\"request\": 5, \"other\": [1, {\"a\": 2}], \"7\": 8}", NULL},
    {PE_WIRE_cancel, "{\"request\": 5.0}", NULL},
    {PE_WIRE_cancel, "{}", "field `request` is missing"},
    {PE_WIRE_cancel, "{\"request\": null}", "field `request` is missing"},
    {PE_WIRE_cancel, "{\"request\": 1, \"request\": 2}", "field `request` is there twice"},
    {PE_WIRE_cancel, "{\"request\": -1}",
     "field `request` must be an integer from 0 to 4294967295"},
    {PE_WIRE_cancel, "{\"request\": 4294967296}",
     "field `request` must be an integer from 0 to 4294967295"},
    {PE_WIRE_cancel, "{\"request\": 1.5}",
     "field `request` must be an integer from 0 to 4294967295"},
    {PE_WIRE_cancel, "{\"request\": \"1\"}",
     "field `request` must be an integer from 0 to 4294967295"},
    {PE_WIRE_workbook_open, "{\"path\": 5}", "field `path` must be text"},
    {PE_WIRE_workbook_open, "{\"path\": \"\xff\"}",
     "field `path` must be text in UTF-8 without "
     "NUL"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1]}", NULL},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[{}]}",
     "field `values[0]`: must be a reference {sheet, row, column, rows, columns}"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1, [2]]}",
     "field `values[1]`: must be a value: nil, number, text, boolean or error"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[!99]}",
     "field `values[0]`: must be a value: this extension is not one of the table Values"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1],\"formulas\":[null,\"=1\"]}", NULL},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1],\"formulas\":[5]}",
     "field `formulas[0]` must be text"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1],\"filter\":[1,2,3]}",
     "field `filter` must be an area [row, column, rows, columns]"},
    {PE_WIRE_workbook_sheet, "{" SHEET_HEAD ",\"values\":[1],\"hidden_rows\":[[1,2],[5,4]]}",
     "field `hidden_rows[1]` must be [first, last], first not after last"},
    {PE_WIRE_workbook_sheet,
     "{" SHEET_HEAD ",\"values\":[1],\"data_tables\":[{\"area\":[0,0,1,1],\"row_input\":{}}]}",
     "field `data_tables[0].row_input.sheet` is missing"},
    {PE_WIRE_workbook_begin,
     "{\"name\":\"a\",\"application\":\"b\",\"dialect\":\"calc\",\"semantics\":\"calc\","
     "\"sheets\":[{\"name\":\"x\"},{\"name\":7}]}",
     "field `sheets[1].name` must be text"},
    {PE_WIRE_workbook_begin,
     "{\"name\":\"a\",\"application\":\"b\",\"dialect\":\"calc\",\"semantics\":\"calc\","
     "\"sheets\":{}}",
     "field `sheets` must be an array"},
    {PE_WIRE_inspect, "{\"book\":1,\"settings\":{\"seed\":\"new\"}}", NULL},
    {PE_WIRE_inspect, "{\"book\":1,\"settings\":{\"seed\":18446744073709551615}}", NULL},
    {PE_WIRE_inspect, "{\"book\":1,\"settings\":{\"seed\":\"old\"}}",
     "field `settings.seed` must be an integer, 0 or more, or \"new\""},
    {PE_WIRE_inspect, "{\"book\":1,\"settings\":{\"outputs_all\":1}}",
     "field `settings.outputs_all` must be true or false"},
    {PE_WIRE_inspect, "{\"book\":1,\"settings\":[]}", "field `settings` must be a map of fields"},
    {PE_WIRE_call, "{\"calls\":[[\"F\",[1,?,{\"rows\":1,\"columns\":2,\"values\":[1,2]}]]]}", NULL},
    {PE_WIRE_call, "{\"calls\":[[\"F\",[{\"rows\":2,\"columns\":2,\"values\":[1,2]}]]]}",
     "field `calls[0].arguments[0]`: must be an array {rows, columns, values: rows * columns "
     "values}"},
    {PE_WIRE_call, "{\"calls\":[[\"F\"]]}", "field `calls[0].arguments` is missing"},
    {PE_WIRE_call, "{\"calls\":[{}]}", "field `calls[0]` must be an array"},
    {PE_WIRE_hello_reply,
     "{\"version\":\"\",\"protocol\":1,\"limits\":{\"a\":\"b\"},\"threads\":1,\"backend\":\"\"}",
     "field `limits` must be a finite number"},
    {PE_WIRE_run_difference, "{\"mean\":null,\"sd\":1,\"standard_error\":2.5,\"p_greater\":null}",
     NULL},
    {PE_WIRE_run_difference, "{\"mean\":null,\"sd\":\"\",\"standard_error\":1,\"p_greater\":null}",
     "field `sd` must be a finite number or nil"},
};

static void decode_case(void **state)
{
    const decode_row *row = *state;
    msgpack_sbuffer bytes = wire_text_pack(row->text);
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    void *record = malloc(pe_wire_record_bytes(row->record));
    msgpack_zone zone;
    size_t used;
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(pe_wire_scan((uint8_t *)bytes.data, bytes.size, 32, 1000, &used, &diag), 0);
    pe_wire_code code =
        pe_wire_decode_bytes(row->record, (uint8_t *)bytes.data, bytes.size, &zone, record, &diag);
    assert_int_equal(code, row->what == NULL ? PE_WIRE_OK : PE_WIRE_E_ARGUMENT);
    if (row->what != NULL) {
        assert_string_equal(diag.what, row->what);
        assert_true(strlen(diag.where) > 0);
    }
    msgpack_zone_destroy(&zone);
    msgpack_sbuffer_destroy(&bytes);
    free(record);
}

static void decoded_fields(void **state)
{
    (void)state;
    msgpack_sbuffer bytes = wire_text_pack("{\"book\": 7, \"settings\": {\"trials\": 1000, "
                                           "\"freeze\": [\"A1\", \"B2\"], \"now\": 45000},"
                                           "\"name\": null}");
    pe_wire_simulate simulate;
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(pe_wire_decode_bytes(PE_WIRE_simulate, (uint8_t *)bytes.data, bytes.size,
                                          &zone, &simulate, NULL),
                     PE_WIRE_OK);
    assert_int_equal(simulate.book, 7);
    assert_true(simulate.has_settings && !simulate.has_name);
    assert_true(simulate.settings.has_trials && simulate.settings.trials == 1000);
    assert_true(simulate.settings.has_now && simulate.settings.now == 45000);
    assert_false(simulate.settings.has_seed);
    assert_int_equal(simulate.settings.freeze.count, 2);
    assert_string_equal(simulate.settings.freeze.items[1].bytes, "B2"); /* ends in NUL */
    msgpack_zone_destroy(&zone);
    msgpack_sbuffer_destroy(&bytes);
}

/* Any content of any record: decoded and encoded again, the same bytes. */
static void every_record(void **state)
{
    (void)state;
    for (int record = 0; record < PE_WIRE_RECORD_COUNT; record++) {
        for (uint32_t seed = 1; seed <= 40; seed++) {
            msgpack_sbuffer bytes, again;
            msgpack_packer packer;
            msgpack_zone zone;
            pe_wire_diag diag = {.code = PE_WIRE_OK};
            uint32_t random = seed * 2654435761u;
            void *into = malloc(pe_wire_record_bytes((pe_wire_record)record));
            msgpack_sbuffer_init(&bytes);
            msgpack_sbuffer_init(&again);
            msgpack_zone_init(&zone, 1024);
            msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
            record_random(&packer, pei_record_get((pe_wire_record)record), &random);
            pe_wire_code code = pe_wire_decode_bytes((pe_wire_record)record, (uint8_t *)bytes.data,
                                                     bytes.size, &zone, into, &diag);
            if (code != PE_WIRE_OK) fail_msg("%s: %s", diag.where, diag.what);
            msgpack_packer_init(&packer, &again, msgpack_sbuffer_write);
            assert_int_equal(pe_wire_encode(&packer, (pe_wire_record)record, into, &diag), 0);
            assert_int_equal(again.size, bytes.size);
            assert_memory_equal(again.data, bytes.data, bytes.size);
            msgpack_zone_destroy(&zone);
            msgpack_sbuffer_destroy(&bytes);
            msgpack_sbuffer_destroy(&again);
            free(into);
        }
    }
}

/* Bytes in, a record out, bytes again: whichever allocation fails, it is said and all is freed. */
static pe_wire_code there_and_back(pe_wire_record record, const msgpack_sbuffer *body, void *into)
{
    pe_frame_reader reader;
    pe_wire_out in, out;
    pe_wire_head head;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    msgpack_zone zone;
    const uint8_t *frame;
    size_t length;
    bool has_zone = false;
    pe_frame_reader_init(&reader, PE_LIMIT_frame_bytes);
    pe_wire_out_init(&in);
    pe_wire_out_init(&out);
    pe_wire_request_begin(&in, 1, "x");
    pe_wire_append(&in, body->data, body->size);
    pe_wire_code code = pe_wire_frame_end(&in, &diag);
    if (code == PE_WIRE_OK) code = pe_frame_reader_feed(&reader, in.bytes, in.length, &diag);
    if (code == PE_WIRE_OK && pe_frame_reader_next(&reader, &frame, &length, &diag) != 1)
        code = PE_WIRE_E_PROTOCOL;
    if (code == PE_WIRE_OK) code = pe_wire_head_read(frame, length, &head, &diag);
    if (code == PE_WIRE_OK && !(has_zone = msgpack_zone_init(&zone, 256))) code = PE_WIRE_E_MEMORY;
    if (code == PE_WIRE_OK)
        code = pe_wire_decode_bytes(record, head.body, head.body_length, &zone, into, &diag);
    if (code == PE_WIRE_OK) code = pe_wire_put_reply(&out, 1, record, into, &diag);
    if (has_zone) msgpack_zone_destroy(&zone);
    pe_wire_out_free(&in);
    pe_wire_out_free(&out);
    pe_frame_reader_free(&reader);
    return code;
}

static void out_of_memory(void **state)
{
    (void)state;
    static const pe_wire_record tried[] = {PE_WIRE_workbook_begin, PE_WIRE_workbook_sheet,
                                           PE_WIRE_inspect_reply, PE_WIRE_page_reply, PE_WIRE_call};
    for (size_t i = 0; i < COUNT(tried); i++) {
        msgpack_sbuffer body;
        msgpack_packer packer;
        uint32_t random = 5;
        pe_wire_code code = PE_WIRE_E_MEMORY;
        void *into = malloc(pe_wire_record_bytes(tried[i]));
        msgpack_sbuffer_init(&body);
        msgpack_packer_init(&packer, &body, msgpack_sbuffer_write);
        record_random(&packer, pei_record_get(tried[i]), &random);
        for (uint64_t n = 0; code != PE_WIRE_OK; n++) {
            failing_begin(n, FAILING_ALL_AFTER);
            code = there_and_back(tried[i], &body, into);
            failing_end();
            if (code != PE_WIRE_OK) assert_int_equal(code, PE_WIRE_E_MEMORY);
            assert_true(n < 10000);
        }
        msgpack_sbuffer_destroy(&body);
        free(into);
    }
}

static void not_finite(void **state)
{
    (void)state;
    pe_wire_out out;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    pe_wire_out_init(&out);
    pe_wire_progress progress = {
        .request = 1, .stage = pe_wire_text_of("x"), .has_per_second = true};
    progress.per_second = strtod("inf", NULL);
    assert_int_equal(pe_wire_put_note(&out, "progress", PE_WIRE_progress, &progress, &diag),
                     PE_WIRE_E_INTERNAL);
    assert_string_equal(diag.where, "per_second");
    assert_int_equal(out.length, 0);
    pe_wire_value value = {.kind = PE_WIRE_NUMBER, .number = progress.per_second};
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
    pe_wire_value_pack(&packer, &value);
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "\xd4\x01\x06", 3); /* #NUM! */
    msgpack_sbuffer_destroy(&bytes);
    pe_wire_out_free(&out);
}

static void texts_cut_inside_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *bytes;
        size_t packed;
    } rows[] = {{"a\xc3", 2,
                 "\xa1"
                 "a",
                 2},
                {"\xe2\x82 b", 4, "\xa2 b", 3},
                {"\xf0\x9f\x98", 3, "\xa0", 1},
                {"\xc3\xa9\xff!", 4, "\xa3\xc3\xa9!", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pe_wire_value value = {
            .kind = PE_WIRE_TEXT, .length = (uint32_t)rows[i].length, .text = rows[i].text};
        msgpack_sbuffer bytes;
        msgpack_packer packer;
        msgpack_sbuffer_init(&bytes);
        msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
        pe_wire_value_pack(&packer, &value);
        assert_int_equal(bytes.size, rows[i].packed);
        assert_memory_equal(bytes.data, rows[i].bytes, rows[i].packed);
        msgpack_sbuffer_destroy(&bytes);
    }
}

static void failures(void **state)
{
    (void)state;
    pe_wire_out out;
    pe_wire_diag diag;
    pe_wire_head head;
    pe_wire_failure failure;
    msgpack_zone zone;
    pe_wire_out_init(&out);
    msgpack_zone_init(&zone, 1024);
    pe_wire_fail(&diag, PE_WIRE_E_NOT_FOUND, "Sheet1!B7", "no book %d", 5);
    assert_int_equal(pe_wire_put_failure(&out, 9, &diag, NULL), PE_WIRE_OK);
    assert_int_equal(pe_wire_head_read(out.bytes + 4, out.length - 4, &head, NULL), PE_WIRE_OK);
    assert_int_equal(head.kind, PE_WIRE_RESPONSE);
    assert_int_equal(head.id, 9);
    assert_int_equal(
        pe_wire_decode_bytes(PE_WIRE_failure, head.error, head.error_length, &zone, &failure, NULL),
        PE_WIRE_OK);
    assert_string_equal(failure.code.bytes, "not_found");
    assert_string_equal(failure.where.bytes, "Sheet1!B7");
    assert_string_equal(failure.what.bytes, "no book 5");
    assert_int_equal(pe_wire_code_find("not_found", 9), PE_WIRE_E_NOT_FOUND);
    assert_int_equal(pe_wire_code_find("nonsense", 8), PE_WIRE_E_INTERNAL);
    msgpack_zone_destroy(&zone);
    pe_wire_out_free(&out);
}

/* A text that is cut is cut between characters. */
static void whole_characters(void **state)
{
    (void)state;
    char text[900];
    pe_wire_diag diag;
    for (size_t offset = 0; offset < 4; offset++) {
        memset(text, 'x', offset);
        for (size_t i = offset; i + 4 < sizeof text; i += 3) memcpy(text + i, "\xe2\x82\xac", 4);
        pe_wire_fail(&diag, PE_WIRE_E_IO, text, "%s", text);
        assert_true(pei_utf8_valid(diag.where, strlen(diag.where)));
        assert_true(pei_utf8_valid(diag.what, strlen(diag.what)));
        assert_true(strlen(diag.where) >= sizeof diag.where - 4);
    }
    pe_wire_fail(&diag, PE_WIRE_E_IO, "a\xc3", "\"%.4s\" is wrong", "xy\xe2\x82\xac");
    assert_string_equal(diag.where, "a");
    assert_string_equal(diag.what, "\"xy\" is wrong");
}

/* Markus Kuhn's boundary and ill-formed cases. */
static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {{"", true},
                {"a", true},
                {"\xc2\x80", true},
                {"\xdf\xbf", true},
                {"\xe0\xa0\x80", true},
                {"\xed\x9f\xbf", true},
                {"\xee\x80\x80", true},
                {"\xef\xbf\xbf", true},
                {"\xf0\x90\x80\x80", true},
                {"\xf4\x8f\xbf\xbf", true},
                {"12345678\xc3\xa4", true},
                {"\x80", false},
                {"\xc0\x80", false},
                {"\xc1\xbf", false},
                {"\xe0\x9f\xbf", false},
                {"\xed\xa0\x80", false},
                {"\xed\xbf\xbf", false},
                {"\xf0\x8f\xbf\xbf", false},
                {"\xf4\x90\x80\x80", false},
                {"\xf5\x80\x80\x80", false},
                {"\xfe", false},
                {"\xc3", false},
                {"\xe2\x82", false},
                {"1234567\xe2\x82", false},
                {"\xc3(", false}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (pei_utf8_valid(rows[i].text, strlen(rows[i].text)) != rows[i].valid)
            fail_msg("row %zu", i);
}

/* ---- the endpoint ---- */

static void endpoint_paths(void **state)
{
    (void)state;
    pe_endpoint endpoint;
    pe_wire_diag diag;
    char longer[200];
    assert_int_equal(pe_endpoint_locate("/run/user/1000", 1000, &endpoint, &diag), PE_WIRE_OK);
    assert_string_equal(endpoint.folder, "/run/user/1000/power-engine");
    assert_string_equal(endpoint.socket, "/run/user/1000/power-engine/host-1.sock");
    assert_string_equal(endpoint.file, "/run/user/1000/power-engine/host-1.json");
    static const char *const ignored[] = {NULL, "", "relative"};
    for (size_t i = 0; i < COUNT(ignored); i++) {
        assert_int_equal(pe_endpoint_locate(ignored[i], 1000, &endpoint, &diag), PE_WIRE_OK);
        assert_string_equal(endpoint.socket, "/tmp/power-engine-1000/host-1.sock");
    }
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    for (size_t length = 75; length < sizeof longer; length++) {
        char folder[200];
        memcpy(folder, longer, length);
        folder[length] = '\0';
        pe_wire_code expected = length + strlen("/power-engine/host-1.sock") < 104
                                    ? PE_WIRE_OK
                                    : PE_WIRE_E_LIMIT; /* sun_path of macOS */
        assert_int_equal(pe_endpoint_locate(folder, 1, &endpoint, &diag), expected);
    }
    assert_int_equal(pe_endpoint_locate_windows("C:\\Users\\a\\AppData\\Local", &endpoint, &diag),
                     PE_WIRE_OK);
    assert_string_equal(endpoint.file, "C:\\Users\\a\\AppData\\Local\\Power Engine\\host-1.json");
    assert_string_equal(endpoint.socket, "");
    assert_int_equal(pe_endpoint_locate_windows(NULL, &endpoint, &diag), PE_WIRE_E_NOT_FOUND);
}

#define TOKEN "0123456789abcdef0123456789abcdef"
static void endpoint_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"{\"endpoint\": \"/a/b.sock\", \"token\": \"" TOKEN
         "\", \"pid\": 12, \"version\": \"1\"}\n",
         true},
        {"{\"more\":5,\"endpoint\":\"/a/b.sock\",\"token\":\"" TOKEN "\",\"new\":\"x\"}", true},
        {"{\"endpoint\":\"\\\\\\\\.\\\\pipe\\\\x\",\"token\":\"" TOKEN "\"}", true},
        {"", false},
        {"{}", false},
        {"{\"endpoint\":\"/a\"}", false},
        {"{\"endpoint\":\"/a\",\"token\":\"short\"}", false},
        {"{\"endpoint\":\"/a\",\"token\":\"" TOKEN "0\"}", false},
        {"{\"endpoint\":\"/a\",\"token\":\"" TOKEN "\"", false},
        {"{\"endpoint\":\"/a\",\"token\":\"" TOKEN "\"} x", false},
        {"{\"endpoint\":[\"/a\"],\"token\":\"" TOKEN "\"}", false},
        {"{\"pid\":99999999999999999999,\"endpoint\":\"/a\",\"token\":\"" TOKEN "\"}", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pe_endpoint_content content;
        pe_wire_code code = pe_endpoint_parse(rows[i].text, strlen(rows[i].text), &content, NULL);
        if ((code == PE_WIRE_OK) != rows[i].good) fail_msg("row %zu", i);
    }
    char text[PE_ENDPOINT_FILE_BYTES];
    pe_endpoint_content written = {
        .endpoint = "\\\\.\\pipe\\a\"b", .token = TOKEN, .version = "0.1.0", .pid = 4294967296u};
    pe_endpoint_content read;
    int length = pe_endpoint_print(&written, text);
    assert_int_equal(length, strlen(text));
    assert_int_equal(pe_endpoint_parse(text, (size_t)length, &read, NULL), PE_WIRE_OK);
    assert_string_equal(read.endpoint, written.endpoint);
    assert_string_equal(read.token, TOKEN);
    assert_string_equal(read.version, "0.1.0");
    assert_true(read.pid == 4294967296u);
}

static void tokens(void **state)
{
    (void)state;
    assert_true(pe_token_equal(TOKEN, pe_wire_text_of(TOKEN)));
    assert_false(pe_token_equal(TOKEN, pe_wire_text_of(TOKEN "0")));
    assert_false(pe_token_equal(TOKEN, pe_wire_text_of("")));
    char other[] = TOKEN;
    for (size_t i = 0; i < PE_TOKEN_DIGITS; i++) {
        other[i] = (char)(other[i] ^ 1);
        assert_false(pe_token_equal(TOKEN, pe_wire_text_of(other)));
        other[i] = TOKEN[i];
    }
}

static void methods_by_name(void **state)
{
    (void)state;
    assert_int_equal(pe_wire_method_find(pe_wire_text_of("workbook.begin"))->params,
                     PE_WIRE_workbook_begin);
    assert_int_equal(pe_wire_method_find(pe_wire_text_of("hello"))->flags, PE_WIRE_FIRST);
    assert_null(pe_wire_method_find(pe_wire_text_of("workbook")));
    assert_null(pe_wire_method_find(pe_wire_text_of("")));
    assert_true(pe_wire_note_find(pe_wire_text_of("progress"))->from_host);
    assert_null(pe_wire_note_find(pe_wire_text_of("hello")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_page),
        cmocka_unit_test(frames_cut_anywhere),
        cmocka_unit_test(frame_lengths),
        cmocka_unit_test(frame_memory),
        cmocka_unit_test(frame_too_long),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(depth_bomb),
        cmocka_unit_test(cut_messages),
        cmocka_unit_test(heads),
        cmocka_unit_test(decoded_fields),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(every_record),
        cmocka_unit_test(not_finite),
        cmocka_unit_test(failures),
        cmocka_unit_test(whole_characters),
        cmocka_unit_test(utf8),
        cmocka_unit_test(endpoint_paths),
        cmocka_unit_test(endpoint_file),
        cmocka_unit_test(tokens),
        cmocka_unit_test(texts_cut_inside_a_character),
        cmocka_unit_test(methods_by_name),
    };
    struct CMUnitTest rows[COUNT(decode_rows)];
    for (size_t i = 0; i < COUNT(decode_rows); i++)
        rows[i] = (struct CMUnitTest){decode_rows[i].text, decode_case, NULL, NULL,
                                      (void *)(uintptr_t)&decode_rows[i]};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("decoding", rows, NULL, NULL);
}
