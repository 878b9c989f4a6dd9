/* sampling_prepare.c: parameters checked and turned into what the inverse needs. A standard
 * deviation of 0, or min = max, is a constant, as in @RISK. */
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

/* ---- tables ------------------------------------------------------------------------------ */

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
    double *x, *cumulative;
    pen_dd sum = {0.0, 0.0}, running = {0.0, 0.0};
    if (weights != NULL && weights->count != values->count)
        return wrong(p, "there are not as many weights as values");
    pe_error_code error = new_table(p, values->count, &x, &cumulative);
    weighted *list = error == PE_ERROR_NONE ? PE_PUSH(p->arena, weighted, values->count) : NULL;
    if (list == NULL) return PE_ERROR_NUM;
    for (uint32_t i = 0; i < values->count; i++) {
        list[i] = (weighted){values->values[i], weights != NULL ? weights->values[i] : 1};
        if (!(list[i].w >= 0) || !isfinite(list[i].w) || !isfinite(list[i].x))
            return wrong(p, "weights must be numbers that are not negative");
        sum = pen_dd_add(sum, pen_dd_of(list[i].w, 0.0));
    }
    if (!(sum.hi > 0) || !isfinite(sum.hi)) return wrong(p, "the weights add up to nothing");
    qsort(list, values->count, sizeof *list, by_x); /* ascending, so that u and x move together */
    for (uint32_t i = 0; i < values->count; i++) {
        running = pen_dd_add(running, pen_dd_of(list[i].w, 0.0));
        x[i] = list[i].x;
        cumulative[i] = pen_dd_div(running, sum).hi;
        cumulative[values->count + i] = list[i].w / sum.hi;
    }
    for (uint32_t i = values->count; i-- > 0 && list[i].w == 0;) cumulative[i] = 1;
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

/* ---- parameters -------------------------------------------------------------------------- */

static pe_error_code prepare_beta(preparing *p, double a, double b, double low, double high)
{
    double *q = p->d.p;
    if (!(a > 0 && b > 0)) return wrong(p, "alpha1 and alpha2 must be positive");
    if (!(a < 1e15 && b < 1e15)) return wrong(p, "alpha1 and alpha2 must be below 1E+15");
    if (!(low <= high)) return wrong(p, "min must not be above max");
    q[0] = a;
    q[1] = b;
    q[2] = low;
    q[3] = high;
    q[PEI_STAR] = pen_beta_star(a, b);
    q[PEI_HALF] = pen_beta_half(a, b, q[PEI_STAR]);
    return PE_ERROR_NONE;
}

static pe_error_code prepare_triang(preparing *p, double low, double mode, double high)
{
    double *q = p->d.p, width = high - low;
    if (!(low <= mode && mode <= high)) return wrong(p, "min, most likely and max must ascend");
    q[0] = low;
    q[1] = high;
    q[2] = width > 0 ? (mode - low) / width : 0;
    q[3] = width * (mode - low);
    q[4] = width * (high - mode);
    q[5] = mode;
    return PE_ERROR_NONE;
}

static pe_error_code prepare_pert(preparing *p, double low, double mode, double high)
{
    if (!(low <= mode && mode <= high)) return wrong(p, "min, most likely and max must ascend");
    double t = low < high ? (mode - low) / (high - low) : 0.5;
    double rest = low < high ? (high - mode) / (high - low) : 0.5;
    return prepare_beta(p, 1 + 4 * t, 1 + 4 * rest, low, high);
}

/* mean, variance, third central moment and the largest value, for the guess of inverse_count; the
 * logarithm of P(X = 0) and the ratio of successive probabilities, for small means. */
static void set_count(double *q, double mean, double variance, double third, double top)
{
    q[PEI_COUNT_MEAN] = mean;
    q[PEI_COUNT_SD] = pen_sqrt(variance);
    q[PEI_COUNT_SKEW] = variance > 0 ? third / (variance * q[PEI_COUNT_SD]) : 0;
    q[PEI_COUNT_TOP] = top;
}

