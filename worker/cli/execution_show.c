#include <inttypes.h>
#include <stdio.h>

#include "engine/limits.h"
#include "worker/cli/execution.h"
#include "worker/cli/plain.h"

enum { OPTION_JSON = CLI_LONG_ONLY };

static const cli_option options[] = {
    {OPTION_JSON, "json", NULL, "the record as it is in Redis: one JSON object"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "execution show [OPTION...] ID",
    .summary = "Prints one execution: where it stands, what it waits for, and each of its\n"
               "steps with the latest of those that failed to deliver it. What was delivered,\n"
               "and the payload, are in the record (--json).",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
    .notes = "exit code 1: there is no record of it",
};

static void print_name(const char *name)
{
    printf("  %-10s ", name);
}

static void print_line(const char *name, const value *text)
{
    print_name(name);
    plain_print(text, 0);
    putchar('\n');
}

static void print_time(const char *name, int64_t ms)
{
    print_name(name);
    plain_print_time(ms);
    putchar('\n');
}

static void print_status(const execution *x)
{
    print_name("status");
    printf("%s", execution_status_name(x->status));
    if (x->reason.kind == VALUE_STRING) {
        printf(execution_ended(x) ? " (" : ", to end as soon as the delivery under way is over (");
        plain_print(&x->reason, 0);
        putchar(')');
    }
    printf(", run %" PRId64 "\n", x->run);
}

static void print_workflow(const execution *x)
{
    print_name("workflow");
    plain_print(&x->workflow_id, 0);
    printf(", version %" PRId64 ", control version %" PRId64 "\n", x->workflow_version, x->control_version);
}

static void print_due(const execution *x)
{
    const step_state *s = &x->steps[x->current_step];
    print_name("due");
    plain_print_time(x->due_ms);
    if (x->postponed)
        printf(" (no provider takes step ");
    else
        printf(step_has_begun(s) ? " (retry of step " : " (delay of step ");
    plain_print(&s->step_id, 0);
    puts(x->due_ms <= cli_now_ms() ? "), overdue" : ")");
}

static void print_failure(const step_failure *f)
{
    printf("      attempt %" PRId64 ", ", f->attempt);
    plain_print_time(f->at_ms);
    printf(", ");
    plain_print(&f->provider, 0);
    printf(": ");
    plain_print(&f->code, 0);
    if (f->retriable)
        printf(", retriable");
    if (f->unknown)
        printf(", perhaps delivered");
    if (f->retry_after_ms != 0)
        printf(", not again for %" PRId64 " ms", f->retry_after_ms);
    putchar('\n');
}

static void print_step(const step_state *s)
{
    printf("    ");
    plain_print(&s->step_id, 20);
    putchar(' ');
    plain_print(&s->step_type, 6);
    printf(" %-9s", step_status_name(s->status));
    if (s->attempt > 0)
        printf(" attempt %" PRId64, s->attempt);
    if (s->provider.kind == VALUE_STRING) {
        printf(" by ");
        plain_print(&s->provider, 0);
    }
    if (s->run > 1)
        printf(" in run %" PRId64, s->run);
    if (s->started_ms != 0) {
        putchar(' ');
        plain_print_time(s->started_ms);
        printf(" to ");
        plain_print_time(s->completed_ms);
    }
    if (s->reason.kind == VALUE_STRING) {
        putchar(' ');
        plain_print(&s->reason, 0);
    }
    putchar('\n');
    if (s->error_code.kind == VALUE_STRING) {
        printf("      ");
        plain_print(&s->error_code, 0);
        printf(": ");
        plain_print(&s->error_message, 0);
        putchar('\n');
    }
    for (size_t i = 0; i < s->failure_count; i++)
        print_failure(&s->failures[i]);
}

static void print_execution(const execution *x)
{
    printf("execution %s\n", x->id.text);
    print_status(x);
    print_workflow(x);
    print_line("recipient", &x->recipient);
    print_line("trigger", &x->trigger_id);
    print_name("origin");
    plain_print(&x->origin.topic, 0);
    printf("/%d, offset %" PRId64 "\n", x->origin.partition, x->origin.offset);
    print_time("started", x->started_ms);
    if (execution_ended(x))
        print_time("completed", x->completed_ms);
    if (x->due_ms != 0)
        print_due(x);
    if (x->expires_ms != 0)
        print_time("expires", x->expires_ms);
    puts("  steps");
    for (size_t i = 0; i < x->step_count; i++)
        print_step(&x->steps[i]);
}

static int print_found(const record_found *f, bool json)
{
    if (json) {
        fwrite(f->text.text, 1, f->text.count, stdout);
        putchar('\n');
        return CLI_OK;
    }
    if (!f->readable)
        return cli_fail(&usage, CLI_FAILED, "%.*s/%d: %.*s: %s", (int)f->partition.topic.count,
                        f->partition.topic.text, f->partition.number, (int)f->id.count, f->id.text,
                        f->fault.message);
    print_execution(&f->execution);
    return CLI_OK;
}

static int show(store_session *s, records *r, const identity *id, bool json)
{
    partition_name *partitions;
    record_found *found;
    size_t partition_count, count;
    int code = CLI_OK;
    error e = {0};
    if (!records_partitions(r, &s->memory, &partitions, &partition_count, &e) ||
        !records_find(r, &s->memory, partitions, partition_count, id, &found, &count, &e))
        return store_session_fail(s, &e);
    if (count == 0)
        return cli_execution_unknown(s, id);
    for (size_t i = 0; i < count; i++)
        if (print_found(&found[i], json) != CLI_OK)
            code = CLI_FAILED;
    return code;
}

static bool take_option(void *data, const cli_options *o)
{
    (void)o;
    *(bool *)data = true;
    return true;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    records *r;
    identity id;
    if (!cli_read_execution_id(&usage, rest[0], &id))
        return CLI_USAGE;
    int code = cli_records_open(s, &r);
    if (code != CLI_OK)
        return code;
    code = show(s, r, &id, *(bool *)data);
    records_close(r);
    return code;
}

int cli_execution_show(int argc, char **argv)
{
    static const store_command command = {
        .usage = &usage, .take_option = take_option, .run = run, .opens_late = true};
    bool json = false;
    return store_command_run(&command, &json, argc, argv);
}
