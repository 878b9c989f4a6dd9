/* functions_cashflow.c: functions over series of payments: NPV, IRR, MIRR, XNPV, XIRR, FVSCHEDULE.
 * Series take the numbers of ranges and arrays; blanks, texts and booleans there do not count,
 * written as arguments they do. */
#include "functions_internal.h"
#include "functions_cashflow.h"

typedef struct series {
    pe_call *call;
    double *items;
    size_t count, capacity;
    pe_value error; /* a number while there is none */
} series;

static bool series_push(series *s, double x)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 64 : s->capacity * 2;
        double *grown = pe_arena_push_raw(s->call->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            s->error = pe_error(PE_ERROR_NUM);
            return false;
        }
        if (s->count > 0) memcpy(grown, s->items, s->count * sizeof *grown);
        s->items = grown;
        s->capacity = capacity;
    }
    s->items[s->count++] = x;
    return true;
}

static bool series_visit(void *context, pe_value v, bool direct)
{
    series *s = context;
    if (pe_is_number(v)) return series_push(s, pe_as_number(v));
    if (pe_is_error(v)) {
        s->error = v;
        return false;
    }
    if (!direct) return true;
    pe_value number = pe_to_number(s->call, v);
    if (pe_is_number(number)) return series_push(s, pe_as_number(number));
    s->error = number;
    return false;
}

static series series_of(pe_call *call, const pe_value *args, int from, int to)
{
    series s = {.call = call, .error = pe_number(0)};
    for (int i = from; i < to && pe_is_number(s.error); i++)
        if (pe_kind_of(args[i]) != PE_KIND_OMITTED) pe_each_value(call, args[i], series_visit, &s);
    return s;
}

pe_value pei_fn_NPV(pe_call *call, const pe_value *args, int n)
{
    series s = series_of(call, args, 1, n);
    if (!pe_is_number(s.error)) return s.error;
    double rate = pe_arg_number(args, n, 0, 0);
    if (rate == -1) return pe_error(PE_ERROR_DIV0);
    return pe_number_checked(pei_npv(rate, s.items, s.count, 1));
}

/* ---- IRR
 * ---------------------------------------------------------------------------------------------- */

double pei_irr(const double *flows, size_t count, size_t stride, double guess)
{
    if (!pei_irr_possible(flows, count, stride, guess)) return pe_error_double(PE_ERROR_NUM);
    double rate = pei_irr_newton(flows, count, stride, guess);
    if (pen_is_finite(rate)) return rate;
    return pei_irr_search(flows, count, stride, guess);
}

pe_value pei_fn_IRR(pe_call *call, const pe_value *args, int n)
{
    series s = series_of(call, args, 0, 1);
    if (!pe_is_number(s.error)) return s.error;
    double guess = pe_arg_number(args, n, 1, 0.1);
    if (guess <= -1) return pe_error(PE_ERROR_VALUE);
    return pe_number_checked(pei_irr(s.items, s.count, 1, guess));
}

pe_value pei_fn_MIRR(pe_call *call, const pe_value *args, int n)
{
    series s = series_of(call, args, 0, 1);
    if (!pe_is_number(s.error)) return s.error;
    double finance = pe_arg_number(args, n, 1, 0), reinvest = pe_arg_number(args, n, 2, 0);
    if (s.count < 2) return pe_error(PE_ERROR_DIV0);
    double gains = 0, costs = 0, w = 1.0 / (1.0 + finance);
    for (size_t t = 0; t < s.count; t++)
        gains = gains * (1.0 + reinvest) + (s.items[t] > 0 ? s.items[t] : 0);
    for (size_t t = s.count; t-- > 0;) { /* at a rate of -1 only the first cost is finite */
        double later = costs == 0 ? 0 : costs * w;
        costs = later + (s.items[t] < 0 ? s.items[t] : 0);
    }
    if (gains == 0 && call->calc != NULL) return pe_error(PE_ERROR_VALUE);
    if (costs == 0) return pe_error(PE_ERROR_DIV0);
    return pe_number_checked(pen_pow(gains / -costs, 1.0 / (double)(s.count - 1)) - 1.0);
}

pe_value pei_fn_FVSCHEDULE(pe_call *call, const pe_value *args, int n)
{
    double value = pe_arg_number(args, n, 0, 0);
    pe_value error;
    if (pe_is_error(args[1])) return args[1];
    const pe_array *rates = pe_to_array(call, args[1], &error);
    if (rates == NULL) return error;
    for (size_t i = 0; i < (size_t)rates->rows * rates->columns; i++) {
        pe_value v = rates->cells[i];
        pe_kind kind = pe_kind_of(v);
        if (kind == PE_KIND_BLANK) continue;
        if (pe_is_error(v)) return v;
        if (kind == PE_KIND_TEXT && call->calc != NULL) continue;
        if (kind != PE_KIND_NUMBER) return pe_error(PE_ERROR_VALUE);
        value *= 1.0 + pe_as_number(v);
    }
    return pe_number_checked(value);
}

