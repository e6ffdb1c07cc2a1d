#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/utf8.h"
#include "worker/cli/control.h"

enum { OPTION_STEP = CLI_LONG_ONLY, OPTION_STRING };

static const cli_option set_options[] = {
    {OPTION_STEP, "step", "STEP", "a control of this step, instead of the workflow's own"},
    {OPTION_STRING, "string", NULL, "the value is text, also where it looks like JSON"},
    STORE_OPTIONS,
    STORE_ACTOR_OPTION,
};

static const cli_usage set_usage = {
    .synopsis = "control set [OPTION...] ID PATH VALUE",
    .summary = "Gives a control a value: JSON, or text where it is no JSON. PATH is the\n"
               "control's name; inside an object theme.color or /theme/color.",
    .options = set_options,
    .option_count = sizeof set_options / sizeof set_options[0],
    .rest_min = 3,
    .rest_max = 3,
};

static const cli_option unset_options[] = {
    {OPTION_STEP, "step", "STEP", "a control of this step, instead of the workflow's own"},
    STORE_OPTIONS,
    STORE_ACTOR_OPTION,
};

static const cli_usage unset_usage = {
    .synopsis = "control unset [OPTION...] ID PATH",
    .summary = "Takes a control's value back: it has its default again.",
    .options = unset_options,
    .option_count = sizeof unset_options / sizeof unset_options[0],
    .rest_min = 2,
    .rest_max = 2,
};

typedef struct wish {
    const char *step_id;
    bool is_text;
} wish;

static bool take_option(void *data, const cli_options *o)
{
    wish *w = data;
    if (o->letter == OPTION_STEP)
        w->step_id = o->argument;
    else
        w->is_text = true;
    return true;
}

static bool read_value(store_session *s, const wish *w, const char *text, value *v, error *e)
{
    size_t size = strlen(text);
    bool ascii;
    if (!w->is_text && json_read(&s->memory, text, size, v, NULL))
        return true;
    *v = value_string(text, size);
    if (size > LIMIT_CONTROLS_BYTES || !utf8_valid(text, size, &ascii))
        return error_set(e, ERROR_CONTROL, 0, "the value must be UTF-8 of at most %d bytes",
                         LIMIT_CONTROLS_BYTES);
    return true;
}

/* after NULL: takes the value back. */
static int change(store_session *s, const wish *w, const char *id_text, const char *path_text,
                  const value *after)
{
    const value id = value_cstring(id_text);
    const catalog_author author = store_session_author(s);
    control_path path;
    control_change made;
    error e = {0};
    if (!cli_control_path(&s->memory, w->step_id, path_text, &path))
        return cli_fail(s->usage, CLI_USAGE, "the path is too long");
    if (!catalog_store_set_control(s->store, &id, &path, after, &author, &s->memory, &made, &e))
        return store_session_fail(s, &e);
    cli_print_change(&made, &s->memory);
    return CLI_OK;
}

static int run_set(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    value after;
    error e = {0};
    if (!read_value(s, data, rest[2], &after, &e))
        return store_session_fail(s, &e);
    return change(s, data, rest[0], rest[1], &after);
}

static int run_unset(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    return change(s, data, rest[0], rest[1], NULL);
}

int cli_control_set(int argc, char **argv)
{
    static const store_command command = {.usage = &set_usage, .take_option = take_option, .run = run_set};
    wish w = {0};
    return store_command_run(&command, &w, argc, argv);
}

int cli_control_unset(int argc, char **argv)
{
    static const store_command command = {
        .usage = &unset_usage, .take_option = take_option, .run = run_unset};
    wish w = {0};
    return store_command_run(&command, &w, argc, argv);
}
