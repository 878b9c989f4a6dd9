/* test_models.c: what models mean: which draws are whose, risk functions and their properties,
 * names, outputs of every kind, data tables, references that move, cycles, settings that the
 * workbook carries. Expected values are closed forms; tolerances are 4 standard errors or more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli_cases.h"

#define RUN "run m.xlsx --trials 10000 --json r.json -q "
#define CSV RUN "--csv t.csv "
#define UNIT "outputs.0.mean = 0.5 ~ 0.0116" /* mean of a uniform, 10,000 trials */

/* Every pair of columns is uncorrelated, no two are the same. */
static void columns_are_independent(const char *folder, const cli_result *result,
                                    const json_t *document)
{
    char *csv = cli_file_read(folder, "t.csv");
    double *columns[16];
    size_t n = 0, count = json_array_size(json_object_get(document, "outputs"));
    (void)result;
    assert_non_null(csv);
    assert_true(count >= 2 && count <= 16);
    for (size_t i = 0; i < count; i++) columns[i] = cli_column(csv, (int)i, &n);
    assert_int_equal(n, 10000);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            double r = cli_correlation(columns[i], columns[k], n);
            if (!(fabs(r) <= 4 / sqrt((double)n)))
                fail_msg("columns %zu and %zu: correlation %.4f", k, i, r);
        }
    for (size_t i = 0; i < count; i++) free(columns[i]);
    free(csv);
}

/* The second column repeats the first one. */
static void columns_are_equal(const char *folder, const cli_result *result, const json_t *document)
{
    char *csv = cli_file_read(folder, "t.csv");
    size_t n = 0;
    (void)result;
    (void)document;
    assert_non_null(csv);
    double *x = cli_column(csv, 0, &n), *y = cli_column(csv, 1, &n);
    for (size_t i = 0; i < n; i++) assert_true(x[i] == y[i]);
    free(x);
    free(y);
    free(csv);
}

/* Two ways to say the same: column i and column i + half are equal in every trial. */
static void halves_are_equal(const char *folder, const cli_result *result, const json_t *document)
{
    char *csv = cli_file_read(folder, "t.csv");
    size_t n = 0, half = json_array_size(json_object_get(document, "outputs")) / 2;
    (void)result;
    assert_non_null(csv);
    assert_true(half > 0);
    for (size_t i = 0; i < half; i++) {
        double *x = cli_column(csv, (int)i, &n), *y = cli_column(csv, (int)(i + half), &n);
        for (size_t t = 0; t < n; t++) {
            bool same = (isnan(x[t]) && isnan(y[t])) || fabs(x[t] - y[t]) <= 1e-9 * fabs(y[t]);
            if (!same) fail_msg("C%zu is %.15g, D%zu %.15g", i + 1, x[t], i + 1, y[t]);
        }
        free(x);
        free(y);
    }
    free(csv);
}

#define TWELVE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define DEMAND(i) "A" #i " =_xll.RiskNormal(10,2,RiskName(\"Demand\"))\nC" #i " =A" #i "*1\n"
#define COPIED(i) "A" #i " =RAND()\nC" #i " =A" #i "*1\n"

