/* test_ods_errors.c: OpenDocument files that must be refused: the status, where, and what is said;
 * each within seconds and in little memory. And one file that has everything, with the n-th
 * allocation failing, cut at every length and with bytes changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "package_build.h"
#include "package_faults.h"
#include "workbook.h"

#define SPACES                                                                                     \
    " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "                          \
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" "                             \
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "                               \
    "xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\" "                        \
    "xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" xmlns:fo=\"f\" "              \
    "xmlns:calcext=\"c\""
#define TYPE "application/vnd.oasis.opendocument.spreadsheet"
#define CONTENT(sheets)                                                                            \
    "<office:document-content" SPACES "><office:body><office:spreadsheet>" sheets                  \
    "</office:spreadsheet></office:body></office:document-content>"
#define FLAT(sheets)                                                                               \
    "<office:document" SPACES "><office:body><office:spreadsheet>" sheets                          \
    "</office:spreadsheet></office:body></office:document>"
#define SHEET(rows) "<table:table table:name=\"S\">" rows "</table:table>"
#define CELL(attributes)                                                                           \
    SHEET("<table:table-row><table:table-cell " attributes "/></table:table-row>")
#define NUMBER "office:value-type=\"float\" office:value=\"1\""

typedef struct error_row {
    const char *name;
    const char *flat; /* a whole .fods; NULL: a package */
    const char *type, *content, *manifest;
    pe_status status;
    const char *where, *what;
} error_row;

static error_row error_rows[] = {
    {"text_document", NULL, "application/vnd.oasis.opendocument.text", "<a/>", NULL, PE_E_FORMAT,
     "file", "(text), not a spreadsheet"},
    {"encrypted", NULL, TYPE, "\x01\x02\x03",
     "<manifest:manifest xmlns:manifest=\"m\"><manifest:file-entry><manifest:encryption-data/>"
     "</manifest:file-entry></manifest:manifest>",
     PE_E_ENCRYPTED, "file", "protected by a password"},
    {"no_content", NULL, TYPE, NULL, NULL, PE_E_FORMAT, "content.xml", "missing"},
    {"content_is_no_xml", NULL, TYPE, "hello", NULL, PE_E_FORMAT, "content.xml", "not well-formed"},
    {"content_is_cut", NULL, TYPE, "<office:document-content" SPACES "><office:body>", NULL,
     PE_E_FORMAT, "content.xml", "not well-formed"},
    {"other_root", NULL, TYPE, "<html/>", NULL, PE_E_FORMAT, "content.xml", "<html>"},
    {"no_spreadsheet", NULL, TYPE, "<office:document-content" SPACES "/>", NULL, PE_E_FORMAT,
     "content.xml", "not a spreadsheet"},
    {"no_sheets", NULL, TYPE, CONTENT(""), NULL, PE_E_FORMAT, "content.xml", "no sheets"},
    {"flat_text_document",
     "<office:document office:mimetype=\"application/vnd.oasis.opendocument.text\"/>", NULL, NULL,
     NULL, PE_E_FORMAT, "file", "another kind"},
    {"flat_is_cut", "<office:document" SPACES "><office:body><office:spreadsheet>", NULL, NULL,
     NULL, PE_E_FORMAT, "file", "not well-formed"},
    {"other_prefix", "<office:document xmlns:table=\"x\"/>", NULL, NULL, NULL, PE_E_FORMAT, "file",
     "prefix 'table'"},
    {"document_type",
     "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><office:document>&b;", NULL,
     NULL, NULL, PE_E_FORMAT, "file", "document type"},
    {"wrong_utf8", FLAT(SHEET("<table:table-row><table:table-cell><text:p>\xC3\x28</text:p>")),
     NULL, NULL, NULL, PE_E_FORMAT, "file", "not well-formed"},
    {"unknown_encoding", "<?xml version=\"1.0\" encoding=\"KOI8-R\"?>" FLAT(SHEET("")), NULL, NULL,
     NULL, PE_E_FORMAT, "file", "unknown encoding"},
    {"not_a_number", FLAT(CELL("office:value-type=\"float\" office:value=\"1,5\"")), NULL, NULL,
     NULL, PE_E_FORMAT, "file", "sheet S, cell A1: not a number: '1,5'"},
    {"not_a_date", FLAT(CELL("office:value-type=\"date\" office:date-value=\"2020-02-30\"")), NULL,
     NULL, NULL, PE_E_FORMAT, "file", "sheet S, cell A1: not a date: '2020-02-30'"},
    {"not_a_time", FLAT(CELL("office:value-type=\"time\" office:time-value=\"12:30\"")), NULL, NULL,
     NULL, PE_E_FORMAT, "file", "not a time"},
    {"not_a_null_date",
     FLAT("<table:calculation-settings><table:null-date table:date-value=\"now\"/>"
          "</table:calculation-settings>"),
     NULL, NULL, NULL, PE_E_FORMAT, "file", "null date"},
    {"repeated_columns_and_rows",
     FLAT(SHEET("<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell "
                "table:number-columns-repeated=\"16384\" " NUMBER "/></table:table-row>")),
     NULL, NULL, NULL, PE_E_LIMIT, "file", "bomb"},
    {"repeated_texts",
     FLAT(SHEET("<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell "
                "table:number-columns-repeated=\"5\"><text:p>x</text:p></table:table-cell>"
                "</table:table-row>")),
     NULL, NULL, NULL, PE_E_LIMIT, "file", "bomb"},
    {"repeated_formulas",
     FLAT(SHEET("<table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell "
                "table:number-columns-repeated=\"16384\" table:formula=\"of:=1\"/>"
                "</table:table-row>")),
     NULL, NULL, NULL, PE_E_LIMIT, "file", "bomb"},
    {"row_off_the_sheet",
     FLAT(SHEET("<table:table-row table:number-rows-repeated=\"1048576\"/><table:table-row>"
                "<table:table-cell " NUMBER "/></table:table-row>")),
     NULL, NULL, NULL, PE_E_FORMAT, "file", "1,048,576"},
    {"column_off_the_sheet",
     FLAT(SHEET("<table:table-row><table:table-cell table:number-columns-repeated=\"16384\"/>"
                "<table:table-cell " NUMBER "/></table:table-row>")),
     NULL, NULL, NULL, PE_E_FORMAT, "file", "more than 16,384 cells"},
    {"array_off_the_sheet",
     FLAT(CELL("table:formula=\"of:=1\" table:number-matrix-rows-spanned=\"1048577\" "
               "table:number-matrix-columns-spanned=\"1\"")),
     NULL, NULL, NULL, PE_E_FORMAT, "file", "not on the sheet"},
    {"array_too_large",
     FLAT(CELL("table:formula=\"of:=1\" table:number-matrix-rows-spanned=\"1048576\" "
               "table:number-matrix-columns-spanned=\"16384\"")),
     NULL, NULL, NULL, PE_E_LIMIT, "file", "too large"},
    {"spaces_counted",
     FLAT(SHEET("<table:table-row><table:table-cell office:value-type=\"string\"><text:p>"
                "<text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row>")),
     NULL, NULL, NULL, PE_E_LIMIT, "file", "32,767"},
};

