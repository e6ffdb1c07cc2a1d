/* Infers the shape of every part from the inside out. The walk goes as deep as the parse, which is bounded.
 */
#include "engine/expression/check.h"

#include <stdio.h>

#include "engine/expression/machine/attribute.h"
#include "engine/expression/machine/builtins.h"
#include "engine/expression/machine/container_methods.h"
#include "engine/expression/shape.h"
#include "engine/expression/syntax/parser.h"
#include "engine/expression/text/text_methods.h"
#include "engine/limits.h"
#include "engine/nearest.h"

/* Variables of the comprehensions around, innermost last. */
enum { VARIABLES_MAX = LIMIT_EXPRESSION_BYTES / 8 };

typedef struct variable {
    const value *name;
    shape shape;
} variable;

typedef struct checker {
    const check_place *place;
    variable variables[VARIABLES_MAX];
    size_t variable_count;
    bool blind; /* there are more variables than it can tell apart: what it finds is worth nothing */
} checker;

static shape infer(checker *c, const node *n);

static void report(checker *c, size_t position, const char *format, ...) PRINTF_LIKE(3, 4);

static void report(checker *c, size_t position, const char *format, ...)
{
    check_findings *f = c->place->findings;
    if (f->count == CHECK_FINDINGS_MAX)
        return;
    check_finding *finding = &f->items[f->count++];
    finding->position = position;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->message, sizeof finding->message, format, arguments);
    va_end(arguments);
}

static shape any(void)
{
    return shape_of_kinds(SHAPE_ANY);
}

static bool is_text(const node *n)
{
    return n->kind == NODE_CONSTANT && n->value.kind == VALUE_STRING;
}

/* ---- names ---- */

static shape infer_name(const checker *c, const value *name)
{
    for (size_t i = c->variable_count; i-- > 0;)
        if (value_same_text(c->variables[i].name, name))
            return c->variables[i].shape;
    const expression_scope *scope = c->place->scope;
    for (size_t i = 0; i < scope->count; i++)
        if (value_is_text(name, scope->names[i]))
            return c->place->shapes[i];
    return shape_of_kinds(SHAPE_FUNCTION); /* a built-in, or the compiler refuses it */
}

static shape infer_constant(const value *v)
{
    return shape_of_kinds(1u << v->kind);
}

/* ---- members ---- */

/* The member of a map that it cannot have: which one was meant? */
static void report_unknown_key(checker *c, const value *properties, const value *key, size_t position)
{
    char wanted[64];
    char names[64][64];
    snprintf(wanted, sizeof wanted, "%.*s", (int)key->count, key->text);
    nearest n;
    nearest_init(&n, wanted);
    for (uint32_t i = 0; i < properties->count && i < 64; i++) {
        const value *name = &properties->members[i].key;
        snprintf(names[i], sizeof names[i], "%.*s", (int)name->count, name->text);
        nearest_try(&n, names[i]);
    }
    if (nearest_found(&n) != NULL)
        report(c, position, "the schema has no key '%s' here; did you mean '%s'?", wanted, nearest_found(&n));
    else
        report(c, position, "the schema has no key '%s' here and allows no others; declare it, or remove it",
               wanted);
}

/* The member of what may be a map; whatever else it may be has no such member either. */
static shape member_of(checker *c, const shape *map, const value *key, size_t position)
{
    const value *properties = shape_closed_properties(map);
    if (properties != NULL && value_get_key(properties, key) == NULL)
        report_unknown_key(c, properties, key, position);
    return shape_member(map, key);
}

static bool has_method(unsigned kinds, const value *name)
{
    if (kinds & SHAPE_STRING && text_method_find(name->text, name->count) != NULL)
        return true;
    for (int kind = VALUE_LIST; kind <= VALUE_RANGE; kind++)
        if (kinds & 1u << kind && container_method_find((value_kind)kind, name->text, name->count) != NULL)
            return true;
    return false;
}

