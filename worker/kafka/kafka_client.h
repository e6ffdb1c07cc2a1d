/* kafka_client: the configuration of every librdkafka client of a worker: what exactly-once needs, what the
 * user said, and where its log lines go. */
#ifndef WORKER_KAFKA_CLIENT_H
#define WORKER_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "worker/config/config.h"
#include "worker/log.h"

/* What every client's opaque begins with, so that librdkafka's log lines find their logger. */
typedef struct kafka_client {
    const logger *log;
} kafka_client;

/* NULL with ERROR_CONFIG. The caller owns the result and must set an opaque that begins with a kafka_client.
 * `shard` tells the clients of one process apart. */
MUST_CHECK rd_kafka_conf_t *kafka_client_consumer(const config *c, unsigned shard, error *e);
MUST_CHECK rd_kafka_conf_t *kafka_client_producer(const config *c, unsigned shard, error *e);
/* For administration only: no group, no transactions. */
MUST_CHECK rd_kafka_conf_t *kafka_client_admin(const config *c, error *e);

/* [kafka] bootstrap.servers, or "" where it is not set. */
const char *kafka_client_servers(const config *c);

#endif
