/* program_schedule.c: the order of a program's values. Units of scheduling are groups: a cell's
 * values, one step of an accumulation, a recording. Several orders are tried and the one with the
 * fewest values alive at a time is taken: the tile that has to stay in cache is as large as that.
 * Accumulations and recordings go where their operands are ready, and so does any group that frees
 * a value. */
#include <stdlib.h>

#include "program_internal.h"

#define FANOUT_LOCAL                                                                               \
    48u /* values with more readers say nothing about which cells belong together */
#define FANIN_LOCAL                                                                                \
    4u /* neither do groups with more operands, unless these belong together already */
#define WIDE_MIN 32u        /* groups with more operands ask for them in order */
#define LARGE_NODES 500000u /* orders cost time: of so many values a good one is enough */
#define PEAK_LARGE 640u
#define PEAK_SMALL 128u /* live values that fit any cache: no more orders are tried */

typedef struct schedule {
    pei_builder *b;
    uint32_t group_count;
    uint32_t *first; /* nodes of group g: nodes[first[g], first[g + 1]) */
    uint32_t *nodes;
    uint32_t *user_first; /* groups that read group g: users[user_first[g], user_first[g + 1]), with
                             repetition */
    uint32_t *users;
    uint32_t *pending; /* edges into a group from groups not emitted */
    uint32_t *left;    /* by node: uses not emitted */
    uint32_t *indegree;
    uint8_t *state; /* 0, 1 expanded, 2 emitted */
    uint8_t *eager;
    uint32_t *order;
    uint32_t order_count;
    uint32_t *stack;
    size_t stack_count, stack_capacity;
    uint32_t *ready;
    size_t ready_count, ready_capacity;
    bool failed;
    uint32_t at; /* group whose operands are visited */
    uint32_t kills;
    uint32_t live, peak;
    uint32_t *parent; /* components, while they are formed */
    uint32_t common;
    int64_t votes, all_votes;
} schedule;

static uint32_t group_of(const schedule *s, uint32_t node)
{
    return s->b->nodes[node].group;
}
static void each_operand(schedule *s, uint32_t group, pei_visit_operand visit)
{
    s->at = group;
    if (pei_interrupted(s->b)) s->failed = true;
    for (uint32_t i = s->first[group]; i < s->first[group + 1] && !s->failed; i++)
        pei_operands(s->b, s->nodes[i], visit, s);
}
static void push(schedule *s, uint32_t **items, size_t *count, size_t *capacity, uint32_t item)
{
    if (PE_GROW(items, capacity, *count + 1) != PE_OK) {
        s->failed = true;
        return;
    }
    (*items)[(*count)++] = item;
}

/* ---- the graph of groups
 * ------------------------------------------------------------------------------ */

static void count_edge(void *context, uint32_t node)
{
    schedule *s = context;
    uint32_t from = group_of(s, node);
    if (from == s->at) return;
    s->user_first[from + 1]++;
    s->indegree[s->at]++;
}
static void add_edge(void *context, uint32_t node)
{
    schedule *s = context;
    uint32_t from = group_of(s, node);
    if (from != s->at) s->users[s->user_first[from]++] = s->at;
}

static pe_status collect_nodes(schedule *s)
{
    pei_builder *b = s->b;
    for (size_t i = 0; i < b->node_count; i++)
        if (b->nodes[i].next > 0) s->first[b->nodes[i].group + 1]++;
    for (uint32_t g = 0; g < s->group_count; g++) s->first[g + 1] += s->first[g];
    s->nodes = malloc(((size_t)s->first[s->group_count] + 1) * sizeof *s->nodes);
    uint32_t *next = malloc(((size_t)s->group_count + 1) * sizeof *next);
    if (s->nodes == NULL || next == NULL) {
        free(next);
        return PE_E_MEMORY;
    }
    memcpy(next, s->first, (size_t)s->group_count * sizeof *next);
    for (size_t i = 0; i < b->node_count; i++) {
        if (b->nodes[i].next == 0) continue;
        s->nodes[next[b->nodes[i].group]++] = (uint32_t)i;
        if (b->nodes[i].eager) s->eager[b->nodes[i].group] = 1;
    }
    free(next);
    return PE_OK;
}
static pe_status collect_edges(schedule *s)
{
    for (uint32_t g = 0; g < s->group_count; g++) each_operand(s, g, count_edge);
    for (uint32_t g = 0; g < s->group_count; g++) s->user_first[g + 1] += s->user_first[g];
    s->users = malloc(((size_t)s->user_first[s->group_count] + 1) * sizeof *s->users);
    if (s->users == NULL) return PE_E_MEMORY;
    for (uint32_t g = 0; g < s->group_count; g++) each_operand(s, g, add_edge);
    memmove(s->user_first + 1, s->user_first, (size_t)s->group_count * sizeof *s->user_first);
    s->user_first[0] = 0;
    return PE_OK;
}

