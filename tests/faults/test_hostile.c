/* test_hostile.c: formulas that ask for too much: each ends in an error, a value or a refusal,
 * within a bound of time and memory, and the run goes on. One row = one reported case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "whole_path.h"

/* Processor time of one row, checked, compiled and simulated; the process's memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define SECONDS_MAX 30.0
#define BYTES_MAX ((uint64_t)4 << 30)
#else
#define SECONDS_MAX 3.0
#define BYTES_MAX ((uint64_t)1536 << 20)
#endif

#define NINES "99999999999999999999"

static const struct {
    const char *name, *text;
} rows[] = {
    {"rept", "=REPT(\"x\",1E9)\n=LEN(REPT(\"xy\",32767))\n=REPT(REPT(\"x\",32767),32767)"},
    {"rept varying", "=LEN(REPT(\"x\",D1*1E9))"},
    {"text doubled", "=LET(a,REPT(\"x\",30000),b,a&a&a&a,c,b&b&b&b,d,c&c&c&c,LEN(d&d&d))"},
    {"sequence", "=SUM(SEQUENCE(1E6,1E6))\n=SUM(SEQUENCE(1048576,16384))\n=SEQUENCE(-1)"},
    {"sequence varying", "=SUM(SEQUENCE(D1*1E6,D1*1E6))"},
    {"sequences of 4 million", "=SUM(SEQUENCE(2048,2048)*SEQUENCE(2048,2048))"},
    {"outer product", "=SUM(SEQUENCE(1E6)*SEQUENCE(1,1E6))\n=SUM(A:A*1:1)"},
    {"munit", "=SUM(MUNIT(1E6))\n=SUM(MUNIT(5000))"},
    {"powers", "=2^2^2^2^2^2^2^2^2^2\n=9^9^9^9\n=-2^1E300\n=(-8)^(1/3)"},
    {"minverse", "=SUM(MINVERSE(MUNIT(150)))\n=MDETERM(SEQUENCE(200,200))"},
    {"mmult", "=SUM(MMULT(SEQUENCE(400,400),SEQUENCE(400,400)))"},
    {"randarray", "=SUM(RANDARRAY(1E6,1E6))\n=SUM(RANDARRAY(5000,5000))"},
    {"text formats", "=TEXT(1E300,REPT(\"0\",30000))\n=TEXT(1,REPT(\"#,\",15000))\n"
                     "=TEXT(1,REPT(\"\"\"x\"\"\",9000))\n=TEXT(0.1,\"0.\"&REPT(\"0\",32000))"},
    {"dates in formats",
     "=TEXT(A7,REPT(\"yyyymmdd\",4000))\n=TEXT(1E300,\"yyyy\")\n=TEXT(-1,\"d\")"},
    {"fixed", "=FIXED(1,127)\n=FIXED(1E300,1E9)\n=DOLLAR(1E300,-400)\n=BASE(1E15,2,255)"},
    {"regex backtracking", "=REGEXTEST(REPT(\"a\",5000)&\"!\",\"^(a+)+$\")\n"
                           "=REGEXREPLACE(REPT(\"a\",3000),\"(a*)*b\",\"x\")\n"
                           "=REGEXEXTRACT(REPT(\"ab\",9000),\"(.*)*(.*)*(.*)*c\")"},
    {"regex deep", "=REGEXTEST(\"a\",REPT(\"(\",20000)&\"a\"&REPT(\")\",20000))\n"
                   "=REGEXTEST(REPT(\"a\",30000),\"(?R)?a*b\")\n"
                   "=REGEXTEST(\"a\",\"(a{1,9999}){1,9999}\")"},
    {"wildcards",
     "=MATCH(REPT(\"*a\",120)&\"b\",B1:B6,0)\n=SEARCH(REPT(\"*a\",2000)&\"b\",REPT(\"a\","
     "30000))\n=COUNTIF(B1:B6,REPT(\"*?\",5000))"},
    {"wildcards over long texts",
     "=SUM(IFERROR(SEARCH(REPT(\"a*\",100)&\"b\",REPT(\"a\",SEQUENCE(1000)+30000)),0))"},
    {"substitute", "=LEN(SUBSTITUTE(REPT(\"a\",32767),\"a\",REPT(\"b\",32767)))"},
    {"textjoin",
     "=LEN(TEXTJOIN(REPT(\"x\",10000),FALSE,A:A))\n=LEN(CONCAT(REPT(\"x\",SEQUENCE(5000))"
     "))\n=TEXTJOIN(\",\",FALSE,A1:XFD1048576)"},
    {"textsplit", "=ROWS(TEXTSPLIT(REPT(\"a,\",16000),,\",\"))"},
    {"whole sheet", "=SUMPRODUCT(H1:XFD1048576)\n=SUM(H:XFD)\n=COUNTBLANK(H:XFD)\n=ROWS(A:XFD)"},
    {"whole sheet arithmetic", "=SUM(H1:XFD1048576*2)\n=SUM(--(H1:XFD1048576>0))"},
    {"whole column arithmetic", "=SUM(A:A*2)\n=SUM(IF(H:H>0,1,0))"},
    {"whole sheet criteria", "=SUMIF(H1:XFD1048576,\">0\")\n=COUNTIFS(H:XFD,\"x\",H:XFD,\"\")"},
    {"whole sheet lookup", "=MATCH(1,H1:XFD1,0)\n=VLOOKUP(\"none\",A:XFD,3,FALSE)\n"
                           "=XLOOKUP(5,H:H,I:I)\n=LOOKUP(5,H1:XFD1048576)"},
    {"whole sheet functions",
     "=SORT(A1:XFD1048576)\n=UNIQUE(H:H)\n=TRANSPOSE(A:XFD)\n=TOCOL(A:XFD)"},
    {"indirect to itself", "=INDIRECT(\"G1\")\n=INDIRECT(\"G3\")\n=INDIRECT(\"G2\")+D1"},
    {"indirect around",
     "=SUM(INDIRECT(\"G1:G5\"))+D1\n=OFFSET(G1,D1*3,0)+1\n=SUM(OFFSET(A1,0,0,1E6,"
     "16000))"},
    {"cycles", "=G2+1\n=G3+D1\n=G1*2\n=IF(D1>2,G4,1)"},
    {"lambda without end", "!loop=LAMBDA(x,loop(x+1))\n=loop(1)\n=loop(D1)"},
    {"lambda twice without end",
     "!fork=LAMBDA(x,fork(x+1)+fork(x+2))\n=fork(1)\n=IFERROR(fork(1),0)"},
    {"lambda of itself", "=LET(f,LAMBDA(g,g(g)),f(f))\n=LAMBDA(f,f(f)+f(f))(LAMBDA(f,f(f)+f(f)))"},
    {"lambda doubling", "!bomb=LAMBDA(n,IF(n=0,1,bomb(n-1)+bomb(n-1)))\n=bomb(60)"},
    {"names in a circle", "!one=two+1\n!two=one+1\n=one+D1"},
    {"names doubling",
     "!n1=n2+n2\n!n2=n3+n3+n3\n!n3=n4+n4+n4\n!n4=n5+n5+n5\n!n5=n6+n6+n6\n!n6=n7+n7+n7\n"
     "!n7=n8+n8+n8\n!n8=n9+n9+n9\n!n9=n10+n10+n10\n!n10=n11+n11+n11\n"
     "!n11=n12+n12+n12\n!n12=n13+n13+n13\n!n13=n14+n14+n14\n!n14=D1+D1\n=n1"},
    {"reduce",
     "=REDUCE(0,SEQUENCE(1E6),LAMBDA(a,b,a+b))\n=REDUCE(\"\",SEQUENCE(30000),LAMBDA(a,b,a&b))"},
    {"makearray",
     "=SUM(MAKEARRAY(1E5,1E5,LAMBDA(r,c,r*c)))\n=SUM(MAKEARRAY(500,500,LAMBDA(r,c,r*c)))"},
    {"stacks", "=LET(a,SEQUENCE(4000000),ROWS(VSTACK(a,a,a,a,a,a,a)))\n=EXPAND(1,1E6,1E4)"},
    {"large counts", "=BINOM.INV(1E15,0.5,0.5)\n=BINOM.DIST(1E9,1E15,0.5,TRUE)\n"
                     "=NEGBINOM.DIST(1E12,1E12,0.5,TRUE)\n=POISSON.DIST(1E12,1E12,TRUE)\n"
                     "=HYPGEOM.DIST(1E9,1E10,1E10,1E11,TRUE)\n=BINOM.DIST.RANGE(1E15,0.5,0,1E15)"},
    {"combinations", "=COMBIN(1E300,1E200)\n=COMBIN(1E15,5E14)\n=PERMUT(1E15,1E15)\n=FACT(1E300)\n"
                     "=FACTDOUBLE(1E9)\n=MULTINOMIAL(1E9,1E9,1E9)\n=COMBINA(1E300,1E300)"},
    {"number theory", "=GCD(1E300,3)\n=LCM(9007199254740991,9007199254740990)\n=GCD(1E15,1E-5)\n"
                      "=ROMAN(1E300)\n=DECIMAL(REPT(\"z\",255),36)\n=ARABIC(REPT(\"M\",255))"},
    {"series",
     "=SERIESSUM(2,0,1,SEQUENCE(1E6))\n=BESSELJ(1E15,1E6)\n=BESSELI(700,1E9)\n=BESSELK(1E-300,"
     "1000)\n=BESSELY(1,1E7)"},
    {"dates",
     "=WORKDAY(1,1E9)\n=NETWORKDAYS(1,2958465)\n=NETWORKDAYS.INTL(1,2958465,\"1111110\")\n"
     "=WORKDAY.INTL(1,1E6,\"1111110\")\n=EDATE(1,1E300)\n=DATE(1E300,1,1)\n=WEEKNUM(1E300)"},
    {"bonds",
     "=PRICE(1,2958465,0.05,0.06,100,4)\n=YIELD(1,2958465,0.05,1E-300,100,1)\n"
     "=COUPNUM(1,2958465,4)\n=ODDFPRICE(1,2958465,0,2,0.1,0.1,100,1)\n=DURATION(1,2958465,0.1,"
     "0.1,4)\n=ACCRINT(1,2,2958465,0.1,1000,4)"},
    {"depreciation", "=VDB(1E6,1,1E9,0,1E9)\n=DB(1E6,1,1E9,1E8)\n=AMORLINC(1E6,1,2,1,1E9,1E-9)\n"
                     "=CUMIPMT(0.01,1E9,1,1,1E9,0)\n=CUMPRINC(0.01,1E9,1,1,1E9,0)\n=NPER(0,0,0)"},
    {"rates",
     "=IRR(SEQUENCE(100000)-50000)\n=RATE(1E9,-1,1E300)\n=XIRR(A1:A7,A1:A7)\n=MIRR(SEQUENCE("
     "1E6)-5,0.1,0.1)\n=FVSCHEDULE(1,SEQUENCE(1E6))"},
    {"forecast",
     "=FORECAST.ETS(1,SEQUENCE(3000),SEQUENCE(3000))\n=SUM(LINEST(SEQUENCE(3000),SEQUENCE("
     "3000,60)))\n=SUM(TREND(SEQUENCE(2000),SEQUENCE(2000,40)))"},
    {"order statistics",
     "=MEDIAN(SEQUENCE(4000000))\n=MODE.SNGL(SEQUENCE(1000000))\n=SUM(SORT(-SEQUENCE("
     "1000000)))\n=PERCENTRANK(SEQUENCE(1000000),7)"},
    {"unique", "=ROWS(UNIQUE(SEQUENCE(300000)))\n=SUM(FREQUENCY(SEQUENCE(30000),SEQUENCE(30000)))\n"
               "=SUM(XMATCH(SEQUENCE(20000),SEQUENCE(20000)))"},
    {"countif of arrays", "=SUM(COUNTIF(A:A,SEQUENCE(20000)))\n=SUM(COUNTIF(A:XFD,SEQUENCE(200)))"},
    {"nested ranges",
     "=SUM((A:A,B:B,A:C) (B:B,C:C))\n=AREAS((A1,A1,A1,A1,A1))\n=SUM(A1:INDEX(A:XFD,"
     "1048576,16384))"},
    {"distributions out of range",
     "=RiskNormal(1E300,1E300)\n=RiskPert(3,2,1)\n=RiskPoisson(1E300)\n=RiskBinomial(1E15,0.5)\n"
     "=RiskDiscrete({1,2},{0,0})\n=RiskGamma(1E-300,1)\n=RiskHypergeo(1E9,1E10,1E11)"},
    {"distributions of varying parameters",
     "=RiskBinomial(D1*1E15,D1)\n=RiskPoisson(D1*1E12)\n=RiskNegBin(1+INT(D1*1E9),1E-9)\n=RiskBeta("
     "D1*"
     "1E-9,D1*1E9)\n=RiskHypergeo(INT(D3*1E6),INT(D3*1E6),INT(D3*1E8))"},
    {"truncations", "=RiskNormal(0,1,RiskTruncate(50,51))\n=RiskPoisson(3,RiskTruncate(1E9,1E10))\n"
                    "=RiskExpon(1,RiskTruncate(5,1))"},
    {"numbers",
     "=1E308*10\n=1E99999999999999999999\n=" NINES "^" NINES "\n=1E-400/1E-400\n=MOD(1E300,3)"
     "\n=ROUND(1E300,1E9)\n=ROUND(1.5,-1E300)\n=TRUNC(1,1E300)\n=INT(-1E300)\n=CEILING(1E300,"
     "1E-300)\n=MROUND(1E300,1E-300)\n=QUOTIENT(1E300,1E-300)\n=BITLSHIFT(1,1E300)"},
    {"indices",
     "=INDEX(A1:C6,1E300,1)\n=INDEX(A1:C6,-1)\n=CHOOSE(1E300,1)\n=OFFSET(A1,1E300,0)\n"
     "=OFFSET(A1,-1,0)\n=ADDRESS(1E300,1)\n=MID(\"abc\",1E300,1E300)\n=LEFT(\"a\",1E300)\n"
     "=CHAR(1E300)\n=UNICHAR(1E300)\n=CHOOSECOLS(A1:C6,1E300)\n=TAKE(A1:C6,1E300)\n"
     "=SMALL(A1:A7,1E300)\n=INDIRECT(\"R1E9C1\",FALSE)"},
    {"indices varying",
     "=INDEX(A1:C6,D1*1E300,1)\n=CHOOSE(D1*1E300,1)\n=OFFSET(A1,D1*1E300,0)\n"
     "=MID(\"abc\",D1*1E300,D1*1E300)\n=SMALL(A1:A7,D1*1E300)\n=ROUND(D1,D1*1E300)\n"
     "=DATE(D1*1E300,1,1)\n=BITLSHIFT(1,D1*1E300)\n=VLOOKUP(D1,A1:C6,D1*1E300)"},
};

static double seconds_used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
}

/* The process's highest memory since the last reset, in bytes; 0: not known here. */
static uint64_t memory_peak(bool reset)
{
    char line[128];
    unsigned long kib = 0;
    FILE *file = fopen(reset ? "/proc/self/clear_refs" : "/proc/self/status", reset ? "w" : "r");
    if (file == NULL) return 0;
    if (reset)
        fputs("5", file);
    else
        while (fgets(line, sizeof line, file) != NULL)
            if (strncmp(line, "VmHWM:", 6) == 0) kib = strtoul(line + 6, NULL, 10);
    fclose(file);
    return (uint64_t)kib * 1024;
}

