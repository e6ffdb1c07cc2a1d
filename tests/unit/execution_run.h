/* What the tests of executions share: a workflow from text, a trigger for it, and the whole run. */
#ifndef TESTS_UNIT_EXECUTION_RUN_H
#define TESTS_UNIT_EXECUTION_RUN_H

#include <criterion/criterion.h>

#include "engine/execution/execution.h"
#include "engine/limits.h"
#include "engine/value/json.h"

enum { BEGAN_MS = 1000, TICK_MS = 10 };

static arena memory;
static const workflow *compiled;
static validator *checker;

static inline void set_up(void)
{
    arena_init(&memory, 4096, 256 << 20);
    checker = validator_new();
    compiled = NULL;
}

static inline void tear_down(void)
{
    workflow_release(compiled);
    validator_free(checker);
    arena_free(&memory);
}

static inline value json(const char *text)
{
    value v;
    error e = {0};
    cr_assert(json_read(&memory, text, strlen(text), &v, &e), "%s: %s", text, e.message);
    return v;
}

/* `steps` is the YAML of the list, indented by two. The workflow of the last call is the one there is. */
static inline const workflow *workflow_of(const char *steps)
{
    static const char head[] =
        "workflow_id: orders\nname: Orders\npayload_schema:\n"
        "  type: object\n  required: [name]\n"
        "  properties:\n    name: {type: string}\n    amount: {type: integer, default: 7}\n"
        "steps:\n";
    buffer text;
    document d;
    error e = {0};
    workflow_findings findings;
    buffer_init(&text, &memory, 1 << 20);
    buffer_add_text(&text, head);
    buffer_add_text(&text, steps);
    workflow_findings_init(&findings, &memory);
    workflow_release(compiled);
    cr_assert(document_read(&d, &memory, "w.yaml", text.bytes, text.size, &e), "%s", e.message);
    compiled = workflow_compile(&d, NULL, &findings);
    cr_assert(compiled != NULL, "%s", findings.count > 0 ? findings.items[0].message : "?");
    return compiled;
}

static inline trigger trigger_of(const char *data)
{
    return (trigger){
        .origin = {.topic = value_cstring("carillon.triggers"), .partition = 2, .offset = 40},
        .workflow_id = value_cstring("orders"),
        .recipient = value_cstring("user-1"),
        .data = json(data),
        .metadata = json("{\"source\":\"shop\"}"),
        .trigger_id = value_cstring("t-1"),
        .key = value_cstring("key-1"),
        .traceparent = value_cstring("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    };
}

static inline void begin_trigger(execution *x, const char *steps, const trigger *t)
{
    error e = {0};
    identity id = identity_of_execution(&t->workflow_id, &t->trigger_id, &t->origin);
    cr_assert(execution_begin(x, &id, t, workflow_of(steps), &memory, BEGAN_MS, &e), "%s", e.message);
}

static inline void begin(execution *x, const char *steps, const char *data)
{
    trigger t = trigger_of(data);
    begin_trigger(x, steps, &t);
}

/* A provider that may take it later. */
static inline delivery_failure busy(void)
{
    return (delivery_failure){
        .provider = "post", .code = "http_503", .message = "it answered 503", .retriable = true};
}

/* Random bits without jitter. */
#define EVEN (UINT64_C(1) << 63)

static inline void fail_busy(execution *x, int64_t now_ms)
{
    delivery_failure f = busy();
    execution_delivery_failed(x, &f, EVEN, now_ms);
}

static inline void expect_text(value v, const char *text)
{
    cr_expect(value_is_text(&v, text), "%.*s instead of %s", v.kind == VALUE_STRING ? (int)v.count : 0,
              v.kind == VALUE_STRING ? v.text : "", text);
}

/* What holds after every call. */
static inline void expect_sound(const execution *x)
{
    const char *fault = execution_fault(x);
    cr_expect_null(fault, "%s", fault);
}

static inline void expect_need(execution *x, int64_t now_ms, execution_need need)
{
    cr_expect_eq(execution_advance(x, now_ms), need, "at %lld", (long long)now_ms);
    expect_sound(x);
}

/* Delivers everything, each delivery taking TICK_MS. */
static inline void run(execution *x)
{
    int64_t now_ms = BEGAN_MS;
    while (execution_advance(x, now_ms) == EXECUTION_DELIVER) {
        now_ms += TICK_MS;
        execution_delivered(x, "log", value_null(), now_ms);
    }
}

#define SMS(id, extra)                                \
    "  - {step_id: " id ", step_type: SMS, name: " id \
    ", config: {to: '{{ recipient }}', body: 'Hi {{ payload.name }}'}" extra "}\n"

/* How many steps have this status. */
static inline size_t count_steps(const execution *of, step_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < of->step_count; i++)
        count += of->steps[i].status == status;
    return count;
}

#endif
