/* functions_aggregate.c: the walk over numbers in arguments and the order of addition
 * (functions_aggregate.h), and the lists of numbers that the statistical bodies work on. */
#include "functions_aggregate.h"
#include "functions_arithmetic.h"

#include <stdlib.h>

#define BLOCK 64u
#define SHORT_MAX 32u

int pei_number_of(pe_call *call, pe_value value, bool direct, pei_rule rule, double *x,
                  pe_value *error)
{
    switch (pe_kind_of(value)) {
    case PE_KIND_NUMBER:
        *x = pe_as_number(value);
        return 1;
    case PE_KIND_OMITTED:
        *x = 0;
        return 1;
    case PE_KIND_BOOLEAN:
        *x = pe_as_boolean(value) ? 1.0 : 0.0;
        return direct || rule == PEI_ALL;
    case PE_KIND_TEXT:
        if (direct && call->calc != NULL && rule == PEI_NUMBERS) {
            *error = pe_error(PE_ERROR_VALUE); /* Calc converts no text here */
            return -1;
        }
        if (direct && call->calc == NULL) {
            pe_value number = pe_to_number(call, value);
            if (!pe_is_number(number)) {
                *error = number;
                return -1;
            }
            *x = pe_as_number(number);
            return 1;
        }
        *x = 0;
        return rule == PEI_ALL;
    case PE_KIND_BLANK:
        return 0;
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        *error = value;
        return -1;
    default:
        *error = pe_error(PE_ERROR_VALUE);
        return -1;
    }
}

/* ---- order of addition ------------------------------------------------------ */

typedef struct fold {
    bool blocked, calc;
    uint32_t first, last; /* positions of the area's ends */
    uint32_t block;       /* of what the buffer holds */
    unsigned held;
    bool any;
    double total;
    double buffer[BLOCK];
} fold;

static void fold_begin(fold *f, const pe_area *area, bool calc)
{
    memset(f, 0, offsetof(fold, buffer));
    f->calc = calc;
    if (area == NULL || area->sheet_first != area->sheet_last) return;
    uint32_t rows = area->row_last - area->row_first + 1;
    uint32_t columns = area->column_last - area->column_first + 1;
    f->blocked = columns == 1 && rows > SHORT_MAX;
    f->first = area->row_first;
    f->last = area->row_last;
    f->block = f->first / BLOCK;
}

/* Calc gives 0 where a sum cancels, at each step. */
static double fold_sum(const fold *f, double a, double b)
{
    return f->calc ? pe_calc_add(a, b) : a + b;
}

static void fold_put(fold *f, double x)
{
    f->total = f->any ? fold_sum(f, f->total, x) : x;
    f->any = true;
}

static void fold_flush(fold *f)
{
    if (f->held == 0) return;
    bool backward =
        f->block == f->first / BLOCK && f->first % BLOCK != 0 && f->last / BLOCK != f->block;
    double sum = backward ? f->buffer[f->held - 1] : f->buffer[0];
    for (unsigned i = 1; i < f->held; i++)
        sum = fold_sum(f, sum, f->buffer[backward ? f->held - 1 - i : i]);
    f->held = 0;
    fold_put(f, sum);
}

static void fold_add(fold *f, pe_cell_ref at, double x)
{
    if (!f->blocked) {
        fold_put(f, x);
        return;
    }
    uint32_t block = at.row / BLOCK;
    if (block != f->block) {
        fold_flush(f);
        f->block = block;
    }
    f->buffer[f->held++] = x;
}

typedef struct reduction {
    pe_call *call;
    pei_rule rule;
    double (*map)(const void *context, double x);
    const void *context;
    pei_total *total;
    fold parts; /* of the areas and arguments */
} reduction;

static bool reduce_value(reduction *r, fold *f, pe_cell_ref at, pe_value value, bool direct)
{
    double x = 0;
    int state = pei_number_of(r->call, value, direct, r->rule, &x, &r->total->error);
    if (state <= 0) return state == 0;
    fold_add(f, at, r->map != NULL ? r->map(r->context, x) : x);
    r->total->count++;
    return true;
}

static bool reduce_area(reduction *r, const pe_area *area)
{
    fold f;
    fold_begin(&f, area, r->parts.calc);
    pe_cursor cursor = pe_cursor_of(*area);
    while (r->call->ops->next(r->call, &cursor))
        if (!reduce_value(r, &f, cursor.at, cursor.value, false)) return false;
    fold_flush(&f);
    if (f.any) fold_put(&r->parts, f.total);
    return true;
}

static bool reduce_argument(reduction *r, pe_value argument)
{
    pe_kind kind = pe_kind_of(argument);
    if (kind == PE_KIND_REFERENCE) {
        const pe_reference *reference = pe_as_pointer(argument);
        for (uint32_t i = 0; i < reference->area_count; i++)
            if (!reduce_area(r, &reference->areas[i])) return false;
        return true;
    }
    fold f;
    fold_begin(&f, NULL, r->parts.calc);
    pe_cell_ref nowhere = {0, 0, 0};
    if (kind == PE_KIND_ARRAY) {
        const pe_array *array = pe_as_array(argument);
        size_t count = (size_t)array->rows * array->columns;
        for (size_t i = 0; i < count; i++)
            if (!reduce_value(r, &f, nowhere, array->cells[i], false)) return false;
    } else if (!reduce_value(r, &f, nowhere, argument, true)) {
        return false;
    }
    if (f.any) fold_put(&r->parts, f.total);
    return true;
}

