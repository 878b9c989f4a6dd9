/* client_unix.c: sockets, the endpoint file and the start of the host on Linux and macOS. Reads the
 * environment in pei_locate and pei_find_program only. Never raises SIGPIPE; descriptors are closed
 * on exec. */
#include "client_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(MSG_NOSIGNAL)
#define SEND_FLAGS MSG_NOSIGNAL
#else
#define SEND_FLAGS 0 /* macOS: SO_NOSIGPIPE on the socket */
#endif

#if defined(__APPLE__) /* a library there has no environ of its own */
#include <crt_externs.h>
#define environ (*_NSGetEnviron())
#else
extern char **environ;
#endif

struct pei_link {
    int socket;
};

int64_t pei_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pei_sleep_ms(unsigned ms)
{
    struct timespec wanted = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&wanted, NULL);
}

/* ---- where the host is ---- */

int pei_locate(pe_endpoint *endpoint, pe_client_error *error)
{
    pe_wire_diag diag;
    if (pe_endpoint_locate(getenv("XDG_RUNTIME_DIR"), geteuid(), endpoint, &diag) != PE_WIRE_OK)
        return pei_fail_diag(error, &diag);
    return 0;
}

static int not_ours(const char *path, pe_client_error *error)
{
    return pei_fail(error, "connect", path,
                    "belongs to another user, or others may write to it: it is not used");
}

/* What others cannot have made or changed. */
static bool is_private(const struct stat *status)
{
    return status->st_uid == geteuid() && (status->st_mode & 022) == 0;
}

int pei_read_file(const pe_endpoint *endpoint, char *text, size_t size, size_t *length,
                  pe_client_error *error)
{
    struct stat status;
    if (endpoint->folder[0] != '\0') {
        if (lstat(endpoint->folder, &status) != 0) return 0;
        if (!S_ISDIR(status.st_mode) || !is_private(&status))
            return not_ours(endpoint->folder, error);
    }
    int file = open(endpoint->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return 0;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || !is_private(&status)) {
        close(file);
        return not_ours(endpoint->file, error);
    }
    ssize_t got = read(file, text, size);
    close(file);
    if (got <= 0) return 0; /* just being written */
    *length = (size_t)got;
    return 1;
}

/* ---- one connection ---- */

static bool is_own_user(int connected)
{
#if defined(SO_PEERCRED)
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == geteuid();
#else
    uid_t user;
    gid_t group;
    return getpeereid(connected, &user, &group) == 0 && user == geteuid();
#endif
}

static int new_socket(void)
{
    int fresh = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fresh < 0) return -1;
    fcntl(fresh, F_SETFD, FD_CLOEXEC);
    fcntl(fresh, F_SETFL, O_NONBLOCK);
#if defined(SO_NOSIGPIPE)
    int on = 1;
    setsockopt(fresh, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return fresh;
}

static bool wait_for(int descriptor, short events, int64_t deadline, short *seen)
{
    for (;;) {
        struct pollfd wanted = {.fd = descriptor, .events = events};
        int64_t left = deadline - pei_clock_ms();
        int count = poll(&wanted, 1, left <= 0 ? 0 : left > 60000 ? 60000 : (int)left);
        *seen = wanted.revents;
        if (count > 0) return true;
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            *seen = POLLERR;
            return true;
        }
        if (pei_clock_ms() >= deadline) return false;
    }
}

/* 1, 0 or an errno value below 0. */
static int connect_until(int fresh, const struct sockaddr_un *address, int64_t deadline)
{
    short seen;
    int problem = 0;
    socklen_t size = sizeof problem;
    for (;;) {
        if (connect(fresh, (const struct sockaddr *)address, sizeof *address) == 0) return 1;
        if (errno == EISCONN) return 1;
        if (errno == EINPROGRESS) {
            if (!wait_for(fresh, POLLOUT, deadline, &seen)) return -ETIMEDOUT;
            getsockopt(fresh, SOL_SOCKET, SO_ERROR, &problem, &size);
            return problem == 0 ? 1 : -problem;
        }
        /* EAGAIN: more are waiting to be accepted than the host's queue holds. */
        if (errno != EAGAIN && errno != EINTR && errno != EALREADY) return -errno;
        if (pei_clock_ms() >= deadline) return -ETIMEDOUT;
        pei_sleep_ms(2);
    }
}

int pei_link_open(const char *address, int64_t deadline, pei_link **link, pe_client_error *error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(address) >= sizeof name.sun_path)
        return pei_fail(error, "connect", address, "is too long for a socket's address");
    memcpy(name.sun_path, address, strlen(address) + 1);
    pei_link *opened = malloc(sizeof *opened);
    if (opened == NULL) return pei_no_memory(error);
    opened->socket = new_socket();
    int result = opened->socket < 0 ? -errno : connect_until(opened->socket, &name, deadline);
    if (result > 0 && !is_own_user(opened->socket)) {
        pei_link_close(opened);
        return pei_fail(error, "connect", address, "another user's program answers there");
    }
    if (result > 0) {
        *link = opened;
        return 1;
    }
    pei_link_close(opened);
    if (result == -ENOENT || result == -ECONNREFUSED || result == -ECONNRESET) return 0;
    if (result == -ETIMEDOUT)
        return pei_fail(error, "timeout", address,
                        "The Power Engine host does not accept in time.");
    return pei_fail(error, "connect", address, "cannot connect (system error %d)", -result);
}

