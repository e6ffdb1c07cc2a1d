/* The scripts of an inbox, and what people do to one, against a Redis. */
#include <inttypes.h>

#include "tests/unit/redis_server.h"
#include "worker/channel/inbox/inbox_script.h"
#include "worker/channel/inbox/inbox_session.h"

enum { NOW_MS = 1700000000, HOUR_MS = 3600000 };

static redis_server server;
static redisContext *redis;
static inbox_session inbox;
static arena memory;

static void set_up(void)
{
    redis_url url;
    error e = {0};
    const value recipient = value_cstring("user 1");
    redis_server_init(&server);
    redis_server_start(&server, NULL, NULL);
    redis = redis_server_connect(&server);
    arena_init(&memory, 4096, 16 << 20);
    cr_assert(redis_url_parse(&memory, server.url, &url, &e), "%s", e.message);
    inbox.redis = redis_session_open(&url, 5000, &e);
    cr_assert_not_null(inbox.redis, "%s", e.message);
    cr_assert(inbox_keys_init(&inbox.keys, &memory, "g", &recipient));
}

static void tear_down(void)
{
    redis_session_close(inbox.redis);
    redisFree(redis);
    redis_server_stop(&server);
    redis_server_free(&server);
    arena_free(&memory);
}

TestSuite(channel_inbox_script, .init = set_up, .fini = tear_down);

typedef struct bounds {
    int64_t items;
    int64_t age_ms;
    int64_t memory_ms;
} bounds;

static const bounds usual = {1000, HOUR_MS, HOUR_MS};

/* The answer of a command on our own connection, as a number. */
static int64_t ask(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(redis, format, arguments);
    va_end(arguments);
    cr_assert_not_null(reply);
    cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s", reply->str);
    int64_t n = reply->type == REDIS_REPLY_NIL ? -1 : reply->integer;
    freeReplyObject(reply);
    return n;
}

static int64_t append_within(const char *id, int64_t now_ms, bounds b)
{
    return ask("EVAL %s 4 %s %s %s %s %s {} %lld %lld %lld %lld %s", inbox_script_append,
               "g:inbox:{user 1}:items", "g:inbox:{user 1}:index", "g:inbox:{user 1}:unread",
               "g:inbox:{user 1}:gone", id, (long long)now_ms, (long long)b.items, (long long)b.age_ms,
               (long long)b.memory_ms, "g:inbox:{user 1}");
}

static int64_t append(const char *id, int64_t now_ms)
{
    return append_within(id, now_ms, usual);
}

static inbox_outcome settle(inbox_event event, const char *id)
{
    const value name = value_cstring(id);
    inbox_outcome outcome = INBOX_ABSENT;
    error e = {0};
    cr_assert(inbox_session_settle(&inbox, event, &name, 1, NOW_MS, HOUR_MS, &outcome, &e), "%s", e.message);
    return outcome;
}

static int64_t count(inbox_key key)
{
    int64_t n = -1;
    error e = {0};
    cr_assert(inbox_session_count(&inbox, key, &n, &e), "%s", e.message);
    return n;
}

/* The ids, latest first, without anything between. */
static const char *ids(inbox_key key, size_t limit)
{
    static char text[256];
    value *found;
    size_t found_count;
    error e = {0};
    text[0] = '\0';
    cr_assert(inbox_session_ids(&inbox, key, limit, &memory, &found, &found_count, &e), "%s", e.message);
    for (size_t i = 0; i < found_count; i++)
        strncat(text, found[i].text, found[i].count);
    return text;
}

Test(channel_inbox_script, its_digest_is_what_redis_knows_it_by)
{
    redisReply *reply = redisCommand(redis, "SCRIPT LOAD %s", inbox_script_append);
    cr_assert_eq(reply->type, REDIS_REPLY_STRING);
    cr_expect_str_eq(inbox_script_append_sha1, reply->str);
    freeReplyObject(reply);
}

Test(channel_inbox_script, keys_have_one_hash_tag)
{
    cr_expect(value_is_text(&inbox.keys.channel, "g:inbox:{user 1}"));
    cr_expect(value_is_text(&inbox.keys.names[INBOX_ITEMS], "g:inbox:{user 1}:items"));
    cr_expect(value_is_text(&inbox.keys.names[INBOX_INDEX], "g:inbox:{user 1}:index"));
    cr_expect(value_is_text(&inbox.keys.names[INBOX_UNREAD], "g:inbox:{user 1}:unread"));
    cr_expect(value_is_text(&inbox.keys.names[INBOX_GONE], "g:inbox:{user 1}:gone"));
}

