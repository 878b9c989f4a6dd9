/* test_pipe.c: what a client can do wrong, and what another must not notice: frames cut, wrong,
 * huge or never finished; clients that do not read, leave, ask too much; cancel and stop; the
 * folder, the lock, the token, the log; how a host ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server_rig.h"

#define MODEL "A1 10\nB1 =RiskNormal(A1,2)\nC1 =B1*2+3+RiskOutput(\"Result\")\n"
/* Long enough to be cancelled: a chain of draws. */
#define SLOW                                                                                       \
    "A1 =RiskGamma(2.5,3)\nA2 =RiskBeta(2,A1)\nA3 =RiskGamma(A1+1,2)\nA4 =RiskBeta(A3,3)\n"        \
    "A5 =RiskGamma(A4+2,A1)\nA6 =A5+A4+RiskOutput(\"Slow\")\n"
#define SLOW_TRIALS 20000000ull
#define SOON_S 20.0 /* on a busy machine; a run takes longer */

static rig server;
static rig_client other; /* who must not notice */

static int set_up(void **state)
{
    (void)state;
    const pe_server_options options = {.silence_s = 1.0};
    rig_start(&server, &options);
    rig_hello(&server, &other);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_close(&other);
    rig_stop(&server);
    return 0;
}

static void works(rig_client *c)
{
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(c, MODEL);
    assert_string_equal(rig_simulate(c, book, 1000, &run), "");
    assert_true(fabs(run.outputs.items[0].statistics.mean - 23) < 1);
    const pe_wire_workbook_close close_book = {.book = book};
    assert_string_equal(rig_call(c, "workbook.close", PE_WIRE_workbook_close, &close_book,
                                 PE_WIRE_workbook_close_reply, NULL),
                        "");
}

static uint32_t sessions_now(void)
{
    const pe_wire_status params = {0};
    pe_wire_status_reply reply;
    assert_string_equal(
        rig_call(&other, "status", PE_WIRE_status, &params, PE_WIRE_status_reply, &reply), "");
    return reply.sessions;
}

/* ---- bytes
 * --------------------------------------------------------------------------------------------- */

typedef struct garbage {
    const char *name, *bytes;
    size_t length;
    bool greeted;
    const char *answer; /* "closed", or the error's code of a response */
} garbage;

