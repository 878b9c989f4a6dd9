/* test_workbook_live.c: the builder in bulk: rectangles, updates, blocks, formats, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "workbook.h"

static pe_workbook *build(const pe_workbook_builder *b)
{
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    if (pe_builder_build(b, &w, &diag) != PE_OK) fail_msg("%s: %s", diag.where, diag.what);
    return w;
}

static const pe_cell *cell(const pe_workbook *w, uint32_t sheet, uint32_t row, uint32_t column)
{
    uint32_t id = pe_workbook_cell(w, (pe_cell_ref){sheet, row, column});
    return id != PE_NO_CELL ? &w->cells[id] : NULL;
}

static pe_builder_cell number(double x)
{
    return (pe_builder_cell){.value = pe_number(x)};
}

static pe_builder_cell formula(const char *text, double x)
{
    return (pe_builder_cell){pe_number(x), text, (uint32_t)strlen(text)};
}

static pe_builder_cell nothing(void)
{
    return (pe_builder_cell){.value = pe_blank()};
}

static void put(pe_workbook_builder *b, uint32_t row, uint32_t column, pe_builder_cell c)
{
    assert_int_equal(pe_builder_cells(b, 0, row, column, 1, 1, &c, NULL), PE_OK);
}

static void rectangles_and_updates(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    const pe_builder_cell cells[] = {number(1), nothing(),          formula("=A1*2", 2),
                                     number(4), formula("A1+1", 2), nothing()};
    assert_int_equal(pe_builder_cells(b, 0, 0, 0, 2, 3, cells, NULL), PE_OK);
    pe_workbook *first = build(b);
    assert_int_equal(first->cell_count, 4);
    assert_int_equal(first->formula_count, 2);
    assert_string_equal(first->formulas[0].text, "A1*2");
    assert_int_equal(first->formulas[1].home_row, 1);
    assert_int_equal(first->formulas[1].home_column, 1);
    assert_null(cell(first, 0, 0, 1));
    put(b, 0, 0, number(10));
    put(b, 0, 1, formula("=C9", 3));
    put(b, 0, 2, nothing());
    put(b, 1, 1, number(7));
    put(b, 5, 5, nothing());
    pe_workbook *second = build(b);
    assert_int_equal(second->cell_count, 4);
    assert_int_equal(second->formula_count, 1);
    assert_true(pe_as_number(cell(second, 0, 0, 0)->stored) == 10);
    assert_string_equal(second->formulas[cell(second, 0, 0, 1)->formula].text, "C9");
    assert_null(cell(second, 0, 0, 2));
    assert_int_equal(cell(second, 0, 1, 1)->formula, PE_NO_FORMULA);
    assert_int_equal(second->sheets[0].used.column_last, 1);
    pe_builder_free(b);
    assert_true(pe_as_number(cell(first, 0, 0, 0)->stored) == 1);
    assert_string_equal(first->formulas[0].text, "A1*2");
    pe_workbook_free(first);
    pe_workbook_free(second);
}

/* The same cells put in any order, with detours, are the same workbook. */
static void content_decides_the_hash(void **state)
{
    PE_UNUSED(state);
    pe_workbook *made[3];
    for (int way = 0; way < 3; way++) {
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_sheet(b, "S");
        for (uint32_t i = 0; i < 64; i++) {
            uint32_t at = way == 1 ? 63 - i : i;
            put(b, at % 8, at / 8, at % 3 != 0 ? number(at) : formula("=1+1", at));
            if (way == 1) put(b, 90, at, number(1));
        }
        for (uint32_t i = 0; way == 1 && i < 64; i++) put(b, 90, i, nothing());
        if (way == 2) put(b, 7, 7, number(63.5));
        made[way] = build(b);
        pe_builder_free(b);
    }
    assert_int_equal(made[0]->cell_count, 64);
    assert_int_equal(made[1]->cell_count, 64);
    assert_memory_equal(made[0]->sha256, made[1]->sha256, 32);
    assert_memory_not_equal(made[0]->sha256, made[2]->sha256, 32);
    for (int way = 0; way < 3; way++) pe_workbook_free(made[way]);
}

