/* sampling_moments.c: mean, standard deviation and static value. Truncated distributions: sums over
 * pieces or members where there are few, otherwise the integral of the inverse over u. */
#include "sampling_internal.h"

#include <math.h>

#include "numeric.h"

typedef struct moment_pair {
    double mean, variance;
} moment_pair;

/* ---- pieces ------------------------------------------------------------------------------ */

uint32_t pei_piece_count(const pe_distribution *distribution)
{
    switch (distribution->id) {
    case PE_DIST_UNIFORM:
        return 1;
    case PE_DIST_TRIANG:
        return 2;
    case PE_DIST_CUMUL:
    case PE_DIST_GENERAL:
    case PE_DIST_HISTOGRM:
        return distribution->count - 1;
    default:
        return 0;
    }
}

pei_piece pei_piece_at(const pe_distribution *distribution, uint32_t index)
{
    const pe_distribution *d = distribution;
    double width = d->p[1] - d->p[0];
    if (d->id == PE_DIST_UNIFORM) return (pei_piece){d->p[0], d->p[1], 1 / width, 1 / width};
    if (d->id == PE_DIST_TRIANG)
        return index == 0 ? (pei_piece){d->p[0], d->p[5], 0, 2 / width}
                          : (pei_piece){d->p[5], d->p[1], 2 / width, 0};
    double x0 = d->x[index], x1 = d->x[index + 1];
    const double *density = d->cumulative + d->count;
    if (d->id == PE_DIST_GENERAL) return (pei_piece){x0, x1, density[index], density[index + 1]};
    double f = (d->cumulative[index + 1] - d->cumulative[index]) / (x1 - x0);
    return (pei_piece){x0, x1, f, f};
}

static double density_in(const pei_piece *s, double x)
{
    return s->f0 + (s->f1 - s->f0) * ((x - s->x0) / (s->x1 - s->x0));
}

/* Mass, mean and second moment about the support's low end, piece by piece. */
static moment_pair piece_moments(const pe_distribution *d)
{
    double mass = 0, mean = 0, second = 0, origin = d->low;
    if (!(d->low < d->high)) return (moment_pair){d->low, 0};
    for (uint32_t i = 0; i < pei_piece_count(d); i++) {
        pei_piece s = pei_piece_at(d, i);
        double x0 = s.x0 > d->low ? s.x0 : d->low, x1 = s.x1 < d->high ? s.x1 : d->high;
        if (s.x1 <= s.x0) { /* a jump of CUMUL */
            double w = d->x != NULL ? d->cumulative[i + 1] - d->cumulative[i] : 0;
            if (s.x0 < d->low || s.x0 > d->high || d->id != PE_DIST_CUMUL) continue;
            mass += w;
            mean += w * (s.x0 - origin);
            second += w * (s.x0 - origin) * (s.x0 - origin);
            continue;
        }
        if (!(x0 < x1)) continue;
        double f = density_in(&s, x0), g = density_in(&s, x1), a = x0 - origin, h = x1 - x0;
        mass += h * (f + g) / 2;
        mean += h * (a * (f + g) / 2 + h * (f + 2 * g) / 6);
        second += h * (a * a * (f + g) / 2 + a * h * (f + 2 * g) / 3 + h * h * (f + 3 * g) / 12);
    }
    mean /= mass;
    return (moment_pair){origin + mean, second / mass - mean * mean};
}

/* ---- members ----------------------------------------------------------------------------- */

static moment_pair member_moments(const pe_distribution *d)
{
    double mass = 0, mean = 0, second = 0, origin = d->low;
    const double *weight = d->cumulative + d->count;
    for (uint32_t i = 0; i < d->count; i++) {
        if (d->x[i] < d->low || d->x[i] > d->high) continue;
        double x = d->x[i] - origin;
        mass += weight[i];
        mean += weight[i] * x;
        second += weight[i] * x * x;
    }
    mean /= mass;
    return (moment_pair){origin + mean, second / mass - mean * mean};
}

#define SUM_MAX 100000 /* values of a truncated count to be summed one by one */

