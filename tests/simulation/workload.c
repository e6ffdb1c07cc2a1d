#include "tests/simulation/workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/value/json.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/log.h"
#include "tests/simulation/redis.h"

#define HEAD(id)                                                                         \
    "workflow_id: " id "\nname: " id "\npayload_schema:\n"                               \
    "  type: object\n  required: [name]\n"                                               \
    "  properties:\n    name: {type: string}\n    amount: {type: integer, default: 7}\n" \
    "    wait: {type: number, default: 0}\n"
#define RETRY ", retry: {max_attempts: 4, initial: 200ms, multiplier: 2, max: 1s, jitter: 0.2}"
#define SMS(id, extra)                                                                                   \
    "  - {step_id: " id ", step_type: SMS, name: " id                                                    \
    ", config: {to: '{{ recipient }}', body: 'Hi {{ payload.name }}, {{ payload.amount }}'}" RETRY extra \
    "}\n"
#define AFTER ", after {{ steps.first.status }}"
#define IN_APP(id, after, extra)                                                                          \
    "  - {step_id: " id ", step_type: IN_APP, name: " id ", config: {body: 'For {{ payload.name }}" after \
    "'}" RETRY extra "}\n"

static const char *const documents[] = {
    HEAD("one") "steps:\n" SMS("first", ""),
    HEAD("inner") "steps:\n" IN_APP("alone", "", ", skip_condition: 'False'"),
    HEAD("three") "steps:\n" SMS("first", "") IN_APP("second", AFTER, "") SMS("third", ""),
    HEAD("skips") "steps:\n" SMS("first", ", skip_condition: 'payload.amount > 10'")
        IN_APP("second", AFTER, ""),
    HEAD("careful") "steps:\n" SMS("once", "") SMS("second", ", skip_condition: 'payload.amount > 20'"),
    HEAD("goes_on") "steps:\n" SMS("first", ", on_failure: continue")
        SMS("only_once", ", on_failure: continue") IN_APP("third", AFTER, ""),
    HEAD("waits") "steps:\n" SMS("first", ", delay: 1500ms") IN_APP("second", AFTER, ", delay: 300ms"),
    HEAD("chosen") "steps:\n" SMS("first", ", delay: 'payload.wait'")
        SMS("second", ", delay: 'payload.wait / 2'"),
    HEAD("expires") "expires_after: 2s\nsteps:\n" SMS("first", "") SMS("second", ", delay: 'payload.wait'")
        SMS("third", ""),
};
enum { WAITING_FROM = 6, DOCUMENTS = sizeof documents / sizeof documents[0] };

static const char *const payloads[] = {
    "{\"name\":\"Ann\"}",
    "{\"name\":\"Bob\",\"amount\":11,\"wait\":0.4}",
    "{\"name\":\"Cy\",\"amount\":21,\"wait\":1.1}",
    "{\"name\":\"Di\",\"amount\":3,\"wait\":2.5}",
    "{\"name\":\"Ed \\u00e9\",\"amount\":30,\"wait\":-1}",
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "simulation: %s: %s\n", what, why);
    exit(2);
}

static value json(workload *l, const char *text)
{
    value v;
    error e = {0};
    if (!json_read(&l->arena, text, strlen(text), &v, &e))
        fail(text, e.message);
    return v;
}

static const workflow *compile(workload *l, const char *text)
{
    document d;
    error e = {0};
    workflow_findings findings;
    workflow_findings_init(&findings, &l->arena);
    if (!document_read(&d, &l->arena, "workflow", text, strlen(text), &e))
        fail(text, e.message);
    const workflow *w = workflow_compile(&d, NULL, &findings);
    if (w == NULL)
        fail(text, findings.items[0].message);
    return w;
}

void workload_init(workload *l)
{
    *l = (workload){.validator = validator_new(), .waiting_from = WAITING_FROM};
    arena_init(&l->arena, 64 << 10, 256 << 20);
    for (size_t i = 0; i < DOCUMENTS; i++)
        l->workflows[l->workflow_count++] = compile(l, documents[i]);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        l->payloads[l->payload_count++] = json(l, payloads[i]);
    l->wrong_payload = json(l, "{\"name\":1}");
}

void workload_free(workload *l)
{
    for (uint32_t i = 0; i < l->workflow_count; i++)
        workflow_release(l->workflows[i]);
    validator_free(l->validator);
    arena_free(&l->arena);
}

value workload_topic(uint32_t topic)
{
    return value_cstring(topic == 0 ? "orders" : "invoices");
}

