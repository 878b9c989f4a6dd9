/* functions_math2.c: mathematics over lists of numbers, numerals in other bases, Roman numerals. */
#include "functions_aggregate.h"
#include "functions_arithmetic.h"

/* ---- integers in lists ------------------------------------------------------ */

/* The integers of GCD, LCM and MULTINOMIAL: texts inside ranges are errors here, or under Calc's
 * rules skipped like blanks. */
typedef struct integers {
    pe_call *call;
    double result, extra;
    uint64_t visited;
    pe_value error;
    bool failed;
    bool (*step)(struct integers *list, double x);
} integers;

static bool visit_integer(void *context, pe_value value, bool direct)
{
    integers *list = context;
    list->visited++;
    if (!direct && list->call->calc != NULL && pe_is(value, PE_KIND_TEXT)) return true;
    pe_value number = pe_is(value, PE_KIND_OMITTED) ? pe_number(0) : value;
    if (pe_is(value, PE_KIND_BOOLEAN)) number = pe_error(PE_ERROR_VALUE);
    if (pe_is(value, PE_KIND_TEXT)) number = pe_to_number(list->call, value);
    if (pe_is_number(number)) {
        double x = pen_trunc(pe_as_number(number));
        if (x >= 0 && x < 0x1p53 && list->step(list, x)) return true;
        number = pe_error(PE_ERROR_NUM);
    }
    list->error = number;
    list->failed = true;
    return false;
}

static pe_value over_integers(pe_call *call, const pe_value *args, int n, double start,
                              bool (*step)(integers *list, double x))
{
    integers list = {.call = call, .result = start, .step = step};
    for (int i = 0; i < n && !list.failed; i++) {
        uint32_t rows, columns;
        pei_shape_of(args[i], &rows, &columns);
        list.visited = 0;
        pe_each_value(call, args[i], visit_integer, &list);
        /* empty cells are zeros, but not Calc's, and one is as good as many */
        if (call->calc == NULL && list.visited < (uint64_t)rows * columns && !list.failed)
            step(&list, 0);
    }
    return list.failed ? list.error : pe_number_checked(list.result);
}

static double gcd_of(double a, double b)
{
    while (b != 0) {
        double r = pe_arith_mod(a, b);
        if (!pen_is_finite(r)) { /* a quotient beyond MOD's own limit */
            uint64_t x = (uint64_t)a, y = (uint64_t)b;
            r = (double)(x % y);
        }
        a = b;
        b = r;
    }
    return a;
}

static bool gcd_step(integers *list, double x)
{
    list->result = gcd_of(list->result, x);
    return true;
}

static bool lcm_step(integers *list, double x)
{
    double common = gcd_of(list->result, x);
    list->result = common == 0 ? 0.0 : list->result / common * x;
    return list->result < 0x1p53 || list->call->calc != NULL;
}

static bool multinomial_step(integers *list, double x)
{
    /* times (so far + x) over x, by the smaller of the two: a large one overflows within some
     * thousand steps */
    double total = list->extra + x, few = list->extra < x ? list->extra : x;
    for (double i = 1; i <= few; i++) {
        list->result = list->result * (total - few + i) / i;
        if (!pen_is_finite(list->result)) return false;
    }
    list->extra = total;
    return true;
}

pe_value pei_fn_gcd(pe_call *call, const pe_value *args, int n)
{
    return over_integers(call, args, n, 0, gcd_step);
}

pe_value pei_fn_lcm(pe_call *call, const pe_value *args, int n)
{
    return over_integers(call, args, n, 1, lcm_step);
}

pe_value pei_fn_multinomial(pe_call *call, const pe_value *args, int n)
{
    return over_integers(call, args, n, 1, multinomial_step);
}

/* ---- sums ------------------------------------------------------------------- */

static pe_value reduced(pe_call *call, const pe_value *args, int n,
                        double (*map)(const void *context, double x))
{
    pei_total total;
    if (!pei_reduce(call, args, n, PEI_NUMBERS, map, NULL, &total)) return total.error;
    return pe_number_checked(total.sum);
}

static double square(const void *context, double x)
{
    PE_UNUSED(context);
    return x * x;
}

pe_value pei_fn_sum(pe_call *call, const pe_value *args, int n)
{
    return reduced(call, args, n, NULL);
}

