/* test_client.c: the C library against a host of few words that runs in a thread, or as a program
 * of its own (this one, called with "serve"): deadlines, a host that dies, garbage, two full pipes,
 * a cancel from another thread, the start of a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "failing.h"
#include "protocol.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define END_FILE "end" /* in the runtime folder: hosts started as programs end */
/* What comes is waited for however busy the machine is; what must not wait for it is over sooner.
 */
#define PATIENCE_MS 60000
#define SOON_S 20.0
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the fake host ---- */

typedef struct fake_host {
    int listener;
    pthread_t thread;
    atomic_int cancels, requests;
    uint32_t held; /* request that "hold" keeps until a cancel */
    sem_t reads;   /* what "stall" waits for */
} fake_host;

static void write_all(int connection, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t put = send(connection, at, length, MSG_NOSIGNAL);
        if (put <= 0) return;
        at += put;
        length -= (size_t)put;
    }
}

static void reply(int connection, uint32_t id, pe_wire_out *out)
{
    out->length = 0;
    pe_wire_reply_begin(out, id);
    pe_wire_append(out, "\x80", 1);
    pe_wire_frame_end(out, NULL);
    write_all(connection, out->bytes, out->length);
}

static void fail_with(int connection, uint32_t id, pe_wire_code code, pe_wire_out *out)
{
    pe_wire_diag diag;
    out->length = 0;
    pe_wire_fail(&diag, code, "there", "what");
    pe_wire_put_failure(out, id, &diag, NULL);
    write_all(connection, out->bytes, out->length);
}

/* A megabyte of progress for each request, before its reply. */
static void flood(int connection, uint32_t id, pe_wire_out *out)
{
    char *stage = calloc(1, 1 << 20);
    pe_wire_progress progress = {.request = id};
    memset(stage, 'x', (1 << 20) - 1);
    progress.stage = pe_wire_text_of(stage);
    out->length = 0;
    pe_wire_put_note(out, "progress", PE_WIRE_progress, &progress, NULL);
    write_all(connection, out->bytes, out->length);
    reply(connection, id, out);
    free(stage);
}

static bool is(pe_wire_text text, const char *name)
{
    return text.length == strlen(name) && memcmp(text.bytes, name, text.length) == 0;
}

/* false: closes the connection. */
static bool answer(fake_host *host, int connection, const pe_wire_head *head, pe_wire_out *out)
{
    static const char garbage[] = "\0\0\0\3\x93\x05\x01", cut[] = "\0\0\1\0\x94";
    if (head->kind == PE_WIRE_NOTIFICATION) {
        atomic_fetch_add(&host->cancels, 1);
        if (host->held != 0) fail_with(connection, host->held, PE_WIRE_E_CANCELLED, out);
        host->held = 0;
        return true;
    }
    atomic_fetch_add(&host->requests, 1);
    if (is(head->method, "hold")) {
        host->held = head->id;
    } else if (is(head->method, "silent")) {
    } else if (is(head->method, "stall")) {
        sem_wait(&host->reads);
    } else if (is(head->method, "flood")) {
        flood(connection, head->id, out);
    } else if (is(head->method, "garbage")) {
        write_all(connection, garbage, sizeof garbage - 1);
    } else if (is(head->method, "cut")) {
        write_all(connection, cut, sizeof cut - 1);
        return false;
    } else if (is(head->method, "exit")) {
        _exit(1);
    } else if (is(head->method, "die")) {
        return false;
    } else if (is(head->method, "refuse")) {
        fail_with(connection, head->id, PE_WIRE_E_LIMIT, out);
    } else {
        reply(connection, head->id, out);
    }
    return true;
}

static void serve_one(fake_host *host, int connection)
{
    enum { PIECE_BYTES = 65536 };
    pe_frame_reader reader;
    pe_wire_out out;
    pe_wire_head head;
    const uint8_t *frame;
    size_t length;
    char *piece = malloc(PIECE_BYTES);
    bool open = true;
    pe_frame_reader_init(&reader, PE_LIMIT_frame_bytes);
    pe_wire_out_init(&out);
    while (open) {
        ssize_t got = recv(connection, piece, PIECE_BYTES, 0);
        if (got <= 0 || pe_frame_reader_feed(&reader, piece, (size_t)got, NULL) != PE_WIRE_OK)
            break;
        while (open && pe_frame_reader_next(&reader, &frame, &length, NULL) > 0)
            open = pe_wire_head_read(frame, length, &head, NULL) == PE_WIRE_OK &&
                   answer(host, connection, &head, &out);
    }
    pe_frame_reader_free(&reader);
    pe_wire_out_free(&out);
    free(piece);
    close(connection);
}

