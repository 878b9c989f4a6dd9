/* functions_formatparse.c: number format codes to sections of tokens. Invariant: a section that is
 * accepted is either text, a date, a fraction or a number, never a mixture. */
#include "functions_format.h"

typedef struct reader {
    const char *s;
    size_t n, at;
    pei_format *format;
    pei_section *section;
    bool calc;
} reader;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char at(const reader *r, size_t offset)
{
    return r->at + offset < r->n ? r->s[r->at + offset] : '\0';
}

static bool matches(const reader *r, const char *word)
{
    size_t length = strlen(word);
    return r->at + length <= r->n && pe_text_equal_nocase(r->s + r->at, length, word, length);
}

static pei_token *push(reader *r, pei_token_kind kind, char c, int count)
{
    if (r->format->pool_used >= PEI_FORMAT_TOKENS_MAX) return NULL;
    pei_token *t = &r->format->pool[r->format->pool_used++];
    t->kind = kind;
    t->c = c;
    t->count = count;
    t->text = NULL;
    r->section->count++;
    return t;
}

static bool push_literal(reader *r, const char *text, int count)
{
    if (count == 0) return true;
    pei_token *t = push(r, PEI_TOKEN_LITERAL, 0, count);
    if (t == NULL) return false;
    t->text = text;
    return true;
}

static int character_bytes(const reader *r)
{
    unsigned char c = (unsigned char)at(r, 0);
    int bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    size_t left = r->n - r->at;
    return (size_t)bytes > left ? (int)left : bytes;
}

static bool read_quoted(reader *r)
{
    size_t from = ++r->at;
    while (r->at < r->n && r->s[r->at] != '"') r->at++;
    if (!push_literal(r, r->s + from, (int)(r->at - from))) return false;
    if (r->at < r->n) r->at++;
    return true;
}

/* ---- brackets ------------------------------------------------------------------------ */

static bool read_condition(reader *r, const char *text, size_t length)
{
    size_t i = 0, used = 0;
    char first = text[0], second = length > 1 ? text[1] : '\0';
    pei_condition condition = PEI_CONDITION_NONE;
    if (first == '<')
        condition = second == '='   ? PEI_CONDITION_LE
                    : second == '>' ? PEI_CONDITION_NE
                                    : PEI_CONDITION_LT;
    else if (first == '>')
        condition = second == '=' ? PEI_CONDITION_GE : PEI_CONDITION_GT;
    else
        condition = PEI_CONDITION_EQ;
    i = condition == PEI_CONDITION_LT || condition == PEI_CONDITION_GT ||
                condition == PEI_CONDITION_EQ
            ? 1
            : 2;
    while (i < length && text[i] == ' ') i++;
    double x = pe_decimal_parse(text + i, length - i, &used);
    if (used == 0) return false;
    r->section->condition = condition;
    r->section->operand = x;
    return true;
}

static bool read_elapsed(reader *r, const char *text, size_t length)
{
    char c = lower(text[0]);
    for (size_t i = 0; i < length; i++)
        if (lower(text[i]) != c) return false;
    if (c != 'h' && c != 'm' && c != 's') return false;
    pei_token_kind kind = c == 'h'   ? PEI_TOKEN_HOUR
                          : c == 'm' ? PEI_TOKEN_MINUTE
                                     : PEI_TOKEN_SECOND;
    if (push(r, kind, 'e', (int)length) == NULL) return false;
    r->section->elapsed = c;
    return true;
}

static bool is_colour(const char *text, size_t length)
{
    static const char *const names[] = {"black",   "blue", "cyan",  "green",
                                        "magenta", "red",  "white", "yellow"};
    for (size_t i = 0; i < PE_COUNT(names); i++)
        if (pe_text_equal_nocase(text, length, names[i], strlen(names[i]))) return true;
    return length > 5 && pe_text_equal_nocase(text, 5, "color", 5);
}

