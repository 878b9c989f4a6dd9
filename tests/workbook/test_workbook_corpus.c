/* test_workbook_corpus.c: real workbooks. The environment variable PE_CORPUS names a folder with
 * manifest.tsv (columns set, formulas and file among others); without it the test is skipped. Each
 * .xlsx and .xlsm must read, with exactly the number of formula cells that the manifest counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "workbook.h"

enum { COLUMNS_MAX = 32 };

/* Splits a line at tabs, in place. */
static size_t split(char *line, char *columns[COLUMNS_MAX])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && count < COLUMNS_MAX; count++) {
        columns[count] = at;
        at = strchr(at, '\t');
        if (at != NULL) *at++ = '\0';
    }
    return count;
}

static size_t column_of(char *columns[COLUMNS_MAX], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], name) == 0) return i;
    fail_msg("manifest.tsv has no column %s", name);
    return 0;
}

static bool read_one(const char *folder, const char *file, uint32_t formulas, pe_pool *pool)
{
    char path[1024];
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    pe_status status = pe_workbook_read_file(path, NULL, pool, NULL, &w, &diag);
    if (status != PE_OK) {
        print_message("%s: %s: %s\n", file, diag.where, diag.what);
        return false;
    }
    bool right = w->formula_count == formulas;
    uint32_t cells = 0;
    for (uint32_t i = 0; i < w->cell_count; i++) {
        pe_cell_ref ref = pe_workbook_ref(w, i);
        right &= pe_workbook_cell(w, ref) == i;
        cells += w->cells[i].formula != PE_NO_FORMULA;
    }
    right &= cells >= w->formula_count;
    if (!right)
        print_message("%s: %u formulas in %u cells, not %u\n", file, w->formula_count, cells,
                      formulas);
    pe_workbook_free(w);
    return right;
}

static void reads_real_workbooks(void **state)
{
    PE_UNUSED(state);
    const char *folder = getenv("PE_CORPUS");
    char path[1024], *line = NULL, *columns[COLUMNS_MAX];
    size_t size = 0, read = 0, wrong = 0;
    if (folder == NULL) {
        print_message("skipped: PE_CORPUS is not set\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/manifest.tsv", folder);
    FILE *manifest = fopen(path, "r");
    pe_pool *pool;
    if (manifest == NULL) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    assert_int_equal(pe_pool_new(0, &pool, NULL), PE_OK);
    assert_true(getline(&line, &size, manifest) > 0);
    size_t count = split(line, columns);
    size_t formulas = column_of(columns, count, "formulas"),
           file = column_of(columns, count, "file");
    while (getline(&line, &size, manifest) > 0) {
        size_t length = 0;
        if (split(line, columns) > file) length = strlen(columns[file]);
        if (length < 5 || strncmp(columns[file] + length - 5, ".xls", 4) != 0) continue;
        unsigned long wanted = strtoul(columns[formulas], NULL, 10);
        wrong += !read_one(folder, columns[file], (uint32_t)wanted, pool);
        read++;
    }
    print_message("%zu workbooks read, %zu wrong\n", read, wrong);
    pe_pool_free(pool);
    free(line);
    fclose(manifest);
    assert_true(read > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_real_workbooks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
