#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/timestamp.h"
#include "worker/cli/pretty.h"
#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

enum { OPTION_VERSION = CLI_LONG_ONLY };

static const cli_option options[] = {
    {OPTION_VERSION, "version", "N", "this version, instead of the active one or the latest draft"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "workflow show [OPTION...] ID",
    .summary = "Prints a stored version as a document (JSON, which can be applied again), and\n"
               "where the workflow stands on standard error.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
};

static void print_standing(const value *id, const workflow_life *l, int version, const stored_version *stored)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format_millis(stored->time_ms, time);
    fprintf(stderr, "%s: %s; version %d of %d, stored at %s by %.*s; ", id->text,
            workflow_status_name(l->status), version, l->latest, time, (int)stored->actor.count,
            stored->actor.text);
    if (l->status == WORKFLOW_ACTIVE)
        fprintf(stderr, "version %d executes\n", l->active);
    else
        fprintf(stderr, "nothing executes\n");
}

static bool take_option(void *data, const cli_options *o)
{
    return cli_read_version(&usage, o->argument, data);
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    const int *version = data;
    const value id = value_cstring(rest[0]);
    workflow_life life;
    stored_version stored;
    error e = {0};
    if (!catalog_store_life(s->store, &id, &life, &e))
        return store_session_fail(s, &e);
    int wanted = *version != 0 ? *version : workflow_life_version(&life);
    if (!catalog_store_version(s->store, &id, wanted, &s->memory, &stored, &e))
        return store_session_fail(s, &e);
    buffer b;
    buffer_init(&b, &s->memory, LIMIT_DOCUMENT_MEMORY);
    pretty_write(&b, stored.document);
    if (b.failed)
        return cli_fail(&usage, CLI_FAILED, "the document is too large to print");
    print_standing(&id, &life, wanted, &stored);
    printf("%.*s\n", (int)b.size, b.bytes);
    return CLI_OK;
}

int cli_workflow_show(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .take_option = take_option, .run = run};
    int version = 0;
    return store_command_run(&command, &version, argc, argv);
}
