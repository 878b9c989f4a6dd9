/* report_cumulative.c: the cumulative table that the curve and the live formula read. Its points
 * are counted, not interpolated: at each of them P(X <= x) is the exact share of the trials. */
#include "report_internal.h"

#include <stdlib.h>

#define CURVE_POINTS 101

static bool single_values(const pe_summary *s)
{
    for (uint32_t i = 0; i < s->bar_count; i++)
        if (s->bars[i].kind != PE_BAR_VALUE) return false;
    return s->bar_count > 0;
}

/* The distinct values at which the table stands: every value where they are few, else the
 * percentiles 0, 1 .. 100. */
static uint32_t put_points(const pe_summary *s, double *x)
{
    uint32_t count = 0, most = single_values(s) ? s->bar_count : CURVE_POINTS;
    for (uint32_t i = 0; i < most; i++) {
        double value = most == s->bar_count ? s->bars[i].low : s->curve[i];
        if (count == 0 || value > x[count - 1]) x[count++] = value;
    }
    return count;
}

/* The first point that is not below value. */
static uint32_t point_at(const double *x, uint32_t count, double value)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (x[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

pei_cumulative pei_cumulative_of(pei_layout *l, const pe_report_output *output)
{
    const pe_summary *s = &output->summary;
    double *points = PE_PUSH(l->arena, double, CURVE_POINTS);
    uint64_t *at = PE_PUSH(l->arena, uint64_t, 2 * CURVE_POINTS);
    pei_cumulative c = {0, PE_PUSH(l->arena, double, 2 * CURVE_POINTS),
                        PE_PUSH(l->arena, double, 2 * CURVE_POINTS)};
    if (points == NULL || at == NULL || c.x == NULL || c.p == NULL) {
        l->failed = true;
        return c;
    }
    uint64_t *between = at + CURVE_POINTS, running = 0;
    uint32_t count = put_points(s, points);
    for (uint32_t i = 0; i < count; i++) at[i] = between[i] = 0;
    for (uint64_t t = 0; t < s->trials; t++) {
        if (!pe_is_number(output->trials[t])) continue;
        double value = pe_as_number(output->trials[t]);
        uint32_t i = point_at(points, count, value);
        if (i < count) (value == points[i] ? at : between)[i]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        running += between[i];
        if (at[i] > 1) {
            c.x[c.count] = points[i];
            c.p[c.count++] = (double)running / (double)s->n;
        }
        running += at[i];
        c.x[c.count] = points[i];
        c.p[c.count++] = (double)running / (double)s->n;
    }
    return c;
}

double pei_probability(const pei_cumulative *c, double x)
{
    uint32_t i = 0;
    if (c->count == 0 || x < c->x[0]) return 0;
    if (x >= c->x[c->count - 1]) return 1;
    while (c->x[i + 1] <= x) i++;
    return c->p[i] + (x - c->x[i]) * (c->p[i + 1] - c->p[i]) / (c->x[i + 1] - c->x[i]);
}
