/* functions_compare.c: the order that Excel's operators, lookups and sorting give to values:
 * numbers, then text (case-insensitive, punctuation before digits before letters, hyphen and
 * apostrophe only as a last resort), then FALSE, then TRUE. A blank adapts to the other side. */
#include "functions_internal.h"
#include "functions_arithmetic.h"
#include "functions_criterion.h"

#include <utf8proc.h>

/* Printable ASCII in collation order; a character's weight is its position. Letters and digits
 * follow. */
static const char punctuation_order[] = " _,;:!?.\"()[]{}@*/\\&#%`^+<=>|~$";

typedef struct element {
    uint32_t primary;  /* 0: ignored at first */
    uint32_t tertiary; /* the folded code point itself */
} element;

static element ascii_element(unsigned char c)
{
    element e = {0, c};
    if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
    e.tertiary = c;
    if (c >= 'a' && c <= 'z') {
        e.primary = 0x100u + c;
    } else if (c >= '0' && c <= '9') {
        e.primary = 0x80u + c;
    } else if (c != '-' && c != '\'') {
        const char *at = c != 0 ? strchr(punctuation_order, c) : NULL;
        e.primary = at != NULL ? 0x10u + (uint32_t)(at - punctuation_order) : 1u + c % 8;
    }
    return e;
}

static element wide_element(uint32_t code)
{
    utf8proc_int32_t folded[8];
    int bound = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, folded, 8,
                                                 UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &bound);
    uint32_t base = n > 0 && n <= 8 ? (uint32_t)folded[0] : code;
    element e = base < 128 ? ascii_element((unsigned char)base) : (element){0x1000u + base, base};
    e.tertiary = (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
    if (utf8proc_category((utf8proc_int32_t)base) == UTF8PROC_CATEGORY_MN) e.primary = 0;
    return e;
}

static bool next_element(const pe_text *text, size_t *at, element *out)
{
    if (*at >= text->length) return false;
    unsigned char c = (unsigned char)text->bytes[*at];
    if (c < 128) {
        *out = ascii_element(c);
        ++*at;
    } else {
        *out = wide_element(pe_utf8_next(text->bytes, text->length, at));
    }
    return true;
}

static bool next_primary(const pe_text *text, size_t *at, uint32_t *primary)
{
    element e;
    while (next_element(text, at, &e)) {
        if (e.primary != 0) {
            *primary = e.primary;
            return true;
        }
    }
    return false;
}

int pe_compare_text(const pe_text *a, const pe_text *b)
{
    size_t i = 0, j = 0;
    uint32_t x = 0, y = 0;
    if (a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0) return 0;
    for (;;) {
        bool more_a = next_primary(a, &i, &x), more_b = next_primary(b, &j, &y);
        if (!more_a || !more_b) {
            if (more_a != more_b) return more_a ? 1 : -1;
            break;
        }
        if (x != y) return x < y ? -1 : 1;
    }
    element e = {0, 0}, f = {0, 0};
    for (i = j = 0;;) {
        bool more_a = next_element(a, &i, &e), more_b = next_element(b, &j, &f);
        if (!more_a || !more_b) return (int)more_a - (int)more_b;
        if (e.tertiary != f.tertiary) return e.tertiary < f.tertiary ? -1 : 1;
    }
}

bool pei_text_equal(const pe_text *a, const pe_text *b)
{
    uint32_t n = a->length < b->length ? a->length : b->length;
    for (uint32_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a->bytes[i], y = (unsigned char)b->bytes[i];
        if ((x | y) >= 128) return pe_compare_text(a, b) == 0;
        if (x == y) continue;
        unsigned char folded = (unsigned char)(x | 32);
        if (folded != (y | 32) || folded < 'a' || folded > 'z') return false;
    }
    return a->length == b->length;
}

static int rank_of(pe_value v)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return 0;
    case PE_KIND_TEXT:
        return 1;
    case PE_KIND_BOOLEAN:
        return 2;
    default:
        return 3;
    }
}

static bool is_empty(pe_value v)
{
    return pe_is(v, PE_KIND_BLANK) || pe_is(v, PE_KIND_OMITTED);
}

/* A blank becomes what the other side is: 0, FALSE or empty text. */
static int compare_with_blank(pe_value v)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return pe_arith_compare(0.0, pe_as_number(v));
    case PE_KIND_TEXT:
        return pe_as_text(v)->length == 0 ? 0 : -1;
    case PE_KIND_BOOLEAN:
        return pe_as_boolean(v) ? -1 : 0;
    default:
        return 0;
    }
}

/* By letters first, then small before capital; where case does not matter as Excel. */
static int calc_compare_text(const pe_calc_options *calc, const pe_text *a, const pe_text *b)
{
    int order = pe_compare_text(a, b);
    if (order != 0 || !calc->case_sensitive) return order;
    size_t n = a->length < b->length ? a->length : b->length;
    int bytes = memcmp(a->bytes, b->bytes, n);
    if (bytes != 0) return bytes > 0 ? -1 : 1; /* capitals have the smaller bytes */
    return (a->length > b->length) - (a->length < b->length);
}

int pe_calc_compare(const pe_calc_options *calc, pe_value a, pe_value b)
{
    pe_kind x = pe_kind_of(a), y = pe_kind_of(b);
    if (x == PE_KIND_NUMBER && y == PE_KIND_NUMBER) {
        double p = pe_as_number(a), q = pe_as_number(b);
        return pe_calc_less(q, p) - pe_calc_less(p, q);
    }
    if (x == PE_KIND_TEXT && y == PE_KIND_TEXT)
        return calc_compare_text(calc, pe_as_text(a), pe_as_text(b));
    return pe_compare(a, b);
}

int pe_compare(pe_value a, pe_value b)
{
    if (is_empty(a)) return is_empty(b) ? 0 : compare_with_blank(b);
    if (is_empty(b)) return -compare_with_blank(a);
    int x = rank_of(a), y = rank_of(b);
    if (x != y) return x < y ? -1 : 1;
    switch (x) {
    case 0:
        return pe_arith_compare(pe_as_number(a), pe_as_number(b));
    case 1:
        return pe_compare_text(pe_as_text(a), pe_as_text(b));
    case 2:
        return (int)pe_as_boolean(a) - (int)pe_as_boolean(b);
    default:
        return 0;
    }
}
