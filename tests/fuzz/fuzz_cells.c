/* fuzz_cells.c: formulas, one per line, in a workbook that has values, texts, errors and random
 * cells to read, through all stages: checked, compiled, simulated for some trials. The mutator puts
 * in calls of worksheet functions, so that names need not be guessed. Seeds: -seed_inputs or a
 * folder of formula texts. */
#include "../faults/whole_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "functions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pe_workbook *workbook = NULL;
    pe_diag diag = {0};
    const whole_path_options options = {
        .trials = 40, .threads = 1, .seconds_max = 2, .outputs_all = true};
    if (size > 8192 || whole_path_workbook((const char *)data, size, &workbook, &diag) != PE_OK)
        return 0;
    pe_status status = whole_path_run(workbook, &options, &diag);
    if (status == PE_E_INTERNAL || (status != PE_OK && diag.what[0] == '\0')) {
        fprintf(stderr, "%s: %s: %s\n", pe_status_text(status), diag.where, diag.what);
        abort();
    }
    return 0;
}

static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static size_t add_text(char *out, size_t used, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (used + n >= size) return used;
    memcpy(out + used, text, n);
    return used + n;
}

static size_t add_call(char *out, size_t used, size_t size, unsigned *state, int depth)
{
    static const char *const operands[] = {"A1",
                                           "A1:A7",
                                           "B1:B6",
                                           "C1:C6",
                                           "D1",
                                           "D2",
                                           "D1:D6",
                                           "E1",
                                           "E2",
                                           "1",
                                           "0",
                                           "-1",
                                           "2.5",
                                           "TRUE",
                                           "\"ab\"",
                                           "{1,2;3,4}",
                                           "\">1\"",
                                           "1e300",
                                           "",
                                           "A1:E6",
                                           "G1",
                                           "G2",
                                           "rate",
                                           "column",
                                           "twice",
                                           "D:D",
                                           "INT(D3)",
                                           "B4",
                                           "C1",
                                           "Z9",
                                           "1E9",
                                           "$A$1",
                                           "D5",
                                           "D6",
                                           "45000",
                                           "0.5",
                                           "\"\"",
                                           "D3",
                                           "12",
                                           "3:3",
                                           "-0.5",
                                           "LAMBDA(x,x+1)",
                                           "LAMBDA(x,y,x*y)",
                                           "1:1"};
    const pe_function *row = pe_function_row((pe_function_id)draw(state, PE_FUNCTION_COUNT));
    int most = row->args_max < row->args_min + 4 ? row->args_max : row->args_min + 4;
    int count = row->args_min + (int)draw(state, (unsigned)(most - row->args_min + 1));
    used = add_text(out, used, size, row->name);
    used = add_text(out, used, size, "(");
    for (int i = 0; i < count; i++) {
        if (i > 0) used = add_text(out, used, size, ",");
        if (depth < 3 && draw(state, 5) == 0)
            used = add_call(out, used, size, state, depth + 1);
        else
            used = add_text(out, used, size, operands[draw(state, PE_COUNT(operands))]);
    }
    return add_text(out, used, size, ")");
}

/* Half of the time a line of a new call comes at the end, or replaces the text at some place. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    static const char *const heads[] = {"=", "=", "=", "=D1+", "=A1*", "{=", "#=", "=-", "=D2>"};
    char text[1024];
    unsigned state = seed;
    if (draw(&state, 2) == 0) return LLVMFuzzerMutate(data, size, size_max);
    size_t at = draw(&state, 2) == 0 ? size : draw(&state, (unsigned)size + 1), n = 0;
    if (at == size) {
        n = add_text(text, n, sizeof text, "\n");
        n = add_text(text, n, sizeof text, heads[draw(&state, PE_COUNT(heads))]);
    }
    n = add_call(text, n, sizeof text, &state, 0);
    size_t rest = draw(&state, 2) == 0 ? 0 : size - at;
    if (at + n + rest > size_max) return LLVMFuzzerMutate(data, size, size_max);
    memmove(data + at + n, data + size - rest, rest);
    memcpy(data + at, text, n);
    return at + n + rest;
}
