#include "engine/execution/record.h"

#include "engine/execution/completion.h"
#include "engine/value/timestamp.h"
#include "tests/unit/execution_run.h"

TestSuite(execution_record, .init = set_up, .fini = tear_down);

static buffer written(const execution *x)
{
    buffer b;
    buffer_init(&b, &memory, LIMIT_RECORD_BYTES);
    record_write(&b, x);
    cr_assert(!b.failed);
    return b;
}

static void make(execution *x)
{
    begin(x,
          SMS("a", "") SMS("b", ", skip_condition: 'True'") SMS("c", ", skip_condition: 'payload.nope'")
              SMS("d", ""),
          "{\"name\":\"Ada \\\"Q\\\" \\u00e9\"}");
    run(x);
}

Test(execution_record, is_one_json_object_that_a_person_can_read)
{
    execution x;
    make(&x);
    buffer b = written(&x);
    buffer_add_byte(&b, '\0');
    value record = json(b.bytes);
    cr_expect(value_is_text(value_field(&record, "status"), "FAILED"));
    cr_expect(value_is_text(value_field(&record, "started_at"), "1970-01-01T00:00:01.000Z"));
    cr_expect_eq(value_field(value_field(&record, "origin"), "offset")->integer, 40);
    cr_expect_eq(value_field(&record, "steps")->count, 4u);
    cr_expect(value_is_text(value_field(&record, "key"), "key-1"));
}

Test(execution_record, read_back_it_writes_the_same_bytes)
{
    execution x, again;
    error e = {0};
    make(&x);
    buffer first = written(&x);
    cr_assert(record_read(&again, &memory, first.bytes, first.size, &e), "%s", e.message);
    buffer second = written(&again);
    cr_assert_eq(first.size, second.size);
    cr_expect_eq(memcmp(first.bytes, second.bytes, first.size), 0);
}

/* Where room ends in the middle of it, it goes on elsewhere; where none is left, it is a failure. */
Test(execution_record, is_written_whole_or_not_at_all)
{
    execution x;
    make(&x);
    x.due_ms = 2000;
    x.postponed = true;
    buffer whole = written(&x);
    arena a;
    arena_init(&a, 256, 1 << 20);
    for (size_t limit = 0; limit < whole.size + 100; limit++)
        for (size_t room = 0; room <= limit; room += limit > 0 ? limit : 1) {
            buffer b;
            arena_reset(&a);
            buffer_init(&b, &a, limit);
            buffer_expect(&b, room);
            record_write(&b, &x);
            cr_assert_eq(b.failed, limit < whole.size, "a limit of %zu", limit);
            cr_assert(b.failed || (b.size == whole.size && memcmp(b.bytes, whole.bytes, b.size) == 0));
        }
    arena_free(&a);
}

static void expect_time(const value *record, const char *name, int64_t ms)
{
    char text[TIMESTAMP_TEXT_SIZE];
    text[timestamp_format_millis(ms, text)] = '\0';
    const value *v = value_field(record, name);
    cr_assert(ms == 0 ? v->kind == VALUE_NULL : value_is_text(v, text), "%s of %lld", name, (long long)ms);
}

/* Of a second that was written already only the milliseconds are. */
Test(execution_record, has_each_time_as_it_is)
{
    static const int64_t day = 86400000, now = 1795519985123;
    const int64_t times[] = {0,         1,         999,       1000,      1001,    1999,
                             -1,        -999,      -1000,     -1001,     now,     now + 876,
                             now + 877, now - 123, now - 124, now + day, day - 1, INT64_MAX};
    enum { COUNT = sizeof times / sizeof *times };
    execution x;
    make(&x);
    for (size_t i = 0; i < COUNT * COUNT * COUNT; i++) {
        x.started_ms = times[i % COUNT];
        x.completed_ms = times[i / COUNT % COUNT];
        x.steps[0].started_ms = times[i / COUNT / COUNT];
        arena_mark mark = arena_get_mark(&memory);
        buffer b = written(&x);
        value record;
        error e;
        cr_assert(json_read(&memory, b.bytes, b.size, &record, &e));
        expect_time(&record, "started_at", x.started_ms);
        expect_time(&record, "completed_at", x.completed_ms);
        expect_time(&value_field(&record, "steps")->items[0], "started_at", x.steps[0].started_ms);
        arena_rewind(&memory, mark);
    }
}