/* Repeats that hold nothing cost nothing. */
static const char nothing[] = FLAT(SHEET(
    "<table:table-column table:number-columns-repeated=\"4294967295\"/>"
    "<table:table-row table:number-rows-repeated=\"4294967295\" table:visibility=\"collapse\">"
    "<table:table-cell table:number-columns-repeated=\"4294967295\" "
    "table:style-name=\"x\"/></table:table-row>"));

static const package_part rich_parts[] = {
    {"mimetype", TYPE, 0},
    {"META-INF/manifest.xml", "<manifest/>", 0},
    {"meta.xml",
     "<office:document-meta" SPACES " xmlns:meta=\"m\"><office:meta><meta:generator>G"
     "</meta:generator></office:meta></office:document-meta>",
     0},
    {"styles.xml",
     "<office:document-styles" SPACES "><office:styles><number:number-style style:name=\"N1P0\">"
     "<number:number number:decimal-places=\"2\" number:min-integer-digits=\"1\" "
     "number:grouping=\"true\"><number:embedded-text number:position=\"1\">x"
     "</number:embedded-text></number:number></number:number-style><number:number-style "
     "style:name=\"N1\"><style:text-properties fo:color=\"#ff0000\"/><number:text>-a</number:text>"
     "<number:scientific-number number:decimal-places=\"2\"/><style:map "
     "style:condition=\"value()&gt;=0\" style:apply-style-name=\"N1P0\"/></number:number-style>"
     "<style:style style:name=\"p\" style:family=\"table-cell\" style:data-style-name=\"N1\"/>"
     "</office:styles></office:document-styles>",
     0},
    {"content.xml",
     "<office:document-content" SPACES "><office:automatic-styles><style:style style:name=\"c\" "
     "style:family=\"table-cell\" style:parent-style-name=\"p\"/><style:style style:name=\"t\" "
     "style:family=\"table\"><style:table-properties table:display=\"false\"/></style:style>"
     "</office:automatic-styles><office:body><office:spreadsheet><table:calculation-settings "
     "table:null-year=\"1950\"><table:iteration table:status=\"enable\"/>"
     "</table:calculation-settings><table:table table:name=\"S\" table:style-name=\"t\">"
     "<table:table-column table:default-cell-style-name=\"c\"/><table:table-row "
     "table:visibility=\"filter\" table:number-rows-repeated=\"2\"><table:table-cell " NUMBER
     "/><table:table-cell table:formula=\"of:=[.A1]\" office:value-type=\"string\" "
     "office:string-value=\"abc\"/><table:table-cell table:formula=\"of:=MULTIPLE.OPERATIONS("
     "[.A1];[.B1];[.Z9])\"/><table:table-cell table:formula=\"of:=[.A1:.B2]\" "
     "table:number-matrix-rows-spanned=\"2\" table:number-matrix-columns-spanned=\"2\"/>"
     "</table:table-row><table:table-row/><table:table-row><table:table-cell><text:p>a<text:s "
     "text:c=\"300\"/></text:p></table:table-cell></table:table-row><table:named-expressions>"
     "<table:named-range table:name=\"n\" table:base-cell-address=\"$S.$A$1\" "
     "table:cell-range-address=\"$S.$A$1\"/></table:named-expressions></table:table><table:table "
     "table:name=\"'file:///o'#A\"><table:table-row><table:table-cell " NUMBER
     "/></table:table-row></table:table><table:named-expressions><table:named-expression "
     "table:name=\"e\" table:base-cell-address=\"?\" table:expression=\"1\"/>"
     "</table:named-expressions><table:database-ranges><table:database-range table:name=\"d\" "
     "table:target-range-address=\"S.A1:S.B2\"><table:filter/></table:database-range>"
     "</table:database-ranges><table:dde-links/></office:spreadsheet></office:body>"
     "</office:document-content>",
     0},
    {NULL, NULL, 0}};

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

