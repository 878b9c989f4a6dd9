/* test_server.c: every method against a real server: what it answers, and what it says where it
 * cannot. Expected values: closed forms of the distributions, or the arithmetic of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "server_rig.h"

/* C1 is 2 N(A1, 2) + 3: mean 2 A1 + 3, sd 4. */
#define MODEL "A1 10\nB1 =RiskNormal(A1,2)\nC1 =B1*2+3+RiskOutput(\"Result\")\nA2 'a text\n"

static rig server;
static rig_client client;

static int set_up(void **state)
{
    (void)state;
    rig_start(&server, NULL);
    rig_hello(&server, &client);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_close(&client);
    rig_stop(&server);
    return 0;
}

/* ---- methods
 * ------------------------------------------------------------------------------------------- */

static void functions(void **state)
{
    (void)state;
    const pe_wire_functions params = {0};
    pe_wire_functions_reply reply;
    assert_string_equal(
        rig_call(&client, "functions", PE_WIRE_functions, &params, PE_WIRE_functions_reply, &reply),
        "");
    bool found = false;
    for (uint32_t i = 0; i < reply.functions.count; i++) {
        const pe_wire_function *f = &reply.functions.items[i];
        assert_true(f->help.length > 0);
        if (strcmp(f->name.bytes, "RISKPERT") != 0) continue;
        found = true;
        assert_string_equal(f->display.bytes, "RiskPert");
        assert_int_equal(f->arguments.count, 3);
        assert_string_equal(f->arguments.items[1].name.bytes, "likely");
        assert_true(f->variadic);
    }
    assert_true(found);
    assert_true(reply.functions.count >= 80);
}

static void distributions(void **state)
{
    (void)state;
    const pe_wire_distributions params = {0};
    pe_wire_distributions_reply reply;
    assert_string_equal(rig_call(&client, "distributions", PE_WIRE_distributions, &params,
                                 PE_WIRE_distributions_reply, &reply),
                        "");
    assert_int_equal(reply.distributions.count, 27);
    assert_string_equal(reply.distributions.items[0].name.bytes, "pert");
    /* Every one can be described with what its dialog begins with. */
    for (uint32_t i = 0; i < reply.distributions.count; i++) {
        const pe_wire_distribution *d = &reply.distributions.items[i];
        char formula[256];
        int n = snprintf(formula, sizeof formula, "%s(", d->name.bytes);
        for (uint32_t k = 0; k < d->parameters.count; k++)
            n += snprintf(formula + n, sizeof formula - (size_t)n, "%s%g", k > 0 ? "," : "",
                          d->parameters.items[k].start);
        snprintf(formula + n, sizeof formula - (size_t)n, ")");
        const pe_wire_describe describe = {.formula = pe_wire_text_of(formula)};
        pe_wire_describe_reply shape;
        const char *code = rig_call(&client, "describe", PE_WIRE_describe, &describe,
                                    PE_WIRE_describe_reply, &shape);
        if (code[0] != '\0') fail_msg("%s: %s", formula, client.failure.what.bytes);
        assert_true(shape.x.count > 0);
    }
}

typedef struct shape {
    const char *formula, *code;
    double mean, sd, p50;
    bool discrete;
} shape;

/* Means, standard deviations and medians: closed forms. */
static const shape shapes[] = {
    {"normal(10,2)", "", 10, 2, 10, false},
    {"RiskNormal(10,2)", "", 10, 2, 10, false},
    {"=RiskNormal(5*2,200%)", "", 10, 2, 10, false},
    {"uniform(2,6)", "", 4, 1.1547005383792515, 4, false},
    {"expon(3)", "", 3, 3, 2.0794415416798357, false},
    {"bernoulli(0.25)", "", 0.25, 0.4330127018922193, 0, true},
    {"discrete({1,2,3},{1,1,2})", "", 2.25, 0.82915619758885, 2, true},
    {"binomial(100000,0.5)", "", 50000, 158.11388300841898, 50000, true},
    {"normal(10,2,RiskShift(5))", "", 15, 2, 15, false},
    {"uniform(0,10,RiskTruncate(2,6))", "", 4, 1.1547005383792515, 4, false},
    {"pert(3,2,1)", "argument", 0, 0, 0, false},
    {"normal(10,-1)", "argument", 0, 0, 0, false},
    {"normal(10", "syntax", 0, 0, 0, false},
    {"nosuch(10)", "argument", 0, 0, 0, false},
    {"normal(A1,\"x\")", "argument", 0, 0, 0, false},
    {"", "syntax", 0, 0, 0, false},
};

