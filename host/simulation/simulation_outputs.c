/* simulation_outputs.c: which cells a person probably wants when no output is declared: varying
 * cells with a defined name, and varying cells on visible sheets that no formula reads. Labels
 * ("Profit: "&TEXT(...)) and data tables are no readers and no outputs. */
#include "simulation_internal.h"

#include <stdio.h>
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

/* ---- candidates as a list to read
 * ------------------------------------------------------------------------------------------- */

#define AREAS_SHOWN 12u

typedef struct cell_area {
    pe_area area;
    uint32_t first; /* its first cell */
} cell_area;

/* Adds a run of neighbours in a row: to the area above it that has the same columns, or as a new
 * one. Those that are not shown are counted. */
static uint32_t add_run(cell_area *areas, uint32_t count, const cell_area *run)
{
    for (uint32_t i = 0; i < count && i < AREAS_SHOWN; i++) {
        pe_area *a = &areas[i].area;
        if (a->sheet_first == run->area.sheet_first && a->row_last + 1 == run->area.row_first &&
            a->column_first == run->area.column_first && a->column_last == run->area.column_last) {
            a->row_last = run->area.row_first;
            return count;
        }
    }
    if (count < AREAS_SHOWN) areas[count] = *run;
    return count + 1;
}

static uint32_t group_cells(const pe_workbook *w, const uint32_t *cells, uint32_t cell_count,
                            cell_area *areas)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < cell_count;) {
        pe_cell_ref first = pe_workbook_ref(w, cells[i]), last = first;
        cell_area run = {.first = cells[i]};
        for (i++; i < cell_count; i++, last.column++) {
            pe_cell_ref next = pe_workbook_ref(w, cells[i]);
            if (next.sheet != last.sheet || next.row != last.row || next.column != last.column + 1)
                break;
        }
        run.area =
            (pe_area){first.sheet, first.sheet, first.row, first.row, first.column, last.column};
        count = add_run(areas, count, &run);
    }
    return count;
}

void pei_outputs_list(const pe_workbook *w, pei_namer *namer, const uint32_t *cells,
                      uint32_t cell_count, char *out, size_t size)
{
    cell_area areas[AREAS_SHOWN];
    uint32_t count = group_cells(w, cells, cell_count, areas), shown = 0;
    size_t used = 0;
    out[0] = '\0';
    for (; shown < count && shown < AREAS_SHOWN; shown++) {
        char where[64];
        const char *name = pei_namer_name(namer, areas[shown].first);
        pe_workbook_area_text(w, &areas[shown].area, where, sizeof where);
        int n = snprintf(out + used, size - used, "\n  %-24s %s", where, name != NULL ? name : "");
        if (n < 0 || used + (size_t)n + sizeof "\n  and 4294967295 more" >= size) break;
        used += (size_t)n;
    }
    out[used] = '\0';
    if (shown < count) snprintf(out + used, size - used, "\n  and %u more", count - shown);
}
