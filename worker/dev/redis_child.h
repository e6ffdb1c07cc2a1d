/* redis_child: a private redis-server as a child process, on a unix socket, without persistence. It dies with
 * us. */
#ifndef WORKER_DEV_REDIS_CHILD_H
#define WORKER_DEV_REDIS_CHILD_H

#include <sys/types.h>

#include "engine/error.h"

typedef struct redis_child {
    pid_t pid;
    char socket[256];
} redis_child;

/* Starts it with its socket in `folder` and waits until it answers. Must be called on a thread that outlives
 * it. ERROR_SYSTEM. */
MUST_CHECK bool redis_child_start(redis_child *r, const char *folder, error *e);
void redis_child_stop(redis_child *r);

#endif
