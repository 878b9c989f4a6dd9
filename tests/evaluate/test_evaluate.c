/* test_evaluate.c: the evaluator over workbooks built in memory: evaluation on demand, laziness,
 * cycles, iteration, blocks, data tables, names, the self-check, lanes. Expected values follow from
 * Excel's documented rules and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evaluate.h"

typedef struct built {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
    pe_sampler sampler;
} built;

static void open_with(built *r, pe_workbook_builder *b, const pe_override *overrides,
                      uint32_t count)
{
    pe_diag diag = {0};
    memset(r, 0, sizeof *r);
    r->sampler = (pe_sampler){.seed = 1, .method = PE_MONTE_CARLO, .trial_count = 100};
    pe_evaluate_options options = {.now = 45000.25, .sampler = &r->sampler};
    assert_int_equal(pe_builder_finish(b, &r->workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(r->workbook, overrides, count, NULL, NULL, &r->graph, &diag),
                     PE_OK);
    assert_int_equal(pe_evaluator_new(r->graph, &options, &r->evaluator, &diag), PE_OK);
}

static void run(built *r, pe_workbook_builder *b)
{
    open_with(r, b, NULL, 0);
    assert_int_equal(pe_evaluator_run(r->evaluator, PE_EVALUATE_BASE, NULL, NULL, NULL), PE_OK);
}

static void drop(built *r)
{
    pe_evaluator_free(r->evaluator);
    pe_graph_free(r->graph);
    pe_workbook_free(r->workbook);
}

static uint32_t at(const built *r, const char *address)
{
    pe_cell_ref ref = {0, 0, 0};
    assert_true(pe_cell_parse(address, strlen(address), &ref.row, &ref.column) > 0);
    uint32_t cell = pe_graph_cell(r->graph, ref);
    assert_int_not_equal(cell, PE_NO_CELL);
    return cell;
}

static double number(const built *r, const char *address)
{
    pe_value v = pe_evaluator_value(r->evaluator, at(r, address));
    if (!pe_is_number(v)) print_error("%s is no number\n", address);
    assert_true(pe_is_number(v));
    return pe_as_number(v);
}

static pe_error_code error(const built *r, const char *address)
{
    pe_value v = pe_evaluator_value(r->evaluator, at(r, address));
    return pe_is(v, PE_KIND_ERROR) ? pe_as_error(v) : PE_ERROR_NONE;
}

static void formula(pe_workbook_builder *b, const char *address, const char *text)
{
    pe_builder_formula(b, pe_builder_sheet(b, "Sheet1"), address, text, pe_blank());
}

static void value(pe_workbook_builder *b, const char *address, double x)
{
    pe_builder_value(b, pe_builder_sheet(b, "Sheet1"), address, pe_number(x));
}

#define assert_near(a, b) assert_true((a) - (b) < 1e-12 && (b) - (a) < 1e-12)

/* ---- single formulas: a table
 * ------------------------------------------------------------------------- */

typedef struct formula_row {
    const char *formula;
    const char *mode;     /* "", "array", "dyn" */
    const char *expected; /* "7", "TRUE", "#N/A", a text without quotes */
} formula_row;

