/* functions_textnumber.c: numbers to texts and back: TEXT, VALUE, NUMBERVALUE, FIXED, DOLLAR,
 * BAHTTEXT. Rounding is decimal, on the 15 digits that Excel shows. */
#include "functions_textbuild.h"

pe_value pei_fn_text(pe_call *call, const pe_value *args, int n)
{
    const pe_text *format = pei_arg_text(args, n, 1);
    return pe_format_value(call, args[0], format->bytes, format->length);
}

pe_value pei_fn_value(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    if (pe_is(args[0], PE_KIND_BOOLEAN)) return pe_error(PE_ERROR_VALUE);
    return pe_to_number(call, args[0]);
}

/* Copies the text without spaces and group separators, the decimal separator as '.'; false: a
 * separator out of place. */
static bool plain_decimal(const pe_text *text, uint32_t decimal, uint32_t group, pei_builder *out)
{
    bool point = false;
    for (size_t at = 0; at < text->length;) {
        uint32_t c = pe_utf8_next(text->bytes, text->length, &at);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
        if (c == decimal) {
            if (point) return false;
            point = true;
            c = '.';
        } else if (c == group) {
            if (point) return false;
            continue;
        } else if (c == '.' || c == ',') {
            return false;
        }
        pei_builder_code(out, c);
    }
    return true;
}

static uint32_t first_code(const pe_text *text)
{
    size_t at = 0;
    return text->length > 0 ? pe_utf8_next(text->bytes, text->length, &at) : 0;
}

pe_value pei_fn_numbervalue(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    uint32_t decimal = n > 1 ? first_code(pei_arg_text(args, n, 1)) : '.';
    uint32_t group = n > 2 ? first_code(pei_arg_text(args, n, 2)) : decimal == ',' ? '.' : ',';
    pei_builder b = pei_builder_new(call);
    if (decimal == 0 || (n > 2 && group == 0) || group == decimal) return pe_error(PE_ERROR_VALUE);
    if (!plain_decimal(text, decimal, group, &b) || b.failed) return pe_error(PE_ERROR_VALUE);
    if (call->calc != NULL && b.length == 0) return pe_error(PE_ERROR_VALUE);
    double percents = 0, x = 0;
    while (b.length > 0 && b.bytes[b.length - 1] == '%') {
        b.length--;
        percents++;
    }
    if (b.length == 0) return percents > 0 ? pe_error(PE_ERROR_VALUE) : pe_number(0);
    if (!pei_parse_number(b.bytes, b.length, pei_dates_of(call), call->now, &x))
        return pe_error(PE_ERROR_VALUE);
    for (; percents > 0 && x != 0; percents--) x /= 100;
    return pe_number_checked(x);
}

/* |x| rounded half up at `decimals` places of its 15 digits. */
static double round_decimal(double x, int decimals)
{
    char digits[24], text[48];
    int exponent, count = pei_decimal_digits(x, 15, digits, &exponent), n = 0;
    size_t used;
    count = pei_decimal_round(digits, count, exponent + 1 + decimals, &exponent);
    for (int i = 0; i < count; i++) {
        if (i == 1) text[n++] = '.';
        text[n++] = digits[i];
    }
    int e = exponent < 0 ? -exponent : exponent;
    text[n++] = 'e';
    if (exponent < 0) text[n++] = '-';
    text[n++] = (char)('0' + e / 100);
    text[n++] = (char)('0' + e / 10 % 10);
    text[n++] = (char)('0' + e % 10);
    return pe_decimal_parse(text, (size_t)n, &used);
}

#define DECIMALS_MAX 127 /* Excel's own, of FIXED and DOLLAR */

