/* simulation_saved.c: settings that a workbook carries: our sheet "Power Engine" (a header, then a
 * row per setting: Setting, Cell, Value, Name; cells as live references), XLRisk's sheet, @RISK's
 * defined names. */
#include "simulation_internal.h"

#include <stdio.h>

typedef struct saved {
    const pe_workbook *workbook;
    pe_arena *arena;
    pe_settings *settings;
    pe_input_setting *inputs;
    size_t input_count;
    pe_output_setting *outputs;
    size_t output_count;
    pe_target_setting *targets;
    size_t target_count;
    const char **freeze;
    size_t freeze_count;
} saved;

static const pe_cell *cell_at(const pe_workbook *workbook, uint32_t sheet, uint32_t row,
                              uint32_t column)
{
    uint32_t cell = pe_workbook_cell(workbook, (pe_cell_ref){sheet, row, column});
    return cell != PE_NO_CELL ? &workbook->cells[cell] : NULL;
}

/* A live reference as Excel writes it, whatever the workbook's dialect: texts are put together of
 * it. What is no area of cells stays as it is. */
static const char *reference_text(const saved *s, const char *text)
{
    pe_area area;
    if (text == NULL || s->workbook->dialect == PE_DIALECT_EXCEL ||
        pe_settings_area(s->workbook, text, &area, NULL) != PE_OK)
        return text;
    return pe_workbook_area_new_text(s->workbook, &area, s->arena);
}

/* What a settings cell says: the formula in it where live ones count, its text, or its number as
 * text. "" if empty. */
static const char *setting_text(const saved *s, uint32_t sheet, uint32_t row, uint32_t column,
                                bool live)
{
    const pe_cell *cell = cell_at(s->workbook, sheet, row, column);
    if (cell == NULL) return "";
    if (live && cell->formula != PE_NO_FORMULA) {
        const pe_formula_source *f = &s->workbook->formulas[cell->formula];
        return pe_arena_text(s->arena, f->text, f->length);
    }
    if (pei_text_of(cell->stored) != NULL) return pei_text_of(cell->stored);
    if (!pe_is_number(cell->stored)) return "";
    char digits[PE_DECIMAL_BYTES];
    int n = pe_decimal_shortest(pe_as_number(cell->stored), digits);
    return pe_arena_text(s->arena, digits, (size_t)n);
}

static bool is_word(const char *text, const char *word)
{
    return pe_text_equal_nocase(text, strlen(text), word, strlen(word));
}

static void set_count(uint64_t *field, bool *given, const char *text)
{
    size_t used;
    double x = pe_decimal_parse(text, strlen(text), &used);
    if (*given || used == 0 || !(x >= 0) || x > 0x1p53) return;
    *field = (uint64_t)x;
    *given = true;
}

static void set_sampling(pe_settings *settings, bool latin)
{
    if (settings->sampling_given) return;
    settings->sampling = latin ? PE_LATIN_HYPERCUBE : PE_MONTE_CARLO;
    settings->sampling_given = true;
}

