/* shortcuts: what need not be found out anew for each instance, once every node is compiled: where a
 * reference ends, which assertions alone decide an instance of some kind, and where no default can be. */
#include "engine/schema/build.h"

/* ---- references ---- */

/* A node that is nothing but a reference need not be visited, unless a dynamic scope must see it. */
static void find_target(const build *c, node *n)
{
    const node *target = n;
    uint32_t hops = 0;
    while (target->types == TYPE_ANY && target->end == 1 && target->code[0].op == OP_REF &&
           (c->schema->dynamic_anchor_count == 0 || target->resource == target->code[0].node->resource)) {
        if (hops++ == c->subschema_count)
            break; /* a circle: running it meets the limit of depth */
        target = target->code[0].node;
    }
    n->target = target;
}

/* ---- assertions ---- */

enum { HOPS_MAX = 16 }; /* from a node to the one that decides in its place; further ones are just visited */

static group group_of_kind(unsigned kind)
{
    static const uint8_t groups[KIND_COUNT] = {
        [VALUE_NULL] = GROUP_VALUE,   [VALUE_BOOL] = GROUP_VALUE,    [VALUE_INT] = GROUP_NUMBER,
        [VALUE_FLOAT] = GROUP_NUMBER, [VALUE_STRING] = GROUP_STRING, [VALUE_LIST] = GROUP_ARRAY,
        [VALUE_MAP] = GROUP_OBJECT,
    };
    return (group)groups[kind];
}

/* Whether it looks at the instance alone, without its members and items. */
static bool is_assertion(uint8_t op)
{
    switch ((opcode)op) {
    case OP_ITEMS:
    case OP_CONTAINS:
    case OP_UNIQUE_ITEMS:
    case OP_MEMBERS:
    case OP_PROPERTY_NAMES:
    case OP_DEPENDENT_REQUIRED:
    case OP_DEPENDENT_SCHEMA:
        return false;
    default:
        return op < OP_REF; /* from there on, subschemas of the same instance */
    }
}

static bool tracks(const node *n, unsigned kind)
{
    if (kind == VALUE_LIST)
        return n->begin[GROUP_UNEVALUATED_ITEMS] < n->begin[GROUP_UNEVALUATED_PROPERTIES];
    return kind == VALUE_MAP && n->begin[GROUP_UNEVALUATED_PROPERTIES] < n->end;
}

/* The instructions about a kind alone, then those about any: as they stand in the code, or a copy where
 * others stand between them. */
static bool find_rules(build *c, const node *n, unsigned kind, row *rules)
{
    group g = group_of_kind(kind);
    const instruction *own = n->code + n->begin[g];
    const instruction *any = n->code + n->begin[GROUP_VALUE];
    uint32_t own_count = g == GROUP_VALUE ? 0 : (uint32_t)n->begin[g + 1] - n->begin[g];
    uint32_t any_count = (uint32_t)n->begin[GROUP_UNEVALUATED_ITEMS] - n->begin[GROUP_VALUE];
    if (own_count == 0 || any_count == 0 || own + own_count == any) {
        const instruction *first = own_count == 0 ? any : own;
        *rules = (row){first, first + own_count + any_count};
        return true;
    }
    instruction *copy = arena_alloc(c->arena, (own_count + any_count) * sizeof *copy);
    if (copy == NULL)
        return build_fail_memory(c);
    memcpy(copy, own, own_count * sizeof *copy);
    memcpy(copy + own_count, any, any_count * sizeof *copy);
    *rules = (row){copy, copy + own_count + any_count};
    return true;
}

static bool all_assertions(const row *rules)
{
    for (const instruction *i = rules->first; i < rules->end; i++)
        if (!is_assertion(i->op))
            return false;
    return true;
}

static bool find_rows(build *c, node *n)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        if (!find_rules(c, n, kind, &n->rules[kind]))
            return false;
        if (n->types >> kind & 1 && !tracks(n, kind) && all_assertions(&n->rules[kind]))
            n->quick[kind] = n->rules[kind];
    }
    return true;
}

static bool may_take(const node *n, unsigned kind)
{
    return n->types >> kind & 1 || (kind == VALUE_FLOAT && n->types & TYPE_INTEGRAL);
}

/* The only subschema of the same instance that may take this kind, where it decides for all of them. */
static const node *only_branch(const instruction *i, unsigned kind)
{
    if (i->op == OP_REF)
        return i->node;
    if (i->op != OP_ANY_OF && i->op != OP_ONE_OF && (i->op != OP_ALL_OF || i->count != 1))
        return NULL;
    const node *only = NULL;
    for (uint32_t k = 0; k < i->count; k++) {
        if (!may_take(i->nodes[k]->target, kind))
            continue;
        if (only != NULL)
            return NULL;
        only = i->nodes[k];
    }
    return only;
}

/* Where a node has nothing to say but by a single branch that takes the kind, that branch's assertions
 * decide. */
static void borrow_assertions(node *n, unsigned kind)
{
    const node *at = n;
    for (int hops = 0; hops < HOPS_MAX && at != NULL && at->quick[kind].first == NULL; hops++) {
        const row *rules = &at->rules[kind];
        if (!(at->types >> kind & 1) || tracks(at, kind) || rules->first + 1 != rules->end)
            return;
        at = only_branch(rules->first, kind);
    }
    if (at != NULL)
        n->quick[kind] = at->quick[kind];
}

/* ---- defaults ---- */

static bool any_has_defaults(const node *const *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i]->has_defaults)
            return true;
    return false;
}

static bool members_have_defaults(const members_rule *rule)
{
    for (uint32_t i = 0; i < rule->property_count; i++)
        if (rule->properties[i].node != NULL && rule->properties[i].node->has_defaults)
            return true;
    return rule->additional != NULL && rule->additional->has_defaults;
}

/* Only what defaults.c follows. */
static bool leads_to_defaults(node *n, const instruction *i)
{
    switch ((opcode)i->op) {
    case OP_MEMBERS:
        n->has_inner_defaults = members_have_defaults(i->members);
        return n->has_inner_defaults || i->members->has_defaults;
    case OP_ITEMS:
        return any_has_defaults(i->items->prefix, i->items->prefix_count) ||
               (i->items->rest != NULL && i->items->rest->has_defaults);
    case OP_REF:
        return i->node->has_defaults;
    case OP_ALL_OF:
    case OP_ANY_OF:
    case OP_ONE_OF:
        return any_has_defaults(i->nodes, i->count);
    default:
        return false;
    }
}

/* References make circles, so this goes on until nothing changes: from the last node, as most references lead
 * to what stands behind them or is known already, then a round for each that leads the other way. */
static void find_defaults(const build *c)
{
    bool changed = c->schema->has_defaults;
    while (changed) {
        changed = false;
        for (uint32_t i = c->subschema_count; i-- > 0;) {
            node *n = c->subschemas[i].node;
            bool had = n->has_defaults;
            bool had_inner = n->has_inner_defaults;
            for (uint16_t k = 0; k < n->end; k++)
                n->has_defaults |= leads_to_defaults(n, &n->code[k]);
            changed |= n->has_defaults != had || n->has_inner_defaults != had_inner;
        }
    }
}

bool shortcuts_find(build *c)
{
    for (uint32_t i = 0; i < c->subschema_count; i++) {
        find_target(c, c->subschemas[i].node);
        if (!find_rows(c, c->subschemas[i].node))
            return false;
    }
    for (uint32_t i = 0; i < c->subschema_count; i++)
        for (unsigned kind = 0; kind < KIND_COUNT; kind++)
            borrow_assertions(c->subschemas[i].node, kind);
    find_defaults(c);
    return true;
}
