/* test_workbook.c: the reader, one row per feature: the rows of a sheet in, the cells as text out.
 * The text of a cell is its address, its formula (=, {=} for arrays, [=] for dynamic ones, with
 * @home or block) and its value: a number, "text", TRUE, #N/A, - for blank, ? for none stored; then
 * |format. What is expected is ECMA-376 and what Excel writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "package_build.h"
#include "workbook.h"
#include "workbook_dump.h"

static pe_workbook *read_parts(const char *rows, const package_part *parts, pe_pool *pool)
{
    size_t length;
    unsigned char *bytes = package_build(rows, parts, &length);
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    pe_status status = pe_workbook_read_bytes(bytes, length, NULL, pool, NULL, &w, &diag);
    free(bytes);
    if (status != PE_OK) print_message("%s: %s\n", diag.where, diag.what);
    assert_int_equal(status, PE_OK);
    return w;
}

/* ---- cells
 * -------------------------------------------------------------------------------------------- */

typedef struct cell_row {
    const char *name, *rows, *expected;
} cell_row;

#define R1(cells) "<row r=\"1\">" cells "</row>"

static cell_row cell_rows[] = {
    {"numbers",
     R1("<c r=\"A1\"><v>1.5</v></c><c r=\"B1\" t=\"n\"><v>-2E-3</v></c><c r=\"C1\"><v> 7 "
        "</v></c>"
        "<c r=\"D1\"><v>0.1</v></c><c r=\"E1\"><v>-0</v></c>"),
     "A1 1.5; B1 -0.002; C1 7; D1 0.1; E1 0"},
    {"number_out_of_range", R1("<c r=\"A1\"><v>1e999</v></c>"), "A1 #NUM!"},
    {"shared_text",
     R1("<c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\" "
        "t=\"s\"><v>4</v></c>"),
     "A1 \"zero\"; B1 \"rich text\"; C1 \"\""},
    {"escapes",
     R1("<c r=\"A1\" t=\"s\"><v>2</v></c><c r=\"B1\" t=\"s\"><v>3</v></c>"
        "<c r=\"C1\" t=\"str\"><v>_x0041__xD83D__xDE00__x12_</v></c>"),
     "A1 \" a\vb_x000B_ \"; B1 \"<\xC3\xA4>\n\"; C1 \"A\xF0\x9F\x98\x80_x12_\""},
    {"inline_text",
     R1("<c r=\"A1\" t=\"inlineStr\"><is><t>in</t></is></c><c r=\"B1\" "
        "t=\"inlineStr\"><is><r><t>a</t></r>"
        "<r><rPr><b/></rPr><t>b</t></r><rPh sb=\"0\" eb=\"1\"><t>x</t></rPh></is></c>"),
     "A1 \"in\"; B1 \"ab\""},
    {"booleans_and_errors",
     R1("<c r=\"A1\" t=\"b\"><v>1</v></c><c r=\"B1\" t=\"b\"><v>0</v></c>"
        "<c r=\"C1\" t=\"e\"><v>#N/A</v></c><c r=\"D1\" t=\"e\"><v>#DIV/0!</v></c>"
        "<c r=\"E1\" t=\"e\"><v>Err:502</v></c>"),
     "A1 TRUE; B1 FALSE; C1 #N/A; D1 #DIV/0!; E1 #UNKNOWN!"},
    {"iso_dates",
     R1("<c r=\"A1\" t=\"d\"><v>2024-02-29</v></c><c r=\"B1\" "
        "t=\"d\"><v>1900-01-01T12:00:00</v></c>"
        "<c r=\"C1\" t=\"d\"><v>1900-03-01</v></c><c r=\"D1\" t=\"d\"><v>18:00:00</v></c>"),
     "A1 45351; B1 1.5; C1 61; D1 0.75"},
    {"blanks", R1("<c r=\"A1\"/><c r=\"B1\" s=\"1\"/><c r=\"C1\" t=\"s\"/><c r=\"D1\"><v></v></c>"),
     "B1 -|0.00%"},
    {"formats",
     R1("<c r=\"A1\" s=\"0\"><v>1</v></c><c r=\"B1\" s=\"1\"><v>1</v></c><c r=\"C1\" "
        "s=\"2\"><v>1</v></c>"
        "<c r=\"D1\" s=\"3\"><v>1</v></c><c r=\"E1\" s=\"99\"><v>1</v></c>"),
     "A1 1; B1 1|0.00%; C1 1|0.0\"x\"; D1 1|m/d/yyyy; E1 1"},
    {"formulas",
     R1("<c r=\"A1\"><f>1+2</f><v>3</v></c><c r=\"B1\" "
        "t=\"str\"><f>\"a\"&amp;\"b\"</f><v>ab</v></c>"
        "<c r=\"C1\"><f>A1</f></c><c r=\"D1\" t=\"str\"><f>\"\"</f><v></v></c><c "
        "r=\"E1\"><f>B9</f><v></v></c>"
        "<c r=\"F1\" t=\"b\"><f ca=\"1\">RAND()&lt;1</f><v>1</v></c><c "
        "r=\"G1\"><f>=2*2</f><v>4</v></c>"),
     "A1 =1+2 3; B1 =\"a\"&\"b\" \"ab\"; C1 =A1 ?; D1 =\"\" \"\"; E1 =B9 ?; F1 =RAND()<1 TRUE; "
     "G1 =2*2 4"},
    {"empty_formula", R1("<c r=\"A1\"><f ca=\"1\"/><v>3</v></c><c r=\"B1\"><f></f><v>4</v></c>"),
     "A1 3; B1 4"},
    {"shared_formula",
     R1("<c r=\"A1\"><f t=\"shared\" ref=\"A1:A3\" si=\"0\">B1*2</f><v>2</v></c>") "<row "
                                                                                   "r=\"2\"><c "
                                                                                   "r=\"A2\"><"
                                                                                   "f "
                                                                                   "t="
                                                                                   "\"shared\" "
                                                                                   "si=\"0\"/"
                                                                                   "><v>4</v></"
                                                                                   "c></row>"
                                                                                   "<row "
                                                                                   "r=\"3\"><c "
                                                                                   "r=\"A3\"><"
                                                                                   "f "
                                                                                   "t="
                                                                                   "\"shared\" "
                                                                                   "si=\"0\"></"
                                                                                   "f><v>6</"
                                                                                   "v></c></"
                                                                                   "row>",
     "A1 =B1*2 2; A2 =B1*2@A1 4; A3 =B1*2@A1 6"},
    {"shared_before_master",
     R1("<c r=\"A1\"><f t=\"shared\" si=\"7\"/><v>1</v></c>"
        "<c r=\"B1\"><f t=\"shared\" ref=\"A1:B1\" si=\"7\">C1</f><v>1</v></c>"),
     "A1 =C1@B1 1; B1 =C1 1"},
    {"shared_written_anew",
     R1("<c r=\"A1\"><f t=\"shared\" ref=\"A1:A2\" si=\"0\">B1</f><v>1</v></c>"
        "<c r=\"C1\"><f t=\"shared\" ref=\"C1:C2\" si=\"0\">D1</f><v>1</v></c>") "<row "
                                                                                 "r=\"2\"><c "
                                                                                 "r=\"C2\"><f "
                                                                                 "t=\"shared\" "
                                                                                 "si=\"0\"/"
                                                                                 "><v>4</v></"
                                                                                 "c></row>",
     "A1 =B1 1; C1 =D1 1; C2 =D1@C1 4"},
    {"shared_child_with_text",
     R1("<c r=\"A1\"><f t=\"shared\" ref=\"A1:B1\" si=\"0\">C1</f><v>1</v></c>"
        "<c r=\"B1\"><f t=\"shared\" si=\"0\">Z9</f><v>1</v></c>"),
     "A1 =C1 1; B1 =Z9 1"},
    {"array",
     R1("<c r=\"A1\"><f t=\"array\" ref=\"A1:B2\">C1:D2*2</f><v>2</v></c><c "
        "r=\"B1\"><v>4</v></c>") "<row r=\"2\"><c r=\"A2\"><v>6</v></c></row>",
     "A1 {=C1:D2*2}A1:B2 2; B1 4; A2 6; B2 ?"},
    {"array_of_one_cell",
     R1("<c r=\"A1\" cm=\"1\"><f t=\"array\" ref=\"A1\">SUM(B:B*2)</f><v>2</v></c>"),
     "A1 {=SUM(B:B*2)}A1:A1 2"},
    {"dynamic_array",
     R1("<c r=\"B1\" cm=\"2\"><f t=\"array\" aca=\"1\" ref=\"B1:B3\" "
        "ca=\"1\">_xlfn.SEQUENCE(3)</f><v>1</v></c>") "<row r=\"2\"><c r=\"B2\"><f "
                                                      "ca=\"1\"/><v>2</v></c></row><row "
                                                      "r=\"3\"><c r=\"B3\"><v>3</v></c></row>",
     "B1 [=_xlfn.SEQUENCE(3)]B1:B3 1; B2 2; B3 3"},
    {"data_table_two_inputs",
     R1("<c r=\"A1\"><v>0</v></c>") "<row r=\"2\"><c r=\"B2\"><f t=\"dataTable\" ref=\"B2:C3\" "
                                    "dt2D=\"1\" dtr=\"1\" r1=\"F1\" r2=\"F2\"/>"
                                    "<v>1</v></c><c r=\"C2\"><v>2</v></c></row><row r=\"3\"><c "
                                    "r=\"B3\"><v>3</v></c></row>",
     "A1 0; B2 TABLE(F1,F2)B2:C3 1; C2 TABLE(F1,F2)B2:C3 2; B3 TABLE(F1,F2)B2:C3 3; C3 "
     "TABLE(F1,F2)B2:C3 ?"},
    {"data_table_column",
     "<row r=\"2\"><c r=\"B2\"><f t=\"dataTable\" ref=\"B2:B3\" dt2D=\"0\" dtr=\"0\" r1=\"H6\" "
     "ca=\"1\"/><v>1</v></c>"
     "</row><row r=\"3\"><c r=\"B3\"><v>3</v></c></row>",
     "B2 TABLE(column H6)B2:B3 1; B3 TABLE(column H6)B2:B3 3"},
    {"data_table_row_deleted",
     "<row r=\"2\"><c r=\"B2\"><f t=\"dataTable\" ref=\"B2:C2\" dtr=\"1\" r1=\"H6\" "
     "del1=\"1\"/><v>1</v></c>"
     "<c r=\"C2\"><v>3</v></c></row>",
     "B2 TABLE(row deleted)B2:C2 1; C2 TABLE(row deleted)B2:C2 3"},
    {"calc_data_table",
     R1("<c r=\"B1\"><f aca=\"false\">E1*10</f><v>20</v></c>") "<row r=\"2\"><c "
                                                               "r=\"A2\"><v>5</v></c><c "
                                                               "r=\"B2\"><f "
                                                               "aca=\"false\">TABLE(B$1,$E$1,$"
                                                               "A2)</f><v>50</v></c></row>"
                                                               "<row r=\"3\"><c "
                                                               "r=\"A3\"><v>6</v></c><c "
                                                               "r=\"B3\"><f>MULTIPLE."
                                                               "OPERATIONS(B$1,$E$1,$A3)</"
                                                               "f><v>60</v></c></row>"
                                                               "<row r=\"4\"><c "
                                                               "r=\"D4\"><f>B2</f><v>50</v></"
                                                               "c></row>",
     "B1 =E1*10 20; A2 5; B2 TABLE(column E1)B2:B3 50; A3 6; B3 TABLE(column E1)B2:B3 60; D4 "
     "=B2 50"},
    {"calc_data_table_two_inputs",
     R1("<c r=\"A1\"><f>E1+F1</f><v>0</v></c>") "<row r=\"2\"><c "
                                                "r=\"B2\"><f>TABLE($A$1,$E$1,$A2,$F$1,B$1)</"
                                                "f><v>1</v></c>"
                                                "<c "
                                                "r=\"C2\"><f>TABLE($A$1,$E$1,$A2,$F$1,C$1)</"
                                                "f><v>2</v></c></row>",
     "A1 =E1+F1 0; B2 TABLE(F1,E1)B2:C2 1; C2 TABLE(F1,E1)B2:C2 2"},
    {"calc_multiple_operations_elsewhere",
     R1("<c r=\"A1\"><f>TABLE($Z$9,$E$1,$H$5)</f><v>0</v></c>"),
     "A1 TABLE(column E1 of Z9 by H5)A1:A1 0"},
    {"implied_positions",
     "<row><c><v>1</v></c><c><v>2</v></c></row><row r=\"5\"><c "
     "r=\"C5\"><v>3</v></c><c><v>4</v></c></row>"
     "<row><c><v>5</v></c></row>",
     "A1 1; B1 2; C5 3; D5 4; A6 5"},
    {"out_of_order",
     "<row r=\"3\"><c r=\"B3\"><f>X1</f><v>1</v></c><c r=\"A3\"><v>2</v></c></row>" R1(
         "<c r=\"A1\"><v>3</v></c>"),
     "A1 3; A3 2; B3 =X1 1"},
    {"written_twice",
     R1("<c r=\"A1\"><f>X1</f><v>1</v></c><c r=\"A1\"><v>2</v></c><c "
        "r=\"B1\"><f>Y1</f><v>3</v></c>"),
     "A1 2; B1 =Y1 3"},
    {"corner", "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", "XFD1048576 1"},
    {"strange_elements",
     "<!-- c --><row r=\"1\" spans=\"1:2\"><extLst><ext><c r=\"Z9\"><v>9</v></c></ext></extLst>"
     "<c r=\"A1\"><v>1</v><extLst><ext><f>no</f><v>8</v></ext></extLst></c></row>",
     "A1 1"},
    {"cdata_and_entities", R1("<c r=\"A1\"><f><![CDATA[1<2]]>&amp;\"&#228;\"</f><v>3</v></c>"),
     "A1 =1<2&\"\xC3\xA4\" 3"},
    {"long_text_in_pieces", R1("<c r=\"A1\" t=\"str\"><v>a&amp;b&lt;c&gt;d&#13;e</v></c>"),
     "A1 \"a&b<c>d\re\""},
};

