/* redis_session: a blocking connection to Redis, for commands that a person waits for and for threads that
 * may wait. The shards have their own (worker/shard/store.h). */
#ifndef WORKER_REDIS_SESSION_H
#define WORKER_REDIS_SESSION_H

#include <hiredis/hiredis.h>
#include <string.h>

#include "worker/config/redis_url.h"

typedef struct redis_session redis_session;

/* Connects, logs in and selects the database, each within timeout_ms. NULL with ERROR_REDIS. */
MUST_CHECK redis_session *redis_session_open(const redis_url *url, int64_t timeout_ms, error *e);
void redis_session_close(redis_session *s); /* NULL is allowed */

/* One argument of a command. Borrowed. */
typedef struct redis_bytes {
    const char *bytes;
    size_t size;
} redis_bytes;

static inline redis_bytes redis_text(const char *text)
{
    return (redis_bytes){text, strlen(text)};
}

/* Sends a command and waits for its answer, which the caller frees (freeReplyObject). NULL with ERROR_REDIS
 * where there is none (the session is of no use then) or where Redis answers with an error. */
MUST_CHECK redisReply *redis_session_call(redis_session *s, const redis_bytes *arguments, size_t count,
                                          error *e);

/* REDIS_CALL(s, &e, redis_text("GET"), key) */
#define REDIS_CALL(s, e, ...)                                 \
    redis_session_call(s, (const redis_bytes[]){__VA_ARGS__}, \
                       sizeof((const redis_bytes[]){__VA_ARGS__}) / sizeof(redis_bytes), e)

/* The same in two parts, for commands that need not wait for each other: answers come in the order of
 * sending. While some are due, redis_session_call may not be used, and after an error the session is of no
 * use. */
MUST_CHECK bool redis_session_send(redis_session *s, const redis_bytes *arguments, size_t count, error *e);
MUST_CHECK redisReply *redis_session_receive(redis_session *s, error *e);

#define REDIS_SEND(s, e, ...)                                 \
    redis_session_send(s, (const redis_bytes[]){__VA_ARGS__}, \
                       sizeof((const redis_bytes[]){__VA_ARGS__}) / sizeof(redis_bytes), e)

/* For poll(2): readable when a subscribed session has been sent something. */
int redis_session_descriptor(const redis_session *s);
/* Reads what a subscribed session was sent, and drops it. False where the connection is gone. */
MUST_CHECK bool redis_session_drain(redis_session *s);

#endif
