/* functions.h: the worksheet function registry: one row per function, and the interface between a
 * function's body and whoever evaluates it. A function = one row in functions_<category>.def + one
 * body + golden rows in the tests; name lookup, arity, lowering and FUNCTIONS.md come from the row.
 *
 * Two kinds of bodies:
 *   NUM  double body(const double *x, int n): n numbers in, one number (or pe_error_double(code),
 * or a NaN or infinity for #NUM!) out. The caller coerces (blank 0, TRUE 1, text that is a number;
 * omitted 0), returns the left-most error of the arguments itself, and lifts over arrays and
 * trials. Pure: same bits in, same bits out. GEN  pe_value body(pe_call *call, const pe_value
 * *args, int n): anything else. The row's `kinds` string says what the evaluator does with each
 * argument before the call: n  one number: coerced; an error (or text that is no number: #VALUE!)
 * is returned without calling the body t  one text: coerced (numbers in General format, TRUE/FALSE,
 * blank ""); errors as above b  one boolean: coerced; errors as above v  one value of any kind,
 * blank kept; errors as above e  one value of any kind, errors included r  as it comes: a reference
 * stays a reference, an array an array, a scalar a scalar; errors included. a  as r, and the
 * argument's expression is evaluated in array mode (Excel's parameter class "array") For n t b v e
 * an array is lifted: the body runs per element and the result is an array. A reference is
 * intersected with the home cell in plain formulas and lifted in array mode. An omitted argument
 *        (F(1,,2)) reaches n t b v e r a as PE_KIND_OMITTED: use pe_arg_* below for defaults.
 *        `|` starts the group that repeats for further arguments: SUMIFS is "r|re". Without one,
 * the last repeats. SPECIAL rows (IF, LET, LAMBDA, MAP ...) have no body: the evaluator implements
 * them (evaluate_special.c). RANDOM rows (RAND ..., the risk functions) have no body: the evaluator
 * draws.
 */
#ifndef PE_FUNCTIONS_H
#define PE_FUNCTIONS_H

#include "base.h"
#include "dialect.h"

typedef struct pe_call pe_call;
typedef double (*pe_num_body)(const double *x, int n);
typedef pe_value (*pe_gen_body)(pe_call *call, const pe_value *args, int n);

typedef enum pe_function_flags {
    PE_FN_PURE = 0,
    PE_FN_VOLATILE =
        1 << 0, /* recalculated always: NOW, TODAY, OFFSET, INDIRECT, CELL, INFO, RAND... */
    PE_FN_RANDOM = 1 << 1,  /* each appearance is a draw */
    PE_FN_SPECIAL = 1 << 2, /* implemented by the evaluator: lazy, binding or iterating */
    PE_FN_REFERENCE =
        1 << 3, /* may return a reference (OFFSET, INDEX, INDIRECT, CHOOSE, IF, XLOOKUP ...) */
    PE_FN_DYNAMIC = 1 << 4, /* reads cells that its arguments do not name (OFFSET, INDIRECT,
                               whole-sheet lookups) */
    PE_FN_NOW = 1 << 5,     /* depends on the clock */
    PE_FN_RISK =
        1 << 6, /* a vendor's risk distribution: row's `aux` names the distribution (sampling) */
    PE_FN_RISK_PROPERTY =
        1 << 7, /* RiskName, RiskTruncate ...: only inside a distribution or RiskOutput */
    PE_FN_RISK_OUTPUT =
        1 << 8, /* RiskOutput, PsiOutput, VoseOutput: contributes 0 and marks an output */
    PE_FN_UNSUPPORTED =
        1 << 9, /* known by name, not implemented: listed, pinned or refused, never guessed */
    PE_FN_PREFIX = 1 << 10, /* saved with _xlfn. (the printer adds it) */
    PE_FN_CALC = 1 << 11,   /* a function of Calc alone */
} pe_function_flags;

typedef enum pe_function_id {
#define PE_F(id, name, min, max, kinds, flags, type, body, aux) PE_FN_##id,
#include "functions_all.def"
#undef PE_F
    PE_FUNCTION_COUNT,
    PE_FUNCTION_NONE = 0xFFFF
} pe_function_id;