/* A1:A3 = 1, 2, 3; B1:B3 = 10, "x", TRUE; C1 empty; D1 = #N/A. The formulas stand in F2. */
static const formula_row rows[] = {
    {"=1+2*3", "", "7"},
    {"=-2^2", "", "4"},
    {"=2^-1", "", "0.5"},
    {"=10%", "", "0.1"},
    {"=1&2", "", "12"},
    {"=\"3\"+TRUE", "", "4"},
    {"=\"a\"+1", "", "#VALUE!"},
    {"=1/0", "", "#DIV/0!"},
    {"=D1+1/0", "", "#N/A"},
    {"=1/0+D1", "", "#DIV/0!"},
    {"=1E308*10", "", "#NUM!"},
    {"=0.1+0.2-0.3", "", "0"},
    {"=(0.1+0.2-0.3)*1>0", "", "TRUE"},
    {"=0.1+0.2=0.3", "", "TRUE"},
    {"=C1", "", "0"},
    {"=C1=\"\"", "", "TRUE"},
    {"=C1=0", "", "TRUE"},
    {"=\"a\"=\"A\"", "", "TRUE"},
    {"=2>\"1\"", "", "FALSE"},
    {"=A1:A3", "", "2"}, /* implicit intersection with row 2 */
    {"=A1:B3", "", "#VALUE!"},
    {"=SUM(A1:A3)", "", "6"},
    {"=SUM(B1:B3)", "", "10"},
    {"=SUM(B1,TRUE,\"2\")", "", "13"},
    {"=A1:A3*2", "", "4"},
    {"=A1:A3*2", "array", "2"},
    {"=SUM(A1:A3*2)", "", "4"}, /* intersected: no array mode in a plain formula */
    {"=SUM(A1:A3*2)", "array", "12"},
    {"=SUMPRODUCT(A1:A3*2)", "", "12"},
    {"=SUM({1,2,3}*2)", "", "12"},
    {"=SUM({1,2,3}+{10;20})", "", "102"},
    {"=SUM(IFERROR({1,2,3}+{1,2},0))", "dyn", "6"},
    {"=@A1:A3", "dyn", "2"},
    {"=IF(TRUE,1,1/0)", "", "1"},
    {"=IF(FALSE,1)", "", "FALSE"},
    {"=IF(1,,5)", "", "0"},
    {"=SUM(IF(A1:A3>1,A1:A3,0))", "array", "5"},
    {"=SUM(IF(A1:A3>1,A1:A3))", "array", "5"},
    {"=IFERROR(1/0,\"e\")", "", "e"},
    {"=IFNA(1/0,2)", "", "#DIV/0!"},
    {"=IFNA(D1,2)", "", "2"},
    {"=IFS(FALSE,1,A1=1,7,1/0,3)", "", "7"},
    {"=IFS(FALSE,1)", "", "#N/A"},
    {"=SWITCH(2,1,\"a\",2,\"b\",\"c\")", "", "b"},
    {"=SWITCH(9,1,\"a\",2,\"b\",\"c\")", "", "c"},
    {"=CHOOSE(2,1/0,A2,1/0)", "", "2"},
    {"=SUM(CHOOSE(2,A1,A1:A3))", "", "6"},
    {"=SUM(A1:INDEX(A1:A3,2))", "", "3"},
    {"=SUM(A1:A3 A2:B2)", "", "2"},
    {"=A1:A2 B1:B3", "", "#NULL!"},
    {"=SUM((A1,A3))", "", "4"},
    {"=LET(x,2,y,x*3,x+y)", "", "8"},
    {"=LAMBDA(x,y,x*y)(3,4)", "", "12"},
    {"=SUM(MAP(A1:A3,LAMBDA(v,v*v)))", "", "14"},
    {"=REDUCE(0,A1:A3,LAMBDA(a,v,a+v))", "", "6"},
    {"=SUM(SCAN(0,A1:A3,LAMBDA(a,v,a+v)))", "", "10"},
    {"=SUM(BYROW(A1:B3,LAMBDA(r,MAX(r))))", "", "15"},
    {"=SUM(MAKEARRAY(2,3,LAMBDA(r,c,r*c)))", "", "18"},
    {"=LET(f,LAMBDA(x,[y],IF(ISOMITTED(y),x,x+y)),f(1)+f(1,2))", "", "4"},
    {"=OFFSET(A1,2,0)", "", "3"},
    {"=SUM(OFFSET(A1,0,0,3,1))", "", "6"},
    {"=INDIRECT(\"A\"&2)", "", "2"},
    {"=INDIRECT(\"R3C1\",FALSE)", "", "3"},
    {"=INDIRECT(\"nonsense!!\")", "", "#REF!"},
    {"=NoSuchName", "", "unsupported"},
    {"=NOSUCHFUNCTION(1)", "", "unsupported"},
    {"=ISERROR(D1)", "", "TRUE"},
    {"=LAMBDA(x,x)", "", "#CALC!"},
    {"=SUM(A:A)", "", "6"},
    {"=SUM(1:1)", "", "#N/A"},
    {"=NOW()", "", "45000.25"},
    {"=ABS({-1,-2})", "", "1"},
    {"=SUM(ABS({-1,-2}))", "", "3"},
};

