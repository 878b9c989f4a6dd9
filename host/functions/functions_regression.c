/* functions_regression.c: statistics of pairs (CORREL, SLOPE ...) and least squares (LINEST, TREND
 * and their exponential forms). Least squares goes by orthogonalisation of the centred columns; a
 * column that depends on those before it is left out with coefficient 0, as Excel does. */
#include "functions_aggregate.h"

/* ---- pairs ------------------------------------------------------------------ */

typedef struct moments {
    double count, mean_x, mean_y, xx, yy, xy;
} moments;

static pe_value moments_of(pe_call *call, pe_value xs, pe_value ys, moments *m)
{
    pei_pairs p;
    pe_value error;
    memset(m, 0, sizeof *m);
    if (!pei_pairs_of(call, xs, ys, &p, &error)) return error;
    for (size_t i = 0; i < p.count; i++) {
        m->mean_x += p.x[i];
        m->mean_y += p.y[i];
    }
    m->count = (double)p.count;
    if (p.count == 0) return pe_error(PE_ERROR_DIV0);
    m->mean_x /= m->count;
    m->mean_y /= m->count;
    for (size_t i = 0; i < p.count; i++) {
        double dx = p.x[i] - m->mean_x, dy = p.y[i] - m->mean_y;
        m->xx += dx * dx;
        m->yy += dy * dy;
        m->xy += dx * dy;
    }
    return pe_blank();
}

static pe_value divided(double a, double b)
{
    return b == 0 ? pe_error(PE_ERROR_DIV0) : pe_number_checked(a / b);
}

pe_value pei_fn_correl(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    moments m;
    pe_value error = moments_of(call, args[0], args[1], &m);
    if (pe_is_error(error)) return error;
    return divided(m.xy, pen_sqrt(m.xx) * pen_sqrt(m.yy));
}

pe_value pei_fn_rsq(pe_call *call, const pe_value *args, int n)
{
    pe_value r = pei_fn_correl(call, args, n);
    return pe_is_number(r) ? pe_number_checked(pe_as_number(r) * pe_as_number(r)) : r;
}

static pe_value covariance(pe_call *call, const pe_value *args, double less)
{
    moments m;
    pe_value error = moments_of(call, args[0], args[1], &m);
    if (pe_is_error(error)) return error;
    return divided(m.xy, m.count - less);
}

pe_value pei_fn_covariance_p(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return covariance(call, args, 0);
}
pe_value pei_fn_covariance_s(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return covariance(call, args, 1);
}

pe_value pei_fn_slope(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    moments m;
    pe_value error = moments_of(call, args[1], args[0], &m);
    return pe_is_error(error) ? error : divided(m.xy, m.xx);
}

static pe_value line_at(pe_call *call, pe_value ys, pe_value xs, double at)
{
    moments m;
    pe_value error = moments_of(call, xs, ys, &m);
    if (pe_is_error(error)) return error;
    if (m.xx == 0) return pe_error(PE_ERROR_DIV0);
    return pe_number_checked(m.mean_y + m.xy / m.xx * (at - m.mean_x));
}

pe_value pei_fn_intercept(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return line_at(call, args[0], args[1], 0);
}

pe_value pei_fn_forecast(pe_call *call, const pe_value *args, int n)
{
    return line_at(call, args[1], args[2], pe_arg_number(args, n, 0, 0));
}

pe_value pei_fn_steyx(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    moments m;
    pe_value error = moments_of(call, args[1], args[0], &m);
    if (pe_is_error(error)) return error;
    if (m.count < 3 || m.xx == 0) return pe_error(PE_ERROR_DIV0);
    double rest = (m.yy - m.xy * m.xy / m.xx) / (m.count - 2);
    return pe_number_checked(rest > 0 ? pen_sqrt(rest) : 0);
}

/* ---- least squares ---------------------------------------------------------- */

#define DEPENDENT                                                                                  \
    1e-10 /* a column that keeps less of its length than this after projection is left out */

typedef struct fit {
    pe_call *call;
    size_t n, p; /* observations, columns of x */
    bool by_row; /* y is one row: x and new x hold their columns as rows */
    bool matrix; /* y is a matrix: x has its shape, one column */
    bool constant, logarithmic;
    double *y, *x;       /* x: p columns of n values */
    double *coefficient; /* p */
    double *se;          /* p */
    double *mean_x, mean_y, intercept, intercept_se;
    double df, ss_total, ss_rest;
    size_t rank;
} fit;

