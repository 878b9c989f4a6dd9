/* evaluate_operator.c: Excel's operators: arithmetic and comparison on any values, elementwise over
 * arrays, and the operators on references. Invariant: of two errors the left one wins. */
#include "evaluate_internal.h"

#include "functions_arithmetic.h"

/* ---- arrays
 * ------------------------------------------------------------------------------------------- */

void pei_shape_grow(pei_shape *shape, pe_value v)
{
    if (!pe_is(v, PE_KIND_ARRAY)) return;
    const pe_array *a = pe_as_array(v);
    if (a->rows > shape->rows) shape->rows = a->rows;
    if (a->columns > shape->columns) shape->columns = a->columns;
}

pe_value pei_element(pe_value v, uint32_t row, uint32_t column)
{
    if (!pe_is(v, PE_KIND_ARRAY)) return v;
    const pe_array *a = pe_as_array(v);
    if (a->rows == 1) row = 0;
    if (a->columns == 1) column = 0;
    if (row >= a->rows || column >= a->columns) return pe_error(PE_ERROR_NA);
    return a->cells[(size_t)row * a->columns + column];
}

/* ---- one value
 * ---------------------------------------------------------------------------------------- */

static bool order_holds(pe_operator op, int c)
{
    switch (op) {
    case PE_OP_EQ:
        return c == 0;
    case PE_OP_NE:
        return c != 0;
    case PE_OP_LT:
        return c < 0;
    case PE_OP_LE:
        return c <= 0;
    case PE_OP_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static pe_value compare_values(const pei_context *x, pe_operator op, pe_value a, pe_value b)
{
    const pe_calc_options *calc = x->call.calc;
    if (calc == NULL) return pe_boolean(order_holds(op, pe_compare(a, b)));
    return pe_number(order_holds(op, pe_calc_compare(calc, a, b)) ? 1 : 0);
}

pe_value pei_equal(const pei_context *x, pe_value a, pe_value b)
{
    return compare_values(x, PE_OP_EQ, a, b);
}

static pe_value compare_numbers(const pei_context *x, pe_operator op, double a, double b)
{
    if (x->call.calc != NULL) return compare_values(x, op, pe_number(a), pe_number(b));
    switch (op) {
    case PE_OP_EQ:
        return pe_boolean(pe_arith_equal(a, b));
    case PE_OP_NE:
        return pe_boolean(!pe_arith_equal(a, b));
    case PE_OP_LT:
        return pe_boolean(pe_arith_less(a, b));
    case PE_OP_LE:
        return pe_boolean(pe_arith_less_equal(a, b));
    case PE_OP_GT:
        return pe_boolean(pe_arith_less(b, a));
    default:
        return pe_boolean(pe_arith_less_equal(b, a));
    }
}

static double calc_arithmetic(pe_operator op, double a, double b)
{
    switch (op) {
    case PE_OP_ADD:
        return pe_calc_add(a, b);
    case PE_OP_SUB:
        return pe_calc_sub(a, b);
    case PE_OP_MUL:
        return pe_arith_mul(a, b);
    case PE_OP_DIV:
        return pe_arith_div(a, b);
    default:
        return pe_calc_pow(a, b);
    }
}

static double arithmetic(const pei_context *x, pe_operator op, double a, double b, bool final)
{
    if (x->call.calc != NULL) return calc_arithmetic(op, a, b);
    switch (op) {
    case PE_OP_ADD:
        return final ? pe_arith_add_final(a, b) : pe_arith_add(a, b);
    case PE_OP_SUB:
        return final ? pe_arith_sub_final(a, b) : pe_arith_sub(a, b);
    case PE_OP_MUL:
        return pe_arith_mul(a, b);
    case PE_OP_DIV:
        return pe_arith_div(a, b);
    default:
        return pe_arith_pow(a, b);
    }
}

static pe_value concatenate(pei_context *x, pe_value a, pe_value b)
{
    a = pe_to_text(&x->call, a);
    if (pe_is_error(a)) return a;
    b = pe_to_text(&x->call, b);
    if (pe_is_error(b)) return b;
    const pe_text *s = pe_as_text(a), *t = pe_as_text(b);
    size_t length = (size_t)s->length + t->length;
    char *joined = pe_arena_push_raw(x->call.arena, length + 1, 1);
    if (joined == NULL) return pe_error(PE_ERROR_NUM);
    memcpy(joined, s->bytes, s->length);
    memcpy(joined + s->length, t->bytes, t->length);
    return pe_make_text(&x->call, joined, length);
}

pe_value pei_number_of_value(pei_context *x, pe_value v)
{
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
    case PE_KIND_ERROR:
    case PE_KIND_UNRESOLVED:
        return v;
    case PE_KIND_BLANK:
    case PE_KIND_OMITTED:
        return pe_number(0);
    case PE_KIND_BOOLEAN:
        return pe_number(pe_as_boolean(v) ? 1 : 0);
    case PE_KIND_TEXT:
        return pe_to_number(&x->call, v);
    default:
        return pe_error(PE_ERROR_VALUE);
    }
}

static pe_value binary_scalar(pei_context *x, pe_operator op, bool final, pe_value a, pe_value b)
{
    if (pe_is_error(a)) return a;
    if (op == PE_OP_CONCAT) return pe_is_error(b) ? b : concatenate(x, a, b);
    if (op >= PE_OP_EQ && op <= PE_OP_GE) {
        if (pe_is_error(b)) return b;
        if (pe_is(a, PE_KIND_LAMBDA) || pe_is(b, PE_KIND_LAMBDA)) return pe_error(PE_ERROR_CALC);
        return compare_values(x, op, a, b);
    }
    a = pei_number_of_value(x, a);
    if (pe_is_error(a)) return a;
    b = pei_number_of_value(x, b);
    if (pe_is_error(b)) return b;
    return pe_number_checked(arithmetic(x, op, pe_as_number(a), pe_as_number(b), final));
}

/* Calc keeps what both arrays have. */
static void shrink(pei_shape *s, pe_value v)
{
    if (!pe_is(v, PE_KIND_ARRAY)) return;
    const pe_array *a = pe_as_array(v);
    if (a->rows > 1 && a->rows < s->rows) s->rows = a->rows;
    if (a->columns > 1 && a->columns < s->columns) s->columns = a->columns;
}

static pe_value binary_array(pei_context *x, pe_operator op, bool final, pe_value a, pe_value b)
{
    pei_shape s = {1, 1};
    pei_shape_grow(&s, a);
    pei_shape_grow(&s, b);
    if (x->call.calc != NULL) {
        shrink(&s, a);
        shrink(&s, b);
    }
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns; c++)
            result->cells[(size_t)r * s.columns + c] =
                binary_scalar(x, op, final, pei_element(a, r, c), pei_element(b, r, c));
    return pe_box_pointer(PE_KIND_ARRAY, result);
}

