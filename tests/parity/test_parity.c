/* test_parity.c: the vector program gives the bits of the general evaluator: generated workbooks,
 * one seed one reported test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parity_generate.h"
#include "parity_model.h"

#define SEEDS 60 /* under each of both rules */
#define TRIALS 96
#define CALC_SEED 5001

static void seed_agrees(void **state)
{
    const uint64_t *seed = *state;
    pe_semantics semantics = *seed >= CALC_SEED ? PE_SEMANTICS_CALC : PE_SEMANTICS_EXCEL;
    char name[40];
    parity_model m = {0};
    parity_result r = {0};
    pe_workbook *w = NULL;
    pe_diag diag = {PE_OK, "", ""};
    snprintf(name, sizeof name, "seed %llu", (unsigned long long)*seed);
    const parity_request request = {name, 0, 20, stderr};
    pe_status status = parity_generate(*seed, 80, semantics, &w, &diag);
    if (status == PE_OK) status = parity_open(&m, w, NULL, 0, TRIALS, &diag);
    if (status == PE_OK) status = parity_compare(&m, &request, &r, &diag);
    if (status != PE_OK) print_error("%s: %s: %s\n", name, diag.where, diag.what);
    uint32_t unparsed = 0;
    const pe_formula_error *error = m.graph != NULL ? pe_graph_errors(m.graph, &unparsed) : NULL;
    if (unparsed > 0) print_error("%s: a formula is not one: %s\n", name, error->what);
    parity_free(&m);
    assert_int_equal(unparsed, 0);
    assert_int_equal(status, PE_OK);
    assert_true(r.cells > 400);
    assert_int_equal(r.differ, 0);
    assert_int_equal(r.variants, 0);
}

int main(void)
{
    static uint64_t seeds[2 * SEEDS];
    static char names[2 * SEEDS][24];
    struct CMUnitTest tests[2 * SEEDS];
    for (uint64_t i = 0; i < 2 * SEEDS; i++) {
        seeds[i] = i < SEEDS ? 1001 + i : CALC_SEED + i - SEEDS;
        snprintf(names[i], sizeof names[i], "seed %llu", (unsigned long long)seeds[i]);
        tests[i] = (struct CMUnitTest){names[i], seed_agrees, NULL, NULL, &seeds[i]};
    }
    return _cmocka_run_group_tests("parity", tests, 2 * SEEDS, NULL, NULL);
}
