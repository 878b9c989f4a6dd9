/* failing.h: allocations that fail when they are told to. The linker sends those of a test program
 * that links pe_failing here (--wrap): its own and those of what it links statically. Each thread
 * counts for itself, and only between failing_begin and failing_end. */
#ifndef PE_FAILING_H
#define PE_FAILING_H

#include <stdbool.h>
#include <stdint.h>

typedef enum failing_which { FAILING_ONE, FAILING_ALL_AFTER } failing_which;

typedef struct failing_count {
    uint64_t made; /* allocations asked for */
    int64_t live;  /* allocated less freed: not 0 where something leaks */
    bool failed;   /* the one to fail was reached */
} failing_count;

/* Allocation number n (zero-based) from here on fails, or that and every later one. */
void failing_begin(uint64_t n, failing_which which);
/* None fails any more; they are still counted. */
void failing_relent(void);
failing_count failing_end(void);

#endif
