/* validate: the machine that runs a program over a value.
 *
 * validator_visit meets one node: the kind of the instance against the node's types, then the instructions
 * about that kind, then those about any. With a report it goes on after a refusal, to find the next; without
 * one the first refusal ends it. Where a node has `unevaluated...`, it hands a set down to all that looks at
 * the same instance, and what applies a subschema to a member or item adds that to the set. A branch that may
 * fail (anyOf, oneOf, if) gets a set of its own, merged only where it holds. */
#include <stdlib.h>

#include "engine/schema/validator.h"

bool validator_fault(validator *v, const char *what)
{
    if (v->fault == NULL)
        v->fault = what;
    return false;
}

bool visit_refuse(const visit *x, const instruction *i)
{
    if (x->v->report != NULL && x->v->fault == NULL)
        report_refusal(x->v->report, x->node, i, x->at);
    return false;
}

static bool execute(const visit *x, const instruction *i)
{
    switch ((opcode)i->op) {
    case OP_ITEMS:
        return check_items(x, i->items);
    case OP_CONTAINS:
        return check_contains(x, i);
    case OP_UNIQUE_ITEMS:
        return check_unique(x);
    case OP_MEMBERS:
        return check_members(x, i->members);
    case OP_PROPERTY_NAMES:
        return check_property_names(x, i->node);
    case OP_DEPENDENT_REQUIRED:
        return check_dependent_names(x, i->names);
    case OP_DEPENDENT_SCHEMA:
        return check_dependent_schema(x, i->dependent);
    case OP_REF:
        return check_node(x, i->node);
    case OP_DYNAMIC_REF:
        return check_dynamic_ref(x, i->dynamic);
    case OP_ALL_OF:
        return check_all_of(x, i);
    case OP_ANY_OF:
        return check_any_of(x, i);
    case OP_ONE_OF:
        return check_one_of(x, i);
    case OP_NOT:
        return check_not(x, i);
    case OP_IF:
        return check_condition(x, i->condition);
    case OP_UNEVALUATED_ITEMS:
        return check_unevaluated_items(x, i->node);
    case OP_UNEVALUATED_PROPERTIES:
        return check_unevaluated_members(x, i->node);
    default:
        return check_assertion(x, i);
    }
}

static inline bool execute_range(const visit *x, const instruction *i, const instruction *end)
{
    bool ok = true;
    for (; i < end; i++) {
        if (!execute(x, i)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    return ok;
}

static inline bool execute_node(const visit *x)
{
    const row *rules = &x->node->rules[x->instance->kind];
    return execute_range(x, rules->first, rules->end);
}

/* A node with `unevaluated...` about this kind of instance. */
static bool execute_tracking(const visit *x, uint16_t from, uint16_t to)
{
    arena_mark mark = arena_get_mark(&x->v->scratch);
    evaluated own;
    visit inner = *x;
    inner.seen = &own;
    bool ok = evaluated_init(&own, x->v, x->instance->count) && execute_node(&inner) &&
              execute_range(&inner, x->node->code + from, x->node->code + to);
    if (ok && x->seen != NULL)
        evaluated_add_all(x->seen);
    arena_rewind(&x->v->scratch, mark);
    return ok;
}

static bool execute_by_kind(const visit *x)
{
    const node *n = x->node;
    if (x->instance->kind == VALUE_LIST &&
        n->begin[GROUP_UNEVALUATED_ITEMS] < n->begin[GROUP_UNEVALUATED_PROPERTIES])
        return execute_tracking(x, n->begin[GROUP_UNEVALUATED_ITEMS], n->begin[GROUP_UNEVALUATED_PROPERTIES]);
    if (x->instance->kind == VALUE_MAP && n->begin[GROUP_UNEVALUATED_PROPERTIES] < n->end)
        return execute_tracking(x, n->begin[GROUP_UNEVALUATED_PROPERTIES], n->end);
    return execute_node(x);
}

static bool refuse_type(const visit *x)
{
    if (x->v->report != NULL)
        report_type(x->v->report, x->node, x->instance, x->at);
    return false;
}

bool validator_visit(validator *v, const node *n, const value *instance, const place *at, evaluated *seen)
{
    visit x = {.v = v, .node = n, .instance = instance, .at = at, .seen = seen};
    if (v->fault != NULL || !validator_spend(v, 1))
        return false;
    if (!node_has_type(n, instance))
        return refuse_type(&x);
    if (n->end == 0)
        return true;
    if (v->depth == LIMIT_SCHEMA_CALL_DEPTH)
        return validator_fault(v, "subschemas are nested too deeply");
    uint32_t scope_count = v->scope_count;
    if (v->scope[scope_count - 1] != n->resource)
        v->scope[v->scope_count++] = n->resource;
    v->depth++;
    bool ok = execute_by_kind(&x);
    v->depth--;
    v->scope_count = scope_count;
    return ok;
}

void validator_begin(validator *v, const schema *s)
{
    v->schema = s;
    v->report = NULL;
    v->fault = NULL;
    v->steps = LIMIT_SCHEMA_STEPS;
    v->depth = 0;
    v->scope_count = 1;
    v->scope[0] = s->root->resource;
}

validator *validator_new(void)
{
    validator *v = calloc(1, sizeof *v);
    if (v == NULL)
        return NULL;
    arena_init(&v->scratch, 4096, LIMIT_SCHEMA_SCRATCH);
    v->patterns = pattern_scratch_new();
    if (v->patterns == NULL || arena_alloc(&v->scratch, 1) == NULL) {
        validator_free(v);
        return NULL;
    }
    return v;
}

void validator_free(validator *v)
{
    if (v == NULL)
        return;
    pattern_scratch_free(v->patterns);
    arena_free(&v->scratch);
    free(v);
}
