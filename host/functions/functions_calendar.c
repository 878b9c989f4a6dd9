/* functions_calendar.c: serial numbers and calendar dates in Excel's two date systems and Calc's.
 * The 1900 system counts a 29 February 1900 that never was (serial 60) and a 0 January 1900 (serial
 * 0); everything else follows the Gregorian calendar. */
#include "functions_internal.h"

/* Days from 1 Jan 1970 in the proleptic Gregorian calendar; month 1 to 12. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

#define EPOCH_1900 (-25568) /* 31 Dec 1899 = serial 0 */
#define EPOCH_CALC (-25569) /* 30 Dec 1899 = serial 0 */
#define EPOCH_1904 (-24107) /* 1 Jan 1904 = serial 0 */

int pei_days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

double pei_date_serial(int year, int month, int day, pei_dates dates)
{
    int64_t months = (int64_t)year * 12 + month - 1;
    int64_t y = months >= 0 ? months / 12 : -((-months + 11) / 12);
    int64_t first = days_from_civil(y, (int)(months - y * 12) + 1, 1);
    if (dates == PEI_DATES_1904) return (double)(first + day - 1 - EPOCH_1904);
    if (dates == PEI_DATES_CALC) return (double)(first + day - 1 - EPOCH_CALC);
    int64_t serial = first - EPOCH_1900;
    serial += serial >= 60;
    return (double)(serial + day - 1);
}

void pei_date_parts(double serial, pei_dates dates, int *year, int *month, int *day)
{
    int64_t whole = (int64_t)pen_floor(serial);
    if (dates != PEI_DATES_1900) {
        int64_t epoch = dates == PEI_DATES_1904 ? EPOCH_1904 : EPOCH_CALC;
        civil_from_days(whole + epoch, year, month, day);
        return;
    }
    if (whole == 60 || whole == 0) {
        *year = 1900;
        *month = whole == 0 ? 1 : 2;
        *day = whole == 0 ? 0 : 29;
        return;
    }
    civil_from_days(whole - (whole > 60) + EPOCH_1900, year, month, day);
}

int pei_weekday(double serial, pei_dates dates)
{
    /* serial 1 of the 1900 system is a Sunday to Excel; 1 Jan 1904 was a Friday */
    int64_t whole = (int64_t)pen_floor(serial);
    int64_t d = (dates == PEI_DATES_1904 ? whole + 5 : whole + 6) % 7;
    return (int)(d < 0 ? d + 7 : d);
}
