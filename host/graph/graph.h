/* graph.h: a workbook's formulas as a dependency graph. Ranges stay ranges: a formula depends on
 * areas, and areas meet formulas through per-column and per-row interval trees over the formula
 * cells, so that F running totals cost F log F. */
#ifndef PE_GRAPH_H
#define PE_GRAPH_H

#include "base.h"
#include "formula.h"
#include "workbook.h"

typedef struct pe_graph pe_graph;

typedef struct pe_formula_error { /* a formula that cannot be parsed: the cell is unsupported, its
                                     stored value is used */
    uint32_t cell;
    char what[256];
} pe_formula_error;

/* A cell setting: while simulating, the cell's content is this formula ("RiskPert(1,2,5)", "L5*2");
 * otherwise its own number. */
typedef struct pe_override {
    uint32_t cell;
    const char *text;
    size_t length;
} pe_override;

/* Parses every formula and name and orders the cells. The workbook must outlive the graph. Formulas
 * with syntax errors do not fail the build: see pe_graph_errors; overrides with errors do
 * (PE_E_SYNTAX, where: the cell). Override texts are copied. PE_E_MEMORY, PE_E_LIMIT,
 * PE_E_CANCELLED. */
pe_status pe_graph_build(const pe_workbook *workbook, const pe_override *overrides,
                         uint32_t override_count, pe_pool *pool, const pe_control *control,
                         pe_graph **graph, pe_diag *diag);
void pe_graph_free(pe_graph *graph);
size_t pe_graph_bytes(const pe_graph *graph);         /* that it holds */
double pe_graph_parse_seconds(const pe_graph *graph); /* of which parsing */

const pe_workbook *pe_graph_workbook(const pe_graph *graph);
const pe_formula_set *pe_graph_formulas(const pe_graph *graph);
const pe_scope *pe_graph_scope(const pe_graph *graph);
const pe_printer *pe_graph_printer(const pe_graph *graph);
/* The shape of a formula cell, NULL for constants, data tables and formulas with syntax errors.
 * Cells of an array block other than the first have no shape of their own: see pe_graph_master. */
const pe_formula *pe_graph_formula(const pe_graph *graph, uint32_t cell);
uint32_t pe_graph_shape(const pe_graph *graph, uint32_t cell); /* 0xFFFFFFFF as above */
uint32_t pe_graph_shape_count(const pe_graph *graph);
/* The cell id whose array or dynamic formula, or data table's first cell, fills this cell; the cell
 * itself otherwise. */
uint32_t pe_graph_master(const pe_graph *graph, uint32_t cell);
bool pe_graph_overridden(const pe_graph *graph, uint32_t cell);
/* The workbook was made for XLRisk (a sheet named XLRisk, or its functions reached through a link
 * to XLRisk.xlam): there RiskLogNorm has the parameters of ln X, and RiskBeta takes limits. */
bool pe_graph_is_xlrisk(const pe_graph *graph);
/* A risk call's distribution in this workbook's dialect (pe_risk_call.distribution, XLRisk's
 * meaning applied). */
const char *pe_graph_distribution(const pe_graph *graph, const pe_risk_call *call);
/* A defined name's tree (NULL: it could not be parsed). */
const pe_formula *pe_graph_name(const pe_graph *graph, uint32_t name);
/* Flags of a formula cell with the names it uses expanded (pe_formula_flags). */
uint32_t pe_graph_flags(const pe_graph *graph, uint32_t cell);
const pe_formula_error *pe_graph_errors(const pe_graph *graph, uint32_t *count);

/* A structured reference resolved for a home cell. False: #REF! (or #VALUE! for [@] outside the
 * table's rows). */
bool pe_graph_table_area(const pe_graph *graph, const pe_node *node, pe_cell_ref home,
                         pe_area *area);

/* The block that an array, dynamic or data-table formula fills, by its first cell; false: not such
 * a cell. */
bool pe_graph_block(const pe_graph *graph, uint32_t master, pe_area *block);

/* Every formula cell once (a block by its first cell), precedents before dependents as far as
 * statically known; cells of one strongly connected component stand together, in sheet, row, column
 * order. */
