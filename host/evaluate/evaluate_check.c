/* evaluate_check.c: the self-check: recalculates the workbook with random, volatile and unsupported
 * cells at their stored values and compares every other formula with what the spreadsheet stored.
 * Invariant: each formula is counted once, as compared, pinned, unsupported or skipped. */
#include "evaluate_internal.h"

#include <stdlib.h>

#define RELATIVE 1e-9
#define OF_OPERAND 1e-12

typedef struct kept_check {
    pe_check check; /* what the caller sees; first */
    pe_arena *arena;
    size_t differ_capacity, unsupported_capacity, skipped_capacity;
    size_t differ_count, unsupported_count, skipped_count;
} kept_check;

typedef struct checker {
    pe_evaluator *evaluator;
    kept_check *kept;
    pei_context *context;
    uint64_t *downstream;
    double absolute; /* iteration delta */
    uint32_t name_errors;
    pe_status status;
} checker;

/* ---- equality
 * ----------------------------------------------------------------------------------------- */

static double magnitude(double x)
{
    return x < 0 ? -x : x;
}

static bool numbers_agree(double a, double b, double absolute)
{
    double d = magnitude(a - b), scale = magnitude(a) > magnitude(b) ? magnitude(a) : magnitude(b);
    return d <= RELATIVE * scale || d <= absolute;
}

static bool is_empty_text(pe_value v)
{
    return pe_is(v, PE_KIND_TEXT) && pe_as_text(v)->length == 0;
}

static bool values_agree(pe_value expected, pe_value actual, double absolute)
{
    pe_kind e = pe_kind_of(expected), a = pe_kind_of(actual);
    if (e == PE_KIND_BLANK) return a == PE_KIND_BLANK || is_empty_text(actual);
    if (a == PE_KIND_BLANK) return is_empty_text(expected);
    if (e != a) return false;
    if (e == PE_KIND_NUMBER)
        return numbers_agree(pe_as_number(expected), pe_as_number(actual), absolute);
    if (e == PE_KIND_ERROR) return pe_as_error(expected) == pe_as_error(actual);
    if (e != PE_KIND_TEXT) return expected.bits == actual.bits;
    const pe_text *s = pe_as_text(expected), *t = pe_as_text(actual);
    return s->length == t->length && memcmp(s->bytes, t->bytes, s->length) == 0;
}

/* A difference may be cancellation: 1e-12 of the largest number that went into the formula. */
static double operand_limit(checker *c, uint32_t master)
{
    pei_context *x = c->context;
    pe_arena_mark mark = pe_arena_save(x->call.arena);
    x->tracking = true;
    x->largest = 0;
    pei_formula(x, master);
    x->tracking = false;
    pe_arena_restore(x->call.arena, mark);
    double limit = OF_OPERAND * x->largest;
    return limit > c->absolute ? limit : c->absolute;
}

/* ---- one formula
 * -------------------------------------------------------------------------------------- */

typedef bool (*block_visit)(checker *c, uint32_t cell, uint32_t row, uint32_t column,
                            void *context);

/* Visits the cells that a formula fills, row-major; false ends. */
static bool each_cell(checker *c, uint32_t master, block_visit visit, void *context)
{
    const pe_evaluator *e = c->evaluator;
    pe_area b;
    if (!pe_graph_block(e->graph, master, &b)) return visit(c, master, 0, 0, context);
    for (uint32_t r = b.row_first; r <= b.row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(e->workbook, b.sheet_first, r, b.column_first, b.column_last, &first, &end);
        for (uint32_t i = first; i < end; i++) {
            if (pe_graph_master(e->graph, i) != master) continue;
            uint32_t column = e->workbook->cells[i].column - b.column_first;
            if (!visit(c, i, r - b.row_first, column, context)) return false;
        }
    }
    return true;
}

typedef struct comparison {
    double absolute;
    uint32_t cell; /* the first that differs */
    const pe_formula_source *source;
    pe_value stored_result; /* for roots: the formula from its stored precedents */
} comparison;

static bool cell_agrees(checker *c, uint32_t cell, uint32_t row, uint32_t column, void *context)
{
    comparison *k = context;
    const pe_cell *stored = &c->evaluator->workbook->cells[cell];
    PE_UNUSED(row);
    PE_UNUSED(column);
    if (!stored->has_stored ||
        values_agree(stored->stored, c->evaluator->values[cell], k->absolute))
        return true;
    k->cell = cell;
    return false;
}

