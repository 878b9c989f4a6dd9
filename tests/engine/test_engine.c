/* test_engine.c: the vector program against the general evaluator, formula by formula and trial by
 * trial, and against itself over threads, tile widths and instruction sets: equal bits in all
 * cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine.h"

#define TRIALS 200u

/* A4 is sometimes #DIV/0!, A5 sometimes TRUE; D and E are tables; G is a column of draws. */
static const char *const inputs[][2] = {
    {"A1", "=RAND()"},
    {"A2", "=NORM.INV(RAND(),10,3)"},
    {"A3", "=RANDBETWEEN(1,6)"},
    {"A4", "=IF(RAND()<0.1,1/0,RAND()*5)"},
    {"A5", "=RAND()<0.5"},
    {"A6", "=5000+7*RANDBETWEEN(0,9)"},
    {"A7", "=IF(RAND()<0.3,\"low\",IF(RAND()<0.5,\"mid\",\"high\"))"},
    {"A8", "=RAND()*100-50"},
};

static const char *const formulas[] = {
    "=A1+A2",
    "=A1-A2*3",
    "=1+A1",
    "=A2-A2",
    "=(A1+0.1)-A1-0.1",
    "=-A2",
    "=A2%",
    "=A2/A1",
    "=A2/(A3-3)",
    "=A4+A2",
    "=A2+A4",
    "=A2^2",
    "=A2^A3",
    "=A8^0.5",
    "=2^A1",
    "=0^(A3-3)",
    "=A1*(1+A2)",
    "=(1+A2)*A1",
    "=A4*(1+1/0)",
    "=-A1*A2",
    "=A1*A2+A8",
    "=A8+A1*A2",
    "=A1*A2/7",
    "=MAX(0,A8-A2)",
    "=MAX(0,10-A2)",
    "=MAX(A1,A2,A8)",
    "=MIN(A1,A4)",
    "=MIN(A8,MAX(A1,0))",
    "=-MIN(A1,A8)",
    "=ROUND(A2,2)",
    "=-ROUND(A2*A8,0)",
    "=ROUND(A8*1000,-2)",
    "=ROUNDUP(A2,1)",
    "=ROUNDDOWN(A8,1)",
    "=TRUNC(A8)",
    "=INT(A8)",
    "=MOD(A8,3)",
    "=MOD(A8,A3)",
    "=ABS(A8)",
    "=SQRT(A8)",
    "=EXP(A1)",
    "=LN(A8)",
    "=LOG10(A2)",
    "=SIN(A2)",
    "=POWER(A2,3)",
    "=IF(A1>0.5,A2,A8)",
    "=-IF(A8>0,A1,A2)",
    "=IF(A8<0,1,0)",
    "=IF(A3=3,A1,2)",
    "=IF(A3>=3,\"x\",A1)",
    "=IF(A4>2,A4,1/0)",
    "=IF(A5,A1,A2)",
    "=IF(AND(A1>0.2,A8<0),1,2)",
    "=IF(OR(A1>0.9,A8<0,A4>2),1,2)",
    "=NOT(A5)",
    "=A5+1",
    "=A1>A2",
    "=A1<=A1",
    "=A3<>2",
    "=IFERROR(A4,-1)",
    "=IFERROR(A4+A1,A2)",
    "=IFERROR(A2/(A3-3),\"none\")",
    "=ISERROR(A4)",
    "=ISNUMBER(A4)",
    "=IFNA(A4,A1)",
    "=IF(A7=\"low\",A1,A2)",
    "=IF(OR(A7=\"low\",A7=\"MID\"),1,2)",
    "=A7&\"!\"",
    "=LEN(A7)",
    "=A7",
    "=A5",
    "=SUM(A1:A3)",
    "=SUM(A1,A2,A3,A8)",
    "=SUM(A1:A4)",
    "=AVERAGE(G1:G20)",
    "=SUM(G1:G200)",
    "=SUM(G5:G150)",
    "=SUM(G70:G120)",
    "=MAX(G1:G100)",
    "=MIN(G1:G20)",
    "=STDEV(G1:G10)",
    "=STDEV(G3:G140)",
    "=VAR.P(G1:G40)",
    "=COUNTIF(G1:G100,\">0.5\")",
    "=SUMIF(G1:G50,\"<0.25\")",
    "=SUMIF(G1:G50,\">=0.25\",G2:G51)",
    "=AVERAGEIF(G1:G9,\">0.9\")",
    "=COUNTIF(A7:A7,\"low\")",
    "=SUMPRODUCT(G1:G40,G41:G80)",
    "=SUMPRODUCT(G1:G3,D1:D3)",
    "=NPV(0.1,A1:A3)",
    "=NPV(A1,G1:G5)",
    "=IRR(G90:G95)",
    "=IRR(F1:F5,0.05)",
    "=VLOOKUP(A6,D1:F10,2,FALSE)",
    "=VLOOKUP(A6,D1:F10,3,FALSE)",
    "=VLOOKUP(A6+1,D1:F10,2,FALSE)",
    "=VLOOKUP(A8*200+5030,D1:E10,2,TRUE)",
    "=MATCH(A6,D1:D10,0)",
    "=INDEX(E1:E10,MATCH(A6,D1:D10,0))",
    "=INDEX(G1:G6,A3)",
    "=CHOOSE(A3,A1,A2,5,A8,7,9)",
    "=LOOKUP(A6,D1:D10,E1:E10)",
    "=IF(VLOOKUP(A6,D1:F10,3,FALSE)=\"odd\",A1,A2)",
    "=RiskNormal(A2,2)",
    "=RiskTriang(1,2,4)",
    "=RiskUniform(0,A3)",
    "=LET(x,A1*2,x+x*A2)",
    "=A1:A1+1",
    "=SUM(A1:A3)*A4",
    "=1/A1+A4",
    "=IFS(A3=1,A1,A3<4,A2,TRUE,A8)",
    "=SUM(G1:G40)-SUM(G1:G40)",
    "=A1+A2+A3+A8",
    "=A1-A2-A3",
    "=IF(A1>A2,A1,A2)",
    "=LARGE(G1:G40,3)",
    "=LARGE(A1:A3,A3)",
    "=SMALL(G1:G7,1)-SMALL(G1:G7,2)",
    "=MEDIAN(G1:G8)",
    "=MEDIAN(A1,A2,A3,A8,2)",
    "=MEDIAN(A1:A4)",
    "=PERCENTILE(G1:G200,0.9)",
    "=PERCENTILE.EXC(G1:G33,A1)",
    "=QUARTILE(A1:A4,1)",
    "=QUARTILE.EXC(G1:G20,A3)",
    "=TRIMMEAN(G1:G50,0.2)",
    "=RANK(A1,G1:G40)",
    "=RANK(G5,G1:G40)",
    "=RANK.AVG(F2,F1:F5,1)",
    "=RANK(A4,A1:A4)",
    "=MATCH(LARGE(G1:G20,A3),G1:G20,0)",
    "=INDEX(E1:E10,MATCH(MAX(G1:G10),G1:G10,0))",
    "=INDEX(F1:F10,MATCH(SMALL(G6:G10,2),G6:G10,0)+5)",
    "=INDEX(G1:G6,INT(6*A1)+1)",
    "=MATCH(A1,G1:G100)",
    "=MATCH(0.5,G1:G100,-1)",
    "=MATCH(A8,A1:A4,1)",
    "=VLOOKUP(G3,G1:G40,1,FALSE)",
    "=LOOKUP(A1,G1:G10,E1:E10)",
    "=VLOOKUP(5007,D1:F10,3,FALSE)",
    "=COUNTIFS(G1:G50,\">0.3\",G2:G51,\"<=0.6\")",
    "=COUNTIF(G1:G50,\">\"&A1)",
    "=COUNTIFS(G1:G50,\"<>x\",G2:G51,\"<>y\",D1:D50,\">5000\")",
    "=COUNTIFS(G1:G90,\"<>x\",G2:G91,\"<>y\")",
    "=COUNTIF(A1:A5,A4)",
    "=SUMIF(G1:G50,\"<\"&A1,G2:G51)",
    "=SUMIF(A1:A5,\">=\"&A3,A1:A5)",
    "=SUMIFS(G1:G70,G2:G71,\">\"&A1,G3:G72,\"<>0\")",
    "=AVERAGEIFS(E1:E10,G1:G10,\">0.5\",G2:G11,\"<=\"&A1)",
    "=MAXIFS(G1:G40,G2:G41,\">0.5\")",
    "=MINIFS(E1:E10,G1:G10,\">0.9\",G2:G11,\">0.9\")",
    "=MINIFS(A1:A4,A1:A4,\"<\"&A3)",
    "=LEFT(A7,2)&\"-\"&A5",
    "=UPPER(A7)=A7&\"\"",
    "=IF(A7&A5=\"lowTRUE\",A1,A2)",
    "=MATCH(A7,F6:F10,0)",
    "=INDEX(G1:G5,MATCH(IF(A5,\"odd\",A7),F6:F10,0))",
};

