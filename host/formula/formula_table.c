/* formula_table.c: structured references: Table1[Col], Table1[[#This Row],[A]:[B]], [@Col]. */
#include "formula_internal.h"

typedef struct table_reader {
    pei_parser *p;
    const pei_token *bracket;
    const char *text; /* the bracket's text */
    size_t length, at;
    uint32_t table, parts, column_first, column_last;
    bool missing; /* a column that the table does not have */
} table_reader;

static pe_status fail(table_reader *r, const char *what)
{
    return pei_syntax(r->p, r->bracket->offset + (uint32_t)r->at, "%s", what);
}

static void skip_space(table_reader *r)
{
    while (r->at < r->length && (r->text[r->at] == ' ' || r->text[r->at] == '\n' ||
                                 r->text[r->at] == '\r' || r->text[r->at] == '\t'))
        r->at++;
}

/* A column's name up to the ']' that ends it, escapes removed, looked up. */
static uint32_t read_column(table_reader *r)
{
    char *name = r->p->scratch;
    size_t n = 0;
    while (r->at < r->length && r->text[r->at] != ']') {
        if (r->text[r->at] == '\'' && r->at + 1 < r->length) r->at++;
        name[n++] = r->text[r->at++];
    }
    uint32_t column = r->p->scope->column(r->p->scope->context, r->table, name, n);
    if (column == PE_TABLE_WHOLE) r->missing = true;
    return column;
}

/* #All, #Data ... at r->at, which stands on '#'. */
static pe_status read_part(table_reader *r)
{
    static const struct {
        const char *text;
        uint32_t part;
    } parts[] = {{"#All", PE_TABLE_ALL},
                 {"#Data", PE_TABLE_DATA},
                 {"#Headers", PE_TABLE_HEADERS},
                 {"#Totals", PE_TABLE_TOTALS},
                 {"#This Row", PE_TABLE_THIS_ROW}};
    for (size_t i = 0; i < PE_COUNT(parts); i++) {
        size_t n = strlen(parts[i].text);
        if (r->length - r->at > n && pe_text_equal_nocase(r->text + r->at, n, parts[i].text, n) &&
            r->text[r->at + n] == ']') {
            r->parts |= parts[i].part;
            r->at += n;
            return PE_OK;
        }
    }
    return fail(r, "one of #All, #Data, #Headers, #Totals, #This Row must stand here");
}

static pe_status close_bracket(table_reader *r)
{
    if (r->at >= r->length || r->text[r->at] != ']') return fail(r, "']' must stand here");
    r->at++;
    return PE_OK;
}

/* [A] or [A]:[B], r->at on '['. */
static pe_status read_columns(table_reader *r)
{
    r->at++;
    r->column_first = r->column_last = read_column(r);
    pe_status status = close_bracket(r);
    size_t after = r->at;
    if (status != PE_OK) return status;
    skip_space(r);
    if (r->at >= r->length || r->text[r->at] != ':') {
        r->at = after;
        return PE_OK;
    }
    r->at++;
    skip_space(r);
    if (r->at >= r->length || r->text[r->at] != '[')
        return fail(r, "a column in brackets must follow ':'");
    r->at++;
    r->column_last = read_column(r);
    return close_bracket(r);
}

/* The list [#Headers],[#Data],[A]:[B], r->at on the first '['. */
static pe_status read_list(table_reader *r)
{
    bool has_columns = false;
    for (;;) {
        skip_space(r);
        if (r->at >= r->length || r->text[r->at] != '[' || has_columns)
            return fail(r, "a part such as [#Headers] or a column in brackets must stand here");
        pe_status status;
        if (r->at + 1 < r->length && r->text[r->at + 1] == '#') {
            r->at++;
            status = read_part(r);
            if (status == PE_OK) status = close_bracket(r);
        } else {
            has_columns = true;
            status = read_columns(r);
        }
        if (status != PE_OK) return status;
        skip_space(r);
        if (r->at >= r->length || (r->text[r->at] != ',' && r->text[r->at] != ';')) return PE_OK;
        r->at++;
    }
}

/* What stands between the outer brackets. */
static pe_status read_specifier(table_reader *r)
{
    pe_status status = PE_OK;
    r->at = 1;
    skip_space(r);
    if (r->text[r->at] == ']') return close_bracket(r);
    if (r->text[r->at] == '@') {
        r->at++;
        r->parts = PE_TABLE_THIS_ROW;
        skip_space(r);
        if (r->text[r->at] == ']') return close_bracket(r);
    }
    if (r->text[r->at] == '[') {
        status = read_list(r);
        skip_space(r);
    } else if (r->text[r->at] == '#') {
        status = read_part(r);
    } else {
        r->column_first = r->column_last = read_column(r);
    }
    return status == PE_OK ? close_bracket(r) : status;
}

static uint32_t find_table(pei_parser *p, const pei_token *name)
{
    if (name != NULL)
        return p->scope->table(p->scope->context, p->text + name->offset, name->length);
    if (p->scope->table_at == NULL) return PE_TABLE_IMPLICIT;
    p->asked_table = true;
    return p->scope->table_at(p->scope->context, p->home);
}

pe_status pei_parse_table(pei_parser *p, const pei_token *name, const pei_token *bracket,
                          pei_expression *out)
{
    const pei_token *start = name != NULL ? name : bracket;
    table_reader r = {.p = p,
                      .bracket = bracket,
                      .table = find_table(p, name),
                      .column_first = PE_TABLE_WHOLE,
                      .column_last = PE_TABLE_WHOLE};
    pe_status status = PE_OK;
    if (bracket != NULL && r.table != PE_TABLE_WHOLE) {
        r.text = p->text + bracket->offset;
        r.length = bracket->length;
        status = read_specifier(&r);
        if (status == PE_OK && r.at != r.length)
            status = fail(&r, "']' must stand at the end only");
    }
    if (status != PE_OK) return status;
    const pei_token *last = bracket != NULL ? bracket : name;
    bool unknown = r.table == PE_TABLE_WHOLE;
    status = pei_new_node(p,
                          unknown     ? PE_NODE_UNKNOWN
                          : r.missing ? PE_NODE_VALUE
                                      : PE_NODE_TABLE,
                          start->offset, &out->node);
    if (status != PE_OK) return status;
    out->height = 1;
    if (unknown) {
        out->node->unknown.length = last->offset + last->length - start->offset;
        out->node->unknown.text =
            pe_arena_text(p->arena, p->text + start->offset, out->node->unknown.length);
        if (out->node->unknown.text == NULL)
            return pe_fail(p->diag, PE_E_MEMORY, "formula", "no memory for a name");
        p->unknown_count++;
    } else if (r.missing) {
        out->node->value = pe_error(PE_ERROR_REF);
    } else {
        if (r.parts == 0) r.parts = PE_TABLE_DATA;
        out->node->table.table = r.table;
        out->node->table.parts = r.parts;
        out->node->table.column_first = r.column_first;
        out->node->table.column_last = r.column_last;
        p->flags |= PE_FORMULA_HAS_TABLE_REF;
    }
    return PE_OK;
}
