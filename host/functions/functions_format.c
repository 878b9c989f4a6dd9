/* functions_format.c: Excel's number format codes in the en-US locale. A format is split into
 * sections, the section for the value is chosen, parsed into tokens (functions_formatparse.c) and
 * rendered. Numbers are rendered from their 15 significant decimal digits, as Excel does, so
 * rounding is decimal. Colours are ignored; `*x` fills nothing, `_x` is one space. */
#include "functions_arithmetic.h"
#include "functions_format.h"

void pei_sink_bytes(pei_sink *sink, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sink->length + 1 < sink->size) sink->out[sink->length] = bytes[i];
        sink->length++;
    }
}

void pei_sink_char(pei_sink *sink, char c)
{
    pei_sink_bytes(sink, &c, 1);
}

static void sink_integer(pei_sink *sink, int64_t value, int width)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n < width && n < 20) digits[n++] = '0';
    while (n > 0) pei_sink_char(sink, digits[--n]);
}

/* ---- numbers ------------------------------------------------------------------------- */

/* A magnitude laid out for a section: `integer` digits without leading zeros, `fraction` digits as
 * many as placeholders. */
typedef struct layout {
    char integer[340];
    int integer_count;
    char fraction[260];
    int fraction_count, fraction_last; /* last digit that is not zero, -1 if none */
} layout;

/* Rounds digits x 10^exponent (d.ddd form) to `decimals` places. */
static void lay_out(layout *l, const char *digits, int count, int exponent, int decimals)
{
    char d[24];
    memcpy(d, digits, (size_t)count + 1);
    bool zero = d[0] == '0';
    if (!zero) {
        count = pei_decimal_round(d, count, exponent + 1 + decimals, &exponent);
        zero = d[0] == '0';
    }
    l->integer_count = 0;
    for (int i = 0; !zero && i <= exponent && i < 330; i++)
        l->integer[l->integer_count++] = i < count ? d[i] : '0';
    l->fraction_count = decimals;
    l->fraction_last = -1;
    for (int i = 0; i < decimals; i++) {
        int at = exponent + 1 + i;
        l->fraction[i] = !zero && at >= 0 && at < count ? d[at] : '0';
        if (l->fraction[i] != '0') l->fraction_last = i;
    }
}

static void thousands_after(pei_sink *sink, bool grouped, int position, char c)
{
    if (grouped && position > 0 && position % 3 == 0) pei_sink_char(sink, c);
}

/* The digits for the integer placeholder with `right` placeholders after it; the first one takes
 * all digits that are left. */
static void put_integer(pei_sink *sink, const layout *l, bool grouped, char placeholder, int right,
                        bool first)
{
    int from = first ? l->integer_count - 1 : right;
    for (int position = from > right ? from : right; position >= right; position--) {
        if (position < l->integer_count) {
            pei_sink_char(sink, l->integer[l->integer_count - 1 - position]);
            thousands_after(sink, grouped, position, ',');
        } else if (placeholder == '0') {
            pei_sink_char(sink, '0');
            thousands_after(sink, grouped, position, ',');
        } else if (placeholder == '?') {
            pei_sink_char(sink, ' ');
            thousands_after(sink, grouped, position, ' ');
        }
    }
}

static void put_fraction_digit(pei_sink *sink, const layout *l, char placeholder, int index)
{
    if (index <= l->fraction_last || placeholder == '0')
        pei_sink_char(sink, l->fraction[index]);
    else if (placeholder == '?')
        pei_sink_char(sink, ' ');
}

static void put_exponent(pei_sink *sink, const pei_token *t, int exponent)
{
    pei_sink_char(sink, 'E');
    if (exponent < 0)
        pei_sink_char(sink, '-');
    else if (t->c == '+')
        pei_sink_char(sink, '+');
    sink_integer(sink, exponent < 0 ? -exponent : exponent, t->count);
}

/* The mantissa and exponent of a scientific section: the exponent is a multiple of the mantissa's
 * integer placeholders. */
