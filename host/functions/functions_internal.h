/* functions_internal.h: what the files of this module share: the bodies' declarations, made from
 * the rows. */
#ifndef PE_FUNCTIONS_INTERNAL_H
#define PE_FUNCTIONS_INTERNAL_H

#include "functions.h"
#include "numeric.h"

#define PEI_DECLARE_NUM(body) double body(const double *x, int n)
#define PEI_DECLARE_GEN(body) pe_value body(pe_call *call, const pe_value *args, int n)
#define PEI_DECLARE_NONE(body) struct pei_no_body
#define PE_F(id, name, min, max, kinds, flags, type, body, aux) PEI_DECLARE_##type(body);
#include "functions_all.def"
#undef PE_F

/* ---- text, numbers and dates ------------------------------------------------------------------
 */

#define PEI_TEXT_UNITS_MAX 32767u /* Excel's characters of one text: UTF-16 units */
#define PEI_NUMBER_TEXT_BYTES 48

/* An argument of a function of Excel's old Analysis ToolPak: booleans are refused. False: *error
 * says why. */
bool pei_toolpak_number(pe_call *call, pe_value v, double *x, pe_value *error);
size_t pei_utf16_length(const char *bytes, size_t length);
/* |x| as its significant decimal digits without trailing zeros (at most digits_max, up to 17); the
 * value is d.ddd x 10^*exponent. */
int pei_decimal_digits(double x, int digits_max, char digits[24], int *exponent);
/* Rounds digits[0, count) half up to `keep` digits; returns the new count and adjusts *exponent on
 * a carry. */
int pei_decimal_round(char *digits, int count, int keep, int *exponent);
/* As & and LEN see a number: 15 digits. */
int pei_number_text(double x, char out[PEI_NUMBER_TEXT_BYTES]);
/* As Calc has it: whole numbers below 2^53 in full, others to 15 digits and 20 decimals; 1E+020. */
int pei_calc_number_text(double x, char out[PEI_NUMBER_TEXT_BYTES]);
/* Calc's number without rounding errors: 15 significant digits. */
double pei_calc_approximate(double x);
/* The format General: 11 characters. */
int pei_general_text(double x, char out[PEI_NUMBER_TEXT_BYTES]);
/* Whose days: Excel's 1900 system with its 29 Feb 1900, the one from 1904, or Calc's, which counts
 * from 30 Dec 1899 in both directions. */
typedef enum pei_dates { PEI_DATES_1900, PEI_DATES_1904, PEI_DATES_CALC } pei_dates;
static inline pei_dates pei_dates_of(const pe_call *call)
{
    return call->date1904 ? PEI_DATES_1904 : call->calc != NULL ? PEI_DATES_CALC : PEI_DATES_1900;
}
/* Reads all of the text as a number, fraction, date or time. */
bool pei_parse_number(const char *text, size_t length, pei_dates dates, double now, double *out);
/* Reads a date and/or a time; *date (serial) or *time (days) is a NaN where there is none. */
bool pei_parse_datetime(const char *text, size_t length, pei_dates dates, double now, double *date,
                        double *time);

/* one past 31 Dec 9999 */
#define PEI_SERIAL_END(dates) ((dates) == PEI_DATES_1904 ? 2957004.0 : 2958466.0)
int pei_days_in_month(int year, int month);
/* Serial of a date that may not exist (month 14, day -3 roll over); the 1900 system has a 29 Feb
 * 1900. */
double pei_date_serial(int year, int month, int day, pei_dates dates);
/* Whole days of a serial >= 0. Serial 0 of the 1900 system is 0 Jan 1900. */
void pei_date_parts(double serial, pei_dates dates, int *year, int *month, int *day);
/* YEARFRAC of two dates within the calendar; basis 0 to 4. */
double pei_year_fraction(const pe_call *call, double start, double end, int basis);
/* 0 Sunday to 6, as Excel has it (wrong before 1 Mar 1900). */
int pei_weekday(double serial, pei_dates dates);

#endif
