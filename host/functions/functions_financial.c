/* functions_financial.c: annuities, rates and quotations: plain numbers in, one number out.
 * Payments of a period fall on its end, or with type other than 0 on its start; money received is
 * positive, money paid negative. */
#include "functions_internal.h"

static double failed(pe_error_code code)
{
    return pe_error_double(code);
}

static double given(const double *x, int n, int index, double otherwise)
{
    return index < n ? x[index] : otherwise;
}

/* ---- annuities
 * ---------------------------------------------------------------------------------------- */

/* growth = (1 + rate)^nper; returns growth - 1, also for rates so small that 1 + rate is 1. */
static double annuity_growth(double rate, double nper, double *growth)
{
    *growth = pen_pow(1 + rate, nper);
    return pen_abs(rate) < 1e-3 ? pen_expm1(nper * pen_log1p(rate)) : *growth - 1;
}

static double annuity_future(double rate, double nper, double pmt, double pv, bool due)
{
    if (rate == 0) return -(pv + pmt * nper);
    double growth, gain = annuity_growth(rate, nper, &growth);
    return -(pv * growth + pmt * (due ? 1 + rate : 1) * gain / rate);
}

static double annuity_payment(double rate, double nper, double pv, double fv, bool due)
{
    if (nper == 0 || rate <= -1) return failed(PE_ERROR_NUM);
    if (rate == 0) return -(pv + fv) / nper;
    double growth, gain = annuity_growth(rate, nper, &growth);
    return -rate * (pv * growth + fv) / ((due ? 1 + rate : 1) * gain);
}

/* Interest in the payment of period `per`. */
static double annuity_interest(double rate, double per, double nper, double pv, double fv, bool due)
{
    double pmt = annuity_payment(rate, nper, pv, fv, due);
    if (per == 1) return due ? 0 : -pv * rate;
    return rate * (due ? annuity_future(rate, per - 2, pmt, pv, true) - pmt
                       : annuity_future(rate, per - 1, pmt, pv, false));
}

double pei_fn_FV(const double *x, int n)
{
    return annuity_future(x[0], x[1], x[2], given(x, n, 3, 0), given(x, n, 4, 0) != 0);
}

double pei_fn_PV(const double *x, int n)
{
    double rate = x[0], nper = x[1], pmt = x[2], fv = given(x, n, 3, 0);
    if (rate == 0) return -(fv + pmt * nper);
    double growth, gain = annuity_growth(rate, nper, &growth);
    double due = given(x, n, 4, 0) != 0 ? 1 + rate : 1;
    return -(fv + pmt * due * gain / rate) / growth;
}

double pei_fn_PMT(const double *x, int n)
{
    return annuity_payment(x[0], x[1], x[2], given(x, n, 3, 0), given(x, n, 4, 0) != 0);
}

double pei_fn_NPER(const double *x, int n)
{
    double rate = x[0], pmt = x[1], pv = x[2], fv = given(x, n, 3, 0);
    if (rate <= -1) return failed(PE_ERROR_NUM);
    if (rate == 0) return pmt == 0 ? failed(PE_ERROR_NUM) : -(pv + fv) / pmt;
    double due = pmt * (given(x, n, 4, 0) != 0 ? 1 + rate : 1);
    double ratio = (due - fv * rate) / (due + pv * rate);
    return ratio > 0 ? pen_log(ratio) / pen_log(1 + rate) : failed(PE_ERROR_NUM);
}

double pei_fn_IPMT(const double *x, int n)
{
    if (x[1] < 1 || x[1] >= x[2] + 1) return failed(PE_ERROR_NUM);
    return annuity_interest(x[0], x[1], x[2], x[3], given(x, n, 4, 0), given(x, n, 5, 0) != 0);
}

double pei_fn_PPMT(const double *x, int n)
{
    double fv = given(x, n, 4, 0);
    bool due = given(x, n, 5, 0) != 0;
    if (x[1] < 1 || x[1] >= x[2] + 1) return failed(PE_ERROR_NUM);
    return annuity_payment(x[0], x[2], x[3], fv, due) -
           annuity_interest(x[0], x[1], x[2], x[3], fv, due);
}

double pei_fn_ISPMT(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[2] == 0) return failed(PE_ERROR_DIV0);
    return x[3] * x[0] * (x[1] / x[2] - 1);
}

/* What is owed after payment number `paid`, in the payer's sign. */
static double balance_after(double rate, double paid, double pmt, double pv, bool due)
{
    if (!due) return -annuity_future(rate, paid, pmt, pv, false);
    return paid == 0 ? pv : pmt - annuity_future(rate, paid - 1, pmt, pv, true);
}

