/* functions_textconvert.c: what Excel's operators do when a text stands where a number or a boolean
 * is wanted and the other way round, in the en-US locale. Numbers, fractions, dates and times are
 * read here and nowhere else; nothing depends on libc's locale. Invariant: a text is either read
 * whole or not at all. */
#include "functions_internal.h"

/* A text longer than this is never a number. */
#define NUMBER_TEXT_MAX 320

typedef struct scan {
    const char *s;
    size_t n;
    size_t at;
} scan;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char peek(const scan *in)
{
    return in->at < in->n ? in->s[in->at] : '\0';
}

static size_t skip_spaces(scan *in)
{
    size_t from = in->at;
    while (in->at < in->n && in->s[in->at] == ' ') in->at++;
    return in->at - from;
}

/* ---- plain numbers ------------------------------------------------------------------- */

/* Digits with thousands separators, point and exponent at in->at as a clean decimal in out. Excel
 * keeps 15 significant digits and reads the rest as zeros. A comma needs a digit before it and at
 * least three after it. */
static bool scan_mantissa(scan *in, char out[NUMBER_TEXT_MAX + 1])
{
    size_t used = 0;
    int significant = 0, digits = 0, since_comma = -1;
    bool point = false;
    for (; in->at < in->n; in->at++) {
        char c = in->s[in->at];
        if (c == ',' && !point) {
            if (digits == 0 || (since_comma >= 0 && since_comma < 3)) return false;
            since_comma = 0;
            continue;
        }
        if (c == '.' && !point) {
            if (since_comma >= 0 && since_comma < 3) return false;
            point = true;
            since_comma = -1;
        } else if (!is_digit(c)) {
            break;
        }
        if (used + 8 >= NUMBER_TEXT_MAX) return false;
        if (is_digit(c)) {
            digits++;
            if (since_comma >= 0) since_comma++;
            if (significant > 0 || c != '0') significant++;
            if (significant > 15) c = '0';
        }
        out[used++] = c;
    }
    if (digits == 0 || (since_comma >= 0 && since_comma < 3)) return false;
    if (peek(in) == 'e' || peek(in) == 'E') {
        size_t e = in->at + 1;
        if (e < in->n && (in->s[e] == '+' || in->s[e] == '-')) e++;
        if (e < in->n && is_digit(in->s[e])) {
            out[used++] = 'e';
            if (in->s[e - 1] == '-') out[used++] = '-';
            for (int k = 0; e < in->n && is_digit(in->s[e]); e++, k++) {
                if (k >= 4) return false;
                out[used++] = in->s[e];
            }
            in->at = e;
        }
    }
    out[used] = '\0';
    return true;
}

/* Signs, currency, percent and parentheses around a mantissa; each at most once. */
typedef struct affixes {
    bool sign, minus, currency, percent, parenthesis;
} affixes;

/* The length of $ or the euro sign at in->at, 0 if there is none. */
static size_t currency_bytes(const scan *in)
{
    if (peek(in) == '$') return 1;
    return in->n - in->at >= 3 && memcmp(in->s + in->at, "\xE2\x82\xAC", 3) == 0 ? 3 : 0;
}

static bool scan_prefix(scan *in, affixes *a)
{
    for (;; in->at++) {
        skip_spaces(in);
        char c = peek(in);
        if ((c == '+' || c == '-') && !a->sign && !a->parenthesis) {
            a->sign = true;
            a->minus = c == '-';
        } else if (c == '(' && !a->parenthesis && !a->sign) {
            a->parenthesis = true;
        } else if (!a->currency && currency_bytes(in) > 0) {
            a->currency = true;
            in->at += currency_bytes(in) - 1;
        } else if (c == '%' && !a->percent) {
            a->percent = true;
        } else {
            return is_digit(c) || c == '.';
        }
    }
}

