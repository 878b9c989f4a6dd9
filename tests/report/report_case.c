/* report_case.c: trials by a fixed generator of its own, so that the cases never change. */
#include "report_case.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "functions.h"

typedef struct generator {
    uint64_t state;
} generator;

static double uniform(generator *g)
{
    g->state = g->state * 6364136223846793005ull + 1442695040888963407ull;
    return ((double)(g->state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(generator *g) /* of twelve uniforms: close enough to look at */
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += uniform(g);
    return sum;
}

pe_value case_text(pe_arena *arena, const char *text)
{
    size_t n = strlen(text);
    pe_text *out = pe_arena_push(arena, 1, sizeof *out + n + 1);
    out->length = (uint32_t)n;
    memcpy(out->bytes, text, n + 1);
    return pe_box_pointer(PE_KIND_TEXT, out);
}

typedef struct row {
    const char *name, *cell, *format, *unit;
    double base;
} row;

static const row rows[CASE_OUTPUTS] = {
    {"NPV", "Model!B11", "$#,##0;-$#,##0", "$", 1180817},
    {"Internal rate of return", "Model!B12", "0.0%", "%", 0.11},
    {"Finish", "'Plan 2'!C9", "yyyy-mm-dd", "date", 46000},
    {"Decision", "Model!B14", "General", NULL, NAN},
    {"Grade or number", "Model!B15", "General", NULL, 3},
    {"Tax rate", "Model!B16", "0.00%", "%", 0.21},
    {"Dice", "Model!B17", "General", NULL, NAN},
    {"Payout", "Model!B18", "#,##0.00", NULL, 0},
    {"Atoms", "Model!B19", "General", NULL, 1e18},
    {"Seconds", "Model!B20", "General", NULL, 2e-9},
    {"Always wrong", "Model!B21", "General", NULL, NAN},
    {"On time?", "Model!B22", "General", NULL, NAN},
    {"Claims", "Model!B23", "0", NULL, 400},
    {"Bob's cost / year [net]*", "Model!B24",
     "#,##0 [$\xE2\x82\xAC-407];[Red]-#,##0 [$\xE2\x82\xAC-407]", "\xE2\x82\xAC", 5000},
    {"Share of market", "Model!B25", "0%", "%", 0.2},
    {"History", "Model!B26", "General", NULL, 1},
    {"Umsatz f\xC3\xBCr \xC3\x96sterreich und die \xC3\xBC"
     "brigen L\xC3\xA4nder (netto), in Tausend",
     "Model!B27", "#,##0", NULL, 1},
    {"\xE5\xA3\xB2\xE4\xB8\x8A\xE9\xAB\x98 \xF0\x9F\x98\x80\xF0\x9F\x98\x80", "Model!B28",
     "General", NULL, 1},
    {"npv", "Model!B29", "General", NULL, 1},
    {"NPV", "Other!B11", "General", NULL, 1},
    {"=SUM(A1)", "Model!B31", "General", NULL, 1},
    {"", "Model!B32", "General", NULL, 1},
    {"Summary <&> \"quoted\"", "Model!B33", "General", NULL, 1},
    {"Inputs", "Model!B34", "General", NULL, 1},
    {"Trials", "Model!B35", "General", NULL, 1},
};

static pe_value draw(generator *g, pe_arena *arena, int output, uint32_t t)
{
    static const char *const decisions[] = {"invest", "wait for the regulator's answer", "decline"};
    double z = normal(g), u = uniform(g);
    switch (output) {
    case CASE_MONEY:
        return pe_number(729873 + 2284079 * z);
    case CASE_PERCENT: /* 365 of 5000 */
        return t % 1000 < 73 ? pe_error(PE_ERROR_NUM) : pe_number(0.1 + 0.04 * z);
    case CASE_DATE:
        return pe_number(floor(46010 + 25 * z));
    case CASE_TEXT:
        return case_text(arena, decisions[u < 0.6 ? 0 : u < 0.9 ? 1 : 2]);
    case CASE_MIXED:
        return u < 0.2 ? case_text(arena, "none") : pe_number(3 + z);
    case CASE_CONSTANT:
        return pe_number(0.21);
    case CASE_DICE:
        return pe_number(1 + floor(6 * u));
    case CASE_SPIKE:
        return pe_number(z > 0 ? 1000 * z : 0);
    case CASE_HUGE:
        return pe_number(1e18 * (1 + 0.1 * z));
    case CASE_TINY:
        return pe_number(2e-9 + 3e-10 * z);
    case CASE_ERRORS:
        return pe_error(t % 2 == 0 ? PE_ERROR_DIV0 : PE_ERROR_NA);
    case CASE_BOOLEAN:
        return pe_boolean(u < 0.75);
    case CASE_INTEGERS:
        return pe_number(floor(400 + 60 * z));
    case CASE_EURO:
        return pe_number(-200 + 5000 * u);
    case CASE_HIDDEN_SPREAD:
        return pe_number(0.2 + 0.001 * z);
    default:
        return pe_number(output + z);
    }
}

static void make_output(report_case *c, int i)
{
    generator g = {(uint64_t)i * 1000003 + 7};
    pe_report_output *o = &c->report.outputs[i];
    pe_value *trials = PE_PUSH(c->arena, pe_value, CASE_TRIALS);
    for (uint32_t t = 0; t < CASE_TRIALS; t++) trials[t] = draw(&g, c->arena, i, t);
    *o = (pe_report_output){.name = rows[i].name,
                            .cell = rows[i].cell,
                            .sheet = "Model",
                            .format = rows[i].format,
                            .unit = rows[i].unit,
                            .detail = i < (int)PE_DETAIL_SHEETS_MAX,
                            .base = isnan(rows[i].base) ? pe_blank() : pe_number(rows[i].base),
                            .base_label = "base case",
                            .trials = trials};
    if (i == CASE_TEXT) o->base = case_text(c->arena, "invest");
    if (pe_summary_make(trials, CASE_TRIALS, rows[i].base, c->arena, &o->summary, NULL) != PE_OK)
        abort();
}

static void make_sensitivities(report_case *c)
{
    static const char *const names[] = {
        "Price",
        "Units, year 1",
        "Variable cost per unit",
        "Investment",
        "Unit growth",
        "A very long input name that says where it stands in the plan",
        "Wage \"level\" & tax",
        "Discount",
        "Churn",
        "Oil",
        "Rain",
        "Noise"};
    pe_report_output *o = &c->report.outputs[CASE_MONEY];
    o->tornado = PE_PUSH(c->arena, pe_report_bar, PE_TORNADO_BARS);
    for (uint32_t i = 0; i < PE_TORNADO_BARS; i++)
        o->tornado[o->tornado_count++] =
            (pe_report_bar){.name = names[i],
                            .cell = "Inputs!B3",
                            .format = i == 0 ? "#,##0.00" : "General",
                            .correlation = (i % 2 ? -0.7 : 0.7) * pow(0.7, i),
                            .n = CASE_TRIALS,
                            .noise = i >= 10,
                            .contribution = 0.51 * pow(0.49, i),
                            .mean_low = 1e6 - 1e5 * i,
                            .mean_high = 1e6 + 1e5 * i,
                            .input_low = i == 1 ? NAN : 110 + i,
                            .input_high = i == 1 ? NAN : 130.25 + i};
    o->targets = PE_PUSH(c->arena, pe_target, 1);
    o->targets[o->target_count++] = pe_summary_target(o->trials, CASE_TRIALS, "<", 0);
}

static void make_run(report_case *c)
{
    static pe_report_input inputs[] = {
        {"Price", "Inputs!B6", "RiskNormal", "RISKNORMAL(120,6)", "#,##0.00", false, true, 119.94,
         6.05, 109.95, 119.95, 129.98},
        {"Start", "'Plan 2'!B8", "RiskUniform", "RISKUNIFORM(46000,46030)", "dd/mm/yyyy", false,
         true, 46015, 8.66, 46001.5, 46015, 46028.5},
        {"Wage", "'Plan 2'!B7", "RiskPert", "pert(1,2,5)", "General", true, false, 0, 0, 0, 0, 0}};
    static pe_report_warning warnings[] = {
        {"Model!B9",
         "output Internal rate of return: 365 of 5000 trials are errors; its statistics describe "
         "the other 92.7% of trials"}};
    c->report.workbook = "folder/a \"model\".xlsx";
    c->report.sha256 = "feb63d9474ce34aefbfb9a2245bddf20a0e04200029e5226e12ecf2a648ca396";
    c->report.version = "0.1.0";
    c->report.command =
        "power-engine run 'folder/a \"model\".xlsx' --trials 5000 --seed 18446744073709551615";
    c->report.trials = c->report.trials_asked = CASE_TRIALS;
    c->report.seed = 7;
    c->report.settings_source = "";
    c->report.backend = "cpu";
    c->report.isa = "x86-64-v3";
    c->report.threads = 2;
    c->report.now = 46082.521;
    c->report.now_text = "2026-03-01 12:30:00";
    c->report.check.formulas = 95;
    c->report.check.compared = 90;
    c->report.check.agree = 90;
    c->report.check.pinned = 5;
    c->report.check.header = "";
    c->report.check.line = "90 of 90 formulas agree with Excel's stored values";
    c->report.inputs = inputs;
    c->report.input_count = PE_COUNT(inputs);
    c->report.warnings = warnings;
    c->report.warning_count = PE_COUNT(warnings);
    c->report.timings.total = 0.25;
    c->report.memory_peak_bytes = 12345678;
}

report_case *case_new(void)
{
    report_case *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->arena = pe_arena_new((size_t)1 << 28);
    c->report.outputs = PE_PUSH(c->arena, pe_report_output, CASE_OUTPUTS);
    c->report.output_count = CASE_OUTPUTS;
    for (int i = 0; i < CASE_OUTPUTS; i++) make_output(c, i);
    make_sensitivities(c);
    make_run(c);
    snprintf(c->folder, sizeof c->folder, "/tmp/pe-report-XXXXXX"); /* TIDY */
    if (mkdtemp(c->folder) == NULL) abort();
    return c;
}

const char *case_path(const report_case *c, const char *name)
{
    return pe_arena_printf(c->arena, "%s/%s", c->folder, name);
}

static void remove_folder(const char *path)
{
    char inner[1024];
    DIR *folder = opendir(path);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(inner, sizeof inner, "%s/%.400s", path, e->d_name);
        if (unlink(inner) != 0) remove_folder(inner);
    }
    if (folder != NULL) closedir(folder);
    rmdir(path);
}

void case_free(report_case *c)
{
    remove_folder(c->folder);
    pe_arena_free(c->arena);
    free(c);
}

char *case_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    size_t used = 0, room = 1 << 16;
    char *out = malloc(room + 1);
    for (size_t n; out != NULL && (n = fread(out + used, 1, room - used, file)) > 0;) {
        used += n;
        if (used == room) out = realloc(out, (room *= 2) + 1);
    }
    fclose(file);
    if (out != NULL) out[used] = '\0';
    if (length != NULL) *length = used;
    return out;
}