/* CUMIPMT and CUMPRINC(rate, nper, pv, start, end, type): *principal of the payments start to end,
 * and their sum. */
static bool cumulative(const double *x, double *principal, double *payments)
{
    double rate = x[0], nper = x[1], pv = x[2], start = pen_trunc(x[3]), end = pen_trunc(x[4]),
           type = pen_trunc(x[5]);
    if (!(rate > 0 && nper > 0 && pv > 0 && start >= 1 && end >= start && end <= nper))
        return false;
    if (type != 0 && type != 1) return false;
    bool due = type == 1;
    double pmt = annuity_payment(rate, nper, pv, 0, due);
    *principal =
        balance_after(rate, end, pmt, pv, due) - balance_after(rate, start - 1, pmt, pv, due);
    *payments = pmt * (end - start + 1);
    return true;
}

double pei_fn_CUMPRINC(const double *x, int n)
{
    double principal, payments;
    PE_UNUSED(n);
    return cumulative(x, &principal, &payments) ? principal : failed(PE_ERROR_NUM);
}

double pei_fn_CUMIPMT(const double *x, int n)
{
    double principal, payments;
    PE_UNUSED(n);
    return cumulative(x, &principal, &payments) ? payments - principal : failed(PE_ERROR_NUM);
}

/* ---- RATE
 * --------------------------------------------------------------------------------------------- */

typedef struct annuity {
    double nper, pmt, pv, fv;
    bool due;
} annuity;

/* What is left of the annuity at this rate: 0 at the rate sought. */
static double annuity_gap(const annuity *a, double rate)
{
    return a->fv - annuity_future(rate, a->nper, a->pmt, a->pv, a->due);
}

static double annuity_slope(const annuity *a, double rate)
{
    if (pen_abs(rate) < 1e-9) {
        double due = a->due ? a->pmt * a->nper : 0;
        return a->pv * a->nper + a->pmt * a->nper * (a->nper - 1) / 2 + due;
    }
    double lower = pen_pow(1 + rate, a->nper - 1), growth = lower * (1 + rate),
           due = a->due ? 1 + rate : 1;
    double sum = (growth - 1) / rate, sum_slope = (a->nper * lower - sum) / rate;
    return a->pv * a->nper * lower + a->pmt * (due * sum_slope + (a->due ? sum : 0));
}

static double rate_newton(const annuity *a, double rate)
{
    for (int step = 0; step < 50; step++) {
        double next = rate - annuity_gap(a, rate) / annuity_slope(a, rate);
        if (!pen_is_finite(next)) return PEN_NAN;
        if (next <= -1) next = 0.5 * (rate - 1);
        if (pen_abs(next - rate) <= 1e-11 * (1e-3 + pen_abs(next))) return next;
        rate = next;
    }
    return PEN_NAN;
}

/* Newton's steps also end at -100%, where the annuity has no value to find. */
static bool is_root(const annuity *a, double rate)
{
    double scale = pen_abs(a->pv) + pen_abs(a->fv) + pen_abs(a->pmt);
    return rate > -0.999999 || pen_abs(annuity_gap(a, rate)) <= 1e-6 * scale;
}

/* The change of sign nearest to the guess in steps of 1 + rate, halved. */
static double rate_search(const annuity *a, double guess)
{
    double below = 1 + guess, above = below;
    bool below_sign = annuity_gap(a, guess) < 0, above_sign = below_sign;
    for (int i = 0; i < 400; i++) {
        double lower = below * 0.98, upper = above * 1.02;
        bool lower_sign = annuity_gap(a, lower - 1) < 0, upper_sign = annuity_gap(a, upper - 1) < 0;
        bool take_lower = lower_sign != below_sign;
        if (take_lower || upper_sign != above_sign) {
            double low = take_lower ? lower : above, high = take_lower ? below : upper;
            bool low_sign = take_lower ? lower_sign : above_sign;
            for (int k = 0; k < 100; k++) {
                double middle = 0.5 * (low + high);
                if ((annuity_gap(a, middle - 1) < 0) == low_sign)
                    low = middle;
                else
                    high = middle;
            }
            return 0.5 * (low + high) - 1;
        }
        below = lower;
        above = upper;
    }
    return failed(PE_ERROR_NUM);
}