static void refuses(void **state)
{
    const error_row *row = *state;
    pe_diag diag = {0};
    pe_status status;
    if (row->flat != NULL) {
        status = read_bytes(row->flat, strlen(row->flat), 0, &diag);
    } else {
        const package_part parts[] = {{"mimetype", row->type, 0},
                                      {"content.xml", row->content, 0},
                                      {"META-INF/manifest.xml", row->manifest, 0},
                                      {NULL, NULL, 0}};
        size_t length;
        unsigned char *bytes = package_build_parts(parts, &length);
        status = read_bytes(bytes, length, 0, &diag);
        free(bytes);
    }
    if (status != row->status || strstr(diag.where, row->where) == NULL ||
        strstr(diag.what, row->what) == NULL)
        fail_msg("%d at '%s': %s", (int)status, diag.where, diag.what);
}

static void nothing_repeated_costs_nothing(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    clock_t start = clock();
    assert_int_equal(read_bytes(nothing, sizeof nothing - 1, 1 << 20, &diag), PE_OK);
    assert_true(clock() - start < CLOCKS_PER_SEC / 2);
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

static pe_status read_flat(char *text, uint64_t bytes_max, pe_diag *diag)
{
    pe_status status = read_bytes(text, strlen(text), bytes_max, diag);
    free(text);
    return status;
}

static void refuses_a_bomb(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    size_t length;
    char *text = repeat("<office:document-content" SPACES ">", "          ",
                        "</office:document-content>", 80u << 20);
    const package_part parts[] = {{"mimetype", TYPE, 0}, {"content.xml", text, 0}, {NULL, NULL, 0}};
    unsigned char *bytes = package_build_parts(parts, &length);
    assert_int_equal(read_bytes(bytes, length, 0, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "bomb"));
    free(bytes);
    free(text);
}

static void refuses_what_is_too_long_or_deep(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    char *text = repeat("<office:document a=\"", "0123456789", "\"/>", 3u << 20);
    assert_int_equal(read_flat(text, 0, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "tag"));
    text = repeat("<office:document" SPACES ">", "<a>", "", 3000);
    assert_int_equal(read_flat(text, 0, &diag), PE_E_LIMIT);
    text = repeat("<office:document" SPACES "><office:body><office:spreadsheet><table:table "
                  "table:name=\"S\"><table:table-row><table:table-cell table:formula=\"of:=",
                  "1+", "1\"/>", 70000);
    assert_int_equal(read_flat(text, 0, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "cell A1: its formula"));
    text = repeat("<office:document" SPACES "><office:body><office:spreadsheet><table:table "
                  "table:name=\"S\"><table:table-row><table:table-cell "
                  "office:value-type=\"string\"><text:p>",
                  "0123456789", "</text:p></table:table-cell>", 140000);
    assert_int_equal(read_flat(text, 0, &diag), PE_E_LIMIT);
    assert_non_null(strstr(diag.what, "cell A1: its text"));
}

static void keeps_to_the_memory_limit(void **state)
{
    PE_UNUSED(state);
    pe_diag diag = {0};
    for (int i = 0; i < 2; i++) {
        char *text =
            repeat("<office:document" SPACES "><office:body><office:spreadsheet>"
                   "<table:table table:name=\"S\">",
                   "<table:table-row><table:table-cell " NUMBER "/></table:table-row>",
                   "</table:table></office:spreadsheet></office:body></office:document>", 8u << 20);
        assert_int_equal(read_flat(text, i == 0 ? 1 << 20 : 64 << 20, &diag),
                         i == 0 ? PE_E_LIMIT : PE_OK);
    }
}

static void survives_failing_allocations(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build_parts(rich_parts, &length);
    package_survives_faults(bytes, length);
    free(bytes);
}

/* A cut is always refused; a changed byte gives any answer but a crash. */
static void survives_damage(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build_parts(rich_parts, &length);
    const char *flat = rich_parts[4].text;
    pe_diag diag = {0};
    for (size_t cut = 0; cut < length; cut += cut < 64 || length - cut < 256 ? 1 : 7)
        assert_true(read_bytes(bytes, cut, 0, &diag) != PE_OK);
    for (size_t at = 0; at < length; at += 3) {
        bytes[at] ^= 0x55;
        read_bytes(bytes, length, 64 << 20, &diag);
        bytes[at] ^= 0x55;
    }
    free(bytes);
    size_t size = strlen(flat);
    unsigned char *copy = malloc(size + 1);
    memcpy(copy, flat, size + 1);
    for (size_t at = 0; at < size; at++) {
        copy[at] ^= 0x11;
        read_bytes(copy, size, 64 << 20, &diag);
        copy[at] ^= 0x11;
        assert_true(read_bytes(copy, at, 0, &diag) != PE_OK);
    }
    free(copy);
}

/* Two parts of one name: the first counts, and nothing else happens. */
static void reads_the_first_of_equal_parts(void **state)
{
    PE_UNUSED(state);
    const package_part parts[] = {{"mimetype", TYPE, 0},
                                  {"content.xml", CONTENT(CELL(NUMBER)), 0},
                                  {"CONTENT.XML", "hello", 0},
                                  {NULL, NULL, 0}};
    size_t length;
    pe_diag diag = {0};
    unsigned char *bytes = package_build_parts(parts, &length);
    assert_int_equal(read_bytes(bytes, length, 0, &diag), PE_OK);
    for (size_t at = 0; at + 11 < length; at++)
        if (memcmp(bytes + at, "CONTENT.XML", 11) == 0) memcpy(bytes + at, "content.xml", 11);
    assert_int_equal(read_bytes(bytes, length, 0, &diag), PE_OK);
    free(bytes);
}

static void is_cancelled(void **state)
{
    PE_UNUSED(state);
    size_t length;
    unsigned char *bytes = package_build_parts(rich_parts, &length);
    pe_control control = {.cancel = true};
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_workbook_read_bytes(bytes, length, NULL, NULL, &control, &w, &diag),
                     PE_E_CANCELLED);
    free(bytes);
    const char *flat = rich_parts[4].text;
    assert_int_equal(pe_workbook_read_bytes(flat, strlen(flat), NULL, NULL, &control, &w, &diag),
                     PE_E_CANCELLED);
    assert_null(w);
}