static void *accept_all(void *context)
{
    fake_host *host = context;
    for (;;) { /* one client after the other */
        int connection = accept(host->listener, NULL, NULL);
        if (connection < 0) return NULL;
        serve_one(host, connection);
    }
}

static void endpoint_write(const char *folder, const char *token)
{
    char path[256], text[PE_ENDPOINT_FILE_BYTES];
    pe_endpoint endpoint;
    pe_endpoint_content content = {.version = "0", .pid = 1};
    assert_int_equal(pe_endpoint_locate(folder, 0, &endpoint, NULL), PE_WIRE_OK);
    snprintf(content.endpoint, sizeof content.endpoint, "%s", endpoint.socket);
    snprintf(content.token, sizeof content.token, "%s", token);
    int length = pe_endpoint_print(&content, text);
    snprintf(path, sizeof path, "%s.new", endpoint.file);
    int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(file >= 0 && write(file, text, (size_t)length) == length);
    close(file);
    assert_int_equal(rename(path, endpoint.file), 0);
}

static void host_listen(fake_host *host, const char *folder)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    pe_endpoint endpoint;
    assert_int_equal(pe_endpoint_locate(folder, 0, &endpoint, NULL), PE_WIRE_OK);
    mkdir(endpoint.folder, 0700);
    memcpy(name.sun_path, endpoint.socket, strlen(endpoint.socket) + 1);
    unlink(name.sun_path);
    host->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(host->listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(host->listener, 8), 0);
    endpoint_write(folder, TOKEN);
}

/* ---- one test's surroundings ---- */

typedef struct fixture {
    char folder[64];
    fake_host host;
    pe_client *client;
    pe_client_error error;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/pe-client-XXXXXX");
    if (mkdtemp(f->folder) == NULL) return -1;
    setenv("XDG_RUNTIME_DIR", f->folder, 1);
    f->host.listener = -1;
    sem_init(&f->host.reads, 0, 0);
    *state = f;
    return 0;
}

/* Hosts that a client started are children of this process: tells them to end and waits, for one
 * that came second may only now reach its lock. */
static void end_hosts(const char *folder)
{
    char path[160];
    snprintf(path, sizeof path, "%s/" END_FILE, folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
}

static int tear_down(void **state)
{
    fixture *f = *state;
    char command[160];
    pe_client_close(f->client);
    end_hosts(f->folder);
    if (f->host.listener >= 0) {
        shutdown(f->host.listener, SHUT_RDWR);
        pthread_join(f->host.thread, NULL);
        close(f->host.listener);
    }
    sem_destroy(&f->host.reads);
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    int result = system(command);
    free(f);
    return result;
}

static void connect_to_host(fixture *f)
{
    pe_client_options options = {.name = "test", .timeout_ms = PATIENCE_MS};
    host_listen(&f->host, f->folder);
    assert_int_equal(pthread_create(&f->host.thread, NULL, accept_all, &f->host), 0);
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), 0);
}

static int64_t ask(fixture *f, const char *method)
{
    return pe_client_send(f->client, method, NULL, 0, PATIENCE_MS, &f->error);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- messages ---- */

static void replies(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    connect_to_host(f);
    int64_t id = ask(f, "anything");
    assert_true(id > 0);
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.kind, PE_CLIENT_REPLY);
    assert_int_equal(message.id, id);
    assert_int_equal(message.length, 1);
    id = ask(f, "refuse");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.kind, PE_CLIENT_FAILURE);
    assert_int_equal(message.id, id);
    id = ask(f, "flood");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.kind, PE_CLIENT_NOTIFICATION);
    assert_string_equal(message.method, "progress");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.id, id);
    assert_int_equal(pe_client_last_id(f->client), id);
}

static void deadline(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    connect_to_host(f);
    ask(f, "silent");
    double begun = seconds();
    assert_int_equal(pe_client_next(f->client, 150, &message, &f->error), 0);
    assert_true(seconds() - begun >= 0.14 && seconds() - begun < SOON_S);
    assert_int_equal(pe_client_next(f->client, 0, &message, &f->error), 0);
    ask(f, "x"); /* a deadline harms nothing */
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
}

typedef struct loss_row {
    const char *method, *code;
} loss_row;
static const loss_row loss_rows[] = {{"die", "lost"}, {"cut", "lost"}, {"garbage", "protocol"}};

