/* job.h: the one module that calls all stages in order: read, parse, check, find inputs and
 * outputs, compile, simulate, summarise. A job owns everything that its report points to. One
 * thread drives a job; its stages use the job's workers. */
#ifndef PE_JOB_H
#define PE_JOB_H

#include "base.h"
#include "engine.h"
#include "report.h"
#include "simulation.h"

typedef struct pe_job_options {
    pe_settings settings; /* what the user gave: see pe_settings_complete */
    double now_1900;      /* serial date and time in the 1900 system */
    unsigned threads;     /* 0: all processors */
    const pe_backend *backend;
    const char *isa;     /* NULL: the best */
    uint32_t tile_lanes; /* 0: the engine's choice; tests: see pe_engine_options */
    const char *folder;  /* for temporary files of large runs */
    const char *command; /* that reproduces the run, for the report */
} pe_job_options;

typedef struct pe_job pe_job;

/* options are copied, what they point to must outlive the job. */
pe_status pe_job_new(const pe_job_options *options, const pe_control *control, pe_job **job,
                     pe_diag *diag);
void pe_job_free(pe_job *job); /* NULL is allowed */

/* Reads and parses the workbook, and recalculates it from constants (the self-check). Afterwards
 * the report's check part is filled. */
pe_status pe_job_check(pe_job *job, const char *path, pe_diag *diag);
/* The same for a workbook in memory, which the job takes, whatever the result. name: what the
 * report calls it; must outlive the job. */
pe_status pe_job_check_workbook(pe_job *job, pe_workbook *workbook, const char *name,
                                pe_diag *diag);
/* After pe_job_check: finds inputs and outputs and compiles. Refuses by cell and function what
 * would vary and is not supported. */
pe_status pe_job_compile(pe_job *job, pe_diag *diag);
/* After pe_job_compile: runs all trials and summarises them. control->stop: those done so far;
 * where there are none, PE_E_CANCELLED. */
pe_status pe_job_simulate(pe_job *job, pe_diag *diag);

/* Prepares a job for another run, after pe_job_check or later, whatever the last stage said:
 * settings as in pe_job_new (copied; what they point to must outlive the job), and the constants
 * edited since. Keeps what still holds: the parsed formulas and the graph where neither the set
 * cells nor anything but constants changed. Then pe_job_compile. The self-check's result stays that
 * of the first run, and formulas' stored values stay. PE_E_UNSUPPORTED: an edit is more than a
 * constant's new number, text or boolean in a cell that held a constant, or the cell names a
 * table's column: nothing has changed; make a new job. After another failure only a restart. */
typedef struct pe_job_edit {
    pe_cell_ref ref;
    pe_value value;
} pe_job_edit;
pe_status pe_job_restart(pe_job *job, const pe_settings *settings, const pe_job_edit *edits,
                         uint32_t edit_count, pe_diag *diag);
/* Frees what only a run needs, its trials among it: afterwards the report has no outputs and no
 * inputs, and the job is there for pe_job_restart alone. */
void pe_job_end_run(pe_job *job);
size_t pe_job_bytes(const pe_job *job); /* that it holds, but for trials; NULL: 0 */

/* After pe_job_compile: seconds that one trial takes, measured on a few blocks of trials of which
 * nothing is kept; within about 50 ms. */
pe_status pe_job_pace(pe_job *job, double *seconds_per_trial, pe_diag *diag);
/* After pe_job_compile: candidates for outputs, best first: named cells, then cells that nothing
 * reads; all of them. In the job's arena. */
pe_status pe_job_candidates(pe_job *job, pe_output **outputs, uint32_t *count, pe_diag *diag);

/* After pe_job_compile: one for each input, in arena: what some thousand trials show of inputs that
 * the report does not describe, where their cell is a function of its own draws. Of a cell's draws
 * the first has the cell's figures. Changes neither the report nor the run. */
typedef struct pe_job_sample {
    bool known;
    double mean, p5, p50, p95;
} pe_job_sample;
pe_status pe_job_sample_inputs(pe_job *job, pe_arena *arena, const pe_job_sample **samples,
                               pe_diag *diag);

/* Filled as far as the stages have gone; owned by the job. After pe_job_compile inputs and their
 * distributions' figures are known too. A run that control->stop ended early has report.trials <
 * report.trials_asked: the trials from 0 on, with the values that they have in the whole run. */
pe_report *pe_job_report(pe_job *job);

const pe_simulation *pe_job_simulation(const pe_job *job); /* after pe_job_compile */

/* What inspect prints. */
typedef struct pe_job_categories {
    uint32_t formulas; /* formula cells */
    uint32_t uniform;  /* computed once: no random cell reaches them */
    uint32_t varying;
    uint32_t slice;          /* varying and needed by an output */
    pe_program_info program; /* of the slice; zero before pe_job_compile */
    pe_plan_info plan;
    uint32_t shapes; /* distinct formulas in relative form */
} pe_job_categories;
void pe_job_categorise(const pe_job *job, pe_job_categories *categories);

/* Date parts of a serial in the workbook's system, "2026-03-01 12:30:00". */
void pe_job_now_text(double serial, bool date1904, char out[32]);

#endif
