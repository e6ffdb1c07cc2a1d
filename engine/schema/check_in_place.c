#include <stdlib.h>

#include "engine/schema/validator.h"

bool check_node(const visit *x, const node *n)
{
    return validator_run(x->v, n, x->instance, x->at, x->seen);
}

/* A branch that may fail: what it evaluated counts only where it holds. */
static bool try_branch(const visit *x, const node *n)
{
    if (!node_has_type(n->target, x->instance))
        return false;
    if (x->seen == NULL)
        return validator_try(x->v, n, x->instance, x->at, NULL);
    arena_mark mark = arena_get_mark(&x->v->scratch);
    evaluated own;
    bool ok = evaluated_init(&own, x->v, x->seen->count) && validator_try(x->v, n, x->instance, x->at, &own);
    if (ok)
        evaluated_merge(x->seen, &own);
    arena_rewind(&x->v->scratch, mark);
    return ok;
}

bool check_all_of(const visit *x, const instruction *i)
{
    bool ok = true;
    if (!validator_spend(x->v, i->count))
        return false;
    for (uint32_t k = 0; k < i->count; k++) {
        if (!check_node(x, i->nodes[k])) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    return ok;
}

/* Where just one alternative takes this kind of instance, what is wrong there says more than that none
 * matched (`anyOf: [{"$ref": ...}, {"type": "null"}]`). */
static bool refuse_alternatives(const visit *x, const instruction *i)
{
    const node *likely = NULL;
    if (x->v->report == NULL || x->v->fault != NULL)
        return false;
    for (uint32_t k = 0; k < i->count; k++) {
        const node *n = i->nodes[k]->target;
        if (!(n->types >> x->instance->kind & 1))
            continue;
        if (likely != NULL)
            return visit_refuse(x, i);
        likely = n;
    }
    return likely != NULL ? check_node(x, likely) : visit_refuse(x, i);
}

bool check_any_of(const visit *x, const instruction *i)
{
    bool any = false;
    if (!validator_spend(x->v, i->count))
        return false;
    for (uint32_t k = 0; k < i->count && (!any || x->seen != NULL); k++) {
        any |= try_branch(x, i->nodes[k]);
        if (x->v->fault != NULL)
            return false;
    }
    return any || refuse_alternatives(x, i);
}

bool check_one_of(const visit *x, const instruction *i)
{
    uint32_t matched = 0;
    if (!validator_spend(x->v, i->count))
        return false;
    for (uint32_t k = 0; k < i->count && matched < 2; k++) {
        matched += try_branch(x, i->nodes[k]);
        if (x->v->fault != NULL)
            return false;
    }
    if (matched == 0)
        return refuse_alternatives(x, i);
    return matched == 1 || visit_refuse(x, i);
}

bool check_not(const visit *x, const instruction *i)
{
    if (!validator_try(x->v, i->node, x->instance, x->at, NULL))
        return x->v->fault == NULL;
    return visit_refuse(x, i);
}

bool check_condition(const visit *x, const condition_rule *rule)
{
    const node *next = try_branch(x, rule->test) ? rule->yes : rule->no;
    if (x->v->fault != NULL)
        return false;
    return next == NULL || check_node(x, next);
}

static int compare_to_anchor(const void *key, const void *element)
{
    const dynamic_anchor *a = key;
    const dynamic_anchor *b = element;
    if (a->resource != b->resource)
        return a->resource < b->resource ? -1 : 1;
    return (a->anchor > b->anchor) - (a->anchor < b->anchor);
}

/* The outermost resource on the way here that has the anchor decides. */
bool check_dynamic_ref(const visit *x, const dynamic_rule *rule)
{
    const schema *s = x->v->schema;
    for (uint32_t i = 0; i < x->v->scope_count; i++) {
        dynamic_anchor wanted = {.resource = x->v->scope[i], .anchor = rule->anchor};
        const dynamic_anchor *found =
            bsearch(&wanted, s->dynamic_anchors, s->dynamic_anchor_count, sizeof wanted, compare_to_anchor);
        if (found != NULL)
            return check_node(x, found->node);
    }
    return check_node(x, rule->node);
}
