/* Epochs, and how an assignment ends; how it begins, and what it owns, is in custody_ownership.c, and what
 * executions do in custody_activation.c. */
#include "engine/custody/custody_state.h"
#include "tests/unit/custody_run.h"

TestSuite(custody_custody, .init = open_custody, .fini = close_custody);

/* Takes and settles one trigger and brings its epoch to its commit. */
static epoch *committing(int64_t offset, int64_t now_ms)
{
    epoch *e = take(offset, now_ms);
    custody_settle(c, e);
    cr_assert_eq(next(now_ms + 100, CUSTODY_COMMIT).epoch, e);
    return e;
}

/* ---- epochs ---- */

Test(custody_custody, commits_the_offset_behind_the_last_trigger_of_each_partition)
{
    take_over(0, 0);
    epoch *e = take(7, 0);
    cr_assert_eq(custody_take(c, 1, 0, 3, 10, 10), e);
    cr_assert_eq(take(8, 20), e);
    cr_expect_eq(next(50, CUSTODY_WAIT).wake_ms, 100);
    for (int i = 0; i < 3; i++) {
        next(100 + i, CUSTODY_WAIT);
        custody_settle(c, e);
    }
    cr_expect_eq(next(110, CUSTODY_COMMIT).epoch, e);
    cr_assert_eq(e->offset_count, 2u);
    cr_expect_eq(e->offsets[0].topic, 0u);
    cr_expect_eq(e->offsets[0].next, 9);
    cr_expect_eq(e->offsets[1].topic, 1u);
    cr_expect_eq(e->offsets[1].next, 4);
    custody_committed(c, e);
    end(111, e, true);
    cr_expect_eq(custody_in_flight(c), 0u);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, 9);
    cr_expect_eq(next(112, CUSTODY_WAIT).wake_ms, INT64_MAX);
}

Test(custody_custody, the_next_epoch_fills_while_one_commits_and_commits_after_it)
{
    take_over(0, 0);
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    cr_expect_neq(first, second);
    custody_settle(c, second);
    next(300, CUSTODY_WAIT); /* invariant 2 */
    cr_expect_eq(second->state, EPOCH_OPEN);
    custody_committed(c, first);
    end(301, first, true);
    cr_expect_eq(next(302, CUSTODY_COMMIT).epoch, second);
    custody_committed(c, second);
    end(303, second, true);
}

Test(custody_custody, takes_an_offset_once_and_only_of_assigned_partitions)
{
    take_over(0, 0);
    take(5, 0);
    cr_expect_null(custody_take(c, 0, 0, 5, 10, 0));
    cr_expect_null(custody_take(c, 0, 0, 4, 10, 0));
    cr_expect_null(custody_take(c, 0, 2, 0, 10, 0));
    cr_expect_null(custody_take(c, UINT32_MAX, 0, 0, 10, 0));
    cr_expect_eq(custody_in_flight(c), 1u);
}

Test(custody_custody, is_bounded_by_triggers_and_by_bytes)
{
    take_over(0, 0);
    epoch *e = NULL;
    for (int64_t offset = 0; offset < 4; offset++) {
        cr_assert(custody_may_take(c));
        e = take(offset, 0);
    }
    cr_expect_not(custody_may_take(c));
    cr_expect_not(custody_may_poll(c));
    for (int i = 0; i < 4; i++)
        custody_settle(c, e);
    next(1, CUSTODY_COMMIT); /* full: no need to wait for the interval */
    custody_committed(c, e);
    end(2, e, true);
    cr_assert_not_null(custody_take(c, 0, 0, 10, 1000, 3));
    cr_expect_not(custody_may_take(c));
}

/* ---- aborts ---- */

