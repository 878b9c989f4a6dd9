/* functions_textjoin.c: texts from many values and many values from texts: CONCAT, TEXTJOIN,
 * TEXTSPLIT, TEXTBEFORE, TEXTAFTER, VALUETOTEXT, ARRAYTOTEXT. Delimiters are tried in the order
 * given at each place; the first place that matches wins. */
#include "functions_textbuild.h"

#include <utf8proc.h>

/* ---- joining ------------------------------------------------------------------------- */

pe_value pei_fn_concatenate(pe_call *call, const pe_value *args, int n)
{
    pei_builder b = pei_builder_new(call);
    for (int i = 0; i < n; i++) pei_builder_text(&b, pei_arg_text(args, n, i));
    return pei_builder_value(&b);
}

typedef struct joining {
    pei_builder builder;
    const pe_array *delimiters; /* used in turn; NULL: none */
    bool skip_empty;
    size_t joined;
    pe_value error; /* blank: none yet */
} joining;

static void add_delimiter(joining *j)
{
    if (j->delimiters == NULL || j->joined == 0) return;
    size_t count = (size_t)j->delimiters->rows * j->delimiters->columns;
    pe_value d = pe_to_text(j->builder.call, j->delimiters->cells[(j->joined - 1) % count]);
    if (pe_is_error(d))
        j->error = d;
    else
        pei_builder_text(&j->builder, pe_as_text(d));
}

static bool join_value(void *context, pe_value value, bool direct)
{
    joining *j = context;
    PE_UNUSED(direct);
    pe_value text = pe_to_text(j->builder.call, value);
    if (pe_is_error(text)) {
        j->error = text;
        return false;
    }
    if (j->skip_empty && pe_as_text(text)->length == 0) return true;
    add_delimiter(j);
    if (!pe_is(j->error, PE_KIND_BLANK)) return false;
    pei_builder_text(&j->builder, pe_as_text(text));
    j->joined++;
    return !j->builder.failed;
}

static pe_value joined_value(joining *j)
{
    return pe_is(j->error, PE_KIND_BLANK) ? pei_builder_value(&j->builder) : j->error;
}

pe_value pei_fn_concat(pe_call *call, const pe_value *args, int n)
{
    joining j = {pei_builder_new(call), NULL, false, 0, pe_blank()};
    for (int i = 0; i < n && pe_is(j.error, PE_KIND_BLANK); i++)
        pe_each_value(call, args[i], join_value, &j);
    return joined_value(&j);
}

/* Blanks count: each area of a reference as an array. */
static void join_all(pe_call *call, joining *j, pe_value argument)
{
    uint32_t areas = pe_is(argument, PE_KIND_REFERENCE)
                         ? ((const pe_reference *)pe_as_pointer(argument))->area_count
                         : 1;
    for (uint32_t a = 0; a < areas && pe_is(j->error, PE_KIND_BLANK); a++) {
        pe_value part = argument, error = pe_error(PE_ERROR_VALUE);
        if (areas > 1)
            part = pe_area_value(call, ((const pe_reference *)pe_as_pointer(argument))->areas[a]);
        const pe_array *array = pe_to_array(call, part, &error);
        if (array == NULL) {
            j->error = error;
            return;
        }
        size_t count = (size_t)array->rows * array->columns;
        for (size_t i = 0; i < count; i++)
            if (!join_value(j, array->cells[i], false)) return;
    }
}

pe_value pei_fn_textjoin(pe_call *call, const pe_value *args, int n)
{
    pe_value error = pe_error(PE_ERROR_VALUE);
    joining j = {pei_builder_new(call), NULL, pe_arg_boolean(args, n, 1, true), 0, pe_blank()};
    if (pe_arg_given(args, n, 0)) {
        j.delimiters = pe_to_array(call, args[0], &error);
        if (j.delimiters == NULL) return error;
    }
    for (int i = 2; i < n && pe_is(j.error, PE_KIND_BLANK); i++) {
        if (j.skip_empty)
            pe_each_value(call, args[i], join_value, &j);
        else
            join_all(call, &j, args[i]);
    }
    return joined_value(&j);
}

