/* test_ods.c: the reader of OpenDocument spreadsheets. Whole files made by LibreOffice
 * (make_ods.py) against what LibreOffice itself reads from them, cell by cell: value, formula,
 * number format (as its own export to .xlsx writes it). And one row per feature: a sheet's rows in,
 * the cells as text out (workbook_dump.h); what is expected is what LibreOffice 7.4.7 reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "workbook.h"
#include "workbook_dump.h"

#define DATA PE_SOURCE_DIR "/tests/workbook/data/"

/* ---- whole files
 * -------------------------------------------------------------------------------------- */

static const char *const files[] = {"kinds.ods",  "kinds.fods",   "layout.ods", "layout.fods",
                                    "tables.ods", "settings.ods", "formats.ods"};

static pe_workbook *read_file(const char *name)
{
    char path[512];
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    snprintf(path, sizeof path, "%s%s", DATA, name);
    if (pe_workbook_read_file(path, NULL, NULL, NULL, &w, &diag) != PE_OK)
        fail_msg("%s: %s: %s", name, diag.where, diag.what);
    return w;
}

/* Undoes \t, \n and \\ in place. */
static char *unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        *to++ = (char)(*from == 't' ? '\t' : *from == 'n' ? '\n' : *from);
    }
    *to = '\0';
    return text;
}

/* OpenFormula's references as Calc shows them: no brackets, no point without a sheet; and without
 * case, since the two spell unknown names differently. */
static void plain_formula(const pe_formula_source *f, bool member, char *out, size_t size)
{
    size_t at = 0;
    bool array = f->kind == PE_FORMULA_ARRAY;
    at += (size_t)snprintf(out, size, "%s", array || member ? "{=" : "=");
    bool inside = false;
    for (const char *c = f->text; *c != '\0' && at + 3 < size; c++) {
        if (*c == '[' || *c == ']')
            inside = *c == '[';
        else if (!(inside && *c == '.' && (c[-1] == '[' || c[-1] == ':')))
            out[at++] = *c;
    }
    if (array || member) out[at++] = '}';
    out[at] = '\0';
}

/* Format codes as pieces: literals marked, colours and date letters in one case, locales dropped.
 */
