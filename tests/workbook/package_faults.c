/* package_faults.c: see package_faults.h. */
#include "package_faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "failing.h"
#include "workbook.h"

void package_survives_faults(const unsigned char *bytes, size_t length)
{
    uint64_t n = 0;
    for (bool failed = true; failed; n++) {
        pe_workbook *w = NULL;
        pe_diag diag = {0};
        failing_begin(n, FAILING_ONE);
        pe_status status = pe_workbook_read_bytes(bytes, length, NULL, NULL, NULL, &w, &diag);
        if (status == PE_OK) pe_workbook_free(w);
        failing_count count = failing_end();
        failed = count.failed;
        assert_int_equal(count.live, 0);
        /* A warning that finds no memory is dropped; everything else fails. */
        if (failed && status != PE_OK) assert_int_equal(status, PE_E_MEMORY);
        if (!failed) assert_int_equal(status, PE_OK);
        if (status != PE_OK)
            assert_true(w == NULL && diag.status == status && diag.what[0] != '\0');
    }
    assert_true(n > 30);
}
