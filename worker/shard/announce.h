/* announce: what the world is told of a trigger, as events in its epoch's batch. */
#ifndef WORKER_SHARD_ANNOUNCE_H
#define WORKER_SHARD_ANNOUNCE_H

#include <librdkafka/rdkafka.h>

#include "engine/execution/completion.h"
#include "worker/config/config.h"
#include "worker/log.h"
#include "worker/shard/batch.h"

/* Fingerprints of the events' schemas, for their framing. */
typedef struct announcer {
    uint64_t step_fingerprint;
    uint64_t execution_fingerprint;
    uint64_t request_fingerprint;
    const config *config; /* borrowed, as the logger */
    const logger *log;
} announcer;

MUST_CHECK bool announcer_init(announcer *a, const config *c, const logger *log, error *e);

/* Adds the completions of the steps from `first` on that have ended, in their order, each behind the request
 * that has delivered it, if one has; and, where it has ended, of the execution. False without memory.
 *
 * A record may be older than the configuration, which then has no topic for its request any more: that is
 * logged as an error (request_dropped), and the completions are made all the same. */
MUST_CHECK bool announce_execution(const announcer *a, batch *b, const execution *x, size_t first);

/* Adds the rejected trigger: key, value, headers and timestamp as they came, and behind them the headers that
 * say why: Kafka Connect's __connect.errors.* and carillon.reason, carillon.message. False without memory. */
MUST_CHECK bool announce_rejection(const announcer *a, batch *b, const rd_kafka_message_t *message,
                                   const error *why);

#endif
