#include "worker/dev/demo.h"

#include <dirent.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/execution/completion.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/dev/avro_encode.h"
#include "worker/input.h"
#include "worker/kafka/kafka_client.h"

enum { ANSWER_MAX_MS = 30000, POLL_MS = 200 };

typedef struct demo {
    const demo_options *options;
    arena memory;
    avro_plan *step_plan;
    avro_plan *execution_plan;
    rd_kafka_t *producer;
    rd_kafka_t *consumer;
    unsigned produced;
    unsigned answered;  /* executions that have ended, and rejections */
    int64_t steps_told; /* events of steps, and how many there are by the executions' own count */
    int64_t steps_due;
    error *error;
} demo;

/* ---- producing ---- */

static bool read_file(demo *d, const char *folder, const value *name, value *text)
{
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, "%s/%s/%.*s", d->options->examples, folder, (int)name->count, name->text);
    char *bytes = input_read_file(path, LIMIT_DOCUMENT_BYTES, &size, d->error);
    char *copy = bytes == NULL ? NULL : arena_copy(&d->memory, bytes, size);
    free(bytes);
    *text = value_string(copy, size);
    return copy != NULL;
}

static bool produce(demo *d, const value *sample)
{
    value schema_text, bytes;
    const value *schema_name = value_field(sample, "schema"), *record = value_field(sample, "trigger");
    if (schema_name == NULL || schema_name->kind != VALUE_STRING || record == NULL)
        return error_set(d->error, ERROR_SYNTAX, 0, "a sample needs \"schema\" and \"trigger\"");
    const value *recipient = value_field(record, "recipient");
    if (recipient == NULL || recipient->kind != VALUE_STRING)
        return error_set(d->error, ERROR_SYNTAX, 0, "a sample's trigger needs a recipient");
    if (!read_file(d, "schemas", schema_name, &schema_text) ||
        !avro_encode(schema_text.text, schema_text.count, record, &d->memory, &bytes, d->error))
        return error_prefix(d->error, "%.*s", (int)schema_name->count, schema_name->text);
    char *body = arena_copy(&d->memory, bytes.text, bytes.count); /* librdkafka reads it as `void *` */
    if (body == NULL)
        return error_set(d->error, ERROR_OUT_OF_MEMORY, 0, "no memory for a message");
    rd_kafka_resp_err_t code = rd_kafka_producev(
        d->producer, RD_KAFKA_V_TOPIC(d->options->config->triggers.items[0]),
        RD_KAFKA_V_KEY(recipient->text, recipient->count), RD_KAFKA_V_VALUE(body, bytes.count),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(d->error, ERROR_KAFKA, 0, "produce: %s", rd_kafka_err2str(code));
    d->produced++;
    return true;
}

static bool produce_file(demo *d, const char *name)
{
    value text, samples, file = value_cstring(name);
    if (!read_file(d, "triggers", &file, &text) ||
        !json_read(&d->memory, text.text, text.count, &samples, d->error))
        return error_prefix(d->error, "%s", name);
    for (uint32_t i = 0; samples.kind == VALUE_LIST && i < samples.count; i++)
        if (!produce(d, &samples.items[i]))
            return error_prefix(d->error, "%s, sample %u", name, i);
    return true;
}

static int is_sample(const struct dirent *entry)
{
    const char *ending = strrchr(entry->d_name, '.');
    return ending != NULL && strcmp(ending, ".json") == 0;
}

static bool produce_all(demo *d)
{
    char path[4096];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/triggers", d->options->examples);
    int count = scandir(path, &entries, is_sample, alphasort);
    if (count < 0)
        return error_set(d->error, ERROR_SYSTEM, 0, "%s cannot be read", path);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        ok = ok && produce_file(d, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return ok && (rd_kafka_flush(d->producer, ANSWER_MAX_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ||
                  error_set(d->error, ERROR_KAFKA, 0, "the samples cannot be produced"));
}

/* ---- printing ---- */

/* A text field of an event, empty where it has none. */
static value text_of(const value *event, const char *name)
{
    const value *v = value_field(event, name);
    return v != NULL && v->kind == VALUE_STRING ? *v : value_string("", 0);
}

/* For "%.*s". */
#define SHOWN(v) (int)(v).count, (v).text

static int64_t int_of(const value *event, const char *name)
{
    const value *v = value_field(event, name);
    return v != NULL && v->kind == VALUE_INT ? v->integer : 0;
}

/* What a person would recognise of a result: its subject, title or body. */
static value title_of(demo *d, const value *event)
{
    static const char *const fields[] = {"subject", "title", "body"};
    value text = text_of(event, "result"), result;
    if (!json_read(&d->memory, text.text, text.count, &result, NULL))
        return value_string("", 0);
    const value *message = value_field(&result, "message");
    for (size_t i = 0; message != NULL && i < sizeof fields / sizeof *fields; i++) {
        value title = text_of(message, fields[i]);
        const char *end = memchr(title.text, '\n', title.count);
        if (title.count > 0)
            return value_string(title.text, end != NULL ? (size_t)(end - title.text) : title.count);
    }
    return value_string("", 0);
}

static void print_step(demo *d, const value *event)
{
    value what = text_of(event, "reason");
    if (what.count == 0)
        what = title_of(d, event);
    printf("step       %-15.*s %-14.*s %-10.*s %-7.*s %-9.*s %.*s\n", SHOWN(text_of(event, "workflow_id")),
           SHOWN(text_of(event, "recipient")), SHOWN(text_of(event, "step_id")),
           SHOWN(text_of(event, "step_type")), SHOWN(text_of(event, "status")), SHOWN(what));
}

static void print_execution(const value *event)
{
    printf("execution  %-15.*s %-14.*s %-18s %-9.*s %lld completed, %lld skipped, %lld failed\n",
           SHOWN(text_of(event, "workflow_id")), SHOWN(text_of(event, "recipient")), "",
           SHOWN(text_of(event, "status")), (long long)int_of(event, "steps_completed"),
           (long long)int_of(event, "steps_skipped"), (long long)int_of(event, "steps_failed"));
}

static void print_rejection(const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const void *reason = "", *sentence = "";
    size_t reason_size = 0, sentence_size = 0;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_header_get_last(headers, "carillon.reason", &reason, &reason_size);
        rd_kafka_header_get_last(headers, "carillon.message", &sentence, &sentence_size);
    }
    printf("rejected   %-15s %-14.*s %.*s: %.*s\n", "", (int)message->key_len, (const char *)message->key,
           (int)reason_size, (const char *)reason, (int)sentence_size, (const char *)sentence);
}

static bool decode(demo *d, const avro_plan *plan, const rd_kafka_message_t *message, value *event)
{
    avro_frame frame;
    return avro_frame_read(message->payload, message->len, &frame, d->error) &&
           avro_decode(plan, &d->memory, (const char *)message->payload + frame.header_size,
                       message->len - frame.header_size, event, d->error);
}

static bool print(demo *d, const rd_kafka_message_t *message)
{
    const config *c = d->options->config;
    const char *topic = rd_kafka_topic_name(message->rkt);
    value event;
    if (strcmp(topic, c->rejected) == 0) {
        print_rejection(message);
        d->answered++;
        return true;
    }
    bool is_step = strcmp(topic, c->step_completions) == 0;
    if (!decode(d, is_step ? d->step_plan : d->execution_plan, message, &event))
        return false;
    if (is_step) {
        print_step(d, &event);
        d->steps_told++;
    } else {
        print_execution(&event);
        d->answered++;
        d->steps_due += int_of(&event, "steps_completed") + int_of(&event, "steps_skipped") +
                        int_of(&event, "steps_failed");
    }
    return true;
}

/* A mail's subject as it was sent: the examples' are short and ASCII. For "%.*s". */
static value subject_of(const sunk_mail *m)
{
    const char *subject = strstr(m->content, "\r\nSubject: ");
    if (subject == NULL)
        return value_string("", 0);
    subject += strlen("\r\nSubject: ");
    return value_string(subject, strcspn(subject, "\r"));
}

/* One line each, and the first one whole. */
static void print_mails(mail_sink *sink)
{
    const sunk_mail *m;
    printf("\n%zu mails were delivered to %s:\n\n", mail_sink_count(sink), mail_sink_url(sink));
    for (size_t i = 0; (m = mail_sink_get(sink, i)) != NULL; i++)
        printf("mail       %s -> %s: %.*s\n", m->from, m->to, SHOWN(subject_of(m)));
    m = mail_sink_get(sink, 0);
    if (m == NULL)
        return;
    printf("\nThe first of them:\n\n");
    for (const char *line = m->content; *line != '\0';) {
        size_t size = strcspn(line, "\r");
        printf("  %.*s\n", (int)size, line);
        line += size + (line[size] == '\0' ? 0 : strlen("\r\n"));
    }
}

/* ---- consuming ---- */

static bool subscribe(demo *d)
{
    const config *c = d->options->config;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(3);
    rd_kafka_topic_partition_list_add(list, c->step_completions, RD_KAFKA_PARTITION_UA);
    rd_kafka_topic_partition_list_add(list, c->execution_completions, RD_KAFKA_PARTITION_UA);
    rd_kafka_topic_partition_list_add(list, c->rejected, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(d->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           error_set(d->error, ERROR_KAFKA, 0, "subscribe: %s", rd_kafka_err2str(code));
}

static bool follow(demo *d)
{
    for (int waited_ms = 0; d->answered < d->produced || d->steps_told < d->steps_due;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(d->consumer, POLL_MS);
        bool ok = true;
        if (message == NULL)
            waited_ms += POLL_MS;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            ok = print(d, message);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        if (!ok)
            return false;
        if (waited_ms >= ANSWER_MAX_MS)
            return error_set(d->error, ERROR_KAFKA, 0, "only %u of %u triggers were answered in %d seconds",
                             d->answered, d->produced, ANSWER_MAX_MS / 1000);
        fflush(stdout);
    }
    return true;
}

/* ---- life ---- */

static void discard_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

/* A client with `count` properties more than its address: names and values in turn. */
static rd_kafka_t *new_client(demo *d, rd_kafka_type_t type, const char *const *properties, size_t count)
{
    char reason[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, discard_log);
    rd_kafka_conf_set(conf, "bootstrap.servers", kafka_client_servers(d->options->config), reason,
                      sizeof reason);
    for (size_t i = 0; i < count; i++)
        rd_kafka_conf_set(conf, properties[2 * i], properties[2 * i + 1], reason, sizeof reason);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        error_set(d->error, ERROR_KAFKA, 0, "no client: %s", reason);
    }
    return client;
}

static bool begin(demo *d)
{
    static const char *const consumer[] = {"group.id", "carillon-demo", "auto.offset.reset", "earliest"};
    arena_init(&d->memory, 1 << 16, SIZE_MAX);
    d->step_plan = avro_plan_new(completion_step_schema, strlen(completion_step_schema), d->error);
    if (d->step_plan == NULL)
        return false;
    d->execution_plan =
        avro_plan_new(completion_execution_schema, strlen(completion_execution_schema), d->error);
    if (d->execution_plan == NULL)
        return false;
    d->producer = new_client(d, RD_KAFKA_PRODUCER, NULL, 0);
    d->consumer = d->producer == NULL ? NULL : new_client(d, RD_KAFKA_CONSUMER, consumer, 2);
    if (d->consumer == NULL)
        return false;
    rd_kafka_poll_set_consumer(d->consumer);
    return subscribe(d);
}

static void end(demo *d)
{
    if (d->consumer != NULL) {
        rd_kafka_consumer_close(d->consumer);
        rd_kafka_destroy(d->consumer);
    }
    if (d->producer != NULL)
        rd_kafka_destroy(d->producer);
    avro_plan_free(d->step_plan);
    avro_plan_free(d->execution_plan);
    arena_free(&d->memory);
}

bool demo_run(const demo_options *options, error *e)
{
    demo d = {.options = options, .error = e};
    bool ok = begin(&d) && produce_all(&d);
    if (ok) {
        printf("%u triggers produced; what comes back:\n\n", d.produced);
        ok = follow(&d);
    }
    if (ok)
        print_mails(options->mails);
    end(&d);
    return ok;
}
