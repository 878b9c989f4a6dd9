/* functions_text.c: taking texts apart and putting them together. Texts are UTF-8; every position
 * and length that a formula sees counts UTF-16 units, as Excel does. */
#include "functions_textbuild.h"
#include "functions_pattern.h"

#include <utf8proc.h>

/* ---- building ------------------------------------------------------------------------ */

pei_builder pei_builder_new(pe_call *call)
{
    pei_builder b = {call, NULL, 0, 0, false};
    return b;
}

void pei_builder_add(pei_builder *b, const char *bytes, size_t length)
{
    if (b->failed || length == 0) return;
    if (b->length + length > PE_TEXT_BYTES_MAX) {
        b->failed = true;
        return;
    }
    if (b->length + length > b->capacity) {
        size_t capacity = (b->length + length) * 2 + 64;
        char *grown = pe_arena_push_raw(b->call->arena, capacity, 1);
        if (grown == NULL) {
            b->failed = true;
            return;
        }
        if (b->length > 0) memcpy(grown, b->bytes, b->length);
        b->bytes = grown;
        b->capacity = capacity;
    }
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

void pei_builder_code(pei_builder *b, uint32_t code_point)
{
    char utf8[4];
    pei_builder_add(b, utf8, pe_utf8_put(utf8, code_point));
}

void pei_builder_text(pei_builder *b, const pe_text *text)
{
    pei_builder_add(b, text->bytes, text->length);
}

pe_value pei_builder_value(pei_builder *b)
{
    if (b->failed) return pe_error(PE_ERROR_VALUE);
    return pe_make_text(b->call, b->length > 0 ? b->bytes : "", b->length);
}

size_t pei_unit_offset(const pe_call *call, const pe_text *text, double units)
{
    const double wide = call->calc != NULL ? 1 : 2;
    size_t at = 0;
    double seen = 0;
    while (at < text->length && seen < units) {
        unsigned char c = (unsigned char)text->bytes[at++];
        while (at < text->length && ((unsigned char)text->bytes[at] & 0xC0u) == 0x80u) at++;
        seen += c >= 0xF0u ? wide : 1;
    }
    return at;
}

const pe_text *pei_arg_text(const pe_value *args, int n, int index)
{
    static const pe_text empty = {0};
    return index < n && pe_is(args[index], PE_KIND_TEXT) ? pe_as_text(args[index]) : &empty;
}

double pei_arg_whole(const pe_value *args, int n, int index, double otherwise)
{
    if (index >= n) return otherwise;
    return pen_trunc(pe_arg_number(args, n, index, 0));
}

/* The characters of bytes: UTF-16 units, and to Calc whole ones. */
static double unit_count(const pe_call *call, const char *bytes, size_t length)
{
    size_t count = pei_utf16_length(bytes, length);
    for (size_t i = 0; i < length && call->calc != NULL; i++)
        count -= (unsigned char)bytes[i] >= 0xF0u;
    return (double)count;
}

static double unit_length(const pe_call *call, const pe_text *text)
{
    return unit_count(call, text->bytes, text->length);
}

/* ---- lengths and parts --------------------------------------------------------------- */

pe_value pei_fn_len(pe_call *call, const pe_value *args, int n)
{
    return pe_number(unit_length(call, pei_arg_text(args, n, 0)));
}

pe_value pei_fn_left(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double count = pei_arg_whole(args, n, 1, 1);
    if (count < 0) return pe_error(PE_ERROR_VALUE);
    return pe_make_text(call, text->bytes, pei_unit_offset(call, text, count));
}

pe_value pei_fn_right(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double count = pei_arg_whole(args, n, 1, 1);
    if (count < 0) return pe_error(PE_ERROR_VALUE);
    size_t from = pei_unit_offset(call, text, unit_length(call, text) - count);
    return pe_make_text(call, text->bytes + from, text->length - from);
}

pe_value pei_fn_mid(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double start = pei_arg_whole(args, n, 1, 0), count = pei_arg_whole(args, n, 2, 0);
    if (start < 1 || count < 0) return pe_error(PE_ERROR_VALUE);
    size_t from = pei_unit_offset(call, text, start - 1),
           to = pei_unit_offset(call, text, start - 1 + count);
    return pe_make_text(call, text->bytes + from, to - from);
}

pe_value pei_fn_replace(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double start = pei_arg_whole(args, n, 1, 0), count = pei_arg_whole(args, n, 2, 0);
    if (start < 1 || count < 0) return pe_error(PE_ERROR_VALUE);
    size_t from = pei_unit_offset(call, text, start - 1),
           to = pei_unit_offset(call, text, start - 1 + count);
    pei_builder b = pei_builder_new(call);
    pei_builder_add(&b, text->bytes, from);
    pei_builder_text(&b, pei_arg_text(args, n, 3));
    pei_builder_add(&b, text->bytes + to, text->length - to);
    return pei_builder_value(&b);
}

static const char *find_bytes(const pe_text *text, size_t from, const pe_text *what)
{
    if (what->length > text->length - from) return NULL;
    return pe_bytes_find(text->bytes + from, text->length - from, what->bytes, what->length);
}

pe_value pei_fn_substitute(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0), *old = pei_arg_text(args, n, 1);
    const pe_text *replacement = pei_arg_text(args, n, 2);
    double wanted = n > 3 ? pei_arg_whole(args, n, 3, 0) : 0, seen = 0;
    if (n > 3 && wanted < 1) return pe_error(PE_ERROR_VALUE);
    if (old->length == 0) return args[0];
    pei_builder b = pei_builder_new(call);
    size_t at = 0;
    for (const char *hit; (hit = find_bytes(text, at, old)) != NULL;) {
        size_t where = (size_t)(hit - text->bytes);
        seen++;
        pei_builder_add(&b, text->bytes + at, where - at);
        pei_builder_text(&b, wanted == 0 || seen == wanted ? replacement : old);
        at = where + old->length;
    }
    pei_builder_add(&b, text->bytes + at, text->length - at);
    return pei_builder_value(&b);
}

