#include "worker/shard/accumulator.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MESSAGES = 128, CHOSEN_BY_CLIENT = 0 };

static const char partitioner[] = "murmur2_random";

struct accumulator_list {
    int64_t under_way; /* bytes that were handed over, and of which no report has come */
    int count;
    rd_kafka_message_t messages[LIST_MESSAGES];
};

/* Asked for each event that goes by librdkafka's choice. It asks in a thread of its own, too, where the topic
 * was not known yet: then events wait there, and none may overtake them. */
static int32_t choose(const rd_kafka_topic_t *topic, const void *key, size_t key_size,
                      int32_t partition_count, void *topic_opaque, void *message_opaque)
{
    accumulator *a = topic_opaque;
    if (pthread_equal(pthread_self(), a->user))
        a->partition_count = partition_count;
    return rd_kafka_msg_partitioner_murmur2_random(topic, key, key_size, partition_count, topic_opaque,
                                                   message_opaque);
}

static bool is_ours(const rd_kafka_topic_conf_t *conf)
{
    char name[sizeof partitioner];
    size_t size = sizeof name;
    return rd_kafka_topic_conf_get(conf, "partitioner", name, &size) == RD_KAFKA_CONF_OK &&
           strcmp(name, partitioner) == 0;
}

/* 0 where the configuration does not tell. */
static size_t read_bytes(const rd_kafka_conf_t *conf, const char *property)
{
    char text[32];
    size_t size = sizeof text;
    return rd_kafka_conf_get(conf, property, text, &size) == RD_KAFKA_CONF_OK ? strtoul(text, NULL, 10) : 0;
}

static size_t size_of(const rd_kafka_message_t *m)
{
    return m->len + m->key_len;
}

bool accumulator_open(accumulator *a, rd_kafka_t *producer, const char *name, error *e)
{
    *a = (accumulator){.name = name};
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer);
    a->chooses = is_ours(conf);
    if (a->chooses) {
        rd_kafka_topic_conf_set_partitioner_cb(conf, choose);
        rd_kafka_topic_conf_set_opaque(conf, a);
    }
    a->request_bytes = read_bytes(rd_kafka_conf(producer), "batch.size");
    a->topic = rd_kafka_topic_new(producer, name, conf); /* takes the conf in any case */
    return a->topic != NULL ||
           error_set(e, ERROR_KAFKA, 0, "topic %s: %s", name, rd_kafka_err2str(rd_kafka_last_error()));
}

void accumulator_close(accumulator *a)
{
    if (a->topic != NULL)
        rd_kafka_topic_destroy(a->topic);
    for (size_t i = 0; i < a->list_count; i++)
        free(a->lists[i]);
    free(a->lists);
    *a = (accumulator){.name = a->name};
}

void accumulator_begin(accumulator *a)
{
    for (size_t i = 0; i < a->list_count; i++)
        if (a->lists[i] != NULL)
            a->lists[i]->under_way = a->lists[i]->count = 0;
    a->user = pthread_self();
    a->partition_count = 0;
    a->last_key = NULL;
}

/* NULL without memory. */
static accumulator_list *list_at(accumulator *a, size_t index)
{
    if (index >= a->list_count) {
        accumulator_list **lists = reallocarray(a->lists, index + 1, sizeof *lists);
        if (lists == NULL)
            return NULL;
        memset(lists + a->list_count, 0, (index + 1 - a->list_count) * sizeof *lists);
        a->lists = lists;
        a->list_count = index + 1;
    }
    if (a->lists[index] == NULL)
        a->lists[index] = calloc(1, sizeof(accumulator_list));
    return a->lists[index];
}

static size_t choose_list(accumulator *a, const rd_kafka_message_t *m)
{
    if (!a->chooses || a->partition_count == 0 || m->key == NULL)
        return CHOSEN_BY_CLIENT;
    if (m->key != a->last_key) {
        a->last_key = m->key;
        a->last_list = 1 + (size_t)rd_kafka_msg_partitioner_murmur2_random(a->topic, m->key, m->key_len,
                                                                           a->partition_count, NULL, NULL);
    }
    return a->last_list;
}

/* Keeps those that were not taken, and gives the first one's error. */
static rd_kafka_resp_err_t drop_taken(accumulator_list *list)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (list->messages[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            list->messages[kept++] = list->messages[i];
    list->count = kept;
    return kept > 0 ? list->messages[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A full queue takes what comes first and refuses all behind it, so the order stays. */
static rd_kafka_resp_err_t hand_over(accumulator *a, size_t index)
{
    accumulator_list *list = a->lists[index];
    if (list == NULL || list->count == 0)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    int32_t partition = index == CHOSEN_BY_CLIENT ? RD_KAFKA_PARTITION_UA : (int32_t)index - 1;
    rd_kafka_produce_batch(a->topic, partition, 0, list->messages, list->count);
    return drop_taken(list);
}

rd_kafka_resp_err_t accumulator_add(accumulator *a, const rd_kafka_message_t *message)
{
    size_t index = choose_list(a, message);
    accumulator_list *list = list_at(a, index);
    if (list == NULL)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    list->messages[list->count++] = *message;
    list->under_way += (int64_t)size_of(message);
    /* Until the number of partitions is known no event waits: it is what tells. */
    bool asks = index == CHOSEN_BY_CLIENT && a->chooses && a->partition_count == 0;
    return asks || list->count == LIST_MESSAGES ? hand_over(a, index) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

void accumulator_delivered(const rd_kafka_message_t *message)
{
    const accumulator *a = rd_kafka_topic_opaque(message->rkt);
    size_t index = (size_t)message->partition + 1;
    if (a != NULL && index < a->list_count && a->lists[index] != NULL)
        a->lists[index]->under_way -= (int64_t)size_of(message);
}

/* Of what librdkafka has placed nobody knows where it is, until it is reported. */
bool accumulator_is_crowded(const accumulator *a)
{
    for (size_t i = 1; a->request_bytes > 0 && i < a->list_count; i++)
        if (a->lists[i] != NULL && a->lists[i]->under_way > (int64_t)a->request_bytes)
            return true;
    return false;
}

rd_kafka_resp_err_t accumulator_flush(accumulator *a)
{
    for (size_t i = 0; i < a->list_count; i++) {
        rd_kafka_resp_err_t code = hand_over(a, i);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return code;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}
