#include <criterion/criterion.h>

#include "worker/admin/vitals.h"

static vitals v;
static error e;

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

Test(admin_vitals, a_loop_that_does_not_turn_is_not_alive)
{
    vitals_turn(&v);
    cr_expect(vitals_alive(&v, &e));
    v.turned_ms = now_ms() - VITALS_TURN_MAX_MS + 1000;
    cr_expect(vitals_alive(&v, &e));
    v.turned_ms = now_ms() - VITALS_TURN_MAX_MS - 1;
    cr_expect_not(vitals_alive(&v, &e));
    cr_expect_str_eq(e.message, "the main loop is stuck");
}

Test(admin_vitals, is_not_ready_before_its_shards_are_there)
{
    v.shards_wanted = 1;
    cr_expect_not(vitals_ready(&v, &e));
    cr_expect_str_eq(e.message, "starting: waits for topics and workflows");
}

Test(admin_vitals, is_not_ready_once_it_stops)
{
    cr_expect(vitals_ready(&v, &e));
    v.stopping = true;
    cr_expect_not(vitals_ready(&v, &e));
    cr_expect_str_eq(e.message, "stopping");
}
