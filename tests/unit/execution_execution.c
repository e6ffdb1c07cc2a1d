#include "tests/unit/execution_run.h"

TestSuite(execution_execution, .init = set_up, .fini = tear_down);

Test(execution_execution, runs_its_steps_in_order)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    cr_expect_eq(x.status, EXECUTION_PENDING);
    cr_assert_eq(execution_advance(&x, 1001), EXECUTION_DELIVER);
    cr_expect_eq(x.status, EXECUTION_RUNNING);
    expect_text(execution_step(&x)->id, "a");
    expect_text(*value_field(execution_message(&x), "body"), "Hi Ada");
    expect_text(*value_field(execution_message(&x), "to"), "user-1");
    cr_expect_eq(x.steps[0].status, STEP_EXECUTING);
    cr_expect_eq(x.steps[0].attempt, 1);
    cr_expect_eq(x.steps[1].status, STEP_PENDING);
    cr_assert_eq(execution_advance(&x, 1002), EXECUTION_DELIVER, "still waiting for the same delivery");
    cr_expect_eq(x.current_step, 0u);
    execution_delivered(&x, "log", value_null(), 1003);
    cr_assert_eq(execution_advance(&x, 1004), EXECUTION_DELIVER);
    execution_delivered(&x, "log", value_null(), 1005);
    cr_expect_eq(execution_advance(&x, 1006), EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.completed_ms, 1005);
    cr_expect_eq(x.steps[0].started_ms, 1001);
    cr_expect_eq(x.steps[0].completed_ms, 1003);
    expect_text(x.steps[0].result,
                "{\"provider\":\"log\",\"message\":{\"to\":\"user-1\",\"body\":\"Hi Ada\"}}");
}

Test(execution_execution, skips_by_condition_and_by_missing_address)
{
    execution x;
    begin(
        &x,
        SMS("a",
            ", skip_condition: 'payload.amount < 10'") "  - {step_id: b, step_type: EMAIL, name: b, config: "
                                                       "{to: '  ', subject: s, text: t}}\n" SMS("c", ""),
        "{\"name\":\"Ada\"}");
    run(&x);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.steps[0].status, STEP_SKIPPED);
    expect_text(x.steps[0].reason, "skip_condition");
    cr_expect_eq(x.steps[0].attempt, 0);
    expect_text(x.steps[1].reason, "no_address");
    cr_expect_eq(x.steps[2].status, STEP_COMPLETED);
    cr_expect_eq(count_steps(&x, STEP_SKIPPED), 2u);
}

Test(execution_execution, later_steps_see_what_earlier_ones_left)
{
    execution x;
    begin(
        &x,
        SMS("a", ", skip_condition: 'True'") SMS(
            "b", ", skip_condition: \"steps.a.status != 'SKIPPED'\"") "  - {step_id: c, step_type: SMS, "
                                                                      "name: c, config: {to: x, body: "
                                                                      "'{{ steps.b.message.body }} {{ "
                                                                      "steps.a.reason }} {{ execution.run }} "
                                                                      "{{ metadata.source }} {{ now }}'}}\n",
        "{\"name\":\"Ada\"}");
    run(&x);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    expect_text(*value_field(&x.steps[2].message, "body"),
                "Hi Ada skip_condition 1 shop 1970-01-01T00:00:01.000Z");
}

Test(execution_execution, a_step_that_cannot_be_evaluated_fails_and_ends_it)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ", skip_condition: \"payload['secret'] == 1\"") SMS("c", ""),
          "{\"name\":\"Ada\"}");
    run(&x);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    cr_expect_eq(x.steps[0].status, STEP_COMPLETED);
    cr_expect_eq(x.steps[1].status, STEP_FAILED);
    expect_text(x.steps[1].error_code, "evaluation_failed");
    cr_expect_eq(x.steps[2].status, STEP_PENDING);
    cr_expect_eq(x.current_step, 1u);
}

Test(execution_execution, a_refused_delivery_fails_the_step_without_content)
{
    execution x;
    begin(&x, SMS("a", "") SMS("b", ""), "{\"name\":\"Ada\"}");
    cr_assert_eq(execution_advance(&x, BEGAN_MS), EXECUTION_DELIVER);
    execution_delivery_failed(&x,
                              &(delivery_failure){.provider = "inbox",
                                                  .code = "inbox_refused",
                                                  .message = "Redis refused to write the inbox"},
                              0, 1100);
    cr_expect_eq(execution_advance(&x, 1101), EXECUTION_ENDED);
    cr_expect_eq(x.status, EXECUTION_FAILED);
    expect_text(x.steps[0].error_code, "inbox_refused");
    expect_text(x.steps[0].error_message, "provider inbox: Redis refused to write the inbox");
    cr_expect_eq(x.steps[0].result.kind, VALUE_NULL);
}

Test(execution_execution, keeps_the_payload_as_received_and_evaluates_it_with_defaults)
{
    execution x;
    begin(&x, "  - {step_id: a, step_type: SMS, name: a, config: {to: x, body: '{{ payload.amount }}'}}\n",
          "{\"name\":\"Ada\"}");
    run(&x);
    expect_text(*value_field(&x.steps[0].message, "body"), "7");
    cr_expect_null(value_field(&x.payload, "amount"));
}