/* ---- reference operators
 * ------------------------------------------------------------------------------ */

static void widen(pe_area *box, const pe_area *a)
{
    if (a->row_first < box->row_first) box->row_first = a->row_first;
    if (a->row_last > box->row_last) box->row_last = a->row_last;
    if (a->column_first < box->column_first) box->column_first = a->column_first;
    if (a->column_last > box->column_last) box->column_last = a->column_last;
}

static pe_value range_of(pei_context *x, const pe_reference *a, const pe_reference *b)
{
    if (a->area_count != 1 || b->area_count != 1) return pe_error(PE_ERROR_VALUE);
    pe_area box = a->areas[0];
    if (box.sheet_first != b->areas[0].sheet_first || box.sheet_last != b->areas[0].sheet_last)
        return pe_error(PE_ERROR_VALUE);
    widen(&box, &b->areas[0]);
    return pei_make_reference(x, &box, 1);
}

static pe_value union_of(pei_context *x, const pe_reference *a, const pe_reference *b)
{
    uint32_t count = a->area_count + b->area_count;
    pe_reference *r = pe_arena_push_raw(x->call.arena, 1, sizeof *r + count * sizeof(pe_area));
    if (r == NULL) return pe_error(PE_ERROR_NUM);
    r->area_count = count;
    memcpy(r->areas, a->areas, a->area_count * sizeof(pe_area));
    memcpy(r->areas + a->area_count, b->areas, b->area_count * sizeof(pe_area));
    return pe_box_pointer(PE_KIND_REFERENCE, r);
}

static bool overlap(const pe_area *a, const pe_area *b, pe_area *out)
{
    if (a->sheet_first != b->sheet_first || a->sheet_last != b->sheet_last) return false;
    *out = *a;
    if (b->row_first > out->row_first) out->row_first = b->row_first;
    if (b->row_last < out->row_last) out->row_last = b->row_last;
    if (b->column_first > out->column_first) out->column_first = b->column_first;
    if (b->column_last < out->column_last) out->column_last = b->column_last;
    return out->row_first <= out->row_last && out->column_first <= out->column_last;
}

