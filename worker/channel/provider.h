/* provider: the interface of a kind of provider (http, smtp, inbox ...): what carries a delivery out.
 *
 * A kind opens a part of its own for each of its providers and each shard. It runs on the shard's loop and
 * never blocks. It ends a delivery at once, or later by calling delivery->done in another turn of the loop,
 * exactly once; or never, where it was closed before. */
#ifndef WORKER_CHANNEL_PROVIDER_H
#define WORKER_CHANNEL_PROVIDER_H

#include "worker/channel/delivery.h"
#include "worker/channel/transfers.h"
#include "worker/log.h"
#include "worker/shard/store.h"

/* Where it works. All of it outlives what is opened there. */
typedef struct provider_site {
    const config *config;
    const logger *log;
    uv_loop_t *loop;
    store *store;
    transfers *transfers;
    unsigned shards; /* of the worker, which share a rate */
} provider_site;

typedef struct provider_kind {
    /* A delivery leaves what the shard's own Redis and transactions know: an attempt must be on record before
     * it is made, since nobody can tell what came of one that was interrupted. */
    bool is_outward;
    /* What is wrong with its configuration, at the start of the program: ERROR_CONFIG, without the section's
     * name. May be NULL: nothing can be. */
    bool (*check)(const config_provider *p, error *e);
    /* The site is copied, the provider borrowed. NULL with the error; where `open` itself is NULL, nothing is
     * to be opened and `own` is the site. */
    void *(*open)(const provider_site *site, const config_provider *p, error *e);
    /* Never called for more than p->concurrency at a time: queues are the lane's (lane.h). It tells what
     * happened; what on_unknown makes of it, and what is logged and counted, is the channel's. */
    channel_result (*deliver)(void *own, delivery *d);
    /* Cuts what is in flight, without `done`. May be NULL, as `open`. Its last memory may go in the loop's
     * next turn. */
    void (*close)(void *own);
} provider_kind;

extern const provider_kind provider_http;
extern const provider_kind provider_smtp;
extern const provider_kind provider_inbox;
extern const provider_kind provider_kafka;
extern const provider_kind provider_log;
extern const provider_kind provider_null;

#endif
