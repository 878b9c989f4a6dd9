/* simulation_find.c: the inputs (every random call of every formula), the cells that vary, the
 * outputs and the slice between. */
#include "simulation_internal.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct finder {
    const pe_graph *graph;
    const pe_workbook *workbook;
    const pe_settings *settings;
    pe_arena *arena;
    pe_simulation *out;
    pe_diag *diag;
    const pe_control *control;
    pe_input *inputs; /* heap while it grows */
    size_t input_capacity;
    pe_output *outputs;
    size_t output_capacity;
    const char **warnings;
    size_t warning_capacity;
    uint32_t *warning_cells;
    size_t warning_cell_capacity;
    pei_namer *namer;
    /* the cell whose formula is walked */
    uint32_t cell;
    uint32_t path[PE_DRAW_PATH_MAX];
    uint32_t depth;
} finder;

static pe_status out_of_memory(finder *f)
{
    return pe_fail(f->diag, PE_E_MEMORY, "simulation", "out of memory");
}

/* cell: what it is about, or PE_NO_CELL. text NULL: memory was out. */
static pe_status warn(finder *f, uint32_t cell, const char *text)
{
    uint32_t count = f->out->warning_count + 1;
    if (text == NULL || PE_GROW(&f->warnings, &f->warning_capacity, count) != PE_OK ||
        PE_GROW(&f->warning_cells, &f->warning_cell_capacity, count) != PE_OK)
        return out_of_memory(f);
    f->warning_cells[f->out->warning_count] = cell;
    f->warnings[f->out->warning_count++] = text;
    return PE_OK;
}

static const char *cell_text(finder *f, uint32_t cell, char *buffer, size_t size)
{
    pe_workbook_cell_text(f->workbook, pe_workbook_ref(f->workbook, cell), buffer, size);
    return buffer;
}

static pe_status look_up(finder *f)
{
    if (!pe_cancelled(f->control)) return PE_OK;
    return pe_fail(f->diag, PE_E_CANCELLED, "simulation", "cancelled");
}

/* ---- inputs
 * ------------------------------------------------------------------------------------------- */

static bool ignored(const pe_settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->ignore_count; i++)
        if (pe_text_equal_nocase(settings->ignore[i], strlen(settings->ignore[i]), name,
                                 strlen(name)))
            return true;
    return false;
}

