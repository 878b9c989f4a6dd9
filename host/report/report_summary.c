/* report_summary.c: the sheet "Simulation Summary": what was run, how to run it again, whether to
 * trust it, one row per output. Everything down to the last output stands in the same cells
 * whatever the run found; below it what varies: earlier runs, then warnings. */
#include "report_internal.h"

#include <math.h>

#define LAST_COLUMN 14
#define NOTE_WIDTH 34
#define NOTE_CHARACTERS 44 /* that fit in a column of that width */
#define NAME_WIDTH 34
#define NAME_CHARACTERS 40
#define CHARACTERS_ACROSS 150 /* of a text that is merged over columns B to O */

enum {
    ROW_TITLE,
    ROW_RUN, /* the run's name; stopped before the end */
    ROW_SETTINGS,
    ROW_WARNINGS = ROW_SETTINGS + 7, /* how many */
    ROW_HEADINGS = ROW_WARNINGS + 2,
    ROW_OUTPUTS
};

/* A text over the whole width, on as many lines as it needs. */
static void put_across(pei_layout *l, uint32_t row, const char *text, pei_look look)
{
    size_t lines = 1 + (text != NULL ? strlen(text) : 0) / CHARACTERS_ACROSS;
    pei_put_text(l, row, 1, text, look);
    pei_merge(l, row, 1, LAST_COLUMN);
    pei_set_height(l, row, PEI_ROW_POINTS * (double)(lines < 8 ? lines : 8));
}

static void put_pair(pei_layout *l, uint32_t row, const char *label, const char *text)
{
    pei_put_text(l, row, 0, label, PEI_LABEL);
    put_across(l, row, text, PEI_WRAPPED);
}

static void put_run_line(pei_layout *l)
{
    const pe_report *r = l->report;
    bool named = r->run_name != NULL && r->run_name[0] != '\0', cut = pei_is_incomplete(r);
    const char *done = pei_count_text(l->arena, r->trials),
               *asked = pei_count_text(l->arena, r->trials_asked), *text = "";
    if (done == NULL || asked == NULL) l->failed = true;
    if (l->failed || (!named && !cut)) return;
    if (cut)
        text = pe_arena_printf(l->arena,
                               "%sStopped before the end: incomplete. All numbers describe the "
                               "%s trials of %s that were run.",
                               named ? ". " : "", done, asked);
    pei_put_text(l, ROW_RUN, 0,
                 text != NULL ? pe_arena_printf(l->arena, "%s%s%s", named ? "Run: " : "",
                                                named ? r->run_name : "", text)
                              : NULL,
                 cut ? PEI_WARNING_LINE : PEI_SUBTITLE);
    pei_merge(l, ROW_RUN, 0, LAST_COLUMN);
}

static void put_settings(pei_layout *l)
{
    const pe_report *r = l->report;
    uint32_t row = ROW_SETTINGS;
    const char *trials = pei_count_text(l->arena, r->trials);
    put_pair(l, row++, "Workbook", r->workbook);
    put_pair(l, row++, "SHA-256", r->sha256);
    put_pair(l, row++, "Trials",
             pe_arena_printf(l->arena, "%s%s, seed %llu, %s%s%s", trials != NULL ? trials : "",
                             pei_is_incomplete(r) ? " (stopped before the end: incomplete)" : "",
                             (unsigned long long)r->seed,
                             r->sampling == PE_LATIN_HYPERCUBE ? "Latin hypercube" : "Monte Carlo",
                             r->settings_source[0] != '\0' ? "; settings from " : "",
                             r->settings_source));
    put_pair(l, row++, "NOW() and TODAY()", r->now_text);
    put_pair(l, row++, "Run by",
             pe_arena_printf(
                 l->arena,
                 "Power Engine %s, %s (%s), %u threads, %.2f s; results do not depend on these",
                 r->version, r->backend, r->isa, r->threads, r->timings.total));
    put_pair(l, row++, "To run it again", r->command);
    put_pair(l, row++, "Self-check",
             r->check.header[0] != '\0'
                 ? pe_arena_printf(l->arena, "%s. Note: %s", r->check.line, r->check.header)
                 : r->check.line);
}

/* ---- warnings */

static uint32_t warning_count(const pe_report *r)
{
    return (r->check.differ_count > 0) + r->warning_count;
}

