/* functions_bonds.c: securities with regular coupons, and those that pay at maturity: COUP*,
 * PRICE*, YIELD*, DURATION, MDURATION, DISC, INTRATE, RECEIVED, ACCRINTM. Prices are per 100 of
 * face value. Dates are cut to whole days. */
#include "functions_internal.h"
#include "functions_daycount.h"

/* Settlement and maturity, coupon frequency and basis of a security; what each function reads. */
typedef struct security {
    double settlement, maturity;
    int frequency, basis;
    pei_dates dates;
    const pe_call *call;
} security;

static double date_arg(const pe_value *args, int n, int index)
{
    return pen_trunc(pe_arg_number(args, n, index, 0));
}

static bool basis_arg(const pe_value *args, int n, int index, int *basis)
{
    double b = pen_trunc(pe_arg_number(args, n, index, 0));
    *basis = b >= 0 && b <= 4 ? (int)b : -1;
    return *basis >= 0;
}

static bool frequency_arg(const pe_value *args, int n, int index, int *frequency)
{
    double f = pen_trunc(pe_arg_number(args, n, index, 0));
    *frequency = f == 1 || f == 2 || f == 4 ? (int)f : 0;
    return *frequency > 0;
}

/* Dates in args[0] and [1]; basis (and frequency just before it where with_coupons) at
 * `basis_index`. */
static bool security_of(pe_call *call, const pe_value *args, int n, int basis_index,
                        bool with_coupons, security *s)
{
    s->settlement = date_arg(args, n, 0);
    s->maturity = date_arg(args, n, 1);
    s->dates = pei_dates_of(call);
    s->call = call;
    s->frequency = 1;
    if (!(s->settlement >= 0 && s->maturity > s->settlement &&
          s->maturity < PEI_SERIAL_END(s->dates)))
        return false;
    if (!basis_arg(args, n, basis_index, &s->basis)) return false;
    return !with_coupons || frequency_arg(args, n, basis_index - 1, &s->frequency);
}

static double years(const security *s)
{
    return pei_year_fraction(s->call, s->settlement, s->maturity, s->basis);
}

/* The same for interest paid at the end, which Calc counts otherwise. */
static double years_paid(const security *s)
{
    return s->call->calc != NULL ? pei_calc_years(s->settlement, s->maturity, s->basis, s->dates)
                                 : years(s);
}

/* ---- coupon dates
 * ------------------------------------------------------------------------------------- */

/* The coupon period that holds the settlement. */
typedef struct period {
    pei_coupon coupon;
    double days, elapsed, left; /* by the basis: of the period; from its start; to its end */
} period;

static period period_of(const security *s)
{
    period p;
    p.coupon = pei_coupon_at(s->settlement, s->maturity, s->frequency, s->dates);
    p.days = pei_coupon_days(p.coupon.previous, p.coupon.next, s->frequency, s->basis);
    p.elapsed = pei_days_between(p.coupon.previous, s->settlement, s->basis, s->dates);
    p.left = s->basis == 0 || s->basis == 4 ? p.days - p.elapsed : p.coupon.next - s->settlement;
    return p;
}

typedef enum coupon_item {
    ITEM_ELAPSED,
    ITEM_DAYS,
    ITEM_LEFT,
    ITEM_NEXT,
    ITEM_COUNT,
    ITEM_PREVIOUS
} coupon_item;

static pe_value coupon(pe_call *call, const pe_value *args, int n, coupon_item item)
{
    security s;
    if (!security_of(call, args, n, 3, true, &s)) return pe_error(PE_ERROR_NUM);
    period p = period_of(&s);
    switch (item) {
    case ITEM_ELAPSED:
        return pe_number(p.elapsed);
    case ITEM_DAYS:
        return pe_number(p.days);
    case ITEM_LEFT:
        return pe_number(p.left);
    case ITEM_NEXT:
        return pe_number(p.coupon.next);
    case ITEM_COUNT:
        return pe_number(p.coupon.count);
    case ITEM_PREVIOUS:
        break;
    }
    return p.coupon.previous >= 0 ? pe_number(p.coupon.previous) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_COUPDAYBS(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_ELAPSED);
}

pe_value pei_fn_COUPDAYS(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_DAYS);
}

pe_value pei_fn_COUPDAYSNC(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_LEFT);
}

pe_value pei_fn_COUPNCD(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_NEXT);
}

pe_value pei_fn_COUPNUM(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_COUNT);
}

pe_value pei_fn_COUPPCD(pe_call *call, const pe_value *args, int n)
{
    return coupon(call, args, n, ITEM_PREVIOUS);
}