static void plain_format(const char *code, char *out, size_t size)
{
    size_t at = 0;
    bool quoted = false;
    for (const char *c = code; *c != '\0' && at + 3 < size; c++) {
        if (*c == '"' && !quoted) {
            quoted = true;
        } else if (*c == '"') {
            quoted = false;
        } else if (quoted || *c == '\\' || strchr(" -+():/", *c) != NULL) {
            if (!quoted && *c == '\\') c++;
            out[at++] = '\'';
            out[at++] = *c;
        } else if (strncmp(c, "[$", 2) == 0) {
            size_t length = strcspn(c, "]"), symbol = strcspn(c, "-]");
            if (symbol > 2) at += (size_t)snprintf(out + at, size - at, "%.*s]", (int)symbol, c);
            c += length;
        } else {
            out[at++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        }
    }
    out[at] = '\0';
}

static void check_value(const pe_cell *cell, const char *kind, char *expected)
{
    pe_value known;
    unsigned long used;
    if (strcmp(kind, "number") == 0) {
        /* LibreOffice writes 15 digits, so what it reads is what stands in the file. */
        double number = pe_decimal_parse(expected, strlen(expected), &(size_t){0});
        double stored = pe_as_number(cell->stored), scale = number < 0 ? -number : number;
        double distance = stored < number ? number - stored : stored - number;
        assert_true(pe_is_number(cell->stored));
        assert_true(cell->formula != PE_NO_FORMULA ? distance <= scale * 1e-14 : distance == 0);
    } else if (strcmp(kind, "text") == 0) {
        assert_true(pe_is(cell->stored, PE_KIND_TEXT));
        assert_string_equal(pe_as_text(cell->stored)->bytes, unescape(expected));
    } else {
        assert_true(pe_is(cell->stored, PE_KIND_ERROR));
        pe_error_code code = pe_error_parse(expected, strlen(expected), &used);
        if (expected[0] == '#') {
            known = pe_error(code);
            assert_int_equal(pe_as_error(cell->stored), pe_as_error(known));
        } else { /* Err:502: as the export to .xlsx maps it; see error_rows */
            assert_true(pe_as_error(cell->stored) == PE_ERROR_VALUE ||
                        pe_as_error(cell->stored) == PE_ERROR_NA);
        }
    }
}

static void check_formula(const pe_workbook *w, const pe_cell *cell, const char *expected)
{
    char plain[512];
    if (expected[0] == '\0' || expected[0] == '{') return; /* arrays: see rows below */
    assert_true(cell->formula != PE_NO_FORMULA);
    const pe_formula_source *f = &w->formulas[cell->formula];
    if (strncmp(expected, "=TABLE(", 7) == 0 && strchr(expected, '*') == NULL) {
        assert_int_equal(f->kind, PE_FORMULA_TABLE);
        return;
    }
    plain_formula(f, false, plain, sizeof plain);
    const char *call = strstr(expected, "TABLE("); /* its name in files is another */
    if (call == NULL && !pe_text_equal_nocase(plain, strlen(plain), expected, strlen(expected)))
        fail_msg("formula '%s', expected '%s'", plain, expected);
}

static void check_line(const pe_workbook *w, char *line)
{
    char *field[6] = {line, "", "", "", "", ""}, ours[512], theirs[512];
    for (int i = 1; i < 6 && (line = strchr(line, '\t')) != NULL; i++) {
        *line++ = '\0';
        field[i] = line;
    }
    field[5][strcspn(field[5], "\n")] = '\0';
    pe_cell_ref ref = {pe_workbook_sheet(w, field[0], strlen(field[0])), 0, 0};
    assert_int_not_equal(pe_cell_parse(field[1], strlen(field[1]), &ref.row, &ref.column), 0);
    uint32_t id = pe_workbook_cell(w, ref);
    if (id == PE_NO_CELL) fail_msg("%s!%s is missing", field[0], field[1]);
    const pe_cell *cell = &w->cells[id];
    check_value(cell, field[2], field[3]);
    check_formula(w, cell, unescape(field[4]));
    plain_format(w->formats[cell->format], ours, sizeof ours);
    plain_format(unescape(field[5]), theirs, sizeof theirs);
    /* Excel has no code for quarters, and a truth value needs none there. */
    bool known =
        strcmp(theirs, "Q") == 0 ||
        (strcmp(theirs, "GENERAL") == 0 && strncmp(w->formats[cell->format], "\"TRUE\"", 6) == 0);
    if (!known && strcmp(ours, theirs) != 0)
        fail_msg("%s!%s: format '%s', expected '%s'", field[0], field[1], w->formats[cell->format],
                 field[5]);
}

static void reads_as_libreoffice_does(void **state)
{
    const char *name = *state;
    char path[512], line[2048];
    pe_workbook *w = read_file(name);
    uint32_t count = 0;
    snprintf(path, sizeof path, "%s%.*s.tsv", DATA, (int)strcspn(name, "."), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file) != NULL; count++) check_line(w, line);
    fclose(file);
    assert_int_equal(count, w->cell_count);
    assert_int_equal(w->dialect, PE_DIALECT_OPENFORMULA);
    assert_int_equal(w->semantics, PE_SEMANTICS_CALC);
    assert_int_equal(strncmp(w->application, "LibreOffice/7.4.7.2$", 20), 0);
    pe_workbook_free(w);
}

static void reads_settings(void **state)
{
    PE_UNUSED(state);
    pe_workbook *w = read_file("settings.ods");
    assert_true(w->iterate && w->precision_as_displayed && w->date1904 && w->manual);
    assert_int_equal(w->iterate_count, 17);
    assert_true(w->iterate_delta == 0.0625);
    assert_true(w->calc.regex && !w->calc.wildcards && !w->calc.whole_cell);
    assert_int_equal(w->calc.null_year * 10000 + w->calc.null_month * 100 + w->calc.null_day,
                     19040101);
    pe_workbook_free(w);
    w = read_file("kinds.ods");
    assert_true(!w->iterate && !w->precision_as_displayed && !w->date1904 && !w->manual);
    assert_true(!w->calc.regex && w->calc.wildcards && w->calc.whole_cell);
    assert_int_equal(w->calc.null_year * 10000 + w->calc.null_month * 100 + w->calc.null_day,
                     18991230);
    pe_workbook_free(w);
}

