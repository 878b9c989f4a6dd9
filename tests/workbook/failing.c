/* failing.c: allocations that fail when they are told to. */
#include "failing.h"

#include <stddef.h>

failing faults;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static bool fails(void)
{
    if (!faults.armed || faults.countdown < 0 || faults.countdown-- > 0) return false;
    faults.failed = true;
    return true;
}

static void *counted(void *memory)
{
    if (faults.armed && memory != NULL) faults.live++;
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

void __wrap_free(void *memory)
{
    if (faults.armed && memory != NULL) faults.live--;
    __real_free(memory);
}