static void describe(void **state)
{
    const shape *s = *state;
    const pe_wire_describe params = {.formula = pe_wire_text_of(s->formula)};
    pe_wire_describe_reply reply;
    assert_string_equal(
        rig_call(&client, "describe", PE_WIRE_describe, &params, PE_WIRE_describe_reply, &reply),
        s->code);
    if (s->code[0] != '\0') {
        assert_true(client.failure.what.length > 10);
        return;
    }
    assert_true(fabs(reply.mean - s->mean) <= 1e-12 * fabs(s->mean));
    assert_true(fabs(reply.sd - s->sd) <= 1e-12 * s->sd);
    assert_true(fabs(reply.p50 - s->p50) <= 1e-12 * (1 + fabs(s->p50)));
    assert_int_equal(reply.discrete, s->discrete);
    assert_int_equal(reply.x.count, reply.density.count);
    assert_true(reply.x.count <= PE_LIMIT_density_points);
    for (uint32_t i = 1; i < reply.x.count; i++)
        assert_true(reply.x.items[i] > reply.x.items[i - 1]);
    double sum = 0;
    for (uint32_t i = 0; i < reply.x.count; i++) sum += reply.density.items[i];
    if (s->discrete && reply.x.count < 190) assert_true(fabs(sum - 1) < 1e-5);
    if (!s->discrete) { /* almost all of it is drawn */
        double step = reply.x.items[1] - reply.x.items[0];
        assert_true(fabs(sum * step - 1) < 0.02);
    }
}

static pe_wire_value number(double x)
{
    return (pe_wire_value){.kind = PE_WIRE_NUMBER, .number = x};
}

static pe_wire_value text(const char *words)
{
    return (pe_wire_value){.kind = PE_WIRE_TEXT, .text = words, .length = (uint32_t)strlen(words)};
}

/* ---- describe in a workbook
 * ------------------------------------------------------------------------------- */

/* Sheet1: A1 10, A2 2, B1 =A1*2 (shown: 20), B2 a text; Other: A1 7; Rate is Sheet1!A2. */
static uint32_t described_book(bool calc)
{
    static pe_wire_value values[] = {{.kind = PE_WIRE_NUMBER, .number = 10},
                                     {.kind = PE_WIRE_NUMBER, .number = 20},
                                     {.kind = PE_WIRE_NUMBER, .number = 2},
                                     {.kind = PE_WIRE_TEXT, .length = 1, .text = "x"}};
    static pe_wire_value seven = {.kind = PE_WIRE_NUMBER, .number = 7};
    pe_wire_text formulas[] = {{NULL, 0}, {"=A1*2", 5}, {NULL, 0}, {NULL, 0}};
    pe_wire_sheet sheets[] = {{.name = {"Sheet1", 6}}, {.name = {"Other", 5}}};
    pe_wire_name rate = {.name = {"Rate", 4},
                         .formula = pe_wire_text_of(calc ? "=$Sheet1.$A$2" : "=Sheet1!$A$2")};
    const pe_wire_workbook_begin begin = {.name = {"m", 1},
                                          .application = {"x", 1},
                                          .dialect = pe_wire_text_of(calc ? "calc" : "excel"),
                                          .semantics = pe_wire_text_of(calc ? "calc" : "excel"),
                                          .sheets = {sheets, 2},
                                          .names = {&rate, 1},
                                          .has_names = true};
    pe_wire_workbook_begin_reply begun;
    assert_string_equal(rig_call(&client, "workbook.begin", PE_WIRE_workbook_begin, &begin,
                                 PE_WIRE_workbook_begin_reply, &begun),
                        "");
    const pe_wire_workbook_sheet parts[] = {
        {.book = begun.book,
         .rows = 2,
         .columns = 2,
         .values = {values, 4},
         .formulas = {formulas, 4},
         .has_formulas = true},
        {.book = begun.book, .sheet = 1, .rows = 1, .columns = 1, .values = {&seven, 1}}};
    for (size_t i = 0; i < PE_COUNT(parts); i++)
        assert_string_equal(rig_call(&client, "workbook.sheet", PE_WIRE_workbook_sheet, &parts[i],
                                     PE_WIRE_workbook_sheet_reply, NULL),
                            "");
    const pe_wire_workbook_end end = {.book = begun.book};
    assert_string_equal(rig_call(&client, "workbook.end", PE_WIRE_workbook_end, &end,
                                 PE_WIRE_workbook_end_reply, NULL),
                        "");
    return begun.book;
}

static const char *describe_in(uint32_t book, const char *formula, uint32_t sheet,
                               pe_wire_describe_reply *reply)
{
    const pe_wire_describe params = {.formula = pe_wire_text_of(formula),
                                     .book = book,
                                     .has_book = true,
                                     .at = {.sheet = sheet, .row = 4},
                                     .has_at = true};
    return rig_call(&client, "describe", PE_WIRE_describe, &params, PE_WIRE_describe_reply, reply);
}