/* payload.items[0] where the schema has a key `items`: the method comes first, and has no items. */
static void check_hidden_key(checker *c, const shape *of, const node *link)
{
    const value *properties = of->schema == NULL ? NULL : value_field(of->schema, "properties");
    bool taken_apart = link->next != NULL && link->next->kind != NODE_CALL;
    if (taken_apart && of->kinds == SHAPE_MAP && properties != NULL &&
        value_get_key(properties, &link->value) != NULL)
        report(c, link->position, "'%.*s' is a method of every object: write ['%.*s'] for the key",
               (int)link->value.count, link->value.text, (int)link->value.count, link->value.text);
}

static shape infer_attribute(checker *c, const shape *of, const node *link)
{
    if (has_method(of->kinds, &link->value)) {
        check_hidden_key(c, of, link);
        return of->kinds == SHAPE_MAP && link->next == NULL ? shape_of_kinds(SHAPE_FUNCTION) : any();
    }
    if (of->kinds & SHAPE_MAP)
        return member_of(c, of, &link->value, link->position);
    char text[SHAPE_TEXT_SIZE];
    report(c, link->position, "%s has no attribute '%.*s'", shape_text(of->kinds, text),
           (int)link->value.count, link->value.text);
    return any();
}

static const unsigned subscriptable = SHAPE_MAP | SHAPE_LIST | SHAPE_TUPLE | SHAPE_STRING | SHAPE_RANGE;

static bool check_subscriptable(checker *c, const shape *of, size_t position)
{
    char text[SHAPE_TEXT_SIZE];
    if (of->kinds & subscriptable)
        return true;
    report(c, position, "%s has no items", shape_text(of->kinds, text));
    return false;
}

static shape infer_item(checker *c, const shape *of, const node *link)
{
    char text[SHAPE_TEXT_SIZE];
    const node *index = link->first;
    shape of_index = infer(c, index);
    if (!check_subscriptable(c, of, link->position))
        return any();
    if (is_text(index) && (of->kinds & SHAPE_MAP))
        return member_of(c, of, &index->value, link->position);
    if ((of->kinds & SHAPE_MAP) == 0 && (of_index.kinds & (SHAPE_INT | SHAPE_BOOL)) == 0) {
        report(c, link->position, "the items of %s have numbers, not names", shape_text(of->kinds, text));
        return any();
    }
    if (of->kinds == SHAPE_STRING)
        return shape_of_kinds(SHAPE_STRING);
    return of->kinds == SHAPE_LIST ? shape_items(of) : any();
}

static shape infer_slice(checker *c, const shape *of, const node *link)
{
    char text[SHAPE_TEXT_SIZE];
    for (const node *bound = link->first; bound != NULL; bound = bound->next)
        infer(c, bound);
    if (!check_subscriptable(c, of, link->position))
        return any();
    if (of->kinds == SHAPE_MAP)
        report(c, link->position, "%s has no slices", shape_text(of->kinds, text));
    return *of;
}

/* ---- calls ---- */

static void check_arguments(checker *c, const node *call)
{
    for (const node *argument = call->first; argument != NULL; argument = argument->next)
        infer(c, argument->kind == NODE_KEYWORD ? argument->first : argument);
}

