/* validator: the state of one validation. Shared by the files that validate. */
#ifndef ENGINE_SCHEMA_VALIDATOR_H
#define ENGINE_SCHEMA_VALIDATOR_H

#include <math.h>

#include "engine/limits.h"
#include "engine/schema/program.h"
#include "engine/schema/report.h"

struct validator {
    const schema *schema;
    pattern_scratch *patterns;
    arena scratch;
    report *report; /* where findings go; NULL while only the answer matters, and the first one is enough */
    const char *fault; /* the bound that was hit: then no answer is one; NULL where none was */
    uint32_t steps;    /* left */
    uint32_t depth;
    uint32_t scope_count;
    uint32_t scope[LIMIT_SCHEMA_CALL_DEPTH + 1]; /* resources on the way here, the outermost first */
};

/* The members or items of one instance that some subschema has evaluated. */
typedef struct evaluated {
    uint64_t *words;
    uint32_t count;
    uint64_t small; /* the words of up to 64 */
} evaluated;

/* Cleared, for `count` members. Large ones take scratch memory, for the caller to rewind. */
MUST_CHECK bool evaluated_init(evaluated *set, validator *v, uint32_t count);
void evaluated_add_all(evaluated *set);
void evaluated_merge(evaluated *set, const evaluated *other);

static inline void evaluated_add(evaluated *set, uint32_t index)
{
    set->words[index / 64] |= (uint64_t)1 << (index % 64);
}
static inline bool evaluated_has(const evaluated *set, uint32_t index)
{
    return set->words[index / 64] >> (index % 64) & 1;
}

/* One visit of a node. */
typedef struct visit {
    validator *v;
    const node *node;
    const value *instance;
    const place *at;
    evaluated *seen; /* NULL where nobody asks */
} visit;

/* Notes that a bound was hit. False. */
bool validator_fault(validator *v, const char *what);

/* False, with the fault noted, where fewer than `count` steps are left. */
static inline bool validator_spend(validator *v, uint32_t count)
{
    if (v->steps < count)
        return validator_fault(v, "validation takes too many steps");
    v->steps -= count;
    return true;
}

/* After a refusal, is there more to be found? */
static inline bool validator_goes_on(const validator *v)
{
    return v->report != NULL && v->fault == NULL && !report_full(v->report);
}

/* Starts a validation by this schema. */
void validator_begin(validator *v, const schema *s);
/* Runs all of a node, and reports. False: the instance is invalid, or v->fault is set. */
bool validator_visit(validator *v, const node *n, const value *instance, const place *at, evaluated *seen);

/* assertion.c: rules that look at the instance alone, without its members and items. */
bool assertion_holds(validator *v, const instruction *i, const value *instance);
bool assertions_hold(validator *v, const row *all, const value *instance);
/* As assertion_holds, and reports. */
bool check_assertion(const visit *x, const instruction *i);
/* Spends steps by the length of the text. False also where v->fault is set. */
bool assertion_matches(validator *v, const pattern *p, const value *text);

static inline bool node_has_type(const node *n, const value *instance)
{
    return n->types >> instance->kind & 1 || (instance->kind == VALUE_FLOAT && n->types & TYPE_INTEGRAL &&
                                              instance->number == trunc(instance->number));
}

/* What a node's assertions about this kind of instance say, where they decide alone; UNDECIDED where not. */
enum { REFUSED, ACCEPTED, UNDECIDED };

static inline int validator_decide(validator *v, const node *n, const value *instance)
{
    if (instance->kind >= KIND_COUNT)
        return UNDECIDED;
    const row *all = &n->quick[instance->kind];
    if (all->first == all->end)
        return all->first == NULL ? UNDECIDED : ACCEPTED;
    return all->first + 1 == all->end ? assertion_holds(v, all->first, instance)
                                      : assertions_hold(v, all, instance);
}

/* As validator_visit. Most values need nothing but assertions, without a frame or a step: who runs nodes over
 * many values spends the steps. What they refuse is visited all the same, for the report. */
static inline bool validator_run(validator *v, const node *n, const value *instance, const place *at,
                                 evaluated *seen)
{
    return validator_decide(v, n, instance) == ACCEPTED || validator_visit(v, n->target, instance, at, seen);
}

/* As validator_run where nobody asks for reasons. */
static inline bool validator_holds(validator *v, const node *n, const value *instance)
{
    int answer = validator_decide(v, n, instance);
    return answer == UNDECIDED ? validator_visit(v, n->target, instance, NULL, NULL) : answer;
}

/* As validator_run, without a report. */
static inline bool validator_try(validator *v, const node *n, const value *instance, const place *at,
                                 evaluated *seen)
{
    report *kept = v->report;
    v->report = NULL;
    bool ok = validator_run(v, n, instance, at, seen);
    v->report = kept;
    return ok;
}

/* Reports the rule of the instruction. False. */
bool visit_refuse(const visit *x, const instruction *i);

/* check_array.c */
/* True where no two items are equal as JSON. Else *first and *second are two that are, or v->fault is set. */
bool items_unique(validator *v, const value *list, uint32_t *first, uint32_t *second); /* unique.c */
bool check_items(const visit *x, const items_rule *rule);
bool check_contains(const visit *x, const instruction *i);
bool check_unique(const visit *x);
bool check_unevaluated_items(const visit *x, const node *n);

/* check_object.c */
bool check_members(const visit *x, const members_rule *rule);
bool check_property_names(const visit *x, const node *n);
bool check_dependent_names(const visit *x, const names_rule *rule);
bool check_dependent_schema(const visit *x, const dependent_rule *rule);
bool check_unevaluated_members(const visit *x, const node *n);

/* check_in_place.c: subschemas of the same instance */
bool check_node(const visit *x, const node *n);
bool check_all_of(const visit *x, const instruction *i);
bool check_any_of(const visit *x, const instruction *i);
bool check_one_of(const visit *x, const instruction *i);
bool check_not(const visit *x, const instruction *i);
bool check_condition(const visit *x, const condition_rule *rule);
bool check_dynamic_ref(const visit *x, const dynamic_rule *rule);

#endif
