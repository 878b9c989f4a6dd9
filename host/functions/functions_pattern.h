/* functions_pattern.h: texts that stand for many: Excel's wildcards, and what Calc's options make
 * of a search text (wildcards, a regular expression, a part of a cell). */
#ifndef PE_FUNCTIONS_PATTERN_H
#define PE_FUNCTIONS_PATTERN_H

#include "functions.h"

typedef struct pei_pattern pei_pattern;
/* NULL: the text stands for itself and matches whole cells (or there was no memory). Lives in the
 * call's arena. */
const pei_pattern *pei_pattern_of(pe_call *call, const pe_text *text);
/* A regular expression anywhere in a text, whatever the options; NULL: it is none. */
const pei_pattern *pei_pattern_part(pe_call *call, const pe_text *text);
bool pei_pattern_matches(const pei_pattern *pattern, const pe_text *text);
/* Under Calc's rules numbers match by their text. */
bool pei_pattern_matches_number(const pei_pattern *pattern, double number);
/* The first match of a regular expression in text[from ...): its bytes; false: none. */
bool pei_pattern_find(const pei_pattern *pattern, const pe_text *text, size_t from, size_t *start,
                      size_t *end);

#endif
