#include "engine/workflow/retry_compiler.h"

#include <math.h>

#include "engine/limits.h"
#include "engine/value/duration.h"

static const key_rule retry_keys[] = {
    {"max_attempts", KEY_NUMBER, KEY_OPTIONAL}, {"initial", KEY_DURATION, KEY_OPTIONAL},
    {"multiplier", KEY_NUMBER, KEY_OPTIONAL},   {"max", KEY_DURATION, KEY_OPTIONAL},
    {"jitter", KEY_NUMBER, KEY_OPTIONAL},       {"retry_on", KEY_LIST, KEY_OPTIONAL},
};

enum { RETRY_KEY_COUNT = sizeof retry_keys / sizeof retry_keys[0] };

/* Its pauses: 5 s, 15 s, 45 s, 135 s, 405 s, 10 min, 10 min. */
static const retry_policy default_policy = {
    .max_attempts = 8,
    .initial_ms = 5000,
    .multiplier = 3,
    .max_ms = 600000,
    .jitter = 0.2,
};

bool retry_has_key(const char *key)
{
    for (size_t i = 0; i < RETRY_KEY_COUNT; i++)
        if (strcmp(key, retry_keys[i].name) == 0)
            return true;
    return false;
}

/* The number under a key from minimum to maximum, `fallback` where there is none. */
static double compile_number(compiler *c, const value *map, const char *key, bool whole, int minimum,
                             int maximum, double fallback)
{
    const value *v = value_field(map, key);
    if (v == NULL || (v->kind != VALUE_INT && v->kind != VALUE_FLOAT))
        return fallback;
    double number = value_as_double(v);
    if (number >= minimum && number <= maximum && (!whole || number == rint(number)))
        return number;
    workflow_findings_add(c->findings, c->document, v, RULE_RETRY, "\"%s\" must be a %snumber from %d to %d",
                          key, whole ? "whole " : "", minimum, maximum);
    return fallback;
}

static void compile_pauses(compiler *c, const value *v, retry_policy *p)
{
    char initial[DURATION_TEXT_SIZE];
    char max[DURATION_TEXT_SIZE];
    bool has_initial = compiler_duration(c, v, "initial", 0, &p->initial_ms);
    bool has_max = compiler_duration(c, v, "max", 0, &p->max_ms);
    if (p->initial_ms <= p->max_ms)
        return;
    duration_format(p->initial_ms, initial);
    duration_format(p->max_ms, max);
    workflow_findings_add(c->findings, c->document, value_field(v, has_initial ? "initial" : "max"),
                          RULE_RETRY, "\"initial\" (%s%s) must not be longer than \"max\" (%s%s)", initial,
                          has_initial ? "" : " by default", max, has_max ? "" : " by default");
}

static void compile_codes(compiler *c, const value *list, retry_policy *p)
{
    if (list == NULL)
        return;
    if (list->count == 0 || list->count > LIMIT_RETRY_CODES) {
        workflow_findings_add(c->findings, c->document, list, RULE_RETRY,
                              "\"retry_on\" has 1 to %d error codes, not %u", LIMIT_RETRY_CODES, list->count);
        return;
    }
    value *codes = arena_calloc(c->arena, list->count, sizeof *codes);
    if (codes == NULL) {
        compiler_add_memory(c);
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const value *code = &list->items[i];
        if (code->kind != VALUE_STRING)
            workflow_findings_add(c->findings, c->document, code, RULE_TYPE,
                                  "an error code must be a string, not %s", value_kind_name(code->kind));
        else
            codes[i] = compiler_identifier(c, code);
    }
    p->retry_on = codes;
    p->retry_on_count = list->count;
}

retry_policy retry_compile(compiler *c, const value *v)
{
    retry_policy p = default_policy;
    if (v == NULL)
        return p;
    compiler_check_keys(c, v, retry_keys, RETRY_KEY_COUNT, "a retry policy", NULL);
    p.max_attempts =
        (int64_t)compile_number(c, v, "max_attempts", true, 1, LIMIT_ATTEMPTS, (double)p.max_attempts);
    p.multiplier = compile_number(c, v, "multiplier", false, 1, LIMIT_RETRY_MULTIPLIER, p.multiplier);
    p.jitter = compile_number(c, v, "jitter", false, 0, 1, p.jitter);
    compile_pauses(c, v, &p);
    compile_codes(c, compiler_get(v, "retry_on", VALUE_LIST), &p);
    return p;
}
