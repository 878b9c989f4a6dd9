/* workbook_datatable.c: what-if data tables. Excel stores one formula for a block; Calc stores in
 * each cell MULTIPLE.OPERATIONS(formula cell; input cell; value cell[; input cell; value cell]),
 * which its files for Excel and its API call TABLE. Invariant: cells that have the shape of Excel's
 * data table become one block; each other cell that is nothing but such a call becomes a table of
 * its own, and what is anything else stays a formula. */
#include "workbook_internal.h"

#include <stdlib.h>

void pei_tables_apply(pe_workbook *book, uint32_t sheet)
{
    const pe_sheet *s = &book->sheets[sheet];
    for (uint32_t c = s->cell_first; c < s->cell_end; c++) {
        uint32_t formula = book->cells[c].formula;
        if (formula == PE_NO_FORMULA || book->formulas[formula].kind != PE_FORMULA_TABLE) continue;
        pe_area area = book->formulas[formula].area;
        if (book->cells[c].row != area.row_first || book->cells[c].column != area.column_first)
            continue;
        for (uint32_t row = area.row_first; row <= area.row_last; row++) {
            uint32_t first, end;
            pe_workbook_row(book, sheet, row, area.column_first, area.column_last, &first, &end);
            for (; first < end; first++)
                if (book->cells[first].formula == PE_NO_FORMULA)
                    book->cells[first].formula = formula;
        }
    }
}

/* ---- Calc's form
 * -------------------------------------------------------------------------------------- */

/* One cell with such a call, and the data table that it would belong to. */
typedef struct member {
    uint32_t cell;
    pe_cell_ref at;
    pe_cell_ref corner; /* above and to the left of the block */
    pe_cell_ref row_input, column_input;
    pe_cell_ref formula, input[2], value[2]; /* as written; one or two inputs */
    bool two, by_row, by_column; /* by_row, by_column: neither if the cells stand elsewhere */
} member;

bool pei_is_table_call(const char *text, size_t length)
{
    return (length > 6 && pe_text_equal_nocase(text, 6, "TABLE(", 6)) ||
           (length > 20 && pe_text_equal_nocase(text, 20, "MULTIPLE.OPERATIONS(", 20));
}

/* The sheet at *at, if one is written: "Model!", "$Model.", "$'My model'.", ".". */
static bool parse_sheet(const pe_workbook *book, const char **at, const char *end, uint32_t *sheet)
{
    const char *from = *at;
    char name[512];
    size_t count = 0;
    if (from < end && *from == '.') { /* OpenFormula without a sheet */
        *at = from + 1;
        return true;
    }
    if (from < end && *from == '$') from++;
    bool quoted = from < end && *from == '\'';
    const char *c = quoted ? from + 1 : from;
    for (; c < end && count < sizeof name; c++) {
        if (quoted && *c == '\'' && (++c == end || *c != '\'')) break;
        if (!quoted && strchr(".!$;,()[]:'\" ", *c) != NULL) break;
        name[count++] = *c;
    }
    if (c >= end || count == sizeof name || (*c != '.' && *c != '!')) return !quoted;
    *sheet = pe_workbook_sheet(book, name, count);
    *at = c + 1;
    return *sheet != PE_NO_CELL;
}

/* Arguments that are cells. Returns their number, 0 if they are anything else. */
static unsigned parse_cells(const pe_workbook *book, const pe_formula_source *f, uint32_t home,
                            pe_cell_ref out[5])
{
    const char *at = (const char *)memchr(f->text, '(', f->length) + 1;
    const char *end = f->text + f->length;
    for (unsigned count = 0; at < end && count < 5;) {
        while (at < end && *at == ' ') at++;
        bool bracket = at < end && *at == '[';
        at += bracket;
        out[count].sheet = home;
        if (!parse_sheet(book, &at, end, &out[count].sheet)) return 0;
        size_t used = pe_cell_parse(at, (size_t)(end - at), &out[count].row, &out[count].column);
        if (used == 0) return 0;
        at += used;
        if (bracket && (at == end || *at++ != ']')) return 0;
        while (at < end && *at == ' ') at++;
        count++;
        if (at + 1 == end && *at == ')') return count;
        if (at == end || (*at != ',' && *at != ';')) return 0;
        at++;
    }
    return 0;
}

