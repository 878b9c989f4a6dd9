/* report_summary.c: the sheet "Simulation Summary": what was run, how to run it again, whether to
 * trust it, one row per output. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#define LAST_COLUMN 14
#define ROW_POINTS 13.5
#define NOTE_WIDTH 34
#define NOTE_CHARACTERS 44 /* that fit in a column of that width */
#define NAME_WIDTH 34
#define NAME_CHARACTERS 40
#define CHARACTERS_ACROSS 150 /* of a text that is merged over columns B to O */

/* A text over the whole width, on as many lines as it needs. */
static void put_across(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, const char *text,
                       pei_look look)
{
    size_t lines = 1 + strlen(text) / CHARACTERS_ACROSS;
    worksheet_merge_range(sheet, row, 1, row, LAST_COLUMN, text, pei_format(w, look, NULL));
    worksheet_set_row(sheet, row, ROW_POINTS * (double)(lines < 8 ? lines : 8), NULL);
}

static lxw_row_t put_pair(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, const char *label,
                          const char *text)
{
    pei_put_text(w, sheet, row, 0, label, PEI_LABEL);
    put_across(w, sheet, row, text, PEI_WRAPPED);
    return row + 1;
}

static lxw_row_t put_settings(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row)
{
    const pe_report *r = w->report;
    char text[256];
    row = put_pair(w, sheet, row, "Workbook", r->workbook);
    row = put_pair(w, sheet, row, "SHA-256", r->sha256);
    const char *trials = pei_count_text(w->arena, r->trials);
    snprintf(text, sizeof text, "%s%s, seed %llu, %s%s%s", trials != NULL ? trials : "",
             r->trials < r->trials_asked ? " (stopped before the end: incomplete)" : "",
             (unsigned long long)r->seed,
             r->sampling == PE_LATIN_HYPERCUBE ? "Latin hypercube" : "Monte Carlo",
             r->settings_source[0] != '\0' ? "; settings from " : "", r->settings_source);
    row = put_pair(w, sheet, row, "Trials", text);
    row = put_pair(w, sheet, row, "NOW() and TODAY()", r->now_text);
    snprintf(text, sizeof text,
             "Power Engine %s, %s (%s), %u threads, %.2f s; results do not depend on these",
             r->version, r->backend, r->isa, r->threads, r->timings.total);
    row = put_pair(w, sheet, row, "Run by", text);
    row = put_pair(w, sheet, row, "To run it again", r->command);
    row = put_pair(w, sheet, row, "Self-check", r->check.line);
    if (r->check.header[0] != '\0') row = put_pair(w, sheet, row, "", r->check.header);
    if (r->check.differ_count > 0) {
        snprintf(text, sizeof text,
                 "%u formulas differ, of which %u root causes; see `power-engine check`. The first "
                 "is %.80s",
                 r->check.differ_count, r->check.root_count, r->check.differ[0].cell);
        put_across(w, sheet, row++, text, PEI_WARNING);
    }
    return row;
}

static lxw_row_t put_warnings(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row)
{
    const pe_report *r = w->report;
    for (uint32_t i = 0; i < r->warning_count; i++, row++) {
        pei_put_text(w, sheet, row, 0, i == 0 ? "Warnings" : "", PEI_LABEL);
        put_across(w, sheet, row, r->warnings[i].text, PEI_WARNING);
    }
    return row;
}

static const char *const headings[LAST_COLUMN + 1] = {
    "Output", "Cell", "Mean",   "Standard error", "Standard deviation", "P5",     "P50", "P95",
    "Min",    "Max",  "P(X<0)", "Base",           "P(X<=base)",         "Errors", "Note"};

