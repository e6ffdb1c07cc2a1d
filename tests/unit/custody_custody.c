#include <criterion/criterion.h>

#include "engine/custody/custody.h"

static const partition keys[] = {
    {.topic = 0, .number = 1}, {.topic = 0, .number = 0}, {.topic = 1, .number = 0}};
static const custody_limits limits = {
    .commit_interval_ms = 100, .revoke_max_ms = 1000, .triggers_max = 4, .bytes_max = 1000};

static custody *c;

static void set_up(void)
{
    c = custody_new(&limits);
    cr_assert(custody_assign(c, keys, 3));
}

static void tear_down(void)
{
    custody_free(c, NULL); /* no test gives an epoch a shell */
}

TestSuite(custody_custody, .init = set_up, .fini = tear_down);

static custody_effect next(int64_t now_ms, custody_action expected)
{
    custody_effect effect = custody_next(c, now_ms);
    cr_assert_eq(effect.action, expected, "action %d instead of %d at %lld", effect.action, expected,
                 (long long)now_ms);
    return effect;
}

static epoch *take(int64_t offset, int64_t now_ms)
{
    epoch *e = custody_take(c, 0, 0, offset, 10, now_ms);
    cr_assert_not_null(e);
    return e;
}

/* Takes and settles one trigger and brings its epoch to its commit. */
static epoch *committing(int64_t offset, int64_t now_ms)
{
    epoch *e = take(offset, now_ms);
    custody_settle(c, e);
    cr_assert_eq(next(now_ms + 100, CUSTODY_COMMIT).epoch, e);
    return e;
}

static void end(int64_t now_ms, epoch *e, bool committed)
{
    custody_effect effect = next(now_ms, CUSTODY_END);
    cr_expect_eq(effect.epoch, e);
    cr_expect_eq(effect.committed, committed);
    epoch_free(e);
}

Test(custody_custody, commits_the_offset_behind_the_last_trigger_of_each_partition)
{
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
    cr_expect_eq(next(112, CUSTODY_WAIT).wake_ms, INT64_MAX);
}

Test(custody_custody, the_next_epoch_fills_while_one_commits_and_commits_after_it)
{
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    cr_expect_neq(first, second);
    custody_settle(c, second);
    next(300, CUSTODY_WAIT); /* invariant 2 */
    custody_committed(c, first);
    end(301, first, true);
    cr_expect_eq(next(302, CUSTODY_COMMIT).epoch, second);
    custody_committed(c, second);
    end(303, second, true);
}

Test(custody_custody, takes_an_offset_once_and_only_of_assigned_partitions)
{
    take(5, 0);
    cr_expect_null(custody_take(c, 0, 0, 5, 10, 0));
    cr_expect_null(custody_take(c, 0, 0, 4, 10, 0));
    cr_expect_null(custody_take(c, 0, 2, 0, 10, 0));
    cr_expect_null(custody_take(c, UINT32_MAX, 0, 0, 10, 0));
    cr_expect_eq(custody_in_flight(c), 1u);
}

Test(custody_custody, is_bounded_by_triggers_and_by_bytes)
{
    epoch *e = NULL;
    for (int64_t offset = 0; offset < 4; offset++) {
        cr_assert(custody_may_take(c));
        e = take(offset, 0);
    }
    cr_expect_not(custody_may_take(c));
    for (int i = 0; i < 4; i++)
        custody_settle(c, e);
    next(1, CUSTODY_COMMIT); /* full: no need to wait for the interval */
    custody_committed(c, e);
    end(2, e, true);
    cr_assert_not_null(custody_take(c, 0, 0, 10, 1000, 3));
    cr_expect_not(custody_may_take(c));
}

Test(custody_custody, an_abort_drops_what_is_behind_it_and_rewinds)
{
    epoch *first = committing(0, 0);
    epoch *second = take(1, 100);
    custody_aborted(c, first);
    cr_expect_not(custody_may_take(c));
    end(101, first, false);
    next(102, CUSTODY_REWIND);
    next(103, CUSTODY_WAIT); /* asked for once */
    cr_expect_eq(second->state, EPOCH_DROPPED);
    cr_expect_eq(custody_returned(c), 1u);
    custody_settle(c, second);
    end(104, second, false);
    cr_expect_eq(custody_returned(c), 2u);
    custody_rewound(c);
    cr_expect(custody_may_take(c));
    epoch *again = take(0, 105);
    cr_expect_eq(again->state, EPOCH_OPEN);
    custody_settle(c, again);
    next(205, CUSTODY_COMMIT);
    custody_committed(c, again);
    end(206, again, true);
    cr_expect_eq(custody_returned(c), 2u, "what is committed does not go back");
}