static void reads_cells(void **state)
{
    const cell_row *row = *state;
    pe_workbook *w = read_parts(row->rows, NULL, NULL);
    char text[4096];
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, row->expected);
    pe_workbook_free(w);
}

/* ---- whole packages
 * ----------------------------------------------------------------------------------- */

#define NS                                                                                         \
    "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" "                         \
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""
#define REL(id, type, target)                                                                      \
    "<Relationship Id=\"" id "\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"    \
    "relationships/" type "\" Target=\"" target "\"/>"
#define RELS(items)                                                                                \
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" items \
    "</Relationships>"
#define BOOK(items) "<workbook " NS ">" items "</workbook>"
#define SHEET(items) "<worksheet " NS ">" items "</worksheet>"
#define ONE_SHEET "<sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"

static void reads_settings(void **state)
{
    PE_UNUSED(state);
    const package_part parts[] = {
        {"xl/workbook.xml",
         BOOK("<workbookPr date1904=\"1\"/>" ONE_SHEET
              "<definedNames><definedName name=\"rate\">Sheet1!$A$1</definedName>"
              "<definedName name=\"rate\" localSheetId=\"0\" hidden=\"1\">0.5</definedName>"
              "<definedName name=\"Macro\" function=\"1\" vbProcedure=\"1\">#REF!</definedName>"
              "<definedName name=\"lost\" localSheetId=\"9\">1</definedName></definedNames>"
              "<calcPr calcId=\"191029\" calcMode=\"manual\" iterate=\"1\" iterateCount=\"7\" "
              "iterateDelta=\"1E-4\" "
              "fullPrecision=\"0\" fullCalcOnLoad=\"1\"/>"),
         0},
        {NULL, NULL, 0}};
    pe_workbook *w = read_parts(R1("<c r=\"A1\" t=\"d\"><v>1904-01-02</v></c>"), parts, NULL);
    assert_true(w->date1904 && w->manual && w->iterate && w->precision_as_displayed &&
                w->calc_on_load);
    assert_int_equal(w->iterate_count, 7);
    assert_true(w->iterate_delta == 1e-4);
    assert_true(pe_as_number(w->cells[0].stored) == 1.0);
    assert_int_equal(w->name_count, 3);
    assert_string_equal(w->names[0].text, "Sheet1!$A$1");
    assert_int_equal(w->names[0].sheet, PE_SCOPE_WORKBOOK);
    assert_true(w->names[1].hidden && w->names[1].sheet == 0 && w->names[1].text_length == 3);
    assert_true(w->names[2].is_macro && !w->names[0].is_macro);
    assert_int_equal(w->warning_count, 1);
    assert_string_equal(w->application, "Microsoft Excel");
    assert_string_equal(w->app_version, "16.0300");
    assert_false(w->has_macros);
    pe_workbook_free(w);
}

