/* fuzz_formula.c: formula text. The first bytes choose the home cell, whether names exist and the
 * dialect; the rest is the text. What parses must print, parse again and give the same tree, in
 * both forms (from Calc's dialects it is printed alone); references in text must not fail
 * otherwise. */
#include "../formula/formula_scope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(test_scope *t, pe_formula_set *set, const pe_formula *formula,
                       pe_cell_ref home)
{
    static char printed[1 << 18];
    pe_diag diag;
    uint32_t again;
    /* As Excel shows it, a variable can hide a name of another sheet; as saved it cannot. */
    for (int saved = formula->variable_count > 0; saved < 2; saved++) {
        t->printer.saved_form = saved;
        size_t n = pe_formula_print(formula->root, home, &t->printer, printed, sizeof printed);
        if (n > PE_FORMULA_BYTES_MAX || t->scope.dialect != PE_DIALECT_EXCEL) continue;
        pe_status status = pe_formula_set_add(set, printed, n, home, &again, &diag);
        if (status == PE_E_LIMIT)
            continue; /* brackets that the printer adds can nest a little deeper */
        if (status != PE_OK ||
            !test_tree_equal(formula->root, pe_formula_set_get(set, again)->root))
            abort();
    }
}

static void references(const test_scope *t, const char *text, size_t length, pe_cell_ref home)
{
    pe_arena *arena = pe_arena_new((size_t)1 << 28);
    pe_diag diag;
    for (int a1 = 0; a1 < 2 && arena != NULL; a1++) {
        const pe_node *node;
        pe_area area;
        if (pe_formula_parse_reference(arena, &t->scope, text, length, a1, home, &node, &diag) !=
            PE_OK)
            continue;
        if (node->kind != PE_NODE_REFERENCE || !pe_node_area(&node->ref, home, &area)) continue;
        if (area.row_last >= PE_ROWS_MAX || area.column_last >= PE_COLUMNS_MAX ||
            area.row_first > area.row_last || area.column_first > area.column_last)
            abort();
    }
    pe_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_scope t;
    pe_formula_set *set;
    pe_diag diag;
    uint32_t shape, same;
    if (size < 4) return 0;
    pe_cell_ref home = {data[0] % 3, data[1] * 4112u, data[2] * 64u};
    const char *text = (const char *)data + 4;
    size_t length = size - 4;
    test_scope_init(&t, data[3] & 1);
    t.scope.dialect = (pe_dialect)((data[3] >> 1) % 3);
    if (t.scope.dialect != PE_DIALECT_EXCEL) t.scope.reference_dialect = PE_DIALECT_CALC;
    if (pe_formula_set_new(&t.scope, &set, &diag) == PE_OK) {
        if (pe_formula_set_add(set, text, length, home, &shape, &diag) == PE_OK) {
            if (pe_formula_set_add(set, text, length, home, &same, &diag) != PE_OK || same != shape)
                abort();
            round_trip(&t, set, pe_formula_set_get(set, shape), home);
        }
        references(&t, text, length, home);
        pe_formula_set_free(set);
    }
    test_scope_free(&t);
    return 0;
}
