/* fuzz_workbook.c: any bytes as a saved workbook through the whole path: read, parsed, checked,
 * compiled, simulated for some trials. An input that is neither a zip nor a flat OpenDocument file
 * is a sheet's rows, packed into a small workbook without a checksum in the way: <table:table-row
 * ... into an .fods, others into an .xlsx. */
#include "../faults/whole_path.h"
#include "../workbook/package_build.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_bytes(const void *bytes, size_t length)
{
    pe_workbook *workbook = NULL;
    pe_diag diag = {0};
    const pe_read_options read_options = {.bytes_max = 256u << 20};
    const whole_path_options options = {
        .trials = 40, .threads = 1, .seconds_max = 2, .outputs_all = true};
    if (pe_workbook_read_bytes(bytes, length, &read_options, NULL, NULL, &workbook, &diag) != PE_OK)
        return;
    pe_status status = whole_path_run(workbook, &options, &diag);
    if (status == PE_E_INTERNAL || (status != PE_OK && diag.what[0] == '\0')) {
        fprintf(stderr, "%s: %s: %s\n", pe_status_text(status), diag.where, diag.what);
        abort();
    }
}

static bool begins(const uint8_t *data, size_t size, const char *text)
{
    return size >= strlen(text) && memcmp(data, text, strlen(text)) == 0;
}

static void run_open_rows(const uint8_t *rows, size_t size)
{
    static const char head[] = "<office:document><office:body><office:spreadsheet><table:table "
                               "table:name=\"S\">";
    static const char tail[] =
        "</table:table></office:spreadsheet></office:body></office:document>";
    char *text = malloc(sizeof head + size + sizeof tail);
    if (text == NULL) return;
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1, rows, size);
    memcpy(text + sizeof head - 1 + size, tail, sizeof tail);
    run_bytes(text, sizeof head - 1 + size + sizeof tail - 1);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (begins(data, size, "PK") || begins(data, size, "<office:document")) {
        run_bytes(data, size);
        return 0;
    }
    if (begins(data, size, "<table:")) {
        run_open_rows(data, size);
        return 0;
    }
    char *rows = malloc(size + 1);
    size_t length = 0;
    if (rows == NULL) return 0;
    if (size > 0) memcpy(rows, data, size);
    rows[size] = '\0';
    unsigned char *bytes = package_build(rows, NULL, &length);
    if (bytes != NULL) run_bytes(bytes, length);
    free(bytes);
    free(rows);
    return 0;
}
