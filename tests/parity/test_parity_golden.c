/* test_parity_golden.c: the golden rows with cells that vary: each cell given is a formula that
 * draws and yet has the given value in every trial ("=5+0*RAND()"), so that the vector program and
 * the general evaluator must both give the value that Excel stored. Each row runs with all cells
 * varying, with every second one, and with the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evaluate_case.h"
#include "golden/golden.h"
#include "parity_model.h"

#define TRIALS 20

typedef enum pattern { ALL, EVEN, ODD, PATTERN_COUNT } pattern;

/* What a cell is (its formula, its sheet) is not what this test keeps. */
static const char *const left_out[] = {"ISFORMULA(", "FORMULATEXT(", "CELL("};

static uint32_t sheet_of(pe_workbook_builder *b, char *where, const char **address)
{
    char *mark = strrchr(where, '!');
    size_t n = mark != NULL ? (size_t)(mark - where) : 0;
    *address = mark != NULL ? mark + 1 : where;
    if (mark == NULL) return pe_builder_sheet(b, "Sheet1");
    *mark = 0;
    if (n < 2 || where[0] != '\'') return pe_builder_sheet(b, where);
    where[n - 1] = 0;
    return pe_builder_sheet(b, where + 1);
}

/* "=IF(RAND()<2,"it's ""x""",0)": the text as a draw that never changes. */
static const char *varying_text(pe_arena *arena, const pe_text *text, char separator)
{
    char *out = PE_PUSH(arena, char, 2 * (size_t)text->length + 40), *at = out;
    memcpy(at, "=IF(RAND()<2 \"", 14);
    at[12] = separator;
    at += 14;
    for (uint32_t i = 0; i < text->length; i++) {
        if (text->bytes[i] == '"') *at++ = '"';
        *at++ = text->bytes[i];
    }
    at[0] = '"';
    at[1] = separator;
    memcpy(at + 2, "0)", 3);
    return out;
}

static void put_cell(pe_workbook_builder *b, pe_arena *arena, char *where, pe_value v, bool vary,
                     char separator)
{
    const char *address, *formula = NULL;
    char number[PE_DECIMAL_BYTES];
    uint32_t s = sheet_of(b, where, &address);
    if (pe_is(v, PE_KIND_TEXT) && (!vary || pe_as_text(v)->length > 250)) {
        pe_builder_text(b, s, address, pe_as_text(v)->bytes);
        return;
    }
    if (!vary || pe_is(v, PE_KIND_BLANK)) {
        pe_builder_value(b, s, address, v);
        return;
    }
    if (pe_is_number(v)) {
        pe_decimal_shortest(pe_as_number(v), number);
        formula = pe_arena_printf(arena, "=%s+0*RAND()", number);
    } else if (pe_is(v, PE_KIND_TEXT)) {
        formula = varying_text(arena, pe_as_text(v), separator);
    } else if (pe_is(v, PE_KIND_BOOLEAN)) {
        formula = pe_as_boolean(v) ? "=RAND()<2" : "=RAND()>2";
    } else {
        formula = pe_arena_printf(arena, "=IF(RAND()<2%c%s%c0)", separator,
                                  pe_error_text(pe_as_error(v)), separator);
    }
    pe_builder_formula(b, s, address, formula, v);
}

static pe_workbook *row_workbook(const golden_row *row, pattern p, pe_arena *arena, int *varied)
{
    pe_workbook_builder *b = pe_builder_new();
    pe_workbook *w = NULL;
    const char *list = row->cells;
    char where[GOLDEN_WHERE_BYTES];
    pe_value value;
    *varied = 0;
    const pe_builder_settings settings = case_calc_settings(row->mode);
    bool calc = strncmp(row->file, "calc_", 5) == 0;
    if (calc && pe_builder_configure(b, &settings, NULL) != PE_OK) return NULL;
    uint32_t home = pe_builder_sheet(b, "Sheet1");
    for (int i = 0; golden_next_cell(&list, where, &value, arena); i++) {
        bool vary = p == ALL || (p == EVEN) == (i % 2 == 0);
        *varied += vary;
        put_cell(b, arena, where, value, vary, calc ? ';' : ',');
    }
    if (strstr(row->mode, "array") == NULL && strstr(row->mode, "dyn") == NULL)
        pe_builder_formula(b, home, "Z99", row->formula, pe_blank());
    else
        pe_builder_array(b, home, "Z99", row->formula,
                         strstr(row->mode, "dyn") ? PE_FORMULA_DYNAMIC : PE_FORMULA_ARRAY);
    pe_builder_date1904(b, strstr(row->mode, "1904") != NULL);
    return pe_builder_finish(b, &w, NULL) == PE_OK ? w : NULL;
}

static bool values_agree(const golden_row *row, const parity_model *m, pe_arena *arena)
{
    char tolerance[GOLDEN_TOLERANCE_BYTES], got[300];
    golden_expected expected = golden_expect(row, arena);
    const pe_cell_ref at = {0, 98, 25};
    golden_tolerance(row, tolerance);
    uint32_t cell = pe_workbook_cell(m->workbook, at);
    for (uint32_t t = 0; t < m->trials; t++) {
        pe_value v = parity_value(m, cell, t);
        if (case_agrees(v, expected.text, expected.type, tolerance)) continue;
        golden_value_text(v, got, sizeof got);
        print_error("%s: %s: expected %s, got %s in trial %u\n", row->file, row->formula,
                    row->expected, got, t);
        return false;
    }
    return true;
}

static bool pattern_agrees(const golden_row *row, pattern p)
{
    parity_model m = {0};
    parity_result r = {0};
    pe_diag diag = {PE_OK, "", ""};
    int varied;
    pe_arena *arena = pe_arena_new(1u << 24);
    pe_workbook *w = row_workbook(row, p, arena, &varied);
    const parity_request request = {row->file, 0, 20, stderr};
    bool agrees = w != NULL;
    if (agrees && (varied > 0 || p == ALL)) {
        pe_status status = parity_open(&m, w, NULL, 0, TRIALS, &diag);
        if (status == PE_OK) status = parity_compare(&m, &request, &r, &diag);
        if (status != PE_OK)
            print_error("%s: %s: %s: %s\n", row->file, row->formula, diag.where, diag.what);
        agrees =
            status == PE_OK && r.differ == 0 && r.variants == 0 && values_agree(row, &m, arena);
        w = NULL;
    }
    pe_workbook_free(w);
    parity_free(&m);
    pe_arena_free(arena);
    return agrees;
}

static void row_agrees(void **state)
{
    const golden_row *row = *state;
    bool agrees = true;
    for (size_t i = 0; i < PE_COUNT(left_out); i++)
        if (strstr(row->formula, left_out[i]) != NULL) return;
    for (pattern p = ALL; p < PATTERN_COUNT; p++) agrees = pattern_agrees(row, p) && agrees;
    assert_true(agrees);
}

int main(void)
{
    return golden_run("parity_golden", row_agrees);
}
