/* functions_distributions.c: probability distributions and their inverses, each built on the
 * special functions of numeric.h. Parameters out of range are #NUM!; counts are truncated as Excel
 * does. The upper tail is computed as such, never as one minus the lower. */
#include "functions_internal.h"
#include "functions_arithmetic.h"
#include "functions_distributions.h"

#define FREEDOM_MAX 1e10 /* Excel's largest number of degrees of freedom */

static double num_error(void)
{
    return pe_error_double(PE_ERROR_NUM);
}
static bool is_probability(double p) /* strictly inside */
{
    return p > 0 && p < 1;
}

/* ---- normal ----------------------------------------------------------------- */

double pei_fn_norm_dist(const double *x, int n)
{
    PE_UNUSED(n);
    if (!(x[2] > 0)) return num_error();
    double z = (x[0] - x[1]) / x[2];
    return x[3] != 0 ? pen_norm_cdf(z) : pen_norm_pdf(z) / x[2];
}

double pei_fn_norm_s_dist(const double *x, int n)
{
    PE_UNUSED(n);
    return x[1] != 0 ? pen_norm_cdf(x[0]) : pen_norm_pdf(x[0]);
}

double pei_fn_normsdist(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_norm_cdf(x[0]);
}

double pei_fn_norm_inv(const double *x, int n)
{
    PE_UNUSED(n);
    if (!is_probability(x[0]) || !(x[2] > 0)) return num_error();
    return x[1] + x[2] * pen_norm_inv(x[0]);
}

double pei_fn_norm_s_inv(const double *x, int n)
{
    PE_UNUSED(n);
    return is_probability(x[0]) ? pen_norm_inv(x[0]) : num_error();
}

double pei_fn_lognorm_dist(const double *x, int n)
{
    PE_UNUSED(n);
    if (!(x[0] > 0) || !(x[2] > 0)) return num_error();
    double z = (pen_log(x[0]) - x[1]) / x[2];
    return x[3] != 0 ? pen_norm_cdf(z) : pen_norm_pdf(z) / (x[2] * x[0]);
}

double pei_fn_lognormdist(const double *x, int n)
{
    PE_UNUSED(n);
    double cumulative[4] = {x[0], x[1], x[2], 1};
    return pei_fn_lognorm_dist(cumulative, 4);
}

double pei_fn_lognorm_inv(const double *x, int n)
{
    double z = pei_fn_norm_inv(x, n);
    return pen_is_nan(z) ? z : pen_exp(z);
}

double pei_fn_gauss(const double *x, int n)
{
    PE_UNUSED(n);
    return 0.5 * pen_erf(x[0] * 0.70710678118654752440);
}

double pei_fn_phi(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_norm_pdf(x[0]);
}

double pei_fn_confidence_norm(const double *x, int n)
{
    PE_UNUSED(n);
    double count = pen_trunc(x[2]);
    if (!is_probability(x[0]) || !(x[1] > 0) || count < 1) return num_error();
    return -pen_norm_inv(x[0] / 2) * x[1] / pen_sqrt(count);
}

/* ---- beta ------------------------------------------------------------------- */

/* x^(a-1) (1-x)^(b-1) / B(a, b) */
static double beta_density(double x, double a, double b)
{
    if (x == 0) return a < 1 ? num_error() : a > 1 ? 0 : b;
    if (x == 1) return b < 1 ? num_error() : b > 1 ? 0 : a;
    return pen_exp((a - 1) * pen_log(x) + (b - 1) * pen_log1p(-x) - pen_lbeta(a, b));
}

static double beta_body(double x, double a, double b, bool cumulative, double low, double high)
{
    if (!(a > 0) || !(b > 0) || x < low || x > high || low >= high) return num_error();
    double t = (x - low) / (high - low);
    if (cumulative) return t <= 0 ? 0 : t >= 1 ? 1 : pen_beta_inc(a, b, t);
    return beta_density(t, a, b) / (high - low);
}

