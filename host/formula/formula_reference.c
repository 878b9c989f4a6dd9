/* formula_reference.c: what a reference node means for a home cell, and references in text
 * (INDIRECT). */
#include "formula_internal.h"

#include <stdlib.h>

static uint32_t sheet_of(uint32_t sheet, pe_cell_ref home)
{
    return sheet == PE_SHEET_HOME ? home.sheet : sheet;
}

static int64_t row_of(const pe_relative *r, pe_cell_ref home)
{
    return (int64_t)r->row + (r->row_absolute ? 0 : home.row);
}
static int64_t column_of(const pe_relative *r, pe_cell_ref home)
{
    return (int64_t)r->column + (r->column_absolute ? 0 : home.column);
}
static bool in_grid(int64_t row, int64_t column)
{
    return row >= 0 && row < PE_ROWS_MAX && column >= 0 && column < PE_COLUMNS_MAX;
}

bool pe_node_area(const pe_node_reference *ref, pe_cell_ref home, pe_area *area)
{
    int64_t at[4] = {row_of(&ref->first, home), row_of(&ref->last, home),
                     column_of(&ref->first, home), column_of(&ref->last, home)};
    if (ref->sheet_first == PE_SHEET_DELETED || !in_grid(at[0], at[2]) || !in_grid(at[1], at[3]))
        return false;
    area->sheet_first = sheet_of(ref->sheet_first, home);
    area->sheet_last = sheet_of(ref->sheet_last, home);
    area->row_first = (uint32_t)(at[0] < at[1] ? at[0] : at[1]);
    area->row_last = (uint32_t)(at[0] < at[1] ? at[1] : at[0]);
    area->column_first = (uint32_t)(at[2] < at[3] ? at[2] : at[3]);
    area->column_last = (uint32_t)(at[2] < at[3] ? at[3] : at[2]);
    return true;
}

/* ---- R1C1 ------------------------------------------------------------------------------------ */

typedef struct r1c1 {
    const char *text;
    size_t length, at;
} r1c1;

/* After R or C: nothing (offset 0), 5, or [-5]. False: malformed. */
static bool read_part(r1c1 *r, int32_t *value, bool *absolute)
{
    bool bracket = r->at < r->length && r->text[r->at] == '[', negative = false;
    int32_t v = 0;
    size_t digits = 0;
    r->at += bracket;
    if (bracket && r->at < r->length && (r->text[r->at] == '-' || r->text[r->at] == '+'))
        negative = r->text[r->at++] == '-';
    for (; r->at < r->length && r->text[r->at] >= '0' && r->text[r->at] <= '9' && digits < 8;
         digits++)
        v = v * 10 + (r->text[r->at++] - '0');
    if (bracket && (digits == 0 || r->at >= r->length || r->text[r->at++] != ']')) return false;
    *absolute = !bracket && digits > 0;
    if (*absolute && v == 0) return false;
    *value = *absolute ? v - 1 : negative ? -v : v;
    return true;
}

/* R1C1, R[1], C: one corner. */
static bool read_corner(r1c1 *r, pe_relative *corner, bool *has_row, bool *has_column)
{
    *has_row = *has_column = false;
    if (r->at < r->length && (r->text[r->at] | 32) == 'r') {
        r->at++;
        *has_row = true;
        if (!read_part(r, &corner->row, &corner->row_absolute)) return false;
    }
    if (r->at < r->length && (r->text[r->at] | 32) == 'c') {
        r->at++;
        *has_column = true;
        if (!read_part(r, &corner->column, &corner->column_absolute)) return false;
    }
    return *has_row || *has_column;
}

static bool read_r1c1(r1c1 *r, pe_node_reference *ref)
{
    bool row1, column1, row2, column2;
    if (!read_corner(r, &ref->first, &row1, &column1)) return false;
    ref->last = ref->first;
    row2 = row1;
    column2 = column1;
    if (r->at < r->length && r->text[r->at] == ':') {
        r->at++;
        ref->is_area = true;
        if (!read_corner(r, &ref->last, &row2, &column2)) return false;
    }
    if (r->at != r->length || row1 != row2 || column1 != column2) return false;
    ref->whole_rows = !column1;
    ref->whole_columns = !row1;
    if (ref->whole_rows) {
        ref->first.column = 0;
        ref->last.column = PE_COLUMNS_MAX - 1;
        ref->first.column_absolute = ref->last.column_absolute = true;
    }
    if (ref->whole_columns) {
        ref->first.row = 0;
        ref->last.row = PE_ROWS_MAX - 1;
        ref->first.row_absolute = ref->last.row_absolute = true;
    }
    ref->is_area = ref->is_area || ref->whole_rows || ref->whole_columns;
    return true;
}

