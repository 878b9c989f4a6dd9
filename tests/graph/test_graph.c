/* test_graph.c: dependencies, order, components, slices of workbooks built in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "graph.h"

typedef struct built {
    pe_workbook *workbook;
    pe_graph *graph;
} built;

static built build(pe_workbook_builder *b)
{
    built r = {0};
    pe_diag diag = {0};
    assert_int_equal(pe_builder_finish(b, &r.workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(r.workbook, NULL, 0, NULL, NULL, &r.graph, &diag), PE_OK);
    return r;
}

static void drop(built *r)
{
    pe_graph_free(r->graph);
    pe_workbook_free(r->workbook);
}

static uint32_t at(const built *r, const char *address)
{
    pe_cell_ref ref = {0, 0, 0};
    assert_true(pe_cell_parse(address, strlen(address), &ref.row, &ref.column) > 0);
    uint32_t cell = pe_graph_cell(r->graph, ref);
    assert_int_equal(cell, pe_workbook_cell(r->workbook, ref));
    return cell;
}

static void formula(pe_workbook_builder *b, const char *address, const char *text)
{
    pe_builder_formula(b, pe_builder_sheet(b, "Sheet1"), address, text, pe_blank());
}

static uint32_t place(const built *r, const char *address)
{
    uint32_t count;
    const uint32_t *order = pe_graph_order(r->graph, &count);
    for (uint32_t i = 0; i < count; i++)
        if (order[i] == at(r, address)) return i;
    return UINT32_MAX;
}

/* ---- order
 * -------------------------------------------------------------------------------------------- */

static void precedents_come_first(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=B2+C1");
    formula(b, "B2", "=SUM(C1:C100)");
    pe_builder_value(b, 0, "C1", pe_number(1));
    formula(b, "C50", "=D1*2");
    formula(b, "D1", "=1+1");
    pe_builder_name(b, "Rate", "Sheet1!$E$9");
    formula(b, "A3", "=Rate*2");
    formula(b, "E9", "=A1");
    built r = build(b);
    uint32_t count;
    pe_graph_order(r.graph, &count);
    assert_int_equal(count, 6);
    assert_true(place(&r, "D1") < place(&r, "C50"));
    assert_true(place(&r, "C50") < place(&r, "B2"));
    assert_true(place(&r, "B2") < place(&r, "A1"));
    assert_true(place(&r, "A1") < place(&r, "E9"));
    assert_true(place(&r, "E9") < place(&r, "A3"));
    assert_int_equal(pe_graph_component_count(r.graph), 0);
    drop(&r);
}

static void equal_formulas_share_a_shape(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "B1", "=A1*2");
    formula(b, "B2", "=A2*2");
    formula(b, "B3", "=A2*2");
    built r = build(b);
    assert_int_equal(pe_graph_shape(r.graph, at(&r, "B1")), pe_graph_shape(r.graph, at(&r, "B2")));
    assert_int_not_equal(pe_graph_shape(r.graph, at(&r, "B1")),
                         pe_graph_shape(r.graph, at(&r, "B3")));
    drop(&r);
}

static void syntax_errors_are_listed(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=1+");
    formula(b, "A2", "=1+1");
    built r = build(b);
    uint32_t count;
    const pe_formula_error *errors = pe_graph_errors(r.graph, &count);
    assert_int_equal(count, 1);
    assert_int_equal(errors[0].cell, at(&r, "A1"));
    assert_true(strlen(errors[0].what) > 0);
    assert_null(pe_graph_formula(r.graph, at(&r, "A1")));
    drop(&r);
}

/* Running totals: each sums all rows above; linear in their number, and in either direction. */
static void running_ranges_are_quick(void **state)
{
    enum { ROWS = 20000 };
    char address[32], text[64];
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    for (unsigned i = 1; i <= ROWS; i++) {
        snprintf(address, sizeof address, "A%u", i);
        snprintf(text, sizeof text, "=B%u+1", i + 1);
        formula(b, address, text);
        snprintf(address, sizeof address, "C%u", i);
        snprintf(text, sizeof text, i % 2 ? "=SUM(A$1:A%u)" : "=SUM(A%u:A$20000)", i);
        formula(b, address, text);
        snprintf(address, sizeof address, "D%u", i);
        snprintf(text, sizeof text, "=SUM(D%u:D$20002)", i + 1);
        formula(b, address, text);
    }
    double start = pe_clock_seconds();
    built r = build(b);
    assert_true(pe_clock_seconds() - start < 10);
    uint32_t count;
    pe_graph_order(r.graph, &count);
    assert_int_equal(count, 3 * ROWS);
    assert_int_equal(pe_graph_component_count(r.graph), 0);
    assert_true(place(&r, "A20000") < place(&r, "C1999"));
    assert_true(place(&r, "D20000") < place(&r, "D1"));
    uint64_t *bits = calloc(r.workbook->cell_count / 64 + 1, sizeof *bits);
    pe_bit_set(bits, at(&r, "A500"));
    assert_int_equal(pe_graph_mark_dependents(r.graph, bits), PE_OK);
    assert_false(pe_bit(bits, at(&r, "C499")));
    assert_true(pe_bit(bits, at(&r, "C501")));
    assert_true(pe_bit(bits, at(&r, "C500")));
    assert_true(pe_bit(bits, at(&r, "C20")));
    assert_false(pe_bit(bits, at(&r, "C502")));
    free(bits);
    drop(&r);
}

