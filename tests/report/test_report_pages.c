/* test_report_pages.c: the results workbook as LibreOffice shows it: opened, recalculated and
 * printed. Skips where there is no LibreOffice. With a folder as argument, leaves the workbook and
 * its pages there to be looked at. */
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
    bool office;
    const char *recalculated; /* the workbook as LibreOffice saves it */
    char *text;               /* of all pages */
} fixture;

/* A profile that recalculates every workbook on loading, so that cached values count for nothing.
 */
static const char profile[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\">"
    "<item oor:path=\"/org.openoffice.Office.Calc/Formula/Load\">"
    "<prop oor:name=\"OOXMLRecalcMode\" oor:op=\"fuse\"><value>0</value></prop></item>"
    "</oor:items>\n";

static bool run_command(const char *format, const char *a, const char *b, const char *c)
{
    char command[2048];
    int n = snprintf(command, sizeof command, format, a, b, c);
    return n > 0 && (size_t)n < sizeof command && system(command) == 0;
}

static void write_profile(report_case *c)
{
    mkdir(case_path(c, "profile"), 0700);
    mkdir(case_path(c, "profile/user"), 0700);
    FILE *file = fopen(case_path(c, "profile/user/registrymodifications.xcu"), "wb");
    if (file == NULL) return;
    fputs(profile, file);
    fclose(file);
}

/* Types values into the cells that are there for it, so that LibreOffice computes what nobody
 * stored: done by giving each output another base case. */
static const double typed[] = {-1500000, 0.15, 46030, 0, 3.5, 0, 4, 321, 1.05e18, 2.1e-9};

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->c = case_new();
    f->office = system("command -v soffice pdftotext >/dev/null 2>&1") == 0;
    *state = f;
    if (!f->office) return 0;
    for (size_t i = 0; i < PE_COUNT(typed); i++)
        if (pe_is_number(f->c->report.outputs[i].base))
            f->c->report.outputs[i].base = pe_number(typed[i]);
    write_profile(f->c);
    pe_report_options options = {.trials_sheet = false};
    const char *path = case_path(f->c, "hard.xlsx"), *folder = f->c->folder;
    if (pe_report_write_xlsx(&f->c->report, &options, path, NULL, NULL) != PE_OK) return -1;
    static const char convert[] =
        "timeout 280 soffice -env:UserInstallation=file://%s/profile --headless "
        "--convert-to %s >/dev/null 2>&1";
    mkdir(case_path(f->c, "again"), 0700);
    const char *pdf = pe_arena_printf(f->c->arena, "pdf --outdir %s %s", folder, path),
               *again = pe_arena_printf(f->c->arena, "xlsx --outdir %s/again %s", folder, path);
    if (!run_command(convert, folder, pdf, "") || !run_command(convert, folder, again, ""))
        return -1;
    if (!run_command("pdftotext -layout %s/hard.pdf %s/hard.txt%s", folder, folder, "")) return -1;
    f->text = case_read(case_path(f->c, "hard.txt"), NULL);
    f->recalculated = case_path(f->c, "again/hard.xlsx");
    return f->text != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    case_free(f->c);
    free(f->text);
    free(f);
    return 0;
}

static fixture *ready(void **state)
{
    fixture *f = *state;
    if (!f->office) {
        print_message("skipped: LibreOffice or pdftotext is not installed\n");
        skip();
    }
    return f;
}

static void every_sheet_is_one_page(void **state)
{
    const fixture *f = ready(state);
    int pages = 0;
    for (const char *p = f->text; (p = strchr(p, '\f')) != NULL; p++) pages++;
    assert_int_equal(pages, 1 + 20 + 2);
}

static void nothing_is_too_wide_for_its_column(void **state)
{
    assert_null(strstr(ready(state)->text, "###"));
}

static void nothing_fails_on_recalculation(void **state)
{
    const fixture *f = ready(state);
    assert_null(strstr(f->text, "Err:"));
    assert_null(strstr(f->text, "#NAME?"));
    assert_null(strstr(f->text, "#REF!"));
    assert_null(strstr(f->text, "#VALUE!"));
}

static void pages_say_what_they_should(void **state)
{
    static const char *const texts[] = {
        "Power Engine: simulation summary",
        "90 of 90 formulas agree with Excel's stored values",
        "describes the other 92.7% of trials",
        "Power Engine: NPV",
        "Kurtosis (normal = 3)",
        "What drives it: rank correlation (grey: within noise)",
        "Variable cost per unit",
        "Power Engine: what drives the outputs",
        "P(X <= value)",
        "lower end of each bar",
        "the same in every trial",
        "2026-01-0", /* dates are dates */
        "days",      /* and their standard deviation a number of days */
        "24/12/2025",
        "8.7 days",
        "an error in every trial",
    };
    const fixture *f = ready(state);
    for (size_t i = 0; i < PE_COUNT(texts); i++)
        if (strstr(f->text, texts[i]) == NULL) fail_msg("nowhere: %s", texts[i]);
}

/* The live formula, computed by LibreOffice, against the share counted over the trials. */
static void live_probability_is_right(void **state)
{
    const fixture *f = ready(state);
    static const int outputs[] = {CASE_MONEY, CASE_PERCENT, CASE_DATE, CASE_MIXED,
                                  CASE_SPIKE, CASE_HUGE,    CASE_TINY};
    for (size_t i = 0; i < PE_COUNT(outputs); i++) {
        const pe_report_output *o = &f->c->report.outputs[outputs[i]];
        char value[256];
        double p = NAN;
        uint64_t below = 0;
        package_cell(f->recalculated, 1 + outputs[i], "E31", value, sizeof value, NULL);
        assert_int_equal(sscanf(value, "%lf", &p), 1);
        for (uint64_t t = 0; t < CASE_TRIALS; t++)
            if (pe_is_number(o->trials[t]) && pe_as_number(o->trials[t]) <= pe_as_number(o->base))
                below++;
        double counted = (double)below / (double)o->summary.n;
        if (!(fabs(p - counted) < 0.005))
            fail_msg("output %d: %g, counted %g", outputs[i], p, counted);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sheet_is_one_page),
        cmocka_unit_test(nothing_is_too_wide_for_its_column),
        cmocka_unit_test(nothing_fails_on_recalculation),
        cmocka_unit_test(pages_say_what_they_should),
        cmocka_unit_test(live_probability_is_right),
    };
    if (argc > 1) {
        void *state = NULL;
        int failed = set_up(&state);
        fixture *f = state;
        bool kept = failed == 0 && run_command("cp %s/hard.xlsx %s/hard.pdf %s", f->c->folder,
                                               f->c->folder, argv[1]);
        tear_down(&state);
        return kept ? 0 : 1;
    }
    return cmocka_run_group_tests_name("report_pages", tests, set_up, tear_down);
}
