/* parity_search.c: parity over many generated workbooks: parity_search FIRST COUNT [FORMULAS]. For
 * people who hunt differences; the tests run a fixed few. */
#include <stdlib.h>

#include "parity_generate.h"
#include "parity_model.h"

int main(int count, char **words)
{
    uint64_t first = count > 1 ? strtoull(words[1], NULL, 10) : 1;
    uint64_t seeds = count > 2 ? strtoull(words[2], NULL, 10) : 10;
    uint32_t formulas = count > 3 ? (uint32_t)strtoul(words[3], NULL, 10) : 60;
    pe_semantics semantics =
        count > 4 && strcmp(words[4], "calc") == 0 ? PE_SEMANTICS_CALC : PE_SEMANTICS_EXCEL;
    uint64_t cells = 0, evaluations = 0, differ = 0, variants = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        parity_model m = {0};
        parity_result r;
        pe_workbook *w;
        pe_diag diag;
        char name[40];
        snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
        const parity_request request = {name, 0, 40, stdout};
        if (parity_generate(seed, formulas, semantics, &w, &diag) != PE_OK ||
            parity_open(&m, w, NULL, 0, 96, &diag) != PE_OK ||
            parity_compare(&m, &request, &r, &diag) != PE_OK) {
            printf("%s: %s: %s\n", name, diag.where, diag.what);
            parity_free(&m);
            continue;
        }
        cells += r.cells;
        evaluations += r.evaluations;
        differ += r.differ;
        variants += r.variants;
        parity_free(&m);
        fflush(stdout);
    }
    printf("%llu cells, %llu evaluations: %llu differ, %llu differ by variant\n",
           (unsigned long long)cells, (unsigned long long)evaluations, (unsigned long long)differ,
           (unsigned long long)variants);
    return differ + variants > 0;
}
