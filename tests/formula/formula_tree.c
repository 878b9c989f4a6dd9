/* formula_tree.c: trees as text, and their comparison, for tests. */
#include "formula_scope.h"

#include <stdio.h>

typedef struct writer {
    char *out;
    size_t size, length;
    pe_cell_ref home;
    const test_scope *scope;
} writer;

static void put(writer *w, const char *format, ...) PE_PRINTF(2, 3);
static void put(writer *w, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(w->out + w->length, w->size - w->length, format, list);
    va_end(list);
    if (n > 0) w->length += (size_t)n;
    if (w->length >= w->size) w->length = w->size - 1;
}

static const char *const operator_names[] = {
    "add", "sub", "mul",   "div",   "pow",       "cat", "eq",   "ne",      "lt",     "le",
    "gt",  "ge",  "range", "union", "intersect", "neg", "plus", "percent", "single", "spill"};

static void write_leaf(writer *w, const pe_node *node)
{
    char text[4096];
    pe_formula_print(node, w->home, &w->scope->printer, text, sizeof text);
    put(w, "%s", text);
}

static void write_node(writer *w, const pe_node *node)
{
    const char *start = NULL;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_OMITTED:
        put(w, "omitted");
        return;
    case PE_NODE_NAME:
        put(w, "name:%u", node->index);
        break;
    case PE_NODE_VARIABLE:
        put(w, "var:%u", node->index);
        break;
    case PE_NODE_TABLE:
        put(w, "table:%u/%u/%d:%d", node->table.table, node->table.parts,
            (int)node->table.column_first, (int)node->table.column_last);
        break;
    case PE_NODE_FUNCTION:
        start = pe_function_row((pe_function_id)node->function)->name;
        break;
    case PE_NODE_CALL:
        start = "call";
        break;
    case PE_NODE_UNARY:
    case PE_NODE_BINARY:
        start = operator_names[node->op];
        break;
    case PE_NODE_EXTERNAL:
        put(w, "external:%d:", (int)node->external.book);
        write_leaf(w, node);
        break;
    case PE_NODE_UNKNOWN:
        put(w, "unknown:%.*s", (int)node->unknown.length, node->unknown.text);
        start = node->op ? "" : NULL;
        break;
    default:
        write_leaf(w, node);
        break;
    }
    if (node->draw_site != PE_NO_SITE && start == NULL) put(w, "$%u", node->draw_site);
    if (start == NULL) return;
    put(w, "%s", start);
    if (node->draw_site != PE_NO_SITE) put(w, "$%u", node->draw_site);
    put(w, "(");
    for (uint32_t i = 0; i < node->arg_count; i++) {
        if (i > 0) put(w, ",");
        write_node(w, node->args[i]);
    }
    put(w, ")");
}

void test_tree_text(const pe_node *node, pe_cell_ref home, const test_scope *scope, char *out,
                    size_t size)
{
    writer w = {out, size, 0, home, scope};
    out[0] = 0;
    write_node(&w, node);
}

static bool same_value(pe_value a, pe_value b)
{
    if (pe_kind_of(a) != pe_kind_of(b)) return false;
    if (pe_is(a, PE_KIND_TEXT))
        return pe_as_text(a)->length == pe_as_text(b)->length &&
               memcmp(pe_as_text(a)->bytes, pe_as_text(b)->bytes, pe_as_text(a)->length) == 0;
    return a.bits == b.bits;
}

static bool same_array(const pe_array *a, const pe_array *b)
{
    if (a->rows != b->rows || a->columns != b->columns) return false;
    for (size_t i = 0; i < (size_t)a->rows * a->columns; i++)
        if (!same_value(a->cells[i], b->cells[i])) return false;
    return true;
}

static bool same_corner(const pe_relative *a, const pe_relative *b)
{
    return a->row == b->row && a->column == b->column && a->row_absolute == b->row_absolute &&
           a->column_absolute == b->column_absolute;
}

static bool same_reference(const pe_node_reference *a, const pe_node_reference *b)
{
    return same_corner(&a->first, &b->first) && same_corner(&a->last, &b->last) &&
           a->sheet_first == b->sheet_first && a->sheet_last == b->sheet_last &&
           a->is_area == b->is_area && a->whole_rows == b->whole_rows &&
           a->whole_columns == b->whole_columns;
}

static bool same_payload(const pe_node *a, const pe_node *b)
{
    switch ((pe_node_kind)a->kind) {
    case PE_NODE_VALUE:
        return same_value(a->value, b->value);
    case PE_NODE_ARRAY:
        return same_array(pe_as_array(a->value), pe_as_array(b->value));
    case PE_NODE_REFERENCE:
        return same_reference(&a->ref, &b->ref);
    case PE_NODE_NAME:
    case PE_NODE_VARIABLE:
        return a->index == b->index;
    case PE_NODE_TABLE:
        return memcmp(&a->table, &b->table, sizeof a->table) == 0;
    case PE_NODE_EXTERNAL:
        return a->external.book == b->external.book &&
               a->external.sheet_first == b->external.sheet_first &&
               a->external.sheet_last == b->external.sheet_last &&
               a->external.is_name == b->external.is_name &&
               strcmp(a->external.name, b->external.name) == 0 &&
               (a->external.is_name || same_reference(&a->external.ref, &b->external.ref));
    case PE_NODE_UNKNOWN:
        return a->unknown.length == b->unknown.length &&
               memcmp(a->unknown.text, b->unknown.text, a->unknown.length) == 0;
    default:
        return true;
    }
}

bool test_tree_equal(const pe_node *a, const pe_node *b)
{
    if (a->kind != b->kind || a->op != b->op || a->function != b->function ||
        a->arg_count != b->arg_count || a->draw_site != b->draw_site || !same_payload(a, b))
        return false;
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!test_tree_equal(a->args[i], b->args[i])) return false;
    return true;
}
