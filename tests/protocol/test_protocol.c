/* test_protocol.c: frames cut anywhere, hostile bytes, values, records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol_internal.h"

/* The example of PROTOCOL.md, byte by byte. */
static void hello_page(void **state)
{
    (void)state;
    pe_wire_out out;
    pe_wire_hello hello = {.version = 1,
                           .token = pe_wire_text_of("0123456789abcdef0123456789abcdef"),
                           .client = pe_wire_text_of("mine")};
    static const char expected[] = "\0\0\0\x48\x94\x00\x01\xa5hello\x91\x83\xa7version\x01\xa5token"
                                   "\xd9\x20"
                                   "0123456789abcdef0123456789abcdef\xa6"
                                   "client\xa4mine";
    pe_wire_out_init(&out);
    assert_int_equal(pe_wire_put_request(&out, 1, "hello", PE_WIRE_hello, &hello, NULL), 0);
    assert_int_equal(out.length, sizeof expected - 1);
    assert_memory_equal(out.bytes, expected, sizeof expected - 1);
    pe_wire_out_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hello_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
