/* functions_workday.c: NETWORKDAYS and WORKDAY with their .INTL forms. Whole weeks are counted at
 * once; holidays are sorted, without repeats and without those that fall on a weekend. */
#include "functions_internal.h"

#include <stdlib.h>

typedef struct calendar {
    bool weekend[7]; /* from Sunday */
    int work_days;   /* of a week */
    double *holidays;
    size_t holiday_count;
    pei_dates dates;
} calendar;

static bool works_on(const calendar *c, double serial)
{
    return !c->weekend[pei_weekday(serial, c->dates)];
}

/* ---- reading the arguments ----------------------------------------------------------- */

static pe_value day_argument(pe_call *call, pe_value v, double *serial)
{
    pe_value number = pe_is(v, PE_KIND_BOOLEAN) ? pe_error(PE_ERROR_VALUE) : pe_to_number(call, v);
    if (!pe_is_number(number)) return number;
    *serial = pen_floor(pe_as_number(number));
    if (!(*serial >= 0 && *serial < PEI_SERIAL_END(pei_dates_of(call))))
        return pe_error(PE_ERROR_NUM);
    return pe_blank();
}

/* "0000011" from Monday on, or a number: 1 to 7 two days from Saturday+Sunday on, 11 to 17 one day
 * from Sunday on. */
static pe_value read_weekend(pe_call *call, pe_value v, calendar *c)
{
    if (pe_is(v, PE_KIND_OMITTED) || pe_is(v, PE_KIND_BLANK)) v = pe_number(1);
    if (pe_is(v, PE_KIND_TEXT)) {
        const pe_text *t = pe_as_text(v);
        if (t->length != 7) return pe_error(PE_ERROR_VALUE);
        for (int i = 0; i < 7; i++) {
            if (t->bytes[i] != '0' && t->bytes[i] != '1') return pe_error(PE_ERROR_VALUE);
            c->weekend[(i + 1) % 7] = t->bytes[i] == '1';
        }
    } else {
        pe_value number = pe_to_number(call, v);
        if (!pe_is_number(number)) return number;
        double code = pen_trunc(pe_as_number(number));
        if (code >= 1 && code <= 7) {
            c->weekend[((int)code + 5) % 7] = c->weekend[((int)code + 6) % 7] = true;
        } else if (code >= 11 && code <= 17) {
            c->weekend[(int)code - 11] = true;
        } else {
            return pe_error(PE_ERROR_NUM);
        }
    }
    c->work_days = 0;
    for (int i = 0; i < 7; i++) c->work_days += !c->weekend[i];
    return pe_blank();
}

typedef struct holiday_walk {
    pe_call *call;
    calendar *calendar;
    size_t capacity;
    pe_value error;
    bool skips_texts;
} holiday_walk;

