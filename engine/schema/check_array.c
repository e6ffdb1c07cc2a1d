#include "engine/schema/validator.h"

/* The common case: nobody asks what was evaluated or where, and the first refusal ends it. */
static bool items_hold(const visit *x, const items_rule *rule)
{
    const value *item = x->instance->items;
    uint32_t left = x->instance->count;
    for (uint32_t i = 0; i < rule->prefix_count && left > 0; i++, left--, item++)
        if (!validator_holds(x->v, rule->prefix[i], item))
            return false;
    for (; rule->rest != NULL && left > 0; left--, item++)
        if (!validator_holds(x->v, rule->rest, item))
            return false;
    return true;
}

bool check_items(const visit *x, const items_rule *rule)
{
    const value *list = x->instance;
    place at = {.parent = x->at};
    bool ok = true;
    if (!validator_spend(x->v, list->count))
        return false;
    if (x->seen == NULL && x->v->report == NULL)
        return items_hold(x, rule);
    for (uint32_t i = 0; i < list->count; i++) {
        const node *n = i < rule->prefix_count ? rule->prefix[i] : rule->rest;
        if (n == NULL)
            break;
        at.index = i;
        if (!validator_run(x->v, n, &list->items[i], &at, NULL)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
        if (x->seen != NULL)
            evaluated_add(x->seen, i);
    }
    return ok;
}

bool check_contains(const visit *x, const instruction *of)
{
    const contains_rule *rule = of->contains;
    const value *list = x->instance;
    place at = {.parent = x->at};
    uint32_t found = 0;
    if (!validator_spend(x->v, list->count))
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        at.index = i;
        if (validator_try(x->v, rule->node, &list->items[i], &at, NULL)) {
            found++;
            if (x->seen != NULL)
                evaluated_add(x->seen, i);
            else if (found >= rule->min && rule->max == UINT32_MAX)
                return true;
        } else if (x->v->fault != NULL) {
            return false;
        }
    }
    return (found >= rule->min && found <= rule->max) || visit_refuse(x, of);
}

bool check_unique(const visit *x)
{
    uint32_t first;
    uint32_t second;
    if (items_unique(x->v, x->instance, &first, &second))
        return true;
    if (x->v->report != NULL && x->v->fault == NULL)
        report_twins(x->v->report, x->node, x->at, first, second);
    return false;
}

bool check_unevaluated_items(const visit *x, const node *n)
{
    place at = {.parent = x->at};
    bool ok = true;
    if (!validator_spend(x->v, x->instance->count))
        return false;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        at.index = i;
        if (!evaluated_has(x->seen, i) && !validator_run(x->v, n, &x->instance->items[i], &at, NULL)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    return ok;
}