static bool cell_reproduced(checker *c, uint32_t cell, uint32_t row, uint32_t column, void *context)
{
    comparison *k = context;
    const pe_cell *stored = &c->evaluator->workbook->cells[cell];
    pe_value v =
        pei_cell_value(c->context, pei_block_value(k->source, k->stored_result, row, column));
    return !stored->has_stored || values_agree(stored->stored, v, k->absolute);
}

/* Whether the formula gives something else than stored although its precedents have their stored
 * values. */
static bool is_root(checker *c, uint32_t master, double absolute)
{
    const pe_workbook *w = c->evaluator->workbook;
    pei_context *x = c->context;
    pe_arena_mark mark = pe_arena_save(x->call.arena);
    comparison k = {.absolute = absolute, .source = &w->formulas[w->cells[master].formula]};
    x->stored_mode = true;
    k.stored_result = pei_formula(x, master);
    bool same = each_cell(c, master, cell_reproduced, &k);
    x->stored_mode = false;
    pe_arena_restore(x->call.arena, mark);
    return !same;
}

static void add_difference(checker *c, uint32_t master, const comparison *k)
{
    kept_check *kept = c->kept;
    c->status = PE_GROW(&kept->check.differ, &kept->differ_capacity, kept->differ_count + 1);
    if (c->status != PE_OK) return;
    pe_difference *d = &kept->check.differ[kept->differ_count++];
    d->cell = k->cell;
    d->expected = c->evaluator->workbook->cells[k->cell].stored;
    d->actual = c->evaluator->values[k->cell];
    d->root = is_root(c, master, k->absolute);
    kept->check.root_count += d->root;
}

static void compare(checker *c, uint32_t master)
{
    pe_check *check = &c->kept->check;
    comparison k = {.absolute = c->absolute, .cell = master};
    bool agrees = each_cell(c, master, cell_agrees, &k);
    if (!agrees) {
        k.absolute = operand_limit(c, master);
        agrees = each_cell(c, master, cell_agrees, &k);
    }
    check->compared++;
    check->agree += agrees;
    if (c->downstream != NULL && pe_bit(c->downstream, master)) {
        check->downstream_compared++;
        check->downstream_agree += agrees;
    }
    if (!agrees) add_difference(c, master, &k);
}

static void skip(checker *c, uint32_t cell, const char *reason)
{
    kept_check *kept = c->kept;
    c->status = PE_GROW(&kept->check.skipped, &kept->skipped_capacity, kept->skipped_count + 1);
    if (c->status == PE_OK) kept->check.skipped[kept->skipped_count++] = (pe_skipped){cell, reason};
}

static void add_unsupported(checker *c, uint32_t cell)
{
    kept_check *kept = c->kept;
    c->status =
        PE_GROW(&kept->check.unsupported, &kept->unsupported_capacity, kept->unsupported_count + 1);
    if (c->status == PE_OK) kept->check.unsupported[kept->unsupported_count++] = cell;
}

static void check_cell(checker *c, uint32_t cell)
{
    pe_evaluator *e = c->evaluator;
    pe_check *check = &c->kept->check;
    const char *pin = pei_pin(e, cell, PE_EVALUATE_CHECK);
    pe_value stored = e->workbook->cells[cell].stored;
    check->formulas++;
    if (pin != NULL && pe_is(stored, PE_KIND_ERROR) && pe_as_error(stored) == PE_ERROR_NAME)
        c->name_errors++;
    if (pin != NULL && pe_evaluator_unsupported(e, cell, NULL) != NULL)
        add_unsupported(c, cell);
    else if (pin != NULL)
        check->pinned++;
    else if (!e->workbook->cells[cell].has_stored)
        skip(c, cell, "no stored value");
    else
        compare(c, cell);
}

/* ---- around it
 * ---------------------------------------------------------------------------------------- */

static pe_status mark_downstream(checker *c)
{
    pe_evaluator *e = c->evaluator;
    uint32_t count;
    const uint32_t *order = pe_graph_order(e->graph, &count);
    for (uint32_t i = 0; i < count; i++) {
        const pei_fact *fact = pei_fact_of(e, order[i]);
        if (fact == NULL || !fact->random) continue;
        if (c->downstream == NULL)
            c->downstream = PE_PUSH(c->kept->arena, uint64_t, e->workbook->cell_count / 64 + 1);
        if (c->downstream == NULL) return PE_E_MEMORY;
        pe_bit_set(c->downstream, order[i]);
    }
    return c->downstream == NULL ? PE_OK : pe_graph_mark_dependents(e->graph, c->downstream);
}

