/* program_internal.h: the values of a program under construction. A value (pei_node) is computed
 * once from earlier values; lowering makes them, fusing joins them, the schedule orders them,
 * emission gives them slots. */
#ifndef PE_PROGRAM_INTERNAL_H
#define PE_PROGRAM_INTERNAL_H

#include "program.h"

#define PEI_NONE 0xFFFFFFFFu

/* Opcodes that exist only before emission. */
enum {
    PEI_OUTPUT = PE_OPCODE_COUNT, /* output k of node a: GENERAL, SORT */
};

/* A reference to a value: a node's index, or PE_LIST_CONSTANT | index of a constant. */
typedef uint32_t pei_ref;

typedef struct pei_node {
    uint16_t op;
    uint16_t flags;   /* as the instruction's */
    uint8_t type;     /* pe_type */
    uint8_t eager;    /* an accumulation or a recording: goes where its operands are ready */
    uint16_t domain;  /* of CODE */
    uint32_t a, b, c; /* operand nodes or PEI_NONE; c is the count where there is a list */
    uint32_t k;       /* constant, list, table ... as the instruction's */
    uint32_t group;   /* the unit of scheduling: a cell, an accumulation step */
    uint32_t next;    /* the number of uses, once counted */
} pei_node;

enum { PEI_SHAPE_A = 1, PEI_SHAPE_B = 2, PEI_SHAPE_C = 4, PEI_SHAPE_LIST = 8 };

/* What lowering knows of a value. */
typedef struct pei_operand {
    bool uniform;
    pe_value value; /* uniform */
    uint32_t node;  /* varying */
} pei_operand;

typedef struct pei_index {
    uint32_t *slots;
    uint32_t mask, count;
} pei_index;

/* The model with a data table's inputs replaced: see program_table.c. */
typedef struct pei_replaced pei_replaced;

/* Sums and the like over one column: partial results by 64-row block. See program_reduce.c. */
typedef struct pei_column pei_column;

typedef struct pei_builder {
    const pe_graph *graph;
    const pe_workbook *workbook;
    const pe_calc_options *calc; /* Calc's rules; NULL: Excel's */
    const pe_formula_set *formulas;
    const pe_evaluator *evaluator;
    const pe_program_request *request;
    const pe_control *control;
    pe_program *program;
    pe_arena *arena;   /* the program's */
    pe_arena *scratch; /* while building */
    pe_lane *lane;     /* folds uniform subtrees; made when needed */

    uint8_t shapes[PE_OPCODE_COUNT + 1]; /* which operands an opcode reads: PEI_SHAPE_* */
    pei_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *lists;
    size_t list_count, list_capacity;
    double *constants;
    size_t constant_count, constant_capacity;
    uint64_t *entries; /* nodes by what they compute: program_nodes.c */
    uint32_t entry_mask;
    pei_index constant_index, pair_index;
    pe_lookup_table *tables;
    size_t table_count, table_capacity;
    pe_draw *draws;
    size_t draw_count, draw_capacity;
    pe_draw_inverse *inverses;
    size_t inverse_count, inverse_capacity;
    pe_general *generals;
    size_t general_count, general_capacity;
    pe_unit_read *reads; /* slot holds the node until emission */
    size_t read_count, read_capacity;
    pe_domain *domains;
    size_t domain_count, domain_capacity;
    pe_map *texts; /* interned texts of domains */
    pe_value *text_values;
    size_t text_count, text_capacity;
    pe_map *domain_map; /* content to domain */
    pe_map *table_map;  /* what a table was made from, to table */
    pe_map *reduce_map; /* what is reduced, to its column */
    pei_column **columns;
    size_t column_count, column_capacity;
    uint32_t *cell_node;    /* by cell: node, or PEI_NONE */
    uint64_t *slice;        /* bit set: varying cells to compute */
    pe_dependency *dynamic; /* found while evaluating, by cell (blocks by their first) */
    size_t dynamic_count;
    uint64_t *entered; /* bit set: cells whose precedents were pulled before them */
    uint32_t group_count, group;
    pei_replaced *replaced; /* NULL: the model itself is lowered */
    pei_replaced *room;     /* of the last data table */

    /* the formula at hand */
    uint32_t cell;
    pe_cell_ref home;
    const pe_node *root;
    bool array_mode;
    uint32_t path[32], path_depth;
    pei_operand *variables;
    uint32_t variable_count;
    uint32_t name_depth;
    bool blank_is_zero; /* what is lowered next is taken as a number, or shown: a blank is 0 */
    bool blanks;        /* a general instruction inside the formula may give a blank */
    bool bound;         /* inside a name or LET: no general instruction may start here */

    pe_status status; /* the first failure; then lowering gives up */
    pe_diag *diag;
    uint32_t steps;   /* since the cancel flag was looked at */
    bool interrupted; /* it was set: nothing more needs to be right */
} pei_builder;

