/* parser_state: what the files of the parser share: the state of a parse, tokens, errors and nodes; and where
 * each half calls the other. */
#ifndef ENGINE_EXPRESSION_PARSER_STATE_H
#define ENGINE_EXPRESSION_PARSER_STATE_H

#include "engine/expression/expression.h"
#include "engine/expression/syntax/lexer.h"
#include "engine/expression/syntax/syntax.h"

typedef struct parser {
    evaluation *ev;
    const expression_scope *scope;
    lexer lexer;
    token token; /* the one to be looked at next */
    unsigned depth;
} parser;

/* ---- errors: each returns false, with the exception ---- */

bool parser_fail_at(parser *p, size_t position, exception_type type, const char *message);
/* SyntaxError at the next token. */
bool parser_fail(parser *p, const char *message);
/* The next token is none that may stand here: says what it is, where that tells more than "invalid syntax".
 */
bool parser_fail_unexpected(parser *p);

/* ---- tokens ---- */

MUST_CHECK bool parser_advance(parser *p);
static inline bool parser_at(const parser *p, token_kind kind)
{
    return p->token.kind == kind;
}
/* Takes the token, which must be of this kind. */
MUST_CHECK bool parser_expect(parser *p, token_kind kind);

/* Every way to recurse passes here: ResourceError past LIMIT_EXPRESSION_DEPTH. */
MUST_CHECK bool parser_enter(parser *p);
static inline void parser_leave(parser *p)
{
    p->depth--;
}

/* ---- nodes: NULL without memory, with the exception ---- */

node *parser_node(parser *p, node_kind kind, size_t position);
/* A node with one child. */
node *parser_parent(parser *p, node_kind kind, size_t position, node *first);
node *parser_constant(parser *p, value v, size_t position);
/* A constant for the token, which it takes. */
node *parser_literal(parser *p, value v);
/* Appends a child; `last` is the parent's last child so far (NULL where it has none). Returns the child. */
node *parser_append(node *parent, node *last, node *child);

/* ---- the grammar; NULL with the exception ---- */

node *parser_expression(parser *p);
/* What may stand where `if` and `else` are none of the expression's. */
node *parser_disjunction(parser *p);
/* An atom with all that stands behind it (primary.c). */
node *parser_postfix(parser *p);
/* The arguments of a call, from the opening to the closing parenthesis (primary.c). */
node *parser_call(parser *p);
/* An operand with the filters and tests that stand behind it (filter.c). */
node *parser_filters(parser *p, node *operand);
/* More items after `first`, separated by commas, up to `close`, which stays. */
node *parser_items(parser *p, node_kind kind, size_t position, node *first, token_kind close);

#endif