static void blocks_come_and_go(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    pe_area area = {0, 0, 0, 1, 0, 1};
    pe_cell_ref input = {0, 9, 9};
    put(b, 0, 1, number(5));
    assert_int_equal(pe_builder_block(b, 0, &area, PE_FORMULA_ARRAY, "=X1:Y2", NULL, NULL, NULL),
                     PE_OK);
    pe_area table = {0, 0, 4, 5, 0, 0};
    assert_int_equal(pe_builder_block(b, 0, &table, PE_FORMULA_TABLE, NULL, NULL, &input, NULL),
                     PE_OK);
    pe_workbook *w = build(b);
    assert_int_equal(w->cell_count, 6);
    assert_int_equal(w->formulas[cell(w, 0, 0, 0)->formula].kind, PE_FORMULA_ARRAY);
    assert_true(pe_as_number(cell(w, 0, 0, 1)->stored) == 5);
    assert_false(cell(w, 0, 1, 1)->has_stored);
    assert_int_equal(cell(w, 0, 4, 0)->formula, cell(w, 0, 5, 0)->formula);
    assert_int_equal(w->formulas[cell(w, 0, 5, 0)->formula].input1.row, 9);
    pe_workbook_free(w);
    put(b, 0, 1, number(6)); /* a member's stored value: the block stays */
    put(b, 4, 0, nothing()); /* the first cell: the data table is gone */
    w = build(b);
    assert_int_equal(w->cell_count, 4);
    assert_true(pe_as_number(cell(w, 0, 0, 1)->stored) == 6);
    pe_workbook_free(w);
    put(b, 0, 0, number(1));
    w = build(b);
    assert_int_equal(w->cell_count, 2);
    assert_int_equal(w->formula_count, 0);
    pe_workbook_free(w);
    area = (pe_area){0, 0, 0, 0, 0, 2}; /* given again, and again with another size */
    for (uint32_t last = 3; last >= 1; last--) {
        area.column_last = last;
        assert_int_equal(pe_builder_block(b, 0, &area, PE_FORMULA_DYNAMIC, "=S2", NULL, NULL, NULL),
                         PE_OK);
    }
    w = build(b);
    assert_int_equal(w->cell_count, 2);
    assert_int_equal(w->formula_count, 1);
    assert_int_equal(w->formulas[0].area.column_last, 1);
    pe_workbook_free(w);
    pe_builder_free(b);
}

static void formats_fill_no_cells(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    pe_builder_sheet(b, "T");
    pe_area whole = {0, 0, 0, PE_ROWS_MAX - 1, 0, PE_COLUMNS_MAX - 1};
    pe_area column = {0, 0, 0, PE_ROWS_MAX - 1, 1, 1}, one = {0, 0, 2, 2, 1, 1};
    assert_int_equal(pe_builder_format_area(b, 0, &whole, "0.0", NULL), PE_OK);
    assert_int_equal(pe_builder_format_area(b, 0, &column, "0%", NULL), PE_OK);
    assert_int_equal(pe_builder_format_area(b, 0, &one, "General", NULL), PE_OK);
    for (uint32_t row = 0; row < 4; row++)
        for (uint32_t column_at = 0; column_at < 3; column_at++) put(b, row, column_at, number(1));
    pe_builder_cell c = number(1);
    assert_int_equal(pe_builder_cells(b, 1, 0, 1, 1, 1, &c, NULL), PE_OK);
    pe_workbook *w = build(b);
    assert_int_equal(w->cell_count, 13);
    for (uint32_t row = 0; row < 4; row++)
        for (uint32_t column_at = 0; column_at < 3; column_at++)
            assert_string_equal(w->formats[cell(w, 0, row, column_at)->format],
                                column_at != 1 ? "0.0"
                                : row == 2     ? "General"
                                               : "0%");
    assert_string_equal(w->formats[cell(w, 1, 0, 1)->format], "General");
    pe_workbook_free(w);
    for (int i = 0; i < 100000; i++) { /* the same areas again: nothing grows */
        assert_int_equal(pe_builder_format_area(b, 0, &one, i % 2 ? "0.000" : "0.00", NULL), PE_OK);
        assert_int_equal(pe_builder_format_area(b, 0, &whole, "0.0", NULL), PE_OK);
    }
    assert_true(pe_builder_bytes(b) < 1000000);
    w = build(b);
    assert_string_equal(w->formats[cell(w, 0, 2, 1)->format], "0.0");
    pe_workbook_free(w);
    pe_builder_free(b);
}

