/* An execution that is put away and taken up again goes on as if it had never stopped: what random workflows
 * leave, with random outcomes of their deliveries, is the same to the byte, stopped at every step or never.
 */
#include "engine/execution/completion.h"
#include "engine/execution/record.h"
#include "tests/unit/execution_run.h"

TestSuite(execution_resume, .init = set_up, .fini = tear_down);

enum { SEEDS = 300, TEXT_MAX = 1 << 20, CALLS_MAX = 10000 };

/* What a run leaves behind: the record after every call, then the events. */
typedef struct trail {
    buffer bytes;
    uint64_t random;
    int64_t now_ms;
    bool stops; /* at every call */
    int calls;
} trail;

static uint64_t draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random * UINT64_C(0x2545F4914F6CDD1D);
}

static buffer written(const execution *x)
{
    buffer b;
    buffer_init(&b, &memory, LIMIT_RECORD_BYTES);
    record_write(&b, x);
    cr_assert(!b.failed);
    return b;
}

static void read_back(execution *x, const buffer *record)
{
    error e = {0};
    char *text = arena_copy(&memory, record->bytes, record->size);
    memset(x, 0xA5, sizeof *x);
    cr_assert(record_read(x, &memory, text, record->size, &e), "%s: %.*s", e.message, (int)record->size,
              record->bytes);
    cr_assert(execution_resume(x, compiled, &memory, &e), "%s", e.message);
}

/* After every call: the record, and there the stop. */
static void mark(trail *t, execution *x)
{
    buffer record = written(x);
    expect_sound(x);
    buffer_add(&t->bytes, record.bytes, record.size);
    buffer_add_byte(&t->bytes, '\n');
    if (t->stops)
        read_back(x, &record);
    cr_assert_lt(t->calls++, CALLS_MAX, "it never ends");
}

static void report_outcome(trail *t, execution *x)
{
    static const char *const providers[] = {"post", "pigeon", "smoke"};
    delivery_failure f = busy();
    uint64_t random = draw(&t->random);
    t->now_ms += (int64_t)(random >> 60);
    f.provider = providers[random >> 20 & 1];
    f.more = random >> 22 & 1;
    f.unknown = (random >> 23 & 7) == 0;
    execution_choose(x, f.provider);
    mark(t, x);
    switch (random % 9) {
    case 0:
    case 1:
    case 2:
    case 3:
        execution_delivered(x, f.provider, random >> 27 & 1 ? value_cstring("id") : value_null(), t->now_ms);
        break;
    case 8:
        execution_postpone(x, t->now_ms + (int64_t)(random >> 54), t->now_ms);
        break;
    case 4:
        f.retriable = false;
        execution_delivery_failed(x, &f, draw(&t->random), t->now_ms);
        break;
    case 5:
        execution_delivery_unknown(x, random >> 8 & 1, t->now_ms);
        break;
    default:
        f.retry_after_ms = random >> 8 & 1 ? 0 : (int64_t)(random >> 50);
        execution_delivery_failed(x, &f, draw(&t->random), t->now_ms);
    }
}

static void go_on(trail *t, execution *x)
{
    execution_need need;
    while ((need = execution_advance(x, t->now_ms)) != EXECUTION_ENDED) {
        mark(t, x);
        if (draw(&t->random) % 64 == 0) {
            cr_assert(execution_cancel(x, t->now_ms));
            mark(t, x);
        }
        if (need == EXECUTION_WAITING && !execution_ended(x))
            t->now_ms = x->due_ms + (int64_t)(draw(&t->random) % 4 == 0 ? 3000 : 0);
        else if (execution_is_delivering(x))
            report_outcome(t, x);
        mark(t, x);
    }
}

static void add_events(trail *t, const execution *x)
{
    for (size_t i = 0; i < x->step_count; i++)
        if (completion_has_step(x, i))
            completion_write_step(&t->bytes, x, i);
    cr_assert(execution_ended(x));
    completion_write_execution(&t->bytes, x);
}

/* The whole life, with what a person does: up to three runs. */
static void live(trail *t, const trigger *from, uint64_t seed, bool stops)
{
    execution x;
    error e = {0};
    identity id = identity_of_execution(&from->workflow_id, &from->trigger_id, &from->origin);
    *t = (trail){.random = seed, .now_ms = BEGAN_MS, .stops = stops};
    buffer_init(&t->bytes, &memory, 64 << 20);
    cr_assert(execution_begin(&x, &id, from, compiled, &memory, BEGAN_MS, &e), "%s", e.message);
    mark(t, &x);
    do {
        go_on(t, &x);
        mark(t, &x);
        add_events(t, &x);
        t->now_ms += 500;
    } while (x.run < 3 && execution_retry(&x, t->now_ms) && execution_resume(&x, compiled, &memory, &e));
    cr_assert(!t->bytes.failed);
}

