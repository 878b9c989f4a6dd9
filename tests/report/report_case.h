/* report_case.h: a report of outputs that are hard to show: percent, currency, dates, errors,
 * texts, mixtures, constants, integers, spikes, extreme sizes, names that no sheet may have. */
#ifndef PE_REPORT_CASE_H
#define PE_REPORT_CASE_H

#include "report.h"

#define CASE_TRIALS 5000u

enum {
    CASE_MONEY,
    CASE_PERCENT, /* 7.3% of its trials are #NUM! */
    CASE_DATE,
    CASE_TEXT,
    CASE_MIXED,
    CASE_CONSTANT,
    CASE_DICE,
    CASE_SPIKE,
    CASE_HUGE,
    CASE_TINY,
    CASE_ERRORS,
    CASE_BOOLEAN,
    CASE_INTEGERS,
    CASE_EURO,          /* its name holds an apostrophe and a slash */
    CASE_HIDDEN_SPREAD, /* P5 and P95 look alike in its format */
    CASE_OUTPUTS = 25
};

typedef struct report_case {
    pe_arena *arena;
    pe_report report;
    char folder[64]; /* a new folder for files */
} report_case;

report_case *case_new(void);
void case_free(report_case *c); /* removes the folder and what is in it */
const char *case_path(const report_case *c, const char *name);
pe_value case_text(pe_arena *arena, const char *text);
/* The whole file, NUL-terminated, malloc; *length may be NULL. NULL: no such file. */
char *case_read(const char *path, size_t *length);

#endif