Test(custody_custody, an_abort_drops_what_is_behind_it_and_rewinds)
{
    take_over(0, 0);
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    custody_aborted(c, first);
    cr_expect_not(custody_may_take(c));
    cr_expect_not(custody_may_poll(c));
    cr_expect_null(custody_take(c, 0, 0, 2, 10, 100));
    end(101, first, false);
    next(102, CUSTODY_POSITION);
    next(103, CUSTODY_WAIT); /* asked for once */
    cr_expect_eq(second->state, EPOCH_DROPPED);
    cr_expect_eq(custody_returned(c), 1u);
    custody_settle(c, second);
    end(104, second, false);
    cr_expect_eq(custody_returned(c), 2u);
    find_positions(0, "");
    fetch_nothing(104);
    cr_expect(custody_may_take(c));
    epoch *again = take(0, 105);
    cr_expect_eq(again->state, EPOCH_OPEN);
    custody_settle(c, again);
    next(205, CUSTODY_COMMIT);
    custody_committed(c, again);
    end(206, again, true);
    cr_expect_eq(custody_returned(c), 2u, "what is committed does not go back");
}

Test(custody_custody, a_dropped_epoch_ends_when_its_last_trigger_has_come_back)
{
    take_over(0, 0);
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    cr_assert_eq(take(2, 100), second);
    custody_aborted(c, first);
    end(101, first, false);
    rewind_to(102, 0);
    custody_settle(c, second);
    next(103, CUSTODY_WAIT);
    cr_expect_eq(custody_in_flight(c), 2u, "its memory is not free yet");
    custody_settle(c, second);
    end(104, second, false);
    cr_expect_eq(custody_in_flight(c), 0u);
}

Test(custody_custody, an_abort_of_an_earlier_assignment_leaves_the_present_one_alone)
{
    take_over(0, 0);
    epoch *old = committing(0, 0);
    custody_revoke(c, 110, true);
    next(110, CUSTODY_RELEASE);
    custody_released(c);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    custody_fenced(c, next(110, CUSTODY_FENCE).ask);
    next(111, CUSTODY_WAIT); /* invariant 7: the old transaction still runs */
    custody_aborted(c, old);
    end(301, old, false);
    next(302, CUSTODY_POSITION);
    custody_positioned(c);
    find_nothing(302);
    fetch_nothing(302);
    cr_expect(custody_may_take(c));
    epoch *present = take(0, 303);
    custody_settle(c, present);
    cr_expect_eq(next(403, CUSTODY_COMMIT).epoch, present);
    custody_committed(c, present);
    end(404, present, true);
}

Test(custody_custody, a_commit_of_an_earlier_assignment_leaves_the_present_one_alone)
{
    take_over(0, 0);
    epoch *old = committing(0, 0);
    custody_revoke(c, 110, true);
    next(110, CUSTODY_RELEASE);
    custody_released(c);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    custody_committed(c, old);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, -1, "it is read");
    end(301, old, true);
    next(302, CUSTODY_FENCE);
}

Test(custody_custody, nothing_commits_while_positions_are_read_that_nobody_wants_any_more)
{
    take_over(0, 0);
    epoch *e = committing(0, 0);
    custody_aborted(c, e);
    end(101, e, false);
    next(102, CUSTODY_POSITION);
    custody_revoke(c, 103, true);
    next(103, CUSTODY_RELEASE);
    custody_released(c);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
    cr_expect_not(custody_wants_positions(c));
    custody_fenced(c, next(110, CUSTODY_FENCE).ask);
    next(111, CUSTODY_WAIT); /* invariant 7 */
    find_positions(99, "");  /* of the old ones: they answer nobody */
    cr_expect_eq(custody_partition(c, 0, 0)->committed, -1);
    next(112, CUSTODY_POSITION);
}

/* ---- revocation ---- */

Test(custody_custody, a_revocation_commits_what_is_in_flight_first)
{
    take_over(0, 0);
    epoch *e = take(0, 0);
    custody_revoke(c, 10, false);
    cr_expect_not(custody_may_take(c));
    cr_expect_eq(next(10, CUSTODY_WAIT).wake_ms, 510); /* then it hands over */
    cr_expect_eq(next(510, CUSTODY_WAIT).wake_ms, 1010);
    custody_settle(c, e);
    next(520, CUSTODY_COMMIT);
    next(521, CUSTODY_WAIT);
    custody_committed(c, e);
    end(522, e, true);
    next(523, CUSTODY_RELEASE);
    custody_released(c);
    next(524, CUSTODY_WAIT);
    cr_assert(custody_assign(c, keys, 1));
    next(525, CUSTODY_FENCE);
}