static void deep_chains_need_no_stack(void **state)
{
    enum { ROWS = 200000 };
    char address[32], text[64];
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    for (unsigned i = 1; i < ROWS; i++) {
        snprintf(address, sizeof address, "A%u", i);
        snprintf(text, sizeof text, "=A%u+1", i + 1);
        formula(b, address, text);
    }
    built r = build(b);
    assert_int_equal(place(&r, "A199999"), 0);
    assert_int_equal(place(&r, "A1"), ROWS - 2);
    drop(&r);
}

/* ---- cycles
 * ------------------------------------------------------------------------------------------- */

static void cycles_have_a_path(void **state)
{
    char text[400];
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=B1+1");
    formula(b, "B1", "=SUM(C1:C3)");
    formula(b, "C2", "=A1");
    formula(b, "D1", "=A1*2");
    formula(b, "E5", "=SUM(E1:E5)");
    built r = build(b);
    assert_int_equal(pe_graph_component_count(r.graph), 2);
    uint32_t component = pe_graph_component(r.graph, at(&r, "A1")), count;
    assert_true(component > 0);
    assert_int_equal(pe_graph_component(r.graph, at(&r, "C2")), component);
    assert_int_equal(pe_graph_component(r.graph, at(&r, "D1")), 0);
    assert_true(pe_graph_component(r.graph, at(&r, "E5")) > 0);
    const uint32_t *cells = pe_graph_component_cells(r.graph, component, &count);
    assert_int_equal(count, 3);
    assert_int_equal(cells[0], at(&r, "A1"));
    assert_int_equal(cells[1], at(&r, "B1"));
    assert_int_equal(cells[2], at(&r, "C2"));
    pe_graph_cycle_text(r.graph, component, text, sizeof text);
    assert_string_equal(text, "Sheet1!A1 -> Sheet1!B1 -> Sheet1!C2 -> Sheet1!A1");
    drop(&r);
}

static void asking_for_a_place_is_no_dependency(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=ROW(A1)+ROWS(A$1:A1)+COLUMN(A1)");
    formula(b, "B1", "=OFFSET(B1,1,0)");
    pe_builder_value(b, 0, "B2", pe_number(4));
    built r = build(b);
    assert_int_equal(pe_graph_component_count(r.graph), 0);
    drop(&r);
}

/* ---- slices
 * ------------------------------------------------------------------------------------------- */

static void slices_follow_names_ranges_and_blocks(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "Sheet1");
    pe_builder_value(b, s, "A1", pe_number(1));
    pe_builder_value(b, s, "A2", pe_number(2));
    pe_builder_name(b, "Two", "Sheet1!$A$2");
    formula(b, "B1", "=A1");
    formula(b, "B2", "=Two");
    pe_builder_array(b, s, "C1:C2", "=B1:B2*2", PE_FORMULA_ARRAY);
    formula(b, "D1", "=SUM(C2:C9)");
    formula(b, "E1", "=5");
    built r = build(b);
    uint64_t *bits = calloc(r.workbook->cell_count / 64 + 1, sizeof *bits);
    pe_bit_set(bits, at(&r, "A2"));
    assert_int_equal(pe_graph_mark_dependents(r.graph, bits), PE_OK);
    assert_true(pe_bit(bits, at(&r, "B2")));
    assert_false(pe_bit(bits, at(&r, "B1")));
    assert_true(pe_bit(bits, at(&r, "C1")) && pe_bit(bits, at(&r, "C2")));
    assert_true(pe_bit(bits, at(&r, "D1")));
    assert_false(pe_bit(bits, at(&r, "E1")));
    memset(bits, 0, (r.workbook->cell_count / 64 + 1) * sizeof *bits);
    pe_bit_set(bits, at(&r, "D1"));
    assert_int_equal(pe_graph_mark_precedents(r.graph, bits), PE_OK);
    assert_true(pe_bit(bits, at(&r, "C1")) && pe_bit(bits, at(&r, "B1")) &&
                pe_bit(bits, at(&r, "B2")));
    assert_false(pe_bit(bits, at(&r, "E1")) || pe_bit(bits, at(&r, "A1")));
    assert_int_equal(pe_graph_master(r.graph, at(&r, "C2")), at(&r, "C1"));
    free(bits);
    drop(&r);
}

