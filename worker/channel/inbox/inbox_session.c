#include "worker/channel/inbox/inbox_session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "worker/channel/inbox/inbox_script.h"

typedef struct number_text {
    char text[24];
} number_text;

static redis_bytes bytes_of(const value *text)
{
    return (redis_bytes){text->text, text->count};
}

static redis_bytes number(number_text *out, int64_t n)
{
    snprintf(out->text, sizeof out->text, "%" PRId64, n);
    return redis_text(out->text);
}

static bool refuse_key(error *e)
{
    return error_set(e, ERROR_RECORD, 0, "a key of the inbox holds something else");
}

static bool refuse_size(error *e)
{
    return error_set(e, ERROR_LIMIT, 0, "the inbox is larger than its bound");
}

bool inbox_session_count(inbox_session *s, inbox_key key, int64_t *count, error *e)
{
    redisReply *reply = REDIS_CALL(s->redis, e, redis_text("ZCARD"), bytes_of(&s->keys.names[key]));
    if (reply == NULL)
        return false;
    bool is_number = reply->type == REDIS_REPLY_INTEGER;
    *count = is_number ? reply->integer : 0;
    freeReplyObject(reply);
    return is_number || refuse_key(e);
}

static bool copy_text(arena *a, const redisReply *reply, value *out, error *e)
{
    if (reply->type == REDIS_REPLY_NIL) {
        *out = value_null();
        return true;
    }
    if (reply->type != REDIS_REPLY_STRING)
        return refuse_key(e);
    const char *copy = arena_copy(a, reply->str, (size_t)reply->len);
    if (copy == NULL)
        return refuse_size(e);
    *out = value_string(copy, (size_t)reply->len);
    return true;
}

static bool copy_ids(arena *a, const redisReply *reply, value **ids, error *e)
{
    if (reply->type != REDIS_REPLY_ARRAY)
        return refuse_key(e);
    value *out = arena_calloc(a, reply->elements, sizeof *out);
    if (out == NULL && reply->elements > 0)
        return refuse_size(e);
    for (size_t i = 0; i < reply->elements; i++)
        if (!copy_text(a, reply->element[i], &out[i], e))
            return false;
    *ids = out;
    return true;
}

bool inbox_session_ids(inbox_session *s, inbox_key key, size_t limit, arena *a, value **ids, size_t *count,
                       error *e)
{
    number_text last;
    *count = 0;
    if (limit == 0)
        return true;
    redisReply *reply = REDIS_CALL(s->redis, e, redis_text("ZREVRANGE"), bytes_of(&s->keys.names[key]),
                                   redis_text("0"), number(&last, (int64_t)limit - 1));
    if (reply == NULL)
        return false;
    bool copied = copy_ids(a, reply, ids, e);
    *count = copied ? reply->elements : 0;
    freeReplyObject(reply);
    return copied;
}

static bool receive_item(inbox_session *s, arena *a, inbox_item *item, error *e)
{
    redisReply *text = redis_session_receive(s->redis, e);
    redisReply *score = text == NULL ? NULL : redis_session_receive(s->redis, e);
    bool taken = score != NULL && copy_text(a, text, &item->text, e);
    item->unread = taken && score->type == REDIS_REPLY_STRING;
    freeReplyObject(text);
    freeReplyObject(score);
    return taken;
}

bool inbox_session_items(inbox_session *s, const value *ids, size_t count, arena *a, inbox_item *items,
                         error *e)
{
    assert(count <= INBOX_PAGE);
    for (size_t i = 0; i < count; i++)
        if (!REDIS_SEND(s->redis, e, redis_text("HGET"), bytes_of(&s->keys.names[INBOX_ITEMS]),
                        bytes_of(&ids[i])) ||
            !REDIS_SEND(s->redis, e, redis_text("ZSCORE"), bytes_of(&s->keys.names[INBOX_UNREAD]),
                        bytes_of(&ids[i])))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!receive_item(s, a, &items[i], e))
            return false;
    return true;
}

static bool receive_outcome(inbox_session *s, inbox_outcome *outcome, error *e)
{
    redisReply *reply = redis_session_receive(s->redis, e);
    if (reply == NULL)
        return false;
    *outcome = reply->integer < 0 ? INBOX_ABSENT : reply->integer == 0 ? INBOX_UNCHANGED : INBOX_CHANGED;
    freeReplyObject(reply);
    return true;
}

bool inbox_session_settle(inbox_session *s, inbox_event event, const value *ids, size_t count, int64_t now_ms,
                          int64_t retention_ms, inbox_outcome *outcomes, error *e)
{
    number_text now, retention;
    const value *names = s->keys.names;
    const redis_bytes now_bytes = number(&now, now_ms), retention_bytes = number(&retention, retention_ms);
    assert(count <= INBOX_PAGE);
    for (size_t i = 0; i < count; i++)
        if (!REDIS_SEND(s->redis, e, redis_text("EVAL"), redis_text(inbox_script_settle), redis_text("4"),
                        bytes_of(&names[INBOX_ITEMS]), bytes_of(&names[INBOX_INDEX]),
                        bytes_of(&names[INBOX_UNREAD]), bytes_of(&names[INBOX_GONE]),
                        redis_text(event == INBOX_READ ? "read" : "archived"), bytes_of(&ids[i]), now_bytes,
                        retention_bytes, bytes_of(&s->keys.channel)))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!receive_outcome(s, &outcomes[i], e))
            return false;
    return true;
}
