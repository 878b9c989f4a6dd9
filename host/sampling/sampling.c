/* sampling.c: names, streams and the choice of instruction set. */
#include "sampling_internal.h"

#include "processor.h"

static const pe_distribution_row rows[] = {
#define PE_D(id, name, min, max, discrete, parameters) {name, min, max, discrete, parameters},
#include "distributions.def"
#undef PE_D
};

const pe_distribution_row *pe_distribution_row_of(pe_distribution_id id)
{
    return (unsigned)id < PE_DISTRIBUTION_COUNT ? &rows[id] : NULL;
}

pe_distribution_id pe_distribution_find(const char *name, size_t length)
{
    for (int i = 0; i < PE_DISTRIBUTION_COUNT; i++)
        if (pe_text_equal_nocase(rows[i].name, strlen(rows[i].name), name, length))
            return (pe_distribution_id)i;
    return PE_DISTRIBUTION_NONE;
}

const pei_sampling_isa *pei_sampling_best(void)
{
    if (pe_processor_v4()) return &pei_sampling_v4;
    if (pe_processor_v3()) return &pei_sampling_v3;
    return &pei_sampling_base;
}

void pe_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        c[0] = n0;
        c[2] = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof c);
}

void pe_sampler_uniforms(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                         uint64_t trial_first, size_t count, double *u)
{
    pei_sampling_best()->uniforms(sampler, stream, index, trial_first, count, u);
}

double pe_sampler_uniform(const pe_sampler *sampler, uint64_t stream, uint32_t index,
                          uint64_t trial)
{
    double u;
    pe_sampler_uniforms(sampler, stream, index, trial, 1, &u);
    return u;
}

void pe_distribution_inverse_many(const pe_distribution *distribution, const double *u, double *x,
                                  size_t count)
{
    pei_sampling_best()->inverse(distribution, u, x, count);
}

double pe_distribution_inverse(const pe_distribution *distribution, double u)
{
    double x;
    pe_distribution_inverse_many(distribution, &u, &x, 1);
    return x;
}

double pe_distribution_cdf(const pe_distribution *distribution, double x)
{
    const pe_distribution *d = distribution;
    double below, above;
    x -= d->shift;
    pei_sampling_best()->tails(d, x, &below, &above);
    if (d->u_low == 0 && d->u_high == 1) return below;
    if (x < d->low) return 0;
    if (x >= d->high) return 1;
    double t = ((d->upper ? above : below) - d->u_low) / (d->u_high - d->u_low);
    return t < 0 ? 0 : t > 1 ? 1 : t;
}
