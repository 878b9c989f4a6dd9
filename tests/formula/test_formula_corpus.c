/* test_formula_corpus.c: every formula of a corpus parses and round-trips. The corpus is a folder
 * named in PE_CORPUS, with cases.tsv (formula in column 2); the test is skipped where there is
 * none. A file named in PE_FORMULAS holds further formulas, one a line. */
#include "formula_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tally {
    test_scope *scope;
    pe_formula_set *set, *again;
    size_t count, failed, changed, unknown;
} tally;

static const pe_cell_ref home = {0, 20000, 5000};

/* cases.tsv of LibreOffice holds formulas that are wrong on purpose; they fail here as in Excel. */
static void one(tally *t, const char *text, size_t length)
{
    static char printed[1 << 20];
    uint32_t shape, other;
    pe_diag diag;
    t->count++;
    if (pe_formula_set_add(t->set, text, length, home, &shape, &diag) != PE_OK) {
        t->failed++;
        printf("  %.*s\n    %s: %s\n", (int)length, text, diag.where, diag.what);
        return;
    }
    const pe_formula *formula = pe_formula_set_get(t->set, shape);
    for (int saved = 0; saved < 2; saved++) {
        t->scope->printer.saved_form = saved;
        size_t n =
            pe_formula_print(formula->root, home, &t->scope->printer, printed, sizeof printed);
        if (pe_formula_set_add(t->again, printed, n, home, &other, &diag) != PE_OK) {
            t->changed++;
            printf("  %.*s\n  -> %s\n    %s: %s\n", (int)length, text, printed, diag.where,
                   diag.what);
        } else if (!test_tree_equal(formula->root, pe_formula_set_get(t->again, other)->root)) {
            t->changed++;
            printf("  %.*s\n  -> %s\n    another tree\n", (int)length, text, printed);
        }
    }
}

static void lines(tally *t, const char *path, int column)
{
    static char line[1 << 20];
    FILE *file = fopen(path, "r");
    if (file == NULL) return;
    for (size_t row = 0; fgets(line, sizeof line, file) != NULL; row++) {
        char *start = line;
        for (int i = 0; i < column && start != NULL; i++)
            start = strchr(start, '\t') ? strchr(start, '\t') + 1 : NULL;
        if (start == NULL || (column > 0 && row == 0)) continue;
        one(t, start, strcspn(start, column > 0 ? "\t\r\n" : "\r\n"));
    }
    fclose(file);
}

static void corpus(void **state)
{
    const char *folder = getenv("PE_CORPUS"), *formulas = getenv("PE_FORMULAS");
    char path[4096];
    test_scope scope;
    pe_diag diag;
    PE_UNUSED(state);
    if (folder == NULL && formulas == NULL) {
        print_message("PE_CORPUS names no folder: skipped\n");
        skip();
    }
    test_scope_init(&scope, true);
    tally t = {.scope = &scope};
    assert_int_equal(pe_formula_set_new(&scope.scope, &t.set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_new(&scope.scope, &t.again, &diag), PE_OK);
    snprintf(path, sizeof path, "%s/cases.tsv", folder != NULL ? folder : "");
    lines(&t, path, 1);
    if (formulas != NULL) lines(&t, formulas, 0);
    print_message("%zu formulas, %u shapes, %zu not parsed, %zu changed by printing\n", t.count,
                  pe_formula_set_count(t.set), t.failed, t.changed);
    pe_formula_set_free(t.set);
    pe_formula_set_free(t.again);
    test_scope_free(&scope);
    assert_int_equal(t.changed, 0);
    assert_true(t.failed * 1000 <= t.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
