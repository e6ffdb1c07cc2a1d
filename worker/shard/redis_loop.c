#include "worker/shard/redis_loop.h"

#include <stdlib.h>

typedef struct redis_loop {
    uv_poll_t poll;
    redisAsyncContext *context; /* NULL once hiredis has let go */
    int events;                 /* what is waited for */
    bool unwritten;             /* hiredis has bytes for the next flush */
    bool flushing;
} redis_loop;

static void on_event(uv_poll_t *poll, int status, int events)
{
    redis_loop *l = poll->data;
    /* libuv has stopped waiting; reading makes hiredis find the socket's error and end the connection. */
    if (status < 0) {
        l->events = 0;
        events = UV_READABLE;
    }
    if (l->context != NULL && (events & UV_READABLE) != 0)
        redisAsyncHandleRead(l->context);
    if (l->context != NULL && (events & UV_WRITABLE) != 0)
        redisAsyncHandleWrite(l->context);
}

/* Only a change costs a system call. */
static void wait_for(redis_loop *l, int events)
{
    if (events == l->events)
        return;
    l->events = events;
    if (events == 0)
        uv_poll_stop(&l->poll);
    else
        uv_poll_start(&l->poll, events, on_event);
}

static void add_read(void *data)
{
    redis_loop *l = data;
    wait_for(l, l->events | UV_READABLE);
}

static void del_read(void *data)
{
    redis_loop *l = data;
    wait_for(l, l->events & ~UV_READABLE);
}

/* While it connects, room to write means that it has; and what a flush could not write waits for room. */
static void add_write(void *data)
{
    redis_loop *l = data;
    if (l->flushing || (l->context->c.flags & REDIS_CONNECTED) == 0)
        wait_for(l, l->events | UV_WRITABLE);
    else
        l->unwritten = true;
}

static void del_write(void *data)
{
    redis_loop *l = data;
    l->unwritten = false;
    wait_for(l, l->events & ~UV_WRITABLE);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void clean_up(void *data)
{
    redis_loop *l = data;
    l->context = NULL;
    uv_close((uv_handle_t *)&l->poll, on_closed);
}

bool redis_loop_attach(redisAsyncContext *ac, uv_loop_t *loop)
{
    redis_loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return false;
    if (uv_poll_init(loop, &l->poll, ac->c.fd) != 0) {
        free(l);
        return false;
    }
    l->poll.data = l;
    l->context = ac;
    ac->ev.data = l;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = clean_up;
    return true;
}

void redis_loop_flush(redisAsyncContext *ac)
{
    redis_loop *l = ac->ev.data;
    if (!l->unwritten)
        return;
    l->unwritten = false;
    l->flushing = true;
    redisAsyncHandleWrite(ac); /* may free ac, but not l: that waits for the loop */
    l->flushing = false;
}

bool redis_loop_is_drained(const redisAsyncContext *ac)
{
    const redis_loop *l = ac->ev.data;
    return !l->unwritten && (l->events & UV_WRITABLE) == 0;
}
