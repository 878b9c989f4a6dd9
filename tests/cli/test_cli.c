/* test_cli.c: the command line as a person meets it: exit codes, messages that say where and what
 * to do, files that appear and files that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli_cases.h"

#define PLAIN "A1 2\nA2 =RAND() |0.5\nB1 'Profit\nC1 =A1*A2 |1\n"
#define SHORT "run m.xlsx --trials 200 --json r.json -q "
#define UNSUPPORTED "A1 =RAND() |0.5\nB1 =GETPIVOTDATA(\"x\",A1) |7\n"

static void leaves_results(const char *folder, const cli_result *result, const json_t *document)
{
    (void)document;
    char *report = cli_file_read(folder, "m-results.xlsx");
    assert_non_null(report);
    assert_int_equal(cli_folder_count(folder), 2);
    assert_non_null(strstr(result->out, "results: m-results.xlsx"));
    free(report);
}

static void leaves_nothing(const char *folder, const cli_result *result, const json_t *document)
{
    (void)document;
    (void)result;
    assert_int_equal(cli_folder_count(folder), 1); /* m.xlsx */
}

static void prints_nothing(const char *folder, const cli_result *result, const json_t *document)
{
    (void)folder;
    (void)document;
    assert_string_equal(result->out, "");
    assert_string_equal(result->err, "");
}

static void prints_json(const char *folder, const cli_result *result, const json_t *document)
{
    (void)folder;
    (void)document;
    json_t *printed = json_loads(result->out, 0, NULL);
    assert_non_null(printed);
    assert_int_equal(json_integer_value(json_object_get(printed, "trials")), 200);
    assert_null(cli_file_read(folder, "m-results.xlsx"));
    json_decref(printed);
}

static void command_reproduces(const char *folder, const cli_result *result, const json_t *document)
{
    char again[4096];
    const char *command = json_string_value(json_object_get(document, "command"));
    (void)result;
    assert_non_null(command);
    snprintf(again, sizeof again, "%s --json - -q", strchr(command, ' ') + 1);
    cli_result second = cli_run(folder, again, 0);
    json_t *printed = json_loads(second.out, 0, NULL);
    if (printed == NULL) fail_msg("%s gave %s%s", command, second.out, second.err);
    assert_true(
        json_equal(json_object_get(printed, "outputs"), json_object_get(document, "outputs")));
    assert_string_equal(json_string_value(json_object_get(printed, "now")),
                        json_string_value(json_object_get(document, "now")));
    json_decref(printed);
    cli_result_free(&second);
}

