/* report_json.c: the JSON contract that others' scripts read. Undefined numbers are null; cells are
 * written 'Sheet 1'!B7. */
#include "report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* Jansson's integers are signed: a seed beyond them is written as text rather than as another. */
static json_t *seed_json(uint64_t seed)
{
    char digits[24];
    if (seed <= INT64_MAX) return count(seed);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)seed);
    return json_string(digits);
}

static json_t *text(const char *s)
{
    json_t *value = s != NULL ? json_string(s) : json_null();
    return value != NULL ? value : json_string("(text that is not UTF-8)");
}

static json_t *cell_value(pe_value v)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        return number(pe_as_number(v));
    case PE_KIND_BOOLEAN:
        return json_boolean(pe_as_boolean(v));
    case PE_KIND_TEXT:
        return text(pe_as_text(v)->bytes);
    case PE_KIND_ERROR:
        return text(pe_error_text(pe_as_error(v)));
    default:
        return json_null();
    }
}

/* Adds key: value; a failed allocation anywhere leaves a NULL that is found when the document is
 * written. */
static void put(json_t *object, const char *key, json_t *value, bool *good)
{
    if (value == NULL || json_object_set_new(object, key, value) != 0) *good = false;
}

static void append(json_t *array, json_t *value, bool *good)
{
    if (value == NULL || json_array_append_new(array, value) != 0) *good = false;
}

static json_t *percentiles_json(const pe_summary *s, bool *good)
{
    json_t *object = json_object();
    for (int i = 0; i < PE_PERCENTILES; i++) {
        char key[16];
        snprintf(key, sizeof key, "%g", s->percentiles[i].percent);
        put(object, key, number(s->percentiles[i].value), good);
    }
    return object;
}

static json_t *error_counts_json(const pe_summary *s, bool *good)
{
    json_t *object = json_object();
    for (int code = 1; code < PE_ERROR_COUNT; code++)
        if (s->error_counts[code] > 0)
            put(object, pe_error_text((pe_error_code)code), count(s->error_counts[code]), good);
    return object;
}

static json_t *frequencies_json(const pe_summary *s, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < s->frequency_count; i++) {
        json_t *row = json_object();
        put(row, "value", text(s->frequencies[i].label), good);
        put(row, "count", count(s->frequencies[i].count), good);
        append(array, row, good);
    }
    return array;
}

static json_t *tornado_json(const pe_report_output *output, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < output->tornado_count; i++) {
        json_t *row = json_object();
        put(row, "name", text(output->tornado[i].name), good);
        put(row, "cell", text(output->tornado[i].cell), good);
        put(row, "correlation", number(output->tornado[i].correlation), good);
        put(row, "n", count(output->tornado[i].n), good);
        put(row, "noise", json_boolean(output->tornado[i].noise), good);
        put(row, "contribution", number(output->tornado[i].contribution), good);
        put(row, "output_mean_at_low_input", number(output->tornado[i].mean_low), good);
        put(row, "output_mean_at_high_input", number(output->tornado[i].mean_high), good);
        put(row, "input_median_at_low_output", number(output->tornado[i].input_low), good);
        put(row, "input_median_at_high_output", number(output->tornado[i].input_high), good);
        append(array, row, good);
    }
    return array;
}

static json_t *targets_json(const pe_report_output *output, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < output->target_count; i++) {
        const pe_target *t = &output->targets[i];
        json_t *row = json_object(), *interval = json_array();
        put(row, "op", text(t->op), good);
        put(row, "value", number(t->operand), good);
        put(row, "probability", number(t->probability), good);
        append(interval, number(t->low), good);
        append(interval, number(t->high), good);
        put(row, "ci", interval, good);
        append(array, row, good);
    }
    return array;
}

static json_t *histogram_json(const pe_summary *s, bool *good)
{
    static const char *const kinds[] = {"range", "value", "below", "above"};
    json_t *array = json_array();
    for (uint32_t i = 0; i < s->bar_count; i++) {
        json_t *row = json_object();
        put(row, "kind", text(kinds[s->bars[i].kind]), good);
        put(row, "low", number(s->bars[i].low), good);
        put(row, "high", number(s->bars[i].high), good);
        put(row, "count", count(s->bars[i].count), good);
        append(array, row, good);
    }
    return array;
}