pe_value pei_fn_rept(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double times = pei_arg_whole(args, n, 1, 0);
    if (times < 0 || times * unit_length(call, text) > PEI_TEXT_UNITS_MAX)
        return pe_error(PE_ERROR_VALUE);
    pei_builder b = pei_builder_new(call);
    for (double i = 0; text->length > 0 && i < times; i++) pei_builder_text(&b, text);
    return pei_builder_value(&b);
}

/* ---- finding ------------------------------------------------------------------------- */

pe_value pei_fn_find(pe_call *call, const pe_value *args, int n)
{
    const pe_text *what = pei_arg_text(args, n, 0), *text = pei_arg_text(args, n, 1);
    double start = pei_arg_whole(args, n, 2, 1);
    if (start < 1 || start > unit_length(call, text) + 1) return pe_error(PE_ERROR_VALUE);
    if (call->calc != NULL && what->length == 0) return pe_error(PE_ERROR_VALUE);
    const char *hit = find_bytes(text, pei_unit_offset(call, text, start - 1), what);
    if (hit == NULL) return pe_error(PE_ERROR_VALUE);
    return pe_number(unit_count(call, text->bytes, (size_t)(hit - text->bytes)) + 1);
}

#define WILD_ONE 0xFFFFFFFEu
#define WILD_ANY 0xFFFFFFFFu

/* The text's code points in lower case; patterns with ? and * as WILD codes and ~ resolved. NULL:
 * out of memory. */
static uint32_t *fold(pe_call *call, const pe_text *text, bool pattern, size_t *count)
{
    uint32_t *codes = pe_arena_push_raw(call->arena, (size_t)text->length + 1, sizeof *codes);
    if (codes == NULL) return NULL;
    size_t at = 0, used = 0;
    while (at < text->length) {
        uint32_t c = pe_utf8_next(text->bytes, text->length, &at);
        char next = at < text->length ? text->bytes[at] : '\0';
        if (pattern && c == '~' && (next == '*' || next == '?' || next == '~')) {
            c = (unsigned char)next;
            at++;
        } else if (pattern && c == '?') {
            c = WILD_ONE;
        } else if (pattern && c == '*') {
            c = WILD_ANY;
        }
        if (c < WILD_ONE) c = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
        codes[used++] = c;
    }
    *count = used;
    return codes;
}

/* Whether the pattern matches a prefix of text[at, count). *hopeless: what follows the first * is
 * not found, so no later start helps. */
