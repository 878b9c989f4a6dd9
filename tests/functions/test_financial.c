/* test_financial.c: what golden rows cannot say of the financial functions: IRR's lanes have the
 * bits of the scalar body and do not see their neighbours; rates found make the value vanish;
 * coupon dates keep the ends of months. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "functions_cashflow.h"
#include "functions_daycount.h"
#include "functions_internal.h"

enum { FLOWS = 121, LANES = 37 };

/* Some reproducible uniform in (0, 1). */
static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* An investment and its returns, lane by lane different; a few lanes have no rate at all. */
static void make_flows(double flows[FLOWS][LANES])
{
    uint64_t state = 7;
    for (size_t l = 0; l < LANES; l++) {
        double yearly = 10 + 30 * uniform(&state);
        for (size_t t = 0; t < FLOWS; t++)
            flows[t][l] = t == 0 ? -1000 : yearly * (0.5 + uniform(&state));
        if (l % 11 == 5)
            for (size_t t = 0; t < FLOWS; t++) flows[t][l] = 1 + (double)t;
        if (l % 11 == 7) flows[FLOWS - 1][l] = -400; /* a cost at the end */
    }
}

static void lanes_have_the_scalar_bits(void **state)
{
    PE_UNUSED(state);
    static double flows[FLOWS][LANES];
    const double *rows[FLOWS];
    double guess[LANES], together[LANES], alone;
    make_flows(flows);
    for (size_t t = 0; t < FLOWS; t++) rows[t] = flows[t];
    for (size_t l = 0; l < LANES; l++) guess[l] = l % 3 == 0 ? 0.1 : 0.01 * (double)l;
    pei_irr_lanes(rows, FLOWS, guess, LANES, together);
    for (size_t l = 0; l < LANES; l++) {
        double scalar = pei_irr_newton(&flows[0][l], FLOWS, LANES, guess[l]);
        const double *one[FLOWS];
        for (size_t t = 0; t < FLOWS; t++) one[t] = &flows[t][l];
        pei_irr_lanes(one, FLOWS, &guess[l], 1, &alone);
        assert_memory_equal(&alone, &together[l], sizeof alone);
        assert_true(pen_is_nan(scalar) ? pen_is_nan(alone) : scalar == alone);
    }
}

static void irr_makes_the_value_vanish(void **state)
{
    PE_UNUSED(state);
    static double flows[FLOWS][LANES];
    make_flows(flows);
    for (size_t l = 0; l < LANES; l++) {
        double rate = pei_irr(&flows[0][l], FLOWS, LANES, 0.1), size = 0;
        if (l % 11 == 5) {
            assert_int_equal(pe_as_error(pe_number(rate)), PE_ERROR_NUM);
            continue;
        }
        for (size_t t = 0; t < FLOWS; t++) size += fabs(flows[t][l]) * pow(1 + rate, -(double)t);
        assert_true(fabs(pei_npv(rate, &flows[0][l], FLOWS, LANES)) <= 1e-12 * size);
    }
}

typedef struct irr_row {
    const char *name;
    double guess, rate;
    uint32_t count;
    double flows[8];
} irr_row;

/* Rates that follow by hand. */
static const irr_row irrs[] = {
    {"one period", 0.1, 0.25, 2, {-4, 5}},
    {"two periods", 0.1, 0.5, 3, {-4, 4, 3}},
    {"a loss", 0.1, -0.5, 2, {-4, 2}},
    {"a loan", 0.1, 0.25, 2, {4, -5}},
    {"far from the guess", 0.1, 99, 2, {-1, 100}},
    {"far below the guess", 0.1, -0.99, 2, {-100, 1}},
    {"nothing at first", 0.1, 0.25, 4, {0, 0, -4, 5}},
    {"nearer of two roots, 0 and 1", -0.05, 0, 3, {-1, 3, -2}},
    {"nearer of two roots, 0 and 1, above", 1.1, 1, 3, {-1, 3, -2}},
};

static void irr_is(void **state)
{
    const irr_row *row = *state;
    double rate = pei_irr(row->flows, row->count, 1, row->guess);
    assert_true(fabs(rate - row->rate) <= 1e-12 * (1 + fabs(row->rate)));
}

