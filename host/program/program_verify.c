/* program_verify.c: the opcode table, the check of a program against it, and the program as text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "program.h"

typedef struct opcode_row {
    const char *name, *operands;
} opcode_row;

static const opcode_row rows[PE_OPCODE_COUNT] = {
#define PE_OP(id, name, operands) {name, operands},
#include "program_opcodes.def"
#undef PE_OP
};

const char *pe_opcode_name(pe_opcode op)
{
    return rows[op].name;
}
const char *pe_opcode_operands(pe_opcode op)
{
    return rows[op].operands;
}

/* ---- check
 * -------------------------------------------------------------------------------------------- */

typedef struct check {
    const pe_program *p;
    uint8_t *written;
    const char *wrong;
} check;

static bool reads_slot(check *c, uint32_t slot)
{
    if (slot >= c->p->slot_count) return c->wrong = "reads a slot that there is not", false;
    if (!c->written[slot]) return c->wrong = "reads a slot before it is written", false;
    return true;
}
static bool reads_list(check *c, uint32_t first, uint32_t count, uint32_t d)
{
    if (first > c->p->list_count || count > c->p->list_count - first)
        return c->wrong = "has a list that ends outside", false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = c->p->lists[first + i];
        if (entry & PE_LIST_CONSTANT) {
            if ((entry & ~PE_LIST_CONSTANT) >= c->p->constant_count)
                return c->wrong = "has a list with no such constant", false;
            continue;
        }
        if (entry == d) return c->wrong = "writes a slot that it reads", false;
        if (!reads_slot(c, entry)) return false;
    }
    return true;
}
static bool in_range(check *c, bool good, const char *wrong)
{
    if (!good) c->wrong = wrong;
    return good;
}

static bool writes_list(check *c, uint32_t first, uint32_t count)
{
    const pe_program *p = c->p;
    if (first > p->list_count || count > p->list_count - first)
        return c->wrong = "writes outside", false;
    for (uint32_t o = 0; o < count; o++) {
        uint32_t slot = p->lists[first + o];
        if (slot >= p->slot_count) return c->wrong = "writes a slot that there is not", false;
        c->written[slot] = 1;
    }
    return true;
}

static bool check_general(check *c, const pe_instruction *i)
{
    const pe_program *p = c->p;
    if (i->k >= p->general_count) return c->wrong = "has no such unit", false;
    const pe_general *g = &p->generals[i->k];
    if (g->read_first > p->read_count || g->read_count > p->read_count - g->read_first)
        return c->wrong = "reads outside", false;
    for (uint32_t r = 0; r < g->read_count; r++)
        if (!reads_slot(c, p->reads[g->read_first + r].slot)) return false;
    return writes_list(c, g->output_first, g->unit.output_count);
}

static bool check_operand(check *c, const pe_instruction *i, char letter)
{
    const pe_program *p = c->p;
    const bool writes = strchr(rows[i->op].operands, 'd') != NULL;
    const uint32_t d = writes ? i->d : 0xFFFFFFFFu;
    switch (letter) {
    case 'd':
        return in_range(c, i->d < p->slot_count, "writes a slot that there is not");
    case 'a':
        return in_range(c, i->a != d, "writes a slot that it reads") && reads_slot(c, i->a);
    case 'b':
        return in_range(c, i->b != d, "writes a slot that it reads") && reads_slot(c, i->b);
    case 'c':
        return in_range(c, i->c != d, "writes a slot that it reads") && reads_slot(c, i->c);
    case 'k':
        return in_range(c, i->k < p->constant_count, "has no such constant");
    case 'K':
        return in_range(c, i->k + 1 < p->constant_count, "has no such constants");
    case 'q':
        return in_range(c, i->b < p->constant_count, "has no such constant");
    case 'N':
        return reads_list(c, i->k, i->c, d);
    case 'D':
        return writes_list(c, i->d, i->c);
    case 't':
        return in_range(c, i->k < p->table_count, "has no such table");
    case 'w':
        return in_range(c, i->k < p->draw_count, "has no such draw");
    case 'r':
        return in_range(c, i->k < p->column_count, "has no such column");
    case 'm':
        return in_range(c, i->c < p->domain_count, "has no such domain");
    case 'f':
        return in_range(c,
                        i->flags < PE_FUNCTION_COUNT &&
                            pe_function_row((pe_function_id)i->flags)->num != NULL,
                        "has no such function");
    case 'u':
        return check_general(c, i);
    case 'x':
        if (i->k >= p->inverse_count) return c->wrong = "has no such distribution", false;
        return !p->inverses[i->k].varying || reads_list(c, p->inverses[i->k].parameter_list,
                                                        p->inverses[i->k].parameter_count, d);
    default:
        return in_range(c, false, "has an operand of an unknown kind");
    }
}

