/* parity_generate.c: see parity_generate.h. A formula is a template whose holes are filled with
 * further templates, down to a depth; ranges, cells and constants are picked from lists. The holes:
 *   %n number  %c condition  %t text  %a anything  %i small whole number  %r range of mixed kinds
 *   %v column of varying numbers  %u column of constant numbers  %k criterion  %x cell of inputs
 *   %m range with several columns  %d constant  %f an earlier formula's cell  %p parameter > 0 */
#include "parity_generate.h"

#include <stdio.h>

#define TEXT_MAX 6000
#define DEPTH_MAX 3

typedef struct generator {
    uint64_t state;
    uint32_t formulas; /* made so far: H1 ... */
    char text[TEXT_MAX + 600];
    size_t length;
} generator;

static uint32_t below(generator *g, uint32_t n)
{
    g->state += 0x9E3779B97F4A7C15ull;
    uint64_t z = g->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (uint32_t)(((z ^ (z >> 31)) >> 32) % n);
}

/* ---- the sheet's fixed parts -------------------------------------------------------------- */

static const char *const inputs[] = {
    /* column A */
    "=RAND()",
    "=10*RAND()-5",
    "=INT(RAND()*5)+1",
    "=IF(RAND()<0.3,0,RAND())",
    "=-RAND()*1E+300",
    "=1E-300*RAND()",
    "=RAND()<0.5",
    "=IF(RAND()<0.5,\"a\",\"12\")",
    "=IF(RAND()<0.3,1/0,RAND())",
    "=IF(RAND()<0.5,NA(),\"b\")",
    "=IF(RAND()<0.5,TRUE,3)",
    "=IF(RAND()<0.5,\"\",5)",
    "=CHOOSE(INT(RAND()*3)+1,\"x\",\"y\",\"z\")",
    "=ROUND(RAND()*100,0)/10",
    "=RiskNormal(10,2)",
    "=RiskTriang(1,A1+2,5)",
    "=Draw+Draw",
    "=RANDBETWEEN(-3,3)",
    "=IF(RAND()<0.5,B5,1)",
    "=43000+INT(RAND()*1000)",
    "=IF(A1<0.5,A2,A3)",
    "=RiskUniform(A1,2,RiskTruncate(1,1.5))",
    "=RiskNormal(A3,1,RiskTruncate(,A3+1),RiskShift(2))",
    "=RiskDiscrete({1,2,4},{1,1,2})",
    "=IF(RAND()<0.5,LEFT(\"abcdef\",A3),RAND())",
    "=INDEX(B1:B9,A3)",
    "=OFFSET(B1,A3,0)",
    "=RiskPoisson(A3)",
    "=IFERROR(A9,-1)",
    "=LET(q,RAND(),q*q)",
    "=RAND()*0",
    "=-0.5+ROUND(RAND(),1)",
    "=IF(RAND()<0.2,1E+308,-1E+308)",
    "=A7",
    "=A8&\"\"",
    "=B5",
    "=IF(A7,A8,A10)",
    "=A2%",
    "=RiskPert(1,A1+2,5)",
    "=0.1*A3",
};
static const char *const constants[] = {
    /* column B; "'": text, "!": error or boolean */
    "1",     "0",   "-2.5",  "'abc",   "",         "!TRUE", "'12",  "!#N/A",     "100", "'",
    "3",     "0.1", "1E+20", "!FALSE", "'x",       "'y",    "'1,5", "-1",        "2",   "43100",
    "'TRUE", "7",   "1E-5",  "'a*",    "!#DIV/0!", "5",     "4",    "'1/2/2020", "0.5", "10",
};

