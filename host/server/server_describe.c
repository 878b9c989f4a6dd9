/* server_describe.c: the shape of a distribution, to be drawn: figures, and points of its density
 * or its probabilities. */
#include "server_model.h"

#include <math.h>

#include "graph.h"

#define PARAMETERS_MAX 8
#define POINTS ((uint32_t)PE_LIMIT_density_points)

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
    const char *canonical;
    pe_distribution_id id;
    uint32_t parameter_count;
} parts;

static const char *node_text(const pe_node *node, const pe_graph *graph, pe_arena *arena)
{
    char text[4096];
    size_t n =
        pe_formula_print(node, (pe_cell_ref){0, 0, 0}, pe_graph_printer(graph), text, sizeof text);
    return n < sizeof text ? pe_arena_text(arena, text, n) : NULL;
}

static pe_status take_apart(const pe_graph *graph, pe_arena *arena, parts *p, pe_diag *diag)
{
    uint32_t errors = 0;
    pe_risk_call call;
    const pe_formula_error *error = pe_graph_errors(graph, &errors);
    const pe_formula *formula = pe_graph_formula(graph, 0);
    if (errors > 0 || formula == NULL)
        return pe_fail(diag, PE_E_SYNTAX, "formula", "%s",
                       errors > 0 ? error->what : "this is no formula");
    if (!pe_formula_risk_call(formula->root, &call))
        return pe_fail(diag, PE_E_ARGUMENT, "formula",
                       "this is no distribution: write pert(1,2,5), for example");
    p->id = pe_distribution_find(call.distribution, strlen(call.distribution));
    p->canonical = node_text(formula->root, graph, arena);
    p->parameter_count = call.parameter_count;
    if (call.parameter_count > PARAMETERS_MAX || p->canonical == NULL)
        return pe_fail(diag, PE_E_ARGUMENT, "formula", "it has too many parameters");
    const pe_node *options[3] = {call.truncate_low, call.truncate_high, call.shift};
    for (uint32_t i = 0; i < PARAMETERS_MAX + 3; i++) {
        const pe_node *node = i < call.parameter_count ? call.parameters[i]
                              : i >= PARAMETERS_MAX    ? options[i - PARAMETERS_MAX]
                                                       : NULL;
        if (node == NULL || node->kind == PE_NODE_OMITTED) continue;
        p->text[i] = node_text(node, graph, arena);
        if (p->text[i] == NULL)
            return pe_fail(diag, PE_E_ARGUMENT, "formula", "a parameter is too long");
    }
    return PE_OK;
}

static pe_status parse(const char *text, pe_arena *arena, parts *p, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_workbook *workbook = NULL;
    pe_graph *graph = NULL;
    const char *formula = formula_text(text, arena);
    pe_workbook_builder *builder = pe_builder_new();
    if (builder == NULL || formula == NULL) PE_TRY(pei_out_of_memory(diag));
    const pe_builder_cell cell = {pe_omitted(), formula, (uint32_t)strlen(formula)};
    pe_builder_sheet(builder, "F");
    PE_TRY(pe_builder_cells(builder, 0, 0, 0, 1, 1, &cell, diag));
    PE_TRY(pe_builder_build(builder, &workbook, diag));
    PE_TRY(pe_graph_build(workbook, NULL, 0, NULL, NULL, &graph, diag));
    PE_TRY(take_apart(graph, arena, p, diag));
fail:
    pe_graph_free(graph);
    pe_workbook_free(workbook);
    pe_builder_free(builder);
    return status;
}

/* ---- its parameters' numbers
 * ---------------------------------------------------------------------------- */

/* A list {1,2,3} becomes one formula per element: SUM of what INDEX picks would hide errors. */
static pe_status numbers_of(const char *text, pe_arena *arena, double now, pe_parameter *parameter,
                            pe_diag *diag)
{
    enum { ELEMENTS_MAX = 1024 };
    pei_cell_formula count = {.text = pe_arena_printf(arena, "ROWS(%s)*COLUMNS(%s)", text, text)};
    if (count.text == NULL) return pei_out_of_memory(diag);
    bool list = text[0] == '{';
    pe_status status = PE_OK;
    if (list) status = pei_evaluate(&count, 1, NULL, 0, now, arena, diag);
    if (status != PE_OK) return status;
    uint32_t n = list && pe_is_number(count.value) ? (uint32_t)pe_as_number(count.value) : 1;
    if (n > ELEMENTS_MAX)
        return pe_fail(diag, PE_E_LIMIT, "formula", "a list has more than %d values", ELEMENTS_MAX);
    pei_cell_formula *each = PE_PUSH(arena, pei_cell_formula, n);
    double *values = PE_PUSH(arena, double, n);
    for (uint32_t i = 0; each != NULL && i < n; i++)
        each[i].text = list ? pe_arena_printf(arena, "INDEX(%s,%u)", text, i + 1)
                            : pe_arena_printf(arena, "(%s)+0", text);
    if (pe_arena_failed(arena)) return pei_out_of_memory(diag);
    status = pei_evaluate(each, n, NULL, 0, now, arena, diag);
    for (uint32_t i = 0; i < n && status == PE_OK; i++) {
        if (!pe_is_number(each[i].value))
            return pe_fail(diag, PE_E_ARGUMENT, text,
                           "this is no number: a shape can be drawn of numbers only");
        values[i] = pe_as_number(each[i].value);
    }
    *parameter = (pe_parameter){values, n};
    return status;
}

static pe_status prepare(const parts *p, pe_arena *arena, double now, pe_distribution *d,
                         pe_diag *diag)
{
    static const double zero = 0;
    pe_parameter parameters[PARAMETERS_MAX + 3];
    pe_distribution_options options = {-HUGE_VAL, HUGE_VAL, 0};
    const char *what = "";
    pe_status status = PE_OK;
    for (uint32_t i = 0; i < PARAMETERS_MAX + 3 && status == PE_OK; i++) {
        parameters[i] = (pe_parameter){&zero, 1};
        if (p->text[i] != NULL) status = numbers_of(p->text[i], arena, now, &parameters[i], diag);
    }
    if (status != PE_OK) return status;
    if (p->text[PARAMETERS_MAX] != NULL)
        options.truncate_low = parameters[PARAMETERS_MAX].values[0];
    if (p->text[PARAMETERS_MAX + 1] != NULL)
        options.truncate_high = parameters[PARAMETERS_MAX + 1].values[0];
    options.shift = parameters[PARAMETERS_MAX + 2].values[0];
    const pe_distribution_row *row = pe_distribution_row_of(p->id);
    if (row == NULL) return pe_fail(diag, PE_E_ARGUMENT, "formula", "this is no distribution");
    if (pe_distribution_prepare(d, p->id, parameters, (int)p->parameter_count, &options, arena,
                                &what) != PE_ERROR_NONE)
        return pe_fail(diag, PE_E_ARGUMENT, "formula", "%s: its parameters are %s", what,
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

pe_status pei_do_describe(pei_task *task, const pe_wire_describe *params)
{
    parts p = {.canonical = NULL};
    pe_distribution d;
    pe_wire_describe_reply r = {0};
    pe_status status = PE_OK;
    const pe_server_options *options = &task->model->server->options;
    PE_TRY(parse(params->formula.bytes, task->arena, &p, task->diag));
    PE_TRY(prepare(&p, task->arena, options->now != NULL ? options->now() : 0, &d, task->diag));
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
    return status;
}
