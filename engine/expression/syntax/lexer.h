/* lexer: the tokens of a Python expression, one at a time (The Python Language Reference 3.11, section 2).
 *
 * Literals arrive as values; a string is one literal, the parser joins neighbours. Line ends count only
 * outside brackets, where they end the expression. Names may have any letters that Python allows and are
 * normalized as it does (NFKC). */
#ifndef ENGINE_EXPRESSION_LEXER_H
#define ENGINE_EXPRESSION_LEXER_H

#include "engine/expression/evaluation.h"

/* X(token, text): reserved words that expressions use. */
#define KEYWORD_TOKENS(X)     \
    X(TOKEN_AND, "and")       \
    X(TOKEN_OR, "or")         \
    X(TOKEN_NOT, "not")       \
    X(TOKEN_IN, "in")         \
    X(TOKEN_IS, "is")         \
    X(TOKEN_IF, "if")         \
    X(TOKEN_ELSE, "else")     \
    X(TOKEN_FOR, "for")       \
    X(TOKEN_NONE, "None")     \
    X(TOKEN_TRUE, "True")     \
    X(TOKEN_FALSE, "False")   \
    X(TOKEN_LAMBDA, "lambda") \
    X(TOKEN_AWAIT, "await")   \
    X(TOKEN_YIELD, "yield")   \
    X(TOKEN_ASYNC, "async")

/* X(token, text): longer ones before their beginnings. */
#define PUNCTUATION_TOKENS(X)       \
    X(TOKEN_POWER, "**")            \
    X(TOKEN_FLOOR_DIVIDE, "//")     \
    X(TOKEN_SHIFT_LEFT, "<<")       \
    X(TOKEN_SHIFT_RIGHT, ">>")      \
    X(TOKEN_LESS_EQUAL, "<=")       \
    X(TOKEN_GREATER_EQUAL, ">=")    \
    X(TOKEN_EQUAL, "==")            \
    X(TOKEN_NOT_EQUAL, "!=")        \
    X(TOKEN_WALRUS, ":=")           \
    X(TOKEN_PLUS, "+")              \
    X(TOKEN_MINUS, "-")             \
    X(TOKEN_MULTIPLY, "*")          \
    X(TOKEN_DIVIDE, "/")            \
    X(TOKEN_MODULO, "%")            \
    X(TOKEN_BIT_AND, "&")           \
    X(TOKEN_BIT_OR, "|")            \
    X(TOKEN_BIT_XOR, "^")           \
    X(TOKEN_INVERT, "~")            \
    X(TOKEN_LESS, "<")              \
    X(TOKEN_GREATER, ">")           \
    X(TOKEN_ASSIGN, "=")            \
    X(TOKEN_DOT, ".")               \
    X(TOKEN_COMMA, ",")             \
    X(TOKEN_COLON, ":")             \
    X(TOKEN_OPEN_PARENTHESIS, "(")  \
    X(TOKEN_CLOSE_PARENTHESIS, ")") \
    X(TOKEN_OPEN_BRACKET, "[")      \
    X(TOKEN_CLOSE_BRACKET, "]")     \
    X(TOKEN_OPEN_BRACE, "{")        \
    X(TOKEN_CLOSE_BRACE, "}")

typedef enum token_kind {
    TOKEN_END,
    TOKEN_NAME,            /* value: its text */
    TOKEN_INTEGER,         /* value: an int */
    TOKEN_INTEGER_MINIMUM, /* 9223372036854775808, which only a minus before it makes an int */
    TOKEN_FLOAT,
    TOKEN_STRING,
    TOKEN_RESERVED, /* a reserved word of statements; value: its text */
#define X(token, text) token,
    KEYWORD_TOKENS(X) PUNCTUATION_TOKENS(X)
#undef X
} token_kind;

typedef struct token {
    token_kind kind;
    size_t position; /* of its first byte */
    value value;
} token;

/* Embedded by value; fields are the module's own. */
typedef struct lexer {
    const char *source;
    size_t size;
    size_t next;        /* the byte after the last token */
    char brackets[128]; /* that are open: LIMIT_EXPRESSION_DEPTH refuses more before they do not fit */
    size_t bracket_count;
    bool lines_joined; /* line ends are space outside brackets too; false after lexer_init */
    evaluation *ev;    /* its arena holds what the literals need; its exception gets the errors */
} lexer;

/* False with SyntaxError where the source is no UTF-8 or has a NUL. */
MUST_CHECK bool lexer_init(lexer *l, const char *source, size_t size, evaluation *ev);
/* The next token; TOKEN_END at the end, again and again. False with the exception and its position. */
MUST_CHECK bool lexer_next(lexer *l, token *t);

/* The text of a keyword or punctuation, or what else the token is ("a name", "the end"). Static. */
const char *token_text(token_kind kind);

#endif
