/* results.c: see results.h. Columns stand one after the other; interning takes a lock, and only
 * lanes with text do. */
#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct pe_results {
    pe_value *values; /* column_count * trials */
    uint32_t column_count;
    uint64_t trials;
    size_t bytes;
    bool mapped;
    pthread_mutex_t mutex; /* guards the texts */
    pe_arena *arena;
    pe_map *index; /* text to position in texts */
    pe_value *texts;
    size_t text_capacity;
};

static pe_status map_file(pe_results *r, const char *folder, pe_diag *diag)
{
    char path[4096];
    int n =
        snprintf(path, sizeof path, "%s/power-engine-XXXXXX", folder); /* TIDY: mkstemp's pattern */
    if (n < 0 || (size_t)n >= sizeof path)
        return pe_fail(diag, PE_E_IO, folder, "the folder's name is too long");
    int file = mkstemp(path);
    if (file < 0)
        return pe_fail(diag, PE_E_IO, folder,
                       "cannot make a temporary file for %.1f GB of trials: %s; set TMPDIR to a "
                       "folder with room",
                       (double)r->bytes / 1e9, strerror(errno));
    unlink(path);
    void *memory = MAP_FAILED;
    int error = posix_fallocate(
        file, 0, (off_t)r->bytes); /* a full disk is an error now, not a crash later */
    if (error == 0) memory = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED)
        return pe_fail(
            diag, PE_E_IO, folder,
            "no room for %.1f GB of trials: %s; run fewer trials or outputs, or set TMPDIR",
            (double)r->bytes / 1e9, strerror(error != 0 ? error : errno));
    r->values = memory;
    r->mapped = true;
    return PE_OK;
}

pe_status pe_results_new(uint32_t column_count, uint64_t trials, size_t bytes_memory_max,
                         const char *folder, pe_results **results, pe_diag *diag)
{
    pe_status status = PE_OK;
    if (trials != 0 && column_count > SIZE_MAX / sizeof(pe_value) / trials)
        return pe_fail(diag, PE_E_LIMIT, "results", "%llu trials of %u cells do not fit",
                       (unsigned long long)trials, column_count);
    pe_results *r = calloc(1, sizeof *r);
    if (r == NULL) return pe_fail(diag, PE_E_MEMORY, "results", "out of memory");
    pthread_mutex_init(&r->mutex, NULL);
    r->column_count = column_count;
    r->trials = trials;
    r->bytes = (size_t)column_count * trials * sizeof(pe_value);
    r->arena = pe_arena_new(SIZE_MAX / 2);
    r->index = pe_map_new();
    if (r->arena == NULL || r->index == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "results", "out of memory"));
    if (r->bytes > bytes_memory_max) {
        PE_TRY(map_file(r, folder, diag));
    } else {
        r->values = malloc(r->bytes > 0 ? r->bytes : 1);
        if (r->values == NULL)
            PE_TRY(pe_fail(diag, PE_E_MEMORY, "results",
                           "out of memory for %llu trials of %u cells", (unsigned long long)trials,
                           column_count));
    }
    *results = r;
    return PE_OK;
fail:
    pe_results_free(r);
    return status;
}

void pe_results_free(pe_results *results)
{
    if (results == NULL) return;
    if (results->mapped)
        munmap(results->values, results->bytes);
    else
        free(results->values);
    pthread_mutex_destroy(&results->mutex);
    pe_arena_free(results->arena);
    pe_map_free(results->index);
    free(results->texts);
    free(results);
}

static bool intern(pe_results *r, pe_value *value)
{
    const pe_text *text = pe_as_text(*value);
    uint32_t *slot;
    bool added, done = false;
    pthread_mutex_lock(&r->mutex);
    if (pe_map_put(r->index, text->bytes, text->length, (uint32_t)pe_map_count(r->index), &slot,
                   &added) != PE_OK)
        goto fail;
    uint32_t at = *slot;
    if (PE_GROW(&r->texts, &r->text_capacity, at + 1u) != PE_OK) goto fail;
    if (added) r->texts[at] = pe_arena_text_value(r->arena, text->bytes, text->length);
    *value = r->texts[at];
    done = pe_is(*value, PE_KIND_TEXT);
fail:
    pthread_mutex_unlock(&r->mutex);
    return done;
}

bool pe_results_put(pe_results *results, uint32_t column, uint64_t trial_first, uint32_t count,
                    const pe_value *lanes)
{
    PE_ASSERT(column < results->column_count && trial_first + count <= results->trials);
    pe_value *to = results->values + (size_t)column * results->trials + trial_first;
    bool good = true;
    memcpy(to, lanes, count * sizeof *lanes);
    for (uint32_t i = 0; i < count; i++)
        if (pe_is_nan_bits(to[i]) && pe_is(to[i], PE_KIND_TEXT))
            good = intern(results, &to[i]) && good;
    return good;
}

const pe_value *pe_results_column(const pe_results *results, uint32_t column)
{
    return results->values + (size_t)column * results->trials;
}

uint64_t pe_results_trials(const pe_results *results)
{
    return results->trials;
}