static void one_input(member *m)
{
    const pe_cell_ref *value = &m->value[0];
    if (value->row == m->at.row && m->formula.column == m->at.column) {
        m->corner = (pe_cell_ref){m->at.sheet, m->formula.row, value->column};
        m->column_input = m->input[0];
        m->by_column = true;
    } else if (value->column == m->at.column && m->formula.row == m->at.row) {
        m->corner = (pe_cell_ref){m->at.sheet, value->row, m->formula.column};
        m->row_input = m->input[0];
        m->by_row = true;
    }
}

static void two_inputs(member *m)
{
    m->corner = m->formula;
    for (int i = 0; i < 2; i++) {
        const pe_cell_ref *value = &m->value[i];
        if (!m->by_row && value->row == m->corner.row && value->column == m->at.column) {
            m->row_input = m->input[i];
            m->by_row = true;
        } else if (value->column == m->corner.column && value->row == m->at.row) {
            m->column_input = m->input[i];
            m->by_column = true;
        }
    }
    if (!m->by_row || !m->by_column) m->by_row = m->by_column = false;
}

static bool is_member(const pe_workbook *book, uint32_t sheet, uint32_t cell, member *m)
{
    const pe_cell *c = &book->cells[cell];
    if (c->formula == PE_NO_FORMULA) return false;
    const pe_formula_source *f = &book->formulas[c->formula];
    if (f->kind != PE_FORMULA_NORMAL || f->home_row != c->row || f->home_column != c->column ||
        !pei_is_table_call(f->text, f->length))
        return false;
    pe_cell_ref cells[5];
    unsigned count = parse_cells(book, f, sheet, cells);
    if (count != 3 && count != 5) return false;
    *m = (member){.cell = cell,
                  .at = {sheet, c->row, c->column},
                  .formula = cells[0],
                  .input = {cells[1], count == 5 ? cells[3] : cells[1]},
                  .value = {cells[2], count == 5 ? cells[4] : cells[2]},
                  .two = count == 5};
    bool here = cells[0].sheet == sheet && m->value[0].sheet == sheet && m->value[1].sheet == sheet;
    if (here && !m->two) one_input(m);
    if (here && m->two) two_inputs(m);
    if (m->corner.row >= m->at.row || m->corner.column >= m->at.column)
        m->by_row = m->by_column = false;
    return true;
}