static pe_status check_properties(finder *f, const pe_node *node)
{
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const pe_node *argument = node->args[i];
        if (argument->kind != PE_NODE_FUNCTION) continue;
        const pe_function *row = pe_function_row((pe_function_id)argument->function);
        bool property = (row->flags & PE_FN_RISK_PROPERTY) != 0;
        /* PsiTruncate's third argument changes what its limits mean */
        bool typed = property && strcmp(row->aux, "TRUNCATE") == 0 && argument->arg_count > 2;
        bool missing = property && ((row->flags & PE_FN_UNSUPPORTED) != 0 || typed);
        if (!missing) continue;
        char where[300];
        const char *name = pe_risk_name(f->arena, row->name);
        if (name == NULL) return out_of_memory(f);
        if (!ignored(f->settings, name))
            return pe_fail(
                f->diag, PE_E_UNSUPPORTED, cell_text(f, f->cell, where, sizeof where),
                "%s is not implemented and would change the results; ignoring %s runs without it",
                name, name);
        pe_status status =
            warn(f, f->cell,
                 pe_arena_printf(f->arena,
                                 "%s: %s was ignored as asked; the results are those of a "
                                 "model without it",
                                 cell_text(f, f->cell, where, sizeof where), name));
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

/* The text of a RiskName(...) argument: a constant or a cell that stores text. */
static const char *name_argument(finder *f, const pe_node *node)
{
    if (node == NULL) return NULL;
    if (node->kind == PE_NODE_VALUE) return pei_text_of(node->value);
    pe_area area;
    if (node->kind != PE_NODE_REFERENCE ||
        !pe_node_area(&node->ref, pe_workbook_ref(f->workbook, f->cell), &area))
        return NULL;
    uint32_t cell = pe_workbook_cell(
        f->workbook, (pe_cell_ref){area.sheet_first, area.row_first, area.column_first});
    return cell != PE_NO_CELL ? pei_text_of(f->workbook->cells[cell].stored) : NULL;
}

static pe_status add_input(finder *f, const pe_node *node, const pe_function *row)
{
    pe_risk_call call;
    bool risk = pe_formula_risk_call(node, &call);
    pe_input input = {.cell = f->cell,
                      .node = node,
                      .function = pe_risk_name(f->arena, row->name),
                      .distribution = row->aux,
                      .depth = f->depth};
    pe_status status = check_properties(f, node);
    if (status != PE_OK) return status;
    if (input.function == NULL) return out_of_memory(f);
    if (risk) {
        input.distribution = pe_graph_distribution(f->graph, &call);
        input.name = name_argument(f, call.name);
    }
    memcpy(input.path, f->path, sizeof input.path);
    input.set = pe_graph_overridden(f->graph, f->cell);
    if (PE_GROW(&f->inputs, &f->input_capacity, f->out->input_count + 1) != PE_OK)
        return out_of_memory(f);
    f->inputs[f->out->input_count++] = input;
    return PE_OK;
}

static pe_status walk_draws(finder *f, const pe_node *node)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < node->arg_count && status == PE_OK; i++)
        status = walk_draws(f, node->args[i]);
    if (status != PE_OK || node->draw_site == PE_NO_SITE) return status;
    if (f->depth == PE_DRAW_PATH_MAX) {
        char where[300];
        return pe_fail(f->diag, PE_E_LIMIT, cell_text(f, f->cell, where, sizeof where),
                       "names that use names, more than %d deep", PE_DRAW_PATH_MAX);
    }
    f->path[f->depth++] = node->draw_site;
    if (node->kind == PE_NODE_FUNCTION) {
        const pe_function *row = pe_function_row((pe_function_id)node->function);
        if ((row->flags & PE_FN_RANDOM) != 0) status = add_input(f, node, row);
    } else if (node->kind == PE_NODE_NAME) {
        const pe_formula *named = pe_graph_name(f->graph, node->index);
        if (named != NULL) status = walk_draws(f, named->root);
    }
    f->depth--;
    return status;
}

static bool is_draw_cell(finder *f, uint32_t cell)
{
    return pe_graph_formula(f->graph, cell) != NULL &&
           ((pe_graph_flags(f->graph, cell) & (PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK)) != 0 ||
            pe_graph_overridden(f->graph, cell));
}

static pe_status find_sheet_inputs(finder *f, const pe_sheet *sheet)
{
    for (uint32_t c = sheet->cell_first; c < sheet->cell_end; c++) {
        if (!is_draw_cell(f, c) || pe_bit(f->out->frozen, c)) continue;
        f->cell = c;
        f->depth = 0;
        pe_status status = walk_draws(f, pe_graph_formula(f->graph, c)->root);
        if (status == PE_OK && f->out->random_count % 256 == 0) status = look_up(f);
        if (status != PE_OK) return status;
        pe_bit_set(f->out->random, c);
        f->out->random_count++;
    }
    return PE_OK;
}

static pe_status find_inputs(finder *f)
{
    for (uint32_t s = 0; s < f->workbook->sheet_count; s++) {
        pe_status status = pe_sheet_is_model(f->workbook, s)
                               ? find_sheet_inputs(f, &f->workbook->sheets[s])
                               : PE_OK;
        if (status != PE_OK) return status;
    }
    f->out->inputs = PE_PUSH(f->arena, pe_input, f->out->input_count);
    if (f->out->inputs == NULL) return out_of_memory(f);
    if (f->out->input_count > 0)
        memcpy(f->out->inputs, f->inputs, f->out->input_count * sizeof *f->inputs);
    return PE_OK;
}

