/* formula_operand.c: what stands between operators: literals, references, names, calls, array
 * constants. Names are looked up in order: LET and LAMBDA variables, defined names, tables; what is
 * none is UNKNOWN, never an error, because files hold formulas whose add-in is absent. */
#include "formula_internal.h"

#include <stdlib.h>

enum { POWER_UNARY = 70, POWER_SINGLE = 85 };

static pe_status nest(pei_parser *p)
{
    if (++p->depth <= PE_FORMULA_DEPTH_MAX) return PE_OK;
    return pe_fail(p->diag, PE_E_LIMIT, "formula",
                   "it is nested deeper than %u levels; split it over several cells",
                   PE_FORMULA_DEPTH_MAX);
}

static const pei_token *peek(const pei_parser *p)
{
    return &p->tokens[p->at];
}

static bool is_symbol(const pei_token *t, pei_symbol symbol)
{
    return t->kind == PEI_T_OPERATOR && t->op == symbol;
}

static bool accept(pei_parser *p, pei_symbol symbol)
{
    if (!is_symbol(peek(p), symbol)) return false;
    p->at++;
    return true;
}

static const char *text_of(const pei_parser *p, const pei_token *t)
{
    return p->text + t->offset;
}

static pe_status leaf(pei_parser *p, pe_node_kind kind, const pei_token *t, pei_expression *out)
{
    out->height = 1;
    return pei_new_node(p, kind, t->offset, &out->node);
}

/* ---- literals -------------------------------------------------------------------------------- */

static pe_status read_number(pei_parser *p, const pei_token *t, double *number)
{
    size_t used;
    *number = pe_decimal_parse(text_of(p, t), t->length, &used);
    if (used == t->length && *number <= 1.7976931348623157e308) return PE_OK;
    return pei_syntax(p, t->offset, "'%.*s' is no number that a cell can hold",
                      (int)(t->length > 40 ? 40 : t->length), text_of(p, t));
}

/* "a ""b""" or 'it''s' without its quotes, into scratch. */
static size_t unquote(const char *text, size_t length, char *scratch)
{
    size_t n = 0;
    for (size_t i = 1; i + 1 < length; i++) {
        scratch[n++] = text[i];
        if (text[i] == text[0]) i++;
    }
    return n;
}

static pe_status read_literal(pei_parser *p, const pei_token *t, pe_value *value)
{
    double number = 0;
    pe_status status = PE_OK;
    switch (t->kind) {
    case PEI_T_NUMBER:
        status = read_number(p, t, &number);
        *value = pe_number(number);
        return status;
    case PEI_T_STRING:
        *value = pe_arena_text_value(p->arena, p->scratch,
                                     unquote(text_of(p, t), t->length, p->scratch));
        if (!pe_is(*value, PE_KIND_TEXT))
            return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for a text");
        return PE_OK;
    case PEI_T_BOOLEAN:
        *value = pe_boolean(t->op != 0);
        return PE_OK;
    case PEI_T_ERROR:
        *value = pe_error((pe_error_code)t->op);
        return PE_OK;
    default:
        return pei_syntax(
            p, t->offset,
            "an array constant holds only numbers, texts, TRUE, FALSE and error values");
    }
}

static pe_status parse_literal(pei_parser *p, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    pe_value value = pe_blank();
    pe_status status = read_literal(p, t, &value);
    if (status == PE_OK) status = leaf(p, PE_NODE_VALUE, t, out);
    if (status == PE_OK) out->node->value = value;
    return status;
}

static pe_status parse_element(pei_parser *p, pe_value *value)
{
    const pei_token *t = &p->tokens[p->at++];
    bool negative = is_symbol(t, PEI_S_MINUS);
    if (negative || is_symbol(t, PEI_S_PLUS)) {
        t = &p->tokens[p->at++];
        if (t->kind != PEI_T_NUMBER) {
            p->at--;
            return pei_syntax(p, t->offset, "a number must follow the sign in an array constant");
        }
    }
    if (t->kind == PEI_T_END) {
        p->at--;
        return pei_syntax(p, t->offset, "the array constant has no closing '}'");
    }
    pe_status status = read_literal(p, t, value);
    if (status == PE_OK && negative) *value = pe_number(0 - pe_as_number(*value));
    return status;
}

