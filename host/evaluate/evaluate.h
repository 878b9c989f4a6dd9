/* evaluate.h: the general evaluator: any formula, any type of value, one lane at a time. It
 * computes the uniform cells, checks a workbook against its stored values, and evaluates per lane
 * what the vector program cannot take (text, arrays, dynamic references, components, data tables,
 * iteration).
 *
 * Evaluation is demand-driven: a formula that reads a cell not computed yet gets "unresolved", is
 * set aside, and is evaluated again when the cell is there (an explicit stack, no recursion over
 * cells). IF and friends evaluate only the branch taken, so a cycle through a branch not taken is
 * none. */
#ifndef PE_EVALUATE_H
#define PE_EVALUATE_H

#include "base.h"
#include "graph.h"
#include "sampling.h"

typedef enum pe_evaluate_mode {
    PE_EVALUATE_CHECK, /* pinned to stored: volatile, random, overridden, data-table, unsupported
                          cells (whole blocks) */
    PE_EVALUATE_BASE,  /* distributions at their static value; plain random cells and overridden
                          cells at their stored value;  unsupported and frozen cells at their stored
                          value; data tables evaluated */
} pe_evaluate_mode;

typedef struct pe_evaluate_options {
    double now; /* serial of NOW() in the workbook's date system */
    const uint64_t
        *frozen; /* cells that keep their stored value in BASE and per trial; NULL: none */
    const pe_sampler *sampler; /* for lanes; may be NULL otherwise */
} pe_evaluate_options;

typedef struct pe_evaluator pe_evaluator;
/* graph must outlive the evaluator. */
pe_status pe_evaluator_new(const pe_graph *graph, const pe_evaluate_options *options,
                           pe_evaluator **evaluator, pe_diag *diag);
void pe_evaluator_free(pe_evaluator *evaluator);
size_t pe_evaluator_bytes(const pe_evaluator *evaluator); /* that it holds */

/* Computes every formula cell in the given mode. Afterwards pe_evaluator_value answers for each
 * cell (texts live in the evaluator; a later run replaces them). Cells on a true cycle get 0 as in
 * Excel and are listed. PE_E_MEMORY, PE_E_CANCELLED. */
pe_status pe_evaluator_run(pe_evaluator *evaluator, pe_evaluate_mode mode, pe_pool *pool,
                           const pe_control *control, pe_diag *diag);
pe_value pe_evaluator_value(const pe_evaluator *evaluator, uint32_t cell);
/* The workbook's constants in these cells have changed: the next run computes anew what depends on
 * them, and no more where that is known. PE_E_MEMORY: everything. */
pe_status pe_evaluator_edited(pe_evaluator *evaluator, const uint32_t *cells, uint32_t count);
double pe_evaluator_now(const pe_evaluator *evaluator); /* options.now */
/* Cells that were found on a cycle although lazy branches were respected (ascending). */
const uint32_t *pe_evaluator_cycles(const pe_evaluator *evaluator, uint32_t *count);
/* Dependencies found while evaluating that the graph does not have (pairs cell, precedent). */
typedef struct pe_edge {
    uint32_t cell, precedent;
} pe_edge;
const pe_edge *pe_evaluator_dynamic_edges(const pe_evaluator *evaluator, uint32_t *count);

/* Why a cell cannot be computed: an unsupported function, an unknown name, a syntax error, an
 * external value that is not cached, a macro function. NULL: it can. The text is "function XYZ" or
 * the like; *function the bare name ("GETPIVOTDATA"). */
const char *pe_evaluator_unsupported(const pe_evaluator *evaluator, uint32_t cell,
                                     const char **function);
/* Whether CHECK pins this cell, and why ("random", "volatile", "data table", "unsupported",
 * "setting"); NULL: it does not. */
const char *pe_evaluator_pinned(const pe_evaluator *evaluator, uint32_t cell);

/* ---- self-check
 * --------------------------------------------------------------------------------------- */

typedef struct pe_difference {
    uint32_t cell;
    pe_value expected, actual; /* texts live in workbook and evaluator */
    bool root;                 /* its stored precedents do not reproduce the stored value */
} pe_difference;

typedef struct pe_skipped {
    uint32_t cell;
    const char *reason;
} pe_skipped;

typedef struct pe_check {
    uint32_t formulas; /* formula cells, blocks counted per cell that stores a formula */
    uint32_t compared, agree, pinned;
    pe_difference *differ; /* roots first, then sheet, row, column */
    uint32_t differ_count, root_count;
    uint32_t *unsupported; /* cells */
    uint32_t unsupported_count;
    pe_skipped *skipped; /* no stored value ... */
    uint32_t skipped_count;
    const char *header; /* where stored values cannot be trusted, for the user; "" if they can */
    uint32_t downstream_compared, downstream_agree; /* cells that depend on a random cell */
} pe_check;

/* Runs CHECK and compares: relative 1e-9, or absolute 1e-12 times the largest numeric operand;
 * iterative workbooks their delta. */
