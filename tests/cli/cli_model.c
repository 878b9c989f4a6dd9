/* cli_model.c: small workbooks from lines of text: see cli_model.h. A line that cannot be
 * understood ends the test program: it is a mistake in the test. */
#include "cli_model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workbook/package_build.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/relationships"
#define SHEETS_MAX 8
#define FORMATS_MAX 16

typedef struct text {
    char *bytes;
    size_t used, capacity;
} text;

typedef struct cell {
    int row, column, order;
    char *xml;
} cell;

typedef struct sheet {
    char name[64];
    bool hidden;
    cell *cells;
    int count;
} sheet;

typedef struct model {
    sheet sheets[SHEETS_MAX];
    int sheet_count;
    char formats[FORMATS_MAX][64];
    int format_count;
    text names;
    char calculation[128], application[64];
} model;

static void mistake(const char *line)
{
    fprintf(stderr, "cli_model: cannot understand: %s\n", line);
    abort();
}

static void add(text *t, const char *bytes)
{
    size_t n = strlen(bytes);
    if (t->used + n + 1 > t->capacity) {
        t->capacity = 2 * (t->used + n + 1);
        t->bytes = realloc(t->bytes, t->capacity);
        if (t->bytes == NULL) abort();
    }
    memcpy(t->bytes + t->used, bytes, n + 1);
    t->used += n;
}

static void add_escaped(text *t, const char *bytes)
{
    for (char one[2] = {0}; *bytes != '\0'; bytes++) {
        one[0] = *bytes;
        add(t, *bytes == '&'   ? "&amp;"
               : *bytes == '<' ? "&lt;"
               : *bytes == '>' ? "&gt;"
               : *bytes == '"' ? "&quot;"
                               : one);
    }
}

static sheet *sheet_of(model *m, const char *name, size_t length)
{
    for (int i = 0; i < m->sheet_count; i++)
        if (strlen(m->sheets[i].name) == length && memcmp(m->sheets[i].name, name, length) == 0)
            return &m->sheets[i];
    if (m->sheet_count == SHEETS_MAX || length >= sizeof m->sheets[0].name) mistake(name);
    sheet *s = &m->sheets[m->sheet_count++];
    memcpy(s->name, name, length);
    return s;
}

static int style_of(model *m, const char *format)
{
    if (format == NULL) return 0;
    for (int i = 0; i < m->format_count; i++)
        if (strcmp(m->formats[i], format) == 0) return i + 1;
    if (m->format_count == FORMATS_MAX) mistake(format);
    snprintf(m->formats[m->format_count++], sizeof m->formats[0], "%s", format);
    return m->format_count;
}

static const char *parse_address(const char *p, int *row, int *column)
{
    *row = *column = 0;
    while (isupper((unsigned char)*p)) *column = *column * 26 + (*p++ - 'A' + 1);
    while (isdigit((unsigned char)*p)) *row = *row * 10 + (*p++ - '0');
    return p;
}

static void add_cell(sheet *s, int row, int column, char *xml)
{
    s->cells = realloc(s->cells, (size_t)(s->count + 1) * sizeof *s->cells);
    if (s->cells == NULL) abort();
    s->cells[s->count] = (cell){row, column, s->count, xml};
    s->count++;
}

static const char *type_of(const char *value)
{
    if (value == NULL || value[0] == '\0') return "";
    if (value[0] == '\'') return " t=\"str\"";
    if (value[0] == '#') return " t=\"e\"";
    return strcmp(value, "TRUE") == 0 || strcmp(value, "FALSE") == 0 ? " t=\"b\"" : "";
}

static void add_value(text *t, const char *value)
{
    if (value == NULL || value[0] == '\0') return;
    bool boolean = strcmp(value, "TRUE") == 0 || strcmp(value, "FALSE") == 0;
    add(t, "<v>");
    if (boolean)
        add(t, value[0] == 'T' ? "1" : "0");
    else
        add_escaped(t, value[0] == '\'' ? value + 1 : value);
    add(t, "</v>");
}