static void reads_sheets_rows_and_names(void **state)
{
    PE_UNUSED(state);
    static const char *const names[] = {
        "Own=[$Layout.$C$1]+1@0,0,0",  "Block=[$Layout.$A$1:.$B$3]@0,0,0",
        "LeftOfMe=[$Layout.A5]@0,4,1", "Rate=[$Layout.$B$1]@0,0,0",
        "Twice=2*Rate@0,0,0",          "List=[$'Filtered'.$A$1:.$B$9]@0,0,0"};
    pe_workbook *w = read_file("kinds.ods");
    assert_int_equal(w->sheet_count, 3);
    assert_int_equal(w->sheets[0].visibility, PE_VISIBLE);
    assert_int_equal(w->sheets[1].visibility, PE_HIDDEN);
    assert_string_equal(w->sheets[2].name, "It's a sheet");
    pe_workbook_free(w);
    w = read_file("layout.ods");
    for (uint32_t row = 0; row < 20; row++) {
        bool filtered;
        assert_int_equal(pe_workbook_row_hidden(w, 0, row, &filtered), row == 9 || row == 10);
        assert_false(filtered);
        bool hidden = pe_workbook_row_hidden(w, 1, row, &filtered);
        assert_int_equal(hidden, row < 9 && row % 2 == 1);
        assert_int_equal(filtered, hidden);
    }
    assert_true(w->sheets[1].has_filter && w->sheets[1].filter.row_last == 8);
    assert_int_equal(w->name_count, PE_COUNT(names));
    for (uint32_t i = 0; i < w->name_count; i++) {
        const pe_name *n = &w->names[i];
        char text[200];
        snprintf(text, sizeof text, "%s=%s@%u,%u,%u", n->name, n->text, n->home_sheet, n->home_row,
                 n->home_column);
        assert_string_equal(text, names[i]);
        assert_int_equal(n->sheet, i == 0 ? 0 : PE_SCOPE_WORKBOOK);
    }
    assert_int_equal(w->table_count, 1);
    assert_string_equal(w->tables[0].name, "List");
    assert_int_equal(w->tables[0].column_count, 2);
    assert_string_equal(w->tables[0].columns[1], "value");
    pe_workbook_free(w);
    pe_workbook_free(read_file("template.ots"));
}

/* ---- rows
 * --------------------------------------------------------------------------------------------- */

#define HEAD                                                                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document "                                  \
    "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "                           \
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" "                             \
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "                               \
    "xmlns:draw=\"d\" xmlns:calcext=\"c\" "                                                        \
    "office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\"><office:body>"             \
    "<office:spreadsheet>"
#define TAIL "</office:spreadsheet></office:body></office:document>"
#define SHEET(rows) HEAD "<table:table table:name=\"S\">" rows "</table:table>" TAIL
#define ROW(cells) "<table:table-row>" cells "</table:table-row>"
#define NUMBER(n) "<table:table-cell office:value-type=\"float\" office:value=\"" n "\"/>"
#define P(text) "<text:p>" text "</text:p>"
#define TEXT(text) "<table:table-cell office:value-type=\"string\">" text "</table:table-cell>"
#define F(formula)                                                                                 \
    "<table:table-cell table:formula=\"" formula "\" office:value-type=\"float\" "                 \
    "office:value=\"7\"/>"
#define ERROR(name)                                                                                \
    "<table:table-cell table:formula=\"of:=X()\" office:value-type=\"string\" "                    \
    "office:string-value=\"\" calcext:value-type=\"error\">" P(name) "</table:table-cell>"
#define DATE(text) "<table:table-cell office:value-type=\"date\" office:date-value=\"" text "\"/>"
#define TIME(text) "<table:table-cell office:value-type=\"time\" office:time-value=\"" text "\"/>"

