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

static const struct {
    uint8_t dialects; /* 1 << pe_dialect */
    uint16_t id;
    const char *name;
} aliases[] = {
#define C (1 << PE_DIALECT_CALC)
#define O (1 << PE_DIALECT_OPENFORMULA)
#define A (1 << PE_DIALECT_EXCEL | C | O)
#define PE_ALIAS(dialects, name, id) {dialects, PE_FN_##id, name},
#include "functions_alias.def"
#undef PE_ALIAS
#undef C
#undef O
#undef A
};

static bool is_name(const char *candidate, const char *name, size_t length)
{
    return (candidate[0] | 32) == (name[0] | 32) && strlen(candidate) == length &&
           pe_text_equal_nocase(candidate, length, name, length);
}

/* COM.MICROSOFT. and the like: then the row's own name follows, or GET and it. */
static bool strip_namespace(const char **name, size_t *length)
{
    static const char *const spaces[] = {"COM.MICROSOFT.",
                                         "LEGACY.",
                                         "ORG.LIBREOFFICE.",
                                         "ORG.OPENOFFICE.",
                                         "COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GET",
                                         "COM.SUN.STAR.SHEET.ADDIN.DATEFUNCTIONS.GET"};
    for (size_t i = 0; i < PE_COUNT(spaces); i++) {
        size_t n = strlen(spaces[i]);
        if (*length <= n || !pe_text_equal_nocase(*name, n, spaces[i], n)) continue;
        *name += n;
        *length -= n;
        return true;
    }
    return false;
}

pe_function_id pe_function_find_as(pe_dialect dialect, const char *name, size_t length)
{
    length = strip_prefixes(&name, length);
    for (size_t i = 0; i < PE_COUNT(aliases); i++)
        if (aliases[i].dialects >> dialect & 1 && is_name(aliases[i].name, name, length))
            return (pe_function_id)aliases[i].id;
    bool spaced = strip_namespace(&name, &length);
    for (int i = 0; i < PE_FUNCTION_COUNT; i++) {
        bool hidden = rows[i].flags & PE_FN_CALC && dialect == PE_DIALECT_EXCEL && !spaced;
        if (!hidden && is_name(rows[i].name, name, length)) return (pe_function_id)i;
    }
    return PE_FUNCTION_NONE;
}

pe_function_id pe_function_find(const char *name, size_t length)
{
    return pe_function_find_as(PE_DIALECT_EXCEL, name, length);
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