static void describe_of_cells(void **state)
{
    (void)state;
    static const struct {
        const char *formula;
        uint32_t sheet;
        const char *code;
        double mean, sd;
    } rows[] = {{"normal(A1,Rate)", 0, "", 10, 2},
                {"RiskNormal(B1,A2)", 0, "", 20, 2},
                {"normal(A1,1)", 1, "", 7, 1},
                {"normal(Sheet1!A1+Other!A1,1)", 1, "", 17, 1},
                {"normal($A$1*Rate,Rate/2)", 0, "", 20, 1},
                {"discrete(A1:A2,{1,1})", 0, "", 6, 4},
                {"uniform(A2,SUM(A:A))", 0, "", 7, 2.886751345948129},
                {"normal(Z9,1)", 0, "", 0, 1},
                {"normal(3,1)", 0, "", 3, 1},
                {"normal(B2,1)", 0, "argument", 0, 0},
                {"discrete(B2:B3,{1,1})", 0, "argument", 0, 0},
                {"normal(INDIRECT(\"A1\"),1)", 0, "argument", 0, 0},
                {"normal(Nosuch,1)", 0, "argument", 0, 0},
                {"normal(A1", 0, "syntax", 0, 0},
                {"normal(A1,1)", 2, "argument", 0, 0}};
    for (int calc = 0; calc < 2; calc++) {
        uint32_t book = described_book(calc != 0);
        for (size_t i = 0; i < PE_COUNT(rows); i++) {
            pe_wire_describe_reply r;
            const char *code = describe_in(book, rows[i].formula, rows[i].sheet, &r);
            if (strcmp(code, rows[i].code) != 0)
                fail_msg("%s: %s %s", rows[i].formula, code, client.failure.what.bytes);
            if (code[0] != '\0') continue;
            if (fabs(r.mean - rows[i].mean) > 1e-9 || fabs(r.sd - rows[i].sd) > 1e-9)
                fail_msg("%s: %.17g %.17g", rows[i].formula, r.mean, r.sd);
        }
    }
}

/* Edits count, whatever the session has done with the workbook. */
static void describe_follows_edits(void **state)
{
    (void)state;
    pe_wire_describe_reply r;
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(&client, MODEL);
    assert_string_equal(describe_in(book, "normal(A1,1)", 0, &r), "");
    assert_true(r.mean == 10);
    assert_string_equal(rig_simulate(&client, book, 100, &run), "");
    assert_string_equal(rig_edit(&client, book, "A1 11"), "");
    assert_string_equal(describe_in(book, "normal(A1,1)", 0, &r), "");
    assert_true(r.mean == 11);
    assert_string_equal(rig_simulate(&client, book, 100, &run), "");
    assert_string_equal(describe_in(book, "normal(A1,1)", 0, &r), "");
    assert_true(r.mean == 11);
    assert_string_equal(describe_in(book + 1, "normal(A1,1)", 0, &r), "not_found");
}

static void call(void **state)
{
    (void)state;
    pe_wire_value normal[] = {number(10), number(2)},
                  truncate[] = {number(11), {.kind = PE_WIRE_OMITTED}},
                  cut[] = {number(0), number(10), text("RiskTruncate(2,6)")},
                  shifted[] = {number(10), number(2), text("RiskName(\"a \"\"b\"\"\")"),
                               text("RiskShift(5)")},
                  fixed[] = {number(10), number(2), text("RiskStatic(3)")},
                  forged[] = {number(10), number(2), text("RiskShift(1)+SUM(1)")},
                  bad[] = {number(10), number(-1)}, list[3] = {number(1), number(2), number(3)},
                  error[] = {{.kind = PE_WIRE_ERROR, .code = 7}, number(1)}, none[] = {text("x")};
    const pe_wire_array array = {1, 3, list};
    pe_wire_value lists[] = {{.kind = PE_WIRE_ARRAY, .array = &array}};
    const struct {
        const char *name;
        pe_wire_value *arguments;
        uint32_t count;
        pe_wire_value expected;
    } rows[] = {
        {"RISKNORMAL", normal, 2, number(10)},
        {"risknormal", normal, 2, number(10)},
        {"RISKTRUNCATE", truncate, 2, text("RiskTruncate(11,)")},
        {"RISKUNIFORM", cut, 3, number(4)},
        {"RISKNORMAL", shifted, 4, number(15)},
        {"RISKNORMAL", fixed, 3, number(3)},
        {"RISKNORMAL", forged, 3, {.kind = PE_WIRE_ERROR, .code = 3}},
        {"RISKNORMAL", bad, 2, {.kind = PE_WIRE_ERROR, .code = 3}},
        {"RISKNORMAL", error, 2, {.kind = PE_WIRE_ERROR, .code = 7}},
        {"RISKDUNIFORM", lists, 1, number(2)},
        {"RISKOUTPUT", none, 1, number(0)},
        {"SUM", lists, 1, number(6)},
        {"NOSUCHFUNCTION", normal, 2, {.kind = PE_WIRE_ERROR, .code = 5}},
        {"RAND", NULL, 0, {.kind = PE_WIRE_ERROR, .code = 5}},
    };
    pe_wire_call_item items[PE_COUNT(rows)];
    pe_wire_call_reply reply;
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        items[i] = (pe_wire_call_item){.name = pe_wire_text_of(rows[i].name),
                                       .arguments = {rows[i].arguments, rows[i].count}};
    const pe_wire_call params = {.calls = {items, PE_COUNT(rows)}};
    assert_string_equal(
        rig_call(&client, "call", PE_WIRE_call, &params, PE_WIRE_call_reply, &reply), "");
    assert_int_equal(reply.values.count, PE_COUNT(rows));
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        const pe_wire_value *v = &reply.values.items[i], *e = &rows[i].expected;
        if (v->kind != e->kind) fail_msg("%zu %s: kind %d", i, rows[i].name, v->kind);
        if (e->kind == PE_WIRE_NUMBER) assert_true(fabs(v->number - e->number) < 1e-12);
        if (e->kind == PE_WIRE_ERROR) assert_int_equal(v->code, e->code);
        if (e->kind == PE_WIRE_TEXT) assert_memory_equal(v->text, e->text, e->length);
    }
}

