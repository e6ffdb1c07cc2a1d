#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "tests/unit/redis_server.h"
#include "worker/shard/resp.h"
#include "worker/shard/store.h"

enum { REQUESTS_MAX = 2000, BUDGET_MS = 20000 };

typedef struct request {
    store_request base;
    int answer_count;
    bool failed;
    char text[64];  /* of the answer, or the error */
    size_t order;   /* of the answer among all */
    size_t noticed; /* how many answers there had been when it was upcoming */
} request;

/* One store on a loop of its own, and what became of its requests. */
typedef struct bench {
    uv_loop_t loop;
    arena memory;
    redis_url url;
    logger log;
    FILE *log_file;
    char log_text[64 * 1024];
    store *store;
    bool closed;
    int changes[3]; /* by store_state */
    request requests[REQUESTS_MAX];
} bench;

static bench b;
static redis_server server;
static size_t answer_count;
static bool sending; /* inside store_send */

static void on_changed(void *data, store_state state, const error *e)
{
    int *changes = data;
    cr_expect_eq(e == NULL, state == STORE_READY);
    cr_expect_eq(store_is_ready(b.store), state == STORE_READY);
    changes[state]++;
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void on_done(store_request *base, const redisReply *reply, const error *e)
{
    request *r = (request *)base;
    cr_expect_not(sending, "an answer inside store_send");
    cr_expect_neq(reply == NULL, e == NULL);
    r->answer_count++;
    r->order = answer_count++;
    r->failed = e != NULL;
    if (e != NULL)
        snprintf(r->text, sizeof r->text, "%.63s", e->message);
    else if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(r->text, sizeof r->text, "%lld", reply->integer);
    else
        snprintf(r->text, sizeof r->text, "%s", reply->str == NULL ? "nil" : reply->str);
}

static void on_upcoming(store_request *base)
{
    cr_expect_not(sending, "a notice inside store_send");
    ((request *)base)->noticed = answer_count;
}

static void open_store(const char *url, uint64_t timeout_ms)
{
    error e = {0};
    b.log_file = tmpfile();
    b.log = (logger){.fd = fileno(b.log_file), .level = LOG_LEVEL_DEBUG};
    arena_init(&b.memory, 4096, 64 << 20);
    cr_assert(redis_url_parse(&b.memory, url, &b.url, &e), "%s", e.message);
    uv_loop_init(&b.loop);
    b.store = store_new(&(store_options){.loop = &b.loop,
                                         .url = &b.url,
                                         .log = &b.log,
                                         .timeout_ms = timeout_ms,
                                         .changed = on_changed,
                                         .data = b.changes});
    cr_assert_not_null(b.store);
}

static void close_store(void)
{
    store_close(b.store, on_closed, &b.closed);
    cr_expect_eq(uv_run(&b.loop, UV_RUN_DEFAULT), 0);
    cr_expect(b.closed);
    cr_expect_eq(uv_loop_close(&b.loop), 0, "the store left a handle behind");
    arena_free(&b.memory);
    fclose(b.log_file);
}

static void send_command(size_t i, size_t argument_count, const resp_argument *arguments)
{
    buffer command;
    buffer_init(&command, &b.memory, 32 << 20);
    resp_command(&command, argument_count, arguments);
    cr_assert_not(command.failed);
    b.requests[i].base.command = command.bytes;
    b.requests[i].base.size = command.size;
    b.requests[i].base.done = on_done;
    sending = true;
    store_send(b.store, &b.requests[i].base);
    sending = false;
}

#define SEND(i, ...)                                                                      \
    send_command(i, sizeof((const resp_argument[]){__VA_ARGS__}) / sizeof(resp_argument), \
                 (const resp_argument[]){__VA_ARGS__})

static void send_set(size_t i)
{
    char key[32];
    snprintf(key, sizeof key, "key%zu", i);
    SEND(i, resp_text("SET"), resp_text(key), resp_int((int64_t)i));
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Turns the loop until the condition holds or the budget is over. */
#define RUN_UNTIL(condition)                                                   \
    do {                                                                       \
        uv_timer_t tick_;                                                      \
        uv_timer_init(&b.loop, &tick_);                                        \
        uv_timer_start(&tick_, on_tick, 5, 5);                                 \
        uint64_t end_ = uv_now(&b.loop) + BUDGET_MS;                           \
        while (!(condition) && uv_now(&b.loop) < end_)                         \
            uv_run(&b.loop, UV_RUN_ONCE);                                      \
        uv_close((uv_handle_t *)&tick_, NULL);                                 \
        uv_run(&b.loop, UV_RUN_NOWAIT);                                        \
        cr_assert(condition, "in vain: %s; log:\n%s", #condition, read_log()); \
    } while (0)

static const char *read_log(void)
{
    rewind(b.log_file);
    b.log_text[fread(b.log_text, 1, sizeof b.log_text - 1, b.log_file)] = '\0';
    fseek(b.log_file, 0, SEEK_END);
    return b.log_text;
}

static int count_in_log(const char *part)
{
    int count = 0;
    for (const char *at = read_log(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void expect_answered_once_in_order(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(b.requests[i].answer_count, 1, "request %zu", i);
        cr_assert_not(b.requests[i].failed, "request %zu: %s", i, b.requests[i].text);
        cr_assert_eq(b.requests[i].order, i, "request %zu", i);
    }
}

static void begin(void)
{
    signal(SIGPIPE, SIG_IGN); /* as the worker does */
    redis_server_init(&server);
}

static void end(void)
{
    if (server.pid > 0)
        redis_server_stop(&server);
    redis_server_free(&server);
}

TestSuite(worker_store, .init = begin, .fini = end, .timeout = 60);

Test(worker_store, answers_in_order_what_was_sent_before_it_was_ready)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    for (size_t i = 0; i < 100; i++) {
        b.requests[i].base.upcoming = i % 3 == 0 ? NULL : on_upcoming;
        send_set(i);
    }
    cr_expect_not(store_is_ready(b.store));
    cr_expect_eq(store_pending_count(b.store), 100u);
    RUN_UNTIL(answer_count == 100);
    SEND(100, resp_text("GET"), resp_text("key42"));
    RUN_UNTIL(answer_count == 101);
    expect_answered_once_in_order(101);
    cr_expect_str_eq(b.requests[100].text, "42");
    cr_expect_eq(store_pending_count(b.store), 0u);
    cr_expect_eq(b.changes[STORE_READY], 1);
    cr_expect_eq(count_in_log("event=store_ready"), 1);
    cr_expect_eq(count_in_log("store_evicts"), 0, "with a policy that is right");
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(b.requests[i].noticed, i % 3 == 0 ? 0 : i - 1, "before the answer in front: %zu", i);
    close_store();
}

Test(worker_store, waits_for_a_server_that_comes_late)
{
    open_store(server.url, 5000);
    send_set(0);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 3);
    cr_expect_eq(b.requests[0].answer_count, 0);
    cr_expect_eq(count_in_log("event=store_unreachable"), 1, "%s", read_log());
    cr_expect_eq(count_in_log("No such file or directory"), 1);
    redis_server_start(&server, NULL, NULL);
    RUN_UNTIL(answer_count == 1);
    expect_answered_once_in_order(1);
    cr_expect_eq(count_in_log("event=store_ready"), 1);
    close_store();
}

Test(worker_store, tries_less_and_less_often)
{
    open_store(server.url, 5000);
    uint64_t start_ms = uv_now(&b.loop);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 6);
    /* At least half of 50 + 100 + 200 + 400 + 800. */
    cr_expect_geq(uv_now(&b.loop) - start_ms, 775u);
    close_store();
}

Test(worker_store, hears_of_a_refused_tcp_connection_at_once)
{
    open_store("redis://127.0.0.1:1", 600000);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 2);
    cr_expect_eq(count_in_log("Connection refused"), 1, "%s", read_log());
    close_store();
}

Test(worker_store, says_that_a_host_is_unknown)
{
    open_store("redis://host.invalid", 600000);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 1);
    cr_expect_eq(count_in_log("event=store_unreachable server=redis://host.invalid"), 1, "%s", read_log());
    close_store();
}

