/* test_formula_faults.c: fails the n-th allocation, for all n: parsing says "out of memory" and
 * leaves the set as it was, and nothing leaks. */
#include "failing.h"
#include "formula_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static const char *const texts[] = {
    "IF(A1>0,SUM(B1:B9,\"text\"),{1,2;3,4})",
    "LET(x,1,y,x+1,LAMBDA(p,p*x+y)(3))",
    "Table1[[#All],[A]:[B]]+[1]Sheet1!A1+'My Sheet'!B2+unknown(1,2)",
    "BYROW(A1:B2,SUM)",
};

/* The status of adding all texts with allocation n failing. */
static pe_status add_all(const test_scope *scope, uint64_t n, failing_count *count)
{
    const pe_cell_ref home = {0, 20, 20};
    pe_formula_set *set = NULL;
    pe_diag diag;
    uint32_t shape;
    failing_begin(n, FAILING_ONE);
    pe_status status = pe_formula_set_new(&scope->scope, &set, &diag);
    for (size_t i = 0; i < PE_COUNT(texts) && status == PE_OK; i++) {
        status = pe_formula_set_add(set, texts[i], strlen(texts[i]), home, &shape, &diag);
        if (status == PE_E_MEMORY && pe_formula_set_count(set) != i) status = PE_E_INTERNAL;
    }
    failing_relent();
    if (status == PE_E_MEMORY && set != NULL && /* the set still works */
        pe_formula_set_add(set, texts[0], strlen(texts[0]), home, &shape, &diag) != PE_OK)
        status = PE_E_INTERNAL;
    pe_formula_set_free(set);
    *count = failing_end();
    return status;
}

static void every_allocation(void **state)
{
    test_scope scope;
    failing_count count = {.failed = true};
    PE_UNUSED(state);
    test_scope_init(&scope, false);
    uint64_t n = 0;
    for (; count.failed; n++) {
        pe_status status = add_all(&scope, n, &count);
        assert_true(status == PE_OK || status == PE_E_MEMORY);
        assert_int_equal(count.live, 0);
        assert_true(n < 1000);
    }
    assert_true(n > 10);
    test_scope_free(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
