#include <jansson.h>
#include <netdb.h>
#include <signal.h>

#include "tests/unit/execution_run.h"
#include "tests/unit/http_server.h"
#include "tests/unit/loop_run.h"
#include "worker/channel/channel.h"

enum { DELIVERIES_MAX = 64, BUDGET_MS = 20000, RESOLVER_MS = 1000 };

typedef struct sample {
    delivery base;
    arena memory;
    int done_count;
    channel_result result;
    int order; /* of its end among all */
} sample;

/* Stands before the C library's, for libcurl too: no name but slow.name and none is asked for here. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)service;
    (void)hints;
    *found = NULL;
    if (strcmp(name, "slow.name") == 0)
        usleep(RESOLVER_MS * 1000);
    return EAI_NONAME;
}

static uv_loop_t loop;
static config settings;
static logger quiet;
static FILE *log_file;
static channels under_test;
static execution x;
static sample samples[DELIVERIES_MAX];
static int ended;
static http_server *server;

static void open_bench(void)
{
    set_up();
    signal(SIGPIPE, SIG_IGN);
    setenv("no_proxy", "*", 1);
    server = http_server_start();
    log_file = tmpfile();
    quiet = (logger){.fd = fileno(log_file)};
    uv_loop_init(&loop);
    begin(&x,
          "  - {step_id: s, step_type: SMS, name: n, config: {provider: p, to: '+1', body: "
          "\"a\\\"\xC3\xA4\"}}\n",
          "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
}

static void close_bench(void)
{
    channels_close(&under_test);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    for (int i = 0; i < DELIVERIES_MAX; i++)
        arena_free(&samples[i].memory);
    config_free(&settings);
    fclose(log_file);
    tear_down();
}

TestSuite(channel_http, .init = open_bench, .fini = close_bench);

/* The provider p with this url, and one key more (key=value) or NULL. */
static void configure_url(const char *url, const char *more)
{
    char url_set[256], more_set[64];
    const char *sets[] = {"provider.p.kind=http", url_set, "provider.p.timeout.ms=10s", more_set};
    error e = {0};
    snprintf(url_set, sizeof url_set, "provider.p.url=%s", url);
    snprintf(more_set, sizeof more_set, "provider.p.%s", more == NULL ? "concurrency=256" : more);
    cr_assert(config_load(&settings, &(config_source){.sets = sets, .set_count = 4}, &e), "%s", e.message);
    under_test.site = (provider_site){.config = &settings, .log = &quiet, .loop = &loop};
    cr_assert(channels_init(&under_test, &e), "%s", e.message);
}

static void configure(const char *path, const char *more)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server->port, path);
    configure_url(url, more);
}

static void on_delivered(delivery *d, channel_result result)
{
    sample *s = (sample *)d;
    s->done_count++;
    s->result = result;
    s->order = ended++;
}

static channel_result deliver_to(int i, void (*done)(delivery *d, channel_result result))
{
    sample *s = &samples[i];
    arena_free(&s->memory);
    arena_init(&s->memory, 4096, 16 << 20);
    s->done_count = 0;
    s->base = (delivery){.provider = &settings.providers[CONFIG_NULL + 1],
                         .execution = &x,
                         .step = execution_step(&x),
                         .message = execution_message(&x),
                         .now_ms = BEGAN_MS,
                         .arena = &s->memory,
                         .done = done};
    return channel_deliver(&under_test, &s->base);
}

static channel_result deliver(int i)
{
    return deliver_to(i, on_delivered);
}

static void run_until_ended(int count)
{
    loop_run_until(&loop, &ended, count, BUDGET_MS);
}

/* One delivery from its begin to its end. */
static const delivery *deliver_one(void)
{
    cr_assert_eq(deliver(0), CHANNEL_PENDING);
    cr_expect_eq(samples[0].done_count, 0, "the end came inside the begin");
    run_until_ended(ended + 1);
    cr_expect_eq(samples[0].done_count, 1);
    return &samples[0].base;
}

static void expect_delivered(void)
{
    const delivery *d = deliver_one();
    cr_expect_eq(samples[0].result, CHANNEL_DELIVERED, "%s", d->code);
    cr_expect_null(d->code);
}

