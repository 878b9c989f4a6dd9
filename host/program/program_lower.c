/* program_lower.c: one formula's tree to values: constants, references, operators, names and
 * choices. A subtree that this cannot take is refused (false), and the smallest refused subtree
 * that stands on its own becomes a general instruction. */
#include "program_internal.h"

/* ---- uniform subtrees
 * --------------------------------------------------------------------------------- */

static bool function_uniform(const pe_node *node)
{
    const pe_function *row = pe_function_row((pe_function_id)node->function);
    return (row->flags & (PE_FN_RANDOM | PE_FN_RISK | PE_FN_RISK_OUTPUT | PE_FN_RISK_PROPERTY |
                          PE_FN_DYNAMIC | PE_FN_UNSUPPORTED)) == 0;
}

/* Where an area stands, and how large it is, is the same whatever it holds. */
static bool asks_for_address(pei_builder *b, const pe_node *node)
{
    pe_area area;
    bool asks = node->function == PE_FN_ROW || node->function == PE_FN_COLUMN ||
                node->function == PE_FN_ROWS || node->function == PE_FN_COLUMNS;
    return asks && node->arg_count == 1 && pei_node_is_area(b, node->args[0], &area);
}

static bool name_uniform(pei_builder *b, const pe_node *node)
{
    const pe_formula *formula = pe_graph_name(b->graph, node->index);
    if (formula == NULL || b->name_depth > 16) return false;
    b->name_depth++;
    bool uniform = pei_subtree_uniform(b, formula->root);
    b->name_depth--;
    return uniform;
}

bool pei_subtree_uniform(pei_builder *b, const pe_node *node)
{
    pe_area area;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
    case PE_NODE_OMITTED:
    case PE_NODE_ARRAY:
    case PE_NODE_EXTERNAL:
        return true;
    case PE_NODE_REFERENCE:
    case PE_NODE_TABLE:
        return !pei_node_is_area(b, node, &area) || !pei_area_varies(b, &area);
    case PE_NODE_NAME:
        return name_uniform(b, node);
    case PE_NODE_FUNCTION:
        if (!function_uniform(node)) return false;
        if (asks_for_address(b, node)) return true;
        break;
    case PE_NODE_UNARY:
        if (node->op == PE_OP_SPILL) return false;
        break;
    case PE_NODE_BINARY:
        if (node->op >= PE_OP_RANGE && node->op <= PE_OP_INTERSECT) return false;
        break;
    default:
        return false;
    }
    for (uint32_t i = 0; i < node->arg_count; i++)
        if (!pei_subtree_uniform(b, node->args[i])) return false;
    return true;
}

bool pei_read_none(void *context, uint32_t cell, pe_value *value)
{
    PE_UNUSED(context);
    PE_UNUSED(cell);
    PE_UNUSED(value);
    return false;
}

bool pei_make_lane(pei_builder *b)
{
    if (b->lane == NULL && pe_lane_new(b->evaluator, &b->lane, b->diag) != PE_OK)
        b->status = PE_E_MEMORY;
    return b->status == PE_OK;
}

/* The value of a subtree that pei_subtree_uniform accepted. */
bool pei_fold(pei_builder *b, const pe_node *node, pei_operand *o)
{
    if (!pei_make_lane(b)) return false;
    pe_unit unit = {.kind = PE_UNIT_NODE, .cell = b->cell, .node = node, .output_count = 1};
    pe_lane_source source = {b->request->varying, NULL, pei_read_none};
    pe_value value;
    uint32_t missing;
    if (pe_lane_evaluate(b->lane, &unit, &source, 0, &value, &missing) != PE_OK) return false;
    if (pe_is(value, PE_KIND_TEXT)) { /* lanes forget their texts */
        const pe_text *text = pe_as_text(value);
        value = pe_arena_text_value(b->arena, text->bytes, text->length);
        if (!pe_is(value, PE_KIND_TEXT)) return pei_fail(b, PE_E_MEMORY, "no memory for texts");
    }
    pe_lane_reset(b->lane);
    *o = pei_uniform(value);
    return true;
}

