/* test_base.c: values, addresses, decimals, arena, map, SHA-256, pool. References: IEEE 754, FIPS
 * 180-4, glibc's strtod. */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base.h"

static void values_keep_their_kind(void **state)
{
    PE_UNUSED(state);
    for (int kind = PE_KIND_ERROR; kind <= PE_KIND_LAMBDA; kind++) {
        pe_value v = pe_box((pe_kind)kind, 0x123456789ABCull);
        assert_int_equal(pe_kind_of(v), kind);
        assert_int_equal(v.bits & PE_PAYLOAD, 0x123456789ABCull);
    }
    const double numbers[] = {0, -0.0, 1, -1, 1e308, -1e308, 5e-324, INFINITY, -INFINITY};
    for (size_t i = 0; i < PE_COUNT(numbers); i++)
        assert_int_equal(pe_kind_of(pe_number(numbers[i])), PE_KIND_NUMBER);
    volatile double zero = 0;
    double made = zero / zero; /* x86 makes a negative NaN */
    assert_int_equal(pe_kind_of(pe_number(made)), PE_KIND_ERROR);
    assert_int_equal(pe_as_error(pe_number(made)), PE_ERROR_NUM);
    assert_int_equal(pe_as_error(pe_number_checked(pe_error_double(PE_ERROR_DIV0))), PE_ERROR_DIV0);
    assert_int_equal(pe_as_error(pe_number_checked(INFINITY)), PE_ERROR_NUM);
    assert_int_equal(pe_number_checked(-0.0).bits, 0);
}

static void errors_have_excels_names(void **state)
{
    PE_UNUSED(state);
    unsigned long used;
    assert_string_equal(pe_error_text(PE_ERROR_DIV0), "#DIV/0!");
    assert_int_equal(pe_error_parse("#n/a+1", 6, &used), PE_ERROR_NA);
    assert_int_equal(used, 4);
    assert_int_equal(pe_error_parse("#what", 5, &used), PE_ERROR_NONE);
}

static void addresses_round_trip(void **state)
{
    PE_UNUSED(state);
    static const struct {
        const char *text;
        uint32_t row, column;
        size_t used;
    } rows[] = {{"A1", 0, 0, 2},       {"Z9", 8, 25, 2},
                {"AA10", 9, 26, 4},    {"XFD1048576", 1048575, 16383, 10},
                {"$B$7+1", 6, 1, 4},   {"XFE1", 0, 0, 0},
                {"A1048577", 0, 0, 0}, {"A0", 0, 0, 0},
                {"7", 0, 0, 0},        {"AB", 0, 0, 0},
                {"ABCD1", 0, 0, 0}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        uint32_t row = 0, column = 0;
        assert_int_equal(pe_cell_parse(rows[i].text, strlen(rows[i].text), &row, &column),
                         rows[i].used);
        assert_int_equal(row, rows[i].row);
        assert_int_equal(column, rows[i].column);
        char text[12];
        pe_cell_text(row, column, text);
        if (rows[i].used == strlen(rows[i].text) && rows[i].text[0] != '$')
            assert_string_equal(text, rows[i].text);
    }
}

static void check_parse(const char *text)
{
    size_t used;
    char *end;
    double ours = pe_decimal_parse(text, strlen(text), &used), reference = strtod(text, &end);
    if (memcmp(&ours, &reference, sizeof ours) != 0)
        fail_msg("%s: %a, expected %a", text, ours, reference);
    assert_int_equal(used, end - text);
}

static uint64_t next_random(uint64_t *state)
{
    *state = pe_hash_mix(*state, 1);
    return *state;
}

static void decimals_parse_as_ieee(void **state)
{
    PE_UNUSED(state);
    static const char *const rows[] = {
        "0",
        "-0",
        "1",
        "-1.5",
        ".5",
        "5.",
        "1e5",
        "1E+5",
        "1e-5",
        "123456789012345678",
        "0.1",
        "0.30000000000000004",
        "9007199254740993",
        "9007199254740992.5",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "4.9e-324",
        "2.4e-324",
        "2.5e-324",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e309",
        "1e-400",
        "6.02214076e23",
        "1e22",
        "1e23",
        "8.98846567431158e307",
        "0.000000000000000000000000000000001",
        "123456789012345678901234567890",
        "1e999999999999",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042880",
        "3."
        "141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825"
        "342117067982148086513282306647"};
    for (size_t i = 0; i < PE_COUNT(rows); i++) check_parse(rows[i]);
    uint64_t seed = 42;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t bits = next_random(&seed);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) continue;
        snprintf(text, sizeof text,
                 i % 3 == 0   ? "%.17g"
                 : i % 3 == 1 ? "%.16g"
                              : "%.20g",
                 i % 2 ? x : ldexp(x, -(int)(bits >> 52 & 2047) + 1023));
        check_parse(text);
    }
    size_t used;
    pe_decimal_parse("x", 1, &used);
    assert_int_equal(used, 0);
    pe_decimal_parse("-.", 2, &used);
    assert_int_equal(used, 0);
    assert_true(pe_decimal_parse("12e", 3, &used) == 12 && used == 2);
}

