/* test_formula.c: formulas and their trees, printing, shapes, areas, references in text, risk
 * calls, limits, errors. Expected trees follow Excel's documentation of operator precedence
 * ("Calculation operators and precedence in Excel":
 * ':' ' ' ',' then negation, %, ^, * and /, + and -, &, comparisons; equal precedence from left to
 * right). */
#include "formula_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const pe_cell_ref home = {0, 9, 4}; /* Sheet1!E10 */

/* ---- trees ----------------------------------------------------------------------------------- */

typedef struct tree_row {
    const char *text, *tree;
    const char *printed; /* NULL: text as it is */
} tree_row;

static const tree_row trees[] = {
    /* precedence */
    {"=-2^2", "pow(neg(2),2)", "-2^2"},
    {"2^-2", "pow(2,neg(2))", NULL},
    {"2^3^2", "pow(pow(2,3),2)", NULL},
    {"2^(3^2)", "pow(2,pow(3,2))", NULL},
    {"-(2^2)", "neg(pow(2,2))", NULL},
    {"1-2-3", "sub(sub(1,2),3)", NULL},
    {"1-(2-3)", "sub(1,sub(2,3))", NULL},
    {"8/4/2", "div(div(8,4),2)", NULL},
    {"1+2*3", "add(1,mul(2,3))", NULL},
    {"(1+2)*3", "mul(add(1,2),3)", NULL},
    {"2*3^2", "mul(2,pow(3,2))", NULL},
    {"-5%", "percent(neg(5))", NULL},
    {"5%%", "percent(percent(5))", NULL},
    {"2^50%", "pow(2,percent(50))", NULL},
    {"50%^2", "pow(percent(50),2)", NULL},
    {"1&2+3", "cat(1,add(2,3))", NULL},
    {"1&2=\"12\"", "eq(cat(1,2),\"12\")", NULL},
    {"1=2<>3", "ne(eq(1,2),3)", NULL},
    {"1<2<=3>4>=5", "ge(gt(le(lt(1,2),3),4),5)", NULL},
    {"--A1", "neg(neg(A1))", NULL},
    {"+A1", "plus(A1)", NULL},
    {"1 + 2", "add(1,2)", "1+2"},
    {"1--2", "sub(1,neg(2))", NULL},
    {"-A1:B2", "neg(A1:B2)", NULL},
    {"((((1))))", "1", "1"},
    /* literals */
    {"1.", "1", "1"},
    {".5", "0.5", "0.5"},
    {"1E+5", "100000", "100000"},
    {"1e-300", "1E-300", "1E-300"},
    {"0.1", "0.1", NULL},
    {"\"a \"\"b\"\"\"", "\"a \"\"b\"\"\"", NULL},
    {"\"\"", "\"\"", NULL},
    {"\"A1:B2 [x] 'y'\"", "\"A1:B2 [x] 'y'\"", NULL},
    {"true", "TRUE", "TRUE"},
    {"FALSE", "FALSE", NULL},
    {"TRUE()+false( )", "add(TRUE,FALSE)", "TRUE+FALSE"},
    {"#N/A", "#N/A", NULL},
    {"#DIV/0!+#NAME?", "add(#DIV/0!,#NAME?)", NULL},
    {"#NULL!", "#NULL!", NULL},
    {"{1,2;3,4}", "{1,2;3,4}", NULL},
    {"{-1,\"a\"\"\",TRUE;#N/A, 1E5 ,+2}", "{-1,\"a\"\"\",TRUE;#N/A,100000,2}",
     "{-1,\"a\"\"\",TRUE;#N/A,100000,2}"},
    /* references */
    {"$A$1+A$1+$A1", "add(add($A$1,A$1),$A1)", NULL},
    {"a1", "A1", "A1"},
    {"XFD1048576", "XFD1048576", NULL},
    {"XFE1", "unknown:XFE1", NULL},
    {"A1048577", "unknown:A1048577", NULL},
    {"A0", "unknown:A0", NULL},
    {"A1:B2", "A1:B2", NULL},
    {"A1:A1", "A1:A1", NULL},
    {"$B$2:A1", "$B$2:A1", NULL},
    {"A1 : B2", "A1:B2", "A1:B2"},
    {"1:3", "1:3", NULL},
    {"$1:3", "$1:3", NULL},
    {"A:C", "A:C", NULL},
    {"$A:$C", "$A:$C", NULL},
    {"SUM(A:A)", "SUM(A:A)", NULL},
    {"A1:B2:C3", "range(A1:B2,C3)", NULL},
    {"A1:INDEX(B:B,3)", "range(A1,INDEX(B:B,3))", NULL},
    {"INDEX(B:B,1):INDEX(B:B,3)", "range(INDEX(B:B,1),INDEX(B:B,3))", NULL},
    {"A1:C3 B2:D4", "intersect(A1:C3,B2:D4)", NULL},
    {"SUM((A1:B2) (B1:C2))", "SUM(intersect(A1:B2,B1:C2))", "SUM(A1:B2 B1:C2)"},
    {"SUM((A1,B2:B3,C4))", "SUM(union(union(A1,B2:B3),C4))", NULL},
    {"(A1,B1 B2)", "union(A1,intersect(B1,B2))", NULL},
    {"A1,B1", "union(A1,B1)", "(A1,B1)"},
    {"Sheet2!A1", "Sheet2!A1", NULL},
    {"'Sheet2'!A1", "Sheet2!A1", "Sheet2!A1"},
    {"'My Sheet'!$A$1:B2", "'My Sheet'!$A$1:B2", NULL},
    {"'It''s'!A1", "'It''s'!A1", NULL},
    {"'2019'!A1", "'2019'!A1", NULL},
    {"2019!A1", "'2019'!A1", "'2019'!A1"},
    {"'A1'!A1", "'A1'!A1", NULL},
    {"'RC'!A1", "'RC'!A1", NULL},
    {"\303\234ber.sicht!A1", "\303\234ber.sicht!A1", NULL},
    {"Sheet1:Sheet3!A1", "Sheet1:Sheet3!A1", NULL},
    {"Jan:Dec!A1", "Jan:Dec!A1", NULL},
    {"'Sheet 1:Sheet 3'!A1:B2", "'Sheet 1:Sheet 3'!A1:B2", NULL},
    {"SUM(Sheet3:Sheet1!A:A)", "SUM(Sheet1:Sheet3!A:A)", "SUM(Sheet1:Sheet3!A:A)"},
    {"Sheet2!1:3", "Sheet2!1:3", NULL},
    {"Sheet2!A1:Sheet2!B2", "Sheet2!A1:B2", "Sheet2!A1:B2"},
    {"Sheet2!$A$1:'Sheet2'!$B$2", "Sheet2!$A$1:$B$2", "Sheet2!$A$1:$B$2"},
    {"Sheet2!A1:OFFSET(A1,1,1)", "range(Sheet2!A1,OFFSET(A1,1,1))", NULL},
    {"A1:Sheet2!B2", "range(A1,Sheet2!B2)", NULL},
    {"#REF!", "#REF!", NULL},
    {"Sheet1!#REF!", "#REF!", "#REF!"},
    {"#REF!A1", "#REF!A1", NULL},
    {"#REF!#REF!", "#REF!", "#REF!"},
    {"SUM(#REF!$A$1:B2)", "SUM(#REF!$A$1:B2)", NULL},
    {"nosheet!A1", "#REF!A1", "#REF!A1"},
    {"#REF!:#REF!", "range(#REF!,#REF!)", NULL},
    {"!A1", "A1", "A1"},
    {"LOG10", "LOG10", NULL},
    {"LOG10(5)", "LOG10(5)", NULL},
    {"ATAN2(A1,B1)", "ATAN2(A1,B1)", NULL},
    /* names */
    {"rate*2", "mul(name:0$0,2)", NULL},
    {"RATE(1,2,3)", "RATE(1,2,3)", NULL},
    {"tax.rate", "name:1$0", "Tax.Rate"},
    {"_x+\\back", "add(name:2$0,name:3$1)", NULL},
    {"Gr\303\266\303\237e", "name:4$0", NULL},
    {"A1B+n1000000000+a?b", "add(add(name:9$0,name:10$1),name:11$2)", NULL},
    {"Sheet2!local", "name:6$0", "fee"},
    {"'My Sheet'!rate", "name:0$0", "rate"},
    {"Sheet2!nothing", "unknown:Sheet2!nothing", NULL},
    {"nothing", "unknown:nothing", NULL},
    {"rate:Sheet2!A1", "#REF!A1", "#REF!A1"}, /* sheets from "rate", which is none, to Sheet2 */
    {"(rate):Sheet2!A1", "range(name:0$0,Sheet2!A1)", NULL},
    {"rate Tax.Rate", "intersect(name:0$0,name:1$1)", NULL},
    {"rate:A1", "range(name:0$0,A1)", NULL},
    /* calls */
    {"SUM(1,,2)", "SUM(1,omitted,2)", NULL},
    {"SUM(,)", "SUM(omitted,omitted)", NULL},
    {"PI()", "PI()", NULL},
    {"PI ( )", "PI()", "PI()"},
    {"SUM (A1)", "SUM(A1)", "SUM(A1)"},
    {"sum(\n  A1 ,\r\n\tB1 )", "SUM(A1,B1)", "SUM(A1,B1)"},
    {"IF(A1>1,\"y\",)", "IF(gt(A1,1),\"y\",omitted)", NULL},
    {"_xlfn.IFNA(A1,2)", "IFNA(A1,2)", NULL},
    {"IFNA(A1,2)", "IFNA(A1,2)", "_xlfn.IFNA(A1,2)"},
    {"_xlfn._xlws.SORT(A1:A3)", "SORT(A1:A3)", NULL},
    {"ORG.LIBREOFFICE.NOTHING(1)", "unknown:ORG.LIBREOFFICE.NOTHING(1)", NULL},
    {"nothing()+nothing(1,)", "add(unknown:nothing(),unknown:nothing(1,omitted))", NULL},
    {"_xludf.nothing(A1)", "unknown:_xludf.nothing(A1)", NULL},
    {"twice(A1)", "call$1(name:7$0,A1)", NULL},
    {"A1(3)", "unknown:A1(3)", NULL},
    /* @ and # */
    {"@A1:A3", "single(A1:A3)", "_xlfn.SINGLE(A1:A3)"},
    {"_xlfn.SINGLE(A1:A3)", "single(A1:A3)", NULL},
    {"-@A1:A3%", "percent(neg(single(A1:A3)))", "-_xlfn.SINGLE(A1:A3)%"},
    {"@rate", "single(name:0$0)", "_xlfn.SINGLE(rate)"},
    {"A1#", "spill(A1)", "_xlfn.ANCHORARRAY(A1)"},
    {"SUM(Sheet2!A1#)", "SUM(spill(Sheet2!A1))", "SUM(_xlfn.ANCHORARRAY(Sheet2!A1))"},
    {"_xlfn.ANCHORARRAY(A1)", "spill(A1)", NULL},
    {"A1:B1#", "range(A1,spill(B1))", "A1:_xlfn.ANCHORARRAY(B1)"},
    {"A1#+#N/A", "add(spill(A1),#N/A)", "_xlfn.ANCHORARRAY(A1)+#N/A"},
    /* tables */
    {"Table1[Col]", "table:0/1/0:0", NULL},
    {"table1[]", "table:0/1/-1:-1", "Table1[]"},
    {"Table1", "table:0/1/-1:-1", "Table1[]"},
    {"Table1[#All]", "table:0/7/-1:-1", NULL},
    {"Table1[#Headers]", "table:0/2/-1:-1", NULL},
    {"Table1[#This Row]", "table:0/8/-1:-1", NULL},
    {"Table1[[#This Row],[Col]]", "table:0/8/0:0", NULL},
    {"Table1[@Col]", "table:0/8/0:0", "Table1[[#This Row],[Col]]"},
    {"Table1[@[Col]]", "table:0/8/0:0", "Table1[[#This Row],[Col]]"},
    {"Table1[@[A]:[B]]", "table:0/8/1:2", "Table1[[#This Row],[A]:[B]]"},
    {"Table1[@]", "table:0/8/-1:-1", "Table1[#This Row]"},
    {"Table1[[#Headers],[A]:[B]]", "table:0/2/1:2", NULL},
    {"Table1[[#Data],[#Totals],[x]]", "table:0/5/3:3", NULL},
    {"Table1[ [#Headers] , [#Data] , [A] : [B] ]", "table:0/3/1:2",
     "Table1[[#Headers],[#Data],[A]:[B]]"},
    {"Table1[[A]:[B]]", "table:0/1/1:2", NULL},
    {"Table1['[]", "#REF!", "#REF!"},
    {"Table1[Unit '[kg']]", "table:0/1/4:4", NULL},
    {"Table1[[#All],[It''s '#1]]", "table:0/7/5:5", NULL},
    {"Sales.2020[2011]", "table:1/1/6:6", NULL},
    {"Table1[a, b]", "table:0/1/7:7", NULL},
    {"Table1[Total '@ end]", "table:0/1/8:8", NULL},
    {"Table1[[ lead]]", "table:0/1/9:9", NULL},
    {"Table1[[.]]", "table:0/1/11:11", "Table1[.]"},
    {"[@Col]", "table:0/8/0:0", "Table1[[#This Row],[Col]]"},
    {"[Col]*2", "mul(table:0/1/0:0,2)", "Table1[Col]*2"},
    {"Nowhere[[#All],[x]]", "unknown:Nowhere[[#All],[x]]", NULL},
    {"SUM(Table1[Col] Table1[#This Row])", "SUM(intersect(table:0/1/0:0,table:0/8/-1:-1))", NULL},
    /* LET and LAMBDA */
    {"_xlfn.LET(_xlpm.x,1,_xlpm.x+1)", "LET(var:0,1,add(var:0,1))", NULL},
    {"LET(x,1,y,x*2,x+y)", "LET(var:0,1,var:1,mul(var:0,2),add(var:0,var:1))",
     "_xlfn.LET(_xlpm.x,1,_xlpm.y,_xlpm.x*2,_xlpm.x+_xlpm.y)"},
    {"LET(x,1,LET(X,x+1,x)*x)", "LET(var:0,1,mul(LET(var:1,add(var:0,1),var:1),var:0))",
     "_xlfn.LET(_xlpm.x,1,_xlfn.LET(_xlpm.X,_xlpm.x+1,_xlpm.X)*_xlpm.x)"},
    {"LET(rate,1,rate)", "LET(var:0,1,var:0)", "_xlfn.LET(_xlpm.rate,1,_xlpm.rate)"},
    {"LET(f,LAMBDA(a,a^2),f(3)+rate)",
     "LET(var:0,LAMBDA(var:1,pow(var:1,2)),add(call$0(var:0,3),name:0$1))",
     "_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.a,_xlpm.a^2),_xlpm.f(3)+rate)"},
    {"LAMBDA(x,y,x+y)(1,2)", "call$0(LAMBDA(var:0,var:1,add(var:0,var:1)),1,2)",
     "_xlfn.LAMBDA(_xlpm.x,_xlpm.y,_xlpm.x+_xlpm.y)(1,2)"},
    {"LAMBDA(5)()", "call$0(LAMBDA(5))", "_xlfn.LAMBDA(5)()"},
    {"LAMBDA(x,[y],x)(1)", "call$0(LAMBDA(var:0,var:1,var:0),1)",
     "_xlfn.LAMBDA(_xlpm.x,_xlop.y,_xlpm.x)(1)"},
    {"LAMBDA(x,LAMBDA(y,x-y))(1)(2)",
     "call$1(call$0(LAMBDA(var:0,LAMBDA(var:1,sub(var:0,var:1))),1),2)",
     "_xlfn.LAMBDA(_xlpm.x,_xlfn.LAMBDA(_xlpm.y,_xlpm.x-_xlpm.y))(1)(2)"},
    {"_xlpm.gone", "unknown:_xlpm.gone", NULL},
    {"_xlfn.BYROW(A1:B2,_xleta.SUM)", "BYROW(A1:B2,LAMBDA(var:0,SUM(var:0)))",
     "_xlfn.BYROW(A1:B2,_xlfn.LAMBDA(_xlpm.a,SUM(_xlpm.a)))"},
    {"MAP(A1:B2,MAP)", "MAP(A1:B2,unknown:MAP)", "_xlfn.MAP(A1:B2,MAP)"},
    {"REDUCE(0,A1:B2,MAX)", "REDUCE(0,A1:B2,LAMBDA(var:0,var:1,MAX(var:0,var:1)))",
     "_xlfn.REDUCE(0,A1:B2,_xlfn.LAMBDA(_xlpm.a,_xlpm.b,MAX(_xlpm.a,_xlpm.b)))"},
    {"LET(x,A1,LAMBDA(p,p+x)(1)+x)",
     "LET(var:0,A1,add(call$0(LAMBDA(var:1,add(var:1,var:0)),1),var:0))",
     "_xlfn.LET(_xlpm.x,A1,_xlfn.LAMBDA(_xlpm.p,_xlpm.p+_xlpm.x)(1)+_xlpm.x)"},
    /* other workbooks */
    {"[1]Sheet1!A1", "external:0:[1]Sheet1!A1", NULL},
    {"'[2]My Sheet'!$A$1:B2", "external:1:'[2]My Sheet'!$A$1:B2", NULL},
    {"[1]!Name", "external:0:[1]!Name", NULL},
    {"[1]Sheet1!Name", "external:0:[1]Sheet1!Name", NULL},
    {"[1]Sheet1:Sheet2!A1", "external:0:[1]Sheet1:Sheet2!A1", NULL},
    {"[0]!rate", "name:0$0", "rate"},
    {"[1]!RiskNormal(10,2)", "RISKNORMAL$0(10,2)", "RISKNORMAL(10,2)"},
    {"[1]!Udf(A1)", "unknown:[1]!Udf(A1)", NULL},
    {"'C:\\dir\\[Book 1.xlsx]Lists'!A1", "external:-1:'C:\\dir\\[Book 1.xlsx]Lists'!A1", NULL},
    {"'C:\\dir\\[Book 1.xlsx]Lists'!#REF!", "#REF!", "#REF!"},
    {"[Book1.xlsx]Sheet1!A1", "external:-1:[Book1.xlsx]Sheet1!A1", NULL},
    {"[1]!'!topic,item'", "external:0:[1]!'!topic,item'", NULL},
    {"Excel|Book1!'item x'", "external:-1:Excel|Book1!'item x'", NULL},
    /* draw sites: in the order of evaluation */
    {"RAND()+RAND()*RAND()", "add(RAND$0(),mul(RAND$1(),RAND$2()))", NULL},
    {"RiskNormal(RAND(),rate)", "RISKNORMAL$2(RAND$0(),name:0$1)", "RISKNORMAL(RAND(),rate)"},
    {"RiskOutput(\"x\")+_xll.RiskUniform(0,1)", "add(RISKOUTPUT(\"x\"),RISKUNIFORM$0(0,1))",
     "RISKOUTPUT(\"x\")+RISKUNIFORM(0,1)"},
    /* brackets only where needed */
    {"(A1+B1)*(C1-D1)", "mul(add(A1,B1),sub(C1,D1))", NULL},
    {"(A1*B1)+(C1/D1)", "add(mul(A1,B1),div(C1,D1))", "A1*B1+C1/D1"},
    {"A1&(B1&C1)", "cat(A1,cat(B1,C1))", NULL},
    {"(A1=B1)*1", "mul(eq(A1,B1),1)", NULL},
    {"(1%)^2", "pow(percent(1),2)", "1%^2"},
    {"-(1%)", "neg(percent(1))", NULL},
    {"(A1):B2", "A1:B2", "A1:B2"},
    {"(A1:B2)#", "spill(A1:B2)", "_xlfn.ANCHORARRAY(A1:B2)"},
};

