#include <signal.h>

#include "tests/unit/execution_run.h"
#include "tests/unit/loop_run.h"
#include "tests/unit/smtp_server.h"
#include "worker/channel/channel.h"

enum { DELIVERIES_MAX = 64, BUDGET_MS = 20000 };

typedef struct sample {
    delivery base;
    arena memory;
    value_member members[3];
    value message;
    int done_count;
    channel_result result;
} sample;

static uv_loop_t loop;
static config settings;
static logger quiet;
static FILE *log_file;
static channels under_test;
static execution x;
static sample samples[DELIVERIES_MAX];
static int ended;
static smtp_server *server;
static char url[128];

/* The config without its parser: the built-in providers, which nobody asks, and one mail server. */
static void configure(void)
{
    for (int i = 0; i <= CONFIG_NULL; i++)
        settings.providers[i] = (config_provider){.name = config_kind_name(i), .kind = i};
    settings.provider_count = CONFIG_NULL + 2;
    settings.providers[CONFIG_NULL + 1] = (config_provider){
        .name = "p",
        .kind = CONFIG_SMTP,
        .url = {.text = url, .shown = url},
        .smtp = {.tls = CONFIG_TLS_NONE, .from = "Shop <shop@x.io>", .helo = "client.example"},
        .tls_verify = true,
        .timeout_ms = 10000,
        .connect_timeout_ms = 3000,
        .concurrency = 8};
}

static config_provider *provider(void)
{
    return &settings.providers[CONFIG_NULL + 1];
}

static void open_bench(void)
{
    set_up();
    signal(SIGPIPE, SIG_IGN);
    server = smtp_server_start();
    log_file = tmpfile();
    quiet = (logger){.fd = fileno(log_file)};
    uv_loop_init(&loop);
    begin(&x, "  - {step_id: s, step_type: EMAIL, name: n, config: {to: a@b, subject: s, text: t}}\n",
          "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    snprintf(url, sizeof url, "smtp://127.0.0.1:%d", server->port);
    configure();
}

static void close_bench(void)
{
    channels_close(&under_test);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0);
    for (int i = 0; i < DELIVERIES_MAX; i++)
        arena_free(&samples[i].memory);
    fclose(log_file);
    tear_down();
}

TestSuite(channel_smtp, .init = open_bench, .fini = close_bench);

static void open_channels(void)
{
    error e = {0};
    under_test.site = (provider_site){.config = &settings, .log = &quiet, .loop = &loop};
    cr_assert(channels_init(&under_test, &e), "%s", e.message);
}

static void on_delivered(delivery *d, channel_result result)
{
    sample *s = (sample *)d;
    s->done_count++;
    s->result = result;
    ended++;
}

static channel_result deliver(int i, const char *to)
{
    sample *s = &samples[i];
    arena_free(&s->memory);
    arena_init(&s->memory, 4096, 16 << 20);
    s->done_count = 0;
    s->members[0] = (value_member){value_cstring("to"), value_cstring(to)};
    s->members[1] = (value_member){value_cstring("subject"), value_cstring("Hello")};
    s->members[2] = (value_member){value_cstring("text"), value_cstring("text\n.\nend")};
    s->message = (value){.kind = VALUE_MAP, .count = 3, .members = s->members};
    s->base = (delivery){.provider = provider(),
                         .execution = &x,
                         .step = execution_step(&x),
                         .message = &s->message,
                         .now_ms = BEGAN_MS,
                         .arena = &s->memory,
                         .done = on_delivered};
    return channel_deliver(&under_test, &s->base);
}

static void run_until(int count)
{
    loop_run_until(&loop, &ended, count, BUDGET_MS);
}

static const delivery *deliver_one(const char *to)
{
    cr_assert_eq(deliver(0, to), CHANNEL_PENDING);
    cr_expect_eq(samples[0].done_count, 0, "the end came inside the begin");
    run_until(ended + 1);
    cr_expect_eq(samples[0].done_count, 1);
    return &samples[0].base;
}

