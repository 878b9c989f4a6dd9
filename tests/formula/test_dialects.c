/* test_dialects.c: one formula in three dialects gives one tree. dialects.tsv: Excel's text TAB
 * Calc's (its API) TAB OpenFormula's (its file); '-': not to be compared, because the application
 * changes the formula there. The texts are LibreOffice's own, of a workbook that it imported. */
#include "formula_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const pe_cell_ref home = {0, 99, 26};

typedef struct dialect_row {
    char *text[3];
    unsigned line;
} dialect_row;

static const pe_node *parse(test_scope *t, pe_dialect dialect, const char *text, pe_cell_ref at,
                            pe_formula_set **set)
{
    pe_diag diag;
    uint32_t shape = 0;
    t->scope.dialect = dialect;
    pe_status status = pe_formula_set_new(&t->scope, set, &diag);
    assert_int_equal(status, PE_OK);
    status = pe_formula_set_add(*set, text, strlen(text), at, &shape, &diag);
    if (status != PE_OK) print_error("%s: %s: %s\n", text, diag.where, diag.what);
    if (status != PE_OK) return NULL;
    return pe_formula_set_get(*set, shape)->root;
}

static void row_agrees(void **state)
{
    const dialect_row *row = *state;
    test_scope t;
    char one[8192], other[8192];
    pe_formula_set *sets[3] = {NULL};
    test_scope_init(&t, true);
    int first = strcmp(row->text[0], "-") == 0;
    const pe_node *root = parse(&t, (pe_dialect)first, row->text[first], home, &sets[first]);
    bool agrees = root != NULL;
    for (int i = first + 1; i < 3 && agrees; i++) {
        if (strcmp(row->text[i], "-") == 0) continue;
        const pe_node *node = parse(&t, (pe_dialect)i, row->text[i], home, &sets[i]);
        agrees = node != NULL && test_tree_equal(root, node);
        if (agrees || node == NULL) continue;
        test_tree_text(root, home, &t, one, sizeof one);
        test_tree_text(node, home, &t, other, sizeof other);
        print_error("line %u: %s\n  %s\n  %s\n", row->line, row->text[i], one, other);
    }
    for (int i = 0; i < 3; i++) pe_formula_set_free(sets[i]);
    test_scope_free(&t);
    assert_true(agrees);
}

/* ---- what the file cannot hold: copies, errors, words that the applications never write ---------
 */

typedef struct shape_row {
    pe_dialect dialect;
    const char *first;
    pe_cell_ref at;
    const char *second;
    pe_cell_ref there;
    bool same;
} shape_row;

static const shape_row shapes[] = {
    {PE_DIALECT_CALC, "=A1+$B$2", {0, 9, 4}, "=A2+$B$2", {0, 10, 4}, true},
    {PE_DIALECT_CALC, "=$Sheet2.A1+1", {0, 9, 4}, "=$Sheet2.A2+1", {0, 10, 4}, true},
    {PE_DIALECT_CALC, "=$Sheet2.A1+1", {0, 9, 4}, "=$Sheet3.A2+1", {0, 10, 4}, false},
    {PE_DIALECT_CALC,
     "=SUM($Sheet1.A1:$Sheet3.A1)",
     {0, 0, 4},
     "=SUM($Sheet1.A2:$Sheet3.A2)",
     {0, 1, 4},
     true},
    {PE_DIALECT_CALC, "=SUM(A:A)", {0, 0, 4}, "=SUM(B:B)", {0, 7, 5}, true},
    {PE_DIALECT_CALC, "=SUM(A1:A2)", {0, 0, 4}, "=SUM(A1:A2)", {0, 7, 5}, false},
    {PE_DIALECT_CALC, "=A1~B1", {0, 0, 4}, "=A1!B1", {0, 0, 4}, false},
    {PE_DIALECT_CALC, "=Unit.m2", {0, 0, 4}, "=Unit.m3", {0, 1, 4}, false},
    {PE_DIALECT_CALC, "=Sheet2.$m2", {0, 0, 4}, "=Sheet2.$m3", {0, 1, 4}, true},
    {PE_DIALECT_CALC, "=SUM(1;2)", {0, 0, 4}, "=SUM({1;2})", {0, 0, 4}, false},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1]+[.$B$2]", {0, 9, 4}, "of:=[.A2]+[.$B$2]", {0, 10, 4}, true},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1]", {0, 9, 4}, "oooc:=[.A1]", {0, 9, 4}, true},
    {PE_DIALECT_OPENFORMULA, "[$Sheet2.A1:.B2]", {0, 0, 0}, "$Sheet2.A1:.B2", {0, 0, 0}, true},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1:.B2]", {0, 9, 4}, "of:=[.A2:.B3]", {0, 10, 4}, true},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1:.B2]", {0, 9, 4}, "of:=[.A1]:[.B2]", {0, 9, 4}, false},
};