static bool check_instruction(check *c, const pe_instruction *i)
{
    if (i->op >= PE_OPCODE_COUNT) return c->wrong = "has an unknown opcode", false;
    if (i->op == PE_I_CRITERIA && (i->flags == 0 || i->flags >> 14 != 0))
        return c->wrong = "has no such criteria", false;
    const char *operands = rows[i->op].operands;
    for (const char *o = operands; *o != 0; o++)
        if (!check_operand(c, i, *o)) return false;
    if (strchr(operands, 'd') != NULL) c->written[i->d] = 1;
    return true;
}

pe_status pe_program_verify(const pe_program *p, pe_diag *diag)
{
    check c = {.p = p, .written = calloc(p->slot_count + 1u, 1)};
    if (c.written == NULL)
        return pe_fail(diag, PE_E_MEMORY, "program", "no memory to check the program");
    for (uint32_t n = 0; n < p->instruction_count; n++) {
        if (check_instruction(&c, &p->instructions[n])) continue;
        free(c.written);
        return pe_fail(diag, PE_E_INTERNAL, "program", "instruction %u (%s) %s", n,
                       p->instructions[n].op < PE_OPCODE_COUNT ? rows[p->instructions[n].op].name
                                                               : "?",
                       c.wrong);
    }
    free(c.written);
    return PE_OK;
}

/* ---- text
 * --------------------------------------------------------------------------------------------- */

typedef struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
} text;

static void put(text *t, const char *format, ...) PE_PRINTF(2, 3);
static void put(text *t, const char *format, ...)
{
    char line[128];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || PE_GROW(&t->bytes, &t->capacity, t->length + (size_t)n + 1) != PE_OK) {
        t->failed = true;
        return;
    }
    memcpy(t->bytes + t->length, line, (size_t)n + 1);
    t->length += (size_t)n;
}
static void put_constant(text *t, const pe_program *p, uint32_t k)
{
    char number[PE_DECIMAL_BYTES];
    pe_value v = pe_number(p->constants[k]);
    if (pe_is_number(v)) {
        pe_decimal_shortest(p->constants[k], number);
        put(t, "%s", number);
    } else if (pe_is_error(v)) {
        put(t, "%s", pe_error_text(pe_as_error(v)));
    } else if (pe_is(v, PE_KIND_TEXT)) {
        put(t, "\"%.60s\"", pe_as_text(v)->bytes);
    } else {
        put(t, "value");
    }
}
static void put_list(text *t, const pe_program *p, uint32_t first, uint32_t count)
{
    put(t, "[");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = p->lists[first + i];
        if (i > 0) put(t, " ");
        if (entry & PE_LIST_CONSTANT)
            put_constant(t, p, entry & ~PE_LIST_CONSTANT);
        else
            put(t, "s%u", entry);
    }
    put(t, "]");
}
static void put_general(text *t, const pe_program *p, uint32_t k)
{
    const pe_general *g = &p->generals[k];
    put(t, "unit %u reads", k);
    for (uint32_t r = 0; r < g->read_count; r++) put(t, " s%u", p->reads[g->read_first + r].slot);
    put(t, " writes ");
    put_list(t, p, g->output_first, g->unit.output_count);
}

static void put_operand(text *t, const pe_program *p, const pe_instruction *i, char letter)
{
    switch (letter) {
    case 'a':
        put(t, " s%u", i->a);
        break;
    case 'b':
        put(t, " s%u", i->b);
        break;
    case 'c':
        put(t, " s%u", i->c);
        break;
    case 'k':
        put(t, " ");
        put_constant(t, p, i->k);
        break;
    case 'q':
        put(t, " ");
        put_constant(t, p, i->b);
        break;
    case 'K':
        put(t, " ");
        put_constant(t, p, i->k);
        put(t, " ");
        put_constant(t, p, i->k + 1);
        break;
    case 'N':
        put(t, " ");
        put_list(t, p, i->k, i->c);
        break;
    case 'D':
        put(t, " writes ");
        put_list(t, p, i->d, i->c);
        break;
    case 't':
        put(t, " table %u", i->k);
        break;
    case 'w':
        put(t, " draw %u", i->k);
        break;
    case 'x':
        put(t, " distribution %u", i->k);
        break;
    case 'r':
        put(t, " column %u", i->k);
        break;
    case 'm':
        put(t, " domain %u", i->c);
        break;
    case 'f':
        put(t, " %s", pe_function_row((pe_function_id)i->flags)->name);
        break;
    case 'u':
        put(t, " ");
        put_general(t, p, i->k);
        break;
    default:
        break;
    }
}

char *pe_program_disassemble(const pe_program *p)
{
    text t = {0};
    put(&t, "%u slots, %u instructions\n", p->slot_count, p->instruction_count);
    for (uint32_t n = 0; n < p->instruction_count && !t.failed; n++) {
        const pe_instruction *i = &p->instructions[n];
        const char *operands = rows[i->op].operands;
        put(&t, "%4u  ", n);
        if (operands[0] == 'd') put(&t, "s%u = ", i->d);
        put(&t, "%s", rows[i->op].name);
        for (const char *o = operands; *o != 0; o++) put_operand(&t, p, i, *o);
        put(&t, "\n");
    }
    if (t.failed) {
        free(t.bytes);
        return NULL;
    }
    return t.bytes;
}