static void check_tree(void **state)
{
    const tree_row *row = *state;
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    uint32_t shape, again;
    char text[1024], tree[1024];
    const char *printed = row->printed != NULL ? row->printed : row->text;
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    pe_status status = pe_formula_set_add(set, row->text, strlen(row->text), home, &shape, &diag);
    if (status != PE_OK) fail_msg("%s: %s: %s", row->text, diag.where, diag.what);
    const pe_node *root = pe_formula_set_get(set, shape)->root;
    test_tree_text(root, home, &t, tree, sizeof tree);
    assert_string_equal(tree, row->tree);
    pe_formula_print(root, home, &t.printer, text, sizeof text);
    assert_string_equal(text, printed);
    for (int saved = 0; saved < 2; saved++) {
        t.printer.saved_form = saved;
        size_t n = pe_formula_print(root, home, &t.printer, text, sizeof text);
        status = pe_formula_set_add(set, text, n, home, &again, &diag);
        if (status != PE_OK) fail_msg("%s: %s: %s", text, diag.where, diag.what);
        assert_true(test_tree_equal(root, pe_formula_set_get(set, again)->root));
    }
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- syntax errors --------------------------------------------------------------------------- */

typedef struct error_row {
    const char *text;
    unsigned offset;
    const char *what; /* part of the message */
} error_row;

static const error_row errors[] = {
    {"", 0, "empty"},
    {"=", 0, "empty"},
    {"=1+", 3, "ends where"},
    {"=1+)", 3, "before ')'"},
    {"=(1+2", 1, "')' is missing"},
    {"=1+2)", 4, "closes nothing"},
    {"=SUM(1,2", 8, "')' is missing"},
    {"=SUM(1;2)", 6, "separated by ','"},
    {"=1 2", 3, "missing here"},
    {"=A1B1 \"x\"", 6, "missing here"},
    {"=\"abc", 1, "closing"},
    {"='My Sheet", 1, "apostrophe"},
    {"='My Sheet'+1", 11, "'!'"},
    {"=1,2", 2, "references"},
    {"=1:A1", 2, "references"},
    {"=*2", 1, "before '*'"},
    {"=1E999", 1, "no number"},
    {"=3rd", 2, "missing after the number"},
    {"=#FOO!", 1, "no error value"},
    {"=$", 1, "must follow '$'"},
    {"=A1~B1", 3, "no meaning"},
    {"={1,2;3}", 7, "has 1 values"},
    {"={1,A1}", 4, "only numbers"},
    {"={1,2", 5, "must stand here"},
    {"={}", 2, "only numbers"},
    {"={1,-A1}", 5, "must follow the sign"},
    {"=Table1[Col", 7, "closing ']'"},
    {"=Table1[[#Nothing],[A]]", 9, "#All"},
    {"=Table1[[A],[#All]]", 12, "must stand here"},
    {"=Sheet2!", 8, "must follow '!'"},
    {"=Sheet2!+1", 8, "must follow '!'"},
    {"=PI(1)", 1, "PI takes 0 arguments, not 1"},
    {"=1+ATAN2(1)", 3, "ATAN2 takes 2 arguments, not 1"},
    {"=IF(1)", 1, "IF takes at least 2 arguments, not 1"},
    {"=IF(1,2,3,4)", 1, "IF takes at most 3 arguments, not 4"},
    {"=LET(x,1)", 9, "needs a calculation"},
    {"=LET(1,2,3)", 7, "pairs of a name"},
    {"=LAMBDA(1,2)", 10, "names of parameters"},
    {"=LET(A1,1,2)", 8, "pairs of a name"},
    {"=LET(_xlpm.A1,1,2)", 5, "cannot be the name"},
    {"=LET(_xlpm.x,1,y,2,3)", 15, "all with _xlpm."},
};

static void check_error(void **state)
{
    const error_row *row = *state;
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    uint32_t shape;
    char where[32];
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text, strlen(row->text), home, &shape, &diag),
                     PE_E_SYNTAX);
    snprintf(where, sizeof where, "offset %u", row->offset);
    if (strcmp(diag.where, where) != 0 || strstr(diag.what, row->what) == NULL)
        fail_msg("%s: %s: %s", row->text, diag.where, diag.what);
    assert_int_equal(pe_formula_set_count(set), 0);
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