static bool add_holiday(void *context, pe_value v, bool direct)
{
    holiday_walk *w = context;
    double serial = 0;
    PE_UNUSED(direct);
    if (pe_is(v, PE_KIND_OMITTED)) return true;
    if (w->skips_texts && pe_is(v, PE_KIND_TEXT)) return true;
    w->error = day_argument(w->call, v, &serial);
    if (pe_is_error(w->error)) return false;
    if (!works_on(w->calendar, serial)) return true;
    if (w->calendar->holiday_count == w->capacity) {
        size_t capacity = w->capacity * 2 + 16;
        double *grown = pe_arena_push_raw(w->call->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            w->error = pe_error(PE_ERROR_NUM);
            return false;
        }
        if (w->capacity > 0) memcpy(grown, w->calendar->holidays, w->capacity * sizeof *grown);
        w->calendar->holidays = grown;
        w->capacity = capacity;
    }
    w->calendar->holidays[w->calendar->holiday_count++] = serial;
    return true;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* core: one of Calc's own functions, which skip the texts of a range; its add-in's WORKDAY does
 * not. */
static pe_value read_holidays(pe_call *call, pe_value argument, bool core, calendar *c)
{
    bool skips_texts = core && call->calc != NULL && pe_is(argument, PE_KIND_REFERENCE);
    holiday_walk walk = {call, c, 0, pe_blank(), skips_texts};
    pe_each_value(call, argument, add_holiday, &walk);
    if (pe_is_error(walk.error) || c->holiday_count == 0) return walk.error;
    qsort(c->holidays, c->holiday_count, sizeof *c->holidays, compare_doubles);
    size_t kept = 1;
    for (size_t i = 1; i < c->holiday_count; i++)
        if (c->holidays[i] != c->holidays[kept - 1]) c->holidays[kept++] = c->holidays[i];
    c->holiday_count = kept;
    return pe_blank();
}

/* Arguments 0, weekend and holidays (indices; -1: not an argument). */
static pe_value read_calendar(pe_call *call, const pe_value *args, int n, int weekend, int holidays,
                              bool core, calendar *c)
{
    memset(c, 0, sizeof *c);
    c->dates = pei_dates_of(call);
    pe_value error =
        read_weekend(call, weekend >= 0 && weekend < n ? args[weekend] : pe_omitted(), c);
    if (pe_is_error(error)) return error;
    return holidays < n ? read_holidays(call, args[holidays], core, c) : pe_blank();
}

/* Holidays before `serial`. */
static size_t holidays_before(const calendar *c, double serial)
{
    size_t low = 0, high = c->holiday_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->holidays[middle] < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- NETWORKDAYS --------------------------------------------------------------------- */

static double count_work_days(const calendar *c, double first, double last)
{
    double weeks = pen_floor((last - first + 1) / 7), count = weeks * c->work_days;
    for (double day = first + weeks * 7; day <= last; day++) count += works_on(c, day);
    return count - (double)(holidays_before(c, last + 1) - holidays_before(c, first));
}

static pe_value network_days(pe_call *call, const pe_value *args, int n, int weekend, int holidays)
{
    calendar c;
    double start = 0, end = 0;
    pe_value error = day_argument(call, args[0], &start);
    if (pe_is_error(error)) return error;
    error = day_argument(call, args[1], &end);
    if (pe_is_error(error)) return error;
    error = read_calendar(call, args, n, weekend, holidays, true, &c);
    if (pe_is_error(error)) return error;
    if (start <= end) return pe_number(count_work_days(&c, start, end));
    double days = count_work_days(&c, end, start);
    return pe_number(days == 0 ? 0 : -days);
}

pe_value pei_fn_networkdays(pe_call *call, const pe_value *args, int n)
{
    return network_days(call, args, n, -1, 2);
}

pe_value pei_fn_networkdays_intl(pe_call *call, const pe_value *args, int n)
{
    return network_days(call, args, n, 2, 3);
}

/* ---- WORKDAY ------------------------------------------------------------------------- */

static pe_value work_day(pe_call *call, const pe_value *args, int n, int weekend, int holidays)
{
    calendar c;
    double day = 0;
    pe_value error = day_argument(call, args[0], &day);
    if (pe_is_error(error)) return error;
    pe_value number =
        pe_is(args[1], PE_KIND_BOOLEAN) ? pe_error(PE_ERROR_VALUE) : pe_to_number(call, args[1]);
    if (!pe_is_number(number)) return number;
    error = read_calendar(call, args, n, weekend, holidays, weekend >= 0, &c);
    if (pe_is_error(error)) return error;
    if (c.work_days == 0) return pe_error(PE_ERROR_VALUE);
    double left = pen_trunc(pe_as_number(number)), end = PEI_SERIAL_END(pei_dates_of(call));
    if (!(pen_abs(left) < end)) return pe_error(PE_ERROR_NUM);
    double step = left < 0 ? -1 : 1;
    left = pen_abs(left);
    while (left > 0) {
        day += step;
        if (day < 0 || day >= end) return pe_error(PE_ERROR_NUM);
        size_t at = holidays_before(&c, day);
        bool holiday = at < c.holiday_count && c.holidays[at] == day;
        if (works_on(&c, day) && !holiday) left--;
    }
    return pe_number(day);
}

pe_value pei_fn_workday(pe_call *call, const pe_value *args, int n)
{
    return work_day(call, args, n, -1, 2);
}

pe_value pei_fn_workday_intl(pe_call *call, const pe_value *args, int n)
{
    return work_day(call, args, n, 2, 3);
}
