/* value.h: the one table of the 64-bit word that a lane (one trial's value of one cell) and a
 * cell's value are. A number is an IEEE double, never a NaN. Everything else is a quiet NaN with a
 * kind in bits 48..50 and a payload of 48 bits. Text and arrays are pointers into an arena whose
 * owner outlives the value. Hardware does not keep NaN payloads in a defined order: whoever
 * computes with doubles tests operands (pe_is_number) and picks the left-most erroneous operand
 * himself. C, C++ and CUDA. */
#ifndef PE_VALUE_H
#define PE_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__CUDACC__)
#define PE_HD __host__ __device__
#else
#define PE_HD
#endif
#define PE_INLINE static inline PE_HD

typedef struct pe_value {
    uint64_t bits;
} pe_value;

typedef enum pe_kind {
    PE_KIND_NUMBER,     /* not stored: what is not a NaN with one of the patterns below */
    PE_KIND_ERROR,      /* payload: pe_error_code */
    PE_KIND_BLANK,      /* an empty cell */
    PE_KIND_BOOLEAN,    /* payload: 0 or 1 */
    PE_KIND_TEXT,       /* payload: pe_text * */
    PE_KIND_OMITTED,    /* an argument left empty: F(1,,2) */
    PE_KIND_UNRESOLVED, /* not computed yet; behaves as an error that overrides all others */
    PE_KIND_ARRAY,      /* payload: pe_array *; never a cell's value, only inside evaluation */
    PE_KIND_REFERENCE,  /* payload: pe_reference *; likewise */
    PE_KIND_LAMBDA,     /* payload: evaluator's own; likewise */
} pe_kind;

/* X(name, Excel's text, ERROR.TYPE number). The order is the payload and never changes. */
#define PE_ERRORS(X)                                                                               \
    X(NULL, "#NULL!", 1)                                                                           \
    X(DIV0, "#DIV/0!", 2)                                                                          \
    X(VALUE, "#VALUE!", 3)                                                                         \
    X(REF, "#REF!", 4)                                                                             \
    X(NAME, "#NAME?", 5)                                                                           \
    X(NUM, "#NUM!", 6)                                                                             \
    X(NA, "#N/A", 7)                                                                               \
    X(GETTING_DATA, "#GETTING_DATA", 8)                                                            \
    X(SPILL, "#SPILL!", 9)                                                                         \
    X(CONNECT, "#CONNECT!", 10)                                                                    \
    X(BLOCKED, "#BLOCKED!", 11)                                                                    \
    X(UNKNOWN, "#UNKNOWN!", 12)                                                                    \
    X(FIELD, "#FIELD!", 13)                                                                        \
    X(CALC, "#CALC!", 14)                                                                          \
    X(BUSY, "#BUSY!", 15)                                                                          \
    X(PYTHON, "#PYTHON!", 16)

typedef enum pe_error_code {
    PE_ERROR_NONE = 0,
#define PE_ERROR_ENUM(name, text, number) PE_ERROR_##name = number,
    PE_ERRORS(PE_ERROR_ENUM)
#undef PE_ERROR_ENUM
        PE_ERROR_COUNT
} pe_error_code;

typedef struct pe_text {
    uint32_t length; /* bytes of UTF-8, without the final NUL */
    char bytes[];
} pe_text;

typedef struct pe_array {
    uint32_t rows, columns; /* both >= 1 */
    pe_value cells[];       /* row-major; number, error, blank, boolean, text */
} pe_array;

/* Layout: sign 0, exponent 0x7FF, quiet bit 1, kind in bits 48..50 for kinds 1..7 with sign 0;
 * kinds 8 and 9 (reference, lambda) have the sign bit set and kind - 7 in bits 48..50. Any other
 * NaN is #NUM!. */
#define PE_QNAN 0x7FF8000000000000ull
#define PE_PAYLOAD 0x0000FFFFFFFFFFFFull
#define PE_BOX_TAG(kind)                                                                           \
    ((kind) <= 7 ? (PE_QNAN | ((uint64_t)(kind) << 48))                                            \
                 : (0x8000000000000000ull | PE_QNAN | ((uint64_t)((kind)-7) << 48)))

