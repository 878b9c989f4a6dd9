/* formula_print.c: tree to text. Invariant: parsing the text (same home, same names) gives the same
 * tree; brackets stand only where they are needed for that. */
#include "formula_internal.h"

/* As in formula_parse.c: what binds more tightly has the higher power. */
enum {
    POWER_UNARY = 70,
    POWER_SINGLE = 75,
    POWER_RANGE = 100,
    POWER_POSTFIX = 110,
    POWER_ATOM = 120
};

typedef struct sink {
    const pe_printer *printer;
    pe_cell_ref home;
    char *out;
    size_t size, length;
} sink;

static void put(sink *s, const char *text, size_t length)
{
    if (s->length < s->size) {
        size_t room = s->size - s->length;
        memcpy(s->out + s->length, text, length < room ? length : room);
    }
    s->length += length;
}
static void put_text(sink *s, const char *text)
{
    put(s, text, strlen(text));
}
static void put_byte(sink *s, char c)
{
    put(s, &c, 1);
}

/* ---- references ------------------------------------------------------------------------------ */

static bool is_plain_sheet(const char *name)
{
    size_t n = strlen(name), letters = 0;
    uint32_t row, column;
    bool r1c1 = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (!pei_is_word_byte(c) || c == '?' || c == '\\') return false;
        bool is_digit = c >= '0' && c <= '9';
        letters += !is_digit;
        r1c1 = r1c1 && (is_digit || (c | 32) == 'r' || (c | 32) == 'c');
        if (i == 0 && (is_digit || c == '.')) return false;
    }
    return n > 0 && !(r1c1 && letters <= 2) && pe_cell_parse(name, n, &row, &column) != n;
}

static void put_quoted(sink *s, const char *text, char quote)
{
    for (; *text != 0; text++) {
        if (*text == quote) put_byte(s, quote);
        put_byte(s, *text);
    }
}

static void print_sheet(sink *s, uint32_t first, uint32_t last)
{
    if (first == PE_SHEET_HOME) return;
    const char *a =
        first == PE_SHEET_DELETED ? NULL : s->printer->sheet(s->printer->context, first);
    const char *b = first == PE_SHEET_DELETED ? NULL : s->printer->sheet(s->printer->context, last);
    if (a == NULL || b == NULL) {
        put_text(s, "#REF!");
        return;
    }
    bool quote = !is_plain_sheet(a) || !is_plain_sheet(b);
    if (quote) put_byte(s, '\'');
    put_quoted(s, a, '\'');
    if (last != first) {
        put_byte(s, ':');
        put_quoted(s, b, '\'');
    }
    put_text(s, quote ? "'!" : "!");
}

static void print_corner(sink *s, const pe_relative *r, bool with_row, bool with_column)
{
    int64_t row = (int64_t)r->row + (r->row_absolute ? 0 : s->home.row);
    int64_t column = (int64_t)r->column + (r->column_absolute ? 0 : s->home.column);
    char text[12];
    if (with_column) {
        if (r->column_absolute) put_byte(s, '$');
        pe_column_text((uint32_t)column, text);
        put_text(s, text);
    }
    if (with_row) {
        if (r->row_absolute) put_byte(s, '$');
        pe_cell_text((uint32_t)row, 0, text);
        put_text(s, text + 1); /* after the "A" */
    }
}

static void print_reference(sink *s, const pe_node_reference *ref)
{
    pe_area area;
    pe_node_reference local = *ref;
    local.sheet_first = local.sheet_last = PE_SHEET_HOME;
    if (!pe_node_area(&local, s->home, &area)) {
        put_text(s, "#REF!");
        return;
    }
    print_corner(s, &ref->first, !ref->whole_columns, !ref->whole_rows);
    if (!ref->is_area) return;
    put_byte(s, ':');
    print_corner(s, &ref->last, !ref->whole_columns, !ref->whole_rows);
}

static void print_column(sink *s, const pe_node *node, uint32_t column)
{
    const char *name = s->printer->column(s->printer->context, node->table.table, column);
    if (name == NULL) name = "#REF!";
    for (; *name != 0; name++) {
        if (strchr("[]#'@", *name) != NULL) put_byte(s, '\'');
        put_byte(s, *name);
    }
}

