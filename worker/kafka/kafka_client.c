#include "worker/kafka/kafka_client.h"

#include <stdio.h>
#include <string.h>

typedef struct property {
    const char *name;
    const char *value;
} property;

/* Set before the user's own, so that those can override. */
static const property consumer_defaults[] = {
    {"auto.offset.reset", "earliest"},
    {"isolation.level", "read_committed"},
    {"partition.assignment.strategy", "range,roundrobin"}, /* cooperative ones lose commits before 2.10 */
    {"queued.min.messages", "20000"},
    {"queued.max.messages.kbytes", "32768"},
};

static const property producer_defaults[] = {
    {"transaction.timeout.ms", "10000"},
    {"message.timeout.ms", "9000"}, /* must be lower than the transaction's */
    /* A commit flushes: waiting longer never delays an event, and it fills the batches. */
    {"linger.ms", "1000"},
    /* While markers of the last transaction are written, the coordinator says so, and the client waits this
       long. */
    {"retry.backoff.ms", "2"},
    {"compression.codec", "lz4"},
    {"partitioner",
     "murmur2_random"}, /* as Java producers have it: one key, one partition, whoever produces */
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "1048576"},
};

/* Set after the user's own: without these nothing is exactly once. config.c refuses them by name. */
static const property consumer_fixed[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
};

static bool set(rd_kafka_conf_t *conf, const char *name, const char *text, error *e)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, text, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(e, ERROR_CONFIG, 0, "kafka: %s", reason);
}

static bool set_all(rd_kafka_conf_t *conf, const property *properties, size_t count, error *e)
{
    for (size_t i = 0; i < count; i++)
        if (!set(conf, properties[i].name, properties[i].value, e))
            return false;
    return true;
}

#define SET_ALL(conf, table, e) set_all(conf, table, sizeof(table) / sizeof *(table), e)

/* Trouble with connections comes to us as errors, too, and is told there once and clearly; of configuration
 * warnings the usual one is that a consumer got a producer's property from [kafka]. Lines may name hosts,
 * never content. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    enum { SYSLOG_WARNING = 4 };
    static const char *const told_elsewhere[] = {"FAIL", "ERROR", "CONFWARN", "GETPID"};
    const kafka_client *client = rd_kafka_opaque(rk);
    log_level as = level <= SYSLOG_WARNING ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
    for (size_t i = 0; i < sizeof told_elsewhere / sizeof *told_elsewhere; i++)
        if (strcmp(facility, told_elsewhere[i]) == 0)
            as = LOG_LEVEL_DEBUG;
    LOG_AT(client->log, as, "librdkafka", log_text("client", rd_kafka_name(rk)),
           log_text("facility", facility), log_text("message", text));
}

/* A configuration with the names of this process; NULL with the error. */
static rd_kafka_conf_t *new_conf(const config *c, const char *role, unsigned shard, error *e)
{
    char name[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    snprintf(name, sizeof name, "carillon-%s-%u-%s", c->id, shard, role);
    if (set(conf, "client.id", name, e))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* conf where `ok`, else NULL. */
static rd_kafka_conf_t *keep_if(bool ok, rd_kafka_conf_t *conf)
{
    if (ok)
        return conf;
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_conf_t *kafka_client_consumer(const config *c, unsigned shard, error *e)
{
    rd_kafka_conf_t *conf = new_conf(c, "consumer", shard, e);
    return keep_if(conf != NULL && SET_ALL(conf, consumer_defaults, e) &&
                       set(conf, "group.id", c->group, e) &&
                       config_apply_kafka(c, &c->kafka_consumer, conf, e) && SET_ALL(conf, consumer_fixed, e),
                   conf);
}

rd_kafka_conf_t *kafka_client_producer(const config *c, unsigned shard, error *e)
{
    char id[512];
    rd_kafka_conf_t *conf = new_conf(c, "producer", shard, e);
    snprintf(id, sizeof id, "%s-%s-%u", c->group, c->id, shard);
    return keep_if(conf != NULL && SET_ALL(conf, producer_defaults, e) &&
                       set(conf, "transactional.id", id, e) &&
                       config_apply_kafka(c, &c->kafka_producer, conf, e),
                   conf);
}

rd_kafka_conf_t *kafka_client_admin(const config *c, error *e)
{
    rd_kafka_conf_t *conf = new_conf(c, "admin", 0, e);
    return keep_if(conf != NULL && config_apply_kafka(c, NULL, conf, e), conf);
}

const char *kafka_client_servers(const config *c)
{
    for (size_t i = 0; i < c->kafka.count; i++)
        if (strcmp(c->kafka.items[i].name, "bootstrap.servers") == 0)
            return c->kafka.items[i].value;
    return "";
}
