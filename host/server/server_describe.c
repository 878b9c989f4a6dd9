/* server_describe.c: the shape of a distribution, to be drawn: figures, and points of its density
 * or its probabilities. Invariant: the formula is evaluated in a small workbook of its own, which
 * holds the present values of the cells that it reads, and no other cells. */
#include "server_model.h"

#include <math.h>

#include "graph.h"

#define PARAMETERS_MAX 8
#define POINTS ((uint32_t)PE_LIMIT_density_points)
#define VALUES_MAX 65536u /* cells that a formula may read */

/* ---- where the formula stands
 * ------------------------------------------------------------------------------ */

typedef struct place {
    pe_workbook_builder *builder; /* of the small workbook, in Excel's dialect */
    const pe_workbook *model;     /* whose cells are read; NULL: none */
    pe_cell_ref home;
    double now;
    pe_arena *arena;
    pe_diag *diag;
} place;

static pe_status copy_tables(const place *at, pe_workbook_builder *to)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < at->model->table_count && status == PE_OK; i++) {
        const pe_table *t = &at->model->tables[i];
        status = pe_builder_list_area(to, t->area.sheet_first, t->name, &t->area, t->header_rows,
                                      t->totals_rows, (const char *const *)t->columns,
                                      t->column_count, at->diag);
    }
    return status;
}

static const char *node_text(const pe_node *node, const pe_graph *graph, pe_cell_ref home,
                             pe_arena *arena)
{
    char text[4096];
    size_t n = pe_formula_print(node, home, pe_graph_printer(graph), text, sizeof text);
    return n < sizeof text ? pe_arena_text(arena, text, n) : NULL;
}

/* The names of a workbook as they stand, or in Excel's dialect, as its graph has them. */
static pe_status copy_names(const place *at, pe_workbook_builder *to, const pe_workbook *from,
                            const pe_graph *graph)
{
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < from->name_count && status == PE_OK; i++) {
        const pe_name *name = &from->names[i];
        const pe_cell_ref home = {name->sheet != PE_SCOPE_WORKBOOK ? name->sheet : 0, 0, 0};
        const char *text = name->text;
        if (name->home_row != 0 || name->home_column != 0 || name->is_macro) continue;
        if (graph != NULL) {
            const pe_formula *formula = pe_graph_name(graph, i);
            text = formula != NULL ? node_text(formula->root, graph, home, at->arena) : NULL;
        }
        if (text != NULL)
            status =
                pe_builder_name_text(to, name->name, text, name->sheet, name->hidden, at->diag);
    }
    return status;
}

/* Everything of the model but its cells. graph: of the frame, a workbook made so before; NULL: none
 * yet. */
static pe_status copy_frame(const place *at, pe_workbook_builder *to, const pe_workbook *frame,
                            const pe_graph *graph)
{
    const pe_workbook *w = at->model;
    if (w == NULL) return pe_builder_sheet(to, "F") == 0 ? PE_OK : pei_out_of_memory(at->diag);
    const pe_builder_settings settings = {.dialect = graph != NULL ? PE_DIALECT_EXCEL : w->dialect,
                                          .semantics = w->semantics,
                                          .calc = w->calc,
                                          .date1904 = w->date1904,
                                          .iterate_count = w->iterate_count,
                                          .iterate_delta = w->iterate_delta,
                                          .application = w->application};
    pe_status status = pe_builder_configure(to, &settings, at->diag);
    for (uint32_t i = 0; i < w->sheet_count && status == PE_OK; i++)
        if (pe_builder_sheet(to, w->sheets[i].name) != i) status = pei_out_of_memory(at->diag);
    if (status == PE_OK) status = copy_names(at, to, frame, graph);
    return status == PE_OK ? copy_tables(at, to) : status;
}

typedef struct reading {
    const place *place;
    uint32_t count;
    bool too_many;
    pe_status status;
} reading;

/* What the spreadsheet shows; not known of a formula that came without. */
static pe_value present_value(const pe_workbook *w, uint32_t cell)
{
    bool known = w->cells[cell].has_stored || w->cells[cell].formula == PE_NO_FORMULA;
    return known ? w->cells[cell].stored : pe_error(PE_ERROR_NA);
}

