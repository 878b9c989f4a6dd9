/* test_report_json.c: the JSON that others' scripts read: every key of the contract is there with
 * its type, null where a number is undefined, and the file appears whole or not at all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "report_case.h"

typedef struct fixture {
    report_case *c;
    json_t *run, *check;
} fixture;

/* "s" string, "i" integer, "n" number, "a" array, "o" object, "?" also null */
typedef struct key_row {
    const char *key, *type;
} key_row;

static bool fits(const json_t *value, const char *type)
{
    if (json_is_null(value)) return strchr(type, '?') != NULL;
    return (strchr(type, 's') != NULL && json_is_string(value)) ||
           (strchr(type, 'i') != NULL && json_is_integer(value)) ||
           (strchr(type, 'n') != NULL && json_is_number(value)) ||
           (strchr(type, 'b') != NULL && json_is_boolean(value)) ||
           (strchr(type, 'a') != NULL && json_is_array(value)) ||
           (strchr(type, 'o') != NULL && json_is_object(value));
}

static void assert_keys(const json_t *object, const key_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, rows[i].key);
        if (value == NULL) fail_msg("no key %s", rows[i].key);
        if (!fits(value, rows[i].type)) fail_msg("%s is not %s", rows[i].key, rows[i].type);
    }
}

static const key_row run_keys[] = {{"workbook", "s"},
                                   {"trials", "i"},
                                   {"seed", "i"},
                                   {"sampling", "s"},
                                   {"backend", "s"},
                                   {"now", "s"},
                                   {"check", "o"},
                                   {"inputs", "a"},
                                   {"outputs", "a"},
                                   {"timings", "o"},
                                   {"memory_peak_bytes", "i"},
                                   {"warnings", "a"}};
static const key_row counts_keys[] = {
    {"formulas", "i"}, {"compared", "i"}, {"agree", "i"}, {"pinned", "i"}, {"differ", "i"}};
static const key_row input_keys[] = {{"name", "s"}, {"cell", "s"}, {"distribution", "s"}};
static const key_row output_keys[] = {{"name", "s"},
                                      {"cell", "s"},
                                      {"kind", "s"},
                                      {"unit", "s?"},
                                      {"number_format", "s"},
                                      {"base", "nsb?"},
                                      {"n", "i"},
                                      {"errors", "i"},
                                      {"error_counts", "o"},
                                      {"text_count", "i"},
                                      {"frequencies", "a"},
                                      {"mean", "n?"},
                                      {"mean_ci", "a"},
                                      {"standard_error", "n?"},
                                      {"sd", "n?"},
                                      {"variance", "n?"},
                                      {"skewness", "n?"},
                                      {"kurtosis", "n?"},
                                      {"mode", "n?"},
                                      {"min", "n?"},
                                      {"max", "n?"},
                                      {"percentiles", "o"},
                                      {"tornado", "a"}};
static const key_row timing_keys[] = {{"read", "n"},     {"parse", "n"},      {"compile", "n"},
                                      {"simulate", "n"}, {"statistics", "n"}, {"report", "n"},
                                      {"total", "n"}};
static const key_row check_keys[] = {{"formulas", "i"}, {"compared", "i"}, {"agree", "i"},
                                     {"pinned", "i"},   {"differ", "a"},   {"unsupported", "a"},
                                     {"skipped", "a"},  {"warnings", "a"}};
static const key_row differ_keys[] = {
    {"cell", "s"}, {"formula", "s"}, {"expected", "nsb?"}, {"actual", "nsb?"}, {"root", "b"}};