static void losses(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    pe_client_options options = {.name = "test", .timeout_ms = PATIENCE_MS};
    connect_to_host(f);
    for (size_t i = 0; i < COUNT(loss_rows); i++) {
        ask(f, loss_rows[i].method);
        double begun = seconds();
        assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), -1);
        assert_string_equal(f->error.code, loss_rows[i].code);
        assert_true(seconds() - begun < SOON_S && strlen(f->error.what) > 0);
        /* Nothing more goes, no signal comes. */
        assert_int_equal(ask(f, "x"), -1);
        assert_string_equal(f->error.code, "lost");
        assert_int_equal(pe_client_notify(f->client, "cancel", NULL, 0, 100, &f->error), -1);
        assert_int_equal(pe_client_next(f->client, 100, &message, &f->error), -1);
        pe_client_close(f->client);
        f->client = NULL;
        assert_int_equal(pe_client_open(&options, &f->client, &f->error), 0);
    }
}

/* The host writes megabytes while the client writes megabytes: none waits for the other. */
static void two_full_pipes(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    size_t size = 1 << 20;
    uint8_t *params = calloc(1, size);
    memcpy(params, "\x81\xa1x\xc6\x00\x0f\xff\xf8", 8);
    connect_to_host(f);
    for (int i = 0; i < 20; i++)
        assert_true(pe_client_send(f->client, "flood", params, size, PATIENCE_MS, &f->error) > 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.id, pe_client_last_id(f->client));
    free(params);
}

/* More requests than may wait at the host: the client holds back by itself. */
static void many_requests(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    connect_to_host(f);
    for (int i = 0; i < 500; i++) assert_true(ask(f, "x") > 0);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
        assert_int_equal(message.id, i + 2); /* 1 was hello */
    }
    assert_int_equal(pe_client_next(f->client, 10, &message, &f->error), 0);
}

static void *cancel_soon(void *context)
{
    fixture *f = context;
    pe_client_error error;
    struct timespec soon = {0, 100 * 1000000};
    nanosleep(&soon, NULL);
    assert_int_equal(
        pe_client_notify(f->client, "cancel", "\x81\xa7request\x02", 10, PATIENCE_MS, &error), 0);
    return NULL;
}

static void cancel_from_another_thread(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    pthread_t thread;
    connect_to_host(f);
    ask(f, "hold");
    pthread_create(&thread, NULL, cancel_soon, f);
    double begun = seconds();
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_true(seconds() - begun < SOON_S);
    assert_int_equal(message.kind, PE_CLIENT_FAILURE);
    assert_int_equal(message.id, 2);
    pthread_join(thread, NULL);
}

static void *notify_much(void *context)
{
    fixture *f = context;
    pe_client_error error;
    for (int i = 0; i < 300; i++)
        assert_int_equal(pe_client_notify(f->client, "stop", NULL, 0, PATIENCE_MS, &error), 0);
    return NULL;
}

/* Frames of two threads do not mix. */
static void notify_beside_sending(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    pthread_t threads[2];
    size_t size = 300000;
    uint8_t *params = calloc(1, size);
    memcpy(params, "\x81\xa1x\xc6\x00\x04\x93\xd8", 8);
    connect_to_host(f);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, notify_much, f);
    for (int i = 0; i < 30; i++)
        assert_true(pe_client_send(f->client, "x", params, size, PATIENCE_MS, &f->error) > 0);
    for (int i = 0; i < 30; i++)
        assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    ask(f, "x");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(atomic_load(&f->host.cancels), 600);
    free(params);
}

/* A host that does not read: sending ends at its deadline, and half a frame ends the connection. */
static void host_that_does_not_read(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    size_t size = 4 << 20;
    uint8_t *params = calloc(1, size);
    memcpy(params, "\x81\xa1x\xc6\x00\x3f\xff\xf8", 8);
    connect_to_host(f);
    ask(f, "stall");
    double begun = seconds();
    assert_int_equal(pe_client_send(f->client, "x", params, size, 200, &f->error), -1);
    assert_string_equal(f->error.code, "timeout");
    assert_true(seconds() - begun < SOON_S);
    sem_post(&f->host.reads);
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), -1);
    assert_string_equal(f->error.code, "lost");
    free(params);
}

static void wrong_params(void **state)
{
    fixture *f = *state;
    connect_to_host(f);
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"\xc0", 1}, {"", 0}, {"\x80\x80", 2}, {"\x81\x01", 2}, {"\xdf\xff\xff\xff\xff", 5}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(
            pe_client_send(f->client, "x", rows[i].bytes, rows[i].length, 100, &f->error), -1);
    assert_true(ask(f, "x") > 0);
}

/* ---- sheets ---- */

