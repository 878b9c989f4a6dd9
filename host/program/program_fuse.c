/* program_fuse.c: joins a value with its only reader where an opcode does both, with the bits of
 * the two instructions one after the other. Afterwards a node's `next` is the number of its uses;
 * 0: dead. */
#include "functions_arithmetic.h"
#include "program_internal.h"

static void count_use(void *context, uint32_t node)
{
    ((pei_builder *)context)->nodes[node].next++;
}
static bool is_recording(const pei_node *n)
{
    return n->op == PE_I_RECORD || n->op == PE_I_RECORD_BOOLEAN || n->op == PE_I_RECORD_CODE;
}
/* Operands are earlier nodes: one pass from the last counts the uses of all that a recording needs.
 */
static void count_uses(pei_builder *b)
{
    for (size_t i = 0; i < b->node_count; i++) b->nodes[i].next = 0;
    for (size_t i = b->node_count; i-- > 0;) {
        if (is_recording(&b->nodes[i])) b->nodes[i].next = 1;
        if (b->nodes[i].next > 0) pei_operands(b, (uint32_t)i, count_use, b);
    }
}

/* The operand, if this is its only reader and it is `op`; else NULL. */
static pei_node *only(pei_builder *b, uint32_t operand, int op)
{
    if (operand == PEI_NONE) return NULL;
    pei_node *n = &b->nodes[operand];
    return n->next == 1 && n->op == op && !n->eager ? n : NULL;
}

static double constant_of(const pei_builder *b, const pei_node *n)
{
    return b->constants[n->k];
}
/* n becomes op over p's operands. */
static void take(pei_node *n, pei_node *p, int op, uint32_t a, uint32_t x, uint32_t c, uint32_t k)
{
    p->next = 0;
    n->op = (uint16_t)op;
    n->a = a;
    n->b = x;
    n->c = c;
    n->k = k;
}

static void fuse_mul(pei_builder *b, pei_node *n)
{
    pei_node *p;
    if ((p = only(b, n->a, PE_I_NEG)) != NULL && n->a != n->b) {
        take(n, p, PE_I_NEG_MUL, p->a, n->b, PEI_NONE, 0);
    } else if ((p = only(b, n->a, PE_I_ADD_K)) != NULL && n->a != n->b) {
        take(n, p, PE_I_ADD_K_MUL, p->a, n->b, PEI_NONE, p->k);
    } else if ((p = only(b, n->b, PE_I_ADD_K)) != NULL && n->a != n->b) {
        take(n, p, PE_I_ADD_K_MUL, p->a, n->a, PEI_NONE, p->k);
        n->flags = 1;
    }
}
static void fuse_add(pei_builder *b, pei_node *n, bool final)
{
    pei_node *p;
    if (n->a == n->b) return;
    if ((p = only(b, n->a, PE_I_ADD)) != NULL && !n->eager) {
        take(n, p, final ? PE_I_ADD3_FINAL : PE_I_ADD3, p->a, p->b, n->b, 0);
    } else if (!final && (p = only(b, n->a, PE_I_MUL)) != NULL) {
        take(n, p, PE_I_MUL_ADD, p->a, p->b, n->b, 0);
    } else if (!final && (p = only(b, n->b, PE_I_MUL)) != NULL) {
        take(n, p, PE_I_MUL_ADD, p->a, p->b, n->a, 0);
        n->flags = 1;
    }
}
static void fuse_max_k(pei_builder *b, pei_node *n)
{
    pei_node *p;
    double k = constant_of(b, n);
    if ((p = only(b, n->a, PE_I_SUB)) != NULL)
        take(n, p, PE_I_SUB_MAX_K, p->a, p->b, PEI_NONE, n->k);
    else if ((p = only(b, n->a, PE_I_K_SUB)) != NULL)
        take(n, p, PE_I_K_SUB_MAX_K, p->a, PEI_NONE, PEI_NONE,
             pei_constant_pair(b, constant_of(b, p), k));
    else if ((p = only(b, n->a, PE_I_MUL_K)) != NULL)
        take(n, p, PE_I_MUL_K_MAX_K, p->a, PEI_NONE, PEI_NONE,
             pei_constant_pair(b, constant_of(b, p), k));
}
static void fuse_neg(pei_builder *b, pei_node *n)
{
    pei_node *p;
    if ((p = only(b, n->a, PE_I_ROUND)) != NULL)
        take(n, p, PE_I_NEG_ROUND, p->a, PEI_NONE, PEI_NONE, p->k);
    else if ((p = only(b, n->a, PE_I_MUL_ROUND)) != NULL)
        take(n, p, PE_I_NEG_MUL_ROUND, p->a, p->b, PEI_NONE, p->k);
    else if ((p = only(b, n->a, PE_I_MIN)) != NULL)
        take(n, p, PE_I_NEG_MIN, p->a, p->b, PEI_NONE, 0);
    else if ((p = only(b, n->a, PE_I_GT_K_SELECT)) != NULL)
        take(n, p, PE_I_NEG_GT_K_SELECT, p->a, p->b, p->c, p->k);
    else if ((p = only(b, n->a, PE_I_MUL_K)) != NULL)
        take(n, p, PE_I_MUL_K, p->a, PEI_NONE, PEI_NONE, pei_constant(b, -constant_of(b, p)));
}

