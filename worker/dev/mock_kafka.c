#include "worker/dev/mock_kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct mock_kafka {
    rd_kafka_t *client; /* the cluster hangs from a client that is used for nothing else */
    rd_kafka_mock_cluster_t *cluster;
};

static void discard_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

mock_kafka *mock_kafka_start(error *e)
{
    char reason[256] = "";
    mock_kafka *m = calloc(1, sizeof *m);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, discard_log);
    if (m != NULL)
        m->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (m == NULL || m->client == NULL)
        rd_kafka_conf_destroy(conf);
    else
        m->cluster = rd_kafka_mock_cluster_new(m->client, 1);
    if (m != NULL && m->cluster != NULL)
        return m;
    error_set(e, ERROR_KAFKA, 0, "the embedded Kafka cannot be started: %s", reason);
    mock_kafka_stop(m);
    return NULL;
}

void mock_kafka_stop(mock_kafka *m)
{
    if (m == NULL)
        return;
    if (m->cluster != NULL)
        rd_kafka_mock_cluster_destroy(m->cluster);
    if (m->client != NULL)
        rd_kafka_destroy(m->client);
    free(m);
}

const char *mock_kafka_servers(const mock_kafka *m)
{
    return rd_kafka_mock_cluster_bootstraps(m->cluster);
}

bool mock_kafka_create_topic(mock_kafka *m, const char *topic, int partitions, error *e)
{
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(m->cluster, topic, partitions, 1);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(e, ERROR_KAFKA, 0, "topic %s: %s", topic, rd_kafka_err2str(code));
}
