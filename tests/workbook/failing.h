/* failing.h: the linker sends a test program's own allocations here (--wrap=malloc and so on), so
 * that the n-th can fail. One thread; counted only while armed. */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>

typedef struct failing {
    bool armed;
    long countdown; /* allocations until the one that fails; negative: none fails */
    long live;      /* allocated minus freed */
    bool failed;
} failing;
extern failing faults;

#endif