static void value_text(pe_value v, char *out, size_t size)
{
    char decimal[PE_DECIMAL_BYTES];
    out[0] = 0;
    if (pe_is_number(v)) {
        pe_decimal_shortest(pe_as_number(v), decimal);
        snprintf(out, size, "%s", decimal);
    } else if (pe_is(v, PE_KIND_TEXT)) {
        snprintf(out, size, "%s", pe_as_text(v)->bytes);
    } else if (pe_is(v, PE_KIND_BOOLEAN)) {
        snprintf(out, size, "%s", pe_as_boolean(v) ? "TRUE" : "FALSE");
    } else if (pe_is(v, PE_KIND_ERROR)) {
        snprintf(out, size, "%s", pe_error_text(pe_as_error(v)));
    }
}

static bool row_agrees(const formula_row *row)
{
    char got[200];
    built r;
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    value(b, "A1", 1);
    value(b, "A2", 2);
    value(b, "A3", 3);
    value(b, "B1", 10);
    pe_builder_text(b, s, "B2", "x");
    pe_builder_value(b, s, "B3", pe_boolean(true));
    pe_builder_value(b, s, "D1", pe_error(PE_ERROR_NA));
    if (row->mode[0] == 0)
        formula(b, "F2", row->formula);
    else
        pe_builder_array(b, s, "F2", row->formula,
                         row->mode[0] == 'd' ? PE_FORMULA_DYNAMIC : PE_FORMULA_ARRAY);
    run(&r, b);
    value_text(pe_evaluator_value(r.evaluator, at(&r, "F2")), got, sizeof got);
    if (pe_evaluator_unsupported(r.evaluator, at(&r, "F2"), NULL) != NULL)
        strcpy(got, "unsupported");
    bool agrees = strcmp(got, row->expected) == 0;
    if (!agrees)
        print_error("%s %s: expected %s, got %s\n", row->formula, row->mode, row->expected, got);
    drop(&r);
    return agrees;
}

static void formulas_give_what_excel_gives(void **state)
{
    bool all = true;
    PE_UNUSED(state);
    for (size_t i = 0; i < PE_COUNT(rows); i++) all = row_agrees(&rows[i]) && all;
    assert_true(all);
}

/* Partial results shared between formulas give the bits that the functions' own walk gives (two
 * arguments: no sharing). */
static void shared_partial_results_change_no_bit(void **state)
{
    static const char *const functions[] = {"SUM", "AVERAGE", "COUNT", "MAX", "MIN"};
    char address[32], text[64];
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    double x = 0.1;
    for (unsigned i = 1; i <= 700; i++) {
        x = x * 3.9 * (1 - x);
        snprintf(address, sizeof address, "A%u", i);
        if (i % 50 == 0)
            pe_builder_text(b, pe_builder_sheet(b, "Sheet1"), address, "text");
        else
            value(b, address, (x - 0.3) * (i % 7 == 0 ? 1e9 : 1));
    }
    for (unsigned f = 0; f < PE_COUNT(functions); f++)
        for (unsigned i = 0; i < 40; i++) {
            snprintf(address, sizeof address, "%c%u", 'C' + 2 * f, i + 1);
            snprintf(text, sizeof text, "=%s(A%u:A%u)", functions[f], 1 + 3 * i, 300 + 10 * i);
            formula(b, address, text);
            snprintf(address, sizeof address, "%c%u", 'D' + 2 * f, i + 1);
            snprintf(text, sizeof text, "=%s(A%u:A%u,B1:B1)", functions[f], 1 + 3 * i,
                     300 + 10 * i);
            formula(b, address, text);
        }
    run(&r, b);
    for (unsigned f = 0; f < PE_COUNT(functions); f++)
        for (unsigned i = 0; i < 40; i++) {
            char shared[32], alone[32];
            snprintf(shared, sizeof shared, "%c%u", 'C' + 2 * f, i + 1);
            snprintf(alone, sizeof alone, "%c%u", 'D' + 2 * f, i + 1);
            assert_true(number(&r, shared) == number(&r, alone));
        }
    drop(&r);
}

