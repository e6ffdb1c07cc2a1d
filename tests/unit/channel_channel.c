#include <signal.h>

#include "tests/unit/execution_run.h"
#include "worker/channel/channel.h"

enum { DELIVERIES_MAX = 40, BUDGET_MS = 20000 };

typedef struct sample {
    delivery base;
    channel_result result;
    int done_count;
    int order;
} sample;

static uv_loop_t loop;
static config settings;
static logger quiet;
static channels under_test;
static execution x;
static sample samples[DELIVERIES_MAX];
static int ended;

static void open_bench(void)
{
    set_up();
    signal(SIGPIPE, SIG_IGN);
    setenv("no_proxy", "*", 1);
    quiet = (logger){.fd = -1, .level = LOG_LEVEL_ERROR};
    uv_loop_init(&loop);
    begin(&x, "  - {step_id: s, step_type: SMS, name: n, config: {to: '+1', body: b}}\n",
          "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
}

static void close_bench(void)
{
    channels_close(&under_test);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    config_free(&settings);
    tear_down();
}

TestSuite(channel_channel, .init = open_bench, .fini = close_bench);

/* SMS go along a, b, c: a is at an address where nobody listens, the others take anything. */
static void configure(const char *first, const char *second)
{
    const char *sets[] = {"channels.SMS=a,b,c",
                          "provider.a.kind=http",
                          "provider.b.kind=null",
                          "provider.c.kind=null",
                          "provider.a.url=http://127.0.0.1:1/",
                          first,
                          second};
    size_t count = first == NULL ? 5 : second == NULL ? 6 : 7;
    error e = {0};
    cr_assert(config_load(&settings, &(config_source){.sets = sets, .set_count = count}, &e), "%s",
              e.message);
    under_test.site = (provider_site){.config = &settings, .log = &quiet, .loop = &loop, .shards = 1};
    cr_assert(channels_init(&under_test, &e), "%s", e.message);
}

static const config_provider *provider(const char *name)
{
    size_t place = config_find_provider(&settings, name, strlen(name));
    cr_assert_lt(place, settings.provider_count);
    return &settings.providers[place];
}

/* Whoever is asked; "" where nobody is. */
static const char *choose(int64_t *due_ms)
{
    const config_provider *p = channel_choose(&under_test, &x, false, BEGAN_MS, due_ms);
    return p == NULL ? "" : p->name;
}

static void expect_chosen(const char *name)
{
    int64_t due_ms;
    cr_expect_str_eq(choose(&due_ms), name);
}

static void fail_at(const char *name, const char *code)
{
    const delivery_failure f = {
        .provider = name, .code = code, .message = "no", .retriable = true, .more = true};
    execution_choose(&x, name);
    execution_delivery_failed(&x, &f, 0, BEGAN_MS);
    cr_assert(execution_is_delivering(&x));
}

static void on_delivered(delivery *d, channel_result result)
{
    sample *s = (sample *)d;
    s->result = result;
    s->done_count++;
    s->order = ended++;
}

static channel_result deliver(int i, const char *name)
{
    samples[i] = (sample){.base = {.provider = provider(name),
                                   .execution = &x,
                                   .step = execution_step(&x),
                                   .message = execution_message(&x),
                                   .arena = &memory,
                                   .done = on_delivered}};
    return channel_deliver(&under_test, &samples[i].base);
}

static void run_until_ended(int count)
{
    uint64_t end = uv_now(&loop) + BUDGET_MS;
    while (ended < count && uv_now(&loop) < end)
        uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(ended, count);
}

Test(channel_channel, the_providers_of_a_route_are_asked_in_order)
{
    configure(NULL, NULL);
    expect_chosen("a");
    fail_at("a", "http_503");
    expect_chosen("b");
    fail_at("b", "http_503");
    expect_chosen("c");
}

/* It may have the message, and knows its key. */
Test(channel_channel, who_was_interrupted_is_asked_again_before_all_others)
{
    configure(NULL, NULL);
    execution_choose(&x, "b");
    execution_delivery_unknown(&x, true, BEGAN_MS);
    expect_chosen("b");
    fail_at("b", "http_503");
    expect_chosen("a");
    fail_at("a", "http_503");
    expect_chosen("c");
}

Test(channel_channel, where_all_have_failed_the_attempt_begins_anew)
{
    configure(NULL, NULL);
    fail_at("a", "http_503");
    fail_at("b", "http_503");
    fail_at("c", "http_503");
    expect_chosen("a");
}

Test(channel_channel, who_has_no_place_is_passed_over)
{
    configure("provider.a.concurrency=1", "provider.a.queue=1");
    expect_chosen("a");
    expect_chosen("a");
    expect_chosen("b");
    channel_release(&under_test, provider("a"));
    expect_chosen("a");
}

Test(channel_channel, where_nobody_has_a_place_it_is_said_when)
{
    int64_t due_ms = 0;
    configure("channels.SMS=b", "provider.b.rate=2");
    expect_chosen("b");
    expect_chosen("b");
    cr_expect_str_eq(choose(&due_ms), "");
    cr_expect_geq(due_ms, BEGAN_MS + 500);
    cr_expect_leq(due_ms, BEGAN_MS + 502);
    int64_t next_ms = 0;
    cr_expect_str_eq(choose(&next_ms), "");
    cr_expect_geq(next_ms, due_ms + 499);
    cr_expect_eq(channel_figures(&under_test, (size_t)(provider("b") - settings.providers)).postponed, 2u);
}

Test(channel_channel, a_rate_lets_one_after_the_other_go)
{
    configure("provider.b.rate=100", "provider.b.rate.burst=1");
    uv_update_time(&loop);
    uint64_t begun_ms = uv_now(&loop);
    cr_expect_eq(deliver(0, "b"), CHANNEL_DELIVERED);
    for (int i = 1; i <= 20; i++)
        cr_expect_eq(deliver(i, "b"), CHANNEL_PENDING);
    run_until_ended(20);
    cr_expect_geq(uv_now(&loop) - begun_ms, 200u);
    for (int i = 1; i <= 20; i++) {
        cr_expect_eq(samples[i].result, CHANNEL_DELIVERED);
        cr_expect_eq(samples[i].order, i - 1);
    }
}

Test(channel_channel, who_fails_in_a_row_is_given_up_and_so_are_those_who_wait)
{
    configure("provider.a.concurrency=1", NULL);
    for (int i = 0; i < 20; i++)
        cr_expect_eq(deliver(i, "a"), CHANNEL_PENDING);
    run_until_ended(20);
    for (int i = 0; i < 20; i++) {
        cr_expect_eq(samples[i].done_count, 1);
        cr_expect_eq(samples[i].result, CHANNEL_REFUSED);
        cr_expect_str_eq(samples[i].base.code, i < 5 ? "connect" : "provider_given_up", "%d", i);
        cr_expect(samples[i].base.retriable);
    }
    expect_chosen("b");
    cr_expect_eq(channel_figures(&under_test, (size_t)(provider("a") - settings.providers)).given_up, 1);
}

Test(channel_channel, who_had_a_place_before_that_is_refused)
{
    configure("channels.SMS=a", NULL);
    expect_chosen("a");
    for (int i = 0; i < 5; i++)
        cr_expect_eq(deliver(i, "a"), CHANNEL_PENDING);
    run_until_ended(5);
    cr_expect_eq(deliver(5, "a"), CHANNEL_REFUSED);
    cr_expect_str_eq(samples[5].base.code, "provider_given_up");
    expect_chosen("");
}

Test(channel_channel, an_attempt_goes_on_while_somebody_is_left)
{
    configure(NULL, NULL);
    samples[0].base = (delivery){
        .provider = provider("a"), .execution = &x, .step = execution_step(&x), .code = "http_404"};
    cr_expect(channel_goes_on(&under_test, &samples[0].base));
    fail_at("a", "http_503");
    fail_at("b", "http_503");
    samples[0].base.provider = provider("c");
    cr_expect_not(channel_goes_on(&under_test, &samples[0].base));
}

/* What is refused since the provider is down says nothing of the message: no attempt is used up. */
Test(channel_channel, an_attempt_goes_on_where_the_only_provider_is_given_up)
{
    configure("channels.SMS=a", "provider.a.breaker.failures=3");
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(deliver(i, "a"), CHANNEL_PENDING);
        run_until_ended(i + 1);
        cr_expect_eq(channel_goes_on(&under_test, &samples[i].base), i == 2, "%d", i);
    }
    samples[2].base.code = "http_404";
    cr_expect_not(channel_goes_on(&under_test, &samples[2].base));
}

Test(channel_channel, after_the_end_nothing_begins)
{
    configure("provider.b.rate=1", NULL);
    cr_expect_eq(deliver(0, "b"), CHANNEL_DELIVERED);
    cr_expect_eq(deliver(1, "b"), CHANNEL_PENDING);
    channels_close(&under_test);
    cr_expect_eq(deliver(2, "b"), CHANNEL_PENDING);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(ended, 0);
}