/* ---- operators
 * ---------------------------------------------------------------------------------------- */

static bool as_number_pair(pei_builder *b, pei_operand *x, pei_operand *y)
{
    if (!pei_to_number(b, x) || !pei_to_number(b, y)) return false;
    /* an error that is always there: the left one wins; to its right, what varies may hold another
     */
    return !(y->uniform && pe_is_error(y->value) && !x->uniform);
}

typedef struct arithmetic_row {
    int vv, vk, kv; /* opcodes; PEI_NONE where operands are exchanged */
    bool commutes;
} arithmetic_row;

/* Calc's every + and - gives 0 where it cancels. */
static arithmetic_row calc_arithmetic(int op)
{
    return op == PE_OP_ADD
               ? (arithmetic_row){PE_I_ADD_CALC, PE_I_ADD_CALC_K, 0, true}
               : (arithmetic_row){PE_I_SUB_CALC, PE_I_SUB_CALC_K, PE_I_K_SUB_CALC, false};
}

static arithmetic_row arithmetic(const pei_builder *b, int op, bool final)
{
    if (b->calc != NULL && op <= PE_OP_SUB) return calc_arithmetic(op);
    switch (op) {
    case PE_OP_ADD:
        return final ? (arithmetic_row){PE_I_ADD_FINAL, PE_I_ADD_FINAL_K, 0, true}
                     : (arithmetic_row){PE_I_ADD, PE_I_ADD_K, 0, true};
    case PE_OP_SUB:
        return final ? (arithmetic_row){PE_I_SUB_FINAL, PE_I_SUB_FINAL_K, PE_I_K_SUB_FINAL, false}
                     : (arithmetic_row){PE_I_SUB, PE_I_SUB_K, PE_I_K_SUB, false};
    case PE_OP_MUL:
        return (arithmetic_row){PE_I_MUL, PE_I_MUL_K, 0, true};
    case PE_OP_DIV:
        return (arithmetic_row){PE_I_DIV, PE_I_DIV_K, PE_I_K_DIV, false};
    default:
        return (arithmetic_row){PE_I_POW, PE_I_POW_K, PE_I_K_POW, false};
    }
}

bool pei_lower_binary(pei_builder *b, int op, pei_operand x, pei_operand y, bool final,
                      pei_operand *o)
{
    if (!as_number_pair(b, &x, &y)) return false;
    if (x.uniform && pe_is_error(x.value)) {
        *o = x;
        return true;
    }
    arithmetic_row row = arithmetic(b, op, final);
    if (x.uniform && y.uniform) {
        pe_instruction i = {.op = (uint16_t)row.vv};
        pe_program none = {.is_calc = b->calc != NULL};
        *o = pei_uniform(pe_instruction_exact(&none, &i, x.value, y.value, pe_number(0)));
        return true;
    }
    uint32_t node;
    if (!x.uniform && !y.uniform) {
        node = pei_make(b, row.vv, PE_TYPE_NUMBER, x.node, y.node, PEI_NONE, 0);
    } else if (y.uniform || row.commutes) {
        double k = pe_as_number(y.uniform ? y.value : x.value);
        if (op == PE_OP_DIV && k == 0) return false;
        int code = final && b->calc == NULL && op == PE_OP_ADD && x.uniform
                       ? PE_I_K_ADD_FINAL
                       : row.vk; /* the snap asks the left one */
        node = pei_make(b, code, PE_TYPE_NUMBER, y.uniform ? x.node : y.node, PEI_NONE, PEI_NONE,
                        pei_constant(b, k));
    } else {
        node = pei_make(b, row.kv, PE_TYPE_NUMBER, y.node, PEI_NONE, PEI_NONE,
                        pei_constant(b, pe_as_number(x.value)));
    }
    *o = pei_varying(node);
    return node != PEI_NONE;
}

