/* test_report_layout.c: the pages as data. Above all that a later run of the same model puts the
 * same things at the same addresses, whatever it found: users' cells refer to them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pages.h"
#include "report_case.h"

typedef struct fixture {
    report_case *c;
    pe_report eventful; /* the same model; another run in which much happened */
    pe_pages plain, other;
} fixture;

static const pe_report_options in_document = {.in_document = true};

static pe_pages layout(report_case *c, const pe_report *report, const pe_report_options *options)
{
    pe_pages pages;
    pe_diag diag = {0};
    if (pe_report_layout(report, options, c->arena, NULL, &pages, &diag) != PE_OK)
        fail_msg("%s: %s", diag.where, diag.what);
    return pages;
}

/* ---- two runs of one model */

static void summarise(report_case *c, pe_report_output *o, pe_value *trials)
{
    double base = pe_is_number(o->base) ? pe_as_number(o->base) : NAN;
    o->trials = trials;
    assert_int_equal(pe_summary_make(trials, CASE_TRIALS, base, c->arena, &o->summary, NULL),
                     PE_OK);
}

/* Errors of two kinds and texts among the trials; targets. */
static void disturb(report_case *c, pe_report_output *o)
{
    pe_value *trials = PE_PUSH(c->arena, pe_value, CASE_TRIALS);
    memcpy(trials, o->trials, CASE_TRIALS * sizeof *trials);
    for (uint32_t t = 0; t < CASE_TRIALS; t += 50) {
        trials[t] = pe_error(t % 100 == 0 ? PE_ERROR_NUM : PE_ERROR_DIV0);
        trials[t + 1] = case_text(c->arena, "none");
    }
    summarise(c, o, trials);
    o->targets = PE_PUSH(c->arena, pe_target, 3);
    for (; o->target_count < 3; o->target_count++)
        o->targets[o->target_count] =
            pe_summary_target(trials, CASE_TRIALS, "<", (double)o->target_count);
    o->base = pe_blank();
}

static pe_report make_eventful(report_case *c)
{
    static pe_report_difference differ[] = {{"Model!B3", "=A1*2", {0}, {0}, true}};
    pe_report r = c->report;
    r.outputs = PE_PUSH(c->arena, pe_report_output, CASE_OUTPUTS);
    memcpy(r.outputs, c->report.outputs, CASE_OUTPUTS * sizeof *r.outputs);
    for (int i = 0; i < CASE_OUTPUTS; i++)
        if (i != CASE_TEXT && i != CASE_BOOLEAN && i != CASE_ERRORS) disturb(c, &r.outputs[i]);
    pe_value *constant = PE_PUSH(c->arena, pe_value, CASE_TRIALS),
             *wrong = PE_PUSH(c->arena, pe_value, CASE_TRIALS);
    for (uint32_t t = 0; t < CASE_TRIALS; t++) {
        constant[t] = pe_number(3);
        wrong[t] = pe_error(PE_ERROR_NA);
    }
    summarise(c, &r.outputs[CASE_DICE], constant);
    summarise(c, &r.outputs[CASE_HUGE], wrong);
    r.warning_count = 40;
    r.warnings = PE_PUSH(c->arena, pe_report_warning, r.warning_count);
    for (uint32_t i = 0; i < r.warning_count; i++)
        r.warnings[i] = (pe_report_warning){i % 2 ? "Model!B9" : "", "something to know"};
    r.check.differ = differ;
    r.check.differ_count = r.check.root_count = 1;
    r.check.header = "calculation is manual: stored values may be stale";
    r.sampling = PE_LATIN_HYPERCUBE;
    r.trials_asked = 2 * CASE_TRIALS;
    r.run_name = "Price +10%";
    return r;
}