Test(worker_store, requests_survive_a_server_that_is_killed)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    kill(server.pid, SIGSTOP);
    for (size_t i = 1; i < 500; i++)
        send_set(i);
    uv_run(&b.loop, UV_RUN_NOWAIT);
    uv_run(&b.loop, UV_RUN_NOWAIT);
    redis_server_stop(&server);
    RUN_UNTIL(b.changes[STORE_LOST] == 1);
    for (size_t i = 500; i < 1000; i++)
        send_set(i);
    redis_server_start(&server, NULL, NULL);
    RUN_UNTIL(answer_count == 1000);
    expect_answered_once_in_order(1000);
    cr_expect_eq(count_in_log("event=store_lost"), 1, "%s", read_log());
    cr_expect_eq(count_in_log("event=store_ready"), 2, "%s", read_log());
    SEND(1000, resp_text("DBSIZE"));
    RUN_UNTIL(answer_count == 1001);
    cr_expect_str_eq(b.requests[1000].text, "999");
    close_store();
}

Test(worker_store, a_silent_server_is_left_after_the_timeout)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 300);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    kill(server.pid, SIGSTOP);
    send_set(1);
    RUN_UNTIL(b.changes[STORE_LOST] == 1);
    cr_expect_eq(count_in_log("no answer in time"), 1, "%s", read_log());
    /* The stopped server's kernel still takes connections: the next one must time out as well. */
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 1);
    kill(server.pid, SIGCONT);
    RUN_UNTIL(answer_count == 2);
    expect_answered_once_in_order(2);
    close_store();
}

