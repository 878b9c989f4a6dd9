/* engine.h: runs a program over blocks of trials. A backend is one const table; the CPU backend is
 * the reference and supports everything. Results depend on the program, its sampler and the trial
 * number, never on threads, tile width, instruction set or how a run is cut up. */
#ifndef PE_ENGINE_H
#define PE_ENGINE_H

#include "base.h"
#include "program.h"

#define PE_BACKEND_ABI 3u

/* ---- the way back to the general evaluator, implemented by job with pe_lane_* of evaluate.h
 * -------------- */

/* What a unit may read in the current tile: the lanes of varying cells. */
typedef struct pe_engine_view {
    const void *state;
    /* Lane `lane` of a varying cell; false: not at hand (the program lacks that dependency). */
    bool (*read)(const void *state, uint32_t cell, uint32_t lane, pe_value *value);
} pe_engine_view;

typedef struct pe_engine_general {
    void *context;
    /* Evaluates unit in trials trial_first + lane, lane in [0, count): output o of a lane goes to
     * outputs[o][lane]. Texts must stay valid until reset. Called by worker `worker` alone at a
     * time. PE_E_NOT_FOUND: view lacks the varying cell *missing. Other failures end the run. */
    pe_status (*evaluate)(void *context, unsigned worker, const pe_unit *unit,
                          const pe_engine_view *view, uint64_t trial_first, uint32_t count,
                          pe_value *const *outputs, uint32_t *missing);
    /* Texts that evaluate returned to this worker are no longer needed (end of a tile). */
    void (*reset)(void *context, unsigned worker);
} pe_engine_general;

/* ---- where results go
 * ----------------------------------------------------------------------------------- */

typedef struct pe_engine_sink {
    void *context;
    /* Lanes of recorded column `column` for trials [trial_first, trial_first + count): numbers
     * (never -0), errors, booleans, texts, blanks. Texts are valid during the call, but for those
     * of uniform cells. Called from any worker, several at a time; each (column, trial) once in a
     * run that succeeds (after PE_E_NOT_FOUND or a redo: again, with the same values). */
    void (*lanes)(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                  const pe_value *lanes);
    /* All columns of trials [trial_first, + count) have been given: a whole block of
     * PE_BLOCK_TRIALS but for the run's ends. Any worker, one at a time, blocks in any order. May
     * be NULL. */
    void (*block)(void *context, uint64_t trial_first, uint32_t count);
    /* Progress of a run that is one of several: trials before it, and of all; 0, 0: it is alone. */
    uint64_t progress_before, progress_total;
} pe_engine_sink;

/* A dependency that was missing when run returned PE_E_NOT_FOUND: pe_graph_add_dependency(cell,
 * precedent), build again, run again. */
typedef struct pe_engine_missing {
    uint32_t cell, precedent;
} pe_engine_missing;

/* ---- backends
 * ------------------------------------------------------------------------------------------- */

typedef struct pe_engine_options {
    pe_pool *pool; /* NULL: the calling thread alone */
    const pe_engine_general
        *general;        /* NULL: programs with general units are refused (PE_E_UNSUPPORTED) */
    uint32_t tile_lanes; /* 0: chosen from live slots; else this width, a multiple of 16 up to 4096
                            (tests) */
    const char *
        isa; /* NULL: the best that the processor has; "x86-64", "x86-64-v3", "x86-64-v4" (tests) */
} pe_engine_options;

typedef struct pe_plan
    pe_plan; /* a backend's own: a program made ready on a device, with all run buffers reserved */

typedef struct pe_plan_info {
    const char *backend; /* "cpu" */
    const char *isa;     /* "x86-64-v4" */
    uint32_t tile_lanes;
    unsigned workers;
    size_t tile_bytes; /* live slots of one tile */
    size_t bytes;      /* all run buffers */
} pe_plan_info;

typedef struct pe_backend {
    uint32_t abi; /* PE_BACKEND_ABI */
    const char *name;
    /* program must outlive the plan; options are copied, what they point to must outlive it. */
    pe_status (*prepare)(const pe_program *program, const pe_engine_options *options,
                         pe_plan **plan, pe_diag *diag);
    /* Runs trials [trial_first, trial_first + trial_count). missing is set with PE_E_NOT_FOUND
     * alone: the first of those that `missing` lists; *done is set with it too. Progress: stage
     * "simulate", in trials. PE_E_CANCELLED within a tile's time of the flag. done (NULL:
     * control->stop is not looked at): trials [trial_first, trial_first + *done) are there; fewer
     * than trial_count where control->stop ended the run within a tile's time, whole tiles from the
     * first on. One run at a time per plan; again and again as often as wanted. */
    pe_status (*run)(pe_plan *plan, uint64_t trial_first, uint64_t trial_count,
                     const pe_engine_sink *sink, const pe_control *control, uint64_t *done,
                     pe_engine_missing *missing, pe_diag *diag);
    /* After PE_E_NOT_FOUND: what the trials of that run lacked, each once, ascending: of each trial
     * what one cell asked for whose own precedents were all there (of a long range, the beginning).
     * A function of the program and the trials alone. Valid until the next run. */
    const pe_engine_missing *(*missing)(const pe_plan *plan, uint32_t *count);
    void (*describe)(const pe_plan *plan, pe_plan_info *info);
    void (*free)(pe_plan *plan); /* NULL is allowed */
} pe_backend;

const pe_backend *pe_backend_cpu(void);

#endif