typedef struct shape_row {
    const char *text1;
    pe_cell_ref home1;
    const char *text2;
    pe_cell_ref home2;
    bool same;
} shape_row;

static const shape_row shapes[] = {
    {"A1+1", {0, 0, 1}, "A2+1", {0, 1, 1}, true},
    {"A1+1", {0, 0, 1}, "A1+1", {0, 1, 1}, false},
    {"A1+1", {0, 0, 1}, "=A1+1", {3, 0, 1}, true},
    {"$A$1+A1", {0, 0, 1}, "$A$1+B2", {0, 1, 2}, true},
    {"$A1", {0, 0, 1}, "$A2", {0, 1, 5}, true},
    {"A1", {0, 0, 0}, "$A$1", {0, 0, 0}, false},
    {"SUM(1:3)", {0, 0, 0}, "SUM(1:3)", {0, 1, 0}, false},
    {"SUM(1:3)", {0, 0, 0}, "SUM(2:4)", {0, 1, 9}, true},
    {"SUM($1:$3)", {0, 0, 0}, "SUM($1:$3)", {0, 1, 9}, true},
    {"SUM(A:B)", {0, 0, 0}, "SUM(B:C)", {0, 7, 1}, true},
    {"SUM(A:B)", {0, 0, 0}, "SUM(A:B)", {0, 0, 1}, false},
    {"SUM($A1:A1)", {0, 0, 0}, "SUM($A2:C2)", {0, 1, 2}, true},
    {"Sheet2!A1", {0, 0, 0}, "Sheet2!A2", {0, 1, 0}, true},
    {"Sheet2!A1", {0, 0, 0}, "Sheet3!A1", {0, 0, 0}, false},
    {"\"A1\"", {0, 0, 0}, "\"A1\"", {0, 5, 5}, true},
    {"\"A1\"", {0, 0, 0}, "\"A2\"", {0, 1, 0}, false},
    {"A1 B1", {0, 0, 0}, "A1,B1", {0, 0, 0}, false},
    {"1.5", {0, 0, 0}, "1.50", {0, 0, 0}, false},
    {"local", {0, 0, 0}, "local", {1, 0, 0}, false},
    {"local", {0, 0, 0}, "local", {0, 4, 4}, true},
    {"local+Sheet2!local", {0, 0, 0}, "local+Sheet2!local", {1, 0, 0}, false},
    {"Sheet2!local", {0, 0, 0}, "Sheet2!local", {1, 0, 0}, true},
    {"[@Col]", {0, 0, 0}, "[@Col]", {2, 0, 0}, false},
    {"[@Col]", {0, 0, 0}, "[@Col]", {1, 3, 0}, true},
    {"Table1[@Col]", {0, 0, 0}, "Table1[@Col]", {2, 0, 0}, true},
    {"LET(x,A1,x)", {0, 0, 0}, "LET(x,A2,x)", {0, 1, 0}, true},
};

