#include <criterion/criterion.h>
#include <stdlib.h>

#include "worker/channel/lane.h"

enum { MESSAGES_MAX = 20000 };

static config_provider settings;
static lane l;
static delivery deliveries[MESSAGES_MAX];
static int64_t now_ms;

static void set_up(void)
{
    settings = (config_provider){.name = "p",
                                 .concurrency = 2,
                                 .queue = 3,
                                 .breaker_failures = 3,
                                 .breaker_open_ms = 1000,
                                 .breaker_open_max_ms = 4000};
    now_ms = 100000;
}

TestSuite(channel_lane, .init = set_up);

static void open_lane(void)
{
    lane_init(&l, &settings, 1, now_ms);
}

static bool admit(int i)
{
    if (!lane_admit(&l, false, now_ms))
        return false;
    lane_push(&l, &deliveries[i]);
    return true;
}

static bool end_with(int i, const char *code)
{
    deliveries[i].code = code;
    return lane_ended(&l, &deliveries[i], code == NULL ? CHANNEL_DELIVERED : CHANNEL_REFUSED, now_ms);
}

/* The number of the delivery whose turn it is, -1: none. */
static int take(void)
{
    delivery *d = lane_take(&l, now_ms);
    return d == NULL ? -1 : (int)(d - deliveries);
}

Test(channel_lane, has_places_for_what_is_under_way_and_for_what_waits)
{
    open_lane();
    for (int i = 0; i < 5; i++)
        cr_expect(admit(i));
    cr_expect_not(admit(5));
    cr_expect_eq(take(), 0);
    cr_expect_eq(take(), 1);
    cr_expect_eq(take(), -1);
    cr_expect_not(admit(5));
    cr_expect_not(end_with(1, NULL));
    cr_expect_eq(take(), 2);
    cr_expect(admit(5));
    cr_expect_eq(lane_wake_ms(&l, now_ms), INT64_MAX);
}

Test(channel_lane, a_place_that_is_not_used_is_free_again)
{
    settings.queue = 0;
    settings.concurrency = 1;
    open_lane();
    cr_expect(lane_admit(&l, false, now_ms));
    cr_expect_not(lane_admit(&l, false, now_ms));
    lane_release(&l, now_ms);
    cr_expect(lane_admit(&l, false, now_ms));
}

Test(channel_lane, who_comes_first_does_not_go_before_those_who_are_to_come_back)
{
    open_lane();
    for (int i = 0; i < 5; i++)
        cr_expect(admit(i));
    int64_t due_ms = lane_due_ms(&l, now_ms);
    cr_expect_eq(lane_book_ms(&l, now_ms), due_ms);
    cr_expect_gt(due_ms, now_ms);
    while (take() >= 0) {
    }
    end_with(0, NULL);
    take();
    cr_expect_not(lane_admit(&l, false, now_ms), "room for one");
    cr_expect(lane_admit(&l, true, now_ms));
    lane_release(&l, now_ms);
    now_ms = due_ms;
    cr_expect(lane_admit(&l, false, now_ms));
    cr_expect_eq(l.figures.postponed, 1u);
}

Test(channel_lane, gives_no_place_where_the_rate_makes_it_wait_long)
{
    settings.rate = 10;
    settings.queue = 1000;
    open_lane();
    int count = 0;
    while (admit(count))
        count++;
    cr_expect_eq(count, 10);
    cr_expect_eq(take(), 0);
    cr_expect_eq(take(), -1);
    cr_expect_eq(lane_wake_ms(&l, now_ms), now_ms + 100);
    now_ms += 100;
    cr_expect_eq(take(), 1);
}

Test(channel_lane, a_provider_that_fails_is_given_up_and_probed_by_one)
{
    settings.queue = 10;
    open_lane();
    for (int i = 0; i < 5; i++) {
        cr_expect(admit(i));
        cr_expect_eq(take(), i);
        cr_expect_eq(end_with(i, i == 1 ? "http_404" : "http_503"), i == 4, "%d", i);
    }
    cr_expect_not(admit(5));
    cr_expect_gt(lane_due_ms(&l, now_ms), now_ms + 1000);
    now_ms += 1000;
    cr_expect(admit(5));
    cr_expect_not(admit(6));
    cr_expect_not(lane_admit(&l, true, now_ms));
    cr_expect_eq(take(), 5);
    end_with(5, NULL);
    cr_expect(admit(6));
}

