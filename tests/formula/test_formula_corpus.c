/* test_formula_corpus.c: every formula of a corpus parses and round-trips. The corpus is a folder
 * named in PE_CORPUS, with cases.tsv (formula in column 2) and workbooks below open/; skipped where
 * there is none. */
#include "formula_scope.h"
#include "workbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tally {
    test_scope *scope;
    pe_formula_set *set, *again;
    size_t count, failed, changed;
    size_t workbooks,
        workbook_failed; /* formulas of workbooks: Excel saved them, so all are right */
} tally;

static const pe_cell_ref case_home = {0, 20000, 5000};

/* cases.tsv of LibreOffice holds formulas that are wrong on purpose; they fail here as in Excel. */
static void one(tally *t, const char *text, size_t length, pe_cell_ref home)
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

static void cases(tally *t, const char *path)
{
    static char line[1 << 20];
    FILE *file = fopen(path, "r");
    if (file == NULL) return;
    for (size_t row = 0; fgets(line, sizeof line, file) != NULL; row++) {
        char *start = strchr(line, '\t');
        if (start == NULL || row == 0) continue;
        start++;
        one(t, start, strcspn(start, "\t\r\n"), case_home);
    }
    fclose(file);
}

static void workbook(tally *t, const char *path)
{
    pe_workbook *w;
    pe_diag diag;
    if (pe_workbook_read_file(path, NULL, NULL, NULL, &w, &diag) != PE_OK) return;
    size_t before = t->failed;
    t->workbooks++;
    for (uint32_t i = 0; i < w->cell_count; i++) {
        if (w->cells[i].formula == PE_NO_FORMULA) continue;
        const pe_formula_source *f = &w->formulas[w->cells[i].formula];
        pe_cell_ref home = {pe_workbook_ref(w, i).sheet, f->home_row, f->home_column};
        if (f->kind != PE_FORMULA_TABLE && f->length > 0) one(t, f->text, f->length, home);
    }
    for (uint32_t i = 0; i < w->name_count; i++)
        if (w->names[i].text_length > 0)
            one(t, w->names[i].text, w->names[i].text_length, (pe_cell_ref){0, 0, 0});
    if (t->failed != before) printf("  ^ %s\n", path);
    t->workbook_failed += t->failed - before;
    pe_workbook_free(w);
}

static void workbooks(tally *t, char *folder)
{
    char *paths[] = {folder, NULL};
    FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (fts == NULL) return;
    for (FTSENT *entry = fts_read(fts); entry != NULL; entry = fts_read(fts)) {
        const char *dot = strrchr(entry->fts_name, '.');
        bool excel = dot != NULL && (strcmp(dot, ".xlsx") == 0 || strcmp(dot, ".xlsm") == 0);
        if (entry->fts_info == FTS_F && excel) workbook(t, entry->fts_path);
    }
    fts_close(fts);
}

static void corpus(void **state)
{
    const char *folder = getenv("PE_CORPUS");
    char path[4096];
    test_scope scope;
    pe_diag diag;
    PE_UNUSED(state);
    if (folder == NULL) {
        print_message("PE_CORPUS names no folder: skipped\n");
        skip();
    }
    test_scope_init(&scope, true);
    tally t = {.scope = &scope};
    assert_int_equal(pe_formula_set_new(&scope.scope, &t.set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_new(&scope.scope, &t.again, &diag), PE_OK);
    snprintf(path, sizeof path, "%s/cases.tsv", folder);
    cases(&t, path);
    snprintf(path, sizeof path, "%s/open", folder);
    workbooks(&t, path);
    print_message("%zu formulas, %zu workbooks, %u shapes, %zu not parsed (%zu in workbooks), "
                  "%zu changed by printing\n",
                  t.count, t.workbooks, pe_formula_set_count(t.set), t.failed, t.workbook_failed,
                  t.changed);
    pe_formula_set_free(t.set);
    pe_formula_set_free(t.again);
    test_scope_free(&scope);
    assert_int_equal(t.changed, 0);
    assert_int_equal(t.workbook_failed, 0);
    assert_true(t.failed * 200 <= t.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