static void expect_refused(const char *code, bool retriable, int64_t retry_after_ms)
{
    const delivery *d = deliver_one();
    cr_assert_eq(samples[0].result, CHANNEL_REFUSED);
    cr_expect_str_eq(d->code, code);
    cr_expect_eq(d->retriable, retriable, "%s", code);
    cr_expect_eq(d->retry_after_ms, retry_after_ms);
    cr_expect_not_null(d->sentence);
}

/* The newest request has this line. */
static void expect_line(const char *line)
{
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s\r\n", line);
    cr_expect_not_null(strstr(server->last, wanted), "no %s in %s", line, server->last);
}

static void expect_member(const json_t *body, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(body, name));
    cr_assert_not_null(text, "%s", name);
    cr_expect_str_eq(text, expected);
}

Test(channel_http, a_step_is_posted_as_json)
{
    configure("/x?key=1", NULL);
    x.tracestate = value_cstring("vendor=1");
    x.steps[0].attempt = 3;
    expect_delivered();
    expect_line("POST /x?key=1 HTTP/1.1");
    expect_line("Content-Type: application/json");
    expect_line("User-Agent: carillon/" CARILLON_VERSION);
    expect_line("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    expect_line("tracestate: vendor=1");
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: %s", delivery_key(&samples[0].base).text);
    expect_line(key);
    cr_expect_null(strstr(server->last, "Expect:"));
    json_t *body = json_loads(strstr(server->last, "\r\n\r\n") + 4, 0, NULL);
    cr_assert_not_null(body, "%s", server->last);
    cr_expect_eq(json_object_size(body), 9u);
    expect_member(body, "execution_id", x.id.text);
    expect_member(body, "workflow_id", "orders");
    expect_member(body, "step_id", "s");
    expect_member(body, "step_type", "SMS");
    expect_member(body, "recipient", "user-1");
    cr_expect_eq(json_integer_value(json_object_get(body, "workflow_version")), 1);
    cr_expect_eq(json_integer_value(json_object_get(body, "run")), 1);
    cr_expect_eq(json_integer_value(json_object_get(body, "attempt")), 3);
    const json_t *message = json_object_get(body, "message");
    expect_member(message, "to", "+1");
    expect_member(message, "body", "a\"\xC3\xA4");
    cr_expect_eq(json_object_size(message), 2u);
    json_decref(body);
}

Test(channel_http, without_a_trace_there_are_no_headers_of_it)
{
    configure("/", NULL);
    x.traceparent = value_null();
    expect_delivered();
    cr_expect_null(strstr(server->last, "trace"));
}

Test(channel_http, a_large_message_goes_in_one_request)
{
    enum { SIZE = 3 << 20 };
    char *text = arena_alloc(&memory, SIZE);
    memset(text, 'm', SIZE);
    value_member large = {value_cstring("body"), value_string(text, SIZE)};
    x.steps[x.current_step].message = (value){.kind = VALUE_MAP, .count = 1, .members = &large};
    configure("/", NULL);
    expect_delivered();
    cr_expect_eq(atomic_load(&server->requests), 1);
    cr_expect_null(strstr(server->last, "Expect:"));
    cr_expect_eq(strspn(strstr(server->last, "mmmmm"), "m"), (size_t)SIZE);
}

Test(channel_http, any_2xx_is_a_delivery)
{
    static const char *const paths[] = {"/", "/status/201", "/status/204", "/status/299"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        configure(paths[i], NULL);
        expect_delivered();
        channels_close(&under_test);
        uv_run(&loop, UV_RUN_DEFAULT);
        config_free(&settings);
    }
}

Test(channel_http, statuses_tell_whether_another_attempt_makes_sense)
{
    static const struct {
        const char *path, *code;
        bool retriable;
    } answers[] = {{"/status/400", "http_400", false}, {"/status/401", "http_401", false},
                   {"/status/404", "http_404", false}, {"/status/408", "http_408", true},
                   {"/status/425", "http_425", true},  {"/status/429", "http_429", true},
                   {"/status/500", "http_500", true},  {"/status/503", "http_503", true}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        configure(answers[i].path, NULL);
        expect_refused(answers[i].code, answers[i].retriable, answers[i].retriable ? 7000 : 0);
        channels_close(&under_test);
        uv_run(&loop, UV_RUN_DEFAULT);
        config_free(&settings);
    }
}

Test(channel_http, a_redirection_is_not_followed)
{
    configure("/status/302", NULL);
    expect_refused("http_302", false, 0);
    cr_expect_eq(atomic_load(&server->requests), 1);
}

Test(channel_http, an_answer_counts_that_does_not_end)
{
    configure("/cut", NULL);
    expect_delivered();
}

Test(channel_http, an_endless_answer_is_cut_and_counts)
{
    configure("/big", NULL);
    expect_delivered();
    expect_delivered();
    cr_expect_eq(atomic_load(&server->connections), 2, "the connection is no use after that");
}

Test(channel_http, no_answer_in_time_is_a_timeout)
{
    configure("/hang", "timeout.ms=100");
    expect_refused("timeout", true, 0);
}

Test(channel_http, at_most_once_means_that_a_timeout_is_the_end)
{
    configure("/hang?", "timeout.ms=100");
    settings.providers[CONFIG_NULL + 1].on_unknown = CONFIG_UNKNOWN_FAIL;
    expect_refused("timeout", false, 0);
}

Test(channel_http, a_lost_connection_is_told)
{
    configure("/close", NULL);
    expect_refused("connection_lost", true, 0);
    cr_expect_eq(atomic_load(&server->requests), 1);
}

/* libcurl alone would send it again on a connection of its own choice. */
Test(channel_http, no_request_is_sent_twice_when_a_kept_connection_is_lost)
{
    configure("/ok-close-later", "on_unknown=fail");
    expect_delivered();
    cr_expect_eq(atomic_load(&server->connections), 1);
    expect_refused("connection_lost", false, 0);
    cr_expect_eq(atomic_load(&server->requests), 2);
}

Test(channel_http, nobody_who_listens)
{
    char url[64];
    int port;
    close(http_listen(1, &port));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    configure_url(url, "on_unknown=fail");
    expect_refused("connect", true, 0);
}

Test(channel_http, nobody_who_accepts)
{
    char url[64];
    int port, fillers[4];
    int listener = http_listen(0, &port);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    configure_url(url, "connect.timeout.ms=200");
    settings.providers[CONFIG_NULL + 1].on_unknown = CONFIG_UNKNOWN_FAIL;
    expect_refused("connect", true, 0);
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    close(listener);
}

/* The resolver's thread is left alone: libcurl would wait for it. */
Test(channel_http, a_name_that_takes_its_time_holds_up_nobody)
{
    configure_url("http://slow.name/", "connect.timeout.ms=100");
    uint64_t begin_ms = uv_hrtime() / 1000000;
    expect_refused("connect", true, 0);
    cr_expect_lt(uv_hrtime() / 1000000 - begin_ms, RESOLVER_MS / 2u);
    cr_expect_eq(deliver(0), CHANNEL_PENDING);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_run(&loop, UV_RUN_NOWAIT);
    begin_ms = uv_hrtime() / 1000000;
    channels_close(&under_test);
    cr_expect_lt(uv_hrtime() / 1000000 - begin_ms, RESOLVER_MS / 2u);
    usleep(2 * RESOLVER_MS * 1000); /* until its threads have ended */
}

Test(channel_http, a_name_that_does_not_resolve)
{
    configure_url("http://no.name/", NULL);
    expect_refused("dns", true, 0);
}

Test(channel_http, a_server_that_speaks_no_tls)
{
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", server->port);
    configure_url(url, NULL);
    expect_refused("tls", true, 0);
}

Test(channel_http, a_server_that_speaks_no_http)
{
    configure("/garbage", NULL);
    expect_refused("protocol", true, 0);
}

Test(channel_http, connections_are_used_again)
{
    configure("/", NULL);
    for (int i = 0; i < 20; i++)
        expect_delivered();
    cr_expect_eq(atomic_load(&server->connections), 1);
    cr_expect_eq(atomic_load(&server->requests), 20);
}

Test(channel_http, a_slot_forgets_the_answer_before)
{
    configure("/status/503-close-later", NULL);
    expect_refused("http_503", true, 7000);
    expect_refused("connection_lost", true, 0);
}

Test(channel_http, no_more_than_concurrency_are_in_flight_and_others_wait_in_order)
{
    configure("/slow", "concurrency=1");
    for (int i = 0; i < 10; i++)
        cr_expect_eq(deliver(i), CHANNEL_PENDING);
    run_until_ended(10);
    for (int i = 0; i < 10; i++) {
        cr_expect_eq(samples[i].result, CHANNEL_DELIVERED);
        cr_expect_eq(samples[i].done_count, 1);
        cr_expect_eq(samples[i].order, i);
    }
    cr_expect_eq(atomic_load(&server->running_most), 1);
    cr_expect_eq(atomic_load(&server->connections), 1);
}

Test(channel_http, many_are_in_flight_at_once)
{
    configure("/slow", "concurrency=16");
    for (int i = 0; i < DELIVERIES_MAX; i++)
        cr_expect_eq(deliver(i), CHANNEL_PENDING);
    run_until_ended(DELIVERIES_MAX);
    cr_expect_eq(atomic_load(&server->requests), DELIVERIES_MAX);
    cr_expect_leq(atomic_load(&server->running_most), 16);
    cr_expect_geq(atomic_load(&server->running_most), 8);
    cr_expect_leq(atomic_load(&server->connections), 16);
}

static void deliver_another(delivery *d, channel_result result)
{
    on_delivered(d, result);
    if (ended < 10)
        cr_expect_eq(deliver_to(ended, deliver_another), CHANNEL_PENDING);
}

Test(channel_http, an_end_may_be_the_next_one_s_begin)
{
    configure("/", "concurrency=1");
    cr_expect_eq(deliver_to(0, deliver_another), CHANNEL_PENDING);
    run_until_ended(10);
    cr_expect_eq(atomic_load(&server->requests), 10);
}

Test(channel_http, closing_ends_all_without_a_word)
{
    configure("/hang", "concurrency=4");
    for (int i = 0; i < 10; i++)
        cr_expect_eq(deliver(i), CHANNEL_PENDING);
    while (atomic_load(&server->requests) < 4)
        uv_run(&loop, UV_RUN_NOWAIT);
    channels_close(&under_test);
    cr_expect_eq(deliver(10), CHANNEL_PENDING);
    cr_expect_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    cr_expect_eq(uv_loop_close(&loop), 0, "a handle was left behind");
    uv_loop_init(&loop);
    cr_expect_eq(ended, 0);
    cr_expect_eq(atomic_load(&server->requests), 4);
}

Test(channel_http, without_memory_it_is_refused)
{
    configure("/", "concurrency=1");
    sample *s = &samples[0];
    arena_init(&s->memory, 64, 64);
    s->base = (delivery){.provider = &settings.providers[CONFIG_NULL + 1],
                         .execution = &x,
                         .step = execution_step(&x),
                         .message = execution_message(&x),
                         .arena = &s->memory,
                         .done = on_delivered};
    cr_expect_eq(channel_deliver(&under_test, &s->base), CHANNEL_REFUSED);
    cr_expect_str_eq(s->base.code, "limit_exceeded");
    cr_expect_not(s->base.retriable);
    expect_delivered();
}

Test(channel_http, only_it_is_outward)
{
    configure("/", NULL);
    for (int i = 0; i <= CONFIG_NULL; i++)
        cr_expect_not(channel_is_outward(&settings.providers[i]));
    cr_expect(channel_is_outward(&settings.providers[CONFIG_NULL + 1]));
}

Test(channel_http, a_route_is_the_step_s_own_provider_or_those_of_its_type)
{
    const step *own = execution_step(&x);
    step other = *own;
    other.provider = value_null();
    configure("/", NULL);
    config_route route = channel_route(&settings, own);
    cr_assert_eq(route.count, 1u);
    cr_expect_str_eq(settings.providers[route.places[0]].name, "p");
    route = channel_route(&settings, &other);
    cr_assert_eq(route.count, 1u);
    cr_expect_str_eq(settings.providers[route.places[0]].name, "log");
    cr_expect_null(channel_find_unknown(&settings, compiled));
    settings.provider_count--;
    cr_expect_eq(channel_find_unknown(&settings, compiled), own);
    cr_expect_eq(channel_route(&settings, own).count, 0u);
    settings.provider_count++;
}

Test(channel_http, a_failure_is_logged_without_content)
{
    char text[4096] = "";
    configure("/status/503?token=hidden", NULL);
    expect_refused("http_503", true, 7000);
    rewind(log_file);
    cr_assert_gt(fread(text, 1, sizeof text - 1, log_file), 0u);
    cr_expect_not_null(strstr(text, " event=delivery_failed provider=p code=http_503 retriable=true "), "%s",
                       text);
    static const char *const hidden[] = {"127.0.0.1", "hidden", "user-1", "+1"};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        cr_expect_null(strstr(text, hidden[i]), "%s", text);
}
