/* program_conditional.c: SUMIF, COUNTIF, AVERAGEIF, MAXIFS and their plural forms. Cells whose
 * match is known now are chosen now; where one criterion's range varies, lanes choose; what needs
 * more is program_criteria.c's. Matched values are added in the order of the cells, some rows at a
 * time, so that nothing has to stay for the end. */
#include <stdlib.h>

#include "program_internal.h"

#define CHUNK_PAIRS                                                                                \
    24u /* cells taken by one instruction: enough to amortise, few to keep alive                   \
         */

/* The pairs waiting, and the result so far: sum or count. */
typedef struct pairs {
    pei_conditional *c;
    pei_builder *b;
    bool counting; /* matching cells, not their values */
    pei_ref sum;
    int op; /* of the pairs waiting; -1 none */
    double constant;
    pei_ref pairs[2 * CHUNK_PAIRS];
    uint32_t pair_count;
} pairs;

static bool step(pairs *c, pei_node *n)
{
    c->sum = pei_make_step(c->b, n);
    return c->sum != PEI_NONE;
}
static bool start_slot(pairs *c) /* an accumulation starts in a slot */
{
    if (!(c->sum & PE_LIST_CONSTANT)) return true;
    pei_node n = {.op = PE_I_CONSTANT,
                  .a = PEI_NONE,
                  .b = PEI_NONE,
                  .c = PEI_NONE,
                  .k = c->sum & ~PE_LIST_CONSTANT};
    return step(c, &n);
}

static bool flush(pairs *c)
{
    pei_builder *b = c->b;
    if (c->pair_count == 0) return true;
    if (!start_slot(c)) return false;
    uint32_t list = pei_add_list(b, c->pairs, c->pair_count);
    pei_node n = {.op = (uint16_t)c->op,
                  .a = c->sum,
                  .b = pei_constant(b, c->constant),
                  .c = c->pair_count,
                  .k = list};
    c->pair_count = 0;
    return list != PEI_NONE && step(c, &n);
}
static bool add_pair(pairs *c, int op, double constant, pei_ref test, pei_ref value)
{
    if (c->pair_count > 0 &&
        (c->op != op || c->constant != constant || c->pair_count == 2 * CHUNK_PAIRS) && !flush(c))
        return false;
    c->op = op;
    c->constant = constant;
    c->pairs[c->pair_count++] = test;
    c->pairs[c->pair_count++] = value;
    return true;
}
static bool add_plain(pairs *c, pei_ref value)
{
    pei_builder *b = c->b;
    if (!flush(c)) return false;
    bool constant = (value & PE_LIST_CONSTANT) != 0;
    if ((c->sum & PE_LIST_CONSTANT) && !constant && b->constants[c->sum & ~PE_LIST_CONSTANT] == 0) {
        c->sum = value;
        return true;
    }
    if ((c->sum & PE_LIST_CONSTANT) && constant) {
        c->sum = pei_constant_ref(b, b->constants[c->sum & ~PE_LIST_CONSTANT] +
                                         b->constants[value & ~PE_LIST_CONSTANT]);
        return b->status == PE_OK;
    }
    pei_node n = {.op = constant ? PE_I_ADD_K : PE_I_ADD,
                  .a = c->sum,
                  .b = constant ? PEI_NONE : value,
                  .c = PEI_NONE,
                  .k = constant ? value & ~PE_LIST_CONSTANT : 0};
    if (c->sum & PE_LIST_CONSTANT)
        n = (pei_node){.op = PE_I_ADD_K,
                       .a = value,
                       .b = PEI_NONE,
                       .c = PEI_NONE,
                       .k = c->sum & ~PE_LIST_CONSTANT};
    return step(c, &n);
}

