/* formula_lexer.h: what the two lexers share: the classes of bytes, the state, and the scanners of
 * rows, columns, words and quoted texts. Included by formula_lex.c and formula_lex_calc.c only. */
#ifndef PE_FORMULA_LEXER_H
#define PE_FORMULA_LEXER_H

#include "formula_internal.h"

#include <stdio.h>

enum { CLASS_NONE, CLASS_SPACE, CLASS_DIGIT, CLASS_LETTER, CLASS_WORD, CLASS_INNER };

/* CLASS_WORD may start a name, CLASS_INNER (. and ?) only continue one. */
static const uint8_t class_of[256] = {
    ['\t'] = CLASS_SPACE,
    ['\n'] = CLASS_SPACE,
    ['\r'] = CLASS_SPACE,
    [' '] = CLASS_SPACE,
    ['0'] = CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
    CLASS_DIGIT,
#define ROW13                                                                                      \
    CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER,            \
        CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER, CLASS_LETTER,        \
        CLASS_LETTER
    ['A'] = ROW13,
    ROW13,
    ['a'] = ROW13,
    ROW13,
    ['_'] = CLASS_WORD,
    ['\\'] = CLASS_WORD,
    ['.'] = CLASS_INNER,
    ['?'] = CLASS_INNER,
#define ROW16                                                                                      \
    CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD,            \
        CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD, CLASS_WORD,        \
        CLASS_WORD, CLASS_WORD
    [128] = ROW16,
    ROW16,
    ROW16,
    ROW16,
    ROW16,
    ROW16,
    ROW16,
    ROW16,
};

typedef struct lexer {
    const unsigned char *text; /* not NUL-terminated: at() */
    size_t length, at;
    pe_cell_ref home;
    pei_token *token;
    uint8_t *canon;
    pei_lexed *out;
    pe_diag *diag;
} lexer;

static inline unsigned char byte_at(const lexer *l, size_t at)
{
    return at < l->length ? l->text[at] : 0;
}
static inline pe_status lex_fail(const lexer *l, size_t offset, const char *what)
{
    char where[32];
    snprintf(where, sizeof where, "offset %zu", offset);
    return pe_fail(l->diag, PE_E_SYNTAX, where, "%s", what);
}

/* ---- references ------------------------------------------------------------------------------ */

/* [$]letters at `at`: the column; 0 bytes: none, or beyond XFD. */
static inline size_t scan_column(const lexer *l, size_t at, uint32_t *column, bool *absolute)
{
    size_t start = at;
    *absolute = byte_at(l, at) == '$';
    at += *absolute;
    uint32_t c = 0;
    size_t letters = 0;
    while (class_of[byte_at(l, at)] == CLASS_LETTER && letters < 4) {
        c = c * 26 + ((l->text[at] & 31u));
        at++;
        letters++;
    }
    if (letters == 0 || letters > 3 || c > PE_COLUMNS_MAX) return 0;
    *column = c - 1;
    return at - start;
}

static inline size_t scan_row(const lexer *l, size_t at, uint32_t *row, bool *absolute)
{
    size_t start = at;
    *absolute = byte_at(l, at) == '$';
    at += *absolute;
    uint32_t r = 0;
    size_t digits = 0;
    while (class_of[byte_at(l, at)] == CLASS_DIGIT && digits < 8) {
        r = r * 10 + (l->text[at] - '0');
        at++;
        digits++;
    }
    if (digits == 0 || digits > 7 || r == 0 || r > PE_ROWS_MAX) return 0;
    *row = r - 1;
    return at - start;
}

static inline size_t scan_cell(const lexer *l, size_t at, uint32_t *row, uint32_t *column,
                               unsigned *absolute)
{
    bool column_absolute, row_absolute;
    size_t n = scan_column(l, at, column, &column_absolute);
    if (n == 0) return 0;
    size_t m = scan_row(l, at + n, row, &row_absolute);
    if (m == 0) return 0;
    *absolute =
        (row_absolute ? PEI_ROW1_ABSOLUTE : 0u) | (column_absolute ? PEI_COLUMN1_ABSOLUTE : 0u);
    return n + m;
}

/* A reference ends here only if the text does not go on as a longer name, a call, a sheet or a
 * table. */
static inline bool reference_ends(const lexer *l, size_t at)
{
    unsigned char c = byte_at(l, at);
    return class_of[c] < CLASS_DIGIT && c != '(' && c != '!' && c != '[' && c != '$' && c != '|';
}

static inline void canon_u32(lexer *l, uint32_t v)
{
    memcpy(l->canon, &v, 4);
    l->canon += 4;
}
static inline void canon_u16(lexer *l, uint32_t v)
{
    uint16_t w = (uint16_t)v;
    memcpy(l->canon, &w, 2);
    l->canon += 2;
}
static inline void canon_row(lexer *l, uint32_t row, bool absolute)
{
    canon_u32(l, absolute ? row : row - l->home.row);
}
static inline void canon_column(lexer *l, uint32_t column, bool absolute)
{
    canon_u16(l, absolute ? column : column - l->home.column);
}

