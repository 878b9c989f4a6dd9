/* failing.c: see failing.h. */
#include "failing.h"

#include <stddef.h>

typedef struct failing {
    bool on, relented;
    failing_which which;
    uint64_t fail_at;
    failing_count count;
} failing;
static _Thread_local failing here;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

void failing_begin(uint64_t n, failing_which which)
{
    here = (failing){.on = true, .which = which, .fail_at = n};
}

void failing_relent(void)
{
    here.relented = true;
}

failing_count failing_end(void)
{
    here.on = false;
    return here.count;
}

static bool fails(void)
{
    if (!here.on) return false;
    uint64_t number = here.count.made++;
    if (here.relented || number < here.fail_at) return false;
    if (number > here.fail_at && here.which == FAILING_ONE) return false;
    here.count.failed = true;
    return true;
}

static void *counted(void *memory)
{
    here.count.live += here.on && memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (fails()) return NULL;
    return old != NULL ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *memory)
{
    here.count.live -= here.on && memory != NULL;
    __real_free(memory);
}
