/* report_names.c: the names of the sheets, legal in every spreadsheet. A name follows from the
 * output and from what the document holds, not from the order or number of the outputs: a name that
 * two would have gets its cell added in both. */
#include "report_internal.h"

#include <stdio.h>

#define SHEET_NAME_MAX 31u
#define NAME_BYTES (SHEET_NAME_MAX * 4 + 16)

/* Bytes of text, UTF-8, that hold at most `units` UTF-16 units, which is what Excel counts. */
static size_t cut_at(const char *text, size_t units)
{
    size_t length = strlen(text), at = 0, used = 0;
    while (at < length) {
        size_t next = at;
        used += pe_utf8_next(text, length, &next) > 0xFFFF ? 2 : 1;
        if (used > units) break;
        at = next;
    }
    return at;
}

/* The text without what a sheet name must not hold: []:*?/\ and control characters; trimmed of
 * blanks and apostrophes. */
static size_t clean_name(const char *text, char *out, size_t size)
{
    size_t length = strlen(text), n = 0;
    for (size_t at = 0; at < length && n + 4 < size;) {
        uint32_t code = pe_utf8_next(text, length, &at);
        bool bad = code < 32 || code == 127 || code == 0xFFFD || code == 0xFFFE || code == 0xFFFF ||
                   (code < 128 && strchr("[]:*?/\\", (int)code) != NULL);
        if (bad)
            out[n++] = ' ';
        else
            n += pe_utf8_put(out + n, code);
        if (n == 1 && (out[0] == ' ' || out[0] == '\'')) n = 0;
    }
    out[n] = '\0';
    return n;
}

static size_t trimmed(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\'')) n--;
    return n;
}

/* A key that is equal for names that Excel holds for equal: without regard to case. Accented
 * Latin, Greek and Cyrillic letters are told apart by case in one bit or by 32; folding too much
 * only makes a name get a number that it could have done without. */
static size_t fold(const char *name, size_t n, char *out)
{
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        uint32_t code = pe_utf8_next(name, n, &at);
        if (code >= 'A' && code <= 'Z')
            code += 32;
        else if ((code >= 0xC0 && code <= 0xDE) || (code >= 0x391 && code <= 0x3A9) ||
                 (code >= 0x410 && code <= 0x42F))
            code += 32;
        else if (code >= 0x400 && code <= 0x40F)
            code += 80;
        else if ((code >= 0x100 && code <= 0x24F) || (code >= 0x460 && code <= 0x52F))
            code |= 1;
        used += pe_utf8_put(out + used, code);
    }
    return used;
}

/* Counts the name; *count: how many had it before. */
static void claim(pei_layout *l, pe_map *taken, const char *name, uint32_t *count)
{
    char clean[NAME_BYTES], folded[2 * NAME_BYTES];
    uint32_t *slot;
    bool added;
    clean_name(name, clean, sizeof clean);
    size_t n = fold(clean, trimmed(clean, cut_at(clean, SHEET_NAME_MAX)), folded);
    *count = 0;
    if (l->failed || pe_map_put(taken, folded, n, 0, &slot, &added) != PE_OK)
        l->failed = true;
    else
        *count = (*slot)++;
}

/* Excel's rules: 1 to 31 characters, none of []:*?/\, no apostrophe at the ends, unique without
 * regard to case, not "History". `after` is added behind what is left of the name. */
static const char *legal_name(pei_layout *l, const char *wanted, const char *after)
{
    char clean[NAME_BYTES];
    clean_name(wanted, clean, sizeof clean);
    size_t room = strlen(after) < SHEET_NAME_MAX ? SHEET_NAME_MAX - strlen(after) : 0;
    size_t n = trimmed(clean, cut_at(clean, room));
    if (n == 0 || pe_text_equal_nocase(clean, n, "history", 7))
        n = (size_t)snprintf(clean, sizeof clean, "Output");
    const char *name = pe_arena_printf(l->arena, "%.*s%s", (int)n, clean, after);
    if (name == NULL) l->failed = true;
    return name;
}

/* " (Model B11)": the cell as part of a sheet's name; only its address where the sheet's name is
 * too long for that. */
