/* A step with several providers: one attempt goes through them, or waits until one of them takes it. */
#include <stdio.h>

#include "engine/execution/execution.h"
#include "tests/unit/execution_run.h"

TestSuite(execution_route, .init = set_up, .fini = tear_down);

#define ADA "{\"name\":\"Ada\"}"
#define RETRY ", retry: {max_attempts: 3, initial: 10s, multiplier: 1, jitter: 0}"

static execution x;

/* Its first delivery is due. */
static const step_state *start(const char *steps)
{
    begin(&x, steps, ADA);
    expect_need(&x, 1001, EXECUTION_DELIVER);
    return &x.steps[0];
}

static void refuse(const char *provider, delivery_failure f, int64_t now_ms)
{
    execution_choose(&x, provider);
    f.provider = provider;
    if (f.code == NULL)
        f.code = "refused";
    f.message = "it said no";
    execution_delivery_failed(&x, &f, EVEN, now_ms);
    expect_sound(&x);
}

#define REFUSE(provider, ...) refuse(provider, (delivery_failure){__VA_ARGS__}, 1100)

static void deliver(const char *provider, int64_t now_ms)
{
    execution_choose(&x, provider);
    execution_delivered(&x, provider, value_null(), now_ms);
    expect_sound(&x);
}

static void postpone(int64_t due_ms, int64_t now_ms)
{
    execution_postpone(&x, due_ms, now_ms);
    expect_sound(&x);
}

static void expect_failure(const step_state *s, size_t i, int64_t attempt, const char *provider)
{
    cr_assert_gt(s->failure_count, i);
    cr_expect_eq(s->failures[i].attempt, attempt);
    expect_text(s->failures[i].provider, provider);
}

/* ---- one after the other ---- */

Test(execution_route, who_refuses_hands_on_within_the_attempt)
{
    const step_state *s = start(SMS("a", "") SMS("b", ""));
    REFUSE("first", .code = "http_503", .retriable = true, .more = true);
    expect_need(&x, 1100, EXECUTION_DELIVER);
    cr_expect_eq(s->attempt, 1);
    cr_expect_eq(s->provider.kind, VALUE_NULL);
    expect_text(s->error_code, "http_503");
    deliver("second", 1200);
    cr_expect_eq(s->status, STEP_COMPLETED);
    cr_expect_eq(s->attempt, 1);
    cr_expect_eq(s->error_code.kind, VALUE_NULL);
    expect_text(s->provider, "second");
    cr_expect_eq(s->failure_count, 1u);
    expect_failure(s, 0, 1, "first");
    expect_text(s->failures[0].code, "http_503");
    cr_expect_eq(s->failures[0].at_ms, 1100);
    expect_need(&x, 1200, EXECUTION_DELIVER);
    cr_expect_eq(x.steps[1].failure_count, 0u);
}

Test(execution_route, who_refuses_for_good_hands_on_as_well)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .more = true);
    expect_need(&x, 1100, EXECUTION_DELIVER);
    REFUSE("second");
    cr_expect_eq(s->status, STEP_FAILED);
    cr_expect_eq(s->failure_count, 2u);
    cr_expect_eq(s->provider.kind, VALUE_NULL);
}

Test(execution_route, one_that_may_take_it_later_is_worth_another_attempt)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .retriable = true, .more = true);
    REFUSE("second", .code = "no_such_number");
    expect_need(&x, 1100, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 11100);
    expect_text(s->error_code, "no_such_number");
    expect_need(&x, 11100, EXECUTION_DELIVER);
    cr_expect_eq(s->attempt, 2);
    REFUSE("first", .more = true);
    REFUSE("second");
    cr_expect_eq(s->status, STEP_FAILED, "what the attempt before left counts no more");
    cr_expect_eq(s->failure_count, 4u);
    expect_failure(s, 3, 2, "second");
}

Test(execution_route, the_policy_looks_at_every_failure_of_the_attempt)
{
    const step_state *s = start(SMS("a", ", retry: {max_attempts: 3, retry_on: [http_503]}"));
    REFUSE("first", .code = "http_503", .retriable = true, .more = true);
    REFUSE("second", .code = "busy", .retriable = true);
    cr_expect_eq(s->status, STEP_PENDING);
    expect_need(&x, x.due_ms, EXECUTION_DELIVER);
    REFUSE("first", .code = "busy", .retriable = true, .more = true);
    REFUSE("second", .code = "http_503");
    cr_expect_eq(s->status, STEP_FAILED);
}

Test(execution_route, the_shortest_wait_that_was_asked_for_is_kept)
{
    start(SMS("a", RETRY));
    REFUSE("first", .retriable = true, .more = true, .retry_after_ms = 60000);
    REFUSE("second", .retriable = true, .more = true, .retry_after_ms = 30000);
    REFUSE("third", .more = true, .retry_after_ms = 20000);
    REFUSE("fourth", .retriable = true);
    cr_expect_eq(x.due_ms, 31100);
}

