/* The way of a trigger:
 *
 *   tasks_start -> decode --> look_up --(the same execution is under way)--> waits, then look_up
 *                    |           |
 *                    |       GET record --> none: run -> deliver ... -> SET record -> announce -> end
 *                    |              |-----> of the same origin: announce from the record -> end
 *                    |              +-----> of another origin: a duplicate -> end
 *                    +--> reject -> end
 *
 * Each arrow that waits for Redis or a deliverer comes back through a callback. There the epoch may have been
 * dropped: then the task ends at once and touches nothing, since its trigger is in log custody again. */
#include "worker/shard/tasks.h"

#include <stdlib.h>

#include "engine/execution/record.h"
#include "engine/limits.h"
#include "worker/shard/resp.h"

enum {
    CHUNK_BYTES = 6 << 10,   /* what an ordinary trigger needs, so that it costs no further allocation */
    COMMAND_BYTES = 4 << 10, /* of a command, beside its value */
    /* Beside the decoded trigger: rendered messages, results, the record and its command. */
    WORK_BYTES = 4 * LIMIT_RECORD_BYTES,
};

struct task {
    task *next; /* in the free list, or among those that wait for the same execution */
    tasks *owner;
    epoch *epoch;
    rd_kafka_message_t *message;
    arena arena;
    trigger trigger;
    running_entry running;
    task *waiting; /* others with the same execution id */
    execution execution;
    store_request request;
    delivery delivery;
};

static void look_up(task *k);

/* A task from a part of it that somebody else hands back. */
#define TASK_OF(part, member) ((task *)(void *)((char *)(part)-offsetof(task, member)))

static int64_t now_ms(const tasks *t)
{
    return (int64_t)uv_now(t->loop) + t->clock_offset_ms;
}

static bool dropped(const task *k)
{
    return k->epoch->state == EPOCH_DROPPED || k->owner->closing;
}

static tally *tally_of(task *k)
{
    batch *b = k->epoch->shell;
    return &b->tally;
}

/* ---- ends ---- */

static void tally_latency(task *k)
{
    rd_kafka_timestamp_type_t type;
    int64_t sent_ms = rd_kafka_message_timestamp(k->message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && !dropped(k))
        histogram_observe(&tally_of(k)->latency, (now_ms(k->owner) - sent_ms) * 1000);
}

static void recycle(task *k)
{
    tasks *t = k->owner;
    tally_latency(k);
    rd_kafka_message_destroy(k->message);
    custody_settle(t->custody, k->epoch);
    arena_reset(&k->arena);
    k->next = t->free;
    t->free = k;
}

/* After look_up has entered it: those that waited for this execution look again. */
static void leave(task *k)
{
    task *waiting = k->waiting;
    running_remove(&k->owner->running, &k->running);
    recycle(k);
    while (waiting != NULL) {
        task *next = waiting->next;
        look_up(waiting);
        waiting = next;
    }
}

static void out_of_memory(task *k)
{
    error e;
    error_set(&e, ERROR_OUT_OF_MEMORY, 0, "no memory for the events of a trigger");
    k->owner->fatal(k->owner->context, &e);
}

static void log_rejection(task *k, const error *why)
{
    tasks *t = k->owner;
    uint64_t suppressed;
    if (log_limiter_allow(&t->rejected_limiter, uv_now(t->loop), &suppressed))
        log_warn(t->log, "rejected", log_text("topic", k->trigger.origin.topic.text),
                 log_int("partition", k->trigger.origin.partition),
                 log_int("offset", k->trigger.origin.offset), log_text("reason", error_reason(why->code)),
                 log_text("message", why->message), log_int("suppressed", (int64_t)suppressed));
}

static void reject(task *k, const error *why)
{
    if (dropped(k))
        return;
    tally_of(k)->rejected[why->code]++;
    log_rejection(k, why);
    if (!announce_rejection(&k->owner->announcer, k->epoch->shell, k->message, why))
        out_of_memory(k);
}

static void announce(task *k)
{
    if (dropped(k))
        return;
    tally_execution(tally_of(k), &k->execution);
    if (!announce_execution(&k->owner->announcer, k->epoch->shell, &k->execution))
        out_of_memory(k);
}

/* ---- the record ---- */

static bool format_key(task *k, buffer *b)
{
    buffer_init(b, &k->arena, COMMAND_BYTES);
    buffer_add_text(b, k->owner->config->group);
    buffer_add_text(b, ":{");
    buffer_add(b, k->trigger.origin.topic.text, k->trigger.origin.topic.count);
    buffer_add_byte(b, '/');
    buffer_add_int(b, k->trigger.origin.partition);
    buffer_add_text(b, "}:execution:");
    buffer_add_text(b, k->running.id.text);
    return !b->failed;
}

static void ask(task *k, const buffer *command, store_callback *done)
{
    k->request = (store_request){.command = command->bytes, .size = command->size, .done = done};
    store_send(k->owner->store, &k->request);
}