/* Errors first, then anything that is no number (an empty cell passes where `blanks`). */
static pe_value check_numbers(const pe_array *array, bool blanks)
{
    size_t count = (size_t)array->rows * array->columns;
    for (size_t i = 0; i < count; i++)
        if (pe_is_error(array->cells[i])) return array->cells[i];
    for (size_t i = 0; i < count; i++) {
        bool empty = blanks && pe_is(array->cells[i], PE_KIND_BLANK);
        if (!empty && !pe_is_number(array->cells[i])) return pe_error(PE_ERROR_VALUE);
    }
    return pe_blank();
}

static double *push_doubles(fit *f, size_t count)
{
    return pe_arena_push(f->call->arena, count > 0 ? count : 1, sizeof(double));
}

/* What the shapes of y and x (NULL: 1, 2, 3 ...) make of the problem. */
static pe_value read_shapes(fit *f, const pe_array *y, const pe_array *x)
{
    f->n = (size_t)y->rows * y->columns;
    f->p = 1;
    f->by_row = y->rows == 1;
    f->matrix = y->rows > 1 && y->columns > 1;
    if (x == NULL || (x->rows == y->rows && x->columns == y->columns)) return pe_blank();
    if (f->n == 1) f->by_row = x->columns == 1; /* one observation: all of x are variables */
    if (f->matrix || (f->by_row ? x->columns : x->rows) != f->n) return pe_error(PE_ERROR_REF);
    f->p = f->by_row ? x->rows : x->columns;
    return pe_blank();
}

/* Value j of column i of an x or new x; an empty cell is 0. */
static double x_at(const fit *f, const pe_array *x, size_t i, size_t j)
{
    size_t at = j;
    if (!f->matrix && f->p > 1) at = f->by_row ? i * x->columns + j : j * x->columns + i;
    return pe_is_number(x->cells[at]) ? pe_as_number(x->cells[at]) : 0.0;
}

static pe_value load(fit *f, const pe_array *y, const pe_array *x)
{
    f->y = push_doubles(f, f->n);
    f->x = push_doubles(f, f->n * f->p);
    f->mean_x = push_doubles(f, f->p);
    f->coefficient = push_doubles(f, f->p);
    f->se = push_doubles(f, f->p);
    if (f->y == NULL || f->x == NULL || f->mean_x == NULL || f->coefficient == NULL ||
        f->se == NULL)
        return pe_error(PE_ERROR_NUM);
    for (size_t j = 0; j < f->n; j++) {
        f->y[j] = pe_as_number(y->cells[j]);
        if (!f->logarithmic) continue;
        if (!(f->y[j] > 0)) return pe_error(PE_ERROR_NUM);
        f->y[j] = pen_log(f->y[j]);
    }
    for (size_t i = 0; i < f->p; i++)
        for (size_t j = 0; j < f->n; j++)
            f->x[i * f->n + j] = x != NULL ? x_at(f, x, i, j) : (double)(j + 1);
    return pe_blank();
}

static double mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}
static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void centre(fit *f)
{
    if (!f->constant) return;
    f->mean_y = mean(f->y, f->n);
    for (size_t j = 0; j < f->n; j++) f->y[j] -= f->mean_y;
    for (size_t i = 0; i < f->p; i++) {
        f->mean_x[i] = mean(f->x + i * f->n, f->n);
        for (size_t j = 0; j < f->n; j++) f->x[i * f->n + j] -= f->mean_x[i];
    }
}

static void swap_columns(double *x, size_t rows, size_t a, size_t b)
{
    for (size_t j = 0; a != b && j < rows; j++) {
        double t = x[a * rows + j];
        x[a * rows + j] = x[b * rows + j];
        x[b * rows + j] = t;
    }
}

/* Gram-Schmidt, each column twice, the longest remaining column first: of columns that depend on
 * one another Excel keeps the longest. x becomes `rank` orthonormal columns; column k of x and of r
 * (p x p, by columns) is column order[k] of the data. */