/* ---- price, yield, duration
 * --------------------------------------------------------------------------- */

static double price_at(const security *s, const period *p, double rate, double yield,
                       double redemption)
{
    double f = s->frequency, payment = 100 * rate / f, part = p->left / p->days,
           accrued = payment * p->elapsed / p->days;
    if (p->coupon.count <= 1 && s->call->calc == NULL) /* Calc compounds the last period, too */
        return (payment + redemption) / (1 + yield / f * part) - accrued;
    double growth = 1 + yield / f, count = p->coupon.count;
    double price = redemption / pen_pow(growth, count - 1 + part);
    for (double k = 0; k < count; k++) price += payment / pen_pow(growth, k + part);
    return price - accrued;
}

pe_value pei_fn_PRICE(pe_call *call, const pe_value *args, int n)
{
    security s;
    double rate = pe_arg_number(args, n, 2, 0), yield = pe_arg_number(args, n, 3, 0);
    double redemption = pe_arg_number(args, n, 4, 0);
    if (!security_of(call, args, n, 6, true, &s) || rate < 0 || yield < 0 || redemption <= 0)
        return pe_error(PE_ERROR_NUM);
    period p = period_of(&s);
    return pe_number_checked(price_at(&s, &p, rate, yield, redemption));
}

/* The yield that makes the price: Newton's method with a numerical slope, kept above -frequency. */
static double yield_at(const security *s, const period *p, double rate, double price,
                       double redemption)
{
    double f = s->frequency, part = p->elapsed / p->days;
    if (p->coupon.count <= 1 && s->call->calc == NULL) {
        double paid = price / 100 + part * rate / f;
        return (redemption / 100 + rate / f - paid) / paid * f * p->days / p->left;
    }
    double yield = rate > 0 ? rate : 0.05;
    for (int step = 0; step < 100; step++) {
        double h = 1e-6, gap = price_at(s, p, rate, yield, redemption) - price;
        double slope = (price_at(s, p, rate, yield + h, redemption) -
                        price_at(s, p, rate, yield - h, redemption)) /
                       (2 * h);
        double next = yield - gap / slope;
        if (!pen_is_finite(next)) return PEN_NAN;
        if (next <= -f) next = 0.5 * (yield - f);
        if (pen_abs(next - yield) <= 1e-13 * (1 + pen_abs(next))) return next;
        yield = next;
    }
    return yield;
}

pe_value pei_fn_YIELD(pe_call *call, const pe_value *args, int n)
{
    security s;
    double rate = pe_arg_number(args, n, 2, 0), price = pe_arg_number(args, n, 3, 0);
    double redemption = pe_arg_number(args, n, 4, 0);
    if (!security_of(call, args, n, 6, true, &s) || rate < 0 || price <= 0 || redemption <= 0)
        return pe_error(PE_ERROR_NUM);
    period p = period_of(&s);
    return pe_number_checked(yield_at(&s, &p, rate, price, redemption));
}

/* Macaulay's duration in years; Calc has the first coupon at what whole periods leave of the years
 * to maturity. */
static pe_value duration(pe_call *call, const pe_value *args, int n, bool modified)
{
    security s;
    double rate = pe_arg_number(args, n, 2, 0), yield = pe_arg_number(args, n, 3, 0);
    if (!security_of(call, args, n, 5, true, &s) || rate < 0 || yield < 0)
        return pe_error(PE_ERROR_NUM);
    period p = period_of(&s);
    double f = s.frequency, growth = 1 + yield / f, weighted = 0, total = 0;
    double first = call->calc != NULL ? years(&s) * f - p.coupon.count + 1 : p.left / p.days;
    for (double k = 0; k < p.coupon.count; k++) {
        double time = k + first;
        double value =
            (100 * rate / f + (k == p.coupon.count - 1 ? 100 : 0)) / pen_pow(growth, time);
        weighted += time * value;
        total += value;
    }
    return pe_number_checked(weighted / total / f / (modified ? growth : 1));
}

pe_value pei_fn_DURATION(pe_call *call, const pe_value *args, int n)
{
    return duration(call, args, n, false);
}

pe_value pei_fn_MDURATION(pe_call *call, const pe_value *args, int n)
{
    return duration(call, args, n, true);
}

/* ---- discounted securities
 * ---------------------------------------------------------------------------- */

