#include "worker/catalog/redis_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

enum { ARGUMENTS_MAX = 16 };

struct redis_session {
    redisContext *context;
};

static bool fail_connection(const redis_session *s, const char *what, error *e)
{
    const char *reason = s->context != NULL && s->context->err != 0 ? s->context->errstr : "out of memory";
    return error_set(e, ERROR_REDIS, 0, "%s: %s", what, reason);
}

bool redis_session_send(redis_session *s, const redis_bytes *arguments, size_t count, error *e)
{
    const char *bytes[ARGUMENTS_MAX];
    size_t sizes[ARGUMENTS_MAX];
    assert(count <= ARGUMENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = arguments[i].bytes;
        sizes[i] = arguments[i].size;
    }
    return redisAppendCommandArgv(s->context, (int)count, bytes, sizes) == REDIS_OK ||
           fail_connection(s, "Redis cannot be asked", e);
}

/* NULL where there is none, or `what` (may be NULL) is refused. */
static redisReply *receive(redis_session *s, const char *what, error *e)
{
    void *answer = NULL;
    if (redisGetReply(s->context, &answer) != REDIS_OK) {
        fail_connection(s, "Redis does not answer", e);
        return NULL;
    }
    redisReply *reply = answer;
    if (reply->type != REDIS_REPLY_ERROR)
        return reply;
    error_set(e, ERROR_REDIS, 0, "Redis refuses%s%s: %s", what != NULL ? " " : "", what != NULL ? what : "",
              reply->str);
    freeReplyObject(reply);
    return NULL;
}

redisReply *redis_session_receive(redis_session *s, error *e)
{
    return receive(s, NULL, e);
}

redisReply *redis_session_call(redis_session *s, const redis_bytes *arguments, size_t count, error *e)
{
    return redis_session_send(s, arguments, count, e) ? receive(s, arguments[0].bytes, e) : NULL;
}

static bool log_in(redis_session *s, const redis_url *url, error *e)
{
    if (url->password == NULL)
        return true;
    redisReply *reply = url->user != NULL ? REDIS_CALL(s, e, redis_text("AUTH"), redis_text(url->user),
                                                       redis_text(url->password))
                                          : REDIS_CALL(s, e, redis_text("AUTH"), redis_text(url->password));
    freeReplyObject(reply);
    return reply != NULL;
}

static bool select_database(redis_session *s, const redis_url *url, error *e)
{
    char number[16];
    if (url->database == 0)
        return true;
    snprintf(number, sizeof number, "%d", url->database);
    redisReply *reply = REDIS_CALL(s, e, redis_text("SELECT"), redis_text(number));
    freeReplyObject(reply);
    return reply != NULL;
}

static bool open_context(redis_session *s, const redis_url *url, int64_t timeout_ms, error *e)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    s->context = url->path != NULL ? redisConnectUnixWithTimeout(url->path, timeout)
                                   : redisConnectWithTimeout(url->host, url->port, timeout);
    if (s->context == NULL || s->context->err != 0 || redisSetTimeout(s->context, timeout) != REDIS_OK) {
        char what[ERROR_MESSAGE_SIZE];
        snprintf(what, sizeof what, "cannot connect to %s", url->shown);
        return fail_connection(s, what, e);
    }
    return log_in(s, url, e) && select_database(s, url, e);
}

redis_session *redis_session_open(const redis_url *url, int64_t timeout_ms, error *e)
{
    redis_session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a connection to Redis");
        return NULL;
    }
    if (open_context(s, url, timeout_ms, e))
        return s;
    redis_session_close(s);
    return NULL;
}

void redis_session_close(redis_session *s)
{
    if (s == NULL)
        return;
    if (s->context != NULL)
        redisFree(s->context);
    free(s);
}

int redis_session_descriptor(const redis_session *s)
{
    return s->context->fd;
}

bool redis_session_drain(redis_session *s)
{
    void *reply;
    if (redisBufferRead(s->context) != REDIS_OK)
        return false;
    for (;;) {
        if (redisGetReplyFromReader(s->context, &reply) != REDIS_OK)
            return false;
        if (reply == NULL)
            return true;
        freeReplyObject(reply);
    }
}