double pei_fn_beta_dist(const double *x, int n)
{
    return beta_body(x[0], x[1], x[2], x[3] != 0, n > 4 ? x[4] : 0, n > 5 ? x[5] : 1);
}

double pei_fn_betadist(const double *x, int n)
{
    return beta_body(x[0], x[1], x[2], true, n > 3 ? x[3] : 0, n > 4 ? x[4] : 1);
}

double pei_fn_beta_inv(const double *x, int n)
{
    double low = n > 3 ? x[3] : 0, high = n > 4 ? x[4] : 1;
    if (!(x[0] > 0 && x[0] <= 1)) return num_error();
    if (!(x[1] > 0) || !(x[2] > 0) || low >= high) return num_error();
    if (x[0] == 1) return high;
    return low + (high - low) * pen_beta_inv(x[1], x[2], x[0]);
}

/* ---- gamma and its relatives ------------------------------------------------ */

double pei_fn_gamma(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] <= 0 && x[0] == pen_floor(x[0])) return num_error();
    return pen_gamma(x[0]);
}

double pei_fn_gammaln(const double *x, int n)
{
    PE_UNUSED(n);
    return x[0] > 0 ? pen_lgamma(x[0]) : num_error();
}

static double gamma_density(double x, double shape, double scale)
{
    double t = x / scale;
    if (t == 0) return shape < 1 ? num_error() : shape > 1 ? 0 : 1 / scale;
    return pen_exp((shape - 1) * pen_log(t) - t - pen_lgamma(shape)) / scale;
}

double pei_fn_gamma_dist(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] < 0 || !(x[1] > 0) || !(x[2] > 0)) return num_error();
    return x[3] != 0 ? pen_gamma_p(x[1], x[0] / x[2]) : gamma_density(x[0], x[1], x[2]);
}

double pei_fn_gamma_inv(const double *x, int n)
{
    PE_UNUSED(n);
    if (!(x[0] >= 0 && x[0] < 1) || !(x[1] > 0) || !(x[2] > 0)) return num_error();
    return x[0] == 0 ? 0 : x[2] * pen_gamma_p_inv(x[1], x[0]);
}

static double freedom(double x) /* NaN if out of range */
{
    double df = pen_trunc(x);
    return df >= 1 && df <= FREEDOM_MAX ? df : num_error();
}

double pei_fn_chisq_dist(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df) || x[0] < 0) return num_error();
    return x[2] != 0 ? pen_gamma_p(df / 2, x[0] / 2) : gamma_density(x[0], df / 2, 2);
}

double pei_fn_chisq_dist_rt(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df) || x[0] < 0) return num_error();
    return pen_gamma_q(df / 2, x[0] / 2);
}

double pei_fn_chisq_inv(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df) || !(x[0] >= 0 && x[0] < 1)) return num_error();
    return x[0] == 0 ? 0 : 2 * pen_gamma_p_inv(df / 2, x[0]);
}

double pei_fn_chisq_inv_rt(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df) || !(x[0] > 0 && x[0] <= 1)) return num_error();
    return x[0] == 1 ? 0 : 2 * pen_gamma_q_inv(df / 2, x[0]);
}

double pei_fn_expon_dist(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] < 0 || !(x[1] > 0)) return num_error();
    return x[2] != 0 ? -pen_expm1(-x[1] * x[0]) : x[1] * pen_exp(-x[1] * x[0]);
}

double pei_fn_weibull_dist(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] < 0 || !(x[1] > 0) || !(x[2] > 0)) return num_error();
    double t = x[0] / x[2], power = t == 0 ? 0 : pen_pow(t, x[1]);
    if (x[3] != 0) return -pen_expm1(-power);
    if (t == 0) return x[1] < 1 ? num_error() : x[1] > 1 ? 0 : 1 / x[2];
    return x[1] / x[2] * (power / t) * pen_exp(-power);
}

/* ---- counts ----------------------------------------------------------------- */