Test(worker_store, a_pipeline_that_takes_longer_than_the_timeout_gets_done)
{
    redis_server_start(&server, "--enable-debug-command", "yes");
    open_store(server.url, 400);
    for (size_t i = 0; i < 4; i++)
        SEND(i, resp_text("DEBUG"), resp_text("SLEEP"), resp_text("0.2"));
    RUN_UNTIL(answer_count == 4);
    expect_answered_once_in_order(4);
    cr_expect_geq(b.changes[STORE_LOST], 1);
    close_store();
}

Test(worker_store, an_idle_connection_has_no_deadline)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 50);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    uint64_t end_ms = uv_now(&b.loop) + 300;
    RUN_UNTIL(uv_now(&b.loop) > end_ms);
    cr_expect_eq(b.changes[STORE_LOST], 0);
    close_store();
}

Test(worker_store, logs_in_and_selects_its_database)
{
    char url[256];
    redis_server_start(&server, "--requirepass", "s3cret word");
    snprintf(url, sizeof url, "unix://:s3cret%%20word@%s?db=3", server.socket);
    open_store(url, 5000);
    SEND(0, resp_text("CLIENT"), resp_text("INFO"));
    RUN_UNTIL(answer_count == 1);
    cr_expect_not(b.requests[0].failed);
    cr_expect_null(strstr(read_log(), "s3cret"));
    redisContext *c = redis_server_connect(&server);
    redisReply *reply = redisCommand(c, "AUTH %s", "s3cret word");
    freeReplyObject(reply);
    reply = redisCommand(c, "CLIENT LIST");
    cr_expect_not_null(strstr(reply->str, " db=3 "), "%s", reply->str);
    freeReplyObject(reply);
    redisFree(c);
    close_store();
}

Test(worker_store, logs_in_as_a_user)
{
    char url[256];
    redis_server_start(&server, NULL, NULL);
    redisContext *c = redis_server_connect(&server);
    freeReplyObject(redisCommand(c, "ACL SETUSER alice on >wonder ~* +@all"));
    redisFree(c);
    snprintf(url, sizeof url, "unix://alice:wonder@%s", server.socket);
    open_store(url, 5000);
    SEND(0, resp_text("ACL"), resp_text("WHOAMI"));
    RUN_UNTIL(answer_count == 1);
    cr_expect_str_eq(b.requests[0].text, "alice");
    close_store();
}

