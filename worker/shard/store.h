/* store: a shard's connection to Redis, on the shard's loop.
 *
 * Requests are sent in order, pipelined, and kept until they are answered. When the connection is lost, or
 * Redis says that it cannot serve for now (loading, out of memory, read-only, ...), the store connects again,
 * with a growing pause, and sends all that is unanswered once more, in order. So a request may be carried out
 * twice: it must leave the same state as once (GET, SET, HSETNX, ZADD NX, DEL ...), and its caller must take
 * the answer of a second time (HSETNX's 0) as success.
 *
 * What depends on the state of the connection (WATCH, MULTI ... EXEC) is one request of several commands,
 * sent `once`: with nothing between, and never again; when the connection is lost, it fails.
 *
 * Any other request waits as long as it must: it fails only with Redis' own judgement on it (WRONGTYPE ...)
 * or when the store closes. Nothing here blocks but the resolution of a host name while connecting, which
 * hiredis does on the spot: give an address or a unix socket where names resolve slowly. */
#ifndef WORKER_SHARD_STORE_H
#define WORKER_SHARD_STORE_H

#include <hiredis/hiredis.h>
#include <uv.h>

#include "worker/config/redis_url.h"
#include "worker/log.h"

typedef struct store store;
typedef struct store_request store_request;

/* The answer: either `reply`, borrowed for the call, or NULL and the error (ERROR_REDIS). Called in a turn of
 * the loop, never inside store_send; with the last answer, or the one error of a `once` that is lost, the
 * request belongs to the caller again and may be sent again at once. */
typedef void store_callback(store_request *request, const redisReply *reply, const error *e);

/* Before the answer in front of the request's own is handed over: time to fetch what will be needed. Called
 * in a turn of the loop, or not at all; calls nothing of the store. */
typedef void store_notice(store_request *request);

/* A part of a request's bytes, so that long ones are sent from where they lie. */
typedef struct store_piece store_piece;
struct store_piece {
    const store_piece *next;
    const char *bytes;
    size_t size;
};

/* Embedded in the caller's own struct. It and its bytes must stay until `done`, which comes for each answer;
 * the request is the caller's again with the last one. */
struct store_request {
    const char *command; /* in RESP (worker/shard/resp.h), */
    size_t size;
    const store_piece *further; /* and what follows it at once: the rest of it, or further commands */
    uint32_t expected;          /* answers that all of it has; 0: one */
    uint32_t answer_bytes; /* of each answer, at least, where none is of use before the last; 0: unknown */
    bool once;
    store_callback *done;
    store_notice *upcoming; /* may be NULL: one answer is handed over before the first of this one */
    uint32_t answered;      /* answers before the one that `done` is called with */

    /* The store's own. */
    store_request *next;
};

typedef enum store_state {
    STORE_READY,       /* connected, logged in, answering */
    STORE_LOST,        /* was ready; comes before the first try to connect again */
    STORE_UNREACHABLE, /* a try to connect or log in has failed; the next one follows after a pause */
} store_state;

/* Called in a turn of the loop, after the log has been told. e is NULL for STORE_READY. */
typedef void store_changed(void *data, store_state state, const error *e);

typedef struct store_options {
    uv_loop_t *loop;
    const redis_url *url; /* borrowed, as the logger */
    const logger *log;
    uint64_t timeout_ms;    /* without any answer while one is due, or to connect: the connection is lost */
    store_changed *changed; /* may be NULL */
    void *data;             /* for `changed` */
} store_options;

/* Begins to connect in the loop's next turn. NULL without memory. */
MUST_CHECK store *store_new(const store_options *options);
/* Answers what is unanswered with an error in the loop's next turn, then calls closed(data) (may be NULL) and
 * is gone. No call may follow this one. */
void store_close(store *s, void (*closed)(void *data), void *data);

/* May be called at any time, also before the store is ready. */
void store_send(store *s, store_request *request);

bool store_is_ready(const store *s);
/* Sent or waiting, not yet answered. */
size_t store_pending_count(const store *s);

#endif