/* content is the formula with its '=' or "{=", or a constant. */
static void put_cell(model *m, sheet *s, const char *address, char *content, const char *stored,
                     const char *format)
{
    int row, column;
    text t = {NULL, 0, 0};
    char start[128];
    bool array = content[0] == '{', formula = array || content[0] == '=';
    parse_address(address, &row, &column);
    snprintf(start, sizeof start, "<c r=\"%s\" s=\"%d\"%s>", address, style_of(m, format),
             type_of(formula ? stored : content));
    add(&t, start);
    if (array) {
        content[strlen(content) - 1] = '\0';
        snprintf(start, sizeof start, "<f t=\"array\" ref=\"%s\">", address);
        add(&t, start);
    } else if (formula) {
        add(&t, "<f>");
    }
    if (formula) {
        add_escaped(&t, content + (array ? 2 : 1));
        add(&t, "</f>");
    }
    add_value(&t, formula ? stored : content);
    add(&t, "</c>");
    add_cell(s, row, column, t.bytes);
}

static void put_table(sheet *s, const char *block, const char *input)
{
    int row, column, last_row, last_column;
    const char *second = parse_address(block, &row, &column);
    if (*second != ':') mistake(block);
    parse_address(second + 1, &last_row, &last_column);
    for (int r = row; r <= last_row; r++) {
        char at[300] = "";
        text t = {NULL, 0, 0};
        snprintf(at, sizeof at, "<c r=\"%c%d\">", 'A' + column - 1, r);
        add(&t, at);
        snprintf(at, sizeof at, "<f t=\"dataTable\" ref=\"%s\" dt2D=\"0\" dtr=\"0\" r1=\"%s\"/>",
                 block, input);
        if (r == row) add(&t, at);
        add(&t, "<v>0</v></c>");
        add_cell(s, r, column, t.bytes);
    }
}

/* The blank between a cell and its content: sheet names may hold blanks. */
static char *content_of(char *line)
{
    char *bang = strchr(line, '!');
    size_t before = strcspn(line, "={['");
    return strchr(bang != NULL && (size_t)(bang - line) < before ? bang : line, ' ');
}

static void put_line(model *m, char *line)
{
    char *fields[3] = {line, NULL, NULL}, *content = content_of(line);
    if (content == NULL) mistake(line);
    *content++ = '\0';
    if (strcmp(line, "name:") == 0) {
        char *formula = strstr(content, " =");
        if (formula == NULL) mistake(content);
        *formula = '\0';
        add(&m->names, "<definedName name=\"");
        add_escaped(&m->names, content);
        add(&m->names, "\">");
        add_escaped(&m->names, formula + 2);
        add(&m->names, "</definedName>");
        return;
    }
    if (strcmp(line, "iterate:") == 0) {
        char *delta = strchr(content, ' ');
        *delta++ = '\0';
        snprintf(m->calculation, sizeof m->calculation,
                 "<calcPr iterate=\"1\" iterateCount=\"%s\" iterateDelta=\"%s\"/>", content, delta);
        return;
    }
    if (strcmp(line, "app:") == 0) {
        snprintf(m->application, sizeof m->application, "%s", content);
        return;
    }
    if (strcmp(line, "hidden:") == 0) {
        sheet_of(m, content, strlen(content))->hidden = true;
        return;
    }
    for (int i = 0; i < 3 && content != NULL; i++) {
        fields[i] = content;
        content = strstr(content, " |");
        if (content == NULL) break;
        *content = '\0';
        content += 2;
    }
    char *bang = strrchr(line, '!'), *address = bang != NULL ? bang + 1 : line;
    sheet *s = bang != NULL ? sheet_of(m, line, (size_t)(bang - line)) : sheet_of(m, "Sheet1", 6);
    if (fields[0][0] == '[') {
        fields[0][strlen(fields[0]) - 1] = '\0';
        put_table(s, address, fields[0] + 1);
        return;
    }
    put_cell(m, s, address, fields[0], fields[1], fields[2]);
}