static void sheets_names_tables_and_settings(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "It's 5!");
    const char *const columns[] = {"Key", "Value"};
    pe_area area = {0, 0, 3, 6, 0, 1};
    assert_int_equal(pe_builder_sheet_state(b, 0, PE_VERY_HIDDEN, NULL), PE_OK);
    assert_int_equal(pe_builder_name_text(b, "rate", "=1+1", 0, true, NULL), PE_OK);
    assert_int_equal(pe_builder_name_text(b, "rate", "2", PE_SCOPE_WORKBOOK, false, NULL), PE_OK);
    assert_int_equal(pe_builder_list_area(b, 0, "T", &area, 1, 1, columns, 2, NULL), PE_OK);
    assert_int_equal(pe_builder_rows(b, 0, 2, 6, true, NULL), PE_OK);
    assert_int_equal(pe_builder_rows(b, 0, 3, 4, false, NULL), PE_OK);
    assert_int_equal(pe_builder_filter_area(b, 0, &area, NULL), PE_OK);
    pe_builder_settings settings = {.dialect = PE_DIALECT_CALC,
                                    .semantics = PE_SEMANTICS_CALC,
                                    .calc = {.wildcards = true, .null_year = 1899},
                                    .date1904 = true,
                                    .iterate = true,
                                    .iterate_count = 7,
                                    .iterate_delta = 0.5,
                                    .application = "LibreOffice/7.4.7.2"};
    assert_int_equal(pe_builder_configure(b, &settings, NULL), PE_OK);
    pe_workbook *w = build(b);
    pe_builder_free(b);
    assert_int_equal(w->sheets[0].visibility, PE_VERY_HIDDEN);
    assert_int_equal(w->name_count, 2);
    assert_true(w->names[0].hidden);
    assert_string_equal(w->names[0].text, "1+1");
    assert_int_equal(w->names[0].sheet, 0);
    assert_int_equal(w->names[1].sheet, PE_SCOPE_WORKBOOK);
    assert_string_equal(w->tables[0].columns[1], "Value");
    assert_int_equal(w->tables[0].totals_rows, 1);
    bool filtered;
    assert_false(pe_workbook_row_hidden(w, 0, 4, &filtered));
    assert_true(pe_workbook_row_hidden(w, 0, 2, &filtered));
    assert_false(filtered);
    assert_true(pe_workbook_row_hidden(w, 0, 5, &filtered));
    assert_true(filtered);
    assert_int_equal(w->dialect, PE_DIALECT_CALC);
    assert_int_equal(w->semantics, PE_SEMANTICS_CALC);
    assert_true(w->calc.wildcards && w->date1904 && w->iterate);
    assert_int_equal(w->iterate_count, 7);
    assert_string_equal(w->application, "LibreOffice/7.4.7.2");
    assert_string_equal(w->app_version, "");
    pe_workbook_free(w);
}

