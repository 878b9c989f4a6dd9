/* evaluate_internal.h: what the evaluator's files share: where cells' values stand (layers), the
 * state of one formula's evaluation (context), and the parts that call each other. */
#ifndef PE_EVALUATE_INTERNAL_H
#define PE_EVALUATE_INTERNAL_H

#include "evaluate.h"

#define PEI_NONE 0xFFFFFFFFu
#define PEI_ARENA_MAX (64ull << 30) /* texts of all cells: bounded by the workbook's size */
#define PEI_SCRATCH_MAX                                                                            \
    (1ull << 30)               /* arrays and calls inside one formula; bounds its time too         \
                                */
#define PEI_MISSING_MAX 65536u /* precedents noted before a formula is set aside */
#define PEI_DEPTH_MAX 24000u   /* nodes above a node: trees, names and LAMBDA calls together */
#define PEI_PATH_MAX 2048u     /* draw sites from a cell's formula down through names and calls */

typedef enum pei_state { PEI_PENDING, PEI_ACTIVE, PEI_DONE } pei_state;

/* What is known of a shape with its names expanded. */
typedef struct pei_fact {
    const char *unsupported; /* for the user, NULL: all supported */
    const char *function;    /* the bare name */
    bool random, risk, now;
    bool only_names; /* what is not supported are names that the workbook does not have */
} pei_fact;

/* Values of some cells that stand before those below it: a data table's substitution, a component's
 * trial. */
typedef struct pei_layer pei_layer;
struct pei_layer {
    pei_layer *below;
    const uint64_t *bits; /* cells that the layer computes */
    const uint32_t *rank; /* per word of bits: slots before it */
    pe_value *values;
    uint8_t *state;
    pe_arena *texts;
    uint32_t substitute_count;
    pe_cell_ref substitute[2];
    uint32_t substitute_cell[2]; /* PE_NO_CELL: an empty cell */
    pe_value substitute_value[2];
};

/* A data table: which cells its inputs (and random cells) reach. */
typedef struct pei_table_plan {
    uint32_t master;
    const pe_formula_source *source;
    uint64_t *bits;
    uint32_t *rank;
    uint32_t slot_count;
    bool empty_read; /* an input is an empty cell that some formula reads */
} pei_table_plan;

typedef struct pei_stack {
    uint32_t *items;
    size_t count, capacity;
} pei_stack;

struct pe_evaluator {
    const pe_graph *graph;
    const pe_workbook *workbook;
    pe_evaluate_options options;
    pe_arena *arena;         /* facts */
    pe_arena *texts;         /* of the cells' values */
    pei_fact *facts;         /* per shape */
    const char **error_text; /* syntax errors, by index in pe_graph_errors */
    pe_value *values;        /* per cell */
    uint8_t *state;
    pe_evaluate_mode mode;
    pei_stack cycles;
    pe_edge *edges;
    size_t edge_count, edge_capacity;
    pei_table_plan *tables; /* by master, ascending */
    uint32_t table_count;
    struct pei_blocks *blocks; /* evaluate_blocks.c; of the latest run */
    bool ran;                  /* the values are those of a finished run in mode */
    bool edited;               /* but for pending cells, which depend on edited constants */
};

/* One thread's evaluation. */
typedef struct pei_context {
    pe_call call;
    pe_evaluator *writer; /* NULL in lanes */
    const pe_evaluator *evaluator;
    const pe_graph *graph;
    const pe_workbook *workbook;
    const pe_value
        *fast_values; /* cells' values where no layer, lane or stored mode stands before them */
    const uint8_t *fast_state; /* NULL: always ask pei_read_slow */
    const uint8_t *all_state;  /* what fast_state is where nothing stands before; may be NULL */
    struct pei_blocks *blocks; /* partial results over fast_values; NULL: none */
    bool stored_mode;          /* every cell reads as its stored value */
    bool drawing;              /* random functions draw (lanes) */
    pei_layer *layer;
    bool source_first; /* the source has values of cells that do not vary, too */
    const pe_lane_source *source;
    uint64_t trial;
    uint32_t not_found; /* a varying cell that the source does not have; PE_NO_CELL: none */

    uint32_t cell; /* whose formula is evaluated */
    const pe_node *root;
    bool array; /* array mode */
    uint32_t name_depth, lambda_depth, depth;
    pe_value *frame; /* LET and LAMBDA variables of the current tree */
    uint32_t frame_count;
    bool cycle;     /* a true cycle was closed inside a layer */
    bool iterating; /* within an iterative component's sweep */
    bool noting;    /* the formula finds precedents as it goes: its reads become edges */
    uint32_t table_depth;
    bool unresolved; /* some cell is not there: the result is void */
    pei_stack missing, work;
    pe_status status;

    uint32_t path[PEI_PATH_MAX];
    uint32_t path_depth;
    uint64_t element, table_row;

    bool tracking;
    double largest; /* numeric operand, while tracking */
} pei_context;

