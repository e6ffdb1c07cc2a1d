/* redis_loop: a hiredis connection on a libuv loop.
 *
 * hiredis' own adapter (adapters/libuv.h) is not used: it drops the event in which libuv reports a refused or
 * reset connection, so that hiredis never hears of it, and it asks the kernel twice for every write (wait for
 * room, stop waiting), where writing right away nearly always does. */
#ifndef WORKER_SHARD_REDIS_LOOP_H
#define WORKER_SHARD_REDIS_LOOP_H

#include <hiredis/async.h>
#include <uv.h>

#include "engine/error.h"

/* Joins a context that has just been made. False without memory or where libuv refuses its socket. The
 * loop's part lives until the context is gone and the loop has turned once more. */
MUST_CHECK bool redis_loop_attach(redisAsyncContext *ac, uv_loop_t *loop);
/* Writes what the context has collected, without waiting for the socket. To be called once a turn, not from
 * inside hiredis' callbacks. May end the connection and free the context. */
void redis_loop_flush(redisAsyncContext *ac);
/* True where the socket has taken all that the context was given. */
bool redis_loop_is_drained(const redisAsyncContext *ac);

#endif
