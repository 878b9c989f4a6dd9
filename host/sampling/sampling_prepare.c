/* sampling_prepare.c: parameters checked and turned into what the inverse needs; moments and static
 * values. */
#include "sampling_internal.h"

#include <math.h>
#include <stdlib.h>

#include "numeric.h"

typedef struct preparing {
    pe_distribution d;
    const pe_parameter *parameters;
    int count;
    pe_arena *arena;
    const char *what;
} preparing;

static pe_error_code wrong(preparing *p, const char *what)
{
    p->what = what;
    return PE_ERROR_VALUE;
}

static double scalar(const preparing *p, int i)
{
    return p->parameters[i].values[0];
}

static bool whole(double x)
{
    return x == pen_floor(x);
}

/* ---- tables
 * -------------------------------------------------------------------------------------------- */

static pe_error_code new_table(preparing *p, uint32_t count, double **x, double **cumulative)
{
    if (p->arena == NULL) return PE_ERROR_NUM;
    *x = PE_PUSH(p->arena, double, count);
    *cumulative = PE_PUSH(p->arena, double, (size_t)count * 2);
    if (*x == NULL || *cumulative == NULL) return PE_ERROR_NUM;
    p->d.x = *x;
    p->d.cumulative = *cumulative;
    p->d.count = count;
    return PE_ERROR_NONE;
}

typedef struct weighted {
    double x, w;
} weighted;

static int by_x(const void *a, const void *b)
{
    const weighted *u = a, *v = b;
    return u->x < v->x ? -1 : u->x > v->x;
}

static pe_error_code prepare_discrete(preparing *p)
{
    const pe_parameter *values = &p->parameters[0],
                       *weights = p->d.id == PE_DIST_DISCRETE ? &p->parameters[1] : NULL;
    double *x, *cumulative, sum = 0;
    if (weights != NULL && weights->count != values->count)
        return wrong(p, "there are not as many weights as values");
    pe_error_code error = new_table(p, values->count, &x, &cumulative);
    weighted *list = error == PE_ERROR_NONE ? PE_PUSH(p->arena, weighted, values->count) : NULL;
    if (list == NULL) return PE_ERROR_NUM;
    for (uint32_t i = 0; i < values->count; i++) {
        list[i] = (weighted){values->values[i], weights != NULL ? weights->values[i] : 1};
        if (!(list[i].w >= 0) || !isfinite(list[i].w) || !isfinite(list[i].x))
            return wrong(p, "weights must be numbers that are not negative");
        sum += list[i].w;
    }
    if (!(sum > 0)) return wrong(p, "the weights add up to nothing");
    qsort(list, values->count, sizeof *list, by_x); /* ascending, so that u and x move together */
    double running = 0;
    for (uint32_t i = 0; i < values->count; i++) {
        running += list[i].w;
        x[i] = list[i].x;
        cumulative[i] = running / sum;
        cumulative[values->count + i] = list[i].w / sum;
    }
    cumulative[values->count - 1] = 1;
    return PE_ERROR_NONE;
}

/* CUMUL(min, max, {x}, {p}), GENERAL(min, max, {x}, {density}), HISTOGRM(min, max, {weights}). */
static pe_error_code prepare_piecewise(preparing *p)
{
    double low = scalar(p, 0), high = scalar(p, 1), *x, *c;
    const pe_parameter *at = &p->parameters[2], *by = p->count > 3 ? &p->parameters[3] : NULL;
    if (!(low < high)) return wrong(p, "min must be below max");
    if (by != NULL && by->count != at->count) return wrong(p, "there are not as many x as p");
    bool histogram = p->d.id == PE_DIST_HISTOGRM;
    uint32_t n = histogram ? at->count + 1 : at->count + 2;
    pe_error_code error = new_table(p, n, &x, &c);
    if (error != PE_ERROR_NONE) return error;
    double *density = c + n;
    x[0] = low;
    x[n - 1] = high;
    for (uint32_t i = 1; i + 1 < n; i++) {
        x[i] = histogram ? low + (high - low) * (double)i / (double)(n - 1) : at->values[i - 1];
        if (!(x[i] >= x[i - 1] && x[i] <= high))
            return wrong(p, "x must ascend between min and max");
    }
    for (uint32_t i = 1; i < n; i++) {
        if (histogram) {
            c[i] = c[i - 1] + at->values[i - 1];
        } else if (p->d.id == PE_DIST_CUMUL) {
            c[i] = i + 1 < n ? by->values[i - 1] : 1;
        } else {
            density[i] = i + 1 < n ? by->values[i - 1] : 0;
            c[i] = c[i - 1] + 0.5 * (density[i - 1] + density[i]) * (x[i] - x[i - 1]);
            if (!(density[i] >= 0)) return wrong(p, "densities must not be negative");
        }
        if (!(c[i] >= c[i - 1]))
            return wrong(p,
                         histogram ? "weights must not be negative" : "p must ascend from 0 to 1");
    }
    double total = c[n - 1];
    if (!(total > 0) || !isfinite(total)) return wrong(p, "the weights add up to nothing");
    if (p->d.id == PE_DIST_CUMUL && !(c[n - 2] <= 1)) return wrong(p, "p must ascend from 0 to 1");
    for (uint32_t i = 0; i < n; i++) {
        c[i] /= total;
        density[i] /= total;
    }
    return PE_ERROR_NONE;
}

