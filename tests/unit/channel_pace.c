#include <criterion/criterion.h>

#include "worker/channel/pace.h"

static pace p;

/* So many deliveries end in each of `seconds`, evenly, from *now_ms on. */
static void work(int64_t *now_ms, int seconds, int per_second, bool is_busy)
{
    for (int i = 0; i < seconds * per_second; i++) {
        *now_ms += 1000 / per_second;
        pace_measure(&p, is_busy, *now_ms);
        pace_ended(&p);
    }
}

Test(channel_pace, learns_what_a_busy_provider_takes)
{
    int64_t now_ms = 1000;
    pace_init(&p, 0, 1000, now_ms);
    work(&now_ms, 5, 50, true);
    cr_expect_float_eq(p.per_second, 50, 5);
    work(&now_ms, 5, 500, true);
    cr_expect_float_eq(p.per_second, 500, 50);
}

Test(channel_pace, learns_nothing_bad_from_one_with_room)
{
    int64_t now_ms = 1000;
    pace_init(&p, 0, 200, now_ms);
    work(&now_ms, 5, 5, false);
    cr_expect_float_eq(p.per_second, 200, 0.1);
    work(&now_ms, 2, 500, false);
    cr_expect_float_eq(p.per_second, 500, 50);
}

Test(channel_pace, never_goes_beyond_what_was_asked_for)
{
    int64_t now_ms = 1000;
    pace_init(&p, 20, 1000, now_ms);
    cr_expect_float_eq(p.per_second, 20, 0.01);
    work(&now_ms, 5, 100, false);
    cr_expect_float_eq(p.per_second, 20, 0.01);
    pace_init(&p, 0.25, 1000, now_ms);
    work(&now_ms, 60, 1, true);
    cr_expect_float_eq(p.per_second, 0.25, 0.01);
}

Test(channel_pace, gives_more_to_one_with_room_while_there_is_more)
{
    int64_t now_ms = 1000;
    pace_init(&p, 0, 10, now_ms);
    for (int i = 0; i < 100; i++)
        pace_book_ms(&p, now_ms, now_ms);
    for (int i = 0; i < 5; i++)
        work(&now_ms, 1, (int)p.per_second, false);
    cr_expect_gt(p.per_second, 100);
    double most = p.per_second;
    work(&now_ms, 5, 10, false);
    cr_expect_float_eq(p.per_second, most, most / 2, "it does not take what it is given");
}

Test(channel_pace, gives_times_away_one_behind_the_other)
{
    pace_init(&p, 100, 100, 1000);
    cr_expect_not(pace_has_backlog(&p, 1000));
    cr_expect_eq(pace_next_ms(&p, 1000, 1000), 1011);
    for (int i = 1; i <= 50; i++) {
        int64_t due_ms = pace_book_ms(&p, 1000, 1000);
        cr_expect(due_ms == 1000 + i * 10 + 1, "%d: %d", i, (int)due_ms);
    }
    cr_expect(pace_has_backlog(&p, 1400));
    cr_expect_not(pace_has_backlog(&p, 1501));
    cr_expect_eq(pace_book_ms(&p, 2000, 1400), 2011);
    cr_expect_eq(pace_book_ms(&p, 1000, 1400), 2021);
}

Test(channel_pace, gives_a_hanging_provider_the_chance_to_be_well_again)
{
    enum { COUNT = 100000 };
    int64_t due_ms = 0, now_ms = 1000;
    pace_init(&p, 0, 1, now_ms);
    for (int i = 0; i < COUNT; i++)
        due_ms = pace_book_ms(&p, now_ms, now_ms);
    cr_expect_geq(due_ms, now_ms + 10000 + COUNT - 100);
    cr_expect_leq(due_ms, now_ms + 12000 + COUNT + 200, "%d", (int)due_ms);
}

Test(channel_pace, a_low_rate_is_no_mistake)
{
    int64_t due_ms = 0;
    pace_init(&p, 1, 1000, 1000);
    for (int i = 0; i < 100; i++)
        due_ms = pace_book_ms(&p, 1000, 1000);
    cr_expect_geq(due_ms, 101000);
}
