/* test_math.c: Excel's operator arithmetic and decimal rounding, comparison, criteria, and the
 * order of addition over areas, on a small grid. What whole functions give is in tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "functions_aggregate.h"
#include "functions_arithmetic.h"

/* ---- a grid of cells -------------------------------------------------------- */

enum { ROWS = 256, COLUMNS = 4 };

typedef struct grid {
    pe_value cells[ROWS][COLUMNS];
    pe_call call;
} grid;

static pe_value grid_cell(pe_call *call, pe_cell_ref at)
{
    grid *g = call->evaluator;
    return at.row < ROWS && at.column < COLUMNS ? g->cells[at.row][at.column] : pe_blank();
}

static bool grid_next(pe_call *call, pe_cursor *cursor)
{
    grid *g = call->evaluator;
    const pe_area *area = &cursor->area;
    uint64_t at = cursor->state[0], width = area->column_last - area->column_first + 1;
    for (;; at++) {
        uint64_t row = area->row_first + at / width, column = area->column_first + at % width;
        if (row > area->row_last || row >= ROWS) return false;
        if (column >= COLUMNS || pe_is(g->cells[row][column], PE_KIND_BLANK)) continue;
        cursor->at = (pe_cell_ref){0, (uint32_t)row, (uint32_t)column};
        cursor->value = g->cells[row][column];
        cursor->state[0] = at + 1;
        return true;
    }
}

static pe_area grid_used(pe_call *call, pe_area area)
{
    PE_UNUSED(call);
    if (area.row_last >= ROWS) area.row_last = ROWS - 1;
    if (area.column_last >= COLUMNS) area.column_last = COLUMNS - 1;
    return area;
}

static const pe_call_ops grid_ops = {.cell = grid_cell, .next = grid_next, .used = grid_used};

static int set_up(void **state)
{
    grid *g = test_calloc(1, sizeof *g);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) g->cells[i][j] = pe_blank();
    g->call.ops = &grid_ops;
    g->call.arena = pe_arena_new(1u << 24);
    g->call.evaluator = g;
    *state = g;
    return g->call.arena == NULL;
}

static int tear_down(void **state)
{
    grid *g = *state;
    pe_arena_free(g->call.arena);
    test_free(g);
    return 0;
}

static pe_value area_of(grid *g, uint32_t row_first, uint32_t row_last, uint32_t column_first,
                        uint32_t column_last)
{
    pe_area area = {0, 0, row_first, row_last, column_first, column_last};
    return pe_area_value(&g->call, area);
}

static pe_value text_of(grid *g, const char *text)
{
    return pe_arena_text_value(g->call.arena, text, strlen(text));
}

/* ---- arithmetic ------------------------------------------------------------- */

static void same_bits(double a, double b)
{
    if (pe_number(a).bits != pe_number(b).bits) print_error("%.17g is not %.17g\n", a, b);
    assert_true(pe_number(a).bits == pe_number(b).bits);
}

static void final_subtraction_snaps(void **state)
{
    PE_UNUSED(state);
    /* operands and results as Excel stored them in published models */
    same_bits(pe_arith_sub_final(1763.8901600107652, 1763.8901600107667), 0);
    same_bits(pe_arith_sub_final(419.9556295242073, 419.9556295242069), 0);
    same_bits(pe_arith_add_final(2681.377852382922, -2681.3778523829224), 0);
    same_bits(pe_arith_add_final(3794.586186137822, -3794.5861861368853), 9.36779542826116e-10);
    /* not the last operation: no snap */
    assert_true(pe_arith_sub(2681.377852382922, 2681.3778523829224) != 0);
}

