/* test_simulation.c: settings as texts, and what is found in a workbook: inputs, outputs, what
 * varies, names. The rules are those of the README. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "simulation.h"

static pe_arena *arena;

/* ---- texts ---------------------------------------------------------------------------------- */

typedef struct text_case {
    const char *text;
    const char *first, *second; /* NULL: refused, or not given */
} text_case;

static const text_case input_cases[] = {
    {"Inputs!B3=pert(1,2,5)", "Inputs!B3", "pert(1,2,5)"},
    {" B3 = normal(1, 2) ", "B3", "normal(1, 2)"},
    {"'a=b'!B3=normal(1,2)", "'a=b'!B3", "normal(1,2)"},
    {"P!B5==L5", "P!B5", "=L5"},
    {"Rate=discrete({1,2},{1,1})", "Rate", "discrete({1,2},{1,1})"},
    {"B3", NULL, NULL},
    {"=normal(1,2)", NULL, NULL},
    {"B3=", NULL, NULL},
};

static void inputs_are_parsed(void **state)
{
    const text_case *c = *state;
    pe_input_setting s = {0};
    pe_diag diag = {0};
    pe_status status = pe_settings_parse_input(arena, c->text, &s, &diag);
    assert_int_equal(status, c->first != NULL ? PE_OK : PE_E_ARGUMENT);
    if (c->first == NULL) {
        assert_non_null(strstr(diag.what, "CELL=DISTRIBUTION"));
        return;
    }
    assert_string_equal(s.cell, c->first);
    assert_string_equal(s.formula, c->second);
}

static const text_case output_cases[] = {
    {"Model!F10", "Model!F10", NULL},
    {"Model!F10=Net value", "Model!F10", "Net value"},
    {"'x=y'!A1:B2", "'x=y'!A1:B2", NULL},
    {"=x", NULL, NULL},
};

static void outputs_are_parsed(void **state)
{
    const text_case *c = *state;
    pe_output_setting s = {0};
    pe_status status = pe_settings_parse_output(arena, c->text, &s, NULL);
    assert_int_equal(status, c->first != NULL ? PE_OK : PE_E_ARGUMENT);
    if (c->first == NULL) return;
    assert_string_equal(s.cells, c->first);
    if (c->second == NULL)
        assert_null(s.name);
    else
        assert_string_equal(s.name, c->second);
}

static const struct {
    const char *text, *output, *op;
    double operand;
} target_cases[] = {
    {"NPV<0", "NPV", "<", 0},      {"NPV <= 1.5e3", "NPV", "<=", 1500},
    {"IRR>12%", "IRR", ">", 0.12}, {"'P&L'!B3>=-2", "'P&L'!B3", ">=", -2},
    {"Units=5", "Units", "=", 5},  {"NPV<", NULL, NULL, 0},
    {"NPV<abc", NULL, NULL, 0},    {"NPV<1x", NULL, NULL, 0},
    {"<5", NULL, NULL, 0},         {"NPV", NULL, NULL, 0},
};

static void targets_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PE_COUNT(target_cases); i++) {
        pe_target_setting s = {0};
        pe_status status = pe_settings_parse_target(arena, target_cases[i].text, &s, NULL);
        if (target_cases[i].output == NULL) {
            if (status != PE_E_ARGUMENT) fail_msg("%s was taken", target_cases[i].text);
            continue;
        }
        assert_int_equal(status, PE_OK);
        assert_string_equal(s.output, target_cases[i].output);
        assert_string_equal(s.op, target_cases[i].op);
        assert_true(s.operand == target_cases[i].operand);
    }
}

/* ---- a workbook ----------------------------------------------------------------------------- */

static pe_workbook *areas_workbook(void)
{
    pe_workbook_builder *b = pe_builder_new();
    uint32_t first = pe_builder_sheet(b, "Model"), second = pe_builder_sheet(b, "It's a sheet");
    pe_builder_value(b, first, "B7", pe_number(1));
    pe_builder_value(b, second, "C4", pe_number(2));
    pe_builder_name(b, "Rate", "='It''s a sheet'!$C$4");
    pe_builder_name(b, "Block", "=Model!$B$7:$C$9");
    pe_builder_name(b, "Constant", "=0.1");
    pe_workbook *w = NULL;
    assert_int_equal(pe_builder_finish(b, &w, NULL), PE_OK);
    return w;
}

