/* server.c: the loop: who connects, what is done, what time it is. Invariant: it never computes and
 * never waits for anything but its loop. */
#include "server_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define REST_MS 1000 /* between looks at silent sessions while nothing runs */

unsigned pei_server_threads(const pe_server *server)
{
    return server->options.threads > 0 ? server->options.threads : uv_available_parallelism();
}

/* ---- memory
 * ------------------------------------------------------------------------------------------- */

static uint64_t memory_limit(const pe_server *server)
{
    if (server->options.bytes_max > 0) return server->options.bytes_max;
    uint64_t machine = uv_get_total_memory(), container = uv_get_constrained_memory();
    if (container > 0 && container < machine) machine = container;
    return machine / 5 * 4;
}

static uint64_t bytes_of(const pei_session *session)
{
    uint64_t claims = atomic_load(&session->running[0]->claims);
    return claims > session->model_bytes ? claims : session->model_bytes;
}

/* Of the sessions that run, the one that comes to hold the most is likely the cause, the youngest
 * of equals. NULL also while one is ending: what it held is not free yet. */
static pei_session *largest_running(const pe_server *server)
{
    pei_session *largest = NULL;
    for (pei_session *s = server->sessions; s != NULL; s = s->next) {
        const pei_request *r = s->running[0];
        if (r == NULL) continue;
        if (r->answered) return NULL;
        uint64_t bytes = bytes_of(s), most = largest != NULL ? bytes_of(largest) : 0;
        if (largest == NULL || bytes > most ||
            (bytes == most && r->queued > largest->running[0]->queued))
            largest = s;
    }
    return largest;
}

static void watch_memory(pe_server *server)
{
    size_t bytes = 0;
    if (uv_resident_set_memory(&bytes) != 0 || bytes <= server->bytes_max) return;
    pei_session *session = largest_running(server);
    if (session == NULL) return;
    char what[256];
    snprintf(what, sizeof what,
             "out of memory: the host holds %llu MiB, of %llu that it may; use fewer trials or "
             "outputs, or close other workbooks",
             (unsigned long long)(bytes >> 20), (unsigned long long)(server->bytes_max >> 20));
    pei_log_line(&server->log, session->number, "ended: %s", what);
    pei_session_fail(session, session->running[0]->id, PE_WIRE_E_MEMORY, "", what);
    session->running[0]->answered = true;
    atomic_store(&session->control.cancel, true);
}

/* ---- time
 * --------------------------------------------------------------------------------------------- */

static bool is_busy(const pe_server *server)
{
    for (const pei_session *s = server->sessions; s != NULL; s = s->next)
        if (s->running[0] != NULL || s->running[1] != NULL) return true;
    return false;
}

static void on_tick(uv_timer_t *timer)
{
    pe_server *server = timer->data;
    double now = pe_clock_seconds();
    bool busy = is_busy(server);
    for (pei_session *s = server->sessions, *next; s != NULL; s = next) {
        next = s->next;
        pei_session_tick(s, now);
        pei_session_progress(s, now);
    }
    if (busy) {
        watch_memory(server);
    } else if (server->session_ended && !server->stopping) {
        server->session_ended = false;
        pei_work_renew(&server->work);
    }
    if (server->session_count == 0 && server->options.idle_s > 0 && !server->stopping &&
        now - server->idle_since >= server->options.idle_s) {
        pei_log_line(&server->log, 0, "idle");
        pei_server_wind_down(server, false, "the host is idle");
        return;
    }
    uint64_t repeat = busy ? PEI_TICK_MS : REST_MS;
    if (uv_timer_get_repeat(timer) != repeat) uv_timer_start(timer, on_tick, repeat, repeat);
}

void pei_server_hurry(pe_server *server)
{
    if (!server->closing && uv_timer_get_repeat(&server->timer) != PEI_TICK_MS)
        uv_timer_start(&server->timer, on_tick, PEI_TICK_MS, PEI_TICK_MS);
}

/* ---- events
 * ------------------------------------------------------------------------------------------- */

