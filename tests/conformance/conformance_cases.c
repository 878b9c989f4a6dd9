/* conformance_cases.c: evaluates the single-formula cases of a cases.tsv and prints agreement by
 * trust level and by function. conformance_cases cases.tsv [--function NAME] [--trust LEVEL]
 * [--failing] A case counts for every function that its formula calls. */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "evaluate_case.h"
#include "golden/golden.h"

enum {
    SOURCE,
    FORMULA,
    EXPECTED,
    TYPE,
    CELLS,
    AT,
    MODE,
    TOLERANCE,
    TRUST,
    AGREES,
    DATE,
    SPLIT,
    FIELDS
};

typedef struct tally {
    char name[48];
    unsigned cases, agree, unsupported;
} tally;

typedef struct tallies {
    tally *items;
    size_t count, capacity;
} tallies;

static tally *find(tallies *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i].name, name) == 0) return &t->items[i];
    if (PE_GROW(&t->items, &t->capacity, t->count + 1) != PE_OK) exit(1);
    tally *item = &t->items[t->count++];
    memset(item, 0, sizeof *item);
    snprintf(item->name, sizeof item->name, "%s", name);
    return item;
}

static void count(tallies *t, const char *name, const case_result *r, bool agree)
{
    tally *item = find(t, name);
    item->cases++;
    item->agree += agree;
    item->unsupported += r->unsupported != NULL;
}

/* The name of the next function called at or after *at, in upper case, prefixes removed. */
static bool next_function(const char **at, char name[48])
{
    for (const char *s = *at; *s != 0; s++) {
        if (*s == '"') {
            for (s++; *s != 0 && *s != '"'; s++) {
            }
            if (*s == 0) break;
            continue;
        }
        if (*s != '(') continue;
        const char *start = s;
        while (start > *at &&
               (isalnum((unsigned char)start[-1]) || start[-1] == '.' || start[-1] == '_'))
            start--;
        size_t n = (size_t)(s - start);
        if (n == 0 || n > 46) continue;
        for (size_t i = 0; i < n; i++) name[i] = (char)toupper((unsigned char)start[i]);
        name[n] = 0;
        while (strncmp(name, "_XL", 3) == 0 && strchr(name, '.') != NULL)
            memmove(name, strchr(name, '.') + 1, strlen(strchr(name, '.')));
        *at = s + 1;
        return true;
    }
    return false;
}

static bool calls(const char *formula, const char *function)
{
    char name[48];
    while (next_function(&formula, name))
        if (strcmp(name, function) == 0) return true;
    return false;
}

static pe_value value_of(const json_t *json, pe_arena *arena)
{
    unsigned long used;
    if (json_is_number(json)) return pe_number(json_number_value(json));
    if (json_is_boolean(json)) return pe_boolean(json_is_true(json));
    if (json_is_string(json))
        return pe_arena_text_value(arena, json_string_value(json), json_string_length(json));
    const char *error = json_string_value(json_object_get(json, "e"));
    if (error == NULL) return pe_blank();
    return pe_error(pe_error_parse(error, strlen(error), &used));
}

static case_cell *cells_of(const char *text, size_t *n, pe_arena *arena)
{
    *n = 0;
    if (text[0] == 0) return NULL;
    json_t *json = json_loads(text, 0, NULL);
    case_cell *cells = PE_PUSH(arena, case_cell, json_object_size(json) + 1);
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        snprintf(cells[*n].where, sizeof cells[*n].where, "%s", key);
        cells[(*n)++].value = value_of(value, arena);
    }
    json_decref(json);
    return cells;
}

static int by_failures(const void *a, const void *b)
{
    const tally *p = a, *q = b;
    unsigned x = p->cases - p->agree, y = q->cases - q->agree;
    if (x != y) return x > y ? -1 : 1;
    return strcmp(p->name, q->name);
}