static void rate_undoes_payment(void **state)
{
    PE_UNUSED(state);
    uint64_t seed = 11;
    for (int i = 0; i < 500; i++) {
        double rate = 0.0001 + 0.03 * uniform(&seed), periods = 1 + floor(360 * uniform(&seed));
        double due = i & 1, rest = i & 2 ? 250 : 0;
        double pmt = pei_fn_PMT((double[]){rate, periods, 1000, rest, due}, 5);
        double found = pei_fn_RATE((double[]){periods, pmt, 1000, rest, due}, 5);
        double value = pei_fn_PV((double[]){found, periods, pmt, rest, due}, 5);
        assert_true(fabs(value - 1000) <= 1e-6);
        double nper = pei_fn_NPER((double[]){rate, pmt, 1000, rest, due}, 5);
        assert_true(fabs(nper - periods) <= 1e-5 * periods);
        double split = pei_fn_IPMT((double[]){rate, 1, periods, 1000, rest, due}, 6) +
                       pei_fn_PPMT((double[]){rate, 1, periods, 1000, rest, due}, 6);
        assert_true(fabs(split - pmt) <= 1e-9 * fabs(pmt));
    }
}

static void depreciation_ends_at_salvage(void **state)
{
    PE_UNUSED(state);
    double years = 0, parts = 0;
    for (int i = 1; i <= 10; i++) {
        years += pei_fn_SYD((double[]){30000, 7500, 10, i}, 4);
        parts += pei_fn_VDB((double[]){2400, 300, 10, i - 1, i}, 5);
    }
    assert_true(fabs(years - 22500) <= 1e-8);
    assert_true(fabs(parts - 2100) <= 1e-8);
    double halves = pei_fn_VDB((double[]){2400, 300, 10, 0, 2.5}, 5) +
                    pei_fn_VDB((double[]){2400, 300, 10, 2.5, 10}, 5);
    assert_true(fabs(halves - 2100) <= 1e-8);
}

typedef struct day_row {
    const char *name;
    int from[3], to[3], basis;
    double days;
} day_row;

/* The US rule moves 31 to 30 only after a 30th, and the last of February to 30; the European one
 * always. */
static const day_row days[] = {
    {"US, plain", {2011, 1, 15}, {2011, 3, 1}, 0, 46},
    {"US, 31 after 15", {2011, 1, 15}, {2011, 3, 31}, 0, 76},
    {"US, 31 after 31", {2011, 1, 31}, {2011, 3, 31}, 0, 60},
    {"US, from February's end", {2011, 2, 28}, {2011, 3, 31}, 0, 30},
    {"US, February's ends", {2011, 2, 28}, {2012, 2, 29}, 0, 360},
    {"European, 31 after 15", {2011, 1, 15}, {2011, 3, 31}, 4, 75},
    {"European, from February's end", {2011, 2, 28}, {2011, 3, 31}, 4, 32},
    {"actual", {2012, 2, 28}, {2012, 3, 1}, 1, 2},
};

static void days_are(void **state)
{
    const day_row *row = *state;
    double from = pei_date_serial(row->from[0], row->from[1], row->from[2], false);
    double to = pei_date_serial(row->to[0], row->to[1], row->to[2], false);
    assert_true(pei_days_between(from, to, row->basis, false) == row->days);
}

static void coupons_keep_the_ends_of_months(void **state)
{
    PE_UNUSED(state);
    for (int date1904 = 0; date1904 < 2; date1904++) {
        double maturity = pei_date_serial(2015, 8, 31, date1904);
        double settlement = pei_date_serial(2011, 3, 10, date1904);
        pei_coupon c = pei_coupon_at(settlement, maturity, 2, date1904);
        assert_true(c.previous == pei_date_serial(2011, 2, 28, date1904));
        assert_true(c.next == pei_date_serial(2011, 8, 31, date1904));
        assert_true(c.count == 9);
        c = pei_coupon_at(c.next, maturity, 4, date1904); /* on a coupon date: it is the previous */
        assert_true(c.previous == pei_date_serial(2011, 8, 31, date1904));
        assert_true(c.next == pei_date_serial(2011, 11, 30, date1904) && c.count == 16);
    }
}

int main(void)
{
    struct CMUnitTest tests[PE_COUNT(irrs) + PE_COUNT(days) + 5];
    size_t n = 0;
    for (size_t i = 0; i < PE_COUNT(irrs); i++)
        tests[n++] =
            (struct CMUnitTest){irrs[i].name, irr_is, NULL, NULL, (void *)(uintptr_t)&irrs[i]};
    for (size_t i = 0; i < PE_COUNT(days); i++)
        tests[n++] =
            (struct CMUnitTest){days[i].name, days_are, NULL, NULL, (void *)(uintptr_t)&days[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(lanes_have_the_scalar_bits);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(irr_makes_the_value_vanish);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(rate_undoes_payment);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(depreciation_ends_at_salvage);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(coupons_keep_the_ends_of_months);
    return _cmocka_run_group_tests("financial", tests, n, NULL, NULL);
}
