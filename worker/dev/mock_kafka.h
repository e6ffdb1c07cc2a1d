/* mock_kafka: librdkafka's mock cluster: a Kafka for one process' life, on 127.0.0.1, that ordinary clients
 * can use.
 *
 * It is for demos and development: it keeps everything in memory and takes transactions without honouring
 * them (in librdkafka 2.0.2 it forgets offsets committed in them, and aborted events stay readable). */
#ifndef WORKER_DEV_MOCK_KAFKA_H
#define WORKER_DEV_MOCK_KAFKA_H

#include "engine/error.h"

typedef struct mock_kafka mock_kafka;

/* NULL with ERROR_KAFKA. */
MUST_CHECK mock_kafka *mock_kafka_start(error *e);
void mock_kafka_stop(mock_kafka *m); /* NULL is allowed */

/* host:port of its brokers; lives as long as it does. */
const char *mock_kafka_servers(const mock_kafka *m);
MUST_CHECK bool mock_kafka_create_topic(mock_kafka *m, const char *topic, int partitions, error *e);

#endif
