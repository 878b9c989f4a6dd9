/* program_function.c: worksheet functions with a lowering of their own: choices, logic, rounding,
 * elementary functions; every other NUM row becomes a call of its body lane by lane. */
#include "functions_arithmetic.h"
#include "program_internal.h"

#define ARGUMENTS_MAX PE_FORMULA_ARGUMENTS_MAX

/* ---- choices
 * ------------------------------------------------------------------------------------------ */

/* a ? x : y. */
static bool make_select(pei_builder *b, uint32_t condition, pei_operand x, pei_operand y, bool zero,
                        pei_operand *o)
{
    pe_type type;
    uint16_t domain;
    if (!pei_unify(b, &x, &y, zero, &type, &domain)) return false;
    pei_node n = {
        .type = (uint8_t)type, .domain = domain, .a = condition, .b = PEI_NONE, .c = PEI_NONE};
    if (x.uniform && y.uniform) {
        double yes = pe_as_number(x.value), no = pe_as_number(y.value);
        if (type == PE_TYPE_NUMBER && yes == 1 && no == 0) {
            *o = pei_varying(pei_condition_as_number(b, condition));
            return o->node != PEI_NONE;
        }
        n.op = PE_I_SELECT_KK;
        n.k = pei_constant_pair(b, yes, no);
    } else if (y.uniform) {
        n.op = PE_I_SELECT_K;
        n.b = x.node;
        n.k = pei_constant(b, pe_as_number(y.value));
    } else if (x.uniform) {
        n.op = PE_I_K_SELECT;
        n.b = y.node;
        n.k = pei_constant(b, pe_as_number(x.value));
    } else {
        n.op = PE_I_SELECT;
        n.b = x.node;
        n.c = y.node;
    }
    *o = pei_varying(pei_make_node(b, &n));
    return o->node != PEI_NONE;
}

/* An alternative of a choice: what a blank means is up to whoever reads the choice. */
static bool lower_branch(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    b->blank_is_zero = zero;
    return pei_lower_or_general(b, node, o);
}

static bool lower_if(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pei_operand condition, yes, no = pei_uniform(pe_boolean(false));
    (void)pei_plain_truth(b, &no);
    if (!pei_lower_or_general(b, node->args[0], &condition) || !pei_to_condition(b, &condition))
        return false;
    if (condition.uniform) {
        if (pe_is_error(condition.value)) {
            *o = condition;
            return true;
        }
        bool taken = pe_as_number(condition.value) != 0;
        if (!taken && node->arg_count < 3) {
            *o = no;
            return true;
        }
        if (!lower_branch(b, node->args[taken ? 1 : 2], zero, o)) return false;
        if (o->uniform && pe_is(o->value, PE_KIND_OMITTED)) o->value = pe_number(0);
        return true;
    }
    if (!lower_branch(b, node->args[1], zero, &yes)) return false;
    if (node->arg_count > 2 && !lower_branch(b, node->args[2], zero, &no)) return false;
    if (yes.uniform && pe_is(yes.value, PE_KIND_OMITTED)) yes.value = pe_number(0);
    if (no.uniform && pe_is(no.value, PE_KIND_OMITTED)) no.value = pe_number(0);
    return make_select(b, condition.node, yes, no, zero, o);
}

/* IFS, from the last pair up; the rest is #N/A. */
static bool lower_ifs(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pei_operand rest = pei_uniform(pe_error(PE_ERROR_NA));
    if (node->arg_count % 2 != 0) return false;
    for (uint32_t i = node->arg_count; i >= 2; i -= 2) {
        pei_operand condition, yes;
        if (!pei_lower_or_general(b, node->args[i - 2], &condition) ||
            !pei_to_condition(b, &condition))
            return false;
        if (!lower_branch(b, node->args[i - 1], zero, &yes)) return false;
        if (condition.uniform) {
            if (pe_is_error(condition.value)) return false;
            if (pe_as_number(condition.value) != 0) rest = yes;
            continue;
        }
        pei_operand chosen;
        if (!make_select(b, condition.node, yes, rest, zero, &chosen)) return false;
        rest = chosen;
    }
    *o = rest;
    return true;
}

