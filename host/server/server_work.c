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
        work->busy += queue == 0;
        return r;
    }
    return NULL;
}

static void finish(pei_work *work, pei_request *request, int queue)
{
    uv_mutex_lock(&work->mutex);
    if (simulates(request)) {
        work->simulating--;
        uv_cond_signal(&work->wake[0]); /* one that was passed over may start */
    }
    work->busy -= queue == 0;
    request->next = work->done;
    work->done = request;
    uv_mutex_unlock(&work->mutex);
    uv_async_send(&work->server->wake);
}

static void runner_main(void *argument)
{
    const struct pei_runner *runner = argument;
    pei_work *work = runner->work;
    for (;;) {
        pei_request *request = NULL;
        uv_mutex_lock(&work->mutex);
        while (!work->stop && (request = take(work, runner->queue)) == NULL)
            uv_cond_wait(&work->wake[runner->queue], &work->mutex);
        uv_mutex_unlock(&work->mutex);
        if (request == NULL) return;
        request->started = pe_clock_seconds();
        pei_request_do(request);
        finish(work, request, runner->queue);
    }
}

pe_status pei_work_start(pei_work *work, pe_server *server, pe_diag *diag)
{
    work->server = server;
    if (uv_mutex_init(&work->mutex) != 0)
        return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    uv_cond_init(&work->wake[0]);
    uv_cond_init(&work->wake[1]);
    /* Evaluation goes as deep as formulas do: the main thread's stack, not libuv's default. */
    const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                         .stack_size = 16u << 20};
    for (unsigned i = 0; i <= PEI_RUNNERS; i++) {
        work->runners[i].work = work;
        work->runners[i].queue = i == PEI_RUNNERS;
        if (uv_thread_create_ex(&work->threads[i], &options, runner_main, &work->runners[i]) != 0)
            return pe_fail(diag, PE_E_MEMORY, "server", "the runners cannot be started");
        work->thread_count++;
    }
    return PE_OK;
}

void pei_work_stop(pei_work *work)
{
    if (work->server == NULL) return;
    uv_mutex_lock(&work->mutex);
    work->stop = true;
    uv_cond_broadcast(&work->wake[0]);
    uv_cond_broadcast(&work->wake[1]);
    uv_mutex_unlock(&work->mutex);
    for (unsigned i = 0; i < work->thread_count; i++) uv_thread_join(&work->threads[i]);
    uv_cond_destroy(&work->wake[0]);
    uv_cond_destroy(&work->wake[1]);
    uv_mutex_destroy(&work->mutex);
    work->server = NULL;
}

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