/* The text of |x| with thousands and `decimals` places between prefix and suffix. */
static pe_value fixed_text(pe_call *call, double x, int decimals, bool grouped, const char *prefix,
                           const char *suffix)
{
    char format[DECIMALS_MAX + 16], text[600];
    double magnitude = decimals < 0 ? round_decimal(pen_abs(x), decimals) : pen_abs(x);
    size_t n = grouped ? 5 : 1;
    memcpy(format, grouped ? "#,##0" : "0", n);
    if (decimals > 0) {
        format[n++] = '.';
        memset(format + n, '0', (size_t)decimals);
        n += (size_t)decimals;
    }
    format[n] = '\0';
    pei_builder b = pei_builder_new(call);
    pei_builder_add(&b, prefix, strlen(prefix));
    pei_builder_add(&b, text, pe_format_number(magnitude, format, false, text, sizeof text));
    pei_builder_add(&b, suffix, strlen(suffix));
    return pei_builder_value(&b);
}

pe_value pei_fn_fixed(pe_call *call, const pe_value *args, int n)
{
    double x = pe_arg_number(args, n, 0, 0), decimals = pei_arg_whole(args, n, 1, 2);
    if (!(pen_abs(decimals) <= DECIMALS_MAX)) return pe_error(PE_ERROR_VALUE);
    bool grouped = !pe_arg_boolean(args, n, 2, false);
    bool minus = x < 0 && round_decimal(pen_abs(x), (int)decimals) != 0;
    return fixed_text(call, x, (int)decimals, grouped, minus ? "-" : "", "");
}

pe_value pei_fn_dollar(pe_call *call, const pe_value *args, int n)
{
    double x = pe_arg_number(args, n, 0, 0), decimals = pei_arg_whole(args, n, 1, 2);
    if (!(pen_abs(decimals) <= DECIMALS_MAX)) return pe_error(PE_ERROR_VALUE);
    if (call->calc != NULL) return fixed_text(call, x, (int)decimals, true, x < 0 ? "-$" : "$", "");
    return fixed_text(call, x, (int)decimals, true, x < 0 ? "($" : "$", x < 0 ? ")" : "");
}

/* ---- BAHTTEXT ------------------------------------------------------------------------ */

static void add_words(pei_builder *b, const char *words)
{
    pei_builder_add(b, words, strlen(words));
}

/* A whole number below 10^6 in Thai words: 1 after a higher place is "et", 2 in the tens "yi". */
static void add_thai_group(pei_builder *b, int64_t value)
{
    static const char *const digits[10] = {"",   "หนึ่ง", "สอง", "สาม", "สี่",
                                           "ห้า", "หก",  "เจ็ด", "แปด", "เก้า"};
    static const char *const places[6] = {"", "สิบ", "ร้อย", "พัน", "หมื่น", "แสน"};
    int64_t power = 100000;
    for (int place = 5; place >= 0; place--, power /= 10) {
        int digit = (int)(value / power % 10);
        if (digit == 0) continue;
        if (place == 0 && digit == 1 && value > 10)
            add_words(b, "เอ็ด");
        else if (place == 1 && digit == 2)
            add_words(b, "ยี่");
        else if (!(place == 1 && digit == 1))
            add_words(b, digits[digit]);
        add_words(b, places[place]);
    }
}

static void add_thai_number(pei_builder *b, int64_t value)
{
    int64_t millions = value / 1000000;
    int64_t upper = millions / 1000000;
    if (upper > 0) {
        add_thai_group(b, upper);
        add_words(b, "ล้าน");
    }
    if (millions > 0) {
        add_thai_group(b, millions % 1000000);
        add_words(b, "ล้าน");
    }
    add_thai_group(b, value % 1000000);
}

pe_value pei_fn_bahttext(pe_call *call, const pe_value *args, int n)
{
    double x = pe_arg_number(args, n, 0, 0);
    pei_builder b = pei_builder_new(call);
    if (pen_abs(x) >= 1e15) return pe_error(PE_ERROR_VALUE);
    int64_t satang = (int64_t)pen_floor(round_decimal(pen_abs(x), 2) * 100 + 0.5);
    if (x < 0 && satang > 0) add_words(&b, "ลบ");
    if (satang == 0) add_words(&b, "ศูนย์");
    add_thai_number(&b, satang / 100);
    if (satang >= 100 || satang == 0) add_words(&b, "บาท");
    add_thai_group(&b, satang % 100);
    add_words(&b, satang % 100 == 0 ? "ถ้วน" : "สตางค์");
    return pei_builder_value(&b);
}
