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
