/* results_unix.c: the mapped file of a large run on Linux and macOS: unlinked while it is used. */
#include "results_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

pe_status pei_mapping_new(size_t bytes, const char *folder, pei_mapping *mapping, pe_diag *diag)
{
    char path[4096];
    int n =
        snprintf(path, sizeof path, "%s/power-engine-XXXXXX", folder); /* TIDY: mkstemp's pattern */
    if (n < 0 || (size_t)n >= sizeof path)
        return pe_fail(diag, PE_E_IO, folder, "the folder's name is too long");
    int file = mkstemp(path);
    if (file < 0)
        return pe_fail(
            diag, PE_E_IO, folder,
            "cannot make a temporary file for %.1f GB of trials: %s; make room there, or "
            "run fewer trials or outputs",
            (double)bytes / 1e9, strerror(errno));
    unlink(path);
    void *memory = MAP_FAILED;
    int error = posix_fallocate(file, 0, (off_t)bytes);
    if (error == 0) memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (error == 0 && memory == MAP_FAILED) error = errno;
    close(file);
    if (memory == MAP_FAILED)
        return pe_fail(
            diag, PE_E_IO, folder,
            "no room for %.1f GB of trials: %s; make room there, or run fewer trials or outputs",
            (double)bytes / 1e9, strerror(error));
    *mapping = (pei_mapping){.memory = memory, .bytes = bytes};
    return PE_OK;
}

void pei_mapping_free(pei_mapping *mapping)
{
    if (mapping->memory != NULL) munmap(mapping->memory, mapping->bytes);
}
