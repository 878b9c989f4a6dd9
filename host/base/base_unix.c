/* base_unix.c: what base asks of Linux and macOS. */
#include "base.h"

#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned pe_processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    return 1;
}

uint64_t pe_memory_peak(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

bool pe_file_replace(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

pe_file_kind pe_file_look(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0) return PE_FILE_ABSENT;
    return S_ISREG(s.st_mode) ? PE_FILE_PLAIN : S_ISDIR(s.st_mode) ? PE_FILE_FOLDER : PE_FILE_OTHER;
}

bool pe_file_same(const char *a, const char *b)
{
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

const void *pe_bytes_find(const void *bytes, size_t length, const void *what, size_t what_length)
{
    return memmem(bytes, length, what, what_length);
}
