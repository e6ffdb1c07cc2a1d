/* Executions that outlive their epoch, and those whose custody is lost on the way. */
#include "engine/custody/custody_state.h"
#include "tests/unit/custody_shell.h"

static activation a, again;

TestSuite(custody_drops, .init = open_shell, .fini = close_shell);

#define TWO SMS("a", "") SMS("b", "")
#define LATE SMS("a", "") SMS("b", ", delay: 1s")

/* ---- hand-over ---- */

/* A delivery that its epoch does not wait for: the record is in the store, the commit asked for. */
static epoch *hand_over(void)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    epoch *e = arrive(&a, 5, 0);
    pump(1999, CUSTODY_WAIT);
    expect_trace("read begin deliver ");
    cr_expect_eq(shell.effect.wake_ms, 2000);
    pump(2000, CUSTODY_COMMIT);
    expect_trace("record set+0 announce:0-0 ");
    cr_expect_eq(shell.effect.epoch, e);
    cr_expect(activation_is_handed(&a));
    cr_expect_eq(e->unsettled, 0u);
    return e;
}

Test(custody_drops, what_outlives_its_epoch_goes_on_in_store_custody)
{
    epoch *e = hand_over();
    custody_committed(c, e);
    pump(2000, CUSTODY_WAIT);
    cr_expect_not(activation_is_handed(&a));
    cr_expect_eq(custody_resumed(c), 1u);
    cr_expect_eq(custody_in_flight(c), 0u);
    report(&a);
    proceed(&a, 3000);
    report(&a);
    proceed(&a, 4000);
    pump(4000, CUSTODY_WAIT);
    expect_trace("deliver record set*-0<0-2!> over:ENDED");
    cr_expect_eq(store.pending_count, 0);
    commit(4100);
}

Test(custody_drops, a_result_that_comes_before_the_commit_waits_for_it)
{
    epoch *e = hand_over();
    shell.holding = HOLD_NOTHING;
    report(&a);
    proceed(&a, 2100);
    pump(2100, CUSTODY_WAIT);
    expect_trace("");
    custody_committed(c, e);
    pump(2200, CUSTODY_WAIT);
    expect_trace("deliver record set*-0<0-2!> over:ENDED");
}

Test(custody_drops, a_result_that_comes_while_the_record_is_handed_over_waits_too)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    custody_watched(c, true, 0);
    shell.holding = HOLD_WRITE;
    pump(2000, CUSTODY_WRITE);
    report(&a);
    proceed(&a, 2010);
    expect_trace("read begin deliver record ");
    apply(shell.effect.block);
    custody_written(c, true, true, 2020);
    pump(2020, CUSTODY_COMMIT);
    expect_trace("set+0 announce:0-0 ");
    cr_expect_eq(a.execution.steps[0].status, STEP_EXECUTING, "the record says the same");
    custody_committed(c, shell.effect.epoch);
    shell.holding = HOLD_NOTHING;
    pump(2030, CUSTODY_WAIT);
    expect_trace("deliver record set*-0<0-2!> over:ENDED");
}

Test(custody_drops, a_hand_over_that_is_aborted_leaves_everything_to_the_trigger)
{
    epoch *e = hand_over();
    custody_aborted(c, e);
    pump(2010, CUSTODY_POSITION);
    expect_trace("");
    find_positions(5, "");
    pump(2010, CUSTODY_WAIT);
    report(&a);
    proceed(&a, 2100);
    expect_trace("over:DROPPED");
    cr_expect_eq(custody_resumed(c), 0u);
    shell.holding = HOLD_NOTHING;
    arrive(&again, 5, 2200);
    pump(2200, CUSTODY_WAIT);
    expect_trace("read bind resolve deliver deliver record set*-0 announce:0-2! over:ENDED");
    cr_expect_eq(store.pending_count, 0, "its place from the hand-over is gone");
}

Test(custody_drops, a_result_that_waits_for_an_aborted_commit_is_dropped)
{
    epoch *e = hand_over();
    report(&a);
    proceed(&a, 2010);
    custody_aborted(c, e);
    pump(2020, CUSTODY_POSITION);
    expect_trace("over:DROPPED");
}

