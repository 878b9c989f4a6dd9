/* test_workbook_errors.c: files that must be refused: the status, the part named, and what is said;
 * each within seconds of work. And the same small workbook with the n-th allocation failing, for
 * all n: a clean refusal, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "failing.h"
#include "package_build.h"
#include "package_faults.h"
#include "workbook.h"

#define REL(id, type, target)                                                                      \
    "<Relationship Id=\"" id "\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"    \
    "relationships/" type "\" Target=\"" target "\"/>"
#define RELS(items) "<Relationships>" items "</Relationships>"

static const package_part rich_parts[] = {
    {"xl/workbook.xml",
     "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" "
     "r:id=\"rId1\"/></sheets><definedNames><definedName name=\"n\">1</definedName>"
     "<definedName name=\"m\" localSheetId=\"7\">1</definedName></definedNames>"
     "<externalReferences><externalReference r:id=\"rId5\"/></externalReferences></workbook>",
     0},
    {"xl/_rels/workbook.xml.rels",
     RELS(REL("rId1", "worksheet", "worksheets/sheet1.xml") REL("rId5", "externalLink", "e1.xml")
              REL("rId2", "sharedStrings", "sharedStrings.xml") REL("rId3", "styles", "styles.xml")
                  REL("rId4", "sheetMetadata", "metadata.xml")),
     0},
    {"xl/e1.xml",
     "<externalLink><externalBook><sheetNames><sheetName "
     "val=\"A\"/></sheetNames><definedNames><definedName name=\"n\"/></definedNames>"
     "<sheetDataSet><sheetData sheetId=\"0\"><row><cell r=\"A1\" "
     "t=\"str\"><v>x</v></cell></row></sheetData></sheetDataSet></externalBook>"
     "</externalLink>",
     0},
    {"xl/worksheets/_rels/sheet1.xml.rels", RELS(REL("rId1", "table", "../t.xml")), 0},
    {"xl/t.xml",
     "<table displayName=\"T\" ref=\"A1:A2\"><tableColumns><tableColumn "
     "name=\"k\"/></tableColumns></table>",
     0},
    {NULL, NULL, 0}};

static const char rich_rows[] =
    "<row r=\"3\" hidden=\"1\"><c r=\"A3\" t=\"s\"><v>1</v></c><c r=\"B3\"><f t=\"shared\" "
    "si=\"0\" ref=\"B3:C3\">A1</f><v>1</v></c>"
    "<c r=\"C3\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row><row r=\"1\"><c r=\"A1\" "
    "s=\"2\"><f>1+1</f><v>2</v></c><c r=\"A1\"><v>2</v></c>"
    "<c r=\"D1\"><f t=\"array\" ref=\"D1:E2\">A1:B2</f><v>1</v></c><c r=\"G2\"><f t=\"dataTable\" "
    "ref=\"G2:G3\" r1=\"A1\"/><v>1</v></c></row>"
    "<row r=\"9\"><c r=\"B9\"><f>TABLE(B$8,$E$1,$A9)</f><v>50</v></c></row>";

static void survives_failing_allocations(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build(rich_rows, rich_parts, &length);
    package_survives_faults(bytes, length);
    free(bytes);
}

static void builder_survives_failing_allocations(void **state)
{
    PE_UNUSED(state);
    bool failed = true;
    for (uint64_t n = 0; failed; n++) {
        pe_workbook *w = NULL;
        failing_begin(n, FAILING_ONE);
        pe_workbook_builder *b = pe_builder_new();
        uint32_t s = pe_builder_sheet(b, "S");
        pe_builder_text(b, s, "A1", "text");
        pe_builder_formula(b, s, "A2", "=A1", pe_number(1));
        pe_builder_array(b, s, "B1:C20", "=A1:A20", PE_FORMULA_ARRAY);
        pe_builder_table(b, s, "E1:F2", "A1", "A2");
        pe_builder_format(b, s, "A1", "0.0");
        pe_builder_name(b, "n", "1");
        pe_builder_list(b, s, "T", "A1:A2", 0);
        pe_builder_hide_rows(b, s, 2, 3);
        pe_status status = pe_builder_finish(b, &w, NULL);
        if (status == PE_OK) pe_workbook_free(w);
        failing_count count = failing_end();
        failed = count.failed;
        assert_int_equal(count.live, 0);
        assert_int_equal(status, failed ? PE_E_MEMORY : PE_OK);
    }
}

/* ---- what is refused
 * ---------------------------------------------------------------------------------- */

