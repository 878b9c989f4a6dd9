/* simulation.h: what to run: inputs, outputs, names and settings, found in the workbook or given by
 * the user. The command line wins over what the workbook says (sheet "Power Engine", XLRisk's
 * sheet, @RISK's names), which wins over the defaults. */
#ifndef PE_SIMULATION_H
#define PE_SIMULATION_H

#include "base.h"
#include "formula.h"
#include "graph.h"
#include "sampling.h"
#include "workbook.h"

#define PE_TRIALS_DEFAULT 10000u
#define PE_SEED_DEFAULT 1u
#define PE_OUTPUTS_PROPOSED_MAX                                                                    \
    20u /* more candidates than a person reads: the user is asked to choose */

/* "Inputs!B3=pert(1,2,5)": where, and the formula while simulating. Texts as the user wrote them.
 */
typedef struct pe_input_setting {
    const char *cell;    /* "Inputs!B3", a defined name */
    const char *formula; /* "pert(1,2,5)", "RiskPert(1,2,5)", "=L5*2" */
    const char *name;    /* NULL: by the rules for names */
} pe_input_setting;

typedef struct pe_output_setting {
    const char *cells; /* a cell, a range, a defined name */
    const char *name;  /* NULL: by the rules */
} pe_output_setting;

typedef struct pe_target_setting {
    const char *output; /* name or cell of an output */
    char op[3];
    double operand;
    bool saved; /* by the workbook: it may name an output that this run does not ask for */
} pe_target_setting;

typedef struct pe_settings {
    uint64_t trials, seed;
    pe_sampling_method sampling;
    bool trials_given, seed_given, sampling_given; /* by the user or the workbook, not a default */
    double now;                                    /* serial in the workbook's date system */
    pe_input_setting *inputs;
    uint32_t input_count;
    pe_output_setting *outputs;
    uint32_t output_count;
    bool outputs_all;  /* --output all: every candidate */
    bool outputs_some; /* none declared and more candidates than a person reads: the first
                          PE_OUTPUTS_PROPOSED_MAX, with a warning, instead of a failure */
    pe_target_setting *targets;
    uint32_t target_count;
    const char **freeze; /* cells, ranges, names */
    uint32_t freeze_count;
    const char **ignore; /* property functions to ignore, by name */
    uint32_t ignore_count;
    const char *
        source; /* where workbook settings came from: "sheet Power Engine", "XLRisk", "@RISK"; "" */
} pe_settings;

/* Reads "cell=formula", "output<number" and the like from a command line into arena. PE_E_ARGUMENT
 * says what is wrong. */
pe_status pe_settings_parse_input(pe_arena *arena, const char *text, pe_input_setting *setting,
                                  pe_diag *diag);
pe_status pe_settings_parse_output(pe_arena *arena, const char *text, pe_output_setting *setting,
                                   pe_diag *diag);
pe_status pe_settings_parse_target(pe_arena *arena, const char *text, pe_target_setting *setting,
                                   pe_diag *diag);

/* given: what the user gave; *settings: that, completed by what the workbook saves and by the
 * defaults. Inputs and outputs of both are united; the user's setting of a cell replaces the
 * workbook's. Arrays in arena. */
pe_status pe_settings_complete(const pe_workbook *workbook, const pe_settings *given,
                               pe_arena *arena, pe_settings *settings, pe_diag *diag);

/* "Sheet1!B7", "'My Sheet'!B2:C4", "B7" (first visible sheet), a defined name of cells.
 * PE_E_ARGUMENT: unknown, with the nearest hint. */
pe_status pe_settings_area(const pe_workbook *workbook, const char *text, pe_area *area,
                           pe_diag *diag);

/* The input settings as overrides for pe_graph_build. PE_E_ARGUMENT: not one cell, an empty or text
 * cell, a formula cell. */
pe_status pe_settings_overrides(const pe_workbook *workbook, const pe_settings *settings,
                                pe_arena *arena, pe_override **overrides, uint32_t *count,
                                pe_diag *diag);

/* Sets the bits of the cells that settings freeze. */
pe_status pe_settings_frozen(const pe_workbook *workbook, const pe_settings *settings,
                             uint64_t *frozen, pe_diag *diag);

/* Cells of no model: our own result and settings sheets, other vendors' hidden sheets. */
bool pe_sheet_is_model(const pe_workbook *workbook, uint32_t sheet);

/* A function's name as its vendor writes it: "RiskCorrmat", "PsiNormal"; others as Excel shows
 * them. In arena; NULL: out of memory. */
const char *pe_risk_name(pe_arena *arena, const char *name);

/* ---- the simulation
 * ----------------------------------------------------------------------------------- */

#define PE_DRAW_PATH_MAX 8

/* One random call in a formula: an input. */
typedef struct pe_input {
    uint32_t cell;
    const char *name;         /* unique among the inputs */
    const char *function;     /* "RiskNormal", "RAND" ... as Excel shows it */
    const char *distribution; /* sampling's name ("NORMAL"); "RAND", "RANDBETWEEN", "RANDARRAY" */
    const char *formula;      /* the cell's formula or setting, without '=' */
    const pe_node *node;
    uint32_t path[PE_DRAW_PATH_MAX]; /* draw sites from the cell's formula down through names: see
                                        pe_stream_of */
    uint32_t depth;
    bool own_value_only; /* the cell reads no other varying cell: its value is a function of its own
                            draws */
    bool set;            /* by a cell setting */
} pe_input;

typedef struct pe_output {
    uint32_t cell;
    const char *name;   /* unique among the outputs */
    const char *format; /* the cell's number format code */
    bool declared;      /* RiskOutput, --output, the workbook's settings; false: proposed */
} pe_output;

typedef struct pe_simulation {
    pe_input *inputs; /* in cell order */
    uint32_t input_count;
    pe_output *outputs; /* in the order given; proposed ones best first */
    uint32_t output_count;
    uint64_t *frozen;      /* bit sets over cells */
    uint64_t *varying;     /* depend on a random or set cell, frozen ones excluded */
    uint64_t *slice;       /* varying, and an output depends on them */
    uint64_t *needed;      /* an output depends on them, varying or not; the outputs themselves */
    uint64_t *random;      /* the cells with a draw, and set cells */
    uint32_t random_count; /* cells with a draw */
    const char **warnings;
    const uint32_t *warning_cells; /* the cell that a warning is about, or PE_NO_CELL */
    uint32_t warning_count;
} pe_simulation;

/* Finds inputs and outputs. Arrays in arena. PE_E_NOT_FOUND: nothing depends on a random cell;
 * PE_E_ARGUMENT: more than PE_OUTPUTS_PROPOSED_MAX candidates and none declared (what lists them),
 * a setting that names nothing; PE_E_UNSUPPORTED: a property function that is neither implemented
 * nor ignored (where: the cell). */
pe_status pe_simulation_find(const pe_graph *graph, const pe_settings *settings, pe_arena *arena,
                             const pe_control *control, pe_simulation *simulation, pe_diag *diag);

/* Candidates for outputs, best first: named cells, then cells that nothing reads, each in cell
 * order; with unique names, declared false. In arena. */
pe_status pe_simulation_candidates(const pe_graph *graph, const pe_simulation *simulation,
                                   pe_arena *arena, pe_output **outputs, uint32_t *count,
                                   pe_diag *diag);

/* Marks varying, needed and slice again, after dependencies were added to the graph. */
pe_status pe_simulation_mark(const pe_graph *graph, pe_simulation *simulation, pe_diag *diag);

#endif