/* Bad calls change nothing and leave the builder usable. */
static void bad_arguments(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    pe_builder_cell good[2] = {number(1), number(2)};
    static const struct {
        uint32_t sheet, row, column, rows, columns;
    } rows[] = {{1, 0, 0, 1, 1},
                {0, PE_ROWS_MAX, 0, 1, 1},
                {0, PE_ROWS_MAX - 1, 0, 2, 1},
                {0, 0, PE_COLUMNS_MAX - 1, 1, 2},
                {0, 0xFFFFFFFFu, 0, 2, 1},
                {0, 0, 0xFFFFFFFFu, 1, 2},
                {0, 0, 0, 0, 1}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_diag diag = {0};
        assert_int_equal(pe_builder_cells(b, rows[i].sheet, rows[i].row, rows[i].column,
                                          rows[i].rows, rows[i].columns, good, &diag),
                         PE_E_ARGUMENT);
        assert_true(diag.what[0] != '\0');
    }
    pe_builder_cell odd[2] = {number(1), {.value = pe_unresolved()}};
    assert_int_equal(pe_builder_cells(b, 0, 0, 0, 1, 2, odd, NULL), PE_E_ARGUMENT);
    odd[1].value = pe_number(1e308 * 10);
    assert_int_equal(pe_builder_cells(b, 0, 0, 0, 1, 2, odd, NULL), PE_E_ARGUMENT);
    pe_area off = {0, 0, 5, 4, 0, 0}, table = {0, 0, 1, 2, 1, 2};
    pe_cell_ref nowhere = {3, 0, 0};
    assert_int_equal(pe_builder_block(b, 0, &off, PE_FORMULA_ARRAY, "=1", NULL, NULL, NULL),
                     PE_E_ARGUMENT);
    assert_int_equal(pe_builder_block(b, 0, &table, PE_FORMULA_TABLE, NULL, NULL, NULL, NULL),
                     PE_E_ARGUMENT);
    assert_int_equal(pe_builder_block(b, 0, &table, PE_FORMULA_TABLE, NULL, &nowhere, NULL, NULL),
                     PE_E_ARGUMENT);
    assert_int_equal(pe_builder_block(b, 0, &table, PE_FORMULA_ARRAY, NULL, NULL, NULL, NULL),
                     PE_E_ARGUMENT);
    assert_int_equal(pe_builder_format_area(b, 2, &table, "0", NULL), PE_E_ARGUMENT);
    assert_int_equal(pe_builder_rows(b, 0, 3, PE_ROWS_MAX, true, NULL), PE_E_ARGUMENT);
    assert_int_equal(pe_builder_name_text(b, "n", "1", 4, false, NULL), PE_E_ARGUMENT);
    pe_workbook *w = build(b);
    assert_int_equal(w->cell_count, 0);
    pe_workbook_free(w);
    pe_builder_free(b);
}

static void memory_limit(void **state)
{
    PE_UNUSED(state);
    for (uint64_t limit = 16000; limit <= 64000; limit *= 2) {
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_sheet(b, "S");
        assert_int_equal(pe_builder_configure(b, &(pe_builder_settings){.bytes_max = limit}, NULL),
                         PE_OK);
        pe_status status = PE_OK;
        pe_diag diag = {0};
        pe_builder_cell c = formula("=A1+A2+A3", 1);
        for (uint32_t row = 0; status == PE_OK && row < 2000; row++)
            status = pe_builder_cells(b, 0, row, 0, 1, 1, &c, &diag);
        assert_int_equal(status, PE_E_LIMIT);
        assert_true(diag.what[0] != '\0');
        assert_true(pe_builder_bytes(b) <= limit);
        pe_workbook *w = NULL;
        assert_int_equal(pe_builder_build(b, &w, &diag), PE_E_LIMIT); /* nothing half done */
        assert_null(w);
        pe_builder_free(b);
    }
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    pe_area area = {0, 0, 0, PE_ROWS_MAX - 1, 0, PE_COLUMNS_MAX - 1};
    assert_int_equal(pe_builder_block(b, 0, &area, PE_FORMULA_ARRAY, "=1", NULL, NULL, NULL),
                     PE_E_LIMIT);
    pe_builder_free(b);
}

