#include <stdio.h>

#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

static const cli_option options[] = {STORE_OPTIONS};

static const cli_usage usage = {
    .synopsis = "workflow archive [OPTION...] ID",
    .summary = "Ends a workflow's life. Triggers for it are rejected from now on; what has\n"
               "begun goes on. There is no way back: a new workflow needs a new id.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
};

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)data;
    (void)rest_count;
    const value id = value_cstring(rest[0]);
    error e = {0};
    if (!catalog_store_archive(s->store, &id, &e))
        return store_session_fail(s, &e);
    printf("%s: archived\n", rest[0]);
    return CLI_OK;
}

int cli_workflow_archive(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .run = run};
    return store_command_run(&command, NULL, argc, argv);
}
