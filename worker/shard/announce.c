#include "worker/shard/announce.h"

#include <stdio.h>

#include "engine/execution/delivery_request.h"
#include "engine/limits.h"

/* ---- completions ---- */

static bool fingerprint_of(const char *schema_text, uint64_t *fingerprint, error *e)
{
    avro_plan *plan = avro_plan_new(schema_text, strlen(schema_text), e);
    if (plan == NULL)
        return false;
    *fingerprint = avro_plan_fingerprint(plan);
    avro_plan_free(plan);
    return true;
}

bool announcer_init(announcer *a, const config *c, const logger *log, error *e)
{
    *a = (announcer){.config = c, .log = log};
    return fingerprint_of(completion_step_schema, &a->step_fingerprint, e) &&
           fingerprint_of(completion_execution_schema, &a->execution_fingerprint, e) &&
           fingerprint_of(delivery_request_schema, &a->request_fingerprint, e);
}

/* Key and trace context are the same for all events of an execution: copied once. */
typedef struct envelope {
    value key;
    value traceparent;
    value tracestate;
} envelope;

static bool copy_envelope(batch *b, const execution *x, envelope *out)
{
    const value *key = x->key.kind == VALUE_STRING ? &x->key : &x->recipient;
    return batch_copy(b, key, &out->key) && batch_copy(b, &x->traceparent, &out->traceparent) &&
           batch_copy(b, &x->tracestate, &out->tracestate);
}

/* Ends the body. NULL without memory. */
static event *add_event(batch *b, event_kind kind, const envelope *env, buffer *body)
{
    buffer_trim(body);
    size_t header_count = env->traceparent.kind == VALUE_STRING;
    header_count += env->tracestate.kind == VALUE_STRING;
    event *ev = body->failed ? NULL : batch_add(b, kind, header_count);
    if (ev == NULL)
        return NULL;
    event_header *next = ev->headers;
    if (env->traceparent.kind == VALUE_STRING)
        *next++ = (event_header){.name = "traceparent", .value = env->traceparent};
    if (env->tracestate.kind == VALUE_STRING)
        *next++ = (event_header){.name = "tracestate", .value = env->tracestate};
    ev->key = env->key;
    ev->payload = buffer_string(body);
    return ev;
}

/* NULL where the configuration has none any more. */
static const char *topic_of(const announcer *a, const step_state *s)
{
    const config *c = a->config;
    size_t place = config_find_provider(c, s->provider.text, s->provider.count);
    return place < c->provider_count && c->providers[place].kind == CONFIG_KAFKA ? c->providers[place].topic
                                                                                 : NULL;
}

static void tell_dropped(const announcer *a, const execution *x, const step_state *s)
{
    char step_id[LIMIT_IDENTIFIER_BYTES + 1];
    snprintf(step_id, sizeof step_id, "%.*s", (int)s->step_id.count, s->step_id.text);
    log_error(a->log, "request_dropped", log_text("execution", x->id.text), log_text("step_id", step_id),
              log_text("message", "the record says that a delivery request was to be published, and the "
                                  "configuration has no provider of kind kafka of that name any more: "
                                  "nobody will deliver it"));
}

static bool announce_request(const announcer *a, batch *b, const envelope *env, const execution *x, size_t i)
{
    value message;
    buffer body;
    if (!delivery_request_find(x, i, &b->arena, &message))
        return true;
    const char *topic = topic_of(a, &x->steps[i]);
    if (topic == NULL) {
        tell_dropped(a, x, &x->steps[i]);
        return true;
    }
    buffer_init(&body, &b->arena, LIMIT_RECORD_BYTES);
    avro_write_frame(&body, a->request_fingerprint);
    delivery_request_write(&body, x, i, &message);
    event *ev = add_event(b, EVENT_REQUEST, env, &body);
    if (ev != NULL)
        ev->topic = topic;
    return ev != NULL;
}