static void cell_suffix(const char *cell, char out[SHEET_NAME_MAX])
{
    char clean[NAME_BYTES], sheet[NAME_BYTES] = "";
    const char *address = strrchr(cell, '!');
    size_t n = address != NULL ? (size_t)(address - cell) : 0;
    if (n > 0 && n < sizeof sheet) {
        snprintf(sheet, sizeof sheet, "%.*s", (int)n, cell);
        clean_name(sheet, clean, sizeof clean);
        n = trimmed(clean, strlen(clean));
    } else {
        n = 0;
    }
    address = address != NULL ? address + 1 : cell;
    if (address[0] == '\0')
        out[0] = '\0';
    else if (n == 0 || n + strlen(address) + 4 > 20)
        snprintf(out, SHEET_NAME_MAX, " (%.12s)", address);
    else
        snprintf(out, SHEET_NAME_MAX, " (%.*s %s)", (int)n, clean, address);
}

/* A name that is not taken: the one wanted, if `alone`; with the cell; numbered. */
static const char *free_name(pei_layout *l, pe_map *taken, const char *wanted, const char *cell,
                             bool alone)
{
    char suffix[SHEET_NAME_MAX];
    for (unsigned copy = alone ? 0 : 1; copy < 100000 && !l->failed; copy++) {
        uint32_t count;
        cell_suffix(cell, suffix);
        if (copy == 0) suffix[0] = '\0';
        if (copy > 1) snprintf(suffix, sizeof suffix, " %u", copy);
        const char *name = legal_name(l, wanted, suffix);
        if (name == NULL) return NULL;
        claim(l, taken, name, &count);
        if (count == 0 && !l->failed) return name;
    }
    l->failed = true;
    return NULL;
}

/* One of our own sheets: its name, or the other one where the document has a sheet of that name. */
static const char *own_name(pei_layout *l, pe_map *taken, const char *name, const char *other)
{
    uint32_t count, other_count;
    claim(l, taken, name, &count);
    claim(l, taken, other, &other_count);
    return count == 0 ? name : other_count == 0 ? other : free_name(l, taken, other, "", false);
}

/* How many outputs would like the name of this one. */
static bool is_alone(pei_layout *l, const pe_map *wanted, const char *name)
{
    char folded[2 * NAME_BYTES];
    uint32_t count = 0;
    const char *legal = legal_name(l, name, "");
    if (legal == NULL) return false;
    pe_map_get(wanted, folded, fold(legal, strlen(legal), folded), &count);
    return count <= 1;
}

void pei_name_sheets(pei_layout *l)
{
    const pe_report *r = l->report;
    pe_map *taken = pe_map_new(), *wanted = pe_map_new();
    uint32_t count;
    l->detail_names = PE_PUSH(l->arena, const char *, r->output_count + 1);
    if (taken == NULL || wanted == NULL || l->detail_names == NULL) l->failed = true;
    for (uint32_t i = 0; i < l->options->sheet_name_count && !l->failed; i++)
        claim(l, taken, l->options->sheet_names[i], &count);
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++) {
        const char *name = legal_name(l, r->outputs[i].name, "");
        if (name != NULL) claim(l, wanted, name, &count);
    }
    if (!l->failed) {
        l->summary_name = own_name(l, taken, "Simulation Summary", "Power Engine Summary");
        l->trends_name = own_name(l, taken, "Trends", "Simulation Trends");
        l->sensitivity_name = own_name(l, taken, "Sensitivity", "Simulation Sensitivity");
        l->inputs_name = own_name(l, taken, "Inputs", "Simulation Inputs");
        l->trials_name = own_name(l, taken, "Trials", "Simulation Trials");
    }
    for (uint32_t i = 0; i < r->output_count && !l->failed; i++) {
        const pe_report_output *o = &r->outputs[i];
        if (o->detail)
            l->detail_names[i] =
                free_name(l, taken, o->name, o->cell, is_alone(l, wanted, o->name));
    }
    pe_map_free(taken);
    pe_map_free(wanted);
}

pe_status pe_report_page_names(const pe_report *report, const pe_report_options *options,
                               pe_arena *arena, const char ***names, uint32_t *count, pe_diag *diag)
{
    pei_layout l = {.report = report, .options = options, .arena = arena};
    const char **list = PE_PUSH(arena, const char *, (size_t)report->output_count + 5);
    uint32_t n = 0;
    if (list != NULL) pei_name_sheets(&l);
    if (list == NULL || l.failed) return pe_fail(diag, PE_E_MEMORY, "report", "out of memory");
    list[n++] = l.summary_name;
    for (uint32_t i = 0; i < report->output_count; i++)
        if (l.detail_names[i] != NULL) list[n++] = l.detail_names[i];
    if (pei_has_trends(report)) list[n++] = l.trends_name;
    list[n++] = l.sensitivity_name;
    list[n++] = l.inputs_name;
    if (options->trials_sheet) list[n++] = l.trials_name;
    *names = list;
    *count = n;
    return PE_OK;
}
