/* functions_database.c: DSUM and its family: records of a table that meet a table of criteria.
 * Criteria in one row must all hold, one of the rows must; a text without an operator matches what
 * begins with it (not under Calc's rules). */
#include "functions_internal.h"
#include "functions_match.h"

#define RULES_MAX 4096 /* criteria cells that are not blank */

typedef struct rule {
    uint32_t row, column; /* of the criteria table; of the database */
    const pe_criterion *criterion;
} rule;

typedef struct query {
    pei_table data, criteria;
    uint32_t record_end; /* rows of the database that are used, the header included */
    uint32_t field;      /* column; UINT32_MAX: none, whole records are counted */
    rule *rules;         /* by row */
    uint32_t rule_count;
    bool all; /* a row of criteria is blank: every record matches */
} query;

static bool same_name(pe_value a, pe_value b)
{
    if (pe_kind_of(a) == PE_KIND_TEXT && pe_kind_of(b) == PE_KIND_TEXT)
        return pe_compare_text(pe_as_text(a), pe_as_text(b)) == 0;
    return pe_is_number(a) && pe_is_number(b) && pe_as_number(a) == pe_as_number(b);
}

static uint32_t column_of(const pei_table *data, pe_value name)
{
    for (uint32_t c = 0; c < data->columns; c++)
        if (same_name(pei_table_at(data, 0, c), name)) return c;
    return UINT32_MAX;
}

/* "Pear" means "Pear*" here; ">3", "=x" and numbers stay. To Calc texts are what its options say,
 * and a number is its text, which sees texts, too. */
static pe_value begins_with(pe_call *call, pe_value v)
{
    if (call->calc != NULL) return pe_is_number(v) ? pe_to_text(call, v) : v;
    if (pe_kind_of(v) != PE_KIND_TEXT) return v;
    const pe_text *text = pe_as_text(v);
    if (text->length == 0 || strchr("=<>", text->bytes[0]) != NULL) return v;
    if (pe_is_number(pe_to_number(call, v))) return v;
    char *bytes = pe_arena_push(call->arena, (size_t)text->length + 2, 1);
    if (bytes == NULL) return v;
    memcpy(bytes, text->bytes, text->length);
    bytes[text->length] = '*';
    return pe_make_text(call, bytes, (size_t)text->length + 1);
}

static bool read_rules(pe_call *call, query *q, pe_value *error)
{
    q->rules = PE_PUSH(call->arena, rule, RULES_MAX);
    *error = pe_error(PE_ERROR_NUM);
    if (q->rules == NULL) return false;
    for (uint32_t r = 1; r < q->criteria.rows; r++) {
        uint32_t before = q->rule_count;
        for (uint32_t c = 0; c < q->criteria.columns; c++) {
            pe_value v = pei_table_at(&q->criteria, r, c), name = pei_table_at(&q->criteria, 0, c);
            bool empty = pe_is(v, PE_KIND_TEXT) && pe_as_text(v)->length == 0;
            if (pe_kind_of(v) == PE_KIND_BLANK || (empty && call->calc != NULL)) continue;
            uint32_t column = column_of(&q->data, name);
            *error = pe_error(PE_ERROR_VALUE); /* a computed criterion */
            if (column == UINT32_MAX || q->rule_count == RULES_MAX) return false;
            const pe_criterion *criterion = pe_criterion_new(call, begins_with(call, v));
            if (criterion == NULL) return false;
            q->rules[q->rule_count++] = (rule){r, column, criterion};
        }
        if (q->rule_count == before) q->all = true;
    }
    return true;
}

static bool query_of(pe_call *call, const pe_value *args, query *q, pe_value *error)
{
    memset(q, 0, sizeof *q);
    if (!pei_table_of(call, args[0], &q->data, error)) return false;
    if (!pei_table_of(call, args[2], &q->criteria, error)) return false;
    q->record_end = q->data.rows;
    if (q->data.is_area) {
        pe_area used = call->ops->used(call, q->data.area);
        uint32_t end = used.row_last + 1 - q->data.area.row_first;
        if (used.row_last >= q->data.area.row_first && end < q->record_end) q->record_end = end;
    }
    *error = pe_error(PE_ERROR_VALUE);
    pe_kind kind = pe_kind_of(args[1]);
    q->field = UINT32_MAX;
    if (kind == PE_KIND_TEXT) {
        q->field = column_of(&q->data, args[1]);
        if (q->field == UINT32_MAX) return false;
    } else if (kind == PE_KIND_NUMBER) {
        double at = pen_trunc(pe_as_number(args[1]));
        if (!(at >= 1 && at <= q->data.columns)) return false;
        q->field = (uint32_t)at - 1;
    } else if (kind != PE_KIND_BLANK && kind != PE_KIND_OMITTED) {
        return false;
    }
    return read_rules(call, q, error);
}

static bool record_matches(const query *q, uint32_t record)
{
    if (q->all) return true;
    for (uint32_t i = 0; i < q->rule_count;) {
        uint32_t row = q->rules[i].row;
        bool holds = true;
        for (; i < q->rule_count && q->rules[i].row == row; i++)
            holds = holds && pe_criterion_match(q->rules[i].criterion,
                                                pei_table_at(&q->data, record, q->rules[i].column));
        if (holds) return true;
    }
    return false;
}

/* What the matching records' field holds. */
typedef struct found {
    double *numbers;
    size_t count, records, filled; /* numbers; records; fields that are not blank */
    pe_value first, error; /* error: the first error among the fields; a number where none */
} found;

