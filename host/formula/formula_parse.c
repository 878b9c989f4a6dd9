/* formula_parse.c: a Pratt parser: tokens to tree. Chains of left-associative operators are built
 * by a loop; only nesting recurses, and p->depth bounds it. Nodes are made in evaluation order
 * (operands before their operator), which numbers the draw sites. */
#include "formula_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Binding powers. Excel: ':' then space, ',' then unary minus, %, ^, * /, + -, &, comparisons. */
enum {
    POWER_COMPARE = 10,
    POWER_CONCAT = 20,
    POWER_ADD = 30,
    POWER_MULTIPLY = 40,
    POWER_POWER = 50,
    POWER_PERCENT = 60,
    POWER_UNION = 80,
    POWER_INTERSECT = 90,
    POWER_RANGE = 100,
    POWER_POSTFIX = 110
};

pe_status pei_syntax(pei_parser *p, uint32_t offset, const char *format, ...)
{
    char where[32], what[512];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(where, sizeof where, "offset %u", offset);
    return pe_fail(p->diag, PE_E_SYNTAX, where, "%s", what);
}

pe_status pei_new_node(pei_parser *p, pe_node_kind kind, uint32_t offset, pe_node **node)
{
    pe_node *n = PE_PUSH(p->arena, pe_node, 1);
    if (n == NULL) return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for its tree");
    n->kind = (uint8_t)kind;
    n->function = PE_FUNCTION_NONE;
    n->offset = offset;
    n->draw_site = PE_NO_SITE;
    p->node_count++;
    *node = n;
    return PE_OK;
}

void pei_new_site(pei_parser *p, pe_node *node)
{
    node->draw_site = p->site_count++;
}

pe_status pei_push_argument(pei_parser *p, pei_expression argument)
{
    if (PE_GROW(&p->stack, &p->stack_capacity, p->stack_count + 1) != PE_OK)
        return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for its tree");
    p->stack[p->stack_count++] = argument;
    return PE_OK;
}

pe_status pei_take_arguments(pei_parser *p, size_t first, pe_node *node, uint32_t *height)
{
    size_t count = p->stack_count - first;
    uint32_t highest = 0;
    if (count > 0) {
        node->args = PE_PUSH(p->arena, const pe_node *, count);
        if (node->args == NULL)
            return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for its tree");
    }
    for (size_t i = 0; i < count; i++) {
        node->args[i] = p->stack[first + i].node;
        if (p->stack[first + i].height > highest) highest = p->stack[first + i].height;
    }
    node->arg_count = (uint32_t)count;
    p->stack_count = first;
    *height = highest + 1;
    if (*height <= PE_FORMULA_HEIGHT_MAX) return PE_OK;
    return pe_fail(p->diag, PE_E_LIMIT, "formula",
                   "its operators stand in a chain of more than %u; split it over "
                   "several cells, or use SUM",
                   PE_FORMULA_HEIGHT_MAX);
}

/* Makes *left the operator's node over *left and, unless NULL, *right. */
static pe_status combine(pei_parser *p, pe_node_kind kind, pe_operator op, uint32_t offset,
                         pei_expression *left, const pei_expression *right)
{
    pe_node *node = NULL;
    size_t first = p->stack_count;
    pe_status status = pei_new_node(p, kind, offset, &node);
    if (status == PE_OK) status = pei_push_argument(p, *left);
    if (status == PE_OK && right != NULL) status = pei_push_argument(p, *right);
    if (status == PE_OK) status = pei_take_arguments(p, first, node, &left->height);
    if (status != PE_OK) return status;
    node->op = (uint8_t)op;
    left->node = node;
    return PE_OK;
}

/* ---- operators ------------------------------------------------------------------------------- */

typedef struct infix {
    uint8_t power, op;
} infix;

