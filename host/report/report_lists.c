/* report_lists.c: the sheets "Inputs" and "Trials". */
#include "report_internal.h"

#include <stdio.h>

/* A format of dates: a year, month or day outside quotes and brackets. */
static bool shows_dates(const char *format)
{
    for (const char *p = format; *p != '\0' && *p != ';'; p++) {
        if (*p == '"' || *p == '[') {
            const char *end = strchr(p + 1, *p == '"' ? '"' : ']');
            if (end == NULL) return false;
            p = end;
        } else if (*p == '\\' && p[1] != '\0') {
            p++;
        } else if (strncmp(p, "General", 7) == 0) {
            return false;
        } else if (strchr("yYdD", *p) != NULL) {
            return true;
        }
    }
    return false;
}

/* What the input looks like as an output: its formats follow the same rules. */
static void put_description(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row,
                            const pe_report_input *in)
{
    pe_report_output like = {.format = in->format,
                             .unit = shows_dates(in->format) ? "date" : NULL,
                             .summary = {.kind = PE_SUMMARY_NUMBERS,
                                         .n = 1,
                                         .mean = in->mean,
                                         .sd = in->sd,
                                         .percentiles = {{.percent = 5, .value = in->p5},
                                                         {.percent = 95, .value = in->p95}}}};
    const char *format = pei_number_format(w->arena, w->report, &like),
               *spread = pei_spread_format(w->arena, w->report, &like);
    const double values[] = {in->mean, in->sd, in->p5, in->p50, in->p95};
    if (format == NULL || spread == NULL) {
        w->failed = true;
        return;
    }
    for (size_t k = 0; k < PE_COUNT(values); k++) {
        if (in->described)
            pei_put_number(w, sheet, row, (lxw_col_t)(4 + k), values[k], PEI_PLAIN,
                           k == 1 ? spread : format);
        else
            pei_put_text(w, sheet, row, (lxw_col_t)(4 + k), "-", PEI_NUMBER);
    }
}

void pei_write_inputs(pei_writer *w)
{
    static const char *const headings[] = {
        "Input", "Cell", "Function", "Formula", "Mean", "Standard deviation", "P5", "P50", "P95"};
    static const double widths[] = {32, 20, 15, 46, 15, 18, 15, 15, 15};
    const pe_report *r = w->report;
    lxw_worksheet *sheet = workbook_add_worksheet(w->workbook, "Inputs");
    if (sheet == NULL) {
        w->failed = true;
        return;
    }
    pei_put_text(w, sheet, 0, 0, "Power Engine: inputs", PEI_TITLE);
    pei_put_text(w, sheet, 1, 0,
                 "Statistics are of the trials that were run; \"-\" where they were not recorded "
                 "(very many inputs).",
                 PEI_SUBTITLE);
    for (size_t i = 0; i < PE_COUNT(headings); i++) {
        worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
        pei_put_text(w, sheet, 3, (lxw_col_t)i, headings[i],
                     i < 4 ? PEI_HEADING : PEI_HEADING_RIGHT);
    }
    worksheet_set_row(sheet, 3, 28, NULL);
    uint32_t shown = r->input_count < LXW_ROW_MAX - 10 ? r->input_count : LXW_ROW_MAX - 10;
    for (uint32_t i = 0; i < shown && !w->failed; i++) {
        const pe_report_input *in = &r->inputs[i];
        lxw_row_t row = 4 + i;
        pei_put_text(w, sheet, row, 0, in->name, PEI_PLAIN);
        pei_put_text(w, sheet, row, 1, in->cell, PEI_PLAIN);
        pei_put_text(w, sheet, row, 2, in->distribution, PEI_PLAIN);
        pei_put_text(w, sheet, row, 3, in->formula, PEI_PLAIN);
        put_description(w, sheet, row, in);
    }
    worksheet_freeze_panes(sheet, 4, 1);
    pei_page(sheet, 3, 3, 8, 4 + shown);
}

static void put_lane(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                     pe_value v, const char *format)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pei_put_number(w, sheet, row, column, pe_as_number(v), PEI_PLAIN, format);
        break;
    case PE_KIND_TEXT:
        pei_put_text(w, sheet, row, column, pe_as_text(v)->bytes, PEI_PLAIN);
        break;
    case PE_KIND_BOOLEAN:
        worksheet_write_boolean(sheet, row, column, pe_as_boolean(v), NULL);
        break;
    case PE_KIND_ERROR:
        pei_put_text(w, sheet, row, column, pe_error_text(pe_as_error(v)), PEI_PLAIN);
        break;
    default:
        break;
    }
}

void pei_write_trials(pei_writer *w, const char *note)
{
    const pe_report *r = w->report;
    lxw_worksheet *sheet = workbook_add_worksheet(w->workbook, "Trials");
    if (sheet == NULL) {
        w->failed = true;
        return;
    }
    if (note != NULL) {
        pei_put_text(w, sheet, 0, 0, note, PEI_PLAIN);
        return;
    }
    pei_put_text(w, sheet, 0, 0, "Trial", PEI_HEADING);
    for (uint32_t i = 0; i < r->output_count; i++)
        pei_put_text(w, sheet, 0, (lxw_col_t)(i + 1), r->outputs[i].name, PEI_HEADING);
    worksheet_set_column(sheet, 0, (lxw_col_t)r->output_count, 16, NULL);
    const char **formats = PE_PUSH(w->arena, const char *, r->output_count + 1);
    if (formats == NULL) {
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < r->output_count; i++)
        formats[i] = pei_number_format(w->arena, r, &r->outputs[i]);
    for (uint64_t t = 0; t < r->trials && !w->failed; t++) {
        if ((t & 1023) == 0 && pe_cancelled(w->control)) return;
        lxw_row_t row = (lxw_row_t)(t + 1);
        worksheet_write_number(sheet, row, 0, (double)(t + 1), NULL);
        for (uint32_t i = 0; i < r->output_count; i++)
            put_lane(w, sheet, row, (lxw_col_t)(i + 1), r->outputs[i].trials[t], formats[i]);
    }
    worksheet_freeze_panes(sheet, 1, 1);
    pei_page(sheet, 0, 0, (lxw_col_t)r->output_count, (lxw_row_t)r->trials);
}
