#include "worker/records/partition_keys.h"

#include <stdio.h>

#include "worker/records/records_state.h"
#include "worker/shard/keys.h"

enum { NUMBER_DIGITS = 19, SCRATCH_BYTES = 4 * KEY_BYTES_MAX };

/* A command about one of the partition's keys, with up to four more arguments. */
static redisReply *ask(records *r, const partition_name *p, const char *name, const char *suffix,
                       const redis_bytes *more, size_t more_count, error *e)
{
    arena memory;
    buffer key;
    redis_bytes arguments[6];
    arena_init(&memory, KEY_BYTES_MAX, SCRATCH_BYTES);
    buffer_init(&key, &memory, KEY_BYTES_MAX);
    key_write(&key, r->group, p->topic.text, p->number, suffix);
    redisReply *reply = NULL;
    if (key.failed) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a key");
    } else {
        arguments[0] = redis_text(name);
        arguments[1] = (redis_bytes){key.bytes, key.size};
        for (size_t i = 0; i < more_count; i++)
            arguments[i + 2] = more[i];
        reply = redis_session_call(r->session, arguments, more_count + 2, e);
    }
    arena_free(&memory);
    return reply;
}

/* False where it is no number. */
static bool read_number(const redisReply *text, uint64_t *number)
{
    *number = 0;
    if (text->type != REDIS_REPLY_STRING || text->len == 0 || text->len > NUMBER_DIGITS)
        return false;
    for (size_t i = 0; i < (size_t)text->len; i++) {
        if (text->str[i] < '0' || text->str[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text->str[i] - '0');
    }
    return true;
}

bool partition_keys_fence(records *r, const partition_name *p, bool *fenced, error *e)
{
    redisReply *reply = ask(r, p, "EXISTS", "fence", NULL, 0, e);
    *fenced = reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);
    return reply != NULL;
}

/* The fields of the outbox that are numbers: all but `last`. */
static bool take_numbers(const redisReply *reply, arena *a, uint64_t **numbers, size_t *count, error *e)
{
    *count = 0;
    *numbers = arena_calloc(a, reply->elements, sizeof **numbers);
    if (*numbers == NULL)
        return error_set(e, arena_failure(a), 0, "the outbox is larger than its bound");
    for (size_t i = 0; i < reply->elements; i++)
        *count += read_number(reply->element[i], &(*numbers)[*count]);
    return true;
}

bool partition_keys_outbox(records *r, const partition_name *p, arena *a, uint64_t *last, uint64_t **numbers,
                           size_t *count, error *e)
{
    const redis_bytes field = redis_text("last");
    redisReply *reply = ask(r, p, "HGET", "outbox", &field, 1, e);
    if (reply == NULL)
        return false;
    (void)read_number(reply, last);
    freeReplyObject(reply);
    reply = ask(r, p, "HKEYS", "outbox", NULL, 0, e);
    bool taken = reply != NULL && take_numbers(reply, a, numbers, count, e);
    freeReplyObject(reply);
    return taken;
}

bool partition_keys_entry(records *r, const partition_name *p, uint64_t number, arena *a, value *bytes,
                          error *e)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    const redis_bytes field = redis_text(text);
    redisReply *reply = ask(r, p, "HGET", "outbox", &field, 1, e);
    if (reply == NULL)
        return false;
    *bytes = value_null();
    bool taken = true;
    if (reply->type == REDIS_REPLY_STRING) {
        const char *copy = arena_copy(a, reply->str, (size_t)reply->len);
        taken = copy != NULL || error_set(e, arena_failure(a), 0, "an outbox entry is larger than its bound");
        if (taken)
            *bytes = value_string(copy, (size_t)reply->len);
    }
    freeReplyObject(reply);
    return taken;
}

/* ZSCAN's members: each is followed by its score. */
static bool take_members(const redisReply *members, pending_walk *w, pending_take *take, void *data, error *e)
{
    for (size_t i = 0; i + 1 < members->elements; i += 2) {
        const redisReply *member = members->element[i];
        timer_entry t;
        if (!timer_read_member(&t, member->str, (size_t)member->len))
            w->foreign++;
        else if (!take(data, &t))
            return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for so many waiting executions");
    }
    return true;
}

bool partition_keys_pending(records *r, const partition_name *p, pending_walk *w, pending_take *take,
                            void *data, error *e)
{
    char count[16];
    snprintf(count, sizeof count, "%d", PARTITION_PAGE);
    const redis_bytes more[] = {redis_text(w->cursor), redis_text("COUNT"), redis_text(count)};
    redisReply *reply = ask(r, p, "ZSCAN", "pending", more, 3, e);
    if (reply == NULL)
        return false;
    bool taken = redis_is_page(reply)
                     ? take_members(reply->element[1], w, take, data, e)
                     : error_set(e, ERROR_REDIS, 0, "Redis answers ZSCAN with something else");
    if (taken) {
        snprintf(w->cursor, sizeof w->cursor, "%s", reply->element[0]->str);
        w->ended = strcmp(w->cursor, "0") == 0;
    }
    freeReplyObject(reply);
    return taken;
}
