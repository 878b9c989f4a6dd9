/* functions_sorted.h: where order statistics lie in a sorted list, for the scalar bodies and the
 * vector program alike. */
#ifndef PE_FUNCTIONS_SORTED_H
#define PE_FUNCTIONS_SORTED_H

#include "numeric.h"

/* By the number that AGGREGATE has for it; MEDIAN is PERCENTILE.INC at one half. */
typedef enum pei_statistic {
    PEI_MEDIAN = 12,
    PEI_LARGE = 14,
    PEI_SMALL,
    PEI_PERCENTILE_INC,
    PEI_QUARTILE_INC,
    PEI_PERCENTILE_EXC,
    PEI_QUARTILE_EXC,
} pei_statistic;

/* The number at index (from 0) and, where part is not 0, that part of the way to the next one. */
typedef struct pei_place {
    size_t index;
    double part;
} pei_place;

/* A position from 0, at most count - 1. */
static inline int pei_place_between(double position, size_t count, pei_place *place)
{
    place->index = (size_t)position;
    place->part = place->index + 1 < count ? position - (double)place->index : 0.0;
    return 1;
}
static inline int pei_place_inclusive(double k, size_t count, pei_place *place)
{
    if (count == 0 || !(k >= 0 && k <= 1)) return 0;
    return pei_place_between(k * (double)(count - 1), count, place);
}
static inline int pei_place_exclusive(double k, size_t count, pei_place *place)
{
    double position = k * (double)(count + 1) - 1;
    if (!(k > 0 && k < 1) || position < -1e-12) return 0;
    if (position > (double)count - 1 + 1e-12) return 0;
    return pei_place_between(position < 0 ? 0 : position, count, place);
}
/* A fraction is cut off the place from the bottom, so that LARGE seems to round k up. */
static inline int pei_place_nth(double k, size_t count, int largest, pei_place *place)
{
    double n = (double)count, at = pen_trunc(largest ? n - k + 1 : k);
    if (!(k >= 1 && at >= 1 && at <= n)) return 0;
    return pei_place_between(at - 1, count, place);
}

/* The place of a statistic with parameter k among count sorted numbers. 0: there is none (#NUM!).
 */
static inline int pei_place_of(pei_statistic statistic, double k, size_t count, pei_place *place)
{
    double q = pen_trunc(k);
    switch (statistic) {
    case PEI_MEDIAN:
        return pei_place_inclusive(0.5, count, place);
    case PEI_LARGE:
    case PEI_SMALL:
        return pei_place_nth(k, count, statistic == PEI_LARGE, place);
    case PEI_PERCENTILE_INC:
        return pei_place_inclusive(k, count, place);
    case PEI_QUARTILE_INC:
        return q >= 0 && q <= 4 && pei_place_inclusive(q / 4, count, place);
    case PEI_PERCENTILE_EXC:
        return pei_place_exclusive(k, count, place);
    default:
        return q >= 1 && q <= 3 && pei_place_exclusive(q / 4, count, place);
    }
}

/* What lies at a place: x is the number at its index, next the one after it. */
PE_INLINE double pei_between(double x, double next, double part)
{
    return x + part * (next - x);
}

#endif
