/* functions_statistical.c: counts, means, order statistics and spreads of lists of numbers. Texts,
 * booleans and blanks inside ranges do not count, but for the functions whose names end in A; the
 * left-most error is the result. */
#include "functions_aggregate.h"
#include "functions_arithmetic.h"
#include "functions_sorted.h"

static pe_value num_error(void)
{
    return pe_error(PE_ERROR_NUM);
}
static pe_value div0_error(void)
{
    return pe_error(PE_ERROR_DIV0);
}

/* ---- means and counts ------------------------------------------------------- */

static pe_value mean_under(pe_call *call, const pe_value *args, int n, pei_rule rule)
{
    pei_total total;
    if (!pei_reduce(call, args, n, rule, NULL, NULL, &total)) return total.error;
    return total.count == 0 ? div0_error() : pe_number_checked(total.sum / (double)total.count);
}

pe_value pei_fn_average(pe_call *call, const pe_value *args, int n)
{
    return mean_under(call, args, n, PEI_NUMBERS);
}

pe_value pei_fn_averagea(pe_call *call, const pe_value *args, int n)
{
    return mean_under(call, args, n, PEI_ALL);
}

typedef struct counting {
    pe_call *call;
    uint64_t numbers, values;
} counting;

static bool count_value(void *context, pe_value value, bool direct)
{
    counting *c = context;
    double x;
    pe_value error;
    c->values++;
    if (direct && pe_is(value, PE_KIND_TEXT) && c->call->calc != NULL) {
        const pe_text *t = pe_as_text(value); /* a number by its looks, whatever the options say */
        pei_dates dates = pei_dates_of(c->call);
        c->numbers += pei_parse_number(t->bytes, t->length, dates, c->call->now, &x);
        return true;
    }
    if (pei_number_of(c->call, value, direct, PEI_NUMBERS, &x, &error) > 0) c->numbers++;
    return true;
}

static counting count_values(pe_call *call, const pe_value *args, int n)
{
    counting c = {call, 0, 0};
    for (int i = 0; i < n; i++) pe_each_value(call, args[i], count_value, &c);
    return c;
}

pe_value pei_fn_count(pe_call *call, const pe_value *args, int n)
{
    return pe_number((double)count_values(call, args, n).numbers);
}

pe_value pei_fn_counta(pe_call *call, const pe_value *args, int n)
{
    return pe_number((double)count_values(call, args, n).values);
}

static bool count_filled(void *context, pe_value value, bool direct)
{
    PE_UNUSED(direct);
    bool empty_text = pe_is(value, PE_KIND_TEXT) && pe_as_text(value)->length == 0;
    *(uint64_t *)context += !empty_text && !pe_is(value, PE_KIND_BLANK);
    return true;
}

pe_value pei_fn_countblank(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    uint64_t cells = 1, filled = 0;
    if (pe_is(args[0], PE_KIND_REFERENCE)) {
        const pe_reference *reference = pe_as_pointer(args[0]);
        cells = 0;
        for (uint32_t i = 0; i < reference->area_count; i++)
            cells += pe_area_cells(&reference->areas[i]);
    } else if (pe_is(args[0], PE_KIND_ARRAY)) {
        cells = (uint64_t)pe_as_array(args[0])->rows * pe_as_array(args[0])->columns;
    } else if (pe_is_error(args[0])) {
        return args[0];
    }
    pe_each_value(call, args[0], count_filled, &filled);
    return pe_number((double)(cells - filled));
}

typedef struct extreme {
    pe_call *call;
    pei_rule rule;
    double sign, value; /* of sign * x the largest */
    bool any, failed;
    pe_value error;
} extreme;

static bool take_extreme(void *context, pe_value value, bool direct)
{
    extreme *e = context;
    double x;
    int state = pei_number_of(e->call, value, direct, e->rule, &x, &e->error);
    if (state > 0) {
        if (!e->any || e->sign * x > e->sign * e->value) e->value = x;
        e->any = true;
    }
    e->failed = state < 0;
    return !e->failed;
}