/* [Red] [<10] [h] [$EUR-407] [DBNum1] */
static bool read_bracket(reader *r)
{
    size_t from = ++r->at;
    while (r->at < r->n && r->s[r->at] != ']') r->at++;
    if (r->at >= r->n) return false;
    const char *text = r->s + from;
    size_t length = r->at++ - from;
    if (length == 0) return false;
    if (text[0] == '<' || text[0] == '>' || text[0] == '=') return read_condition(r, text, length);
    if (text[0] == '$') {
        size_t end = 1;
        while (end < length && text[end] != '-') end++;
        return push_literal(r, text + 1, (int)end - 1);
    }
    if (is_colour(text, length)) return true;
    if (length > 5 && pe_text_equal_nocase(text, 5, "DBNum", 5)) return true;
    return read_elapsed(r, text, length);
}

/* ---- tokens -------------------------------------------------------------------------- */

static bool read_exponent(reader *r)
{
    char sign = at(r, 1);
    int digits = 0;
    r->at += 2;
    while (at(r, 0) == '0' || at(r, 0) == '#' || at(r, 0) == '?') {
        digits++;
        r->at++;
    }
    r->section->scientific = true;
    return digits > 0 && push(r, PEI_TOKEN_EXPONENT, sign, digits) != NULL;
}

/* How many letters of a run make one token: Calc knows yy and yyyy, up to dddd and mmmmm. */
static int letters_most(const reader *r, char c)
{
    int run = 0;
    while (lower(at(r, (size_t)run)) == c) run++;
    if (!r->calc) return run;
    if (c == 'y') return run >= 4 ? 4 : 2;
    return c == 'd' ? 4 : c == 'm' ? 5 : run;
}

/* A run of one date letter; m is taken for months until resolve_minutes. */
static bool read_date_letters(reader *r, pei_token_kind kind)
{
    char c = lower(at(r, 0));
    int count = 0, most = letters_most(r, c);
    if (r->calc && c == 'y' && lower(at(r, 1)) != 'y') return push_literal(r, r->s + r->at++, 1);
    while (r->at < r->n && count < most && lower(r->s[r->at]) == c) {
        r->at++;
        count++;
    }
    if (c == 'e') count = 4;
    return push(r, kind, c, count) != NULL;
}

static bool read_slash(reader *r)
{
    r->at++;
    pei_section *s = r->section;
    bool after_digit = s->count > 0 && s->tokens[s->count - 1].kind == PEI_TOKEN_DIGIT;
    size_t look = 0;
    while (at(r, look) == ' ') look++;
    char c = at(r, look);
    bool placeholder = c == '0' || c == '#' || c == '?';
    if (!after_digit || s->slash >= 0 || !(placeholder || (c >= '1' && c <= '9')))
        return push_literal(r, r->s + r->at - 1, 1);
    r->at += look;
    s->slash = s->count;
    if (push(r, PEI_TOKEN_SLASH, c, 1) == NULL) return false;
    while (at(r, 0) == '0' || at(r, 0) == '#' || at(r, 0) == '?' ||
           (at(r, 0) >= '1' && at(r, 0) <= '9')) {
        if (placeholder)
            s->denominator_places++;
        else if (s->denominator_fixed < 1000000)
            s->denominator_fixed = s->denominator_fixed * 10 +
                                   (at(r, 0) >= '0' && at(r, 0) <= '9' ? at(r, 0) - '0' : 0);
        r->at++;
    }
    return true;
}

/* After a seconds token, ".000" is a fraction of a second. */
static bool read_point(reader *r)
{
    pei_section *s = r->section;
    int last = s->count - 1;
    while (last >= 0 && s->tokens[last].kind == PEI_TOKEN_LITERAL) last--;
    if (last >= 0 && s->tokens[last].kind == PEI_TOKEN_SECOND && at(r, 1) == '0') {
        int digits = 0;
        for (r->at++; at(r, 0) == '0'; r->at++) digits++;
        if (digits > s->second_digits) s->second_digits = digits;
        return digits <= 3 && push(r, PEI_TOKEN_SECOND_FRACTION, '.', digits) != NULL;
    }
    r->at++;
    return push(r, PEI_TOKEN_POINT, '.', 1) != NULL;
}

static bool read_half_day(reader *r, bool *done)
{
    *done = true;
    if (matches(r, "AM/PM")) {
        r->at += 5;
        return push(r, PEI_TOKEN_HALF_DAY, 'A', 2) != NULL;
    }
    if (matches(r, "A/P")) {
        char c = at(r, 0);
        r->at += 3;
        return push(r, PEI_TOKEN_HALF_DAY, c, 1) != NULL;
    }
    *done = false;
    return true;
}