static const char *const number_templates[] = {
    "%n+%n",
    "%n-%n",
    "%n*%n",
    "%n/%n",
    "%n^%i",
    "%n^%n",
    "-%n",
    "%n%",
    "+%a",
    "(%a+%n)",
    "%a*%d",
    "%d-%a",
    "%d/%n",
    "%n/%d",
    "%n+%d",
    "%d+%n",
    "%d^%n",
    "IF(%c,%n,%n)",
    "IF(%c,1,0)",
    "IF(%c,%d,%n)",
    "IF(%c,%n)",
    "IF(%c,,%n)",
    "IF(%n,%n,%d)",
    "IF(%a,%n,%a)",
    "IFERROR(%n,%d)",
    "IFERROR(%a,%n)",
    "IFERROR(%a,%x)",
    "IFNA(%a,%n)",
    "CHOOSE(%i,%n,%n,%n)",
    "CHOOSE(%n,%a,%d)",
    "IFS(%c,%n,%c,%n)",
    "IFS(%c,%n,TRUE,%d)",
    "SWITCH(%i,1,%n,2,%d,%n)",
    "SWITCH(%t,\"x\",%n,\"y\",%d)",
    "ROUND(%n,%i)",
    "ROUND(%n,2)",
    "ROUND(%n,0)",
    "ROUND(%n,-1)",
    "ROUNDUP(%n,1)",
    "ROUNDDOWN(%n,%i)",
    "TRUNC(%n)",
    "TRUNC(%n,1)",
    "INT(%n)",
    "MROUND(%n,%d)",
    "CEILING(%n,%d)",
    "FLOOR(%n,%d)",
    "MOD(%n,%d)",
    "MOD(%n,%n)",
    "MOD(%d,%n)",
    "POWER(%n,%n)",
    "POWER(%n,2)",
    "POWER(%n,0.5)",
    "SQRT(%n)",
    "EXP(%n)",
    "LN(%n)",
    "LOG(%n)",
    "LOG(%n,%d)",
    "LOG10(%n)",
    "ABS(%n)",
    "SIGN(%n)",
    "SIN(%n)",
    "COS(%n)",
    "TAN(%n)",
    "ATAN2(%n,%n)",
    "TANH(%n)",
    "QUOTIENT(%n,%n)",
    "FACT(%i)",
    "COMBIN(5,%i)",
    "EVEN(%n)",
    "MIN(%n,%n)",
    "MAX(%n,%a)",
    "MIN(%r)",
    "MAX(%r)",
    "MAX(%r,%n)",
    "MIN(%v)",
    "MAX(0,%n)",
    "MIN(%n,%d,%n)",
    "MAX(%m)",
    "SUM(%r)",
    "SUM(%v)",
    "SUM(%m)",
    "SUM(%n,%n,%d)",
    "SUM(%a,%r)",
    "SUM(%r,%v)",
    "SUM(%x,%x,%n)",
    "AVERAGE(%r)",
    "AVERAGE(%v)",
    "AVERAGE(%n,%a)",
    "AVERAGE(%m)",
    "COUNT(%r)",
    "COUNT(%a,%n,%r)",
    "COUNTA(%r)",
    "COUNTA(%a,%r)",
    "COUNTBLANK(%r)",
    "COUNT(%m)",
    "PRODUCT(%r)",
    "PRODUCT(%n,%n)",
    "PRODUCT(%x,%x,%x)",
    "SUMPRODUCT(%v,%u)",
    "SUMPRODUCT(%v,%v)",
    "SUMPRODUCT(--(%v>%n),%u)",
    "SUMPRODUCT((%v>0)*%v)",
    "SUMPRODUCT(%r,%r)",
    "SUMPRODUCT(%m)",
    "SUMSQ(%v)",
    "SUMSQ(%n,%n)",
    "STDEV(%r)",
    "STDEV(%v)",
    "VAR(%v)",
    "STDEVP(%v)",
    "VARP(%r)",
    "STDEV.S(%n,%n,%n)",
    "LARGE(%r,%i)",
    "LARGE(%v,2)",
    "SMALL(%v,%i)",
    "SMALL(%r,1)",
    "MEDIAN(%r)",
    "MEDIAN(%v)",
    "MEDIAN(%n,%n,%n)",
    "PERCENTILE(%v,0.9)",
    "QUARTILE(%v,%i)",
    "RANK(%n,%v)",
    "RANK(C3,%v)",
    "MODE(%r)",
    "GEOMEAN(%v)",
    "CORREL(%v,%u)",
    "SLOPE(%v,%u)",
    "COUNTIF(%r,%k)",
    "COUNTIF(%v,%k)",
    "COUNTIF(%r,%a)",
    "COUNTIF(%m,%k)",
    "SUMIF(%r,%k)",
    "SUMIF(%v,%k)",
    "SUMIF(%v,%k,%u)",
    "SUMIF(%u,%k,%v)",
    "SUMIF(E1:E40,%k,%v)",
    "SUMIF(%r,%k,C1:C10)",
    "SUMIF(%v,%n)",
    "AVERAGEIF(%v,%k)",
    "AVERAGEIF(E1:E40,%k,C1:C40)",
    "AVERAGEIF(%r,%k)",
    "SUMIFS(%v,%v,%k)",
    "SUMIFS(C1:C40,E1:E40,%k,D1:D40,%k)",
    "COUNTIFS(E1:E40,%k,C1:C40,%k)",
    "AVERAGEIFS(C1:C40,E1:E40,%k)",
    "SUMIFS(%u,G1:G40,%k)",
    "MAXIFS(C1:C40,E1:E40,%k)",
    "VLOOKUP(%n,D1:F40,2)",
    "VLOOKUP(%n,D1:F40,3,TRUE)",
    "VLOOKUP(%i,D1:F40,2,FALSE)",
    "VLOOKUP(%t,E1:F40,2,FALSE)",
    "VLOOKUP(%a,D1:F40,%i)",
    "VLOOKUP(%t,E1:F40,2,0)",
    "VLOOKUP(%i,A1:C40,3,FALSE)",
    "VLOOKUP(%n,T!A1:J10,%i,FALSE)",
    "HLOOKUP(%n,J1:BZ3,2)",
    "HLOOKUP(%i,J1:BZ3,3,FALSE)",
    "HLOOKUP(%a,J1:BZ3,%i,TRUE)",
    "MATCH(%n,D1:D40)",
    "MATCH(%n,D1:D40,1)",
    "MATCH(%i,D1:D40,0)",
    "MATCH(%t,E1:E40,0)",
    "MATCH(%a,%r,0)",
    "MATCH(%n,%v,0)",
    "MATCH(%n,%v,1)",
    "MATCH(TRUE,G1:G40,0)",
    "MATCH(%n,D1:D40,-1)",
    "INDEX(%v,%i)",
    "INDEX(%u,%i)",
    "INDEX(%r,%n)",
    "INDEX(%m,%i,%i)",
    "INDEX(T!A1:J10,2,%i)",
    "INDEX(C1:C40,MATCH(%n,D1:D40,0))",
    "INDEX(F1:F40,MATCH(%n,D1:D40,1))",
    "LOOKUP(%n,D1:D40)",
    "LOOKUP(%n,D1:D40,F1:F40)",
    "LOOKUP(%n,D1:D40,C1:C40)",
    "LOOKUP(%n,{0,1,2,5},{10,20,30,40})",
    "_xlfn.XLOOKUP(%n,D1:D40,F1:F40)",
    "_xlfn.XLOOKUP(%i,D1:D40,C1:C40,-1)",
    "_xlfn.XLOOKUP(%n,D1:D40,F1:F40,%d,-1)",
    "_xlfn.XLOOKUP(%t,E1:E40,C1:C40,\"none\")",
    "NPV(%p,%v)",
    "NPV(0.1,%n,%n,%n)",
    "NPV(%n,%r)",
    "IRR(T!L1:L6)",
    "IRR(T!L1:L6,%n)",
    "PMT(%p,12,%n)",
    "PMT(0.01,%i,%n)",
    "PV(%p,%i,%n)",
    "FV(%p,5,%n)",
    "NPER(%p,%n,%n)",
    "RATE(%i,-10,100)",
    "SLN(%n,%n,%i)",
    "DB(1000,100,5,%i)",
    "NORM.INV(%p,%n,2)",
    "NORM.INV(%p,0,1)",
    "NORMSINV(%p)",
    "NORM.S.DIST(%n,TRUE)",
    "NORM.DIST(%n,0,1,TRUE)",
    "NORMDIST(%n,1,%p,FALSE)",
    "BETA.INV(%p,2,3)",
    "GAMMA.INV(%p,2,%p)",
    "LOGNORM.INV(%p,0,1)",
    "EXPON.DIST(%p,1,TRUE)",
    "BINOM.INV(10,%p,0.5)",
    "POISSON.DIST(%i,2,TRUE)",
    "T.INV(%p,5)",
    "CHISQ.INV(%p,3)",
    "WEIBULL.DIST(%p,2,1,TRUE)",
    "LEN(%t)",
    "LEN(%a)",
    "VALUE(%t)",
    "FIND(\"a\",%t)",
    "SEARCH(%t,\"abcxyz\")",
    "CODE(%t)",
    "N(%a)",
    "ROW(%r)",
    "COLUMNS(%m)",
    "ROWS(%v)",
    "YEAR(A20+%i)",
    "MONTH(A20)",
    "DAY(A20+%n)",
    "DATE(2020,%i,%i)",
    "EDATE(A20,%i)",
    "EOMONTH(A20,%i)",
    "WEEKDAY(A20)",
    "YEARFRAC(43000,A20)",
    "NETWORKDAYS(43000,A20)",
    "DAYS(A20,43000)",
    "OFFSET(C1,%i,0)",
    "SUM(OFFSET(C1,0,0,%i,1))",
    "INDIRECT(\"C\"&%i)",
    "SUM(C1:INDEX(C1:C40,%i))",
    "SUM(INDEX(T!A1:J10,%i,0))",
    "_xlfn.LET(_xlpm.q,%n,_xlpm.q*_xlpm.q+%n)",
    "_xlfn.LET(_xlpm.q,%a,_xlpm.z,%n,IF(%c,_xlpm.q,_xlpm.z))",
    "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+%n)(%n)",
    "Draw",
    "Draw*%n",
    "Rate*%n",
    "SUM(Block)",
    "Twice",
    "RiskNormal(%n,%p)",
    "RiskUniform(%d,%n)",
    "RiskTriang(%n,%n,%n)",
    "RiskPert(0,%p,10)",
    "RiskNormal(0,1,RiskTruncate(-1,%n))",
    "RiskNormal(0,1,RiskShift(%n))",
    "RiskBinomial(10,%p)",
    "RiskExpon(%p)",
    "RiskLognorm(%p,1)",
    "RiskBernoulli(%p)",
    "RAND()*%n",
    "RANDBETWEEN(%i,10)",
    "RANDBETWEEN(1,%n)",
    "SUBTOTAL(9,%v)",
    "SUBTOTAL(%i,%r)",
    "AGGREGATE(9,6,%r)",
    "SUM(%v*%u)",
    "SUM(IF(%v>0,%v))",
    "MMULT(%x,%x)",
    "ISNUMBER(%a)+0",
    "--%c",
    "--%t",
    "TYPE(%a)",
    "ERROR.TYPE(%a)",
    "SUM(J1:BZ1)",
    "SUM(J2:BZ2)",
    "AVERAGE(J1:BZ3)",
    "MAX(J2:BZ2)",
    "COUNT(J3:BZ3)",
    "SUMPRODUCT(J2:BZ2,J1:BZ1)",
    "SUM(C:C)",
    "COUNTIF(G:G,%k)",
    "SUMPRODUCT((E1:E40=%t)*C1:C40)",
    "STDEV(J2:BZ2)",
    "SUM(%v,%v,%v)",
    "SUM(TRANSPOSE(%v)*%n)",
    "FREQUENCY(%v,D1:D3)*%n",
    "SUM(FREQUENCY(%v,D1:D3),%n)",
    "SUM({1,2,3}*%n)",
    "{1,2}*%n",
    "SUM(INDEX(D1:F40,0,2),%n)",
    "MAX(INDEX(D1:F40,2,0),%a)",
    "INDEX(D1:D40,3)*%n",
    "OFFSET(C1,0,0,4,1)+%n",
    "ABS(INDEX(T!A1:J10,%i,0))",
    "SUM(Doubled)",
    "SUM(Doubled)*%n",
    "MAX(Doubled,%n)",
    "SUM(ROW(C1:C5)*%n)",
    "SUM(%v+%n)",
    "SUM(ABS(%v))",
    "MAX(%x,%x)",
    "MIN(%x,%x,%n)",
    "AVERAGE(%x,%x)",
    "SUM(%t,%n)",
    "SUM(%c,%c)",
    "MAX(%c)",
    "AVERAGE(%c)",
    "SUM(+%x)",
    "SUM(-%x)",
    "SUM(%x:%x)",
    "SUM((%v,%u))",
    "SUM(%v %m)",
    "PRODUCT(%c,%n)",
    "COUNT(%c,%t,%x)",
    "STDEV(%r,%n)",
    "RiskNormal(SUM(%v*%u),1)",
    "RiskUniform(0,MAX(%v))",
    "RiskNormal(%x,1)",
    "RiskDiscrete(D1:D3,F1:F3)",
    "RiskDuniform(%v)",
    "IF(%x,1,2)",
    "IF(%r,1,2)",
    "%v*2",
    "MOD(%v,3)",
    "NPV(%p,%x,%x)",
    "IRR(%v)",
    "MEDIAN(%x,%n)",
    "LARGE((%v,%u),2)",
    "%x=%c",
    "VLOOKUP(%n,D1:F40,%i)",
    "VLOOKUP(%n,%m,2)",
    "MATCH(%n,%u)",
    "SUMIF(T!A1:J10,%k)",
    "COUNTIF(T!A1:C3,%k)",
    "SUMPRODUCT(T!A1:C3,T!B2:D4)",
    "AVERAGEA(%r)",
    "MAXA(%r)",
    "MINA(%r)",
    "VARA(%r)",
    "AVEDEV(%v)",
    "DEVSQ(%v)",
    "SKEW(%v)",
    "TRIMMEAN(%v,0.2)",
    "TRIMMEAN(%v,%p)",
    "LARGE(%u,%i)",
    "LARGE(C1:C40,ROW(C3)-ROW(C1)+1)",
    "SMALL(C1:C40,COLUMN(C3)*ROWS(C1:C4))",
    "INDEX(C1:C40,ROW(C5))",
    "LARGE(%v,1)-LARGE(%v,2)",
    "SMALL(%v,%n)",
    "MEDIAN(%v,%n)",
    "MEDIAN(%v,%u)",
    "PERCENTILE(%v,%p)",
    "PERCENTILE(%r,0.25)",
    "_xlfn.PERCENTILE.EXC(%v,0.3)",
    "_xlfn.PERCENTILE.EXC(%v,%p)",
    "_xlfn.PERCENTILE.INC(%u,%p)",
    "QUARTILE(%v,1)",
    "_xlfn.QUARTILE.INC(%r,3)",
    "_xlfn.QUARTILE.EXC(%v,%i)",
    "RANK(C5,%v,1)",
    "RANK(C3,C1:C5)",
    "_xlfn.RANK.AVG(C2,%v)",
    "_xlfn.RANK.EQ(%n,%v,%d)",
    "_xlfn.RANK.AVG(%x,%r,1)",
    "MATCH(LARGE(C1:C40,%i),C1:C40,0)",
    "MATCH(SMALL(C1:C200,3),C1:C200,0)",
    "INDEX(F1:F40,MATCH(LARGE(C1:C40,2),C1:C40,0))",
    "INDEX(C2:C41,MATCH(MAX(C1:C40),C1:C40,0))",
    "MATCH(2.5,%v,0)",
    "MATCH(0,%v)",
    "MATCH(-1,%v,-1)",
    "MATCH(%n,%v,-1)",
    "MATCH(%n,%r,1)",
    "MATCH(C9,%v)",
    "INDEX(F1:F40,MATCH(%n,C1:C40,1))",
    "INDEX(F1:F40,RANK(C3,C1:C40))",
    "VLOOKUP(%n,C1:F40,4,FALSE)",
    "VLOOKUP(C9,C1:F40,4)",
    "VLOOKUP(C9,C1:F40,2,FALSE)",
    "VLOOKUP(3,C1:F40,2,FALSE)",
    "HLOOKUP(%n,J2:BZ3,2,FALSE)",
    "HLOOKUP(%n,J2:BZ3,2)",
    "HLOOKUP(M2,J2:BZ3,1,FALSE)",
    "LOOKUP(%n,C1:C40,F1:F40)",
    "LOOKUP(%n,C1:C40)",
    "LOOKUP(%n,C1:D40)",
    "_xlfn.XLOOKUP(C7,C1:C40,F1:F40)",
    "_xlfn.XLOOKUP(%n,C1:C40,C2:C41)",
    "_xlfn.XMATCH(C8,C1:C40)",
    "_xlfn.XMATCH(%n,D1:D40)",
    "COUNTIF(%v,\">\"&%n)",
    "COUNTIF(%v,\"<=\"&%x)",
    "COUNTIF(%r,\"=\"&%n)",
    "COUNTIF(%u,%x)",
    "COUNTIF(%v,C4)",
    "COUNTIFS(C1:C40,\">=\"&%n,C2:C41,\"<\"&%n)",
    "COUNTIFS(C1:C40,%k,C2:C41,%k)",
    "COUNTIFS(C1:C40,\">0\",C2:C41,\"<3\",C1:C40,\"<>2\")",
    "COUNTIFS(C1:C40,\">0\",C2:C41,\"<3\",D1:D40,\">7\",C1:C40,\"<>2\",C2:C41,\">-3\")",
    "COUNTIFS(E1:E40,%t,C1:C40,\">0\")",
    "SUMIF(C1:C40,\"<=\"&A2,F1:F40)",
    "SUMIF(%v,\"<>\"&A3)",
    "SUMIF(D1:D40,\">\"&%n,C1:C40)",
    "SUMIF(E1:E40,A13,C1:C40)",
    "SUMIF(E1:E40,%t,F1:F40)",
    "SUMIF(A1:A40,%x,C1:C40)",
    "SUMIF(A1:A40,\">\"&A3,A1:A40)",
    "SUMIFS(F1:F40,C1:C40,\">0\",C2:C41,\"<=\"&%n)",
    "SUMIFS(C1:C40,C1:C40,%k,C2:C41,%k,E1:E40,%k)",
    "SUMIFS(C1:C40,C2:C41,%n,D1:D40,%k)",
    "SUMIFS(C1:C40,A1:A40,%k,C2:C41,\">0\")",
    "AVERAGEIFS(C1:C40,C1:C40,\">\"&A2,E1:E40,%t)",
    "AVERAGEIFS(F1:F40,C1:C40,\">0\",C2:C41,\">0\")",
    "AVERAGEIF(C1:C40,\">\"&%n)",
    "_xlfn.MAXIFS(C1:C40,C1:C40,\"<\"&%n)",
    "_xlfn.MAXIFS(C1:C40,D1:D40,\">3\",C2:C41,%k)",
    "_xlfn.MAXIFS(F1:F40,C1:C40,\">0\",C2:C41,\">0\")",
    "_xlfn.MINIFS(C1:C40,E1:E40,%k)",
    "_xlfn.MINIFS(C1:C40,C1:C40,%k)",
    "_xlfn.MINIFS(F1:F40,C1:C40,\">\"&%n,C2:C41,%k)",
    "LEN(A13&A8)",
    "LEN(A13)",
    "VLOOKUP(A13,E1:F40,2,FALSE)",
    "VLOOKUP(A13&\"\",E1:F40,2,FALSE)",
    "MATCH(A13,E1:E40,0)",
    "MATCH(A13,G1:G40,0)",
    "INDEX(C1:C40,MATCH(A13,E1:E40,0))",
    "IF(A13=A35,1,2)",
    "VALUE(IF(A7,\"1\",\"x\"))",
    "FIND(\"x\",A13&A35)",
    "HLOOKUP(A13,E1:G3,2,FALSE)",
    "_xlfn.XLOOKUP(A13,E1:E40,C1:C40)",
    "SWITCH(A13,\"x\",1,\"y\",%n)",
};
static const char *const condition_templates[] = {
    "%n>%n",
    "%n<%d",
    "%n>=%d",
    "%d<=%n",
    "%n=%n",
    "%n<>%d",
    "%i=%i",
    "%i=2",
    "%a=%a",
    "%a<%a",
    "%a>%d",
    "%t=\"x\"",
    "%t<%t",
    "%t<>%t",
    "%x=%x",
    "%x=\"\"",
    "%x>0",
    "AND(%c,%c)",
    "OR(%c,%c)",
    "NOT(%c)",
    "AND(%c,%n)",
    "OR(%a,%c)",
    "AND(%r)",
    "OR(%r)",
    "XOR(%c,%c)",
    "AND(%c,TRUE)",
    "OR(FALSE,%c)",
    "NOT(%n)",
    "NOT(%a)",
    "ISERROR(%a)",
    "ISERROR(%n)",
    "ISNA(%a)",
    "ISNUMBER(%a)",
    "ISNUMBER(%n)",
    "ISTEXT(%a)",
    "ISBLANK(%x)",
    "ISLOGICAL(%a)",
    "ISERR(%a)",
    "ISNONTEXT(%a)",
    "ISEVEN(%n)",
    "ISODD(%i)",
    "IF(%c,%c,%c)",
    "IF(%c,TRUE,FALSE)",
    "IF(%c,TRUE,%c)",
    "IF(%c,FALSE,TRUE)",
    "IF(%c,%c)",
    "IFERROR(%c,FALSE)",
    "EXACT(%t,%t)",
    "TRUE",
    "A7",
    "A34",
    "IFS(%c,TRUE,TRUE,FALSE)",
    "CHOOSE(%i,TRUE,%c,FALSE)",
    "%c=%c",
    "%c=TRUE",
    "%c>%n",
    "A13=A8",
    "A13<A35",
    "A13&\"\"=A35&\"\"",
    "EXACT(A13,A8)",
    "ISTEXT(A13&A7)",
    "ISNUMBER(MATCH(A13,E1:E40,0))",
    "ISERROR(FIND(\"x\",A10))",
    "ISNUMBER(MATCH(%n,C1:C40,0))",
};
static const char *const text_templates[] = {
    "A8",
    "A13",
    "A35",
    "A37",
    "\"x\"",
    "\"\"",
    "B4",
    "IF(%c,\"x\",\"y\")",
    "IF(%c,\"x\",\"\")",
    "IF(%c,%t,%t)",
    "IF(%c,\"12\",\"x\")",
    "CHOOSE(%i,\"x\",\"y\",\"abc\")",
    "%t&%t",
    "%n&\"\"",
    "%t&%i",
    "LEFT(%t,%i)",
    "RIGHT(%t,1)",
    "MID(%t,%i,2)",
    "UPPER(%t)",
    "TRIM(%t)",
    "TEXT(%n,\"0.00\")",
    "TEXT(A20,\"yyyy-mm\")",
    "REPT(%t,%i)",
    "SUBSTITUTE(%t,\"a\",\"b\")",
    "VLOOKUP(%n,D1:F40,2)",
    "VLOOKUP(%i,D1:E40,2,FALSE)",
    "INDEX(E1:E40,%i)",
    "LOOKUP(%n,D1:D40,E1:E40)",
    "IFERROR(%t,\"none\")",
    "SWITCH(%i,1,\"x\",2,\"y\",\"z\")",
    "IFS(%c,\"x\",TRUE,\"y\")",
    "_xlfn.XLOOKUP(%n,D1:D40,E1:E40,\"none\",-1)",
    "IF(%c,E1,E2)",
    "_xlfn.CONCAT(%t,%n)",
    "_xlfn.TEXTJOIN(\",\",TRUE,%t,%n)",
    "FIXED(%n,1)",
    "IFNA(VLOOKUP(%i,D1:E40,2,FALSE),\"?\")",
    "T(%a)",
    "G7",
    "A13&A8",
    "A13&\"-\"&B4",
    "A10&A13",
    "LEFT(A13&A35,%d)",
    "UPPER(A8)",
    "IF(A7,\"x\",\"y\")&A13",
    "A7&\"\"",
    "INDEX(E1:E40,MATCH(LARGE(C1:C40,1),C1:C40,0))",
    "INDEX(E1:E40,MATCH(%n,C1:C40))",
    "VLOOKUP(C5,C1:E40,3,FALSE)",
    "REPT(A13,2)",
    "PROPER(A10)",
    "IFERROR(A10&A13,\"?\")",
};
static const char *const any_templates[] = {
    "%n",
    "%n",
    "%c",
    "%t",
    "%x",
    "%x",
    "%f",
    "%x",
    "IF(%c,%a,%a)",
    "IF(%c,%x,%x)",
    "IFERROR(%x,%a)",
    "CHOOSE(%i,%x,%n,%t)",
    "INDEX(%r,%i)",
    "NA()",
    "1/0",
    "IF(%c,%n,\"\")",
    "IF(%c,\"\",%n)",
    "IF(%c,%n,NA())",
    "IF(%c,NA(),%t)",
    "IF(%c,%x,\"\")",
    "IFERROR(%a,\"\")",
    "IF(%c,%c,%n)",
    "INDEX(T!A1:J10,%i,%i)",
    "IF(%c,,%x)",
    "IF(%c,%x,0)",
    "IF(%c,%t,0)",
    "IFNA(%a,%a)",
    "VLOOKUP(%i,A3:B40,2,FALSE)",
    "IF(%c,B5,%n)",
    "IF(%c,B5,B6)",
};
static const char *const small_templates[] = {
    "A3", "1", "2", "3", "A18", "A3", "MATCH(A13,E1:E40,0)", "A14", "4", "A12", "0"};