static void comparison_at_15_digits(void **state)
{
    PE_UNUSED(state);
    static const struct {
        double a, b;
        int order;
    } rows[] = {
        {0.1 + 0.2, 0.3, 0},
        {1.0, 1.00000000000001, -1},
        {1.0, 1.000000000000001, 0},
        {0.999999999999999, 1.0, -1},
        {0.9999999999999999, 1.0, 0},
        {123456789012345.6, 123456789012345.7, 0},
        {123456789012345.0, 123456789012346.0, -1},
        {5e-324, 1e-323, -1},
        {-0.3, -(0.1 + 0.2), 0},
        {1e300, 1.00000000000001e300, -1},
        {9.99999999999999e22, 1e23, -1},
        {9.9999999999999999e22, 1e23, 0},
        {0.0, -0.0, 0},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        assert_int_equal(pe_arith_compare(rows[i].a, rows[i].b), rows[i].order);
        assert_int_equal(pe_arith_compare(rows[i].b, rows[i].a), -rows[i].order);
    }
}

static void rounding_is_decimal(void **state)
{
    PE_UNUSED(state);
    static const struct {
        double x, digits, nearest;
    } rows[] = {
        {2.675, 2, 2.68},   {1.005, 2, 1.01},        {-1.475, 2, -1.48}, {0.285, 2, 0.29},
        {2.5, 0, 3},        {-2.5, 0, -3},           {626.3, -3, 1000},  {1.98, -1, 0},
        {-50.55, -2, -100}, {1e300, 2, 1e300},       {1.45, 1, 1.5},     {1234.5678, 1.9, 1234.6},
        {5e-324, 300, 0},   {123.456, 400, 123.456},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        same_bits(pe_round_decimal(rows[i].x, rows[i].digits), rows[i].nearest);
    same_bits(pe_round_decimal_up(3.2, 0), 4);
    same_bits(pe_round_decimal_up(31415.92654, -2), 31500);
    same_bits(pe_round_decimal_down(-3.14159, 3), -3.141);
    same_bits(pe_round_decimal_down(4.35, 2), 4.35);
    same_bits(pe_arith_int(-8.9), -9);
}

static void remainders_are_exact(void **state)
{
    PE_UNUSED(state);
    /* Excel's stored values */
    same_bits(pe_arith_mod(5, 1e-10), 9.999981783901343e-11);
    same_bits(pe_arith_mod(10.0000000001, 0.1), 9.999945316252479e-11);
    same_bits(pe_arith_mod(7.8, -2.3), -1.3999999999999995);
    same_bits(pe_arith_mod(-34.1234, 12), 1.8766000000000034);
    assert_true(pe_as_error(pe_number(pe_arith_mod(1, 0))) == PE_ERROR_DIV0);
    assert_true(pe_as_error(pe_number(pe_arith_mod(1e300, 3))) == PE_ERROR_NUM);
}

static void powers_at_the_edges(void **state)
{
    PE_UNUSED(state);
    same_bits(pe_arith_pow(0, 2), 0);
    same_bits(pe_arith_pow(-2, 3), -8);
    assert_true(pe_as_error(pe_number(pe_arith_pow(0, 0))) == PE_ERROR_NUM);
    assert_true(pe_as_error(pe_number(pe_arith_pow(0, -1))) == PE_ERROR_DIV0);
    assert_true(pe_is_error(pe_number_checked(pe_arith_pow(-8, 1.0 / 3))));
    assert_true(pe_as_error(pe_number(pe_arith_div(0, 0))) == PE_ERROR_DIV0);
}

/* ---- order of values -------------------------------------------------------- */

static void values_are_ordered(void **state)
{
    grid *g = *state;
    const char *texts[] = {"", " ", "_", "!", "1", "10", "2", "a", "B", "c", "co-op", "coop2"};
    for (size_t i = 0; i < PE_COUNT(texts); i++)
        for (size_t j = 0; j < PE_COUNT(texts); j++) {
            int order = pe_compare(text_of(g, texts[i]), text_of(g, texts[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    assert_true(pe_compare(pe_number(1e300), text_of(g, "")) < 0);
    assert_true(pe_compare(text_of(g, "zz"), pe_boolean(false)) < 0);
    assert_true(pe_compare(pe_boolean(false), pe_boolean(true)) < 0);
    assert_int_equal(pe_compare(text_of(g, "\xC3\x84RGER"), text_of(g, "\xC3\xA4rger")), 0);
    assert_int_equal(pe_compare(pe_blank(), pe_number(0)), 0);
    assert_int_equal(pe_compare(pe_blank(), text_of(g, "")), 0);
    assert_int_equal(pe_compare(pe_boolean(false), pe_blank()), 0);
    assert_true(pe_compare(pe_blank(), pe_number(-1)) > 0);
}

static bool matches(grid *g, const char *criterion, pe_value value)
{
    const pe_criterion *c = pe_criterion_new(&g->call, text_of(g, criterion));
    assert_non_null(c);
    return pe_criterion_match(c, value);
}

static void criteria_match(void **state)
{
    grid *g = *state;
    pe_value five = pe_number(5), word = text_of(g, "Apple"), none = pe_blank();
    pe_value empty = text_of(g, ""), na = pe_error(PE_ERROR_NA), yes = pe_boolean(true);
    assert_true(matches(g, "5", five) && matches(g, "=5", text_of(g, "5")));
    assert_true(matches(g, ">4.5", five) && !matches(g, ">4.5", word));
    assert_true(!matches(g, "<5", none) && !matches(g, ">=0", none));
    assert_true(matches(g, "a*", word) && matches(g, "?PP??", word) && !matches(g, "a?", word));
    assert_true(matches(g, "APPLE", word) && !matches(g, "Apples", word));
    assert_true(matches(g, "\xC3\x84rger", text_of(g, "\xC3\xA4RGER")) &&
                !matches(g, "@", text_of(g, "`")));
    assert_true(matches(g, "a~*", text_of(g, "A*")) && !matches(g, "a~*", word));
    assert_true(matches(g, "<>a*", five) && matches(g, "<>a*", none) && !matches(g, "<>a*", word));
    assert_true(matches(g, "<>5", text_of(g, "5")) && !matches(g, "<>5", five));
    assert_true(matches(g, "=", none) && !matches(g, "=", empty));
    assert_true(matches(g, "", none) && matches(g, "", empty));
    assert_true(!matches(g, "<>", none) && matches(g, "<>", five) && matches(g, "<>", empty));
    assert_true(matches(g, "#N/A", na) && !matches(g, "#REF!", na) && matches(g, "<>5", na));
    assert_true(matches(g, "TRUE", yes) && !matches(g, "1", yes) && !matches(g, ">0", yes));
    assert_true(matches(g, "50%", pe_number(0.5)) && matches(g, "*", empty));
    const char *op = NULL;
    double operand = 0;
    assert_true(pe_criterion_numeric(pe_criterion_new(&g->call, text_of(g, ">=7")), &op, &operand));
    assert_string_equal(op, ">=");
    assert_true(operand == 7);
}

/* ---- reductions ------------------------------------------------------------- */

/* Values whose sum depends on the order of addition. */
static double awkward(int i)
{
    return (i % 3 == 0 ? 1e16 : i % 3 == 1 ? -1e16 : 0.7) + i * 0.1;
}

static double sum_of(grid *g, pe_value area)
{
    pei_total total;
    assert_true(pei_reduce(&g->call, &area, 1, PEI_NUMBERS, NULL, NULL, &total));
    return total.sum;
}

static void long_columns_are_added_by_blocks(void **state)
{
    grid *g = *state;
    for (int i = 0; i < ROWS; i++) g->cells[i][0] = pe_number(awkward(i));
    g->cells[70][0] = pe_blank();
    g->cells[71][0] = text_of(g, "text");
    /* rows 10 to 200: 63 down to 10, then 64..127, 128..191 and 192..200 upwards */
    double first = awkward(63), second = awkward(64), third = awkward(128), last = awkward(192);
    for (int i = 62; i >= 10; i--) first += awkward(i);
    for (int i = 65; i <= 127; i++)
        if (i != 70 && i != 71) second += awkward(i);
    for (int i = 129; i <= 191; i++) third += awkward(i);
    for (int i = 193; i <= 200; i++) last += awkward(i);
    same_bits(sum_of(g, area_of(g, 10, 200, 0, 0)), first + second + third + last);
    /* inside one block, and short: from the first to the last */
    double inside = awkward(130);
    for (int i = 131; i <= 180; i++) inside += awkward(i);
    same_bits(sum_of(g, area_of(g, 130, 180, 0, 0)), inside);
    double few = awkward(50);
    for (int i = 51; i <= 68; i++) few += awkward(i);
    same_bits(sum_of(g, area_of(g, 50, 68, 0, 0)), few);
}

static void the_first_error_wins(void **state)
{
    grid *g = *state;
    for (int i = 0; i < 100; i++) g->cells[i][1] = pe_number(i);
    g->cells[40][1] = pe_error(PE_ERROR_REF);
    g->cells[20][1] = pe_error(PE_ERROR_NA);
    pei_total total;
    pe_value args[2] = {area_of(g, 0, 99, 1, 1), pe_error(PE_ERROR_DIV0)};
    assert_false(pei_reduce(&g->call, args, 2, PEI_NUMBERS, NULL, NULL, &total));
    assert_int_equal(pe_as_error(total.error), PE_ERROR_NA);
}

static double call_function(grid *g, const char *name, const pe_value *args, int n)
{
    const pe_function *row = pe_function_row(pe_function_find(name, strlen(name)));
    assert_non_null(row);
    pe_value v = row->gen(&g->call, args, n);
    assert_true(pe_is_number(v));
    return pe_as_number(v);
}

static void whole_columns_count_empty_cells(void **state)
{
    grid *g = *state;
    for (int i = 0; i < 10; i++) {
        g->cells[i][0] = pe_number(i % 3);
        g->cells[i][1] = pe_number(i);
    }
    pe_value keys = area_of(g, 0, PE_ROWS_MAX - 1, 0, 0);
    pe_value values = area_of(g, 0, PE_ROWS_MAX - 1, 1, 1);
    pe_value empty[4] = {keys, text_of(g, ""), values, text_of(g, "<>3")};
    assert_true(call_function(g, "COUNTIF", empty, 2) == PE_ROWS_MAX - 10.0);
    assert_true(call_function(g, "COUNTIFS", empty, 4) == PE_ROWS_MAX - 10.0);
    assert_true(call_function(g, "COUNTBLANK", &keys, 1) == PE_ROWS_MAX - 10.0);
    pe_value sumif[3] = {keys, pe_number(1), values};
    assert_true(call_function(g, "SUMIF", sumif, 3) == 1 + 4 + 7);
    pe_value sumifs[5] = {values, keys, text_of(g, "<>"), keys, text_of(g, "<2")};
    assert_true(call_function(g, "SUMIFS", sumifs, 5) == 0 + 1 + 3 + 4 + 6 + 7 + 9);
    pe_value blanks[3] = {values, keys, text_of(g, "<>1")};
    assert_true(call_function(g, "MAXIFS", blanks, 3) == 9);
    assert_true(call_function(g, "AVERAGEIFS", blanks, 3) == (0 + 2 + 3 + 5 + 6 + 8 + 9) / 7.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(final_subtraction_snaps),
        cmocka_unit_test(comparison_at_15_digits),
        cmocka_unit_test(rounding_is_decimal),
        cmocka_unit_test(remainders_are_exact),
        cmocka_unit_test(powers_at_the_edges),
        cmocka_unit_test_setup_teardown(values_are_ordered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(criteria_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_columns_are_added_by_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_error_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_columns_count_empty_cells, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
