#include "engine/execution/trigger.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/limits.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(execution_trigger, .init = set_up, .fini = tear_down);

static const char generic[] = "{\"type\":\"record\",\"name\":\"T\",\"fields\":["
                              "{\"name\":\"workflow_id\",\"type\":\"string\"},"
                              "{\"name\":\"recipient\",\"type\":\"string\"},"
                              "{\"name\":\"data\",\"type\":\"string\"},"
                              "{\"name\":\"trigger_id\",\"type\":[\"null\",\"string\"]}]}";

static bool read_as(const char *schema_text, const buffer *body, trigger *t, error *e)
{
    avro_plan *plan = avro_plan_new(schema_text, strlen(schema_text), e);
    cr_assert_not_null(plan, "%s", e->message);
    bool ok = trigger_read(t, plan, &memory, body->bytes, body->size, e);
    avro_plan_free(plan);
    return ok;
}

static buffer encode(const char *workflow_id, const char *recipient, const char *data, const char *trigger_id)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    avro_write_string(&b, workflow_id, strlen(workflow_id));
    avro_write_string(&b, recipient, strlen(recipient));
    avro_write_string(&b, data, strlen(data));
    avro_write_long(&b, trigger_id != NULL);
    if (trigger_id != NULL)
        avro_write_string(&b, trigger_id, strlen(trigger_id));
    return b;
}

Test(execution_trigger, finds_its_fields_by_name)
{
    trigger t = {0};
    error e = {0};
    buffer b = encode("orders", "user-1", "{\"a\":[1]}", "t-1");
    cr_assert(read_as(generic, &b, &t, &e), "%s", e.message);
    cr_expect(value_is_text(&t.workflow_id, "orders"));
    cr_expect(value_is_text(&t.recipient, "user-1"));
    cr_expect(value_is_text(&t.trigger_id, "t-1"));
    cr_expect_eq(value_field(&t.data, "a")->items[0].integer, 1);
    cr_expect_eq(t.metadata.kind, VALUE_MAP);
    cr_expect_eq(t.metadata.count, 0u);
    b = encode("orders", "user-1", "{}", NULL);
    cr_assert(read_as(generic, &b, &t, &e));
    cr_expect_eq(t.trigger_id.kind, VALUE_NULL);
}

static void expect_refused(const buffer *body, error_code code, const char *word)
{
    trigger t = {0};
    error e = {0};
    cr_expect_not(read_as(generic, body, &t, &e));
    cr_expect_eq(e.code, code, "%s: %s", word, e.message);
    cr_expect_not_null(strstr(e.message, word), "%s: %s", word, e.message);
}

Test(execution_trigger, refuses_by_the_name_of_the_field)
{
    char long_id[LIMIT_TRIGGER_ID_BYTES + 2];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    buffer b = encode("orders", "", "{}", NULL);
    expect_refused(&b, ERROR_EMPTY_RECIPIENT, "recipient");
    b = encode("orders", "   ", "{}", NULL);
    expect_refused(&b, ERROR_EMPTY_RECIPIENT, "recipient");
    b = encode("orders", "a\nb", "{}", NULL);
    expect_refused(&b, ERROR_TRIGGER, "recipient");
    b = encode("orders", "user", "{", NULL);
    expect_refused(&b, ERROR_TRIGGER, "data");
    b = encode("orders", "user", "{}", long_id);
    expect_refused(&b, ERROR_TRIGGER, "trigger_id");
    b = encode("orders", "user", "{}",
               "a\x1f"
               "b");
    expect_refused(&b, ERROR_TRIGGER, "trigger_id");
    b.size--;
    expect_refused(&b, ERROR_DECODE, "");
}

Test(execution_trigger, refuses_a_record_without_the_fields)
{
    trigger t = {0};
    error e = {0};
    buffer b;
    buffer_init(&b, &memory, 100);
    avro_write_string(&b, "x", 1);
    cr_expect_not(
        read_as("{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}", &b,
                &t, &e));
    cr_expect_eq(e.code, ERROR_TRIGGER);
    cr_expect_not(read_as("\"string\"", &b, &t, &e));
    cr_expect_eq(e.code, ERROR_TRIGGER);
}