static bool match_prefix(const uint32_t *text, size_t count, size_t at, const uint32_t *pattern,
                         size_t length, bool *hopeless)
{
    size_t p = 0, star = SIZE_MAX, resume = 0;
    for (;;) {
        if (p == length) return true;
        if (pattern[p] == WILD_ANY) {
            star = ++p;
            resume = at;
        } else if (at < count && (pattern[p] == WILD_ONE || pattern[p] == text[at])) {
            p++;
            at++;
        } else if (star != SIZE_MAX && resume < count) {
            at = ++resume;
            p = star;
        } else {
            *hopeless = star != SIZE_MAX;
            return false;
        }
    }
}

/* Calc with regular expressions on. */
static pe_value search_expression(pe_call *call, const pe_value *args, int n, double start)
{
    const pe_text *within = pei_arg_text(args, n, 1);
    size_t from, end;
    const pei_pattern *pattern = pei_pattern_part(call, pei_arg_text(args, n, 0));
    if (pattern == NULL ||
        !pei_pattern_find(pattern, within, pei_unit_offset(call, within, start - 1), &from, &end))
        return pe_error(PE_ERROR_VALUE);
    return pe_number(unit_count(call, within->bytes, from) + 1);
}

pe_value pei_fn_search(pe_call *call, const pe_value *args, int n)
{
    const pe_text *within = pei_arg_text(args, n, 1);
    double start = pei_arg_whole(args, n, 2, 1), units = 1;
    if (start < 1 || start > unit_length(call, within)) return pe_error(PE_ERROR_VALUE);
    size_t length = 0, count = 0;
    const pe_calc_options *calc = call->calc;
    if (calc != NULL && pei_arg_text(args, n, 0)->length == 0) return pe_error(PE_ERROR_VALUE);
    if (calc != NULL && calc->regex) return search_expression(call, args, n, start);
    bool wild = calc == NULL || calc->wildcards;
    const uint32_t *pattern = fold(call, pei_arg_text(args, n, 0), wild, &length);
    const uint32_t *text = fold(call, within, false, &count);
    if (pattern == NULL || text == NULL) return pe_error(PE_ERROR_NUM);
    bool hopeless = false;
    for (size_t at = 0; at <= count && !hopeless; at++) {
        if (units >= start && match_prefix(text, count, at, pattern, length, &hopeless))
            return pe_number(units);
        if (at < count) units += text[at] > 0xFFFF && calc == NULL ? 2 : 1;
    }
    return pe_error(PE_ERROR_VALUE);
}

