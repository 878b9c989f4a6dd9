/* formula_internal.h: what the formula module's files share: tokens, the lexer, the parser's state.
 */
#ifndef PE_FORMULA_INTERNAL_H
#define PE_FORMULA_INTERNAL_H

#include "formula.h"

typedef enum pei_token_kind {
    PEI_T_END,
    PEI_T_NUMBER,
    PEI_T_STRING,  /* with its quotes */
    PEI_T_BOOLEAN, /* TRUE or FALSE without '(' */
    PEI_T_ERROR,   /* op: pe_error_code */
    PEI_T_CELL,
    PEI_T_AREA,     /* A1:B2 */
    PEI_T_ROWS,     /* 1:3 */
    PEI_T_COLUMNS,  /* A:C */
    PEI_T_NAME,     /* quoted where it is the item of a DDE link */
    PEI_T_FUNCTION, /* a name with the '(' that follows it; length is the name's */
    PEI_T_PREFIX,   /* Sheet1!  'a b'!  [1]Sheet1!  Sheet1:Sheet3!  #REF!  without the '!'; Calc:
                       $Sheet1.  'file:///a.ods'#$Sheet1.  without the '.'; op: pei_prefix_kind */
    PEI_T_BRACKET,  /* [...] of a structured reference, with its brackets */
    PEI_T_OPERATOR, /* op: pei_symbol */
} pei_token_kind;

typedef enum pei_symbol {
    PEI_S_PLUS,
    PEI_S_MINUS,
    PEI_S_TIMES,
    PEI_S_DIVIDE,
    PEI_S_POWER,
    PEI_S_CONCAT,
    PEI_S_EQ,
    PEI_S_NE,
    PEI_S_LT,
    PEI_S_LE,
    PEI_S_GT,
    PEI_S_GE,
    PEI_S_COLON,
    PEI_S_PERCENT,
    PEI_S_AT,
    PEI_S_HASH,
    PEI_S_OPEN,
    PEI_S_CLOSE,
    PEI_S_COMMA,
    PEI_S_SEMICOLON,
    PEI_S_BRACE_OPEN,
    PEI_S_BRACE_CLOSE,
    PEI_S_UNION, /* Calc's ~ and ! */
    PEI_S_INTERSECT,
} pei_symbol;

typedef enum pei_prefix_kind {
    PEI_PREFIX_EXCEL,
    PEI_PREFIX_CALC,
    PEI_PREFIX_LAST, /* the second sheet of a reference over several */
} pei_prefix_kind;

#define PEI_ROW1_ABSOLUTE 1
#define PEI_COLUMN1_ABSOLUTE 2
#define PEI_ROW2_ABSOLUTE 4
#define PEI_COLUMN2_ABSOLUTE 8

typedef struct pei_token {
    uint8_t kind, op;
    uint8_t absolute; /* PEI_..._ABSOLUTE bits */
    bool space;       /* white space before it */
    uint32_t offset, length;
    uint32_t row1, row2; /* references: zero-based, as written */
    uint16_t column1, column2;
} pei_token;

/* The lexer's result: tokens (the last is END) and the canonical relative form. Reused from text to
 * text. */
typedef struct pei_lexed {
    pei_token *tokens;
    size_t token_capacity, token_count;
    uint8_t *canon;
    size_t canon_capacity, canon_length;
} pei_lexed;

void pei_lexed_free(pei_lexed *lexed);
pe_status pei_lex(pei_lexed *lexed, const char *text, size_t length, pe_dialect dialect,
                  pe_cell_ref home, pe_diag *diag);
/* The end of a prefix such as 'a b'! or [1]Sheet1! that starts at text[at] (past the '!'); 0: none
 * there. */
size_t pei_lex_prefix(const char *text, size_t length, size_t at);
bool pei_is_word_byte(unsigned char c);

/* With '=' and names of variables (LET, LAMBDA) in force. */
typedef struct pei_variable {
    const char *name; /* in the text, without _xlpm. */
    uint32_t length, slot;
    bool prefixed; /* written with _xlpm. */
} pei_variable;

typedef struct pei_expression {
    pe_node *node; /* NULL never on success */
    uint32_t height;
} pei_expression;