static const cli_case draws[] = {
    {"twelve inputs of one name",
     TWELVE(DEMAND),
     CSV,
     0,
     {"inputs.# = 12", "outputs.# = 12", "outputs.3.mean = 10 ~ 0.08", "outputs.3.sd = 2 ~ 0.06",
      "inputs.0.name = Demand (Sheet1!A1)", "inputs.0.distribution = RiskNormal"},
     columns_are_independent},
    {"RAND copied down", TWELVE(COPIED), CSV, 0, {"inputs.# = 12", UNIT}, columns_are_independent},
    {"a name that is RAND",
     "name: U =RAND()\nA1 =U\nA2 =U\nB1 =A1+0\nB2 =A2+0\n",
     CSV,
     0,
     {"inputs.# = 2", "outputs.# = 2", UNIT},
     columns_are_independent},
    {"a name used twice in a formula",
     "name: U =RAND()\nA1 =U-U\nB1 =A1*1\n",
     RUN,
     0,
     {"inputs.# = 2", "outputs.0.sd = 0.40825 ~ 0.008"},
     NULL},
    {"RAND twice in a formula",
     "A1 =RAND()-RAND()\nB1 =A1*1\n",
     RUN,
     0,
     {"inputs.# = 2", "outputs.0.sd = 0.40825 ~ 0.008"},
     NULL},
    {"one cell is one draw",
     "A1 =RAND()\nB1 =A1*1\nB2 =A1*1\n",
     CSV,
     0,
     {"inputs.# = 1"},
     columns_are_equal},
    {"RANDBETWEEN",
     "A1 =RANDBETWEEN(1,6)\nB1 =A1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 3.5 ~ 0.07", "outputs.0.min = 1", "outputs.0.max = 6",
      "outputs.0.variance = 2.9167 ~ 0.08"},
     NULL},
    {"latin hypercube",
     "A1 =RAND()\nB1 =A1*1\n",
     RUN "--latin-hypercube",
     0,
     {"outputs.0.mean = 0.5 ~ 0.0001", "outputs.0.percentiles.5 = 0.05 ~ 0.0002",
      "sampling = latin_hypercube"},
     NULL},
};

static const cli_case risk[] = {
    {"output function",
     "A1 =RiskNormal(100,5)\nA2 =RiskOutput(\"Net value\")+A1*2 |200\nA3 =A2+1",
     RUN,
     0,
     {"outputs.# = 1", "outputs.0.name = Net value", "outputs.0.cell = Sheet1!A2",
      "outputs.0.mean = 200 ~ 0.4", "outputs.0.sd = 10 ~ 0.3", "outputs.0.base = 200"},
     NULL},
    {"a range of outputs",
     "A1 =RiskNormal(1,1)\nA2 =RiskOutput(,\"Profit\",1)+A1\nA3 =RiskOutput(,\"Profit\",2)+A1\n",
     RUN,
     0,
     {"outputs.# = 2", "outputs.0.name = Profit / 1", "outputs.1.name = Profit / 2"},
     NULL},
    {"output in Psi's way",
     "A1 =PsiNormal(100,5)\nA2 =A1*2+PsiOutput()\nA3 =A2+1\n",
     RUN,
     0,
     {"outputs.# = 1", "outputs.0.cell = Sheet1!A2"},
     NULL},
    {"Vose, with U left empty",
     "A1 =VoseNormal(100,5,)\nB1 =A1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 100 ~ 0.2", "outputs.0.sd = 5 ~ 0.15"},
     NULL},
    {"truncated: mass is spread",
     "A1 =RiskNormal(0,1,RiskTruncate(0,))\nB1 =A1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 0.79788 ~ 0.025", "outputs.0.sd = 0.60281 ~ 0.02",
      "outputs.0.min = 0 ~ 0.01"},
     NULL},
    {"truncation comes before the shift",
     "A1 =RiskNormal(0,1,RiskShift(10),RiskTruncate(0,))\nB1 =A1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 10.79788 ~ 0.025", "outputs.0.min = 10 ~ 0.01"},
     NULL},
    {"the static value is the base case",
     "A1 =RiskNormal(10,2,RiskStatic(7))\nB1 =A1*1\nC1 =RiskBinomial(9,0.7)\nD1 =C1*1\n",
     RUN,
     0,
     {"outputs.0.base = 7", "outputs.0.mean = 10 ~ 0.08", "outputs.1.base = 6",
      "outputs.1.mean = 6.3 ~ 0.06"},
     NULL},
    {"the mean is the base case",
     "A1 =RiskTriang(1,2,6)\nB1 =A1*2\n",
     RUN,
     0,
     {"outputs.0.base = 6", "outputs.0.mean = 6 ~ 0.1"},
     NULL},
    {"lognormal as @RISK has it",
     "A1 =RiskLognorm(10,3)\nB1 =A1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 10 ~ 0.12", "outputs.0.sd = 3 ~ 0.15"},
     NULL},
    {"lognormal as XLRisk has it",
     "A1 =RiskLogNorm(1,0.3)\nB1 =A1*1\nXLRisk!A1 'XLRisk\n",
     RUN,
     0,
     {"outputs.0.mean = 2.8434 ~ 0.04", "outputs.0.sd = 0.87257 ~ 0.05"},
     NULL},
    {"parameters that vary",
     "A1 =RiskUniform(5,15)\nA2 =RiskNormal(A1,1)\nA3 =RiskOutput()+A2-A1\n",
     RUN,
     0,
     {"outputs.0.mean = 0 ~ 0.04", "outputs.0.sd = 1 ~ 0.03"},
     NULL},
    {"discrete from ranges",
     "A1 1\nA2 5\nA3 9\nB1 1\nB2 2\nB3 1\nC1 =RiskDiscrete(A1:A3,B1:B3)\nD1 =C1*1\n",
     RUN,
     0,
     {"outputs.0.mean = 5 ~ 0.12", "outputs.0.min = 1", "outputs.0.max = 9",
      "outputs.0.percentiles.50 = 5"},
     NULL},
    {"compound is refused by name",
     "A1 =RiskCompound(RiskPoisson(3),RiskNormal(1,1))\nB1 =A1+RAND()\nC1 =B1*2",
     RUN,
     4,
     {"err ? Sheet1!A1", "err ? RiskCompound"},
     NULL},
    {"a simulation table is refused",
     "A1 =RiskSimtable({1,2,3})\nB1 =A1+RAND()\nC1 =B1*1\n",
     RUN,
     4,
     {"err ? Sheet1!A1", "err ? RiskSimtable", "err ? --ignore"},
     NULL},
    {"stored #NAME? cannot be compared",
     "A1 =RiskNormal(100,5) |#NAME?\nA2 =RiskOutput(\"N\")+A1*2 |#NAME?\nA3 =A2+1 |#NAME?\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.mean = 200 ~ 0.4", "outputs.0.base = 200", "check.differ = 0"},
     NULL},
    {"and check says why",
     "A1 =RiskNormal(100,5) |#NAME?\nA2 =A1*2 |#NAME?\n",
     "check m.xlsx --json r.json",
     0,
     {"header ? #NAME?", "out ? #NAME?"},
     NULL},
};

