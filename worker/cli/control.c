#include "worker/cli/control.h"

#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "worker/cli/group.h"

static const cli_command commands[] = {
    {"show", "the controls of a workflow: values, and where they come from", cli_control_show},
    {"set", "give a control a value", cli_control_set},
    {"unset", "take a control's value back, to its default", cli_control_unset},
    {"history", "who changed what, and when", cli_control_history},
    {"revert", "undo one change", cli_control_revert},
};

static const cli_group group = {
    .name = "control",
    .summary = "What non-technical people may change of a workflow without touching it. A\n"
               "changed value takes effect for executions that begin after it.",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int cli_control(int argc, char **argv)
{
    return cli_group_run(&group, argc, argv);
}

bool cli_control_path(arena *a, const char *step_id, const char *text, control_path *path)
{
    buffer b;
    buffer_init(&b, a, LIMIT_CONTROLS_BYTES);
    bool is_pointer = text[0] == '/';
    if (!is_pointer)
        buffer_add_byte(&b, '/');
    for (const char *p = text; *p != '\0'; p++) {
        if (is_pointer)
            buffer_add_byte(&b, *p);
        else if (*p == '~' || *p == '/')
            buffer_add_text(&b, *p == '~' ? "~0" : "~1");
        else
            buffer_add_byte(&b, *p == '.' ? '/' : *p);
    }
    buffer_add_byte(&b, '\0');
    *path = (control_path){step_id != NULL ? value_cstring(step_id) : value_null(), b.bytes};
    return !b.failed;
}

static void print_side(const value *v, arena *memory)
{
    buffer b;
    if (v == NULL) {
        printf("(not set)");
        return;
    }
    buffer_init(&b, memory, LIMIT_CONTROLS_BYTES * 2);
    json_write(&b, v);
    printf("%.*s", (int)b.size, b.bytes);
}

void cli_print_change(const control_change *change, arena *memory)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format_millis(change->time_ms, time);
    printf("%lld %s %.*s ", (long long)change->version, time, (int)change->actor.count, change->actor.text);
    if (change->path.step_id.kind == VALUE_STRING)
        printf("step %.*s ", (int)change->path.step_id.count, change->path.step_id.text);
    printf("%s: ", change->path.pointer);
    print_side(change->before, memory);
    printf(" -> ");
    print_side(change->after, memory);
    putchar('\n');
}
