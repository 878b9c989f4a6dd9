/* functions_calcnumber.c: the numeric functions that Calc computes by other rules than Excel. Each
 * body follows the values of LibreOffice 7.4. */
#include "functions_arithmetic.h"
#include "functions_internal.h"
#include "functions_daycount.h"

/* The nearest number of 15 significant digits; what is too large to have a rounding error behind
 * its 11 binary places stays. */
double pei_calc_approximate(double x)
{
    pe_decimal15 d = pe_arith_decimal15(x);
    if (x == 0 || pen_abs(x) >= 0x1p41) return x;
    double scale = pe_round_scale(d.exponent), a = d.digits;
    a = d.exponent < 0 ? a / scale : a * scale;
    return x < 0 ? 0.0 - a : a;
}

static double approximate_floor(double x)
{
    return pen_floor(pei_calc_approximate(x));
}
static double approximate_ceil(double x)
{
    return 0.0 - pen_floor(0.0 - pei_calc_approximate(x));
}

static double calc_power(const double *x, int n)
{
    PE_UNUSED(n);
    return pe_calc_pow(x[0], x[1]);
}

static double calc_mod(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[1] == 0) return pe_error_double(PE_ERROR_DIV0);
    double r = pe_calc_sub(x[0], approximate_floor(x[0] / x[1]) * x[1]);
    bool inside = x[1] > 0 ? r >= 0 && r < x[1] : r <= 0 && r > x[1];
    return inside ? r : pe_error_double(PE_ERROR_VALUE);
}

static double calc_mround(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[1] == 0) return 0;
    double q = x[0] / x[1], f = pen_floor(pen_abs(q) + 0.5);
    return (q < 0 ? 0.0 - f : f) * x[1];
}

static double calc_atan2(const double *x, int n)
{
    return x[0] == 0 && x[1] == 0 ? 0.0 : pei_fn_atan2(x, n);
}

static double calc_standardize(const double *x, int n)
{
    if (x[2] == 0) return pe_error_double(PE_ERROR_DIV0);
    return pei_fn_standardize(x, n);
}

static double calc_exp(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_exp(x[0]);
}

/* CEILING and FLOOR of OpenFormula: without significance one of the number's sign; with a mode away
 * from zero for negative numbers. */
static bool steps_of(const double *x, int n, double *step)
{
    *step = n > 1 ? x[1] : x[0] < 0 ? -1.0 : 1.0;
    return !(x[0] * *step < 0);
}

double pei_fn_ceiling_calc(const double *x, int n)
{
    double step;
    bool away = n > 2 && x[2] != 0;
    if (!steps_of(x, n, &step)) return pe_error_double(PE_ERROR_VALUE);
    if (x[0] == 0 || step == 0) return 0;
    bool down = !away && x[0] < 0;
    return (down ? approximate_floor(x[0] / step) : approximate_ceil(x[0] / step)) * step;
}

double pei_fn_floor_calc(const double *x, int n)
{
    double step;
    bool away = n > 2 && x[2] != 0;
    if (!steps_of(x, n, &step)) return pe_error_double(PE_ERROR_VALUE);
    if (x[0] == 0 || step == 0) return 0;
    bool up = !away && x[0] < 0;
    return (up ? approximate_ceil(x[0] / step) : approximate_floor(x[0] / step)) * step;
}

double pei_fn_rawsubtract(const double *x, int n)
{
    double r = x[0];
    for (int i = 1; i < n; i++) r -= x[i];
    return r;
}

/* Rounded to so many significant digits. */
double pei_fn_roundsig(const double *x, int n)
{
    PE_UNUSED(n);
    double digits = pen_floor(x[1]);
    if (digits < 1) return pe_error_double(PE_ERROR_VALUE);
    if (x[0] == 0) return 0;
    double power = pen_floor(pen_log10(pen_abs(x[0]))) + 1.0 - digits;
    return power < 0 ? pen_rint(x[0] * pe_round_scale(0.0 - power)) / pe_round_scale(0.0 - power)
                     : pe_round_decimal(x[0], 0.0 - power);
}

