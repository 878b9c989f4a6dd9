/* graph_refs.c: which areas a formula names: its tree's references with names expanded and
 * structured references resolved, collected once per shape, placed per cell. Invariant: every cell
 * whose value the formula reads without OFFSET or INDIRECT lies in one of them. */
#include "graph_internal.h"

#include <stdlib.h>

typedef struct collector {
    pe_graph *graph;
    pei_ref *refs;
    size_t count, capacity;
    uint32_t flags;
    uint64_t *names_open; /* names being expanded: a recursive LAMBDA ends here */
    uint32_t name_depth;
    pe_status status;
} collector;

static void collect(collector *c, const pe_node *node);

static void add_ref(collector *c, pei_ref ref)
{
    if (c->status != PE_OK) return;
    c->status = PE_GROW(&c->refs, &c->capacity, c->count + 1);
    if (c->status == PE_OK) c->refs[c->count++] = ref;
}

/* Functions that ask where their argument is, not what stands there. */
static bool looks_at_place(uint16_t function, uint32_t argument)
{
    static const char *const names[] = {"ROW", "COLUMN", "ROWS", "COLUMNS", "AREAS", "SHEET"};
    const pe_function *row = pe_function_row((pe_function_id)function);
    if (row == NULL || argument != 0) return false;
    if (strcmp(row->name, "OFFSET") == 0) return true;
    for (size_t i = 0; i < PE_COUNT(names); i++)
        if (strcmp(row->name, names[i]) == 0) return true;
    return false;
}

/* The argument whose size another takes over: SUMIF's and AVERAGEIF's values are as large as the
 * range of the criterion, LOOKUP goes on beyond the end of its results. -1: none. */
static int sizing_argument(const pe_node *node)
{
    if (node->kind != PE_NODE_FUNCTION || node->arg_count != 3) return -1;
    if (node->function == PE_FN_SUMIF || node->function == PE_FN_AVERAGEIF) return 0;
    return node->function == PE_FN_LOOKUP ? 1 : -1;
}

/* starts[i]: where argument i's references begin. */
static void add_sized(collector *c, const pe_node *node, const size_t starts[4])
{
    int sizer = sizing_argument(node);
    for (size_t base = starts[2]; base < starts[3]; base++)
        if (c->refs[base].kind <= PEI_REF_TABLE)
            add_ref(c, (pei_ref){.kind = PEI_REF_SIZED,
                                 .first = (uint32_t)starts[sizer],
                                 .end = (uint32_t)starts[sizer + 1],
                                 .base = (uint32_t)base,
                                 .node = node});
}

static void collect_name(collector *c, uint32_t name)
{
    pe_graph *g = c->graph;
    uint32_t shape = name < g->workbook->name_count ? g->name_shape[name] : PEI_NONE;
    if (shape == PEI_NONE || pe_bit(c->names_open, name)) return;
    const pe_formula *formula = pe_formula_set_get(g->set, shape);
    pe_bit_set(c->names_open, name);
    c->name_depth++;
    c->flags |= formula->flags;
    collect(c, formula->root);
    c->name_depth--;
    c->names_open[name >> 6] &= ~(1ull << (name & 63));
}

static void collect(collector *c, const pe_node *node)
{
    bool in_name = c->name_depth > 0;
    uint32_t first = (uint32_t)c->count;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_REFERENCE:
        add_ref(c, (pei_ref){.kind = PEI_REF_AREA, .in_name = in_name, .node = node});
        return;
    case PE_NODE_TABLE:
        add_ref(c, (pei_ref){.kind = PEI_REF_TABLE, .in_name = in_name, .node = node});
        return;
    case PE_NODE_NAME:
        collect_name(c, node->index);
        return;
    default:
        break;
    }
    size_t starts[4] = {c->count};
    for (uint32_t i = 0; i < node->arg_count; i++) {
        const pe_node *arg = node->args[i];
        if (i < 3) starts[i] = c->count;
        bool place = arg->kind == PE_NODE_REFERENCE || arg->kind == PE_NODE_TABLE;
        if (node->kind == PE_NODE_FUNCTION && place && looks_at_place(node->function, i)) continue;
        collect(c, arg);
    }
    if (node->kind == PE_NODE_BINARY && node->op == PE_OP_RANGE && c->count - first > 1)
        add_ref(c,
                (pei_ref){.kind = PEI_REF_BOX, .in_name = in_name, .first = first, .node = node});
    starts[3] = c->count;
    if (sizing_argument(node) >= 0) add_sized(c, node, starts);
}

