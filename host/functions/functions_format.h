/* functions_format.h: a parsed number format, shared by its parser and its renderer. */
#ifndef PE_FUNCTIONS_FORMAT_H
#define PE_FUNCTIONS_FORMAT_H

#include "functions_internal.h"

#define PEI_FORMAT_TOKENS_MAX 260 /* Excel: a format has 255 characters */

typedef enum pei_token_kind {
    PEI_TOKEN_LITERAL, /* text[0, count) */
    PEI_TOKEN_DIGIT,   /* c: 0 # ? */
    PEI_TOKEN_POINT,
    PEI_TOKEN_PERCENT,
    PEI_TOKEN_EXPONENT, /* c: + or -; count: digits */
    PEI_TOKEN_SLASH,    /* of a fraction; c: the denominator's placeholder */
    PEI_TOKEN_TEXT,     /* @ */
    PEI_TOKEN_GENERAL,
    PEI_TOKEN_YEAR, /* count: letters, here and below */
    PEI_TOKEN_BUDDHIST,
    PEI_TOKEN_MONTH,
    PEI_TOKEN_DAY,
    PEI_TOKEN_HOUR,
    PEI_TOKEN_MINUTE,
    PEI_TOKEN_SECOND,
    PEI_TOKEN_SECOND_FRACTION, /* count: digits */
    PEI_TOKEN_HALF_DAY,        /* count 1: A/P in the case of c; 2: AM/PM */
} pei_token_kind;

typedef struct pei_token {
    pei_token_kind kind;
    char c;
    int count;
    const char *text; /* in the format's own text */
} pei_token;

typedef enum pei_condition {
    PEI_CONDITION_NONE,
    PEI_CONDITION_EQ,
    PEI_CONDITION_NE,
    PEI_CONDITION_LT,
    PEI_CONDITION_LE,
    PEI_CONDITION_GT,
    PEI_CONDITION_GE,
} pei_condition;

typedef struct pei_section {
    pei_token *tokens; /* in the format's pool */
    int count;
    pei_condition condition;
    double operand;
    int digit_places, integer_places, fraction_places;
    int percents, scale_commas;
    bool thousands, scientific;
    int slash; /* token index, -1: no fraction */
    int whole_places, numerator_places, denominator_places, denominator_fixed;
    int date_places; /* date and time tokens */
    char elapsed;    /* h, m, s or 0 */
    bool half_day;
    int second_digits; /* of fractional seconds */
    bool has_text, has_general;
    bool calc; /* Calc's format code, which differs in details */
} pei_section;

typedef struct pei_format {
    pei_section sections[4];
    int number_count; /* the first so many sections are for numbers */
    int text_section; /* -1: none */
    pei_token pool[PEI_FORMAT_TOKENS_MAX];
    int pool_used;
} pei_format;

/* Counts all bytes, writes what fits (never the last byte of out). */
typedef struct pei_sink {
    char *out;
    size_t size, length;
} pei_sink;

void pei_sink_bytes(pei_sink *sink, const char *bytes, size_t count);
void pei_sink_char(pei_sink *sink, char c);

/* False: not a format that Excel (or calc: Calc) takes. The tokens point into text, which must
 * outlive the format. */
bool pei_format_parse(const char *text, size_t length, bool calc, pei_format *format);

#endif