/* The values between the quantiles where nothing is left outside. */
static bool count_moments(const pe_distribution *d, moment_pair *m)
{
    double first = pe_distribution_inverse(d, 0x1p-53) - d->shift;
    double last = pe_distribution_inverse(d, 1 - 0x1p-53) - d->shift;
    if (!(last - first <= SUM_MAX)) return false;
    double below, above, next_below, next_above, mass = 0, mean = 0, second = 0;
    const pei_sampling_isa *isa = pei_sampling_best();
    isa->tails(d, first - 0.5, &below, &above);
    for (double k = first; k <= last; k += 1) {
        isa->tails(d, k, &next_below, &next_above);
        double w = next_below < 0.5 ? next_below - below : above - next_above, x = k - first;
        below = next_below;
        above = next_above;
        mass += w;
        mean += w * x;
        second += w * x * x;
    }
    mean /= mass;
    *m = (moment_pair){first + mean, second / mass - mean * mean};
    return true;
}

/* ---- truncated, in general --------------------------------------------------------------- */

#define PANELS 44 /* nodes come as near as 2^-52 to 0 and 1 */

/* The integral of the inverse over u, by 16-point Gauss-Legendre on panels that halve towards both
 * ends. */
static moment_pair integral_moments(const pe_distribution *d)
{
    static const double node[8] = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274,
                                   0.6178762444026438, 0.7554044083550030, 0.8656312023878318,
                                   0.9445750230732326, 0.9894009349916499};
    static const double weight[8] = {0.1894506104550685, 0.1826034150449236, 0.1691565193950025,
                                     0.1495959888165767, 0.1246289712555339, 0.0951585116824928,
                                     0.0622535239386479, 0.0271524594117541};
    double mean = 0, second = 0, centre = pe_distribution_inverse(d, 0.5);
    for (int side = 0; side < 2; side++)
        for (int panel = 0; panel < PANELS; panel++) {
            double high = 0.5 * pen_ldexp(1, -panel), low = panel < PANELS - 1 ? 0.5 * high : 0;
            double half = 0.5 * (high - low);
            for (int i = 0; i < 16; i++) {
                double u = low + half * (1 + (i < 8 ? -node[i] : node[i - 8]));
                double x = pe_distribution_inverse(d, side == 0 ? u : 1 - u) - centre;
                mean += half * weight[i & 7] * x;
                second += half * weight[i & 7] * x * x;
            }
        }
    return (moment_pair){mean + centre - d->shift, second - mean * mean};
}

/* Whether the tail that is left makes the mean (order 1) or the variance (order 2) infinite. */
static bool diverges(const pe_distribution *d, int order)
{
    if (d->id == PE_DIST_PARETO) return d->p[0] <= order && !(d->high < HUGE_VAL);
    bool open = !(d->high < HUGE_VAL) || !(d->low > -HUGE_VAL);
    return d->id == PE_DIST_STUDENT && d->p[0] <= order && open;
}

/* ---- closed forms ------------------------------------------------------------------------ */

static moment_pair weibull_moments(double shape, double scale)
{
    double g1 = pen_gamma(1 + 1 / shape), g2 = pen_gamma(1 + 2 / shape);
    return (moment_pair){scale * g1, scale * scale * (g2 - g1 * g1)};
}

static moment_pair pareto_moments(double theta, double a)
{
    double less = theta - 1;
    return (moment_pair){a * theta / less, a * a * theta / (less * less * (theta - 2))};
}

