/* What is told of an execution whose steps were delivered by requests; the rest is seen by the system tests.
 */
#include "worker/shard/announce.h"

#include <unistd.h>

#include "engine/execution/delivery_request.h"
#include "tests/unit/event_peer.h"

static config settings;
static logger quiet;
static FILE *log_file;
static announcer a;
static batch *told;

static void open_bench(void)
{
    set_up();
    log_file = tmpfile();
    quiet = (logger){.fd = fileno(log_file)};
    told = batch_new(NULL, NULL);
    cr_assert_not_null(told);
}

static void close_bench(void)
{
    batch_free(told);
    config_free(&settings);
    fclose(log_file);
    tear_down();
}

TestSuite(shard_announce, .init = open_bench, .fini = close_bench);

static void configure(const char *name)
{
    char kind[64], topic[64];
    const char *const sets[] = {kind, topic};
    error e = {0};
    snprintf(kind, sizeof kind, "provider.%s.kind=kafka", name);
    snprintf(topic, sizeof topic, "provider.%s.topic=requests", name);
    cr_assert(config_load(&settings, &(config_source){.sets = sets, .set_count = 2}, &e), "%s", e.message);
    cr_assert(announcer_init(&a, &settings, &quiet, &e), "%s", e.message);
}

/* The first step by a request, the second by another provider. */
static void run_one(execution *x)
{
    begin(x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(x, BEGAN_MS), EXECUTION_DELIVER);
    const identity id = identity_of_event(&x->id, &x->steps[0].step_id, 1);
    const char *text = arena_copy(&memory, id.text, sizeof id.text - 1);
    execution_delivered(x, "outside", value_string(text, sizeof id.text - 1), BEGAN_MS);
    cr_assert_eq(execution_advance(x, BEGAN_MS), EXECUTION_DELIVER);
    execution_delivered(x, "log", value_null(), BEGAN_MS);
    cr_assert_eq(execution_advance(x, BEGAN_MS), EXECUTION_ENDED);
}

static void expect_kinds(size_t count, const event_kind *kinds)
{
    const event *ev = told->first;
    cr_assert_eq(told->count, count);
    for (size_t i = 0; i < count; i++, ev = ev->next)
        cr_expect_eq(ev->kind, kinds[i], "event %zu", i);
}

#define EXPECT_KINDS(...)                                                        \
    expect_kinds(sizeof((const event_kind[]){__VA_ARGS__}) / sizeof(event_kind), \
                 (const event_kind[]){__VA_ARGS__})

static const char *logged(void)
{
    static char text[4096];
    ssize_t size = pread(fileno(log_file), text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

Test(shard_announce, a_request_goes_before_the_completion_of_its_step)
{
    execution x;
    configure("outside");
    run_one(&x);
    cr_assert(announce_execution(&a, told, &x, 0));
    EXPECT_KINDS(EVENT_REQUEST, EVENT_STEP_COMPLETION, EVENT_STEP_COMPLETION, EVENT_EXECUTION_COMPLETION);
    const event *request = told->first;
    cr_expect_str_eq(request->topic, "requests");
    cr_expect(value_is_text(&request->key, "key-1"));
    cr_assert_eq(request->header_count, 1u);
    cr_expect_str_eq(request->headers[0].name, "traceparent");
    buffer body;
    buffer_init(&body, &memory, 1 << 20);
    buffer_add(&body, request->payload.text + 10, request->payload.count - 10); /* behind its frame */
    value asked = peer_reads(delivery_request_schema, &body);
    expect_field(&asked, "step_id", "a");
    cr_expect_str_eq(logged(), "");
}

Test(shard_announce, a_step_that_was_told_is_not_asked_for_again)
{
    execution x;
    configure("outside");
    run_one(&x);
    cr_assert(announce_execution(&a, told, &x, 1));
    EXPECT_KINDS(EVENT_STEP_COMPLETION, EVENT_EXECUTION_COMPLETION);
}

Test(shard_announce, completions_are_told_where_the_provider_has_gone_and_somebody_hears_of_it)
{
    execution x;
    configure("another");
    run_one(&x);
    cr_assert(announce_execution(&a, told, &x, 0));
    EXPECT_KINDS(EVENT_STEP_COMPLETION, EVENT_STEP_COMPLETION, EVENT_EXECUTION_COMPLETION);
    cr_expect_not_null(strstr(logged(), "request_dropped"), "%s", logged());
    cr_expect_not_null(strstr(logged(), x.id.text), "%s", logged());
    cr_expect_not_null(strstr(logged(), "step_id=a"), "%s", logged());
}
