/* functions_conditional.c: SUMIF, COUNTIF, AVERAGEIF, MAXIFS and their kin. They walk the cells
 * that exist, never the whole of a whole-column range; empty cells are counted by arithmetic.
 * Matched values are added in the order of the cells. */
#include "functions_aggregate.h"
#include "functions_criterion.h"

#define CRITERIA_MAX 127

typedef struct criteria {
    pe_call *call;
    int count;
    uint32_t rows, columns;
    pe_area areas[CRITERIA_MAX];
    const pe_criterion *tests[CRITERIA_MAX];
} criteria;

static pe_value one_area(pe_value v, pe_area *area)
{
    if (pe_is_error(v)) return v;
    if (!pe_is(v, PE_KIND_REFERENCE)) return pe_error(PE_ERROR_VALUE);
    const pe_reference *reference = pe_as_pointer(v);
    *area = reference->areas[0];
    if (reference->area_count != 1 || area->sheet_first != area->sheet_last)
        return pe_error(PE_ERROR_VALUE);
    return pe_blank();
}

/* args: range, criterion, range, criterion ... Returns an error or blank. */
static pe_value criteria_read(pe_call *call, const pe_value *args, int n, criteria *c)
{
    c->call = call;
    c->count = 0;
    for (int i = 0; i + 1 < n; i += 2) {
        pe_area *area = &c->areas[c->count];
        pe_value error = one_area(args[i], area);
        if (pe_is_error(error)) return error;
        uint32_t rows = area->row_last - area->row_first + 1;
        uint32_t columns = area->column_last - area->column_first + 1;
        if (c->count == 0) {
            c->rows = rows;
            c->columns = columns;
        }
        if (rows != c->rows || columns != c->columns) return pe_error(PE_ERROR_VALUE);
        c->tests[c->count] = pe_criterion_new(call, args[i + 1]);
        if (c->tests[c->count] == NULL) return pe_error(PE_ERROR_NUM);
        c->count++;
    }
    return pe_blank();
}

static pe_value cell_of(pe_call *call, const pe_area *area, uint32_t row, uint32_t column)
{
    pe_cell_ref at = {area->sheet_first, area->row_first + row, area->column_first + column};
    return call->ops->cell(call, at);
}

/* The first `until` criteria, but for the one whose cell is already known to match. */
static bool others_match(const criteria *c, int known, int until, uint32_t row, uint32_t column)
{
    for (int i = 0; i < until; i++) {
        if (i == known) continue;
        if (!pe_criterion_match(c->tests[i], cell_of(c->call, &c->areas[i], row, column)))
            return false;
    }
    return true;
}

/* Visits, row by row, the offsets where all criteria hold. extra, if given, is walked instead where
 * every criterion takes empty cells: offsets without a value there are not visited. */
typedef bool (*visit_offset)(void *context, uint32_t row, uint32_t column);

static void criteria_walk(const criteria *c, const pe_area *extra, visit_offset visit,
                          void *context)
{
    int driver = -1;
    for (int i = 0; i < c->count && driver < 0; i++)
        if (!pei_criterion_takes_blank(c->tests[i])) driver = i;
    const pe_area *area = driver >= 0 ? &c->areas[driver] : extra;
    pe_cursor cursor = pe_cursor_of(*area);
    while (c->call->ops->next(c->call, &cursor)) {
        if (driver >= 0 && !pe_criterion_match(c->tests[driver], cursor.value)) continue;
        uint32_t row = cursor.at.row - area->row_first;
        uint32_t column = cursor.at.column - area->column_first;
        if (!others_match(c, driver, c->count, row, column)) continue;
        if (!visit(context, row, column)) return;
    }
}

/* ---- counting --------------------------------------------------------------- */

static bool count_offset(void *context, uint32_t row, uint32_t column)
{
    PE_UNUSED(row);
    PE_UNUSED(column);
    ++*(uint64_t *)context;
    return true;
}

/* Where empty cells match every criterion: all cells, less those that fail (each counted at its
 * first failure). */
static uint64_t count_with_blanks(const criteria *c)
{
    uint64_t count = (uint64_t)c->rows * c->columns;
    for (int i = 0; i < c->count; i++) {
        const pe_area *area = &c->areas[i];
        pe_cursor cursor = pe_cursor_of(*area);
        while (c->call->ops->next(c->call, &cursor)) {
            if (pe_criterion_match(c->tests[i], cursor.value)) continue;
            uint32_t row = cursor.at.row - area->row_first;
            uint32_t column = cursor.at.column - area->column_first;
            if (others_match(c, i, i, row, column)) count--;
        }
    }
    return count;
}

