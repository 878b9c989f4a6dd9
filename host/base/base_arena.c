/* base_arena.c: bump allocation in a chain of blocks. A push never moves earlier memory; restore
 * frees the blocks that were added after the mark, keeping one spare so that a save/restore loop
 * does not go to malloc. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct block {
    struct block *previous;
    size_t size; /* bytes after the header */
    size_t used;
} block;

struct pe_arena {
    block *last;
    block *spare;
    size_t bytes_max;
    size_t reserved; /* bytes of all blocks */
    size_t total;    /* bytes handed out */
    bool failed;
};

#define ALIGNMENT 16u
#define BLOCK_FIRST (4u << 10)
#define BLOCK_LARGEST (1u << 20)
#define HEADER ((sizeof(block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

pe_arena *pe_arena_new(size_t bytes_max)
{
    pe_arena *arena = calloc(1, sizeof *arena);
    if (arena != NULL) arena->bytes_max = bytes_max;
    return arena;
}

void pe_arena_free(pe_arena *arena)
{
    if (arena == NULL) return;
    for (block *b = arena->last; b != NULL;) {
        block *previous = b->previous;
        free(b);
        b = previous;
    }
    free(arena->spare);
    free(arena);
}

static block *add_block(pe_arena *arena, size_t bytes)
{
    block *b = arena->spare;
    if (b != NULL && b->size >= bytes) {
        arena->spare = NULL;
    } else {
        size_t size = arena->last != NULL ? arena->last->size * 2 : BLOCK_FIRST;
        if (size > BLOCK_LARGEST) size = BLOCK_LARGEST;
        if (size < bytes) size = bytes;
        b = malloc(HEADER + size);
        if (b == NULL) return NULL;
        b->size = size;
        arena->reserved += size;
    }
    b->used = 0;
    b->previous = arena->last;
    arena->last = b;
    return b;
}

void *pe_arena_push_raw(pe_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - ALIGNMENT) / size) goto fail;
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0) bytes = ALIGNMENT;
    if (bytes > arena->bytes_max || arena->total > arena->bytes_max - bytes) goto fail;
    block *b = arena->last;
    if (b == NULL || b->size - b->used < bytes) b = add_block(arena, bytes);
    if (b == NULL) goto fail;
    void *memory = (char *)b + HEADER + b->used;
    b->used += bytes;
    arena->total += bytes;
    return memory;
fail:
    arena->failed = true;
    return NULL;
}

void *pe_arena_push(pe_arena *arena, size_t count, size_t size)
{
    void *memory = pe_arena_push_raw(arena, count, size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

pe_arena_mark pe_arena_save(const pe_arena *arena)
{
    pe_arena_mark mark = {arena->last, arena->last != NULL ? arena->last->used : 0, arena->total};
    return mark;
}

void pe_arena_restore(pe_arena *arena, pe_arena_mark mark)
{
    while (arena->last != mark.block) {
        block *b = arena->last;
        arena->last = b->previous;
        if (arena->spare == NULL || arena->spare->size < b->size) {
            block *old = arena->spare;
            arena->spare = b;
            b = old;
        }
        if (b != NULL) {
            arena->reserved -= b->size;
            free(b);
        }
    }
    if (arena->last != NULL) arena->last->used = mark.used;
    arena->total = mark.total;
    arena->failed = false;
}

size_t pe_arena_bytes(const pe_arena *arena)
{
    return arena->total;
}

bool pe_arena_failed(const pe_arena *arena)
{
    return arena->failed;
}

char *pe_arena_text(pe_arena *arena, const char *text, size_t length)
{
    char *copy = pe_arena_push_raw(arena, length + 1, 1);
    if (copy == NULL) return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *pe_arena_printf(pe_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length >= 0 ? pe_arena_push_raw(arena, (size_t)length + 1, 1) : NULL;
    if (text == NULL) return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

pe_value pe_arena_text_value(pe_arena *arena, const char *bytes, size_t length)
{
    pe_text *text =
        length < UINT32_MAX ? pe_arena_push_raw(arena, sizeof *text + length + 1, 1) : NULL;
    if (text == NULL) return pe_error(PE_ERROR_NUM);
    text->length = (uint32_t)length;
    if (length > 0) memcpy(text->bytes, bytes, length);
    text->bytes[length] = '\0';
    return pe_box_pointer(PE_KIND_TEXT, text);
}

pe_array *pe_arena_array(pe_arena *arena, uint32_t rows, uint32_t columns)
{
    uint64_t count = (uint64_t)rows * columns;
    if (count > PE_ARRAY_CELLS_MAX) {
        arena->failed = true;
        return NULL;
    }
    pe_array *array = pe_arena_push_raw(arena, sizeof *array + (size_t)count * sizeof(pe_value), 1);
    if (array == NULL) return NULL;
    array->rows = rows;
    array->columns = columns;
    for (uint64_t i = 0; i < count; i++) array->cells[i] = pe_blank();
    return array;
}

pe_status pe_grow(void **items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity) return PE_OK;
    size_t target = *capacity < 16 ? 16 : *capacity + *capacity / 2;
    if (target < needed) target = needed;
    if (target > SIZE_MAX / size) return PE_E_MEMORY;
    void *moved = realloc(*items, target * size);
    if (moved == NULL) return PE_E_MEMORY;
    *items = moved;
    *capacity = target;
    return PE_OK;
}
