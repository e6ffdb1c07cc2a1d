#include "engine/schema/validator.h"

static const place whole = {.index = PLACE_NO_INDEX};

static bool explain(const schema *s, validator *v, const value *instance, report *r, error *e)
{
    r->findings = arena_alloc(r->arena, r->limit * sizeof *r->findings);
    if (r->findings == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for findings");
    validator_begin(v, s);
    v->report = r;
    bool valid = validator_run(v, s->root, instance, &whole, NULL);
    v->report = NULL;
    if (v->fault != NULL)
        return error_set(e, ERROR_LIMIT, 0, "%s", v->fault);
    if (r->failed || (!valid && r->count == 0))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for findings");
    return true;
}

/* The first finding, as an error. False. */
static bool explain_first(const schema *s, validator *v, const value *instance, error *e)
{
    arena memory;
    arena_init(&memory, 1024, LIMIT_SCHEMA_SCRATCH);
    report r = {.arena = &memory, .limit = 1};
    bool explained = explain(s, v, instance, &r, e);
    if (explained && r.count > 0) {
        const schema_finding *f = &r.findings[0];
        error_set(e, ERROR_INVALID_PAYLOAD, 0, "%s: %s (%s)",
                  f->instance_location[0] == '\0' ? "the whole" : f->instance_location, f->message,
                  f->keyword_location);
    } else if (explained) {
        /* Should the walk that finds fault and the one that says what it is ever disagree. */
        error_set(e, ERROR_INVALID_PAYLOAD, 0, "the whole: does not match the schema");
    }
    arena_free(&memory);
    return false;
}

bool schema_validate(const schema *s, validator *v, const value *instance, error *e)
{
    validator_begin(v, s);
    if (validator_run(v, s->root, instance, &whole, NULL))
        return true;
    if (v->fault != NULL)
        return error_set(e, ERROR_LIMIT, 0, "%s", v->fault);
    return e == NULL ? false : explain_first(s, v, instance, e);
}

bool schema_explain(const schema *s, validator *v, const value *instance, arena *a,
                    const schema_finding **findings, size_t *count, error *e)
{
    report r = {.arena = a, .limit = LIMIT_SCHEMA_ERRORS};
    if (!explain(s, v, instance, &r, e))
        return false;
    *findings = r.findings;
    *count = r.count;
    return true;
}
