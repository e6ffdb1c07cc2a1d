#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/workflow.h"

static arena memory;
static const workflow *compiled;

static void set_up(void)
{
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
}

static void tear_down(void)
{
    workflow_release(compiled);
    arena_free(&memory);
}

TestSuite(workflow_step, .init = set_up, .fini = tear_down);

/* A workflow of one step; each has one line more. */
static const workflow *compile(const char *of_step, const char *of_workflow)
{
    workflow_findings findings;
    buffer text;
    document d;
    error e = {0};
    buffer_init(&text, &memory, 1 << 16);
    buffer_format(&text,
                  "workflow_id: w\nname: W\npayload_schema: true\n%s\nsteps:\n"
                  "  - step_id: a\n    step_type: SMS\n    name: A\n    config: {to: x, body: y}\n    %s\n",
                  of_workflow, of_step);
    workflow_findings_init(&findings, &memory);
    cr_assert(document_read(&d, &memory, "w.yaml", text.bytes, text.size, &e), "%s", e.message);
    workflow_release(compiled);
    compiled = workflow_compile(&d, NULL, &findings);
    cr_assert_not_null(compiled, "%s: %s", of_step, findings.count > 0 ? findings.items[0].message : "?");
    return compiled;
}

static const step *compile_step(const char *of_step)
{
    return &compile(of_step, "")->steps[0];
}

/* ---- retry, on_failure, expires_after ---- */

Test(workflow_step, without_a_policy_eight_attempts_take_about_half_an_hour)
{
    static const char *const without[] = {"", "retry: null", "retry: {}",
                                          "retry: {max: null, retry_on: null}"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        const retry_policy *p = &compile_step(without[i])->retry;
        double pause_ms = (double)p->initial_ms, sum_ms = 0;
        for (int64_t attempt = 1; attempt < p->max_attempts; attempt++, pause_ms *= p->multiplier)
            sum_ms += pause_ms < (double)p->max_ms ? pause_ms : (double)p->max_ms;
        cr_expect_eq(p->max_attempts, 8);
        cr_expect_eq(sum_ms, 1805000, "%f", sum_ms);
        cr_expect_eq(p->jitter, 0.2);
        cr_expect_null(p->retry_on);
        cr_expect_eq(p->retry_on_count, 0u);
    }
}

Test(workflow_step, a_policy_is_what_it_says)
{
    const retry_policy *p = &compile_step("retry: {max_attempts: 100, initial: 1500ms, multiplier: 1.5, "
                                          "max: 90, jitter: 1, retry_on: [timeout, http_429]}")
                                 ->retry;
    cr_expect_eq(p->max_attempts, 100);
    cr_expect_eq(p->initial_ms, 1500);
    cr_expect_eq(p->multiplier, 1.5);
    cr_expect_eq(p->max_ms, 90000);
    cr_expect_eq(p->jitter, 1);
    cr_assert_eq(p->retry_on_count, 2u);
    cr_expect(value_is_text(&p->retry_on[0], "timeout"));
    cr_expect(value_is_text(&p->retry_on[1], "http_429"));
}

Test(workflow_step, what_a_policy_leaves_out_is_the_default)
{
    const retry_policy *p = &compile_step("retry: {max_attempts: 3.0}")->retry;
    cr_expect_eq(p->max_attempts, 3);
    cr_expect_eq(p->initial_ms, 5000);
    cr_expect_eq(p->multiplier, 3);
    cr_expect_eq(p->max_ms, 600000);
    cr_expect_eq(p->jitter, 0.2);
}

Test(workflow_step, the_bounds_of_a_policy_are_in_it)
{
    const retry_policy *p =
        &compile_step("retry: {max_attempts: 1, initial: 0, multiplier: 10, max: 0s, jitter: 0}")->retry;
    cr_expect_eq(p->max_attempts, 1);
    cr_expect_eq(p->initial_ms, 0);
    cr_expect_eq(p->multiplier, 10);
    cr_expect_eq(p->max_ms, 0);
    cr_expect_eq(p->jitter, 0);
    p = &compile_step("retry: {initial: 366d, max: 31622400}")->retry;
    cr_expect_eq(p->initial_ms, LIMIT_WAIT_SECONDS * INT64_C(1000));
    cr_expect_eq(p->max_ms, p->initial_ms);
}

Test(workflow_step, a_failure_stops_the_execution_unless_it_is_told_to_go_on)
{
    cr_expect_eq(compile_step("")->on_failure, STEP_STOP);
    cr_expect_eq(compile_step("on_failure: stop")->on_failure, STEP_STOP);
    cr_expect_eq(compile_step("on_failure: continue")->on_failure, STEP_CONTINUE);
}