typedef struct error_row {
    const char *name;
    const char *bytes; /* the file as it is; NULL: a package with rows and one changed part */
    size_t length;
    const char *rows;
    const char *part, *text;
    pe_status status;
    const char *where, *what; /* parts of the message */
} error_row;

#define BYTES(text) text, sizeof text - 1, NULL, NULL, NULL
#define ROWS(rows) NULL, 0, rows, NULL, NULL
#define PART(name, text) NULL, 0, NULL, name, text
#define ONE "xl/worksheets/sheet1.xml"
#define DTD "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"

static error_row error_rows[] = {
    {"empty", "", 0, NULL, NULL, NULL, PE_E_FORMAT, "file", "empty"},
    {"text", BYTES("hello, world"), PE_E_FORMAT, "file", "not a workbook"},
    {"html", BYTES("<html><table></table></html>"), PE_E_FORMAT, "file", "HTML"},
    {"pdf", BYTES("%PDF-1.7"), PE_E_FORMAT, "file", "PDF"},
    {"fods", BYTES("<?xml version=\"1.0\"?><office:document xmlns:office=\"x\">"), PE_E_FORMAT,
     "file", "the prefix 'office' stands for 'x'"},
    {"encrypted",
     BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0..."
           "."),
     PE_E_ENCRYPTED, "file", "password"},
    {"xls", BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....W\0o\0r\0k\0b\0o\0o\0k\0"), PE_E_FORMAT,
     "file", "save it as .xlsx"},
    {"zip_head_only", BYTES("PK\x03\x04"), PE_E_FORMAT, "file", "cut short"},
    {"no_relations", PART("_rels/.rels", NULL), PE_E_FORMAT, "file", "not a workbook"},
    {"no_main_relation", PART("_rels/.rels", "<Relationships/>"), PE_E_FORMAT, "_rels/.rels",
     "no workbook"},
    {"no_main_part", PART("xl/workbook.xml", NULL), PE_E_FORMAT, "xl/workbook.xml", "missing"},
    {"xlsb", PART("_rels/.rels", RELS(REL("a", "officeDocument", "xl/workbook.bin"))), PE_E_FORMAT,
     "file", ".xlsb"},
    {"docx", PART("_rels/.rels", RELS(REL("a", "officeDocument", "xl/styles.xml"))), PE_E_FORMAT,
     "xl/styles.xml", "<workbook>"},
    {"no_sheets", PART("xl/workbook.xml", "<workbook/>"), PE_E_FORMAT, "xl/workbook.xml",
     "no sheets"},
    {"no_sheet_part", PART(ONE, NULL), PE_E_FORMAT, ONE, "missing"},
    {"sheet_of_another_kind", PART(ONE, "<sst/>"), PE_E_FORMAT, ONE, "<worksheet>"},
    {"cut_xml", PART(ONE, "<worksheet><sheetData><row r=\"1\">"), PE_E_FORMAT, ONE, "line 1"},
    {"not_xml", PART("xl/styles.xml", "\x01\x02\x03"), PE_E_FORMAT, "xl/styles.xml", "XML"},
    {"empty_part", PART("xl/sharedStrings.xml", ""), PE_E_FORMAT, "xl/sharedStrings.xml", "XML"},
    {"entities", PART(ONE, DTD "<worksheet>&b;</worksheet>"), PE_E_FORMAT, ONE, "document type"},
    {"doctype",
     PART("xl/workbook.xml", "<!DOCTYPE workbook SYSTEM \"file:///etc/passwd\"><workbook/>"),
     PE_E_FORMAT, "xl/workbook.xml", "document type"},
    {"undefined_entity", PART(ONE, "<worksheet>&nbsp;</worksheet>"), PE_E_FORMAT, ONE, "entity"},
    {"address_off_sheet", ROWS("<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>"), PE_E_FORMAT, ONE,
     "XFE1"},
    {"address_no_row", ROWS("<row r=\"1\"><c r=\"A\"><v>1</v></c></row>"), PE_E_FORMAT, ONE, "'A'"},
    {"address_row_zero", ROWS("<row r=\"1\"><c r=\"A0\"><v>1</v></c></row>"), PE_E_FORMAT, ONE,
     "'A0'"},
    {"address_huge", ROWS("<row r=\"1\"><c r=\"A99999999999999999999\"><v>1</v></c></row>"),
     PE_E_FORMAT, ONE, "A9999"},
    {"row_zero", ROWS("<row r=\"0\"/>"), PE_E_FORMAT, ONE, "row '0'"},
    {"row_off_sheet", ROWS("<row r=\"1048577\"/>"), PE_E_FORMAT, ONE, "1048577"},
    {"row_negative", ROWS("<row r=\"-1\"/>"), PE_E_FORMAT, ONE, "'-1'"},
    {"row_after_last", ROWS("<row r=\"1048576\"/><row/>"), PE_E_FORMAT, ONE, "row"},
    {"cell_after_last", ROWS("<row r=\"1\"><c r=\"XFD1\"><v>1</v></c><c><v>1</v></c></row>"),
     PE_E_FORMAT, ONE, "too many"},
    {"not_a_number", ROWS("<row r=\"1\"><c r=\"B1\"><v>1,5</v></c></row>"), PE_E_FORMAT, ONE,
     "cell B1: not a number: '1,5'"},
    {"shared_text_unknown", ROWS("<row r=\"1\"><c r=\"B1\" t=\"s\"><v>5</v></c></row>"),
     PE_E_FORMAT, ONE, "cell B1: shared text 5"},
    {"shared_text_negative", ROWS("<row r=\"1\"><c r=\"B1\" t=\"s\"><v>-1</v></c></row>"),
     PE_E_FORMAT, ONE, "cell B1"},
    {"shared_formula_without_master",
     ROWS("<row r=\"1\"><c r=\"B1\"><f t=\"shared\" si=\"3\"/></c></row>"), PE_E_FORMAT, ONE,
     "shared formula"},
    {"block_off_sheet",
     ROWS("<row r=\"1\"><c r=\"B1\"><f t=\"array\" ref=\"B1:XFE9\">1</f></c></row>"), PE_E_FORMAT,
     ONE, "B1:XFE9"},
    {"block_huge",
     ROWS("<row r=\"1\"><c r=\"A1\"><f t=\"array\" ref=\"A1:XFD1048576\">1</f></c></row>"),
     PE_E_LIMIT, ONE, "too large"},
    {"sheet_without_relation",
     PART("xl/workbook.xml",
          "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"none\"/></sheets></workbook>"),
     PE_E_FORMAT, "workbook", "'S'"},
};

