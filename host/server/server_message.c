/* server_message.c: what a frame is, and what the loop itself does with it: greet, cancel, stop,
 * status, shutdown. Everything else goes to a runner. Invariant: no message costs the loop more
 * than a walk over a small frame. */
#include "server_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define SMALL_BYTES 65536u /* up to here the loop walks a whole frame */

/* ---- frames out
 * --------------------------------------------------------------------------------------- */

static uint8_t *taken(pe_wire_out *out, pe_wire_code code, size_t *length)
{
    if (code != PE_WIRE_OK) {
        pe_wire_out_free(out);
        return NULL;
    }
    *length = out->length;
    return out->bytes;
}

uint8_t *pei_failure_frame(uint32_t id, const pe_wire_diag *failure, size_t *length)
{
    pe_wire_out out;
    pe_wire_out_init(&out);
    return taken(&out, pe_wire_put_failure(&out, id, failure, NULL), length);
}

uint8_t *pei_reply_frame(uint32_t id, pe_wire_record record, const void *result, size_t *length,
                         pe_wire_diag *failure)
{
    pe_wire_out out;
    pe_wire_out_init(&out);
    return taken(&out, pe_wire_put_reply(&out, id, record, result, failure), length);
}

uint8_t *pei_note_frame(const char *name, pe_wire_record record, const void *params, size_t *length)
{
    pe_wire_out out;
    pe_wire_out_init(&out);
    return taken(&out, pe_wire_put_note(&out, name, record, params, NULL), length);
}

static void send_failure(pei_session *session, uint32_t id, const pe_wire_diag *failure)
{
    size_t length = 0;
    uint8_t *frame = pei_failure_frame(id, failure, &length);
    if (frame != NULL)
        pei_session_send(session, frame, length);
    else
        pei_session_close(session);
}

void pei_session_fail(pei_session *session, uint32_t id, pe_wire_code code, const char *where,
                      const char *what)
{
    pe_wire_diag failure = {.code = PE_WIRE_OK};
    pe_wire_fail(&failure, code, where, "%s", what);
    send_failure(session, id, &failure);
}

static void send_reply(pei_session *session, uint32_t id, pe_wire_record record, const void *result)
{
    size_t length = 0;
    pe_wire_diag failure = {.code = PE_WIRE_OK};
    uint8_t *frame = pei_reply_frame(id, record, result, &length, &failure);
    if (frame != NULL)
        pei_session_send(session, frame, length);
    else
        send_failure(session, id, &failure);
}

/* ---- what the loop answers
 * ------------------------------------------------------------------------------ */

static void hello(pei_session *session, const pe_wire_head *head, msgpack_zone *zone)
{
    pe_server *server = session->server;
    pe_wire_hello hello;
    pe_wire_diag failure = {.code = PE_WIRE_OK};
    if (pe_wire_decode_bytes(PE_WIRE_hello, head->body, head->body_length, zone, &hello,
                             &failure) == PE_WIRE_OK) {
        if (hello.version != PE_WIRE_VERSION)
            pe_wire_fail(&failure, PE_WIRE_E_VERSION, "version",
                         "the host speaks version %d of the protocol, the add-in %u: install the "
                         "same release of both",
                         PE_WIRE_VERSION, hello.version);
        else if (!pe_token_equal(server->endpoint.token, hello.token))
            pe_wire_fail(&failure, PE_WIRE_E_TOKEN, "token",
                         "the token is not this host's: read the endpoint file again");
    }
    if (failure.code != PE_WIRE_OK) {
        pei_log_line(&server->log, session->number, "refused: %s", failure.what);
        send_failure(session, head->id, &failure);
        pei_session_end(session, "hello was refused");
        return;
    }
    size_t count = 0;
    const pe_wire_limit *limits = pe_wire_limits(&count);
    pe_wire_pair pairs[64];
    pe_wire_hello_reply reply = {.version = pe_wire_text_of(PE_VERSION),
                                 .protocol = PE_WIRE_VERSION,
                                 .threads = pei_server_threads(server),
                                 .backend = pe_wire_text_of(server->options.backend->name)};
    for (size_t i = 0; i < count && i < PE_COUNT(pairs); i++)
        pairs[i] = (pe_wire_pair){pe_wire_text_of(limits[i].name), limits[i].value};
    reply.limits.items = pairs;
    reply.limits.count = (uint32_t)(count < PE_COUNT(pairs) ? count : PE_COUNT(pairs));
    snprintf(session->client, sizeof session->client, "%s", hello.client.bytes);
    session->greeted = true;
    pei_log_line(&server->log, session->number, "connected: %s", session->client);
    send_reply(session, head->id, PE_WIRE_hello_reply, &reply);
}