static void check_shape(void **state)
{
    const shape_row *row = *state;
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    uint32_t a, b, c;
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text1, strlen(row->text1), row->home1, &a, &diag),
                     PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text2, strlen(row->text2), row->home2, &b, &diag),
                     PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text1, strlen(row->text1), row->home1, &c, &diag),
                     PE_OK);
    assert_int_equal(a == b, row->same);
    assert_int_equal(a, c);
    assert_int_equal(pe_formula_set_count(set), row->same ? 1 : 2);
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- flags ----------------------------------------------------------------------------------- */

typedef struct flag_row {
    const char *text;
    unsigned flags;
} flag_row;

static const flag_row flags[] = {
    {"1+A1", 0},
    {"NOW()", PE_FORMULA_HAS_VOLATILE},
    {"RAND()", PE_FORMULA_HAS_VOLATILE | PE_FORMULA_HAS_RANDOM},
    {"rate", PE_FORMULA_HAS_NAME},
    {"[1]Sheet1!A1", PE_FORMULA_HAS_EXTERNAL},
    {"nothing", PE_FORMULA_HAS_UNKNOWN},
    {"nothing(1)", PE_FORMULA_HAS_UNKNOWN},
    {"RiskNormal(1,2)", PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK},
    {"RiskOutput()+1", PE_FORMULA_HAS_OUTPUT},
    {"twice(1)", PE_FORMULA_HAS_NAME | PE_FORMULA_HAS_CALL},
    {"Table1[Col]", PE_FORMULA_HAS_TABLE_REF},
    {"IF(A1,1,2)", PE_FORMULA_HAS_SPECIAL},
    {"SUBTOTAL(9,A1:A3)", PE_FORMULA_IS_SUBTOTAL},
    {"RiskNormal(1,2,RiskCorrmat(A1:B2,1))",
     PE_FORMULA_HAS_RANDOM | PE_FORMULA_HAS_RISK | PE_FORMULA_HAS_UNSUPPORTED},
};

