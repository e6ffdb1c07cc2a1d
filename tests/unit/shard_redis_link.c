#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/shard/redis_link.h"

/* A server on the same loop's thread: what the link has written is read, and answers are written, between its
 * turns. */
static uv_loop_t loop;
static int listener = -1;
static int server = -1;
static redis_url url;
static redis_link *under_test;

static int connected, broken, answers;
static char problem[128];
static redisReply last;    /* its own fields; what it points to is gone */
static char last_text[64]; /* of a text, or of the first element */
static char all[1024];     /* answers, a line each */
static bool closes_in_answer;

static void close_link(void)
{
    if (under_test != NULL)
        redis_link_close(under_test);
    under_test = NULL;
}

static void on_connected(void *data)
{
    (void)data;
    connected++;
}

static void note_text(const redisReply *r)
{
    if (r != NULL && r->str != NULL)
        snprintf(last_text, sizeof last_text, "%s", r->str);
}

static void add_line(char *to, size_t room, const redisReply *r)
{
    size_t used = strlen(to);
    snprintf(to + used, room - used, "%d %lld %zu %s\n", r->type, r->integer, r->elements,
             r->str == NULL ? "" : r->str);
    for (size_t i = 0; i < r->elements; i++)
        add_line(to, room, r->element[i]);
}

static void on_answered(void *data, const redisReply *reply)
{
    (void)data;
    answers++;
    add_line(all, sizeof all, reply);
    last = *reply;
    last_text[0] = '\0';
    note_text(reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0] : reply);
    if (closes_in_answer)
        close_link();
}

static void on_broken(void *data, const char *why)
{
    (void)data;
    broken++;
    snprintf(problem, sizeof problem, "%s", why);
    close_link();
}