static void has_defaults_without_optional_parts(void **state)
{
    PE_UNUSED(state);
    const package_part parts[] = {
        {"xl/styles.xml", NULL, 0},       {"xl/metadata.xml", NULL, 0},
        {"docProps/app.xml", NULL, 0},    {"xl/sharedStrings.xml", NULL, 0},
        {"[Content_Types].xml", NULL, 0}, {NULL, NULL, 0}};
    pe_workbook *w = read_parts(R1("<c r=\"A1\" s=\"3\"><v>1</v></c>"), parts, NULL);
    assert_int_equal(w->iterate_count, 100);
    assert_true(w->iterate_delta == 0.001);
    assert_false(w->iterate || w->date1904 || w->manual || w->precision_as_displayed ||
                 w->calc_on_load);
    assert_string_equal(w->application, "");
    assert_string_equal(w->formats[0], "General");
    assert_int_equal(w->format_count, 1);
    pe_workbook_free(w);
}

static void reads_sheets_in_order_with_their_tables(void **state)
{
    PE_UNUSED(state);
    const package_part parts[] = {
        {"xl/workbook.xml",
         BOOK("<sheets><sheet name=\"First\" sheetId=\"5\" r:id=\"rId9\"/><sheet name=\"Chart\" "
              "sheetId=\"2\" r:id=\"rId7\" "
              "state=\"hidden\"/><sheet name=\"It&apos;s\" sheetId=\"1\" r:id=\"rId1\" "
              "state=\"veryHidden\"/></sheets>"),
         0},
        {"xl/_rels/workbook.xml.rels",
         RELS(REL("rId1", "worksheet", "/xl/worksheets/sheet1.xml")
                  REL("rId7", "chartsheet", "chartsheets/c.xml")
                      REL("rId9", "worksheet",
                          "../other/data.xml") "<Relationship Id=\"rId3\" "
                                               "Type=\"http://schemas.microsoft.com/office/2006/"
                                               "relationships/vbaProject\" "
                                               "Target=\"vbaProject.bin\"/>"),
         0},
        {"other/data.xml",
         SHEET("<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"2\" hidden=\"1\"><c "
               "r=\"A2\"><v>2</v></c></row>"
               "<row r=\"9\" hidden=\"true\"/></sheetData><autoFilter ref=\"A1:B4\"><filterColumn "
               "colId=\"0\"/></autoFilter>"),
         0},
        {"other/_rels/data.xml.rels",
         RELS(REL("rId1", "table", "../xl/tables/t.xml") REL("rId2", "drawing", "x.xml")), 0},
        {"xl/tables/t.xml",
         "<table " NS " id=\"1\" name=\"n\" displayName=\"Sales\" ref=\"A1:B4\" "
         "totalsRowCount=\"1\"><tableColumns count=\"2\">"
         "<tableColumn id=\"1\" name=\"Key\"/><tableColumn id=\"2\" "
         "name=\"Two_x000a_lines\"/></tableColumns></table>",
         0},
        {NULL, NULL, 0}};
    pe_pool *pool;
    assert_int_equal(pe_pool_new(3, &pool, NULL), PE_OK);
    pe_workbook *w = read_parts(R1("<c r=\"B1\"><v>3</v></c>"), parts, pool);
    pe_pool_free(pool);
    char text[256];
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, "A1 1; A2 2; It's!B1 3");
    assert_int_equal(w->sheet_count, 3);
    assert_true(w->sheets[1].is_chart && w->sheets[1].visibility == PE_HIDDEN);
    assert_int_equal(w->sheets[2].visibility, PE_VERY_HIDDEN);
    assert_true(w->has_macros);
    assert_int_equal(w->table_count, 1);
    const pe_table *t = &w->tables[0];
    assert_string_equal(t->name, "Sales");
    assert_string_equal(t->columns[1], "Two\nlines");
    assert_int_equal(t->header_rows, 1);
    assert_int_equal(t->totals_rows, 1);
    assert_int_equal(t->area.row_last, 3);
    assert_int_equal(t->area.sheet_first, 0);
    bool filtered;
    assert_true(pe_workbook_row_hidden(w, 0, 1, &filtered) && filtered);
    assert_true(pe_workbook_row_hidden(w, 0, 8, &filtered) && filtered);
    assert_false(pe_workbook_row_hidden(w, 0, 0, &filtered));
    pe_workbook_free(w);
}