static bool lower_iferror(pei_builder *b, const pe_node *node, bool na_only, bool zero,
                          pei_operand *o)
{
    pei_operand x, y;
    pe_type type;
    uint16_t domain;
    if (!lower_branch(b, node->args[0], true, &x)) return false;
    if (x.uniform) {
        if (pe_is(x.value, PE_KIND_BLANK)) x.value = pe_number(0);
        bool caught = pe_is_error(x.value) && (!na_only || pe_as_error(x.value) == PE_ERROR_NA);
        if (caught) return lower_branch(b, node->args[1], zero, o);
        *o = x;
        return true;
    }
    if (pei_type_of(b, x.node) == PE_TYPE_ANY || !lower_branch(b, node->args[1], zero, &y))
        return false;
    if (!pei_unify(b, &x, &y, zero, &type, &domain) || type == PE_TYPE_ANY) return false;
    pei_node n = {.op = na_only ? PE_I_IFNA : PE_I_IFERROR,
                  .type = (uint8_t)type,
                  .domain = domain,
                  .a = x.node,
                  .b = y.node,
                  .c = PEI_NONE};
    if (y.uniform) {
        if (na_only) return false;
        n.op = PE_I_IFERROR_K;
        n.b = PEI_NONE;
        n.k = pei_constant(b, pe_as_number(y.value));
    }
    *o = pei_varying(pei_make_node(b, &n));
    return o->node != PEI_NONE;
}

static bool lower_is(pei_builder *b, const pe_node *node, int op, pei_operand *o)
{
    pei_operand x;
    if (!pei_lower_or_general(b, node->args[0], &x) || x.uniform) return false;
    if (pei_type_of(b, x.node) != PE_TYPE_NUMBER) return false;
    *o = pei_varying(pei_make(b, op, PE_TYPE_BOOLEAN, x.node, PEI_NONE, PEI_NONE, 0));
    return o->node != PEI_NONE;
}

/* CHOOSE by a varying index: a select per alternative, from the last. */
static bool lower_choose(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pei_operand index, rest = pei_uniform(pe_error(PE_ERROR_VALUE));
    if (!pei_lower_number(b, node->args[0], &index)) return false;
    if (index.uniform) {
        if (pe_is_error(index.value)) return false;
        double at = pen_trunc(pe_as_number(index.value));
        if (!(at >= 1 && at < node->arg_count)) return false;
        return lower_branch(b, node->args[(uint32_t)at], zero, o);
    }
    pei_operand whole = pei_varying(pei_make(b, PE_I_ROUND_DOWN, PE_TYPE_NUMBER, index.node,
                                             PEI_NONE, PEI_NONE, pei_constant_pair(b, 1, 0)));
    for (uint32_t i = node->arg_count - 1; i >= 1; i--) {
        pei_operand is, yes, chosen;
        if (!lower_branch(b, node->args[i], zero, &yes)) return false;
        if (!pei_compare_operands(b, PE_OP_EQ, whole, pei_uniform(pe_number(i)), &is)) return false;
        if (!make_select(b, is.node, yes, rest, zero, &chosen)) return false;
        rest = chosen;
    }
    *o = rest;
    return true;
}

/* ---- logic
 * -------------------------------------------------------------------------------------------- */

static bool lower_and_or(pei_builder *b, const pe_node *node, bool all, pei_operand *o)
{
    pei_operand sum = pei_uniform(pe_number(all));
    for (uint32_t i = 0; i < node->arg_count; i++) {
        pei_operand x;
        pe_area area;
        if (pei_node_is_area(b, node->args[i], &area))
            return false; /* cells follow other rules than conditions */
        if (!pei_lower_argument(b, node->args[i], &x) || !pei_to_condition(b, &x)) return false;
        if (x.uniform) {
            bool neutral = pe_is_number(x.value) && (pe_as_number(x.value) != 0) == all;
            if (!neutral) return false;
            continue;
        }
        if (sum.uniform) {
            sum = x;
            continue;
        }
        sum = pei_varying(
            pei_make(b, all ? PE_I_AND : PE_I_OR, PE_TYPE_BOOLEAN, sum.node, x.node, PEI_NONE, 0));
        if (sum.node == PEI_NONE) return false;
    }
    if (sum.uniform) return false;
    *o = sum;
    return true;
}

