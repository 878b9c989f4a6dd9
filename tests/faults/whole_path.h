/* whole_path.h: workbooks through all stages, for the fuzz targets and the fault tests. */
#ifndef WHOLE_PATH_H
#define WHOLE_PATH_H

#include "job.h"

#define WHOLE_PATH_LINES_MAX 40u /* formulas of one workbook */

/* A workbook of one sheet with numbers, texts, errors, random cells and names (columns A to E), and
 * one formula per line of text in column G: "=SUM(A1:A5)"; "{...}" is an array formula over H:I,
 * "#" in front makes a dynamic array, "!name=..." defines a name, "D4:F8" a data table would. */
pe_status whole_path_workbook(const char *text, size_t length, pe_workbook **workbook,
                              pe_diag *diag);

typedef struct whole_path_options {
    uint64_t trials;
    unsigned threads;
    double seconds_max; /* the run is cancelled after this; 0: never */
    bool outputs_all;
    bool restart; /* once more with A1 edited and A2 made uncertain, before the results are written
                   */
    const char *isa;
    const char *json;    /* a results file that is written; NULL: none */
    const char *results; /* the same, .xlsx */
} whole_path_options;

/* check, compile, simulate, write. Takes the workbook. */
pe_status whole_path_run(pe_workbook *workbook, const whole_path_options *options, pe_diag *diag);

#endif
