/* smtp_server: a mail server of its own on 127.0.0.1, for tests: it does as the recipient's local part says,
 * and counts.
 *
 *     ok           takes the mail
 *     r<n>         answers RCPT so
 *     d<n>         answers the content so
 *     cut-command  closes when it has RCPT
 *     cut-data     closes when it has DATA
 *     cut-end      takes the content and closes without a reply
 *     hang         takes the content and never answers
 *     garbage      answers the content with no SMTP
 *     bye          takes the mail and closes
 *     tired        takes the mail, and answers the next MAIL with 421
 *     slow         takes the mail after 30 ms
 *
 * The greeting is what `greeting` says; NULL: none ever comes. */
#ifndef TESTS_UNIT_SMTP_SERVER_H
#define TESTS_UNIT_SMTP_SERVER_H

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

enum { SMTP_CONTENT_MAX = 4 << 20, SMTP_SERVER_LINE = 1200 };

typedef struct smtp_server {
    int listener;
    int port;
    const char *greeting;
    const char *abilities; /* what EHLO is answered */
    atomic_int connections;
    atomic_int mails; /* taken */
    atomic_int quits;
    atomic_int resets;
    atomic_int running; /* contents, not answered yet */
    atomic_int running_most;
    pthread_mutex_t mutex;               /* of what follows */
    char commands[SMTP_SERVER_LINE * 4]; /* of the newest connection, one a line */
    char content[SMTP_CONTENT_MAX];      /* of the newest mail */
} smtp_server;

static smtp_server smtp_under_test = {.greeting = "220 here ESMTP\r\n", .abilities = "250 here\r\n"};

typedef struct smtp_peer {
    FILE *in;
    int out;
    char action[64];
    bool tired;
} smtp_peer;

static inline void smtp_say(const smtp_peer *p, const char *text)
{
    if (text != NULL && send(p->out, text, strlen(text), MSG_NOSIGNAL) < 0)
        shutdown(p->out, SHUT_RDWR);
}

static inline void smtp_note(smtp_server *s, const char *line)
{
    pthread_mutex_lock(&s->mutex);
    size_t size = strlen(s->commands);
    snprintf(s->commands + size, sizeof s->commands - size, "%s", line);
    pthread_mutex_unlock(&s->mutex);
}

/* Reads up to the dot. False where the connection ends before. */
static inline bool smtp_take_content(smtp_server *s, const smtp_peer *p)
{
    char line[SMTP_SERVER_LINE];
    size_t size = 0;
    pthread_mutex_lock(&s->mutex);
    s->content[0] = '\0';
    bool ended = false;
    while (!ended && fgets(line, sizeof line, p->in) != NULL) {
        ended = strcmp(line, ".\r\n") == 0;
        if (!ended && size + strlen(line) < sizeof s->content)
            size += (size_t)snprintf(s->content + size, sizeof s->content - size, "%s", line);
    }
    pthread_mutex_unlock(&s->mutex);
    return ended;
}

/* False where the connection must be closed. */
static inline bool smtp_answer_content(smtp_server *s, smtp_peer *p)
{
    char reply[64] = "250 2.0.0 Ok: queued as A1\r\n";
    if (!smtp_take_content(s, p) || strcmp(p->action, "cut-end") == 0)
        return false;
    int running = atomic_fetch_add(&s->running, 1) + 1;
    if (running > atomic_load(&s->running_most))
        atomic_store(&s->running_most, running);
    if (strcmp(p->action, "hang") == 0)
        pause();
    if (strcmp(p->action, "slow") == 0)
        usleep(30000);
    atomic_fetch_sub(&s->running, 1);
    if (strcmp(p->action, "garbage") == 0)
        strcpy(reply, "HTTP/1.1 400 Bad Request\r\n");
    else if (p->action[0] == 'd')
        snprintf(reply, sizeof reply, "%s no\r\n", p->action + 1);
    else
        atomic_fetch_add(&s->mails, 1);
    p->tired = strcmp(p->action, "tired") == 0;
    smtp_say(p, reply);
    return strcmp(p->action, "bye") != 0;
}

static inline bool smtp_answer(smtp_server *s, smtp_peer *p, const char *line)
{
    char reply[64] = "250 ok\r\n";
    if (strncmp(line, "EHLO", 4) == 0) {
        smtp_say(p, s->abilities);
        return true;
    }
    if (strncmp(line, "MAIL", 4) == 0 && p->tired) {
        smtp_say(p, "421 enough\r\n");
        return false;
    }
    if (strncmp(line, "RCPT", 4) == 0) {
        sscanf(line, "RCPT TO:<%63[^@]", p->action);
        if (strcmp(p->action, "cut-command") == 0)
            return false;
        if (p->action[0] == 'r')
            snprintf(reply, sizeof reply, "%s no\r\n", p->action + 1);
    }
    if (strncmp(line, "DATA", 4) == 0) {
        if (strcmp(p->action, "cut-data") == 0)
            return false;
        smtp_say(p, "354 go on\r\n");
        return smtp_answer_content(s, p);
    }
    atomic_fetch_add(&s->resets, strncmp(line, "RSET", 4) == 0);
    atomic_fetch_add(&s->quits, strncmp(line, "QUIT", 4) == 0);
    smtp_say(p, reply);
    return strncmp(line, "QUIT", 4) != 0;
}

static inline void *smtp_serve(void *socket_number)
{
    smtp_server *s = &smtp_under_test;
    smtp_peer p = {.out = (int)(intptr_t)socket_number};
    char line[SMTP_SERVER_LINE];
    p.in = fdopen(p.out, "r");
    pthread_mutex_lock(&s->mutex);
    s->commands[0] = '\0';
    pthread_mutex_unlock(&s->mutex);
    smtp_say(&p, s->greeting);
    bool goes_on = true;
    while (goes_on && fgets(line, sizeof line, p.in) != NULL) {
        smtp_note(s, line);
        goes_on = smtp_answer(s, &p, line);
    }
    fclose(p.in);
    return NULL;
}

static inline void *smtp_accept(void *unused)
{
    (void)unused;
    for (;;) {
        int connection = accept(smtp_under_test.listener, NULL, NULL);
        pthread_t thread;
        if (connection < 0)
            return NULL;
        atomic_fetch_add(&smtp_under_test.connections, 1);
        pthread_create(&thread, NULL, smtp_serve, (void *)(intptr_t)connection);
        pthread_detach(thread);
    }
}

static inline smtp_server *smtp_server_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    smtp_server *s = &smtp_under_test;
    pthread_mutex_init(&s->mutex, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(s->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(s->listener, 512), 0);
    getsockname(s->listener, (struct sockaddr *)&address, &size);
    s->port = ntohs(address.sin_port);
    pthread_create(&thread, NULL, smtp_accept, NULL);
    pthread_detach(thread);
    return s;
}

#endif
