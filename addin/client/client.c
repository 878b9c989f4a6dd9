/* client.c: connecting, starting the host, sending and receiving. Invariants: every wait ends at a
 * deadline; a frame goes out whole or the connection is given up; while a request is being sent,
 * what comes is taken in, so that two full pipes cannot block one another. */
#include "client_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT_MS 10000
#define RECEIVE_BYTES 65536
#define HELD_BYTES_MAX ((size_t)64 << 20)
/* Requests under way; below the host's limit, so that it never has to refuse one. */
#define WAITING_MAX (PE_LIMIT_session_requests - 8)
#define ENDED_GRACE_MS 1500 /* after our host ended: another that was faster may still come up */

int pei_fail(pe_client_error *error, const char *code, const char *where, const char *format, ...)
{
    pe_wire_diag diag;
    char what[sizeof diag.what];
    va_list arguments;
    if (error == NULL) return -1;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    pe_wire_fail(&diag, PE_WIRE_E_INTERNAL, where, "%s", what);
    snprintf(error->code, sizeof error->code, "%s", code);
    memcpy(error->where, diag.where, sizeof error->where);
    memcpy(error->what, diag.what, sizeof error->what);
    return -1;
}

int pei_fail_diag(pe_client_error *error, const pe_wire_diag *diag)
{
    return pei_fail(error, pe_wire_code_text(diag->code), diag->where, "%s", diag->what);
}

int pei_no_memory(pe_client_error *error)
{
    return pei_fail(error, "memory", "", "out of memory");
}

static int64_t deadline_in(uint32_t timeout_ms)
{
    return pei_clock_ms() + timeout_ms;
}

uint32_t pei_next_id(pe_client *client)
{
    client->last_id = client->last_id == UINT32_MAX ? 1 : client->last_id + 1;
    return client->last_id;
}

uint32_t pe_client_last_id(const pe_client *client)
{
    return client->last_id;
}

/* ---- receiving ---- */

static int lost(pe_client *client, pe_client_error *error)
{
    atomic_store(&client->broken, true);
    return pei_fail(error, "lost", client->endpoint,
                    "The Power Engine host has ended or closed the connection. The next run starts "
                    "it again.");
}

static int give_up(pe_client *client, const pe_wire_diag *diag, pe_client_error *error)
{
    atomic_store(&client->broken, true);
    pei_link_break(client->link);
    if (diag->code == PE_WIRE_E_MEMORY) return pei_no_memory(error);
    return pei_fail(error, pe_wire_code_text(diag->code), client->endpoint,
                    "The Power Engine host sent something that is not a message: %.400s.",
                    diag->what);
}

/* Takes the complete frames out of the reader. Only their kind is looked at here. */
static int keep_frames(pe_client *client, pe_client_error *error)
{
    const uint8_t *bytes;
    size_t length;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    int got;
    while ((got = pe_frame_reader_next(&client->reader, &bytes, &length, &diag)) > 0) {
        pei_frame *frame = malloc(sizeof *frame + length);
        if (frame == NULL) return pei_no_memory(error);
        frame->next = NULL;
        frame->length = length;
        memcpy(frame->bytes, bytes, length);
        if (client->last != NULL)
            client->last->next = frame;
        else
            client->first = frame;
        client->last = frame;
        client->held_bytes += length;
        if (length > 1 && bytes[1] == PE_WIRE_RESPONSE && client->waiting > 0) client->waiting--;
    }
    return got < 0 ? give_up(client, &diag, error) : 0;
}

/* One exchange and what follows from it. 1: bytes went, 0: deadline, -1: error. */
static int exchange(pe_client *client, pei_exchange *work, int64_t deadline, pe_client_error *error)
{
    pe_wire_diag diag;
    uint8_t piece[RECEIVE_BYTES];
    work->in = client->held_bytes < HELD_BYTES_MAX ? piece : NULL;
    work->in_size = sizeof piece;
    if (work->in == NULL && work->sent == work->out_length)
        return pei_fail(error, "limit", client->endpoint,
                        "more messages than are kept for the caller; read some first");
    int result = pei_link_exchange(client->link, work, deadline);
    if (result < 0) return lost(client, error);
    if (work->received > 0) {
        size_t received = work->received;
        work->received = 0;
        if (pe_frame_reader_feed(&client->reader, piece, received, &diag) != PE_WIRE_OK)
            return give_up(client, &diag, error);
        if (keep_frames(client, error) < 0) return -1;
    }
    return result;
}