static void orthogonalise(fit *f, double *r, size_t *order)
{
    size_t n = f->n, p = f->p;
    double first = 0;
    for (size_t i = 0; i < p; i++) order[i] = i;
    for (size_t i = 0; i < p; i++) {
        size_t longest = i;
        double length = -1;
        for (size_t k = i; k < p; k++) {
            double *q = f->x + k * n, square;
            for (size_t o = i > 0 ? i - 1 : 0; o < i; o++) {
                double c = dot(f->x + o * n, q, n);
                r[k * p + o] += c;
                for (size_t j = 0; j < n; j++) q[j] -= c * f->x[o * n + j];
            }
            square = dot(q, q, n);
            if (square > length) {
                length = square;
                longest = k;
            }
        }
        swap_columns(f->x, n, i, longest);
        swap_columns(r, p, i, longest);
        size_t t = order[i];
        order[i] = order[longest];
        order[longest] = t;
        double *q = f->x + i * n;
        for (size_t o = 0; o < i; o++) {
            double c = dot(f->x + o * n, q, n);
            r[i * p + o] += c;
            for (size_t j = 0; j < n; j++) q[j] -= c * f->x[o * n + j];
        }
        double after = pen_sqrt(dot(q, q, n)),
               before = pen_sqrt(dot(r + i * p, r + i * p, i) + after * after);
        double scale = f->constant ? pen_abs(f->mean_x[order[i]]) * pen_sqrt((double)n) : 0;
        if (i == 0) first = after;
        if (!(after > before * DEPENDENT && after > scale * 1e-14 && after > first * 1e-150))
            return;
        r[i * p + i] = after;
        for (size_t j = 0; j < n; j++) q[j] /= after;
        f->rank++;
    }
}

/* Coefficients by back substitution, then the inverse of r (rows by data column) for the standard
 * errors. */
static void solve(fit *f, const double *r, const size_t *order, double *inverse)
{
    size_t p = f->p;
    for (size_t i = f->rank; i-- > 0;) {
        double c = dot(f->x + i * f->n, f->y, f->n);
        for (size_t k = i + 1; k < f->rank; k++) c -= r[k * p + i] * f->coefficient[order[k]];
        f->coefficient[order[i]] = c / r[i * p + i];
    }
    for (size_t c = 0; c < f->rank; c++) {
        inverse[order[c] * p + c] = 1 / r[c * p + c];
        for (size_t i = c; i-- > 0;) {
            double sum = 0;
            for (size_t k = i + 1; k <= c; k++) sum -= r[k * p + i] * inverse[order[k] * p + c];
            inverse[order[i] * p + c] = sum / r[i * p + i];
        }
    }
}

static void spread_of_fit(fit *f, const double *residual, const double *inverse)
{
    size_t p = f->p;
    f->df = (double)f->n - (double)f->rank - (f->constant ? 1 : 0);
    f->ss_total = dot(f->y, f->y, f->n);
    f->ss_rest = dot(residual, residual, f->n);
    if (f->ss_rest < f->ss_total * 1e-28) f->ss_rest = 0;
    if (f->rank == 0) { /* nothing explains anything: Excel reports a perfect fit without freedom */
        f->ss_rest = 0;
        f->df = 0;
    }
    double s2 = f->df > 0 ? f->ss_rest / f->df : 0;
    double lever = f->constant ? 1 / (double)f->n : 0;
    for (size_t i = 0; i < p; i++)
        f->se[i] = pen_sqrt(s2 * dot(inverse + i * p, inverse + i * p, p));
    for (size_t c = 0; f->constant && c < p; c++) {
        double w = 0;
        for (size_t i = 0; i < p; i++) w += f->mean_x[i] * inverse[i * p + c];
        lever += w * w;
    }
    f->intercept_se = pen_sqrt(s2 * lever);
}

static pe_value fit_solve(fit *f)
{
    size_t n = f->n, p = f->p;
    double *r = push_doubles(f, p * p), *inverse = push_doubles(f, p * p);
    double *x = push_doubles(f, n * p), *residual = push_doubles(f, n);
    size_t *order = pe_arena_push(f->call->arena, p, sizeof(size_t));
    if (r == NULL || inverse == NULL || x == NULL || residual == NULL || order == NULL)
        return pe_error(PE_ERROR_NUM);
    centre(f);
    memcpy(x, f->x, n * p * sizeof(double));
    orthogonalise(f, r, order);
    solve(f, r, order, inverse);
    f->intercept = f->mean_y;
    for (size_t j = 0; j < n; j++) residual[j] = f->y[j];
    for (size_t i = 0; i < p; i++) {
        f->intercept -= f->coefficient[i] * f->mean_x[i];
        for (size_t j = 0; j < n; j++) residual[j] -= f->coefficient[i] * x[i * n + j];
    }
    spread_of_fit(f, residual, inverse);
    return pe_blank();
}

