#include "tests/unit/redis_server.h"
#include "worker/channel/shared_rate.h"

enum { BUDGET_MS = 10000 };

static uv_loop_t loop;
static redis_server server;
static redisContext *admin;
static store *connection;
static arena memory;
static redis_url url;
static logger quiet;
static shared_rate rate;
static config_provider settings;
static int answers;
static int64_t granted;
static int64_t wait_ms;

static void on_granted(shared_rate *r, int64_t count, int64_t until_ms)
{
    cr_expect_eq(r, &rate);
    answers++;
    granted = count;
    wait_ms = until_ms;
}

static void set_up(void)
{
    error e = {0};
    signal(SIGPIPE, SIG_IGN);
    redis_server_init(&server);
    redis_server_start(&server, NULL, NULL);
    admin = redis_server_connect(&server);
    arena_init(&memory, 4096, 1 << 20);
    cr_assert(redis_url_parse(&memory, server.url, &url, &e), "%s", e.message);
    uv_loop_init(&loop);
    connection = store_new(&(store_options){.loop = &loop, .url = &url, .log = &quiet, .timeout_ms = 5000});
    rate = (shared_rate){.granted = on_granted};
    settings = (config_provider){.name = "p", .rate = 100, .rate_shared = true};
}

static void tear_down(void)
{
    redisFree(admin);
    redis_server_stop(&server);
    redis_server_free(&server);
    arena_free(&memory);
    uv_loop_close(&loop);
}

TestSuite(channel_shared_rate, .init = set_up, .fini = tear_down);

static void close_store(void)
{
    store_close(connection, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

static int64_t ask(int64_t burst, int64_t count)
{
    int before = answers;
    cr_assert(shared_rate_ask(&rate, connection, "g", &settings, burst, count));
    for (uint64_t end = uv_now(&loop) + BUDGET_MS; answers == before && uv_now(&loop) < end;)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(answers, before + 1);
    return granted;
}

static double now_us(void)
{
    redisReply *time = redisCommand(admin, "TIME");
    double us = atof(time->element[0]->str) * 1e6 + atof(time->element[1]->str);
    freeReplyObject(time);
    return us;
}

Test(channel_shared_rate, grants_what_is_asked_for_up_to_a_burst)
{
    settings.rate = 1; /* so that no time counts */
    cr_expect_eq(ask(10, 4), 4);
    cr_expect_eq(ask(10, 4), 4);
    cr_expect_eq(ask(10, 4), 2);
    cr_expect_eq(ask(10, 4), 0);
    cr_expect_gt(wait_ms, 500);
    cr_expect_leq(wait_ms, 1000);
    close_store();
}

Test(channel_shared_rate, never_exceeds_the_rate)
{
    int64_t sum = 0;
    double begun_us = now_us();
    while (now_us() < begun_us + 500e3)
        sum += ask(5, 3);
    double passed_us = now_us() - begun_us;
    cr_expect_leq((double)sum, 5 + passed_us / 10000 + 1);
    cr_expect_geq((double)sum, passed_us / 10000 * 0.8);
    close_store();
}

Test(channel_shared_rate, what_it_waits_for_comes)
{
    while (ask(1, 1) == 1) {
    }
    cr_expect_leq(wait_ms, 10);
    usleep((useconds_t)(wait_ms + 1) * 1000);
    cr_expect_eq(ask(1, 1), 1);
    close_store();
}

Test(channel_shared_rate, its_key_goes_when_it_says_nothing_any_more)
{
    ask(5, 5);
    redisReply *left = redisCommand(admin, "PTTL g:rate:{p}");
    cr_expect_gt(left->integer, 0);
    cr_expect_leq(left->integer, 1100);
    freeReplyObject(left);
    close_store();
}

Test(channel_shared_rate, a_clock_that_was_set_back_stops_nothing)
{
    freeReplyObject(redisCommand(admin, "SET g:rate:{p} 99999999999999999"));
    ask(5, 5);
    cr_expect_leq(wait_ms, 60);
    close_store();
}

Test(channel_shared_rate, what_is_no_rate_grants_nothing)
{
    freeReplyObject(redisCommand(admin, "LPUSH g:rate:{p} x"));
    cr_expect_eq(ask(5, 5), 0);
    cr_expect_gt(wait_ms, 0);
    close_store();
}

Test(channel_shared_rate, is_answered_when_the_store_closes)
{
    redis_server_stop(&server);
    cr_assert(shared_rate_ask(&rate, connection, "g", &settings, 5, 5));
    close_store();
    cr_expect_eq(answers, 1);
    cr_expect_eq(granted, 0);
    redis_server_start(&server, NULL, NULL);
}
