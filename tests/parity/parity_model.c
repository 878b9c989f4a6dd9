/* parity_model.c: see parity_model.h. Everything runs in the calling thread. */
#include "parity_model.h"

#include <stdlib.h>

#include "golden/golden.h"

#define REBUILDS_MAX 1000

typedef struct variant {
    uint32_t tile;
    const char *isa;
} variant;

static const variant variants[] = {
    {0, NULL}, {16, "x86-64"}, {48, "x86-64-v3"}, {80, "x86-64-v4"}, {16, "x86-64-v4"}};

/* ---- values ------------------------------------------------------------------------------- */

bool parity_same(pe_value a, pe_value b)
{
    pe_kind kind = pe_kind_of(a);
    if (kind != pe_kind_of(b)) return false;
    if (kind == PE_KIND_ERROR) return pe_as_error(a) == pe_as_error(b);
    if (kind != PE_KIND_TEXT) return a.bits == b.bits;
    const pe_text *x = pe_as_text(a), *y = pe_as_text(b);
    return x->length == y->length && memcmp(x->bytes, y->bytes, x->length) == 0;
}

pe_value parity_value(const parity_model *m, uint32_t cell, uint32_t trial)
{
    if (cell >= m->workbook->cell_count) return pe_blank();
    if (m->column[cell] == PE_NO_CELL) return pe_evaluator_value(m->evaluator, cell);
    return m->values[(size_t)m->column[cell] * m->trials + trial];
}

/* ---- opening ------------------------------------------------------------------------------ */

/* Varying: what depends on a draw. What no evaluator can compute keeps its stored value. */
static pe_status find_varying(parity_model *m)
{
    uint32_t count = m->workbook->cell_count, order_count;
    const char *function;
    size_t words = count / 64 + 1;
    const uint32_t *order = pe_graph_order(m->graph, &order_count);
    memset(m->varying, 0, words * sizeof *m->varying);
    for (uint32_t i = 0; i < order_count; i++)
        if (pe_graph_flags(m->graph, order[i]) & (PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK))
            pe_bit_set(m->varying, order[i]);
    if (pe_graph_mark_dependents(m->graph, m->varying) != PE_OK) return PE_E_MEMORY;
    m->cell_count = 0;
    for (uint32_t c = 0; c < count; c++) {
        m->column[c] = PE_NO_CELL;
        if (!pe_bit(m->varying, c)) continue;
        if (pe_evaluator_unsupported(m->evaluator, pe_graph_master(m->graph, c), &function)) {
            m->varying[c >> 6] &= ~(1ull << (c & 63));
            continue;
        }
        m->column[c] = m->cell_count;
        m->cells[m->cell_count++] = c;
    }
    return PE_OK;
}

pe_status parity_open(parity_model *m, pe_workbook *workbook, const pe_override *overrides,
                      uint32_t override_count, uint32_t trials, pe_diag *diag)
{
    pe_status status = PE_OK;
    size_t count = workbook->cell_count;
    memset(m, 0, sizeof *m);
    m->workbook = workbook;
    m->trials = trials;
    m->sampler = (pe_sampler){.seed = 7, .method = PE_MONTE_CARLO, .trial_count = trials};
    const pe_evaluate_options options = {.now = 45000.5, .sampler = &m->sampler};
    m->varying = calloc(count / 64 + 1, sizeof *m->varying);
    m->cells = calloc(count + 1, sizeof *m->cells);
    m->column = calloc(count + 1, sizeof *m->column);
    m->texts = pe_arena_new((size_t)1 << 30);
    if (!m->varying || !m->cells || !m->column || !m->texts)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "parity", "out of memory"));
    PE_TRY(pe_graph_build(workbook, overrides, override_count, NULL, NULL, &m->graph, diag));
    PE_TRY(pe_evaluator_new(m->graph, &options, &m->evaluator, diag));
    PE_TRY(pe_evaluator_run(m->evaluator, PE_EVALUATE_BASE, NULL, NULL, diag));
    PE_TRY(pe_lane_new(m->evaluator, &m->lane, diag));
    PE_TRY(find_varying(m));
fail:
    return status;
}

