/* functions_match.c: looking a value up in one row or column. Values of different types are never
 * equal and are ordered numbers, texts, FALSE, TRUE; texts compare without case, numbers as the
 * operators compare them. */
#include "functions_match.h"
#include "functions_pattern.h"

#include <utf8proc.h>

bool pei_table_of(pe_call *call, pe_value v, pei_table *table, pe_value *error)
{
    memset(table, 0, sizeof *table);
    table->call = call;
    if (pe_kind_of(v) == PE_KIND_REFERENCE) {
        const pe_reference *reference = pe_as_pointer(v);
        const pe_area *area = &reference->areas[0];
        if (reference->area_count != 1 || area->sheet_first != area->sheet_last) {
            *error = pe_error(PE_ERROR_VALUE);
            return false;
        }
        table->is_area = true;
        table->area = *area;
        table->rows = area->row_last - area->row_first + 1;
        table->columns = area->column_last - area->column_first + 1;
        return true;
    }
    if (pe_is_error(v)) {
        *error = v;
        return false;
    }
    if (pe_kind_of(v) == PE_KIND_OMITTED) v = pe_blank();
    if (pe_kind_of(v) != PE_KIND_ARRAY) {
        pe_array *single = pe_new_array(call, 1, 1);
        if (single == NULL) {
            *error = pe_error(PE_ERROR_NUM);
            return false;
        }
        single->cells[0] = v;
        table->array = single;
    } else {
        table->array = pe_as_array(v);
    }
    table->rows = table->array->rows;
    table->columns = table->array->columns;
    return true;
}

static pei_vector area_vector(const pei_table *table, pe_area line, bool vertical)
{
    pei_vector v = {.call = table->call, .is_area = true, .vertical = vertical, .area = line};
    v.count = vertical ? table->rows : table->columns;
    v.used = v.count;
    if (v.count > 64) { /* short ones are not worth the question */
        pe_area used = table->call->ops->used(table->call, line);
        uint32_t end = vertical ? used.row_last + 1 : used.column_last + 1;
        uint32_t start = vertical ? line.row_first : line.column_first;
        if (end > start && end - start < v.count) v.used = end - start;
    }
    return v;
}

pei_vector pei_table_column(const pei_table *table, uint32_t column)
{
    if (table->is_area) {
        pe_area line = table->area;
        line.column_first = line.column_last = table->area.column_first + column;
        return area_vector(table, line, true);
    }
    pei_vector v = {.call = table->call,
                    .vertical = true,
                    .array = table->array,
                    .offset = column,
                    .stride = table->columns,
                    .count = table->rows,
                    .used = table->rows};
    return v;
}

pei_vector pei_table_row(const pei_table *table, uint32_t row)
{
    if (table->is_area) {
        pe_area line = table->area;
        line.row_first = line.row_last = table->area.row_first + row;
        return area_vector(table, line, false);
    }
    pei_vector v = {.call = table->call,
                    .array = table->array,
                    .offset = row * table->columns,
                    .stride = 1,
                    .count = table->columns,
                    .used = table->columns};
    return v;
}

pei_vector pei_table_edge(const pei_table *table, bool far_side)
{
    if (table->rows >= table->columns)
        return pei_table_column(table, far_side ? table->columns - 1 : 0);
    return pei_table_row(table, far_side ? table->rows - 1 : 0);
}

bool pei_table_vector(const pei_table *table, pei_vector *vector)
{
    if (table->rows != 1 && table->columns != 1) return false;
    *vector = table->columns == 1 ? pei_table_column(table, 0) : pei_table_row(table, 0);
    return true;
}

pe_value pei_table_at(const pei_table *table, uint32_t row, uint32_t column)
{
    if (!table->is_area) return table->array->cells[(size_t)row * table->columns + column];
    pe_cell_ref at = {table->area.sheet_first, table->area.row_first + row,
                      table->area.column_first + column};
    return table->call->ops->cell(table->call, at);
}

