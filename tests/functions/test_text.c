/* test_text.c: which texts are numbers, dates and times, and the text of a number. Whole formulas
 * are in tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_internal.h"

#define NOW 43900.5 /* 10 March 2020, noon */
#define TEXT -1e300 /* not a number to Excel */

typedef struct text_row {
    const char *text;
    double expected;
} text_row;

/* en-US Excel: the values that typing the text, or adding 0 to it, gives. */
static const text_row ROWS[] = {
    {"12.5", 12.5},
    {" 3 ", 3},
    {"1,234.5", 1234.5},
    {"1,23", TEXT},
    {"1,234,567", 1234567},
    {",5", TEXT},
    {".5", 0.5},
    {"5.", 5},
    {".", TEXT},
    {"", TEXT},
    {"   ", TEXT},
    {"-", TEXT},
    {"+7", 7},
    {"--7", TEXT},
    {"(7)", -7},
    {"(7", TEXT},
    {"$5", 5},
    {"-$5", -5},
    {"$-5", -5},
    {"($1,000.50)", -1000.5},
    {"50%", 0.5},
    {"\xE2\x82\xAC"
     "100",
     100},
    {"100\xE2\x82\xAC", 100},
    {" 2024-01-10 ", TEXT},
    {"2024-01-10", 45301},
    {" 1:30 ", 0.0625},
    {"50%%", TEXT},
    {"1e3", 1000},
    {"1E-2", 0.01},
    {"1e", TEXT},
    {"1e400", TEXT},
    {"0x10", TEXT},
    {"nan", TEXT},
    {"inf", TEXT},
    {"TRUE", TEXT},
    {"1 1/2", 1.5},
    {"-1 1/2", -1.5},
    {"0 3/4", 0.75},
    {"1 1/0", TEXT},
    {"12345678901234567", 12345678901234500.0},
    {"1/2/2020", 43832},
    {"2020-01-02", 43832},
    {"2020/1/2", 43832},
    {"2-Jan-2020", 43832},
    {"2 January 2020", 43832},
    {"Jan 2, 2020", 43832},
    {"Jan 2020", 43831},
    {"Jan-20", 43850},
    {"1/2", 43832},
    {"1/2/30", 10960},
    {"1/2/29", 47120},
    {"2/29/1900", 60},
    {"2/30/2020", TEXT},
    {"13/1/2020", TEXT},
    {"1/1/1899", TEXT},
    {"1/1/10000", TEXT},
    {"12:30", 0.520833333333333},
    {"1:30 PM", 0.5625},
    {"1:30 xm", TEXT},
    {"13:00 PM", TEXT},
    {"6 PM", 0.75},
    {"3a", TEXT},
    {"12:00 AM", 0},
    {"0:59:99", 0.0421180555555556},
    {"60:99", TEXT},
    {"23:59.5", 0.0166608796296296},
    {"1/2/2020 6:00 PM", 43832.75},
    {"2020-01-02 18:00", 43832.75},
    {"1/2/2020 x", TEXT},
};

static void row_is_read(void **state)
{
    const text_row *row = *state;
    double x = TEXT;
    bool is_number = pei_parse_number(row->text, strlen(row->text), false, NOW, &x);
    assert_int_equal(is_number, row->expected != TEXT);
    double scale = pen_abs(row->expected) > 1 ? pen_abs(row->expected) : 1;
    if (is_number) assert_true(pen_abs(x - row->expected) <= 1e-14 * scale);
}

/* What =A1&"" gives in Excel. */
static void numbers_show_15_digits(void **state)
{
    static const struct {
        double x;
        const char *text;
    } rows[] = {{0, "0"},
                {0.1 + 0.2, "0.3"},
                {-1.0 / 3, "-0.333333333333333"},
                {123456789012, "123456789012"},
                {1e20, "1E+20"},
                {1e-10, "0.0000000001"},
                {1.5e-7, "0.00000015"},
                {1.23456789012345e-9, "1.23456789012345E-09"},
                {1e100, "1E+100"},
                {100, "100"}};
    char text[PEI_NUMBER_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pei_number_text(rows[i].x, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void too_long_texts_are_refused(void **state)
{
    static char bytes[40000];
    pe_call call = {.arena = pe_arena_new(1u << 20)};
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    assert_true(pe_is(pe_make_text(&call, bytes, 32767), PE_KIND_TEXT));
    assert_int_equal(pe_as_error(pe_make_text(&call, bytes, 32768)), PE_ERROR_VALUE);
    assert_int_equal(pei_utf16_length("a\xC3\xA9\xF0\x9F\x98\x80", 7), 4);
    pe_arena_free(call.arena);
}

/* Every text of up to five of these characters is read whole or not at all, and never to a NaN. */
static void any_text_is_survived(void **state)
{
    static const char letters[] = "19./-:, $%()eaJM\xE2";
    enum { LETTERS = sizeof letters - 1, LONGEST = 5 };
    char text[LONGEST];
    (void)state;
    for (size_t code = 0; code < (size_t)LETTERS * LETTERS * LETTERS * LETTERS * LETTERS; code++) {
        size_t rest = code;
        double x = 0, date, time;
        for (int i = 0; i < LONGEST; i++, rest /= LETTERS) text[i] = letters[rest % LETTERS];
        if (pei_parse_number(text, code % LONGEST + 1, false, NOW, &x))
            assert_true(pen_is_finite(x));
        if (code % 7 == 0) pei_parse_datetime(text, LONGEST, true, NOW, &date, &time);
    }
}

int main(void)
{
    enum { FIXED = 3 };
    struct CMUnitTest tests[PE_COUNT(ROWS) + FIXED];
    for (size_t i = 0; i < PE_COUNT(ROWS); i++)
        tests[i] = (struct CMUnitTest){ROWS[i].text, row_is_read, NULL, NULL, (void *)&ROWS[i]};
    tests[PE_COUNT(ROWS)] = (struct CMUnitTest)cmocka_unit_test(numbers_show_15_digits);
    tests[PE_COUNT(ROWS) + 1] = (struct CMUnitTest)cmocka_unit_test(too_long_texts_are_refused);
    tests[PE_COUNT(ROWS) + 2] = (struct CMUnitTest)cmocka_unit_test(any_text_is_survived);
    return _cmocka_run_group_tests("text", tests, PE_COUNT(tests), NULL, NULL);
}