static pe_value extreme_of(pe_call *call, const pe_value *args, int n, pei_rule rule, double sign)
{
    extreme e = {.call = call, .rule = rule, .sign = sign};
    for (int i = 0; i < n && !e.failed; i++) pe_each_value(call, args[i], take_extreme, &e);
    return e.failed ? e.error : pe_number_checked(e.value);
}

pe_value pei_fn_max(pe_call *call, const pe_value *args, int n)
{
    return extreme_of(call, args, n, PEI_NUMBERS, 1);
}
pe_value pei_fn_maxa(pe_call *call, const pe_value *args, int n)
{
    return extreme_of(call, args, n, PEI_ALL, 1);
}
pe_value pei_fn_min(pe_call *call, const pe_value *args, int n)
{
    return extreme_of(call, args, n, PEI_NUMBERS, -1);
}
pe_value pei_fn_mina(pe_call *call, const pe_value *args, int n)
{
    return extreme_of(call, args, n, PEI_ALL, -1);
}

/* ---- spreads ---------------------------------------------------------------- */

/* Variance with divisor n - less; its root if `root`. */
static pe_value variance(pe_call *call, const pe_value *args, int n, pei_rule rule, double less,
                         bool root)
{
    pei_spread s;
    pe_value error;
    if (!pei_spread_of(call, args, n, rule, &s, &error)) return error;
    if (s.count <= less || s.count == 0) return div0_error();
    double v = s.squares / (s.count - less);
    return pe_number_checked(root ? pen_sqrt(v) : v);
}

#define VARIANCE_BODY(name, rule, less, root)                                                      \
    pe_value pei_fn_##name(pe_call *call, const pe_value *args, int n)                             \
    {                                                                                              \
        return variance(call, args, n, rule, less, root);                                          \
    }
VARIANCE_BODY(stdev_s, PEI_NUMBERS, 1, true)
VARIANCE_BODY(stdev_p, PEI_NUMBERS, 0, true)
VARIANCE_BODY(stdeva, PEI_ALL, 1, true)
VARIANCE_BODY(stdevpa, PEI_ALL, 0, true)
VARIANCE_BODY(var_s, PEI_NUMBERS, 1, false)
VARIANCE_BODY(var_p, PEI_NUMBERS, 0, false)
VARIANCE_BODY(vara, PEI_ALL, 1, false)
VARIANCE_BODY(varpa, PEI_ALL, 0, false)

pe_value pei_fn_devsq(pe_call *call, const pe_value *args, int n)
{
    pei_spread s;
    pe_value error;
    if (!pei_spread_of(call, args, n, PEI_NUMBERS, &s, &error)) return error;
    if (s.count == 0) return call->calc != NULL ? div0_error() : num_error();
    return pe_number_checked(s.squares);
}

static double deviation(const void *context, double x)
{
    return pen_abs(x - *(const double *)context);
}

/* (x - mean)^power, or of (x - mean) / deviation: context is mean, scale, power. */
static double scaled_power(const void *context, double x)
{
    const double *c = context;
    double d = (x - c[0]) / c[1], square = d * d;
    return c[2] == 3 ? square * d : square * square;
}

pe_value pei_fn_avedev(pe_call *call, const pe_value *args, int n)
{
    pei_total total;
    if (!pei_reduce(call, args, n, PEI_NUMBERS, NULL, NULL, &total)) return total.error;
    if (total.count == 0) return num_error();
    double mean = total.sum / (double)total.count;
    if (!pei_reduce(call, args, n, PEI_NUMBERS, deviation, &mean, &total)) return total.error;
    return pe_number_checked(total.sum / (double)total.count);
}

