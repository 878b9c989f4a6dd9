/* functions_oddbonds.c: securities whose first or last coupon period is shorter or longer than the
 * others (ACCRINT, ODDF*, ODDL*), and French depreciation (AMORDEGRC, AMORLINC). An odd period is
 * measured in the regular ("quasi") coupon periods that it spans, each part over the length of its
 * own period. */
#include "functions_internal.h"
#include "functions_daycount.h"

typedef struct terms {
    double settlement, maturity, rate, redemption;
    int frequency, basis;
    pei_dates dates;
} terms;

static double date_arg(const pe_value *args, int n, int index)
{
    return pen_trunc(pe_arg_number(args, n, index, 0));
}

static bool rule_args(pe_call *call, const pe_value *args, int n, int frequency_index, terms *t)
{
    double f = pen_trunc(pe_arg_number(args, n, frequency_index, 0));
    double b = pen_trunc(pe_arg_number(args, n, frequency_index + 1, 0));
    t->dates = pei_dates_of(call);
    if (!(f == 1 || f == 2 || f == 4) || !(b >= 0 && b <= 4)) return false;
    t->frequency = (int)f;
    t->basis = (int)b;
    return true;
}

static bool in_calendar(const terms *t, double date)
{
    return date >= 0 && date < PEI_SERIAL_END(t->dates);
}

/* The regular coupon date k periods after `anchor`. */
static double regular_date(const terms *t, double anchor, int k)
{
    return pei_months_later(anchor, k * (12 / t->frequency), pei_is_month_end(anchor, t->dates),
                            t->dates);
}

/* The days from one date to another over the length of the regular period [start, end] that holds
 * them. */
static double part_of(const terms *t, double from, double to, double start, double end)
{
    return pei_days_between(from, to, t->basis, t->dates) /
           pei_coupon_days(start, end, t->frequency, t->basis);
}

/* Regular periods between from and to, where `to` is a coupon date: the whole ones and the part of
 * the first. */
static double periods_until(const terms *t, double from, double to, double *part)
{
    double whole = 0;
    int k = 0;
    *part = 0;
    while (regular_date(t, to, -(k + 1)) >= from) {
        whole++;
        k++;
    }
    double end = regular_date(t, to, -k), start = regular_date(t, to, -(k + 1));
    if (end > from) *part = part_of(t, from, end, start, end);
    return whole;
}

/* Regular periods between from and to, where `from` is a coupon date. */
static double periods_since(const terms *t, double from, double to)
{
    double whole = 0;
    int k = 0;
    while (regular_date(t, from, k + 1) <= to) {
        whole++;
        k++;
    }
    double start = regular_date(t, from, k), end = regular_date(t, from, k + 1);
    return to > start ? whole + part_of(t, start, to, start, end) : whole;
}

/* ---- ACCRINT
 * ------------------------------------------------------------------------------------------ */

/* Excel measures from the regular date P before the first interest: whole and part periods from the
 * issue to P, then the days from P to the settlement over the length of the period after P,
 * whatever their number. Without calc_method the whole periods before P are left out. */
pe_value pei_fn_ACCRINT(pe_call *call, const pe_value *args, int n)
{
    terms t;
    double issue = date_arg(args, n, 0), first = date_arg(args, n, 1),
           rate = pe_arg_number(args, n, 3, 0);
    double par = pe_arg_number(args, n, 4, 1000), part;
    t.settlement = date_arg(args, n, 2);
    bool from_issue = n < 8 || pe_arg_boolean(args, n, 7, true);
    if (!rule_args(call, args, n, 5, &t) || !in_calendar(&t, issue) || !in_calendar(&t, first) ||
        !in_calendar(&t, t.settlement) || !(issue < t.settlement) || rate <= 0 || par <= 0)
        return pe_error(PE_ERROR_NUM);
    if (call->calc != NULL) { /* knows no periods */
        if (n > 7) return pe_error(PE_ERROR_VALUE);
        double accrued = pei_calc_years(issue, t.settlement, t.basis, t.dates);
        return pe_number_checked(par * rate * accrued);
    }
    double before = regular_date(&t, first, -1), accrued;
    if (issue >= before) {
        accrued = part_of(&t, issue, t.settlement, before, first);
    } else {
        double whole = periods_until(&t, issue, before, &part);
        accrued =
            part + (from_issue ? whole : 0) + part_of(&t, before, t.settlement, before, first);
    }
    return pe_number_checked(par * rate / t.frequency * accrued);
}

/* ---- odd first period
 * --------------------------------------------------------------------------------- */