static int message_of(pe_client *client, const pei_frame *frame, pe_client_message *message,
                      pe_client_error *error)
{
    pe_wire_head head;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    if (pe_wire_head_read(frame->bytes, frame->length, &head, &diag) != PE_WIRE_OK)
        return give_up(client, &diag, error);
    if (head.kind == PE_WIRE_REQUEST) return 0; /* a host asks nothing of a client */
    memset(message, 0, sizeof *message);
    message->id = head.id;
    message->body = head.body;
    message->length = head.body_length;
    if (head.kind == PE_WIRE_NOTIFICATION) {
        if (head.method.length >= sizeof client->method) return 0; /* none of ours */
        memcpy(client->method, head.method.bytes, head.method.length);
        client->method[head.method.length] = '\0';
        message->kind = PE_CLIENT_NOTIFICATION;
        message->method = client->method;
    } else if (head.error_length > 0) {
        message->kind = PE_CLIENT_FAILURE;
        message->body = head.error;
        message->length = head.error_length;
    } else {
        message->kind = PE_CLIENT_REPLY;
    }
    return 1;
}

int pe_client_next(pe_client *client, uint32_t timeout_ms, pe_client_message *message,
                   pe_client_error *error)
{
    int64_t deadline = deadline_in(timeout_ms);
    for (;;) {
        pei_frame *frame = client->first;
        if (frame != NULL) {
            client->first = frame->next;
            if (client->first == NULL) client->last = NULL;
            client->held_bytes -= frame->length;
            free(client->shown);
            client->shown = frame;
            int result = message_of(client, frame, message, error);
            if (result != 0) return result;
            continue;
        }
        if (atomic_load(&client->broken)) return lost(client, error);
        pei_exchange work = {.out_length = 0};
        int result = exchange(client, &work, deadline, error);
        if (result < 0 && client->first == NULL) return -1;
        if (result == 0) return 0;
    }
}

/* ---- sending ---- */

static int timed_out(pe_client *client, pe_client_error *error)
{
    return pei_fail(error, "timeout", client->endpoint,
                    "The Power Engine host does not answer in time. Try again; if that does not "
                    "help, end it with: power-engine status --shutdown");
}

/* A lock with a deadline, which mutexes have not on every system. It is held for one frame. */
static bool lock_sending(pe_client *client, int64_t deadline)
{
    while (atomic_flag_test_and_set_explicit(&client->sending, memory_order_acquire)) {
        if (pei_clock_ms() >= deadline) return false;
        pei_sleep_ms(1);
    }
    return true;
}

static void unlock_sending(pe_client *client)
{
    atomic_flag_clear_explicit(&client->sending, memory_order_release);
}

/* Sends all of out; receives too where the calling thread is the client's own. */
static int send_frame(pe_client *client, const pe_wire_out *out, bool receive, int64_t deadline,
                      pe_client_error *error)
{
    pei_exchange work = {.out = out->bytes, .out_length = out->length};
    if (!lock_sending(client, deadline)) return timed_out(client, error);
    int result = atomic_load(&client->broken) ? lost(client, error) : 1;
    while (result > 0 && work.sent < work.out_length) {
        if (receive)
            result = exchange(client, &work, deadline, error);
        else if ((result = pei_link_exchange(client->link, &work, deadline)) < 0)
            lost(client, error);
    }
    if (result == 0) {
        if (work.sent > 0) { /* half a frame: nothing sensible can follow */
            atomic_store(&client->broken, true);
            pei_link_break(client->link);
        }
        timed_out(client, error);
    }
    unlock_sending(client);
    return result > 0 ? 0 : -1;
}

int pei_send_request(pe_client *client, int64_t deadline, pe_client_error *error)
{
    while (client->waiting >= WAITING_MAX) {
        pei_exchange work = {.out_length = 0};
        if (atomic_load(&client->broken)) return lost(client, error);
        int result = exchange(client, &work, deadline, error);
        if (result <= 0) return result < 0 ? -1 : timed_out(client, error);
    }
    if (send_frame(client, &client->out, true, deadline, error) < 0) return -1;
    client->waiting++;
    return 0;
}

/* The caller's bytes must be one map: what is wrong is said here, not by the host. */
static int check_params(const void *params, size_t length, pe_client_error *error)
{
    size_t used = 0;
    pe_wire_diag diag;
    uint8_t first = length > 0 ? *(const uint8_t *)params : 0;
    bool is_map = (first >= 0x80 && first < 0x90) || first == 0xde || first == 0xdf;
    if (pe_wire_scan(params, length, PE_LIMIT_depth, PE_LIMIT_elements, &used, &diag) != PE_WIRE_OK)
        return pei_fail_diag(error, &diag);
    if (!is_map || used != length)
        return pei_fail(error, "argument", "params", "parameters must be one MessagePack map");
    return 0;
}