static const cli_case settings[] = {
    {"a distribution for a cell",
     "A1 'Price\nB1 12\nB2 =B1*2 |24\n",
     RUN "--input 'B1=normal(10,2)'",
     0,
     {"inputs.# = 1", "inputs.0.cell = Sheet1!B1", "inputs.0.name = Price",
      "inputs.0.setting = true", "outputs.0.cell = Sheet1!B2", "outputs.0.mean = 20 ~ 0.16",
      "outputs.0.base = 24", "check.agree = 1"},
     NULL},
    {"a formula for a cell",
     "A1 3\nA2 =RAND()\nB1 5\nB2 =B1*2 |10\n",
     RUN "--input 'B1==A2*A1' --output B2",
     0,
     {"outputs.0.mean = 3 ~ 0.07", "outputs.0.base = 10"},
     NULL},
    {"by a defined name",
     "name: Price =Sheet1!$B$1\nB1 12\nB2 =Price*2 |24\n",
     RUN "--input 'Price=uniform(0,1)'",
     0,
     {"outputs.0.mean = 1 ~ 0.025", "inputs.0.name = Price"},
     NULL},
    {"saved in the workbook",
     "Model!A1 'Price\nModel!B1 12\nModel!B2 =B1*2 |24\nModel!B3 =B2*1 |24\n"
     "Power Engine!A1 'Setting\nPower Engine!B1 'Cell\nPower Engine!C1 'Value\nPower Engine!D1 "
     "'Name\n"
     "Power Engine!A2 'Trials\nPower Engine!C2 500\nPower Engine!A3 'Seed\nPower Engine!C3 9\n"
     "Power Engine!A4 'Input\nPower Engine!B4 =Model!B1 |12\nPower Engine!C4 'normal(10,2)\n"
     "Power Engine!D4 'Unit price\nPower Engine!A5 'Output\nPower Engine!B5 =Model!B2 |24\n"
     "Power Engine!D5 'Result\nPower Engine!A6 'Sampling\nPower Engine!C6 'Latin hypercube\n"
     "Power Engine!A7 'Target\nPower Engine!B7 =Model!B2\nPower Engine!C7 '<20\nhidden: Power "
     "Engine\n",
     "run m.xlsx --json r.json -q",
     0,
     {"trials = 500", "seed = 9", "sampling = latin_hypercube", "inputs.# = 1",
      "inputs.0.name = Unit price", "outputs.# = 1", "outputs.0.name = Result",
      "outputs.0.cell = Model!B2", "outputs.0.mean = 20 ~ 0.02",
      "outputs.0.targets.0.probability = 0.5 ~ 0.01"},
     NULL},
    {"the command line wins",
     "Model!B1 12\nModel!B2 =B1*2 |24\nPower Engine!A1 'Setting\nPower Engine!A2 'Trials\n"
     "Power Engine!C2 500\nPower Engine!A4 'Input\nPower Engine!B4 =Model!B1\n"
     "Power Engine!C4 'normal(10,2)\n",
     "run m.xlsx --json r.json -q --trials 700 --input 'Model!B1=uniform(4,6)'",
     0,
     {"trials = 700", "outputs.0.mean = 10 ~ 0.2", "inputs.# = 1"},
     NULL},
    {"an unknown saved setting",
     "A1 =RAND()\nB1 =A1\nPower Engine!A1 'x\nPower Engine!A2 'Trails\n",
     RUN,
     2,
     {"err ? Trails", "err ? Trials", "err ? 'Power Engine'!A2"},
     NULL},
    {"@RISK's names",
     "name: RiskNumIterations =300\nname: RiskUseFixedSeed =TRUE\nname: RiskFixedSeed =5\n"
     "name: RiskSamplingType =3\nA1 =RiskNormal(1,1)\nA2 =RiskOutput()+A1\n",
     "run m.xlsx --json r.json -q",
     0,
     {"trials = 300", "seed = 5", "sampling = latin_hypercube", "inputs.# = 1"},
     NULL},
};