Test(worker_store, waits_until_its_password_is_right)
{
    char url[256];
    redis_server_start(&server, "--requirepass", "right");
    snprintf(url, sizeof url, "unix://:wrong@%s", server.socket);
    open_store(url, 5000);
    send_set(0);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 2);
    cr_expect_eq(count_in_log("error=\"AUTH is answered with WRONGPASS\" advice=\"user or password"), 1, "%s",
                 read_log());
    redisContext *c = redis_server_connect(&server);
    freeReplyObject(redisCommand(c, "AUTH right"));
    freeReplyObject(redisCommand(c, "CONFIG SET requirepass wrong"));
    redisFree(c);
    RUN_UNTIL(answer_count == 1);
    expect_answered_once_in_order(1);
    close_store();
}

Test(worker_store, says_that_a_password_is_wanted)
{
    redis_server_start(&server, "--requirepass", "right");
    open_store(server.url, 5000);
    RUN_UNTIL(b.changes[STORE_UNREACHABLE] >= 1);
    cr_expect_eq(count_in_log("error=\"PING is answered with NOAUTH\" advice=\"Redis wants a password"), 1,
                 "%s", read_log());
    close_store();
}

Test(worker_store, gives_an_error_of_its_own_to_the_request)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    send_set(0);
    SEND(1, resp_text("LPUSH"), resp_text("key0"), resp_text("private"));
    SEND(2, resp_text("NOSUCH"), resp_text("private"));
    send_set(3);
    RUN_UNTIL(answer_count == 4);
    cr_expect(b.requests[1].failed);
    cr_expect_str_eq(b.requests[1].text, "Redis answers LPUSH with WRONGTYPE");
    cr_expect_str_eq(b.requests[2].text, "Redis answers NOSUCH with ERR");
    cr_expect_not(b.requests[3].failed);
    cr_expect_eq(b.changes[STORE_LOST], 0);
    close_store();
}

Test(worker_store, holds_requests_back_while_redis_is_out_of_memory)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    redisContext *c = redis_server_connect(&server);
    freeReplyObject(redisCommand(c, "CONFIG SET maxmemory 1"));
    for (size_t i = 1; i < 100; i++)
        send_set(i);
    RUN_UNTIL(b.changes[STORE_LOST] >= 3);
    cr_expect_eq(answer_count, 1u);
    cr_expect_eq(count_in_log("error=\"SET is answered with OOM\" advice=\"Redis is out of memory"), 1, "%s",
                 read_log());
    freeReplyObject(redisCommand(c, "CONFIG SET maxmemory 0"));
    redisFree(c);
    RUN_UNTIL(answer_count == 100);
    expect_answered_once_in_order(100);
    close_store();
}

Test(worker_store, warns_of_a_server_that_evicts)
{
    redis_server_start(&server, "--maxmemory-policy", "allkeys-lru");
    open_store(server.url, 5000);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    cr_expect_eq(count_in_log("level=warn event=store_evicts"), 1, "%s", read_log());
    close_store();
}

Test(worker_store, closing_answers_what_is_pending)
{
    open_store(server.url, 5000);
    send_set(0);
    send_set(1);
    uv_run(&b.loop, UV_RUN_NOWAIT);
    close_store();
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(b.requests[i].answer_count, 1);
        cr_expect_str_eq(b.requests[i].text, "the store is closed");
    }
}

static void close_when_done(store_request *base, const redisReply *reply, const error *e)
{
    on_done(base, reply, e);
    if (!b.closed && e == NULL)
        store_close(b.store, on_closed, &b.closed);
}

Test(worker_store, may_be_closed_by_a_callback)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    for (size_t i = 0; i < 10; i++)
        send_set(i);
    b.requests[4].base.done = close_when_done;
    cr_expect_eq(uv_run(&b.loop, UV_RUN_DEFAULT), 0);
    cr_expect(b.closed);
    for (size_t i = 0; i < 10; i++) {
        cr_expect_eq(b.requests[i].answer_count, 1);
        cr_expect_eq(b.requests[i].failed, i > 4);
    }
    cr_expect_eq(uv_loop_close(&b.loop), 0);
    arena_free(&b.memory);
    fclose(b.log_file);
}

