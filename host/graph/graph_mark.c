/* graph_mark.c: which cells a set of cells reaches, and which reach it. Invariant: linear in the
 * workbook: forward by asking spans of a hierarchical bit set whether they hold a marked cell,
 * backward by marking each place once. */
#include "graph_internal.h"

#include <stdlib.h>

/* ---- a bit set that answers "any bit in [first, end)?"
 * ------------------------------------------------ */

#define LEVELS 6

typedef struct marks {
    uint64_t *level[LEVELS]; /* level l + 1 has one bit per word of level l */
    uint64_t *memory;
} marks;

static pe_status marks_init(marks *m, size_t count)
{
    size_t words[LEVELS], total = 0;
    for (int l = 0; l < LEVELS; l++) {
        count = words[l] = count / 64 + 1;
        total += words[l];
    }
    m->memory = calloc(total, sizeof *m->memory);
    if (m->memory == NULL) return PE_E_MEMORY;
    uint64_t *at = m->memory;
    for (int l = 0; l < LEVELS; l++) {
        m->level[l] = at;
        at += words[l];
    }
    return PE_OK;
}

static void marks_set(marks *m, size_t i)
{
    for (int l = 0; l < LEVELS; l++, i >>= 6) {
        uint64_t *word = &m->level[l][i >> 6], before = *word;
        *word |= 1ull << (i & 63);
        if (before != 0) return;
    }
}

static bool marks_any(const marks *m, size_t first, size_t end)
{
    for (int l = 0; l < LEVELS && first < end; l++) {
        const uint64_t *level = m->level[l];
        size_t a = first >> 6, b = end >> 6;
        uint64_t from = ~0ull << (first & 63), until = (1ull << (end & 63)) - 1;
        if (a == b) return (level[a] & from & until) != 0;
        if ((first & 63) != 0 && (level[a] & from) != 0) return true;
        if ((end & 63) != 0 && (level[b] & until) != 0) return true;
        first = (first + 63) >> 6;
        end = b;
    }
    return false;
}

/* ---- spans of references
 * ------------------------------------------------------------------------------ */

typedef struct spans_of {
    const pe_graph *graph;
    pei_span_visit visit;
    void *context;
} spans_of;

static bool spans_of_area(void *context, const pe_area *area)
{
    spans_of *s = context;
    return pei_graph_spans(s->graph, area, s->visit, s->context);
}

bool pei_graph_each_span(const pe_graph *g, uint32_t cell, pei_span_visit visit, void *context)
{
    const uint32_t *word = g->words + g->word_start[cell];
    for (; *word < PEI_WORDS_ASK; word++) {
        pei_span span = {*word & PEI_WORD_PLACE, 0, (*word & PEI_WORD_COLUMNS) != 0};
        bool several = (*word & (PEI_WORD_COLUMNS | PEI_WORD_ROWS)) != 0;
        span.end = several ? *++word : span.first + 1;
        if (!visit(context, span)) return false;
    }
    if (*word == PEI_WORDS_END) return true;
    spans_of s = {g, visit, context};
    return pei_graph_areas(g, cell, spans_of_area, &s);
}

/* ---- forward
 * ------------------------------------------------------------------------------------------ */

typedef struct forward {
    const pe_graph *graph;
    uint64_t *bits;
    marks rows, columns;
    bool hit;
} forward;

static bool span_is_clear(void *context, pei_span span)
{
    forward *f = context;
    if (span.end - span.first == 1 && !span.by_column) {
        f->hit = pe_bit(f->bits, span.first);
        return !f->hit;
    }
    f->hit = marks_any(span.by_column ? &f->columns : &f->rows, span.first, span.end);
    return !f->hit;
}

static void forward_set(forward *f, uint32_t cell)
{
    pe_bit_set(f->bits, cell);
    marks_set(&f->rows, cell);
    marks_set(&f->columns, f->graph->column_position[cell]);
}

typedef void (*cell_setter)(void *context, uint32_t cell);

/* Calls set for each cell of a block, or for the cell itself. */
static void set_block(const pe_graph *g, uint32_t master, cell_setter set, void *context)
{
    pe_area b;
    set(context, master);
    if (!pe_graph_block(g, master, &b)) return;
    for (uint32_t r = b.row_first; r <= b.row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(g->workbook, b.sheet_first, r, b.column_first, b.column_last, &first, &end);
        for (uint32_t i = first; i < end; i++)
            if (pei_master(g, i) == master) set(context, i);
    }
}

static void forward_setter(void *context, uint32_t cell)
{
    forward_set(context, cell);
}

/* One pass over the order; a component is one unit, since each of its cells depends on each. */
static void forward_pass(forward *f)
{
    const pe_graph *g = f->graph;
    for (uint32_t at = 0; at < g->order_count;) {
        uint32_t first = at, component = g->component ? g->component[g->order[at]] : 0;
        bool hit = false;
        do {
            uint32_t cell = g->order[at++];
            f->hit = false;
            if (!hit)
                hit = pe_bit(f->bits, cell) || !pei_graph_each_span(g, cell, span_is_clear, f);
        } while (component != 0 && at < g->order_count && g->component[g->order[at]] == component);
        for (uint32_t i = first; hit && i < at; i++) set_block(g, g->order[i], forward_setter, f);
    }
}

static bool follow_dynamic(forward *f)
{
    const pe_graph *g = f->graph;
    bool changed = false;
    for (size_t i = 0; i < g->dynamic_count; i++) {
        uint32_t cell = pei_master(g, g->dynamic[i].cell);
        if (!pe_bit(f->bits, g->dynamic[i].precedent) || pe_bit(f->bits, cell)) continue;
        set_block(g, cell, forward_setter, f);
        changed = true;
    }
    return changed;
}