Test(custody_custody, a_revocation_commits_what_is_in_flight_first)
{
    epoch *e = take(0, 0);
    custody_revoke(c, 10, false);
    cr_expect_not(custody_may_take(c));
    cr_expect_eq(next(10, CUSTODY_WAIT).wake_ms, 1010);
    custody_settle(c, e);
    next(20, CUSTODY_COMMIT);
    next(21, CUSTODY_WAIT);
    custody_committed(c, e);
    end(22, e, true);
    next(23, CUSTODY_RELEASE);
    custody_released(c);
    next(24, CUSTODY_WAIT);
    cr_assert(custody_assign(c, keys, 1));
    cr_expect(custody_may_take(c));
}

Test(custody_custody, a_revocation_drops_what_is_not_settled_by_its_deadline)
{
    epoch *e = take(0, 0);
    custody_revoke(c, 10, false);
    next(1009, CUSTODY_WAIT);
    next(1010, CUSTODY_RELEASE);
    custody_released(c);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    next(1011, CUSTODY_WAIT);
    custody_settle(c, e);
    end(1012, e, false);
}

Test(custody_custody, a_lost_assignment_is_released_at_once)
{
    epoch *e = take(0, 0);
    custody_revoke(c, 10, true);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    next(10, CUSTODY_RELEASE);
    custody_released(c);
    custody_settle(c, e);
    end(11, e, false);
}

Test(custody_custody, an_abort_of_an_earlier_assignment_leaves_the_present_one_alone)
{
    epoch *old = committing(0, 0);
    custody_revoke(c, 110, true);
    next(110, CUSTODY_RELEASE);
    custody_released(c);
    cr_assert(custody_assign(c, keys, 3));
    epoch *present = take(0, 120);
    custody_settle(c, present);
    next(300, CUSTODY_WAIT); /* the old transaction still runs */
    custody_aborted(c, old);
    end(301, old, false);
    cr_expect_eq(present->state, EPOCH_OPEN);
    cr_expect(custody_may_take(c));
    cr_expect_eq(next(302, CUSTODY_COMMIT).epoch, present);
    custody_committed(c, present);
    end(303, present, true);
}

Test(custody_custody, a_revocation_during_a_rewind_needs_no_rewind)
{
    epoch *e = committing(0, 0);
    custody_aborted(c, e);
    end(101, e, false);
    next(102, CUSTODY_REWIND);
    custody_revoke(c, 103, false);
    next(103, CUSTODY_RELEASE);
    custody_rewound(c); /* comes too late and changes nothing */
    custody_released(c);
    cr_expect_not(custody_may_take(c));
}

Test(custody_custody, stopping_drains)
{
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
    epoch *e = take(0, 0);
    custody_stop(c, 10);
    custody_stop(c, 500); /* a second time moves no deadline */
    cr_expect_eq(next(600, CUSTODY_WAIT).wake_ms, 1010);
    next(1010, CUSTODY_STOPPED);
    cr_expect_eq(e->state, EPOCH_DROPPED);
}

Test(custody_custody, stopping_waits_for_a_transaction_that_runs)
{
    epoch *e = committing(0, 0);
    custody_stop(c, 110);
    cr_expect_eq(next(1110, CUSTODY_WAIT).wake_ms, INT64_MAX);
    custody_committed(c, e);
    end(1111, e, true);
    next(1112, CUSTODY_STOPPED);
}

Test(custody_custody, nothing_commits_while_a_rewind_runs_that_nobody_wants_any_more)
{
    epoch *e = committing(0, 0);
    custody_aborted(c, e);
    end(101, e, false);
    next(102, CUSTODY_REWIND);
    cr_expect(custody_rewinding(c));
    custody_revoke(c, 103, true);
    next(103, CUSTODY_RELEASE);
    custody_released(c);
    cr_assert(custody_assign(c, keys, 3));
    cr_expect_not(custody_rewinding(c));
    epoch *present = take(7, 110);
    custody_settle(c, present);
    next(300, CUSTODY_WAIT);
    custody_rewound(c);
    cr_expect_eq(next(301, CUSTODY_COMMIT).epoch, present);
    custody_committed(c, present);
    end(302, present, true);
}
