/* Atoms, displays, comprehensions, and what stands behind them: attributes, subscripts, calls. */
#include "engine/expression/program/fold.h"
#include "engine/expression/syntax/parser_state.h"

/* ---- comprehensions ---- */

static node *parse_target_list(parser *p);

static node *parse_target(parser *p)
{
    size_t position = p->token.position;
    if (parser_at(p, TOKEN_NAME)) {
        node *name = parser_node(p, NODE_NAME, position);
        if (name == NULL)
            return NULL;
        name->value = p->token.value;
        if (!parser_advance(p))
            return NULL;
        if (parser_at(p, TOKEN_DOT) || parser_at(p, TOKEN_OPEN_BRACKET) ||
            parser_at(p, TOKEN_OPEN_PARENTHESIS)) {
            parser_fail(p, "only names can be targets of 'for'");
            return NULL;
        }
        return name;
    }
    bool parenthesis = parser_at(p, TOKEN_OPEN_PARENTHESIS);
    if (!parenthesis && !parser_at(p, TOKEN_OPEN_BRACKET)) {
        parser_fail(p, parser_at(p, TOKEN_MULTIPLY) ? "starred targets are not allowed"
                                                    : "only names can be targets of 'for'");
        return NULL;
    }
    token_kind close = parenthesis ? TOKEN_CLOSE_PARENTHESIS : TOKEN_CLOSE_BRACKET;
    if (!parser_enter(p) || !parser_advance(p))
        return NULL;
    node *target = parser_at(p, close) ? parser_node(p, NODE_TUPLE, position) : parse_target_list(p);
    parser_leave(p);
    if (target == NULL || !parser_expect(p, close))
        return NULL;
    /* [x] takes one item apart, (x) is only x. */
    if (!parenthesis && target->kind == NODE_NAME)
        return parser_parent(p, NODE_TUPLE, position, target);
    return target;
}

static bool ends_targets(const parser *p)
{
    return parser_at(p, TOKEN_IN) || parser_at(p, TOKEN_CLOSE_PARENTHESIS) ||
           parser_at(p, TOKEN_CLOSE_BRACKET);
}

/* One target as it is, several (or one with a comma) as a tuple. */
static node *parse_target_list(parser *p)
{
    size_t position = p->token.position;
    node *target = parse_target(p);
    if (target == NULL || !parser_at(p, TOKEN_COMMA))
        return target;
    node *tuple = parser_parent(p, NODE_TUPLE, position, target);
    if (tuple == NULL)
        return NULL;
    node *last = target;
    while (parser_at(p, TOKEN_COMMA)) {
        if (!parser_advance(p))
            return NULL;
        if (ends_targets(p))
            break;
        node *next = parse_target(p);
        if (next == NULL)
            return NULL;
        last = parser_append(tuple, last, next);
    }
    return tuple;
}

/* for TARGETS in ITERABLE [if CONDITION]... */
static node *parse_for(parser *p)
{
    node *clause = parser_node(p, NODE_FOR, p->token.position);
    if (clause == NULL || !parser_advance(p))
        return NULL;
    node *target = parse_target_list(p);
    if (target == NULL || !parser_expect(p, TOKEN_IN))
        return NULL;
    node *iterable = parser_disjunction(p);
    if (iterable == NULL)
        return NULL;
    node *last = parser_append(clause, parser_append(clause, NULL, target), iterable);
    while (parser_at(p, TOKEN_IF)) {
        node *condition = parser_advance(p) ? parser_disjunction(p) : NULL;
        if (condition == NULL)
            return NULL;
        last = parser_append(clause, last, condition);
    }
    return clause;
}

static bool at_for(const parser *p)
{
    return parser_at(p, TOKEN_FOR) || parser_at(p, TOKEN_ASYNC);
}

