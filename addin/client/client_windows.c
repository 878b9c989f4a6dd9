/* client_windows.c: named pipes, the endpoint file and the start of the host on Windows. Reads the
 * environment in pei_locate and pei_find_program only. Run under wine in the tests, but not on
 * Windows yet. All operations on the pipe are overlapped, so that each can end at a deadline. */
#include "client_internal.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_CHARACTERS 1024
#define PIECE_BYTES 65536

struct pei_link {
    HANDLE pipe;
    OVERLAPPED reading, writing;
    bool is_reading; /* a read is under way into piece */
    uint8_t piece[PIECE_BYTES];
};

int64_t pei_clock_ms(void)
{
    return (int64_t)GetTickCount64();
}

void pei_sleep_ms(unsigned ms)
{
    Sleep(ms);
}

/* ---- text ---- */

static bool to_wide(const char *text, wchar_t *wide, int size)
{
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size) > 0;
}

static bool to_utf8(const wchar_t *wide, char *text, int size)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0;
}

static bool environment(const wchar_t *name, char *text, int size)
{
    wchar_t wide[32768];
    DWORD length = GetEnvironmentVariableW(name, wide, 32768);
    return length > 0 && length < 32768 && to_utf8(wide, text, size);
}

/* ---- where the host is ---- */

int pei_locate(pe_endpoint *endpoint, pe_client_error *error)
{
    char folder[1024];
    pe_wire_diag diag;
    bool is_set = environment(L"LOCALAPPDATA", folder, sizeof folder);
    if (pe_endpoint_locate_windows(is_set ? folder : NULL, endpoint, &diag) != PE_WIRE_OK)
        return pei_fail_diag(error, &diag);
    return 0;
}

/* The folder belongs to the user's profile, whose access list keeps others out. */
int pei_read_file(const pe_endpoint *endpoint, char *text, size_t size, size_t *length,
                  pe_client_error *error)
{
    wchar_t path[PATH_CHARACTERS];
    DWORD got = 0;
    if (!to_wide(endpoint->file, path, PATH_CHARACTERS))
        return pei_fail(error, "connect", endpoint->file, "is not a file's name");
    HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return 0;
    BOOL good = ReadFile(file, text, (DWORD)size, &got, NULL);
    CloseHandle(file);
    if (!good || got == 0) return 0;
    *length = got;
    return 1;
}

/* ---- one connection ---- */

