/* formula_lex.c: formula text to tokens and, in the same pass, to the canonical form: the text with
 * each reference replaced by its place relative to the home cell. Invariant: formulas whose
 * canonical forms (and, where the tree depends on them, home sheet and table) are equal have equal
 * trees. Every token's canonical bytes tell where they end: references are a marker below 0x20 and
 * a fixed number of bytes, everything else is its own text. */
#include "formula_lexer.h"

#include <stdlib.h>

bool pei_is_word_byte(unsigned char c)
{
    return class_of[c] >= CLASS_DIGIT;
}

/* A1 or A1:B2. False: none here. */
static inline bool lex_cell(lexer *l)
{
    pei_token *t = l->token;
    uint32_t row = 0, column = 0;
    unsigned absolute = 0;
    size_t n = scan_cell(l, l->at, &row, &column, &absolute);
    if (n == 0 || !reference_ends(l, l->at + n)) return false;
    t->row1 = t->row2 = row;
    t->column1 = t->column2 = (uint16_t)column;
    if (byte_at(l, l->at + n) == ':') {
        unsigned absolute2 = 0;
        size_t m = scan_cell(l, l->at + n + 1, &row, &column, &absolute2);
        size_t end = l->at + n + 1 + m;
        if (m != 0 && reference_ends(l, end) && byte_at(l, end) != '#') {
            t->row2 = row;
            t->column2 = (uint16_t)column;
            t->absolute = (uint8_t)(absolute | absolute2 << 2);
            put_reference(l, PEI_T_AREA, n + 1 + m);
            return true;
        }
    }
    t->absolute = (uint8_t)(absolute | absolute << 2);
    put_reference(l, PEI_T_CELL, n);
    return true;
}

static bool lex_columns(lexer *l)
{
    pei_token *t = l->token;
    uint32_t first, last;
    bool absolute1, absolute2;
    size_t n = scan_column(l, l->at, &first, &absolute1);
    if (n == 0 || byte_at(l, l->at + n) != ':') return false;
    size_t m = scan_column(l, l->at + n + 1, &last, &absolute2);
    if (m == 0 || !reference_ends(l, l->at + n + 1 + m)) return false;
    t->row1 = 0;
    t->row2 = PE_ROWS_MAX - 1;
    t->column1 = (uint16_t)first;
    t->column2 = (uint16_t)last;
    t->absolute = (absolute1 ? PEI_COLUMN1_ABSOLUTE : 0) | (absolute2 ? PEI_COLUMN2_ABSOLUTE : 0) |
                  PEI_ROW1_ABSOLUTE | PEI_ROW2_ABSOLUTE;
    put_reference(l, PEI_T_COLUMNS, n + 1 + m);
    return true;
}

static bool lex_rows(lexer *l)
{
    pei_token *t = l->token;
    uint32_t first, last;
    bool absolute1, absolute2;
    size_t n = scan_row(l, l->at, &first, &absolute1);
    if (n == 0 || byte_at(l, l->at + n) != ':') return false;
    size_t m = scan_row(l, l->at + n + 1, &last, &absolute2);
    if (m == 0 || !reference_ends(l, l->at + n + 1 + m)) return false;
    t->row1 = first;
    t->row2 = last;
    t->column1 = 0;
    t->column2 = PE_COLUMNS_MAX - 1;
    t->absolute = (absolute1 ? PEI_ROW1_ABSOLUTE : 0) | (absolute2 ? PEI_ROW2_ABSOLUTE : 0) |
                  PEI_COLUMN1_ABSOLUTE | PEI_COLUMN2_ABSOLUTE;
    put_reference(l, PEI_T_ROWS, n + 1 + m);
    return true;
}

static size_t scan_sheet(const lexer *l, size_t at)
{
    return byte_at(l, at) == '\'' ? scan_quoted(l, at) : scan_word(l, at);
}

/* A prefix at `at`: the end, past '!'. 0: none. */
static size_t scan_prefix(const lexer *l, size_t at)
{
    unsigned char c = byte_at(l, at);
    if (c == '!') return at + 1;
    if (c == '[') {
        size_t n = scan_bracket(l, at);
        if (n == 0) return 0;
        at += n;
        if (byte_at(l, at) == '!') return at + 1;
    }
    size_t n = scan_sheet(l, at);
    if (n == 0) return 0;
    at += n;
    if (byte_at(l, at) == '|') { /* DDE: application|topic! */
        n = scan_sheet(l, at + 1);
        if (n == 0) return 0;
        at += 1 + n;
    }
    if (byte_at(l, at) == ':') {
        n = scan_sheet(l, at + 1);
        if (n == 0) return 0;
        at += 1 + n;
    }
    return byte_at(l, at) == '!' ? at + 1 : 0;
}

size_t pei_lex_prefix(const char *text, size_t length, size_t at)
{
    lexer l = {.text = (const unsigned char *)text, .length = length};
    return scan_prefix(&l, at);
}

static void put_prefix(lexer *l, size_t end)
{
    put(l, PEI_T_PREFIX, 0, end - 1 - l->at, end - l->at);
}