static int by_place(const void *a, const void *b)
{
    const cell *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static char *sheet_xml(sheet *s)
{
    text t = {NULL, 0, 0};
    char row[32];
    if (s->count > 0) qsort(s->cells, (size_t)s->count, sizeof *s->cells, by_place);
    add(&t, HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData>");
    for (int i = 0; i < s->count; i++) {
        bool first = i == 0 || s->cells[i].row != s->cells[i - 1].row;
        snprintf(row, sizeof row, "%s<row r=\"%d\">", i > 0 ? "</row>" : "", s->cells[i].row);
        if (first) add(&t, row);
        add(&t, s->cells[i].xml);
        free(s->cells[i].xml);
    }
    add(&t, s->count > 0 ? "</row></sheetData></worksheet>" : "</sheetData></worksheet>");
    free(s->cells);
    return t.bytes;
}

static char *workbook_xml(const model *m)
{
    text t = {NULL, 0, 0};
    char one[256];
    add(&t, HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE "\"><sheets>");
    for (int i = 0; i < m->sheet_count; i++) {
        snprintf(one, sizeof one, "<sheet name=\"%s\" sheetId=\"%d\" r:id=\"rId%d\"%s/>",
                 m->sheets[i].name, i + 1, i + 1, m->sheets[i].hidden ? " state=\"hidden\"" : "");
        add(&t, one);
    }
    add(&t, "</sheets>");
    if (m->names.bytes != NULL) {
        add(&t, "<definedNames>");
        add(&t, m->names.bytes);
        add(&t, "</definedNames>");
    }
    add(&t, m->calculation);
    add(&t, "</workbook>");
    return t.bytes;
}

static char *relations_xml(const model *m)
{
    text t = {NULL, 0, 0};
    char one[256];
    add(&t, HEAD "<Relationships xmlns=\"" PACKAGE "\">");
    for (int i = 0; i < m->sheet_count; i++) {
        snprintf(one, sizeof one,
                 "<Relationship Id=\"rId%d\" Type=\"" OFFICE
                 "/worksheet\" Target=\"worksheets/sheet%d.xml\"/>",
                 i + 1, i + 1);
        add(&t, one);
    }
    add(&t, "<Relationship Id=\"rIdS\" Type=\"" OFFICE
            "/styles\" Target=\"styles.xml\"/></Relationships>");
    return t.bytes;
}

static char *styles_xml(const model *m)
{
    text t = {NULL, 0, 0};
    char one[64];
    add(&t, HEAD "<styleSheet xmlns=\"" MAIN "\"><numFmts>");
    for (int i = 0; i < m->format_count; i++) {
        snprintf(one, sizeof one, "<numFmt numFmtId=\"%d\" formatCode=\"", 164 + i);
        add(&t, one);
        add_escaped(&t, m->formats[i]);
        add(&t, "\"/>");
    }
    add(&t, "</numFmts><cellXfs><xf numFmtId=\"0\"/>");
    for (int i = 0; i < m->format_count; i++) {
        snprintf(one, sizeof one, "<xf numFmtId=\"%d\"/>", 164 + i);
        add(&t, one);
    }
    add(&t, "</cellXfs></styleSheet>");
    return t.bytes;
}

void cli_model_write(const char *path, const char *lines)
{
    model m;
    char application[256], sheet_names[SHEETS_MAX][40], *copy = strdup(lines), *rest = copy;
    package_part parts[SHEETS_MAX + 8] = {{NULL, NULL, 0}};
    int n = 0;
    memset(&m, 0, sizeof m);
    snprintf(m.application, sizeof m.application, "Microsoft Excel");
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (line[0] != '\0') put_line(&m, line);
    for (; n < m.sheet_count; n++) {
        snprintf(sheet_names[n], sizeof sheet_names[n], "xl/worksheets/sheet%d.xml", n + 1);
        parts[n] = (package_part){sheet_names[n], sheet_xml(&m.sheets[n]), 0};
    }
    snprintf(application, sizeof application,
             HEAD "<Properties><Application>%s</Application></Properties>", m.application);
    parts[n++] = (package_part){"xl/workbook.xml", workbook_xml(&m), 0};
    parts[n++] = (package_part){"xl/_rels/workbook.xml.rels", relations_xml(&m), 0};
    parts[n++] = (package_part){"xl/styles.xml", styles_xml(&m), 0};
    int owned = n;
    parts[n++] = (package_part){"docProps/app.xml", application, 0};
    parts[n++] = (package_part){"xl/metadata.xml", NULL, 0};
    parts[n++] = (package_part){"xl/sharedStrings.xml", NULL, 0};
    size_t length = 0;
    unsigned char *bytes = package_build(NULL, parts, &length);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
    free(bytes);
    for (int i = 0; i < owned; i++) free((void *)(uintptr_t)parts[i].text);
    free(m.names.bytes);
    free(copy);
}
