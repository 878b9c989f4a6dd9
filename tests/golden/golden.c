/* golden.c: see golden.h. The rows live as long as the process. */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>

typedef struct table {
    struct CMUnitTest *tests;
    size_t capacity, count;
    void (*test)(void **state);
    uint32_t files, empty; /* empty: files without a row */
} table;

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

golden_expected golden_expect(const golden_row *row, pe_arena *arena)
{
    golden_expected e = {literal(arena, row->expected, strlen(row->expected)), row->expected, 'e'};
    pe_kind kind = pe_kind_of(e.value);
    if (kind == PE_KIND_NUMBER) e.type = 'n';
    if (kind == PE_KIND_BOOLEAN) e.type = 'b';
    if (kind == PE_KIND_TEXT) {
        e.type = 's';
        e.text = pe_as_text(e.value)->bytes;
    }
    return e;
}

/* The end of a value: a ';' outside quotes. */
static size_t value_end(const char *s)
{
    size_t n = 0;
    for (bool quoted = false; s[n] != 0 && (quoted || s[n] != ';'); n++)
        if (s[n] == '"') quoted = !quoted;
    return n;
}

bool golden_next_cell(const char **cells, char where[GOLDEN_WHERE_BYTES], pe_value *value,
                      pe_arena *arena)
{
    const char *at = *cells, *equals = strchr(at, '=');
    if (*at == 0) return false;
    if (equals == NULL || equals - at >= GOLDEN_WHERE_BYTES) fail_msg("not a cell: %s", at);
    size_t n = (size_t)(equals - at), length = value_end(equals + 1);
    memcpy(where, at, n);
    where[n] = 0;
    *value = literal(arena, equals + 1, length);
    at = equals + 1 + length;
    *cells = at + (*at == ';');
    return true;
}

void golden_tolerance(const golden_row *row, char tolerance[GOLDEN_TOLERANCE_BYTES])
{
    tolerance[0] = 0;
    for (const char *at = row->mode; *at != 0;) {
        size_t n = strcspn(at, ",");
        bool number = at[0] >= '0' && at[0] <= '9' && strncmp(at, "1904", 4) != 0;
        if (number && n < GOLDEN_TOLERANCE_BYTES) {
            memcpy(tolerance, at, n);
            tolerance[n] = 0;
        }
        at += n + (at[n] == ',');
    }
}

/* ---- the files */

static char *field_of(char **at)
{
    char *start = *at, *tab = strchr(start, '\t');
    *at = tab != NULL ? tab + 1 : start + strlen(start);
    if (tab != NULL) *tab = 0;
    return start;
}

static void add_row(table *t, const char *file, const char *line)
{
    golden_row *row = calloc(1, sizeof *row);
    char *at = strdup(line);
    at[strcspn(at, "\r\n")] = 0;
    row->file = file;
    row->formula = field_of(&at);
    row->expected = field_of(&at);
    row->cells = field_of(&at);
    row->mode = field_of(&at);
    if (PE_GROW(&t->tests, &t->capacity, t->count + 1) != PE_OK) exit(1);
    t->tests[t->count++] = (struct CMUnitTest){row->formula, t->test, NULL, NULL, row};
}

static void read_file(table *t, const char *name)
{
    char path[1024], *line = NULL;
    size_t size = 0, before = t->count;
    snprintf(path, sizeof path, PE_SOURCE_DIR "/tests/golden/%.200s", name);
    FILE *file = fopen(path, "r");
    while (file != NULL && getline(&line, &size, file) > 0)
        if (line[0] == '=') add_row(t, strdup(name), line);
    if (file != NULL) fclose(file);
    free(line);
    t->files++;
    if (t->count == before) {
        t->empty++;
        print_error("%s: no rows\n", path);
    }
}

int golden_run(const char *group, void (*test)(void **state))
{
    table t = {.test = test};
    DIR *folder = opendir(PE_SOURCE_DIR "/tests/golden");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n >= 5 && strcmp(entry->d_name + n - 4, ".tsv") == 0) read_file(&t, entry->d_name);
    }
    if (folder != NULL) closedir(folder);
    if (t.files == 0) print_error("no golden rows below %s\n", PE_SOURCE_DIR);
    if (t.files == 0 || t.empty > 0) return 1;
    return _cmocka_run_group_tests(group, t.tests, t.count, NULL, NULL);
}