static bool scan_suffix(scan *in, affixes *a)
{
    bool closed = false;
    for (;; in->at++) {
        skip_spaces(in);
        char c = peek(in);
        if (c == '%' && !a->percent) {
            a->percent = true;
        } else if (!a->currency && currency_bytes(in) > 0) {
            a->currency = true;
            in->at += currency_bytes(in) - 1;
        } else if (c == ')' && a->parenthesis && !closed) {
            closed = true;
        } else {
            return in->at == in->n && closed == a->parenthesis;
        }
    }
}

static bool parse_plain(scan in, double *out)
{
    affixes a = {false, false, false, false, false};
    char digits[NUMBER_TEXT_MAX + 1];
    size_t used = 0;
    if (!scan_prefix(&in, &a) || !scan_mantissa(&in, digits) || !scan_suffix(&in, &a)) return false;
    double x = pe_decimal_parse(digits, strlen(digits), &used);
    if (used == 0 || !pen_is_finite(x)) return false;
    if (a.percent) x /= 100;
    *out = a.minus || a.parenthesis ? -x : x;
    return true;
}

/* A run of at most `digits_max` digits. */
static bool scan_integer(scan *in, int digits_max, int *value, int *digits)
{
    int v = 0, k = 0;
    while (is_digit(peek(in))) {
        if (++k > digits_max) return false;
        v = v * 10 + (in->s[in->at++] - '0');
    }
    *value = v;
    *digits = k;
    return k > 0;
}

/* "1 1/2": an integer, spaces, a proper or improper fraction. */
static bool parse_fraction(scan in, double *out)
{
    int whole, above, below, digits;
    skip_spaces(&in);
    bool minus = peek(&in) == '-';
    if (minus || peek(&in) == '+') in.at++;
    if (!scan_integer(&in, 9, &whole, &digits) || skip_spaces(&in) == 0) return false;
    if (!scan_integer(&in, 5, &above, &digits) || peek(&in) != '/') return false;
    in.at++;
    if (!scan_integer(&in, 5, &below, &digits) || below == 0) return false;
    skip_spaces(&in);
    if (in.at != in.n) return false;
    double x = whole + (double)above / below;
    *out = minus ? -x : x;
    return true;
}

/* ---- times --------------------------------------------------------------------------- */

/* AM, PM, A or P at in->at, after spaces: 1, 2, or 0 where there is none. "3a" is text, "3 a" and
 * "3:00a" are times. */
static int scan_half_day(scan *in, bool space_needed)
{
    scan t = *in;
    if (skip_spaces(&t) == 0 && space_needed) return 0;
    char c = (char)(peek(&t) | 0x20);
    if (c != 'a' && c != 'p') return 0;
    t.at++;
    if ((peek(&t) | 0x20) == 'm') t.at++;
    if (is_letter(peek(&t)) || is_digit(peek(&t))) return 0;
    *in = t;
    return c == 'a' ? 1 : 2;
}

/* Fractional seconds after a point; *given false for a bare point. */
static double scan_second_fraction(scan *in, bool *given)
{
    double x = 0, scale = 1;
    *given = false;
    while (is_digit(peek(in))) {
        *given = true;
        if (scale < 1e15) {
            x = x * 10 + (in->s[in->at] - '0');
            scale *= 10;
        }
        in->at++;
    }
    return x / scale;
}

/* h:m[:s[.f]] [AM], m:s.f or h AM as a fraction of days. At most one component may exceed its range
 * (up to 9,999). */
static bool scan_time(scan *in, double *days)
{
    static const int limits[3] = {24, 60, 60};
    int part[3] = {0, 0, 0}, count = 0, digits, over = 0;
    double fraction = 0;
    bool minutes_first = false;
    do {
        if (count > 0) in->at++;
        if (!scan_integer(in, 4, &part[count], &digits)) return false;
        count++;
    } while (count < 3 && peek(in) == ':');
    if (count > 1 && peek(in) == '.') {
        bool given;
        in->at++;
        fraction = scan_second_fraction(in, &given);
        minutes_first = given && count == 2;
    }
    int half = scan_half_day(in, count == 1);
    if (count == 1 && half == 0) return false;
    if (minutes_first) {
        if (half != 0) return false;
        part[2] = part[1];
        part[1] = part[0];
        part[0] = 0;
        count = 3;
        if (part[1] > 59) return false;
    }
    if (half != 0) {
        if (part[0] > 12) return false;
        part[0] = part[0] % 12 + (half == 2 ? 12 : 0);
    }
    for (int i = 0; i < count; i++) over += part[i] >= limits[i];
    /* 24:00 and other hours past a day stand alone; two components out of range are text */
    if (over > 1 || (half != 0 && over > 0)) return false;
    *days = (part[0] * 3600.0 + part[1] * 60.0 + part[2] + fraction) / 86400.0;
    return true;
}