static void reads_what_links_cache(void **state)
{
    PE_UNUSED(state);
    const package_part parts[] = {
        {"xl/workbook.xml",
         BOOK(ONE_SHEET "<externalReferences><externalReference r:id=\"rId5\"/><externalReference "
                        "r:id=\"rId6\"/>"
                        "<externalReference r:id=\"rId99\"/></externalReferences>"),
         0},
        {"xl/_rels/workbook.xml.rels",
         RELS(REL("rId1", "worksheet", "worksheets/sheet1.xml")
                  REL("rId5", "externalLink", "externalLinks/e1.xml")
                      REL("rId6", "externalLink", "externalLinks/e2.xml")),
         0},
        {"xl/externalLinks/e1.xml",
         "<externalLink " NS "><externalBook r:id=\"rId1\"><sheetNames><sheetName "
         "val=\"A\"/><sheetName val=\"B b\"/></sheetNames>"
         "<definedNames><definedName name=\"tax\" refersTo=\"='B "
         "b'!$C$2\"/></definedNames><sheetDataSet>"
         "<sheetData sheetId=\"1\"><row r=\"2\"><cell r=\"C2\"><v>4.5</v></cell><cell r=\"A2\" "
         "t=\"str\"><v>x</v></cell></row>"
         "<row r=\"1\"><cell r=\"A1\" t=\"b\"><v>1</v></cell><cell r=\"B1\" "
         "t=\"e\"><v>#REF!</v></cell></row></sheetData>"
         "<sheetData sheetId=\"0\" "
         "refreshError=\"1\"/></sheetDataSet></externalBook></externalLink>",
         0},
        {"xl/externalLinks/_rels/e1.xml.rels",
         RELS("<Relationship Id=\"rId1\" "
              "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
              "relationships/externalLinkPath\" Target=\"file:///C:\\b.xlsx\" "
              "TargetMode=\"External\"/>"),
         0},
        {"xl/externalLinks/e2.xml",
         "<externalLink " NS "><ddeLink ddeService=\"Excel\" ddeTopic=\"t\"><ddeItems><ddeItem "
         "name=\"R1C1\"><values rows=\"1\" cols=\"2\">"
         "<value><val>1</val></value><value "
         "t=\"str\"><val>y</val></value></values></ddeItem></ddeItems></ddeLink></externalLink>",
         0},
        {NULL, NULL, 0}};
    pe_workbook *w = read_parts(R1("<c r=\"A1\"><f>[1]!tax</f><v>4.5</v></c>"), parts, NULL);
    assert_int_equal(w->external_count, 3);
    const pe_external *e = &w->externals[0];
    assert_string_equal(e->target, "file:///C:\\b.xlsx");
    assert_int_equal(e->sheet_count, 2);
    assert_string_equal(e->sheets[1], "B b");
    assert_string_equal(e->names[0], "tax");
    assert_string_equal(e->name_texts[0], "'B b'!$C$2");
    pe_value v;
    assert_true(pe_external_cell(e, 1, 1, 2, &v) && pe_as_number(v) == 4.5);
    assert_true(pe_external_cell(e, 1, 1, 0, &v) && strcmp(pe_as_text(v)->bytes, "x") == 0);
    assert_true(pe_external_cell(e, 1, 0, 0, &v) && pe_is(v, PE_KIND_BOOLEAN));
    assert_true(pe_external_cell(e, 1, 0, 1, &v) && pe_as_error(v) == PE_ERROR_REF);
    assert_true(pe_external_cell(e, 0, 0, 0, &v) && pe_is(v, PE_KIND_BLANK));
    assert_false(pe_external_cell(e, 2, 0, 0, &v));
    assert_true(w->externals[1].is_dde);
    assert_string_equal(w->externals[1].target, "Excel|t");
    assert_true(pe_external_cell(&w->externals[1], 0, 0, 1, &v) &&
                strcmp(pe_as_text(v)->bytes, "y") == 0);
    assert_string_equal(w->externals[2].target, "");
    assert_false(pe_external_cell(&w->externals[2], 0, 0, 0, &v));
    pe_workbook_free(w);
}