/* args: y, x, ...; the constant is args[constant_at]. */
static pe_value fit_read(fit *f, const pe_value *args, int n, int constant_at)
{
    pe_value error;
    const pe_array *y = pe_to_array(f->call, args[0], &error), *x = NULL;
    if (y == NULL) return error;
    if (pe_arg_given(args, n, 1) && (x = pe_to_array(f->call, args[1], &error)) == NULL)
        return error;
    f->constant = pe_arg_boolean(args, n, constant_at, true);
    error = read_shapes(f, y, x);
    if (!pe_is_error(error)) error = check_numbers(y, false);
    if (!pe_is_error(error) && x != NULL) error = check_numbers(x, false);
    if (!pe_is_error(error)) error = load(f, y, x);
    return pe_is_error(error) ? error : fit_solve(f);
}

/* ---- LINEST and LOGEST ------------------------------------------------------ */

static pe_value fitted(const fit *f, double x)
{
    return pe_number_checked(f->logarithmic ? pen_exp(x) : x);
}

static void fill_statistics(const fit *f, pe_array *out)
{
    uint32_t columns = out->columns;
    pe_value *cells = out->cells, na = pe_error(PE_ERROR_NA), num = pe_error(PE_ERROR_NUM);
    for (uint32_t i = 2 * columns; i < 5 * columns; i++) cells[i] = na;
    for (size_t i = 0; i < f->p; i++) cells[columns + f->p - 1 - i] = pe_number_checked(f->se[i]);
    cells[columns + f->p] = f->constant ? pe_number_checked(f->intercept_se) : na;
    double explained = f->ss_total - f->ss_rest;
    double s2 = f->df > 0 ? f->ss_rest / f->df : 0;
    cells[2 * columns] = pe_number_checked(f->ss_total == 0 ? 1 : explained / f->ss_total);
    cells[2 * columns + 1] = pe_number_checked(pen_sqrt(s2));
    cells[3 * columns] =
        s2 == 0 || f->rank == 0 ? num : pe_number_checked(explained / (double)f->rank / s2);
    cells[3 * columns + 1] = pe_number_checked(f->df);
    cells[4 * columns] = pe_number_checked(explained);
    cells[4 * columns + 1] = pe_number_checked(f->ss_rest);
}

static pe_value estimate(pe_call *call, const pe_value *args, int n, bool logarithmic)
{
    fit f = {.call = call, .logarithmic = logarithmic};
    pe_value error = fit_read(&f, args, n, 2);
    if (pe_is_error(error)) return error;
    bool statistics = pe_arg_boolean(args, n, 3, false);
    pe_array *out = pe_new_array(call, statistics ? 5 : 1, (uint32_t)f.p + 1);
    if (out == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < f.p; i++) out->cells[f.p - 1 - i] = fitted(&f, f.coefficient[i]);
    out->cells[f.p] = fitted(&f, f.constant ? f.intercept : 0);
    if (statistics) fill_statistics(&f, out);
    return pe_array_value(out);
}

pe_value pei_fn_linest(pe_call *call, const pe_value *args, int n)
{
    return estimate(call, args, n, false);
}
pe_value pei_fn_logest(pe_call *call, const pe_value *args, int n)
{
    return estimate(call, args, n, true);
}

/* ---- TREND and GROWTH ------------------------------------------------------- */

static pe_value predict(pe_call *call, const pe_value *args, int n, bool logarithmic)
{
    fit f = {.call = call, .logarithmic = logarithmic};
    pe_value error = fit_read(&f, args, n, 3);
    if (pe_is_error(error)) return error;
    bool fresh = pe_arg_given(args, n, 2), given = pe_arg_given(args, n, 1);
    const pe_array *x = pe_to_array(call, args[fresh ? 2 : given ? 1 : 0], &error);
    if (x != NULL) error = check_numbers(x, fresh);
    if (x == NULL || pe_is_error(error)) return error;
    uint32_t rows = x->rows, columns = x->columns;
    if (f.p > 1) {
        if ((f.by_row ? rows : columns) != f.p) return pe_error(PE_ERROR_REF);
        *(f.by_row ? &rows : &columns) = 1;
    }
    pe_array *out = pe_new_array(call, rows, columns);
    if (out == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t j = 0; j < (size_t)rows * columns; j++) {
        double sum = f.mean_y;
        for (size_t i = 0; i < f.p; i++) {
            double at = fresh || given ? x_at(&f, x, i, j) : (double)(j + 1);
            sum += f.coefficient[i] * (at - f.mean_x[i]);
        }
        out->cells[j] = fitted(&f, sum);
    }
    return pe_array_value(out);
}

pe_value pei_fn_trend(pe_call *call, const pe_value *args, int n)
{
    return predict(call, args, n, false);
}
pe_value pei_fn_growth(pe_call *call, const pe_value *args, int n)
{
    return predict(call, args, n, true);
}
