/* http_server: an HTTP server of its own on 127.0.0.1, for tests: it answers as the path says, and counts.
 *
 *     /status/<n>      answers so, with Retry-After: 7 and Location: /moved
 *     /slow            200 after 30 ms
 *     /hang            never answers
 *     /close           closes when it has the request
 *     /...-close-later as without it, but closes from the second request on
 *     /cut             200 with half of a body, then closes
 *     /big             200 with a body of 4 MiB
 *     /garbage         no HTTP
 *     /script/...      the next of `script`, as it stands; its last one again and again
 *     /token           200 with an access token, token-1 and so on; 400 where tokens_left is 0
 *
 * What begins as TLS does is answered with garbage. */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HTTP_REQUEST_MAX = 4 << 20 };

typedef struct http_server {
    int listener;
    int port;
    atomic_int connections;
    atomic_int requests;
    atomic_int running;        /* of them, not answered yet */
    atomic_int running_most;   /* at the same time */
    const char *const *script; /* answers; NULL ends it */
    atomic_int script_at;
    atomic_int tokens;      /* given out */
    atomic_int tokens_left; /* as many are given out yet */
    pthread_mutex_t mutex;
    char last[HTTP_REQUEST_MAX]; /* the newest request as it came; behind the mutex */
} http_server;

static http_server http_under_test;

static inline void http_say(int connection, const char *text)
{
    if (send(connection, text, strlen(text), MSG_NOSIGNAL) < 0)
        shutdown(connection, SHUT_RDWR);
}

static inline void http_say_next(http_server *s, int connection)
{
    int at = atomic_fetch_add(&s->script_at, 1);
    int last = 0;
    while (last < at && s->script[last + 1] != NULL)
        last++;
    http_say(connection, s->script[last]);
}

static inline void http_say_token(http_server *s, int connection)
{
    char text[256], token[128];
    if (atomic_fetch_sub(&s->tokens_left, 1) <= 0) {
        http_say(connection, "HTTP/1.1 400 No\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}");
        return;
    }
    int number = atomic_fetch_add(&s->tokens, 1) + 1;
    int size = snprintf(token, sizeof token, "{\"access_token\":\"token-%d\",\"expires_in\":3600}", number);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, token);
    http_say(connection, text);
}

/* False where the connection must be closed. */
static inline bool http_answer(http_server *s, int connection, const char *request, int number)
{
    char text[256];
    long status = 200;
    if (strncmp(request, "POST /hang", 10) == 0)
        pause();
    if (strstr(request, " /script") != NULL && strstr(request, " /script") < strchr(request, '\r')) {
        http_say_next(s, connection);
        return true;
    }
    if (strncmp(request, "POST /token ", 12) == 0) {
        http_say_token(s, connection);
        return true;
    }
    if (strncmp(request, "POST /close ", 12) == 0 ||
        (strstr(request, "-close-later HTTP") != NULL && number > 1))
        return false;
    if (strncmp(request, "POST /garbage", 13) == 0) {
        http_say(connection, "220 mail.example ESMTP\r\n");
        return false;
    }
    if (strncmp(request, "POST /cut", 9) == 0) {
        http_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        return false;
    }
    if (strncmp(request, "POST /big", 9) == 0) {
        static char part[4097];
        memset(part, 'x', sizeof part - 1);
        http_say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n");
        for (int i = 0; i < 1024; i++)
            http_say(connection, part);
    }
    if (strncmp(request, "POST /status/", 13) == 0)
        status = strtol(request + 13, NULL, 10);
    if (strncmp(request, "POST /slow", 10) == 0)
        usleep(30000);
    snprintf(text, sizeof text,
             "HTTP/1.1 %ld It\r\nRetry-After: 7\r\nLocation: http://127.0.0.1:%d/moved\r\n%s\r\n", status,
             s->port, status == 204 ? "" : "Content-Length: 2\r\n");
    atomic_fetch_sub(&s->running, 1);
    http_say(connection, text);
    if (status != 204)
        http_say(connection, "ok");
    return true;
}

/* One request into `text`, its size; 0 at the connection's end. */
static inline size_t http_read(int connection, char *text)
{
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(connection, text + size, HTTP_REQUEST_MAX - 1 - size, 0);
        if (got <= 0)
            return 0;
        if (text[0] == 0x16) {
            http_say(connection, "no TLS\r\n");
            return 0;
        }
        size += (size_t)got;
        text[size] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        size_t body_size = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        if (end != NULL && size >= (size_t)(end + 4 - text) + body_size)
            return size;
    }
}

static inline void *http_serve(void *argument)
{
    http_server *s = &http_under_test;
    int connection = (int)(intptr_t)argument;
    char *text = malloc(HTTP_REQUEST_MAX);
    while (http_read(connection, text) > 0) {
        int running = atomic_fetch_add(&s->running, 1) + 1;
        int most = atomic_load(&s->running_most);
        while (running > most && !atomic_compare_exchange_weak(&s->running_most, &most, running))
            continue;
        pthread_mutex_lock(&s->mutex);
        strcpy(s->last, text);
        pthread_mutex_unlock(&s->mutex);
        if (!http_answer(s, connection, text, atomic_fetch_add(&s->requests, 1) + 1))
            break;
    }
    free(text);
    close(connection);
    return NULL;
}

static inline void *http_accept(void *argument)
{
    http_server *s = argument;
    for (;;) {
        pthread_t thread;
        int connection = accept(s->listener, NULL, NULL);
        atomic_fetch_add(&s->connections, 1);
        pthread_create(&thread, NULL, http_serve, (void *)(intptr_t)connection);
        pthread_detach(thread);
    }
    return NULL;
}

/* A socket that listens on a free port. */
static inline int http_listen(int backlog, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(listener, backlog), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* Runs until the test ends, which is a process of its own. */
static inline http_server *http_server_start(void)
{
    http_server *s = &http_under_test;
    pthread_t thread;
    s->listener = http_listen(128, &s->port);
    pthread_mutex_init(&s->mutex, NULL);
    cr_assert_eq(pthread_create(&thread, NULL, http_accept, s), 0);
    pthread_detach(thread);
    return s;
}

#endif