double pei_fn_color(const double *x, int n)
{
    double parts[4] = {0, 0, 0, 0}, r = 0;
    for (int i = 0; i < n && i < 4; i++) {
        parts[i] = pen_floor(x[i]);
        if (parts[i] < 0 || parts[i] > 255) return pe_error_double(PE_ERROR_VALUE);
    }
    r = parts[0] * 65536.0 + parts[1] * 256.0 + parts[2];
    return r + parts[3] * 16777216.0;
}

/* Cumulative unless the flag says otherwise; below 0 there is nothing. */
double pei_fn_chisqdist(const double *x, int n)
{
    const double full[3] = {x[0], x[1], n > 2 ? x[2] : 1.0};
    if (x[0] < 0 && x[1] >= 1) return 0;
    return pei_fn_chisq_dist(full, 3);
}

/* At a rate of -100% what was there is gone, and payments at the end make up the future value. */
static double calc_pmt(const double *x, int n)
{
    bool due = n > 4 && x[4] != 0;
    if (x[0] == -1 && !due && x[1] > 0) return n > 3 ? 0.0 - x[3] : 0.0;
    return pei_fn_PMT(x, n);
}

/* IPMT and PPMT: no part of a period after the last. */
static double calc_ipmt(const double *x, int n)
{
    return x[1] > x[2] ? pe_error_double(PE_ERROR_VALUE) : pei_fn_IPMT(x, n);
}

static double calc_ppmt(const double *x, int n)
{
    return x[1] > x[2] ? pe_error_double(PE_ERROR_VALUE) : pei_fn_PPMT(x, n);
}

static bool is_asset(const double *x)
{
    return x[0] > 0 && x[1] <= x[0];
}

static double calc_db(const double *x, int n)
{
    double month = n > 4 ? pen_floor(x[4]) : 12.0;
    if (!is_asset(x)) return pe_error_double(PE_ERROR_VALUE);
    if (month == 12 && x[3] > x[2] && x[3] <= x[2] + 1) return 0;
    return pei_fn_DB(x, n);
}

static double calc_ddb(const double *x, int n)
{
    return is_asset(x) && x[3] >= 1 ? pei_fn_DDB(x, n) : pe_error_double(PE_ERROR_VALUE);
}

static double calc_vdb(const double *x, int n)
{
    return x[1] <= x[0] ? pei_fn_VDB(x, n) : pe_error_double(PE_ERROR_VALUE);
}

static double calc_syd(const double *x, int n)
{
    PE_UNUSED(n);
    return (x[0] - x[1]) * (x[2] - x[3] + 1) / (x[2] * (x[2] + 1) / 2);
}

/* ---- distributions: outside its domain a variable has no probability, which is no error ------ */

static double calc_betadist(const double *x, int n)
{
    double low = n > 3 ? x[3] : 0, high = n > 4 ? x[4] : 1;
    bool valid = x[1] > 0 && x[2] > 0 && low < high;
    if (valid && x[0] < low) return 0;
    return valid && x[0] > high ? 1 : pei_fn_betadist(x, n);
}

static double calc_beta_inv(const double *x, int n)
{
    double low = n > 3 ? x[3] : 0, high = n > 4 ? x[4] : 1;
    return x[0] == 0 && x[1] > 0 && x[2] > 0 && low < high ? low : pei_fn_beta_inv(x, n);
}

static double calc_expon_dist(const double *x, int n)
{
    return x[0] < 0 && x[1] > 0 ? 0 : pei_fn_expon_dist(x, n);
}

static double calc_gammadist(const double *x, int n)
{
    return x[0] < 0 && x[1] > 0 && x[2] > 0 ? 0 : pei_fn_gamma_dist(x, n);
}

static double calc_lognormdist(const double *x, int n)
{
    return x[0] <= 0 && x[2] > 0 ? 0 : pei_fn_lognormdist(x, n);
}

static double calc_lognorm_dist(const double *x, int n)
{
    return x[0] <= 0 && x[2] > 0 && x[3] != 0 ? 0 : pei_fn_lognorm_dist(x, n);
}

static double calc_chidist(const double *x, int n)
{
    return x[0] < 0 && x[1] >= 1 ? 1 : pei_fn_chisq_dist_rt(x, n);
}

static double calc_poisson(const double *x, int n)
{
    return x[1] == 0 ? pe_error_double(PE_ERROR_VALUE) : pei_fn_poisson_dist(x, n);
}