/* ---- on demand
 * ---------------------------------------------------------------------------------------- */

static void a_branch_not_taken_closes_no_cycle(void **state)
{
    built r;
    uint32_t count;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    value(b, "A1", 1);
    formula(b, "B1", "=IF(A1=1,5,C1)");
    formula(b, "C1", "=B1+1");
    run(&r, b);
    assert_int_equal(pe_graph_component_count(r.graph), 1);
    pe_evaluator_cycles(r.evaluator, &count);
    assert_int_equal(count, 0);
    assert_near(number(&r, "C1"), 6);
    drop(&r);
}

static void true_cycles_show_zero_and_are_listed(void **state)
{
    built r;
    uint32_t count;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=B1+1");
    formula(b, "B1", "=A1+1");
    formula(b, "C1", "=B1+7");
    run(&r, b);
    const uint32_t *cycles = pe_evaluator_cycles(r.evaluator, &count);
    assert_int_equal(count, 2);
    assert_int_equal(cycles[0], at(&r, "A1"));
    assert_near(number(&r, "A1"), 0);
    assert_near(number(&r, "C1"), 7);
    drop(&r);
}

static void deep_chains_need_no_stack(void **state)
{
    enum { ROWS = 100000 };
    char address[32], text[64];
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    for (unsigned i = 1; i < ROWS; i++) {
        snprintf(address, sizeof address, "A%u", i);
        snprintf(text, sizeof text, "=INDIRECT(\"A%u\")+1",
                 i + 1); /* no order is known beforehand */
        formula(b, address, text);
    }
    run(&r, b);
    assert_near(number(&r, "A1"), ROWS - 1);
    drop(&r);
}

static void found_precedents_are_reported(void **state)
{
    built r;
    uint32_t count;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=SUM(OFFSET(C1,0,0,2,1))+C1");
    formula(b, "C1", "=1");
    formula(b, "C2", "=2");
    run(&r, b);
    const pe_edge *edges = pe_evaluator_dynamic_edges(r.evaluator, &count);
    assert_int_equal(count, 1);
    assert_int_equal(edges[0].cell, at(&r, "A1"));
    assert_int_equal(edges[0].precedent, at(&r, "C2"));
    assert_near(number(&r, "A1"), 4);
    drop(&r);
}

/* x = 0.5 x + 10 converges to 20; from the stored 16, sweeps of one cell halve the distance. */
static void iterating_workbooks_sweep_from_the_stored_values(void **state)
{
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    pe_builder_iterate(b, 100, 0.001);
    pe_builder_formula(b, s, "A1", "=0.5*B1+10", pe_number(16));
    pe_builder_formula(b, s, "B1", "=A1", pe_number(16));
    pe_builder_formula(b, s, "C1", "=B1*2", pe_number(40));
    run(&r, b);
    assert_true(number(&r, "A1") > 19.99 && number(&r, "A1") < 20);
    assert_true(number(&r, "C1") == 2 * number(&r, "B1"));
    drop(&r);
    b = pe_builder_new();
    s = pe_builder_sheet(b, "Sheet1");
    pe_builder_iterate(b, 1, 0.001);
    pe_builder_formula(b, s, "A1", "=A1+1", pe_number(41));
    run(&r, b);
    assert_near(number(&r, "A1"), 42);
    drop(&r);
}

/* ---- blocks, names
 * ------------------------------------------------------------------------------------ */

static void array_blocks_fill_their_cells(void **state)
{
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    pe_builder_array(b, s, "A1:C3", "={1,2}", PE_FORMULA_ARRAY);
    pe_builder_array(b, s, "E1:E2", "=5", PE_FORMULA_ARRAY);
    pe_builder_array(b, s, "G1:G3", "={7;8}", PE_FORMULA_DYNAMIC);
    formula(b, "H1", "=SUM(G1#)");
    formula(b, "H2", "=SUM(A1:B3)");
    run(&r, b);
    assert_near(number(&r, "B3"), 2);
    assert_int_equal(error(&r, "C1"), PE_ERROR_NA);
    assert_near(number(&r, "E2"), 5);
    assert_near(number(&r, "H1"), 15);
    assert_near(number(&r, "H2"), 9);
    assert_true(pe_is(pe_evaluator_value(r.evaluator, at(&r, "G3")), PE_KIND_BLANK));
    drop(&r);
}

