/* test_golden.c: the golden rows (tests/golden/golden.h) by the general evaluator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "evaluate_case.h"
#include "golden/golden.h"

static size_t read_cells(const char *list, case_cell *cells, size_t most, pe_arena *arena)
{
    size_t count = 0;
    while (count < most && golden_next_cell(&list, cells[count].where, &cells[count].value, arena))
        count++;
    assert_int_equal(*list, 0);
    return count;
}

static void row_agrees(void **state)
{
    enum { CELLS_MAX = 512 };
    const golden_row *row = *state;
    pe_arena *arena = pe_arena_new(1u << 26);
    case_cell *cells = PE_PUSH(arena, case_cell, CELLS_MAX);
    char tolerance[GOLDEN_TOLERANCE_BYTES], got[256];
    case_input in = {.formula = row->formula,
                     .at = "Sheet1!Z99",
                     .mode = strstr(row->mode, "array") ? "array"
                             : strstr(row->mode, "dyn") ? "dyn"
                                                        : "",
                     .date1904 = strstr(row->mode, "1904") != NULL,
                     .cells = cells};
    golden_tolerance(row, tolerance);
    if (strncmp(row->file, "calc_", 5) == 0) in.calc = row->mode;
    in.cell_count = read_cells(row->cells, cells, CELLS_MAX, arena);
    golden_expected expected = golden_expect(row, arena);
    case_result r = case_evaluate(&in, arena);
    if (r.unsupported != NULL)
        snprintf(got, sizeof got, "unsupported %s", r.unsupported);
    else if (r.status != PE_OK)
        snprintf(got, sizeof got, "status %s", pe_status_text(r.status));
    else
        golden_value_text(r.value, got, sizeof got);
    bool agrees = r.unsupported == NULL && r.status == PE_OK &&
                  case_agrees(r.value, expected.text, expected.type, tolerance);
    if (!agrees)
        print_error("%s: %s: expected %s, got %s\n", row->file, row->formula, row->expected, got);
    pe_arena_free(arena);
    assert_true(agrees);
}

int main(void)
{
    return golden_run("golden", row_agrees);
}
