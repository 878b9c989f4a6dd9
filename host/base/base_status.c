/* base_status.c: statuses, diagnostics, error names, control, clock. */
#include "base.h"

#include <stdio.h>
#include <time.h>

const char *pe_status_text(pe_status status)
{
    static const char *const texts[] = {
#define PE_STATUS_TEXT(name, text) text,
        PE_STATUSES(PE_STATUS_TEXT)
#undef PE_STATUS_TEXT
    };
    return (unsigned)status < PE_COUNT(texts) ? texts[status] : "unknown status";
}

pe_status pe_fail(pe_diag *diag, pe_status status, const char *where, const char *format, ...)
{
    if (diag == NULL) return status;
    va_list arguments;
    va_start(arguments, format);
    /* where may point into diag itself (a caller adding context), so the texts are made aside. */
    char what[sizeof diag->what];
    char place[sizeof diag->where];
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(place, sizeof place, "%s", where != NULL ? where : "");
    diag->status = status;
    memcpy(diag->what, what, sizeof what);
    memcpy(diag->where, place, sizeof place);
    return status;
}

static const struct {
    const char *text;
    pe_error_code code;
} error_rows[] = {
#define PE_ERROR_ROW(name, text, number) {text, PE_ERROR_##name},
    PE_ERRORS(PE_ERROR_ROW)
#undef PE_ERROR_ROW
};

const char *pe_error_text(pe_error_code code)
{
    for (size_t i = 0; i < PE_COUNT(error_rows); i++)
        if (error_rows[i].code == code) return error_rows[i].text;
    return "#NUM!";
}

pe_error_code pe_error_parse(const char *text, unsigned long length, unsigned long *used)
{
    for (size_t i = 0; i < PE_COUNT(error_rows); i++) {
        size_t n = strlen(error_rows[i].text);
        if (length >= n && pe_text_equal_nocase(text, n, error_rows[i].text, n)) {
            *used = n;
            return error_rows[i].code;
        }
    }
    *used = 0;
    return PE_ERROR_NONE;
}

bool pe_cancelled(const pe_control *control)
{
    return control != NULL && atomic_load_explicit(&control->cancel, memory_order_relaxed);
}

void pe_progress(const pe_control *control, const char *stage, uint64_t done, uint64_t total)
{
    if (control != NULL && control->progress != NULL)
        control->progress(control->context, stage, done, total);
}

double pe_clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
