/* functions_internal.h: what the files of this module share: the bodies' declarations, made from the rows. */
#ifndef PE_FUNCTIONS_INTERNAL_H
#define PE_FUNCTIONS_INTERNAL_H

#include "functions.h"
#include "numeric.h"

#define PEI_DECLARE_NUM(body) double body(const double *x, int n)
#define PEI_DECLARE_GEN(body) pe_value body(pe_call *call, const pe_value *args, int n)
#define PEI_DECLARE_NONE(body) struct pei_no_body
#define PE_F(id, name, min, max, kinds, flags, type, body, aux) PEI_DECLARE_##type(body);
#include "functions_all.def"
#undef PE_F

#endif