pe_value pei_fn_exact(pe_call *call, const pe_value *args, int n)
{
    const pe_text *a = pei_arg_text(args, n, 0), *b = pei_arg_text(args, n, 1);
    PE_UNUSED(call);
    return pe_boolean(a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* ---- characters ---------------------------------------------------------------------- */

pe_value pei_fn_trim(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    pei_builder b = pei_builder_new(call);
    bool pending = false;
    for (size_t i = 0; i < text->length; i++) {
        if (text->bytes[i] == ' ') {
            pending = b.length > 0;
            continue;
        }
        if (pending) pei_builder_add(&b, " ", 1);
        pending = false;
        pei_builder_add(&b, text->bytes + i, 1);
    }
    return pei_builder_value(&b);
}

pe_value pei_fn_clean(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    pei_builder b = pei_builder_new(call);
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->bytes[i] >= 32) pei_builder_add(&b, text->bytes + i, 1);
    return pei_builder_value(&b);
}

typedef enum letter_case { TO_UPPER, TO_LOWER, TO_PROPER } letter_case;

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static pe_value change_case(pe_call *call, const pe_text *text, letter_case wanted)
{
    pei_builder b = pei_builder_new(call);
    bool in_word = false;
    for (size_t at = 0; at < text->length;) {
        uint32_t c = pe_utf8_next(text->bytes, text->length, &at);
        bool upper = wanted == TO_UPPER || (wanted == TO_PROPER && !in_word);
        utf8proc_int32_t code = (utf8proc_int32_t)c;
        in_word = wanted == TO_PROPER && is_letter(c);
        pei_builder_code(&b, (uint32_t)(upper ? utf8proc_toupper(code) : utf8proc_tolower(code)));
    }
    return pei_builder_value(&b);
}

pe_value pei_fn_upper(pe_call *call, const pe_value *args, int n)
{
    return change_case(call, pei_arg_text(args, n, 0), TO_UPPER);
}

pe_value pei_fn_lower(pe_call *call, const pe_value *args, int n)
{
    return change_case(call, pei_arg_text(args, n, 0), TO_LOWER);
}

pe_value pei_fn_proper(pe_call *call, const pe_value *args, int n)
{
    return change_case(call, pei_arg_text(args, n, 0), TO_PROPER);
}

/* Windows-1252, bytes 0x80 to 0x9F; 0 where undefined. */
static const uint16_t WINDOWS_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

pe_value pei_fn_char(pe_call *call, const pe_value *args, int n)
{
    double x = pei_arg_whole(args, n, 0, 0);
    char utf8[4];
    if (!(x >= 1 && x <= 255)) return pe_error(PE_ERROR_VALUE);
    uint32_t c = (uint32_t)x;
    if (c >= 0x80 && c < 0xA0 && WINDOWS_1252[c - 0x80] != 0) c = WINDOWS_1252[c - 0x80];
    return pe_make_text(call, utf8, pe_utf8_put(utf8, c));
}

pe_value pei_fn_code(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    size_t at = 0;
    if (text->length == 0) return call->calc != NULL ? pe_number(0) : pe_error(PE_ERROR_VALUE);
    uint32_t c = pe_utf8_next(text->bytes, text->length, &at);
    for (int i = 0; i < 32; i++)
        if (WINDOWS_1252[i] == c) return pe_number(0x80 + i);
    return pe_number(c <= 0xFF ? c : 63); /* ? for what the code page lacks */
}

pe_value pei_fn_unichar(pe_call *call, const pe_value *args, int n)
{
    double x = pei_arg_whole(args, n, 0, 0);
    char utf8[4];
    if (!(x >= 1 && x <= 0x10FFFF)) return pe_error(PE_ERROR_VALUE);
    uint32_t c = (uint32_t)x;
    if ((c >= 0xD800 && c <= 0xDFFF) || (c & 0xFFFE) == 0xFFFE) return pe_error(PE_ERROR_NA);
    return pe_make_text(call, utf8, pe_utf8_put(utf8, c));
}

pe_value pei_fn_unicode(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    size_t at = 0;
    PE_UNUSED(call);
    if (text->length == 0) return pe_error(PE_ERROR_VALUE);
    return pe_number(pe_utf8_next(text->bytes, text->length, &at));
}

/* Full width U+FF01 ... U+FF5E and the ideographic space against ASCII. */
static pe_value change_width(pe_call *call, const pe_text *text, bool to_half)
{
    pei_builder b = pei_builder_new(call);
    for (size_t at = 0; at < text->length;) {
        uint32_t c = pe_utf8_next(text->bytes, text->length, &at);
        if (to_half && c >= 0xFF01 && c <= 0xFF5E)
            c -= 0xFEE0;
        else if (!to_half && c >= 0x21 && c <= 0x7E)
            c += 0xFEE0;
        else if (c == (to_half ? 0x3000u : 0x20u))
            c = to_half ? 0x20 : 0x3000;
        pei_builder_code(&b, c);
    }
    return pei_builder_value(&b);
}

pe_value pei_fn_asc(pe_call *call, const pe_value *args, int n)
{
    return change_width(call, pei_arg_text(args, n, 0), true);
}

pe_value pei_fn_dbcs(pe_call *call, const pe_value *args, int n)
{
    return change_width(call, pei_arg_text(args, n, 0), false);
}

pe_value pei_fn_encodeurl(pe_call *call, const pe_value *args, int n)
{
    static const char hex[] = "0123456789ABCDEF";
    const pe_text *text = pei_arg_text(args, n, 0);
    pei_builder b = pei_builder_new(call);
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        plain = plain || (c != 0 && strchr(call->calc != NULL ? "-_" : "-_.~", c) != NULL);
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
        pei_builder_add(&b, plain ? text->bytes + i : escaped, plain ? 1 : 3);
    }
    return pei_builder_value(&b);
}

pe_value pei_fn_hyperlink(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    if (n < 2) return args[0];
    bool empty = pe_is(args[1], PE_KIND_OMITTED) || pe_is(args[1], PE_KIND_BLANK);
    return empty ? pe_number(0) : args[1];
}

pe_value pei_fn_t(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pe_value v = pe_to_scalar(call, args[0]);
    return pe_is(v, PE_KIND_TEXT) || pe_is_error(v) ? v : pe_make_text(call, "", 0);
}