bool pei_reduce(pe_call *call, const pe_value *args, int n, pei_rule rule,
                double (*map)(const void *context, double x), const void *context, pei_total *total)
{
    reduction r = {.call = call, .rule = rule, .map = map, .context = context, .total = total};
    total->sum = 0;
    total->count = 0;
    total->error = pe_blank();
    fold_begin(&r.parts, NULL, call->calc != NULL);
    for (int i = 0; i < n; i++)
        if (!reduce_argument(&r, args[i])) return false;
    total->sum = r.parts.total;
    return true;
}

static double squared_deviation(const void *context, double x)
{
    double d = x - *(const double *)context;
    return d * d;
}

bool pei_spread_of(pe_call *call, const pe_value *args, int n, pei_rule rule, pei_spread *spread,
                   pe_value *error)
{
    pei_total total;
    if (!pei_reduce(call, args, n, rule, NULL, NULL, &total)) {
        *error = total.error;
        return false;
    }
    spread->count = (double)total.count;
    spread->mean = total.count > 0 ? total.sum / spread->count : 0.0;
    if (!pei_reduce(call, args, n, rule, squared_deviation, &spread->mean, &total)) {
        *error = total.error;
        return false;
    }
    spread->squares = total.sum;
    return true;
}

/* ---- lists ------------------------------------------------------------------ */

bool pei_list_add(pe_call *call, pei_list *list, double x)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : 64;
        double *grown = pe_arena_push_raw(call->arena, capacity, sizeof(double));
        if (grown == NULL) return false;
        if (list->count > 0) memcpy(grown, list->x, list->count * sizeof(double));
        list->x = grown;
        list->capacity = capacity;
    }
    list->x[list->count++] = x;
    return true;
}

typedef struct gathering {
    pe_call *call;
    pei_rule rule;
    pei_list *list;
    pe_value error;
    bool failed;
} gathering;

static bool gather(void *context, pe_value value, bool direct)
{
    gathering *g = context;
    double x = 0;
    int state = pei_number_of(g->call, value, direct, g->rule, &x, &g->error);
    if (state > 0 && !pei_list_add(g->call, g->list, x)) {
        g->error = pe_error(PE_ERROR_NUM);
        state = -1;
    }
    g->failed = state < 0;
    return !g->failed;
}

bool pei_list_of(pe_call *call, const pe_value *args, int n, pei_rule rule, pei_list *list,
                 pe_value *error)
{
    memset(list, 0, sizeof *list);
    gathering g = {.call = call, .rule = rule, .list = list};
    for (int i = 0; i < n && !g.failed; i++) pe_each_value(call, args[i], gather, &g);
    if (g.failed) *error = g.error;
    return !g.failed;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void pei_list_sort(pei_list *list)
{
    if (list->count > 1) qsort(list->x, list->count, sizeof(double), ascending);
}

void pei_shape_of(pe_value v, uint32_t *rows, uint32_t *columns)
{
    *rows = *columns = 1;
    if (pe_is(v, PE_KIND_ARRAY)) {
        *rows = pe_as_array(v)->rows;
        *columns = pe_as_array(v)->columns;
    } else if (pe_is(v, PE_KIND_REFERENCE)) {
        const pe_area *area = &((const pe_reference *)pe_as_pointer(v))->areas[0];
        *rows = area->row_last - area->row_first + 1;
        *columns = area->column_last - area->column_first + 1;
    }
}

static pe_value first_error(const pe_array *array)
{
    size_t count = (size_t)array->rows * array->columns;
    for (size_t i = 0; i < count; i++)
        if (pe_is_error(array->cells[i])) return array->cells[i];
    return pe_blank();
}

bool pei_pairs_of(pe_call *call, pe_value a, pe_value b, pei_pairs *pairs, pe_value *error)
{
    uint32_t ra, ca, rb, cb;
    pei_shape_of(a, &ra, &ca);
    pei_shape_of(b, &rb, &cb);
    const pe_array *x = pe_to_array(call, a, error);
    const pe_array *y = x != NULL ? pe_to_array(call, b, error) : NULL;
    if (y == NULL) return false;
    pe_value wrong = first_error(x);
    if (!pe_is_error(wrong)) wrong = first_error(y);
    if (!pe_is_error(wrong) && (uint64_t)ra * ca != (uint64_t)rb * cb)
        wrong = pe_error(PE_ERROR_NA);
    if (pe_is_error(wrong)) {
        *error = wrong;
        return false;
    }
    size_t nx = (size_t)x->rows * x->columns, ny = (size_t)y->rows * y->columns;
    size_t count = nx < ny ? nx : ny;
    pairs->count = 0;
    pairs->x = pe_arena_push_raw(call->arena, count, sizeof(double));
    pairs->y = pe_arena_push_raw(call->arena, count, sizeof(double));
    if (pairs->x == NULL || pairs->y == NULL) {
        *error = pe_error(PE_ERROR_NUM);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!pe_is_number(x->cells[i]) || !pe_is_number(y->cells[i])) continue;
        pairs->x[pairs->count] = pe_as_number(x->cells[i]);
        pairs->y[pairs->count++] = pe_as_number(y->cells[i]);
    }
    return true;
}