static const cli_case options[] = {
    {"help", NULL, "--help", 0, {"out ? Exit codes", "out ? power-engine run"}, NULL},
    {"version", NULL, "--version", 0, {"out ? power-engine "}, NULL},
    {"no command", NULL, "", 2, {"err ? run, check or inspect", "err ? --help"}, NULL},
    {"unknown command", NULL, "simulate m.xlsx", 2, {"err ? 'simulate'"}, NULL},
    {"no workbook", NULL, "run", 2, {"err ? needs a workbook"}, NULL},
    {"two workbooks", PLAIN, "run m.xlsx n.xlsx", 2, {"err ? 'n.xlsx'"}, NULL},
    {"unknown option", PLAIN, "run m.xlsx --fast", 2, {"err ? fast"}, NULL},
    {"trials are a number", PLAIN, "run m.xlsx --trials many", 2, {"err ? 'many'"}, NULL},
    {"trials are positive", PLAIN, "run m.xlsx --trials 0", 2, {"err ? between 1 and 2^40"}, NULL},
    {"threads", PLAIN, "run m.xlsx -j 0", 2, {"err ? threads"}, NULL},
    {"unknown instruction set", PLAIN, "run m.xlsx --isa mmx", 2, {"err ? mmx"}, leaves_nothing},
    {"now is a date", PLAIN, "run m.xlsx --now tomorrow", 2, {"err ? 2026-03-01"}, NULL},
    {"an input needs a distribution",
     PLAIN,
     "run m.xlsx --input A1",
     2,
     {"err ? CELL=DISTRIBUTION"},
     NULL},
    {"an input whose parameters are out of order",
     PLAIN,
     "run m.xlsx --trials 10 --input A1=pert(5,2,1)",
     2,
     {"err ? Sheet1!A1", "err ? RISKPERT(5,2,1) has no values: "},
     leaves_nothing},
    {"an input whose parameters are out of order, by a cell",
     "A1 -1\nA2 =RAND() |0.5\nB1 =A2*C1 |1\nC1 3\n",
     "run m.xlsx --trials 10 --input 'C1=normal(2,A1)'",
     2,
     {"err ? Sheet1!C1", "err ? has no values: "},
     leaves_nothing},
    {"a formula whose parameters are out of order",
     "A1 =RiskNormal(5,-1)\nB1 =A1*2\nC1 =IFERROR(A1,0)+RAND()\n",
     "run m.xlsx --trials 10 --target 'B1<3' -o r.xlsx",
     0,
     {"out ? warning: Sheet1!A1: RISKNORMAL(5,-1) is an error in every trial: ",
      "out ? B1: every trial is an error (#VALUE! 10), so it has no statistics", "out ! nan"},
     NULL},
    {"formats that hide numbers",
     "A1 =RAND() |0.5\nB1 =A1+2 |2.5 |;;;\nB2 =A1+3 |3.5 |\"\"\nB3 =A1+3 |3.5 |0.00;;\n"
     "B4 =A1+3 |3.5 |0.00%;-0.00%\n",
     "run m.xlsx --trials 10 --json r.json --output B1:B4",
     0,
     {"outputs.0.number_format = General", "outputs.1.number_format = General",
      "outputs.2.number_format = General", "outputs.3.number_format = 0.00%;-0.00%"},
     NULL},
    {"rare texts are not nought per cent",
     "A1 =RAND()\nB1 =IF(A1<0.0003,\"lost\",\"won\")\n",
     "run m.xlsx --trials 10000 -o r.xlsx",
     0,
     {"out ? won >99.9%, lost <0.1%"},
     NULL},
    {"which errors there were",
     "A1 =RAND()\nB1 =IF(A1<0.5,1/0,A1)\n",
     "run m.xlsx --trials 10 -o r.xlsx",
     0,
     {"out ? of 10 trials are errors (#DIV/0! "},
     NULL},
    {"a target needs a number",
     PLAIN,
     "run m.xlsx --target 'NPV<x'",
     2,
     {"err ? OUTPUT<NUMBER"},
     NULL},
    {"a file that is not there",
     NULL,
     "run m.xlsx",
     3,
     {"err ? m.xlsx", "err ? No such file"},
     NULL},
    {"unwritable results",
     PLAIN,
     "run m.xlsx -q --trials 10 -o nowhere/r.xlsx",
     5,
     {"err ? nowhere/r.xlsx"},
     leaves_nothing},
    {"results over the workbook",
     PLAIN,
     "run m.xlsx -q --trials 10 -o ./m.xlsx",
     2,
     {"err ? ./m.xlsx: this is the workbook itself"},
     leaves_nothing},
    {"json over the workbook",
     PLAIN,
     "run m.xlsx -q --trials 10 --json m.xlsx",
     2,
     {"err ? this is the workbook itself"},
     leaves_nothing},
    {"trials over the workbook",
     PLAIN,
     "run m.xlsx -q --trials 10 --csv m.xlsx",
     2,
     {"err ? this is the workbook itself"},
     leaves_nothing},
    {"check: json over the workbook",
     PLAIN,
     "check m.xlsx --json m.xlsx",
     2,
     {"err ? this is the workbook itself"},
     leaves_nothing},
    {"results over a folder",
     PLAIN,
     "run m.xlsx -q --trials 10 -o .",
     5,
     {"err ? .: cannot write: it is a folder"},
     leaves_nothing},
    {"results over a device",
     PLAIN,
     "run m.xlsx -q --trials 10 --csv /dev/null",
     5,
     {"err ? /dev/null: cannot write: it is a device"},
     leaves_nothing},
    {"one name for two results",
     PLAIN,
     "run m.xlsx -q --trials 10 --json r --csv r",
     2,
     {"err ? r: two results cannot be one file"},
     leaves_nothing},
    {"a results workbook has its extension",
     PLAIN,
     "run m.xlsx -q --trials 10 -o r.csv",
     2,
     {"err ? r.csv: the results workbook is an .xlsx file", "err ? --csv"},
     leaves_nothing},
    {"unwritable json",
     PLAIN,
     "run m.xlsx -q --trials 10 --json nowhere/r.json",
     5,
     {"err ? nowhere/r.json"},
     NULL},
    {"default results",
     PLAIN,
     "run m.xlsx --trials 200",
     0,
     {"out ? Profit", "out ? 200 trials"},
     leaves_results},
    {"quiet", PLAIN, "run m.xlsx --trials 200 -q", 0, {NULL}, prints_nothing},
    {"json on standard output", PLAIN, "run m.xlsx --trials 200 --json -", 0, {NULL}, prints_json},
    {"only json was asked for",
     PLAIN,
     SHORT,
     0,
     {"trials = 200", "seed = 1", "sampling = monte_carlo", "outputs.# = 1",
      "outputs.0.name = Profit", "outputs.0.cell = Sheet1!C1", "outputs.0.n = 200", "inputs.# = 1",
      "inputs.0.cell = Sheet1!A2", "inputs.0.distribution = RAND", "check.formulas = 2",
      "check.agree = 1"},
     NULL},
    {"the command reproduces the run",
     "A1 =NOW()-TODAY()+RAND() |1\nB1 'It''s x\nC1 =A1*B2\nB2 3",
     SHORT "--seed 77 --latin-hypercube --input 'B2=pert(1,2,5)' --output 'C1=a '\\''b'\\'''",
     0,
     {"seed = 77", "sampling = latin_hypercube", "outputs.0.name = a 'b'"},
     command_reproduces},
    {"now fixes NOW and TODAY",
     "A1 =RAND() |0.5\nB1 =INT(NOW())+0*A1",
     SHORT "--now '2031-07-15 12:00'",
     0,
     {"outputs.0.mean = 48044", "now = 2031-07-15 12:00:00"},
     NULL},
    {"check agrees",
     "A1 2\nA2 =A1*3 |6\n",
     "check m.xlsx --json r.json",
     0,
     {"out ? 1 of 1 formulas agree with Excel", "agree = 1", "differ.# = 0", "compared = 1"},
     NULL},
    {"check says why a formula is not supported",
     "A1 2\nA2 =A1*) |6\n",
     "check m.xlsx --all",
     0,
     {"out ? Sheet1!A2", "out ? a value or reference must stand"},
     NULL},
    {"check differs",
     "A1 2\nA2 =A1*3 |7\nA3 =A2+1 |8\n",
     "check m.xlsx --json r.json",
     1,
     {"out ? root", "differ.# = 2", "differ.0.cell = Sheet1!A2", "differ.0.expected = 7",
      "differ.0.actual = 6", "differ.0.root = true", "differ.0.formula = =A1*3"},
     NULL},
    {"inspect",
     PLAIN,
     "inspect m.xlsx",
     0,
     {"out ? inputs (1)", "out ? outputs (1, proposed", "out ? Profit"},
     leaves_nothing},
    {"inspect without random cells",
     "A1 2\nA2 =A1 |2\n",
     "inspect m.xlsx",
     0,
     {"out ? no random cell"},
     NULL},
};