/* ---- delimiters ---------------------------------------------------------------------- */

typedef struct delimiters {
    const pe_text **texts;
    size_t count;
    bool fold, has_empty;
} delimiters;

/* Reads an argument that is one text or an array of them; an error in it is returned, else a blank.
 */
static pe_value read_delimiters(pe_call *call, pe_value argument, bool fold, delimiters *d)
{
    pe_value error = pe_error(PE_ERROR_VALUE);
    memset(d, 0, sizeof *d);
    d->fold = fold;
    if (pe_is(argument, PE_KIND_OMITTED)) return pe_blank();
    const pe_array *array = pe_to_array(call, argument, &error);
    if (array == NULL) return error;
    size_t count = (size_t)array->rows * array->columns;
    d->texts = pe_arena_push(call->arena, count, sizeof *d->texts);
    if (d->texts == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < count; i++) {
        pe_value text = pe_to_text(call, array->cells[i]);
        if (pe_is_error(text)) return text;
        d->texts[d->count++] = pe_as_text(text);
        d->has_empty = d->has_empty || pe_as_text(text)->length == 0;
    }
    return pe_blank();
}

/* Bytes of text that the delimiter covers at `at`, 0 if it is not there. */
static size_t covers(const pe_text *text, size_t at, const pe_text *delimiter, bool fold)
{
    if (delimiter->length == 0) return 0;
    if (!fold) {
        bool same = delimiter->length <= text->length - at &&
                    memcmp(text->bytes + at, delimiter->bytes, delimiter->length) == 0;
        return same ? delimiter->length : 0;
    }
    size_t i = at, j = 0;
    while (j < delimiter->length) {
        if (i >= text->length) return 0;
        uint32_t a = pe_utf8_next(text->bytes, text->length, &i);
        uint32_t b = pe_utf8_next(delimiter->bytes, delimiter->length, &j);
        if (a != b &&
            utf8proc_tolower((utf8proc_int32_t)a) != utf8proc_tolower((utf8proc_int32_t)b))
            return 0;
    }
    return i - at;
}

static size_t any_covers(const pe_text *text, size_t at, const delimiters *d)
{
    for (size_t i = 0; i < d->count; i++) {
        size_t length = covers(text, at, d->texts[i], d->fold);
        if (length > 0) return length;
    }
    return 0;
}

/* The next place at or after `from` where a delimiter stands; false: none. */
static bool next_delimiter(const pe_text *text, size_t from, const delimiters *d, size_t *at,
                           size_t *length)
{
    for (size_t i = from; i < text->length; i++) {
        if (((unsigned char)text->bytes[i] & 0xC0u) == 0x80u) continue;
        size_t found = any_covers(text, i, d);
        if (found == 0) continue;
        *at = i;
        *length = found;
        return true;
    }
    return false;
}

/* ---- TEXTBEFORE and TEXTAFTER -------------------------------------------------------- */

typedef struct place {
    size_t before, after; /* bytes up to the delimiter, and from its end on */
} place;

/* The |instance|-th delimiter, from the end where negative; with match_end the end (or start)
 * counts as one more. */
static bool find_instance(const pe_text *text, const delimiters *d, double instance, bool match_end,
                          place *found)
{
    double seen = 0, wanted = instance;
    size_t at = 0, length = 0, from = 0;
    if (d->has_empty) {
        found->before = found->after = instance > 0 ? 0 : text->length;
        return true;
    }
    if (instance < 0) {
        double total = 0;
        for (size_t i = 0; next_delimiter(text, i, d, &at, &length); i = at + length) total++;
        wanted = total + 1 + instance;
        if (wanted == 0 && match_end) {
            found->before = found->after = 0;
            return true;
        }
        if (wanted < 1) return false;
    }
    while (next_delimiter(text, from, d, &at, &length)) {
        from = at + length;
        if (++seen == wanted) {
            found->before = at;
            found->after = from;
            return true;
        }
    }
    if (!match_end || instance < 0 || wanted != seen + 1) return false;
    found->before = found->after = text->length;
    return true;
}

