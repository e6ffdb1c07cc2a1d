#include "engine/execution/trigger.h"

#include <criterion/criterion.h>

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
