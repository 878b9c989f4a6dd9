/* cli_ask.c: status and stop: one question to the running host. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"

#define TIMEOUT_S 5

static pe_exit fail(pe_exit result, const char *what)
{
    fprintf(stderr, "power-engine: %s\n", what);
    return result;
}

/* What stands beside the socket: the token. */
static bool read_token(const char *endpoint, char token[PE_TOKEN_DIGITS + 1])
{
    char path[512], text[PE_ENDPOINT_FILE_BYTES];
    pe_endpoint_content content;
    int n = snprintf(path, sizeof path, "%.*s.json", (int)strlen(endpoint) - 5, endpoint);
    int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return false;
    ssize_t got = read(fd, text, sizeof text);
    close(fd);
    if (got <= 0 || pe_endpoint_parse(text, (size_t)got, &content, NULL) != PE_WIRE_OK)
        return false;
    memcpy(token, content.token, sizeof content.token);
    return true;
}

static int connect_to(const char *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    if (strlen(endpoint) >= sizeof address.sun_path) return -1;
    memcpy(address.sun_path, endpoint, strlen(endpoint) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, const pe_wire_out *out)
{
    size_t at = 0;
    while (at < out->length) {
        ssize_t n = send(fd, out->bytes + at, out->length - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

/* The response to request `id`; what else comes is passed over. */
static bool receive(int fd, pe_frame_reader *reader, uint32_t id, pe_wire_head *head)
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
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || pe_frame_reader_feed(reader, bytes, (size_t)n, NULL) != PE_WIRE_OK)
            return false;
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
static pe_exit exchange(int fd, const char *endpoint, const char *token, bool stop)
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
                send_all(fd, &out) && receive(fd, &reader, 1, &head) && head.error_length == 0 &&
                receive(fd, &reader, 2, &head) && head.error_length == 0;
    pe_exit result = !good  ? fail(PE_EXIT_IO, "the host does not answer as it should")
                     : stop ? PE_EXIT_OK
                            : print_status(&head, endpoint);
    pe_frame_reader_free(&reader);
    pe_wire_out_free(&out);
    return result;
}

pe_exit pe_cli_ask(const char *endpoint, bool stop)
{
    char token[PE_TOKEN_DIGITS + 1];
    int fd = read_token(endpoint, token) ? connect_to(endpoint) : -1;
    if (fd < 0) return fail(PE_EXIT_DIFFERENCES, "no host is running");
    pe_exit result = exchange(fd, endpoint, token, stop);
    close(fd);
    return result;
}
