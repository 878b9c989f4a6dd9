/* functions_textregex.c: REGEXTEST, REGEXEXTRACT, REGEXREPLACE on PCRE2, the library that Excel
 * uses. A pattern that does not compile is #VALUE!; so is one that exceeds the match limits, so
 * that no pattern can hang a recalculation. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "functions_textbuild.h"

#define MATCH_STEPS_MAX 2000000u
#define MATCH_HEAP_KIB_MAX 65536u

typedef struct matcher {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    const pe_text *text;
} matcher;

static void close_matcher(matcher *m)
{
    pcre2_match_context_free(m->context);
    pcre2_match_data_free(m->data);
    pcre2_code_free(m->code);
}

static bool open_matcher(matcher *m, const pe_text *text, const pe_text *pattern,
                         double insensitive)
{
    int error;
    PCRE2_SIZE offset;
    uint32_t options = PCRE2_UTF | (insensitive == 1 ? PCRE2_CASELESS : 0);
    memset(m, 0, sizeof *m);
    m->text = text;
    if (insensitive != 0 && insensitive != 1) return false;
    m->code =
        pcre2_compile((PCRE2_SPTR)pattern->bytes, pattern->length, options, &error, &offset, NULL);
    if (m->code == NULL) return false;
    m->data = pcre2_match_data_create_from_pattern(m->code, NULL);
    m->context = pcre2_match_context_create(NULL);
    if (m->data == NULL || m->context == NULL) {
        close_matcher(m);
        return false;
    }
    pcre2_set_match_limit(m->context, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(m->context, MATCH_STEPS_MAX);
    pcre2_set_heap_limit(m->context, MATCH_HEAP_KIB_MAX);
    return true;
}

/* The next match from byte `from` on: groups in it, 0: none, below 0: failed. */
static int match_at(matcher *m, size_t from, uint32_t options)
{
    int groups = pcre2_match(m->code, (PCRE2_SPTR)m->text->bytes, m->text->length, from, options,
                             m->data, m->context);
    if (groups == PCRE2_ERROR_NOMATCH) return 0;
    return groups == 0 ? 1 : groups;
}

/* Where the search goes on after a match; an empty one moves a character on. */
static size_t after_match(const matcher *m)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(m->data);
    size_t next = ends[1];
    if (ends[1] > ends[0]) return next;
    next++;
    while (next < m->text->length && ((unsigned char)m->text->bytes[next] & 0xC0u) == 0x80u) next++;
    return next;
}

static pe_value group_text(pe_call *call, const matcher *m, int group)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(m->data);
    PCRE2_SIZE from = ends[2 * group], to = ends[2 * group + 1];
    if (from == PCRE2_UNSET || to < from) return pe_make_text(call, "", 0);
    return pe_make_text(call, m->text->bytes + from, to - from);
}

pe_value pei_fn_regextest(pe_call *call, const pe_value *args, int n)
{
    matcher m;
    PE_UNUSED(call);
    if (!open_matcher(&m, pei_arg_text(args, n, 0), pei_arg_text(args, n, 1),
                      pei_arg_whole(args, n, 2, 0)))
        return pe_error(PE_ERROR_VALUE);
    int groups = match_at(&m, 0, 0);
    close_matcher(&m);
    return groups < 0 ? pe_error(PE_ERROR_VALUE) : pe_boolean(groups > 0);
}

/* All matches as one row. */
static pe_value extract_all(pe_call *call, matcher *m)
{
    size_t count = 0;
    pe_array *array = NULL;
    for (int pass = 0; pass < 2; pass++) {
        size_t found = 0;
        for (size_t from = 0; from <= m->text->length; from = after_match(m)) {
            int groups = match_at(m, from, 0);
            if (groups < 0) return pe_error(PE_ERROR_VALUE);
            if (groups == 0) break;
            if (pass == 1) array->cells[found] = group_text(call, m, 0);
            found++;
        }
        if (found == 0) return pe_error(PE_ERROR_NA);
        if (pass == 1) break;
        count = found;
        array = pe_new_array(call, 1, (uint32_t)count);
        if (array == NULL) return pe_error(PE_ERROR_NUM);
    }
    return pe_array_value(array);
}