static pe_value intersection_of(pei_context *x, const pe_reference *a, const pe_reference *b)
{
    size_t most = (size_t)a->area_count * b->area_count;
    pe_area *areas = pe_arena_push_raw(x->call.arena, most, sizeof *areas);
    if (areas == NULL) return pe_error(PE_ERROR_NUM);
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->area_count; i++)
        for (uint32_t j = 0; j < b->area_count; j++)
            if (overlap(&a->areas[i], &b->areas[j], &areas[count])) count++;
    return count > 0 ? pei_make_reference(x, areas, count) : pe_error(PE_ERROR_NULL);
}

static pe_value reference_operator(pei_context *x, const pe_node *node)
{
    pe_value a = pei_any(x, node->args[0]);
    if (pe_is_error(a)) return a;
    pe_value b = pei_any(x, node->args[1]);
    if (pe_is_error(b)) return b;
    if (!pe_is(a, PE_KIND_REFERENCE) || !pe_is(b, PE_KIND_REFERENCE))
        return pe_error(PE_ERROR_VALUE);
    const pe_reference *ra = pe_as_pointer(a), *rb = pe_as_pointer(b);
    if (node->op == PE_OP_RANGE) return range_of(x, ra, rb);
    if (node->op == PE_OP_UNION) return union_of(x, ra, rb);
    return intersection_of(x, ra, rb);
}

/* ---- nodes
 * -------------------------------------------------------------------------------------------- */

pe_value pei_binary(pei_context *x, const pe_node *node)
{
    pe_operator op = (pe_operator)node->op;
    if (op >= PE_OP_RANGE && op <= PE_OP_INTERSECT) return reference_operator(x, node);
    pe_value a = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    pe_value b = pei_operand(x, node->args[1]);
    if (x->unresolved) return pe_unresolved();
    bool final = node == x->root;
    if (pe_is_number(a) && pe_is_number(b)) {
        double p = pe_as_number(a), q = pe_as_number(b);
        if (op <= PE_OP_POW) return pe_number_checked(arithmetic(x, op, p, q, final));
        if (op >= PE_OP_EQ && op <= PE_OP_GE) return compare_numbers(x, op, p, q);
    }
    if (pe_is(a, PE_KIND_ARRAY) || pe_is(b, PE_KIND_ARRAY)) return binary_array(x, op, final, a, b);
    return binary_scalar(x, op, final, a, b);
}

/* x#: the block that the anchor's formula fills. */
static pe_value spill(pei_context *x, const pe_node *node)
{
    pe_value v = pei_any(x, node->args[0]);
    if (pe_is_error(v)) return v;
    if (!pe_is(v, PE_KIND_REFERENCE)) return pe_error(PE_ERROR_VALUE);
    const pe_area *a = &((const pe_reference *)pe_as_pointer(v))->areas[0];
    uint32_t cell =
        pe_graph_cell(x->graph, (pe_cell_ref){a->sheet_first, a->row_first, a->column_first});
    pe_area block;
    if (cell == PE_NO_CELL || pe_graph_formula(x->graph, cell) == NULL)
        return pe_error(PE_ERROR_REF);
    if (!pe_graph_block(x->graph, cell, &block)) return pe_error(PE_ERROR_REF);
    return pei_make_reference(x, &block, 1);
}

static pe_value unary_scalar(pei_context *x, pe_operator op, pe_value v)
{
    if (op == PE_OP_PLUS || pe_is_error(v)) return v;
    v = pei_number_of_value(x, v);
    if (pe_is_error(v)) return v;
    double a = pe_as_number(v);
    return pe_number_checked(op == PE_OP_NEGATE ? pe_arith_neg(a) : pe_arith_percent(a));
}

pe_value pei_unary(pei_context *x, const pe_node *node)
{
    pe_operator op = (pe_operator)node->op;
    if (op == PE_OP_SINGLE) return pei_single(x, pei_any(x, node->args[0]));
    if (op == PE_OP_SPILL) return spill(x, node);
    if (op == PE_OP_PLUS) return pei_any(x, node->args[0]);
    pe_value v = pei_operand(x, node->args[0]);
    if (x->unresolved) return pe_unresolved();
    if (!pe_is(v, PE_KIND_ARRAY)) return unary_scalar(x, op, v);
    const pe_array *a = pe_as_array(v);
    pe_array *result = pe_new_array(&x->call, a->rows, a->columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (size_t i = 0; i < (size_t)a->rows * a->columns; i++)
        result->cells[i] = unary_scalar(x, op, a->cells[i]);
    return pe_box_pointer(PE_KIND_ARRAY, result);
}