/* How lanes test a varying cell: an opcode and its constant. False: not here. */
bool pei_lane_test(pei_builder *b, const pei_criterion *t, uint32_t *node, int *op,
                   double *constant, int *always)
{
    const char *text;
    *always = -1;
    switch (pei_type_of(b, *node)) {
    case PE_TYPE_CODE: {
        const pe_domain *domain = pei_domain(b, b->nodes[*node].domain);
        double *values = pe_arena_push_raw(b->scratch, domain->count + 1, sizeof *values);
        uint32_t ones = 0, one = 0;
        if (values == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a criterion");
        if (pe_criterion_match(t->test, pe_error(PE_ERROR_NA))) return false;
        for (uint32_t i = 0; i < domain->count; i++) {
            values[i] = pe_criterion_match(t->test, domain->values[i]) ? 1.0 : 0.0;
            if (values[i] != 0) ones++, one = i;
        }
        *op = PE_I_SUMIF_CODE;
        *constant = ones == 1 ? one : 1.0;
        if (ones == 0)
            *always = 0;
        else if (ones > 1)
            *node = pei_map_code(b, *node, values, PE_TYPE_BOOLEAN);
        return *node != PEI_NONE;
    }
    case PE_TYPE_NUMBER:
        if (pe_criterion_sees_numbers(t->test)) return false;
        if (!pe_criterion_numeric(t->test, &text, constant)) {
            bool number = pe_criterion_match(t->test, pe_number(1.5)),
                 error = pe_criterion_match(t->test, pe_error(PE_ERROR_NA));
            *always = number;
            return number == error &&
                   number == pe_criterion_match(t->test, pe_error(PE_ERROR_DIV0));
        }
        *op = strcmp(text, "=") == 0    ? PE_I_SUMIF_EQ
              : strcmp(text, "<>") == 0 ? PE_I_SUMIF_NE
              : strcmp(text, "<") == 0  ? PE_I_SUMIF_LT
              : strcmp(text, "<=") == 0 ? PE_I_SUMIF_LE
              : strcmp(text, ">") == 0  ? PE_I_SUMIF_GT
                                        : PE_I_SUMIF_GE;
        return true;
    case PE_TYPE_BOOLEAN: {
        bool yes = pe_criterion_match(t->test, pe_boolean(true)),
             no = pe_criterion_match(t->test, pe_boolean(false));
        if (pe_criterion_match(t->test, pe_error(PE_ERROR_NA)) || (yes && no)) return false;
        *op = PE_I_SUMIF_CODE;
        *constant = yes ? 1.0 : 0.0;
        if (!yes && !no) *always = 0;
        return true;
    }
    default:
        return false;
    }
}

bool pei_criterion_cell(const pei_conditional *c, int i, uint32_t row, uint32_t column,
                        pei_operand *x)
{
    const pe_area *a = &c->criteria[i].area;
    uint32_t cell =
        pei_find_cell(c->b, a->sheet_first, a->row_first + row, a->column_first + column);
    return pei_cell_operand(c->b, cell, x);
}

bool pei_value_cell(const pei_conditional *c, uint32_t row, uint32_t column, bool *counts,
                    pei_ref *value)
{
    pei_builder *b = c->b;
    const pe_area *a = &c->values;
    pei_operand o;
    uint32_t cell = pei_find_cell(b, a->sheet_first, a->row_first + row, a->column_first + column);
    if (!pei_cell_operand(b, cell, &o)) return false;
    if (o.uniform ? pe_is_error(o.value) : pei_type_of(b, o.node) != PE_TYPE_NUMBER) return false;
    *counts = !o.uniform || pe_is_number(o.value);
    if (*counts) *value = pei_ref_of(b, &o);
    return true;
}

/* The cell at an offset: true if it takes part; *varying its test's node or PEI_NONE. */
static bool offset_matches(const pei_conditional *c, uint32_t row, uint32_t column, bool *matches,
                           const pei_criterion **lane, uint32_t *node)
{
    *matches = true;
    *lane = NULL;
    for (int i = 0; i < c->count; i++) {
        const pei_criterion *t = &c->criteria[i];
        pei_operand o;
        if (!pei_criterion_cell(c, i, row, column, &o)) return false;
        if (o.uniform) {
            *matches = *matches && pe_criterion_match(t->test, o.value);
            continue;
        }
        if (*lane != NULL) return false; /* two varying criteria */
        *lane = t;
        *node = o.node;
    }
    return true;
}

static bool take_offset(pairs *p, uint32_t row, uint32_t column)
{
    const pei_conditional *c = p->c;
    pei_builder *b = p->b;
    bool matches, counts = true;
    const pei_criterion *lane;
    uint32_t node = PEI_NONE;
    if (!offset_matches(c, row, column, &matches, &lane, &node)) return false;
    if (!matches) return true;
    pei_ref value = pei_constant_ref(b, 1);
    if (c->has_values && !pei_value_cell(c, row, column, &counts, &value)) return false;
    if (!counts) return true;
    if (p->counting) value = pei_constant_ref(b, 1);
    if (lane == NULL) return add_plain(p, value);
    int op = 0, always = 0;
    double constant = 0;
    uint32_t group = b->group;
    b->group = pei_new_group(
        b); /* an accumulation waits for this, and the formula at hand for the accumulation */
    bool tested = pei_lane_test(b, lane, &node, &op, &constant, &always);
    b->group = group;
    if (!tested) return false;
    if (always == 0) return true;
    if (always == 1) return add_plain(p, value);
    if (op == PE_I_SUMIF_CODE && pei_type_of(b, node) == PE_TYPE_BOOLEAN && !c->has_values)
        value = pei_constant_ref(b, 1);
    return add_pair(p, op, constant, node, value);
}

/* Rows and columns worth visiting: what the sheets use. */
void pei_criteria_size(const pei_conditional *c, uint32_t *rows, uint32_t *columns)
{
    const pe_area *a = &c->criteria[0].area;
    uint32_t all_rows = a->row_last - a->row_first + 1,
             all_columns = a->column_last - a->column_first + 1;
    *rows = 0;
    *columns = 0;
    for (int i = -1; i < c->count; i++) {
        if (i < 0 && !c->has_values) continue;
        const pe_area *area = i < 0 ? &c->values : &c->criteria[i].area;
        const pe_area *used = &c->b->workbook->sheets[area->sheet_first].used;
        uint32_t r = used->row_last >= area->row_first ? used->row_last - area->row_first + 1 : 0;
        uint32_t k = used->column_last >= area->column_first
                         ? used->column_last - area->column_first + 1
                         : 0;
        if (r > *rows) *rows = r;
        if (k > *columns) *columns = k;
    }
    if (*rows > all_rows) *rows = all_rows;
    if (*columns > all_columns) *columns = all_columns;
}

/* Blank cells beyond what the sheet uses would count too: only COUNTIF sees them. */
static bool counts_blanks(const pei_conditional *c)
{
    if (c->has_values) return false;
    for (int i = 0; i < c->count; i++) {
        const pei_criterion *t = &c->criteria[i];
        bool blank =
            t->test != NULL ? pe_criterion_match(t->test, pe_blank()) : t->op == PE_I_SUMIF_NE;
        if (!blank) return false;
    }
    return true;
}

static bool run_pairs(pei_conditional *c, bool counting, pei_operand *o)
{
    uint32_t rows, columns;
    pairs *p = pe_arena_push(c->b->scratch, 1, sizeof *p);
    if (p == NULL) return pei_fail(c->b, PE_E_MEMORY, "no memory for criteria");
    pei_criteria_size(c, &rows, &columns);
    p->c = c;
    p->b = c->b;
    p->counting = counting;
    p->sum = pei_constant_ref(c->b, 0);
    p->op = -1;
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++)
            if (!take_offset(p, row, column)) return false;
    if (!flush(p)) return false;
    *o = p->sum & PE_LIST_CONSTANT
             ? pei_uniform(pe_number(c->b->constants[p->sum & ~PE_LIST_CONSTANT]))
             : pei_varying(p->sum);
    return c->b->status == PE_OK;
}

