/* graph_internal.h: what the graph's files share: the graph itself, the references of a shape,
 * spans of cells. */
#ifndef PE_GRAPH_INTERNAL_H
#define PE_GRAPH_INTERNAL_H

#include "graph.h"

#define PEI_NONE 0xFFFFFFFFu
#define PEI_GRAPH_ARENA_MAX (64ull << 30) /* bounded by the workbook, which is bounded itself */

/* One reference that a formula holds, names expanded. */
typedef enum pei_ref_kind {
    PEI_REF_AREA,
    PEI_REF_TABLE,
    PEI_REF_BOX,  /* the rectangle around some refs */
    PEI_REF_SIZED /* a ref that takes the size of others: SUMIF(A1:A9,1,B1) reads B1:B9 */
} pei_ref_kind;
typedef struct pei_ref {
    uint8_t kind;
    bool in_name;   /* offsets wrap around the grid's edges */
    uint32_t first; /* BOX: refs [first, this one); SIZED: the sizing refs [first, end) */
    uint32_t end;
    uint32_t base;       /* SIZED: the ref that gives the first cell */
    const pe_node *node; /* REFERENCE or TABLE node */
} pei_ref;

typedef struct pei_shape {
    const pei_ref *refs;
    uint32_t ref_count;
    uint32_t flags; /* names expanded */
    bool known;
} pei_shape;

struct pe_graph {
    const pe_workbook *workbook;
    pe_arena *arena;
    pe_formula_set *set;
    pe_scope scope;
    pe_printer printer;
    pe_map *names; /* scope and lower-case name -> index */
    pe_map *tables;
    uint32_t home_sheet; /* of the text being parsed */
    double parse_seconds;
    bool is_xlrisk;

    uint32_t *shape;      /* per cell */
    uint32_t *master;     /* per cell; NULL: no blocks */
    uint64_t *computed;   /* cells with a formula, a setting, or inside a block */
    uint64_t *overridden; /* NULL: none */
    uint32_t *name_shape; /* per name */
    pei_shape *shapes;
    uint32_t shape_count;
    pe_formula_error *errors;
    size_t error_count, error_capacity;

    uint32_t **rows; /* per sheet: row - first used row -> index into rows_used; NULL: too sparse */
    uint32_t *column_cells;    /* cell ids by sheet, column, row */
    uint32_t *column_position; /* per cell: its place in column_cells */
    uint32_t **column_start;   /* per sheet: places where its used columns start, and the end */

    uint32_t *words; /* spans of references, see PEI_WORDS_END */
    size_t word_count, word_capacity;
    uint32_t *word_start; /* per cell; meant for formula cells' masters only */

    uint32_t *order;
    uint32_t order_count;
    uint32_t *component;       /* per cell; NULL: no cycles */
    uint32_t *component_start; /* per component (1-based): place in order; and the end */
    uint32_t component_count;

    pe_dependency *dynamic;
    size_t dynamic_count, dynamic_capacity;
};

/* graph_scope.c */
pe_status pei_graph_scope_init(pe_graph *graph, pe_diag *diag);

/* graph_refs.c */
pe_status pei_graph_shapes(pe_graph *graph);
bool pei_ref_area(const pe_graph *graph, const pei_shape *shape, const pei_ref *ref,
                  pe_cell_ref home, pe_area *area);

/* graph_spans.c: an area as spans of consecutive places, either in cell order (by_column false) or
 * in the order of column_cells. */
typedef struct pei_span {
    uint32_t first, end;
    bool by_column;
} pei_span;
typedef bool (*pei_span_visit)(void *context, pei_span span);
pe_status pei_graph_rows(pe_graph *graph);
pe_status pei_graph_columns(pe_graph *graph);
bool pei_graph_spans(const pe_graph *graph, const pe_area *area, pei_span_visit visit,
                     void *context);

/* What a formula cell refers to, spans found once: words up to PEI_WORDS_END, each a cell id, or a
 * span's first place with its order and then its end. PEI_WORDS_ASK: too many spans to keep; ask
 * pei_graph_areas. */
#define PEI_WORDS_END 0xFFFFFFFFu
#define PEI_WORDS_ASK 0xFFFFFFFEu
#define PEI_WORD_ROWS 0x40000000u /* cell ids are below, see PE_CELLS_MAX */
#define PEI_WORD_COLUMNS 0x80000000u
#define PEI_WORD_PLACE 0x3FFFFFFFu
/* graph_mark.c: visits the spans of a cell's references; false: the visitor ended it. */
bool pei_graph_each_span(const pe_graph *graph, uint32_t cell, pei_span_visit visit, void *context);

/* graph_order.c */
pe_status pei_graph_order(pe_graph *graph, const pe_control *control);

static inline uint32_t pei_master(const pe_graph *graph, uint32_t cell)
{
    return graph->master != NULL ? graph->master[cell] : cell;
}

/* The area of a data table's formula and input cells, whose values the table reads: see
 * graph_refs.c. */
typedef bool (*pei_area_visit)(void *context, const pe_area *area);
bool pei_graph_areas(const pe_graph *graph, uint32_t cell, pei_area_visit visit, void *context);

#endif
