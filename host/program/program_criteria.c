/* program_criteria.c: SUMIFS and its kin where several criteria, or what they compare with, vary:
 * tuples of cells, each with a cell per criterion and the value that counts if all of them match.
 * Criteria that are decided now have no place in a tuple; where one is decided for some cells, a
 * constant that matches stands for them. Matched values are taken in the order of the cells. */
#include <stdlib.h>

#include "program_internal.h"

#define CHUNK_TUPLES 24u /* of one instruction where the result so far can be carried on */
#define ENTRIES_MAX (1u << 18)

/* Tests as digits of CRITERIA's flags: SUMIF_CODE is 1. */
static int digit_of(int op)
{
    return op - PE_I_SUMIF_CODE + 1;
}

/* How a lane takes part in all tuples: a test and what it compares with. */
typedef struct lane {
    const pei_criterion *criterion;
    int op;          /* -1: not known yet */
    pei_ref value;   /* compared with */
    double constant; /* the same where it does not vary */
} lane;

typedef struct tuples {
    pei_builder *b;
    pei_conditional *c;
    pei_kind kind;
    lane lanes[PEI_LANES_MAX];
    uint32_t lane_count;
    pei_ref *refs; /* heap */
    size_t count, capacity;
    uint32_t tuple_count; /* waiting in refs */
    uint32_t result;      /* so far: a node */
} tuples;

static lane *lane_of(tuples *t, const pei_criterion *criterion)
{
    for (uint32_t i = 0; i < t->lane_count; i++)
        if (t->lanes[i].criterion == criterion) return &t->lanes[i];
    if (t->lane_count == PEI_LANES_MAX) return NULL;
    t->lanes[t->lane_count] = (lane){.criterion = criterion, .op = -1};
    return &t->lanes[t->lane_count++];
}

/* A cell of a varying criterion. What is no number matches "<>" alone, as a blank does. */
static bool compared_cell(tuples *t, const pei_operand *x, int op, pei_ref *entry)
{
    pei_builder *b = t->b;
    if (!x->uniform) {
        *entry = x->node;
        return pei_type_of(b, x->node) == PE_TYPE_NUMBER;
    }
    *entry = pei_ref_of(b, x);
    if (pe_is_number(x->value)) return true;
    *entry = pei_constant_ref(b, pe_as_number(pe_blank()));
    if (pe_is_error(x->value)) return false; /* a criterion's error may be the same */
    if (!pe_is(x->value, PE_KIND_TEXT) || op != PE_I_SUMIF_EQ) return true;
    pe_call call = pei_conversion_call(b); /* a text that reads as the number is equal to it */
    return pe_is_error(pe_to_number(&call, x->value));
}

/* What always matches a lane's test. False: nothing does. */
static bool passing_entry(tuples *t, const lane *l, pei_ref *entry)
{
    const double most = 0x1.fffffffffffffp1023;
    switch (l->op) {
    case PE_I_SUMIF_NE:
        *entry = pei_constant_ref(t->b, pe_as_number(pe_blank()));
        return true;
    case PE_I_SUMIF_LT:
        *entry = pei_constant_ref(t->b, -most);
        return l->constant > -1e300;
    case PE_I_SUMIF_GT:
        *entry = pei_constant_ref(t->b, most);
        return l->constant < 1e300;
    default:
        *entry = l->value;
        return true;
    }
}

/* One criterion's cell: *matches false: this tuple is none. *test -1: it matches in all trials;
 * else the test and *node. */
static bool test_cell(tuples *t, const pei_criterion *criterion, const pei_operand *x,
                      bool *matches, int *test, uint32_t *node, double *constant)
{
    int always;
    *test = -1;
    if (x->uniform) {
        *matches = pe_criterion_match(criterion->test, x->value);
        return true;
    }
    *node = x->node;
    uint32_t group = t->b->group;
    t->b->group = pei_new_group(t->b); /* an accumulation waits for it */
    bool tested = pei_lane_test(t->b, criterion, node, test, constant, &always);
    t->b->group = group;
    if (!tested) return false;
    *matches = always != 0;
    if (always >= 0) *test = -1;
    return true;
}

/* Which criteria are lanes, and by which tests. */
static bool find_lanes(tuples *t, uint32_t row, uint32_t column)
{
    pei_conditional *c = t->c;
    for (int i = 0; i < c->count; i++) {
        const pei_criterion *criterion = &c->criteria[i];
        pei_operand x;
        bool matches;
        int test;
        uint32_t node;
        double constant;
        if (!pei_criterion_cell(c, i, row, column, &x)) return false;
        if (criterion->test == NULL) {
            lane *l = lane_of(t, criterion);
            if (l == NULL) return false;
            l->op = criterion->op;
            l->value = criterion->node;
            continue;
        }
        if (!test_cell(t, criterion, &x, &matches, &test, &node, &constant)) return false;
        if (!matches || test < 0) continue;
        lane *l = lane_of(t, criterion);
        if (l == NULL || (l->op >= 0 && (l->op != test || l->constant != constant))) return false;
        l->op = test;
        l->constant = constant;
        l->value = pei_constant_ref(t->b, constant);
    }
    return true;
}

