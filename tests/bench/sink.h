/* sink: a server on 127.0.0.1 that answers whatever it is asked, many connections on one loop, so that what
 * is measured is who asks. For programs of one file: their main() is sink_run. */
#ifndef TESTS_BENCH_SINK_H
#define TESTS_BENCH_SINK_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { SINK_RECEIVED_MAX = 64 << 10, SINK_BACKLOG = 1024 };

typedef struct sink_connection {
    uv_tcp_t tcp;
    bool in_content; /* of a mail; starts as false */
    size_t size;
    char received[SINK_RECEIVED_MAX + 1]; /* what has not been answered, and a NUL */
} sink_connection;

typedef struct sink {
    const char *greeting; /* NULL: the client speaks first */
    /* Answers what is first in `bytes`, which end with a NUL. Gives its size; 0 where it is not there as a
     * whole. */
    size_t (*answer)(sink_connection *c, const char *bytes, size_t size);
} sink;

/* What the kernel does not take is lost: no client here lets a buffer of answers lie unread. */
static inline void sink_send(sink_connection *c, const char *text)
{
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
    uv_try_write((uv_stream_t *)&c->tcp, &bytes, 1);
}

static inline void sink_on_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Something larger than the room ends its connection: libuv reads with an error then. */
static inline void sink_on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    sink_connection *c = (sink_connection *)handle;
    (void)suggested;
    *room = uv_buf_init(c->received + c->size, (unsigned)(SINK_RECEIVED_MAX - c->size));
}

static inline void sink_on_read(uv_stream_t *stream, ssize_t read, const uv_buf_t *room)
{
    sink_connection *c = (sink_connection *)stream;
    const sink *s = stream->data;
    size_t used = 0, one;
    (void)room;
    if (read < 0) {
        uv_close((uv_handle_t *)stream, sink_on_closed);
        return;
    }
    c->size += (size_t)read;
    c->received[c->size] = '\0';
    while ((one = s->answer(c, c->received + used, c->size - used)) > 0)
        used += one;
    c->size -= used;
    memmove(c->received, c->received + used, c->size);
}

static inline void sink_on_connection(uv_stream_t *server, int status)
{
    const sink *s = server->data;
    sink_connection *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (c == NULL)
        return;
    uv_tcp_init(server->loop, &c->tcp);
    c->tcp.data = server->data;
    uv_accept(server, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    if (s->greeting != NULL)
        sink_send(c, s->greeting);
    uv_read_start((uv_stream_t *)&c->tcp, sink_on_room, sink_on_read);
}

static inline void sink_on_input(uv_poll_t *input, int status, int events)
{
    (void)status, (void)events;
    uv_stop(input->loop);
}

/* Prints its port; ends when standard input does. The exit code. */
static inline int sink_run(sink *s)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    uv_poll_t input;
    struct sockaddr_in at;
    int size = sizeof at;
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_init(loop, &server);
    server.data = s;
    if (uv_tcp_bind(&server, (struct sockaddr *)&at, 0) != 0 ||
        uv_listen((uv_stream_t *)&server, SINK_BACKLOG, sink_on_connection) != 0 ||
        uv_tcp_getsockname(&server, (struct sockaddr *)&at, &size) != 0)
        return 1;
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    uv_poll_init(loop, &input, 0);
    uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, sink_on_input);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}

#endif