static pe_value extract_groups(pe_call *call, const matcher *m, int groups)
{
    uint32_t captures = 0;
    pcre2_pattern_info(m->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    if (captures == 0) return pe_error(PE_ERROR_VALUE);
    pe_array *array = pe_new_array(call, 1, captures);
    if (array == NULL) return pe_error(PE_ERROR_NUM);
    for (uint32_t i = 0; i < captures; i++)
        array->cells[i] =
            (int)i + 1 < groups ? group_text(call, m, (int)i + 1) : pe_make_text(call, "", 0);
    return pe_array_value(array);
}

pe_value pei_fn_regexextract(pe_call *call, const pe_value *args, int n)
{
    matcher m;
    double mode = pei_arg_whole(args, n, 2, 0);
    if (mode != 0 && mode != 1 && mode != 2) return pe_error(PE_ERROR_VALUE);
    if (!open_matcher(&m, pei_arg_text(args, n, 0), pei_arg_text(args, n, 1),
                      pei_arg_whole(args, n, 3, 0)))
        return pe_error(PE_ERROR_VALUE);
    pe_value result;
    int groups = mode == 1 ? 1 : match_at(&m, 0, 0);
    if (groups < 0)
        result = pe_error(PE_ERROR_VALUE);
    else if (groups == 0)
        result = pe_error(PE_ERROR_NA);
    else if (mode == 1)
        result = extract_all(call, &m);
    else
        result = mode == 0 ? group_text(call, &m, 0) : extract_groups(call, &m, groups);
    close_matcher(&m);
    return result;
}

/* Substitutes at the match from `from` on, or at all matches. */
static pe_value substitute(pe_call *call, matcher *m, const pe_text *replacement, size_t from,
                           bool all)
{
    PCRE2_SIZE length = PE_TEXT_BYTES_MAX;
    char *out = pe_arena_push_raw(call->arena, length + 1, 1);
    if (out == NULL) return pe_error(PE_ERROR_NUM);
    uint32_t options = PCRE2_SUBSTITUTE_UNSET_EMPTY | (all ? PCRE2_SUBSTITUTE_GLOBAL : 0);
    int count = pcre2_substitute(m->code, (PCRE2_SPTR)m->text->bytes, m->text->length, from,
                                 options, NULL, m->context, (PCRE2_SPTR)replacement->bytes,
                                 replacement->length, (PCRE2_UCHAR *)out, &length);
    return count < 0 ? pe_error(PE_ERROR_VALUE) : pe_make_text(call, out, length);
}

static pe_value replace_one(pe_call *call, matcher *m, const pe_text *replacement,
                            double occurrence)
{
    double count = 0, seen = 0;
    for (size_t from = 0; occurrence < 0 && from <= m->text->length; from = after_match(m)) {
        int groups = match_at(m, from, 0);
        if (groups < 0) return pe_error(PE_ERROR_VALUE);
        if (groups == 0) break;
        count++;
    }
    double wanted = occurrence < 0 ? count + 1 + occurrence : occurrence;
    for (size_t from = 0; wanted >= 1 && from <= m->text->length; from = after_match(m)) {
        int groups = match_at(m, from, 0);
        if (groups < 0) return pe_error(PE_ERROR_VALUE);
        if (groups == 0) break;
        if (++seen == wanted)
            return substitute(call, m, replacement, pcre2_get_ovector_pointer(m->data)[0], false);
    }
    return pe_make_text(call, m->text->bytes, m->text->length);
}

pe_value pei_fn_regexreplace(pe_call *call, const pe_value *args, int n)
{
    matcher m;
    double occurrence = pei_arg_whole(args, n, 3, 0);
    if (!open_matcher(&m, pei_arg_text(args, n, 0), pei_arg_text(args, n, 1),
                      pei_arg_whole(args, n, 4, 0)))
        return pe_error(PE_ERROR_VALUE);
    const pe_text *replacement = pei_arg_text(args, n, 2);
    pe_value result = occurrence == 0 ? substitute(call, &m, replacement, 0, true)
                                      : replace_one(call, &m, replacement, occurrence);
    close_matcher(&m);
    return result;
}
