/* test_date.c: the calendar: every serial of both date systems against the rules of the Gregorian
 * calendar counted day by day, and year fractions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_internal.h"

static bool is_leap(int year, bool date1904)
{
    if (year == 1900) return !date1904; /* Excel's own leap year */
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Walks from the first day to 31 Dec 9999, one day at a time. */
static void walk(bool date1904, double serial, int year, int weekday)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = 1, day = 1, y, m, d;
    for (; serial < PEI_SERIAL_END(date1904); serial++) {
        pei_date_parts(serial, date1904, &y, &m, &d);
        if (y != year || m != month || d != day) fail_msg("serial %.0f", serial);
        if (pei_date_serial(year, month, day, date1904) != serial) fail_msg("date of %.0f", serial);
        if (pei_weekday(serial, date1904) != weekday) fail_msg("weekday of %.0f", serial);
        weekday = (weekday + 1) % 7;
        if (++day > days[month - 1] + (month == 2 && is_leap(year, date1904))) {
            day = 1;
            if (++month > 12) month = 1, year++;
        }
    }
    assert_int_equal(year, 10000);
    assert_int_equal(month, 1);
    assert_int_equal(day, 1);
}

static void every_day_of_1900_system(void **state)
{
    (void)state;
    walk(false, 1, 1900, 0); /* to Excel 1 Jan 1900 is a Sunday */
}

static void every_day_of_1904_system(void **state)
{
    (void)state;
    walk(true, 0, 1904, 5); /* 1 Jan 1904 was a Friday */
}

static void months_and_days_roll_over(void **state)
{
    (void)state;
    assert_true(pei_date_serial(2020, 14, 1, false) == pei_date_serial(2021, 2, 1, false));
    assert_true(pei_date_serial(2020, 1, -2, false) == pei_date_serial(2019, 12, 29, false));
    assert_true(pei_date_serial(2020, -11, 1, false) == pei_date_serial(2019, 1, 1, false));
    assert_true(pei_date_serial(2020, 1, 1, false) == 43831);
    assert_true(pei_date_serial(2020, 1, 1, true) == 43831 - 1462);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_1900_system),
        cmocka_unit_test(every_day_of_1904_system),
        cmocka_unit_test(months_and_days_roll_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
