/* server_endpoint.c: what the endpoint file holds, the same on every system. */
#include "server_internal.h"

#include <stdio.h>

pe_status pei_endpoint_token(char token[PE_TOKEN_DIGITS + 1], pe_diag *diag)
{
    uint8_t random[PE_TOKEN_DIGITS / 2];
    if (uv_random(NULL, NULL, random, sizeof random, 0, NULL) != 0)
        return pe_fail(diag, PE_E_IO, "token", "the system gives no random bytes");
    for (size_t i = 0; i < sizeof random; i++) snprintf(token + 2 * i, 3, "%02x", random[i]);
    return PE_OK;
}

int pei_endpoint_print(const pei_endpoint *endpoint, char text[PE_ENDPOINT_FILE_BYTES])
{
    pe_endpoint_content content = {.pid = (uint64_t)uv_os_getpid()};
    snprintf(content.endpoint, sizeof content.endpoint, "%s", endpoint->socket);
    snprintf(content.token, sizeof content.token, "%s", endpoint->token);
    snprintf(content.version, sizeof content.version, "%s", PE_VERSION);
    return pe_endpoint_print(&content, text);
}
