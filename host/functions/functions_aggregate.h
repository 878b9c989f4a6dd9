/* functions_aggregate.h: what the aggregating bodies share inside this module: which values count,
 * the order in which they are added, and lists of numbers. */
#ifndef PE_FUNCTIONS_AGGREGATE_H
#define PE_FUNCTIONS_AGGREGATE_H

#include "functions_internal.h"

/* Given directly, texts and booleans are coerced (an error if they cannot be). Inside ranges and
 * arrays: */
typedef enum pei_rule {
    PEI_NUMBERS, /* only numbers count (SUM, AVERAGE, STDEV ...) */
    PEI_ALL,     /* booleans are 1 and 0, texts 0 (AVERAGEA, MAXA ...) */
} pei_rule;

/* One value under a rule: 1 and *x; 0 if it does not count; -1 and *error. */
int pei_number_of(pe_call *call, pe_value value, bool direct, pei_rule rule, double *x,
                  pe_value *error);

typedef struct pei_total {
    double sum;
    uint64_t count;
    pe_value error; /* set when the reduction failed: the left-most error */
} pei_total;

/* Adds map(context, x) over all values of args[0, n) that count (map NULL: x itself). The order of
 * addition:
 *  - each argument, and each area of a reference, is summed on its own; these sums are added left
 * to right;
 *  - an area goes row by row from its first cell;
 *  - but an area on one sheet, one column wide and of more than 32 rows, goes by blocks of 64 rows
 * aligned to the sheet's row 0: the part in the first block, where it does not start that block and
 * the area reaches beyond it, is folded from its last cell to its first; every other block, or part
 * of one, from its first cell to its last; the blocks' sums are added in order. A value depends on
 * the area and its cells alone, and running totals can share whole blocks. (Rows of cells stay left
 * to right: time runs that way, and a total is then accumulated period by period.) Cells that do
 * not count contribute nothing, not even a zero. False: total->error says why. */
bool pei_reduce(pe_call *call, const pe_value *args, int n, pei_rule rule,
                double (*map)(const void *context, double x), const void *context,
                pei_total *total);

/* n, mean and the sum of squared deviations from it, in two passes. */
typedef struct pei_spread {
    double count, mean, squares;
} pei_spread;
bool pei_spread_of(pe_call *call, const pe_value *args, int n, pei_rule rule, pei_spread *spread,
                   pe_value *error);

typedef struct pei_list {
    double *x; /* in the call's arena */
    size_t count, capacity;
} pei_list;
bool pei_list_add(pe_call *call, pei_list *list, double x); /* false: out of memory */
/* All values that count, in order. False: *error. */
bool pei_list_of(pe_call *call, const pe_value *args, int n, pei_rule rule, pei_list *list,
                 pe_value *error);
void pei_list_sort(pei_list *list); /* ascending */

/* Two arrays of equal shape as pairs, where both are numbers. False: *error (#N/A if shapes
 * differ). */
typedef struct pei_pairs {
    double *x, *y;
    size_t count;
} pei_pairs;
bool pei_pairs_of(pe_call *call, pe_value a, pe_value b, pei_pairs *pairs, pe_value *error);

/* Rows and columns of a reference (one area), array or scalar, before any clipping. */
void pei_shape_of(pe_value v, uint32_t *rows, uint32_t *columns);

/* The functions 1 to 19 of SUBTOTAL and AGGREGATE on a list (sorted in place where need be); k for
 * 14 to 19. */
pe_value pei_list_function(pe_call *call, int function, pei_list *list, double k);

#endif