/* A choice by a comparison with a constant. */
static void fuse_select(pei_builder *b, pei_node *n)
{
    pei_node *p;
    if (n->a == n->b || n->a == n->c) return;
    if ((p = only(b, n->a, PE_I_GT_K)) != NULL)
        take(n, p, PE_I_GT_K_SELECT, p->a, n->b, n->c, p->k);
    else if ((p = only(b, n->a, PE_I_GE_K)) != NULL)
        take(n, p, PE_I_GE_K_SELECT, p->a, n->b, n->c, p->k);
    else if ((p = only(b, n->a, PE_I_LE_K)) != NULL)
        take(n, p, PE_I_GT_K_SELECT, p->a, n->c, n->b, p->k);
    else if ((p = only(b, n->a, PE_I_LT_K)) != NULL)
        take(n, p, PE_I_GE_K_SELECT, p->a, n->c, n->b, p->k);
    else if ((p = only(b, n->a, PE_I_EQ_K)) != NULL)
        take(n, p, PE_I_EQ_K_SELECT, p->a, n->b, n->c, p->k);
}

static void fuse_node(pei_builder *b, pei_node *n)
{
    pei_node *p;
    switch (n->op) {
    case PE_I_MUL:
        fuse_mul(b, n);
        break;
    case PE_I_ADD:
        fuse_add(b, n, false);
        break;
    case PE_I_ADD_FINAL:
        fuse_add(b, n, true);
        break;
    case PE_I_MAX_K:
        fuse_max_k(b, n);
        break;
    case PE_I_NEG:
        fuse_neg(b, n);
        break;
    case PE_I_SELECT:
        fuse_select(b, n);
        break;
    case PE_I_SUB_FINAL:
        if (n->a != n->b && (p = only(b, n->a, PE_I_SUB)) != NULL)
            take(n, p, PE_I_SUB_SUB_FINAL, p->a, p->b, n->b, 0);
        break;
    case PE_I_MUL_K:
        if ((p = only(b, n->a, PE_I_NEG)) != NULL)
            take(n, p, PE_I_MUL_K, p->a, PEI_NONE, PEI_NONE, pei_constant(b, -constant_of(b, n)));
        break;
    case PE_I_ADD_K:
        if ((p = only(b, n->a, PE_I_MUL_K)) != NULL)
            take(n, p, PE_I_MUL_K_ADD_K, p->a, PEI_NONE, PEI_NONE,
                 pei_constant_pair(b, constant_of(b, p), constant_of(b, n)));
        break;
    case PE_I_DIV_K:
        if ((p = only(b, n->a, PE_I_MUL)) != NULL)
            take(n, p, PE_I_MUL_DIV_K, p->a, p->b, PEI_NONE, n->k);
        break;
    case PE_I_ROUND:
        if ((p = only(b, n->a, PE_I_MUL)) != NULL)
            take(n, p, PE_I_MUL_ROUND, p->a, p->b, PEI_NONE, n->k);
        break;
    case PE_I_K_SELECT:
        if (n->a != n->b && (p = only(b, n->a, PE_I_GT_K)) != NULL)
            take(n, p, PE_I_GT_K_K_SELECT, p->a, n->b, PEI_NONE,
                 pei_constant_pair(b, constant_of(b, p), constant_of(b, n)));
        break;
    default:
        break;
    }
}

pe_status pei_fuse(pei_builder *b)
{
    count_uses(b);
    for (size_t i = 0; i < b->node_count && b->status == PE_OK; i++)
        if (pei_interrupted(b))
            pei_fail(b, PE_E_CANCELLED, "cancelled");
        else if (b->nodes[i].next > 0)
            fuse_node(b, &b->nodes[i]);
    return b->status;
}