/* The clauses after `head`, which is the item, or the key with the value behind it. */
static node *parse_comprehension(parser *p, node_kind kind, size_t position, node *head)
{
    node *comprehension = parser_node(p, kind, position);
    if (comprehension == NULL)
        return NULL;
    node *last = parser_append(comprehension, NULL, head);
    if (kind == NODE_MAP_COMPREHENSION)
        last = parser_append(comprehension, last, head->next);
    while (parser_at(p, TOKEN_FOR)) {
        node *clause = parse_for(p);
        if (clause == NULL)
            return NULL;
        last = parser_append(comprehension, last, clause);
    }
    if (parser_at(p, TOKEN_ASYNC)) {
        parser_fail_unexpected(p);
        return NULL;
    }
    return comprehension;
}

/* ---- displays ---- */

/* More items after `first` up to the closing bracket, which stays. */
node *parser_items(parser *p, node_kind kind, size_t position, node *first, token_kind close)
{
    node *display = parser_parent(p, kind, position, first);
    if (display == NULL)
        return NULL;
    node *last = first;
    while (parser_at(p, TOKEN_COMMA)) {
        if (!parser_advance(p))
            return NULL;
        if (parser_at(p, close))
            break;
        node *item = parser_expression(p);
        if (item == NULL)
            return NULL;
        last = parser_append(display, last, item);
    }
    return fold_display(p->ev, display);
}

static node *parse_parenthesized(parser *p, size_t position)
{
    if (parser_at(p, TOKEN_CLOSE_PARENTHESIS)) {
        node *empty = parser_node(p, NODE_TUPLE, position);
        return empty == NULL ? NULL : fold_display(p->ev, empty);
    }
    node *first = parser_expression(p);
    if (first == NULL)
        return NULL;
    if (at_for(p))
        return parse_comprehension(p, NODE_GENERATOR, position, first);
    if (parser_at(p, TOKEN_COMMA))
        return parser_items(p, NODE_TUPLE, position, first, TOKEN_CLOSE_PARENTHESIS);
    return first;
}

static node *parse_list(parser *p, size_t position)
{
    if (parser_at(p, TOKEN_CLOSE_BRACKET)) {
        node *empty = parser_node(p, NODE_LIST, position);
        return empty == NULL ? NULL : fold_display(p->ev, empty);
    }
    node *first = parser_expression(p);
    if (first == NULL)
        return NULL;
    if (at_for(p))
        return parse_comprehension(p, NODE_LIST_COMPREHENSION, position, first);
    return parser_items(p, NODE_LIST, position, first, TOKEN_CLOSE_BRACKET);
}

/* `: value` after a key, linked behind it. */
static bool parse_map_value(parser *p, node *key)
{
    key->next = parser_expect(p, TOKEN_COLON) ? parser_expression(p) : NULL;
    return key->next != NULL;
}

static node *parse_map(parser *p, size_t position, node *key)
{
    if (!parse_map_value(p, key))
        return NULL;
    if (at_for(p))
        return parse_comprehension(p, NODE_MAP_COMPREHENSION, position, key);
    node *map = parser_node(p, NODE_MAP, position);
    if (map == NULL)
        return NULL;
    node *last = parser_append(map, parser_append(map, NULL, key), key->next);
    while (parser_at(p, TOKEN_COMMA)) {
        if (!parser_advance(p))
            return NULL;
        if (parser_at(p, TOKEN_CLOSE_BRACE))
            break;
        key = parser_expression(p);
        if (key == NULL || !parse_map_value(p, key))
            return NULL;
        last = parser_append(map, parser_append(map, last, key), key->next);
    }
    return fold_display(p->ev, map);
}

static node *parse_braces(parser *p, size_t position)
{
    if (parser_at(p, TOKEN_CLOSE_BRACE)) {
        node *empty = parser_node(p, NODE_MAP, position);
        return empty == NULL ? NULL : fold_display(p->ev, empty);
    }
    node *first = parser_expression(p);
    if (first == NULL)
        return NULL;
    if (parser_at(p, TOKEN_COLON))
        return parse_map(p, position, first);
    if (at_for(p))
        return parse_comprehension(p, NODE_SET_COMPREHENSION, position, first);
    return parser_items(p, NODE_SET, position, first, TOKEN_CLOSE_BRACE);
}

