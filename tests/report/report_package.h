/* report_package.h: looks into a written .xlsx: its parts, sheets and cells. */
#ifndef PE_REPORT_PACKAGE_H
#define PE_REPORT_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

/* The part's bytes, NUL-terminated, malloc; NULL: no such part or no zip file. */
char *package_part(const char *path, const char *part);
/* Opens every part; a part that is not well-formed XML is named in bad. Returns how many parts. */
int package_check(const char *path, char bad[256]);
/* Name of the n-th sheet (0-based), entities resolved; false: no such sheet. */
bool package_sheet(const char *path, int n, char *name, size_t size);
/* A cell's shown text or number as stored, "" where blank; formulas in `formula` if not NULL. */
void package_cell(const char *path, int sheet, const char *cell, char *value, size_t size,
                  char *formula);

#define PACKAGE_FORMULA_BYTES 2048

#endif
