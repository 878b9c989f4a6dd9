/* test_format.c: number formats without a workbook, as reports use them, and what happens to
 * formats that no spreadsheet would write. Whole TEXT formulas are in tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_internal.h"

typedef struct format_row {
    double value;
    const char *format, *expected;
    bool date1904;
} format_row;

/* Values shown by Excel: its documentation of number format codes, and stored results of TEXT. */
static const format_row ROWS[] = {
    {1234.567, "General", "1234.567", false},
    {12345678901234, "General", "1.23457E+13", false},
    {0.00001234567, "General", "1.23457E-05", false},
    {1.0 / 3, "General", "0.333333333", false},
    {1234.59, "####.#", "1234.6", false},
    {8.9, "#.000", "8.900", false},
    {0.631, "0.#", "0.6", false},
    {12, "#.0#", "12.0", false},
    {1234.568, "#.0#", "1234.57", false},
    {44.398, "???.???", " 44.398", false},
    {2.8, "???.???", "  2.8  ", false},
    {5.25, "# ?\?/?\?", "5  1/4 ", false},
    {5.3, "# ?\?/?\?", "5  3/10", false},
    {5.25, "# ?/8", "5 2/8", false},
    {0, "# ?/?", "0    ", false},
    {12000, "#,###", "12,000", false},
    {12000, "#,", "12", false},
    {12200000, "0.0,,", "12.2", false},
    {-1234.5, "#,##0.00_);(#,##0.00)", "(1,234.50)", false},
    {1234.5, "#,##0.00_);(#,##0.00)", "1,234.50 ", false},
    {0, "0;-0;\"none\"", "none", false},
    {-0.001, "0.00", "0.00", false},
    {0.125, "0.0%", "12.5%", false},
    {1.005, "0.00", "1.01", false},
    {2.5, "0", "3", false},
    {9.995e7, "0.00E+00", "1.00E+08", false},
    {12345, "##0.0E+0", "12.3E+3", false},
    {1234.5, "[$EUR] #,##0.00", "EUR 1,234.50", false},
    {1234.5, "[$\xE2\x82\xAC-407]0.00",
     "\xE2\x82\xAC"
     "1234.50",
     false},
    {7, "[Red][<10]0.0;[Blue]0", "7.0", false},
    {70, "[Red][<10]0.0;[Blue]0", "70", false},
    {39448, "[$-409]mmmm d, yyyy;@", "January 1, 2008", false},
    {60, "yyyy-mm-dd", "1900-02-29", false},
    {61, "yyyy-mm-dd", "1900-03-01", false},
    {0, "yyyy-mm-dd", "1904-01-01", true},
    {43831.75, "m/d/yyyy h:mm AM/PM", "1/1/2020 6:00 PM", false},
    {43831.75, "ddd d-mmm-yy", "Wed 1-Jan-20", false},
    {1.5, "[h]:mm:ss", "36:00:00", false},
    {890123.456789, "#.###.##.#", "890123.456.78.9", false},
    {890123.456789, "#,#.##.##,#", "890,123.45.679", false},
    {890123.456789, "0,x#.00.0", "89012x3.45.7", false},
    {890123.456789, "#x,0,#.00.0", "890,1x,23.45.7", false},
    {890123.456789, ",#.00.0", ",890123.45.7", false},
    {890123.456789, "#.###,x,##", "890123.456x,79", false},
    {890123.456789, "%#%#%", "%89012345678%9%", false},
    {890123.456789, "#.#####00#0", "890123.45678900", false},
    {1234.56, "$x*y#,##0* ", "$x1,235", false},
    {-1, "w;x@", "-w", false},
    {-1, "", "-", false},
    {0.08546296296296296, "s:m\" @ hour \"[hh]", "4:3 @ hour 02", true},
    {-3.14159, "[s]\" [yes, \"ss\"] seconds\"", "-271433 [yes, 271433] seconds", true},
    {0.999999, "hh:mm:ss", "00:00:00", false},
    {0.5000058, "mm:ss.0", "00:00.5", false},
};

static void row_is_shown(void **state)
{
    const format_row *row = *state;
    char text[256];
    size_t n = pe_format_number(row->value, row->format, row->date1904, text, sizeof text);
    assert_string_equal(text, row->expected);
    assert_int_equal(n, strlen(row->expected));
}

/* What is no format falls back to General; a short buffer is cut and closed. */
static void bad_formats_fall_back(void **state)
{
    static const char *const bad[] = {"[", "mm###", "0;0;0;0;0", "#,##0y", "\"abc\"@0", "[zz]0"};
    char text[64];
    (void)state;
    for (size_t i = 0; i < PE_COUNT(bad); i++) {
        pe_format_number(12.5, bad[i], false, text, sizeof text);
        assert_string_equal(text, "12.5");
    }
    assert_int_equal(pe_format_number(123456, "0", false, text, 4), 3);
    assert_string_equal(text, "123");
    assert_int_equal(pe_format_number(1, "0", false, text, 0), 0);
}

/* Any bytes are a format or not, without harm: a long format, every pair of bytes, huge numbers. */
static void any_bytes_are_survived(void **state)
{
    static const double values[] = {0, 1, -1, 0.1, -1e-300, 1e300, 2958465.99999, -123456.789};
    char format[300], text[128];
    (void)state;
    for (int a = 1; a < 256; a++)
        for (int b = 0; b < 128; b++) {
            char pair[8] = {(char)a, (char)b, '0', (char)a, '/', '0', (char)b, 0};
            double value = values[(a + b) % (int)PE_COUNT(values)];
            assert_true(pe_format_number(value, pair, (a & 1) != 0, text, sizeof text) <
                        sizeof text);
        }
    for (const char *c = "0#?,.%E@ymdhs\"[;/\\_*G"; *c != 0; c++) {
        memset(format, *c, sizeof format - 1);
        format[sizeof format - 1] = 0;
        for (size_t i = 0; i < PE_COUNT(values); i++)
            assert_true(pe_format_number(values[i], format, false, text, sizeof text) <
                        sizeof text);
    }
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(ROWS) + 2];
    for (size_t i = 0; i < PE_COUNT(ROWS); i++)
        tests[i] = (struct CMUnitTest){ROWS[i].format, row_is_shown, NULL, NULL, (void *)&ROWS[i]};
    tests[PE_COUNT(ROWS)] = (struct CMUnitTest)cmocka_unit_test(bad_formats_fall_back);
    tests[PE_COUNT(ROWS) + 1] = (struct CMUnitTest)cmocka_unit_test(any_bytes_are_survived);
    return _cmocka_run_group_tests("format", tests, PE_COUNT(tests), NULL, NULL);
}
