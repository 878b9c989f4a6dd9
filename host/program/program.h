/* program.h: the varying cells of a workbook as typed vector code over numbered slots. A program is
 * immutable, verified once from the opcode table (program_opcodes.def), and read by every backend;
 * nothing in it depends on threads, tiles or instruction sets. Uniform cells are folded from the
 * evaluator's BASE values; whatever the vector code cannot take is a GENERAL instruction, a pe_unit
 * for the general evaluator.
 *
 * A lane is one trial's value: 64 bits. Types of slots are static: NUMBER holds doubles or boxed
 * errors; BOOLEAN holds 1.0, 0.0 or boxed errors; CODE holds an index into a domain of uniform
 * values, as a double, or a boxed error; ANY holds any pe_value. Errors are data; a kernel's fast
 * form may compute nonsense in a tile that holds one, provided it reports it, and the instruction
 * is then redone by its exact form (pe_instruction_exact). */
#ifndef PE_PROGRAM_H
#define PE_PROGRAM_H

#include "base.h"
#include "evaluate.h"
#include "functions.h"
#include "graph.h"
#include "sampling.h"

typedef enum pe_type { PE_TYPE_NUMBER, PE_TYPE_BOOLEAN, PE_TYPE_CODE, PE_TYPE_ANY } pe_type;

/* Opcodes: X(id, name, operands): see program_opcodes.def. */
typedef enum pe_opcode {
#define PE_OP(id, name, operands) PE_I_##id,
#include "program_opcodes.def"
#undef PE_OP
    PE_OPCODE_COUNT
} pe_opcode;

/* Operands by the opcode's letters: d written slot; a b c read slots; k index of a constant; n list
 * [k, k + n) in lists; t table; u unit; r column; x distribution; q constant b. Fields not named
 * are 0. */
typedef struct pe_instruction {
    uint16_t op;
    uint16_t flags; /* by opcode */
    uint32_t d, a, b, c;
    uint32_t k;
} pe_instruction;

/* An entry of a list: a slot, or PE_LIST_CONSTANT | index of a constant. */
#define PE_LIST_CONSTANT 0x80000000u

typedef enum pe_lookup_kind {
    PE_LOOKUP_GATHER, /* values[row]: numbers, codes, or any bits */
    PE_LOOKUP_AFFINE, /* keys are first + row * step, whole numbers: position by arithmetic */
    PE_LOOKUP_SORTED, /* ascending keys */
} pe_lookup_kind;

typedef struct pe_lookup_table {
    pe_lookup_kind kind;
    uint32_t count;
    const double *values;    /* GATHER: results by row; SORTED: keys, different at 15 digits */
    const double *positions; /* SORTED: the row of each key */
    double first, step;      /* AFFINE; SORTED: first is 1 where positions are 0, 1, 2 ... */
    uint8_t type;            /* GATHER: pe_type of the results */
    uint16_t domain;         /* GATHER: of CODE */
} pe_lookup_table;

/* A draw: one uniform per trial, from stream and index. */
typedef struct pe_draw {
    uint64_t stream;
    uint32_t index;
} pe_draw;

/* A distribution's inverse over a slot of uniforms. Varying parameters are prepared per lane from
 * slots. */
typedef struct pe_draw_inverse {
    pe_distribution distribution; /* uniform parameters: prepared */
    bool varying;
    pe_distribution_id id;
    uint32_t parameter_list, parameter_count; /* varying: list entries */
    pe_distribution_options options;          /* varying */
    bool has_options;
} pe_draw_inverse;

/* A read of a general unit: the varying cell and the slot that holds it. */
typedef struct pe_unit_read {
    uint32_t cell;
    uint32_t slot;
    uint8_t type;    /* pe_type */
    uint32_t domain; /* CODE */
} pe_unit_read;

typedef struct pe_general {
    pe_unit unit;
    uint32_t read_first, read_count; /* in reads, ascending cells */
    uint32_t output_first;           /* in lists: output_count slots, all ANY */
} pe_general;

/* A domain of CODE lanes: the distinct uniform values of one lookup column. */
typedef struct pe_domain {
    const pe_value *values;
    uint32_t count;
} pe_domain;