static const cli_case names[] = {
    {"labels left and above",
     "A1 'Plan\nB1 2026\nC1 2027\nA2 'Revenue:\nB2 =RAND()\nC2 =RAND()\nA3 'Cost\nB3 =B2*2\nC3 "
     "=C2*2\n",
     RUN,
     0,
     {"outputs.0.name = Cost / 2026", "outputs.1.name = Cost / 2027",
      "inputs.0.name = Revenue / 2026"},
     NULL},
    {"a defined name wins",
     "name: Net_profit =Sheet1!$B$3\nA2 'Revenue\nB2 =RAND()\nA3 'Cost\nB3 =B2*2\n",
     RUN,
     0,
     {"outputs.0.name = Net_profit"},
     NULL},
    {"an address at last",
     "B2 =RAND()\nB3 =B2*2\n",
     RUN,
     0,
     {"outputs.0.name = Sheet1!B3", "inputs.0.name = Sheet1!B2"},
     NULL},
    {"duplicates get their address",
     "A1 'Profit\nB1 =RAND()\nC1 =B1*2\nA2 'Profit\nC2 =B1*3\n",
     RUN,
     0,
     {"outputs.0.name = Profit (Sheet1!C1)", "outputs.1.name = Profit (Sheet1!C2)"},
     NULL},
    {"sheets that need quotes",
     "My Sheet!B2 =RAND()\nMy Sheet!B3 =B2*2\n",
     RUN,
     0,
     {"outputs.0.cell = 'My Sheet'!B3"},
     NULL},
    {"labels and data tables are no readers",
     "A1 =RAND()\nB1 =A1*100\nB2 =\"Profit: \"&TEXT(B1,\"0\")\n",
     RUN,
     0,
     {"outputs.# = 1", "outputs.0.cell = Sheet1!B1"},
     NULL},
    {"hidden sheets propose nothing",
     "A1 =RAND()\nB1 =A1*100\nBack!A1 =Sheet1!A1*3\nhidden: Back\n",
     RUN,
     0,
     {"outputs.# = 1", "outputs.0.cell = Sheet1!B1"},
     NULL},
    {"result sheets are no readers",
     "A1 =RAND()\nB1 =A1*2\nNPV!A1 'Power Engine: NPV\nNPV!B2 =Sheet1!B1*2\n",
     RUN,
     0,
     {"outputs.# = 1", "outputs.0.cell = Sheet1!B1"},
     NULL},
    {"named cells come even if read",
     "name: Mid =Sheet1!$B$1\nA1 =RAND()\nB1 =A1*100\nC1 =B1+1\n",
     RUN,
     0,
     {"outputs.# = 2", "outputs.0.name = Mid", "outputs.1.cell = Sheet1!C1"},
     NULL},
};