/* Asked at every step of what takes long: whether the build was cancelled. */
static inline bool pei_interrupted(pei_builder *b)
{
    if (++b->steps % 1024 == 0 && pe_cancelled(b->control)) b->interrupted = true;
    return b->interrupted;
}

/* ---- program_nodes.c
 * ---------------------------------------------------------------------------------- */

pe_status pei_index_reserve(pei_index *index, size_t count);
/* A constant's index; pairs stand side by side. */
uint32_t pei_constant(pei_builder *b, double value);
uint32_t pei_constant_pair(pei_builder *b, double first, double second);
/* A node equal to an earlier one is that one. PEI_NONE after a failure. */
uint32_t pei_make(pei_builder *b, int op, pe_type type, uint32_t a, uint32_t operand_b, uint32_t c,
                  uint32_t k);
uint32_t pei_make_node(pei_builder *b, const pei_node *node);
/* An accumulation, of numbers: its own unit of scheduling, it goes where its operands are ready. */
uint32_t pei_make_step(pei_builder *b, pei_node *n);
/* Never merged: draws, general units, recordings. */
uint32_t pei_make_unique(pei_builder *b, const pei_node *node);
/* An opcode with a list. */
uint32_t pei_make_list(pei_builder *b, int op, pe_type type, uint32_t a, const pei_ref *entries,
                       uint32_t count, uint16_t flags);
/* Whether lists of that many entries more are worth their memory: every reader of a long range has
 * a list of its own. */
bool pei_list_fits(const pei_builder *b, size_t count);
uint32_t pei_add_list(pei_builder *b, const pei_ref *entries, uint32_t count);
uint32_t pei_new_group(pei_builder *b);
void pei_shapes_init(pei_builder *b);
bool pei_fail(pei_builder *b, pe_status status, const char *format, ...)
    PE_PRINTF(3, 4); /* false */

static inline pei_operand pei_uniform(pe_value value)
{
    pei_operand o = {true, value, PEI_NONE};
    return o;
}
static inline pei_operand pei_varying(uint32_t node)
{
    pei_operand o = {false, {0}, node};
    return o;
}
static inline pe_type pei_type_of(const pei_builder *b, uint32_t node)
{
    return (pe_type)b->nodes[node].type;
}
/* A constant, and a number operand, as a list entry; PEI_NONE after a failure. */
pei_ref pei_constant_ref(pei_builder *b, double value);
pei_ref pei_ref_of(pei_builder *b, const pei_operand *number);

/* ---- program_types.c: coercions, domains, tables
 * ------------------------------------------------------- */