static int scientific_exponent(const pei_section *s, const char *digits, int count, int *exponent)
{
    if (digits[0] == '0') return 0;
    int step = s->integer_places > 1 ? s->integer_places : 1;
    for (int pass = 0;; pass++) {
        int down = *exponent >= 0 ? *exponent / step : -((-*exponent + step - 1) / step);
        int power = down * step;
        if (s->integer_places == 0) power = *exponent + 1;
        int mantissa = *exponent - power, rounded = mantissa;
        char d[24];
        memcpy(d, digits, (size_t)count + 1);
        pei_decimal_round(d, count, mantissa + 1 + s->fraction_places, &rounded);
        if (pass > 0 || rounded == mantissa || rounded < step) {
            *exponent = mantissa;
            return power;
        }
        *exponent += 1; /* 9.99 rounded up to 10.0: one power more */
    }
}

static void put_general(pei_sink *sink, double magnitude, bool calc)
{
    char text[PEI_NUMBER_TEXT_BYTES];
    int n = calc ? pei_calc_number_text(magnitude, text) : pei_general_text(magnitude, text);
    pei_sink_bytes(sink, text, (size_t)n);
}

/* Calc shows no point where no digit follows it. */
static bool is_bare_point(const pei_section *s, int point, const layout *l)
{
    if (!s->calc || l->fraction_last >= 0) return false;
    for (int i = point + 1; i < s->count; i++)
        if (s->tokens[i].kind == PEI_TOKEN_DIGIT && s->tokens[i].c != '#') return false;
    return true;
}

/* Renders a section without dates. `minus`: a sign is wanted unless everything shown is zero. */
static void render_number(pei_sink *sink, const pei_section *s, double magnitude, bool minus)
{
    char digits[24];
    int exponent, count = pei_decimal_digits(magnitude, 15, digits, &exponent), power = 0;
    layout l;
    if (digits[0] != '0') exponent += 2 * s->percents - 3 * s->scale_commas;
    if (s->scientific) {
        int shifted = exponent;
        power = scientific_exponent(s, digits, count, &shifted);
        if (shifted != exponent - power) /* carried: 9.99 shown as 1.00 one power up */
            digits[0] = '1', digits[1] = '\0', count = 1, shifted = 0;
        exponent = shifted;
    }
    lay_out(&l, digits, count, exponent, s->fraction_places);
    bool shown_zero = s->digit_places > 0 && l.integer_count == 0 && l.fraction_last < 0;
    if (minus && !shown_zero) pei_sink_char(sink, '-');
    int integers = 0, fractions = 0;
    for (int i = 0; i < s->count; i++) {
        const pei_token *t = &s->tokens[i];
        switch (t->kind) {
        case PEI_TOKEN_DIGIT:
            if (integers < s->integer_places) {
                put_integer(sink, &l, s->thousands, t->c, s->integer_places - 1 - integers,
                            integers == 0);
                integers++;
            } else if (fractions < s->fraction_places) {
                put_fraction_digit(sink, &l, t->c, fractions++);
            }
            break;
        case PEI_TOKEN_POINT:
            if (s->integer_places == 0) pei_sink_bytes(sink, l.integer, (size_t)l.integer_count);
            if (!is_bare_point(s, i, &l)) pei_sink_char(sink, '.');
            break;
        case PEI_TOKEN_EXPONENT:
            put_exponent(sink, t, power);
            break;
        case PEI_TOKEN_GENERAL:
        case PEI_TOKEN_TEXT:
            put_general(sink, magnitude, s->calc);
            break;
        case PEI_TOKEN_PERCENT:
            pei_sink_char(sink, '%');
            break;
        case PEI_TOKEN_LITERAL:
            pei_sink_bytes(sink, t->text, (size_t)t->count);
            break;
        default:
            break;
        }
    }
}

/* ---- fractions ----------------------------------------------------------------------- */

/* The fraction nearest to x in [0, 1] with a denominator up to `limit`, by the convergents of x and
 * their last intermediate. */
