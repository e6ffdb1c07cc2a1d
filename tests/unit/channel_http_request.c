/* What a provider of kind http is sent, and what is made of its answers, against a server that answers by a
 * script. */
#include <jansson.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <signal.h>

#include "tests/unit/execution_run.h"
#include "tests/unit/http_server.h"
#include "tests/unit/loop_run.h"
#include "worker/channel/http/signer.h"
#include "worker/channel/provider.h"

enum { DELIVERIES = 8, SETS = 24, BUDGET_MS = 20000 };

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

typedef struct sample {
    delivery base;
    arena memory;
    bool ended;
    channel_result result;
} sample;

static uv_loop_t loop;
static config settings;
static logger quiet;
static FILE *log_file;
static provider_site site;
static void *own;
static execution x;
static sample samples[DELIVERIES];
static int ended;
static http_server *server;
static char sets[SETS][512];
static int set_count;

/* Stands before the C library's, for libcurl too: meta.name is at the metadata service of a cloud, all others
 * are here. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    struct block {
        struct addrinfo info;
        struct sockaddr_in address;
    } *b = calloc(1, sizeof *b);
    (void)hints;
    b->address.sin_family = AF_INET;
    b->address.sin_port = htons((uint16_t)(service == NULL ? 0 : atoi(service)));
    b->address.sin_addr.s_addr = htonl(strcmp(name, "meta.name") == 0 ? 0xA9FEA9FE : INADDR_LOOPBACK);
    b->info = (struct addrinfo){.ai_family = AF_INET,
                                .ai_socktype = SOCK_STREAM,
                                .ai_addrlen = sizeof b->address,
                                .ai_addr = (struct sockaddr *)&b->address};
    *found = &b->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    free(found);
}

static void open_bench(void)
{
    set_up();
    signal(SIGPIPE, SIG_IGN);
    setenv("no_proxy", "*", 1);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server = http_server_start();
    log_file = tmpfile();
    quiet = (logger){.fd = fileno(log_file)};
    uv_loop_init(&loop);
    begin(&x,
          "  - {step_id: s, step_type: PUSH, name: n, config: {provider: p, to: 'a/../b?c d', title: "
          "\"q\\\"\", "
          "body: \"line\\nbreak\", data: {n: '1', deep: {x: y}}}}\n",
          "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    x.steps[0].attempt = 2;
}

static void close_bench(void)
{
    if (own != NULL)
        provider_http.close(own);
    transfers_close(site.transfers);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    for (int i = 0; i < DELIVERIES; i++)
        arena_free(&samples[i].memory);
    config_free(&settings);
    fclose(log_file);
    tear_down();
}

TestSuite(http_request, .init = open_bench, .fini = close_bench);

/* provider.p.<key>, with the server's port for each @. */
static void set(const char *text)
{
    char *out = sets[set_count++];
    size_t at = (size_t)snprintf(out, sizeof sets[0], "provider.p.");
    for (; *text != '\0'; text++)
        at += (size_t)(*text == '@' ? snprintf(out + at, sizeof sets[0] - at, "%d", server->port)
                                    : snprintf(out + at, sizeof sets[0] - at, "%c", *text));
}

static bool open_provider(error *e)
{
    const char *pointers[SETS];
    set("kind=http");
    for (int i = 0; i < set_count; i++)
        pointers[i] = sets[i];
    cr_assert(config_load(&settings, &(config_source){.sets = pointers, .set_count = (size_t)set_count}, e),
              "%s", e->message);
    site = (provider_site){
        .config = &settings, .log = &quiet, .loop = &loop, .transfers = transfers_new(&loop, 16)};
    own = provider_http.open(&site, &settings.providers[CONFIG_NULL + 1], e);
    return own != NULL;
}

/* The provider at /script, with these keys more; NULL ends them. */
#define OPEN(...) open_at("url=http://127.0.0.1:@/script/", (const char *const[]){__VA_ARGS__, NULL})
static void open_at(const char *url, const char *const *more)
{
    error e = {0};
    set(url);
    for (; *more != NULL; more++)
        set(*more);
    cr_assert(open_provider(&e), "%s", e.message);
}