/* ---- emission
 * ----------------------------------------------------------------------------------------- */

static void use_operand(void *context, uint32_t node)
{
    schedule *s = context;
    if (--s->left[node] == 0) s->live--;
}
static void count_kill(void *context, uint32_t node)
{
    schedule *s = context;
    if (s->left[node] == 1 && group_of(s, node) != s->at) s->kills++;
}

static void emit_one(schedule *s, uint32_t group)
{
    s->state[group] = 2;
    s->at = group;
    for (uint32_t i = s->first[group]; i < s->first[group + 1]; i++) {
        uint32_t node = s->nodes[i];
        s->order[s->order_count++] = node;
        if (s->b->nodes[node].eager != 2) { /* a recording holds no value */
            s->left[node] = s->b->nodes[node].next;
            if (++s->live > s->peak) s->peak = s->live;
        }
        pei_operands(s->b, node, use_operand, s);
    }
    for (uint32_t i = s->user_first[group]; i < s->user_first[group + 1]; i++) {
        uint32_t user = s->users[i];
        if (--s->pending[user] == 0 && s->state[user] != 2)
            push(s, &s->ready, &s->ready_count, &s->ready_capacity, user);
    }
}

/* A group whose operands are all there goes now if it frees as much as it makes, or if all that
 * waits for it is an accumulation that is otherwise ready. */
static bool goes_now(schedule *s, uint32_t group)
{
    if (s->eager[group]) return true;
    if (s->indegree[group] == 0) return false;
    s->kills = 0;
    each_operand(s, group, count_kill);
    if (s->kills > 0) return true;
    uint32_t users = s->user_first[group + 1] - s->user_first[group];
    if (users != 1) return false;
    uint32_t user = s->users[s->user_first[group]];
    return s->eager[user] && s->pending[user] == 1;
}

static void emit(schedule *s, uint32_t group)
{
    emit_one(s, group);
    while (s->ready_count > 0) {
        uint32_t g = s->ready[--s->ready_count];
        if (s->state[g] != 2 && goes_now(s, g)) emit_one(s, g);
    }
}

static void push_operand(void *context, uint32_t node)
{
    schedule *s = context;
    uint32_t group = group_of(s, node);
    if (group != s->at && s->state[group] == 0)
        push(s, &s->stack, &s->stack_count, &s->stack_capacity, group);
}

/* A group after all that it needs, operands in formula order. */
static void demand(schedule *s, uint32_t root)
{
    if (s->state[root] == 2) return;
    push(s, &s->stack, &s->stack_count, &s->stack_capacity, root);
    while (s->stack_count > 0 && !s->failed) {
        uint32_t group = s->stack[s->stack_count - 1];
        if (s->state[group] == 2) {
            s->stack_count--;
        } else if (s->state[group] == 1) {
            s->stack_count--;
            emit(s, group);
        } else {
            s->state[group] = 1;
            size_t from = s->stack_count;
            each_operand(s, group, push_operand);
            for (size_t i = from, j = s->stack_count; i + 1 < j;
                 i++) { /* the first operand on top */
                uint32_t t = s->stack[i];
                s->stack[i] = s->stack[--j];
                s->stack[j] = t;
            }
        }
    }
}

/* ---- orders
 * ------------------------------------------------------------------------------------------- */

