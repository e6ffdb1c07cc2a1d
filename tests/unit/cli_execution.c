#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include "worker/cli/execution.h"
#include "worker/cli/plain.h"

static const cli_usage usage = {.synopsis = "execution"};

static bool take(execution_filter *f, int letter, const char *argument)
{
    cr_redirect_stderr();
    const cli_options o = {.usage = &usage, .letter = letter, .argument = argument};
    return execution_filter_take(f, &o);
}

Test(cli_execution, filters_by_workflow_status_and_waiting)
{
    const execution x = {.workflow_id = value_cstring("w"), .status = EXECUTION_RUNNING, .due_ms = 1};
    execution_filter all = {0}, of_workflow = {0}, other = {0}, running = {0}, failed = {0}, waits = {0};
    cr_assert(take(&of_workflow, OPTION_WORKFLOW, "w") && take(&other, OPTION_WORKFLOW, "ww"));
    cr_assert(take(&running, OPTION_STATUS, "RUNNING") && take(&failed, OPTION_STATUS, "failed"));
    cr_assert(take(&waits, OPTION_STATUS, "waiting"));
    cr_expect(execution_filter_matches(&all, &x));
    cr_expect(execution_filter_matches(&of_workflow, &x));
    cr_expect_not(execution_filter_matches(&other, &x));
    cr_expect(execution_filter_matches(&running, &x));
    cr_expect_not(execution_filter_matches(&failed, &x));
    cr_expect(execution_filter_matches(&waits, &x));
    const execution due_now = {.workflow_id = value_cstring("w"), .status = EXECUTION_RUNNING};
    cr_expect_not(execution_filter_matches(&waits, &due_now));
}

Test(cli_execution, an_unknown_status_is_refused)
{
    execution_filter f = {0};
    cr_expect_not(take(&f, OPTION_STATUS, "done"));
    cr_expect_not(take(&f, OPTION_STATUS, ""));
}

Test(cli_execution, the_later_status_counts)
{
    const execution x = {.status = EXECUTION_FAILED};
    execution_filter f = {0};
    cr_assert(take(&f, OPTION_STATUS, "RUNNING") && take(&f, OPTION_STATUS, "waiting") &&
              take(&f, OPTION_STATUS, "FAILED"));
    cr_expect(execution_filter_matches(&f, &x));
}

static void expect_plain(const value *text, const char *expected)
{
    arena memory;
    buffer b;
    arena_init(&memory, 256, 1 << 16);
    buffer_init(&b, &memory, 1 << 16);
    plain_write(&b, text);
    cr_assert_eq(b.size, strlen(expected), "%.*s", (int)b.size, b.bytes);
    cr_expect_arr_eq(b.bytes, expected, b.size);
    arena_free(&memory);
}

Test(cli_execution, control_characters_become_question_marks)
{
    const value text = value_cstring("a\x1b[2J\n\x7f\xC2\x9B\xC2\xA0\xC3\xA9\xE2\x82\xAC"),
                null = value_null();
    expect_plain(&text, "a?[2J???\xC2\xA0\xC3\xA9\xE2\x82\xAC");
    const value cut = value_cstring("\xC2");
    expect_plain(&cut, "\xC2");
    expect_plain(&null, "-");
}
