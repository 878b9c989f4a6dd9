/* job_internal.h: the job's parts, shared by the files of this module. */
#ifndef PE_JOB_INTERNAL_H
#define PE_JOB_INTERNAL_H

#include "evaluate.h"
#include "job.h"
#include "program.h"
#include "results.h"

#define PEI_RESULTS_MEMORY (512u << 20) /* columns above this go to a file */
#define PEI_INPUTS_RECORDED_MAX 200u /* up to here every input's trials are kept for the report */
#define PEI_SCREEN_TRIALS 4096u      /* candidates for the tornado are picked by so many trials */
#define PEI_SCREEN_TOP 48u           /* and so many of them are ranked exactly */
#define PEI_TORNADO_OUTPUTS_MAX 100u
#define PEI_TORNADO_TRIALS 100000u /* ranks and inputs are described by so many: within 0.003 */
#define PEI_REBUILDS_MAX 64u       /* of one program, for dependencies that only trials show */
/* Trials of a run's first parts, where general instructions may lack dependencies. */
#define PEI_PART_FIRST 4096u
#define PEI_PART_SECOND 65536u

typedef struct pei_lanes { /* the general evaluator, one lane object per worker */
    const pe_job *job;
    pe_lane **lanes;
    unsigned count;
    atomic_uint_fast64_t cycles; /* trials in which a component was a true cycle */
} pei_lanes;

struct pe_job {
    pe_job_options options;
    const pe_control *control;
    pe_arena *arena; /* kept while the workbook is read and checked, then run */
    pe_arena *kept;  /* as long as the job: the check's texts, edited texts */
    pe_arena *run;   /* until the next restart */
    pe_pool *pool;
    pe_workbook *workbook;
    pe_settings settings;   /* completed */
    pe_override *overrides; /* that the graph has; in kept */
    uint32_t override_count;
    uint64_t *frozen; /* bit set over cells, as the evaluator has it */
    pe_graph *graph;
    pe_evaluator *evaluator;
    pe_check *check;
    pe_sampler sampler;
    pe_simulation simulation;
    pe_program *program;
    pe_program_memo *memo; /* of the outputs' program, from run to run; NULL: none */
    pe_plan *plan;
    pei_lanes lanes;
    pe_engine_general general;
    pe_results *results;
    pe_results *input_results; /* columns of inputs, by input_column */
    uint32_t *input_column; /* input index to column of input_results, UINT32_MAX: not recorded */
    pe_report report;
    size_t warning_capacity;
    uint32_t warnings_kept; /* of the workbook, not of a run */
    char hash[65];          /* of the content, as text */
    pe_job_categories categories;
    pe_map
        *found; /* dependencies that the graph has beyond its own: cell, precedent; NULL: not yet */
};

/* A warning for the report, in the job's arena (printf). */
/* cell: the cell that it is about, "" where none; kept. */
pe_status pei_job_warn(pe_job *job, const char *cell, const char *format, ...) PE_PRINTF(3, 4);
/* A cell as 'Sheet 1'!B7, in the arena; "?" when memory is out. */
const char *pei_job_cell(pe_job *job, uint32_t cell);

/* job.c: frees what a run made, but for what stands in its arena. */
void pei_job_end_run(pe_job *job);
uint32_t *pei_job_outputs(pe_job *job); /* their cells; NULL: out of memory */
void pei_job_hash_text(pe_job *job);    /* from the workbook's hash */
/* Deep stages return the bare status when memory is out: here it gets its words. */
pe_status pei_job_said(pe_status status, pe_diag *diag);
/* The settings of a run, completed, and what the report says of them. */
pe_status pei_job_settings(pe_job *job, pe_override **overrides, uint32_t *count, pe_diag *diag);
/* A graph and an evaluator for these overrides and the settings' frozen cells, in place of those
 * that the job has. On failure the job keeps what it has. */
pe_status pei_job_prepare(pe_job *job, const pe_override *overrides, uint32_t count, pe_diag *diag);
/* Only an evaluator, for other frozen cells. */
pe_status pei_job_freeze(pe_job *job, pe_diag *diag);

/* job_lanes.c */
pe_status pei_lanes_new(pe_job *job, pe_diag *diag);
void pei_lanes_free(pei_lanes *lanes);

/* job_run.c: runs trials [0, trials) of `cells` into *results (columns in that order), compiling as
 * often as dynamic references ask for it. done: trials that are there, fewer where control->stop
 * ended the run, at least 1; NULL: the run is not to be stopped. */
pe_status pei_job_record(pe_job *job, const uint32_t *cells, uint32_t count, uint64_t trials,
                         pe_program **program, pe_plan **plan, pe_results **results, uint64_t *done,
                         pe_diag *diag);
pe_status pei_job_build(pe_job *job, const uint32_t *cells, uint32_t count, pe_program **program,
                        pe_plan **plan, pe_diag *diag);

/* job_report.c */
pe_status pei_job_report_check(pe_job *job, pe_diag *diag);
/* Names and cells of inputs and outputs; the next two add what the trials show. */
pe_status pei_job_report_names(pe_job *job, pe_diag *diag);
pe_status pei_job_report_outputs(pe_job *job, pe_diag *diag);
pe_status pei_job_report_inputs(pe_job *job, pe_diag *diag);

/* job_inputs.c: figures of the inputs that need no trial; after pei_lanes_new. */
pe_status pei_job_describe_inputs(pe_job *job, pe_diag *diag);

/* job_tornado.c: fills each output's tornado and records what it and the inputs sheet need. */
pe_status pei_job_tornado(pe_job *job, pe_diag *diag);

#endif