/* False: too many, or no memory. */
static bool copy_area(void *context, const pe_area *area)
{
    reading *r = context;
    const pe_workbook *w = r->place->model;
    for (uint32_t s = area->sheet_first; s <= area->sheet_last && s < w->sheet_count; s++) {
        const pe_sheet *sheet = &w->sheets[s];
        for (uint32_t i = pe_workbook_row_lower(sheet, area->row_first);
             i < sheet->row_count && sheet->rows_used[i] <= area->row_last; i++) {
            uint32_t first, end, row = sheet->rows_used[i];
            pe_workbook_row(w, s, row, area->column_first, area->column_last, &first, &end);
            for (uint32_t c = first; c < end && r->status == PE_OK; c++) {
                const pe_builder_cell cell = {.value = present_value(w, c)};
                r->too_many = ++r->count > VALUES_MAX;
                if (r->too_many) return false;
                r->status = pe_builder_cells(r->place->builder, s, row, w->cells[c].column, 1, 1,
                                             &cell, r->place->diag);
            }
        }
    }
    return r->status == PE_OK;
}

/* The present values of what the formula reads. */
static pe_status copy_values(const place *p, const pe_graph *graph, uint32_t cell)
{
    reading r = {p, 0, false, PE_OK};
    if (p->model == NULL) return PE_OK;
    if ((pe_graph_flags(graph, cell) & PE_FORMULA_HAS_DYNAMIC) != 0)
        return pe_fail(p->diag, PE_E_ARGUMENT, "formula",
                       "a shape cannot be drawn of references that are computed");
    pe_graph_precedents(graph, cell, copy_area, &r);
    if (r.too_many)
        return pe_fail(p->diag, PE_E_LIMIT, "formula", "it reads more than %u cells", VALUES_MAX);
    return r.status;
}

/* ---- the formula taken apart
 * ---------------------------------------------------------------------------- */

/* "pert(1,2,5)", "RiskPert(1,2,5)", "=RiskPert(1;...": as a setting, so as a formula. */
static const char *formula_text(const char *text, pe_arena *arena)
{
    while (*text == ' ' || *text == '=') text++;
    size_t length = strcspn(text, "( ");
    bool short_name = pe_distribution_find(text, length) != PE_DISTRIBUTION_NONE;
    return pe_arena_printf(arena, "%s%s", short_name ? "Risk" : "", text);
}

typedef struct parts {
    const char *text[PARAMETERS_MAX + 3]; /* parameters, then truncation and shift; NULL: omitted */
    pe_area area[PARAMETERS_MAX + 3];     /* of those that are cells */
    bool has_area[PARAMETERS_MAX + 3];
    const char *canonical;
    pe_distribution_id id;
    uint32_t parameter_count;
} parts;

static bool is_area(const pe_node *node, pe_cell_ref home, pe_area *area)
{
    return node->kind == PE_NODE_REFERENCE && pe_node_area(&node->ref, home, area) &&
           area->sheet_first == area->sheet_last && pe_area_cells(area) > 1;
}

static pe_status take_apart(const place *at, const pe_graph *graph, const pe_formula *formula,
                            parts *p)
{
    pe_risk_call call;
    if (!pe_formula_risk_call(formula->root, &call))
        return pe_fail(at->diag, PE_E_ARGUMENT, "formula",
                       "this is no distribution: write pert(1,2,5), for example");
    p->id = pe_distribution_find(call.distribution, strlen(call.distribution));
    p->canonical = node_text(formula->root, graph, at->home, at->arena);
    p->parameter_count = call.parameter_count;
    if (call.parameter_count > PARAMETERS_MAX || p->canonical == NULL)
        return pe_fail(at->diag, PE_E_ARGUMENT, "formula", "it has too many parameters");
    const pe_node *options[3] = {call.truncate_low, call.truncate_high, call.shift};
    for (uint32_t i = 0; i < PARAMETERS_MAX + 3; i++) {
        const pe_node *node = i < call.parameter_count ? call.parameters[i]
                              : i >= PARAMETERS_MAX    ? options[i - PARAMETERS_MAX]
                                                       : NULL;
        if (node == NULL || node->kind == PE_NODE_OMITTED) continue;
        p->text[i] = node_text(node, graph, at->home, at->arena);
        p->has_area[i] = is_area(node, at->home, &p->area[i]);
        if (p->text[i] == NULL)
            return pe_fail(at->diag, PE_E_ARGUMENT, "formula", "a parameter is too long");
    }
    return PE_OK;
}