void parity_free(parity_model *m)
{
    pe_program_free(m->program);
    pe_lane_free(m->lane);
    pe_evaluator_free(m->evaluator);
    pe_graph_free(m->graph);
    pe_workbook_free(m->workbook);
    pe_arena_free(m->texts);
    free(m->varying);
    free(m->cells);
    free(m->column);
    free(m->values);
}

/* ---- the program -------------------------------------------------------------------------- */

typedef struct engine_lane {
    const pe_engine_view *view;
    uint32_t lane;
} engine_lane;

static bool read_engine(void *context, uint32_t cell, pe_value *value)
{
    const engine_lane *at = context;
    return at->view->read(at->view->state, cell, at->lane, value);
}

static pe_status general_unit(void *context, unsigned worker, const pe_unit *unit,
                              const pe_engine_view *view, uint64_t trial_first, uint32_t count,
                              pe_value *const *outputs, uint32_t *missing)
{
    parity_model *m = context;
    engine_lane at = {view, 0};
    const pe_lane_source source = {m->varying, &at, read_engine};
    pe_value *row = malloc((unit->output_count + 1) * sizeof *row);
    pe_status status = row != NULL ? PE_OK : PE_E_MEMORY;
    PE_UNUSED(worker);
    for (; at.lane < count && status == PE_OK; at.lane++) {
        status = pe_lane_evaluate(m->lane, unit, &source, trial_first + at.lane, row, missing);
        if (status == PE_E_CYCLE) status = PE_OK;
        for (uint32_t o = 0; o < unit->output_count && status == PE_OK; o++)
            outputs[o][at.lane] = row[o];
    }
    free(row);
    return status;
}

static void general_reset(void *context, unsigned worker)
{
    PE_UNUSED(worker);
    pe_lane_reset(((parity_model *)context)->lane);
}

typedef struct taking {
    parity_model *m;
    pe_value *values;
} taking;

static void take(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                 const pe_value *lanes)
{
    taking *t = context;
    pe_value *to = t->values + (size_t)column * t->m->trials + trial_first;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = lanes[i];
        if (!pe_is(lanes[i], PE_KIND_TEXT)) continue;
        const pe_text *text = pe_as_text(lanes[i]);
        to[i] = pe_arena_text_value(t->m->texts, text->bytes, text->length);
    }
}

static pe_status build_program(parity_model *m, pe_diag *diag)
{
    const pe_program_request request = {m->varying, m->cells, m->cell_count, &m->sampler, NULL};
    pe_program_free(m->program);
    m->program = NULL;
    return pe_program_build(m->graph, m->evaluator, &request, NULL, NULL, &m->program, diag);
}

static bool add_missing(parity_model *m, const pe_backend *cpu, const pe_plan *plan)
{
    uint32_t count;
    const pe_engine_missing *missing = cpu->missing(plan, &count);
    for (uint32_t i = 0; i < count; i++)
        if (pe_graph_add_dependency(m->graph, missing[i].cell, missing[i].precedent) != PE_OK)
            return false;
    return true;
}

/* One run of all trials; dependencies that trials show are added, as a simulation does it. */
static pe_status run_variant(parity_model *m, const variant *v, pe_value **values, pe_diag *diag)
{
    const pe_backend *cpu = pe_backend_cpu();
    const pe_engine_general general = {m, general_unit, general_reset};
    const pe_engine_options options = {NULL, &general, v->tile, v->isa};
    pe_status status = PE_E_NOT_FOUND;
    for (int i = 0; i < REBUILDS_MAX && status == PE_E_NOT_FOUND; i++) {
        pe_plan *plan = NULL;
        pe_engine_missing missing;
        if (m->program == NULL && (status = build_program(m, diag)) != PE_OK) break;
        status = cpu->prepare(m->program, &options, &plan, diag);
        if (status != PE_OK) break;
        free(*values);
        *values = calloc((size_t)m->cell_count * m->trials + 1, sizeof **values);
        taking t = {m, *values};
        const pe_engine_sink sink = {.context = &t, .lanes = take};
        if (*values == NULL) status = PE_E_MEMORY;
        if (status == PE_OK)
            status = cpu->run(plan, 0, m->trials, &sink, NULL, NULL, &missing, diag);
        bool again = status == PE_E_NOT_FOUND;
        if (again && !add_missing(m, cpu, plan)) status = PE_E_MEMORY;
        cpu->free(plan);
        if (!again) break;
        pe_program_free(m->program);
        m->program = NULL;
        if (status == PE_E_NOT_FOUND && find_varying(m) != PE_OK) status = PE_E_MEMORY;
    }
    return status;
}

