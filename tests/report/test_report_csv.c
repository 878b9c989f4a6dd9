/* test_report_csv.c: trials as CSV after RFC 4180: quoting, CRLF, numbers that read back the same;
 * the file appears whole or not at all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "report_case.h"

static pe_report small(report_case *c, const char *const *names, uint32_t outputs,
                       const pe_value *values, uint32_t trials)
{
    pe_report r = c->report;
    r.outputs = PE_PUSH(c->arena, pe_report_output, outputs);
    r.output_count = outputs;
    r.trials = trials;
    for (uint32_t i = 0; i < outputs; i++)
        r.outputs[i] = (pe_report_output){.name = names[i], .trials = values + (size_t)i * trials};
    return r;
}

static void quoting_follows_rfc_4180(void **state)
{
    report_case *c = *state;
    static const char *const names[] = {"a,b", "say \"x\"", "two\nlines"};
    pe_value values[6] = {pe_number(0.1),
                          pe_number(-1e300),
                          case_text(c->arena, "plain"),
                          case_text(c->arena, "q\"uote, comma"),
                          pe_error(PE_ERROR_DIV0),
                          pe_boolean(true)};
    pe_report r = small(c, names, 3, values, 2);
    const char *path = case_path(c, "quoted.csv");
    assert_int_equal(pe_report_write_csv(&r, path, NULL, NULL), PE_OK);
    char *text = case_read(path, NULL);
    assert_string_equal(text, "Trial,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\r\n"
                              "1,0.1,plain,#DIV/0!\r\n"
                              "2,-1e+300,\"q\"\"uote, comma\",TRUE\r\n");
    free(text);
}

static void numbers_read_back_the_same(void **state)
{
    report_case *c = *state;
    const char *path = case_path(c, "all.csv");
    assert_int_equal(pe_report_write_csv(&c->report, path, NULL, NULL), PE_OK);
    char *text = case_read(path, NULL), *line = text;
    uint32_t rows = 0;
    for (char *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2, rows++) {
        if (rows == 0) continue;
        const char *comma = strchr(line, ',');
        double read = 0, expected = pe_as_number(c->report.outputs[0].trials[rows - 1]);
        assert_int_equal(sscanf(comma + 1, "%lf", &read), 1);
        assert_true(read == expected);
    }
    assert_int_equal(rows, CASE_TRIALS + 1);
    free(text);
}

static void unwritable_place_is_an_error(void **state)
{
    report_case *c = *state;
    pe_diag diag = {0};
    const char *path = case_path(c, "no/such/x.csv");
    assert_int_equal(pe_report_write_csv(&c->report, path, NULL, &diag), PE_E_IO);
    assert_non_null(strstr(diag.what, "No such file"));
}

static void cancelled_leaves_the_old_file(void **state)
{
    report_case *c = *state;
    const char *path = case_path(c, "kept.csv");
    FILE *file = fopen(path, "wb");
    fputs("old", file);
    fclose(file);
    pe_control control = {.progress = NULL};
    atomic_store(&control.cancel, true);
    assert_int_equal(pe_report_write_csv(&c->report, path, &control, NULL), PE_E_CANCELLED);
    char *text = case_read(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(access(case_path(c, "kept.csv.part"), F_OK), -1);
}

static int set_up(void **state)
{
    *state = case_new();
    return 0;
}

static int tear_down(void **state)
{
    case_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoting_follows_rfc_4180),
        cmocka_unit_test(numbers_read_back_the_same),
        cmocka_unit_test(unwritable_place_is_an_error),
        cmocka_unit_test(cancelled_leaves_the_old_file),
    };
    return cmocka_run_group_tests_name("report_csv", tests, set_up, tear_down);
}