Test(worker_store, sends_on_as_soon_as_the_socket_has_room)
{
    enum { VALUE_SIZE = 8 << 20 };
    char *large = calloc(1, VALUE_SIZE);
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 2000);
    SEND(0, resp_text("SET"), resp_text("large"), resp_bytes(large, VALUE_SIZE));
    b.requests[0].base.done = close_when_done;
    cr_expect_eq(uv_run(&b.loop, UV_RUN_DEFAULT), 0); /* nothing but the socket wakes it */
    cr_expect_not(b.requests[0].failed);
    cr_expect_eq(b.changes[STORE_LOST], 0, "%s", read_log());
    cr_expect_eq(uv_loop_close(&b.loop), 0);
    arena_free(&b.memory);
    fclose(b.log_file);
    free(large);
}

static void send_again(store_request *base, const redisReply *reply, const error *e)
{
    on_done(base, reply, e);
    if (answer_count < 1000)
        store_send(b.store, base);
}

Test(worker_store, a_request_may_be_sent_again_by_its_callback)
{
    redis_server_start(&server, NULL, NULL);
    open_store(server.url, 5000);
    send_set(0);
    b.requests[0].base.done = send_again;
    RUN_UNTIL(answer_count == 1000);
    cr_expect_eq(b.requests[0].answer_count, 1000);
    close_store();
}

/* ---- a server that says what the test wants ---- */

typedef struct fake {
    int listener;
    int port;
    const char *const *scripts; /* one a connection; the connection ends after it */
    int command_counts[16];     /* that arrived, by connection */
    pthread_t thread;
} fake;

/* Answers each "*" that arrives with the script's next line; `~` in front of it is a pause. */
static void *serve(void *argument)
{
    fake *f = argument;
    int *command_count = f->command_counts;
    for (const char *const *script = f->scripts; *script != NULL; script++, command_count++) {
        int fd = accept(f->listener, NULL, NULL);
        const char *next = *script;
        char bytes[4096];
        ssize_t size;
        while (*next != '\0' && (size = read(fd, bytes, sizeof bytes)) > 0) {
            for (ssize_t i = 0; i < size; i++) {
                const char *end = strchr(next, '\n');
                if (bytes[i] != '*')
                    continue;
                (*command_count)++;
                if (end == NULL)
                    continue;
                if (*next == '~') {
                    usleep(150000);
                    next++;
                }
                dprintf(fd, "%.*s\r\n", (int)(end - next), next);
                next = end + 1;
            }
        }
        close(fd);
    }
    return NULL;
}