pe_status pe_graph_mark_dependents(const pe_graph *g, uint64_t *bits)
{
    uint32_t count = g->workbook->cell_count;
    forward f = {.graph = g, .bits = bits};
    pe_status status = marks_init(&f.rows, count);
    if (status == PE_OK) status = marks_init(&f.columns, count);
    if (status == PE_OK) {
        for (uint32_t i = 0; i < count; i++)
            if (pe_bit(bits, i)) forward_set(&f, i);
        do forward_pass(&f);
        while (follow_dynamic(&f));
    }
    free(f.rows.memory);
    free(f.columns.memory);
    return status;
}

/* ---- backward
 * ----------------------------------------------------------------------------------------- */

typedef struct backward {
    const pe_graph *graph;
    uint64_t *bits;
    uint32_t *next_row, *next_column; /* the next place not marked yet, at or after a place */
} backward;

static uint32_t next_place(uint32_t *next, uint32_t i)
{
    while (next[i] != i) {
        next[i] = next[next[i]];
        i = next[i];
    }
    return i;
}

static void backward_set(void *context, uint32_t cell)
{
    backward *b = context;
    pe_bit_set(b->bits, cell);
}

static void mark_place(backward *b, uint32_t cell)
{
    const pe_graph *g = b->graph;
    if (!pe_bit(g->computed, cell)) return;
    uint32_t master = pei_master(g, cell);
    if (!pe_bit(b->bits, master)) set_block(g, master, backward_set, b);
}

static bool mark_span(void *context, pei_span span)
{
    backward *b = context;
    const pe_graph *g = b->graph;
    if (span.end - span.first == 1 && !span.by_column) {
        mark_place(b, span.first);
        return true;
    }
    uint32_t *next = span.by_column ? b->next_column : b->next_row;
    uint32_t i = next_place(next, span.first);
    for (; i < span.end; i = next_place(next, i)) {
        uint32_t cell = span.by_column ? g->column_cells[i] : i;
        next[i] = i + 1;
        mark_place(b, cell);
    }
    return true;
}

static void backward_pass(backward *b)
{
    const pe_graph *g = b->graph;
    for (uint32_t end = g->order_count; end > 0;) {
        uint32_t first = end - 1, component = g->component ? g->component[g->order[first]] : 0;
        bool hit = pe_bit(b->bits, g->order[first]);
        while (component != 0 && first > 0 && g->component[g->order[first - 1]] == component)
            hit = pe_bit(b->bits, g->order[--first]) || hit;
        for (uint32_t i = first; hit && i < end; i++) {
            if (!pe_bit(b->bits, g->order[i])) set_block(g, g->order[i], backward_set, b);
            pei_graph_each_span(g, g->order[i], mark_span, b);
        }
        end = first;
    }
}

static bool follow_dynamic_back(backward *b)
{
    const pe_graph *g = b->graph;
    bool changed = false;
    for (size_t i = 0; i < g->dynamic_count; i++) {
        uint32_t precedent = g->dynamic[i].precedent;
        if (!pe_bit(b->bits, pei_master(g, g->dynamic[i].cell))) continue;
        if (!pe_bit(g->computed, precedent) || pe_bit(b->bits, precedent)) continue;
        set_block(g, pei_master(g, precedent), backward_set, b);
        changed = true;
    }
    return changed;
}

pe_status pe_graph_mark_precedents(const pe_graph *g, uint64_t *bits)
{
    uint32_t count = g->workbook->cell_count;
    backward b = {.graph = g, .bits = bits};
    b.next_row = malloc(((size_t)count + 2) * 2 * sizeof *b.next_row);
    if (b.next_row == NULL) return PE_E_MEMORY;
    b.next_column = b.next_row + count + 2;
    for (uint32_t i = 0; i < count + 2; i++) b.next_row[i] = b.next_column[i] = i;
    for (uint32_t i = 0; i < count; i++)
        if (pe_bit(bits, i) && pe_bit(g->computed, i)) pe_bit_set(bits, pei_master(g, i));
    do backward_pass(&b);
    while (follow_dynamic_back(&b));
    free(b.next_row);
    return PE_OK;
}

/* ---- what is read
 * ---------------------------------------------------------------------------------------- */

/* How many spans begin less how many have ended, by place. */
typedef struct coverage {
    uint64_t *bits;
    int32_t *rows, *columns;
} coverage;

static bool cover_span(void *context, pei_span span)
{
    coverage *c = context;
    if (span.end - span.first == 1 && !span.by_column) {
        pe_bit_set(c->bits, span.first);
        return true;
    }
    int32_t *change = span.by_column ? c->columns : c->rows;
    change[span.first]++;
    change[span.end]--;
    return true;
}

pe_status pe_graph_mark_read(const pe_graph *g, bool (*reads)(void *context, uint32_t cell),
                             void *context, uint64_t *bits)
{
    uint32_t count = g->workbook->cell_count;
    coverage c = {.bits = bits, .rows = calloc(((size_t)count + 1) * 2, sizeof *c.rows)};
    if (c.rows == NULL) return PE_E_MEMORY;
    c.columns = c.rows + count + 1;
    for (uint32_t i = 0; i < g->order_count; i++)
        if (reads(context, g->order[i])) pei_graph_each_span(g, g->order[i], cover_span, &c);
    int32_t by_row = 0, by_column = 0;
    for (uint32_t i = 0; i < count; i++) {
        by_row += c.rows[i];
        by_column += c.columns[i];
        if (by_row > 0) pe_bit_set(bits, i);
        if (by_column > 0) pe_bit_set(bits, g->column_cells[i]);
    }
    free(c.rows);
    return PE_OK;
}
