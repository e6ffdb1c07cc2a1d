#include <stdio.h>

#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

enum { OPTION_VERSION = CLI_LONG_ONLY };

static const cli_option options[] = {
    {OPTION_VERSION, "version", "N", "this version, instead of the latest one"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "workflow activate [OPTION...] ID",
    .summary = "Makes a stored version the one that executes, for triggers from now on: what\n"
               "has begun stays on its version. Refused where a stored control value does not\n"
               "fit the version, or a required control has neither a value nor a default.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
};

static bool take_option(void *data, const cli_options *o)
{
    return cli_read_version(&usage, o->argument, data);
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    int *version = data;
    const value id = value_cstring(rest[0]);
    error e = {0};
    if (!catalog_store_activate(s->store, &id, version, &e))
        return store_session_fail(s, &e);
    printf("%s: version %d executes\n", rest[0], *version);
    return CLI_OK;
}

int cli_workflow_activate(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .take_option = take_option, .run = run};
    int version = 0;
    return store_command_run(&command, &version, argc, argv);
}