/* ---- dates --------------------------------------------------------------------------- */

static const char *const MONTHS[12] = {"january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december"};

/* A month's name or its first three letters; 1 to 12, 0 if none. */
static int scan_month(scan *in)
{
    size_t length = 0;
    while (in->at + length < in->n && is_letter(in->s[in->at + length])) length++;
    for (int m = 0; m < 12; m++) {
        size_t full = strlen(MONTHS[m]);
        bool september = m == 8 && length == 4;
        if (length != 3 && length != full && !september) continue;
        if (!pe_text_equal_nocase(in->s + in->at, length, MONTHS[m], length)) continue;
        in->at += length;
        return m + 1;
    }
    return 0;
}

typedef struct date_part {
    bool month;
    int value, digits;
    char after; /* what separates it from the next: / - , a space, 0 nothing */
} date_part;

/* One day, month or year. A number that begins a time ("12:30", "1 PM") is none. */
static bool scan_date_part(scan *in, date_part *part)
{
    scan t = *in;
    if (is_letter(peek(&t))) {
        part->value = scan_month(&t);
        part->month = true;
        part->digits = 0;
        if (part->value == 0) return false;
    } else {
        part->month = false;
        if (!scan_integer(&t, 4, &part->value, &part->digits)) return false;
        scan after = t;
        if (peek(&t) == ':' || scan_half_day(&after, true) != 0) return false;
    }
    *in = t;
    return true;
}

static int full_year(const date_part *p)
{
    if (p->month || p->digits == 3) return -1;
    if (p->digits == 4) return p->value;
    return p->value + (p->value < 30 ? 2000 : 1900);
}

/* The serial of a date that exists (Excel's 29 Feb 1900 included), or a NaN. */
static double serial_of(int year, int month, int day, pei_dates dates)
{
    static const int first_year[] = {1900, 1904, 1583};
    if (year < first_year[dates] || year > 9999 || month < 1 || month > 12) return PEN_NAN;
    int days = pei_days_in_month(year, month);
    if (dates == PEI_DATES_1900 && year == 1900 && month == 2) days = 29;
    if (day < 1 || day > days) return PEN_NAN;
    return pei_date_serial(year, month, day, dates);
}

static double serial_of_two(const date_part *p, int this_year, pei_dates dates)
{
    if (p[0].month || p[1].month) {
        const date_part *month = p[0].month ? &p[0] : &p[1], *other = p[0].month ? &p[1] : &p[0];
        if (other->digits <= 2) {
            double serial = serial_of(this_year, month->value, other->value, dates);
            if (!pen_is_nan(serial)) return serial;
        }
        return serial_of(full_year(other), month->value, 1, dates);
    }
    if (p[0].digits == 4) return serial_of(p[0].value, p[1].value, 1, dates);
    if (p[1].digits <= 2) {
        double serial = serial_of(this_year, p[0].value, p[1].value, dates);
        if (!pen_is_nan(serial)) return serial;
    }
    return serial_of(full_year(&p[1]), p[0].value, 1, dates);
}