static const pe_wire_page_reply *get_page(uint32_t run, uint32_t index)
{
    static pe_wire_page_reply reply;
    const pe_wire_page params = {.run = run, .page = index};
    assert_string_equal(
        rig_call(&client, "page", PE_WIRE_page, &params, PE_WIRE_page_reply, &reply), "");
    return &reply;
}

static void run_of_a_book(void **state)
{
    (void)state;
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(&client, MODEL);
    assert_string_equal(rig_simulate(&client, book, 20000, &run), "");
    assert_int_equal(run.trials, 20000);
    assert_false(run.incomplete);
    assert_int_equal(run.outputs.count, 1);
    const pe_wire_output_result *o = &run.outputs.items[0];
    assert_string_equal(o->name.bytes, "Result");
    assert_string_equal(o->cell.bytes, "Sheet1!C1");
    assert_true(fabs(o->statistics.mean - 23) < 5 * 4 / sqrt(20000));
    assert_true(fabs(o->statistics.sd - 4) < 0.1);
    assert_true(run.pages.count >= 3);
    const pe_wire_page_reply *page = get_page(run.run, 0);
    assert_string_equal(page->key.bytes, "summary");
    assert_true(page->has_styles && page->styles.count > 0 && page->cells.count > 10);
    /* The trials have the mean that the statistics say. */
    const pe_wire_trials ask = {.run = run.run, .output = 0, .first = 10, .count = 60000};
    pe_wire_trials_reply trials;
    assert_string_equal(
        rig_call(&client, "trials", PE_WIRE_trials, &ask, PE_WIRE_trials_reply, &trials), "");
    assert_int_equal(trials.values.count, 19990);
}

static void edited_run(void **state)
{
    (void)state;
    pe_wire_simulate_reply first, second, third, fourth;
    uint32_t book = rig_book(&client, MODEL);
    assert_string_equal(rig_simulate(&client, book, 1000, &first), "");
    double before = first.outputs.items[0].statistics.mean;
    assert_string_equal(rig_edit(&client, book, "A1 20"), "");
    assert_string_equal(rig_simulate(&client, book, 1000, &second), "");
    assert_true(second.timings.parse == 0); /* nothing was built again */
    assert_true(fabs(second.outputs.items[0].statistics.mean - before - 20) < 1e-9);
    const pe_wire_results ask = {.run = second.run};
    pe_wire_results_reply results;
    assert_string_equal(
        rig_call(&client, "results", PE_WIRE_results, &ask, PE_WIRE_results_reply, &results), "");
    assert_int_equal(results.runs.count, 2);
    assert_int_equal(results.runs.items[0].run, second.run);
    const pe_wire_run_output *o = &results.runs.items[1].outputs.items[0];
    assert_true(o->has_difference);
    assert_true(fabs(o->difference.mean + 20) < 1e-9); /* that run minus this one */
    assert_true(o->difference.p_greater == 0);
    /* A formula: the book is built again. */
    assert_string_equal(rig_edit(&client, book, "C1 =B1*3+RiskOutput(\"Result\")"), "");
    assert_string_equal(rig_simulate(&client, book, 1000, &third), "");
    double scaled = (second.outputs.items[0].statistics.mean - 3) / 2 * 3;
    assert_true(fabs(third.outputs.items[0].statistics.mean - scaled) < 1e-9);
    /* A cell that was empty. */
    assert_string_equal(rig_edit(&client, book, "D1 5"), "");
    assert_string_equal(rig_edit(&client, book, "C1 =B1*3+D1+RiskOutput(\"Result\")"), "");
    assert_string_equal(rig_simulate(&client, book, 1000, &fourth), "");
    assert_true(fabs(fourth.outputs.items[0].statistics.mean - scaled - 5) < 1e-9);
}