/* Of these nothing needs the general evaluator. */
static const char *const vector_formulas[] = {
    "=LARGE(G1:G40,3)",
    "=LARGE(G1:G40,ROW(G5)-ROW(G4)+COLUMNS(G1:I1))",
    "=SMALL(G1:G9,A3)",
    "=PERCENTILE(G1:G200,0.9)+MEDIAN(G1:G5)",
    "=QUARTILE(G1:G20,3)",
    "=TRIMMEAN(G1:G50,0.2)",
    "=RANK(G5,G1:G40)",
    "=INDEX(E1:E10,MATCH(LARGE(G1:G10,2),G1:G10,0))",
    "=INDEX(G1:G6,INT(6*A1)+1)",
    "=MATCH(0.5,G1:G100)",
    "=VLOOKUP(5007,D1:F10,3,FALSE)",
    "=COUNTIFS(G1:G50,\">0.3\",G2:G51,\"<=0.6\")",
    "=SUMIF(G1:G50,\"<\"&A1,G2:G51)",
    "=AVERAGEIFS(E1:E10,G1:G10,\">0.5\",G2:G11,\"<=\"&A1)",
    "=MAXIFS(G1:G40,G2:G41,\">0.5\")",
    "=LEN(A7&\"-\"&A5)",
    "=MATCH(IF(A5,\"odd\",A7),F6:F10,0)",
};