static void sheet_parts(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    uint32_t rows = 60000, columns = 10, count = rows * columns;
    char *formulas = malloc((size_t)count * 12), *at = formulas;
    uint8_t *kinds = malloc(count);
    double *numbers = malloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++) {
        at += sprintf(at, "=A%u", i) + 1;
        kinds[i] = 1;
        numbers[i] = i;
    }
    pe_client_cells cells = {.rows = rows,
                             .columns = columns,
                             .formulas = formulas,
                             .formulas_bytes = (size_t)(at - formulas),
                             .kinds = kinds,
                             .numbers = numbers,
                             .texts = ""};
    connect_to_host(f);
    double begun = seconds();
    int sent = pe_client_sheet(f->client, &cells, PATIENCE_MS, &f->error);
    print_message("%u cells in %d requests: %.0f ms\n", count, sent, (seconds() - begun) * 1000);
    assert_true(sent >= 5 && sent <= 12);
    for (int i = 0; i < sent; i++)
        assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    assert_int_equal(message.id, pe_client_last_id(f->client));

    kinds[5] = 9;
    assert_int_equal(pe_client_sheet(f->client, &cells, 1000, &f->error), -1);
    kinds[5] = 4; /* no error has this code */
    numbers[5] = 99;
    assert_int_equal(pe_client_sheet(f->client, &cells, 1000, &f->error), -1);
    kinds[5] = 1;
    cells.formulas_bytes--;
    assert_int_equal(pe_client_sheet(f->client, &cells, 1000, &f->error), -1);
    assert_string_equal(f->error.code, "argument");
    free(formulas);
    free(kinds);
    free(numbers);
}

/* Opens, sends cells and reads the reply. 0, or -1 with error filled. */
static int open_and_send(pe_client **client, pe_client_error *error)
{
    static const uint8_t kinds[] = {1, 2, 4, 0};
    static const double numbers[] = {1.5, 0, 7, 0};
    pe_client_options options = {.name = "test", .timeout_ms = PATIENCE_MS};
    pe_client_cells cells = {.rows = 2,
                             .columns = 2,
                             .formulas = "=A2\0abc\0=NA()\0",
                             .formulas_bytes = 15,
                             .kinds = kinds,
                             .numbers = numbers,
                             .texts = "abc",
                             .texts_bytes = 4};
    pe_client_message message;
    if (pe_client_open(&options, client, error) < 0) return -1;
    if (pe_client_send(*client, "x", NULL, 0, PATIENCE_MS, error) < 0) return -1;
    if (pe_client_sheet(*client, &cells, PATIENCE_MS, error) < 0) return -1;
    if (pe_client_notify(*client, "stop", NULL, 0, PATIENCE_MS, error) < 0) return -1;
    return pe_client_next(*client, PATIENCE_MS, &message, error) == 1 ? 0 : -1;
}

/* Whichever allocation fails: an error that says so, nothing lost, and the next try works. */
static void out_of_memory(void **state)
{
    fixture *f = *state;
    pe_client_options options = {.name = "test", .timeout_ms = PATIENCE_MS};
    connect_to_host(f);
    pe_client_close(f->client);
    f->client = NULL;
    int result = -1;
    for (uint64_t n = 0; result < 0; n++) {
        pe_client *client = NULL;
        memset(&f->error, 0, sizeof f->error);
        failing_begin(n, FAILING_ALL_AFTER);
        result = open_and_send(&client, &f->error);
        failing_end();
        pe_client_close(client);
        if (result < 0) assert_string_equal(f->error.code, "memory");
        assert_true(n < 200);
    }
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), 0);
}

/* ---- opening and starting ---- */

static pe_client_options starting(const char *mode)
{
    setenv("FAKE_HOST_MODE", mode, 1);
    return (pe_client_options){
        .name = "test", .program = "/proc/self/exe", .start = 1, .timeout_ms = PATIENCE_MS};
}

static void started(void **state)
{
    fixture *f = *state;
    pe_client_message message;
    pe_client_options options = starting("");
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), 0);
    ask(f, "x");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    /* It dies; the socket and the file stay; the next open starts another. */
    ask(f, "exit");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), -1);
    assert_string_equal(f->error.code, "lost");
    pe_client_close(f->client);
    f->client = NULL;
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), 0);
    ask(f, "x");
    assert_int_equal(pe_client_next(f->client, PATIENCE_MS, &message, &f->error), 1);
    ask(f, "exit");
}

static void *open_one(void *context)
{
    pe_client *client = NULL;
    pe_client_options options = {
        .name = "test", .program = "/proc/self/exe", .start = 1, .timeout_ms = PATIENCE_MS};
    pe_client_error *error = context;
    pe_client_open(&options, &client, error);
    return client;
}

