/* cli_ask.c: status and stop: one question to the running host. */
#include "cli.h"

#include "protocol.h"

static pe_exit fail(pe_exit result, const char *what)
{
    fprintf(stderr, "power-engine: %s\n", what);
    return result;
}

/* What stands beside the socket. */
static bool read_info(const char *endpoint, pe_endpoint_content *content)
{
    char path[PE_CLI_PATH_BYTES], text[PE_ENDPOINT_FILE_BYTES];
    int n = snprintf(path, sizeof path, "%.*s.json", (int)strlen(endpoint) - 5, endpoint);
    FILE *file = n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
    if (file == NULL) return false;
    size_t got = fread(text, 1, sizeof text, file);
    fclose(file);
    return pe_endpoint_parse(text, got, content, NULL) == PE_WIRE_OK;
}

/* The response to request `id`; what else comes is passed over. */
static bool receive(pe_cli_link *link, pe_frame_reader *reader, uint32_t id, pe_wire_head *head)
{
    char bytes[4096];
    const uint8_t *frame = NULL;
    size_t length = 0;
    for (;;) {
        int got = pe_frame_reader_next(reader, &frame, &length, NULL);
        if (got < 0) return false;
        if (got == 1) {
            if (pe_wire_head_read(frame, length, head, NULL) != PE_WIRE_OK) return false;
            if (head->kind == PE_WIRE_RESPONSE && head->id == id) return true;
            continue;
        }
        size_t n = pe_cli_link_receive(link, bytes, sizeof bytes);
        if (n == 0 || pe_frame_reader_feed(reader, bytes, n, NULL) != PE_WIRE_OK) return false;
    }
}

static pe_exit print_status(const pe_wire_head *head, const char *endpoint)
{
    pe_wire_status_reply s;
    msgpack_zone *zone = msgpack_zone_new(1024);
    bool read =
        zone != NULL && pe_wire_decode_bytes(PE_WIRE_status_reply, head->body, head->body_length,
                                             zone, &s, NULL) == PE_WIRE_OK;
    if (read) {
        printf("power-engine %s, process %u, up %.0f s\n", s.version.bytes, s.pid, s.uptime);
        printf("connections %u; jobs running %u, waiting %u; memory of workbooks and results "
               "%.1f MiB\n",
               s.sessions - (s.sessions > 0), s.jobs_running, s.jobs_waiting,
               (double)s.memory_bytes / (1 << 20));
        printf("socket %s\n", endpoint);
    }
    if (zone != NULL) msgpack_zone_free(zone);
    return read ? PE_EXIT_OK : fail(PE_EXIT_INTERNAL, "the host's answer cannot be read");
}

/* hello, then the question. */
static pe_exit exchange(pe_cli_link *link, const char *endpoint, const char *token, bool stop)
{
    pe_wire_out out;
    pe_frame_reader reader;
    pe_wire_head head;
    const pe_wire_hello hello = {.version = PE_WIRE_VERSION,
                                 .token = pe_wire_text_of(token),
                                 .client = pe_wire_text_of("power-engine " PE_VERSION)};
    const pe_wire_status empty = {0};
    pe_wire_out_init(&out);
    pe_frame_reader_init(&reader, PE_LIMIT_frame_bytes);
    bool good = pe_wire_put_request(&out, 1, "hello", PE_WIRE_hello, &hello, NULL) == PE_WIRE_OK &&
                pe_wire_put_request(&out, 2, stop ? "shutdown" : "status", PE_WIRE_status, &empty,
                                    NULL) == PE_WIRE_OK &&
                pe_cli_link_send(link, out.bytes, out.length) && receive(link, &reader, 1, &head) &&
                head.error_length == 0 && receive(link, &reader, 2, &head) &&
                head.error_length == 0;
    pe_exit result = !good  ? fail(PE_EXIT_IO, "the host does not answer as it should")
                     : stop ? PE_EXIT_OK
                            : print_status(&head, endpoint);
    pe_frame_reader_free(&reader);
    pe_wire_out_free(&out);
    return result;
}

pe_exit pe_cli_ask(const char *endpoint, bool stop)
{
    pe_endpoint_content content;
    pe_cli_link link;
    if (!read_info(endpoint, &content) || !pe_cli_link_open(endpoint, content.endpoint, &link))
        return fail(PE_EXIT_DIFFERENCES, "no host is running");
    pe_exit result = exchange(&link, endpoint, content.token, stop);
    pe_cli_link_close(&link);
    return result;
}