pe_value pei_table_part(const pei_table *table, uint32_t row, uint32_t column, uint32_t rows,
                        uint32_t columns)
{
    if (table->is_area) {
        pe_area part = table->area;
        part.row_first += row;
        part.row_last = part.row_first + rows - 1;
        part.column_first += column;
        part.column_last = part.column_first + columns - 1;
        return pe_area_value(table->call, part);
    }
    pe_array *part = pe_new_array(table->call, rows, columns);
    if (part == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < rows; r++) {
        const pe_value *from = &table->array->cells[(size_t)(row + r) * table->columns + column];
        memcpy(&part->cells[(size_t)r * columns], from, columns * sizeof *from);
    }
    return pe_array_value(part);
}

pe_value pei_vector_at(const pei_vector *v, uint32_t index)
{
    if (!v->is_area) return v->array->cells[v->offset + (size_t)index * v->stride];
    pe_cell_ref at = {v->area.sheet_first, v->area.row_first + (v->vertical ? index : 0),
                      v->area.column_first + (v->vertical ? 0 : index)};
    return v->call->ops->cell(v->call, at);
}

/* ---- wildcards
 * ---------------------------------------------------------------------------------------- */

bool pei_wildcard_has(const pe_text *pattern)
{
    for (uint32_t i = 0; i < pattern->length; i++)
        if (pattern->bytes[i] == '*' || pattern->bytes[i] == '?' || pattern->bytes[i] == '~')
            return true;
    return false;
}

