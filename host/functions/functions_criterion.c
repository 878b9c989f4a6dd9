/* functions_criterion.c: the criteria of COUNTIF, SUMIF and their kin: an optional operator, then a
 * number, date, percentage, boolean, error or text with wildcards. A criterion is compiled once and
 * then matches any number of values. What "<>" excludes is what "=" includes, but for texts that
 * read as the number. */
#include "functions_internal.h"
#include "functions_arithmetic.h"
#include "functions_criterion.h"
#include "functions_match.h"
#include "functions_pattern.h"

typedef enum operator_kind { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE } operator_kind;

static const char *const operator_texts[] = {"=", "<>", "<", "<=", ">", ">="};

struct pe_criterion {
    pe_call *call;
    operator_kind op;
    bool explicit_op; /* written, not implied */
    pe_kind kind;     /* NUMBER, TEXT, BOOLEAN, ERROR, BLANK: what the operand is */
    bool as_number;   /* Calc: given as a number, it sees no texts */
    const pei_pattern *pattern;
    double number;
    pe_value operand; /* text, boolean or error */
};

static size_t operator_length(const pe_text *text, operator_kind *op)
{
    char first = text->length > 0 ? text->bytes[0] : 0;
    char second = text->length > 1 ? text->bytes[1] : 0;
    *op = OP_EQ;
    if (first == '=') return 1;
    if (first == '<') {
        *op = second == '=' ? OP_LE : second == '>' ? OP_NE : OP_LT;
        return second == '=' || second == '>' ? 2 : 1;
    }
    if (first == '>') {
        *op = second == '=' ? OP_GE : OP_GT;
        return second == '=' ? 2 : 1;
    }
    return 0;
}

static void operand_of_text(pe_criterion *c, const char *bytes, size_t length)
{
    c->operand = pe_arena_text_value(c->call->arena, bytes, length);
    c->kind = pe_kind_of(c->operand);
    if (length == 0) {
        c->kind = PE_KIND_BLANK;
        return;
    }
    if (c->kind != PE_KIND_TEXT) return;
    unsigned long used = 0;
    pe_error_code code = bytes[0] == '#' ? pe_error_parse(bytes, length, &used) : PE_ERROR_NONE;
    if (code != PE_ERROR_NONE && used == length) {
        c->kind = PE_KIND_ERROR;
        c->operand = pe_error(code);
    } else if (pe_text_equal_nocase(bytes, length, "TRUE", 4) ||
               pe_text_equal_nocase(bytes, length, "FALSE", 5)) {
        c->kind = c->call->calc != NULL ? PE_KIND_NUMBER : PE_KIND_BOOLEAN;
        c->number = length == 4 ? 1 : 0;
        c->operand = pe_boolean(length == 4);
    } else {
        pe_value number = pe_to_number(c->call, c->operand);
        if (pe_is_number(number)) {
            c->kind = PE_KIND_NUMBER;
            c->number = pe_as_number(number);
        } else {
            c->pattern = pei_pattern_of(c->call, pe_as_text(c->operand));
        }
    }
}

const pe_criterion *pe_criterion_new(pe_call *call, pe_value criterion)
{
    pe_criterion *c = PE_PUSH(call->arena, pe_criterion, 1);
    if (c == NULL) return NULL;
    c->call = call;
    c->op = OP_EQ;
    criterion = pe_to_scalar(call, criterion);
    c->kind = pe_kind_of(criterion);
    c->operand = criterion;
    switch (c->kind) {
    case PE_KIND_NUMBER:
        c->number = pe_as_number(criterion);
        c->as_number = call->calc != NULL;
        break;
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED: /* a reference to an empty cell counts zeros */
        c->kind = PE_KIND_NUMBER;
        c->number = 0;
        break;
    case PE_KIND_TEXT: {
        const pe_text *text = pe_as_text(criterion);
        size_t skip = operator_length(text, &c->op);
        c->explicit_op = skip > 0;
        operand_of_text(c, text->bytes + skip, text->length - skip);
        break;
    }
    default:
        break;
    }
    return c;
}

