/* results_windows.c: the mapped file of a large run on Windows: deleted with its last handle. */
#include "results_internal.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static pe_status no_room(size_t bytes, const char *folder, pe_diag *diag)
{
    return pe_fail(
        diag, PE_E_IO, folder,
        "no room for %.1f GB of trials (system error %lu); make room there, or run fewer "
        "trials or outputs",
        (double)bytes / 1e9, (unsigned long)GetLastError());
}

/* GetTempFileName makes the file, so that the name is this process' own. */
static HANDLE make_file(const char *folder)
{
    char path[MAX_PATH];
    if (GetTempFileNameA(folder, "pe", 0, path) == 0) return INVALID_HANDLE_VALUE;
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                       FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

pe_status pei_mapping_new(size_t bytes, const char *folder, pei_mapping *mapping, pe_diag *diag)
{
    HANDLE file = make_file(folder);
    if (file == INVALID_HANDLE_VALUE) return no_room(bytes, folder, diag);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, (DWORD)((uint64_t)bytes >> 32),
                                        (DWORD)bytes, NULL);
    void *memory = section != NULL ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, bytes) : NULL;
    pe_status status = memory != NULL ? PE_OK : no_room(bytes, folder, diag);
    if (section != NULL) CloseHandle(section);
    if (status == PE_OK)
        *mapping = (pei_mapping){.memory = memory, .bytes = bytes, .file = file};
    else
        CloseHandle(file);
    return status;
}

void pei_mapping_free(pei_mapping *mapping)
{
    if (mapping->memory == NULL) return;
    UnmapViewOfFile(mapping->memory);
    CloseHandle(mapping->file);
}