/* One line above the table, so that nobody overlooks the list below it. */
static void put_warning_count(pei_layout *l, uint32_t list_row)
{
    uint32_t count = warning_count(l->report);
    pei_put_text(l, ROW_WARNINGS, 0, "Warnings", PEI_LABEL);
    if (count == 0) {
        put_across(l, ROW_WARNINGS, "none", PEI_WRAPPED);
        return;
    }
    pei_put_link(
        l, ROW_WARNINGS, 1,
        pe_arena_printf(l->arena, "%u warning%s, listed below", count, count == 1 ? "" : "s"),
        pei_target(l->arena, l->summary_name, list_row, 0), PEI_WARNING_LINK);
    pei_merge(l, ROW_WARNINGS, 1, LAST_COLUMN);
}

static void put_warning(pei_layout *l, uint32_t row, const char *cell, const char *text)
{
    if (cell[0] != '\0') pei_put_cell_name(l, row, 0, cell);
    put_across(l, row, text, PEI_WARNING);
}

/* Returns the last row. */
static uint32_t put_warnings(pei_layout *l, uint32_t row)
{
    const pe_report *r = l->report;
    const pe_report_check *check = &r->check;
    if (warning_count(r) == 0) return row;
    pei_put_text(l, row++, 0, "Warnings", PEI_SECTION);
    if (check->differ_count > 0)
        put_warning(l, row++, check->differ[0].cell,
                    pe_arena_printf(l->arena,
                                    "%u formulas differ, of which %u root causes; the "
                                    "check lists them. The first is %s",
                                    check->differ_count, check->root_count, check->differ[0].cell));
    for (uint32_t i = 0; i < r->warning_count && row < PEI_ROWS_MAX - 10; i++)
        put_warning(l, row++, r->warnings[i].cell, r->warnings[i].text);
    return row - 1;
}

/* ---- outputs */

static const char *const headings[LAST_COLUMN + 1] = {
    "Output", "Cell", "Mean",   "Standard error", "Standard deviation", "P5",     "P50", "P95",
    "Min",    "Max",  "P(X<0)", "Base",           "P(X<=base)",         "Errors", "Note"};

static void put_base(pei_layout *l, uint32_t row, uint32_t column, const pe_report_output *o,
                     const char *format)
{
    if (pe_is_number(o->base))
        pei_put_number(l, row, column, pe_as_number(o->base), PEI_PLAIN, format);
    else if (pe_is(o->base, PE_KIND_TEXT))
        pei_put_text(l, row, column, pe_as_text(o->base)->bytes, PEI_NUMBER);
    else if (pe_is(o->base, PE_KIND_BOOLEAN))
        pei_put_text(l, row, column, pe_as_boolean(o->base) ? "TRUE" : "FALSE", PEI_NUMBER);
    else if (pe_is(o->base, PE_KIND_ERROR))
        pei_put_text(l, row, column, pe_error_text(pe_as_error(o->base)), PEI_NUMBER);
    else
        pei_put_text(l, row, column, "-", PEI_NUMBER);
}

/* What the numbers do not say. */
static const char *note_of(pei_layout *l, const pe_report_output *o)
{
    const pe_summary *s = &o->summary;
    const char *share;
    switch (s->kind) {
    case PE_SUMMARY_CONSTANT:
        return "the same in every trial";
    case PE_SUMMARY_ERRORS:
        return "an error in every trial";
    case PE_SUMMARY_LABELS:
        return pe_arena_printf(l->arena, "%.60s in %.1f%% of trials%s", s->frequencies[0].label,
                               100 * (double)s->frequencies[0].count / (double)s->trials,
                               s->frequency_count > 1 ? "; see its sheet" : "");
    case PE_SUMMARY_MIXED:
        return pe_arena_printf(
            l->arena, "text in %.1f%% of trials; statistics describe the numbers",
            100 * (double)(s->text_count + s->boolean_count) / (double)s->trials);
    default:
        if (s->error_count == 0) return "";
        share = pei_share_text(l->arena, s);
        return share != NULL ? pe_arena_printf(l->arena, "describes the other %s of trials", share)
                             : NULL;
    }
}

static void put_output_name(pei_layout *l, uint32_t row, uint32_t i)
{
    const pe_report_output *o = &l->report->outputs[i];
    const char *sheet = l->detail_names[i];
    if (sheet != NULL)
        pei_put_link(l, row, 0, o->name, pei_target(l->arena, sheet, 0, 0), PEI_LINK_WRAPPED);
    else
        pei_put_text(l, row, 0, o->name, PEI_WRAPPED);
    pei_put_cell_name(l, row, 1, o->cell);
    pei_set_width(l, 0, fmin((double)strlen(o->name) + 2, NAME_WIDTH));
    pei_set_width(l, 1, fmin((double)strlen(o->cell) + 2, 30));
}

