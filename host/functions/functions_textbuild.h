/* functions_textbuild.h: building a text in the call's arena, and positions in texts counted as
 * Excel counts them: UTF-16 units. */
#ifndef PE_FUNCTIONS_TEXTBUILD_H
#define PE_FUNCTIONS_TEXTBUILD_H

#include "functions_internal.h"

/* Grows in the arena; once `failed` it ignores all that is added. */
typedef struct pei_builder {
    pe_call *call;
    char *bytes;
    size_t length, capacity;
    bool failed;
} pei_builder;

pei_builder pei_builder_new(pe_call *call);
void pei_builder_add(pei_builder *builder, const char *bytes, size_t length);
void pei_builder_code(pei_builder *builder, uint32_t code_point);
void pei_builder_text(pei_builder *builder, const pe_text *text);
pe_value pei_builder_value(pei_builder *builder); /* too long: #VALUE! */

/* The byte at which `units` UTF-16 units of the text (Calc: its characters) are over; a pair cut in
 * two counts as whole. */
size_t pei_unit_offset(const pe_call *call, const pe_text *text, double units);
/* Argument `index` as text where the row coerces it ("t"); otherwise or omitted: "". */
const pe_text *pei_arg_text(const pe_value *args, int n, int index);
/* As Excel reads an integer argument: truncated; absent: otherwise; omitted (a bare comma): 0. */
double pei_arg_whole(const pe_value *args, int n, int index, double otherwise);

#endif
