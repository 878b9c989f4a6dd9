/* graph_scope.c: how names in formula text become indices of the workbook's sheets, names, tables
 * and links, and back for printing. Invariant: looking a name up is the same whichever formula asks
 * first. */
#include "graph_internal.h"

#define KEY_BYTES 512

/* Key of a name in a scope: the scope's sheet, then the text in lower case. 0: too long to be a
 * name. */
static size_t key_of(uint32_t sheet, const char *name, size_t length, char key[KEY_BYTES])
{
    if (length + sizeof sheet > KEY_BYTES) return 0;
    memcpy(key, &sheet, sizeof sheet);
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        key[sizeof sheet + i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return length + sizeof sheet;
}

static uint32_t look_up(const pe_map *map, uint32_t sheet, const char *name, size_t length)
{
    char key[KEY_BYTES];
    size_t n = key_of(sheet, name, length, key);
    uint32_t value = PEI_NONE;
    if (n == 0 || !pe_map_get(map, key, n, &value)) return PEI_NONE;
    return value;
}

static uint32_t scope_sheet(void *context, const char *name, size_t length)
{
    const pe_graph *g = context;
    uint32_t sheet = pe_workbook_sheet(g->workbook, name, length);
    return sheet < g->workbook->sheet_count ? sheet : PE_SHEET_DELETED;
}

static uint32_t scope_name(void *context, const char *name, size_t length, uint32_t sheet)
{
    const pe_graph *g = context;
    if (sheet == PE_SHEET_HOME) sheet = g->home_sheet;
    uint32_t found = look_up(g->names, sheet, name, length);
    return found != PEI_NONE ? found : look_up(g->names, PE_SCOPE_WORKBOOK, name, length);
}

static uint32_t scope_table(void *context, const char *name, size_t length)
{
    const pe_graph *g = context;
    return look_up(g->tables, 0, name, length);
}

static uint32_t scope_column(void *context, uint32_t table, const char *name, size_t length)
{
    const pe_graph *g = context;
    if (table >= g->workbook->table_count) return PEI_NONE;
    const pe_table *t = &g->workbook->tables[table];
    for (uint32_t i = 0; i < t->column_count; i++)
        if (pe_text_equal_nocase(t->columns[i], strlen(t->columns[i]), name, length)) return i;
    return PEI_NONE;
}

static uint32_t scope_external_sheet(void *context, uint32_t book, const char *name, size_t length)
{
    const pe_graph *g = context;
    if (book >= g->workbook->external_count) return PEI_NONE;
    const pe_external *e = &g->workbook->externals[book];
    for (uint32_t i = 0; i < e->sheet_count; i++)
        if (pe_text_equal_nocase(e->sheets[i], strlen(e->sheets[i]), name, length)) return i;
    return PEI_NONE;
}

static uint32_t scope_external_book(void *context, const char *url, size_t length)
{
    const pe_graph *g = context;
    for (uint32_t i = 0; i < g->workbook->external_count; i++) {
        const char *target = g->workbook->externals[i].target;
        if (strlen(target) == length && memcmp(target, url, length) == 0) return i;
    }
    return PEI_NONE;
}

static uint32_t scope_table_at(void *context, pe_cell_ref home)
{
    const pe_graph *g = context;
    for (uint32_t i = 0; i < g->workbook->table_count; i++)
        if (pe_area_has(&g->workbook->tables[i].area, home)) return i;
    return PEI_NONE;
}

static const char *print_sheet(void *context, uint32_t sheet)
{
    const pe_graph *g = context;
    return sheet < g->workbook->sheet_count ? g->workbook->sheets[sheet].name : NULL;
}

static const char *print_name(void *context, uint32_t name)
{
    const pe_graph *g = context;
    return name < g->workbook->name_count ? g->workbook->names[name].name : NULL;
}

static const char *print_table(void *context, uint32_t table)
{
    const pe_graph *g = context;
    return table < g->workbook->table_count ? g->workbook->tables[table].name : NULL;
}

static const char *print_column(void *context, uint32_t table, uint32_t column)
{
    const pe_graph *g = context;
    if (table >= g->workbook->table_count) return NULL;
    const pe_table *t = &g->workbook->tables[table];
    return column < t->column_count ? t->columns[column] : NULL;
}

static pe_status put(pe_map *map, uint32_t sheet, const char *name, uint32_t index)
{
    char key[KEY_BYTES];
    size_t n = key_of(sheet, name, strlen(name), key);
    uint32_t *slot;
    bool added;
    return n == 0 ? PE_OK : pe_map_put(map, key, n, index, &slot, &added);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && pe_text_equal_nocase(text + a - b, b, end, b);
}

static bool is_xlrisk(const pe_workbook *w)
{
    if (pe_workbook_sheet(w, "XLRisk", 6) < w->sheet_count) return true;
    for (uint32_t i = 0; i < w->external_count; i++)
        if (ends_with(w->externals[i].target, "XLRisk.xlam")) return true;
    return false;
}

pe_status pei_graph_scope_init(pe_graph *g, pe_diag *diag)
{
    const pe_workbook *w = g->workbook;
    pe_status status = PE_OK;
    g->names = pe_map_new();
    g->tables = pe_map_new();
    if (g->names == NULL || g->tables == NULL)
        return pe_fail(diag, PE_E_MEMORY, "names", "not enough memory for the names");
    for (uint32_t i = 0; i < w->name_count && status == PE_OK; i++)
        status = put(g->names, w->names[i].sheet, w->names[i].name, i);
    for (uint32_t i = 0; i < w->table_count && status == PE_OK; i++)
        status = put(g->tables, 0, w->tables[i].name, i);
    if (status != PE_OK) return pe_fail(diag, status, "names", "not enough memory for the names");
    g->scope = (pe_scope){.context = g,
                          .dialect = w->dialect,
                          .reference_dialect = w->semantics == PE_SEMANTICS_CALC
                                                   ? PE_DIALECT_CALC
                                                   : PE_DIALECT_EXCEL,
                          .external_book = scope_external_book,
                          .sheet = scope_sheet,
                          .name = scope_name,
                          .table = scope_table,
                          .column = scope_column,
                          .external_sheet = scope_external_sheet,
                          .table_at = scope_table_at};
    g->printer = (pe_printer){g, print_sheet, print_name, print_table, print_column, false};
    g->is_xlrisk = is_xlrisk(w);
    return PE_OK;
}
