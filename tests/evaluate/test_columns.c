/* test_columns.c: long columns: running ranges that go on from each other, sliding ones, lookups
 * by index, and the same in the self-check. Column A holds 1, 2, 3 ..., so that expected values
 * have closed forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "evaluate.h"

#define ROWS 400

typedef struct model {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
} model;

static void put(pe_workbook_builder *b, char column, int row, pe_value stored, const char *text,
                ...)
{
    char address[16], formula[128];
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(formula, sizeof formula, text, arguments);
    va_end(arguments);
    snprintf(address, sizeof address, "%c%d", column, row);
    pe_builder_formula(b, pe_builder_sheet(b, "Sheet1"), address, formula, stored);
}

static void row_of(pe_workbook_builder *b, int r, double wrong)
{
    char address[16], key[16];
    uint32_t sheet = pe_builder_sheet(b, "Sheet1");
    double n = r, from = r > 150 ? r - 149 : 1;
    snprintf(address, sizeof address, "A%d", r);
    pe_builder_value(b, sheet, address, pe_number(n));
    snprintf(address, sizeof address, "B%d", r);
    snprintf(key, sizeof key, "Key %d", r);
    pe_builder_text(b, sheet, address, key);
    put(b, 'C', r, pe_number(n * (n + 1) / 2 + wrong), "=SUM(A$1:A%d)", r);
    put(b, 'D', r, pe_number((n + 1) / 2), "=AVERAGE(A$1:A%d)", r);
    put(b, 'E', r, pe_number(n), "=MAX(A$1:A%d)", r);
    put(b, 'F', r, pe_number(n > 99 ? n - 99 : 0), "=COUNTIF(A$1:A%d,\">=100\")", r);
    put(b, 'G', r, pe_number((from + n) * (n - from + 1) / 2), "=SUM(A%d:A%d)", (int)from, r);
    put(b, 'H', r, pe_number(n), "=MATCH(%d,A$1:A$%d,0)", r, ROWS);
    put(b, 'I', r, pe_number(n), "=MATCH(\"KEY %d\",B$1:B$%d,0)", r, ROWS);
    put(b, 'J', r, pe_number(n), "=VLOOKUP(A%d+1E-16,A$1:J$%d,1,FALSE)", r, ROWS);
    put(b, 'K', r, pe_error(PE_ERROR_NA), "=MATCH(%d.5,A$1:A$%d,0)", r, ROWS);
}

static void open_model(model *m, double wrong)
{
    pe_diag diag = {0};
    pe_workbook_builder *b = pe_builder_new();
    for (int r = 1; r <= ROWS; r++) row_of(b, r, r == 200 ? wrong : 0);
    assert_int_equal(pe_builder_finish(b, &m->workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(m->workbook, NULL, 0, NULL, NULL, &m->graph, &diag), PE_OK);
    assert_int_equal(pe_evaluator_new(m->graph, NULL, &m->evaluator, &diag), PE_OK);
}

static void close_model(model *m)
{
    pe_evaluator_free(m->evaluator);
    pe_graph_free(m->graph);
    pe_workbook_free(m->workbook);
}

static void every_formula_agrees(void **state)
{
    model m;
    pe_check *check;
    PE_UNUSED(state);
    open_model(&m, 0);
    assert_int_equal(pe_evaluator_check(m.evaluator, NULL, NULL, &check, NULL), PE_OK);
    assert_int_equal(check->compared, 9 * ROWS);
    assert_int_equal(check->differ_count, 0);
    pe_check_free(check);
    close_model(&m);
}

/* A stored value that is wrong is the one root, whatever other formulas share of its range. */
static void one_wrong_value_is_the_root(void **state)
{
    model m;
    pe_check *check;
    PE_UNUSED(state);
    open_model(&m, 1);
    assert_int_equal(pe_evaluator_check(m.evaluator, NULL, NULL, &check, NULL), PE_OK);
    assert_int_equal(check->differ_count, 1);
    assert_int_equal(check->root_count, 1);
    pe_cell_ref at = pe_workbook_ref(m.workbook, check->differ[0].cell);
    assert_int_equal(at.row, 199);
    assert_int_equal(at.column, 2);
    pe_check_free(check);
    close_model(&m);
}

/* A run in the other mode after the check leaves every value where it was. */
static void base_after_check(void **state)
{
    model m;
    pe_check *check;
    PE_UNUSED(state);
    open_model(&m, 0);
    assert_int_equal(pe_evaluator_check(m.evaluator, NULL, NULL, &check, NULL), PE_OK);
    assert_int_equal(pe_evaluator_run(m.evaluator, PE_EVALUATE_BASE, NULL, NULL, NULL), PE_OK);
    uint32_t cell = pe_graph_cell(m.graph, (pe_cell_ref){0, ROWS - 1, 2});
    assert_true(pe_as_number(pe_evaluator_value(m.evaluator, cell)) == ROWS * (ROWS + 1) / 2.0);
    pe_check_free(check);
    close_model(&m);
}

/* Random cells are pinned by the check and the base case alike; a clock cell and a risk function
 * only by the check: what depends on them is computed anew, the rest stays. */
static void base_computes_what_differs(void **state)
{
    model m;
    pe_check *check;
    pe_diag diag = {0};
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    put(b, 'A', 1, pe_number(0.25), "=RAND()");
    put(b, 'A', 2, pe_number(40000), "=TODAY()");
    put(b, 'B', 1, pe_number(0.5), "=A1*2");
    put(b, 'B', 2, pe_number(40001), "=A2+1");
    put(b, 'B', 3, pe_number(40001.5), "=B1+B2");
    pe_evaluate_options options = {.now = 45000.5};
    assert_int_equal(pe_builder_finish(b, &m.workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(m.workbook, NULL, 0, NULL, NULL, &m.graph, &diag), PE_OK);
    assert_int_equal(pe_evaluator_new(m.graph, &options, &m.evaluator, &diag), PE_OK);
    assert_int_equal(pe_evaluator_check(m.evaluator, NULL, NULL, &check, NULL), PE_OK);
    assert_int_equal(check->pinned, 2);
    assert_int_equal(check->agree, 3);
    pe_check_free(check);
    assert_int_equal(pe_evaluator_run(m.evaluator, PE_EVALUATE_BASE, NULL, NULL, NULL), PE_OK);
    const double expected[3] = {0.5, 45001, 45001.5};
    for (uint32_t r = 0; r < 3; r++) {
        uint32_t cell = pe_graph_cell(m.graph, (pe_cell_ref){0, r, 1});
        assert_true(pe_as_number(pe_evaluator_value(m.evaluator, cell)) == expected[r]);
    }
    close_model(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_formula_agrees),
        cmocka_unit_test(one_wrong_value_is_the_root),
        cmocka_unit_test(base_after_check),
        cmocka_unit_test(base_computes_what_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