trigger workload_trigger(const message *m, uint32_t topic, int32_t place, int64_t offset)
{
    return (trigger){
        .origin = {.topic = workload_topic(topic), .partition = place, .offset = offset},
        .workflow_id = m->workflow_id,
        .recipient = value_cstring("user-1"),
        .data = m->data,
        .metadata = {.kind = VALUE_MAP},
        .trigger_id = m->trigger_id,
        .key = value_cstring("key-1"),
        .traceparent = value_null(),
        .tracestate = value_null(),
    };
}

const workflow *workload_find(const workload *l, const value *id)
{
    for (uint32_t i = 0; i < l->workflow_count; i++)
        if (value_same_text(&l->workflows[i]->id, id))
            return l->workflows[i];
    return NULL;
}

/* ---- routes ---- */

static const provider house = {.name = "house", .retries_unknown = true};
static const provider steady = {.name = "steady", .is_outward = true, .retries_unknown = true};
static const provider brisk = {.name = "brisk", .is_outward = true, .retries_unknown = true};
static const provider careful = {.name = "careful", .is_outward = true};
static const provider *const providers[] = {&house, &steady, &brisk, &careful};

const route *workload_route(const step *s)
{
    static const struct {
        const char *step_id;
        route route;
    } routes[] = {
        {"first", {&steady, &careful, &house}}, {"second", {&house, &brisk}}, {"third", {&brisk}},
        {"once", {&careful, &steady, &brisk}},  {"only_once", {&careful}},    {"alone", {&house}},
    };
    size_t i = 0;
    while (!value_is_text(&s->id, routes[i].step_id))
        i++;
    return &routes[i].route;
}

const provider *workload_provider(const value *name)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (value_is_text(name, providers[i]->name))
            return providers[i];
    return NULL;
}

/* ---- triggers ---- */

static value trigger_id(world *w, uint32_t place, uint32_t number)
{
    char text[32];
    int size = snprintf(text, sizeof text, "t-%u-%u", place, number);
    return value_string(world_copy(w, text, (size_t)size), (size_t)size);
}

static void make_wrong(world *w, message *m)
{
    m->verdict = VERDICT_REJECTED;
    switch (dice_below(&w->dice, 3)) {
    case 0:
        m->broken = true;
        break;
    case 1:
        m->workflow = NULL;
        m->workflow_id = value_cstring("nobody");
        break;
    default:
        m->data = w->workload->wrong_payload;
    }
}

/* number: of the trigger, which makes its id, unless it repeats an earlier one's. */
static void send_trigger(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    (void)data;
    const workload *l = w->workload;
    uint32_t place = (uint32_t)dice_below(&w->dice, w->partition_count);
    uint32_t from = w->scenario->waits ? l->waiting_from : 0;
    message m = {.workflow = l->workflows[from + dice_below(&w->dice, l->workflow_count - from)],
                 .data = l->payloads[dice_below(&w->dice, l->payload_count)]};
    m.workflow_id = m.workflow->id;
    if (dice_chance(&w->dice, w->scenario->invalid))
        make_wrong(w, &m);
    const message *again = dice_chance(&w->dice, w->scenario->duplicates) && m.verdict != VERDICT_REJECTED
                               ? log_any_accepted(w->log, place, &w->dice)
                               : NULL;
    if (again != NULL) {
        m = *again;
        m.verdict = VERDICT_DUPLICATE;
    } else if (m.verdict != VERDICT_REJECTED && dice_chance(&w->dice, 6000)) {
        m.trigger_id = trigger_id(w, place, (uint32_t)number);
    }
    log_append(w, place, &m);
}

/* A person cancels an execution, or retries it. */
static void send_command(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    char text[64];
    (void)data;
    const witness *x = checks_any_execution(w->checks, &w->dice);
    if (x == NULL)
        return;
    bool retry = dice_chance(&w->dice, 6000);
    int size = snprintf(text, sizeof text, "%s:%s:%llu", retry ? "retry" : "cancel", x->id.text,
                        (unsigned long long)number);
    TRACE(w, "person", "%s", text);
    redis_command(w, x->partition, world_copy(w, text, (size_t)size), (size_t)size);
}

void workload_begin(world *w)
{
    const scenario *s = w->scenario;
    uint32_t triggers = (uint32_t)dice_between(&w->dice, s->triggers / 4, s->triggers);
    for (uint32_t i = 0; i < triggers; i++) {
        int64_t at_us = dice_chance(&w->dice, 3000) ? dice_between(&w->dice, 0, 300) * MS
                                                    : dice_between(&w->dice, 0, s->lasts_ms * 9 / 10) * MS;
        agenda_add(&w->agenda, at_us, send_trigger, w, i, NULL);
    }
    for (uint32_t i = 0; i < triggers * s->commands / 100; i++)
        agenda_add(&w->agenda, dice_between(&w->dice, 200, s->lasts_ms) * MS, send_command, w, i, NULL);
}
