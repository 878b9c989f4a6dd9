/* endpoint.c: where host and add-ins meet: the folder, the socket and the endpoint file, as pure
 * functions of what the environment says, so that both sides agree. */
#include "protocol_internal.h"

#include <stdio.h>
#include <string.h>

#define SOCKET_PATH_BYTES 104 /* the smaller of Linux (108) and macOS (104) */

static pe_wire_code place(const char *folder, const char *separator, bool has_socket,
                          pe_endpoint *endpoint, pe_wire_diag *diag)
{
    int file = snprintf(endpoint->file, sizeof endpoint->file, "%s%shost-%d.json", folder,
                        separator, PE_WIRE_VERSION);
    int written = snprintf(endpoint->socket, sizeof endpoint->socket, "%s%shost-%d.sock", folder,
                           separator, PE_WIRE_VERSION);
    if (file >= (int)sizeof endpoint->file || written >= (int)sizeof endpoint->socket ||
        (has_socket && written >= SOCKET_PATH_BYTES))
        return pe_wire_fail(diag, PE_WIRE_E_LIMIT, "XDG_RUNTIME_DIR",
                            "the folder's name is too long for a socket: %.200s", folder);
    if (!has_socket) endpoint->socket[0] = '\0';
    return PE_WIRE_OK;
}

pe_wire_code pe_endpoint_locate(const char *runtime_folder, uint64_t user, pe_endpoint *endpoint,
                                pe_wire_diag *diag)
{
    int written;
    /* The XDG rules: a path that is not absolute is to be ignored. */
    if (runtime_folder != NULL && runtime_folder[0] == '/')
        written =
            snprintf(endpoint->folder, sizeof endpoint->folder, "%s/power-engine", runtime_folder);
    else
        written = snprintf(endpoint->folder, sizeof endpoint->folder, "/tmp/power-engine-%llu",
                           (unsigned long long)user);
    if (written >= (int)sizeof endpoint->folder)
        return pe_wire_fail(diag, PE_WIRE_E_LIMIT, "XDG_RUNTIME_DIR",
                            "the folder's name is too long for a socket: %.200s", runtime_folder);
    return place(endpoint->folder, "/", true, endpoint, diag);
}

pe_wire_code pe_endpoint_locate_windows(const char *local_folder, pe_endpoint *endpoint,
                                        pe_wire_diag *diag)
{
    if (local_folder == NULL || local_folder[0] == '\0')
        return pe_wire_fail(diag, PE_WIRE_E_NOT_FOUND, "LOCALAPPDATA", "is not set");
    int written =
        snprintf(endpoint->folder, sizeof endpoint->folder, "%s\\Power Engine", local_folder);
    if (written >= (int)sizeof endpoint->folder)
        return pe_wire_fail(diag, PE_WIRE_E_LIMIT, "LOCALAPPDATA", "is too long: %.200s",
                            local_folder);
    return place(endpoint->folder, "\\", false, endpoint, diag);
}

/* ---- the endpoint file: one flat JSON object ---- */

static void print_text(char *out, size_t size, const char *name, const char *text)
{
    size_t at = (size_t)snprintf(out, size, "\"%s\": \"", name);
    for (; *text != '\0' && at + 8 < size; text++) {
        if (*text == '"' || *text == '\\') out[at++] = '\\';
        if ((unsigned char)*text >= 0x20) out[at++] = *text;
    }
    snprintf(out + at, size - at, "\"");
}

int pe_endpoint_print(const pe_endpoint_content *content, char text[PE_ENDPOINT_FILE_BYTES])
{
    char endpoint[600], token[128], version[128];
    print_text(endpoint, sizeof endpoint, "endpoint", content->endpoint);
    print_text(token, sizeof token, "token", content->token);
    print_text(version, sizeof version, "version", content->version);
    return snprintf(text, PE_ENDPOINT_FILE_BYTES, "{%s, %s, \"pid\": %llu, %s}\n", endpoint, token,
                    (unsigned long long)content->pid, version);
}

typedef struct json_cursor {
    const char *at, *end;
} json_cursor;

static void skip_blanks(json_cursor *c)
{
    while (c->at < c->end && memchr(" \t\r\n", *c->at, 4) != NULL) c->at++;
}

static bool take(json_cursor *c, char wanted)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

/* A JSON text; of escapes only those of one character, which is all that a path needs. */
static bool take_text(json_cursor *c, char *out, size_t size)
{
    size_t length = 0;
    if (!take(c, '"')) return false;
    while (c->at < c->end && *c->at != '"') {
        if (*c->at == '\\') {
            c->at++;
            if (c->at == c->end || memchr("\"\\/", *c->at, 3) == NULL) return false;
        }
        if (length + 1 >= size || *c->at == '\0') return false;
        out[length++] = *c->at++;
    }
    out[length] = '\0';
    return take(c, '"');
}

static bool take_number(json_cursor *c, uint64_t *number)
{
    const char *start = c->at;
    for (*number = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (*number > UINT64_MAX / 10 - 1) return false;
        *number = *number * 10 + (uint64_t)(*c->at - '0');
    }
    return c->at > start;
}

static bool take_member(json_cursor *c, pe_endpoint_content *content)
{
    char name[64], other[512];
    uint64_t number = 0;
    if (!take_text(c, name, sizeof name) || !take(c, ':')) return false;
    skip_blanks(c);
    if (c->at == c->end) return false;
    if (*c->at != '"') {
        if (!take_number(c, &number)) return false;
        if (strcmp(name, "pid") == 0) content->pid = number;
        return true;
    }
    if (strcmp(name, "endpoint") == 0)
        return take_text(c, content->endpoint, sizeof content->endpoint);
    if (strcmp(name, "token") == 0) return take_text(c, content->token, sizeof content->token);
    if (strcmp(name, "version") == 0)
        return take_text(c, content->version, sizeof content->version);
    return take_text(c, other, sizeof other);
}

static bool is_token(const char *token)
{
    return strlen(token) == PE_TOKEN_DIGITS && strspn(token, "0123456789abcdef") == PE_TOKEN_DIGITS;
}

pe_wire_code pe_endpoint_parse(const char *text, size_t length, pe_endpoint_content *content,
                               pe_wire_diag *diag)
{
    json_cursor c = {text, text + length};
    pe_endpoint_content read = {.pid = 0};
    bool good = take(&c, '{');
    while (good) {
        good = take_member(&c, &read);
        if (!good || take(&c, '}')) break;
        good = take(&c, ',');
    }
    skip_blanks(&c);
    if (!good || c.at != c.end || read.endpoint[0] == '\0' || !is_token(read.token))
        return pe_wire_fail(diag, PE_WIRE_E_FORMAT, "endpoint file",
                            "not the endpoint file of a Power Engine host");
    *content = read;
    return PE_WIRE_OK;
}

bool pe_token_equal(const char *token, pe_wire_text given)
{
    unsigned difference = given.length ^ PE_TOKEN_DIGITS;
    for (uint32_t i = 0; i < PE_TOKEN_DIGITS; i++) {
        char other = i < given.length ? given.bytes[i] : '\0';
        difference |= (unsigned char)token[i] ^ (unsigned char)other;
    }
    return difference == 0;
}