static double calc_combina(const double *x, int n)
{
    double from = pen_floor(x[0]), count = pen_floor(x[1]);
    if (from < 0 || count < 0 || count > from) return pe_error_double(PE_ERROR_VALUE);
    return from == 0 ? 0 : pei_fn_combina(x, n);
}

/* Treasury bills are counted in months of 30 days (by the calendar from 1899), the day of maturity
 * included. */
static double bill_days(const double *x, double matures)
{
    return pei_days_30(pen_floor(x[0]), pen_floor(matures), false, PEI_DATES_CALC);
}

static double calc_tbillprice(const double *x, int n)
{
    double excel = pei_fn_TBILLPRICE(x, n);
    return pen_is_finite(excel) ? 100 * (1 - x[2] * bill_days(x, x[1] + 1) / 360) : excel;
}

static double calc_tbillyield(const double *x, int n)
{
    double excel = pei_fn_TBILLYIELD(x, n);
    return pen_is_finite(excel) ? (100 / x[2] - 1) * 360 / (bill_days(x, x[1]) + 1) : excel;
}

static double calc_tbilleq(const double *x, int n)
{
    double excel = pei_fn_TBILLEQ(x, n);
    return pen_is_finite(excel) ? 365 * x[2] / (360 - x[2] * bill_days(x, x[1] + 1)) : excel;
}

static const struct {
    uint16_t id;
    pe_num_body body;
} bodies[] = {
    {PE_FN_POWER, calc_power},
    {PE_FN_MOD, calc_mod},
    {PE_FN_MROUND, calc_mround},
    {PE_FN_ATAN2, calc_atan2},
    {PE_FN_EXP, calc_exp},
    {PE_FN_STANDARDIZE, calc_standardize},
    {PE_FN_PMT, calc_pmt},
    {PE_FN_IPMT, calc_ipmt},
    {PE_FN_PPMT, calc_ppmt},
    {PE_FN_TBILLPRICE, calc_tbillprice},
    {PE_FN_VDB, calc_vdb},
    {PE_FN_BETADIST, calc_betadist},
    {PE_FN_BETAINV, calc_beta_inv},
    {PE_FN_BETA_INV, calc_beta_inv},
    {PE_FN_EXPONDIST, calc_expon_dist},
    {PE_FN_EXPON_DIST, calc_expon_dist},
    {PE_FN_GAMMADIST, calc_gammadist},
    {PE_FN_LOGNORMDIST, calc_lognormdist},
    {PE_FN_LOGNORM_DIST, calc_lognorm_dist},
    {PE_FN_CHIDIST, calc_chidist},
    {PE_FN_POISSON, calc_poisson},
    {PE_FN_POISSON_DIST, calc_poisson},
    {PE_FN_COMBINA, calc_combina},
    {PE_FN_TBILLYIELD, calc_tbillyield},
    {PE_FN_TBILLEQ, calc_tbilleq},
    {PE_FN_DB, calc_db},
    {PE_FN_DDB, calc_ddb},
    {PE_FN_SYD, calc_syd},
};

/* How many of the first arguments are counts, of which -0.5 is none: they are cut downwards. */
static int counts_of(pe_function_id id)
{
    switch ((unsigned)id) {
    case PE_FN_COMBIN:
    case PE_FN_PERMUT:
        return 2;
    case PE_FN_BINOMDIST:
    case PE_FN_BINOM_DIST:
    case PE_FN_BINOM_INV:
    case PE_FN_CRITBINOM:
    case PE_FN_HYPGEOMDIST:
    case PE_FN_HYPGEOM_DIST:
        return 1;
    default:
        return 0;
    }
}

pe_value pe_calc_call(pe_function_id id, const double *x, int n)
{
    pe_num_body body = pe_function_row(id)->num;
    for (int i = counts_of(id); i-- > 0;)
        if (i < n && x[i] < 0) return pe_error(PE_ERROR_VALUE);
    for (size_t i = 0; i < PE_COUNT(bodies); i++)
        if (bodies[i].id == id) body = bodies[i].body;
    return pe_calc_result(id, pe_number_checked(body(x, n)));
}
