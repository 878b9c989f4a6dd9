/* server_session.c: one connection: bytes to frames, requests to runners, replies to bytes.
 * Invariant: whatever a client does, its session holds bounded memory: it is not read while too
 * many of its requests wait or too many replies are unread, and it is closed when it stands still
 * in the middle of something. Loop thread only, but for the progress callback. */
#include "server_internal.h"

#include <stdlib.h>

#define SILENCE_S 30.0
#define UNSENT_MAX ((size_t)PE_LIMIT_session_reply_mib << 20)
#define WAITING_BYTES_MAX (64u << 20) /* frames that wait: then the client is not read */

typedef struct writing {
    uv_write_t request;
    pei_session *session;
    uint8_t *bytes;
    size_t length;
} writing;

static void session_read(pei_session *session);

/* ---- life
 * --------------------------------------------------------------------------------------------- */

static void on_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    pei_progress *p = &((pei_session *)context)->progress;
    uv_mutex_lock(&p->mutex);
    if (p->stage != stage) p->stage_started = pe_clock_seconds();
    p->stage = stage;
    p->fresh = true;
    p->done = done;
    p->total = total;
    uv_mutex_unlock(&p->mutex);
}

static void session_free(pei_session *session)
{
    uv_mutex_destroy(&session->progress.mutex);
    free(session->frame);
    free(session);
}

/* Frees the session once its handle is closed, its requests are done and its model is gone. */
static void session_bury(pei_session *session)
{
    pe_server *server = session->server;
    if (!session->closed || !session->handle_gone || session->running[0] != NULL ||
        session->running[1] != NULL)
        return;
    if (session->model != NULL) { /* what it holds may take long to free: a runner does it */
        pei_request *last = calloc(1, sizeof *last);
        if (last != NULL) {
            *last = (pei_request){.session = session, .method = PEI_DISPOSE, .answered = true};
            session->running[0] = last;
            pei_work_add(&server->work, last, false);
            return;
        }
        pei_model_free(session->model);
    }
    if (session->previous != NULL)
        session->previous->next = session->next;
    else
        server->sessions = session->next;
    if (session->next != NULL) session->next->previous = session->previous;
    server->session_count--;
    if (server->session_count == 0) server->idle_since = pe_clock_seconds();
    session_free(session);
    server->session_ended = true;
    pei_server_hurry(server);
    pei_server_look(server);
}

static void on_closed(uv_handle_t *handle)
{
    pei_session *session = handle->data;
    session->handle_gone = true;
    session_bury(session);
}

static void drop_waiting(pei_session *session)
{
    for (int q = 0; q < 2; q++) {
        pei_request *r = session->waiting[q].first;
        session->waiting[q] = (pei_queue){NULL, NULL};
        while (r != NULL) {
            pei_request *next = r->next;
            pei_request_free(r);
            r = next;
        }
        r = session->running[q];
        if (r == NULL) continue;
        r->answered = true;
        if (pei_work_remove(&session->server->work, r, q == 1)) {
            pei_request_free(r);
            session->running[q] = NULL;
        }
    }
}

void pei_session_close(pei_session *session)
{
    if (session->closed) return;
    session->closed = true;
    atomic_store(&session->control.cancel, true);
    drop_waiting(session);
    pei_log_line(&session->server->log, session->number, "closed");
    uv_close((uv_handle_t *)&session->pipe, on_closed);
}

void pei_session_end(pei_session *session, const char *reason)
{
    size_t length = 0;
    if (session->closed || session->ending) return;
    const pe_wire_goodbye goodbye = {.reason = pe_wire_text_of(reason)};
    uint8_t *frame = pei_note_frame("goodbye", PE_WIRE_goodbye, &goodbye, &length);
    if (frame != NULL) pei_session_send(session, frame, length);
    session->ending = true;
    atomic_store(&session->control.cancel, true);
    drop_waiting(session);
    if (session->reading) uv_read_stop((uv_stream_t *)&session->pipe);
    session->reading = false;
    if (session->unsent == 0) pei_session_close(session);
}

