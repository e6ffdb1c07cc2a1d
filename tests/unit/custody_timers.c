#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "engine/custody/timers.h"
#include "engine/limits.h"

static timers t;

static void set_up(void)
{
    timers_init(&t);
}

static void tear_down(void)
{
    timers_free(&t);
}

TestSuite(custody_timers, .init = set_up, .fini = tear_down);

static timer_entry timer_of(int64_t due_ms, int64_t offset)
{
    timer_entry x = {.due_ms = due_ms, .offset = offset};
    snprintf(x.id.text, sizeof x.id.text, "00000000-0000-5000-8000-%012llx", (long long)offset);
    return x;
}

static void arm(int64_t due_ms, int64_t offset)
{
    timer_entry x = timer_of(due_ms, offset);
    cr_assert(timers_arm(&t, &x));
}

static void pops(int64_t now_ms, int64_t offset)
{
    timer_entry x;
    cr_assert(timers_pop(&t, now_ms, &x), "nothing instead of %lld", (long long)offset);
    cr_assert_eq(x.offset, offset, "%lld instead of %lld", (long long)x.offset, (long long)offset);
}

static void pops_nothing(int64_t now_ms)
{
    timer_entry x;
    cr_assert_not(timers_pop(&t, now_ms, &x));
}

/* `count` timers, due at first_ms and each a millisecond later, with that as their offset too. */
static void fetched(int64_t first_ms, uint32_t count)
{
    static timer_entry page[LIMIT_TIMER_PAGE];
    for (uint32_t i = 0; i < count; i++)
        page[i] = timer_of(first_ms + i, first_ms + i);
    cr_assert(timers_fetched(&t, page, count, count > 0 ? &page[count - 1] : NULL, count));
}

static void fetch(int64_t first_ms, uint32_t count)
{
    cr_assert(timers_should_fetch(&t));
    timers_fetch_begin(&t);
    fetched(first_ms, count);
}

/* ---- members ---- */

static size_t write_member(const timer_entry *x, char *text)
{
    arena a;
    buffer b;
    arena_init(&a, 128, 1 << 20);
    buffer_init(&b, &a, 1 << 10);
    timer_write_member(&b, x);
    cr_assert_not(b.failed);
    memcpy(text, b.bytes, b.size);
    size_t size = b.size;
    arena_free(&a);
    return size;
}

Test(custody_timers, a_member_is_text_that_reads_back)
{
    char text[TIMER_MEMBER_SIZE + 1] = "";
    timer_entry x = timer_of(1764000000123, 42), back;
    cr_assert_eq(write_member(&x, text), (size_t)TIMER_MEMBER_SIZE);
    cr_expect_str_eq(text, "1764000000123:0000000000000000042:00000000-0000-5000-8000-00000000002a");
    cr_assert(timer_read_member(&back, text, TIMER_MEMBER_SIZE));
    cr_expect_eq(timer_compare(&x, &back), 0);
    cr_expect_str_eq(back.id.text, x.id.text);
    cr_expect_eq(back.id.bytes[15], 0x2a);
}

Test(custody_timers, the_greatest_numbers_fit_a_member)
{
    char text[TIMER_MEMBER_SIZE + 1] = "";
    timer_entry x = timer_of(9999999999999, INT64_MAX), back;
    write_member(&x, text);
    cr_assert(timer_read_member(&back, text, TIMER_MEMBER_SIZE));
    cr_expect_eq(back.due_ms, 9999999999999);
    cr_expect_eq(back.offset, INT64_MAX);
}

Test(custody_timers, members_sort_as_text_the_way_timers_do)
{
    static const int64_t numbers[] = {0, 1, 9, 10, 99, 100, 1764000000123, 9999999999999};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    timer_entry all[COUNT * COUNT];
    char texts[COUNT * COUNT][TIMER_MEMBER_SIZE];
    for (int i = 0; i < COUNT * COUNT; i++) {
        all[i] = timer_of(numbers[i / COUNT], numbers[i % COUNT]);
        write_member(&all[i], texts[i]);
    }
    for (int i = 0; i < COUNT * COUNT; i++) {
        for (int j = 0; j < COUNT * COUNT; j++) {
            int text = memcmp(texts[i], texts[j], TIMER_MEMBER_SIZE);
            int entry = timer_compare(&all[i], &all[j]);
            cr_assert_eq((text > 0) - (text < 0), (entry > 0) - (entry < 0), "%d and %d", i, j);
        }
    }
    timer_entry other = all[0];
    other.id.text[35] = '1';
    cr_expect_lt(timer_compare(&all[0], &other), 0, "ids decide last");
}