pe_status pei_graph_shapes(pe_graph *g)
{
    collector c = {.graph = g};
    g->shape_count = pe_formula_set_count(g->set);
    g->shapes = PE_PUSH(g->arena, pei_shape, g->shape_count + 1);
    c.names_open = PE_PUSH(g->arena, uint64_t, g->workbook->name_count / 64 + 1);
    if (g->shapes == NULL || c.names_open == NULL) return PE_E_MEMORY;
    for (uint32_t i = 0; i < g->shape_count && c.status == PE_OK; i++) {
        const pe_formula *formula = pe_formula_set_get(g->set, i);
        c.count = 0;
        c.flags = formula->flags;
        collect(&c, formula->root);
        if (c.status != PE_OK) break;
        pei_ref *refs = PE_PUSH(g->arena, pei_ref, c.count + 1);
        if (refs == NULL) {
            c.status = PE_E_MEMORY;
            break;
        }
        if (c.count > 0) memcpy(refs, c.refs, c.count * sizeof *refs);
        g->shapes[i] = (pei_shape){refs, (uint32_t)c.count, c.flags, true};
    }
    free(c.refs);
    return c.status;
}

/* ---- placing
 * ------------------------------------------------------------------------------------------ */

/* A row or column of a name's reference: relative ones wrap around the grid's edge, as in Excel. */
static uint32_t wrapped(int32_t offset, bool absolute, uint32_t home, uint32_t limit)
{
    int64_t place = absolute ? offset : (int64_t)home + offset;
    place %= (int64_t)limit;
    return (uint32_t)(place < 0 ? place + limit : place);
}

static void order_pair(uint32_t *first, uint32_t *last)
{
    if (*first > *last) {
        uint32_t t = *first;
        *first = *last;
        *last = t;
    }
}

bool pe_graph_name_area(const pe_node_reference *ref, pe_cell_ref home, pe_area *area)
{
    pe_area a;
    if (pe_node_area(ref, home, area)) return true;
    if (ref->sheet_first == PE_SHEET_DELETED || ref->sheet_last == PE_SHEET_DELETED) return false;
    if (ref->whole_rows || ref->whole_columns) return false;
    a.sheet_first = ref->sheet_first == PE_SHEET_HOME ? home.sheet : ref->sheet_first;
    a.sheet_last = ref->sheet_last == PE_SHEET_HOME ? home.sheet : ref->sheet_last;
    a.row_first = wrapped(ref->first.row, ref->first.row_absolute, home.row, PE_ROWS_MAX);
    a.row_last = wrapped(ref->last.row, ref->last.row_absolute, home.row, PE_ROWS_MAX);
    a.column_first =
        wrapped(ref->first.column, ref->first.column_absolute, home.column, PE_COLUMNS_MAX);
    a.column_last =
        wrapped(ref->last.column, ref->last.column_absolute, home.column, PE_COLUMNS_MAX);
    order_pair(&a.sheet_first, &a.sheet_last);
    order_pair(&a.row_first, &a.row_last);
    order_pair(&a.column_first, &a.column_last);
    *area = a;
    return true;
}

/* Rows of the parts asked for; several parts must be neighbours. */
static bool table_rows(const pe_table *t, uint32_t parts, pe_cell_ref home, pe_area *a)
{
    uint32_t data_first = t->area.row_first + t->header_rows;
    uint32_t data_end = t->area.row_last + 1 - t->totals_rows;
    if (parts & PE_TABLE_THIS_ROW) {
        if (home.row < data_first || home.row >= data_end) return false;
        a->row_first = a->row_last = home.row;
        return true;
    }
    if (parts == 0) parts = PE_TABLE_DATA;
    bool headers = (parts & PE_TABLE_HEADERS) != 0, totals = (parts & PE_TABLE_TOTALS) != 0;
    bool data = (parts & PE_TABLE_DATA) != 0;
    if (headers && totals && !data) return false;
    uint32_t first = headers ? t->area.row_first : data ? data_first : data_end;
    uint32_t end = totals ? t->area.row_last + 1 : data ? data_end : data_first;
    if (end <= first) return false;
    a->row_first = first;
    a->row_last = end - 1;
    return true;
}

bool pe_graph_table_area(const pe_graph *g, const pe_node *node, pe_cell_ref home, pe_area *area)
{
    const pe_workbook *w = g->workbook;
    uint32_t index = node->table.table;
    if (index == PE_TABLE_IMPLICIT) index = g->scope.table_at(g->scope.context, home);
    if (index >= w->table_count) return false;
    const pe_table *t = &w->tables[index];
    pe_area a = t->area;
    if (!table_rows(t, node->table.parts, home, &a)) return false;
    if (node->table.column_first != PE_TABLE_WHOLE) {
        uint32_t width = a.column_last - a.column_first + 1;
        if (node->table.column_first >= width || node->table.column_last >= width) return false;
        a.column_last = a.column_first + node->table.column_last;
        a.column_first += node->table.column_first;
        order_pair(&a.column_first, &a.column_last);
    }
    *area = a;
    return true;
}

static void grow_box(pe_area *box, const pe_area *a)
{
    if (a->row_first < box->row_first) box->row_first = a->row_first;
    if (a->row_last > box->row_last) box->row_last = a->row_last;
    if (a->column_first < box->column_first) box->column_first = a->column_first;
    if (a->column_last > box->column_last) box->column_last = a->column_last;
}