static void on_stored(store_request *request, const redisReply *reply, const error *e)
{
    task *k = TASK_OF(request, request);
    if (reply == NULL && !dropped(k))
        /* Not stored means not done: an event without a record behind it could not be made again. */
        k->owner->fatal(k->owner->context, e);
    else
        announce(k);
    leave(k);
}

static void store_record(task *k)
{
    buffer key, record, command;
    buffer_init(&record, &k->arena, LIMIT_RECORD_BYTES);
    buffer_init(&command, &k->arena, LIMIT_RECORD_BYTES + COMMAND_BYTES);
    record_write(&record, &k->execution);
    if (format_key(k, &key) && !record.failed)
        RESP_COMMAND(&command, resp_text("SET"), resp_bytes(key.bytes, key.size),
                     resp_bytes(record.bytes, record.size), resp_text("PX"),
                     resp_int(k->owner->config->retention_ms));
    if (record.failed || key.failed || command.failed) {
        error e;
        error_set(&e, ERROR_LIMIT, 0, "the execution's record is larger than %d bytes", LIMIT_RECORD_BYTES);
        reject(k, &e);
        leave(k);
        return;
    }
    ask(k, &command, on_stored);
}

/* ---- running ---- */

static void advance(task *k);

static void finish_delivery(task *k, channel_result result)
{
    const char *provider = channel_provider(k->owner->config, k->delivery.step);
    if (result == CHANNEL_DELIVERED)
        execution_delivered(&k->execution, provider, now_ms(k->owner));
    else
        execution_delivery_failed(&k->execution,
                                  &(delivery_failure){.provider = provider,
                                                      .code = k->delivery.code,
                                                      .message = k->delivery.sentence},
                                  0, now_ms(k->owner));
}

static void on_delivered(delivery *d, channel_result result)
{
    task *k = TASK_OF(d, delivery);
    if (dropped(k)) {
        leave(k);
        return;
    }
    finish_delivery(k, result);
    advance(k);
}

static channel_result deliver(task *k)
{
    const step *s = execution_step(&k->execution);
    k->delivery = (delivery){
        .execution = &k->execution,
        .step = s,
        .message = execution_message(&k->execution),
        .now_ms = now_ms(k->owner),
        .arena = &k->arena,
        .done = on_delivered,
    };
    return channel_deliver(&k->owner->channels, &k->delivery);
}

/* Until something must be waited for. */
static void advance(task *k)
{
    execution_need need;
    while ((need = execution_advance(&k->execution, now_ms(k->owner))) == EXECUTION_DELIVER) {
        channel_result result = deliver(k);
        if (result == CHANNEL_PENDING)
            return;
        finish_delivery(k, result);
    }
    if (need == EXECUTION_WAITING) {
        error e;
        error_set(&e, ERROR_UNSUPPORTED, 0, "a delay is not supported yet");
        reject(k, &e);
        leave(k);
        return;
    }
    store_record(k);
}

static bool begin(task *k, error *e)
{
    tasks *t = k->owner;
    const value *id = &k->trigger.workflow_id;
    const batch *b = k->epoch->shell;
    const workflow *w = catalog_find(b->catalog, id->text, id->count);
    if (w == NULL)
        return error_set(e, ERROR_UNKNOWN_WORKFLOW, 0, "no workflow has the trigger's workflow_id");
    return execution_check(&k->trigger, w, t->validator, e) &&
           execution_begin(&k->execution, &k->running.id, &k->trigger, w, &k->arena, now_ms(t), e);
}

static void run(task *k)
{
    error e;
    if (begin(k, &e)) {
        advance(k);
        return;
    }
    reject(k, &e);
    leave(k);
}

/* ---- looking up ---- */

static bool same_origin(const origin *a, const origin *b)
{
    return a->partition == b->partition && a->offset == b->offset && value_same_text(&a->topic, &b->topic);
}

/* The execution has a record already. */
static void recognise(task *k, const redisReply *reply)
{
    error e;
    char *text =
        arena_copy(&k->arena, reply->str, reply->len); /* the reply's memory ends with the callback */
    if (text == NULL) {
        error_set(&e, ERROR_LIMIT, 0, "the trigger's record is larger than its bound");
        reject(k, &e);
    } else if (!record_read(&k->execution, &k->arena, text, reply->len, &e)) {
        reject(k, &e);
    } else if (!same_origin(&k->execution.origin, &k->trigger.origin)) {
        tally_of(k)->duplicates++;
    } else if (execution_ended(&k->execution)) {
        tally_of(k)->replayed++;
        announce(k);
    } else {
        error_set(&e, ERROR_RECORD, 0, "the execution's record says that it has not ended");
        reject(k, &e);
    }
    leave(k);
}

static void on_record(store_request *request, const redisReply *reply, const error *e)
{
    task *k = TASK_OF(request, request);
    if (dropped(k)) {
        leave(k);
    } else if (reply != NULL && reply->type == REDIS_REPLY_NIL) {
        run(k);
    } else if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        recognise(k, reply);
    } else {
        error why;
        error_set(&why, ERROR_RECORD, 0, "the execution's record cannot be read: %s",
                  reply == NULL ? e->message : "its key holds no string");
        reject(k, &why);
        leave(k);
    }
}

