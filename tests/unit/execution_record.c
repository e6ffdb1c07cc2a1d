#include "engine/execution/record.h"

#include "engine/execution/completion.h"
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