static void same_as_anew(void **state)
{
    (void)state;
    pe_wire_simulate_reply edited, fresh;
    uint32_t book = rig_book(&client, MODEL);
    assert_string_equal(rig_simulate(&client, book, 5000, &edited), "");
    assert_string_equal(rig_edit(&client, book, "A1 12.5"), "");
    assert_string_equal(rig_simulate(&client, book, 5000, &edited), "");
    uint32_t other = rig_book(&client, "A1 12.5\nB1 =RiskNormal(A1,2)\n"
                                       "C1 =B1*2+3+RiskOutput(\"Result\")\nA2 'a text\n");
    assert_string_equal(rig_simulate(&client, other, 5000, &fresh), "");
    assert_memory_equal(&edited.outputs.items[0].statistics, &fresh.outputs.items[0].statistics,
                        sizeof(pe_wire_output_statistics));
}

static void inspect(void **state)
{
    (void)state;
    pe_wire_inspect_reply reply;
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(&client, MODEL);
    const pe_wire_inspect params = {.book = book};
    assert_string_equal(
        rig_call(&client, "inspect", PE_WIRE_inspect, &params, PE_WIRE_inspect_reply, &reply), "");
    assert_int_equal(reply.formulas, 2);
    assert_int_equal(reply.inputs.count, 1);
    assert_string_equal(reply.inputs.items[0].cell.bytes, "Sheet1!B1");
    assert_true(reply.outputs.count >= 1 && reply.outputs.items[0].chosen);
    assert_string_equal(reply.outputs.items[0].name.bytes, "Result");
    assert_int_equal(reply.problems.count, 0);
    assert_int_equal(reply.trials, 10000);
    assert_string_equal(rig_simulate(&client, book, 1000, &run), "");
    assert_int_equal(reply.pages.count, run.pages.count);
    for (uint32_t i = 0; i < run.pages.count; i++)
        assert_string_equal(reply.pages.items[i].bytes, run.pages.items[i].name.bytes);
}

/* Cells that are more than the draw: 2 N(10, 2) + 5 has the percentiles 25 -+ 1.645 * 4; of two
 * draws in a cell the first shows N(0, 5); what reads another varying cell shows nothing. The run
 * that follows is the one that there would have been. */
static void inspect_samples(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        double mean, p5, p95; /* NAN: not known */
        bool sampled;
    } rows[] = {{"Sheet1!A1", 10, 6.7103, 13.2897, false},
                {"Sheet1!B1", 25, 18.4206, 31.5794, true},
                {"Sheet1!C1", 0, -8.2243, 8.2243, true},
                {"Sheet1!C1", NAN, NAN, NAN, false},
                {"Sheet1!D1", NAN, NAN, NAN, false}};
    static const char lines[] = "A1 =RiskNormal(10,2)\nB1 =RiskNormal(10,2)*2+5\n"
                                "C1 =RiskNormal(0,3)+RiskNormal(0,4)\nD1 =RiskNormal(A1,2)+1\n"
                                "E1 =A1+B1+C1+D1\n";
    pe_wire_inspect_reply reply;
    pe_wire_simulate_reply run;
    const pe_wire_inspect params = {.book = rig_book(&client, lines)};
    assert_string_equal(
        rig_call(&client, "inspect", PE_WIRE_inspect, &params, PE_WIRE_inspect_reply, &reply), "");
    assert_int_equal(reply.inputs.count, PE_COUNT(rows));
    for (uint32_t i = 0; i < PE_COUNT(rows); i++) {
        const pe_wire_input *input = &reply.inputs.items[i];
        assert_string_equal(input->cell.bytes, rows[i].cell);
        assert_true(input->sampled == rows[i].sampled);
        assert_true(isnan(rows[i].mean) == isnan(input->mean));
        if (isnan(rows[i].mean)) continue;
        assert_true(fabs(input->mean - rows[i].mean) < 0.35);
        assert_true(fabs(input->p5 - rows[i].p5) < 0.7 && fabs(input->p95 - rows[i].p95) < 0.7);
    }
    assert_string_equal(rig_simulate(&client, params.book, 1000, &run), "");
    double mean = run.outputs.items[0].statistics.mean, sd = run.outputs.items[0].statistics.sd;
    assert_string_equal(rig_simulate(&client, rig_book(&client, lines), 1000, &run), "");
    assert_true(run.outputs.items[0].statistics.mean == mean);
    assert_true(run.outputs.items[0].statistics.sd == sd);
}

/* A model that cannot run still shows its check, and says why. */
static void inspect_of_what_cannot_run(void **state)
{
    (void)state;
    static const char *const models[] = {"A1 10\nA2 =A1*2\n", "A1 =RAND()\nA2 =NOSUCH(A1)\n"};
    for (size_t i = 0; i < PE_COUNT(models); i++) {
        pe_wire_inspect_reply reply;
        const pe_wire_inspect params = {.book = rig_book(&client, models[i])};
        assert_string_equal(
            rig_call(&client, "inspect", PE_WIRE_inspect, &params, PE_WIRE_inspect_reply, &reply),
            "");
        assert_true(reply.problems.count > 0);
        assert_true(reply.problems.items[0].stops);
        assert_true(reply.problems.items[0].text.length > 10);
    }
}

