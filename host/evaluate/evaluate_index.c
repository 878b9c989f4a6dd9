/* evaluate_index.c: exact lookups in one long column by an index instead of a walk: numbers sorted,
 * texts by hash. Invariant: the same element as the walk finds: the first that is equal, numbers as
 * operators compare them, texts without case. */
#include "evaluate_internal.h"

#include <stdlib.h>

#define ASKED_MIN 4u     /* walks before an index is worth making */
#define INDEXES_MAX 512u /* columns; beyond them lookups walk */

typedef struct entry {
    union {
        double number;
        uint64_t hash;
    };
    uint32_t index;
    const pe_text *text;
} entry;

typedef struct pei_index index_of;
struct pei_index {
    index_of *next;
    pe_area area;
    uint32_t asked;
    bool ready, ascii; /* ascii: all texts are */
    entry *numbers, *texts;
    uint32_t number_count, text_count;
};

/* Of the text without case; false: it is not plain ASCII. */
static bool hash_text(const pe_text *t, uint64_t *hash)
{
    uint64_t h = 14695981039346656037ull;
    for (uint32_t i = 0; i < t->length; i++) {
        unsigned char c = (unsigned char)t->bytes[i];
        if (c >= 128) return false;
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        h = (h ^ c) * 1099511628211ull;
    }
    *hash = h;
    return true;
}

static int by_number(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->number != b->number) return a->number < b->number ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_hash(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Sorts; of equal numbers the first stays. */
static void sort_entries(index_of *i)
{
    uint32_t kept = 0;
    qsort(i->numbers, i->number_count, sizeof *i->numbers, by_number);
    for (uint32_t n = 0; n < i->number_count; n++)
        if (kept == 0 || i->numbers[n].number != i->numbers[kept - 1].number)
            i->numbers[kept++] = i->numbers[n];
    i->number_count = kept;
    qsort(i->texts, i->text_count, sizeof *i->texts, by_hash);
}

/* False: some cell has no value yet, or memory lacks; another time. */
static bool fill(pei_context *x, index_of *i)
{
    uint32_t count;
    const pe_area *a = &i->area;
    const uint32_t *ids = pe_graph_column(x->graph, a->sheet_first, a->column_first, a->row_first,
                                          a->row_last, &count);
    for (uint32_t k = 0; k < count; k++)
        if (x->fast_state[ids[k]] != PEI_DONE) return false;
    pe_arena *arena = pei_blocks_arena(x->blocks);
    i->numbers = PE_PUSH(arena, entry, count + 1);
    i->texts = PE_PUSH(arena, entry, count + 1);
    if (i->numbers == NULL || i->texts == NULL) return false;
    i->number_count = i->text_count = 0;
    i->ascii = true;
    for (uint32_t k = 0; k < count; k++) {
        pe_value v = x->fast_values[ids[k]];
        entry e = {.index = x->workbook->cells[ids[k]].row - a->row_first};
        if (pe_is_number(v)) {
            e.number = pe_as_number(v);
            i->numbers[i->number_count++] = e;
        } else if (pe_is(v, PE_KIND_TEXT)) {
            e.text = pe_as_text(v);
            i->ascii = hash_text(e.text, &e.hash) && i->ascii;
            i->texts[i->text_count++] = e;
        }
    }
    sort_entries(i);
    return true;
}

static uint32_t find_number(const index_of *i, double key)
{
    double gap = (key < 0 ? -key : key) * 1e-13;
    uint32_t first = 0, end = i->number_count, best = UINT32_MAX;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (i->numbers[middle].number < key - gap)
            first = middle + 1;
        else
            end = middle;
    }
    for (; first < i->number_count && i->numbers[first].number <= key + gap; first++) {
        const entry *e = &i->numbers[first];
        if (e->index < best &&
            (e->number == key || pe_compare(pe_number(key), pe_number(e->number)) == 0))
            best = e->index;
    }
    return best;
}

static uint32_t find_text(const index_of *i, const pe_text *key, uint64_t hash)
{
    uint32_t first = 0, end = i->text_count;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (i->texts[middle].hash < hash)
            first = middle + 1;
        else
            end = middle;
    }
    for (; first < i->text_count && i->texts[first].hash == hash; first++)
        if (pe_compare_text(i->texts[first].text, key) == 0) return i->texts[first].index;
    return UINT32_MAX;
}

static index_of *index_for(pei_context *x, const pe_area *column)
{
    index_of **list = pei_blocks_indexes(x->blocks), **at = list;
    uint32_t count = 0;
    for (; *at != NULL; at = &(*at)->next, count++) {
        if (memcmp(&(*at)->area, column, sizeof *column) != 0) continue;
        index_of *found = *at; /* to the front: the next one is likely the same */
        *at = found->next;
        found->next = *list;
        return *list = found;
    }
    index_of *i = count < INDEXES_MAX ? PE_PUSH(pei_blocks_arena(x->blocks), index_of, 1) : NULL;
    if (i == NULL) return NULL;
    i->area = *column;
    i->next = *list;
    return *list = i;
}

bool pei_index_find(pei_context *x, const pe_area *column, pe_value key, uint32_t *index)
{
    uint64_t hash = 0;
    if (x->fast_state == NULL || x->blocks == NULL || x->iterating ||
        column->sheet_first != column->sheet_last ||
        column->sheet_first >= x->workbook->sheet_count)
        return false;
    bool is_text = pe_is(key, PE_KIND_TEXT);
    if (is_text && !hash_text(pe_as_text(key), &hash)) return false;
    index_of *i = index_for(x, column);
    if (i == NULL || (!i->ready && ++i->asked < ASKED_MIN)) return false;
    if (!i->ready && !(i->ready = fill(x, i))) {
        i->asked = 0;
        return false;
    }
    if (is_text && !i->ascii) return false;
    *index = is_text ? find_text(i, pe_as_text(key), hash) : find_number(i, pe_as_number(key));
    return true;
}