static void names_are_relative_to_their_user(void **state)
{
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    value(b, "A1", 3);
    value(b, "A2", 4);
    formula(b, "B1", "=Left1*2");
    formula(b, "B2", "=Left1*2");
    formula(b, "C1", "=Twice(A2)");
    formula(b, "C2", "=SUM(Squares)");
    formula(b, "C3", "=Factorial(5)");
    pe_builder_name(b, "Left1", "Sheet1!XFD1"); /* one column to the left of A1 wraps around */
    pe_builder_name(b, "Twice", "LAMBDA(x,x*2)");
    pe_builder_name(b, "Squares", "Sheet1!$A$1:$A$2^2");
    pe_builder_name(b, "Factorial", "LAMBDA(n,IF(n<2,1,n*Factorial(n-1)))");
    run(&r, b);
    assert_near(number(&r, "B1"), 6);
    assert_near(number(&r, "B2"), 8);
    assert_near(number(&r, "C1"), 8);
    assert_near(number(&r, "C2"), 25);
    assert_near(number(&r, "C3"), 120);
    drop(&r);
}

/* ---- data tables
 * -------------------------------------------------------------------------------------- */

static void data_tables_re_evaluate_the_model(void **state)
{
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    value(b, "A1", 2);
    value(b, "A2", 3);
    formula(b, "A3", "=A1*10");
    formula(b, "A4", "=A3+A2");
    formula(b, "D1", "=A4"); /* one input down a column, two results */
    formula(b, "E1", "=A3");
    value(b, "C2", 5);
    value(b, "C3", 6);
    pe_builder_table(b, s, "D2:E3", NULL, "A1");
    formula(b, "G1", "=A4"); /* two inputs: row input A1, column input A2 */
    value(b, "H1", 1);
    value(b, "I1", 2);
    value(b, "G2", 100);
    value(b, "G3", 200);
    pe_builder_table(b, s, "H2:I3", "A1", "A2");
    formula(b, "K1", "=SUM(D2:E3)");
    run(&r, b);
    assert_near(number(&r, "D2"), 53);
    assert_near(number(&r, "D3"), 63);
    assert_near(number(&r, "E3"), 60);
    assert_near(number(&r, "H2"), 110);
    assert_near(number(&r, "I3"), 220);
    assert_near(number(&r, "A4"), 23);
    assert_near(number(&r, "K1"), 53 + 63 + 50 + 60);
    drop(&r);
}

static void a_tables_input_may_be_an_empty_cell(void **state)
{
    built r;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    formula(b, "B1", "=SUM(Z50:Z60)+1");
    value(b, "A2", 10);
    value(b, "A3", 20);
    pe_builder_table(b, s, "B2:B3", NULL, "Z55");
    run(&r, b);
    assert_near(number(&r, "B2"), 11);
    assert_near(number(&r, "B3"), 21);
    assert_near(number(&r, "B1"), 1);
    drop(&r);
}

/* ---- self-check
 * --------------------------------------------------------------------------------------- */

