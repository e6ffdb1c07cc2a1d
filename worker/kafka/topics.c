#include "worker/kafka/topics.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "worker/kafka/kafka_client.h"

enum { TOPICS_MAX = 64, OUTPUT_TOPICS = 3 + CONFIG_PROVIDERS_MAX };

typedef struct inquiry {
    kafka_client client; /* first: librdkafka's opaque begins with it */
    char refusal[256];   /* what a broker said that did not let us in; empty where none did */
} inquiry;

/* Metadata's own error tells a wrong password and a dead broker not apart. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    inquiry *i = opaque;
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
        snprintf(i->refusal, sizeof i->refusal, "%s", reason);
}

static void tell_unreachable(rd_kafka_t *rk, const config *c, rd_kafka_resp_err_t code, error *e)
{
    const inquiry *i = rd_kafka_opaque(rk);
    rd_kafka_poll(rk, 0); /* serves on_error */
    if (i->refusal[0] != '\0')
        error_set(e, ERROR_KAFKA, 0, "Kafka at %s does not let us in: %s", kafka_client_servers(c),
                  i->refusal);
    else
        error_set(e, ERROR_KAFKA, 0, "no Kafka broker answers at %s (%s)", kafka_client_servers(c),
                  rd_kafka_err2str(code));
}

/* The topics that the cluster lacks. */
typedef struct missing {
    const char *names[TOPICS_MAX + OUTPUT_TOPICS];
    size_t count;
} missing;

static bool has_topic(const rd_kafka_metadata_t *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            return metadata->topics[i].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    return false;
}

/* Several providers may share a topic. */
static void look_for(const rd_kafka_metadata_t *metadata, const char *name, missing *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->names[i], name) == 0)
            return;
    if (!has_topic(metadata, name) && m->count < sizeof m->names / sizeof *m->names)
        m->names[m->count++] = name;
}

/* All topics are asked for, since asking for one by name may create it with the broker's defaults. */
static bool find_missing(rd_kafka_t *rk, const config *c, int timeout_ms, missing *m, error *e)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 1, NULL, &metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        tell_unreachable(rk, c, code, e);
        return false;
    }
    for (size_t i = 0; i < c->triggers.count; i++)
        look_for(metadata, c->triggers.items[i], m);
    look_for(metadata, c->step_completions, m);
    look_for(metadata, c->execution_completions, m);
    look_for(metadata, c->rejected, m);
    for (size_t i = 0; i < c->provider_count; i++)
        if (c->providers[i].kind == CONFIG_KAFKA)
            look_for(metadata, c->providers[i].topic, m);
    rd_kafka_metadata_destroy(metadata);
    return true;
}

/* True where every topic was made, or another worker was faster. */
static bool all_created(const rd_kafka_CreateTopics_result_t *result, error *e)
{
    size_t count;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return error_set(e, ERROR_KAFKA, 0, "topic %s cannot be created: %s",
                             rd_kafka_topic_result_name(topics[i]), rd_kafka_err2str(code));
    }
    return true;
}

static bool request(rd_kafka_t *rk, rd_kafka_NewTopic_t **topics, size_t count, int timeout_ms, error *e)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_CreateTopics(rk, topics, count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
    bool ok = false;
    if (event == NULL)
        error_set(e, ERROR_KAFKA, 0, "topics cannot be created: no answer in time");
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        error_set(e, ERROR_KAFKA, 0, "topics cannot be created: %s", rd_kafka_event_error_string(event));
    else
        ok = all_created(rd_kafka_event_CreateTopics_result(event), e);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return ok;
}

static bool create(rd_kafka_t *rk, const config *c, const missing *m, int timeout_ms, error *e)
{
    char reason[256];
    rd_kafka_NewTopic_t *topics[TOPICS_MAX + OUTPUT_TOPICS];
    size_t count = 0;
    for (; count < m->count; count++) {
        topics[count] = rd_kafka_NewTopic_new(m->names[count], (int)c->create_topics_partitions,
                                              (int)c->create_topics_replication, reason, sizeof reason);
        if (topics[count] == NULL)
            break;
    }
    bool ok = count == m->count
                  ? request(rk, topics, count, timeout_ms, e)
                  : error_set(e, ERROR_KAFKA, 0, "topic %s cannot be created: %s", m->names[count], reason);
    rd_kafka_NewTopic_destroy_array(topics, count);
    return ok;
}

static topics_outcome ensure(rd_kafka_t *rk, const config *c, const logger *log, int timeout_ms, error *e)
{
    missing m = {0};
    if (!find_missing(rk, c, timeout_ms, &m, e))
        return TOPICS_UNREACHABLE;
    if (m.count == 0)
        return TOPICS_READY;
    if (!c->create_topics) {
        error_set(e, ERROR_KAFKA, 0,
                  "topic %s does not exist and worker.create_topics is false: create it, or allow that",
                  m.names[0]);
        return TOPICS_MISSING;
    }
    if (!create(rk, c, &m, timeout_ms, e))
        return TOPICS_MISSING;
    for (size_t i = 0; i < m.count; i++)
        log_info(log, "topic_created", log_text("topic", m.names[i]));
    return TOPICS_READY;
}

topics_outcome topics_ensure(const config *c, const logger *log, int timeout_ms, error *e)
{
    char reason[512];
    inquiry asked = {.client = {log}};
    if (c->triggers.count > TOPICS_MAX) {
        error_set(e, ERROR_CONFIG, 0, "worker.triggers names more than %d topics", TOPICS_MAX);
        return TOPICS_FAILED;
    }
    rd_kafka_conf_t *conf = kafka_client_admin(c, e);
    if (conf == NULL)
        return TOPICS_FAILED;
    rd_kafka_conf_set_opaque(conf, &asked);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(e, ERROR_KAFKA, 0, "no Kafka client can be created: %s", reason);
        return TOPICS_FAILED;
    }
    topics_outcome outcome = ensure(rk, c, log, timeout_ms, e);
    rd_kafka_destroy(rk);
    return outcome;
}