static void check_flags(void **state)
{
    const flag_row *row = *state;
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    uint32_t shape;
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text, strlen(row->text), home, &shape, &diag),
                     PE_OK);
    assert_int_equal(pe_formula_set_get(set, shape)->flags, row->flags);
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- references in text and areas ------------------------------------------------------------ */

typedef struct reference_row {
    const char *text;
    bool a1;
    const char *tree; /* printed for home E10; NULL: no reference */
} reference_row;

static const reference_row references[] = {
    {"A1", true, "A1"},
    {"$A$1:b2", true, "$A$1:B2"},
    {"'My Sheet'!A1", true, "'My Sheet'!A1"},
    {"Sheet1:Sheet3!A1", true, "Sheet1:Sheet3!A1"},
    {"A:A", true, "A:A"},
    {"2:3", true, "2:3"},
    {"rate", true, "name:0$0"},
    {"Table1[Col]", true, "table:0/1/0:0"},
    {"A1#", true, "spill(A1)"},
    {"#REF!", true, "#REF!"},
    {"nosheet!A1", true, "#REF!A1"},
    {"nothing", true, NULL},
    {"A1+1", true, NULL},
    {"5", true, NULL},
    {"", true, NULL},
    {"=A1", true, NULL},
    {"SUM(A1)", true, NULL},
    {"R1C1", false, "$A$1"},
    {"r2c3", false, "$C$2"},
    {"R[-1]C[2]", false, "G9"},
    {"RC", false, "E10"},
    {"R[1]C1", false, "$A11"},
    {"R1C1:R2C2", false, "$A$1:$B$2"},
    {"R[-9]C[-4]:RC", false, "A1:E10"},
    {"R2", false, "$2:$2"},
    {"C3", false, "$C:$C"},
    {"R1:R3", false, "$1:$3"},
    {"C[-1]:C", false, "D:E"},
    {"Sheet2!R1C1", false, "Sheet2!$A$1"},
    {"'My Sheet'!R1C1", false, "'My Sheet'!$A$1"},
    {"R[-10]C", false, "#REF!"},
    {"rate", false, "name:0$0"},
    {"A1", false, NULL},
    {"Sheet2!A1", false, NULL},
    {"A1:B2", false, NULL},
    {"R0C1", false, NULL},
    {"R[1C1", false, NULL},
    {"R1C1:R2", false, NULL},
};

