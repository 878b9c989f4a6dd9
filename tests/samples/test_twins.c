/* test_twins.c: one model in two formats. The samples, and models with data tables and with
 * settings in the workbook, are saved as .ods by LibreOffice; with the same seed the two give the
 * same statistics, to the last bit, and every formula agrees with the value that LibreOffice
 * stored. And data tables against LibreOffice's own values. Skipped where LibreOffice is not
 * installed. */
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

#define DATA PE_SOURCE_DIR "/tests/workbook/data/"

typedef struct twin {
    const char *name;
    const char *lines;   /* of a model written here; NULL: a sample */
    const char *options; /* of the runs */
} twin;

static const twin twins[] = {
    {"capital_project", NULL, ""},
    {"sales_forecast", NULL, ""},
    {"insurance_reserve", NULL, ""},
    {"project_schedule", NULL, ""},
    {"inventory", NULL, "--output Result!B2:B6"},
    {"data_tables",
     "Model!B1 10\nModel!B2 =NORM.INV(RAND(),100,20)\nModel!B3 =B1*B2-500\nModel!B4 0.5\n"
     "Model!A11 8\nModel!A12 10\nModel!A13 12\nModel!B10 =B3\nModel!B11:B13 [B1]\n"
     "Model!E10 =B3*B4\nModel!E11 8\nModel!E12 12\nModel!F10 =E10+RAND()\n"
     "Model!F11:F12 [B1]\nModel!H1 =SUM(B11:B13)-F12\n",
     "--output Model!B11:B13 --output Model!F11:F12 --output Model!H1"},
    {"settings",
     "Model!B1 12\nModel!B2 =B1*2\n"
     "Power Engine!A1 'Setting\nPower Engine!B1 'Cell\nPower Engine!C1 'Value\nPower Engine!D1 "
     "'Name\n"
     "Power Engine!A2 'Trials\nPower Engine!C2 500\nPower Engine!A3 'Seed\nPower Engine!C3 9\n"
     "Power Engine!A4 'Input\nPower Engine!B4 =Model!B1 |12\nPower Engine!C4 'normal(10,2)\n"
     "Power Engine!D4 'Unit price\nPower Engine!A5 'Output\nPower Engine!B5 =Model!B2 |24\n"
     "Power Engine!D5 'Result\nPower Engine!A6 'Target\nPower Engine!B6 =Model!B2 |24\n"
     "Power Engine!C6 '<20\nhidden: Power Engine\n",
     ""},
};

static struct {
    char folder[64];
    bool office;
} all;

static bool command(const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return system(text) == 0;
}

static int set_up(void **state)
{
    (void)state;
    cli_folder_new(all.folder);
    all.office = command("command -v soffice >/dev/null 2>&1");
    if (!all.office) return 0;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s.xlsx", all.folder, twins[i].name);
        if (twins[i].lines != NULL)
            cli_model_write(path, twins[i].lines);
        else if (!command("cp %s/samples/%s.xlsx %s", PE_SOURCE_DIR, twins[i].name, path))
            return -1;
    }
    return command("cd %s && timeout 240 soffice -env:UserInstallation=file://%s/profile "
                   "--headless --convert-to ods *.xlsx >/dev/null 2>&1",
                   all.folder, all.folder)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    if (!command("rm -rf %s/profile", all.folder)) return -1;
    cli_folder_remove(all.folder);
    return 0;
}

static void need_office(void)
{
    if (all.office) return;
    print_message("skipped: LibreOffice is not installed\n");
    skip();
}

static json_t *result_of(const char *arguments)
{
    cli_result result = cli_run(all.folder, arguments, 0);
    json_t *document = json_loads(result.out, 0, NULL);
    if (document == NULL) fail_msg("%s: exit code %d: %s", arguments, result.exit_code, result.err);
    cli_result_free(&result);
    return document;
}

