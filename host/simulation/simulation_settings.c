/* simulation_settings.c: settings as texts: parsing them, resolving their cells, completing them.
 */
#include "simulation_internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char *trimmed(pe_arena *arena, const char *text, size_t length)
{
    while (length > 0 && (*text == ' ' || *text == '\t')) text++, length--;
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) length--;
    return pe_arena_text(arena, text, length);
}

/* The first `wanted` character outside quotes, or NULL. */
static const char *find_outside_quotes(const char *text, const char *wanted)
{
    bool quoted = false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            quoted = !quoted;
        else if (!quoted && strchr(wanted, *p) != NULL)
            return p;
    }
    return NULL;
}

pe_status pe_settings_parse_input(pe_arena *arena, const char *text, pe_input_setting *setting,
                                  pe_diag *diag)
{
    const char *equals = find_outside_quotes(text, "=");
    if (equals == NULL || equals == text || equals[1] == '\0')
        return pe_fail(diag, PE_E_ARGUMENT, text,
                       "an input is written CELL=DISTRIBUTION, for example Inputs!B3=pert(1,2,5)");
    pe_input_setting s = {trimmed(arena, text, (size_t)(equals - text)),
                          trimmed(arena, equals + 1, strlen(equals + 1)), NULL};
    if (s.cell == NULL || s.formula == NULL)
        return pe_fail(diag, PE_E_MEMORY, text, "out of memory");
    *setting = s;
    return PE_OK;
}

pe_status pe_settings_parse_output(pe_arena *arena, const char *text, pe_output_setting *setting,
                                   pe_diag *diag)
{
    const char *equals = find_outside_quotes(text, "=");
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    pe_output_setting s = {trimmed(arena, text, length), NULL};
    if (equals != NULL) s.name = trimmed(arena, equals + 1, strlen(equals + 1));
    if (s.cells == NULL || (equals != NULL && s.name == NULL))
        return pe_fail(diag, PE_E_MEMORY, text, "out of memory");
    if (s.cells[0] == '\0')
        return pe_fail(diag, PE_E_ARGUMENT, text,
                       "an output is written CELL or CELL=NAME, for example Model!F10=NPV");
    *setting = s;
    return PE_OK;
}

pe_status pe_settings_parse_target(pe_arena *arena, const char *text, pe_target_setting *setting,
                                   pe_diag *diag)
{
    const char *op = find_outside_quotes(text, "<>=");
    size_t op_length = op == NULL ? 0 : (op[0] != '=' && op[1] == '=') ? 2 : 1, used = 0;
    pe_target_setting s = {NULL, {0}, 0, false};
    if (op_length > 0) {
        memcpy(s.op, op, op_length);
        const char *number = op + op_length;
        while (*number == ' ') number++;
        s.operand = pe_decimal_parse(number, strlen(number), &used);
        if (used > 0 && number[used] == '%' && number[used + 1] == '\0')
            s.operand /= 100;
        else if (number[used] != '\0')
            used = 0;
    }
    if (op == text || used == 0)
        return pe_fail(
            diag, PE_E_ARGUMENT, text,
            "a target is written OUTPUT<NUMBER (also <=, >, >=, =), for example 'NPV<0'");
    s.output = trimmed(arena, text, (size_t)(op - text));
    if (s.output == NULL) return pe_fail(diag, PE_E_MEMORY, text, "out of memory");
    *setting = s;
    return PE_OK;
}

/* ---- cells of settings
 * -------------------------------------------------------------------------------- */

static uint32_t first_visible_sheet(const pe_workbook *workbook)
{
    for (uint32_t i = 0; i < workbook->sheet_count; i++)
        if (workbook->sheets[i].visibility == PE_VISIBLE && !workbook->sheets[i].is_chart) return i;
    return 0;
}

/* "B7" or "B2:C4" at text, all of it. */
static bool parse_cells(const char *text, uint32_t sheet, pe_area *area)
{
    uint32_t r0, c0, r1, c1;
    size_t length = strlen(text), used = pe_cell_parse(text, length, &r0, &c0);
    if (used == 0) return false;
    r1 = r0;
    c1 = c0;
    if (used < length) {
        if (text[used] != ':') return false;
        size_t second = pe_cell_parse(text + used + 1, length - used - 1, &r1, &c1);
        if (second == 0 || used + 1 + second != length) return false;
    }
    *area = (pe_area){
        sheet, sheet, r0 < r1 ? r0 : r1, r0 < r1 ? r1 : r0, c0 < c1 ? c0 : c1, c0 < c1 ? c1 : c0};
    return true;
}

/* Splits "Sheet!rest" or "'My ''x'' Sheet'!rest"; sheet is written unquoted. NULL: no sheet part.
 */
