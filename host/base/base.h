/* base.h: what every module stands on: status and diagnostics, values, cell addresses, arenas, hash
 * table, text, locale-free decimals, task pool, control (cancel and progress). Nothing here knows a
 * spreadsheet's meaning. All functions are safe from any thread on distinct objects unless a
 * comment says otherwise. */
#ifndef PE_BASE_H
#define PE_BASE_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "address.h"
#include "bounds.h"
#include "dialect.h"
#include "value.h"

#if defined(__MINGW32__) /* where plain printf is Microsoft's old one */
#define PE_PRINTF(format_index, first) __attribute__((format(gnu_printf, format_index, first)))
#elif defined(__GNUC__)
#define PE_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define PE_PRINTF(format_index, first)
#endif

/* ---- status
 * ------------------------------------------------------------------------------------------- */

/* X(name, text): failures of an operation. Spreadsheet errors (#DIV/0!) are data, never a status.
 */
#define PE_STATUSES(X)                                                                             \
    X(OK, "success")                                                                               \
    X(E_MEMORY, "out of memory")                                                                   \
    X(E_LIMIT, "a limit was exceeded")                                                             \
    X(E_IO, "input or output failed")                                                              \
    X(E_FORMAT, "not a valid workbook")                                                            \
    X(E_ENCRYPTED, "the workbook is encrypted")                                                    \
    X(E_SYNTAX, "syntax error")                                                                    \
    X(E_ARGUMENT, "invalid argument")                                                              \
    X(E_NOT_FOUND, "not found")                                                                    \
    X(E_UNSUPPORTED, "not supported")                                                              \
    X(E_CYCLE, "circular reference")                                                               \
    X(E_CANCELLED, "cancelled")                                                                    \
    X(E_INTERNAL, "internal error")

typedef enum pe_status {
#define PE_STATUS_ENUM(name, text) PE_##name,
    PE_STATUSES(PE_STATUS_ENUM)
#undef PE_STATUS_ENUM
} pe_status;

/* The reason of a failure, for a person: where (file part, cell, option) and what, with what to do
 * about it. */
typedef struct pe_diag {
    pe_status status;
    char where[256];
    char what[768];
} pe_diag;

const char *pe_status_text(pe_status status);

/* Fills diag (NULL is allowed) and returns status. where may be NULL. */
pe_status pe_fail(pe_diag *diag, pe_status status, const char *where, const char *format, ...)
    PE_PRINTF(4, 5);

/* The one flow macro: on failure keeps the status in `status` and jumps to `fail`. */
#define PE_TRY(expression)                                                                         \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != PE_OK) goto fail;                                                            \
    } while (0)

/* Bugs, never data or user errors. Compiled out of release builds. */
#ifdef NDEBUG
#define PE_ASSERT(condition) ((void)0)
#else
#include <assert.h>
#define PE_ASSERT(condition) assert(condition)
#endif

#define PE_UNUSED(x) ((void)(x))
#define PE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- arena
 * -------------------------------------------------------------------------------------------- */

/* Bump allocation with one lifetime. Not thread-safe. Memory is zeroed and aligned to 16 bytes. */
typedef struct pe_arena pe_arena;
typedef struct pe_arena_mark {
    void *block;
    size_t used;
    size_t total;
} pe_arena_mark;

pe_arena *pe_arena_new(size_t bytes_max); /* NULL: out of memory */
void pe_arena_free(pe_arena *arena);      /* NULL is allowed */
void *pe_arena_push(pe_arena *arena, size_t count,
                    size_t size); /* NULL: out of memory or over bytes_max */
void *pe_arena_push_raw(pe_arena *arena, size_t count, size_t size); /* the same, not zeroed */
pe_arena_mark pe_arena_save(const pe_arena *arena);
void pe_arena_restore(pe_arena *arena,
                      pe_arena_mark mark);    /* frees what was pushed after the mark */
size_t pe_arena_bytes(const pe_arena *arena); /* bytes handed out */
#define PE_PUSH(arena, type, count) ((type *)pe_arena_push((arena), (count), sizeof(type)))

/* Copies text[0, length) and a final NUL. NULL: out of memory. */
char *pe_arena_text(pe_arena *arena, const char *text, size_t length);
/* A printf into the arena. NULL: out of memory. */
char *pe_arena_printf(pe_arena *arena, const char *format, ...) PE_PRINTF(2, 3);

/* A text value (value.h) in the arena; #NUM!-free: on exhaustion the value is
 * pe_error(PE_ERROR_NUM) and the arena's owner sees pe_arena_failed(). */
pe_value pe_arena_text_value(pe_arena *arena, const char *bytes, size_t length);
/* An array of blanks. NULL: out of memory. rows, columns >= 1. */
pe_array *pe_arena_array(pe_arena *arena, uint32_t rows, uint32_t columns);
bool pe_arena_failed(const pe_arena *arena); /* some push returned NULL since the last restore */

/* Grows *items (heap) so that it holds at least `needed` items of `size` bytes; *capacity in items.
 * New items are not initialised. PE_E_MEMORY leaves everything as it was. */