Test(execution_route, the_latest_failures_are_kept)
{
    enum { MORE = 5 };
    char names[LIMIT_FAILURES_KEPT + MORE][16];
    const step_state *s = start(SMS("a", RETRY));
    for (int i = 0; i < LIMIT_FAILURES_KEPT + MORE; i++) {
        snprintf(names[i], sizeof names[i], "p%d", i);
        REFUSE(names[i], .more = true);
        expect_need(&x, 1100, EXECUTION_DELIVER);
    }
    cr_expect_eq(s->failure_count, (size_t)LIMIT_FAILURES_KEPT);
    expect_failure(s, 0, 1, "p5");
    expect_failure(s, LIMIT_FAILURES_KEPT - 1, 1, "p20");
}

/* It would be asked again and again. */
Test(execution_route, without_memory_for_a_failure_nobody_else_is_asked)
{
    arena none;
    arena_init(&none, 16, 16);
    const step_state *s = start(SMS("a", RETRY));
    x.arena = &none;
    REFUSE("first", .retriable = true, .more = true);
    x.arena = &memory;
    cr_expect_eq(s->status, STEP_PENDING);
    cr_expect_eq(x.due_ms, 11100);
    cr_expect_eq(s->failure_count, 0u);
    arena_free(&none);
}

Test(execution_route, who_was_asked_is_known_until_the_next_attempt)
{
    start(SMS("a", RETRY));
    cr_expect_not(execution_has_asked(&x, "first"));
    REFUSE("first", .retriable = true, .more = true);
    cr_expect(execution_has_asked(&x, "first"));
    cr_expect_not(execution_has_asked(&x, "second"));
    REFUSE("second", .more = true);
    cr_expect(execution_has_asked(&x, "first"));
    REFUSE("third");
    expect_need(&x, x.due_ms, EXECUTION_DELIVER);
    cr_expect_not(execution_has_asked(&x, "first"));
}

/* ---- unknown outcomes ---- */

Test(execution_route, an_unknown_outcome_that_must_not_be_repeated_asks_nobody_else)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .retriable = true, .more = true);
    REFUSE("second", .code = "timeout", .unknown = true, .more = true);
    cr_expect_eq(s->status, STEP_FAILED);
    expect_text(s->error_code, "timeout");
    cr_expect(s->failures[1].unknown);
    cr_expect_not(s->failures[0].unknown);
}

Test(execution_route, an_unknown_outcome_that_may_be_repeated_hands_on)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .code = "timeout", .unknown = true, .retriable = true, .more = true);
    expect_need(&x, 1100, EXECUTION_DELIVER);
    cr_expect(execution_has_asked(&x, "first"));
    deliver("second", 1200);
    cr_expect(s->failures[0].unknown);
}

Test(execution_route, who_was_asked_when_the_worker_died_is_asked_again)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .more = true);
    execution_choose(&x, "second");
    execution_delivery_unknown(&x, true, 1200);
    expect_sound(&x);
    expect_need(&x, 1200, EXECUTION_DELIVER);
    expect_text(s->provider, "second");
    expect_failure(s, 1, 1, "second");
    expect_text(s->failures[1].code, "interrupted");
    cr_expect(s->failures[1].unknown);
    cr_expect_not(execution_has_asked(&x, "second"));
    cr_expect(execution_has_asked(&x, "first"));
    REFUSE("second");
    cr_expect_eq(s->status, STEP_FAILED, "an interruption is no refusal that may pass");
}

/* ---- ends in between ---- */

Test(execution_route, cancelled_it_asks_nobody_else)
{
    start(SMS("a", RETRY));
    cr_assert(execution_cancel(&x, 1050));
    REFUSE("first", .code = "http_503", .retriable = true, .more = true);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.reason, "cancelled");
    expect_text(x.steps[0].error_code, "http_503");
}

Test(execution_route, expired_it_asks_nobody_else)
{
    trigger t = trigger_of(ADA);
    t.expires_ms = 1050;
    begin_trigger(&x, SMS("a", RETRY), &t);
    expect_need(&x, 1001, EXECUTION_DELIVER);
    REFUSE("first", .retriable = true, .more = true);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.steps[0].error_code, "expired");
}

Test(execution_route, another_run_begins_with_no_failures)
{
    const step_state *s = start(SMS("a", ""));
    error e = {0};
    REFUSE("first");
    cr_assert(execution_retry(&x, 2000));
    cr_assert(execution_resume(&x, compiled, &memory, &e));
    expect_need(&x, 2000, EXECUTION_DELIVER);
    cr_expect_eq(s->failure_count, 0u);
    cr_expect_not(execution_has_asked(&x, "first"));
}

/* ---- postponed ---- */