static pe_status read_bytes(const void *bytes, size_t length, uint64_t bytes_max, pe_diag *diag)
{
    pe_workbook *w = NULL;
    pe_read_options options = {bytes_max};
    clock_t start = clock();
    pe_status status = pe_workbook_read_bytes(bytes, length, &options, NULL, NULL, &w, diag);
    if (status == PE_OK)
        pe_workbook_free(w);
    else
        assert_null(w);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 10);
    return status;
}

static void expect(pe_status status, const pe_diag *diag, const error_row *row)
{
    if (status != row->status || strstr(diag->where, row->where) == NULL ||
        strstr(diag->what, row->what) == NULL)
        fail_msg("%d at '%s': %s", (int)status, diag->where, diag->what);
    assert_int_equal(diag->status, status);
}

static void refuses(void **state)
{
    const error_row *row = *state;
    pe_diag diag = {0};
    if (row->bytes != NULL) {
        expect(read_bytes(row->bytes, row->length, 0, &diag), &diag, row);
        return;
    }
    const package_part parts[] = {{row->part, row->text, 0}, {NULL, NULL, 0}};
    size_t length;
    unsigned char *bytes = package_build(row->rows, parts, &length);
    pe_status status = read_bytes(bytes, length, 0, &diag);
    free(bytes);
    expect(status, &diag, row);
}

/* ---- larger ones
 * -------------------------------------------------------------------------------------- */

static pe_status read_part(const char *name, char *text, size_t length, uint64_t bytes_max,
                           pe_diag *diag)
{
    const package_part parts[] = {{name, text, length}, {NULL, NULL, 0}};
    size_t size;
    unsigned char *bytes = package_build(NULL, parts, &size);
    pe_status status = read_bytes(bytes, size, bytes_max, diag);
    free(bytes);
    free(text);
    return status;
}

