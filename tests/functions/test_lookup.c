/* test_lookup.c: searching in rows and columns. The positions on unsorted data are Excel's own
 * (MATCH, LOOKUP and XLOOKUP of workbooks that it saved); wildcards follow Microsoft's description.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_grid.h"
#include "functions_internal.h"
#include "functions_match.h"
#include "functions_order.h"

typedef struct wildcard_row {
    const char *name, *pattern, *text;
    bool match;
} wildcard_row;

static const wildcard_row wildcards[] = {
    {"star matches nothing", "*", "", true},
    {"star in front", "*day", "Tuesday", true},
    {"star in front, no", "*day", "Tuesdays", false},
    {"star at the end", "ed*", "Edward", true},
    {"question is one", "??day", "Friday", false},
    {"questions", "???day", "Friday", true},
    {"both", "G*?eg", "Greg", true},
    {"middle", "*r*", "GREEN", true},
    {"backtracks", "*ab*ac", "abababac", true},
    {"escaped question", "*~?", "Question?", true},
    {"escaped question, no", "*~?", "Question", false},
    {"escaped star", "a~*b", "a*b", true},
    {"escaped star, no", "a~*b", "axb", false},
    {"escaped tilde", "a~~b", "a~b", true},
    {"question is one character of UTF-8", "?b",
     "\xC3\xA4"
     "b",
     true},
    {"case of UTF-8", "\xC3\x84*", "\xC3\xA4rger", true},
    {"empty pattern", "", "a", false},
};

static void wildcard_matches(void **state)
{
    const wildcard_row *row = *state;
    grid g;
    grid_open(&g);
    pe_value pattern = grid_text(&g, row->pattern), text = grid_text(&g, row->text);
    assert_int_equal(pei_wildcard_match(pe_as_text(pattern), pe_as_text(text)), row->match);
    grid_close(&g);
}

/* Searches of numbers; how: 'a' ascending, 'd' descending scan, 'l' linear, 'b' binary, 'B' binary
 * descending. */
typedef struct search_row {
    const char *name;
    char how;
    pei_match_kind kind;
    double key;
    uint32_t count;
    double x[16];
    uint32_t at; /* one-based; 0: none */
} search_row;

#define DUPLICATES                                                                                 \
    13,                                                                                            \
    {                                                                                              \
        9, 8, 7, 7, 7, 6, 5, 5, 5, 4, 3, 2, 1                                                      \
    }
#define UNSORTED                                                                                   \
    10,                                                                                            \
    {                                                                                              \
        2, 3, 5, 2, 4, 6, 3, 2, 5, 1                                                               \
    }

static const search_row searches[] = {
    {"MATCH 1 on unsorted numbers", 'a', PEI_MATCH_EXACT, 5, UNSORTED, 9},
    {"MATCH 0 on unsorted numbers", 'l', PEI_MATCH_EXACT, 5, UNSORTED, 3},
    {"MATCH -1 on unsorted numbers", 'd', PEI_MATCH_EXACT, 0, UNSORTED, 10},
    {"MATCH 1 below all", 'a', PEI_MATCH_EXACT, 0.8, 6, {1, 2, 3, 4, 5, 6}, 0},
    {"MATCH 1 between", 'a', PEI_MATCH_EXACT, 5.7, 6, {1, 2, 3, 4, 5, 6}, 5},
    {"MATCH -1 equal", 'd', PEI_MATCH_EXACT, 3.233, 6, {6.2, 5.2, 4.9, 4.7, 3.233, 3.1}, 5},
    {"MATCH 1 goes to the last equal", 'a', PEI_MATCH_EXACT, 2, 6, {1, 2, 2, 2, 2, 3}, 5},
    {"XLOOKUP -2, last of equals", 'B', PEI_MATCH_EXACT, 7, DUPLICATES, 5},
    {"XLOOKUP -2, last of equals, again", 'B', PEI_MATCH_SMALLER, 5, DUPLICATES, 9},
    {"XLOOKUP -2, next smaller", 'B', PEI_MATCH_SMALLER, 7.1, DUPLICATES, 3},
    {"XLOOKUP -2, next larger", 'B', PEI_MATCH_LARGER, 6.8, DUPLICATES, 5},
    {"XLOOKUP -2, next larger of equals", 'B', PEI_MATCH_LARGER, 4.8, DUPLICATES, 9},
    {"XLOOKUP 2, next smaller", 'b', PEI_MATCH_SMALLER, 4.5, 5, {2, 3, 4, 5, 6}, 3},
    {"XLOOKUP 2, next larger", 'b', PEI_MATCH_LARGER, 4.5, 5, {2, 3, 4, 5, 6}, 4},
    {"XLOOKUP 2, none larger", 'b', PEI_MATCH_LARGER, 7, 5, {2, 3, 4, 5, 6}, 0},
    {"XLOOKUP 2, exact only", 'b', PEI_MATCH_EXACT, 4.5, 5, {2, 3, 4, 5, 6}, 0},
    {"XLOOKUP -1, unsorted", 'l', PEI_MATCH_SMALLER, 4.8, 5, {2, 5, 4, 5, 3}, 3},
    {"XLOOKUP -1, below all", 'l', PEI_MATCH_SMALLER, 1.8, 5, {2, 5, 4, 5, 3}, 0},
    {"XLOOKUP 1, unsorted", 'l', PEI_MATCH_LARGER, 2.1234, 5, {2, 5, 4, 5, 3}, 5},
    {"XLOOKUP 1, first of equals", 'l', PEI_MATCH_LARGER, 5, 5, {2, 5, 4, 5, 3}, 2},
};

