/* test_report_xlsx.c: the results workbook as a file: parts, sheet names, cells, formats, and that
 * it appears whole or not at all. What it looks like: test_report_pages.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report_case.h"
#include "report_package.h"

typedef struct fixture {
    report_case *c;
    const char *path;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->c = case_new();
    f->path = case_path(f->c, "results.xlsx");
    pe_report_options options = {.trials_sheet = false};
    *state = f;
    return pe_report_write_xlsx(&f->c->report, &options, f->path, NULL, NULL) == PE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    case_free(f->c);
    free(f);
    return 0;
}

static void every_part_is_xml(void **state)
{
    const fixture *f = *state;
    char bad[256];
    assert_true(package_check(f->path, bad) > 60);
    assert_string_equal(bad, "");
}

/* What Excel counts: UTF-16 units. */
static size_t units(const char *text)
{
    size_t n = 0, length = strlen(text);
    for (size_t at = 0; at < length;) n += pe_utf8_next(text, length, &at) > 0xFFFF ? 2 : 1;
    return n;
}

static void sheet_names_are_legal_and_unique(void **state)
{
    const fixture *f = *state;
    char names[64][200];
    int count = 0;
    while (count < 64 && package_sheet(f->path, count, names[count], sizeof names[0])) count++;
    assert_int_equal(count, 1 + 20 + 2); /* summary, the first 20 outputs, sensitivity, inputs */
    assert_string_equal(names[0], "Simulation Summary");
    assert_string_equal(names[count - 1], "Inputs");
    for (int i = 0; i < count; i++) {
        size_t n = strlen(names[i]);
        assert_true(units(names[i]) >= 1 && units(names[i]) <= 31);
        assert_null(strpbrk(names[i], "[]:*?/\\"));
        assert_true(names[i][0] != '\'' && names[i][n - 1] != '\'');
        assert_false(pe_text_equal_nocase(names[i], n, "history", 7));
        for (int k = 0; k < i; k++)
            if (pe_text_equal_nocase(names[i], n, names[k], strlen(names[k])))
                fail_msg("two sheets are named %s", names[i]);
    }
    assert_string_equal(names[1 + CASE_EURO], "Bob's cost   year  net");
}

static void summary_says_what_was_run(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *cell, *value;
    } rows[] = {{"A3", "Workbook"},
                {"B3", "folder/a \"model\".xlsx"},
                {"B4", "feb63d9474ce34aefbfb9a2245bddf20a0e04200029e5226e12ecf2a648ca396"},
                {"B5", "5,000, seed 7, Monte Carlo"},
                {"B6", "2026-03-01 12:30:00"},
                {"B9", "90 of 90 formulas agree with Excel's stored values"}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        char value[512];
        package_cell(f->path, 0, rows[i].cell, value, sizeof value, NULL);
        assert_string_equal(value, rows[i].value);
    }
}

/* Row of the first output on the summary sheet: below the heading "Output". */
static unsigned first_output_row(const char *path)
{
    for (unsigned row = 1; row < 40; row++) {
        char cell[16], value[256];
        snprintf(cell, sizeof cell, "A%u", row);
        package_cell(path, 0, cell, value, sizeof value, NULL);
        if (strcmp(value, "Output") == 0) return row + 1;
    }
    return 0;
}

static void summary_has_one_row_per_output(void **state)
{
    const fixture *f = *state;
    unsigned first = first_output_row(f->path);
    assert_true(first > 0);
    for (unsigned i = 0; i < CASE_OUTPUTS; i++) {
        const pe_report_output *o = &f->c->report.outputs[i];
        char cell[16], value[512];
        double mean = 0;
        snprintf(cell, sizeof cell, "B%u", first + i);
        package_cell(f->path, 0, cell, value, sizeof value, NULL);
        assert_string_equal(value, o->cell);
        snprintf(cell, sizeof cell, "C%u", first + i);
        package_cell(f->path, 0, cell, value, sizeof value, NULL);
        if (o->summary.n == 0)
            assert_string_equal(value, "-");
        else
            assert_true(sscanf(value, "%lf", &mean) == 1 &&
                        fabs(mean - o->summary.mean) <= 1e-14 * fabs(mean));
    }
}

static void errors_stand_beside_the_mean(void **state)
{
    const fixture *f = *state;
    char cell[16], value[512];
    snprintf(cell, sizeof cell, "O%u", first_output_row(f->path) + CASE_PERCENT);
    package_cell(f->path, 0, cell, value, sizeof value, NULL);
    assert_string_equal(value, "describes the other 92.7% of trials");
    package_cell(f->path, 1 + CASE_PERCENT, "A3", value, sizeof value, NULL);
    assert_string_equal(value, "describes the other 92.7% of trials");
}