static void areas_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *area; /* NULL: refused */
    } rows[] = {
        {"B7", "Model!B7"},
        {"model!b7", "Model!B7"},
        {"$B$7", "Model!B7"},
        {"Model!B7:C9", "Model!B7:C9"},
        {"Model!C9:B7", "Model!B7:C9"},
        {"'It''s a sheet'!C4", "'It''s a sheet'!C4"},
        {"=Model!B7", "Model!B7"},
        {"rate", "'It''s a sheet'!C4"},
        {"Block", "Model!B7:C9"},
        {"Constant", NULL},
        {"Nothing", NULL},
        {"Other!B7", NULL},
        {"Model!B7:", NULL},
        {"Model!", NULL},
        {"", NULL},
    };
    pe_workbook *w = areas_workbook();
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_area area;
        pe_diag diag = {0};
        char text[256];
        pe_status status = pe_settings_area(w, rows[i].text, &area, &diag);
        if (rows[i].area == NULL) {
            if (status != PE_E_ARGUMENT) fail_msg("%s was taken", rows[i].text);
            assert_string_equal(diag.where, rows[i].text);
            continue;
        }
        if (status != PE_OK) fail_msg("%s: %s", rows[i].text, diag.what);
        pe_workbook_area_text(w, &area, text, sizeof text);
        assert_string_equal(text, rows[i].area);
    }
    pe_workbook_free(w);
}

/* References as LibreOffice 7.4's Cell.getFormula and its .ods write them. */
static void areas_of_calc(void **state)
{
    (void)state;
    static const struct {
        const char *text, *area; /* NULL: refused */
    } rows[] = {
        {"=$Model.$B$7", "Model!B7"},
        {"$Model.B7:C9", "Model!B7:C9"},
        {"=$'It''s a sheet'.$C$4", "'It''s a sheet'!C4"},
        {"of:=[$Model.$B$7]", "Model!B7"},
        {"of:=[$'It''s a sheet'.C4:.D5]", "'It''s a sheet'!C4:D5"},
        {"[.B7]", NULL},
        {"Model!B7", "Model!B7"},
        {"Rate", "'It''s a sheet'!C4"},
        {"=$#REF!.$B$7", NULL},
        {"=$Other.B7", NULL},
        {"$Model.", NULL},
        {"$'Model", NULL},
    };
    pe_workbook *w = areas_workbook();
    w->dialect = PE_DIALECT_CALC;
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_area area;
        char text[256];
        pe_status status = pe_settings_area(w, rows[i].text, &area, NULL);
        assert_int_equal(status, rows[i].area != NULL ? PE_OK : PE_E_ARGUMENT);
        if (rows[i].area == NULL) continue;
        pe_workbook_area_text(w, &area, text, sizeof text);
        assert_string_equal(text, rows[i].area);
    }
    pe_workbook_free(w);
}

typedef struct model {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_simulation simulation;
} model;

static pe_status find(model *m, pe_workbook_builder *b, const pe_settings *settings, pe_diag *diag)
{
    pe_override *overrides = NULL;
    uint32_t count = 0;
    assert_int_equal(pe_builder_finish(b, &m->workbook, NULL), PE_OK);
    pe_status status =
        pe_settings_overrides(m->workbook, settings, arena, &overrides, &count, diag);
    if (status != PE_OK) return status;
    assert_int_equal(pe_graph_build(m->workbook, overrides, count, NULL, NULL, &m->graph, diag),
                     PE_OK);
    return pe_simulation_find(m->graph, settings, arena, NULL, &m->simulation, diag);
}

static void model_free(model *m)
{
    pe_graph_free(m->graph);
    pe_workbook_free(m->workbook);
}

/* Price * units: one uncertain cell, a chain, a cell beside it. */
static pe_workbook_builder *chain(void)
{
    pe_workbook_builder *b = pe_builder_new();
    uint32_t s = pe_builder_sheet(b, "M");
    pe_builder_text(b, s, "A1", "Price");
    pe_builder_formula(b, s, "B1", "=RiskNormal(10,2)", pe_number(10));
    pe_builder_value(b, s, "B2", pe_number(5));
    pe_builder_formula(b, s, "B3", "=B1*B2", pe_number(50));
    pe_builder_formula(b, s, "B4", "=B3-1", pe_number(49));
    pe_builder_formula(b, s, "B5", "=B2*2", pe_number(10));
    return b;
}

