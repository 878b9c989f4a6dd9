/* functions_date.c: dates and times. Serials are whole days from functions_calendar.c; a serial
 * below 0 or past 31 Dec 9999 is #NUM! everywhere. EDATE, EOMONTH, YEARFRAC, WEEKNUM and the
 * work-day functions come from Excel's old Analysis ToolPak and refuse booleans. */
#include "functions_arithmetic.h"
#include "functions_internal.h"

typedef struct date {
    int year, month, day;
} date;

static date date_of(const pe_call *call, double serial)
{
    date d;
    pei_date_parts(serial, pei_dates_of(call), &d.year, &d.month, &d.day);
    return d;
}

#define CALC_FIRST (-693593.0) /* 1 Jan 1 */

static bool in_calendar(const pe_call *call, double serial)
{
    pei_dates dates = pei_dates_of(call);
    double first = dates == PEI_DATES_CALC ? CALC_FIRST : 0;
    return serial >= first && serial < PEI_SERIAL_END(dates) + (first < 0);
}

static double serial_of(const pe_call *call, int year, int month, int day)
{
    return pei_date_serial(year, month, day, pei_dates_of(call));
}

/* The length of a month as the calendar of the call has it: February 1900 has 29 days in the 1900
 * system. */
static int month_days(const pe_call *call, int year, int month)
{
    return year == 1900 && month == 2 && pei_dates_of(call) == PEI_DATES_1900
               ? 29
               : pei_days_in_month(year, month);
}

static bool is_last_day(const pe_call *call, date d)
{
    return d.day == month_days(call, d.year, d.month);
}

/* A date argument of a ToolPak function: whole days within the calendar. */
static bool toolpak_date(pe_call *call, pe_value v, double *serial, pe_value *error)
{
    if (!pei_toolpak_number(call, v, serial, error)) return false;
    *serial = pen_floor(*serial);
    *error = pe_error(PE_ERROR_NUM);
    return in_calendar(call, *serial);
}

/* ---- making -------------------------------------------------------------------------- */

