/* formula_lex_calc.c: the lexer of Calc's two dialects: Calc A1 as its API gives it
 * (SUM($Sheet1.A1:B2;3)) and OpenFormula as saved (of:=SUM([$Sheet1.A1:.B2];3)). It makes the
 * tokens of the Excel dialect, so that one parser serves all three: ';' between arguments or
 * columns is a COMMA, '|' between rows a SEMICOLON, a sheet before a reference a PREFIX. The
 * invariant of formula_lex.c holds: equal canonical forms have equal trees. */
#include "formula_lexer.h"

/* One end of a reference as written: A1, $A, 1, with or without its sheet. */
typedef struct corner {
    size_t sheet, sheet_length; /* what stands before the '.', length 0: nothing */
    bool has_dot;               /* "Sheet1." or, in brackets, "." */
    bool has_row, has_column, row_absolute, column_absolute;
    bool deleted; /* #REF! somewhere */
    uint32_t row, column;
    size_t start, end; /* of the part after the '.' */
} corner;

static bool is_deleted(const lexer *l, size_t at)
{
    return l->length - at >= 5 && at < l->length && memcmp(l->text + at, "#REF!", 5) == 0;
}

/* A word without dots: what a sheet's name is without apostrophes. */
static size_t scan_plain(const lexer *l, size_t at)
{
    size_t start = at;
    while (class_of[byte_at(l, at)] >= CLASS_DIGIT && byte_at(l, at) != '.') at++;
    return at - start;
}

/* The sheet (or '#REF!') and the file before it that stand before a '.', with the '$'; 0: none.
 * 'file:///a.ods'#$Sheet1 */
static size_t scan_sheet(const lexer *l, size_t at)
{
    size_t start = at;
    if (byte_at(l, at) == '\'') {
        size_t n = scan_quoted(l, at);
        if (n > 0 && byte_at(l, at + n) == '#') at += n + 1;
    }
    at += byte_at(l, at) == '$';
    size_t n = byte_at(l, at) == '\'' ? scan_quoted(l, at)
               : is_deleted(l, at)    ? 5
                                      : scan_plain(l, at);
    return n == 0 ? 0 : at + n - start;
}

static size_t scan_part(const lexer *l, size_t at, bool is_row, corner *c)
{
    size_t dollar = byte_at(l, at) == '$';
    if (is_deleted(l, at + dollar)) {
        c->deleted = true;
        return dollar + 5;
    }
    return is_row ? scan_row(l, at, &c->row, &c->row_absolute)
                  : scan_column(l, at, &c->column, &c->column_absolute);
}

/* The cell, column or row at `at`. False: none. */
static bool scan_address(const lexer *l, size_t at, corner *c)
{
    c->start = at;
    size_t n = scan_part(l, at, false, c);
    c->has_column = n > 0;
    size_t m = scan_part(l, at + n, true, c);
    c->has_row = m > 0;
    c->end = at + n + m;
    return n + m > 0;
}

static bool scan_corner(const lexer *l, size_t at, corner *c)
{
    *c = (corner){.sheet = at};
    unsigned char first = byte_at(l, at);
    if (first == '.') { /* in brackets: this sheet */
        c->has_dot = true;
        return scan_address(l, at + 1, c);
    }
    if (first != '\'' && scan_address(l, at, c)) {
        unsigned char after = byte_at(l, c->end);
        if (after != '.' && class_of[after] < CLASS_DIGIT && after != '(') return true;
        *c = (corner){.sheet = at};
    }
    size_t n = scan_sheet(l, at);
    if (n == 0 || byte_at(l, at + n) != '.') return false;
    c->sheet_length = n;
    c->has_dot = true;
    bool deleted = is_deleted(l, at) || (first == '$' && is_deleted(l, at + 1));
    if (!scan_address(l, at + n + 1, c)) return false;
    c->deleted = c->deleted || deleted;
    return true;
}

/* The reference does not go on as a longer name, a call or a table. */
static bool ends(const lexer *l, size_t at)
{
    unsigned char c = byte_at(l, at);
    return class_of[c] < CLASS_DIGIT && c != '(' && c != '[' && c != '$' && c != '#';
}

static void put_sheet(lexer *l, const corner *c, bool is_last)
{
    l->at = c->sheet;
    if (is_last) *l->canon++ = ':';
    l->token->space = l->token->space && !is_last;
    put(l, PEI_T_PREFIX, is_last ? PEI_PREFIX_LAST : PEI_PREFIX_CALC, c->sheet_length,
        c->sheet_length + 1);
    l->token->space = false;
}

