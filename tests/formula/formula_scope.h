/* formula_scope.h: names for tests without a workbook: some fixed sheets, names and tables, or
 * (open) one that knows whatever it is asked. */
#ifndef PE_TEST_FORMULA_SCOPE_H
#define PE_TEST_FORMULA_SCOPE_H

#include "formula.h"

typedef struct scope_words {
    char **items;
    size_t count, capacity;
    pe_map *index; /* by lower-case text */
} scope_words;

typedef struct test_scope {
    bool open; /* every name asked for exists */
    scope_words sheets, names, tables, columns;
    pe_scope scope;
    pe_printer printer;
} test_scope;

void test_scope_init(test_scope *t, bool open);
void test_scope_free(test_scope *t);
/* The tree as text, every operator in brackets: "add(A1,mul(2,name:rate))". Cut at size - 1. */
void test_tree_text(const pe_node *node, pe_cell_ref home, const test_scope *scope, char *out,
                    size_t size);
/* Equal but for offsets. */
bool test_tree_equal(const pe_node *a, const pe_node *b);

#endif