/* Coerced as an operator does it. False: not here (a uniform error beside varying values, say). */
bool pei_to_number(pei_builder *b, pei_operand *o);
/* A number, coerced, as a slot. False: an error in all trials. */
bool pei_number_node(pei_builder *b, pei_operand o, uint32_t *node);
/* Under Calc's rules truth is a number. */
bool pei_plain_truth(pei_builder *b, pei_operand *o);
bool pei_to_condition(pei_builder *b, pei_operand *o); /* to BOOLEAN */
/* A common type for the branches of a choice; uniform ones become constants of the type. */
bool pei_unify(pei_builder *b, pei_operand *x, pei_operand *y, bool blank_is_zero, pe_type *type,
               uint16_t *domain);
/* The condition as the number 1 or 0, which its lanes are already: the same operation with another
 * type, so that SUM counts it. The condition itself goes where nothing else reads it. */
uint32_t pei_condition_as_number(pei_builder *b, uint32_t condition);
/* The boxed ANY form. */
uint32_t pei_to_any(pei_builder *b, uint32_t node);
/* values[lane] of a node whose lanes are whole numbers below count; errors pass. */
uint32_t pei_map_values(pei_builder *b, uint32_t node, const double *values, uint32_t count,
                        pe_type type, uint16_t domain);
/* A CODE node through a table with one value per member of its domain. */
uint32_t pei_map_code(pei_builder *b, uint32_t node, const double *values, pe_type type);
uint16_t pei_domain_of(pei_builder *b, const pe_value *values, uint32_t count, uint32_t *codes);
const pe_domain *pei_domain(const pei_builder *b, uint16_t domain);
/* A table with `key` of its own; *fresh: the caller fills it. */
uint32_t pei_make_table(pei_builder *b, const void *key, size_t length, bool *fresh);
pe_call pei_conversion_call(pei_builder *b);

/* ---- program_cells.c: cells and areas
 * ------------------------------------------------------------------ */

bool pei_is_varying(const pei_builder *b, uint32_t cell);
uint32_t pei_find_cell(const pei_builder *b, uint32_t sheet, uint32_t row,
                       uint32_t column); /* PE_NO_CELL */
/* The value of a cell that does not vary. */
pe_value pei_uniform_value(const pei_builder *b, uint32_t cell);
/* A cell's value. False: a failure, or a cell on a cycle that has none yet. */
bool pei_cell_operand(pei_builder *b, uint32_t cell, pei_operand *o);
bool pei_area_varies(const pei_builder *b, const pe_area *area);
/* Visits the cells of an area that exist, row by row; visit returns false to stop. */
bool pei_each_cell(pei_builder *b, const pe_area *area, bool (*visit)(void *context, uint32_t cell),
                   void *context);
/* The area that a node means as a reference, if it does: references, table references, names of
 * them. */
bool pei_node_is_area(pei_builder *b, const pe_node *node, pe_area *area);

/* ---- program_lower.c
 * ----------------------------------------------------------------------------------- */

/* False: this subtree is not for the program (or b->status). */
bool pei_lower(pei_builder *b, const pe_node *node, pei_operand *o);
/* The same, with a general instruction where need be. */
bool pei_lower_or_general(pei_builder *b, const pe_node *node, pei_operand *o);
bool pei_lower_number(pei_builder *b, const pe_node *node, pei_operand *o);
bool pei_lower_cell(pei_builder *b, uint32_t cell);
/* What is lowered next belongs to cell; then its formula, in array mode where b->array_mode says.
 */
void pei_enter_cell(pei_builder *b, uint32_t cell);
bool pei_lower_formula(pei_builder *b, const pe_formula *formula, pei_operand *o);
/* A constant as a node, since readers of varying cells expect one. */
uint32_t pei_constant_node(pei_builder *b, pe_value v);
bool pei_lower_binary(pei_builder *b, int op, pei_operand x, pei_operand y, bool final,
                      pei_operand *o);