static bool read_special(reader *r, bool *done)
{
    char c = at(r, 0);
    *done = true;
    switch (lower(c)) {
    case '"':
        return read_quoted(r);
    case '[':
        return read_bracket(r);
    case '\\':
        r->at++;
        if (r->at < r->n) {
            int bytes = character_bytes(r);
            if (!push_literal(r, r->s + r->at, bytes)) return false;
            r->at += (size_t)bytes;
        }
        return true;
    case '_':
    case '*':
        r->at++;
        if (r->at < r->n) r->at += (size_t)character_bytes(r);
        return c == '*' || push_literal(r, " ", 1);
    case '0':
    case '#':
    case '?':
        r->at++;
        return push(r, PEI_TOKEN_DIGIT, c, 1) != NULL;
    case '.':
        return read_point(r);
    case ',':
        r->at++;
        return push(r, PEI_TOKEN_LITERAL, ',', 0) != NULL; /* resolve_commas decides */
    case '%':
        r->at++;
        r->section->percents++;
        return push(r, PEI_TOKEN_PERCENT, '%', 1) != NULL;
    case '@':
        r->at++;
        r->section->has_text = true;
        return push(r, PEI_TOKEN_TEXT, '@', 1) != NULL;
    case '/':
        return read_slash(r);
    default:
        *done = false;
        return true;
    }
}

static bool read_letter(reader *r)
{
    bool done;
    if (matches(r, "General")) {
        r->at += 7;
        r->section->has_general = true;
        return push(r, PEI_TOKEN_GENERAL, 'G', 1) != NULL;
    }
    if (!read_half_day(r, &done) || done) return done;
    switch (lower(at(r, 0))) {
    case 'e':
        if (at(r, 1) == '+' || at(r, 1) == '-') return read_exponent(r);
        return read_date_letters(r, PEI_TOKEN_YEAR);
    case 'y':
        return read_date_letters(r, PEI_TOKEN_YEAR);
    case 'b':
        return read_date_letters(r, PEI_TOKEN_BUDDHIST);
    case 'm':
        return read_date_letters(r, PEI_TOKEN_MONTH);
    case 'd':
        return read_date_letters(r, PEI_TOKEN_DAY);
    case 'h':
        return read_date_letters(r, PEI_TOKEN_HOUR);
    case 's':
        return read_date_letters(r, PEI_TOKEN_SECOND);
    default: {
        int bytes = character_bytes(r);
        r->at += (size_t)bytes;
        return push_literal(r, r->s + r->at - bytes, bytes);
    }
    }
}

/* ---- what the tokens mean together --------------------------------------------------- */

static bool is_date_kind(pei_token_kind kind)
{
    return kind >= PEI_TOKEN_YEAR;
}

/* m or mm after hours or next to seconds are minutes. */
static void resolve_minutes(pei_section *s)
{
    for (int i = 0; i < s->count; i++) {
        pei_token *t = &s->tokens[i];
        if (t->kind != PEI_TOKEN_MONTH || t->count > 2) continue;
        int before = i - 1, after = i + 1;
        while (before >= 0 && !is_date_kind(s->tokens[before].kind)) before--;
        while (after < s->count && !is_date_kind(s->tokens[after].kind)) after++;
        if ((before >= 0 && (s->tokens[before].kind == PEI_TOKEN_HOUR ||
                             s->tokens[before].kind == PEI_TOKEN_SECOND)) ||
            (after < s->count && s->tokens[after].kind == PEI_TOKEN_SECOND))
            t->kind = PEI_TOKEN_MINUTE;
    }
}

/* A comma right after a digit groups thousands where a digit of the integer part follows, divides
 * by 1,000 where no digit of that part follows at all, and else is nothing. Any other is a literal.
 */