static void says_that_a_real_file_is_encrypted(void **state)
{
    PE_UNUSED(state);
    pe_workbook *w = NULL;
    pe_diag diag = {0};
    assert_int_equal(pe_workbook_read_file(PE_SOURCE_DIR "/tests/workbook/data/encrypted.ods", NULL,
                                           NULL, NULL, &w, &diag),
                     PE_E_ENCRYPTED);
    assert_non_null(strstr(diag.what, "save it without"));
}

int main(void)
{
    const struct CMUnitTest larger[] = {
        cmocka_unit_test(nothing_repeated_costs_nothing),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(refuses_a_bomb),
        cmocka_unit_test(refuses_what_is_too_long_or_deep),
        cmocka_unit_test(keeps_to_the_memory_limit),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(reads_the_first_of_equal_parts),
        cmocka_unit_test(is_cancelled),
        cmocka_unit_test(says_that_a_real_file_is_encrypted),
    };
    struct CMUnitTest rows[PE_COUNT(error_rows)];
    for (size_t i = 0; i < PE_COUNT(error_rows); i++)
        rows[i] = (struct CMUnitTest){error_rows[i].name, refuses, NULL, NULL, &error_rows[i]};
    int failed = cmocka_run_group_tests_name("refused", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("larger", larger, NULL, NULL);
}
