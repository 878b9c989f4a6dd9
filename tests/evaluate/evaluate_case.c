/* evaluate_case.c: see evaluate_case.h. */
#include "evaluate_case.h"

#include "golden/golden.h"

static const char *split(const char *where, char sheet[96])
{
    const char *mark = strrchr(where, '!');
    if (mark == NULL) {
        strcpy(sheet, "Sheet1");
        return where;
    }
    size_t n = (size_t)(mark - where);
    const char *from = where;
    if (n >= 2 && where[0] == '\'') {
        from++;
        n -= 2;
    }
    if (n > 95) n = 95;
    memcpy(sheet, from, n);
    sheet[n] = 0;
    return mark + 1;
}

static void put_cell(pe_workbook_builder *b, const char *home_sheet, const case_cell *c)
{
    char sheet[96];
    const char *address = split(c->where, sheet);
    bool here = strchr(c->where, '!') == NULL;
    uint32_t s = pe_builder_sheet(b, here ? home_sheet : sheet);
    if (pe_is(c->value, PE_KIND_TEXT))
        pe_builder_text(b, s, address, pe_as_text(c->value)->bytes);
    else
        pe_builder_value(b, s, address, c->value);
}

pe_builder_settings case_calc_settings(const char *mode)
{
    bool regex = strstr(mode, "regex") != NULL;
    return (pe_builder_settings){.dialect = PE_DIALECT_CALC,
                                 .semantics = PE_SEMANTICS_CALC,
                                 .calc = {.wildcards = !regex && strstr(mode, "plain") == NULL,
                                          .regex = regex,
                                          .whole_cell = strstr(mode, "part") == NULL,
                                          .case_sensitive = strstr(mode, "nocase") == NULL,
                                          .null_year = 1899,
                                          .null_month = 12,
                                          .null_day = 30},
                                 .application = "",
                                 .app_version = "",
                                 .path = ""};
}

static pe_status build(const case_input *in, pe_workbook **w, pe_cell_ref *at)
{
    char sheet[96];
    const char *address = split(in->at, sheet);
    pe_workbook_builder *b = pe_builder_new();
    if (b == NULL) return PE_E_MEMORY;
    pe_builder_settings settings = case_calc_settings(in->calc != NULL ? in->calc : "");
    if (in->calc != NULL && pe_builder_configure(b, &settings, NULL) != PE_OK) {
        pe_builder_free(b);
        return PE_E_MEMORY;
    }
    uint32_t s = pe_builder_sheet(b, sheet);
    for (size_t i = 0; i < in->cell_count; i++) put_cell(b, sheet, &in->cells[i]);
    if (in->mode[0] == 0)
        pe_builder_formula(b, s, address, in->formula, pe_blank());
    else
        pe_builder_array(b, s, address, in->formula,
                         in->mode[0] == 'd' ? PE_FORMULA_DYNAMIC : PE_FORMULA_ARRAY);
    pe_builder_date1904(b, in->date1904);
    at->sheet = s;
    pe_cell_parse(address, strlen(address), &at->row, &at->column);
    return pe_builder_finish(b, w, NULL);
}

static pe_value keep(pe_value v, pe_arena *arena)
{
    if (!pe_is(v, PE_KIND_TEXT)) return v;
    return pe_arena_text_value(arena, pe_as_text(v)->bytes, pe_as_text(v)->length);
}

case_result case_evaluate(const case_input *in, pe_arena *arena)
{
    case_result r = {PE_OK, pe_blank(), NULL};
    pe_workbook *w = NULL;
    pe_graph *g = NULL;
    pe_evaluator *e = NULL;
    pe_cell_ref at;
    pe_evaluate_options options = {.now = 45000.5};
    r.status = build(in, &w, &at);
    if (r.status == PE_OK) r.status = pe_graph_build(w, NULL, 0, NULL, NULL, &g, NULL);
    if (r.status == PE_OK) r.status = pe_evaluator_new(g, &options, &e, NULL);
    if (r.status == PE_OK) {
        uint32_t cell = pe_workbook_cell(w, at);
        const char *function, *why = pe_evaluator_unsupported(e, cell, &function);
        if (why != NULL)
            r.unsupported = pe_arena_text(arena, why, strlen(why));
        else
            r.status = pe_evaluator_run(e, PE_EVALUATE_BASE, NULL, NULL, NULL);
        if (why == NULL && r.status == PE_OK) r.value = keep(pe_evaluator_value(e, cell), arena);
    }
    pe_evaluator_free(e);
    pe_graph_free(g);
    pe_workbook_free(w);
    return r;
}

static double magnitude(double x)
{
    return x < 0 ? -x : x;
}

static bool number_agrees(double actual, double expected, const char *tolerance)
{
    size_t used = 0, length = strlen(tolerance);
    double limit = length > 0 ? pe_decimal_parse(tolerance, length, &used) : 0;
    double difference = magnitude(actual - expected);
    if (strstr(tolerance, "abs") != NULL) return difference <= limit;
    if (used == 0) limit = 1e-9;
    double scale =
        magnitude(actual) > magnitude(expected) ? magnitude(actual) : magnitude(expected);
    return difference <= limit * scale;
}

bool case_agrees(pe_value v, const char *expected, char type, const char *tolerance)
{
    char text[128];
    size_t used;
    if (type == 'n') {
        double x = pe_decimal_parse(expected, strlen(expected), &used);
        return pe_is_number(v) && number_agrees(pe_as_number(v), x, tolerance);
    }
    if (type == 's') return pe_is(v, PE_KIND_TEXT) && strcmp(pe_as_text(v)->bytes, expected) == 0;
    if (pe_kind_of(v) != (type == 'b' ? PE_KIND_BOOLEAN : PE_KIND_ERROR)) return false;
    golden_value_text(v, text, sizeof text);
    return pe_text_equal_nocase(text, strlen(text), expected, strlen(expected));
}