pe_value pei_fn_sumsq(pe_call *call, const pe_value *args, int n)
{
    return reduced(call, args, n, square);
}

typedef struct product {
    pe_call *call;
    double value;
    bool any, failed;
    pe_value error;
} product;

static bool multiply(void *context, pe_value value, bool direct)
{
    product *p = context;
    double x = 1;
    int state = pei_number_of(p->call, value, direct, PEI_NUMBERS, &x, &p->error);
    if (state > 0 && !pe_is(value, PE_KIND_OMITTED)) {
        p->value *= x;
        p->any = true;
    }
    p->failed = state < 0;
    return !p->failed;
}

pe_value pei_fn_product(pe_call *call, const pe_value *args, int n)
{
    product p = {.call = call, .value = 1};
    for (int i = 0; i < n && !p.failed; i++) pe_each_value(call, args[i], multiply, &p);
    if (p.failed) return p.error;
    return p.any ? pe_number_checked(p.value) : pe_number(0);
}

/* One factor of SUMPRODUCT; cells beyond what the sheet uses are zeros. */
typedef struct factor {
    const pe_array *array;
    uint32_t rows, columns;
} factor;

static bool factor_at(const factor *f, uint32_t row, uint32_t column, double *x, pe_value *error)
{
    *x = 0;
    if (row >= f->array->rows || column >= f->array->columns) return true;
    pe_value v = f->array->cells[(size_t)row * f->array->columns + column];
    if (pe_is_number(v)) *x = pe_as_number(v);
    if (!pe_is_error(v)) return true;
    *error = v;
    return false;
}

pe_value pei_fn_sumproduct(pe_call *call, const pe_value *args, int n)
{
    factor *factors = pe_arena_push(call->arena, (size_t)n, sizeof(factor));
    if (factors == NULL) return pe_error(PE_ERROR_NUM);
    uint32_t rows = UINT32_MAX, columns = UINT32_MAX;
    for (int i = 0; i < n; i++) {
        pe_value error;
        pei_shape_of(args[i], &factors[i].rows, &factors[i].columns);
        factors[i].array = pe_to_array(call, args[i], &error);
        if (factors[i].array == NULL) return error;
        if (factors[i].rows != factors[0].rows || factors[i].columns != factors[0].columns)
            return pe_error(PE_ERROR_VALUE);
        if (factors[i].array->rows < rows) rows = factors[i].array->rows;
        if (factors[i].array->columns < columns) columns = factors[i].array->columns;
    }
    pe_value first_error = pe_blank();
    bool lone = rows == 1 && columns == 1 && call->calc == NULL;
    for (int i = 0; i < n && lone; i++) /* a lone text is no number */
        if (pe_is(factors[i].array->cells[0], PE_KIND_TEXT)) return pe_error(PE_ERROR_VALUE);
    for (int i = 0; i < n; i++) { /* an error anywhere counts, left-most argument first */
        size_t count = (size_t)factors[i].array->rows * factors[i].array->columns;
        for (size_t j = 0; j < count; j++)
            if (pe_is_error(factors[i].array->cells[j])) return factors[i].array->cells[j];
    }
    double sum = 0;
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < columns; c++) {
            double term = 0, x;
            factor_at(&factors[0], r, c, &term, &first_error);
            for (int i = 1; i < n; i++) {
                factor_at(&factors[i], r, c, &x, &first_error);
                term *= x;
            }
            sum += term;
        }
    }
    return pe_number_checked(sum);
}

/* Empty cells as 0 and texts as the numbers they show: Calc's difference of arrays has them so. */
static pe_value filled(pe_call *call, pe_value v)
{
    pe_value error;
    const pe_array *from = pe_to_array(call, v, &error);
    pe_array *to = from != NULL ? pe_new_array(call, from->rows, from->columns) : NULL;
    if (from == NULL) return error;
    if (to == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < (size_t)to->rows * to->columns; i++)
        to->cells[i] = pe_to_number(call, from->cells[i]);
    return pe_box_pointer(PE_KIND_ARRAY, to);
}

/* Calc's pairs are of the same shape. */
static bool same_shape(pe_value a, pe_value b)
{
    uint32_t ra, ca, rb, cb;
    pei_shape_of(a, &ra, &ca);
    pei_shape_of(b, &rb, &cb);
    return ra == rb && ca == cb;
}