static void put_output(pei_layout *l, uint32_t row, uint32_t i)
{
    const pe_report_output *o = &l->report->outputs[i];
    const pe_summary *s = &o->summary;
    const char *format = pei_number_format(l->arena, l->report, o),
               *spread = pei_spread_format(l->arena, l->report, o),
               *mean = pei_mean_format(l->arena, l->report, o),
               *error = pei_error_format(l->arena, l->report, o), *note = note_of(l, o);
    const double values[] = {s->mean,
                             s->standard_error,
                             s->sd,
                             pe_summary_percentile(s, 5),
                             pe_summary_percentile(s, 50),
                             pe_summary_percentile(s, 95),
                             s->min,
                             s->max};
    const char *const formats[] = {mean, error, spread, format, format, format, format, format};
    if (format == NULL || spread == NULL || mean == NULL || error == NULL || note == NULL) {
        l->failed = true;
        return;
    }
    put_output_name(l, row, i);
    for (uint32_t k = 0; k < PE_COUNT(values); k++) {
        pei_put_number(l, row, 2 + k, values[k], PEI_PLAIN, formats[k]);
        pei_fit_width(l, 2 + k, values[k], formats[k], 36);
    }
    pei_put_number(l, row, 10, s->probability_negative, PEI_PLAIN, "0.0%");
    put_base(l, row, 11, o, format);
    if (pe_is_number(o->base)) pei_fit_width(l, 11, pe_as_number(o->base), format, 36);
    pei_put_number(l, row, 12, s->probability_base, PEI_PLAIN, "0.0%");
    bool many = (double)s->error_count > 0.01 * (double)s->trials;
    pei_put_number(l, row, 13, (double)s->error_count, many ? PEI_WARNING : PEI_PLAIN, "#,##0");
    pei_put_text(l, row, LAST_COLUMN, note, many ? PEI_WARNING_NOTE : PEI_NOTE);
    pei_set_width(l, LAST_COLUMN, fmin((double)strlen(note) + 3, NOTE_WIDTH));
    if (strlen(note) > NOTE_CHARACTERS || strlen(o->name) > NAME_CHARACTERS)
        pei_set_height(l, row, 2 * PEI_ROW_POINTS);
}

/* Returns the row below. */
static uint32_t put_outputs(pei_layout *l)
{
    static const double widths[LAST_COLUMN + 1] = {20, 13, 11, 11, 11, 11, 11, 11,
                                                   11, 11, 9,  11, 12, 8,  7};
    const pe_report *r = l->report;
    for (uint32_t c = 0; c <= LAST_COLUMN; c++) {
        pei_set_width(l, c, widths[c]);
        pei_put_text(l, ROW_HEADINGS, c, headings[c],
                     c < 2             ? PEI_HEADING
                     : c < LAST_COLUMN ? PEI_HEADING_RIGHT
                                       : PEI_HEADING_NOTE);
    }
    pei_set_height(l, ROW_HEADINGS, 2 * PEI_ROW_POINTS + 1);
    uint32_t row = ROW_OUTPUTS;
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++) put_output(l, row++, i);
    if (r->output_count > 0 && r->outputs[0].base_label != NULL)
        pei_put_text(l, row + 1, 0,
                     pe_arena_printf(l->arena,
                                     "Base: %s. P5 is the value that 5%% of trials stay below. "
                                     "Statistics leave error trials out.",
                                     r->outputs[0].base_label),
                     PEI_SUBTITLE);
    return row + 2;
}

void pei_lay_summary(pei_layout *l)
{
    uint32_t last_column = LAST_COLUMN;
    pei_page_open(l, l->summary_name, "summary");
    pei_put_text(l, ROW_TITLE, 0, "Power Engine: simulation summary", PEI_TITLE);
    pei_set_height(l, ROW_TITLE, 24);
    put_run_line(l);
    put_settings(l);
    uint32_t row = pei_put_runs(l, put_outputs(l) + 1, &last_column);
    put_warning_count(l, row);
    row = put_warnings(l, row);
    l->page->freeze_row = ROW_OUTPUTS;
    l->page->freeze_column = 1;
    pei_set_print(l, ROW_HEADINGS, ROW_HEADINGS, last_column, row);
    pei_page_close(l);
}