Test(custody_timers, what_is_no_member_is_refused)
{
    static const char good[] = "1764000000123:0000000000000000042:00000000-0000-5000-8000-00000000002a";
    timer_entry x;
    cr_assert(timer_read_member(&x, good, TIMER_MEMBER_SIZE));
    for (size_t size = 0; size < TIMER_MEMBER_SIZE; size++) {
        char *exact = malloc(size + 1); /* reading behind it would be seen */
        memcpy(exact, good, size);
        cr_expect_not(timer_read_member(&x, exact, size));
        free(exact);
    }
    cr_expect_not(timer_read_member(&x, good, TIMER_MEMBER_SIZE + 1));
    for (size_t i = 0; i < TIMER_MEMBER_SIZE; i++) {
        char bad[TIMER_MEMBER_SIZE];
        memcpy(bad, good, sizeof bad);
        bad[i] = '/';
        cr_expect_not(timer_read_member(&x, bad, sizeof bad), "at %zu", i);
    }
    cr_expect_not(timer_read_member(
        &x, "1764000000123:9999999999999999999:00000000-0000-5000-8000-00000000002a", TIMER_MEMBER_SIZE));
}

/* ---- the window ---- */

Test(custody_timers, pops_in_the_order_of_due_time_offset_and_id)
{
    fetch(0, 0);
    cr_expect_eq(timers_next_ms(&t), INT64_MAX);
    arm(20, 1);
    arm(10, 3);
    arm(10, 2);
    cr_expect_eq(timers_next_ms(&t), 10);
    pops_nothing(9);
    pops(10, 2);
    pops(10, 3);
    pops_nothing(19);
    pops(30, 1);
    pops_nothing(INT64_MAX);
}

Test(custody_timers, a_timer_armed_twice_is_one)
{
    fetch(0, 0);
    arm(10, 1);
    arm(10, 1);
    pops(10, 1);
    pops_nothing(10);
}

Test(custody_timers, a_short_page_is_the_last)
{
    cr_assert(timers_should_fetch(&t));
    cr_expect_lt(timers_fetch_begin(&t).due_ms, 0, "from the start");
    cr_expect_not(timers_should_fetch(&t), "one read at a time");
    fetched(0, LIMIT_TIMER_PAGE - 1);
    cr_expect_not(timers_should_fetch(&t));
    arm(100000, 1); /* invariant 3 */
    cr_expect_eq(t.count, (uint32_t)LIMIT_TIMER_PAGE);
}

Test(custody_timers, reads_on_behind_a_full_page_when_the_window_runs_low)
{
    fetch(0, LIMIT_TIMER_PAGE);
    cr_expect_not(timers_should_fetch(&t), "half full");
    pops(0, 0);
    cr_assert(timers_should_fetch(&t));
    cr_expect_eq(timers_fetch_begin(&t).offset, LIMIT_TIMER_PAGE - 1);
    fetched(LIMIT_TIMER_PAGE, 3);
    for (int64_t i = 1; i < LIMIT_TIMER_PAGE + 3; i++)
        pops(i, i);
    pops_nothing(INT64_MAX);
}

Test(custody_timers, a_page_of_which_nothing_counts_is_skipped)
{
    timer_entry last = timer_of(50, 50);
    timers_fetch_begin(&t);
    cr_assert(timers_fetched(&t, NULL, 0, &last, LIMIT_TIMER_PAGE));
    cr_assert(timers_should_fetch(&t));
    cr_expect_eq(timers_fetch_begin(&t).offset, 50);
}

Test(custody_timers, what_is_armed_behind_the_cursor_is_left_to_the_next_read)
{
    fetch(0, LIMIT_TIMER_PAGE);
    arm(1000, 1000);
    arm(5, 777);
    cr_expect_eq(t.count, (uint32_t)LIMIT_TIMER_PAGE + 1);
}

Test(custody_timers, what_is_armed_while_a_read_runs_is_not_missed)
{
    timers_fetch_begin(&t);
    arm(7, 7); /* too late for the read */
    fetched(0, 3);
    pops(10, 0);
    pops(10, 1);
    pops(10, 2);
    pops(10, 7);
}

Test(custody_timers, what_is_armed_while_a_read_runs_and_was_read_is_one)
{
    timers_fetch_begin(&t);
    arm(1, 1);
    fetched(0, 3);
    pops(10, 0);
    pops(10, 1);
    pops(10, 2);
    pops_nothing(10);
}

Test(custody_timers, what_is_armed_while_a_read_runs_waits_for_what_is_before_it)
{
    timers_fetch_begin(&t);
    arm(7, 7);
    pops_nothing(10); /* invariant 5 */
    fetched(0, 3);
    pops(10, 0);
}

Test(custody_timers, what_a_read_did_not_reach_waits_for_the_next)
{
    timers_fetch_begin(&t);
    arm(1000, 1000);
    fetched(0, LIMIT_TIMER_PAGE);
    for (int64_t i = 0; i < LIMIT_TIMER_PAGE; i++)
        pops(2000, i);
    pops_nothing(2000);
    fetch(LIMIT_TIMER_PAGE, 1);
    pops(2000, LIMIT_TIMER_PAGE);
}