/* ---- random calls against a plain table
 * -----------------------------------------------------------------------------------------------
 */

enum { SIDE = 9, BLOCKS = 6, FORMATS = 3 };

typedef struct plain {
    bool given[SIDE][SIDE];
    double number[SIDE][SIDE];
    int formula[SIDE][SIDE]; /* 0: none */
    int format[SIDE][SIDE];
    pe_area blocks[BLOCKS];
    int block_formula[BLOCKS]; /* 0: no block */
} plain;

static uint32_t below(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((*state >> 33) % n);
}

static pe_area some_area(uint64_t *state)
{
    uint32_t row = below(state, SIDE), column = below(state, SIDE);
    return (pe_area){
        0, 0, row, row + below(state, SIDE - row), column, column + below(state, SIDE - column)};
}

static void random_cells(pe_workbook_builder *b, plain *p, uint64_t *state)
{
    pe_builder_cell cells[SIDE * SIDE];
    char texts[SIDE * SIDE][16];
    size_t n = 0;
    pe_area a = some_area(state);
    for (int k = 0; k < BLOCKS; k++)
        if (pe_area_has(&a, (pe_cell_ref){0, p->blocks[k].row_first, p->blocks[k].column_first}))
            p->block_formula[k] = 0;
    for (uint32_t r = a.row_first; r <= a.row_last; r++)
        for (uint32_t c = a.column_first; c <= a.column_last; c++, n++) {
            uint32_t what = below(state, 3);
            p->given[r][c] = what > 0;
            p->number[r][c] = below(state, 100);
            p->formula[r][c] = what == 2 ? 1 + (int)below(state, 999) : 0;
            snprintf(texts[n], sizeof texts[n], "=%d", p->formula[r][c]);
            cells[n] = what == 0   ? nothing()
                       : what == 1 ? number(p->number[r][c])
                                   : formula(texts[n], p->number[r][c]);
        }
    assert_int_equal(pe_builder_cells(b, 0, a.row_first, a.column_first,
                                      a.row_last - a.row_first + 1,
                                      a.column_last - a.column_first + 1, cells, NULL),
                     PE_OK);
}

static void random_block(pe_workbook_builder *b, plain *p, uint64_t *state)
{
    char text[16];
    pe_area a = some_area(state);
    int place = -1;
    for (int k = 0; k < BLOCKS; k++) {
        bool same =
            p->blocks[k].row_first == a.row_first && p->blocks[k].column_first == a.column_first;
        if (p->block_formula[k] == 0 || same) place = k;
        if (p->block_formula[k] != 0 && same) break;
    }
    if (place < 0) return;
    p->blocks[place] = a;
    p->block_formula[place] = 1000 + (int)below(state, 999);
    snprintf(text, sizeof text, "%d", p->block_formula[place]);
    assert_int_equal(pe_builder_block(b, 0, &a, PE_FORMULA_ARRAY, text, NULL, NULL, NULL), PE_OK);
}

static void random_format(pe_workbook_builder *b, plain *p, uint64_t *state)
{
    static const char *const codes[FORMATS] = {"General", "0.0", "0%"};
    pe_area a = some_area(state);
    int code = (int)below(state, FORMATS);
    for (uint32_t r = a.row_first; r <= a.row_last; r++)
        for (uint32_t c = a.column_first; c <= a.column_last; c++) p->format[r][c] = code;
    assert_int_equal(pe_builder_format_area(b, 0, &a, codes[code], NULL), PE_OK);
}

