/* parity_corpus.c: parity over the workbooks below a folder: parity_corpus FOLDER [SECONDS]. Up to
 * 200 numeric constants of each workbook that formulas read become inputs, uniform within 10
 * percent of the constant (whole numbers below 3000 stay whole and mostly keep their value: years,
 * indices, counts); all cells that vary then are compared in 8 trials. At the end: what still
 * needed the general evaluator, most frequent first. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "parity_model.h"

#define INPUTS_MAX 200
#define TRIALS 8
#define CELLS_MAX 400000u

typedef struct totals {
    uint32_t workbooks, failed, differing, timed_out;
    uint64_t cells, evaluations, differ, variants;
    double seconds_max;
} totals;

/* ---- what the general evaluator is for ---------------------------------------------------- */

typedef struct cause {
    char name[40];
    uint32_t units, workbooks, last; /* last: the workbook counted last */
    char example[300];
} cause;

typedef struct causes {
    cause rows[PE_FUNCTION_COUNT + 8];
    uint32_t count;
} causes;

static const char *name_of(const pe_unit *unit)
{
    if (unit->kind == PE_UNIT_ARRAY) return "(array formula)";
    if (unit->kind == PE_UNIT_COMPONENT) return "(cycle)";
    if (unit->kind == PE_UNIT_TABLE) return "(data table)";
    if (unit->node->kind == PE_NODE_FUNCTION)
        return pe_function_row((pe_function_id)unit->node->function)->name;
    if (unit->node->kind == PE_NODE_BINARY) return "(binary operator)";
    return unit->node->kind == PE_NODE_UNARY ? "(unary operator)" : "(other)";
}

static void put_example(cause *c, const parity_model *m, const pe_unit *unit, const char *file)
{
    char where[200], text[200] = "";
    pe_cell_ref home = pe_workbook_ref(m->workbook, unit->cell);
    pe_workbook_cell_text(m->workbook, home, where, sizeof where);
    if (unit->kind == PE_UNIT_NODE)
        pe_formula_print(unit->node, home, pe_graph_printer(m->graph), text, sizeof text);
    snprintf(c->example, sizeof c->example, "%.60s %.60s: %.150s", file, where, text);
}

static void count_causes(causes *all, const parity_model *m, uint32_t workbook, const char *file)
{
    const pe_program *p = m->program;
    for (uint32_t g = 0; p != NULL && g < p->general_count; g++) {
        const pe_unit *unit = &p->generals[g].unit;
        const char *name = name_of(unit);
        uint32_t i = 0;
        while (i < all->count && strcmp(all->rows[i].name, name) != 0) i++;
        if (i == PE_COUNT(all->rows)) continue;
        cause *c = &all->rows[i];
        if (i == all->count) {
            all->count++;
            snprintf(c->name, sizeof c->name, "%s", name);
            put_example(c, m, unit, file);
        }
        c->units++;
        c->workbooks += c->last != workbook;
        c->last = workbook;
    }
}

static int compare_causes(const void *x, const void *y)
{
    const cause *a = x, *b = y;
    return (a->units < b->units) - (a->units > b->units);
}

/* ---- workbooks ---------------------------------------------------------------------------- */

static bool mark_area(void *context, const pe_area *area)
{
    void **pair = context;
    const pe_workbook *w = pair[0];
    uint64_t *read = pair[1];
    for (uint32_t s = area->sheet_first; s <= area->sheet_last && s < w->sheet_count; s++) {
        const pe_sheet *sheet = &w->sheets[s];
        for (uint32_t i = pe_workbook_row_lower(sheet, area->row_first); i < sheet->row_count;
             i++) {
            uint32_t first, end;
            if (sheet->rows_used[i] > area->row_last || i > area->row_first + 500) break;
            pe_workbook_row(w, s, sheet->rows_used[i], area->column_first, area->column_last,
                            &first, &end);
            for (; first < end; first++) pe_bit_set(read, first);
        }
    }
    return true;
}

/* "120*(0.9+0.2*RAND())", "INT(3+RAND()*1.2)". */
static bool input_text(double x, char *out, size_t size)
{
    char number[PE_DECIMAL_BYTES];
    bool whole = x == (double)(int64_t)x && x >= -3000 && x <= 3000;
    pe_decimal_shortest(x, number);
    if (whole) return snprintf(out, size, "INT(%s+RAND()*1.2)", number) < (int)size;
    return snprintf(out, size, "(%s)*(0.9+0.2*RAND())", number) < (int)size;
}

