/* workbook_datatable.c: what-if data tables. Excel stores one formula for a block; Calc stores in
 * each cell TABLE(formula cell, input cell, value cell[, input cell, value cell]). Invariant: where
 * Calc's cells have the shape of a data table they become one, and where they have not they stay
 * formulas; nothing is guessed. */
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

typedef struct place {
    uint32_t row, column;
} place;

/* One cell with TABLE(...), and the data table that it would belong to. */
typedef struct member {
    uint32_t cell;
    place at;
    place corner; /* above and to the left of the block */
    place row_input, column_input;
    bool by_row, by_column;
} member;

/* Arguments: cells of the same sheet, separated by commas. Returns their number, 0 if they are
 * anything else. */
static unsigned parse_places(const char *text, size_t length, place out[5])
{
    size_t at = (size_t)((const char *)memchr(text, '(', length) + 1 - text);
    unsigned count = 0;
    while (at < length && count < 5) {
        while (at < length && text[at] == ' ') at++;
        size_t used = pe_cell_parse(text + at, length - at, &out[count].row, &out[count].column);
        if (used == 0) return 0;
        at += used;
        count++;
        if (at + 1 == length && text[at] == ')') return count;
        if (at >= length || (text[at] != ',' && text[at] != ';')) return 0;
        at++;
    }
    return 0;
}

static bool one_input(member *m, const place *p)
{
    if (p[2].row == m->at.row && p[0].column == m->at.column) {
        m->corner = (place){p[0].row, p[2].column};
        m->column_input = p[1];
        m->by_column = true;
        return true;
    }
    if (p[2].column == m->at.column && p[0].row == m->at.row) {
        m->corner = (place){p[2].row, p[0].column};
        m->row_input = p[1];
        m->by_row = true;
        return true;
    }
    return false;
}

static bool two_inputs(member *m, const place *p)
{
    m->corner = p[0];
    for (int i = 1; i <= 3; i += 2) {
        const place *input = &p[i], *value = &p[i + 1];
        if (!m->by_row && value->row == p[0].row && value->column == m->at.column) {
            m->row_input = *input;
            m->by_row = true;
        } else if (value->column == p[0].column && value->row == m->at.row) {
            m->column_input = *input;
            m->by_column = true;
        }
    }
    return m->by_row && m->by_column;
}

static bool is_member(const pe_workbook *book, uint32_t cell, member *m)
{
    const pe_cell *c = &book->cells[cell];
    if (c->formula == PE_NO_FORMULA) return false;
    const pe_formula_source *f = &book->formulas[c->formula];
    if (f->kind != PE_FORMULA_NORMAL || f->home_row != c->row || f->home_column != c->column)
        return false;
    if (strncmp(f->text, "TABLE(", 6) != 0 && strncmp(f->text, "MULTIPLE.OPERATIONS(", 20) != 0)
        return false;
    place places[5];
    unsigned count = parse_places(f->text, f->length, places);
    *m = (member){.cell = cell, .at = {c->row, c->column}};
    if (count != 3 && count != 5) return false;
    if (count == 3 ? !one_input(m, places) : !two_inputs(m, places)) return false;
    return m->corner.row < m->at.row && m->corner.column < m->at.column;
}

static int compare_places(place a, place b)
{
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

/* Members of one block, ascending by cell: a data table if they fill a rectangle at its corner. */
static void make_block(pe_workbook *book, uint32_t sheet, const member *members, size_t count)
{
    uint32_t row_last = 0, column_last = 0;
    for (size_t i = 0; i < count; i++) {
        if (members[i].at.row > row_last) row_last = members[i].at.row;
        if (members[i].at.column > column_last) column_last = members[i].at.column;
    }
    pe_area area = {
        sheet,      sheet, members[0].corner.row + 1, row_last, members[0].corner.column + 1,
        column_last};
    if (pe_area_cells(&area) != count) return;
    const member *m = &members[0];
    place first = m->by_row ? m->row_input : m->column_input;
    uint32_t formula = book->cells[m->cell].formula;
    for (size_t i = 1; i < count; i++) {
        book->formulas[book->cells[members[i].cell].formula].text = NULL;
        book->cells[members[i].cell].formula = formula;
    }
    book->formulas[formula] =
        (pe_formula_source){.text = "",
                            .kind = PE_FORMULA_TABLE,
                            .two_inputs = m->by_row && m->by_column,
                            .row_input = m->by_row && !m->by_column,
                            .home_row = m->at.row,
                            .home_column = m->at.column,
                            .area = area,
                            .input1 = {sheet, first.row, first.column},
                            .input2 = {sheet, m->column_input.row, m->column_input.column}};
}

pe_status pei_calc_tables_apply(pe_workbook *book, uint32_t sheet, pe_diag *diag)
{
    member *members = NULL;
    size_t count = 0, capacity = 0;
    pe_status status = PE_OK;
    for (uint32_t c = book->sheets[sheet].cell_first; c < book->sheets[sheet].cell_end; c++) {
        member m;
        if (!is_member(book, c, &m)) continue;
        if (PE_GROW(&members, &capacity, count + 1) != PE_OK) {
            status = pe_fail(diag, PE_E_MEMORY, book->sheets[sheet].name,
                             "no memory for its data tables");
            goto fail;
        }
        members[count++] = m;
    }
    if (count > 1) qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && compare_blocks(&members[i], &members[end]) == 0; end++)
            continue;
        make_block(book, sheet, &members[i], end - i);
    }
fail:
    free(members);
    return status;
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
