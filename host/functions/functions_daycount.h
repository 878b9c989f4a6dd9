/* functions_daycount.h: days and years between two dates under Excel's day-count bases, and coupon
 * dates. Dates are serials of the workbook's date system, whole numbers. Basis 0: US 30/360, 1:
 * actual/actual, 2: actual/360, 3: actual/365, 4: European 30/360. */
#ifndef PE_FUNCTIONS_DAYCOUNT_H
#define PE_FUNCTIONS_DAYCOUNT_H

#include "functions_internal.h"

/* Days from start to end in months of 30 days (negative where end is earlier). */
double pei_days_30(double start, double end, bool european, pei_dates dates);
/* Days from start to end as the basis counts them. */
double pei_days_between(double start, double end, int basis, pei_dates dates);
/* The date `months` later, at most the last day of its month; or (end_of_month) that last day. */
double pei_months_later(double date, int months, bool end_of_month, pei_dates dates);
/* The years that Calc counts from start to end for interest paid at the end. */
double pei_calc_years(double start, double end, int basis, pei_dates dates);
bool pei_is_month_end(double date, pei_dates dates);

/* A bond's coupon period that holds a date: previous <= date < next, and the coupons from next to
 * maturity. */
typedef struct pei_coupon {
    double previous, next, count;
} pei_coupon;
pei_coupon pei_coupon_at(double date, double maturity, int frequency, pei_dates dates);
/* The length that the basis gives to the coupon period from start to end. */
double pei_coupon_days(double start, double end, int frequency, int basis);

#endif