pe_status pe_evaluator_check(pe_evaluator *evaluator, pe_pool *pool, const pe_control *control,
                             pe_check **check, pe_diag *diag);
void pe_check_free(pe_check *check);

/* ---- lanes
 * -------------------------------------------------------------------------------------------- */

/* What a general instruction of the program computes for one trial. */
typedef enum pe_unit_kind {
    PE_UNIT_NODE,  /* one subtree of cell's formula: 1 output */
    PE_UNIT_ARRAY, /* cell's array or dynamic formula: outputs are its block's cells, row-major */
    PE_UNIT_COMPONENT, /* all cells of a strongly connected component, demand-driven or iterated:
                          outputs its cells */
    PE_UNIT_TABLE,     /* a data table: outputs are its block's cells, row-major */
} pe_unit_kind;

typedef struct pe_unit {
    pe_unit_kind kind;
    uint32_t cell;       /* home: the formula's cell, the block's first cell */
    const pe_node *node; /* NODE */
    uint32_t component;  /* COMPONENT */
    uint32_t output_count;
    uint64_t table_row; /* NODE: not 0 in the model of a data table's cell: of its draws. Then
                           source has the values of uniform cells too that differ from BASE. */
} pe_unit;

/* How a lane sees the varying cells. Cells not varying have the evaluator's BASE value. */
typedef struct pe_lane_source {
    const uint64_t *varying; /* bit set over cells */
    void *context;
    /* The value of a varying cell in the current trial; false: not at hand here. */
    bool (*read)(void *context, uint32_t cell, pe_value *value);
} pe_lane_source;

typedef struct pe_lane pe_lane; /* one per worker */
pe_status pe_lane_new(const pe_evaluator *evaluator, pe_lane **lane, pe_diag *diag);
void pe_lane_free(pe_lane *lane);
/* Forgets the texts of earlier calls. */
void pe_lane_reset(pe_lane *lane);
/* Evaluates unit in trial `trial` into outputs[0, output_count). Texts live in the lane until
 * pe_lane_reset. PE_E_NOT_FOUND: a varying cell is needed that source does not have: *missing; the
 * caller adds the dependency and compiles again. PE_E_CYCLE: a true cycle in this trial: outputs
 * hold 0. */
pe_status pe_lane_evaluate(pe_lane *lane, const pe_unit *unit, const pe_lane_source *source,
                           uint64_t trial, pe_value *outputs, uint32_t *missing);

/* One cell of a data table, taken apart: the model's cells that are replaced, where their values
 * stand, and the cell whose value is wanted. Cells with equal rows share their draws. */
typedef struct pe_table_cell {
    pe_cell_ref input[2], heading[2];
    uint32_t input_count;
    pe_cell_ref target;
    uint64_t table_row; /* of pe_stream_of */
} pe_table_cell;
/* Row i and column j of the block whose first cell is master. False: broken (#REF!). */
bool pe_evaluator_table_cell(const pe_evaluator *evaluator, uint32_t master, uint32_t i, uint32_t j,
                             pe_table_cell *cell);
/* The cells whose value can differ from the model's own while a table's inputs are replaced. Tables
 * with the same inputs share them. */
typedef struct pe_table_reach {
    const uint64_t *cells; /* a bit set */
    const uint32_t *rank;  /* by word of it: the cells before */
    uint32_t count;
    bool empty_read; /* an input is an empty cell, which has no id, and some formula reads it */
} pe_table_reach;
/* False: master begins no table. */
bool pe_evaluator_table_reach(const pe_evaluator *evaluator, uint32_t master,
                              pe_table_reach *reach);
/* A reached cell's number, from 0. */
static inline uint32_t pe_reach_rank(const uint64_t *cells, const uint32_t *rank, uint32_t cell)
{
    uint64_t before = cells[cell >> 6] & ((1ull << (cell & 63)) - 1);
    return rank[cell >> 6] + (uint32_t)__builtin_popcountll(before);
}
/* Until pe_lane_restore, PE_UNIT_NODE and pe_lane_cell see the model with values in place of the
 * cell's inputs. source: for pe_lane_cell, outlives the replacement. */
pe_status pe_lane_replace(pe_lane *lane, uint32_t master, const pe_table_cell *cell,
                          const pe_value values[2], const pe_lane_source *source);
void pe_lane_restore(pe_lane *lane);
/* The value of a cell that no draw reaches. Its text lives until pe_lane_restore. */
pe_status pe_lane_cell(pe_lane *lane, uint32_t cell, pe_value *value);

/* The stream of a draw: path[0, depth) are the draw sites from the cell's formula down through
 * names (the same in the evaluator and the program); element and table_row 0 where there are none.
 */
uint64_t pe_stream_of(const pe_graph *graph, uint32_t cell, const uint32_t *path, uint32_t depth,
                      uint64_t element, uint64_t table_row);

#endif