static inline void put_reference(lexer *l, pei_token_kind kind, size_t length)
{
    pei_token *t = l->token++;
    t->kind = (uint8_t)kind;
    t->op = 0;
    t->offset = (uint32_t)l->at;
    t->length = (uint32_t)length;
    l->at += length;
    *l->canon++ = (uint8_t)kind; /* below 0x20: no text has it outside strings */
    *l->canon++ = t->absolute;
    if (kind != PEI_T_COLUMNS) canon_row(l, t->row1, t->absolute & PEI_ROW1_ABSOLUTE);
    if (kind != PEI_T_ROWS) canon_column(l, t->column1, t->absolute & PEI_COLUMN1_ABSOLUTE);
    if (kind == PEI_T_CELL) return;
    if (kind != PEI_T_COLUMNS) canon_row(l, t->row2, t->absolute & PEI_ROW2_ABSOLUTE);
    if (kind != PEI_T_ROWS) canon_column(l, t->column2, t->absolute & PEI_COLUMN2_ABSOLUTE);
}

/* ---- everything else: its canonical form is its text ----------------------------------------- */

static inline void put(lexer *l, pei_token_kind kind, unsigned op, size_t length, size_t consumed)
{
    pei_token *t = l->token++;
    t->kind = (uint8_t)kind;
    t->op = (uint8_t)op;
    t->absolute = 0;
    t->offset = (uint32_t)l->at;
    t->length = (uint32_t)length;
    memcpy(l->canon, l->text + l->at, consumed);
    l->canon += consumed;
    l->at += consumed;
}

static inline size_t scan_word(const lexer *l, size_t at)
{
    size_t start = at;
    while (class_of[byte_at(l, at)] >= CLASS_DIGIT) at++;
    return at - start;
}

/* 'it''s' at `at`, with both quotes; 0: not closed. */
static inline size_t scan_quoted(const lexer *l, size_t at)
{
    size_t start = at++;
    for (;;) {
        const unsigned char *quote =
            at < l->length ? memchr(l->text + at, l->text[start], l->length - at) : NULL;
        if (quote == NULL) return 0;
        at = (size_t)(quote - l->text) + 1;
        if (byte_at(l, at) != l->text[start]) return at - start;
        at++;
    }
}

/* [..[..]..] at `at`; ' escapes the next byte. 0: not closed. */
static inline size_t scan_bracket(const lexer *l, size_t at)
{
    size_t start = at;
    unsigned depth = 0;
    for (; at < l->length; at++) {
        unsigned char c = l->text[at];
        if (c == '\'' && at + 1 < l->length) {
            at++;
        } else if (c == '[') {
            depth++;
        } else if (c == ']' && --depth == 0) {
            return at + 1 - start;
        }
    }
    return 0;
}

/* A text or a sheet name at l->at, which must be closed: its bytes with both quotes. */
static inline pe_status scan_closed(const lexer *l, size_t *length)
{
    size_t n = scan_quoted(l, l->at);
    if (n == 0)
        return lex_fail(
            l, l->at,
            l->text[l->at] == '"'
                ? "this text has no closing '\"'; a quote inside a text is written twice"
                : "this sheet name has no closing apostrophe");
    *length = n;
    return PE_OK;
}

static inline pe_status lex_string(lexer *l)
{
    size_t n = 0;
    pe_status status = scan_closed(l, &n);
    if (status == PE_OK) put(l, PEI_T_STRING, 0, n, n);
    return status;
}

/* Table[...] or what stands between its brackets. */
static inline pe_status lex_table(lexer *l)
{
    size_t n = scan_bracket(l, l->at);
    if (n == 0)
        return lex_fail(
            l, l->at,
            "this '[' has no closing ']'; inside a column name brackets are written '[ and ']");
    put(l, PEI_T_BRACKET, 0, n, n);
    return PE_OK;
}

/* An operator at l->at; symbols: 1 + the operator of one byte, 0 where the dialect has none. */
static inline pe_status lex_operator(lexer *l, const uint8_t symbols[128])
{
    unsigned char c = l->text[l->at], next = byte_at(l, l->at + 1);
    if (c >= 128 || symbols[c] == 0)
        return lex_fail(l, l->at, "this character has no meaning here; remove it");
    unsigned symbol = symbols[c] - 1u;
    size_t n = 1;
    if (c == '<' && (next == '=' || next == '>')) {
        symbol = next == '=' ? PEI_S_LE : PEI_S_NE;
        n = 2;
    } else if (c == '>' && next == '=') {
        symbol = PEI_S_GE;
        n = 2;
    }
    put(l, PEI_T_OPERATOR, symbol, n, n);
    return PE_OK;
}

size_t pei_scan_number(const lexer *l);
/* formula_lex_calc.c: one token; saved: OpenFormula. Where the formula starts, after of:=. */
pe_status pei_lex_calc_token(lexer *l, bool space, bool saved);
size_t pei_lex_calc_start(const char *text, size_t length);

#endif
