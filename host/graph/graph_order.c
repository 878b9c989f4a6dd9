/* graph_order.c: the evaluation order: strongly connected components of the cells (Tarjan, without
 * recursion), over a graph whose ranges are covered by the nodes of two segment trees, one over the
 * cells row by row and one column by column. Invariant: a tree node reaches exactly the cells below
 * it, so a component found is a real one. */
#include "graph_internal.h"

#include <stdlib.h>

#define BLOCK 32u       /* cells below one leaf of a tree */
#define SPAN_DIRECT 48u /* spans up to this long name their cells one by one */
#define DONE 0xFFFFFFFFu
#define CLEAN 256u
#define KEPT_WORDS 60u /* per formula */

typedef struct frame {
    uint32_t node;
    size_t edge_base;
} frame;

typedef struct walk {
    pe_graph *graph;
    uint32_t tree_size; /* leaves of one tree, a power of two */
    uint32_t block_count;
    uint32_t row_base, column_base; /* node ids of the trees' node 0 */
    uint32_t *index, *low;          /* 0: not visited; DONE: its component is complete */
    uint32_t next_index;
    uint32_t from;        /* the node whose edges are being listed */
    size_t words_from;    /* where the words of from start */
    bool asks;            /* they are too many */
    bool touched;         /* an edge went to a node that is not complete */
    pe_area clean[CLEAN]; /* areas all of whose nodes are complete: formulas share them */
    uint64_t *self;       /* cells that refer to themselves */
    frame *frames;
    size_t frame_count, frame_capacity;
    uint32_t *edges;
    size_t edge_count, edge_capacity;
    uint32_t *stack;
    size_t stack_count, stack_capacity;
    uint32_t *component_start;
    size_t component_count, component_capacity;
    pe_status status;
} walk;

static void add_edge(walk *w, uint32_t to)
{
    uint32_t index = w->index[to];
    if (index == DONE) return;
    w->touched = true;
    if (index != 0) {
        if (index < w->low[w->from]) w->low[w->from] = index;
        if (to == w->from) pe_bit_set(w->self, to);
        return;
    }
    if (w->edge_count == w->edge_capacity) {
        w->status = PE_GROW(&w->edges, &w->edge_capacity, w->edge_count + 1);
        if (w->status != PE_OK) return;
    }
    w->edges[w->edge_count++] = to;
}

static void add_cell(walk *w, uint32_t cell)
{
    if (pe_bit(w->graph->computed, cell)) add_edge(w, pei_master(w->graph, cell));
}

static void add_places(walk *w, uint32_t first, uint32_t end, bool by_column)
{
    for (uint32_t i = first; i < end; i++) add_cell(w, by_column ? w->graph->column_cells[i] : i);
}

static void keep_word(walk *w, uint32_t word)
{
    pe_graph *g = w->graph;
    if (g->word_count == g->word_capacity && w->status == PE_OK)
        w->status = PE_GROW(&g->words, &g->word_capacity, g->word_count + 1);
    if (w->status == PE_OK) g->words[g->word_count++] = word;
}

/* Notes a span for those who ask later; too many, and they ask for the areas. */
static void keep_span(walk *w, pei_span span)
{
    pe_graph *g = w->graph;
    if (w->asks) return;
    if (g->word_count - w->words_from > KEPT_WORDS) {
        w->asks = true;
        g->word_count = w->words_from;
        keep_word(w, PEI_WORDS_ASK);
    } else if (span.end - span.first == 1) {
        keep_word(w, span.by_column ? g->column_cells[span.first] : span.first);
    } else {
        keep_word(w, span.first | (span.by_column ? PEI_WORD_COLUMNS : PEI_WORD_ROWS));
        keep_word(w, span.end);
    }
}

static bool add_span(void *context, pei_span span)
{
    walk *w = context;
    keep_span(w, span);
    if (span.end - span.first <= SPAN_DIRECT) {
        add_places(w, span.first, span.end, span.by_column);
        return w->status == PE_OK;
    }
    uint32_t left = (span.first + BLOCK - 1) / BLOCK, right = span.end / BLOCK;
    add_places(w, span.first, left * BLOCK, span.by_column);
    add_places(w, right * BLOCK, span.end, span.by_column);
    uint32_t base = span.by_column ? w->column_base : w->row_base;
    uint32_t a = left + w->tree_size, b = right + w->tree_size;
    for (; a < b; a >>= 1, b >>= 1) {
        if (a & 1) add_edge(w, base + a++);
        if (b & 1) add_edge(w, base + --b);
    }
    return w->status == PE_OK;
}

