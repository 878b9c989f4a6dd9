/* evaluate_facts.c: what is known of a formula before it is evaluated: what in it is not supported,
 * whether it draws or asks the clock; and so which cells keep their stored value. Invariant: a
 * shape's facts cover the names it uses. */
#include "evaluate_internal.h"

typedef struct finder {
    pe_evaluator *evaluator;
    pei_fact fact;
    uint64_t *open; /* names being looked into */
} finder;

static void look(finder *f, const pe_node *node);

static void unsupported(finder *f, const char *what, const char *name, size_t length)
{
    if (f->fact.unsupported != NULL) return;
    pe_arena *arena = f->evaluator->arena;
    f->fact.function = pe_arena_text(arena, name, length);
    f->fact.unsupported = pe_arena_printf(arena, "%s %.*s", what, (int)length, name);
}

static void look_function(finder *f, const pe_node *node)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    if (row == NULL) return;
    if (row->flags & PE_FN_RANDOM) {
        f->fact.random = true;
        if (row->flags & PE_FN_RISK) f->fact.risk = true;
    }
    if (row->flags & PE_FN_NOW) f->fact.now = true;
    bool evaluators =
        (row->flags & (PE_FN_SPECIAL | PE_FN_RANDOM | PE_FN_RISK_OUTPUT | PE_FN_RISK_PROPERTY)) !=
        0;
    bool missing = row->num == NULL && row->gen == NULL && !evaluators;
    if ((row->flags & PE_FN_UNSUPPORTED) || missing)
        unsupported(f, "function", row->name, strlen(row->name));
}

static void look_name(finder *f, uint32_t name)
{
    const pe_workbook *w = f->evaluator->workbook;
    if (name >= w->name_count || pe_bit(f->open, name)) return;
    const pe_formula *formula = pe_graph_name(f->evaluator->graph, name);
    const char *text = w->names[name].name;
    if (w->names[name].is_macro)
        unsupported(f, "macro", text, strlen(text));
    else if (formula == NULL)
        unsupported(f, "name", text, strlen(text));
    if (formula == NULL) return;
    pe_bit_set(f->open, name);
    look(f, formula->root);
    f->open[name >> 6] &= ~(1ull << (name & 63));
}

/* A link is supported where the file caches the sheet that it names. */
static void look_external(finder *f, const pe_node *node)
{
    const pe_workbook *w = f->evaluator->workbook;
    const char *prefix = node->external.prefix != NULL ? node->external.prefix : "";
    pe_value v;
    if (node->external.is_name) {
        unsupported(f, "linked name", node->external.name, strlen(node->external.name));
        return;
    }
    uint32_t book = node->external.book, sheet = node->external.sheet_first;
    if (book >= w->external_count || sheet != node->external.sheet_last ||
        sheet >= w->externals[book].sheet_count ||
        !pe_external_cell(&w->externals[book], sheet, 0, 0, &v))
        unsupported(f, "link to", prefix, strlen(prefix));
}

/* A property function inside a risk call (RiskNormal(10,2,RiskCorrmat(...))): what is not
 * implemented there is refused or ignored by whoever runs the model, and has no value of its own.
 */
static bool is_property_of(const pe_node *call, const pe_node *argument)
{
    if (call->kind != PE_NODE_FUNCTION || argument->kind != PE_NODE_FUNCTION) return false;
    const pe_function *outer = pe_function_row((pe_function_id)call->function),
                      *inner = pe_function_row((pe_function_id)argument->function);
    return outer != NULL && inner != NULL &&
           (outer->flags & (PE_FN_RISK | PE_FN_RISK_OUTPUT)) != 0 &&
           (inner->flags & PE_FN_RISK_PROPERTY) != 0 && (inner->flags & PE_FN_UNSUPPORTED) != 0;
}

static void look(finder *f, const pe_node *node)
{
    bool names_only = false;
    const char *before = f->fact.unsupported;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_FUNCTION:
        look_function(f, node);
        break;
    case PE_NODE_NAME:
        look_name(f, node->index);
        break;
    case PE_NODE_EXTERNAL:
        look_external(f, node);
        break;
    case PE_NODE_UNKNOWN:
        if (node->op == 0 && f->fact.unsupported == NULL) names_only = true;
        unsupported(f, node->op != 0 ? "function" : "name", node->unknown.text,
                    node->unknown.length);
        break;
    default:
        break;
    }
    if (before != f->fact.unsupported) f->fact.only_names = names_only;
    if (node->kind == PE_NODE_FUNCTION && node->function == PE_FN_STYLE) return; /* never read */
    for (uint32_t i = 0; i < node->arg_count; i++)
        if (!is_property_of(node, node->args[i])) look(f, node->args[i]);
}

