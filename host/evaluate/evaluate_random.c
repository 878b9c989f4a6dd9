/* evaluate_random.c: random functions. */
#include "evaluate_internal.h"

pe_value pei_random(pei_context *x, const pe_node *node)
{
    PE_UNUSED(x);
    PE_UNUSED(node);
    return pe_error(PE_ERROR_NAME);
}