static void fake_start(fake *f, const char *const *scripts)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    f->scripts = scripts;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(f->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(f->listener, 8), 0);
    cr_assert_eq(getsockname(f->listener, (struct sockaddr *)&address, &size), 0);
    f->port = ntohs(address.sin_port);
    cr_assert_eq(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void fake_stop(fake *f)
{
    pthread_join(f->thread, NULL);
    close(f->listener);
}

static void open_fake(fake *f, const char *const *scripts, uint64_t timeout_ms)
{
    char url[64];
    fake_start(f, scripts);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", f->port);
    open_store(url, timeout_ms);
}

#define GREETING "+PONG\n-ERR no CONFIG here\n"

Test(worker_store, tries_again_when_redis_cannot_serve_for_now)
{
    static const char *const scripts[] = {"-LOADING Redis is loading\n",
                                          GREETING "-READONLY You can't write\n",
                                          GREETING "-BUSY Redis is busy\n",
                                          GREETING "-MISCONF Redis is configured\n",
                                          GREETING "-NOREPLICAS Not enough good replicas\n",
                                          GREETING "-NOPERM this user has no permissions\n",
                                          GREETING "-MOVED 3999 127.0.0.1:6381\n",
                                          GREETING "+first\n+second\n",
                                          NULL};
    fake f = {0};
    open_fake(&f, scripts, 5000);
    send_set(0);
    send_set(1);
    RUN_UNTIL(answer_count == 2);
    expect_answered_once_in_order(2);
    cr_expect_str_eq(b.requests[0].text, "first");
    cr_expect_str_eq(b.requests[1].text, "second");
    cr_expect_eq(count_in_log("PING is answered with LOADING"), 1);
    cr_expect_eq(count_in_log("SET is answered with READONLY"), 1);
    cr_expect_eq(count_in_log("3999"), 0);
    cr_expect_eq(count_in_log("CONFIG"), 0);
    close_store();
    fake_stop(&f);
}

Test(worker_store, a_code_that_only_begins_alike_is_the_requests_own)
{
    static const char *const scripts[] = {GREETING "-BUSYGROUP Consumer Group name already exists\n+OK\n",
                                          NULL};
    fake f = {0};
    open_fake(&f, scripts, 5000);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    cr_expect_str_eq(b.requests[0].text, "Redis answers SET with BUSYGROUP");
    close_store();
    fake_stop(&f);
}

Test(worker_store, after_a_refusal_only_the_refused_is_tried)
{
    static const char *const scripts[] = {GREETING "-OOM command not allowed\n+overtakes\n+overtakes\n",
                                          GREETING "-OOM command not allowed\n",
                                          GREETING "+one\n+two\n+three\n", NULL};
    fake f = {0};
    open_fake(&f, scripts, 5000);
    for (size_t i = 0; i < 3; i++)
        send_set(i);
    RUN_UNTIL(answer_count == 3);
    expect_answered_once_in_order(3);
    cr_expect_str_eq(b.requests[0].text, "one");
    cr_expect_str_eq(b.requests[2].text, "three");
    close_store();
    fake_stop(&f);
    cr_expect_eq(f.command_counts[0], 2 + 3);
    cr_expect_eq(f.command_counts[1], 2 + 1);
    cr_expect_eq(f.command_counts[2], 2 + 3);
}

Test(worker_store, a_long_pipeline_that_is_being_answered_is_left_alone)
{
    static const char *const scripts[] = {GREETING "~+1\n~+2\n~+3\n~+4\n", NULL};
    fake f = {0};
    open_fake(&f, scripts, 300);
    for (size_t i = 0; i < 4; i++)
        send_set(i);
    RUN_UNTIL(answer_count == 4);
    expect_answered_once_in_order(4);
    cr_expect_eq(b.changes[STORE_UNREACHABLE], 0);
    cr_expect_str_eq(b.requests[3].text, "4");
    close_store();
    fake_stop(&f);
}

/* In one request, whose answers are said to have more bytes than they will have. */
static void send_two(fake *f, const char *const *scripts, uint64_t timeout_ms)
{
    static const char commands[] = "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n";
    open_fake(f, scripts, timeout_ms);
    RUN_UNTIL(b.changes[STORE_READY] == 1);
    b.requests[0].base =
        (store_request){commands, sizeof commands - 1, .expected = 2, .answer_bytes = 500, .done = on_done};
    store_send(b.store, &b.requests[0].base);
}

Test(worker_store, is_woken_by_what_is_awaited_and_looks_at_less_before_it_gives_up)
{
    static const char *const scripts[] = {GREETING "+1\n+2\n+unasked\n", NULL};
    fake f = {0};
    send_two(&f, scripts, 300);
    uint64_t sent_ms = uv_now(&b.loop);
    RUN_UNTIL(answer_count == 2);
    cr_expect_geq(uv_now(&b.loop) - sent_ms, 300u);
    cr_expect_eq(b.changes[STORE_LOST], 0);
    close_store();
    fake_stop(&f);
}

Test(worker_store, gives_up_where_nothing_has_come_of_what_is_awaited)
{
    static const char *const scripts[] = {GREETING "~+1\n+2\n", NULL};
    fake f = {0};
    send_two(&f, scripts, 100);
    RUN_UNTIL(b.changes[STORE_LOST] == 1);
    close_store();
    fake_stop(&f);
}

Test(worker_store, a_server_that_talks_nonsense_is_left)
{
    static const char *const scripts[] = {"HTTP/1.1 400 Bad Request\n", GREETING "?\n", GREETING "+OK\n",
                                          NULL};
    fake f = {0};
    open_fake(&f, scripts, 5000);
    send_set(0);
    RUN_UNTIL(answer_count == 1);
    expect_answered_once_in_order(1);
    cr_expect_geq(count_in_log("Protocol error"), 1, "%s", read_log());
    close_store();
    fake_stop(&f);
}
