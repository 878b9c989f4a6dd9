/* test_workbook_builder.c: workbooks built in memory, and the questions a workbook answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "workbook.h"

static pe_workbook *finish(pe_workbook_builder *b)
{
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_builder_finish(b, &w, &diag), PE_OK);
    assert_non_null(w);
    return w;
}

static const pe_cell *cell(const pe_workbook *w, uint32_t sheet, uint32_t row, uint32_t column)
{
    uint32_t id = pe_workbook_cell(w, (pe_cell_ref){sheet, row, column});
    return id != PE_NO_CELL ? &w->cells[id] : NULL;
}

static void cells_are_sorted_and_later_ones_win(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t second = pe_builder_sheet(b, "A"), first = pe_builder_sheet(b, "B");
    assert_int_equal(pe_builder_sheet(b, "a"), second);
    pe_builder_value(b, first, "C3", pe_number(3));
    pe_builder_value(b, second, "B2", pe_number(1));
    pe_builder_text(b, second, "A10", "ten");
    pe_builder_formula(b, second, "B2", "=A1+1", pe_number(7));
    pe_builder_format(b, second, "B2", "0.00%");
    pe_builder_value(b, second, "$A$1", pe_boolean(true));
    pe_workbook *w = finish(b);
    assert_int_equal(w->cell_count, 4);
    assert_int_equal(w->sheets[0].cell_end, 3);
    const pe_cell *c = cell(w, 0, 1, 1);
    assert_true(pe_as_number(c->stored) == 7.0);
    assert_string_equal(w->formulas[c->formula].text, "A1+1");
    assert_int_equal(w->formulas[c->formula].home_row, 1);
    assert_string_equal(w->formats[c->format], "0.00%");
    assert_string_equal(pe_as_text(cell(w, 0, 9, 0)->stored)->bytes, "ten");
    assert_null(cell(w, 0, 5, 5));
    assert_null(cell(w, 7, 0, 0));
    assert_int_equal(w->sheets[0].row_count, 3);
    assert_int_equal(w->sheets[0].used.row_last, 9);
    assert_int_equal(w->sheets[0].used.column_last, 1);
    assert_int_equal(pe_workbook_ref(w, 3).sheet, 1);
    assert_int_equal(pe_workbook_ref(w, 3).row, 2);
    assert_int_equal(pe_workbook_sheet(w, "b", 1), 1);
    assert_int_equal(pe_workbook_sheet(w, "x", 1), PE_NO_CELL);
    pe_workbook_free(w);
}

static void blocks_have_all_their_cells(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "S");
    pe_builder_value(b, s, "B1", pe_number(5));
    pe_builder_array(b, s, "A1:B2", "=X1:Y2*2", PE_FORMULA_ARRAY);
    pe_builder_value(b, s, "A1", pe_number(4));
    pe_builder_table(b, s, "D1:D3", NULL, "F1");
    pe_builder_table(b, s, "E1", "F1", "G1");
    pe_workbook *w = finish(b);
    assert_int_equal(w->cell_count, 8);
    assert_int_equal(w->formulas[cell(w, 0, 0, 0)->formula].kind, PE_FORMULA_ARRAY);
    assert_int_equal(w->formulas[0].area.column_last, 1);
    assert_true(pe_as_number(cell(w, 0, 0, 0)->stored) == 4.0);
    assert_true(pe_as_number(cell(w, 0, 0, 1)->stored) == 5.0);
    assert_int_equal(cell(w, 0, 0, 1)->formula, PE_NO_FORMULA);
    assert_false(cell(w, 0, 1, 1)->has_stored);
    for (uint32_t row = 0; row < 3; row++) assert_int_equal(cell(w, 0, row, 3)->formula, 1);
    assert_int_equal(w->formulas[1].input1.column, 5);
    assert_false(w->formulas[1].row_input);
    assert_true(w->formulas[2].two_inputs);
    assert_int_equal(w->formulas[2].input2.column, 6);
    pe_workbook_free(w);
}

static void rows_are_found(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "S");
    const char *at[] = {"B3", "C3", "F3", "A9", "B9", "Z100"};
    for (size_t i = 0; i < PE_COUNT(at); i++) pe_builder_value(b, s, at[i], pe_number((double)i));
    pe_workbook *w = finish(b);
    static const struct {
        uint32_t row, first, last, from, end;
    } rows[] = {
        {2, 0, 16383, 0, 3}, {2, 2, 4, 1, 2}, {2, 3, 4, 2, 2},
        {8, 0, 0, 3, 4},     {3, 0, 9, 0, 0}, {99, 25, 25, 5, 6},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        uint32_t first, end;
        pe_workbook_row(w, 0, rows[i].row, rows[i].first, rows[i].last, &first, &end);
        assert_int_equal(end - first, rows[i].end - rows[i].from);
        if (end > first) assert_int_equal(first, rows[i].from);
    }
    assert_int_equal(pe_workbook_row_lower(&w->sheets[0], 0), 0);
    assert_int_equal(pe_workbook_row_lower(&w->sheets[0], 3), 1);
    assert_int_equal(pe_workbook_row_lower(&w->sheets[0], 99), 2);
    assert_int_equal(pe_workbook_row_lower(&w->sheets[0], 100), 3);
    pe_workbook_free(w);
}

static void addresses_are_quoted_where_needed(void **state)
{
    PE_UNUSED(state);
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"Sheet1x", "Sheet1x!B7"}, {"My Sheet", "'My Sheet'!B7"}, {"It's", "'It''s'!B7"},
        {"2024", "'2024'!B7"},     {"AB12", "'AB12'!B7"},         {"R1C1", "'R1C1'!B7"},
        {"_x.y", "_x.y!B7"},       {"Übersicht", "Übersicht!B7"}, {"true", "'true'!B7"},
        {"A-B", "'A-B'!B7"},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_sheet(b, rows[i].name);
        pe_workbook *w = finish(b);
        char out[64], cut[4];
        size_t length = pe_workbook_cell_text(w, (pe_cell_ref){0, 6, 1}, out, sizeof out);
        assert_string_equal(out, rows[i].text);
        assert_int_equal(length, strlen(rows[i].text));
        pe_workbook_cell_text(w, (pe_cell_ref){0, 6, 1}, cut, sizeof cut);
        assert_int_equal(strlen(cut), 3);
        pe_workbook_free(w);
    }
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "One");
    pe_builder_sheet(b, "Two 2");
    pe_workbook *w = finish(b);
    char out[64];
    pe_workbook_area_text(w, &(pe_area){0, 1, 0, 1, 0, 2}, out, sizeof out);
    assert_string_equal(out, "'One:Two 2'!A1:C2");
    pe_workbook_area_text(w, &(pe_area){0, 0, 0, 0, 0, 0}, out, sizeof out);
    assert_string_equal(out, "One!A1");
    pe_workbook_free(w);
}

static void long_addresses_are_cut_at_whole_characters(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_value(b, pe_builder_sheet(b, "a \xC3\xA9\xE2\x82\xAC"), "A1", pe_number(1));
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_builder_finish(b, &w, &diag), PE_OK);
    static const char *const cut[] = {
        "", "", "'", "'a", "'a ", "'a ", "'a \xC3\xA9", "'a \xC3\xA9", "'a \xC3\xA9"};
    for (size_t size = 1; size < PE_COUNT(cut); size++) {
        char text[16];
        memset(text, '#', sizeof text);
        size_t n = pe_workbook_cell_text(w, (pe_cell_ref){0, 0, 0}, text, size);
        assert_string_equal(text, cut[size]);
        assert_int_equal(n, strlen(cut[size]));
        assert_int_equal(text[size], '#');
    }
    pe_workbook_free(w);
}

static void names_tables_and_hidden_rows(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "S");
    pe_builder_name(b, "rate", "=S!$A$1");
    pe_builder_name(b, "S!local", "1+1");
    pe_builder_text(b, s, "A1", "Key");
    pe_builder_text(b, s, "B1", "Value");
    pe_builder_list(b, s, "Table1", "A1:B4", 0);
    pe_builder_hide_rows(b, s, 5, 6);
    pe_builder_hide_rows(b, s, 2, 2);
    pe_builder_filter(b, s, "A1:B4");
    pe_workbook *w = finish(b);
    assert_int_equal(w->name_count, 2);
    assert_string_equal(w->names[0].text, "S!$A$1");
    assert_int_equal(w->names[0].sheet, PE_SCOPE_WORKBOOK);
    assert_int_equal(w->names[1].sheet, 0);
    assert_int_equal(w->tables[0].column_count, 2);
    assert_string_equal(w->tables[0].columns[1], "Value");
    bool filtered;
    assert_true(pe_workbook_row_hidden(w, 0, 2, &filtered));
    assert_true(filtered);
    assert_false(pe_workbook_row_hidden(w, 0, 3, &filtered));
    pe_workbook_free(w);
}

/* A hidden row outside the filter's area: Excel takes it for filtered, Calc does not. */
static void filters_reach_as_far_as_the_rules_say(void **state)
{
    PE_UNUSED(state);
    for (pe_semantics rules = PE_SEMANTICS_EXCEL; rules <= PE_SEMANTICS_CALC; rules++) {
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "S");
        bool filtered;
        assert_int_equal(pe_builder_configure(b, &(pe_builder_settings){.semantics = rules}, NULL),
                         PE_OK);
        pe_builder_hide_rows(b, s, 2, 6);
        pe_builder_filter(b, s, "A1:B4");
        pe_workbook *w = finish(b);
        assert_true(pe_workbook_row_hidden(w, 0, 3, &filtered) && filtered);
        assert_true(pe_workbook_row_hidden(w, 0, 6, &filtered));
        assert_int_equal(filtered, rules == PE_SEMANTICS_EXCEL);
        pe_workbook_free(w);
    }
}

static void the_first_failure_is_reported(void **state)
{
    PE_UNUSED(state);
    static const char *const bad[] = {"", "7", "A0", "XFE1", "A1048577", "A1:B", "A1:B2", "A1 "};
    for (size_t i = 0; i < PE_COUNT(bad); i++) {
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "S");
        pe_builder_value(b, s, bad[i], pe_number(1));
        pe_builder_value(b, s, "A1", pe_number(1));
        pe_workbook *w = NULL;
        pe_diag diag = {0};
        assert_int_equal(pe_builder_finish(b, &w, &diag), PE_E_ARGUMENT);
        assert_null(w);
        assert_string_equal(diag.where, bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_sorted_and_later_ones_win),
        cmocka_unit_test(blocks_have_all_their_cells),
        cmocka_unit_test(rows_are_found),
        cmocka_unit_test(addresses_are_quoted_where_needed),
        cmocka_unit_test(long_addresses_are_cut_at_whole_characters),
        cmocka_unit_test(names_tables_and_hidden_rows),
        cmocka_unit_test(filters_reach_as_far_as_the_rules_say),
        cmocka_unit_test(the_first_failure_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
