/* Tasks begin, wait for one another, and end. An execution is under way in one task at a time: whatever else
 * comes for it (its trigger once more, a second one with the same id, a timer) waits until that is over, and
 * then looks at the record. Only a trigger does not wait for one that is handed over: they may be of the same
 * epoch. */
#include "worker/shard/tasks.h"

#include <stdlib.h>

#include "engine/limits.h"
#include "worker/shard/task.h"

enum {
    CHUNK_BYTES = 10 << 10, /* what an ordinary trigger needs, more or less */
    CHUNKS_KEPT = 4096,
    /* Beside the decoded trigger: rendered messages, results, the record and its events. */
    WORK_BYTES = 4 * LIMIT_RECORD_BYTES,
};

/* ---- ends ---- */

static void tally_latency(task *k)
{
    rd_kafka_timestamp_type_t type;
    int64_t sent_ms = rd_kafka_message_timestamp(k->message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && k->epoch->state != EPOCH_DROPPED)
        histogram_observe(&task_tally(k)->latency, (task_wall_ms(k->owner) - sent_ms) * 1000);
}

static void recycle(task *k)
{
    tasks *t = k->owner;
    if (k->message != NULL)
        rd_kafka_message_destroy(k->message);
    workflow_release(k->workflow);
    arena_reset(&k->arena);
    k->in_use = false;
    k->next = t->free;
    t->free = k;
}

static void look_up(task *k);

static void begin_waiting(task *waiting)
{
    while (waiting != NULL) {
        task *next = waiting->next;
        look_up(waiting);
        waiting = next;
    }
}

/* What came of a trigger is in its epoch's tally, if the epoch still is. */
static void tally_end(task *k)
{
    const activation *a = &k->activation;
    if (k->kind == TASK_TRIGGER && a->epoch != NULL) {
        tally_latency(k);
        task_tally(k)->duplicates += a->end == ACTIVATION_DUPLICATE;
    } else if (a->end == ACTIVATION_ENDED || (a->end == ACTIVATION_PARKED && a->epoch == NULL)) {
        tally_steps(&k->owner->resumed, &a->execution, k->tallied);
        if (a->end == ACTIVATION_ENDED)
            tally_execution(&k->owner->resumed, &a->execution);
    }
}

void task_leave(task *k)
{
    task *waiting = k->waiting;
    tally_end(k);
    task_release_place(k);
    if (k->is_listed)
        running_remove(&k->owner->running, &k->running);
    recycle(k);
    begin_waiting(waiting);
}

void task_out_of_memory(task *k)
{
    error e;
    error_set(&e, ERROR_OUT_OF_MEMORY, 0, "no memory for an execution");
    k->owner->failed = true;
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

void task_reject(task *k, const error *why)
{
    if (k->epoch->state == EPOCH_DROPPED)
        return;
    task_tally(k)->rejected[why->code]++;
    log_rejection(k, why);
    if (!announce_rejection(&k->owner->announcer, k->epoch->shell, k->message, why))
        task_out_of_memory(k);
}

/* ---- beginnings ---- */

static void begin(task *k)
{
    custody *c = k->owner->custody;
    const partition *p = custody_partition(c, k->topic, k->partition);
    k->activation.execution.id = k->running.id;
    switch (k->kind) {
    case TASK_TRIGGER:
        activation_start(&k->activation, c, k->epoch, p, &k->trigger.origin);
        break;
    case TASK_TIMER:
        activation_start_timer(&k->activation, c, p, &k->timer);
        break;
    case TASK_COMMAND:
        activation_start_command(&k->activation, c, p, k->command, k->command_text.text,
                                 k->command_text.count);
        break;
    }
    task_proceed(k);
}

/* While it waited, its epoch may have been dropped, or the partition given back. */
static bool is_void(const task *k)
{
    return k->kind == TASK_TRIGGER ? k->epoch->state == EPOCH_DROPPED
                                   : k->generation != custody_generation(k->owner->custody);
}

/* Without an activation. */
static void give_back(task *k)
{
    if (k->kind == TASK_TRIGGER)
        custody_settle(k->owner->custody, k->epoch);
    recycle(k);
}

/* An execution that is under way takes a command on its way. If it cannot, the command is found again later.
 */
static void order(task *to, const task *k)
{
    if (to->activation.command != COMMAND_NONE)
        return; /* or each look at the list would leave another copy of its text */
    char *text = arena_copy(&to->arena, k->command_text.text, k->command_text.count);
    if (text != NULL)
        activation_order(&to->activation, k->command, text, k->command_text.count);
}

static void look_up(task *k)
{
    if (k->owner->closing)
        return;
    if (is_void(k)) {
        give_back(k);
        return;
    }
    running_entry *other = running_add(&k->owner->running, &k->running);
    if (other != NULL) {
        task *first = TASK_OF(other, running);
        if (k->kind == TASK_COMMAND) {
            order(first, k);
            recycle(k);
            return;
        }
        if (k->kind != TASK_TRIGGER || !activation_is_handed(&first->activation)) {
            k->next = first->waiting;
            first->waiting = k;
            return;
        }
    }
    k->is_listed = other == NULL;
    k->waiting = NULL;
    begin(k);
}

void task_begin_triggers(task *k)
{
    task *waiting = k->waiting;
    k->waiting = NULL;
    begin_waiting(waiting);
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
    arena_pool_init(&t->memory, CHUNK_BYTES, CHUNKS_KEPT);
    batch_pool_init(&t->batches);
    execution_key_init(&t->key, t->config);
    t->random = ((uint64_t)t->hash_seed << 32 | t->hash_seed) | 1;
    if (t->validator == NULL || !running_init(&t->running, (uint32_t)t->config->max_inflight))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a shard");
    return announcer_init(&t->announcer, t->config, t->log, e);
}

void tasks_free(tasks *t)
{
    while (t->all != NULL) {
        task *k = t->all;
        t->all = k->next_of_all;
        if (k->in_use && k->message != NULL)
            rd_kafka_message_destroy(k->message);
        if (k->in_use)
            workflow_release(k->workflow);
        arena_free(&k->arena);
        free(k);
    }
    arena_pool_free(&t->memory);
    arena_pool_free(&t->batches);
    execution_key_free(&t->key);
    running_free(&t->running);
    validator_free(t->validator);
}

static task *take_free(tasks *t)
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
    k->next_of_all = t->all;
    t->all = k;
    arena_init(&k->arena, CHUNK_BYTES, LIMIT_TRIGGER_DECODED_BYTES);
    k->arena.hash_seed = t->hash_seed;
    k->arena.pool = &t->memory;
    return k;
}