/* What a method of text gives, where that is always text. */
static bool gives_text(const value *name)
{
    static const char *const names[] = {"lower",    "upper",        "casefold", "title",  "capitalize",
                                        "swapcase", "strip",        "lstrip",   "rstrip", "replace",
                                        "join",     "removeprefix", "center",   "ljust",  "rjust",
                                        "zfill",    "removesuffix"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (value_is_text(name, names[i]))
            return true;
    return false;
}

/* payload.get('key'). In a template that is how one asks for what may be missing, as `is defined`; a
 * condition that asks for what cannot be there decides nothing. */
static shape infer_get(checker *c, const shape *of, const node *call)
{
    const node *key = call->first;
    bool template = c->place->scope->find_filter != NULL;
    shape member = template ? shape_member(of, &key->value) : member_of(c, of, &key->value, key->position);
    return call->count == 1 ? shape_union(member, shape_of_kinds(SHAPE_NULL)) : any();
}

/* of.method(...) for a method that its type has. */
static shape infer_method(checker *c, const shape *of, const node *link, const node *call)
{
    check_arguments(c, call);
    if (of->kinds == SHAPE_STRING && gives_text(&link->value))
        return shape_of_kinds(SHAPE_STRING);
    if (of->kinds == SHAPE_MAP && value_is_text(&link->value, "get") && call->count >= 1 &&
        is_text(call->first))
        return infer_get(c, of, call);
    return any();
}

/* What a built-in always gives. */
static shape result_of(const value *name)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } results[] = {
        {"len", SHAPE_INT},
        {"int", SHAPE_INT},
        {"float", SHAPE_FLOAT},
        {"str", SHAPE_STRING},
        {"bool", SHAPE_BOOL},
        {"any", SHAPE_BOOL},
        {"all", SHAPE_BOOL},
        {"list", SHAPE_LIST},
        {"sorted", SHAPE_LIST},
        {"tuple", SHAPE_TUPLE},
        {"divmod", SHAPE_TUPLE},
        {"set", SHAPE_SET},
        {"dict", SHAPE_MAP},
        {"range", SHAPE_RANGE},
        {"zip", SHAPE_ITERATOR},
        {"enumerate", SHAPE_ITERATOR},
        {"reversed", SHAPE_ITERATOR},
        {"round", SHAPE_INT | SHAPE_FLOAT},
        {"abs", SHAPE_INT | SHAPE_FLOAT},
    };
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (value_is_text(name, results[i].name))
            return shape_of_kinds(results[i].kinds);
    return any();
}

static shape infer_call(checker *c, const shape *of, const node *callee, const node *call)
{
    char text[SHAPE_TEXT_SIZE];
    check_arguments(c, call);
    if ((of->kinds & SHAPE_FUNCTION) == 0)
        report(c, call->position, "%s is called, but is no function: leave out the parentheses",
               shape_text(of->kinds, text));
    /* Only a name that nothing hides has exactly this shape. */
    return callee->kind == NODE_NAME && of->kinds == SHAPE_FUNCTION ? result_of(&callee->value) : any();
}

static shape infer_postfix(checker *c, const node *n)
{
    const node *before = n->first;
    shape s = infer(c, before);
    for (const node *link = before->next; link != NULL; before = link, link = link->next) {
        bool called = link->next != NULL && link->next->kind == NODE_CALL;
        if (link->kind == NODE_ATTRIBUTE && called && has_method(s.kinds, &link->value)) {
            s = infer_method(c, &s, link, link->next);
            link = link->next;
        } else if (link->kind == NODE_ATTRIBUTE) {
            s = infer_attribute(c, &s, link);
        } else if (link->kind == NODE_ITEM) {
            s = infer_item(c, &s, link);
        } else if (link->kind == NODE_SLICE) {
            s = infer_slice(c, &s, link);
        } else {
            s = infer_call(c, &s, before, link);
        }
    }
    return s;
}

/* ---- operators ---- */

/* Pairs of types that an operator takes. */
typedef struct operand_pair {
    unsigned left;
    unsigned right;
} operand_pair;

enum { PAIRS_MAX = 5, SHAPE_INTS = SHAPE_INT | SHAPE_BOOL, SHAPE_SETS = SHAPE_SET | SHAPE_ITERATOR };

static const operand_pair orders[PAIRS_MAX] = {
    {SHAPE_NUMBER, SHAPE_NUMBER}, {SHAPE_STRING, SHAPE_STRING}, {SHAPE_LIST, SHAPE_LIST},
    {SHAPE_TUPLE, SHAPE_TUPLE},   {SHAPE_SETS, SHAPE_SETS},
};
static const operand_pair sums[PAIRS_MAX] = {{SHAPE_NUMBER, SHAPE_NUMBER},
                                             {SHAPE_STRING, SHAPE_STRING},
                                             {SHAPE_LIST, SHAPE_LIST},
                                             {SHAPE_TUPLE, SHAPE_TUPLE}};