static void resolve_commas(pei_section *s)
{
    int last_digit = -1, point = s->count;
    for (int i = s->count - 1; i >= 0; i--) {
        if (s->tokens[i].kind == PEI_TOKEN_POINT) point = i;
        if (s->tokens[i].kind == PEI_TOKEN_DIGIT && last_digit < 0) last_digit = i;
    }
    bool after_digit = false;
    for (int i = 0; i < s->count; i++) {
        pei_token *t = &s->tokens[i];
        if (t->kind != PEI_TOKEN_LITERAL || t->c != ',') {
            after_digit = t->kind == PEI_TOKEN_DIGIT;
        } else if (s->date_places > 0 || !after_digit) {
            t->text = ",";
            t->count = 1;
            t->c = 0;
            after_digit = false;
        } else {
            int next = i + 1;
            while (next < s->count && s->tokens[next].c == ',' && s->tokens[next].count == 0)
                next++;
            bool digit_next = next < s->count && s->tokens[next].kind == PEI_TOKEN_DIGIT;
            if (digit_next && i < point)
                s->thousands = true;
            else if (i > last_digit || next == point)
                s->scale_commas++;
        }
    }
}

static void count_number(pei_section *s)
{
    bool point = false, exponent = false;
    for (int i = 0; i < s->count; i++) {
        const pei_token *t = &s->tokens[i];
        point = point || t->kind == PEI_TOKEN_POINT;
        exponent = exponent || t->kind == PEI_TOKEN_EXPONENT;
        if (t->kind != PEI_TOKEN_DIGIT || exponent) continue;
        s->digit_places++;
        if (!point) {
            s->integer_places++;
        } else {
            s->fraction_places++;
        }
    }
    if (s->slash >= 0) {
        int i = s->slash - 1;
        while (i >= 0 && s->tokens[i].kind == PEI_TOKEN_DIGIT) i--;
        s->numerator_places = s->slash - 1 - i;
        s->whole_places = s->digit_places - s->numerator_places;
        if (s->denominator_fixed == 0 && s->denominator_places == 0) s->denominator_places = 1;
    }
}

/* Later points of a number and all points of a date are literals; a date has no digits; text has
 * neither. */
static bool check_section(pei_section *s)
{
    bool point = false;
    for (int i = 0; i < s->count; i++) {
        pei_token *t = &s->tokens[i];
        if (is_date_kind(t->kind)) {
            s->date_places += t->kind != PEI_TOKEN_SECOND_FRACTION;
            s->half_day = s->half_day || t->kind == PEI_TOKEN_HALF_DAY;
        }
    }
    for (int i = 0; i < s->count; i++) {
        pei_token *t = &s->tokens[i];
        if (t->kind == PEI_TOKEN_POINT && (s->date_places > 0 || point || s->has_text)) {
            t->kind = PEI_TOKEN_LITERAL;
            t->c = 0;
            t->text = ".";
        }
        point = point || t->kind == PEI_TOKEN_POINT;
        bool digit = t->kind == PEI_TOKEN_DIGIT || t->kind == PEI_TOKEN_EXPONENT ||
                     t->kind == PEI_TOKEN_SLASH;
        if (digit && (s->date_places > 0 || s->has_text || s->has_general)) return false;
        if (is_date_kind(t->kind) && (s->has_text || s->has_general)) return false;
        if (t->kind == PEI_TOKEN_PERCENT && (s->date_places > 0 || s->has_text)) {
            t->kind = PEI_TOKEN_LITERAL;
            t->text = "%";
        }
    }
    return true;
}

/* One section up to a ';' outside quotes, or the end. */
static bool read_section(reader *r)
{
    pei_section *s = r->section;
    memset(s, 0, sizeof *s);
    s->slash = -1;
    s->calc = r->calc;
    s->tokens = &r->format->pool[r->format->pool_used];
    while (r->at < r->n && r->s[r->at] != ';') {
        bool done;
        if (!read_special(r, &done)) return false;
        if (!done && !read_letter(r)) return false;
    }
    if (!check_section(s)) return false;
    resolve_minutes(s);
    resolve_commas(s);
    count_number(s);
    return true;
}

bool pei_format_parse(const char *text, size_t length, bool calc, pei_format *format)
{
    reader r = {text, length, 0, format, NULL, calc};
    int count = 0;
    format->pool_used = 0;
    for (;;) {
        if (count == 4) return false;
        r.section = &format->sections[count++];
        if (!read_section(&r)) return false;
        if (r.at >= r.n) break;
        r.at++;
    }
    bool last_is_text = format->sections[count - 1].has_text || count == 4;
    for (int i = 0; i < count - 1; i++)
        if (format->sections[i].has_text) return false;
    format->number_count = last_is_text ? count - 1 : count;
    format->text_section = last_is_text ? count - 1 : -1;
    return true;
}