/* Sums and counts, the cheaper way where it does. */
static bool run(pei_conditional *c, pei_kind kind, pei_operand *o)
{
    if (!c->varies && run_pairs(c, kind == PEI_COUNT, o)) return true;
    return c->b->status == PE_OK && pei_run_criteria(c, kind, o);
}

/* The number after an operator, ">"&A1: a text of 15 digits, and comparison sees no more of the
 * number itself. Calc's texts have rules of their own. */
static const pe_node *number_of(const pei_conditional *c, const pe_node *node, int *op)
{
    static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
    if (c->b->calc != NULL || node->kind != PE_NODE_BINARY || node->op != PE_OP_CONCAT) return NULL;
    const pe_node *left = node->args[0];
    if (left->kind != PE_NODE_VALUE || !pe_is(left->value, PE_KIND_TEXT)) return NULL;
    const pe_text *text = pe_as_text(left->value);
    for (size_t i = 0; i < PE_COUNT(operators); i++) {
        *op = PE_I_SUMIF_EQ + (int)i;
        if (text->length == strlen(operators[i]) &&
            memcmp(text->bytes, operators[i], text->length) == 0)
            return node->args[1];
    }
    return NULL;
}

static bool is_varying_number(const pei_builder *b, const pei_operand *o)
{
    return !o->uniform && pei_type_of(b, o->node) == PE_TYPE_NUMBER;
}