bool pei_compare_operands(pei_builder *b, int op, pei_operand x, pei_operand y, pei_operand *o);
/* The lane that folds, and how it sees varying cells: not at all. */
bool pei_make_lane(pei_builder *b);
bool pei_read_none(void *context, uint32_t cell, pe_value *value);
/* Whether nothing random reaches a subtree; then its value. */
bool pei_subtree_uniform(pei_builder *b, const pe_node *node);
bool pei_fold(pei_builder *b, const pe_node *node, pei_operand *o);
pei_operand pei_binary_number(pei_builder *b, int op, pei_operand x,
                              pei_operand y); /* numbers, plain */

/* ---- program_general.c
 * ---------------------------------------------------------------------------------- */

bool pei_general_node(pei_builder *b, const pe_node *node, pei_operand *o);
bool pei_general_block(pei_builder *b, uint32_t cell);
bool pei_general_component(pei_builder *b, uint32_t component);

/* ---- program_table.c
 * ---------------------------------------------------------------------------------- */

/* The data table whose first cell is `cell`, its model lowered once per row. False: not for the
 * program (or b->status). */
bool pei_lower_table(pei_builder *b, uint32_t cell);
void pei_replaced_free(pei_replaced *r); /* NULL is allowed */
bool pei_is_replaced(const pei_replaced *r, uint32_t cell);
/* Whether the cell's value can differ from the model's own. */
bool pei_replaced_has(const pei_builder *b, uint32_t cell);
pe_value pei_replaced_value(const pei_builder *b, uint32_t cell);
bool pei_replaced_operand(pei_builder *b, uint32_t cell, pei_operand *o);
/* 0: the model itself. */
uint64_t pei_replaced_row(const pei_builder *b);
uint32_t pei_replaced_table(const pei_builder *b); /* its first cell */
/* Whether a cell of the area can differ from the model's own. */
bool pei_replaced_reaches(const pei_builder *b, const pe_area *area);

/* ---- program_argument.c
 * ---------------------------------------------------------------------------------- */

/* An argument, no area, of a function that leaves out the texts, booleans and blanks of cells.
 * False: it may be a reference to such a cell. */
bool pei_lower_argument(pei_builder *b, const pe_node *node, pei_operand *o);
/* Whether a general instruction for this subtree alone may give a blank. */
bool pei_may_be_blank(const pe_node *node);
/* Whether array mode changes a subtree's value: what is evaluated alone is in the cell's mode. */
bool pei_mode_matters(pei_builder *b, const pe_node *node);

/* ---- program_conditional.c, program_criteria.c
 * ----------------------------------------------------------- */

#define PEI_CRITERIA_MAX 8
#define PEI_LANES_MAX 4 /* criteria that are decided in lanes: digits of CRITERIA's flags */

typedef struct pei_criterion {
    pe_area area;
    const pe_criterion *test; /* NULL: it compares with a node that varies */
    int op;                   /* then: PE_I_SUMIF_EQ ... */
    uint32_t node;
} pei_criterion;

typedef struct pei_conditional {
    pei_builder *b;
    pei_criterion criteria[PEI_CRITERIA_MAX];
    int count;
    bool varies; /* some criterion does */
    bool has_values;
    pe_area values; /* same size as the criteria's */
} pei_conditional;

/* Of the matching cells; the numbers stand in CRITERIA's flags. */
typedef enum pei_kind { PEI_COUNT, PEI_SUM, PEI_MOST, PEI_LEAST } pei_kind;

/* How lanes test a varying cell: an opcode and its constant; *always: 1 or 0 where it is decided.
 * False: not here. */
bool pei_lane_test(pei_builder *b, const pei_criterion *t, uint32_t *node, int *op,
                   double *constant, int *always);
/* Criterion i's cell at an offset; the value's (*counts false: it holds no number). */
bool pei_criterion_cell(const pei_conditional *c, int i, uint32_t row, uint32_t column,
                        pei_operand *x);
bool pei_value_cell(const pei_conditional *c, uint32_t row, uint32_t column, bool *counts,
                    pei_ref *value);
void pei_criteria_size(const pei_conditional *c, uint32_t *rows, uint32_t *columns);
bool pei_run_criteria(pei_conditional *c, pei_kind kind, pei_operand *o);