static inline pei_context *pei_context_of(pe_call *call)
{
    return (pei_context *)call->evaluator;
}
/* The slot of a cell in a layer, or PEI_NONE. */
static inline uint32_t pei_layer_slot(const pei_layer *layer, uint32_t cell)
{
    return pe_bit(layer->bits, cell) ? pe_reach_rank(layer->bits, layer->rank, cell) : PEI_NONE;
}

/* evaluate_context.c */
pe_status pei_context_init(pei_context *x, const pe_evaluator *evaluator, pe_evaluator *writer);
void pei_context_end(pei_context *x);
pe_value pei_read_slow(pei_context *x, uint32_t cell);
pe_value pei_read_empty(pei_context *x,
                        pe_cell_ref ref); /* a cell that the workbook does not have */
pe_value pei_make_reference(pei_context *x, const pe_area *areas, uint32_t count);
pe_status pei_stack_push(pei_stack *stack, uint32_t item);

/* The largest number that goes into a formula. */
static inline void pei_track(pei_context *x, pe_value v)
{
    if (!pe_is_number(v)) return;
    double a = pe_as_number(v);
    a = a < 0 ? -a : a;
    if (a > x->largest) x->largest = a;
}

static inline pe_value pei_read(pei_context *x, uint32_t cell)
{
    if (x->fast_state == NULL || x->fast_state[cell] != PEI_DONE) return pei_read_slow(x, cell);
    pe_value v = x->fast_values[cell];
    if (x->tracking) pei_track(x, v);
    return v;
}
static inline pe_value pei_read_at(pei_context *x, pe_cell_ref ref)
{
    uint32_t cell = pe_graph_cell(x->graph, ref);
    return cell != PE_NO_CELL ? pei_read(x, cell) : pei_read_empty(x, ref);
}

/* evaluate_node.c: a node's value as it comes (references stay), and as an operand (references
 * read: intersected with the home cell, or in array mode as arrays). */
pe_value pei_any(pei_context *x, const pe_node *node);
pe_value pei_operand(pei_context *x, const pe_node *node);
pe_value pei_dereference(pei_context *x, pe_value v);
pe_value pei_single(pei_context *x, pe_value v); /* @: one value */
pe_value pei_name(pei_context *x, const pe_node *node);
bool pei_node_place(pei_context *x, const pe_node *node, pe_area *area);

/* evaluate_operator.c */
pe_value pei_unary(pei_context *x, const pe_node *node);
pe_value pei_binary(pei_context *x, const pe_node *node);
/* Elementwise over arrays of different sizes: one row or column is repeated, elsewhere #N/A. */
typedef struct pei_shape {
    uint32_t rows, columns;
} pei_shape;
void pei_shape_grow(pei_shape *shape, pe_value v);
pe_value pei_element(pe_value v, uint32_t row, uint32_t column);
pe_value pei_equal(const pei_context *x, pe_value a, pe_value b); /* as = does; no errors */

/* evaluate_external.c */
pe_value pei_external(pei_context *x, const pe_node *node);

/* evaluate_rules.c: under Calc's rules truth is a number: a value without booleans. */
pe_value pei_plain(pei_context *x, pe_value v);
/* What the file has stored for a cell, so read. */
pe_value pei_stored(const pe_evaluator *evaluator, uint32_t cell);
/* A value as whoever stored it tells values apart: in Calc TRUE is the number 1. */
pe_value pei_shown(const pe_evaluator *evaluator, pe_value v);
pe_value pei_is_logical(pei_context *x, const pe_node *node); /* Calc's ISLOGICAL */