void pei_link_close(pei_link *link)
{
    if (link == NULL) return;
    if (link->socket >= 0) close(link->socket);
    free(link);
}

void pei_link_break(pei_link *link)
{
    shutdown(link->socket, SHUT_RDWR);
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int pei_link_exchange(pei_link *link, pei_exchange *exchange, int64_t deadline)
{
    bool wants_out = exchange->sent < exchange->out_length;
    short events = (short)((wants_out ? POLLOUT : 0) | (exchange->in != NULL ? POLLIN : 0)), seen;
    bool moved = false;
    if (!wait_for(link->socket, events, deadline, &seen)) return 0;
    if (exchange->in != NULL && (seen & (POLLIN | POLLHUP | POLLERR)) != 0) {
        ssize_t got = recv(link->socket, exchange->in, exchange->in_size, 0);
        if (got == 0 || (got < 0 && !would_block())) return -1;
        exchange->received = got > 0 ? (size_t)got : 0;
        moved = got > 0;
    }
    if (wants_out && (seen & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        ssize_t put = send(link->socket, exchange->out + exchange->sent,
                           exchange->out_length - exchange->sent, SEND_FLAGS);
        /* What was received in this turn must not be lost with the connection. */
        if (put < 0 && !would_block()) return moved ? 1 : -1;
        if (put > 0) exchange->sent += (size_t)put;
        moved |= put > 0;
    }
    return moved || pei_clock_ms() < deadline;
}

/* ---- the host program ---- */

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static bool try_path(char *path, size_t size, const char *folder, size_t length, const char *name)
{
    int written = snprintf(path, size, "%.*s/%s", (int)length, folder, name);
    return length > 0 && written > 0 && (size_t)written < size && is_program(path);
}

static bool beside_library(char *path, size_t size)
{
    Dl_info info;
    if (dladdr((const void *)(uintptr_t)&pe_client_open, &info) == 0 || info.dli_fname == NULL)
        return false;
    const char *slash = strrchr(info.dli_fname, '/');
    if (slash == NULL) return false;
    size_t length = (size_t)(slash - info.dli_fname);
    return try_path(path, size, info.dli_fname, length, "power-engine") ||
           try_path(path, size, info.dli_fname, length, "../bin/power-engine");
}

static bool in_path(char *path, size_t size)
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        /* A folder that is not absolute depends on where the user happens to stand. */
        if (at[0] == '/' && try_path(path, size, at, length, "power-engine")) return true;
        at += length + (at[length] == ':');
    }
    return false;
}

int pei_find_program(const char *given, char *path, size_t size, pe_client_error *error)
{
    static const char *const folders[] = {"/usr/bin", "/usr/local/bin", "/opt/power-engine/bin",
                                          "/opt/homebrew/bin"};
    if (given != NULL) {
        if (!is_program(given) || (size_t)snprintf(path, size, "%s", given) >= size)
            return pei_fail(error, "host_missing", given,
                            "This is not a program that can be started. Give the path of "
                            "power-engine.");
        return 0;
    }
    if (beside_library(path, size) || in_path(path, size)) return 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (try_path(path, size, folders[i], strlen(folders[i]), "power-engine")) return 0;
    const char *home = getenv("HOME");
    if (home != NULL && home[0] == '/' &&
        try_path(path, size, home, strlen(home), ".local/bin/power-engine"))
        return 0;
    return pei_fail(error, "host_missing", "power-engine",
                    "The program power-engine was not found. Install the package power-engine, or "
                    "put the program into a folder of PATH.");
}

/* Standard streams to /dev/null, nothing else inherited, a session of its own, default signals. */
static int spawn(const char *program, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char serve[] = "serve", name[] = "power-engine";
    char *const arguments[] = {name, serve, NULL};
    sigset_t none, all;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0) return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
#endif
#if defined(POSIX_SPAWN_CLOEXEC_DEFAULT)
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
#if defined(POSIX_SPAWN_SETSID)
    flags |= POSIX_SPAWN_SETSID;
#endif
    posix_spawnattr_setflags(&attributes, flags);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    failed = posix_spawn(child, program, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int pei_start(const char *program, pei_process *process, pe_client_error *error)
{
    pid_t child;
    int failed = spawn(program, &child);
    if (failed != 0)
        return pei_fail(error, "host_start", program,
                        "The Power Engine host cannot be started (system error %d).", failed);
    process->id = child;
    return 0;
}

bool pei_has_ended(pei_process *process, int *exit_code)
{
    int status = 0;
    if (process->id == 0) return false;
    pid_t got = waitpid((pid_t)process->id, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    *exit_code = got < 0 ? 0 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    process->id = 0;
    return true;
}

/* A host that ends later stays in the process table until this process ends: nothing else of it is
 * kept. One that has ended already (killed, say) is cleared away here. */
void pei_let_go(pei_process *process)
{
    int exit_code;
    pei_has_ended(process, &exit_code);
    process->id = 0;
}