static uint32_t choose_inputs(pe_workbook *w, pe_override *overrides, char texts[][96])
{
    pe_graph *graph = NULL;
    uint32_t count = 0, order_count;
    uint64_t *read = calloc(w->cell_count / 64 + 1, sizeof *read);
    if (read == NULL || pe_graph_build(w, NULL, 0, NULL, NULL, &graph, NULL) != PE_OK) {
        free(read);
        return 0;
    }
    void *pair[2] = {w, read};
    const uint32_t *order = pe_graph_order(graph, &order_count);
    for (uint32_t i = 0; i < order_count && i < 20000; i++)
        pe_graph_precedents(graph, order[i], mark_area, pair);
    uint32_t usable = 0, skip;
    for (uint32_t c = 0; c < w->cell_count; c++)
        usable += pe_bit(read, c) && w->cells[c].formula == PE_NO_FORMULA &&
                  pe_is_number(w->cells[c].stored);
    skip = usable / INPUTS_MAX + 1;
    for (uint32_t c = 0, at = 0; c < w->cell_count && count < INPUTS_MAX; c++) {
        if (!pe_bit(read, c) || w->cells[c].formula != PE_NO_FORMULA ||
            !pe_is_number(w->cells[c].stored) || pe_graph_master(graph, c) != c || at++ % skip != 0)
            continue;
        if (!input_text(pe_as_number(w->cells[c].stored), texts[count], sizeof texts[count]))
            continue;
        overrides[count] = (pe_override){c, texts[count], strlen(texts[count])};
        count++;
    }
    pe_graph_free(graph);
    free(read);
    return count;
}

static void compare_file(const char *path, totals *t, causes *general)
{
    static pe_override overrides[INPUTS_MAX];
    static char texts[INPUTS_MAX][96];
    parity_model m = {0};
    parity_result r = {0};
    pe_workbook *w = NULL;
    pe_diag diag = {PE_OK, "", ""};
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    const parity_request request = {name, t->seconds_max, 4, stdout};
    if (pe_workbook_read_file(path, NULL, NULL, NULL, &w, &diag) != PE_OK) return;
    if (w->cell_count > CELLS_MAX || w->formula_count == 0) {
        pe_workbook_free(w);
        return;
    }
    uint32_t inputs = choose_inputs(w, overrides, texts);
    double start = pe_clock_seconds();
    pe_status status = parity_open(&m, w, overrides, inputs, TRIALS, &diag);
    if (status == PE_OK && m.cell_count > 0) status = parity_compare(&m, &request, &r, &diag);
    double seconds = pe_clock_seconds() - start;
    if (status != PE_OK) printf("%s: FAILED: %s: %s\n", name, diag.where, diag.what);
    if (seconds > 2 * t->seconds_max) printf("%s: %.1f s\n", name, seconds);
    t->workbooks++;
    count_causes(general, &m, t->workbooks, name);
    t->failed += status != PE_OK;
    t->differing += r.differ + r.variants > 0;
    t->timed_out += r.timed_out;
    t->cells += r.cells;
    t->evaluations += r.evaluations;
    t->differ += r.differ;
    t->variants += r.variants;
    fflush(stdout);
    parity_free(&m);
}

static void walk(const char *folder, totals *t, causes *general)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[2000];
        struct stat info;
        const char *name = entries[i]->d_name;
        const char *end = strrchr(name, '.');
        snprintf(path, sizeof path, "%s/%.255s", folder, name);
        bool book = end != NULL && (strcmp(end, ".xlsx") == 0 || strcmp(end, ".xlsm") == 0 ||
                                    strcmp(end, ".ods") == 0 || strcmp(end, ".fods") == 0);
        if (name[0] != '.' && stat(path, &info) == 0) {
            if (S_ISDIR(info.st_mode))
                walk(path, t, general);
            else if (book)
                compare_file(path, t, general);
        }
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

int main(int count, char **words)
{
    static causes general;
    totals t = {.seconds_max = 10};
    if (count < 2) {
        fprintf(stderr, "usage: parity_corpus FOLDER [SECONDS per workbook]\n");
        return 2;
    }
    if (count > 2) t.seconds_max = (double)strtoul(words[2], NULL, 10);
    struct stat info;
    if (stat(words[1], &info) != 0) {
        printf("%s: absent, nothing compared\n", words[1]);
        return 0;
    }
    if (S_ISDIR(info.st_mode))
        walk(words[1], &t, &general);
    else
        compare_file(words[1], &t, &general);
    printf("%u workbooks, %u failed, %u with differences, %u cut short; %llu cells, %llu "
           "evaluations: %llu differ, %llu by variant\n",
           t.workbooks, t.failed, t.differing, t.timed_out, (unsigned long long)t.cells,
           (unsigned long long)t.evaluations, (unsigned long long)t.differ,
           (unsigned long long)t.variants);
    qsort(general.rows, general.count, sizeof *general.rows, compare_causes);
    for (uint32_t i = 0; i < general.count; i++)
        printf("general: %-20s %6u in %u workbooks; %s\n", general.rows[i].name,
               general.rows[i].units, general.rows[i].workbooks, general.rows[i].example);
    return t.differ + t.variants > 0;
}
