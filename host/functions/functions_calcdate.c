/* functions_calcdate.c: the functions that only Calc has, on dates and texts. */
#include "functions_internal.h"
#include "functions_textbuild.h"

typedef struct day {
    int year, month, day;
} day;

/* The whole day of an argument. False: not in the calendar. */
static bool day_of(pe_call *call, double serial, day *d)
{
    if (!(serial > -693594.0 && serial < PEI_SERIAL_END(pei_dates_of(call)))) return false;
    pei_date_parts(pen_floor(serial), pei_dates_of(call), &d->year, &d->month, &d->day);
    return true;
}

static bool is_leap(int year)
{
    return pei_days_in_month(year, 2) == 29;
}

pe_value pei_fn_daysinmonth(pe_call *call, const pe_value *args, int n)
{
    day d;
    if (!day_of(call, pe_arg_number(args, n, 0, 0), &d)) return pe_error(PE_ERROR_VALUE);
    return pe_number(pei_days_in_month(d.year, d.month));
}

pe_value pei_fn_daysinyear(pe_call *call, const pe_value *args, int n)
{
    day d;
    if (!day_of(call, pe_arg_number(args, n, 0, 0), &d)) return pe_error(PE_ERROR_VALUE);
    return pe_number(is_leap(d.year) ? 366 : 365);
}

pe_value pei_fn_isleapyear(pe_call *call, const pe_value *args, int n)
{
    day d;
    if (!day_of(call, pe_arg_number(args, n, 0, 0), &d)) return pe_error(PE_ERROR_VALUE);
    return pe_number(is_leap(d.year) ? 1 : 0);
}

/* 53 weeks where 1 January is a Thursday, or a Wednesday of a leap year. */
pe_value pei_fn_weeksinyear(pe_call *call, const pe_value *args, int n)
{
    day d;
    if (!day_of(call, pe_arg_number(args, n, 0, 0), &d)) return pe_error(PE_ERROR_VALUE);
    pei_dates dates = pei_dates_of(call);
    int first = pei_weekday(pei_date_serial(d.year, 1, 1, dates), dates);
    return pe_number(first == 4 || (first == 3 && is_leap(d.year)) ? 53 : 52);
}

/* Differences: mode 0 counts whole months (weeks, years), 1 the turns of the calendar. */
static bool two_days(pe_call *call, const pe_value *args, int n, day *a, day *b, int *mode)
{
    *mode = (int)pen_trunc(pe_arg_number(args, n, 2, 0));
    return (*mode == 0 || *mode == 1) && day_of(call, pe_arg_number(args, n, 0, 0), a) &&
           day_of(call, pe_arg_number(args, n, 1, 0), b);
}

static double months_between(const day *a, const day *b, int mode)
{
    double months = (b->year - a->year) * 12.0 + (b->month - a->month);
    if (mode == 1) return months;
    if (months > 0 && a->day > b->day) return months - 1;
    if (months < 0 && a->day < b->day) return months + 1;
    return months;
}

pe_value pei_fn_months(pe_call *call, const pe_value *args, int n)
{
    day a, b;
    int mode;
    if (!two_days(call, args, n, &a, &b, &mode)) return pe_error(PE_ERROR_VALUE);
    return pe_number(months_between(&a, &b, mode));
}

pe_value pei_fn_years(pe_call *call, const pe_value *args, int n)
{
    day a, b;
    int mode;
    if (!two_days(call, args, n, &a, &b, &mode)) return pe_error(PE_ERROR_VALUE);
    if (mode == 1) return pe_number(b.year - a.year);
    return pe_number(pen_trunc(months_between(&a, &b, 0) / 12.0));
}

pe_value pei_fn_weeks(pe_call *call, const pe_value *args, int n)
{
    day a, b;
    int mode;
    if (!two_days(call, args, n, &a, &b, &mode)) return pe_error(PE_ERROR_VALUE);
    pei_dates dates = pei_dates_of(call);
    double first = pei_date_serial(a.year, a.month, a.day, dates),
           last = pei_date_serial(b.year, b.month, b.day, dates);
    if (mode == 0) return pe_number(pen_trunc((last - first) / 7.0));
    first -= (pei_weekday(first, dates) + 6) % 7; /* the Mondays of both weeks */
    last -= (pei_weekday(last, dates) + 6) % 7;
    return pe_number((last - first) / 7.0);
}

/* Gauss's rule in the Gregorian calendar. */
pe_value pei_fn_eastersunday(pe_call *call, const pe_value *args, int n)
{
    double year = pen_trunc(pe_arg_number(args, n, 0, 0));
    if (year >= 0 && year < 100) year += year < 30 ? 2000 : 1900;
    if (!(year >= 1583 && year <= 9956)) return pe_error(PE_ERROR_VALUE);
    int y = (int)year, a = y % 19, b = y / 100, c = y % 100;
    int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int m = (a + 11 * h + 22 * l) / 451, days = h + l - 7 * m + 114;
    return pe_number(pei_date_serial(y, days / 31, days % 31 + 1, pei_dates_of(call)));
}

pe_value pei_fn_rot13(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    pei_builder b = pei_builder_new(call);
    for (uint32_t i = 0; i < text->length; i++) {
        char c = text->bytes[i];
        if (c >= 'a' && c <= 'z') c = (char)('a' + (c - 'a' + 13) % 26);
        if (c >= 'A' && c <= 'Z') c = (char)('A' + (c - 'A' + 13) % 26);
        pei_builder_add(&b, &c, 1);
    }
    return pei_builder_value(&b);
}

/* Calc's own numbers of errors; what only it tells apart is its #VALUE!. */
pe_value pei_fn_errortype(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(n);
    if (!pe_is_error(args[0])) return pe_error(PE_ERROR_NA);
    switch (pe_as_error(args[0])) {
    case PE_ERROR_DIV0:
        return pe_number(532);
    case PE_ERROR_NA:
        return pe_number(32767);
    case PE_ERROR_NAME:
        return pe_number(525);
    case PE_ERROR_NULL:
        return pe_number(521);
    case PE_ERROR_NUM:
        return pe_number(503);
    case PE_ERROR_REF:
        return pe_number(524);
    default:
        return pe_number(519);
    }
}

/* REGEX(text; expression [; replacement [; "g" or occurrence]]) by the bodies of REGEXEXTRACT and
 * REGEXREPLACE. */
pe_value pei_fn_regex(pe_call *call, const pe_value *args, int n)
{
    pe_value occurrence = pe_number(1);
    if (n > 3) {
        pe_value v = args[3];
        bool global =
            pe_is(v, PE_KIND_TEXT) && pe_as_text(v)->length == 1 && pe_as_text(v)->bytes[0] == 'g';
        occurrence = global ? pe_number(0) : pe_to_number(call, v);
        if (pe_is_error(occurrence)) return occurrence;
    }
    if (n == 2 || pe_is(args[2], PE_KIND_OMITTED)) {
        const pe_value extract[] = {args[0], args[1]};
        return pei_fn_regexextract(call, extract, 2);
    }
    const pe_value replace[] = {args[0], args[1], args[2], occurrence};
    return pei_fn_regexreplace(call, replace, 4);
}
