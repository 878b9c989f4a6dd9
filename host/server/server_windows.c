/* server_windows.c: where clients find the host, and who may, on Windows: a pipe whose name nobody
 * can guess and that only the user may open, from this computer alone; a lock that only one host
 * holds; an endpoint file that only the user can read. Invariant: the endpoint file names a host
 * that holds the lock.
 *
 * libuv cannot make such a pipe: uv_pipe_bind gives each instance the default access list, which
 * lets everyone read, and none refuses remote clients; uv_pipe_chmod only adds rights, later. So a
 * thread of the listener's own makes the instances and waits; the connected ones go to the loop,
 * which takes them with uv_pipe_open. */
#include "server_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <stdio.h>
#include <stdlib.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <sddl.h>

#define WAITING_MAX 64u
#define BUFFER_BYTES 65536u

struct pei_listener {
    pe_server *server;
    char name[128];
    PSECURITY_DESCRIPTOR user_only;
    HANDLE stop, connected; /* events */
    HANDLE next;            /* the instance that the next client gets */
    uv_thread_t thread;
    bool running;
    uv_async_t wake;
    uv_mutex_t mutex; /* guards what waits */
    HANDLE waiting[WAITING_MAX];
    unsigned waiting_count;
};

static pe_status system_failed(const char *where, const char *what, pe_diag *diag)
{
    return pe_fail(diag, PE_E_IO, where, "%s (system error %lu)", what,
                   (unsigned long)GetLastError());
}

/* Everything for this process' user and nothing for anybody else; whatever is made inside a folder
 * has the same. NULL: the system does not say who the user is. LocalFree frees it. */
static PSECURITY_DESCRIPTOR user_only(void)
{
    union {
        TOKEN_USER user;
        char bytes[256];
    } token_user;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char *user = NULL, text[256];
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return NULL;
    if (GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &size) &&
        ConvertSidToStringSidA(token_user.user.User.Sid, &user)) {
        snprintf(text, sizeof text, "O:%sD:P(A;OICI;GA;;;%s)", user, user);
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                  &descriptor, NULL))
            descriptor = NULL;
        LocalFree(user);
    }
    CloseHandle(token);
    return descriptor;
}

static SECURITY_ATTRIBUTES attributes_of(PSECURITY_DESCRIPTOR descriptor)
{
    return (SECURITY_ATTRIBUTES){.nLength = sizeof(SECURITY_ATTRIBUTES),
                                 .lpSecurityDescriptor = descriptor};
}

/* ---- the endpoint
 * ------------------------------------------------------------------------------------- */

static bool set_paths(pei_endpoint *endpoint, const char *path, const char *info)
{
    int n = (int)strlen(path);
    int m = info != NULL ? snprintf(endpoint->info, sizeof endpoint->info, "%s", info)
                         : snprintf(endpoint->info, sizeof endpoint->info, "%.*s.json",
                                    n > 5 && strcmp(path + n - 5, ".sock") == 0 ? n - 5 : n, path);
    while (n > 0 && path[n - 1] != '\\' && path[n - 1] != '/') n--;
    int f = snprintf(endpoint->folder, sizeof endpoint->folder, "%.*s", n > 0 ? n - 1 : 0, path);
    return f > 0 && f < (int)sizeof endpoint->folder && m + 8 < (int)sizeof endpoint->info;
}

static pe_status folder_ready(const char *folder, pe_diag *diag)
{
    PSECURITY_DESCRIPTOR descriptor = user_only();
    SECURITY_ATTRIBUTES attributes = attributes_of(descriptor);
    if (descriptor == NULL) return system_failed(folder, "the user is not known", diag);
    bool made = CreateDirectoryA(folder, &attributes) || GetLastError() == ERROR_ALREADY_EXISTS;
    LocalFree(descriptor);
    return made ? PE_OK
                : system_failed(folder, "the folder of the endpoint file cannot be made", diag);
}

static pe_status take_lock(pei_endpoint *endpoint, const char *path, pe_diag *diag)
{
    char lock[PEI_PATH_BYTES + 8];
    snprintf(lock, sizeof lock, "%s.lock", path);
    endpoint->lock = _sopen(lock, _O_RDWR | _O_CREAT | _O_NOINHERIT, _SH_DENYRW, 0600);
    if (endpoint->lock >= 0) return PE_OK;
    if (errno == EACCES)
        return pe_fail(diag, PE_E_UNSUPPORTED, path,
                       "the host is already running: `power-engine status` shows it");
    return pe_fail(diag, PE_E_IO, lock, "the lock cannot be opened: %s", strerror(errno));
}

