/* Two consumers: the group's, for what is committed and to read what is decided; and one that sees what is
 * not decided as well, to ask where a topic ends. (A committed transaction becomes visible a moment after its
 * commit: reading up to the last decided message could miss it.) Neither subscribes, so neither joins. */
#include "worker/fsck/fsck_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/custody/outbox.h"
#include "worker/kafka/kafka_client.h"

enum {
    TIMEOUT_MS = 10000, /* of one answer */
    SILENCE_MS = 60000, /* without a message or an end: longer than any transaction stays open */
    POLL_MS = 200,
};

/* A partition of the completion topic. */
typedef struct place {
    int64_t first;     /* that the topic still has */
    int64_t end;       /* to read up to */
    int64_t reached;   /* everything before is read */
    int64_t oldest_ms; /* completed_at of the first event read; 0 before */
} place;

struct fsck_kafka {
    kafka_client client; /* first: librdkafka's opaque begins with it */
    logger log;
    const config *config;
    rd_kafka_t *consumer;
    rd_kafka_t *ends;
    place *places;
    int32_t place_count; /* 0: nothing was read yet */
};

static rd_kafka_t *new_consumer(fsck_kafka *k, const char *isolation, error *e)
{
    char reason[512];
    rd_kafka_conf_t *conf = kafka_client_consumer(k->config, 0, e);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_opaque(conf, k);
    rd_kafka_t *consumer = NULL;
    if (rd_kafka_conf_set(conf, "isolation.level", isolation, reason, sizeof reason) == RD_KAFKA_CONF_OK &&
        rd_kafka_conf_set(conf, "enable.partition.eof", "true", reason, sizeof reason) == RD_KAFKA_CONF_OK)
        consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer != NULL)
        return consumer;
    rd_kafka_conf_destroy(conf);
    error_set(e, ERROR_KAFKA, 0, "no Kafka client can be created: %s", reason);
    return NULL;
}

fsck_kafka *fsck_kafka_open(const config *c, error *e)
{
    fsck_kafka *k = calloc(1, sizeof *k);
    if (k == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for Kafka");
        return NULL;
    }
    k->config = c;
    k->log = (logger){.fd = STDERR_FILENO, .level = LOG_LEVEL_ERROR};
    k->client.log = &k->log;
    k->consumer = new_consumer(k, "read_committed", e);
    k->ends = k->consumer != NULL ? new_consumer(k, "read_uncommitted", e) : NULL;
    if (k->ends != NULL)
        return k;
    fsck_kafka_close(k);
    return NULL;
}

void fsck_kafka_close(fsck_kafka *k)
{
    if (k == NULL)
        return;
    if (k->consumer != NULL)
        rd_kafka_destroy(k->consumer);
    if (k->ends != NULL)
        rd_kafka_destroy(k->ends);
    free(k->places);
    free(k);
}

static bool fail(const fsck_kafka *k, const char *what, rd_kafka_resp_err_t code, error *e)
{
    return error_set(e, ERROR_KAFKA, 0, "Kafka at %s: %s: %s", kafka_client_servers(k->config), what,
                     rd_kafka_err2str(code));
}

/* All topics are asked for, since asking for one by name may create it. */
bool fsck_kafka_partitions(fsck_kafka *k, const char *topic, int32_t *count, error *e)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(k->consumer, 1, NULL, &metadata, TIMEOUT_MS);
    *count = 0;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(k, "no answer", code, e);
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0)
            *count = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return true;
}

/* ---- what is committed ---- */

static bool note(const fsck_kafka *k, audit_partition *p, const rd_kafka_topic_partition_t *at, bool again,
                 error *e)
{
    if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR && at->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return fail(k, "the committed offsets cannot be read", at->err, e);
    uint64_t number = outbox_read_metadata(at->metadata, at->metadata_size);
    if (again) {
        p->published_last = number;
    } else {
        p->committed = at->offset >= 0 ? at->offset : -1;
        p->published = number;
    }
    return true;
}

