/* workflow: the subcommands of `carillon workflow`, one file each. */
#ifndef WORKER_CLI_WORKFLOW_H
#define WORKER_CLI_WORKFLOW_H

#include "engine/workflow/findings.h"

int cli_workflow_lint(int argc, char **argv);

/* Prints findings to stdout, one a line, and how many there are beyond those that are kept. */
void cli_print_findings(const workflow_findings *f);

#endif