pe_status pei_endpoint_take(pei_endpoint *endpoint, const char *path, const char *info,
                            pe_diag *diag)
{
    char random[PE_TOKEN_DIGITS + 1];
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->lock = -1;
    if (!set_paths(endpoint, path, info))
        return pe_fail(diag, PE_E_ARGUMENT, path,
                       "the endpoint must be a path with a folder; give another with --endpoint");
    pe_status status = folder_ready(endpoint->folder, diag);
    if (status == PE_OK) status = take_lock(endpoint, path, diag);
    if (status == PE_OK) status = pei_endpoint_token(endpoint->token, diag);
    if (status == PE_OK) status = pei_endpoint_token(random, diag);
    if (status != PE_OK) return status;
    snprintf(endpoint->socket, sizeof endpoint->socket, "\\\\.\\pipe\\power-engine-%s", random);
    DeleteFileA(endpoint->info); /* of a host that was killed: the lock is ours */
    return PE_OK;
}

static pe_status publish(pei_endpoint *endpoint, PSECURITY_DESCRIPTOR descriptor, pe_diag *diag)
{
    char part[PEI_PATH_BYTES + 8], text[PE_ENDPOINT_FILE_BYTES];
    SECURITY_ATTRIBUTES attributes = attributes_of(descriptor);
    DWORD written = 0;
    int length = pei_endpoint_print(endpoint, text);
    snprintf(part, sizeof part, "%s.part", endpoint->info);
    DeleteFileA(part);
    HANDLE file = CreateFileA(part, GENERIC_WRITE, 0, &attributes, CREATE_NEW, 0, NULL);
    bool good = file != INVALID_HANDLE_VALUE && length > 0 &&
                WriteFile(file, text, (DWORD)length, &written, NULL) && written == (DWORD)length;
    if (file != INVALID_HANDLE_VALUE && !CloseHandle(file)) good = false;
    if (!good || !pe_file_replace(part, endpoint->info)) {
        pe_status status =
            system_failed(endpoint->info, "the endpoint file cannot be written", diag);
        DeleteFileA(part);
        return status;
    }
    endpoint->published = true;
    return PE_OK;
}

void pei_endpoint_leave(pei_endpoint *endpoint)
{
    if (endpoint->lock < 0) return;
    if (endpoint->published) DeleteFileA(endpoint->info);
    _close(endpoint->lock);
    endpoint->lock = -1;
}

/* ---- the listener
 * ------------------------------------------------------------------------------------- */

static HANDLE make_instance(const pei_listener *listener, DWORD first)
{
    SECURITY_ATTRIBUTES attributes = attributes_of(listener->user_only);
    return CreateNamedPipeA(listener->name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
                                PIPE_REJECT_REMOTE_CLIENTS,
                            PIPE_UNLIMITED_INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 0, &attributes);
}

/* Waits for a client of `next`. false: none comes any more. */
static bool connect_next(pei_listener *listener)
{
    OVERLAPPED work = {.hEvent = listener->connected};
    HANDLE events[2] = {listener->stop, listener->connected};
    DWORD count;
    ResetEvent(listener->connected);
    if (ConnectNamedPipe(listener->next, &work)) return true;
    DWORD problem = GetLastError();
    if (problem == ERROR_PIPE_CONNECTED || problem == ERROR_NO_DATA) return true;
    if (problem != ERROR_IO_PENDING) return false;
    bool stopped = WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0;
    if (stopped) CancelIoEx(listener->next, &work);
    return GetOverlappedResult(listener->next, &work, &count, TRUE) && !stopped;
}

static void hand_over(pei_listener *listener, HANDLE pipe)
{
    uv_mutex_lock(&listener->mutex);
    bool fits = listener->waiting_count < WAITING_MAX;
    if (fits) listener->waiting[listener->waiting_count++] = pipe;
    uv_mutex_unlock(&listener->mutex);
    if (fits)
        uv_async_send(&listener->wake);
    else
        CloseHandle(pipe);
}