Test(execution_route, postponed_before_it_was_tried_nothing_has_begun)
{
    const step_state *s = start(SMS("a", RETRY));
    postpone(5000, 1100);
    expect_need(&x, 1100, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 5000);
    cr_expect(x.postponed);
    cr_expect_eq(s->attempt, 0);
    cr_expect_eq(s->started_ms, 0);
    cr_expect_eq(s->message.kind, VALUE_NULL);
    expect_need(&x, 5000, EXECUTION_DELIVER);
    cr_expect_not(x.postponed);
    cr_expect_eq(s->attempt, 1);
    cr_expect_eq(s->started_ms, 5000);
    expect_text(*value_field(execution_message(&x), "body"), "Hi Ada");
}

Test(execution_route, postponed_between_attempts_it_keeps_what_it_had)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .retriable = true);
    expect_need(&x, 11100, EXECUTION_DELIVER);
    execution_choose(&x, "first");
    postpone(20000, 11200);
    cr_expect_eq(s->attempt, 1);
    cr_expect_eq(s->provider.kind, VALUE_NULL);
    expect_text(*value_field(&s->message, "body"), "Hi Ada");
    expect_need(&x, 20000, EXECUTION_DELIVER);
    cr_expect_eq(s->attempt, 2);
}

Test(execution_route, postponed_within_an_attempt_the_rest_of_it_is_due_again)
{
    const step_state *s = start(SMS("a", RETRY));
    REFUSE("first", .retriable = true, .more = true);
    postpone(20000, 1200);
    cr_expect_eq(s->attempt, 0);
    expect_text(*value_field(&s->message, "body"), "Hi Ada");
    expect_need(&x, 20000, EXECUTION_DELIVER);
    cr_expect_eq(s->attempt, 1);
    cr_expect_eq(s->started_ms, 1001);
    cr_expect(execution_has_asked(&x, "first"));
    REFUSE("second");
    expect_need(&x, 1100, EXECUTION_WAITING);
    expect_need(&x, 11100, EXECUTION_DELIVER);
    cr_expect_eq(s->attempt, 2);
}

/* Else it would be asked for at once, again and again. */
Test(execution_route, a_postponement_is_never_over_at_once)
{
    start(SMS("a", ""));
    postpone(900, 1100);
    expect_need(&x, 1100, EXECUTION_WAITING);
    cr_expect_eq(x.due_ms, 1101);
}

Test(execution_route, a_postponement_beyond_the_expiry_is_not_waited_for)
{
    trigger t = trigger_of(ADA);
    t.expires_ms = 4000;
    begin_trigger(&x, SMS("a", ""), &t);
    expect_need(&x, 1001, EXECUTION_DELIVER);
    postpone(4001, 1100);
    cr_expect_eq(x.steps[0].status, STEP_SKIPPED);
    expect_text(x.steps[0].reason, "expired");
    begin_trigger(&x, SMS("a", ""), &t);
    expect_need(&x, 1001, EXECUTION_DELIVER);
    REFUSE("first", .more = true);
    postpone(4001, 1100);
    cr_expect_eq(x.steps[0].status, STEP_FAILED, "it was tried");
    expect_text(x.steps[0].error_code, "expired");
    cr_expect_eq(x.steps[0].failure_count, 1u);
}

Test(execution_route, cancelled_while_or_before_it_is_postponed_it_ends)
{
    start(SMS("a", ""));
    postpone(5000, 1100);
    cr_assert(execution_cancel(&x, 1200));
    expect_sound(&x);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.steps[0].status, STEP_PENDING, "it was never tried");
    start(SMS("a", ""));
    cr_assert(execution_cancel(&x, 1050));
    postpone(5000, 1100);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.steps[0].status, STEP_PENDING);
    start(SMS("a", ""));
    REFUSE("first", .more = true);
    postpone(5000, 1100);
    cr_assert(execution_cancel(&x, 1200));
    expect_sound(&x);
    cr_expect_eq(x.steps[0].status, STEP_FAILED);
    expect_text(x.steps[0].error_code, "cancelled");
}

/* ---- the provider's id ---- */

static void expect_result(value message_id, const char *expected)
{
    const step_state *s = start(SMS("a", ""));
    execution_delivered(&x, "post", message_id, 1100);
    expect_text(s->result, expected);
}

Test(execution_route, the_providers_id_of_a_message_is_in_the_result)
{
    static const char without[] =
        "{\"provider\":\"post\",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}";
    char large[LIMIT_MESSAGE_ID_BYTES + 1];
    memset(large, 'i', sizeof large);
    expect_result(value_cstring("SM \"1\""), "{\"provider\":\"post\",\"message_id\":\"SM \\\"1\\\"\","
                                             "\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}");
    expect_result(value_null(), without);
    expect_result(value_cstring(""), without);
    expect_result(value_int(7), without);
    expect_result(value_string("\xC3", 1), without);
    expect_result(value_string(large, sizeof large), without);
    start(SMS("a", ""));
    execution_delivered(&x, "post", value_string(large, sizeof large - 1), 1100);
    cr_expect_gt(x.steps[0].result.count, sizeof large);
}