static void print(tallies *t, bool failing_only)
{
    qsort(t->items, t->count, sizeof *t->items, by_failures);
    for (size_t i = 0; i < t->count; i++) {
        const tally *x = &t->items[i];
        if (failing_only && x->agree == x->cases) continue;
        printf("%-28s %6u of %6u agree  %6.2f%%  unsupported %u\n", x->name, x->agree, x->cases,
               100.0 * x->agree / x->cases, x->unsupported);
    }
}

static void show(char *const *field, const case_result *r)
{
    char actual[200];
    golden_value_text(r->value, actual, sizeof actual);
    printf("[%s] %s%s%s  expected %s, %s%s  cells %.300s\n", field[TRUST], field[FORMULA],
           field[MODE][0] ? " mode " : "", field[MODE], field[EXPECTED],
           r->unsupported ? "unsupported: "
           : r->status    ? "status: "
                          : "got ",
           r->unsupported ? r->unsupported
           : r->status    ? pe_status_text(r->status)
                          : actual,
           field[CELLS]);
}

typedef struct options {
    const char *path, *function, *trust;
    bool failing;
} options;

static int parse_options(int argc, char **argv, options *o)
{
    memset(o, 0, sizeof *o);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--function") == 0 && i + 1 < argc)
            o->function = argv[++i];
        else if (strcmp(argv[i], "--trust") == 0 && i + 1 < argc)
            o->trust = argv[++i];
        else if (strcmp(argv[i], "--failing") == 0)
            o->failing = true;
        else if (argv[i][0] != '-' && o->path == NULL)
            o->path = argv[i];
        else
            return 2;
    }
    return o->path == NULL ? 2 : 0;
}

static size_t split_fields(char *line, char *field[FIELDS])
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; n < FIELDS; at++) {
        field[n++] = at;
        at = strchr(at, '\t');
        if (at == NULL) break;
        *at = 0;
    }
    return n;
}

static void run_case(char *const *field, const options *o, tallies *trust, tallies *functions)
{
    pe_arena *arena = pe_arena_new(1u << 28);
    case_input in = {.formula = field[FORMULA],
                     .at = field[AT][0] != 0 ? field[AT] : "Sheet1!ZZ999",
                     .mode = field[MODE],
                     .date1904 = strcmp(field[DATE], "1904") == 0};
    in.cells = cells_of(field[CELLS], &in.cell_count, arena);
    case_result r = case_evaluate(&in, arena);
    bool agree = r.status == PE_OK && r.unsupported == NULL &&
                 case_agrees(r.value, field[EXPECTED], field[TYPE][0], field[TOLERANCE]);
    count(trust, field[TRUST], &r, agree);
    char name[48];
    for (const char *at = field[FORMULA]; next_function(&at, name);)
        count(functions, name, &r, agree);
    if (!agree && o->failing) show(field, &r);
    pe_arena_free(arena);
}

int main(int argc, char **argv)
{
    options o;
    if (parse_options(argc, argv, &o) != 0) {
        fprintf(
            stderr,
            "usage: conformance_cases cases.tsv [--function NAME] [--trust LEVEL] [--failing]\n");
        return 2;
    }
    FILE *file = fopen(o.path, "r");
    if (file == NULL) {
        printf("skipped: no %s\n", o.path);
        return 0;
    }
    tallies trust = {0}, functions = {0};
    char *line = NULL, *field[FIELDS];
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        if (split_fields(line, field) < FIELDS || strcmp(field[SOURCE], "source") == 0) continue;
        if (o.function != NULL && !calls(field[FORMULA], o.function)) continue;
        if (o.trust != NULL && strcmp(field[TRUST], o.trust) != 0) continue;
        run_case(field, &o, &trust, &functions);
    }
    printf("\nby function (only those with failures)\n");
    print(&functions, true);
    printf("\nby trust\n");
    print(&trust, false);
    free(line);
    free(trust.items);
    free(functions.items);
    fclose(file);
    return 0;
}
