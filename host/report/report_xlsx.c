/* report_xlsx.c: the results workbook: formats, sheet names, and the order of the sheets. Written
 * under a temporary name and renamed, so that an interrupted run leaves nothing half-written. */
#include "report_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHEET_NAME_MAX 31u

static void apply_look(lxw_format *f, pei_look look)
{
    format_set_font_name(f, PEI_FONT);
    format_set_font_size(f, 10);
    format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
    switch (look) {
    case PEI_TITLE:
        format_set_bold(f);
        format_set_font_size(f, 16);
        break;
    case PEI_SUBTITLE:
        format_set_font_color(f, 0x666666);
        break;
    case PEI_HEADING:
    case PEI_HEADING_RIGHT:
    case PEI_HEADING_NOTE:
        if (look == PEI_HEADING_NOTE) format_set_indent(f, 1);
        if (look == PEI_HEADING_RIGHT) format_set_align(f, LXW_ALIGN_RIGHT);
        format_set_bold(f);
        format_set_bg_color(f, 0xE8EEF4);
        format_set_bottom(f, LXW_BORDER_THIN);
        format_set_text_wrap(f);
        format_set_align(f, LXW_ALIGN_VERTICAL_BOTTOM);
        break;
    case PEI_NOTE:
        format_set_text_wrap(f);
        format_set_indent(f, 1);
        break;
    case PEI_NUMBER:
        format_set_align(f, LXW_ALIGN_RIGHT);
        break;
    case PEI_LABEL:
        format_set_font_color(f, 0x444444);
        break;
    case PEI_WARNING:
    case PEI_WARNING_NOTE:
        if (look == PEI_WARNING_NOTE) format_set_indent(f, 1);
        format_set_bg_color(f, 0xFFE9B8);
        format_set_text_wrap(f);
        break;
    case PEI_ENTRY:
        format_set_bg_color(f, 0xFFFDE0);
        format_set_border(f, LXW_BORDER_THIN);
        break;
    case PEI_LINK:
        format_set_font_color(f, PEI_BLUE);
        format_set_underline(f, LXW_UNDERLINE_SINGLE);
        format_set_text_wrap(f);
        break;
    case PEI_WRAPPED:
        format_set_text_wrap(f);
        break;
    default:
        break;
    }
}

lxw_format *pei_format(pei_writer *w, pei_look look, const char *code)
{
    char key[300];
    uint32_t *slot;
    bool added;
    int n = snprintf(key, sizeof key, "%d|%s", (int)look, code != NULL ? code : "");
    size_t length = n < 0 ? 0 : (size_t)n < sizeof key ? (size_t)n : sizeof key - 1;
    uint32_t next = (uint32_t)pe_map_count(w->formats);
    if (pe_map_put(w->formats, key, length, next, &slot, &added) != PE_OK ||
        PE_GROW(&w->list, &w->list_capacity, next + 1u) != PE_OK) {
        w->failed = true;
        return NULL;
    }
    uint32_t at = *slot;
    if (added) {
        w->list[at] = workbook_add_format(w->workbook);
        if (w->list[at] == NULL) {
            w->failed = true;
            return NULL;
        }
        apply_look(w->list[at], look);
        if (code != NULL && strlen(code) < LXW_FORMAT_FIELD_LEN)
            format_set_num_format(w->list[at], code);
    }
    return w->list[at];
}

void pei_put_number(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, double x,
                    pei_look look, const char *code)
{
    if (isfinite(x))
        worksheet_write_number(sheet, row, column, x, pei_format(w, look, code));
    else
        worksheet_write_string(sheet, row, column, "-",
                               pei_format(w, look == PEI_PLAIN ? PEI_NUMBER : look, NULL));
}

void pei_put_text(pei_writer *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column,
                  const char *text, pei_look look)
{
    worksheet_write_string(sheet, row, column, text != NULL ? text : "", pei_format(w, look, NULL));
}

void pei_page(lxw_worksheet *sheet, lxw_row_t header_first, lxw_row_t header_last,
              lxw_col_t last_column, lxw_row_t last_row)
{
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9); /* A4 */
    worksheet_fit_to_pages(sheet, 1, 0);
    worksheet_set_margins(sheet, 0.4, 0.4, 0.5, 0.6);
    worksheet_repeat_rows(sheet, header_first, header_last);
    worksheet_print_area(sheet, 0, 0, last_row, last_column);
    worksheet_set_footer(sheet, "&L&8Power Engine&C&8&A&R&8&P of &N");
    worksheet_gridlines(sheet, LXW_HIDE_ALL_GRIDLINES);
}

/* ---- sheet names
 * --------------------------------------------------------------------------------------- */

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

/* Excel's rules: 1 to 31 characters, none of []:*?/\, no apostrophe at the ends, unique without
 * regard to case, not "History". */
static const char *legal_name(pei_writer *w, const char *wanted, pe_map *taken)
{
    char clean[SHEET_NAME_MAX * 4 + 16], candidate[sizeof clean + 16], folded[2 * sizeof candidate];
    clean_name(wanted, clean, sizeof clean);
    size_t n = trimmed(clean, cut_at(clean, SHEET_NAME_MAX));
    if (n == 0 || pe_text_equal_nocase(clean, n, "history", 7))
        n = (size_t)snprintf(clean, sizeof clean, "Output");
    for (unsigned copy = 1; copy < 100000; copy++) {
        char suffix[12] = "";
        if (copy > 1) snprintf(suffix, sizeof suffix, " %u", copy);
        size_t stem = trimmed(clean, cut_at(clean, SHEET_NAME_MAX - strlen(suffix)));
        if (stem > n) stem = n;
        int m = snprintf(candidate, sizeof candidate, "%.*s%s", (int)stem, clean, suffix);
        uint32_t *slot;
        bool added = false;
        size_t length = fold(candidate, (size_t)m, folded);
        if (pe_map_put(taken, folded, length, 1, &slot, &added) != PE_OK) break;
        if (added) return pe_arena_text(w->arena, candidate, (size_t)m);
    }
    w->failed = true;
    return NULL;
}

