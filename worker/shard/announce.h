/* announce: what the world is told of a trigger, as events in its epoch's batch. */
#ifndef WORKER_SHARD_ANNOUNCE_H
#define WORKER_SHARD_ANNOUNCE_H

#include <librdkafka/rdkafka.h>

#include "engine/execution/completion.h"
#include "worker/shard/batch.h"

/* Fingerprints of the events' schemas, for their framing. */
typedef struct announcer {
    uint64_t step_fingerprint;
    uint64_t execution_fingerprint;
    const char *group; /* for the headers of rejected triggers; borrowed */
    const char *worker_id;
} announcer;

MUST_CHECK bool announcer_init(announcer *a, const char *group, const char *worker_id, error *e);

/* Adds the completions of the steps from `first` on that have ended, in their order, and, where it has ended,
 * of the execution. False without memory. */
MUST_CHECK bool announce_execution(const announcer *a, batch *b, const execution *x, size_t first);

/* Adds the rejected trigger: key, value, headers and timestamp as they came, and behind them the headers that
 * say why: Kafka Connect's __connect.errors.* and carillon.reason, carillon.message. False without memory. */
MUST_CHECK bool announce_rejection(const announcer *a, batch *b, const rd_kafka_message_t *message,
                                   const error *why);

#endif
