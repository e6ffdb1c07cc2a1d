/* What an assignment needs before it is ours, how it is lost, and the timers that it has. */
#include "tests/unit/custody_run.h"

TestSuite(custody_ownership, .init = open_custody, .fini = close_custody);

/* ---- taking over ---- */

Test(custody_ownership, takes_nothing_before_the_fences_the_positions_the_outboxes_and_a_commit)
{
    cr_expect_not(custody_may_take(c));
    cr_expect_null(custody_take(c, 0, 0, 7, 10, 0)); /* invariant 8 */
    uint64_t ask = next(0, CUSTODY_FENCE).ask;
    next(0, CUSTODY_WAIT); /* asked for once */
    custody_fenced(c, ask);
    next(0, CUSTODY_POSITION);
    next(0, CUSTODY_WAIT);
    cr_expect(custody_wants_positions(c));
    find_positions(7, "");
    cr_expect_not(custody_wants_positions(c));
    ask = next(0, CUSTODY_LOAD).ask;
    next(0, CUSTODY_WAIT);
    custody_loaded(c, ask);
    epoch *proof = next(0, CUSTODY_COMMIT).epoch;
    cr_assert_eq(proof->offset_count, (uint32_t)KEY_COUNT);
    cr_expect_eq(proof->offsets[0].next, 7, "as it was");
    cr_expect_eq(proof->offsets[1].next, 0, "there was none");
    cr_expect_null(custody_take(c, 0, 0, 7, 10, 0));
    next(0, CUSTODY_WAIT);
    custody_committed(c, proof);
    end(0, proof, true);
    cr_expect_null(custody_take(c, 0, 0, 7, 10, 0));
    next(0, CUSTODY_ACCEPT);
    next(0, CUSTODY_WAIT);
    cr_expect_not(custody_accepted(c));
    custody_accept(c);
    cr_expect(custody_accepted(c));
    cr_expect(custody_may_take(c));
    fetch_nothing(0);
    cr_expect_eq(next(0, CUSTODY_WAIT).wake_ms, INT64_MAX);
    take(7, 0);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, 7);
}

Test(custody_ownership, a_takeover_that_the_group_refuses_begins_again)
{
    load(5, "outbox=1", 2, 2);
    epoch *proof = next(0, CUSTODY_COMMIT).epoch;
    custody_aborted(c, proof);
    end(0, proof, false);
    cr_expect_not(custody_may_take(c));
    take_over_fences(0);
    find_positions(9, "outbox=2"); /* the present owner has gone on */
    custody_loaded(c, next(0, CUSTODY_LOAD).ask);
    proof = next(0, CUSTODY_COMMIT).epoch;
    cr_expect_eq(proof->offsets[0].next, 9);
    cr_expect_eq(proof->offsets[0].outbox_from, 2u);
    cr_expect_eq(proof->offsets[0].outbox, 2u);
    custody_committed(c, proof);
    end(0, proof, true);
    next(0, CUSTODY_ACCEPT);
}

Test(custody_ownership, answers_to_other_questions_change_nothing)
{
    custody_effect put = next(0, CUSTODY_FENCE);
    custody_fenced(c, put.ask - 1);
    custody_loaded(c, put.ask);
    custody_accept(c);
    custody_position(c, 0, 0, 99, "outbox=9", 8);
    cr_expect_eq(custody_partition(c, 0, 0)->committed, -1);
    next(0, CUSTODY_WAIT);
    custody_fenced(c, put.ask);
    next(0, CUSTODY_POSITION);
    custody_position(c, 3, 0, 99, "", 0); /* not assigned */
    custody_positioned(c);
    uint64_t ask = next(0, CUSTODY_LOAD).ask;
    cr_expect(custody_restore(c, ask - 1, 0, 0, 4, "late", 4));
    cr_expect(custody_restore(c, ask, 3, 0, 4, "elsewhere", 9));
    custody_restore_last(c, ask - 1, 0, 0, 4);
    cr_expect_eq(custody_outbox_depth(c), 0u);
    custody_loaded(c, ask - 1);
    next(0, CUSTODY_WAIT);
    custody_loaded(c, ask);
    prove(0);
}

