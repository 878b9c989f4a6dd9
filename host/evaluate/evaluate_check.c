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
    size_t unsupported_capacity, skipped_capacity;
    size_t unsupported_count, skipped_count;
} kept_check;

/* What one thread evaluates with: formulas from the computed values, and from the stored ones. */
typedef struct judge {
    pei_context computed, stored;
} judge;

typedef struct checker {
    pe_evaluator *evaluator;
    const pe_control *control;
    kept_check *kept;
    judge **judges; /* per worker, made when first needed */
    unsigned judge_count;
    pe_value *stored; /* every cell's stored value, all of them there */
    uint8_t *all_there;
    pe_difference *doubtful; /* formulas whose values are not equal at first sight */
    size_t doubtful_count, doubtful_capacity;
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
    if (e == PE_KIND_ERROR) /* stored under a name that no reader knows, or in another language */
        return pe_as_error(expected) == PE_ERROR_UNKNOWN ||
               pe_as_error(expected) == pe_as_error(actual);
    if (e != PE_KIND_TEXT) return expected.bits == actual.bits;
    const pe_text *s = pe_as_text(expected), *t = pe_as_text(actual);
    return s->length == t->length && memcmp(s->bytes, t->bytes, s->length) == 0;
}

/* A difference may be cancellation: 1e-12 of the largest number that went into the formula. */
static double operand_limit(const checker *c, pei_context *x, uint32_t master)
{
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

typedef bool (*block_visit)(const pe_evaluator *e, uint32_t cell, uint32_t row, uint32_t column,
                            void *context);

/* Visits the cells that a formula fills, row-major; false ends. */
static bool each_cell(const pe_evaluator *e, uint32_t master, block_visit visit, void *context)
{
    pe_area b;
    if (!pe_graph_block(e->graph, master, &b)) return visit(e, master, 0, 0, context);
    for (uint32_t r = b.row_first; r <= b.row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(e->workbook, b.sheet_first, r, b.column_first, b.column_last, &first, &end);
        for (uint32_t i = first; i < end; i++) {
            if (pe_graph_master(e->graph, i) != master) continue;
            uint32_t column = e->workbook->cells[i].column - b.column_first;
            if (!visit(e, i, r - b.row_first, column, context)) return false;
        }
    }
    return true;
}

typedef struct comparison {
    double absolute;
    uint32_t cell; /* the first that differs */
    const pe_formula_source *source;
    pei_context *stored;
    pe_value stored_result; /* for roots: the formula from its stored precedents */
} comparison;

static bool cell_agrees(const pe_evaluator *e, uint32_t cell, uint32_t row, uint32_t column,
                        void *context)
{
    comparison *k = context;
    const pe_cell *stored = &e->workbook->cells[cell];
    PE_UNUSED(row);
    PE_UNUSED(column);
    if (!stored->has_stored ||
        values_agree(pei_shown(e, stored->stored), pei_shown(e, e->values[cell]), k->absolute))
        return true;
    k->cell = cell;
    return false;
}

static bool cell_reproduced(const pe_evaluator *e, uint32_t cell, uint32_t row, uint32_t column,
                            void *context)
{
    comparison *k = context;
    const pe_cell *stored = &e->workbook->cells[cell];
    pe_value v =
        pei_cell_value(k->stored, pei_block_value(k->source, k->stored_result, row, column));
    return !stored->has_stored ||
           values_agree(pei_shown(e, stored->stored), pei_shown(e, v), k->absolute);
}

/* Whether the formula gives something else than stored although its precedents have their stored
 * values. */
static bool is_root(const checker *c, pei_context *x, uint32_t master, double absolute)
{
    const pe_workbook *w = c->evaluator->workbook;
    pe_arena_mark mark = pe_arena_save(x->call.arena);
    comparison k = {
        .absolute = absolute, .source = &w->formulas[w->cells[master].formula], .stored = x};
    k.stored_result = pei_formula(x, master);
    bool same = each_cell(c->evaluator, master, cell_reproduced, &k);
    pe_arena_restore(x->call.arena, mark);
    return !same;
}

static bool is_downstream(const checker *c, uint32_t cell)
{
    return c->downstream != NULL && pe_bit(c->downstream, cell);
}

/* Counts a formula that agrees; one that may not is judged later, by several threads. */
static void compare(checker *c, uint32_t master)
{
    pe_check *check = &c->kept->check;
    comparison k = {.absolute = c->absolute, .cell = master};
    bool agrees = each_cell(c->evaluator, master, cell_agrees, &k);
    check->compared++;
    check->downstream_compared += is_downstream(c, master);
    if (agrees) {
        check->agree++;
        check->downstream_agree += is_downstream(c, master);
        return;
    }
    c->status = PE_GROW(&c->doubtful, &c->doubtful_capacity, c->doubtful_count + 1);
    if (c->status == PE_OK) c->doubtful[c->doubtful_count++] = (pe_difference){.cell = master};
}

/* ---- formulas that may differ
 * ------------------------------------------------------------------------------ */

#define DOUBTFUL_TASK 256u /* formulas of one task */

static void end_judge(judge *j)
{
    if (j == NULL) return;
    pei_blocks_free(j->computed.blocks);
    pei_blocks_free(j->stored.blocks);
    pei_context_end(&j->computed);
    pei_context_end(&j->stored);
    free(j);
}

static judge *new_judge(const checker *c)
{
    const pe_evaluator *e = c->evaluator;
    judge *j = calloc(1, sizeof *j);
    if (j == NULL) return NULL;
    if (pei_context_init(&j->computed, e, NULL) == PE_OK &&
        pei_context_init(&j->stored, e, NULL) == PE_OK) {
        j->computed.blocks = pei_blocks_new();
        j->stored.blocks = pei_blocks_new();
        j->computed.fast_values = e->values;
        j->computed.all_state = e->state;
        j->stored.fast_values = c->stored;
        j->stored.all_state = c->all_there;
        j->stored.stored_mode = true;
        if (j->computed.blocks != NULL && j->stored.blocks != NULL) return j;
    }
    end_judge(j);
    return NULL;
}

static pe_status judge_task(void *context, size_t index, unsigned worker)
{
    checker *c = context;
    if (pe_cancelled(c->control)) return PE_E_CANCELLED;
    if (c->judges[worker] == NULL) c->judges[worker] = new_judge(c);
    judge *j = c->judges[worker];
    if (j == NULL) return PE_E_MEMORY;
    size_t end = (index + 1) * DOUBTFUL_TASK;
    if (end > c->doubtful_count) end = c->doubtful_count;
    for (size_t i = index * DOUBTFUL_TASK; i < end; i++) {
        pe_difference *d = &c->doubtful[i];
        uint32_t master = d->cell;
        comparison k = {.absolute = operand_limit(c, &j->computed, master), .cell = PE_NO_CELL};
        if (each_cell(c->evaluator, master, cell_agrees, &k)) continue;
        d->expected = pei_stored(c->evaluator, k.cell);
        d->actual = c->evaluator->values[k.cell];
        d->root = is_root(c, &j->stored, master, k.absolute);
        d->cell = k.cell;
    }
    return PE_OK;
}

/* Judges the doubtful formulas, then lists those that differ. */
static pe_status judge_all(checker *c, pe_pool *pool)
{
    pe_check *check = &c->kept->check;
    const pe_evaluator *e = c->evaluator;
    uint32_t count = e->workbook->cell_count;
    if (c->doubtful_count == 0) return PE_OK;
    c->judge_count = pe_pool_threads(pool);
    c->judges = calloc(c->judge_count, sizeof(judge *));
    c->stored = malloc(((size_t)count + 1) * sizeof *c->stored);
    c->all_there = malloc((size_t)count + 1);
    if (c->judges == NULL || c->stored == NULL || c->all_there == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < count; i++) c->stored[i] = pei_stored(e, i);
    memset(c->all_there, PEI_DONE, (size_t)count + 1);
    size_t tasks = (c->doubtful_count + DOUBTFUL_TASK - 1) / DOUBTFUL_TASK;
    pe_status status = pe_pool_run(pool, tasks, judge_task, c);
    if (status != PE_OK) return status;
    size_t kept = 0;
    for (size_t i = 0; i < c->doubtful_count; i++) {
        pe_difference *d = &c->doubtful[i];
        if (d->expected.bits == d->actual.bits) { /* never set: it agrees after all */
            check->agree++;
            check->downstream_agree += is_downstream(c, d->cell);
            continue;
        }
        check->root_count += d->root;
        c->doubtful[kept++] = *d;
    }
    check->differ = c->doubtful;
    check->differ_count = (uint32_t)kept;
    c->doubtful = NULL;
    return PE_OK;
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
    bool excel_file = w->dialect == PE_DIALECT_EXCEL && w->semantics == PE_SEMANTICS_EXCEL;
    if (excel_file && strstr(application, "Excel") == NULL) {
        /* LibreOffice adds its platform and build after a '$' */
        int shown = (int)strcspn(application, "$");
        const char *by =
            pe_arena_printf(arena, "not saved by Excel but by %.*s", shown > 0 ? shown : 18,
                            shown > 0 ? application : "an unknown program");
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

static pe_status check_all(checker *c, pe_pool *pool)
{
    const pe_evaluator *e = c->evaluator;
    pe_check *check = &c->kept->check;
    for (uint32_t i = 0; i < e->workbook->cell_count && c->status == PE_OK; i++) {
        if ((i & 0xFFFF) == 0 && pe_cancelled(c->control)) return PE_E_CANCELLED;
        if (e->workbook->cells[i].formula == PE_NO_FORMULA || pe_graph_master(e->graph, i) != i)
            continue;
        check_cell(c, i);
    }
    if (c->status == PE_OK) c->status = judge_all(c, pool);
    check->unsupported_count = (uint32_t)c->kept->unsupported_count;
    check->skipped_count = (uint32_t)c->kept->skipped_count;
    if (check->differ_count > 0)
        qsort(check->differ, check->differ_count, sizeof *check->differ, roots_first);
    check->header = header_of(c);
    return c->status;
}

static void end_checker(checker *c)
{
    for (unsigned i = 0; c->judges != NULL && i < c->judge_count; i++) end_judge(c->judges[i]);
    free(c->judges);
    free(c->stored);
    free(c->all_there);
    free(c->doubtful);
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
    checker c = {.evaluator = e, .control = control, .kept = new_check()};
    pe_status status = PE_E_MEMORY;
    if (c.kept == NULL) goto fail;
    if (e->workbook->iterate) c.absolute = e->workbook->iterate_delta;
    PE_TRY(pe_evaluator_run(e, PE_EVALUATE_CHECK, pool, control, diag));
    PE_TRY(mark_downstream(&c));
    PE_TRY(check_all(&c, pool));
    *check = &c.kept->check;
    end_checker(&c);
    return PE_OK;
fail:
    end_checker(&c);
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
