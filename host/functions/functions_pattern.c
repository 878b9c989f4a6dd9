/* functions_pattern.c: see functions_pattern.h. Regular expressions are PCRE2's (Calc's are ICU's,
 * which agree on what people write); all memory is the call's arena, so that nothing needs freeing,
 * and a match that exceeds the limits does not match. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "functions_pattern.h"

#include <pcre2.h>

#include "functions_internal.h"
#include "functions_match.h"

#define MATCH_STEPS_MAX 2000000u

struct pei_pattern {
    bool sees_numbers;
    const pe_text *text; /* wildcards; NULL: an expression */
    pcre2_code *code;    /* a regular expression */
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static void *take(PCRE2_SIZE size, void *arena)
{
    return pe_arena_push_raw(arena, size + 16, 1);
}
static void keep(void *memory, void *arena)
{
    PE_UNUSED(memory);
    PE_UNUSED(arena);
}

static bool compile(pe_call *call, const pe_text *text, bool whole, pei_pattern *p)
{
    int error;
    PCRE2_SIZE offset;
    char *bytes = pe_arena_push_raw(call->arena, (size_t)text->length + 8, 1);
    pcre2_general_context *general = pcre2_general_context_create(take, keep, call->arena);
    pcre2_compile_context *context = general != NULL ? pcre2_compile_context_create(general) : NULL;
    if (bytes == NULL || context == NULL) return false;
    size_t n = whole ? 4 : 0;
    memcpy(bytes, "^(?:", n);
    memcpy(bytes + n, text->bytes, text->length);
    n += text->length;
    memcpy(bytes + n, ")$", whole ? 2 : 0);
    n += whole ? 2 : 0;
    p->code =
        pcre2_compile((PCRE2_SPTR)bytes, n, PCRE2_UTF | PCRE2_CASELESS, &error, &offset, context);
    if (p->code == NULL) return false;
    p->data = pcre2_match_data_create_from_pattern(p->code, general);
    p->context = pcre2_match_context_create(general);
    if (p->data == NULL || p->context == NULL) return false;
    pcre2_set_match_limit(p->context, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(p->context, MATCH_STEPS_MAX);
    return true;
}

/* *text* for a search anywhere; with plain text its wildcards are escaped. */
static const pe_text *around(pe_call *call, const pe_text *text, bool escape)
{
    char *bytes = pe_arena_push_raw(call->arena, 2 * (size_t)text->length + 2, 1), *at = bytes;
    if (bytes == NULL) return text;
    *at++ = '*';
    for (uint32_t i = 0; i < text->length; i++) {
        if (escape && strchr("*?~", text->bytes[i]) != NULL && text->bytes[i] != 0) *at++ = '~';
        *at++ = text->bytes[i];
    }
    *at++ = '*';
    pe_value v = pe_arena_text_value(call->arena, bytes, (size_t)(at - bytes));
    return pe_is(v, PE_KIND_TEXT) ? pe_as_text(v) : text;
}

const pei_pattern *pei_pattern_of(pe_call *call, const pe_text *text)
{
    const pe_calc_options *calc = call->calc;
    bool wildcards = pei_wildcard_has(text) && (calc == NULL || calc->wildcards);
    bool part = calc != NULL && !calc->whole_cell && text->length > 0;
    bool regex = calc != NULL && calc->regex && text->length > 0;
    if (!wildcards && !part && !regex) return NULL;
    pei_pattern *p = PE_PUSH(call->arena, pei_pattern, 1);
    if (p == NULL) return NULL;
    p->sees_numbers = calc != NULL;
    if (regex) { /* what is no expression matches nothing */
        if (!compile(call, text, !part, p)) p->code = NULL;
        return p;
    }
    p->text = part ? around(call, text, !wildcards) : text;
    return p;
}

const pei_pattern *pei_pattern_part(pe_call *call, const pe_text *text)
{
    pei_pattern *p = PE_PUSH(call->arena, pei_pattern, 1);
    return p != NULL && compile(call, text, false, p) ? p : NULL;
}

bool pei_pattern_find(const pei_pattern *p, const pe_text *text, size_t from, size_t *start,
                      size_t *end)
{
    uint32_t options = text->length > 0 ? PCRE2_NOTEMPTY : 0; /* an empty match is none */
    if (p->code == NULL) return false;
    int groups = pcre2_match(p->code, (PCRE2_SPTR)text->bytes, text->length, from, options, p->data,
                             p->context);
    if (groups <= 0) return false;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(p->data);
    *start = ends[0];
    *end = ends[1];
    return true;
}

bool pei_pattern_matches(const pei_pattern *p, const pe_text *text)
{
    size_t start, end;
    if (p->text == NULL) return pei_pattern_find(p, text, 0, &start, &end);
    return pei_wildcard_match(p->text, text);
}

bool pei_pattern_matches_number(const pei_pattern *p, double number)
{
    _Alignas(pe_text) char buffer[sizeof(pe_text) + PEI_NUMBER_TEXT_BYTES];
    pe_text *text = (pe_text *)(void *)buffer;
    if (!p->sees_numbers) return false;
    text->length = (uint32_t)pei_number_text(number, text->bytes);
    return pei_pattern_matches(p, text);
}
