/* One libuv loop on a thread. A connection reads lines; behind DATA they are the content, up to a lone dot.
 */
#include "worker/dev/mail_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { LINE_SIZE = 2048, CONTENT_MAX = 1 << 20, BACKLOG = 64, URL_SIZE = 48 };

struct mail_sink {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t stop;
    uv_thread_t thread;
    char url[URL_SIZE];
    uv_mutex_t mutex; /* of what follows */
    size_t count;
    sunk_mail kept[MAIL_SINK_KEPT];
};

typedef struct peer {
    uv_tcp_t tcp;
    mail_sink *owner;
    char line[LINE_SIZE];
    size_t line_size;
    bool takes_content;
    sunk_mail mail;
    size_t content_size;
} peer;

/* ---- the end of things ---- */

static void free_peer(uv_handle_t *handle)
{
    peer *p = handle->data;
    free(p->mail.content);
    free(p);
}

static void close_handle(uv_handle_t *handle, void *sink)
{
    mail_sink *s = sink;
    if (uv_is_closing(handle))
        return;
    bool is_own = handle == (uv_handle_t *)&s->listener || handle == (uv_handle_t *)&s->stop;
    uv_close(handle, is_own ? NULL : free_peer);
}

static void on_stop(uv_async_t *async)
{
    uv_walk(&((mail_sink *)async->data)->loop, close_handle, async->data);
}

/* ---- the dialog ---- */

/* A reply of a line fits any socket's buffer; who does not read it is none that is served here. */
static void say(peer *p, const char *reply)
{
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)reply, (unsigned)strlen(reply));
    if (uv_try_write((uv_stream_t *)&p->tcp, &b, 1) < 0)
        close_handle((uv_handle_t *)&p->tcp, p->owner);
}

static void read_address(char out[MAIL_SINK_ADDRESS_SIZE], const char *line)
{
    const char *begin = strchr(line, '<');
    size_t size = begin == NULL ? 0 : strcspn(begin + 1, ">");
    snprintf(out, MAIL_SINK_ADDRESS_SIZE, "%.*s", (int)size, begin == NULL ? "" : begin + 1);
}

static void keep(peer *p)
{
    mail_sink *s = p->owner;
    uv_mutex_lock(&s->mutex);
    if (s->count < MAIL_SINK_KEPT) {
        s->kept[s->count] = p->mail;
        p->mail.content = NULL;
    }
    s->count++;
    uv_mutex_unlock(&s->mutex);
    free(p->mail.content);
    p->mail.content = NULL;
}

static void take_content(peer *p, const char *line, size_t size)
{
    if (strcmp(line, ".\r\n") == 0) {
        p->takes_content = false;
        p->mail.content[p->content_size] = '\0';
        keep(p);
        say(p, "250 2.0.0 Ok\r\n");
        return;
    }
    if (*line == '.') { /* it was doubled on its way */
        line++;
        size--;
    }
    if (p->content_size + size > CONTENT_MAX)
        return; /* the rest is not kept */
    memcpy(p->mail.content + p->content_size, line, size);
    p->content_size += size;
}

static void begin_content(peer *p)
{
    p->mail.content = malloc(CONTENT_MAX + 1);
    p->content_size = 0;
    p->takes_content = p->mail.content != NULL;
    say(p, p->takes_content ? "354 End with a dot\r\n" : "451 no memory\r\n");
}

static void take_command(peer *p, const char *line)
{
    if (strncasecmp(line, "DATA", 4) == 0) {
        begin_content(p);
        return;
    }
    if (strncasecmp(line, "MAIL", 4) == 0)
        read_address(p->mail.from, line);
    else if (strncasecmp(line, "RCPT", 4) == 0)
        read_address(p->mail.to, line);
    say(p,
        strncasecmp(line, "EHLO", 4) == 0 ? "250-localhost\r\n250-SIZE\r\n250 SMTPUTF8\r\n" : "250 Ok\r\n");
}