typedef struct model {
    pe_workbook *workbook;
    pe_graph *graph;
    pe_evaluator *evaluator;
    uint64_t *varying;
    uint32_t *cells;
    uint32_t cell_count;
    pe_sampler sampler;
} model;

static void fill_tables(pe_workbook_builder *b, uint32_t sheet)
{
    char address[16];
    for (int i = 0; i < 10; i++) {
        pe_cell_text((uint32_t)i, 3, address);
        pe_builder_value(b, sheet, address, pe_number(5000 + 7 * i));
        pe_cell_text((uint32_t)i, 4, address);
        pe_builder_value(b, sheet, address, pe_number(10 + i * 1.25));
        pe_cell_text((uint32_t)i, 5, address);
        if (i < 5)
            pe_builder_formula(b, sheet, address, i == 0 ? "=-10-A1" : "=A1*4", pe_number(0));
        else
            pe_builder_text(b, sheet, address, i % 2 != 0 ? "odd" : "even");
    }
    for (int i = 0; i < 200; i++) {
        pe_cell_text((uint32_t)i, 6, address);
        pe_builder_formula(b, sheet, address, i == 89 ? "=-1-RAND()" : "=RAND()", pe_number(0));
    }
}

static void model_open(model *m, const char *formula)
{
    pe_diag diag = {0};
    pe_workbook_builder *b = pe_builder_new();
    uint32_t sheet = pe_builder_sheet(b, "S");
    for (size_t i = 0; i < PE_COUNT(inputs); i++)
        pe_builder_formula(b, sheet, inputs[i][0], inputs[i][1], pe_number(0));
    fill_tables(b, sheet);
    pe_builder_formula(b, sheet, "I300", formula, pe_number(0));
    assert_int_equal(pe_builder_finish(b, &m->workbook, &diag), PE_OK);
    assert_int_equal(pe_graph_build(m->workbook, NULL, 0, NULL, NULL, &m->graph, &diag), PE_OK);
    m->sampler = (pe_sampler){.seed = 7, .method = PE_MONTE_CARLO, .trial_count = TRIALS};
    pe_evaluate_options options = {.now = 45000, .sampler = &m->sampler};
    assert_int_equal(pe_evaluator_new(m->graph, &options, &m->evaluator, &diag), PE_OK);
    assert_int_equal(pe_evaluator_run(m->evaluator, PE_EVALUATE_BASE, NULL, NULL, &diag), PE_OK);
    uint32_t count = m->workbook->cell_count, order_count;
    m->varying = calloc(count / 64 + 1, sizeof *m->varying);
    m->cells = calloc(count, sizeof *m->cells);
    const uint32_t *order = pe_graph_order(m->graph, &order_count);
    for (uint32_t i = 0; i < order_count; i++)
        if (pe_graph_flags(m->graph, order[i]) & (PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK))
            pe_bit_set(m->varying, order[i]);
    assert_int_equal(pe_graph_mark_dependents(m->graph, m->varying), PE_OK);
    m->cell_count = 0;
    for (uint32_t c = 0; c < count; c++)
        if (pe_bit(m->varying, c)) m->cells[m->cell_count++] = c;
}
static void model_close(model *m)
{
    pe_evaluator_free(m->evaluator);
    pe_graph_free(m->graph);
    pe_workbook_free(m->workbook);
    free(m->varying);
    free(m->cells);
}