static void set_count_zero(double *q, double log_zero, double ratio)
{
    bool usable = q[PEI_COUNT_MEAN] + 10 * q[PEI_COUNT_SD] <= 250 && log_zero > -600;
    q[PEI_COUNT_ZERO] = usable ? pen_exp(log_zero) : 0;
    q[PEI_COUNT_RATIO] = ratio;
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
        if (b < 1) set_count_zero(q, a * pen_log1p(-b), b / (1 - b));
        return PE_ERROR_NONE;
    case PE_DIST_POISSON:
        if (!(a >= 0 && a <= 0x1p40)) return wrong(p, "the mean must not be negative");
        q[0] = a;
        set_count(q, a, a, a, HUGE_VAL);
        set_count_zero(q, -a, a);
        return PE_ERROR_NONE;
    case PE_DIST_GEOMET:
        if (!(a >= 1e-300 && a <= 1)) return wrong(p, "p must be above 0 and at most 1");
        q[0] = a;
        return PE_ERROR_NONE;
    default: /* NEGBIN */
        if (!(a > 0 && whole(a) && a <= 0x1p40))
            return wrong(p, "the number of successes must be a positive whole number");
        if (!(b >= 1e-80 && b <= 1)) return wrong(p, "p must be above 0 and at most 1");
        q[0] = a;
        q[1] = b;
        set_count(q, a * (1 - b) / b, a * (1 - b) / (b * b), a * (1 - b) * (2 - b) / (b * b * b),
                  b < 1 ? HUGE_VAL : 0);
        set_count_zero(q, a * pen_log(b), 1 - b);
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
        return b >= 0 ? PE_ERROR_NONE : wrong(p, "the standard deviation must not be negative");
    case PE_DIST_LOGNORM: {
        if (!(a > 0 && b >= 0))
            return wrong(p, "the mean must be positive, the standard deviation not negative");
        double variance = pen_log1p(b / a * (b / a));
        q[0] = pen_log(a) - 0.5 * variance;
        q[1] = pen_sqrt(variance);
        return PE_ERROR_NONE;
    }
    case PE_DIST_UNIFORM:
        return a <= b ? PE_ERROR_NONE : wrong(p, "min must not be above max");
    case PE_DIST_INTUNIFORM:
        if (!whole(a) || !whole(b)) return wrong(p, "min and max must be whole numbers");
        return a <= b ? PE_ERROR_NONE : wrong(p, "min must not be above max");
    case PE_DIST_ERLANG:
        if (!whole(a)) return wrong(p, "m must be a whole number");
        q[PEI_STAR] = a > 0 ? pen_gamma_star(a) : 0;
        return a > 0 && b > 0 ? PE_ERROR_NONE : wrong(p, "m and scale must be positive");
    case PE_DIST_LOGISTIC:
        return b > 0 ? PE_ERROR_NONE : wrong(p, "the scale must be positive");
    default: /* GAMMA, WEIBULL, PARETO */
        if (p->d.id == PE_DIST_GAMMA && a > 0) q[PEI_STAR] = pen_gamma_star(a);
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
        p->d.p[PEI_STAR] = pen_gamma_star(0.5 * a);
    } else if (p->d.id == PE_DIST_STUDENT) {
        p->d.p[PEI_STAR] = pen_beta_star(0.5 * a, 0.5);
        p->d.p[PEI_HALF] = pen_beta_half(0.5 * a, 0.5, p->d.p[PEI_STAR]);
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

/* The support before truncation. */
static void set_support(pe_distribution *d)
{
    const double *p = d->p;
    d->low = 0;
    d->high = HUGE_VAL;
    switch (d->id) {
    case PE_DIST_NORMAL:
    case PE_DIST_LOGISTIC:
    case PE_DIST_STUDENT:
        d->low = -HUGE_VAL;
        break;
    case PE_DIST_UNIFORM:
    case PE_DIST_TRIANG:
    case PE_DIST_INTUNIFORM:
        d->low = p[0];
        d->high = p[1];
        break;
    case PE_DIST_BETA:
    case PE_DIST_BETAGENERAL:
    case PE_DIST_PERT:
        d->low = p[2];
        d->high = p[3];
        break;
    case PE_DIST_PARETO:
        d->low = p[1];
        break;
    case PE_DIST_BERNOULLI:
        d->high = 1;
        break;
    case PE_DIST_BINOMIAL:
        d->high = p[0];
        break;
    default:
        if (d->count > 0) {
            d->low = d->x[0];
            d->high = d->x[d->count - 1];
        }
        break;
    }
}

/* Limits moved to members of a discrete distribution: the first not below low, the last not above
 * high. */
static void snap(const pe_distribution *d, double *low, double *high)
{
    if (d->count == 0) {
        *low = pen_ceil(*low);
        *high = pen_floor(*high);
        return;
    }
    double first = HUGE_VAL, last = -HUGE_VAL;
    for (uint32_t i = 0; i < d->count; i++) {
        if (d->x[i] >= *low && d->x[i] < first) first = d->x[i];
        if (d->x[i] <= *high && d->x[i] > last) last = d->x[i];
    }
    *low = first;
    *high = last;
}

static double just_below(double x)
{
    if (x == 0) return -5e-324;
    return pen_from_bits(x > 0 ? pen_bits(x) - 1 : pen_bits(x) + 1);
}

static pe_error_code truncate(preparing *p, const pe_distribution_options *options)
{
    pe_distribution *d = &p->d;
    bool discrete = pe_distribution_row_of(d->id)->discrete;
    double low = options->truncate_low, high = options->truncate_high;
    double below_low = 0, above_low = 1, below_high = 1, above_high = 0;
    if (!(low <= high)) return wrong(p, "the lower truncation limit is above the upper one");
    low = low > d->low ? low : d->low;
    high = high < d->high ? high : d->high;
    if (low <= d->low && high >= d->high) return PE_ERROR_NONE;
    if (discrete) snap(d, &low, &high);
    if (!(low <= high)) return wrong(p, "truncation leaves nothing of the distribution");
    const pei_sampling_isa *isa = pei_sampling_best();
    /* a discrete value at the limit stays: the probability just below it */
    if (low > d->low) isa->tails(d, discrete ? just_below(low) : low, &below_low, &above_low);
    if (high < d->high) isa->tails(d, high, &below_high, &above_high);
    d->upper = below_low > 0.5;
    d->u_low = d->upper ? above_low : below_low;
    d->u_high = d->upper ? above_high : below_high;
    d->low = low;
    d->high = high;
    return d->u_low != d->u_high ? PE_ERROR_NONE
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
    if (error == PE_ERROR_NONE) set_support(&p.d);
    if (error == PE_ERROR_NONE && options != NULL) error = truncate(&p, options);
    if (error != PE_ERROR_NONE) {
        if (what != NULL) *what = p.what;
        return error;
    }
    p.d.shift = options != NULL ? options->shift : 0;
    *distribution = p.d;
    return PE_ERROR_NONE;
}
