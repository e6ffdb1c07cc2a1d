/* What an execution waits for: a step's delay, its next attempt; and when it no longer does. */
#include "tests/unit/execution_run.h"

TestSuite(execution_wait, .init = set_up, .fini = tear_down);

#define RETRY ", retry: {max_attempts: 3, initial: 1s, multiplier: 2, jitter: 0}"
#define ADA "{\"name\":\"Ada\"}"

/* ---- delay ---- */

Test(execution_wait, a_delayed_step_is_looked_at_when_it_is_due)
{
    execution x;
    begin(&x, SMS("a", ", delay: 1m, skip_condition: 'False'"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_WAITING);
    cr_expect_eq(x.status, EXECUTION_RUNNING);
    cr_expect_eq(x.due_ms, BEGAN_MS + 60000);
    cr_expect_eq(x.steps[0].started_ms, 0);
    expect_need(&x, BEGAN_MS + 59999, EXECUTION_WAITING);
    expect_need(&x, BEGAN_MS + 60000, EXECUTION_DELIVER);
    cr_expect_eq(x.due_ms, 0);
    cr_expect_eq(x.steps[0].started_ms, BEGAN_MS + 60000);
}

Test(execution_wait, a_delay_is_evaluated_once)
{
    execution x;
    begin(&x, SMS("a", ", delay: 'payload.amount'") SMS("b", ", delay: 'payload.amount'"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, BEGAN_MS + 7000);
    expect_need(&x, BEGAN_MS + 6999, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, BEGAN_MS + 7000);
    expect_need(&x, 50000, EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 50001);
    expect_need(&x, 50001, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 57001, "from when the step became the current one");
}

Test(execution_wait, a_delay_in_the_past_does_not_wait)
{
    execution x;
    begin(&x, SMS("a", ", delay: '0 - payload.amount'") SMS("b", ", delay: \"'1969-12-31T23:00:00Z'\""), ADA);
    run(&x);
    expect_sound(&x);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.completed_ms, BEGAN_MS + 2 * TICK_MS);
}

Test(execution_wait, a_delay_that_cannot_be_evaluated_fails_its_step)
{
    execution x;
    begin(&x, SMS("a", ", delay: \"payload['secret']\""), ADA);
    expect_need(&x, 1001, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.steps[0].error_code, "evaluation_failed");
    cr_expect_eq(x.steps[0].started_ms, 1001);
    cr_expect_eq(x.steps[0].attempt, 0);
}

/* ---- retry ---- */

Test(execution_wait, the_same_message_goes_out_again)
{
    execution x;
    begin(&x, SMS("a", RETRY ", skip_condition: 'False'"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    value first = *execution_message(&x);
    fail_busy(&x, 2000);
    expect_sound(&x);
    cr_expect_eq(x.steps[0].status, STEP_PENDING);
    expect_text(x.steps[0].error_code, "http_503");
    expect_text(x.steps[0].error_message, "provider post: it answered 503");
    expect_need(&x, 2999, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 3000);
    expect_need(&x, 3000, EXECUTION_DELIVER);
    cr_expect_eq(x.steps[0].attempt, 2);
    cr_expect_eq(x.steps[0].started_ms, BEGAN_MS, "it began with its first attempt");
    cr_expect_eq(execution_message(&x)->members, first.members, "rendered once");
    execution_delivered(&x, "post", value_null(), 3100);
    expect_need(&x, 3100, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.steps[0].error_code.kind, VALUE_NULL);
    cr_expect_eq(x.steps[0].attempt, 2);
}

Test(execution_wait, a_step_whose_attempts_are_used_up_fails_with_the_last_error)
{
    execution x;
    int64_t now_ms = BEGAN_MS;
    begin(&x, SMS("a", RETRY) SMS("b", ""), ADA);
    for (int attempt = 1; attempt <= 3; attempt++) {
        expect_need(&x, now_ms, EXECUTION_DELIVER);
        fail_busy(&x, now_ms);
        expect_sound(&x);
        now_ms = x.due_ms;
    }
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.due_ms, 0);
    cr_expect_eq(x.completed_ms, BEGAN_MS + 1000 + 2000);
    cr_expect_eq(x.steps[0].attempt, 3);
    expect_text(x.steps[0].error_code, "http_503");
    cr_expect_eq(x.steps[0].message.kind, VALUE_NULL);
    cr_expect_eq(x.steps[1].status, STEP_PENDING);
}

Test(execution_wait, what_will_not_pass_is_not_tried_again)
{
    execution x;
    delivery_failure f = busy();
    begin(&x, SMS("a", RETRY), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    f.retriable = false;
    execution_delivery_failed(&x, &f, EVEN, 1100);
    cr_expect_eq(x.steps[0].status, STEP_FAILED, "a permanent error");

    begin(&x, SMS("a", ", retry: {retry_on: [timeout]}"), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1100);
    cr_expect_eq(x.steps[0].status, STEP_FAILED, "an error that the policy does not name");
}

Test(execution_wait, a_provider_that_asks_for_time_gets_it)
{
    execution x;
    delivery_failure f = busy();
    begin(&x, SMS("a", RETRY), ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    f.retry_after_ms = 90000;
    execution_delivery_failed(&x, &f, 0, 2000);
    cr_expect_eq(x.due_ms, 92000);
}

Test(execution_wait, the_default_policy_gives_a_provider_half_an_hour)
{
    execution x;
    int64_t now_ms = BEGAN_MS;
    begin(&x, SMS("a", ""), ADA);
    while (execution_advance(&x, now_ms) == EXECUTION_DELIVER) {
        fail_busy(&x, now_ms);
        now_ms = x.due_ms;
    }
    cr_expect_eq(x.steps[0].attempt, 8);
    cr_expect_eq(x.completed_ms - BEGAN_MS, (5 + 15 + 45 + 135 + 405 + 600 + 600) * 1000);
}

/* ---- what a failure means ---- */

Test(execution_wait, a_failed_step_may_let_the_execution_go_on)
{
    execution x;
    begin(&x,
          SMS("a", ", on_failure: continue, retry: {max_attempts: 1}")
              SMS("b", ", on_failure: continue, skip_condition: 'payload.nope'")
                  SMS("c", ", skip_condition: \"steps.a.status != 'FAILED' or steps.b.message\""),
          ADA);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1100);
    expect_sound(&x);
    expect_need(&x, 1101, EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1102);
    expect_need(&x, 1103, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(count_steps(&x, STEP_FAILED), 2u);
    expect_text(x.steps[1].error_code, "evaluation_failed");
    cr_expect_eq(x.steps[2].status, STEP_COMPLETED);
}

/* ---- expiry ---- */

static trigger expiring(int64_t expires_ms)
{
    trigger t = trigger_of(ADA);
    t.expires_ms = expires_ms;
    return t;
}

Test(execution_wait, expires_at_the_earlier_of_two_times)
{
    execution x;
    trigger t = expiring(9000);
    begin_trigger(&x, SMS("a", "") "expires_after: 5s\n", &t);
    cr_expect_eq(x.expires_ms, BEGAN_MS + 5000);
    begin_trigger(&x, SMS("a", "") "expires_after: 10s\n", &t);
    cr_expect_eq(x.expires_ms, 9000);
    begin_trigger(&x, SMS("a", ""), &t);
    cr_expect_eq(x.expires_ms, 9000);
    begin(&x, SMS("a", ""), ADA);
    cr_expect_eq(x.expires_ms, 0);
}

Test(execution_wait, a_step_that_would_begin_later_is_skipped)
{
    execution x;
    trigger t = expiring(2000);
    begin_trigger(&x, SMS("a", "") SMS("b", ", skip_condition: 'payload.nope'"), &t);
    expect_need(&x, 2000, EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 2001);
    expect_need(&x, 2002, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.steps[1].status, STEP_SKIPPED);
    expect_text(x.steps[1].reason, "expired");
    cr_expect_eq(x.steps[1].started_ms, 2002);
}

Test(execution_wait, a_delay_beyond_the_expiry_is_not_waited_for)
{
    execution x;
    trigger t = expiring(61000);
    begin_trigger(&x, SMS("a", ", delay: 61s") SMS("b", ", delay: 60s"), &t);
    expect_need(&x, BEGAN_MS, EXECUTION_WAITING);
    expect_text(x.steps[0].reason, "expired");
    cr_expect_eq(x.steps[0].completed_ms, BEGAN_MS);
    cr_expect_eq(x.due_ms, 61000);
    expect_need(&x, 61001, EXECUTION_ENDED);
    expect_text(x.steps[1].reason, "expired");
}

Test(execution_wait, a_retry_beyond_the_expiry_fails_the_step)
{
    execution x;
    trigger t = expiring(2500);
    begin_trigger(&x, SMS("a", RETRY), &t);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1501);
    expect_sound(&x);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.completed_ms, 1501, "at once");
    cr_expect_eq(x.reason.kind, VALUE_NULL, "the step says why");
    expect_text(x.steps[0].error_code, "expired");
    expect_text(x.steps[0].error_message,
                "expired before attempt 2; the last one: http_503, provider post: it answered 503");
}

Test(execution_wait, a_retry_that_comes_too_late_fails_the_step)
{
    execution x;
    trigger t = expiring(2500);
    begin_trigger(&x, SMS("a", RETRY), &t);
    expect_need(&x, BEGAN_MS, EXECUTION_DELIVER);
    fail_busy(&x, 1500);
    expect_need(&x, 1501, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 2500);
    expect_need(&x, 2501, EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.steps[0].error_code, "expired");
    cr_expect_eq(x.steps[0].attempt, 1);
}