static void status(pei_session *session, uint32_t id)
{
    const pe_server *server = session->server;
    pe_wire_status_reply reply = {.pid = (uint32_t)uv_os_getpid(),
                                  .version = pe_wire_text_of(PE_VERSION),
                                  .uptime = pe_clock_seconds() - server->started};
    for (const pei_session *s = server->sessions; s != NULL; s = s->next) {
        if (!s->greeted) continue;
        reply.sessions++;
        reply.memory_bytes += s->model_bytes + s->request_bytes;
        reply.jobs_running += s->running[0] != NULL && s->running[0]->started > 0;
        reply.jobs_waiting += s->running[0] != NULL && s->running[0]->started == 0;
        for (const pei_request *r = s->waiting[0].first; r != NULL; r = r->next)
            reply.jobs_waiting++;
    }
    reply.session.books = session->books;
    reply.session.runs = session->runs;
    reply.session.memory_bytes = session->model_bytes + session->request_bytes;
    send_reply(session, id, PE_WIRE_status_reply, &reply);
}

static void shutdown_host(pei_session *session, uint32_t id)
{
    const pe_wire_shutdown_reply reply = {0};
    send_reply(session, id, PE_WIRE_shutdown_reply, &reply);
    pei_server_wind_down(session->server, false, "a client asked the host to end");
}

/* ---- cancel and stop
 * ---------------------------------------------------------------------------------- */

static void answer_cancelled(pei_session *session, uint32_t id)
{
    pei_session_fail(session, id, PE_WIRE_E_CANCELLED, "", "cancelled");
}

/* A waiting request goes at once; a running one is answered at once and ends in its own time. */
static void cancel(pei_session *session, uint32_t id)
{
    for (int q = 0; q < 2; q++) {
        pei_request *r = session->running[q], *previous = NULL;
        if (r != NULL && r->id == id && !r->answered) {
            r->answered = true;
            if (q == 0) atomic_store(&session->control.cancel, true);
            answer_cancelled(session, id);
            return;
        }
        for (r = session->waiting[q].first; r != NULL; previous = r, r = r->next) {
            if (r->id != id) continue;
            if (previous != NULL)
                previous->next = r->next;
            else
                session->waiting[q].first = r->next;
            if (session->waiting[q].last == r) session->waiting[q].last = previous;
            session->request_count--;
            session->request_bytes -= r->frame_length;
            pei_request_free(r);
            answer_cancelled(session, id);
            return;
        }
    }
}

static void stop(pei_session *session, uint32_t id)
{
    const pei_request *r = session->running[0];
    if (r != NULL && r->id == id && r->method == PE_WIRE_METHOD_simulate)
        atomic_store(&session->control.stop, true);
}

static void notification(pei_session *session, const pe_wire_head *head, msgpack_zone *zone)
{
    const pe_wire_note *note = pe_wire_note_find(head->method);
    pe_wire_cancel params;
    if (note == NULL || note->from_host) return;
    if (pe_wire_decode_bytes(note->params, head->body, head->body_length, zone, &params, NULL) !=
        PE_WIRE_OK)
        return;
    if (note->params == PE_WIRE_cancel)
        cancel(session, params.request);
    else
        stop(session, params.request);
}

/* ---- requests
 * ----------------------------------------------------------------------------------------- */

/* What took long or failed. */
void pei_request_log(const pei_request *request)
{
    if (request->method == PEI_DISPOSE) return;
    double now = pe_clock_seconds();
    bool failed = request->code != PE_WIRE_OK;
    if (!failed && now - request->queued < 0.2) return;
    pei_log_line(&request->session->server->log, request->session->number,
                 "%s %u: %s, waited %.2f s, took %.2f s",
                 pe_wire_method_get((pe_wire_method_id)request->method)->name, request->id,
                 failed ? pe_wire_code_text(request->code) : "done",
                 request->started - request->queued, now - request->started);
}

static bool is_in_use(const pei_session *session, uint32_t id)
{
    for (int q = 0; q < 2; q++) {
        if (session->running[q] != NULL && session->running[q]->id == id &&
            !session->running[q]->answered)
            return true;
        for (const pei_request *r = session->waiting[q].first; r != NULL; r = r->next)
            if (r->id == id) return true;
    }
    return false;
}

/* Whether it overtakes. A description that refers to a workbook waits for its edits. */
static bool is_light(const pe_wire_method *method, const pe_wire_head *head, msgpack_zone *zone)
{
    pe_wire_describe describe;
    if (method->id != PE_WIRE_METHOD_describe) return (method->flags & PE_WIRE_OVERTAKES) != 0;
    return zone != NULL &&
           pe_wire_decode_bytes(PE_WIRE_describe, head->body, head->body_length, zone, &describe,
                                NULL) == PE_WIRE_OK &&
           !describe.has_book;
}