typedef struct pe_function {
    const char *name;       /* upper case, no prefix */
    int args_min, args_max; /* args_max PE_FORMULA_ARGUMENTS_MAX where unlimited */
    const char *kinds;      /* above; NUM rows: n, or b for a flag (as n, and the text "TRUE") */
    unsigned flags;
    pe_num_body num; /* one of num, gen or neither (SPECIAL, RANDOM, UNSUPPORTED) */
    pe_gen_body gen;
    const char *aux; /* see flags; else "" */
} pe_function;

const pe_function *pe_function_row(pe_function_id id);
/* Case-insensitive; accepts and strips _xlfn., _xlws., _xll., _xludf. prefixes in any combination.
 * PE_FUNCTION_NONE if unknown. */
pe_function_id pe_function_find(const char *name, size_t length);
/* The same by the name that a dialect has for it: Calc's CEILING.XCL, OpenFormula's LEGACY.FDIST,
 * COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GETEDATE. */
pe_function_id pe_function_find_as(pe_dialect dialect, const char *name, size_t length);
/* The kind letter of argument `index` (zero-based) by the row's rule. */
char pe_function_kind(const pe_function *row, int index);

/* ---- what a body can ask
 * ------------------------------------------------------------------------------ */

/* Walks the non-blank cells of an area, sheet by sheet, row by row. Fill with pe_cursor_of. */
typedef struct pe_cursor {
    pe_area area;
    pe_cell_ref at;    /* the cell just delivered */
    pe_value value;    /* its value: number, error, boolean, text, unresolved */
    uint64_t state[4]; /* the evaluator's own */
} pe_cursor;

typedef struct pe_call_ops {
    pe_value (*cell)(pe_call *call, pe_cell_ref ref); /* any cell, blank where there is none */
    bool (*next)(pe_call *call, pe_cursor *cursor);   /* false: no more */
    pe_area (*used)(pe_call *call,
                    pe_area area); /* clipped to what the sheets use; at least one cell */
    pe_value (*apply)(pe_call *call, pe_value lambda, const pe_value *args,
                      int n);                                 /* a LAMBDA value */
    const char *(*sheet_name)(pe_call *call, uint32_t sheet); /* NULL: out of range */
    pe_value (*parse_reference)(pe_call *call, const char *text, size_t length,
                                bool a1); /* INDIRECT: reference or error */
    pe_value (*formula_text)(pe_call *call,
                             pe_cell_ref ref); /* "=A1+1" as Excel shows it, blank if no formula */
    const char *(*number_format)(pe_call *call, pe_cell_ref ref); /* "General" ... */
    bool (*row_hidden)(pe_call *call, uint32_t sheet, uint32_t row, bool *by_filter);
    bool (*is_subtotal)(pe_call *call,
                        pe_cell_ref ref); /* its formula calls SUBTOTAL or AGGREGATE */
    /* The first element of one column that equals a number or a text without wildcards, from an
     * index: *index from the area's first row, UINT32_MAX if there is none. False (or NULL): not at
     * hand, search. */
    bool (*find)(pe_call *call, const pe_area *column, pe_value key, uint32_t *index);
} pe_call_ops;

struct pe_call {
    const pe_call_ops *ops;
    pe_arena *arena;  /* for texts and arrays of the result: bodies free nothing */
    pe_cell_ref home; /* the cell whose formula is evaluated */
    uint32_t sheet_count;
    bool array_mode;
    bool date1904;
    const pe_calc_options *calc; /* the rules are Calc's, with these options; NULL: Excel's */
    double now;            /* serial date and time of the run, in the workbook's date system */
    const char *file_name; /* for CELL("filename"); may be "" */
    void *evaluator;       /* the evaluator's own */
};

/* ---- helpers for bodies (functions_call.c)
 * ------------------------------------------------------------ */

static inline pe_cursor pe_cursor_of(pe_area area)
{
    pe_cursor c;
    memset(&c, 0, sizeof c);
    c.area = area;
    return c;
}

/* Argument `index` as number/boolean/text with a default for absent or omitted ones. For kinds n,
 * b, t, already coerced. */
double pe_arg_number(const pe_value *args, int n, int index, double otherwise);
bool pe_arg_boolean(const pe_value *args, int n, int index, bool otherwise);
bool pe_arg_given(const pe_value *args, int n, int index); /* present and not omitted */

