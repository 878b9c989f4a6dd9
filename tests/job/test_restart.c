/* test_restart.c: a job that is started again after edits of constants and changes of settings
 * gives the bits of a new job of the same content; what it cannot take it refuses unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "job.h"
#include "parity_generate.h"

#define TRIALS 300u

static pe_job *new_job(const pe_settings *settings, unsigned threads)
{
    pe_job *job = NULL;
    pe_job_options options = {.settings = *settings,
                              .now_1900 = 46000,
                              .threads = threads,
                              .folder = "/tmp",
                              .command = "",
                              .backend = pe_backend_cpu()};
    assert_int_equal(pe_job_new(&options, NULL, &job, NULL), PE_OK);
    return job;
}

static pe_settings settings_of(uint64_t seed)
{
    pe_settings s = {.trials = TRIALS,
                     .seed = seed,
                     .trials_given = true,
                     .seed_given = true,
                     .outputs_all = true};
    return s;
}

static pe_status finish(pe_job *job, pe_diag *diag)
{
    pe_status status = pe_job_compile(job, diag);
    return status == PE_OK ? pe_job_simulate(job, diag) : status;
}

static bool same_value(pe_value a, pe_value b)
{
    if (pe_is(a, PE_KIND_TEXT) && pe_is(b, PE_KIND_TEXT))
        return strcmp(pe_as_text(a)->bytes, pe_as_text(b)->bytes) == 0;
    return a.bits == b.bits;
}

static void same_reports(const pe_report *a, const pe_report *b, const char *what)
{
    assert_int_equal(a->output_count, b->output_count);
    assert_int_equal(a->input_count, b->input_count);
    assert_int_equal(a->warning_count, b->warning_count);
    for (uint32_t i = 0; i < a->warning_count; i++)
        assert_string_equal(a->warnings[i].text, b->warnings[i].text);
    for (uint32_t i = 0; i < a->input_count; i++) {
        assert_string_equal(a->inputs[i].cell, b->inputs[i].cell);
        assert_string_equal(a->inputs[i].formula, b->inputs[i].formula);
        assert_int_equal(a->inputs[i].described, b->inputs[i].described);
        if (a->inputs[i].described)
            assert_memory_equal(&a->inputs[i].mean, &b->inputs[i].mean, sizeof(double));
    }
    for (uint32_t i = 0; i < a->output_count; i++) {
        const pe_report_output *x = &a->outputs[i], *y = &b->outputs[i];
        assert_string_equal(x->cell, y->cell);
        assert_string_equal(x->name, y->name);
        if (!same_value(x->base, y->base))
            fail_msg("%s: %s has base %.17g (%llx), not %.17g (%llx)", what, x->cell,
                     pe_as_number(x->base), (unsigned long long)x->base.bits, pe_as_number(y->base),
                     (unsigned long long)y->base.bits);
        for (uint32_t t = 0; t < TRIALS; t++)
            if (!same_value(x->trials[t], y->trials[t]))
                fail_msg("%s: %s differs in trial %u", what, x->cell, t);
        assert_memory_equal(&x->summary.mean, &y->summary.mean, sizeof(double));
        assert_int_equal(x->tornado_count, y->tornado_count);
        for (uint32_t t = 0; t < x->tornado_count; t++) {
            const pe_report_bar *p = &x->tornado[t], *q = &y->tornado[t];
            if (strcmp(p->cell, q->cell) != 0 || p->correlation != q->correlation)
                fail_msg("%s: %s has bar %u %s %.17g, not %s %.17g", what, x->cell, t, p->cell,
                         p->correlation, q->cell, q->correlation);
        }
    }
}

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

/* Some constants' new contents: mostly numbers, some texts and booleans. */
static uint32_t make_edits(const pe_workbook *w, uint64_t *state, pe_arena *arena,
                           pe_job_edit *edits, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t tries = 0; tries < 2000 && count < max; tries++) {
        uint32_t cell = (uint32_t)(next(state) % w->cell_count);
        const pe_cell *c = &w->cells[cell];
        if (c->formula != PE_NO_FORMULA || !c->has_stored || pe_is(c->stored, PE_KIND_BLANK))
            continue;
        pe_value v = pe_number((double)(next(state) % 40) / 4 - 2);
        if (next(state) % 8 == 0) v = pe_boolean(next(state) % 2 != 0);
        if (next(state) % 8 == 0) v = pe_arena_text_value(arena, "low", 3);
        edits[count++] = (pe_job_edit){pe_workbook_ref(w, cell), v};
    }
    return count;
}

static void take_edits(pe_workbook *w, const pe_job_edit *edits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        w->cells[pe_workbook_cell(w, edits[i].ref)].stored = edits[i].value;
}

static pe_semantics rules(uint64_t seed)
{
    return seed % 4 == 3 ? PE_SEMANTICS_CALC : PE_SEMANTICS_EXCEL;
}