typedef struct pe_program_info {
    uint32_t cells;  /* varying cells in the slice */
    uint32_t values; /* after common subexpressions */
    uint32_t draws;
    uint32_t shared;        /* subexpressions found again */
    uint32_t general_units; /* of these cells the general evaluator computes a part or all */
    uint32_t lookups, reductions;
    const char *schedule; /* the order that was chosen: "sheet", "depth", "component" */
    uint32_t live_peak;   /* slots at the chosen order */
    uint32_t
        live_candidates[3]; /* peak of each order tried, 0: not tried; sheet, depth, component */
    double lower_seconds, schedule_seconds, slot_seconds;
} pe_program_info;

/* What backends read. Arrays live in the program. */
typedef struct pe_program {
    const pe_instruction *instructions;
    uint32_t instruction_count;
    uint32_t slot_count;
    const double *constants;
    uint32_t constant_count;
    const uint32_t *lists;
    uint32_t list_count;
    const pe_lookup_table *tables;
    uint32_t table_count;
    const pe_draw *draws;
    uint32_t draw_count;
    const pe_draw_inverse *inverses;
    uint32_t inverse_count;
    const pe_general *generals;
    uint32_t general_count;
    const pe_unit_read *reads;
    uint32_t read_count;
    const pe_domain *domains;
    uint32_t domain_count;
    uint32_t column_count; /* recorded columns */
    /* A column that is the same in all trials has no RECORD instruction: its value is here. */
    const pe_value *column_values;
    const uint8_t *column_uniform; /* 1: see column_values */
    pe_sampler sampler;
    bool date1904;
    bool is_calc; /* Calc's rules, with these options */
    pe_calc_options calc;
    double now; /* serial: the year of texts such as "3-Mar" */
    pe_program_info info;
    pe_arena *arena;
} pe_program;

typedef struct pe_program_request {
    const uint64_t *
        varying; /* bit set over cells: those that depend on a random cell (frozen ones excluded) */
    const uint32_t
        *recorded; /* cells whose values are wanted in every trial: column i is recorded[i]; a cell
                      may stand twice; uniform, constant and blank cells are allowed */
    uint32_t recorded_count;
    const pe_sampler *sampler;
    struct pe_program_memo *memo; /* of an earlier, like program: saves time; NULL: none */
} pe_program_request;

/* What one building leaves for the next: changes no program. One building at a time. */
typedef struct pe_program_memo pe_program_memo;
pe_program_memo *pe_program_memo_new(void); /* NULL: out of memory */
void pe_program_memo_free(pe_program_memo *memo);

/* Compiles the slice of varying cells that the recorded cells depend on. evaluator holds BASE
 * values and must outlive the program (texts). PE_E_UNSUPPORTED: diag->where is the cell, what
 * names the function. PE_E_MEMORY, PE_E_LIMIT, PE_E_CANCELLED. */
pe_status pe_program_build(const pe_graph *graph, const pe_evaluator *evaluator,
                           const pe_program_request *request, pe_pool *pool,
                           const pe_control *control, pe_program **program, pe_diag *diag);
void pe_program_free(pe_program *program);

/* Checks every operand of every instruction against the opcode table, and that each slot is written
 * before it is read. pe_program_build has done it; for tests and hand-built programs.
 * PE_E_INTERNAL: diag names the instruction. */
pe_status pe_program_verify(const pe_program *program, pe_diag *diag);

/* One line per instruction: "12  s3 = add s1, s2". The text is the caller's to free(); NULL: out of
 * memory. */
char *pe_program_disassemble(const pe_program *program);

/* The opcode's name and operand letters. */
const char *pe_opcode_name(pe_opcode op);
const char *pe_opcode_operands(pe_opcode op);

/* The exact form of an instruction for one lane: the meaning of every opcode that has a scalar
 * form. a, b, c are the operands' lanes. Left-most error in formula order. */
pe_value pe_instruction_exact(const pe_program *program, const pe_instruction *instruction,
                              pe_value a, pe_value b, pe_value c);

/* The same for an opcode with a list: values[0, c) are its entries' lanes. */
pe_value pe_instruction_exact_list(const pe_program *program, const pe_instruction *instruction,
                                   pe_value a, const pe_value *values);

#endif