static double serial_of_three(const date_part *p, pei_dates dates)
{
    if (p[1].month) {
        if (p[0].digits == 4) return serial_of(p[0].value, p[1].value, p[2].value, dates);
        return serial_of(full_year(&p[2]), p[1].value, p[0].value, dates);
    }
    if (p[0].month) return serial_of(full_year(&p[2]), p[0].value, p[1].value, dates);
    if (p[2].month) return PEN_NAN;
    if (p[0].digits == 4) return serial_of(p[0].value, p[1].value, p[2].value, dates);
    return serial_of(full_year(&p[2]), p[0].value, p[1].value, dates);
}

/* Calc's dates: Jan 31, 2020; 31-Jan-2020; 1/31/2020; and year first only with -, which makes a
 * number of two digits there a year. */
static bool calc_shape(date_part *p, int count)
{
    if (p[0].month) return true;
    if (p[1].month) return count == 3 && p[0].after == '-' && p[1].after == '-';
    if (p[0].after != '-') return p[0].digits <= 2;
    if (count < 3 || p[0].digits == 1 || p[0].digits == 3) return false;
    p[0].value = full_year(&p[0]);
    p[0].digits = 4;
    return true;
}

/* A date at in->at as a serial. Numbers alone need / or - between them. */
static bool scan_date(scan *in, int this_year, pei_dates dates, double *serial)
{
    date_part parts[3];
    int count = 0, months = 0;
    bool spaced = false;
    scan end = *in;
    while (count < 3 && scan_date_part(&end, &parts[count])) {
        months += parts[count].month;
        count++;
        *in = end;
        size_t blanks = skip_spaces(&end);
        char c = peek(&end);
        parts[count - 1].after = c == '/' || c == '-' || c == ',' ? c : blanks > 0 ? ' ' : 0;
        if (c == '/' || c == '-' || c == ',')
            end.at++;
        else if (blanks > 0)
            spaced = spaced || count < 3;
        else if (!is_letter(c) && !(count > 0 && parts[count - 1].month && is_digit(c)))
            break;
        if (c == ',' && months == 0) break;
        skip_spaces(&end);
    }
    if (count < 2 || months > 1) return false;
    if (spaced && months == 0 && count == 3) return false;
    if (dates == PEI_DATES_CALC && !calc_shape(parts, count)) return false;
    double found =
        count == 2 ? serial_of_two(parts, this_year, dates) : serial_of_three(parts, dates);
    if (pen_is_nan(found)) return false;
    *serial = found;
    return true;
}

static int year_of_now(double now, pei_dates dates)
{
    int year, month, day;
    if (!(now >= 0 && now < 2958466)) return 1900;
    pei_date_parts(now, dates, &year, &month, &day);
    return year;
}

bool pei_parse_datetime(const char *text, size_t length, pei_dates dates, double now, double *date,
                        double *time)
{
    scan in = {text, length, 0};
    double d = 0, t = 0;
    while (in.n > 0 && text[in.n - 1] == ' ') in.n--;
    bool trailing = in.n < length;
    skip_spaces(&in);
    if (!is_digit(peek(&in)) && !is_letter(peek(&in))) return false;
    int this_year = year_of_now(now, dates);
    scan from = in;
    bool has_date = scan_date(&in, this_year, dates, &d), has_time = false;
    if (!has_date) {
        in = from;
        has_time = scan_time(&in, &t);
        if (!has_time) return false;
        if (in.at < in.n && skip_spaces(&in) > 0) has_date = scan_date(&in, this_year, dates, &d);
    } else if (in.at < in.n && skip_spaces(&in) > 0) {
        has_time = scan_time(&in, &t);
        if (!has_time) return false;
    }
    /* to Excel " 1:30 " is a time, but " 2024-01-10 " no date: after a date and a space it wants a
     * time */
    if (in.at != in.n || (trailing && !has_time && dates != PEI_DATES_CALC)) return false;
    *date = has_date ? d : PEN_NAN;
    *time = has_time ? t : PEN_NAN;
    return true;
}

