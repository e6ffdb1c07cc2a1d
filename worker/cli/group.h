/* group: a subcommand that has subcommands of its own: `carillon workflow lint`. */
#ifndef WORKER_CLI_GROUP_H
#define WORKER_CLI_GROUP_H

#include "worker/cli/cli.h"

typedef struct cli_group {
    const char *name;
    const char *summary; /* one paragraph, no line longer than 80 */
    const cli_command *commands;
    size_t command_count;
} cli_group;

/* Runs the command that argv[1] names; it gets that name as its argv[0]. --help lists them. */
int cli_group_run(const cli_group *g, int argc, char **argv);

#endif