static void the_check_tells_roots_from_consequences(void **state)
{
    built r;
    pe_check *check;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    value(b, "A1", 1);
    pe_builder_formula(b, s, "B1", "=A1+1", pe_number(2));
    pe_builder_formula(b, s, "C1", "=B1*2", pe_number(99));     /* wrong */
    pe_builder_formula(b, s, "D1", "=C1+1", pe_number(100));    /* wrong because of C1 */
    pe_builder_formula(b, s, "A2", "=RAND()", pe_number(0.25)); /* pinned */
    pe_builder_formula(b, s, "B2", "=A2*4", pe_number(1));      /* downstream of a random cell */
    pe_builder_formula(b, s, "A3", "=NOSUCHFUNCTION(1)", pe_number(3));
    pe_builder_formula(b, s, "B3", "=A3*2", pe_number(6));      /* uses the stored 3 */
    pe_builder_formula(b, s, "A4", "=1-1+1E-13", pe_number(0)); /* 1e-12 of the operand 1 */
    pe_builder_formula(b, s, "A5", "=\"x\"", pe_number(1));
    /* "#TEILBAR!": an error, by a name that is not known */
    pe_builder_formula(b, s, "A6", "=1/0", pe_error(PE_ERROR_UNKNOWN));
    open_with(&r, b, NULL, 0);
    assert_int_equal(pe_evaluator_check(r.evaluator, NULL, NULL, &check, NULL), PE_OK);
    assert_int_equal(check->formulas, 10);
    assert_int_equal(check->compared, 8);
    assert_int_equal(check->agree, 5);
    assert_int_equal(check->pinned, 1);
    assert_int_equal(check->unsupported_count, 1);
    assert_int_equal(check->unsupported[0], at(&r, "A3"));
    assert_int_equal(check->differ_count, 3);
    assert_int_equal(check->root_count, 2);
    assert_int_equal(check->differ[0].cell, at(&r, "C1"));
    assert_true(check->differ[0].root);
    assert_int_equal(check->differ[2].cell, at(&r, "D1"));
    assert_false(check->differ[2].root);
    assert_int_equal(check->downstream_compared, 1);
    assert_int_equal(check->downstream_agree, 1);
    assert_non_null(strstr(check->header, "not saved by Excel"));
    assert_string_equal(pe_evaluator_pinned(r.evaluator, at(&r, "A2")), "random");
    pe_check_free(check);
    drop(&r);
}

/* ---- lanes
 * -------------------------------------------------------------------------------------------- */

static bool read_values(void *context, uint32_t cell, pe_value *v)
{
    const pe_value *values = context;
    if (pe_is(values[cell], PE_KIND_UNRESOLVED)) return false;
    *v = values[cell];
    return true;
}

typedef struct lane_test {
    built r;
    pe_lane *lane;
    uint64_t varying[64];
    pe_value values[256];
} lane_test;

static void lane_open(lane_test *t, pe_workbook_builder *b)
{
    memset(t, 0, sizeof *t);
    run(&t->r, b);
    assert_true(t->r.workbook->cell_count <= PE_COUNT(t->values));
    for (size_t i = 0; i < PE_COUNT(t->values); i++) t->values[i] = pe_unresolved();
    assert_int_equal(pe_lane_new(t->r.evaluator, &t->lane, NULL), PE_OK);
}

static void lane_close(lane_test *t)
{
    pe_lane_free(t->lane);
    drop(&t->r);
}

static void lane_set(lane_test *t, const char *address, pe_value v)
{
    uint32_t cell = at(&t->r, address);
    pe_bit_set(t->varying, cell);
    t->values[cell] = v;
}

static pe_status lane_run(lane_test *t, pe_unit unit, uint64_t trial, pe_value *outputs,
                          uint32_t *missing)
{
    pe_lane_source source = {t->varying, t->values, read_values};
    return pe_lane_evaluate(t->lane, &unit, &source, trial, outputs, missing);
}

static pe_unit whole(const lane_test *t, const char *address)
{
    uint32_t cell = at(&t->r, address);
    return (pe_unit){PE_UNIT_NODE, cell, pe_graph_formula(t->r.graph, cell)->root, 0, 1, 0};
}

