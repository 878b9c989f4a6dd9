/* parity_generate.h: random workbooks, the same for the same seed. */
#ifndef PARITY_GENERATE_H
#define PARITY_GENERATE_H

#include "workbook.h"

/* formula_count formulas of random shapes over inputs of every kind, under Excel's or Calc's rules.
 * The caller frees *workbook. */
pe_status parity_generate(uint64_t seed, uint32_t formula_count, pe_semantics semantics,
                          pe_workbook **workbook, pe_diag *diag);

#endif