static json_t *run_of(const twin *t, const char *extension)
{
    char arguments[512];
    snprintf(arguments, sizeof arguments, "run %s.%s --seed 5 %s --json - -o r.xlsx %s", t->name,
             extension, t->lines == NULL ? "--trials 5000" : "", t->options);
    return result_of(arguments);
}

/* What the stored case (other draws) and the way a format is written decide. */
static bool may_differ(const char *key)
{
    return strcmp(key, "base") == 0 || strcmp(key, "p_at_most_base") == 0 ||
           strcmp(key, "number_format") == 0 || strcmp(key, "unit") == 0;
}

static void has_equal_statistics(void **state)
{
    const twin *t = *state;
    need_office();
    json_t *a = run_of(t, "xlsx"), *b = run_of(t, "ods"), *output;
    size_t i;
    json_t *others = json_object_get(b, "outputs");
    assert_true(json_array_size(others) > 0);
    assert_int_equal(json_array_size(json_object_get(a, "outputs")), json_array_size(others));
    json_array_foreach(json_object_get(a, "outputs"), i, output)
    {
        const char *key;
        json_t *value;
        json_object_foreach(output, key, value)
        {
            json_t *other = json_object_get(json_array_get(others, i), key);
            if (!may_differ(key) && !json_equal(value, other))
                fail_msg("output %zu: %s differs: %s, %s", i, key,
                         json_dumps(value, JSON_ENCODE_ANY), json_dumps(other, JSON_ENCODE_ANY));
        }
    }
    json_decref(a);
    json_decref(b);
}

static void agrees_with_what_is_stored(void **state)
{
    const twin *t = *state;
    char arguments[256];
    need_office();
    snprintf(arguments, sizeof arguments, "check %s.ods --json -", t->name);
    json_t *document = result_of(arguments);
    double compared = json_number_value(json_object_get(document, "compared"));
    assert_true(compared > 0);
    assert_true(compared == json_number_value(json_object_get(document, "agree")));
    assert_int_equal(json_array_size(json_object_get(document, "unsupported")), 0);
    assert_int_equal(json_array_size(json_object_get(document, "skipped")), 0);
    json_decref(document);
}

/* Every cell of tables.ods that is a data table, against tables.tsv (LibreOffice's values). */
static void data_tables_are_libreoffices(void **state)
{
    (void)state;
    char *text = cli_file_read(DATA, "tables.tsv"), *rest = text;
    static const char options[] =
        "run " DATA "tables.ods --input 'Model!J1=normal(0,1)' --trials 10 --json - -o t.xlsx "
        "--output Model!B11:C13 --output Model!F11:H11 --output Model!B21:C23 --output "
        "Model!F30:F31 --output Model!H40 --output Table!B2:B3";
    json_t *document = result_of(options), *output;
    int checked = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *field[5] = {NULL}, name[64];
        for (int i = 0; i < 5; i++) field[i] = strsep(&line, "\t");
        if (field[4] == NULL || strncmp(field[4], "=TABLE(", 7) != 0) continue;
        snprintf(name, sizeof name, "%s!%s", field[0], field[1]);
        size_t i;
        json_array_foreach(json_object_get(document, "outputs"), i, output)
        {
            if (strcmp(json_string_value(json_object_get(output, "name")), name) != 0) continue;
            checked++;
            if (json_number_value(json_object_get(output, "mean")) != strtod(field[3], NULL))
                fail_msg("%s is not %s", name, field[3]);
        }
    }
    assert_int_equal(checked, 20);
    json_decref(document);
    free(text);
}

int main(void)
{
    struct CMUnitTest tests[2 * sizeof twins / sizeof twins[0] + 1];
    size_t n = 0;
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        void *row = (void *)(uintptr_t)&twins[i];
        tests[n++] = (struct CMUnitTest){twins[i].name, has_equal_statistics, NULL, NULL, row};
        tests[n++] =
            (struct CMUnitTest){twins[i].name, agrees_with_what_is_stored, NULL, NULL, row};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(data_tables_are_libreoffices);
    return cmocka_run_group_tests_name("twins", tests, set_up, tear_down);
}