Test(execution_execution, checks_status_and_payload_first)
{
    error e = {0};
    const workflow *w = workflow_of(SMS("a", ""));
    trigger good = trigger_of("{\"name\":\"Ada\"}"), bad = trigger_of("{\"name\":17}");
    cr_expect(execution_check(&good, w, checker, &e));
    cr_expect_not(execution_check(&bad, w, checker, &e));
    cr_expect_eq(e.code, ERROR_INVALID_PAYLOAD);
    cr_expect_null(strstr(e.message, "17"), "an error names the rule, never the value");
    workflow draft = *w;
    draft.status = WORKFLOW_DRAFT;
    cr_expect_not(execution_check(&good, &draft, checker, &e));
    cr_expect_eq(e.code, ERROR_INACTIVE_WORKFLOW);
}

Test(execution_execution, memory_that_runs_out_fails_a_step_and_loses_nothing)
{
    /* Every budget from none to enough: it ends in a state that can be told, whatever the budget stops. */
    trigger t = trigger_of("{\"name\":\"Ada\"}");
    identity id = identity_of_execution(&t.workflow_id, &t.trigger_id, &t.origin);
    const workflow *w = workflow_of(SMS("a", "") SMS("b", "") SMS("c", ""));
    bool completed = false;
    for (size_t budget = 256; budget < 64 << 10 && !completed; budget += 64) {
        execution x;
        arena small;
        error e = {0};
        arena_init(&small, 256, budget);
        if (execution_begin(&x, &id, &t, w, &small, BEGAN_MS, &e)) {
            run(&x);
            cr_expect(x.status == EXECUTION_COMPLETED || count_steps(&x, STEP_FAILED) == 1, "budget %zu",
                      budget);
            completed = x.status == EXECUTION_COMPLETED && x.steps[2].result.kind == VALUE_STRING;
        } else {
            cr_expect_eq(e.code, ERROR_LIMIT);
        }
        arena_free(&small);
    }
    cr_expect(completed);
}

/* The map of results grows in steps: it may fail where there is memory for other things. */
Test(execution_execution, memory_that_runs_out_shows_no_step_less_than_there_was)
{
#define SKIPPED(id) SMS(id, ", skip_condition: 'True'")
    trigger t = trigger_of("{\"name\":\"Ada\"}");
    identity id = identity_of_execution(&t.workflow_id, &t.trigger_id, &t.origin);
    const workflow *w =
        workflow_of(SKIPPED("a") SKIPPED("b") SKIPPED("c") SKIPPED("d") SKIPPED("e") SKIPPED("f") SKIPPED("g")
                        SKIPPED("h") SKIPPED("i") "  - {step_id: j, step_type: SMS, name: j, config: {to: x, "
                                                  "body: '{{ len(steps) }}'}}\n");
    for (size_t budget = 256; budget < 16 << 10; budget += 8) {
        execution x;
        arena small;
        error e = {0};
        arena_init(&small, 256, budget);
        if (execution_begin(&x, &id, &t, w, &small, BEGAN_MS, &e)) {
            run(&x);
            expect_sound(&x);
            if (x.steps[9].message.kind == VALUE_MAP)
                expect_text(*value_field(&x.steps[9].message, "body"), "9");
        }
        arena_free(&small);
    }
}

Test(execution_execution, each_step_sees_its_own_controls)
{
#define GREETING(id, text)                                                                              \
    "  - {step_id: " id ", step_type: SMS, name: " id ", config: {to: x, body: '{{ controls.word }}'}," \
    " control_schema: {type: object, properties: {word: {type: string, default: " text "}}}}\n"
    execution x;
    begin(&x, GREETING("a", "Hello") GREETING("b", "Bye"), "{\"name\":\"Ada\"}");
    run(&x);
    expect_text(*value_field(&x.steps[0].message, "body"), "Hello");
    expect_text(*value_field(&x.steps[1].message, "body"), "Bye");
}

/* A control character takes six bytes as JSON. */
Test(execution_execution, a_message_beyond_the_records_bound_is_delivered_and_not_kept)
{
    enum { NAME_SIZE = 6000 };
    static const char unit[] = "\\u0001";
    execution x;
    buffer data;
    buffer_init(&data, &memory, 1 << 20);
    buffer_add_text(&data, "{\"name\":\"");
    for (int i = 0; i < NAME_SIZE; i++)
        buffer_add_text(&data, unit);
    buffer_add(&data, "\"}", 3);
    begin(&x,
          "  - {step_id: a, step_type: EMAIL, name: a, config: {to: x, subject: s, text: "
          "'{{ payload.name * 160 }}', html: '{{ payload.name * 160 }}'}}\n"
          "  - {step_id: b, step_type: SMS, name: b, config: {to: x, body: '{{ not steps.a.message }}'}}\n",
          data.bytes);
    run(&x);
    cr_expect_eq(x.status, EXECUTION_COMPLETED);
    cr_expect_eq(x.steps[0].result.kind, VALUE_NULL);
    cr_expect_eq(x.steps[0].message.kind, VALUE_NULL);
    expect_text(*value_field(&x.steps[1].message, "body"), "True");
}
