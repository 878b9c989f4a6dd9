/* evaluate_lambda.c: LAMBDA values and the functions that apply them. A LAMBDA value holds its node
 * and a copy of the variables around it. Invariant: applying one leaves the caller's variables and
 * place as they were. */
#include "evaluate_internal.h"

typedef struct lambda {
    const pe_node *node; /* the LAMBDA call: parameters, then the body */
    pe_value *frame;     /* variables at its creation */
    uint32_t frame_count;
    bool in_name;
} lambda;

pe_value pei_lambda_value(pei_context *x, const pe_node *node)
{
    lambda *l = pe_arena_push(x->call.arena, 1, sizeof *l);
    pe_value *frame = pe_arena_push_raw(x->call.arena, x->frame_count + 1, sizeof *frame);
    if (l == NULL || frame == NULL) return pe_error(PE_ERROR_NUM);
    if (x->frame_count > 0) memcpy(frame, x->frame, x->frame_count * sizeof *frame);
    *l = (lambda){node, frame, x->frame_count, x->name_depth > 0};
    return pe_box_pointer(PE_KIND_LAMBDA, l);
}

static bool bind(const lambda *l, pe_value *frame, const pe_value *args, uint32_t n)
{
    uint32_t parameter_count = l->node->arg_count - 1;
    if (n > parameter_count) return false;
    for (uint32_t i = 0; i < parameter_count; i++) {
        const pe_node *p = l->node->args[i];
        if (p->kind != PE_NODE_VARIABLE || p->index >= l->frame_count) return false;
        if (i >= n && p->op == 0) return false; /* not optional */
        frame[p->index] = i < n ? args[i] : pe_omitted();
    }
    return true;
}

pe_value pei_lambda_apply(pei_context *x, pe_value value, const pe_value *args, uint32_t n)
{
    if (pe_is_error(value)) return value;
    if (!pe_is(value, PE_KIND_LAMBDA)) return pe_error(PE_ERROR_VALUE);
    const lambda *l = pe_as_pointer(value);
    if (x->lambda_depth >= PE_LAMBDA_DEPTH_MAX) return pe_error(PE_ERROR_NUM);
    pe_value *frame = pe_arena_push_raw(x->call.arena, l->frame_count + 1, sizeof *frame);
    if (frame == NULL) return pe_error(PE_ERROR_NUM);
    if (l->frame_count > 0) memcpy(frame, l->frame, l->frame_count * sizeof *frame);
    if (!bind(l, frame, args, n)) return pe_error(PE_ERROR_VALUE);
    pe_value *outer = x->frame;
    uint32_t outer_count = x->frame_count, name_depth = x->name_depth;
    const pe_node *root = x->root;
    x->frame = frame;
    x->frame_count = l->frame_count;
    x->name_depth = l->in_name ? 1 : 0;
    x->root = NULL;
    x->lambda_depth++;
    pe_value v = pei_any(x, l->node->args[l->node->arg_count - 1]);
    x->lambda_depth--;
    x->root = root;
    x->name_depth = name_depth;
    x->frame = outer;
    x->frame_count = outer_count;
    return v;
}

/* f(args): args[0] is what is called. */
pe_value pei_call_node(pei_context *x, const pe_node *node)
{
    uint32_t n = node->arg_count - 1;
    pe_value callee = pei_any(x, node->args[0]);
    pe_value *args = pe_arena_push_raw(x->call.arena, n + 1, sizeof *args);
    if (args == NULL || x->path_depth >= PEI_PATH_MAX) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < n && !x->unresolved; i++) args[i] = pei_any(x, node->args[i + 1]);
    if (x->unresolved) return pe_unresolved();
    x->path[x->path_depth++] = node->draw_site;
    pe_value v = pei_lambda_apply(x, callee, args, n);
    x->path_depth--;
    return v;
}

/* ---- functions that take a LAMBDA
 * --------------------------------------------------------------------- */

/* One application as an array's element, with draws of its own. */
static pe_value apply_element(pei_context *x, pe_value f, const pe_value *args, uint32_t n,
                              uint64_t index)
{
    uint64_t element = x->element;
    x->element = pe_hash_mix(element, index + 1);
    pe_value v = pei_dereference(x, pei_lambda_apply(x, f, args, n));
    x->element = element;
    if (pe_is(v, PE_KIND_ARRAY)) {
        const pe_array *a = pe_as_array(v);
        return a->rows == 1 && a->columns == 1 ? a->cells[0] : pe_error(PE_ERROR_CALC);
    }
    if (pe_is(v, PE_KIND_LAMBDA)) return pe_error(PE_ERROR_CALC);
    return v;
}

pe_value pei_array_of(pei_context *x, pe_value v, const pe_array **array)
{
    pe_value error = pe_error(PE_ERROR_VALUE);
    if (pe_is_error(v)) {
        pe_array *one = pe_new_array(&x->call, 1, 1);
        if (one == NULL) return pe_error(PE_ERROR_NUM);
        one->cells[0] = v;
        *array = one;
        return pe_blank();
    }
    *array = pe_to_array(&x->call, v, &error);
    return *array != NULL ? pe_blank() : error;
}

