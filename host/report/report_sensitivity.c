/* report_sensitivity.c: the sheet "Sensitivity": what drives each output, as numbers beside the
 * tornado charts. An output has as many rows in every run of the same model, so that a rank of an
 * output has one address. */
#include "report_internal.h"

#include <math.h>

#define HEADING_ROW 4
#define FIRST_ROW 5

enum {
    COLUMN_OUTPUT,
    COLUMN_INPUT,
    COLUMN_CELL,
    COLUMN_CORRELATION,
    COLUMN_SHARE,
    COLUMN_MEAN_LOW,
    COLUMN_MEAN_HIGH,
    COLUMN_CHANGE,
    COLUMN_INPUT_LOW,
    COLUMN_INPUT_HIGH,
    COLUMNS
};

/* What the input's values look like as an output: its formats follow the same rules. */
static const char *input_format(pei_layout *l, const pe_report_bar *bar)
{
    const pe_report_output like = {
        .format = bar->format,
        .summary = {.kind = PE_SUMMARY_NUMBERS,
                    .sd = fabs(bar->input_high - bar->input_low),
                    .mean = bar->input_low,
                    .percentiles = {{.percent = 5, .value = bar->input_low},
                                    {.percent = 95, .value = bar->input_high}}}};
    const char *format = pei_number_format(l->arena, l->report, &like);
    if (format == NULL) l->failed = true;
    return format;
}

static void put_bar(pei_layout *l, uint32_t row, const pe_report_output *o,
                    const pe_report_bar *bar, const char *mean, const char *spread)
{
    const char *input = input_format(l, bar);
    pei_look look = bar->noise ? PEI_LABEL : PEI_PLAIN;
    pei_put_text(l, row, COLUMN_OUTPUT, o->name, look);
    pei_put_text(l, row, COLUMN_INPUT, bar->name, look);
    pei_put_cell_name(l, row, COLUMN_CELL, bar->cell);
    pei_put_number(l, row, COLUMN_CORRELATION, bar->correlation, look, "0.00");
    pei_put_number(l, row, COLUMN_SHARE, bar->contribution, look, "0.0%");
    pei_put_number(l, row, COLUMN_MEAN_LOW, bar->mean_low, look, mean);
    pei_put_number(l, row, COLUMN_MEAN_HIGH, bar->mean_high, look, mean);
    pei_put_number(l, row, COLUMN_CHANGE, bar->mean_high - bar->mean_low, look, spread);
    pei_put_number(l, row, COLUMN_INPUT_LOW, bar->input_low, look, input);
    pei_put_number(l, row, COLUMN_INPUT_HIGH, bar->input_high, look, input);
    if (bar->noise) pei_put_text(l, row, COLUMNS, "within noise", PEI_SUBTITLE);
}

/* Returns the row below. */
static uint32_t put_output(pei_layout *l, uint32_t row, const pe_report_output *o)
{
    const char *mean = pei_number_format(l->arena, l->report, o),
               *spread = pei_spread_format(l->arena, l->report, o);
    if (mean == NULL || spread == NULL) l->failed = true;
    for (uint32_t i = 0; i < o->tornado_count && !l->failed; i++)
        put_bar(l, row++, o, &o->tornado[i], mean, spread);
    return o->tornado_count > 0 ? row + 1 : row;
}

static void put_head(pei_layout *l)
{
    static const struct {
        const char *text;
        double width;
    } headings[COLUMNS] = {{"Output (X)", 30},
                           {"Input", 32},
                           {"Input's cell", 20},
                           {"Rank correlation", 13},
                           {"Contribution to variance", 13},
                           {"Mean of X, input in its lowest 10%", 18},
                           {"Mean of X, input in its highest 10%", 18},
                           {"Change", 15},
                           {"Median of input, X in its lowest 10%", 18},
                           {"Median of input, X in its highest 10%", 18}};
    pei_put_text(l, 0, 0, "Power Engine: what drives the outputs", PEI_TITLE);
    pei_put_text(
        l, 1, 0,
        "Contribution to variance: squared rank correlation, as a share of all inputs'. It "
        "describes independent inputs and outputs that rise or fall steadily with them.",
        PEI_SUBTITLE);
    pei_put_text(l, 2, 0,
                 "Lowest and highest 10%: of the trials. \"-\": the input's own values were not "
                 "recorded.",
                 PEI_SUBTITLE);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        pei_set_width(l, i, headings[i].width);
        pei_put_text(l, HEADING_ROW, i, headings[i].text,
                     i < COLUMN_CORRELATION ? PEI_HEADING : PEI_HEADING_RIGHT);
    }
    pei_set_width(l, COLUMNS, 13);
    pei_set_height(l, 0, 24);
    pei_set_height(l, HEADING_ROW, 28);
}

void pei_lay_sensitivity(pei_layout *l)
{
    const pe_report *r = l->report;
    uint32_t row = FIRST_ROW;
    pei_page_open(l, l->sensitivity_name, "sensitivity");
    put_head(l);
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++)
        row = put_output(l, row, &r->outputs[i]);
    if (row == FIRST_ROW)
        pei_put_text(l, row++, 0, "No output is a number that varies with an input.", PEI_SUBTITLE);
    l->page->freeze_row = HEADING_ROW + 1;
    l->page->freeze_column = 2;
    pei_set_print(l, HEADING_ROW, HEADING_ROW, COLUMNS, row - 1);
    pei_page_close(l);
}
