/* What comes from outside a run: unknown outcomes, cancelling, running again. */
#include "engine/execution/completion.h"
#include "engine/execution/record.h"
#include "tests/unit/execution_run.h"

TestSuite(execution_people, .init = set_up, .fini = tear_down);

#define RETRY ", retry: {max_attempts: 3, initial: 1s, multiplier: 2, jitter: 0}"
#define ADA "{\"name\":\"Ada\"}"

/* ---- unknown outcomes ---- */

Test(execution_people, an_unknown_outcome_is_the_same_attempt_again)
{
    execution x;
    begin(&x, SMS("a", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect(execution_is_delivering(&x));
    execution_delivery_unknown(&x, true, 1500);
    expect_need(&x, 1500, EXECUTION_DELIVER);
    cr_expect_eq(x.steps[0].attempt, 1);
}

Test(execution_people, an_unknown_outcome_may_fail_the_step)
{
    execution x;
    begin(&x, SMS("a", ", on_failure: continue") SMS("b", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    execution_delivery_unknown(&x, false, 1500);
    expect_sound(&x);
    expect_text(x.steps[0].error_code, "unknown_outcome");
    expect_need(&x, 1500, EXECUTION_DELIVER);
    cr_expect_eq(x.current_step, 1u);
}

Test(execution_people, an_unknown_outcome_is_not_tried_again_after_expiry_or_cancelling)
{
    execution x;
    trigger t = trigger_of(ADA);
    t.expires_ms = 1400;
    begin_trigger(&x, SMS("a", ""), &t);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    execution_delivery_unknown(&x, true, 1401);
    expect_text(x.steps[0].error_code, "unknown_outcome");
    cr_expect_eq(x.status, EXECUTION_FAILED);

    begin(&x, SMS("a", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect(execution_cancel(&x, 1100));
    execution_delivery_unknown(&x, true, 1101);
    expect_need(&x, 1102, EXECUTION_ENDED);
    expect_text(x.steps[0].error_code, "unknown_outcome");
    expect_text(x.reason, "cancelled");
}

/* ---- cancelling ---- */

Test(execution_people, cancelled_before_its_next_step_it_ends_at_once)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ", delay: 1h"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1100);
    expect_need(&x, 1100, EXECUTION_WAITING);
    cr_expect(execution_cancel(&x, 2000));
    expect_need(&x, 2001, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.completed_ms, 2000);
    cr_expect_eq(x.due_ms, 0);
    expect_text(x.reason, "cancelled");
    cr_expect_eq(x.steps[1].status, STEP_PENDING);
    cr_expect(completion_has_step(&x, 0));
    cr_expect_not(completion_has_step(&x, 1), "what never ran has no event");
    cr_expect_not(execution_cancel(&x, 2002), "it has ended");
}

Test(execution_people, cancelled_before_it_began_it_has_no_step)
{
    execution x;
    begin(&x, SMS("a", ""), ADA);
    cr_expect(execution_cancel(&x, 1001));
    expect_need(&x, 1001, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_not(completion_has_step(&x, 0));
}

Test(execution_people, cancelled_between_attempts_its_step_has_failed)
{
    execution x;
    begin(&x, SMS("a", RETRY ", on_failure: continue") SMS("b", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1100);
    cr_expect(execution_cancel(&x, 1200));
    expect_need(&x, 5000, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.reason, "cancelled");
    cr_expect_eq(x.steps[0].status, STEP_FAILED);
    expect_text(x.steps[0].error_code, "cancelled");
    expect_text(x.steps[0].error_message,
                "cancelled before attempt 2; the last one: http_503, provider post: it answered 503");
    cr_expect_eq(x.steps[1].status, STEP_PENDING, "on_failure does not matter");
    cr_expect_eq(x.current_step, 0u, "another run begins with this step");
}

Test(execution_people, cancelled_during_a_delivery_it_ends_after_it)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect(execution_cancel(&x, 1050));
    expect_need(&x, 1050, EXECUTION_DELIVER);
    cr_expect(execution_cancel(&x, 1060), "it has not ended yet");
    execution_delivered(&x, "log", value_null(), 1100);
    expect_need(&x, 1101, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.completed_ms, 1100);
    cr_expect_eq(x.steps[0].status, STEP_COMPLETED, "what was delivered was delivered");
    cr_expect_eq(x.steps[1].status, STEP_PENDING);
}

Test(execution_people, cancelled_during_a_delivery_that_fails_there_is_no_other_attempt)
{
    execution x;
    begin(&x, SMS("a", RETRY ", on_failure: continue") SMS("b", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect(execution_cancel(&x, 1050));
    fail_busy(&x, 1100);
    expect_need(&x, 1101, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.reason, "cancelled");
    expect_text(x.steps[0].error_code, "http_503");
    cr_expect_eq(x.steps[1].status, STEP_PENDING);
}

Test(execution_people, cancelled_during_its_last_delivery_nothing_is_left_to_cancel)
{
    execution x;
    begin(&x, SMS("a", ""), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect(execution_cancel(&x, 1050));
    execution_delivered(&x, "log", value_null(), 1100);
    expect_need(&x, 1101, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.reason.kind, VALUE_NULL);
}

/* Who cancels or retries may have nothing but the record. */
Test(execution_people, cancelling_and_retrying_need_no_workflow)
{
    execution x, stored;
    error e = {0};
    buffer record;
    buffer_init(&record, &memory, LIMIT_RECORD_BYTES);
    begin(&x, SMS("a", RETRY), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1100);
    record_write(&record, &x);
    cr_assert(record_read(&stored, &memory, record.bytes, record.size, &e), "%s", e.message);
    cr_expect(execution_cancel(&stored, 1200));
    expect_sound(&stored);
    cr_expect(execution_retry(&stored, 1300));
    expect_sound(&stored);
    cr_expect_eq(stored.run, 2);
}

/* ---- running again ---- */

static void resume(execution *x)
{
    error e = {0};
    cr_assert(execution_resume(x, compiled, &memory, &e), "%s", e.message);
}

Test(execution_people, runs_again_from_the_step_that_failed)
{
    execution x;
    begin(&x,
          SMS("a", "") SMS("b", RETRY) "  - {step_id: c, step_type: SMS, name: c, config: {to: x, body: "
                                       "'{{ execution.run }} {{ steps.a.message.body }} {{ now }}'}}\n",
          ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1010);
    step_state first = x.steps[0];
    expect_need(&x, 1020, EXECUTION_DELIVER);
    fail_busy(&x, 1030);
    expect_need(&x, 3000, EXECUTION_DELIVER);
    execution_delivery_unknown(&x, false, 3100);
    expect_need(&x, 3100, EXECUTION_ENDED);

    cr_expect(execution_retry(&x, 9000));
    expect_sound(&x);
    cr_expect_eq(x.status, EXECUTION_PENDING);
    cr_expect_eq(x.run, 2);
    cr_expect_eq(x.completed_ms, 0);
    cr_expect_eq(x.steps[1].attempt, 0);
    cr_expect_eq(x.steps[1].error_code.kind, VALUE_NULL);
    resume(&x);
    expect_need(&x, 9001, EXECUTION_DELIVER);
    cr_expect_eq(x.current_step, 1u);
    cr_expect_eq(x.steps[1].attempt, 1);
    cr_expect_eq(x.steps[1].started_ms, 9001);
    execution_delivered(&x, "log", value_null(), 9002);
    expect_need(&x, 9003, EXECUTION_DELIVER);
    expect_text(*value_field(execution_message(&x), "body"), "2 Hi Ada 1970-01-01T00:00:01.000Z");
    execution_delivered(&x, "log", value_null(), 9004);
    expect_need(&x, 9005, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.started_ms, BEGAN_MS);
    cr_expect_eq(x.steps[0].run, 1);
    cr_expect_eq(x.steps[1].run, 2);
    cr_expect_eq(x.steps[0].completed_ms, first.completed_ms, "what was completed is frozen");
    cr_expect_eq(x.steps[0].result.text, first.result.text);
}

Test(execution_people, runs_again_what_was_cancelled)
{
    execution x;
    begin(&x, SMS("a", ", on_failure: continue, retry: {max_attempts: 1}") SMS("b", ", delay: 1h"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1100);
    expect_need(&x, 1100, EXECUTION_WAITING);
    cr_expect(execution_cancel(&x, 1200));
    cr_expect(execution_retry(&x, 5000));
    expect_sound(&x);
    cr_expect_eq(x.reason.kind, VALUE_NULL);
    resume(&x);
    expect_need(&x, 5000, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 5000 + 3600000, "the delay begins again");
    cr_expect_eq(x.steps[0].status, STEP_FAILED, "a failure that did not end it is frozen");
    cr_expect_eq(x.current_step, 1u);
}

Test(execution_people, runs_again_only_what_has_failed_and_not_expired)
{
    execution x;
    trigger t = trigger_of(ADA);
    t.expires_ms = 5000;
    begin_trigger(&x, SMS("a", ""), &t);
    cr_expect_not(execution_retry(&x, 1000), "pending");
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    cr_expect_not(execution_retry(&x, 1000), "running");
    execution_delivery_unknown(&x, false, 1100);
    cr_expect_not(execution_retry(&x, 5001), "nothing would run");
    cr_expect(execution_retry(&x, 5000));

    begin(&x, SMS("a", ""), ADA);
    run(&x);
    cr_expect_not(execution_retry(&x, 2000), "completed");
}