static void check_reference(void **state)
{
    const reference_row *row = *state;
    test_scope t;
    pe_diag diag = {0};
    const pe_node *node;
    char tree[256];
    pe_arena *arena = pe_arena_new((size_t)1 << 20);
    test_scope_init(&t, false);
    pe_status status = pe_formula_parse_reference(arena, &t.scope, row->text, strlen(row->text),
                                                  row->a1, home, &node, &diag);
    if (row->tree == NULL) {
        assert_int_equal(status, PE_E_SYNTAX);
    } else {
        if (status != PE_OK) fail_msg("%s: %s: %s", row->text, diag.where, diag.what);
        t.printer.saved_form = false;
        test_tree_text(node, home, &t, tree, sizeof tree);
        assert_string_equal(tree, row->tree);
    }
    pe_arena_free(arena);
    test_scope_free(&t);
}

static pe_area area_at(const char *text, pe_cell_ref written, pe_cell_ref used, bool *valid)
{
    test_scope t;
    pe_diag diag = {0};
    const pe_node *node;
    pe_area area = {0};
    pe_arena *arena = pe_arena_new((size_t)1 << 20);
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_parse_reference(arena, &t.scope, text, strlen(text), true, written,
                                                &node, &diag),
                     PE_OK);
    *valid = pe_node_area(&node->ref, used, &area);
    pe_arena_free(arena);
    test_scope_free(&t);
    return area;
}