/* Two add-ins at once: one host is left, both have it. */
static void started_by_two(void **state)
{
    fixture *f = *state;
    pthread_t threads[2];
    pe_client_error errors[2];
    void *clients[2];
    starting("");
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, open_one, &errors[i]);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &clients[i]);
        if (clients[i] == NULL) fail_msg("%s: %s", errors[i].code, errors[i].what);
    }
    f->client = clients[0];
    ask(f, "exit");
    pe_client_close(clients[1]);
}

typedef struct open_row {
    const char *mode, *program, *code;
    int start;
} open_row;
static const open_row open_rows[] = {{"", "/proc/self/exe", "connect", 0},
                                     {"", "/nonexistent", "host_missing", 1},
                                     {"", "/", "host_missing", 1},
                                     {"dies", "/proc/self/exe", "host_start", 1},
                                     {"silent", "/proc/self/exe", "timeout", 1}};

static void not_started(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < COUNT(open_rows); i++) {
        pe_client_options options = starting(open_rows[i].mode);
        options.program = open_rows[i].program;
        options.start = open_rows[i].start;
        options.timeout_ms = strcmp(open_rows[i].mode, "silent") == 0 ? 300 : PATIENCE_MS;
        double begun = seconds();
        assert_int_equal(pe_client_open(&options, &f->client, &f->error), -1);
        if (strcmp(f->error.code, open_rows[i].code) != 0)
            fail_msg("row %zu: %s %s", i, f->error.code, f->error.what);
        assert_true(seconds() - begun < SOON_S);
    }
}

/* A socket that nobody serves any more, and a file that is none. */
static void leftovers(void **state)
{
    fixture *f = *state;
    pe_client_options options = {.name = "test", .timeout_ms = 1000};
    char path[160];
    host_listen(&f->host, f->folder);
    close(f->host.listener);
    f->host.listener = -1;
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), -1);
    assert_string_equal(f->error.code, "connect");
    snprintf(path, sizeof path, "%s/power-engine/host-1.json", f->folder);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), -1);
    assert_string_equal(f->error.code, "connect");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(pe_client_open(&options, &f->client, &f->error), -1);
    assert_string_equal(f->error.code, "connect");
    assert_non_null(strstr(f->error.what, "another user"));
}

/* ---- as a program: power-engine serve ---- */

/* Ends this process when the test says so, or when nobody does for a minute. */
static void *exit_later(void *context)
{
    const char *end = context;
    struct timespec pause = {0, 10000000};
    for (int i = 0; i < 6000 && access(end, F_OK) != 0; i++) nanosleep(&pause, NULL);
    _exit(0);
}

typedef struct served {
    fake_host host;
    int connection;
} served;

static void *serve_thread(void *context)
{
    served *one = context;
    serve_one(&one->host, one->connection);
    free(one);
    return NULL;
}

/* One process per user: whoever holds the lock serves, as the real host does. */
static int serve(void)
{
    const char *mode = getenv("FAKE_HOST_MODE"), *folder = getenv("XDG_RUNTIME_DIR");
    fake_host host = {.listener = -1};
    pthread_t thread;
    char path[160], end[160];
    if (mode != NULL && strcmp(mode, "dies") == 0) return 3;
    snprintf(end, sizeof end, "%s/" END_FILE, folder);
    pthread_create(&thread, NULL, exit_later, end);
    if (mode != NULL && strcmp(mode, "silent") == 0) {
        pause();
        return 0;
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    int lock = open(path, O_CREAT | O_RDWR, 0600);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (lock < 0 || fcntl(lock, F_SETLK, &whole) != 0) return 0;
    host_listen(&host, folder);
    for (;;) {
        int connection = accept(host.listener, NULL, NULL);
        if (connection < 0) return 1;
        served *one = malloc(sizeof *one);
        one->connection = connection;
        memset(&one->host, 0, sizeof one->host);
        pthread_create(&thread, NULL, serve_thread, one);
        pthread_detach(thread);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "serve") == 0) return serve();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(replies),
        TEST(deadline),
        TEST(losses),
        TEST(two_full_pipes),
        TEST(many_requests),
        TEST(cancel_from_another_thread),
        TEST(notify_beside_sending),
        TEST(host_that_does_not_read),
        TEST(wrong_params),
        TEST(sheet_parts),
        TEST(out_of_memory),
        TEST(started),
        TEST(started_by_two),
        TEST(not_started),
        TEST(leftovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
