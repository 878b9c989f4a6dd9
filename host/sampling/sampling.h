/* sampling.h: random streams and distributions. A draw is a pure function of (seed, stream, index,
 * trial) and, under Latin hypercube, the number of trials. Every distribution samples by inverse
 * CDF from one uniform in (0,1). */
#ifndef PE_SAMPLING_H
#define PE_SAMPLING_H

#include "base.h"

/* ---- streams ----------------------------------------------------------------------------- */

typedef enum pe_sampling_method { PE_MONTE_CARLO, PE_LATIN_HYPERCUBE } pe_sampling_method;

typedef struct pe_sampler {
    uint64_t seed;
    pe_sampling_method method;
    uint64_t trial_count; /* N: used by Latin hypercube alone */
    uint64_t replicate;   /* Latin hypercube: size of one complete replicate; 0: trial_count */
} pe_sampler;

/* Philox4x32-10 (Salmon et al. 2011, test vectors of Random123). */
void pe_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Uniforms in (0,1), 52 bits, (k + 0.5) 2^-52: u[i] for trial trial_first + i. Counter: stream (64
 * bits), trial (40 bits, bit 3 cleared: one call serves trials t and t xor 8), index (24). Any
 * trial_first and count; the result for a trial does not depend on them. Words of the counter:
 * trial (low 32 bits); trial (8 more) << 24 | index; stream low; stream high. Key: seed low, seed
 * high. Output words 0 and 1 (low, high) serve the trial whose bit 3 is clear, 2 and 3 the other; k
 * is their upper 52 bits. Latin hypercube: u = (stratum + place) / N, the place from the same draw.
 */
void pe_sampler_uniforms(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                         uint64_t trial_first, size_t count, double *u);
double pe_sampler_uniform(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                          uint64_t trial);

/* ---- distributions ----------------------------------------------------------------------- */

/* X(id, name, parameter_min, parameter_max, discrete, parameters): names in @RISK's spelling
 * without "Risk"; `parameters` for messages and help, "mean, sd". A parameter written {x} is an
 * array. */
typedef enum pe_distribution_id {
#define PE_D(id, name, min, max, discrete, parameters) PE_DIST_##id,
#include "distributions.def"
#undef PE_D
    PE_DISTRIBUTION_COUNT,
    PE_DISTRIBUTION_NONE = 0xFFFF
} pe_distribution_id;

typedef struct pe_distribution_row {
    const char *name;
    int parameter_min, parameter_max;
    bool discrete;
    const char *parameters;
} pe_distribution_row;

const pe_distribution_row *pe_distribution_row_of(pe_distribution_id id);
pe_distribution_id pe_distribution_find(const char *name, size_t length); /* case-insensitive */

/* One parameter: a number, or an array of them (count >= 1, values not copied until prepare). */
typedef struct pe_parameter {
    const double *values;
    uint32_t count;
} pe_parameter;

/* A distribution with its parameters, checked, with what the inverse needs derived once. Plain
 * values; tables in the arena given to prepare. */
typedef struct pe_distribution {
    pe_distribution_id id;
    double p[8]; /* parameters and derived constants, by distribution */
    double shift;
    double u_low, u_high; /* truncation: u is mapped to u_low + u (u_high - u_low); 0, 1 without */
    bool upper;           /* u_low and u_high are probabilities of exceeding: truncated far out */
    double low, high;     /* the support, after truncation, before shift */
    const double *x, *cumulative; /* tables */
    uint32_t count;
} pe_distribution;

typedef struct pe_distribution_options {
    double truncate_low, truncate_high; /* of the unshifted variable; -HUGE_VAL, HUGE_VAL: none */
    double shift;
} pe_distribution_options;

/* PE_ERROR_NONE, or the error that the cell shows for invalid parameters (#VALUE! as @RISK; what:
 * why, for the user; a static string). options NULL: none. arena NULL: allowed for distributions
 * without tables. */
pe_error_code pe_distribution_prepare(pe_distribution *distribution, pe_distribution_id id,
                                      const pe_parameter *parameters, int parameter_count,
                                      const pe_distribution_options *options, pe_arena *arena,
                                      const char **what);
double pe_distribution_inverse(const pe_distribution *distribution,
                               double u); /* u in (0,1); truncation, shift applied */
void pe_distribution_inverse_many(const pe_distribution *distribution, const double *u, double *x,
                                  size_t count);
double pe_distribution_cdf(const pe_distribution *distribution, double x);
/* Of the distribution as truncated and shifted; NaN where it does not exist (Student 1, Pareto with
 * small shape). */
double pe_distribution_mean(const pe_distribution *distribution);
double pe_distribution_sd(const pe_distribution *distribution);
/* What the cell shows when no simulation runs: the mean; where there is none, the median; for a
 * discrete distribution the member nearest the mean (ties: the lower). */
double pe_distribution_static(const pe_distribution *distribution);

#endif