/* The small workbook of the model's dialect, which only parses the setting. */
static pe_status frame_of(const place *at, pe_workbook **workbook)
{
    const pe_builder_cell number = {.value = pe_number(0)};
    pe_workbook_builder *builder = pe_builder_new();
    pe_status status = PE_OK;
    if (builder == NULL) return pei_out_of_memory(at->diag);
    PE_TRY(copy_frame(at, builder, at->model, NULL));
    PE_TRY(pe_builder_cells(builder, at->home.sheet, at->home.row, at->home.column, 1, 1, &number,
                            at->diag));
    PE_TRY(pe_builder_build(builder, workbook, at->diag));
fail:
    pe_builder_free(builder);
    return status;
}

static pe_status parse(const char *text, const place *at, parts *p)
{
    pe_status status = PE_OK;
    pe_workbook *workbook = NULL;
    pe_graph *graph = NULL;
    pe_diag why = {.status = PE_OK};
    const char *formula = formula_text(text, at->arena);
    if (formula == NULL) return pei_out_of_memory(at->diag);
    PE_TRY(frame_of(at, &workbook));
    const pe_override setting = {pe_workbook_cell(workbook, at->home), formula, strlen(formula)};
    status = pe_graph_build(workbook, &setting, 1, NULL, NULL, &graph, &why);
    if (status != PE_OK) PE_TRY(pe_fail(at->diag, status, "formula", "%s", why.what));
    const pe_formula *tree = pe_graph_formula(graph, setting.cell);
    if (tree == NULL) PE_TRY(pe_fail(at->diag, PE_E_SYNTAX, "formula", "this is no formula"));
    PE_TRY(take_apart(at, graph, tree, p));
    PE_TRY(copy_frame(at, at->builder, workbook, graph));
    PE_TRY(copy_values(at, graph, setting.cell));
fail:
    pe_graph_free(graph);
    pe_workbook_free(workbook);
    return status;
}

/* ---- its parameters' numbers
 * ---------------------------------------------------------------------------- */

static pe_status no_number(const place *at, const char *text)
{
    return pe_fail(at->diag, PE_E_ARGUMENT, text,
                   "this is no number: a shape can be drawn of numbers only");
}

/* The numbers that stand in cells; what is none is passed over, an error is none at all. */
static pe_status numbers_of_area(const place *at, const char *text, const pe_area *area,
                                 pe_parameter *parameter)
{
    uint64_t cells = pe_area_cells(area);
    double *values = cells <= VALUES_MAX ? PE_PUSH(at->arena, double, cells) : NULL;
    uint32_t count = 0;
    for (uint32_t r = area->row_first; values != NULL && r <= area->row_last; r++)
        for (uint32_t c = area->column_first; c <= area->column_last; c++) {
            uint32_t cell =
                at->model != NULL
                    ? pe_workbook_cell(at->model, (pe_cell_ref){area->sheet_first, r, c})
                    : PE_NO_CELL;
            if (cell == PE_NO_CELL) continue;
            pe_value value = present_value(at->model, cell);
            if (pe_is_error(value)) return no_number(at, text);
            if (pe_is_number(value)) values[count++] = pe_as_number(value);
        }
    *parameter = (pe_parameter){values, count};
    return count > 0 ? PE_OK : no_number(at, text);
}