static uint32_t cell_at(const model *m, uint32_t row, uint32_t column)
{
    return pe_workbook_cell(m->workbook, (pe_cell_ref){0, row, column});
}

static void what_varies_and_what_is_needed(void **state)
{
    (void)state;
    model m = {0};
    pe_settings settings = {0};
    assert_int_equal(find(&m, chain(), &settings, NULL), PE_OK);
    const pe_simulation *s = &m.simulation;
    assert_int_equal(s->input_count, 1);
    assert_string_equal(s->inputs[0].name, "Price");
    assert_string_equal(s->inputs[0].function, "RiskNormal");
    assert_string_equal(s->inputs[0].distribution, "NORMAL");
    assert_true(s->inputs[0].own_value_only);
    assert_int_equal(s->output_count, 1);
    assert_int_equal(s->outputs[0].cell, cell_at(&m, 3, 1));
    assert_false(s->outputs[0].declared);
    static const struct {
        uint32_t row;
        bool varying, needed, slice, random;
    } rows[] = {{0, true, true, true, true},
                {1, false, true, false, false},
                {2, true, true, true, false},
                {3, true, true, true, false},
                {4, false, false, false, false}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        uint32_t cell = cell_at(&m, rows[i].row, 1);
        assert_int_equal(pe_bit(s->varying, cell), rows[i].varying);
        assert_int_equal(pe_bit(s->slice, cell), rows[i].slice);
        assert_int_equal(pe_bit(s->random, cell), rows[i].random);
        if (rows[i].row != 1) assert_int_equal(pe_bit(s->needed, cell), rows[i].needed);
    }
    model_free(&m);
}

static void frozen_cells_do_not_vary(void **state)
{
    (void)state;
    model m = {0};
    const char *freeze[] = {"M!B3"};
    pe_output_setting output = {"M!B4", NULL};
    pe_settings settings = {
        .freeze = freeze, .freeze_count = 1, .outputs = &output, .output_count = 1};
    assert_int_equal(find(&m, chain(), &settings, NULL), PE_OK);
    assert_false(pe_bit(m.simulation.varying, cell_at(&m, 2, 1)));
    model_free(&m);
}

static void settings_make_inputs(void **state)
{
    (void)state;
    model m = {0};
    pe_input_setting inputs[] = {{"M!B2", "triang(1,2,3)", NULL}, {"M!B2", "pert(4,5,6)", "Units"}};
    pe_settings settings = {.inputs = inputs, .input_count = 2};
    assert_int_equal(find(&m, chain(), &settings, NULL), PE_OK);
    const pe_simulation *s = &m.simulation;
    assert_int_equal(s->input_count, 2);
    assert_string_equal(s->inputs[1].name, "Units"); /* the later setting of a cell wins */
    assert_string_equal(s->inputs[1].distribution, "PERT");
    assert_true(s->inputs[1].set);
    assert_int_equal(s->output_count, 2);
    model_free(&m);
}

/* The sheet "Power Engine" in each dialect: live cells, texts in Excel's grammar, and a live
 * formula among the values. Expected: what the rows say. */
