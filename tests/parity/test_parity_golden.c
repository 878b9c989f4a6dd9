/* test_parity_golden.c: the golden rows with cells that vary: each cell given is a formula that
 * draws and yet has the given value in every trial ("=5+0*RAND()"), so that the vector program and
 * the general evaluator must both give the value that Excel stored. Each row runs with all cells
 * varying, with every second one, and with the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>

#include "evaluate_case.h"
#include "parity_model.h"

#define TRIALS 20

typedef struct golden_row {
    char *file, *formula, *expected, *cells, *mode;
} golden_row;

typedef enum pattern { ALL, EVEN, ODD, PATTERN_COUNT } pattern;

/* What a cell is (its formula, its sheet) is not what this test keeps. */
static const char *const left_out[] = {"ISFORMULA(", "FORMULATEXT(", "CELL("};

/* The end of a value: a ';' outside quotes. */
static size_t value_end(const char *s)
{
    size_t n = 0;
    for (bool quoted = false; s[n] != 0 && (quoted || s[n] != ';'); n++)
        if (s[n] == '"') quoted = !quoted;
    return n;
}

static pe_value literal(pe_arena *arena, const char *text, size_t length)
{
    unsigned long error_length;
    size_t used;
    if (length >= 2 && text[0] == '"') return pe_arena_text_value(arena, text + 1, length - 2);
    if (length == 4 && memcmp(text, "TRUE", 4) == 0) return pe_boolean(true);
    if (length == 5 && memcmp(text, "FALSE", 5) == 0) return pe_boolean(false);
    if (length > 0 && text[0] == '#') return pe_error(pe_error_parse(text, length, &error_length));
    return length > 0 ? pe_number(pe_decimal_parse(text, length, &used)) : pe_blank();
}

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
static const char *varying_text(pe_arena *arena, const pe_text *text)
{
    char *out = PE_PUSH(arena, char, 2 * (size_t)text->length + 40), *at = out;
    memcpy(at, "=IF(RAND()<2,\"", 14);
    at += 14;
    for (uint32_t i = 0; i < text->length; i++) {
        if (text->bytes[i] == '"') *at++ = '"';
        *at++ = text->bytes[i];
    }
    strcpy(at, "\",0)");
    return out;
}

static void put_cell(pe_workbook_builder *b, pe_arena *arena, char *where, pe_value v, bool vary)
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
        formula = varying_text(arena, pe_as_text(v));
    } else if (pe_is(v, PE_KIND_BOOLEAN)) {
        formula = pe_as_boolean(v) ? "=RAND()<2" : "=RAND()>2";
    } else {
        formula = pe_arena_printf(arena, "=IF(RAND()<2,%s,0)", pe_error_text(pe_as_error(v)));
    }
    pe_builder_formula(b, s, address, formula, v);
}

static pe_workbook *row_workbook(const golden_row *row, pattern p, pe_arena *arena, int *varied)
{
    pe_workbook_builder *b = pe_builder_new();
    pe_workbook *w = NULL;
    const char *text = row->cells;
    char where[200];
    *varied = 0;
    uint32_t home = pe_builder_sheet(b, "Sheet1");
    for (int i = 0; *text != 0; i++) {
        size_t n = strcspn(text, "=");
        snprintf(where, sizeof where, "%.*s", (int)n, text);
        text += n + 1;
        size_t length = value_end(text);
        bool vary = p == ALL || (p == EVEN) == (i % 2 == 0);
        *varied += vary;
        put_cell(b, arena, where, literal(arena, text, length), vary);
        text += length + (text[length] == ';');
    }
    if (strstr(row->mode, "array") == NULL && strstr(row->mode, "dyn") == NULL)
        pe_builder_formula(b, home, "Z99", row->formula, pe_blank());
    else
        pe_builder_array(b, home, "Z99", row->formula,
                         strstr(row->mode, "dyn") ? PE_FORMULA_DYNAMIC : PE_FORMULA_ARRAY);
    pe_builder_date1904(b, strstr(row->mode, "1904") != NULL);
    return pe_builder_finish(b, &w, NULL) == PE_OK ? w : NULL;
}

static void read_tolerance(const char *text, char tolerance[64])
{
    tolerance[0] = 0;
    while (*text != 0) {
        size_t n = strcspn(text, ",");
        if (text[0] >= '0' && text[0] <= '9' && strncmp(text, "1904", 4) != 0 && n < 64) {
            memcpy(tolerance, text, n);
            tolerance[n] = 0;
        }
        text += n + (text[n] == ',');
    }
}

static bool values_agree(const golden_row *row, const parity_model *m, pe_arena *arena)
{
    char tolerance[64], got[300];
    pe_value expected = literal(arena, row->expected, strlen(row->expected));
    const pe_cell_ref at = {0, 98, 25};
    pe_kind kind = pe_kind_of(expected);
    const char *text = kind == PE_KIND_TEXT ? pe_as_text(expected)->bytes : row->expected;
    char type = kind == PE_KIND_NUMBER    ? 'n'
                : kind == PE_KIND_TEXT    ? 's'
                : kind == PE_KIND_BOOLEAN ? 'b'
                                          : 'e';
    read_tolerance(row->mode, tolerance);
    uint32_t cell = pe_workbook_cell(m->workbook, at);
    for (uint32_t t = 0; t < m->trials; t++) {
        pe_value v = parity_value(m, cell, t);
        if (case_agrees(v, text, type, tolerance)) continue;
        parity_text(v, got, sizeof got);
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

static char *field_of(char **at)
{
    char *start = *at, *tab = strchr(start, '\t');
    *at = tab != NULL ? tab + 1 : start + strlen(start);
    if (tab != NULL) *tab = 0;
    return start;
}

static void add_row(char *line, const char *file, struct CMUnitTest **tests, size_t *capacity,
                    size_t *count)
{
    line[strcspn(line, "\r\n")] = 0;
    if (line[0] != '=') return;
    golden_row *row = calloc(1, sizeof *row);
    char *at = strdup(line);
    row->file = strdup(file);
    row->formula = field_of(&at);
    row->expected = field_of(&at);
    row->cells = field_of(&at);
    row->mode = field_of(&at);
    if (PE_GROW(tests, capacity, *count + 1) != PE_OK) exit(1);
    (*tests)[(*count)++] = (struct CMUnitTest){row->formula, row_agrees, NULL, NULL, row};
}

int main(void)
{
    struct CMUnitTest *tests = NULL;
    size_t capacity = 0, count = 0, size = 0;
    char *line = NULL, path[1024];
    DIR *folder = opendir(PE_SOURCE_DIR "/tests/golden");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n < 5 || strcmp(entry->d_name + n - 4, ".tsv") != 0) continue;
        snprintf(path, sizeof path, PE_SOURCE_DIR "/tests/golden/%.200s", entry->d_name);
        FILE *file = fopen(path, "r");
        while (file != NULL && getline(&line, &size, file) > 0)
            add_row(line, entry->d_name, &tests, &capacity, &count);
        if (file != NULL) fclose(file);
    }
    if (folder != NULL) closedir(folder);
    free(line);
    if (count == 0) return 1;
    return _cmocka_run_group_tests("parity_golden", tests, count, NULL, NULL);
}
