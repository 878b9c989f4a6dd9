/* report_runs.c: earlier runs of the model side by side, on the summary below the outputs: a row
 * per output, a group of columns per run, the latest first. Another run adds columns or changes
 * what is in them; it moves nothing. */
#include "report_internal.h"

#include <math.h>

#define RUNS_SHOWN 4u
#define FIRST_COLUMN 2u
#define MOST 36 /* characters in a column */

enum {
    RUN_MEAN,
    RUN_SD,
    RUN_P5,
    RUN_P50,
    RUN_P95,
    RUN_DIFFERENCE,
    RUN_ERROR,
    RUN_GREATER,
    RUN_COLUMNS
};

static const char *const headings[RUN_COLUMNS] = {
    "Mean",           "Standard deviation", "P5", "P50", "P95", "Mean difference",
    "Standard error", "P(this > that)"};

static const pe_report_run_output *find_output(const pe_report_run *run, const char *cell)
{
    for (uint32_t i = 0; i < run->output_count; i++)
        if (strcmp(run->outputs[i].cell, cell) == 0) return &run->outputs[i];
    return NULL;
}

static void put_heading(pei_layout *l, uint32_t row, uint32_t index)
{
    const pe_report_run *run = &l->report->runs[index];
    uint32_t first = FIRST_COLUMN + index * RUN_COLUMNS;
    bool named = run->name != NULL && run->name[0] != '\0';
    const char *trials = pei_count_text(l->arena, run->trials),
               *name = named        ? run->name
                       : index == 0 ? "The run before"
                                    : pe_arena_printf(l->arena, "%u runs before", index + 1);
    if (trials == NULL || name == NULL) {
        l->failed = true;
        return;
    }
    pei_put_text(l, row, first,
                 pe_arena_printf(l->arena, "%s: %s trials, seed %llu%s%s", name, trials,
                                 (unsigned long long)run->seed,
                                 run->sampling == PE_LATIN_HYPERCUBE ? ", Latin hypercube" : "",
                                 run->incomplete ? ", stopped before the end: incomplete" : ""),
                 PEI_HEADING_GROUP);
    pei_merge(l, row, first, first + RUN_COLUMNS - 1);
    for (uint32_t k = 0; k < RUN_COLUMNS; k++) {
        pei_put_text(l, row + 1, first + k, headings[k], PEI_HEADING_RIGHT);
        pei_set_width(l, first + k, 11);
    }
}

static void put_numbers(pei_layout *l, uint32_t row, uint32_t first, const pe_report_output *o,
                        const pe_report_run_output *then)
{
    const pe_paired_difference *d = &then->difference;
    const char *format = pei_number_format(l->arena, l->report, o),
               *mean = pei_mean_format(l->arena, l->report, o),
               *spread = pei_spread_format(l->arena, l->report, o), *error = spread;
    bool compared = then->compared && d->n > 0;
    if (spread != NULL && compared && d->standard_error > 0)
        error = pei_format_apart(l->arena, spread, d->standard_error, 1.1 * d->standard_error,
                                 l->report->date1904);
    const char *const formats[RUN_COLUMNS] = {mean,   spread, format, format,
                                              format, error,  error,  "0.0%"};
    const double values[RUN_COLUMNS] = {then->mean,
                                        then->sd,
                                        then->p5,
                                        then->p50,
                                        then->p95,
                                        compared ? d->mean : NAN,
                                        compared ? d->standard_error : NAN,
                                        compared ? d->p_greater : NAN};
    for (uint32_t k = 0; k < RUN_COLUMNS; k++) {
        if (formats[k] == NULL) l->failed = true;
        pei_put_number(l, row, first + k, values[k], PEI_PLAIN, formats[k]);
        pei_fit_width(l, first + k, values[k], formats[k], MOST);
    }
}

static void put_run(pei_layout *l, uint32_t row, uint32_t index)
{
    const pe_report *r = l->report;
    static const pe_report_run_output unknown = {"", "", NAN, NAN, NAN, NAN, NAN, false, {0}};
    put_heading(l, row, index);
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++) {
        const pe_report_run_output *then = find_output(&r->runs[index], r->outputs[i].cell);
        put_numbers(l, row + 2 + i, FIRST_COLUMN + index * RUN_COLUMNS, &r->outputs[i],
                    then != NULL ? then : &unknown);
    }
}

uint32_t pei_put_runs(pei_layout *l, uint32_t row, uint32_t *last_column)
{
    const pe_report *r = l->report;
    uint32_t shown = r->run_count < RUNS_SHOWN ? r->run_count : RUNS_SHOWN;
    if (!l->options->in_document && r->run_count == 0) return row; /* there will never be one */
    pei_put_text(l, row, 0, "Earlier runs", PEI_SECTION);
    if (shown == 0) {
        pei_put_text(l, row + 1, 0, "None yet: the next run stands beside this one.", PEI_SUBTITLE);
        return row + 5 + r->output_count;
    }
    pei_put_text(l, row + 1, 0, "Output", PEI_HEADING);
    pei_put_text(l, row + 1, 1, "Cell", PEI_HEADING);
    pei_put_text(l, row + 2, 0, "", PEI_HEADING);
    pei_put_text(l, row + 2, 1, "", PEI_HEADING);
    pei_set_height(l, row + 2, 2 * PEI_ROW_POINTS + 1);
    for (uint32_t i = 0; i < r->output_count; i++) {
        pei_put_text(l, row + 3 + i, 0, r->outputs[i].name, PEI_PLAIN);
        pei_put_cell_name(l, row + 3 + i, 1, r->outputs[i].cell);
    }
    for (uint32_t i = 0; i < shown && !l->failed; i++) put_run(l, row + 1, i);
    pei_put_text(l, row + 3 + r->output_count, 0,
                 "Difference: this run minus that one, trial by trial; known where seed, sampling "
                 "and trials are the same.",
                 PEI_SUBTITLE);
    uint32_t last = FIRST_COLUMN + shown * RUN_COLUMNS - 1;
    if (last > *last_column) *last_column = last;
    return row + 5 + r->output_count;
}