static const char *const mixed_ranges[] = {
    "A1:A40",  "A1:A4",  "B1:B30", "A7:A12",  "A1:B12", "A2:A9",    "G1:G40",
    "A30:A60", "A13",    "B5",     "A17:A24", "A1:A3",  "T!A1:J10", "A11:A12",
    "A36:B36", "J1:BZ1", "A1:A5",  "A34:A36", "B5:B6",  "B10:B12",
};
static const char *const vectors[] = {"C1:C40",  "C1:C5",  "C1:C200",  "C10:C74",
                                      "C1:C129", "C2:C41", "C1:C64",   "C1:C65",
                                      "C3:C35",  "C1:C40", "C100:C299"};
static const char *const uniforms[] = {"D1:D40", "D1:D5",  "F1:F40", "D1:D200",
                                       "F2:F41", "D1:D40", "F1:F40"};
static const char *const blocks[] = {"T!A1:J10", "A1:D20",  "C1:D40", "T!A1:C3",
                                     "J1:BZ3",   "T!B2:I9", "A1:B40"};
static const char *const criteria[] = {
    "\">0\"",   "\"<=2\"",   "\"x\"",   "\"<>x\"", "\"*\"",    "\"?\"",   "\"a*\"",   "3",
    "0",        "\"\"",      "\"=\"",   "\"<>\"",  "\"<>0\"",  "\"=12\"", "12",       "TRUE",
    "\"#N/A\"", "\">=\"&A3", "A3",      "A13",     "\">\"&A2", "\"y\"",   "\">a\"",   "B5",
    "B1",       "\">-10\"",  "\"<>3\"", "A7",      "1/0",      "\"<x\"",  "\"TRUE\"",
};
static const char *const plain_constants[] = {"1",   "2",   "0",     "-1",  "0.5",  "10",
                                              "100", "0.1", "1E+20", "3",   "TRUE", "\"3\"",
                                              "B1",  "B3",  "B9",    "B11", "B5",   "-0.25"};
