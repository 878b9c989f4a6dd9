/* server_unix.c: where clients find the host, and who may, on Linux and macOS: a folder that only
 * the user can enter, a lock that only one host holds, a token that only the user can read, a
 * socket that takes the user's processes alone. Invariant: the endpoint file names a host that
 * holds the lock. */
#include "server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static pe_status folder_ready(const char *folder, pe_diag *diag)
{
    struct stat status;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return pe_fail(diag, PE_E_IO, folder,
                       "the folder of the socket cannot be made: %s; give another with --endpoint",
                       strerror(errno));
    if (lstat(folder, &status) != 0)
        return pe_fail(diag, PE_E_IO, folder, "the folder of the socket cannot be read: %s",
                       strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return pe_fail(
            diag, PE_E_IO, folder,
            "the folder of the socket is not this user's own: remove it, or give another "
            "with --endpoint");
    if ((status.st_mode & 077) != 0)
        return pe_fail(
            diag, PE_E_IO, folder,
            "other users can enter the folder of the socket (mode %03o): set its mode to "
            "700, or give another with --endpoint",
            (unsigned)status.st_mode & 0777u);
    return PE_OK;
}

static pe_status take_lock(pei_endpoint *endpoint, pe_diag *diag)
{
    char path[PEI_PATH_BYTES];
    snprintf(path, sizeof path, "%s.lock", endpoint->socket);
    endpoint->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (endpoint->lock < 0)
        return pe_fail(diag, PE_E_IO, path, "the lock cannot be opened: %s", strerror(errno));
    if (flock(endpoint->lock, LOCK_EX | LOCK_NB) == 0) return PE_OK;
    int reason = errno;
    close(endpoint->lock);
    endpoint->lock = -1;
    if (reason == EWOULDBLOCK)
        return pe_fail(diag, PE_E_UNSUPPORTED, endpoint->socket,
                       "the host is already running: `power-engine status` shows it");
    return pe_fail(diag, PE_E_IO, path, "the lock cannot be taken: %s", strerror(reason));
}

static bool set_paths(pei_endpoint *endpoint, const char *path, const char *info)
{
    int n = snprintf(endpoint->socket, sizeof endpoint->socket, "%s", path);
    int m = info != NULL ? snprintf(endpoint->info, sizeof endpoint->info, "%s", info)
                         : snprintf(endpoint->info, sizeof endpoint->info, "%.*s.json",
                                    n > 5 && strcmp(path + n - 5, ".sock") == 0 ? n - 5 : n, path);
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) return false;
    snprintf(endpoint->folder, sizeof endpoint->folder, "%.*s", (int)(slash - path), path);
    struct sockaddr_un address;
    return n > 0 && n < (int)sizeof address.sun_path && m + 8 < (int)sizeof endpoint->info;
}

pe_status pei_endpoint_take(pei_endpoint *endpoint, const char *path, const char *info,
                            pe_diag *diag)
{
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->lock = -1;
    if (!set_paths(endpoint, path, info))
        return pe_fail(diag, PE_E_ARGUMENT, path,
                       "the socket's path must hold a folder and be shorter than 108 bytes; give "
                       "another with --endpoint");
    pe_status status = folder_ready(endpoint->folder, diag);
    if (status == PE_OK) status = take_lock(endpoint, diag);
    if (status != PE_OK) return status;
    status = pei_endpoint_token(endpoint->token, diag);
    if (status != PE_OK) return status;
    unlink(endpoint->socket); /* of a host that was killed: the lock is ours */
    unlink(endpoint->info);
    return PE_OK;
}

static bool write_info(const pei_endpoint *endpoint, int fd)
{
    char text[PE_ENDPOINT_FILE_BYTES];
    int length = pei_endpoint_print(endpoint, text);
    return length > 0 && write(fd, text, (size_t)length) == length;
}

static pe_status publish(pei_endpoint *endpoint, pe_diag *diag)
{
    char part[PEI_PATH_BYTES + 8];
    snprintf(part, sizeof part, "%s.part", endpoint->info);
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = fd >= 0 && write_info(endpoint, fd);
    if (fd >= 0 && close(fd) != 0) written = false;
    if (!written || rename(part, endpoint->info) != 0) {
        int reason = errno;
        unlink(part);
        return pe_fail(diag, PE_E_IO, endpoint->info, "the endpoint file cannot be written: %s",
                       strerror(reason));
    }
    endpoint->published = true;
    return PE_OK;
}

void pei_endpoint_leave(pei_endpoint *endpoint)
{
    if (endpoint->lock < 0) return;
    if (endpoint->published) unlink(endpoint->info);
    unlink(endpoint->socket);
    close(endpoint->lock);
    endpoint->lock = -1;
}

static bool peer_is_user(int fd)
{
#if defined(__linux__)
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == geteuid();
#elif defined(__APPLE__) || defined(__FreeBSD__)
    uid_t user;
    gid_t group;
    return getpeereid(fd, &user, &group) == 0 && user == geteuid();
#else
    PE_UNUSED(fd);
    return false;
#endif
}

/* ---- the listener
 * ------------------------------------------------------------------------------------- */

struct pei_listener {
    uv_pipe_t pipe;
};

static void on_connection(uv_stream_t *pipe, int status)
{
    if (status == 0) pei_session_accept(pipe->data);
}

pe_status pei_listen(pe_server *server, pe_diag *diag)
{
    const char *path = server->endpoint.socket;
    pei_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    server->listener = listener;
    int result = uv_pipe_init(&server->loop, &listener->pipe, 0);
    listener->pipe.data = server;
    if (result == 0) result = uv_pipe_bind(&listener->pipe, path);
    if (result != 0)
        return pe_fail(diag, result == UV_ENOMEM ? PE_E_MEMORY : PE_E_IO, path,
                       "the socket cannot be made: %s", uv_strerror(result));
    if (chmod(path, 0600) != 0)
        return pe_fail(diag, PE_E_IO, path, "the socket's mode cannot be set: %s", strerror(errno));
    pe_status status = publish(&server->endpoint, diag);
    if (status != PE_OK) return status;
    result = uv_listen((uv_stream_t *)&listener->pipe, 64, on_connection);
    return result == 0 ? PE_OK
                       : pe_fail(diag, result == UV_ENOMEM ? PE_E_MEMORY : PE_E_IO, path,
                                 "the socket cannot be listened on: %s", uv_strerror(result));
}

bool pei_listener_accept(pe_server *server, uv_pipe_t *pipe)
{
    uv_os_fd_t fd = -1;
    return uv_accept((uv_stream_t *)&server->listener->pipe, (uv_stream_t *)pipe) == 0 &&
           uv_fileno((uv_handle_t *)pipe, &fd) == 0 && peer_is_user(fd);
}

void pei_listener_stop(pei_listener *listener)
{
    PE_UNUSED(listener); /* its handle is closed with the others */
}

void pei_listener_free(pei_listener *listener)
{
    free(listener);
}

/* ---- the rest
 * ----------------------------------------------------------------------------------------- */

int pei_log_file(const char *path)
{
    const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    return open(path, how | O_NONBLOCK, 0600); /* a pipe that nobody reads is no log */
}

void pei_block_broken_pipe(void)
{
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
}