/* ---- parameters
 * ---------------------------------------------------------------------------------------- */

static pe_error_code prepare_beta(preparing *p, double a, double b, double low, double high)
{
    double *q = p->d.p;
    if (!(a > 0 && b > 0)) return wrong(p, "alpha1 and alpha2 must be positive");
    if (!(low < high)) return wrong(p, "min must be below max");
    q[0] = a;
    q[1] = b;
    q[2] = low;
    q[3] = high;
    return PE_ERROR_NONE;
}

static pe_error_code prepare_triang(preparing *p, double low, double mode, double high)
{
    double *q = p->d.p, width = high - low;
    if (!(low <= mode && mode <= high)) return wrong(p, "min, most likely and max must ascend");
    if (!(low < high)) return wrong(p, "min must be below max");
    q[0] = low;
    q[1] = high;
    q[2] = (mode - low) / width;
    q[3] = width * (mode - low);
    q[4] = width * (high - mode);
    q[5] = mode;
    return PE_ERROR_NONE;
}

static pe_error_code prepare_pert(preparing *p, double low, double mode, double high)
{
    if (!(low <= mode && mode <= high)) return wrong(p, "min, most likely and max must ascend");
    if (!(low < high)) return wrong(p, "min must be below max");
    return prepare_beta(p, 1 + 4 * (mode - low) / (high - low),
                        1 + 4 * (high - mode) / (high - low), low, high);
}

/* mean, sd, skewness and the largest value, for the guess of inverse_count */
static void set_count(double *q, double mean, double variance, double third, double top)
{
    q[4] = mean;
    q[5] = pen_sqrt(variance);
    q[6] = variance > 0 ? third / (variance * q[5]) : 0;
    q[7] = top;
}

static pe_error_code prepare_count(preparing *p)
{
    double *q = p->d.p, a = scalar(p, 0), b = p->count > 1 ? scalar(p, 1) : 0;
    switch (p->d.id) {
    case PE_DIST_BERNOULLI:
        if (!(a >= 0 && a <= 1)) return wrong(p, "p must be between 0 and 1");
        q[0] = a;
        return PE_ERROR_NONE;
    case PE_DIST_BINOMIAL:
        if (!(a >= 0 && whole(a) && a <= 0x1p40))
            return wrong(p, "n must be a whole number that is not negative");
        if (!(b >= 0 && b <= 1)) return wrong(p, "p must be between 0 and 1");
        q[0] = a;
        q[1] = b;
        set_count(q, a * b, a * b * (1 - b), a * b * (1 - b) * (1 - 2 * b), b > 0 ? a : 0);
        return PE_ERROR_NONE;
    case PE_DIST_POISSON:
        if (!(a > 0 && a <= 0x1p40)) return wrong(p, "the mean must be positive");
        q[0] = a;
        set_count(q, a, a, a, HUGE_VAL);
        return PE_ERROR_NONE;
    case PE_DIST_GEOMET:
        if (!(a > 0 && a <= 1)) return wrong(p, "p must be above 0 and at most 1");
        q[0] = a;
        return PE_ERROR_NONE;
    default: /* NEGBIN */
        if (!(a > 0 && whole(a)))
            return wrong(p, "the number of successes must be a positive whole number");
        if (!(b > 0 && b <= 1)) return wrong(p, "p must be above 0 and at most 1");
        q[0] = a;
        q[1] = b;
        set_count(q, a * (1 - b) / b, a * (1 - b) / (b * b), a * (1 - b) * (2 - b) / (b * b * b),
                  b < 1 ? HUGE_VAL : 0);
        return PE_ERROR_NONE;
    }
}