static const char *const parameters[] = {"A1",      "A4",   "0.3",  "A6",     "A1",
                                         "ABS(A2)", "A1/2", "0.05", "A14/10", "A31"};

/* ---- filling templates -------------------------------------------------------------------- */

#define PICK(g, list) ((list)[below(g, (uint32_t)PE_COUNT(list))])

static void put(generator *g, const char *text)
{
    size_t n = strlen(text);
    if (g->length + n >= sizeof g->text) return;
    memcpy(g->text + g->length, text, n + 1);
    g->length += n;
}

static void put_formatted(generator *g, const char *format, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, format, number);
    put(g, text);
}

static void fill(generator *g, const char *template, int depth);

/* Where a formula must end: a leaf. */
static void leaf(generator *g, char hole)
{
    static const char *const numbers[] = {"A1",  "A2",  "A3",  "A4",  "A14", "A15",
                                          "A17", "A18", "A21", "A9",  "A29", "A30",
                                          "A31", "A32", "A38", "A40", "C7",  "2.5"};
    static const char *const conditions[] = {"A7",   "A1<0.5", "A2>0",     "A34",
                                             "A3=2", "TRUE",   "A13=\"x\""};
    static const char *const texts[] = {"A8", "A13", "A35", "\"x\"", "B4", "E3"};
    switch (hole) {
    case 'n':
        put(g, PICK(g, numbers));
        break;
    case 'c':
        put(g, PICK(g, conditions));
        break;
    case 't':
        put(g, PICK(g, texts));
        break;
    default:
        put_formatted(g, "A%u", 1 + below(g, 40));
        break;
    }
}