/* Takes the frame. */
static void queue(pei_session *session, const pe_wire_method *method, uint32_t id, bool light,
                  uint8_t *frame, size_t length)
{
    pei_request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        free(frame);
        pei_session_fail(session, id, PE_WIRE_E_MEMORY, "", "the host is out of memory");
        return;
    }
    *request = (pei_request){.session = session,
                             .id = id,
                             .method = (int)method->id,
                             .light = light,
                             .frame = frame,
                             .frame_length = length,
                             .queued = pe_clock_seconds()};
    pei_queue *q = &session->waiting[light];
    if (q->last != NULL)
        q->last->next = request;
    else
        q->first = request;
    q->last = request;
    session->request_count++;
    session->request_bytes += length;
    pei_session_pump(session);
    pei_server_hurry(session->server);
}

/* False: the frame is the caller's still. */
static bool request(pei_session *session, const pe_wire_head *head, msgpack_zone *zone,
                    uint8_t *frame, size_t length)
{
    const pe_wire_method *method = pe_wire_method_find(head->method);
    if (!session->greeted && (method == NULL || method->id != PE_WIRE_METHOD_hello)) {
        pei_session_fail(session, head->id, PE_WIRE_E_TOKEN, "hello",
                         "the first request must be hello");
        pei_session_end(session, "the first request was not hello");
    } else if (method == NULL) {
        pei_session_fail(session, head->id, PE_WIRE_E_UNKNOWN_METHOD, "",
                         "the host does not know this method: install the same release of the "
                         "host and the add-in");
    } else if (is_in_use(session, head->id)) {
        pei_session_fail(session, head->id, PE_WIRE_E_PROTOCOL, "id",
                         "another request with this id is not answered yet");
    } else if (method->id == PE_WIRE_METHOD_hello && !session->greeted) {
        hello(session, head, zone);
    } else if (method->id == PE_WIRE_METHOD_hello) {
        pei_session_fail(session, head->id, PE_WIRE_E_PROTOCOL, "hello", "hello comes once, first");
    } else if (method->id == PE_WIRE_METHOD_status) {
        status(session, head->id);
    } else if (method->id == PE_WIRE_METHOD_shutdown) {
        shutdown_host(session, head->id);
    } else if (session->server->stopping) {
        pei_session_fail(session, head->id, PE_WIRE_E_CANCELLED, "", "the host is ending");
    } else if (session->request_count >= PE_LIMIT_session_requests) {
        pei_session_fail(session, head->id, PE_WIRE_E_BUSY, "",
                         "too many requests of this session wait: read their replies first");
    } else {
        queue(session, method, head->id, is_light(method, head, zone), frame, length);
        return true;
    }
    return false;
}

/* ---- frames in
 * ---------------------------------------------------------------------------------------- */

/* The head of a large request without a walk over its parameters, which its runner does; false:
 * not in the shortest form, walk. */
static bool peek(const uint8_t *frame, size_t length, pe_wire_head *head)
{
    size_t at = 2, used;
    uint64_t id = 0;
    if (length < 16 || frame[0] != 0x94 || frame[1] != PE_WIRE_REQUEST) return false;
    if (frame[at] >= 0x80 && (frame[at] < 0xCC || frame[at] > 0xCE)) return false;
    unsigned bytes = frame[at] < 0x80 ? 0 : 1u << (frame[at] - 0xCC);
    if (bytes == 0) id = frame[at];
    for (unsigned i = 1; i <= bytes; i++) id = id << 8 | frame[at + i];
    at += 1 + bytes;
    if ((frame[at] & 0xE0) != 0xA0) return false;
    used = frame[at] & 0x1F;
    if (id == 0 || at + 1 + used >= length || frame[at + 1 + used] != 0x91) return false;
    *head = (pe_wire_head){.kind = PE_WIRE_REQUEST,
                           .id = (uint32_t)id,
                           .method = {(const char *)frame + at + 1, (uint32_t)used}};
    return true;
}

void pei_message_take(pei_session *session, uint8_t *frame, size_t length)
{
    pe_wire_head head = {.id = 0};
    pe_wire_diag failure = {.code = PE_WIRE_OK};
    bool kept = false;
    if (length > SMALL_BYTES && session->greeted && peek(frame, length, &head)) {
        if (!request(session, &head, NULL, frame, length)) free(frame);
        return;
    }
    msgpack_zone *zone = msgpack_zone_new(1024);
    if (zone == NULL) {
        free(frame);
        pei_session_end(session, "the host is out of memory");
        return;
    }
    if (pe_wire_head_read(frame, length, &head, &failure) != PE_WIRE_OK) {
        if (head.id != 0) send_failure(session, head.id, &failure);
        pei_log_line(&session->server->log, session->number, "a wrong frame: %s", failure.what);
        if (head.id == 0 || !session->greeted)
            pei_session_end(session, "a frame is not what the protocol says");
    } else if (head.kind == PE_WIRE_NOTIFICATION) {
        if (session->greeted) notification(session, &head, zone);
    } else if (head.kind == PE_WIRE_REQUEST) {
        kept = request(session, &head, zone, frame, length);
    } else {
        pei_session_end(session, "the host asks nothing, and gets no responses");
    }
    if (!kept) free(frame);
    msgpack_zone_free(zone);
}
