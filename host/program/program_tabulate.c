/* program_tabulate.c: functions of texts and truth values that are chosen per trial. Such operands
 * have few values, known now, so the evaluator computes the result for every case of them, and
 * lanes look it up. An error in a lane passes, as it does through every argument that is taken
 * here. */
#include "program_internal.h"

#define CHOICES_MAX 2
#define CASES_MAX 1024u /* evaluated while compiling, each once */

/* An operand's values: members of a domain, or FALSE and TRUE. */
typedef struct choice {
    uint32_t node, count;
    const pe_value *values;
    uint32_t argument;
} choice;

typedef struct cases {
    pe_node node;   /* with a VALUE in the place of each operand */
    pe_node *slots; /* by argument */
    const pe_node **args;
    choice choices[CHOICES_MAX];
    uint32_t choice_count, count;
    pe_value truths[2];
} cases;

pe_node_reference pei_absolute(const pe_area *area)
{
    return (pe_node_reference){
        .first = {(int32_t)area->row_first, (int32_t)area->column_first, true, true},
        .last = {(int32_t)area->row_last, (int32_t)area->column_last, true, true},
        .sheet_first = area->sheet_first,
        .sheet_last = area->sheet_last,
        .is_area = true};
}

static bool add_choice(pei_builder *b, cases *c, uint32_t node, uint32_t argument)
{
    pe_type type = pei_type_of(b, node);
    choice at = {.node = node, .argument = argument, .count = 2, .values = c->truths};
    if (c->choice_count == CHOICES_MAX || (type != PE_TYPE_CODE && type != PE_TYPE_BOOLEAN))
        return false;
    if (type == PE_TYPE_CODE) {
        const pe_domain *domain = pei_domain(b, b->nodes[node].domain);
        at.count = domain->count;
        at.values = domain->values;
    }
    if (at.count == 0 || at.count > CASES_MAX / c->count) return false;
    c->count *= at.count;
    c->choices[c->choice_count++] = at;
    return true;
}

static bool put_operand(pei_builder *b, cases *c, uint32_t argument, const pei_operand *o)
{
    pe_node *slot = &c->slots[argument];
    *slot = (pe_node){.kind = PE_NODE_VALUE, .draw_site = PE_NO_SITE};
    c->args[argument] = slot;
    if (!o->uniform) return add_choice(b, c, o->node, argument);
    slot->value = o->value;
    return !pe_is(o->value, PE_KIND_OMITTED);
}

