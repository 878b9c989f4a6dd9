/* cli_host.c: the host as a service: serve, and the options of status and stop. The folders of
 * socket and log come from the environment here; the server takes paths. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol.h"
#include "server.h"

#define PATH_BYTES 512
#define IDLE_S 600.0

typedef struct host_options {
    bool foreground;
    char endpoint[PATH_BYTES], log[PATH_BYTES];
    unsigned threads;
    double idle_s;
} host_options;

static const char help[] =
    "  power-engine serve [options]   serve spreadsheets on this machine; one host per user\n"
    "      --foreground               stay in the terminal; Ctrl-C ends it\n"
    "      --endpoint PATH            another socket, ending in .sock, in a folder of your own\n"
    "      --log FILE                 default: ~/.local/state/power-engine/host.log\n"
    "      --threads N                workers of one simulation (default: all processors)\n"
    "      --idle-exit SECONDS        end after so long without a client (default 600; 0: never)\n"
    "  power-engine status [--endpoint PATH]   what the host is doing; exit code 1: none runs\n"
    "  power-engine stop [--endpoint PATH]     ends the host when its running jobs have ended\n";

static pe_exit fail(pe_exit result, const char *what, const char *detail)
{
    fprintf(stderr, "power-engine: %s%s\n", what, detail);
    return result;
}

/* ---- paths
 * --------------------------------------------------------------------------------------------- */

/* Makes the folders above a file, for the user alone. */
static void make_folders(const char *path)
{
    char folder[PATH_BYTES];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *p = folder + 1; *p != '\0'; p++) {
        if (*p != '/') continue;
        *p = '\0';
        mkdir(folder, 0700);
        *p = '/';
    }
}

static void default_log(char out[PATH_BYTES])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state != NULL && state[0] == '/')
        n = snprintf(out, PATH_BYTES, "%s/power-engine/host.log", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, PATH_BYTES, "%s/.local/state/power-engine/host.log", home);
    if (n <= 0 || n >= PATH_BYTES) out[0] = '\0';
}

static pe_exit default_endpoint(char out[PATH_BYTES])
{
    pe_endpoint endpoint;
    pe_wire_diag diag;
    if (pe_endpoint_locate(getenv("XDG_RUNTIME_DIR"), getuid(), &endpoint, &diag) != PE_WIRE_OK)
        return fail(PE_EXIT_IO, diag.what, "");
    snprintf(out, PATH_BYTES, "%s", endpoint.socket);
    return PE_EXIT_OK;
}

/* ---- options
 * ------------------------------------------------------------------------------------------- */

static bool number_of(const char *text, double most, double *number)
{
    size_t used = 0;
    *number = pe_decimal_parse(text, strlen(text), &used);
    return used > 0 && text[used] == '\0' && *number >= 0 && *number <= most;
}

static bool full_path(const char *text, char out[PATH_BYTES])
{
    char here[PATH_BYTES / 2];
    int n = text[0] == '/'                      ? snprintf(out, PATH_BYTES, "%s", text)
            : getcwd(here, sizeof here) != NULL ? snprintf(out, PATH_BYTES, "%s/%s", here, text)
                                                : -1;
    return n > 0 && n < PATH_BYTES;
}

static pe_exit parse(int argc, char **argv, host_options *o)
{
    enum { FOREGROUND = 1, ENDPOINT, LOG, THREADS, IDLE, HELP };
    static const struct option known[] = {{"foreground", no_argument, NULL, FOREGROUND},
                                          {"endpoint", required_argument, NULL, ENDPOINT},
                                          {"log", required_argument, NULL, LOG},
                                          {"threads", required_argument, NULL, THREADS},
                                          {"idle-exit", required_argument, NULL, IDLE},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    double number = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "", known, NULL);
        bool good = true;
        if (option == -1) break;
        if (option == FOREGROUND) o->foreground = true;
        if (option == ENDPOINT) good = full_path(optarg, o->endpoint);
        if (option == LOG) good = full_path(optarg, o->log);
        if (option == THREADS) good = number_of(optarg, 1024, &number);
        if (option == THREADS) o->threads = (unsigned)number;
        if (option == IDLE) good = number_of(optarg, 1e9, &o->idle_s);
        if (option == HELP || option == '?') {
            fputs(help, option == HELP ? stdout : stderr);
            return option == HELP ? PE_EXIT_CANCELLED : PE_EXIT_USAGE;
        }
        if (!good) return fail(PE_EXIT_USAGE, "this value makes no sense: ", optarg);
    }
    if (optind + 1 < argc) return fail(PE_EXIT_USAGE, "what is this? ", argv[optind + 1]);
    size_t length = strlen(o->endpoint);
    if (length > 0 && (length < 6 || strcmp(o->endpoint + length - 5, ".sock") != 0))
        return fail(PE_EXIT_USAGE, "the socket's name must end in .sock: ", o->endpoint);
    return length == 0 ? default_endpoint(o->endpoint) : PE_EXIT_OK;
}