static void row(void **state)
{
    const size_t i = *(const size_t *)*state;
    pe_workbook *workbook = NULL;
    pe_diag diag = {0};
    const whole_path_options options = {.trials = 8, .threads = 1, .outputs_all = true};
    const char *text = rows[i].text;
    memory_peak(true);
    double start = seconds_used();
    assert_int_equal(whole_path_workbook(text, strlen(text), &workbook, &diag), PE_OK);
    pe_status status = whole_path_run(workbook, &options, &diag);
    double seconds = seconds_used() - start;
    if (status == PE_E_INTERNAL || (status != PE_OK && diag.what[0] == '\0'))
        fail_msg("%s: %s: %s", pe_status_text(status), diag.where, diag.what);
    if (seconds > SECONDS_MAX) fail_msg("took %.1f seconds", seconds);
    if (memory_peak(false) > BYTES_MAX)
        fail_msg("the process took %u MiB", (unsigned)(memory_peak(false) >> 20));
}

/* Formulas that are too long to stand above. */
static void nested(void **state)
{
    static const struct {
        const char *head, *repeated, *middle, *closing;
        unsigned count;
    } shapes[] = {
        {"=", "(", "1", ")", 8000},           {"=", "-", "1", "", 60000},
        {"=", "ABS(", "1", ")", 8000},        {"=", "1+", "1", "", 30000},
        {"=", "IF(D1,", "1", ")", 200},       {"=", "{", "1", "}", 5000},
        {"=", "1&", "1", "", 30000},          {"=", "2^", "1", "", 30000},
        {"=", "", "1", "%", 60000},           {"=", "LAMBDA(x,", "1", ")", 300},
        {"=", "LET(a,1,", "a", ")", 200},     {"=SUM(", "A1,", "1)", "", 255},
        {"=", "\"\"\"", "\"", "", 20000},     {"=", "A1:", "A1", "", 20000},
        {"=", "(A1,", "A1", ")", 200},        {"=", "@", "A1", "", 60000},
        {"=SUM(", "D1*D2+", "1)", "", 9000},  {"=", "D1+", "1", "", 16000},
        {"=", "IF(D1>0.5,", "1", ",2)", 120}, {"=", "INDIRECT(", "\"A1\"", ")", 250},
    };
    (void)state;
    for (size_t i = 0; i < PE_COUNT(shapes); i++) {
        size_t head = strlen(shapes[i].head), repeated = strlen(shapes[i].repeated),
               middle = strlen(shapes[i].middle), closing = strlen(shapes[i].closing);
        char *text = malloc(head + middle + (repeated + closing) * shapes[i].count + 1), *at = text;
        pe_workbook *workbook = NULL;
        pe_diag diag = {0};
        const whole_path_options options = {.trials = 8, .threads = 1, .outputs_all = true};
        assert_non_null(text);
        at = (char *)memcpy(at, shapes[i].head, head) + head;
        for (unsigned k = 0; k < shapes[i].count; k++)
            at = (char *)memcpy(at, shapes[i].repeated, repeated) + repeated;
        at = (char *)memcpy(at, shapes[i].middle, middle) + middle;
        for (unsigned k = 0; k < shapes[i].count; k++)
            at = (char *)memcpy(at, shapes[i].closing, closing) + closing;
        double start = seconds_used();
        assert_int_equal(whole_path_workbook(text, (size_t)(at - text), &workbook, &diag), PE_OK);
        pe_status status = whole_path_run(workbook, &options, &diag);
        if (status == PE_E_INTERNAL || seconds_used() - start > SECONDS_MAX)
            fail_msg("%s %u times: %s after %.1f seconds", shapes[i].repeated, shapes[i].count,
                     diag.what, seconds_used() - start);
        free(text);
    }
}

int main(void)
{
    static size_t indices[PE_COUNT(rows)];
    static struct CMUnitTest tests[PE_COUNT(rows) + 1];
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        indices[i] = i;
        tests[i] = (struct CMUnitTest){rows[i].name, row, NULL, NULL, &indices[i]};
    }
    tests[PE_COUNT(rows)] = (struct CMUnitTest){"nested", nested, NULL, NULL, NULL};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
