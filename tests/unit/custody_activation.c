/* One execution's way in log custody, in store custody, and by a person's command; hand-overs and drops are
 * in custody_drops.c. */
#include "tests/unit/custody_shell.h"

static activation a, again;

TestSuite(custody_activation, .init = open_shell, .fini = close_shell);

#define TWO SMS("a", "") SMS("b", "")
#define LATE SMS("a", "") SMS("b", ", delay: 1s")
#define RETRIED SMS("a", ", retry: {max_attempts: 2, initial: 2s, multiplier: 1, jitter: 0}")
#define ONCE ", retry: {max_attempts: 1}"

/* ---- log custody ---- */

Test(custody_activation, a_new_trigger_runs_is_recorded_and_then_told)
{
    own(TWO);
    epoch *e = arrive(&a, 5, 0);
    expect_trace("read begin deliver deliver record ");
    cr_expect_eq(e->unsettled, 1u);
    pump(0, CUSTODY_WAIT);
    expect_trace("set* announce:0-2! over:ENDED"); /* invariant 2 */
    cr_expect_eq(e->unsettled, 0u);
    cr_expect_eq(a.execution.status, EXECUTION_COMPLETED);
    commit(100);
    cr_expect_eq(custody_in_flight(c), 0u);
    cr_expect_eq(custody_resumed(c), 0u);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, 6);
}

Test(custody_activation, a_rejected_trigger_is_settled_without_a_record)
{
    own(TWO);
    shell.refuses = true;
    epoch *e = arrive(&a, 5, 0);
    expect_trace("read begin over:REJECTED");
    cr_expect_eq(e->unsettled, 0u);
    cr_expect_null(store.record);
}

Test(custody_activation, an_attempt_that_leaves_the_house_is_recorded_first)
{
    own(TWO);
    shell.outward = true;
    arrive(&a, 5, 0);
    expect_trace("read begin intend record ");
    shell.holding = HOLD_WRITE;
    pump(0, CUSTODY_WRITE);
    expect_trace(""); /* invariant 4 */
    shell.holding = HOLD_NOTHING;
    apply(shell.effect.block);
    custody_written(c, true, true, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("set deliver intend record set deliver record set* announce:0-2! over:ENDED");
}

Test(custody_activation, a_delivery_that_takes_its_time_holds_its_epoch)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(500, CUSTODY_WAIT);
    expect_trace("read begin deliver ");
    report(&a);
    proceed(&a, 510);
    pump(510, CUSTODY_WAIT);
    report(&a);
    proceed(&a, 520);
    pump(520, CUSTODY_COMMIT);
    expect_trace("deliver record set* announce:0-2! over:ENDED");
    custody_committed(c, shell.effect.epoch);
}

Test(custody_activation, what_waits_is_armed_by_the_commit)
{
    own(LATE);
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin deliver record set+1000 announce:0-1 over:PARKED");
    pump(1500, CUSTODY_COMMIT); /* invariant 5: the timer is due, but not armed */
    custody_committed(c, shell.effect.epoch);
    pump(1500, CUSTODY_TIMER);
    cr_expect_eq(shell.effect.timer.due_ms, WALL_MS + 1000);
    cr_expect_eq(shell.effect.timer.offset, 5);
}

Test(custody_activation, a_trigger_with_anothers_record_is_a_duplicate)
{
    own(TWO);
    arrive(&a, 5, 0);
    commit(100);
    shell.trace[0] = '\0';
    epoch *e = arrive(&again, 6, 100);
    expect_trace("read over:DUPLICATE");
    cr_expect_eq(e->unsettled, 0u);
    commit(200);
    expect_trace("");
}

Test(custody_activation, a_record_that_cannot_be_read_rejects_the_trigger)
{
    own(TWO);
    store.record = "{\"format\":1}";
    epoch *e = arrive(&a, 5, 0);
    expect_trace("read unreadable over:REJECTED");
    cr_expect_eq(e->unsettled, 0u);
}

Test(custody_activation, the_record_of_another_execution_rejects_the_trigger)
{
    own(TWO);
    arrive(&a, 5, 0);
    commit(100);
    shell.trace[0] = '\0';
    epoch *e = take(6, 200);
    origin from = origin_at(6);
    value workflow_id = value_cstring("orders"), other = value_cstring("t-2");
    again.execution.id = identity_of_execution(&workflow_id, &other, NULL);
    activation_start(&again, c, e, custody_partition(c, 0, 0), &from);
    proceed(&again, 200);
    expect_trace("read unreadable over:REJECTED");
}

/* ---- replay ---- */