/* The fields at `order`, each in front of a field that no trigger has; all are texts. */
static void read_in_order(const unsigned order[6], trigger *t)
{
    static const char *const names[] = {"workflow_id", "recipient",  "data",
                                        "trigger_id",  "expires_at", "metadata"};
    static const char *const texts[] = {"orders", "user-1", "{\"a\":1}", "t-1", "1970-01-01T00:00:01Z", "m"};
    char schema[2048] = "{\"type\":\"record\",\"name\":\"T\",\"fields\":[";
    buffer body;
    error e = {0};
    buffer_init(&body, &memory, 1 << 20);
    for (size_t i = 0; i < 6; i++) {
        unsigned f = order[i];
        bool is_map = strcmp(names[f], "metadata") == 0;
        size_t size = strlen(schema);
        snprintf(schema + size, sizeof schema - size,
                 "%s{\"name\":\"%s\",\"type\":%s},{\"name\":\"%.7s_%u\",\"type\":\"string\"}",
                 i == 0 ? "" : ",", names[f],
                 is_map ? "{\"type\":\"map\",\"values\":\"string\"}" : "\"string\"", names[f], f);
        if (is_map) {
            avro_write_long(&body, 1);
            avro_write_string(&body, "k", 1);
            avro_write_string(&body, texts[f], strlen(texts[f]));
            avro_write_long(&body, 0);
        } else {
            avro_write_string(&body, texts[f], strlen(texts[f]));
        }
        avro_write_string(&body, "other", 5);
    }
    snprintf(schema + strlen(schema), sizeof schema - strlen(schema), "]}");
    cr_assert(read_as(schema, &body, t, &e), "%s", e.message);
}

Test(execution_trigger, finds_its_fields_in_any_order)
{
    static const unsigned orders[][6] = {
        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 1, 5, 0, 4, 2}, {2, 0, 1, 5, 3, 4}, {1, 0, 3, 2, 5, 4},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        trigger t = {0};
        read_in_order(orders[i], &t);
        cr_expect(value_is_text(&t.workflow_id, "orders"));
        cr_expect(value_is_text(&t.recipient, "user-1"));
        cr_expect(value_is_text(&t.trigger_id, "t-1"));
        cr_expect_eq(value_field(&t.data, "a")->integer, 1);
        cr_expect(value_is_text(value_field(&t.metadata, "k"), "m"));
        cr_expect_eq(t.expires_ms, 1000);
    }
}

Test(execution_trigger, refuses_control_characters_wherever_they_stand)
{
    avro_plan *plan = avro_plan_new(generic, strlen(generic), NULL);
    cr_assert_not_null(plan);
    for (size_t size = 1; size <= 20; size++) {
        for (size_t at = 0; at < size; at++) {
            for (int byte = 0; byte <= 0x80; byte++) { /* 0x80: a character of two bytes */
                char text[21];
                trigger t = {0};
                error e = {0};
                if (byte == 0x80 && at + 1 == size)
                    continue;
                memset(text, 'x', size);
                text[at] = (char)byte;
                if (byte == 0x80)
                    memcpy(text + at, "\xC2\x9F", 2);
                buffer b;
                buffer_init(&b, &memory, 1 << 20);
                avro_write_string(&b, text, size);
                avro_write_string(&b, "user-1", 6);
                avro_write_string(&b, "{}", 2);
                avro_write_long(&b, 0);
                bool is_control = byte < 0x20 || byte == 0x7F;
                cr_assert_eq(trigger_read(&t, plan, &memory, b.bytes, b.size, &e), !is_control,
                             "%zu, %zu, %d", size, at, byte);
                cr_assert(!is_control ||
                          strstr(e.message, "\"workflow_id\" holds a control character") != NULL);
            }
        }
    }
    avro_plan_free(plan);
}

/* ---- expires_at ---- */

