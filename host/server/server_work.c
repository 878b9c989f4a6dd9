/* server_work.c: the runners: threads that compute. One queue for ordered requests and one for
 * those that overtake. Invariant: at least one runner of ordered requests is free of simulations,
 * so that what is short does not wait for what is long. */
#include "server_internal.h"

#include <stdlib.h>

static bool simulates(const pei_request *request)
{
    return request->method == PE_WIRE_METHOD_simulate;
}

/* The first request of the queue that may start; under the mutex. */
static pei_request *take(pei_work *work, int queue)
{
    pei_request *previous = NULL;
    for (pei_request *r = work->first[queue]; r != NULL; previous = r, r = r->next) {
        if (simulates(r) && work->simulating >= PEI_SIMULATORS) continue;
        if (previous != NULL)
            previous->next = r->next;
        else
            work->first[queue] = r->next;
        if (work->last[queue] == r) work->last[queue] = previous;
        r->next = NULL;
        work->simulating += simulates(r);
        return r;
    }
    return NULL;
}

static void finish(pei_work *work, pei_request *request)
{
    uv_mutex_lock(&work->mutex);
    if (simulates(request)) {
        work->simulating--;
        uv_cond_signal(&work->wake[0]); /* one that was passed over may start */
    }
    request->next = work->done;
    work->done = request;
    uv_mutex_unlock(&work->mutex);
    uv_async_send(&work->server->wake);
}

/* ---- runners
 * ------------------------------------------------------------------------------------------- */

static void join_crew(pei_crew *crew, pei_work *work)
{
    for (unsigned i = 0; i < crew->count; i++) uv_thread_join(&crew->runners[i].thread);
    uv_mutex_lock(&work->mutex);
    crew->count = 0;
    uv_mutex_unlock(&work->mutex);
}

static void runner_main(void *argument)
{
    const pei_runner *runner = argument;
    pei_work *work = runner->work;
    if (runner->before != NULL) {
        join_crew(runner->before, work);
        pei_give_back();
    }
    for (;;) {
        pei_request *request = NULL;
        uv_mutex_lock(&work->mutex);
        while (!runner->crew->stop && (request = take(work, runner->queue)) == NULL)
            uv_cond_wait(&work->wake[runner->queue], &work->mutex);
        uv_mutex_unlock(&work->mutex);
        if (request == NULL) return;
        request->started = pe_clock_seconds();
        pei_request_do(request);
        finish(work, request);
    }
}

static void stop_crew(pei_crew *crew, pei_work *work)
{
    uv_mutex_lock(&work->mutex);
    crew->stop = true;
    uv_cond_broadcast(&work->wake[0]);
    uv_cond_broadcast(&work->wake[1]);
    uv_mutex_unlock(&work->mutex);
}

/* False: not all of it could be started, and none of it is left. */
static bool start_crew(pei_crew *crew, pei_crew *before, pei_work *work)
{
    /* Evaluation goes as deep as formulas do: the main thread's stack, not libuv's default. */
    const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                         .stack_size = 16u << 20};
    crew->stop = false;
    for (unsigned i = 0; i <= PEI_RUNNERS; i++) {
        pei_runner *runner = &crew->runners[i];
        *runner = (pei_runner){.work = work,
                               .crew = crew,
                               .before = i == PEI_RUNNERS ? before : NULL,
                               .queue = i == 0};
        if (uv_thread_create_ex(&runner->thread, &options, runner_main, runner) != 0) {
            stop_crew(crew, work);
            join_crew(crew, work);
            return false;
        }
        crew->count++;
    }
    return true;
}

pe_status pei_work_start(pei_work *work, pe_server *server, pe_diag *diag)
{
    if (uv_mutex_init(&work->mutex) != 0)
        return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    uv_cond_init(&work->wake[0]);
    uv_cond_init(&work->wake[1]);
    work->server = server;
    work->crew = &work->crews[0];
    if (!start_crew(work->crew, NULL, work))
        return pe_fail(diag, PE_E_MEMORY, "server", "the runners cannot be started");
    return PE_OK;
}

void pei_work_renew(pei_work *work)
{
    pei_crew *old = work->crew, *fresh = &work->crews[old == &work->crews[0]];
    uv_mutex_lock(&work->mutex);
    bool joined = fresh->count == 0;
    uv_mutex_unlock(&work->mutex);
    if (!joined || !start_crew(fresh, old, work)) return;
    work->crew = fresh;
    stop_crew(old, work);
}

void pei_work_stop(pei_work *work)
{
    if (work->server == NULL) return;
    stop_crew(work->crew, work);
    join_crew(work->crew, work); /* it has joined the one before */
    uv_cond_destroy(&work->wake[0]);
    uv_cond_destroy(&work->wake[1]);
    uv_mutex_destroy(&work->mutex);
    work->server = NULL;
}

/* ---- queues
 * -------------------------------------------------------------------------------------------- */

void pei_work_add(pei_work *work, pei_request *request, bool light)
{
    request->next = NULL;
    uv_mutex_lock(&work->mutex);
    if (work->last[light] != NULL)
        work->last[light]->next = request;
    else
        work->first[light] = request;
    work->last[light] = request;
    uv_cond_signal(&work->wake[light]);
    uv_mutex_unlock(&work->mutex);
}

bool pei_work_remove(pei_work *work, pei_request *request, bool light)
{
    bool found = false;
    uv_mutex_lock(&work->mutex);
    pei_request *previous = NULL;
    for (pei_request *r = work->first[light]; r != NULL; previous = r, r = r->next) {
        if (r != request) continue;
        if (previous != NULL)
            previous->next = r->next;
        else
            work->first[light] = r->next;
        if (work->last[light] == r) work->last[light] = previous;
        r->next = NULL;
        found = true;
        break;
    }
    uv_mutex_unlock(&work->mutex);
    return found;
}

pei_request *pei_work_done(pei_work *work)
{
    uv_mutex_lock(&work->mutex);
    pei_request *list = work->done, *ordered = NULL;
    work->done = NULL;
    uv_mutex_unlock(&work->mutex);
    while (list != NULL) {
        pei_request *next = list->next;
        list->next = ordered;
        ordered = list;
        list = next;
    }
    return ordered;
}