static pe_error_code prepare_two(preparing *p, double a, double b)
{
    double *q = p->d.p;
    q[0] = a;
    q[1] = b;
    switch (p->d.id) {
    case PE_DIST_NORMAL:
    case PE_DIST_LOGNORM2:
        return b > 0 ? PE_ERROR_NONE : wrong(p, "the standard deviation must be positive");
    case PE_DIST_LOGNORM: {
        if (!(a > 0 && b > 0)) return wrong(p, "mean and standard deviation must be positive");
        double variance = pen_log1p(b / a * (b / a));
        q[0] = pen_log(a) - 0.5 * variance;
        q[1] = pen_sqrt(variance);
        return PE_ERROR_NONE;
    }
    case PE_DIST_UNIFORM:
        return a < b ? PE_ERROR_NONE : wrong(p, "min must be below max");
    case PE_DIST_INTUNIFORM:
        if (!whole(a) || !whole(b)) return wrong(p, "min and max must be whole numbers");
        return a <= b ? PE_ERROR_NONE : wrong(p, "min must not be above max");
    case PE_DIST_ERLANG:
        if (!whole(a)) return wrong(p, "m must be a whole number");
        return a > 0 && b > 0 ? PE_ERROR_NONE : wrong(p, "m and scale must be positive");
    case PE_DIST_LOGISTIC:
        return b > 0 ? PE_ERROR_NONE : wrong(p, "the scale must be positive");
    default: /* GAMMA, WEIBULL, PARETO */
        return a > 0 && b > 0 ? PE_ERROR_NONE : wrong(p, "both parameters must be positive");
    }
}

static pe_error_code prepare_one(preparing *p, double a)
{
    if (!(a > 0))
        return wrong(p, p->d.id == PE_DIST_EXPON ? "the mean must be positive"
                                                 : "the degrees of freedom must be positive");
    p->d.p[0] = a;
    if (p->d.id == PE_DIST_CHISQ) {
        p->d.p[0] = 0.5 * a;
        p->d.p[1] = 2;
    }
    return PE_ERROR_NONE;
}

static pe_error_code prepare_parameters(preparing *p)
{
    switch (p->d.id) {
    case PE_DIST_DISCRETE:
    case PE_DIST_DUNIFORM:
        return prepare_discrete(p);
    case PE_DIST_CUMUL:
    case PE_DIST_GENERAL:
    case PE_DIST_HISTOGRM:
        return prepare_piecewise(p);
    case PE_DIST_TRIANG:
        return prepare_triang(p, scalar(p, 0), scalar(p, 1), scalar(p, 2));
    case PE_DIST_PERT:
        return prepare_pert(p, scalar(p, 0), scalar(p, 1), scalar(p, 2));
    case PE_DIST_BETA:
    case PE_DIST_BETAGENERAL:
        return prepare_beta(p, scalar(p, 0), scalar(p, 1), p->count > 2 ? scalar(p, 2) : 0,
                            p->count > 3 ? scalar(p, 3) : 1);
    case PE_DIST_EXPON:
    case PE_DIST_STUDENT:
    case PE_DIST_CHISQ:
        return prepare_one(p, scalar(p, 0));
    case PE_DIST_BERNOULLI:
    case PE_DIST_BINOMIAL:
    case PE_DIST_POISSON:
    case PE_DIST_GEOMET:
    case PE_DIST_NEGBIN:
        return prepare_count(p);
    default:
        return prepare_two(p, scalar(p, 0), scalar(p, 1));
    }
}