static void print_columns(sink *s, const pe_node *node)
{
    put_byte(s, '[');
    print_column(s, node, node->table.column_first);
    put_byte(s, ']');
    if (node->table.column_last == node->table.column_first) return;
    put_text(s, ":[");
    print_column(s, node, node->table.column_last);
    put_byte(s, ']');
}

static void print_parts(sink *s, const pe_node *node)
{
    static const struct {
        uint32_t part;
        const char *text;
    } parts[] = {{PE_TABLE_ALL, "#All"},
                 {PE_TABLE_THIS_ROW, "#This Row"},
                 {PE_TABLE_HEADERS, "#Headers"},
                 {PE_TABLE_DATA, "#Data"},
                 {PE_TABLE_TOTALS, "#Totals"}};
    uint32_t rest = node->table.parts;
    bool columns = node->table.column_first != PE_TABLE_WHOLE, single = !columns;
    for (size_t i = 0; i < PE_COUNT(parts) && single; i++) {
        if (rest != parts[i].part) continue;
        put_text(s, parts[i].text);
        return;
    }
    for (size_t i = 0; i < PE_COUNT(parts); i++) {
        if ((rest & parts[i].part) != parts[i].part) continue;
        rest &= ~parts[i].part;
        put_byte(s, '[');
        put_text(s, parts[i].text);
        put_text(s, rest != 0 || columns ? "]," : "]");
    }
    if (columns) print_columns(s, node);
}

static void print_table(sink *s, const pe_node *node)
{
    const char *name = "";
    if (node->table.table != PE_TABLE_IMPLICIT)
        name = s->printer->table(s->printer->context, node->table.table);
    put_text(s, name != NULL ? name : "#REF!");
    put_byte(s, '[');
    if (node->table.parts != PE_TABLE_DATA) {
        print_parts(s, node);
    } else if (node->table.column_first != PE_TABLE_WHOLE) {
        const char *column =
            s->printer->column(s->printer->context, node->table.table, node->table.column_first);
        bool plain = node->table.column_first == node->table.column_last && column != NULL &&
                     pei_is_word_byte((unsigned char)column[0]);
        if (plain)
            print_column(s, node, node->table.column_first);
        else
            print_columns(s, node);
    }
    put_byte(s, ']');
}

/* ---- values ---------------------------------------------------------------------------------- */

static void print_value(sink *s, pe_value v)
{
    char number[PE_DECIMAL_BYTES];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pe_decimal_shortest(pe_as_number(v), number);
        for (char *c = number; *c != 0; c++)
            if (*c == 'e') *c = 'E';
        put_text(s, number);
        break;
    case PE_KIND_TEXT: {
        const pe_text *text = pe_as_text(v);
        put_byte(s, '"');
        for (uint32_t i = 0; i < text->length; i++) {
            if (text->bytes[i] == '"') put_byte(s, '"');
            put_byte(s, text->bytes[i]);
        }
        put_byte(s, '"');
        break;
    }
    case PE_KIND_BOOLEAN:
        put_text(s, pe_as_boolean(v) ? "TRUE" : "FALSE");
        break;
    default:
        put_text(s, pe_error_text(pe_as_error(v)));
        break;
    }
}

static void print_array(sink *s, const pe_array *array)
{
    put_byte(s, '{');
    for (uint32_t row = 0; row < array->rows; row++) {
        for (uint32_t column = 0; column < array->columns; column++) {
            if (column > 0)
                put_byte(s, ',');
            else if (row > 0)
                put_byte(s, ';');
            print_value(s, array->cells[(size_t)row * array->columns + column]);
        }
    }
    put_byte(s, '}');
}

/* ---- operators and calls --------------------------------------------------------------------- */