static pe_value over_pairs(pe_call *call, const pe_value *args, double (*term)(double x, double y))
{
    pei_pairs pairs;
    pe_value error;
    if (call->calc != NULL && !same_shape(args[0], args[1])) return pe_error(PE_ERROR_VALUE);
    if (!pei_pairs_of(call, args[0], args[1], &pairs, &error)) return error;
    if (pairs.count == 0 && call->calc == NULL) return pe_error(PE_ERROR_DIV0);
    double sum = 0;
    for (size_t i = 0; i < pairs.count; i++) sum += term(pairs.x[i], pairs.y[i]);
    return pe_number_checked(sum);
}

static double term_x2my2(double x, double y)
{
    return x * x - y * y;
}
static double term_x2py2(double x, double y)
{
    return x * x + y * y;
}
static double term_xmy2(double x, double y)
{
    return (x - y) * (x - y);
}

pe_value pei_fn_sumx2my2(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return over_pairs(call, args, term_x2my2);
}

pe_value pei_fn_sumx2py2(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return over_pairs(call, args, term_x2py2);
}

pe_value pei_fn_sumxmy2(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    if (call->calc == NULL) return over_pairs(call, args, term_xmy2);
    const pe_value both[2] = {filled(call, args[0]), filled(call, args[1])};
    return over_pairs(call, both, term_xmy2);
}

pe_value pei_fn_seriessum(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    double x = pe_arg_number(args, n, 0, 0), power = pe_arg_number(args, n, 1, 0);
    double step = pe_arg_number(args, n, 2, 0), sum = 0;
    pe_value error;
    const pe_array *coefficients = pe_to_array(call, args[3], &error);
    if (coefficients == NULL) return error;
    size_t count = (size_t)coefficients->rows * coefficients->columns;
    for (size_t i = 0; i < count; i++) {
        pe_value v =
            pe_is(coefficients->cells[i], PE_KIND_BLANK) ? pe_number(0) : coefficients->cells[i];
        if (pe_is_error(v)) return v;
        if (call->calc != NULL && pe_is(v, PE_KIND_TEXT)) v = pe_number(0);
        if (!pe_is_number(v)) return pe_error(PE_ERROR_VALUE);
        double e = power + (double)i * step;
        pe_value p = pe_number_checked(x == 0 && e == 0 ? 1.0 : pe_arith_pow(x, e));
        if (pe_is_error(p)) return p;
        sum += pe_as_number(v) * pe_as_number(p);
    }
    return pe_number_checked(sum);
}

/* No booleans, unlike others: hence no plain numeric body. */
pe_value pei_fn_quotient(pe_call *call, const pe_value *args, int n)
{
    pe_value x[2];
    for (int i = 0; i < 2; i++) {
        if (pe_is(args[i], PE_KIND_BOOLEAN)) return pe_error(PE_ERROR_VALUE);
        x[i] = pe_arg_given(args, n, i) ? pe_to_number(call, args[i]) : pe_number(0);
        if (!pe_is_number(x[i])) return x[i];
    }
    if (pe_as_number(x[1]) == 0) return pe_error(PE_ERROR_DIV0);
    double quotient = pe_as_number(x[0]) / pe_as_number(x[1]);
    if (call->calc != NULL) quotient = pei_calc_approximate(quotient);
    return pe_number_checked(pen_trunc(quotient));
}

/* ---- numerals --------------------------------------------------------------- */