/* An instance that no text of this length can hold is an error rather than "not found". */
static bool instance_fits(const pe_text *text, const delimiters *d, double instance)
{
    double units = (double)pei_utf16_length(text->bytes, text->length);
    for (size_t i = 0; i < d->count; i++)
        if ((double)pei_utf16_length(d->texts[i]->bytes, d->texts[i]->length) <= units)
            return pen_abs(instance) <= units;
    return false;
}

static pe_value before_or_after(pe_call *call, const pe_value *args, int n, bool before)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    double instance = pe_arg_given(args, n, 2) ? pen_floor(pe_arg_number(args, n, 2, 1)) : 1;
    double mode = pei_arg_whole(args, n, 3, 0), end = pei_arg_whole(args, n, 4, 0);
    delimiters d;
    if (instance == 0 || (mode != 0 && mode != 1) || (end != 0 && end != 1))
        return pe_error(PE_ERROR_VALUE);
    pe_value error = read_delimiters(call, args[1], mode == 1, &d);
    if (pe_is_error(error)) return error;
    if (d.count == 0) d.has_empty = true;
    if (pe_arg_given(args, n, 2) && !d.has_empty && text->length > 0 &&
        !instance_fits(text, &d, instance))
        return pe_error(PE_ERROR_VALUE);
    place found;
    if (!find_instance(text, &d, instance, end == 1, &found)) {
        if (n <= 5) return pe_error(PE_ERROR_NA);
        bool empty = pe_is(args[5], PE_KIND_BLANK) || pe_is(args[5], PE_KIND_OMITTED);
        return empty ? pe_make_text(call, "", 0) : args[5];
    }
    if (before) return pe_make_text(call, text->bytes, found.before);
    return pe_make_text(call, text->bytes + found.after, text->length - found.after);
}

pe_value pei_fn_textbefore(pe_call *call, const pe_value *args, int n)
{
    return before_or_after(call, args, n, true);
}

pe_value pei_fn_textafter(pe_call *call, const pe_value *args, int n)
{
    return before_or_after(call, args, n, false);
}

/* ---- TEXTSPLIT ----------------------------------------------------------------------- */

typedef struct pieces {
    pe_value *items; /* in the arena */
    uint32_t count, capacity;
    uint32_t rows, columns, in_row;
    bool failed;
} pieces;

static void add_piece(pe_call *call, pieces *p, const char *bytes, size_t length)
{
    if (p->failed) return;
    if (p->count == p->capacity) {
        uint32_t capacity = p->capacity * 2 + 16;
        pe_value *items = pe_arena_push(call->arena, (size_t)capacity * 2, sizeof *items);
        if (items == NULL) {
            p->failed = true;
            return;
        }
        if (p->count > 0) memcpy(items, p->items, (size_t)p->count * 2 * sizeof *items);
        p->items = items;
        p->capacity = capacity;
    }
    p->items[2 * p->count] = pe_number(p->rows);
    p->items[2 * p->count + 1] = pe_make_text(call, bytes, length);
    p->count++;
    p->in_row++;
    if (p->in_row > p->columns) p->columns = p->in_row;
}

static void end_row(pieces *p, bool skip_empty)
{
    if (p->in_row > 0 || !skip_empty) p->rows++;
    p->in_row = 0;
}

/* Pieces are (row, text) pairs in order. */
static void split(pe_call *call, const pe_text *text, const delimiters *columns,
                  const delimiters *rows, bool skip_empty, pieces *p)
{
    size_t from = 0;
    for (size_t at = 0;; at++) {
        bool end = at >= text->length;
        size_t length = end ? 0 : any_covers(text, at, columns);
        bool row = length == 0 && !end && (length = any_covers(text, at, rows)) > 0;
        if (!end && length == 0) continue;
        if (at > from || !skip_empty) add_piece(call, p, text->bytes + from, at - from);
        if (row || end) end_row(p, skip_empty);
        if (end || p->failed) return;
        from = at + length;
        at = from - 1;
    }
}