static node *parse_bracketed(parser *p, token_kind close, node *(*parse_inside)(parser *, size_t))
{
    size_t position = p->token.position;
    if (!parser_advance(p))
        return NULL;
    node *inside = parse_inside(p, position);
    return inside != NULL && parser_expect(p, close) ? inside : NULL;
}

/* ---- atoms ---- */

/* "a" 'b' is "ab". */
static node *parse_strings(parser *p)
{
    node *text = parser_constant(p, p->token.value, p->token.position);
    if (text == NULL || !parser_advance(p))
        return NULL;
    while (parser_at(p, TOKEN_STRING)) {
        const value *more = &p->token.value;
        size_t size = (size_t)text->value.count + more->count;
        char *joined = evaluation_alloc(p->ev, size);
        if (joined == NULL)
            return NULL;
        memcpy(joined, text->value.text, text->value.count);
        memcpy(joined + text->value.count, more->text, more->count);
        uint8_t flags = text->value.flags & more->flags;
        text->value = value_string(joined, size);
        text->value.flags = flags;
        if (!parser_advance(p))
            return NULL;
    }
    return text;
}

static node *parse_name(parser *p)
{
    node *name = parser_node(p, NODE_NAME, p->token.position);
    if (name == NULL)
        return NULL;
    name->value = p->token.value;
    return parser_advance(p) ? name : NULL;
}

static node *parse_atom(parser *p)
{
    switch (p->token.kind) {
    case TOKEN_NAME:
        return parse_name(p);
    case TOKEN_INTEGER:
    case TOKEN_FLOAT:
        return parser_literal(p, p->token.value);
    case TOKEN_STRING:
        return parse_strings(p);
    case TOKEN_NONE:
        return parser_literal(p, value_null());
    case TOKEN_TRUE:
        return parser_literal(p, value_bool(true));
    case TOKEN_FALSE:
        return parser_literal(p, value_bool(false));
    case TOKEN_OPEN_PARENTHESIS:
        return parse_bracketed(p, TOKEN_CLOSE_PARENTHESIS, parse_parenthesized);
    case TOKEN_OPEN_BRACKET:
        return parse_bracketed(p, TOKEN_CLOSE_BRACKET, parse_list);
    case TOKEN_OPEN_BRACE:
        return parse_bracketed(p, TOKEN_CLOSE_BRACE, parse_braces);
    default:
        parser_fail_unexpected(p);
        return NULL;
    }
}

/* ---- what stands behind a primary ---- */

static node *parse_attribute(parser *p)
{
    if (!parser_advance(p))
        return NULL;
    if (!parser_at(p, TOKEN_NAME)) {
        parser_fail_unexpected(p);
        return NULL;
    }
    if (p->token.value.text[0] == '_') {
        parser_fail_at(p, p->token.position, EXCEPTION_ATTRIBUTE,
                       "names that begin with '_' cannot be reached");
        return NULL;
    }
    node *attribute = parser_node(p, NODE_ATTRIBUTE, p->token.position);
    if (attribute == NULL)
        return NULL;
    attribute->value = p->token.value;
    return parser_advance(p) ? attribute : NULL;
}

/* A bound of a slice, or None where it is omitted. */
static node *parse_bound(parser *p)
{
    if (parser_at(p, TOKEN_COLON) || parser_at(p, TOKEN_CLOSE_BRACKET))
        return parser_constant(p, value_null(), p->token.position);
    return parser_expression(p);
}

static node *parse_slice(parser *p, size_t position, node *start)
{
    node *slice = start == NULL ? NULL : parser_parent(p, NODE_SLICE, position, start);
    if (slice == NULL || !parser_expect(p, TOKEN_COLON))
        return NULL;
    node *stop = parse_bound(p);
    if (stop == NULL || (parser_at(p, TOKEN_COLON) && !parser_advance(p)))
        return NULL;
    node *step = parse_bound(p);
    if (step == NULL)
        return NULL;
    parser_append(slice, parser_append(slice, start, stop), step);
    if (parser_at(p, TOKEN_COMMA)) {
        parser_fail(p, "a slice cannot be part of a tuple");
        return NULL;
    }
    return slice;
}