pe_value pei_fn_date(pe_call *call, const pe_value *args, int n)
{
    double year = pen_trunc(pe_arg_number(args, n, 0, 0)),
           month = pen_floor(pe_arg_number(args, n, 1, 0));
    double day = pen_floor(pe_arg_number(args, n, 2, 0));
    if (!(year >= 0 && year < 10000) || pen_abs(month) > 1e6 || pen_abs(day) > 1e8)
        return pe_error(PE_ERROR_NUM);
    if (call->calc != NULL && (pen_abs(month) > 32767 || pen_abs(day) > 32767))
        return pe_error(PE_ERROR_NUM);
    if (call->calc != NULL)
        year += year < 30 ? 2000 : year < 100 ? 1900 : 0; /* two digits: 1930 to 2029 */
    else if (year < 1900)
        year += 1900;
    double serial = serial_of(call, (int)year, (int)month, (int)day);
    if (call->calc != NULL && serial < serial_of(call, 1582, 10, 15)) /* none but Gregorian dates */
        return pe_error(PE_ERROR_NUM);
    return in_calendar(call, serial) ? pe_number(serial) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_time(pe_call *call, const pe_value *args, int n)
{
    double part[3];
    for (int i = 0; i < 3; i++) {
        part[i] = pe_arg_number(args, n, i, 0);
        if (call->calc != NULL) continue; /* takes hours, minutes and seconds with fractions */
        part[i] = pen_trunc(part[i]);
        if (!(part[i] <= 32767)) return pe_error(PE_ERROR_NUM);
    }
    double days = (part[0] * 3600 + part[1] * 60 + part[2]) / 86400;
    return days < 0 ? pe_error(PE_ERROR_NUM) : pe_number(days - pen_floor(days));
}

static bool parse_argument(pe_call *call, pe_value text, double *day, double *time)
{
    if (!pe_is(text, PE_KIND_TEXT)) return false;
    const pe_text *t = pe_as_text(text);
    return pei_parse_datetime(t->bytes, t->length, pei_dates_of(call), call->now, day, time);
}

pe_value pei_fn_datevalue(pe_call *call, const pe_value *args, int n)
{
    double day, time;
    PE_UNUSED(n);
    bool parsed = parse_argument(call, args[0], &day, &time);
    if (parsed && !pen_is_nan(day)) return pe_number(day);
    return parsed && call->calc == NULL ? pe_number(0) : pe_error(PE_ERROR_VALUE);
}

pe_value pei_fn_timevalue(pe_call *call, const pe_value *args, int n)
{
    double day, time;
    PE_UNUSED(n);
    if (!parse_argument(call, args[0], &day, &time)) return pe_error(PE_ERROR_VALUE);
    return pe_number(pen_is_nan(time) ? 0 : time - pen_floor(time));
}

pe_value pei_fn_now(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(args);
    PE_UNUSED(n);
    return pe_number(call->now);
}

pe_value pei_fn_today(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(args);
    PE_UNUSED(n);
    return pe_number(pen_floor(call->now));
}

/* ---- taking apart -------------------------------------------------------------------- */

static pe_value part_of_date(pe_call *call, const pe_value *args, int n, int which)
{
    double serial = pe_arg_number(args, n, 0, 0);
    if (call->calc != NULL) serial = pen_trunc(serial); /* towards 30 Dec 1899 */
    if (!in_calendar(call, serial)) return pe_error(PE_ERROR_NUM);
    date d = date_of(call, serial);
    return pe_number(which == 0 ? d.year : which == 1 ? d.month : d.day);
}

pe_value pei_fn_year(pe_call *call, const pe_value *args, int n)
{
    return part_of_date(call, args, n, 0);
}

pe_value pei_fn_month(pe_call *call, const pe_value *args, int n)
{
    return part_of_date(call, args, n, 1);
}

pe_value pei_fn_day(pe_call *call, const pe_value *args, int n)
{
    return part_of_date(call, args, n, 2);
}

/* Calc's: the hour and minute that have begun, and the nearest second of that minute. Rounding
 * errors are taken off first: a time has nine decimals of a second, less where days stand before
 * it. */
static pe_value calc_part_of_time(double serial, int64_t unit, int64_t modulus)
{
    double part = serial - pen_floor(serial), raw = part * 86400, digits = 9;
    double days = pen_abs(serial);
    if (days >= 1) digits = 10 - pen_ceil(pen_log10(days));
    double seconds = pe_round_decimal(raw, digits < 2 ? 2 : digits);
    if (seconds >= 86400) seconds = raw;
    return pe_number((double)((int64_t)(unit == 1 ? seconds + 0.5 : seconds) / unit % modulus));
}

/* Hour, minute or second of the time rounded to the nearest second. */
static pe_value part_of_time(pe_call *call, const pe_value *args, int n, int64_t unit,
                             int64_t modulus)
{
    double serial = pe_arg_number(args, n, 0, 0);
    if (!in_calendar(call, serial)) return pe_error(PE_ERROR_NUM);
    if (call->calc != NULL) return calc_part_of_time(serial, unit, modulus);
    int64_t seconds = (int64_t)pen_floor((serial - pen_floor(serial)) * 86400 + 0.5);
    return pe_number((double)(seconds / unit % modulus));
}

pe_value pei_fn_hour(pe_call *call, const pe_value *args, int n)
{
    return part_of_time(call, args, n, 3600, 24);
}

pe_value pei_fn_minute(pe_call *call, const pe_value *args, int n)
{
    return part_of_time(call, args, n, 60, 60);
}

pe_value pei_fn_second(pe_call *call, const pe_value *args, int n)
{
    return part_of_time(call, args, n, 1, 60);
}

/* ---- weeks --------------------------------------------------------------------------- */

/* The first day of the week (0 Sunday) that a WEEKDAY or WEEKNUM type means; -1: none. */
static int week_start(double type)
{
    if (type == 1 || type == 17) return 0;
    if (type == 2) return 1;
    if (type >= 11 && type <= 16) return (int)type - 10;
    return -1;
}

pe_value pei_fn_weekday(pe_call *call, const pe_value *args, int n)
{
    double serial = pen_floor(pe_arg_number(args, n, 0, 0)),
           type = n > 1 ? pen_trunc(pe_arg_number(args, n, 1, 0)) : 1;
    if (!in_calendar(call, serial)) return pe_error(PE_ERROR_NUM);
    int first = type == 3 ? 1 : week_start(type);
    if (first < 0) return pe_error(PE_ERROR_NUM);
    int day = (pei_weekday(serial, pei_dates_of(call)) - first + 7) % 7;
    return pe_number(type == 3 ? day : day + 1);
}

/* The week of the year in which its fourth day lies; monday 0: weeks begin on Sunday. */
static pe_value iso_week(pe_call *call, double serial, int monday)
{
    int into = (pei_weekday(serial, pei_dates_of(call)) - monday + 7) % 7;
    double fourth = serial - into + 3;
    int year = date_of(call, fourth < 0 && call->calc == NULL ? 0 : fourth).year;
    double first = serial_of(call, year, 1, 1);
    if (fourth < first) return pe_number(52);
    return pe_number(pen_floor((fourth - first) / 7) + 1);
}

pe_value pei_fn_isoweeknum(pe_call *call, const pe_value *args, int n)
{
    double serial = pen_floor(pe_arg_number(args, n, 0, 0));
    return in_calendar(call, serial) ? iso_week(call, serial, 1) : pe_error(PE_ERROR_NUM);
}

/* Calc's week number of old: mode 1 has weeks from Sunday on. */
pe_value pei_fn_weeknum_ooo(pe_call *call, const pe_value *args, int n)
{
    double serial = pen_floor(pe_arg_number(args, n, 0, 0));
    if (!in_calendar(call, serial)) return pe_error(PE_ERROR_NUM);
    return iso_week(call, serial, pen_floor(pe_arg_number(args, n, 1, 0)) != 1);
}

pe_value pei_fn_weeknum(pe_call *call, const pe_value *args, int n)
{
    double serial, type = 1;
    pe_value error;
    if (!toolpak_date(call, args[0], &serial, &error)) return error;
    if (n > 1 && !pei_toolpak_number(call, args[1], &type, &error)) return error;
    type = pen_trunc(type);
    if (type == 21) return iso_week(call, serial, 1);
    int first = week_start(type);
    if (first < 0) return pe_error(PE_ERROR_NUM);
    int into = (pei_weekday(serial, pei_dates_of(call)) - first + 7) % 7;
    if (call->calc != NULL && date_of(call, serial + 6 - into).year > date_of(call, serial).year)
        return pe_number(1); /* the week of the next new year is its first alone */
    double new_year = serial_of(call, date_of(call, serial).year, 1, 1);
    int before = (pei_weekday(new_year, pei_dates_of(call)) - first + 7) %
                 7; /* days of week 1 in the old year */
    double week = pen_floor((serial - new_year + before) / 7) + 1;
    return pe_number(week < 0 ? 0 : week);
}

/* ---- months -------------------------------------------------------------------------- */

static pe_value shifted_month(pe_call *call, const pe_value *args, bool end)
{
    double serial, months;
    pe_value error;
    if (!toolpak_date(call, args[0], &serial, &error)) return error;
    if (!pei_toolpak_number(call, args[1], &months, &error)) return error;
    months = pen_trunc(months);
    if (!(pen_abs(months) < 1e6)) return pe_error(PE_ERROR_NUM);
    date d = date_of(call, serial);
    int64_t month = (int64_t)d.year * 12 + d.month - 1 + (int64_t)months;
    if (month < (call->calc != NULL ? 1 : 1900) * 12 || month >= 10000 * 12)
        return pe_error(PE_ERROR_NUM);
    int year = (int)(month / 12), of_year = (int)(month % 12) + 1;
    int last = month_days(call, year, of_year);
    double result = serial_of(call, year, of_year, end || d.day > last ? last : d.day);
    return in_calendar(call, result) ? pe_number(result) : pe_error(PE_ERROR_NUM);
}

pe_value pei_fn_edate(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return shifted_month(call, args, false);
}

pe_value pei_fn_eomonth(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return shifted_month(call, args, true);
}

/* ---- differences --------------------------------------------------------------------- */

pe_value pei_fn_days(pe_call *call, const pe_value *args, int n)
{
    double end = pe_arg_number(args, n, 0, 0), start = pe_arg_number(args, n, 1, 0);
    if (call->calc != NULL) return pe_number(pe_calc_sub(end, start));
    end = pen_floor(end);
    start = pen_floor(start);
    if (!in_calendar(call, end) || !in_calendar(call, start)) return pe_error(PE_ERROR_NUM);
    return pe_number(end - start);
}

static double days_30_360(date a, date b)
{
    return (b.year - a.year) * 360.0 + (b.month - a.month) * 30.0 + (b.day - a.day);
}

pe_value pei_fn_days360(pe_call *call, const pe_value *args, int n)
{
    double half_second =
        0.5 / 86400; /* a moment that close to midnight counts as the next day here */
    double start = pen_floor(pe_arg_number(args, n, 0, 0) + half_second);
    double end = pen_floor(pe_arg_number(args, n, 1, 0) + half_second);
    if (!in_calendar(call, end) || !in_calendar(call, start)) return pe_error(PE_ERROR_NUM);
    date a = date_of(call, start), b = date_of(call, end);
    if (pe_arg_boolean(args, n, 2, false)) { /* European */
        if (a.day == 31) a.day = 30;
        if (b.day == 31) b.day = 30;
        return pe_number(days_30_360(a, b));
    }
    if (is_last_day(call, a)) a.day = 30;
    if (b.day == 31) {
        b.day = a.day < 30 ? 1 : 30;
        b.month += b.day == 1;
    }
    return pe_number(days_30_360(a, b));
}

/* US (NASD) 30/360 as YEARFRAC has it: the last day of February counts as the 30th. */
static double nasd_days(const pe_call *call, date a, date b)
{
    bool february_a = a.month == 2 && is_last_day(call, a),
         february_b = b.month == 2 && is_last_day(call, b);
    if (february_a && february_b) b.day = 30;
    if (february_a) a.day = 30;
    if (b.day == 31 && a.day >= 30) b.day = 30;
    if (a.day == 31) a.day = 30;
    return days_30_360(a, b);
}

static double year_length(const pe_call *call, int year)
{
    return serial_of(call, year + 1, 1, 1) - serial_of(call, year, 1, 1);
}

/* Excel's average year of basis 1: 366 if a 29 February lies between dates up to a year apart, else
 * the mean of the years touched. */
static double actual_year(const pe_call *call, double start, double end)
{
    date a = date_of(call, start), b = date_of(call, end);
    bool within =
        a.year == b.year ||
        (b.year == a.year + 1 && (a.month > b.month || (a.month == b.month && a.day >= b.day)));
    if (!within) {
        double days = serial_of(call, b.year + 1, 1, 1) - serial_of(call, a.year, 1, 1);
        return days / (b.year - a.year + 1);
    }
    if (a.year == b.year) return year_length(call, a.year);
    for (int year = a.year; year <= b.year; year++) {
        if (year_length(call, year) != 366) continue;
        double leap_day = serial_of(call, year, 2, 29);
        if (start <= leap_day && leap_day <= end) return 366;
    }
    return 365;
}

double pei_year_fraction(const pe_call *call, double start, double end, int basis)
{
    if (start > end) {
        double swap = start;
        start = end;
        end = swap;
    }
    date a = date_of(call, start), b = date_of(call, end);
    switch (basis) {
    case 0:
        return nasd_days(call, a, b) / 360;
    case 1:
        return start == end ? 0 : (end - start) / actual_year(call, start, end);
    case 2:
        return (end - start) / 360;
    case 3:
        return (end - start) / 365;
    default:
        if (a.day == 31) a.day = 30;
        if (b.day == 31) b.day = 30;
        return days_30_360(a, b) / 360;
    }
}

pe_value pei_fn_yearfrac(pe_call *call, const pe_value *args, int n)
{
    double start, end, basis = 0;
    pe_value error;
    if (!toolpak_date(call, args[0], &start, &error) || !toolpak_date(call, args[1], &end, &error))
        return error;
    if (n > 2 && !pei_toolpak_number(call, args[2], &basis, &error)) return error;
    basis = pen_trunc(basis);
    if (!(basis >= 0 && basis <= 4)) return pe_error(PE_ERROR_NUM);
    return pe_number(pei_year_fraction(call, start, end, (int)basis));
}

static bool earlier_in_year(date a, date b)
{
    return a.month < b.month || (a.month == b.month && a.day < b.day);
}

pe_value pei_fn_datedif(pe_call *call, const pe_value *args, int n)
{
    double start = pen_floor(pe_arg_number(args, n, 0, 0)),
           end = pen_floor(pe_arg_number(args, n, 1, 0));
    if (!in_calendar(call, start) || !in_calendar(call, end) || start > end)
        return pe_error(PE_ERROR_NUM);
    if (!pe_is(args[2], PE_KIND_TEXT)) return pe_error(PE_ERROR_NUM);
    const pe_text *unit = pe_as_text(args[2]);
    date a = date_of(call, start), b = date_of(call, end);
    double months = (b.year - a.year) * 12.0 + (b.month - a.month) - (b.day < a.day);
#define IS(name) pe_text_equal_nocase(unit->bytes, unit->length, name, sizeof(name) - 1)
    if (IS("D")) return pe_number(end - start);
    if (IS("M")) return pe_number(months);
    if (IS("Y")) return pe_number(pen_floor(months / 12));
    if (IS("YM")) return pe_number(months - 12 * pen_floor(months / 12));
    if (IS("MD")) {
        /* counted from the start's day in the month before, which may not have it */
        if (b.day >= a.day) return pe_number(b.day - a.day);
        return pe_number(end - serial_of(call, b.year, b.month - 1, a.day));
    }
    if (IS("YD") && call->calc != NULL) { /* from the start's day in the end's year, or before */
        int year = b.year - earlier_in_year(b, a);
        return pe_number(end - serial_of(call, year, a.month, a.day));
    }
    if (IS("YD"))
        return pe_number(serial_of(call, a.year + earlier_in_year(b, a), b.month, b.day) - start);
#undef IS
    return pe_error(PE_ERROR_NUM);
}
