/* redis_server: a private redis-server child on a unix socket in a folder of its own, for tests. */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct redis_server {
    char folder[64];
    char socket[96];
    char url[128];
    pid_t pid;
} redis_server;

static inline void redis_server_init(redis_server *s)
{
    snprintf(s->folder, sizeof s->folder, "/tmp/carillon-redis-XXXXXX");
    cr_assert_not_null(mkdtemp(s->folder));
    snprintf(s->socket, sizeof s->socket, "%s/socket", s->folder);
    snprintf(s->url, sizeof s->url, "unix://%s", s->socket);
}

/* NULL where it does not answer within five seconds. */
static inline redisContext *redis_server_connect(const redis_server *s)
{
    for (int i = 0; i < 500; i++) {
        redisContext *c = redisConnectUnix(s->socket);
        if (c != NULL && c->err == 0)
            return c;
        if (c != NULL)
            redisFree(c);
        usleep(10000);
    }
    return NULL;
}

/* Starts the server with one more setting (its name and value, or NULL) and waits until it listens. */
static inline void redis_server_start(redis_server *s, const char *setting, const char *value)
{
    pid_t parent = getpid();
    s->pid = fork();
    cr_assert_geq(s->pid, 0);
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || chdir(s->folder) != 0 || freopen("log", "a", stdout) == NULL)
            _exit(1);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->socket, "--save", "",
               "--appendonly", "no", setting, value, (char *)NULL);
        _exit(1);
    }
    redisContext *c = redis_server_connect(s);
    cr_assert_not_null(c, "redis-server does not start; see %s/log", s->folder);
    redisFree(c);
}

static inline void redis_server_stop(redis_server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

static inline void redis_server_free(redis_server *s)
{
    char log[96];
    snprintf(log, sizeof log, "%s/log", s->folder);
    unlink(log);
    unlink(s->socket);
    rmdir(s->folder);
}

#endif