static void lanes_see_varying_cells(void **state)
{
    lane_test t;
    pe_value out[4];
    uint32_t missing = 0;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    value(b, "A1", 1);
    value(b, "A2", 5);
    formula(b, "B1", "=A1*10+A2");
    formula(b, "C1", "=INDEX(A1:A2,A1)");
    formula(b, "D1", "=\"t\"&A1");
    pe_builder_array(b, 0, "E1:E2", "=A1*{1;2}", PE_FORMULA_ARRAY);
    lane_open(&t, b);
    assert_int_equal(lane_run(&t, whole(&t, "B1"), 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[0]), number(&t.r, "B1")); /* nothing varies: the base value */
    lane_set(&t, "A1", pe_number(2));
    assert_int_equal(lane_run(&t, whole(&t, "B1"), 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[0]), 25);
    assert_int_equal(lane_run(&t, whole(&t, "C1"), 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[0]), 5);
    assert_int_equal(lane_run(&t, whole(&t, "D1"), 0, out, &missing), PE_OK);
    assert_string_equal(pe_as_text(out[0])->bytes, "t2");
    pe_unit array = {PE_UNIT_ARRAY, at(&t.r, "E1"), NULL, 0, 2, 0};
    assert_int_equal(lane_run(&t, array, 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[1]), 4);
    lane_set(&t, "A2", pe_unresolved());
    assert_int_equal(lane_run(&t, whole(&t, "C1"), 0, out, &missing), PE_E_NOT_FOUND);
    assert_int_equal(missing, at(&t.r, "A2"));
    lane_close(&t);
}

static void lanes_solve_components(void **state)
{
    lane_test t;
    pe_value out[4];
    uint32_t missing;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    value(b, "A1", 1);
    formula(b, "B1", "=IF(A1=1,5,C1+1)");
    formula(b, "C1", "=IF(A1=1,B1+1,7)");
    formula(b, "D1", "=IF(A1=3,E1,1)");
    formula(b, "E1", "=D1");
    lane_open(&t, b);
    pe_unit unit = {PE_UNIT_COMPONENT,
                    at(&t.r, "B1"),
                    NULL,
                    pe_graph_component(t.r.graph, at(&t.r, "B1")),
                    2,
                    0};
    lane_set(&t, "A1", pe_number(1));
    assert_int_equal(lane_run(&t, unit, 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[1]), 6);
    lane_set(&t, "A1", pe_number(2));
    assert_int_equal(lane_run(&t, unit, 0, out, &missing), PE_OK);
    assert_near(pe_as_number(out[0]), 8);
    pe_unit cycle = {PE_UNIT_COMPONENT,
                     at(&t.r, "D1"),
                     NULL,
                     pe_graph_component(t.r.graph, at(&t.r, "D1")),
                     2,
                     0};
    lane_set(&t, "A1", pe_number(3));
    assert_int_equal(lane_run(&t, cycle, 0, out, &missing), PE_E_CYCLE);
    assert_near(pe_as_number(out[0]), 0);
    lane_close(&t);
}

static void draws_follow_their_streams(void **state)
{
    lane_test t;
    pe_value a, c, again;
    uint32_t missing, site;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=RAND()");
    formula(b, "B1", "=RAND()+0*RAND()");
    formula(b, "C1", "=RANDBETWEEN(3,5)");
    formula(b, "D1", "=SUM(MAP({1,2},LAMBDA(v,RAND())))");
    formula(b, "E1", "=RiskNormal(10,2)");
    lane_open(&t, b);
    for (const char *s = "ABCDE"; *s; s++) pe_bit_set(t.varying, at(&t.r, (char[]){*s, '1', 0}));
    assert_int_equal(lane_run(&t, whole(&t, "A1"), 7, &a, &missing), PE_OK);
    assert_int_equal(lane_run(&t, whole(&t, "A1"), 8, &c, &missing), PE_OK);
    assert_int_equal(lane_run(&t, whole(&t, "A1"), 7, &again, &missing), PE_OK);
    assert_true(a.bits == again.bits && a.bits != c.bits);
    site = pe_graph_formula(t.r.graph, at(&t.r, "A1"))->root->draw_site;
    uint64_t stream = pe_stream_of(t.r.graph, at(&t.r, "A1"), &site, 1, 0, 0);
    assert_true(pe_as_number(a) == pe_sampler_uniform(&t.r.sampler, stream, 0, 7));
    assert_int_equal(lane_run(&t, whole(&t, "B1"), 7, &c, &missing), PE_OK);
    assert_true(a.bits != c.bits);
    for (uint64_t trial = 0; trial < 50; trial++) {
        assert_int_equal(lane_run(&t, whole(&t, "C1"), trial, &c, &missing), PE_OK);
        double x = pe_as_number(c);
        assert_true(x == 3 || x == 4 || x == 5);
    }
    assert_int_equal(lane_run(&t, whole(&t, "D1"), 7, &c, &missing), PE_OK);
    assert_true(pe_as_number(c) > 0 && pe_as_number(c) < 2);
    assert_int_equal(lane_run(&t, whole(&t, "E1"), 7, &c, &missing), PE_OK);
    assert_true(pe_as_number(c) != 10);
    assert_near(number(&t.r, "E1"), 10); /* base case: the mean */
    lane_close(&t);
}

