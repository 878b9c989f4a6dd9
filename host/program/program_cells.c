/* program_cells.c: cells and areas as lowering sees them: varying ones are nodes, uniform ones the
 * evaluator's BASE values. */
#include "program_internal.h"

bool pei_is_varying(const pei_builder *b, uint32_t cell)
{
    return pe_bit(b->request->varying, cell) &&
           (b->replaced == NULL || !pei_is_replaced(b->replaced, cell));
}

pe_value pei_uniform_value(const pei_builder *b, uint32_t cell)
{
    return b->replaced != NULL ? pei_replaced_value(b, cell)
                               : pe_evaluator_value(b->evaluator, cell);
}

/* Rows and columns are mostly dense, so the first guess is mostly right. */
static uint32_t find_row(const pe_sheet *sheet, uint32_t row)
{
    if (sheet->row_count == 0) return PEI_NONE;
    uint32_t first = sheet->rows_used[0];
    if (row < first) return PEI_NONE;
    uint32_t guess = row - first;
    if (guess < sheet->row_count && sheet->rows_used[guess] == row) return guess;
    uint32_t found = pe_workbook_row_lower(sheet, row);
    return found < sheet->row_count && sheet->rows_used[found] == row ? found : PEI_NONE;
}
static uint32_t find_column(const pe_workbook *w, uint32_t first, uint32_t end, uint32_t column)
{
    if (first == end || column <= w->cells[first].column) return first;
    uint32_t guess = first + (column - w->cells[first].column);
    if (guess < end && w->cells[guess].column == column) return guess;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (w->cells[middle].column < column)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

uint32_t pei_find_cell(const pei_builder *b, uint32_t sheet, uint32_t row, uint32_t column)
{
    if (sheet >= b->workbook->sheet_count) return PE_NO_CELL;
    const pe_sheet *s = &b->workbook->sheets[sheet];
    uint32_t at = find_row(s, row);
    if (at == PEI_NONE) return PE_NO_CELL;
    uint32_t end = s->row_start[at + 1],
             cell = find_column(b->workbook, s->row_start[at], end, column);
    return cell < end && b->workbook->cells[cell].column == column ? cell : PE_NO_CELL;
}

bool pei_cell_operand(pei_builder *b, uint32_t cell, pei_operand *o)
{
    if (cell == PE_NO_CELL) {
        *o = pei_uniform(pe_blank());
        return true;
    }
    if (!pei_is_varying(b, cell)) {
        *o = pei_uniform(pei_uniform_value(b, cell));
        return true;
    }
    if (b->replaced != NULL) return pei_replaced_operand(b, cell, o);
    if (b->cell_node[cell] == PEI_NONE) return false;
    *o = pei_varying(b->cell_node[cell]);
    return true;
}

bool pei_each_cell(pei_builder *b, const pe_area *area, bool (*visit)(void *context, uint32_t cell),
                   void *context)
{
    for (uint32_t sheet = area->sheet_first;
         sheet <= area->sheet_last && sheet < b->workbook->sheet_count; sheet++) {
        const pe_sheet *s = &b->workbook->sheets[sheet];
        for (uint32_t r = pe_workbook_row_lower(s, area->row_first); r < s->row_count; r++) {
            if (s->rows_used[r] > area->row_last) break;
            uint32_t end = s->row_start[r + 1];
            uint32_t cell = find_column(b->workbook, s->row_start[r], end, area->column_first);
            if (cell < end && b->workbook->cells[cell].column < area->column_first) cell++;
            for (; cell < end && b->workbook->cells[cell].column <= area->column_last; cell++)
                if (!visit(context, cell)) return false;
        }
    }
    return true;
}

static bool visit_uniform(void *context, uint32_t cell)
{
    return !pei_is_varying(context, cell);
}
bool pei_area_varies(const pei_builder *b, const pe_area *area)
{
    return !pei_each_cell((pei_builder *)b, area, visit_uniform, (void *)b);
}

bool pei_node_is_area(pei_builder *b, const pe_node *node, pe_area *area)
{
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_REFERENCE:
        return node->ref.sheet_first != PE_SHEET_DELETED &&
               node->ref.sheet_last != PE_SHEET_DELETED && pe_node_area(&node->ref, b->home, area);
    case PE_NODE_TABLE:
        return pe_graph_table_area(b->graph, node, b->home, area);
    case PE_NODE_NAME: {
        const pe_formula *formula = pe_graph_name(b->graph, node->index);
        if (formula == NULL || b->name_depth > 16) return false;
        b->name_depth++;
        bool is_area = pei_node_is_area(b, formula->root, area);
        b->name_depth--;
        return is_area;
    }
    default:
        return false;
    }
}
