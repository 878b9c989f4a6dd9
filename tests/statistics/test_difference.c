/* test_difference.c: two columns compared trial by trial. References: the 10 patients of Student's
 * paper of 1908 (Cushny and Peebles' table; R's help page of t.test and its answer), hand
 * computation in exact fractions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "statistics.h"

#define NONE NAN /* no number in that trial */

typedef struct row {
    const char *name;
    double a[10], b[10];
    uint32_t trials;
    pe_paired_difference expected;
} row;

static const row rows[] = {
    /* R: t.test(extra ~ group, data = sleep, paired = TRUE) gives t = -4.0621 and the mean
     * difference -1.58. The variance is 1702/1125 exactly, and -1.58 / sqrt(1702/11250) is
     * -4.06212768... */
    {"sleep",
     {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0},
     {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4},
     10,
     {10, -1.58, 1.2299954832798732, 0.38895872388839524, 0, 0.1}},
    /* differences 1, -1, 3, 1: mean 1, sum of squares about it 8 */
    {"fractions",
     {2, 1, 4, 6},
     {1, 2, 1, 5},
     4,
     {4, 1, 1.632993161855452, 0.816496580927726, 0.75, 0}},
    {"errors are left out",
     {2, NONE, 4, 6, 1},
     {1, 2, NONE, 5, 2},
     5,
     {3, 1.0 / 3, 1.1547005383792515, 0.66666666666666667, 2.0 / 3, 0}},
    {"a constant", {1.1, 2.1, 3.1}, {1.1, 2.1, 3.1}, 3, {3, 0, 0, 0, 0, 1}},
    {"one trial", {3}, {1}, 1, {1, 2, NONE, NONE, 1, 0}},
    {"no trial", {NONE}, {1}, 1, {0, NONE, NONE, NONE, NONE, NONE}},
    {"beyond doubles", {1e308, 2}, {-1e308, 1}, 2, {1, 1, NONE, NONE, 1, 0}},
};

static void is_close(double got, double expected)
{
    if (isnan(expected) ? !isnan(got) : !(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g instead of %.17g", got, expected);
}

static void difference_is_as_known(void **state)
{
    const row *r = *state;
    pe_value a[10], b[10];
    pe_paired_difference d;
    for (uint32_t i = 0; i < r->trials; i++) {
        a[i] = isnan(r->a[i]) ? pe_error(PE_ERROR_NA) : pe_number(r->a[i]);
        b[i] = isnan(r->b[i]) ? pe_boolean(true) : pe_number(r->b[i]);
    }
    assert_int_equal(pe_difference_make(a, b, r->trials, &d, NULL), PE_OK);
    assert_int_equal(d.n, r->expected.n);
    is_close(d.mean, r->expected.mean);
    is_close(d.sd, r->expected.sd);
    is_close(d.standard_error, r->expected.standard_error);
    is_close(d.p_greater, r->expected.p_greater);
    is_close(d.p_equal, r->expected.p_equal);
}

/* Over several blocks: a is b plus 0, 1, 2, 0, 1, 2 ...: the mean of 9,999 trials is 1, their sum
 * of squares about it 2/3 of 9,999. */
static void blocks_merge_to_the_whole(void **state)
{
    PE_UNUSED(state);
    enum { TRIALS = 9999 };
    pe_value *a = calloc(TRIALS, sizeof *a), *b = calloc(TRIALS, sizeof *b);
    pe_paired_difference d;
    for (int i = 0; i < TRIALS; i++) {
        b[i] = pe_number(i * 7 % 1000);
        a[i] = pe_number(i * 7 % 1000 + i % 3);
    }
    assert_int_equal(pe_difference_make(a, b, TRIALS, &d, NULL), PE_OK);
    assert_int_equal(d.n, TRIALS);
    is_close(d.mean, 1);
    is_close(d.sd, sqrt(2.0 / 3 * TRIALS / (TRIALS - 1)));
    is_close(d.standard_error, d.sd / sqrt(TRIALS));
    is_close(d.p_greater, 2.0 / 3);
    is_close(d.p_equal, 1.0 / 3);
    free(a);
    free(b);
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(rows) + 1] = {cmocka_unit_test(blocks_merge_to_the_whole)};
    for (size_t i = 0; i < PE_COUNT(rows); i++)
        tests[i + 1] = (struct CMUnitTest){rows[i].name, difference_is_as_known, NULL, NULL,
                                           (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("difference", tests, NULL, NULL);
}