Test(custody_ownership, publishes_what_a_predecessor_left_before_anything_else)
{
    load(5, "outbox=3", 4, 4);
    epoch *e = next(0, CUSTODY_COMMIT).epoch;
    cr_expect_eq(e->offsets[0].next, 5);
    cr_expect_eq(e->offsets[0].outbox_from, 3u);
    cr_expect_eq(e->offsets[0].outbox, 4u);
    cr_expect_eq(custody_outbox_depth(c), 1u);
    next(0, CUSTODY_WAIT); /* invariant 10: no trimming before the commit */
    custody_committed(c, e);
    end(0, e, true);
    cr_expect_eq(custody_outbox_depth(c), 0u);
    next(0, CUSTODY_ACCEPT);
    custody_accept(c);
    fetch_nothing(0);
    next(0, CUSTODY_WATCH);
    custody_watched(c, true, 0);
    const fenced_write *trim = next(0, CUSTODY_WRITE).block;
    cr_expect_eq(trim->trim_from, 4u);
    cr_expect_eq(trim->trim_to, 4u);
    cr_expect_null(trim->owner);
    custody_written(c, true, true, 1);
    next(500, CUSTODY_WAIT);
    cr_expect_eq(custody_store_losses(c), 0u);
}

Test(custody_ownership, does_not_publish_again_what_the_metadata_names)
{
    load(5, "outbox=4", 4, 4);
    epoch *e = next(0, CUSTODY_COMMIT).epoch;
    cr_expect_eq(e->offsets[0].outbox_from, 4u);
    cr_expect_eq(e->offsets[0].outbox, 4u);
    cr_expect_null(custody_partition(c, 0, 0)->outbox.first);
    custody_committed(c, e);
    end(0, e, true);
    next(0, CUSTODY_ACCEPT);
    custody_accept(c);
    fetch_nothing(0);
    next(0, CUSTODY_WATCH);
    custody_watched(c, true, 0);
    cr_expect_eq(next(0, CUSTODY_WRITE).block->trim_from, 4u, "what is left of it is trimmed");
    custody_written(c, true, true, 0);
    next(500, CUSTODY_WAIT); /* no epoch */
}

Test(custody_ownership,
     a_store_that_remembers_less_than_was_published_is_counted_and_its_numbers_are_not_reused)
{
    load(5, "outbox=9", 4, 4);
    cr_expect_eq(custody_store_losses(c), 1u);
    cr_expect_eq(custody_partition(c, 0, 0)->outbox.last, 9u);
}

Test(custody_ownership, numbers_go_on_behind_the_last_that_the_store_gave)
{
    load(5, "outbox=2", 0, 8);
    cr_expect_eq(custody_partition(c, 0, 0)->outbox.last, 8u);
    cr_expect_eq(custody_store_losses(c), 0u);
}

/* ---- the fences ---- */

/* Ours, with a published entry to trim, so that something is to be written. */
static void take_over_with_trim(void)
{
    load(5, "outbox=1", 1, 1);
    prove(0);
    fetch_nothing(0);
    next(0, CUSTODY_WATCH);
}

Test(custody_ownership, a_lost_fence_drops_everything_and_is_taken_again_unless_somebody_revokes)
{
    take_over_with_trim();
    epoch *e = take(5, 0);
    uint64_t generation = custody_generation(c);
    custody_watched(c, false, 10);
    cr_expect_eq(custody_fences_lost(c), 1u);
    cr_expect_neq(custody_generation(c), generation);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    cr_expect_not(custody_may_take(c));
    custody_settle(c, e);
    end(10, e, false);
    cr_expect_eq(next(11, CUSTODY_WAIT).wake_ms, 510);
    cr_expect(custody_may_poll(c), "what comes is read again after the positions were");
    custody_fenced(c, next(510, CUSTODY_FENCE).ask);
    next(510, CUSTODY_POSITION);
    cr_expect_not(custody_may_poll(c), "what comes now would be skipped");
    find_positions(5, "");
    find_nothing(510);
    fetch_nothing(510); /* no ACCEPT: the partitions are being read already */
    take(5, 520);
}

