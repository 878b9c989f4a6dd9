/* test_job.c: a job driven as a library: odd tile widths give the same bits; stages may fail or be
 * cancelled at any point and the job can still be freed; dates as the report shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/cli_model.h"
#include "job.h"

#define TRIALS 5003u

static const char *const models[] = {
    "A1 =RAND()\nA2 =RiskNormal(0,1)\nA3 =IF(A1<0.1,NA(),IF(A1<0.2,1/0,A2))\nB1 =A3+SQRT(A2)\n"
    "B2 =IFERROR(A3,-1)*LN(A2)\nB3 =SUM(A1:A3)\nB4 =MAX(A3,B1)\nB5 =IF(A1>0.5,A3,SQRT(-A1))\n",
    "A1 =RANDBETWEEN(1,5)\nB1 1\nB2 2\nB3 'three\nB4 4\nB5 =RAND()\nC1 =INDEX(B1:B5,A1)\n"
    "C2 =OFFSET(B1,A1-1,0)\nC3 =IF(A1>3,\"high\",\"low\")\nC4 =INDIRECT(\"B\"&A1)\n"
    "C6 =SUM(LARGE(D1:D3,{1,2}))\nD1 =RAND()\nD2 =RAND()\nD3 =A1\n",
    "A1 =RiskGamma(2,3)\nA2 =RiskBeta(2,5)\nA3 =RiskPoisson(4)\nA7 =RiskNormal(A1,A2)\n"
    "B1 =SUM(A1:A7)\nB2 =A1^A2*EXP(-A3)\nB5 =MOD(A7,0.7)\nB6 =NORM.S.INV(A2)\n",
};

static char path[64];

static pe_job *new_job_of(uint64_t trials, bool latin, uint32_t tile_lanes, unsigned threads,
                          pe_control *control)
{
    pe_job *job = NULL;
    pe_job_options options = {.now_1900 = 46000,
                              .threads = threads,
                              .folder = "/tmp",
                              .command = "",
                              .tile_lanes = tile_lanes};
    options.settings.trials = trials;
    options.settings.trials_given = true;
    options.settings.sampling = latin ? PE_LATIN_HYPERCUBE : PE_MONTE_CARLO;
    options.settings.sampling_given = true;
    options.settings.outputs_all = true;
    options.backend = pe_backend_cpu();
    assert_int_equal(pe_job_new(&options, control, &job, NULL), PE_OK);
    return job;
}

static pe_job *new_job(uint32_t tile_lanes, unsigned threads, pe_control *control)
{
    return new_job_of(TRIALS, false, tile_lanes, threads, control);
}

static pe_status run(pe_job *job, pe_diag *diag)
{
    pe_status status = pe_job_check(job, path, diag);
    if (status == PE_OK) status = pe_job_compile(job, diag);
    return status == PE_OK ? pe_job_simulate(job, diag) : status;
}

static bool same_value(pe_value a, pe_value b)
{
    if (pe_is(a, PE_KIND_TEXT) && pe_is(b, PE_KIND_TEXT))
        return strcmp(pe_as_text(a)->bytes, pe_as_text(b)->bytes) == 0;
    return a.bits == b.bits;
}

static void tile_widths_do_not_matter(void **state)
{
    static const uint32_t widths[] = {16, 48, 1008, 4096};
    cli_model_write(path, *state);
    pe_diag diag = {0};
    pe_job *one = new_job(0, 1, NULL);
    assert_int_equal(run(one, &diag), PE_OK);
    const pe_report *expected = pe_job_report(one);
    assert_true(expected->output_count > 0);
    for (size_t w = 0; w < PE_COUNT(widths); w++) {
        pe_job *other = new_job(widths[w], 3, NULL);
        assert_int_equal(run(other, &diag), PE_OK);
        const pe_report *found = pe_job_report(other);
        assert_int_equal(found->output_count, expected->output_count);
        for (uint32_t i = 0; i < found->output_count; i++)
            for (uint32_t t = 0; t < TRIALS; t++)
                if (!same_value(found->outputs[i].trials[t], expected->outputs[i].trials[t]))
                    fail_msg("tiles of %u: %s differs in trial %u", widths[w],
                             found->outputs[i].cell, t);
        pe_job_free(other);
    }
    pe_job_free(one);
}

typedef struct countdown {
    pe_control control;
    atomic_int calls; /* cancels at the n-th progress call, of any worker */
} countdown;