static pe_status one_setting(saved *s, uint32_t sheet, uint32_t row, pe_diag *diag)
{
    const char *kind = setting_text(s, sheet, row, 0, false),
               *cell = reference_text(s, setting_text(s, sheet, row, 1, true));
    const char *value = setting_text(s, sheet, row, 2, kind != NULL && is_word(kind, "Input")),
               *name = setting_text(s, sheet, row, 3, false);
    if (kind == NULL || cell == NULL || value == NULL || name == NULL)
        return pe_fail(diag, PE_E_MEMORY, PEI_SETTINGS_SHEET, "out of memory");
    const char *given = name[0] != '\0' ? name : NULL;
    if (kind[0] == '\0') return PE_OK;
    if (is_word(kind, "Trials"))
        set_count(&s->settings->trials, &s->settings->trials_given, value);
    else if (is_word(kind, "Seed"))
        set_count(&s->settings->seed, &s->settings->seed_given, value);
    else if (is_word(kind, "Sampling"))
        set_sampling(s->settings, is_word(value, "Latin hypercube"));
    else if (is_word(kind, "Input"))
        s->inputs[s->input_count++] = (pe_input_setting){cell, value, given};
    else if (is_word(kind, "Output"))
        s->outputs[s->output_count++] = (pe_output_setting){cell, given};
    else if (is_word(kind, "Freeze"))
        s->freeze[s->freeze_count++] = cell;
    else if (is_word(kind, "Target")) {
        const char *text = pe_arena_printf(s->arena, "%s%s", cell, value);
        if (text == NULL) return pe_fail(diag, PE_E_MEMORY, PEI_SETTINGS_SHEET, "out of memory");
        pe_status status =
            pe_settings_parse_target(s->arena, text, &s->targets[s->target_count], diag);
        s->targets[s->target_count++].saved = true;
        return status;
    } else {
        char where[64];
        snprintf(where, sizeof where, "'%s'!A%u", PEI_SETTINGS_SHEET, row + 1);
        return pe_fail(
            diag, PE_E_ARGUMENT, where,
            "unknown setting \"%s\"; known: Trials, Seed, Sampling, Input, Output, Target, Freeze",
            kind);
    }
    return PE_OK;
}

static pe_status read_own_sheet(saved *s, uint32_t sheet, pe_diag *diag)
{
    const pe_sheet *info = &s->workbook->sheets[sheet];
    for (uint32_t i = 0; i < info->row_count; i++) {
        uint32_t row = info->rows_used[i];
        if (row == 0) continue; /* the header */
        pe_status status = one_setting(s, sheet, row, diag);
        if (status != PE_OK) return status;
    }
    s->settings->source = "sheet " PEI_SETTINGS_SHEET;
    return PE_OK;
}

static const pe_name *name_of(const pe_workbook *workbook, const char *name, uint32_t sheet)
{
    for (uint32_t i = 0; i < workbook->name_count; i++)
        if ((sheet == PE_SCOPE_WORKBOOK || workbook->names[i].sheet == sheet) &&
            is_word(workbook->names[i].name, name))
            return &workbook->names[i];
    return NULL;
}

/* The value of a name that is a constant ("1000", "\"1000\"") or one cell; NAN if neither. */
static double name_value(const pe_workbook *workbook, const char *name, uint32_t sheet)
{
    const pe_name *n = name_of(workbook, name, sheet);
    pe_area area;
    size_t used;
    if (n == NULL) return pe_as_number(pe_blank());
    const char *text = n->text[0] == '"' ? n->text + 1 : n->text;
    double x = pe_decimal_parse(text, strlen(text), &used);
    if (used > 0 && (text[used] == '\0' || text[used] == '"')) return x;
    if (pe_settings_area(workbook, n->text, &area, NULL) != PE_OK) return pe_as_number(pe_blank());
    const pe_cell *cell = cell_at(workbook, area.sheet_first, area.row_first, area.column_first);
    if (cell != NULL && pe_is(cell->stored, PE_KIND_BOOLEAN))
        return pe_as_boolean(cell->stored) ? 1 : 0;
    return cell != NULL ? pe_as_number(cell->stored) : pe_as_number(pe_blank());
}

static void set_number(uint64_t *field, bool *given, double x, double least)
{
    if (*given || !pe_is_number(pe_number(x)) || x < least || x > 0x1p53) return;
    *field = (uint64_t)x;
    *given = true;
}

/* XLRisk: Seed 0 means a random one; ours stays the default then. */
static void read_xlrisk(saved *s, uint32_t sheet)
{
    const pe_workbook *w = s->workbook;
    pe_area area;
    set_number(&s->settings->trials, &s->settings->trials_given, name_value(w, "Iterations", sheet),
               1);
    set_number(&s->settings->seed, &s->settings->seed_given, name_value(w, "Seed", sheet), 1);
    double latin = name_value(w, "LatinHypercube", sheet);
    if (pe_is_number(pe_number(latin))) set_sampling(s->settings, latin != 0);
    const pe_name *outputs = name_of(w, "RiskOutputs", sheet);
    if (outputs == NULL || pe_settings_area(w, outputs->text, &area, NULL) != PE_OK) return;
    uint32_t last = w->sheets[sheet].used.row_last;
    for (uint32_t row = area.row_first;
         row <= last && s->output_count < s->workbook->sheets[sheet].row_count; row++) {
        const char *cells = setting_text(s, sheet, row, area.column_first, true),
                   *name = setting_text(s, sheet, row, area.column_first + 1, false);
        pe_area target;
        if (cells == NULL || name == NULL || cells[0] == '\0') break;
        if (pe_settings_area(w, cells, &target, NULL) != PE_OK) continue; /* the heading */
        s->outputs[s->output_count++] = (pe_output_setting){cells, name[0] != '\0' ? name : NULL};
    }
    s->settings->source = "XLRisk";
}