static bool keep_only(void *context, pei_span span)
{
    walk *w = context;
    keep_span(w, span);
    return !w->asks && w->status == PE_OK;
}

static bool add_area(void *context, const pe_area *a)
{
    walk *w = context;
    if (a->row_last - a->row_first < 8 && a->column_last - a->column_first < 8)
        return pei_graph_spans(w->graph, a, add_span, w);
    uint32_t key = (a->row_first * 31 + a->row_last) * 31 + a->column_first * 7 + a->column_last;
    pe_area *clean = &w->clean[(key + a->sheet_first * 5) % CLEAN];
    if (memcmp(clean, a, sizeof *a) == 0) {
        pei_graph_spans(w->graph, a, keep_only, w);
        return w->status == PE_OK;
    }
    w->touched = false;
    bool more = pei_graph_spans(w->graph, a, add_span, w);
    if (!w->touched) *clean = *a;
    return more;
}

static void add_tree_edges(walk *w, uint32_t node)
{
    bool by_column = node >= w->column_base;
    uint32_t base = by_column ? w->column_base : w->row_base;
    uint32_t i = node - base;
    if (i < w->tree_size) {
        add_edge(w, base + 2 * i);
        add_edge(w, base + 2 * i + 1);
        return;
    }
    uint32_t first = (i - w->tree_size) * BLOCK, end = first + BLOCK;
    uint32_t count = w->graph->workbook->cell_count;
    if (first >= count) return;
    add_places(w, first, end < count ? end : count, by_column);
}

static void add_formula_edges(walk *w, uint32_t cell)
{
    pe_graph *g = w->graph;
    g->word_start[cell] = (uint32_t)g->word_count;
    w->words_from = g->word_count;
    w->asks = g->word_count > UINT32_MAX - 2 * KEPT_WORDS;
    if (w->asks) keep_word(w, PEI_WORDS_ASK);
    pei_graph_areas(g, cell, add_area, w);
    keep_word(w, PEI_WORDS_END);
}

/* Visits a node: numbers it, lists its edges, and leaves a frame for those still to follow. */
static void open_node(walk *w, uint32_t node)
{
    w->index[node] = w->low[node] = ++w->next_index;
    if (w->frame_count == w->frame_capacity)
        w->status = PE_GROW(&w->frames, &w->frame_capacity, w->frame_count + 1);
    if (w->status == PE_OK && w->stack_count == w->stack_capacity)
        w->status = PE_GROW(&w->stack, &w->stack_capacity, w->stack_count + 1);
    if (w->status != PE_OK) return;
    w->stack[w->stack_count++] = node;
    w->frames[w->frame_count++] = (frame){node, w->edge_count};
    w->from = node;
    if (node >= w->graph->workbook->cell_count)
        add_tree_edges(w, node);
    else
        add_formula_edges(w, node);
}