static void put_base(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                     const pe_report_output *o, const char *format)
{
    if (pe_is_number(o->base))
        pei_put_number(w, sheet, row, column, pe_as_number(o->base), PEI_PLAIN, format);
    else if (pe_is(o->base, PE_KIND_TEXT))
        pei_put_text(w, sheet, row, column, pe_as_text(o->base)->bytes, PEI_NUMBER);
    else if (pe_is(o->base, PE_KIND_BOOLEAN))
        pei_put_text(w, sheet, row, column, pe_as_boolean(o->base) ? "TRUE" : "FALSE", PEI_NUMBER);
    else if (pe_is(o->base, PE_KIND_ERROR))
        pei_put_text(w, sheet, row, column, pe_error_text(pe_as_error(o->base)), PEI_NUMBER);
    else
        pei_put_text(w, sheet, row, column, "-", PEI_NUMBER);
}

/* What the numbers do not say. */
static const char *note_of(pei_writer *w, const pe_report_output *o)
{
    const pe_summary *s = &o->summary;
    const char *share;
    switch (s->kind) {
    case PE_SUMMARY_CONSTANT:
        return "the same in every trial";
    case PE_SUMMARY_ERRORS:
        return "an error in every trial";
    case PE_SUMMARY_LABELS:
        return pe_arena_printf(w->arena, "%.60s in %.1f%% of trials%s", s->frequencies[0].label,
                               100 * (double)s->frequencies[0].count / (double)s->trials,
                               s->frequency_count > 1 ? "; see its sheet" : "");
    case PE_SUMMARY_MIXED:
        return pe_arena_printf(
            w->arena, "text in %.1f%% of trials; statistics describe the numbers",
            100 * (double)(s->text_count + s->boolean_count) / (double)s->trials);
    default:
        if (s->error_count == 0) return "";
        share = pei_share_text(w->arena, s);
        return share != NULL ? pe_arena_printf(w->arena, "describes the other %s of trials", share)
                             : NULL;
    }
}

static void put_output(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, uint32_t i)
{
    const pe_report_output *o = &w->report->outputs[i];
    const pe_summary *s = &o->summary;
    const char *format = pei_number_format(w->arena, w->report, o),
               *spread = pei_spread_format(w->arena, w->report, o), *note = note_of(w, o);
    if (format == NULL || spread == NULL || note == NULL) {
        w->failed = true;
        return;
    }
    if (w->sheet_names[i] != NULL) {
        char link[300], *to = link;
        to += snprintf(link, sizeof link, "internal:'");
        for (const char *p = w->sheet_names[i]; *p != '\0' && to < link + sizeof link - 8; p++) {
            if (*p == '\'') *to++ = '\'';
            *to++ = *p;
        }
        memcpy(to, "'!A1", 5);
        worksheet_write_url_opt(sheet, row, 0, link, pei_format(w, PEI_LINK, NULL), o->name, NULL);
    } else {
        pei_put_text(w, sheet, row, 0, o->name, PEI_WRAPPED);
    }
    pei_put_text(w, sheet, row, 1, o->cell, PEI_PLAIN);
    pei_put_number(w, sheet, row, 2, s->mean, PEI_PLAIN, pei_mean_format(w->arena, w->report, o));
    pei_put_number(w, sheet, row, 3, s->standard_error, PEI_PLAIN,
                   pei_error_format(w->arena, w->report, o));
    pei_put_number(w, sheet, row, 4, s->sd, PEI_PLAIN, spread);
    pei_put_number(w, sheet, row, 5, pei_percentile(s, 5), PEI_PLAIN, format);
    pei_put_number(w, sheet, row, 6, pei_percentile(s, 50), PEI_PLAIN, format);
    pei_put_number(w, sheet, row, 7, pei_percentile(s, 95), PEI_PLAIN, format);
    pei_put_number(w, sheet, row, 8, s->min, PEI_PLAIN, format);
    pei_put_number(w, sheet, row, 9, s->max, PEI_PLAIN, format);
    pei_put_number(w, sheet, row, 10, s->probability_negative, PEI_PLAIN, "0.0%");
    put_base(w, sheet, row, 11, o, format);
    pei_put_number(w, sheet, row, 12, s->probability_base, PEI_PLAIN, "0.0%");
    bool many = (double)s->error_count > 0.01 * (double)s->trials;
    pei_put_number(w, sheet, row, 13, (double)s->error_count, many ? PEI_WARNING : PEI_PLAIN,
                   "#,##0");
    if (strlen(note) > NOTE_CHARACTERS || strlen(o->name) > NAME_CHARACTERS)
        worksheet_set_row(sheet, row, 2 * ROW_POINTS, NULL);
    pei_put_text(w, sheet, row, LAST_COLUMN, note, many ? PEI_WARNING_NOTE : PEI_NOTE);
}