static void turn(int times)
{
    for (int i = 0; i < times; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

static void listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    url = (redis_url){.host = "127.0.0.1", .port = ntohs(address.sin_port)};
}

static void open_link(void)
{
    const redis_link_listener l = {.connected = on_connected, .answered = on_answered, .broken = on_broken};
    error e;
    under_test = redis_link_open(&loop, &url, &l, &e);
    cr_assert_not_null(under_test, "%s", e.message);
}

static void begin(void)
{
    uv_loop_init(&loop);
    listen_somewhere();
}

static void connect_both(void)
{
    open_link();
    server = accept(listener, NULL, NULL);
    for (int i = 0; i < 1000 && connected == 0; i++)
        turn(1);
    cr_assert_eq(connected, 1);
}

static void end(void)
{
    close_link();
    turn(2);
    cr_expect_eq(uv_loop_close(&loop), 0);
    close(listener);
    if (server >= 0)
        close(server);
}

TestSuite(shard_redis_link, .init = begin, .fini = end);

static void answer(const char *bytes)
{
    int before = answers + broken;
    cr_assert_eq(write(server, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    for (int i = 0; i < 1000 && answers + broken == before; i++)
        turn(1);
}

Test(shard_redis_link, writes_pieces_in_their_order_from_where_they_lie)
{
    char got[64];
    connect_both();
    cr_assert(redis_link_add(under_test, "one ", 4));
    cr_assert(redis_link_add(under_test, "two ", 4));
    cr_expect_not(redis_link_is_drained(under_test));
    redis_link_flush(under_test);
    cr_assert(redis_link_add(under_test, "three", 5));
    redis_link_flush(under_test);
    cr_expect(redis_link_is_drained(under_test));
    size_t size = 0;
    while (size < 13)
        size += (size_t)read(server, got + size, sizeof got - size);
    cr_expect_arr_eq(got, "one two three", 13);
}

Test(shard_redis_link, what_the_socket_does_not_take_follows)
{
    enum { SIZE = 32 << 20 };
    char *bytes = malloc(SIZE), *got = malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 4);
    connect_both();
    cr_assert(redis_link_add(under_test, bytes, SIZE));
    redis_link_flush(under_test);
    cr_expect_not(redis_link_is_drained(under_test));
    size_t size = 0;
    while (size < SIZE) {
        ssize_t part = recv(server, got + size, SIZE - size, MSG_DONTWAIT);
        size += part > 0 ? (size_t)part : 0;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_expect_eq(memcmp(bytes, got, SIZE), 0);
    cr_expect(redis_link_is_drained(under_test));
    free(bytes);
    free(got);
}

Test(shard_redis_link, has_no_room_for_any_number_of_pieces)
{
    int count = 0;
    connect_both();
    while (count < 5000 && redis_link_add(under_test, "x", 1))
        count++;
    cr_expect_eq(count, 1024);
    redis_link_flush(under_test);
    cr_expect(redis_link_add(under_test, "x", 1));
}

Test(shard_redis_link, reads_replies_of_every_type)
{
    connect_both();
    answer("+OK\r\n");
    cr_expect(last.type == REDIS_REPLY_STATUS && strcmp(last_text, "OK") == 0);
    answer(":-7\r\n");
    cr_expect(last.type == REDIS_REPLY_INTEGER && last.integer == -7);
    answer("$-1\r\n");
    cr_expect_eq(last.type, REDIS_REPLY_NIL);
    answer("-ERR no\r\n");
    cr_expect(last.type == REDIS_REPLY_ERROR && strcmp(last_text, "ERR no") == 0);
    answer("*3\r\n$2\r\nab\r\n:1\r\n*1\r\n$-1\r\n");
    cr_expect(last.type == REDIS_REPLY_ARRAY && last.elements == 3 && strcmp(last_text, "ab") == 0);
    answer("*0\r\n");
    cr_expect(last.type == REDIS_REPLY_ARRAY && last.elements == 0);
    answer("*-1\r\n");
    cr_expect_eq(last.type, REDIS_REPLY_NIL);
    cr_expect_eq(answers, 7);
}

Test(shard_redis_link, a_reply_may_come_in_parts)
{
    connect_both();
    cr_assert_eq(write(server, "*2\r\n$3\r\nab", 10), 10);
    turn(5);
    cr_expect_eq(answers, 0);
    answer("c\r\n$1\r\nd\r\n+NEXT\r\n");
    cr_expect_eq(answers, 2);
    cr_expect_str_eq(last_text, "NEXT");
}

static void parse_alone(const char *bytes, char *lines, size_t room)
{
    redisReader *reader = redisReaderCreate();
    void *reply;
    redisReaderFeed(reader, bytes, strlen(bytes));
    lines[0] = '\0';
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
        add_line(lines, room, reply);
        freeReplyObject(reply);
    }
    redisReaderFree(reader);
}

/* Some go by the parser, some do not; each order and each cut gives the same. */
Test(shard_redis_link, answers_as_the_parser_alone_does_wherever_the_stream_is_cut)
{
    static const char stream[] = "+QUEUED\r\n$-1\r\n+QUEUED\r\n*2\r\n+OK\r\n$-1\r\n+OK\r\n$6\r\n+NO\r\nx\r\n"
                                 "+\r\n:12\r\n+a b\r\n-ERR no\r\n$0\r\n\r\n$-1\r\n+a\rb\r\n+END\r\n";
    char expected[sizeof all];
    parse_alone(stream, expected, sizeof expected);
    connect_both();
    for (size_t cut = 1; cut < sizeof stream - 1; cut++) {
        all[0] = '\0';
        cr_assert_eq(write(server, stream, cut), (ssize_t)cut);
        turn(2);
        cr_assert_eq(write(server, stream + cut, sizeof stream - 1 - cut),
                     (ssize_t)(sizeof stream - 1 - cut));
        for (int i = 0; i < 1000 && strcmp(all, expected) != 0; i++)
            turn(1);
        cr_expect_str_eq(all, expected, "cut behind %zu bytes", cut);
    }
}

static void write_answers(int count)
{
    for (int i = 0; i < count; i++)
        cr_assert_eq(write(server, "+QUEUED\r\n", 9), 9);
}

Test(shard_redis_link, is_not_woken_for_less_than_is_awaited)
{
    connect_both();
    redis_link_await(under_test, 900);
    write_answers(99);
    turn(20);
    cr_expect_eq(answers, 0);
    write_answers(1);
    for (int i = 0; i < 1000 && answers < 100; i++)
        turn(1);
    cr_expect_eq(answers, 100);
    write_answers(99);
    turn(20);
    cr_expect_eq(answers, 100);
    redis_link_await(under_test, 0);
    for (int i = 0; i < 1000 && answers < 199; i++)
        turn(1);
    cr_expect_eq(answers, 199, "what has come already");
}

Test(shard_redis_link, hears_of_the_end_whatever_is_awaited)
{
    connect_both();
    redis_link_await(under_test, 900);
    write_answers(1);
    close(server);
    server = -1;
    for (int i = 0; i < 1000 && broken == 0; i++)
        turn(1);
    cr_expect_eq(answers, 1);
    cr_expect_eq(broken, 1);
}

Test(shard_redis_link, may_be_closed_while_it_answers)
{
    closes_in_answer = true;
    connect_both();
    answer("+ONE\r\n+TWO\r\n");
    turn(3);
    cr_expect_eq(answers, 1);
    cr_expect_eq(broken, 0);
}

Test(shard_redis_link, breaks_once_where_the_server_ends_it)
{
    connect_both();
    close(server);
    server = -1;
    for (int i = 0; i < 1000 && broken == 0; i++)
        turn(1);
    cr_expect_eq(broken, 1);
    cr_expect_str_eq(problem, "Server closed the connection");
}

Test(shard_redis_link, breaks_where_no_redis_answers)
{
    connect_both();
    answer("HTTP/1.1 400 Bad Request\r\n\r\n");
    cr_expect_eq(broken, 1);
    cr_expect_eq(answers, 0);
}

Test(shard_redis_link, breaks_where_nobody_listens)
{
    close(listener);
    open_link();
    for (int i = 0; i < 1000 && broken == 0; i++)
        turn(1);
    cr_expect_eq(broken, 1);
    cr_expect_eq(connected, 0);
    cr_expect_str_eq(problem, "Connection refused");
}
