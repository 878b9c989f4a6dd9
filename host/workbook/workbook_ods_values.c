/* workbook_ods_values.c: the values of OpenDocument cells as text: dates, durations, errors. Sums
 * are formed in LibreOffice's order, so that a date read from a file is the number that LibreOffice
 * itself reads. Invariant: text that is not wholly understood is not a value. */
#include "workbook_ods.h"

/* ---- dates and durations
 * ------------------------------------------------------------------------------ */

static bool digits(const char **at, double *number)
{
    size_t count = 0;
    *number = 0;
    for (; (*at)[count] >= '0' && (*at)[count] <= '9' && count < 9; count++)
        *number = *number * 10 + ((*at)[count] - '0');
    *at += count;
    return count > 0 && !(**at >= '0' && **at <= '9');
}

/* Digits after a point or comma, as a fraction of one. */
static bool decimals(const char **at, double *part)
{
    char text[32] = "0.";
    size_t count = 0;
    while (**at >= '0' && **at <= '9') {
        if (count < 20) text[2 + count++] = **at;
        (*at)++;
    }
    size_t used;
    *part = pe_decimal_parse(text, count + 2, &used);
    return count > 0;
}

static double days_of_time(double hours, double minutes, double seconds, double part)
{
    double days = hours / 24.0;
    days += minutes / (24.0 * 60.0);
    days += seconds / (24.0 * 60.0 * 60.0);
    return days + part / (24.0 * 60.0 * 60.0);
}

/* Days from 1970-01-01 in the Gregorian calendar, which also runs backwards from its beginning. */
static double civil_days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (double)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

static unsigned month_length(int64_t year, unsigned month)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[month - 1];
}

/* hh:mm:ss, with decimals, zone ignored as LibreOffice does. */
static bool time_parse(const char **at, double base, double *days)
{
    double hours, minutes, seconds = 0, part = 0;
    if (!digits(at, &hours) || *(*at)++ != ':' || !digits(at, &minutes)) return false;
    if (**at == ':') {
        (*at)++;
        if (!digits(at, &seconds)) return false;
        if (**at == '.' || **at == ',') {
            (*at)++;
            if (!decimals(at, &part)) return false;
        }
    }
    if (hours > 24 || minutes > 59 || seconds > 60) return false;
    *days = base + hours / 24.0;
    *days += minutes / (24.0 * 60.0);
    *days += seconds / (24.0 * 60.0 * 60.0);
    *days += part / (24.0 * 60.0 * 60.0);
    return true;
}

bool pei_ods_date_parse(const char *text, double origin, double *days)
{
    const char *at = text;
    double year, month, day;
    bool negative = *at == '-';
    if (negative) at++;
    if (!digits(&at, &year) || *at++ != '-' || !digits(&at, &month) || *at++ != '-' ||
        !digits(&at, &day))
        return false;
    if (year > 32767 || month < 1 || month > 12 || day < 1) return false;
    int64_t whole = negative ? 1 - (int64_t)year : (int64_t)year;
    if (day > month_length(whole, (unsigned)month)) return false;
    double number = civil_days(whole, (int64_t)month, (int64_t)day) - origin;
    if (*at == 'T') {
        at++;
        if (!time_parse(&at, number, &number)) return false;
        size_t zone = strspn(at, "Z+-:0123456789");
        at += zone;
    }
    if (*at != '\0') return false;
    *days = number;
    return true;
}

bool pei_ods_duration_parse(const char *text, double *days)
{
    const char *at = text;
    double unit[4] = {0, 0, 0, 0}, part = 0, number; /* days, hours, minutes, seconds */
    bool negative = *at == '-', time = false, any = false;
    if (negative) at++;
    if (*at++ != 'P') return false;
    while (*at != '\0') {
        if (*at == 'T' && !time) {
            time = true;
            at++;
            continue;
        }
        if (!digits(&at, &number)) return false;
        bool fraction = *at == '.' || *at == ',';
        if (fraction && (at++, !decimals(&at, &part))) return false;
        const char *found = strchr(time ? "HMS" : "D", *at);
        if (*at == '\0' || found == NULL || (fraction && *at != 'S')) return false;
        unit[time ? 1 + (found - strchr(time ? "HMS" : "D", time ? 'H' : 'D')) : 0] = number;
        any = true;
        at++;
    }
    if (!any) return false;
    *days = days_of_time(unit[0] * 24 + unit[1], unit[2], unit[3], part);
    if (negative) *days = -*days;
    return true;
}

/* ---- errors
 * -------------------------------------------------------------------------------------------- */

/* LibreOffice's numbered errors as its export to .xlsx writes them; those not listed are #N/A. */
static const struct {
    uint16_t number, code;
} numbered[] = {{502, PE_ERROR_VALUE}, {503, PE_ERROR_NUM},   {504, PE_ERROR_VALUE},
                {508, PE_ERROR_VALUE}, {509, PE_ERROR_VALUE}, {510, PE_ERROR_VALUE},
                {511, PE_ERROR_VALUE}, {519, PE_ERROR_VALUE}, {521, PE_ERROR_NULL},
                {522, PE_ERROR_VALUE}, {524, PE_ERROR_REF},   {525, PE_ERROR_NAME},
                {530, PE_ERROR_NAME},  {531, PE_ERROR_NAME},  {532, PE_ERROR_DIV0}};

bool pei_ods_error_parse(const char *text, size_t length, bool any_language, pe_value *value)
{
    unsigned long used = 0;
    pe_error_code code = pe_error_parse(text, length, &used);
    if (used == length && used > 0) {
        *value = pe_error(code);
        return true;
    }
    bool english = length == 7 && memcmp(text, "Err:", 4) == 0;
    if (!english && !(any_language && length > 4 && text[length - 4] == ':')) return false;
    unsigned number = 0;
    for (size_t i = length - 3; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    *value = pe_error(PE_ERROR_NA);
    for (size_t i = 0; i < PE_COUNT(numbered); i++)
        if (numbered[i].number == number) *value = pe_error((pe_error_code)numbered[i].code);
    return true;
}