static const cli_case values[] = {
    {"number formats",
     "A1 =RAND()\nB1 =A1*0.1 |0 |0.0%\nB2 =A1*1000 |0 |\"$\"#,##0\nB3 =46000+A1*100 |0 "
     "|yyyy-mm-dd\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.unit = %", "outputs.1.unit = $", "outputs.2.unit = date",
      "outputs.2.number_format = yyyy-mm-dd", "outputs.0.mean = 0.05 ~ 0.002"},
     NULL},
    {"texts",
     "A1 =RAND()\nB1 =IF(A1<0.25,\"low\",\"high\")\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.kind = text", "outputs.0.frequencies.0.value = high",
      "outputs.0.text_count = 10000", "outputs.0.frequencies.0.count = 7500 ~ 180",
      "outputs.0.mean = null"},
     NULL},
    {"booleans",
     "A1 =RAND()\nB1 =A1<0.25\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.frequencies.0.value = FALSE", "outputs.0.frequencies.0.count = 7500 ~ 180"},
     NULL},
    {"numbers and texts",
     "A1 =RAND()\nB1 =IF(A1<0.25,\"none\",A1)\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.kind = mixed", "outputs.0.n = 7500 ~ 180", "outputs.0.mean = 0.625 ~ 0.011",
      "outputs.0.text_count = 2500 ~ 180"},
     NULL},
    {"errors are dropped and told",
     "A1 =RAND()\nB1 =IF(A1<0.1,1/0,IF(A1<0.2,NA(),A1))\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.n = 8000 ~ 160", "outputs.0.errors = 2000 ~ 160", "outputs.0.mean = 0.6 ~ 0.012",
      "outputs.0.error_counts.#N/A = 1000 ~ 120", "outputs.0.error_counts.#DIV/0! = 1000 ~ 120",
      "warnings ? describe the other"},
     NULL},
    {"IRR that fails in some trials",
     "A1 =IF(RAND()<0.5,-100,100) |-100\nA2 60\nA3 70\nB1 =IRR(A1:A3)\n",
     RUN "-o r.xlsx",
     0,
     {"outputs.0.errors = 5000 ~ 200", "outputs.0.error_counts.#NUM! = 5000 ~ 200",
      "outputs.0.mean = 0.18882 ~ 0.00001", "outputs.0.sd = 0 ~ 1e-9"},
     NULL},
    {"the left-most error",
     "A1 =RAND()\nB1 =IF(A1>2,1,NA())+1/0*A1\n",
     RUN,
     0,
     {"outputs.0.error_counts.#N/A = 10000"},
     NULL},
};

/* Arrays and areas inside formulas that vary: what is shortened on the left is spelled out on the
 * right, from Excel's documented meaning of each. */
