/* workbook_ods_formats.c: styles of an OpenDocument file: number styles become Excel's format
 * codes, cell styles lead to them, table styles say what is hidden. Invariant: a style that cannot
 * be said in Excel's codes becomes General or a plain date, never a code that means something
 * else. */
#include "workbook_ods.h"

#define PARENTS_MAX 32u /* a chain of parents longer than that is a loop */

/* ---- tables of styles
 * --------------------------------------------------------------------------------- */

/* Family and name; 0: too long to be one that anybody wrote. */
static size_t key_of(char family, const char *name, char key[256])
{
    size_t length = strlen(name);
    if (length + 1 > 256) return 0;
    key[0] = family;
    memcpy(key + 1, name, length);
    return length + 1;
}

static bool remember(pei_ods *o, char family, const char *name, size_t index)
{
    char key[256];
    uint32_t *slot;
    bool added;
    size_t length = key_of(family, name, key);
    if (length == 0) return true;
    if (pe_map_put(o->style_names, key, length, (uint32_t)index, &slot, &added) != PE_OK) {
        pei_xml_fail(&o->xml, PE_E_MEMORY, "no memory for its styles");
        return false;
    }
    *slot = (uint32_t)index; /* automatic styles come after the common ones, and count */
    return true;
}

static bool find(const pei_ods *o, char family, const char *name, uint32_t *index)
{
    char key[256];
    size_t length = name != NULL ? key_of(family, name, key) : 0;
    return length > 0 && pe_map_get(o->style_names, key, length, index);
}

static const char *keep(pei_ods *o, const char *text)
{
    return text != NULL ? pei_ods_keep(o, text, strlen(text)) : NULL;
}

void pei_ods_style_start(pei_ods *o, const char **attributes)
{
    const char *name = PEI_ODS(attributes, "style:name");
    const char *family = PEI_ODS(attributes, "style:family");
    o->in_style = false;
    if (name == NULL || family == NULL) return;
    bool cell = strcmp(family, "table-cell") == 0;
    if (!cell && strcmp(family, "table") != 0) return;
    if (!PEI_ODS_ROOM(o, &o->styles, &o->style_capacity, o->style_count)) return;
    o->styles[o->style_count] =
        (pei_ods_style){.name = keep(o, name),
                        .parent = keep(o, PEI_ODS(attributes, "style:parent-style-name")),
                        .format = keep(o, PEI_ODS(attributes, "style:data-style-name"))};
    o->in_style = remember(o, cell ? 'c' : 't', name, o->style_count++);
}

void pei_ods_style_table(pei_ods *o, const char **attributes)
{
    const char *display = PEI_ODS(attributes, "table:display");
    if (o->in_style && display != NULL && strcmp(display, "false") == 0)
        o->styles[o->style_count - 1].hides = true;
}

bool pei_ods_style_hides(pei_ods *o, const char *name)
{
    uint32_t index;
    return find(o, 't', name, &index) && o->styles[index].hides;
}

/* ---- a section's code
 * --------------------------------------------------------------------------------- */

static void put(pei_ods *o, const char *text)
{
    size_t length = strlen(text);
    if (o->section.length + length >= sizeof o->section.code) {
        o->section.odd = true;
        return;
    }
    memcpy(o->section.code + o->section.length, text, length + 1);
    o->section.length += length;
}

/* A literal: bare where Excel shows the character as it is, else in quotes. */
static void put_literal(pei_ods *o, const char *text, size_t length)
{
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i], piece[3] = {c, '\0', '\0'};
        bool bare = strchr(" -+():/", c) != NULL || (c == '%' && o->section.percent);
        if (c == '"') {
            memcpy(piece, "\\\"", 2);
            bare = true;
        }
        if (bare == quoted) {
            put(o, "\"");
            quoted = !quoted;
        }
        put(o, piece);
    }
    if (quoted) put(o, "\"");
}

void pei_ods_format_start(pei_ods *o, const char *name, const char **attributes)
{
    const char *own = PEI_ODS(attributes, "style:name");
    const char *truncate = PEI_ODS(attributes, "number:truncate-on-overflow");
    if (own == NULL) own = "";
    if (!PEI_ODS_ROOM(o, &o->formats, &o->format_capacity, o->format_count)) return;
    o->formats[o->format_count] = (pei_ods_format){.name = keep(o, own), .code = "General"};
    if (!remember(o, 'n', own, o->format_count++)) return;
    memset(&o->section, 0, sizeof o->section);
    o->section.elapsed = truncate != NULL && strcmp(truncate, "false") == 0;
    o->section.percent = strcmp(name, "number:percentage-style") == 0;
    o->section.date = strcmp(name, "number:date-style") == 0;
    if (strcmp(name, "number:boolean-style") == 0) put(o, "\"TRUE\";\"TRUE\";\"FALSE\"");
}