static void test_vector(void **state)
{
    model m;
    pe_program *program = NULL;
    pe_diag diag = {0};
    model_open(&m, *state);
    pe_program_request request = {m.varying, m.cells, m.cell_count, &m.sampler, NULL};
    assert_int_equal(pe_program_build(m.graph, m.evaluator, &request, NULL, NULL, &program, &diag),
                     PE_OK);
    assert_int_equal(program->info.general_units, 0);
    pe_program_free(program);
    model_close(&m);
}

/* ---- the way back to the general evaluator
 * ------------------------------------------------------------- */

typedef struct lanes {
    const model *m;
    pe_lane *lane[8];
} lanes;
typedef struct at {
    const pe_engine_view *view;
    uint32_t lane;
} at;
static bool read_lane(void *context, uint32_t cell, pe_value *value)
{
    const at *a = context;
    return a->view->read(a->view->state, cell, a->lane, value);
}
static pe_status evaluate(void *context, unsigned worker, const pe_unit *unit,
                          const pe_engine_view *view, uint64_t trial_first, uint32_t count,
                          pe_value *const *outputs, uint32_t *missing)
{
    lanes *l = context;
    at a = {view, 0};
    pe_lane_source source = {l->m->varying, &a, read_lane};
    pe_status status = PE_OK;
    assert_int_equal(unit->output_count, 1);
    for (; a.lane < count && status == PE_OK; a.lane++)
        status = pe_lane_evaluate(l->lane[worker], unit, &source, trial_first + a.lane,
                                  &outputs[0][a.lane], missing);
    return status;
}
static void reset(void *context, unsigned worker)
{
    pe_lane_reset(((lanes *)context)->lane[worker]);
}

/* ---- one run
 * ------------------------------------------------------------------------------------------- */

typedef struct table {
    pe_value *values; /* column x trial; texts as their hash */
} table;
static void take(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                 const pe_value *values)
{
    table *t = context;
    for (uint32_t i = 0; i < count; i++) {
        pe_value v = values[i];
        if (pe_is(v, PE_KIND_TEXT))
            v = pe_box(PE_KIND_TEXT, pe_hash_bytes(pe_as_text(v)->bytes, pe_as_text(v)->length, 1));
        t->values[(size_t)column * TRIALS + trial_first + i] = v;
    }
}

static void simulate(const model *m, const pe_program *program, unsigned threads, uint32_t tile,
                     const char *isa, table *t)
{
    pe_diag diag = {0};
    pe_pool *pool;
    assert_int_equal(pe_pool_new(threads, &pool, &diag), PE_OK);
    lanes l = {.m = m};
    for (unsigned w = 0; w < threads; w++)
        assert_int_equal(pe_lane_new(m->evaluator, &l.lane[w], &diag), PE_OK);
    pe_engine_general general = {&l, evaluate, reset};
    pe_engine_options options = {pool, &general, tile, isa};
    pe_engine_sink sink = {.context = t, .lanes = take};
    pe_engine_missing missing;
    pe_plan *plan = NULL;
    const pe_backend *cpu = pe_backend_cpu();
    t->values = calloc((size_t)m->cell_count * TRIALS, sizeof *t->values);
    pe_status status = cpu->prepare(program, &options, &plan, &diag);
    if (status == PE_OK) status = cpu->run(plan, 0, TRIALS / 3, &sink, NULL, NULL, &missing, &diag);
    if (status == PE_OK)
        status =
            cpu->run(plan, TRIALS / 3, TRIALS - TRIALS / 3, &sink, NULL, NULL, &missing, &diag);
    if (status != PE_OK) print_error("%s: %s\n", diag.where, diag.what);
    cpu->free(plan);
    for (unsigned w = 0; w < threads; w++) pe_lane_free(l.lane[w]);
    pe_pool_free(pool);
    assert_int_equal(status, PE_OK);
}

