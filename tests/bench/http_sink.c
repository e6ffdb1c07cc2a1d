/* http_sink: answers every request with 200 and two bytes, so that what is measured is who asks.
 *
 * Usage: bench_http_sink. Prints its port; ends when its standard input does. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { REQUEST_MAX = 64 << 10, BACKLOG = 1024 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

typedef struct connection {
    uv_tcp_t tcp;
    size_t size;
    char received[REQUEST_MAX + 1];
} connection;

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    connection *c = (connection *)handle;
    (void)suggested;
    *room = uv_buf_init(c->received + c->size, (unsigned)(REQUEST_MAX - c->size));
}

/* The size of the request at the beginning, 0 where it is not there as a whole. */
static size_t whole_request(connection *c)
{
    c->received[c->size] = '\0';
    const char *end = strstr(c->received, "\r\n\r\n");
    const char *length = strstr(c->received, "Content-Length: ");
    if (end == NULL || length == NULL)
        return 0;
    size_t size = (size_t)(end + 4 - c->received) + strtoul(length + strlen("Content-Length: "), NULL, 10);
    return size <= c->size ? size : 0;
}

static void on_read(uv_stream_t *stream, ssize_t read, const uv_buf_t *room)
{
    connection *c = (connection *)stream;
    size_t request;
    (void)room;
    if (read < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    c->size += (size_t)read;
    while ((request = whole_request(c)) > 0) {
        uv_buf_t text = uv_buf_init((char *)(uintptr_t)answer, sizeof answer - 1);
        uv_try_write(stream, &text, 1);
        c->size -= request;
        memmove(c->received, c->received + request, c->size);
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    connection *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (c == NULL)
        return;
    uv_tcp_init(server->loop, &c->tcp);
    uv_accept(server, (uv_stream_t *)&c->tcp);
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read);
}

static void on_input(uv_poll_t *input, int status, int events)
{
    (void)status, (void)events;
    uv_stop(input->loop);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    uv_poll_t input;
    struct sockaddr_in at;
    int size = sizeof at;
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_init(loop, &server);
    if (uv_tcp_bind(&server, (struct sockaddr *)&at, 0) != 0 ||
        uv_listen((uv_stream_t *)&server, BACKLOG, on_connection) != 0 ||
        uv_tcp_getsockname(&server, (struct sockaddr *)&at, &size) != 0)
        return 1;
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    uv_poll_init(loop, &input, 0);
    uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, on_input);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}