static pe_status no_reference(pe_diag *diag, const char *text, size_t length)
{
    return pe_fail(diag, PE_E_SYNTAX, "offset 0", "'%.*s' is no reference",
                   (int)(length > 60 ? 60 : length), text);
}

static pe_status parse_r1c1(pe_arena *arena, const pe_scope *scope, const char *text, size_t length,
                            const pe_node **node, pe_diag *diag)
{
    size_t start = pei_lex_prefix(text, length, 0);
    pei_prefix prefix = {.sheet_first = PE_SHEET_HOME, .sheet_last = PE_SHEET_HOME};
    r1c1 r = {text, length, start};
    pe_node_reference ref;
    memset(&ref, 0, sizeof ref);
    if (!read_r1c1(&r, &ref)) return no_reference(diag, text, length);
    if (start > 0) {
        char *scratch = PE_PUSH(arena, char, length + 1);
        if (scratch == NULL) return pe_fail(diag, PE_E_MEMORY, "reference", "no memory to read it");
        pei_read_prefix(scope, text, start - 1, scratch, &prefix);
    }
    pe_node *n = PE_PUSH(arena, pe_node, 1);
    if (n == NULL) return pe_fail(diag, PE_E_MEMORY, "reference", "no memory for it");
    if (prefix.external) return no_reference(diag, text, length);
    n->kind = PE_NODE_REFERENCE;
    n->function = PE_FUNCTION_NONE;
    n->draw_site = PE_NO_SITE;
    ref.sheet_first = prefix.sheet_first;
    ref.sheet_last = prefix.sheet_last;
    n->ref = ref;
    *node = n;
    return PE_OK;
}

/* ---- A1 -------------------------------------------------------------------------------------- */

static bool is_reference_node(const pe_node *node)
{
    return node->kind == PE_NODE_REFERENCE || node->kind == PE_NODE_NAME ||
           node->kind == PE_NODE_TABLE || node->kind == PE_NODE_EXTERNAL ||
           (node->kind == PE_NODE_VALUE && pe_is_error(node->value)) ||
           (node->kind == PE_NODE_UNARY && node->op == PE_OP_SPILL) ||
           (node->kind == PE_NODE_BINARY &&
            (node->op == PE_OP_RANGE || node->op == PE_OP_UNION || node->op == PE_OP_INTERSECT));
}

static pe_status parse_a1(pe_arena *arena, const pe_scope *scope, const char *text, size_t length,
                          bool a1, pe_dialect dialect, pe_cell_ref home, const pe_node **node,
                          pe_diag *diag)
{
    pei_lexed lexed = {0};
    pei_parsed parsed;
    pe_status status = pei_lex(&lexed, text, length, dialect, home, diag);
    bool is_cell =
        status == PE_OK &&
        (lexed.tokens[lexed.token_count > 1 ? lexed.token_count - 2 : 0].kind == PEI_T_CELL ||
         lexed.tokens[0].kind == PEI_T_AREA);
    if (status == PE_OK)
        status = pei_parse(&lexed, text, length, dialect, home, scope, NULL, arena, &parsed, diag);
    pei_lexed_free(&lexed);
    if (status != PE_OK) return status;
    bool names_only = !a1 && is_cell; /* in R1C1 form "A1" is no cell */
    if (names_only || !is_reference_node(parsed.formula.root))
        return no_reference(diag, text, length);
    *node = parsed.formula.root;
    return PE_OK;
}

pe_status pe_formula_parse_reference(pe_arena *arena, const pe_scope *scope, const char *text,
                                     size_t length, bool a1, pe_cell_ref home, const pe_node **node,
                                     pe_diag *diag)
{
    pe_dialect dialect = scope->reference_dialect;
    if (length == 0 || text[0] == '=') return no_reference(diag, text, length);
    if (!a1) {
        pe_status status = parse_r1c1(arena, scope, text, length, node, diag);
        if (status != PE_E_SYNTAX) return status;
    }
    pe_status status = parse_a1(arena, scope, text, length, a1, dialect, home, node, diag);
    if (status != PE_E_SYNTAX || dialect == PE_DIALECT_EXCEL) return status;
    return parse_a1(arena, scope, text, length, a1, PE_DIALECT_EXCEL, home, node, diag);
}