static int build(pe_wire_out *out, const void *params, size_t length, pe_client_error *error)
{
    pe_wire_diag diag;
    pe_wire_append(out, params != NULL ? params : "\x80", params != NULL ? length : 1);
    return pe_wire_frame_end(out, &diag) == PE_WIRE_OK ? 0 : pei_fail_diag(error, &diag);
}

int64_t pe_client_send(pe_client *client, const char *method, const void *params, size_t length,
                       uint32_t timeout_ms, pe_client_error *error)
{
    if (params != NULL && check_params(params, length, error) < 0) return -1;
    uint32_t id = pei_next_id(client);
    client->out.length = 0;
    pe_wire_request_begin(&client->out, id, method);
    if (build(&client->out, params, length, error) < 0 ||
        pei_send_request(client, deadline_in(timeout_ms), error) < 0)
        return -1;
    return id;
}

int pe_client_notify(pe_client *client, const char *method, const void *params, size_t length,
                     uint32_t timeout_ms, pe_client_error *error)
{
    pe_wire_out out;
    if (params != NULL && check_params(params, length, error) < 0) return -1;
    pe_wire_out_init(&out);
    pe_wire_note_begin(&out, method);
    int result = build(&out, params, length, error);
    if (result == 0) result = send_frame(client, &out, false, deadline_in(timeout_ms), error);
    pe_wire_out_free(&out);
    return result;
}

/* ---- opening ---- */

void pe_client_close(pe_client *client)
{
    if (client == NULL) return;
    pei_link_close(client->link);
    pei_let_go(&client->process);
    while (client->first != NULL) {
        pei_frame *next = client->first->next;
        free(client->first);
        client->first = next;
    }
    free(client->shown);
    pe_frame_reader_free(&client->reader);
    pe_wire_out_free(&client->out);
    pe_wire_out_free(&client->values);
    pe_wire_out_free(&client->formulas);
    free(client);
}

/* A connection that failed is dropped; the client stays. */
static void disconnect(pe_client *client)
{
    pei_link_close(client->link);
    client->link = NULL;
    client->waiting = 0;
    pe_frame_reader_free(&client->reader);
    atomic_store(&client->broken, false);
}

/* The failure of hello. 0: another try may help (the token belonged to a host that is gone). */
static int hello_failed(const pe_client_message *message, pe_client_error *error)
{
    pe_wire_failure failure;
    pe_wire_diag diag = {.code = PE_WIRE_OK};
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, 1024)) return pei_no_memory(error);
    int result = 0;
    if (pe_wire_decode_bytes(PE_WIRE_failure, message->body, message->length, &zone, &failure,
                             &diag) != PE_WIRE_OK)
        result = pei_fail_diag(error, &diag);
    else if (pei_fail(error, failure.code.bytes, failure.where.bytes, "%s", failure.what.bytes) < 0)
        result = strcmp(failure.code.bytes, "token") == 0 ? 0 : -1;
    msgpack_zone_destroy(&zone);
    return result;
}

static uint32_t left_ms(int64_t deadline)
{
    int64_t left = deadline - pei_clock_ms();
    return left > 0 ? (uint32_t)left : 0;
}

/* 1: shaken hands, 0: try again, -1: error. */
static int say_hello(pe_client *client, const char *name, const char *token, int64_t deadline,
                     pe_client_error *error)
{
    pe_client_message message;
    pe_wire_diag diag;
    pe_wire_hello hello = {.version = PE_WIRE_VERSION,
                           .token = pe_wire_text_of(token),
                           .client = pe_wire_text_of(name)};
    uint32_t id = pei_next_id(client);
    client->out.length = 0;
    if (pe_wire_put_request(&client->out, id, "hello", PE_WIRE_hello, &hello, &diag) != PE_WIRE_OK)
        return pei_fail_diag(error, &diag);
    /* A host that is ending may accept and close: that is no reason to give up. */
    if (pei_send_request(client, deadline, error) < 0) return atomic_load(&client->broken) ? 0 : -1;
    for (;;) {
        int result = pe_client_next(client, left_ms(deadline), &message, error);
        if (result == 0) return timed_out(client, error);
        if (result < 0) return strcmp(error->code, "lost") == 0 ? 0 : -1;
        if (message.id != id) continue;
        return message.kind == PE_CLIENT_REPLY ? 1 : hello_failed(&message, error);
    }
}