static void expect_not_opened(const char *url, const char *more, const char *sentence)
{
    error e = {0};
    set(url);
    set(more);
    cr_assert_not(open_provider(&e));
    cr_expect_not_null(strstr(e.message, sentence), "%s", e.message);
}

#define ANSWERS(...)                                              \
    do {                                                          \
        static const char *const answers[] = {__VA_ARGS__, NULL}; \
        server->script = answers;                                 \
    } while (0)

static void on_ended(delivery *d, channel_result result)
{
    sample *s = (sample *)d;
    cr_assert_not(s->ended);
    s->ended = true;
    s->result = result;
    ended++;
}

static channel_result begin_delivery(int i)
{
    sample *s = &samples[i];
    arena_free(&s->memory);
    arena_init(&s->memory, 4096, 16 << 20);
    s->ended = false;
    s->base = (delivery){.provider = &settings.providers[CONFIG_NULL + 1],
                         .execution = &x,
                         .step = execution_step(&x),
                         .message = execution_message(&x),
                         .now_ms = INT64_C(1700000000000),
                         .arena = &s->memory,
                         .done = on_ended};
    return provider_http.deliver(own, &s->base);
}

static void run_until_ended(int count)
{
    loop_run_until(&loop, &ended, count, BUDGET_MS);
}

static const delivery *deliver(void)
{
    channel_result result = begin_delivery(0);
    if (result == CHANNEL_PENDING)
        run_until_ended(ended + 1);
    else
        samples[0].result = result;
    return &samples[0].base;
}

static const delivery *expect_delivered(void)
{
    const delivery *d = deliver();
    cr_expect_eq(samples[0].result, CHANNEL_DELIVERED, "%s", d->code);
    return d;
}

static const delivery *expect_refused(const char *code, bool retriable)
{
    const delivery *d = deliver();
    cr_assert_eq(samples[0].result, CHANNEL_REFUSED);
    cr_expect_str_eq(d->code, code);
    cr_expect_eq(d->retriable, retriable);
    cr_expect_not(d->unknown);
    return d;
}

static void expect_line(const char *line)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s\r\n", line);
    cr_expect_not_null(strstr(server->last, wanted), "no %s in %s", line, server->last);
}

static void expect_body(const char *body)
{
    const char *start = strstr(server->last, "\r\n\r\n");
    cr_assert_not_null(start);
    cr_expect_str_eq(start + 4, body);
}

/* ---- requests ---- */

Test(http_request, a_url_keeps_what_a_value_holds_in_its_place)
{
    ANSWERS(OK);
    open_at("url=http://127.0.0.1:@/script/{{ message.to }}/x?a={{ message.title }}&t={{ now }}",
            (const char *const[]){NULL});
    expect_delivered();
    expect_line("POST /script/a%2F..%2Fb%3Fc%20d/x?a=q%22&t=1700000000 HTTP/1.1");
}

Test(http_request, names_of_the_delivery_are_seen)
{
    ANSWERS(OK);
    OPEN("body=[\"{{ step.id }}\", \"{{ step.type }}\", \"{{ step.name }}\", \"{{ recipient }}\", \"{{ "
         "execution.run }}\","
         "\"{{ workflow.id }} {{ workflow.version }}\", \"{{ attempt }}\", \"{{ metadata.source }}\", \"{{ "
         "now }}\"]");
    expect_delivered();
    expect_body("[\"s\",\"PUSH\",\"n\",\"user-1\",1,\"orders 1\",2,\"shop\",1700000000]");
}

Test(http_request, a_document_has_values_of_any_kind)
{
    char expected[256];
    ANSWERS(OK);
    OPEN("body={\"text\": \"<{{ message.body }}>\", \"data\": \"{{ message.data }}\", \"none\": \"{{ "
         "message.get('x') }}\","
         "\"key\": \"{{ idempotency_key }}\"}");
    expect_delivered();
    snprintf(expected, sizeof expected,
             "{\"text\":\"<line\\nbreak>\",\"data\":{\"n\":\"1\",\"deep\":{\"x\":\"y\"}},\"key\":\"%s\"}",
             delivery_key(&samples[0].base).text);
    expect_body(expected);
    expect_line("Content-Type: application/json");
}