static pe_report_run *make_runs(report_case *c, uint32_t count)
{
    pe_report_run *runs = PE_PUSH(c->arena, pe_report_run, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        runs[i] = (pe_report_run){.name = i == 0 ? "Before the price" : "",
                                  .trials = CASE_TRIALS,
                                  .seed = i < 2 ? 7 : 8,
                                  .outputs = PE_PUSH(c->arena, pe_report_run_output, 2),
                                  .output_count = 2};
        runs[i].outputs[0] = (pe_report_run_output){
            "Model!B12", "Internal rate of return", 0.1, 0.04, 0.03, 0.1, 0.17, false, {0}};
        runs[i].outputs[1] =
            (pe_report_run_output){"Model!B11", "NPV", 700000 + i,
                                   2e6,         -3e6,  7e5,
                                   4e6,         i < 2, {CASE_TRIALS, 29873, 1234.5, 17.4, 0.75, 0}};
    }
    return runs;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->c = case_new();
    f->c->report.warning_count = 0;
    f->eventful = make_eventful(f->c);
    f->eventful.runs = make_runs(f->c, 3);
    f->eventful.run_count = 3;
    f->plain = layout(f->c, &f->c->report, &in_document);
    f->other = layout(f->c, &f->eventful, &in_document);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    case_free(f->c);
    free(f);
    return 0;
}

/* ---- looking things up */

static const pe_page *page_of(const pe_pages *pages, const char *key)
{
    for (uint32_t i = 0; i < pages->page_count; i++)
        if (strcmp(pages->pages[i].key, key) == 0) return &pages->pages[i];
    fail_msg("no page %s", key);
    return NULL;
}

static const pe_page_cell *cell_at(const pe_page *page, uint32_t row, uint32_t column)
{
    for (uint32_t i = 0; i < page->cell_count; i++)
        if (page->cells[i].row == row && page->cells[i].column == column) return &page->cells[i];
    return NULL;
}

static const pe_page_cell *find_text(const pe_page *page, uint32_t column, const char *text)
{
    for (uint32_t i = 0; i < page->cell_count; i++) {
        const pe_page_cell *c = &page->cells[i];
        if (c->column == column && c->text != NULL && strcmp(c->text, text) == 0) return c;
    }
    return NULL;
}

/* ---- tests */

static void pages_are_the_same_ones(void **state)
{
    const fixture *f = *state;
    assert_int_equal(f->plain.page_count, f->other.page_count);
    assert_int_equal(f->plain.page_count, 1 + PE_DETAIL_SHEETS_MAX + 2);
    for (uint32_t i = 0; i < f->plain.page_count; i++) {
        assert_string_equal(f->plain.pages[i].name, f->other.pages[i].name);
        assert_string_equal(f->plain.pages[i].key, f->other.pages[i].key);
    }
    assert_string_equal(f->plain.pages[0].key, "summary");
    assert_string_equal(f->plain.pages[1].key, "output:Model!B11");
    assert_string_equal(f->plain.pages[3].key, "output:'Plan 2'!C9");
}

/* The numbers are the case's; a row of the table is one bar of the tornado. */
static void sensitivity_has_every_bar(void **state)
{
    const fixture *f = *state;
    const pe_page *page = page_of(&f->plain, "sensitivity");
    const pe_report_output *o = &f->c->report.outputs[CASE_MONEY];
    for (uint32_t i = 0; i < o->tornado_count; i++) {
        const pe_report_bar *bar = &o->tornado[i];
        const double expected[] = {bar->correlation, bar->contribution, bar->mean_low,
                                   bar->mean_high,   i * 2e5,           bar->input_low,
                                   bar->input_high};
        assert_string_equal(cell_at(page, 5 + i, 0)->text, o->name);
        assert_string_equal(cell_at(page, 5 + i, 1)->text, bar->name);
        for (uint32_t k = 0; k < PE_COUNT(expected); k++) {
            const pe_page_cell *c = cell_at(page, 5 + i, 3 + k);
            if (isnan(expected[k]))
                assert_string_equal(c->text, "-");
            else
                assert_true(c->kind == PE_PAGE_NUMBER && c->number == expected[k]);
        }
        assert_int_equal(cell_at(page, 5 + i, 10) != NULL, bar->noise);
    }
    assert_null(cell_at(page, 5 + o->tornado_count, 0));
}

/* Three or more outputs of one format side by side are a trend; one below the other, those of one
 * name. */