/* ---- random workflows ---- */

static void add_step(buffer *b, uint64_t *random, int index)
{
    static const char *const conditions[] = {
        "",
        "",
        ", skip_condition: 'payload.amount < 7'",
        ", skip_condition: \"[s for s in steps.values() if s.status == 'SKIPPED'] != []\"",
        ", skip_condition: \"metadata.source != 'shop' or now > '1971'\"",
        ", skip_condition: 'payload.weight > 0.3'",
        ", skip_condition: 'execution.run == 2'",
        ", skip_condition: 'payload.missing if len(steps) == 2 else False'",
    };
    static const char *const delays[] = {"",
                                         "",
                                         "",
                                         ", delay: 2s",
                                         ", delay: 'payload.amount / 4'",
                                         ", delay: \"'1970-01-01T00:00:20Z'\"",
                                         ", delay: 'len(steps) * payload.weight'",
                                         ", delay: 0"};
    static const char *const policies[] = {
        "", ", retry: {max_attempts: 3, initial: 1s}",
        ", retry: {max_attempts: 4, initial: 500ms, multiplier: 1.5, jitter: 1}",
        ", retry: {max_attempts: 2, retry_on: [timeout]}"};
    static const char *const failures[] = {", on_failure: continue", ", on_failure: continue",
                                           ", on_failure: continue", ", on_failure: stop"};
    static const char *const kinds[] = {
        "step_type: SMS, config: {to: '{{ recipient }}', body: '{{ controls.greeting }} {{ payload.name }} "
        "{{ payload.weight }}'}",
        "step_type: EMAIL, config: {to: '{{ recipient }}', subject: '{{ workflow.name }} {{ execution.id "
        "}}', "
        "html: '<b>{{ payload.name }}</b>{% for k, s in steps.items() %}<i>{{ k }} {{ s.status }} "
        "{{ s.reason | default(\"-\") }} {{ (s.message.get(\"body\") or s.message.get(\"html\")) if "
        "s.message else \"-\" }}</i>"
        "{% endfor %}'}",
        "step_type: PUSH, config: {to: '{{ payload.empty }}', title: t, body: b}",
        "step_type: IN_APP, config: {body: '{{ now }} {{ execution.run }} {{ execution.started_at }}', "
        "data: {n: 1.0, deep: {list: [1, '{{ payload.tags }}', null]}, big: 1e300}}",
    };
    buffer_format(b, "  - {step_id: s%d, name: s%d, ", index, index);
    buffer_add_text(b, kinds[draw(random) % 4]);
    buffer_add_text(b, conditions[draw(random) % 8]);
    buffer_add_text(b, delays[draw(random) % 8]);
    buffer_add_text(b, policies[draw(random) % 4]);
    buffer_add_text(b, failures[draw(random) % 4]);
    buffer_add_text(b, "}\n");
}

static const char *random_steps(uint64_t *random)
{
    static const char *const expiries[] = {"", "", "expires_after: 1m\n", "expires_after: 4s\n"};
    buffer b;
    int count = 1 + (int)(draw(random) % 6);
    buffer_init(&b, &memory, TEXT_MAX);
    for (int i = 0; i < count; i++)
        add_step(&b, random, i);
    buffer_add_text(&b, expiries[draw(random) % 4]);
    buffer_add_text(&b,
                    "control_schema: {type: object, properties: {greeting: {type: string, default: Hi}}}\n");
    buffer_add_byte(&b, '\0');
    cr_assert(!b.failed);
    return b.bytes;
}

static trigger random_trigger(uint64_t *random)
{
    trigger t = trigger_of(
        "{\"name\":\"Ada <\\\"Q\\\"> \\u00e9\\u0000\\ud83d\\ude00\",\"weight\":0.1,\"empty\":\" \","
        "\"tags\":[\"a\",-0.0,1e22,9007199254740993,true,null,{}]}");
    if (draw(random) % 4 == 0)
        t.data = json("{\"name\":\"\",\"amount\":3,\"weight\":1.0,\"empty\":\"x\",\"tags\":[]}");
    if (draw(random) % 4 == 0)
        t.expires_ms = 1000 + (int64_t)(draw(random) % 8000);
    return t;
}