static void on_wake(uv_async_t *wake)
{
    pe_server *server = wake->data;
    pei_request *list = pei_work_done(&server->work);
    while (list != NULL) {
        pei_request *next = list->next;
        pei_session_done(list);
        list = next;
    }
    if (atomic_load(&server->stop_asked)) pei_server_wind_down(server, true, "the host is ending");
    pei_server_look(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    pe_server *server = handle->data;
    pei_log_line(&server->log, 0, "signal %d", number);
    pei_server_wind_down(server, true, "the host is ending");
}

void pe_server_stop(pe_server *server)
{
    atomic_store(&server->stop_asked, true);
    uv_async_send(&server->wake);
}

void pei_server_wind_down(pe_server *server, bool cancel, const char *reason)
{
    if (!server->stopping) {
        server->stopping = true;
        pei_log_line(&server->log, 0, "ending: %s", reason);
    }
    for (pei_session *s = server->sessions, *next; s != NULL; s = next) {
        next = s->next;
        if (cancel || (s->running[0] == NULL && s->running[1] == NULL)) pei_session_end(s, reason);
    }
    pei_server_look(server);
}

static void close_handle(uv_handle_t *handle, void *server)
{
    PE_UNUSED(server);
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* Once it stops, a session ends when nothing of it runs, and the loop with the last session. */
void pei_server_look(pe_server *server)
{
    if (!server->stopping || server->closing) return;
    for (pei_session *s = server->sessions, *next; s != NULL; s = next) {
        next = s->next;
        if (s->running[0] == NULL && s->running[1] == NULL && s->waiting[0].first == NULL)
            pei_session_end(s, "the host is ending");
    }
    if (server->session_count > 0) return;
    server->closing = true;
    pei_listener_stop(server->listener);
    uv_walk(&server->loop, close_handle, server);
}

/* ---- life
 * --------------------------------------------------------------------------------------------- */

static pe_status failed(int result, const char *where, const char *what, pe_diag *diag)
{
    return pe_fail(diag, result == UV_ENOMEM ? PE_E_MEMORY : PE_E_IO, where, "%s: %s", what,
                   uv_strerror(result));
}

static pe_status start_handles(pe_server *server, pe_diag *diag)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int result = uv_async_init(&server->loop, &server->wake, on_wake);
    if (result == 0) result = uv_timer_init(&server->loop, &server->timer);
    if (result == 0) result = uv_timer_start(&server->timer, on_tick, REST_MS, REST_MS);
    server->wake.data = server->timer.data = server;
    for (size_t i = 0; i < PE_COUNT(numbers) && server->options.signals && result == 0; i++) {
        server->signals[i].data = server;
        result = uv_signal_init(&server->loop, &server->signals[i]);
        if (result == 0) result = uv_signal_start(&server->signals[i], on_signal, numbers[i]);
    }
    return result == 0 ? PE_OK : failed(result, "server", "the loop cannot be made", diag);
}

pe_status pe_server_new(const pe_server_options *options, pe_server **out, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_server *server = calloc(1, sizeof *server);
    if (server == NULL) return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    server->options = *options;
    server->log.fd = -1;
    server->endpoint.lock = -1;
    server->started = server->idle_since = pe_clock_seconds();
    server->bytes_max = memory_limit(server);
    PE_TRY(pei_endpoint_take(&server->endpoint, options->endpoint, options->info, diag));
    pei_log_open(&server->log, options->log);
    if (uv_loop_init(&server->loop) != 0)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "server", "the loop cannot be made"));
    server->loop_made = true;
    PE_TRY(start_handles(server, diag));
    PE_TRY(pei_listen(server, diag));
    PE_TRY(pei_work_start(&server->work, server, diag));
    *out = server;
    return PE_OK;
fail:
    pe_server_free(server);
    return status;
}

pe_status pe_server_run(pe_server *server, pe_diag *diag)
{
    pei_block_broken_pipe();
    pei_log_line(&server->log, 0, "power-engine " PE_VERSION " serves %s, pid %d",
                 server->endpoint.socket, (int)uv_os_getpid());
    if (server->options.ready != NULL) server->options.ready(server->options.context);
    int left = uv_run(&server->loop, UV_RUN_DEFAULT);
    pei_endpoint_leave(&server->endpoint);
    pei_log_line(&server->log, 0, "ended");
    if (left != 0)
        return pe_fail(diag, PE_E_INTERNAL, "server", "the loop ended with open handles");
    return PE_OK;
}

void pe_server_free(pe_server *server)
{
    if (server == NULL) return;
    pei_work_stop(&server->work);
    if (server->loop_made) {
        pei_listener_stop(server->listener);
        uv_walk(&server->loop, close_handle, server);
        uv_run(&server->loop, UV_RUN_DEFAULT);
        uv_loop_close(&server->loop);
    }
    pei_listener_free(server->listener);
    pei_endpoint_leave(&server->endpoint);
    pei_log_close(&server->log);
    free(server);
}