static const char *split_sheet(const char *text, char *sheet, size_t size)
{
    size_t n = 0;
    const char *p = text;
    if (*p == '\'') {
        for (p++; *p != '\0'; p++) {
            if (*p == '\'' && p[1] == '\'')
                p++;
            else if (*p == '\'')
                break;
            if (n + 1 < size) sheet[n++] = *p;
        }
        if (p[0] != '\'' || p[1] != '!') return NULL;
        sheet[n] = '\0';
        return p + 2;
    }
    p = strrchr(text, '!');
    if (p == NULL) return NULL;
    n = (size_t)(p - text) < size ? (size_t)(p - text) : size - 1;
    memcpy(sheet, text, n);
    sheet[n] = '\0';
    return p + 1;
}

/* The cells after the '.' of a Calc reference: "$A$1", "A1:B2", "A1:.B2"; a second sheet must be
 * the first. */
static bool parse_calc_cells(const char *text, size_t length, uint32_t sheet, pe_area *area)
{
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && i > 0 && text[i - 1] == ':') continue;
        if (n + 1 >= sizeof plain) return false;
        plain[n++] = text[i];
    }
    plain[n] = '\0';
    return parse_cells(plain, sheet, area);
}

/* A reference as Calc writes it, live or saved: "$Inputs.$B$3", "of:=[$'My Sheet'.B2:.C4]". */
static bool area_of_calc_text(const pe_workbook *workbook, const char *text, pe_area *area)
{
    char name[256];
    size_t n = 0, length;
    if (strncmp(text, "of:", 3) == 0) text += 3;
    text += *text == '=';
    length = strlen(text);
    if (*text == '[' && text[length - 1] == ']') text++, length -= 2;
    const char *end = text + length, *p = text + (*text == '$');
    if (*p == '\'') {
        for (p++; p < end && (*p != '\'' || p[1] == '\''); p++) {
            p += *p == '\'';
            if (n < sizeof name) name[n++] = *p;
        }
        p += p < end;
    } else {
        for (; p < end && *p != '.'; p++)
            if (n < sizeof name) name[n++] = *p;
    }
    uint32_t sheet = n > 0 && n < sizeof name ? pe_workbook_sheet(workbook, name, n) : PE_NO_CELL;
    if (p >= end || *p != '.' || sheet == PE_NO_CELL) return false;
    return parse_calc_cells(p + 1, (size_t)(end - p) - 1, sheet, area);
}

static bool area_of_text(const pe_workbook *workbook, const char *text, uint32_t sheet,
                         pe_area *area)
{
    char name[256];
    if (workbook->dialect != PE_DIALECT_EXCEL && area_of_calc_text(workbook, text, area))
        return true;
    const char *rest = split_sheet(text, name, sizeof name);
    if (rest != NULL) {
        sheet = pe_workbook_sheet(workbook, name, strlen(name));
        if (sheet == PE_NO_CELL) return false;
    }
    return parse_cells(rest != NULL ? rest : text, sheet, area);
}

static bool area_of_name(const pe_workbook *workbook, const char *text, pe_area *area)
{
    for (uint32_t i = 0; i < workbook->name_count; i++) {
        const pe_name *n = &workbook->names[i];
        if (!pe_text_equal_nocase(n->name, strlen(n->name), text, strlen(text))) continue;
        uint32_t sheet = n->sheet == PE_SCOPE_WORKBOOK ? 0 : n->sheet;
        if (area_of_text(workbook, n->text, sheet, area)) return true;
    }
    return false;
}

pe_status pe_settings_area(const pe_workbook *workbook, const char *text, pe_area *area,
                           pe_diag *diag)
{
    char sheet[256];
    if (text[0] == '=') text++;
    if (area_of_text(workbook, text, first_visible_sheet(workbook), area) ||
        area_of_name(workbook, text, area))
        return PE_OK;
    if (split_sheet(text, sheet, sizeof sheet) != NULL &&
        pe_workbook_sheet(workbook, sheet, strlen(sheet)) == PE_NO_CELL)
        return pe_fail(diag, PE_E_ARGUMENT, text,
                       "the workbook has no sheet named \"%s\"; its first sheet is \"%s\"", sheet,
                       workbook->sheet_count > 0 ? workbook->sheets[0].name : "");
    return pe_fail(diag, PE_E_ARGUMENT, text,
                   "not a cell, a range or a defined name of cells; write Sheet1!B7, 'My "
                   "Sheet'!B7:C9 or a name");
}

static bool is_identifier(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char lower = (char)(text[i] | 32);
        if (!(lower >= 'a' && lower <= 'z') && !(i > 0 && text[i] >= '0' && text[i] <= '9'))
            return false;
    }
    return length > 0;
}

static pe_status unknown_distribution(const pe_input_setting *setting, size_t length, pe_diag *diag)
{
    char names[512];
    size_t used = 0;
    for (int i = 0; i < PE_DISTRIBUTION_COUNT && used + 40 < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 pe_distribution_row_of((pe_distribution_id)i)->name);
    return pe_fail(diag, PE_E_ARGUMENT, setting->cell,
                   "no distribution or function is named \"%.*s\"; distributions: %s", (int)length,
                   setting->formula, names);
}