static void a_few_errors_are_not_rounded_away(void **state)
{
    report_case *c = ((fixture *)*state)->c;
    pe_report r = c->report;
    pe_report_output o = r.outputs[CASE_MONEY];
    pe_value *trials = PE_PUSH(c->arena, pe_value, CASE_TRIALS);
    memcpy(trials, o.trials, CASE_TRIALS * sizeof *trials);
    trials[17] = pe_error(PE_ERROR_NUM);
    o.trials = trials;
    assert_int_equal(pe_summary_make(trials, CASE_TRIALS, NAN, c->arena, &o.summary, NULL), PE_OK);
    r.outputs = &o;
    r.output_count = 1;
    pe_report_options options = {.trials_sheet = true};
    const char *path = case_path(c, "few.xlsx");
    char value[256];
    assert_int_equal(pe_report_write_xlsx(&r, &options, path, NULL, NULL), PE_OK);
    package_cell(path, 1, "A3", value, sizeof value, NULL);
    assert_string_equal(value, "describes the other 99.98% of trials");
    package_cell(path, 4, "B19", value, sizeof value, NULL); /* Trials: row 1 the names */
    assert_string_equal(value, "#NUM!");
}

/* So many trials that the writer does not keep them in memory. */
static void many_trials_are_all_there(void **state)
{
    enum { TRIALS = 60000, OUTPUTS = 18 };
    report_case *c = ((fixture *)*state)->c;
    pe_report r = c->report;
    pe_value *trials = PE_PUSH(c->arena, pe_value, TRIALS);
    for (int t = 0; t < TRIALS; t++) trials[t] = pe_number(t / 4.0);
    trials[TRIALS - 2] = case_text(c->arena, "late & <rare>");
    r.outputs = PE_PUSH(c->arena, pe_report_output, OUTPUTS);
    r.output_count = OUTPUTS;
    r.trials = r.trials_asked = TRIALS;
    for (int i = 0; i < OUTPUTS; i++) {
        r.outputs[i] = c->report.outputs[CASE_MONEY];
        r.outputs[i].detail = i == 0;
        r.outputs[i].trials = trials;
    }
    pe_report_options options = {.trials_sheet = true};
    const char *path = case_path(c, "many.xlsx");
    char value[256], bad[256];
    assert_int_equal(pe_report_write_xlsx(&r, &options, path, NULL, NULL), PE_OK);
    assert_true(package_check(path, bad) > 10);
    assert_string_equal(bad, "");
    package_cell(path, 4, "A60001", value, sizeof value, NULL);
    assert_string_equal(value, "60000");
    package_cell(path, 4, "S60001", value, sizeof value, NULL);
    assert_string_equal(value, "14999.75");
    package_cell(path, 4, "S60000", value, sizeof value, NULL);
    assert_string_equal(value, "late & <rare>");
    package_cell(path, 0, "A1", value, sizeof value, NULL);
    assert_string_equal(value, "Power Engine: simulation summary");
    package_cell(path, 1, "B8", value, sizeof value, NULL);
    assert_true(fabs(strtod(value, NULL) - r.outputs[0].summary.mean) < 1e-9);
}

static void numbers_keep_the_cells_format(void **state)
{
    const fixture *f = *state;
    static const char *const codes[] = {
        "$#,##0;-$#,##0",
        "yyyy-mm-dd",
        "0.0 &quot;days&quot;",
        "0.0%",
        "#,##0 [$\xE2\x82\xAC-407];[Red]-#,##0 [$\xE2\x82\xAC-407]",
    };
    char *styles = package_part(f->path, "xl/styles.xml");
    for (size_t i = 0; i < PE_COUNT(codes); i++)
        if (strstr(styles, codes[i]) == NULL) fail_msg("no format %s", codes[i]);
    free(styles);
}

/* P(X <= x) counted over the trials. */
static double share_at_most(const pe_report_output *o, double x)
{
    uint64_t n = 0;
    for (uint64_t t = 0; t < CASE_TRIALS; t++)
        if (pe_is_number(o->trials[t]) && pe_as_number(o->trials[t]) <= x) n++;
    return (double)n / (double)o->summary.n;
}

/* The cell below "Value" in column E shows P(X <= base) as counted, to what lies between two
 * percentiles. */
static void live_probability_starts_right(void **state)
{
    const fixture *f = *state;
    static const int outputs[] = {CASE_MONEY, CASE_PERCENT, CASE_SPIKE, CASE_INTEGERS, CASE_HUGE};
    for (size_t i = 0; i < PE_COUNT(outputs); i++) {
        const pe_report_output *o = &f->c->report.outputs[outputs[i]];
        char value[256], formula[PACKAGE_FORMULA_BYTES];
        double p = NAN;
        package_cell(f->path, 1 + outputs[i], "E31", value, sizeof value, formula);
        assert_int_equal(strncmp(formula, "IF(E30<AA3,0,", 13), 0);
        assert_int_equal(sscanf(value, "%lf", &p), 1);
        assert_true(fabs(p - share_at_most(o, pe_as_number(o->base))) < 0.01);
    }
}