static void expect_same(uint64_t seed, const char *steps, const buffer *a, const buffer *b)
{
    cr_assert(a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0,
              "seed %d:\n%s\n--- straight through:\n%.*s\n--- stopped:\n%.*s", (int)seed, steps, (int)a->size,
              a->bytes, (int)b->size, b->bytes);
}

Test(execution_resume, goes_on_as_if_it_had_never_stopped)
{
    size_t statuses[2] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        arena_mark begun = arena_get_mark(&memory);
        uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15);
        const char *steps = random_steps(&random);
        trigger from = random_trigger(&random);
        trail straight, stopped;
        workflow_of(steps);
        live(&straight, &from, random, false);
        live(&stopped, &from, random, true);
        expect_same(seed, steps, &straight.bytes, &stopped.bytes);
        statuses[memmem(straight.bytes.bytes, straight.bytes.size, "\"due_at\"", 8) != NULL]++;
        arena_rewind(&memory, begun);
    }
    cr_expect_gt(statuses[0], SEEDS / 10, "some never wait");
    cr_expect_gt(statuses[1], SEEDS / 10, "some wait");
}

/* ---- what it refuses ---- */

static void refuses(const execution *stored, const workflow *w)
{
    execution x = *stored;
    error e = {0};
    cr_expect_not(execution_resume(&x, w, &memory, &e));
    cr_expect_eq(e.code, ERROR_RECORD);
}

Test(execution_resume, takes_only_the_workflow_that_it_began_with)
{
    execution x;
    error e = {0};
    begin(&x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    workflow other = *compiled;
    step steps[2] = {compiled->steps[0], compiled->steps[1]};
    other.steps = steps;
    execution again = x;
    cr_expect(execution_resume(&again, &other, &memory, &e), "%s", e.message);
    other.version++;
    refuses(&x, &other);
    other = *compiled;
    other.control_version++;
    refuses(&x, &other);
    other = *compiled;
    other.id = value_cstring("order");
    refuses(&x, &other);
    other = *compiled;
    other.step_count = 1;
    refuses(&x, &other);
    other = *compiled;
    other.steps = steps;
    steps[1].type = STEP_PUSH;
    refuses(&x, &other);
    steps[1] = compiled->steps[1];
    steps[0].id = value_cstring("z");
    refuses(&x, &other);
}

Test(execution_resume, takes_no_message_that_its_step_could_not_have_rendered)
{
    static const char *const bad[] = {
        "{}",
        "{\"to\":\"x\"}",
        "{\"to\":\"x\",\"body\":1}",
        "{\"to\":\"x\",\"body\":{}}",
        "{\"to\":\"x\",\"body\":\"y\",\"more\":\"z\"}",
    };
    execution x;
    begin(&x, SMS("a", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        x.steps[0].message = json(bad[i]);
        refuses(&x, compiled);
    }
    x.steps[0].message = json("{\"body\":\"y\",\"to\":\"x\"}");
    error e = {0};
    cr_expect(execution_resume(&x, compiled, &memory, &e));
}

Test(execution_resume, texts_of_the_workflow_are_followed_by_a_nul_again)
{
    execution x;
    begin(&x, SMS("a", ""), "{\"name\":\"Ada\"}");
    buffer record = written(&x);
    read_back(&x, &record);
    cr_expect_str_eq(x.workflow_id.text, "orders");
    cr_expect_str_eq(x.steps[0].step_id.text, "a");
}

Test(execution_resume, without_memory_it_is_an_error)
{
    execution x, again;
    error e;
    bool resumed = false;
    begin(&x, SMS("a", "") SMS("b", "") SMS("c", ""), "{\"name\":\"Ada\"}");
    while (x.current_step < 2) {
        cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
        execution_delivered(&x, "log", value_null(), BEGAN_MS);
    }
    for (size_t budget = 64; budget < 16 << 10 && !resumed; budget += 64) {
        arena small;
        arena_init(&small, 64, budget);
        step_state steps[3];
        cr_assert_eq(x.step_count, 3);
        memcpy(steps, x.steps, sizeof steps);
        again = x;
        again.steps = steps;
        resumed = execution_resume(&again, compiled, &small, &e);
        if (!resumed)
            cr_expect_eq(e.code, ERROR_LIMIT);
        arena_free(&small);
    }
    cr_expect(resumed);
}
