/* whole_path.c: see whole_path.h. Nothing here keeps state between calls. */
#include "whole_path.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *address;
    double number;
    const char *text; /* NULL: the number; "=...": a formula */
} cells[] = {
    {"A1", 1, NULL},
    {"A2", 2.5, NULL},
    {"A3", -3, NULL},
    {"A4", 0, NULL},
    {"A5", 1e10, NULL},
    {"A6", 0.1, NULL},
    {"A7", 45000.75, NULL},
    {"B1", 0, "text"},
    {"B2", 0, "Ab*c"},
    {"B3", 0, "12"},
    {"B4", 0, ""},
    {"B5", 0, "\xC3\xA4\xE2\x82\xAC"},
    {"B6", 0, ">2"},
    {"C1", 0, "=1/0"},
    {"C2", 0, "=A1>0"},
    {"C3", 0, "=NA()"},
    {"C4", 100, NULL},
    {"C5", 200, NULL},
    {"C6", 300, NULL},
    {"D1", 0, "=RAND()"},
    {"D2", 0, "=RiskNormal(10,2)"},
    {"D3", 0, "=D1*10"},
    {"D4", 0, "=D2>10"},
    {"D5", 0, "=IF(D1>0.5,\"high\",\"low\")"},
    {"D6", 0, "=IF(D1>0.9,NA(),INT(D3))"},
    {"E1", 0, "=SUM(D1:D3)"},
    {"E2", 0, "=RANDBETWEEN(1,6)"},
};

static void add_cells(pe_workbook_builder *b, uint32_t sheet)
{
    for (size_t i = 0; i < PE_COUNT(cells); i++) {
        if (cells[i].text == NULL)
            pe_builder_value(b, sheet, cells[i].address, pe_number(cells[i].number));
        else if (cells[i].text[0] == '=')
            pe_builder_formula(b, sheet, cells[i].address, cells[i].text, pe_omitted());
        else
            pe_builder_text(b, sheet, cells[i].address, cells[i].text);
    }
    pe_builder_name(b, "rate", "=0.05");
    pe_builder_name(b, "column", "=Sheet1!$A$1:$A$7");
    pe_builder_name(b, "twice", "=LAMBDA(x,2*x)");
}

static void add_line(pe_workbook_builder *b, uint32_t sheet, uint32_t row, char *line)
{
    char address[32], block[64];
    char *separator;
    snprintf(address, sizeof address, "G%u", row);
    switch (line[0]) {
    case '{':
        snprintf(block, sizeof block, "I%u:J%u", 3 * row, 3 * row + 2);
        pe_builder_array(b, sheet, block, line + 1, PE_FORMULA_ARRAY);
        break;
    case '#':
        snprintf(block, sizeof block, "L%u:M%u", 3 * row, 3 * row + 2);
        pe_builder_array(b, sheet, block, line + 1, PE_FORMULA_DYNAMIC);
        break;
    case '!':
        separator = strchr(line, '=');
        if (separator == NULL) break;
        *separator = '\0';
        pe_builder_name(b, line + 1, separator + 1);
        break;
    case '%':
        snprintf(block, sizeof block, "O%u:Q%u", 3 * row, 3 * row + 2);
        pe_builder_table(b, sheet, block, line[1] == '1' ? "A1" : NULL,
                         line[1] == '1' && line[2] != '2' ? NULL : "A2");
        break;
    default:
        pe_builder_formula(b, sheet, address, line, pe_omitted());
    }
}