static bool visit_varying(void *context, const pe_area *area)
{
    struct varying_search {
        const finder *f;
        bool found;
    } *search = context;
    const pe_workbook *w = search->f->workbook;
    for (uint32_t s = area->sheet_first; s <= area->sheet_last && s < w->sheet_count; s++)
        for (uint32_t i = pe_workbook_row_lower(&w->sheets[s], area->row_first);
             i < w->sheets[s].row_count && w->sheets[s].rows_used[i] <= area->row_last; i++) {
            uint32_t first, end;
            pe_workbook_row(w, s, w->sheets[s].rows_used[i], area->column_first, area->column_last,
                            &first, &end);
            for (; first < end; first++)
                if (pe_bit(search->f->out->varying, first)) {
                    search->found = true;
                    return false;
                }
        }
    return true;
}

static const char *input_setting_name(const finder *f, uint32_t cell)
{
    for (uint32_t i = f->settings->input_count; i-- > 0;) {
        pe_area area;
        if (f->settings->inputs[i].name == NULL ||
            pe_settings_area(f->workbook, f->settings->inputs[i].cell, &area, NULL) != PE_OK)
            continue;
        if (pe_workbook_cell(f->workbook, (pe_cell_ref){area.sheet_first, area.row_first,
                                                        area.column_first}) == cell)
            return f->settings->inputs[i].name;
    }
    return NULL;
}

static const char *formula_text(finder *f, uint32_t cell)
{
    char text[1024];
    const pe_formula *formula = pe_graph_formula(f->graph, cell);
    size_t n = pe_formula_print(formula->root, pe_workbook_ref(f->workbook, cell),
                                pe_graph_printer(f->graph), text, sizeof text);
    return pe_arena_text(f->arena, text, n < sizeof text ? n : sizeof text - 1);
}

static pe_status describe_inputs(finder *f)
{
    pe_simulation *s = f->out;
    for (uint32_t i = 0; i < s->input_count; i++) {
        pe_input *input = &s->inputs[i];
        struct {
            const finder *f;
            bool found;
        } search = {f, false};
        bool again = i > 0 && s->inputs[i - 1].cell == input->cell;
        if (i % 256 == 0 && look_up(f) != PE_OK) return PE_E_CANCELLED;
        pe_graph_precedents(f->graph, input->cell, visit_varying, &search);
        input->own_value_only = !search.found;
        input->formula = again ? s->inputs[i - 1].formula : formula_text(f, input->cell);
        if (input->name == NULL && input->set) input->name = input_setting_name(f, input->cell);
        if (input->name == NULL) input->name = pei_namer_name(f->namer, input->cell);
        if (input->formula == NULL || input->name == NULL) return out_of_memory(f);
    }
    pe_status status =
        pei_names_unique(f->workbook, f->arena, s->inputs, s->input_count, sizeof *s->inputs,
                         offsetof(pe_input, name), offsetof(pe_input, cell));
    return status == PE_OK ? PE_OK : out_of_memory(f);
}

/* ---- outputs
 * ------------------------------------------------------------------------------------------ */

static pe_status add_output(finder *f, uint32_t cell, const char *name, bool declared)
{
    for (uint32_t i = 0; i < f->out->output_count; i++)
        if (f->outputs[i].cell == cell) {
            if (name != NULL) f->outputs[i].name = name;
            return PE_OK;
        }
    pe_output output = {.cell = cell,
                        .name = name,
                        .format = f->workbook->formats[f->workbook->cells[cell].format],
                        .declared = declared};
    if (PE_GROW(&f->outputs, &f->output_capacity, f->out->output_count + 1) != PE_OK)
        return out_of_memory(f);
    f->outputs[f->out->output_count++] = output;
    return PE_OK;
}