Test(custody_activation, what_had_ended_is_told_again_and_not_run_again)
{
    own(TWO);
    arrive(&a, 5, 0);
    abort_commit(100, 5);
    shell.trace[0] = '\0';
    epoch *e = arrive(&again, 5, 100);
    expect_trace("read announce:0-2! over:REPLAYED"); /* invariant 3 */
    cr_expect(again.replaying);
    cr_expect_eq(e->unsettled, 0u);
    commit(200);
    expect_trace("");
}

Test(custody_activation, what_waited_is_told_again_and_armed_by_that_commit)
{
    own(LATE);
    arrive(&a, 5, 0);
    abort_commit(100, 5);
    shell.trace[0] = '\0';
    arrive(&again, 5, 100);
    expect_trace("read announce:0-1 over:PARKED");
    pump(1900, CUSTODY_COMMIT);
    custody_committed(c, shell.effect.epoch);
    pump(1900, CUSTODY_TIMER);
}

/* A worker dies while its first step is being delivered; its trigger comes again. */
static void die_while_delivering(void)
{
    shell.outward = true;
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin intend record set deliver ");
    custody_revoke(c, 10, true);
    pump(10, CUSTODY_RELEASE);
    custody_released(c);
    report(&a);
    proceed(&a, 10);
    expect_trace("over:DROPPED");
    shell.holding = HOLD_NOTHING;
    pump(10, CUSTODY_WAIT);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    take_over(10, 5);
}

Test(custody_activation, an_unknown_outcome_may_be_tried_again_under_the_same_attempt)
{
    own(TWO);
    die_while_delivering();
    arrive(&again, 5, 10);
    expect_trace("read bind resolve intend record ");
    cr_expect_eq(again.execution.steps[0].attempt, 1, "recorded already");
    pump(10, CUSTODY_WAIT);
    expect_trace("set deliver intend record set deliver record set*?-0 announce:0-2! over:ENDED");
}