static void nearest_fraction(double x, int64_t limit, int64_t *numerator, int64_t *denominator)
{
    int64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;
    double rest = x;
    for (int k = 0; k < 40; k++) {
        int64_t a = (int64_t)pen_floor(rest);
        if (q1 != 0 && a > (limit - q0) / q1) {
            a = (limit - q0) / q1;
            int64_t p = a * p1 + p0, q = a * q1 + q0;
            double previous = q1 == 0 ? 2 : pen_abs(x - (double)p1 / (double)q1);
            if (q > 0 && pen_abs(x - (double)p / (double)q) < previous) p1 = p, q1 = q;
            break;
        }
        int64_t p2 = a * p1 + p0, q2 = a * q1 + q0;
        p0 = p1, q0 = q1, p1 = p2, q1 = q2;
        rest -= (double)a;
        if (rest < 1e-11 || pen_abs(x - (double)p1 / (double)q1) < 1e-15) break;
        rest = 1 / rest;
        if (rest > 1e15) break;
    }
    *numerator = p1;
    *denominator = q1;
}

static int decimal_width(int64_t value)
{
    int n = 1;
    while (value >= 10) value /= 10, n++;
    return n;
}

static void put_spaces(pei_sink *sink, int count)
{
    while (count-- > 0) pei_sink_char(sink, ' ');
}

typedef struct fraction {
    int64_t whole, above, below;
    bool blank; /* only the whole part is shown */
} fraction;

static fraction fraction_of(const pei_section *s, double magnitude)
{
    fraction f = {0, 0, 1, false};
    double rest = magnitude;
    if (s->whole_places > 0) {
        f.whole = (int64_t)pen_floor(rest);
        rest -= pen_floor(rest);
    }
    double whole = pen_floor(rest);
    if (s->denominator_fixed > 0) {
        f.below = s->denominator_fixed;
        f.above = (int64_t)pen_floor((rest - whole) * (double)f.below + 0.5);
    } else {
        int64_t limit = 1;
        for (int i = 0; i < s->denominator_places && i < 9; i++) limit *= 10;
        nearest_fraction(rest - whole, limit - 1, &f.above, &f.below);
    }
    f.above += (int64_t)whole * f.below;
    if (s->whole_places > 0 && f.above >= f.below) {
        f.whole += 1;
        f.above = 0;
    }
    f.blank = s->whole_places > 0 && f.above == 0;
    return f;
}

/* Renders "# ??/??": whole part, numerator right-aligned before the slash, denominator left-aligned
 * after it. */
static void render_fraction(pei_sink *sink, const pei_section *s, double magnitude, bool minus)
{
    if (magnitude >= 1e15) {
        if (minus) pei_sink_char(sink, '-');
        put_general(sink, magnitude, s->calc);
        return;
    }
    fraction f = fraction_of(s, magnitude);
    char digits[24];
    int exponent, count = pei_decimal_digits((double)f.whole, 15, digits, &exponent), wholes = 0,
                  group = 0;
    layout l;
    lay_out(&l, digits, count, exponent, 0);
    if (f.whole == 0 && f.blank) l.integer[l.integer_count++] = '0';
    if (minus && (f.whole != 0 || f.above != 0)) pei_sink_char(sink, '-');
    for (int i = 0; i < s->count; i++) {
        const pei_token *t = &s->tokens[i];
        if (t->kind == PEI_TOKEN_LITERAL) pei_sink_bytes(sink, t->text, (size_t)t->count);
        if (t->kind == PEI_TOKEN_DIGIT && wholes < s->whole_places) {
            put_integer(sink, &l, s->thousands, t->c, s->whole_places - 1 - wholes, wholes == 0);
            wholes++;
        } else if (t->kind == PEI_TOKEN_DIGIT && i < s->slash && group++ == 0) {
            int pad = s->numerator_places - decimal_width(f.above);
            if (f.blank)
                put_spaces(sink, s->numerator_places);
            else if (t->c == '?')
                put_spaces(sink, pad);
            if (!f.blank) sink_integer(sink, f.above, t->c == '0' ? s->numerator_places : 1);
        } else if (t->kind == PEI_TOKEN_SLASH) {
            pei_sink_char(sink, f.blank ? ' ' : '/');
            int width = s->denominator_fixed > 0 ? decimal_width(f.below) : s->denominator_places;
            if (!f.blank) sink_integer(sink, f.below, 1);
            put_spaces(sink, f.blank ? width : t->c == '?' ? width - decimal_width(f.below) : 0);
        }
    }
}