static void each_row_of_a_table_draws_anew(void **state)
{
    lane_test t;
    pe_value out[3];
    uint32_t missing;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_formula(b, pe_builder_sheet(b, "Sheet1"), "A1", "=RAND()", pe_number(0.5));
    formula(b, "B1", "=A1*10");
    formula(b, "D1", "=B1");
    value(b, "C2", 1);
    value(b, "C3", 2);
    value(b, "C4", 3);
    pe_builder_table(b, 0, "D2:D4", NULL, "F9");
    lane_open(&t, b);
    assert_near(number(&t.r, "D3"), 5); /* base case: the stored draw */
    lane_set(&t, "A1", pe_number(0.1));
    lane_set(&t, "B1", pe_number(1));
    pe_unit unit = {PE_UNIT_TABLE, at(&t.r, "D2"), NULL, 0, 3, 0};
    assert_int_equal(lane_run(&t, unit, 4, out, &missing), PE_OK);
    assert_true(out[0].bits != out[1].bits && out[1].bits != out[2].bits);
    for (int i = 0; i < 3; i++) assert_true(pe_as_number(out[i]) > 0 && pe_as_number(out[i]) < 10);
    lane_close(&t);
}

static void settings_draw_in_lanes_and_rest_in_the_base_case(void **state)
{
    built r;
    pe_lane *lane;
    pe_value v;
    uint32_t missing;
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    value(b, "A1", 3);
    formula(b, "B1", "=A1*2");
    pe_override setting = {0, "RiskUniform(10,20)", 18};
    open_with(&r, b, &setting, 1);
    assert_int_equal(pe_evaluator_run(r.evaluator, PE_EVALUATE_BASE, NULL, NULL, NULL), PE_OK);
    assert_near(number(&r, "B1"), 6);
    assert_int_equal(pe_lane_new(r.evaluator, &lane, NULL), PE_OK);
    uint64_t varying = 3;
    pe_value none[2] = {pe_unresolved(), pe_unresolved()};
    pe_lane_source source = {&varying, none, read_values};
    pe_unit unit = {PE_UNIT_NODE, 0, pe_graph_formula(r.graph, 0)->root, 0, 1, 0};
    assert_int_equal(pe_lane_evaluate(lane, &unit, &source, 0, &v, &missing), PE_OK);
    assert_true(pe_as_number(v) > 10 && pe_as_number(v) < 20);
    pe_lane_free(lane);
    drop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_give_what_excel_gives),
        cmocka_unit_test(shared_partial_results_change_no_bit),
        cmocka_unit_test(a_branch_not_taken_closes_no_cycle),
        cmocka_unit_test(true_cycles_show_zero_and_are_listed),
        cmocka_unit_test(deep_chains_need_no_stack),
        cmocka_unit_test(found_precedents_are_reported),
        cmocka_unit_test(iterating_workbooks_sweep_from_the_stored_values),
        cmocka_unit_test(array_blocks_fill_their_cells),
        cmocka_unit_test(names_are_relative_to_their_user),
        cmocka_unit_test(data_tables_re_evaluate_the_model),
        cmocka_unit_test(a_tables_input_may_be_an_empty_cell),
        cmocka_unit_test(the_check_tells_roots_from_consequences),
        cmocka_unit_test(lanes_see_varying_cells),
        cmocka_unit_test(lanes_solve_components),
        cmocka_unit_test(draws_follow_their_streams),
        cmocka_unit_test(each_row_of_a_table_draws_anew),
        cmocka_unit_test(settings_draw_in_lanes_and_rest_in_the_base_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