static void fill_hole(generator *g, char hole, int depth)
{
    bool end = depth >= DEPTH_MAX || g->length > TEXT_MAX / 2 || below(g, 5) < (uint32_t)depth;
    switch (hole) {
    case 'n':
        if (below(g, 12) == 0) hole = 'a';
        if (end)
            leaf(g, hole);
        else
            fill(g, hole == 'n' ? PICK(g, number_templates) : PICK(g, any_templates), depth + 1);
        break;
    case 'c':
        end ? leaf(g, hole) : fill(g, PICK(g, condition_templates), depth + 1);
        break;
    case 't':
        end ? leaf(g, hole) : fill(g, PICK(g, text_templates), depth + 1);
        break;
    case 'a':
        end ? leaf(g, hole) : fill(g, PICK(g, any_templates), depth + 1);
        break;
    case 'i':
        put(g, PICK(g, small_templates));
        break;
    case 'r':
        put(g, PICK(g, mixed_ranges));
        break;
    case 'v':
        put(g, PICK(g, vectors));
        break;
    case 'u':
        put(g, PICK(g, uniforms));
        break;
    case 'm':
        put(g, PICK(g, blocks));
        break;
    case 'k':
        put(g, PICK(g, criteria));
        break;
    case 'd':
        put(g, PICK(g, plain_constants));
        break;
    case 'p':
        put(g, PICK(g, parameters));
        break;
    case 'x':
        put_formatted(g, below(g, 3) ? "A%u" : "B%u", 1 + below(g, 30));
        break;
    case 'f':
        if (g->formulas > 0)
            put_formatted(g, "H%u", 1 + below(g, g->formulas));
        else
            put(g, "A2");
        break;
    default:
        break;
    }
}

