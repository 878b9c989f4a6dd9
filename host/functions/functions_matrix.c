/* functions_matrix.c: MMULT, MINVERSE, MDETERM, MUNIT. A matrix holds numbers only: blanks and
 * texts are #VALUE!. */
#include "functions_matrix.h"

pe_value pei_matrix_read(pe_call *call, pe_value v, pei_matrix *m)
{
    pe_value error;
    const pe_array *array = pe_to_array(call, v, &error);
    if (array == NULL) return error;
    size_t count = (size_t)array->rows * array->columns;
    m->rows = array->rows;
    m->columns = array->columns;
    m->x = pe_arena_push_raw(call->arena, count, sizeof(double));
    if (m->x == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < count; i++)
        if (pe_is_error(array->cells[i])) return array->cells[i];
    for (size_t i = 0; i < count; i++) {
        if (!pe_is_number(array->cells[i])) return pe_error(PE_ERROR_VALUE);
        m->x[i] = pe_as_number(array->cells[i]);
    }
    return pe_blank();
}

static pe_value matrix_value(pe_call *call, const double *x, uint32_t rows, uint32_t columns)
{
    pe_array *array = pe_new_array(call, rows, columns);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < (size_t)rows * columns; i++) array->cells[i] = pe_number_checked(x[i]);
    return pe_array_value(array);
}

pe_value pei_fn_mmult(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_matrix a, b;
    pe_value error = pei_matrix_read(call, args[0], &a);
    if (!pe_is_error(error)) error = pei_matrix_read(call, args[1], &b);
    if (pe_is_error(error)) return error;
    if (a.columns != b.rows) return pe_error(PE_ERROR_VALUE);
    double *product = pe_arena_push_raw(call->arena, (size_t)a.rows * b.columns, sizeof(double));
    if (product == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < a.rows; i++) {
        for (uint32_t j = 0; j < b.columns; j++) {
            double sum = 0;
            for (uint32_t k = 0; k < a.columns; k++)
                sum += a.x[(size_t)i * a.columns + k] * b.x[(size_t)k * b.columns + j];
            product[(size_t)i * b.columns + j] = sum;
        }
    }
    return matrix_value(call, product, a.rows, b.columns);
}

static void swap_rows(double *x, size_t columns, size_t a, size_t b)
{
    for (size_t i = 0; i < columns; i++) {
        double t = x[a * columns + i];
        x[a * columns + i] = x[b * columns + i];
        x[b * columns + i] = t;
    }
}

/* Gauss-Jordan with row pivots; inverse (n x n, starts as the unit matrix) may be NULL for the
 * determinant alone. */
static double eliminate(double *m, double *inverse, size_t n)
{
    double determinant = 1;
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t r = c + 1; r < n; r++)
            if (pen_abs(m[r * n + c]) > pen_abs(m[pivot * n + c])) pivot = r;
        if (m[pivot * n + c] == 0) return 0;
        if (pivot != c) {
            swap_rows(m, n, pivot, c);
            if (inverse != NULL) swap_rows(inverse, n, pivot, c);
            determinant = -determinant;
        }
        double p = m[c * n + c];
        determinant *= p;
        for (size_t r = inverse != NULL ? 0 : c + 1; r < n; r++) {
            double f = m[r * n + c] / p;
            if (r == c || f == 0) continue;
            for (size_t i = c; i < n; i++) m[r * n + i] -= f * m[c * n + i];
            for (size_t i = 0; inverse != NULL && i < n; i++)
                inverse[r * n + i] -= f * inverse[c * n + i];
        }
    }
    for (size_t c = 0; inverse != NULL && c < n; c++)
        for (size_t i = 0; i < n; i++) inverse[c * n + i] /= m[c * n + c];
    return determinant;
}

pe_value pei_fn_mdeterm(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_matrix a;
    pe_value error = pei_matrix_read(call, args[0], &a);
    if (pe_is_error(error)) return error;
    if (a.rows != a.columns) return pe_error(PE_ERROR_VALUE);
    return pe_number_checked(eliminate(a.x, NULL, a.rows));
}

pe_value pei_fn_minverse(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_matrix a;
    pe_value error = pei_matrix_read(call, args[0], &a);
    if (pe_is_error(error)) return error;
    if (a.rows != a.columns) return pe_error(PE_ERROR_VALUE);
    size_t size = a.rows;
    double *inverse = pe_arena_push(call->arena, size * size, sizeof(double));
    if (inverse == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < size; i++) inverse[i * size + i] = 1;
    if (eliminate(a.x, inverse, size) == 0) return pe_error(PE_ERROR_NUM);
    return matrix_value(call, inverse, a.rows, a.columns);
}

pe_value pei_fn_munit(pe_call *call, const pe_value *args, int n)
{
    double size = pen_trunc(pe_arg_number(args, n, 0, 0));
    if (!(size >= 1) || size > 4096) return pe_error(PE_ERROR_VALUE);
    pe_array *array = pe_new_array(call, (uint32_t)size, (uint32_t)size);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < array->rows; i++)
        for (uint32_t j = 0; j < array->columns; j++)
            array->cells[(size_t)i * array->columns + j] = pe_number(i == j ? 1 : 0);
    return pe_array_value(array);
}