static void take_line(peer *p)
{
    p->line[p->line_size] = '\0';
    if (p->takes_content)
        take_content(p, p->line, p->line_size);
    else
        take_command(p, p->line);
    p->line_size = 0;
}

/* ---- connections ---- */

static void give_memory(uv_handle_t *handle, size_t size, uv_buf_t *b)
{
    (void)handle;
    *b = uv_buf_init(malloc(size), (unsigned)size);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *b)
{
    peer *p = stream->data;
    for (ssize_t i = 0; i < size && !uv_is_closing((uv_handle_t *)stream); i++) {
        p->line[p->line_size++] = b->base[i];
        if (b->base[i] == '\n' || p->line_size == LINE_SIZE - 1)
            take_line(p);
    }
    free(b->base);
    if (size < 0)
        close_handle((uv_handle_t *)stream, p->owner);
}

static void on_connection(uv_stream_t *listener, int status)
{
    peer *p = status < 0 ? NULL : calloc(1, sizeof *p);
    if (p == NULL)
        return;
    p->owner = listener->data;
    uv_tcp_init(listener->loop, &p->tcp);
    p->tcp.data = p;
    if (uv_accept(listener, (uv_stream_t *)&p->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&p->tcp, give_memory, on_read) != 0) {
        close_handle((uv_handle_t *)&p->tcp, p->owner);
        return;
    }
    say(p, "220 localhost carillon dev\r\n");
}

/* ---- life ---- */

static void serve(void *sink)
{
    uv_run(&((mail_sink *)sink)->loop, UV_RUN_DEFAULT);
}

static bool listen_anywhere(mail_sink *s, error *e)
{
    struct sockaddr_in address;
    int size = sizeof address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    int code = uv_tcp_bind(&s->listener, (const struct sockaddr *)&address, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (code == 0)
        code = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&address, &size);
    if (code != 0)
        return error_set(e, ERROR_SYSTEM, 0, "a mail server cannot listen: %s", uv_strerror(code));
    snprintf(s->url, sizeof s->url, "smtp://127.0.0.1:%d", ntohs(address.sin_port));
    return true;
}

mail_sink *mail_sink_start(error *e)
{
    mail_sink *s = calloc(1, sizeof *s);
    if (s == NULL || uv_loop_init(&s->loop) != 0) {
        free(s);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a mail server");
        return NULL;
    }
    uv_mutex_init(&s->mutex);
    uv_tcp_init(&s->loop, &s->listener);
    uv_async_init(&s->loop, &s->stop, on_stop);
    s->listener.data = s->stop.data = s;
    bool listening = listen_anywhere(s, e);
    if (listening && uv_thread_create(&s->thread, serve, s) == 0)
        return s;
    if (listening)
        error_set(e, ERROR_SYSTEM, 0, "a mail server gets no thread");
    uv_walk(&s->loop, close_handle, s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    uv_mutex_destroy(&s->mutex);
    free(s);
    return NULL;
}

const char *mail_sink_url(const mail_sink *s)
{
    return s->url;
}

size_t mail_sink_count(mail_sink *s)
{
    uv_mutex_lock(&s->mutex);
    size_t count = s->count;
    uv_mutex_unlock(&s->mutex);
    return count;
}

const sunk_mail *mail_sink_get(mail_sink *s, size_t number)
{
    return number < mail_sink_count(s) && number < MAIL_SINK_KEPT ? &s->kept[number] : NULL;
}

void mail_sink_stop(mail_sink *s)
{
    if (s == NULL)
        return;
    uv_async_send(&s->stop);
    uv_thread_join(&s->thread);
    uv_loop_close(&s->loop);
    uv_mutex_destroy(&s->mutex);
    for (size_t i = 0; i < MAIL_SINK_KEPT; i++)
        free(s->kept[i].content);
    free(s);
}
