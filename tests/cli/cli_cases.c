/* cli_cases.c: see cli_cases.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli_cases.h"

static void check_printed(const char *text, const char *fact)
{
    bool wanted = fact[4] == '?', found = text != NULL && strstr(text, fact + 6) != NULL;
    if (found != wanted) fail_msg("expected %s, printed: %s", fact, text != NULL ? text : "");
}

static void run_case(void **state)
{
    const cli_case *c = *state;
    char folder[64], path[128], wrong[1024];
    cli_folder_new(folder);
    snprintf(path, sizeof path, "%s/m.xlsx", folder);
    if (c->model != NULL) cli_model_write(path, c->model);
    cli_result result = cli_run(folder, c->arguments, 0);
    char *text = cli_file_read(folder, "r.json");
    json_t *document = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (result.exit_code != c->exit_code)
        fail_msg("exit code %d instead of %d: %s%s", result.exit_code, c->exit_code, result.out,
                 result.err);
    for (int i = 0; i < CLI_FACTS_MAX && c->facts[i] != NULL; i++) {
        const char *fact = c->facts[i];
        if (strncmp(fact, "err ", 4) == 0 || strncmp(fact, "out ", 4) == 0) {
            check_printed(fact[0] == 'e' ? result.err : result.out, fact);
            continue;
        }
        cli_fact(document, fact, wrong, sizeof wrong);
        if (wrong[0] != '\0') fail_msg("%s", wrong);
    }
    if (c->more != NULL) c->more(folder, &result, document);
    json_decref(document);
    free(text);
    cli_result_free(&result);
    cli_folder_remove(folder);
}

int cli_cases_run(const char *group, const cli_case *cases, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (tests == NULL) return 1;
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                       .test_func = run_case,
                                       .initial_state = (void *)(uintptr_t)&cases[i]};
    int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failed;
}