typedef struct ods_row {
    const char *name, *file, *expected;
} ods_row;

static ods_row rows[] = {
    {"empty", SHEET(""), ""},
    {"numbers", SHEET(ROW(NUMBER("3") NUMBER("-1.5E3") NUMBER(" 7 "))), "A1 3; B1 -1500; C1 7"},
    {"float_without_value",
     SHEET(ROW("<table:table-cell office:value-type=\"float\">" P("12") "</table:table-cell>")),
     "A1 0"},
    {"columns_repeated",
     SHEET(ROW(NUMBER("1") "<table:table-cell office:value-type=\"float\" office:value=\"4\" "
                           "table:number-columns-repeated=\"3\"/>" NUMBER("5"))),
     "A1 1; B1 4; C1 4; D1 4; E1 5"},
    {"empty_cells_repeated",
     SHEET(ROW("<table:table-cell table:number-columns-repeated=\"16383\"/>" NUMBER("5"))),
     "XFD1 5"},
    {"rows_repeated",
     SHEET("<table:table-row table:number-rows-repeated=\"2\">" NUMBER(
         "1") "</table:table-row>"
              "<table:table-row table:number-rows-repeated=\"1048573\"><table:table-cell "
              "table:number-columns-repeated=\"16384\"/></table:table-row>" ROW(NUMBER("2"))),
     "A1 1; A2 1; A1048576 2"},
    {"spaces_are_kept", SHEET(ROW(TEXT(P("  a   b\n   c  ")))), "A1 \"  a   b\n   c  \""},
    {"spaces_tabs_breaks",
     SHEET(ROW(TEXT(P("a<text:s/>b<text:s text:c=\"3\"/>c<text:tab/>d<text:line-break/>e")))),
     "A1 \"a b   c\td\ne\""},
    {"spans_and_links",
     SHEET(
         ROW(TEXT(P("x<text:span> y<text:span>z</text:span></text:span> <text:a>link</text:a>")))),
     "A1 \"x yz link\""},
    {"paragraphs", SHEET(ROW(TEXT(P("p") P("") P("q")) TEXT("<text:p/>") TEXT(""))),
     "A1 \"p\n\nq\"; B1 \"\""},
    {"string_value_counts",
     SHEET(ROW("<table:table-cell office:value-type=\"string\" office:string-value=\"attr\">" P(
         "shown") "</table:table-cell>")),
     "A1 \"attr\""},
    {"text_without_type", SHEET(ROW("<table:table-cell>" P("t") "</table:table-cell>")),
     "A1 \"t\""},
    {"notes_are_no_text",
     SHEET(ROW(TEXT("<office:annotation>" P("note") "</office:annotation>" P(
         "a<office:annotation>" P("n") "</office:annotation>b")))),
     "A1 \"ab\""},
    {"drawings_are_no_cells",
     SHEET("<table:shapes><draw:frame><table:table><table:table-row>" NUMBER(
         "9") "</"
              "table:table-row></"
              "table:table></"
              "draw:frame></"
              "table:shapes>" ROW("<table:table-"
                                  "cell><draw:"
                                  "frame><table:"
                                  "table>" ROW(NUMBER("8")) "</"
                                                            "tabl"
                                                            "e:"
                                                            "tabl"
                                                            "e></"
                                                            "draw"
                                                            ":fra"
                                                            "me><"
                                                            "/tab"
                                                            "le:"
                                                            "tabl"
                                                            "e-"
                                                            "cell"
                                                            ">" NUMBER("1"))),
     "B1 1"},
    {"groups_and_headers",
     SHEET("<table:table-column-group><table:table-column/></table:table-column-group>"
           "<table:table-header-rows>" ROW(
               NUMBER("1")) "</table:table-header-rows>"
                            "<table:table-row-group><table:table-row-group>" ROW(
                                NUMBER("2")) "</table:table-row-group></table:table-row-group>"),
     "A1 1; A2 2"},
    {"covered_cells_keep_their_content",
     SHEET(ROW(NUMBER("1") "<table:covered-table-cell office:value-type=\"float\" "
                           "office:value=\"9\"/>")),
     "A1 1; B1 9"},
    {"formula_prefixes",
     SHEET(ROW(F("of:=SUM([.A1])") F("oooc:=[.A1]") F("=[.A1]*2") F("of:[.A1]"))),
     "A1 =SUM([.A1]) 7; B1 =[.A1] 7; C1 =[.A1]*2 7; D1 =[.A1] 7"},
    {"excel_formula", SHEET(ROW(F("msoxl:=SUM(A1,B1)"))), "A1 excel:=SUM(A1,B1) 7"},
    {"unknown_prefix_stays", SHEET(ROW(F("xyz:=SUM(A1)"))), "A1 =xyz:=SUM(A1) 7"},
    {"no_stored_value", SHEET(ROW("<table:table-cell table:formula=\"of:=1\"/>")), "A1 =1 ?"},
    {"stored_empty_text",
     SHEET(ROW("<table:table-cell table:formula=\"of:=X()\"><text:p/></table:table-cell>"
               "<table:table-cell table:formula=\"of:=X()\" office:value-type=\"string\" "
               "office:string-value=\"\"/>")),
     "A1 =X() \"\"; B1 =X() \"\""},
    {"booleans_are_numbers",
     SHEET(ROW("<table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\">" P(
         "WAHR") "</table:table-cell><table:table-cell office:value-type=\"boolean\" "
                 "office:boolean-value=\"false\"/>")),
     "A1 1; B1 0"},
    {"errors",
     SHEET(ROW(ERROR("#DIV/0!") ERROR("#N/A") ERROR("#REF!") ERROR("#NAME?") ERROR("#VALUE!")
                   ERROR("#NUM!"))),
     "A1 =X() #DIV/0!; B1 =X() #N/A; C1 =X() #REF!; D1 =X() #NAME?; E1 =X() #VALUE!; F1 =X() "
     "#NUM!"},
    {"numbered_errors",
     SHEET(ROW(ERROR("Err:502") ERROR("Err:504") ERROR("Err:508") ERROR("Err:509") ERROR("Err:520")
                   ERROR("Err:522"))),
     "A1 =X() #VALUE!; B1 =X() #VALUE!; C1 =X() #VALUE!; D1 =X() #VALUE!; E1 =X() #N/A; "
     "F1 =X() #VALUE!"},
    {"numbered_error_in_another_language", SHEET(ROW(ERROR("Chyba:502"))), "A1 =X() #VALUE!"},
    {"error_of_older_writers",
     SHEET(ROW("<table:table-cell table:formula=\"of:=1/0\" office:value-type=\"float\" "
               "office:value=\"0\">" P("#DIV/0!") "</table:table-cell>")),
     "A1 =1/0 #DIV/0!"},
    {"array",
     SHEET(ROW("<table:table-cell table:formula=\"of:=[.C1:.D2]\" "
               "table:number-matrix-columns-spanned=\"2\" "
               "table:number-matrix-rows-spanned=\"2\" office:value-type=\"float\" "
               "office:value=\"1\"/>" NUMBER("2")) ROW(NUMBER("3"))),
     "A1 {=[.C1:.D2]}A1:B2 1; B1 2; A2 3; B2 ?"},
    {"dates",
     SHEET(ROW(DATE("2020-01-02") DATE("2020-01-02T12:00:00") DATE("1899-12-30") DATE("1899-12-29")
                   DATE("1900-02-28") DATE("1900-03-01") DATE("-0044-03-15")
                       DATE("2020-01-02T24:00:00") DATE("2020-01-02T06:00:00Z"))),
     "A1 43832; B1 43832.5; C1 0; D1 -1; E1 60; F1 61; G1 -709591; H1 43833; I1 43832.25"},
    {"date_with_decimals", SHEET(ROW(DATE("2020-01-02T03:04:05.123456789"))),
     "A1 43832.127837077045"},
    {"times",
     SHEET(ROW(TIME("PT12H30M00S") TIME("P1DT02H03M04.5S") TIME("PT90M") TIME("-PT36H00M00S")
                   TIME("PT24002H24M00.000000005S"))),
     "A1 0.5208333333333334; B1 1.0854687500000002; C1 0.0625; D1 -1.5; E1 1000.1000000000001"},
    {"null_date",
     HEAD "<table:calculation-settings><table:null-date table:date-value=\"1904-01-01\"/>"
          "</table:calculation-settings><table:table table:name=\"S\">" ROW(
              DATE("1904-01-03")) "</table:table>" TAIL,
     "A1 2"},
    {"data_table",
     SHEET(ROW(NUMBER("1") F("of:=[.E1]"))
               ROW(NUMBER("2") F("of:=MULTIPLE.OPERATIONS([.B$1];[.$E$1];[.$A2])"))
                   ROW(NUMBER("3") F("of:=MULTIPLE.OPERATIONS([.B$1];[.$E$1];[.$A3])"))),
     "A1 1; B1 =[.E1] 7; A2 2; B2 TABLE(column E1)B2:B3 7; A3 3; B3 TABLE(column E1)B2:B3 7"},
    {"data_table_elsewhere", SHEET(ROW(F("of:=MULTIPLE.OPERATIONS([$S.$Z$9];['S'.E1];[.H5])"))),
     "A1 TABLE(column E1 of Z9 by H5)A1:A1 7"},
    {"data_table_of_an_expression",
     SHEET(ROW(F("of:=MULTIPLE.OPERATIONS([.B1]+1;[.E1];[.H5])")
                   F("of:=MULTIPLE.OPERATIONS([.B1];[.E1];[.H5])+1"))),
     "A1 =MULTIPLE.OPERATIONS([.B1]+1;[.E1];[.H5]) 7; "
     "B1 =MULTIPLE.OPERATIONS([.B1];[.E1];[.H5])+1 7"},
    {"other_documents_are_no_sheets",
     SHEET(ROW(F("of:='file:///m/o.ods'#[$A.B1]")) "</table:table><table:table "
                                                   "table:name=\"'file:///m/"
                                                   "o.ods'#A\"><table:table-source/>" ROW(
                                                       NUMBER("5") NUMBER("6"))),
     "A1 ='file:///m/o.ods'#[$A.B1] 7"},
};