/* ---- serve
 * --------------------------------------------------------------------------------------------- */

typedef struct waiting {
    int pipe; /* -1: nobody waits */
} waiting;

/* Clients can connect: whoever started the host may go on, and the terminal is free. */
static void on_ready(void *context)
{
    waiting *w = context;
    if (w->pipe < 0) return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
    if (null > 2) close(null);
    ssize_t written = write(w->pipe, "r", 1);
    PE_UNUSED(written);
    close(w->pipe);
    w->pipe = -1;
}

static pe_exit serve_here(const host_options *o, int ready_pipe)
{
    const char *folder = getenv("TMPDIR");
    waiting w = {ready_pipe};
    pe_diag diag = {0};
    pe_server *server = NULL;
    const pe_server_options options = {.endpoint = o->endpoint,
                                       .log = o->log[0] != '\0' ? o->log : NULL,
                                       .folder =
                                           folder != NULL && folder[0] != '\0' ? folder : "/tmp",
                                       .backend = pe_backend_cpu(),
                                       .threads = o->threads,
                                       .idle_s = o->idle_s,
                                       .signals = true,
                                       .now = pe_cli_now,
                                       .ready = on_ready,
                                       .context = &w};
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1); /* what others keep at their end never goes back to the system */
#endif
    if (o->log[0] != '\0') make_folders(o->log);
    pe_status status = pe_server_new(&options, &server, &diag);
    if (status == PE_E_UNSUPPORTED) {
        fprintf(stderr, "power-engine: %s\n", diag.what);
        return PE_EXIT_OK;
    }
    if (status == PE_OK) {
        if (o->foreground) fprintf(stderr, "power-engine: serving %s\n", o->endpoint);
        status = pe_server_run(server, &diag);
    }
    pe_server_free(server);
    if (status == PE_OK) return PE_EXIT_OK;
    fprintf(stderr, "power-engine: %s: %s\n", diag.where, diag.what);
    return status == PE_E_MEMORY ? PE_EXIT_RESOURCES : PE_EXIT_IO;
}

/* The host in a process and session of its own; returns when clients can connect. */
static pe_exit serve_behind(const host_options *o)
{
    int ends[2], status = 0;
    char byte = 0;
    if (pipe(ends) != 0) return fail(PE_EXIT_IO, "no pipe: ", strerror(errno));
    pid_t child = fork();
    if (child < 0) return fail(PE_EXIT_RESOURCES, "no process: ", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        setsid();
        if (chdir("/") != 0) return PE_EXIT_IO;
        return serve_here(o, ends[1]);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &byte, 1);
    close(ends[0]);
    if (got == 1) return PE_EXIT_OK;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return fail(PE_EXIT_INTERNAL, "the host ended at its start", "");
    return (pe_exit)WEXITSTATUS(status);
}

/* ---- commands
 * ------------------------------------------------------------------------------------------ */

bool pe_cli_is_host(int argc, char **argv)
{
    static const char *const commands[] = {"serve", "status", "stop"};
    for (size_t i = 0; argc > 1 && i < PE_COUNT(commands); i++)
        if (strcmp(argv[1], commands[i]) == 0) return true;
    return false;
}

pe_exit pe_cli_host(int argc, char **argv)
{
    host_options o = {.idle_s = IDLE_S};
    const char *command = argv[1]; /* getopt moves it */
    default_log(o.log);
    pe_exit result = parse(argc, argv, &o);
    if (result != PE_EXIT_OK) return result == PE_EXIT_CANCELLED ? PE_EXIT_OK : result;
    if (strcmp(command, "serve") != 0) return pe_cli_ask(o.endpoint, strcmp(command, "stop") == 0);
    return o.foreground ? serve_here(&o, -1) : serve_behind(&o);
}
