/* validate: the machine that runs a program over a value.
 *
 * validator_run visits one node: the kind of the instance against the node's types, then the instructions
 * about that kind, then those about any. With a report it goes on after a refusal, to find the next; without
 * one the first refusal ends it. Where a node has `unevaluated...`, it hands a set down to all that looks at
 * the same instance, and what applies a subschema to a member or item adds that to the set. A branch that may
 * fail (anyOf, oneOf, if) gets a set of its own, merged only where it holds. */
#include <math.h>
#include <stdlib.h>

#include "engine/schema/validator.h"
#include "engine/value/utf8.h"

/* One visit of a node. */
typedef struct visit {
    validator *v;
    const node *node;
    const value *instance;
    const place *at;
    evaluated *seen; /* NULL where nobody asks */
} visit;

bool validator_fault(validator *v, const char *what)
{
    if (v->fault == NULL)
        v->fault = what;
    return false;
}

static bool refuse(const visit *x, const instruction *i)
{
    if (x->v->report != NULL && x->v->fault == NULL)
        report_refusal(x->v->report, x->node, i, x->at);
    return false;
}

/* After a refusal, is there more to be found? */
static bool goes_on(const validator *v)
{
    return v->report != NULL && v->fault == NULL && !report_full(v->report);
}

bool validator_try(validator *v, const node *n, const value *instance, const place *at, evaluated *seen)
{
    report *kept = v->report;
    v->report = NULL;
    bool ok = validator_run(v, n, instance, at, seen);
    v->report = kept;
    return ok;
}

/* ---- strings ---- */

/* Code points are counted only where bytes do not decide. */
static bool has_min_length(const value *text, uint64_t bound)
{
    if (text->count < bound)
        return false;
    if (text->flags & VALUE_ASCII || text->count / 4 >= bound)
        return true;
    return utf8_length(text->text, text->count) >= bound;
}

static bool has_max_length(const value *text, uint64_t bound)
{
    return text->count <= bound ||
           (!(text->flags & VALUE_ASCII) && utf8_length(text->text, text->count) <= bound);
}

static bool matches(validator *v, const pattern *p, const value *text)
{
    if (!validator_spend(v, 1 + text->count / 64))
        return false;
    pattern_result result = pattern_search(p, v->patterns, text->text, text->count);
    if (result == PATTERN_LIMIT)
        return validator_fault(v, "a pattern takes too many steps");
    return result == PATTERN_MATCH;
}

/* ---- arrays ---- */

static bool check_items(const visit *x, const items_rule *rule)
{
    const value *list = x->instance;
    place at = {.parent = x->at};
    bool ok = true;
    for (uint32_t i = 0; i < list->count; i++) {
        const node *n = i < rule->prefix_count ? rule->prefix[i] : rule->rest;
        if (n == NULL)
            break;
        at.index = i;
        if (!validator_run(x->v, n, &list->items[i], &at, NULL)) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
        if (x->seen != NULL)
            evaluated_add(x->seen, i);
    }
    return ok;
}

static bool check_contains(const visit *x, const instruction *of)
{
    const contains_rule *rule = of->contains;
    const value *list = x->instance;
    place at = {.parent = x->at};
    uint32_t found = 0;
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
    return (found >= rule->min && found <= rule->max) || refuse(x, of);
}

static bool check_unique(const visit *x)
{
    uint32_t first;
    uint32_t second;
    if (items_unique(x->v, x->instance, &first, &second))
        return true;
    if (x->v->report != NULL && x->v->fault == NULL)
        report_twins(x->v->report, x->node, x->at, first, second);
    return false;
}

static bool check_unevaluated_items(const visit *x, const node *n)
{
    place at = {.parent = x->at};
    bool ok = true;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        at.index = i;
        if (!evaluated_has(x->seen, i) && !validator_run(x->v, n, &x->instance->items[i], &at, NULL)) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
    }
    return ok;
}

/* ---- objects ---- */

static bool refuse_missing(const visit *x, const members_rule *rule)
{
    report *r = x->v->report;
    for (uint32_t i = 0; r != NULL && i < rule->property_count; i++)
        if (rule->properties[i].required && value_get_key(x->instance, &rule->names[i]) == NULL)
            report_missing(r, x->node, "required", &rule->names[i], x->at);
    return false;
}

/* patternProperties and additionalProperties of one member; `declared`: `properties` has it. */
static bool check_other_member(const visit *x, const members_rule *rule, const value_member *member,
                               const place *at, bool *declared)
{
    bool ok = true;
    for (uint32_t p = 0; p < rule->pattern_count; p++) {
        if (!matches(x->v, rule->patterns[p].pattern, &member->key)) {
            if (x->v->fault != NULL)
                return false;
            continue;
        }
        *declared = true;
        if (!validator_run(x->v, rule->patterns[p].node, &member->value, at, NULL)) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
    }
    if (*declared || rule->additional == NULL)
        return ok;
    *declared = true;
    return validator_run(x->v, rule->additional, &member->value, at, NULL) && ok;
}