static void read_at_risk(saved *s)
{
    const pe_workbook *w = s->workbook;
    if (name_of(w, "RiskNumIterations", PE_SCOPE_WORKBOOK) == NULL) return;
    set_number(&s->settings->trials, &s->settings->trials_given,
               name_value(w, "RiskNumIterations", PE_SCOPE_WORKBOOK), 1);
    if (name_value(w, "RiskUseFixedSeed", PE_SCOPE_WORKBOOK) != 0)
        set_number(&s->settings->seed, &s->settings->seed_given,
                   name_value(w, "RiskFixedSeed", PE_SCOPE_WORKBOOK), 1);
    double sampling = name_value(w, "RiskSamplingType", PE_SCOPE_WORKBOOK);
    if (pe_is_number(pe_number(sampling)))
        set_sampling(s->settings, sampling == 3); /* 3: Latin hypercube, its default */
    s->settings->source = "@RISK";
}

/* The user's own come after the workbook's: a later setting of the same cell wins. */
static void unite(saved *s)
{
    pe_settings *t = s->settings;
    for (uint32_t i = 0; i < t->input_count; i++) s->inputs[s->input_count++] = t->inputs[i];
    for (uint32_t i = 0; i < t->target_count; i++) s->targets[s->target_count++] = t->targets[i];
    for (uint32_t i = 0; i < t->freeze_count; i++) s->freeze[s->freeze_count++] = t->freeze[i];
    t->inputs = s->inputs;
    t->input_count = (uint32_t)s->input_count;
    t->targets = s->targets;
    t->target_count = (uint32_t)s->target_count;
    t->freeze = s->freeze;
    t->freeze_count = (uint32_t)s->freeze_count;
    if (t->output_count == 0) { /* outputs asked for replace the saved ones */
        t->outputs = s->outputs;
        t->output_count = (uint32_t)s->output_count;
    }
}

pe_status pei_settings_from_workbook(const pe_workbook *workbook, pe_arena *arena,
                                     pe_settings *settings, pe_diag *diag)
{
    uint32_t own = pe_workbook_sheet(workbook, PEI_SETTINGS_SHEET, strlen(PEI_SETTINGS_SHEET));
    uint32_t xlrisk = pe_workbook_sheet(workbook, "XLRisk", 6);
    size_t rows = (own != PE_NO_CELL ? workbook->sheets[own].row_count : 0) +
                  (xlrisk != PE_NO_CELL ? workbook->sheets[xlrisk].row_count : 0);
    saved s = {.workbook = workbook, .arena = arena, .settings = settings};
    s.inputs = PE_PUSH(arena, pe_input_setting, rows + settings->input_count);
    s.outputs = PE_PUSH(arena, pe_output_setting, rows);
    s.targets = PE_PUSH(arena, pe_target_setting, rows + settings->target_count);
    s.freeze = PE_PUSH(arena, const char *, rows + settings->freeze_count);
    if (s.inputs == NULL || s.outputs == NULL || s.targets == NULL || s.freeze == NULL)
        return pe_fail(diag, PE_E_MEMORY, "settings", "out of memory");
    if (own != PE_NO_CELL) {
        pe_status status = read_own_sheet(&s, own, diag);
        if (status != PE_OK) return status;
    } else if (xlrisk != PE_NO_CELL) {
        read_xlrisk(&s, xlrisk);
    } else {
        read_at_risk(&s);
    }
    unite(&s);
    return PE_OK;
}