static const char *join(pe_arena *arena, const char *a, const char *b)
{
    if (a[0] == 0) return b;
    const char *joined = pe_arena_printf(arena, "%s; %s", a, b);
    return joined != NULL ? joined : a;
}

/* Why stored values may not be what the spreadsheet would calculate today. */
static const char *header_of(const checker *c)
{
    const pe_workbook *w = c->evaluator->workbook;
    pe_arena *arena = c->kept->arena;
    const char *text = "";
    const char *application = w->application != NULL ? w->application : "";
    if (w->manual) text = join(arena, text, "calculation is manual: stored values may be stale");
    if (w->calc_on_load)
        text =
            join(arena, text,
                 "the workbook asks for recalculation on load: its writer may not have calculated");
    if (strstr(application, "Excel") == NULL) {
        const char *by = pe_arena_printf(arena, "not saved by Excel but by %s",
                                         application[0] ? application : "an unknown program");
        if (by != NULL) text = join(arena, text, by);
    }
    if (w->precision_as_displayed)
        text = join(arena, text, "precision as displayed is set: stored values are rounded");
    if (c->name_errors > 0) {
        const char *missing = pe_arena_printf(
            arena, "%u cells store #NAME?: an add-in was missing when the workbook was saved",
            c->name_errors);
        if (missing != NULL) text = join(arena, text, missing);
    }
    return text;
}

static int roots_first(const void *a, const void *b)
{
    const pe_difference *p = a, *q = b;
    if (p->root != q->root) return p->root ? -1 : 1;
    return p->cell < q->cell ? -1 : p->cell > q->cell;
}

static pe_status check_all(checker *c, const pe_control *control)
{
    const pe_evaluator *e = c->evaluator;
    for (uint32_t i = 0; i < e->workbook->cell_count && c->status == PE_OK; i++) {
        if ((i & 0xFFFF) == 0 && pe_cancelled(control)) return PE_E_CANCELLED;
        if (e->workbook->cells[i].formula == PE_NO_FORMULA || pe_graph_master(e->graph, i) != i)
            continue;
        check_cell(c, i);
    }
    kept_check *kept = c->kept;
    kept->check.differ_count = (uint32_t)kept->differ_count;
    kept->check.unsupported_count = (uint32_t)kept->unsupported_count;
    kept->check.skipped_count = (uint32_t)kept->skipped_count;
    if (kept->differ_count > 0)
        qsort(kept->check.differ, kept->differ_count, sizeof *kept->check.differ, roots_first);
    kept->check.header = header_of(c);
    return c->status;
}

static kept_check *new_check(void)
{
    kept_check *kept = calloc(1, sizeof *kept);
    if (kept == NULL) return NULL;
    kept->arena = pe_arena_new(PEI_ARENA_MAX);
    kept->check.header = "";
    if (kept->arena != NULL) return kept;
    free(kept);
    return NULL;
}

pe_status pe_evaluator_check(pe_evaluator *e, pe_pool *pool, const pe_control *control,
                             pe_check **check, pe_diag *diag)
{
    checker c = {.evaluator = e, .kept = new_check(), .context = malloc(sizeof *c.context)};
    bool ready = false;
    pe_status status = PE_E_MEMORY;
    if (c.kept == NULL || c.context == NULL) goto fail;
    if (pei_context_init(c.context, e, NULL) != PE_OK) goto fail;
    ready = true;
    if (e->workbook->iterate) c.absolute = e->workbook->iterate_delta;
    PE_TRY(pe_evaluator_run(e, PE_EVALUATE_CHECK, pool, control, diag));
    PE_TRY(mark_downstream(&c));
    PE_TRY(check_all(&c, control));
    *check = &c.kept->check;
    pei_context_end(c.context);
    free(c.context);
    return PE_OK;
fail:
    if (ready) pei_context_end(c.context);
    free(c.context);
    if (c.kept != NULL) pe_check_free(&c.kept->check);
    return pe_fail(diag, status, "check", "%s", pe_status_text(status));
}

void pe_check_free(pe_check *check)
{
    if (check == NULL) return;
    kept_check *kept = (kept_check *)check;
    free(check->differ);
    free(check->unsupported);
    free(check->skipped);
    pe_arena_free(kept->arena);
    free(kept);
}