static const cli_case settings[] = {
    {"unknown sheet",
     PLAIN,
     SHORT "--input 'Inputs!B3=pert(1,2,5)'",
     2,
     {"err ? Inputs!B3", "err ? no sheet named \"Inputs\"", "err ? Sheet1"},
     leaves_nothing},
    {"empty cell",
     PLAIN,
     SHORT "--input 'Z9=pert(1,2,5)'",
     2,
     {"err ? Z9", "err ? is empty"},
     NULL},
    {"text cell",
     PLAIN,
     SHORT "--input 'B1=pert(1,2,5)'",
     2,
     {"err ? B1", "err ? no number"},
     NULL},
    {"formula cell",
     PLAIN,
     SHORT "--input 'C1=pert(1,2,5)'",
     2,
     {"err ? C1", "err ? holds a formula"},
     NULL},
    {"several cells", PLAIN, SHORT "--input 'A1:A2=pert(1,2,5)'", 2, {"err ? one cell"}, NULL},
    {"a distribution that does not exist",
     PLAIN,
     SHORT "--input 'A1=pret(1,2,5)'",
     2,
     {"err ? A1", "err ? pret"},
     NULL},
    {"a setting with a syntax error", PLAIN, SHORT "--input 'A1=pert(1,2'", 2, {"err ? A1"}, NULL},
    {"parameters that make no sense in any trial",
     PLAIN,
     SHORT "--input 'A1=pert(5,2,A2)' --output C1",
     0,
     {"outputs.0.errors = 200", "outputs.0.kind = error", "outputs.0.mean = null"},
     NULL},
    {"unknown output", PLAIN, SHORT "--output Profits", 2, {"err ? Profits"}, NULL},
    {"an output without formula",
     PLAIN,
     SHORT "--output A1",
     2,
     {"err ? A1", "err ? no formula"},
     NULL},
    {"an unknown target",
     PLAIN,
     SHORT "--target 'Loss<0'",
     2,
     {"err ? Loss", "err ? Profit"},
     NULL},
    {"a target",
     PLAIN,
     SHORT "--target 'Profit<1'",
     0,
     {"outputs.0.targets.0.probability = 0.5 ~ 0.15", "outputs.0.targets.0.op = <"},
     NULL},
    {"an output without random cells",
     "A1 =RAND() |1\nB1 =A1*2\nC1 3\nD1 =C1*2 |6",
     SHORT "--output D1",
     0,
     {"outputs.0.kind = constant", "outputs.0.mean = 6", "warnings ? no random cell"},
     NULL},
    {"nothing random",
     "A1 1\nA2 =A1*2 |2\n",
     SHORT,
     4,
     {"err ? no random cell", "err ? --input"},
     leaves_nothing},
    {"nothing depends on it",
     "A1 =RAND() |1\nA2 =3*2 |6\n",
     SHORT,
     4,
     {"err ? nothing to simulate"},
     leaves_nothing},
    {"an unused function is listed",
     UNSUPPORTED "C1 =A1*2 |1\n",
     SHORT "--output C1",
     0,
     {"check.unsupported = 1", "outputs.0.n = 200"},
     NULL},
    {"an unsupported function that varies",
     UNSUPPORTED "C1 =B1+A1 |7.5\n",
     SHORT,
     4,
     {"err ? Sheet1!B1", "err ? GETPIVOTDATA", "err ? --freeze"},
     leaves_nothing},
    {"frozen",
     UNSUPPORTED "C1 =B1+A1 |7.5\n",
     SHORT "--freeze B1 --output C1",
     0,
     {"outputs.0.mean = 7.5 ~ 0.1", "warnings ? B1 is frozen"},
     NULL},
    {"an unsupported function that does not vary",
     "A1 =RAND() |0.5\nB1 =GETPIVOTDATA(\"x\",D1) |7\nC1 =B1+A1 |7.5\n",
     SHORT "--output C1",
     0,
     {"outputs.0.mean = 7.5 ~ 0.1", "warnings ? stored value", "warnings ? GETPIVOTDATA"},
     NULL},
    {"an unknown function that varies",
     "A1 =RAND() |1\nB1 =MYVBA(A1) |3\nC1 =B1*2 |6\n",
     SHORT,
     4,
     {"err ? Sheet1!B1", "err ? MYVBA"},
     NULL},
    {"a property that is not implemented",
     "A1 =RiskNormal(10,2,RiskCorrmat(D1:E2,1))\nB1 =A1*2",
     SHORT,
     4,
     {"err ? Sheet1!A1", "err ? RiskCorrmat", "err ? --ignore"},
     NULL},
    {"a property ignored",
     "A1 =RiskNormal(10,2,RiskCorrmat(D1:E2,1))\nB1 =A1*2",
     SHORT "--ignore RiskCorrmat",
     0,
     {"outputs.0.mean = 20 ~ 1.2", "warnings ? ignored as asked"},
     NULL},
    {"a circular reference",
     "A1 =RAND() |1\nB1 =C1+A1\nC1 =B1*0.5\nD1 =C1*2\n",
     SHORT "--output D1",
     0,
     {"warnings ? circular"},
     NULL},
};