static void restart(schedule *s)
{
    memset(s->state, 0, s->group_count);
    memcpy(s->pending, s->indegree, (size_t)s->group_count * sizeof *s->pending);
    s->order_count = 0;
    s->live = s->peak = 0;
    s->ready_count = s->stack_count = 0;
}
static bool is_live(const schedule *s, uint32_t group)
{
    return s->first[group] != s->first[group + 1];
}

/* What accumulations start from is there from the beginning. */
static void begin(schedule *s)
{
    restart(s);
    for (uint32_t g = 0; g < s->group_count; g++)
        if (s->eager[g] && s->indegree[g] == 0) emit(s, g);
}

static void order_by_sheet(schedule *s)
{
    begin(s);
    for (uint32_t g = 0; g < s->group_count; g++)
        if (is_live(s, g)) demand(s, g);
}
/* From the recordings, in their order. */
static void order_by_depth(schedule *s)
{
    begin(s);
    for (size_t i = 0; i < s->b->node_count; i++)
        if (s->b->nodes[i].next > 0 && s->b->nodes[i].eager == 2) demand(s, s->b->nodes[i].group);
    for (uint32_t g = 0; g < s->group_count; g++)
        if (is_live(s, g)) demand(s, g);
}

typedef struct root {
    uint32_t component, width, depth, group;
} root;
static int compare_roots(const void *x, const void *y)
{
    const root *a = x, *b = y;
    if (a->component != b->component) return a->component < b->component ? -1 : 1;
    if (a->width != b->width) return a->width > b->width ? -1 : 1;
    if (a->depth != b->depth) return a->depth > b->depth ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group);
}
static uint32_t find_component(uint32_t *parent, uint32_t x)
{
    while (parent[x] != x) x = parent[x] = parent[parent[x]];
    return x;
}

/* The component of most of a group's operands: a candidate by majority vote, then its share. */
static void vote(void *context, uint32_t node)
{
    schedule *s = context;
    uint32_t group = group_of(s, node);
    if (group == s->at) return;
    uint32_t component = find_component(s->parent, group);
    if (s->votes == 0) s->common = component;
    s->votes += component == s->common ? 1 : -1;
}
static void count_vote(void *context, uint32_t node)
{
    schedule *s = context;
    uint32_t group = group_of(s, node);
    if (group == s->at) return;
    s->all_votes++;
    s->votes += find_component(s->parent, group) == s->common;
}

/* Cells that belong together (linked otherwise than by accumulations and by values that everybody
 * reads) one lot after another: first from results over many of them (a cash flow asks for its
 * periods in order), then from the deepest. parent, depth: scratch by group. */
static void order_by_component(schedule *s, uint32_t *parent, uint32_t *depth, root *roots)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < s->group_count; g++) parent[g] = g, depth[g] = 0;
    for (uint32_t i = 0; i < s->order_count; i++) { /* of the order before: operands first */
        if (pei_interrupted(s->b)) return;
        uint32_t g = group_of(s, s->order[i]);
        uint32_t fanout = s->user_first[g + 1] - s->user_first[g];
        if (i + 1 < s->order_count && group_of(s, s->order[i + 1]) == g) continue;
        for (uint32_t u = s->user_first[g]; u < s->user_first[g + 1]; u++) {
            uint32_t user = s->users[u];
            if (depth[user] < depth[g] + 1) depth[user] = depth[g] + 1;
            if (fanout > FANOUT_LOCAL || s->eager[user] || s->indegree[user] > FANIN_LOCAL)
                continue;
            uint32_t x = find_component(parent, g), y = find_component(parent, user);
            if (x != y) parent[x > y ? x : y] = x > y ? y : x;
        }
    }
    s->parent = parent;
    for (uint32_t g = 0; g < s->group_count; g++) {
        if (!is_live(s, g) || s->eager[g] || s->indegree[g] <= FANIN_LOCAL) continue;
        s->votes = 0;
        each_operand(s, g, vote);
        s->votes = s->all_votes = 0;
        each_operand(s, g, count_vote);
        uint32_t own = find_component(parent, g);
        if (s->votes * 4 < s->all_votes * 3 || s->common == own) continue;
        parent[own > s->common ? own : s->common] = own > s->common ? s->common : own;
    }
    for (uint32_t g = 0; g < s->group_count; g++) {
        if (!is_live(s, g)) continue;
        bool result = true; /* nothing but accumulations and recordings reads it */
        for (uint32_t u = s->user_first[g]; u < s->user_first[g + 1] && result; u++)
            result = s->eager[s->users[u]] != 0;
        if (result)
            roots[count++] = (root){s->eager[g] ? PEI_NONE : find_component(parent, g),
                                    s->indegree[g] > WIDE_MIN ? s->indegree[g] : 0, depth[g], g};
    }
    qsort(roots, count, sizeof *roots, compare_roots);
    begin(s);
    for (uint32_t i = 0; i < count; i++) demand(s, roots[i].group);
    for (uint32_t g = 0; g < s->group_count; g++)
        if (is_live(s, g)) demand(s, g);
}