/* ---- dated payments
 * ----------------------------------------------------------------------------------- */

typedef struct dated {
    double *values, *years; /* years since the first date, of 365 days */
    size_t count;
} dated;

/* The numbers of an XNPV or XIRR argument: every element must be one, or blank (0). */
static bool dated_side(pe_call *call, pe_value v, double **items, size_t *count, pe_value *error)
{
    if (pe_is_error(v)) {
        *error = v;
        return false;
    }
    const pe_array *a = pe_to_array(call, v, error);
    if (a == NULL) return false;
    *count = (size_t)a->rows * a->columns;
    *items = pe_arena_push(call->arena, *count, sizeof **items);
    *error = pe_error(PE_ERROR_NUM);
    if (*items == NULL) return false;
    for (size_t i = 0; i < *count; i++) {
        pe_value number = pe_to_number(call, a->cells[i]);
        if (!pe_is_number(number)) {
            *error = number;
            return false;
        }
        (*items)[i] = pe_as_number(number);
    }
    return true;
}

static bool dated_of(pe_call *call, pe_value values, pe_value dates, dated *d, pe_value *error)
{
    size_t date_count;
    if (!dated_side(call, values, &d->values, &d->count, error)) return false;
    if (!dated_side(call, dates, &d->years, &date_count, error)) return false;
    *error = pe_error(PE_ERROR_NUM);
    if (date_count != d->count || d->count == 0) return false;
    double first = pen_trunc(d->years[0]);
    for (size_t i = 0; i < d->count; i++) {
        double days = pen_trunc(d->years[i]);
        if (days < first || days < 0) return false;
        d->years[i] = (days - first) / 365.0;
    }
    return true;
}

static double dated_value(const dated *d, double rate)
{
    double sum = 0;
    for (size_t i = 0; i < d->count; i++) sum += d->values[i] / pen_pow(1.0 + rate, d->years[i]);
    return sum;
}

pe_value pei_fn_XNPV(pe_call *call, const pe_value *args, int n)
{
    dated d;
    pe_value error;
    if (!dated_of(call, args[1], args[2], &d, &error)) return error;
    double rate = pe_arg_number(args, n, 0, 0);
    if (!(rate > -1)) return pe_error(PE_ERROR_NUM);
    return pe_number_checked(dated_value(&d, rate));
}

/* Newton's method on x = log(1 + rate), where every payment is an exponential. A NaN where it does
 * not converge. */
static double xirr_newton(const dated *d, double guess)
{
    double x = pen_log(1.0 + guess);
    for (int step = 0; step < 100; step++) {
        double sum = 0, slope = 0;
        for (size_t i = 0; i < d->count; i++) {
            double term = d->values[i] * pen_exp(-x * d->years[i]);
            sum += term;
            slope -= term * d->years[i];
        }
        double change = sum / slope;
        change = change > 0.5 ? 0.5 : change;
        change = change < -0.5 ? -0.5 : change;
        double next = x - change;
        if (!pen_is_finite(next)) return PEN_NAN;
        if (pen_abs(change) <= 1e-13 * (1.0 + pen_abs(next))) return pen_exp(next) - 1.0;
        x = next;
    }
    return PEN_NAN;
}

/* The change of sign nearest to the guess, halved to a rate. */
static double xirr_search(const dated *d, double guess)
{
    double below = 1.0 + guess, above = below;
    bool below_sign = dated_value(d, guess) < 0, above_sign = below_sign;
    for (int i = 0; i < 400; i++) {
        double lower = below * 0.97, upper = above * 1.03;
        bool lower_sign = dated_value(d, lower - 1.0) < 0,
             upper_sign = dated_value(d, upper - 1.0) < 0;
        if (lower_sign != below_sign || upper_sign != above_sign) {
            bool take_lower = lower_sign != below_sign;
            double low = take_lower ? lower : above, high = take_lower ? below : upper;
            bool low_sign = take_lower ? lower_sign : above_sign;
            for (int k = 0; k < 100; k++) {
                double middle = 0.5 * (low + high);
                if ((dated_value(d, middle - 1.0) < 0) == low_sign)
                    low = middle;
                else
                    high = middle;
            }
            return 0.5 * (low + high) - 1.0;
        }
        below = lower;
        above = upper;
    }
    return pe_error_double(PE_ERROR_NUM);
}

pe_value pei_fn_XIRR(pe_call *call, const pe_value *args, int n)
{
    dated d;
    pe_value error;
    if (!dated_of(call, args[0], args[1], &d, &error)) return error;
    double guess = pe_arg_number(args, n, 2, 0.1);
    bool positive = false, negative = false;
    for (size_t i = 0; i < d.count; i++) {
        positive = positive || d.values[i] > 0;
        negative = negative || d.values[i] < 0;
    }
    if (!positive || !negative || !(guess > -1)) return pe_error(PE_ERROR_NUM);
    double rate = xirr_newton(&d, guess);
    return pe_number_checked(pen_is_finite(rate) ? rate : xirr_search(&d, guess));
}