static void name_sheets(pei_writer *w)
{
    static const char *const ours[] = {"simulation summary", "inputs", "trials"};
    const pe_report *r = w->report;
    pe_map *taken = pe_map_new();
    uint32_t *slot;
    bool added;
    w->sheet_names = PE_PUSH(w->arena, const char *, r->output_count + 1);
    if (taken == NULL || w->sheet_names == NULL) w->failed = true;
    for (size_t i = 0; i < PE_COUNT(ours) && !w->failed; i++)
        if (pe_map_put(taken, ours[i], strlen(ours[i]), 1, &slot, &added) != PE_OK)
            w->failed = true;
    for (uint32_t i = 0; i < r->output_count && !w->failed; i++)
        if (r->outputs[i].detail || w->options->detail_all)
            w->sheet_names[i] = legal_name(w, r->outputs[i].name, taken);
    pe_map_free(taken);
}

/* ---- the workbook
 * -------------------------------------------------------------------------------------- */

/* Beyond this a spreadsheet that opens the file needs gigabytes, and so do we to write it. */
#define TRIALS_CELLS_MAX 8000000u

static bool fits_a_sheet(const pe_report *report)
{
    return report->trials < LXW_ROW_MAX && report->output_count < LXW_COL_MAX &&
           report->trials * report->output_count <= TRIALS_CELLS_MAX;
}

static pe_status write_sheets(pei_writer *w, const char *trials_note, const pe_control *control)
{
    const pe_report *r = w->report;
    name_sheets(w);
    if (!w->failed) pei_write_summary(w);
    for (uint32_t i = 0; i < r->output_count && !w->failed; i++) {
        if (pe_cancelled(control)) return PE_E_CANCELLED;
        if (w->sheet_names[i] != NULL) pei_write_detail(w, i);
        pe_progress(control, "report", i + 1, r->output_count);
    }
    if (!w->failed) pei_write_inputs(w);
    if (!w->failed && w->options->trials_sheet) pei_write_trials(w, trials_note);
    return w->failed ? PE_E_MEMORY : pe_cancelled(control) ? PE_E_CANCELLED : PE_OK;
}

/* Trials that no sheet can hold go beside the workbook as CSV. */
static pe_status write_trials_csv(const pe_report *report, const char *path, pe_arena *arena,
                                  const char **note, const pe_control *control, pe_diag *diag)
{
    const char *csv = pe_arena_printf(arena, "%s.trials.csv", path);
    if (csv == NULL) return pe_fail(diag, PE_E_MEMORY, path, "out of memory");
    *note =
        pe_arena_printf(arena, "%llu trials of %u outputs are too many for a sheet; they are in %s",
                        (unsigned long long)report->trials, report->output_count, csv);
    return pe_report_write_csv(report, csv, control, diag);
}

pe_status pe_report_write_xlsx(const pe_report *report, const pe_report_options *options,
                               const char *path, const pe_control *control, pe_diag *diag)
{
    pe_status status = PE_OK;
    pei_writer w = {.report = report,
                    .options = options,
                    .control = control,
                    .arena = pe_arena_new(SIZE_MAX / 2),
                    .formats = pe_map_new()};
    const char *note = NULL,
               *temporary = w.arena != NULL ? pe_arena_printf(w.arena, "%s.part", path) : NULL;
    lxw_error error = LXW_NO_ERROR;
    if (temporary == NULL || w.formats == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, path, "out of memory"));
    FILE *probe = fopen(
        temporary,
        "wb"); /* an unwritable place is found before the work is done, with the system's reason */
    if (probe == NULL) PE_TRY(pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno)));
    fclose(probe);
    if (options->trials_sheet && !fits_a_sheet(report))
        PE_TRY(write_trials_csv(report, path, w.arena, &note, control, diag));
    w.workbook = workbook_new(temporary);
    if (w.workbook == NULL) PE_TRY(pe_fail(diag, PE_E_MEMORY, path, "out of memory"));
    lxw_doc_properties properties = {
        .title = "Simulation results", .comments = "Created by Power Engine", .company = ""};
    workbook_set_properties(w.workbook, &properties);
    status = write_sheets(&w, note, control);
    if (status == PE_OK)
        error = workbook_close(w.workbook);
    else
        lxw_workbook_free(w.workbook);
    if (status != PE_OK) PE_TRY(pe_fail(diag, status, path, "%s", pe_status_text(status)));
    if (error != LXW_NO_ERROR)
        PE_TRY(pe_fail(diag, PE_E_IO, path, "cannot write: %s", lxw_strerror(error)));
    if (rename(temporary, path) != 0)
        PE_TRY(pe_fail(diag, PE_E_IO, path, "cannot write: %s", strerror(errno)));
fail:
    if (status != PE_OK && temporary != NULL) unlink(temporary);
    free(w.list);
    pe_map_free(w.formats);
    pe_arena_free(w.arena);
    return status;
}
