/* program_memo.c: the order of the last program, for one whose values depend on one another in the
 * same way: what a constant's edit mostly leaves as it was. Invariant: the order is a function of
 * what the key covers, so the program is the same with and without a memo. */
#include <stdlib.h>

#include "program_internal.h"

struct pe_program_memo {
    bool known;
    uint64_t key[2];
    uint32_t *order;
    uint32_t count;
    const char *schedule;
    uint32_t live_peak, live_candidates[3];
};

pe_program_memo *pe_program_memo_new(void)
{
    return calloc(1, sizeof(pe_program_memo));
}

void pe_program_memo_free(pe_program_memo *memo)
{
    if (memo != NULL) free(memo->order);
    free(memo);
}

static void mix(uint64_t key[2], uint64_t word)
{
    key[0] = (key[0] ^ word) * 0x9E3779B97F4A7C15ull;
    key[0] ^= key[0] >> 29;
    key[1] = (key[1] + word) * 0xD6E8FEB86659FD93ull;
    key[1] ^= key[1] >> 32;
}

typedef struct keyed {
    uint64_t key[2];
} keyed;

static void mix_operand(void *context, uint32_t node)
{
    keyed *k = context;
    mix(k->key, node);
}

/* What pei_schedule reads of the nodes. */
static void make_key(const pei_builder *b, keyed *k)
{
    *k = (keyed){{b->node_count, b->group_count}};
    for (size_t i = 0; i < b->node_count; i++) {
        const pei_node *n = &b->nodes[i];
        if (n->next == 0) continue;
        mix(k->key, (uint64_t)i << 32 | n->group);
        mix(k->key, (uint64_t)n->next << 32 | n->eager);
        pei_operands(b, (uint32_t)i, mix_operand, k);
    }
}

static bool recall(const pei_builder *b, const pe_program_memo *memo, uint32_t **order,
                   uint32_t *count)
{
    *order = malloc(((size_t)memo->count + 1) * sizeof **order);
    if (*order == NULL) return false;
    memcpy(*order, memo->order, (size_t)memo->count * sizeof **order);
    *count = memo->count;
    pe_program_info *info = &b->program->info;
    info->schedule = memo->schedule;
    info->live_peak = memo->live_peak;
    memcpy(info->live_candidates, memo->live_candidates, sizeof info->live_candidates);
    return true;
}

/* Without memory nothing is remembered. */
static void remember(const pei_builder *b, pe_program_memo *memo, const keyed *k,
                     const uint32_t *order, uint32_t count)
{
    const pe_program_info *info = &b->program->info;
    uint32_t *copy = malloc(((size_t)count + 1) * sizeof *copy);
    free(memo->order);
    memo->order = copy;
    memo->known = copy != NULL;
    if (copy == NULL) return;
    memcpy(copy, order, (size_t)count * sizeof *copy);
    memcpy(memo->key, k->key, sizeof memo->key);
    memo->count = count;
    memo->schedule = info->schedule;
    memo->live_peak = info->live_peak;
    memcpy(memo->live_candidates, info->live_candidates, sizeof memo->live_candidates);
}

pe_status pei_order(pei_builder *b, uint32_t **order, uint32_t *count)
{
    pe_program_memo *memo = b->request->memo;
    keyed k;
    if (memo == NULL) return pei_schedule(b, order, count);
    make_key(b, &k);
    if (memo->known && memcmp(k.key, memo->key, sizeof k.key) == 0 && recall(b, memo, order, count))
        return PE_OK;
    pe_status status = pei_schedule(b, order, count);
    if (status == PE_OK) remember(b, memo, &k, *order, *count);
    return status;
}