double pei_fn_RATE(const double *x, int n)
{
    annuity a = {x[0], x[1], x[2], given(x, n, 3, 0), given(x, n, 4, 0) != 0};
    double guess = given(x, n, 5, 0.1);
    if (!(a.nper > 0) || guess <= -1) return failed(PE_ERROR_NUM);
    double rate = rate_newton(&a, guess);
    if (pen_is_finite(rate)) return is_root(&a, rate) ? rate : failed(PE_ERROR_NUM);
    return rate_search(&a, guess);
}

/* ---- rates and quotations
 * ----------------------------------------------------------------------------- */

double pei_fn_EFFECT(const double *x, int n)
{
    double periods = pen_trunc(x[1]);
    PE_UNUSED(n);
    if (x[0] <= 0 || periods < 1) return failed(PE_ERROR_NUM);
    return pen_pow(1 + x[0] / periods, periods) - 1;
}

double pei_fn_NOMINAL(const double *x, int n)
{
    double periods = pen_trunc(x[1]);
    PE_UNUSED(n);
    if (x[0] <= 0 || periods < 1) return failed(PE_ERROR_NUM);
    return (pen_pow(1 + x[0], 1 / periods) - 1) * periods;
}

double pei_fn_RRI(const double *x, int n)
{
    PE_UNUSED(n);
    if (x[0] <= 0 || x[1] == 0 || x[2] / x[1] < 0) return failed(PE_ERROR_NUM);
    return pen_pow(x[2] / x[1], 1 / x[0]) - 1;
}

double pei_fn_PDURATION(const double *x, int n)
{
    PE_UNUSED(n);
    if (!(x[0] > 0 && x[1] > 0 && x[2] > 0)) return failed(PE_ERROR_NUM);
    return (pen_log(x[2]) - pen_log(x[1])) / pen_log(1 + x[0]);
}

/* The power of ten that has as many digits as the denominator of a fractional price. */
static double fraction_scale(double denominator)
{
    double scale = 1;
    while (scale < denominator) scale *= 10;
    return scale;
}

/* A denominator of 0 up to 1 is #DIV/0!, below 0 #NUM!. */
static double fraction_error(double denominator)
{
    return failed(denominator < 0 ? PE_ERROR_NUM : PE_ERROR_DIV0);
}

double pei_fn_DOLLARDE(const double *x, int n)
{
    double denominator = pen_trunc(x[1]), whole = pen_trunc(x[0]);
    PE_UNUSED(n);
    if (!(denominator >= 1)) return fraction_error(x[1]);
    return whole + (x[0] - whole) * fraction_scale(denominator) / denominator;
}

double pei_fn_DOLLARFR(const double *x, int n)
{
    double denominator = pen_trunc(x[1]), whole = pen_trunc(x[0]);
    PE_UNUSED(n);
    if (!(denominator >= 1)) return fraction_error(x[1]);
    return whole + (x[0] - whole) * denominator / fraction_scale(denominator);
}

/* ---- treasury bills
 * ----------------------------------------------------------------------------------- */

/* Days from settlement to maturity, which is at most a year later. */
static bool bill_days(const double *x, double *days)
{
    *days = pen_trunc(x[1]) - pen_trunc(x[0]);
    return x[0] >= 0 && *days > 0 && *days <= 366;
}

double pei_fn_TBILLPRICE(const double *x, int n)
{
    double days;
    PE_UNUSED(n);
    if (!bill_days(x, &days) || x[2] <= 0) return failed(PE_ERROR_NUM);
    double price = 100 * (1 - x[2] * days / 360);
    return price < 0 ? failed(PE_ERROR_NUM) : price;
}

double pei_fn_TBILLYIELD(const double *x, int n)
{
    double days;
    PE_UNUSED(n);
    if (!bill_days(x, &days) || x[2] <= 0) return failed(PE_ERROR_NUM);
    return (100 - x[2]) / x[2] * 360 / days;
}

/* Bills of more than half a year are compared with a bond that pays a coupon in between. */
double pei_fn_TBILLEQ(const double *x, int n)
{
    double days;
    PE_UNUSED(n);
    if (!bill_days(x, &days) || x[2] <= 0) return failed(PE_ERROR_NUM);
    if (days <= 182) {
        double below = 360 - x[2] * days;
        return below > 0 ? 365 * x[2] / below : failed(PE_ERROR_NUM);
    }
    double price = 1 - x[2] * days / 360, part = days / (days == 366 ? 366 : 365);
    if (price <= 0) return failed(PE_ERROR_NUM);
    double root = part * part - (2 * part - 1) * (1 - 1 / price);
    return 2 * (pen_sqrt(root) - part) / (2 * part - 1);
}