static void statistics_json(json_t *object, const pe_summary *s, bool *good)
{
    json_t *interval = json_array();
    append(interval, number(s->mean_low), good);
    append(interval, number(s->mean_high), good);
    put(object, "n", count(s->n), good);
    put(object, "errors", count(s->error_count), good);
    put(object, "error_counts", error_counts_json(s, good), good);
    put(object, "text_count", count(s->text_count), good);
    put(object, "boolean_count", count(s->boolean_count), good);
    put(object, "frequencies", frequencies_json(s, good), good);
    put(object, "mean", number(s->mean), good);
    put(object, "mean_ci", interval, good);
    put(object, "standard_error", number(s->standard_error), good);
    put(object, "sd", number(s->sd), good);
    put(object, "variance", number(s->variance), good);
    put(object, "skewness", number(s->skewness), good);
    put(object, "kurtosis", number(s->kurtosis), good);
    put(object, "mode", number(s->mode), good);
    put(object, "min", number(s->min), good);
    put(object, "max", number(s->max), good);
    put(object, "p_negative", number(s->probability_negative), good);
    put(object, "p_at_most_base", number(s->probability_base), good);
    put(object, "percentiles", percentiles_json(s, good), good);
}

static json_t *output_json(const pe_report_output *output, bool *good)
{
    static const char *const kinds[] = {"number", "constant", "text", "mixed", "error"};
    json_t *object = json_object();
    put(object, "name", text(output->name), good);
    put(object, "cell", text(output->cell), good);
    put(object, "kind", text(kinds[output->summary.kind]), good);
    put(object, "unit", text(output->unit), good);
    put(object, "number_format", text(output->format), good);
    put(object, "base", cell_value(output->base), good);
    statistics_json(object, &output->summary, good);
    put(object, "targets", targets_json(output, good), good);
    put(object, "histogram", histogram_json(&output->summary, good), good);
    put(object, "tornado", tornado_json(output, good), good);
    return object;
}

static json_t *inputs_json(const pe_report *report, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < report->input_count; i++) {
        const pe_report_input *input = &report->inputs[i];
        json_t *row = json_object();
        put(row, "name", text(input->name), good);
        put(row, "cell", text(input->cell), good);
        put(row, "distribution", text(input->distribution), good);
        put(row, "formula", text(input->formula), good);
        put(row, "setting", json_boolean(input->set), good);
        put(row, "mean", input->described ? number(input->mean) : json_null(), good);
        put(row, "sd", input->described ? number(input->sd) : json_null(), good);
        append(array, row, good);
    }
    return array;
}

static json_t *cells_json(const pe_report_cell *cells, uint32_t n, const char *key, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < n; i++) {
        json_t *row = json_object();
        put(row, "cell", text(cells[i].cell), good);
        put(row, key, text(cells[i].what), good);
        append(array, row, good);
    }
    return array;
}

static json_t *warnings_json(const pe_report *report, bool *good)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < report->warning_count; i++)
        append(array, text(report->warnings[i].text), good);
    return array;
}

static void check_counts(json_t *object, const pe_report_check *check, bool *good)
{
    put(object, "formulas", count(check->formulas), good);
    put(object, "compared", count(check->compared), good);
    put(object, "agree", count(check->agree), good);
    put(object, "pinned", count(check->pinned), good);
}

static json_t *check_json(const pe_report *report, bool *good)
{
    const pe_report_check *check = &report->check;
    json_t *object = json_object(), *differ = json_array();
    for (uint32_t i = 0; i < check->differ_count; i++) {
        json_t *row = json_object();
        put(row, "cell", text(check->differ[i].cell), good);
        put(row, "formula", text(check->differ[i].formula), good);
        put(row, "expected", cell_value(check->differ[i].expected), good);
        put(row, "actual", cell_value(check->differ[i].actual), good);
        put(row, "root", json_boolean(check->differ[i].root), good);
        append(differ, row, good);
    }
    put(object, "workbook", text(report->workbook), good);
    check_counts(object, check, good);
    put(object, "differ", differ, good);
    put(object, "unsupported",
        cells_json(check->unsupported, check->unsupported_count, "function", good), good);
    put(object, "skipped", cells_json(check->skipped, check->skipped_count, "reason", good), good);
    put(object, "downstream_compared", count(check->downstream_compared), good);
    put(object, "downstream_agree", count(check->downstream_agree), good);
    put(object, "header", text(check->header), good);
    put(object, "warnings", warnings_json(report, good), good);
    return object;
}