static bool announce_completion(const announcer *a, batch *b, const envelope *env, const execution *x,
                                size_t index, const identity *id)
{
    const bool whole = index == x->step_count;
    buffer body;
    if (!whole && !announce_request(a, b, env, x, index))
        return false;
    buffer_init(&body, &b->arena, LIMIT_RECORD_BYTES);
    buffer_reserve(&body, AVRO_FRAME_SIZE + completion_room(x, index));
    avro_write_frame(&body, whole ? a->execution_fingerprint : a->step_fingerprint);
    completion_write(&body, x, index, id);
    return add_event(b, whole ? EVENT_EXECUTION_COMPLETION : EVENT_STEP_COMPLETION, env, &body) != NULL;
}

bool announce_execution(const announcer *a, batch *b, const execution *x, size_t first)
{
    envelope env;
    completion_list next;
    if (!copy_envelope(b, x, &env))
        return false;
    while (completion_next(x, &first, &next))
        for (size_t i = 0; i < next.count; i++)
            if (!announce_completion(a, b, &env, x, next.indices[i], &next.ids[i]))
                return false;
    return true;
}

/* ---- rejections ---- */

/* Kafka Connect's word for where it went wrong (Stage.java). */
static const char *stage_of(error_code code)
{
    return code == ERROR_DECODE || code == ERROR_UNKNOWN_SCHEMA ? "VALUE_CONVERTER" : "TRANSFORMATION";
}

static bool copy_headers(batch *b, const rd_kafka_headers_t *from, size_t count, event_header *to)
{
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *bytes;
        size_t size;
        if (rd_kafka_header_get_all(from, i, &name, &bytes, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return false;
        value v = bytes == NULL ? value_null() : value_string(bytes, size);
        to[i].name = arena_copy(&b->arena, name, strlen(name));
        if (to[i].name == NULL || !batch_copy(b, &v, &to[i].value))
            return false;
    }
    return true;
}

/* A text header, formatted into the batch's arena. */
static event_header text_header(batch *b, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

static event_header text_header(batch *b, const char *name, const char *format, ...)
{
    char text[ERROR_MESSAGE_SIZE + 64];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    value v = value_string(text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
    event_header header = {.name = name};
    if (!batch_copy(b, &v, &header.value))
        header.value = value_null(); /* the reason is worth less than the trigger: it goes without */
    return header;
}

enum { REASON_HEADERS = 10 };

static void add_reason(const announcer *a, batch *b, const rd_kafka_message_t *message, const error *why,
                       event_header *to)
{
    const char *reason = error_reason(why->code);
    *to++ = text_header(b, "__connect.errors.topic", "%s", rd_kafka_topic_name(message->rkt));
    *to++ = text_header(b, "__connect.errors.partition", "%d", message->partition);
    *to++ = text_header(b, "__connect.errors.offset", "%lld", (long long)message->offset);
    *to++ = text_header(b, "__connect.errors.connector.name", "%s", a->config->group);
    *to++ = text_header(b, "__connect.errors.task.id", "%s", a->config->id);
    *to++ = text_header(b, "__connect.errors.stage", "%s", stage_of(why->code));
    *to++ = text_header(b, "__connect.errors.exception.class.name", "carillon.%s", reason);
    *to++ = text_header(b, "__connect.errors.exception.message", "%s", why->message);
    *to++ = text_header(b, "carillon.reason", "%s", reason);
    *to++ = text_header(b, "carillon.message", "%s", why->message);
}

bool announce_rejection(const announcer *a, batch *b, const rd_kafka_message_t *message, const error *why)
{
    rd_kafka_headers_t *headers = NULL;
    size_t count = 0;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        count = rd_kafka_header_cnt(headers);
    event *ev = batch_add(b, EVENT_REJECTED, count + REASON_HEADERS);
    if (ev == NULL || !copy_headers(b, headers, count, ev->headers))
        return false;
    add_reason(a, b, message, why, ev->headers + count);
    rd_kafka_timestamp_type_t type;
    ev->timestamp_ms = rd_kafka_message_timestamp(message, &type);
    value key = message->key == NULL ? value_null() : value_string(message->key, message->key_len);
    value payload = message->payload == NULL ? value_null() : value_string(message->payload, message->len);
    return batch_copy(b, &key, &ev->key) && batch_copy(b, &payload, &ev->payload);
}