static node *parse_subscript(parser *p, size_t position)
{
    if (parser_at(p, TOKEN_COLON))
        return parse_slice(p, position, parse_bound(p));
    node *index = parser_expression(p);
    if (index == NULL)
        return NULL;
    if (parser_at(p, TOKEN_COLON))
        return parse_slice(p, position, index);
    if (parser_at(p, TOKEN_COMMA))
        index = parser_items(p, NODE_TUPLE, index->position, index, TOKEN_CLOSE_BRACKET);
    return index == NULL ? NULL : parser_parent(p, NODE_ITEM, position, index);
}

static bool has_keyword(const node *call, const value *name)
{
    for (const node *argument = call->first; argument != NULL; argument = argument->next)
        if (argument->kind == NODE_KEYWORD && value_same_text(&argument->value, name))
            return true;
    return false;
}

/* NAME = EXPRESSION, where `name` is parsed already. */
static node *parse_keyword(parser *p, const node *call, node *name)
{
    if (name->kind != NODE_NAME) {
        parser_fail(p, "expression cannot contain assignment, perhaps you meant \"==\"?");
        return NULL;
    }
    if (has_keyword(call, &name->value)) {
        parser_fail_at(p, name->position, EXCEPTION_SYNTAX, "keyword argument repeated");
        return NULL;
    }
    node *argument = parser_advance(p) ? parser_expression(p) : NULL;
    node *keyword = argument == NULL ? NULL : parser_parent(p, NODE_KEYWORD, name->position, argument);
    if (keyword != NULL)
        keyword->value = name->value;
    return keyword;
}

static node *parse_argument(parser *p, const node *call, const node *last)
{
    size_t position = p->token.position;
    node *argument = parser_expression(p);
    if (argument == NULL)
        return NULL;
    if (parser_at(p, TOKEN_ASSIGN))
        return parse_keyword(p, call, argument);
    if (at_for(p)) {
        argument = parse_comprehension(p, NODE_GENERATOR, position, argument);
        if (argument != NULL && (last != NULL || !parser_at(p, TOKEN_CLOSE_PARENTHESIS))) {
            parser_fail_at(p, position, EXCEPTION_SYNTAX, "Generator expression must be parenthesized");
            return NULL;
        }
        return argument;
    }
    if (last != NULL && last->kind == NODE_KEYWORD) {
        parser_fail_at(p, position, EXCEPTION_SYNTAX, "positional argument follows keyword argument");
        return NULL;
    }
    return argument;
}

static node *parse_call(parser *p, size_t position)
{
    node *call = parser_node(p, NODE_CALL, position);
    node *last = NULL;
    while (call != NULL && !parser_at(p, TOKEN_CLOSE_PARENTHESIS)) {
        node *argument = parse_argument(p, call, last);
        if (argument == NULL)
            return NULL;
        last = parser_append(call, last, argument);
        if (!parser_at(p, TOKEN_COMMA))
            break;
        if (!parser_advance(p))
            return NULL;
    }
    return call;
}

node *parser_call(parser *p)
{
    return parse_bracketed(p, TOKEN_CLOSE_PARENTHESIS, parse_call);
}

static node *parse_link(parser *p)
{
    switch (p->token.kind) {
    case TOKEN_DOT:
        return parse_attribute(p);
    case TOKEN_OPEN_BRACKET:
        return parse_bracketed(p, TOKEN_CLOSE_BRACKET, parse_subscript);
    default:
        return parser_call(p);
    }
}

static bool at_link(const parser *p)
{
    return parser_at(p, TOKEN_DOT) || parser_at(p, TOKEN_OPEN_BRACKET) ||
           parser_at(p, TOKEN_OPEN_PARENTHESIS);
}

node *parser_postfix(parser *p)
{
    node *primary = parse_atom(p);
    if (primary == NULL || !at_link(p))
        return primary;
    node *postfix = parser_parent(p, NODE_POSTFIX, primary->position, primary);
    node *last = primary;
    while (postfix != NULL && at_link(p)) {
        node *link = parse_link(p);
        if (link == NULL)
            return NULL;
        last = parser_append(postfix, last, link);
    }
    return postfix;
}