/* What stops a model is said in words of a spreadsheet's user, not of the command line. */
static void reasons_are_for_users(void **state)
{
    (void)state;
    static const char *const models[] = {
        "A1 1\nB1 =A1*2\n",
        "A1 =RAND()\n",
        "A1 =RAND()\nB1 =GETPIVOTDATA(\"x\",A1)\nC1 =B1*2\n",
        "A1 =RiskNormal(10,2,RiskCorrmat(D1:E2,1))\nB1 =A1*2\n",
        "A1 =RiskSimtable({1,2,3})\nB1 =A1+RAND()\nC1 =B1*1\n",
        "A1 =RAND()\nB1 =INDIRECT(IF(A1>0.5,\"C1\",\"D1\"))\nC1 =B1+A1\nD1 2\nE1 =C1*2\n"};
    for (size_t i = 0; i < PE_COUNT(models); i++) {
        pe_wire_simulate_reply run;
        const char *code = rig_simulate(&client, rig_book(&client, models[i]), 1000, &run);
        if (code[0] == '\0') fail_msg("%s runs", models[i]);
        const char *what = client.failure.what.bytes;
        if (strstr(what, " --") != NULL || strchr(what, '`') != NULL || strlen(what) < 20)
            fail_msg("%s: %s", models[i], what);
    }
}

static void settings(void **state)
{
    (void)state;
    uint32_t book = rig_book(&client, "A1 10\nA2 4\nB1 =A1*A2\nB2 =A1-A2\n");
    pe_wire_input_setting input = {.cell = pe_wire_text_of("Sheet1!A1"),
                                   .formula = pe_wire_text_of("uniform(0,1)")};
    pe_wire_output_setting output = {
        .cells = pe_wire_text_of("B1"), .has_name = true, .name = pe_wire_text_of("Product")};
    pe_wire_target_setting target = {
        .output = pe_wire_text_of("Product"), .op = pe_wire_text_of("<"), .operand = 2};
    pe_wire_simulate params = {.book = book,
                               .has_settings = true,
                               .settings = {.has_trials = true,
                                            .trials = 4000,
                                            .has_seed = true,
                                            .seed = {false, 3},
                                            .has_sampling = true,
                                            .sampling = pe_wire_text_of("latin_hypercube"),
                                            .has_inputs = true,
                                            .inputs = {&input, 1},
                                            .has_outputs = true,
                                            .outputs = {&output, 1},
                                            .has_targets = true,
                                            .targets = {&target, 1}},
                               .has_name = true,
                               .name = pe_wire_text_of("first try")};
    pe_wire_simulate_reply reply;
    assert_string_equal(
        rig_call(&client, "simulate", PE_WIRE_simulate, &params, PE_WIRE_simulate_reply, &reply),
        "");
    assert_int_equal(reply.outputs.count, 1);
    assert_int_equal(reply.seed, 3);
    assert_string_equal(reply.outputs.items[0].name.bytes, "Product");
    /* 4 U(0,1) from 4,000 strata: the mean is 2 within a stratum's width. */
    assert_true(fabs(reply.outputs.items[0].statistics.mean - 2) < 4.0 / 4000);
    params.settings.seed.fresh = true;
    assert_string_equal(
        rig_call(&client, "simulate", PE_WIRE_simulate, &params, PE_WIRE_simulate_reply, &reply),
        "");
    uint64_t seed = reply.seed;
    assert_string_equal(
        rig_call(&client, "simulate", PE_WIRE_simulate, &params, PE_WIRE_simulate_reply, &reply),
        "");
    assert_true(reply.seed != seed);
}

static void status(void **state)
{
    (void)state;
    const pe_wire_status params = {0};
    pe_wire_status_reply reply;
    rig_book(&client, MODEL);
    assert_string_equal(
        rig_call(&client, "status", PE_WIRE_status, &params, PE_WIRE_status_reply, &reply), "");
    assert_int_equal(reply.pid, getpid());
    assert_int_equal(reply.sessions, 1);
    assert_int_equal(reply.session.books, 1);
    assert_true(reply.session.memory_bytes > 0);
}

/* ---- what is refused
 * ------------------------------------------------------------------------------------ */

typedef struct refusal {
    const char *name, *method;
    pe_wire_record record;
    union {
        uint32_t book;
        const char *path;
        pe_wire_simulate simulate;
        pe_wire_trials trials;
        pe_wire_page page;
    } params;
    const char *code;
} refusal;

/* Book 1 is MODEL, run 1 a run of it. */
#define RUN(...)                                                                                   \
    {                                                                                              \
        .simulate = {.book = 1, .has_settings = true, .settings = {__VA_ARGS__} }                  \
    }