Test(execution_record, keeps_a_key_of_any_bytes)
{
    execution x, again;
    error e = {0};
    make(&x);
    x.key = value_string("\xFF\x00\x80", 3);
    buffer b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    cr_assert_eq(again.key.count, 3u);
    cr_expect_eq(memcmp(again.key.text, x.key.text, 3), 0);
    x.key = value_null();
    b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    cr_expect_eq(again.key.kind, VALUE_NULL);
}

Test(execution_record, events_made_again_are_the_same_to_the_byte)
{
    execution x, again;
    error e = {0};
    make(&x);
    buffer record = written(&x);
    cr_assert(record_read(&again, &memory, record.bytes, record.size, &e), "%s", e.message);
    buffer first, second;
    buffer_init(&first, &memory, 1 << 20);
    buffer_init(&second, &memory, 1 << 20);
    for (size_t i = 0; i < x.step_count; i++) {
        cr_assert_eq(completion_has_step(&x, i), completion_has_step(&again, i));
        cr_assert_eq(completion_has_step(&x, i), i < 3);
        if (i < 3) {
            completion_write_step(&first, &x, i);
            completion_write_step(&second, &again, i);
        }
    }
    completion_write_execution(&first, &x);
    completion_write_execution(&second, &again);
    cr_assert_eq(first.size, second.size);
    cr_expect_eq(memcmp(first.bytes, second.bytes, first.size), 0);
}

/* A record of format 1 as it was first written: it must stay readable. */
Test(execution_record, reads_format_1)
{
    static const char stored[] =
        "{\"format\":1,\"execution_id\":\"f2214a95-baef-569d-ba33-ea9ea81cc1c3\",\"status\":\"COMPLETED\","
        "\"run\":1,"
        "\"workflow_id\":\"order\",\"workflow_version\":3,\"control_version\":2,\"trigger_id\":\"t-1\","
        "\"recipient\":\"user-1\",\"origin\":{\"topic\":\"carillon.triggers\",\"partition\":5,\"offset\":77},"
        "\"key\":\"k\",\"traceparent\":null,\"tracestate\":null,\"payload\":{\"a\":1},\"metadata\":{},"
        "\"current_step\":1,\"started_at\":\"2026-11-24T11:53:05.123Z\",\"completed_at\":\"2026-11-24T11:53:"
        "05.200Z\","
        "\"steps\":[{\"step_id\":\"mail\",\"step_type\":\"EMAIL\",\"status\":\"COMPLETED\",\"attempt\":1,"
        "\"reason\":null,"
        "\"result\":{\"provider\":\"log\",\"message\":{\"to\":\"x\"}},\"error\":null,"
        "\"started_at\":\"2026-11-24T11:53:05.130Z\",\"completed_at\":\"2026-11-24T11:53:05.199Z\"}]}";
    execution x;
    error e = {0};
    cr_assert(record_read(&x, &memory, stored, sizeof stored - 1, &e), "%s", e.message);
    cr_expect_eq(x.origin.offset, 77);
    cr_expect_eq(x.workflow_version, 3);
    cr_expect_eq(x.control_version, 2);
    cr_expect_eq(x.started_ms, INT64_C(1795521185123));
    cr_expect_eq(x.steps[0].completed_ms, INT64_C(1795521185199));
    buffer b = written(&x);
    cr_assert_eq(b.size, sizeof stored - 1);
    cr_expect_eq(memcmp(b.bytes, stored, b.size), 0);
}

