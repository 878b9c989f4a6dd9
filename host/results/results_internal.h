/* results_internal.h: what the columns of a large run live in: results_unix.c, results_windows.c.
 */
#ifndef PE_RESULTS_INTERNAL_H
#define PE_RESULTS_INTERNAL_H

#include "results.h"

typedef struct pei_mapping {
    void *memory; /* NULL: none */
    size_t bytes;
    void *file; /* Windows: kept open, since the file goes with its last handle */
} pei_mapping;

/* A temporary file in folder, mapped; it is gone when the process ends, however that happens. Room
 * for all bytes is taken now: a full disk is an error here, not a crash later. PE_E_IO. */
pe_status pei_mapping_new(size_t bytes, const char *folder, pei_mapping *mapping, pe_diag *diag);
void pei_mapping_free(pei_mapping *mapping);

#endif
