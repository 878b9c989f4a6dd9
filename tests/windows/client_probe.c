/* client_probe.c: an add-in's life on Windows, for test_windows.py: finds no host, starts one,
 * simulates a workbook over the pipe, loses the host, starts another. Prints what it got; exit code
 * 0: all went as it should. Arguments: the host program, a workbook, trials. */
#include <stdio.h>
#include <stdlib.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "client.h"
#include "protocol.h"

#define PATIENCE_MS 30000u
#define LOST_MS 2000u

static int fail(const char *what, const pe_client_error *error)
{
    fprintf(stderr, "client_probe: %s: %s: %s: %s\n", what, error->code, error->where, error->what);
    return 1;
}

/* One request and its reply, progress passed over. */
static int call(pe_client *client, const char *method, pe_wire_record record, const void *params,
                pe_wire_record reply, msgpack_zone *zone, void *result, pe_client_error *error)
{
    msgpack_sbuffer packed;
    msgpack_packer packer;
    pe_client_message message;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    if (pe_wire_encode(&packer, record, params, NULL) != PE_WIRE_OK) return 1;
    int64_t id = pe_client_send(client, method, packed.data, packed.size, PATIENCE_MS, error);
    msgpack_sbuffer_destroy(&packed);
    if (id < 0) return fail(method, error);
    do {
        int got = pe_client_next(client, PATIENCE_MS, &message, error);
        if (got <= 0) return fail(method, error);
    } while (message.kind == PE_CLIENT_NOTIFICATION);
    if (message.kind != PE_CLIENT_REPLY) {
        fprintf(stderr, "client_probe: %s failed: %.*s\n", method, (int)message.length,
                (const char *)message.body);
        return 1;
    }
    return pe_wire_decode_bytes(reply, message.body, message.length, zone, result, NULL) !=
           PE_WIRE_OK;
}

static int simulate(pe_client *client, const char *path, uint64_t trials, msgpack_zone *zone,
                    pe_client_error *error)
{
    const pe_wire_workbook_open open = {.path = pe_wire_text_of(path)};
    pe_wire_workbook_open_reply opened;
    pe_wire_simulate_reply reply;
    if (call(client, "workbook.open", PE_WIRE_workbook_open, &open, PE_WIRE_workbook_open_reply,
             zone, &opened, error) != 0)
        return 1;
    const pe_wire_simulate params = {
        .book = opened.book,
        .has_settings = true,
        .settings = {.has_trials = true, .trials = trials, .has_seed = true, .seed = {false, 1}}};
    if (call(client, "simulate", PE_WIRE_simulate, &params, PE_WIRE_simulate_reply, zone, &reply,
             error) != 0)
        return 1;
    for (size_t i = 0; i < reply.outputs.count; i++) {
        const pe_wire_output_statistics *s = &reply.outputs.items[i].statistics;
        printf("%.17g %.17g %.17g %.17g\n", s->mean, s->sd, s->p5, s->p95);
    }
    return reply.outputs.count == 0;
}

/* The host is killed: the next wait must say so, soon. */
static int lose(pe_client *client, msgpack_zone *zone, pe_client_error *error)
{
    pe_wire_status_reply status;
    pe_client_message message;
    const pe_wire_status empty = {0};
    if (call(client, "status", PE_WIRE_status, &empty, PE_WIRE_status_reply, zone, &status,
             error) != 0)
        return 1;
    HANDLE host = OpenProcess(PROCESS_TERMINATE, FALSE, status.pid);
    if (host == NULL || !TerminateProcess(host, 9)) return 1;
    CloseHandle(host);
    if (pe_client_next(client, LOST_MS, &message, error) == -1 && strcmp(error->code, "lost") == 0)
        return 0;
    return fail("a killed host is not noticed", error);
}

int main(int argc, char **argv)
{
    pe_client *client = NULL;
    pe_client_error error = {.code = ""};
    msgpack_zone *zone = msgpack_zone_new(8192);
    if (argc != 4 || zone == NULL) return 2;
    uint64_t trials = strtoull(argv[3], NULL, 10);
    pe_client_options options = {.name = "client_probe", .program = argv[1], .timeout_ms = 3000};
    if (pe_client_open(&options, &client, &error) == 0) return 3; /* whose host is that? */
    options.start = 1;
    options.timeout_ms = PATIENCE_MS;
    if (pe_client_open(&options, &client, &error) != 0) return fail("start", &error);
    if (simulate(client, argv[2], trials, zone, &error) != 0) return 4;
    if (lose(client, zone, &error) != 0) return 5;
    pe_client_close(client);
    if (pe_client_open(&options, &client, &error) != 0) return fail("start again", &error);
    if (simulate(client, argv[2], trials, zone, &error) != 0) return 6;
    if (pe_client_send(client, "shutdown", NULL, 0, PATIENCE_MS, &error) < 0)
        return fail("shutdown", &error);
    pe_client_message message;
    while (pe_client_next(client, PATIENCE_MS, &message, &error) > 0) {
    }
    pe_client_close(client);
    msgpack_zone_free(zone);
    return 0;
}