/* ---- comparison --------------------------------------------------------------------------- */

typedef struct comparing {
    parity_model *m;
    const parity_request *request;
    parity_result *result;
    uint32_t trial;
    uint32_t home; /* of a single cell's formula: it cannot read itself */
    uint32_t left; /* operands still to print */
} comparing;

static bool read_recorded(void *context, uint32_t cell, pe_value *value)
{
    const comparing *c = context;
    if (c->m->column[cell] == PE_NO_CELL || cell == c->home) return false;
    *value = parity_value(c->m, cell, c->trial);
    return true;
}

static bool print_operands(void *context, const pe_area *area)
{
    comparing *c = context;
    char where[300], value[300];
    for (uint32_t s = area->sheet_first; s <= area->sheet_last; s++)
        for (uint32_t r = area->row_first; r <= area->row_last && c->left > 0; r++) {
            uint32_t first, end;
            if (r > area->row_first + 2000) break;
            pe_workbook_row(c->m->workbook, s, r, area->column_first, area->column_last, &first,
                            &end);
            for (; first < end && c->left > 0; first++, c->left--) {
                pe_workbook_cell_text(c->m->workbook, pe_workbook_ref(c->m->workbook, first), where,
                                      sizeof where);
                golden_value_text(parity_value(c->m, first, c->trial), value, sizeof value);
                fprintf(c->request->out, " %s%s=%s", where,
                        c->m->column[first] == PE_NO_CELL ? "" : "~", value);
            }
        }
    return c->left > 0;
}

static void report(comparing *c, uint32_t cell, const char *what, pe_value program, pe_value lane)
{
    char where[300], one[300], two[300], text[2000] = "";
    parity_model *m = c->m;
    uint32_t master = pe_graph_master(m->graph, cell);
    const pe_formula *formula = pe_graph_formula(m->graph, master);
    pe_cell_ref at = pe_workbook_ref(m->workbook, cell);
    if (c->result->differ + c->result->variants > c->request->reports_max) return;
    pe_workbook_cell_text(m->workbook, at, where, sizeof where);
    if (formula != NULL)
        pe_formula_print(formula->root, pe_workbook_ref(m->workbook, master),
                         pe_graph_printer(m->graph), text, sizeof text);
    golden_value_text(program, one, sizeof one);
    golden_value_text(lane, two, sizeof two);
    fprintf(c->request->out, "%s: %s =%s trial %u: program %s, %s %s;", c->request->name, where,
            text, c->trial, one, what, two);
    c->left = 16;
    pe_graph_precedents(m->graph, master, print_operands, c);
    fprintf(c->request->out, "\n");
}

static void compare_variants(comparing *c, const pe_value *other, const variant *v)
{
    parity_model *m = c->m;
    char what[64];
    snprintf(what, sizeof what, "tile %u %s", v->tile, v->isa);
    for (uint32_t i = 0; i < m->cell_count; i++)
        for (c->trial = 0; c->trial < m->trials; c->trial++) {
            size_t at = (size_t)i * m->trials + c->trial;
            if (parity_same(m->values[at], other[at])) continue;
            c->result->variants++;
            report(c, m->cells[i], what, m->values[at], other[at]);
            break;
        }
}

