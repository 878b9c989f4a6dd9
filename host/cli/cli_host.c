/* cli_host.c: the host as a service: serve, and the options of status and stop. The server
 * takes paths; where its socket and log are by default, the system says. */
#include "cli.h"

#include <getopt.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "server.h"

#define IDLE_S 600.0

typedef struct host_options {
    bool foreground;
    char endpoint[PE_CLI_PATH_BYTES], log[PE_CLI_PATH_BYTES];
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

/* ---- options
 * ------------------------------------------------------------------------------------------- */

static bool number_of(const char *text, double most, double *number)
{
    size_t used = 0;
    *number = pe_decimal_parse(text, strlen(text), &used);
    return used > 0 && text[used] == '\0' && *number >= 0 && *number <= most;
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
        if (option == ENDPOINT) good = pe_cli_full_path(optarg, o->endpoint);
        if (option == LOG) good = pe_cli_full_path(optarg, o->log);
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
    return length == 0 ? pe_cli_default_endpoint(o->endpoint) : PE_EXIT_OK;
}

/* ---- serve
 * --------------------------------------------------------------------------------------------- */

/* Clients can connect: whoever started the host may go on. */
static void on_ready(void *context)
{
    pe_cli_serve_ready(*(const int *)context);
}

static pe_exit serve_here(const void *given, int ready)
{
    const host_options *o = given;
    pe_diag diag = {0};
    pe_server *server = NULL;
    const pe_server_options options = {.endpoint = o->endpoint,
                                       .log = o->log[0] != '\0' ? o->log : NULL,
                                       .folder = pe_cli_temporary_folder(),
                                       .backend = pe_backend_cpu(),
                                       .threads = o->threads,
                                       .idle_s = o->idle_s,
                                       .signals = true,
                                       .now = pe_cli_now,
                                       .ready = on_ready,
                                       .context = &ready};
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1); /* what others keep at their end never goes back to the system */
#endif
    if (o->log[0] != '\0') pe_cli_make_folders(o->log);
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
    pe_cli_default_log(o.log);
    pe_exit result = parse(argc, argv, &o);
    if (result != PE_EXIT_OK) return result == PE_EXIT_CANCELLED ? PE_EXIT_OK : result;
    if (strcmp(command, "serve") != 0) return pe_cli_ask(o.endpoint, strcmp(command, "stop") == 0);
    return o.foreground ? serve_here(&o, -1) : pe_cli_serve_behind(o.endpoint, serve_here, &o);
}