static json_t *timings_json(const pe_timings *t, bool *good)
{
    json_t *object = json_object();
    put(object, "read", number(t->read), good);
    put(object, "parse", number(t->parse), good);
    put(object, "compile", number(t->compile), good);
    put(object, "check", number(t->check), good);
    put(object, "simulate", number(t->simulate), good);
    put(object, "statistics", number(t->statistics), good);
    put(object, "report", number(t->report), good);
    put(object, "total", number(t->total), good);
    return object;
}

static json_t *run_json(const pe_report *report, bool *good)
{
    json_t *object = json_object(), *counts = json_object(), *outputs = json_array();
    put(object, "workbook", text(report->workbook), good);
    put(object, "sha256", text(report->sha256), good);
    put(object, "version", text(report->version), good);
    put(object, "command", text(report->command), good);
    if (report->run_name != NULL && report->run_name[0] != '\0')
        put(object, "run_name", text(report->run_name), good);
    put(object, "trials", count(report->trials), good);
    if (report->trials < report->trials_asked) { /* stopped before the end */
        put(object, "incomplete", json_true(), good);
        put(object, "trials_asked", count(report->trials_asked), good);
    }
    put(object, "seed", seed_json(report->seed), good);
    put(object, "sampling",
        text(report->sampling == PE_LATIN_HYPERCUBE ? "latin_hypercube" : "monte_carlo"), good);
    put(object, "backend", text(report->backend), good);
    put(object, "isa", text(report->isa), good);
    put(object, "threads", count(report->threads), good);
    put(object, "now", text(report->now_text), good);
    check_counts(counts, &report->check, good);
    put(counts, "differ", count(report->check.differ_count), good);
    put(counts, "unsupported", count(report->check.unsupported_count), good);
    put(counts, "skipped", count(report->check.skipped_count), good);
    put(object, "check", counts, good);
    put(object, "inputs", inputs_json(report, good), good);
    for (uint32_t i = 0; i < report->output_count; i++)
        append(outputs, output_json(&report->outputs[i], good), good);
    put(object, "outputs", outputs, good);
    put(object, "timings", timings_json(&report->timings, good), good);
    put(object, "memory_peak_bytes", count(report->memory_peak_bytes), good);
    put(object, "warnings", warnings_json(report, good), good);
    return object;
}

static pe_status write_document(json_t *document, bool good, const char *path, void *stream,
                                pe_diag *diag)
{
    const size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(17);
    char temporary[4096];
    pe_status status = PE_OK;
    if (!good || document == NULL) {
        json_decref(document);
        return pe_fail(diag, PE_E_MEMORY, path, "out of memory while writing JSON");
    }
    if (strcmp(path, "-") == 0) {
        if (json_dumpf(document, stream, flags) != 0 || fputc('\n', stream) == EOF ||
            fflush(stream) != 0)
            status = pe_fail(diag, PE_E_IO, "standard output", "cannot write: %s", strerror(errno));
        json_decref(document);
        return status;
    }
    int n = snprintf(temporary, sizeof temporary, "%s.part", path);
    FILE *file = n > 0 && (size_t)n < sizeof temporary ? fopen(temporary, "wb") : NULL;
    bool written =
        file != NULL && json_dumpf(document, file, flags) == 0 && fputc('\n', file) != EOF;
    if (file != NULL && fclose(file) != 0) written = false;
    if (!written || !pe_file_replace(temporary, path)) {
        status = pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno));
        if (file != NULL) unlink(temporary);
    }
    json_decref(document);
    return status;
}

pe_status pe_report_write_json(const pe_report *report, const char *path, void *stream,
                               pe_diag *diag)
{
    bool good = true;
    json_t *document = run_json(report, &good);
    return write_document(document, good, path, stream, diag);
}

pe_status pe_report_write_check_json(const pe_report *report, const char *path, void *stream,
                                     pe_diag *diag)
{
    bool good = true;
    json_t *document = check_json(report, &good);
    return write_document(document, good, path, stream, diag);
}
