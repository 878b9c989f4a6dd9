/* graph_build.c: builds a graph: names, then every formula (a shape parsed once, a shared text
 * looked up once), blocks, cell settings, the columns' index, the order. Invariant: a formula with
 * a syntax error has no shape and is listed. */
#include "graph_internal.h"

#include <stdlib.h>

#define CACHE_SIZE 4096u /* texts just seen: the cells of a shared formula have one text */

typedef struct cached {
    const char *text;
    uint32_t sheet, row, column, shape;
} cached;

static pe_status note_error(pe_graph *g, uint32_t cell, const pe_diag *diag)
{
    pe_status status = PE_GROW(&g->errors, &g->error_capacity, g->error_count + 1);
    if (status != PE_OK) return status;
    pe_formula_error *e = &g->errors[g->error_count++];
    e->cell = cell;
    size_t n = 0;
    for (const char *s = diag->where; *s && n < sizeof e->what - 1; s++) e->what[n++] = *s;
    for (const char *s = ": "; *s && n < sizeof e->what - 1; s++) e->what[n++] = *s;
    for (const char *s = diag->what; *s && n < sizeof e->what - 1; s++) e->what[n++] = *s;
    e->what[n] = 0;
    return PE_OK;
}

static bool is_text_error(pe_status status)
{
    return status == PE_E_SYNTAX || status == PE_E_LIMIT || status == PE_E_UNSUPPORTED;
}

static pe_status parse_cell(pe_graph *g, uint32_t sheet, uint32_t cell, cached *cache,
                            pe_diag *diag)
{
    const pe_formula_source *s = &g->workbook->formulas[g->workbook->cells[cell].formula];
    if (s->kind == PE_FORMULA_TABLE) return PE_OK;
    cached *c = &cache[(((uintptr_t)s->text) >> 3) % CACHE_SIZE];
    if (c->text == s->text && c->sheet == sheet && c->row == s->home_row &&
        c->column == s->home_column) {
        g->shape[cell] = c->shape;
        return PE_OK;
    }
    pe_diag local = {0};
    pe_cell_ref home = {sheet, s->home_row, s->home_column};
    pe_dialect dialect = s->excel_text ? PE_DIALECT_EXCEL : g->workbook->dialect;
    pe_status status =
        pe_formula_set_add_as(g->set, dialect, s->text, s->length, home, &g->shape[cell], &local);
    if (is_text_error(status)) {
        g->shape[cell] = PEI_NONE;
        return note_error(g, cell, &local);
    }
    if (status != PE_OK) return pe_fail(diag, status, local.where, "%s", local.what);
    *c = (cached){s->text, sheet, s->home_row, s->home_column, g->shape[cell]};
    return PE_OK;
}

