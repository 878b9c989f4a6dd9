/* test_invariance.c: results depend on the workbook, the settings and the seed, and on nothing
 * else: the same JSON (but for times) and the same bytes of trials for any number of threads and
 * any instruction set; an output's numbers do not depend on which others are asked for, nor its
 * first trials on how many follow. The models are full of errors, texts, lookups, long sums and
 * moving references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli_model.h"

#define TRIALS "5003"

typedef struct model {
    const char *name;
    const char *lines;  /* NULL: a sample */
    const char *output; /* one of its outputs*/

} model;

static const model models[] = {
    {"errors",
     "A1 =RAND()\nA2 =RiskNormal(0,1)\nA3 =IF(A1<0.1,NA(),IF(A1<0.2,1/0,A2))\nB1 =A3+SQRT(A2)\n"
     "B2 =IFERROR(A3,-1)*LN(A2)\nB3 =SUM(A1:A3)\nB4 =MAX(A3,B1)\nB5 =IF(A1>0.5,A3,SQRT(-A1))\n"
     "B6 =A3&\"x\"\nB7 =COUNT(A3,B1,B2)\nB8 =EXP(A2*300)+A3\nB9 =IRR(C1:C3)\nC1 =A3*100\nC2 70\n"
     "C3 60\n",
     "B5"},
    {"texts and references",
     "A1 =RANDBETWEEN(1,5)\nB1 'one\nB2 'two\nB3 'three\nB4 4\nB5 =RAND()\nC1 =INDEX(B1:B5,A1)\n"
     "C2 =OFFSET(B1,A1-1,0)\nC3 =IF(A1>3,\"high\",\"low\")&A1\nC4 =INDIRECT(\"B\"&A1)\n"
     "C5 =LEN(C1)&UPPER(C3)\nC6 =SUM(LARGE(D1:D3,{1,2}))\nD1 =RAND()\nD2 =RAND()\nD3 =A1\n",
     "C2"},
    {"distributions",
     "A1 =RiskGamma(2,3)\nA2 =RiskBeta(2,5)\nA3 =RiskPoisson(4)\nA4 =RiskWeibull(2,3)\n"
     "A5 =RiskStudent(5)\nA6 =RiskPert(1,2,5)\nA7 =RiskNormal(A1,A4)\nA8 "
     "=RiskDiscrete({1,2},{1,3})\n"
     "A9 =RiskLognorm(10,3,RiskTruncate(8,20))\nB1 =SUM(A1:A9)\nB2 =A1^A2*EXP(-A4)\nB3 "
     "=SIN(A5)+A6\n"
     "B4 =ROUND(A7,2)\nB5 =MOD(A9,0.7)\nB6 =NORM.S.INV(A2)\n",
     "B4"},
};

static const char *const variants[] = {"--threads 2", "--threads 7", "--isa x86-64",
                                       "--isa x86-64-v3 --threads 3", "--isa x86-64-v4"};

static bool available(const char *variant)
{
    if (strstr(variant, "v3") != NULL)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strstr(variant, "v4") != NULL)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return true;
}

/* Runs with options; *csv: the trials. The document without what may differ. */
static json_t *run(const char *folder, const char *options, char **csv)
{
    char arguments[512];
    snprintf(arguments, sizeof arguments,
             "run m.xlsx --now 2026-03-01 --seed 5 --json - --csv t.csv %s", options);
    cli_result result = cli_run(folder, arguments, 0);
    if (result.exit_code != 0) fail_msg("%s: %d: %s", options, result.exit_code, result.err);
    json_t *document = json_loads(result.out, 0, NULL);
    assert_non_null(document);
    static const char *const varies[] = {"timings", "memory_peak_bytes", "threads", "isa",
                                         "command"};
    for (size_t i = 0; i < sizeof varies / sizeof varies[0]; i++)
        json_object_del(document, varies[i]);
    *csv = cli_file_read(folder, "t.csv");
    assert_non_null(*csv);
    cli_result_free(&result);
    return document;
}

static void write_model(const model *m, const char *folder)
{
    char path[128];
    snprintf(path, sizeof path, "%s/m.xlsx", folder);
    cli_model_write(path, m->lines);
}

static void threads_and_instruction_sets(void **state)
{
    char folder[64], *csv, *other, options[128];
    cli_folder_new(folder);
    write_model(*state, folder);
    json_t *document = run(folder, "--output all --trials " TRIALS " --threads 1", &csv);
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        if (!available(variants[i])) continue;
        snprintf(options, sizeof options, "--output all --trials " TRIALS " %s", variants[i]);
        json_t *same = run(folder, options, &other);
        if (strcmp(csv, other) != 0) fail_msg("%s: other trials", variants[i]);
        if (!json_equal(document, same)) fail_msg("%s: other statistics", variants[i]);
        json_decref(same);
        free(other);
    }
    json_decref(document);
    free(csv);
    cli_folder_remove(folder);
}

/* Field `column` of each line of csv, one a line. */
static char *field_of(const char *csv, int column)
{
    char *out = malloc(strlen(csv) + 2), *to = out;
    assert_non_null(out);
    for (const char *line = csv; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *at = line;
        for (int i = 0; i < column; i++) at = strchr(at, ',') + 1;
        size_t n = strcspn(at, ",\r\n");
        memcpy(to, at, n);
        to += n;
        *to++ = '\n';
    }
    *to = '\0';
    return out;
}

static void other_outputs_do_not_matter(void **state)
{
    const model *m = *state;
    char folder[64], *all, *alone, *fewer, options[128];
    cli_folder_new(folder);
    write_model(m, folder);
    json_decref(run(folder, "--output all --trials " TRIALS, &all));
    snprintf(options, sizeof options, "--output %s --trials " TRIALS, m->output);
    json_decref(run(folder, options, &alone));
    char *one = field_of(alone, 1), *among = NULL;
    bool found = false;
    for (int column = 1; column < 12 && !found; column++) {
        size_t commas = 0;
        for (const char *p = all; *p != '\n'; p++) commas += *p == ',';
        if ((size_t)column > commas) break;
        free(among);
        among = field_of(all, column);
        found = strcmp(strchr(one, '\n'), strchr(among, '\n')) == 0;
    }
    if (!found) fail_msg("%s alone is not what it is among others", m->output);
    json_decref(run(folder, "--output all --trials 1000", &fewer));
    assert_memory_equal(all, fewer, strlen(fewer));
    free(one);
    free(among);
    free(all);
    free(alone);
    free(fewer);
    cli_folder_remove(folder);
}

int main(void)
{
    struct CMUnitTest tests[2 * sizeof models / sizeof models[0]];
    size_t n = 0;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        void *row = (void *)(uintptr_t)&models[i];
        tests[n++] =
            (struct CMUnitTest){models[i].name, threads_and_instruction_sets, NULL, NULL, row};
        tests[n++] =
            (struct CMUnitTest){models[i].name, other_outputs_do_not_matter, NULL, NULL, row};
    }
    return cmocka_run_group_tests_name("invariance", tests, NULL, NULL);
}