static bool number_matches(operator_kind op, double a, double b)
{
    switch (op) {
    case OP_EQ:
        return pe_arith_equal(a, b);
    case OP_NE:
        return !pe_arith_equal(a, b);
    case OP_LT:
        return pe_arith_less(a, b);
    case OP_LE:
        return pe_arith_less_equal(a, b);
    case OP_GT:
        return pe_arith_less(b, a);
    default:
        return pe_arith_less_equal(b, a);
    }
}

static bool order_matches(operator_kind op, int order)
{
    switch (op) {
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    case OP_GE:
        return order >= 0;
    default:
        return order == 0;
    }
}

/* Text that reads as a number equals that number: COUNTIF(A:A,5) counts "5" as well. */
static bool text_is_number(const pe_criterion *c, pe_value value)
{
    const pe_text *text = pe_as_text(value);
    if (text->length == 0 || text->length > 64) return false;
    char first = text->bytes[0];
    bool plausible = (first >= '0' && first <= '9') || first == '.' || first == '-' ||
                     first == '+' || first == ' ' || first == '$' || first == '(';
    if (!plausible) return false;
    pe_value number = pe_to_number(c->call, value);
    return pe_is_number(number) && pe_arith_equal(pe_as_number(number), c->number);
}

static bool matches_pattern(const pe_criterion *c, pe_value value, pe_kind kind)
{
    if (kind == PE_KIND_TEXT) return pei_pattern_matches(c->pattern, pe_as_text(value));
    return kind == PE_KIND_NUMBER && pei_pattern_matches_number(c->pattern, pe_as_number(value));
}

static bool equals(const pe_criterion *c, pe_value value, pe_kind kind)
{
    switch (c->kind) {
    case PE_KIND_NUMBER:
        if (kind == PE_KIND_NUMBER) return pe_arith_equal(pe_as_number(value), c->number);
        if (kind != PE_KIND_TEXT || c->as_number) return false;
        return (c->op == OP_EQ || c->call->calc != NULL) && text_is_number(c, value);
    case PE_KIND_BLANK: /* "=" and "<>" see only truly empty cells, "" also empty text */
        if (kind == PE_KIND_BLANK) return true;
        return !c->explicit_op && kind == PE_KIND_TEXT && pe_as_text(value)->length == 0;
    case PE_KIND_TEXT:
        if (c->pattern != NULL) return matches_pattern(c, value, kind);
        if (kind != PE_KIND_TEXT) return false;
        return pei_text_equal(pe_as_text(c->operand), pe_as_text(value));
    case PE_KIND_BOOLEAN:
        return kind == PE_KIND_BOOLEAN && pe_as_boolean(value) == pe_as_boolean(c->operand);
    case PE_KIND_ERROR:
        return kind == PE_KIND_ERROR && pe_as_error(value) == pe_as_error(c->operand);
    default:
        return false;
    }
}

bool pe_criterion_match(const pe_criterion *c, pe_value value)
{
    pe_kind kind = pe_kind_of(value);
    if (kind == PE_KIND_NUMBER && c->kind == PE_KIND_NUMBER)
        return number_matches(c->op, pe_as_number(value), c->number);
    if (c->op == OP_EQ) return equals(c, value, kind);
    if (c->op == OP_NE) return !equals(c, value, kind);
    if (kind != c->kind) return false;
    switch (kind) {
    case PE_KIND_TEXT:
        return order_matches(c->op, pe_compare_text(pe_as_text(value), pe_as_text(c->operand)));
    case PE_KIND_BOOLEAN:
        return order_matches(c->op, (int)pe_as_boolean(value) - (int)pe_as_boolean(c->operand));
    case PE_KIND_ERROR:
        return (c->op == OP_LE || c->op == OP_GE) && pe_as_error(value) == pe_as_error(c->operand);
    default:
        return false;
    }
}

bool pe_criterion_numeric(const pe_criterion *c, const char **op, double *operand)
{
    if (c->kind != PE_KIND_NUMBER) return false;
    *op = operator_texts[c->op];
    *operand = c->number;
    return true;
}

bool pei_criterion_takes_blank(const pe_criterion *c)
{
    return pe_criterion_match(c, pe_blank());
}

bool pe_criterion_sees_numbers(const pe_criterion *c)
{
    return c->pattern != NULL && c->call->calc != NULL;
}
