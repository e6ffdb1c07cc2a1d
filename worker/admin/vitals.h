/* vitals: what a worker lets its admin server see: whether its loops turn, whether it takes triggers, its
 * figures. The worker's main loop writes it, the server's thread reads it. */
#ifndef WORKER_ADMIN_VITALS_H
#define WORKER_ADMIN_VITALS_H

#include <stdatomic.h>

#include "engine/value/buffer.h"
#include "worker/shard/shard.h"

enum {
    VITALS_SHARDS_MAX = 256,
    VITALS_TURN_MAX_MS = 5000, /* a loop that has not turned for so long is stuck */
};

typedef struct vitals {
    /* Filled before the server starts. */
    const config *config;
    unsigned shards_wanted;
    double start_seconds; /* process_start */

    shard *shards[VITALS_SHARDS_MAX];
    atomic_uint shard_count; /* of these, how many may be looked at */
    atomic_bool stopping;
    _Atomic int64_t turned_ms; /* the main loop */
} vitals;

/* By the worker. The shard must live until the server has stopped. */
void vitals_add_shard(vitals *v, shard *s);
void vitals_turn(vitals *v);

/* By the server. False with the reason, a sentence. */
MUST_CHECK bool vitals_alive(const vitals *v, error *e);
MUST_CHECK bool vitals_ready(const vitals *v, error *e);
/* Appends all metrics; a failed buffer is one without room. */
void vitals_write_metrics(const vitals *v, buffer *b);

#endif