static const refusal refusals[] = {
    {"no such book", "simulate", PE_WIRE_simulate, {.simulate = {.book = 9}}, "not_found"},
    {"no trials", "simulate", PE_WIRE_simulate, RUN(.has_trials = true, .trials = 0), "argument"},
    {"too many trials", "simulate", PE_WIRE_simulate,
     RUN(.has_trials = true, .trials = (1ull << 40) + 1), "argument"},
    {"sampling", "simulate", PE_WIRE_simulate, RUN(.has_sampling = true, .sampling = {"sobol", 5}),
     "argument"},
    {"a word cut within a character", "simulate", PE_WIRE_simulate,
     RUN(.has_sampling = true, .sampling = {"0123456789012345678901234567890123456789"
                                            "\xC3\xA9",
                                            42}),
     "argument"},
    {"a word cut within a character, odd", "simulate", PE_WIRE_simulate,
     RUN(.has_sampling = true, .sampling = {"012345678901234567890123456789012345678"
                                            "\xC3\xA9",
                                            41}),
     "argument"},
    {"no such run", "page", PE_WIRE_page, {.page = {.run = 9}}, "not_found"},
    {"no such page", "page", PE_WIRE_page, {.page = {.run = 1, .page = 99}}, "not_found"},
    {"no such part",
     "page",
     PE_WIRE_page,
     {.page = {.run = 1, .page = 0, .has_first = true, .first = 7}},
     "argument"},
    {"trials of no run", "trials", PE_WIRE_trials, {.trials = {.run = 2}}, "not_found"},
    {"trials of no output",
     "trials",
     PE_WIRE_trials,
     {.trials = {.run = 1, .output = 5, .count = 1}},
     "not_found"},
    {"too many trials at once",
     "trials",
     PE_WIRE_trials,
     {.trials = {.run = 1, .count = PE_LIMIT_trials_part + 1}},
     "limit"},
};

static void refuses(void **state)
{
    const refusal *r = *state;
    pe_wire_simulate_reply run;
    assert_int_equal(rig_book(&client, MODEL), 1);
    assert_string_equal(rig_simulate(&client, 1, 100, &run), "");
    assert_string_equal(rig_call(&client, r->method, r->record, &r->params, r->record, NULL),
                        r->code);
    assert_true(client.failure.what.length > 10);
    for (size_t at = 0; at < client.failure.what.length;) /* whole characters */
        assert_true(pe_utf8_next(client.failure.what.bytes, client.failure.what.length, &at) !=
                    0xFFFD);
    assert_string_equal(rig_simulate(&client, 1, 100, &run), ""); /* and goes on */
}

static void closes_runs_and_books(void **state)
{
    (void)state;
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(&client, MODEL);
    assert_string_equal(rig_simulate(&client, book, 100, &run), "");
    const pe_wire_run_close close_run = {.run = run.run};
    const pe_wire_workbook_close close_book = {.book = book};
    const char *codes[] = {"", "not_found"};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(rig_call(&client, "run.close", PE_WIRE_run_close, &close_run,
                                     PE_WIRE_run_close_reply, NULL),
                            codes[i]);
        assert_string_equal(rig_call(&client, "workbook.close", PE_WIRE_workbook_close, &close_book,
                                     PE_WIRE_workbook_close_reply, NULL),
                            codes[i]);
    }
    assert_string_equal(rig_simulate(&client, book, 100, &run), "not_found");
}

static void keeps_so_many(void **state)
{
    (void)state;
    pe_wire_simulate_reply run;
    for (int i = 0; i < PE_LIMIT_session_books; i++) rig_book(&client, "A1 =RAND()\nA2 =A1*2\n");
    pe_wire_sheet sheet = {.name = pe_wire_text_of("Sheet1")};
    const pe_wire_workbook_begin begin = {.name = pe_wire_text_of("model"),
                                          .application = pe_wire_text_of(""),
                                          .dialect = pe_wire_text_of("excel"),
                                          .semantics = pe_wire_text_of("excel"),
                                          .sheets = {&sheet, 1}};
    assert_string_equal(rig_call(&client, "workbook.begin", PE_WIRE_workbook_begin, &begin,
                                 PE_WIRE_workbook_begin_reply, NULL),
                        "limit");
    for (int i = 0; i < PE_LIMIT_session_runs + 3; i++)
        assert_string_equal(rig_simulate(&client, 1, 100, &run), "");
    const pe_wire_results ask = {.run = run.run};
    pe_wire_results_reply results;
    assert_string_equal(
        rig_call(&client, "results", PE_WIRE_results, &ask, PE_WIRE_results_reply, &results), "");
    assert_int_equal(results.runs.count, PE_LIMIT_session_runs);
}

/* ---- memory of a session
 * -------------------------------------------------------------------------------- */

static uint64_t memory_of(rig_client *c)
{
    const pe_wire_status params = {0};
    pe_wire_status_reply reply;
    assert_string_equal(
        rig_call(c, "status", PE_WIRE_status, &params, PE_WIRE_status_reply, &reply), "");
    return reply.session.memory_bytes;
}