static const operand_pair differences[PAIRS_MAX] = {
    {SHAPE_NUMBER, SHAPE_NUMBER}, {SHAPE_SETS, SHAPE_ANY}, {SHAPE_ANY, SHAPE_SETS}};
static const operand_pair products[PAIRS_MAX] = {{SHAPE_NUMBER, SHAPE_NUMBER},
                                                 {SHAPE_STRING | SHAPE_LIST | SHAPE_TUPLE, SHAPE_INTS},
                                                 {SHAPE_INTS, SHAPE_STRING | SHAPE_LIST | SHAPE_TUPLE}};
static const operand_pair quotients[PAIRS_MAX] = {{SHAPE_NUMBER, SHAPE_NUMBER}};
static const operand_pair remainders[PAIRS_MAX] = {{SHAPE_NUMBER, SHAPE_NUMBER}, {SHAPE_STRING, SHAPE_ANY}};

static bool fits(const operand_pair pairs[PAIRS_MAX], unsigned left, unsigned right)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (left & pairs[i].left && right & pairs[i].right)
            return true;
    return false;
}

static const operand_pair *pairs_of(binary_operator op)
{
    switch (op) {
    case BINARY_ADD:
        return sums;
    case BINARY_SUBTRACT:
        return differences;
    case BINARY_MULTIPLY:
        return products;
    case BINARY_MODULO:
        return remainders;
    case BINARY_DIVIDE:
    case BINARY_FLOOR_DIVIDE:
    case BINARY_POWER:
        return quotients;
    default:
        return NULL;
    }
}

static const char *operator_text(binary_operator op)
{
    static const char *const texts[] = {
#define X(operator, text) text,
        BINARY_OPERATORS(X)
#undef X
    };
    return texts[op];
}

static const char *relation_text(relation r)
{
    static const char *const texts[] = {
#define X(relation, text) text,
        RELATIONS(X)
#undef X
    };
    return texts[r];
}

static shape infer_operation(checker *c, const shape *left, const node *link)
{
    shape right = infer(c, link->first);
    const operand_pair *pairs = pairs_of(link->op);
    char a[SHAPE_TEXT_SIZE];
    char b[SHAPE_TEXT_SIZE];
    if (pairs != NULL && !fits(pairs, left->kinds, right.kinds)) {
        report(c, link->position, "'%s' between %s and %s always fails: convert one of them",
               operator_text(link->op), shape_text(left->kinds, a), shape_text(right.kinds, b));
        return any();
    }
    if (((left->kinds | right.kinds) & ~(unsigned)SHAPE_NUMBER) == 0)
        return shape_of_kinds(SHAPE_INT | SHAPE_FLOAT);
    bool texts = left->kinds == SHAPE_STRING && (link->op == BINARY_ADD || link->op == BINARY_MODULO);
    return texts ? shape_of_kinds(SHAPE_STRING) : any();
}

static shape infer_binary(checker *c, const node *n)
{
    shape left = infer(c, n->first);
    for (const node *link = n->first->next; link != NULL; link = link->next)
        left = infer_operation(c, &left, link);
    return left;
}

