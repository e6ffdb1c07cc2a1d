#include "worker/cli/execution.h"

#include <strings.h>
#include <time.h>

#include "engine/value/duration.h"
#include "worker/cli/group.h"

static const cli_command commands[] = {
    {"list", "executions by workflow and status", cli_execution_list},
    {"show", "one execution: its steps, and what it waits for", cli_execution_show},
    {"retry", "run failed executions again, from the step that failed", cli_execution_retry},
    {"cancel", "end executions before their next step", cli_execution_cancel},
};

static const cli_group group = {
    .name = "execution",
    .summary = "Executions as their records in Redis have them. A record is there from the\n"
               "first step until redis.retention after the end.",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int cli_execution(int argc, char **argv)
{
    return cli_group_run(&group, argc, argv);
}

/* ---- filters ---- */

static bool take_status(execution_filter *f, const cli_options *o)
{
    f->waiting = strcasecmp(o->argument, "waiting") == 0;
    if (f->waiting)
        return true;
    for (f->status = EXECUTION_PENDING; f->status <= EXECUTION_FAILED; f->status++)
        if (strcasecmp(o->argument, execution_status_name(f->status)) == 0) {
            f->has_status = true;
            return true;
        }
    cli_fail(o->usage, CLI_USAGE, "--status is one of PENDING, RUNNING, COMPLETED, FAILED and waiting");
    return false;
}

bool execution_filter_take(execution_filter *f, const cli_options *o)
{
    if (o->letter == OPTION_STATUS)
        return take_status(f, o);
    if (o->letter == OPTION_WORKFLOW)
        f->workflow = o->argument;
    return o->letter == OPTION_WORKFLOW;
}

bool execution_filter_matches(const execution_filter *f, const execution *x)
{
    return (f->workflow == NULL || value_is_text(&x->workflow_id, f->workflow)) &&
           (!f->has_status || x->status == f->status) && (!f->waiting || x->due_ms != 0);
}

/* ---- records ---- */

int cli_records_open(store_session *s, records **r)
{
    error e = {0};
    int code = store_session_configure(s);
    if (code != CLI_OK)
        return code;
    *r = records_open(&s->redis, s->config.group, s->config.redis_timeout_ms, &e);
    return *r != NULL ? CLI_OK : cli_fail(s->usage, CLI_UNREACHABLE, "%s", e.message);
}

bool cli_read_execution_id(const cli_usage *usage, const char *text, identity *id)
{
    const value name = value_cstring(text);
    if (identity_parse(&name, id))
        return true;
    cli_fail(usage, CLI_USAGE, "an execution's id is a UUID, such as 77fe8e62-387b-5d93-96cc-e6fa17ff24ce");
    return false;
}

int cli_execution_unknown(const store_session *s, const identity *id)
{
    char retention[DURATION_TEXT_SIZE];
    duration_format(s->config.retention_ms, retention);
    return cli_fail(
        s->usage, CLI_FAILED,
        "%s: no record of this execution in group %s. It has not begun, or ended longer than %s ago "
        "(redis.retention), or its workers have another group or Redis (worker.group, redis.url)",
        id->text, s->config.group, retention);
}

int64_t cli_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