/* Strict OOXML: other namespaces and relationship types, prefixes on every element. */
static void reads_strict_and_prefixed(void **state)
{
    PE_UNUSED(state);
#define STRICT "http://purl.oclc.org/ooxml/officeDocument/relationships"
    const package_part parts[] = {
        {"_rels/.rels",
         RELS("<Relationship Id=\"a\" Type=\"" STRICT
              "/officeDocument\" Target=\"/xl/workbook.xml\"/>"),
         0},
        {"xl/workbook.xml",
         "<x:workbook xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\" xmlns:q=\"" STRICT
         "\" conformance=\"strict\">"
         "<x:workbookPr dateCompatibility=\"0\"/><x:sheets><x:sheet name=\"S\" sheetId=\"1\" "
         "q:id=\"b\"/></x:sheets></x:workbook>",
         0},
        {"xl/_rels/workbook.xml.rels",
         RELS("<Relationship Id=\"b\" Type=\"" STRICT
              "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
              "<Relationship Id=\"c\" Type=\"" STRICT
              "/sharedStrings\" Target=\"sharedStrings.xml\"/>"),
         0},
        {"xl/worksheets/sheet1.xml",
         "<x:worksheet "
         "xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\"><x:sheetData><x:row "
         "r=\"1\"><x:c r=\"A1\" t=\"s\">"
         "<x:v>0</x:v></x:c><x:c "
         "r=\"B1\"><x:f>A1</x:f><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>",
         0},
        {NULL, NULL, 0}};
    pe_workbook *w = read_parts(NULL, parts, NULL);
    char text[256];
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, "A1 \"zero\"; B1 =A1 1");
    pe_workbook_free(w);
}