/* evaluate_call.c */
pe_value pei_function(pei_context *x, const pe_node *node);
pe_value pei_number_of_value(pei_context *x, pe_value v); /* coerced, or an error */

/* evaluate_index.c: exact search in long columns whose values stay */
struct pei_index;
bool pei_index_find(pei_context *x, const pe_area *column, pe_value key, uint32_t *index);

/* evaluate_blocks.c */
bool pei_block_call(pei_context *x, const pe_node *node, pe_value *result);
struct pei_blocks *pei_blocks_new(void); /* NULL: out of memory */
/* Memory that pei_blocks_clear empties, and the column indexes in it. */
pe_arena *pei_blocks_arena(struct pei_blocks *blocks);
struct pei_index **pei_blocks_indexes(struct pei_blocks *blocks);
void pei_blocks_clear(struct pei_blocks *blocks); /* the values have changed */
void pei_blocks_free(struct pei_blocks *blocks);  /* NULL is allowed */

/* evaluate_special.c, evaluate_lambda.c */
pe_value pei_special(pei_context *x, const pe_node *node);
pe_value pei_lambda_function(pei_context *x, const pe_node *node);
pe_value pei_lambda_value(pei_context *x, const pe_node *node);
pe_value pei_lambda_apply(pei_context *x, pe_value lambda, const pe_value *args, uint32_t n);
pe_value pei_call_node(pei_context *x, const pe_node *node);
pe_value pei_array_of(pei_context *x, pe_value v, const pe_array **array); /* error or blank */

/* evaluate_random.c */
pe_value pei_random(pei_context *x, const pe_node *node);

/* evaluate_facts.c */
pe_status pei_facts(pe_evaluator *evaluator, pe_diag *diag);
const pei_fact *pei_fact_of(const pe_evaluator *evaluator, uint32_t cell); /* NULL: no shape */
/* Whether a cell keeps its stored value in a mode; why, or NULL. */
const char *pei_pin(const pe_evaluator *evaluator, uint32_t cell, pe_evaluate_mode mode);

/* evaluate_formula.c: one cell's formula, top level. The result is a scalar in a plain formula; for
 * blocks it may be an array. */
pe_value pei_formula(pei_context *x, uint32_t cell);
/* A node of the cell's own tree (NULL: the root), as an operand. */
pe_value pei_formula_node(pei_context *x, uint32_t cell, const pe_node *node);
/* What a cell shows of a result: no blanks, no references; text stays in the arena it is in. */
pe_value pei_cell_value(pei_context *x, pe_value v);
/* The value of one cell of a block whose formula gave v. */
pe_value pei_block_value(const pe_formula_source *source, pe_value v, uint32_t row,
                         uint32_t column);
pe_value pei_keep(pe_arena *texts,
                  pe_value v); /* a copy of a scalar that outlives the scratch arena */

/* evaluate_run.c */
/* Computes a cell and all that it needs, in the context's layer (NULL: the evaluator's own values).
 */
pe_status pei_compute(pei_context *x, uint32_t cell);
bool pei_is_done(const pei_context *x, uint32_t cell);
void pei_store(pei_context *x, uint32_t cell, pe_value v);

/* evaluate_iterate.c */
pe_status pei_iterate(pei_context *x, uint32_t component);

/* Ranks of a bit set's words; the number of bits. */
uint32_t pei_rank(const uint64_t *bits, uint32_t cell_count, uint32_t *rank);
pe_status pei_layer_push(pei_context *x, pei_layer *layer, const uint64_t *bits,
                         const uint32_t *rank, uint32_t slot_count);
void pei_layer_clear(pei_layer *layer, uint32_t slot_count); /* everything pending again */
void pei_layer_pop(pei_context *x);
const pei_table_plan *pei_table_plan_of(const pe_evaluator *evaluator, uint32_t master);
/* A cell's value in the present layer, computed if need be. */
pe_status pei_value_at(pei_context *x, pe_cell_ref ref, pe_value *v);
void pei_substitute(pei_context *x, pei_layer *l, pe_cell_ref ref, pe_value v);
pe_status pei_tables(pe_evaluator *evaluator); /* makes the plans */
/* evaluate_table.c: the values of a data table's block, row-major, kept in texts. */
pe_status pei_table(pei_context *x, uint32_t master, pe_value *outputs, pe_arena *texts);

#endif
