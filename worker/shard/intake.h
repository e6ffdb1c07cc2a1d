/* intake: the Kafka consumer of one shard: messages in, and the assignment as it comes and goes.
 *
 * It is polled from the shard's loop and never blocks there. A rebalance is answered when the shard is ready
 * for it, not inside librdkafka's callback: until intake_accept or intake_release is called, the group waits.
 */
#ifndef WORKER_SHARD_INTAKE_H
#define WORKER_SHARD_INTAKE_H

#include <librdkafka/rdkafka.h>

#include "engine/custody/partition.h"
#include "worker/log.h"

typedef struct intake intake;

typedef struct intake_listener {
    void *context;
    /* New partitions, not started: intake_accept starts them. The list is valid until then. */
    void (*assigned)(void *context, const partition *partitions, uint32_t count);
    /* They must be given back: intake_release. `lost`: they are somebody else's already. */
    void (*revoked)(void *context, bool lost);
    /* The client is unusable. */
    void (*fatal)(void *context, const char *reason);
} intake_listener;

/* Takes the conf, also on failure; topics are borrowed for the intake's life. NULL with ERROR_KAFKA. */
MUST_CHECK intake *intake_new(rd_kafka_conf_t *conf, const char *const *topics, uint32_t topic_count,
                              const intake_listener *listener, const logger *log, error *e);
/* Leaves the group and frees the consumer. Blocks for as long as leaving takes. NULL is allowed. */
void intake_close(intake *in);

/* Writes 8 bytes to the descriptor whenever something waits that intake_poll has not seen; -1 ends that. */
void intake_notify(intake *in, int descriptor);
/* Joins the group. */
MUST_CHECK bool intake_subscribe(intake *in, error *e);

/* The next message with its topic's number, or NULL when none waits. Calls the listener on the way. The
 * caller frees it with rd_kafka_message_destroy. */
rd_kafka_message_t *intake_poll(intake *in, uint32_t *topic, uint64_t now_ms);

void intake_release(intake *in);

/* Where a partition stands. */
typedef struct intake_position {
    uint32_t topic;
    int32_t number;
    int64_t offset;       /* the committed one, else where auto.offset.reset begins */
    size_t metadata_size; /* of the committed offset; 0: none, or none of ours */
    char metadata[OUTBOX_METADATA_SIZE];
} intake_position;

/* Reads the committed offsets into the positions, whose other fields are set, behind every transaction that
 * is still pending. Seeking, it goes there. Blocks (the shard calls it from its job's thread) up to
 * timeout_ms. False where that could not be learnt: try again. */
MUST_CHECK bool intake_find(intake *in, intake_position *positions, uint32_t count, bool is_seeking,
                            int timeout_ms, error *e);
/* Starts the offered partitions at these positions. */
void intake_accept(intake *in, const intake_position *positions, uint32_t count);

/* How many messages lie in the partition's log beyond `taken`, as far as the last fetch told; -1 where
 * nothing was fetched yet. Does not block. */
int64_t intake_lag(const intake *in, const partition *p);

/* The group's metadata as of now, for a transaction. The caller frees it. */
rd_kafka_consumer_group_metadata_t *intake_group(const intake *in);

#endif