static void found_dependencies_join_the_slice(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    formula(b, "A1", "=B1+0");
    pe_builder_value(b, 0, "B1", pe_number(1));
    formula(b, "C1", "=OFFSET(D1,0,-3)");
    formula(b, "E1", "=C1");
    built r = build(b);
    uint64_t bits = 0;
    pe_bit_set(&bits, at(&r, "B1"));
    assert_int_equal(pe_graph_add_dependency(r.graph, at(&r, "C1"), at(&r, "A1")), PE_OK);
    assert_int_equal(pe_graph_mark_dependents(r.graph, &bits), PE_OK);
    assert_true(pe_bit(&bits, at(&r, "C1")) && pe_bit(&bits, at(&r, "E1")));
    bits = 0;
    pe_bit_set(&bits, at(&r, "E1"));
    assert_int_equal(pe_graph_mark_precedents(r.graph, &bits), PE_OK);
    assert_true(pe_bit(&bits, at(&r, "A1")));
    drop(&r);
}

static void settings_become_formulas(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_value(b, pe_builder_sheet(b, "Sheet1"), "A1", pe_number(1));
    formula(b, "B1", "=A1");
    pe_workbook *w;
    pe_graph *g;
    pe_diag diag = {0};
    assert_int_equal(pe_builder_finish(b, &w, &diag), PE_OK);
    pe_override good = {0, "RiskNormal(10,2)", 16}, bad = {0, "RiskNormal(", 11};
    assert_int_equal(pe_graph_build(w, &good, 1, NULL, NULL, &g, &diag), PE_OK);
    assert_true(pe_graph_overridden(g, 0));
    assert_non_null(pe_graph_formula(g, 0));
    assert_true(pe_graph_flags(g, 0) & PE_FORMULA_HAS_RISK);
    pe_graph_free(g);
    assert_int_equal(pe_graph_build(w, &bad, 1, NULL, NULL, &g, &diag), PE_E_SYNTAX);
    assert_string_equal(diag.where, "Sheet1!A1");
    pe_workbook_free(w);
}

/* SUMIF's and AVERAGEIF's values have the criterion's size, and LOOKUP's results go on. */
static void ranges_that_grow(void **state)
{
    PE_UNUSED(state);
    static const struct {
        const char *formula, *reads, *not_read;
    } rows[] = {
        {"=SUMIF(A1:A9,1,B1:B2)", "B9", "B10"},        {"=SUMIF(A1:B9,1,C5)", "D13", "D14"},
        {"=AVERAGEIF(A1:A9,1,$B$1)", "B7", "C1"},      {"=SUMIF(A1:A9,1,B1:C9)", "C9", "D9"},
        {"=LOOKUP(1,A1:A9,C1:C2)", "C9", "C10"},       {"=LOOKUP(1,A1:A9,C1:D1)", "H1", "C9"},
        {"=LOOKUP(1,A1:F1,C5)", "H5", "C6"},           {"=LOOKUP(1,A1:A9,C5)", "C13", "D5"},
        {"=SUMIF(A1:A9,1,Rate)", "E17", "E18"},        {"=SUMIF(A1:A2,1,B1:B9)", "B9", "B10"},
        {"=2*IF(A1,SUMIF(A1:A3,1,B4),1)", "B6", "B7"},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_workbook_builder *b = pe_builder_new();
        formula(b, "Z1", rows[i].formula);
        formula(b, rows[i].reads, "=1+1");
        formula(b, rows[i].not_read, "=1+1");
        pe_builder_name(b, "Rate", "Sheet1!$E$9");
        built r = build(b);
        for (int reads = 0; reads < 2; reads++) {
            uint64_t bits[2] = {0};
            pe_bit_set(bits, at(&r, reads ? rows[i].reads : rows[i].not_read));
            assert_int_equal(pe_graph_mark_dependents(r.graph, bits), PE_OK);
            if (pe_bit(bits, at(&r, "Z1")) != (reads != 0))
                fail_msg("%s: %s", rows[i].formula, reads ? rows[i].reads : rows[i].not_read);
        }
        drop(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedents_come_first),
        cmocka_unit_test(equal_formulas_share_a_shape),
        cmocka_unit_test(syntax_errors_are_listed),
        cmocka_unit_test(running_ranges_are_quick),
        cmocka_unit_test(deep_chains_need_no_stack),
        cmocka_unit_test(cycles_have_a_path),
        cmocka_unit_test(asking_for_a_place_is_no_dependency),
        cmocka_unit_test(slices_follow_names_ranges_and_blocks),
        cmocka_unit_test(found_dependencies_join_the_slice),
        cmocka_unit_test(settings_become_formulas),
        cmocka_unit_test(ranges_that_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
