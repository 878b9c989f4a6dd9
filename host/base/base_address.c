/* base_address.c: A1 text of columns and cells, both ways. */
#include "base.h"

int pe_column_text(uint32_t column, char out[4])
{
    char reversed[4];
    int n = 0;
    for (uint32_t c = column + 1; c > 0 && n < 3; c = (c - 1) / 26)
        reversed[n++] = (char)('A' + (c - 1) % 26);
    for (int i = 0; i < n; i++) out[i] = reversed[n - 1 - i];
    out[n] = '\0';
    return n;
}

int pe_cell_text(uint32_t row, uint32_t column, char out[12])
{
    int n = pe_column_text(column, out);
    char digits[10];
    int count = 0;
    for (uint32_t r = row + 1; r > 0 && count < 8; r /= 10) digits[count++] = (char)('0' + r % 10);
    while (count > 0) out[n++] = digits[--count];
    out[n] = '\0';
    return n;
}

size_t pe_cell_parse(const char *text, size_t length, uint32_t *row, uint32_t *column)
{
    size_t i = 0;
    uint32_t c = 0, r = 0;
    if (i < length && text[i] == '$') i++;
    size_t letters = i;
    for (; i < length && i - letters < 3; i++) {
        char letter = (char)(text[i] & ~32);
        if (letter < 'A' || letter > 'Z') break;
        c = c * 26 + (uint32_t)(letter - 'A' + 1);
    }
    if (i == letters) return 0;
    if (i < length && text[i] == '$') i++;
    size_t digits = i;
    for (; i < length && i - digits < 7 && text[i] >= '0' && text[i] <= '9'; i++)
        r = r * 10 + (uint32_t)(text[i] - '0');
    if (i == digits || r == 0 || r > PE_ROWS_MAX || c > PE_COLUMNS_MAX) return 0;
    if (i < length && text[i] >= '0' && text[i] <= '9') return 0;
    *row = r - 1;
    *column = c - 1;
    return i;
}
