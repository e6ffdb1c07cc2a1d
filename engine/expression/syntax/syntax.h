/* syntax: the tree of a parsed expression.
 *
 * What associates to the left is flat (a + b - c is one node with two links, a.b[c](d) one with three), so
 * that the depth of the tree is bounded by that of the parse, and recursion over it by
 * LIMIT_EXPRESSION_DEPTH. */
#ifndef ENGINE_EXPRESSION_SYNTAX_H
#define ENGINE_EXPRESSION_SYNTAX_H

#include "engine/value/value.h"

/* X(kind, children): `[x]` repeats, `x?` may lack. */
#define NODE_KINDS(X)                                                                 \
    X(NODE_CONSTANT, "none; value")                                                   \
    X(NODE_NAME, "none; value is its text")                                           \
    X(NODE_UNARY, "operand; op is a unary_operator")                                  \
    X(NODE_BINARY, "first operand, [NODE_OPERATION]")                                 \
    X(NODE_OPERATION, "operand; op is the binary_operator before it")                 \
    X(NODE_FILTER, "operand, NODE_CALL; value: the callable, op: it stands in")       \
    X(NODE_COMPARISON, "first operand, [NODE_RELATION]")                              \
    X(NODE_RELATION, "operand; op is the relation before it")                         \
    X(NODE_AND, "operand, [operand]")                                                 \
    X(NODE_OR, "operand, [operand]")                                                  \
    X(NODE_CONDITIONAL, "condition, then, else")                                      \
    X(NODE_POSTFIX, "primary, [NODE_ATTRIBUTE | NODE_ITEM | NODE_SLICE | NODE_CALL]") \
    X(NODE_ATTRIBUTE, "none; value is the name")                                      \
    X(NODE_ITEM, "index")                                                             \
    X(NODE_SLICE, "start, stop, step: NODE_CONSTANT None where omitted")              \
    X(NODE_CALL, "[positional argument], [NODE_KEYWORD]")                             \
    X(NODE_KEYWORD, "argument; value is the name")                                    \
    X(NODE_LIST, "[item]")                                                            \
    X(NODE_TUPLE, "[item]")                                                           \
    X(NODE_SET, "[item]")                                                             \
    X(NODE_MAP, "[key, value]")                                                       \
    X(NODE_LIST_COMPREHENSION, "item, [NODE_FOR]")                                    \
    X(NODE_SET_COMPREHENSION, "item, [NODE_FOR]")                                     \
    X(NODE_MAP_COMPREHENSION, "key, value, [NODE_FOR]")                               \
    X(NODE_GENERATOR, "item, [NODE_FOR]")                                             \
    X(NODE_FOR, "target (NODE_NAME or NODE_TUPLE of targets), iterable, [condition]")

typedef enum node_kind {
#define X(kind, children) kind,
    NODE_KINDS(X)
#undef X
} node_kind;

typedef enum unary_operator { UNARY_NEGATE, UNARY_PLUS, UNARY_INVERT, UNARY_NOT } unary_operator;

/* X(operator, text) in the order of the opcodes. */
#define BINARY_OPERATORS(X)      \
    X(BINARY_ADD, "+")           \
    X(BINARY_SUBTRACT, "-")      \
    X(BINARY_MULTIPLY, "*")      \
    X(BINARY_DIVIDE, "/")        \
    X(BINARY_FLOOR_DIVIDE, "//") \
    X(BINARY_MODULO, "%")        \
    X(BINARY_POWER, "**")        \
    X(BINARY_SHIFT_LEFT, "<<")   \
    X(BINARY_SHIFT_RIGHT, ">>")  \
    X(BINARY_AND, "&")           \
    X(BINARY_OR, "|")            \
    X(BINARY_XOR, "^")

typedef enum binary_operator {
#define X(operator, text) operator,
    BINARY_OPERATORS(X)
#undef X
} binary_operator;

/* X(relation, text) in the order of the opcodes. */
#define RELATIONS(X)                \
    X(RELATION_LESS, "<")           \
    X(RELATION_LESS_EQUAL, "<=")    \
    X(RELATION_EQUAL, "==")         \
    X(RELATION_NOT_EQUAL, "!=")     \
    X(RELATION_GREATER, ">")        \
    X(RELATION_GREATER_EQUAL, ">=") \
    X(RELATION_IN, "in")            \
    X(RELATION_NOT_IN, "not in")    \
    X(RELATION_IS, "is")            \
    X(RELATION_IS_NOT, "is not")

typedef enum relation {
#define X(relation, text) relation,
    RELATIONS(X)
#undef X
} relation;

typedef struct node node;

struct node {
    uint8_t kind;      /* node_kind */
    uint8_t op;        /* of NODE_UNARY, NODE_OPERATION, NODE_RELATION */
    uint16_t position; /* in the source: of the operator, bracket or dot where there is one */
    uint16_t count;    /* children */
    node *first;
    node *next; /* sibling */
    value value;
};

#endif