/* Random workbooks, several rounds of random edits: the restarted job against a new one. */
static void edits_give_the_bits_of_a_new_job(void **state)
{
    (void)state;
    pe_arena *arena = pe_arena_new(SIZE_MAX / 2);
    uint32_t compared = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t random = seed * 77;
        pe_diag diag = {0};
        pe_workbook *kept = NULL, *fresh = NULL;
        pe_job_edit edits[4][5];
        uint32_t counts[4];
        assert_int_equal(parity_generate(seed, 40, rules(seed), &kept, &diag), PE_OK);
        pe_settings settings = settings_of(seed);
        pe_job *job = new_job(&settings, 2);
        assert_int_equal(pe_job_check_workbook(job, kept, "book", &diag), PE_OK);
        if (seed % 3 != 0) finish(job, &diag);
        for (uint32_t round = 0; round < 4; round++) {
            counts[round] = make_edits(kept, &random, arena, edits[round], 1 + round);
            settings.seed = seed + round;
            assert_int_equal(pe_job_restart(job, &settings, edits[round], counts[round], &diag),
                             PE_OK);
            pe_diag said = {0}, expected = {0};
            pe_status status = finish(job, &said);
            assert_int_equal(parity_generate(seed, 40, rules(seed), &fresh, &diag), PE_OK);
            for (uint32_t r = 0; r <= round; r++) take_edits(fresh, edits[r], counts[r]);
            pe_job *other = new_job(&settings, 1);
            assert_int_equal(pe_job_check_workbook(other, fresh, "book", &diag), PE_OK);
            pe_status wanted = finish(other, &expected);
            assert_int_equal(status, wanted);
            assert_string_equal(said.what, expected.what);
            char what[64];
            snprintf(what, sizeof what, "seed %u, round %u", (unsigned)seed, round);
            if (status == PE_OK) same_reports(pe_job_report(job), pe_job_report(other), what);
            compared += status == PE_OK;
            pe_job_free(other);
        }
        pe_job_free(job);
    }
    print_message("%u runs compared\n", compared);
    assert_true(compared > 20);
    pe_arena_free(arena);
}

typedef struct line {
    const char *address, *content;
} line;

static pe_workbook *build(const line *lines)
{
    pe_workbook *w = NULL;
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "S");
    for (; lines->address != NULL; lines++) {
        size_t used, length = strlen(lines->content);
        double x = pe_decimal_parse(lines->content, length, &used);
        if (lines->content[0] == '=')
            pe_builder_formula(b, s, lines->address, lines->content, pe_number(1));
        else if (used == length)
            pe_builder_value(b, s, lines->address, pe_number(x));
        else
            pe_builder_text(b, s, lines->address, lines->content);
    }
    pe_builder_list(b, s, "Table1", "F1:G3", 0);
    assert_int_equal(pe_builder_finish(b, &w, NULL), PE_OK);
    return w;
}

static const line model[] = {{"A1", "10"},
                             {"A2", "2"},
                             {"A3", "B5"},
                             {"B1", "=RiskNormal(A1,A2)"},
                             {"B2", "=B1*A2+C1"},
                             {"B3", "=INDIRECT(A3)+B1"},
                             {"B4", "=IF(A2>5,GETPIVOTDATA(\"x\",A1),A2)*B1"},
                             {"B5", "7"},
                             {"B6", "=RAND()*A1"},
                             {"C1", "3"},
                             {"C2", "=C1*2"},
                             {"C3", "=C2+1"},
                             {"F1", "Key"},
                             {"G1", "Value"},
                             {"F2", "1"},
                             {"G2", "5"},
                             {"G3", "6"},
                             {"H1", "=SUM(Table1[Value])*B1"},
                             {NULL, NULL}};

/* Settings that change from run to run, each against a new job. */
static void settings_may_change(void **state)
{
    (void)state;
    pe_input_setting set[] = {{"S!C1", "pert(1,2,5)", NULL}, {"S!C1", "normal(1,A2)", "c"}};
    pe_output_setting outputs[] = {{"S!B2", NULL}, {"S!H1", "h"}};
    const char *freeze[] = {"S!B6", "S!B4"};
    pe_settings rounds[8];
    for (size_t i = 0; i < PE_COUNT(rounds); i++) {
        rounds[i] = settings_of(i + 1);
        rounds[i].freeze = freeze;
        rounds[i].freeze_count = 2;
    }
    rounds[1].inputs = set;
    rounds[1].input_count = 1;
    rounds[2].inputs = set + 1;
    rounds[2].input_count = 1;
    rounds[4].outputs_all = false;
    rounds[4].outputs = outputs;
    rounds[4].output_count = 2;
    rounds[5].freeze_count = 1;
    rounds[6].freeze_count = 1;
    rounds[6].sampling = PE_LATIN_HYPERCUBE;
    rounds[6].sampling_given = true;
    pe_diag diag = {0};
    pe_job *job = new_job(&rounds[0], 1);
    assert_int_equal(pe_job_check_workbook(job, build(model), "book", &diag), PE_OK);
    const char *line_said = pe_job_report(job)->check.line;
    for (size_t i = 0; i < PE_COUNT(rounds); i++) {
        pe_diag said = {0}, expected = {0};
        assert_int_equal(pe_job_restart(job, &rounds[i], NULL, 0, &diag), PE_OK);
        pe_status status = finish(job, &said);
        pe_job *other = new_job(&rounds[i], 1);
        assert_int_equal(pe_job_check_workbook(other, build(model), "book", &diag), PE_OK);
        assert_int_equal(finish(other, &expected), status);
        assert_string_equal(said.what, expected.what);
        assert_int_equal(status, i == 5 || i == 6 ? PE_E_UNSUPPORTED : PE_OK);
        if (status == PE_OK) same_reports(pe_job_report(job), pe_job_report(other), "settings");
        assert_ptr_equal(pe_job_report(job)->check.line, line_said);
        pe_job_free(other);
    }
    pe_job_free(job);
}

