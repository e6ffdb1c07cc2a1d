#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "worker/cli/control.h"

enum { OPTION_JSON = CLI_LONG_ONLY };

static const cli_option history_options[] = {
    {OPTION_JSON, "json", NULL, "one JSON object a change"},
    STORE_OPTIONS,
};

static const cli_usage history_usage = {
    .synopsis = "control history [OPTION...] ID",
    .summary = "Lists the changes of a workflow's controls, oldest first: number, time, who,\n"
               "which control, from what to what. The number is what `revert` takes.",
    .options = history_options,
    .option_count = sizeof history_options / sizeof history_options[0],
    .rest_min = 1,
    .rest_max = 1,
};

static const cli_option revert_options[] = {STORE_OPTIONS, STORE_ACTOR_OPTION};

static const cli_usage revert_usage = {
    .synopsis = "control revert [OPTION...] ID NUMBER",
    .summary = "Undoes the change with this number (see history): its control gets the value\n"
               "that it had before. That is a change of its own, and can be undone as well.",
    .options = revert_options,
    .option_count = sizeof revert_options / sizeof revert_options[0],
    .rest_min = 2,
    .rest_max = 2,
};

static void print_json(const control_change *change, arena *memory)
{
    buffer b;
    buffer_init(&b, memory, LIMIT_CONTROLS_BYTES * 8);
    control_change_write(&b, change);
    printf("%.*s\n", (int)b.size, b.bytes);
}

static bool take_json(void *data, const cli_options *o)
{
    (void)o;
    *(bool *)data = true;
    return true;
}

static int run_history(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    const bool *json = data;
    const value id = value_cstring(rest[0]);
    const control_change *changes;
    size_t count;
    workflow_life life;
    error e = {0};
    if (!catalog_store_life(s->store, &id, &life, &e) ||
        !catalog_store_changes(s->store, &id, &s->memory, &changes, &count, &e))
        return store_session_fail(s, &e);
    for (size_t i = 0; i < count; i++) {
        arena_mark mark = arena_get_mark(&s->memory);
        if (*json)
            print_json(&changes[i], &s->memory);
        else
            cli_print_change(&changes[i], &s->memory);
        arena_rewind(&s->memory, mark);
    }
    return CLI_OK;
}

static int run_revert(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)data;
    (void)rest_count;
    const value id = value_cstring(rest[0]);
    const catalog_author author = store_session_author(s);
    control_change made;
    char *end;
    error e = {0};
    long long number = strtoll(rest[1], &end, 10);
    if (end == rest[1] || *end != '\0')
        return cli_fail(s->usage, CLI_USAGE,
                        "the number of a change is needed, see carillon control history");
    if (!catalog_store_revert_control(s->store, &id, number, &author, &s->memory, &made, &e))
        return store_session_fail(s, &e);
    cli_print_change(&made, &s->memory);
    return CLI_OK;
}

int cli_control_history(int argc, char **argv)
{
    static const store_command command = {
        .usage = &history_usage, .take_option = take_json, .run = run_history};
    bool json = false;
    return store_command_run(&command, &json, argc, argv);
}

int cli_control_revert(int argc, char **argv)
{
    static const store_command command = {.usage = &revert_usage, .run = run_revert};
    return store_command_run(&command, NULL, argc, argv);
}
