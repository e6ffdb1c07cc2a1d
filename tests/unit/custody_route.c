/* One attempt goes from provider to provider, or waits until one of them takes it, whoever has custody. */
#include "tests/unit/custody_shell.h"

static activation a, again;

TestSuite(custody_route, .init = open_shell, .fini = close_shell);

#define ONE SMS("a", ", retry: {max_attempts: 2, initial: 5s, multiplier: 1, jitter: 0}")

static const char *const route[] = {"x", "y", NULL};

static void own_route(void)
{
    own(ONE);
    shell.route = route;
}

static const step_state *step_of(const activation *of)
{
    return &of->execution.steps[0];
}

/* ---- from one to the next ---- */

Test(custody_route, each_provider_is_recorded_before_it_is_asked)
{
    own_route();
    shell.outward = true;
    shell.refusals = 1;
    arrive(&a, 5, 0);
    expect_trace("read begin intend record ");
    pump(0, CUSTODY_WAIT);
    expect_trace("set deliver:x intend record set deliver:y record set* announce:0-1! over:ENDED");
    cr_expect_eq(step_of(&a)->attempt, 1);
}

Test(custody_route, when_all_have_refused_the_attempt_has_failed)
{
    own_route();
    shell.refusals = 2;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin deliver:x deliver:y record set+5000 announce:0-0 over:PARKED");
    commit(100);
    wake(&again, 5000);
    pump(5000, CUSTODY_WAIT);
    expect_trace("read bind deliver:x record set*-5000<0-1!> over:ENDED");
    cr_expect_eq(step_of(&again)->attempt, 2);
    cr_expect_eq(step_of(&again)->failure_count, 2u);
}