Test(channel_lane, a_probe_that_is_not_made_leaves_room_for_another)
{
    open_lane();
    for (int i = 0; i < 3; i++) {
        cr_expect(admit(i));
        cr_expect_eq(take(), i);
        end_with(i, "connect");
    }
    now_ms += 1000;
    cr_expect(lane_admit(&l, true, now_ms));
    cr_expect_not(lane_admit(&l, true, now_ms));
    lane_release(&l, now_ms);
    cr_expect(lane_admit(&l, true, now_ms));
}

Test(channel_lane, those_who_wait_are_dropped_in_order)
{
    open_lane();
    for (int i = 0; i < 5; i++)
        cr_expect(admit(i));
    cr_expect_eq(lane_drop(&l), &deliveries[0]);
    cr_expect_eq(lane_drop(&l), &deliveries[1]);
    cr_expect(admit(0));
    for (int i = 2; i < 5; i++)
        cr_expect_eq(lane_drop(&l), &deliveries[i]);
    cr_expect_eq(lane_drop(&l), &deliveries[0]);
    cr_expect_null(lane_drop(&l));
    cr_expect_eq(l.queued, 0);
}

Test(channel_lane, counts_what_came_of_deliveries)
{
    settings.breaker_failures = 0;
    settings.queue = 10;
    open_lane();
    static const char *const codes[] = {NULL, "http_503", "http_404", "timeout"};
    for (int i = 0; i < 4; i++) {
        cr_expect(admit(i));
        cr_expect_eq(take(), i);
        deliveries[i].retriable = i != 2;
        deliveries[i].unknown = i == 3;
        now_ms += 20;
        end_with(i, codes[i]);
    }
    cr_expect_eq(l.figures.delivered, 1u);
    cr_expect_eq(l.figures.retriable, 1u);
    cr_expect_eq(l.figures.permanent, 1u);
    cr_expect_eq(l.figures.unknown, 1u);
    cr_expect_eq(histogram_count(&l.figures.duration), 4u);
    cr_expect_float_eq(l.figures.duration.sum_seconds, 0.08, 1e-9);
}

Test(channel_lane, begins_what_the_shared_rate_grants)
{
    settings.rate = 1000;
    settings.rate_shared = true;
    settings.concurrency = settings.queue = 100;
    open_lane();
    cr_expect_eq(lane_ask(&l, now_ms), 0, "nobody waits");
    for (int i = 0; i < 60; i++)
        cr_expect(admit(i));
    cr_expect_eq(take(), -1);
    cr_expect_eq(lane_ask(&l, now_ms), 50, "the burst");
    cr_expect_eq(lane_ask(&l, now_ms), 0, "one question at a time");
    cr_expect_eq(lane_wake_ms(&l, now_ms), INT64_MAX);
    lane_grant(&l, 2, 0, now_ms);
    cr_expect_eq(take(), 0);
    cr_expect_eq(take(), 1);
    cr_expect_eq(take(), -1);
    cr_expect_eq(lane_ask(&l, now_ms), 50);
    lane_grant(&l, 0, 30, now_ms);
    cr_expect_eq(lane_ask(&l, now_ms), 0);
    cr_expect_eq(lane_wake_ms(&l, now_ms), now_ms + 30);
    now_ms += 30;
    cr_expect_eq(lane_ask(&l, now_ms), 50);
}

/* ---- long runs ---- */

/* Messages come, are sent away, come back; deliveries take their time. By a clock of our own. */
typedef struct run {
    int count;
    int64_t arrives_ms[MESSAGES_MAX]; /* when it comes next */
    int64_t ends_ms[MESSAGES_MAX];    /* of those under way; 0: not */
    int64_t ended_ms[MESSAGES_MAX];   /* 0: not yet */
    int visits[MESSAGES_MAX];
    int64_t takes_ms;
    int64_t hangs_until_ms;
} run;

static run r;

static void come(int i)
{
    r.visits[i]++;
    if (lane_admit(&l, r.visits[i] > 1, now_ms)) {
        r.arrives_ms[i] = INT64_MAX;
        lane_push(&l, &deliveries[i]);
    } else {
        r.arrives_ms[i] = lane_book_ms(&l, now_ms);
        cr_assert_gt(r.arrives_ms[i], now_ms);
    }
}

static int step_run(void)
{
    int ended = 0;
    for (int i = 0; i < r.count; i++) {
        if (r.ends_ms[i] != 0 && r.ends_ms[i] <= now_ms) {
            r.ends_ms[i] = 0;
            r.ended_ms[i] = now_ms;
            end_with(i, NULL);
            ended++;
        }
        if (r.arrives_ms[i] <= now_ms)
            come(i);
    }
    for (int i = take(); i >= 0; i = take()) {
        int64_t begins_ms = now_ms < r.hangs_until_ms ? r.hangs_until_ms : now_ms;
        r.ends_ms[i] = begins_ms + r.takes_ms;
    }
    return ended;
}