static void expect_delivered(const char *to)
{
    const delivery *d = deliver_one(to);
    cr_assert_eq(samples[0].result, CHANNEL_DELIVERED, "%s: %s", to, d->code);
    cr_expect(value_is_text(&d->message_id, "A1"));
}

static void expect_refused(const char *to, const char *code, bool retriable, bool unknown)
{
    const delivery *d = deliver_one(to);
    cr_assert_eq(samples[0].result, CHANNEL_REFUSED, "%s", to);
    cr_expect_str_eq(d->code, code);
    cr_expect_eq(d->retriable, retriable, "%s", code);
    cr_expect_eq(d->unknown, unknown, "%s", code);
    cr_expect_not_null(d->sentence);
}

Test(channel_smtp, a_mail_is_handed_over)
{
    char id[96];
    server->abilities = "250-here\r\n250-SIZE 1000000\r\n250 HELP\r\n";
    open_channels();
    expect_delivered("Ada <ok@y.io>");
    cr_expect(strncmp(server->commands, "EHLO client.example\r\nMAIL FROM:<shop@x.io> SIZE=", 48) == 0, "%s",
              server->commands);
    cr_expect_not_null(strstr(server->commands, "\r\nRCPT TO:<ok@y.io>\r\nDATA\r\n"));
    snprintf(id, sizeof id, "\r\nMessage-ID: <%s@x.io>\r\n", delivery_key(&samples[0].base).text);
    cr_expect_not_null(strstr(server->content, id), "%s", server->content);
    cr_expect_not_null(strstr(server->content, "\r\n\r\ntext\r\n=2E\r\nend\r\n"), "%s", server->content);
}

Test(channel_smtp, a_connection_is_used_again)
{
    open_channels();
    for (int i = 0; i < 5; i++)
        expect_delivered("ok@y.io");
    cr_expect_eq(server->connections, 1);
    cr_expect_eq(server->mails, 5);
}

Test(channel_smtp, a_refused_recipient_leaves_the_connection_as_it_was)
{
    open_channels();
    expect_refused("r550@y.io", "smtp_550", false, false);
    expect_refused("r451@y.io", "smtp_451", true, false);
    expect_delivered("ok@y.io");
    cr_expect_eq(server->connections, 1);
    cr_expect_eq(server->resets, 2);
    cr_expect_eq(server->mails, 1);
}

Test(channel_smtp, replies_to_the_content)
{
    open_channels();
    expect_refused("d554@y.io", "smtp_554", false, false);
    expect_refused("d452@y.io", "smtp_452", true, false);
    expect_refused("d421@y.io", "smtp_421", true, false);
    expect_delivered("ok@y.io");
    cr_expect_eq(server->connections, 2, "behind 421 there is no connection");
}

Test(channel_smtp, a_refusal_of_the_login_is_no_refusal_of_the_mail)
{
    open_channels();
    expect_refused("r530@y.io", "smtp_auth", true, false);
}

Test(channel_smtp, only_behind_the_content_is_an_outcome_unknown)
{
    open_channels();
    expect_refused("cut-command@y.io", "connection_lost", true, false);
    expect_refused("cut-data@y.io", "connection_lost", true, false);
    expect_refused("cut-end@y.io", "connection_lost", true, true);
    expect_refused("garbage@y.io", "protocol", true, true);
    expect_delivered("ok@y.io");
}

Test(channel_smtp, an_unknown_outcome_may_be_given_up)
{
    provider()->on_unknown = CONFIG_UNKNOWN_FAIL;
    open_channels();
    expect_refused("cut-end@y.io", "connection_lost", false, true);
    expect_refused("cut-data@y.io", "connection_lost", true, false);
}

Test(channel_smtp, time_runs_out)
{
    provider()->timeout_ms = 100;
    open_channels();
    expect_refused("hang@y.io", "timeout", true, true);
    expect_delivered("ok@y.io");
}

Test(channel_smtp, time_runs_out_before_the_greeting)
{
    server->greeting = NULL;
    provider()->timeout_ms = 100;
    open_channels();
    expect_refused("ok@y.io", "timeout", true, false);
}