static const struct {
    const char *text;
    uint8_t power;
} operators[] = {[PE_OP_ADD] = {"+", 30},
                 [PE_OP_SUB] = {"-", 30},
                 [PE_OP_MUL] = {"*", 40},
                 [PE_OP_DIV] = {"/", 40},
                 [PE_OP_POW] = {"^", 50},
                 [PE_OP_CONCAT] = {"&", 20},
                 [PE_OP_EQ] = {"=", 10},
                 [PE_OP_NE] = {"<>", 10},
                 [PE_OP_LT] = {"<", 10},
                 [PE_OP_LE] = {"<=", 10},
                 [PE_OP_GT] = {">", 10},
                 [PE_OP_GE] = {">=", 10},
                 [PE_OP_RANGE] = {":", POWER_RANGE},
                 [PE_OP_UNION] = {",", 80},
                 [PE_OP_INTERSECT] = {" ", 90},
                 [PE_OP_NEGATE] = {"-", POWER_UNARY},
                 [PE_OP_PLUS] = {"+", POWER_UNARY},
                 [PE_OP_PERCENT] = {"%", 60},
                 [PE_OP_SINGLE] = {"@", POWER_SINGLE},
                 [PE_OP_SPILL] = {"#", POWER_POSTFIX}};

static void print_node(sink *s, const pe_node *node);

static unsigned power_of(const sink *s, const pe_node *node)
{
    if (node->kind == PE_NODE_REFERENCE) return node->ref.is_area ? POWER_RANGE : POWER_ATOM;
    if (node->kind == PE_NODE_EXTERNAL)
        return node->external.ref.is_area ? POWER_RANGE : POWER_ATOM;
    if (node->kind == PE_NODE_VALUE || node->kind == PE_NODE_ARRAY) return POWER_POSTFIX - 1;
    if (node->kind != PE_NODE_UNARY && node->kind != PE_NODE_BINARY) return POWER_ATOM;
    if (node->op == PE_OP_UNION) return POWER_ATOM; /* prints its own brackets */
    if (s->printer->saved_form && (node->op == PE_OP_SINGLE || node->op == PE_OP_SPILL))
        return POWER_ATOM;
    return operators[node->op].power;
}

static void print_operand(sink *s, const pe_node *node, bool brackets)
{
    if (brackets) put_byte(s, '(');
    print_node(s, node);
    if (brackets) put_byte(s, ')');
}

static bool is_word(const pe_node *node)
{
    return node->kind == PE_NODE_NAME || node->kind == PE_NODE_VARIABLE ||
           node->kind == PE_NODE_UNKNOWN ||
           (node->kind == PE_NODE_EXTERNAL && node->external.is_name);
}

static bool is_single_cell(const pe_node *node)
{
    return (node->kind == PE_NODE_REFERENCE && !node->ref.is_area) ||
           (node->kind == PE_NODE_EXTERNAL && !node->external.is_name &&
            !node->external.ref.is_area);
}

/* foo:Sheet2!A1 would read as sheets foo to Sheet2, foo:A1:B2 as foo and A1:B2, and rate (A1,B1) as
 * a call: then the left side needs brackets. */
static bool left_is_ambiguous(const pe_node *node)
{
    const pe_node *left = node->args[0], *right = node->args[1];
    if (node->op != PE_OP_RANGE && node->op != PE_OP_INTERSECT) return false;
    while (left->kind == PE_NODE_BINARY && left->op != PE_OP_UNION) left = left->args[1];
    if (right->kind == PE_NODE_REFERENCE && right->ref.sheet_first == PE_SHEET_HOME)
        return node->op == PE_OP_RANGE && is_single_cell(left);
    if (node->op == PE_OP_INTERSECT && (is_word(right) || right->kind == PE_NODE_REFERENCE))
        return false;
    return is_word(left);
}

static void print_union(sink *s, const pe_node *node)
{
    const pe_node *left = node->args[0];
    if (left->kind == PE_NODE_BINARY && left->op == PE_OP_UNION)
        print_union(s, left);
    else
        print_operand(s, left, power_of(s, left) < operators[PE_OP_UNION].power);
    put_byte(s, ',');
    print_operand(s, node->args[1], power_of(s, node->args[1]) <= operators[PE_OP_UNION].power);
}

static void print_binary(sink *s, const pe_node *node)
{
    const pe_node *left = node->args[0], *right = node->args[1];
    unsigned power = operators[node->op].power;
    if (node->op == PE_OP_UNION) {
        put_byte(s, '(');
        print_union(s, node);
        put_byte(s, ')');
        return;
    }
    print_operand(s, left, power_of(s, left) < power || left_is_ambiguous(node));
    put_text(s, operators[node->op].text);
    print_operand(s, right, power_of(s, right) <= power);
}