static infix infix_of(uint8_t symbol)
{
    switch (symbol) {
    case PEI_S_PLUS:
        return (infix){POWER_ADD, PE_OP_ADD};
    case PEI_S_MINUS:
        return (infix){POWER_ADD, PE_OP_SUB};
    case PEI_S_TIMES:
        return (infix){POWER_MULTIPLY, PE_OP_MUL};
    case PEI_S_DIVIDE:
        return (infix){POWER_MULTIPLY, PE_OP_DIV};
    case PEI_S_POWER:
        return (infix){POWER_POWER, PE_OP_POW};
    case PEI_S_CONCAT:
        return (infix){POWER_CONCAT, PE_OP_CONCAT};
    case PEI_S_EQ:
        return (infix){POWER_COMPARE, PE_OP_EQ};
    case PEI_S_NE:
        return (infix){POWER_COMPARE, PE_OP_NE};
    case PEI_S_LT:
        return (infix){POWER_COMPARE, PE_OP_LT};
    case PEI_S_LE:
        return (infix){POWER_COMPARE, PE_OP_LE};
    case PEI_S_GT:
        return (infix){POWER_COMPARE, PE_OP_GT};
    case PEI_S_GE:
        return (infix){POWER_COMPARE, PE_OP_GE};
    case PEI_S_COLON:
        return (infix){POWER_RANGE, PE_OP_RANGE};
    case PEI_S_COMMA:
    case PEI_S_UNION:
        return (infix){POWER_UNION, PE_OP_UNION};
    case PEI_S_INTERSECT:
        return (infix){POWER_INTERSECT, PE_OP_INTERSECT};
    case PEI_S_PERCENT:
        return (infix){POWER_PERCENT, PE_OP_PERCENT};
    case PEI_S_HASH:
        return (infix){POWER_POSTFIX, PE_OP_SPILL};
    default:
        return (infix){0, 0};
    }
}

/* Whether an expression may be a reference: what ':', space and ',' can stand between. */
static bool may_be_reference(const pe_node *node)
{
    switch (node->kind) {
    case PE_NODE_VALUE:
        return pe_is_error(node->value);
    case PE_NODE_OMITTED:
    case PE_NODE_ARRAY:
        return false;
    case PE_NODE_UNARY:
        return node->op == PE_OP_SINGLE || node->op == PE_OP_SPILL;
    case PE_NODE_BINARY:
        return node->op == PE_OP_RANGE || node->op == PE_OP_UNION || node->op == PE_OP_INTERSECT;
    default:
        return true;
    }
}

/* Sheet1!A1:Sheet1!B2 and A1 : B2 are the same area as Sheet1!A1:B2. */
static bool fold_range(pei_parser *p, pei_expression *left, const pei_expression *right)
{
    pe_node *a = left->node;
    const pe_node *b = right->node;
    if (a->kind != PE_NODE_REFERENCE || b->kind != PE_NODE_REFERENCE || a->ref.is_area ||
        b->ref.is_area)
        return false;
    bool same_sheet =
        b->ref.sheet_first == a->ref.sheet_first && b->ref.sheet_last == a->ref.sheet_last;
    bool second_bare =
        b->ref.sheet_first == PE_SHEET_HOME && a->ref.sheet_first != PE_SHEET_DELETED;
    if (!same_sheet && !second_bare) return false;
    a->ref.last = b->ref.first;
    a->ref.is_area = true;
    p->node_count--;
    return true;
}

static bool starts_operand(const pei_token *t)
{
    if (t->kind == PEI_T_END) return false;
    return t->kind != PEI_T_OPERATOR || t->op == PEI_S_OPEN || t->op == PEI_S_BRACE_OPEN;
}

static pe_status parse_call(pei_parser *p, pei_expression *left)
{
    pe_node *node = NULL;
    const pei_token *open = &p->tokens[p->at++];
    size_t first = p->stack_count;
    if (++p->depth > PE_FORMULA_DEPTH_MAX)
        return pe_fail(p->diag, PE_E_LIMIT, "formula",
                       "it is nested deeper than %u levels; split it over several cells",
                       PE_FORMULA_DEPTH_MAX);
    pe_status status = pei_push_argument(p, *left);
    if (status == PE_OK) status = pei_parse_call_arguments(p);
    if (status == PE_OK) status = pei_new_node(p, PE_NODE_CALL, open->offset, &node);
    if (status == PE_OK) status = pei_take_arguments(p, first, node, &left->height);
    if (status != PE_OK) return status;
    p->depth--;
    p->flags |= PE_FORMULA_HAS_CALL;
    pei_new_site(p, node);
    left->node = node;
    return PE_OK;
}

