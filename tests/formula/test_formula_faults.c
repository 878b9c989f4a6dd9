/* test_formula_faults.c: fails the n-th allocation, for all n: parsing says "out of memory" and
 * leaves the set as it was, and nothing leaks. */
#include "formula_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

/* The linker sends this program's allocations here (--wrap). One thread. */
static struct {
    bool on;
    size_t countdown; /* the allocation that fails */
    long live;        /* allocations less releases while on */
} faults;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static bool fails(void)
{
    return faults.on && faults.countdown-- == 0;
}
void *__wrap_malloc(size_t size)
{
    void *memory = fails() ? NULL : __real_malloc(size);
    faults.live += faults.on && memory != NULL;
    return memory;
}
void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = fails() ? NULL : __real_calloc(count, size);
    faults.live += faults.on && memory != NULL;
    return memory;
}
void *__wrap_realloc(void *old, size_t size)
{
    void *memory = fails() ? NULL : __real_realloc(old, size);
    faults.live += faults.on && old == NULL && memory != NULL;
    return memory;
}
void __wrap_free(void *memory)
{
    faults.live -= faults.on && memory != NULL;
    __real_free(memory);
}

static const char *const texts[] = {
    "IF(A1>0,SUM(B1:B9,\"text\"),{1,2;3,4})",
    "LET(x,1,y,x+1,LAMBDA(p,p*x+y)(3))",
    "Table1[[#All],[A]:[B]]+[1]Sheet1!A1+'My Sheet'!B2+unknown(1,2)",
    "BYROW(A1:B2,SUM)",
};

/* The status of adding all texts with allocation n failing; *unused: n was never reached. */
static pe_status add_all(const test_scope *scope, size_t n, bool *unused)
{
    const pe_cell_ref home = {0, 20, 20};
    pe_formula_set *set = NULL;
    pe_diag diag;
    uint32_t shape;
    faults.countdown = n;
    faults.live = 0;
    faults.on = true;
    pe_status status = pe_formula_set_new(&scope->scope, &set, &diag);
    for (size_t i = 0; i < PE_COUNT(texts) && status == PE_OK; i++) {
        status = pe_formula_set_add(set, texts[i], strlen(texts[i]), home, &shape, &diag);
        if (status == PE_E_MEMORY && pe_formula_set_count(set) != i) status = PE_E_INTERNAL;
    }
    faults.on = false;
    *unused = faults.countdown < (size_t)1 << 40; /* it wraps around once it fails */
    faults.on = true;
    if (status == PE_E_MEMORY && set != NULL) { /* the set still works */
        faults.countdown = SIZE_MAX / 2;
        if (pe_formula_set_add(set, texts[0], strlen(texts[0]), home, &shape, &diag) != PE_OK)
            status = PE_E_INTERNAL;
    }
    pe_formula_set_free(set);
    faults.on = false;
    return status;
}

static void every_allocation(void **state)
{
    test_scope scope;
    bool unused = false;
    PE_UNUSED(state);
    test_scope_init(&scope, false);
    size_t n = 0;
    for (; !unused; n++) {
        pe_status status = add_all(&scope, n, &unused);
        assert_true(status == PE_OK || status == PE_E_MEMORY);
        assert_int_equal(faults.live, 0);
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