/* The sum of standardised powers, or an error; *count the numbers. */
static pe_value standard_moment(pe_call *call, const pe_value *args, int n, double power,
                                double less, double least, double *count)
{
    pei_spread s;
    pe_value error;
    if (!pei_spread_of(call, args, n, PEI_NUMBERS, &s, &error)) return error;
    if (s.count < least || s.squares == 0) return div0_error();
    double context[3] = {s.mean, pen_sqrt(s.squares / (s.count - less)), power};
    pei_total total;
    if (!pei_reduce(call, args, n, PEI_NUMBERS, scaled_power, context, &total)) return total.error;
    *count = s.count;
    return pe_number_checked(total.sum);
}

pe_value pei_fn_skew(pe_call *call, const pe_value *args, int n)
{
    double c = 0;
    pe_value sum = standard_moment(call, args, n, 3, 1, 3, &c);
    if (!pe_is_number(sum)) return sum;
    return pe_number_checked(pe_as_number(sum) * c / ((c - 1) * (c - 2)));
}

pe_value pei_fn_skew_p(pe_call *call, const pe_value *args, int n)
{
    double c = 0;
    pe_value sum = standard_moment(call, args, n, 3, 0, 3, &c);
    if (!pe_is_number(sum)) return sum;
    return pe_number_checked(pe_as_number(sum) / c);
}

pe_value pei_fn_kurt(pe_call *call, const pe_value *args, int n)
{
    double c = 0;
    pe_value sum = standard_moment(call, args, n, 4, 1, 4, &c);
    if (!pe_is_number(sum)) return sum;
    double scale = c * (c + 1) / ((c - 1) * (c - 2) * (c - 3));
    return pe_number_checked(pe_as_number(sum) * scale -
                             3 * (c - 1) * (c - 1) / ((c - 2) * (c - 3)));
}

static pe_value positive_mean(pe_call *call, const pe_value *args, int n, bool geometric)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args, n, PEI_NUMBERS, &list, &error)) return error;
    double sum = 0, count = (double)list.count;
    if (list.count == 0) return num_error();
    for (size_t i = 0; i < list.count; i++) {
        if (!(list.x[i] > 0)) return num_error();
        sum += geometric ? pen_log(list.x[i]) : 1.0 / list.x[i];
    }
    return pe_number_checked(geometric ? pen_exp(sum / count) : count / sum);
}

pe_value pei_fn_geomean(pe_call *call, const pe_value *args, int n)
{
    return positive_mean(call, args, n, true);
}

pe_value pei_fn_harmean(pe_call *call, const pe_value *args, int n)
{
    return positive_mean(call, args, n, false);
}

pe_value pei_fn_percentof(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_total part, whole;
    if (!pei_reduce(call, args, 1, PEI_NUMBERS, NULL, NULL, &part)) return part.error;
    if (!pei_reduce(call, args + 1, 1, PEI_NUMBERS, NULL, NULL, &whole)) return whole.error;
    return whole.sum == 0 ? div0_error() : pe_number_checked(part.sum / whole.sum);
}

/* ---- order statistics ------------------------------------------------------- */

static pe_value list_mean(const pei_list *list)
{
    double sum = 0;
    for (size_t i = 0; i < list->count; i++) sum += list->x[i];
    return list->count == 0 ? div0_error() : pe_number_checked(sum / (double)list->count);
}

static pe_value list_variance(const pei_list *list, double less, bool root)
{
    double n = (double)list->count, sum = 0;
    if (list->count == 0 || n <= less) return div0_error();
    double mean = pe_as_number(list_mean(list));
    for (size_t i = 0; i < list->count; i++) sum += (list->x[i] - mean) * (list->x[i] - mean);
    return pe_number_checked(root ? pen_sqrt(sum / (n - less)) : sum / (n - less));
}

/* An order statistic of a sorted list. */
static pe_value list_statistic(const pei_list *sorted, pei_statistic statistic, double k)
{
    pei_place place;
    if (!pei_place_of(statistic, k, sorted->count, &place)) return num_error();
    double x = sorted->x[place.index];
    if (place.part != 0) x = pei_between(x, sorted->x[place.index + 1], place.part);
    return pe_number_checked(x);
}

