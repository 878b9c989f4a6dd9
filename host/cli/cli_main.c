/* cli_main.c: the composition root: options in, a job, results out, an exit code. */
#include "cli.h"

#include <unistd.h>

/* Signal handlers have no argument: the one flag that they set. A second Ctrl-C ends the process at
 * once. */
static pe_control control;

static void on_interrupt(int number)
{
    PE_UNUSED(number);
    if (atomic_exchange(&control.cancel, true)) _exit(PE_EXIT_CANCELLED);
}

static pe_exit exit_of(pe_status status)
{
    switch (status) {
    case PE_OK:
        return PE_EXIT_OK;
    case PE_E_ARGUMENT:
    case PE_E_SYNTAX:
        return PE_EXIT_USAGE;
    case PE_E_FORMAT:
    case PE_E_ENCRYPTED:
        return PE_EXIT_WORKBOOK;
    case PE_E_NOT_FOUND:
    case PE_E_UNSUPPORTED:
    case PE_E_CYCLE:
        return PE_EXIT_REFUSED;
    case PE_E_IO:
        return PE_EXIT_IO;
    case PE_E_MEMORY:
    case PE_E_LIMIT:
        return PE_EXIT_RESOURCES;
    case PE_E_CANCELLED:
        return PE_EXIT_CANCELLED;
    default:
        return PE_EXIT_INTERNAL;
    }
}

/* What the library says for every user, in this program's options; "" where it has none. */
static const char *hint_of(pe_status status, const pe_diag *diag)
{
    if (strcmp(diag->where, "outputs") == 0)
        return "power-engine: --output CELL, RANGE, NAME or all says what to report\n";
    if (strcmp(diag->where, "inputs") == 0)
        return "power-engine: --input 'Sheet!B3=pert(1,2,5)' makes a cell uncertain\n";
    if (status == PE_E_UNSUPPORTED || status == PE_E_CYCLE)
        return "power-engine: --freeze CELL keeps a cell's stored value, --ignore FUNCTION runs "
               "without it\n";
    return "";
}

static pe_exit report_failure(const pe_cli_options *options, pe_cli_progress *progress,
                              pe_status status, const pe_diag *diag, bool reading)
{
    pe_cli_progress_clear(progress);
    if (status == PE_E_CANCELLED) {
        fputs("power-engine: cancelled\n", stderr);
        return PE_EXIT_CANCELLED;
    }
    bool whole = strcmp(diag->where, options->workbook) == 0 || strcmp(diag->where, "file") == 0;
    fprintf(stderr, "power-engine: %s%s%s: %s\n", options->workbook,
            diag->where[0] != '\0' && !whole ? ": " : "", whole ? "" : diag->where, diag->what);
    if (!reading) fputs(hint_of(status, diag), stderr);
    pe_exit result = exit_of(status);
    return reading && (status == PE_E_IO || status == PE_E_LIMIT) ? PE_EXIT_WORKBOOK : result;
}

/* "models/budget.xlsx" gives "budget-results.xlsx". */
static const char *default_results(pe_arena *arena, const char *workbook)
{
    const char *name = pe_cli_file_name(workbook);
    const char *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    return pe_arena_printf(arena, "%.*s-results.xlsx", (int)stem, name);
}

static pe_status write_results(const pe_cli_options *options, pe_report *report, pe_arena *arena,
                               double start, pe_diag *diag)
{
    pe_status status = PE_OK;
    const char *path = options->results;
    double before = pe_clock_seconds();
    if (path == NULL && options->json == NULL && options->csv == NULL)
        path = default_results(arena, options->workbook);
    const pe_report_options how = {.trials_sheet = options->trials_sheet};
    report->timings.total = before - start;
    if (path != NULL) PE_TRY(pe_report_write_xlsx(report, &how, path, &control, diag));
    if (options->csv != NULL) PE_TRY(pe_report_write_csv(report, options->csv, &control, diag));
    report->timings.report = pe_clock_seconds() - before;
    report->timings.total = pe_clock_seconds() - start;
    if (options->json != NULL) PE_TRY(pe_report_write_json(report, options->json, stdout, diag));
    bool to_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    if (!options->quiet && !to_stdout) {
        pe_cli_print_run(report, stdout);
        if (path != NULL) printf("results: %s\n", path);
        if (options->csv != NULL) printf("trials:  %s\n", options->csv);
    }
fail:
    return status;
}

