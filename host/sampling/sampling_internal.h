/* sampling_internal.h: the code that runs per trial, compiled for several instruction sets with the
 * same bits, and chosen at run time. */
#ifndef PE_SAMPLING_INTERNAL_H
#define PE_SAMPLING_INTERNAL_H

#include "sampling.h"

typedef struct pei_sampling_isa {
    void (*uniforms)(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                     uint64_t trial_first, size_t count, double *u);
    void (*inverse)(const pe_distribution *distribution, const double *u, double *x, size_t count);
    /* P(X <= x) and P(X > x), each accurate where it is small; truncation and shift not applied */
    void (*tails)(const pe_distribution *distribution, double x, double *below, double *above);
} pei_sampling_isa;

extern const pei_sampling_isa pei_sampling_base, pei_sampling_v3, pei_sampling_v4;
const pei_sampling_isa *pei_sampling_best(void);

/* Where prepare keeps what inverse and tails share, beyond the parameters in p[0], p[1] ... */
enum {
    PEI_STAR = 4,       /* gamma and beta families, Student: pen_gamma_star or pen_beta_star */
    PEI_HALF = 5,       /* beta family, Student: pen_beta_half */
    PEI_COUNT_ZERO = 2, /* counts: P(X = 0), or 0 where the sum from 0 on is not to be used */
    PEI_COUNT_RATIO = 3,
    PEI_COUNT_MEAN = 4,
    PEI_COUNT_SD = 5,
    PEI_COUNT_SKEW = 6,
    PEI_COUNT_TOP = 7
};

/* The density from x0 to x1 runs from f0 to f1: one piece of Triang, Cumul, General or Histogrm. */
typedef struct pei_piece {
    double x0, x1, f0, f1;
} pei_piece;
uint32_t pei_piece_count(const pe_distribution *distribution); /* 0: a density of another kind */
pei_piece pei_piece_at(const pe_distribution *distribution, uint32_t index);

#endif
