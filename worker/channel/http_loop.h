/* http_loop: libcurl's transfers on a libuv loop (its multi_socket interface).
 *
 * Connections are kept and shared by all transfers of the loop. Nothing here blocks: libcurl resolves names
 * on threads of its own. */
#ifndef WORKER_CHANNEL_HTTP_LOOP_H
#define WORKER_CHANNEL_HTTP_LOOP_H

#include <curl/curl.h>
#include <uv.h>

#include "engine/error.h"

typedef struct http_loop http_loop;

/* A transfer has ended and was taken off the loop: its handle is the caller's again. Called in a turn of the
 * loop, never inside http_loop_start, which it may call. */
typedef void http_loop_done(CURL *transfer, CURLcode code);

/* connections: how many are kept open at most while nobody uses them. NULL without memory. */
MUST_CHECK http_loop *http_loop_new(uv_loop_t *loop, long connections, http_loop_done *done);
/* Closes all connections; all transfers must have been ended before. The memory goes in the loop's next
 * turn. */
void http_loop_close(http_loop *l);

/* Begins a transfer with a handle that is set up. False without memory. */
MUST_CHECK bool http_loop_start(http_loop *l, CURL *transfer);
/* Ends one that was begun, without a call of `done`. Not from inside `done`. */
void http_loop_end(http_loop *l, CURL *transfer);

#endif