/* Longest text of each number column, so that none shows as ####. */
static void set_columns(pei_writer *w, lxw_worksheet *sheet)
{
    const pe_report *r = w->report;
    double width[LAST_COLUMN + 1] = {20, 13, 11, 11, 11, 11, 11, 11, 11, 11, 9, 11, 12, 8, 7};
    for (uint32_t i = 0; i < r->output_count && !w->failed; i++) {
        const pe_report_output *o = &r->outputs[i];
        const pe_summary *s = &o->summary;
        const char *format = pei_number_format(w->arena, r, o),
                   *spread = pei_spread_format(w->arena, r, o), *note = note_of(w, o);
        if (format == NULL || spread == NULL || note == NULL) {
            w->failed = true;
            return;
        }
        double base = pe_is_number(o->base) ? pe_as_number(o->base) : NAN;
        const double values[] = {s->mean,
                                 s->standard_error,
                                 s->sd,
                                 pei_percentile(s, 5),
                                 pei_percentile(s, 50),
                                 pei_percentile(s, 95),
                                 s->min,
                                 s->max,
                                 NAN,
                                 base};
        for (size_t k = 0; k < PE_COUNT(values); k++) {
            char text[128];
            if (!isfinite(values[k])) continue;
            size_t n = pe_report_value_text(values[k], k == 1 || k == 2 ? spread : format,
                                            r->date1904, text, sizeof text);
            width[2 + k] = fmax(width[2 + k], fmin((double)n + 2, 36));
        }
        width[0] = fmax(width[0], fmin((double)strlen(o->name) + 2, NAME_WIDTH));
        width[1] = fmax(width[1], fmin((double)strlen(o->cell) + 2, 30));
        width[LAST_COLUMN] = fmax(width[LAST_COLUMN], fmin((double)strlen(note) + 3, NOTE_WIDTH));
    }
    for (lxw_col_t c = 0; c <= LAST_COLUMN; c++) worksheet_set_column(sheet, c, c, width[c], NULL);
}

void pei_write_summary(pei_writer *w)
{
    const pe_report *r = w->report;
    lxw_worksheet *sheet = workbook_add_worksheet(w->workbook, "Simulation Summary");
    if (sheet == NULL) {
        w->failed = true;
        return;
    }
    pei_put_text(w, sheet, 0, 0, "Power Engine: simulation summary", PEI_TITLE);
    worksheet_set_row(sheet, 0, 24, NULL);
    set_columns(w, sheet);
    lxw_row_t row = put_warnings(w, sheet, put_settings(w, sheet, 2)) + 1;
    for (lxw_col_t c = 0; c <= LAST_COLUMN; c++)
        pei_put_text(w, sheet, row, c, headings[c],
                     c < 2             ? PEI_HEADING
                     : c < LAST_COLUMN ? PEI_HEADING_RIGHT
                                       : PEI_HEADING_NOTE);
    worksheet_set_row(sheet, row, 2 * ROW_POINTS + 1, NULL);
    for (uint32_t i = 0; i < r->output_count && !w->failed; i++)
        put_output(w, sheet, row + 1 + i, i);
    lxw_row_t last = row + 1 + r->output_count;
    if (r->output_count > 0 && r->outputs[0].base_label != NULL) {
        char text[160];
        snprintf(text, sizeof text,
                 "Base: %s. P5 is the value that 5%% of trials stay below. Statistics leave error "
                 "trials out.",
                 r->outputs[0].base_label);
        pei_put_text(w, sheet, last + 1, 0, text, PEI_SUBTITLE);
    }
    worksheet_freeze_panes(sheet, row + 1, 1);
    pei_page(sheet, row, row, LAST_COLUMN, last + 1);
}