/* Where x starts in a sorted list. */
static size_t first_place(const pei_list *sorted, double x)
{
    size_t low = 0, high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted->x[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
/* x occurs `most` times, where nothing occurs more often. */
static bool occurs_most(const pei_list *sorted, double x, size_t most)
{
    size_t last = first_place(sorted, x) + most - 1;
    return last < sorted->count && sorted->x[last] == x;
}

static size_t most_occurrences(const pei_list *sorted)
{
    size_t most = 0, run = 0;
    for (size_t i = 0; i < sorted->count; i++) {
        run = i > 0 && sorted->x[i] == sorted->x[i - 1] ? run + 1 : 1;
        if (run > most) most = run;
    }
    return most;
}

/* The most frequent value that comes first; there must be a repeat. list keeps its order, sorted is
 * its copy. */
static pe_value list_mode(const pei_list *list, const pei_list *sorted)
{
    size_t most = most_occurrences(sorted);
    for (size_t i = 0; most > 1 && i < list->count; i++)
        if (occurs_most(sorted, list->x[i], most)) return pe_number_checked(list->x[i]);
    return pe_error(PE_ERROR_NA);
}

static bool sorted_copy(pe_call *call, const pei_list *list, pei_list *copy)
{
    *copy = *list;
    if (list->count == 0) return true;
    copy->x = pe_arena_push_raw(call->arena, list->count, sizeof(double));
    if (copy->x == NULL) return false;
    memcpy(copy->x, list->x, list->count * sizeof(double));
    pei_list_sort(copy);
    return true;
}

pe_value pei_list_function(pe_call *call, int function, pei_list *list, double k)
{
    double value = function == 6 ? 1 : 0;
    switch (function) {
    case 1:
        return list_mean(list);
    case 2:
        return pe_number((double)list->count);
    case 4:
    case 5:
        for (size_t i = 0; i < list->count; i++)
            if (i == 0 || (function == 4 ? list->x[i] > value : list->x[i] < value))
                value = list->x[i];
        return pe_number_checked(value);
    case 6:
        for (size_t i = 0; i < list->count; i++) value *= list->x[i];
        return pe_number_checked(list->count > 0 ? value : 0);
    case 7:
        return list_variance(list, 1, true);
    case 8:
        return list_variance(list, 0, true);
    case 9:
        for (size_t i = 0; i < list->count; i++) value += list->x[i];
        return pe_number_checked(value);
    case 10:
        return list_variance(list, 1, false);
    case 11:
        return list_variance(list, 0, false);
    default:
        break;
    }
    pei_list sorted;
    if (function == 13) /* the order decides between equals */
        return sorted_copy(call, list, &sorted) ? list_mode(list, &sorted) : num_error();
    if (function < PEI_MEDIAN || function > PEI_QUARTILE_EXC) return pe_error(PE_ERROR_VALUE);
    pei_list_sort(list);
    return list_statistic(list, (pei_statistic)function, k);
}

pe_value pei_fn_median(pe_call *call, const pe_value *args, int n)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args, n, PEI_NUMBERS, &list, &error)) return error;
    pei_list_sort(&list);
    return list_statistic(&list, PEI_MEDIAN, 0);
}

/* Unlike others, MODE takes no text or empty cell on its own, direct or by a reference to one cell.
 */
static bool has_lone_text(pe_call *call, const pe_value *args, int n)
{
    for (int i = 0; i < n; i++) {
        uint32_t rows, columns;
        pei_shape_of(args[i], &rows, &columns);
        pe_value v = rows == 1 && columns == 1 ? pe_to_scalar(call, args[i]) : pe_number(0);
        if (pe_is(v, PE_KIND_TEXT) || pe_is(v, PE_KIND_BLANK)) return true;
    }
    return false;
}

static pe_value mode(pe_call *call, const pe_value *args, int n, bool single)
{
    pei_list list, sorted;
    pe_value error;
    if (call->calc == NULL && has_lone_text(call, args, n)) return pe_error(PE_ERROR_VALUE);
    if (!pei_list_of(call, args, n, PEI_NUMBERS, &list, &error)) return error;
    if (!sorted_copy(call, &list, &sorted)) return num_error();
    /* of values that are as frequent Excel takes the first in the list, Calc the least */
    return list_mode(call->calc != NULL && !single ? &sorted : &list, &sorted);
}