static pe_status add_output_area(finder *f, const pe_output_setting *setting)
{
    pe_area area;
    pe_status status = pe_settings_area(f->workbook, setting->cells, &area, f->diag);
    if (status != PE_OK) return status;
    uint32_t before = f->out->output_count;
    bool one = pe_area_cells(&area) == 1;
    for (uint32_t i = pe_workbook_row_lower(&f->workbook->sheets[area.sheet_first], area.row_first);
         i < f->workbook->sheets[area.sheet_first].row_count &&
         f->workbook->sheets[area.sheet_first].rows_used[i] <= area.row_last;
         i++) {
        uint32_t first, end;
        pe_workbook_row(f->workbook, area.sheet_first,
                        f->workbook->sheets[area.sheet_first].rows_used[i], area.column_first,
                        area.column_last, &first, &end);
        for (; first < end && status == PE_OK; first++) {
            bool formula = f->workbook->cells[first].formula != PE_NO_FORMULA ||
                           pe_graph_overridden(f->graph, first);
            if (formula) status = add_output(f, first, setting->name, true);
        }
    }
    if (status == PE_OK && f->out->output_count == before && one)
        return pe_fail(f->diag, PE_E_ARGUMENT, setting->cells,
                       "the cell holds no formula, so it cannot be an output");
    if (status == PE_OK && f->out->output_count == before)
        return pe_fail(f->diag, PE_E_ARGUMENT, setting->cells,
                       "no cell there holds a formula, so none can be an output");
    return status;
}

/* RiskOutput("NPV")+...: the first such call in the formula names the cell. */
static const pe_node *find_output_call(const pe_node *node)
{
    if (node->kind == PE_NODE_FUNCTION &&
        (pe_function_row((pe_function_id)node->function)->flags & PE_FN_RISK_OUTPUT) != 0)
        return node;
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const pe_node *found = find_output_call(node->args[i]);
        if (found != NULL) return found;
    }
    return NULL;
}

/* RiskOutput("NPV"), or a member of a range: RiskOutput(,"Profit by month",2). */
static const char *output_name(finder *f, const pe_node *call)
{
    const char *name = call->arg_count > 0 ? name_argument(f, call->args[0]) : NULL;
    if (name != NULL || call->arg_count < 2) return name;
    const char *range = name_argument(f, call->args[1]);
    const pe_node *index = call->arg_count > 2 ? call->args[2] : NULL;
    bool numbered = index != NULL && index->kind == PE_NODE_VALUE && pe_is_number(index->value);
    if (range == NULL || !numbered) return range;
    char digits[PE_DECIMAL_BYTES];
    pe_decimal_shortest(pe_as_number(index->value), digits);
    return pe_arena_printf(f->arena, "%s / %s", range, digits);
}

static pe_status find_marked_outputs(finder *f)
{
    for (uint32_t c = 0; c < f->workbook->cell_count; c++) {
        const pe_formula *formula = pe_graph_formula(f->graph, c);
        if (formula == NULL || (formula->flags & PE_FORMULA_HAS_OUTPUT) == 0) continue;
        const pe_node *call = find_output_call(formula->root);
        if (call == NULL) continue;
        f->cell = c;
        const char *name = output_name(f, call);
        pe_status status = check_properties(f, call);
        if (status == PE_OK) status = add_output(f, c, name, true);
        if (status != PE_OK) return status;
    }
    return PE_OK;
}

static pe_status too_many(finder *f, const uint32_t *cells, uint32_t count)
{
    char list[620];
    pei_outputs_list(f->workbook, f->namer, cells, count, list, sizeof list);
    return pe_fail(f->diag, PE_E_ARGUMENT, "outputs",
                   "%u cells could be outputs; say which are wanted: a cell, a range or a "
                   "name ('all': every one):%s",
                   count, list);
}

static pe_status find_outputs(finder *f)
{
    pe_status status = find_marked_outputs(f);
    for (uint32_t i = 0; i < f->settings->output_count && status == PE_OK; i++)
        status = add_output_area(f, &f->settings->outputs[i]);
    if (status != PE_OK || (f->out->output_count > 0 && !f->settings->outputs_all)) return status;
    uint32_t *cells = NULL, count = 0;
    status = pei_outputs_propose(f->graph, f->out->varying, f->out->random, f->arena, &cells,
                                 &count, f->diag);
    if (status != PE_OK) return status;
    if (count == 0 && f->out->output_count == 0)
        return pe_fail(f->diag, PE_E_NOT_FOUND, "outputs",
                       "no formula depends on a random cell, so there is nothing to simulate; "
                       "add a random function, or name a formula as output");
    if (count > PE_OUTPUTS_PROPOSED_MAX && !f->settings->outputs_all) {
        if (!f->settings->outputs_some) return too_many(f, cells, count);
        status = warn(f, PE_NO_CELL,
                      pe_arena_printf(f->arena,
                                      "%u cells could be outputs: these are the first %u of them; "
                                      "choose which to report",
                                      count, PE_OUTPUTS_PROPOSED_MAX));
        count = PE_OUTPUTS_PROPOSED_MAX;
    }
    for (uint32_t i = 0; i < count && status == PE_OK; i++)
        status = add_output(f, cells[i], NULL, false);
    return status;
}