static void count_down(void *context, const char *stage, uint64_t done, uint64_t total)
{
    countdown *c = context;
    (void)stage;
    (void)done;
    (void)total;
    if (atomic_fetch_sub(&c->calls, 1) == 0) atomic_store(&c->control.cancel, true);
}

static void cancelled_anywhere(void **state)
{
    (void)state;
    cli_model_write(path, models[0]);
    for (int calls = 0; calls < 12; calls++) {
        countdown c = {.calls = calls};
        pe_diag diag = {0};
        c.control.progress = count_down;
        c.control.context = &c;
        pe_job *job = new_job(0, 2, &c.control);
        pe_status status = run(job, &diag);
        if (atomic_load(&c.control.cancel) && status != PE_OK)
            assert_int_equal(status, PE_E_CANCELLED);
        else
            assert_int_equal(status, PE_OK);
        pe_job_free(job);
    }
}

static void stop_after(void *context, const char *stage, uint64_t done, uint64_t total)
{
    countdown *c = context;
    (void)total;
    if (strcmp(stage, "simulate") == 0 && done >= (uint64_t)atomic_load(&c->calls))
        atomic_store(&c->control.stop, true);
}

static void equal_figures(const pe_report *a, const pe_report *b)
{
    assert_int_equal(a->output_count, b->output_count);
    for (uint32_t i = 0; i < a->output_count; i++) {
        const pe_report_output *x = &a->outputs[i], *y = &b->outputs[i];
        assert_memory_equal(&x->summary.mean, &y->summary.mean, sizeof(double));
        assert_memory_equal(&x->summary.sd, &y->summary.sd, sizeof(double));
        assert_memory_equal(x->summary.percentiles, y->summary.percentiles,
                            sizeof x->summary.percentiles);
        assert_int_equal(x->summary.error_count, y->summary.error_count);
        assert_int_equal(x->tornado_count, y->tornado_count);
        for (uint32_t t = 0; t < x->tornado_count; t++) {
            assert_string_equal(x->tornado[t].cell, y->tornado[t].cell);
            assert_memory_equal(&x->tornado[t].correlation, &y->tornado[t].correlation,
                                sizeof(double));
        }
    }
}

/* A run that is stopped after n trials has the figures of a run of n trials; with Latin hypercube
 * its trials are the first n of the whole run. */
static void stopped_runs_are_shorter_runs(void **state)
{
    static const int after[] = {1, 100, 2000, 4500};
    cli_model_write(path, *state);
    for (int latin = 0; latin < 2; latin++)
        for (size_t a = 0; a < PE_COUNT(after); a++) {
            countdown c = {.calls = after[a]};
            c.control.progress = stop_after;
            c.control.context = &c;
            pe_diag diag = {0};
            pe_job *job = new_job_of(TRIALS, latin, 64, 2, &c.control);
            assert_int_equal(run(job, &diag), PE_OK);
            const pe_report *r = pe_job_report(job);
            assert_true(r->trials >= 1 && r->trials < TRIALS);
            assert_int_equal(r->trials_asked, TRIALS);
            pe_job *other = new_job_of(latin ? TRIALS : r->trials, latin, 0, 1, NULL);
            assert_int_equal(run(other, &diag), PE_OK);
            const pe_report *e = pe_job_report(other);
            for (uint32_t i = 0; i < r->output_count; i++)
                for (uint32_t t = 0; t < r->trials; t++)
                    assert_true(same_value(r->outputs[i].trials[t], e->outputs[i].trials[t]));
            if (!latin) equal_figures(r, e);
            pe_job_free(other);
            pe_job_free(job);
        }
}

static void stopped_before_the_first_trial(void **state)
{
    (void)state;
    cli_model_write(path, models[0]);
    pe_control control = {.stop = true};
    pe_diag diag = {0};
    pe_job *job = new_job(0, 2, &control);
    assert_int_equal(run(job, &diag), PE_E_CANCELLED);
    assert_non_null(strstr(diag.what, "nothing to show"));
    pe_job_free(job);
}