/* A failed one of that time had current_step behind the step that failed; a person may run it again. */
Test(execution_record, reads_a_failure_of_format_1_before_there_were_retries)
{
    static const char stored[] =
        "{\"format\":1,\"execution_id\":\"f2214a95-baef-569d-ba33-ea9ea81cc1c3\",\"status\":\"FAILED\","
        "\"run\":1,"
        "\"workflow_id\":\"order\",\"workflow_version\":3,\"control_version\":0,\"trigger_id\":null,"
        "\"recipient\":\"user-1\",\"origin\":{\"topic\":\"carillon.triggers\",\"partition\":5,\"offset\":77},"
        "\"key\":null,\"traceparent\":null,\"tracestate\":null,\"payload\":{},\"metadata\":{},"
        "\"current_step\":%d,\"started_at\":\"2026-11-24T11:53:05.123Z\",\"completed_at\":"
        "\"2026-11-24T11:53:05.200Z\",\"steps\":["
        "{\"step_id\":\"a\",\"step_type\":\"SMS\",\"status\":\"SKIPPED\",\"attempt\":0,\"reason\":\"no_"
        "address\","
        "\"result\":null,\"error\":null,\"started_at\":\"2026-11-24T11:53:05.130Z\","
        "\"completed_at\":\"2026-11-24T11:53:05.130Z\"},"
        "{\"step_id\":\"b\",\"step_type\":\"SMS\",\"status\":\"FAILED\",\"attempt\":1,\"reason\":null,"
        "\"result\":null,\"error\":{\"code\":\"inbox_refused\",\"message\":\"m\"},"
        "\"started_at\":\"2026-11-24T11:53:05.130Z\",\"completed_at\":\"2026-11-24T11:53:05.199Z\"}%s]}";
    static const char behind[] =
        ",{\"step_id\":\"c\",\"step_type\":\"SMS\",\"status\":\"PENDING\",\"attempt\":0,\"reason\":null,"
        "\"result\":null,\"error\":null,\"started_at\":null,\"completed_at\":null}";
    for (int i = 0; i < 2; i++) {
        execution x;
        error e = {0};
        buffer b;
        buffer_init(&b, &memory, 1 << 16);
        buffer_format(&b, stored, 2, i == 0 ? behind : "");
        cr_assert(record_read(&x, &memory, b.bytes, b.size, &e), "%s", e.message);
        cr_expect_eq(x.current_step, 1u);
        cr_expect_eq(x.steps[1].run, 1);
        cr_expect(execution_retry(&x, 1800000000000));
        cr_expect_eq(x.current_step, 1u);
        cr_expect_eq(x.steps[1].status, STEP_PENDING);
    }
}

/* ---- what waits ---- */

static void make_waiting(execution *x)
{
    trigger t = trigger_of("{\"name\":\"Ada\"}");
    t.expires_ms = 100000;
    begin_trigger(x, SMS("a", "") SMS("b", "") SMS("c", ""), &t);
    cr_assert_eq(execution_advance(x, 1001), EXECUTION_DELIVER);
    execution_delivered(x, "log", value_null(), 1002);
    cr_assert_eq(execution_advance(x, 1003), EXECUTION_DELIVER);
    fail_busy(x, 1004);
    cr_assert_eq(execution_advance(x, 1005), EXECUTION_WAITING);
}

static void make_delivering(execution *x)
{
    make_waiting(x);
    cr_assert_eq(execution_advance(x, x->due_ms), EXECUTION_DELIVER);
}

static void make_cancelled(execution *x)
{
    begin(x, SMS("a", "") SMS("b", ", delay: 1h"), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(x, 1001), EXECUTION_DELIVER);
    execution_delivered(x, "log", value_null(), 1002);
    cr_assert_eq(execution_advance(x, 1003), EXECUTION_WAITING);
    cr_assert(execution_cancel(x, 1004));
}

Test(execution_record, keeps_what_a_waiting_execution_goes_on_with)
{
    execution x, again;
    error e = {0};
    make_waiting(&x);
    buffer b = written(&x);
    buffer_add_byte(&b, '\0');
    value record = json(b.bytes);
    expect_text(*value_field(&record, "due_at"), "1970-01-01T00:00:06.004Z");
    expect_text(*value_field(&record, "expires_at"), "1970-01-01T00:01:40.000Z");
    cr_expect_null(value_field(&record, "reason"));
    cr_assert(record_read(&again, &memory, b.bytes, b.size - 1, &e), "%s", e.message);
    cr_expect_eq(again.due_ms, 6004);
    cr_expect_eq(again.expires_ms, 100000);
    cr_expect_eq(again.steps[1].attempt, 1);
    cr_expect_eq(again.steps[1].status, STEP_PENDING);
    expect_text(*value_field(&again.steps[1].message, "body"), "Hi Ada");
    expect_text(again.steps[1].error_code, "http_503");
}

Test(execution_record, has_no_member_for_what_most_executions_lack)
{
    static const char *const rare[] = {"due_at",  "postponed", "expires_at", "reason\":\"",
                                       "run\":2", "failures",  "message_id", "\"message\":{\"to\"}"};
    execution x;
    begin(&x, SMS("a", ", skip_condition: 'False'"), "{\"name\":\"Ada\"}");
    run(&x);
    buffer b = written(&x);
    for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
        cr_expect_null(memmem(b.bytes, b.size, rare[i], strlen(rare[i])), "%s", rare[i]);
}

