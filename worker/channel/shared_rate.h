/* shared_rate: deliveries that a provider's rate allows all replicas of a group together, granted by Redis
 * and measured by its clock.
 *
 *   <group>:rate:{<provider>}   string: the time, in microseconds since the epoch, until which the rate is
 *                               used up; it expires when that is long over
 *
 * A request grants several at once, so that Redis is asked some times a second and not for each. While Redis
 * is away nothing is granted. */
#ifndef WORKER_CHANNEL_SHARED_RATE_H
#define WORKER_CHANNEL_SHARED_RATE_H

#include "worker/config/config.h"
#include "worker/shard/store.h"

typedef struct shared_rate shared_rate;

/* So many are granted; where it is none, the next will be after wait_ms. */
typedef void shared_rate_granted(shared_rate *r, int64_t count, int64_t wait_ms);

struct shared_rate {
    store_request request;
    arena memory; /* of the request */
    shared_rate_granted *granted;
};

/* Asks for `count` deliveries at p's rate, of which `burst` may be made at once; the answer comes in another
 * turn of the loop, at the latest when the store closes. One question at a time. False without memory. */
MUST_CHECK bool shared_rate_ask(shared_rate *r, store *s, const char *group, const config_provider *p,
                                int64_t burst, int64_t count);

#endif