bool fsck_kafka_committed(fsck_kafka *k, audit_partition *partitions, size_t count, bool again, error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, partitions[i].name.topic.text, partitions[i].name.number);
    rd_kafka_resp_err_t code =
        count == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_committed(k->consumer, list, TIMEOUT_MS);
    bool ok = code == RD_KAFKA_RESP_ERR_NO_ERROR || fail(k, "the committed offsets cannot be read", code, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = note(k, &partitions[i], &list->elems[i], again, e);
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* ---- what was told ---- */

static bool begin_reading(fsck_kafka *k, error *e)
{
    const char *topic = k->config->execution_completions;
    if (!fsck_kafka_partitions(k, topic, &k->place_count, e))
        return false;
    if (k->place_count == 0)
        return error_set(e, ERROR_KAFKA, 0, "topic %s does not exist", topic);
    k->places = calloc((size_t)k->place_count, sizeof *k->places);
    if (k->places == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a topic");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(k->place_count);
    for (int32_t i = 0; i < k->place_count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(k->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || fail(k, "the completions cannot be read", code, e);
}

static bool find_ends(fsck_kafka *k, error *e)
{
    for (int32_t i = 0; i < k->place_count; i++) {
        int64_t first;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(k->ends, k->config->execution_completions,
                                                                    i, &first, &k->places[i].end, TIMEOUT_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fail(k, "the end of the completions cannot be found", code, e);
        if (k->places[i].reached < first)
            k->places[i].reached = first;
        k->places[i].first = first;
    }
    return true;
}

static bool all_reached(const fsck_kafka *k)
{
    for (int32_t i = 0; i < k->place_count; i++)
        if (k->places[i].reached < k->places[i].end)
            return false;
    return true;
}

static bool take(fsck_kafka *k, told *t, const rd_kafka_message_t *m, error *e)
{
    place *p = &k->places[m->partition];
    int64_t completed_ms;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        p->reached = m->offset;
        return true;
    }
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(k, "the completions cannot be read", m->err, e);
    p->reached = m->offset + 1;
    if (!told_add(t, m->payload, m->len, &completed_ms))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for so many completions");
    if (p->oldest_ms == 0)
        p->oldest_ms = completed_ms;
    return true;
}

/* Errors without a partition are about connections, which librdkafka mends. */
static bool is_of_a_partition(const fsck_kafka *k, const rd_kafka_message_t *m)
{
    return m->rkt != NULL && m->partition >= 0 && m->partition < k->place_count;
}

static bool read_on(fsck_kafka *k, told *t, error *e)
{
    int silence_ms = 0;
    while (!all_reached(k)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, POLL_MS);
        silence_ms = m != NULL && is_of_a_partition(k, m) ? 0 : silence_ms + POLL_MS;
        bool ok = m == NULL || !is_of_a_partition(k, m) || take(k, t, m, e);
        if (m != NULL)
            rd_kafka_message_destroy(m);
        if (ok && silence_ms >= SILENCE_MS)
            ok = error_set(e, ERROR_KAFKA, 0, "Kafka at %s: the end of %s is not decided, or does not come",
                           kafka_client_servers(k->config), k->config->execution_completions);
        if (!ok)
            return false;
    }
    return true;
}

/* A topic that has lost its beginning holds what is about as old as what it begins with now, or younger. */
static int64_t horizon(const fsck_kafka *k)
{
    int64_t newest_ms = 0;
    for (int32_t i = 0; i < k->place_count; i++) {
        const place *p = &k->places[i];
        int64_t oldest_ms = p->oldest_ms != 0 ? p->oldest_ms : INT64_MAX;
        if (p->first > 0 && oldest_ms > newest_ms)
            newest_ms = oldest_ms;
    }
    return newest_ms;
}

bool fsck_kafka_read(fsck_kafka *k, told *t, int64_t *horizon_ms, error *e)
{
    if (k->place_count == 0 && !begin_reading(k, e))
        return false;
    if (!find_ends(k, e) || !read_on(k, t, e))
        return false;
    *horizon_ms = horizon(k);
    told_sort(t);
    return true;
}