/* There is always an instance that waits: a client that finds none would think that no host runs.
 */
static void listener_main(void *argument)
{
    pei_listener *listener = argument;
    while (connect_next(listener)) {
        HANDLE pipe = listener->next;
        listener->next = make_instance(listener, 0);
        hand_over(listener, pipe);
        while (listener->next == INVALID_HANDLE_VALUE) { /* out of memory: it may come back */
            if (WaitForSingleObject(listener->stop, 100) == WAIT_OBJECT_0) return;
            listener->next = make_instance(listener, 0);
        }
    }
}

static HANDLE take_waiting(pei_listener *listener)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;
    uv_mutex_lock(&listener->mutex);
    if (listener->waiting_count > 0) {
        pipe = listener->waiting[0];
        listener->waiting_count--;
        memmove(listener->waiting, listener->waiting + 1,
                listener->waiting_count * sizeof *listener->waiting);
    }
    uv_mutex_unlock(&listener->mutex);
    return pipe;
}

static void on_wake(uv_async_t *wake)
{
    pei_listener *listener = wake->data;
    uv_mutex_lock(&listener->mutex);
    unsigned count = listener->waiting_count;
    uv_mutex_unlock(&listener->mutex);
    for (; count > 0; count--) pei_session_accept(listener->server);
}

/* Who could open the pipe is the user, on this computer: its access list says so. */
bool pei_listener_accept(pe_server *server, uv_pipe_t *pipe)
{
    HANDLE handle = take_waiting(server->listener);
    if (handle == INVALID_HANDLE_VALUE) return false;
    int file = _open_osfhandle((intptr_t)handle, _O_BINARY);
    if (file < 0) {
        CloseHandle(handle);
        return false;
    }
    if (uv_pipe_open(pipe, file) == 0) return true;
    _close(file);
    return false;
}

pe_status pei_listen(pe_server *server, pe_diag *diag)
{
    pei_listener *l = calloc(1, sizeof *l);
    if (l == NULL) return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    if (uv_mutex_init(&l->mutex) != 0) {
        free(l);
        return pe_fail(diag, PE_E_MEMORY, "server", "out of memory");
    }
    server->listener = l;
    l->server = server;
    l->wake.data = l;
    snprintf(l->name, sizeof l->name, "%s", server->endpoint.socket);
    l->next = INVALID_HANDLE_VALUE;
    l->user_only = user_only();
    l->stop = CreateEventA(NULL, TRUE, FALSE, NULL);
    l->connected = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (l->user_only != NULL && l->stop != NULL && l->connected != NULL)
        l->next = make_instance(l, FILE_FLAG_FIRST_PIPE_INSTANCE);
    if (l->next == INVALID_HANDLE_VALUE)
        return system_failed(l->name, "the pipe cannot be made", diag);
    pe_status status = publish(&server->endpoint, l->user_only, diag);
    if (status != PE_OK) return status;
    if (uv_async_init(&server->loop, &l->wake, on_wake) != 0 ||
        uv_thread_create(&l->thread, listener_main, l) != 0)
        return pe_fail(diag, PE_E_MEMORY, "server", "no thread for the pipe");
    l->running = true;
    return PE_OK;
}

void pei_listener_stop(pei_listener *listener)
{
    if (listener == NULL || !listener->running) return;
    SetEvent(listener->stop);
    uv_thread_join(&listener->thread);
    listener->running = false;
}

void pei_listener_free(pei_listener *listener)
{
    if (listener == NULL) return;
    for (unsigned i = 0; i < listener->waiting_count; i++) CloseHandle(listener->waiting[i]);
    if (listener->next != INVALID_HANDLE_VALUE) CloseHandle(listener->next);
    if (listener->connected != NULL) CloseHandle(listener->connected);
    if (listener->stop != NULL) CloseHandle(listener->stop);
    LocalFree(listener->user_only);
    uv_mutex_destroy(&listener->mutex);
    free(listener);
}

/* ---- the rest
 * ----------------------------------------------------------------------------------------- */

/* Its folder is the user's own. */
int pei_log_file(const char *path)
{
    return _open(path, _O_WRONLY | _O_CREAT | _O_APPEND | _O_BINARY | _O_NOINHERIT, 0600);
}

void pei_block_broken_pipe(void)
{
    /* Windows has no such signal. */
}