static void neighbours_are_trends(void **state)
{
    static const struct {
        const char *name, *cell, *format;
        pe_cell_ref at;
    } cells[] = {
        {"Profit / 2031E", "M!D6", "0", {1, 5, 3}}, {"Cost / 2030", "M!C7", "0", {1, 6, 2}},
        {"Profit / 2030", "M!C6", "0", {1, 5, 2}},  {"Cost / 2031", "M!D7", "0", {1, 6, 3}},
        {"Profit / 2035", "M!E6", "0", {1, 5, 4}},  {"Margin", "M!F6", "0%", {1, 5, 5}},
        {"Heat (M!I10)", "M!I10", "0", {1, 9, 8}},  {"Heat (M!I8)", "M!I8", "0", {1, 7, 8}},
        {"Heat (M!I9)", "M!I9", "0", {1, 8, 8}},    {"Rent", "M!J8", "0", {1, 7, 9}},
        {"Wages", "M!J9", "0", {1, 8, 9}},          {"Power", "M!J10", "0", {1, 9, 9}},
        {"Profit / 2036", "N!F6", "0", {2, 5, 5}}};
    static const struct {
        uint32_t row;
        const char *name; /* of an output, or the title above the table */
        double point;     /* NaN: a title */
    } rows[] = {{3, "Profit", NAN},         {5, "Profit / 2030", 2030}, {6, "Profit / 2031E", 2031},
                {7, "Profit / 2035", 2035}, {29, "Heat", NAN},          {31, "Heat (M!I8)", 1},
                {32, "Heat (M!I9)", 2},     {33, "Heat (M!I10)", 3}};
    const report_case *c = ((const fixture *)*state)->c;
    pe_report r = c->report;
    r.outputs = PE_PUSH(c->arena, pe_report_output, PE_COUNT(cells));
    r.output_count = PE_COUNT(cells);
    for (uint32_t i = 0; i < r.output_count; i++) {
        r.outputs[i] = c->report.outputs[CASE_MONEY];
        r.outputs[i].name = cells[i].name;
        r.outputs[i].cell = cells[i].cell;
        r.outputs[i].format = cells[i].format;
        r.outputs[i].at = cells[i].at;
        r.outputs[i].summary.mean = 100 + i;
    }
    pe_pages pages;
    const pe_report_options options = {.trials_sheet = false};
    assert_int_equal(pe_report_layout(&r, &options, c->arena, NULL, &pages, NULL), PE_OK);
    const pe_page *page = page_of(&pages, "trends");
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        assert_string_equal(cell_at(page, rows[i].row, 0)->text, rows[i].name);
        if (isnan(rows[i].point)) continue;
        assert_true(cell_at(page, rows[i].row, 2)->number == rows[i].point);
        for (uint32_t k = 0; k < r.output_count; k++)
            if (strcmp(cells[k].name, rows[i].name) == 0)
                assert_true(cell_at(page, rows[i].row, 3)->number == 100 + k);
    }
    assert_int_equal(page->chart_count, 2);
    const pe_page_chart *chart = &page->charts[0];
    assert_int_equal(chart->series_count, 7);
    assert_true(chart->series[0].y.row_first == 5 && chart->series[0].y.row_last == 7);
    assert_true(chart->x.min == 2030 && chart->x.max == 2035);
    assert_null(find_text(page, 0, "Cost / 2030"));
    assert_null(find_text(page, 0, "Wages"));
    assert_null(find_text(page, 0, "Margin"));
}

static const char *const fixed_lines[] = {"Trials",
                                          "Trials with a number",
                                          "Errors",
                                          "Mean",
                                          "   95% interval from",
                                          "   to",
                                          "Standard error of the mean",
                                          "Standard deviation",
                                          "Variance",
                                          "Skewness",
                                          "Kurtosis (normal = 3)",
                                          "Mode",
                                          "Minimum",
                                          "Maximum",
                                          "P(X < 0)",
                                          "P(X <= that)"};

/* Each statistic, each percentile and the live probability, in the rows and columns of the first
 * run; and their values are where they are said to be. */
static void statistics_stay_where_they_were(void **state)
{
    const fixture *f = *state;
    for (int i = 0; i < (int)PE_DETAIL_SHEETS_MAX; i++) {
        const pe_page *a = &f->plain.pages[1 + i], *b = &f->other.pages[1 + i];
        if (i == CASE_TEXT || i == CASE_BOOLEAN) continue; /* these have no statistics */
        for (size_t k = 0; k < PE_COUNT(fixed_lines); k++) {
            const pe_page_cell *x = find_text(a, 0, fixed_lines[k]),
                               *y = find_text(b, 0, fixed_lines[k]);
            if (x == NULL || y == NULL || x->row != y->row)
                fail_msg("%s: %s moves", a->name, fixed_lines[k]);
            assert_non_null(cell_at(a, x->row, 1));
            assert_non_null(cell_at(b, x->row, 1));
        }
        for (uint32_t row = 4; row < 4 + PE_PERCENTILES; row++) {
            assert_true(cell_at(a, row, 3)->number == cell_at(b, row, 3)->number);
            assert_non_null(cell_at(a, row, 4));
            assert_non_null(cell_at(b, row, 4));
        }
    }
}