static void reads_row(void **state)
{
    const ods_row *row = *state;
    char text[4000];
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    if (pe_workbook_read_bytes(row->file, strlen(row->file), NULL, NULL, NULL, &w, &diag) != PE_OK)
        fail_msg("%s: %s", diag.where, diag.what);
    workbook_dump(w, text, sizeof text);
    assert_string_equal(text, row->expected);
    pe_workbook_free(w);
}

static void keeps_cells_of_other_documents(void **state)
{
    const char *file = rows[PE_COUNT(rows) - 1].file;
    pe_workbook *w = NULL;
    pe_value value;
    PE_UNUSED(state);
    assert_int_equal(pe_workbook_read_bytes(file, strlen(file), NULL, NULL, NULL, &w, NULL), PE_OK);
    assert_int_equal(w->sheet_count, 1);
    assert_int_equal(w->external_count, 1);
    assert_string_equal(w->externals[0].target, "file:///m/o.ods");
    assert_string_equal(w->externals[0].sheets[0], "A");
    assert_true(pe_external_cell(&w->externals[0], 0, 0, 1, &value));
    assert_true(pe_as_number(value) == 6);
    pe_workbook_free(w);
}

int main(void)
{
    struct CMUnitTest golden[PE_COUNT(files)], tests[PE_COUNT(rows)];
    for (size_t i = 0; i < PE_COUNT(files); i++)
        golden[i] = (struct CMUnitTest){files[i], reads_as_libreoffice_does, NULL, NULL,
                                        (void *)(uintptr_t)files[i]};
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, reads_row, NULL, NULL, &rows[i]};
    const struct CMUnitTest rest[] = {
        cmocka_unit_test(reads_settings),
        cmocka_unit_test(reads_sheets_rows_and_names),
        cmocka_unit_test(keeps_cells_of_other_documents),
    };
    int failed = cmocka_run_group_tests_name("files", golden, NULL, NULL);
    failed += cmocka_run_group_tests_name("rows", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("rest", rest, NULL, NULL);
}
