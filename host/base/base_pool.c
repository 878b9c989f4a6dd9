/* base_pool.c: a fixed set of worker threads that share one counter of task indices. The caller is
 * worker 0. */
#include "base.h"

#include <pthread.h>
#include <stdlib.h>

typedef pe_status (*task_function)(void *context, size_t index, unsigned worker);

struct pe_pool {
    unsigned thread_count; /* workers, the caller included */
    pthread_t *threads;    /* thread_count - 1 of them */
    struct worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    uint64_t generation; /* of the current run; workers wait for it to grow */
    unsigned busy;       /* workers still in the current run */
    bool stop;
    task_function task;
    void *context;
    size_t count;
    atomic_size_t next;
    atomic_size_t failed_index; /* lowest index of a failed task */
    pe_status failed_status;    /* under mutex */
};

typedef struct worker {
    pe_pool *pool;
    unsigned number;
} worker;

static void work(pe_pool *pool, unsigned number)
{
    for (;;) {
        size_t index = atomic_fetch_add(&pool->next, 1);
        if (index >= pool->count || atomic_load(&pool->failed_index) != SIZE_MAX) return;
        pe_status status = pool->task(pool->context, index, number);
        if (status != PE_OK) {
            pthread_mutex_lock(&pool->mutex);
            if (index < atomic_load(&pool->failed_index)) {
                atomic_store(&pool->failed_index, index);
                pool->failed_status = status;
            }
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    pe_pool *pool = self->pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->stop && pool->generation == seen)
            pthread_cond_wait(&pool->wake, &pool->mutex);
        if (pool->stop) break;
        seen = pool->generation;
        pthread_mutex_unlock(&pool->mutex);
        work(pool, self->number);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

pe_status pe_pool_new(unsigned thread_count, pe_pool **out, pe_diag *diag)
{
    if (thread_count == 0) thread_count = pe_processors();
    if (thread_count > 1024)
        return pe_fail(diag, PE_E_ARGUMENT, "threads", "%u threads are too many: use at most 1024",
                       thread_count);
    pe_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return pe_fail(diag, PE_E_MEMORY, "threads", "out of memory");
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    atomic_store(&pool->failed_index, SIZE_MAX);
    pool->thread_count = 1;
    pool->threads = calloc(thread_count, sizeof *pool->threads);
    pool->workers = calloc(thread_count, sizeof *pool->workers);
    if (pool->threads == NULL || pool->workers == NULL) goto fail;
    for (unsigned i = 1; i < thread_count; i++) {
        pool->workers[i] = (worker){pool, i};
        if (pthread_create(&pool->threads[i - 1], NULL, worker_main, &pool->workers[i]) != 0)
            goto fail;
        pool->thread_count++;
    }
    *out = pool;
    return PE_OK;
fail:
    pe_pool_free(pool);
    return pe_fail(diag, PE_E_MEMORY, "threads",
                   "cannot start %u worker threads: use fewer (--threads)", thread_count);
}

void pe_pool_free(pe_pool *pool)
{
    if (pool == NULL) return;
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 1; i < pool->thread_count; i++) pthread_join(pool->threads[i - 1], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->threads);
    free(pool->workers);
    free(pool);
}

unsigned pe_pool_threads(const pe_pool *pool)
{
    return pool != NULL ? pool->thread_count : 1;
}

pe_status pe_pool_run(pe_pool *pool, size_t count, task_function task, void *context)
{
    if (pool == NULL || pool->thread_count == 1 || count <= 1) {
        for (size_t i = 0; i < count; i++) {
            pe_status status = task(context, i, 0);
            if (status != PE_OK) return status;
        }
        return PE_OK;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->task = task;
    pool->context = context;
    pool->count = count;
    pool->failed_status = PE_OK;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->failed_index, SIZE_MAX);
    pool->busy = pool->thread_count - 1;
    pool->generation++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    work(pool, 0);
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0) pthread_cond_wait(&pool->done, &pool->mutex);
    pe_status status = pool->failed_status;
    pthread_mutex_unlock(&pool->mutex);
    return status;
}