static void compare_cell(const pe_workbook *w, const plain *p, uint32_t r, uint32_t c)
{
    static const char *const codes[FORMATS] = {"General", "0.0", "0%"};
    bool exists = p->given[r][c];
    int text = p->formula[r][c];
    for (int k = 0; k < BLOCKS; k++) {
        if (p->block_formula[k] == 0) continue;
        exists = exists || pe_area_has(&p->blocks[k], (pe_cell_ref){0, r, c});
        if (p->blocks[k].row_first == r && p->blocks[k].column_first == c)
            text = p->block_formula[k];
    }
    const pe_cell *found = cell(w, 0, r, c);
    assert_int_equal(found != NULL, exists);
    if (!exists) return;
    assert_int_equal(found->has_stored, p->given[r][c]);
    if (p->given[r][c]) assert_true(pe_as_number(found->stored) == p->number[r][c]);
    assert_string_equal(w->formats[found->format], codes[p->format[r][c]]);
    assert_int_equal(found->formula != PE_NO_FORMULA, text != 0);
    if (text == 0) return;
    char expected[8];
    snprintf(expected, sizeof expected, "%d", text);
    assert_string_equal(w->formulas[found->formula].text, expected);
}

static void random_calls(void **state)
{
    PE_UNUSED(state);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed;
        plain p = {0};
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_sheet(b, "S");
        for (int step = 0; step < 60; step++) {
            uint32_t what = below(&random, 6);
            if (what < 3)
                random_cells(b, &p, &random);
            else if (what < 5)
                random_block(b, &p, &random);
            else
                random_format(b, &p, &random);
            if (step % 4 != 3) continue;
            pe_workbook *w = build(b);
            for (uint32_t r = 0; r < SIDE; r++)
                for (uint32_t c = 0; c < SIDE; c++) compare_cell(w, &p, r, c);
            pe_workbook_free(w);
        }
        pe_builder_free(b);
    }
}

/* What was replaced or removed is given back. */
static void memory_is_given_back(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    uint64_t held = 0;
    for (int round = 0; round < 50; round++) {
        char text[32];
        for (uint32_t i = 0; i < 400; i++) {
            snprintf(text, sizeof text, "=A%d+%04u", round % 9 + 1, i);
            put(b, i % 40, i / 40, formula(text, i));
        }
        if (round == 1) held = pe_builder_bytes(b);
        if (round > 1) assert_true(pe_builder_bytes(b) == held);
        for (uint32_t i = 0; round % 2 != 0 && i < 400; i++) put(b, i % 40, i / 40, nothing());
    }
    pe_workbook *w = build(b);
    assert_int_equal(w->cell_count, 0);
    pe_workbook_free(w);
    pe_builder_free(b);
}

/* 1,000,000 cells in rectangles of 1,000: time per cell does not grow; printed, not judged. */
static void large_workbooks(void **state)
{
    PE_UNUSED(state);
    enum { COLUMNS = 100, ROWS = 10 };
    static pe_builder_cell cells[COLUMNS * ROWS];
    for (size_t i = 0; i < PE_COUNT(cells); i++)
        cells[i] = i % 5 != 0 ? formula("=B7*(1+$C$1)-SUM(D4:D19)", (double)i) : number((double)i);
    for (uint32_t total = 100000; total <= 1000000; total *= 10) {
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_sheet(b, "S");
        double start = pe_clock_seconds();
        for (uint32_t row = 0; row * COLUMNS < total; row += ROWS)
            assert_int_equal(pe_builder_cells(b, 0, row, 0, ROWS, COLUMNS, cells, NULL), PE_OK);
        double middle = pe_clock_seconds();
        pe_workbook *w = build(b);
        double end = pe_clock_seconds();
        print_message("%u cells: put %.1f ms, built %.1f ms\n", total, (middle - start) * 1e3,
                      (end - middle) * 1e3);
        assert_int_equal(w->cell_count, total);
        pe_workbook_free(w);
        pe_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rectangles_and_updates),
        cmocka_unit_test(content_decides_the_hash),
        cmocka_unit_test(blocks_come_and_go),
        cmocka_unit_test(formats_fill_no_cells),
        cmocka_unit_test(sheets_names_tables_and_settings),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(memory_limit),
        cmocka_unit_test(random_calls),
        cmocka_unit_test(memory_is_given_back),
        cmocka_unit_test(large_workbooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
