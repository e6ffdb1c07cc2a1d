#include "worker/shard/publisher.h"

#include <stdlib.h>

#include "worker/kafka_client.h"

enum { QUEUE_FULL_WAIT_MS = 50 };

struct publisher {
    kafka_client client; /* first: librdkafka's opaque begins with it */
    rd_kafka_t *producer;
    rd_kafka_topic_t *topics[EVENT_KIND_COUNT];
    rd_kafka_resp_err_t delivery_error; /* the first in the present transaction */
    char delivery_topic[256];           /* where it was */
};

/* Without a callback a commit takes twice as long in librdkafka 2.0.2. */
static void on_delivery_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    publisher *p = opaque;
    (void)rk;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || p->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    p->delivery_error = message->err;
    error name; /* for its bounded formatting */
    error_set(&name, ERROR_KAFKA, 0, "%s", rd_kafka_topic_name(message->rkt));
    memcpy(p->delivery_topic, name.message, sizeof p->delivery_topic - 1);
}

publisher *publisher_new(rd_kafka_conf_t *conf, const char *const topics[EVENT_KIND_COUNT], const logger *log,
                         error *e)
{
    char reason[512];
    publisher *p = calloc(1, sizeof *p);
    if (p == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a producer");
        return NULL;
    }
    p->client.log = log;
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery_report);
    p->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (p->producer == NULL) {
        rd_kafka_conf_destroy(conf); /* rd_kafka_new takes it only when it succeeds */
        error_set(e, ERROR_KAFKA, 0, "the producer cannot be created: %s", reason);
        free(p);
        return NULL;
    }
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        p->topics[kind] = rd_kafka_topic_new(p->producer, topics[kind], NULL);
        if (p->topics[kind] == NULL) {
            error_set(e, ERROR_KAFKA, 0, "topic %s: %s", topics[kind],
                      rd_kafka_err2str(rd_kafka_last_error()));
            publisher_free(p);
            return NULL;
        }
    }
    return p;
}

void publisher_free(publisher *p)
{
    if (p == NULL)
        return;
    rd_kafka_purge(p->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(p->producer, 0);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (p->topics[kind] != NULL)
            rd_kafka_topic_destroy(p->topics[kind]);
    rd_kafka_destroy(p->producer);
    free(p);
}

/* What librdkafka says a failed transactional call needs. Destroys the error. */
static publisher_outcome classify(rd_kafka_error_t *failure, const char *call, error *e)
{
    publisher_outcome outcome = rd_kafka_error_is_retriable(failure)         ? PUBLISHER_RETRY
                                : rd_kafka_error_txn_requires_abort(failure) ? PUBLISHER_ABORTED
                                                                             : PUBLISHER_FATAL;
    error_set(e, ERROR_KAFKA, 0, "%s: %s", call, rd_kafka_error_string(failure));
    rd_kafka_error_destroy(failure);
    return outcome;
}

publisher_outcome publisher_init(publisher *p, int timeout_ms, error *e)
{
    rd_kafka_error_t *failure = rd_kafka_init_transactions(p->producer, timeout_ms);
    return failure == NULL ? PUBLISHER_OK : classify(failure, "init_transactions", e);
}

/* ---- one transaction ---- */

static rd_kafka_headers_t *make_headers(const event *ev)
{
    if (ev->header_count == 0)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(ev->header_count);
    for (size_t i = 0; i < ev->header_count; i++) {
        const event_header *h = &ev->headers[i];
        bool there = h->value.kind == VALUE_STRING;
        rd_kafka_header_add(headers, h->name, -1, there ? h->value.text : NULL,
                            there ? (ssize_t)h->value.count : 0);
    }
    return headers;
}

static rd_kafka_resp_err_t produce_once(publisher *p, const event *ev, rd_kafka_headers_t *headers)
{
    bool has_key = ev->key.kind == VALUE_STRING;
    bool has_payload = ev->payload.kind == VALUE_STRING;
    /* An empty key or payload must not become a null one: librdkafka tells them apart by the pointer. */
    void *payload = has_payload ? (void *)(uintptr_t)(ev->payload.count > 0 ? ev->payload.text : "") : NULL;
    void *key = has_key ? (void *)(uintptr_t)(ev->key.count > 0 ? ev->key.text : "") : NULL;
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = p->topics[ev->kind]},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {payload, has_payload ? ev->payload.count : 0}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, has_key ? ev->key.count : 0}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = ev->timestamp_ms > 0 ? ev->timestamp_ms : 0},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t count = sizeof parts / sizeof *parts - (headers == NULL);
    rd_kafka_error_t *failure = rd_kafka_produceva(p->producer, parts, count);
    if (failure == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    return code;
}