Test(channel_inbox_script, appends_once)
{
    cr_expect_eq(append("a", NOW_MS), 1);
    cr_expect_eq(append("b", NOW_MS + 1), 1);
    cr_expect_eq(append("a", NOW_MS + 2), 0);
    cr_expect_str_eq(ids(INBOX_INDEX, 10), "ba", "the repetition has not moved it");
    cr_expect_eq(ask("HLEN g:inbox:{user%b1}:items", " ", (size_t)1), 2);
    cr_expect_eq(count(INBOX_UNREAD), 2);
}

Test(channel_inbox_script, what_was_archived_does_not_come_back)
{
    append("a", NOW_MS);
    cr_expect_eq(settle(INBOX_ARCHIVED, "a"), INBOX_CHANGED);
    cr_expect_eq(count(INBOX_INDEX) + count(INBOX_UNREAD), 0);
    cr_expect_eq(append("a", NOW_MS + 1), 0);
    cr_expect_eq(count(INBOX_INDEX), 0);
    cr_expect_eq(settle(INBOX_ARCHIVED, "a"), INBOX_ABSENT);
}

Test(channel_inbox_script, what_was_read_stays_read)
{
    append("a", NOW_MS);
    append("b", NOW_MS);
    cr_expect_eq(settle(INBOX_READ, "a"), INBOX_CHANGED);
    cr_expect_eq(settle(INBOX_READ, "a"), INBOX_UNCHANGED);
    cr_expect_eq(settle(INBOX_READ, "c"), INBOX_ABSENT);
    cr_expect_eq(append("a", NOW_MS + 1), 0);
    cr_expect_str_eq(ids(INBOX_UNREAD, 10), "b");
    cr_expect_str_eq(ids(INBOX_INDEX, 1), "b", "a limit is a limit");
}

Test(channel_inbox_script, the_oldest_make_room_and_do_not_come_back)
{
    const bounds three = {3, HOUR_MS, HOUR_MS};
    const char *all[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++)
        cr_expect_eq(append_within(all[i], NOW_MS + i, three), 1);
    cr_expect_str_eq(ids(INBOX_INDEX, 10), "edc");
    cr_expect_str_eq(ids(INBOX_UNREAD, 10), "edc");
    cr_expect_eq(append_within("a", NOW_MS + 9, three), 0);
    cr_expect_str_eq(ids(INBOX_INDEX, 10), "edc");
}

Test(channel_inbox_script, a_lowered_bound_is_reached_step_by_step)
{
    char id[16];
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "old-%03d", i);
        append(id, NOW_MS + i);
    }
    const bounds few = {10, HOUR_MS, HOUR_MS};
    const int64_t left[] = {201, 102, 10, 10};
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "new-%d", i);
        append_within(id, NOW_MS + 1000 + i, few);
        cr_expect_eq(count(INBOX_INDEX), left[i], "%d: %" PRId64, i, count(INBOX_INDEX));
    }
}

/* An age is looked at when the keys' time is renewed, which is at the first append after a 64th of it. */
Test(channel_inbox_script, what_is_too_old_leaves)
{
    append("a", NOW_MS - HOUR_MS - 1);
    append("b", NOW_MS - HOUR_MS + 1000);
    ask("PEXPIRE g:inbox:{user%b1}:index %d", " ", (size_t)1, HOUR_MS - 1);
    append("c", NOW_MS);
    cr_expect_str_eq(ids(INBOX_INDEX, 10), "cb");
    cr_expect_eq(append("a", NOW_MS), 0);
}

static int64_t life(const char *ending)
{
    char key[64];
    snprintf(key, sizeof key, "g:inbox:{user 1}:%s", ending);
    return ask("PTTL %s", key);
}