static int by_cell(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Cells [first, order_count) of the order are one component: notes it if it is a cycle. */
static void note_component(walk *w, uint32_t first)
{
    pe_graph *g = w->graph;
    uint32_t count = g->order_count - first;
    if (count == 0 || (count == 1 && !pe_bit(w->self, g->order[first]))) return;
    if (g->component == NULL) {
        g->component = PE_PUSH(g->arena, uint32_t, g->workbook->cell_count + 1);
        if (g->component == NULL) w->status = PE_E_MEMORY;
    }
    if (w->status == PE_OK)
        w->status = PE_GROW(&w->component_start, &w->component_capacity, w->component_count + 2);
    if (w->status != PE_OK) return;
    qsort(g->order + first, count, sizeof *g->order, by_cell);
    w->component_start[w->component_count++] = first;
    w->component_start[w->component_count] = first + count;
    for (uint32_t i = first; i < g->order_count; i++)
        g->component[g->order[i]] = (uint32_t)w->component_count;
}

static void close_node(walk *w)
{
    pe_graph *g = w->graph;
    uint32_t node = w->frames[--w->frame_count].node;
    uint32_t low = w->low[node];
    if (w->frame_count > 0) {
        uint32_t parent = w->frames[w->frame_count - 1].node;
        if (low < w->low[parent]) w->low[parent] = low;
    }
    if (low != w->index[node]) return;
    uint32_t first = g->order_count, popped = 0, member;
    do {
        member = w->stack[--w->stack_count];
        w->index[member] = DONE;
        if (member < g->workbook->cell_count) g->order[g->order_count++] = member;
        popped++;
    } while (member != node);
    if (popped == 1 && (node >= g->workbook->cell_count || !pe_bit(w->self, node))) return;
    if (popped > 1 && g->order_count == first + 1) pe_bit_set(w->self, g->order[first]);
    note_component(w, first);
}

static void visit_from(walk *w, uint32_t root)
{
    open_node(w, root);
    while (w->frame_count > 0 && w->status == PE_OK) {
        frame *f = &w->frames[w->frame_count - 1];
        if (w->edge_count == f->edge_base) {
            close_node(w);
            continue;
        }
        uint32_t to = w->edges[--w->edge_count], index = w->index[to];
        if (index == 0)
            open_node(w, to);
        else if (index != DONE && index < w->low[f->node])
            w->low[f->node] = index;
    }
}

/* Every formula cell that has no unfinished precedent when its turn comes costs one visit and no
 * frames kept. */
static void visit_all(walk *w, const pe_control *control)
{
    pe_graph *g = w->graph;
    uint32_t count = g->workbook->cell_count;
    for (uint32_t i = 0; i < count && w->status == PE_OK; i++) {
        if ((i & 63) == 0 && g->computed[i >> 6] == 0) {
            i += 63;
            continue;
        }
        if (!pe_bit(g->computed, i) || pei_master(g, i) != i || w->index[i] != 0) continue;
        visit_from(w, i);
        if ((g->order_count & 0xFFFF) == 0 && pe_cancelled(control)) w->status = PE_E_CANCELLED;
    }
}

static void keep_components(walk *w)
{
    pe_graph *g = w->graph;
    if (w->status != PE_OK || w->component_count == 0) return;
    g->component_count = (uint32_t)w->component_count;
    g->component_start = PE_PUSH(g->arena, uint32_t, w->component_count * 2 + 2);
    if (g->component_start == NULL) {
        w->status = PE_E_MEMORY;
        return;
    }
    for (uint32_t c = 0; c < g->component_count; c++) {
        uint32_t first = w->component_start[c], end = first;
        while (end < g->order_count && g->component[g->order[end]] == c + 1) end++;
        g->component_start[2 * c] = first;
        g->component_start[2 * c + 1] = end;
    }
}

pe_status pei_graph_order(pe_graph *g, const pe_control *control)
{
    uint32_t count = g->workbook->cell_count;
    walk w = {.graph = g, .tree_size = 1};
    memset(w.clean, 0xFF, sizeof w.clean);
    w.block_count = (count + BLOCK - 1) / BLOCK;
    while (w.tree_size < w.block_count) w.tree_size *= 2;
    w.row_base = count;
    w.column_base = count + 2 * w.tree_size;
    size_t node_count = (size_t)count + 4 * (size_t)w.tree_size;
    w.index = calloc(node_count + 1, sizeof *w.index);
    w.low = malloc((node_count + 1) * sizeof *w.low);
    w.self = calloc(count / 64 + 1, sizeof *w.self);
    g->order = PE_PUSH(g->arena, uint32_t, count + 1);
    g->word_start = PE_PUSH(g->arena, uint32_t, count + 1);
    if (!w.index || !w.low || !w.self || !g->order || !g->word_start)
        w.status = PE_E_MEMORY;
    else
        visit_all(&w, control);
    keep_components(&w);
    free(w.index);
    free(w.low);
    free(w.self);
    free(w.frames);
    free(w.edges);
    free(w.stack);
    free(w.component_start);
    return w.status;
}