static pe_status parse_array(pei_parser *p, pei_expression *out)
{
    const pei_token *open = &p->tokens[p->at++];
    /* The brace's tokens bound the number of elements: count them first, so that one allocation
     * holds all. */
    size_t bound = 1;
    for (const pei_token *t = peek(p); t->kind != PEI_T_END && !is_symbol(t, PEI_S_BRACE_CLOSE);
         t++)
        bound++;
    pe_array *array = pe_arena_array(p->arena, 1, (uint32_t)bound);
    if (array == NULL)
        return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for an array constant");
    uint32_t count = 0, rows = 1, columns = 0, in_row = 0;
    for (;;) {
        pe_status status = parse_element(p, &array->cells[count]);
        if (status != PE_OK) return status;
        count++;
        in_row++;
        const pei_token *t = &p->tokens[p->at++];
        if (is_symbol(t, PEI_S_COMMA)) continue;
        bool closes = is_symbol(t, PEI_S_BRACE_CLOSE);
        if (!closes && !is_symbol(t, PEI_S_SEMICOLON)) {
            p->at--;
            return pei_syntax(
                p, t->offset,
                p->dialect == PE_DIALECT_EXCEL
                    ? "',' (next column), ';' (next row) or '}' must stand here in an array "
                      "constant"
                    : "';' (next column), '|' (next row) or '}' must stand here in an array "
                      "constant");
        }
        if (columns == 0) columns = in_row;
        if (in_row != columns)
            return pei_syntax(p, t->offset,
                              "this row of the array constant has %u values, the "
                              "first has %u",
                              in_row, columns);
        if (closes) break;
        rows++;
        in_row = 0;
    }
    array->rows = rows;
    array->columns = columns;
    pe_status status = leaf(p, PE_NODE_ARRAY, open, out);
    if (status == PE_OK) out->node->value = pe_box_pointer(PE_KIND_ARRAY, array);
    return status;
}

/* ---- references ------------------------------------------------------------------------------ */

pe_node_reference pei_reference_of(const pei_token *t, pe_cell_ref home, uint32_t first,
                                   uint32_t last)
{
    bool row1 = t->absolute & PEI_ROW1_ABSOLUTE, column1 = t->absolute & PEI_COLUMN1_ABSOLUTE;
    bool row2 = t->absolute & PEI_ROW2_ABSOLUTE, column2 = t->absolute & PEI_COLUMN2_ABSOLUTE;
    int32_t row = (int32_t)home.row, column = (int32_t)home.column;
    pe_node_reference ref = {.first = {.row = (int32_t)t->row1 - (row1 ? 0 : row),
                                       .column = (int32_t)t->column1 - (column1 ? 0 : column),
                                       .row_absolute = row1,
                                       .column_absolute = column1},
                             .last = {.row = (int32_t)t->row2 - (row2 ? 0 : row),
                                      .column = (int32_t)t->column2 - (column2 ? 0 : column),
                                      .row_absolute = row2,
                                      .column_absolute = column2},
                             .sheet_first = first,
                             .sheet_last = last,
                             .is_area = t->kind != PEI_T_CELL,
                             .whole_rows = t->kind == PEI_T_ROWS,
                             .whole_columns = t->kind == PEI_T_COLUMNS};
    return ref;
}

static bool is_reference_token(const pei_token *t)
{
    return t->kind == PEI_T_CELL || t->kind == PEI_T_AREA || t->kind == PEI_T_ROWS ||
           t->kind == PEI_T_COLUMNS;
}

static pe_status parse_reference(pei_parser *p, uint32_t first, uint32_t last, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    pe_status status = leaf(p, PE_NODE_REFERENCE, t, out);
    if (status == PE_OK) out->node->ref = pei_reference_of(t, p->home, first, last);
    return status;
}

/* ---- names ----------------------------------------------------------------------------------- */

