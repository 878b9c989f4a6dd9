/* package_build.h: small packages for tests, made with libzip from parts given as text. */
#ifndef PACKAGE_BUILD_H
#define PACKAGE_BUILD_H

#include <stddef.h>

typedef struct package_part {
    const char *name;
    const char *text; /* NULL: leave the part out */
    size_t length;    /* 0: strlen(text) */
} package_part;

/* Parts of a whole workbook with one sheet "Sheet1", where `changed` (up to a NULL name) replaces
 * or adds parts. The sheet's <sheetData> holds `rows` (NULL: none). Free the bytes with free(). */
unsigned char *package_build(const char *rows, const package_part *changed, size_t *length);
/* Nothing but these parts, up to a NULL name. Free the bytes with free(). */
unsigned char *package_build_parts(const package_part *parts, size_t *length);

#endif