static void failures_leave_a_job_that_ends(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        pe_status status;
    } failing[] = {
        {"A1 1\nA2 =A1*2\n", PE_E_NOT_FOUND},
        {"A1 =RAND()\nB1 =MYVBA(A1)\nC1 =B1*2\n", PE_E_UNSUPPORTED},
        {"A1 =RAND()\nB1 =A1*2\nPower Engine!A1 'x\nPower Engine!A2 'Nonsense\n", PE_E_ARGUMENT},
    };
    for (size_t i = 0; i < PE_COUNT(failing); i++) {
        pe_diag diag = {0};
        cli_model_write(path, failing[i].model);
        pe_job *job = new_job(0, 1, NULL);
        assert_int_equal(run(job, &diag), failing[i].status);
        assert_int_equal(diag.status, failing[i].status);
        assert_true(diag.what[0] != '\0');
        pe_job_free(job);
    }
    unlink(path);
    pe_diag diag = {0};
    pe_job *job = new_job(0, 1, NULL);
    assert_int_equal(run(job, &diag), PE_E_IO);
    pe_job_free(job);
    pe_job_free(NULL);
}

/* Figures from textbooks: z(0.95) = 1.6448536269514722. */
static void inputs_are_described_before_the_run(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        bool described;
        double mean, sd, p5, p50, p95;
    } rows[] = {
        {"Sheet1!A1", true, 10, 2, 10 - 2 * 1.6448536269514722, 10, 10 + 2 * 1.6448536269514722},
        {"Sheet1!A2", true, 0.5, 0.28867513459481287, 0.05, 0.5, 0.95},
        {"Sheet1!A3", true, 3.5, 1.707825127659933, 1, 3, 6},
        {"Sheet1!A4", true, 7, 1.1547005383792515, 5.2, 7, 8.8},
        {"Sheet1!A5", false, 0, 0, 0, 0, 0}, /* more than a draw */
        {"Sheet1!A6", false, 0, 0, 0, 0, 0}, /* a parameter varies */
        {"Sheet1!A7", true, 2, 0.8164965809277260, 1, 2, 3},
        {"Sheet1!A8", false, 0, 0, 0, 0, 0}, /* no mean */
        {"Sheet1!A9", true, 15, 2, 15 - 2 * 1.6448536269514722, 15, 15 + 2 * 1.6448536269514722},
    };
    cli_model_write(path, "B1 2\nC1 1\nC2 2\nC3 3\nA1 =RiskNormal(10,B1)\nA2 =RAND()\n"
                          "A3 =RANDBETWEEN(1,B1*3)\nA4 =RiskUniform(5,B1+7)\n"
                          "A5 =RiskNormal(0,1)*5\nA6 =RiskNormal(A1,1)\n"
                          "A7 =RiskDUniform(C1:C3)\nA8 =RiskStudent(1)\n"
                          "A9 =RiskNormal(10,B1,RiskShift(5))\nD1 =SUM(A1:A9)\n");
    pe_diag diag = {0};
    pe_job *job = new_job(0, 1, NULL);
    assert_int_equal(pe_job_check(job, path, &diag), PE_OK);
    if (pe_job_compile(job, &diag) != PE_OK) fail_msg("%s: %s", diag.where, diag.what);
    const pe_report *r = pe_job_report(job);
    assert_int_equal(r->input_count, PE_COUNT(rows));
    for (uint32_t i = 0; i < r->input_count; i++) {
        const pe_report_input *in = &r->inputs[i];
        assert_string_equal(in->cell, rows[i].cell);
        if (in->described != rows[i].described) fail_msg("%s: described", in->cell);
        if (!in->described) continue;
        double found[] = {in->mean, in->sd, in->p5, in->p50, in->p95};
        double wanted[] = {rows[i].mean, rows[i].sd, rows[i].p5, rows[i].p50, rows[i].p95};
        for (int k = 0; k < 5; k++)
            if (!(fabs(found[k] - wanted[k]) <= 1e-9))
                fail_msg("%s: figure %d is %.17g, not %.17g", in->cell, k, found[k], wanted[k]);
    }
    pe_job_free(job);
}

