#include "worker/shard/publisher.h"

#include <stdlib.h>

#include "worker/kafka/kafka_client.h"
#include "worker/shard/accumulator.h"

enum { QUEUE_FULL_WAIT_MS = 50, REJOIN_TIMEOUT_MS = 2000, REPORT_WAIT_MS = 10, REPORT_WAITS_MAX = 100 };

struct publisher {
    kafka_client client;   /* first: librdkafka's opaque begins with it */
    rd_kafka_conf_t *conf; /* to make the producer from, again where it must be */
    rd_kafka_t *producer;  /* NULL: it was fenced; publisher_join makes another */
    publisher_topics names;
    accumulator accumulators[EVENT_TOPIC_COUNT + PUBLISHER_REQUEST_TOPICS_MAX]; /* of kinds, of requests */
    size_t accumulator_count;
    accumulator *of_kind[EVENT_TOPIC_COUNT];
    bool joined;                        /* the transactional id is registered */
    rd_kafka_resp_err_t delivery_error; /* the first in the present transaction */
    char delivery_topic[256];           /* where it was */
};

/* Without a callback a commit takes twice as long in librdkafka 2.0.2. */
static void on_delivery_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    publisher *p = opaque;
    (void)rk;
    accumulator_delivered(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || p->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    p->delivery_error = message->err;
    error name; /* for its bounded formatting */
    error_set(&name, ERROR_KAFKA, 0, "%s", rd_kafka_topic_name(message->rkt));
    memcpy(p->delivery_topic, name.message, sizeof p->delivery_topic - 1);
}

/* Everything of it that may reach into a batch ends here. */
static void destroy_producer(publisher *p)
{
    if (p->producer == NULL)
        return;
    rd_kafka_purge(p->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(p->producer, 0);
    for (size_t i = 0; i < p->accumulator_count; i++)
        accumulator_close(&p->accumulators[i]);
    p->accumulator_count = 0;
    rd_kafka_destroy(p->producer);
    p->producer = NULL;
    p->joined = false;
}

/* NULL where no event goes there, or did before the configuration changed. */
static accumulator *accumulator_to(publisher *p, const char *topic)
{
    for (size_t i = 0; i < p->accumulator_count; i++)
        if (strcmp(p->accumulators[i].name, topic) == 0)
            return &p->accumulators[i];
    return NULL;
}

/* Kinds may share a topic, and requests may, where the order is that of all their events. */
static bool open_accumulator(publisher *p, const char *topic, error *e)
{
    return accumulator_to(p, topic) != NULL ||
           accumulator_open(&p->accumulators[p->accumulator_count++], p->producer, topic, e);
}

static bool open_accumulators(publisher *p, error *e)
{
    for (size_t i = 0; i < EVENT_TOPIC_COUNT; i++)
        if (!open_accumulator(p, p->names.of_kind[i], e))
            return false;
    for (size_t i = 0; i < p->names.request_count; i++)
        if (!open_accumulator(p, p->names.of_requests[i], e))
            return false;
    for (size_t i = 0; i < EVENT_TOPIC_COUNT; i++)
        p->of_kind[i] = accumulator_to(p, p->names.of_kind[i]);
    return true;
}

static bool create_producer(publisher *p, error *e)
{
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(p->conf);
    p->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (p->producer == NULL) {
        rd_kafka_conf_destroy(conf); /* rd_kafka_new takes it only when it succeeds */
        return error_set(e, ERROR_KAFKA, 0, "the producer cannot be created: %s", reason);
    }
    if (open_accumulators(p, e))
        return true;
    destroy_producer(p);
    return false;
}

publisher *publisher_new(rd_kafka_conf_t *conf, const publisher_topics *topics, const logger *log, error *e)
{
    publisher *p = calloc(1, sizeof *p);
    if (p == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a producer");
        return NULL;
    }
    p->client.log = log;
    p->names = *topics;
    p->conf = conf;
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery_report);
    if (create_producer(p, e))
        return p;
    publisher_free(p);
    return NULL;
}