static void put_deleted(lexer *l, size_t end)
{
    pei_token *t = l->token++;
    t->kind = PEI_T_ERROR;
    t->op = PE_ERROR_REF;
    t->absolute = 0;
    t->offset = (uint32_t)l->at;
    t->length = (uint32_t)(end - l->at);
    memcpy(l->canon, "#REF!", 5);
    l->canon += 5;
    l->at = end;
}

/* The sheet is written as a name could be. */
static bool is_word(const lexer *l, const corner *a)
{
    unsigned char first = byte_at(l, a->sheet);
    bool bracket = a->sheet > 0 && l->text[a->sheet - 1] == '[';
    return a->sheet_length > 0 && !bracket &&
           (class_of[first] == CLASS_LETTER || class_of[first] == CLASS_WORD);
}

static void put_address(lexer *l, const corner *a, const corner *b)
{
    bool is_area = b->end > 0;
    const corner *z = is_area ? b : a;
    pei_token_kind kind = !a->has_column ? PEI_T_ROWS
                          : !a->has_row  ? PEI_T_COLUMNS
                          : is_area      ? PEI_T_AREA
                                         : PEI_T_CELL;
    if (a->sheet_length > 0) put_sheet(l, a, false);
    if (is_area && b->sheet_length > 0) put_sheet(l, b, true);
    pei_token *t = l->token;
    t->row1 = a->has_row ? a->row : 0;
    t->row2 = z->has_row ? z->row : PE_ROWS_MAX - 1;
    t->column1 = (uint16_t)(a->has_column ? a->column : 0);
    t->column2 = (uint16_t)(z->has_column ? z->column : PE_COLUMNS_MAX - 1);
    t->absolute = (uint8_t)((a->row_absolute || !a->has_row ? PEI_ROW1_ABSOLUTE : 0) |
                            (z->row_absolute || !z->has_row ? PEI_ROW2_ABSOLUTE : 0) |
                            (a->column_absolute || !a->has_column ? PEI_COLUMN1_ABSOLUTE : 0) |
                            (z->column_absolute || !z->has_column ? PEI_COLUMN2_ABSOLUTE : 0));
    l->at = a->start;
    put_reference(l, kind, z->end - a->start);
    t->space = a->sheet_length == 0 && t->space;
    if (kind != PEI_T_CELL || t->absolute != 0 || !is_word(l, a)) return;
    /* Unit.m2 may be a name, which only the parser can tell: then its text is what counts */
    memcpy(l->canon, l->text + a->start, z->end - a->start);
    l->canon += z->end - a->start;
}

/* What most references are: A1 and A1:B2, in brackets .A1 and .A1:.B2. False: look closer. */
static inline bool lex_plain(lexer *l)
{
    pei_token *t = l->token;
    uint32_t row = 0, column = 0;
    unsigned absolute = 0, absolute2 = 0;
    const bool dot = byte_at(l, l->at) == '.';
    size_t start = l->at + dot, n = scan_cell(l, start, &row, &column, &absolute), end = start + n;
    if (n == 0) return false;
    t->row1 = t->row2 = row;
    t->column1 = t->column2 = (uint16_t)column;
    bool is_area = byte_at(l, end) == ':';
    if (is_area) {
        size_t second = end + 1 + (dot && byte_at(l, end + 1) == '.');
        size_t m = scan_cell(l, second, &row, &column, &absolute2);
        if (m == 0) return false;
        t->row2 = row;
        t->column2 = (uint16_t)column;
        end = second + m;
    }
    if (!ends(l, end)) return false;
    t->absolute = (uint8_t)(absolute | (is_area ? absolute2 : absolute) << 2);
    l->at = start;
    put_reference(l, is_area ? PEI_T_AREA : PEI_T_CELL, end - start);
    return true;
}

/* $Sheet1.A1:B2 at l->at. False: none here, nothing done. */
static bool lex_reference(lexer *l)
{
    corner a, b = {0};
    if (!scan_corner(l, l->at, &a)) return false;
    bool is_area = false;
    if (byte_at(l, a.end) == ':' && scan_corner(l, a.end + 1, &b) &&
        (a.sheet_length > 0 || b.sheet_length == 0) && ends(l, b.end) &&
        (a.deleted || b.deleted || (a.has_row == b.has_row && a.has_column == b.has_column)))
        is_area = true;
    if (!is_area && (!ends(l, a.end) || (!a.deleted && !(a.has_row && a.has_column)))) return false;
    if (!is_area) b = (corner){0};
    if (a.deleted || b.deleted)
        put_deleted(l, is_area ? b.end : a.end);
    else
        put_address(l, &a, &b);
    return true;
}