/* ---- dates and times ----------------------------------------------------------------- */

static const char *const MONTH_NAMES[12] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
static const char *const DAY_NAMES[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday"};

/* A moment split as the section shows it; time in ticks of 10^-digits seconds. */
typedef struct moment {
    int year, month, day, weekday;
    int64_t hour, minute, second, tick;
    int64_t elapsed_second; /* since day 0 */
} moment;

static moment moment_of(const pei_section *s, double magnitude, pei_dates dates)
{
    moment m;
    int64_t scale = 1;
    for (int i = 0; i < s->second_digits && i < 6; i++) scale *= 10;
    double day = pen_floor(magnitude);
    double ticks = (magnitude - day) * 86400.0 * (double)scale;
    /* the last unit is rounded, but not Calc's seconds; minutes and hours are cut */
    bool cut = s->calc && s->elapsed == 0 && s->second_digits == 0;
    int64_t whole = (int64_t)pen_floor(cut ? pe_round_decimal(ticks, 7) : ticks + 0.5);
    if (whole >= 86400 * scale) {
        whole -= 86400 * scale;
        day += 1;
    }
    int64_t seconds = whole / scale;
    m.tick = whole % scale;
    m.elapsed_second = (int64_t)day * 86400 + seconds;
    m.hour = seconds / 3600;
    m.minute = seconds / 60 % 60;
    m.second = seconds % 60;
    if (s->elapsed == 'h') m.hour = m.elapsed_second / 3600;
    if (s->elapsed == 'm') m.minute = m.elapsed_second / 60;
    if (s->elapsed == 's') m.second = m.elapsed_second;
    if (day >= PEI_SERIAL_END(dates)) day = 0; /* only elapsed time gets here */
    pei_date_parts(day, dates, &m.year, &m.month, &m.day);
    m.weekday = pei_weekday(day, dates);
    return m;
}

static void put_name(pei_sink *sink, const char *name, int letters)
{
    pei_sink_bytes(sink, name, letters > 0 ? (size_t)letters : strlen(name));
}

static void put_half_day(pei_sink *sink, const pei_token *t, bool afternoon)
{
    if (t->count > 1)
        pei_sink_bytes(sink, afternoon ? "PM" : "AM", 2);
    else if (t->c == 'a')
        pei_sink_char(sink, afternoon ? 'p' : 'a');
    else
        pei_sink_char(sink, afternoon ? 'P' : 'A');
}

static void put_date_token(pei_sink *sink, const pei_section *s, const pei_token *t,
                           const moment *m)
{
    switch (t->kind) {
    case PEI_TOKEN_YEAR:
        sink_integer(sink, t->count <= 2 ? m->year % 100 : m->year, t->count <= 2 ? 2 : 4);
        break;
    case PEI_TOKEN_BUDDHIST:
        sink_integer(sink, t->count <= 2 ? (m->year + 543) % 100 : m->year + 543,
                     t->count <= 2 ? 2 : 4);
        break;
    case PEI_TOKEN_MONTH:
        if (t->count <= 2)
            sink_integer(sink, m->month, t->count);
        else
            put_name(sink, MONTH_NAMES[m->month - 1], t->count == 3 ? 3 : t->count == 5 ? 1 : 0);
        break;
    case PEI_TOKEN_DAY:
        if (t->count <= 2)
            sink_integer(sink, m->day, t->count);
        else
            put_name(sink, DAY_NAMES[m->weekday], t->count == 3 ? 3 : 0);
        break;
    case PEI_TOKEN_HOUR:
        sink_integer(sink, s->half_day && s->elapsed != 'h' ? (m->hour + 11) % 12 + 1 : m->hour,
                     t->count);
        break;
    case PEI_TOKEN_MINUTE:
        sink_integer(sink, m->minute, t->count);
        break;
    case PEI_TOKEN_SECOND:
        sink_integer(sink, m->second, t->count);
        break;
    case PEI_TOKEN_SECOND_FRACTION:
        pei_sink_char(sink, '.');
        sink_integer(sink, m->tick, t->count);
        break;
    case PEI_TOKEN_HALF_DAY:
        put_half_day(sink, t, m->elapsed_second % 86400 >= 43200);
        break;
    case PEI_TOKEN_LITERAL:
        pei_sink_bytes(sink, t->text, (size_t)t->count);
        break;
    default:
        break;
    }
}

static bool render_date(pei_sink *sink, const pei_section *s, double value, pei_dates dates)
{
    bool lone_elapsed = s->elapsed != 0 && s->date_places == 1 && s->second_digits == 0;
    if (value < 0 && dates == PEI_DATES_1900 && !lone_elapsed) return false;
    double magnitude = pen_abs(value);
    if (magnitude >= PEI_SERIAL_END(dates) && (!lone_elapsed || magnitude > 1e11)) return false;
    bool backwards = s->calc && s->elapsed == 0; /* Calc's days go on before day 0 */
    moment m = moment_of(s, backwards ? value : magnitude, dates);
    if (value < 0 && !backwards) pei_sink_char(sink, '-');
    for (int i = 0; i < s->count; i++) put_date_token(sink, s, &s->tokens[i], &m);
    return true;
}

/* ---- choosing the section ------------------------------------------------------------ */

static bool condition_holds(const pei_section *s, double x)
{
    switch (s->condition) {
    case PEI_CONDITION_EQ:
        return x == s->operand;
    case PEI_CONDITION_NE:
        return x != s->operand;
    case PEI_CONDITION_LT:
        return x < s->operand;
    case PEI_CONDITION_LE:
        return x <= s->operand;
    case PEI_CONDITION_GT:
        return x > s->operand;
    case PEI_CONDITION_GE:
        return x >= s->operand;
    default:
        return true;
    }
}

/* Gives the sections without a condition of their own Excel's defaults. */
static void default_conditions(pei_section *sections, int count)
{
    if (count >= 2 && sections[0].condition == PEI_CONDITION_NONE) {
        bool strict = count >= 3 || sections[1].condition != PEI_CONDITION_NONE;
        sections[0].condition = strict ? PEI_CONDITION_GT : PEI_CONDITION_GE;
        sections[0].operand = 0;
    }
    if (count >= 3 && sections[1].condition == PEI_CONDITION_NONE) {
        sections[1].condition = PEI_CONDITION_LT;
        sections[1].operand = 0;
    }
}

/* Whether section `index` never sees a number >= 0: it then writes its own sign. */
static bool only_negative(const pei_section *sections, int index)
{
    const pei_section *s = &sections[index];
    if (s->condition == PEI_CONDITION_LT && s->operand <= 0) return true;
    if ((s->condition == PEI_CONDITION_LE || s->condition == PEI_CONDITION_EQ) && s->operand < 0)
        return true;
    const pei_section *first = &sections[0];
    return index == 1 && s->condition == PEI_CONDITION_NONE && first->operand <= 0 &&
           (first->condition == PEI_CONDITION_GE || first->condition == PEI_CONDITION_GT);
}

static void format_text(const pei_format *f, const char *bytes, size_t length, pei_sink *sink)
{
    if (f->text_section < 0) {
        pei_sink_bytes(sink, bytes, length);
        return;
    }
    const pei_section *s = &f->sections[f->text_section];
    for (int i = 0; i < s->count; i++) {
        const pei_token *t = &s->tokens[i];
        if (t->kind == PEI_TOKEN_TEXT || t->kind == PEI_TOKEN_GENERAL)
            pei_sink_bytes(sink, bytes, length);
        else if (t->kind == PEI_TOKEN_LITERAL)
            pei_sink_bytes(sink, t->text, (size_t)t->count);
    }
}

static bool format_number(const pei_format *f, double value, pei_dates dates, pei_sink *sink)
{
    int chosen = -1;
    if (f->number_count == 0) { /* "-@-": a number as text */
        char text[PEI_NUMBER_TEXT_BYTES];
        int n = pei_general_text(value, text);
        format_text(f, text, (size_t)n, sink);
        return true;
    }
    for (int i = 0; i < f->number_count && chosen < 0; i++)
        if (condition_holds(&f->sections[i], value)) chosen = i;
    if (chosen < 0) {
        if (value < 0) pei_sink_char(sink, '-');
        put_general(sink, pen_abs(value), f->sections[0].calc);
        return true;
    }
    const pei_section *s = &f->sections[chosen];
    bool own_sign = only_negative(f->sections, chosen);
    if (s->date_places > 0) return render_date(sink, s, own_sign ? pen_abs(value) : value, dates);
    bool minus = value < 0 && !own_sign;
    if (s->slash >= 0)
        render_fraction(sink, s, pen_abs(value), minus);
    else
        render_number(sink, s, pen_abs(value), minus);
    return true;
}

static bool read_format(const char *format, size_t length, bool calc, pei_format *f)
{
    if (!pei_format_parse(format, length, calc, f)) return false;
    default_conditions(f->sections, f->number_count);
    return true;
}

size_t pe_format_number(double value, const char *format, bool date1904, char *out, size_t size)
{
    pei_sink sink = {out, size, 0};
    pei_format f;
    bool done = pen_is_finite(value) && read_format(format, strlen(format), false, &f) &&
                format_number(&f, value == 0 ? 0 : value,
                              date1904 ? PEI_DATES_1904 : PEI_DATES_1900, &sink);
    if (!done) {
        sink.length = 0;
        if (value < 0) pei_sink_char(&sink, '-');
        put_general(&sink, pen_is_finite(value) ? pen_abs(value) : 0, false);
    }
    size_t length = size == 0 ? 0 : sink.length < size ? sink.length : size - 1;
    if (size > 0) out[length] = '\0';
    return length;
}

static bool format_scalar(pe_call *call, const pei_format *f, pe_value value, pei_sink *sink)
{
    sink->length = 0;
    if (pe_is(value, PE_KIND_BOOLEAN)) {
        const char *name = pe_as_boolean(value) ? "TRUE" : "FALSE";
        format_text(f, name, strlen(name), sink);
        return true;
    }
    if (pe_is(value, PE_KIND_TEXT)) {
        const pe_text *t = pe_as_text(value);
        double x;
        if (!pei_parse_number(t->bytes, t->length, pei_dates_of(call), call->now, &x)) {
            format_text(f, t->bytes, t->length, sink);
            return true;
        }
        value = pe_number(x);
    }
    double x = pe_is_number(value) ? pe_as_number(value) : 0;
    return pen_is_finite(x) && format_number(f, x == 0 ? 0 : x, pei_dates_of(call), sink);
}

pe_value pe_format_value(pe_call *call, pe_value value, const char *format, size_t length)
{
    pei_format f;
    char small[512];
    pei_sink sink = {small, sizeof small, 0};
    if (pe_is_error(value)) return value;
    value = pe_to_scalar(call, value);
    if (pe_is_error(value)) return value;
    if (pe_kind_of(value) >= PE_KIND_ARRAY) return pe_error(PE_ERROR_VALUE);
    if (!read_format(format, length, call->calc != NULL, &f) ||
        !format_scalar(call, &f, value, &sink))
        return pe_error(PE_ERROR_VALUE);
    if (sink.length < sizeof small) return pe_make_text(call, small, sink.length);
    if (sink.length > PE_TEXT_BYTES_MAX) return pe_error(PE_ERROR_VALUE);
    sink.size = sink.length + 1;
    sink.out = pe_arena_push_raw(call->arena, sink.size, 1);
    if (sink.out == NULL) return pe_error(PE_ERROR_NUM);
    format_scalar(call, &f, value, &sink);
    return pe_make_text(call, sink.out, sink.length);
}