static bool push(tuples *t, pei_ref ref)
{
    if (PE_GROW(&t->refs, &t->capacity, t->count + 1) != PE_OK)
        return pei_fail(t->b, PE_E_MEMORY, "no memory for criteria");
    t->refs[t->count++] = ref;
    return ref != PEI_NONE;
}

static bool start(tuples *t)
{
    t->count = 0;
    t->tuple_count = 0;
    for (uint32_t i = 0; i < t->lane_count; i++)
        if (!push(t, t->lanes[i].value)) return false;
    return true;
}

/* An accumulation goes where its cells are ready; but a criterion that varies is a part of the
 * formula at hand, which waits for the accumulation. */
static uint32_t make_step(tuples *t, pei_node *n)
{
    n->type = PE_TYPE_NUMBER;
    return t->c->varies ? pei_make_node(t->b, n) : pei_make_step(t->b, n);
}

/* The tuples that wait, as an instruction on the result so far. */
static bool finish(tuples *t)
{
    pei_builder *b = t->b;
    uint32_t flags = t->kind, list;
    if (t->tuple_count == 0) return true;
    for (uint32_t i = 0; i < t->lane_count; i++)
        flags |= (uint32_t)digit_of(t->lanes[i].op) << (2 + 3 * i);
    if (!pei_list_fits(b, t->count)) return false;
    list = pei_add_list(b, t->refs, (uint32_t)t->count);
    if (list == PEI_NONE) return false;
    size_t before = b->node_count;
    pei_node n = {.op = PE_I_CRITERIA,
                  .flags = (uint16_t)flags,
                  .a = t->result,
                  .b = PEI_NONE,
                  .c = (uint32_t)t->count,
                  .k = list};
    t->result = make_step(t, &n);
    if (b->node_count == before) b->list_count = list; /* an equal one exists: its list serves */
    return t->result != PEI_NONE && start(t);
}

static bool lane_entry(tuples *t, const lane *l, uint32_t row, uint32_t column, bool *matches,
                       pei_ref *entry)
{
    pei_operand x;
    int test;
    uint32_t node;
    double constant;
    int i = (int)(l->criterion - t->c->criteria);
    if (!pei_criterion_cell(t->c, i, row, column, &x)) return false;
    *matches = true;
    if (l->criterion->test == NULL) return compared_cell(t, &x, l->op, entry);
    if (!test_cell(t, l->criterion, &x, matches, &test, &node, &constant)) return false;
    if (test < 0) return passing_entry(t, l, entry);
    *entry = node;
    return true;
}

/* A count of what matches in all trials: no lane has anything to do. */
static bool is_decided(const tuples *t)
{
    return t->kind == PEI_COUNT && t->lane_count == 0;
}

static bool add_tuple(tuples *t, uint32_t row, uint32_t column)
{
    pei_conditional *c = t->c;
    pei_ref entries[PEI_LANES_MAX], value = PEI_NONE;
    bool matches = true, counts = true;
    for (int i = 0; i < c->count && matches; i++) {
        const pei_criterion *criterion = &c->criteria[i];
        pei_operand x;
        int test;
        uint32_t node;
        double constant;
        if (criterion->test == NULL) continue;
        if (!pei_criterion_cell(c, i, row, column, &x) ||
            !test_cell(t, criterion, &x, &matches, &test, &node, &constant))
            return false;
    }
    for (uint32_t i = 0; i < t->lane_count && matches; i++)
        if (!lane_entry(t, &t->lanes[i], row, column, &matches, &entries[i])) return false;
    if (!matches) return true;
    if (c->has_values && !pei_value_cell(c, row, column, &counts, &value)) return false;
    if (!counts) return true;
    for (uint32_t i = 0; i < t->lane_count; i++)
        if (!push(t, entries[i])) return false;
    if (t->kind != PEI_COUNT && !push(t, value)) return false;
    t->tuple_count++;
    bool carries = t->kind == PEI_COUNT || t->kind == PEI_SUM;
    if (carries && t->tuple_count >= CHUNK_TUPLES && !is_decided(t)) return finish(t);
    return t->count <= ENTRIES_MAX;
}

static bool each_offset(tuples *t, bool (*visit)(tuples *t, uint32_t row, uint32_t column))
{
    uint32_t rows, columns;
    pei_criteria_size(t->c, &rows, &columns);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++)
            if (!visit(t, row, column)) return false;
    return true;
}

bool pei_run_criteria(pei_conditional *c, pei_kind kind, pei_operand *o)
{
    pei_builder *b = c->b;
    tuples t = {.b = b, .c = c, .kind = kind};
    pei_node zero = {
        .op = PE_I_CONSTANT, .a = PEI_NONE, .b = PEI_NONE, .c = PEI_NONE, .k = pei_constant(b, 0)};
    t.result = make_step(&t, &zero);
    bool ok = t.result != PEI_NONE && each_offset(&t, find_lanes) && start(&t) &&
              each_offset(&t, add_tuple) && (is_decided(&t) || finish(&t));
    free(t.refs);
    *o = is_decided(&t) ? pei_uniform(pe_number(t.tuple_count)) : pei_varying(t.result);
    return ok && b->status == PE_OK;
}