/* Of the distribution without truncation and shift. */
static moment_pair plain_moments(const pe_distribution *d)
{
    const double *p = d->p;
    switch (d->id) {
    case PE_DIST_NORMAL:
        return (moment_pair){p[0], p[1] * p[1]};
    case PE_DIST_LOGNORM:
    case PE_DIST_LOGNORM2: {
        double v = p[1] * p[1], mean = pen_exp(p[0] + 0.5 * v);
        return (moment_pair){mean, mean * mean * pen_expm1(v)};
    }
    case PE_DIST_TRIANG: {
        double a = p[0], b = p[1], c = p[5];
        return (moment_pair){(a + b + c) / 3, ((b - a) * (b - a) + (c - a) * (c - b)) / 18};
    }
    case PE_DIST_BETA:
    case PE_DIST_BETAGENERAL:
    case PE_DIST_PERT: {
        double s = p[0] + p[1], w = p[3] - p[2];
        return (moment_pair){p[2] + w * p[0] / s, w * w * (p[0] / s) * (p[1] / s) / (s + 1)};
    }
    case PE_DIST_UNIFORM:
        return (moment_pair){p[0] + 0.5 * (p[1] - p[0]), (p[1] - p[0]) * (p[1] - p[0]) / 12};
    case PE_DIST_GAMMA:
    case PE_DIST_ERLANG:
    case PE_DIST_CHISQ:
        return (moment_pair){p[0] * p[1], p[0] * p[1] * p[1]};
    case PE_DIST_EXPON:
        return (moment_pair){p[0], p[0] * p[0]};
    case PE_DIST_WEIBULL:
        return weibull_moments(p[0], p[1]);
    case PE_DIST_LOGISTIC:
        return (moment_pair){p[0], p[1] * p[1] * 3.289868133696453};
    case PE_DIST_STUDENT:
        return (moment_pair){0, p[0] / (p[0] - 2)};
    case PE_DIST_PARETO:
        return pareto_moments(p[0], p[1]);
    case PE_DIST_INTUNIFORM: {
        double n = p[1] - p[0] + 1;
        return (moment_pair){0.5 * (p[0] + p[1]), (n * n - 1) / 12};
    }
    case PE_DIST_BERNOULLI:
        return (moment_pair){p[0], p[0] * (1 - p[0])};
    case PE_DIST_GEOMET:
        return (moment_pair){(1 - p[0]) / p[0], (1 - p[0]) / (p[0] * p[0])};
    case PE_DIST_BINOMIAL:
    case PE_DIST_POISSON:
    case PE_DIST_NEGBIN:
        return (moment_pair){p[PEI_COUNT_MEAN], p[PEI_COUNT_SD] * p[PEI_COUNT_SD]};
    default:
        return pei_piece_count(d) > 0 ? piece_moments(d) : member_moments(d);
    }
}

/* Truncation applied, shift not. */
static moment_pair moments(const pe_distribution *d)
{
    moment_pair m;
    if (d->u_low == 0 && d->u_high == 1)
        m = plain_moments(d);
    else if (pei_piece_count(d) > 0)
        m = piece_moments(d);
    else if (d->count > 0)
        m = member_moments(d);
    else if (!pe_distribution_row_of(d->id)->discrete || !count_moments(d, &m))
        m = integral_moments(d);
    if (diverges(d, 1) || !isfinite(m.mean)) m.mean = NAN;
    if (diverges(d, 2) || !isfinite(m.variance)) m.variance = NAN;
    if (m.variance < 0) m.variance = 0; /* rounding */
    return m;
}

double pe_distribution_mean(const pe_distribution *distribution)
{
    return moments(distribution).mean + distribution->shift;
}

double pe_distribution_sd(const pe_distribution *distribution)
{
    return pen_sqrt(moments(distribution).variance);
}

/* The member nearest to x, of two the lower one. */
static double nearest_member(const pe_distribution *d, double x)
{
    double best = NAN, distance = HUGE_VAL;
    if (d->count == 0) {
        double k = pen_floor(x);
        k = k < d->low ? d->low : k;
        double next = k + 1 <= d->high ? k + 1 : k;
        return x - k <= next - x ? k : next;
    }
    for (uint32_t i = 0; i < d->count; i++) {
        bool member = d->x[i] >= d->low && d->x[i] <= d->high && d->cumulative[d->count + i] > 0;
        if (member && pen_abs(d->x[i] - x) < distance) {
            best = d->x[i];
            distance = pen_abs(d->x[i] - x);
        }
    }
    return best;
}

double pe_distribution_static(const pe_distribution *distribution)
{
    double mean = moments(distribution).mean;
    if (!isfinite(mean)) return pe_distribution_inverse(distribution, 0.5);
    if (!pe_distribution_row_of(distribution->id)->discrete) return mean + distribution->shift;
    return nearest_member(distribution, mean) + distribution->shift;
}