/* Until all have ended; how long that took. */
static int64_t run_all(int64_t budget_ms)
{
    int64_t begun_ms = now_ms;
    for (int left = r.count; left > 0; now_ms++) {
        cr_assert_lt(now_ms - begun_ms, budget_ms, "%d are left", left);
        left -= step_run();
    }
    return now_ms - begun_ms;
}

static void begin_run(int count, int64_t takes_ms)
{
    open_lane();
    r = (run){.count = count, .takes_ms = takes_ms};
    for (int i = 0; i < count; i++)
        r.arrives_ms[i] = now_ms;
}

static int count_visits(void)
{
    int sum = 0;
    for (int i = 0; i < r.count; i++)
        sum += r.visits[i];
    return sum;
}

Test(channel_lane, a_backlog_comes_back_at_the_pace_of_its_rate)
{
    settings.rate = 500;
    settings.rate_burst = 1;
    settings.concurrency = 50;
    settings.queue = 1000;
    begin_run(5000, 20);
    int64_t took_ms = run_all(20000);
    cr_expect_geq(took_ms, 9990);
    cr_expect_leq(took_ms, 11000);
    cr_expect_leq(count_visits(), 2 * 5000 + 50, "%d visits", count_visits());
}

/* Those who came first and were sent away are not starved by those who come later. */
Test(channel_lane, what_comes_later_is_served_later)
{
    settings.rate = 100;
    settings.rate_burst = 1;
    settings.concurrency = 50;
    settings.queue = 1000;
    begin_run(2000, 5);
    for (int i = 0; i < r.count; i++)
        r.arrives_ms[i] = now_ms + i * 5; /* twice the rate */
    run_all(30000);
    for (int i = 0; i + 300 < r.count; i++)
        cr_assert_lt(r.ended_ms[i], r.ended_ms[i + 300], "%d at %d, %d at %d", i,
                     (int)(r.ended_ms[i] - 100000), i + 300, (int)(r.ended_ms[i + 300] - 100000));
}

Test(channel_lane, a_backlog_comes_back_at_the_pace_that_is_measured)
{
    settings.concurrency = 10;
    settings.queue = 20;
    begin_run(3000, 100); /* 100 a second */
    int64_t took_ms = run_all(60000);
    cr_expect_leq(took_ms, 40000, "%d ms", (int)took_ms);
    cr_expect_leq(count_visits(), 6 * 3000, "%d visits", count_visits());
}

Test(channel_lane, a_provider_that_hung_is_busy_again_soon)
{
    settings.concurrency = 10;
    settings.queue = 20;
    begin_run(3000, 1);
    r.hangs_until_ms = now_ms + 20000;
    int64_t took_ms = run_all(90000);
    cr_expect_leq(took_ms, 20000 + 45000, "%d ms", (int)took_ms);
    cr_expect_leq(count_visits(), 5 * 3000, "%d visits, %d ms", count_visits(), (int)took_ms);
}

Test(channel_lane, tells_while_it_fills_and_is_worked_off)
{
    settings.concurrency = 100;
    settings.queue = 80;
    open_lane();
    for (int i = 0; i < 120; i++)
        cr_assert(admit(i));
    for (int i = 0; i < 100; i++)
        cr_assert_eq(take(), i);
    cr_expect_not(lane_is_filling(&l, now_ms), "nobody knows yet whether anything comes of it");
    cr_expect_not(end_with(0, NULL));
    cr_expect(lane_is_filling(&l, now_ms));
    cr_expect_eq(take(), 100);
    cr_expect(lane_is_filling(&l, now_ms));
    now_ms += 101;
    cr_expect_not(lane_is_filling(&l, now_ms), "it hangs");
    cr_expect_not(end_with(1, NULL));
    cr_expect(lane_is_filling(&l, now_ms));
    while (l.queued >= settings.queue / 8)
        cr_assert_not_null(lane_drop(&l));
    cr_expect_not(lane_is_filling(&l, now_ms), "there is room");
}

Test(channel_lane, one_that_is_slow_is_not_waited_for)
{
    settings.concurrency = 50;
    settings.queue = 80;
    open_lane();
    for (int i = 0; i < 120; i++)
        cr_assert(admit(i));
    cr_assert_eq(take(), 0);
    cr_expect_not(end_with(0, NULL));
    cr_expect_not(lane_is_filling(&l, now_ms));
}
