#include "worker/channel/shared_rate.h"

#include "worker/shard/resp.h"

enum { CHUNK_BYTES = 4 << 10, MEMORY_BYTES = 64 << 10, SECOND_US = 1000000, RETRY_MS = 100 };

/* The bucket of bucket.c, by the clock of Redis. KEYS: the rate's; ARGV: microseconds between two deliveries,
 * deliveries at once, deliveries wanted. A time too far ahead is of a clock that was set back. */
static const char script[] =
    "local now = redis.call('TIME') now = now[1] * 1000000 + now[2] "
    "local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) "
    "local used = tonumber(redis.call('GET', KEYS[1]) or now) "
    "if used < now then used = now end "
    "if used > now + burst * interval then used = now + burst * interval end "
    "local count = math.floor((now - used) / interval) + burst "
    "if count > wanted then count = wanted end "
    "if count < 1 then return {0, math.ceil((used - (burst - 1) * interval - now) / 1000)} end "
    "used = used + count * interval "
    "redis.call('SET', KEYS[1], string.format('%.0f', used), "
    "'PX', string.format('%.0f', math.ceil((used - now) / 1000) + 1000)) "
    "return {count, 0}";

/* A reply that is none means that Redis has no use for the question, now or ever. */
static void on_answer(store_request *request, const redisReply *reply, const error *e)
{
    shared_rate *r = (shared_rate *)(void *)((char *)request - offsetof(shared_rate, request));
    (void)e;
    arena_free(&r->memory);
    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
        r->granted(r, reply->element[0]->integer, reply->element[1]->integer);
    else
        r->granted(r, 0, RETRY_MS);
}

static void write_key(buffer *b, const char *group, const config_provider *p)
{
    buffer_add_text(b, group);
    buffer_add_text(b, ":rate:{");
    buffer_add_text(b, p->name);
    buffer_add_byte(b, '}');
}

bool shared_rate_ask(shared_rate *r, store *s, const char *group, const config_provider *p, int64_t burst,
                     int64_t count)
{
    buffer key, command;
    arena_init(&r->memory, CHUNK_BYTES, MEMORY_BYTES);
    buffer_init(&key, &r->memory, SIZE_MAX);
    buffer_init(&command, &r->memory, SIZE_MAX);
    write_key(&key, group, p);
    RESP_COMMAND(&command, resp_text("EVAL"), resp_text(script), resp_int(1), resp_bytes(key.bytes, key.size),
                 resp_int((SECOND_US + p->rate - 1) / p->rate), resp_int(burst), resp_int(count));
    if (key.failed || command.failed) {
        arena_free(&r->memory);
        return false;
    }
    r->request = (store_request){.command = command.bytes, .size = command.size, .done = on_answer};
    store_send(s, &r->request);
    return true;
}