bool pei_parse_number(const char *text, size_t length, pei_dates dates, double now, double *out)
{
    scan in = {text, length, 0};
    if (length == 0 || length > NUMBER_TEXT_MAX) return false;
    if (parse_plain(in, out) || parse_fraction(in, out)) return true;
    double date, time;
    if (!pei_parse_datetime(text, length, dates, now, &date, &time)) return false;
    *out = (pen_is_nan(date) ? 0 : date) + (pen_is_nan(time) ? 0 : time);
    return true;
}

/* ---- the operators' coercions -------------------------------------------------------- */

/* As Calc reads a text: without spaces around it, and 2020-01-31T12:00 with a space for the T. */
static const pe_text *calc_text(pe_call *call, const pe_text *t)
{
    uint32_t from = 0, to = t->length;
    while (from < to && t->bytes[from] == ' ') from++;
    while (to > from && t->bytes[to - 1] == ' ') to--;
    bool iso = to - from > 11 && t->bytes[from + 4] == '-' && t->bytes[from + 10] == 'T';
    if (to - from == t->length && !iso) return t;
    pe_text *copy = pe_arena_push_raw(call->arena, 1, sizeof *copy + t->length + 1);
    if (copy == NULL) return t;
    copy->length = to - from;
    memcpy(copy->bytes, t->bytes + from, copy->length);
    copy->bytes[copy->length] = 0;
    if (iso) copy->bytes[10] = ' ';
    return copy;
}

/* What Calc's options decide of a text as a number: true and *x, or NaN for none; false: by the
 * text. */
static bool calc_number(const pe_calc_options *calc, const pe_text *t, double *x)
{
    *x = pe_error_double(PE_ERROR_VALUE);
    if (t->length == 0) {
        if (calc->empty_text_is_zero || calc->text_is_zero) *x = 0;
        return true;
    }
    if (calc->text_is_error) return true;
    if (calc->text_is_zero) *x = 0;
    if (calc->text_is_zero) return true;
    bool is_true = pe_text_equal_nocase(t->bytes, t->length, "TRUE", 4);
    if (is_true || pe_text_equal_nocase(t->bytes, t->length, "FALSE", 5)) {
        *x = is_true ? 1 : 0;
        return true;
    }
    return false;
}

pe_value pe_to_number(pe_call *call, pe_value scalar)
{
    double x;
    switch (pe_kind_of(scalar)) {
    case PE_KIND_NUMBER:
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return scalar;
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_number(0);
    case PE_KIND_BOOLEAN:
        return pe_number(pe_as_boolean(scalar) ? 1 : 0);
    case PE_KIND_TEXT: {
        const pe_text *t = pe_as_text(scalar);
        const pe_calc_options *calc = call != NULL ? call->calc : NULL;
        if (calc != NULL && calc_number(calc, t, &x)) return pe_number_checked(x);
        if (calc != NULL) t = calc_text(call, t);
        pei_dates dates = call != NULL ? pei_dates_of(call) : PEI_DATES_1900;
        double now = call != NULL ? call->now : 0;
        return pei_parse_number(t->bytes, t->length, dates, now, &x) ? pe_number(x == 0 ? 0 : x)
                                                                     : pe_error(PE_ERROR_VALUE);
    }
    default:
        return pe_error(PE_ERROR_VALUE);
    }
}

bool pei_toolpak_number(pe_call *call, pe_value v, double *x, pe_value *error)
{
    pe_value number = pe_is(v, PE_KIND_BOOLEAN) ? pe_error(PE_ERROR_VALUE) : pe_to_number(call, v);
    if (!pe_is_number(number)) {
        *error = number;
        return false;
    }
    *x = pe_as_number(number);
    return true;
}

/* |x| > 0 as its significant decimal digits, 15 at most, without trailing zeros; the value is d.ddd
 * x 10^*exponent. */
