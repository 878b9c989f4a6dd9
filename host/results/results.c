/* results.c: see results.h. Columns stand one after the other; interning takes a lock, and only
 * lanes with text do. */
#include "results_internal.h"

#include <pthread.h>
#include <stdlib.h>

struct pe_results {
    pe_value *values; /* column_count * trials */
    uint32_t column_count;
    uint64_t trials;
    pei_mapping mapping;   /* what holds them, if a file does */
    pthread_mutex_t mutex; /* guards the texts */
    pe_arena *arena;
    pe_map *index; /* text to position in texts */
    pe_value *texts;
    size_t text_capacity;
};

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
    size_t bytes = (size_t)column_count * trials * sizeof(pe_value);
    r->arena = pe_arena_new(SIZE_MAX / 2);
    r->index = pe_map_new();
    if (r->arena == NULL || r->index == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "results", "out of memory"));
    if (bytes > bytes_memory_max) {
        PE_TRY(pei_mapping_new(bytes, folder, &r->mapping, diag));
        r->values = r->mapping.memory;
    } else {
        r->values = malloc(bytes > 0 ? bytes : 1);
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
    if (results->mapping.memory == NULL) free(results->values);
    pei_mapping_free(&results->mapping);
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