Test(custody_custody, a_revocation_drops_what_is_not_settled_by_its_deadline)
{
    take_over(0, 0);
    epoch *e = take(0, 0);
    custody_revoke(c, 10, false);
    next(1009, CUSTODY_WAIT);
    next(1010, CUSTODY_RELEASE);
    next(1010, CUSTODY_WAIT); /* asked for once */
    custody_released(c);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    next(1011, CUSTODY_WAIT);
    custody_settle(c, e);
    end(1012, e, false);
}

Test(custody_custody, a_lost_assignment_is_released_at_once)
{
    take_over(0, 0);
    epoch *e = take(0, 0);
    uint64_t generation = custody_generation(c);
    custody_revoke(c, 10, true);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    cr_expect_neq(custody_generation(c), generation);
    next(10, CUSTODY_RELEASE);
    custody_released(c);
    custody_settle(c, e);
    end(11, e, false);
}

Test(custody_custody, a_revocation_while_taking_over_asks_for_nothing_more)
{
    custody_effect put = next(0, CUSTODY_FENCE);
    custody_revoke(c, 1, false);
    custody_fenced(c, put.ask);
    next(1, CUSTODY_RELEASE);
    custody_released(c);
    next(2, CUSTODY_WAIT);
}

Test(custody_custody, a_revocation_during_a_rewind_needs_no_rewind)
{
    take_over(0, 0);
    epoch *e = committing(0, 0);
    custody_aborted(c, e);
    end(101, e, false);
    next(102, CUSTODY_POSITION);
    custody_revoke(c, 103, false);
    next(103, CUSTODY_RELEASE);
    custody_positioned(c); /* comes too late and changes nothing */
    custody_released(c);
    cr_expect_not(custody_may_take(c));
    next(104, CUSTODY_WAIT);
}

Test(custody_custody, a_revocation_of_nothing_changes_nothing)
{
    custody_revoke(c, 0, true);
    next(0, CUSTODY_RELEASE);
    custody_revoke(c, 1, false);
    next(1, CUSTODY_WAIT);
    custody_released(c);
    custody_revoke(c, 2, false);
    next(2000, CUSTODY_WAIT);
}

/* ---- stopping ---- */

Test(custody_custody, stopping_drains)
{
    take_over(0, 0);
    epoch *e = take(0, 0);
    custody_stop(c, 10);
    cr_expect_not(custody_may_take(c));
    next(1, CUSTODY_WAIT);
    custody_settle(c, e);
    next(2, CUSTODY_COMMIT);
    custody_committed(c, e);
    end(3, e, true);
    next(4, CUSTODY_STOPPED);
}

Test(custody_custody, stopping_waits_for_what_is_unsettled_no_longer_than_its_deadline)
{
    take_over(0, 0);
    epoch *e = take(0, 0);
    custody_stop(c, 10);
    custody_stop(c, 500); /* a second time moves no deadline */
    cr_expect_eq(next(600, CUSTODY_WAIT).wake_ms, 1010);
    next(1010, CUSTODY_STOPPED);
    cr_expect_eq(e->state, EPOCH_DROPPED);
}

Test(custody_custody, stopping_waits_for_a_transaction_that_runs)
{
    take_over(0, 0);
    epoch *e = committing(0, 0);
    custody_stop(c, 110);
    cr_expect_eq(next(1110, CUSTODY_WAIT).wake_ms, INT64_MAX);
    custody_committed(c, e);
    end(1111, e, true);
    next(1112, CUSTODY_STOPPED);
}

Test(custody_custody, stopping_waits_for_the_triggers_of_dropped_epochs)
{
    take_over(0, 0);
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    custody_aborted(c, first);
    end(101, first, false);
    custody_stop(c, 101);
    next(102, CUSTODY_WAIT); /* nor are positions read for nothing */
    custody_settle(c, second);
    end(103, second, false);
    next(104, CUSTODY_STOPPED);
}

Test(custody_custody, stopping_ends_a_takeover)
{
    custody_stop(c, 0);
    next(0, CUSTODY_STOPPED);
}