static void areas(void **state)
{
    const pe_cell_ref a1 = {0, 0, 0}, b2 = {3, 1, 1}, c3 = {3, 2, 2};
    bool valid;
    PE_UNUSED(state);
    pe_area a = area_at("A1:$C$1", b2, c3, &valid); /* -> B2:$C$1, sorted */
    assert_true(valid);
    assert_memory_equal(&a, (&(pe_area){3, 3, 0, 1, 1, 2}), sizeof a);
    a = area_at("Sheet2:Sheet3!C:A", b2, b2, &valid);
    assert_true(valid);
    assert_memory_equal(&a, (&(pe_area){1, 2, 0, PE_ROWS_MAX - 1, 0, 2}), sizeof a);
    area_at("A1", b2, a1, &valid);
    assert_false(valid);
    area_at("XFD1048576", a1, c3, &valid);
    assert_false(valid);
    area_at("#REF!A1", a1, a1, &valid);
    assert_false(valid);
}

/* ---- risk calls ------------------------------------------------------------------------------ */

typedef struct risk_row {
    const char *text;
    const char *parts; /* distribution/parameter count/name/low/high/shift/static/unsupported, as
                          trees, "-": NULL */
} risk_row;

static const risk_row risks[] = {
    {"RiskNormal(10,2)", "NORMAL/2/-/-/-/-/-/-"},
    {"RiskNormal(10,2,RiskName(\"x\"),RiskTruncate(5,),RiskShift(3))",
     "NORMAL/2/\"x\"/5/omitted/3/-/-"},
    {"RiskNormal(10,2,RiskTruncate(,15))", "NORMAL/2/-/omitted/15/-/-/-"},
    {"VoseNormal(10,2,,PsiName(A1))", "NORMAL/2/A1/-/-/-/-/-"},
    {"PsiPert(1,2,3,PsiBaseCase(5))", "PERT/3/-/-/-/-/5/-"},
    {"RiskNormal(10,2,RiskStatic(4))", "NORMAL/2/-/-/-/-/4/-"},
    {"RiskNormal(10,2,RiskCorrmat(A1:B2,1),RiskLock())", "NORMAL/2/-/-/-/-/-/RISKCORRMAT(A1:B2,1)"},
    {"PsiNormal(0,1,PsiTruncate(,2,2))", "NORMAL/2/-/-/-/-/-/PSITRUNCATE(omitted,2,2)"},
    {"RiskDiscrete({1,2},{3,4})", "DISCRETE/2/-/-/-/-/-/-"},
    {"SUM(1)", NULL},
    {"RiskOutput(\"x\")", NULL},
};