/* ---- the general evaluator on the same lanes
 * ------------------------------------------------------------ */

typedef struct column_source {
    const model *m;
    const table *t;
    uint32_t trial;
} column_source;
static bool read_column(void *context, uint32_t cell, pe_value *value)
{
    const column_source *s = context;
    for (uint32_t i = 0; i < s->m->cell_count; i++) {
        if (s->m->cells[i] != cell) continue;
        *value = s->t->values[(size_t)i * TRIALS + s->trial];
        return !pe_is(*value, PE_KIND_TEXT);
    }
    return false;
}

/* The formula's cell from its precedents, by the general evaluator. Texts among them are drawn
 * again. */
static void compare_with_evaluator(const model *m, const table *t, const char *formula)
{
    pe_diag diag = {0};
    pe_lane *lane;
    assert_int_equal(pe_lane_new(m->evaluator, &lane, &diag), PE_OK);
    uint32_t compared = 0, last = m->cell_count - 1, cell = m->cells[last], missing;
    pe_unit unit = {.kind = PE_UNIT_NODE,
                    .cell = cell,
                    .node = pe_graph_formula(m->graph, cell)->root,
                    .output_count = 1};
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        column_source s = {m, t, trial};
        pe_lane_source source = {m->varying, &s, read_column};
        pe_value expected, actual = t->values[(size_t)last * TRIALS + trial];
        if (pe_lane_evaluate(lane, &unit, &source, trial, &expected, &missing) != PE_OK)
            continue; /* reads a text */
        compared++;
        if (pe_is(expected, PE_KIND_TEXT))
            expected = pe_box(PE_KIND_TEXT, pe_hash_bytes(pe_as_text(expected)->bytes,
                                                          pe_as_text(expected)->length, 1));
        if (pe_is_number(expected) && pe_as_number(expected) == 0) expected = pe_number(0);
        if (expected.bits != actual.bits) {
            print_error("%s trial %u: evaluator %.17g (%llx), program %.17g (%llx)\n", formula,
                        trial, pe_as_number(expected), (unsigned long long)expected.bits,
                        pe_as_number(actual), (unsigned long long)actual.bits);
            fail();
        }
    }
    assert_true(compared == TRIALS || strstr(formula, "A7") != NULL);
    pe_lane_free(lane);
}

static void test_formula(void **state)
{
    const char *formula = *state;
    model m;
    pe_diag diag = {0};
    pe_program *program = NULL;
    model_open(&m, formula);
    assert_true(pe_bit(m.varying, m.cells[m.cell_count - 1]));
    pe_program_request request = {m.varying, m.cells, m.cell_count, &m.sampler, NULL};
    if (pe_program_build(m.graph, m.evaluator, &request, NULL, NULL, &program, &diag) != PE_OK) {
        print_error("%s: %s\n", diag.where, diag.what);
        fail();
    }
    static const struct {
        unsigned threads;
        uint32_t tile;
        const char *isa;
    } runs[] = {
        {1, 0, "x86-64"},       {2, 48, NULL},        {7, 80, "x86-64"},
        {1, 4096, "x86-64-v3"}, {2, 16, "x86-64-v4"},
    };
    table first, other;
    simulate(&m, program, runs[0].threads, runs[0].tile, runs[0].isa, &first);
    for (size_t i = 1; i < PE_COUNT(runs); i++) {
        pe_plan *plan = NULL;
        pe_engine_general none = {0};
        pe_engine_options options = {NULL, &none, 0, runs[i].isa};
        if (pe_backend_cpu()->prepare(program, &options, &plan, &diag) == PE_E_UNSUPPORTED)
            continue; /* not this processor */
        pe_backend_cpu()->free(plan);
        simulate(&m, program, runs[i].threads, runs[i].tile, runs[i].isa, &other);
        assert_memory_equal(first.values, other.values,
                            (size_t)m.cell_count * TRIALS * sizeof *first.values);
        free(other.values);
    }
    compare_with_evaluator(&m, &first, formula);
    free(first.values);
    pe_program_free(program);
    model_close(&m);
}