static bool lower_not(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand x;
    if (!pei_lower_or_general(b, node->args[0], &x) || !pei_to_condition(b, &x) || x.uniform)
        return false;
    *o = pei_varying(pei_make(b, PE_I_NOT, PE_TYPE_BOOLEAN, x.node, PEI_NONE, PEI_NONE, 0));
    return o->node != PEI_NONE;
}

/* ---- numbers
 * ------------------------------------------------------------------------------------------ */

static bool lower_unary(pei_builder *b, const pe_node *node, int op, pei_operand *o)
{
    pei_operand x;
    if (node->arg_count != 1 || !pei_lower_number(b, node->args[0], &x) || x.uniform) return false;
    *o = pei_varying(pei_make(b, op, PE_TYPE_NUMBER, x.node, PEI_NONE, PEI_NONE, 0));
    return o->node != PEI_NONE;
}

static bool lower_round(pei_builder *b, const pe_node *node, int op, pei_operand *o)
{
    pei_operand x, digits = pei_uniform(pe_number(0));
    if (!pei_lower_number(b, node->args[0], &x) || x.uniform) return false;
    if (node->arg_count > 1 && !pei_lower_number(b, node->args[1], &digits)) return false;
    if (!digits.uniform || !pe_is_number(digits.value)) return false;
    double d = pe_as_number(digits.value);
    uint32_t k = pei_constant_pair(b, pe_round_scale(d), d <= -1 ? 1.0 : 0.0);
    *o = pei_varying(pei_make(b, op, PE_TYPE_NUMBER, x.node, PEI_NONE, PEI_NONE, k));
    return o->node != PEI_NONE;
}

static bool lower_mod(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand x, y;
    if (!pei_lower_number(b, node->args[0], &x) || !pei_lower_number(b, node->args[1], &y))
        return false;
    if (x.uniform || !y.uniform || !pe_is_number(y.value) || pe_as_number(y.value) == 0 ||
        b->calc != NULL)
        return false;
    *o = pei_varying(pei_make(b, PE_I_MOD_K, PE_TYPE_NUMBER, x.node, PEI_NONE, PEI_NONE,
                              pei_constant(b, pe_as_number(y.value))));
    return o->node != PEI_NONE;
}

/* A NUM row's body, lane by lane: all arguments are numbers. */
static bool lower_call(pei_builder *b, const pe_node *node, pei_operand *o)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    pei_ref refs[ARGUMENTS_MAX];
    bool varies = false;
    if (row->num == NULL || (row->flags & PE_FN_RANDOM) || node->arg_count > ARGUMENTS_MAX)
        return false;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        pei_operand x;
        b->blank_is_zero = true;
        if (!pei_lower_or_general(b, node->args[i], &x)) return false;
        bool flag = !x.uniform && pe_function_kind(row, (int)i) == 'b';
        if (flag && pei_type_of(b, x.node) >= PE_TYPE_CODE) return false; /* the text "TRUE" */
        if (!pei_to_number(b, &x) || (x.uniform && !pe_is_number(x.value))) return false;
        varies |= !x.uniform;
        refs[i] = pei_ref_of(b, &x);
    }
    if (!varies) return false;
    *o = pei_varying(pei_make_list(b, PE_I_CALL, PE_TYPE_NUMBER, PEI_NONE, refs, node->arg_count,
                                   node->function));
    return o->node != PEI_NONE;
}

/* ---- LET
 * ---------------------------------------------------------------------------------------------- */

/* Names are VARIABLE nodes at even arguments, each with its value after it; the last argument is
 * the result. */
static bool lower_let(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand slots[32];
    if (node->arg_count % 2 == 0 || node->arg_count < 3) return false;
    pei_operand *outer = b->variables;
    uint32_t outer_count = b->variable_count;
    bool bound = b->bound, done = false;
    for (uint32_t i = 0; i < PE_COUNT(slots); i++)
        slots[i] = outer != NULL && i < outer_count ? outer[i] : pei_varying(PEI_NONE);
    b->bound = true;
    for (uint32_t i = 0; i + 1 < node->arg_count; i += 2) {
        pei_operand value;
        const pe_node *name = node->args[i];
        if (name->kind != PE_NODE_VARIABLE || name->index >= PE_COUNT(slots)) goto out;
        b->variables = slots;
        b->variable_count = PE_COUNT(slots);
        if (!pei_lower_or_general(b, node->args[i + 1], &value)) goto out;
        slots[name->index] = value;
    }
    done = pei_lower_or_general(b, node->args[node->arg_count - 1], o);
out:
    b->variables = outer;
    b->variable_count = outer_count;
    b->bound = bound;
    return done;
}