static pe_error_code truncate(preparing *p, const pe_distribution_options *options)
{
    bool discrete = pe_distribution_row_of(p->d.id)->discrete;
    double low = options->truncate_low, high = options->truncate_high;
    if (!(low <= high)) return wrong(p, "the lower truncation limit is above the upper one");
    if (low > -HUGE_VAL) {
        /* a discrete value at the limit stays: F just below it */
        double below = discrete ? pen_from_bits(low == 0  ? 0x8000000000000001ull
                                                : low > 0 ? pen_bits(low) - 1
                                                          : pen_bits(low) + 1)
                                : low;
        p->d.u_low = pe_distribution_cdf(&p->d, below);
    }
    double keep = p->d.u_low;
    p->d.u_low = 0;
    if (high < HUGE_VAL) p->d.u_high = pe_distribution_cdf(&p->d, high);
    p->d.u_low = keep;
    return p->d.u_low < p->d.u_high ? PE_ERROR_NONE
                                    : wrong(p, "truncation leaves nothing of the distribution");
}

pe_error_code pe_distribution_prepare(pe_distribution *distribution, pe_distribution_id id,
                                      const pe_parameter *parameters, int parameter_count,
                                      const pe_distribution_options *options, pe_arena *arena,
                                      const char **what)
{
    const pe_distribution_row *row = pe_distribution_row_of(id);
    preparing p = {.parameters = parameters,
                   .count = parameter_count,
                   .arena = arena,
                   .what = "out of memory"};
    pe_error_code error = PE_ERROR_NONE;
    p.d.id = id;
    p.d.u_high = 1;
    if (row == NULL || parameter_count < row->parameter_min || parameter_count > row->parameter_max)
        error = wrong(&p, "wrong number of parameters");
    for (int i = 0; i < parameter_count && error == PE_ERROR_NONE; i++) {
        if (parameters[i].count == 0) error = wrong(&p, "a parameter is empty");
        for (uint32_t k = 0; k < parameters[i].count && error == PE_ERROR_NONE; k++)
            if (!isfinite(parameters[i].values[k])) error = wrong(&p, "a parameter is no number");
    }
    if (error == PE_ERROR_NONE) error = prepare_parameters(&p);
    if (error == PE_ERROR_NONE && options != NULL) error = truncate(&p, options);
    if (error != PE_ERROR_NONE) {
        if (what != NULL) *what = p.what;
        return error;
    }
    p.d.shift = options != NULL ? options->shift : 0;
    *distribution = p.d;
    return PE_ERROR_NONE;
}

/* ---- moments
 * ------------------------------------------------------------------------------------------- */

typedef struct moment_pair {
    double mean, variance;
} moment_pair;

static moment_pair table_moments(const pe_distribution *d)
{
    moment_pair m = {0, 0};
    bool discrete = pe_distribution_row_of(d->id)->discrete;
    const double *weight = d->cumulative + d->count;
    double second = 0, origin = d->x[0];
    for (uint32_t i = 0; i + (discrete ? 0 : 1) < d->count; i++) {
        double a = d->x[i] - origin,
               w = discrete ? weight[i] : d->cumulative[i + 1] - d->cumulative[i];
        if (discrete) {
            m.mean += w * a;
            second += w * a * a;
            continue;
        }
        double b = d->x[i + 1] - origin, h = b - a, f = weight[i], g = weight[i + 1];
        if (d->id == PE_DIST_GENERAL) { /* linear density f to g over [a, b] */
            m.mean += h * (a * (f + g) / 2 + h * (f + 2 * g) / 6);
            second +=
                h * (a * a * (f + g) / 2 + a * h * (f + 2 * g) / 3 + h * h * (f + 3 * g) / 12);
        } else {
            m.mean += w * 0.5 * (a + b);
            second += w * (a * a + a * b + b * b) / 3;
        }
    }
    m.variance = second - m.mean * m.mean;
    m.mean += origin;
    return m;
}

static moment_pair weibull_moments(double shape, double scale)
{
    double g1 = pen_gamma(1 + 1 / shape), g2 = pen_gamma(1 + 2 / shape);
    return (moment_pair){scale * g1, scale * scale * (g2 - g1 * g1)};
}

