/* test_cancel.c: a job that is cancelled at random moments answers soon, whatever stage it is in.
 * What counts is the processor time that it still takes, for a busy machine may give it none; the
 * longest answer is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <time.h>
#include <cmocka.h>

#include "job.h"

#define ROWS 400u
#define COLUMNS 100u
#define ANSWER_SECONDS_MAX 2.0 /* of all its threads */

/* Draws in the first column, formulas over them, a total per row, texts, lookups and conditions. */
static void fill(pe_workbook_builder *b, uint32_t row)
{
    char texts[COLUMNS][96];
    pe_builder_cell cells[COLUMNS];
    for (uint32_t c = 0; c < COLUMNS; c++) {
        char here[4], before[4];
        pe_column_text(c, here);
        pe_column_text(c > 0 ? c - 1 : 0, before);
        if (c == 0)
            snprintf(texts[c], sizeof texts[c], "=RAND()*%u", row + 1);
        else if (c == COLUMNS - 1)
            snprintf(texts[c], sizeof texts[c], "=SUM(A%u:%s%u)", row + 1, before, row + 1);
        else if (c % 17 == 3)
            snprintf(texts[c], sizeof texts[c], "=IF(%s%u>5,%s%u,\"low\")", before, row + 1, before,
                     row + 1);
        else if (c % 17 == 5)
            snprintf(texts[c], sizeof texts[c], "=SUM(A$1:%s%u)+COUNTIF(A$1:A$%u,\">3\")", before,
                     row + 1, ROWS);
        else
            snprintf(texts[c], sizeof texts[c], "=ROUND($A%u*1.%02u+$A$%u,2)", row + 1, c,
                     row % 7 + 1);
        cells[c] = (pe_builder_cell){pe_number(1), texts[c], (uint32_t)strlen(texts[c])};
    }
    assert_int_equal(pe_builder_cells(b, 0, row, 0, 1, COLUMNS, cells, NULL), PE_OK);
}

typedef struct canceller {
    pe_control control;
    double after;
    double at, worked; /* when the flag was set, and the processor time taken until then */
} canceller;

static double worked_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void *cancel_later(void *argument)
{
    canceller *c = argument;
    struct timespec pause = {(time_t)c->after, (long)((c->after - (double)(time_t)c->after) * 1e9)};
    nanosleep(&pause, NULL);
    c->at = pe_clock_seconds();
    c->worked = worked_seconds();
    atomic_store(&c->control.cancel, true);
    return NULL;
}

static pe_status run(const pe_workbook_builder *b, const pe_control *control)
{
    pe_job *job = NULL;
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    pe_job_options options = {.now_1900 = 46000,
                              .threads = 2,
                              .folder = "/tmp",
                              .command = "",
                              .backend = pe_backend_cpu()};
    options.settings.trials = 20000;
    options.settings.trials_given = true;
    options.settings.outputs_some = true;
    assert_int_equal(pe_job_new(&options, control, &job, NULL), PE_OK);
    assert_int_equal(pe_builder_build(b, &w, NULL), PE_OK);
    pe_status status = pe_job_check_workbook(job, w, "book", &diag);
    if (status == PE_OK) status = pe_job_compile(job, &diag);
    if (status == PE_OK) status = pe_job_restart(job, &options.settings, NULL, 0, &diag);
    if (status == PE_OK) status = pe_job_compile(job, &diag);
    if (status == PE_OK) status = pe_job_simulate(job, &diag);
    if (status != PE_OK) assert_true(diag.what[0] != '\0');
    pe_job_free(job);
    return status;
}

static void answers_are_quick(void **state)
{
    (void)state;
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_sheet(b, "S");
    for (uint32_t row = 0; row < ROWS; row++) fill(b, row);
    double longest = 0, until = 0, most_work = 0, span = 0.02;
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < 24; i++) {
        canceller c = {.after = span * (0.05 + (double)(i * 7919 % 24) / 24)};
        pthread_t thread;
        double start = pe_clock_seconds();
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
        pe_status status = run(b, &c.control);
        double end = pe_clock_seconds(), worked = worked_seconds();
        pthread_join(thread, NULL);
        assert_true(status == PE_OK || status == PE_E_CANCELLED);
        if (status == PE_OK) { /* over before it was cancelled: not so late the next time */
            span = (end - start) * 0.9;
            continue;
        }
        cancelled++;
        span *= 1.3; /* ever later stages */
        if (worked - c.worked > most_work) most_work = worked - c.worked;
        if (end - c.at > longest) {
            longest = end - c.at;
            until = c.after;
        }
    }
    print_message("%u runs cancelled; the longest answer took %.0f ms, asked after %.0f ms; the "
                  "most work %.0f ms\n",
                  cancelled, longest * 1e3, until * 1e3, most_work * 1e3);
    assert_true(cancelled > 8);
    assert_true(most_work < ANSWER_SECONDS_MAX);
    pe_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_quick)};
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
