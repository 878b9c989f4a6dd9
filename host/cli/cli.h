/* cli.h: the command line, shared by its files. The only module that prints, reads the environment
 * and names the backends. */
#ifndef PE_CLI_H
#define PE_CLI_H

#include <stdio.h>

#include "base.h"
#include "job.h"

/* Exit codes: documented in --help and README. */
typedef enum pe_exit {
    PE_EXIT_OK = 0,
    PE_EXIT_DIFFERENCES = 1, /* check: some formulas do not agree */
    PE_EXIT_USAGE = 2,       /* options or settings that make no sense */
    PE_EXIT_WORKBOOK = 3,    /* the workbook cannot be read */
    PE_EXIT_REFUSED = 4,     /* nothing to simulate, or something unsupported would vary */
    PE_EXIT_IO = 5,          /* a result cannot be written */
    PE_EXIT_RESOURCES = 6,   /* out of memory, or a limit */
    PE_EXIT_INTERNAL = 7,
    PE_EXIT_CANCELLED = 130, /* Ctrl-C */
} pe_exit;

typedef enum pe_command {
    PE_COMMAND_RUN,
    PE_COMMAND_CHECK,
    PE_COMMAND_INSPECT,
    PE_COMMAND_HELP,
    PE_COMMAND_VERSION
} pe_command;

typedef struct pe_cli_options {
    pe_command command;
    const char *workbook;
    pe_job_options job;
    const char *results;    /* -o; NULL: made from the workbook's name, unless only JSON or CSV was
                               asked for */
    const char *json, *csv; /* NULL: not wanted; "-": standard output (json) */
    bool trials_sheet;
    bool quiet;
    bool all; /* check, inspect: list everything, not the first 20 */
} pe_cli_options;

/* Reads argv into options; texts live in arena or argv. Reports on stderr itself; PE_EXIT_OK or
 * PE_EXIT_USAGE. */
pe_exit pe_cli_parse(int argc, char **argv, pe_arena *arena, pe_cli_options *options);
void pe_cli_help(FILE *out);
/* Whether results can go where the options say. PE_E_ARGUMENT, PE_E_IO; where: the path. */
pe_status pe_cli_check_files(const pe_cli_options *options, pe_diag *diag);

/* serve, status, stop: options of their own. */
bool pe_cli_is_host(int argc, char **argv);
pe_exit pe_cli_host(int argc, char **argv);
/* status, stop: asks the host that serves this socket. */
pe_exit pe_cli_ask(const char *endpoint, bool stop);

/* install-libreoffice, uninstall-libreoffice: options of their own. */
bool pe_cli_is_extension(int argc, char **argv);
pe_exit pe_cli_extension(int argc, char **argv);

/* "2026-03-01", "2026-03-01 12:30[:15]" to a serial of the 1900 system. */
bool pe_cli_date(const char *text, double *serial);
double pe_cli_now(void); /* local date and time as a serial of the 1900 system */

/* The command that reproduces this run: quoted for a POSIX shell, with trials, seed and now
 * explicit. */
const char *pe_cli_command(pe_arena *arena, const pe_cli_options *options, const pe_report *report);

/* A progress bar on a terminal: redrawn at most ten times a second; nothing when stderr is no
 * terminal. */
typedef struct pe_cli_progress {
    bool on;
    atomic_bool busy;      /* one worker draws at a time */
    double started, drawn; /* of the current stage; seconds */
    char stage[32];
    int width; /* characters on the line */
} pe_cli_progress;
void pe_cli_progress_call(void *context, const char *stage, uint64_t done, uint64_t total);
void pe_cli_progress_clear(pe_cli_progress *progress);

void pe_cli_print_check(const pe_report *report, bool all, FILE *out);
void pe_cli_print_run(const pe_report *report, FILE *out);
void pe_cli_print_inspect(const pe_report *report, const pe_job_categories *categories,
                          const pe_simulation *simulation, bool all, FILE *out);

#endif