double pei_fn_poisson_dist(const double *x, int n)
{
    PE_UNUSED(n);
    double k = pen_trunc(x[0]), mean = x[1];
    if (x[0] < 0 || mean < 0) return num_error();
    if (mean == 0) return x[2] != 0 || k == 0 ? 1 : 0;
    if (x[2] != 0) return pen_gamma_q(k + 1, mean);
    return pen_exp(k * pen_log(mean) - mean - pen_lgamma(k + 1));
}

static double log_choose(double n, double k)
{
    return -pen_lbeta(k + 1, n - k + 1) - pen_log1p(n);
}

static double binomial_density(double k, double n, double p)
{
    if (p == 0 || p == 1) return k == (p == 0 ? 0 : n) ? 1 : 0;
    double ways = 1;
    double few = k < n - k ? k : n - k;
    if (few > 30) return pen_exp(log_choose(n, k) + k * pen_log(p) + (n - k) * pen_log1p(-p));
    for (double i = 1; i <= few; i++) ways *= (n - few + i) / i;
    return ways * pen_pow(p, k) * pen_pow(1 - p, n - k);
}

static double binomial_below(double k, double n, double p) /* P(X <= k) */
{
    if (k >= n || p == 0) return 1;
    if (k < 0 || p == 1) return 0;
    return pen_beta_inc(n - k, k + 1, 1 - p);
}

double pei_fn_binom_dist(const double *x, int n)
{
    PE_UNUSED(n);
    double k = pen_trunc(x[0]), trials = pen_trunc(x[1]), p = x[2];
    if (k < 0 || trials < k || !(p >= 0 && p <= 1)) return num_error();
    return x[3] != 0 ? binomial_below(k, trials, p) : binomial_density(k, trials, p);
}

double pei_fn_binom_dist_range(const double *x, int n)
{
    double trials = pen_trunc(x[0]), p = x[1], low = pen_trunc(x[2]);
    double high = n > 3 ? pen_trunc(x[3]) : low;
    if (trials < 0 || !(p >= 0 && p <= 1) || low < 0 || low > trials) return num_error();
    if (high < low || high > trials) return num_error();
    if (low == high) return binomial_density(low, trials, p);
    if (high - low < 64) {
        double sum = 0;
        for (double k = low; k <= high; k++) sum += binomial_density(k, trials, p);
        return sum;
    }
    return binomial_below(high, trials, p) - binomial_below(low - 1, trials, p);
}

