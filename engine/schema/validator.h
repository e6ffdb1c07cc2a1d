/* validator: the state of one validation. Shared by the files that validate. */
#ifndef ENGINE_SCHEMA_VALIDATOR_H
#define ENGINE_SCHEMA_VALIDATOR_H

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

/* Starts a validation by this schema. */
void validator_begin(validator *v, const schema *s);
/* Validates one value by one node. False: it is invalid, or v->fault is set. */
bool validator_run(validator *v, const node *n, const value *instance, const place *at, evaluated *seen);
/* As validator_run, without a report. */
bool validator_try(validator *v, const node *n, const value *instance, const place *at, evaluated *seen);

/* True where no two items are equal as JSON. Else *first and *second are two that are, or v->fault is set. */
bool items_unique(validator *v, const value *list, uint32_t *first, uint32_t *second);

#endif
