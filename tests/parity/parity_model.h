/* parity_model.h: one workbook through both evaluators: all its varying cells are run by the vector
 * program, then each formula is evaluated again by the general evaluator, from the values that the
 * program gave to the cells it reads. The two must give the same bits. */
#ifndef PARITY_MODEL_H
#define PARITY_MODEL_H

#include <stdio.h>

#include "engine.h"

typedef struct parity_model {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
    pe_sampler sampler;
    pe_lane *lane;
    pe_program *program;
    pe_arena *texts;   /* of values */
    uint64_t *varying; /* bit set over cells */
    uint32_t *cells;   /* the varying cells: column i of values is cells[i] */
    uint32_t *column;  /* by cell, or PE_NO_CELL */
    uint32_t cell_count;
    uint32_t trials;
    pe_value *values; /* [column * trials + trial]: the first run's */
} parity_model;

/* What to do and where differences go. */
typedef struct parity_request {
    const char *name;     /* for the report */
    double seconds_max;   /* 0: no limit */
    uint32_t reports_max; /* lines printed */
    FILE *out;
} parity_request;

typedef struct parity_result {
    uint32_t cells, general; /* varying formulas compared; of these computed by general units */
    uint64_t evaluations;
    uint32_t differ;   /* cells that differ in some trial */
    uint32_t variants; /* cells that differ between tile widths or instruction sets */
    bool timed_out;
} parity_result;

/* Takes the workbook, whatever the result. The model must be freed in any case. */
pe_status parity_open(parity_model *model, pe_workbook *workbook, const pe_override *overrides,
                      uint32_t override_count, uint32_t trials, pe_diag *diag);
void parity_free(parity_model *model);
/* Runs all tile widths and instruction sets that the processor has, and the general evaluator. */
pe_status parity_compare(parity_model *model, const parity_request *request, parity_result *result,
                         pe_diag *diag);
/* The value of a cell in a trial, after parity_compare. */
pe_value parity_value(const parity_model *model, uint32_t cell, uint32_t trial);
bool parity_same(pe_value a, pe_value b);

#endif