int pei_link_open(const char *address, int64_t deadline, pei_link **link, pe_client_error *error)
{
    wchar_t name[PATH_CHARACTERS];
    if (strncmp(address, "\\\\.\\pipe\\", 9) != 0 || !to_wide(address, name, PATH_CHARACTERS))
        return pei_fail(error, "connect", address, "is not the name of a pipe on this computer");
    pei_link *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return pei_no_memory(error);
    opened->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    opened->writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD problem = 0;
    for (;;) {
        /* The host must not be able to act as this user: only to know who it is. */
        opened->pipe = CreateFileW(
            name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
            FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (opened->pipe != INVALID_HANDLE_VALUE) {
            *link = opened;
            return 1;
        }
        problem = GetLastError();
        if (problem != ERROR_PIPE_BUSY || pei_clock_ms() >= deadline) break;
        Sleep(5);
    }
    pei_link_close(opened);
    if (problem == ERROR_FILE_NOT_FOUND) return 0;
    if (problem == ERROR_PIPE_BUSY)
        return pei_fail(error, "timeout", address,
                        "The Power Engine host does not accept in time.");
    return pei_fail(error, "connect", address, "cannot connect (system error %lu)",
                    (unsigned long)problem);
}

void pei_link_close(pei_link *link)
{
    DWORD count;
    if (link == NULL) return;
    if (link->pipe != INVALID_HANDLE_VALUE && link->pipe != NULL) {
        /* The system may still write into the link: wait until it has let go. */
        CancelIoEx(link->pipe, NULL);
        if (link->is_reading) GetOverlappedResult(link->pipe, &link->reading, &count, TRUE);
        CloseHandle(link->pipe);
    }
    if (link->reading.hEvent != NULL) CloseHandle(link->reading.hEvent);
    if (link->writing.hEvent != NULL) CloseHandle(link->writing.hEvent);
    free(link);
}

void pei_link_break(pei_link *link)
{
    CancelIoEx(link->pipe, NULL);
}

/* A read is kept under way over calls. false: the other side is gone. */
static bool begin_read(pei_link *link)
{
    if (link->is_reading) return true;
    ResetEvent(link->reading.hEvent);
    if (!ReadFile(link->pipe, link->piece, PIECE_BYTES, NULL, &link->reading) &&
        GetLastError() != ERROR_IO_PENDING)
        return false;
    link->is_reading = true;
    return true;
}

/* -1: gone, 0: nothing yet, 1: bytes came. */
static int end_read(pei_link *link, pei_exchange *exchange)
{
    DWORD count = 0;
    if (!GetOverlappedResult(link->pipe, &link->reading, &count, FALSE))
        return GetLastError() == ERROR_IO_INCOMPLETE ? 0 : -1;
    link->is_reading = false;
    if (count > exchange->in_size) return -1; /* the caller's piece is as large as ours */
    memcpy(exchange->in, link->piece, count);
    exchange->received = count;
    return 1;
}

static DWORD left_ms(int64_t deadline)
{
    int64_t left = deadline - pei_clock_ms();
    return left <= 0 ? 0 : left > 60000 ? 60000 : (DWORD)left;
}

/* Ends the write that is under way, at the latest at the deadline, and counts what went. */
static bool end_write(pei_link *link, pei_exchange *exchange)
{
    DWORD count = 0;
    if (WaitForSingleObject(link->writing.hEvent, 0) != WAIT_OBJECT_0)
        CancelIoEx(link->pipe, &link->writing);
    bool good = GetOverlappedResult(link->pipe, &link->writing, &count, TRUE) != 0;
    exchange->sent += count;
    return good || GetLastError() == ERROR_OPERATION_ABORTED;
}

int pei_link_exchange(pei_link *link, pei_exchange *exchange, int64_t deadline)
{
    HANDLE events[2];
    DWORD count = 0;
    bool is_writing = exchange->sent < exchange->out_length;
    size_t sent_before = exchange->sent;
    if (exchange->in != NULL) {
        if (!begin_read(link)) return -1;
        events[count++] = link->reading.hEvent;
    }
    if (is_writing) {
        size_t left = exchange->out_length - exchange->sent;
        ResetEvent(link->writing.hEvent);
        if (!WriteFile(link->pipe, exchange->out + exchange->sent,
                       left < PIECE_BYTES ? (DWORD)left : PIECE_BYTES, NULL, &link->writing) &&
            GetLastError() != ERROR_IO_PENDING)
            return -1;
        events[count++] = link->writing.hEvent;
    }
    WaitForMultipleObjects(count, events, FALSE, left_ms(deadline));
    int got = exchange->in != NULL ? end_read(link, exchange) : 0;
    if (is_writing && !end_write(link, exchange) && got <= 0) return -1;
    if (got < 0) return -1;
    if (got > 0 || exchange->sent > sent_before) return 1;
    return pei_clock_ms() < deadline;
}

/* ---- the host program ---- */

static bool is_program(const char *path)
{
    wchar_t wide[PATH_CHARACTERS];
    if (!to_wide(path, wide, PATH_CHARACTERS)) return false;
    DWORD attributes = GetFileAttributesW(wide);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

static bool try_path(char *path, size_t size, const char *folder, const char *name)
{
    int written = snprintf(path, size, "%s\\%s", folder, name);
    return folder[0] != '\0' && written > 0 && (size_t)written < size && is_program(path);
}

static bool beside_library(char *path, size_t size)
{
    HMODULE library;
    wchar_t wide[PATH_CHARACTERS];
    char folder[1024];
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)(uintptr_t)&pe_client_open, &library))
        return false;
    DWORD length = GetModuleFileNameW(library, wide, PATH_CHARACTERS);
    if (length == 0 || length >= PATH_CHARACTERS || !to_utf8(wide, folder, sizeof folder))
        return false;
    char *slash = strrchr(folder, '\\');
    if (slash == NULL) return false;
    *slash = '\0';
    return try_path(path, size, folder, "power-engine.exe") ||
           try_path(path, size, folder, "..\\bin\\power-engine.exe");
}

int pei_find_program(const char *given, char *path, size_t size, pe_client_error *error)
{
    char folder[1024];
    if (given != NULL) {
        if (!is_program(given) || (size_t)snprintf(path, size, "%s", given) >= size)
            return pei_fail(error, "host_missing", given,
                            "This is not a program that can be started. Give the path of "
                            "power-engine.exe.");
        return 0;
    }
    if (beside_library(path, size)) return 0;
    if (environment(L"ProgramFiles", folder, sizeof folder) &&
        try_path(path, size, folder, "Power Engine\\power-engine.exe"))
        return 0;
    if (environment(L"LOCALAPPDATA", folder, sizeof folder) &&
        try_path(path, size, folder, "Programs\\Power Engine\\power-engine.exe"))
        return 0;
    return pei_fail(error, "host_missing", "power-engine.exe",
                    "The program power-engine.exe was not found. Install Power Engine.");
}

int pei_start(const char *program, pei_process *process, pe_client_error *error)
{
    wchar_t path[PATH_CHARACTERS], command[] = L"power-engine serve";
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    if (!to_wide(program, path, PATH_CHARACTERS) ||
        !CreateProcessW(path, command, NULL, NULL, FALSE,
                        DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT,
                        NULL, NULL, &startup, &started))
        return pei_fail(error, "host_start", program,
                        "The Power Engine host cannot be started (system error %lu).",
                        (unsigned long)GetLastError());
    CloseHandle(started.hThread);
    process->id = (intptr_t)started.hProcess;
    return 0;
}

bool pei_has_ended(pei_process *process, int *exit_code)
{
    DWORD code = 0;
    if (process->id == 0) return false;
    HANDLE handle = (HANDLE)process->id;
    if (WaitForSingleObject(handle, 0) != WAIT_OBJECT_0) return false;
    GetExitCodeProcess(handle, &code);
    CloseHandle(handle);
    process->id = 0;
    *exit_code = (int)code;
    return true;
}

void pei_let_go(pei_process *process)
{
    if (process->id != 0) CloseHandle((HANDLE)process->id);
    process->id = 0;
}
