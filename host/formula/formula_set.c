/* formula_set.c: the table of shapes. A formula whose canonical form is known costs a lexer pass
 * and a probe, and no memory. Invariant: a shape whose tree asked for the home sheet (names) or the
 * table around the home cell is found only for the same sheet and table. */
#include "formula_internal.h"

#include <stdlib.h>

typedef struct shape {
    pe_formula formula;
    const uint8_t *canon;
    uint32_t canon_length;
    uint32_t sheet, table; /* the home's, where the tree depends on them; else 0 */
    bool asked_sheet, asked_table;
} shape;

typedef struct slot {
    uint64_t hash;
    uint32_t shape; /* index + 1; 0: free */
} slot;

struct pe_formula_set {
    pe_scope scope;
    pe_arena *arena;
    pei_lexed lexed;
    pe_map *functions;    /* ids of the function names met so far */
    const shape **shapes; /* in the arena, so that pe_formula_set_get's pointers last */
    size_t shape_count, shape_capacity;
    slot *slots;
    size_t slot_count, slot_used; /* slot_count: a power of two */
};

pe_status pe_formula_set_new(const pe_scope *scope, pe_formula_set **set, pe_diag *diag)
{
    pe_formula_set *s = calloc(1, sizeof *s);
    pe_arena *arena = pe_arena_new(SIZE_MAX);
    pe_map *functions = pe_map_new();
    if (s == NULL || arena == NULL || functions == NULL) {
        free(s);
        pe_arena_free(arena);
        pe_map_free(functions);
        return pe_fail(diag, PE_E_MEMORY, "formulas", "no memory for the table of formulas");
    }
    s->scope = *scope;
    s->arena = arena;
    s->functions = functions;
    *set = s;
    return PE_OK;
}

void pe_formula_set_free(pe_formula_set *set)
{
    if (set == NULL) return;
    pei_lexed_free(&set->lexed);
    pe_map_free(set->functions);
    pe_arena_free(set->arena);
    free(set->shapes);
    free(set->slots);
    free(set);
}

size_t pe_formula_set_bytes(const pe_formula_set *set)
{
    return pe_arena_bytes(set->arena) + set->slot_count * sizeof *set->slots +
           set->shape_capacity * sizeof(const shape *);
}

uint32_t pe_formula_set_count(const pe_formula_set *set)
{
    return (uint32_t)set->shape_count;
}

const pe_formula *pe_formula_set_get(const pe_formula_set *set, uint32_t index)
{
    return index < set->shape_count ? &set->shapes[index]->formula : NULL;
}

/* Eight bytes at a step; only for this table, so it need not be the same on every machine. */
static uint64_t hash_canon(const uint8_t *bytes, size_t length)
{
    uint64_t h = 0x9E3779B97F4A7C15ull ^ length;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t w;
        memcpy(&w, bytes, 8);
        h = (h ^ w) * 0xD6E8FEB86659FD93ull;
        h ^= h >> 32;
    }
    uint64_t w = 0;
    memcpy(&w, bytes, length);
    h = (h ^ w) * 0xD6E8FEB86659FD93ull;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93ull;
    return h ^ h >> 32;
}

static uint64_t hash_home(uint64_t hash, uint32_t sheet, uint32_t table)
{
    uint64_t h = (hash ^ ((uint64_t)sheet << 32 | table)) * 0xD6E8FEB86659FD93ull;
    return h ^ h >> 29;
}

static uint32_t home_table(const pe_formula_set *set, pe_cell_ref home)
{
    return set->scope.table_at != NULL ? set->scope.table_at(set->scope.context, home)
                                       : PE_TABLE_IMPLICIT;
}

static bool same_canon(const shape *s, const pei_lexed *lexed)
{
    return s->canon_length == lexed->canon_length &&
           memcmp(s->canon, lexed->canon, s->canon_length) == 0;
}

/* The shape of the lexed text, index + 1, or 0. A shape that depends on its home is entered twice:
 * by its text alone, which tells that there is more to ask, and by text and home. */
static uint32_t find_shape(const pe_formula_set *set, uint64_t hash, pe_cell_ref home)
{
    uint32_t sheet = 0, table = 0;
    if (set->slot_count == 0) return 0;
    const size_t mask = set->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const slot *at = &set->slots[i];
        if (at->shape == 0) return 0;
        const shape *s = set->shapes[at->shape - 1];
        if (at->hash != hash || !same_canon(s, &set->lexed)) continue;
        if (!s->asked_sheet && !s->asked_table) return at->shape;
        sheet = s->asked_sheet ? home.sheet : 0;
        table = s->asked_table ? home_table(set, home) : 0;
        break;
    }
    hash = hash_home(hash, sheet, table);
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const slot *at = &set->slots[i];
        if (at->shape == 0) return 0;
        const shape *s = set->shapes[at->shape - 1];
        if (at->hash == hash && s->sheet == sheet && s->table == table &&
            same_canon(s, &set->lexed))
            return at->shape;
    }
}