static uint32_t search(const pei_vector *v, const search_row *row)
{
    pe_value key = pe_number(row->key);
    switch (row->how) {
    case 'a':
        return pei_match_ascending(v, key);
    case 'd':
        return pei_match_descending(v, key);
    case 'l':
        return pei_match_linear(v, key, row->kind, false);
    default:
        return pei_match_binary(v, key, row->kind, row->how == 'B');
    }
}

/* In an array and in cells: both give the same position. */
static void search_finds(void **state)
{
    const search_row *row = *state;
    grid g;
    grid_open(&g);
    for (uint32_t i = 0; i < row->count; i++) grid_put(&g, i, 0, pe_number(row->x[i]));
    pe_value forms[2] = {grid_numbers(&g, row->x, row->count, false),
                         grid_area(&g, 0, 0, row->count - 1, 0)};
    for (int i = 0; i < 2; i++) {
        pei_table table;
        pei_vector v;
        pe_value error;
        assert_true(pei_table_of(&g.call, forms[i], &table, &error));
        assert_true(pei_table_vector(&table, &v));
        assert_int_equal(search(&v, row), row->at == 0 ? PEI_NOT_FOUND : row->at - 1);
    }
    grid_close(&g);
}

static void types_are_skipped_or_ordered(void **state)
{
    PE_UNUSED(state);
    grid g;
    grid_open(&g);
    const double numbers[] = {3.131, 0, 0, 0, 0, 6.213};
    static const char *const texts[] = {NULL, "brown", "green", "red", "yellow", NULL};
    for (uint32_t i = 0; i < 6; i++)
        grid_put(&g, i, 0, texts[i] != NULL ? grid_text(&g, texts[i]) : pe_number(numbers[i]));
    pei_table table;
    pe_value error;
    assert_true(pei_table_of(&g.call, grid_area(&g, 0, 0, 5, 0), &table, &error));
    pei_vector v = pei_table_column(&table, 0);
    /* MATCH(4, .., 1) steps over the texts; XLOOKUP with -1 takes any type that is below. */
    assert_int_equal(pei_match_ascending(&v, pe_number(4)), 0);
    assert_int_equal(pei_match_linear(&v, pe_boolean(true), PEI_MATCH_SMALLER, false), 4);
    assert_int_equal(pei_match_linear(&v, pe_number(7), PEI_MATCH_LARGER, false), 1);
    assert_int_equal(pei_match_linear(&v, grid_text(&g, "RED"), PEI_MATCH_EXACT, false), 3);
    assert_int_equal(pei_match_linear(&v, pe_number(0), PEI_MATCH_EXACT, false), PEI_NOT_FOUND);
    grid_close(&g);
}