static pei_session *session_new(pe_server *server)
{
    pei_session *session = calloc(1, sizeof *session);
    if (session == NULL) return NULL;
    session->server = server;
    session->model = pei_model_new(server, &session->control);
    if (session->model == NULL || uv_mutex_init(&session->progress.mutex) != 0) {
        pei_model_free(session->model);
        free(session);
        return NULL;
    }
    session->number = ++server->session_last;
    session->connected = session->heard = pe_clock_seconds();
    session->control.progress = on_progress;
    session->control.context = session;
    session->next = server->sessions;
    if (session->next != NULL) session->next->previous = session;
    server->sessions = session;
    server->session_count++;
    return session;
}

static void on_refused(uv_handle_t *handle)
{
    ((pe_server *)handle->data)->spare_busy = false;
}

/* Without memory for a session the connection is still taken, or no other would come. */
static void refuse(pe_server *server)
{
    pei_log_line(&server->log, 0, "out of memory for a session");
    if (server->spare_busy) return;
    server->spare_busy = true;
    uv_pipe_init(&server->loop, &server->spare, 0);
    server->spare.data = server;
    pei_listener_accept(server, &server->spare);
    uv_close((uv_handle_t *)&server->spare, on_refused);
}

void pei_session_accept(pe_server *server)
{
    uint32_t most =
        server->options.session_max > 0 ? server->options.session_max : (uint32_t)PE_LIMIT_sessions;
    bool full = server->session_count >= most || server->stopping;
    pei_session *session = session_new(server);
    if (session == NULL) {
        refuse(server);
        return;
    }
    uv_pipe_init(&server->loop, &session->pipe, 0);
    session->pipe.data = session;
    if (!pei_listener_accept(server, &session->pipe)) {
        pei_log_line(&server->log, session->number, "refused: another user's process");
        pei_session_close(session);
        return;
    }
    if (full) {
        pei_log_line(&server->log, session->number, "refused: too many sessions");
        pei_session_end(session, server->stopping ? "the host is ending"
                                                  : "the host has as many connections as it takes; "
                                                    "close one");
        return;
    }
    session_read(session);
}

/* ---- out
 * ---------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status)
{
    writing *w = (writing *)request;
    pei_session *session = w->session;
    session->unsent -= w->length;
    session->unsent_moved = pe_clock_seconds();
    free(w->bytes);
    free(w);
    if (session->closed) return;
    if (status != 0 || (session->ending && session->unsent == 0)) {
        pei_session_close(session);
        return;
    }
    pei_session_pump(session);
    session_read(session);
}

void pei_session_send(pei_session *session, uint8_t *bytes, size_t length)
{
    writing *w = session->closed || session->ending ? NULL : calloc(1, sizeof *w);
    if (w == NULL) {
        free(bytes);
        if (!session->closed && !session->ending) pei_session_close(session);
        return;
    }
    const uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
    if (session->unsent == 0) session->unsent_moved = pe_clock_seconds();
    *w = (writing){.session = session, .bytes = bytes, .length = length};
    session->unsent += length;
    session->queued_bytes += length;
    if (uv_write(&w->request, (uv_stream_t *)&session->pipe, &buffer, 1, on_written) != 0) {
        session->unsent -= length;
        free(bytes);
        free(w);
        pei_session_close(session);
    }
}

/* ---- in
 * -----------------------------------------------------------------------------------------------
 */

static bool may_read(const pei_session *session)
{
    return !session->closed && !session->ending && session->unsent < UNSENT_MAX &&
           session->request_bytes < WAITING_BYTES_MAX;
}

