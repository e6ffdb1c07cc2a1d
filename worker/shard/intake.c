#include "worker/shard/intake.h"

#include <stdlib.h>
#include <string.h>

#include "worker/kafka/kafka_client.h"

struct intake {
    kafka_client client; /* first: librdkafka's opaque begins with it */
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    const char *const *topics;
    uint32_t topic_count;
    intake_listener listener;
    log_limiter error_limiter;
    rd_kafka_topic_partition_list_t *offered; /* an assignment that waits for intake_accept */
    const rd_kafka_topic_t *latest_handle;    /* messages come in runs: the handle of the last one ... */
    uint32_t latest_topic;                    /* ... and its number */
    bool begins_at_end;                       /* auto.offset.reset: where nothing was ever committed */
    bool closing;
};

static uint32_t topic_number(const intake *in, const char *name)
{
    for (uint32_t i = 0; i < in->topic_count; i++)
        if (strcmp(in->topics[i], name) == 0)
            return i;
    return UINT32_MAX;
}

/* ---- the assignment ---- */

static void offer(intake *in, const rd_kafka_topic_partition_list_t *list)
{
    partition *keys = calloc((size_t)list->cnt + 1, sizeof *keys);
    if (in->offered != NULL)
        rd_kafka_topic_partition_list_destroy(in->offered);
    in->offered = rd_kafka_topic_partition_list_copy(list);
    if (keys == NULL) {
        in->listener.fatal(in->listener.context, "no memory for the assignment");
        return;
    }
    for (int i = 0; i < list->cnt; i++)
        keys[i] =
            (partition){.topic = topic_number(in, list->elems[i].topic), .number = list->elems[i].partition};
    in->listener.assigned(in->listener.context, keys, (uint32_t)list->cnt);
    free(keys);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    intake *in = opaque;
    if (in->closing) {
        /* Everything is committed or dropped by now: rd_kafka_consumer_close waits for this answer. */
        rd_kafka_assign(rk, NULL);
    } else if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        offer(in, list);
    } else {
        in->listener.revoked(in->listener.context, rd_kafka_assignment_lost(rk) != 0);
    }
}

void intake_accept(intake *in, const intake_position *positions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(
            in->offered, in->topics[positions[i].topic], positions[i].number);
        if (p != NULL)
            p->offset = positions[i].offset;
    }
    rd_kafka_assign(in->consumer, in->offered);
    rd_kafka_topic_partition_list_destroy(in->offered);
    in->offered = NULL;
}

void intake_release(intake *in)
{
    rd_kafka_assign(in->consumer, NULL);
}

/* ---- life ---- */

static bool resets_to_end(const rd_kafka_conf_t *conf)
{
    static const char *const ends[] = {"latest", "largest", "end"};
    char reset[32];
    size_t size = sizeof reset;
    if (rd_kafka_conf_get(conf, "auto.offset.reset", reset, &size) != RD_KAFKA_CONF_OK)
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(reset, ends[i]) == 0)
            return true;
    return false;
}

intake *intake_new(rd_kafka_conf_t *conf, const char *const *topics, uint32_t topic_count,
                   const intake_listener *listener, const logger *log, error *e)
{
    char reason[512];
    intake *in = calloc(1, sizeof *in);
    if (in == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a consumer");
        return NULL;
    }
    *in = (intake){.topics = topics, .topic_count = topic_count, .listener = *listener, .client = {log}};
    in->begins_at_end = resets_to_end(conf);
    rd_kafka_conf_set_opaque(conf, in);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    in->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (in->consumer == NULL) {
        rd_kafka_conf_destroy(conf); /* rd_kafka_new takes it only when it succeeds */
        error_set(e, ERROR_KAFKA, 0, "the consumer cannot be created: %s", reason);
        free(in);
        return NULL;
    }
    rd_kafka_poll_set_consumer(in->consumer);
    in->queue = rd_kafka_queue_get_consumer(in->consumer);
    return in;
}

