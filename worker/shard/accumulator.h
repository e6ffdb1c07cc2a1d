/* accumulator: one topic's events on their way to librdkafka, by the hundred and by partition.
 *
 * A call for each event would ask the clock three times, choose the partition under a lock, and scatter what
 * the client's sender reads in the order of partitions. So events are kept until there are many for one
 * partition, which is chosen here, by the partitioner that Java producers have. How many partitions there
 * are, librdkafka tells: the first event of a transaction goes by its own choice, which is asked of us. Where
 * the configuration names another partitioner, all of them do.
 *
 * Used by one thread at a time. What is added is read until the transaction has ended. */
#ifndef WORKER_SHARD_ACCUMULATOR_H
#define WORKER_SHARD_ACCUMULATOR_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "engine/error.h"

/* Those of one partition, in their order. */
typedef struct accumulator_list accumulator_list;

/* Embedded by value, and must not move while it is open: librdkafka knows it. */
typedef struct accumulator {
    const char *name;
    rd_kafka_topic_t *topic; /* NULL: closed */
    bool chooses;            /* the partition, once it knows how many there are */
    size_t request_bytes;    /* as many of one partition make librdkafka send them */
    pthread_t user;
    int32_t partition_count;  /* as the present transaction knows it; 0: not yet */
    accumulator_list **lists; /* [0]: for librdkafka to choose; [n + 1]: of partition n */
    size_t list_count;
    const void *last_key; /* most events have the one's before */
    size_t last_list;
} accumulator;

/* The name is borrowed. ERROR_KAFKA. */
MUST_CHECK bool accumulator_open(accumulator *a, rd_kafka_t *producer, const char *name, error *e);
void accumulator_close(accumulator *a); /* a closed one is allowed */

/* A transaction begins, in the caller's thread; what an earlier one has left is dropped. */
void accumulator_begin(accumulator *a);
/* Of the message payload, key and their sizes count. RD_KAFKA_RESP_ERR__QUEUE_FULL: it is kept all the same,
 * and accumulator_flush must be called until there is room. Any other error, memory's included, is the
 * transaction's end. */
MUST_CHECK rd_kafka_resp_err_t accumulator_add(accumulator *a, const rd_kafka_message_t *message);
/* What a delivery report says of a message; its topic may be any. */
void accumulator_delivered(const rd_kafka_message_t *message);
/* True while a partition has more under way than goes into one request: the first one is sent without being
 * asked for, and the rest can go only when that is answered. */
bool accumulator_is_crowded(const accumulator *a);
/* Hands over what there is. RD_KAFKA_RESP_ERR__QUEUE_FULL: call again when there is room; any other error is
 * the transaction's end. */
MUST_CHECK rd_kafka_resp_err_t accumulator_flush(accumulator *a);

#endif
