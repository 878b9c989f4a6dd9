/* report_csv.c: trials as CSV (RFC 4180): one row per trial, one column per output. */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void write_quoted(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') fputc('"', file);
        fputc(*p, file);
    }
    fputc('"', file);
}

static void write_value(FILE *file, pe_value v)
{
    char digits[PE_DECIMAL_BYTES];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pe_decimal_shortest(pe_as_number(v), digits);
        fputs(digits, file);
        break;
    case PE_KIND_TEXT:
        write_quoted(file, pe_as_text(v)->bytes);
        break;
    case PE_KIND_BOOLEAN:
        fputs(pe_as_boolean(v) ? "TRUE" : "FALSE", file);
        break;
    case PE_KIND_ERROR:
        fputs(pe_error_text(pe_as_error(v)), file);
        break;
    default:
        break;
    }
}

pe_status pe_report_write_csv(const pe_report *report, const char *path, const pe_control *control,
                              pe_diag *diag)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.part", path);
    FILE *file = n > 0 && (size_t)n < sizeof temporary ? fopen(temporary, "wb") : NULL;
    if (file == NULL) return pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno));
    fputs("Trial", file);
    for (uint32_t i = 0; i < report->output_count; i++) {
        fputc(',', file);
        write_quoted(file, report->outputs[i].name);
    }
    fputs("\r\n", file);
    bool stopped = false;
    for (uint64_t t = 0; t < report->trials && !stopped && !ferror(file); t++) {
        fprintf(file, "%llu", (unsigned long long)t + 1);
        for (uint32_t i = 0; i < report->output_count; i++) {
            fputc(',', file);
            write_value(file, report->outputs[i].trials[t]);
        }
        fputs("\r\n", file);
        stopped = (t & 1023) == 0 && pe_cancelled(control);
    }
    bool good = !ferror(file);
    if (fclose(file) != 0) good = false;
    if (good && !stopped && pe_file_replace(temporary, path)) return PE_OK;
    pe_status status = stopped ? pe_fail(diag, PE_E_CANCELLED, path, "cancelled")
                               : pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno));
    unlink(temporary);
    return status;
}