pe_value pei_fn_mode(pe_call *call, const pe_value *args, int n)
{
    return mode(call, args, n, false);
}

pe_value pei_fn_mode_sngl(pe_call *call, const pe_value *args, int n)
{
    return mode(call, args, n, true);
}

pe_value pei_fn_mode_mult(pe_call *call, const pe_value *args, int n)
{
    pei_list list, sorted;
    pe_value error;
    if (!pei_list_of(call, args, n, PEI_NUMBERS, &list, &error)) return error;
    if (!sorted_copy(call, &list, &sorted)) return num_error();
    size_t most = most_occurrences(&sorted), count = 0;
    if (most < 2) return pe_error(PE_ERROR_NA);
    pe_array *modes = pe_new_array(call, (uint32_t)(list.count / most), 1);
    bool *taken = pe_arena_push(call->arena, list.count, sizeof(bool));
    if (modes == NULL || taken == NULL) return num_error();
    for (size_t i = 0; i < list.count; i++) {
        size_t place = first_place(&sorted, list.x[i]);
        if (taken[place]) continue;
        taken[place] = true;
        if (occurs_most(&sorted, list.x[i], most)) modes->cells[count++] = pe_number(list.x[i]);
    }
    modes->rows = (uint32_t)count;
    return pe_array_value(modes);
}

/* args: array, k */
static pe_value ordered(pe_call *call, const pe_value *args, int n, int function)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args, 1, PEI_NUMBERS, &list, &error)) return error;
    return pei_list_function(call, function, &list, pe_arg_number(args, n, 1, 0));
}

#define ORDERED_BODY(name, function)                                                               \
    pe_value pei_fn_##name(pe_call *call, const pe_value *args, int n)                             \
    {                                                                                              \
        return ordered(call, args, n, function);                                                   \
    }
ORDERED_BODY(large, PEI_LARGE)
ORDERED_BODY(small, PEI_SMALL)
ORDERED_BODY(percentile_inc, PEI_PERCENTILE_INC)
ORDERED_BODY(quartile_inc, PEI_QUARTILE_INC)
ORDERED_BODY(percentile_exc, PEI_PERCENTILE_EXC)
ORDERED_BODY(quartile_exc, PEI_QUARTILE_EXC)

static pe_value percentrank(pe_call *call, const pe_value *args, int n, bool exclusive)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args, 1, PEI_NUMBERS, &list, &error)) return error;
    double x = pe_arg_number(args, n, 1, 0), digits = pen_trunc(pe_arg_number(args, n, 2, 3));
    if (list.count == 0 || digits < 1) return num_error();
    pei_list_sort(&list);
    double count = (double)list.count;
    if (x < list.x[0] || x > list.x[list.count - 1]) return pe_error(PE_ERROR_NA);
    size_t below = 0;
    while (below < list.count && list.x[below] < x) below++;
    double rank = (double)below;
    if (list.x[below] != x)
        rank = rank - 1 + (x - list.x[below - 1]) / (list.x[below] - list.x[below - 1]);
    double share = exclusive ? (rank + 1) / (count + 1) : count > 1 ? rank / (count - 1) : 1.0;
    if (call->calc == NULL) return pe_number_checked(pe_round_decimal_down(share, digits));
    if (share > 0) digits -= pen_ceil(pen_log10(share)); /* Calc's are significant ones, rounded */
    return pe_number_checked(pe_round_decimal(share, digits));
}

pe_value pei_fn_percentrank_inc(pe_call *call, const pe_value *args, int n)
{
    return percentrank(call, args, n, false);
}
pe_value pei_fn_percentrank_exc(pe_call *call, const pe_value *args, int n)
{
    return percentrank(call, args, n, true);
}

