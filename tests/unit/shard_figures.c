#include <criterion/criterion.h>
#include <stdlib.h>

#include "worker/shard/figures.h"

Test(shard_figures, every_trigger_is_somewhere)
{
    figures f = {
        .taken = 100,
        .tally = {.completed = 40, .failed = 10, .duplicates = 5},
        .returned = 20,
        .in_flight = 15,
    };
    f.tally.rejected[ERROR_DECODE] = 7;
    f.tally.rejected[ERROR_INVALID_PAYLOAD] = 3;
    f.tally.replayed = 30; /* they are executions already */
    cr_expect_eq(figures_unaccounted(&f), 0);
    f.in_flight--;
    cr_expect_eq(figures_unaccounted(&f), 1, "one is lost");
    f.in_flight++;
    f.tally.completed++;
    cr_expect_eq(figures_unaccounted(&f), -1, "one was told twice");
}

Test(shard_figures, tallies_add_up_in_all_their_parts)
{
    tally a = {0}, b = {0};
    a.completed = b.completed = 1;
    b.failed = 2;
    b.duplicates = 3;
    b.replayed = 4;
    a.rejected[0] = b.rejected[0] = 5;
    b.rejected[TALLY_REASONS - 1] = 6;
    a.steps[0][0] = b.steps[0][0] = 7;
    b.steps[STEP_TYPE_COUNT - 1][TALLY_STEP_STATUSES - 1] = 8;
    histogram_observe(&b.latency, 1000);
    tally_add(&a, &b);
    cr_expect_eq(a.completed, 2u);
    cr_expect_eq(a.failed, 2u);
    cr_expect_eq(a.duplicates, 3u);
    cr_expect_eq(a.replayed, 4u);
    cr_expect_eq(a.rejected[0], 10u);
    cr_expect_eq(a.rejected[TALLY_REASONS - 1], 6u);
    cr_expect_eq(a.steps[0][0], 14u);
    cr_expect_eq(a.steps[STEP_TYPE_COUNT - 1][TALLY_STEP_STATUSES - 1], 8u);
    cr_expect_eq(histogram_count(&a.latency), 1u);
    cr_expect_eq(tally_rejected(&a), 16u);
    cr_expect_eq(tally_triggers(&a), 23u);
}

static lag_list lags_of(size_t count)
{
    lag_list lags = {.items = calloc(count, sizeof *lags.items), .count = count};
    for (size_t i = 0; i < count; i++)
        lags.items[i].triggers = (int64_t)(10 * count + i);
    return lags;
}

Test(shard_figures, the_board_has_the_latest_of_both)
{
    arena a;
    figures_board b;
    figures f = {.taken = 1};
    lag_list lags;
    arena_init(&a, 1024, 4096);
    figures_board_init(&b);
    cr_assert(figures_board_read(&b, &f, &lags, &a));
    cr_expect_eq(f.taken, 0u);
    cr_expect_eq(lags.count, 0u);
    figures_board_post_lags(&b, lags_of(1));
    cr_expect(figures_board_post(&b, &(figures){.taken = 2}));
    figures_board_post_lags(&b, lags_of(3));
    cr_assert(figures_board_read(&b, &f, &lags, &a));
    cr_expect_eq(f.taken, 2u);
    cr_assert_eq(lags.count, 3u);
    cr_expect_eq(lags.items[2].triggers, 32);
    figures_board_free(&b);
    arena_free(&a);
}

Test(shard_figures, the_loop_does_not_wait_for_a_reader)
{
    arena a;
    figures_board b;
    figures f;
    lag_list lags;
    arena_init(&a, 1024, 4096);
    figures_board_init(&b);
    uv_mutex_lock(&b.mutex); /* a reader that takes its time */
    cr_expect_not(figures_board_post(&b, &(figures){.taken = 2}));
    figures_board_post_lags(&b, lags_of(3));
    uv_mutex_unlock(&b.mutex);
    cr_assert(figures_board_read(&b, &f, &lags, &a));
    cr_expect_eq(f.taken, 0u);
    cr_expect_eq(lags.count, 0u);
    figures_board_free(&b);
    arena_free(&a);
}
