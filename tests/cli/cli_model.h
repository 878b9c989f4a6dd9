/* cli_model.h: what the tests of the program share: small workbooks written from a few lines of
 * text, the program run as a process, its JSON and CSV read back. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a workbook to path. One line each:
 *   A1 10                     a number; TRUE, #N/A; 'text
 *   Model!B2 =RAND()*2 |0.5   a formula, and the value stored for it (default: none)
 *   B3 {=SUM(A1:A2*2)} |3     a classic array formula in one cell
 *   B4:B9 [Model!A1]          a data table over a column, with its column input cell
 *   B5 =A1 |2 |0.0%           with a number format
 *   name: Rate =Sheet1!$A$1   a defined name
 *   iterate: 50 0.001         calculation iterates
 *   app: LibreOffice/7.4      who saved it (default: Microsoft Excel)
 *   hidden: Sheet             a hidden sheet
 * Sheet1 where no sheet is written; sheets in the order of their appearance. */
void cli_model_write(const char *path, const char *lines);

typedef struct cli_result {
    int exit_code; /* 128 + signal */
    char *out, *err;
    double worked_s;
} cli_result;

/* Runs the program with arguments separated by blanks ('...' keeps blanks) in folder. interrupt_s
 * > 0: SIGINT after that many seconds. worked_s: its processor time, of all threads, since the
 * signal if there was one. */
cli_result cli_run(const char *folder, const char *arguments, double interrupt_s);
void cli_result_free(cli_result *result);

/* Makes an empty temporary folder; out holds at least 64 bytes. */
void cli_folder_new(char *out);
void cli_folder_remove(const char *folder);
/* The number of entries in folder. */
int cli_folder_count(const char *folder);
char *cli_file_read(const char *folder, const char *name); /* NULL: not there */

/* Checks one fact about a document; "" or what is wrong. Facts, path parts separated by dots:
 *   outputs.0.mean = 10.5         equal (number, or the rest of the line as text; null)
 *   outputs.0.mean = 10 ~ 0.1     within
 *   outputs.# = 3                 number of elements
 *   warnings ? random             some text in it contains
 *   warnings ! random             none does */
void cli_fact(const json_t *document, const char *fact, char *wrong, size_t size);

/* Column (from 0, the trial number not counted) of a CSV of trials: count numbers, NAN where it is
 * none. Free it. */
double *cli_column(const char *csv, int column, size_t *count);
double cli_mean(const double *x, size_t n);
double cli_correlation(const double *x, const double *y, size_t n);

#endif
