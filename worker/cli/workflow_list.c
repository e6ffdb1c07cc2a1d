#include <stdio.h>

#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

static const cli_option options[] = {STORE_OPTIONS};

static const cli_usage usage = {
    .synopsis = "workflow list [OPTION...]",
    .summary = "Lists the stored workflows: id, status, the version that executes (or did\n"
               "last), the latest version, and the version of the control values.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)data;
    (void)rest;
    (void)rest_count;
    const stored_life *lives;
    size_t count;
    error e = {0};
    if (!catalog_store_list(s->store, &s->memory, &lives, &count, &e))
        return store_session_fail(s, &e);
    printf("%-40s %-9s %7s %7s %9s\n", "WORKFLOW", "STATUS", "ACTIVE", "LATEST", "CONTROLS");
    for (size_t i = 0; i < count; i++) {
        const workflow_life *l = &lives[i].life;
        printf("%-40s %-9s %7d %7d %9lld\n", lives[i].id.text, workflow_status_name(l->status), l->active,
               l->latest, (long long)l->control_version);
    }
    return CLI_OK;
}

int cli_workflow_list(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .run = run};
    return store_command_run(&command, NULL, argc, argv);
}