Test(http_request, headers_of_the_configuration_replace_ours)
{
    ANSWERS(OK);
    OPEN("header.content-type=application/vnd.x+json", "header.X-To=to {{ recipient }}",
         "header.traceparent={{ None }}", "header.Idempotency-Key=", "header.X-Token=Bearer ${T}",
         "var.T=secret", "header.User-Agent=mine");
    expect_delivered();
    expect_line("content-type: application/vnd.x+json");
    expect_line("X-To: to user-1");
    expect_line("X-Token: Bearer secret");
    expect_line("User-Agent: mine");
    cr_expect_null(strstr(server->last, "traceparent"));
    cr_expect_null(strstr(server->last, "Idempotency-Key"));
    cr_expect_null(strstr(server->last, "carillon/"));
    cr_expect_null(strstr(server->last, "Content-Type: "));
}

Test(http_request, a_line_break_gets_into_no_header)
{
    ANSWERS(OK);
    OPEN("header.X-Body={{ message.body }}");
    const delivery *d = expect_refused("template_failed", false);
    cr_expect_str_eq(
        d->sentence,
        "header.X-Body: ValueError: byte 3: a line break or NUL in a text that must be one line");
    cr_expect_eq(atomic_load(&server->requests), 0);
}

Test(http_request, a_control_gets_into_no_header)
{
    ANSWERS(OK);
    OPEN("header.X-Body={{ 'a\\x1bb' }}");
    expect_refused("template_failed", false);
    cr_expect_eq(atomic_load(&server->requests), 0);
}

Test(http_request, a_form_is_urlencoded)
{
    ANSWERS(OK);
    OPEN("form.to={{ message.to }}", "form.left={{ None }}", "form.b c=1 {{ message.title }}", "form.e=");
    expect_delivered();
    expect_line("Content-Type: application/x-www-form-urlencoded");
    expect_body("to=a%2F..%2Fb%3Fc%20d&b%20c=1%20q%22&e=");
}

Test(http_request, a_text_is_any_body)
{
    ANSWERS(OK);
    OPEN("method=PUT", "body.text=<m>{{ message.title }}</m>", "content_type=application/xml");
    expect_delivered();
    expect_line("PUT /script/ HTTP/1.1");
    expect_line("Content-Type: application/xml");
    expect_body("<m>q\"</m>");
}

Test(http_request, a_get_has_no_body_and_a_connection_of_its_own)
{
    ANSWERS(OK);
    OPEN("method=GET");
    expect_delivered();
    expect_delivered();
    expect_line("GET /script/ HTTP/1.1");
    cr_expect_null(strstr(server->last, "Content-"));
    expect_body("");
    cr_expect_eq(atomic_load(&server->connections), 2);
}

Test(http_request, who_logs_in_is_told)
{
    ANSWERS(OK);
    OPEN("user=me", "password=a:b");
    expect_delivered();
    expect_line("Authorization: Basic bWU6YTpi");
}

Test(http_request, a_dot_segment_is_no_place_for_a_message)
{
    x.steps[0].message = json("{\"to\":\"..\"}");
    ANSWERS(OK);
    open_at("url=http://127.0.0.1:@/script/{{ message.to }}/x", (const char *const[]){NULL});
    expect_refused("template_failed", false);
    cr_expect_eq(atomic_load(&server->requests), 0);
}

Test(http_request, a_wrong_template_is_found_at_the_start)
{
    expect_not_opened("url=http://h/{{ message.to", "concurrency=1", "url: SyntaxError: byte ");
}

Test(http_request, a_wrong_document_is_found_at_the_start)
{
    expect_not_opened("url=http://h/", "body={\"a\": {\"b\": \"{{ nobody }}\"}}",
                      "body: /a/b: NameError: byte");
}

Test(http_request, a_host_does_not_depend_on_a_value)
{
    expect_not_opened("url=http://{{ message.to }}/", "concurrency=1", "its host must not depend on a value");
}

Test(http_request, a_constant_host_must_be_allowed_too)
{
    expect_not_opened("url=http://h.example/", "allowed.hosts=*.example.com", "none of allowed.hosts");
}