/* A list {1,2,3} becomes one formula per element: SUM of what INDEX picks would hide errors. */
static pe_status numbers_of(const place *at, const char *text, pe_parameter *parameter)
{
    enum { ELEMENTS_MAX = 1024 };
    pe_arena *arena = at->arena;
    uint32_t sheet = at->home.sheet;
    pei_cell_formula count = {.text = pe_arena_printf(arena, "ROWS(%s)*COLUMNS(%s)", text, text)};
    if (count.text == NULL) return pei_out_of_memory(at->diag);
    bool list = text[0] == '{';
    pe_status status = PE_OK;
    if (list) status = pei_evaluate_in(at->builder, sheet, &count, 1, at->now, arena, at->diag);
    if (status != PE_OK) return status;
    uint32_t n = list && pe_is_number(count.value) ? (uint32_t)pe_as_number(count.value) : 1;
    if (n > ELEMENTS_MAX)
        return pe_fail(at->diag, PE_E_LIMIT, "formula", "a list has more than %d values",
                       ELEMENTS_MAX);
    pei_cell_formula *each = PE_PUSH(arena, pei_cell_formula, n);
    double *values = PE_PUSH(arena, double, n);
    for (uint32_t i = 0; each != NULL && i < n; i++)
        each[i].text = list ? pe_arena_printf(arena, "INDEX(%s,%u)", text, i + 1)
                            : pe_arena_printf(arena, "(%s)+0", text);
    if (pe_arena_failed(arena)) return pei_out_of_memory(at->diag);
    status = pei_evaluate_in(at->builder, sheet, each, n, at->now, arena, at->diag);
    for (uint32_t i = 0; i < n && status == PE_OK; i++) {
        if (!pe_is_number(each[i].value)) return no_number(at, text);
        values[i] = pe_as_number(each[i].value);
    }
    *parameter = (pe_parameter){values, n};
    return status;
}

static pe_status prepare(const place *at, const parts *p, pe_distribution *d)
{
    static const double zero = 0;
    pe_parameter parameters[PARAMETERS_MAX + 3];
    pe_distribution_options options = {-HUGE_VAL, HUGE_VAL, 0};
    const char *what = "";
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < PARAMETERS_MAX + 3 && status == PE_OK; i++) {
        parameters[i] = (pe_parameter){&zero, 1};
        if (p->has_area[i])
            status = numbers_of_area(at, p->text[i], &p->area[i], &parameters[i]);
        else if (p->text[i] != NULL)
            status = numbers_of(at, p->text[i], &parameters[i]);
    }
    if (status != PE_OK) return status;
    if (p->text[PARAMETERS_MAX] != NULL)
        options.truncate_low = parameters[PARAMETERS_MAX].values[0];
    if (p->text[PARAMETERS_MAX + 1] != NULL)
        options.truncate_high = parameters[PARAMETERS_MAX + 1].values[0];
    options.shift = parameters[PARAMETERS_MAX + 2].values[0];
    const pe_distribution_row *row = pe_distribution_row_of(p->id);
    if (row == NULL) return pe_fail(at->diag, PE_E_ARGUMENT, "formula", "this is no distribution");
    if (pe_distribution_prepare(d, p->id, parameters, (int)p->parameter_count, &options, at->arena,
                                &what) != PE_ERROR_NONE)
        return pe_fail(at->diag, PE_E_ARGUMENT, "formula", "%s: its parameters are %s", what,
                       row->parameters);
    return PE_OK;
}

/* ---- points
 * -------------------------------------------------------------------------------------------- */

/* The values that a discrete distribution takes; false: more than can be drawn one by one. */
static bool members(const pe_distribution *d, pe_wire_describe_reply *r)
{
    double u = 0, step = 1e-6; /* what is rarer at the low end is not drawn */
    r->x.count = 0;
    while (u < 1 - 1e-6) {
        if (r->x.count == POINTS) return false;
        double x = pe_distribution_inverse(d, u + step), next = pe_distribution_cdf(d, x);
        if (!(next > u)) break;
        r->x.items[r->x.count] = x;
        r->density.items[r->x.count++] = next - u;
        u = next;
        step = 0x1p-40;
    }
    r->density.count = r->x.count;
    return true;
}