static void values_are_beside_their_names(void **state)
{
    const fixture *f = *state;
    for (int i = 0; i < (int)PE_DETAIL_SHEETS_MAX; i++) {
        const pe_page *page = &f->other.pages[1 + i];
        const pe_summary *s = &f->eventful.outputs[i].summary;
        const pe_page_cell *mean = find_text(page, 0, "Mean");
        if (mean == NULL) continue;
        const pe_page_cell *value = cell_at(page, mean->row, 1), *p5 = cell_at(page, 6, 4);
        if (s->n == 0) {
            assert_string_equal(value->text, "-");
            assert_string_equal(p5->text, "-");
        } else {
            assert_true(value->number == s->mean);
            assert_true(cell_at(page, 6, 3)->number == 0.05);
            assert_true(p5->number == s->percentiles[2].value);
        }
    }
}

/* Down to the last output every text of the first two columns and every heading stays; C7 of the
 * issue is one of the numbers in between. */
static void summary_stays_where_it_was(void **state)
{
    const fixture *f = *state;
    const pe_page *a = page_of(&f->plain, "summary"), *b = page_of(&f->other, "summary");
    const pe_page_cell *heading = find_text(a, 0, "Output");
    assert_non_null(heading);
    assert_int_equal(heading->row, 11);
    for (uint32_t i = 0; i < a->cell_count; i++) {
        const pe_page_cell *x = &a->cells[i], *y = cell_at(b, x->row, x->column);
        if (x->row > heading->row + CASE_OUTPUTS) break;
        if (y == NULL) fail_msg("row %u column %u is gone", x->row + 1, x->column + 1u);
        if (x->row < heading->row && x->column > 0) continue; /* what was run: other text */
        if (x->column < 2 || x->row == heading->row) assert_string_equal(x->text, y->text);
    }
}

static void warnings_are_counted_above_and_listed_below(void **state)
{
    const fixture *f = *state;
    const pe_page *page = page_of(&f->other, "summary");
    const pe_page_cell *line = cell_at(page, 9, 1);
    assert_int_equal(line->kind, PE_PAGE_LINK);
    assert_string_equal(line->text, "41 warnings, listed below");
    const pe_page_cell *list = NULL;
    for (uint32_t i = 0; i < page->cell_count; i++) /* the second one: the list's heading */
        if (page->cells[i].column == 0 && strcmp(page->cells[i].text, "Warnings") == 0)
            list = &page->cells[i];
    char target[64];
    snprintf(target, sizeof target, "'Simulation Summary'!A%u", list->row + 1);
    assert_string_equal(line->link, target);
    assert_string_equal(cell_at(page, list->row + 1, 0)->link, "Model!B3");
    assert_int_equal(page->cells[page->cell_count - 1].row, list->row + 41);
    assert_string_equal(cell_at(page_of(&f->plain, "summary"), 9, 1)->text, "none");
}

static void incomplete_is_said_at_the_top(void **state)
{
    const fixture *f = *state;
    const pe_page_cell *line = cell_at(page_of(&f->other, "summary"), 1, 0),
                       *detail = cell_at(&f->other.pages[1], 1, 0);
    assert_string_equal(line->text,
                        "Run: Price +10%. Stopped before the end: incomplete. All numbers describe "
                        "the 5,000 trials of 10,000 that were run.");
    assert_true(f->other.styles[line->style].background != PE_PAGE_COLOR_NONE);
    assert_non_null(strstr(detail->text, "stopped before the end, incomplete"));
    assert_null(cell_at(page_of(&f->plain, "summary"), 1, 0));
    assert_null(strstr(cell_at(&f->plain.pages[1], 1, 0)->text, "stopped"));
}

