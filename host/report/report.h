/* report.h: a run's results as a model, and its writers: a results workbook (.xlsx), JSON (the
 * contract in README), CSV. The model holds everything in the user's words; writers decide nothing.
 */
#ifndef PE_REPORT_H
#define PE_REPORT_H

#include "base.h"
#include "simulation.h"
#include "statistics.h"

#define PE_TORNADO_BARS 12u
#define PE_DETAIL_SHEETS_MAX 20u /* detail sheets: the first 20 outputs, or those asked for */

typedef struct pe_report_bar {
    const char *name;
    const char *cell;
    const char *format; /* number format code of the input's cell */
    double correlation;
    uint64_t n;
    bool noise;
    double contribution, mean_low, mean_high; /* as in pe_sensitivity */
    double input_low, input_high;             /* NaN: the input's own values are not known */
} pe_report_bar;

typedef struct pe_report_output {
    const char *name;
    const char *cell;       /* 'Sheet 1'!B7 */
    const char *sheet;      /* the cell's sheet */
    pe_cell_ref at;         /* the cell, zero-based; sheet: its number in the workbook */
    const char *format;     /* number format code of the cell */
    const char *unit;       /* "%", "date", "time", a currency sign; NULL: none known */
    bool detail;            /* gets a sheet of its own */
    pe_value base;          /* base case; blank: the model has none */
    const char *base_label; /* "base case", or "stored value (one random draw)" */
    pe_summary summary;
    pe_target *targets;
    uint32_t target_count;
    pe_report_bar *tornado;
    uint32_t tornado_count;
    const pe_value *trials; /* summary.trials values; for the Trials sheet and CSV */
} pe_report_output;

typedef struct pe_report_input {
    const char *name;
    const char *cell;
    const char *distribution; /* "RiskNormal", "RAND" ... */
    const char *formula;
    const char *format;
    bool set;       /* by a cell setting */
    bool described; /* the following are known (parameters do not vary) */
    double mean, sd, p5, p50, p95;
} pe_report_input;

typedef struct pe_report_difference {
    const char *cell, *formula;
    pe_value expected, actual; /* texts live as long as the job */
    bool root;
} pe_report_difference;

typedef struct pe_report_cell { /* an unsupported or skipped cell */
    const char *cell, *what;    /* function, or reason */
} pe_report_cell;

typedef struct pe_report_check {
    uint32_t formulas, compared, agree, pinned, root_count;
    pe_report_difference *differ;
    uint32_t differ_count;
    pe_report_cell *unsupported;
    uint32_t unsupported_count;
    pe_report_cell *skipped;
    uint32_t skipped_count;
    const char *header; /* where stored values cannot be trusted; "" */
    uint32_t downstream_compared, downstream_agree;
    const char *line; /* "12,345 of 12,345 formulas agree with Excel's stored values" */
} pe_report_check;

typedef struct pe_report_warning {
    const char *cell; /* the cell that it is about; "" where none */
    const char *text; /* whole sentence; names the cell where it matters */
} pe_report_warning;

/* An earlier run of the same model, beside which this one stands. */
typedef struct pe_report_run_output {
    const char *cell, *name; /* cell: as in this run's outputs */
    double mean, sd, p5, p50, p95;
    bool compared; /* difference is known: the same seed, sampling and trials, and all of them done
                    */
    pe_paired_difference difference; /* per trial: this run's value minus that run's */
} pe_report_run_output;

typedef struct pe_report_run {
    const char *name; /* NULL or "": the user gave none */
    uint64_t trials, seed;
    pe_sampling_method sampling;
    bool incomplete;
    pe_report_run_output *outputs; /* in any order */
    uint32_t output_count;
} pe_report_run;

typedef struct pe_timings { /* seconds; 0: stage not run */
    double read, parse, compile, check, simulate, statistics, report, total;
} pe_timings;

typedef struct pe_report {
    const char *workbook; /* path as given */
    const char *sha256;   /* 64 hex digits */
    const char *version;
    const char *command;  /* that reproduces the run */
    const char *run_name; /* the user's; NULL or "": none */
    uint64_t trials;      /* done; fewer than asked: stopped before the end */
    uint64_t trials_asked;
    uint64_t seed;
    pe_sampling_method sampling;
    const char *settings_source; /* "" or "sheet Power Engine" ... */
    const char *backend;         /* "cpu" */
    const char *isa;
    unsigned threads;
    double now;           /* serial */
    const char *now_text; /* "2026-03-01 12:30:00" */
    bool date1904;
    pe_report_check check;
    pe_report_input *inputs;
    uint32_t input_count;
    pe_report_output *outputs;
    uint32_t output_count;
    pe_report_warning *warnings;
    uint32_t warning_count;
    pe_report_run *runs; /* earlier ones, latest first */
    uint32_t run_count;
    pe_timings timings;
    uint64_t memory_peak_bytes;
} pe_report;

typedef struct pe_report_options {
    bool trials_sheet;
    bool in_document; /* the pages stand in the model's own document: cells are links */
    const char *const
        *sheet_names; /* of that document, its result sheets left out: not to be used */
    uint32_t sheet_name_count;
    const char
        *trials_note; /* stands there in place of trials that no sheet can hold; NULL: none */
} pe_report_options;

/* Writes to a temporary name beside path and renames: no half-written file is left behind. PE_E_IO
 * (where: path). */
pe_status pe_report_write_xlsx(const pe_report *report, const pe_report_options *options,
                               const char *path, const pe_control *control, pe_diag *diag);
/* The JSON contract. path "-": standard output's file, given by the caller as `stream` (FILE *). */
pe_status pe_report_write_json(const pe_report *report, const char *path, void *stream,
                               pe_diag *diag);
pe_status pe_report_write_check_json(const pe_report *report, const char *path, void *stream,
                                     pe_diag *diag);
/* One row per trial, one column per output: RFC 4180, shortest decimals that read back the same. */
pe_status pe_report_write_csv(const pe_report *report, const char *path, const pe_control *control,
                              pe_diag *diag);

/* A value as the user sees it in the output's number format (dates as dates); `digits` more
 * decimals than the format has where it would hide a difference. Returns the length. */
size_t pe_report_value_text(double value, const char *format, bool date1904, char *out,
                            size_t size);

#endif
