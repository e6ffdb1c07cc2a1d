#include <criterion/criterion.h>

#include "worker/channel/breaker.h"

static breaker b;

static void set_up(void)
{
    b = (breaker){.failures_max = 3, .open_ms = 100, .open_max_ms = 350};
}

TestSuite(channel_breaker, .init = set_up);

static void fail_at(int64_t now_ms, bool opens)
{
    cr_expect_eq(breaker_fail(&b, now_ms, now_ms), opens, "at %d", (int)now_ms);
}

/* Opens it at now_ms. */
static void open_at(int64_t now_ms)
{
    fail_at(now_ms, false);
    fail_at(now_ms, false);
    fail_at(now_ms, true);
}

Test(channel_breaker, opens_on_failures_in_a_row)
{
    fail_at(1, false);
    fail_at(2, false);
    breaker_succeed(&b);
    fail_at(3, false);
    fail_at(4, false);
    cr_expect_eq(breaker_due_ms(&b, 4), 4);
    fail_at(5, true);
    cr_expect_eq(b.state, BREAKER_OPEN);
    cr_expect_eq(breaker_due_ms(&b, 5), 105);
    cr_expect_eq(breaker_due_ms(&b, 105), 105);
    cr_expect_eq(breaker_due_ms(&b, 200), 200);
}

Test(channel_breaker, lets_one_through_to_see)
{
    open_at(10);
    breaker_begin(&b, 110);
    cr_expect_eq(b.state, BREAKER_PROBING);
    cr_expect_eq(breaker_due_ms(&b, 110), INT64_MAX);
    breaker_succeed(&b);
    cr_expect_eq(breaker_due_ms(&b, 120), 120);
    fail_at(130, false);
}

Test(channel_breaker, waits_twice_as_long_each_time_up_to_a_bound)
{
    static const int64_t pauses[] = {100, 200, 350, 350};
    int64_t now_ms = 1000;
    open_at(now_ms);
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(breaker_due_ms(&b, now_ms), now_ms + pauses[i]);
        now_ms += pauses[i];
        breaker_begin(&b, now_ms);
        fail_at(now_ms, true);
    }
    breaker_begin(&b, now_ms + 350);
    breaker_succeed(&b);
    open_at(5000);
    cr_expect_eq(breaker_due_ms(&b, 5000), 5100);
}

Test(channel_breaker, is_not_moved_by_what_began_before_it_opened)
{
    open_at(10);
    cr_expect_not(breaker_fail(&b, 5, 50));
    cr_expect_eq(breaker_due_ms(&b, 50), 110);
    breaker_begin(&b, 120);
    cr_expect_not(breaker_fail(&b, 5, 130));
    cr_expect_eq(b.state, BREAKER_PROBING);
    cr_expect(breaker_fail(&b, 120, 140));
}

Test(channel_breaker, closes_on_a_late_success)
{
    open_at(10);
    breaker_succeed(&b);
    cr_expect_eq(breaker_due_ms(&b, 20), 20);
}

Test(channel_breaker, probes_at_once_where_the_probe_was_not_made)
{
    open_at(10);
    breaker_begin(&b, 150);
    breaker_withdraw(&b);
    cr_expect_eq(breaker_due_ms(&b, 150), 150);
    breaker_begin(&b, 150);
    cr_expect_eq(b.state, BREAKER_PROBING);
    breaker_succeed(&b);
    breaker_withdraw(&b);
    cr_expect_eq(b.state, BREAKER_CLOSED);
}

Test(channel_breaker, never_opens_where_it_must_not)
{
    b.failures_max = 0;
    for (int i = 0; i < 1000; i++)
        fail_at(i, false);
    cr_expect_eq(b.state, BREAKER_CLOSED);
}