Test(custody_ownership, a_fence_lost_at_an_exec_drops_everything)
{
    take_over_with_trim();
    epoch *e = take(5, 0);
    custody_watched(c, true, 1);
    next(1, CUSTODY_WRITE);
    next(1, CUSTODY_WAIT); /* one block at a time */
    custody_written(c, false, false, 2);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    cr_expect_eq(custody_fences_lost(c), 1u);
    cr_expect_eq(next(3, CUSTODY_WAIT).wake_ms, 502);
}

Test(custody_ownership, what_a_fence_lost_in_a_revocation_has_dropped_is_not_committed)
{
    take_over_with_trim();
    epoch *e = take(5, 0);
    custody_revoke(c, 10, false);
    custody_watched(c, false, 20);
    cr_expect_eq(e->state, EPOCH_DROPPED);
    custody_settle(c, e); /* its write came back fenced */
    end(30, e, false);
    next(31, CUSTODY_RELEASE);
}

Test(custody_ownership, fences_that_answer_nobody_change_nothing)
{
    take_over(0, 5);
    custody_watched(c, false, 1);
    custody_written(c, false, false, 1);
    cr_expect_eq(custody_fences_lost(c), 0u);
    cr_expect(custody_may_take(c));
}

Test(custody_ownership, what_was_under_way_on_a_lost_connection_is_asked_for_again)
{
    take_over_with_trim();
    custody_disarm(c);
    next(1, CUSTODY_WATCH);
    custody_watched(c, true, 1);
    const fenced_write *block = next(1, CUSTODY_WRITE).block;
    custody_disarm(c);
    next(2, CUSTODY_WATCH);
    custody_watched(c, true, 2);
    cr_expect_eq(next(2, CUSTODY_WRITE).block, block);
    custody_written(c, true, true, 2);
    next(3, CUSTODY_WAIT);
}

/* ---- timers ---- */

static void take_over_with_timers(int64_t committed, timer_entry *items, int32_t count)
{
    take_over_fences(0);
    find_positions(committed, "");
    find_nothing(0);
    custody_effect fetch = next(0, CUSTODY_FETCH);
    cr_assert_eq(fetch.partition->number, 0);
    cr_assert_lt(fetch.timer.due_ms, 0, "from the start");
    cr_assert(custody_fetched(c, fetch.ask, 0, 0, items, count));
}

static void fetch_nothing_of_the_others(int64_t now_ms)
{
    for (int i = 0; i < KEY_COUNT - 1; i++) {
        custody_effect fetch = next(now_ms, CUSTODY_FETCH);
        cr_assert(custody_fetched(c, fetch.ask, fetch.partition->topic, fetch.partition->number, NULL, 0));
    }
}

Test(custody_ownership, starts_each_timer_when_it_is_due)
{
    timer_entry items[] = {timer_at(WALL_MS + 10, 3), timer_at(WALL_MS + 20, 2)};
    take_over_with_timers(5, items, 2);
    fetch_nothing_of_the_others(0);
    cr_expect_eq(custody_oldest_timer_ms(c), WALL_MS + 10);
    cr_expect_eq(next(0, CUSTODY_WAIT).wake_ms, 10);
    custody_effect first = next(15, CUSTODY_TIMER);
    cr_expect_eq(first.timer.offset, 3);
    cr_expect_eq(first.partition->number, 0);
    cr_expect_eq(next(16, CUSTODY_WAIT).wake_ms, 20);
    cr_expect_eq(next(20, CUSTODY_TIMER).timer.offset, 2);
    cr_expect_eq(next(20, CUSTODY_WAIT).wake_ms, INT64_MAX);
    cr_expect_eq(custody_oldest_timer_ms(c), INT64_MAX);
}

Test(custody_ownership, a_timer_whose_trigger_is_not_committed_does_not_count)
{
    timer_entry items[] = {timer_at(WALL_MS, 4), timer_at(WALL_MS, 5), timer_at(WALL_MS, 6)};
    take_over_with_timers(5, items, 3);
    cr_expect_eq(next(0, CUSTODY_TIMER).timer.offset, 4);
    fetch_nothing_of_the_others(0);
    next(0, CUSTODY_WAIT); /* invariant 9 */
}