static int compare_places(pe_cell_ref a, pe_cell_ref b)
{
    if (a.sheet != b.sheet) return a.sheet < b.sheet ? -1 : 1;
    if (a.row != b.row) return a.row < b.row ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

static int compare_blocks(const member *a, const member *b)
{
    int order = compare_places(a->corner, b->corner);
    if (order == 0) order = compare_places(a->row_input, b->row_input);
    if (order == 0) order = compare_places(a->column_input, b->column_input);
    if (order == 0) order = (int)a->by_row - (int)b->by_row;
    return order != 0 ? order : (int)a->by_column - (int)b->by_column;
}

static int compare_members(const void *left, const void *right)
{
    const member *a = left, *b = right;
    int order = compare_blocks(a, b);
    return order != 0 ? order : (a->cell > b->cell) - (a->cell < b->cell);
}

/* A table of one cell, whose formula and values stand wherever they stand. */
static pe_status make_single(pe_workbook *book, const member *m, pe_diag *diag)
{
    pe_formula_source *f = &book->formulas[book->cells[m->cell].formula];
    pe_table_cells *cells = PE_PUSH(((pei_book *)book)->arena, pe_table_cells, 1);
    if (cells == NULL)
        return pe_fail(diag, PE_E_MEMORY, book->sheets[m->at.sheet].name,
                       "no memory for its data tables");
    *cells = (pe_table_cells){m->formula, {m->value[0], m->value[1]}};
    *f = (pe_formula_source){.text = f->text,
                             .length = f->length,
                             .kind = PE_FORMULA_TABLE,
                             .two_inputs = m->two,
                             .home_row = m->at.row,
                             .home_column = m->at.column,
                             .area = pe_area_of_cell(m->at),
                             .input1 = m->input[0],
                             .input2 = m->input[1],
                             .cells = cells};
    return PE_OK;
}

/* Members of one block, ascending by cell: a data table if they fill a rectangle at its corner. */
static pe_status make_block(pe_workbook *book, uint32_t sheet, const member *members, size_t count,
                            pe_diag *diag)
{
    uint32_t row_last = 0, column_last = 0;
    for (size_t i = 0; i < count; i++) {
        if (members[i].at.row > row_last) row_last = members[i].at.row;
        if (members[i].at.column > column_last) column_last = members[i].at.column;
    }
    const member *m = &members[0];
    pe_area area = {sheet, sheet, m->corner.row + 1, row_last, m->corner.column + 1, column_last};
    if ((!m->by_row && !m->by_column) || pe_area_cells(&area) != count) {
        pe_status status = PE_OK;
        for (size_t i = 0; i < count && status == PE_OK; i++)
            status = make_single(book, &members[i], diag);
        return status;
    }
    uint32_t formula = book->cells[m->cell].formula;
    for (size_t i = 1; i < count; i++) {
        book->formulas[book->cells[members[i].cell].formula].text = NULL;
        book->cells[members[i].cell].formula = formula;
    }
    book->formulas[formula] =
        (pe_formula_source){.text = "",
                            .kind = PE_FORMULA_TABLE,
                            .two_inputs = m->two,
                            .row_input = m->by_row && !m->by_column,
                            .home_row = m->at.row,
                            .home_column = m->at.column,
                            .area = area,
                            .input1 = m->by_row ? m->row_input : m->column_input,
                            .input2 = m->column_input};
    return PE_OK;
}

pe_status pei_formulas_compact(pe_workbook *book, pe_diag *diag)
{
    uint32_t *moved = malloc((book->formula_count + 1) * sizeof *moved);
    if (moved == NULL) return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its formulas");
    uint32_t kept = 0;
    for (uint32_t i = 0; i < book->formula_count; i++) {
        moved[i] = kept;
        if (book->formulas[i].text != NULL) book->formulas[kept++] = book->formulas[i];
    }
    for (uint32_t c = 0; c < book->cell_count; c++)
        if (book->cells[c].formula != PE_NO_FORMULA)
            book->cells[c].formula = moved[book->cells[c].formula];
    book->formula_count = kept;
    free(moved);
    return PE_OK;
}

static pe_status apply_sheet(pe_workbook *book, uint32_t sheet, bool *any, pe_diag *diag)
{
    member *members = NULL;
    size_t count = 0, capacity = 0;
    pe_status status = PE_OK;
    for (uint32_t c = book->sheets[sheet].cell_first; c < book->sheets[sheet].cell_end; c++) {
        member m;
        if (!is_member(book, sheet, c, &m)) continue;
        if (PE_GROW(&members, &capacity, count + 1) != PE_OK)
            PE_TRY(pe_fail(diag, PE_E_MEMORY, book->sheets[sheet].name,
                           "no memory for its data tables"));
        members[count++] = m;
    }
    if (count > 1) qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && compare_blocks(&members[i], &members[end]) == 0; end++)
            continue;
        PE_TRY(make_block(book, sheet, &members[i], end - i, diag));
    }
    *any |= count > 0;
fail:
    free(members);
    return status;
}

pe_status pei_calc_tables_apply(pe_workbook *book, pe_diag *diag)
{
    bool any = false;
    for (uint32_t s = 0; s < book->sheet_count; s++) {
        pe_status status = apply_sheet(book, s, &any, diag);
        if (status != PE_OK) return status;
    }
    return any ? pei_formulas_compact(book, diag) : PE_OK;
}
