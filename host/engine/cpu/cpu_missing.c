/* cpu_missing.c: the dependencies that the trials of a run lacked. Every lane of every tile is
 * asked, so that what is found depends on the trials alone; a lane that lacked one is not asked
 * again. Invariant: a set holds each pair once. */
#include <stdlib.h>

#include "cpu_internal.h"

static uint64_t hash_of(pe_engine_missing item)
{
    uint64_t h = ((uint64_t)item.cell << 32 | item.precedent) * 0x9E3779B97F4A7C15ull;
    return h ^ h >> 31;
}

static void enter(pei_missing_set *set, uint32_t index)
{
    size_t mask = set->slot_count - 1, at = hash_of(set->items[index]) & mask;
    while (set->slots[at] != 0) at = (at + 1) & mask;
    set->slots[at] = index + 1;
}

static bool has(const pei_missing_set *set, pe_engine_missing item)
{
    if (set->slot_count == 0) return false;
    size_t mask = set->slot_count - 1, at = hash_of(item) & mask;
    for (; set->slots[at] != 0; at = (at + 1) & mask) {
        const pe_engine_missing *other = &set->items[set->slots[at] - 1];
        if (other->cell == item.cell && other->precedent == item.precedent) return true;
    }
    return false;
}

bool pei_missing_add(pei_missing_set *set, pe_engine_missing item)
{
    if (set->count >= PEI_MISSING_MAX || has(set, item)) return true;
    if (PE_GROW(&set->items, &set->capacity, set->count + 1) != PE_OK) return false;
    if ((set->count + 1) * 2 > set->slot_count) {
        size_t slot_count = set->slot_count == 0 ? 64 : set->slot_count * 2;
        uint32_t *slots = calloc(slot_count, sizeof *slots);
        if (slots == NULL) return false;
        free(set->slots);
        set->slots = slots;
        set->slot_count = slot_count;
        for (size_t i = 0; i < set->count; i++) enter(set, (uint32_t)i);
    }
    set->items[set->count] = item;
    enter(set, (uint32_t)set->count++);
    return true;
}

void pei_missing_clear(pei_missing_set *set)
{
    set->count = 0;
    if (set->slot_count > 0) memset(set->slots, 0, set->slot_count * sizeof *set->slots);
}

void pei_missing_free(pei_missing_set *set)
{
    free(set->items);
    free(set->slots);
}
