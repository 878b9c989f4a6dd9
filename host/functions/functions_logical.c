/* functions_logical.c: AND, OR, XOR, NOT, TRUE, FALSE. In ranges and arrays texts and blanks do not
 * count; an argument written out does: TRUE and FALSE as text are read, other text is #VALUE!. IF
 * and its kin are the evaluator's (functions_logical.def). */
#include "functions_internal.h"

typedef struct tally {
    pe_call *call;
    size_t trues, falses;
    pe_value error; /* blank: none */
} tally;

static bool count_value(void *context, pe_value v, bool direct)
{
    tally *t = context;
    if (pe_is_error(v)) {
        t->error = v;
        return false;
    }
    if (pe_is(v, PE_KIND_TEXT) && !direct) return true;
    if (pe_is(v, PE_KIND_BLANK) && !direct) return true;
    pe_value b = pe_to_boolean(t->call, v);
    if (pe_is_error(b)) {
        t->error = b;
        return false;
    }
    if (pe_as_boolean(b))
        t->trues++;
    else
        t->falses++;
    return true;
}

/* Counts all arguments; an error value where there is one or where nothing counts, else a blank. */
static pe_value count_all(pe_call *call, const pe_value *args, int n, tally *t)
{
    tally fresh = {call, 0, 0, pe_blank()};
    *t = fresh;
    for (int i = 0; i < n && !pe_is_error(t->error); i++)
        pe_each_value(call, args[i], count_value, t);
    if (!pe_is_error(t->error) && t->trues + t->falses == 0) t->error = pe_error(PE_ERROR_VALUE);
    return t->error;
}

pe_value pei_fn_and(pe_call *call, const pe_value *args, int n)
{
    tally t;
    pe_value error = count_all(call, args, n, &t);
    return pe_is_error(error) ? error : pe_boolean(t.falses == 0);
}

pe_value pei_fn_or(pe_call *call, const pe_value *args, int n)
{
    tally t;
    pe_value error = count_all(call, args, n, &t);
    return pe_is_error(error) ? error : pe_boolean(t.trues > 0);
}

pe_value pei_fn_xor(pe_call *call, const pe_value *args, int n)
{
    tally t;
    pe_value error = count_all(call, args, n, &t);
    return pe_is_error(error) ? error : pe_boolean(t.trues % 2 == 1);
}

pe_value pei_fn_not(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    return pe_boolean(!pe_arg_boolean(args, n, 0, false));
}

pe_value pei_fn_true(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(args);
    PE_UNUSED(n);
    return pe_boolean(true);
}

pe_value pei_fn_false(pe_call *call, const pe_value *args, int n)
{
    PE_UNUSED(call);
    PE_UNUSED(args);
    PE_UNUSED(n);
    return pe_boolean(false);
}