static int set_up(void **state)
{
    static pe_report_difference differ[] = {{"'Sheet 1'!B7", "=A1*2", {0}, {0}, true},
                                            {"Sheet2!C1", "='Sheet 1'!B7+1", {0}, {0}, false}};
    static pe_report_cell unsupported[] = {{"Sheet2!B7", "GETPIVOTDATA"}},
                          skipped[] = {{"Sheet2!B8", "part of a data table"}};
    fixture *f = calloc(1, sizeof *f);
    f->c = case_new();
    differ[0].expected = pe_number(4);
    differ[0].actual = pe_number(5);
    differ[1].expected = case_text(f->c->arena, "text");
    differ[1].actual = pe_error(PE_ERROR_DIV0);
    pe_report_check *check = &f->c->report.check;
    check->differ = differ;
    check->differ_count = 2;
    check->unsupported = unsupported;
    check->unsupported_count = 1;
    check->skipped = skipped;
    check->skipped_count = 1;
    const char *run = case_path(f->c, "run.json"), *checked = case_path(f->c, "check.json");
    pe_diag diag;
    if (pe_report_write_json(&f->c->report, run, NULL, &diag) != PE_OK) return -1;
    if (pe_report_write_check_json(&f->c->report, checked, NULL, &diag) != PE_OK) return -1;
    f->run = json_load_file(run, JSON_REJECT_DUPLICATES, NULL);
    f->check = json_load_file(checked, JSON_REJECT_DUPLICATES, NULL);
    *state = f;
    return f->run != NULL && f->check != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    json_decref(f->run);
    json_decref(f->check);
    case_free(f->c);
    free(f);
    return 0;
}

static json_t *output(const fixture *f, size_t i)
{
    return json_array_get(json_object_get(f->run, "outputs"), i);
}