static void forty_candidates(char *lines, size_t size)
{
    size_t n = (size_t)snprintf(lines, size, "A1 =RAND() |0.5\n");
    for (int i = 1; i <= 40; i++)
        n += (size_t)snprintf(lines + n, size - n, "B%d =$A$1*%d\n", i, i);
}

static void many_outputs_are_listed(void **state)
{
    (void)state;
    char folder[64], path[128], lines[2000];
    cli_folder_new(folder);
    snprintf(path, sizeof path, "%s/m.xlsx", folder);
    forty_candidates(lines, sizeof lines);
    cli_model_write(path, lines);
    cli_result result = cli_run(folder, "run m.xlsx --trials 50 -q", 0);
    assert_int_equal(result.exit_code, 2);
    assert_non_null(strstr(result.err, "40 cells could be outputs"));
    assert_non_null(strstr(result.err, "--output"));
    assert_non_null(strstr(result.err, "\n  Sheet1!B1:B40"));
    cli_result_free(&result);
    result = cli_run(folder, "run m.xlsx --trials 50 -q --output all --json -", 0);
    assert_int_equal(result.exit_code, 0);
    json_t *document = json_loads(result.out, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(document, "outputs")), 40);
    json_decref(document);
    cli_result_free(&result);
    cli_folder_remove(folder);
}