static pe_job_edit edit(uint32_t row, uint32_t column, pe_value value)
{
    return (pe_job_edit){{0, row, column}, value};
}

static void other_edits_are_refused(void **state)
{
    (void)state;
    pe_settings settings = settings_of(1);
    const char *freeze[] = {"S!B4"};
    settings.freeze = freeze;
    settings.freeze_count = 1;
    pe_diag diag = {0};
    pe_job *job = new_job(&settings, 1);
    assert_int_equal(pe_job_restart(job, &settings, NULL, 0, &diag), PE_E_ARGUMENT);
    assert_int_equal(pe_job_check_workbook(job, build(model), "book", &diag), PE_OK);
    assert_int_equal(finish(job, &diag), PE_OK);
    double mean = pe_job_report(job)->outputs[0].summary.mean;
    const pe_job_edit bad[] = {edit(50, 50, pe_number(1)), edit(0, 1, pe_number(1)),
                               edit(0, 0, pe_blank()),     edit(0, 0, pe_error(PE_ERROR_NA)),
                               edit(0, 6, pe_number(1)),   edit(0, 0, pe_number(1e308 * 10))};
    for (size_t i = 0; i < PE_COUNT(bad); i++) {
        pe_job_edit edits[2] = {edit(0, 0, pe_number(1000)), bad[i]};
        memset(&diag, 0, sizeof diag);
        assert_int_equal(pe_job_restart(job, &settings, edits, 2, &diag), PE_E_UNSUPPORTED);
        assert_true(diag.what[0] != '\0' && diag.where[0] != '\0');
        assert_memory_equal(&pe_job_report(job)->outputs[0].summary.mean, &mean, sizeof mean);
    }
    char before[65];
    memcpy(before, pe_job_report(job)->sha256, sizeof before);
    pe_job_edit good[] = {edit(0, 0, pe_number(1000))};
    assert_int_equal(pe_job_restart(job, &settings, good, 1, &diag), PE_OK);
    assert_int_equal(finish(job, &diag), PE_OK);
    assert_true(pe_job_report(job)->outputs[0].summary.mean > mean + 100);
    assert_string_not_equal(pe_job_report(job)->sha256, before);
    pe_job_free(job);
}

/* A run that fails is no reason not to start again. */
static void a_failed_run_starts_again(void **state)
{
    (void)state;
    pe_settings settings = settings_of(1), wrong = settings_of(1);
    pe_output_setting nowhere[] = {{"Nowhere!A1", NULL}};
    pe_input_setting nonsense[] = {{"S!C1", "nonsense(", NULL}};
    const char *freeze[] = {"S!B4"};
    settings.freeze = wrong.freeze = freeze;
    settings.freeze_count = wrong.freeze_count = 1;
    wrong.outputs = nowhere;
    wrong.output_count = 1;
    pe_diag diag = {0};
    pe_job *job = new_job(&settings, 1);
    assert_int_equal(pe_job_check_workbook(job, build(model), "book", &diag), PE_OK);
    assert_int_equal(pe_job_restart(job, &wrong, NULL, 0, &diag), PE_OK);
    assert_int_equal(pe_job_compile(job, &diag), PE_E_ARGUMENT);
    wrong.inputs = nonsense;
    wrong.input_count = 1;
    assert_int_not_equal(pe_job_restart(job, &wrong, NULL, 0, &diag), PE_OK);
    pe_job_edit edits[] = {edit(1, 0, pe_number(9))};
    assert_int_equal(pe_job_restart(job, &settings, edits, 1, &diag), PE_OK);
    assert_int_equal(finish(job, &diag), PE_OK);
    pe_job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_give_the_bits_of_a_new_job),
        cmocka_unit_test(settings_may_change),
        cmocka_unit_test(other_edits_are_refused),
        cmocka_unit_test(a_failed_run_starts_again),
    };
    return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