static task *new_task(tasks *t, task_kind kind, uint32_t topic, int32_t number)
{
    error why;
    task *k = take_free(t);
    if (k == NULL) {
        error_set(&why, ERROR_OUT_OF_MEMORY, 0, "no memory for an execution");
        t->failed = true;
        t->fatal(t->context, &why);
        return NULL;
    }
    k->kind = kind;
    k->in_use = true;
    k->topic = topic;
    k->partition = number;
    k->message = NULL;
    k->place = NULL;
    k->has_chosen = false;
    k->workflow = NULL;
    k->tallied = 0;
    k->generation = custody_generation(t->custody);
    return k;
}

void tasks_start(tasks *t, rd_kafka_message_t *message, uint32_t topic, epoch *e)
{
    error why;
    task *k = new_task(t, TASK_TRIGGER, topic, message->partition);
    t->taken++;
    if (k == NULL) {
        rd_kafka_message_destroy(message);
        custody_settle(t->custody, e);
        return;
    }
    k->epoch = e;
    k->message = message;
    k->arena.budget_bytes = LIMIT_TRIGGER_DECODED_BYTES; /* until it is decoded */
    k->trigger = (trigger){.origin = {.topic = value_cstring(t->config->triggers.items[topic]),
                                      .partition = message->partition,
                                      .offset = message->offset}};
    read_envelope(k);
    if (!decode(k, &why)) {
        task_reject(k, &why);
        tally_latency(k);
        give_back(k);
        return;
    }
    k->arena.budget_bytes += WORK_BYTES;
    k->running.id =
        identity_of_execution(&k->trigger.workflow_id, &k->trigger.trigger_id, &k->trigger.origin);
    look_up(k);
}

void tasks_start_timer(tasks *t, const partition *p, const timer_entry *timer)
{
    task *k = new_task(t, TASK_TIMER, p->topic, p->number);
    if (k == NULL)
        return;
    k->arena.budget_bytes = LIMIT_TRIGGER_DECODED_BYTES + WORK_BYTES;
    k->timer = *timer;
    k->running.id = timer->id;
    look_up(k);
}

static bool begins_with(const char *text, size_t size, const char *word)
{
    return size > strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

bool tasks_start_command(tasks *t, uint32_t topic, int32_t number, const char *text, size_t size)
{
    enum { ID_SIZE = 36 };
    static const char cancel[] = "cancel ", retry[] = "retry ";
    bool is_cancel = begins_with(text, size, cancel);
    size_t verb_size = is_cancel ? sizeof cancel - 1 : sizeof retry - 1;
    identity id;
    if ((!is_cancel && !begins_with(text, size, retry)) || size > LIMIT_COMMAND_BYTES ||
        size < verb_size + ID_SIZE)
        return false;
    value id_text = value_string(text + verb_size, ID_SIZE);
    if (!identity_parse(&id_text, &id))
        return false;
    task *k = new_task(t, TASK_COMMAND, topic, number);
    if (k == NULL)
        return true;
    k->arena.budget_bytes = LIMIT_TRIGGER_DECODED_BYTES + WORK_BYTES;
    k->command = is_cancel ? COMMAND_CANCEL : COMMAND_RETRY;
    k->command_text = value_string(arena_copy(&k->arena, text, size), size);
    k->running.id = id;
    if (k->command_text.text == NULL)
        recycle(k);
    else
        look_up(k);
    return true;
}

void tasks_proceed(tasks *t, activation *a)
{
    task *k = TASK_OF(a, activation);
    (void)t;
    task_proceed(k);
}
