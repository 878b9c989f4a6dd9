/* server_model.h: what a session holds: its books, the job kept for each, its runs. Belongs to the
 * runner that does the session's ordered request. Invariant: what a reply needs later (pages,
 * trials, figures) is in the run; a job can be made anew, restarted or dropped at any time. */
#ifndef PE_SERVER_MODEL_H
#define PE_SERVER_MODEL_H

#include "pages.h"
#include "server_internal.h"

/* How far a kept job has come. */
typedef enum pei_stage {
    PEI_STAGE_NONE,
    PEI_STAGE_CHECKED,
    PEI_STAGE_COMPILED,
    PEI_STAGE_USED /* simulated, or failed on the way: to be restarted */
} pei_stage;

/* A job kept for the next request of its book. What its settings and edits point to is in arena,
 * which lives as long as the job. */
typedef struct pei_kept {
    pe_job *job;
    pe_arena *arena;
    const pe_workbook *workbook; /* the job's own */
    const char **sheet_names;    /* of the model's sheets: no page may have such a name */
    uint32_t sheet_name_count;
    pei_stage stage;
    pe_settings settings;
    double now_1900;
    msgpack_sbuffer came; /* the settings as they came: equal bytes are equal settings */
    double build_s;       /* how long the workbook took; told once */
    bool fresh;           /* the job was made for this request: it has read and checked */
} pei_kept;

typedef struct pei_book {
    uint32_t number;
    char *name;
    char *path;                   /* of a saved workbook that was opened; NULL: it came in parts */
    pe_workbook_builder *builder; /* NULL: opened */
    uint32_t sheet_count;
    bool ended;
    pe_workbook *built; /* for the next job; NULL: build when needed */
    bool stale;         /* edited beyond constants: the kept job is of no use */
    pei_kept kept;
    /* Edits of constants since the kept job was made or restarted; texts in its arena. */
    pe_job_edit *edits;
    size_t edit_count, edit_capacity;
} pei_book;

/* One result sheet: maps of page_reply, encoded, in parts. */
typedef struct pei_part {
    uint64_t first; /* cell */
    uint8_t *bytes;
    size_t length;
} pei_part;

typedef struct pei_page {
    const char *name, *key; /* in the run's arena */
    uint64_t cells;
    uint32_t charts;
    pei_part *parts;
    size_t part_count, part_capacity;
} pei_page;

typedef struct pei_run_output {
    const char *name, *cell;
    double mean, sd, standard_error, min, max, p5, p50, p95;
    uint64_t errors;
    pe_value *trials; /* NULL: too many to keep */
} pei_run_output;

typedef struct pei_run {
    uint32_t number, book;
    const char *name; /* "" where the user gave none */
    uint64_t trials, trials_asked, seed;
    pe_sampling_method sampling;
    pe_arena *arena; /* texts, figures */
    pei_run_output *outputs;
    uint32_t output_count;
    pei_page *pages;
    uint32_t page_count;
    uint64_t bytes; /* of trials and pages */
} pei_run;

struct pei_model {
    const pe_server *server;
    pe_control *control;
    pei_book *books[PE_LIMIT_session_books];
    pei_run *runs[PE_LIMIT_session_runs]; /* the newest first */
    uint32_t book_last, run_last;
};

/* One request as a runner sees it. */
typedef struct pei_task {
    pei_model *model;
    pei_request *request;
    msgpack_zone *zone; /* what the decoded parameters hold */
    pe_arena *arena;    /* for the reply */
    pe_wire_out out;    /* the reply */
    pe_diag *diag;
    const uint8_t *params; /* as they came */
    size_t params_length;
    double decode_s;
} pei_task;

/* Every method: decoded parameters in, the record of the reply in task->out. */
#define PEI_METHODS(X)                                                                             \
    X(functions)                                                                                   \
    X(call)                                                                                        \
    X(distributions)                                                                               \
    X(describe)                                                                                    \
    X(workbook_open)                                                                               \
    X(workbook_begin)                                                                              \
    X(workbook_sheet)                                                                              \
    X(workbook_end)                                                                                \
    X(workbook_update)                                                                             \
    X(workbook_close)                                                                              \
    X(inspect)                                                                                     \
    X(simulate)                                                                                    \
    X(page)                                                                                        \
    X(trials)                                                                                      \
    X(results)                                                                                     \
    X(run_close)
#define PEI_METHOD_DECLARE(name)                                                                   \
    pe_status pei_do_##name(pei_task *task, const pe_wire_##name *params);
PEI_METHODS(PEI_METHOD_DECLARE)
#undef PEI_METHOD_DECLARE

/* Encodes the reply. A reply that is too long is PE_E_LIMIT. */
pe_status pei_reply(pei_task *task, pe_wire_record record, const void *result);
pe_status pei_out_of_memory(pe_diag *diag);
uint64_t pei_model_bytes(const pei_model *model);
uint64_t pei_model_most(const pei_model *model); /* bytes that the session may hold */
/* PE_E_MEMORY where the session holds as much as it may (bytes: about to be added). */
pe_status pei_model_room(const pei_model *model, uint64_t bytes, pe_diag *diag);
/* The same, but first what is too much goes: the jobs of books other than this one (NULL: all),
 * which can be made anew, then the oldest runs. */
pe_status pei_model_fit(pei_model *model, const pei_book *book, uint64_t bytes, pe_diag *diag);

/* ---- values */
pe_value pei_value_in(const pe_wire_value *value, pe_arena *arena);
pe_wire_value pei_value_out(pe_value value);

/* ---- books and jobs */
pe_status pei_book_find(pei_model *model, uint32_t number, pei_book **book, pe_diag *diag);
void pei_book_free(pei_book *book);
pe_status pei_complete(const pei_book *book, pe_diag *diag); /* workbook.end came */
void pei_kept_free(pei_kept *kept);
/* The workbook as the spreadsheet has it now, all edits in it; belongs to the book. */
pe_status pei_book_values(pei_task *task, pei_book *book, const pe_workbook **workbook);
/* A kept job with these settings (has: they were given), whose workbook has all edits, at least
 * checked and not simulated. */
pe_status pei_job_ready(pei_task *task, pei_book *book, const pe_wire_settings *settings, bool has);
/* After pei_job_ready. */
pe_status pei_job_compiled(pei_task *task, pei_book *book);
/* ---- runs */
pe_status pei_run_find(const pei_model *model, uint32_t number, pei_run **run, pe_diag *diag);
void pei_run_free(pei_run *run);
/* Encodes the pages into the run. */
pe_status pei_run_pages(pei_run *run, const pe_pages *pages, pe_diag *diag);

/* ---- functions: a formula by itself */
typedef struct pei_cell_formula {
    const char *text; /* without '='; NULL: the value is what stands in `value` already */
    pe_value value;   /* result; text and arrays in the arena */
} pei_cell_formula;
/* Evaluates formulas in cells at the end of a sheet of what the builder holds. */
pe_status pei_evaluate_in(pe_workbook_builder *builder, uint32_t sheet, pei_cell_formula *formulas,
                          uint32_t count, double now, pe_arena *arena, pe_diag *diag);
/* A block of values that formulas can read: sheet D, from row on. */
typedef struct pei_block {
    uint32_t row;
    const pe_wire_array *array;
} pei_block;
/* Evaluates formulas of cells that read nothing but blocks; distributions give their static value.
 */
pe_status pei_evaluate(pei_cell_formula *formulas, uint32_t count, const pei_block *blocks,
                       uint32_t block_count, double now, pe_arena *arena, pe_diag *diag);

#endif
