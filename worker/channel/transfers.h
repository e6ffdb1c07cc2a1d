/* transfers: libcurl's transfers on a libuv loop (its multi_socket interface).
 *
 * Connections are kept and shared by all transfers of the loop. Nothing here blocks: libcurl resolves names
 * on threads of its own. */
#ifndef WORKER_CHANNEL_TRANSFERS_H
#define WORKER_CHANNEL_TRANSFERS_H

#include <curl/curl.h>
#include <uv.h>

#include "engine/error.h"

typedef struct transfers transfers;
typedef struct transfer transfer;

/* Embedded in the caller's own struct. */
struct transfer {
    CURL *handle; /* set up by the caller, who leaves CURLOPT_PRIVATE alone */
    /* It only connects (CURLOPT_CONNECT_ONLY): when that has ended it stays on the loop, and the connection
     * with it, until transfers_end. */
    bool keeps;
    /* The transfer has ended and was taken off the loop: it is the caller's again. Called in a turn of the
     * loop, never inside transfers_start, which it may call. */
    void (*done)(transfer *t, CURLcode code);
};

/* connections: how many are kept open at most while nobody uses them. NULL without memory. */
MUST_CHECK transfers *transfers_new(uv_loop_t *loop, long connections);
/* Closes all connections; all transfers must have been ended before. The memory goes in the loop's next
 * turn. NULL is fine. */
void transfers_close(transfers *t);

/* Begins a transfer. False without memory. */
MUST_CHECK bool transfers_start(transfers *all, transfer *t);
/* Ends one that was begun, without a call of `done`. From inside its `done` only one that keeps. */
void transfers_end(transfers *all, transfer *t);

#endif
