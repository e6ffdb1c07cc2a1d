/* publisher: the transactional producer of one shard: one batch of events and the offsets behind it, in one
 * Kafka transaction.
 *
 * Its calls block, so the shard makes them on a thread beside its loop, one at a time. They use librdkafka's
 * timeout -1, which is what remains of transaction.timeout.ms: shorter ones can leave the client and the
 * coordinator of different minds (rdkafka.h, rd_kafka_commit_transaction). */
#ifndef WORKER_SHARD_PUBLISHER_H
#define WORKER_SHARD_PUBLISHER_H

#include <librdkafka/rdkafka.h>

#include "engine/custody/epoch.h"
#include "worker/config/config.h"
#include "worker/log.h"
#include "worker/shard/batch.h"

typedef struct publisher publisher;

typedef enum publisher_outcome {
    PUBLISHER_OK,
    PUBLISHER_RETRY,   /* joining only: not reachable in time, call again */
    PUBLISHER_ABORTED, /* nothing of it is visible: the epoch goes back to log custody */
    PUBLISHER_FATAL,   /* the producer is unusable: the process must end */
} publisher_outcome;

enum { PUBLISHER_REQUEST_TOPICS_MAX = CONFIG_PROVIDERS_MAX };

/* Where events go. An outbox may still have requests for a topic that is not among these: they go there. */
typedef struct publisher_topics {
    const char *of_kind[EVENT_TOPIC_COUNT];
    const char *of_requests[PUBLISHER_REQUEST_TOPICS_MAX];
    size_t request_count;
} publisher_topics;

/* Takes the conf (kafka_client_producer), also on failure. The topics' names are borrowed until
 * publisher_free. NULL with ERROR_KAFKA. */
MUST_CHECK publisher *publisher_new(rd_kafka_conf_t *conf, const publisher_topics *topics, const logger *log,
                                    error *e);
void publisher_free(publisher *p); /* NULL is allowed; purges what was never committed */

/* Registers the transactional id and fences an earlier owner of it, unless that is done already. Blocks up to
 * timeout_ms; PUBLISHER_RETRY where no broker answered in time. Called first, and before the next transaction
 * after each PUBLISHER_ABORTED: a producer that was fenced is replaced here. */
MUST_CHECK publisher_outcome publisher_join(publisher *p, int timeout_ms, error *e);

/* Publishes the batch and commits the epoch's offsets for the group. `trigger_topics` names the topics that
 * the offsets count. Blocks until it is decided. */
MUST_CHECK publisher_outcome publisher_commit(publisher *p, const batch *b, const epoch *ep,
                                              const char *const *trigger_topics,
                                              const rd_kafka_consumer_group_metadata_t *group, error *e);

#endif
