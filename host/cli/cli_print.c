/* cli_print.c: results as text on a terminal. */
#include "cli.h"

#include <math.h>

#define LISTED 20u

static void print_value(pe_value v, FILE *out)
{
    char digits[PE_DECIMAL_BYTES];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pe_decimal_shortest(pe_as_number(v), digits);
        fputs(digits, out);
        break;
    case PE_KIND_TEXT:
        fprintf(out, "\"%s\"", pe_as_text(v)->bytes);
        break;
    case PE_KIND_BOOLEAN:
        fputs(pe_as_boolean(v) ? "TRUE" : "FALSE", out);
        break;
    case PE_KIND_ERROR:
        fputs(pe_error_text(pe_as_error(v)), out);
        break;
    default:
        fputs("(blank)", out);
        break;
    }
}

static void print_more(uint32_t count, uint32_t shown, FILE *out)
{
    if (count > shown) fprintf(out, "  ... and %u more (--all lists them)\n", count - shown);
}

static void print_cells(const char *title, const pe_report_cell *cells, uint32_t count, bool all,
                        FILE *out)
{
    uint32_t shown = all || count < LISTED ? count : LISTED;
    if (count == 0) return;
    fprintf(out, "%s (%u):\n", title, count);
    for (uint32_t i = 0; i < shown; i++) fprintf(out, "  %-24s %s\n", cells[i].cell, cells[i].what);
    print_more(count, shown, out);
}

static void print_warnings(const pe_report *report, FILE *out)
{
    for (uint32_t i = 0; i < report->warning_count; i++)
        fprintf(out, "warning: %s\n", report->warnings[i].text);
}

void pe_cli_print_check(const pe_report *report, bool all, FILE *out)
{
    const pe_report_check *c = &report->check;
    fprintf(out, "%s: %s.\n", report->workbook, c->line);
    if (c->header[0] != '\0') fprintf(out, "%s\n", c->header);
    fprintf(out,
            "  %u formulas; %u compared, %u pinned to their stored value (random, volatile, data "
            "table or unsupported), %u skipped\n",
            c->formulas, c->compared, c->pinned, c->skipped_count);
    if (c->downstream_compared > 0)
        fprintf(out, "  %u of %u formulas downstream of random cells agree\n", c->downstream_agree,
                c->downstream_compared);
    uint32_t shown = all || c->differ_count < LISTED ? c->differ_count : LISTED;
    if (c->differ_count > 0)
        fprintf(out, "different (%u, of which %u root causes, listed first):\n", c->differ_count,
                c->root_count);
    for (uint32_t i = 0; i < shown; i++) {
        fprintf(out, "  %-24s %s stored ", c->differ[i].cell,
                c->differ[i].root ? "root       " : "consequence");
        print_value(c->differ[i].expected, out);
        fputs(", computed ", out);
        print_value(c->differ[i].actual, out);
        fprintf(out, "   %.120s\n", c->differ[i].formula);
    }
    print_more(c->differ_count, shown, out);
    print_cells("not supported", c->unsupported, c->unsupported_count, all, out);
    print_cells("skipped", c->skipped, c->skipped_count, all, out);
    print_warnings(report, out);
}

static double percentile_of(const pe_summary *s, double percent)
{
    for (int i = 0; i < PE_PERCENTILES; i++)
        if (s->percentiles[i].percent == percent) return s->percentiles[i].value;
    return NAN;
}

static void print_number(double x, const pe_report *report, const char *format, FILE *out)
{
    char text[64] = "-";
    if (isfinite(x)) pe_report_value_text(x, format, report->date1904, text, sizeof text);
    fprintf(out, " %14s", text);
}

/* " invest 61.1%"; what did occur is not 0%, and what did not always is not 100%. */
static void print_share(const pe_frequency *f, uint64_t trials, const char *before, FILE *out)
{
    double percent = 100.0 * (double)f->count / (double)trials;
    const char *sign = percent < 0.05 ? "<" : f->count < trials && percent >= 99.95 ? ">" : "";
    double shown = sign[0] == '<' ? 0.1 : sign[0] == '>' ? 99.9 : percent;
    fprintf(out, "%s %s %s%.1f%%", before, f->label, sign, shown);
}