static pe_status make_unknown(pei_parser *p, uint32_t offset, size_t length, bool called,
                              pei_expression *out)
{
    pe_status status = pei_new_node(p, PE_NODE_UNKNOWN, offset, &out->node);
    if (status != PE_OK) return status;
    out->height = 1;
    out->node->op = called;
    out->node->unknown.length = (uint32_t)length;
    out->node->unknown.text = pe_arena_text(p->arena, p->text + offset, length);
    p->unknown_count++;
    if (out->node->unknown.text != NULL) return PE_OK;
    return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for a name");
}

#define NOTHING 0xFFFFFFFFu

static uint32_t find_name(pei_parser *p, const char *name, size_t length, uint32_t sheet)
{
    if (sheet == PE_SHEET_HOME) {
        p->asked_sheet = true;
        sheet = p->home.sheet;
    }
    return p->scope->name(p->scope->context, name, length, sheet);
}

/* A variable or a defined name; *out untouched and false if it is neither. */
static pe_status make_name(pei_parser *p, const pei_token *t, uint32_t sheet, pei_expression *out,
                           bool *found)
{
    const char *name = text_of(p, t);
    const pei_variable *variable =
        sheet == PE_SHEET_HOME ? pei_find_variable(p, name, t->length) : NULL;
    *found = true;
    if (variable != NULL) return pei_make_variable(p, t->offset, variable, out);
    uint32_t index = sheet == PE_SHEET_DELETED ? NOTHING : find_name(p, name, t->length, sheet);
    *found = index != NOTHING;
    if (!*found) return PE_OK;
    pe_status status = leaf(p, PE_NODE_NAME, t, out);
    if (status != PE_OK) return status;
    out->node->index = index;
    pei_new_site(p, out->node);
    p->flags |= PE_FORMULA_HAS_NAME;
    return PE_OK;
}

/* Calc: Sheet2.local is the name that is local to Sheet2. */
static pe_status parse_dotted_name(pei_parser *p, const pei_token *t, pei_expression *out,
                                   bool *found)
{
    const char *text = text_of(p, t), *dot = memchr(text, '.', t->length);
    uint32_t sheet = PE_SHEET_DELETED, before = dot != NULL ? (uint32_t)(dot - text) : 0;
    *found = false;
    if (before > 0) sheet = p->scope->sheet(p->scope->context, text, before);
    if (sheet == PE_SHEET_DELETED) return PE_OK;
    pei_token name = *t;
    name.offset += before + 1;
    name.length -= before + 1;
    return make_name(p, &name, sheet, out, found);
}

static pe_status parse_name(pei_parser *p, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    const pei_token *next = peek(p);
    if (next->kind == PEI_T_BRACKET && !next->space) {
        p->at++;
        return pei_parse_table(p, t, next, out);
    }
    bool found = false;
    pe_status status = make_name(p, t, PE_SHEET_HOME, out, &found);
    if (status != PE_OK || found) return status;
    if (p->scope->table(p->scope->context, text_of(p, t), t->length) != NOTHING)
        return pei_parse_table(p, t, NULL, out);
    if (p->dialect != PE_DIALECT_EXCEL) {
        status = parse_dotted_name(p, t, out, &found);
        if (status != PE_OK || found) return status;
    }
    return make_unknown(p, t->offset, t->length, false, out);
}

/* ---- calls ----------------------------------------------------------------------------------- */

pe_status pei_parse_argument(pei_parser *p)
{
    pei_expression argument = {0};
    const pei_token *t = peek(p);
    bool omitted = is_symbol(t, PEI_S_COMMA) || is_symbol(t, PEI_S_CLOSE);
    pe_status status = omitted ? leaf(p, PE_NODE_OMITTED, t, &argument)
                               : pei_parse_expression(p, 0, false, &argument);
    return status == PE_OK ? pei_push_argument(p, argument) : status;
}

