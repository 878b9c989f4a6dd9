/* formula_lambda.c: LET and LAMBDA: their variables, slots and scopes, and functions named where a
 * LAMBDA is expected. Every binding has a slot of its own, so that trees need no names. Files write
 * _xlpm. before every variable, people do not; a text that mixes both is refused, because then
 * neither form could be printed without hiding a name. */
#include "formula_internal.h"

bool pei_strip_prefix(const char **name, size_t *length, const char *prefix)
{
    size_t n = strlen(prefix);
    if (*length <= n || !pe_text_equal_nocase(*name, n, prefix, n)) return false;
    *name += n;
    *length -= n;
    return true;
}

const pei_variable *pei_find_variable(const pei_parser *p, const char *name, size_t length)
{
    bool prefixed =
        pei_strip_prefix(&name, &length, "_xlpm.") || pei_strip_prefix(&name, &length, "_xlop.");
    for (size_t i = p->variable_in_force; i > 0; i--) { /* with the prefix: no defined name */
        const pei_variable *v = &p->variables[i - 1];
        if ((prefixed || !v->prefixed) && pe_text_equal_nocase(v->name, v->length, name, length))
            return v;
    }
    return NULL;
}

pe_status pei_make_variable(pei_parser *p, uint32_t offset, const pei_variable *variable,
                            pei_expression *out)
{
    pe_status status = pei_new_node(p, PE_NODE_VARIABLE, offset, &out->node);
    if (status != PE_OK) return status;
    out->height = 1;
    out->node->variable.slot = variable->slot;
    out->node->variable.name = pe_arena_text(p->arena, variable->name, variable->length);
    if (out->node->variable.name != NULL) return PE_OK;
    return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for a name");
}

/* What reads as a cell, a number or TRUE in the text cannot be a variable, as in Excel. */
static bool is_variable_name(const char *name, size_t length)
{
    uint32_t row, column;
    for (size_t i = 0; i < length; i++)
        if (!pei_is_word_byte((unsigned char)name[i])) return false;
    if (length == 0 || (name[0] >= '0' && name[0] <= '9') || name[0] == '.' || name[0] == '?')
        return false;
    return pe_cell_parse(name, length, &row, &column) != length &&
           !pe_text_equal_nocase(name, length, "TRUE", 4) &&
           !pe_text_equal_nocase(name, length, "FALSE", 5);
}

/* A name that LET or LAMBDA binds stands here: a name and a comma. Gives it a slot; it is not in
 * force yet. */
static pe_status parse_binding(pei_parser *p, bool lambda, bool *binds, pei_variable *variable)
{
    const pei_token *t = &p->tokens[p->at];
    bool optional = lambda && t->kind == PEI_T_BRACKET && t->length > 2;
    *binds = (t->kind == PEI_T_NAME || optional) && t[1].kind == PEI_T_OPERATOR &&
             t[1].op == PEI_S_COMMA;
    if (!*binds) return PE_OK;
    const char *name = p->text + t->offset + optional;
    size_t length = t->length - 2u * optional;
    bool saved_optional = pei_strip_prefix(&name, &length, "_xlop.");
    bool prefixed = saved_optional || pei_strip_prefix(&name, &length, "_xlpm.");
    if (!is_variable_name(name, length))
        return pei_syntax(p, t->offset, "'%.*s' cannot be the name of a variable; take another",
                          (int)(length > 40 ? 40 : length), name);
    if (p->variable_count > 0 && p->variables_prefixed != prefixed)
        return pei_syntax(p, t->offset,
                          "variables are written either all with _xlpm. or all without");
    p->variables_prefixed = prefixed;
    *variable = (pei_variable){name, (uint32_t)length, p->variable_count++, prefixed};
    pei_expression node = {0};
    pe_status status = pei_make_variable(p, t->offset, variable, &node);
    if (status != PE_OK) return status;
    node.node->op = optional || saved_optional;
    p->at += 2;
    return pei_push_argument(p, node);
}

static pe_status put_in_force(pei_parser *p, const pei_variable *variable)
{
    if (PE_GROW(&p->variables, &p->variable_capacity, p->variable_in_force + 1) != PE_OK)
        return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for its variables");
    p->variables[p->variable_in_force++] = *variable;
    return PE_OK;
}

/* LET(a,1,b,a+1,a*b) and LAMBDA(x,y,x+y): a variable is in force after its value, to the end of the
 * call. */