static void look_up(task *k)
{
    buffer key, command;
    if (dropped(k)) {
        recycle(k);
        return;
    }
    running_entry *other = running_add(&k->owner->running, &k->running);
    if (other != NULL) {
        task *first = TASK_OF(other, running);
        k->next = first->waiting;
        first->waiting = k;
        return;
    }
    k->waiting = NULL;
    buffer_init(&command, &k->arena, COMMAND_BYTES);
    if (format_key(k, &key))
        RESP_COMMAND(&command, resp_text("GET"), resp_bytes(key.bytes, key.size));
    if (key.failed || command.failed) {
        error e;
        error_set(&e, ERROR_LIMIT, 0, "the trigger needs more memory than its bound");
        reject(k, &e);
        leave(k);
        return;
    }
    ask(k, &command, on_record);
}

/* ---- decoding ---- */

/* The last header of this name as a string, null where there is none or it is no trace context. */
static value trace_header(const rd_kafka_headers_t *headers, const char *name)
{
    const void *bytes;
    size_t size;
    if (rd_kafka_header_get_last(headers, name, &bytes, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        bytes == NULL || size > LIMIT_TRACE_BYTES)
        return value_null();
    const unsigned char *text = bytes;
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7E)
            return value_null();
    return value_string(bytes, size);
}

static void read_envelope(task *k)
{
    const rd_kafka_message_t *m = k->message;
    rd_kafka_headers_t *headers;
    k->trigger.key = m->key == NULL ? value_null() : value_string(m->key, m->key_len);
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        k->trigger.traceparent = trace_header(headers, "traceparent");
        k->trigger.tracestate = trace_header(headers, "tracestate");
    }
}

static bool decode(task *k, error *e)
{
    const rd_kafka_message_t *m = k->message;
    avro_frame frame;
    if (m->len > (size_t)k->owner->config->max_trigger_bytes)
        return error_set(e, ERROR_TOO_LARGE, 0, "the trigger is larger than worker.max_trigger_bytes (%lld)",
                         (long long)k->owner->config->max_trigger_bytes);
    if (m->payload == NULL)
        return error_set(e, ERROR_DECODE, 0, "the message has no value");
    if (!avro_frame_read(m->payload, m->len, &frame, e))
        return false;
    if (frame.framing != AVRO_SINGLE_OBJECT)
        return error_set(e, ERROR_DECODE, 0,
                         "the message has Confluent framing; worker.framing is single-object");
    const avro_plan *plan = registry_find(k->owner->registry, frame.schema);
    if (plan == NULL)
        return error_set(e, ERROR_UNKNOWN_SCHEMA, 0, "no writer schema has the fingerprint %016llx",
                         (unsigned long long)frame.schema);
    return trigger_read(&k->trigger, plan, &k->arena, (const char *)m->payload + frame.header_size,
                        m->len - frame.header_size, e);
}

/* ---- the public part ---- */

bool tasks_init(tasks *t, error *e)
{
    t->validator = validator_new();
    if (t->validator == NULL || !running_init(&t->running, (uint32_t)t->config->max_inflight))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a shard");
    return announcer_init(&t->announcer, t->config->group, t->config->id, e);
}

void tasks_free(tasks *t)
{
    while (t->free != NULL) {
        task *k = t->free;
        t->free = k->next;
        arena_free(&k->arena);
        free(k);
    }
    running_free(&t->running);
    validator_free(t->validator);
}

static task *new_task(tasks *t)
{
    task *k = t->free;
    if (k != NULL) {
        t->free = k->next;
        return k;
    }
    k = malloc(sizeof *k);
    if (k == NULL)
        return NULL;
    k->owner = t;
    arena_init(&k->arena, CHUNK_BYTES, LIMIT_TRIGGER_DECODED_BYTES);
    k->arena.hash_seed = t->hash_seed;
    return k;
}

void tasks_start(tasks *t, rd_kafka_message_t *message, const char *topic, epoch *e)
{
    error why;
    task *k = new_task(t);
    t->taken++;
    if (k == NULL) {
        rd_kafka_message_destroy(message);
        error_set(&why, ERROR_OUT_OF_MEMORY, 0, "no memory for a trigger");
        t->fatal(t->context, &why);
        custody_settle(t->custody, e);
        return;
    }
    k->epoch = e;
    k->message = message;
    k->arena.budget_bytes = LIMIT_TRIGGER_DECODED_BYTES; /* until it is decoded */
    k->trigger = (trigger){.origin = {.topic = value_cstring(topic),
                                      .partition = message->partition,
                                      .offset = message->offset}};
    read_envelope(k);
    if (!decode(k, &why)) {
        reject(k, &why);
        recycle(k);
        return;
    }
    k->arena.budget_bytes += WORK_BYTES;
    k->running.id =
        identity_of_execution(&k->trigger.workflow_id, &k->trigger.trigger_id, &k->trigger.origin);
    look_up(k);
}