#define SHORT_AND_LONG                                                                             \
    "A1 =RAND()\n"                                                                                 \
    "A2 =RAND()\n"                                                                                 \
    "A3 =RAND()\n"                                                                                 \
    "A4 =RAND()\n"                                                                                 \
    "A5 =RAND()\n"                                                                                 \
    "F1 =RANDBETWEEN(1,5)\n"                                                                       \
    "C1 =SUM(LARGE(A1:A5,{1,2,3}))\n"                                                              \
    "D1 =LARGE(A1:A5,1)+LARGE(A1:A5,2)+LARGE(A1:A5,3)\n"                                           \
    "C2 =SUM(OFFSET(A1,0,0,F1,1))\n"                                                               \
    "D2 =SUM(A1:INDEX(A1:A5,F1))\n"                                                                \
    "C3 =SUM(A1*{1,2,3})\n"                                                                        \
    "D3 =A1*6\n"                                                                                   \
    "C4 =SUM(COUNTIF(A1:A5,{\">0.5\",\"<0.2\"}))\n"                                                \
    "D4 =COUNTIF(A1:A5,\">0.5\")+COUNTIF(A1:A5,\"<0.2\")\n"                                        \
    "C5 =SUMPRODUCT(LARGE(A1:A5,{1,2,3}))\n"                                                       \
    "D5 =D1\n"                                                                                     \
    "C6 =MAX(INDEX(A1:A5*1,0))\n"                                                                  \
    "D6 =MAX(A1:A5)\n"                                                                             \
    "C7 =SUM(IF({1,0,1},A1,A2))\n"                                                                 \
    "D7 =A1+A2+A1\n"                                                                               \
    "C8 =AVERAGE(IF(1,A1:A5))\n"                                                                   \
    "D8 =AVERAGE(A1:A5)\n"                                                                         \
    "C9 =SUM(CHOOSE(F1,A1:A2,A2:A3,A3:A4,A4:A5,A1:A5))\n"                                          \
    "D9 =IF(F1=1,A1+A2,IF(F1=2,A2+A3,IF(F1=3,A3+A4,IF(F1=4,A4+A5,SUM(A1:A5)))))\n"                 \
    "C10 =SUM(INDIRECT(\"A1:A\"&F1))\n"                                                            \
    "D10 =D2\n"                                                                                    \
    "C11 =MATCH(TRUE,INDEX(A1:A5>0.5,0),0)\n"                                                      \
    "D11 =IF(A1>0.5,1,IF(A2>0.5,2,IF(A3>0.5,3,IF(A4>0.5,4,IF(A5>0.5,5,NA())))))\n"                 \
    "C12 =SUM(ABS({-1,2}*A1))\n"                                                                   \
    "D12 =A1*3\n"                                                                                  \
    "C13 =SUM(IF(A1>0.5,A1:A5,0))\n"                                                               \
    "D13 =IF(A1>0.5,SUM(A1:A5),0)\n"                                                               \
    "C14 =LOOKUP(2,1/(A1:A5>0.5),A1:A5)\n"                                                         \
    "D14 =IF(A5>0.5,A5,IF(A4>0.5,A4,IF(A3>0.5,A3,IF(A2>0.5,A2,IF(A1>0.5,A1,NA())))))\n"            \
    "C15 =SUM(VLOOKUP(F1,{1,10;2,20;3,30;4,40;5,50},{1,2}))\n"                                     \
    "D15 =F1*11\n"                                                                                 \
    "C16 =INDEX(A1:A5,F1)\n"                                                                       \
    "D16 =CHOOSE(F1,A1,A2,A3,A4,A5)\n"                                                             \
    "C18 =NPV(0.1,A1*{1,2})\n"                                                                     \
    "D18 =A1/1.1+2*A1/1.21\n"                                                                      \
    "C17 =SUM(SMALL(IF(A1>0.5,A1:A5,A2:A5),{1,2}))\n"                                              \
    "D17 =IF(A1>0.5,SMALL(A1:A5,1)+SMALL(A1:A5,2),SMALL(A2:A5,1)+SMALL(A2:A5,2))\n"