Test(channel_inbox_script, its_keys_expire_once_nothing_in_them_matters)
{
    const char *endings[] = {"items", "index", "unread"};
    append_within("a", NOW_MS, (bounds){1, HOUR_MS, 2 * HOUR_MS});
    append_within("b", NOW_MS, (bounds){1, HOUR_MS, 2 * HOUR_MS});
    for (int i = 0; i < 3; i++)
        cr_expect(life(endings[i]) >= 2 * HOUR_MS - 10000 && life(endings[i]) <= 2 * HOUR_MS + HOUR_MS / 32,
                  "%s: %" PRId64, endings[i], life(endings[i]));
    cr_expect(life("gone") > 2 * HOUR_MS - 10000 && life("gone") <= 2 * HOUR_MS);
    settle(INBOX_ARCHIVED, "b");
    cr_expect(life("gone") > 2 * HOUR_MS - 10000, "nobody forgets what another remembers longer");
}

Test(channel_inbox_script, what_left_long_ago_is_forgotten)
{
    const bounds one = {1, HOUR_MS, HOUR_MS};
    append_within("a", NOW_MS, one);
    append_within("b", NOW_MS + 1, one);
    cr_expect_eq(ask("ZCARD g:inbox:{user%b1}:gone", " ", (size_t)1), 1);
    append_within("c", NOW_MS + HOUR_MS + 2, one);
    cr_expect_eq(ask("ZCARD g:inbox:{user%b1}:gone", " ", (size_t)1), 1, "b alone");
    cr_expect_eq(append_within("b", NOW_MS + HOUR_MS + 3, one), 0);
}

static void expect_message(redisContext *subscriber, const char *event, const char *id, const char *unread)
{
    redisReply *reply = NULL;
    cr_assert_eq(redisGetReply(subscriber, (void **)&reply), REDIS_OK);
    cr_assert_eq(reply->elements, 3);
    const char *text = reply->element[2]->str;
    cr_expect_str_eq(reply->element[1]->str, "g:inbox:{user 1}");
    cr_expect(strstr(text, event) && strstr(text, id) && strstr(text, unread), "%s", text);
    freeReplyObject(reply);
}

Test(channel_inbox_script, live_clients_are_told_of_each_change_once)
{
    redisContext *subscriber = redis_server_connect(&server);
    const struct timeval patience = {.tv_sec = 5};
    redisSetTimeout(subscriber, patience);
    freeReplyObject(redisCommand(subscriber, "SUBSCRIBE %s", "g:inbox:{user 1}"));
    append("a", NOW_MS);
    append("a", NOW_MS);
    append("b", NOW_MS);
    settle(INBOX_READ, "a");
    settle(INBOX_READ, "a");
    settle(INBOX_ARCHIVED, "a");
    settle(INBOX_ARCHIVED, "b");
    expect_message(subscriber, "\"event\":\"appended\"", "\"id\":\"a\"", "\"unread\":1}");
    expect_message(subscriber, "\"event\":\"appended\"", "\"id\":\"b\"", "\"unread\":2}");
    expect_message(subscriber, "\"event\":\"read\"", "\"id\":\"a\"", "\"unread\":1");
    expect_message(subscriber, "\"event\":\"archived\"", "\"id\":\"a\"", "\"unread\":1");
    expect_message(subscriber, "\"event\":\"archived\"", "\"id\":\"b\"", "\"unread\":0");
    redisFree(subscriber);
}

Test(channel_inbox_script, items_are_read_with_what_nobody_has_read)
{
    inbox_item items[3];
    const value names[] = {value_cstring("a"), value_cstring("b"), value_cstring("left")};
    error e = {0};
    append("a", NOW_MS);
    append("b", NOW_MS);
    settle(INBOX_READ, "b");
    cr_assert(inbox_session_items(&inbox, names, 3, &memory, items, &e), "%s", e.message);
    cr_expect(value_is_text(&items[0].text, "{}") && items[0].unread);
    cr_expect(value_is_text(&items[1].text, "{}") && !items[1].unread);
    cr_expect_eq(items[2].text.kind, VALUE_NULL);
}

Test(channel_inbox_script, a_key_that_holds_something_else_is_an_error)
{
    value *found;
    size_t found_count;
    error e = {0};
    ask("SADD g:inbox:{user%b1}:index x", " ", (size_t)1);
    cr_expect_not(inbox_session_ids(&inbox, INBOX_INDEX, 10, &memory, &found, &found_count, &e));
    cr_expect_eq(e.code, ERROR_REDIS);
    cr_expect_not_null(strstr(e.message, "WRONGTYPE"));
}
