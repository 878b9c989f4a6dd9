/* bench_restart.c: bench_restart WORKBOOK CELL [trials] [threads] [rounds]: a first run, then the
 * number in CELL (B2, on the first sheet) is edited and the job started again, so many times;
 * seconds of each stage. */
#include <stdio.h>
#include <stdlib.h>

#include "job.h"

static int fail(const pe_diag *diag)
{
    fprintf(stderr, "%s: %s\n", diag->where, diag->what);
    return 1;
}

static unsigned long number(int argc, char **argv, int i, unsigned long otherwise)
{
    size_t used;
    return argc > i ? (unsigned long)pe_decimal_parse(argv[i], strlen(argv[i]), &used) : otherwise;
}

static int rounds(pe_job *job, const pe_settings *settings, pe_cell_ref ref, unsigned long count)
{
    pe_diag diag = {0};
    for (unsigned long i = 0; i < count; i++) {
        pe_job_edit edit = {ref, pe_number(0.03 + 0.001 * (double)i)};
        double t[5] = {pe_clock_seconds()};
        pe_status status = pe_job_restart(job, settings, &edit, 1, &diag);
        t[1] = pe_clock_seconds();
        if (status == PE_OK) status = pe_job_compile(job, &diag);
        t[2] = pe_clock_seconds();
        if (status == PE_OK) status = pe_job_simulate(job, &diag);
        t[3] = pe_clock_seconds();
        if (status != PE_OK) return fail(&diag);
        const pe_timings *s = &pe_job_report(job)->timings;
        printf("restart %.1f  compile %.1f  simulate %.1f  statistics %.1f  total %.1f ms  mean "
               "%.6g\n",
               (t[1] - t[0]) * 1e3, (t[2] - t[1]) * 1e3, s->simulate * 1e3, s->statistics * 1e3,
               (t[3] - t[0]) * 1e3, pe_job_report(job)->outputs[0].summary.mean);
    }
    return 0;
}

int main(int argc, char **argv)
{
    pe_job_options options = {
        .now_1900 = 46000, .folder = "/tmp", .command = "", .backend = pe_backend_cpu()};
    pe_diag diag = {0};
    pe_job *job = NULL;
    if (argc < 3) {
        fprintf(stderr, "bench_restart WORKBOOK CELL [trials] [threads] [rounds]\n");
        return 2;
    }
    options.settings.trials = number(argc, argv, 3, 1000);
    options.settings.trials_given = true;
    options.settings.outputs_some = true;
    options.threads = (unsigned)number(argc, argv, 4, 2);
    if (pe_job_new(&options, NULL, &job, &diag) != PE_OK) return fail(&diag);
    int result = 1;
    if (pe_job_check(job, argv[1], &diag) != PE_OK || pe_job_compile(job, &diag) != PE_OK ||
        pe_job_simulate(job, &diag) != PE_OK)
        fail(&diag);
    else {
        const pe_timings *s = &pe_job_report(job)->timings;
        printf("first: read %.1f  parse %.1f  compile %.1f  check %.1f  simulate %.1f  statistics "
               "%.1f ms\n",
               s->read * 1e3, s->parse * 1e3, s->compile * 1e3, s->check * 1e3, s->simulate * 1e3,
               s->statistics * 1e3);
        pe_cell_ref ref = {0, 0, 0};
        if (pe_cell_parse(argv[2], strlen(argv[2]), &ref.row, &ref.column) > 0)
            result = rounds(job, &options.settings, ref, number(argc, argv, 5, 5));
    }
    pe_job_free(job);
    return result;
}