static pe_value rank(pe_call *call, const pe_value *args, int n, bool average)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args + 1, 1, PEI_NUMBERS, &list, &error)) return error;
    double x = pe_arg_number(args, n, 0, 0), before = 0, equal = 0;
    bool upwards = pe_arg_number(args, n, 2, 0) != 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.x[i] == x) equal++;
        if (upwards ? list.x[i] < x : list.x[i] > x) before++;
    }
    if (equal == 0) return pe_error(PE_ERROR_NA);
    return pe_number(before + 1 + (average ? (equal - 1) / 2 : 0));
}

pe_value pei_fn_rank(pe_call *call, const pe_value *args, int n)
{
    return rank(call, args, n, false);
}
pe_value pei_fn_rank_avg(pe_call *call, const pe_value *args, int n)
{
    return rank(call, args, n, true);
}

pe_value pei_fn_trimmean(pe_call *call, const pe_value *args, int n)
{
    pei_list list;
    pe_value error;
    if (!pei_list_of(call, args, 1, PEI_NUMBERS, &list, &error)) return error;
    double share = pe_arg_number(args, n, 1, 0);
    if (share < 0 || share >= 1 || list.count == 0) return num_error();
    size_t cut = (size_t)pe_arith_int((double)list.count * share / 2);
    pei_list_sort(&list);
    list.x += cut;
    list.count -= 2 * cut;
    return list_mean(&list);
}

pe_value pei_fn_frequency(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    pei_list data, bins, sorted;
    pe_value error;
    if (!pei_list_of(call, args, 1, PEI_NUMBERS, &data, &error)) return error;
    if (!pei_list_of(call, args + 1, 1, PEI_NUMBERS, &bins, &error)) return error;
    if (!sorted_copy(call, &bins, &sorted)) return num_error();
    pe_array *counts = pe_new_array(call, (uint32_t)bins.count + 1, 1);
    if (counts == NULL) return num_error();
    pei_list_sort(&data);
    for (size_t i = 0; i <= bins.count; i++) counts->cells[i] = pe_number(0);
    size_t at = 0;
    for (size_t b = 0; b < sorted.count; b++) { /* a repeated bin gets nothing the second time */
        size_t start = at, slot = bins.x[b] == sorted.x[b] ? b : 0; /* mostly sorted already */
        while (at < data.count && data.x[at] <= sorted.x[b]) at++;
        while (bins.x[slot] != sorted.x[b]) slot++;
        if (at > start) counts->cells[slot] = pe_number((double)(at - start));
    }
    counts->cells[bins.count] = pe_number((double)(data.count - at));
    return pe_array_value(counts);
}

pe_value pei_fn_prob(pe_call *call, const pe_value *args, int n)
{
    pei_pairs pairs;
    pe_value error;
    if (!pei_pairs_of(call, args[0], args[1], &pairs, &error)) return error;
    double low = pe_arg_number(args, n, 2, 0), high = pe_arg_number(args, n, 3, low);
    double all = 0, sum = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        double p = pairs.y[i];
        if (p < 0 || p > 1) return num_error();
        all += p;
        if (pairs.x[i] >= low && pairs.x[i] <= high) sum += p;
    }
    if (pen_abs(all - 1) > 1e-7) return num_error();
    return pe_number_checked(sum);
}

/* ---- scalars ---------------------------------------------------------------- */

double pei_fn_standardize(const double *x, int n)
{
    PE_UNUSED(n);
    return x[2] > 0 ? (x[0] - x[1]) / x[2] : pe_error_double(PE_ERROR_NUM);
}

double pei_fn_fisher(const double *x, int n)
{
    PE_UNUSED(n);
    /* in this form, whose rounding errors near 0 Excel's results show */
    return pen_abs(x[0]) < 1 ? 0.5 * pen_log((1 + x[0]) / (1 - x[0]))
                             : pe_error_double(PE_ERROR_NUM);
}

double pei_fn_fisherinv(const double *x, int n)
{
    PE_UNUSED(n);
    return pen_tanh(x[0]);
}