Test(custody_custody, without_memory_nothing_is_committed_any_more)
{
    take_over(0, 0);
    custody_settle(c, take(0, 0));
    c->failed = true;
    next(100, CUSTODY_FAILED);
}

Test(custody_custody, a_closed_custody_asks_for_nothing)
{
    take_over(0, 0);
    take(0, 0);
    cr_expect_eq(next(50, CUSTODY_WAIT).wake_ms, 100);
    custody_close(c);
    cr_expect_eq(next(50, CUSTODY_WAIT).wake_ms, INT64_MAX);
}

/* ---- nothing is committed that was given up ---- */

/* An event of store custody that the next epoch is to tell. */
static void tell(const char *events)
{
    partition *p = custody_find(c, 0, 0);
    outbox_entry *e = outbox_add(&p->outbox, 4, events, strlen(events));
    cr_assert_not_null(e);
    custody_tell(c, p, e);
}

Test(custody_custody, what_an_outbox_has_is_told_by_the_next_epoch)
{
    take_over(0, 5);
    tell("events");
    cr_expect_eq(next(10, CUSTODY_WAIT).wake_ms, 110);
    epoch *e = next(110, CUSTODY_COMMIT).epoch;
    cr_assert_eq(e->offset_count, 1u);
    cr_expect_eq(e->offsets[0].next, 5, "nothing was taken");
    cr_expect_eq(e->offsets[0].outbox, 1u);
    custody_committed(c, e);
    end(111, e, true);
    cr_expect_eq(custody_outbox_depth(c), 0u);
}

Test(custody_custody, what_is_published_is_trimmed_after_each_commit)
{
    take_over(0, 5);
    next(0, CUSTODY_WAIT);
    for (uint64_t number = 1; number <= 3; number++) {
        int64_t now_ms = (int64_t)number * 1000;
        tell("events");
        next(now_ms, CUSTODY_WAIT);
        epoch *e = next(now_ms + 100, CUSTODY_COMMIT).epoch;
        custody_committed(c, e);
        end(now_ms + 100, e, true);
        if (number == 1) {
            next(now_ms + 100, CUSTODY_WATCH);
            custody_watched(c, true, now_ms + 100);
        }
        const fenced_write *trim = next(now_ms + 100, CUSTODY_WRITE).block;
        cr_expect_eq(trim->trim_from, number);
        cr_expect_eq(trim->trim_to, number);
        custody_written(c, true, true, now_ms + 100);
    }
}

Test(custody_custody, an_outbox_that_waits_does_not_commit_what_a_lost_assignment_has_dropped)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    tell("events");
    custody_revoke(c, 1, true);
    next(1, CUSTODY_RELEASE);
    cr_expect_eq(e->state, EPOCH_DROPPED);
}

Test(custody_custody, an_outbox_that_waits_for_a_rewind_does_not_commit_what_was_dropped)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    custody_aborted(c, e);
    end(101, e, false);
    next(101, CUSTODY_POSITION);
    tell("events");
    next(300, CUSTODY_WAIT);
    custody_revoke(c, 301, false);
    next(301, CUSTODY_RELEASE);
}

Test(custody_custody, after_a_rewind_an_outbox_is_told_with_the_position_that_was_read)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    custody_aborted(c, e);
    end(101, e, false);
    next(101, CUSTODY_POSITION);
    tell("events");
    find_positions(5, "");
    fetch_nothing(102);
    next(102, CUSTODY_WAIT);
    e = next(202, CUSTODY_COMMIT).epoch;
    cr_expect_eq(e->offsets[0].next, 5);
    cr_expect_eq(e->offsets[0].outbox, 1u);
    custody_committed(c, e);
    end(203, e, true);
}

Test(custody_custody, an_abort_in_a_revocation_ends_it)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    uint64_t generation = custody_generation(c);
    custody_revoke(c, 110, false);
    custody_aborted(c, e);
    cr_expect_neq(custody_generation(c), generation,
                  "what goes on in store custody could only be told by committing past the aborted triggers");
    end(111, e, false);
    next(112, CUSTODY_RELEASE);
}
