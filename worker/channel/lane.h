/* lane: what waits for one provider of a shard, and how much of it is under way. No I/O: channel.c does what
 * a lane allows. */
#ifndef WORKER_CHANNEL_LANE_H
#define WORKER_CHANNEL_LANE_H

#include "worker/channel/delivery.h"

typedef struct lane {
    const config_provider *provider;
    delivery *first; /* of those that wait, in the order in which they came */
    delivery **end;
    int64_t in_flight;
} lane;

/* The provider is borrowed. */
void lane_init(lane *l, const config_provider *p);
/* d waits for its turn. */
void lane_push(lane *l, delivery *d);
/* The next one whose turn it is; it is in flight then. NULL: none. */
delivery *lane_take(lane *l);
/* One that was in flight has ended. */
void lane_ended(lane *l);

#endif