static pe_status parse_binary(pei_parser *p, infix in, const pei_token *t, bool union_allowed,
                              pei_expression *left)
{
    pei_expression right = {0};
    bool reference_operator =
        in.op == PE_OP_RANGE || in.op == PE_OP_UNION || in.op == PE_OP_INTERSECT;
    pe_status status = pei_parse_expression(p, in.power, union_allowed, &right);
    if (status != PE_OK) return status;
    if (reference_operator && !(may_be_reference(left->node) && may_be_reference(right.node)))
        return pei_syntax(p, t->offset,
                          in.op == PE_OP_INTERSECT ? "an operator or a comma is missing here"
                                                   : "both sides of ':' or ',' must be references");
    if (in.op == PE_OP_RANGE && fold_range(p, left, &right)) return PE_OK;
    return combine(p, PE_NODE_BINARY, (pe_operator)in.op, t->offset, left, &right);
}

pe_status pei_parse_expression(pei_parser *p, int power, bool union_allowed, pei_expression *out)
{
    pei_expression left = {0};
    pe_status status = pei_parse_operand(p, &left);
    while (status == PE_OK) {
        const pei_token *t = &p->tokens[p->at];
        infix in = {0, 0};
        if (t->kind == PEI_T_OPERATOR && t->op == PEI_S_OPEN && !t->space &&
            p->tokens[p->at - 1].op == PEI_S_CLOSE && p->tokens[p->at - 1].kind == PEI_T_OPERATOR &&
            may_be_reference(left.node)) {
            status = parse_call(p, &left);
            continue;
        }
        if (t->kind == PEI_T_OPERATOR) in = infix_of(t->op);
        if (in.op == PE_OP_UNION && in.power == POWER_UNION && !union_allowed &&
            t->op == PEI_S_COMMA)
            break;
        if (in.power == 0 && starts_operand(t)) {
            if (!t->space || p->dialect != PE_DIALECT_EXCEL)
                return pei_syntax(p, t->offset, "an operator or a comma is missing here");
            in = (infix){POWER_INTERSECT, PE_OP_INTERSECT};
        } else if (in.power > power) {
            p->at++;
        }
        if (in.power <= power) break;
        if (in.power == POWER_PERCENT || in.power == POWER_POSTFIX)
            status = combine(p, PE_NODE_UNARY, (pe_operator)in.op, t->offset, &left, NULL);
        else
            status = parse_binary(p, in, t, union_allowed, &left);
    }
    if (status == PE_OK) *out = left;
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static pe_status parse_all(pei_parser *p, pei_expression *root)
{
    if (p->tokens[0].kind == PEI_T_END) return pei_syntax(p, 0, "the formula is empty");
    pe_status status =
        pei_parse_expression(p, 0, true, root); /* names hold unions without brackets */
    if (status != PE_OK) return status;
    const pei_token *t = &p->tokens[p->at];
    if (t->kind == PEI_T_END) return PE_OK;
    if (t->kind == PEI_T_OPERATOR && t->op == PEI_S_CLOSE)
        return pei_syntax(p, t->offset, "this ')' closes nothing; remove it or add a '('");
    return pei_syntax(
        p, t->offset,
        "'%.*s' cannot stand here; an operator is missing before it, or it is one too many",
        (int)(t->length > 40 ? 40 : t->length), p->text + t->offset);
}

pe_status pei_parse(const pei_lexed *lexed, const char *text, size_t length, pe_dialect dialect,
                    pe_cell_ref home, const pe_scope *scope, pe_map *functions, pe_arena *arena,
                    pei_parsed *parsed, pe_diag *diag)
{
    pei_parser p = {.text = text,
                    .length = length,
                    .tokens = lexed->tokens,
                    .home = home,
                    .scope = scope,
                    .dialect = dialect,
                    .functions = functions,
                    .arena = arena,
                    .diag = diag};
    pei_expression root = {0};
    pe_status status = PE_OK;
    p.scratch = malloc(length + 1);
    if (p.scratch == NULL) return pe_fail(diag, PE_E_MEMORY, "formula", "no memory to read it");
    status = parse_all(&p, &root);
    free(p.scratch);
    free(p.stack);
    free(p.variables);
    if (status != PE_OK) return status;
    if (p.unknown_count > 0) p.flags |= PE_FORMULA_HAS_UNKNOWN;
    parsed->formula = (pe_formula){.root = root.node,
                                   .flags = p.flags,
                                   .node_count = p.node_count,
                                   .site_count = p.site_count,
                                   .variable_count = p.variable_count};
    parsed->asked_sheet = p.asked_sheet;
    parsed->asked_table = p.asked_table;
    return PE_OK;
}
