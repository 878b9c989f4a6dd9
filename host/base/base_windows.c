/* base_windows.c: what base asks of Windows. Names of files are UTF-8: the program's manifest makes
 * that the code page of the process, so that fopen and unlink take them too. */
#include "base.h"

#include <errno.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <psapi.h>

unsigned pe_processors(void)
{
    DWORD_PTR usable, machine;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &usable, &machine) || usable == 0) return 1;
    return (unsigned)__builtin_popcountll(usable);
}

uint64_t pe_memory_peak(void)
{
    PROCESS_MEMORY_COUNTERS counters;
    if (!GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters)) return 0;
    return counters.PeakWorkingSetSize;
}

/* rename() does not replace on Windows. A file that somebody has open stays as it is. */
bool pe_file_replace(const char *from, const char *to)
{
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING)) return true;
    DWORD problem = GetLastError();
    bool is_held = problem == ERROR_ACCESS_DENIED || problem == ERROR_SHARING_VIOLATION;
    errno = is_held ? EACCES : problem == ERROR_DISK_FULL ? ENOSPC : ENOENT;
    return false;
}

pe_file_kind pe_file_look(const char *path)
{
    DWORD attributes = GetFileAttributesA(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) return PE_FILE_ABSENT;
    if ((attributes & FILE_ATTRIBUTE_DEVICE) != 0) return PE_FILE_OTHER;
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? PE_FILE_FOLDER : PE_FILE_PLAIN;
}

static bool identify(const char *path, BY_HANDLE_FILE_INFORMATION *information)
{
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE file =
        CreateFileA(path, 0, share, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    bool known = file != INVALID_HANDLE_VALUE && GetFileInformationByHandle(file, information);
    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    return known;
}

bool pe_file_same(const char *a, const char *b)
{
    BY_HANDLE_FILE_INFORMATION s, t;
    return identify(a, &s) && identify(b, &t) && s.dwVolumeSerialNumber == t.dwVolumeSerialNumber &&
           s.nFileIndexHigh == t.nFileIndexHigh && s.nFileIndexLow == t.nFileIndexLow;
}

const void *pe_bytes_find(const void *bytes, size_t length, const void *what, size_t what_length)
{
    const uint8_t *at = bytes, *wanted = what;
    if (what_length == 0) return bytes;
    while (length >= what_length) {
        const uint8_t *hit = memchr(at, wanted[0], length - what_length + 1);
        if (hit == NULL) return NULL;
        if (memcmp(hit, wanted, what_length) == 0) return hit;
        length -= (size_t)(hit + 1 - at);
        at = hit + 1;
    }
    return NULL;
}