Test(custody_timers, a_failed_read_is_done_again)
{
    timers_fetch_begin(&t);
    arm(7, 7);
    timers_fetch_failed(&t);
    cr_assert(timers_should_fetch(&t));
    pops_nothing(10);
    cr_expect_lt(timers_fetch_begin(&t).due_ms, 0);
    fetched(7, 1);
    pops(10, 7);
    pops_nothing(10);
}

Test(custody_timers, a_full_window_gives_up_its_last_and_reads_it_again)
{
    fetch(1000, 0);
    for (int64_t i = 0; i < LIMIT_TIMER_WINDOW; i++)
        arm(1000 + i, 1000 + i);
    cr_expect(t.complete);
    arm(5, 5);
    cr_expect_eq(t.count, (uint32_t)LIMIT_TIMER_WINDOW);
    cr_expect_not(t.complete);
    pops(5, 5);
    for (int64_t i = 0; i < LIMIT_TIMER_WINDOW - 1; i++)
        pops(9999, 1000 + i);
    pops_nothing(9999);
    cr_assert(timers_should_fetch(&t));
    cr_expect_eq(timers_fetch_begin(&t).offset, 1000 + LIMIT_TIMER_WINDOW - 2); /* invariant 4 */
}

Test(custody_timers, a_flood_while_a_read_runs_skips_nothing_of_what_it_has_not_found)
{
    timers_fetch_begin(&t);
    for (int64_t i = 0; i < 2 * LIMIT_TIMER_WINDOW; i++)
        arm(5000 + i, 5000 + i);
    fetched(0, LIMIT_TIMER_PAGE);
    cr_assert(timers_should_fetch(&t));
    cr_expect_lt(timers_fetch_begin(&t).due_ms, 0, "the read counts for nothing");
}

Test(custody_timers, a_flood_before_the_cursor_while_a_read_runs_moves_it_back)
{
    fetch(5000, LIMIT_TIMER_PAGE);
    pops(5000, 5000);
    timers_fetch_begin(&t);
    for (int64_t i = 0; i < LIMIT_TIMER_WINDOW; i++)
        arm(i, i);
    fetched(9000, LIMIT_TIMER_PAGE);
    for (int64_t i = 0; i < LIMIT_TIMER_WINDOW; i++)
        pops(9999, i);
    pops_nothing(9999);
    cr_assert(timers_should_fetch(&t));
    cr_expect_eq(timers_fetch_begin(&t).offset, LIMIT_TIMER_WINDOW - 1);
}

/* ---- against a plain list ---- */

/* The store: what waits, sorted. What is not committed yet is in it, but does not count. */
enum { STORE_MAX = 2048 };

typedef struct stored {
    timer_entry timer;
    bool committed;
} stored;

typedef struct world {
    uint64_t random;
    stored items[STORE_MAX]; /* from `first` on */
    uint32_t first;
    uint32_t count;
    int64_t now_ms;
    int64_t last_offset;
    timer_entry behind; /* of the read that runs */
    bool asked;
    bool read; /* the store has answered it */
    timer_entry page[LIMIT_TIMER_PAGE];
    uint32_t found;
    uint32_t made;
    uint32_t fired;
} world;

static uint64_t below(world *w, uint64_t bound)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random % bound;
}