/* (settlement, maturity, a, b, [basis]) with a and b above 0; *fraction: the years by `count`. */
static bool discounted(pe_call *call, const pe_value *args, int n, double *a, double *b,
                       double *fraction, double (*count)(const security *s))
{
    security s;
    *a = pe_arg_number(args, n, 2, 0);
    *b = pe_arg_number(args, n, 3, 0);
    if (!security_of(call, args, n, 4, false, &s) || *a <= 0 || *b <= 0) return false;
    *fraction = count(&s);
    return *fraction > 0;
}

pe_value pei_fn_DISC(pe_call *call, const pe_value *args, int n)
{
    double price, redemption, fraction;
    if (!discounted(call, args, n, &price, &redemption, &fraction, years))
        return pe_error(PE_ERROR_NUM);
    return pe_number_checked((redemption - price) / redemption / fraction);
}

pe_value pei_fn_INTRATE(pe_call *call, const pe_value *args, int n)
{
    double investment, redemption, fraction;
    if (!discounted(call, args, n, &investment, &redemption, &fraction, years_paid))
        return pe_error(PE_ERROR_NUM);
    return pe_number_checked((redemption - investment) / investment / fraction);
}

pe_value pei_fn_RECEIVED(pe_call *call, const pe_value *args, int n)
{
    double investment, discount, fraction;
    if (!discounted(call, args, n, &investment, &discount, &fraction, years_paid))
        return pe_error(PE_ERROR_NUM);
    double left = 1 - discount * fraction;
    return left > 0 ? pe_number_checked(investment / left) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_PRICEDISC(pe_call *call, const pe_value *args, int n)
{
    double discount, redemption, fraction;
    if (!discounted(call, args, n, &discount, &redemption, &fraction, years_paid))
        return pe_error(PE_ERROR_NUM);
    return pe_number_checked(redemption * (1 - discount * fraction));
}

pe_value pei_fn_YIELDDISC(pe_call *call, const pe_value *args, int n)
{
    double price, redemption, fraction;
    if (!discounted(call, args, n, &price, &redemption, &fraction, years))
        return pe_error(PE_ERROR_NUM);
    return pe_number_checked((redemption / price - 1) / fraction);
}

/* ---- interest at maturity
 * ----------------------------------------------------------------------------- */

/* (settlement, maturity, issue, rate, x, [basis]): years from issue to maturity and to settlement.
 */
typedef struct at_maturity {
    double rate, x, issued, accrued, left;
} at_maturity;

static bool at_maturity_of(pe_call *call, const pe_value *args, int n, at_maturity *m)
{
    security s;
    double issue = date_arg(args, n, 2);
    m->rate = pe_arg_number(args, n, 3, 0);
    m->x = pe_arg_number(args, n, 4, 0);
    if (!security_of(call, args, n, 5, false, &s) || !(issue >= 0 && issue <= s.settlement) ||
        m->rate < 0)
        return false;
    m->issued = pei_year_fraction(s.call, issue, s.maturity, s.basis);
    m->accrued = pei_year_fraction(s.call, issue, s.settlement, s.basis);
    m->left = years(&s);
    return true;
}

pe_value pei_fn_PRICEMAT(pe_call *call, const pe_value *args, int n)
{
    at_maturity m;
    if (!at_maturity_of(call, args, n, &m) || m.x < 0) return pe_error(PE_ERROR_NUM);
    return pe_number_checked(100 *
                             ((1 + m.issued * m.rate) / (1 + m.left * m.x) - m.accrued * m.rate));
}

pe_value pei_fn_YIELDMAT(pe_call *call, const pe_value *args, int n)
{
    at_maturity m;
    if (!at_maturity_of(call, args, n, &m) || m.x <= 0) return pe_error(PE_ERROR_NUM);
    double paid = m.x / 100 + m.accrued * m.rate;
    return pe_number_checked((1 + m.issued * m.rate - paid) / paid / m.left);
}

pe_value pei_fn_ACCRINTM(pe_call *call, const pe_value *args, int n)
{
    security s; /* issue and settlement in the places of settlement and maturity */
    int year, month, day;
    double rate = pe_arg_number(args, n, 2, 0), par = pe_arg_number(args, n, 3, 1000);
    if (!security_of(call, args, n, 4, false, &s) || rate <= 0 || par <= 0)
        return pe_error(PE_ERROR_NUM);
    double fraction = years_paid(&s);
    if (s.basis == 1 && call->calc == NULL &&
        s.maturity - s.settlement > 366) { /* over the length of the year of issue */
        pei_date_parts(s.settlement, s.dates, &year, &month, &day);
        fraction = (s.maturity - s.settlement) / (pei_days_in_month(year, 2) == 29 ? 366 : 365);
    }
    return pe_number_checked(par * rate * fraction);
}
