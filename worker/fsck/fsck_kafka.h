/* fsck_kafka: what the audit reads from Kafka. It joins no group and commits nothing. */
#ifndef WORKER_FSCK_KAFKA_H
#define WORKER_FSCK_KAFKA_H

#include "worker/config/config.h"
#include "worker/fsck/audit.h"
#include "worker/fsck/told.h"

typedef struct fsck_kafka fsck_kafka;

/* Connects with the configuration's clients. NULL with ERROR_CONFIG or ERROR_KAFKA. */
MUST_CHECK fsck_kafka *fsck_kafka_open(const config *c, error *e);
void fsck_kafka_close(fsck_kafka *k); /* NULL is allowed */

/* How many partitions a topic has; 0 where there is no such topic. */
MUST_CHECK bool fsck_kafka_partitions(fsck_kafka *k, const char *topic, int32_t *count, error *e);
/* The group's committed offset (-1: none) and the outbox number in its metadata, of each partition: the
 * offset into `committed`, the number into `published`, or, `again`, into `published_last`. */
MUST_CHECK bool fsck_kafka_committed(fsck_kafka *k, audit_partition *partitions, size_t count, bool again,
                                     error *e);
/* Reads the execution completion topic, from where the last call ended, to what its end is now, once all of
 * it is decided. *horizon_ms: what completed before may have left the topic; 0: nothing has. */
MUST_CHECK bool fsck_kafka_read(fsck_kafka *k, told *t, int64_t *horizon_ms, error *e);

#endif
