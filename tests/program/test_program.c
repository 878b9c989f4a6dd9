/* test_program.c: small workbooks to program text (golden, checked by hand), and programs that
 * verify must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "program.h"

typedef struct golden {
    const char *name, *formulas[4]; /* A1, A2 ...; the last is recorded */
    const char *text;
} golden;

static const golden rows[] = {
    {"one draw",
     {"=RAND()"},
     "1 slots, 2 instructions\n   0  s0 = uniform draw 0\n   1  record s0 column 0\n"},
    {"constants fold, the last + snaps",
     {"=RAND()", "=A1*(2+3)+0"},
     "2 slots, 4 instructions\n   0  s0 = uniform draw 0\n   1  s1 = mul.k s0 5\n"
     "   2  s0 = add.final.k s1 0\n   3  record s0 column 0\n"},
    {"equal subexpressions are one value",
     {"=RAND()", "=(A1+1)*(A1+1)"},
     "2 slots, 4 instructions\n   0  s0 = uniform draw 0\n   1  s1 = add.k s0 1\n"
     "   2  s0 = mul s1 s1\n   3  record s0 column 0\n"},
    {"draws are never one value",
     {"=RAND()*RAND()"},
     "3 slots, 4 instructions\n   0  s0 = uniform draw 0\n   1  s1 = uniform draw 1\n"
     "   2  s2 = mul s0 s1\n   3  record s2 column 0\n"},
    {"a normal draw, a choice and a comparison in one",
     {"=NORM.INV(RAND(),10,2)", "=IF(A1>9,A1,A1*2)"},
     "3 slots, 5 instructions\n   0  s0 = normal draw 0\n   1  s1 = mul.k.add.k s0 2 10\n"
     "   2  s0 = mul.k s1 2\n   3  s2 = gt.k.select s1 s1 s0 9\n   4  record s2 column 0\n"},
    {"a list is sorted once, and those of its outputs that nobody reads give their slots back",
     {"=RAND()", "=RAND()", "=LARGE(A1:A2,1)-SMALL(A1:A2,1)"},
     "4 slots, 5 instructions\n   0  s0 = uniform draw 0\n   1  s1 = uniform draw 1\n"
     "   2  sort [s0 s1] writes [s2 s3]\n   3  s1 = sub.final s3 s2\n"
     "   4  record s1 column 0\n"},
    {"a percentile lies between two of them",
     {"=RAND()", "=RAND()", "=PERCENTILE(A1:A2,0.25)"},
     "4 slots, 5 instructions\n   0  s0 = uniform draw 0\n   1  s1 = uniform draw 1\n"
     "   2  sort [s0 s1] writes [s2 s3]\n   3  s1 = between.places s2 s3 0.25\n"
     "   4  record s1 column 0\n"},
};

static pe_program *build(const golden *row, pe_workbook **workbook, pe_graph **graph,
                         pe_evaluator **evaluator)
{
    pe_diag diag = {0};
    pe_workbook_builder *b = pe_builder_new();
    uint32_t sheet = pe_builder_sheet(b, "S"), count = 0;
    static const char *const addresses[] = {"A1", "A2", "A3", "A4"};
    for (; count < 4 && row->formulas[count] != NULL; count++)
        pe_builder_formula(b, sheet, addresses[count], row->formulas[count], pe_number(0));
    pe_sampler sampler = {.seed = 1};
    pe_evaluate_options options = {.now = 45000, .sampler = &sampler};
    assert_int_equal(pe_builder_finish(b, workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(*workbook, NULL, 0, NULL, NULL, graph, &diag), PE_OK);
    assert_int_equal(pe_evaluator_new(*graph, &options, evaluator, &diag), PE_OK);
    assert_int_equal(pe_evaluator_run(*evaluator, PE_EVALUATE_BASE, NULL, NULL, &diag), PE_OK);
    uint64_t varying = (1ull << count) - 1;
    uint32_t last = count - 1;
    pe_program_request request = {&varying, &last, 1, &sampler, NULL};
    pe_program *program = NULL;
    assert_int_equal(pe_program_build(*graph, *evaluator, &request, NULL, NULL, &program, &diag),
                     PE_OK);
    return program;
}

static void test_golden(void **state)
{
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
    const golden *row = *state;
    pe_program *program = build(row, &workbook, &graph, &evaluator);
    char *text = pe_program_disassemble(program);
    assert_non_null(text);
    assert_string_equal(text, row->text);
    free(text);
    pe_program_free(program);
    pe_evaluator_free(evaluator);
    pe_graph_free(graph);
    pe_workbook_free(workbook);
}

static void test_verify_refuses(void **state)
{
    (void)state;
    static const pe_instruction wrong[] = {
        {.op = PE_I_ADD, .d = 0, .a = 1, .b = 2}, /* slots not written */
        {.op = PE_OPCODE_COUNT},                  /* no such opcode */
        {.op = PE_I_CONSTANT, .d = 9},            /* no such slot */
        {.op = PE_I_CONSTANT, .d = 0, .k = 5},    /* no such constant */
        {.op = PE_I_UNIFORM, .d = 0, .k = 0},     /* no such draw */
        {.op = PE_I_SUM, .d = 0, .k = 0, .c = 3}, /* list outside */
        {.op = PE_I_GENERAL, .k = 0},             /* no such unit */
        {.op = PE_I_SORT, .c = 1},                /* lists outside */
        {.op = PE_I_CRITERIA},                    /* tuples of nothing */
    };
    const double constants[] = {1};
    for (size_t i = 0; i < PE_COUNT(wrong); i++) {
        pe_program p = {.instructions = &wrong[i],
                        .instruction_count = 1,
                        .slot_count = 3,
                        .constants = constants,
                        .constant_count = 1};
        pe_diag diag = {0};
        assert_int_equal(pe_program_verify(&p, &diag), PE_E_INTERNAL);
    }
    const pe_instruction overwrites[] = {{.op = PE_I_CONSTANT, .d = 0},
                                         {.op = PE_I_NEG, .d = 0, .a = 0}};
    pe_program p = {.instructions = overwrites,
                    .instruction_count = 2,
                    .slot_count = 1,
                    .constants = constants,
                    .constant_count = 1};
    assert_int_equal(pe_program_verify(&p, NULL), PE_E_INTERNAL);
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(rows) + 1];
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        tests[i] =
            (struct CMUnitTest){rows[i].name, test_golden, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[PE_COUNT(rows)] = (struct CMUnitTest)cmocka_unit_test(test_verify_refuses);
    return _cmocka_run_group_tests("program", tests, PE_COUNT(tests), NULL, NULL);
}