#define EXPIRES(type)                                  \
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[" \
    "{\"name\":\"workflow_id\",\"type\":\"string\"},"  \
    "{\"name\":\"recipient\",\"type\":\"string\"},"    \
    "{\"name\":\"data\",\"type\":\"string\"},"         \
    "{\"name\":\"expires_at\",\"type\":" type "}]}"
#define LOGICAL(type) "{\"type\":\"long\",\"logicalType\":\"" type "\"}"

static buffer begin_expiring(void)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    avro_write_string(&b, "w", 1);
    avro_write_string(&b, "r", 1);
    avro_write_string(&b, "{}", 2);
    return b;
}

static void expect_expiry(const char *schema, const buffer *body, int64_t expires_ms)
{
    trigger t = {0};
    error e = {0};
    cr_assert(read_as(schema, body, &t, &e), "%s", e.message);
    cr_expect_eq(t.expires_ms, expires_ms, "%s: %lld", schema, (long long)t.expires_ms);
}

static void expect_long_expiry(const char *schema, int64_t written, int64_t expires_ms)
{
    buffer b = begin_expiring();
    avro_write_long(&b, written);
    expect_expiry(schema, &b, expires_ms);
}

static void expect_text_expiry(const char *written, int64_t expires_ms)
{
    buffer b = begin_expiring();
    avro_write_string(&b, written, strlen(written));
    expect_expiry(EXPIRES("\"string\""), &b, expires_ms);
}

Test(execution_trigger, expires_when_its_timestamp_or_text_says)
{
    expect_long_expiry(EXPIRES(LOGICAL("timestamp-millis")), 1700000000123, 1700000000123);
    expect_long_expiry(EXPIRES(LOGICAL("timestamp-micros")), 1700000000123456, 1700000000123);
    expect_text_expiry("2023-11-14T22:13:20Z", 1700000000000);
    expect_text_expiry("2023-11-15T00:13:20.5+02:00", 1700000000500);
}

Test(execution_trigger, never_expires_where_it_does_not_say)
{
    trigger t = {.expires_ms = 5};
    error e = {0};
    buffer b = encode("orders", "user-1", "{}", NULL);
    cr_assert(read_as(generic, &b, &t, &e));
    cr_expect_eq(t.expires_ms, 0);
    expect_long_expiry(EXPIRES("[\"null\"," LOGICAL("timestamp-millis") "]"), 0, 0);
}

Test(execution_trigger, what_expired_before_1970_has_expired)
{
    expect_long_expiry(EXPIRES(LOGICAL("timestamp-millis")), 0, 1);
    expect_long_expiry(EXPIRES(LOGICAL("timestamp-millis")), -1700000000000, 1);
    expect_text_expiry("1969-12-31T23:59:59Z", 1);
}

Test(execution_trigger, refuses_an_expiry_that_is_no_instant)
{
    static const struct {
        const char *schema;
        const char *word;
    } cases[] = {
        {EXPIRES("\"long\""), "\"expires_at\" must be a timestamp or an RFC 3339 time, not integer"},
        {EXPIRES(LOGICAL("local-timestamp-millis")), "\"expires_at\" is no timestamp and no RFC 3339 time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trigger t = {0};
        error e = {0};
        buffer b = begin_expiring();
        avro_write_long(&b, 1700000000000);
        cr_expect_not(read_as(cases[i].schema, &b, &t, &e));
        cr_expect_eq(e.code, ERROR_TRIGGER);
        cr_expect_not_null(strstr(e.message, cases[i].word), "%s", e.message);
    }
}

Test(execution_trigger, reads_the_generic_schema)
{
    char text[8192];
    FILE *file = fopen(SOURCE_DIR "/schemas/trigger.avsc", "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    buffer b = begin_expiring();
    avro_write_long(&b, 0); /* metadata */
    avro_write_long(&b, 0); /* trigger_id */
    avro_write_long(&b, 1);
    avro_write_long(&b, 1700000000123);
    expect_expiry(text, &b, 1700000000123);
}