static void reads_utf16(void **state)
{
    PE_UNUSED(state);
    const char *plain = "<?xml version=\"1.0\" "
                        "encoding=\"UTF-16\"?><worksheet><sheetData><row><c><v>5</v></c></row></"
                        "sheetData></worksheet>";
    char wide[512] = "\xFF\xFE";
    size_t length = strlen(plain);
    for (size_t i = 0; i < length; i++) {
        wide[2 + 2 * i] = plain[i];
        wide[3 + 2 * i] = 0;
    }
    const package_part parts[] = {{"xl/worksheets/sheet1.xml", wide, 2 + 2 * length},
                                  {NULL, NULL, 0}};
    pe_workbook *w = read_parts(NULL, parts, NULL);
    assert_int_equal(w->cell_count, 1);
    pe_workbook_free(w);
}

/* #SPILL! and #CALC! are saved as #VALUE! with a rich value beside; a rich value that is none stays
 * #VALUE!. */
static void reads_newer_errors(void **state)
{
    PE_UNUSED(state);
#define RICH "http://schemas.microsoft.com/office/2017/06/relationships/"
    const package_part parts[] = {
        {"xl/_rels/workbook.xml.rels",
         RELS(REL("rId1", "worksheet", "worksheets/sheet1.xml") REL(
             "rId4", "sheetMetadata",
             "metadata.xml") "<Relationship Id=\"a\" Type=\"" RICH
                             "rdRichValue\" Target=\"richData/rdrichvalue.xml\"/>"
                             "<Relationship Id=\"b\" Type=\"" RICH "rdRichValueStructure\" "
                             "Target=\"richData/rdrichvaluestructure.xml\"/>"),
         0},
        {"xl/metadata.xml",
         "<metadata><metadataTypes><metadataType name=\"XLRICHVALUE\"/></metadataTypes>"
         "<futureMetadata name=\"XLRICHVALUE\"><bk><extLst><ext><rvb "
         "i=\"1\"/></ext></extLst></bk><bk><extLst><ext><rvb i=\"0\"/></ext></extLst></bk>"
         "<bk><extLst><ext><rvb i=\"2\"/></ext></extLst></bk></futureMetadata>"
         "<valueMetadata><bk><rc t=\"1\" v=\"0\"/></bk><bk><rc t=\"1\" v=\"1\"/></bk><bk><rc "
         "t=\"1\" v=\"2\"/></bk></valueMetadata></metadata>",
         0},
        {"xl/richData/rdrichvaluestructure.xml",
         "<rvStructures><s t=\"_error\"><k n=\"colOffset\" t=\"i\"/><k n=\"errorType\" "
         "t=\"i\"/></s>"
         "<s t=\"_hyperlink\"><k n=\"errorType\"/></s></rvStructures>",
         0},
        {"xl/richData/rdrichvalue.xml",
         "<rvData><rv s=\"0\"><v>1</v><v>8</v></rv><rv s=\"0\"><v>0</v><v>13</v></rv><rv "
         "s=\"1\"><v>8</v></rv></rvData>",
         0},
        {NULL, NULL, 0}};
    pe_workbook *w = read_parts(R1("<c r=\"A1\" t=\"e\" vm=\"1\"><v>#VALUE!</v></c><c r=\"B1\" "
                                   "t=\"e\" vm=\"2\"><v>#VALUE!</v></c>"
                                   "<c r=\"C1\" t=\"e\" vm=\"3\"><v>#VALUE!</v></c><c r=\"D1\" "
                                   "t=\"e\" vm=\"9\"><v>#VALUE!</v></c>"
                                   "<c r=\"E1\" t=\"e\"><v>#VALUE!</v></c>"),
                                parts, NULL);
    char text[256];
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, "A1 #CALC!; B1 #SPILL!; C1 #VALUE!; D1 #VALUE!; E1 #VALUE!");
    pe_workbook_free(w);
}