static void print_arguments(sink *s, const pe_node *node, uint32_t first)
{
    put_byte(s, '(');
    for (uint32_t i = first; i < node->arg_count; i++) {
        if (i > first) put_byte(s, ',');
        print_node(s, node->args[i]);
    }
    put_byte(s, ')');
}

static void print_unary(sink *s, const pe_node *node)
{
    const pe_node *operand = node->args[0];
    unsigned power = operators[node->op].power;
    bool prefix = node->op == PE_OP_NEGATE || node->op == PE_OP_PLUS || node->op == PE_OP_SINGLE;
    if (s->printer->saved_form && (node->op == PE_OP_SINGLE || node->op == PE_OP_SPILL)) {
        put_text(s, node->op == PE_OP_SINGLE ? "_xlfn.SINGLE" : "_xlfn.ANCHORARRAY");
        print_arguments(s, node, 0);
        return;
    }
    if (prefix) put_text(s, operators[node->op].text);
    print_operand(s, operand, power_of(s, operand) < power);
    if (!prefix) put_text(s, operators[node->op].text);
}

static void print_function(sink *s, const pe_node *node)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    if (s->printer->saved_form && (row->flags & PE_FN_PREFIX)) {
        bool sheet_function = strcmp(row->name, "FILTER") == 0 || strcmp(row->name, "SORT") == 0;
        put_text(s, sheet_function ? "_xlfn._xlws." : "_xlfn.");
    }
    put_text(s, row->name);
    print_arguments(s, node, 0);
}

static void print_variable(sink *s, const pe_node *node)
{
    bool brackets = node->op != 0 && !s->printer->saved_form; /* LAMBDA([x],...) */
    if (s->printer->saved_form) put_text(s, node->op != 0 ? "_xlop." : "_xlpm.");
    if (brackets) put_byte(s, '[');
    put_text(s, node->variable.name);
    if (brackets) put_byte(s, ']');
}

static void print_call(sink *s, const pe_node *node)
{
    const pe_node *callee = node->args[0];
    bool plain = callee->kind == PE_NODE_FUNCTION || callee->kind == PE_NODE_CALL ||
                 callee->kind == PE_NODE_NAME || callee->kind == PE_NODE_VARIABLE ||
                 (callee->kind == PE_NODE_UNKNOWN && callee->op != 0);
    print_operand(s, callee, !plain);
    print_arguments(s, node, 1);
}

static void print_name(sink *s, const pe_node *node)
{
    const char *name = s->printer->name(s->printer->context, node->index);
    put_text(s, name != NULL ? name : "#NAME?");
}

static void print_node(sink *s, const pe_node *node)
{
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
        print_value(s, node->value);
        break;
    case PE_NODE_OMITTED:
        break;
    case PE_NODE_ARRAY:
        print_array(s, pe_as_array(node->value));
        break;
    case PE_NODE_REFERENCE:
        print_sheet(s, node->ref.sheet_first, node->ref.sheet_last);
        print_reference(s, &node->ref);
        break;
    case PE_NODE_NAME:
        print_name(s, node);
        break;
    case PE_NODE_VARIABLE:
        print_variable(s, node);
        break;
    case PE_NODE_TABLE:
        print_table(s, node);
        break;
    case PE_NODE_FUNCTION:
        print_function(s, node);
        break;
    case PE_NODE_CALL:
        print_call(s, node);
        break;
    case PE_NODE_UNARY:
        print_unary(s, node);
        break;
    case PE_NODE_BINARY:
        print_binary(s, node);
        break;
    case PE_NODE_EXTERNAL:
        put_text(s, node->external.prefix);
        put_byte(s, '!');
        if (node->external.is_name)
            put_text(s, node->external.name);
        else
            print_reference(s, &node->external.ref);
        break;
    case PE_NODE_UNKNOWN:
        put(s, node->unknown.text, node->unknown.length);
        if (node->op != 0) print_arguments(s, node, 0);
        break;
    }
}

size_t pe_formula_print(const pe_node *root, pe_cell_ref home, const pe_printer *printer, char *out,
                        size_t size)
{
    sink s = {.printer = printer, .home = home, .out = out, .size = size > 0 ? size - 1 : 0};
    print_node(&s, root);
    size_t length = s.length < s.size ? s.length : s.size;
    if (size > 0) out[length] = 0;
    return length;
}