static pe_status try_orders(schedule *s, uint32_t **best)
{
    pe_program_info *info = &s->b->program->info;
    static const char *const names[] = {"sheet", "depth", "component"};
    size_t bytes = ((size_t)s->first[s->group_count] + 1) * sizeof **best;
    size_t groups = (size_t)s->group_count + 1;
    uint32_t *parent = malloc(groups * sizeof *parent), *depth = malloc(groups * sizeof *depth);
    root *roots = malloc(groups * sizeof *roots);
    *best = malloc(bytes);
    pe_status status =
        parent != NULL && depth != NULL && roots != NULL && *best != NULL ? PE_OK : PE_E_MEMORY;
    for (int candidate = 0; candidate < 3 && status == PE_OK; candidate++) {
        if (candidate == 0) order_by_sheet(s);
        if (candidate == 1) order_by_component(s, parent, depth, roots);
        if (candidate == 2) order_by_depth(s);
        int name = candidate == 0 ? 0 : candidate == 1 ? 2 : 1;
        if (s->failed) status = PE_E_MEMORY;
        if (s->b->interrupted) status = PE_E_CANCELLED;
        info->live_candidates[name] = s->peak;
        if (candidate == 0 || s->peak < info->live_peak) {
            info->live_peak = s->peak;
            info->schedule = names[name];
            memcpy(*best, s->order, (size_t)s->order_count * sizeof **best);
        }
        if (info->live_peak <= (s->b->node_count > LARGE_NODES ? PEAK_LARGE : PEAK_SMALL)) break;
        if (candidate == 1 && s->b->node_count > 1000000 && info->live_peak <= 1024) break;
    }
    free(parent);
    free(depth);
    free(roots);
    return status;
}

pe_status pei_schedule(pei_builder *b, uint32_t **order, uint32_t *count)
{
    schedule s = {.b = b, .group_count = b->group_count};
    size_t groups = (size_t)b->group_count + 2;
    s.first = calloc(groups, sizeof *s.first);
    s.user_first = calloc(groups, sizeof *s.user_first);
    s.pending = calloc(groups, sizeof *s.pending);
    s.indegree = calloc(groups, sizeof *s.indegree);
    s.state = calloc(groups, 1);
    s.eager = calloc(groups, 1);
    s.left = calloc(b->node_count + 1, sizeof *s.left);
    s.order = malloc((b->node_count + 1) * sizeof *s.order);
    pe_status status = PE_E_MEMORY;
    *order = NULL;
    if (s.first != NULL && s.user_first != NULL && s.pending != NULL && s.indegree != NULL &&
        s.state != NULL && s.eager != NULL && s.left != NULL && s.order != NULL)
        status = collect_nodes(&s);
    if (status == PE_OK) status = collect_edges(&s);
    if (b->interrupted) status = PE_E_CANCELLED;
    if (status == PE_OK) status = try_orders(&s, order);
    *count = s.order_count;
    free(s.first);
    free(s.nodes);
    free(s.user_first);
    free(s.users);
    free(s.pending);
    free(s.indegree);
    free(s.state);
    free(s.eager);
    free(s.left);
    free(s.order);
    free(s.stack);
    free(s.ready);
    if (status != PE_OK) free(*order), *order = NULL;
    if (status == PE_E_CANCELLED) return pe_fail(b->diag, status, "compile", "cancelled");
    return status == PE_OK ? PE_OK
                           : pe_fail(b->diag, status, "program", "no memory for the schedule");
}