/* Coercions as Excel's operators do them. On failure an error value is returned (boxed). */
pe_value pe_to_number(
    pe_call *call,
    pe_value scalar); /* "12.5", "1/2/2020", "50%", " 3 ", "$5", TRUE; "" and other text: #VALUE! */
pe_value pe_to_text(pe_call *call, pe_value scalar);    /* General format, 15 digits */
pe_value pe_to_boolean(pe_call *call, pe_value scalar); /* "TRUE"/"FALSE" texts, numbers */
pe_value pe_make_text(pe_call *call, const char *bytes,
                      size_t length); /* over 32,767 characters: #VALUE! */
/* The value of a one-cell reference or one-cell array; larger ones: top-left. Scalars unchanged. */
pe_value pe_to_scalar(pe_call *call, pe_value v);
/* Any value as an array (references are read; 3-D or multi-area: #VALUE!). The result may share v's
 * array: do not write into it. NULL and *error set on failure. Whole columns are clipped to the
 * used range. */
const pe_array *pe_to_array(pe_call *call, pe_value v, pe_value *error);
pe_array *pe_new_array(pe_call *call, uint32_t rows,
                       uint32_t columns);            /* blanks; NULL over the limit: return #NUM! */
pe_value pe_array_value(const pe_array *array);      /* 1 x 1 becomes its scalar */
pe_value pe_area_value(pe_call *call, pe_area area); /* a reference value */

/* Visits each value of an 'r' or 'a' argument: cells of references in order (blanks skipped),
 * elements of arrays (blanks skipped), a scalar once with direct = true. visit returns false to
 * stop. */
void pe_each_value(pe_call *call, pe_value argument,
                   bool (*visit)(void *context, pe_value value, bool direct), void *context);

/* Comparison as Excel's operators and lookups order values: numbers < text (case-insensitive) <
 * FALSE < TRUE; blank adapts to the other side. Numbers equal at 15 significant digits where
 * Excel's operators say so. <0, 0, >0. Not for errors. */
int pe_compare(pe_value a, pe_value b);
/* The same as Calc's operators order values: numbers equal to about 2^-48, texts by case where the
 * options say so. */
int pe_calc_compare(const pe_calc_options *calc, pe_value a, pe_value b);
int pe_compare_text(const pe_text *a, const pe_text *b); /* case-insensitive, Excel's order */

/* Arithmetic exactly as Excel's operators do it, on numbers (also the definition of the program's
 * opcodes; the bodies are inline in functions_arithmetic.h): final + and - snap to zero,
 * comparisons at 15 digits, ROUND decimal-correct. */

/* What Calc gives where a body for Excel's rules gives an error of its own: its argument errors are
 * #VALUE!, as its own .xlsx export writes them, and #NUM! is left to results without a number. */
pe_value pe_calc_result(pe_function_id id, pe_value result);
/* A NUM row's value under Calc's rules: by its own body where Calc's differs. */
pe_value pe_calc_call(pe_function_id id, const double *x, int n);

/* Criteria of COUNTIF, SUMIF, ...: ">=5", "a*", "<>", a number, blank. */
typedef struct pe_criterion pe_criterion;
const pe_criterion *pe_criterion_new(pe_call *call, pe_value criterion); /* NULL: out of memory */
bool pe_criterion_match(const pe_criterion *criterion,
                        pe_value value); /* value: any scalar, blank and error included */
/* Calc: a pattern that numbers may match by their texts. */
bool pe_criterion_sees_numbers(const pe_criterion *criterion);
/* A criterion that only tests a number against a constant, for lowering: op one of "=", "<>", "<",
 * "<=", ">", ">=". */
bool pe_criterion_numeric(const pe_criterion *criterion, const char **op, double *operand);

/* TEXT(value, format): used by TEXT, by reports and by anything that shows a value in a cell's
 * number format. */
pe_value pe_format_value(pe_call *call, pe_value value, const char *format, size_t length);
/* The same without a call; date1904 as the workbook. Writes a NUL; returns the length, cut at size
 * - 1. */
size_t pe_format_number(double value, const char *format, bool date1904, char *out, size_t size);

#endif
