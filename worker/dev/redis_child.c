#include "worker/dev/redis_child.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TRIES = 200, PAUSE_MS = 25, EXIT_NOT_FOUND = 127 };

/* In the child; only what is safe between fork and exec. */
static _Noreturn void become_server(const char *folder, const char *socket, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);  /* the parent died before the signal was set */
    setpgid(0, 0); /* a Ctrl-C in the terminal is for us alone: we end it when we are done with it */
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
           "--dir", folder, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
           (char *)NULL);
    _exit(EXIT_NOT_FOUND);
}

static bool answers(const char *socket)
{
    redisContext *c = redisConnectUnix(socket);
    redisReply *reply = c != NULL && c->err == 0 ? redisCommand(c, "PING") : NULL;
    bool ok = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    if (reply != NULL)
        freeReplyObject(reply);
    if (c != NULL)
        redisFree(c);
    return ok;
}

static bool wait_until_it_answers(redis_child *r, error *e)
{
    for (int i = 0; i < START_TRIES; i++) {
        int status;
        if (answers(r->socket))
            return true;
        if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
            r->pid = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)
                return error_set(e, ERROR_SYSTEM, 0,
                                 "redis-server is not installed (Debian's package redis-server)");
            return error_set(e, ERROR_SYSTEM, 0, "redis-server ended at once");
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000}, NULL);
    }
    return error_set(e, ERROR_SYSTEM, 0, "redis-server does not answer");
}

bool redis_child_start(redis_child *r, const char *folder, error *e)
{
    *r = (redis_child){0};
    int size = snprintf(r->socket, sizeof r->socket, "%s/redis.sock", folder);
    if (size < 0 || (size_t)size >= sizeof r->socket)
        return error_set(e, ERROR_SYSTEM, 0, "the folder's path is too long for a socket");
    pid_t parent = getpid();
    r->pid = fork();
    if (r->pid < 0)
        return error_set(e, ERROR_SYSTEM, 0, "no process can be made: %s", strerror(errno));
    if (r->pid == 0)
        become_server(folder, r->socket, parent);
    if (wait_until_it_answers(r, e))
        return true;
    redis_child_stop(r);
    return false;
}

void redis_child_stop(redis_child *r)
{
    if (r->pid <= 0)
        return;
    kill(r->pid, SIGTERM);
    waitpid(r->pid, NULL, 0);
    r->pid = 0;
    unlink(r->socket);
}