static uint32_t long_book(rig_client *c)
{
    static char lines[1 << 15];
    size_t n = (size_t)snprintf(lines, sizeof lines, "A1 =RiskNormal(10,2)\n");
    for (int row = 2; row <= 800; row++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "A%d =A%d*1.001+A1\n", row, row - 1);
    return rig_book(c, lines);
}

static double mean_of(rig_client *c, uint32_t book)
{
    pe_wire_simulate_reply run;
    assert_string_equal(rig_simulate(c, book, 200, &run), "");
    return run.outputs.items[0].statistics.mean;
}

/* What is computed of a workbook counts; where it is too much, other workbooks' goes and comes
 * again, and what does not fit by itself is refused. */
static void a_session_holds_so_much(void **state)
{
    (void)state;
    rig small;
    rig_client c;
    pe_wire_simulate_reply run;
    uint32_t book = long_book(&client);
    uint64_t sent = memory_of(&client);
    double mean = mean_of(&client, book);
    uint64_t computed = memory_of(&client);
    assert_true(computed > sent + sent / 2);
    const pe_server_options two = {.session_bytes_max = computed + sent * 2};
    rig_start(&small, &two);
    rig_hello(&small, &c);
    uint32_t books[2] = {long_book(&c), long_book(&c)};
    for (int i = 0; i < 6; i++) {
        assert_true(mean_of(&c, books[i % 2]) == mean);
        assert_true(memory_of(&c) <= two.session_bytes_max);
    }
    rig_close(&c);
    rig_stop(&small);
    const pe_server_options half = {.session_bytes_max = sent + (computed - sent) / 4};
    rig_start(&small, &half);
    rig_hello(&small, &c);
    book = long_book(&c);
    assert_string_equal(rig_simulate(&c, book, 200, &run), "memory");
    assert_true(strstr(c.failure.what.bytes, "close other workbooks") != NULL);
    assert_true(memory_of(&c) <= half.session_bytes_max);
    const pe_wire_workbook_close close_book = {.book = book};
    assert_string_equal(rig_call(&c, "workbook.close", PE_WIRE_workbook_close, &close_book,
                                 PE_WIRE_workbook_close_reply, NULL),
                        "");
    assert_string_equal(rig_simulate(&c, rig_book(&c, MODEL), 200, &run), "");
    rig_close(&c);
    rig_stop(&small);
}

/* Trials that cannot be held are refused before the first is run. */
static void too_many_trials_are_refused_early(void **state)
{
    (void)state;
    pe_wire_simulate_reply run;
    uint32_t book = rig_book(&client, MODEL "D1 =B1+RiskOutput(\"Second\")\n");
    uint64_t most = ((uint64_t)PE_LIMIT_session_memory_mib << 20) / sizeof(double) / 2;
    double start = pe_clock_seconds();
    assert_string_equal(rig_simulate(&client, book, most + 1, &run), "memory");
    assert_true(pe_clock_seconds() - start < 5);
    assert_string_equal(client.failure.where.bytes, "trials");
    assert_non_null(strstr(client.failure.what.bytes, "use at most 134217728 trials"));
    assert_string_equal(rig_simulate(&client, book, 1000, &run), "");
}

int main(void)
{
    enum { FIXED = 18 };
    struct CMUnitTest tests[FIXED + PE_COUNT(shapes) + PE_COUNT(refusals)] = {
        cmocka_unit_test(functions),
        cmocka_unit_test(distributions),
        cmocka_unit_test(call),
        cmocka_unit_test(run_of_a_book),
        cmocka_unit_test(edited_run),
        cmocka_unit_test(same_as_anew),
        cmocka_unit_test(inspect),
        cmocka_unit_test(inspect_samples),
        cmocka_unit_test(inspect_of_what_cannot_run),
        cmocka_unit_test(describe_of_cells),
        cmocka_unit_test(describe_follows_edits),
        cmocka_unit_test(reasons_are_for_users),
        cmocka_unit_test(settings),
        cmocka_unit_test(status),
        cmocka_unit_test(closes_runs_and_books),
        cmocka_unit_test(keeps_so_many),
        cmocka_unit_test(a_session_holds_so_much),
        cmocka_unit_test(too_many_trials_are_refused_early),
    };
    char names[PE_COUNT(shapes)][64];
    size_t n = FIXED;
    for (size_t i = 0; i < PE_COUNT(shapes); i++, n++) {
        snprintf(names[i], sizeof names[i], "describe %s", shapes[i].formula);
        tests[n] =
            (struct CMUnitTest){names[i], describe, NULL, NULL, (void *)(uintptr_t)&shapes[i]};
    }
    for (size_t i = 0; i < PE_COUNT(refusals); i++, n++)
        tests[n] = (struct CMUnitTest){refusals[i].name, refuses, NULL, NULL,
                                       (void *)(uintptr_t)&refusals[i]};
    for (size_t i = 0; i < n; i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