static void runs_stand_side_by_side(void **state)
{
    const fixture *f = *state;
    const pe_page *page = page_of(&f->other, "summary");
    const pe_page_cell *title = find_text(page, 0, "Earlier runs");
    uint32_t row = title->row + 1;
    assert_string_equal(cell_at(page, row, 2)->text, "Before the price: 5,000 trials, seed 7");
    assert_string_equal(cell_at(page, row, 10)->text, "2 runs before: 5,000 trials, seed 7");
    assert_string_equal(cell_at(page, row + 1, 2)->text, "Mean");
    assert_string_equal(cell_at(page, row + 1, 17)->text, "P(this > that)");
    assert_string_equal(cell_at(page, row + 2, 0)->text, "NPV");
    assert_true(cell_at(page, row + 2, 2)->number == 700000);
    assert_true(cell_at(page, row + 2, 7)->number == 29873);
    assert_true(cell_at(page, row + 2, 8)->number == 17.4);
    assert_true(cell_at(page, row + 2, 9)->number == 0.75);
    assert_true(cell_at(page, row + 2, 10)->number == 700001);
    assert_string_equal(cell_at(page, row + 2, 18 + 5)->text, "-"); /* another seed */
    assert_true(cell_at(page, row + 3, 2)->number == 0.1);
    assert_string_equal(cell_at(page, row + 4, 2)->text, "-"); /* not an output then */
}

static void another_run_moves_nothing(void **state)
{
    fixture *f = *state;
    pe_report r = f->eventful;
    r.runs = make_runs(f->c, 9);
    for (r.run_count = 0; r.run_count < 9; r.run_count++) {
        pe_pages pages = layout(f->c, &r, &in_document);
        const pe_page *a = page_of(&f->other, "summary"), *b = page_of(&pages, "summary");
        const pe_page_cell *runs = find_text(a, 0, "Earlier runs");
        for (uint32_t i = 0; i < a->cell_count; i++) {
            const pe_page_cell *x = &a->cells[i], *y = cell_at(b, x->row, x->column);
            if (x->row > runs->row && x->row < runs->row + CASE_OUTPUTS + 4) continue;
            if (y == NULL || x->kind != y->kind || x->number != y->number ||
                (x->text != NULL && strcmp(x->text, y->text) != 0))
                fail_msg("%u runs: row %u moves", r.run_count, x->row + 1);
        }
    }
}

static void names_do_not_depend_on_other_outputs(void **state)
{
    fixture *f = *state;
    pe_report r = f->c->report;
    r.outputs += CASE_PERCENT + 1; /* the first two are no outputs any more */
    r.output_count -= CASE_PERCENT + 1;
    pe_pages pages = layout(f->c, &r, &in_document);
    for (uint32_t i = 0; i < pages.page_count; i++)
        assert_string_equal(pages.pages[i].name, page_of(&f->plain, pages.pages[i].key)->name);
    assert_string_equal(page_of(&f->plain, "output:Model!B11")->name, "NPV (Model B11)");
    assert_string_equal(page_of(&f->plain, "output:Other!B11")->name, "NPV (Other B11)");
    assert_string_equal(page_of(&f->plain, "output:'Plan 2'!C9")->name, "Finish");
}

static void names_of_the_document_are_left_to_it(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"Model", "INPUTS", "finish", "Dice", "Dice (Model B17)"};
    const pe_report_options options = {
        .in_document = true, .sheet_names = names, .sheet_name_count = PE_COUNT(names)};
    pe_pages pages = layout(f->c, &f->c->report, &options);
    assert_string_equal(page_of(&pages, "summary")->name, "Simulation Summary");
    assert_string_equal(page_of(&pages, "inputs")->name, "Simulation Inputs");
    assert_string_equal(page_of(&pages, "output:'Plan 2'!C9")->name, "Finish (Plan 2 C9)");
    assert_string_equal(page_of(&pages, "output:Model!B17")->name, "Dice 2");
}

static uint32_t links_to_the_model(const pe_pages *pages)
{
    uint32_t count = 0;
    for (uint32_t p = 0; p < pages->page_count; p++)
        for (uint32_t i = 0; i < pages->pages[p].cell_count; i++) {
            const pe_page_cell *c = &pages->pages[p].cells[i];
            if (c->kind == PE_PAGE_LINK &&
                (strncmp(c->link, "Model!", 6) == 0 || strncmp(c->link, "'Plan 2'!", 9) == 0))
                count++;
        }
    return count;
}

