#include "engine/execution/completion.h"

#include <avro.h>

#include "tests/unit/execution_run.h"

TestSuite(execution_completion, .init = set_up, .fini = tear_down);

/* avro-c, by the schemas in schemas/, as an independent reader: the event as JSON. */
static value peer_reads(const char *schema_text, const buffer *body)
{
    avro_schema_t parsed;
    avro_value_t decoded;
    char *text;
    cr_assert_eq(avro_schema_from_json_length(schema_text, strlen(schema_text), &parsed), 0, "%s",
                 avro_strerror());
    avro_value_iface_t *iface = avro_generic_class_from_schema(parsed);
    avro_reader_t reader = avro_reader_memory(body->bytes, (int64_t)body->size);
    avro_generic_value_new(iface, &decoded);
    cr_assert_eq(avro_value_read(reader, &decoded), 0, "%s", avro_strerror());
    char rest;
    cr_expect_neq(avro_read(reader, &rest, 1), 0, "bytes behind the event");
    cr_assert_eq(avro_value_to_json(&decoded, 1, &text), 0);
    value event = json(arena_copy(&memory, text, strlen(text)));
    free(text);
    avro_value_decref(&decoded);
    avro_value_iface_decref(iface);
    avro_reader_free(reader);
    avro_schema_decref(parsed);
    return event;
}

static void expect_text(const value *event, const char *name, const char *text)
{
    const value *v = value_field(event, name);
    cr_assert_not_null(v, "%s", name);
    if (v->kind == VALUE_MAP) /* a union's branch */
        v = &v->members[0].value;
    cr_expect(value_is_text(v, text), "%s is not %s", name, text);
}

static value step_event(const execution *x, size_t index)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    completion_write_step(&b, x, index);
    return peer_reads(completion_step_schema, &b);
}

Test(execution_completion, says_what_its_schema_says)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ", skip_condition: 'True'") SMS("c", ", skip_condition: 'payload.nope'"),
          "{\"name\":\"Ada\"}");
    run(&x);

    value done = step_event(&x, 0);
    expect_text(&done, "execution_id", x.id.text);
    expect_text(&done, "event_id", identity_of_event(&x.id, &x.steps[0].step_id, 1).text);
    expect_text(&done, "workflow_id", "orders");
    expect_text(&done, "step_id", "a");
    expect_text(&done, "step_type", "SMS");
    expect_text(&done, "recipient", "user-1");
    expect_text(&done, "status", "COMPLETED");
    expect_text(&done, "result",
                "{\"provider\":\"log\",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}");
    cr_expect_eq(value_field(&done, "reason")->kind, VALUE_NULL);
    cr_expect_eq(value_field(&done, "error")->kind, VALUE_NULL);
    cr_expect_eq(value_field(&done, "attempt")->integer, 1);
    cr_expect_eq(value_field(&done, "completed_at")->integer, BEGAN_MS + TICK_MS);

    value skipped = step_event(&x, 1);
    expect_text(&skipped, "status", "SKIPPED");
    expect_text(&skipped, "reason", "skip_condition");
    cr_expect_eq(value_field(&skipped, "result")->kind, VALUE_NULL);

    value failed = step_event(&x, 2);
    expect_text(&failed, "status", "FAILED");
    expect_text(value_field(&failed, "error")->kind == VALUE_MAP
                    ? &value_field(&failed, "error")->members[0].value
                    : &failed,
                "code", "evaluation_failed");

    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    completion_write_execution(&b, &x);
    value ended = peer_reads(completion_execution_schema, &b);
    expect_text(&ended, "status", "FAILED");
    expect_text(&ended, "trigger_id", "t-1");
    expect_text(&ended, "event_id",
                identity_of_event(&x.id, &(value){.kind = VALUE_STRING, .text = ""}, 1).text);
    cr_expect_eq(value_field(&ended, "steps_completed")->integer, 1);
    cr_expect_eq(value_field(&ended, "steps_skipped")->integer, 1);
    cr_expect_eq(value_field(&ended, "steps_failed")->integer, 1);
    cr_expect_eq(value_field(&ended, "started_at")->integer, BEGAN_MS);
}
