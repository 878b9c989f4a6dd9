/* functions_matrix.h: matrices of numbers inside this module, row-major, in the call's arena. */
#ifndef PE_FUNCTIONS_MATRIX_H
#define PE_FUNCTIONS_MATRIX_H

#include "functions_internal.h"

typedef struct pei_matrix {
    double *x;
    uint32_t rows, columns;
} pei_matrix;

/* Reads a value as a matrix that the caller may overwrite. Blank, or the error. */
pe_value pei_matrix_read(pe_call *call, pe_value v, pei_matrix *m);

#endif
