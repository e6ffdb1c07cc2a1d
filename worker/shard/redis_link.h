/* redis_link: one connection to Redis on a libuv loop: bytes out, replies in, in the order of the commands.
 *
 * hiredis connects and parses. Its asynchronous part is not used: it copies every command into a buffer of
 * its own, and allocates four times for an answer of two bytes. Here bytes are written from where they lie,
 * and a reply lives in memory that the next one uses again.
 *
 * Nothing blocks but the resolution of a host name in redis_link_open, which hiredis does on the spot. */
#ifndef WORKER_SHARD_REDIS_LINK_H
#define WORKER_SHARD_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <uv.h>

#include "engine/error.h"
#include "worker/config/redis_url.h"

typedef struct redis_link redis_link;

/* All are called in a turn of the loop, never inside a function of this header but redis_link_flush. Any of
 * them may close the link. */
typedef struct redis_link_listener {
    void *data;
    void (*connected)(void *data);
    void (*answered)(void *data, const redisReply *reply); /* borrowed for the call */
    /* Nothing follows: close it. The text is borrowed for the call. */
    void (*broken)(void *data, const char *problem);
} redis_link_listener;

/* Begins to connect; the url is not kept. NULL with ERROR_REDIS, or ERROR_OUT_OF_MEMORY. */
MUST_CHECK redis_link *redis_link_open(uv_loop_t *loop, const redis_url *url,
                                       const redis_link_listener *listener, error *e);
/* Nothing is called any more. The memory goes in a later turn of the loop. */
void redis_link_close(redis_link *l);

/* Bytes for the next flush: they must stay until redis_link_is_drained. False where there is no room before
 * it. */
MUST_CHECK bool redis_link_add(redis_link *l, const char *bytes, size_t size);
/* Writes what was added, without waiting: what the socket does not take follows by itself. */
void redis_link_flush(redis_link *l);
/* True where the socket has taken all that was added. */
bool redis_link_is_drained(const redis_link *l);

/* What is to come has at least so many bytes, and nothing before the last of them is of use: fewer do not
 * wake the loop. 0: any do. Only where there are many, and not on a unix socket, which cannot wait so. */
void redis_link_await(redis_link *l, size_t bytes);

#endif