pei_operand pei_binary_number(pei_builder *b, int op, pei_operand x, pei_operand y)
{
    pei_operand o = pei_uniform(pe_error(PE_ERROR_VALUE));
    if (!pei_lower_binary(b, op, x, y, false, &o))
        pei_fail(b, PE_E_INTERNAL, "numbers could not be combined");
    return o;
}

static bool lower_negate(pei_builder *b, pei_operand x, pei_operand *o)
{
    if (!pei_to_number(b, &x)) return false;
    if (x.uniform) {
        pe_instruction i = {.op = PE_I_NEG};
        pe_program none = {.is_calc = b->calc != NULL};
        *o = pei_uniform(pe_instruction_exact(&none, &i, x.value, pe_number(0), pe_number(0)));
        return true;
    }
    *o = pei_varying(pei_make(b, PE_I_NEG, PE_TYPE_NUMBER, x.node, PEI_NONE, PEI_NONE, 0));
    return o->node != PEI_NONE;
}

/* ---- comparison
 * --------------------------------------------------------------------------------------- */

static bool order_holds(int op, int order)
{
    switch (op) {
    case PE_OP_EQ:
        return order == 0;
    case PE_OP_NE:
        return order != 0;
    case PE_OP_LT:
        return order < 0;
    case PE_OP_LE:
        return order <= 0;
    case PE_OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}
static int mirrored(int op)
{
    switch (op) {
    case PE_OP_LT:
        return PE_OP_GT;
    case PE_OP_LE:
        return PE_OP_GE;
    case PE_OP_GT:
        return PE_OP_LT;
    case PE_OP_GE:
        return PE_OP_LE;
    default:
        return op;
    }
}

static int order_of(const pei_builder *b, pe_value x, pe_value y)
{
    return b->calc != NULL ? pe_calc_compare(b->calc, x, y) : pe_compare(x, y);
}

/* A text of a known domain against a value: decided for each member now. */
static bool compare_code(pei_builder *b, int op, uint32_t node, pe_value y, pei_operand *o)
{
    const pe_domain *domain = pei_domain(b, b->nodes[node].domain);
    double *values = pe_arena_push_raw(b->scratch, domain->count + 1, sizeof *values);
    if (values == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for lookup tables");
    for (uint32_t i = 0; i < domain->count; i++)
        values[i] = pe_is_error(domain->values[i]) ? pe_as_number(domain->values[i])
                    : order_holds(op, order_of(b, domain->values[i], y)) ? 1.0
                                                                         : 0.0;
    *o = pei_varying(pei_map_code(b, node, values, PE_TYPE_BOOLEAN));
    return o->node != PEI_NONE;
}

static bool compare_numbers(pei_builder *b, int op, pei_operand x, pei_operand y, pei_operand *o)
{
    static const int with_constant[] = {PE_I_EQ_K, PE_I_NE_K, PE_I_LT_K,
                                        PE_I_LE_K, PE_I_GT_K, PE_I_GE_K};
    static const int of_two[] = {PE_I_EQ, PE_I_NE, PE_I_LT, PE_I_LE, PE_I_LT, PE_I_LE};
    uint32_t node;
    if (x.uniform) return compare_numbers(b, mirrored(op), y, x, o);
    if (y.uniform) {
        node = pei_make(b, with_constant[op - PE_OP_EQ], PE_TYPE_BOOLEAN, x.node, PEI_NONE,
                        PEI_NONE, pei_constant(b, pe_as_number(y.value)));
    } else {
        bool turn = op == PE_OP_GT || op == PE_OP_GE;
        pei_node n = {.op = (uint16_t)of_two[op - PE_OP_EQ],
                      .type = PE_TYPE_BOOLEAN,
                      .a = turn ? y.node : x.node,
                      .b = turn ? x.node : y.node,
                      .c = PEI_NONE,
                      .flags = turn}; /* flags 1: b is the left one */
        node = pei_make_node(b, &n);
    }
    *o = pei_varying(node);
    return node != PEI_NONE;
}

bool pei_compare_operands(pei_builder *b, int op, pei_operand x, pei_operand y, pei_operand *o)
{
    if (x.uniform && y.uniform) {
        if (pe_is_error(x.value) || pe_is_error(y.value)) {
            *o = pe_is_error(x.value) ? x : y;
            return true;
        }
        *o = pei_uniform(pe_boolean(order_holds(op, order_of(b, x.value, y.value))));
        return true;
    }
    if (x.uniform) {
        if (pe_is_error(x.value)) {
            *o = x;
            return true;
        }
        return pei_compare_operands(b, mirrored(op), y, x, o); /* no error to the left of y */
    }
    pe_type type = pei_type_of(b, x.node);
    if (y.uniform) {
        if (pe_is_error(y.value)) return false;
        if (type == PE_TYPE_CODE) return compare_code(b, op, x.node, y.value, o);
        if (pe_is(y.value, PE_KIND_BLANK)) y.value = pe_number(0);
        if (type == PE_TYPE_NUMBER && pe_is_number(y.value)) return compare_numbers(b, op, x, y, o);
        if (type == PE_TYPE_BOOLEAN && pe_is(y.value, PE_KIND_BOOLEAN)) {
            y.value = pe_number(pe_as_boolean(y.value) ? 1.0 : 0.0);
            return compare_numbers(b, op, x, y, o);
        }
        return false;
    }
    pe_type other = pei_type_of(b, y.node);
    if (type != other || (type != PE_TYPE_NUMBER && type != PE_TYPE_BOOLEAN)) return false;
    return compare_numbers(b, op, x, y, o);
}

/* ---- references
 * --------------------------------------------------------------------------------------- */

/* The one cell of an area that a formula at home means, as Excel intersects; false: more than one.
 */
static bool intersected(const pei_builder *b, const pe_area *a, pe_cell_ref *cell)
{
    if (a->sheet_first != a->sheet_last) return false;
    *cell = (pe_cell_ref){a->sheet_first, a->row_first, a->column_first};
    bool one_row = a->row_first == a->row_last, one_column = a->column_first == a->column_last;
    if (one_row && one_column) return true;
    if (b->array_mode) return false;
    if (one_column && b->home.row >= a->row_first && b->home.row <= a->row_last) {
        cell->row = b->home.row;
        return true;
    }
    if (one_row && b->home.column >= a->column_first && b->home.column <= a->column_last) {
        cell->column = b->home.column;
        return true;
    }
    return false;
}

static bool lower_reference(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pe_area area;
    pe_cell_ref at;
    if (!pei_node_is_area(b, node, &area) || !intersected(b, &area, &at)) return false;
    return pei_cell_operand(b, pei_find_cell(b, at.sheet, at.row, at.column), o);
}

static bool lower_name(pei_builder *b, const pe_node *node, pei_operand *o)
{
    const pe_formula *formula = pe_graph_name(b->graph, node->index);
    if (formula == NULL || b->path_depth >= PE_COUNT(b->path) || b->name_depth > 16) return false;
    bool bound = b->bound, array_mode = b->array_mode;
    pei_operand *variables = b->variables;
    const pe_node *root = b->root;
    b->path[b->path_depth++] = node->draw_site;
    b->name_depth++;
    b->bound = true;
    b->array_mode = true;
    b->variables = NULL;
    b->root = NULL;
    bool lowered = pei_lower(b, formula->root, o);
    b->path_depth--;
    b->name_depth--;
    b->bound = bound;
    b->array_mode = array_mode;
    b->variables = variables;
    b->root = root;
    return lowered;
}

/* ---- nodes
 * -------------------------------------------------------------------------------------------- */

bool pei_lower_number(pei_builder *b, const pe_node *node, pei_operand *o)
{
    b->blank_is_zero = true;
    return pei_lower_or_general(b, node, o) && pei_to_number(b, o);
}

/* A blank is 0 to arithmetic, and to a comparison with a number. */
static bool takes_zero(const pe_node *node, uint32_t other)
{
    if (node->op < PE_OP_EQ || node->op > PE_OP_GE) return true;
    const pe_node *n = node->args[other];
    return n->kind == PE_NODE_VALUE && pe_is_number(n->value);
}

/* An operator of texts that are chosen per trial. */
static bool by_cases(pei_builder *b, const pe_node *node, pei_operand x, pei_operand y,
                     pei_operand *o)
{
    const pe_node *none[2] = {NULL, NULL};
    const pei_operand operands[2] = {x, y};
    pe_node open = *node;
    open.args = none;
    return b->status == PE_OK && pei_tabulate(b, &open, operands, o);
}
static bool lower_concatenation(pei_builder *b, const pe_node *node, pei_operand *o)
{
    pei_operand x, y;
    return pei_lower(b, node->args[0], &x) && pei_lower(b, node->args[1], &y) &&
           by_cases(b, node, x, y, o);
}

static bool lower_operator(pei_builder *b, const pe_node *node, bool zero, pei_operand *o)
{
    pei_operand x, y;
    if (node->kind == PE_NODE_UNARY) {
        b->blank_is_zero = zero || node->op == PE_OP_NEGATE || node->op == PE_OP_PERCENT;
        if (node->op == PE_OP_SPILL || !pei_lower_or_general(b, node->args[0], &x)) return false;
        switch (node->op) {
        case PE_OP_NEGATE:
            return lower_negate(b, x, o);
        case PE_OP_PERCENT:
            return pei_lower_binary(b, PE_OP_DIV, x, pei_uniform(pe_number(100)), false, o);
        default:
            *o = x;
            return true;
        }
    }
    if (node->op == PE_OP_CONCAT) return lower_concatenation(b, node, o);
    if (node->op >= PE_OP_RANGE && node->op <= PE_OP_INTERSECT) return false;
    b->blank_is_zero = takes_zero(node, 1);
    if (!pei_lower_or_general(b, node->args[0], &x)) return false;
    b->blank_is_zero = takes_zero(node, 0);
    if (!pei_lower_or_general(b, node->args[1], &y)) return false;
    if (node->op >= PE_OP_EQ && node->op <= PE_OP_GE)
        return pei_compare_operands(b, node->op, x, y, o) || by_cases(b, node, x, y, o);
    bool final = node == b->root && (node->op == PE_OP_ADD || node->op == PE_OP_SUB);
    return pei_lower_binary(b, node->op, x, y, final, o);
}

static bool lower_node(pei_builder *b, const pe_node *node, pei_operand *o)
{
    bool zero = b->blank_is_zero || node == b->root;
    b->blank_is_zero = false;
    if (b->status != PE_OK) return false;
    switch ((pe_node_kind)node->kind) {
    case PE_NODE_VALUE:
        *o = pei_uniform(node->value);
        return true;
    case PE_NODE_OMITTED:
        *o = pei_uniform(pe_omitted());
        return true;
    case PE_NODE_REFERENCE:
    case PE_NODE_TABLE:
        return lower_reference(b, node, o);
    case PE_NODE_NAME:
        b->blank_is_zero = zero;
        return lower_name(b, node, o);
    case PE_NODE_VARIABLE:
        if (b->variables == NULL || node->index >= b->variable_count) return false;
        *o = b->variables[node->index];
        return o->uniform || o->node != PEI_NONE;
    case PE_NODE_UNARY:
    case PE_NODE_BINARY:
        return lower_operator(b, node, zero, o);
    case PE_NODE_FUNCTION:
        b->blank_is_zero = zero;
        return pei_lower_function(b, node, o);
    default:
        return false;
    }
}

bool pei_lower(pei_builder *b, const pe_node *node, pei_operand *o)
{
    return lower_node(b, node, o) && pei_plain_truth(b, o);
}

bool pei_lower_or_general(pei_builder *b, const pe_node *node, pei_operand *o)
{
    if (pei_lower(b, node, o)) return true;
    if (b->status != PE_OK || (node != b->root && pei_may_be_array(b, node))) return false;
    if (b->array_mode && node != b->root && pei_mode_matters(b, node)) return false;
    if (pei_subtree_uniform(b, node) && pei_fold(b, node, o)) return true;
    b->blanks = b->blanks || (node != b->root && pei_may_be_blank(node));
    return b->status == PE_OK && !b->bound && pei_general_node(b, node, o);
}

/* ---- cells
 * -------------------------------------------------------------------------------------------- */

/* A cell whose formula gives a constant in all trials all the same: kept as a node, since readers
 * expect one. */
uint32_t pei_constant_node(pei_builder *b, pe_value v)
{
    if (pe_is(v, PE_KIND_BLANK) || pe_is(v, PE_KIND_OMITTED)) v = pe_number(0);
    bool number = pe_is_number(v) || pe_is_error(v);
    return pei_make(b, PE_I_CONSTANT, number ? PE_TYPE_NUMBER : PE_TYPE_ANY, PEI_NONE, PEI_NONE,
                    PEI_NONE, pei_constant(b, pe_as_number(v)));
}

void pei_enter_cell(pei_builder *b, uint32_t cell)
{
    b->cell = cell;
    b->home = pe_workbook_ref(b->workbook, cell);
    b->group = pei_new_group(b);
}

bool pei_lower_formula(pei_builder *b, const pe_formula *formula, pei_operand *o)
{
    b->root = formula->root;
    b->path_depth = 0;
    b->name_depth = 0;
    b->bound = false;
    b->variables = NULL;
    b->variable_count = 0;
    b->blank_is_zero = b->blanks = false;
    if (!pei_lower_or_general(b, formula->root, o)) return false;
    /* a general instruction for the whole formula shows a blank as 0 */
    return !b->blanks || o->uniform || pei_type_of(b, o->node) != PE_TYPE_ANY ||
           pei_general_node(b, formula->root, o);
}

static bool lower_block(pei_builder *b, uint32_t master)
{
    uint32_t formula = b->workbook->cells[master].formula;
    if (formula != PE_NO_FORMULA && b->workbook->formulas[formula].kind == PE_FORMULA_TABLE &&
        pei_lower_table(b, master))
        return true;
    if (b->status != PE_OK) return false;
    pei_enter_cell(b, master);
    return pei_general_block(b, master);
}

/* One cell, whose precedents have been lowered. */
bool pei_lower_cell(pei_builder *b, uint32_t cell)
{
    if (b->cell_node[cell] != PEI_NONE) return true;
    pe_arena_mark mark = pe_arena_save(b->scratch);
    const pe_cell *c = &b->workbook->cells[cell];
    uint32_t master = pe_graph_master(b->graph, cell),
             component = pe_graph_component(b->graph, cell);
    bool done;
    pei_operand o;
    pei_enter_cell(b, cell);
    const pe_formula *formula = pe_graph_formula(b->graph, cell);
    const pe_formula_source *source =
        c->formula != PE_NO_FORMULA ? &b->workbook->formulas[c->formula] : NULL;
    bool overridden = pe_graph_overridden(b->graph, cell);
    bool block = !overridden && source != NULL && source->kind != PE_FORMULA_NORMAL &&
                 pe_area_cells(&source->area) > 1;
    if (component != 0) {
        done = pei_general_component(b, component);
    } else if (master != cell || block || formula == NULL ||
               (!overridden && source != NULL && source->kind == PE_FORMULA_TABLE)) {
        done = lower_block(b, master);
    } else {
        b->array_mode = !overridden && source != NULL && source->kind != PE_FORMULA_NORMAL;
        done = pei_lower_formula(b, formula, &o);
        if (done) b->cell_node[cell] = o.uniform ? pei_constant_node(b, o.value) : o.node;
        done = done && b->cell_node[cell] != PEI_NONE;
    }
    pe_arena_restore(b->scratch, mark);
    if (!done && b->status == PE_OK)
        pei_fail(b, PE_E_UNSUPPORTED, "this formula cannot vary in a simulation");
    return done;
}