/* After an argument: true with ')' consumed, or false with ',' consumed. */
pe_status pei_end_argument(pei_parser *p, bool *last)
{
    const pei_token *t = peek(p);
    *last = is_symbol(t, PEI_S_CLOSE);
    if (*last || is_symbol(t, PEI_S_COMMA)) {
        p->at++;
        return PE_OK;
    }
    if (t->kind == PEI_T_END) return pei_syntax(p, t->offset, "a ')' is missing at the end");
    if (p->dialect != PE_DIALECT_EXCEL)
        return pei_syntax(p, t->offset, "';' or ')' must stand here");
    if (is_symbol(t, PEI_S_SEMICOLON))
        return pei_syntax(p, t->offset, "arguments are separated by ',', not by ';'");
    return pei_syntax(p, t->offset, "',' or ')' must stand here");
}

pe_status pei_parse_call_arguments(pei_parser *p)
{
    if (accept(p, PEI_S_CLOSE)) return PE_OK;
    for (bool last = false; !last;) {
        pe_status status = pei_parse_argument(p);
        if (status == PE_OK) status = pei_end_argument(p, &last);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

static pe_status check_arity(pei_parser *p, const pei_token *t, const pe_function *row,
                             uint32_t count)
{
    if (row->flags & PE_FN_UNSUPPORTED) return PE_OK;
    if ((int)count >= row->args_min && (int)count <= row->args_max) return PE_OK;
    if (row->args_min == row->args_max)
        return pei_syntax(p, t->offset, "%s takes %d argument%s, not %u", row->name, row->args_min,
                          row->args_min == 1 ? "" : "s", count);
    if ((int)count < row->args_min)
        return pei_syntax(p, t->offset, "%s takes at least %d argument%s, not %u", row->name,
                          row->args_min, row->args_min == 1 ? "" : "s", count);
    return pei_syntax(p, t->offset, "%s takes at most %d arguments, not %u", row->name,
                      row->args_max, count);
}

void pei_add_function(pei_parser *p, pe_node *node)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    static const struct {
        unsigned row, formula;
    } map[] = {
        {PE_FN_VOLATILE, PE_FORMULA_HAS_VOLATILE}, {PE_FN_RANDOM, PE_FORMULA_HAS_RANDOM},
        {PE_FN_DYNAMIC, PE_FORMULA_HAS_DYNAMIC},   {PE_FN_UNSUPPORTED, PE_FORMULA_HAS_UNSUPPORTED},
        {PE_FN_RISK, PE_FORMULA_HAS_RISK},         {PE_FN_RISK_OUTPUT, PE_FORMULA_HAS_OUTPUT},
        {PE_FN_SPECIAL, PE_FORMULA_HAS_SPECIAL}};
    for (size_t i = 0; i < PE_COUNT(map); i++)
        if (row->flags & map[i].row) p->flags |= map[i].formula;
    if (strcmp(row->name, "SUBTOTAL") == 0 || strcmp(row->name, "AGGREGATE") == 0)
        p->flags |= PE_FORMULA_IS_SUBTOTAL;
    if (row->flags & (PE_FN_RANDOM | PE_FN_RISK)) pei_new_site(p, node);
}

static pe_status finish_function(pei_parser *p, const pei_token *t, pe_function_id id, size_t first,
                                 pei_expression *out)
{
    pe_status status = pei_fit_arguments(p, t->offset, first, &id);
    if (status != PE_OK) return status;
    const pe_function *row = pe_function_row(id);
    pe_node_kind kind = PE_NODE_FUNCTION;
    pe_operator op = PE_OP_ADD;
    if (strcmp(row->name, "SINGLE") == 0) {
        kind = PE_NODE_UNARY;
        op = PE_OP_SINGLE;
    } else if (strcmp(row->name, "ANCHORARRAY") == 0) {
        kind = PE_NODE_UNARY;
        op = PE_OP_SPILL;
    }
    status = check_arity(p, t, row, (uint32_t)(p->stack_count - first));
    if (status == PE_OK) status = pei_expand_eta(p, row, first);
    if (status == PE_OK) status = pei_new_node(p, kind, t->offset, &out->node);
    if (status == PE_OK) status = pei_take_arguments(p, first, out->node, &out->height);
    if (status != PE_OK) return status;
    out->node->op = (uint8_t)op;
    if (kind == PE_NODE_UNARY) return PE_OK;
    out->node->function = (uint16_t)id;
    pei_add_function(p, out->node);
    return PE_OK;
}

/* name( where name is no worksheet function: a variable or defined name that holds a LAMBDA, or
 * unknown. offset: where the name with its prefix starts. */
static pe_status call_name(pei_parser *p, const pei_token *t, uint32_t offset, uint32_t sheet,
                           pei_expression *out)
{
    size_t first = p->stack_count;
    bool found = false;
    uint32_t length = t->offset + t->length - offset;
    pei_expression callee = {0};
    pe_status status = make_name(p, t, sheet, &callee, &found);
    if (status == PE_OK && found) status = pei_push_argument(p, callee);
    if (status == PE_OK) status = pei_parse_call_arguments(p);
    if (status == PE_OK)
        status = found ? pei_new_node(p, PE_NODE_CALL, t->offset, &out->node)
                       : make_unknown(p, offset, length, true, out);
    if (status == PE_OK) status = pei_take_arguments(p, first, out->node, &out->height);
    if (status != PE_OK || !found) return status;
    p->flags |= PE_FORMULA_HAS_CALL;
    pei_new_site(p, out->node);
    return PE_OK;
}

/* The registry searches its rows; a set asks it once per name. */
static pe_function_id find_function(pei_parser *p, const char *name, size_t length)
{
    uint32_t id, *slot;
    bool added;
    if (p->functions == NULL) return pe_function_find_as(p->dialect, name, length);
    if (pe_map_get(p->functions, name, length, &id)) return (pe_function_id)id;
    id = (uint32_t)pe_function_find_as(p->dialect, name, length);
    (void)pe_map_put(p->functions, name, length, id, &slot, &added); /* out of memory: not kept */
    return (pe_function_id)id;
}

static pe_status parse_function(pei_parser *p, const pei_token *prefix_token,
                                const pei_prefix *prefix, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    const char *name = text_of(p, t);
    pe_function_id id = find_function(p, name, t->length);
    size_t first = p->stack_count;
    pe_status status = nest(p);
    if (status != PE_OK) return status;
    if (pei_find_variable(p, name, t->length) != NULL && prefix == NULL) id = PE_FUNCTION_NONE;
    bool is_true = pe_text_equal_nocase(name, t->length, "TRUE", 4);
    if ((is_true || pe_text_equal_nocase(name, t->length, "FALSE", 5)) &&
        is_symbol(peek(p), PEI_S_CLOSE)) {
        p->at++;
        p->depth--;
        status = leaf(p, PE_NODE_VALUE, t, out); /* TRUE() is the same as TRUE */
        if (status == PE_OK) out->node->value = pe_boolean(is_true);
        return status;
    }
    if (id == PE_FUNCTION_NONE) {
        uint32_t sheet = prefix == NULL     ? PE_SHEET_HOME
                         : prefix->external ? PE_SHEET_DELETED
                                            : prefix->sheet_first;
        status =
            call_name(p, t, prefix_token != NULL ? prefix_token->offset : t->offset, sheet, out);
    } else {
        const char *row_name = pe_function_row(id)->name;
        bool let = strcmp(row_name, "LET") == 0, lambda = strcmp(row_name, "LAMBDA") == 0;
        status =
            let || lambda ? pei_parse_binding_arguments(p, lambda) : pei_parse_call_arguments(p);
        if (status == PE_OK) status = finish_function(p, t, id, first, out);
    }
    p->depth--;
    return status;
}

/* ---- after a sheet's or another workbook's name ---------------------------------------------- */

static pe_status make_external(pei_parser *p, const pei_token *prefix_token,
                               const pei_prefix *prefix, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    pe_status status = leaf(p, PE_NODE_EXTERNAL, t, out);
    if (status != PE_OK) return status;
    pe_node *node = out->node;
    node->offset = prefix_token->offset;
    node->external.book = prefix->book;
    node->external.sheet_first = prefix->sheet_first;
    node->external.sheet_last = prefix->sheet_last;
    node->external.prefix = pe_arena_text(p->arena, text_of(p, prefix_token), prefix_token->length);
    node->external.name = "";
    node->external.is_name = t->kind == PEI_T_NAME;
    if (node->external.is_name)
        node->external.name = pe_arena_text(p->arena, text_of(p, t), t->length);
    else
        node->external.ref = pei_reference_of(t, p->home, prefix->sheet_first, prefix->sheet_last);
    p->flags |= PE_FORMULA_HAS_EXTERNAL;
    if (node->external.prefix != NULL && node->external.name != NULL) return PE_OK;
    return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for a link");
}

static pe_status parse_sheet_name(pei_parser *p, const pei_token *prefix_token, uint32_t sheet,
                                  pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    bool found = false;
    pe_status status = make_name(p, t, sheet, out, &found);
    if (status != PE_OK || found) return status;
    return make_unknown(p, prefix_token->offset, t->offset + t->length - prefix_token->offset,
                        false, out);
}

static bool is_one_cell(const pei_token *t)
{
    unsigned a = t->absolute;
    return t->kind == PEI_T_AREA && t->row1 == t->row2 && t->column1 == t->column2 &&
           (a & 3) == a >> 2;
}

/* The sheet or sheets of a prefix; Calc's second one is taken too. */
static void read_prefix(pei_parser *p, const pei_token *t, pei_prefix *prefix)
{
    pei_prefix last;
    if (t->op == PEI_PREFIX_EXCEL) {
        pei_read_prefix(p->scope, text_of(p, t), t->length, p->scratch, prefix);
        return;
    }
    pei_read_calc_prefix(p->scope, text_of(p, t), t->length, p->scratch, prefix);
    t = peek(p);
    if (t->kind != PEI_T_PREFIX || t->op != PEI_PREFIX_LAST) return;
    p->at++;
    pei_read_calc_prefix(p->scope, text_of(p, t), t->length, p->scratch, &last);
    prefix->sheet_last = last.sheet_first;
    pei_order_sheets(prefix);
}

/* Calc: Unit.m2 where there is no sheet Unit. */
static pe_status parse_cell_like_name(pei_parser *p, const pei_token *prefix, const pei_token *cell,
                                      pei_expression *out, bool *found)
{
    pei_token name = *prefix;
    name.kind = PEI_T_NAME;
    name.length = cell->offset + cell->length - prefix->offset;
    pe_status status = make_name(p, &name, PE_SHEET_HOME, out, found);
    if (*found) p->at++;
    return status;
}

static pe_status parse_prefixed(pei_parser *p, pei_expression *out)
{
    const pei_token *prefix_token = &p->tokens[p->at++];
    pei_prefix prefix;
    read_prefix(p, prefix_token, &prefix);
    const pei_token *t = peek(p);
    if (t->space || t->kind == PEI_T_END)
        return pei_syntax(p, t->offset, "a reference or a name must follow '!' directly");
    if (t->kind == PEI_T_FUNCTION) return parse_function(p, prefix_token, &prefix, out);
    if (t->kind == PEI_T_ERROR) return parse_literal(p, out);
    if (!is_reference_token(t) && t->kind != PEI_T_NAME)
        return pei_syntax(p, t->offset, "a reference or a name must follow '!'");
    if (prefix.deleted && t->kind == PEI_T_NAME) {
        pe_status status = leaf(p, PE_NODE_VALUE, t, out);
        if (status == PE_OK) out->node->value = pe_error(PE_ERROR_REF);
        p->at++;
        return status;
    }
    if (prefix.external) return make_external(p, prefix_token, &prefix, out);
    if (*text_of(p, t) == '\'')
        return pei_syntax(p, t->offset, "a name is written without apostrophes");
    if (p->dialect == PE_DIALECT_CALC && t->kind == PEI_T_CELL &&
        prefix.sheet_first == PE_SHEET_DELETED && !prefix.deleted &&
        prefix_token->op == PEI_PREFIX_CALC) {
        bool found = false;
        pe_status status = parse_cell_like_name(p, prefix_token, t, out, &found);
        if (status != PE_OK || found) return status;
    }
    if (is_reference_token(t)) {
        bool cell = prefix_token[1].kind == PEI_T_PREFIX && is_one_cell(t); /* one cell per sheet */
        pe_status status = parse_reference(p, prefix.sheet_first, prefix.sheet_last, out);
        if (status == PE_OK && cell) out->node->ref.is_area = false;
        return status;
    }
    const pei_token *next = &p->tokens[p->at + 1];
    if (next->kind == PEI_T_BRACKET && !next->space)
        return parse_name(p, out); /* Book.xlsx!Table1[Col] */
    return parse_sheet_name(p, prefix_token, prefix.sheet_first, out);
}

/* ---- the operand ----------------------------------------------------------------------------- */

static pe_status parse_sign(pei_parser *p, pei_expression *out)
{
    const pei_token *t = &p->tokens[p->at++];
    pe_operator op = t->op == PEI_S_MINUS  ? PE_OP_NEGATE
                     : t->op == PEI_S_PLUS ? PE_OP_PLUS
                                           : PE_OP_SINGLE;
    pei_expression operand = {0};
    size_t first = p->stack_count;
    pe_status status = nest(p);
    if (status == PE_OK)
        status = pei_parse_expression(p, op == PE_OP_SINGLE ? POWER_SINGLE : POWER_UNARY, false,
                                      &operand);
    if (status == PE_OK) status = pei_new_node(p, PE_NODE_UNARY, t->offset, &out->node);
    if (status == PE_OK) status = pei_push_argument(p, operand);
    if (status == PE_OK) status = pei_take_arguments(p, first, out->node, &out->height);
    if (status != PE_OK) return status;
    out->node->op = (uint8_t)op;
    p->depth--;
    return PE_OK;
}

static pe_status parse_group(pei_parser *p, pei_expression *out)
{
    const pei_token *open = &p->tokens[p->at++];
    pe_status status = nest(p);
    if (status == PE_OK) status = pei_parse_expression(p, 0, true, out);
    if (status != PE_OK) return status;
    p->depth--;
    if (accept(p, PEI_S_CLOSE)) return PE_OK;
    if (peek(p)->kind == PEI_T_END)
        return pei_syntax(p, open->offset, "this '(' is not closed; a ')' is missing");
    return pei_syntax(p, peek(p)->offset, "an operator or ')' must stand here");
}

pe_status pei_parse_operand(pei_parser *p, pei_expression *out)
{
    const pei_token *t = peek(p);
    switch (t->kind) {
    case PEI_T_NUMBER:
    case PEI_T_STRING:
    case PEI_T_BOOLEAN:
    case PEI_T_ERROR:
        return parse_literal(p, out);
    case PEI_T_CELL:
    case PEI_T_AREA:
    case PEI_T_ROWS:
    case PEI_T_COLUMNS:
        return parse_reference(p, PE_SHEET_HOME, PE_SHEET_HOME, out);
    case PEI_T_NAME:
        return parse_name(p, out);
    case PEI_T_FUNCTION:
        return parse_function(p, NULL, NULL, out);
    case PEI_T_PREFIX:
        return parse_prefixed(p, out);
    case PEI_T_BRACKET:
        p->at++;
        return pei_parse_table(p, NULL, t, out);
    case PEI_T_END:
        return pei_syntax(p, t->offset, "the formula ends where a value or reference must stand");
    default:
        break;
    }
    switch (t->op) {
    case PEI_S_PLUS:
    case PEI_S_MINUS:
    case PEI_S_AT:
        return parse_sign(p, out);
    case PEI_S_OPEN:
        return parse_group(p, out);
    case PEI_S_BRACE_OPEN:
        return parse_array(p, out);
    default:
        return pei_syntax(p, t->offset, "a value or reference must stand before '%.*s'",
                          (int)t->length, text_of(p, t));
    }
}