static bool produce(publisher *p, const event *ev, error *e)
{
    rd_kafka_headers_t *headers = make_headers(ev);
    for (;;) {
        rd_kafka_resp_err_t code = produce_once(p, ev, headers);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return true;
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && p->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_poll(p->producer, QUEUE_FULL_WAIT_MS);
            continue;
        }
        if (headers != NULL)
            rd_kafka_headers_destroy(headers); /* taken only by a message that was */
        return error_set(e, ERROR_KAFKA, 0, "produce to %s: %s", rd_kafka_topic_name(p->topics[ev->kind]),
                         rd_kafka_err2str(code));
    }
}

static bool produce_all(publisher *p, const batch *b, error *e)
{
    for (const event *ev = b->first; ev != NULL; ev = ev->next)
        if (!produce(p, ev, e))
            return false;
    return true;
}

static publisher_outcome send_offsets(publisher *p, const epoch *ep, const char *const *trigger_topics,
                                      const rd_kafka_consumer_group_metadata_t *group, error *e)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new((int)ep->offset_count);
    for (uint32_t i = 0; i < ep->offset_count; i++) {
        const epoch_offset *o = &ep->offsets[i];
        rd_kafka_topic_partition_list_add(offsets, trigger_topics[o->topic], o->partition)->offset = o->next;
    }
    publisher_outcome outcome;
    do {
        rd_kafka_error_t *failure = rd_kafka_send_offsets_to_transaction(p->producer, offsets, group, -1);
        outcome = failure == NULL ? PUBLISHER_OK : classify(failure, "send_offsets_to_transaction", e);
    } while (outcome == PUBLISHER_RETRY);
    rd_kafka_topic_partition_list_destroy(offsets);
    return outcome;
}

static publisher_outcome commit(publisher *p, error *e)
{
    publisher_outcome outcome;
    do {
        rd_kafka_error_t *failure = rd_kafka_commit_transaction(p->producer, -1);
        outcome = failure == NULL ? PUBLISHER_OK : classify(failure, "commit_transaction", e);
    } while (outcome == PUBLISHER_RETRY);
    return outcome;
}

/* Ends a transaction that failed; what made it fail stays in *e unless aborting fails too. */
static publisher_outcome abort_transaction(publisher *p, error *e)
{
    publisher_outcome outcome;
    error abort_error;
    if (p->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        error_prefix(e, "topic %s refused an event (%s)", p->delivery_topic,
                     rd_kafka_err2str(p->delivery_error));
    /* Never purge what is in flight here: requests on their way still read the batch's memory.
     * abort_transaction drops what is queued and waits for the rest. */
    do {
        rd_kafka_error_t *failure = rd_kafka_abort_transaction(p->producer, -1);
        outcome = failure == NULL ? PUBLISHER_ABORTED : classify(failure, "abort_transaction", &abort_error);
    } while (outcome == PUBLISHER_RETRY);
    if (outcome == PUBLISHER_FATAL)
        *e = abort_error;
    return outcome;
}

publisher_outcome publisher_commit(publisher *p, const batch *b, const epoch *ep,
                                   const char *const *trigger_topics,
                                   const rd_kafka_consumer_group_metadata_t *group, error *e)
{
    p->delivery_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_error_t *failure = rd_kafka_begin_transaction(p->producer);
    if (failure != NULL) {
        classify(failure, "begin_transaction", e);
        return PUBLISHER_FATAL;
    }
    publisher_outcome outcome = PUBLISHER_ABORTED;
    if (produce_all(p, b, e)) {
        outcome = send_offsets(p, ep, trigger_topics, group, e);
        if (outcome == PUBLISHER_OK)
            outcome = commit(p, e);
    }
    return outcome == PUBLISHER_ABORTED ? abort_transaction(p, e) : outcome;
}