static pe_status name_outputs(finder *f)
{
    pe_simulation *s = f->out;
    s->outputs = PE_PUSH(f->arena, pe_output, s->output_count);
    if (s->outputs == NULL) return out_of_memory(f);
    memcpy(s->outputs, f->outputs, s->output_count * sizeof *s->outputs);
    for (uint32_t i = 0; i < s->output_count; i++) {
        if (i % 256 == 0 && look_up(f) != PE_OK) return PE_E_CANCELLED;
        if (s->outputs[i].name == NULL || s->outputs[i].name[0] == '\0')
            s->outputs[i].name = pei_namer_name(f->namer, s->outputs[i].cell);
        if (s->outputs[i].name == NULL) return out_of_memory(f);
    }
    pe_status status =
        pei_names_unique(f->workbook, f->arena, s->outputs, s->output_count, sizeof *s->outputs,
                         offsetof(pe_output, name), offsetof(pe_output, cell));
    return status == PE_OK ? PE_OK : out_of_memory(f);
}

/* ---- all of it
 * ---------------------------------------------------------------------------------------- */

pe_status pe_settings_frozen(const pe_workbook *workbook, const pe_settings *settings,
                             uint64_t *frozen, pe_diag *diag)
{
    for (uint32_t i = 0; i < settings->freeze_count; i++) {
        pe_area area;
        pe_status status = pe_settings_area(workbook, settings->freeze[i], &area, diag);
        if (status != PE_OK) return status;
        const pe_sheet *sheet = &workbook->sheets[area.sheet_first];
        for (uint32_t r = pe_workbook_row_lower(sheet, area.row_first);
             r < sheet->row_count && sheet->rows_used[r] <= area.row_last; r++) {
            uint32_t first, end;
            pe_workbook_row(workbook, area.sheet_first, sheet->rows_used[r], area.column_first,
                            area.column_last, &first, &end);
            for (; first < end; first++) pe_bit_set(frozen, first);
        }
    }
    return PE_OK;
}

static size_t word_count(const pe_graph *graph)
{
    return (size_t)pe_graph_workbook(graph)->cell_count / 64 + 1;
}

static pe_status mark_varying(const pe_graph *graph, pe_simulation *s)
{
    memcpy(s->varying, s->random, word_count(graph) * sizeof *s->varying);
    pe_status status = pe_graph_mark_dependents(graph, s->varying);
    for (size_t i = 0; i < word_count(graph); i++) s->varying[i] &= ~s->frozen[i];
    return status;
}

static pe_status mark_needed(const pe_graph *graph, pe_simulation *s)
{
    memset(s->needed, 0, word_count(graph) * sizeof *s->needed);
    for (uint32_t i = 0; i < s->output_count; i++) pe_bit_set(s->needed, s->outputs[i].cell);
    pe_status status = pe_graph_mark_precedents(graph, s->needed);
    for (size_t i = 0; i < word_count(graph); i++) s->slice[i] = s->needed[i] & s->varying[i];
    return status;
}

pe_status pe_simulation_mark(const pe_graph *graph, pe_simulation *simulation, pe_diag *diag)
{
    pe_status status = mark_varying(graph, simulation);
    if (status == PE_OK) status = mark_needed(graph, simulation);
    return status == PE_OK ? PE_OK
                           : pe_fail(diag, status, "simulation", "%s", pe_status_text(status));
}

