#include "worker/records/record_command.h"

#include <stdio.h>
#include <uuid/uuid.h>

#include "worker/records/records_state.h"
#include "worker/shard/keys.h"

enum { WAITING_MAX = 10000 }; /* a person notices before */

void record_command_make(record_command *c, record_verb verb, const identity *id,
                         const partition_name *partition)
{
    uuid_t random;
    char nonce[UUID_STR_LEN];
    uuid_generate(random);
    uuid_unparse_lower(random, nonce);
    c->partition = *partition;
    snprintf(c->text, sizeof c->text, "%s %s %s", verb == RECORD_CANCEL ? "cancel" : "retry", id->text,
             nonce);
}

/* The partition's list. */
static redis_bytes key_of(const records *r, const record_command *c, arena *a)
{
    buffer key;
    buffer_init(&key, a, KEY_BYTES_MAX);
    key_write(&key, r->group, c->partition.topic.text, c->partition.number, "commands");
    return key.failed ? (redis_bytes){NULL, 0} : (redis_bytes){key.bytes, key.size};
}

static bool no_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a command");
}

static bool push(records *r, const record_command *c, redis_bytes key, error *e)
{
    redisReply *reply = REDIS_CALL(r->session, e, redis_text("LLEN"), key);
    if (reply == NULL)
        return false;
    bool is_full = reply->type == REDIS_REPLY_INTEGER && reply->integer >= WAITING_MAX;
    freeReplyObject(reply);
    if (is_full)
        return error_set(e, ERROR_LIMIT, 0, "%d commands wait for the owner of %s/%d already", WAITING_MAX,
                         c->partition.topic.text, c->partition.number);
    reply = REDIS_CALL(r->session, e, redis_text("RPUSH"), key, redis_text(c->text));
    freeReplyObject(reply);
    return reply != NULL;
}

bool record_command_push(records *r, const record_command *c, error *e)
{
    arena memory;
    arena_init(&memory, KEY_BYTES_MAX, 4 * KEY_BYTES_MAX);
    redis_bytes key = key_of(r, c, &memory);
    bool pushed = key.bytes != NULL ? push(r, c, key, e) : no_memory(e);
    arena_free(&memory);
    return pushed;
}

bool record_command_waits(records *r, const record_command *c, bool *waits, error *e)
{
    arena memory;
    arena_init(&memory, KEY_BYTES_MAX, 4 * KEY_BYTES_MAX);
    redis_bytes key = key_of(r, c, &memory);
    redisReply *reply =
        key.bytes != NULL ? REDIS_CALL(r->session, e, redis_text("LPOS"), key, redis_text(c->text)) : NULL;
    bool asked = reply != NULL || (key.bytes == NULL && no_memory(e));
    *waits = reply != NULL && reply->type == REDIS_REPLY_INTEGER;
    freeReplyObject(reply);
    arena_free(&memory);
    return asked;
}