Test(custody_activation, an_unknown_outcome_may_be_a_failure)
{
    own(TWO);
    shell.gives_up = true;
    die_while_delivering();
    arrive(&again, 5, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read bind resolve record set*?-0 announce:0-0! over:ENDED");
    cr_expect_eq(again.execution.status, EXECUTION_FAILED);
    expect_text(again.execution.steps[0].error_code, "unknown_outcome");
}

Test(custody_activation, a_version_that_cannot_be_had_postpones_what_a_timer_found)
{
    own(LATE);
    arrive(&a, 5, 0);
    commit(100);
    shell.trace[0] = '\0';
    shell.has_no_version = true;
    wake(&again, 1000);
    expect_trace("read bind over:POSTPONED");
    cr_expect_eq(custody_resumed(c), 0u);
    cr_expect_eq(store.pending_count, 1, "whoever finds it next tries again");
}

/* ---- store custody ---- */

static void park_one(const char *steps)
{
    own(steps);
    arrive(&a, 5, 0);
    commit(100);
    cr_assert_eq(store.pending_count, 1);
    shell.trace[0] = '\0';
}

Test(custody_activation, a_timer_goes_on_and_tells_through_the_outbox)
{
    park_one(LATE);
    wake(&again, 1000);
    expect_trace("read bind deliver record ");
    cr_expect_eq(custody_resumed(c), 1u);
    pump(1000, CUSTODY_WAIT);
    expect_trace("set*-1000<1-2!> over:ENDED"); /* one write; the first step was told before */
    cr_expect_eq(custody_resumed(c), 0u);
    cr_expect_eq(store.pending_count, 0);
    pump(1100, CUSTODY_COMMIT);
    cr_assert_eq(shell.effect.epoch->offset_count, 1u);
    cr_expect_eq(shell.effect.epoch->offsets[0].next, 6);
    cr_expect_eq(shell.effect.epoch->offsets[0].outbox, 1u);
    custody_committed(c, shell.effect.epoch);
}

Test(custody_activation, in_store_custody_every_step_is_told_once_with_the_next_write)
{
    park_one(SMS("a", ", delay: 1s") SMS("b", "") SMS("c", ", delay: 1s"));
    shell.outward = true;
    wake(&again, 1000);
    pump(1000, CUSTODY_WAIT);
    expect_trace("read bind intend record set deliver intend record set<0-1> deliver record "
                 "set-1000+2000<1-2> over:PARKED");
    commit(1200);
    wake(&again, 2000);
    pump(2000, CUSTODY_WAIT);
    expect_trace("read bind intend record set deliver record set*-2000<2-3!> over:ENDED");
}

Test(custody_activation, nothing_is_published_before_the_store_has_it)
{
    park_one(LATE);
    wake(&again, 1000);
    shell.holding = HOLD_WRITE;
    pump(1000, CUSTODY_WRITE);
    pump(2000, CUSTODY_WAIT); /* no epoch */
    apply(&again.write);
    custody_written(c, true, true, 2000);
    pump(2000, CUSTODY_WAIT);
    pump(2100, CUSTODY_COMMIT);
    cr_expect_eq(shell.effect.epoch->offsets[0].outbox, 1u);
    custody_committed(c, shell.effect.epoch);
}

Test(custody_activation, a_refused_delivery_waits_for_its_next_attempt)
{
    own(RETRIED);
    shell.busy = true;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read begin deliver record set+2000 announce:0-0 over:PARKED");
    commit(100);
    wake(&again, 2000);
    pump(2000, CUSTODY_WAIT);
    expect_trace("read bind deliver record set*-2000<0-0!> over:ENDED");
    cr_expect_eq(again.execution.status, EXECUTION_FAILED);
    cr_expect_eq(again.execution.steps[0].attempt, 2);
}

Test(custody_activation, a_timer_of_what_has_ended_is_cleared_away)
{
    park_one(LATE);
    timer_entry left = store.pending[0];
    wake(&again, 1000);
    pump(1000, CUSTODY_WAIT);
    shell.trace[0] = '\0';
    park(&left);
    shell.trace[0] = '\0';
    activation_start_timer(&a, c, custody_partition(c, 0, 0), &left);
    proceed(&a, 1010);
    pump(1010, CUSTODY_WAIT);
    expect_trace("read record set*-1000 over:VOID");
    cr_expect_eq(store.pending_count, 0);
}

Test(custody_activation, a_timer_of_what_waits_for_another_time_is_cleared_away)
{
    park_one(LATE);
    timer_entry stale = store.pending[0];
    stale.due_ms = WALL_MS + 500;
    park(&stale);
    shell.trace[0] = '\0';
    activation_start_timer(&again, c, custody_partition(c, 0, 0), &stale);
    proceed(&again, 600);
    pump(600, CUSTODY_WAIT);
    expect_trace("read record set-500 over:VOID");
    cr_expect_eq(store.pending_count, 1);
}

Test(custody_activation, a_timer_without_a_record_is_cleared_away)
{
    park_one(LATE);
    store.record = NULL;
    wake(&again, 1000);
    pump(1000, CUSTODY_WAIT);
    expect_trace("read record set-1000 over:VOID");
    cr_expect_null(store.record, "nothing is written under its key");
}

Test(custody_activation, a_timer_with_a_broken_record_touches_nothing)
{
    park_one(LATE);
    store.record = "[]";
    wake(&again, 1000);
    pump(1000, CUSTODY_WAIT);
    expect_trace("read unreadable over:VOID");
    cr_expect_eq(store.pending_count, 1);
    cr_expect_eq(custody_resumed(c), 0u);
}

/* ---- commands ---- */

Test(custody_activation, cancel_ends_what_waits)
{
    park_one(LATE);
    command(&again, COMMAND_CANCEL, 200);
    expect_trace("read record ");
    pump(200, CUSTODY_WAIT);
    expect_trace("set*-1000<1-1!>cmd over:ENDED");
    cr_expect_eq(again.execution.status, EXECUTION_FAILED);
    expect_text(again.execution.reason, "cancelled");
    cr_expect_eq(store.pending_count, 0);
}

Test(custody_activation, cancel_of_an_unknown_delivery_leaves_the_end_to_its_timer)
{
    own(SMS("a", ""));
    shell.outward = true;
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(2000, CUSTODY_COMMIT); /* handed over */
    custody_committed(c, shell.effect.epoch);
    pump(2000, CUSTODY_WAIT);
    custody_revoke(c, 2100, true); /* its worker dies */
    pump(2100, CUSTODY_RELEASE);
    custody_released(c);
    report(&a);
    proceed(&a, 2100);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    take_over_fences(2200);
    find_positions(6, "");
    find_nothing(2200);
    shell.trace[0] = '\0';
    command(&again, COMMAND_CANCEL, 2200);
    pump(2200, CUSTODY_TIMER);
    timer_entry handed = shell.effect.timer; /* it waits for the command's end */
    pump(2200, CUSTODY_WAIT);
    expect_trace("read record setcmd over:VOID");
    cr_expect_eq(store.pending_count, 1);
    activation_start_timer(&a, c, custody_partition(c, 0, 0), &handed);
    proceed(&a, 2200);
    pump(2200, CUSTODY_WAIT);
    expect_trace("read bind resolve record set*-0<0-0!> over:ENDED");
    expect_text(a.execution.reason, "cancelled");
}

Test(custody_activation, retry_runs_a_failed_execution_again_from_its_step)
{
    own(SMS("a", "") SMS("b", ", delay: 1s" ONCE));
    arrive(&a, 5, 0);
    commit(100);
    shell.fails = true;
    wake(&a, 1000);
    pump(1000, CUSTODY_WAIT);
    cr_expect_eq(a.execution.status, EXECUTION_FAILED);
    commit(1100);
    shell.trace[0] = '\0';
    shell.fails = false;
    command(&again, COMMAND_RETRY, 1200);
    pump(1200, CUSTODY_TIMER); /* at once */
    expect_trace("read record set+0cmd over:PARKED");
    cr_assert_eq(store.pending_count, 1);
    cr_expect_eq(strcmp(store.pending[0].id.text, again.execution.id.text), 0);
    activation_start_timer(&a, c, shell.effect.partition, &shell.effect.timer);
    proceed(&a, 1200);
    pump(1200, CUSTODY_WAIT);
    expect_trace("read bind record set-0+2200 over:PARKED");
    wake(&a, 2200);
    pump(2200, CUSTODY_WAIT);
    expect_trace("read bind deliver record set*-2200<1-2!> over:ENDED");
    cr_expect_eq(a.execution.status, EXECUTION_COMPLETED);
    cr_expect_eq(a.execution.run, 2);
}

Test(custody_activation, a_command_that_changes_nothing_leaves_its_list_and_nothing_else)
{
    park_one(LATE);
    command(&again, COMMAND_RETRY, 200); /* it has not failed */
    pump(200, CUSTODY_WAIT);
    expect_trace("read record setcmd over:VOID");
    cr_expect_eq(store.pending_count, 1, "it still waits");
    wake(&a, 1000);
    pump(1000, CUSTODY_WAIT);
    shell.trace[0] = '\0';
    command(&again, COMMAND_CANCEL, 1010); /* it has ended */
    pump(1010, CUSTODY_WAIT);
    expect_trace("read record set*cmd over:VOID");
}

Test(custody_activation, a_command_for_what_nobody_knows_leaves_its_list)
{
    own(TWO);
    command(&again, COMMAND_CANCEL, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("read record setcmd over:VOID");
    cr_expect_null(store.record);
}

Test(custody_activation, a_command_waits_while_the_trigger_is_in_log_custody)
{
    own(LATE);
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WAIT);
    shell.trace[0] = '\0';
    command(&again, COMMAND_CANCEL, 10);
    expect_trace("read over:POSTPONED");
    cr_expect_eq(custody_resumed(c), 0u);
}

Test(custody_activation, an_order_cancels_what_runs_before_its_next_step)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    cr_expect(activation_order(&a, COMMAND_CANCEL, "a command", 9));
    cr_expect_not(activation_order(&a, COMMAND_CANCEL, "another", 7), "one at a time");
    report(&a);
    proceed(&a, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read begin deliver record set*cmd announce:0-1! over:ENDED");
    cr_expect_eq(a.execution.steps[0].status, STEP_COMPLETED);
    expect_text(a.execution.reason, "cancelled");
}

Test(custody_activation, an_order_that_comes_too_late_leaves_its_list)
{
    own(SMS("a", ""));
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    activation_order(&a, COMMAND_CANCEL, "a command", 9);
    report(&a);
    proceed(&a, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read begin deliver record set*cmd announce:0-1! over:ENDED");
    cr_expect_eq(a.execution.status, EXECUTION_COMPLETED);
}

Test(custody_activation, an_order_that_comes_while_a_record_is_written_does_not_leave_with_it)
{
    own(TWO);
    shell.outward = true;
    arrive(&a, 5, 0);
    shell.holding = HOLD_WRITE;
    pump(0, CUSTODY_WRITE);
    cr_expect(activation_order(&a, COMMAND_CANCEL, "a command", 9));
    shell.trace[0] = '\0';
    apply(shell.effect.block);
    expect_trace("set ");
    custody_written(c, true, true, 0);
    shell.holding = HOLD_NOTHING;
    pump(0, CUSTODY_WAIT);
    expect_trace("deliver record set*cmd announce:0-1! over:ENDED");
}

Test(custody_activation, an_order_to_retry_what_runs_leaves_its_list)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    cr_expect(activation_order(&a, COMMAND_RETRY, "a command", 9));
    shell.holding = HOLD_NOTHING;
    report(&a);
    proceed(&a, 10);
    pump(10, CUSTODY_WAIT);
    expect_trace("read begin deliver deliver record set*cmd announce:0-2! over:ENDED");
}
