/* workbook_text.c: the texts of a reading: where they are kept, and the small languages inside XML
 * text: _xHHHH_ escapes, error literals, ISO 8601 dates. Invariant: bytes taken are counted before
 * they are allocated. */
#include "workbook_internal.h"

#define BLOCK_FIRST 4096u
#define BLOCK_NEXT 65536u

void *pei_texts_push(pei_texts *texts, size_t bytes, size_t alignment, pe_diag *diag)
{
    size_t gap = (size_t)(-(uintptr_t)texts->at & (alignment - 1));
    if (texts->at == NULL || texts->left < gap || texts->left - gap < bytes) {
        size_t size = texts->at == NULL ? BLOCK_FIRST : BLOCK_NEXT;
        if (size < bytes) size = bytes;
        if (pei_reader_take(texts->reader, size, diag) != PE_OK) return NULL;
        char *block = pe_arena_push_raw(texts->arena, size, 1);
        if (block == NULL) {
            pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its texts");
            return NULL;
        }
        texts->at = block;
        texts->left = size;
        gap = 0;
    }
    void *memory = texts->at + gap;
    texts->at += gap + bytes;
    texts->left -= gap + bytes;
    return memory;
}

const char *pei_texts_copy(pei_texts *texts, const char *text, size_t length, pe_diag *diag)
{
    char *copy = pei_texts_push(texts, length + 1, 1, diag);
    if (copy == NULL) return NULL;
    if (length > 0) memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

pe_status pei_texts_value(pei_texts *texts, const char *text, size_t length, pe_value *value,
                          pe_diag *diag)
{
    pe_text *t = pei_texts_push(texts, sizeof *t + length + 1, sizeof(uint32_t), diag);
    if (t == NULL) return diag->status;
    t->length = (uint32_t)length;
    if (length > 0) memcpy(t->bytes, text, length);
    t->bytes[length] = '\0';
    *value = pe_box_pointer(PE_KIND_TEXT, t);
    return PE_OK;
}

/* ---- escapes
 * ------------------------------------------------------------------------------------------ */

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The UTF-16 unit of "_xHHHH_" at text, or -1. */
static int32_t escape_unit(const char *text, size_t length)
{
    if (length < 7 || text[0] != '_' || text[1] != 'x' || text[6] != '_') return -1;
    int32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex(text[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

size_t pei_unescape(char *text, size_t length)
{
    size_t out = 0, at = 0;
    while (at < length) {
        const char *next = memchr(text + at, '_', length - at);
        size_t plain = next != NULL ? (size_t)(next - (text + at)) : length - at;
        if (out != at) memmove(text + out, text + at, plain);
        at += plain;
        out += plain;
        if (at == length) break;
        int32_t unit = escape_unit(text + at, length - at);
        if (unit < 0) {
            text[out++] = text[at++];
            continue;
        }
        at += 7;
        uint32_t point = (uint32_t)unit;
        if (point >= 0xD800 && point < 0xDC00) {
            int32_t low = escape_unit(text + at, length - at);
            if (low >= 0xDC00 && low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
                at += 7;
            }
        }
        if (point >= 0xD800 && point < 0xE000) point = 0xFFFD;
        out += pe_utf8_put(text + out, point);
    }
    return out;
}

size_t pei_trim(const char **text, size_t length)
{
    while (length > 0 && (unsigned char)(*text)[0] <= ' ') {
        (*text)++;
        length--;
    }
    while (length > 0 && (unsigned char)(*text)[length - 1] <= ' ') length--;
    return length;
}

pe_value pei_error_parse(const char *text, size_t length)
{
    unsigned long used = 0;
    pe_error_code code = pe_error_parse(text, length, &used);
    return pe_error(used == length && used > 0 ? code : PE_ERROR_UNKNOWN);
}

/* ---- dates
 * -------------------------------------------------------------------------------------------- */

/* Reads exactly `digits` digits. */
static bool fixed(const char **at, const char *end, int digits, int *number)
{
    *number = 0;
    if (end - *at < digits) return false;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9') return false;
        *number = *number * 10 + (**at - '0');
    }
    return true;
}

static bool skip(const char **at, const char *end, char c)
{
    if (*at == end || **at != c) return false;
    (*at)++;
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar. */
static int64_t civil_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool parse_time(const char **at, const char *end, double *fraction)
{
    int hour, minute, second = 0;
    double part = 0;
    if (!fixed(at, end, 2, &hour) || !skip(at, end, ':') || !fixed(at, end, 2, &minute))
        return false;
    if (skip(at, end, ':') && !fixed(at, end, 2, &second)) return false;
    if (*at < end && **at == '.') {
        size_t used;
        part = pe_decimal_parse(*at, (size_t)(end - *at), &used);
        if (used < 2) return false;
        *at += used;
    }
    if (hour > 24 || minute > 59 || second > 60) return false;
    *fraction = ((hour * 60 + minute) * 60 + second + part) / 86400.0;
    return true;
}

bool pei_date_parse(const char *text, size_t length, bool date1904, double *serial)
{
    const char *at = text, *end = text + length;
    int year, month, day;
    double fraction = 0;
    if (length >= 3 && text[2] == ':') {
        if (!parse_time(&at, end, &fraction)) return false;
        *serial = fraction;
        return at == end || (skip(&at, end, 'Z') && at == end);
    }
    if (!fixed(&at, end, 4, &year) || !skip(&at, end, '-') || !fixed(&at, end, 2, &month) ||
        !skip(&at, end, '-') || !fixed(&at, end, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    if (skip(&at, end, 'T') && !parse_time(&at, end, &fraction)) return false;
    skip(&at, end, 'Z');
    int64_t days = civil_days(year, month, day);
    /* 1900-03-01 is 61, since Excel counts a 29 February 1900 that never was. */
    int64_t number = date1904 ? days - civil_days(1904, 1, 1) : days - civil_days(1899, 12, 30);
    if (!date1904 && number < 61) number--;
    *serial = (double)number + fraction;
    return at == end;
}
