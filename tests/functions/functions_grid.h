/* functions_grid.h: a pe_call over a small grid of cells, for tests of bodies without the
 * evaluator. Cells are kept row by row; how many were handed out is counted. */
#ifndef PE_FUNCTIONS_GRID_H
#define PE_FUNCTIONS_GRID_H

#include "functions.h"

enum { GRID_CELLS_MAX = 4096 };

typedef struct grid_cell {
    uint32_t row, column;
    pe_value value;
} grid_cell;

typedef struct grid {
    pe_call call;
    pe_call_ops ops;
    grid_cell cells[GRID_CELLS_MAX]; /* in order of row, then column */
    uint32_t count;
    uint32_t reads; /* cells delivered by `cell` and `next` */
} grid;

void grid_open(grid *g);
void grid_close(grid *g);
void grid_put(grid *g, uint32_t row, uint32_t column, pe_value v);
pe_value grid_text(grid *g, const char *text);
pe_value grid_area(grid *g, uint32_t row, uint32_t column, uint32_t row_last, uint32_t column_last);
/* One row or column of numbers as an array value. */
pe_value grid_numbers(grid *g, const double *x, uint32_t count, bool column);

#endif
