/* report_package.c: the writer's XML is regular, so attributes are found by text search; that it is
 * XML at all is expat's to say. */
#include "report_package.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static char *part_of(zip_t *archive, zip_int64_t index, size_t *length)
{
    zip_stat_t stat;
    if (index < 0 || zip_stat_index(archive, (zip_uint64_t)index, 0, &stat) != 0) return NULL;
    zip_file_t *file = zip_fopen_index(archive, (zip_uint64_t)index, 0);
    char *out = malloc(stat.size + 1);
    zip_int64_t n = file != NULL && out != NULL ? zip_fread(file, out, stat.size) : -1;
    if (file != NULL) zip_fclose(file);
    if (n != (zip_int64_t)stat.size) {
        free(out);
        return NULL;
    }
    out[n] = '\0';
    *length = (size_t)n;
    return out;
}

char *package_part(const char *path, const char *part)
{
    size_t length;
    zip_t *archive = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    if (archive == NULL) return NULL;
    char *out = part_of(archive, zip_name_locate(archive, part, 0), &length);
    zip_close(archive);
    return out;
}

int package_check(const char *path, char bad[256])
{
    zip_t *archive = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    zip_int64_t count = archive != NULL ? zip_get_num_entries(archive, 0) : 0;
    bad[0] = '\0';
    for (zip_int64_t i = 0; i < count; i++) {
        size_t length = 0;
        char *text = part_of(archive, i, &length);
        XML_Parser parser = XML_ParserCreate(NULL);
        if (text == NULL || XML_Parse(parser, text, (int)length, 1) != XML_STATUS_OK)
            snprintf(bad, 256, "%s", zip_get_name(archive, (zip_uint64_t)i, 0));
        XML_ParserFree(parser);
        free(text);
    }
    if (archive != NULL) zip_close(archive);
    return (int)count;
}

static void resolve(char *text)
{
    static const struct {
        const char *entity;
        char c;
    } rows[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
    char *to = text;
    for (const char *p = text; *p != '\0';) {
        size_t used = 1;
        *to = *p;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strncmp(p, rows[i].entity, strlen(rows[i].entity)) == 0) {
                *to = rows[i].c;
                used = strlen(rows[i].entity);
                break;
            }
        to++;
        p += used;
    }
    *to = '\0';
}

/* The text from `from` to the next `end`. */
static void copy_until(const char *from, const char *end, char *out, size_t size)
{
    const char *stop = strstr(from, end);
    snprintf(out, size, "%.*s", stop != NULL ? (int)(stop - from) : 0, from);
    resolve(out);
}

/* Behind the n-th (0-based) occurrence of `what`. */
static const char *nth(const char *text, const char *what, long n)
{
    for (const char *p = text; p != NULL && (p = strstr(p, what)) != NULL;) {
        p += strlen(what);
        if (n-- == 0) return p;
    }
    return NULL;
}

bool package_sheet(const char *path, int n, char *name, size_t size)
{
    char *text = package_part(path, "xl/workbook.xml");
    const char *found = text != NULL ? nth(text, "<sheet name=\"", n) : NULL;
    if (found != NULL) copy_until(found, "\"", name, size);
    free(text);
    return found != NULL;
}

static void shared_string(const char *path, long index, char *out, size_t size)
{
    char *text = package_part(path, "xl/sharedStrings.xml");
    const char *at = text != NULL ? nth(text, "<si>", index) : NULL;
    const char *open = at != NULL ? strstr(at, "<t") : NULL,
               *body = open ? strchr(open, '>') : NULL;
    if (body != NULL) copy_until(body + 1, "</t>", out, size);
    free(text);
}

void package_cell(const char *path, int sheet, const char *cell, char *value, size_t size,
                  char *formula)
{
    char part[64], key[32];
    value[0] = '\0';
    if (formula != NULL) formula[0] = '\0';
    snprintf(part, sizeof part, "xl/worksheets/sheet%d.xml", sheet + 1);
    snprintf(key, sizeof key, "<c r=\"%s\"", cell);
    char *text = package_part(path, part), *at = text != NULL ? strstr(text, key) : NULL;
    if (at != NULL) {
        char *head = strchr(at, '>');
        bool shared = strstr(at, "t=\"s\"") != NULL && strstr(at, "t=\"s\"") < head;
        const char *own = strstr(at, "t=\"inlineStr\"");
        if (own != NULL && own < head) { /* <c ...><is><t>text</t></is></c> */
            char *body = strstr(head, "<t");
            copy_until(strchr(body, '>') + 1, "</t>", value, size);
        } else if (head[-1] != '/') {
            char *end = strstr(head, "</c>"), *v = strstr(head, "<v>"), *f = strstr(head, "<f>");
            if (v != NULL && v < end) copy_until(v + 3, "</v>", value, size);
            if (formula != NULL && f != NULL && f < end)
                copy_until(f + 3, "</f>", formula, PACKAGE_FORMULA_BYTES);
            if (shared) shared_string(path, strtol(value, NULL, 10), value, size);
        }
    }
    free(text);
}