typedef struct odd_first {
    terms t;
    double issue, first;
    double coupons;      /* from the first coupon to maturity, both included */
    double coupon_parts; /* the first coupon in regular periods: from issue to first */
    double accrued;      /* regular periods from issue to settlement */
    double wait;         /* regular periods from settlement to the first coupon */
} odd_first;

/* (settlement, maturity, issue, first_coupon, rate, x, redemption, frequency, [basis]) */
static bool odd_first_of(pe_call *call, const pe_value *args, int n, odd_first *o)
{
    terms *t = &o->t;
    double part;
    if (call->calc != NULL) return false; /* has no odd first periods */
    t->settlement = date_arg(args, n, 0);
    t->maturity = date_arg(args, n, 1);
    o->issue = date_arg(args, n, 2);
    o->first = date_arg(args, n, 3);
    t->rate = pe_arg_number(args, n, 4, 0);
    t->redemption = pe_arg_number(args, n, 6, 0);
    if (!rule_args(call, args, n, 7, t) || !in_calendar(t, o->issue) ||
        !in_calendar(t, t->maturity))
        return false;
    if (!(t->maturity > o->first && o->first > t->settlement && t->settlement > o->issue))
        return false;
    if (t->rate < 0 || t->redemption <= 0) return false;
    o->coupons = pei_coupon_at(o->first, t->maturity, t->frequency, t->dates).count + 1;
    o->coupon_parts = periods_until(t, o->issue, o->first, &part);
    o->coupon_parts += part;
    o->wait = periods_until(t, t->settlement, o->first, &part);
    o->wait += part;
    o->accrued = o->coupon_parts - o->wait;
    return true;
}

static double odd_first_price(const odd_first *o, double yield)
{
    double f = o->t.frequency, payment = 100 * o->t.rate / f, growth = 1 + yield / f;
    double price = payment * o->coupon_parts / pen_pow(growth, o->wait);
    for (double k = 1; k < o->coupons; k++) price += payment / pen_pow(growth, k + o->wait);
    price += o->t.redemption / pen_pow(growth, o->coupons - 1 + o->wait);
    return price - payment * o->accrued;
}

pe_value pei_fn_ODDFPRICE(pe_call *call, const pe_value *args, int n)
{
    odd_first o;
    double yield = pe_arg_number(args, n, 5, 0);
    if (!odd_first_of(call, args, n, &o) || yield < 0) return pe_error(PE_ERROR_NUM);
    return pe_number_checked(odd_first_price(&o, yield));
}

pe_value pei_fn_ODDFYIELD(pe_call *call, const pe_value *args, int n)
{
    odd_first o;
    double price = pe_arg_number(args, n, 5, 0);
    if (!odd_first_of(call, args, n, &o) || price <= 0) return pe_error(PE_ERROR_NUM);
    double yield = o.t.rate > 0 ? o.t.rate : 0.05;
    for (int step = 0; step < 100; step++) { /* Newton's method with a numerical slope */
        double h = 1e-6, gap = odd_first_price(&o, yield) - price;
        double slope = (odd_first_price(&o, yield + h) - odd_first_price(&o, yield - h)) / (2 * h);
        double next = yield - gap / slope;
        if (!pen_is_finite(next)) break;
        if (next <= -o.t.frequency) next = 0.5 * (yield - o.t.frequency);
        if (pen_abs(next - yield) <= 1e-13 * (1 + pen_abs(next))) return pe_number_checked(next);
        yield = next;
    }
    return pe_error(PE_ERROR_NUM);
}

/* ---- odd last period
 * ---------------------------------------------------------------------------------- */

typedef struct odd_last {
    terms t;
    double coupon_parts, accrued,
        wait; /* regular periods: last interest to maturity, to settlement; the rest */
} odd_last;

/* (settlement, maturity, last_interest, rate, x, redemption, frequency, [basis]) */
static bool odd_last_of(pe_call *call, const pe_value *args, int n, odd_last *o)
{
    terms *t = &o->t;
    double last = date_arg(args, n, 2);
    t->settlement = date_arg(args, n, 0);
    t->maturity = date_arg(args, n, 1);
    t->rate = pe_arg_number(args, n, 3, 0);
    t->redemption = pe_arg_number(args, n, 5, 0);
    if (!rule_args(call, args, n, 6, t) || !in_calendar(t, last) || !in_calendar(t, t->maturity))
        return false;
    if (!(t->maturity > t->settlement && t->settlement > last) || t->rate < 0 || t->redemption <= 0)
        return false;
    if (call->calc != NULL) { /* counts in parts of years */
        o->coupon_parts = pei_year_fraction(call, last, t->maturity, t->basis) * t->frequency;
        o->accrued = pei_year_fraction(call, last, t->settlement, t->basis) * t->frequency;
        o->wait = pei_year_fraction(call, t->settlement, t->maturity, t->basis) * t->frequency;
        return true;
    }
    o->coupon_parts = periods_since(t, last, t->maturity);
    o->accrued = periods_since(t, last, t->settlement);
    o->wait = o->coupon_parts - o->accrued;
    return true;
}