pe_status pei_facts(pe_evaluator *e, pe_diag *diag)
{
    const pe_formula_set *set = pe_graph_formulas(e->graph);
    uint32_t count = pe_formula_set_count(set);
    finder f = {.evaluator = e};
    e->facts = PE_PUSH(e->arena, pei_fact, count + 1);
    f.open = PE_PUSH(e->arena, uint64_t, e->workbook->name_count / 64 + 1);
    if (e->facts == NULL || f.open == NULL)
        return pe_fail(diag, PE_E_MEMORY, "evaluator", "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        memset(&f.fact, 0, sizeof f.fact);
        look(&f, pe_formula_set_get(set, i)->root);
        e->facts[i] = f.fact;
    }
    return pe_arena_failed(e->arena) ? pe_fail(diag, PE_E_MEMORY, "evaluator", "out of memory")
                                     : PE_OK;
}

const pei_fact *pei_fact_of(const pe_evaluator *e, uint32_t cell)
{
    uint32_t shape = pe_graph_shape(e->graph, pe_graph_master(e->graph, cell));
    return shape != PEI_NONE ? &e->facts[shape] : NULL;
}

static bool is_table(const pe_evaluator *e, uint32_t cell)
{
    uint32_t formula = e->workbook->cells[cell].formula;
    return formula != PE_NO_FORMULA && e->workbook->formulas[formula].kind == PE_FORMULA_TABLE &&
           !pe_graph_overridden(e->graph, cell);
}

static bool has_formula(const pe_evaluator *e, uint32_t cell)
{
    return e->workbook->cells[cell].formula != PE_NO_FORMULA;
}

static const char *syntax_error(const pe_evaluator *e, uint32_t cell)
{
    uint32_t count;
    const pe_formula_error *errors = pe_graph_errors(e->graph, &count);
    for (uint32_t first = 0, end = count; first < end;) {
        uint32_t middle = first + (end - first) / 2;
        if (errors[middle].cell == cell) return errors[middle].what;
        if (errors[middle].cell < cell)
            first = middle + 1;
        else
            end = middle;
    }
    return "syntax error";
}

/* A name that the workbook does not have gives #NAME?, in Excel too; where that is what is stored,
 * nothing is lacking. */
static bool lacks(const pe_evaluator *e, uint32_t cell, const pei_fact *fact)
{
    const pe_cell *c = &e->workbook->cells[cell];
    if (fact->unsupported == NULL) return false;
    if (!fact->only_names || !c->has_stored || !pe_is(c->stored, PE_KIND_ERROR)) return true;
    return pe_as_error(c->stored) != PE_ERROR_NAME;
}

const char *pe_evaluator_unsupported(const pe_evaluator *e, uint32_t cell, const char **function)
{
    cell = pe_graph_master(e->graph, cell);
    const pei_fact *fact = pei_fact_of(e, cell);
    const char *name = "", *why = NULL;
    if (fact != NULL) {
        why = lacks(e, cell, fact) ? fact->unsupported : NULL;
        name = fact->function != NULL ? fact->function : "";
    } else if (has_formula(e, cell) && !is_table(e, cell)) {
        why = syntax_error(e, cell);
    }
    if (function != NULL) *function = name;
    return why;
}

const char *pei_pin(const pe_evaluator *e, uint32_t cell, pe_evaluate_mode mode)
{
    cell = pe_graph_master(e->graph, cell);
    bool check = mode == PE_EVALUATE_CHECK;
    if (pe_graph_overridden(e->graph, cell)) return "setting";
    if (!check && e->options.frozen != NULL && pe_bit(e->options.frozen, cell)) return "frozen";
    const pei_fact *fact = pei_fact_of(e, cell);
    if (fact == NULL) {
        if (!has_formula(e, cell)) return NULL;
        if (is_table(e, cell)) return check ? "data table" : NULL;
        return "unsupported";
    }
    if (lacks(e, cell, fact)) return "unsupported";
    if (fact->random && (check || !fact->risk)) return "random";
    if (fact->now && check) return "volatile";
    return NULL;
}

const char *pe_evaluator_pinned(const pe_evaluator *e, uint32_t cell)
{
    return pei_pin(e, cell, PE_EVALUATE_CHECK);
}