int pei_decimal_digits(double x, int digits_max, char digits[24], int *exponent)
{
    char text[PE_DECIMAL_BYTES];
    int length = pe_decimal_format(pen_abs(x), digits_max, text), count = 0, point = -1, e10 = 0;
    bool started = false;
    int before = 0, leading = 0;
    for (int i = 0; i < length; i++) {
        char c = text[i];
        if (c == '.') {
            point = i;
        } else if (c == 'e' || c == 'E') {
            int sign = 1;
            for (int k = i + 1; k < length; k++) {
                if (text[k] == '-') sign = -1;
                if (is_digit(text[k])) e10 = e10 * 10 + (text[k] - '0');
            }
            e10 *= sign;
            break;
        } else if (is_digit(c)) {
            started = started || c != '0';
            if (started && count < 23) digits[count++] = c;
            if (point < 0 && started) before++;
            if (point >= 0 && !started) leading++;
        }
    }
    while (count > 1 && digits[count - 1] == '0') count--;
    if (count == 0) digits[count++] = '0';
    digits[count] = '\0';
    *exponent = e10 + (before > 0 ? before - 1 : started ? -leading - 1 : 0);
    return count;
}

/* d.dddE+XX */
static int write_scientific(const char *digits, int count, int exponent, char *out)
{
    int n = 0;
    out[n++] = digits[0];
    if (count > 1) out[n++] = '.';
    for (int i = 1; i < count; i++) out[n++] = digits[i];
    out[n++] = 'E';
    out[n++] = exponent < 0 ? '-' : '+';
    int e = exponent < 0 ? -exponent : exponent;
    if (e >= 100) out[n++] = (char)('0' + e / 100);
    out[n++] = (char)('0' + e / 10 % 10);
    out[n++] = (char)('0' + e % 10);
    return n;
}

static int write_plain(const char *digits, int count, int exponent, char *out)
{
    int n = 0;
    if (exponent < 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = -1; i > exponent; i--) out[n++] = '0';
        for (int i = 0; i < count; i++) out[n++] = digits[i];
        return n;
    }
    for (int i = 0; i <= exponent || i < count; i++) {
        if (i == exponent + 1) out[n++] = '.';
        out[n++] = i < count ? digits[i] : '0';
    }
    return n;
}

int pei_number_text(double x, char out[PEI_NUMBER_TEXT_BYTES])
{
    char digits[24];
    int exponent, n = 0;
    if (x == 0) {
        memcpy(out, "0", 2);
        return 1;
    }
    int count = pei_decimal_digits(x, 15, digits, &exponent);
    if (x < 0) out[n++] = '-';
    /* Excel's text of a number is plain up to 20 characters */
    bool scientific = exponent > 19 || (exponent < 0 && 1 - exponent + count > 20);
    n += scientific ? write_scientific(digits, count, exponent, out + n)
                    : write_plain(digits, count, exponent, out + n);
    out[n] = '\0';
    return n;
}

int pei_general_text(double x, char out[PEI_NUMBER_TEXT_BYTES])
{
    char digits[24];
    int exponent, n = 0, count;
    if (x == 0) {
        memcpy(out, "0", 2);
        return 1;
    }
    count = pei_decimal_digits(x, 15, digits, &exponent);
    if (x < 0) out[n++] = '-';
    bool fits = exponent <= 10 && (exponent >= -4 || 1 - exponent + count <= 11);
    if (fits) {
        int keep = exponent >= 0 ? (exponent >= 9 ? exponent + 1 : 10) : 10 + exponent;
        int carried = exponent;
        if (count > keep && keep > 0) count = pei_decimal_round(digits, count, keep, &carried);
        exponent = carried;
        fits = exponent <= 10;
    }
    if (!fits) {
        count = pei_decimal_digits(x, 15, digits, &exponent);
        if (count > 6) count = pei_decimal_round(digits, count, 6, &exponent);
    }
    n += fits ? write_plain(digits, count, exponent, out + n)
              : write_scientific(digits, count, exponent, out + n);
    out[n] = '\0';
    return n;
}

/* Rounds digits[0, count) half up to `keep` digits (0 allowed: the result is "1" one place up, or
 * "0"). */