static bool is_hole(char c)
{
    return c != 0 && strchr("nctairvumkdpxf", c) != NULL;
}

static void fill(generator *g, const char *template, int depth)
{
    bool operator= strpbrk(template, "+-*/^=<>&%") != NULL &&depth > 1;
    if (operator) put(g, "(");
    for (const char *at = template; *at != 0; at++) {
        char one[2] = {*at, 0};
        if (*at == '%' && is_hole(at[1]))
            fill_hole(g, *++at, depth);
        else
            put(g, one);
    }
    if (operator) put(g, ")");
}

static const char *formula(generator *g)
{
    g->length = 0;
    put(g, "=");
    switch (below(g, 8)) {
    case 0:
        fill(g, PICK(g, condition_templates), 1);
        break;
    case 1:
        fill(g, PICK(g, text_templates), 1);
        break;
    case 2:
        fill(g, PICK(g, any_templates), 1);
        break;
    default:
        fill(g, PICK(g, number_templates), 1);
        break;
    }
    return g->text;
}

/* ---- the workbook ------------------------------------------------------------------------- */

static void put_cell(pe_workbook_builder *b, uint32_t sheet, const char *column, uint32_t row,
                     const char *text)
{
    char at[32];
    unsigned long used;
    size_t bytes;
    snprintf(at, sizeof at, "%s%u", column, row);
    if (text[0] == '=')
        pe_builder_formula(b, sheet, at, text, pe_number(0));
    else if (text[0] == '\'')
        pe_builder_text(b, sheet, at, text + 1);
    else if (text[0] == '!' && text[1] == '#')
        pe_builder_value(b, sheet, at, pe_error(pe_error_parse(text + 1, strlen(text + 1), &used)));
    else if (text[0] == '!')
        pe_builder_value(b, sheet, at, pe_boolean(text[1] == 'T'));
    else if (text[0] != 0)
        pe_builder_value(b, sheet, at, pe_number(pe_decimal_parse(text, strlen(text), &bytes)));
}

