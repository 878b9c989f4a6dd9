/* server_rig.c: see server_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server_rig.h"

static double fixed_now(void)
{
    return 46000.5;
}

/* ---- the server
 * ---------------------------------------------------------------------------------------- */

static void *serve(void *context)
{
    rig *r = context;
    pe_diag diag = {.status = PE_OK};
    r->result = pe_server_run(r->server, &diag);
    return NULL;
}

void rig_start(rig *r, const pe_server_options *options)
{
    pe_diag diag = {.status = PE_OK};
    memset(r, 0, sizeof *r);
    snprintf(r->folder, sizeof r->folder, "/tmp/pe-server-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    snprintf(r->socket, sizeof r->socket, "%s/host-1.sock", r->folder);
    snprintf(r->log, sizeof r->log, "%s/host.log", r->folder);
    if (options != NULL) r->options = *options;
    r->options.endpoint = r->socket;
    r->options.log = r->log;
    r->options.folder = "/tmp";
    r->options.backend = pe_backend_cpu();
    r->options.now = fixed_now;
    if (r->options.threads == 0) r->options.threads = 2;
    pe_status status = pe_server_new(&r->options, &r->server, &diag);
    if (status != PE_OK) fail_msg("%s: %s", diag.where, diag.what);
    assert_int_equal(pthread_create(&r->thread, NULL, serve, r), 0);
}

void rig_wait(rig *r)
{
    if (r->server == NULL) return;
    pthread_join(r->thread, NULL);
    assert_int_equal(r->result, PE_OK);
    pe_server_free(r->server);
    r->server = NULL;
}

void rig_stop(rig *r)
{
    char command[160];
    if (r->server != NULL) pe_server_stop(r->server);
    rig_wait(r);
    snprintf(command, sizeof command, "rm -rf %s", r->folder);
    assert_int_equal(system(command), 0);
}

char *rig_log(const rig *r)
{
    FILE *file = fopen(r->log, "rb");
    char *text = calloc(1, 1 << 16);
    assert_non_null(file);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 16) - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

/* ---- a client
 * ------------------------------------------------------------------------------------------ */

void rig_connect(const rig *r, rig_client *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memset(c, 0, sizeof *c);
    memcpy(address.sun_path, r->socket, strlen(r->socket) + 1);
    c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
    pe_frame_reader_init(&c->reader, PE_LIMIT_frame_bytes);
    c->zone = msgpack_zone_new(8192);
}

void rig_close(rig_client *c)
{
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    pe_frame_reader_free(&c->reader);
    msgpack_zone_free(c->zone);
    free(c->frame);
}

bool rig_send_bytes(rig_client *c, const void *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n = send(c->fd, (const char *)bytes + at, length - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

uint32_t rig_send(rig_client *c, const char *method, pe_wire_record record, const void *params)
{
    pe_wire_out out;
    pe_wire_out_init(&out);
    assert_int_equal(pe_wire_put_request(&out, ++c->id, method, record, params, NULL), PE_WIRE_OK);
    rig_send_bytes(c, out.bytes, out.length);
    pe_wire_out_free(&out);
    return c->id;
}

void rig_note(rig_client *c, const char *method, uint32_t request)
{
    pe_wire_out out;
    const pe_wire_cancel params = {.request = request};
    pe_wire_out_init(&out);
    assert_int_equal(pe_wire_put_note(&out, method, PE_WIRE_cancel, &params, NULL), PE_WIRE_OK);
    rig_send_bytes(c, out.bytes, out.length);
    pe_wire_out_free(&out);
}

/* 1: a message is in c->head, 0: late, -1: closed. */
static int next_message(rig_client *c, double deadline)
{
    const uint8_t *frame = NULL;
    size_t length = 0;
    char bytes[65536];
    for (;;) {
        int got = pe_frame_reader_next(&c->reader, &frame, &length, NULL);
        assert_true(got >= 0);
        if (got == 1) break;
        double left = deadline - pe_clock_seconds();
        struct pollfd poller = {.fd = c->fd, .events = POLLIN};
        if (left <= 0 || poll(&poller, 1, (int)(left * 1000) + 1) == 0) return 0;
        ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -1;
        assert_int_equal(pe_frame_reader_feed(&c->reader, bytes, (size_t)n, NULL), PE_WIRE_OK);
    }
    free(c->frame);
    c->frame = malloc(length);
    assert_non_null(c->frame);
    memcpy(c->frame, frame, length);
    assert_int_equal(pe_wire_head_read(c->frame, length, &c->head, NULL), PE_WIRE_OK);
    return 1;
}

static void take_note(rig_client *c)
{
    if (strncmp(c->head.method.bytes, "goodbye", c->head.method.length) == 0)
        c->said_goodbye = true;
    if (strncmp(c->head.method.bytes, "progress", c->head.method.length) != 0) return;
    assert_int_equal(pe_wire_decode_bytes(PE_WIRE_progress, c->head.body, c->head.body_length,
                                          c->zone, &c->progress, NULL),
                     PE_WIRE_OK);
    if (c->progress_count < 256) c->progress_at[c->progress_count] = pe_clock_seconds();
    c->progress_count++;
}

const char *rig_wait_for(rig_client *c, uint32_t id, pe_wire_record record, void *result,
                         double timeout_s)
{
    double deadline = pe_clock_seconds() + timeout_s;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    for (;;) {
        int got = next_message(c, deadline);
        if (got == 0) return "late";
        if (got < 0) return "closed";
        if (c->head.kind == PE_WIRE_NOTIFICATION) take_note(c);
        if (id == 0) return "";
        if (c->head.kind != PE_WIRE_RESPONSE || c->head.id != id) continue;
        if (c->head.error_length > 0) {
            assert_int_equal(pe_wire_decode_bytes(PE_WIRE_failure, c->head.error,
                                                  c->head.error_length, c->zone, &c->failure, NULL),
                             PE_WIRE_OK);
            return c->failure.code.bytes;
        }
        if (result != NULL && pe_wire_decode_bytes(record, c->head.body, c->head.body_length,
                                                   c->zone, result, &diag) != PE_WIRE_OK)
            fail_msg("%s: %s", diag.where, diag.what);
        return "";
    }
}

const char *rig_call(rig_client *c, const char *method, pe_wire_record record, const void *params,
                     pe_wire_record result_record, void *result)
{
    uint32_t id = rig_send(c, method, record, params);
    return rig_wait_for(c, id, result_record, result, 60);
}

static void read_token(const rig *r, char token[PE_TOKEN_DIGITS + 1])
{
    char path[96], text[PE_ENDPOINT_FILE_BYTES];
    pe_endpoint_content content;
    snprintf(path, sizeof path, "%s/host-1.json", r->folder);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_int_equal(pe_endpoint_parse(text, n, &content, NULL), PE_WIRE_OK);
    memcpy(token, content.token, sizeof content.token);
}

void rig_hello(const rig *r, rig_client *c)
{
    char token[PE_TOKEN_DIGITS + 1];
    pe_wire_hello_reply reply;
    read_token(r, token);
    rig_connect(r, c);
    const pe_wire_hello hello = {.version = PE_WIRE_VERSION,
                                 .token = pe_wire_text_of(token),
                                 .client = pe_wire_text_of("a test")};
    assert_string_equal(rig_call(c, "hello", PE_WIRE_hello, &hello, PE_WIRE_hello_reply, &reply),
                        "");
}

/* ---- books
 * --------------------------------------------------------------------------------------------- */

/* "B2 =A1*2", "A1 10", "A2 'text": the content of one cell. */
static void read_line(const char *line, size_t length, uint32_t *row, uint32_t *column,
                      pe_wire_value *value, pe_wire_text *formula)
{
    size_t used = pe_cell_parse(line, length, row, column);
    assert_true(used > 0);
    const char *content = line + used + (used < length);
    size_t rest = length - used - (used < length);
    *formula = (pe_wire_text){NULL, 0};
    *value = (pe_wire_value){.kind = PE_WIRE_BLANK};
    if (rest == 0) return;
    if (content[0] == '=') {
        *formula = (pe_wire_text){content, (uint32_t)rest};
        value->kind = PE_WIRE_OMITTED;
    } else if (content[0] == '\'') {
        *value = (pe_wire_value){
            .kind = PE_WIRE_TEXT, .text = content + 1, .length = (uint32_t)rest - 1};
    } else {
        *value = (pe_wire_value){.kind = PE_WIRE_NUMBER,
                                 .number = pe_decimal_parse(content, rest, &used)};
    }
}

uint32_t rig_book(rig_client *c, const char *lines)
{
    pe_wire_sheet sheet = {.name = pe_wire_text_of("Sheet1")};
    pe_wire_workbook_begin begin = {.name = pe_wire_text_of("model"),
                                    .application = pe_wire_text_of("Microsoft Excel"),
                                    .dialect = pe_wire_text_of("excel"),
                                    .semantics = pe_wire_text_of("excel"),
                                    .sheets = {&sheet, 1}};
    pe_wire_workbook_begin_reply begun;
    pe_wire_workbook_end_reply ended;
    assert_string_equal(rig_call(c, "workbook.begin", PE_WIRE_workbook_begin, &begin,
                                 PE_WIRE_workbook_begin_reply, &begun),
                        "");
    for (const char *line = lines; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        pe_wire_workbook_sheet part = {.book = begun.book, .rows = 1, .columns = 1};
        pe_wire_value value;
        pe_wire_text formula;
        read_line(line, length, &part.row, &part.column, &value, &formula);
        part.values.items = &value;
        part.formulas.items = &formula;
        part.values.count = part.formulas.count = 1;
        part.has_formulas = true;
        assert_string_equal(rig_call(c, "workbook.sheet", PE_WIRE_workbook_sheet, &part,
                                     PE_WIRE_workbook_sheet_reply, NULL),
                            "");
        line += length + (line[length] == '\n');
    }
    const pe_wire_workbook_end end = {.book = begun.book};
    assert_string_equal(
        rig_call(c, "workbook.end", PE_WIRE_workbook_end, &end, PE_WIRE_workbook_end_reply, &ended),
        "");
    return begun.book;
}

const char *rig_edit(rig_client *c, uint32_t book, const char *line)
{
    pe_wire_value value;
    pe_wire_text formula;
    pe_wire_sheet_part part = {.rows = 1, .columns = 1};
    read_line(line, strlen(line), &part.row, &part.column, &value, &formula);
    part.values.items = &value;
    part.formulas.items = &formula;
    part.values.count = part.formulas.count = 1;
    part.has_formulas = formula.bytes != NULL;
    const pe_wire_workbook_update update = {.book = book, .sheets = {&part, 1}};
    return rig_call(c, "workbook.update", PE_WIRE_workbook_update, &update,
                    PE_WIRE_workbook_update_reply, NULL);
}

const char *rig_simulate(rig_client *c, uint32_t book, uint64_t trials,
                         pe_wire_simulate_reply *reply)
{
    const pe_wire_simulate params = {
        .book = book,
        .has_settings = true,
        .settings = {.has_trials = true, .trials = trials, .has_seed = true, .seed = {false, 1}}};
    return rig_call(c, "simulate", PE_WIRE_simulate, &params, PE_WIRE_simulate_reply, reply);
}