int pei_decimal_round(char *digits, int count, int keep, int *exponent)
{
    if (keep >= count) return count;
    if (keep < 0) {
        digits[0] = '0';
        digits[1] = '\0';
        return 1;
    }
    bool up = digits[keep] >= '5';
    int i = keep - 1;
    while (up && i >= 0 && digits[i] == '9') digits[i--] = '0';
    if (up && i >= 0) {
        digits[i]++;
    } else if (up) {
        digits[0] = '1';
        *exponent += 1;
        keep = 1;
    }
    while (keep > 1 && digits[keep - 1] == '0') keep--;
    if (keep == 0) digits[keep++] = '0';
    digits[keep] = '\0';
    return keep;
}

int pei_calc_number_text(double x, char out[PEI_NUMBER_TEXT_BYTES])
{
    char digits[24];
    int exponent, n = 0;
    double a = pen_abs(x);
    bool whole = a < 0x1p53 && a == pen_floor(a);
    if (x == 0) return pei_number_text(x, out);
    int count = pei_decimal_digits(x, whole ? 17 : 15, digits, &exponent);
    if (x < 0) out[n++] = '-';
    if (exponent < -14 || (!whole && a >= 1e15)) {
        n += write_scientific(digits, count, exponent, out + n);
        int e = n - 1, missing; /* of three digits */
        while (out[e] >= '0' && out[e] <= '9') e--;
        missing = 3 - (n - 1 - e);
        for (; missing > 0; missing--, n++) {
            memmove(out + e + 2, out + e + 1, (size_t)(n - 1 - e));
            out[e + 1] = '0';
        }
    } else {
        if (count - 1 - exponent > 20) /* decimals */
            count = pei_decimal_round(digits, count, 21 + exponent, &exponent);
        n += write_plain(digits, count, exponent, out + n);
    }
    out[n] = '\0';
    return n;
}

static pe_value number_as_text(pe_call *call, double x)
{
    char text[PEI_NUMBER_TEXT_BYTES];
    int n = call->calc != NULL ? pei_calc_number_text(x, text) : pei_number_text(x, text);
    return pe_make_text(call, text, (size_t)n);
}

pe_value pe_to_text(pe_call *call, pe_value scalar)
{
    switch (pe_kind_of(scalar)) {
    case PE_KIND_TEXT:
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return scalar;
    case PE_KIND_NUMBER:
        if (!pen_is_finite(pe_as_number(scalar))) return pe_error(PE_ERROR_NUM);
        return number_as_text(call, pe_as_number(scalar));
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_make_text(call, "", 0);
    case PE_KIND_BOOLEAN:
        return pe_as_boolean(scalar) ? pe_make_text(call, "TRUE", 4)
                                     : pe_make_text(call, "FALSE", 5);
    default:
        return pe_error(PE_ERROR_VALUE);
    }
}

pe_value pe_to_boolean(pe_call *call, pe_value scalar)
{
    PE_UNUSED(call);
    switch (pe_kind_of(scalar)) {
    case PE_KIND_BOOLEAN:
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return scalar;
    case PE_KIND_NUMBER:
        return pe_boolean(pe_as_number(scalar) != 0);
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_boolean(false);
    case PE_KIND_TEXT: {
        const pe_text *t = pe_as_text(scalar);
        if (pe_text_equal_nocase(t->bytes, t->length, "TRUE", 4)) return pe_boolean(true);
        if (pe_text_equal_nocase(t->bytes, t->length, "FALSE", 5)) return pe_boolean(false);
        return pe_error(PE_ERROR_VALUE);
    }
    default:
        return pe_error(PE_ERROR_VALUE);
    }
}

size_t pei_utf16_length(const char *bytes, size_t length)
{
    size_t units = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        units += (c & 0xC0u) != 0x80u;
        units += c >= 0xF0u;
    }
    return units;
}

pe_value pe_make_text(pe_call *call, const char *bytes, size_t length)
{
    if (length > PEI_TEXT_UNITS_MAX && pei_utf16_length(bytes, length) > PEI_TEXT_UNITS_MAX)
        return pe_error(PE_ERROR_VALUE);
    return pe_arena_text_value(call->arena, bytes, length);
}
