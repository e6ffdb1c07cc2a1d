#include "engine/schema/validator.h"

static bool refuse_missing(const visit *x, const members_rule *rule)
{
    report *r = x->v->report;
    for (uint32_t i = 0; r != NULL && i < rule->property_count; i++)
        if (rule->properties[i].required && value_get_key(x->instance, &rule->names[i]) == NULL)
            report_missing(r, x->node, "required", &rule->names[i], x->at);
    return false;
}

/* patternProperties and additionalProperties of one member; *evaluates: `properties` has it, and becomes true
 * where one of these has. */
static bool check_other_member(const visit *x, const members_rule *rule, const value_member *member,
                               const place *at, bool *evaluates)
{
    bool ok = true;
    for (uint32_t p = 0; p < rule->pattern_count; p++) {
        if (!assertion_matches(x->v, rule->patterns[p].pattern, &member->key)) {
            if (x->v->fault != NULL)
                return false;
            continue;
        }
        *evaluates = true;
        if (!validator_run(x->v, rule->patterns[p].node, &member->value, at, NULL)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    if (*evaluates || rule->additional == NULL)
        return ok;
    *evaluates = true;
    return validator_run(x->v, rule->additional, &member->value, at, NULL) && ok;
}

/* Members mostly come in the order of the schema: `guess` is tried first. NULL where there is no such. */
static inline const property *find_property(const members_rule *rule, const value *key, const property *guess)
{
    key_words words = key_words_of(key->text, key->count);
    if (key_equal(&guess->key, words, key->text, key->count))
        return guess;
    uint32_t number = key_table_find(&rule->keys, words, key->text, key->count);
    return number == KEY_NONE ? NULL : &rule->properties[number];
}

/* The common case: no patterns, nobody asks what was evaluated or where, and the first refusal ends it. */
static bool members_hold(const visit *x, const members_rule *rule)
{
    const property *guess = rule->properties;
    const value_member *member = x->instance->members;
    uint32_t required = 0;
    for (uint32_t left = x->instance->count; left > 0; left--, member++) {
        const property *p = find_property(rule, &member->key, guess);
        const node *n = rule->additional;
        if (p != NULL) {
            guess = p + 1;
            required += p->required;
            n = p->node != NULL ? p->node : n;
        }
        if (n != NULL && !validator_holds(x->v, n, &member->value))
            return false;
    }
    return required == rule->required_count;
}

static APART bool check_each_member(const visit *x, const members_rule *rule)
{
    const value *map = x->instance;
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    uint32_t required = 0;
    bool ok = true;
    for (uint32_t i = 0; i < map->count; i++) {
        const value_member *member = &map->members[i];
        uint32_t number = key_table_get(&rule->keys, &member->key);
        const property *p = number == KEY_NONE ? NULL : &rule->properties[number];
        bool evaluates = p != NULL && p->node != NULL;
        at.key = &member->key;
        required += p != NULL && p->required;
        if (evaluates && !validator_run(x->v, p->node, &member->value, &at, NULL))
            ok = false;
        if ((ok || validator_goes_on(x->v)) && !check_other_member(x, rule, member, &at, &evaluates))
            ok = false;
        if (!ok && !validator_goes_on(x->v))
            return false;
        if (evaluates && x->seen != NULL)
            evaluated_add(x->seen, i);
    }
    return required == rule->required_count ? ok : refuse_missing(x, rule);
}

bool check_members(const visit *x, const members_rule *rule)
{
    if (!validator_spend(x->v, x->instance->count))
        return false;
    if (rule->pattern_count == 0 && x->seen == NULL && x->v->report == NULL)
        return members_hold(x, rule);
    return check_each_member(x, rule);
}

bool check_property_names(const visit *x, const node *n)
{
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    bool ok = true;
    if (!validator_spend(x->v, x->instance->count))
        return false;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        at.key = &x->instance->members[i].key;
        if (!validator_run(x->v, n, at.key, &at, NULL)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    return ok;
}

bool check_dependent_names(const visit *x, const names_rule *rule)
{
    if (value_get_key(x->instance, &rule->name) == NULL)
        return true;
    bool ok = validator_spend(x->v, rule->list.count);
    for (uint32_t i = 0; i < rule->list.count; i++) {
        if (value_get_key(x->instance, &rule->list.items[i]) != NULL)
            continue;
        ok = false;
        if (x->v->report == NULL)
            break;
        report_missing(x->v->report, x->node, rule->keyword, &rule->list.items[i], x->at);
    }
    return ok;
}

bool check_dependent_schema(const visit *x, const dependent_rule *rule)
{
    return value_get_key(x->instance, &rule->name) == NULL || check_node(x, rule->node);
}

bool check_unevaluated_members(const visit *x, const node *n)
{
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    bool ok = true;
    if (!validator_spend(x->v, x->instance->count))
        return false;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        const value_member *member = &x->instance->members[i];
        at.key = &member->key;
        if (!evaluated_has(x->seen, i) && !validator_run(x->v, n, &member->value, &at, NULL)) {
            ok = false;
            if (!validator_goes_on(x->v))
                return false;
        }
    }
    return ok;
}