Test(custody_ownership, reads_on_behind_the_last_member_even_where_none_of_a_page_counts)
{
    static timer_entry items[LIMIT_TIMER_PAGE];
    for (int i = 0; i < LIMIT_TIMER_PAGE; i++)
        items[i] = timer_at(WALL_MS, 100 + i);
    take_over_with_timers(5, items, LIMIT_TIMER_PAGE);
    custody_effect more = next(0, CUSTODY_FETCH);
    cr_expect_eq(more.timer.offset, 100 + LIMIT_TIMER_PAGE - 1);
    timer_entry one = timer_at(WALL_MS + 1, 2), stale = timer_at(WALL_MS, 1);
    cr_expect(custody_fetched(c, more.ask - 1, 0, 0, &stale, 1), "of an earlier read: nothing happens");
    cr_expect(custody_fetched(c, more.ask, 0, 0, &one, 1));
    cr_expect_eq(next(1, CUSTODY_TIMER).timer.offset, 2);
}

Test(custody_ownership, what_could_not_be_read_is_read_again)
{
    take_over_with_timers(5, NULL, -1);
    custody_effect again = next(0, CUSTODY_FETCH);
    cr_expect_eq(again.partition->number, 0);
    cr_expect_lt(again.timer.due_ms, 0);
}

Test(custody_ownership, no_timer_starts_while_too_much_is_under_way_or_the_shard_drains)
{
    timer_entry items[] = {timer_at(WALL_MS + 10, 3)};
    take_over_with_timers(5, items, 1);
    fetch_nothing_of_the_others(0);
    epoch *e = NULL;
    for (int64_t offset = 5; offset < 9; offset++)
        e = take(offset, 0);
    next(20, CUSTODY_WAIT);
    custody_stop(c, 20);
    for (int i = 0; i < 4; i++)
        custody_settle(c, e);
    next(20, CUSTODY_COMMIT);
    custody_committed(c, e);
    end(21, e, true);
    next(22, CUSTODY_STOPPED);
}

Test(custody_ownership, the_timers_of_a_committed_epoch_are_armed_with_its_commit)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    timer_entry parked = timer_at(WALL_MS + 50, 5);
    cr_assert(epoch_add_timer(e, custody_partition(c, 0, 0), &parked));
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    next(100, CUSTODY_WAIT); /* due, but not committed */
    custody_committed(c, e);
    end(101, e, true);
    cr_expect_eq(next(101, CUSTODY_TIMER).timer.offset, 5);
}

Test(custody_ownership, the_timers_of_an_aborted_epoch_are_not_armed)
{
    take_over(0, 5);
    epoch *e = take(5, 0);
    timer_entry parked = timer_at(WALL_MS + 50, 5);
    cr_assert(epoch_add_timer(e, custody_partition(c, 0, 0), &parked));
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    custody_aborted(c, e);
    end(101, e, false);
    rewind_to(102, 5);
    next(103, CUSTODY_WAIT);
}

Test(custody_ownership, timers_are_read_anew_after_a_rewind)
{
    timer_entry items[] = {timer_at(WALL_MS + 10000, 3)};
    take_over_with_timers(5, items, 1);
    fetch_nothing_of_the_others(0);
    epoch *e = take(5, 0);
    custody_settle(c, e);
    next(100, CUSTODY_COMMIT);
    custody_aborted(c, e);
    end(101, e, false);
    next(102, CUSTODY_POSITION);
    find_positions(6, ""); /* committed after all */
    custody_effect fetch = next(102, CUSTODY_FETCH);
    cr_expect_lt(fetch.timer.due_ms, 0);
    timer_entry armed[] = {timer_at(WALL_MS + 50, 5)};
    cr_assert(custody_fetched(c, fetch.ask, 0, 0, armed, 1));
    cr_expect_eq(next(102, CUSTODY_TIMER).timer.offset, 5);
}