static uint32_t next_folded(const char *bytes, size_t length, size_t *at)
{
    uint32_t c = pe_utf8_next(bytes, length, at);
    if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

/* One element of the pattern at *at: '*' and '?' come back as ANY_RUN and ANY_ONE, an escaped one
 * as itself. */
enum { ANY_RUN = 0x110000, ANY_ONE };
static uint32_t next_element(const pe_text *p, size_t *at)
{
    uint32_t c = next_folded(p->bytes, p->length, at);
    if (c == '*') return ANY_RUN;
    if (c == '?') return ANY_ONE;
    if (c == '~' && *at < p->length && strchr("*?~", p->bytes[*at]) != NULL)
        return next_folded(p->bytes, p->length, at);
    return c;
}

bool pei_wildcard_match(const pe_text *pattern, const pe_text *text)
{
    size_t p = 0, t = 0, p_star = 0, t_star = 0;
    bool star = false;
    while (t < text->length) {
        size_t p_next = p, t_next = t;
        uint32_t element = p < pattern->length ? next_element(pattern, &p_next) : 0;
        if (p < pattern->length && element == ANY_RUN) {
            star = true;
            p = p_star = p_next;
            t_star = t;
            continue;
        }
        uint32_t c = next_folded(text->bytes, text->length, &t_next);
        if (p < pattern->length && (element == ANY_ONE || element == c)) {
            p = p_next;
            t = t_next;
        } else if (star) { /* let the last run take one more character */
            next_folded(text->bytes, text->length, &t_star);
            t = t_star;
            p = p_star;
        } else {
            return false;
        }
    }
    while (p < pattern->length && pattern->bytes[p] == '*') p++;
    return p == pattern->length;
}

/* ---- equality and order
 * ------------------------------------------------------------------------------- */

/* ASCII texts decide quickly; others go through the one comparison. */
static bool same_text(const pe_text *a, const pe_text *b)
{
    uint32_t shorter = a->length < b->length ? a->length : b->length;
    for (uint32_t i = 0; i < shorter; i++) {
        unsigned char x = (unsigned char)a->bytes[i], y = (unsigned char)b->bytes[i];
        if ((x | y) >= 128) return pe_compare_text(a, b) == 0;
        if (x == y) continue;
        if ((x | 32) != (y | 32) || (x | 32) < 'a' || (x | 32) > 'z') return false;
    }
    return a->length == b->length;
}

static bool same_number(double a, double b)
{
    if (a == b) return true;
    double gap = a > b ? a - b : b - a, size = a < 0 ? -a : a;
    return gap <= size * 1e-13 && pe_compare(pe_number(a), pe_number(b)) == 0;
}

/* What a search asks of each element: prepared once per search. */
typedef struct wanted {
    pe_value key;
    pe_kind kind;
    const pei_pattern *pattern; /* NULL: the key as it is */
} wanted;

static wanted wanted_of(pe_call *call, pe_value key, pei_match_kind kind)
{
    wanted w = {key, pe_kind_of(key), NULL};
    if (w.kind == PE_KIND_OMITTED) w.kind = PE_KIND_BLANK;
    if (kind == PEI_MATCH_WILDCARD && w.kind == PE_KIND_TEXT)
        w.pattern = pei_pattern_of(call, pe_as_text(key));
    return w;
}

static bool matches(const wanted *w, pe_value v)
{
    switch (w->kind) {
    case PE_KIND_NUMBER:
        return pe_is_number(v) && same_number(pe_as_number(w->key), pe_as_number(v));
    case PE_KIND_TEXT:
        if (w->pattern != NULL && pe_is_number(v))
            return pei_pattern_matches_number(w->pattern, pe_as_number(v));
        if (pe_kind_of(v) != PE_KIND_TEXT) return false;
        if (w->pattern != NULL) return pei_pattern_matches(w->pattern, pe_as_text(v));
        return same_text(pe_as_text(w->key), pe_as_text(v));
    case PE_KIND_BOOLEAN:
        return pe_kind_of(v) == PE_KIND_BOOLEAN && pe_as_boolean(v) == pe_as_boolean(w->key);
    case PE_KIND_BLANK:
        return pe_kind_of(v) == PE_KIND_BLANK;
    default:
        return false;
    }
}

/* Neither blank nor an error: something that the order of types covers. */
static bool is_ordered(pe_value v)
{
    pe_kind k = pe_kind_of(v);
    return k == PE_KIND_NUMBER || k == PE_KIND_TEXT || k == PE_KIND_BOOLEAN;
}

/* ---- linear
 * ------------------------------------------------------------------------------------------- */

typedef struct best {
    uint32_t index;
    pe_value value;
} best;

/* Element v at index: true where the search is over. */
static bool consider(const wanted *w, pei_match_kind kind, uint32_t index, pe_value v, best *b)
{
    if (matches(w, v)) {
        b->index = index;
        return true;
    }
    if (kind < PEI_MATCH_SMALLER || !is_ordered(v) || w->kind == PE_KIND_BLANK) return false;
    int side = pe_compare(v, w->key);
    if (kind == PEI_MATCH_SMALLER ? side >= 0 : side <= 0) return false;
    if (b->index != PEI_NOT_FOUND) {
        int against = pe_compare(v, b->value);
        if (kind == PEI_MATCH_SMALLER ? against <= 0 : against >= 0) return false;
    }
    b->index = index;
    b->value = v;
    return false;
}

/* A long column may have an index. */
static bool find_in_index(const pei_vector *v, const wanted *w, uint32_t *index)
{
    return v->is_area && v->vertical && v->used > 64 && v->call->ops->find != NULL &&
           (w->kind == PE_KIND_NUMBER || (w->kind == PE_KIND_TEXT && w->pattern == NULL)) &&
           v->call->ops->find(v->call, &v->area, w->key, index);
}

uint32_t pei_match_linear(const pei_vector *v, pe_value key, pei_match_kind kind, bool backward)
{
    wanted w = wanted_of(v->call, key, kind);
    best found = {PEI_NOT_FOUND, pe_blank()};
    uint32_t first;
    if (!backward && kind < PEI_MATCH_SMALLER && find_in_index(v, &w, &first)) return first;
    if (backward) {
        for (uint32_t i = v->used; i-- > 0;)
            if (consider(&w, kind, i, pei_vector_at(v, i), &found)) break;
    } else if (!v->is_area || w.kind == PE_KIND_BLANK) {
        for (uint32_t i = 0; i < v->used; i++)
            if (consider(&w, kind, i, pei_vector_at(v, i), &found)) break;
    } else {
        pe_cursor cursor = pe_cursor_of(v->area);
        while (v->call->ops->next(v->call, &cursor)) {
            uint32_t i = v->vertical ? cursor.at.row - v->area.row_first
                                     : cursor.at.column - v->area.column_first;
            if (consider(&w, kind, i, cursor.value, &found)) break;
        }
    }
    if (w.kind == PE_KIND_BLANK && v->used < v->count) { /* the blanks below all that is used */
        if (backward) return v->count - 1;
        if (found.index == PEI_NOT_FOUND) return v->used;
    }
    return found.index;
}

/* ---- binary
 * ------------------------------------------------------------------------------------------- */

/* The last of the elements equal to the one at `index`, at most `last`. */
static uint32_t last_equal(const pei_vector *v, const wanted *w, uint32_t index, uint32_t last)
{
    while (index < last && matches(w, pei_vector_at(v, index + 1))) index++;
    return index;
}

uint32_t pei_match_binary(const pei_vector *v, pe_value key, pei_match_kind kind, bool descending)
{
    wanted w = wanted_of(v->call, key, PEI_MATCH_EXACT);
    int64_t low = 0, high = (int64_t)v->used - 1;
    while (low <= high) {
        int64_t middle = (low + high) / 2;
        pe_value x = pei_vector_at(v, (uint32_t)middle);
        if (matches(&w, x)) return last_equal(v, &w, (uint32_t)middle, (uint32_t)high);
        bool before =
            is_ordered(x) && (descending ? pe_compare(x, key) > 0 : pe_compare(x, key) < 0);
        if (before)
            low = middle + 1;
        else
            high = middle - 1;
    }
    /* high is the last element before the key, low the first after it. */
    bool take_before = kind == (descending ? PEI_MATCH_LARGER : PEI_MATCH_SMALLER);
    if (kind != PEI_MATCH_SMALLER && kind != PEI_MATCH_LARGER) return PEI_NOT_FOUND;
    int64_t at = take_before ? high : low;
    if (at < 0 || at >= (int64_t)v->used || !is_ordered(pei_vector_at(v, (uint32_t)at)))
        return PEI_NOT_FOUND;
    return (uint32_t)at;
}

/* The first element of the kind after *at, at most `last`; *at is its place. Something of another
 * kind: none. */
static pe_value next_of_kind(const pei_vector *v, pe_kind kind, int64_t *at, int64_t last)
{
    pe_value x = pe_blank();
    if (*at >= last) return x;
    if (!v->is_area) {
        do x = pei_vector_at(v, (uint32_t)++ * at);
        while (pe_kind_of(x) != kind && *at < last);
        return x;
    }
    pe_area rest = v->area;
    uint32_t first = v->vertical ? rest.row_first : rest.column_first;
    if (v->vertical) {
        rest.row_first = first + (uint32_t)*at + 1;
        rest.row_last = first + (uint32_t)last;
    } else {
        rest.column_first = first + (uint32_t)*at + 1;
        rest.column_last = first + (uint32_t)last;
    }
    pe_cursor cursor = pe_cursor_of(rest);
    while (v->call->ops->next(v->call, &cursor)) {
        if (pe_kind_of(cursor.value) != kind) continue;
        *at = (int64_t)(v->vertical ? cursor.at.row : cursor.at.column) - first;
        return cursor.value;
    }
    return x;
}

uint32_t pei_match_ascending(const pei_vector *v, pe_value key)
{
    wanted w = wanted_of(v->call, key, PEI_MATCH_EXACT);
    int64_t low = 0, high = (int64_t)v->used - 1;
    uint32_t found = PEI_NOT_FOUND;
    while (low <= high) {
        int64_t middle = (low + high) / 2, probe = middle;
        pe_value x = pei_vector_at(v, (uint32_t)probe);
        if (pe_kind_of(x) != w.kind) x = next_of_kind(v, w.kind, &probe, high);
        if (pe_kind_of(x) != w.kind) { /* nothing comparable from the middle on */
            high = middle - 1;
            continue;
        }
        if (matches(&w, x)) return last_equal(v, &w, (uint32_t)probe, (uint32_t)high);
        if (pe_compare(x, key) < 0) {
            found = (uint32_t)probe;
            low = probe + 1;
        } else {
            high = middle - 1;
        }
    }
    return found;
}

uint32_t pei_match_descending(const pei_vector *v, pe_value key)
{
    wanted w = wanted_of(v->call, key, PEI_MATCH_EXACT);
    uint32_t found = PEI_NOT_FOUND;
    for (uint32_t i = 0; i < v->used; i++) {
        pe_value x = pei_vector_at(v, i);
        if (pe_kind_of(x) != w.kind) continue;
        if (matches(&w, x)) return last_equal(v, &w, i, v->used - 1);
        if (pe_compare(x, key) < 0) break;
        found = i;
    }
    return found;
}