static void put_columns(generator *g, pe_workbook_builder *b, uint32_t s)
{
    static const char *const vector_cells[] = {"=10*RAND()-5", "=INT(RAND()*5)", "=RAND()*100",
                                               "=ROUND(20*RAND()-10,0)", "=IF(A7,C1,-1)"};
    static const char *const label_cells[] = {"'x", "'y", "'z", "'abc", "'12", "'", "'X"};
    static const char *const mixed_cells[] = {
        "=RAND()<0.5",           "=IF(RAND()<0.5,\"x\",\"y\")", "=RAND()", "", "'x", "3", "!TRUE",
        "=IF(RAND()<0.1,1/0,2)", "=IF(RAND()<0.5,\"\",1)"};
    char text[64];
    uint32_t odd = below(g, 4); /* 0: all of column C are plain numbers */
    for (uint32_t r = 1; r <= PE_COUNT(inputs); r++) put_cell(b, s, "A", r, inputs[r - 1]);
    for (uint32_t r = 1; r <= PE_COUNT(constants); r++) put_cell(b, s, "B", r, constants[r - 1]);
    for (uint32_t r = 1; r <= 299; r++) {
        const char *cell = odd == 1 && below(g, 60) == 0
                               ? PICK(g, mixed_cells)
                               : vector_cells[r == 1 ? 0 : below(g, PE_COUNT(vector_cells))];
        if (odd == 2 && below(g, 4) == 0) cell = "2.5";
        put_cell(b, s, "C", r, cell);
        if (r > 200) continue;
        snprintf(text, sizeof text, "%u.%u", r, below(g, 3) ? 0 : 5);
        put_cell(b, s, "D", r, text);
        snprintf(text, sizeof text, "%d", (int)below(g, 200) - 100);
        put_cell(b, s, "F", r, text);
        if (r > 40) continue;
        put_cell(b, s, "E", r, PICK(g, label_cells));
        put_cell(b, s, "G", r, PICK(g, mixed_cells));
    }
}

