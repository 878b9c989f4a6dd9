/* golden.h: the golden rows of the worksheet functions, for whoever computes them: the files
 * <category>.tsv beside this one, one row one reported test:
 *     formula TAB expected TAB cells TAB mode and tolerance TAB source
 * expected: a number, "text" in quotes, TRUE, #N/A; cells: A1=5;B2="text";C3=TRUE;D4=#N/A; mode and
 * tolerance (may be empty): "array", "dyn", "1904", a relative tolerance such as 1e-12, or "x abs",
 * separated by commas. Lines that do not start with '=' are comments. */
#ifndef PE_GOLDEN_H
#define PE_GOLDEN_H

#include "base.h"

#define GOLDEN_WHERE_BYTES 96
#define GOLDEN_TOLERANCE_BYTES 64

typedef struct golden_row {
    const char *file, *formula, *expected, *cells, *mode;
} golden_row;

typedef struct golden_expected {
    pe_value value;
    const char *text; /* without the quotes of a text */
    char type;        /* n, s, b, e */
} golden_expected;

golden_expected golden_expect(const golden_row *row, pe_arena *arena);
/* The first cell of the list at *cells, which goes on to the next one; where: "A1" or "Sheet!A1".
 * False at the end; fails the test where the list is malformed. */
bool golden_next_cell(const char **cells, char where[GOLDEN_WHERE_BYTES], pe_value *value,
                      pe_arena *arena);
/* "" where the row has none. */
void golden_tolerance(const golden_row *row, char tolerance[GOLDEN_TOLERANCE_BYTES]);
/* Runs the test for each row of each file, the row as its state. Not 0 where a test fails, where
 * there is no file, or where a file has no rows. */
int golden_run(const char *group, void (*test)(void **state));

/* "12.5", "\"text\"", "TRUE", "#N/A": for messages. */
void golden_value_text(pe_value v, char *out, size_t size);

#endif