/* Files that are no workbook: the part is named, nothing is written, exit code 3. */
static void not_a_workbook(void **state)
{
    (void)state;
    static char encrypted[1024] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    for (size_t i = 0; i < 16; i++) encrypted[512 + 2 * i] = "EncryptedPackage"[i];
    const struct {
        const char *bytes, *said;
        size_t length;
    } files[] = {
        {"hello, this is text", "m.xlsx", 19},
        {"", "m.xlsx", 0},
        {"PK\x03\x04 cut short", "m.xlsx", 14},
        {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old or encrypted file", "save it as .xlsx", 33},
        {encrypted, "password", sizeof encrypted},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char folder[64], path[128];
        cli_folder_new(folder);
        snprintf(path, sizeof path, "%s/m.xlsx", folder);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fwrite(files[i].bytes, 1, files[i].length, file);
        fclose(file);
        cli_result result = cli_run(folder, "run m.xlsx", 0);
        assert_int_equal(result.exit_code, 3);
        assert_non_null(strstr(result.err, files[i].said));
        assert_int_equal(cli_folder_count(folder), 1);
        cli_result_free(&result);
        cli_folder_remove(folder);
    }
}

/* A long run is told to stop at several moments: it ends after half a second's work of its threads
 * (a slow build may take longer) and leaves nothing. */
static void interrupt_ends_cleanly(void **state)
{
    (void)state;
    static const double moments[] = {0.05, 0.4, 1.0};
    char folder[64], path[128], lines[4000];
    size_t n = 0;
    cli_folder_new(folder);
    snprintf(path, sizeof path, "%s/m.xlsx", folder);
    for (int i = 1; i <= 60; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "A%d =NORM.INV(RAND(),0,1)\n", i);
    snprintf(lines + n, sizeof lines - n, "B1 =SUM(A1:A60)\n");
    cli_model_write(path, lines);
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        cli_result result = cli_run(
            folder, "run m.xlsx --trials 9000000 --threads 2 --csv t.csv -o r.xlsx", moments[i]);
        assert_int_equal(result.exit_code, 130);
        assert_string_equal(result.out, "");
        if (result.worked_s > 2 * PE_INTERRUPT_SECONDS)
            fail_msg("%.2f s of work after the signal at %.2f s", result.worked_s, moments[i]);
        assert_int_equal(cli_folder_count(folder), 1);
        cli_result_free(&result);
    }
    cli_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_outputs_are_listed),
        cmocka_unit_test(not_a_workbook),
        cmocka_unit_test(interrupt_ends_cleanly),
    };
    int failed = cli_cases_run("options", options, sizeof options / sizeof options[0]);
    failed += cli_cases_run("settings", settings, sizeof settings / sizeof settings[0]);
    failed += cmocka_run_group_tests_name("process", tests, NULL, NULL);
    return failed;
}