static bool check_members(const visit *x, const members_rule *rule)
{
    const value *map = x->instance;
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    uint32_t required = 0;
    bool others = rule->pattern_count > 0 || rule->additional != NULL;
    bool ok = true;
    for (uint32_t i = 0; i < map->count; i++) {
        const value_member *member = &map->members[i];
        uint32_t number = key_table_find(&rule->keys, member->key.text, member->key.count);
        bool declared = false;
        at.key = &member->key;
        if (number != KEY_NONE) {
            const property *p = &rule->properties[number];
            required += p->required;
            declared = p->node != NULL;
            if (declared && !validator_run(x->v, p->node, &member->value, &at, NULL))
                ok = false;
        }
        if (others && (ok || goes_on(x->v)) && !check_other_member(x, rule, member, &at, &declared))
            ok = false;
        if (!ok && !goes_on(x->v))
            return false;
        if (declared && x->seen != NULL)
            evaluated_add(x->seen, i);
    }
    return required == rule->required_count ? ok : refuse_missing(x, rule);
}

static bool check_property_names(const visit *x, const node *n)
{
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    bool ok = true;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        at.key = &x->instance->members[i].key;
        if (!validator_run(x->v, n, at.key, &at, NULL)) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
    }
    return ok;
}

static bool check_dependent_names(const visit *x, const names_rule *rule)
{
    if (value_get_key(x->instance, &rule->name) == NULL)
        return true;
    bool ok = true;
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

static bool check_unevaluated_members(const visit *x, const node *n)
{
    place at = {.parent = x->at, .index = PLACE_NO_INDEX};
    bool ok = true;
    for (uint32_t i = 0; i < x->instance->count; i++) {
        const value_member *member = &x->instance->members[i];
        at.key = &member->key;
        if (!evaluated_has(x->seen, i) && !validator_run(x->v, n, &member->value, &at, NULL)) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
    }
    return ok;
}

/* ---- subschemas of the same instance ---- */

static bool apply(const visit *x, const node *n)
{
    return validator_run(x->v, n, x->instance, x->at, x->seen);
}

/* A branch that may fail: what it evaluated counts only where it holds. */
static bool try_branch(const visit *x, const node *n)
{
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

static bool check_all_of(const visit *x, const instruction *i)
{
    bool ok = true;
    for (uint32_t k = 0; k < i->count; k++) {
        if (!apply(x, i->nodes[k])) {
            ok = false;
            if (!goes_on(x->v))
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
        const node *n = i->nodes[k]->alias != NULL ? i->nodes[k]->alias : i->nodes[k];
        if (!(n->types >> x->instance->kind & 1))
            continue;
        if (likely != NULL)
            return refuse(x, i);
        likely = n;
    }
    return likely != NULL ? apply(x, likely) : refuse(x, i);
}

static bool check_any_of(const visit *x, const instruction *i)
{
    bool any = false;
    for (uint32_t k = 0; k < i->count && (!any || x->seen != NULL); k++) {
        any |= try_branch(x, i->nodes[k]);
        if (x->v->fault != NULL)
            return false;
    }
    return any || refuse_alternatives(x, i);
}

static bool check_one_of(const visit *x, const instruction *i)
{
    uint32_t matched = 0;
    for (uint32_t k = 0; k < i->count && matched < 2; k++) {
        matched += try_branch(x, i->nodes[k]);
        if (x->v->fault != NULL)
            return false;
    }
    if (matched == 0)
        return refuse_alternatives(x, i);
    return matched == 1 || refuse(x, i);
}

static bool check_not(const visit *x, const instruction *i)
{
    if (!validator_try(x->v, i->node, x->instance, x->at, NULL))
        return x->v->fault == NULL;
    return refuse(x, i);
}

static bool check_condition(const visit *x, const condition_rule *rule)
{
    const node *next = try_branch(x, rule->test) ? rule->yes : rule->no;
    if (x->v->fault != NULL)
        return false;
    return next == NULL || apply(x, next);
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
static bool check_dynamic_ref(const visit *x, const dynamic_rule *rule)
{
    const schema *s = x->v->schema;
    for (uint32_t i = 0; i < x->v->scope_count; i++) {
        dynamic_anchor wanted = {.resource = x->v->scope[i], .anchor = rule->anchor};
        const dynamic_anchor *found =
            bsearch(&wanted, s->dynamic_anchors, s->dynamic_anchor_count, sizeof wanted, compare_to_anchor);
        if (found != NULL)
            return apply(x, found->node);
    }
    return apply(x, rule->node);
}

/* ---- any ---- */

static bool in_list(const visit *x, const value *list)
{
    if (!validator_spend(x->v, list->count))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (value_equal(&list->items[i], x->instance))
            return true;
    return false;
}

static bool in_keys(const key_table *keys, const value *instance)
{
    return instance->kind == VALUE_STRING &&
           key_table_find(keys, instance->text, instance->count) != KEY_NONE;
}

/* The assertions: rules that look at the instance alone. */
static inline bool holds(const visit *x, const instruction *i)
{
    const value *instance = x->instance;
    switch ((opcode)i->op) {
    case OP_MINIMUM:
        return value_compare_numbers(instance, &i->constant) >= 0;
    case OP_MAXIMUM:
        return value_compare_numbers(instance, &i->constant) <= 0;
    case OP_EXCLUSIVE_MINIMUM:
        return value_compare_numbers(instance, &i->constant) > 0;
    case OP_EXCLUSIVE_MAXIMUM:
        return value_compare_numbers(instance, &i->constant) < 0;
    case OP_MULTIPLE_OF:
        return decimal_is_multiple(instance, i->divisor);
    case OP_MIN_LENGTH:
        return has_min_length(instance, i->bound);
    case OP_MAX_LENGTH:
        return has_max_length(instance, i->bound);
    case OP_PATTERN:
        return matches(x->v, i->pattern, instance);
    case OP_FORMAT:
        return i->format->accepts(instance->count == 0 ? "" : instance->text, instance->count);
    case OP_MIN_ITEMS:
    case OP_MIN_PROPERTIES:
        return instance->count >= i->bound;
    case OP_MAX_ITEMS:
    case OP_MAX_PROPERTIES:
        return instance->count <= i->bound;
    case OP_CONST:
        return value_equal(&i->constant, instance);
    case OP_ENUM:
        return in_list(x, &i->constant);
    case OP_ENUM_STRINGS:
        return in_keys(i->keys, instance);
    default:
        return false;
    }
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
        return value_get_key(x->instance, &i->dependent->name) == NULL || apply(x, i->dependent->node);
    case OP_REF:
        return apply(x, i->node);
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
        return holds(x, i) || refuse(x, i);
    }
}

/* ---- nodes ---- */

static inline bool execute_range(const visit *x, uint16_t from, uint16_t to)
{
    bool ok = true;
    for (uint16_t i = from; i < to; i++) {
        if (!execute(x, &x->node->code[i])) {
            ok = false;
            if (!goes_on(x->v))
                return false;
        }
    }
    return ok;
}

static bool execute_node(const visit *x)
{
    static const uint8_t group_of_kind[] = {
        [VALUE_NULL] = GROUP_ANY,     [VALUE_BOOL] = GROUP_ANY,      [VALUE_INT] = GROUP_NUMBER,
        [VALUE_FLOAT] = GROUP_NUMBER, [VALUE_STRING] = GROUP_STRING, [VALUE_LIST] = GROUP_ARRAY,
        [VALUE_MAP] = GROUP_OBJECT,
    };
    const node *n = x->node;
    group g = group_of_kind[x->instance->kind];
    bool ok = g == GROUP_ANY || execute_range(x, n->begin[g], n->begin[g + 1]);
    if (!ok && !goes_on(x->v))
        return false;
    return execute_range(x, n->begin[GROUP_ANY], n->begin[GROUP_UNEVALUATED_ITEMS]) && ok;
}

/* A node with `unevaluated...` about this kind of instance. */
static bool execute_tracking(const visit *x, uint16_t from, uint16_t to)
{
    arena_mark mark = arena_get_mark(&x->v->scratch);
    evaluated own;
    visit inner = *x;
    inner.seen = &own;
    bool ok = evaluated_init(&own, x->v, x->instance->count) && execute_node(&inner) &&
              execute_range(&inner, from, to);
    if (ok && x->seen != NULL)
        evaluated_add_all(x->seen);
    arena_rewind(&x->v->scratch, mark);
    return ok;
}

static bool enter(const visit *x)
{
    const node *n = x->node;
    if (x->instance->kind == VALUE_LIST &&
        n->begin[GROUP_UNEVALUATED_ITEMS] < n->begin[GROUP_UNEVALUATED_PROPERTIES])
        return execute_tracking(x, n->begin[GROUP_UNEVALUATED_ITEMS], n->begin[GROUP_UNEVALUATED_PROPERTIES]);
    if (x->instance->kind == VALUE_MAP && n->begin[GROUP_UNEVALUATED_PROPERTIES] < n->end)
        return execute_tracking(x, n->begin[GROUP_UNEVALUATED_PROPERTIES], n->end);
    return execute_node(x);
}

static bool has_type(const node *n, const value *instance)
{
    if (instance->kind > VALUE_MAP)
        return false;
    return n->types >> instance->kind & 1 || (instance->kind == VALUE_FLOAT && n->types & TYPE_INTEGRAL &&
                                              instance->number == trunc(instance->number));
}

bool validator_run(validator *v, const node *n, const value *instance, const place *at, evaluated *seen)
{
    if (n->alias != NULL)
        n = n->alias;
    if (!validator_spend(v, 1))
        return false;
    if (!has_type(n, instance)) {
        if (v->report != NULL)
            report_type(v->report, n, instance, at);
        return false;
    }
    if (n->end == 0)
        return true;
    if (v->depth == LIMIT_SCHEMA_CALL_DEPTH)
        return validator_fault(v, "subschemas are nested too deeply");
    uint32_t scope_count = v->scope_count;
    if (v->scope[scope_count - 1] != n->resource)
        v->scope[v->scope_count++] = n->resource;
    v->depth++;
    visit x = {.v = v, .node = n, .instance = instance, .at = at, .seen = seen};
    bool ok = enter(&x);
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