static void enter(pe_formula_set *set, uint64_t hash, uint32_t index)
{
    size_t i = hash & (set->slot_count - 1);
    while (set->slots[i].shape != 0) i = (i + 1) & (set->slot_count - 1);
    set->slots[i] = (slot){hash, index};
    set->slot_used++;
}

/* Room for two more entries at most half full. */
static pe_status reserve(pe_formula_set *set, pe_diag *diag)
{
    if (PE_GROW(&set->shapes, &set->shape_capacity, set->shape_count + 1) != PE_OK)
        return pe_fail(diag, PE_E_MEMORY, "formulas", "no memory for the table of formulas");
    if ((set->slot_used + 2) * 2 <= set->slot_count) return PE_OK;
    slot *old = set->slots;
    size_t old_count = set->slot_count, count = old_count == 0 ? 256 : old_count * 2;
    slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return pe_fail(diag, PE_E_MEMORY, "formulas", "no memory for the table of formulas");
    set->slots = slots;
    set->slot_count = count;
    set->slot_used = 0;
    for (size_t i = 0; i < old_count; i++)
        if (old[i].shape != 0) enter(set, old[i].hash, old[i].shape);
    free(old);
    return PE_OK;
}

/* A text of another dialect than the set's keeps to itself: the same name may be another function
 * there. */
static pe_status add_shape(pe_formula_set *set, uint64_t hash, const char *text, size_t length,
                           pe_dialect dialect, pe_cell_ref home, uint32_t *index, pe_diag *diag)
{
    pe_arena_mark mark = pe_arena_save(set->arena);
    pei_parsed parsed;
    bool foreign = dialect != set->scope.dialect;
    pe_status status = reserve(set, diag);
    if (status == PE_OK)
        status = pei_parse(&set->lexed, text, length, dialect, home, &set->scope,
                           foreign ? NULL : set->functions, set->arena, &parsed, diag);
    if (status != PE_OK) {
        pe_arena_restore(set->arena, mark);
        return status;
    }
    shape *s = PE_PUSH(set->arena, shape, 1);
    uint8_t *canon = PE_PUSH(set->arena, uint8_t, set->lexed.canon_length + 1);
    if (s == NULL || canon == NULL) {
        pe_arena_restore(set->arena, mark);
        return pe_fail(diag, PE_E_MEMORY, "formulas", "no memory for a formula");
    }
    memcpy(canon, set->lexed.canon, set->lexed.canon_length);
    s->formula = parsed.formula;
    s->canon = canon;
    s->canon_length = (uint32_t)set->lexed.canon_length;
    s->asked_sheet = parsed.asked_sheet;
    s->asked_table = parsed.asked_table;
    s->sheet = s->asked_sheet ? home.sheet : 0;
    s->table = s->asked_table ? home_table(set, home) : 0;
    set->shapes[set->shape_count++] = s;
    *index = (uint32_t)set->shape_count;
    if (foreign) return PE_OK;
    enter(set, hash, *index);
    if (s->asked_sheet || s->asked_table) enter(set, hash_home(hash, s->sheet, s->table), *index);
    return PE_OK;
}

pe_status pe_formula_set_add(pe_formula_set *set, const char *text, size_t length, pe_cell_ref home,
                             uint32_t *index, pe_diag *diag)
{
    pe_status status = pei_lex(&set->lexed, text, length, set->scope.dialect, home, diag);
    if (status != PE_OK) return status;
    uint64_t hash = hash_canon(set->lexed.canon, set->lexed.canon_length);
    uint32_t found = find_shape(set, hash, home);
    if (found == 0)
        status = add_shape(set, hash, text, length, set->scope.dialect, home, &found, diag);
    if (status == PE_OK) *index = found - 1;
    return status;
}

pe_status pe_formula_set_add_as(pe_formula_set *set, pe_dialect dialect, const char *text,
                                size_t length, pe_cell_ref home, uint32_t *index, pe_diag *diag)
{
    uint32_t added = 0;
    if (dialect == set->scope.dialect)
        return pe_formula_set_add(set, text, length, home, index, diag);
    pe_status status = pei_lex(&set->lexed, text, length, dialect, home, diag);
    if (status == PE_OK) status = add_shape(set, 0, text, length, dialect, home, &added, diag);
    if (status == PE_OK) *index = added - 1;
    return status;
}
