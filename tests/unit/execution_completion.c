#include "engine/execution/completion.h"

#include "tests/unit/event_peer.h"

TestSuite(execution_completion, .init = set_up, .fini = tear_down);

static value step_event(const execution *x, size_t index)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    completion_write_step(&b, x, index);
    return peer_reads(completion_step_schema, &b);
}

Test(execution_completion, says_what_its_schema_says)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ", skip_condition: 'True'") SMS("c", ", skip_condition: 'payload.nope'"),
          "{\"name\":\"Ada\"}");
    run(&x);

    value done = step_event(&x, 0);
    expect_field(&done, "execution_id", x.id.text);
    expect_field(&done, "event_id", identity_of_event(&x.id, &x.steps[0].step_id, 1).text);
    expect_field(&done, "workflow_id", "orders");
    expect_field(&done, "step_id", "a");
    expect_field(&done, "step_type", "SMS");
    expect_field(&done, "recipient", "user-1");
    expect_field(&done, "status", "COMPLETED");
    expect_field(&done, "result",
                 "{\"provider\":\"log\",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}");
    cr_expect_eq(value_field(&done, "reason")->kind, VALUE_NULL);
    cr_expect_eq(value_field(&done, "error")->kind, VALUE_NULL);
    cr_expect_eq(value_field(&done, "attempt")->integer, 1);
    cr_expect_eq(value_field(&done, "completed_at")->integer, BEGAN_MS + TICK_MS);

    value skipped = step_event(&x, 1);
    expect_field(&skipped, "status", "SKIPPED");
    expect_field(&skipped, "reason", "skip_condition");
    cr_expect_eq(value_field(&skipped, "result")->kind, VALUE_NULL);

    value failed = step_event(&x, 2);
    expect_field(&failed, "status", "FAILED");
    expect_field(value_field(&failed, "error")->kind == VALUE_MAP
                     ? &value_field(&failed, "error")->members[0].value
                     : &failed,
                 "code", "evaluation_failed");

    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    completion_write_execution(&b, &x);
    value ended = peer_reads(completion_execution_schema, &b);
    expect_field(&ended, "status", "FAILED");
    expect_field(&ended, "trigger_id", "t-1");
    expect_field(&ended, "event_id",
                 identity_of_event(&x.id, &(value){.kind = VALUE_STRING, .text = ""}, 1).text);
    cr_expect_eq(value_field(&ended, "steps_completed")->integer, 1);
    cr_expect_eq(value_field(&ended, "steps_skipped")->integer, 1);
    cr_expect_eq(value_field(&ended, "steps_failed")->integer, 1);
    cr_expect_eq(value_field(&ended, "started_at")->integer, BEGAN_MS);
}

static value execution_event(const execution *x)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    completion_write_execution(&b, x);
    return peer_reads(completion_execution_schema, &b);
}

Test(execution_completion, is_there_for_what_has_ended)
{
    execution x;
    begin(&x, SMS("a", ""), "{\"name\":\"Ada\"}");
    cr_expect_not(execution_ended(&x));
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    cr_expect_not(execution_ended(&x));
    cr_expect_not(completion_has_step(&x, 0));
    execution_delivered(&x, "log", value_null(), 1100);
    cr_expect(execution_ended(&x));
    cr_expect(completion_has_step(&x, 0));
    value event = execution_event(&x);
    cr_expect_eq(value_field(&event, "reason")->kind, VALUE_NULL);
}

Test(execution_completion, says_that_an_execution_was_cancelled)
{
    execution x;
    begin(&x, SMS("a", ", delay: 1h"), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_WAITING);
    cr_assert(execution_cancel(&x, 1100));
    value event = execution_event(&x);
    expect_field(&event, "status", "FAILED");
    expect_field(&event, "reason", "cancelled");
    cr_expect_eq(value_field(&event, "steps_failed")->integer, 0);
}

/* What was told of a step stays true in later runs; what ends in them is another event. */
Test(execution_completion, a_step_is_told_by_the_run_in_which_it_ended)
{
    execution x;
    error e = {0};
    buffer before, after;
    buffer_init(&before, &memory, 1 << 20);
    buffer_init(&after, &memory, 1 << 20);
    begin(&x, SMS("a", "") SMS("b", ", retry: {max_attempts: 1}"), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1100);
    cr_assert_eq(execution_advance(&x, 1100), EXECUTION_DELIVER);
    fail_busy(&x, 1200);
    completion_write_step(&before, &x, 0);
    value failed = step_event(&x, 1), failed_execution = execution_event(&x);
    cr_assert(execution_retry(&x, 2000));
    cr_assert(execution_resume(&x, compiled, &memory, &e));
    cr_assert_eq(execution_advance(&x, 2000), EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 2100);
    completion_write_step(&after, &x, 0);
    cr_assert_eq(before.size, after.size);
    cr_expect_eq(memcmp(before.bytes, after.bytes, before.size), 0);
    value done = step_event(&x, 1), done_execution = execution_event(&x);
    cr_expect_eq(value_field(&failed, "run")->integer, 1);
    cr_expect_eq(value_field(&done, "run")->integer, 2);
    expect_field(&done, "event_id", identity_of_event(&x.id, &x.steps[1].step_id, 2).text);
    expect_field(&done, "status", "COMPLETED");
    cr_expect_eq(value_field(&done, "error")->kind, VALUE_NULL);
    cr_expect_not(value_equal(value_field(&failed, "event_id"), value_field(&done, "event_id")));
    cr_expect_not(
        value_equal(value_field(&failed_execution, "event_id"), value_field(&done_execution, "event_id")));
}