PE_INLINE pe_value pe_box(pe_kind kind, uint64_t payload)
{
    pe_value v;
    v.bits = PE_BOX_TAG(kind) | (payload & PE_PAYLOAD);
    return v;
}
PE_INLINE pe_value pe_number(double x)
{
    pe_value v;
    memcpy(&v.bits, &x, sizeof x);
    return v;
}
PE_INLINE double pe_as_number(pe_value v) /* the bits as a double; a NaN unless pe_is_number(v) */
{
    double x;
    memcpy(&x, &v.bits, sizeof x);
    return x;
}
PE_INLINE bool pe_is_nan_bits(pe_value v)
{
    return (v.bits & 0x7FFFFFFFFFFFFFFFull) > 0x7FF0000000000000ull;
}
/* A finite or infinite double. Bodies turn infinities into #NUM! before they become a cell's value.
 */
PE_INLINE bool pe_is_number(pe_value v)
{
    return !pe_is_nan_bits(v);
}
PE_INLINE pe_kind pe_kind_of(pe_value v)
{
    if (!pe_is_nan_bits(v)) return PE_KIND_NUMBER;
    unsigned tag = (unsigned)(v.bits >> 48) & 7u;
    bool negative = (v.bits >> 63) != 0;
    if (!negative && tag != 0 && (v.bits & PE_QNAN) == PE_QNAN) return (pe_kind)tag;
    if (negative && (tag == 1 || tag == 2) && (v.bits & PE_QNAN) == PE_QNAN)
        return (pe_kind)(tag + 7);
    return PE_KIND_ERROR; /* a NaN that arithmetic made */
}
PE_INLINE pe_value pe_error(pe_error_code code)
{
    return pe_box(PE_KIND_ERROR, (uint64_t)code);
}
PE_INLINE pe_value pe_boolean(bool b)
{
    return pe_box(PE_KIND_BOOLEAN, b ? 1 : 0);
}
PE_INLINE pe_value pe_blank(void)
{
    return pe_box(PE_KIND_BLANK, 0);
}
PE_INLINE pe_value pe_omitted(void)
{
    return pe_box(PE_KIND_OMITTED, 0);
}
PE_INLINE pe_value pe_unresolved(void)
{
    return pe_box(PE_KIND_UNRESOLVED, 0);
}
PE_INLINE bool pe_is(pe_value v, pe_kind kind)
{
    return pe_kind_of(v) == kind;
}
/* True for errors and for unresolved, which propagates like one. */
PE_INLINE bool pe_is_error(pe_value v)
{
    pe_kind k = pe_kind_of(v);
    return k == PE_KIND_ERROR || k == PE_KIND_UNRESOLVED;
}
PE_INLINE pe_error_code pe_as_error(pe_value v)
{
    uint64_t code = v.bits & PE_PAYLOAD;
    bool ours = (v.bits >> 48) == (PE_BOX_TAG(PE_KIND_ERROR) >> 48);
    return ours && code > 0 && code < PE_ERROR_COUNT ? (pe_error_code)code : PE_ERROR_NUM;
}
PE_INLINE bool pe_as_boolean(pe_value v)
{
    return (v.bits & 1) != 0;
}
PE_INLINE void *pe_as_pointer(pe_value v)
{
    return (void *)(uintptr_t)(v.bits & PE_PAYLOAD);
}
PE_INLINE const pe_text *pe_as_text(pe_value v)
{
    return (const pe_text *)pe_as_pointer(v);
}
PE_INLINE pe_array *pe_as_array(pe_value v)
{
    return (pe_array *)pe_as_pointer(v);
}
PE_INLINE pe_value pe_box_pointer(pe_kind kind, const void *pointer)
{
    return pe_box(kind, (uint64_t)(uintptr_t)pointer);
}
/* A result of arithmetic as a value: infinities and NaNs that arithmetic made are #NUM!, -0 becomes
 * 0; a boxed error (from a numeric body, see functions.h) stays what it is. */
PE_INLINE pe_value pe_number_checked(double x)
{
    pe_value v = pe_number(x);
    if ((v.bits & 0x7FF0000000000000ull) == 0x7FF0000000000000ull)
        return pe_is_nan_bits(v) && pe_kind_of(v) == PE_KIND_ERROR ? pe_error(pe_as_error(v))
                                                                   : pe_error(PE_ERROR_NUM);
    return pe_number(x == 0 ? 0.0 : x);
}
/* An error inside a numeric body's double. */
PE_INLINE double pe_error_double(pe_error_code code)
{
    return pe_as_number(pe_error(code));
}

#if !defined(__CUDACC__)
const char *pe_error_text(pe_error_code code); /* "#DIV/0!" */
/* Reads an error literal at the start of text; *used its length, or 0. */
pe_error_code pe_error_parse(const char *text, unsigned long length, unsigned long *used);
#endif

#endif