static void check_relation(checker *c, const shape *left, const node *link, const shape *right)
{
    char a[SHAPE_TEXT_SIZE];
    char b[SHAPE_TEXT_SIZE];
    bool order = link->op == RELATION_LESS || link->op == RELATION_LESS_EQUAL ||
                 link->op == RELATION_GREATER || link->op == RELATION_GREATER_EQUAL;
    if (order && !fits(orders, left->kinds, right->kinds))
        report(c, link->position, "'%s' between %s and %s always fails: convert one of them",
               relation_text(link->op), shape_text(left->kinds, a), shape_text(right->kinds, b));
    bool membership = link->op == RELATION_IN || link->op == RELATION_NOT_IN;
    const unsigned containers = subscriptable | SHAPE_SET | SHAPE_ITERATOR;
    if (membership && (right->kinds & containers) == 0)
        report(c, link->position, "nothing can be in %s", shape_text(right->kinds, b));
    else if (membership && right->kinds == SHAPE_STRING && (left->kinds & SHAPE_STRING) == 0)
        report(c, link->position, "only a string can be in a string, not %s", shape_text(left->kinds, a));
}

static shape infer_comparison(checker *c, const node *n)
{
    shape left = infer(c, n->first);
    for (const node *link = n->first->next; link != NULL; link = link->next) {
        shape right = infer(c, link->first);
        check_relation(c, &left, link, &right);
        left = right;
    }
    return shape_of_kinds(SHAPE_BOOL);
}

static shape infer_unary(checker *c, const node *n)
{
    char text[SHAPE_TEXT_SIZE];
    shape operand = infer(c, n->first);
    if (n->op == UNARY_NOT)
        return shape_of_kinds(SHAPE_BOOL);
    unsigned fitting = n->op == UNARY_INVERT ? SHAPE_INTS : SHAPE_NUMBER;
    if ((operand.kinds & fitting) == 0)
        report(c, n->position, "%s has no negative", shape_text(operand.kinds, text));
    return shape_of_kinds(SHAPE_INT | SHAPE_FLOAT);
}

/* ---- what has several parts ---- */

static shape infer_alternatives(checker *c, const node *first)
{
    shape all = infer(c, first);
    for (const node *n = first->next; n != NULL; n = n->next)
        all = shape_union(all, infer(c, n));
    return all;
}

static void infer_all(checker *c, const node *first)
{
    for (const node *n = first; n != NULL; n = n->next)
        infer(c, n);
}

static void bind(checker *c, const node *target, shape s)
{
    if (target->kind == NODE_TUPLE) {
        for (const node *inner = target->first; inner != NULL; inner = inner->next)
            bind(c, inner, any());
    } else if (c->variable_count < VARIABLES_MAX) {
        c->variables[c->variable_count++] = (variable){.name = &target->value, .shape = s};
    } else {
        c->blind = true;
    }
}

static shape item_of(checker *c, const node *iterable)
{
    char text[SHAPE_TEXT_SIZE];
    shape s = infer(c, iterable);
    unsigned kinds = s.kinds & (subscriptable | SHAPE_SET | SHAPE_ITERATOR);
    if (kinds == 0)
        report(c, iterable->position, "%s has no items to go over%s", shape_text(s.kinds, text),
               s.kinds == SHAPE_FUNCTION ? ": write ['items'] for the key `items`, and so on" : "");
    if (kinds == SHAPE_STRING)
        return shape_of_kinds(SHAPE_STRING);
    return kinds == SHAPE_LIST ? shape_items(&s) : any();
}

/* Every target is bound first, to anything: a name that a later clause binds is that variable everywhere. */
static void infer_comprehension(checker *c, const node *n)
{
    size_t outer_count = c->variable_count;
    const node *clauses = n->first;
    while (clauses->kind != NODE_FOR)
        clauses = clauses->next;
    shape first = item_of(c, clauses->first->next);
    for (const node *clause = clauses; clause != NULL; clause = clause->next)
        bind(c, clause->first, any());
    for (const node *clause = clauses; clause != NULL; clause = clause->next) {
        const node *iterable = clause->first->next;
        bind(c, clause->first, clause == clauses ? first : item_of(c, iterable));
        infer_all(c, iterable->next);
    }
    for (const node *item = n->first; item != clauses; item = item->next)
        infer(c, item);
    c->variable_count = outer_count;
}

