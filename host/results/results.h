/* results.h: the trials of the recorded cells: one column of pe_value per variable, in trial order.
 * Small runs live in memory, large ones in an unlinked temporary file mapped into memory. Texts are
 * interned. */
#ifndef PE_RESULTS_H
#define PE_RESULTS_H

#include "base.h"

typedef struct pe_results pe_results;

/* bytes_memory_max: above it the columns go to a file in folder. PE_E_MEMORY, PE_E_IO (where:
 * folder). */
pe_status pe_results_new(uint32_t column_count, uint64_t trials, size_t bytes_memory_max,
                         const char *folder, pe_results **results, pe_diag *diag);
void pe_results_free(pe_results *results);
/* Copies lanes into column at trial_first; texts are interned, so the caller's may go. Any thread,
 * distinct (column, trial) at once; false: out of memory while interning a text. */
bool pe_results_put(pe_results *results, uint32_t column, uint64_t trial_first, uint32_t count,
                    const pe_value *lanes);
const pe_value *pe_results_column(const pe_results *results, uint32_t column);
uint64_t pe_results_trials(const pe_results *results);

#endif
