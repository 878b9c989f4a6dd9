/* test_allocation.c: the n-th allocation of a whole run fails, for all n: the run ends with
 * PE_E_MEMORY or goes on as if nothing had been, everything allocated is freed, and no file is left
 * half written. The linker sends the host's allocations here (--wrap); those inside other libraries
 * do not fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../workbook/package_build.h"
#include "failing.h"
#include "whole_path.h"

static const char formulas[] =
    "=SUM(A1:A7)+D1\n"
    "=VLOOKUP(A2,A1:C6,3)+SUMIF(A:A,\">0\")\n"
    "=TEXT(D2,\"0.00\")&UPPER(B1)&TEXTJOIN(\",\",TRUE,B1:B6)\n"
    "#SORT(UNIQUE(A1:A7))\n"
    "{A1:A3*D1\n"
    "=OFFSET(A1,INT(D1*3),0)+INDIRECT(\"D\"&INT(D1*3+1))\n"
    "=SUM(MAP(SEQUENCE(4),LAMBDA(x,twice(x)+D1)))\n"
    "=IF(D1>0.5,G9,G1)+IRR(A1:A7)\n"
    "=IF(D1>0.5,1,G8)\n"
    "%12\n"
    "=RiskOutput(\"total\")+SUM(D1:D3)+NPV(rate,A1:A7,D2)\n"
    "=RiskTriang(1,2,D1+4,RiskName(\"t\"))+RiskDiscrete({1,2,3},{1,1,2})\n"
    "=LARGE(D1:D3,2)+MEDIAN(column)+COUNTIFS(A1:A7,\">0\",A1:A7,\"<5\")\n"
    "=nothing+1\n=unsupported(";

static const char sheet_rows[] =
    "<row r=\"1\"><c r=\"A1\"><v>10</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\"><f>RAND()"
    "</f><v>0.5</v></c></row><row r=\"2\"><c r=\"A2\"><f>A1*C1</f><v>5</v></c><c r=\"B2\" "
    "t=\"inlineStr\"><is><t>in line</t></is></c><c r=\"D2\" t=\"str\"><f>B1&amp;B2</f>"
    "<v>rich textin line</v></c></row>";

static char folder[] = "/tmp/pe-allocation-XXXXXX";

static unsigned files_left(bool remove_them)
{
    char path[512];
    unsigned count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || e->d_name[1] == '.')) continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (remove_them) unlink(path);
    }
    closedir(d);
    return count;
}

typedef struct source {
    const char *text;
    const unsigned char *bytes;
    size_t length;
} source;

static pe_status run_once(const source *s, const whole_path_options *options, pe_diag *diag)
{
    pe_workbook *workbook = NULL;
    const pe_read_options read_options = {0};
    pe_status status = s->text != NULL ? whole_path_workbook(s->text, s->length, &workbook, diag)
                                       : pe_workbook_read_bytes(s->bytes, s->length, &read_options,
                                                                NULL, NULL, &workbook, diag);
    return status == PE_OK ? whole_path_run(workbook, options, diag) : status;
}

/* Returns how many allocations a run makes. */
static uint64_t fail_each(const source *s, failing_which which, bool restart)
{
    char json[64], results[64];
    snprintf(json, sizeof json, "%s/r.json", folder);
    snprintf(results, sizeof results, "%s/r.xlsx", folder);
    const whole_path_options options = {.trials = 70,
                                        .threads = 1, /* this one alone allocates */
                                        .outputs_all = true,
                                        .restart = restart,
                                        .json = json,
                                        .results = results};
    for (uint64_t n = 0;; n++) {
        pe_diag diag = {0};
        failing_begin(n, which);
        pe_status status = run_once(s, &options, &diag);
        failing_count count = failing_end();
        unsigned files = files_left(true);
        if (count.live != 0)
            fail_msg("allocation %llu: %lld not freed", (unsigned long long)n,
                     (long long)count.live);
        if (!count.failed) {
            if (status != PE_OK) fail_msg("%s: %s", diag.where, diag.what);
            assert_int_equal(files, 2);
            return n;
        }
        if (status != PE_OK && status != PE_E_MEMORY)
            fail_msg("allocation %llu: %s: %s: %s", (unsigned long long)n, pe_status_text(status),
                     diag.where, diag.what);
        if (status == PE_E_MEMORY && diag.what[0] == '\0')
            fail_msg("allocation %llu: nothing said", (unsigned long long)n);
        if (files > 2 || (status == PE_OK && files != 2))
            fail_msg("allocation %llu: %u files left", (unsigned long long)n, files);
    }
}

static void one_of_formulas(void **state)
{
    (void)state;
    const source s = {.text = formulas, .length = sizeof formulas - 1};
    print_message("%llu allocations\n", (unsigned long long)fail_each(&s, FAILING_ONE, false));
}

static void all_after_one_of_formulas(void **state)
{
    (void)state;
    const source s = {.text = formulas, .length = sizeof formulas - 1};
    fail_each(&s, FAILING_ALL_AFTER, false);
}

static void one_of_a_restart(void **state)
{
    (void)state;
    static const char text[] =
        "=SUM(A1:A7)+D1\n=OFFSET(A1,INT(D1*3),0)+INDIRECT(\"D\"&INT(D1*3+1))\n"
        "=VLOOKUP(A2,A1:C6,3)&\"x\"\n=RiskNormal(A1,1)\n";
    const source s = {.text = text, .length = sizeof text - 1};
    print_message("%llu allocations\n", (unsigned long long)fail_each(&s, FAILING_ONE, true));
}

static void one_of_a_file(void **state)
{
    (void)state;
    source s = {NULL, NULL, 0};
    unsigned char *bytes = package_build(sheet_rows, NULL, &s.length);
    assert_non_null(bytes);
    s.bytes = bytes;
    print_message("%llu allocations\n", (unsigned long long)fail_each(&s, FAILING_ONE, false));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_formulas),
        cmocka_unit_test(all_after_one_of_formulas),
        cmocka_unit_test(one_of_a_restart),
        cmocka_unit_test(one_of_a_file),
    };
    if (mkdtemp(folder) == NULL) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    files_left(true);
    rmdir(folder);
    return failed;
}
