/* control: the subcommands of `carillon control`, and how they read and print controls. */
#ifndef WORKER_CLI_CONTROL_H
#define WORKER_CLI_CONTROL_H

#include "worker/cli/store_command.h"

int cli_control_show(int argc, char **argv);
int cli_control_set(int argc, char **argv);
int cli_control_unset(int argc, char **argv);
int cli_control_history(int argc, char **argv);
int cli_control_revert(int argc, char **argv);

/* The control that a person named: "/theme/color" as it is, "theme.color" by its dots. False without memory.
 */
MUST_CHECK bool cli_control_path(arena *a, const char *step_id, const char *text, control_path *path);

/* Prints what was done: number, time, actor, control, values. */
void cli_print_change(const control_change *change, arena *memory);

#endif