Test(custody_route, cancelled_between_two_providers_nobody_else_is_asked)
{
    own_route();
    shell.holding = HOLD_DELIVERY;
    shell.refusals = 1;
    arrive(&a, 5, 0);
    cr_expect(activation_order(&a, COMMAND_CANCEL, "a command", 9));
    report(&a);
    proceed(&a, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read begin deliver:x record set*cmd announce:0-0! over:ENDED");
    expect_text(a.execution.reason, "cancelled");
    cr_expect_eq(step_of(&a)->status, STEP_FAILED);
}

Test(custody_route, handed_over_it_goes_on_with_the_next_in_store_custody)
{
    own_route();
    shell.outward = true;
    shell.holding = HOLD_DELIVERY;
    shell.refusals = 1;
    epoch *e = arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    pump(2000, CUSTODY_COMMIT);
    expect_trace("read begin intend record set deliver:x record set+0 announce:0-0 ");
    report(&a);
    proceed(&a, 2100);
    expect_trace("");
    custody_committed(c, e);
    shell.holding = HOLD_NOTHING;
    pump(2200, CUSTODY_WAIT);
    expect_trace("intend record set deliver:y record set*-0<0-1!> over:ENDED");
    commit(2300);
}

/* ---- whoever dies in between ---- */

/* Its second provider is being asked when the worker loses it. */
static void die_with_the_second(void)
{
    own_route();
    shell.outward = true;
    shell.refusals = 1;
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    report(&a);
    proceed(&a, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin intend record set deliver:x intend record set deliver:y ");
    custody_revoke(c, 10, true);
    pump(10, CUSTODY_RELEASE);
    custody_released(c);
    report(&a);
    proceed(&a, 10);
    expect_trace("over:DROPPED");
    pump(10, CUSTODY_WAIT);
    shell.holding = HOLD_NOTHING;
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    take_over(10, 5);
}

Test(custody_route, the_record_says_who_was_asked_when_it_died)
{
    die_with_the_second();
    arrive(&again, 5, 10);
    expect_trace("read bind resolve intend record ");
    cr_expect_eq(step_of(&again)->attempt, 1);
    cr_expect_eq(step_of(&again)->failure_count, 2u);
    expect_text(*execution_provider(&again.execution), "y");
    expect_text(step_of(&again)->failures[0].provider, "x");
    expect_text(step_of(&again)->failures[1].provider, "y");
    expect_text(step_of(&again)->failures[1].code, "interrupted");
}

/* Else a worker that has lost its partition would ask again, and no record would tell. */
Test(custody_route, an_interruption_is_recorded_before_anybody_is_asked_again)
{
    execution stored;
    error e = {0};
    die_with_the_second();
    arrive(&again, 5, 10);
    shell.holding = HOLD_DELIVERY;
    pump(10, CUSTODY_WAIT);
    expect_trace("read bind resolve intend record set deliver:y ");
    cr_assert(record_read(&stored, &memory, store.record, strlen(store.record), &e), "%s", e.message);
    cr_expect_eq(stored.steps[0].failure_count, 2u);
}

/* The configuration has changed, say. */
Test(custody_route, who_is_chosen_instead_is_recorded_first)
{
    static const char *const other[] = {"z", NULL};
    own(ONE);
    shell.outward = true;
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin intend record set deliver ");
    cr_expect(a.intended);
    activation_choose(&a, "post");
    cr_expect(a.intended);
    shell.route = other;
    activation_choose(&a, "z");
    cr_expect_not(a.intended);
}

/* ---- postponed ---- */

Test(custody_route, a_postponed_trigger_is_parked_and_its_epoch_goes_on)
{
    own_route();
    shell.outward = true;
    shell.due_ms = 700;
    epoch *e = arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin postpone record set+700 announce:0-0 over:PARKED");
    cr_expect_eq(e->unsettled, 0u);
    commit(100);
    shell.due_ms = 1500;
    wake(&again, 700);
    pump(700, CUSTODY_WAIT);
    expect_trace("read bind postpone record set-700+1500 over:PARKED");
    wake(&a, 1500);
    pump(1500, CUSTODY_WAIT);
    expect_trace("read bind intend record set deliver:x record set*-1500<0-1!> over:ENDED");
    cr_expect_eq(step_of(&a)->attempt, 1, "no attempt was used up");
}

Test(custody_route, a_postponement_whose_commit_fails_comes_again_with_its_trigger)
{
    own_route();
    shell.due_ms = 700;
    arrive(&a, 5, 0);
    abort_commit(100, 5);
    shell.trace[0] = '\0';
    arrive(&again, 5, 200);
    expect_trace("read announce:0-0 over:PARKED");
    cr_expect(again.execution.postponed);
}

Test(custody_route, postponed_within_an_attempt_the_rest_of_it_goes_on)
{
    own_route();
    shell.refusals = 1;
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    report(&a);
    shell.holding = HOLD_NOTHING;
    shell.due_ms = 700;
    proceed(&a, 0);
    commit(100);
    expect_trace("read begin deliver:x postpone record set+700 announce:0-0 over:PARKED");
    wake(&again, 700);
    pump(700, CUSTODY_WAIT);
    expect_trace("read bind deliver:y record set*-700<0-1!> over:ENDED");
    cr_expect_eq(step_of(&again)->attempt, 1);
}

Test(custody_route, an_interrupted_delivery_may_be_postponed)
{
    die_with_the_second();
    shell.due_ms = 700;
    arrive(&again, 5, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read bind resolve postpone record set?-0+700 announce:0-0 over:PARKED");
    commit(200);
    wake(&a, 700);
    pump(700, CUSTODY_WAIT);
    expect_trace("read bind intend record set deliver:y record set*-700<0-1!> over:ENDED");
    cr_expect_eq(step_of(&a)->attempt, 1);
}

Test(custody_route, behind_a_postponement_that_ends_a_step_the_next_one_is_recorded_first)
{
    own(SMS("a", "") SMS("b", ""));
    shell.outward = true;
    arrive(&a, 5, 0);
    a.execution.expires_ms = WALL_MS + 1000;
    shell.due_ms = 2000;
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin intend record set postpone intend record set deliver record set* announce:0-2! "
                 "over:ENDED");
    cr_expect_eq(step_of(&a)->status, STEP_SKIPPED);
}

Test(custody_route, cancelled_as_it_is_postponed_it_ends)
{
    own_route();
    shell.due_ms = 700;
    shell.holding = HOLD_READ;
    arrive(&a, 5, 0);
    cr_expect(activation_order(&a, COMMAND_CANCEL, "a command", 9));
    read_record(&a, WALL_MS);
    begin_execution(&a, WALL_MS);
    cr_assert_eq(execution_advance(&a.execution, WALL_MS), EXECUTION_DELIVER);
    activation_postpone(&a, WALL_MS + 700);
    proceed(&a, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read record set*cmd announce:0-0! over:ENDED");
    cr_expect_eq(step_of(&a)->status, STEP_PENDING);
}
