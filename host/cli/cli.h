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

/* ---- the system: cli_unix.c, cli_windows.c
 * ------------------------------------------------------------------------------------------- */

/* Before anything else: Ctrl-C and a request to end call on_interrupt, at the second time the
 * system ends the process; standard output takes bytes as they are. */
void pe_cli_prepare(void (*on_interrupt)(int number));
const char *pe_cli_temporary_folder(void);
/* The name of a file in its folder. */
const char *pe_cli_file_name(const char *path);

#define PE_CLI_PATH_BYTES 512
bool pe_cli_full_path(const char *text, char out[PE_CLI_PATH_BYTES]);
void pe_cli_make_folders(const char *path);           /* those above a file, for the user alone */
void pe_cli_default_log(char out[PE_CLI_PATH_BYTES]); /* empty: there is no place for one */
pe_exit pe_cli_default_endpoint(char out[PE_CLI_PATH_BYTES]);
/* Serves in a process of its own, without a terminal; returns when clients can connect. ready:
 * what pe_cli_serve_ready is to be called with then; -1 in the terminal. */
typedef pe_exit pe_cli_serve(const void *options, int ready);
pe_exit pe_cli_serve_behind(const char *endpoint, pe_cli_serve *serve, const void *options);
void pe_cli_serve_ready(int ready);

/* A connection to the host, for one question. */
typedef struct pe_cli_link {
    intptr_t handle;
} pe_cli_link;
#define PE_CLI_TIMEOUT_S 5
/* published: what the endpoint file names, which is where Windows has the pipe. */
bool pe_cli_link_open(const char *socket_path, const char *published, pe_cli_link *link);
void pe_cli_link_close(pe_cli_link *link);
/* All bytes; false: the host is gone, or silent for too long. */
bool pe_cli_link_send(pe_cli_link *link, const void *bytes, size_t length);
size_t pe_cli_link_receive(pe_cli_link *link, void *bytes, size_t size); /* 0: no more come */

void pe_cli_print_check(const pe_report *report, bool all, FILE *out);
void pe_cli_print_run(const pe_report *report, FILE *out);
void pe_cli_print_inspect(const pe_report *report, const pe_job_categories *categories,
                          const pe_simulation *simulation, bool all, FILE *out);

#endif