pe_status pe_grow(void **items, size_t *capacity, size_t needed, size_t size);
#define PE_GROW(items, capacity, needed)                                                           \
    pe_grow((void **)(items), (capacity), (needed), sizeof(**(items)))

/* ---- hash
 * --------------------------------------------------------------------------------------------- */

uint64_t pe_hash_bytes(const void *bytes, size_t length,
                       uint64_t seed);        /* stable: the same on every platform */
uint64_t pe_hash_mix(uint64_t a, uint64_t b); /* combines two hashes, order matters */

/* Byte-string keys to uint32_t values; keys are copied. Not thread-safe. */
typedef struct pe_map pe_map;
pe_map *pe_map_new(void);
void pe_map_free(pe_map *map);
/* Finds key or adds it with value `fresh`. *slot points to the stored value, valid until the next
 * call. */
pe_status pe_map_put(pe_map *map, const void *key, size_t length, uint32_t fresh, uint32_t **slot,
                     bool *added);
bool pe_map_get(const pe_map *map, const void *key, size_t length, uint32_t *value);
size_t pe_map_count(const pe_map *map);

/* SHA-256 (FIPS 180-4), incremental. */
typedef struct pe_sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} pe_sha256;
void pe_sha256_init(pe_sha256 *sha);
void pe_sha256_update(pe_sha256 *sha, const void *bytes, size_t length);
void pe_sha256_final(pe_sha256 *sha, uint8_t digest[32]);

/* ---- text and decimals
 * -------------------------------------------------------------------------------- */

/* ASCII-only case folding; for Unicode see functions. */
bool pe_text_equal_nocase(const char *a, size_t a_length, const char *b, size_t b_length);
/* The code point at text[*at), advancing *at; malformed bytes give U+FFFD, one byte each. */
uint32_t pe_utf8_next(const char *text, size_t length, size_t *at);
size_t pe_utf8_put(char out[4], uint32_t code_point); /* bytes written, 1 to 4 */

/* The double nearest to the decimal text[0, length) (correctly rounded; digits, '.', exponent;
 * optional sign; no spaces, no hex, no locale). *used: bytes consumed; 0 when no number starts
 * here. Overflow gives an infinity, for the caller to judge. */
double pe_decimal_parse(const char *text, size_t length, size_t *used);
/* Correctly rounded to `digits` significant decimal digits (1 to 17) in the style of %.{digits}g
 * with '.' whatever the locale. Writes a final NUL; returns the length (at most 31). */
#define PE_DECIMAL_BYTES 32
int pe_decimal_format(double value, int digits, char out[PE_DECIMAL_BYTES]);
/* The shortest text (15, 16 or 17 digits) that reads back as the same double. */
int pe_decimal_shortest(double value, char out[PE_DECIMAL_BYTES]);

/* ---- control and tasks
 * -------------------------------------------------------------------------------- */

/* Given to every stage that can take more than 50 ms. progress (may be NULL) is called from any
 * worker, at most some tens of times per second; done and total in the stage's own unit (bytes,
 * formulas, trials). */
typedef struct pe_control {
    atomic_bool cancel; /* give up: nothing is kept */
    atomic_bool stop;   /* a simulation ends early and keeps the trials done */
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t total);
    void *context;
} pe_control;

bool pe_cancelled(const pe_control *control); /* NULL: never */
void pe_progress(const pe_control *control, const char *stage, uint64_t done, uint64_t total);

/* A fixed set of worker threads. One run at a time per pool; runs may not nest. */
typedef struct pe_pool pe_pool;
/* thread_count 0: one per processor the process may use. The calling thread is worker 0. */
pe_status pe_pool_new(unsigned thread_count, pe_pool **pool, pe_diag *diag);
void pe_pool_free(pe_pool *pool);
unsigned pe_pool_threads(const pe_pool *pool); /* NULL: 1 */
/* Calls task(context, index, worker) for each index in [0, count), each once, in any order; the
 * first failing status (by lowest index among those that ran) stops further tasks and is returned.
 * pool NULL: all in the calling thread. Memory written by tasks is visible after return. */
pe_status pe_pool_run(pe_pool *pool, size_t count,
                      pe_status (*task)(void *context, size_t index, unsigned worker),
                      void *context);

double pe_clock_seconds(void); /* monotonic */

/* ---- the system: base_unix.c, base_windows.c
 * ------------------------------------------------------------------------------------------- */

unsigned pe_processors(void);  /* that the process may use, at least 1 */
uint64_t pe_memory_peak(void); /* the process' largest resident bytes; 0: unknown */
/* Renames; what stands at `to` is replaced in one step. false: errno says why. Names are UTF-8. */
bool pe_file_replace(const char *from, const char *to);
typedef enum pe_file_kind {
    PE_FILE_ABSENT, /* nothing there, or it cannot be seen */
    PE_FILE_PLAIN,
    PE_FILE_FOLDER,
    PE_FILE_OTHER /* a device, a pipe ... */
} pe_file_kind;
pe_file_kind pe_file_look(const char *path);
bool pe_file_same(const char *a, const char *b); /* both are there and are one file */
/* The first place of `what` in bytes[0, length), or NULL. */
const void *pe_bytes_find(const void *bytes, size_t length, const void *what, size_t what_length);

#endif