/* The first that is not before x. */
static uint32_t place_of(const world *w, const timer_entry *x)
{
    uint32_t low = w->first, high = w->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (timer_compare(&w->items[middle].timer, x) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void store_new(world *w, uint64_t horizon_ms)
{
    if (w->count == STORE_MAX)
        return;
    timer_entry x = timer_of(w->now_ms - 20 + (int64_t)below(w, horizon_ms), ++w->last_offset);
    uint32_t at = place_of(w, &x);
    memmove(&w->items[at + 1], &w->items[at], (w->count - at) * sizeof w->items[0]);
    w->items[at] = (stored){.timer = x};
    w->count++;
    w->made++;
}

/* As the commit of an epoch does. */
static void commit(world *w)
{
    for (uint32_t i = w->first; i < w->count; i++) {
        if (w->items[i].committed)
            continue;
        w->items[i].committed = true;
        cr_assert(timers_arm(&t, &w->items[i].timer));
    }
}

static void pop_all(world *w, uint64_t most)
{
    timer_entry x;
    while (most-- > 0 && timers_pop(&t, w->now_ms, &x)) {
        cr_assert_leq(x.due_ms, w->now_ms);
        uint32_t at = w->first;
        while (at < w->count && !w->items[at].committed)
            at++;
        cr_assert_lt(at, w->count, "it has fired before");
        cr_assert_eq(timer_compare(&w->items[at].timer, &x), 0, "out of order, or for the second time");
        memmove(&w->items[w->first + 1], &w->items[w->first], (at - w->first) * sizeof w->items[0]);
        w->first++;
        w->fired++;
    }
}

static void ask(world *w)
{
    if (w->asked || !timers_should_fetch(&t))
        return;
    w->behind = timers_fetch_begin(&t);
    w->asked = true;
    w->read = false;
}

static void read_page(world *w)
{
    if (!w->asked || w->read)
        return;
    uint32_t at = place_of(w, &w->behind);
    if (at < w->count && timer_compare(&w->items[at].timer, &w->behind) == 0)
        at++;
    for (w->found = 0; w->found < LIMIT_TIMER_PAGE && at < w->count; at++)
        w->page[w->found++] = w->items[at].timer;
    w->read = true;
}

static bool is_committed(const world *w, const timer_entry *x)
{
    uint32_t at = place_of(w, x);
    return at < w->count && timer_compare(&w->items[at].timer, x) == 0 && w->items[at].committed;
}

static void answer(world *w)
{
    if (!w->read)
        return;
    w->asked = w->read = false;
    if (below(w, 8) == 0) {
        timers_fetch_failed(&t);
        return;
    }
    timer_entry last = w->found > 0 ? w->page[w->found - 1] : (timer_entry){0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->found; i++)
        if (is_committed(w, &w->page[i]))
            w->page[kept++] = w->page[i];
    cr_assert(timers_fetched(&t, w->page, kept, &last, w->found));
}

static void check_invariants(const world *w)
{
    uint32_t at = 0;
    cr_assert_leq(t.count, (uint32_t)LIMIT_TIMER_WINDOW);
    for (uint32_t i = 0; i + 1 < t.count; i++)
        if (timer_compare(&t.items[i], &t.items[i + 1]) >= 0)
            cr_assert_fail("the window is not ascending");
    for (uint32_t i = w->first; i < w->count; i++) {
        const timer_entry *x = &w->items[i].timer;
        if (!w->items[i].committed || (!t.complete && timer_compare(x, &t.cursor) > 0))
            continue;
        while (at < t.count && timer_compare(&t.items[at], x) < 0)
            at++;
        if (at == t.count || timer_compare(&t.items[at], x) != 0)
            cr_assert_fail("a timer before the cursor is not in the window");
    }
}

static void one_thing(world *w, uint64_t burst, uint64_t horizon_ms)
{
    switch (below(w, 8)) {
    case 0:
        for (uint64_t i = below(w, burst); i > 0; i--)
            store_new(w, horizon_ms);
        break;
    case 1:
        commit(w);
        break;
    case 2:
        w->now_ms += (int64_t)below(w, 100);
        break;
    case 3:
        pop_all(w, 1 + below(w, 400));
        break;
    case 4:
    case 5:
        ask(w);
        break;
    case 6:
        read_page(w);
        break;
    default:
        answer(w);
    }
}

/* Whatever is left fires, with no more than the reads that it takes. */
static void drain(world *w)
{
    commit(w);
    w->now_ms = INT64_MAX;
    for (int turn = 0; w->first < w->count && turn < 1000; turn++) {
        pop_all(w, UINT64_MAX);
        ask(w);
        read_page(w);
        answer(w);
    }
    cr_assert_eq(w->fired, w->made, "%u of %u timers fire", w->fired, w->made);
}

static void run_world(uint64_t seed)
{
    static world w;
    w = (world){.random = seed * 0x9E3779B97F4A7C15 | 1, .now_ms = 1000000};
    timers_free(&t);
    bool large = below(&w, 8) == 0; /* beyond the window */
    uint64_t burst = 1 + below(&w, large ? 700 : 20);
    uint64_t horizon_ms = 1 + below(&w, below(&w, 2) ? 100000 : 200);
    for (uint64_t i = below(&w, large ? 1500 : 300); i > 0; i--) /* what a predecessor has left */
        store_new(&w, horizon_ms);
    for (uint32_t i = 0; i < w.count; i++)
        w.items[i].committed = below(&w, 4) > 0;
    for (int i = 0; i < 200; i++) {
        one_thing(&w, burst, horizon_ms);
        if (i % 8 == 0)
            check_invariants(&w);
    }
    drain(&w);
}

static uint64_t seed_of_failure; /* 0: none */

static void report_seed(void)
{
    if (seed_of_failure > 0)
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed_of_failure);
    timers_free(&t);
}

Test(custody_timers, every_timer_fires_exactly_once_and_in_order_whatever_happens, .fini = report_seed)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        seed_of_failure = seed;
        run_world(seed);
    }
    seed_of_failure = 0;
}
