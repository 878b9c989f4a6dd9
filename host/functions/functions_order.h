/* functions_order.h: sorting the lines (rows or columns) of arrays, for SORT, SORTBY, UNIQUE and
 * what groups. */
#ifndef PE_FUNCTIONS_ORDER_H
#define PE_FUNCTIONS_ORDER_H

#include "functions.h"

/* One key of a sort: element i is cells[offset + i * stride]. */
typedef struct pei_order_key {
    const pe_value *cells;
    size_t offset, stride;
    bool descending;
} pei_order_key;

/* Excel's order of a sort: numbers, texts, FALSE, TRUE, errors by number, blanks. */
int pei_order_compare(pe_value a, pe_value b);
/* A stable order of the lines 0 ... count - 1; blanks come last in both directions. NULL: out of
 * memory. */
uint32_t *pei_order_lines(pe_arena *arena, const pei_order_key *keys, int key_count,
                          uint32_t count);
/* Whether lines a and b are equal in all keys. */
bool pei_order_equal(const pei_order_key *keys, int key_count, uint32_t a, uint32_t b);

#endif