pe_value pei_fn_textsplit(pe_call *call, const pe_value *args, int n)
{
    const pe_text *text = pei_arg_text(args, n, 0);
    bool skip_empty = pe_arg_boolean(args, n, 3, false);
    double mode = pei_arg_whole(args, n, 4, 0);
    delimiters columns, rows;
    if (mode != 0 && mode != 1) return pe_error(PE_ERROR_VALUE);
    pe_value error = read_delimiters(call, args[1], mode == 1, &columns);
    if (pe_is_error(error)) return error;
    error = read_delimiters(call, n > 2 ? args[2] : pe_omitted(), mode == 1, &rows);
    if (pe_is_error(error)) return error;
    if (columns.has_empty || rows.has_empty || columns.count + rows.count == 0)
        return pe_error(PE_ERROR_VALUE);
    pieces p = {NULL, 0, 0, 0, 0, 0, false};
    split(call, text, &columns, &rows, skip_empty, &p);
    if (p.failed) return pe_error(PE_ERROR_NUM);
    if (p.count == 0) return pe_error(PE_ERROR_CALC);
    pe_array *array = pe_new_array(call, p.rows, p.columns);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    pe_value pad = pe_arg_given(args, n, 5) ? args[5] : pe_error(PE_ERROR_NA);
    for (size_t i = 0; i < (size_t)p.rows * p.columns; i++) array->cells[i] = pad;
    uint32_t column = 0;
    for (uint32_t i = 0; i < p.count; i++) {
        uint32_t row = (uint32_t)pe_as_number(p.items[2 * i]);
        column = i > 0 && p.items[2 * i].bits == p.items[2 * i - 2].bits ? column + 1 : 0;
        array->cells[(size_t)row * p.columns + column] = p.items[2 * i + 1];
    }
    return pe_array_value(array);
}

/* ---- values as texts ----------------------------------------------------------------- */

static void add_value(pei_builder *b, pe_value v, bool strict)
{
    if (pe_is_error(v)) {
        const char *name = pe_error_text(pe_as_error(v));
        pei_builder_add(b, name, strlen(name));
        return;
    }
    pe_value text = pe_to_text(b->call, v);
    if (pe_is_error(text)) {
        b->failed = true;
        return;
    }
    const pe_text *t = pe_as_text(text);
    if (!strict || !pe_is(v, PE_KIND_TEXT)) {
        pei_builder_text(b, t);
        return;
    }
    pei_builder_add(b, "\"", 1);
    for (size_t i = 0; i < t->length; i++)
        pei_builder_add(b, t->bytes[i] == '"' ? "\"\"" : t->bytes + i, t->bytes[i] == '"' ? 2 : 1);
    pei_builder_add(b, "\"", 1);
}

pe_value pei_fn_valuetotext(pe_call *call, const pe_value *args, int n)
{
    double mode = pei_arg_whole(args, n, 1, 0);
    if (mode != 0 && mode != 1) return pe_error(PE_ERROR_VALUE);
    pei_builder b = pei_builder_new(call);
    add_value(&b, args[0], mode == 1);
    return pei_builder_value(&b);
}

pe_value pei_fn_arraytotext(pe_call *call, const pe_value *args, int n)
{
    double mode = pei_arg_whole(args, n, 1, 0);
    pe_value error = pe_error(PE_ERROR_VALUE), lone = pe_to_scalar(call, args[0]);
    if (mode != 0 && mode != 1) return pe_error(PE_ERROR_VALUE);
    bool strict = mode == 1;
    pei_builder b = pei_builder_new(call);
    const pe_array *array = pe_to_array(call, args[0], &error);
    if (strict) pei_builder_add(&b, "{", 1);
    if (array == NULL && pe_is_error(args[0])) add_value(&b, lone, strict);
    if (array == NULL && !pe_is_error(args[0])) return error;
    for (uint32_t i = 0; array != NULL && i < array->rows * array->columns; i++) {
        if (i > 0 && strict) pei_builder_add(&b, i % array->columns == 0 ? ";" : ",", 1);
        if (i > 0 && !strict) pei_builder_add(&b, ", ", 2);
        add_value(&b, array->cells[i], strict);
    }
    if (strict) pei_builder_add(&b, "}", 1);
    return pei_builder_value(&b);
}
