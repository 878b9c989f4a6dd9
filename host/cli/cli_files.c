/* cli_files.c: where results may go is known before anything is computed: never over the workbook,
 * a folder, a device or one another. */
#include "cli.h"

static bool is_spreadsheet(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strlen(dot) == 5 && (dot[1] == 'x' || dot[1] == 'X') &&
           (dot[2] == 'l' || dot[2] == 'L') && (dot[3] == 's' || dot[3] == 'S') &&
           (dot[4] == 'x' || dot[4] == 'X');
}

static pe_status check_place(const pe_cli_options *options, const char *path, pe_diag *diag)
{
    if (pe_file_same(path, options->workbook))
        return pe_fail(diag, PE_E_ARGUMENT, path,
                       "this is the workbook itself, which is never changed; give the results "
                       "another name");
    switch (pe_file_look(path)) {
    case PE_FILE_FOLDER:
        return pe_fail(diag, PE_E_IO, path, "cannot write: it is a folder; give a file's name");
    case PE_FILE_OTHER:
        return pe_fail(diag, PE_E_IO, path, "cannot write: it is a device and not a file");
    default:
        return PE_OK;
    }
}

pe_status pe_cli_check_files(const pe_cli_options *options, pe_diag *diag)
{
    pe_status status = PE_OK;
    const char *const paths[] = {options->results, options->csv, options->json};
    for (size_t i = 0; i < PE_COUNT(paths); i++) {
        if (paths[i] == NULL || (paths[i] == options->json && strcmp(paths[i], "-") == 0)) continue;
        PE_TRY(check_place(options, paths[i], diag));
        for (size_t j = 0; j < i; j++)
            if (paths[j] != NULL && strcmp(paths[i], paths[j]) == 0)
                PE_TRY(pe_fail(diag, PE_E_ARGUMENT, paths[i],
                               "two results cannot be one file; give each a name of its own"));
    }
    if (options->results != NULL && !is_spreadsheet(options->results))
        PE_TRY(pe_fail(diag, PE_E_ARGUMENT, options->results,
                       "the results workbook is an .xlsx file: give it such a name (--csv FILE "
                       "writes the trials, --json FILE the numbers)"));
fail:
    return status;
}