/* Named cells first, then unread ones; more than a person reads: the first ones, if asked so. */
static void candidates_and_pace(void **state)
{
    (void)state;
    char lines[2000] = "A1 =RAND()\nname: Zeta =Sheet1!$C$3\nname: Alpha =Sheet1!$C$1\n"
                       "C1 =A1*2\nC2 =C1+1\nC3 =C1+C2\nB9 =C3*2\n";
    size_t used = strlen(lines);
    for (int i = 0; i < 30; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "E%d =C2+%d\n", i + 1, i);
    cli_model_write(path, lines);
    for (int some = 0; some < 2; some++) {
        pe_diag diag = {0};
        pe_job *job = NULL;
        pe_job_options options = {.now_1900 = 46000,
                                  .threads = 1,
                                  .folder = "/tmp",
                                  .command = "",
                                  .backend = pe_backend_cpu()};
        options.settings.trials = 100;
        options.settings.trials_given = true;
        options.settings.outputs_some = some != 0;
        assert_int_equal(pe_job_new(&options, NULL, &job, NULL), PE_OK);
        assert_int_equal(pe_job_check(job, path, &diag), PE_OK);
        double pace = -1;
        pe_output *candidates = NULL;
        uint32_t count = 0;
        assert_int_equal(pe_job_pace(job, &pace, &diag), PE_E_ARGUMENT);
        pe_status status = pe_job_compile(job, &diag);
        assert_int_equal(status, some ? PE_OK : PE_E_ARGUMENT);
        if (some) {
            const pe_report *r = pe_job_report(job);
            assert_int_equal(r->output_count, PE_OUTPUTS_PROPOSED_MAX);
            assert_string_equal(r->outputs[0].name, "Alpha");
            assert_string_equal(r->outputs[1].name, "Zeta");
            assert_string_equal(r->outputs[2].cell, "Sheet1!E1");
            assert_non_null(strstr(r->warnings[r->warning_count - 1].text, "33 cells"));
            assert_int_equal(pe_job_candidates(job, &candidates, &count, &diag), PE_OK);
            assert_int_equal(count, 33);
            assert_string_equal(candidates[1].name, "Zeta");
            assert_false(candidates[32].declared);
            assert_int_equal(pe_job_pace(job, &pace, &diag), PE_OK);
            assert_true(pace > 0 && pace < 0.01);
            assert_int_equal(pe_job_simulate(job, &diag), PE_OK);
        }
        pe_job_free(job);
    }
}

static void warnings_know_their_cell(void **state)
{
    (void)state;
    cli_model_write(path,
                    "A1 =RAND()\nB1 =IF(A1>2,1/0,NA())\nB2 =5+A1\nC1 =GETPIVOTDATA(\"x\",D1) |4\n"
                    "C2 =C1+A1\n");
    pe_diag diag = {0};
    pe_job *job = new_job(0, 1, NULL);
    assert_int_equal(run(job, &diag), PE_OK);
    const pe_report *r = pe_job_report(job);
    uint32_t found = 0;
    for (uint32_t i = 0; i < r->warning_count; i++) {
        if (strstr(r->warnings[i].text, "B1") != NULL) {
            found++;
            assert_string_equal(r->warnings[i].cell, "Sheet1!B1");
        }
        if (strstr(r->warnings[i].text, "C1") != NULL) {
            found++;
            assert_string_equal(r->warnings[i].cell, "Sheet1!C1");
        }
    }
    assert_int_equal(found, 2);
    pe_job_free(job);
}

/* References that move over thousands of varying cells: found in a few passes, and what is found
 * (tornado charts show it) does not depend on threads or tiles. */
