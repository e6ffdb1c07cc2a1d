#include "worker/cli/workflow.h"

#include <stdio.h>

#include "worker/cli/group.h"

static const cli_command commands[] = {
    {"lint", "check documents: everything that is wrong, at once", cli_workflow_lint},
};

static const cli_group group = {
    .name = "workflow",
    .summary = "Workflow documents and their life: draft, active, archived.",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int cli_workflow(int argc, char **argv)
{
    return cli_group_run(&group, argc, argv);
}

void cli_print_findings(const workflow_findings *f)
{
    enum { LINE_SIZE_MAX = 4096 };
    for (size_t i = 0; i < f->count; i++) {
        buffer b;
        buffer_init(&b, f->arena, LINE_SIZE_MAX);
        workflow_finding_write(&b, &f->items[i]);
        printf("%.*s\n", (int)b.size, b.bytes);
    }
    if (f->dropped > 0)
        printf("and %zu more\n", f->dropped);
}
