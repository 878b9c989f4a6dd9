/* conformance_check.c: the self-check over a folder of workbooks:
 *   conformance_check folder [--manifest manifest.tsv] [--verbose] [--time] [--file part-of-name]
 * [--limit N] Per file: formulas, compared, agree, pinned, unsupported, skipped, seconds; the
 * functions of root differences and what is not supported. With a manifest: the share of its
 * checkable cells that agree; what differs, is not supported or skipped counts against it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "evaluate.h"

typedef struct options {
    const char *folder, *file, *manifest;
    unsigned limit;
    bool verbose, time;
} options;

typedef struct totals {
    unsigned files, failed, formulas, compared, agree, pinned, unsupported, skipped, roots;
    unsigned downstream_compared, downstream_agree;
    unsigned checkable, good, listed, at_99;
} totals;

static void value_text(pe_value v, char *out, size_t size)
{
    char number[PE_DECIMAL_BYTES];
    if (pe_is_number(v)) {
        pe_decimal_shortest(pe_as_number(v), number);
        snprintf(out, size, "%s", number);
    } else if (pe_is(v, PE_KIND_TEXT)) {
        snprintf(out, size, "\"%.80s\"", pe_as_text(v)->bytes);
    } else if (pe_is(v, PE_KIND_BOOLEAN)) {
        snprintf(out, size, "%s", pe_as_boolean(v) ? "TRUE" : "FALSE");
    } else if (pe_is(v, PE_KIND_ERROR)) {
        snprintf(out, size, "%s", pe_error_text(pe_as_error(v)));
    } else {
        snprintf(out, size, "(blank)");
    }
}

static void print_cell(const pe_graph *g, uint32_t cell, const char *rest)
{
    char where[300], formula[400] = "";
    pe_cell_ref ref = pe_workbook_ref(pe_graph_workbook(g), cell);
    pe_workbook_cell_text(pe_graph_workbook(g), ref, where, sizeof where);
    uint32_t master = pe_graph_master(g, cell);
    const pe_formula *f = pe_graph_formula(g, master);
    pe_cell_ref home = pe_workbook_ref(pe_graph_workbook(g), master);
    if (f != NULL) pe_formula_print(f->root, home, pe_graph_printer(g), formula, sizeof formula);
    printf("    %s =%s  %s\n", where, formula, rest);
}

static void print_details(const pe_graph *g, const pe_evaluator *e, const pe_check *check,
                          unsigned limit)
{
    char expected[128], actual[128], line[300];
    for (uint32_t i = 0; i < check->differ_count && i < limit; i++) {
        const pe_difference *d = &check->differ[i];
        value_text(d->expected, expected, sizeof expected);
        value_text(d->actual, actual, sizeof actual);
        snprintf(line, sizeof line, "%sstored %s, got %s", d->root ? "ROOT " : "", expected,
                 actual);
        print_cell(g, d->cell, line);
    }
    for (uint32_t i = 0; i < check->unsupported_count && i < limit; i++) {
        const char *function, *why = pe_evaluator_unsupported(e, check->unsupported[i], &function);
        snprintf(line, sizeof line, "unsupported: %.200s", why);
        print_cell(g, check->unsupported[i], line);
    }
}

static void add(totals *t, const pe_check *c)
{
    t->files++;
    t->formulas += c->formulas;
    t->compared += c->compared;
    t->agree += c->agree;
    t->pinned += c->pinned;
    t->unsupported += c->unsupported_count;
    t->skipped += c->skipped_count;
    t->roots += c->root_count;
    t->downstream_compared += c->downstream_compared;
    t->downstream_agree += c->downstream_agree;
}

/* The recalculation alone: comparing costs more where everything differs. */
static void print_time(const pe_graph *g, const pe_evaluate_options *eo, const char *name)
{
    pe_evaluator *e = NULL;
    double start = pe_clock_seconds();
    pe_status status = pe_evaluator_new(g, eo, &e, NULL);
    double ready = pe_clock_seconds();
    if (status == PE_OK) status = pe_evaluator_run(e, PE_EVALUATE_CHECK, NULL, NULL, NULL);
    printf("prepare %.3f run %.3f s  %s\n", ready - start, pe_clock_seconds() - ready, name);
    pe_evaluator_free(e);
}

/* The manifest's count of checkable cells for a file whose path ends with the manifest's; -1: not
 * listed. */
