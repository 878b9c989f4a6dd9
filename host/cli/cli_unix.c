/* cli_unix.c: what the command line asks of Linux and macOS: signals, folders of the XDG rules, a
 * host in a session of its own, a socket. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol.h"

static pe_exit fail(pe_exit result, const char *what, const char *detail)
{
    fprintf(stderr, "power-engine: %s%s\n", what, detail);
    return result;
}

void pe_cli_prepare(void (*on_interrupt)(int number))
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- paths
 * --------------------------------------------------------------------------------------------- */

const char *pe_cli_temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

const char *pe_cli_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool pe_cli_full_path(const char *text, char out[PE_CLI_PATH_BYTES])
{
    char here[PE_CLI_PATH_BYTES / 2];
    int n = text[0] == '/' ? snprintf(out, PE_CLI_PATH_BYTES, "%s", text)
            : getcwd(here, sizeof here) != NULL
                ? snprintf(out, PE_CLI_PATH_BYTES, "%s/%s", here, text)
                : -1;
    return n > 0 && n < PE_CLI_PATH_BYTES;
}

void pe_cli_make_folders(const char *path)
{
    char folder[PE_CLI_PATH_BYTES];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *p = folder + 1; *p != '\0'; p++) {
        if (*p != '/') continue;
        *p = '\0';
        mkdir(folder, 0700);
        *p = '/';
    }
}

void pe_cli_default_log(char out[PE_CLI_PATH_BYTES])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state != NULL && state[0] == '/')
        n = snprintf(out, PE_CLI_PATH_BYTES, "%s/power-engine/host.log", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, PE_CLI_PATH_BYTES, "%s/.local/state/power-engine/host.log", home);
    if (n <= 0 || n >= PE_CLI_PATH_BYTES) out[0] = '\0';
}

pe_exit pe_cli_default_endpoint(char out[PE_CLI_PATH_BYTES])
{
    pe_endpoint endpoint;
    pe_wire_diag diag;
    if (pe_endpoint_locate(getenv("XDG_RUNTIME_DIR"), getuid(), &endpoint, &diag) != PE_WIRE_OK)
        return fail(PE_EXIT_IO, diag.what, "");
    snprintf(out, PE_CLI_PATH_BYTES, "%s", endpoint.socket);
    return PE_EXIT_OK;
}

/* ---- serve
 * --------------------------------------------------------------------------------------------- */

void pe_cli_serve_ready(int ready)
{
    if (ready < 0) return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
    if (null > 2) close(null);
    ssize_t written = write(ready, "r", 1);
    PE_UNUSED(written);
    close(ready);
}

pe_exit pe_cli_serve_behind(const char *endpoint, pe_cli_serve *serve, const void *options)
{
    int ends[2], status = 0;
    char byte = 0;
    PE_UNUSED(endpoint);
    if (pipe(ends) != 0) return fail(PE_EXIT_IO, "no pipe: ", strerror(errno));
    pid_t child = fork();
    if (child < 0) return fail(PE_EXIT_RESOURCES, "no process: ", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        setsid();
        if (chdir("/") != 0) return PE_EXIT_IO;
        return serve(options, ends[1]);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &byte, 1);
    close(ends[0]);
    if (got == 1) return PE_EXIT_OK;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return fail(PE_EXIT_INTERNAL, "the host ended at its start", "");
    return (pe_exit)WEXITSTATUS(status);
}

/* ---- one connection
 * ------------------------------------------------------------------------------------ */

bool pe_cli_link_open(const char *socket_path, const char *published, pe_cli_link *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval timeout = {.tv_sec = PE_CLI_TIMEOUT_S};
    PE_UNUSED(published);
    if (strlen(socket_path) >= sizeof address.sun_path) return false;
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    link->handle = fd;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return true;
    close(fd);
    return false;
}

void pe_cli_link_close(pe_cli_link *link)
{
    close((int)link->handle);
}

bool pe_cli_link_send(pe_cli_link *link, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send((int)link->handle, at, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

size_t pe_cli_link_receive(pe_cli_link *link, void *bytes, size_t size)
{
    ssize_t n;
    do n = recv((int)link->handle, bytes, size, 0);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}