Test(execution_record, keeps_the_run_of_each_step)
{
    execution x, again;
    error e = {0};
    make_waiting(&x);
    cr_assert(execution_cancel(&x, 1006));
    cr_assert(execution_retry(&x, 2000));
    cr_assert(execution_resume(&x, compiled, &memory, &e));
    while (execution_advance(&x, 3000) == EXECUTION_DELIVER)
        execution_delivered(&x, "log", value_null(), 3001);
    buffer b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    cr_expect_eq(again.run, 2);
    cr_expect_eq(again.steps[0].run, 1);
    cr_expect_eq(again.steps[1].run, 2);
    buffer second = written(&again);
    cr_assert_eq(b.size, second.size);
    cr_expect_eq(memcmp(b.bytes, second.bytes, b.size), 0);
}

/* ---- several providers ---- */

static void refuse_once(execution *x, const char *provider, bool more, int64_t now_ms)
{
    delivery_failure f = busy();
    f.provider = provider;
    f.more = more;
    f.retry_after_ms = more ? 2000 : 0;
    f.unknown = !more;
    execution_delivery_failed(x, &f, EVEN, now_ms);
}

/* Its first provider has refused, and its second one is asked. */
static void make_routed(execution *x)
{
    begin(x, SMS("a", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(x, 1001), EXECUTION_DELIVER);
    refuse_once(x, "first", true, 1002);
    execution_choose(x, "second");
}

static void make_postponed(execution *x)
{
    make_routed(x);
    execution_postpone(x, 2000, 1003);
}

static void expect_again(const execution *x)
{
    execution again;
    error e = {0};
    buffer first = written(x);
    cr_assert(record_read(&again, &memory, first.bytes, first.size, &e), "%s: %.*s", e.message,
              (int)first.size, first.bytes);
    buffer second = written(&again);
    cr_assert_eq(first.size, second.size);
    cr_expect_eq(memcmp(first.bytes, second.bytes, first.size), 0);
}

Test(execution_record, says_who_is_asked_and_who_has_refused)
{
    static const char asked[] = "\"provider\":\"second\",\"failures\":[{";
    execution x, again;
    error e = {0};
    make_routed(&x);
    buffer b = written(&x);
    cr_expect_not_null(memmem(b.bytes, b.size, asked, sizeof asked - 1), "%.*s", (int)b.size, b.bytes);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    const step_failure *f = &again.steps[0].failures[0];
    expect_text(again.steps[0].provider, "second");
    cr_assert_eq(again.steps[0].failure_count, 1u);
    cr_expect_eq(f->attempt, 1);
    cr_expect_eq(f->at_ms, 1002);
    cr_expect_eq(f->retry_after_ms, 2000);
    cr_expect(f->retriable);
    cr_expect_not(f->unknown);
    expect_text(f->provider, "first");
    expect_text(f->code, "http_503");
    cr_assert(execution_resume(&again, compiled, &memory, &e), "%s", e.message);
    refuse_once(&again, "second", false, 1004);
    cr_expect_eq(again.due_ms, 1004 + 5000);
    expect_again(&again);
    cr_assert_eq(execution_advance(&again, again.due_ms), EXECUTION_DELIVER);
    execution_delivered(&again, "first", value_cstring("id-1"), 9000);
    expect_again(&again);
    b = written(&again);
    cr_assert(record_read(&x, &memory, b.bytes, b.size, &e), "%s", e.message);
    expect_text(x.steps[0].provider, "first");
    cr_expect_eq(x.steps[0].failure_count, 2u);
    cr_expect(x.steps[0].failures[1].unknown);
}

Test(execution_record, a_result_that_was_given_up_leaves_its_provider)
{
    execution x, again;
    error e = {0};
    make_routed(&x);
    execution_delivered(&x, "second", value_null(), 1100);
    x.steps[0].result = value_null();
    expect_again(&x);
    buffer b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    expect_text(again.steps[0].provider, "second");
}

Test(execution_record, keeps_a_postponement)
{
    execution x, again;
    error e = {0};
    make_postponed(&x);
    expect_again(&x);
    buffer b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    cr_expect(again.postponed);
    cr_expect_eq(again.due_ms, 2000);
    cr_expect_eq(again.steps[0].attempt, 0);
    cr_assert(execution_resume(&again, compiled, &memory, &e), "%s", e.message);
    cr_assert_eq(execution_advance(&again, 2000), EXECUTION_DELIVER);
    cr_expect_eq(again.steps[0].attempt, 1);
    cr_expect(execution_has_asked(&again, "first"));
}

Test(execution_record, room_for_failures_is_the_same_behind_a_reading)
{
    enum { BEHIND = 4096 };
    static const char untouched[BEHIND];
    execution x, again;
    error e = {0};
    make_routed(&x);
    buffer b = written(&x);
    cr_assert(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
    const char *behind = arena_calloc(&memory, 1, BEHIND);
    cr_assert(execution_resume(&again, compiled, &memory, &e), "%s", e.message);
    for (int i = 0; i < LIMIT_FAILURES_KEPT; i++)
        refuse_once(&again, i % 2 == 0 ? "third" : "fourth", true, 1100 + i);
    cr_expect_eq(again.steps[0].failure_count, (size_t)LIMIT_FAILURES_KEPT);
    expect_text(again.steps[0].failures[0].provider, "third");
    cr_expect_arr_eq(behind, untouched, BEHIND);
}

/* A payload may be as deep as any value, and a record is deeper. */
Test(execution_record, holds_a_payload_as_deep_as_payloads_may_be)
{
    execution x, again;
    error e = {0};
    char deep[2 * LIMIT_VALUE_DEPTH + 1];
    memset(deep, '[', LIMIT_VALUE_DEPTH);
    memset(deep + LIMIT_VALUE_DEPTH, ']', LIMIT_VALUE_DEPTH);
    deep[2 * LIMIT_VALUE_DEPTH] = '\0';
    make(&x);
    x.payload = json(deep);
    buffer b = written(&x);
    cr_expect(record_read(&again, &memory, b.bytes, b.size, &e), "%s", e.message);
}

/* ---- what is refused ---- */

static void expect_refused(const char *text, size_t size, const char *what)
{
    execution again;
    error e = {0};
    cr_expect_not(record_read(&again, &memory, text, size, &e), "%s", what);
    cr_expect_eq(e.code, ERROR_RECORD, "%s: %s", what, e.message);
}

/* The record with the last occurrence of a text changed. */
static void refuses_change(const execution *x, const char *from, const char *to)
{
    buffer b = written(x), changed;
    const char *at = NULL, *next = b.bytes;
    while ((next = memmem(next, b.size - (size_t)(next - b.bytes), from, strlen(from))) != NULL)
        at = next++;
    cr_assert_not_null(at, "no %s in %.*s", from, (int)b.size, b.bytes);
    buffer_init(&changed, &memory, LIMIT_RECORD_BYTES);
    buffer_add(&changed, b.bytes, (size_t)(at - b.bytes));
    buffer_add_text(&changed, to);
    buffer_add(&changed, at + strlen(from), b.size - (size_t)(at - b.bytes) - strlen(from));
    expect_refused(changed.bytes, changed.size, to);
}

Test(execution_record, refuses_states_that_no_execution_leaves)
{
    execution x;
    make_waiting(&x);
    refuses_change(&x, "\"status\":\"RUNNING\"", "\"status\":\"COMPLETED\"");
    refuses_change(&x, "\"status\":\"RUNNING\"", "\"status\":\"FAILED\"");
    refuses_change(&x, "\"status\":\"RUNNING\"", "\"status\":\"PENDING\"");
    refuses_change(&x, "\"current_step\":1", "\"current_step\":0");
    refuses_change(&x, "\"current_step\":1", "\"current_step\":2");
    refuses_change(&x, "\"current_step\":1", "\"current_step\":3");
    refuses_change(&x, "\"current_step\":1", "\"current_step\":4");
    refuses_change(&x, ",\"due_at\":\"1970-01-01T00:00:06.004Z\"", "");
    refuses_change(&x, "\"due_at\":\"1970-01-01T00:00:06.004Z\"", "\"due_at\":\"soon\"");
    refuses_change(&x, "\"due_at\":", "\"reason\":\"cancelled\",\"due_at\":");
    refuses_change(&x, "\"attempt\":1,\"reason\":null,\"result\":null",
                   "\"attempt\":0,\"reason\":null,\"result\":null");
    refuses_change(&x, "\"status\":\"PENDING\",\"attempt\":1", "\"status\":\"PENDING\",\"attempt\":100");
    refuses_change(&x, "\"status\":\"COMPLETED\",\"attempt\":1", "\"status\":\"COMPLETED\",\"attempt\":101");
    refuses_change(&x, ",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}", "}");
    refuses_change(&x, "\"status\":\"PENDING\",\"attempt\":1", "\"status\":\"EXECUTING\",\"attempt\":1");
    refuses_change(&x, "\"status\":\"COMPLETED\",\"attempt\":1", "\"status\":\"COMPLETED\",\"attempt\":0");
    refuses_change(&x, "\"status\":\"COMPLETED\",\"attempt\":1", "\"status\":\"SKIPPED\",\"attempt\":1");
    refuses_change(&x, "\"status\":\"COMPLETED\",\"attempt\":1", "\"status\":\"FAILED\",\"attempt\":1");
    refuses_change(&x, "\"status\":\"COMPLETED\",\"attempt\":1", "\"status\":\"PENDING\",\"attempt\":1");
    refuses_change(&x, "\"completed_at\":\"1970-01-01T00:00:01.002Z\"",
                   "\"completed_at\":\"1970-01-01T00:00:01.002Z\",\"run\":2");
    refuses_change(&x, "\"completed_at\":\"1970-01-01T00:00:01.002Z\"", "\"completed_at\":null");
    refuses_change(&x, "\"completed_at\":null,\"due_at\"",
                   "\"completed_at\":\"1970-01-01T00:00:01.002Z\",\"due_at\"");
    refuses_change(&x,
                   "\"result\":{\"provider\":\"log\",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}",
                   "\"result\":{\"provider\":\"log\",\"message\":\"Hi Ada\"}");
    refuses_change(&x, "\"started_at\":null", "\"started_at\":\"1970-01-01T00:00:01.002Z\"");
}

Test(execution_record, refuses_ends_that_no_step_comes_to)
{
    static const char failure[] =
        "\"error\":{\"code\":\"c\",\"message\":\"m\"},\"started_at\":\"1970-01-01T00:00:01.001Z\"";
    execution x;
    make_waiting(&x);
    refuses_change(&x, "\"reason\":null,\"result\":{", "\"reason\":\"expired\",\"result\":{");
    refuses_change(&x, "\"error\":null,\"started_at\":\"1970-01-01T00:00:01.001Z\"", failure);
    refuses_change(&x, "\"reason\":null,\"result\":null", "\"reason\":\"expired\",\"result\":null");
    x.steps[2] = x.steps[0];
    buffer b = written(&x);
    expect_refused(b.bytes, b.size, "a step that ended before its turn");
    make(&x);
    refuses_change(&x, "\"status\":\"SKIPPED\",\"attempt\":0", "\"status\":\"SKIPPED\",\"attempt\":1");
    refuses_change(&x, "\"skip_condition\",\"result\":null",
                   "\"skip_condition\",\"result\":{\"provider\":\"log\",\"message\":{}}");
    begin(&x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, 1001), EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1002);
    refuses_change(&x, "\"current_step\":1", "\"current_step\":0");
}

Test(execution_record, refuses_states_that_no_delivery_and_no_cancelling_leave)
{
    execution x;
    make_delivering(&x);
    refuses_change(&x, "\"status\":\"EXECUTING\"", "\"status\":\"PENDING\"");
    refuses_change(&x, "\"status\":\"RUNNING\"", "\"status\":\"FAILED\"");
    refuses_change(&x, "\"expires_at\"", "\"due_at\":\"1970-01-01T00:00:06.004Z\",\"expires_at\"");
    x.steps[1].failure_count = 0;
    refuses_change(&x, "\"status\":\"EXECUTING\",\"attempt\":2", "\"status\":\"EXECUTING\",\"attempt\":1");
    x.steps[1].attempt = x.steps[1].started_ms = 0;
    x.steps[1].message = x.steps[1].error_code = value_null();
    buffer b = written(&x);
    expect_refused(b.bytes, b.size, "a delivery without an attempt");
    make_cancelled(&x);
    refuses_change(&x, ",\"reason\":\"cancelled\"", "");
    refuses_change(&x, "\"status\":\"FAILED\"", "\"status\":\"RUNNING\"");
    refuses_change(&x, "\"status\":\"FAILED\"", "\"status\":\"PENDING\"");
    refuses_change(&x, ",\"reason\":\"cancelled\"",
                   ",\"due_at\":\"1970-01-01T00:00:06.004Z\",\"reason\":\"cancelled\"");
}

Test(execution_record, refuses_failures_that_no_attempt_leaves)
{
    static const char failure[] = "{\"attempt\":1,\"provider\":\"first\",\"code\":\"http_503\","
                                  "\"at\":\"1970-01-01T00:00:01.002Z\",";
    execution x;
    buffer many;
    make_routed(&x);
    buffer_init(&many, &memory, 1 << 16);
    for (int i = 0; i < LIMIT_FAILURES_KEPT; i++)
        buffer_format(&many, "%s\"retriable\":true},", failure);
    buffer_add(&many, failure, sizeof failure);
    refuses_change(&x, failure, many.bytes);
    refuses_change(&x, "\"failures\":[{\"attempt\":1", "\"failures\":[{\"attempt\":2");
    refuses_change(&x, "\"failures\":[{\"attempt\":1", "\"failures\":[{\"attempt\":0");
    refuses_change(&x, "\"failures\":[{", "\"failures\":[1,{");
    refuses_change(&x, "\"provider\":\"first\",", "");
    refuses_change(&x, "\"provider\":\"first\"", "\"provider\":1");
    refuses_change(&x, "\"provider\":\"second\"", "\"provider\":null");
    refuses_change(&x, "\"code\":\"http_503\",\"at\"", "\"code\":null,\"at\"");
    refuses_change(&x, "\"at\":\"1970-01-01T00:00:01.002Z\"", "\"at\":null");
    refuses_change(&x, "\"at\":\"1970-01-01T00:00:01.002Z\"", "\"at\":\"then\"");
    refuses_change(&x, "\"retriable\":true", "\"retriable\":1");
    refuses_change(&x, "\"retry_after_ms\":2000", "\"retry_after_ms\":0");
    refuses_change(&x, "\"retry_after_ms\":2000", "\"retry_after_ms\":86400001");
    refuse_once(&x, "second", false, 1003);
    refuses_change(&x, "\"attempt\":1,\"provider\":\"second\"", "\"attempt\":2,\"provider\":\"second\"");
    refuses_change(&x, ",\"failures\"", ",\"provider\":\"second\",\"failures\"");
    cr_assert_eq(execution_advance(&x, x.due_ms), EXECUTION_DELIVER);
    refuses_change(&x, "\"failures\":[{\"attempt\":1", "\"failures\":[{\"attempt\":2");
}

Test(execution_record, refuses_postponements_that_no_execution_leaves)
{
    execution x;
    make_postponed(&x);
    refuses_change(&x, ",\"postponed\":true", "");
    refuses_change(&x, "\"postponed\":true", "\"postponed\":\"true\"");
    refuses_change(&x, "\"attempt\":1,\"provider\"", "\"attempt\":2,\"provider\"");
    make_routed(&x);
    refuses_change(&x, ",\"steps\":", ",\"postponed\":true,\"steps\":");
}

/* Ids become parts of others, in bounded room. */
Test(execution_record, refuses_ids_beyond_their_bounds)
{
    execution x;
    char name[2048] = "\"step_id\":\"";
    memset(name + strlen(name), 'i', LIMIT_IDENTIFIER_BYTES + 1);
    strcat(name, "\"");
    make(&x);
    refuses_change(&x, "\"step_id\":\"a\"", name);
    memcpy(name, "\"recipient\":\"", strlen("\"recipient\":\""));
    memset(name + strlen("\"recipient\":\""), 'r', LIMIT_RECIPIENT_BYTES + 1);
    strcpy(name + strlen("\"recipient\":\"") + LIMIT_RECIPIENT_BYTES + 1, "\"");
    refuses_change(&x, "\"recipient\":\"user-1\"", name);
}

/* Whatever Redis holds under the key: an error, never a crash. Cuts and single changed bytes stand for the
 * rest. */
Test(execution_record, refuses_what_is_no_record)
{
    execution x, again;
    error e = {0};
    make(&x);
    buffer b = written(&x);
    for (size_t size = 0; size < b.size; size++) {
        arena_mark mark = arena_get_mark(&memory);
        cr_expect_not(record_read(&again, &memory, b.bytes, size, &e));
        cr_expect_eq(e.code, ERROR_RECORD);
        arena_rewind(&memory, mark);
    }
    static const char *const bad[] = {"[]", "{}", "null", "{\"format\":2}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_not(record_read(&again, &memory, bad[i], strlen(bad[i]), &e));
        cr_expect_eq(e.code, ERROR_RECORD);
    }
}