/* The unit that computes a cell whole; false: another cell's unit does. */
static bool whole_unit(const parity_model *m, uint32_t cell, pe_unit *unit)
{
    const pe_graph *g = m->graph;
    const pe_formula *formula = pe_graph_formula(g, cell);
    uint32_t count, component = pe_graph_component(g, cell);
    pe_area block;
    bool overridden = pe_graph_overridden(g, cell);
    *unit = (pe_unit){.kind = PE_UNIT_NODE, .cell = cell, .output_count = 1};
    if (component != 0) {
        const uint32_t *cells = pe_graph_component_cells(g, component, &count);
        unit->kind = PE_UNIT_COMPONENT;
        unit->component = component;
        unit->output_count = count;
        return cells[0] == cell;
    }
    if (pe_graph_master(g, cell) != cell) return false;
    if (!overridden && pe_graph_block(g, cell, &block)) {
        uint32_t index = m->workbook->cells[cell].formula;
        bool table = m->workbook->formulas[index].kind == PE_FORMULA_TABLE;
        unit->kind = table ? PE_UNIT_TABLE : PE_UNIT_ARRAY;
        unit->output_count = (uint32_t)pe_area_cells(&block);
        return true;
    }
    if (formula == NULL) return false;
    unit->node = formula->root;
    return true;
}

/* The cell of output i; PE_NO_CELL: none. */
static uint32_t output_cell(const parity_model *m, const pe_unit *unit, uint32_t i)
{
    uint32_t count;
    pe_area b;
    if (unit->kind == PE_UNIT_NODE) return unit->cell;
    if (unit->kind == PE_UNIT_COMPONENT)
        return pe_graph_component_cells(m->graph, unit->component, &count)[i];
    if (!pe_graph_block(m->graph, unit->cell, &b)) return PE_NO_CELL;
    uint32_t columns = b.column_last - b.column_first + 1;
    pe_cell_ref at = {b.sheet_first, b.row_first + i / columns, b.column_first + i % columns};
    return pe_workbook_cell(m->workbook, at);
}

static bool compare_unit(comparing *c, const pe_unit *unit)
{
    parity_model *m = c->m;
    const pe_lane_source source = {m->varying, c, read_recorded};
    pe_value *outputs = malloc((unit->output_count + 1) * sizeof *outputs);
    uint32_t missing = PE_NO_CELL;
    bool agrees = outputs != NULL;
    c->home = unit->kind == PE_UNIT_NODE ? unit->cell : PE_NO_CELL;
    for (c->trial = 0; c->trial < m->trials && agrees; c->trial++) {
        pe_status status = pe_lane_evaluate(m->lane, unit, &source, c->trial, outputs, &missing);
        c->result->evaluations += unit->output_count;
        for (uint32_t i = 0; i < unit->output_count; i++) {
            uint32_t cell = output_cell(m, unit, i);
            if (cell == PE_NO_CELL || m->column[cell] == PE_NO_CELL) continue;
            pe_value have = parity_value(m, cell, c->trial);
            bool failed = status != PE_OK && status != PE_E_CYCLE;
            if (!failed && parity_same(have, outputs[i])) continue;
            c->result->differ++;
            agrees = false;
            report(c, cell, failed ? pe_status_text(status) : "evaluator", have,
                   failed ? pe_blank() : outputs[i]);
            break;
        }
    }
    free(outputs);
    pe_lane_reset(m->lane);
    return agrees;
}

pe_status parity_compare(parity_model *m, const parity_request *request, parity_result *result,
                         pe_diag *diag)
{
    comparing c = {.m = m, .request = request, .result = result};
    pe_status status = PE_OK;
    double end = pe_clock_seconds() + request->seconds_max;
    memset(result, 0, sizeof *result);
    status = run_variant(m, &variants[0], &m->values, diag);
    for (size_t v = 1; v < PE_COUNT(variants) && status == PE_OK; v++) {
        pe_value *other = NULL;
        if (request->seconds_max > 0 && pe_clock_seconds() > end - request->seconds_max / 2) break;
        pe_status ran = run_variant(m, &variants[v], &other, diag);
        if (ran == PE_OK) compare_variants(&c, other, &variants[v]);
        if (ran != PE_OK && ran != PE_E_UNSUPPORTED && ran != PE_E_ARGUMENT) status = ran;
        free(other);
    }
    if (status != PE_OK) return status;
    result->general = m->program->info.general_units;
    for (uint32_t i = 0; i < m->cell_count; i++) {
        pe_unit unit;
        if (!whole_unit(m, m->cells[i], &unit)) continue;
        result->cells += unit.output_count;
        compare_unit(&c, &unit);
        if (request->seconds_max > 0 && pe_clock_seconds() > end) {
            result->timed_out = true;
            break;
        }
    }
    return PE_OK;
}