/* ---- the table
 * ---------------------------------------------------------------------------------------- */

static bool lower_plain(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pei_operand x, y;
    switch ((pe_function_id)node->function) {
    case PE_FN_IF:
        return lower_if(b, node, zero, o);
    case PE_FN_IFS:
        return lower_ifs(b, node, zero, o);
    case PE_FN_IFERROR:
        return lower_iferror(b, node, false, zero, o);
    case PE_FN_IFNA:
        return lower_iferror(b, node, true, zero, o);
    case PE_FN_ISERROR:
        return lower_is(b, node, PE_I_ISERROR, o);
    case PE_FN_ISNA:
        return lower_is(b, node, PE_I_ISNA, o);
    case PE_FN_ISNUMBER:
        return lower_is(b, node, PE_I_ISNUMBER, o);
    case PE_FN_CHOOSE:
        return lower_choose(b, node, zero, o);
    case PE_FN_AND:
        return lower_and_or(b, node, true, o);
    case PE_FN_OR:
        return lower_and_or(b, node, false, o);
    case PE_FN_NOT:
        return lower_not(b, node, o);
    case PE_FN_ABS:
        return lower_unary(b, node, PE_I_ABS, o);
    case PE_FN_SQRT:
        return lower_unary(b, node, PE_I_SQRT, o);
    case PE_FN_EXP:
        return lower_unary(b, node, PE_I_EXP, o);
    case PE_FN_LN:
        return lower_unary(b, node, PE_I_LN, o);
    case PE_FN_INT:
        return lower_unary(b, node, PE_I_INT, o);
    case PE_FN_ROUND:
        return lower_round(b, node, PE_I_ROUND, o);
    case PE_FN_ROUNDUP:
        return lower_round(b, node, PE_I_ROUND_UP, o);
    case PE_FN_ROUNDDOWN:
    case PE_FN_TRUNC:
        return lower_round(b, node, PE_I_ROUND_DOWN, o);
    case PE_FN_MOD:
        return lower_mod(b, node, o);
    case PE_FN_LET:
        return lower_let(b, node, o);
    case PE_FN_POWER:
        if (!pei_lower_or_general(b, node->args[0], &x) ||
            !pei_lower_or_general(b, node->args[1], &y))
            return false;
        return pei_lower_binary(b, PE_OP_POW, x, y, false, o);
    default:
        return false;
    }
}

/* What takes areas: an argument that is an expression may be an array or a reference there, never
 * intersected. */
static bool lower_gathering(pei_builder *b, const pe_node *node, bool zero, pei_operand *o,
                            bool *handled)
{
    bool array_mode = b->array_mode;
    b->array_mode = true;
    bool done = pei_lower_reduction(b, node, o, handled) ||
                (!*handled && pei_lower_order(b, node, o, handled)) ||
                (!*handled && pei_lower_conditional(b, node, o, handled));
    if (!done && !*handled) {
        b->blank_is_zero = zero;
        done = pei_lower_lookup(b, node, o, handled);
    }
    b->array_mode = array_mode;
    return done;
}

bool pei_lower_function(pei_builder *b, const pe_node *node, pei_operand *o)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    bool handled = false, zero = b->blank_is_zero;
    b->blank_is_zero = false;
    if (row->flags & PE_FN_UNSUPPORTED) return false;
    if (row->flags & PE_FN_RISK_OUTPUT) { /* marks an output; adds nothing */
        *o = pei_uniform(pe_number(0));
        return true;
    }
    if (pei_lower_draw(b, node, o, &handled)) return true;
    if (handled || b->status != PE_OK) return false;
    bool single = node == b->root || !pei_may_be_array(b, node);
    single = single && !(b->array_mode && pei_mode_matters(b, node));
    if (single && pei_subtree_uniform(b, node) && pei_fold(b, node, o)) return true;
    if (lower_gathering(b, node, zero, o, &handled)) return true;
    if (handled || b->status != PE_OK) return false;
    if (lower_plain(b, node, zero, o)) return true;
    if (b->status != PE_OK || lower_call(b, node, o)) return b->status == PE_OK;
    return single && pei_tabulate_function(b, node, o);
}
