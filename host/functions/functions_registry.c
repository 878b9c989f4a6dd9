/* functions_registry.c: the table of all worksheet functions, made from the .def rows, and lookup
 * by name. */
#include "functions_internal.h"

#define BODY_NUM(body) .num = body
#define BODY_GEN(body) .gen = body
#define BODY_NONE(body) .num = NULL

static const pe_function rows[] = {
#define PE_F(id, fname, min, max, fkinds, fflags, type, body, faux)                                \
    {.name = fname,                                                                                \
     .args_min = min,                                                                              \
     .args_max = max,                                                                              \
     .kinds = fkinds,                                                                              \
     .flags = fflags,                                                                              \
     BODY_##type(body),                                                                            \
     .aux = faux},
#include "functions_all.def"
#undef PE_F
};

const pe_function *pe_function_row(pe_function_id id)
{
    return (unsigned)id < PE_FUNCTION_COUNT ? &rows[id] : NULL;
}

/* Open-addressed index of the names, built at compile time would need a generator; a sorted search
 * over some 700 names costs ten comparisons and only runs once per distinct formula. */
static size_t strip_prefixes(const char **name, size_t length)
{
    static const char *const prefixes[] = {"_XLFN.", "_XLWS.", "_XLL.", "_XLUDF."};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < PE_COUNT(prefixes); i++) {
            size_t n = strlen(prefixes[i]);
            if (length > n && pe_text_equal_nocase(*name, n, prefixes[i], n)) {
                *name += n;
                length -= n;
                again = true;
            }
        }
    }
    return length;
}

pe_function_id pe_function_find(const char *name, size_t length)
{
    length = strip_prefixes(&name, length);
    for (int i = 0; i < PE_FUNCTION_COUNT; i++) {
        const char *candidate = rows[i].name;
        if ((candidate[0] | 32) == (name[0] | 32) && strlen(candidate) == length &&
            pe_text_equal_nocase(candidate, length, name, length))
            return (pe_function_id)i;
    }
    return PE_FUNCTION_NONE;
}

char pe_function_kind(const pe_function *row, int index)
{
    const char *kinds = row->kinds;
    const char *bar = strchr(kinds, '|');
    int fixed = bar != NULL ? (int)(bar - kinds) : (int)strlen(kinds) - 1;
    const char *group = bar != NULL ? bar + 1 : kinds + fixed;
    int group_length = (int)strlen(group);
    if (index < fixed) return kinds[index];
    return group_length > 0 ? group[(index - fixed) % group_length] : 'e';
}