/* As large as the sizing references; false where that is no more than the reference itself. */
static bool sized_area(const pe_graph *g, const pei_shape *shape, const pei_ref *ref,
                       pe_cell_ref home, pe_area *area)
{
    uint32_t rows = 0, columns = 0;
    if (!pei_ref_area(g, shape, &shape->refs[ref->base], home, area)) return false;
    for (const pei_ref *r = shape->refs + ref->first; r < shape->refs + ref->end; r++) {
        pe_area a;
        if (!pei_ref_area(g, shape, r, home, &a)) continue;
        if (a.row_last - a.row_first > rows) rows = a.row_last - a.row_first;
        if (a.column_last - a.column_first > columns) columns = a.column_last - a.column_first;
    }
    if (ref->node->function == PE_FN_LOOKUP) { /* a vector, which may lie the other way */
        uint32_t count = rows > columns ? rows : columns;
        bool one = area->row_first == area->row_last && area->column_first == area->column_last;
        bool vertical = one ? rows >= columns : area->column_first == area->column_last;
        rows = vertical ? count : area->row_last - area->row_first;
        columns = vertical ? area->column_last - area->column_first : count;
    }
    uint32_t row_room = PE_ROWS_MAX - 1 - area->row_first;
    uint32_t column_room = PE_COLUMNS_MAX - 1 - area->column_first;
    uint32_t row_last = area->row_first + (rows < row_room ? rows : row_room);
    uint32_t column_last = area->column_first + (columns < column_room ? columns : column_room);
    if (row_last <= area->row_last && column_last <= area->column_last) return false;
    area->row_last = row_last;
    area->column_last = column_last;
    return true;
}

bool pei_ref_area(const pe_graph *g, const pei_shape *shape, const pei_ref *ref, pe_cell_ref home,
                  pe_area *area)
{
    if (ref->kind == PEI_REF_TABLE) return pe_graph_table_area(g, ref->node, home, area);
    if (ref->kind == PEI_REF_AREA)
        return ref->in_name ? pe_graph_name_area(&ref->node->ref, home, area)
                            : pe_node_area(&ref->node->ref, home, area);
    if (ref->kind == PEI_REF_SIZED) return sized_area(g, shape, ref, home, area);
    bool any = false;
    for (const pei_ref *r = shape->refs + ref->first; r < ref; r++) {
        pe_area a;
        if (r->kind >= PEI_REF_BOX || !pei_ref_area(g, shape, r, home, &a)) continue;
        if (!any)
            *area = a;
        else if (a.sheet_first == area->sheet_first)
            grow_box(area, &a);
        any = true;
    }
    return any;
}

/* ---- a data table's precedents
 * ------------------------------------------------------------------------ */

static bool visit_cell(pei_area_visit visit, void *context, uint32_t sheet, uint32_t row_first,
                       uint32_t row_last, uint32_t column_first, uint32_t column_last)
{
    pe_area a = {sheet, sheet, row_first, row_last, column_first, column_last};
    return visit(context, &a);
}

/* The row above and the column left of the block hold the values to substitute and the formulas to
 * re-evaluate. The input cells' own values are replaced, so they are no precedents. */
static bool table_areas(const pe_formula_source *s, pei_area_visit visit, void *context)
{
    const pe_area *b = &s->area;
    if (s->cells != NULL) { /* they stand elsewhere */
        const pe_cell_ref read[] = {s->cells->formula, s->cells->values[0], s->cells->values[1]};
        for (size_t i = 0; i < PE_COUNT(read); i++)
            if (!visit_cell(visit, context, read[i].sheet, read[i].row, read[i].row, read[i].column,
                            read[i].column))
                return false;
        return true;
    }
    uint32_t sheet = b->sheet_first;
    uint32_t left = b->column_first > 0 ? b->column_first - 1 : 0;
    uint32_t top = b->row_first > 0 ? b->row_first - 1 : 0;
    if (!visit_cell(visit, context, sheet, top, top, left, b->column_last)) return false;
    return visit_cell(visit, context, sheet, b->row_first, b->row_last, left, left);
}

bool pei_graph_areas(const pe_graph *g, uint32_t cell, pei_area_visit visit, void *context)
{
    const pe_workbook *w = g->workbook;
    uint32_t shape = g->shape[cell], formula = w->cells[cell].formula;
    if (shape == PEI_NONE) {
        if (formula == PE_NO_FORMULA || w->formulas[formula].kind != PE_FORMULA_TABLE) return true;
        return table_areas(&w->formulas[formula], visit, context);
    }
    const pei_shape *s = &g->shapes[shape];
    if (s->ref_count == 0) return true;
    pe_cell_ref home = pe_workbook_ref(w, cell);
    for (uint32_t i = 0; i < s->ref_count; i++) {
        pe_area area;
        if (pei_ref_area(g, s, &s->refs[i], home, &area) && !visit(context, &area)) return false;
    }
    return true;
}
