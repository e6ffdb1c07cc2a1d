/* Filters and tests of templates, as Jinja2 has them: `operand | name`, `operand | name(arguments)`, `operand
 * is defined`, `operand is not defined`. They stand one around the other, so that each counts for the depth.
 */
#include "engine/expression/machine/object.h"
#include "engine/expression/syntax/parser_state.h"

typedef struct found_filter {
    const callable *callable;
    bool stands_in;
} found_filter;

static found_filter find(const parser *p, const char *name, size_t size)
{
    found_filter f = {0};
    f.callable = p->scope->find_filter(name, size, &f.stands_in);
    return f;
}

static node *new_filter(parser *p, found_filter f, size_t position, node *operand, node *call)
{
    node *filter = call == NULL ? NULL : parser_parent(p, NODE_FILTER, position, operand);
    if (filter == NULL)
        return NULL;
    parser_append(filter, operand, call);
    call->position = (uint16_t)position;
    filter->op = f.stands_in;
    filter->value = (value){.kind = VALUE_CALLABLE, .extra = CALLABLE_FUNCTION, .object = f.callable};
    return filter;
}

/* Behind `operand |`, at a name. */
static node *parse_filter(parser *p, size_t position, node *operand)
{
    const value *name = &p->token.value;
    found_filter f = find(p, name->text, name->count);
    if (f.callable == NULL) {
        evaluation_raise(p->ev, EXCEPTION_NAME, "there is no filter '%.*s'", (int)name->count, name->text);
        p->ev->exception->position = p->token.position;
        return NULL;
    }
    if (!parser_advance(p))
        return NULL;
    node *call = parser_at(p, TOKEN_OPEN_PARENTHESIS) ? parser_call(p) : parser_node(p, NODE_CALL, position);
    return new_filter(p, f, position, operand, call);
}

/* Behind `operand is [not]`, at `defined`. */
static node *parse_defined(parser *p, size_t position, node *operand, bool inverted)
{
    static const char name[] = "is defined";
    if (!parser_advance(p))
        return NULL;
    node *test =
        new_filter(p, find(p, name, sizeof name - 1), position, operand, parser_node(p, NODE_CALL, position));
    if (test == NULL || !inverted)
        return test;
    node *negation = parser_parent(p, NODE_UNARY, position, test);
    if (negation != NULL)
        negation->op = UNARY_NOT;
    return negation;
}

/* The filter or test that begins with the next token, around the operand. Only the tokens behind that one
 * tell it from an operator of Python: for such a one the lexer goes back, and *done is true. */
static node *parse_one(parser *p, node *operand, bool *done)
{
    lexer lexer_before = p->lexer;
    token first = p->token;
    if (!parser_advance(p))
        return NULL;
    bool inverted = first.kind == TOKEN_IS && parser_at(p, TOKEN_NOT);
    if (inverted && !parser_advance(p))
        return NULL;
    if (first.kind == TOKEN_BIT_OR && parser_at(p, TOKEN_NAME))
        return parse_filter(p, first.position, operand);
    if (first.kind == TOKEN_IS && parser_at(p, TOKEN_NAME) && value_is_text(&p->token.value, "defined"))
        return parse_defined(p, first.position, operand, inverted);
    p->lexer = lexer_before;
    p->token = first;
    *done = true;
    return operand;
}

node *parser_filters(parser *p, node *operand)
{
    unsigned depth = p->depth;
    bool done = false;
    while (operand != NULL && !done && (parser_at(p, TOKEN_BIT_OR) || parser_at(p, TOKEN_IS)))
        operand = parser_enter(p) ? parse_one(p, operand, &done) : NULL;
    p->depth = depth;
    return operand;
}