Test(channel_smtp, a_server_that_takes_no_mail)
{
    server->greeting = "554 no\r\n";
    open_channels();
    expect_refused("ok@y.io", "smtp_refused", true, false);
}

Test(channel_smtp, a_server_that_is_none)
{
    server->greeting = "HTTP/1.1 400 Bad Request\r\n";
    provider()->timeout_ms = 300; /* libcurl waits for a greeting */
    open_channels();
    expect_refused("ok@y.io", "timeout", true, false);
}

Test(channel_smtp, nobody_listens)
{
    close(server->listener);
    strcpy(url, "smtp://127.0.0.1:1");
    open_channels();
    expect_refused("ok@y.io", "connect", true, false);
}

Test(channel_smtp, tls_is_required_unless_it_is_not)
{
    provider()->smtp.tls = CONFIG_TLS_STARTTLS;
    open_channels();
    expect_refused("ok@y.io", "tls", true, false);
    cr_expect_null(strstr(server->commands, "MAIL"));
}

Test(channel_smtp, a_login_that_the_server_has_no_way_to_take)
{
    provider()->user = "u";
    provider()->password = "p";
    open_channels();
    expect_refused("ok@y.io", "smtp_auth", true, false);
}

Test(channel_smtp, a_kept_connection_that_was_closed_costs_nothing)
{
    open_channels();
    expect_delivered("bye@y.io");
    expect_delivered("ok@y.io");
    expect_delivered("tired@y.io");
    expect_delivered("ok@y.io");
    cr_expect_eq(server->connections, 3);
}

Test(channel_smtp, a_first_mail_that_meets_421_fails)
{
    open_channels();
    expect_refused("r421@y.io", "smtp_421", true, false);
    cr_expect_eq(server->connections, 1);
}

Test(channel_smtp, international_addresses_need_a_server_that_takes_them)
{
    open_channels();
    expect_refused("\xC3\xA4@y.io", "smtp_utf8", false, false);
    expect_delivered("ok@b\xC3\xBC"
                     "cher.example");
    cr_expect_not_null(strstr(server->commands, "RCPT TO:<ok@xn--bcher-kva.example>"));
}

Test(channel_smtp, international_addresses_are_taken)
{
    server->abilities = "250-here\r\n250 SMTPUTF8\r\n";
    open_channels();
    expect_delivered("\xC3\xA4@y.io");
    cr_expect_not_null(strstr(server->commands, "MAIL FROM:<shop@x.io> SMTPUTF8\r\nRCPT TO:<\xC3\xA4@y.io>"));
}

Test(channel_smtp, a_mail_that_cannot_be_written_is_refused_at_once)
{
    open_channels();
    cr_expect_eq(deliver(0, "nobody"), CHANNEL_REFUSED);
    cr_expect_str_eq(samples[0].base.code, "invalid_address");
    cr_expect_not(samples[0].base.retriable);
    cr_expect_eq(server->connections, 0);
}

Test(channel_smtp, deliveries_run_beside_each_other_up_to_the_bound)
{
    open_channels();
    for (int i = 0; i < DELIVERIES_MAX; i++)
        cr_assert_eq(deliver(i, "slow@y.io"), CHANNEL_PENDING);
    run_until(DELIVERIES_MAX);
    for (int i = 0; i < DELIVERIES_MAX; i++)
        cr_expect_eq(samples[i].result, CHANNEL_DELIVERED);
    cr_expect_eq(server->mails, DELIVERIES_MAX);
    cr_expect_eq(server->connections, 8);
    cr_expect_leq(server->running_most, 8);
    cr_expect_gt(server->running_most, 1);
}

Test(channel_smtp, closing_cuts_what_is_under_way)
{
    open_channels();
    cr_assert_eq(deliver(0, "hang@y.io"), CHANNEL_PENDING);
    cr_assert_eq(deliver(1, "ok@y.io"), CHANNEL_PENDING);
    run_until(1);
    channels_close(&under_test);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(samples[0].done_count, 0);
    cr_expect_eq(samples[1].done_count, 1);
}