static void cells_are_links_where_they_lead_somewhere(void **state)
{
    fixture *f = *state;
    static const pe_report_options apart = {.in_document = false};
    pe_pages pages = layout(f->c, &f->eventful, &apart);
    assert_int_equal(links_to_the_model(&pages), 0);
    assert_true(links_to_the_model(&f->plain) > CASE_OUTPUTS);
    assert_string_equal(cell_at(page_of(&f->plain, "inputs"), 5, 1)->link, "'Plan 2'!B8");
}

/* What the writers rely on. */
static void check_page(const pe_pages *pages, const pe_page *page)
{
    for (uint32_t i = 0; i < page->cell_count; i++) {
        const pe_page_cell *c = &page->cells[i], *before = c - 1;
        assert_true(i == 0 || before->row < c->row ||
                    (before->row == c->row && before->column < c->column));
        assert_true(c->style < pages->style_count);
        assert_true(c->kind == PE_PAGE_NUMBER ? isfinite(c->number) : c->text != NULL);
        assert_true(c->kind != PE_PAGE_LINK || c->link != NULL);
        if (c->kind == PE_PAGE_FORMULA) { /* this sheet alone */
            assert_int_equal(c->text[0], '=');
            assert_null(strchr(c->text, '!'));
        }
    }
    for (uint32_t i = 0; i < page->merge_count; i++)
        assert_non_null(cell_at(page, page->merges[i].row_first, page->merges[i].column_first));
    for (uint32_t i = 0; i < page->chart_count; i++)
        for (uint32_t k = 0; k < page->charts[i].series_count; k++) {
            const pe_chart_series *s = &page->charts[i].series[k];
            assert_true(s->y.column_first == s->y.column_last && s->y.row_first <= s->y.row_last);
            assert_true(s->x.row_first == s->y.row_first && s->x.row_last == s->y.row_last);
            assert_non_null(cell_at(page, s->x.row_last, s->x.column_first));
        }
}

static void pages_keep_their_promises(void **state)
{
    const fixture *f = *state;
    const pe_pages *all[] = {&f->plain, &f->other};
    for (size_t k = 0; k < PE_COUNT(all); k++)
        for (uint32_t i = 0; i < all[k]->page_count; i++) check_page(all[k], &all[k]->pages[i]);
}

static void trials_are_columns(void **state)
{
    fixture *f = *state;
    const pe_report_options options = {.trials_sheet = true};
    pe_pages pages = layout(f->c, &f->c->report, &options);
    const pe_page *page = page_of(&pages, "trials");
    assert_int_equal(page->column_count, CASE_OUTPUTS + 1);
    assert_null(page->columns[0].values);
    assert_ptr_equal(page->columns[1].values, f->c->report.outputs[0].trials);
    assert_int_equal(page->columns[1].row, 1);
    assert_int_equal(page->columns[1].count, CASE_TRIALS);
}

static void cancelled_is_told(void **state)
{
    fixture *f = *state;
    pe_control control = {.progress = NULL};
    pe_pages pages;
    atomic_store(&control.cancel, true);
    assert_int_equal(
        pe_report_layout(&f->c->report, &in_document, f->c->arena, &control, &pages, NULL),
        PE_E_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_the_same_ones),
        cmocka_unit_test(sensitivity_has_every_bar),
        cmocka_unit_test(neighbours_are_trends),
        cmocka_unit_test(statistics_stay_where_they_were),
        cmocka_unit_test(values_are_beside_their_names),
        cmocka_unit_test(summary_stays_where_it_was),
        cmocka_unit_test(warnings_are_counted_above_and_listed_below),
        cmocka_unit_test(incomplete_is_said_at_the_top),
        cmocka_unit_test(runs_stand_side_by_side),
        cmocka_unit_test(another_run_moves_nothing),
        cmocka_unit_test(names_do_not_depend_on_other_outputs),
        cmocka_unit_test(names_of_the_document_are_left_to_it),
        cmocka_unit_test(cells_are_links_where_they_lead_somewhere),
        cmocka_unit_test(pages_keep_their_promises),
        cmocka_unit_test(trials_are_columns),
        cmocka_unit_test(cancelled_is_told),
    };
    return cmocka_run_group_tests_name("report_layout", tests, set_up, tear_down);
}