/* The results' common type; values become lanes of it. */
static bool type_of(pei_builder *b, pe_value *values, uint32_t count, double *lanes, pe_type *type,
                    uint16_t *domain)
{
    uint32_t numbers = 0, truths = 0, errors = 0, texts = 0;
    for (uint32_t i = 0; i < count; i++) {
        numbers += pe_is_number(values[i]);
        truths += pe_is(values[i], PE_KIND_BOOLEAN);
        errors += pe_is_error(values[i]);
        texts += pe_is(values[i], PE_KIND_TEXT);
    }
    /* where all are errors, which of them comes first depends on the lane's own */
    if (errors == count || numbers + truths + errors + texts != count) return false;
    *domain = 0;
    *type = numbers + errors == count  ? PE_TYPE_NUMBER
            : truths + errors == count ? PE_TYPE_BOOLEAN
                                       : PE_TYPE_CODE;
    uint32_t *codes = pe_arena_push_raw(b->scratch, count, sizeof *codes), plain = 0;
    pe_value *members = pe_arena_push_raw(b->scratch, count, sizeof *members);
    if (codes == NULL || members == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for cases");
    for (uint32_t i = 0; i < count; i++)
        if (!pe_is_error(values[i])) members[plain++] = values[i];
    if (*type == PE_TYPE_CODE) *domain = pei_domain_of(b, members, plain, codes);
    if (*domain == 0xFFFF) return false;
    plain = 0;
    for (uint32_t i = 0; i < count; i++) {
        lanes[i] = pe_as_number(values[i]);
        if (pe_is_error(values[i])) continue;
        if (*type == PE_TYPE_BOOLEAN) lanes[i] = pe_as_boolean(values[i]) ? 1.0 : 0.0;
        if (*type == PE_TYPE_CODE) lanes[i] = codes[plain++];
    }
    return true;
}

/* Which case a lane is: the choices as digits, the first one highest. */
static uint32_t case_of(pei_builder *b, const cases *c)
{
    uint32_t node = c->choices[0].node;
    for (uint32_t i = 1; i < c->choice_count && node != PEI_NONE; i++) {
        uint32_t scaled = pei_make(b, PE_I_MUL_K, PE_TYPE_NUMBER, node, PEI_NONE, PEI_NONE,
                                   pei_constant(b, c->choices[i].count));
        if (scaled == PEI_NONE) return PEI_NONE;
        node = pei_make(b, PE_I_ADD, PE_TYPE_NUMBER, scaled, c->choices[i].node, PEI_NONE, 0);
    }
    return node;
}

static bool evaluate_cases(pei_builder *b, cases *c, pei_operand *o)
{
    pe_value *values = pe_arena_push_raw(b->scratch, c->count, sizeof *values);
    double *lanes = pe_arena_push_raw(b->scratch, c->count, sizeof *lanes);
    pe_type type;
    uint16_t domain;
    if (values == NULL || lanes == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for cases");
    for (uint32_t i = 0; i < c->count; i++) {
        pei_operand result;
        if (pei_interrupted(b)) return false;
        for (uint32_t k = c->choice_count, rest = i; k-- > 0; rest /= c->choices[k].count)
            c->slots[c->choices[k].argument].value =
                c->choices[k].values[rest % c->choices[k].count];
        if (!pei_fold(b, &c->node, &result)) return false;
        values[i] = result.value;
    }
    if (c->choice_count == 0) {
        *o = pei_uniform(values[0]);
        return true;
    }
    if (!type_of(b, values, c->count, lanes, &type, &domain)) return false;
    uint32_t index = case_of(b, c);
    if (index == PEI_NONE) return false;
    *o = pei_varying(pei_map_values(b, index, lanes, c->count, type, domain));
    return o->node != PEI_NONE;
}

static bool open_cases(pei_builder *b, cases *c, const pe_node *node)
{
    *c = (cases){.node = *node, .count = 1, .truths = {pe_boolean(false), pe_boolean(true)}};
    c->slots = pe_arena_push_raw(b->scratch, node->arg_count + 1, sizeof *c->slots);
    c->args = pe_arena_push_raw(b->scratch, node->arg_count + 1, sizeof *c->args);
    c->node.args = c->args;
    return (c->slots != NULL && c->args != NULL) || pei_fail(b, PE_E_MEMORY, "no memory for cases");
}

bool pei_tabulate(pei_builder *b, const pe_node *node, const pei_operand *operands, pei_operand *o)
{
    cases c;
    if (!open_cases(b, &c, node)) return false;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        c.args[i] = node->args[i];
        if (node->args[i] == NULL && !put_operand(b, &c, i, &operands[i])) return false;
    }
    return evaluate_cases(b, &c, o);
}

/* A pure function of its arguments' values: one whose errors pass. */
static bool is_plain(const pe_function *row)
{
    return row->gen != NULL &&
           (row->flags & (PE_FN_RANDOM | PE_FN_RISK | PE_FN_VOLATILE | PE_FN_DYNAMIC | PE_FN_NOW |
                          PE_FN_SPECIAL | PE_FN_REFERENCE | PE_FN_UNSUPPORTED)) == 0;
}

bool pei_tabulate_function(pei_builder *b, const pe_node *node, pei_operand *o)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    cases c;
    if (!is_plain(row) || node->arg_count == 0 || !open_cases(b, &c, node)) return false;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        pei_operand x;
        c.args[i] = node->args[i];
        if (node->args[i]->kind == PE_NODE_OMITTED || pei_subtree_uniform(b, node->args[i]))
            continue;
        if (strchr("ntbv", pe_function_kind(row, (int)i)) == NULL) return false;
        if (!pei_lower(b, node->args[i], &x) || !put_operand(b, &c, i, &x)) return false;
    }
    return c.choice_count > 0 && evaluate_cases(b, &c, o);
}
