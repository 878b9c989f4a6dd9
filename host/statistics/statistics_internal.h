/* statistics_internal.h: sorting and ranking shared by the files of this module. */
#ifndef PE_STATISTICS_INTERNAL_H
#define PE_STATISTICS_INTERNAL_H

#include "statistics.h"

/* Sorts x[0, n) ascending (-0 before +0), by radix; scratch holds n doubles. PE_E_CANCELLED: x is
 * anything. */
pe_status pei_sort(double *x, double *scratch, uint64_t n, const pe_control *control);
/* rank[i] of x[i], 1-based, ties averaged; keys and order hold n each. */
void pei_average_ranks(const double *x, uint64_t n, double *rank, uint64_t *keys, uint32_t *order);
/* Histogram bars of sorted numbers, by the rules in statistics_histogram.c. */
pe_status pei_histogram(const double *sorted, uint64_t n, pe_summary *summary, pe_arena *arena);

#endif