static void shape_is_shared(void **state)
{
    const shape_row *row = *state;
    test_scope t;
    pe_diag diag;
    pe_formula_set *set = NULL;
    uint32_t first = 0, second = 0;
    test_scope_init(&t, false);
    t.scope.dialect = row->dialect;
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    pe_status a = pe_formula_set_add(set, row->first, strlen(row->first), row->at, &first, &diag);
    pe_status b =
        pe_formula_set_add(set, row->second, strlen(row->second), row->there, &second, &diag);
    pe_formula_set_free(set);
    test_scope_free(&t);
    assert_int_equal(a, PE_OK);
    assert_int_equal(b, PE_OK);
    assert_int_equal(first == second, row->same);
}

typedef struct tree_row {
    pe_dialect dialect;
    const char *text, *tree; /* tree NULL: a syntax error */
} tree_row;

static const tree_row trees[] = {
    {PE_DIALECT_CALC, "=$Sheet2.local", "name:6$0"},
    {PE_DIALECT_CALC, "=Sheet2.local", "name:6$0"},
    {PE_DIALECT_CALC, "=$'My Sheet'.rate", "name:0$0"},
    {PE_DIALECT_CALC, "=Tax.Rate", "name:1$0"},
    {PE_DIALECT_CALC, "=1/Unit.m2", "div(1,name:13$0)"},
    {PE_DIALECT_OPENFORMULA, "of:=1/Unit.m2", "div(1,name:13$0)"},
    {PE_DIALECT_OPENFORMULA, "of:=1/[Unit.m2]", "div(1,#REF!M2)"},
    {PE_DIALECT_CALC, "=Sheet2.m2", "Sheet2!M2"},
    {PE_DIALECT_CALC, "=#REF!.A1", "#REF!"},
    {PE_DIALECT_CALC, "=$#REF!.$A$1+1", "add(#REF!,1)"},
    {PE_DIALECT_CALC, "=$Sheet2.#REF!5", "#REF!"},
    {PE_DIALECT_CALC, "=SUM($Sheet2.A#REF!:B#REF!)", "SUM(#REF!)"},
    {PE_DIALECT_CALC, "=$NoSheet.A1", "#REF!A1"},
    {PE_DIALECT_CALC, "=Err:508", "#VALUE!"},
    {PE_DIALECT_CALC, "='file:///tmp/a.ods'#$Sheet1.A1+1",
     "add(external:-1:'file:///tmp/a.ods'#$Sheet1!A1,1)"},
    {PE_DIALECT_CALC, "=SUM(A1;B1)", "SUM(A1,B1)"},
    {PE_DIALECT_CALC, "=SUM(A1,B1)", NULL},
    {PE_DIALECT_CALC, "=A1 B1", NULL},
    {PE_DIALECT_CALC, "={1;2,3}", NULL},
    {PE_DIALECT_CALC, "='My Sheet'", NULL},
    {PE_DIALECT_CALC, "=$", NULL},
    {PE_DIALECT_CALC, "=$Sheet1.", NULL},
    {PE_DIALECT_OPENFORMULA, "of:=[.#REF!]", "#REF!"},
    {PE_DIALECT_OPENFORMULA, "of:=[.#REF!5]+1", "add(#REF!,1)"},
    {PE_DIALECT_OPENFORMULA, "of:=[.A#REF!]", "#REF!"},
    {PE_DIALECT_OPENFORMULA, "of:=SUM([#REF!.A1:.B2])", "SUM(#REF!)"},
    {PE_DIALECT_OPENFORMULA, "of:=SUM([$Sheet2.#REF!$1:.#REF!$2])", "SUM(#REF!)"},
    {PE_DIALECT_OPENFORMULA, "of:=['file:///tmp/a.ods'#$Sheet1.A1:.B2]",
     "external:-1:'file:///tmp/a.ods'#$Sheet1!A1:B2"},
    {PE_DIALECT_OPENFORMULA, "of:=$$rate", "name:0$0"},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1", NULL},
    {PE_DIALECT_OPENFORMULA, "of:=[.A1:.B2", NULL},
    {PE_DIALECT_OPENFORMULA, "of:=[]", NULL},
    {PE_DIALECT_OPENFORMULA, "of:=", NULL},
    {PE_DIALECT_OPENFORMULA, "of:=LEGACY.FDIST(1;2;3)", "FDIST(1,2,3)"},
    {PE_DIALECT_OPENFORMULA, "of:=FDIST(1;2;3;TRUE())", "F.DIST(1,2,3,TRUE)"},
};