static void decimals_print_as_c(void **state)
{
    PE_UNUSED(state);
    uint64_t seed = 7;
    for (int i = 0; i < 100000; i++) {
        char ours[PE_DECIMAL_BYTES], reference[64];
        double x = ldexp((double)(int64_t)next_random(&seed), (int)(seed % 140) - 120);
        int digits = 1 + i % 17;
        pe_decimal_format(x, digits, ours);
        snprintf(reference, sizeof reference, "%.*g", digits, x);
        if (fabs(x) >= 1e-4 || x == 0)
            assert_string_equal(ours, reference); /* C changes to an exponent one power earlier */
        size_t used;
        pe_decimal_shortest(x, ours);
        assert_true(pe_decimal_parse(ours, strlen(ours), &used) == x);
    }
    char text[PE_DECIMAL_BYTES];
    pe_decimal_shortest(0.1, text);
    assert_string_equal(text, "0.1");
    pe_decimal_shortest(0.00001, text);
    assert_string_equal(text, "0.00001");
    pe_decimal_shortest(1e21, text);
    assert_string_equal(text, "1e+21");
}

static void arena_limits_and_restores(void **state)
{
    PE_UNUSED(state);
    pe_arena *arena = pe_arena_new(1 << 20);
    pe_arena_mark mark = pe_arena_save(arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            unsigned char *p = PE_PUSH(arena, unsigned char, 5000);
            assert_non_null(p);
            assert_int_equal(p[4999], 0);
            assert_int_equal((uintptr_t)p % 16, 0);
            memset(p, 0xFF, 5000);
        }
        assert_null(PE_PUSH(arena, unsigned char, 1 << 20));
        assert_true(pe_arena_failed(arena));
        assert_null(pe_arena_push(arena, SIZE_MAX / 2, 4));
        pe_arena_restore(arena, mark);
        assert_int_equal(pe_arena_bytes(arena), 0);
        assert_false(pe_arena_failed(arena));
    }
    pe_value text = pe_arena_text_value(arena, "abc", 3);
    assert_string_equal(pe_as_text(text)->bytes, "abc");
    assert_null(pe_arena_array(arena, 1u << 20, 1u << 14));
    pe_arena_free(arena);
}

static void map_finds_what_was_put(void **state)
{
    PE_UNUSED(state);
    pe_map *map = pe_map_new();
    for (uint32_t i = 0; i < 20000; i++) {
        char key[32];
        int length = snprintf(key, sizeof key, "key %u", i % 10000);
        uint32_t *slot;
        bool added;
        assert_int_equal(pe_map_put(map, key, (size_t)length, i, &slot, &added), PE_OK);
        assert_int_equal(added, i < 10000);
        assert_int_equal(*slot, i % 10000);
    }
    uint32_t value;
    assert_true(pe_map_get(map, "key 77", 6, &value) && value == 77);
    assert_false(pe_map_get(map, "key", 3, &value));
    assert_int_equal(pe_map_count(map), 10000);
    pe_map_free(map);
}

static void sha256_matches_fips(void **state)
{
    PE_UNUSED(state);
    static const struct {
        const char *text;
        const char *hex;
    } rows[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        pe_sha256 sha;
        uint8_t digest[32];
        char hex[65];
        pe_sha256_init(&sha);
        for (const char *p = rows[i].text; *p != '\0'; p++) pe_sha256_update(&sha, p, 1);
        pe_sha256_final(&sha, digest);
        for (int j = 0; j < 32; j++) snprintf(hex + 2 * j, 3, "%02x", digest[j]);
        assert_string_equal(hex, rows[i].hex);
    }
}

static pe_status count_task(void *context, size_t index, unsigned worker)
{
    atomic_uint *counts = context;
    PE_UNUSED(worker);
    atomic_fetch_add(&counts[index], 1);
    return index == 900 ? PE_E_LIMIT : PE_OK;
}

static void pool_runs_each_task_once(void **state)
{
    PE_UNUSED(state);
    static atomic_uint counts[1000];
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        pe_pool *pool;
        assert_int_equal(pe_pool_new(threads, &pool, NULL), PE_OK);
        assert_int_equal(pe_pool_threads(pool), threads);
        for (int round = 0; round < 20; round++) {
            memset((void *)counts, 0, sizeof counts);
            assert_int_equal(pe_pool_run(pool, 900, count_task, counts), PE_OK);
            for (int i = 0; i < 900; i++) assert_int_equal(atomic_load(&counts[i]), 1);
        }
        assert_int_equal(pe_pool_run(pool, 1000, count_task, counts), PE_E_LIMIT);
        pe_pool_free(pool);
    }
}

static void utf8_is_decoded_strictly(void **state)
{
    PE_UNUSED(state);
    static const struct {
        const char *bytes;
        uint32_t code;
        size_t used;
    } rows[] = {{"A", 'A', 1},
                {"\xC3\xA9", 0xE9, 2},
                {"\xE2\x82\xAC", 0x20AC, 3},
                {"\xF0\x9F\x98\x80", 0x1F600, 4},
                {"\x80", 0xFFFD, 1},
                {"\xC0\x80", 0xFFFD, 1},
                {"\xED\xA0\x80", 0xFFFD, 1},
                {"\xE2\x82", 0xFFFD, 1}};
    for (size_t i = 0; i < PE_COUNT(rows); i++) {
        size_t at = 0;
        assert_int_equal(pe_utf8_next(rows[i].bytes, strlen(rows[i].bytes), &at), rows[i].code);
        assert_int_equal(at, rows[i].used);
        char out[4];
        if (rows[i].code != 0xFFFD) assert_int_equal(pe_utf8_put(out, rows[i].code), rows[i].used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_kind),   cmocka_unit_test(errors_have_excels_names),
        cmocka_unit_test(addresses_round_trip),     cmocka_unit_test(decimals_parse_as_ieee),
        cmocka_unit_test(decimals_print_as_c),      cmocka_unit_test(arena_limits_and_restores),
        cmocka_unit_test(map_finds_what_was_put),   cmocka_unit_test(sha256_matches_fips),
        cmocka_unit_test(pool_runs_each_task_once), cmocka_unit_test(utf8_is_decoded_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