pe_value pei_fn_ODDLPRICE(pe_call *call, const pe_value *args, int n)
{
    odd_last o;
    double yield = pe_arg_number(args, n, 4, 0);
    if (!odd_last_of(call, args, n, &o) || yield < 0) return pe_error(PE_ERROR_NUM);
    double f = o.t.frequency, payment = 100 * o.t.rate / f;
    double value = (o.t.redemption + payment * o.coupon_parts) / (1 + yield / f * o.wait);
    return pe_number_checked(value - payment * o.accrued);
}

pe_value pei_fn_ODDLYIELD(pe_call *call, const pe_value *args, int n)
{
    odd_last o;
    double price = pe_arg_number(args, n, 4, 0);
    if (!odd_last_of(call, args, n, &o) || price <= 0) return pe_error(PE_ERROR_NUM);
    double f = o.t.frequency, payment = 100 * o.t.rate / f, paid = price + payment * o.accrued;
    return pe_number_checked((o.t.redemption + payment * o.coupon_parts - paid) / paid * f /
                             o.wait);
}

/* ---- French depreciation
 * ------------------------------------------------------------------------------ */

typedef struct asset {
    double cost, salvage, period, rate,
        first; /* first: the part of a year to the end of the first period */
} asset;

/* (cost, purchased, first_period, salvage, period, rate, [basis]) */
static bool asset_of(pe_call *call, const pe_value *args, int n, asset *a)
{
    double purchased = date_arg(args, n, 1), end = date_arg(args, n, 2),
           b = pen_trunc(pe_arg_number(args, n, 6, 0));
    a->cost = pe_arg_number(args, n, 0, 0);
    a->salvage = pe_arg_number(args, n, 3, 0);
    a->period = pen_trunc(pe_arg_number(args, n, 4, 0));
    a->rate = pe_arg_number(args, n, 5, 0);
    if (!(purchased >= 0 && purchased <= end && end < PEI_SERIAL_END(pei_dates_of(call))))
        return false;
    if (!(b >= 0 && b <= 4 && (b != 2 || call->calc != NULL)) || a->cost <= 0 || a->salvage < 0 ||
        a->salvage > a->cost)
        return false;
    if (a->period < 0 || a->period > 1e5 || a->rate <= 0) return false;
    a->first = pei_year_fraction(call, purchased, end, (int)b);
    return true;
}

pe_value pei_fn_AMORLINC(pe_call *call, const pe_value *args, int n)
{
    asset a;
    if (!asset_of(call, args, n, &a)) return pe_error(PE_ERROR_NUM);
    double yearly = a.cost * a.rate, first = yearly * a.first, left = a.cost - a.salvage;
    double whole = pen_trunc((left - first) / yearly);
    if (a.period == 0) return pe_number_checked(first < left ? first : left);
    if (a.period <= whole) return pe_number_checked(yearly);
    double rest = left - yearly * whole - first;
    if (a.period == whole + 1) return pe_number_checked(rest > 0 ? rest : 0);
    return pe_number(0);
}

static double to_whole(double x)
{
    return pen_floor(x + 0.5);
}

/* The rate is raised by the asset's life, each amount rounded; the last two periods take half of
 * the rest each. */
pe_value pei_fn_AMORDEGRC(pe_call *call, const pe_value *args, int n)
{
    asset a;
    if (!asset_of(call, args, n, &a)) return pe_error(PE_ERROR_NUM);
    double life = 1 / a.rate, rate = a.rate * (life < 3 ? 1 : life < 5 ? 1.5 : life <= 6 ? 2 : 2.5);
    double taken = to_whole(a.first * rate * a.cost), cost = a.cost - taken,
           left = cost - a.salvage;
    for (double k = 0; k < a.period; k++) {
        taken = to_whole(rate * cost);
        left -= taken;
        if (left < 0) return pe_number(a.period - k < 2 ? to_whole(cost * 0.5) : 0);
        cost -= taken;
    }
    return pe_number_checked(taken);
}
