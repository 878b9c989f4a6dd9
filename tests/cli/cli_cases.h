/* cli_cases.h: tests of the program as tables: a model, a command, what must come of it. */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "cli_model.h"

#define CLI_FACTS_MAX 14

typedef struct cli_case {
    const char *name;
    const char *model;     /* lines for cli_model_write; NULL: no file m.xlsx */
    const char *arguments; /* run in a fresh folder with m.xlsx; r.json is read where it is made */
    int exit_code;
    const char *facts[CLI_FACTS_MAX]; /* cli_fact's, about r.json; "err ? text", "out ? text" and
                                         "err ! text" about what is printed */
    /* More checks; folder holds what the run left. May be NULL. */
    void (*more)(const char *folder, const cli_result *result, const json_t *document);
} cli_case;

/* Runs them, one reported test a row. Returns the number that failed. */
int cli_cases_run(const char *group, const cli_case *cases, size_t count);

#endif