static void saved_settings_in_each_dialect(void **state)
{
    (void)state;
    static const struct {
        pe_dialect dialect;
        const char *product, *input, *live, *live_value, *output;
    } rows[] = {
        {PE_DIALECT_EXCEL, "=B1*B2", "=M!$B$1", "=M!$B$2", "=riskuniform(1,M!$B$4)", "=M!$B$3"},
        {PE_DIALECT_CALC, "=B1*B2", "=$M.$B$1", "=$M.$B$2", "=riskuniform(1;$M.$B$4)", "=$M.$B$3"},
        {PE_DIALECT_OPENFORMULA, "of:=[.B1]*[.B2]", "of:=[$M.$B$1]", "of:=[$M.$B$2]",
         "of:=riskuniform(1;[$M.$B$4])", "of:=[$M.$B$3]"},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        model m = {0};
        pe_settings given = {0}, settings = {0};
        pe_workbook_builder *b = pe_builder_new();
        pe_builder_settings how = {.dialect = rows[i].dialect};
        assert_int_equal(pe_builder_configure(b, &how, NULL), PE_OK);
        uint32_t s = pe_builder_sheet(b, "M"), own = pe_builder_sheet(b, "Power Engine");
        pe_builder_value(b, s, "B1", pe_number(10));
        pe_builder_value(b, s, "B2", pe_number(5));
        pe_builder_formula(b, s, "B3", rows[i].product, pe_number(50));
        pe_builder_value(b, s, "B4", pe_number(9));
        pe_builder_text(b, own, "A2", "Input");
        pe_builder_formula(b, own, "B2", rows[i].input, pe_number(10));
        pe_builder_text(b, own, "C2", "pert(8,10,15)");
        pe_builder_text(b, own, "A3", "Input");
        pe_builder_formula(b, own, "B3", rows[i].live, pe_number(5));
        pe_builder_formula(b, own, "C3", rows[i].live_value, pe_error(PE_ERROR_NAME));
        pe_builder_text(b, own, "A4", "Output");
        pe_builder_formula(b, own, "B4", rows[i].output, pe_number(50));
        pe_builder_text(b, own, "D4", "Product");
        pe_builder_text(b, own, "A5", "Target");
        pe_builder_formula(b, own, "B5", rows[i].output, pe_number(50));
        pe_builder_text(b, own, "C5", "<40");
        pe_workbook *saved = NULL; /* its texts are the settings' */
        assert_int_equal(pe_builder_build(b, &saved, NULL), PE_OK);
        assert_int_equal(pe_settings_complete(saved, &given, arena, &settings, NULL), PE_OK);
        assert_int_equal(find(&m, b, &settings, NULL), PE_OK);
        const pe_simulation *found = &m.simulation;
        assert_int_equal(found->input_count, 2); /* none in the settings sheet itself */
        assert_string_equal(found->inputs[0].distribution, "PERT");
        assert_string_equal(found->inputs[1].distribution, "UNIFORM");
        assert_int_equal(found->inputs[1].cell, cell_at(&m, 1, 1));
        assert_int_equal(found->output_count, 1);
        assert_string_equal(found->outputs[0].name, "Product");
        assert_int_equal(found->outputs[0].cell, cell_at(&m, 2, 1));
        assert_int_equal(settings.target_count, 1);
        model_free(&m);
        pe_workbook_free(saved);
    }
}

static void nothing_random(void **state)
{
    (void)state;
    model m = {0};
    pe_diag diag = {0};
    pe_settings settings = {0};
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_formula(b, pe_builder_sheet(b, "M"), "A1", "=1+1", pe_number(2));
    assert_int_equal(find(&m, b, &settings, &diag), PE_E_NOT_FOUND);
    assert_non_null(strstr(diag.what, "no random cell"));
    model_free(&m);
}

#define TEN "abcdefghij"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define NOTE TEN TEN TEN TEN TEN TEN "!"

/* What an output is called: the text left of it, the heading above it. */
static void names_of_cells(void **state)
{
    static const struct {
        const char *left, *above; /* above the heading stands "Model" */
        const char *expected;
    } rows[] = {{"Profit", NULL, "Profit / Model"},
                {" Net\n profit : ", "Year 1", "Net profit / Year 1"},
                {"Net profit:", "Year 1", "Net profit / Year 1"},
                {"42", "Year 1", "Year 1"},
                {"Profit", NOTE, "Profit / Model"}, /* a remark heads no column */
                {HUNDRED TEN "abcdefghi\xC3\xA9 and more", "Y", HUNDRED TEN "abcdefghi / Y"},
                {HUNDRED TEN "abcdefgh \xE2\x82\xAC\xE2\x82\xAC", "Y", HUNDRED TEN "abcdefgh / Y"},
                {HUNDRED TEN "abcdefgh\xC3\xA9 and more", "Y", HUNDRED TEN "abcdefgh\xC3\xA9 / Y"}};
    (void)state;
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        model m = {0};
        pe_settings settings = {0};
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "M");
        pe_builder_text(b, s, "B1", "Model");
        if (rows[i].above != NULL) pe_builder_text(b, s, "B2", rows[i].above);
        pe_builder_text(b, s, "A3", rows[i].left);
        pe_builder_formula(b, s, "B3", "=RAND()*2", pe_number(1));
        pe_builder_formula(b, s, "B4", "=B3*2", pe_number(2));
        pe_builder_text(b, s, "A4", rows[i].left);
        pe_output_setting output = {"M!B4", NULL};
        settings.outputs = &output;
        settings.output_count = 1;
        assert_int_equal(find(&m, b, &settings, NULL), PE_OK);
        assert_string_equal(m.simulation.outputs[0].name, rows[i].expected);
        model_free(&m);
    }
}