void intake_close(intake *in)
{
    if (in == NULL)
        return;
    in->closing = true;
    rd_kafka_queue_io_event_enable(in->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(in->queue);
    rd_kafka_consumer_close(in->consumer);
    rd_kafka_destroy(in->consumer);
    if (in->offered != NULL)
        rd_kafka_topic_partition_list_destroy(in->offered);
    free(in);
}

void intake_notify(intake *in, int descriptor)
{
    static const uint64_t one = 1; /* what an eventfd takes */
    rd_kafka_queue_io_event_enable(in->queue, descriptor, &one, sizeof one);
}

bool intake_subscribe(intake *in, error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)in->topic_count);
    for (uint32_t i = 0; i < in->topic_count; i++)
        rd_kafka_topic_partition_list_add(list, in->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(in->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(e, ERROR_KAFKA, 0, "subscribe: %s", rd_kafka_err2str(code));
}

/* ---- messages ---- */

static void report(intake *in, const rd_kafka_message_t *message, uint64_t now_ms)
{
    uint64_t suppressed;
    if (message->err == RD_KAFKA_RESP_ERR__FATAL) {
        char reason[512] = "";
        rd_kafka_fatal_error(in->consumer, reason, sizeof reason);
        in->listener.fatal(in->listener.context, reason);
        return;
    }
    if (!log_limiter_allow(&in->error_limiter, now_ms, &suppressed))
        return;
    log_warn(in->client.log, "consumer_error", log_text("error", rd_kafka_err2name(message->err)),
             log_text("message", rd_kafka_message_errstr(message)),
             log_int("suppressed", (int64_t)suppressed));
}

rd_kafka_message_t *intake_poll(intake *in, uint32_t *topic, uint64_t now_ms)
{
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(in->consumer, 0);
        if (message == NULL)
            return NULL;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            report(in, message, now_ms);
            rd_kafka_message_destroy(message);
            continue;
        }
        if (message->rkt != in->latest_handle) {
            in->latest_handle = message->rkt;
            in->latest_topic = topic_number(in, rd_kafka_topic_name(message->rkt));
        }
        *topic = in->latest_topic;
        return message;
    }
}

static rd_kafka_resp_err_t list_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t seek(intake *in, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    rd_kafka_error_t *failure = rd_kafka_seek_partitions(in->consumer, list, timeout_ms);
    if (failure == NULL)
        return list_error(list);
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    return code;
}

static void note_position(intake_position *to, const rd_kafka_topic_partition_t *committed)
{
    to->offset = committed->offset >= 0 ? committed->offset : -1;
    to->metadata_size = 0;
    if (committed->metadata == NULL || committed->metadata_size > sizeof to->metadata)
        return;
    to->metadata_size = committed->metadata_size;
    memcpy(to->metadata, committed->metadata, committed->metadata_size);
}

/* Where nothing was ever committed, the beginning is: a takeover commits it, so that it does not move. */
static rd_kafka_resp_err_t find_beginning(intake *in, intake_position *p, int timeout_ms)
{
    int64_t low, high;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(in->consumer, in->topics[p->topic], p->number,
                                                                &low, &high, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        p->offset = in->begins_at_end ? high : low;
    return code;
}

static rd_kafka_resp_err_t seek_all(intake *in, const intake_position *positions, uint32_t count,
                                    int timeout_ms)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        const intake_position *p = &positions[i];
        rd_kafka_topic_partition_list_add(list, in->topics[p->topic], p->number)->offset = p->offset;
    }
    rd_kafka_resp_err_t code = seek(in, list, timeout_ms);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

bool intake_find(intake *in, intake_position *positions, uint32_t count, bool is_seeking, int timeout_ms,
                 error *e)
{
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(committed, in->topics[positions[i].topic], positions[i].number);
    rd_kafka_resp_err_t code = rd_kafka_committed(in->consumer, committed, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = list_error(committed);
    for (uint32_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < count; i++) {
        note_position(&positions[i], &committed->elems[i]);
        if (positions[i].offset < 0)
            code = find_beginning(in, &positions[i], timeout_ms);
    }
    rd_kafka_topic_partition_list_destroy(committed);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && is_seeking)
        code = seek_all(in, positions, count, timeout_ms);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(e, ERROR_KAFKA, 0, "the committed offsets cannot be read: %s", rd_kafka_err2str(code));
}

int64_t intake_lag(const intake *in, const partition *p)
{
    int64_t first, end;
    rd_kafka_resp_err_t code =
        rd_kafka_get_watermark_offsets(in->consumer, in->topics[p->topic], p->number, &first, &end);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || end < 0 || p->taken < 0)
        return -1;
    return end > p->taken ? end - p->taken : 0;
}

rd_kafka_consumer_group_metadata_t *intake_group(const intake *in)
{
    return rd_kafka_consumer_group_metadata(in->consumer);
}