static void print_output(const pe_report *report, const pe_report_output *o, FILE *out)
{
    const pe_summary *s = &o->summary;
    fprintf(out, "%-32.32s", o->name);
    if (s->kind == PE_SUMMARY_LABELS) {
        for (uint32_t i = 0; i < s->frequency_count && i < 4; i++)
            print_share(&s->frequencies[i], s->trials, i > 0 ? "," : "", out);
        fputc('\n', out);
        return;
    }
    bool date = o->unit != NULL && strcmp(o->unit, "date") == 0;
    print_number(s->mean, report, o->format, out);
    print_number(s->sd, report, date ? "0.00 \"days\"" : o->format, out);
    print_number(percentile_of(s, 5), report, o->format, out);
    print_number(percentile_of(s, 50), report, o->format, out);
    print_number(percentile_of(s, 95), report, o->format, out);
    if (s->error_count > 0)
        fprintf(out, "  (%llu of %llu trials are errors)", (unsigned long long)s->error_count,
                (unsigned long long)s->trials);
    fputc('\n', out);
    for (uint32_t i = 0; i < o->target_count && s->n > 0; i++) {
        char operand[PE_DECIMAL_BYTES];
        pe_decimal_shortest(o->targets[i].operand, operand);
        fprintf(out, "    P(%s %s %s) = %.2f%% (95%% interval %.2f%% to %.2f%%)\n", o->name,
                o->targets[i].op, operand, 100 * o->targets[i].probability, 100 * o->targets[i].low,
                100 * o->targets[i].high);
    }
}

void pe_cli_print_run(const pe_report *report, FILE *out)
{
    fprintf(out, "%s: %s.\n", report->workbook, report->check.line);
    if (report->check.header[0] != '\0') fprintf(out, "%s\n", report->check.header);
    fprintf(out, "%llu trials, seed %llu, %s, %u input%s, %.2f s (simulation %.3f s)\n\n",
            (unsigned long long)report->trials, (unsigned long long)report->seed,
            report->sampling == PE_LATIN_HYPERCUBE ? "Latin hypercube" : "Monte Carlo",
            report->input_count, report->input_count == 1 ? "" : "s", report->timings.total,
            report->timings.simulate);
    fprintf(out, "%-32s %14s %14s %14s %14s %14s\n", "output", "mean", "sd", "P5", "P50", "P95");
    for (uint32_t i = 0; i < report->output_count && i < LISTED; i++)
        print_output(report, &report->outputs[i], out);
    if (report->output_count > LISTED)
        fprintf(out, "... and %u more outputs\n", report->output_count - LISTED);
    fputc('\n', out);
    print_warnings(report, out);
}

void pe_cli_print_inspect(const pe_report *report, const pe_job_categories *c,
                          const pe_simulation *s, bool all, FILE *out)
{
    fprintf(out, "%s: %s.\n", report->workbook, report->check.line);
    fprintf(out, "formulas      %10u   (%u distinct in relative form)\n", c->formulas, c->shapes);
    fprintf(out, "  uniform     %10u   computed once\n", c->uniform);
    fprintf(out, "  varying     %10u   of which %u lie between inputs and outputs\n", c->varying,
            c->slice);
    fprintf(out,
            "program       %10u   values, %u draws, %u lookups, %u reductions, %u shared "
            "subexpressions\n",
            c->program.values, c->program.draws, c->program.lookups, c->program.reductions,
            c->program.shared);
    fprintf(
        out,
        "  general     %10u   parts for the general evaluator (text, arrays, dynamic references)\n",
        c->program.general_units);
    fprintf(out,
            "  live        %10u   slots x %zu bytes a tile (%s order, tile of %u trials, %s)\n",
            c->program.live_peak,
            c->program.live_peak > 0 ? c->plan.tile_bytes / c->program.live_peak : 0,
            c->program.schedule != NULL ? c->program.schedule : "no", c->plan.tile_lanes,
            c->plan.isa != NULL ? c->plan.isa : "");
    uint32_t shown = all || s->input_count < LISTED ? s->input_count : LISTED;
    fprintf(out, "inputs (%u):\n", report->input_count > 0 ? report->input_count : s->input_count);
    for (uint32_t i = 0; i < shown && i < report->input_count; i++)
        fprintf(out, "  %-24s %-28.28s %s\n", report->inputs[i].cell, report->inputs[i].name,
                report->inputs[i].formula);
    print_more(s->input_count, shown, out);
    shown = all || s->output_count < LISTED ? s->output_count : LISTED;
    fprintf(out, "outputs (%u%s):\n", s->output_count,
            s->output_count > 0 && !s->outputs[0].declared ? ", proposed: none is declared" : "");
    for (uint32_t i = 0; i < shown && i < report->output_count; i++)
        fprintf(out, "  %-24s %s\n", report->outputs[i].cell, report->outputs[i].name);
    print_more(s->output_count, shown, out);
    print_cells("not supported", report->check.unsupported, report->check.unsupported_count, all,
                out);
    print_warnings(report, out);
}