/* Numbers above: years side by side and dates are headings. */
static void numbers_as_headings(void **state)
{
    static const struct {
        double above, beside;
        const char *format, *expected;
    } rows[] = {{2030, 2031, "General", "Profit / 2030"},
                {2030, 2025, "0", "Profit / 2030"},
                {2030, 0, "General", "Profit"},
                {2030, 2083, "General", "Profit"},
                {2030, 2030, "General", "Profit"},
                {2030, 2031, "#,##0", "Profit"},
                {2030, 2031, ";;;", "Profit"},
                {46000, 0, "d/m/yyyy", "Profit / 9/12/2025"},
                {1500, 1501, "General", "Profit"}};
    (void)state;
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        model m = {0};
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "M");
        pe_builder_value(b, s, "B1", pe_number(rows[i].above));
        pe_builder_value(b, s, "C1", pe_number(rows[i].beside));
        pe_builder_format(b, s, "B1", rows[i].format);
        pe_builder_text(b, s, "A2", "Profit");
        pe_builder_formula(b, s, "B2", "=RAND()*2", pe_number(1));
        pe_output_setting output = {"M!B2", NULL};
        pe_settings settings = {.outputs = &output, .output_count = 1};
        assert_int_equal(find(&m, b, &settings, NULL), PE_OK);
        assert_string_equal(m.simulation.outputs[0].name, rows[i].expected);
        model_free(&m);
    }
}

static void names_of_functions(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"RISKNORMAL", "RiskNormal"},     {"RISKBETAGENERAL", "RiskBetaGeneral"},
        {"PSINORMAL", "PsiNormal"},       {"RISKCORRMAT", "RiskCorrmat"},
        {"VOSETRIANGLE", "VoseTriangle"}, {"RAND", "RAND"},
        {"RANDBETWEEN", "RANDBETWEEN"},   {"RISKINTUNIFORM", "RiskIntUniform"},
    };
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        assert_string_equal(pe_risk_name(arena, rows[i][0]), rows[i][1]);
}

static void sheets_of_no_model(void **state)
{
    (void)state;
    pe_workbook_builder *b = pe_builder_new();
    pe_builder_value(b, pe_builder_sheet(b, "Model"), "A1", pe_number(1));
    pe_builder_text(b, pe_builder_sheet(b, "Power Engine"), "A1", "Setting");
    pe_builder_text(b, pe_builder_sheet(b, "NPV"), "A1", "Power Engine: results of m.xlsx");
    pe_builder_value(b, pe_builder_sheet(b, "RiskSerializationData8"), "A1", pe_number(1));
    pe_workbook *w = NULL;
    assert_int_equal(pe_builder_finish(b, &w, NULL), PE_OK);
    assert_true(pe_sheet_is_model(w, 0));
    for (uint32_t i = 1; i < 4; i++) assert_false(pe_sheet_is_model(w, i));
    pe_workbook_free(w);
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t n = 0;
    for (size_t i = 0; i < PE_COUNT(input_cases); i++)
        tests[n++] = (struct CMUnitTest){input_cases[i].text, inputs_are_parsed, NULL, NULL,
                                         (void *)(uintptr_t)&input_cases[i]};
    for (size_t i = 0; i < PE_COUNT(output_cases); i++)
        tests[n++] = (struct CMUnitTest){output_cases[i].text, outputs_are_parsed, NULL, NULL,
                                         (void *)(uintptr_t)&output_cases[i]};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(targets_are_parsed),
        cmocka_unit_test(areas_are_found),
        cmocka_unit_test(areas_of_calc),
        cmocka_unit_test(saved_settings_in_each_dialect),
        cmocka_unit_test(what_varies_and_what_is_needed),
        cmocka_unit_test(frozen_cells_do_not_vary),
        cmocka_unit_test(settings_make_inputs),
        cmocka_unit_test(nothing_random),
        cmocka_unit_test(names_of_functions),
        cmocka_unit_test(names_of_cells),
        cmocka_unit_test(numbers_as_headings),
        cmocka_unit_test(sheets_of_no_model),
    };
    for (size_t i = 0; i < PE_COUNT(others); i++) tests[n++] = others[i];
    arena = pe_arena_new(SIZE_MAX / 2);
    int failed = _cmocka_run_group_tests("simulation", tests, n, NULL, NULL);
    pe_arena_free(arena);
    return failed;
}