static bool after_operand(const lexer *l)
{
    if (l->token == l->out->tokens) return false;
    const pei_token *t = l->token - 1;
    return t->kind == PEI_T_CELL || t->kind == PEI_T_NAME || t->kind == PEI_T_AREA ||
           t->kind == PEI_T_BRACKET ||
           (t->kind == PEI_T_OPERATOR && (t->op == PEI_S_CLOSE || t->op == PEI_S_HASH));
}

static pe_status lex_word(lexer *l)
{
    size_t n = scan_word(l, l->at), end = l->at + n;
    unsigned char c = byte_at(l, end);
    const char *word = (const char *)l->text + l->at;
    if (n == 0) return lex_fail(l, l->at, "a column or row must follow '$'");
    if (c == '!' || c == ':' || c == '|') {
        size_t prefix_end = scan_prefix(l, l->at);
        if (prefix_end != 0) {
            put_prefix(l, prefix_end);
            return PE_OK;
        }
    }
    if (c == '(') {
        put(l, PEI_T_FUNCTION, 0, n, n + 1);
        return PE_OK;
    }
    if (class_of[c] == CLASS_SPACE) {
        size_t open = end;
        while (class_of[byte_at(l, open)] == CLASS_SPACE) open++;
        if (byte_at(l, open) == '(' && pe_function_find(word, n) != PE_FUNCTION_NONE) {
            put(l, PEI_T_FUNCTION, 0, n, open + 1 - l->at);
            return PE_OK;
        }
    }
    if ((n == 4 && pe_text_equal_nocase(word, n, "TRUE", 4)) ||
        (n == 5 && pe_text_equal_nocase(word, n, "FALSE", 5))) {
        put(l, PEI_T_BOOLEAN, n == 4, n, n);
        return PE_OK;
    }
    put(l, PEI_T_NAME, 0, n, n);
    return PE_OK;
}

/* 1, .5, 1.5E+10 at l->at: its bytes. */
size_t pei_scan_number(const lexer *l)
{
    size_t at = l->at;
    while (class_of[byte_at(l, at)] == CLASS_DIGIT) at++;
    if (byte_at(l, at) == '.') at++;
    while (class_of[byte_at(l, at)] == CLASS_DIGIT) at++;
    if ((byte_at(l, at) | 32) == 'e') {
        size_t e = at + 1;
        if (byte_at(l, e) == '+' || byte_at(l, e) == '-') e++;
        if (class_of[byte_at(l, e)] == CLASS_DIGIT) {
            while (class_of[byte_at(l, e)] == CLASS_DIGIT) e++;
            at = e;
        }
    }
    return at - l->at;
}

static pe_status lex_number(lexer *l)
{
    if (class_of[byte_at(l, l->at)] == CLASS_DIGIT) {
        if (lex_rows(l)) return PE_OK;
    }
    size_t n = pei_scan_number(l), at = l->at + n;
    if (class_of[byte_at(l, at)] < CLASS_DIGIT && byte_at(l, at) != '!') {
        put(l, PEI_T_NUMBER, 0, n, n);
        return PE_OK;
    }
    size_t end = scan_prefix(l, l->at); /* a sheet such as 2019!A1, written without quotes */
    if (end == 0)
        return lex_fail(l, at,
                        "an operator is missing after the number, or a name starts with a digit");
    put_prefix(l, end);
    return PE_OK;
}

static pe_status lex_sheet(lexer *l)
{
    size_t n = 0;
    pe_status status = scan_closed(l, &n);
    if (status != PE_OK) return status;
    size_t end = scan_prefix(l, l->at);
    if (end != 0) {
        put_prefix(l, end);
        return PE_OK;
    }
    if (l->token == l->out->tokens || l->token[-1].kind != PEI_T_PREFIX)
        return lex_fail(l, l->at + n,
                        "'!' and a reference must follow a sheet name in apostrophes; text stands "
                        "in double quotes");
    put(l, PEI_T_NAME, 0, n, n);
    return PE_OK;
}

static pe_status lex_hash(lexer *l, bool space)
{
    if (!space && after_operand(l)) {
        put(l, PEI_T_OPERATOR, PEI_S_HASH, 1, 1);
        return PE_OK;
    }
    unsigned long used = 0;
    pe_error_code code = pe_error_parse((const char *)l->text + l->at, l->length - l->at, &used);
    if (code == PE_ERROR_NONE || used == 0)
        return lex_fail(
            l, l->at,
            "this is no error value; '#' directly after a reference means its spilled range");
    unsigned char c = byte_at(l, l->at + used);
    bool is_prefix = class_of[c] == CLASS_LETTER || class_of[c] == CLASS_WORD || c == '$' ||
                     class_of[c] == CLASS_DIGIT ||
                     (c == '#' && (byte_at(l, l->at + used + 1) | 32) == 'r');
    if (code == PE_ERROR_REF && is_prefix) {
        put_prefix(l, l->at + used);
        return PE_OK;
    }
    put(l, PEI_T_ERROR, code, used, used);
    return PE_OK;
}

