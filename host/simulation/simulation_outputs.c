/* simulation_outputs.c: which cells a person probably wants when no output is declared: varying
 * cells with a defined name, and varying cells on visible sheets that no formula reads. Labels
 * ("Profit: "&TEXT(...)) and data tables are no readers and no outputs. */
#include "simulation_internal.h"

#include <stdlib.h>

typedef struct readers {
    const pe_graph *graph;
    uint64_t *read; /* cells that a formula reads */
    bool *model;    /* by sheet: part of the model */
} readers;

static bool is_label(const pe_graph *graph, uint32_t cell)
{
    const pe_formula *f = pe_graph_formula(graph, cell);
    if (f == NULL) return false;
    const pe_node *root = f->root;
    if (root->kind == PE_NODE_BINARY) return root->op == PE_OP_CONCAT;
    if (root->kind != PE_NODE_FUNCTION) return false;
    static const char *const labels[] = {"TEXT", "CONCATENATE", "CONCAT", "TEXTJOIN", "HYPERLINK"};
    const char *name = pe_function_row((pe_function_id)root->function)->name;
    for (size_t i = 0; i < PE_COUNT(labels); i++)
        if (strcmp(name, labels[i]) == 0) return true;
    return false;
}

static bool is_reader(void *context, uint32_t cell)
{
    const readers *r = context;
    const pe_workbook *w = pe_graph_workbook(r->graph);
    uint32_t formula = w->cells[cell].formula;
    if (formula != PE_NO_FORMULA && w->formulas[formula].kind == PE_FORMULA_TABLE) return false;
    return r->model[pe_workbook_ref(w, cell).sheet] && !is_label(r->graph, cell);
}

static bool may_be_output(const pe_graph *graph, uint32_t cell, const uint64_t *varying,
                          const uint64_t *random)
{
    const pe_workbook *w = pe_graph_workbook(graph);
    if (!pe_bit(varying, cell) || pe_bit(random, cell) || w->cells[cell].formula == PE_NO_FORMULA)
        return false;
    return w->formulas[w->cells[cell].formula].kind != PE_FORMULA_TABLE && !is_label(graph, cell);
}

static bool is_candidate(const readers *r, const pei_namer *namer, uint32_t sheet, uint32_t cell,
                         bool named)
{
    bool has_name = pei_namer_defined(namer, cell) != NULL;
    if (named) return has_name;
    bool visible = pe_graph_workbook(r->graph)->sheets[sheet].visibility == PE_VISIBLE;
    return visible && !has_name && !pe_bit(r->read, cell);
}

pe_status pei_outputs_propose(const pe_graph *graph, const uint64_t *varying,
                              const uint64_t *random, pe_arena *arena, uint32_t **cells,
                              uint32_t *count, pe_diag *diag)
{
    pe_status status = PE_OK;
    const pe_workbook *w = pe_graph_workbook(graph);
    readers r = {.graph = graph};
    pei_namer *namer = pei_namer_new(w, arena);
    r.read = calloc((size_t)w->cell_count / 64 + 1, sizeof *r.read);
    r.model = calloc(w->sheet_count + 1, sizeof *r.model);
    *cells = PE_PUSH(arena, uint32_t, (size_t)w->cell_count + 1);
    *count = 0;
    if (namer == NULL || r.read == NULL || r.model == NULL || *cells == NULL) PE_TRY(PE_E_MEMORY);
    for (uint32_t s = 0; s < w->sheet_count; s++) r.model[s] = pe_sheet_is_model(w, s);
    PE_TRY(pe_graph_mark_read(graph, is_reader, &r, r.read));
    for (int named = 1; named >= 0; named--)
        for (uint32_t s = 0; s < w->sheet_count; s++)
            for (uint32_t c = w->sheets[s].cell_first; r.model[s] && c < w->sheets[s].cell_end; c++)
                if (may_be_output(graph, c, varying, random) &&
                    is_candidate(&r, namer, s, c, named != 0))
                    (*cells)[(*count)++] = c;
fail:
    pei_namer_free(namer);
    free(r.read);
    free(r.model);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "outputs", "%s", pe_status_text(status));
}
