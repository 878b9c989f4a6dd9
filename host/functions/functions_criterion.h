/* functions_criterion.h: what the bodies with criteria share inside this module. */
#ifndef PE_FUNCTIONS_CRITERION_H
#define PE_FUNCTIONS_CRITERION_H

#include "functions.h"

/* Empty cells match: a walk over the existing cells alone would miss some. */
bool pei_criterion_takes_blank(const pe_criterion *criterion);

/* pe_compare_text(a, b) == 0, without the order. */
bool pei_text_equal(const pe_text *a, const pe_text *b);

#endif