/* A frame's bytes go straight into it; what is declared is not allocated before it comes. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    pei_session *session = handle->data;
    PE_UNUSED(suggested);
    size_t rest = session->frame_capacity - session->frame_used;
    if (session->frame != NULL && rest == 0) {
        size_t wanted = session->frame_capacity * 2;
        if (wanted > session->frame_length) wanted = session->frame_length;
        uint8_t *grown = realloc(session->frame, wanted);
        if (grown != NULL) {
            session->frame = grown;
            session->frame_capacity = wanted;
            rest = wanted - session->frame_used;
        }
    }
    if (session->frame != NULL)
        *buffer = uv_buf_init((char *)session->frame + session->frame_used, (unsigned)rest);
    else
        *buffer = uv_buf_init((char *)session->server->read_buffer, PEI_READ_BYTES);
}

static void frame_complete(pei_session *session)
{
    uint8_t *frame = session->frame;
    session->frame = NULL;
    session->head_used = 0;
    pei_message_take(session, frame, session->frame_length);
}

/* The length is there: a frame begins. */
static bool frame_begin(pei_session *session)
{
    const uint8_t *h = session->head;
    size_t length = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
    size_t most = session->greeted ? (size_t)PE_LIMIT_frame_bytes : PEI_READ_BYTES;
    if (length == 0 || length > most) {
        pei_log_line(&session->server->log, session->number, "a frame of %zu bytes: refused",
                     length);
        pei_session_end(session, "a frame is longer than the limit");
        return false;
    }
    session->frame_length = length;
    session->frame_used = 0;
    session->frame_capacity = length < PEI_READ_BYTES ? length : PEI_READ_BYTES;
    session->frame = malloc(session->frame_capacity);
    if (session->frame == NULL) pei_session_end(session, "the host is out of memory");
    return session->frame != NULL;
}

