/* base_text.c: UTF-8 and ASCII case folding. */
#include "base.h"

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool pe_text_equal_nocase(const char *a, size_t a_length, const char *b, size_t b_length)
{
    if (a_length != b_length) return false;
    for (size_t i = 0; i < a_length; i++)
        if (fold(a[i]) != fold(b[i])) return false;
    return true;
}

uint32_t pe_utf8_next(const char *text, size_t length, size_t *at)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)text + *at;
    size_t left = length - *at;
    unsigned n = p[0] < 0x80                   ? 1
                 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
                 : (p[0] & 0xF0) == 0xE0       ? 3
                 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                               : 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    bool good = n > 0 && n <= left;
    for (unsigned i = 1; good && i < n; i++) {
        good = (p[i] & 0xC0) == 0x80;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (!good || c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
        *at += 1;
        return 0xFFFD;
    }
    *at += n;
    return c;
}

size_t pe_utf8_put(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18 & 7));
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}