Test(custody_drops, a_delivery_that_begins_in_an_old_epoch_is_handed_over_at_once)
{
    own(TWO);
    shell.outward = true;
    shell.holding = HOLD_WRITE;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WRITE);
    pump(2000, CUSTODY_WAIT); /* nothing to hand over yet */
    apply(&a.write);
    custody_written(c, true, true, 2010);
    shell.holding = HOLD_DELIVERY;
    pump(2010, CUSTODY_COMMIT);
    expect_trace("read begin intend record set deliver record set+0 announce:0-0 ");
    custody_committed(c, shell.effect.epoch);
}

Test(custody_drops, a_delivery_that_ends_as_it_is_to_be_handed_over_stays_with_its_epoch)
{
    own(SMS("a", ""));
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(1999, CUSTODY_WAIT);
    report(&a); /* the loop has not gone on with it when the epoch is too old */
    pump(2000, CUSTODY_WAIT);
    proceed(&a, 2000);
    pump(2000, CUSTODY_COMMIT);
    expect_trace("read begin deliver record set* announce:0-1! over:ENDED");
    custody_committed(c, shell.effect.epoch);
}

Test(custody_drops, a_draining_shard_hands_over_after_half_of_its_time)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    custody_revoke(c, 100, false);
    pump(599, CUSTODY_WAIT);
    pump(600, CUSTODY_COMMIT);
    expect_trace("read begin deliver record set+0 announce:0-0 ");
    custody_committed(c, shell.effect.epoch);
    pump(600, CUSTODY_RELEASE);
    custody_released(c);
    report(&a);
    proceed(&a, 700);
    expect_trace("over:DROPPED"); /* the next owner finds the outcome unknown */
    pump(700, CUSTODY_WAIT);
    cr_expect_eq(custody_resumed(c), 0u);
}

Test(custody_drops, a_draining_shard_waits_for_what_runs_in_store_custody_half_of_its_time)
{
    own(LATE);
    arrive(&again, 5, 0);
    commit(100);
    shell.holding = HOLD_DELIVERY;
    wake(&a, 1000);
    custody_stop(c, 1000);
    pump(1499, CUSTODY_WAIT);
    cr_expect_eq(shell.effect.wake_ms, 1500);
    pump(1500, CUSTODY_STOPPED);
    report(&a);
    proceed(&a, 1500);
}

Test(custody_drops, no_timer_starts_while_the_outbox_is_full)
{
    own(LATE);
    arrive(&again, 5, 0);
    commit(100);
    partition *p = custody_find(c, 0, 0);
    p->outbox.bytes = LIMIT_OUTBOX_BYTES;
    pump(1000, CUSTODY_WAIT);
    p->outbox.bytes = LIMIT_OUTBOX_BYTES - 1;
    pump(1000, CUSTODY_TIMER);
    p->outbox.bytes = 0;
}

Test(custody_drops, what_was_handed_over_is_found_by_the_next_owners_timer)
{
    epoch *e = hand_over();
    custody_committed(c, e);
    pump(2000, CUSTODY_WAIT);
    custody_revoke(c, 2100, true);
    pump(2100, CUSTODY_RELEASE);
    custody_released(c);
    report(&a);
    proceed(&a, 2100);
    expect_trace("over:DROPPED");
    shell.holding = HOLD_NOTHING;
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    take_over_fences(2200);
    find_positions(6, "");
    find_nothing(2200);
    wake(&again, 2200);
    pump(2200, CUSTODY_WAIT);
    expect_trace("read bind resolve deliver deliver record set*-0<0-2!> over:ENDED");
}

/* The activation is called for to hand over, and has not heard of it. */
static void ask_for_hand_over(void)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    pump(1999, CUSTODY_WAIT);
    cr_assert_eq(custody_next(c, 2000, WALL_MS + 2000).action, CUSTODY_PROCEED);
    shell.trace[0] = '\0';
}

Test(custody_drops, a_result_that_comes_before_the_hand_over_makes_it_needless)
{
    ask_for_hand_over();
    report(&a);
    shell.holding = HOLD_NOTHING;
    proceed(&a, 2000);
    pump(2000, CUSTODY_COMMIT);
    expect_trace("deliver record set* announce:0-2! over:ENDED");
    custody_committed(c, shell.effect.epoch);
}