/* 1: connected and shaken hands, 0: nobody there (or not yet), -1: error. */
static int try_connect(pe_client *client, const pe_client_options *options,
                       const pe_endpoint *endpoint, int64_t deadline, pe_client_error *error)
{
    char text[PE_ENDPOINT_FILE_BYTES];
    size_t length = 0;
    pe_endpoint_content content;
    int result = pei_read_file(endpoint, text, sizeof text, &length, error);
    if (result <= 0) return result;
    /* A file that is being written, or of a host that died while writing. */
    if (pe_endpoint_parse(text, length, &content, NULL) != PE_WIRE_OK) return 0;
    snprintf(client->endpoint, sizeof client->endpoint, "%s", content.endpoint);
    result = pei_link_open(content.endpoint, deadline, &client->link, error);
    if (result <= 0) return result;
    pe_frame_reader_init(&client->reader, PE_LIMIT_frame_bytes);
    result = say_hello(client, options->name != NULL ? options->name : "", content.token, deadline,
                       error);
    if (result <= 0) disconnect(client);
    return result;
}

/* The socket given by name has its endpoint file beside it. */
static int given_endpoint(const char *given, pe_endpoint *endpoint, pe_client_error *error)
{
    size_t length = strlen(given);
    memset(endpoint, 0, sizeof *endpoint);
    bool is_file = length > 5 && strcmp(given + length - 5, ".json") == 0;
    bool is_socket = length > 5 && strcmp(given + length - 5, ".sock") == 0;
    if ((!is_file && !is_socket) || length >= sizeof endpoint->file)
        return pei_fail(error, "argument", given,
                        "must be a host's socket (.sock) or endpoint file (.json)");
    snprintf(endpoint->file, sizeof endpoint->file, "%.*s.json", (int)length - 5, given);
    return 0;
}

static int start_host(pe_client *client, const pe_client_options *options, pe_client_error *error)
{
    char program[1024];
    if (pei_find_program(options->program, program, sizeof program, error) < 0) return -1;
    return pei_start(program, &client->process, error);
}

static int not_connected(const pe_client *client, bool started, int exit_code,
                         const pe_endpoint *endpoint, pe_client_error *error)
{
    if (client->process.id == 0 && started)
        return pei_fail(error, "host_start", endpoint->file,
                        "The Power Engine host ended right after its start (exit code %d). Run "
                        "\"power-engine serve\" in a terminal to see why.",
                        exit_code);
    if (started)
        return pei_fail(error, "timeout", endpoint->file,
                        "The Power Engine host was started but does not answer in time.");
    return pei_fail(error, "connect", endpoint->file, "No Power Engine host is running.");
}

/* Connects, starting the host once where nobody is there. */
static int connect_until(pe_client *client, const pe_client_options *options,
                         const pe_endpoint *endpoint, int64_t deadline, pe_client_error *error)
{
    bool may_start = options->start && options->endpoint == NULL, started = false;
    int64_t ended = 0;
    int exit_code = 0;
    unsigned pause_ms = 2;
    for (;;) {
        int result = try_connect(client, options, endpoint, deadline, error);
        if (result != 0) return result < 0 ? -1 : 0;
        if (may_start && !started) {
            if (start_host(client, options, error) < 0) return -1;
            started = true;
        }
        int64_t now = pei_clock_ms();
        if (started && ended == 0 && pei_has_ended(&client->process, &exit_code)) ended = now;
        if (!started || now >= deadline || (ended != 0 && now - ended > ENDED_GRACE_MS))
            return not_connected(client, started, exit_code, endpoint, error);
        pei_sleep_ms(pause_ms);
        if (pause_ms < 20) pause_ms *= 2;
    }
}

int pe_client_open(const pe_client_options *options, pe_client **client, pe_client_error *error)
{
    pe_client_error local;
    pe_endpoint endpoint;
    int64_t deadline =
        deadline_in(options->timeout_ms != 0 ? options->timeout_ms : TIMEOUT_DEFAULT_MS);
    if (error == NULL) error = &local;
    memset(error, 0, sizeof *error);
    int located = options->endpoint != NULL ? given_endpoint(options->endpoint, &endpoint, error)
                                            : pei_locate(&endpoint, error);
    if (located < 0) return -1;
    pe_client *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return pei_no_memory(error);
    atomic_flag_clear(&opened->sending);
    if (connect_until(opened, options, &endpoint, deadline, error) < 0) {
        pe_client_close(opened);
        return -1;
    }
    memset(error, 0, sizeof *error);
    *client = opened;
    return 0;
}