/* A zip64 archive: sizes and offsets in extra fields, a zip64 end record. Stored, made by hand. */
static size_t put_bytes(unsigned char *out, size_t at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) out[at++] = (unsigned char)(value >> (8 * i));
    return at;
}

static uint32_t crc_of(const char *text, size_t length)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)text[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static size_t put_header(unsigned char *out, size_t at, const package_part *part, bool central,
                         uint64_t offset)
{
    size_t length = strlen(part->text), name = strlen(part->name);
    at = put_bytes(out, at, central ? 0x02014B50 : 0x04034B50, 4);
    if (central) at = put_bytes(out, at, 45, 2);
    at = put_bytes(out, at, 45, 2);
    at = put_bytes(out, at, 0, 4); /* flags, method: stored */
    at = put_bytes(out, at, 0x00210000, 4);
    at = put_bytes(out, at, crc_of(part->text, length), 4);
    at = put_bytes(out, at, 0xFFFFFFFFFFFFFFFFu, 8);
    at = put_bytes(out, at, name, 2);
    at = put_bytes(out, at, central ? 28 : 20, 2);
    if (central) at = put_bytes(out, put_bytes(out, at, 0, 8), 0, 2);
    if (central) at = put_bytes(out, at, 0xFFFFFFFFu, 4);
    memcpy(out + at, part->name, name);
    at = put_bytes(out, at + name, 1, 2);
    at = put_bytes(out, at, central ? 24 : 16, 2);
    at = put_bytes(out, put_bytes(out, at, length, 8), length, 8);
    return central ? put_bytes(out, at, offset, 8) : at;
}

static void reads_zip64(void **state)
{
    PE_UNUSED(state);
    static const package_part parts[] = {
        {"_rels/.rels", RELS(REL("a", "officeDocument", "xl/workbook.xml")), 0},
        {"xl/workbook.xml", BOOK(ONE_SHEET), 0},
        {"xl/_rels/workbook.xml.rels", RELS(REL("rId1", "worksheet", "sheet1.xml")), 0},
        {"xl/sheet1.xml", SHEET("<sheetData><row><c><v>64</v></c></row></sheetData>"), 0}};
    static unsigned char out[8192];
    uint64_t offsets[PE_COUNT(parts)];
    size_t at = 0;
    for (size_t i = 0; i < PE_COUNT(parts); i++) {
        offsets[i] = at;
        at = put_header(out, at, &parts[i], false, 0);
        memcpy(out + at, parts[i].text, strlen(parts[i].text));
        at += strlen(parts[i].text);
    }
    size_t directory = at;
    for (size_t i = 0; i < PE_COUNT(parts); i++)
        at = put_header(out, at, &parts[i], true, offsets[i]);
    size_t end = at, count = PE_COUNT(parts);
    at = put_bytes(out, put_bytes(out, at, 0x06064B50, 4), 44, 8); /* zip64 end of directory */
    at = put_bytes(out, put_bytes(out, at, 45 | 45 << 16, 4), 0, 8);
    at = put_bytes(out, put_bytes(out, at, count, 8), count, 8);
    at = put_bytes(out, put_bytes(out, at, end - directory, 8), directory, 8);
    at = put_bytes(out, put_bytes(out, at, 0x07064B50, 4), 0, 4); /* its locator */
    at = put_bytes(out, put_bytes(out, at, end, 8), 1, 4);
    at = put_bytes(out, put_bytes(out, at, 0x06054B50, 4), 0, 4); /* the old end */
    at = put_bytes(out, put_bytes(out, at, 0xFFFFFFFF, 4), 0xFFFFFFFFFFFFFFFFu, 8);
    at = put_bytes(out, at, 0, 2);
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    if (pe_workbook_read_bytes(out, at, NULL, NULL, NULL, &w, &diag) != PE_OK)
        fail_msg("%s: %s", diag.where, diag.what);
    assert_true(w->cell_count == 1 && pe_as_number(w->cells[0].stored) == 64.0);
    pe_workbook_free(w);
}

static void hashes_the_file(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build(NULL, NULL, &length);
    pe_workbook *w = NULL;
    assert_int_equal(pe_workbook_read_bytes(bytes, length, NULL, NULL, NULL, &w, NULL), PE_OK);
    pe_sha256 sha;
    uint8_t digest[32];
    pe_sha256_init(&sha);
    pe_sha256_update(&sha, bytes, length);
    pe_sha256_final(&sha, digest);
    assert_memory_equal(w->sha256, digest, 32);
    assert_int_equal(w->file_bytes, length);
    pe_workbook_free(w);
    free(bytes);
}

/* Many chunks, each cell's formula and text where they belong, with one thread and with three. */
static void reads_many_cells(void **state)
{
    PE_UNUSED(state);
    enum { ROWS = 30000 };
    char *rows = malloc(ROWS * 160);
    assert_non_null(rows);
    size_t at = 0;
    for (int i = 1; i <= ROWS; i++)
        at += (size_t)snprintf(rows + at, 160,
                               "<row r=\"%d\"><c r=\"A%d\"><f>B%d+1</f><v>%d</v></c><c r=\"C%d\" "
                               "t=\"s\"><v>%d</v></c></row>",
                               i, i, i, i, i, i % 2);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        pe_pool *pool;
        assert_int_equal(pe_pool_new(threads, &pool, NULL), PE_OK);
        pe_workbook *w = read_parts(rows, NULL, pool);
        pe_pool_free(pool);
        assert_int_equal(w->cell_count, 2 * ROWS);
        assert_int_equal(w->formula_count, ROWS);
        for (uint32_t i = 0; i < ROWS; i++) {
            const pe_cell *c = &w->cells[2 * i];
            char text[32];
            snprintf(text, sizeof text, "B%u+1", i + 1);
            assert_string_equal(w->formulas[c->formula].text, text);
            assert_true(pe_as_number(c->stored) == i + 1.0);
            assert_ptr_equal(pe_as_text(c[1].stored),
                             pe_as_text(w->cells[2 * (i % 2) + 1].stored)); /* shared */
        }
        pe_workbook_free(w);
    }
    free(rows);
}

