/* sampling_internal.h: the lane loops, compiled for several instruction sets with the same bits,
 * and chosen at run time. */
#ifndef PE_SAMPLING_INTERNAL_H
#define PE_SAMPLING_INTERNAL_H

#include "sampling.h"

typedef struct pei_sampling_isa {
    void (*uniforms)(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                     uint64_t trial_first, size_t count, double *u);
    void (*inverse)(const pe_distribution *distribution, const double *u, double *x, size_t count);
    double (*cdf)(const pe_distribution *distribution,
                  double x); /* truncation and shift not applied */
} pei_sampling_isa;

extern const pei_sampling_isa pei_sampling_base, pei_sampling_v3, pei_sampling_v4;
const pei_sampling_isa *pei_sampling_best(void);

#endif
