/* channel: how a rendered step reaches its recipient. One implementation a provider kind: inbox, log, null,
 * http (http.h).
 *
 * A deliverer belongs to one shard and runs on its loop: it never blocks. It ends a delivery at once, or
 * later by calling delivery->done in another turn of the loop, exactly once; or never, where the shard has
 * closed its channels before. */
#ifndef WORKER_CHANNEL_CHANNEL_H
#define WORKER_CHANNEL_CHANNEL_H

#include "engine/execution/execution.h"
#include "worker/config/config.h"
#include "worker/log.h"
#include "worker/shard/store.h"

typedef enum channel_result {
    CHANNEL_DELIVERED,
    CHANNEL_REFUSED, /* delivery->code and ->sentence say why, ->retriable whether for good */
    CHANNEL_PENDING, /* delivery->done follows */
} channel_result;

typedef struct delivery delivery;
typedef struct http http;

struct delivery {
    /* Filled by the caller, valid until the delivery has ended. */
    const execution *execution;
    const step *step;
    const value *message; /* rendered: a map from field to string (`data`: a map) */
    int64_t now_ms;
    arena *arena; /* for what the deliverer needs until it has ended */
    void (*done)(delivery *d, channel_result result);

    /* Why it was refused: a stable word and a sentence without content. Static or in the arena. */
    const char *code;
    const char *sentence;
    bool retriable;         /* another attempt may succeed */
    int64_t retry_after_ms; /* the provider asks to wait so long before it; 0: it did not say */

    /* The deliverer's own. */
    store_request requests[2];
    unsigned outstanding;
    delivery *next; /* of those that wait for the same provider */
};

/* The delivery's idempotency key: one for each execution, step and run. */
static inline identity delivery_key(const delivery *d)
{
    return identity_of_event(&d->execution->id, &d->step->id, d->execution->run);
}

typedef struct channels {
    /* Filled by the owner; borrowed. */
    const config *config;
    const logger *log;
    store *store;

    /* Its own. */
    http *http; /* NULL: no provider is of this kind, or closed */
} channels;

/* Makes its own parts; the rest is filled already. ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool channels_init(channels *c, uv_loop_t *loop, error *e);
/* Ends what is outward: deliveries that are pending there stay so, without a call of `done`, and so do those
 * that are still asked for. The loop must turn once more. */
void channels_close(channels *c);

/* The first step of the workflow whose `provider` names none that there is, or NULL. */
const step *channel_find_unknown(const config *c, const workflow *w);
/* The provider that serves a step: its own, or the one that [channels] names for its type; "unknown" where
 * there is none. Static. */
const char *channel_provider(const config *c, const step *s);

/* True where a delivery leaves what the shard's own Redis knows: an attempt must be on record before it is
 * made, since nobody can tell what came of one that was interrupted. */
bool channel_is_outward(const channels *c, const step *s);
/* Whether such an interrupted attempt is made again (at least once) or given up (at most once). */
bool channel_retries_unknown(const channels *c, const step *s);

/* Delivers d through the step's provider. */
MUST_CHECK channel_result channel_deliver(const channels *c, delivery *d);

/* The kinds, for channel_deliver. */
channel_result inbox_deliver(const channels *c, delivery *d);
channel_result log_deliver(const channels *c, delivery *d);

#endif