/* head, then filler repeated to `size` bytes, then tail. */
static char *repeat(const char *head, const char *filler, const char *tail, size_t size)
{
    size_t at = strlen(head), step = strlen(filler);
    char *text = malloc(size + at + step + strlen(tail) + 1);
    assert_non_null(text);
    memcpy(text, head, at);
    for (; at < size; at += step) memcpy(text + at, filler, step);
    memcpy(text + at, tail, strlen(tail) + 1);
    return text;
}

static void refuses_a_bomb(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    char *text = repeat("<worksheet>", "          ", "</worksheet>", 80u << 20);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_LIMIT);
    assert_string_equal(diag.where, ONE);
    assert_non_null(strstr(diag.what, "bomb"));
}

static void refuses_long_tags_and_texts(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    char *text = repeat("<worksheet a=\"", "0123456789", "\"/>", 3u << 20);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "tag"));
    text = repeat("<worksheet><sheetData><row><c t=\"str\"><v>", "0123456789",
                  "</v></c></row></sheetData></worksheet>", 1u << 20);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_LIMIT);
    text = repeat("<worksheet><sheetData><row><c><f>", "1+",
                  "1</f></c></row></sheetData></worksheet>", 70000);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_LIMIT);
    text = repeat("<sst><si><t>", "0123456789", "</t></si></sst>", 140000);
    assert_int_equal(read_part("xl/sharedStrings.xml", text, strlen(text), 0, &diag), PE_E_LIMIT);
    assert_string_equal(diag.where, "xl/sharedStrings.xml");
    text = repeat("", "<a>", "", 3 * 1000);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_FORMAT);
    text = repeat("<worksheet>", "<a>", "", 3 * 1000);
    assert_int_equal(read_part(ONE, text, strlen(text), 0, &diag), PE_E_LIMIT);
}

static void keeps_to_the_memory_limit(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    char *text = repeat("<worksheet><sheetData><row>", "<c><f>1</f></c>",
                        "</row></sheetData></worksheet>", 15 * 16000);
    assert_int_equal(read_part(ONE, text, strlen(text), 1 << 20, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "1 MiB"));
    text = repeat("<worksheet><sheetData><row>", "<c><f>1</f></c>",
                  "</row></sheetData></worksheet>", 15 * 16000);
    assert_int_equal(read_part(ONE, text, strlen(text), 16 << 20, &diag), PE_OK);
}

/* Cut at every length and with every byte changed: any answer but a crash; a cut is always refused.
 */
static void survives_damage(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build(rich_rows, rich_parts, &length);
    pe_diag diag = {0};
    for (size_t cut = 0; cut < length; cut += cut < 64 || length - cut < 256 ? 1 : 7) {
        unsigned char *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        assert_true(read_bytes(copy, cut, 0, &diag) != PE_OK);
        free(copy);
    }
    for (size_t at = 0; at < length; at += 3) {
        bytes[at] ^= 0x55;
        read_bytes(bytes, length, 64 << 20, &diag);
        bytes[at] ^= 0x55;
    }
    free(bytes);
}

static void is_cancelled(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build(rich_rows, rich_parts, &length);
    pe_control control = {.cancel = true};
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_workbook_read_bytes(bytes, length, NULL, NULL, &control, &w, &diag),
                     PE_E_CANCELLED);
    assert_null(w);
    free(bytes);
}

static void says_which_file_is_missing(void **state)
{
    PE_UNUSED(state);
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_workbook_read_file("/nonexistent/model.xlsx", NULL, NULL, NULL, &w, &diag),
                     PE_E_IO);
    assert_string_equal(diag.where, "/nonexistent/model.xlsx");
    assert_int_equal(pe_workbook_read_file("/", NULL, NULL, NULL, &w, &diag), PE_E_IO);
}

int main(void)
{
    const struct CMUnitTest larger[] = {
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(builder_survives_failing_allocations),
        cmocka_unit_test(refuses_a_bomb),
        cmocka_unit_test(refuses_long_tags_and_texts),
        cmocka_unit_test(keeps_to_the_memory_limit),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(is_cancelled),
        cmocka_unit_test(says_which_file_is_missing),
    };
    struct CMUnitTest rows[PE_COUNT(error_rows)];
    for (size_t i = 0; i < PE_COUNT(error_rows); i++)
        rows[i] = (struct CMUnitTest){error_rows[i].name, refuses, NULL, NULL, &error_rows[i]};
    int failed = cmocka_run_group_tests_name("refused", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("larger", larger, NULL, NULL);
}