static void moving_references(void **state)
{
    (void)state;
    enum { TARGETS = 3000 };
    pe_report_output first[3];
    pe_job *jobs[2];
    for (int k = 0; k < 2; k++) {
        pe_workbook *w = NULL;
        pe_diag diag = {0};
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "S");
        for (uint32_t i = 0; i < TARGETS; i++) {
            char text[32];
            pe_builder_cell cell = {pe_number(0), text, 0};
            cell.formula_length = (uint32_t)snprintf(text, sizeof text, "=C%u*%u", i % 20 + 1, i);
            assert_int_equal(pe_builder_cells(b, s, i, 0, 1, 1, &cell, NULL), PE_OK);
        }
        for (uint32_t i = 0; i < 20; i++) {
            pe_builder_cell cell = {pe_number(0), "=RAND()", 7};
            assert_int_equal(pe_builder_cells(b, s, i, 2, 1, 1, &cell, NULL), PE_OK);
        }
        pe_builder_formula(b, s, "D1", "=RANDBETWEEN(1,3000)", pe_number(1));
        pe_builder_formula(b, s, "E1", "=INDIRECT(\"A\"&D1)", pe_number(1));
        pe_builder_formula(b, s, "E2", "=OFFSET(A1,MOD(D1*7,3000),0)+E1", pe_number(1));
        pe_builder_formula(b, s, "E3", "=SUM(OFFSET(C1,0,0,MOD(D1,20)+1,1))", pe_number(1));
        assert_int_equal(pe_builder_finish(b, &w, &diag), PE_OK);
        pe_job *job = jobs[k] = new_job_of(9000, false, k == 0 ? 0 : 48, k == 0 ? 1 : 3, NULL);
        pe_status status = pe_job_check_workbook(job, w, "book", &diag);
        if (status == PE_OK) status = pe_job_compile(job, &diag);
        if (status == PE_OK) status = pe_job_simulate(job, &diag);
        if (status != PE_OK) fail_msg("%s: %s", diag.where, diag.what);
        const pe_report *r = pe_job_report(job);
        uint32_t found = 0;
        for (uint32_t o = 0; o < r->output_count; o++) {
            if (strncmp(r->outputs[o].cell, "S!E", 3) != 0 || r->outputs[o].cell[3] == '1')
                continue;
            const pe_report_output *x = &r->outputs[o];
            if (k == 0) {
                first[found++] = *x;
                continue;
            }
            const pe_report_output *y = &first[found++];
            assert_memory_equal(x->trials, y->trials, 9000 * sizeof *x->trials);
            assert_int_equal(x->tornado_count, y->tornado_count);
            for (uint32_t t = 0; t < x->tornado_count; t++)
                assert_string_equal(x->tornado[t].cell, y->tornado[t].cell);
        }
        assert_int_equal(found, 2);
        for (uint64_t t = 0; k == 0 && t < 9000; t++) /* E3: no error, and no more than 20 draws */
            assert_true(pe_as_number(first[1].trials[t]) > 0 &&
                        pe_as_number(first[1].trials[t]) < 20);
    }
    pe_job_free(jobs[0]);
    pe_job_free(jobs[1]);
}

/* Serial numbers as Excel shows them (yyyy-mm-dd hh:mm:ss). */
static void dates(void **state)
{
    (void)state;
    static const struct {
        double serial;
        bool date1904;
        const char *text;
    } rows[] = {
        {61, false, "1900-03-01 00:00:00"},
        {45000.5, false, "2023-03-15 12:00:00"},
        {46082.999988, false, "2026-03-01 23:59:59"},
        {36585, false, "2000-02-29 00:00:00"},
        {0, true, "1904-01-01 00:00:00"},
        {43538.25, true, "2023-03-15 06:00:00"},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        char text[32];
        pe_job_now_text(rows[i].serial, rows[i].date1904, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(tile_widths_do_not_matter, (void *)(uintptr_t)models[0]),
        cmocka_unit_test_prestate(tile_widths_do_not_matter, (void *)(uintptr_t)models[1]),
        cmocka_unit_test_prestate(tile_widths_do_not_matter, (void *)(uintptr_t)models[2]),
        cmocka_unit_test(cancelled_anywhere),
        cmocka_unit_test_prestate(stopped_runs_are_shorter_runs, (void *)(uintptr_t)models[0]),
        cmocka_unit_test_prestate(stopped_runs_are_shorter_runs, (void *)(uintptr_t)models[1]),
        cmocka_unit_test(stopped_before_the_first_trial),
        cmocka_unit_test(failures_leave_a_job_that_ends),
        cmocka_unit_test(inputs_are_described_before_the_run),
        cmocka_unit_test(candidates_and_pace),
        cmocka_unit_test(warnings_know_their_cell),
        cmocka_unit_test(moving_references),
        cmocka_unit_test(dates),
    };
    snprintf(path, sizeof path, "/tmp/pe-job-%ld.xlsx", (long)getpid());
    int failed = cmocka_run_group_tests_name("job", tests, NULL, NULL);
    unlink(path);
    return failed;
}