static bool collect(pe_call *call, const query *q, found *f)
{
    memset(f, 0, sizeof *f);
    f->first = pe_blank();
    f->error = pe_number(0);
    f->numbers = PE_PUSH(call->arena, double, (size_t)q->record_end + 1);
    if (f->numbers == NULL) return false;
    for (uint32_t r = 1; r < q->record_end; r++) {
        if (!record_matches(q, r)) continue;
        f->records++;
        if (q->field == UINT32_MAX) continue;
        pe_value v = pei_table_at(&q->data, r, q->field);
        if (f->records == 1) f->first = v;
        if (pe_kind_of(v) != PE_KIND_BLANK) f->filled++;
        if (pe_is_error(v) && pe_is_number(f->error)) f->error = v;
        if (pe_is_number(v)) f->numbers[f->count++] = pe_as_number(v);
    }
    return true;
}

typedef enum fold {
    FOLD_SUM,
    FOLD_AVERAGE,
    FOLD_MAX,
    FOLD_MIN,
    FOLD_PRODUCT,
    FOLD_STDEV,
    FOLD_STDEVP,
    FOLD_VAR,
    FOLD_VARP
} fold;

static double sum_of(const found *f)
{
    double sum = 0;
    for (size_t i = 0; i < f->count; i++) sum += f->numbers[i];
    return sum;
}

static pe_value spread(const found *f, bool population, bool root)
{
    double n = (double)f->count, divisor = population ? n : n - 1;
    if (divisor <= 0) return pe_error(PE_ERROR_DIV0);
    double mean = sum_of(f) / n, squares = 0;
    for (size_t i = 0; i < f->count; i++)
        squares += (f->numbers[i] - mean) * (f->numbers[i] - mean);
    return pe_number_checked(root ? pen_sqrt(squares / divisor) : squares / divisor);
}

static pe_value largest(const found *f, bool least)
{
    double best = f->count > 0 ? f->numbers[0] : 0;
    for (size_t i = 1; i < f->count; i++)
        best = (least ? f->numbers[i] < best : f->numbers[i] > best) ? f->numbers[i] : best;
    return pe_number(best);
}

static pe_value product_of(const found *f)
{
    double product = f->count > 0 ? 1 : 0;
    for (size_t i = 0; i < f->count; i++) product *= f->numbers[i];
    return pe_number_checked(product);
}

static pe_value folded(pe_call *call, const pe_value *args, fold how)
{
    query q;
    found f;
    pe_value error;
    if (!query_of(call, args, &q, &error)) return error;
    if (q.field == UINT32_MAX) return pe_error(PE_ERROR_VALUE);
    if (!collect(call, &q, &f)) return pe_error(PE_ERROR_NUM);
    if (!pe_is_number(f.error)) return f.error;
    switch (how) {
    case FOLD_SUM:
        return pe_number_checked(sum_of(&f));
    case FOLD_AVERAGE:
        return f.count > 0 ? pe_number_checked(sum_of(&f) / (double)f.count)
                           : pe_error(PE_ERROR_DIV0);
    case FOLD_MAX:
        return largest(&f, false);
    case FOLD_MIN:
        return largest(&f, true);
    case FOLD_PRODUCT:
        return product_of(&f);
    case FOLD_STDEV:
        return spread(&f, false, true);
    case FOLD_STDEVP:
        return spread(&f, true, true);
    case FOLD_VAR:
        return spread(&f, false, false);
    case FOLD_VARP:
        return spread(&f, true, false);
    }
    return pe_error(PE_ERROR_VALUE);
}

#define FOLDED(NAME, how)                                                                          \
    pe_value pei_fn_##NAME(pe_call *call, const pe_value *args, int n)                             \
    {                                                                                              \
        PE_UNUSED(n);                                                                              \
        return folded(call, args, how);                                                            \
    }
FOLDED(DSUM, FOLD_SUM)
FOLDED(DAVERAGE, FOLD_AVERAGE)
FOLDED(DMAX, FOLD_MAX)
FOLDED(DMIN, FOLD_MIN)
FOLDED(DPRODUCT, FOLD_PRODUCT)
FOLDED(DSTDEV, FOLD_STDEV)
FOLDED(DSTDEVP, FOLD_STDEVP)
FOLDED(DVAR, FOLD_VAR)
FOLDED(DVARP, FOLD_VARP)

static pe_value counted(pe_call *call, const pe_value *args, bool numbers)
{
    query q;
    found f;
    pe_value error;
    if (!query_of(call, args, &q, &error)) return error;
    if (!collect(call, &q, &f)) return pe_error(PE_ERROR_NUM);
    if (q.field == UINT32_MAX) return pe_number((double)f.records);
    return pe_number((double)(numbers ? f.count : f.filled));
}

pe_value pei_fn_DCOUNT(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return counted(call, args, true);
}

pe_value pei_fn_DCOUNTA(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(n);
    return counted(call, args, false);
}

pe_value pei_fn_DGET(pe_call *call, const pe_value *args, int n)
{
    query q;
    found f;
    pe_value error;
    PE_UNUSED(n);
    if (!query_of(call, args, &q, &error)) return error;
    if (q.field == UINT32_MAX) return pe_error(PE_ERROR_VALUE);
    if (!collect(call, &q, &f)) return pe_error(PE_ERROR_NUM);
    if (f.records != 1) return pe_error(f.records == 0 ? PE_ERROR_VALUE : PE_ERROR_NUM);
    return f.first;
}