Test(custody_drops, a_hand_over_that_comes_too_late_writes_nothing)
{
    ask_for_hand_over();
    custody_revoke(c, 2000, true);
    proceed(&a, 2000);
    expect_trace("");
    report(&a);
    proceed(&a, 2000);
    expect_trace("over:DROPPED");
}

Test(custody_drops, an_order_does_not_leave_its_list_with_a_hand_over)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    activation_order(&a, COMMAND_CANCEL, "a command", 9);
    pump(2000, CUSTODY_COMMIT);
    expect_trace("read begin deliver record set+0 announce:0-0 ");
    custody_committed(c, shell.effect.epoch);
    pump(2000, CUSTODY_WAIT);
    report(&a);
    proceed(&a, 2100);
    pump(2100, CUSTODY_WAIT);
    expect_trace("record set*-0<0-1!>cmd over:ENDED");
}

Test(custody_drops, an_order_that_comes_during_a_hand_over_leaves_its_list_in_store_custody)
{
    epoch *e = hand_over();
    activation_order(&a, COMMAND_CANCEL, "a command", 9);
    custody_committed(c, e);
    pump(2000, CUSTODY_WAIT);
    report(&a);
    proceed(&a, 2100);
    pump(2100, CUSTODY_WAIT);
    expect_trace("record set*-0<0-1!>cmd over:ENDED");
}

/* ---- dropped at every state ---- */

/* The partitions are gone while something is due: only that is waited for, and nothing is done any more. */
static void lose_everything(void)
{
    shell.trace[0] = '\0';
    custody_revoke(c, 3000, true);
    pump(3000, CUSTODY_RELEASE);
    custody_released(c);
    pump(3000, CUSTODY_WAIT);
}

static void nothing_is_left(void)
{
    pump(3000, CUSTODY_WAIT);
    cr_expect_eq(custody_in_flight(c), 0u);
    cr_expect_eq(custody_resumed(c), 0u);
    cr_expect_eq(a.state, ACTIVATION_FINISHED);
}

Test(custody_drops, a_trigger_dropped_before_it_began)
{
    own(TWO);
    epoch *e = take(5, 0);
    origin from = origin_at(5);
    a.execution.id = id_of_execution();
    activation_start(&a, c, e, custody_partition(c, 0, 0), &from);
    lose_everything();
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
    nothing_is_left();
}

Test(custody_drops, a_trigger_dropped_while_its_record_is_read)
{
    own(TWO);
    shell.holding = HOLD_READ;
    arrive(&a, 5, 0);
    lose_everything();
    proceed(&a, 3000);
    expect_trace("");
    read_record(&a, WALL_MS);
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
    nothing_is_left();
}

Test(custody_drops, a_trigger_dropped_while_its_record_is_read_is_no_duplicate)
{
    own(TWO);
    arrive(&again, 5, 0);
    commit(100);
    shell.holding = HOLD_READ;
    arrive(&a, 6, 100);
    lose_everything();
    read_record(&a, WALL_MS);
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
    nothing_is_left();
}

/* The first of two deliveries of one trigger was recorded, so that a workflow must be bound for the second.
 */
static void replay_with_held_binding(void)
{
    own(TWO);
    shell.outward = true;
    shell.holding = HOLD_DELIVERY;
    arrive(&again, 5, 0);
    pump(0, CUSTODY_WAIT);
    lose_everything();
    report(&again);
    proceed(&again, 3000);
    pump(3000, CUSTODY_WAIT);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    take_over(3000, 5);
    shell.holding = HOLD_BIND;
    arrive(&a, 5, 3000);
    cr_assert(a.binding);
    shell.trace[0] = '\0';
    proceed(&a, 3000);
    expect_trace(""); /* asked for once */
    lose_everything();
    proceed(&a, 3000);
    expect_trace("");
}

Test(custody_drops, a_trigger_dropped_while_its_version_is_found)
{
    replay_with_held_binding();
    bind_version(&a);
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
    nothing_is_left();
}

Test(custody_drops, a_trigger_dropped_while_its_version_is_not_found)
{
    replay_with_held_binding();
    shell.has_no_version = true;
    bind_version(&a);
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
    nothing_is_left();
}

Test(custody_drops, a_trigger_dropped_while_it_is_delivered)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    lose_everything();
    proceed(&a, 3000);
    expect_trace("");
    report(&a);
    proceed(&a, 3000);
    expect_trace("over:DROPPED"); /* invariant 1: the result is nobody's */
    cr_expect_eq(a.execution.steps[0].status, STEP_EXECUTING);
    nothing_is_left();
}