static pe_value map(pei_context *x, const pe_value *args, uint32_t n)
{
    uint32_t count = n - 1;
    const pe_array **arrays = pe_arena_push_raw(x->call.arena, count + 1, sizeof *arrays);
    pe_value *element = pe_arena_push_raw(x->call.arena, count + 1, sizeof *element);
    if (arrays == NULL || element == NULL) return pe_error(PE_ERROR_NUM);
    pei_shape s = {1, 1};
    for (uint32_t i = 0; i < count; i++) {
        pe_value e = pei_array_of(x, args[i], &arrays[i]);
        if (pe_is_error(e)) return e;
        pei_shape_grow(&s, pe_box_pointer(PE_KIND_ARRAY, arrays[i]));
    }
    pe_array *result = pe_new_array(&x->call, s.rows, s.columns);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t r = 0; r < s.rows; r++)
        for (uint32_t c = 0; c < s.columns && !x->unresolved; c++) {
            size_t at = (size_t)r * s.columns + c;
            for (uint32_t i = 0; i < count; i++)
                element[i] = pei_element(pe_box_pointer(PE_KIND_ARRAY, arrays[i]), r, c);
            result->cells[at] = apply_element(x, args[n - 1], element, count, at);
        }
    return pe_array_value(result);
}

static pe_value reduce(pei_context *x, const pe_value *args, bool scan)
{
    const pe_array *a;
    pe_value error = pei_array_of(x, args[1], &a);
    if (pe_is_error(error)) return error;
    pe_array *steps = scan ? pe_new_array(&x->call, a->rows, a->columns) : NULL;
    if (scan && steps == NULL) return pe_error(PE_ERROR_NUM);
    pe_value pair[2] = {args[0], pe_blank()};
    size_t count = (size_t)a->rows * a->columns, first = 0;
    if (pe_is(args[0], PE_KIND_OMITTED)) {
        pair[0] = a->cells[0];
        first = 1;
        if (scan) steps->cells[0] = pair[0];
    }
    uint64_t element = x->element;
    for (size_t i = first; i < count && !x->unresolved; i++) {
        pair[1] = a->cells[i];
        x->element = pe_hash_mix(element, i + 1);
        pair[0] = pei_lambda_apply(x, args[2], pair, 2);
        if (scan) steps->cells[i] = pei_single(x, pair[0]);
    }
    x->element = element;
    return scan ? pe_array_value(steps) : pair[0];
}

/* BYROW and BYCOL. */
static pe_value by_line(pei_context *x, const pe_value *args, bool rows)
{
    const pe_array *a;
    pe_value error = pei_array_of(x, args[0], &a);
    if (pe_is_error(error)) return error;
    uint32_t count = rows ? a->rows : a->columns, length = rows ? a->columns : a->rows;
    pe_array *result = pe_new_array(&x->call, rows ? count : 1, rows ? 1 : count);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < count && !x->unresolved; i++) {
        pe_array *line = pe_new_array(&x->call, rows ? 1 : length, rows ? length : 1);
        if (line == NULL) return pe_error(PE_ERROR_NUM);
        for (uint32_t j = 0; j < length; j++)
            line->cells[j] =
                a->cells[rows ? (size_t)i * a->columns + j : (size_t)j * a->columns + i];
        pe_value v = pe_array_value(line);
        result->cells[i] = apply_element(x, args[1], &v, 1, i);
    }
    return pe_array_value(result);
}

static pe_value make_array(pei_context *x, const pe_value *args)
{
    pe_value rows = pei_number_of_value(x, pei_single(x, args[0]));
    pe_value columns = pei_number_of_value(x, pei_single(x, args[1]));
    if (pe_is_error(rows)) return rows;
    if (pe_is_error(columns)) return columns;
    double r = pe_as_number(rows), c = pe_as_number(columns);
    if (!(r >= 1 && c >= 1 && r <= PE_ROWS_MAX && c <= PE_COLUMNS_MAX))
        return pe_error(PE_ERROR_VALUE);
    pe_array *result = pe_new_array(&x->call, (uint32_t)r, (uint32_t)c);
    if (result == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < result->rows; i++)
        for (uint32_t j = 0; j < result->columns && !x->unresolved; j++) {
            size_t at = (size_t)i * result->columns + j;
            pe_value place[2] = {pe_number(i + 1.0), pe_number(j + 1.0)};
            result->cells[at] = apply_element(x, args[2], place, 2, at);
        }
    return pe_array_value(result);
}

static pe_value is_omitted(pei_context *x, const pe_node *node)
{
    const pe_node *arg = node->args[0];
    if (arg->kind != PE_NODE_VARIABLE) return pe_boolean(arg->kind == PE_NODE_OMITTED);
    return pe_boolean(pe_is(pei_any(x, arg), PE_KIND_OMITTED));
}

pe_value pei_lambda_function(pei_context *x, const pe_node *node)
{
    if (node->function == PE_FN_LAMBDA) return pei_lambda_value(x, node);
    if (node->function == PE_FN_ISOMITTED) return is_omitted(x, node);
    uint32_t n = node->arg_count;
    pe_value *args = pe_arena_push_raw(x->call.arena, n + 1, sizeof *args);
    if (args == NULL) return pe_error(PE_ERROR_NUM);
    bool array = x->array;
    x->array = true;
    for (uint32_t i = 0; i < n && !x->unresolved; i++) args[i] = pei_any(x, node->args[i]);
    pe_value v = pe_unresolved();
    if (!x->unresolved) switch (node->function) {
        case PE_FN_MAP:
            v = map(x, args, n);
            break;
        case PE_FN_REDUCE:
        case PE_FN_SCAN:
            v = reduce(x, args, node->function == PE_FN_SCAN);
            break;
        case PE_FN_BYROW:
        case PE_FN_BYCOL:
            v = by_line(x, args, node->function == PE_FN_BYROW);
            break;
        case PE_FN_MAKEARRAY:
            v = make_array(x, args);
            break;
        default:
            v = pe_error(PE_ERROR_NAME);
            break;
        }
    x->array = array;
    return v;
}