/* [.A1:.B2]: the reference between the brackets. */
static pe_status lex_brackets(lexer *l)
{
    size_t open = l->at++;
    corner c;
    bool found = lex_plain(l) || lex_reference(l);
    if (!found && scan_corner(l, l->at, &c) == false && is_deleted(l, l->at)) {
        put_deleted(l, l->at + 5);
        found = true;
    }
    if (!found || byte_at(l, l->at) != ']')
        return lex_fail(l, open, "a reference and ']' must follow '[', as in [.A1:.B2]");
    l->at++;
    return PE_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* What Calc could not read of an Excel formula stays as it was, in lower case: 'a b'!$a$1, [1]b!a1,
 * sheet2!#ref!. */
static bool lex_excel_prefix(lexer *l)
{
    size_t end = pei_lex_prefix((const char *)l->text, l->length, l->at);
    if (end == 0) return false;
    if (byte_at(l, end) == '#') {
        if (l->length - end < 5 ||
            !pe_text_equal_nocase((const char *)l->text + end, 5, "#REF!", 5))
            return false;
        put_deleted(l, end + 5);
        return true;
    }
    put(l, PEI_T_PREFIX, PEI_PREFIX_EXCEL, end - 1 - l->at, end - l->at);
    l->token->space = false;
    return true;
}

/* Err:508 in place of a value. */
static bool lex_error_number(lexer *l, size_t word)
{
    size_t at = l->at + word + 1, digits = 0;
    if (word != 3 || byte_at(l, l->at + 3) != ':' ||
        !pe_text_equal_nocase((const char *)l->text + l->at, 3, "Err", 3))
        return false;
    while (class_of[byte_at(l, at + digits)] == CLASS_DIGIT) digits++;
    if (digits != 3) return false;
    put(l, PEI_T_ERROR, PE_ERROR_VALUE, 4 + digits, 4 + digits);
    return true;
}

static pe_status lex_word(lexer *l)
{
    size_t n = scan_word(l, l->at), end = l->at + n;
    unsigned char c = byte_at(l, end);
    const char *word = (const char *)l->text + l->at;
    if (n == 0) return lex_fail(l, l->at, "a sheet, a column or a row must follow '$'");
    if (c == '!' && byte_at(l, end + 1) == '#' && lex_excel_prefix(l)) return PE_OK;
    if (lex_error_number(l, n)) return PE_OK;
    size_t open = end;
    while (class_of[byte_at(l, open)] == CLASS_SPACE) open++;
    if (byte_at(l, open) == '(') {
        put(l, PEI_T_FUNCTION, 0, n, open + 1 - l->at);
        return PE_OK;
    }
    if ((n == 4 && pe_text_equal_nocase(word, n, "TRUE", 4)) ||
        (n == 5 && pe_text_equal_nocase(word, n, "FALSE", 5))) {
        put(l, PEI_T_BOOLEAN, n == 4, n, n);
        return PE_OK;
    }
    put(l, PEI_T_NAME, 0, n, n);
    return PE_OK;
}

/* 'My Sheet'.name, $Sheet2.name, 'file:///a.ods'#name. */
static bool lex_sheet_name(lexer *l)
{
    size_t n = byte_at(l, l->at) == '\'' ? scan_quoted(l, l->at) : 0;
    bool is_file = n > 0 && byte_at(l, l->at + n) == '#';
    size_t sheet = scan_sheet(l, l->at);
    bool has_sheet = sheet > 0 && byte_at(l, l->at + sheet) == '.';
    size_t prefix = has_sheet ? sheet : n + 1;
    if (!has_sheet && !is_file) return false;
    size_t word = scan_word(l, l->at + prefix + has_sheet);
    if (word == 0) return false;
    put(l, PEI_T_PREFIX, PEI_PREFIX_CALC, prefix, prefix + has_sheet);
    l->token->space = false;
    put(l, PEI_T_NAME, 0, word, word);
    return true;
}

static pe_status lex_sheet(lexer *l)
{
    size_t n = 0;
    pe_status status = scan_closed(l, &n);
    if (status != PE_OK) return status;
    if (lex_reference(l) || lex_sheet_name(l)) return PE_OK;
    if (byte_at(l, l->at + n) == '!' && lex_excel_prefix(l)) return PE_OK;
    return lex_fail(l, l->at + n,
                    "'.' and a reference must follow a sheet name in apostrophes; text stands in "
                    "double quotes");
}

static pe_status lex_dollar(lexer *l)
{
    if (lex_reference(l) || lex_sheet_name(l)) return PE_OK;
    if (byte_at(l, l->at + 1) == '$') { /* $$name */
        size_t word = scan_word(l, l->at + 2);
        if (word > 0) {
            l->at += 2;
            put(l, PEI_T_NAME, 0, word, word);
            return PE_OK;
        }
    }
    return lex_fail(l, l->at, "a sheet, a column or a row must follow '$', as in $A$1");
}

/* ---- the rest -------------------------------------------------------------------------------- */

static pe_status lex_number(lexer *l)
{
    if (class_of[byte_at(l, l->at)] == CLASS_DIGIT && lex_reference(l)) return PE_OK;
    size_t n = pei_scan_number(l);
    if (class_of[byte_at(l, l->at + n)] >= CLASS_DIGIT)
        return lex_fail(l, l->at + n, "an operator is missing after the number");
    put(l, PEI_T_NUMBER, 0, n, n);
    return PE_OK;
}

static pe_status lex_hash(lexer *l)
{
    unsigned long used = 0;
    const char *text = (const char *)l->text + l->at;
    if (is_deleted(l, l->at) && lex_reference(l)) return PE_OK;
    pe_error_code code = pe_error_parse(text, l->length - l->at, &used);
    if (code == PE_ERROR_NONE && l->length - l->at >= 8 && memcmp(text, "#ERR", 4) == 0) {
        code = PE_ERROR_VALUE; /* #ERR502! */
        used = 8;
    }
    if (code == PE_ERROR_NONE || used == 0) return lex_fail(l, l->at, "this is no error value");
    put(l, PEI_T_ERROR, code, used, used);
    return PE_OK;
}

static pe_status lex_square(lexer *l, bool space, bool saved)
{
    bool follows_name = !space && l->token > l->out->tokens && l->token[-1].kind == PEI_T_NAME;
    unsigned char next = byte_at(l, l->at + 1);
    if (!follows_name && class_of[next] == CLASS_DIGIT && lex_excel_prefix(l)) return PE_OK;
    if (!follows_name && saved) return lex_brackets(l);
    return lex_table(l);
}

static pe_status lex_symbol(lexer *l)
{
    static const uint8_t symbols[128] = {
        ['+'] = PEI_S_PLUS + 1,   ['-'] = PEI_S_MINUS + 1,      ['*'] = PEI_S_TIMES + 1,
        ['/'] = PEI_S_DIVIDE + 1, ['^'] = PEI_S_POWER + 1,      ['&'] = PEI_S_CONCAT + 1,
        ['='] = PEI_S_EQ + 1,     ['<'] = PEI_S_LT + 1,         ['>'] = PEI_S_GT + 1,
        [':'] = PEI_S_COLON + 1,  ['%'] = PEI_S_PERCENT + 1,    ['~'] = PEI_S_UNION + 1,
        ['('] = PEI_S_OPEN + 1,   [')'] = PEI_S_CLOSE + 1,      ['!'] = PEI_S_INTERSECT + 1,
        [';'] = PEI_S_COMMA + 1,  ['|'] = PEI_S_SEMICOLON + 1,  ['{'] = PEI_S_BRACE_OPEN + 1,
        ['#'] = PEI_S_HASH + 1,   ['}'] = PEI_S_BRACE_CLOSE + 1};
    if (l->text[l->at] == ',')
        return lex_fail(l, l->at, "arguments are separated by ';' in Calc, not by ','");
    return lex_operator(l, symbols);
}

/* SUM( is no reference, whatever stands before the bracket. */
static bool is_call(const lexer *l)
{
    return byte_at(l, l->at + scan_word(l, l->at)) == '(';
}

pe_status pei_lex_calc_token(lexer *l, bool space, bool saved)
{
    unsigned char c = l->text[l->at];
    switch (class_of[c]) {
    case CLASS_LETTER:
    case CLASS_WORD:
        if (lex_plain(l) || (!saved && !is_call(l) && lex_reference(l))) return PE_OK;
        return lex_word(l);
    case CLASS_DIGIT:
        return lex_number(l);
    default:
        break;
    }
    switch (c) {
    case '$':
        return lex_plain(l) ? PE_OK : lex_dollar(l);
    case '.':
        if (class_of[byte_at(l, l->at + 1)] == CLASS_DIGIT) return lex_number(l);
        return lex_fail(l, l->at, "a name cannot start with '.', and a number needs a digit");
    case '"':
        return lex_string(l);
    case '\'':
        return lex_sheet(l);
    case '#':
        return lex_hash(l);
    case '[':
        return lex_square(l, space, saved);
    default:
        return lex_symbol(l);
    }
}

size_t pei_lex_calc_start(const char *text, size_t length)
{
    static const char *const starts[] = {"of:=", "oooc:=", "="};
    for (size_t i = 0; i < PE_COUNT(starts); i++) {
        size_t n = strlen(starts[i]);
        if (length >= n && memcmp(text, starts[i], n) == 0) return n;
    }
    return 0;
}
