/* golden_value.c: a value as a person reads it. */
#include "golden.h"

#include <stdio.h>

void golden_value_text(pe_value v, char *out, size_t size)
{
    char number[PE_DECIMAL_BYTES];
    switch (pe_kind_of(v)) {
    case PE_KIND_NUMBER:
        pe_decimal_shortest(pe_as_number(v), number);
        snprintf(out, size, "%s", number);
        break;
    case PE_KIND_BOOLEAN:
        snprintf(out, size, "%s", pe_as_boolean(v) ? "TRUE" : "FALSE");
        break;
    case PE_KIND_TEXT:
        snprintf(out, size, "\"%s\"", pe_as_text(v)->bytes);
        break;
    case PE_KIND_ERROR:
        snprintf(out, size, "%s", pe_error_text(pe_as_error(v)));
        break;
    case PE_KIND_BLANK:
        snprintf(out, size, "(blank)");
        break;
    default:
        snprintf(out, size, "(kind %d)", (int)pe_kind_of(v));
        break;
    }
}
