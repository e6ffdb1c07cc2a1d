#include "engine/execution/delivery_request.h"

#include "engine/execution/record.h"
#include "tests/unit/event_peer.h"

TestSuite(execution_delivery_request, .init = set_up, .fini = tear_down);

static const char two_steps[] =
    "  - {step_id: a, step_type: EMAIL, name: A, config: {to: a@example.com, subject: "
    "\"Hi {{ payload.name }}\", text: \"\\xE4 \\\"\"}}\n"
    "  - {step_id: b, step_type: SMS, name: B, config: {to: '+1', body: B}}\n";

/* Step a delivered under this message id. */
static void deliver_first(execution *x, const char *message_id)
{
    begin(x, two_steps, "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(x, BEGAN_MS), EXECUTION_DELIVER);
    execution_delivered(x, "outside", value_cstring(message_id), BEGAN_MS + 5);
}

static const char *own_id(const execution *x)
{
    static identity id;
    id = identity_of_event(&x->id, &x->steps[0].step_id, 1);
    return id.text;
}

static void deliver_by_request(execution *x)
{
    begin(x, two_steps, "{\"name\":\"Ada\"}");
    deliver_first(x, own_id(x));
}

Test(execution_delivery_request, says_what_its_schema_says)
{
    execution x;
    value message;
    buffer b;
    deliver_by_request(&x);
    cr_assert(delivery_request_find(&x, 0, &memory, &message));
    buffer_init(&b, &memory, 1 << 20);
    delivery_request_write(&b, &x, 0, &message);
    cr_assert_not(b.failed);
    value event = peer_reads(delivery_request_schema, &b);
    expect_field(&event, "event_id", own_id(&x));
    expect_field(&event, "execution_id", x.id.text);
    expect_field(&event, "workflow_id", "orders");
    expect_field(&event, "step_id", "a");
    expect_field(&event, "step_type", "EMAIL");
    expect_field(&event, "recipient", "user-1");
    expect_field(&event, "message",
                 "{\"to\":\"a@example.com\",\"subject\":\"Hi Ada\",\"text\":\"\xC3\xA4 \\\"\"}");
    expect_field(&event, "metadata", "{\"source\":\"shop\"}");
    cr_expect_eq(value_field(&event, "workflow_version")->integer, x.workflow_version);
    cr_expect_eq(value_field(&event, "run")->integer, 1);
    cr_expect_eq(value_field(&event, "attempt")->integer, 1);
    cr_expect_eq(value_field(&event, "requested_at")->integer, BEGAN_MS + 5);
}

Test(execution_delivery_request, the_record_gives_the_same_to_the_byte)
{
    execution x, again;
    value message;
    buffer record, first, second;
    error e = {0};
    deliver_by_request(&x);
    cr_assert(delivery_request_find(&x, 0, &memory, &message));
    buffer_init(&first, &memory, 1 << 20);
    delivery_request_write(&first, &x, 0, &message);
    buffer_init(&record, &memory, 1 << 20);
    record_write(&record, &x);
    cr_assert(record_read(&again, &memory, record.bytes, record.size, &e), "%s", e.message);
    cr_assert(delivery_request_find(&again, 0, &memory, &message));
    buffer_init(&second, &memory, 1 << 20);
    delivery_request_write(&second, &again, 0, &message);
    cr_assert_eq(first.size, second.size);
    cr_expect_arr_eq(first.bytes, second.bytes, first.size);
}

Test(execution_delivery_request, what_was_delivered_otherwise_has_none)
{
    execution x;
    value message;
    deliver_first(&x, "SM0123");
    cr_expect_not(delivery_request_find(&x, 0, &memory, &message), "an id of the provider's own");
    cr_expect_not(delivery_request_find(&x, 1, &memory, &message), "it has not ended");
    begin(&x, two_steps, "{\"name\":\"Ada\"}");
    execution_advance(&x, BEGAN_MS);
    execution_delivered(&x, "inbox", value_null(), BEGAN_MS);
    cr_expect_not(delivery_request_find(&x, 0, &memory, &message), "no id");
}

Test(execution_delivery_request, a_result_that_was_given_up_or_broken_has_none)
{
    static const char *const broken[] = {"{\"message_id\"", "[\"message_id\"]", "{\"message_id\":1}"};
    execution x;
    value message;
    deliver_by_request(&x);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        x.steps[0].result = value_cstring(broken[i]);
        cr_expect_not(delivery_request_find(&x, 0, &memory, &message), "%s", broken[i]);
    }
    x.steps[0].result = value_null();
    cr_expect_not(delivery_request_find(&x, 0, &memory, &message));
}
