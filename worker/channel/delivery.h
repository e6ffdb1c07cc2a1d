/* delivery: one try to bring a rendered step to its recipient through one provider. */
#ifndef WORKER_CHANNEL_DELIVERY_H
#define WORKER_CHANNEL_DELIVERY_H

#include "engine/execution/execution.h"
#include "worker/config/config.h"

typedef enum channel_result {
    CHANNEL_DELIVERED,
    CHANNEL_REFUSED, /* delivery->code and ->sentence say why, ->retriable whether for good */
    CHANNEL_PENDING, /* delivery->done follows */
} channel_result;

typedef struct delivery delivery;
typedef struct outlet outlet;

struct delivery {
    /* Filled by the caller, valid until the delivery has ended. */
    const config_provider *provider;
    const execution *execution;
    const step *step;
    const value *message; /* rendered: a map from field to string (`data`: a map, `attachments`: a list) */
    int64_t now_ms;
    arena *arena; /* for what the deliverer needs until it has ended */
    /* Called once where the result is PENDING, in another turn of the loop. */
    void (*done)(delivery *d, channel_result result);

    /* Said by the deliverer. Why it was refused: a stable word and a sentence without content, static or in
     * the arena. */
    const char *code;
    const char *sentence;
    const char *detail;     /* for the log alone: static, without content; may be NULL */
    bool retriable;         /* another attempt may succeed */
    bool unknown;           /* nobody can tell whether it arrived; whether to try again says on_unknown */
    int64_t retry_after_ms; /* the provider asks to wait so long before it; 0: it did not say */
    value message_id;       /* what the provider calls the message: a string in the arena, or null */

    /* The channel's own. */
    outlet *outlet;
    int64_t begun_ms;                                     /* when its turn came, by the loop's clock */
    delivery *next;                                       /* of those that wait for the same provider */
    void (*reported)(delivery *d, channel_result result); /* the caller's `done` */
};

/* The delivery's idempotency key: one for each execution, step and run. */
static inline identity delivery_key(const delivery *d)
{
    return identity_of_event(&d->execution->id, &d->step->id, d->execution->run);
}

#endif