pe_status pei_parse_binding_arguments(pei_parser *p, bool lambda)
{
    size_t in_force = p->variable_in_force;
    bool last = false;
    while (!last) {
        pei_variable variable = {0};
        bool binds = false;
        pe_status status = parse_binding(p, lambda, &binds, &variable);
        if (status == PE_OK && (!binds || !lambda)) {
            status = pei_parse_argument(p);
            if (status == PE_OK) status = pei_end_argument(p, &last);
        }
        if (status == PE_OK && !binds && !last)
            status = pei_syntax(
                p, p->tokens[p->at].offset,
                lambda ? "LAMBDA takes names of parameters and then one calculation"
                       : "LET takes pairs of a name and its value, and then one calculation");
        if (status == PE_OK && binds && last)
            status = pei_syntax(p, p->tokens[p->at].offset,
                                "LET needs a calculation after its last name and value");
        if (status == PE_OK && binds) status = put_in_force(p, &variable);
        if (status != PE_OK) return status;
    }
    p->variable_in_force = in_force;
    return PE_OK;
}

/* How many parameters the LAMBDA has that a function takes as its last argument; 0: it takes none.
 */
static uint32_t lambda_arity(const char *name, uint32_t arg_count)
{
    if (strcmp(name, "BYROW") == 0 || strcmp(name, "BYCOL") == 0) return 1;
    if (strcmp(name, "REDUCE") == 0 || strcmp(name, "SCAN") == 0 || strcmp(name, "MAKEARRAY") == 0)
        return 2;
    return strcmp(name, "MAP") == 0 ? arg_count - 1 : 0;
}

static pe_status push_variable(pei_parser *p, uint32_t offset, const pei_variable *variable)
{
    pei_expression e = {0};
    pe_status status = pei_make_variable(p, offset, variable, &e);
    return status == PE_OK ? pei_push_argument(p, e) : status;
}

static pe_status push_call(pei_parser *p, pe_function_id id, uint32_t offset, size_t first)
{
    pei_expression e = {0};
    pe_status status = pei_new_node(p, PE_NODE_FUNCTION, offset, &e.node);
    if (status == PE_OK) status = pei_take_arguments(p, first, e.node, &e.height);
    if (status != PE_OK) return status;
    e.node->function = (uint16_t)id;
    pei_add_function(p, e.node);
    return pei_push_argument(p, e);
}

static bool can_be_eta(pe_function_id id, int arity)
{
    const pe_function *row = pe_function_row(id);
    return arity >= row->args_min && arity <= row->args_max && !(row->flags & PE_FN_SPECIAL);
}

/* BYROW(A1:B9,SUM), saved as _xleta.SUM, means BYROW(A1:B9,LAMBDA(a,SUM(a))). */
pe_status pei_expand_eta(pei_parser *p, const pe_function *row, size_t first)
{
    static const char *const names[] = {"a", "b"};
    uint32_t arity = lambda_arity(row->name, (uint32_t)(p->stack_count - first));
    const pe_node *last = arity > 0 ? p->stack[p->stack_count - 1].node : NULL;
    if (last == NULL || last->kind != PE_NODE_UNKNOWN || last->op != 0 || arity > PE_COUNT(names))
        return PE_OK;
    const char *name = last->unknown.text;
    size_t length = last->unknown.length, body = 0;
    pei_strip_prefix(&name, &length, "_xleta.");
    pe_function_id id = pe_function_find_as(p->dialect, name, length), lambda = PE_FN_LAMBDA;
    if (id == PE_FUNCTION_NONE || lambda == PE_FUNCTION_NONE || !can_be_eta(id, (int)arity))
        return PE_OK;
    pei_variable variables[PE_COUNT(names)];
    pe_status status = PE_OK;
    p->stack_count--;
    p->node_count--;
    p->unknown_count--;
    size_t start = p->stack_count;
    for (uint32_t i = 0; i < arity && status == PE_OK; i++) {
        variables[i] = (pei_variable){names[i], 1, p->variable_count++, true};
        status = push_variable(p, last->offset, &variables[i]);
    }
    body = p->stack_count;
    for (uint32_t i = 0; i < arity && status == PE_OK; i++)
        status = push_variable(p, last->offset, &variables[i]);
    if (status == PE_OK) status = push_call(p, id, last->offset, body);
    return status == PE_OK ? push_call(p, lambda, last->offset, start) : status;
}
