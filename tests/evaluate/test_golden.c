/* test_golden.c: the golden rows of the worksheet functions: tests/golden/<category>.tsv, one row
 * one reported test: formula TAB expected TAB cells TAB mode/tolerance TAB source expected: a
 * number, "text" in quotes, TRUE, #N/A; cells: A1=5;B2="text";C3=TRUE;D4=#N/A; mode/tolerance (may
 * be empty): "array", "dyn", "1904", a relative tolerance such as 1e-12, or "x abs", separated by
 * commas. Lines that start with '#' are comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>

#include "evaluate_case.h"

typedef struct golden_row {
    char *file, *formula, *expected, *cells, *mode;
} golden_row;

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

/* The end of a value: a ';' outside quotes. */
static size_t value_end(const char *s)
{
    size_t n = 0;
    for (bool quoted = false; s[n] != 0 && (quoted || s[n] != ';'); n++)
        if (s[n] == '"') quoted = !quoted;
    return n;
}

static size_t read_cells(const char *text, case_cell *cells, size_t most, pe_arena *arena)
{
    size_t count = 0;
    while (*text != 0 && count < most) {
        const char *equals = strchr(text, '=');
        assert_non_null(equals);
        size_t n = (size_t)(equals - text);
        assert_true(n < sizeof cells->where);
        memcpy(cells[count].where, text, n);
        cells[count].where[n] = 0;
        size_t length = value_end(equals + 1);
        cells[count++].value = literal(arena, equals + 1, length);
        text = equals + 1 + length;
        if (*text == ';') text++;
    }
    return count;
}

static char type_of(pe_value v)
{
    pe_kind kind = pe_kind_of(v);
    return kind == PE_KIND_NUMBER    ? 'n'
           : kind == PE_KIND_TEXT    ? 's'
           : kind == PE_KIND_BOOLEAN ? 'b'
                                     : 'e';
}

static void read_mode(const char *text, case_input *in, char tolerance[64])
{
    tolerance[0] = 0;
    in->mode = strstr(text, "array") ? "array" : strstr(text, "dyn") ? "dyn" : "";
    in->date1904 = strstr(text, "1904") != NULL;
    for (const char *at = text; *at != 0;) {
        size_t n = strcspn(at, ",");
        bool number = (at[0] >= '0' && at[0] <= '9' && strncmp(at, "1904", 4) != 0);
        if (number && n < 64) {
            memcpy(tolerance, at, n);
            tolerance[n] = 0;
        }
        at += n + (at[n] == ',');
    }
}

static void row_agrees(void **state)
{
    enum { CELLS_MAX = 512 };
    const golden_row *row = *state;
    pe_arena *arena = pe_arena_new(1u << 26);
    case_cell *cells = PE_PUSH(arena, case_cell, CELLS_MAX);
    char tolerance[64], got[256];
    case_input in = {.formula = row->formula, .at = "Sheet1!Z99", .cells = cells};
    read_mode(row->mode, &in, tolerance);
    in.cell_count = read_cells(row->cells, cells, CELLS_MAX, arena);
    pe_value expected = literal(arena, row->expected, strlen(row->expected));
    const char *text = pe_is(expected, PE_KIND_TEXT) ? pe_as_text(expected)->bytes : row->expected;
    case_result r = case_evaluate(&in, arena);
    if (r.unsupported != NULL)
        snprintf(got, sizeof got, "unsupported %s", r.unsupported);
    else if (r.status != PE_OK)
        snprintf(got, sizeof got, "status %s", pe_status_text(r.status));
    else
        case_value_text(r.value, got, sizeof got);
    bool agrees = r.unsupported == NULL && r.status == PE_OK &&
                  case_agrees(r.value, text, type_of(expected), tolerance);
    if (!agrees) print_error("%s: %s: expected %s, got %s\n", row->file, row->formula, text, got);
    pe_arena_free(arena);
    assert_true(agrees);
}

static char *field_of(char **at)
{
    char *start = *at, *tab = strchr(start, '\t');
    if (tab == NULL) {
        *at = start + strlen(start);
        return start;
    }
    *tab = 0;
    *at = tab + 1;
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
    if (count == 0) return 0;
    return _cmocka_run_group_tests("golden", tests, count, NULL, NULL);
}