pe_value pei_fn_roman(pe_call *call, const pe_value *args, int n)
{
    static const char letters[] = "MDCLXVI";
    static const int values[] = {1000, 500, 100, 50, 10, 5, 1};
    double number = pen_trunc(pe_arg_number(args, n, 0, 0));
    pe_value style = pe_arg_given(args, n, 1) ? args[1] : pe_number(0);
    if (pe_is(style, PE_KIND_BOOLEAN)) style = pe_number(pe_as_boolean(style) ? 0 : 4);
    if (!pe_is_number(style)) style = pe_to_number(call, style);
    if (!pe_is_number(style)) return style;
    double form = pen_trunc(pe_as_number(style));
    if (number < 0 || number > 3999 || form < 0 || form > 4) return pe_error(PE_ERROR_VALUE);
    char out[64];
    size_t length = 0;
    int rest = (int)number;
    for (int i = 0; i < 4; i++) {
        int unit = 2 * i, digit = rest / values[unit];
        if (digit % 5 == 4) {
            /* a concise form subtracts a smaller letter as long as the rest allows, `form` steps at
             * most */
            int from = digit == 4 ? unit - 1 : unit - 2;
            for (int step = 0; step < (int)form && unit < 6; step++) {
                if (values[from] - values[unit + 1] > rest) break;
                unit++;
            }
            out[length++] = letters[unit];
            out[length++] = letters[from];
            rest += values[unit] - values[from];
        } else {
            if (digit > 4) out[length++] = letters[unit - 1];
            for (int j = digit % 5; j > 0; j--) out[length++] = letters[unit];
            rest %= values[unit];
        }
    }
    return pe_make_text(call, out, length);
}

static int roman_value(char letter)
{
    switch (letter | 32) {
    case 'i':
        return 1;
    case 'v':
        return 5;
    case 'x':
        return 10;
    case 'l':
        return 50;
    case 'c':
        return 100;
    case 'd':
        return 500;
    case 'm':
        return 1000;
    default:
        return 0;
    }
}

pe_value pei_fn_arabic(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    if (pe_is(args[0], PE_KIND_OMITTED)) return pe_number(0);
    const pe_text *text = pe_as_text(args[0]);
    uint32_t start = 0, end = text->length;
    while (start < end && text->bytes[start] == ' ') start++;
    while (end > start && text->bytes[end - 1] == ' ') end--;
    bool negative = start < end && text->bytes[start] == '-';
    if (negative && call->calc != NULL) return pe_error(PE_ERROR_VALUE);
    if (negative) start++;
    if (end - start > 255) return pe_error(PE_ERROR_VALUE);
    double sum = 0;
    int largest = 0;
    for (uint32_t i = end; i > start; i--) {
        int value = roman_value(text->bytes[i - 1]);
        if (value == 0) return pe_error(PE_ERROR_VALUE);
        sum += value < largest ? -value : value;
        if (value > largest) largest = value;
    }
    return pe_number_checked(negative ? -sum : sum);
}

pe_value pei_fn_base(pe_call *call, const pe_value *args, int n)
{
    double number = pen_trunc(pe_arg_number(args, n, 0, 0));
    double radix = pen_trunc(pe_arg_number(args, n, 1, 0));
    double least = pen_trunc(pe_arg_number(args, n, 2, 0));
    bool good =
        number >= 0 && number < 0x1p53 && radix >= 2 && radix <= 36 && least >= 0 && least <= 255;
    if (!good) return pe_error(PE_ERROR_NUM);
    char out[256];
    size_t at = sizeof out;
    uint64_t rest = (uint64_t)number, base = (uint64_t)radix;
    while (rest > 0 || at == sizeof out || sizeof out - at < (size_t)least) {
        out[--at] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % base];
        rest /= base;
    }
    return pe_make_text(call, out + at, sizeof out - at);
}

pe_value pei_fn_decimal(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    double radix = pen_trunc(pe_arg_number(args, n, 1, 0)), sum = 0;
    if (radix < 2 || radix > 36) return pe_error(PE_ERROR_NUM);
    if (pe_is(args[0], PE_KIND_OMITTED)) return pe_number(0);
    const pe_text *text = pe_as_text(args[0]);
    uint32_t i = 0, end = text->length;
    while (i < end && text->bytes[i] == ' ') i++;
    if (end > 255) return pe_error(PE_ERROR_VALUE);
    if (radix == 16 && end - i > 1 && text->bytes[i] == '0' && (text->bytes[i + 1] | 32) == 'x')
        i += 2;
    for (; i < end; i++) {
        char c = (char)(text->bytes[i] | 32);
        int digit = c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
        if (text->bytes[i] >= '0' && text->bytes[i] <= '9') digit = text->bytes[i] - '0';
        bool suffix = i + 1 == end && ((radix == 2 && c == 'b') || (radix == 16 && c == 'h'));
        if (suffix) break;
        if (digit < 0 || digit >= (int)radix) return pe_error(PE_ERROR_NUM);
        sum = sum * radix + digit;
    }
    return pe_number_checked(sum);
}