void pei_ods_format_end(pei_ods *o)
{
    const char *code = o->section.code;
    if (o->section.odd) code = o->section.date ? "yyyy-mm-dd" : "General";
    if (o->section.length == 0)
        code = o->formats[o->format_count - 1].sections > 0 ? "" : "General";
    o->formats[o->format_count - 1].code = keep(o, code);
}

/* ---- numbers
 * ------------------------------------------------------------------------------------------ */

static uint32_t count_of(const char **attributes, const char *name, uint32_t fallback)
{
    uint32_t n = pei_attribute_number(attributes, name, fallback);
    return n < 20 ? n : 20;
}

static void repeat(char *out, size_t *at, char c, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) out[(*at)++] = c;
}

/* "#,##0": least digits as 0; with grouping at least four places. */
static void integer_digits(char *out, uint32_t digits, bool grouping, uint32_t places)
{
    size_t at = 0;
    if (grouping && places < 4) places = 4;
    if (places < digits) places = digits;
    if (places == 0) places = 1;
    for (uint32_t left = places; left > 0; left--) {
        out[at++] = left <= digits ? '0' : '#';
        if (grouping && left > 1 && (left - 1) % 3 == 0) out[at++] = ',';
    }
    out[at] = '\0';
}

static void plain_number(pei_ods *o, const char **attributes)
{
    size_t at = 0;
    char *out = o->section.fraction;
    uint32_t places = count_of(attributes, "number:decimal-places", UINT32_MAX);
    bool grouping = pei_attribute_true(attributes, "number:grouping", false);
    uint32_t least = count_of(attributes, "number:min-integer-digits", 0);
    o->section.has_number = true;
    out[0] = '\0';
    if (PEI_ODS(attributes, "number:decimal-places") == NULL && !grouping && least <= 1) {
        memcpy(o->section.integer, "General", 8);
        return;
    }
    if (PEI_ODS(attributes, "number:decimal-places") == NULL) places = 0;
    integer_digits(o->section.integer, least, grouping, least);
    const char *replacement = PEI_ODS(attributes, "number:decimal-replacement");
    uint32_t fixed = count_of(attributes, "number:min-decimal-places",
                              replacement != NULL && replacement[0] == '\0' ? 0 : places);
    if (fixed > places) fixed = places;
    if (places > 0) out[at++] = '.';
    repeat(out, &at, '0', fixed);
    repeat(out, &at, replacement != NULL && replacement[0] == ' ' ? '?' : '#', places - fixed);
    uint32_t factor = pei_attribute_number(attributes, "number:display-factor", 1);
    for (; factor >= 1000 && at < sizeof o->section.fraction - 1; factor /= 1000) out[at++] = ',';
    out[at] = '\0';
}

static void scientific_number(pei_ods *o, const char **attributes)
{
    size_t at = 0;
    char out[128], integer[64];
    uint32_t places = count_of(attributes, "number:decimal-places", 0);
    uint32_t fixed = count_of(attributes, "number:min-decimal-places", places);
    uint32_t exponent = count_of(attributes, "number:min-exponent-digits", 2);
    bool sign = pei_attribute_true(attributes, "number:forced-exponent-sign", true);
    if (fixed > places) fixed = places;
    integer_digits(integer, count_of(attributes, "number:min-integer-digits", 1),
                   pei_attribute_true(attributes, "number:grouping", false),
                   count_of(attributes, "number:exponent-interval", 1));
    if (places > 0) out[at++] = '.';
    repeat(out, &at, '0', fixed);
    repeat(out, &at, '#', places - fixed);
    out[at++] = 'E';
    out[at++] = sign ? '+' : '-';
    repeat(out, &at, '0', exponent > 0 ? exponent : 1);
    out[at] = '\0';
    put(o, integer);
    put(o, out);
}

static void fraction(pei_ods *o, const char **attributes)
{
    size_t at = 0;
    char out[128];
    uint32_t top = count_of(attributes, "number:min-numerator-digits", 1);
    uint32_t bottom = count_of(attributes, "number:min-denominator-digits", 1);
    const char *fixed = PEI_ODS(attributes, "number:denominator-value");
    if (PEI_ODS(attributes, "number:min-integer-digits") != NULL) {
        integer_digits(out, count_of(attributes, "number:min-integer-digits", 0), false, 0);
        put(o, out);
        put(o, " ");
    }
    repeat(out, &at, '?', top > 0 ? top : 1);
    out[at++] = '/';
    if (fixed == NULL) repeat(out, &at, '?', bottom > 0 ? bottom : 1);
    out[at] = '\0';
    put(o, out);
    uint32_t value;
    if (fixed != NULL && pei_number_parse(fixed, &value))
        put(o, fixed);
    else if (fixed != NULL)
        o->section.odd = true;
}