/* A whole column costs what it holds. */
static void whole_columns_are_cheap(void **state)
{
    PE_UNUSED(state);
    grid g;
    grid_open(&g);
    for (uint32_t i = 0; i < 1000; i++) grid_put(&g, i * 3, 0, pe_number(i));
    pe_value column = grid_area(&g, 0, 0, PE_ROWS_MAX - 1, 0);
    pe_value exact[3] = {pe_number(999), column, pe_number(0)};
    g.reads = 0;
    assert_true(pe_as_number(pei_fn_MATCH(&g.call, exact, 3)) == 999 * 3 + 1);
    assert_true(g.reads <= 1000);
    pe_value absent[3] = {pe_number(0.5), column, pe_number(0)};
    g.reads = 0;
    assert_int_equal(pe_as_error(pei_fn_MATCH(&g.call, absent, 3)), PE_ERROR_NA);
    assert_true(g.reads <= 1000);
    pe_value sorted[3] = {pe_number(500.5), column, pe_number(1)};
    g.reads = 0;
    assert_true(pe_as_number(pei_fn_MATCH(&g.call, sorted, 3)) == 500 * 3 + 1);
    assert_true(g.reads <= 60);
    grid_close(&g);
}

static void references_stay_references(void **state)
{
    PE_UNUSED(state);
    grid g;
    grid_open(&g);
    for (uint32_t i = 0; i < 4; i++) grid_put(&g, i, 0, pe_number(i));
    pe_value table = grid_area(&g, 0, 0, 3, 2);
    pe_value index[3] = {table, pe_number(2), pe_number(0)};
    pe_value v = pei_fn_INDEX(&g.call, index, 3);
    assert_int_equal(pe_kind_of(v), PE_KIND_REFERENCE);
    const pe_reference *r = pe_as_pointer(v);
    assert_true(r->areas[0].row_first == 1 && r->areas[0].row_last == 1);
    assert_true(r->areas[0].column_first == 0 && r->areas[0].column_last == 2);
    pe_value offset[5] = {table, pe_number(1), pe_number(1), pe_number(-2), pe_number(2)};
    v = pei_fn_OFFSET(&g.call, offset, 5);
    r = pe_as_pointer(v);
    assert_true(r->areas[0].row_first == 0 && r->areas[0].row_last == 1);
    assert_true(r->areas[0].column_first == 1 && r->areas[0].column_last == 2);
    pe_value outside[3] = {table, pe_number(-1), pe_number(0)};
    assert_int_equal(pe_as_error(pei_fn_OFFSET(&g.call, outside, 3)), PE_ERROR_REF);
    grid_close(&g);
}

static void sorting_is_stable(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 24);
    enum { COUNT = 5000 };
    pe_value *cells = PE_PUSH(arena, pe_value, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        cells[i] = i % 7 == 6 ? pe_blank() : pe_number(i * 37 % 11);
    for (int descending = 0; descending < 2; descending++) {
        pei_order_key key = {cells, 0, 1, descending != 0};
        uint32_t *order = pei_order_lines(arena, &key, 1, COUNT);
        for (uint32_t i = 1; i < COUNT; i++) {
            pe_value a = cells[order[i - 1]], b = cells[order[i]];
            bool a_blank = !pe_is_number(a), b_blank = !pe_is_number(b);
            assert_true(!a_blank || b_blank);
            if (a_blank == b_blank && (a_blank || pe_as_number(a) == pe_as_number(b)))
                assert_true(order[i - 1] < order[i]);
            else if (!b_blank)
                assert_true((pe_as_number(a) > pe_as_number(b)) == (descending != 0));
        }
    }
    pe_arena_free(arena);
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(wildcards) + PE_COUNT(searches) + 5];
    size_t n = 0;
    for (size_t i = 0; i < PE_COUNT(wildcards); i++)
        tests[n++] = (struct CMUnitTest){wildcards[i].name, wildcard_matches, NULL, NULL,
                                         (void *)(uintptr_t)&wildcards[i]};
    for (size_t i = 0; i < PE_COUNT(searches); i++)
        tests[n++] = (struct CMUnitTest){searches[i].name, search_finds, NULL, NULL,
                                         (void *)(uintptr_t)&searches[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(types_are_skipped_or_ordered);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(whole_columns_are_cheap);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(references_stay_references);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(sorting_is_stable);
    return _cmocka_run_group_tests("lookup", tests, n, NULL, NULL);
}
