#include <criterion/criterion.h>

#include "worker/channel/bucket.h"

static bucket b;

static int64_t take_all(int64_t now_ms)
{
    int64_t count = 0;
    while (count < 100000 && bucket_take(&b, now_ms))
        count++;
    return count;
}

Test(channel_bucket, without_a_rate_has_no_end)
{
    bucket_init(&b, 0, 0, 1);
    cr_expect_eq(take_all(5), 100000);
    cr_expect_eq(bucket_due_ms(&b, 5), 5);
}

Test(channel_bucket, begins_full_and_fills_again)
{
    bucket_init(&b, 10, 3, 1);
    cr_expect_eq(take_all(1000), 3);
    cr_expect_eq(bucket_due_ms(&b, 1000), 1100);
    cr_expect_eq(take_all(1099), 0);
    cr_expect_eq(take_all(1100), 1);
    cr_expect_eq(take_all(1350), 2);
    cr_expect_eq(take_all(1000000), 3);
}

Test(channel_bucket, its_burst_is_a_twentieth_of_a_second_where_nothing_is_said)
{
    bucket_init(&b, 1000, 0, 1);
    cr_expect_eq(take_all(1), 50);
    bucket_init(&b, 19, 0, 1);
    cr_expect_eq(take_all(1), 1);
}

Test(channel_bucket, shares_have_the_rate_together)
{
    bucket_init(&b, 10, 4, 4);
    cr_expect_eq(take_all(1000), 1);
    cr_expect_eq(bucket_due_ms(&b, 1000), 1400);
    bucket_init(&b, 10, 1, 4);
    cr_expect_eq(take_all(1000), 1);
    bucket_init(&b, 10, 9, 4);
    cr_expect_eq(take_all(1000), 2);
}

/* In no span of time, of any length, are there more than its rate gives and one burst. */
static void expect_never_exceeded(int64_t rate, int64_t burst, int64_t step_ms)
{
    enum { STEPS = 3000, SPAN = 100 };
    static int64_t taken[STEPS];
    bucket_init(&b, rate, burst, 1);
    for (int64_t i = 0; i < STEPS; i++) {
        /* From time to time it is left alone, so that it fills. */
        taken[i] = i % 700 < 500 ? take_all(1000 + i * step_ms) : 0;
        int64_t sum = 0;
        for (int64_t span = 0; span < SPAN && span <= i; span++) {
            sum += taken[i - span];
            cr_assert_leq(sum, burst + span * step_ms * rate / 1000, "%d in %d ms at %d", (int)sum,
                          (int)(span * step_ms), (int)rate);
        }
    }
}

Test(channel_bucket, never_gives_more_than_its_rate)
{
    expect_never_exceeded(1, 1, 333);
    expect_never_exceeded(7, 1, 10);
    expect_never_exceeded(300, 15, 1);
    expect_never_exceeded(3001, 3, 1);
    expect_never_exceeded(1000000, 1000, 1);
}

Test(channel_bucket, gives_nearly_all_of_its_rate)
{
    int64_t sum = 0;
    bucket_init(&b, 3000, 150, 1);
    for (int64_t now_ms = 0; now_ms < 10000; now_ms += 7)
        sum += take_all(now_ms);
    cr_expect_geq(sum, 29970);
    cr_expect_leq(sum, 30150);
}

Test(channel_bucket, tells_when_it_has_one)
{
    bucket_init(&b, 300, 2, 1);
    int64_t now_ms = 500;
    for (int i = 0; i < 1000; i++) {
        while (bucket_take(&b, now_ms)) {
        }
        int64_t due_ms = bucket_due_ms(&b, now_ms);
        cr_assert_gt(due_ms, now_ms);
        cr_assert_not(bucket_take(&b, due_ms - 1));
        cr_assert(bucket_take(&b, due_ms));
        now_ms = due_ms;
    }
}