static value filled(size_t size)
{
    char *text = arena_alloc(&memory, size);
    cr_assert_not_null(text);
    return value_string(memset(text, 'x', size), size);
}

/* Room is taken for a whole event at once: numbers that take the most bytes, texts around where their length
 * takes one more, and bodies as large as what the buffer has first. */
Test(execution_completion, has_room_for_everything_at_its_largest)
{
    execution x;
    begin(&x, SMS("a", ""), "{\"name\":\"Ada\"}");
    run(&x);
    x.workflow_version = x.run = INT32_MAX;
    x.started_ms = x.completed_ms = INT64_MAX;
    step_state *s = &x.steps[0];
    s->status = STEP_FAILED;
    s->run = s->attempt = INT32_MAX;
    s->started_ms = s->completed_ms = INT64_MAX;
    for (size_t size = 0; size < 20000; size = size * 5 / 4 + 1) {
        x.workflow_id = x.recipient = x.trigger_id = x.reason = filled(size);
        s->step_type = s->reason = s->result = s->error_code = s->error_message = filled(size);
        value told = step_event(&x, 0), whole = execution_event(&x);
        cr_expect_eq(value_field(&told, "recipient")->count, size);
        cr_expect_eq(value_field(&told, "completed_at")->integer, INT64_MAX);
        cr_expect_eq(value_field(&whole, "run")->integer, INT32_MAX);
    }
}

/* The bound is on what is written, within what the numbers could take. */
Test(execution_completion, fails_where_there_is_no_room)
{
    execution x;
    buffer b;
    begin(&x, SMS("a", ""), "{\"name\":\"Ada\"}");
    run(&x);
    x.steps[0].result = filled(1000);
    buffer_init(&b, &memory, 1000);
    completion_write_step(&b, &x, 0);
    cr_expect(b.failed);
    x.trigger_id = filled(1000);
    buffer_init(&b, &memory, 1000);
    completion_write_execution(&b, &x);
    cr_expect(b.failed);
    cr_expect_eq(b.size, 0u);
}

/* Ids are made for several events at once, of which there are more than that here; a step that was not run
 * gets none.
 */
Test(execution_completion, listed_events_are_those_that_are_written_one_by_one)
{
    execution x;
    completion_list list;
    begin(&x,
          SMS("a", "") SMS("b", "") SMS("c", ", skip_condition: 'True'") SMS("d", "") SMS("e", "")
              SMS("f", "") SMS("g", "") SMS("h", "") SMS("i", "") SMS("j", ", retry: {max_attempts: 1}")
                  SMS("k", ""),
          "{\"name\":\"Ada\"}");
    while (execution_advance(&x, BEGAN_MS) == EXECUTION_DELIVER)
        if (x.current_step == 9)
            fail_busy(&x, BEGAN_MS);
        else
            execution_delivered(&x, "log", value_null(), BEGAN_MS);
    for (size_t first = 0; first <= x.step_count; first++) {
        size_t next = first, index = first;
        while (completion_next(&x, &next, &list)) {
            cr_assert_leq(list.count, (size_t)COMPLETIONS_AT_ONCE);
            for (size_t i = 0; i < list.count; i++, index++) {
                index += index == 10; /* never run */
                buffer one, listed;
                buffer_init(&one, &memory, 1 << 20);
                buffer_init(&listed, &memory, 1 << 20);
                if (index == x.step_count)
                    completion_write_execution(&one, &x);
                else
                    completion_write_step(&one, &x, index);
                cr_assert_eq(list.indices[i], index);
                completion_write(&listed, &x, index, &list.ids[i]);
                cr_assert_eq(one.size, listed.size);
                cr_expect_eq(memcmp(one.bytes, listed.bytes, one.size), 0, "%zu", index);
            }
        }
        cr_expect_eq(index, x.step_count + 1, "from %zu", first);
    }
}

Test(execution_completion, nothing_is_listed_before_it_has_ended)
{
    execution x;
    completion_list list;
    size_t next = 0;
    begin(&x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    cr_expect_not(completion_next(&x, &next, &list));
    execution_delivered(&x, "log", value_null(), BEGAN_MS);
    next = 0;
    cr_assert(completion_next(&x, &next, &list));
    cr_expect_eq(list.count, 1u);
    cr_expect_not(completion_next(&x, &next, &list));
}