static pe_status lex_bracket(lexer *l, bool space)
{
    bool follows_name = !space && l->token > l->out->tokens && l->token[-1].kind == PEI_T_NAME;
    size_t end = follows_name ? 0 : scan_prefix(l, l->at);
    if (end != 0) {
        put_prefix(l, end);
        return PE_OK;
    }
    return lex_table(l);
}

static pe_status lex_symbol(lexer *l)
{
    static const uint8_t symbols[128] = {
        ['+'] = PEI_S_PLUS + 1,      ['-'] = PEI_S_MINUS + 1,      ['*'] = PEI_S_TIMES + 1,
        ['/'] = PEI_S_DIVIDE + 1,    ['^'] = PEI_S_POWER + 1,      ['&'] = PEI_S_CONCAT + 1,
        ['='] = PEI_S_EQ + 1,        ['<'] = PEI_S_LT + 1,         ['>'] = PEI_S_GT + 1,
        [':'] = PEI_S_COLON + 1,     ['%'] = PEI_S_PERCENT + 1,    ['@'] = PEI_S_AT + 1,
        ['('] = PEI_S_OPEN + 1,      [')'] = PEI_S_CLOSE + 1,      [','] = PEI_S_COMMA + 1,
        [';'] = PEI_S_SEMICOLON + 1, ['{'] = PEI_S_BRACE_OPEN + 1, ['}'] = PEI_S_BRACE_CLOSE + 1};
    return lex_operator(l, symbols);
}

static pe_status lex_token(lexer *l, bool space)
{
    unsigned char c = l->text[l->at];
    switch (class_of[c]) {
    case CLASS_LETTER:
        if (lex_cell(l) || lex_columns(l)) return PE_OK;
        return lex_word(l);
    case CLASS_WORD:
        return lex_word(l);
    case CLASS_DIGIT:
        return lex_number(l);
    default:
        break;
    }
    switch (c) {
    case '$':
        if (lex_cell(l) || lex_columns(l) || lex_rows(l)) return PE_OK;
        return lex_fail(l, l->at, "a column or a row must follow '$', as in $A$1");
    case '.':
        if (class_of[byte_at(l, l->at + 1)] == CLASS_DIGIT) return lex_number(l);
        return lex_fail(l, l->at, "a name cannot start with '.', and a number needs a digit");
    case '"':
        return lex_string(l);
    case '\'':
        return lex_sheet(l);
    case '#':
        return lex_hash(l, space);
    case '[':
        return lex_bracket(l, space);
    case '!':
        put_prefix(l, l->at + 1);
        return PE_OK;
    default:
        return lex_symbol(l);
    }
}

void pei_lexed_free(pei_lexed *lexed)
{
    free(lexed->tokens);
    free(lexed->canon);
    memset(lexed, 0, sizeof *lexed);
}

pe_status pei_lex(pei_lexed *lexed, const char *text, size_t length, pe_dialect dialect,
                  pe_cell_ref home, pe_diag *diag)
{
    if (length > PE_FORMULA_BYTES_MAX)
        return pe_fail(diag, PE_E_LIMIT, "formula",
                       "it has %zu bytes, more than %u; split it over several cells", length,
                       PE_FORMULA_BYTES_MAX);
    /* Sizes that no text of this length can exceed: a token takes at least one byte, and A1 grows
     * most, to 8. */
    if (PE_GROW(&lexed->tokens, &lexed->token_capacity, length + 1) != PE_OK ||
        PE_GROW(&lexed->canon, &lexed->canon_capacity, 5 * length + 16) != PE_OK)
        return pe_fail(diag, PE_E_MEMORY, "formula", "no memory for its tokens");
    lexer l = {.text = (const unsigned char *)text,
               .length = length,
               .home = home,
               .token = lexed->tokens,
               .canon = lexed->canon,
               .out = lexed,
               .diag = diag};
    const char *zero = memchr(text, 0, length);
    if (zero != NULL)
        return lex_fail(&l, (size_t)(zero - text),
                        "a zero byte cannot stand in a formula; remove it");
    l.at = dialect == PE_DIALECT_EXCEL ? byte_at(&l, 0) == '=' : pei_lex_calc_start(text, length);
    for (;;) {
        bool space = false;
        while (class_of[byte_at(&l, l.at)] == CLASS_SPACE) {
            l.at++;
            space = true;
        }
        if (space) *l.canon++ = ' ';
        pei_token *t = l.token;
        t->space = space;
        if (l.at >= length) {
            t->kind = PEI_T_END;
            t->offset = (uint32_t)length;
            t->length = 0;
            break;
        }
        pe_status status = dialect == PE_DIALECT_EXCEL
                               ? lex_token(&l, space)
                               : pei_lex_calc_token(&l, space, dialect == PE_DIALECT_OPENFORMULA);
        if (status != PE_OK) return status;
    }
    lexed->token_count = (size_t)(l.token - lexed->tokens) + 1;
    lexed->canon_length = (size_t)(l.canon - lexed->canon);
    return PE_OK;
}