/* What a criterion compares with: a value, compiled now, or a number that varies. */
static bool lower_criterion(pei_conditional *c, const pe_node *node, pei_criterion *t)
{
    pei_builder *b = c->b;
    pei_operand o;
    const pe_node *number = number_of(c, node, &t->op);
    if (number != NULL && pei_lower_or_general(b, number, &o) && is_varying_number(b, &o)) {
        t->node = o.node;
        c->varies = true;
        return true;
    }
    if (b->status != PE_OK || !pei_lower_or_general(b, node, &o)) return false;
    if (!o.uniform) {
        t->op = PE_I_SUMIF_EQ;
        t->node = o.node;
        c->varies = true;
        return is_varying_number(b, &o);
    }
    pe_call *call = pe_arena_push(b->scratch, 1, sizeof *call);
    if (call == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for a criterion");
    *call = pei_conversion_call(b);
    t->test = pe_criterion_new(call, o.value);
    return t->test != NULL || pei_fail(b, PE_E_MEMORY, "no memory for a criterion");
}

static bool add_criterion(pei_conditional *c, const pe_node *range, const pe_node *node)
{
    if (c->count == PEI_CRITERIA_MAX) return false;
    pei_criterion *t = &c->criteria[c->count];
    if (!pei_node_is_area(c->b, range, &t->area) || t->area.sheet_first != t->area.sheet_last)
        return false;
    if (!lower_criterion(c, node, t)) return false;
    const pe_area *first = &c->criteria[0].area;
    c->count++;
    return t->area.row_last - t->area.row_first == first->row_last - first->row_first &&
           t->area.column_last - t->area.column_first == first->column_last - first->column_first;
}

/* The values' area takes the criteria's size (SUMIF, AVERAGEIF). */
static bool set_values(pei_conditional *c, const pe_node *node, bool resize)
{
    const pe_area *first = &c->criteria[0].area;
    if (!pei_node_is_area(c->b, node, &c->values) || c->values.sheet_first != c->values.sheet_last)
        return false;
    c->has_values = true;
    uint32_t rows = first->row_last - first->row_first,
             columns = first->column_last - first->column_first;
    if (!resize)
        return c->values.row_last - c->values.row_first == rows &&
               c->values.column_last - c->values.column_first == columns;
    if (c->values.row_first + rows >= PE_ROWS_MAX ||
        c->values.column_first + columns >= PE_COLUMNS_MAX)
        return false;
    c->values.row_last = c->values.row_first + rows;
    c->values.column_last = c->values.column_first + columns;
    return true;
}

static bool add_criteria(pei_conditional *c, const pe_node *node, uint32_t from)
{
    for (uint32_t i = from; i + 1 < node->arg_count; i += 2)
        if (!add_criterion(c, node->args[i], node->args[i + 1])) return false;
    return c->count > 0;
}

static bool average(pei_conditional *c, pei_operand *o)
{
    pei_operand sum, count;
    if (!run(c, PEI_SUM, &sum) || !run(c, PEI_COUNT, &count)) return false;
    return pei_lower_binary(c->b, PE_OP_DIV, sum, count, false, o);
}

bool pei_lower_conditional(pei_builder *b, const pe_node *node, pei_operand *o, bool *handled)
{
    pei_conditional *c = pe_arena_push(b->scratch, 1, sizeof *c);
    if (c == NULL) return pei_fail(b, PE_E_MEMORY, "no memory for criteria");
    c->b = b;
    *handled = true;
    switch ((pe_function_id)node->function) {
    case PE_FN_SUMIF:
    case PE_FN_AVERAGEIF: {
        bool given = node->arg_count > 2 && node->args[2]->kind != PE_NODE_OMITTED;
        if (!add_criterion(c, node->args[0], node->args[1]) ||
            !set_values(c, node->args[given ? 2 : 0], true))
            return false;
        return node->function == PE_FN_SUMIF ? run(c, PEI_SUM, o) : average(c, o);
    }
    case PE_FN_SUMIFS:
    case PE_FN_AVERAGEIFS:
        if (!add_criteria(c, node, 1) || !set_values(c, node->args[0], false)) return false;
        return node->function == PE_FN_SUMIFS ? run(c, PEI_SUM, o) : average(c, o);
    case PE_FN_MAXIFS:
    case PE_FN_MINIFS:
        if (!add_criteria(c, node, 1) || !set_values(c, node->args[0], false)) return false;
        return pei_run_criteria(c, node->function == PE_FN_MAXIFS ? PEI_MOST : PEI_LEAST, o);
    case PE_FN_COUNTIF:
    case PE_FN_COUNTIFS:
        return add_criteria(c, node, 0) && !counts_blanks(c) && run(c, PEI_COUNT, o);
    default:
        *handled = false;
        return false;
    }
}
