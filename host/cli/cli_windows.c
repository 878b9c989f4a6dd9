/* cli_windows.c: what the command line asks of Windows: Ctrl-C, folders of the user's profile, a
 * host without a console, a named pipe. Texts are UTF-8: the manifest makes that the code page. */
#include "cli.h"

#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "protocol.h"

#define START_MS 20000u

static pe_exit fail(pe_exit result, const char *what, const char *detail)
{
    fprintf(stderr, "power-engine: %s%s\n", what, detail);
    return result;
}

/* signal() forgets the handler when it is called: the second Ctrl-C ends the process. */
void pe_cli_prepare(void (*on_interrupt)(int number))
{
    _setmode(_fileno(stdout), _O_BINARY);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    SetConsoleOutputCP(CP_UTF8);
}

/* ---- paths
 * --------------------------------------------------------------------------------------------- */

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

const char *pe_cli_temporary_folder(void)
{
    const char *folder = getenv("TEMP");
    return folder != NULL && folder[0] != '\0' ? folder : ".";
}

const char *pe_cli_file_name(const char *path)
{
    const char *name = path[0] != '\0' && path[1] == ':' ? path + 2 : path;
    for (const char *p = name; *p != '\0'; p++)
        if (is_separator(*p)) name = p + 1;
    return name;
}

bool pe_cli_full_path(const char *text, char out[PE_CLI_PATH_BYTES])
{
    return _fullpath(out, text, PE_CLI_PATH_BYTES) != NULL;
}

void pe_cli_make_folders(const char *path)
{
    char folder[PE_CLI_PATH_BYTES];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *p = folder + 1; *p != '\0'; p++) {
        if (!is_separator(*p)) continue;
        char separator = *p;
        *p = '\0';
        _mkdir(folder);
        *p = separator;
    }
}

static bool local_place(const char *name, char out[PE_CLI_PATH_BYTES])
{
    pe_endpoint endpoint;
    pe_wire_diag diag;
    out[0] = '\0';
    if (pe_endpoint_locate_windows(getenv("LOCALAPPDATA"), &endpoint, &diag) != PE_WIRE_OK)
        return false;
    return snprintf(out, PE_CLI_PATH_BYTES, "%s\\%s", endpoint.folder, name) < PE_CLI_PATH_BYTES;
}

void pe_cli_default_log(char out[PE_CLI_PATH_BYTES])
{
    if (!local_place("host.log", out)) out[0] = '\0';
}

/* The pipe's own name is made anew by each host: this one stands for its lock and endpoint file. */
pe_exit pe_cli_default_endpoint(char out[PE_CLI_PATH_BYTES])
{
    char name[32];
    snprintf(name, sizeof name, "host-%d.sock", PE_WIRE_VERSION);
    if (local_place(name, out)) return PE_EXIT_OK;
    return fail(PE_EXIT_IO, "LOCALAPPDATA is not set, or too long", "");
}

/* ---- serve
 * --------------------------------------------------------------------------------------------- */

/* The folder in which the host was started must not stay in use. */
void pe_cli_serve_ready(int ready)
{
    PE_UNUSED(ready);
    _chdir("\\");
}

/* Which process the endpoint file names. */
static uint64_t serving_process(const char *endpoint)
{
    char path[PE_CLI_PATH_BYTES], text[PE_ENDPOINT_FILE_BYTES];
    pe_endpoint_content content;
    snprintf(path, sizeof path, "%.*s.json", (int)strlen(endpoint) - 5, endpoint);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    return pe_endpoint_parse(text, length, &content, NULL) == PE_WIRE_OK ? content.pid : 0;
}

/* This program again, with the same options, without a console. */
static bool start_self(PROCESS_INFORMATION *started)
{
    static const char last[] = " --foreground";
    char program[MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof startup};
    const char *line = GetCommandLineA();
    size_t size = strlen(line) + sizeof last;
    char *command = malloc(size);
    DWORD length = GetModuleFileNameA(NULL, program, MAX_PATH);
    bool good = command != NULL && length > 0 && length < MAX_PATH;
    if (good) {
        snprintf(command, size, "%s%s", line, last);
        good = CreateProcessA(program, command, NULL, NULL, FALSE,
                              DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP, NULL, NULL, &startup,
                              started) != 0;
    }
    free(command);
    return good;
}

pe_exit pe_cli_serve_behind(const char *endpoint, pe_cli_serve *serve, const void *options)
{
    PROCESS_INFORMATION started;
    DWORD code = PE_EXIT_INTERNAL;
    PE_UNUSED(serve);
    PE_UNUSED(options);
    if (!start_self(&started)) return fail(PE_EXIT_RESOURCES, "the host cannot be started", "");
    CloseHandle(started.hThread);
    bool ended = false, ready = false;
    for (unsigned waited = 0; waited < START_MS && !ended && !ready; waited += 20) {
        ended = WaitForSingleObject(started.hProcess, 20) == WAIT_OBJECT_0;
        ready = !ended && serving_process(endpoint) == started.dwProcessId;
    }
    if (ended) GetExitCodeProcess(started.hProcess, &code);
    CloseHandle(started.hProcess);
    if (ready) return PE_EXIT_OK;
    return ended ? (pe_exit)code : fail(PE_EXIT_INTERNAL, "the host does not come up", "");
}

/* ---- one connection
 * ------------------------------------------------------------------------------------ */

bool pe_cli_link_open(const char *socket_path, const char *published, pe_cli_link *link)
{
    PE_UNUSED(socket_path);
    if (strncmp(published, "\\\\.\\pipe\\", 9) != 0) return false;
    HANDLE pipe =
        CreateFileA(published, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                    FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    link->handle = (intptr_t)pipe;
    return pipe != INVALID_HANDLE_VALUE;
}

void pe_cli_link_close(pe_cli_link *link)
{
    CloseHandle((HANDLE)link->handle);
}

/* Ends what was begun, within the time. Returns how many bytes went. */
static size_t end_of(HANDLE pipe, OVERLAPPED *work, BOOL begun)
{
    DWORD count = 0;
    if (begun || GetLastError() == ERROR_IO_PENDING) {
        if (WaitForSingleObject(work->hEvent, PE_CLI_TIMEOUT_S * 1000) != WAIT_OBJECT_0)
            CancelIoEx(pipe, work);
        if (!GetOverlappedResult(pipe, work, &count, TRUE)) count = 0;
    }
    CloseHandle(work->hEvent);
    return count;
}

bool pe_cli_link_send(pe_cli_link *link, const void *bytes, size_t length)
{
    HANDLE pipe = (HANDLE)link->handle;
    OVERLAPPED work = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    if (work.hEvent == NULL) return false;
    return end_of(pipe, &work, WriteFile(pipe, bytes, (DWORD)length, NULL, &work)) == length;
}

size_t pe_cli_link_receive(pe_cli_link *link, void *bytes, size_t size)
{
    HANDLE pipe = (HANDLE)link->handle;
    OVERLAPPED work = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    if (work.hEvent == NULL) return 0;
    return end_of(pipe, &work, ReadFile(pipe, bytes, (DWORD)size, NULL, &work));
}

/* ---- the extension
 * ------------------------------------------------------------------------------------- */

bool pe_cli_is_extension(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "install-libreoffice") == 0 ||
                        strcmp(argv[1], "uninstall-libreoffice") == 0);
}

pe_exit pe_cli_extension(int argc, char **argv)
{
    PE_UNUSED(argc);
    return fail(PE_EXIT_REFUSED,
                "the extension for LibreOffice on Windows does not exist yet: ", argv[1]);
}