static pe_exit run(const pe_cli_options *options, pe_job *job, pe_cli_progress *progress,
                   pe_arena *arena, double start)
{
    pe_diag diag = {0};
    pe_status status = pe_job_compile(job, &diag);
    if (status == PE_OK) status = pe_job_simulate(job, &diag);
    if (status != PE_OK) return report_failure(options, progress, status, &diag, false);
    pe_report *report = pe_job_report(job);
    report->command = pe_cli_command(arena, options, report);
    pe_cli_progress_clear(progress);
    status = write_results(options, report, arena, start, &diag);
    return status == PE_OK ? PE_EXIT_OK : report_failure(options, progress, status, &diag, false);
}

static pe_exit check(const pe_cli_options *options, pe_job *job, pe_cli_progress *progress)
{
    pe_diag diag = {0};
    const pe_report *report = pe_job_report(job);
    bool to_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    pe_cli_progress_clear(progress);
    if (options->json != NULL) {
        pe_status status = pe_report_write_check_json(report, options->json, stdout, &diag);
        if (status != PE_OK) return report_failure(options, progress, status, &diag, false);
    }
    if (!options->quiet && !to_stdout) pe_cli_print_check(report, options->all, stdout);
    return report->check.differ_count > 0 ? PE_EXIT_DIFFERENCES : PE_EXIT_OK;
}

/* A workbook with nothing to simulate can still be inspected. */
static pe_exit inspect(const pe_cli_options *options, pe_job *job, pe_cli_progress *progress)
{
    pe_diag diag = {0};
    pe_job_categories categories;
    pe_status status = pe_job_compile(job, &diag);
    bool told = status == PE_E_NOT_FOUND || status == PE_E_UNSUPPORTED || status == PE_E_ARGUMENT;
    if (status != PE_OK && !told) return report_failure(options, progress, status, &diag, false);
    pe_cli_progress_clear(progress);
    pe_job_categorise(job, &categories);
    pe_cli_print_inspect(pe_job_report(job), &categories, pe_job_simulation(job), options->all,
                         stdout);
    if (told) printf("%s: %s\n", diag.where, diag.what);
    return PE_EXIT_OK;
}

static pe_exit execute(pe_cli_options *options, pe_arena *arena)
{
    pe_diag diag = {0};
    pe_job *job = NULL;
    pe_cli_progress progress = {.on = !options->quiet && isatty(STDERR_FILENO) != 0};
    double start = pe_clock_seconds();
    options->job.backend = pe_backend_cpu();
    options->job.folder = pe_cli_temporary_folder();
    control.progress = pe_cli_progress_call;
    control.context = &progress;
    pe_status status = pe_cli_check_files(options, &diag);
    if (status == PE_OK) status = pe_job_new(&options->job, &control, &job, &diag);
    if (status != PE_OK) return report_failure(options, &progress, status, &diag, false);
    status = pe_job_check(job, options->workbook, &diag);
    pe_exit result = PE_EXIT_OK;
    if (status != PE_OK)
        result = report_failure(options, &progress, status, &diag, true);
    else if (options->command == PE_COMMAND_CHECK)
        result = check(options, job, &progress);
    else if (options->command == PE_COMMAND_INSPECT)
        result = inspect(options, job, &progress);
    else
        result = run(options, job, &progress, arena, start);
    pe_job_free(job);
    return result;
}

/* Built for AVX2 and FMA, the rest of the program must not start where they are missing. */
static bool processor_fits(void)
{
#if defined(__x86_64__) && !defined(PE_BASELINE)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

int main(int argc, char **argv)
{
    pe_cli_options options;
    if (!processor_fits()) {
        fputs("power-engine: this build needs a processor with AVX2 and FMA; build with "
              "-DPE_BASELINE=ON\n",
              stderr);
        return PE_EXIT_REFUSED;
    }
    if (pe_cli_is_host(argc, argv)) return (int)pe_cli_host(argc, argv);
    if (pe_cli_is_extension(argc, argv)) return (int)pe_cli_extension(argc, argv);
    pe_cli_prepare(on_interrupt);
    pe_arena *arena = pe_arena_new(SIZE_MAX / 2);
    if (arena == NULL) return PE_EXIT_RESOURCES;
    pe_exit result = pe_cli_parse(argc, argv, arena, &options);
    if (result == PE_EXIT_OK) {
        if (options.command == PE_COMMAND_HELP)
            pe_cli_help(stdout);
        else if (options.command == PE_COMMAND_VERSION)
            puts("power-engine " PE_VERSION);
        else
            result = execute(&options, arena);
    }
    pe_arena_free(arena);
    if (fflush(stdout) != 0 && result == PE_EXIT_OK) result = PE_EXIT_IO;
    return (int)result;
}
