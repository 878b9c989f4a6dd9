/* simulation_outputs.c: which cells a person probably wants when no output is declared: varying
 * cells with a defined name, and varying cells on visible sheets that no formula reads. Labels
 * ("Profit: "&TEXT(...)) and data tables are no readers and no outputs. */
#include "simulation_internal.h"

#include <stdlib.h>

typedef struct event { /* an area starts or ends to cover this column */
    uint32_t sheet, column, row;
    int32_t change;
} event;

typedef struct readers {
    const pe_graph *graph;
    uint64_t *read; /* cells that a formula names one by one */
    event *events;
    size_t event_count, event_capacity;
    pe_area last; /* copied-down formulas often repeat an area */
    bool failed;
    bool *model; /* by sheet: part of the model */
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

static void add_event(readers *r, event e)
{
    if (PE_GROW(&r->events, &r->event_capacity, r->event_count + 1) != PE_OK) {
        r->failed = true;
        return;
    }
    r->events[r->event_count++] = e;
}

static bool visit_area(void *context, const pe_area *area)
{
    readers *r = context;
    const pe_workbook *w = pe_graph_workbook(r->graph);
    if (pe_area_cells(area) == 1) {
        uint32_t cell = pe_workbook_cell(
            w, (pe_cell_ref){area->sheet_first, area->row_first, area->column_first});
        if (cell != PE_NO_CELL) pe_bit_set(r->read, cell);
        return true;
    }
    if (memcmp(area, &r->last, sizeof *area) == 0) return true;
    r->last = *area;
    for (uint32_t s = area->sheet_first; s <= area->sheet_last && s < w->sheet_count; s++) {
        const pe_area *used = &w->sheets[s].used;
        uint32_t last_row = area->row_last < used->row_last ? area->row_last : used->row_last;
        uint32_t last_column =
            area->column_last < used->column_last ? area->column_last : used->column_last;
        for (uint32_t c = area->column_first; c <= last_column && area->row_first <= last_row;
             c++) {
            add_event(r, (event){s, c, area->row_first, 1});
            add_event(r, (event){s, c, last_row + 1, -1});
        }
    }
    return !r->failed;
}

static int by_place(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->sheet != y->sheet) return x->sheet < y->sheet ? -1 : 1;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return 0;
}

typedef struct place {
    pe_cell_ref at;
    uint32_t cell;
} place;

static int by_column(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->at.sheet != y->at.sheet) return x->at.sheet < y->at.sheet ? -1 : 1;
    if (x->at.column != y->at.column) return x->at.column < y->at.column ? -1 : 1;
    return x->at.row < y->at.row ? -1 : x->at.row > y->at.row;
}

/* Sweeps each column: a candidate inside an open area is read. */
static void mark_covered(readers *r, place *places, uint32_t count)
{
    if (r->event_count == 0 || count == 0) return;
    qsort(r->events, r->event_count, sizeof *r->events, by_place);
    qsort(places, count, sizeof *places, by_column);
    size_t e = 0;
    int64_t open = 0;
    uint32_t sheet = 0, column = 0;
    for (uint32_t i = 0; i < count; i++) {
        const pe_cell_ref at = places[i].at;
        if (i == 0 || at.sheet != sheet || at.column != column) open = 0;
        sheet = at.sheet;
        column = at.column;
        for (; e < r->event_count; e++) {
            const event *v = &r->events[e];
            bool earlier_column = v->sheet < sheet || (v->sheet == sheet && v->column < column);
            bool same_column = v->sheet == sheet && v->column == column;
            if (earlier_column) continue;
            if (!same_column || v->row > at.row) break;
            open += v->change;
        }
        if (open > 0) pe_bit_set(r->read, places[i].cell);
    }
}

static bool may_be_output(const pe_graph *graph, uint32_t cell, const uint64_t *varying,
                          const uint64_t *random)
{
    const pe_workbook *w = pe_graph_workbook(graph);
    if (!pe_bit(varying, cell) || pe_bit(random, cell) || w->cells[cell].formula == PE_NO_FORMULA)
        return false;
    return w->formulas[w->cells[cell].formula].kind != PE_FORMULA_TABLE && !is_label(graph, cell);
}

static int by_cell(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* Named ones first; of both kinds in cell order. */
static uint32_t list_candidates(const readers *r, const pei_namer *namer, place *places,
                                uint32_t count, uint32_t *cells)
{
    const pe_workbook *w = pe_graph_workbook(r->graph);
    uint32_t n = 0;
    if (count > 0) qsort(places, count, sizeof *places, by_cell);
    for (int named = 1; named >= 0; named--)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t sheet = places[i].at.sheet, cell = places[i].cell;
            bool has_name = pei_namer_defined(namer, cell) != NULL;
            bool unread = !pe_bit(r->read, cell) && w->sheets[sheet].visibility == PE_VISIBLE;
            if (r->model[sheet] && (named ? has_name : unread && !has_name)) cells[n++] = cell;
        }
    return n;
}

pe_status pei_outputs_propose(const pe_graph *graph, const uint64_t *varying,
                              const uint64_t *random, pe_arena *arena, uint32_t **cells,
                              uint32_t *count, pe_diag *diag)
{
    pe_status status = PE_OK;
    const pe_workbook *w = pe_graph_workbook(graph);
    readers r = {.graph = graph};
    place *places = NULL;
    pei_namer *namer = pei_namer_new(w, arena);
    uint32_t n = 0, order_count;
    r.read = calloc((size_t)w->cell_count / 64 + 1, sizeof *r.read);
    places = calloc((size_t)w->cell_count + 1, sizeof *places);
    r.model = calloc(w->sheet_count + 1, sizeof *r.model);
    if (namer == NULL || r.read == NULL || places == NULL || r.model == NULL) PE_TRY(PE_E_MEMORY);
    for (uint32_t s = 0; s < w->sheet_count; s++) r.model[s] = pe_sheet_is_model(w, s);
    const uint32_t *order = pe_graph_order(graph, &order_count);
    for (uint32_t i = 0; i < order_count && !r.failed; i++) {
        const pe_formula_source *f =
            &w->formulas[w->cells[order[i]].formula == PE_NO_FORMULA ? 0
                                                                     : w->cells[order[i]].formula];
        if (w->cells[order[i]].formula != PE_NO_FORMULA && f->kind == PE_FORMULA_TABLE) continue;
        if (!r.model[pe_workbook_ref(w, order[i]).sheet]) continue;
        if (!is_label(graph, order[i])) pe_graph_precedents(graph, order[i], visit_area, &r);
    }
    if (r.failed) PE_TRY(PE_E_MEMORY);
    for (uint32_t s = 0; s < w->sheet_count; s++)
        for (uint32_t c = w->sheets[s].cell_first; c < w->sheets[s].cell_end; c++)
            if (may_be_output(graph, c, varying, random))
                places[n++] = (place){{s, w->cells[c].row, w->cells[c].column}, c};
    mark_covered(&r, places, n);
    *cells = PE_PUSH(arena, uint32_t, n + 1);
    if (*cells == NULL) PE_TRY(PE_E_MEMORY);
    *count = list_candidates(&r, namer, places, n, *cells);
fail:
    pei_namer_free(namer);
    free(r.read);
    free(r.events);
    free(r.model);
    free(places);
    return status == PE_OK ? PE_OK : pe_fail(diag, status, "outputs", "%s", pe_status_text(status));
}