/* The least k with P(X <= k) >= alpha, by bisection: the limit is fixed by the number of bits. */
double pei_fn_binom_inv(const double *x, int n)
{
    PE_UNUSED(n);
    double trials = pen_trunc(x[0]), p = x[1], alpha = x[2];
    if (trials < 0 || trials > 0x1p52 || !(p >= 0 && p <= 1)) return num_error();
    if (!(alpha >= 0 && alpha <= 1)) return num_error();
    double low = alpha == 1 ? trials : 0, high = trials;
    while (low < high) {
        double middle = pen_floor((low + high) / 2);
        if (binomial_below(middle, trials, p) >= alpha)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double pei_fn_negbinom_dist(const double *x, int n)
{
    double failures = pen_trunc(x[0]), wanted = pen_trunc(x[1]), p = x[2];
    if (failures < 0 || wanted < 1 || !(p >= 0 && p <= 1)) return num_error();
    if (n > 3 && x[3] != 0) return p == 0 ? 0 : p == 1 ? 1 : pen_beta_inc(wanted, failures + 1, p);
    if (p == 0 || p == 1) return p == 1 && failures == 0 ? 1 : 0;
    double total = failures + wanted;
    return binomial_density(wanted, total, p) * wanted / total;
}

static double hypergeometric_density(double k, double draws, double good, double all)
{
    double missed = draws - k, bad = all - good;
    if (k < 0 || k > good || missed < 0 || missed > bad) return 0;
    double log_ways = log_choose(good, k) + log_choose(bad, missed) - log_choose(all, draws);
    if (all > 500) return pen_exp(log_ways);
    /* small: the product of ratios is exact to a few ulp */
    double ratio = 1;
    for (double i = 0; i < k; i++) ratio *= (good - i) * (draws - i) / ((i + 1) * (all - i));
    for (double i = 0; i < missed; i++) ratio *= (bad - i) / (all - k - i);
    return ratio;
}

#define HYPERGEOMETRIC_TERMS_MAX 10000000.0 /* a tenth of a second */

/* P(X <= k): from the mode down, and up to k where k is above the mode, until terms no longer
 * count. */
static double hypergeometric_below(double k, double draws, double good, double all)
{
    double mode = pen_floor((draws + 1) * (good + 1) / (all + 2)), bad = all - good;
    double start = k < mode ? k : mode, steps = 0;
    double term = hypergeometric_density(start, draws, good, all), sum = term, last = term;
    for (double i = start; i > 0 && last > sum * 1e-18; i--, steps++) {
        last *= i / (good - i + 1) * ((bad - draws + i) / (draws - i + 1));
        sum += last;
        if (steps > HYPERGEOMETRIC_TERMS_MAX) return num_error();
    }
    last = term;
    for (double i = start + 1; i <= k && last > sum * 1e-18; i++, steps++) {
        last *= (good - i + 1) / i * ((draws - i + 1) / (bad - draws + i));
        sum += last;
        if (steps > HYPERGEOMETRIC_TERMS_MAX) return num_error();
    }
    return sum < 1 ? sum : 1;
}

double pei_fn_hypgeom_dist(const double *x, int n)
{
    double k = pen_trunc(x[0]), draws = pen_trunc(x[1]), good = pen_trunc(x[2]);
    double all = pen_trunc(x[3]), least = draws - (all - good);
    if (k < 0 || draws <= 0 || draws > all || good <= 0 || good > all) return num_error();
    if (k > draws || k > good || k < least) return num_error();
    bool cumulative = n > 4 && x[4] != 0;
    return cumulative ? hypergeometric_below(k, draws, good, all)
                      : hypergeometric_density(k, draws, good, all);
}

/* ---- Student's t ------------------------------------------------------------ */

/* P(|T| > t), df need not be whole. */
double pei_t_two_tails(double t, double df)
{
    double square = t * t;
    return square == 0 ? 1 : pen_beta_inc(df / 2, 0.5, df / (df + square));
}

double pei_t_from_two_tails(double p, double df)
{
    if (p >= 1) return 0;
    if (p > 0.5) {
        double y = pen_beta_inv(0.5, df / 2, 1 - p);
        return pen_sqrt(df * y / (1 - y));
    }
    double x = pen_beta_inv(df / 2, 0.5, p);
    return pen_sqrt(df * (1 - x) / x);
}

double pei_fn_t_dist(const double *x, int n)
{
    PE_UNUSED(n);
    double df = pen_trunc(x[1]), t = x[0];
    if (x[2] == 0 && df == 0) return pe_error_double(PE_ERROR_DIV0);
    df = freedom(x[1]);
    if (pen_is_nan(df)) return df;
    if (x[2] == 0) {
        double log_scale = -0.5 * pen_log(df) - pen_lbeta(0.5, df / 2);
        return pen_exp(log_scale - (df + 1) / 2 * pen_log1p(t * t / df));
    }
    double tail = 0.5 * pei_t_two_tails(t, df);
    return t < 0 ? tail : 1 - tail;
}

double pei_fn_t_dist_rt(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df)) return df;
    double tail = 0.5 * pei_t_two_tails(x[0], df);
    return x[0] < 0 ? 1 - tail : tail;
}

double pei_fn_t_dist_2t(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    return pen_is_nan(df) || x[0] < 0 ? num_error() : pei_t_two_tails(x[0], df);
}