/* ---- program_reduce.c: arguments as lists
 * --------------------------------------------------------------------- */

/* The numbers of arguments, in formula order. */
typedef struct pei_listing {
    pei_builder *b;
    pei_ref *refs; /* heap */
    size_t count, capacity;
    bool refused;
} pei_listing;
/* Appends an argument's numbers: an area's cells that hold some, or one value. False: not here. */
bool pei_list_argument(pei_builder *b, const pe_node *node, pei_listing *l);

/* ---- program_exactorder.c
 * ---------------------------------------------------------------------------------- */

/* a, and of the way from it to b that part. */
pe_value pei_exact_between(const pe_program *p, pe_value a, pe_value b, double part);
/* A criterion by its opcode, SUMIF's or COUNTIF's; what is no number matches "<>" alone. */
bool pei_exact_matches(pe_opcode op, pe_value v, double k);
/* pe_instruction_exact_list of opcodes that order, search and select. */
pe_value pei_exact_order(const pe_program *p, const pe_instruction *i, pe_value a,
                         const pe_value *values);

/* ---- program_tabulate.c
 * ---------------------------------------------------------------------------------- */

/* A function or operator of operands with few values each: the evaluator's value for every case.
 * Arguments that are NULL in node take the operand; the others do not vary. False: not here. */
bool pei_tabulate(pei_builder *b, const pe_node *node, const pei_operand *operands, pei_operand *o);
/* The same for a function as it stands. */
bool pei_tabulate_function(pei_builder *b, const pe_node *node, pei_operand *o);
pe_node_reference pei_absolute(const pe_area *area);

/* ---- program_arrays.c
 * ----------------------------------------------------------------------------------- */

/* Whether a subtree may be an array or several cells where it stands: no slot can hold it. */
bool pei_may_be_array(const pei_builder *b, const pe_node *node);

/* ---- program_dynamic.c
 * ---------------------------------------------------------------------------------- */

pe_status pei_dynamic_init(pei_builder *b);
/* Visits what cell reads beyond its static precedents. False: visit stopped it. */
bool pei_dynamic_each(pei_builder *b, uint32_t cell, bool (*visit)(void *context, uint32_t cell),
                      void *context);
/* Lowers a cell, after whatever it depends on where the graph's order does not know that. */
bool pei_lower_in_order(pei_builder *b, uint32_t cell);

/* ---- program_function.c, program_draw.c, program_reduce.c, program_lookup.c
 * ----------------------------- */

bool pei_lower_function(pei_builder *b, const pe_node *node, pei_operand *o);
bool pei_lower_draw(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled);
bool pei_lower_reduction(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled);
bool pei_lower_order(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled);
bool pei_lower_conditional(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled);
bool pei_lower_lookup(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled);
void pei_columns_free(pei_builder *b);

/* ---- program_fuse.c, program_schedule.c, program_emit.c
 * ------------------------------------------------- */

/* How many operand nodes a node has, and which: calls visit for each, lists and reads included. */
typedef void (*pei_visit_operand)(void *context, uint32_t node);
void pei_operands(const pei_builder *b, uint32_t node, pei_visit_operand visit, void *context);
/* Counts uses from the recordings (node.next becomes the count) and joins pairs. */
pe_status pei_fuse(pei_builder *b);
/* The order of nodes: order[0, *count), heap. */
pe_status pei_schedule(pei_builder *b, uint32_t **order, uint32_t *count);
/* program_memo.c: the same, by the request's memo where it can tell. */
pe_status pei_order(pei_builder *b, uint32_t **order, uint32_t *count);
/* Slots needed by an order. */
pe_status pei_peak(pei_builder *b, const uint32_t *order, uint32_t count, uint32_t *peak);
pe_status pei_emit(pei_builder *b, const uint32_t *order, uint32_t count);

#endif