Test(custody_drops, a_trigger_dropped_while_it_is_written)
{
    own(TWO);
    shell.holding = HOLD_WRITE;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WRITE);
    lose_everything(); /* and the connection with it */
    expect_trace("over:DROPPED");
    nothing_is_left();
}

Test(custody_drops, a_write_that_was_executed_after_all_is_told_by_nobody_here)
{
    own(TWO);
    shell.holding = HOLD_WRITE;
    arrive(&a, 5, 0);
    pump(0, CUSTODY_WRITE);
    custody_revoke(c, 3000, true);
    shell.trace[0] = '\0';
    custody_written(c, true, true, 3000);
    pump(3000, CUSTODY_RELEASE);
    expect_trace("over:DROPPED");
    custody_released(c);
    nothing_is_left();
}

Test(custody_drops, a_timer_dropped_at_each_of_its_waits)
{
    static const holding held[] = {HOLD_READ, HOLD_BIND, HOLD_DELIVERY, HOLD_WRITE};
    own(LATE);
    arrive(&again, 5, 0);
    commit(100);
    timer_entry parked = store.pending[0];
    const char *record = store.record;
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        shell.holding = held[i];
        activation_start_timer(&a, c, custody_partition(c, 0, 0), &parked);
        proceed(&a, 1000);
        if (held[i] == HOLD_WRITE) {
            pump(1000, CUSTODY_TIMER); /* read from the pending set, where it still is */
            pump(1000, CUSTODY_WRITE);
        }
        lose_everything();
        proceed(&a, 3000);
        if (a.reading)
            read_record(&a, WALL_MS);
        else if (a.binding)
            bind_version(&a);
        else if (a.delivering)
            report(&a);
        proceed(&a, 3000);
        cr_expect_eq(a.end, ACTIVATION_DROPPED, "%zu", i);
        nothing_is_left();
        cr_expect_eq(store.record, record, "nothing was written");
        cr_assert(custody_assign(c, keys, KEY_COUNT));
        shell.holding = HOLD_NOTHING;
        take_over_fences(3000);
        find_positions(6, "");
        find_nothing(3000);
    }
}

Test(custody_drops, a_lost_fence_drops_a_timers_work_and_its_events)
{
    own(LATE);
    arrive(&again, 5, 0);
    commit(100);
    custody_disarm(c);
    wake(&a, 1000);
    shell.trace[0] = '\0';
    cr_assert_eq(custody_next(c, 1000, WALL_MS + 1000).action, CUSTODY_WATCH);
    custody_watched(c, false, 1000);
    pump(1000, CUSTODY_WAIT);
    expect_trace("over:DROPPED");
    cr_expect_eq(shell.effect.wake_ms, 1500);
    cr_expect_eq(custody_resumed(c), 0u);
    cr_expect_eq(store.pending_count, 1);
    pump(1500, CUSTODY_FENCE);
    custody_fenced(c, shell.effect.ask);
    cr_expect_eq(custody_outbox_depth(c), 0u, "what was not written is forgotten");
}

Test(custody_drops, a_lost_fence_returns_triggers_whose_record_was_not_written)
{
    own(TWO);
    arrive(&a, 5, 0);
    shell.trace[0] = '\0';
    cr_assert_eq(custody_next(c, 0, WALL_MS).action, CUSTODY_WATCH);
    custody_watched(c, true, 0);
    cr_assert_eq(custody_next(c, 0, WALL_MS).action, CUSTODY_WRITE);
    custody_written(c, false, false, 0);
    pump(0, CUSTODY_WAIT);
    expect_trace("over:DROPPED");
    cr_expect_eq(custody_returned(c), 1u);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, 5);
    cr_expect_null(store.record);
}

Test(custody_drops, closing_waits_for_due_reports_only)
{
    own(TWO);
    shell.holding = HOLD_DELIVERY;
    arrive(&a, 5, 0);
    shell.trace[0] = '\0';
    custody_close(c);
    pump(3000, CUSTODY_WAIT);
    proceed(&a, 3000);
    expect_trace("");
    report(&a);
    proceed(&a, 3000);
    expect_trace("over:DROPPED");
}