pe_status whole_path_workbook(const char *text, size_t length, pe_workbook **workbook,
                              pe_diag *diag)
{
    pe_workbook_builder *b = pe_builder_new();
    if (b == NULL) return pe_fail(diag, PE_E_MEMORY, "builder", "out of memory");
    uint32_t sheet = pe_builder_sheet(b, "Sheet1");
    add_cells(b, sheet);
    const char *end = text + length;
    for (uint32_t row = 1; row <= WHOLE_PATH_LINES_MAX && text < end; row++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop != NULL ? stop : end) - text);
        char *line = malloc(n + 1);
        if (line == NULL) break;
        memcpy(line, text, n);
        line[n] = '\0';
        if (n > 1) add_line(b, sheet, row, line);
        free(line);
        text += n + 1;
    }
    return pe_builder_finish(b, workbook, diag);
}

typedef struct deadline {
    pe_control control;
    double at;
} deadline;

static void on_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    deadline *d = context;
    PE_UNUSED(stage);
    PE_UNUSED(done);
    PE_UNUSED(total);
    if (d->at > 0 && pe_clock_seconds() > d->at) atomic_store(&d->control.cancel, true);
}

/* Every output gets a sheet of its own. */
static pe_status write_results(const pe_report *report, const char *path, const pe_control *control,
                               pe_diag *diag)
{
    const pe_report_options how = {.trials_sheet = true};
    pe_report all = *report;
    size_t bytes = report->output_count * sizeof *all.outputs;
    all.outputs = malloc(bytes > 0 ? bytes : 1);
    if (all.outputs == NULL) return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    memcpy(all.outputs, report->outputs, bytes);
    for (uint32_t i = 0; i < all.output_count; i++) all.outputs[i].detail = true;
    pe_status status = pe_report_write_xlsx(&all, &how, path, control, diag);
    free(all.outputs);
    return status;
}

/* The same job again: other constants, another input, candidates and pace. */
static pe_status run_again(pe_job *job, pe_settings settings, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_input_setting input = {"Sheet1!A2", "pert(1,2,A3+7)", NULL};
    pe_output *candidates;
    uint32_t count;
    double pace;
    const pe_job_edit edit = {{0, 0, 0}, pe_number(7)};
    PE_TRY(pe_job_restart(job, &settings, &edit, 1, diag));
    PE_TRY(pe_job_compile(job, diag));
    PE_TRY(pe_job_candidates(job, &candidates, &count, diag));
    settings.inputs = &input;
    settings.input_count = 1;
    PE_TRY(pe_job_restart(job, &settings, NULL, 0, diag));
    PE_TRY(pe_job_compile(job, diag));
    PE_TRY(pe_job_pace(job, &pace, diag));
    PE_TRY(pe_job_simulate(job, diag));
fail:
    return status;
}

pe_status whole_path_run(pe_workbook *workbook, const whole_path_options *options, pe_diag *diag)
{
    pe_status status = PE_OK;
    deadline d = {.at = options->seconds_max > 0 ? pe_clock_seconds() + options->seconds_max : 0};
    d.control.progress = on_progress;
    d.control.context = &d;
    pe_job_options job_options = {.now_1900 = 46000.5,
                                  .threads = options->threads,
                                  .backend = pe_backend_cpu(),
                                  .isa = options->isa,
                                  .folder = "/tmp",
                                  .command = "test"};
    job_options.settings.trials = options->trials;
    job_options.settings.trials_given = true;
    job_options.settings.outputs_all = options->outputs_all;
    pe_job *job = NULL;
    if ((status = pe_job_new(&job_options, &d.control, &job, diag)) != PE_OK) {
        pe_workbook_free(workbook);
        return status;
    }
    PE_TRY(pe_job_check_workbook(job, workbook, "test.xlsx", diag));
    PE_TRY(pe_job_compile(job, diag));
    PE_TRY(pe_job_simulate(job, diag));
    if (options->restart) PE_TRY(run_again(job, job_options.settings, diag));
    if (options->json != NULL)
        PE_TRY(pe_report_write_json(pe_job_report(job), options->json, NULL, diag));
    if (options->results != NULL)
        PE_TRY(write_results(pe_job_report(job), options->results, &d.control, diag));
fail:
    pe_job_free(job);
    return status;
}