static const cli_case references[] = {
    {"arrays inside formulas",
     SHORT_AND_LONG,
     "run m.xlsx --trials 500 --csv t.csv --json r.json -q --output C1:C18 --output D1:D18",
     0,
     {"outputs.# = 36"},
     halves_are_equal},
    {"OFFSET whose target moves",
     "A1 =RANDBETWEEN(0,2)\nB1 10\nB2 20\nB3 =RAND()*0+30\nC1 =OFFSET(B1,A1,0)\n",
     RUN "--output C1 -o r.xlsx",
     0,
     {"outputs.0.mean = 20 ~ 0.35", "outputs.0.min = 10", "outputs.0.max = 30"},
     NULL},
    {"INDIRECT whose target moves",
     "A1 =RANDBETWEEN(1,3)\nB1 10\nB2 20\nB3 =RAND()*0+30\nC1 =INDIRECT(\"B\"&A1)\n",
     RUN "--output C1",
     0,
     {"outputs.0.mean = 20 ~ 0.35", "outputs.0.max = 30"},
     NULL},
    {"INDEX and CHOOSE",
     "A1 =RANDBETWEEN(1,3)\nB1 10\nB2 20\nB3 =A1*10\nC1 =INDEX(B1:B3,A1)-CHOOSE(A1,B1,B2,B3)\n",
     RUN,
     0,
     {"outputs.0.mean = 0", "outputs.0.max = 0"},
     NULL},
    {"a cycle that IF never closes",
     "A1 =RAND()\nB1 =IF(A1<0.5,1,C1+1)\nC1 =IF(A1<0.5,B1+1,1)\nD1 =B1+C1\n",
     RUN "--output D1",
     0,
     {"outputs.0.mean = 3", "outputs.0.sd = 0", "warnings ! circular"},
     NULL},
    {"a workbook that iterates",
     "iterate: 100 0.000001\nA1 =RiskUniform(10,20) |15\nB1 =A1+C1 |30\nC1 =B1*0.5 |15\nD1 =B1*1 "
     "|30\n",
     RUN "--output D1",
     0,
     {"outputs.0.mean = 30 ~ 0.25", "outputs.0.min = 20 ~ 0.1", "outputs.0.max = 40 ~ 0.1"},
     NULL},
    {"a data table over RAND: rows of their own",
     "A1 5\nB1 =RAND()*12^0.5\nD4 =B1\nD5:D504 [A1]\nE1 =STDEV(D5:D504)\nE2 =AVERAGE(D5:D504)\n",
     "run m.xlsx --trials 400 --json r.json -q --output E1 --output E2",
     0,
     {"outputs.0.mean = 1 ~ 0.01", "outputs.1.sd = 0.04472 ~ 0.0065",
      "outputs.1.mean = 1.7320 ~ 0.009"},
     NULL},
    {"a data table with its input",
     "A1 5\nB1 =A1*10+RAND()*0\nD4 =B1\nC5 1\nC6 2\nC7 3\nD5:D7 [A1]\nE1 =SUM(D5:D7)\n",
     "run m.xlsx --trials 100 --json r.json -q --output E1",
     0,
     {"outputs.0.mean = 60", "outputs.0.sd = 0 ~ 1e-12"},
     NULL},
    {"an array formula",
     "A1 =RAND()\nA2 =RAND()\nB1 {=SUM(A1:A2*{1;3})}\n",
     RUN,
     0,
     {"outputs.0.mean = 2 ~ 0.04", "outputs.0.sd = 0.91287 ~ 0.03"},
     NULL},
};

int main(void)
{
    static const struct {
        const char *name;
        const cli_case *cases;
        size_t count;
    } groups[] = {
        {"draws", draws, sizeof draws / sizeof draws[0]},
        {"risk functions", risk, sizeof risk / sizeof risk[0]},
        {"settings", settings, sizeof settings / sizeof settings[0]},
        {"names", names, sizeof names / sizeof names[0]},
        {"values", values, sizeof values / sizeof values[0]},
        {"references", references, sizeof references / sizeof references[0]},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        failed += cli_cases_run(groups[i].name, groups[i].cases, groups[i].count);
    return failed;
}