/* ---- stopping
 * ---------------------------------------------------------------------------------------------- */

typedef struct stopper {
    table table;
    pe_control control;
    atomic_int calls; /* stops at the n-th column of a tile */
} stopper;
static void take_and_stop(void *context, uint32_t column, uint64_t trial_first, uint32_t count,
                          const pe_value *values)
{
    stopper *s = context;
    take(&s->table, column, trial_first, count, values);
    if (atomic_fetch_sub(&s->calls, 1) == 0) atomic_store(&s->control.stop, true);
}

/* A run that is stopped has whole tiles from its first trial on, with the values of a whole run. */
static void a_stopped_run_keeps_its_trials(void **state)
{
    (void)state;
    enum { FIRST = 37, COUNT = TRIALS - FIRST, TILE = 16 };
    model m;
    pe_diag diag = {0};
    pe_program *program = NULL;
    table whole;
    model_open(&m, "=A1+A2*A8");
    pe_program_request request = {m.varying, m.cells, m.cell_count, &m.sampler, NULL};
    assert_int_equal(pe_program_build(m.graph, m.evaluator, &request, NULL, NULL, &program, &diag),
                     PE_OK);
    simulate(&m, program, 1, 0, NULL, &whole);
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        lanes l = {.m = &m};
        pe_engine_general general = {&l, evaluate, reset};
        pe_engine_options options = {.general = &general, .tile_lanes = TILE};
        for (unsigned w = 0; w < threads; w++)
            assert_int_equal(pe_lane_new(m.evaluator, &l.lane[w], &diag), PE_OK);
        assert_int_equal(pe_pool_new(threads, &options.pool, &diag), PE_OK);
        for (int calls = -1; calls < 12 * (int)m.cell_count; calls += (int)m.cell_count / 2) {
            pe_engine_missing missing;
            pe_plan *plan = NULL;
            uint64_t done = 77;
            stopper s = {.calls = calls};
            pe_engine_sink sink = {.context = &s, .lanes = take_and_stop};
            atomic_store(&s.control.stop, calls < 0);
            s.table.values = calloc((size_t)m.cell_count * TRIALS, sizeof *s.table.values);
            assert_int_equal(pe_backend_cpu()->prepare(program, &options, &plan, &diag), PE_OK);
            assert_int_equal(pe_backend_cpu()->run(plan, FIRST, COUNT, &sink, &s.control, &done,
                                                   &missing, &diag),
                             PE_OK);
            assert_true(done == COUNT || (FIRST + done) % TILE == 0 || done == 0);
            assert_true(calls < 0 ? done == 0 : done > 0);
            if (threads == 1 && calls >= 0)
                assert_true(done <= (uint64_t)(calls / (int)m.cell_count + 1) * TILE);
            for (uint32_t c = 0; c < m.cell_count; c++)
                assert_memory_equal(s.table.values + (size_t)c * TRIALS + FIRST,
                                    whole.values + (size_t)c * TRIALS + FIRST,
                                    done * sizeof(pe_value));
            pe_backend_cpu()->free(plan);
            free(s.table.values);
        }
        for (unsigned w = 0; w < threads; w++) pe_lane_free(l.lane[w]);
        pe_pool_free(options.pool);
    }
    free(whole.values);
    pe_program_free(program);
    model_close(&m);
}

int main(void)
{
    enum { FORMULAS = PE_COUNT(formulas), VECTOR = PE_COUNT(vector_formulas) };
    struct CMUnitTest tests[FORMULAS + VECTOR + 1];
    for (size_t i = 0; i < FORMULAS; i++)
        tests[i] = (struct CMUnitTest){formulas[i], test_formula, NULL, NULL,
                                       (void *)(uintptr_t)formulas[i]};
    for (size_t i = 0; i < VECTOR; i++)
        tests[FORMULAS + i] = (struct CMUnitTest){vector_formulas[i], test_vector, NULL, NULL,
                                                  (void *)(uintptr_t)vector_formulas[i]};
    tests[FORMULAS + VECTOR] = (struct CMUnitTest)cmocka_unit_test(a_stopped_run_keeps_its_trials);
    return _cmocka_run_group_tests("engine", tests, PE_COUNT(tests), NULL, NULL);
}