pe_value pei_fn_countifs(pe_call *call, const pe_value *args, int n)
{
    criteria c;
    pe_value error = criteria_read(call, args, n, &c);
    if (pe_is_error(error)) return error;
    bool blanks = true;
    for (int i = 0; i < c.count; i++) blanks = blanks && pei_criterion_takes_blank(c.tests[i]);
    uint64_t count = 0;
    if (blanks)
        count = count_with_blanks(&c);
    else
        criteria_walk(&c, NULL, count_offset, &count);
    return pe_number((double)count);
}

pe_value pei_fn_countif(pe_call *call, const pe_value *args, int n)
{
    return pei_fn_countifs(call, args, n);
}

/* ---- values of the matching cells ------------------------------------------- */

typedef struct matched {
    pe_call *call;
    pe_area values;
    double sum, least, most;
    uint64_t count;
    pe_value error;
} matched;

static bool take_value(void *context, uint32_t row, uint32_t column)
{
    matched *m = context;
    if (m->values.row_first + row >= PE_ROWS_MAX) return true;
    if (m->values.column_first + column >= PE_COLUMNS_MAX) return true;
    pe_value v = cell_of(m->call, &m->values, row, column);
    if (pe_is_error(v)) {
        m->error = v;
        return false;
    }
    if (!pe_is_number(v)) return true;
    double x = pe_as_number(v);
    m->sum += x;
    if (m->count == 0 || x < m->least) m->least = x;
    if (m->count == 0 || x > m->most) m->most = x;
    m->count++;
    return true;
}

/* False: m->error. The values' area takes its size from the criteria if `resize`, else must have
 * it. */
static bool match_values(pe_call *call, pe_value values, bool resize, const pe_value *pairs, int n,
                         matched *m)
{
    criteria c;
    memset(m, 0, sizeof *m);
    m->call = call;
    m->error = criteria_read(call, pairs, n, &c);
    if (!pe_is_error(m->error)) m->error = one_area(values, &m->values);
    if (pe_is_error(m->error)) return false;
    pe_area *area = &m->values;
    if (resize) {
        uint64_t row_last = (uint64_t)area->row_first + c.rows - 1;
        uint64_t column_last = (uint64_t)area->column_first + c.columns - 1;
        area->row_last = row_last < PE_ROWS_MAX ? (uint32_t)row_last : PE_ROWS_MAX - 1;
        area->column_last =
            column_last < PE_COLUMNS_MAX ? (uint32_t)column_last : PE_COLUMNS_MAX - 1;
    } else if (area->row_last - area->row_first + 1 != c.rows ||
               area->column_last - area->column_first + 1 != c.columns) {
        m->error = pe_error(PE_ERROR_VALUE);
        return false;
    }
    criteria_walk(&c, &m->values, take_value, m);
    return !pe_is_error(m->error);
}

static pe_value mean_of(const matched *m)
{
    if (m->count == 0) return pe_error(PE_ERROR_DIV0);
    return pe_number_checked(m->sum / (double)m->count);
}

pe_value pei_fn_sumif(pe_call *call, const pe_value *args, int n)
{
    matched m;
    pe_value values = pe_arg_given(args, n, 2) ? args[2] : args[0];
    if (!match_values(call, values, true, args, 2, &m)) return m.error;
    return pe_number_checked(m.sum);
}

pe_value pei_fn_averageif(pe_call *call, const pe_value *args, int n)
{
    matched m;
    pe_value values = pe_arg_given(args, n, 2) ? args[2] : args[0];
    if (!match_values(call, values, true, args, 2, &m)) return m.error;
    return mean_of(&m);
}

pe_value pei_fn_sumifs(pe_call *call, const pe_value *args, int n)
{
    matched m;
    if (!match_values(call, args[0], false, args + 1, n - 1, &m)) return m.error;
    return pe_number_checked(m.sum);
}

pe_value pei_fn_averageifs(pe_call *call, const pe_value *args, int n)
{
    matched m;
    if (!match_values(call, args[0], false, args + 1, n - 1, &m)) return m.error;
    return mean_of(&m);
}

pe_value pei_fn_maxifs(pe_call *call, const pe_value *args, int n)
{
    matched m;
    if (!match_values(call, args[0], false, args + 1, n - 1, &m)) return m.error;
    return pe_number_checked(m.most);
}

pe_value pei_fn_minifs(pe_call *call, const pe_value *args, int n)
{
    matched m;
    if (!match_values(call, args[0], false, args + 1, n - 1, &m)) return m.error;
    return pe_number_checked(m.least);
}