/* Where the curve is drawn: the support, but no tail that would leave the rest no room. */
static void range_of(const pe_distribution *d, double *low, double *high)
{
    double p5 = pe_distribution_inverse(d, 0.05), p50 = pe_distribution_inverse(d, 0.5),
           p95 = pe_distribution_inverse(d, 0.95);
    double far_low = pe_distribution_inverse(d, 0.002),
           far_high = pe_distribution_inverse(d, 0.998);
    double most_low = p50 - 2.5 * (p50 - p5), most_high = p50 + 2.5 * (p95 - p50);
    if (most_low > far_low) far_low = most_low;
    if (most_high < far_high) far_high = most_high;
    double room = 0.25 * (far_high - far_low); /* an end of the support that is near is shown */
    *low = d->low + d->shift >= far_low - room ? d->low + d->shift : far_low;
    *high = d->high + d->shift <= far_high + room ? d->high + d->shift : far_high;
}

/* Slopes of the cumulative curve between the far percentiles; of a discrete distribution, the
 * probability of each class. */
static void slopes(const pe_distribution *d, bool discrete, pe_wire_describe_reply *r)
{
    double low, high;
    range_of(d, &low, &high);
    double step = (high - low) / (POINTS - 1);
    r->x.count = r->density.count = 0;
    if (!(step > 0)) return;
    for (uint32_t i = 0; i < POINTS; i++) {
        double x = low + i * step;
        double from = i == 0 ? x : x - step / 2, to = i == POINTS - 1 ? x : x + step / 2;
        double share = pe_distribution_cdf(d, to) - pe_distribution_cdf(d, from);
        double density = discrete ? share : share / (to - from);
        r->x.items[i] = x;
        r->density.items[i] = isfinite(density) && density > 0 ? density : 0;
    }
    r->x.count = r->density.count = POINTS;
}

static pe_status place_of(pei_task *task, const pe_wire_describe *params, place *at)
{
    pei_book *book = NULL;
    const pe_server_options *options = &task->model->server->options;
    *at = (place){.builder = pe_builder_new(),
                  .now = options->now != NULL ? options->now() : 0,
                  .arena = task->arena,
                  .diag = task->diag};
    if (at->builder == NULL) return pei_out_of_memory(task->diag);
    if (!params->has_book) return PE_OK;
    if (params->has_at)
        at->home = (pe_cell_ref){params->at.sheet, params->at.row, params->at.column};
    pe_status status = pei_book_find(task->model, params->book, &book, task->diag);
    if (status == PE_OK) status = pei_book_values(task, book, &at->model);
    if (status == PE_OK && (at->home.sheet >= at->model->sheet_count ||
                            at->home.row >= PE_ROWS_MAX || at->home.column >= PE_COLUMNS_MAX))
        return pe_fail(task->diag, PE_E_ARGUMENT, "at", "there is no such cell");
    return status;
}

pe_status pei_do_describe(pei_task *task, const pe_wire_describe *params)
{
    parts p = {.canonical = NULL};
    place at;
    pe_distribution d;
    pe_wire_describe_reply r = {0};
    pe_status status = PE_OK;
    PE_TRY(place_of(task, params, &at));
    PE_TRY(parse(params->formula.bytes, &at, &p));
    PE_TRY(prepare(&at, &p, &d));
    r.formula = pe_wire_text_of(p.canonical);
    r.mean = pe_distribution_mean(&d);
    r.sd = pe_distribution_sd(&d);
    r.p5 = pe_distribution_inverse(&d, 0.05);
    r.p50 = pe_distribution_inverse(&d, 0.5);
    r.p95 = pe_distribution_inverse(&d, 0.95);
    r.discrete = pe_distribution_row_of(p.id)->discrete;
    r.x.items = PE_PUSH(task->arena, double, POINTS);
    r.density.items = PE_PUSH(task->arena, double, POINTS);
    if (r.x.items == NULL || r.density.items == NULL) PE_TRY(pei_out_of_memory(task->diag));
    if (!r.discrete || !members(&d, &r)) slopes(&d, r.discrete, &r);
    PE_TRY(pei_reply(task, PE_WIRE_describe_reply, &r));
fail:
    pe_builder_free(at.builder);
    return status;
}
