/* lane: what waits for one provider of a shard, how much of it is under way, and what is sent away to come
 * back later. A lane decides; channel.c does what it allows. Times are of the loop's clock. No I/O.
 *
 * A message that is due first gets a place (lane_admit), or is told when to come again (lane_book_ms). With
 * a place it may become a delivery that waits in the lane's queue (lane_push) until it is begun (lane_take)
 * and has ended (lane_ended).
 *
 * There are places for `concurrency` deliveries under way and for `queue` more, and none
 *   - while the provider is given up (breaker.h), but for one that probes,
 *   - where the rate would let it wait for longer than a second,
 *   - for those who come for the first time, while others who were sent away are still to come back. */
#ifndef WORKER_CHANNEL_LANE_H
#define WORKER_CHANNEL_LANE_H

#include "worker/channel/breaker.h"
#include "worker/channel/bucket.h"
#include "worker/channel/delivery.h"
#include "worker/channel/lane_figures.h"
#include "worker/channel/pace.h"

typedef struct lane {
    const config_provider *provider;
    delivery *first; /* of those that wait, in the order in which they came */
    delivery **end;
    int64_t reserved; /* places without a delivery yet */
    int64_t queued;
    int64_t in_flight;
    int64_t ended_ms; /* when the provider last took one, or refused one for what it was */
    breaker breaker;
    bucket bucket;
    pace pace;
    lane_figures figures;

    /* Of a rate that is shared by all replicas (shared_rate.h), in place of the bucket. */
    int64_t granted; /* deliveries that may begin */
    bool asking;     /* more were asked for */
    int64_t ask_ms;  /* not to be asked for again before */
} lane;

/* The provider is borrowed. shards: of the worker; each has its share of a rate, unless Redis grants it. */
void lane_init(lane *l, const config_provider *p, unsigned shards, int64_t now_ms);

/* Gives a place, if there is one. has_waited: it was sent away before, and comes back. */
MUST_CHECK bool lane_admit(lane *l, bool has_waited, int64_t now_ms);
/* A place is free again without a delivery. */
void lane_release(lane *l, int64_t now_ms);
/* When one who is sent away now is to come back. */
int64_t lane_due_ms(const lane *l, int64_t now_ms);
/* Sends one away: the time is given to nobody else. */
int64_t lane_book_ms(lane *l, int64_t now_ms);

/* The queue fills, and the provider is about as fast as a shard: bringing nothing more for a moment is
 * cheaper for everybody than sending the next ones away. False as soon as the provider takes nothing any
 * more. */
bool lane_is_filling(const lane *l, int64_t now_ms);

/* d has a place, and waits for its turn. */
void lane_push(lane *l, delivery *d);
/* The next one whose turn it is; it is under way then. NULL: none. */
delivery *lane_take(lane *l, int64_t now_ms);
/* When lane_take may have one that it has not now, although none has ended; INT64_MAX: never. */
int64_t lane_wake_ms(const lane *l, int64_t now_ms);
/* One that was under way has ended. True where the provider is given up by that: those that wait are not to
 * be made (lane_drop). */
bool lane_ended(lane *l, const delivery *d, channel_result result, int64_t now_ms);
/* The first of those that wait does so no longer. NULL: none. */
delivery *lane_drop(lane *l);

/* How many more deliveries are to be asked for from the shared rate; 0: none. They are being asked for
 * then. */
int64_t lane_ask(lane *l, int64_t now_ms);
/* So many are granted; where it is none, the next may be after wait_ms. */
void lane_grant(lane *l, int64_t count, int64_t wait_ms, int64_t now_ms);

#endif
