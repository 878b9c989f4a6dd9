/* formula_scope.c: see formula_scope.h. Words are interned in lists; an index is a place in its
 * list. */
#include "formula_scope.h"

#include <stdlib.h>

#define NOTHING 0xFFFFFFFFu

static const char *const sheets[] = {
    "Sheet1", "Sheet2", "Sheet3", "My Sheet", "Sheet 1", "Sheet 3",          "It's",
    "2019",   "Jan",    "Dec",    "A1",       "RC",      "\303\234ber.sicht"};
static const char *const names[] = {
    "rate",        "Tax.Rate", "_x",    "\\back",    "Gr\303\266\303\237e",
    "local",       "fee",      "twice", "rand.name", "A1B",
    "n1000000000", "a?b",      "T1x",   "Unit.m2"};
static const char *const tables[] = {"Table1", "Sales.2020", "sales"};
static const char *const columns[] = {"Col",         "A",       "B",        "x",
                                      "Unit [kg]",   "It's #1", "2011",     "a, b",
                                      "Total @ end", " lead",   "Rev:Cost", "."};

static uint32_t find(scope_words *w, bool add, const char *text, size_t length)
{
    char *key = malloc(length + 1);
    uint32_t found = NOTHING, *slot;
    bool added;
    if (key == NULL || (w->index == NULL && (w->index = pe_map_new()) == NULL)) goto done;
    for (size_t i = 0; i < length; i++)
        key[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 32 : text[i]);
    if (pe_map_get(w->index, key, length, &found)) goto done;
    found = NOTHING;
    if (!add || PE_GROW(&w->items, &w->capacity, w->count + 1) != PE_OK) goto done;
    if (pe_map_put(w->index, key, length, (uint32_t)w->count, &slot, &added) != PE_OK) goto done;
    memcpy(key, text, length);
    key[length] = 0;
    w->items[w->count] = key;
    return (uint32_t)w->count++;
done:
    free(key);
    return found;
}

static void fill(scope_words *w, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) find(w, true, words[i], strlen(words[i]));
}

static uint32_t find_sheet(void *context, const char *name, size_t length)
{
    test_scope *t = context;
    uint32_t i =
        memchr(name, 0, length) == NULL ? find(&t->sheets, t->open, name, length) : NOTHING;
    return i == NOTHING ? PE_SHEET_DELETED : i;
}

/* "local" means fee (6) on sheet 1 and itself (5) elsewhere, to test that shapes keep apart. */
static uint32_t find_name(void *context, const char *name, size_t length, uint32_t sheet)
{
    test_scope *t = context;
    if (pe_text_equal_nocase(name, length, "local", 5)) return sheet == 1 ? 6 : 5;
    return find(&t->names, t->open, name, length);
}

static uint32_t find_table(void *context, const char *name, size_t length)
{
    test_scope *t = context;
    return find(&t->tables, t->open, name, length);
}

static uint32_t find_column(void *context, uint32_t table, const char *name, size_t length)
{
    test_scope *t = context;
    PE_UNUSED(table);
    return memchr(name, 0, length) == NULL ? find(&t->columns, t->open, name, length) : NOTHING;
}

static uint32_t find_external(void *context, uint32_t book, const char *name, size_t length)
{
    test_scope *t = context;
    PE_UNUSED(book);
    return find_sheet(t, name, length);
}

static uint32_t table_at(void *context, pe_cell_ref home)
{
    PE_UNUSED(context);
    return home.sheet == 2 ? 1 : 0;
}

static const char *word(const scope_words *w, uint32_t index)
{
    return index < w->count ? w->items[index] : NULL;
}
static const char *sheet_text(void *context, uint32_t index)
{
    return word(&((test_scope *)context)->sheets, index);
}
static const char *name_text(void *context, uint32_t index)
{
    return index == 5 ? "Sheet1!local" : word(&((test_scope *)context)->names, index);
}
static const char *table_text(void *context, uint32_t index)
{
    return word(&((test_scope *)context)->tables, index);
}
static const char *column_text(void *context, uint32_t table, uint32_t index)
{
    PE_UNUSED(table);
    return word(&((test_scope *)context)->columns, index);
}

void test_scope_init(test_scope *t, bool open)
{
    memset(t, 0, sizeof *t);
    t->open = open;
    fill(&t->sheets, sheets, PE_COUNT(sheets));
    fill(&t->names, names, PE_COUNT(names));
    fill(&t->tables, tables, PE_COUNT(tables));
    fill(&t->columns, columns, PE_COUNT(columns));
    t->scope = (pe_scope){.context = t,
                          .sheet = find_sheet,
                          .name = find_name,
                          .table = find_table,
                          .column = find_column,
                          .external_sheet = find_external,
                          .table_at = table_at};
    t->printer = (pe_printer){.context = t,
                              .sheet = sheet_text,
                              .name = name_text,
                              .table = table_text,
                              .column = column_text,
                              .saved_form = true};
}

static void release(scope_words *w)
{
    for (size_t i = 0; i < w->count; i++) free(w->items[i]);
    free(w->items);
    pe_map_free(w->index);
}

void test_scope_free(test_scope *t)
{
    release(&t->sheets);
    release(&t->names);
    release(&t->tables);
    release(&t->columns);
}
