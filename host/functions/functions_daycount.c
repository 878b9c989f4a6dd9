/* functions_daycount.c: day-count conventions and coupon dates. Coupon dates are counted back from
 * the maturity, not one from the other, so that a maturity on the 31st keeps the ends of months. */
#include "functions_internal.h"
#include "functions_daycount.h"

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_february_end(int year, int month, int day)
{
    return month == 2 && day >= (is_leap(year) ? 29 : 28);
}

double pei_days_30(double start, double end, bool european, pei_dates dates)
{
    int y1, m1, d1, y2, m2, d2;
    pei_date_parts(start, dates, &y1, &m1, &d1);
    pei_date_parts(end, dates, &y2, &m2, &d2);
    if (european) {
        if (d1 == 31) d1 = 30;
        if (d2 == 31) d2 = 30;
    } else {
        if (is_february_end(y1, m1, d1)) {
            if (is_february_end(y2, m2, d2)) d2 = 30;
            d1 = 30;
        }
        if (d2 == 31 && d1 >= 30) d2 = 30;
        if (d1 == 31) d1 = 30;
    }
    return (y2 - y1) * 360.0 + (m2 - m1) * 30.0 + (d2 - d1);
}

double pei_days_between(double start, double end, int basis, pei_dates dates)
{
    if (basis == 0 || basis == 4) return pei_days_30(start, end, basis == 4, dates);
    return end - start;
}

/* Months of 30 days without a rule for their ends, but US February gives back the days that it has
 * not; a year is as long as that of the start. */
double pei_calc_years(double start, double end, int basis, pei_dates dates)
{
    int y1, m1, d1, y2, m2, d2;
    pei_date_parts(start, dates, &y1, &m1, &d1);
    pei_date_parts(end, dates, &y2, &m2, &d2);
    if (basis == 1) return (end - start) / (is_leap(y1) ? 366.0 : 365.0);
    if (basis == 2 || basis == 3) return (end - start) / (basis == 2 ? 360.0 : 365.0);
    double days = (y2 - y1) * 360.0 + (m2 - m1) * 30.0 + (d2 - d1);
    if (basis == 0 && m1 == 2 && m2 != 2 && y1 == y2) days -= is_leap(y1) ? 1 : 2;
    return days / 360.0;
}

bool pei_is_month_end(double date, pei_dates dates)
{
    int y, m, d;
    pei_date_parts(date, dates, &y, &m, &d);
    return d == pei_days_in_month(y, m);
}

double pei_months_later(double date, int months, bool end_of_month, pei_dates dates)
{
    int y, m, d;
    pei_date_parts(date, dates, &y, &m, &d);
    int at = y * 12 + (m - 1) + months;
    y = at / 12;
    m = at % 12 + 1;
    int last = pei_days_in_month(y, m);
    return pei_date_serial(y, m, end_of_month || d > last ? last : d, dates);
}

pei_coupon pei_coupon_at(double date, double maturity, int frequency, pei_dates dates)
{
    int y1, m1, d1, y2, m2, d2, step = 12 / frequency;
    bool end = pei_is_month_end(maturity, dates);
    pei_date_parts(date, dates, &y1, &m1, &d1);
    pei_date_parts(maturity, dates, &y2, &m2, &d2);
    int back = ((y2 - y1) * 12 + (m2 - m1)) / step; /* about right: one step more or less follows */
    if (back > 0) back--;
    pei_coupon c;
    c.next = pei_months_later(maturity, -back * step, end, dates);
    for (;;) {
        c.previous = pei_months_later(maturity, -(back + 1) * step, end, dates);
        if (c.previous <= date) break;
        c.next = c.previous;
        back++;
    }
    c.count = back + 1;
    return c;
}

double pei_coupon_days(double start, double end, int frequency, int basis)
{
    if (basis == 1) return end - start;
    return (basis == 3 ? 365.0 : 360.0) / frequency;
}