/* "pert(1,2,5)" is RiskPert(1,2,5); "=L5" is the formula L5. */
static pe_status override_text(pe_arena *arena, const pe_input_setting *setting, const char **text,
                               pe_diag *diag)
{
    const char *formula = setting->formula, *bracket = strchr(formula, '(');
    size_t length = bracket != NULL ? (size_t)(bracket - formula) : 0;
    *text = formula[0] == '=' ? formula + 1 : formula;
    if (formula[0] == '=' || !is_identifier(formula, length)) return PE_OK;
    if (pe_distribution_find(formula, length) != PE_DISTRIBUTION_NONE)
        *text = pe_arena_printf(arena, "Risk%s", formula);
    else if (pe_function_find(formula, length) == PE_FUNCTION_NONE)
        return unknown_distribution(setting, length, diag);
    return *text != NULL ? PE_OK : pe_fail(diag, PE_E_MEMORY, "inputs", "out of memory");
}

static pe_status check_override(const pe_workbook *workbook, const pe_input_setting *setting,
                                const pe_area *area, uint32_t *cell, pe_diag *diag)
{
    if (pe_area_cells(area) != 1)
        return pe_fail(diag, PE_E_ARGUMENT, setting->cell,
                       "an input is one cell; give each cell its own setting");
    *cell = pe_workbook_cell(workbook,
                             (pe_cell_ref){area->sheet_first, area->row_first, area->column_first});
    if (*cell == PE_NO_CELL || pe_is(workbook->cells[*cell].stored, PE_KIND_BLANK))
        return pe_fail(diag, PE_E_ARGUMENT, setting->cell,
                       "the cell is empty; an input replaces a cell that holds a number");
    if (workbook->cells[*cell].formula != PE_NO_FORMULA)
        return pe_fail(diag, PE_E_ARGUMENT, setting->cell,
                       "the cell holds a formula; an input replaces a cell that holds a number: "
                       "name a cell that the formula reads");
    if (!pe_is_number(workbook->cells[*cell].stored))
        return pe_fail(diag, PE_E_ARGUMENT, setting->cell,
                       "the cell holds no number; an input replaces a cell that holds a number");
    return PE_OK;
}

pe_status pe_settings_overrides(const pe_workbook *workbook, const pe_settings *settings,
                                pe_arena *arena, pe_override **overrides, uint32_t *count,
                                pe_diag *diag)
{
    pe_override *list = PE_PUSH(arena, pe_override, settings->input_count);
    if (list == NULL) return pe_fail(diag, PE_E_MEMORY, "inputs", "out of memory");
    uint32_t n = 0;
    for (uint32_t i = 0; i < settings->input_count; i++) {
        const pe_input_setting *setting = &settings->inputs[i];
        pe_area area;
        uint32_t cell = 0;
        pe_status status = pe_settings_area(workbook, setting->cell, &area, diag);
        if (status == PE_OK) status = check_override(workbook, setting, &area, &cell, diag);
        const char *text = "";
        if (status == PE_OK) status = override_text(arena, setting, &text, diag);
        if (status != PE_OK) return status;
        uint32_t at = 0;
        while (at < n && list[at].cell != cell) at++;
        list[at] = (pe_override){
            cell, text, strlen(text)}; /* the last setting of a cell wins: the user's come last */
        n = at == n ? n + 1 : n;
    }
    *overrides = list;
    *count = n;
    return PE_OK;
}

/* Sheets that we or other vendors write: no part of the model. Results are recognised by their
 * title cell. */
bool pe_sheet_is_model(const pe_workbook *workbook, uint32_t sheet)
{
    static const char *const never[] = {PEI_SETTINGS_SHEET, "XLRisk", "RiskSerializationData",
                                        "RiskSerializationData8", "CB_DATA_"};
    const pe_sheet *s = &workbook->sheets[sheet];
    for (size_t i = 0; i < PE_COUNT(never); i++)
        if (pe_text_equal_nocase(s->name, strlen(s->name), never[i], strlen(never[i])))
            return false;
    uint32_t title = pe_workbook_cell(workbook, (pe_cell_ref){sheet, 0, 0});
    const char *text = title != PE_NO_CELL ? pei_text_of(workbook->cells[title].stored) : NULL;
    return text == NULL || strncmp(text, "Power Engine: ", 14) != 0;
}

pe_status pe_settings_complete(const pe_workbook *workbook, const pe_settings *given,
                               pe_arena *arena, pe_settings *settings, pe_diag *diag)
{
    pe_settings s = *given;
    s.source = "";
    pe_status status = pei_settings_from_workbook(workbook, arena, &s, diag);
    if (status != PE_OK) return status;
    if (!s.trials_given) s.trials = PE_TRIALS_DEFAULT;
    if (!s.seed_given) s.seed = PE_SEED_DEFAULT;
    if (!s.sampling_given) s.sampling = PE_MONTE_CARLO;
    if (s.trials < 1 || s.trials > PE_TRIALS_MAX)
        return pe_fail(diag, PE_E_ARGUMENT, "trials",
                       "the number of trials must be between 1 and 2^40");
    *settings = s;
    return PE_OK;
}