typedef struct pei_parser {
    const char *text;
    size_t length;
    const pei_token *tokens;
    size_t at;
    pe_cell_ref home;
    const pe_scope *scope;
    pe_dialect dialect;
    pe_map *functions; /* ids of the function names met so far; NULL: none kept */
    pe_arena *arena;
    pe_diag *diag;
    uint32_t depth; /* nested parentheses, calls, prefix operators */
    uint32_t flags, node_count, site_count, variable_count, unknown_count;
    bool variables_prefixed; /* once there are variables: written with _xlpm. */
    bool asked_sheet;        /* the tree depends on the home sheet: a name was looked up */
    bool asked_table;        /* and on the table around the home cell: [@Col] */
    pei_expression *stack;   /* arguments of the calls being parsed */
    size_t stack_count, stack_capacity;
    pei_variable *variables;
    size_t variable_in_force, variable_capacity;
    char *scratch; /* length + 1 bytes: names with escapes removed */
} pei_parser;

typedef struct pei_parsed {
    pe_formula formula;
    bool asked_sheet, asked_table;
} pei_parsed;

/* Parses lexed text into arena. functions: see pei_parser. Temporary memory is released. */
pe_status pei_parse(const pei_lexed *lexed, const char *text, size_t length, pe_dialect dialect,
                    pe_cell_ref home, const pe_scope *scope, pe_map *functions, pe_arena *arena,
                    pei_parsed *parsed, pe_diag *diag);

pe_status pei_syntax(pei_parser *p, uint32_t offset, const char *format, ...) PE_PRINTF(3, 4);
pe_status pei_new_node(pei_parser *p, pe_node_kind kind, uint32_t offset, pe_node **node);
void pei_new_site(pei_parser *p, pe_node *node);
pe_status pei_parse_expression(pei_parser *p, int power, bool union_allowed, pei_expression *out);
/* Moves stack[first, count) to node->args and gives node's height. */
pe_status pei_take_arguments(pei_parser *p, size_t first, pe_node *node, uint32_t *height);
pe_status pei_push_argument(pei_parser *p, pei_expression argument);
/* formula_operand.c */
pe_status pei_parse_operand(pei_parser *p, pei_expression *out);
pe_status pei_parse_call_arguments(pei_parser *p); /* up to and with ')', onto the stack */
pe_status pei_parse_argument(pei_parser *p);
/* After an argument: *last with ')' consumed, else ',' consumed. */
pe_status pei_end_argument(pei_parser *p, bool *last);
/* Flags and draw site of a new FUNCTION node. */
void pei_add_function(pei_parser *p, pe_node *node);
/* formula_fit.c: the arguments from first on as the row takes them; *id may change. */
pe_status pei_fit_arguments(pei_parser *p, uint32_t offset, size_t first, pe_function_id *id);
/* formula_lambda.c */
bool pei_strip_prefix(const char **name, size_t *length, const char *prefix);
const pei_variable *pei_find_variable(const pei_parser *p, const char *name, size_t length);
pe_status pei_make_variable(pei_parser *p, uint32_t offset, const pei_variable *variable,
                            pei_expression *out);
pe_status pei_parse_binding_arguments(pei_parser *p, bool lambda);
pe_status pei_expand_eta(pei_parser *p, const pe_function *row, size_t first);
/* What stands before '!'. */
typedef struct pei_prefix {
    bool external; /* another workbook */
    bool deleted;  /* #REF! */
    bool has_sheet;
    uint32_t book; /* external: index, PE_BOOK_UNKNOWN */
    uint32_t sheet_first, sheet_last;
} pei_prefix;
/* scratch holds at least length + 1 bytes. formula_prefix.c */
void pei_read_calc_prefix(const pe_scope *scope, const char *text, size_t length, char *scratch,
                          pei_prefix *prefix);
void pei_order_sheets(pei_prefix *prefix);
void pei_read_prefix(const pe_scope *scope, const char *text, size_t length, char *scratch,
                     pei_prefix *prefix);
/* formula_table.c: the node of name[...]; name of length 0: the table around the home cell. */
pe_status pei_parse_table(pei_parser *p, const pei_token *name, const pei_token *bracket,
                          pei_expression *out);
pe_node_reference pei_reference_of(const pei_token *token, pe_cell_ref home, uint32_t first,
                                   uint32_t last);

#endif
