/* formula_prefix.c: what stands before a reference: sheets, other workbooks. A sheet that is not
 * there is PE_SHEET_DELETED, never a guess. */
#include "formula_internal.h"

static uint32_t sheet_index(const pe_scope *scope, const pei_prefix *prefix, const char *name,
                            size_t length)
{
    if (length == 0) return PE_SHEET_DELETED;
    if (!prefix->external) return scope->sheet(scope->context, name, length);
    if (prefix->book == PE_BOOK_UNKNOWN || scope->external_sheet == NULL) return PE_SHEET_DELETED;
    return scope->external_sheet(scope->context, prefix->book, name, length);
}

/* [12] is book 11; [0] is this workbook; anything else is a file that the workbook has no link to.
 */
static void read_book(const char *text, size_t length, pei_prefix *prefix)
{
    uint32_t number = 0;
    bool digits = length > 0 && length < 7;
    for (size_t i = 0; i < length && digits; i++) {
        digits = text[i] >= '0' && text[i] <= '9';
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    prefix->external = !digits || number != 0;
    prefix->book = digits ? number - 1 : PE_BOOK_UNKNOWN;
}

/* First and last sheet in their order; one that is not there makes both deleted. */
void pei_order_sheets(pei_prefix *prefix)
{
    if (prefix->sheet_last == PE_SHEET_DELETED) prefix->sheet_first = PE_SHEET_DELETED;
    if (prefix->sheet_first == PE_SHEET_DELETED) prefix->sheet_last = PE_SHEET_DELETED;
    if (prefix->sheet_first > prefix->sheet_last) {
        uint32_t swap = prefix->sheet_first;
        prefix->sheet_first = prefix->sheet_last;
        prefix->sheet_last = swap;
    }
}

void pei_read_prefix(const pe_scope *scope, const char *text, size_t length, char *scratch,
                     pei_prefix *prefix)
{
    *prefix = (pei_prefix){
        .book = PE_BOOK_UNKNOWN, .sheet_first = PE_SHEET_HOME, .sheet_last = PE_SHEET_HOME};
    size_t n = 0, start = 0;
    bool quoted = false;
    if (length == 0) return;
    prefix->deleted = text[0] == '#';
    for (size_t i = 0; i < length;
         i++) { /* without apostrophes; a doubled one inside stands for one */
        if (text[i] != '\'') {
            scratch[n++] = text[i];
        } else if (quoted && i + 1 < length && text[i + 1] == '\'') {
            scratch[n++] = text[i++];
        } else {
            quoted = !quoted;
        }
    }
    for (size_t i = n; i > 0 && start == 0; i--) { /* path[book]sheets */
        if (scratch[i - 1] != ']') continue;
        size_t open = i - 1;
        while (open > 0 && scratch[open] != '[') open--;
        read_book(scratch + open + 1, i - 1 > open ? i - 2 - open : 0, prefix);
        start = i;
    }
    if (memchr(scratch + start, '|', n - start) != NULL) prefix->external = true;
    prefix->has_sheet = n > start;
    if (prefix->deleted) prefix->sheet_first = prefix->sheet_last = PE_SHEET_DELETED;
    if (!prefix->has_sheet || prefix->deleted) return;
    const char *colon = memchr(scratch + start, ':', n - start);
    size_t first = colon != NULL ? (size_t)(colon - scratch) - start : n - start;
    prefix->sheet_first = prefix->sheet_last = sheet_index(scope, prefix, scratch + start, first);
    if (colon != NULL)
        prefix->sheet_last = sheet_index(scope, prefix, colon + 1, n - start - first - 1);
    pei_order_sheets(prefix);
}

/* A sheet's or file's name without its apostrophes, into scratch: its length. */
static size_t bare_name(const char *text, size_t length, char *scratch)
{
    size_t n = 0;
    bool quoted = length >= 2 && text[0] == '\'';
    for (size_t i = quoted; i + quoted < length; i++) {
        scratch[n++] = text[i];
        if (quoted && text[i] == '\'') i++;
    }
    return n;
}

void pei_read_calc_prefix(const pe_scope *scope, const char *text, size_t length, char *scratch,
                          pei_prefix *prefix)
{
    *prefix = (pei_prefix){
        .book = PE_BOOK_UNKNOWN, .sheet_first = PE_SHEET_HOME, .sheet_last = PE_SHEET_HOME};
    size_t file = 0;
    bool quoted = false;
    for (size_t i = 0; i < length && file == 0; i++) {
        if (text[i] == '\'') quoted = !quoted;
        if (text[i] == '#' && !quoted && i > 0) file = i;
    }
    if (file > 0) { /* 'file:///a.ods'# */
        prefix->external = true;
        size_t n = bare_name(text, file, scratch);
        if (scope->external_book != NULL)
            prefix->book = scope->external_book(scope->context, scratch, n);
        text += file + 1;
        length -= file + 1;
    }
    size_t dollar = length > 0 && text[0] == '$';
    text += dollar;
    length -= dollar;
    prefix->has_sheet = length > 0;
    if (length == 0) return;
    size_t n = bare_name(text, length, scratch);
    prefix->sheet_first = prefix->sheet_last = sheet_index(scope, prefix, scratch, n);
}