static double number_at(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void run_has_the_contracts_keys(void **state)
{
    const fixture *f = *state;
    assert_keys(f->run, run_keys, PE_COUNT(run_keys));
    assert_keys(json_object_get(f->run, "check"), counts_keys, PE_COUNT(counts_keys));
    assert_keys(json_object_get(f->run, "timings"), timing_keys, PE_COUNT(timing_keys));
    assert_string_equal(json_string_value(json_object_get(f->run, "sampling")), "monte_carlo");
    assert_int_equal(json_integer_value(json_object_get(f->run, "trials")), CASE_TRIALS);
    assert_int_equal(json_integer_value(json_object_get(f->run, "memory_peak_bytes")), 12345678);
}

static void inputs_have_the_contracts_keys(void **state)
{
    const fixture *f = *state;
    const json_t *inputs = json_object_get(f->run, "inputs"), *wage = json_array_get(inputs, 2);
    assert_int_equal(json_array_size(inputs), 3);
    for (size_t i = 0; i < 3; i++)
        assert_keys(json_array_get(inputs, i), input_keys, PE_COUNT(input_keys));
    assert_string_equal(json_string_value(json_object_get(wage, "cell")), "'Plan 2'!B7");
    assert_true(json_is_null(json_object_get(wage, "mean"))); /* not described */
}

static void outputs_have_the_contracts_keys(void **state)
{
    const fixture *f = *state;
    assert_int_equal(json_array_size(json_object_get(f->run, "outputs")), CASE_OUTPUTS);
    for (size_t i = 0; i < CASE_OUTPUTS; i++)
        assert_keys(output(f, i), output_keys, PE_COUNT(output_keys));
}

static void kinds_of_outputs(void **state)
{
    static const struct {
        int output;
        const char *kind;
    } rows[] = {{CASE_MONEY, "number"},      {CASE_TEXT, "text"},    {CASE_MIXED, "mixed"},
                {CASE_CONSTANT, "constant"}, {CASE_ERRORS, "error"}, {CASE_BOOLEAN, "text"}};
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        assert_string_equal(
            json_string_value(json_object_get(output(*state, (size_t)rows[i].output), "kind")),
            rows[i].kind);
}

static void undefined_numbers_are_null(void **state)
{
    static const int undefined[] = {CASE_TEXT, CASE_ERRORS, CASE_BOOLEAN};
    static const char *const keys[] = {"mean",     "standard_error", "sd",  "variance", "skewness",
                                       "kurtosis", "mode",           "min", "max"};
    const fixture *f = *state;
    for (size_t i = 0; i < PE_COUNT(undefined); i++) {
        const json_t *o = output(f, (size_t)undefined[i]);
        for (size_t k = 0; k < PE_COUNT(keys); k++)
            if (!json_is_null(json_object_get(o, keys[k]))) fail_msg("%s is a number", keys[k]);
        assert_true(json_is_null(json_object_get(json_object_get(o, "percentiles"), "50")));
        assert_true(json_is_null(json_array_get(json_object_get(o, "mean_ci"), 0)));
        assert_int_equal(json_array_size(json_object_get(o, "mean_ci")), 2);
    }
    assert_true(json_is_null(json_object_get(output(f, CASE_CONSTANT), "skewness")));
    assert_true(json_is_null(json_object_get(output(f, CASE_DICE), "base")));
    assert_true(json_is_null(json_object_get(output(f, CASE_DICE), "unit")));
}

static void percentiles_are_keyed_by_percent(void **state)
{
    static const char *const keys[] = {"1",  "2.5", "5",  "10", "15", "20",   "25", "30",
                                       "35", "40",  "45", "50", "55", "60",   "65", "70",
                                       "75", "80",  "85", "90", "95", "97.5", "99"};
    const json_t *p = json_object_get(output(*state, CASE_MONEY), "percentiles");
    double last = -INFINITY;
    assert_int_equal(json_object_size(p), PE_COUNT(keys));
    for (size_t i = 0; i < PE_COUNT(keys); i++) {
        assert_true(json_is_number(json_object_get(p, keys[i])));
        assert_true(number_at(p, keys[i]) >= last);
        last = number_at(p, keys[i]);
    }
}

static void errors_are_counted_by_kind(void **state)
{
    const fixture *f = *state;
    const json_t *percent = output(f, CASE_PERCENT), *all = output(f, CASE_ERRORS);
    assert_int_equal(number_at(percent, "errors"), 365);
    assert_int_equal(number_at(percent, "n"), CASE_TRIALS - 365);
    assert_int_equal(number_at(json_object_get(percent, "error_counts"), "#NUM!"), 365);
    assert_int_equal(number_at(json_object_get(all, "error_counts"), "#DIV/0!"), CASE_TRIALS / 2);
    assert_int_equal(number_at(json_object_get(all, "error_counts"), "#N/A"), CASE_TRIALS / 2);
}

static void frequencies_sum_to_the_texts(void **state)
{
    const json_t *o = output(*state, CASE_TEXT), *rows = json_object_get(o, "frequencies");
    double sum = 0;
    assert_int_equal(json_array_size(rows), 3);
    for (size_t i = 0; i < 3; i++) sum += number_at(json_array_get(rows, i), "count");
    assert_int_equal(sum, CASE_TRIALS);
    assert_int_equal(number_at(o, "text_count"), CASE_TRIALS);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "value")),
                        "invest");
    assert_string_equal(json_string_value(json_object_get(o, "base")), "invest");
}

static void histograms_sum_to_n(void **state)
{
    for (size_t i = 0; i < CASE_OUTPUTS; i++) {
        const json_t *o = output(*state, i), *bars = json_object_get(o, "histogram");
        double sum = 0;
        for (size_t b = 0; b < json_array_size(bars); b++)
            sum += number_at(json_array_get(bars, b), "count");
        if (json_array_size(bars) > 0 && sum != number_at(o, "n"))
            fail_msg("output %zu: bars sum to %g", i, sum);
    }
}

static void numbers_read_back_the_same(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < CASE_OUTPUTS; i++) {
        const pe_summary *s = &f->c->report.outputs[i].summary;
        if (s->n == 0) continue;
        assert_true(number_at(output(f, i), "mean") == s->mean);
        assert_true(number_at(output(f, i), "max") == s->max);
    }
}