const uint32_t *pe_graph_order(const pe_graph *graph, uint32_t *count);
/* The component of a cell: 0 = not on a static cycle, else 1-based. */
uint32_t pe_graph_component(const pe_graph *graph, uint32_t cell);
uint32_t pe_graph_component_count(const pe_graph *graph);
/* The cells of a component (1-based), in sheet, row, column order. */
const uint32_t *pe_graph_component_cells(const pe_graph *graph, uint32_t component,
                                         uint32_t *count);
/* One cycle through the component as text: "Sheet1!A1 -> Sheet1!B2 -> Sheet1!A1". Returns the
 * length. */
size_t pe_graph_cycle_text(const pe_graph *graph, uint32_t component, char *out, size_t size);

/* The area of a reference inside a defined name's tree for the using cell home: relative parts wrap
 * around the grid's edges, as in Excel. False: #REF!. */
bool pe_graph_name_area(const pe_node_reference *ref, pe_cell_ref home, pe_area *area);

/* The cell's id, or PE_NO_CELL: as pe_workbook_cell, in constant time where rows have few gaps. */
uint32_t pe_graph_cell(const pe_graph *graph, pe_cell_ref ref);
/* The cells of one column between two rows, top to bottom: *count ids. */
const uint32_t *pe_graph_column(const pe_graph *graph, uint32_t sheet, uint32_t column,
                                uint32_t row_first, uint32_t row_last, uint32_t *count);
/* Index into rows_used of the first used row >= row: as pe_workbook_row_lower, in constant time. */
uint32_t pe_graph_row_lower(const pe_graph *graph, uint32_t sheet, uint32_t row);
/* The first cell in [first, end), cells of one row, whose column is >= column. */
static inline uint32_t pe_graph_column_lower(const pe_cell *cells, uint32_t first, uint32_t end,
                                             uint32_t column)
{
    if (first == end || cells[first].column >= column) return first;
    uint32_t ahead =
        column - cells[first].column; /* right where the row has no gaps before the column */
    if (ahead < end - first) {
        if (cells[first + ahead].column == column) return first + ahead;
        end = first + ahead;
    } else if (cells[end - 1].column < column) {
        return end;
    }
    uint32_t back = cells[end - 1].column - column; /* or none after it */
    if (cells[end - 1].column >= column && back < end - first &&
        cells[end - 1 - back].column == column)
        return end - 1 - back;
    while (first < end) {
        uint32_t middle = first + (end - first) / 2;
        if (cells[middle].column < column)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Static precedents of a formula cell: areas (names expanded, tables resolved), in formula order.
 */
void pe_graph_precedents(const pe_graph *graph, uint32_t cell,
                         bool (*visit)(void *context, const pe_area *area), void *context);

/* Dependencies found while evaluating (OFFSET, INDIRECT): cell reads precedent. Kept beside the
 * static ones. */
pe_status pe_graph_add_dependency(pe_graph *graph, uint32_t cell, uint32_t precedent);
typedef struct pe_dependency {
    uint32_t cell, precedent;
} pe_dependency;
/* Those added, in the order of their adding; pe_graph_order knows nothing of them. */
const pe_dependency *pe_graph_dependencies(const pe_graph *graph, size_t *count);
void pe_graph_forget_dependencies(pe_graph *graph); /* those added */

/* Bit sets over cell ids: (cell_count + 63) / 64 words, caller's memory. */
static inline bool pe_bit(const uint64_t *bits, uint32_t i)
{
    return (bits[i >> 6] >> (i & 63)) & 1;
}
static inline void pe_bit_set(uint64_t *bits, uint32_t i)
{
    bits[i >> 6] |= 1ull << (i & 63);
}
/* Adds to bits every formula cell that depends on a cell already in it (array blocks and data
 * tables included). Linear. */
pe_status pe_graph_mark_dependents(const pe_graph *graph, uint64_t *bits);
/* Adds to bits every formula cell that a cell already in it depends on. */
pe_status pe_graph_mark_precedents(const pe_graph *graph, uint64_t *bits);
/* Adds to bits every cell that some formula names, one by one or in a range, for whose cell reads()
 * is true. Linear. */
pe_status pe_graph_mark_read(const pe_graph *graph, bool (*reads)(void *context, uint32_t cell),
                             void *context, uint64_t *bits);

#endif
