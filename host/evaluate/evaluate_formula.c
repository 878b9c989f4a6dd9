/* evaluate_formula.c: one cell's formula from the top: its place and mode, and what of the result a
 * cell shows. Invariant: scratch memory used on the way is given back by the caller's mark. */
#include "evaluate_internal.h"

pe_value pei_keep(pe_arena *texts, pe_value v)
{
    if (!pe_is(v, PE_KIND_TEXT)) return v;
    const pe_text *t = pe_as_text(v);
    return pe_arena_text_value(texts, t->bytes, t->length);
}

pe_value pei_cell_value(pei_context *x, pe_value v)
{
    v = pei_dereference(x, v);
    switch (pe_kind_of(v)) {
    case PE_KIND_ARRAY:
        return pei_cell_value(x, pe_as_array(v)->cells[0]);
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_number(0);
    case PE_KIND_LAMBDA:
        return pe_error(PE_ERROR_CALC);
    case PE_KIND_NUMBER:
        return pe_number_checked(pe_as_number(v));
    default:
        return v;
    }
}

static const pe_formula_source *source_of(const pei_context *x, uint32_t cell)
{
    uint32_t formula = x->workbook->cells[cell].formula;
    return formula != PE_NO_FORMULA && !pe_graph_overridden(x->graph, cell)
               ? &x->workbook->formulas[formula]
               : NULL;
}

pe_value pei_formula_node(pei_context *x, uint32_t cell, const pe_node *node)
{
    const pe_formula *formula = pe_graph_formula(x->graph, cell);
    const pe_formula_source *source = source_of(x, cell);
    if (formula == NULL) return pe_error(PE_ERROR_NAME);
    x->cell = cell;
    x->call.home = pe_workbook_ref(x->workbook, cell);
    x->root = formula->root;
    x->array = source != NULL && source->kind != PE_FORMULA_NORMAL;
    x->name_depth = x->lambda_depth = x->depth = 0;
    x->path_depth = 0;
    x->element = 0;
    x->unresolved = false;
    x->frame = NULL;
    x->frame_count = formula->variable_count;
    if (formula->variable_count > 0) {
        x->frame = pe_arena_push(x->call.arena, formula->variable_count, sizeof(pe_value));
        if (x->frame == NULL) return pe_error(PE_ERROR_NUM);
    }
    x->noting = x->writer != NULL && x->layer == NULL &&
                (pe_graph_flags(x->graph, cell) & PE_FORMULA_HAS_DYNAMIC) != 0;
    x->fast_state = x->layer == NULL && !x->noting ? x->all_state : NULL;
    pe_value v = pei_operand(x, node != NULL ? node : formula->root);
    x->noting = false;
    return x->unresolved ? pe_unresolved() : v;
}

pe_value pei_formula(pei_context *x, uint32_t cell)
{
    pe_value v = pei_formula_node(x, cell, NULL);
    return x->array || x->unresolved ? v : pei_cell_value(x, v);
}

/* A classic array formula repeats a row, a column or one value; a dynamic one leaves what it does
 * not reach blank. */
pe_value pei_block_value(const pe_formula_source *source, pe_value v, uint32_t row, uint32_t column)
{
    if (!pe_is(v, PE_KIND_ARRAY)) {
        bool fills = source->kind == PE_FORMULA_ARRAY || (row == 0 && column == 0);
        return fills ? v : pe_blank();
    }
    const pe_array *a = pe_as_array(v);
    if (source->kind == PE_FORMULA_ARRAY) return pei_element(v, row, column);
    if (row >= a->rows || column >= a->columns) return pe_blank();
    return a->cells[(size_t)row * a->columns + column];
}