static pe_status parse_sheet(pe_graph *g, uint32_t s, cached *cache, const pe_control *control,
                             pe_diag *diag)
{
    const pe_workbook *w = g->workbook;
    g->home_sheet = s;
    for (uint32_t i = w->sheets[s].cell_first; i < w->sheets[s].cell_end; i++) {
        if ((i & 0x3FFF) == 0) {
            if (pe_cancelled(control)) return pe_fail(diag, PE_E_CANCELLED, NULL, "cancelled");
            pe_progress(control, "parse", i, w->cell_count);
        }
        if (w->cells[i].formula == PE_NO_FORMULA) continue;
        pe_bit_set(g->computed, i);
        pe_status status = parse_cell(g, s, i, cache, diag);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

static pe_status parse_formulas(pe_graph *g, const pe_control *control, pe_diag *diag)
{
    pe_status status = PE_OK;
    cached *cache = calloc(CACHE_SIZE, sizeof *cache);
    if (cache == NULL) return pe_fail(diag, PE_E_MEMORY, "formulas", "out of memory");
    memset(g->shape, 0xFF, g->workbook->cell_count * sizeof *g->shape);
    for (uint32_t s = 0; s < g->workbook->sheet_count && status == PE_OK; s++)
        status = parse_sheet(g, s, cache, control, diag);
    free(cache);
    return status;
}

/* Names are written for their home: what is relative in them is an offset from the cell that uses
 * them. */
static pe_status parse_names(pe_graph *g, pe_diag *diag)
{
    const pe_workbook *w = g->workbook;
    for (uint32_t i = 0; i < w->name_count; i++) {
        const pe_name *n = &w->names[i];
        pe_diag local = {0};
        uint32_t sheet = n->sheet != PE_SCOPE_WORKBOOK ? n->sheet : n->home_sheet;
        pe_cell_ref home = {sheet, n->home_row, n->home_column};
        g->name_shape[i] = PEI_NONE;
        if (n->is_macro) continue;
        g->home_sheet = home.sheet;
        pe_status status =
            pe_formula_set_add(g->set, n->text, n->text_length, home, &g->name_shape[i], &local);
        if (status == PE_OK) continue;
        g->name_shape[i] = PEI_NONE;
        if (!is_text_error(status)) return pe_fail(diag, status, n->name, "%s", local.what);
    }
    return PE_OK;
}

/* ---- blocks and settings
 * ------------------------------------------------------------------------------ */

static pe_status fill_block(pe_graph *g, uint32_t master, const pe_formula_source *s)
{
    const pe_workbook *w = g->workbook;
    const pe_area *b = &s->area;
    if (g->master == NULL) {
        g->master = PE_PUSH(g->arena, uint32_t, w->cell_count + 1);
        if (g->master == NULL) return PE_E_MEMORY;
        for (uint32_t i = 0; i < w->cell_count; i++) g->master[i] = i;
    }
    for (uint32_t r = b->row_first; r <= b->row_last; r++) {
        uint32_t first, end;
        pe_workbook_row(w, b->sheet_first, r, b->column_first, b->column_last, &first, &end);
        for (uint32_t i = first; i < end; i++) {
            uint32_t formula = w->cells[i].formula;
            if (formula != PE_NO_FORMULA && &w->formulas[formula] != s) continue;
            g->master[i] = master;
            pe_bit_set(g->computed, i);
        }
    }
    return PE_OK;
}

static pe_status find_blocks(pe_graph *g)
{
    const pe_workbook *w = g->workbook;
    for (uint32_t i = 0; i < w->cell_count; i++) {
        uint32_t formula = w->cells[i].formula;
        if (formula == PE_NO_FORMULA || (g->master != NULL && g->master[i] != i)) continue;
        const pe_formula_source *s = &w->formulas[formula];
        if (s->kind == PE_FORMULA_NORMAL) continue;
        pe_status status = fill_block(g, i, s);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

/* A setting is written in Excel's dialect, as on the command line, or, where it is a live formula
 * of the settings sheet, in the workbook's. */
static pe_status add_override(pe_graph *g, const pe_override *o, pe_cell_ref home, pe_diag *diag)
{
    pe_diag other = {0};
    uint32_t *shape = &g->shape[o->cell];
    pe_status status =
        pe_formula_set_add_as(g->set, PE_DIALECT_EXCEL, o->text, o->length, home, shape, diag);
    if (status != PE_E_SYNTAX || g->workbook->dialect == PE_DIALECT_EXCEL) return status;
    pe_status again = pe_formula_set_add(g->set, o->text, o->length, home, shape, &other);
    return again != PE_E_SYNTAX ? again : status;
}

static pe_status apply_override(pe_graph *g, const pe_override *o, pe_diag *diag)
{
    char where[300];
    pe_diag local = {0};
    pe_cell_ref home = pe_workbook_ref(g->workbook, o->cell);
    pe_workbook_cell_text(g->workbook, home, where, sizeof where);
    if (g->master != NULL && g->workbook->cells[o->cell].formula != PE_NO_FORMULA &&
        g->workbook->formulas[g->workbook->cells[o->cell].formula].kind != PE_FORMULA_NORMAL)
        return pe_fail(diag, PE_E_ARGUMENT, where,
                       "a cell of an array or data table cannot be an input; choose another cell");
    g->home_sheet = home.sheet;
    pe_status status = add_override(g, o, home, &local);
    if (status != PE_OK)
        return pe_fail(diag, status, where, "the setting '%.*s': %s: %s", (int)o->length, o->text,
                       local.where, local.what);
    if (g->master != NULL) g->master[o->cell] = o->cell;
    pe_bit_set(g->computed, o->cell);
    pe_bit_set(g->overridden, o->cell);
    return PE_OK;
}

static pe_status apply_overrides(pe_graph *g, const pe_override *overrides, uint32_t count,
                                 pe_diag *diag)
{
    pe_status status = PE_OK;
    if (count == 0) return PE_OK;
    g->overridden = PE_PUSH(g->arena, uint64_t, g->workbook->cell_count / 64 + 1);
    if (g->overridden == NULL) return pe_fail(diag, PE_E_MEMORY, "settings", "out of memory");
    for (uint32_t i = 0; i < count && status == PE_OK; i++)
        status = apply_override(g, &overrides[i], diag);
    return status;
}

/* ---- build
 * -------------------------------------------------------------------------------------------- */

static pe_status new_graph(const pe_workbook *w, pe_graph **graph, pe_diag *diag)
{
    pe_arena *arena = pe_arena_new(PEI_GRAPH_ARENA_MAX);
    pe_graph *g = arena != NULL ? PE_PUSH(arena, pe_graph, 1) : NULL;
    if (g == NULL) {
        pe_arena_free(arena);
        return pe_fail(diag, PE_E_MEMORY, "graph", "out of memory");
    }
    g->arena = arena;
    g->workbook = w;
    g->shape = PE_PUSH(arena, uint32_t, w->cell_count + 1);
    g->computed = PE_PUSH(arena, uint64_t, w->cell_count / 64 + 1);
    g->name_shape = PE_PUSH(arena, uint32_t, w->name_count + 1);
    if (!g->shape || !g->computed || !g->name_shape) {
        pe_arena_free(arena);
        return pe_fail(diag, PE_E_MEMORY, "graph", "out of memory");
    }
    *graph = g;
    return PE_OK;
}

pe_status pe_graph_build(const pe_workbook *workbook, const pe_override *overrides,
                         uint32_t override_count, pe_pool *pool, const pe_control *control,
                         pe_graph **graph, pe_diag *diag)
{
    pe_graph *g = NULL;
    PE_UNUSED(pool);
    pe_status status = new_graph(workbook, &g, diag);
    if (status != PE_OK) return status;
    double start = pe_clock_seconds();
    PE_TRY(pei_graph_scope_init(g, diag));
    PE_TRY(pe_formula_set_new(&g->scope, &g->set, diag));
    PE_TRY(parse_names(g, diag));
    PE_TRY(parse_formulas(g, control, diag));
    status = find_blocks(g);
    if (status == PE_OK) PE_TRY(apply_overrides(g, overrides, override_count, diag));
    g->parse_seconds = pe_clock_seconds() - start;
    if (status == PE_OK) status = pei_graph_shapes(g);
    if (status == PE_OK) status = pei_graph_rows(g);
    if (status == PE_OK) status = pei_graph_columns(g);
    if (status == PE_OK) status = pei_graph_order(g, control);
    if (status != PE_OK) {
        pe_fail(diag, status, "graph",
                status == PE_E_CANCELLED ? "cancelled" : "not enough memory for the dependencies");
        goto fail;
    }
    *graph = g;
    return PE_OK;
fail:
    pe_graph_free(g);
    return status;
}

void pe_graph_free(pe_graph *g)
{
    if (g == NULL) return;
    pe_formula_set_free(g->set);
    pe_map_free(g->names);
    pe_map_free(g->tables);
    free(g->errors);
    free(g->dynamic);
    free(g->words);
    pe_arena_free(g->arena);
}

size_t pe_graph_bytes(const pe_graph *g)
{
    return pe_arena_bytes(g->arena) + pe_formula_set_bytes(g->set) +
           g->word_capacity * sizeof *g->words + g->dynamic_capacity * sizeof *g->dynamic;
}
