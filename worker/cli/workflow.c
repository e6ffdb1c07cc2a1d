#include "worker/cli/workflow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "worker/cli/group.h"

static const cli_command commands[] = {
    {"lint", "check documents: everything that is wrong, at once", cli_workflow_lint},
    {"apply", "store documents as versions, and activate them if asked to", cli_workflow_apply},
    {"list", "what is stored, and where it stands", cli_workflow_list},
    {"show", "a stored version, as a document", cli_workflow_show},
    {"diff", "what differs between two versions, or a file and a version", cli_workflow_diff},
    {"activate", "make a stored version the one that executes", cli_workflow_activate},
    {"archive", "end a workflow's life: it never executes again", cli_workflow_archive},
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

bool cli_read_version(const cli_usage *usage, const char *text, int *version)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 1 || number > LIMIT_WORKFLOW_VERSIONS) {
        cli_fail(usage, CLI_USAGE, "a version is a number from 1 to %d", LIMIT_WORKFLOW_VERSIONS);
        return false;
    }
    *version = (int)number;
    return true;
}
