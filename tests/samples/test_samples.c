/* test_samples.c: the sample workbooks against statistics computed without this program (oracle.py
 * made expected.tsv: closed forms, or NumPy's own generator with the standard error of that
 * computation), within 4 standard errors at a fixed seed; and every formula of every sample against
 * the value that LibreOffice stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/cli_model.h"

#define SAMPLES PE_SOURCE_DIR "/samples/"

typedef struct sample {
    const char *name;
    const char *options; /* more outputs than the ones proposed, where the oracle computes them */
    int rows;            /* of expected.tsv */
} sample;

static const sample samples[] = {
    {"capital_project", "--target 'NPV<0'", 8},
    {"sales_forecast", "", 2},
    {"insurance_reserve", "", 9},
    {"project_schedule", "", 7},
    {"inventory", "--output Result!B2:B6", 9},
};

/* The value of statistic among output's, and its standard error by the output's own moments. */
static bool value_of(const json_t *output, const char *statistic, double expected, double *value,
                     double *error)
{
    double n = json_number_value(json_object_get(output, "n")), trials = n;
    json_t *errors = json_object_get(output, "errors"), *row;
    size_t i;
    trials += json_number_value(errors);
    *error = sqrt(expected * (1 - expected) / trials);
    if (strcmp(statistic, "mean") == 0) {
        *value = json_number_value(json_object_get(output, "mean"));
        *error = json_number_value(json_object_get(output, "standard_error"));
    } else if (strcmp(statistic, "sd") == 0) {
        double kurtosis = json_number_value(json_object_get(output, "kurtosis"));
        *value = json_number_value(json_object_get(output, "sd"));
        *error = *value * sqrt((kurtosis - 1) / 4 / n);
    } else if (strcmp(statistic, "errors") == 0) {
        *value = json_number_value(errors) / trials;
    } else if (strcmp(statistic, "share:<0") == 0) {
        row = json_array_get(json_object_get(output, "targets"), 0);
        *value = json_number_value(json_object_get(row, "probability"));
    } else {
        double count = -1, all = 0;
        json_array_foreach(json_object_get(output, "frequencies"), i, row)
        {
            double c = json_number_value(json_object_get(row, "count"));
            all += c;
            if (strcmp(json_string_value(json_object_get(row, "value")), statistic + 6) == 0)
                count = c;
        }
        *value = count / all;
        *error = sqrt(expected * (1 - expected) / all);
        return count >= 0;
    }
    return true;
}

static void check_row(const json_t *document, char **field)
{
    json_t *output, *found = NULL;
    size_t i;
    json_array_foreach(json_object_get(document, "outputs"), i,
                       output) if (strcmp(json_string_value(json_object_get(output, "name")),
                                          field[1]) == 0) found = output;
    if (found == NULL) fail_msg("%s: no output is named %s", field[0], field[1]);
    double expected = strtod(field[3], NULL), its = strtod(field[4], NULL), value = 0, ours = 0;
    if (!value_of(found, field[2], expected, &value, &ours))
        fail_msg("%s: %s has no %s", field[0], field[1], field[2]);
    double distance = (value - expected) / hypot(its, ours);
    print_message("  %-18s %-22s %-15s %14.8g expected %14.8g: %+.2f standard errors\n", field[0],
                  field[1], field[2], value, expected, distance);
    if (!(fabs(distance) <= 4))
        fail_msg("%s: %s of %s is %.10g, expected %.10g: %.2f standard errors", field[0], field[2],
                 field[1], value, expected, distance);
}

static int check_rows(const json_t *document, const char *name)
{
    char *text = cli_file_read(PE_SOURCE_DIR "/tests/samples", "expected.tsv"), *rest = text;
    int rows = 0;
    assert_non_null(text);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *field[6] = {NULL};
        for (int i = 0; i < 6; i++) field[i] = strsep(&line, "\t");
        if (field[4] == NULL || strcmp(field[0], name) != 0) continue;
        check_row(document, field);
        rows++;
    }
    free(text);
    return rows;
}

static void statistics_are_the_oracles(void **state)
{
    const sample *s = *state;
    char folder[64], arguments[512];
    cli_folder_new(folder);
    snprintf(arguments, sizeof arguments,
             "run " SAMPLES "%s.xlsx --trials 10000 --seed 1 --json - -o r.xlsx %s", s->name,
             s->options);
    cli_result result = cli_run(folder, arguments, 0);
    if (result.exit_code != 0) fail_msg("exit code %d: %s", result.exit_code, result.err);
    json_t *document = json_loads(result.out, 0, NULL);
    assert_non_null(document);
    assert_int_equal(check_rows(document, s->name), s->rows);
    json_decref(document);
    cli_result_free(&result);
    cli_folder_remove(folder);
}

static void every_formula_agrees(void **state)
{
    const sample *s = *state;
    char folder[64], arguments[512];
    cli_folder_new(folder);
    snprintf(arguments, sizeof arguments, "check " SAMPLES "%s.xlsx --json -", s->name);
    cli_result result = cli_run(folder, arguments, 0);
    if (result.exit_code != 0) fail_msg("exit code %d: %s", result.exit_code, result.out);
    json_t *document = json_loads(result.out, 0, NULL);
    assert_non_null(document);
    double compared = json_number_value(json_object_get(document, "compared"));
    assert_true(compared > 0);
    assert_true(compared == json_number_value(json_object_get(document, "agree")));
    assert_int_equal(json_array_size(json_object_get(document, "unsupported")), 0);
    assert_int_equal(json_array_size(json_object_get(document, "skipped")), 0);
    json_decref(document);
    cli_result_free(&result);
    cli_folder_remove(folder);
}

int main(void)
{
    struct CMUnitTest tests[2 * sizeof samples / sizeof samples[0]];
    size_t n = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        void *row = (void *)(uintptr_t)&samples[i];
        tests[n++] =
            (struct CMUnitTest){samples[i].name, statistics_are_the_oracles, NULL, NULL, row};
        tests[n++] = (struct CMUnitTest){samples[i].name, every_formula_agrees, NULL, NULL, row};
    }
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