/* ---- data tables of a workbook that is open in Calc
 * ---------------------------------------------------- */

static void live_multiple_operations(void **state)
{
    PE_UNUSED(state);
    pe_workbook_builder *b = pe_builder_new();
    pe_workbook *w = NULL;
    char text[1000];
    pe_builder_settings settings = {.dialect = PE_DIALECT_CALC, .semantics = PE_SEMANTICS_CALC};
    assert_int_equal(pe_builder_configure(b, &settings, NULL), PE_OK);
    uint32_t s = pe_builder_sheet(b, "S");
    pe_builder_sheet(b, "My model");
    pe_builder_formula(b, s, "B1", "=$'My model'.B3", pe_number(31));
    pe_builder_formula(b, s, "B2", "=MULTIPLE.OPERATIONS(B$1;$'My model'.$B$1;$A2)", pe_number(1));
    pe_builder_formula(b, s, "B3", "=TABLE(B$1;$'My model'.$B$1;$A3)", pe_number(2));
    pe_builder_formula(b, s, "D9", "=MULTIPLE.OPERATIONS($S.B1;A2;A3)", pe_number(3));
    pe_builder_formula(b, s, "E9", "=MULTIPLE.OPERATIONS(B1;A2;A3)*2", pe_number(4));
    assert_int_equal(pe_builder_build(b, &w, NULL), PE_OK);
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, "B1 =$'My model'.B3 31; B2 TABLE(column B1)B2:B3 1; "
                              "B3 TABLE(column B1)B2:B3 2; D9 TABLE(column A2 of B1 by A3)D9:D9 3; "
                              "E9 =MULTIPLE.OPERATIONS(B1;A2;A3)*2 4");
    assert_int_equal(w->formulas[w->cells[1].formula].input1.sheet, 1);
    pe_workbook_free(w);
    pe_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest packages[] = {
        cmocka_unit_test(live_multiple_operations),
        cmocka_unit_test(reads_settings),
        cmocka_unit_test(has_defaults_without_optional_parts),
        cmocka_unit_test(reads_sheets_in_order_with_their_tables),
        cmocka_unit_test(reads_what_links_cache),
        cmocka_unit_test(reads_strict_and_prefixed),
        cmocka_unit_test(reads_utf16),
        cmocka_unit_test(reads_newer_errors),
        cmocka_unit_test(reads_zip64),
        cmocka_unit_test(hashes_the_file),
        cmocka_unit_test(reads_many_cells),
    };
    struct CMUnitTest cells[PE_COUNT(cell_rows)];
    for (size_t i = 0; i < PE_COUNT(cell_rows); i++)
        cells[i] = (struct CMUnitTest){cell_rows[i].name, reads_cells, NULL, NULL, &cell_rows[i]};
    int failed = cmocka_run_group_tests_name("cells", cells, NULL, NULL);
    return failed + cmocka_run_group_tests_name("packages", packages, NULL, NULL);
}