Test(http_request, a_host_of_the_list_may_depend_on_a_value)
{
    ANSWERS(OK);
    x.steps[0].message = json("{\"to\":\"in\"}");
    open_at("url=http://{{ message.to }}.example.com:@/script",
            (const char *const[]){"allowed.hosts=*.example.com", NULL});
    expect_delivered();
    x.steps[0].message = json("{\"to\":\"evil.example/\"}");
    expect_refused("template_failed", false);
    x.steps[0].message = json("{\"to\":\"u@evil.example:80\"}");
    expect_refused("template_failed", false);
    cr_expect_eq(atomic_load(&server->requests), 1);
}

/* ---- answers ---- */

static void expect_message_id(const char *expected)
{
    const delivery *d = expect_delivered();
    if (expected == NULL) {
        cr_expect_eq(d->message_id.kind, VALUE_NULL);
        return;
    }
    cr_assert_eq(d->message_id.kind, VALUE_STRING);
    cr_expect(value_is_text(&d->message_id, expected), "%.*s", (int)d->message_id.count, d->message_id.text);
}

#define JSON(length, text) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" text

Test(http_request, the_providers_id_is_read_from_the_answer)
{
    ANSWERS(JSON("26", "{\"a\":[{\"id\":\"SM\\u00e4\"}]} "), JSON("25", "{\"a\":[{\"id\":1234567890}]}"),
            JSON("20", "{\"a\":[{\"id\":[1,2]}]}"), "HTTP/1.1 204 OK\r\n\r\n",
            JSON("18", "{\"a\":[{\"id\":\"\xff\"}]}"));
    OPEN("message_id=/a/0/id");
    expect_message_id("SM\xC3\xA4");
    expect_message_id("1234567890");
    expect_message_id(NULL);
    expect_message_id(NULL);
    expect_message_id(NULL);
}

Test(http_request, the_providers_id_is_read_from_a_header)
{
    ANSWERS("HTTP/1.1 200 OK\r\nX-Id: abc-1\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Id: \xff\r\nContent-Length: 0\r\n\r\n", OK);
    OPEN("message_id=header:x-id");
    expect_message_id("abc-1");
    expect_message_id(NULL);
    expect_message_id(NULL);
}