static void take_bytes(pei_session *session, const uint8_t *bytes, size_t count)
{
    size_t at = 0;
    while (at < count && !session->closed && !session->ending) {
        if (session->frame == NULL) {
            while (at < count && session->head_used < 4)
                session->head[session->head_used++] = bytes[at++];
            if (session->head_used < 4 || !frame_begin(session)) return;
        }
        size_t part = session->frame_length - session->frame_used;
        if (part > count - at) part = count - at;
        if (session->frame_used + part > session->frame_capacity) {
            uint8_t *grown = realloc(session->frame, session->frame_used + part);
            if (grown == NULL) {
                pei_session_end(session, "the host is out of memory");
                return;
            }
            session->frame = grown;
            session->frame_capacity = session->frame_used + part;
        }
        memcpy(session->frame + session->frame_used, bytes + at, part);
        session->frame_used += part;
        at += part;
        if (session->frame_used == session->frame_length) frame_complete(session);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    pei_session *session = stream->data;
    if (count == 0 || session->closed || session->ending) return;
    if (count < 0) { /* the client is gone */
        pei_session_close(session);
        return;
    }
    session->heard = pe_clock_seconds();
    if (session->frame != NULL && buffer->base == (char *)session->frame + session->frame_used) {
        session->frame_used += (size_t)count;
        if (session->frame_used == session->frame_length) frame_complete(session);
    } else {
        take_bytes(session, (const uint8_t *)buffer->base, (size_t)count);
    }
    if (session->reading && !may_read(session)) {
        uv_read_stop(stream);
        session->reading = false;
    }
}

static void session_read(pei_session *session)
{
    if (session->reading || !may_read(session)) return;
    if (uv_read_start((uv_stream_t *)&session->pipe, on_alloc, on_read) != 0) {
        pei_session_close(session);
        return;
    }
    session->heard = pe_clock_seconds();
    session->reading = true;
}

/* ---- requests
 * ----------------------------------------------------------------------------------------- */

void pei_session_pump(pei_session *session)
{
    for (int q = 0; q < 2; q++) {
        pei_request *r = session->waiting[q].first;
        if (session->closed || r == NULL || session->running[q] != NULL ||
            session->unsent >= UNSENT_MAX)
            continue;
        session->waiting[q].first = r->next;
        if (r->next == NULL) session->waiting[q].last = NULL;
        session->running[q] = r;
        if (q == 0) {
            atomic_store(&session->control.cancel, false);
            atomic_store(&session->control.stop, false);
            session->progress.stage = NULL;
            session->progress.fresh = false;
        }
        pei_work_add(&session->server->work, r, q == 1);
    }
}

void pei_session_done(pei_request *request)
{
    pei_session *session = request->session;
    int q = session->running[1] == request;
    session->running[q] = NULL;
    session->request_count -= request->method != PEI_DISPOSE;
    session->request_bytes -= request->frame_length;
    if (request->method == PEI_DISPOSE) session->model = NULL;
    if (q == 0) {
        session->model_bytes = request->model_bytes;
        session->books = request->books;
        session->runs = request->runs;
    }
    bool broken = request->broken;
    if (!request->answered) {
        if (request->reply != NULL) {
            pei_session_send(session, request->reply, request->reply_length);
            request->reply = NULL;
        } else {
            broken = true; /* not even an error could be written */
        }
    }
    pei_request_log(request);
    pei_request_free(request);
    if (session->closed) {
        session_bury(session);
        return;
    }
    if (broken) {
        pei_session_end(session, "a frame is not what the protocol says");
        return;
    }
    pei_session_pump(session);
    session_read(session);
}

/* ---- time
 * --------------------------------------------------------------------------------------------- */

void pei_session_tick(pei_session *session, double now)
{
    double silence = session->server->options.silence_s;
    if (silence <= 0) silence = SILENCE_S;
    if (session->closed) return;
    size_t waits = uv_stream_get_write_queue_size((uv_stream_t *)&session->pipe);
    uint64_t written = session->queued_bytes - waits;
    if (written != session->written_bytes || waits == 0) session->unsent_moved = now;
    session->written_bytes = written;
    if (now - session->unsent_moved > silence) {
        pei_log_line(&session->server->log, session->number, "does not read: dropped");
        pei_session_close(session);
    } else if (session->reading && session->head_used > 0 && now - session->heard > silence) {
        pei_log_line(&session->server->log, session->number, "half a frame: dropped");
        pei_session_end(session, "the rest of a frame did not come");
    } else if (!session->greeted && now - session->connected > PE_LIMIT_hello_seconds) {
        pei_session_end(session, "no hello came");
    }
}

static double seconds_left(const pei_progress *p, double now, double *per_second)
{
    double elapsed = now - p->stage_started;
    *per_second = elapsed > 0 ? (double)p->done / elapsed : 0;
    return *per_second > 0 && p->total >= p->done ? (double)(p->total - p->done) / *per_second : 0;
}

/* At most one for each tick, and none while earlier bytes are unread. */
void pei_session_progress(pei_session *session, double now)
{
    const pei_request *r = session->running[0];
    pei_progress *p = &session->progress;
    size_t length = 0;
    if (r == NULL || r->answered || session->closed || session->ending || session->unsent > 0)
        return;
    pe_wire_progress message = {.request = r->id};
    uv_mutex_lock(&p->mutex);
    const char *stage = p->fresh ? p->stage : NULL;
    if (stage != NULL) {
        message.stage = pe_wire_text_of(stage);
        message.done = p->done;
        message.total = p->total;
        if (strcmp(stage, "simulate") == 0 && p->done > 0) {
            message.has_per_second = message.has_seconds_left = true;
            message.seconds_left = seconds_left(p, now, &message.per_second);
        }
    }
    p->fresh = false;
    uv_mutex_unlock(&p->mutex);
    if (stage == NULL) return;
    uint8_t *frame = pei_note_frame("progress", PE_WIRE_progress, &message, &length);
    if (frame != NULL) pei_session_send(session, frame, length);
}