static void check_has_the_contracts_keys(void **state)
{
    const fixture *f = *state;
    const json_t *differ = json_object_get(f->check, "differ"), *second = json_array_get(differ, 1);
    assert_keys(f->check, check_keys, PE_COUNT(check_keys));
    assert_int_equal(json_array_size(differ), 2);
    for (size_t i = 0; i < 2; i++)
        assert_keys(json_array_get(differ, i), differ_keys, PE_COUNT(differ_keys));
    assert_string_equal(json_string_value(json_object_get(json_array_get(differ, 0), "cell")),
                        "'Sheet 1'!B7");
    assert_string_equal(json_string_value(json_object_get(second, "expected")), "text");
    assert_string_equal(json_string_value(json_object_get(second, "actual")), "#DIV/0!");
    const json_t *unsupported = json_array_get(json_object_get(f->check, "unsupported"), 0),
                 *skipped = json_array_get(json_object_get(f->check, "skipped"), 0);
    assert_string_equal(json_string_value(json_object_get(unsupported, "function")),
                        "GETPIVOTDATA");
    assert_string_equal(json_string_value(json_object_get(skipped, "reason")),
                        "part of a data table");
}

static void seeds_are_never_changed(void **state)
{
    static const struct {
        uint64_t seed;
        const char *written;
    } rows[] = {{9223372036854775807u, "\"seed\": 9223372036854775807,"},
                {18446744073709551615u, "\"seed\": \"18446744073709551615\","}};
    report_case *c = ((fixture *)*state)->c;
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_report r = c->report;
        r.seed = rows[i].seed;
        assert_int_equal(pe_report_write_json(&r, case_path(c, "seed.json"), NULL, NULL), PE_OK);
        char *text = case_read(case_path(c, "seed.json"), NULL);
        assert_non_null(strstr(text, rows[i].written));
        free(text);
    }
}

static void stopped_and_named_runs_say_so(void **state)
{
    report_case *c = ((fixture *)*state)->c;
    const json_t *whole = ((fixture *)*state)->run;
    pe_report r = c->report;
    const char *path = case_path(c, "stopped.json");
    assert_null(json_object_get(whole, "incomplete"));
    assert_null(json_object_get(whole, "run_name"));
    r.trials_asked = 20000;
    r.run_name = "Price +10%";
    assert_int_equal(pe_report_write_json(&r, path, NULL, NULL), PE_OK);
    json_t *run = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_true(json_object_get(run, "incomplete")));
    assert_int_equal(json_integer_value(json_object_get(run, "trials")), CASE_TRIALS);
    assert_int_equal(json_integer_value(json_object_get(run, "trials_asked")), 20000);
    assert_string_equal(json_string_value(json_object_get(run, "run_name")), "Price +10%");
    json_decref(run);
}

static void writes_to_a_stream(void **state)
{
    const fixture *f = *state;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    assert_int_equal(pe_report_write_json(&f->c->report, "-", stream, NULL), PE_OK);
    fclose(stream);
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    json_decref(document);
    free(text);
}

static void unwritable_place_is_an_error(void **state)
{
    const fixture *f = *state;
    pe_diag diag = {0};
    assert_int_equal(
        pe_report_write_json(&f->c->report, case_path(f->c, "no/such/x.json"), NULL, &diag),
        PE_E_IO);
    assert_non_null(strstr(diag.what, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_has_the_contracts_keys),
        cmocka_unit_test(inputs_have_the_contracts_keys),
        cmocka_unit_test(outputs_have_the_contracts_keys),
        cmocka_unit_test(kinds_of_outputs),
        cmocka_unit_test(undefined_numbers_are_null),
        cmocka_unit_test(percentiles_are_keyed_by_percent),
        cmocka_unit_test(errors_are_counted_by_kind),
        cmocka_unit_test(frequencies_sum_to_the_texts),
        cmocka_unit_test(histograms_sum_to_n),
        cmocka_unit_test(numbers_read_back_the_same),
        cmocka_unit_test(check_has_the_contracts_keys),
        cmocka_unit_test(seeds_are_never_changed),
        cmocka_unit_test(stopped_and_named_runs_say_so),
        cmocka_unit_test(writes_to_a_stream),
        cmocka_unit_test(unwritable_place_is_an_error),
    };
    return cmocka_run_group_tests_name("report_json", tests, set_up, tear_down);
}