Test(http_request, an_answer_as_deep_as_it_is_long_does_no_harm)
{
    static char answer[70000];
    static const char *const answers[] = {answer, NULL};
    size_t at = (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    memset(answer + at, '[', 60000);
    server->script = answers;
    OPEN("message_id=/0");
    expect_message_id(NULL);
}

Test(http_request, of_too_long_an_answer_the_status_counts)
{
    static char answer[70000];
    static const char *const answers[] = {answer, NULL};
    size_t at = (size_t)snprintf(answer, sizeof answer,
                                 "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n{\"id\":\"x\"}");
    memset(answer + at, ' ', 60000 - 10);
    server->script = answers;
    OPEN("message_id=/id", "max_answer_bytes=59999");
    expect_message_id(NULL);
}

Test(http_request, the_providers_word_becomes_part_of_the_code)
{
    ANSWERS("HTTP/1.1 400 No\r\nContent-Length: 14\r\n\r\n{\"code\":21211} ",
            "HTTP/1.1 404 No\r\nContent-Length: 23\r\n\r\n{\"code\":\"UNREGISTERED\"} ",
            "HTTP/1.1 400 No\r\nContent-Length: 24\r\n\r\n{\"code\":\"ada@x.example\"} ",
            "HTTP/1.1 503 No\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n[]");
    OPEN("error=/code");
    expect_refused("http_400_21211", false);
    expect_refused("http_404_UNREGISTERED", false);
    expect_refused("http_400", false);
    const delivery *d = expect_refused("http_503", true);
    cr_expect_eq(d->retry_after_ms, 3000);
}

Test(http_request, statuses_mean_what_the_configuration_says)
{
    ANSWERS("HTTP/1.1 409 It\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 It\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 501 It\r\nContent-Length: 0\r\n\r\n");
    OPEN("success=2xx, 409", "retriable=404", "permanent=501");
    expect_delivered();
    expect_refused("http_404", true);
    expect_refused("http_501", false);
}

/* ---- where it goes ---- */

#define MOVED(status, to) "HTTP/1.1 " status " It\r\nLocation: " to "\r\nContent-Length: 0\r\n\r\n"

Test(http_request, a_redirection_is_not_followed_unless_it_is_asked_for)
{
    ANSWERS(MOVED("307", "/script/2"), OK);
    OPEN("concurrency=1");
    expect_refused("http_307", false);
    cr_expect_eq(atomic_load(&server->requests), 1);
}

Test(http_request, a_redirection_is_followed_with_the_whole_request)
{
    ANSWERS(MOVED("307", "/script/2"), MOVED("308", "3"), OK);
    OPEN("redirects=2", "body={\"a\": 1}", "header.X-A=b");
    expect_delivered();
    expect_line("POST /script/3 HTTP/1.1");
    expect_line("X-A: b");
    expect_body("{\"a\":1}");
}

Test(http_request, redirections_end)
{
    ANSWERS(MOVED("307", "/script/again"));
    OPEN("redirects=3");
    expect_refused("http_307", false);
    cr_expect_eq(atomic_load(&server->requests), 4);
}

Test(http_request, a_post_does_not_become_a_get)
{
    ANSWERS(MOVED("302", "/script/2"), OK);
    OPEN("redirects=3");
    expect_refused("http_302", false);
    cr_expect_eq(atomic_load(&server->requests), 1);
}

Test(http_request, another_host_is_not_followed_to)
{
    ANSWERS(MOVED("307", "http://other.example/"), OK);
    OPEN("redirects=3");
    expect_refused("http_307", false);
}

Test(http_request, nor_a_file_nor_a_host_that_is_not_allowed)
{
    ANSWERS(MOVED("307", "file:///etc/passwd"), MOVED("307", "http://127.0.0.2/"), OK);
    OPEN("redirects=3", "allowed.hosts=127.0.0.1");
    expect_refused("http_307", false);
    expect_refused("http_307", false);
}

Test(http_request, an_address_of_the_link_is_refused)
{
    open_at("url=http://169.254.169.254/latest/meta-data", (const char *const[]){NULL});
    expect_refused("address_refused", false);
}

Test(http_request, a_name_that_leads_there_is_refused_as_well)
{
    open_at("url=http://meta.name/", (const char *const[]){NULL});
    expect_refused("address_refused", false);
}

Test(http_request, a_redirection_there_is_refused_as_well)
{
    ANSWERS(MOVED("307", "http://meta.name/"), OK);
    OPEN("redirects=1", "allowed.hosts=127.0.0.1, meta.name");
    expect_refused("address_refused", false);
}

/* ---- signatures and tokens ---- */

Test(http_request, a_signature_is_of_the_body_as_it_was_sent)
{
    char expected[SIGNATURE_TEXT_SIZE];
    ANSWERS(OK);
    OPEN("sign=hmac-sha256", "sign.secret=s3cret", "sign.header=X-Sign");
    expect_delivered();
    const char *header = strstr(server->last, "X-Sign: t=");
    cr_assert_not_null(header);
    const char *body = strstr(server->last, "\r\n\r\n") + 4;
    signer *s = signer_new("s3cret");
    cr_assert(signer_sign(s, strtoll(header + 10, NULL, 10), body, strlen(body), expected));
    cr_expect_eq(strncmp(header + 8, expected, strlen(expected)), 0, "%s in %s", expected, header);
    signer_free(s);
}

/* A key file of this sort, whose token is to be had at the server's /token. */
static const char *key_file(const char *path, EVP_PKEY *key, bool is_account)
{
    char *pem;
    FILE *f = fopen(path, "w");
    BIO *out = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    size_t size = (size_t)BIO_get_mem_data(out, &pem);
    if (is_account) {
        json_t *account =
            json_pack("{s:s, s:s, s:s#, s:o}", "client_email", "a@b", "private_key_id", "k1", "private_key",
                      pem, size, "token_uri", json_sprintf("http://127.0.0.1:%d/token", server->port));
        json_dumpf(account, f, 0);
        json_decref(account);
    } else {
        fwrite(pem, 1, size, f);
    }
    BIO_free(out);
    EVP_PKEY_free(key);
    fclose(f);
    return path;
}

static void open_with_key(const char *auth, EVP_PKEY *key, bool is_account)
{
    char path[] = "/tmp/carillon-key-XXXXXX", file[64];
    close(mkstemp(path));
    snprintf(file, sizeof file, "auth.key_file=%s", key_file(path, key, is_account));
    OPEN(auth, file, "auth.key_id=KEY1", "auth.team_id=TEAM1");
    unlink(path);
}

Test(http_request, one_token_serves_all_that_wait_for_it)
{
    ANSWERS(OK);
    atomic_store(&server->tokens_left, 9);
    open_with_key("auth=google_service_account", EVP_RSA_gen(2048), true);
    for (int i = 0; i < DELIVERIES; i++)
        cr_assert_eq(begin_delivery(i), CHANNEL_PENDING);
    run_until_ended(DELIVERIES);
    for (int i = 0; i < DELIVERIES; i++)
        cr_expect_eq(samples[i].result, CHANNEL_DELIVERED);
    expect_delivered();
    expect_line("Authorization: Bearer token-1");
    cr_expect_eq(atomic_load(&server->tokens), 1);
}

Test(http_request, a_token_that_is_refused_is_replaced_once)
{
    ANSWERS("HTTP/1.1 401 It\r\nContent-Length: 0\r\n\r\n", OK,
            "HTTP/1.1 401 It\r\nContent-Length: 0\r\n\r\n");
    atomic_store(&server->tokens_left, 9);
    open_with_key("auth=google_service_account", EVP_RSA_gen(2048), true);
    expect_delivered();
    expect_line("Authorization: Bearer token-2");
    expect_refused("http_401", false);
    expect_line("Authorization: Bearer token-3");
}

Test(http_request, without_a_token_nothing_is_sent)
{
    ANSWERS(OK);
    open_with_key("auth=google_service_account", EVP_RSA_gen(2048), true);
    expect_refused("auth_refused", true);
    cr_expect_eq(atomic_load(&server->script_at), 0);
    atomic_store(&server->tokens_left, 1);
    expect_delivered();
}

Test(http_request, those_that_wait_for_a_token_are_cut_without_an_end)
{
    ANSWERS(OK);
    open_with_key("auth=google_service_account", EVP_RSA_gen(2048), true);
    cr_assert_eq(begin_delivery(0), CHANNEL_PENDING);
    cr_assert_eq(begin_delivery(1), CHANNEL_PENDING);
    provider_http.close(own);
    own = NULL;
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_expect_eq(ended, 0);
}

Test(http_request, a_key_of_apple_makes_the_token)
{
    char first[1024], second[1024];
    ANSWERS(OK);
    open_with_key("auth=apns", EVP_EC_gen("P-256"), false);
    expect_delivered();
    cr_assert_eq(
        sscanf(strstr(server->last, "Authorization: Bearer "), "Authorization: Bearer %1000s", first), 1);
    expect_delivered();
    cr_assert_eq(
        sscanf(strstr(server->last, "Authorization: Bearer "), "Authorization: Bearer %1000s", second), 1);
    cr_expect_str_eq(first, second);
    /* {"alg":"ES256","kid":"KEY1"} and {"iss":"TEAM1","iat":1... */
    cr_expect_eq(strncmp(first, "eyJhbGciOiJFUzI1NiIsImtpZCI6IktFWTEifQ.eyJpc3MiOiJURUFNMSIsImlhdCI6M", 67),
                 0, "%s", first);
}

Test(http_request, a_key_of_another_sort_is_found_at_the_start)
{
    char path[] = "/tmp/carillon-key-XXXXXX", file[64];
    close(mkstemp(path));
    snprintf(file, sizeof file, "auth.key_file=%s", key_file(path, EVP_RSA_gen(2048), false));
    set("auth=apns");
    set("auth.key_id=a");
    set("auth.team_id=b");
    expect_not_opened("url=http://h/", file, "auth.key_file: ");
    unlink(path);
}