static void tree_is(void **state)
{
    const tree_row *row = *state;
    test_scope t;
    pe_diag diag;
    pe_formula_set *set = NULL;
    uint32_t shape = 0;
    char text[4096] = "";
    test_scope_init(&t, false);
    t.scope.dialect = row->dialect;
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    pe_status status = pe_formula_set_add(set, row->text, strlen(row->text), home, &shape, &diag);
    if (status == PE_OK)
        test_tree_text(pe_formula_set_get(set, shape)->root, home, &t, text, sizeof text);
    else if (row->tree != NULL)
        print_error("%s: %s: %s\n", row->text, diag.where, diag.what);
    pe_formula_set_free(set);
    test_scope_free(&t);
    assert_int_equal(status, row->tree == NULL ? PE_E_SYNTAX : PE_OK);
    if (row->tree != NULL) assert_string_equal(text, row->tree);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static struct CMUnitTest *tests;
static size_t capacity, count;

static void add(const char *name, CMUnitTestFunction function, void *row)
{
    if (PE_GROW(&tests, &capacity, count + 1) != PE_OK) exit(1);
    tests[count++] = (struct CMUnitTest){name, function, NULL, NULL, row};
}

static void add_line(char *line, unsigned number)
{
    line[strcspn(line, "\r\n")] = 0;
    char *tab = strchr(line, '\t'), *second = tab != NULL ? strchr(tab + 1, '\t') : NULL;
    if ((line[0] != '=' && line[0] != '-') || second == NULL) return;
    dialect_row *row = calloc(1, sizeof *row);
    char *copy = strdup(line);
    *row = (dialect_row){{copy, copy + (tab - line) + 1, copy + (second - line) + 1}, number};
    copy[tab - line] = copy[second - line] = 0;
    add(row->text[0], row_agrees, row);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(argc > 1 ? argv[1] : PE_SOURCE_DIR "/tests/formula/dialects.tsv", "r");
    for (unsigned n = 1; file != NULL && getline(&line, &size, file) > 0; n++) add_line(line, n);
    if (file != NULL) fclose(file);
    free(line);
    for (size_t i = 0; i < PE_COUNT(shapes); i++)
        add(shapes[i].first, shape_is_shared, (void *)(uintptr_t)&shapes[i]);
    for (size_t i = 0; i < PE_COUNT(trees); i++)
        add(trees[i].text, tree_is, (void *)(uintptr_t)&trees[i]);
    return _cmocka_run_group_tests("dialects", tests, count, NULL, NULL);
}