static void histogram_data_sums_to_n(void **state)
{
    const fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        const pe_summary *s = &f->c->report.outputs[i].summary;
        double sum = 0;
        if (s->kind != PE_SUMMARY_NUMBERS && s->kind != PE_SUMMARY_MIXED) continue;
        for (unsigned row = 3;; row++) {
            char cell[16], value[64];
            double count = 0;
            snprintf(cell, sizeof cell, "AM%u", row);
            package_cell(f->path, 1 + i, cell, value, sizeof value, NULL);
            if (sscanf(value, "%lf", &count) != 1) break;
            sum += count;
        }
        if (sum != (double)s->n) fail_msg("output %d: bars sum to %g", i, sum);
    }
}

static void charts_are_where_they_should_be(void **state)
{
    const fixture *f = *state;
    static const struct {
        int output, charts;
    } rows[] = {{CASE_MONEY, 3}, {CASE_PERCENT, 2}, {CASE_TEXT, 1}, {CASE_BOOLEAN, 1}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        char part[64];
        snprintf(part, sizeof part, "xl/worksheets/_rels/sheet%d.xml.rels", 2 + rows[i].output);
        char *relations = package_part(f->path, part);
        const char *drawing = relations != NULL ? strstr(relations, "../drawings/") : NULL;
        assert_non_null(drawing);
        snprintf(part, sizeof part, "xl/drawings/%.*s", (int)strcspn(drawing + 12, "\""),
                 drawing + 12);
        char *text = package_part(f->path, part);
        int charts = 0;
        for (const char *p = text; (p = strstr(p, "<c:chart ")) != NULL; p++) charts++;
        assert_int_equal(charts, rows[i].charts);
        free(text);
        free(relations);
    }
}

static void no_output_is_left_out(void **state)
{
    const fixture *f = *state;
    pe_report_options options = {.trials_sheet = false};
    pe_report all = f->c->report;
    all.outputs = PE_PUSH(f->c->arena, pe_report_output, CASE_OUTPUTS);
    memcpy(all.outputs, f->c->report.outputs, CASE_OUTPUTS * sizeof *all.outputs);
    for (int i = 0; i < CASE_OUTPUTS; i++) all.outputs[i].detail = true;
    const char *path = case_path(f->c, "all.xlsx");
    char name[200];
    assert_int_equal(pe_report_write_xlsx(&all, &options, path, NULL, NULL), PE_OK);
    assert_true(package_sheet(path, CASE_OUTPUTS + 2, name, sizeof name));
    assert_string_equal(name, "Inputs");
    assert_false(package_sheet(path, CASE_OUTPUTS + 3, name, sizeof name));
}

static void unwritable_folder_is_an_error(void **state)
{
    const fixture *f = *state;
    pe_diag diag = {0};
    pe_report_options options = {.trials_sheet = false};
    const char *path = case_path(f->c, "no/such/x.xlsx");
    assert_int_equal(pe_report_write_xlsx(&f->c->report, &options, path, NULL, &diag), PE_E_IO);
    assert_non_null(strstr(diag.what, "No such file"));
    assert_string_equal(diag.where, path);
}

static void folder_in_the_way_is_an_error(void **state)
{
    const fixture *f = *state;
    pe_diag diag = {0};
    pe_report_options options = {.trials_sheet = false};
    const char *path = case_path(f->c, "folder.xlsx");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(pe_report_write_xlsx(&f->c->report, &options, path, NULL, &diag), PE_E_IO);
    assert_true(strlen(diag.what) > 0);
    assert_int_equal(access(case_path(f->c, "folder.xlsx.part"), F_OK), -1);
}

static void cancelled_leaves_the_old_file(void **state)
{
    const fixture *f = *state;
    const char *path = case_path(f->c, "kept.xlsx");
    FILE *file = fopen(path, "wb");
    fputs("old", file);
    fclose(file);
    pe_control control = {.progress = NULL};
    pe_report_options options = {.trials_sheet = true};
    atomic_store(&control.cancel, true);
    assert_int_equal(pe_report_write_xlsx(&f->c->report, &options, path, &control, NULL),
                     PE_E_CANCELLED);
    char *text = case_read(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(access(case_path(f->c, "kept.xlsx.part"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_xml),
        cmocka_unit_test(sheet_names_are_legal_and_unique),
        cmocka_unit_test(summary_says_what_was_run),
        cmocka_unit_test(summary_has_one_row_per_output),
        cmocka_unit_test(errors_stand_beside_the_mean),
        cmocka_unit_test(a_few_errors_are_not_rounded_away),
        cmocka_unit_test(many_trials_are_all_there),
        cmocka_unit_test(numbers_keep_the_cells_format),
        cmocka_unit_test(live_probability_starts_right),
        cmocka_unit_test(histogram_data_sums_to_n),
        cmocka_unit_test(charts_are_where_they_should_be),
        cmocka_unit_test(no_output_is_left_out),
        cmocka_unit_test(unwritable_folder_is_an_error),
        cmocka_unit_test(folder_in_the_way_is_an_error),
        cmocka_unit_test(cancelled_leaves_the_old_file),
    };
    return cmocka_run_group_tests_name("report_xlsx", tests, set_up, tear_down);
}