void pei_ods_format_embedded(pei_ods *o, const char **attributes)
{
    o->section.embedded = pei_attribute_number(attributes, "number:position", 0);
    o->text.length = 0;
}

/* Into the digits, so many places before the point. */
void pei_ods_format_embedded_end(pei_ods *o)
{
    char *digits = o->section.integer, literal[40];
    size_t length = strlen(digits), at = length, size = 0;
    for (uint32_t seen = 0; at > 0 && seen < o->section.embedded;) {
        at--;
        seen += digits[at] == '0' || digits[at] == '#';
        if (digits[at] == '"')
            while (at > 0 && digits[--at] != '"') continue;
    }
    if (o->text.length > 30 || length + o->text.length + 3 > sizeof o->section.integer ||
        memchr(o->text.bytes, '"', o->text.length) != NULL) {
        o->section.odd = true;
        return;
    }
    literal[size++] = '"';
    if (o->text.length > 0) memcpy(literal + size, o->text.bytes, o->text.length);
    size += o->text.length;
    literal[size++] = '"';
    memmove(digits + at + size, digits + at, length + 1 - at);
    memcpy(digits + at, literal, size);
}

void pei_ods_format_number_end(pei_ods *o)
{
    if (!o->section.has_number) return;
    put(o, o->section.integer);
    put(o, o->section.fraction);
    o->section.has_number = false;
}

/* ---- dates and other pieces
 * --------------------------------------------------------------------------- */

static void put_time(pei_ods *o, const char *code)
{
    if (o->section.elapsed) put(o, "[");
    put(o, code);
    if (o->section.elapsed) put(o, "]");
    o->section.elapsed = false; /* only the first unit runs on */
}

static void seconds(pei_ods *o, const char **attributes, bool is_long)
{
    char places[24] = ".";
    size_t at = 1;
    uint32_t count = count_of(attributes, "number:decimal-places", 0);
    repeat(places, &at, '0', count);
    places[at] = '\0';
    put_time(o, is_long ? "ss" : "s");
    if (count > 0) put(o, places);
}

void pei_ods_format_piece(pei_ods *o, const char *name, const char **attributes)
{
    const char *style = PEI_ODS(attributes, "number:style");
    bool is_long = style != NULL && strcmp(style, "long") == 0;
    const char *piece = strchr(name, ':') + 1;
    if (strcmp(piece, "number") == 0)
        plain_number(o, attributes);
    else if (strcmp(piece, "scientific-number") == 0)
        scientific_number(o, attributes);
    else if (strcmp(piece, "fraction") == 0)
        fraction(o, attributes);
    else if (strcmp(piece, "day") == 0)
        put(o, is_long ? "dd" : "d");
    else if (strcmp(piece, "month") == 0 && pei_attribute_true(attributes, "number:textual", false))
        put(o, is_long ? "mmmm" : "mmm");
    else if (strcmp(piece, "month") == 0)
        put(o, is_long ? "mm" : "m");
    else if (strcmp(piece, "year") == 0)
        put(o, is_long ? "yyyy" : "yy");
    else if (strcmp(piece, "day-of-week") == 0)
        put(o, is_long ? "dddd" : "ddd");
    else if (strcmp(piece, "hours") == 0)
        put_time(o, is_long ? "hh" : "h");
    else if (strcmp(piece, "minutes") == 0)
        put_time(o, is_long ? "mm" : "m");
    else if (strcmp(piece, "seconds") == 0)
        seconds(o, attributes, is_long);
    else if (strcmp(piece, "am-pm") == 0)
        put(o, "AM/PM");
    else if (strcmp(piece, "text-content") == 0)
        put(o, "@");
    else if (strcmp(piece, "boolean") != 0) /* whose section is there already */
        o->section.odd = true;              /* era, quarter, week: Excel has no codes for them */
}

void pei_ods_format_text_end(pei_ods *o)
{
    put_literal(o, o->text.bytes, o->text.length);
}

void pei_ods_format_currency_end(pei_ods *o)
{
    if (o->text.length == 0) return;
    if (o->text.length > 40 || memchr(o->text.bytes, ']', o->text.length) != NULL) {
        o->section.odd = true;
        return;
    }
    char symbol[48] = "[$";
    memcpy(symbol + 2, o->text.bytes, o->text.length);
    memcpy(symbol + 2 + o->text.length, "]", 2);
    put(o, symbol);
}

