/* loop_run: turns a libuv loop until as many deliveries have ended as a test expects. */
#ifndef TESTS_UNIT_LOOP_RUN_H
#define TESTS_UNIT_LOOP_RUN_H

#include <criterion/criterion.h>
#include <uv.h>

static inline void loop_run_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Fails the test where *ended is not `count` within the budget. */
static inline void loop_run_until(uv_loop_t *loop, const int *ended, int count, uint64_t budget_ms)
{
    uv_timer_t tick;
    uv_timer_init(loop, &tick);
    uv_timer_start(&tick, loop_run_tick, 5, 5);
    uint64_t end = uv_now(loop) + budget_ms;
    while (*ended < count && uv_now(loop) < end)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    cr_assert_eq(*ended, count);
}

#endif