static moment_pair pareto_moments(double theta, double a)
{
    double mean = theta > 1 ? a * theta / (theta - 1) : NAN;
    return (moment_pair){mean, theta > 2 ? a * a * theta / ((theta - 1) * (theta - 1) * (theta - 2))
                                         : NAN};
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
        return (moment_pair){p[2] + w * p[0] / s, w * w * p[0] * p[1] / (s * s * (s + 1))};
    }
    case PE_DIST_UNIFORM:
        return (moment_pair){0.5 * (p[0] + p[1]), (p[1] - p[0]) * (p[1] - p[0]) / 12};
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
        return (moment_pair){p[0] > 1 ? 0 : NAN, p[0] > 2 ? p[0] / (p[0] - 2) : NAN};
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
        return (moment_pair){p[4], p[5] * p[5]};
    default:
        return table_moments(d);
    }
}

/* Truncated: the integral of the inverse over u, by 16-point Gauss-Legendre on panels that halve
 * towards both ends. */
static moment_pair truncated_moments(const pe_distribution *d)
{
    static const double node[8] = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274,
                                   0.6178762444026438, 0.7554044083550030, 0.8656312023878318,
                                   0.9445750230732326, 0.9894009349916499};
    static const double weight[8] = {0.1894506104550685, 0.1826034150449236, 0.1691565193950025,
                                     0.1495959888165767, 0.1246289712555339, 0.0951585116824928,
                                     0.0622535239386479, 0.0271524594117541};
    double mean = 0, second = 0, centre = pe_distribution_inverse(d, 0.5);
    for (int side = 0; side < 2; side++)
        for (int panel = 0; panel < 50; panel++) {
            double high = 0.5 * pen_ldexp(1, -panel), low = panel < 49 ? 0.5 * high : 0,
                   half = 0.5 * (high - low);
            for (int i = 0; i < 16; i++) {
                double u = low + half * (1 + (i < 8 ? -node[i] : node[i - 8]));
                double x = pe_distribution_inverse(d, side == 0 ? u : 1 - u) - centre;
                mean += half * weight[i & 7] * x;
                second += half * weight[i & 7] * x * x;
            }
        }
    return (moment_pair){mean + centre, second - mean * mean};
}

/* Truncated and discrete: sums over the values between the limits. */
static moment_pair truncated_discrete_moments(const pe_distribution *d)
{
    double mean = 0, second = 0, first = pe_distribution_inverse(d, 0x1p-53),
           last = pe_distribution_inverse(d, 1 - 0x1p-53), before = 0;
    for (double x = first; x <= last && x - first < 1e7;) {
        double c = pe_distribution_cdf(d, x), w = c - before;
        before = c;
        mean += w * (x - first);
        second += w * (x - first) * (x - first);
        if (c >= 1) break;
        double u = c + 0x1p-53, next = u < 1 ? pe_distribution_inverse(d, u) : last;
        x = next > x ? next : x + 1;
    }
    return (moment_pair){mean + first, second - mean * mean};
}

static moment_pair moments(const pe_distribution *d)
{
    if (d->u_low != 0 || d->u_high != 1)
        return pe_distribution_row_of(d->id)->discrete ? truncated_discrete_moments(d)
                                                       : truncated_moments(d);
    moment_pair m = plain_moments(d);
    m.mean += d->shift;
    return m;
}

double pe_distribution_mean(const pe_distribution *distribution)
{
    return moments(distribution).mean;
}

double pe_distribution_sd(const pe_distribution *distribution)
{
    return sqrt(moments(distribution).variance);
}

double pe_distribution_static(const pe_distribution *distribution)
{
    double mean = pe_distribution_mean(distribution);
    if (!isfinite(mean)) return pe_distribution_inverse(distribution, 0.5);
    if (!pe_distribution_row_of(distribution->id)->discrete) return mean;
    /* the members on both sides of the mean */
    double c = pe_distribution_cdf(distribution, mean), below, above;
    below = c > 0 ? pe_distribution_inverse(distribution, c * (1 - 1e-12))
                  : pe_distribution_inverse(distribution, 0x1p-53);
    above = c < 1 ? pe_distribution_inverse(distribution, c + (1 - c) * 1e-12 + 1e-15 < 1
                                                              ? c + (1 - c) * 1e-12 + 1e-15
                                                              : 1 - 0x1p-53)
                  : below;
    return mean - below <= above - mean ? below : above;
}