void publisher_free(publisher *p)
{
    if (p == NULL)
        return;
    destroy_producer(p);
    if (p->conf != NULL)
        rd_kafka_conf_destroy(p->conf);
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

publisher_outcome publisher_join(publisher *p, int timeout_ms, error *e)
{
    if (p->joined)
        return PUBLISHER_OK;
    if (p->producer == NULL && !create_producer(p, e))
        return PUBLISHER_FATAL;
    rd_kafka_error_t *failure = rd_kafka_init_transactions(p->producer, timeout_ms);
    p->joined = failure == NULL;
    return p->joined ? PUBLISHER_OK : classify(failure, "init_transactions", e);
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

/* librdkafka takes what it only reads as `void *`. An empty text must not become a null one: it tells them
 * apart by the pointer. */
static void *bytes_of(const value *text)
{
    const char *bytes = text->count > 0 ? text->text : "";
    void *same;
    memcpy(&same, &bytes, sizeof same);
    return text->kind == VALUE_STRING ? same : NULL;
}

static size_t size_of(const value *text)
{
    return text->kind == VALUE_STRING ? text->count : 0;
}

static rd_kafka_resp_err_t produce_once(publisher *p, const accumulator *a, const event *ev,
                                        rd_kafka_headers_t *headers)
{
    rd_kafka_vu_t by_name = {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = ev->topic};
    rd_kafka_vu_t parts[] = {
        a == NULL ? by_name : (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = a->topic},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {bytes_of(&ev->payload), size_of(&ev->payload)}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {bytes_of(&ev->key), size_of(&ev->key)}},
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

static bool failed_to_produce(const char *topic, rd_kafka_resp_err_t code, error *e)
{
    return error_set(e, ERROR_KAFKA, 0, "produce to %s: %s", topic, rd_kafka_err2str(code));
}

/* True where it is worth to try again: there was no room, and time has gone by. */
static bool wait_for_room(publisher *p, rd_kafka_resp_err_t code)
{
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || p->delivery_error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    rd_kafka_poll(p->producer, QUEUE_FULL_WAIT_MS);
    return true;
}

static bool produce_alone(publisher *p, const accumulator *a, const event *ev, error *e)
{
    rd_kafka_headers_t *headers = make_headers(ev);
    for (;;) {
        rd_kafka_resp_err_t code = produce_once(p, a, ev, headers);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            return true;
        if (wait_for_room(p, code))
            continue;
        if (headers != NULL)
            rd_kafka_headers_destroy(headers); /* taken only by a message that was */
        return failed_to_produce(a == NULL ? ev->topic : a->name, code, e);
    }
}

/* `code` is what the accumulator has just said. */
static bool finish(publisher *p, accumulator *a, rd_kafka_resp_err_t code, error *e)
{
    while (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!wait_for_room(p, code))
            return failed_to_produce(a->name, code, e);
        code = accumulator_flush(a);
    }
    return true;
}

static bool produce_with_others(publisher *p, accumulator *a, const event *ev, error *e)
{
    const rd_kafka_message_t message = {
        .payload = bytes_of(&ev->payload),
        .len = size_of(&ev->payload),
        .key = bytes_of(&ev->key),
        .key_len = size_of(&ev->key),
    };
    return finish(p, a, accumulator_add(a, &message), e);
}

/* An accumulator takes neither headers nor timestamps. Events of a topic are handed over in their order. */
static bool produce(publisher *p, const event *ev, error *e)
{
    accumulator *a = ev->kind == EVENT_REQUEST ? accumulator_to(p, ev->topic) : p->of_kind[ev->kind];
    if (a != NULL && ev->header_count == 0 && ev->timestamp_ms <= 0)
        return produce_with_others(p, a, ev, e);
    return (a == NULL || finish(p, a, accumulator_flush(a), e)) && produce_alone(p, a, ev, e);
}

static bool produce_all(publisher *p, const batch *b, error *e)
{
    for (size_t i = 0; i < p->accumulator_count; i++)
        accumulator_begin(&p->accumulators[i]);
    for (const event *ev = b->first; ev != NULL; ev = ev->next) {
        __builtin_prefetch(ev->next); /* megabytes were written since: it is in no cache any more */
        if (!produce(p, ev, e))
            return false;
    }
    for (size_t i = 0; i < p->accumulator_count; i++)
        if (!finish(p, &p->accumulators[i], accumulator_flush(&p->accumulators[i]), e))
            return false;
    return true;
}

/* Allocated for librdkafka, which frees it with the list. */
static void add_metadata(rd_kafka_topic_partition_t *to, uint64_t number)
{
    char text[OUTBOX_METADATA_SIZE];
    size_t size = outbox_write_metadata(number, text);
    if (size == 0)
        return;
    to->metadata = rd_kafka_mem_malloc(NULL, size);
    to->metadata_size = size;
    memcpy(to->metadata, text, size);
}

static publisher_outcome send_offsets(publisher *p, const epoch *ep, const char *const *trigger_topics,
                                      const rd_kafka_consumer_group_metadata_t *group, error *e)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new((int)ep->offset_count);
    for (uint32_t i = 0; i < ep->offset_count; i++) {
        const epoch_offset *o = &ep->offsets[i];
        rd_kafka_topic_partition_t *to =
            rd_kafka_topic_partition_list_add(offsets, trigger_topics[o->topic], o->partition);
        to->offset = o->next;
        add_metadata(to, o->outbox);
    }
    publisher_outcome outcome;
    do {
        rd_kafka_error_t *failure = rd_kafka_send_offsets_to_transaction(p->producer, offsets, group, -1);
        outcome = failure == NULL ? PUBLISHER_OK : classify(failure, "send_offsets_to_transaction", e);
    } while (outcome == PUBLISHER_RETRY);
    rd_kafka_topic_partition_list_destroy(offsets);
    return outcome;
}

static bool is_crowded(const publisher *p)
{
    for (size_t i = 0; i < p->accumulator_count; i++)
        if (accumulator_is_crowded(&p->accumulators[i]))
            return true;
    return false;
}

/* Of each partition one request is under way at a time (librdkafka 2.0.2). While a commit flushes, what must
 * wait for that has the sender's thread look for it again and again without a pause: better it is not flushed
 * yet. Whether there is an answer at all is the commit's to find out. */
static void await_requests(publisher *p)
{
    int idle = 0;
    while (idle < REPORT_WAITS_MAX && p->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR && is_crowded(p))
        idle = rd_kafka_poll(p->producer, REPORT_WAIT_MS) == 0 ? idle + 1 : 0;
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

/* The coordinator gave our epoch to somebody else: to nobody, where it ended a transaction that had outlived
 * transaction.timeout.ms (a broker restarted, say), or to another worker with our id. Or it knows of no
 * transaction of ours where we end one: while it was away, neither partitions nor offsets came as far as to
 * it. librdkafka takes both for the producer's end. */
static bool is_beyond_use(const publisher *p)
{
    char reason[1];
    if (p->producer == NULL)
        return false;
    switch (rd_kafka_fatal_error(p->producer, reason, sizeof reason)) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING:
    case RD_KAFKA_RESP_ERR_INVALID_TXN_STATE:
        return true;
    default:
        return false;
    }
}

static publisher_outcome run_transaction(publisher *p, const batch *b, const epoch *ep,
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
        if (outcome == PUBLISHER_OK) {
            await_requests(p);
            outcome = commit(p, e);
        }
    }
    return outcome == PUBLISHER_ABORTED ? abort_transaction(p, e) : outcome;
}

publisher_outcome publisher_commit(publisher *p, const batch *b, const epoch *ep,
                                   const char *const *trigger_topics,
                                   const rd_kafka_consumer_group_metadata_t *group, error *e)
{
    publisher_outcome outcome = publisher_join(p, REJOIN_TIMEOUT_MS, e);
    if (outcome == PUBLISHER_RETRY)
        return PUBLISHER_ABORTED; /* nothing was begun */
    if (outcome == PUBLISHER_OK)
        outcome = run_transaction(p, b, ep, trigger_topics, group, e);
    if (outcome != PUBLISHER_FATAL || !is_beyond_use(p))
        return outcome;
    /* What the transaction came to is what the committed offsets say: the rewind that follows reads them. The
     * producer is of no use any more, and must not outlive the batch. */
    destroy_producer(p);
    error_prefix(e, "a new producer joins (if this goes on, two workers have the same worker.id)");
    return PUBLISHER_ABORTED;
}