static void put_rows(generator *g, pe_workbook_builder *b, uint32_t s, uint32_t t)
{
    static const char *const cells[] = {"=S!A1*10", "=RAND()", "1", "",          "'x",    "!TRUE",
                                        "=S!A8",    "=S!A9",   "7", "=RAND()*3", "=S!A3", "2"};
    char column[8], text[32];
    for (uint32_t c = 9; c < 78; c++) {
        size_t n = 0;
        if (c >= 26) column[n++] = (char)('A' + c / 26 - 1);
        column[n++] = (char)('A' + c % 26);
        column[n] = 0;
        snprintf(text, sizeof text, "%u", c - 8);
        put_cell(b, s, column, 1, text);
        put_cell(b, s, column, 2, "=RAND()*A2");
        put_cell(b, s, column, 3, below(g, 6) ? "=RAND()" : PICK(g, cells));
    }
    for (uint32_t r = 1; r <= 10; r++)
        for (uint32_t c = 0; c < 10; c++) {
            column[0] = (char)('A' + c);
            column[1] = 0;
            put_cell(b, t, column, r, PICK(g, cells));
        }
    for (uint32_t r = 1; r <= 6; r++)
        put_cell(b, t, "L", r, r == 1 ? "=-100-RAND()" : "=50*RAND()");
}

static void put_blocks(generator *g, pe_workbook_builder *b, uint32_t s)
{
    static const char *const arrays[] = {"=C1:C4*2",
                                         "=TRANSPOSE(A1:D1)",
                                         "=C1:C4+A3",
                                         "=IF(C1:C4>0,C1:C4,\"n\")",
                                         "=FREQUENCY(C1:C40,D1:D3)",
                                         "=A7:A10",
                                         "=_xlfn._xlws.SORT(C1:C4)",
                                         "=SUM(C1:C4*D1:D4)"};
    pe_builder_array(b, s, "CB1:CB4", PICK(g, arrays), PE_FORMULA_ARRAY);
    pe_builder_array(b, s, "CC1", PICK(g, arrays), PE_FORMULA_ARRAY);
    pe_builder_array(b, s, "CD1:CD4", PICK(g, arrays), PE_FORMULA_DYNAMIC);
    put_cell(b, s, "CG", 1, "1");
    put_cell(b, s, "CG", 2, "=A1*CG1+CB1");
    put_cell(b, s, "CG", 3, "=CG2+C2");
    put_cell(b, s, "CI", 1, "=CG3");
    put_cell(b, s, "CH", 2, "3");
    put_cell(b, s, "CH", 3, "=A3");
    pe_builder_table(b, s, "CI2:CI3", NULL, "CG1");
    put_cell(b, s, "CK", 1, "=SUM(CI2:CI3)+SUM(CD1:CD4)");
}

/* Data tables over generated formulas, which are lowered once per row of inputs. */
static void put_tables(generator *g, pe_workbook_builder *b, uint32_t s, uint32_t formulas)
{
    static const char *const replaced[] = {"B1", "B2", "B3", "B5", "D1",  "D2", "D7",
                                           "F1", "F3", "A1", "A2", "A10", "DZ1"};
    static const char *const values[] = {"0", "1", "2.5", "-3", "'x", "!TRUE", "100", "=B2"};
    static const char *const column_heads[] = {"DB", "DC", "DE"}, *const wide[] = {"DF", "DG"},
                             *const across[] = {"DJ", "DK", "DL"};
    char text[32];
    for (size_t i = 0; i < PE_COUNT(column_heads); i++) {
        snprintf(text, sizeof text, "=H%u", 1 + below(g, formulas));
        put_cell(b, s, column_heads[i], 1, text);
    }
    snprintf(text, sizeof text, "=H%u+A1", 1 + below(g, formulas));
    put_cell(b, s, "DI", 2, text);
    for (uint32_t r = 2; r <= 4; r++) {
        put_cell(b, s, "DA", r, PICK(g, values));
        put_cell(b, s, "DE", r, PICK(g, values));
        put_cell(b, s, across[r - 2], 1, PICK(g, values));
    }
    for (size_t i = 0; i < PE_COUNT(wide); i++) put_cell(b, s, wide[i], 1, PICK(g, values));
    pe_builder_table(b, s, "DB2:DC4", NULL, PICK(g, replaced));
    pe_builder_table(b, s, "DF2:DG4", PICK(g, replaced), PICK(g, replaced));
    pe_builder_table(b, s, "DJ2:DL2", PICK(g, replaced), NULL);
}

pe_status parity_generate(uint64_t seed, uint32_t formula_count, pe_semantics semantics,
                          pe_workbook **workbook, pe_diag *diag)
{
    generator g = {.state = seed * 0x2545F4914F6CDD1Dull};
    pe_workbook_builder *b = pe_builder_new();
    if (b == NULL) return pe_fail(diag, PE_E_MEMORY, "generate", "out of memory");
    const pe_builder_settings calc = {.semantics = PE_SEMANTICS_CALC,
                                      .calc = {.wildcards = true,
                                               .whole_cell = true,
                                               .case_sensitive = true,
                                               .null_year = 1899,
                                               .null_month = 12,
                                               .null_day = 30}};
    if (semantics == PE_SEMANTICS_CALC && pe_builder_configure(b, &calc, diag) != PE_OK) {
        pe_builder_free(b);
        return PE_E_MEMORY;
    }
    uint32_t s = pe_builder_sheet(b, "S"), t = pe_builder_sheet(b, "T");
    pe_builder_name(b, "Draw", "=RAND()");
    pe_builder_name(b, "Rate", "=S!$A$1+0.5");
    pe_builder_name(b, "Block", "=S!$A$1:$A$6");
    pe_builder_name(b, "Twice", "=Draw*2+Draw");
    pe_builder_name(b, "Doubled", "=S!$C$1:$C$5*2");
    put_columns(&g, b, s);
    put_rows(&g, b, s, t);
    put_blocks(&g, b, s);
    for (g.formulas = 0; g.formulas < formula_count; g.formulas++)
        put_cell(b, s, "H", g.formulas + 1, formula(&g));
    put_tables(&g, b, s, formula_count);
    return pe_builder_finish(b, workbook, diag);
}