/* Where a filter stands in for what is missing, a missing key is no mistake. */
static void infer_filter(checker *c, const node *n)
{
    if (!n->op)
        infer(c, n->first);
    check_arguments(c, n->first->next);
}

static shape infer_conditional(checker *c, const node *n)
{
    infer(c, n->first);
    return infer_alternatives(c, n->first->next);
}

static shape infer(checker *c, const node *n)
{
    switch ((node_kind)n->kind) {
    case NODE_CONSTANT:
        return infer_constant(&n->value);
    case NODE_NAME:
        return infer_name(c, &n->value);
    case NODE_UNARY:
        return infer_unary(c, n);
    case NODE_BINARY:
        return infer_binary(c, n);
    case NODE_COMPARISON:
        return infer_comparison(c, n);
    case NODE_AND:
    case NODE_OR:
        return infer_alternatives(c, n->first);
    case NODE_CONDITIONAL:
        return infer_conditional(c, n);
    case NODE_FILTER:
        infer_filter(c, n);
        return any();
    case NODE_POSTFIX:
        return infer_postfix(c, n);
    case NODE_LIST:
    case NODE_TUPLE:
    case NODE_SET:
    case NODE_MAP:
        infer_all(c, n->first);
        return shape_of_kinds(n->kind == NODE_LIST    ? SHAPE_LIST
                              : n->kind == NODE_TUPLE ? SHAPE_TUPLE
                              : n->kind == NODE_SET   ? SHAPE_SET
                                                      : SHAPE_MAP);
    case NODE_LIST_COMPREHENSION:
    case NODE_SET_COMPREHENSION:
    case NODE_MAP_COMPREHENSION:
    case NODE_GENERATOR:
        infer_comprehension(c, n);
        return shape_of_kinds(n->kind == NODE_LIST_COMPREHENSION  ? SHAPE_LIST
                              : n->kind == NODE_SET_COMPREHENSION ? SHAPE_SET
                              : n->kind == NODE_MAP_COMPREHENSION ? SHAPE_MAP
                                                                  : SHAPE_ITERATOR);
    default:
        return any();
    }
}

static bool raise_memory(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
}

bool check_at(arena *a, const char *source, size_t size, const check_place *place, shape *result,
              exception *x)
{
    evaluation ev;
    evaluation_init(&ev, a, x);
    ev.memory_left = SIZE_MAX; /* as expression_compile */
    const node *root = parser_parse(&ev, source, size, place->scope);
    if (root == NULL)
        return false;
    checker *c = arena_alloc(a, sizeof *c);
    if (c == NULL)
        return raise_memory(&ev);
    c->place = place;
    c->variable_count = 0;
    c->blind = false;
    size_t count_before = place->findings->count;
    *result = place->iterated ? item_of(c, root) : infer(c, root);
    if (c->blind) {
        place->findings->count = count_before;
        *result = any();
    }
    return true;
}

const shape *check_shapes(arena *a, const expression_scope *scope, const value *const *schemas)
{
    shape *shapes = arena_calloc(a, scope->count, sizeof *shapes);
    for (size_t i = 0; shapes != NULL && i < scope->count; i++)
        shapes[i] = schemas[i] == NULL ? any() : shape_of_document(schemas[i]);
    return shapes;
}

bool check_expression_shape(arena *a, const char *source, size_t size, const expression_scope *scope,
                            const value *const *schemas, check_findings *findings, shape *result,
                            exception *x)
{
    findings->count = 0;
    check_place place = {.scope = scope, .shapes = check_shapes(a, scope, schemas), .findings = findings};
    if (place.shapes == NULL) {
        evaluation ev;
        evaluation_init(&ev, a, x);
        return raise_memory(&ev);
    }
    return check_at(a, source, size, &place, result, x);
}

bool check_expression(arena *a, const char *source, size_t size, const expression_scope *scope,
                      const value *const *schemas, check_findings *findings, exception *x)
{
    shape result;
    return check_expression_shape(a, source, size, scope, schemas, findings, &result, x);
}
