#include "engine/execution/backoff.h"

#include <criterion/criterion.h>

#include "engine/limits.h"

static const retry_policy plain = {
    .max_attempts = 8, .initial_ms = 5000, .multiplier = 3, .max_ms = 600000, .jitter = 0};

/* Random bits for the least, the middle and the most of a range. */
#define LEAST UINT64_C(0)
#define EVEN (UINT64_C(1) << 63)
#define MOST UINT64_MAX

Test(execution_backoff, grows_by_the_multiplier_up_to_the_maximum)
{
    static const int64_t seconds[] = {5, 15, 45, 135, 405, 600, 600};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        cr_expect_eq(backoff_wait_ms(&plain, (int64_t)i + 1, 0, MOST), seconds[i] * 1000, "attempt %zu",
                     i + 1);
    cr_expect_eq(backoff_wait_ms(&plain, 100, 0, EVEN), 600000);
    retry_policy at_once = plain;
    at_once.initial_ms = 0;
    at_once.multiplier = 10;
    cr_expect_eq(backoff_wait_ms(&at_once, 100, 0, EVEN), 0);
}

Test(execution_backoff, spreads_by_its_jitter_to_both_sides)
{
    retry_policy p = plain;
    p.jitter = 0.2;
    cr_expect_eq(backoff_wait_ms(&p, 1, 0, LEAST), 4000);
    cr_expect_eq(backoff_wait_ms(&p, 1, 0, EVEN), 5000);
    cr_expect_eq(backoff_wait_ms(&p, 1, 0, MOST), 6000);
    p.jitter = 1;
    cr_expect_eq(backoff_wait_ms(&p, 1, 0, LEAST), 0);
    cr_expect_eq(backoff_wait_ms(&p, 7, 0, MOST), 1199999);
}

Test(execution_backoff, is_never_shorter_than_the_provider_asks_for)
{
    cr_expect_eq(backoff_wait_ms(&plain, 1, 30000, EVEN), 30000);
    cr_expect_eq(backoff_wait_ms(&plain, 4, 30000, EVEN), 135000);
    cr_expect_eq(backoff_wait_ms(&plain, 1, INT64_MAX, EVEN), LIMIT_RETRY_AFTER_MS);
    cr_expect_eq(backoff_wait_ms(&plain, 1, -7, EVEN), 5000);
}

static bool allows(const retry_policy *p, int64_t attempt, const char *code)
{
    value v = value_cstring(code);
    return backoff_allows(p, attempt, &v);
}

Test(execution_backoff, allows_attempts_up_to_their_number)
{
    cr_expect(allows(&plain, 1, "http_503"));
    cr_expect(allows(&plain, 7, "http_503"));
    cr_expect_not(allows(&plain, 8, "http_503"));
}

Test(execution_backoff, allows_only_the_errors_that_it_names)
{
    const value codes[] = {value_cstring("timeout"), value_cstring("http_429")};
    retry_policy p = plain;
    p.retry_on = codes;
    p.retry_on_count = 2;
    cr_expect(allows(&p, 1, "http_429"));
    cr_expect_not(allows(&p, 1, "http_503"));
    p.retry_on_count = 0;
    cr_expect_not(allows(&p, 1, "http_429"), "an empty list names none");
}
