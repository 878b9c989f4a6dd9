/* workbook_dump.h: a workbook's cells as text, for tests of readers. */
#ifndef WORKBOOK_DUMP_H
#define WORKBOOK_DUMP_H

#include "workbook.h"

/* "A1 =B1*2 3; B1 1.5|0.00": the address (with its sheet after the first), the formula (=, {=} for
 * arrays, [=] for dynamic ones, with @home or block) and the value: a number, "text", TRUE, #N/A, -
 * for blank, ? for none stored; then |format. Cut at size - 1. */
void workbook_dump(const pe_workbook *workbook, char *out, size_t size);

#endif