static pe_status keep_warnings(finder *f)
{
    uint32_t count = f->out->warning_count;
    uint32_t *cells = PE_PUSH(f->arena, uint32_t, count);
    f->out->warnings = PE_PUSH(f->arena, const char *, count);
    f->out->warning_cells = cells;
    if (f->out->warnings == NULL || cells == NULL) return out_of_memory(f);
    if (count == 0) return PE_OK;
    memcpy(f->out->warnings, f->warnings, count * sizeof *f->warnings);
    memcpy(cells, f->warning_cells, count * sizeof *cells);
    return PE_OK;
}

pe_status pe_simulation_candidates(const pe_graph *graph, const pe_simulation *simulation,
                                   pe_arena *arena, pe_output **outputs, uint32_t *count,
                                   pe_diag *diag)
{
    const pe_workbook *w = pe_graph_workbook(graph);
    uint32_t *cells = NULL, n = 0;
    pe_status status = pei_outputs_propose(graph, simulation->varying, simulation->random, arena,
                                           &cells, &n, diag);
    if (status != PE_OK) return status;
    pei_namer *namer = pei_namer_new(w, arena);
    pe_output *list = PE_PUSH(arena, pe_output, n);
    bool good = namer != NULL && list != NULL;
    for (uint32_t i = 0; i < n && good; i++) {
        list[i] = (pe_output){.cell = cells[i],
                              .name = pei_namer_name(namer, cells[i]),
                              .format = w->formats[w->cells[cells[i]].format]};
        good = list[i].name != NULL;
    }
    pei_namer_free(namer);
    good = good && pei_names_unique(w, arena, list, n, sizeof *list, offsetof(pe_output, name),
                                    offsetof(pe_output, cell)) == PE_OK;
    if (!good) return pe_fail(diag, PE_E_MEMORY, "outputs", "out of memory");
    *outputs = list;
    *count = n;
    return PE_OK;
}

pe_status pe_simulation_find(const pe_graph *graph, const pe_settings *settings, pe_arena *arena,
                             const pe_control *control, pe_simulation *simulation, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_simulation s;
    memset(&s, 0, sizeof s);
    finder f = {.graph = graph,
                .workbook = pe_graph_workbook(graph),
                .settings = settings,
                .arena = arena,
                .out = &s,
                .diag = diag,
                .control = control};
    size_t words = word_count(graph);
    s.frozen = PE_PUSH(arena, uint64_t, words);
    s.varying = PE_PUSH(arena, uint64_t, words);
    s.slice = PE_PUSH(arena, uint64_t, words);
    s.needed = PE_PUSH(arena, uint64_t, words);
    s.random = PE_PUSH(arena, uint64_t, words);
    f.namer = pei_namer_new(f.workbook, arena);
    bool all = s.frozen != NULL && s.varying != NULL && s.slice != NULL && s.needed != NULL &&
               s.random != NULL && f.namer != NULL;
    if (!all) PE_TRY(out_of_memory(&f));
    PE_TRY(pe_settings_frozen(f.workbook, settings, s.frozen, diag));
    PE_TRY(find_inputs(&f));
    if (s.random_count == 0)
        PE_TRY(
            pe_fail(diag, PE_E_NOT_FOUND, "inputs",
                    "the workbook has no random cell: use RAND() or RiskNormal(...) in a formula, "
                    "or give a cell a distribution, such as pert(1,2,5)"));
    PE_TRY(mark_varying(graph, &s));
    PE_TRY(look_up(&f));
    PE_TRY(find_outputs(&f));
    PE_TRY(look_up(&f));
    PE_TRY(describe_inputs(&f));
    PE_TRY(name_outputs(&f));
    PE_TRY(look_up(&f));
    PE_TRY(mark_needed(graph, &s));
    PE_TRY(keep_warnings(&f));
    *simulation = s;
fail:
    pei_namer_free(f.namer);
    free(f.inputs);
    free(f.outputs);
    free(f.warnings);
    free(f.warning_cells);
    return status;
}