#define BYTES(text) text, sizeof(text) - 1
static const garbage garbages[] = {
    {"no length", BYTES("\0\0\0\0"), true, "closed"},
    {"a length over the limit", BYTES("\x7f\xff\xff\xff"), true, "closed"},
    {"a long frame before hello", BYTES("\0\2\0\0"), false, "closed"},
    {"not MessagePack", BYTES("\0\0\0\4\xc1\xc1\xc1\xc1"), true, "closed"},
    {"an HTTP request", BYTES("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), false, "closed"},
    {"a map", BYTES("\0\0\0\1\x80"), true, "closed"},
    {"an array that is cut off", BYTES("\0\0\0\2\x94\0"), true, "closed"},
    {"two objects", BYTES("\0\0\0\2\xc0\xc0"), true, "closed"},
    {"a response", BYTES("\0\0\0\5\x94\1\1\xc0\xc0"), true, "closed"},
    {"an id of 0", BYTES("\0\0\0\x0c\x94\0\0\xa6status\x91\x80"), true, "closed"},
    {"no hello", BYTES("\0\0\0\x0c\x94\0\1\xa6status\x91\x80"), false, "token"},
    {"a wrong token",
     BYTES("\0\0\0\x25\x94\0\1\xa5hello\x91\x83\xa7version\1\xa5token\xa1x"
           "\xa6"
           "client\xa1y"),
     false, "token"},
    {"a wrong version",
     BYTES("\0\0\0\x25\x94\0\1\xa5hello\x91\x83\xa7version\2\xa5token\xa1x"
           "\xa6"
           "client\xa1y"),
     false, "version"},
    {"an unknown method", BYTES("\0\0\0\x0a\x94\0\7\xa4nope\x91\x80"), true, "unknown_method"},
    {"hello again", BYTES("\0\0\0\x0b\x94\0\7\xa5hello\x91\x80"), true, "protocol"},
    {"a method without its fields", BYTES("\0\0\0\x0e\x94\0\7\xa8simulate\x91\x80"), true,
     "argument"},
};

static void answers_garbage(void **state)
{
    const garbage *g = *state;
    rig_client c;
    if (g->greeted)
        rig_hello(&server, &c);
    else
        rig_connect(&server, &c);
    rig_send_bytes(&c, g->bytes, g->length);
    const char *answer = rig_wait_for(&c,
                                      strcmp(g->answer, "closed") == 0 ? 9999
                                      : g->greeted                     ? 7
                                                                       : 1,
                                      PE_WIRE_status_reply, NULL, 5);
    assert_string_equal(answer, g->answer);
    rig_close(&c);
    works(&other);
}

/* Beyond 64 KiB the loop looks at a frame's head alone: every kind of first byte of an id. */
static void heads_of_long_frames(void **state)
{
    (void)state;
    enum { LENGTH = 70000 };
    static const uint8_t ids[] = {0,    1,    0x7F, 0x80, 0x8F, 0x90, 0xA5, 0xBF,
                                  0xC0, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xFF};
    static uint8_t frame[4 + LENGTH] = {0, LENGTH >> 16, LENGTH >> 8 & 255, LENGTH & 255, 0x94, 0};
    for (size_t i = 0; i < PE_COUNT(ids); i++) {
        rig_client c;
        rig_hello(&server, &c);
        frame[6] = ids[i];
        rig_send_bytes(&c, frame, sizeof frame);
        assert_string_equal(rig_wait_for(&c, 9999, PE_WIRE_status_reply, NULL, 5), "closed");
        rig_close(&c);
    }
    works(&other);
}

static void unknown_notification_is_ignored(void **state)
{
    (void)state;
    static const char bytes[] = "\0\0\0\x0a\x93\2\xa5pling\x91\x80";
    rig_send_bytes(&other, bytes, sizeof bytes - 1);
    works(&other);
}

/* A session cut after any number of its bytes. */
static void cut_anywhere(void **state)
{
    (void)state;
    pe_wire_out out;
    char token[PE_TOKEN_DIGITS + 1] = "00000000000000000000000000000000";
    const pe_wire_hello hello = {.version = PE_WIRE_VERSION,
                                 .token = pe_wire_text_of(token),
                                 .client = pe_wire_text_of("cut")};
    const pe_wire_simulate run = {.book = 1};
    pe_wire_out_init(&out);
    pe_wire_put_request(&out, 1, "hello", PE_WIRE_hello, &hello, NULL);
    pe_wire_put_request(&out, 2, "simulate", PE_WIRE_simulate, &run, NULL);
    for (size_t n = 0; n <= out.length; n++) {
        rig_client c;
        rig_connect(&server, &c);
        rig_send_bytes(&c, out.bytes, n);
        rig_close(&c);
    }
    pe_wire_out_free(&out);
    works(&other);
}

/* Frames that come byte by byte are whole frames. */
static void byte_by_byte(void **state)
{
    (void)state;
    pe_wire_out out;
    const pe_wire_status empty = {0};
    pe_wire_out_init(&out);
    for (uint32_t id = 100; id < 103; id++)
        pe_wire_put_request(&out, id, "status", PE_WIRE_status, &empty, NULL);
    for (size_t i = 0; i < out.length; i++) assert_true(rig_send_bytes(&other, out.bytes + i, 1));
    for (uint32_t id = 100; id < 103; id++)
        assert_string_equal(rig_wait_for(&other, id, PE_WIRE_status_reply, NULL, 60), "");
    pe_wire_out_free(&out);
}

static void half_a_frame_is_dropped(void **state)
{
    (void)state;
    rig_client c;
    rig_hello(&server, &c);
    rig_send_bytes(&c, "\0\0\1\0\x94\0", 6);
    assert_string_equal(rig_wait_for(&c, 9999, PE_WIRE_status_reply, NULL, 60), "closed");
    assert_true(c.said_goodbye);
    rig_close(&c);
    works(&other);
}

/* Requests without number, and nothing read: the host holds so much, then drops the client. */
static void who_does_not_read_is_dropped(void **state)
{
    (void)state;
    rig_client c;
    pe_wire_out out;
    const pe_wire_distributions empty = {0};
    rig_hello(&server, &c);
    pe_wire_out_init(&out);
    for (uint32_t id = 1; id <= 200; id++)
        pe_wire_put_request(&out, id + 10, "distributions", PE_WIRE_distributions, &empty, NULL);
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    double end = pe_clock_seconds() + 60;
    bool dropped = false;
    while (!dropped && pe_clock_seconds() < end) {
        ssize_t n = send(c.fd, out.bytes, out.length, MSG_NOSIGNAL);
        dropped = n < 0 && (errno == EPIPE || errno == ECONNRESET);
        if (n < 0) usleep(10000);
    }
    assert_true(dropped);
    pe_wire_out_free(&out);
    rig_close(&c);
    works(&other);
}

/* ---- cancel, stop, progress
 * ----------------------------------------------------------------------------- */

static uint32_t start_slow(rig_client *c, uint32_t book)
{
    const pe_wire_simulate params = {.book = book,
                                     .has_settings = true,
                                     .settings = {.has_trials = true, .trials = SLOW_TRIALS}};
    return rig_send(c, "simulate", PE_WIRE_simulate, &params);
}

static void wait_for_progress(rig_client *c)
{
    double end = pe_clock_seconds() + 60;
    while (c->progress_count == 0 && pe_clock_seconds() < end)
        rig_wait_for(c, 0, PE_WIRE_status_reply, NULL, 1);
    assert_true(c->progress_count > 0);
}

static void cancels(void **state)
{
    (void)state;
    rig_client c;
    rig_hello(&server, &c);
    uint32_t book = rig_book(&c, SLOW), id = start_slow(&c, book);
    wait_for_progress(&c);
    clock_t start = clock(); /* the run's work too: a busy machine may give us no time */
    rig_note(&c, "cancel", id);
    assert_string_equal(rig_wait_for(&c, id, PE_WIRE_simulate_reply, NULL, 60), "cancelled");
    assert_true(clock() - start < CLOCKS_PER_SEC / 2);
    works(&c); /* as soon as the cancelled one has ended */
    rig_close(&c);
}

static void cancels_what_waits(void **state)
{
    (void)state;
    rig_client c;
    pe_wire_simulate_reply run;
    rig_hello(&server, &c);
    uint32_t book = rig_book(&c, SLOW), first = start_slow(&c, book), second = start_slow(&c, book);
    wait_for_progress(&c);
    rig_note(&c, "cancel", second);
    assert_string_equal(rig_wait_for(&c, second, PE_WIRE_simulate_reply, NULL, 60), "cancelled");
    rig_note(&c, "cancel", first);
    assert_string_equal(rig_wait_for(&c, first, PE_WIRE_simulate_reply, NULL, 60), "cancelled");
    rig_note(&c, "cancel", 12345); /* nobody */
    assert_string_equal(rig_simulate(&c, book, 1000, &run), "");
    rig_close(&c);
}

static void stops(void **state)
{
    (void)state;
    rig_client c;
    pe_wire_simulate_reply run;
    rig_hello(&server, &c);
    uint32_t book = rig_book(&c, SLOW), id = start_slow(&c, book);
    wait_for_progress(&c);
    while (strcmp(c.progress.stage.bytes, "simulate") != 0 || c.progress.done == 0)
        rig_wait_for(&c, 0, PE_WIRE_status_reply, NULL, 1);
    assert_true(c.progress.has_per_second && c.progress.has_seconds_left);
    rig_note(&c, "stop", id);
    assert_string_equal(rig_wait_for(&c, id, PE_WIRE_simulate_reply, &run, 60), "");
    assert_true(run.incomplete);
    assert_true(run.trials > 0 && run.trials < SLOW_TRIALS);
    assert_int_equal(run.trials_asked, SLOW_TRIALS);
    rig_close(&c);
}

static void tells_progress(void **state)
{
    (void)state;
    rig_client c;
    rig_hello(&server, &c);
    uint32_t book = rig_book(&c, SLOW), id = start_slow(&c, book);
    double start = pe_clock_seconds(), seconds = 0;
    while (seconds < 2 || c.progress_count < 2) {
        assert_true(seconds < 60);
        rig_wait_for(&c, 0, PE_WIRE_status_reply, NULL, 0.2);
        seconds = pe_clock_seconds() - start;
    }
    rig_note(&c, "cancel", id);
    assert_int_equal(c.progress.request, id);
    assert_true(c.progress_count <= 5 + 10 * seconds); /* ten a second at most */
    rig_close(&c);
}

/* Two long runs of others, and still the short things are done. */
static void short_work_passes_long(void **state)
{
    (void)state;
    rig_client c[3];
    pe_wire_inspect_reply inspected;
    pe_wire_describe_reply shape;
    for (int i = 0; i < 3; i++) {
        rig_hello(&server, &c[i]);
        start_slow(&c[i], rig_book(&c[i], SLOW));
    }
    wait_for_progress(&c[0]);
    const pe_wire_inspect params = {.book = rig_book(&other, MODEL)};
    double start = pe_clock_seconds();
    assert_string_equal(
        rig_call(&other, "inspect", PE_WIRE_inspect, &params, PE_WIRE_inspect_reply, &inspected),
        "");
    const pe_wire_describe describe = {.formula = pe_wire_text_of("normal(0,1)")};
    assert_string_equal(
        rig_call(&c[0], "describe", PE_WIRE_describe, &describe, PE_WIRE_describe_reply, &shape),
        ""); /* overtakes its own session's run */
    assert_true(pe_clock_seconds() - start < SOON_S);
    for (int i = 0; i < 3; i++) rig_close(&c[i]); /* whose runs end with them */
    works(&other);
    double end = pe_clock_seconds() + 60;
    while (sessions_now() > 1 && pe_clock_seconds() < end) usleep(20000);
    assert_int_equal(sessions_now(), 1);
}

static void an_id_in_use_is_refused(void **state)
{
    (void)state;
    rig_client c;
    rig_hello(&server, &c);
    uint32_t id = start_slow(&c, rig_book(&c, SLOW));
    wait_for_progress(&c);
    c.id = id - 1;
    const pe_wire_distributions empty = {0};
    rig_send(&c, "distributions", PE_WIRE_distributions, &empty);
    assert_string_equal(rig_wait_for(&c, id, PE_WIRE_simulate_reply, NULL, 60), "protocol");
    rig_close(&c);
}

/* ---- limits
 * -------------------------------------------------------------------------------------------- */

static void takes_so_many_sessions(void **state)
{
    (void)state;
    rig_client c[PE_LIMIT_sessions];
    for (int i = 0; i < PE_LIMIT_sessions - 1; i++) rig_hello(&server, &c[i]);
    rig_client more;
    rig_connect(&server, &more);
    assert_string_equal(rig_wait_for(&more, 1, PE_WIRE_status_reply, NULL, 60), "closed");
    assert_true(more.said_goodbye);
    rig_close(&more);
    rig_close(&c[0]);
    double end = pe_clock_seconds() + 60;
    while (sessions_now() >= PE_LIMIT_sessions && pe_clock_seconds() < end) usleep(10000);
    rig_hello(&server, &c[0]);
    for (int i = 0; i < PE_LIMIT_sessions - 1; i++) rig_close(&c[i]);
}

static void a_run_that_needs_too_much_ends_alone(void **state)
{
    (void)state;
    rig small;
    rig_client c;
    const pe_server_options options = {.bytes_max = 1};
    rig_start(&small, &options);
    rig_hello(&small, &c);
    uint32_t book = rig_book(&c, SLOW), id = start_slow(&c, book);
    assert_string_equal(rig_wait_for(&c, id, PE_WIRE_simulate_reply, NULL, 60), "memory");
    assert_true(strstr(c.failure.what.bytes, "memory") != NULL);
    const pe_wire_status params = {0};
    assert_string_equal(rig_call(&c, "status", PE_WIRE_status, &params, PE_WIRE_status_reply, NULL),
                        "");
    rig_close(&c);
    rig_stop(&small);
}

#if defined(__linux__)
static uint64_t resident(void)
{
    unsigned long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &all, &pages), 2);
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The one that needs the memory, and not the last one that came. */
static void the_largest_run_ends(void **state)
{
    (void)state;
    rig tight;
    rig_client large, small;
    pe_wire_simulate_reply run;
    const pe_server_options options = {.bytes_max = resident() + (200u << 20)};
    rig_start(&tight, &options);
    rig_hello(&tight, &large);
    rig_hello(&tight, &small);
    uint32_t slow = rig_book(&small, SLOW);
    const pe_wire_simulate much = {
        .book = rig_book(&large, "A1 =RAND()\nA2 =A1*2+RiskOutput(\"Large\")\n"),
        .has_settings = true,
        .settings = {.has_trials = true, .trials = 60000000}};
    uint32_t id = rig_send(&large, "simulate", PE_WIRE_simulate, &much);
    assert_string_equal(rig_simulate(&small, slow, 400000, &run), "");
    assert_string_equal(rig_wait_for(&large, id, PE_WIRE_simulate_reply, NULL, 60), "memory");
    rig_close(&large);
    rig_close(&small);
    rig_stop(&tight);
}
#endif

/* ---- the folder, the lock, the log
 * ------------------------------------------------------------------------ */

static pe_status try_server(const char *endpoint, pe_diag *diag)
{
    pe_server *again = NULL;
    const pe_server_options options = {.endpoint = endpoint, .backend = pe_backend_cpu()};
    pe_status status = pe_server_new(&options, &again, diag);
    pe_server_free(again);
    return status;
}

static void is_alone(void **state)
{
    (void)state;
    pe_diag diag;
    assert_int_equal(try_server(server.socket, &diag), PE_E_UNSUPPORTED);
    assert_true(strstr(diag.what, "already running") != NULL);
    works(&other);
}

static void refuses_open_folders(void **state)
{
    (void)state;
    pe_diag diag;
    char path[128], folder[96];
    struct stat status;
    snprintf(folder, sizeof folder, "%s/open", server.folder);
    snprintf(path, sizeof path, "%s/x.sock", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(try_server(path, &diag), PE_E_IO);
    assert_true(strstr(diag.what, "700") != NULL);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(try_server(path, &diag), PE_OK);
    snprintf(path, sizeof path, "%s/link", server.folder);
    assert_int_equal(symlink(folder, path), 0);
    snprintf(path, sizeof path, "%s/link/x.sock", server.folder);
    assert_int_equal(try_server(path, &diag), PE_E_IO); /* a link can be turned */
    assert_int_equal(try_server("relative.sock", &diag), PE_E_ARGUMENT);
    assert_int_equal(stat(server.socket, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/host-1.json", server.folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void starts_over_what_a_killed_host_left(void **state)
{
    (void)state;
    char path[128], folder[96];
    pe_diag diag;
    snprintf(folder, sizeof folder, "%s/left", server.folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    static const char *const names[] = {"x.sock", "x.json", "x.sock.lock", "x.json.part"};
    for (size_t i = 0; i < PE_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        close(open(path, O_CREAT | O_WRONLY, 0600));
    }
    snprintf(path, sizeof path, "%s/x.sock", folder);
    assert_int_equal(try_server(path, &diag), PE_OK);
    assert_int_equal(access(path, F_OK), -1);
}

static void logs_who_came(void **state)
{
    (void)state;
    works(&other);
    char *log = rig_log(&server);
    assert_non_null(strstr(log, "connected: a test"));
    assert_null(strstr(log, "RiskNormal"));
    free(log);
}

/* Another host with the same options starts and ends. */
static void serve_again(rig *r)
{
    pe_server *again = NULL;
    r->options.endpoint = r->socket;
    assert_int_equal(pe_server_new(&r->options, &again, NULL), PE_OK);
    pe_server_stop(again);
    assert_int_equal(pe_server_run(again, NULL), PE_OK);
    pe_server_free(again);
}

static void serve_with_full_log(rig *full)
{
    FILE *file = fopen(full->log, "wb");
    assert_non_null(file);
    for (int i = 0; i < 1 << 20; i++) fputc('x', file);
    fclose(file);
    serve_again(full);
}

static void rotates_its_log(void **state)
{
    (void)state;
    char path[128];
    struct stat status;
    rig full;
    rig_start(&full, NULL);
    rig_stop(&full); /* its folder is gone: made again */
    assert_int_equal(mkdir(full.folder, 0700), 0);
    serve_with_full_log(&full);
    snprintf(path, sizeof path, "%s.1", full.log);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 1 << 20);
    assert_int_equal(stat(full.log, &status), 0);
    assert_true(status.st_size < 1000);
    rig_stop(&full);
}

/* Where the full log cannot be put aside, it does not grow. */
static void a_log_that_stays_is_full(void **state)
{
    (void)state;
    char path[128];
    struct stat status;
    rig full;
    rig_start(&full, NULL);
    rig_stop(&full);
    assert_int_equal(mkdir(full.folder, 0700), 0);
    for (int i = 0; i < 3; i++) { /* folders; the last one cannot be replaced */
        static const char *const folders[] = {".1", ".2", ".2/x"};
        snprintf(path, sizeof path, "%s%s", full.log, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    serve_with_full_log(&full);
    assert_int_equal(stat(full.log, &status), 0);
    assert_int_equal(status.st_size, 1 << 20);
    rig_stop(&full);
}

/* What is no file is no log, and the host starts. */
static void a_log_is_a_file(void **state)
{
    (void)state;
    rig r;
    rig_start(&r, NULL);
    rig_stop(&r);
    assert_int_equal(mkdir(r.folder, 0700), 0);
    assert_int_equal(mkfifo(r.log, 0600), 0);
    serve_again(&r);
    rig_stop(&r);
}

/* ---- how it ends
 * --------------------------------------------------------------------------------------- */

static void ends_when_idle(void **state)
{
    (void)state;
    rig idle;
    const pe_server_options options = {.idle_s = 0.5};
    rig_start(&idle, &options);
    double start = pe_clock_seconds();
    rig_wait(&idle);
    assert_true(pe_clock_seconds() - start < SOON_S);
    assert_int_equal(access(idle.socket, F_OK), -1);
    rig_stop(&idle);
}

static void ends_when_asked(void **state)
{
    (void)state;
    rig asked;
    rig_client c;
    const pe_wire_shutdown empty = {0};
    rig_start(&asked, NULL);
    rig_hello(&asked, &c);
    uint32_t id = start_slow(&c, rig_book(&c, SLOW));
    wait_for_progress(&c);
    assert_string_equal(
        rig_call(&c, "shutdown", PE_WIRE_shutdown, &empty, PE_WIRE_shutdown_reply, NULL), "");
    assert_string_equal(
        rig_call(&c, "distributions", PE_WIRE_shutdown, &empty, PE_WIRE_shutdown_reply, NULL),
        "cancelled");
    rig_note(&c, "cancel", id); /* the running job is waited for, or cancelled */
    assert_string_equal(rig_wait_for(&c, 9999, PE_WIRE_status_reply, NULL, 60), "closed");
    assert_true(c.said_goodbye);
    rig_close(&c);
    rig_wait(&asked);
    rig_stop(&asked);
}

static void ends_in_the_middle(void **state)
{
    (void)state;
    rig killed;
    rig_client c;
    rig_start(&killed, NULL);
    rig_hello(&killed, &c);
    start_slow(&c, rig_book(&c, SLOW));
    wait_for_progress(&c);
    double start = pe_clock_seconds();
    pe_server_stop(killed.server);
    rig_wait(&killed);
    assert_true(pe_clock_seconds() - start < SOON_S);
    rig_close(&c);
    rig_stop(&killed);
}

int main(void)
{
    struct CMUnitTest tests[64 + PE_COUNT(garbages)] = {
        cmocka_unit_test(heads_of_long_frames),
        cmocka_unit_test(unknown_notification_is_ignored),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(half_a_frame_is_dropped),
        cmocka_unit_test(who_does_not_read_is_dropped),
        cmocka_unit_test(cancels),
        cmocka_unit_test(cancels_what_waits),
        cmocka_unit_test(stops),
        cmocka_unit_test(tells_progress),
        cmocka_unit_test(short_work_passes_long),
        cmocka_unit_test(an_id_in_use_is_refused),
        cmocka_unit_test(takes_so_many_sessions),
        cmocka_unit_test(a_run_that_needs_too_much_ends_alone),
#if defined(__linux__)
        cmocka_unit_test(the_largest_run_ends),
#endif
        cmocka_unit_test(is_alone),
        cmocka_unit_test(refuses_open_folders),
        cmocka_unit_test(starts_over_what_a_killed_host_left),
        cmocka_unit_test(logs_who_came),
        cmocka_unit_test(rotates_its_log),
        cmocka_unit_test(a_log_that_stays_is_full),
        cmocka_unit_test(a_log_is_a_file),
        cmocka_unit_test(ends_when_idle),
        cmocka_unit_test(ends_when_asked),
        cmocka_unit_test(ends_in_the_middle),
    };
    size_t n = 0;
    while (tests[n].name != NULL) n++;
    for (size_t i = 0; i < PE_COUNT(garbages); i++)
        tests[n++] = (struct CMUnitTest){garbages[i].name, answers_garbage, NULL, NULL,
                                         (void *)(uintptr_t)&garbages[i]};
    for (size_t i = 0; i < n; i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return _cmocka_run_group_tests("pipe", tests, n, NULL, NULL);
}