Test(workflow_step, a_workflow_expires_only_where_it_says_so)
{
    cr_expect_eq(compile("", "")->expires_after_ms, 0);
    cr_expect_eq(compile("", "expires_after: 1d12h")->expires_after_ms, 129600000);
    cr_expect_eq(compile("", "expires_after: 0.001")->expires_after_ms, 1);
    cr_expect_eq(compile("", "expires_after: 1.001")->expires_after_ms, 1001);
    cr_expect_eq(compile("", "expires_after: 366d")->expires_after_ms, LIMIT_WAIT_SECONDS * INT64_C(1000));
}

/* ---- delay ---- */

#define NOW INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

static const char names_json[] =
    "[{\"wait\": 90, \"at\": \"2023-11-14T22:15:00Z\"}, {}, {}, \"r\", {}, {}, {}, "
    "\"2023-11-14T22:13:20.000Z\"]";

static bool evaluate(const char *of_step, int64_t *due_ms, error *e)
{
    value names;
    cr_assert(json_read(&memory, names_json, sizeof names_json - 1, &names, NULL));
    return step_delay(compile_step(of_step), names.items, &memory, NOW, due_ms, e);
}

static void expect_wait(const char *of_step, int64_t wait_ms)
{
    int64_t due_ms = 0;
    error e = {0};
    cr_expect(evaluate(of_step, &due_ms, &e), "%s: %s", of_step, e.message);
    cr_expect_eq(due_ms - NOW, wait_ms, "%s: %lld", of_step, (long long)(due_ms - NOW));
}

static void expect_failure(const char *of_step, const char *sentence)
{
    int64_t due_ms = 0;
    error e = {0};
    cr_expect_not(evaluate(of_step, &due_ms, &e), "%s waits %lld", of_step, (long long)(due_ms - NOW));
    cr_expect_eq(e.code, ERROR_EVALUATION);
    cr_expect_str_eq(e.message, sentence);
}

Test(workflow_step, a_delay_may_be_a_duration_or_a_number_of_seconds)
{
    expect_wait("", 0);
    expect_wait("delay: null", 0);
    expect_wait("delay: 0", 0);
    expect_wait("delay: '0'", 0);
    expect_wait("delay: 90", 90000);
    expect_wait("delay: 0.25", 250);
    expect_wait("delay: 1h30m", 5400000);
    expect_wait("delay: 366d", LIMIT_WAIT_SECONDS * INT64_C(1000));
    cr_expect_null(compile_step("delay: 1h30m")->delay);
}

Test(workflow_step, a_delay_may_be_an_expression_that_gives_seconds)
{
    expect_wait("delay: '30'", 30000);
    expect_wait("delay: payload.wait", 90000);
    expect_wait("delay: payload.wait / 8", 11250);
    expect_wait("delay: payload.wait * 0 + 1.001", 1001);
    expect_wait("delay: payload.wait - 100", 0);
    expect_wait("delay: payload.wait * 1e-4", 9);
    expect_wait("delay: 1e300 * -1e300", 0);
    expect_wait("delay: payload.wait * 366 * 960", LIMIT_WAIT_SECONDS * INT64_C(1000));
}

Test(workflow_step, a_delay_may_be_an_expression_that_gives_a_time)
{
    expect_wait("delay: payload.at", 100000);
    expect_wait("delay: now", 0);
    expect_wait("delay: payload.at.replace('2023', '2022')", 0);
    expect_wait("delay: payload.at.replace('Z', '+00:01')", 40000);
    expect_wait("delay: payload.at.replace('00Z', '00.0005Z')", 100001);
    expect_wait("delay: payload.at.replace('2023-11-14', '2024-11-13')", 365 * INT64_C(86400000) + 100000);
}

Test(workflow_step, a_delay_that_gives_no_time_is_an_error_without_its_value)
{
    static const char no_time[] = "delay of step a must give seconds or an RFC 3339 time";
    static const char too_long[] = "delay of step a is longer than 366 days";
    expect_failure("delay: payload.at[:10]", no_time);
    expect_failure("delay: payload['at'] + ' '", no_time);
    expect_failure("delay: payload.get('none')", no_time);
    expect_failure("delay: payload.get('none', True)", no_time);
    expect_failure("delay: payload.get('none', [5])", no_time);
    expect_failure("delay: payload.wait * 1e308 * 10 - payload.wait * 1e308 * 10", no_time);
    expect_failure("delay: payload.wait * 1e308 * 10", too_long);
    expect_failure("delay: payload.wait * 366 * 960 + 1", too_long);
    expect_failure("delay: payload.at.replace('2023-11-14', '2024-11-14')", too_long);
    expect_failure("delay: payload.at.replace('2023', '9999')", too_long);
    expect_failure("delay: payload.none", "delay of step a: AttributeError at byte 8: 'dict' object has no "
                                          "attribute 'none'");
    expect_failure(
        "delay: payload.wait + 'x'",
        "delay of step a: TypeError at byte 13: unsupported operand type(s) for +: 'int' and 'str'");
}
