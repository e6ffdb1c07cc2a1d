/* Recursive descent, one function a level of precedence but for the left-associative binary operators, which
 * climb a table. Here stand the operators and what all share; primary.c has what they stand between. */
#include "engine/expression/syntax/parser.h"

#include "engine/expression/program/fold.h"
#include "engine/expression/syntax/parser_state.h"
#include "engine/limits.h"

static node *parse_unary(parser *p);

/* ---- helpers ---- */

bool parser_fail_at(parser *p, size_t position, exception_type type, const char *message)
{
    evaluation_raise(p->ev, type, "%s", message);
    p->ev->exception->position = position;
    return false;
}

bool parser_fail(parser *p, const char *message)
{
    return parser_fail_at(p, p->token.position, EXCEPTION_SYNTAX, message);
}

bool parser_fail_unexpected(parser *p)
{
    switch (p->token.kind) {
    case TOKEN_LAMBDA:
    case TOKEN_AWAIT:
    case TOKEN_YIELD:
    case TOKEN_ASYNC:
        evaluation_raise(p->ev, EXCEPTION_SYNTAX, "%s is not allowed", token_text(p->token.kind));
        break;
    case TOKEN_WALRUS:
        return parser_fail(p, "assignment expressions (:=) are not allowed");
    case TOKEN_ASSIGN:
        return parser_fail(p, "assignments are not allowed; maybe you meant '=='");
    case TOKEN_MULTIPLY:
    case TOKEN_POWER:
        return parser_fail(p, "starred items are not allowed");
    case TOKEN_RESERVED:
        return parser_fail(p, "statements are not allowed");
    case TOKEN_INTEGER_MINIMUM:
        return parser_fail_at(p, p->token.position, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    case TOKEN_END:
        return parser_fail(p, "the expression ends too early");
    default:
        evaluation_raise(p->ev, EXCEPTION_SYNTAX, "invalid syntax at %s", token_text(p->token.kind));
    }
    p->ev->exception->position = p->token.position;
    return false;
}

bool parser_advance(parser *p)
{
    return lexer_next(&p->lexer, &p->token);
}

bool parser_expect(parser *p, token_kind kind)
{
    return parser_at(p, kind) ? parser_advance(p) : parser_fail_unexpected(p);
}

bool parser_enter(parser *p)
{
    if (p->depth == LIMIT_EXPRESSION_DEPTH)
        return parser_fail_at(p, p->token.position, EXCEPTION_RESOURCE,
                              "the expression is nested too deeply");
    p->depth++;
    return true;
}

node *parser_node(parser *p, node_kind kind, size_t position)
{
    node *n = arena_alloc(p->ev->scratch, sizeof *n);
    if (n != NULL)
        *n = (node){.kind = (uint8_t)kind, .position = (uint16_t)position};
    else
        parser_fail_at(p, position, EXCEPTION_RESOURCE, "no memory is left for the expression");
    return n;
}

node *parser_append(node *parent, node *last, node *child)
{
    if (last == NULL)
        parent->first = child;
    else
        last->next = child;
    parent->count++;
    return child;
}

node *parser_parent(parser *p, node_kind kind, size_t position, node *first)
{
    node *n = parser_node(p, kind, position);
    if (n != NULL)
        parser_append(n, NULL, first);
    return n;
}

node *parser_constant(parser *p, value v, size_t position)
{
    node *n = parser_node(p, NODE_CONSTANT, position);
    if (n != NULL)
        n->value = v;
    return n;
}

node *parser_literal(parser *p, value v)
{
    node *constant = parser_constant(p, v, p->token.position);
    return constant != NULL && parser_advance(p) ? constant : NULL;
}

/* ---- operators ---- */

/* Appends `op operand` to the chain that begins with `chain` (which may be its first operand still); folds
 * what is constant so far. */
static node *add_link(parser *p, node *chain, node **last, node_kind chain_kind, node_kind link_kind,
                      unsigned op, size_t position, node *operand)
{
    node *link = operand == NULL ? NULL : parser_parent(p, link_kind, position, operand);
    if (link == NULL)
        return NULL;
    link->op = (uint8_t)op;
    if (chain->kind == NODE_CONSTANT && fold_link(p->ev, chain, link))
        return chain;
    if (*last == NULL) {
        *last = chain;
        chain = parser_parent(p, chain_kind, chain->position, chain);
        if (chain == NULL)
            return NULL;
    }
    *last = parser_append(chain, *last, link);
    return chain;
}

static node *parse_power(parser *p)
{
    node *base = parser_postfix(p);
    if (base == NULL || !parser_at(p, TOKEN_POWER))
        return base;
    size_t position = p->token.position;
    if (!parser_enter(p))
        return NULL;
    node *exponent =
        parser_advance(p) ? parse_unary(p) : NULL; /* binds to the right, and weaker than its sign */
    parser_leave(p);
    node *last = NULL;
    return add_link(p, base, &last, NODE_BINARY, NODE_OPERATION, BINARY_POWER, position, exponent);
}

static bool unary_of(token_kind kind, unary_operator *op)
{
    switch (kind) {
    case TOKEN_MINUS:
        *op = UNARY_NEGATE;
        return true;
    case TOKEN_PLUS:
        *op = UNARY_PLUS;
        return true;
    case TOKEN_INVERT:
        *op = UNARY_INVERT;
        return true;
    case TOKEN_NOT:
        *op = UNARY_NOT;
        return true;
    default:
        return false;
    }
}

static node *new_unary(parser *p, unary_operator op, size_t position, node *operand)
{
    node *unary = operand == NULL ? NULL : parser_parent(p, NODE_UNARY, position, operand);
    if (unary == NULL)
        return NULL;
    unary->op = (uint8_t)op;
    return fold_unary(p->ev, unary);
}

/* -9223372036854775808, whose digits alone are no int; to a power, they stand alone. */
static node *parse_minimum(parser *p)
{
    node *minimum = parser_literal(p, value_int(INT64_MIN));
    if (minimum != NULL && parser_at(p, TOKEN_POWER)) {
        parser_fail_at(p, minimum->position, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
        return NULL;
    }
    return minimum;
}

/* A sign takes its operand before a filter does: in -x | f the operand of f is -x. */
static node *parse_signed(parser *p)
{
    unary_operator op;
    if (p->token.kind == TOKEN_NOT || !unary_of(p->token.kind, &op))
        return parse_power(p);
    size_t position = p->token.position;
    if (!parser_enter(p) || !parser_advance(p))
        return NULL;
    node *unary;
    if (op == UNARY_NEGATE && parser_at(p, TOKEN_INTEGER_MINIMUM))
        unary = parse_minimum(p);
    else
        unary = new_unary(p, op, position, parse_signed(p));
    parser_leave(p);
    return unary;
}

static node *parse_unary(parser *p)
{
    node *operand = parse_signed(p);
    return operand == NULL || p->scope->find_filter == NULL ? operand : parser_filters(p, operand);
}

/* How tightly a left-associative operator binds; 0 where the token is none. */
static unsigned precedence(token_kind kind, binary_operator *op)
{
    static const struct {
        token_kind token;
        binary_operator op;
        unsigned precedence;
    } table[] = {
        {TOKEN_BIT_OR, BINARY_OR, 1},
        {TOKEN_BIT_XOR, BINARY_XOR, 2},
        {TOKEN_BIT_AND, BINARY_AND, 3},
        {TOKEN_SHIFT_LEFT, BINARY_SHIFT_LEFT, 4},
        {TOKEN_SHIFT_RIGHT, BINARY_SHIFT_RIGHT, 4},
        {TOKEN_PLUS, BINARY_ADD, 5},
        {TOKEN_MINUS, BINARY_SUBTRACT, 5},
        {TOKEN_MULTIPLY, BINARY_MULTIPLY, 6},
        {TOKEN_DIVIDE, BINARY_DIVIDE, 6},
        {TOKEN_FLOOR_DIVIDE, BINARY_FLOOR_DIVIDE, 6},
        {TOKEN_MODULO, BINARY_MODULO, 6},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].token == kind) {
            *op = table[i].op;
            return table[i].precedence;
        }
    return 0;
}

enum { PRECEDENCE_MIN = 1, PRECEDENCE_MAX = 6 };

/* Operators of exactly this precedence between operands of higher ones. */
static node *parse_binary(parser *p, unsigned level)
{
    if (level > PRECEDENCE_MAX)
        return parse_unary(p);
    node *chain = parse_binary(p, level + 1);
    node *last = NULL;
    binary_operator op = BINARY_ADD;
    while (chain != NULL && precedence(p->token.kind, &op) == level) {
        size_t position = p->token.position;
        node *operand = parser_advance(p) ? parse_binary(p, level + 1) : NULL;
        chain = add_link(p, chain, &last, NODE_BINARY, NODE_OPERATION, op, position, operand);
    }
    return chain;
}

/* Takes the relation that the next tokens name; *found is false where they name none. */
static bool take_relation(parser *p, relation *r, bool *found)
{
    static const struct {
        token_kind token;
        relation relation;
    } table[] = {
        {TOKEN_LESS, RELATION_LESS},       {TOKEN_LESS_EQUAL, RELATION_LESS_EQUAL},
        {TOKEN_EQUAL, RELATION_EQUAL},     {TOKEN_NOT_EQUAL, RELATION_NOT_EQUAL},
        {TOKEN_GREATER, RELATION_GREATER}, {TOKEN_GREATER_EQUAL, RELATION_GREATER_EQUAL},
        {TOKEN_IN, RELATION_IN},           {TOKEN_IS, RELATION_IS},
        {TOKEN_NOT, RELATION_NOT_IN},
    };
    *found = false;
    for (size_t i = 0; i < sizeof table / sizeof table[0] && !*found; i++)
        if (parser_at(p, table[i].token)) {
            *found = true;
            *r = table[i].relation;
        }
    if (!*found)
        return true;
    if (!parser_advance(p))
        return false;
    if (*r == RELATION_NOT_IN)
        return parser_expect(p, TOKEN_IN);
    if (*r == RELATION_IS && parser_at(p, TOKEN_NOT)) {
        *r = RELATION_IS_NOT;
        return parser_advance(p);
    }
    return true;
}

static node *parse_comparison(parser *p)
{
    node *chain = parse_binary(p, PRECEDENCE_MIN);
    node *last = NULL;
    while (chain != NULL) {
        size_t position = p->token.position;
        relation r;
        bool found;
        if (!take_relation(p, &r, &found))
            return NULL;
        if (!found)
            break;
        node *operand = parse_binary(p, PRECEDENCE_MIN);
        node *link = operand == NULL ? NULL : parser_parent(p, NODE_RELATION, position, operand);
        if (link == NULL)
            return NULL;
        link->op = (uint8_t)r;
        if (last == NULL) {
            last = chain;
            chain = parser_parent(p, NODE_COMPARISON, chain->position, chain);
            if (chain == NULL)
                return NULL;
        }
        last = parser_append(chain, last, link);
    }
    return chain == NULL ? NULL : fold_comparison(p->ev, chain);
}

static node *parse_not(parser *p)
{
    if (!parser_at(p, TOKEN_NOT))
        return parse_comparison(p);
    size_t position = p->token.position;
    if (!parser_enter(p) || !parser_advance(p))
        return NULL;
    node *inverted = new_unary(p, UNARY_NOT, position, parse_not(p));
    parser_leave(p);
    return inverted;
}

/* operand [word operand]... as one flat node. */
static node *parse_logical(parser *p, token_kind word, node_kind kind, node *(*parse_operand)(parser *))
{
    node *first = parse_operand(p);
    if (first == NULL || !parser_at(p, word))
        return first;
    node *chain = parser_parent(p, kind, p->token.position, first);
    node *last = first;
    while (chain != NULL && parser_at(p, word)) {
        node *operand = parser_advance(p) ? parse_operand(p) : NULL;
        if (operand == NULL)
            return NULL;
        last = parser_append(chain, last, operand);
    }
    return chain;
}

static node *parse_conjunction(parser *p)
{
    return parse_logical(p, TOKEN_AND, NODE_AND, parse_not);
}

node *parser_disjunction(parser *p)
{
    return parse_logical(p, TOKEN_OR, NODE_OR, parse_conjunction);
}

static node *parse_conditional(parser *p, node *then)
{
    size_t position = p->token.position;
    node *condition = parser_advance(p) ? parser_disjunction(p) : NULL;
    if (condition == NULL)
        return NULL;
    if (!parser_at(p, TOKEN_ELSE)) {
        parser_fail(p, "expected 'else' after 'if' expression");
        return NULL;
    }
    node *otherwise = parser_advance(p) ? parser_expression(p) : NULL;
    node *conditional = otherwise == NULL ? NULL : parser_parent(p, NODE_CONDITIONAL, position, condition);
    if (conditional == NULL)
        return NULL;
    parser_append(conditional, parser_append(conditional, condition, then), otherwise);
    return conditional;
}

node *parser_expression(parser *p)
{
    if (!parser_enter(p))
        return NULL;
    node *whole = parser_disjunction(p);
    if (whole != NULL && parser_at(p, TOKEN_IF))
        whole = parse_conditional(p, whole);
    parser_leave(p);
    if (whole != NULL && parser_at(p, TOKEN_WALRUS)) {
        parser_fail_unexpected(p);
        return NULL;
    }
    return whole;
}

node *parser_parse(evaluation *ev, const char *source, size_t size, const expression_scope *scope)
{
    parser p = {.ev = ev, .scope = scope};
    if (size > LIMIT_EXPRESSION_BYTES) {
        parser_fail_at(&p, LIMIT_EXPRESSION_BYTES, EXCEPTION_RESOURCE, "the expression is too long");
        return NULL;
    }
    if (!lexer_init(&p.lexer, source, size, ev))
        return NULL;
    p.lexer.lines_joined = scope->find_filter != NULL;
    if (!parser_advance(&p))
        return NULL;
    if (parser_at(&p, TOKEN_END)) {
        parser_fail(&p, "the expression is empty");
        return NULL;
    }
    node *root = parser_expression(&p);
    if (root != NULL && parser_at(&p, TOKEN_COMMA))
        root = parser_items(&p, NODE_TUPLE, root->position, root, TOKEN_END);
    if (root != NULL && !parser_at(&p, TOKEN_END)) {
        parser_fail_unexpected(&p);
        return NULL;
    }
    return root;
}
