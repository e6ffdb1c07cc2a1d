/* redis_url: where a Redis is and how to log in, from one text.
 *
 *     redis://[[user]:password@]host[:port][/database]      host may be an [IPv6] address
 *     unix://[[user]:password@]/path[?db=database]
 *
 * User, password and path may be percent-encoded. */
#ifndef WORKER_REDIS_URL_H
#define WORKER_REDIS_URL_H

#include "engine/value/arena.h"

enum { REDIS_PORT_DEFAULT = 6379, REDIS_DATABASE_MAX = 65535 };

/* Texts are NUL-terminated and live in the arena. */
typedef struct redis_url {
    const char *host; /* NULL where path is set */
    const char *path; /* of the unix socket */
    int port;
    int database;
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: no login */
    const char *shown;    /* the URL with *** for the password: for logs */
} redis_url;

/* ERROR_CONFIG names the part that is wrong, never the password; ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool redis_url_parse(arena *a, const char *text, redis_url *url, error *e);

#endif