static long checkable_of(const char *manifest, const char *path)
{
    enum { CHECKABLE = 7, FILE_COLUMN = 15 };
    FILE *file = manifest != NULL ? fopen(manifest, "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    long found = -1;
    while (file != NULL && found < 0 && getline(&line, &size, file) > 0) {
        char *field[FILE_COLUMN + 1], *rest = line;
        unsigned n = 0;
        line[strcspn(line, "\r\n")] = 0;
        while (n <= FILE_COLUMN && rest != NULL) field[n++] = strsep(&rest, "\t");
        if (n <= FILE_COLUMN) continue;
        size_t a = strlen(path), b = strlen(field[FILE_COLUMN]), used;
        if (b < 5 || a < b || strcmp(path + a - b, field[FILE_COLUMN]) != 0) continue;
        found = (long)pe_decimal_parse(field[CHECKABLE], strlen(field[CHECKABLE]), &used);
    }
    free(line);
    if (file != NULL) fclose(file);
    return found;
}

static void add_listed(totals *t, const pe_check *c, long checkable)
{
    unsigned bad = c->differ_count + c->unsupported_count + c->skipped_count;
    if (checkable < 0) return;
    unsigned good = bad < (unsigned)checkable ? (unsigned)checkable - bad : 0;
    t->listed++;
    t->checkable += (unsigned)checkable;
    t->good += good;
    t->at_99 += (double)good >= 0.99 * (double)checkable;
}

static void check_file(const char *path, const char *name, const options *o, totals *t)
{
    pe_workbook *w = NULL;
    pe_graph *g = NULL;
    pe_evaluator *e = NULL;
    pe_check *check = NULL;
    pe_diag diag = {0};
    pe_evaluate_options eo = {.now = 45000};
    double start = pe_clock_seconds();
    pe_status status = pe_workbook_read_file(path, NULL, NULL, NULL, &w, &diag);
    double read = pe_clock_seconds();
    if (status == PE_OK) status = pe_graph_build(w, NULL, 0, NULL, NULL, &g, &diag);
    double built = pe_clock_seconds();
    if (status == PE_OK && o->time) {
        print_time(g, &eo, name);
        built = pe_clock_seconds();
    }
    if (status == PE_OK) status = pe_evaluator_new(g, &eo, &e, &diag);
    if (status == PE_OK) status = pe_evaluator_check(e, NULL, NULL, &check, &diag);
    double end = pe_clock_seconds();
    if (status != PE_OK) {
        printf("FAILED %s: %s: %s\n", name, diag.where, diag.what);
        t->failed++;
    } else {
        uint32_t cycles;
        pe_evaluator_cycles(e, &cycles);
        printf("%7.3f%% %6u of %6u  pinned %u unsupported %u skipped %u roots %u cycles %u "
               "components %u  "
               "read %.2f graph %.2f (parse %.2f) check %.2f s  %s%s%s\n",
               check->compared ? 100.0 * check->agree / check->compared : 100.0, check->agree,
               check->compared, check->pinned, check->unsupported_count, check->skipped_count,
               check->root_count, cycles, pe_graph_component_count(g), read - start, built - read,
               pe_graph_parse_seconds(g), end - built, name, check->header[0] ? "  # " : "",
               check->header);
        add(t, check);
        add_listed(t, check, checkable_of(o->manifest, path));
        if (o->verbose) print_details(g, e, check, o->limit);
    }
    pe_check_free(check);
    pe_evaluator_free(e);
    pe_graph_free(g);
    pe_workbook_free(w);
}

static void walk(const char *folder, const options *o, totals *t)
{
    char path[4096];
    struct stat info;
    DIR *dir = opendir(folder);
    if (dir == NULL) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &info) != 0) continue;
        if (S_ISDIR(info.st_mode)) {
            walk(path, o, t);
            continue;
        }
        const char *end = strrchr(entry->d_name, '.');
        if (end == NULL || (strcmp(end, ".xlsx") && strcmp(end, ".xlsm") && strcmp(end, ".ods") &&
                            strcmp(end, ".fods")))
            continue;
        if (o->file != NULL && strstr(path, o->file) == NULL) continue;
        check_file(path, path + strlen(o->folder), o, t);
        fflush(stdout);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    options o = {.limit = 10};
    totals t = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0)
            o.verbose = true;
        else if (strcmp(argv[i], "--time") == 0)
            o.time = true;
        else if (strcmp(argv[i], "--manifest") == 0 && i + 1 < argc)
            o.manifest = argv[++i];
        else if (strcmp(argv[i], "--file") == 0 && i + 1 < argc)
            o.file = argv[++i];
        else if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
            size_t used;
            const char *text = argv[++i];
            o.limit = (unsigned)pe_decimal_parse(text, strlen(text), &used);
        } else
            o.folder = argv[i];
    }
    if (o.folder == NULL) {
        fprintf(stderr, "usage: conformance_check folder [--manifest file] [--verbose] [--time] "
                        "[--file part] [--limit N]\n");
        return 2;
    }
    walk(o.folder, &o, &t);
    printf("files %u failed %u: formulas %u compared %u agree %u (%.3f%%) pinned %u unsupported %u "
           "skipped %u "
           "roots %u; downstream of random %u of %u\n",
           t.files, t.failed, t.formulas, t.compared, t.agree,
           t.compared ? 100.0 * t.agree / t.compared : 100.0, t.pinned, t.unsupported, t.skipped,
           t.roots, t.downstream_agree, t.downstream_compared);
    if (t.listed > 0)
        printf("of %u checkable cells in %u listed workbooks %u agree (%.3f%%); at least 99%% in "
               "%u workbooks\n",
               t.checkable, t.listed, t.good, 100.0 * t.good / (t.checkable ? t.checkable : 1),
               t.at_99);
    return t.failed > 0;
}