double pei_fn_tdist(const double *x, int n)
{
    double tails = pen_trunc(x[2]);
    if (tails != 1 && tails != 2) return num_error();
    double both = pei_fn_t_dist_2t(x, n);
    return tails == 2 || pen_is_nan(both) ? both : 0.5 * both;
}

double pei_fn_t_inv(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]), p = x[0];
    if (pen_is_nan(df) || !is_probability(p)) return num_error();
    return p < 0.5 ? -pei_t_from_two_tails(2 * p, df) : pei_t_from_two_tails(2 * (1 - p), df);
}

double pei_fn_t_inv_2t(const double *x, int n)
{
    PE_UNUSED(n);
    double df = freedom(x[1]);
    if (pen_is_nan(df) || !(x[0] > 0 && x[0] <= 1)) return num_error();
    return pei_t_from_two_tails(x[0], df);
}

double pei_fn_confidence_t(const double *x, int n)
{
    PE_UNUSED(n);
    double count = pen_trunc(x[2]);
    if (!is_probability(x[0]) || !(x[1] > 0) || count < 1) return num_error();
    if (count == 1) return pe_error_double(PE_ERROR_DIV0);
    return pei_t_from_two_tails(x[0], count - 1) * x[1] / pen_sqrt(count);
}

/* ---- F ---------------------------------------------------------------------- */

double pei_f_upper(double x, double d1, double d2)
{
    return x <= 0 ? 1 : pen_beta_inc(d2 / 2, d1 / 2, d2 / (d2 + d1 * x));
}
static double f_lower(double x, double d1, double d2)
{
    return x <= 0 ? 0 : pen_beta_inc(d1 / 2, d2 / 2, d1 * x / (d2 + d1 * x));
}

double pei_fn_f_dist(const double *x, int n)
{
    PE_UNUSED(n);
    double d1 = freedom(x[1]), d2 = freedom(x[2]);
    if (x[0] < 0 || pen_is_nan(d1) || pen_is_nan(d2)) return num_error();
    if (x[3] != 0) return f_lower(x[0], d1, d2);
    if (x[0] == 0) return d1 < 2 ? num_error() : d1 > 2 ? 0 : 1;
    double t = d1 * x[0] / (d2 + d1 * x[0]), rest = d2 / (d2 + d1 * x[0]);
    return pen_exp(d1 / 2 * pen_log(t) + d2 / 2 * pen_log(rest) - pen_lbeta(d1 / 2, d2 / 2)) / x[0];
}

double pei_fn_f_dist_rt(const double *x, int n)
{
    PE_UNUSED(n);
    double d1 = freedom(x[1]), d2 = freedom(x[2]);
    if (x[0] < 0 || pen_is_nan(d1) || pen_is_nan(d2)) return num_error();
    return pei_f_upper(x[0], d1, d2);
}

/* x with lower tail p and upper tail q = 1 - p, from whichever is smaller. */
static double f_inverse(double p, double q, double d1, double d2)
{
    if (p == 0 || q == 1) return 0;
    if (p < q) {
        double y = pen_beta_inv(d1 / 2, d2 / 2, p);
        return d2 * y / (d1 * (1 - y));
    }
    double z = pen_beta_inv(d2 / 2, d1 / 2, q);
    return d2 * (1 - z) / (d1 * z);
}

double pei_fn_f_inv(const double *x, int n)
{
    PE_UNUSED(n);
    double d1 = freedom(x[1]), d2 = freedom(x[2]);
    if (!(x[0] >= 0 && x[0] < 1) || pen_is_nan(d1) || pen_is_nan(d2)) return num_error();
    return f_inverse(x[0], 1 - x[0], d1, d2);
}

double pei_fn_f_inv_rt(const double *x, int n)
{
    PE_UNUSED(n);
    double d1 = freedom(x[1]), d2 = freedom(x[2]);
    if (!(x[0] > 0 && x[0] <= 1) || pen_is_nan(d1) || pen_is_nan(d2)) return num_error();
    return f_inverse(1 - x[0], x[0], d1, d2);
}