static void check_risk(void **state)
{
    const risk_row *row = *state;
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    pe_risk_call call;
    uint32_t shape;
    char text[512];
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    assert_int_equal(pe_formula_set_add(set, row->text, strlen(row->text), home, &shape, &diag),
                     PE_OK);
    bool is_risk = pe_formula_risk_call(pe_formula_set_get(set, shape)->root, &call);
    assert_int_equal(is_risk, row->parts != NULL);
    if (is_risk) {
        const pe_node *parts[] = {call.name,  call.truncate_low, call.truncate_high,
                                  call.shift, call.static_value, call.unsupported};
        int n = snprintf(text, sizeof text, "%s/%u", call.distribution, call.parameter_count);
        for (size_t i = 0; i < PE_COUNT(parts); i++) {
            text[n++] = '/';
            if (parts[i] == NULL)
                snprintf(text + n, sizeof text - (size_t)n, "-");
            else
                test_tree_text(parts[i], home, &t, text + n, sizeof text - (size_t)n);
            n += (int)strlen(text + n);
        }
        assert_string_equal(text, row->parts);
    }
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- limits and hostile text ----------------------------------------------------------------- */

/* first, then count times middle, then last. */
static pe_status add_repeated(const char *first, const char *middle, size_t count, const char *last)
{
    size_t a = strlen(first), b = strlen(middle), c = strlen(last), length = a + b * count + c;
    char *text = malloc(length + 1), *printed = malloc(4 * length + 64);
    test_scope t;
    pe_formula_set *set;
    pe_diag diag = {0};
    uint32_t shape, again;
    assert_non_null(text);
    assert_non_null(printed);
    memcpy(text, first, a);
    for (size_t i = 0; i < count; i++) memcpy(text + a + i * b, middle, b);
    memcpy(text + a + b * count, last, c);
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    pe_status status = pe_formula_set_add(set, text, length, home, &shape, &diag);
    if (status == PE_OK) {
        const pe_node *root = pe_formula_set_get(set, shape)->root;
        size_t n = pe_formula_print(root, home, &t.printer, printed, 4 * length + 64);
        assert_int_equal(pe_formula_set_add(set, printed, n, home, &again, &diag), PE_OK);
        assert_true(test_tree_equal(root, pe_formula_set_get(set, again)->root));
    } else {
        assert_true(diag.what[0] != 0);
    }
    pe_formula_set_free(set);
    test_scope_free(&t);
    free(printed);
    free(text);
    return status;
}

static void limits(void **state)
{
    PE_UNUSED(state);
    assert_int_equal(add_repeated("A1", "+A1", 5000, ""), PE_OK);
    assert_int_equal(add_repeated("1", "+1", 20000, ""), PE_E_LIMIT);
    assert_int_equal(add_repeated("1", "%", 5000, ""), PE_OK);
    assert_int_equal(add_repeated("1", "%", 20000, ""), PE_E_LIMIT);
    assert_int_equal(add_repeated("", "-", 250, "1"), PE_OK);
    assert_int_equal(add_repeated("", "-", 60000, "1"), PE_E_LIMIT);
    assert_int_equal(add_repeated("", "(", 60000, "1"), PE_E_LIMIT);
    assert_int_equal(add_repeated("", "SUM(", 10000, "1"), PE_E_LIMIT);
    assert_int_equal(add_repeated("", "1^(", 10000, "1"), PE_E_LIMIT);
    assert_int_equal(add_repeated("LAMBDA(1)", "()", 5000, ""), PE_OK);
    assert_int_equal(add_repeated("LAMBDA(1)", "()", 20000, ""), PE_E_LIMIT);
    assert_int_equal(add_repeated("", "{", 60000, ""), PE_E_SYNTAX);
    assert_int_equal(add_repeated("", "[", 60000, ""), PE_E_SYNTAX);
    assert_int_equal(add_repeated("", "'", 60000, ""), PE_E_SYNTAX);
    assert_int_equal(add_repeated("", "\"", 60000, ""), PE_OK);
    assert_int_equal(add_repeated("A1", ":A1", 5000, ""), PE_OK);
    assert_int_equal(add_repeated("SUM(A1", ",A1", 254, ")"), PE_OK);
    assert_int_equal(add_repeated("SUM(A1", ",A1", 255, ")"), PE_E_SYNTAX);
    assert_int_equal(add_repeated("", "1", 70000, ""), PE_E_LIMIT);
    assert_int_equal(add_repeated("{1", ",1", 30000, "}"), PE_OK);
}

/* Cut at every byte and at every size of the printer's buffer: no harm, and never written beyond.
 */
static void cut(void **state)
{
    static const char text[] =
        "IF(Sheet1:Sheet3!A1,'It''s'!$B2,\"x\"\"\"&Table1[[#All],[A]:[B]])+{1,2}+[1]!n";
    char buffer[sizeof text + 64];
    test_scope t;
    pe_formula_set *set;
    pe_diag diag;
    uint32_t shape;
    PE_UNUSED(state);
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = malloc(n > 0 ? n : 1); /* exact, so that a sanitizer sees a byte too far */
        assert_non_null(copy);
        memcpy(copy, text, n);
        pe_formula_set_add(set, copy, n, home, &shape, &diag);
        free(copy);
    }
    assert_int_equal(pe_formula_set_add(set, text, sizeof text - 1, home, &shape, &diag), PE_OK);
    for (size_t size = 0; size < sizeof buffer; size++) {
        memset(buffer, '~', sizeof buffer);
        size_t n =
            pe_formula_print(pe_formula_set_get(set, shape)->root, home, &t.printer, buffer, size);
        assert_true(size == 0 ? n == 0 : n < size && buffer[n] == 0);
        for (size_t i = size; i < sizeof buffer; i++) assert_int_equal(buffer[i], '~');
    }
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* A formula copied down costs nothing: one shape, and the set's memory stays as it is. */
static void copied_down(void **state)
{
    test_scope t;
    pe_formula_set *set;
    pe_diag diag;
    uint32_t shape;
    char text[96];
    PE_UNUSED(state);
    test_scope_init(&t, false);
    assert_int_equal(pe_formula_set_new(&t.scope, &set, &diag), PE_OK);
    for (unsigned row = 0; row < 50000; row++) {
        int n = snprintf(text, sizeof text, "B%u*(1+$C$1)-SUM(A%u:A%u)/rate", row + 1, row + 1,
                         row + 20);
        assert_int_equal(
            pe_formula_set_add(set, text, (size_t)n, (pe_cell_ref){0, row, 3}, &shape, &diag),
            PE_OK);
        assert_int_equal(shape, 0);
    }
    assert_int_equal(pe_formula_set_count(set), 1);
    pe_formula_set_free(set);
    test_scope_free(&t);
}

/* ---- all ------------------------------------------------------------------------------------- */

#define ROWS(table, check, label)                                                                  \
    for (size_t i = 0; i < PE_COUNT(table); i++) tests[count++] = (struct CMUnitTest)              \
        {                                                                                          \
            table[i].label, check, NULL, NULL, (void *)(uintptr_t)&table[i]                        \
        }

int main(void)
{
    static struct CMUnitTest tests[PE_COUNT(trees) + PE_COUNT(errors) + PE_COUNT(shapes) +
                                   PE_COUNT(flags) + PE_COUNT(references) + PE_COUNT(risks) + 4];
    size_t count = 0;
    ROWS(trees, check_tree, text);
    ROWS(errors, check_error, text);
    ROWS(shapes, check_shape, text1);
    ROWS(flags, check_flags, text);
    ROWS(references, check_reference, text);
    ROWS(risks, check_risk, text);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(areas);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(limits);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(cut);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(copied_down);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
