/* report_lists.c: the sheets "Inputs" and "Trials". */
#include "report_internal.h"

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
static void put_description(pei_layout *l, uint32_t row, const pe_report_input *in)
{
    pe_report_output like = {.format = in->format,
                             .unit = shows_dates(in->format) ? "date" : NULL,
                             .summary = {.kind = PE_SUMMARY_NUMBERS,
                                         .n = 1,
                                         .mean = in->mean,
                                         .sd = in->sd,
                                         .percentiles = {{.percent = 5, .value = in->p5},
                                                         {.percent = 95, .value = in->p95}}}};
    const char *format = pei_number_format(l->arena, l->report, &like),
               *spread = pei_spread_format(l->arena, l->report, &like);
    const double values[] = {in->mean, in->sd, in->p5, in->p50, in->p95};
    if (format == NULL || spread == NULL) {
        l->failed = true;
        return;
    }
    for (uint32_t k = 0; k < PE_COUNT(values); k++) {
        if (in->described)
            pei_put_number(l, row, 4 + k, values[k], PEI_PLAIN, k == 1 ? spread : format);
        else
            pei_put_text(l, row, 4 + k, "-", PEI_NUMBER);
    }
}

void pei_lay_inputs(pei_layout *l)
{
    static const char *const headings[] = {
        "Input", "Cell", "Function", "Formula", "Mean", "Standard deviation", "P5", "P50", "P95"};
    static const double widths[] = {32, 20, 15, 46, 15, 18, 15, 15, 15};
    const pe_report *r = l->report;
    pei_page_open(l, l->inputs_name, "inputs");
    pei_put_text(l, 0, 0, "Power Engine: inputs", PEI_TITLE);
    pei_put_text(l, 1, 0,
                 "Statistics are of the trials that were run; \"-\" where they were not recorded "
                 "(very many inputs).",
                 PEI_SUBTITLE);
    for (uint32_t i = 0; i < PE_COUNT(headings); i++) {
        pei_set_width(l, i, widths[i]);
        pei_put_text(l, 3, i, headings[i], i < 4 ? PEI_HEADING : PEI_HEADING_RIGHT);
    }
    pei_set_height(l, 3, 28);
    uint32_t shown = r->input_count < PEI_ROWS_MAX - 10 ? r->input_count : PEI_ROWS_MAX - 10;
    for (uint32_t i = 0; i < shown && !l->failed; i++) {
        const pe_report_input *in = &r->inputs[i];
        uint32_t row = 4 + i;
        if ((i & 1023) == 0 && pe_cancelled(l->control)) break;
        pei_put_text(l, row, 0, in->name, PEI_PLAIN);
        pei_put_cell_name(l, row, 1, in->cell);
        pei_put_text(l, row, 2, in->distribution, PEI_PLAIN);
        pei_put_text(l, row, 3, in->formula, PEI_PLAIN);
        put_description(l, row, in);
    }
    l->page->freeze_row = 4;
    l->page->freeze_column = 1;
    pei_set_print(l, 3, 3, 8, 4 + shown);
    pei_page_close(l);
}

/* ---- trials */

static bool fits_a_sheet(const pe_report *r)
{
    return r->trials < PEI_ROWS_MAX && r->output_count < PEI_COLUMNS_MAX;
}

static void put_columns(pei_layout *l)
{
    const pe_report *r = l->report;
    pe_page_column *columns = PE_PUSH(l->arena, pe_page_column, (size_t)r->output_count + 1);
    if (columns == NULL) {
        l->failed = true;
        return;
    }
    for (uint32_t i = 0; i <= r->output_count && !l->failed; i++) {
        const pe_report_output *o = i > 0 ? &r->outputs[i - 1] : NULL;
        const char *code = o != NULL ? pei_number_format(l->arena, r, o) : "General";
        if (code == NULL) l->failed = true;
        pei_put_text(l, 0, i, o != NULL ? o->name : "Trial", PEI_HEADING);
        pei_set_width(l, i, 16);
        columns[i] = (pe_page_column){.column = (uint16_t)i,
                                      .style = pei_style(l, PEI_PLAIN, code),
                                      .row = 1,
                                      .count = (uint32_t)r->trials,
                                      .values = o != NULL ? o->trials : NULL};
    }
    l->page->columns = columns;
    l->page->column_count = r->output_count + 1;
}

void pei_lay_trials(pei_layout *l)
{
    const pe_report *r = l->report;
    const char *note = l->options->trials_note;
    pei_page_open(l, l->trials_name, "trials");
    if (note != NULL || !fits_a_sheet(r)) {
        pei_put_text(l, 0, 0, note != NULL ? note : "These trials are too many for a sheet.",
                     PEI_PLAIN);
    } else {
        put_columns(l);
        l->page->freeze_row = 1;
        l->page->freeze_column = 1;
        pei_set_print(l, 0, 0, r->output_count, (uint32_t)r->trials);
    }
    pei_page_close(l);
}