void pei_ods_format_fill_end(pei_ods *o)
{
    char fill[3] = {'*', o->text.length > 0 ? o->text.bytes[0] : ' ', '\0'};
    if ((unsigned char)fill[1] < 0x80)
        put(o, fill);
    else
        o->section.odd = true;
}

void pei_ods_format_color(pei_ods *o, const char **attributes)
{
    static const struct {
        const char *rgb, *name;
    } colors[] = {{"#000000", "[Black]"},  {"#0000ff", "[Blue]"}, {"#00ff00", "[Green]"},
                  {"#00ffff", "[Cyan]"},   {"#ff0000", "[Red]"},  {"#ff00ff", "[Magenta]"},
                  {"#ffff00", "[Yellow]"}, {"#ffffff", "[White]"}};
    const char *rgb = PEI_ODS(attributes, "fo:color");
    for (size_t i = 0; rgb != NULL && i < PE_COUNT(colors); i++)
        if (pe_text_equal_nocase(rgb, strlen(rgb), colors[i].rgb, 7)) put(o, colors[i].name);
}

/* ---- sections together
 * -------------------------------------------------------------------------------- */

void pei_ods_format_map(pei_ods *o, const char **attributes)
{
    const char *condition = PEI_ODS(attributes, "style:condition");
    const char *applied = PEI_ODS(attributes, "style:apply-style-name");
    pei_ods_format *f = &o->formats[o->format_count - 1];
    if (condition == NULL || applied == NULL) return;
    if (f->sections == PEI_ODS_SECTIONS || strncmp(condition, "value()", 7) != 0 ||
        condition[7 + strspn(condition + 7, "<>=!0123456789.+-eE")] != '\0') {
        o->section.odd = true;
        return;
    }
    f->conditions[f->sections] = keep(o, condition + 7);
    f->applied[f->sections++] = keep(o, applied);
}

/* Whether the conditions are those that Excel's sections have by themselves. */
static bool is_natural(const pei_ods_format *f)
{
    if (f->sections == 1) return strcmp(f->conditions[0], ">=0") == 0;
    if (strcmp(f->conditions[0], ">0") != 0 || strcmp(f->conditions[1], "<0") != 0) return false;
    return f->sections == 2 || strcmp(f->conditions[2], "=0") == 0;
}

/* The whole code of a number style, in the reader's section buffer. */
static const char *whole_code(pei_ods *o, const pei_ods_format *f)
{
    bool natural = f->sections > 0 && is_natural(f);
    memset(&o->section, 0, sizeof o->section);
    for (unsigned i = 0; i < f->sections; i++) {
        uint32_t index;
        if (!find(o, 'n', f->applied[i], &index)) return "General";
        if (!natural) {
            put(o, "[");
            put(o, f->conditions[i][0] == '!' ? "<>" : "");
            put(o, f->conditions[i] + (f->conditions[i][0] == '!' ? 2 : 0));
            put(o, "]");
        }
        put(o, o->formats[index].code);
        put(o, ";");
    }
    put(o, f->code);
    return o->section.odd ? "General" : o->section.code;
}

static uint16_t code_index(pei_ods *o, const char *code)
{
    uint32_t *slot;
    bool added;
    if (pe_map_put(o->codes, code, strlen(code), (uint32_t)o->book_format_count, &slot, &added) !=
        PE_OK) {
        pei_xml_fail(&o->xml, PE_E_MEMORY, "no memory for its formats");
        return 0;
    }
    if (!added) return (uint16_t)*slot;
    if (o->book_format_count > UINT16_MAX) {
        pei_xml_fail(&o->xml, PE_E_LIMIT, "more than 65,536 number formats");
        return 0;
    }
    if (!PEI_ODS_ROOM(o, &o->book_formats, &o->book_format_capacity, o->book_format_count))
        return 0;
    o->book_formats[o->book_format_count] = keep(o, code);
    return (uint16_t)o->book_format_count++;
}

uint16_t pei_ods_style_format(pei_ods *o, const char *name)
{
    uint32_t index, number;
    if (!find(o, 'c', name, &index)) return 0;
    pei_ods_style *style = &o->styles[index];
    if (style->resolved) return style->index;
    const pei_ods_style *from = style;
    for (unsigned i = 0; from->format == NULL && i < PARENTS_MAX; i++) {
        if (!find(o, 'c', from->parent, &index)) break;
        from = &o->styles[index];
    }
    style->resolved = true;
    if (find(o, 'n', from->format, &number))
        style->index = code_index(o, whole_code(o, &o->formats[number]));
    return style->index;
}
